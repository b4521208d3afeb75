"""HLH/MAS after CAR-T, MD Anderson 2018: ferritin and two of four."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import CARTOX_HLH

FULL = {
    "ferritin": "10001 ng/mL", "ast": "201 U/L", "alt": "30 U/L", "bilirubin": "0.8 mg/dL",
    "creatinine": "3.4 mg/dL", "dialysis": False, "pulmonary_edema": False,
    "hemophagocytosis": False,
}  # fmt: skip
RANGES = {"ast": (None, "40 U/L"), "alt": (None, "40 U/L"), "bilirubin": (None, "1.2 mg/dL"),
          "creatinine": (None, "1.1 mg/dL")}  # fmt: skip


def met(without=(), ranges=RANGES, **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    record = chart((96.0, entries), product="axicabtagene", ranges=ranges)
    return interval(CARTOX_HLH, record, 97.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"ferritin": "10000 ng/mL"}, 0),
        ({"ferritin": "10000 ug/L"}, 0),
        ({"ferritin": "10001 ug/L"}, 1),
        ({"ast": "200 U/L"}, 0),
        ({"ast": "200 U/L", "alt": "201 U/L"}, 1),
        ({"ast": "200 U/L", "bilirubin": "3.6 mg/dL"}, 0),
        ({"ast": "200 U/L", "bilirubin": "3.7 mg/dL"}, 1),
        ({"creatinine": "3.3 mg/dL"}, 0),
        ({"creatinine": "3.3 mg/dL", "dialysis": True}, 1),
        ({"creatinine": "1.0 mg/dL", "pulmonary_edema": True}, 1),
        ({"creatinine": "1.0 mg/dL", "hemophagocytosis": True}, 1),
        ({"ast": "40 U/L", "creatinine": "1.0 mg/dL", "hemophagocytosis": True}, 0),
        ({"ast": "40 U/L", "creatinine": "1.0 mg/dL", "hemophagocytosis": True,
          "pulmonary_edema": True}, 1),
    ],
)  # fmt: skip
def test_each_limit(found, expected):
    assert met(**found) == (expected, expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ferritin", (0, 1)), ("ast", (0, 1)), ("creatinine", (0, 1)), ("dialysis", (1, 1)),
     ("pulmonary_edema", (1, 1)), ("hemophagocytosis", (1, 1)), ("alt", (1, 1)),
     ("bilirubin", (1, 1))],
)  # fmt: skip
def test_each_missing_input(name, expected):
    assert met(without=(name,)) == expected


@pytest.mark.parametrize("name", ["dialysis", "pulmonary_edema", "hemophagocytosis"])
def test_a_missing_organ_leaves_it_open(name):
    assert met(creatinine="1.0 mg/dL", without=(name,)) == (0, 1)
    assert met(ranges={}) == (0, 1)


def test_the_peak_counts_after_ferritin_has_fallen():
    later = chart((96.0, {"ferritin": "12000 ng/mL"}), (200.0, FULL | {"ferritin": "900 ng/mL"}),
                  product="axicabtagene", ranges=RANGES)  # fmt: skip
    assert interval(CARTOX_HLH, later, 201.0) == (1, 1)
    before = chart((-24.0, {"ferritin": "12000 ng/mL"}), (200.0, FULL | {"ferritin": "900 ng/mL"}),
                   product="axicabtagene", ranges=RANGES)  # fmt: skip
    assert interval(CARTOX_HLH, before, 201.0) == (0, 0)
    assert answer(CARTOX_HLH, later, 201.0).standing.word == "provisional"
