"""Early ICAHT against the EHA/EBMT 2023 table, with the joining rules of the public code."""

from dataclasses import replace
from datetime import datetime

import pytest

from equipoise.criteria import ICAHT_EARLY
from equipoise.criteria.icaht_early_2023 import longest_run
from equipoise.grading import daily, grade, with_entries
from equipoise.record import Cells, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
HIGH, LOW, VERY_LOW = 2000, 450, 80


def patient(counts, product="axicabtagene"):
    """One count a day at noon; None: no count. Counts per uL, as numbers or as text."""
    record = Record(id="p", day0=DAY0, events=(Cells(at=0.0, known=0.0, product=product),))
    for day, count in enumerate(counts):
        if count is not None:
            text = count if isinstance(count, str) else f"{count} /uL"
            record = with_entries(record, 24.0 * day + 2.0, [("neutrophils", text)])
    return record


def answer(counts, day=31):
    return grade(ICAHT_EARLY, patient(counts), 24.0 * day + 13.5)


def month(low=0, very_low=0, start=5, days=31):
    """31 days with a run of `low` days <= 500, of which the first `very_low` are <= 100."""
    counts = [HIGH] * days
    for day in range(low):
        counts[start + day] = VERY_LOW if day < very_low else LOW
    return counts


@pytest.mark.parametrize(
    ("row", "low", "very_low", "expected"),
    [
        ("none", 0, 0, 0),
        ("one day", 1, 0, 1),
        ("T20", 3, 0, 1),
        ("six days", 6, 0, 1),
        ("seven days", 7, 0, 2),
        ("T21", 9, 5, 2),
        ("thirteen days", 13, 0, 2),
        ("fourteen days", 14, 0, 3),
        ("T22", 18, 9, 3),
        ("six days very low", 7, 6, 2),
        ("T24", 7, 7, 3),
        ("thirteen days very low", 14, 13, 3),
        ("fourteen days very low", 14, 14, 4),
    ],
)
def test_table(row, low, very_low, expected):
    found = answer(month(low, very_low))
    assert (found.low, found.high, found.grade) == (expected,) * 3, row


@pytest.mark.parametrize(("days", "expected"), [(13, 2), (14, 3)])
@pytest.mark.parametrize(
    ("text", "recovered"),
    [("500 /uL", "501 /uL"), ("0.5 10*9/L", "0.51 10*9/L"), ("0.50 K/uL", "0.6 K/uL")],
)
def test_t25_exactly_500_counts_in_each_unit(days, expected, text, recovered):
    counts = [recovered] * 31
    counts[5 : 5 + days] = [text] * days
    assert answer(counts).grade == expected


def test_exactly_100_counts():
    assert answer([HIGH] * 5 + [100] * 7 + [HIGH] * 19).grade == 3
    assert answer([HIGH] * 5 + [101] * 7 + [HIGH] * 19).grade == 2


def test_never_above_500_is_grade_4():
    assert answer([LOW] * 31).grade == 4
    assert answer([LOW] * 30 + [501]).grade == 3
    # Begun on day 3 and never ended, against day 4.
    assert answer([HIGH] * 3 + [LOW] * 28).grade == 4
    assert answer([HIGH] * 4 + [LOW] * 27).grade == 3


def test_runs_are_joined_over_recoveries_of_two_days_that_count():
    assert longest_run([True] * 3 + [False] * 2 + [True] * 2 + [False]) == 7
    assert longest_run([True] * 3 + [False] * 3 + [True] * 2) == 3
    assert longest_run([False] * 5) == 0
    assert answer([HIGH] * 5 + [LOW] * 3 + [HIGH] * 2 + [LOW] * 2 + [HIGH] * 19).grade == 2
    assert answer([HIGH] * 5 + [LOW] * 3 + [HIGH] * 3 + [LOW] * 2 + [HIGH] * 18).grade == 1


def test_gaps_of_seven_days_are_filled_and_longer_ones_are_open():
    filled = [HIGH] * 5 + [LOW] + [None] * 7 + [LOW] + [HIGH] * 17
    assert answer(filled).grade == 2
    open_gap = [HIGH] * 5 + [LOW] + [None] * 8 + [LOW] + [HIGH] * 16
    found = answer(open_gap)
    assert (found.low, found.high) == (1, 3)
    assert found.missing[0].to_json() == {
        "name": "neutrophils",
        "would_become": {
            "> 500 /uL on every day without a count": 1,
            "<= 500 /uL and > 100 /uL on every day without a count": 2,
            "<= 100 /uL on every day without a count": 3,
        },
    }


