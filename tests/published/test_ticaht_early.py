"""Early T-ICAHT: cumulative days below 50 and below 20, days 0 to 30."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import TICAHT_EARLY

END = 24.0 * 32


def patient(*runs, unit="10*9/L", without=(), **findings):
    """Daily counts at noon, 150 but for (first day, days, count)."""
    counts = {day: "150" for day in range(31) if day not in without}
    for first, number, count in runs:
        counts |= {day: count for day in range(first, first + number) if day not in without}
    entries = [(24.0 * day + 2.0, {"platelets": f"{c} {unit}"}) for day, c in counts.items()]
    entries += [(at, {name: value}) for name, (at, value) in findings.items()]
    return chart(*entries, product="axicabtagene")


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((), 0),
        (((5, 1, "50"),), 0),
        (((5, 1, "49"),), 1),
        (((5, 6, "49"),), 1),
        (((5, 7, "49"),), 2),
        (((5, 20, "20"),), 2),
        (((5, 1, "19"),), 3),
        (((5, 13, "19"),), 3),
        (((5, 14, "19"),), 4),
        (((5, 3, "49"), (13, 4, "49")), 2),  # cumulative: two spells make seven days
        (((5, 3, "49"), (13, 3, "49")), 1),
        (((5, 3, "49"), (10, 2, "49")), 2),  # a recovery of two days counts: seven
        (((5, 3, "49"), (11, 3, "49")), 1),  # one of three days does not: six
        (((2, 7, "19"), (20, 7, "19")), 4),
        (((2, 7, "19"), (20, 6, "19")), 3),
        (((24, 7, "49"),), 2),
    ],
)
def test_each_limit(runs, expected):
    assert interval(TICAHT_EARLY, patient(*runs), END) == (expected, expected)


def test_other_units():
    low = chart((2.0, {"platelets": "150000 /uL"}), (26.0, {"platelets": "49000 /uL"}),
                (50.0, {"platelets": "50000 /uL"}), product="axicabtagene")  # fmt: skip
    assert interval(TICAHT_EARLY, low, 50.0) == (1, 1)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("progression", "proven", 1), ("progression", "suspected", 4), ("next_therapy", True, 1),
     ("next_therapy", False, 4), ("death", True, 1), ("relapse", True, 1)],
)  # fmt: skip
def test_counting_ends_with_progression_next_therapy_or_death(name, value, expected):
    record = patient((2, 4, "49"), (6, 20, "10"), **{name: (24.0 * 5 + 3.0, value)})
    assert interval(TICAHT_EARLY, record, END) == (expected, expected)


def test_what_came_before_the_infusion_does_not_end_it():
    record = patient((2, 7, "49"), relapse=(-200.0, True))
    assert interval(TICAHT_EARLY, record, END) == (2, 2)


def test_days_without_a_count():
    assert interval(TICAHT_EARLY, chart(product="axicabtagene"), END) == (0, 4)
    # Seven days are filled by a line, eight are not.
    assert interval(TICAHT_EARLY, patient(without=range(10, 17)), END) == (0, 0)
    assert interval(TICAHT_EARLY, patient(without=range(10, 18)), END) == (0, 3)
    filled = patient((9, 1, "30"), (17, 1, "30"), without=range(10, 17))
    assert interval(TICAHT_EARLY, filled, END) == (2, 2)
    found = answer(TICAHT_EARLY, patient(without=range(10, 18)), END)
    assert [m.to_json()["would_become"] for m in found.missing] == [
        {">= 50 10*9/L on every day without a count": 0,
         "< 50 10*9/L and >= 20 10*9/L on every day without a count": 2,
         "< 20 10*9/L on every day without a count": 3}
    ]  # fmt: skip


def test_so_far_and_in_words():
    record = patient((2, 4, "49"))
    found = answer(TICAHT_EARLY, record, 24.0 * 4 + 5.0)
    assert (found.low, found.high) == (1, 1)
    assert found.sentence == (
        "grade 1: thrombocytopenia; cumulative 3 d < 50 10*9/L, 0 d < 20 10*9/L; so far, day 4 "
        "of 30"
    )
    other = answer(TICAHT_EARLY, chart((2.0, {"platelets": "9 10*9/L"})), 50.0)
    assert other.sentence.startswith("not applicable: ")
