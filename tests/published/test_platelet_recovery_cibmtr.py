"""Platelet recovery: the manual's own worked example, and both sides of each rule."""

from dataclasses import replace

import pytest
from charting import answer, chart, interval

from equipoise.criteria import PLATELET_RECOVERY
from equipoise.record import Transfusion

EXAMPLE = (10, 30, 25, 10, 15, 19, 23, 25, 40, 50, 56, 65, 72)
"""Counts of days 0 to 12, last transfusion on day 0: recovery on day 7, to 50 on day 9."""


def counted(counts, *said, unit="10*9/L"):
    """Counts by day and (day, transfused) of `platelet_transfusion`."""
    entries = [(24.0 * day, {"platelets": f"{n} {unit}"}) for day, n in counts.items()]
    entries += [(24.0 * day, {"platelet_transfusion": given}) for day, given in said]
    return chart(*entries)


def grade(counts, *said, day, **kwargs):
    return interval(PLATELET_RECOVERY, counted(counts, *said, **kwargs), 24.0 * day)


def test_the_example_of_the_manual():
    record = counted(dict(enumerate(EXAMPLE)), (0, True), (9, False))
    found = answer(PLATELET_RECOVERY, record, 24.0 * 12)
    assert found.grade == 2
    assert ">= 20 10*9/L on day 7 (2025-03-17)" in found.sentence
    assert ">= 50 10*9/L on day 9 (2025-03-19)" in found.sentence
    # On day 9 the third count at or above 20 is there, at or above 50 the first.
    by_then = counted(dict(enumerate(EXAMPLE[:10])), (0, True), (9, False))
    assert interval(PLATELET_RECOVERY, by_then, 24.0 * 9) == (1, 2)
    assert interval(PLATELET_RECOVERY, by_then, 24.0 * 8) == (0, 1)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({9: 5, 17: 20, 18: 20, 19: 20}, (1, 1)),
        ({9: 5, 17: 19, 18: 20, 19: 20}, (0, 1)),
        ({9: 5, 17: 20, 18: 20, 19: 19}, (0, 0)),
        ({9: 5, 17: 50, 18: 50, 19: 50}, (2, 2)),
        ({9: 5, 17: 50, 18: 50, 19: 49}, (1, 1)),
        ({9: 5, 17: 49, 18: 50, 19: 50}, (1, 2)),
        # Counts on different days, not on consecutive ones.
        ({9: 5, 16: 20, 18: 20, 19: 20}, (1, 1)),
        ({9: 5, 18: 20, 19: 20}, (0, 1)),
    ],
)
def test_each_limit(counts, expected):
    assert grade(counts, (9, True), (19, False), day=19) == expected
    thousand = {day: 1000 * n for day, n in counts.items()}
    assert grade(thousand, (9, True), (19, False), day=19, unit="/uL") == expected


COUNTS = {9: 5, 17: 20, 18: 21, 19: 22}


@pytest.mark.parametrize(
    ("given", "expected"),
    [(10, (1, 1)), (11, (0, 1)), (13, (0, 0)), (18, (0, 0)), (20, (1, 1))],
)
def test_seven_days_without_transfusion(given, expected):
    """Day 10 is 7 days before the first count, day 11 is 6; after the counts it changes nothing.

    Counts that a transfusion spoils leave it open; one of the last 7 days says no.
    """
    day = max(19, given)
    said = sorted([(given, True), (19.2, False)])
    assert grade(COUNTS, *said, day=day + 0.5) == expected


@pytest.mark.parametrize(
    ("said", "expected"), [(16, (0, 2)), (17, (1, 2)), (24, (1, 2)), (25, (0, 2))]
)
def test_silence_is_no_answer(said, expected):
    """What is charted from the first count to 7 days after it speaks for it.

    On day 25 the last count is too old to say that 50 is not reached.
    """
    assert grade(COUNTS, (9, True), (said, False), day=25) == expected


def test_a_transfusion_event_counts_as_a_finding_does():
    record = counted(COUNTS, (19.5, False))
    given = Transfusion(at=24.0 * 12, known=24.0 * 12, product="platelets")
    red = Transfusion(at=24.0 * 12, known=24.0 * 12, product="red_cells")
    at = 24.0 * 20
    assert interval(PLATELET_RECOVERY, record, at) == (1, 1)
    assert interval(PLATELET_RECOVERY, replace(record, events=(*record.events, red)), at) == (1, 1)
    found = interval(PLATELET_RECOVERY, replace(record, events=(*record.events, given)), at)
    assert found == (0, 1)


def test_counts_that_never_fell_stay_open():
    assert grade({1: 90, 2: 80, 3: 70}, (3, False), day=3) == (0, 2)


def test_each_missing_input():
    assert grade({}, (19, False), day=19) == (0, 2)
    found = answer(PLATELET_RECOVERY, counted(COUNTS), 24.0 * 19)
    assert (found.low, found.high) == (0, 1)
    assert [m.to_json() for m in found.missing] == [
        {"name": "platelet_transfusion", "would_become": {"none since": 1, "given today": 0}}
    ]


def test_it_needs_a_graft():
    found = answer(PLATELET_RECOVERY, chart(product="axicabtagene"), 100.0)
    assert found.sentence == "not applicable: no graft by this time"
