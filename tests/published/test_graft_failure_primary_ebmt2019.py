"""Primary graft failure: three counts by day 28, or 42 after cord blood."""

from dataclasses import replace

import pytest
from charting import answer, chart, interval

from equipoise.criteria import GRAFT_FAILURE_PRIMARY
from equipoise.record import Cells

LOW = {"neutrophils": "0.4 10*9/L", "hemoglobin": "79 g/L", "platelets": "19 10*9/L"}
DAY_28 = 28 * 24.0
LATER = 29 * 24.0


def failed(without=(), t=LATER, **found):
    entries = {k: v for k, v in (LOW | found).items() if k not in without}
    return interval(GRAFT_FAILURE_PRIMARY, chart((DAY_28, entries)), t)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"neutrophils": "0.49 10*9/L"}, 1),
        ({"neutrophils": "0.5 10*9/L"}, 0),
        ({"neutrophils": "499 /uL"}, 1),
        ({"neutrophils": "500 /uL"}, 0),
        ({"hemoglobin": "80 g/L"}, 0),
        ({"hemoglobin": "7.9 g/dL"}, 1),
        ({"hemoglobin": "8.0 g/dL"}, 0),
        ({"platelets": "20 10*9/L"}, 0),
        ({"platelets": "19999 /uL"}, 1),
        ({"platelets": "20000 /uL"}, 0),
    ],
)
def test_each_limit(found, expected):
    assert failed(**found) == (expected, expected)


@pytest.mark.parametrize("name", LOW)
def test_each_missing_input(name):
    assert failed(without=(name,)) == (0, 1)


def test_neutrophils_that_had_recovered_are_no_primary_failure():
    counts = {10: "0.1", 14: "0.6", 15: "0.6", 16: "0.7"}
    days = [(24.0 * day, {"neutrophils": f"{n} 10*9/L"}) for day, n in counts.items()]
    assert interval(GRAFT_FAILURE_PRIMARY, chart(*days, (DAY_28, LOW)), LATER) == (0, 0)
    # Two days are no recovery.
    assert interval(GRAFT_FAILURE_PRIMARY, chart(*days[:3], (DAY_28, LOW)), LATER) == (1, 1)


def test_the_answer_is_that_of_the_day():
    later = {name: value.replace("0.4", "4").replace("79", "120") for name, value in LOW.items()}
    record = chart((DAY_28, LOW), (50 * 24.0, later))
    assert interval(GRAFT_FAILURE_PRIMARY, record, 51 * 24.0) == (1, 1)


def test_before_the_day_it_does_not_apply_and_cord_blood_has_longer():
    record = chart((DAY_28, LOW), (42 * 24.0, LOW))
    assert answer(GRAFT_FAILURE_PRIMARY, record, DAY_28).low is None
    cord = replace(
        record,
        events=tuple(
            Cells(at=0.0, known=0.0, product="graft", donor="cord") if isinstance(e, Cells) else e
            for e in record.events
        ),
    )
    found = answer(GRAFT_FAILURE_PRIMARY, cord, LATER)
    assert found.sentence == (
        "not applicable: before the end of day 28 after the graft, 42 after cord blood"
    )
    assert interval(GRAFT_FAILURE_PRIMARY, cord, 43 * 24.0) == (1, 1)
