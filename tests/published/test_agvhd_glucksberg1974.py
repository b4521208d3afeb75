"""Acute GVHD, Glucksberg 1974: rows of the table, combinations between them, and performance."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import GLUCKSBERG, MAGIC

STAGES = {"agvhd_stage_skin": 0, "agvhd_stage_liver": 0, "agvhd_stage_lower_gi": 0,
          "performance_decline": "none"}  # fmt: skip


def grade(skin=0, liver=0, gut=0, decline="none", without=()):
    found = {"agvhd_stage_skin": skin, "agvhd_stage_liver": liver, "agvhd_stage_lower_gi": gut,
             "performance_decline": decline}  # fmt: skip
    entries = {k: v for k, v in found.items() if k not in without}
    return interval(GLUCKSBERG, chart((700.0, entries)), 701.0)


@pytest.mark.parametrize(
    ("skin", "liver", "gut", "decline", "expected"),
    [
        (0, 0, 0, "none", 0), (0, 0, 0, "severe", 0), (1, 0, 0, "none", 1), (2, 0, 0, "none", 1),
        (3, 0, 0, "mild", 2), (1, 1, 0, "mild", 2), (3, 1, 1, "mild", 2), (0, 0, 1, "mild", 2),
        (2, 2, 0, "moderate", 3), (3, 3, 3, "moderate", 3), (0, 0, 2, "moderate", 3),
        (2, 2, 0, "severe", 4), (3, 3, 3, "severe", 4), (2, 1, 1, "severe", 2),
        (4, 0, 0, "none", 4), (0, 4, 0, "none", 4), (0, 0, 4, "none", 4), (2, 2, 2, "none", 3),
    ],
)  # fmt: skip
def test_rows_and_what_lies_between(skin, liver, gut, decline, expected):
    assert grade(skin, liver, gut, decline) == (expected, expected)


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ("agvhd_stage_skin", (3, 4)), ("agvhd_stage_liver", (1, 4)),
        ("agvhd_stage_lower_gi", (3, 4)), ("performance_decline", (3, 4)),
    ],
)  # fmt: skip
def test_each_missing_input(without, expected):
    assert grade(2, 2, 0, "moderate", without=(without,)) == expected


def test_performance_matters_between_grades_three_and_four_only():
    for organs, expected in (((0, 0, 0), (0, 0)), ((2, 0, 0), (1, 1)), ((3, 1, 1), (2, 2)),
                             ((0, 3, 0), (3, 4)), ((4, 0, 0), (4, 4))):  # fmt: skip
        assert grade(*organs, without=("performance_decline",)) == expected


def test_measured_stages_are_not_made_here_and_the_upper_gut_is_not_read():
    record = chart((700.0, {"bilirubin": "9 mg/dL", "agvhd_stage_skin": 1,
                            "agvhd_stage_lower_gi": 0, "agvhd_stage_upper_gi": 1}))  # fmt: skip
    assert interval(GLUCKSBERG, record, 701.0) == (1, 4)
    assert interval(MAGIC, record, 701.0) == (3, 3)
    found = answer(GLUCKSBERG, record, 701.0)
    assert [m.name for m in found.missing] == ["agvhd_stage_liver", "performance_decline"]
