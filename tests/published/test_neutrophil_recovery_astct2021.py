"""Neutrophil recovery: the first of three consecutive days at or above the limit."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import NEUTROPHIL_RECOVERY


def counted(*counts, unit="10*9/L"):
    """A chart with (day, count) pairs, drawn at the hour of the graft."""
    return chart(*((24.0 * day, {"neutrophils": f"{count} {unit}"}) for day, count in counts))


LOW = (10, "0.1")


@pytest.mark.parametrize(
    ("counts", "unit", "day", "expected"),
    [
        ((LOW, (11, "0.5"), (12, "0.5"), (13, "0.5")), "10*9/L", 13, (1, 1)),
        ((LOW, (11, "0.49"), (12, "0.5"), (13, "0.5")), "10*9/L", 13, (0, 1)),
        ((LOW, (11, "0.5"), (12, "0.49"), (13, "0.5")), "10*9/L", 13, (0, 1)),
        ((LOW, (11, "0.5"), (12, "0.5"), (13, "0.49")), "10*9/L", 13, (0, 0)),
        (((10, "100"), (11, "500"), (12, "500"), (13, "500")), "/uL", 13, (1, 1)),
        (((10, "100"), (11, "499"), (12, "500"), (13, "500")), "/uL", 13, (0, 1)),
        # Two days are not three, and a day without a count breaks the run.
        ((LOW, (11, "0.5"), (12, "0.6")), "10*9/L", 12, (0, 1)),
        ((LOW, (11, "0.5"), (12, "0.6"), (14, "0.9")), "10*9/L", 14, (0, 1)),
        # It stays: a later fall is another question.
        ((LOW, (11, "0.5"), (12, "0.6"), (13, "0.9"), (40, "0.1")), "10*9/L", 40, (1, 1)),
        # Counts that never fell say nothing; a low one says not yet.
        (((1, "3.0"), (2, "2.5"), (3, "2.0")), "10*9/L", 3, (0, 1)),
        ((LOW,), "10*9/L", 10, (0, 0)),
        ((LOW,), "10*9/L", 12, (0, 0)),
        ((LOW,), "10*9/L", 13, (0, 1)),
        ((), "10*9/L", 13, (0, 1)),
    ],
)
def test_each_limit(counts, unit, day, expected):
    assert interval(NEUTROPHIL_RECOVERY, counted(*counts, unit=unit), 24.0 * day) == expected


def test_the_date_is_that_of_the_first_day():
    found = answer(
        NEUTROPHIL_RECOVERY, counted(LOW, (11, "0.5"), (12, "0.6"), (13, "0.7")), 24.0 * 20
    )
    assert found.met is True
    assert found.sentence.endswith("on day 11 (2025-03-21)")


def test_the_lowest_count_of_a_day_stands_for_it():
    record = chart(
        (240.0, {"neutrophils": "0.1 10*9/L"}),
        *((24.0 * day, {"neutrophils": "0.6 10*9/L"}) for day in (11, 12, 13)),
        (24.0 * 12 + 6.0, {"neutrophils": "0.4 10*9/L"}),
    )
    assert interval(NEUTROPHIL_RECOVERY, record, 24.0 * 13) == (0, 1)


def test_counts_before_the_graft_do_not_count():
    record = counted((-3, "0.1"), (0, "0.6"), (1, "0.7"), (2, "0.8"))
    assert interval(NEUTROPHIL_RECOVERY, record, 48.0) == (0, 1)


def test_what_is_missing():
    found = answer(NEUTROPHIL_RECOVERY, counted(), 24.0 * 13)
    assert found.missing[0].to_json() == {
        "name": "neutrophils",
        "would_become": {"< 500 /uL": 0, ">= 500 /uL on 3 days after a lower count": 1},
    }


def test_it_needs_a_graft():
    found = answer(NEUTROPHIL_RECOVERY, chart(product="axicabtagene"), 100.0)
    assert found.sentence == "not applicable: no graft by this time"
