"""Thrombotic microangiopathy, BMT CTN 2005: four that must all hold."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import TMA_CTN

FULL = {
    "schistocytes_per_field": "2", "ldh": "251 U/L", "creatinine": "2.0 mg/dL",
    "encephalopathy": False, "positive_coombs_test": False,
}  # fmt: skip
RANGES = {"ldh": (None, "250 U/L")}


def met(before="1.0 mg/dL", without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    base = {"creatinine": before} if before else {}
    return interval(TMA_CTN, chart((-24.0, base), (480.0, entries), ranges=RANGES), 481.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"schistocytes_per_field": "1"}, 0),
        ({"ldh": "250 U/L"}, 0),
        ({"creatinine": "1.99 mg/dL"}, 0),
        ({"creatinine": "176.9 umol/L"}, 1),
        ({"creatinine": "1.0 mg/dL", "encephalopathy": True}, 1),
        ({"positive_coombs_test": True}, 0),
    ],
)
def test_each_limit(found, expected):
    assert met(**found) == (expected, expected)


@pytest.mark.parametrize("missing", ["schistocytes_per_field", "ldh", "creatinine",
                                     "positive_coombs_test"])  # fmt: skip
def test_each_missing_input(missing):
    assert met(without=(missing,)) == (0, 1)


def test_a_missing_baseline_and_what_does_not_matter():
    assert met(before=None) == (0, 1)
    assert met(without=("encephalopathy",)) == (1, 1)
    other = answer(TMA_CTN, chart((480.0, FULL), product="axicabtagene"), 481.0)
    assert other.sentence == "not applicable: no graft by this time"
