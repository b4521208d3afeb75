"""MAS in systemic JIA, 2016: ferritin and two of four, in a febrile patient."""

import pytest
from charting import chart, each_missing, interval

from equipoise.criteria import MAS

FULL = {
    "sjia": True, "temperature": "38.6 Cel", "ferritin": "685 ng/mL",
    "platelets": "181 10*9/L", "ast": "49 U/L", "triglycerides": "100 mg/dL",
    "fibrinogen": "400 mg/dL",
}  # fmt: skip


def met(**found):
    return interval(MAS, chart((10.0, FULL | found)), 11.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"ferritin": "684 ng/mL", "platelets": "100 10*9/L", "ast": "200 U/L"}, 0),
        ({"platelets": "182 10*9/L"}, 0),
        ({"ast": "48 U/L"}, 0),
        ({"ast": "48 U/L", "triglycerides": "157 mg/dL"}, 1),
        ({"ast": "48 U/L", "triglycerides": "156 mg/dL"}, 0),
        ({"ast": "48 U/L", "fibrinogen": "360 mg/dL"}, 1),
        ({"ast": "48 U/L", "fibrinogen": "361 mg/dL"}, 0),
        ({"ast": "48 U/L", "fibrinogen": "3.60 g/L"}, 1),
        ({"temperature": "37.9 Cel"}, 0),
        ({"temperature": "38.0 Cel"}, 1),
        ({"sjia": False}, 0),
    ],
)
def test_t31_and_each_limit(found, expected):
    assert met(**found) == (expected, expected)


def test_each_missing_input():
    found = each_missing(MAS, FULL, 10.0, 11.0)
    for name in ("sjia", "temperature", "ferritin", "platelets", "ast"):
        assert found[name] == (0, 1), name
    for name in ("triglycerides", "fibrinogen"):
        assert found[name] == (1, 1), "two others hold"
