"""MAS-L (UCSF): slope of ferritin with fibrinogen or LDH."""

import pytest
from charting import chart, each_missing, interval

from equipoise.criteria import MASL

RANGES = {"ldh": ("120 U/L", "250 U/L")}


def met(first, second, hours=24.0, fibrinogen="149 mg/dL", ldh="200 U/L", at=100.0):
    now = {"ferritin": second, "fibrinogen": fibrinogen, "ldh": ldh}
    record = chart(
        (at - hours, {"ferritin": first}), (at, {k: v for k, v in now.items() if v}),
        product="axicabtagene", ranges=RANGES,
    )  # fmt: skip
    return interval(MASL, record, 101.0)


@pytest.mark.parametrize(
    ("first", "second", "hours", "expected"),
    [
        ("5000 ng/mL", "7400 ng/mL", 24.0, 1),
        ("5000 ng/mL", "7399 ng/mL", 24.0, 0),
        ("5000 ug/L", "7400 ug/L", 24.0, 1),
        ("5000 ng/mL", "6200 ng/mL", 12.0, 1),
        ("5000 ng/mL", "90000 ng/mL", 24.1, 0),
        ("7400 ng/mL", "5000 ng/mL", 24.0, 0),
    ],
)
def test_t32_and_the_slope(first, second, hours, expected):
    assert met(first, second, hours) == (expected, expected)


@pytest.mark.parametrize(
    ("fibrinogen", "ldh", "expected"),
    [
        ("150 mg/dL", "500 U/L", (0, 0)),
        ("149 mg/dL", "500 U/L", (1, 1)),
        ("1.5 g/L", "500 U/L", (0, 0)),
        ("1.49 g/L", "500 U/L", (1, 1)),
        ("150 mg/dL", "501 U/L", (1, 1)),
        (None, "500 U/L", (0, 1)),
        ("150 mg/dL", None, (0, 1)),
        (None, "501 U/L", (1, 1)),
    ],
)
def test_t27_the_second_arm_is_strict(fibrinogen, ldh, expected):
    assert met("5000 ng/mL", "9000 ng/mL", fibrinogen=fibrinogen, ldh=ldh) == expected


def test_censored_ferritin():
    assert met("5000 ng/mL", ">8000 ng/mL") == (1, 1)
    assert met("5000 ng/mL", ">6000 ng/mL") == (0, 1)
    assert met(">40000 ng/mL", ">40000 ng/mL") == (0, 1)


def test_one_ferritin_says_nothing_and_the_yes_stays():
    one = {"ferritin": "9000 ng/mL", "fibrinogen": "100 mg/dL", "ldh": "200 U/L"}
    found = each_missing(MASL, one, 100.0, 101.0, product="axicabtagene", ranges=RANGES)
    assert found["ferritin"] == (0, 1)
    assert interval(MASL, chart((100.0, one), product="axicabtagene"), 101.0) == (0, 1)
    record = chart(
        (50.0, {"ferritin": "1000 ng/mL"}), (60.0, {"ferritin": "9000 ng/mL"}),
        (90.0, {"ferritin": "8000 ng/mL", "fibrinogen": "140 mg/dL", "ldh": "200 U/L"}),
        product="axicabtagene", ranges=RANGES,
    )  # fmt: skip
    assert interval(MASL, record, 500.0) == (1, 1)
