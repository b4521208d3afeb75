"""Early CD4 recovery: two counts running above the limit by day 100 after the graft."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import CD4_RECOVERY

DAY = 24.0


def counted(*counts, unit="/uL", product="graft"):
    """A chart with (day, count) pairs, drawn at the hour of the graft."""
    return chart(*((DAY * d, {"cd4": f"{n} {unit}"}) for d, n in counts), product=product)


@pytest.mark.parametrize(
    ("counts", "day", "expected"),
    [
        (((30, 51), (60, 51)), 60, (1, 1)),
        (((30, 50), (60, 51)), 60, (0, 1)),
        (((30, 51), (60, 50)), 60, (0, 0)),
        (((30, 51),), 30, (0, 1)),
        (((30, 50),), 30, (0, 0)),
        ((), 60, (0, 1)),
        # A count between that is low parts them; one on the same day is no second.
        (((30, 60), (45, 40), (60, 60)), 60, (0, 1)),
        (((30, 60), (30.25, 60)), 31, (0, 1)),
        (((30, 60), (30.25, 40), (37, 60)), 37, (0, 1)),
        # It stays, whatever comes later.
        (((30, 60), (37, 60), (90, 10)), 95, (1, 1)),
        # Both by day 100.
        (((60, 60), (100, 60)), 100, (1, 1)),
        (((60, 60), (101, 60)), 101, (0, 1)),
        # After it a low last count says no, a high one or an old one leaves it open.
        (((60, 20), (90, 30)), 150, (0, 0)),
        (((60, 20), (90, 30), (110, 400), (120, 400)), 150, (0, 0)),
        (((60, 20), (90, 60)), 150, (0, 1)),
        (((60, 20),), 150, (0, 1)),
        # So far: a low count stands for 28 days.
        (((20, 10),), 48, (0, 0)),
        (((20, 10),), 49, (0, 1)),
    ],
)
def test_each_limit(counts, day, expected):
    assert interval(CD4_RECOVERY, counted(*counts), DAY * day) == expected


def test_in_other_units():
    assert interval(CD4_RECOVERY, counted((30, "0.051"), (37, "0.051"), unit="10*9/L"), 37 * DAY) \
        == (1, 1)  # fmt: skip
    assert interval(CD4_RECOVERY, counted((30, "0.050"), (37, "0.050"), unit="10*9/L"), 37 * DAY) \
        == (0, 0)  # fmt: skip


def test_the_sentence():
    found = answer(CD4_RECOVERY, counted((34, 60), (41, 80)), 50 * DAY)
    assert found.met is True
    assert found.sentence.endswith("on day 34 (2025-04-13) and on day 41 (2025-04-20)")
    not_yet = answer(CD4_RECOVERY, counted((34, 10)), 34 * DAY)
    assert not_yet.sentence.endswith("may still come by day 100")
    over = answer(CD4_RECOVERY, counted((34, 10), (90, 10)), 120 * DAY)
    assert over.sentence.endswith("day 100 has passed")


def test_what_is_missing_is_a_count_by_day_100():
    for day in (60, 150):
        found = answer(CD4_RECOVERY, counted((58, 90)), DAY * day)
        assert found.missing[0].to_json() == {
            "name": "cd4", "would_become": {"<= 50 /uL": 0, "> 50 /uL on 2 days running": 1},
        }  # fmt: skip


def test_a_second_graft_begins_anew():
    record = counted((30, 60), (37, 60))
    second = type(record.events[0])(at=50 * DAY, known=50 * DAY, product="graft")
    again = record.__class__(id="p", day0=record.day0, born=None, events=(*record.events, second))
    assert interval(CD4_RECOVERY, again, 60 * DAY) == (0, 1)


def test_it_needs_a_graft():
    found = answer(CD4_RECOVERY, counted((30, 60), product="axicabtagene"), 40 * DAY)
    assert found.sentence == "not applicable: no graft by this time"
