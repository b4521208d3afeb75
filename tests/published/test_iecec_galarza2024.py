"""Enterocolitis after CAR-T cells: diarrhea, infection excluded, biopsy."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import IECEC

FULL = {"diarrhea_grade": 3, "infection": "excluded", "gut_biopsy_inflamed": True}


def met(without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    return interval(IECEC, chart((1000.0, entries), product="ciltacabtagene"), 1001.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"diarrhea_grade": 4}, 1),
        ({"diarrhea_grade": 2}, 0),
        ({"infection": "proven"}, 0),
        ({"gut_biopsy_inflamed": False}, 0),
    ],
)
def test_all_three_must_hold(found, expected):
    assert met(**found) == (expected, expected)


@pytest.mark.parametrize("missing", [*FULL])
def test_each_missing_input(missing):
    assert met(without=(missing,)) == (0, 1)


def test_a_suspected_infection_stools_and_the_day():
    assert met(infection="suspected") == (0, 1)
    stools = chart(
        (-24.0, {"stool_count": "1 /d"}),
        (1000.0, {"stool_count": "8 /d", "infection": "excluded", "gut_biopsy_inflamed": True}),
        product="ciltacabtagene",
    )
    assert interval(IECEC, stools, 1001.0) == (1, 1)
    early = answer(IECEC, chart((240.0, FULL), product="ciltacabtagene"), 241.0)
    assert early.sentence.endswith(
        "day 10: earlier than the published cases, which began on day 22 to 210"
    )
    other = answer(IECEC, chart((240.0, FULL)), 241.0)
    assert other.sentence == "not applicable: no CAR-T cells by this time"
