"""Lanes that take steps of their own: drawn problems, alone and in company, and against scipy."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from equipoise.kinetics import DoseEvent, Schedule, System, solve


def _saturable(t, x, p, dx):
    c = x[0] / p[1]
    dx[0] = -p[0] * c / (p[2] + c) - p[3] * (x[0] - x[1])
    dx[1] = p[3] * (x[0] - x[1])


def _by_the_clock(t, x, p, dx):
    rate = p[0]
    if t > 10.0:
        rate = 2.0 * p[0]
    dx[0] = -rate * x[0] + math.exp(-p[2] * abs(x[0]) / p[1])


def _indexed(t, x, p, dx):
    for i in range(3):
        dx[i] = -p[0] * x[i]
        if i > 0:
            dx[i] += p[0] * x[i - 1]


def _fading(t, x, p, dx):
    dx[0] = -p[0] * x[0]


SATURABLE = System(("central", "peripheral"), ("VM", "V", "KM", "K"), _saturable)
FADING = System(("central",), ("K", "V"), _fading)
# Rates with a branch and a function; rates that are called, not put in line.
SYSTEMS = (
    (SATURABLE, (5.0, 10.0, 1.5, 0.3)),
    (System(("central",), ("K", "V", "B"), _by_the_clock), (0.1, 2.0, 0.5)),
    (System(("first", "second", "third"), ("K", "V"), _indexed), (0.3, 10.0)),
    (FADING, (0.2, 10.0)),
)


def course(rng, states, begin, steady):
    """A schedule with pieces, and samples, some a rounding from a dose."""
    doses = []
    for _ in range(int(rng.integers(0, 5))):
        at = begin + float(rng.choice([rng.uniform(0, 40), rng.integers(0, 40), 10 + 1e-8]))
        drawn = int(rng.integers(0, 6))
        how = {
            1: {"duration": float(rng.choice([1e-7, 0.5, 30.0]))},
            2: {"interval": float(rng.choice([0.3, 6.0])), "additional": int(rng.integers(1, 30))},
            3: {"rate": float(rng.uniform(1, 30))},
            4: {"interval": 12.0, "steady": int(rng.integers(1, 3))} if steady else {},
        }.get(drawn, {})
        amount = float(rng.choice([rng.uniform(1, 60), 50.0, 0.0]))
        amount = amount or float("steady" in how)
        doses.append(DoseEvent(at, amount, int(rng.integers(0, states)), **how))
    resets = tuple(begin + rng.uniform(0, 40, int(rng.integers(0, 2))))
    breaks = tuple(begin + np.sort(rng.uniform(0, 40, int(rng.integers(0, 3)))))
    times = begin + rng.uniform(-5, 60, int(rng.integers(0, 9)))
    for i in range(len(times)):
        if doses and rng.random() < 0.4:
            apart = rng.choice([0.0, 1e-10, -1e-10, 3e-9, -3e-9, -1e-7, 12.0])
            times[i] = doses[int(rng.integers(len(doses)))].time + apart
    return Schedule(tuple(doses), resets, breaks), times, rng.random(len(times)) < 0.5


@pytest.mark.parametrize(("system", "typical"), SYSTEMS)
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    number=st.sampled_from([2, 8, 9, 17, 25, 33, 70]),
    shared=st.booleans(),
)
def test_any_lane_alone_and_in_any_company_to_the_byte(system, typical, seed, number, shared):
    rng = np.random.default_rng(seed)
    states = len(system.states)
    many = max(1, number // 3) if shared else number
    begin = float(rng.choice([0.0, -50.0, 1e5]))
    drawn = [course(rng, states, begin, steady=rng.random() < 0.1) for _ in range(many)]
    of = rng.integers(0, many, number) if shared else np.arange(number)
    p = np.array(typical) * np.exp(0.5 * rng.normal(size=(number, 3, len(typical))))
    # Some are stiff, and some blow up.
    p[rng.random(number) < 0.05, 0, 0] *= rng.choice([1e5, -40.0])
    initial = rng.choice([0.0, 1.0, 5.0], size=(number, states))
    lag = rng.uniform(0.0, 3.0, (number, 3, states)) if rng.random() < 0.3 else None
    rtol, atol = float(rng.choice([1e-3, 1e-6])), float(rng.choice([1e-10, 0.0]))

    def found(lanes, chosen, schedule_of, threads):
        schedules, times, after = zip(*(drawn[s] for s in chosen), strict=True)
        return solve(
            system, schedules, times, p[lanes], schedule_of=schedule_of, after=after,
            observe=[(0, 1)], initial=initial[lanes], lag=None if lag is None else lag[lanes],
            rtol=rtol, atol=atol, strict=True, threads=threads,
        )  # fmt: skip

    together = found(np.arange(number), range(many), of, 1)
    order = rng.permutation(number)
    groups = [order, order[: number // 2 + 1], order[:1], order[-1:]]
    for group in groups:
        apart = found(group, of[group], np.arange(len(group)), 2)
        reasons, others = dict(together.failed), dict(apart.failed)
        for place, lane in enumerate(group.tolist()):
            count = len(drawn[of[lane]][1])
            assert reasons.get(lane) == others.get(place)
            assert (lane in together.stiff) == (place in apart.stiff)
            for one, other in (
                (together.amounts[lane], apart.amounts[place]),
                (together.areas[lane], apart.areas[place]),
            ):
                assert one[:count].tobytes() == other[:count].tobytes()
                assert np.isnan(one[count:]).all()
                assert lane in reasons or np.isfinite(one[:count]).all()


def by_scipy(schedule, times, after, parameters):
    """Amounts of SATURABLE, and the area of its first, from change to change."""
    changes = []
    for dose in schedule.doses:
        for each in range(dose.additional + 1):
            at = dose.time + each * dose.interval
            if dose.duration == 0.0:
                changes.append((at, "amount", dose.compartment, dose.amount))
                continue
            rate = dose.amount / dose.duration
            changes.append((at, "rate", dose.compartment, rate))
            # A reset stops what runs.
            if not any(at < reset <= at + dose.duration for reset in schedule.resets):
                changes.append((at + dose.duration, "rate", dose.compartment, -rate))
    changes += [(at, "reset", 0, 0.0) for at in schedule.resets]
    edges = sorted({*(change[0] for change in changes), *schedule.breaks, *times.tolist()})
    x, rates, found = np.zeros(3), np.zeros(2), np.empty((len(times), 3))

    def slopes(t, y, p):
        dx = np.zeros(2)
        _saturable(t, y, p, dx)
        return [*(dx + rates), y[0] / p[1]]

    for begin, end in pairwise([*edges, edges[-1] + 1.0]):
        found[(times == begin) & ~after] = x
        for at, what, state, value in changes:
            if at == begin and what == "reset":
                x[:2], rates[:] = 0.0, 0.0
            elif at == begin:
                (x if what == "amount" else rates)[state] += value
        found[(times == begin) & after] = x
        p = parameters[sum(at <= begin for at in schedule.breaks)]
        x = solve_ivp(slopes, (begin, end), x, "DOP853", rtol=1e-12, atol=1e-13, args=(p,)).y[:, -1]
    return found


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_to_the_tolerance_as_scipy_finds_them(seed):
    rng = np.random.default_rng(seed)
    schedules, times, after = [], [], []
    for _ in range(5):
        doses = tuple(
            DoseEvent(
                float(rng.integers(0, 60)) / 2, float(rng.uniform(5, 60)),
                int(rng.integers(0, 2)), float(rng.choice([0.0, 2.0**-20, 0.5, 30.0])),
                float(rng.choice([0.5, 6.0])), int(rng.integers(0, 6)),
            )
            for _ in range(int(rng.integers(1, 4)))
        )  # fmt: skip
        resets = (float(rng.integers(0, 40)) + 0.3,) if rng.random() < 0.3 else ()
        schedules.append(Schedule(doses, resets, (float(rng.integers(0, 40)) + 0.2,)))
        times.append(np.unique(rng.integers(-4, 120, 8) / 2.0))
        after.append(rng.random(len(times[-1])) < 0.5)
    p = np.array(SYSTEMS[0][1]) * np.exp(0.4 * rng.normal(size=(5, 2, 4)))
    found = solve(SATURABLE, schedules, times, p, after=after, observe=[(0, 1)])
    assert found.failed == found.stiff == ()
    for lane, schedule in enumerate(schedules):
        expected = by_scipy(schedule, times[lane], after[lane], p[lane])
        count, largest = len(times[lane]), max(dose.amount for dose in schedule.doses)
        both = np.concatenate([found.amounts[lane], found.areas[lane]], axis=1)[:count]
        # Errors of steps add up: of 3200 lanes alone the largest was 6.1e-6, two were above 5e-6.
        np.testing.assert_allclose(both, expected, rtol=1e-5, atol=1e-9 * largest)


@pytest.mark.parametrize("begin", [0.0, -1e6, 1e5])
@pytest.mark.parametrize("span", [1e-8, 1e-6, 1.0, 1e3])
def test_segments_of_any_length_far_from_the_origin(begin, span):
    edges = begin + span * np.arange(4.0)
    doses = (DoseEvent(edges[0], 10.0), DoseEvent(edges[1], 5.0), DoseEvent(edges[2], 2.0))
    rate = 0.1 / max(span, 1.0)
    found = solve(FADING, [Schedule(doses)], [edges], [[rate, 10.0]], after=[[True] * 4])
    expected = [10.0]
    for dose, length in zip((5.0, 2.0, 0.0), np.diff(edges), strict=True):
        expected.append(expected[-1] * math.exp(-rate * length) + dose)
    np.testing.assert_allclose(found.amounts[0, :, 0], expected, rtol=2e-6)


def test_when_a_lane_counts_as_stiff_does_not_depend_on_who_began_before_it():
    """Lanes near the limit, each beginning at a time of its own beside long and short ones."""
    number = 40
    fast = np.geomspace(20.0, 60.0, number)
    schedules = [
        Schedule(tuple(DoseEvent(12.0 * k, 1.0) for k in range(1 + lane % 5)))
        for lane in range(number)
    ]
    times = [np.array([60.0 + lane % 3]) for lane in range(number)]
    p = np.stack([fast, np.ones(number)], axis=1)
    together = solve(FADING, schedules, times, p, strict=True)
    alone = [
        bool(solve(FADING, [schedules[i]], [times[i]], p[i : i + 1], strict=True).stiff)
        for i in range(number)
    ]
    assert together.stiff == tuple(np.flatnonzero(alone).tolist())
    assert 0 < len(together.stiff) < number
