"""Laboratory grades of CTCAE version 5.0: both sides of every limit, in each printed unit."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import (
    ALL,
    CTCAE_ALP,
    CTCAE_ALT,
    CTCAE_AST,
    CTCAE_BILIRUBIN,
    CTCAE_CHOLESTEROL,
    CTCAE_CREATININE,
    CTCAE_FIBRINOGEN,
    CTCAE_HEMOGLOBIN,
    CTCAE_LEUKOCYTES,
    CTCAE_LYMPHOCYTES,
    CTCAE_NEUTROPHILS,
    CTCAE_PLATELETS,
    CTCAE_TRIGLYCERIDES,
)

LABORATORY = [c for c in ALL if c.id.startswith("ctcae5_")]
RANGE = {
    "alt": (None, "40 U/L"), "ast": (None, "40 U/L"), "alp": (None, "100 U/L"),
    "bilirubin": (None, "1.2 mg/dL"), "creatinine": (None, "1.0 mg/dL"),
    "fibrinogen": ("200 mg/dL", None), "hemoglobin": ("12.0 g/dL", None),
    "platelets": ("150 10*9/L", None), "neutrophils": ("1.8 10*9/L", None),
    "leukocytes": ("4.0 10*9/L", None), "lymphocytes": ("1.0 10*9/L", None),
    "cholesterol": (None, "200 mg/dL"),
}  # fmt: skip


def grade(criterion, now, before=None, ranges=None):
    name = criterion.id.removeprefix("ctcae5_")
    rows = [(100.0, {name: now})] if now else []
    if before:
        rows.insert(0, (-24.0, {name: before}))
    kept = RANGE if ranges is None else ranges
    return interval(criterion, chart(*rows, ranges=kept), 101.0)


@pytest.mark.parametrize(
    ("criterion", "now", "expected"),
    [
        (CTCAE_ALT, "40 U/L", 0), (CTCAE_ALT, "41 U/L", 1), (CTCAE_ALT, "120 U/L", 1),
        (CTCAE_ALT, "121 U/L", 2), (CTCAE_ALT, "200 U/L", 2), (CTCAE_ALT, "201 U/L", 3),
        (CTCAE_ALT, "800 U/L", 3), (CTCAE_ALT, "801 U/L", 4),
        (CTCAE_AST, "40 U/L", 0), (CTCAE_AST, "41 U/L", 1), (CTCAE_AST, "121 U/L", 2),
        (CTCAE_AST, "201 U/L", 3), (CTCAE_AST, "801 U/L", 4),
        (CTCAE_ALP, "100 U/L", 0), (CTCAE_ALP, "101 U/L", 1), (CTCAE_ALP, "250 U/L", 1),
        (CTCAE_ALP, "251 U/L", 2), (CTCAE_ALP, "501 U/L", 3), (CTCAE_ALP, "2001 U/L", 4),
        (CTCAE_BILIRUBIN, "1.2 mg/dL", 0), (CTCAE_BILIRUBIN, "1.3 mg/dL", 1),
        (CTCAE_BILIRUBIN, "1.8 mg/dL", 1), (CTCAE_BILIRUBIN, "1.9 mg/dL", 2),
        (CTCAE_BILIRUBIN, "3.6 mg/dL", 2), (CTCAE_BILIRUBIN, "3.7 mg/dL", 3),
        (CTCAE_BILIRUBIN, "12.0 mg/dL", 3), (CTCAE_BILIRUBIN, "12.1 mg/dL", 4),
        (CTCAE_FIBRINOGEN, "200 mg/dL", 0), (CTCAE_FIBRINOGEN, "199 mg/dL", 1),
        (CTCAE_FIBRINOGEN, "150 mg/dL", 1), (CTCAE_FIBRINOGEN, "149 mg/dL", 2),
        (CTCAE_FIBRINOGEN, "100 mg/dL", 2), (CTCAE_FIBRINOGEN, "99 mg/dL", 3),
        (CTCAE_FIBRINOGEN, "50 mg/dL", 3), (CTCAE_FIBRINOGEN, "49 mg/dL", 4),
        (CTCAE_FIBRINOGEN, "0.49 g/L", 4),
    ],
)  # fmt: skip
def test_multiples_of_the_limit_with_a_normal_baseline(criterion, now, expected):
    name = criterion.id.removeprefix("ctcae5_")
    normal = RANGE[name][0] or RANGE[name][1]
    assert grade(criterion, now, before=normal) == (expected, expected)


@pytest.mark.parametrize(
    ("criterion", "before", "now", "expected"),
    [
        (CTCAE_ALT, "100 U/L", "149 U/L", 0), (CTCAE_ALT, "100 U/L", "150 U/L", 1),
        (CTCAE_ALT, "100 U/L", "300 U/L", 1), (CTCAE_ALT, "100 U/L", "301 U/L", 2),
        (CTCAE_ALT, "100 U/L", "501 U/L", 3), (CTCAE_ALT, "100 U/L", "2001 U/L", 4),
        (CTCAE_ALP, "200 U/L", "399 U/L", 0), (CTCAE_ALP, "200 U/L", "400 U/L", 1),
        (CTCAE_ALP, "200 U/L", "501 U/L", 2),
        (CTCAE_BILIRUBIN, "2.0 mg/dL", "2.0 mg/dL", 0),
        (CTCAE_BILIRUBIN, "2.0 mg/dL", "2.1 mg/dL", 1),
        (CTCAE_BILIRUBIN, "2.0 mg/dL", "3.1 mg/dL", 2),
        (CTCAE_FIBRINOGEN, "160 mg/dL", "160 mg/dL", 0),
        (CTCAE_FIBRINOGEN, "160 mg/dL", "121 mg/dL", 1),
        (CTCAE_FIBRINOGEN, "160 mg/dL", "120 mg/dL", 2),
        (CTCAE_FIBRINOGEN, "160 mg/dL", "81 mg/dL", 2),
        (CTCAE_FIBRINOGEN, "160 mg/dL", "80 mg/dL", 3),
        (CTCAE_FIBRINOGEN, "160 mg/dL", "50 mg/dL", 3),
        (CTCAE_FIBRINOGEN, "160 mg/dL", "49 mg/dL", 4),
        (CTCAE_FIBRINOGEN, "199 mg/dL", "49.75 mg/dL", 4),
    ],
)  # fmt: skip
def test_an_abnormal_baseline_is_what_the_grade_is_measured_against(
    criterion, before, now, expected
):
    assert grade(criterion, now, before=before) == (expected, expected)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ("1.0 mg/dL", "1.0 mg/dL", 0), ("1.1 mg/dL", "1.0 mg/dL", 1), ("1.5 mg/dL", "1.0 mg/dL", 1),
        ("1.6 mg/dL", "1.1 mg/dL", 2), ("1.0 mg/dL", "0.6 mg/dL", 2), ("0.9 mg/dL", "0.6 mg/dL", 0),
        ("3.0 mg/dL", "1.0 mg/dL", 2), ("3.1 mg/dL", "2.0 mg/dL", 3), ("1.9 mg/dL", "0.6 mg/dL", 3),
        ("6.0 mg/dL", "1.0 mg/dL", 3), ("6.1 mg/dL", "1.0 mg/dL", 4),
    ],
)  # fmt: skip
def test_creatinine_against_limit_and_baseline(now, before, expected):
    assert grade(CTCAE_CREATININE, now, before=before) == (expected, expected)


@pytest.mark.parametrize(
    ("criterion", "now", "expected"),
    [
        (CTCAE_HEMOGLOBIN, "12.0 g/dL", 0), (CTCAE_HEMOGLOBIN, "11.9 g/dL", 1),
        (CTCAE_HEMOGLOBIN, "10.0 g/dL", 1), (CTCAE_HEMOGLOBIN, "9.9 g/dL", 2),
        (CTCAE_HEMOGLOBIN, "8.0 g/dL", 2), (CTCAE_HEMOGLOBIN, "7.9 g/dL", 3),
        (CTCAE_HEMOGLOBIN, "100 g/L", 1), (CTCAE_HEMOGLOBIN, "99 g/L", 2),
        (CTCAE_HEMOGLOBIN, "80 g/L", 2), (CTCAE_HEMOGLOBIN, "79 g/L", 3),
        (CTCAE_HEMOGLOBIN, "6.2 mmol/L", 1), (CTCAE_HEMOGLOBIN, "6.1 mmol/L", 2),
        (CTCAE_HEMOGLOBIN, "4.9 mmol/L", 2), (CTCAE_HEMOGLOBIN, "4.8 mmol/L", 3),
        (CTCAE_PLATELETS, "150 10*9/L", 0), (CTCAE_PLATELETS, "149 10*9/L", 1),
        (CTCAE_PLATELETS, "75 10*9/L", 1), (CTCAE_PLATELETS, "74.9 10*9/L", 2),
        (CTCAE_PLATELETS, "50 10*9/L", 2), (CTCAE_PLATELETS, "49.9 10*9/L", 3),
        (CTCAE_PLATELETS, "25 10*9/L", 3), (CTCAE_PLATELETS, "24.9 10*9/L", 4),
        (CTCAE_PLATELETS, "24999 /uL", 4),
        (CTCAE_NEUTROPHILS, "1.8 10*9/L", 0), (CTCAE_NEUTROPHILS, "1.7 10*9/L", 1),
        (CTCAE_NEUTROPHILS, "1.5 10*9/L", 1), (CTCAE_NEUTROPHILS, "1.49 10*9/L", 2),
        (CTCAE_NEUTROPHILS, "1.0 10*9/L", 2), (CTCAE_NEUTROPHILS, "999 /uL", 3),
        (CTCAE_NEUTROPHILS, "500 /uL", 3), (CTCAE_NEUTROPHILS, "499 /uL", 4),
        (CTCAE_LEUKOCYTES, "4.0 10*9/L", 0), (CTCAE_LEUKOCYTES, "3.9 10*9/L", 1),
        (CTCAE_LEUKOCYTES, "3.0 10*9/L", 1), (CTCAE_LEUKOCYTES, "2.9 10*9/L", 2),
        (CTCAE_LEUKOCYTES, "2.0 10*9/L", 2), (CTCAE_LEUKOCYTES, "1.9 10*9/L", 3),
        (CTCAE_LEUKOCYTES, "1.0 10*9/L", 3), (CTCAE_LEUKOCYTES, "0.9 10*9/L", 4),
        (CTCAE_LYMPHOCYTES, "1.0 10*9/L", 0), (CTCAE_LYMPHOCYTES, "0.99 10*9/L", 1),
        (CTCAE_LYMPHOCYTES, "0.8 10*9/L", 1), (CTCAE_LYMPHOCYTES, "0.79 10*9/L", 2),
        (CTCAE_LYMPHOCYTES, "0.5 10*9/L", 2), (CTCAE_LYMPHOCYTES, "0.49 10*9/L", 3),
        (CTCAE_LYMPHOCYTES, "0.2 10*9/L", 3), (CTCAE_LYMPHOCYTES, "0.19 10*9/L", 4),
        (CTCAE_TRIGLYCERIDES, "149 mg/dL", 0), (CTCAE_TRIGLYCERIDES, "150 mg/dL", 1),
        (CTCAE_TRIGLYCERIDES, "300 mg/dL", 1), (CTCAE_TRIGLYCERIDES, "301 mg/dL", 2),
        (CTCAE_TRIGLYCERIDES, "500 mg/dL", 2), (CTCAE_TRIGLYCERIDES, "501 mg/dL", 3),
        (CTCAE_TRIGLYCERIDES, "1000 mg/dL", 3), (CTCAE_TRIGLYCERIDES, "1001 mg/dL", 4),
        (CTCAE_TRIGLYCERIDES, "1.70 mmol/L", 0), (CTCAE_TRIGLYCERIDES, "1.71 mmol/L", 1),
        (CTCAE_TRIGLYCERIDES, "3.42 mmol/L", 1), (CTCAE_TRIGLYCERIDES, "3.43 mmol/L", 2),
        (CTCAE_TRIGLYCERIDES, "5.7 mmol/L", 2), (CTCAE_TRIGLYCERIDES, "5.71 mmol/L", 3),
        (CTCAE_TRIGLYCERIDES, "11.4 mmol/L", 3), (CTCAE_TRIGLYCERIDES, "11.41 mmol/L", 4),
        (CTCAE_CHOLESTEROL, "200 mg/dL", 0), (CTCAE_CHOLESTEROL, "201 mg/dL", 1),
        (CTCAE_CHOLESTEROL, "300 mg/dL", 1), (CTCAE_CHOLESTEROL, "301 mg/dL", 2),
        (CTCAE_CHOLESTEROL, "401 mg/dL", 3), (CTCAE_CHOLESTEROL, "501 mg/dL", 4),
        (CTCAE_CHOLESTEROL, "7.75 mmol/L", 1), (CTCAE_CHOLESTEROL, "7.76 mmol/L", 2),
        (CTCAE_CHOLESTEROL, "10.35 mmol/L", 3), (CTCAE_CHOLESTEROL, "12.93 mmol/L", 4),
    ],
)  # fmt: skip
def test_numbers_and_lower_limits(criterion, now, expected):
    assert grade(criterion, now) == (expected, expected)


@pytest.mark.parametrize("criterion", LABORATORY, ids=lambda c: c.id)
def test_a_missing_value_leaves_every_grade_open(criterion):
    assert grade(criterion, None) == (0, len(criterion.items[0].classes) - 1)


@pytest.mark.parametrize(
    ("criterion", "now", "expected"),
    [
        (CTCAE_HEMOGLOBIN, "11 g/dL", (0, 1)), (CTCAE_HEMOGLOBIN, "9 g/dL", (2, 2)),
        (CTCAE_PLATELETS, "80 10*9/L", (0, 1)), (CTCAE_NEUTROPHILS, "1.6 10*9/L", (0, 1)),
        (CTCAE_LEUKOCYTES, "3.5 10*9/L", (0, 1)), (CTCAE_LYMPHOCYTES, "0.9 10*9/L", (0, 1)),
        (CTCAE_CHOLESTEROL, "250 mg/dL", (0, 1)), (CTCAE_CHOLESTEROL, "350 mg/dL", (2, 2)),
        (CTCAE_ALT, "100 U/L", (0, 4)), (CTCAE_FIBRINOGEN, "49 mg/dL", (4, 4)),
        (CTCAE_FIBRINOGEN, "60 mg/dL", (0, 4)), (CTCAE_CREATININE, "1.2 mg/dL", (0, 4)),
    ],
)  # fmt: skip
def test_without_the_laboratory_s_limit(criterion, now, expected):
    assert grade(criterion, now, ranges={}) == expected


@pytest.mark.parametrize(
    ("criterion", "now", "expected"),
    [
        (CTCAE_ALT, "40 U/L", (0, 0)),  # normal whatever the baseline
        (CTCAE_ALT, "100 U/L", (0, 1)),
        (CTCAE_ALT, "150 U/L", (0, 2)),
        (CTCAE_CREATININE, "1.0 mg/dL", (0, 3)),
        (CTCAE_CREATININE, "6.1 mg/dL", (4, 4)),
        (CTCAE_FIBRINOGEN, "200 mg/dL", (0, 0)),
        (CTCAE_FIBRINOGEN, "120 mg/dL", (0, 2)),
    ],
)
def test_without_a_baseline(criterion, now, expected):
    assert grade(criterion, now) == expected


def test_what_is_missing_and_how_it_is_said():
    found = answer(CTCAE_ALT, chart((100.0, {"alt": "150 U/L"}), ranges=RANGE), 101.0)
    assert [m.name for m in found.missing] == ["baseline alt"]
    normal = chart((-24.0, {"alt": "30 U/L"}), (100.0, {"alt": "150 U/L"}), ranges=RANGE)
    assert answer(CTCAE_ALT, normal, 101.0).sentence == (
        "grade 2: alanine aminotransferase increased"
    )
    assert len(LABORATORY) == 13


def told(criterion, record, name, t=480.0):
    """What one missing observation would make of the grade, in the order of its bands."""
    [found] = [m for m in answer(criterion, record, t).missing if m.name == name]
    return [(low, high) for _, low, high in found.would_become]


def test_a_missing_value_says_the_grade_of_each_band():
    """The limit and a normal baseline are known, the value is too old."""
    upper = {"alt": (None, "40 U/L"), "creatinine": (None, "1.1 mg/dL")}
    old = chart((-24.0, {"alt": "30 U/L", "creatinine": "1.0 mg/dL"}), ranges=upper)
    assert told(CTCAE_ALT, old, "alt") == [(n, n) for n in range(5)]
    assert told(CTCAE_CREATININE, old, "creatinine") == [(n, n) for n in range(5)]
    low = {"fibrinogen": ("200 mg/dL", None), "hemoglobin": ("12 g/dL", None)}
    old = chart((-24.0, {"fibrinogen": "300 mg/dL", "hemoglobin": "13 g/dL"}), ranges=low)
    assert told(CTCAE_FIBRINOGEN, old, "fibrinogen") == [(n, n) for n in range(5)]
    assert told(CTCAE_HEMOGLOBIN, old, "hemoglobin") == [(n, n) for n in range(4)]


def test_a_missing_limit_or_baseline_says_the_grade_of_each_band():
    now = chart((479.0, {"alt": "300 U/L"}))
    assert [high for _, high in told(CTCAE_ALT, now, "upper limit of alt")] == [0, 1, 2, 3, 4]
    ranged = chart((479.0, {"alt": "300 U/L"}), ranges={"alt": (None, "40 U/L")})
    assert told(CTCAE_ALT, ranged, "baseline alt") == [(0, 0), (1, 1), (2, 2), (3, 3), (3, 3)]