def test_interpolated_counts_are_rounded_to_10():
    # Day 6 lies at 503.5 on the line from 300 to 707: rounded to 500, so it counts.
    assert answer([HIGH] * 5 + [300, None, 707] + [HIGH] * 23).sentence.count("<= 500 /uL 2 d") == 1
    # At 506 it is rounded to 510 and does not.
    assert answer([HIGH] * 5 + [300, None, 712] + [HIGH] * 23).sentence.count("<= 500 /uL 1 d") == 1


def test_the_lowest_count_of_a_day_counts():
    record = patient(month(6))
    record = with_entries(record, 24.0 * 11 + 8.0, [("neutrophils", "400 /uL")])
    assert grade(ICAHT_EARLY, record, 31.6 * 24).grade == 2


def test_so_far_and_the_lower_bound_while_a_run_is_open():
    counts = [HIGH] * 3 + [LOW] * 10
    found = grade(ICAHT_EARLY, patient(counts), 24.0 * 8 + 2.0)
    assert found.grade == 1
    assert "so far, day 8 of 30, still low" in found.sentence
    found = grade(ICAHT_EARLY, patient(counts), 24.0 * 12 + 2.0)
    assert found.grade == 2
    # Days that have happened without a count are open, the future is not missing.
    found = grade(ICAHT_EARLY, patient(counts), 24.0 * 17 + 13.5)
    assert (found.low, found.high) == (2, 3)


def test_since_is_the_day_on_which_the_grade_was_reached():
    found = answer(month(9))
    assert found.since == pytest.approx(24.0 * 11 + 2.0), "the seventh day of the run from day 5"


def test_daily_never_falls_while_the_counts_are_complete():
    record = patient(month(18, 9))
    grades = [a.low for a in daily(ICAHT_EARLY, record, 24.0 * 31)]
    assert grades == sorted(grades)
    assert grades[4] == 0
    assert grades[5] == 1
    assert grades[11] == 3, "the seventh day at or below 100"


def test_open_run_at_the_last_count():
    counts = [LOW] * 18
    found = answer(counts)
    assert (found.low, found.high) == (3, 4)
    for name, value in (("death", "infection"), ("last_follow_up", True)):
        ended = with_entries(patient(counts), 24.0 * 18, [(name, value)])
        assert grade(ICAHT_EARLY, ended, 24.0 * 31).grade == 4
    late = [HIGH] * 4 + [LOW] * 14
    ended = with_entries(patient(late), 24.0 * 18, [("death", "infection")])
    assert grade(ICAHT_EARLY, ended, 24.0 * 31).grade == 3


def test_days_before_the_first_count():
    assert answer([None] * 3 + [LOW] * 5 + [HIGH] * 23).grade == 1
    found = answer([None] * 4 + [LOW] * 5 + [HIGH] * 22)
    assert (found.low, found.high) == (1, 2)


def test_censored_counts():
    assert answer([HIGH] * 5 + ["<0.1 10*9/L"] * 7 + [HIGH] * 19).grade == 3
    found = answer([HIGH] * 5 + ["<0.5 10*9/L"] * 7 + [HIGH] * 19)
    assert (found.low, found.high) == (2, 3)


def test_nothing_known():
    found = answer([])
    assert (found.low, found.high) == (0, 4)
    assert found.missing[0].name == "neutrophils"


def test_not_applicable():
    assert grade(ICAHT_EARLY, patient(month(9), product="graft"), 400.0).low is None
    assert grade(ICAHT_EARLY, patient(month(9)), -5.0).low is None


def test_days_count_from_the_later_infusion():
    record = patient(month(9))
    again = Cells(at=24.0 * 20, known=24.0 * 20, product="axicabtagene")
    record = replace(record, events=(*record.events, again))
    assert grade(ICAHT_EARLY, record, 24.0 * 19).grade == 2
    assert grade(ICAHT_EARLY, record, 24.0 * 25 + 2.0).grade == 0
