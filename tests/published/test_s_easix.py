"""Simplified EASIX: LDH over platelets, in each unit of entry, with bounds and without inputs."""

import math

import pytest
from charting import chart, interval

from equipoise.criteria import S_EASIX


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"ldh": "400 U/L", "platelets": "50 10*9/L"}, (8.0, 8.0)),
        ({"ldh": "400 IU/L", "platelets": "50000 /uL"}, (8.0, 8.0)),
        ({"ldh": "400 U/L", "platelets": "<10 10*9/L"}, (40.0, math.inf)),
        ({"ldh": "400 U/L"}, (0.0, math.inf)),
        ({"platelets": "50 10*9/L"}, (0.0, math.inf)),
    ],
)
def test_s_easix(found, expected):
    assert interval(S_EASIX, chart((48.0, found)), 49.0) == pytest.approx(expected)
