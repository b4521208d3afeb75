"""EASIX, s-EASIX and m-EASIX: numbers with an interval, in every unit of entry."""

import math

import numpy as np
import pytest
from charting import answer, chart, interval

from equipoise.chart import chart_of
from equipoise.criteria import EASIX, M_EASIX, S_EASIX
from equipoise.grading import table

FULL = {"ldh": "400 U/L", "creatinine": "1.2 mg/dL", "crp": "3.0 mg/dL",
        "platelets": "50 10*9/L"}  # fmt: skip
ALL = (EASIX, S_EASIX, M_EASIX)


def scores(without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    return [interval(c, chart((48.0, entries)), 49.0) for c in ALL]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, (9.6, 8.0, 24.0)),
        ({"crp": "30 mg/L"}, (9.6, 8.0, 24.0)),
        ({"platelets": "50000 /uL"}, (9.6, 8.0, 24.0)),
        ({"creatinine": "106.104 umol/L"}, (9.6, 8.0, 24.0)),
        ({"creatinine": "0.8 mg/dL", "ldh": "250 U/L", "platelets": "200 10*9/L", "crp": "5 mg/L"},
         (1.0, 1.25, 0.625)),
        ({"crp": "0 mg/L"}, (9.6, 8.0, 0.0)),
    ],
)  # fmt: skip
def test_formulas_and_units(found, expected):
    for (low, high), number in zip(scores(**found), expected, strict=True):
        assert low == pytest.approx(number, rel=1e-6)
        assert high == low


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"platelets": "<10 10*9/L"}, ((48.0, math.inf), (40.0, math.inf), (120.0, math.inf))),
        ({"platelets": ">100 10*9/L"}, ((0.0, 4.8), (0.0, 4.0), (0.0, 12.0))),
        ({"platelets": "0 10*9/L"}, ((0.0, math.inf),) * 3),
        ({"crp": "<0.5 mg/dL"}, ((9.6, 9.6), (8.0, 8.0), (0.0, 4.0))),
        ({"crp": ">20 mg/dL"}, ((9.6, 9.6), (8.0, 8.0), (160.0, math.inf))),
        ({"ldh": ">1000 U/L"}, ((24.0, math.inf), (20.0, math.inf), (60.0, math.inf))),
        ({"ldh": ">1000 U/L", "platelets": ">100 10*9/L"}, ((0.0, math.inf),) * 3),
    ],
)
def test_bounds(found, expected):
    assert [tuple(map(float, s)) for s in scores(**found)] == [
        pytest.approx(pair) for pair in expected
    ]


@pytest.mark.parametrize("name", list(FULL))
def test_each_missing_input(name):
    needed = {"ldh": (1, 1, 1), "creatinine": (1, 0, 0), "crp": (0, 0, 1), "platelets": (1, 1, 1)}
    for (low, high), is_needed in zip(scores(without=(name,)), needed[name], strict=True):
        assert ((low, high) == (0.0, math.inf)) == bool(is_needed)


def test_the_answer_in_words_and_as_json():
    full = answer(EASIX, chart((48.0, FULL)), 49.0)
    assert full.sentence == "score 9.6"
    assert (full.score, full.grade, full.met) == (full.low, None, None)
    lacks = answer(EASIX, chart((48.0, {"ldh": "400 U/L", "creatinine": "1.2 mg/dL"})), 49.0)
    assert lacks.sentence == "cannot tell: platelets unknown"
    written = lacks.to_json()
    assert (written["low"], written["high"], written["score"]) == (0.0, None, None)
    assert written["missing"] == [
        {"name": "platelets", "would_become": {"200 10*9/L, or beside its bound": 2.4,
                                               "100 10*9/L, or beside its bound": 4.8,
                                               "50 10*9/L, or beside its bound": 9.6,
                                               "20 10*9/L, or beside its bound": 24.0}}
    ]  # fmt: skip
    bound = answer(EASIX, chart((48.0, FULL | {"platelets": "<10 10*9/L"})), 49.0)
    assert bound.sentence == "score at least 48: platelets unknown"
    stale = answer(EASIX, chart((48.0, FULL)), 48.0 + 72.5)
    assert stale.sentence.startswith("cannot tell: ")


def test_a_cohort_gets_the_same_numbers():
    cohort = chart_of([chart((48.0, FULL)), chart((48.0, {"ldh": "400 U/L"}))])
    found = table([EASIX, S_EASIX], cohort, np.array([0, 1]), np.array([49.0, 49.0]))
    assert found.low["easix"].tolist() == [9.6, 0.0]
    assert found.high["easix"].tolist() == [9.6, math.inf]
    assert found.high["s_easix"].tolist() == [8.0, math.inf]
