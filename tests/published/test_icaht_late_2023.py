"""Late ICAHT: the nadir of days 31 to 100, not transient."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import ICAHT_LATE


def patient(*counts, first=40, **findings):
    entries = [(24.0 * (first + 3 * n), {"neutrophils": c}) for n, c in enumerate(counts)]
    entries += [(at, {name: value}) for name, (at, value) in findings.items()]
    return chart(*entries, product="axicabtagene")


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (("900 /uL",), (2, 2)),
        (("450 /uL", "460 /uL"), (3, 3)),
        (("1990 /uL", "2440 /uL"), (0, 0)),
        ((), (0, 4)),
        (("1500 /uL", "1500 /uL"), (1, 1)),
        (("1501 /uL", "1501 /uL"), (0, 0)),
        (("1000 /uL", "1400 /uL"), (2, 2)),
        (("1001 /uL", "1400 /uL"), (1, 1)),
        (("500 /uL", "1500 /uL"), (3, 3)),
        (("501 /uL", "1500 /uL"), (2, 2)),
        (("100 /uL", "1500 /uL"), (4, 4)),
        (("101 /uL", "1500 /uL"), (3, 3)),
        (("100 /uL", "1501 /uL"), (0, 0)),
        (("0.1 10*9/L", "1.5 10*9/L"), (4, 4)),
        (("<0.5 10*9/L", "1.0 10*9/L"), (3, 4)),
    ],
)
def test_t26c_and_each_limit(counts, expected):
    assert interval(ICAHT_LATE, patient(*counts), 24.0 * 101) == expected


def test_only_days_31_to_100_count():
    early = chart((24.0 * 30, {"neutrophils": "50 /uL"}), (24.0 * 40, {"neutrophils": "1200 /uL"}),
                  (24.0 * 43, {"neutrophils": "1200 /uL"}), product="axicabtagene")  # fmt: skip
    assert interval(ICAHT_LATE, early, 24.0 * 101) == (1, 1)
    late = patient("1200 /uL", "1200 /uL", "50 /uL", "50 /uL", first=95)
    assert interval(ICAHT_LATE, late, 24.0 * 130) == (1, 1)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("progression", "proven", 1), ("progression", "suspected", 4), ("next_therapy", True, 1),
        ("last_follow_up", True, 1), ("relapse", True, 1), ("next_therapy", False, 4),
    ],
)  # fmt: skip
def test_counts_after_progression_or_next_therapy_do_not_count(name, value, expected):
    record = patient("1200 /uL", "1200 /uL", "50 /uL", "50 /uL", **{name: (24.0 * 44, value)})
    assert interval(ICAHT_LATE, record, 24.0 * 101) == (expected, expected)


def test_before_day_31_it_does_not_apply():
    found = answer(ICAHT_LATE, patient("50 /uL", first=20), 24.0 * 25)
    assert found.sentence == "not applicable: before day 31 after the CAR T-cell infusion"
