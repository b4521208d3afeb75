"""SOS/VOD in children, EBMT 2018: two of five."""

from datetime import date

import pytest
from charting import answer, chart, interval

from equipoise.criteria import VOD_CHILD
from equipoise.criterion import by_name, snapshot

FLAT = {"weight": "20 kg", "bilirubin": "0.8 mg/dL"}
SIGNS = {"platelet_refractory": False, "hepatomegaly": False, "ascites": False}
CHILD = date(2018, 4, 1)


def patient(before="20 kg", without=(), weights=("20",) * 4, bilirubins=("0.8",) * 4,
            unit="mg/dL", **signs):  # fmt: skip
    """Values on days 12 to 15; None leaves a day out."""
    entries = [] if before is None else [(-24.0, {"weight": before})]
    for place, (weight, bilirubin) in enumerate(zip(weights, bilirubins, strict=True)):
        found = {}
        if weight is not None and "weight" not in without:
            found["weight"] = f"{weight} kg"
        if bilirubin is not None and "bilirubin" not in without:
            found["bilirubin"] = f"{bilirubin} {unit}"
        entries.append((24.0 * (12 + place), found))
    kept = {k: v for k, v in (SIGNS | signs).items() if k not in without}
    return chart(*entries, (24.0 * 15, kept), born=CHILD)


def feature(name, **kwargs):
    now = snapshot(VOD_CHILD, patient(**kwargs), 24.0 * 15 + 1)
    return set(by_name(VOD_CHILD, now.readings)[name].possible)


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("weight", {}, {0}),
        ("weight", {"weights": ("20", "20", "20", "21")}, {0}),
        ("weight", {"weights": ("20", "20", "20", "21.1")}, {1}),
        ("weight", {"weights": ("20", "20.1", "20.2", "20.3")}, {1}),
        ("weight", {"weights": ("20", "20.1", "20.1", "20.3")}, {0}),
        ("weight", {"weights": (None, "20.1", "20.2", "20.3")}, {0, 1}),
        ("weight", {"weights": ("20", None, "20.2", "20.3")}, {0, 1}),
        ("weight", {"weights": ("20.3", None, "20.2", "20.3")}, {0}),
        ("weight", {"before": None}, {0, 1}),
        ("bilirubin", {"bilirubins": ("0.8", "0.8", "0.8", "1.9")}, {0}),
        ("bilirubin", {"bilirubins": ("0.8", "0.8", "0.8", "2.0")}, {1}),
        ("bilirubin", {"bilirubins": ("13", "13", "13", "34.2"), "unit": "umol/L"}, {1}),
        ("bilirubin", {"bilirubins": ("13", "13", "13", "34"), "unit": "umol/L"}, {0}),
        ("bilirubin", {"bilirubins": ("0.5", "0.6", "0.7", "0.8")}, {1}),
        ("bilirubin", {"bilirubins": ("0.5", "0.6", "0.6", "0.8")}, {0}),
        ("bilirubin", {"bilirubins": (None, None, None, "0.8")}, {0, 1}),
        ("bilirubin", {"bilirubins": ("0.5", "0.6", "0.7", "<0.8")}, {0, 1}),
    ],
)
def test_each_limit(name, found, expected):
    assert feature(name, **found) == expected


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ({}, 0), ({"ascites": True}, 0), ({"ascites": True, "hepatomegaly": True}, 1),
        ({"ascites": True, "platelet_refractory": True}, 1),
        ({"ascites": True, "weights": ("20", "20", "20", "21.1")}, 1),
        ({"ascites": True, "bilirubins": ("0.8", "0.8", "0.8", "2.0")}, 1),
    ],
)  # fmt: skip
def test_two_of_five(signs, expected):
    assert interval(VOD_CHILD, patient(**signs), 24.0 * 15 + 1) == (expected, expected)


@pytest.mark.parametrize("name", [*SIGNS, *FLAT])
def test_each_missing_input(name):
    others = [sign for sign in SIGNS if sign != name]
    record = patient(**{others[0]: True}, without=(name,))
    assert interval(VOD_CHILD, record, 24.0 * 15 + 1) == (0, 1)
    met = patient(**{others[0]: True, others[1]: True}, without=(name,))
    assert interval(VOD_CHILD, met, 24.0 * 15 + 1) == (1, 1)


def test_what_is_missing_would_settle_it():
    record = patient(ascites=True, bilirubins=(None, None, None, "0.8"))
    found = answer(VOD_CHILD, record, 24.0 * 15 + 1)
    assert [m.to_json() for m in found.missing] == [
        {"name": "bilirubin", "would_become": {"not rising": 0, ">= 2 mg/dL": 1,
                                               "rising on 3 days, < 2 mg/dL": 1}}
    ]  # fmt: skip
    no_graft = answer(VOD_CHILD, chart((480.0, SIGNS), product="axicabtagene"), 481.0)
    assert no_graft.sentence == "not applicable: no graft by this time"


def test_no_limit_of_time_and_a_word_on_adults():
    late = chart((24.0 * 60, {"ascites": True, "hepatomegaly": True}))
    found = answer(VOD_CHILD, late, 24.0 * 60 + 1)
    assert found.met is True
    assert found.sentence.endswith("the patient is an adult: these are criteria for children")
