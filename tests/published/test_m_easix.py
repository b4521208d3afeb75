"""Modified EASIX: LDH x C-reactive protein in mg/dL over platelets."""

import math

import pytest
from charting import chart, interval

from equipoise.criteria import M_EASIX

FULL = {"ldh": "400 U/L", "crp": "3.0 mg/dL", "platelets": "50 10*9/L"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, (24.0, 24.0)),
        ({"crp": "30 mg/L"}, (24.0, 24.0)),
        ({"crp": "3.0 mg/L"}, (2.4, 2.4)),
        ({"crp": "<0.5 mg/dL"}, (0.0, 4.0)),
        ({"platelets": ">100 10*9/L"}, (0.0, 12.0)),
    ],
)
def test_m_easix(found, expected):
    assert interval(M_EASIX, chart((48.0, FULL | found)), 49.0) == pytest.approx(expected)


@pytest.mark.parametrize("name", list(FULL))
def test_each_missing_input(name):
    rest = {k: v for k, v in FULL.items() if k != name}
    assert interval(M_EASIX, chart((48.0, rest)), 49.0) == (0.0, math.inf)
