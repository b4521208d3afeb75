"""Lanes side by side: the numbers of a lane alone to the byte, and the matrix exponential's."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from equipoise.kinetics import DoseEvent, Linear, Schedule, closed_form, solve

SHAPES = [Linear(1, depot=True), Linear(2, depot=False), Linear(3, depot=True)]


def drawn(system, rng, lanes=21):
    """Parameters of lanes, some with rates that meet, or with nothing that flows."""
    parameters = np.exp(rng.normal(scale=0.8, size=(lanes, len(system.parameter_names))))
    first = int(system.depot)
    if system.depot:
        # KA at the elimination rate, next to it, and not at all.
        rate = parameters[:, first] / parameters[:, first + 1]
        near = [1.0, 1.0 + 1e-13, 1.0 + 1e-7, 1.0 - 1e-3]
        parameters[:4, 0] = rate[:4] * near
        parameters[4, 0] = 0.0
        parameters[:5, first + 2 :: 2] = 0.0
    parameters[5, first + 2 :: 2] = 0.0
    parameters[6, first] = 0.0
    if system.compartments == 3:
        # Two peripheral compartments that are one to the central one.
        parameters[7, first + 4 : first + 6] = parameters[7, first + 2 : first + 4]
    return parameters


def course(system, rng):
    """Doses at once and over time, none of the latter into a depot; times on and off a grid."""
    states = len(system.states)
    doses = [
        DoseEvent(float(rng.choice([0.0, 1.5, 12.0])), float(rng.uniform(1, 9)), int(state))
        for state in rng.integers(0, states, 3)
    ]
    doses += [
        DoseEvent(at, 5.0, int(rng.integers(int(system.depot), states)), duration=hours)
        for at, hours in ((0.0, 7.0), (6.0, 1.0))
    ]
    grid = np.arange(1.0, 15.0) * 1.5
    times = grid if rng.random() < 0.5 else np.sort(rng.uniform(0.0, 40.0, 13))
    return Schedule(tuple(doses), (9.0,) if rng.random() < 0.5 else ()), times


def moved(flows, rate, x, hours):
    """exp(flows x hours) x with an input, by a series of positive terms: nothing cancels.

    Not scipy's `expm`: where a matrix is triangular and two of its rates lie next to each other
    (1e-13), it is off by up to 6e-5 here.
    """
    size = len(x)
    wide = np.zeros((size + 1, size + 1))
    wide[:size, :size], wide[:size, size] = flows, rate
    shift = -np.diag(wide).min()
    parts = max(1, math.ceil(shift * hours / 20.0))
    step = (wide + shift * np.eye(size + 1)) * hours / parts
    v = np.append(x, 1.0)
    for _ in range(parts):
        term = total = v
        k = 0
        while k < 1000 and (term > 1e-18 * total).any():
            k += 1
            term = step @ term / k
            total = total + term
        v = total * math.exp(-shift * hours / parts)
    return v[:size]


def by_series(system, row, schedule, times, initial):
    """Amounts by the exponential of the matrix of flows, from change to change."""
    n, offset = system.compartments, int(system.depot)
    p, size = row[offset:], n + offset
    flows = np.zeros((size, size))
    for i in range(1, n):
        out, back = p[2 * i] / p[1], p[2 * i] / p[2 * i + 1]
        flows[offset, offset] -= out
        flows[offset + i, offset] += out
        flows[offset, offset + i] += back
        flows[offset + i, offset + i] -= back
    flows[offset, offset] -= p[0] / p[1]
    if offset:
        flows[0, 0] -= row[0]
        flows[1, 0] += row[0]
    doses = schedule.doses
    changes = {d.time for d in doses} | {d.time + d.duration for d in doses}
    edges = sorted({0.0, *changes, *schedule.resets, *times.tolist()})
    x, found = initial.copy(), {}
    found[edges[0]] = x.copy()
    stopped = -1.0
    for begin, end in pairwise(edges):
        if begin in schedule.resets:
            x[:], stopped = 0.0, begin
        rate = np.zeros(size)
        for dose in doses:
            if dose.time == begin and dose.duration == 0.0:
                x[dose.compartment] += dose.amount
            runs = dose.time <= begin < dose.time + dose.duration
            if runs and dose.time >= stopped:
                rate[dose.compartment] += dose.amount / dose.duration
        x = moved(flows, rate, x, end - begin)
        found[end] = x.copy()
    return np.array([found[at] for at in times.tolist()])


@pytest.mark.parametrize("system", SHAPES)
def test_in_company_as_alone_to_the_byte(system, monkeypatch):
    rng = np.random.default_rng(7)
    for _ in range(12):
        parameters = drawn(system, rng)
        schedule, times = course(system, rng)
        initial = rng.uniform(0.0, 5.0, (len(parameters), len(system.states)))
        side = solve(system, [schedule], [times], parameters, initial=initial)
        with monkeypatch.context() as patch:
            patch.setattr(closed_form, "_in_company", lambda *_: False)
            apart = solve(system, [schedule], [times], parameters, initial=initial)
        alone = solve(system, [schedule], [times], parameters[11:12], initial=initial[11:12])
        assert side.failed == apart.failed == ()
        assert side.amounts.tobytes() == apart.amounts.tobytes()
        assert side.amounts[11].tobytes() == alone.amounts[0].tobytes()


@pytest.mark.parametrize("system", SHAPES)
def test_as_the_matrix_exponential(system):
    rng = np.random.default_rng(11)
    for _ in range(4):
        parameters = drawn(system, rng)
        schedule, times = course(system, rng)
        initial = rng.uniform(0.0, 5.0, (len(parameters), len(system.states)))
        found = solve(system, [schedule], [times], parameters, initial=initial).amounts
        for lane, row in enumerate(parameters):
            expected = by_series(system, row, schedule, times, initial[lane])
            np.testing.assert_allclose(found[lane], expected, rtol=1e-12, atol=1e-300)


def test_schedules_in_turn_and_of_unequal_length():
    system, rng = SHAPES[1], np.random.default_rng(3)
    parameters = drawn(system, rng, 60)
    schedules, times = zip(*(course(system, rng) for _ in range(3)), strict=True)
    times = [each[: 4 * (i + 1)] for i, each in enumerate(times)]
    of = np.repeat([2, 0, 1, 0], [19, 3, 30, 8])
    found = solve(system, schedules, times, parameters, schedule_of=of, threads=2).amounts
    for lane, s in enumerate(of):
        alone = solve(system, [schedules[s]], [times[s]], parameters[lane : lane + 1]).amounts[0]
        assert found[lane, : len(alone)].tobytes() == alone.tobytes()
        assert np.isnan(found[lane, len(alone) :]).all()


def test_a_lane_that_overflows_fails_alone():
    parameters = np.tile([1.0, 10.0, 2.0, 20.0], (40, 1))
    initial = np.zeros((40, 2))
    initial[33] = 1.7e308
    initial[34] = 1.0
    found = solve(
        SHAPES[1], [Schedule((DoseEvent(0.0, 1.7e308),))], [[1e-3, 5.0]], parameters,
        initial=initial,
    )  # fmt: skip
    assert [lane for lane, _ in found.failed] == [33]
    assert "overflow" in found.failed[0][1]
    assert np.isnan(found.amounts[33]).all()
    assert np.isfinite(np.delete(found.amounts, 33, axis=0)).all()
