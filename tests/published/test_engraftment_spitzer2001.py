"""Engraftment syndrome, Spitzer 2001: engraftment, majors and minors at their limits."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import SPITZER

COUNTS = ("0.1 10*9/L", "0.5 10*9/L", "0.6 10*9/L")
"""Days 9, 10 and 11: engraftment on day 10."""
FULL = {
    "temperature": "38.3 Cel", "infection": "excluded", "rash_area": "26 %", "drug_rash": False,
    "pulmonary_edema": False, "oxygen_device": "none", "bilirubin": "2 mg/dL", "ast": "30 U/L",
    "alt": "30 U/L", "creatinine": "1.0 mg/dL", "weight": "70 kg", "encephalopathy": False,
}  # fmt: skip
BEFORE = {"creatinine": "0.8 mg/dL", "weight": "70 kg"}
RANGES = {"ast": (None, "40 U/L"), "alt": (None, "40 U/L")}


def met(at=264.0, counts=COUNTS, days=(9, 10, 11), before=BEFORE, without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    drawn = [(24.0 * d, {"neutrophils": c}) for d, c in zip(days, counts, strict=True)]
    record = chart((-24.0, before), *drawn, (at, entries), ranges=RANGES)
    return interval(SPITZER, record, at)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"temperature": "38.2 Cel"}, 0),
        ({"temperature": "100.9 [degF]"}, 0),
        ({"temperature": "101 [degF]"}, 1),
        ({"infection": "proven"}, 0),
        ({"rash_area": "25 %"}, 0),
        ({"drug_rash": True}, 0),
        ({"rash_area": "25 %", "pulmonary_edema": True}, 0),
        ({"rash_area": "25 %", "pulmonary_edema": True, "oxygen_device": "nasal_cannula"}, 1),
        ({"bilirubin": "1.9 mg/dL"}, 0),
        ({"bilirubin": "1.9 mg/dL", "pulmonary_edema": True, "oxygen_device": "face_mask"}, 1),
        ({"bilirubin": "1.9 mg/dL", "ast": "79 U/L"}, 0),
        ({"bilirubin": "1.9 mg/dL", "ast": "80 U/L"}, 1),
        ({"bilirubin": "1.9 mg/dL", "alt": "80 U/L"}, 1),
        ({"bilirubin": "1.9 mg/dL", "creatinine": "1.5 mg/dL"}, 0),
        ({"bilirubin": "1.9 mg/dL", "creatinine": "1.6 mg/dL"}, 1),
        ({"bilirubin": "1.9 mg/dL", "weight": "71.7 kg"}, 0),
        ({"bilirubin": "1.9 mg/dL", "weight": "71.75 kg"}, 1),
        ({"bilirubin": "1.9 mg/dL", "encephalopathy": True}, 1),
        ({"rash_area": "0 %", "encephalopathy": True}, 0),
    ],
)
def test_each_limit(found, expected):
    assert met(**found) == (expected, expected)


@pytest.mark.parametrize(
    ("at", "counts", "days", "expected"),
    [
        (336.0, COUNTS, (9, 10, 11), (1, 1)),
        (336.1, COUNTS, (9, 10, 11), (0, 0)),
        (250.0, COUNTS[:2], (9, 10), (0, 1)),
        (264.0, ("0.1 10*9/L", "0.49 10*9/L", "0.4 10*9/L"), (9, 10, 11), (0, 0)),
        (264.0, ("0.1 10*9/L", "0.5 10*9/L", "0.4 10*9/L"), (9, 10, 11), (0, 0)),
        (312.0, ("0.1 10*9/L", "0.5 10*9/L", "0.6 10*9/L"), (9, 11, 13), (0, 1)),
        (264.0, ("3 10*9/L", "3 10*9/L", "3 10*9/L"), (9, 10, 11), (0, 1)),
        (264.0, ("100 /uL", "500 /uL", "500 /uL"), (9, 10, 11), (1, 1)),
        (264.0, ("100 /uL", "499 /uL", "499 /uL"), (9, 10, 11), (0, 0)),
    ],
)
def test_engraftment(at, counts, days, expected):
    assert met(at=at, counts=counts, days=days) == expected


@pytest.mark.parametrize(
    "name", ["temperature", "infection", "rash_area", "drug_rash", "bilirubin", "neutrophils"]
)
def test_each_missing_input(name):
    if name == "neutrophils":
        assert met(counts=(), days=()) == (0, 1)
    else:
        assert met(without=(name,)) == (0, 1)


@pytest.mark.parametrize(
    "name", ["pulmonary_edema", "oxygen_device", "ast", "creatinine", "weight", "encephalopathy"]
)
def test_each_missing_input_that_decides_only_without_bilirubin(name):
    assert met(without=(name,)) == (1, 1)
    found = {"bilirubin": "1.9 mg/dL"}
    if name == "oxygen_device":
        found["pulmonary_edema"] = True
    if name != "pulmonary_edema":
        assert met(without=(name,), **found) == (0, 1)
    else:
        assert met(without=(name,), **found) == (0, 0), "no oxygen: no hypoxia either way"


def test_suspected_infection_leaves_it_open_and_baselines_are_asked_for():
    assert met(infection="suspected") == (0, 1)
    assert met(before={}, bilirubin="1.9 mg/dL") == (0, 1)
    record = chart((264.0, FULL), product="axicabtagene")
    assert answer(SPITZER, record, 264.0).sentence == "not applicable: no graft by this time"
