"""Diarrhea by CTCAE version 5.0: a recorded grade, or at least what the stools make it."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import DIARRHEA


def grade(before="1 /d", **found):
    base = {"stool_count": before} if before else {}
    return interval(DIARRHEA, chart((-24.0, base), (100.0, found), product="ciltacabtagene"), 101.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"diarrhea_grade": 0}, (0, 0)),
        ({"diarrhea_grade": 3}, (3, 3)),
        ({"diarrhea_grade": 5}, (5, 5)),
        ({"diarrhea": False}, (0, 0)),
        ({"diarrhea": True}, (1, 4)),
        ({"stool_count": "1 /d", "diarrhea": False}, (0, 0)),
        ({"stool_count": "1 /d"}, (0, 4)),
        ({"stool_count": "2 /d"}, (1, 4)),
        ({"stool_count": "4 /d"}, (1, 4)),
        ({"stool_count": "5 /d"}, (2, 4)),
        ({"stool_count": "7 /d"}, (2, 4)),
        ({"stool_count": "8 /d"}, (3, 4)),
        ({"stool_count": "8 /d", "diarrhea": False}, (3, 4)),
        ({"stool_count": "8 /d", "diarrhea_grade": 3}, (3, 3)),
        ({"stool_count": ">8 /d"}, (0, 4)),
        ({}, (0, 4)),
    ],
)
def test_each_limit_and_each_missing_input(found, expected):
    assert grade(**found) == expected


def test_without_a_baseline_the_number_says_nothing():
    assert grade(before=None, stool_count="8 /d") == (0, 4)
    found = answer(DIARRHEA, chart((100.0, {"stool_count": "8 /d"})), 101.0)
    assert {m.name for m in found.missing} == {"diarrhea_grade", "diarrhea", "baseline stool_count"}
