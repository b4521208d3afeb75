"""Late T-ICAHT: the nadir of days 31 to 100, and cumulative days below 20."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import TICAHT_LATE

END = 24.0 * 102


def patient(*runs, step=1, first=24, **findings):
    """Counts every `step` days at noon, 150 but for (first day, last day, count)."""
    counts = dict.fromkeys(range(first, 101, step), "150")
    for begin, end, count in runs:
        counts |= {day: count for day in counts if begin <= day <= end}
    entries = [(24.0 * day + 2.0, {"platelets": f"{c} 10*9/L"}) for day, c in counts.items()]
    entries += [(at, {name: value}) for name, (at, value) in findings.items()]
    return chart(*entries, product="axicabtagene")


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((), 0),
        (((24, 30, "5"),), 0),
        (((40, 41, "100"),), 0),
        (((40, 41, "99"),), 1),
        (((40, 40, "99"),), 0),
        (((40, 40, "60"), (60, 60, "99")), 1),
        (((40, 41, "50"),), 1),
        (((40, 41, "49"),), 2),
        (((40, 41, "20"),), 2),
        (((40, 41, "19"),), 3),
        (((40, 52, "19"),), 3),
        (((40, 53, "19"),), 4),
        (((40, 46, "19"), (60, 66, "19")), 4),
        (((40, 46, "19"), (60, 65, "19")), 3),
        (((31, 31, "19"), (100, 100, "90")), 3),
    ],
)
def test_each_limit(runs, expected):
    assert interval(TICAHT_LATE, patient(*runs), END) == (expected, expected)


def test_weekly_counts_settle_it_and_rare_ones_do_not():
    assert interval(TICAHT_LATE, patient(step=7), END) == (0, 0)
    assert interval(TICAHT_LATE, patient((30, 100, "15"), step=7), END) == (4, 4)
    rare = chart((24.0 * 40, {"platelets": "15 10*9/L"}), (24.0 * 60, {"platelets": "90 10*9/L"}),
                 product="axicabtagene")  # fmt: skip
    assert interval(TICAHT_LATE, rare, END) == (3, 4)
    single = chart((24.0 * 40, {"platelets": "45 10*9/L"}), product="axicabtagene")
    assert interval(TICAHT_LATE, single, END) == (2, 2)
    assert interval(TICAHT_LATE, chart(product="axicabtagene"), END) == (0, 4)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("progression", "proven", 1), ("progression", "suspected", 4), ("next_therapy", True, 1),
     ("death", True, 1)],
)  # fmt: skip
def test_counting_ends_with_progression_next_therapy_or_death(name, value, expected):
    record = patient((40, 44, "90"), (45, 70, "10"), **{name: (24.0 * 44 + 3.0, value)})
    assert interval(TICAHT_LATE, record, END) == (expected, expected)


def test_before_day_31_it_does_not_apply():
    found = answer(TICAHT_LATE, patient(), 24.0 * 25)
    assert found.sentence == "not applicable: before day 31 after the CAR T-cell infusion"
