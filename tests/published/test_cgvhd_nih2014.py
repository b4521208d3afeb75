"""Chronic GVHD, NIH 2014: global severity from organ scores."""

import pytest
from charting import chart, interval

from equipoise.criteria import CGVHD
from equipoise.criteria.cgvhd_nih2014 import ORGANS

NONE = {f"cgvhd_score_{organ}": 0 for organ in ORGANS}


def severity(without=(), **scores):
    found = NONE | {f"cgvhd_score_{organ}": score for organ, score in scores.items()}
    found = {k: v for k, v in found.items() if k.removeprefix("cgvhd_score_") not in without}
    return interval(CGVHD, chart((3000.0, found)), 3001.0)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({}, 0),
        ({"skin": 1}, 1),
        ({"skin": 1, "mouth": 1}, 1),
        ({"skin": 1, "mouth": 1, "eyes": 1}, 2),
        ({"liver": 2}, 2),
        ({"lungs": 1}, 2),
        ({"lungs": 2}, 3),
        ({"skin": 3}, 3),
        ({"lungs": 3}, 3),
        ({"gi": 2, "joints": 2, "genital": 2}, 2),
    ],
)
def test_t56i(scores, expected):
    assert severity(**scores) == (expected, expected)


@pytest.mark.parametrize("organ", ORGANS)
def test_an_organ_that_was_not_scored_is_not_zero(organ):
    assert severity(without=(organ,)) == (0, 3)
    assert severity(without=(organ,), skin=1 if organ != "skin" else 0, mouth=2)[0] == 2 or (
        organ == "mouth"
    )


@pytest.mark.parametrize(
    ("fev1", "expected"),
    [
        ("81 %", (0, 0)), ("80 %", (0, 2)), ("79 %", (2, 2)), ("60 %", (2, 2)), ("59 %", (3, 3)),
        ("40 %", (3, 3)), ("39.5 %", (3, 3)), ("39 %", (3, 3)), ("38 %", (3, 3)),
    ],
)  # fmt: skip
def test_lungs_by_fev1(fev1, expected):
    found = {k: v for k, v in NONE.items() if k != "cgvhd_score_lungs"} | {"fev1": fev1}
    assert interval(CGVHD, chart((3000.0, found)), 3001.0) == expected
