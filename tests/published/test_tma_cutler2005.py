"""Thrombotic microangiopathy, Cutler 2005: four at once."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import TMA_CUTLER

FULL = {
    "schistocytes": True, "ldh": "251 U/L", "creatinine": "2.1 mg/dL",
    "intravascular_coagulation": False,
}  # fmt: skip
RANGES = {"ldh": (None, "250 U/L")}


def met(before="2.0 mg/dL", without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    base = {"creatinine": before} if before else {}
    return interval(TMA_CUTLER, chart((-24.0, base), (480.0, entries), ranges=RANGES), 481.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"creatinine": "2.0 mg/dL"}, 0),
        ({"creatinine": "177 umol/L"}, 1),  # 2.002 mg/dL
        ({"creatinine": "176 umol/L"}, 0),
        ({"creatinine": "1.2 mg/dL", "before": "0.8 mg/dL"}, 0),
        ({"creatinine": "1.21 mg/dL", "before": "0.8 mg/dL"}, 1),
        ({"ldh": "250 U/L"}, 0),
        ({"schistocytes": False}, 0),
        ({"intravascular_coagulation": True}, 0),
    ],
)
def test_each_limit(found, expected):
    assert met(**found) == (expected, expected)


@pytest.mark.parametrize("missing", [*FULL])
def test_each_missing_input(missing):
    assert met(without=(missing,)) == (0, 1)


def test_a_missing_baseline_and_a_graft():
    assert met(before=None) == (1, 1), "above 2 mg/dL without one"
    assert met(before=None, creatinine="1.5 mg/dL") == (0, 1)
    other = answer(TMA_CUTLER, chart((480.0, FULL), product="axicabtagene"), 481.0)
    assert other.sentence == "not applicable: no graft by this time"
