"""Schedules and times as arrays: each field where it belongs, trains written out."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest

from equipoise.kinetics import DoseEvent, Schedule
from equipoise.kinetics.problem import samples
from equipoise.kinetics.schedule import pack, unroll

COLUMNS = (
    "time", "amount", "compartment", "duration", "interval", "steady", "rate", "piece", "row",
    "additional",
)  # fmt: skip


def drawn(rng, plain):
    """A schedule, now and then an empty one."""
    doses = []
    for _ in range(int(rng.integers(0, 4))):
        dose = {"time": float(rng.uniform(-5, 50)), "amount": float(rng.uniform(0, 9))}
        if not plain:
            dose |= {
                "compartment": int(rng.integers(0, 3)),
                "interval": 4.0,
                "additional": int(rng.integers(0, 3)),
                "steady": int(rng.integers(0, 3)),
                "row": int(rng.integers(0, 9)),
                "piece": int(rng.integers(-1, 2)),
            }
        timed = {"rate": float(rng.choice([-1.0, 3.0]))} if rng.random() < 0.3 else {}
        doses.append(DoseEvent(**dose, **(timed if not plain else {"duration": 2.5})))
    resets = () if plain else tuple(rng.uniform(0, 9, int(rng.integers(0, 3))).tolist())
    breaks = () if plain else tuple(np.sort(rng.uniform(0, 9, 2)).tolist())
    return Schedule(tuple(doses), resets, breaks)


@pytest.mark.parametrize("plain", [True, False])
def test_every_field_in_its_column(plain):
    assert {field.name for field in fields(DoseEvent)} == set(COLUMNS)
    rng = np.random.default_rng(5)
    schedules = [drawn(rng, plain) for _ in range(40)]
    packed = pack(schedules, 3)
    for s, schedule in enumerate(schedules):
        rows = packed.doses[packed.dose_from[s] : packed.dose_from[s + 1]]
        expected = [[getattr(dose, name) for name in COLUMNS] for dose in schedule.doses]
        assert rows.tolist() == expected
        cut = slice(packed.reset_from[s], packed.reset_from[s + 1])
        assert packed.resets[cut].tolist() == sorted(schedule.resets)
        assert (packed.reset_rows[cut] == 0).all()
        at = packed.breaks[packed.break_from[s] : packed.break_from[s + 1]]
        assert at.tolist() == list(schedule.breaks)
        times = [dose.time for dose in schedule.doses] + list(schedule.resets)
        assert packed.first[s] == min(times, default=math.inf)


def test_trains_written_out_are_those_of_the_schedule():
    rng = np.random.default_rng(6)
    schedules = [drawn(rng, plain=False) for _ in range(40)]
    packed = pack(schedules, 3)
    dose_from, doses = unroll(packed.dose_from, packed.doses)
    for s, schedule in enumerate(schedules):
        rows = doses[dose_from[s] : dose_from[s + 1]]
        expected = schedule.expanded().doses
        assert rows[:, 0].tolist() == [dose.time for dose in expected]
        assert rows[:, 1].tolist() == [dose.amount for dose in expected]
        assert rows[:, 5].tolist() == [dose.steady for dose in expected]


def test_doses_at_one_time_stay_in_the_order_given():
    doses = (DoseEvent(3.0, 1.0), DoseEvent(0.0, 2.0), DoseEvent(3.0, 3.0), DoseEvent(0.0, 4.0))
    packed = pack([Schedule(doses), Schedule(doses[:1])], 1)
    _, rows = unroll(packed.dose_from, packed.doses)
    assert rows[:, 1].tolist() == [2.0, 4.0, 1.0, 3.0, 1.0]


def test_a_state_that_does_not_exist_is_named_with_its_schedule():
    schedules = [Schedule((DoseEvent(0.0, 1.0),)), Schedule(), Schedule((DoseEvent(0.0, 1.0, 4),))]
    with pytest.raises(ValueError, match="compartment 4 of a dose in schedule 2 does not exist"):
        pack(schedules, 2)


@pytest.mark.parametrize(
    "times",
    [
        [np.array([1.0, 2.0]), np.array([0.5])],
        [np.array([1, 2]), np.array([0.5])],
        [[1, 2], np.array([0.5])],
        [np.array([[1.0], [2.0]]), np.array([0.5])],
        [(1.0, 2.0), 0.5],
    ],
)
def test_times_in_any_form(times):
    begins, at, _, order = samples([Schedule()] * 2, times, None)
    assert begins.tolist() == [0, 2, 3]
    assert at.dtype == np.float64
    assert at.tolist() == [1.0, 2.0, 0.5]
    assert order is None
