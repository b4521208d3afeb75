"""Saturable elimination against scipy's integrators, stopped at every event."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from equipoise.kinetics import DoseEvent, Schedule, System, solve


def michaelis_menten(t, x, p, dx):
    """Two compartments, linear and saturable elimination in parallel."""
    concentration = x[0] / p[1]
    exchange = p[2] * (concentration - x[1] / p[3])
    dx[0] = -p[0] * concentration - exchange - p[4] * concentration / (p[5] + concentration)
    dx[1] = exchange


SATURABLE = System(("central", "peripheral"), ("CL", "V1", "Q", "V2", "VM", "KM"), michaelis_menten)
TYPICAL = np.array([0.5, 10.0, 0.5, 20.0, 8.0, 1.0])


def referee(schedule, times, pieces, method):
    """Amounts and the area of the central concentration, event by event."""
    edges = {min(0.0, times.min()), *times, *schedule.breaks}
    for dose in schedule.doses:
        edges |= {dose.time, dose.time + dose.duration}
    edges = sorted(edges)
    x, area = np.zeros(2), 0.0
    answers = {}
    for at, until in zip(edges, [*edges[1:], None], strict=True):
        answers[at] = (x.copy(), area)
        for dose in schedule.doses:
            if dose.time == at and dose.duration == 0.0:
                x[dose.compartment] += dose.amount
        if until is None:
            break
        middle = 0.5 * (at + until)
        p = pieces[sum(b <= middle for b in schedule.breaks)]
        inflow = np.zeros(2)
        for dose in schedule.doses:
            if dose.duration and dose.time <= middle < dose.time + dose.duration:
                inflow[dose.compartment] += dose.amount / dose.duration

        def slopes(t, y, p=p, inflow=inflow):
            dx = np.empty(2)
            michaelis_menten(t, y, p, dx)
            return np.append(dx + inflow, y[0] / p[1])

        found = solve_ivp(slopes, (at, until), [*x, area], method=method, rtol=1e-12, atol=1e-12)
        x, area = found.y[:2, -1].copy(), found.y[2, -1]
    return np.array([answers[t][0] for t in times]), np.array([answers[t][1] for t in times])


@pytest.mark.parametrize(("seed", "method"), [(1, "DOP853"), (2, "LSODA"), (3, "DOP853")])
def test_random_schedules(seed, method):
    rng = np.random.default_rng(seed)
    schedules, times, parameters = [], [], []
    for _ in range(6):
        doses = tuple(
            DoseEvent(
                float(rng.uniform(0.0, 40.0)),
                float(rng.uniform(5.0, 90.0)),
                int(rng.integers(2)),
                duration=float(rng.choice([0.0, 1.5, 11.0])),
            )
            for _ in range(int(rng.integers(1, 6)))
        )
        breaks = tuple(np.sort(rng.uniform(0.0, 50.0, 2)).tolist())
        schedules.append(Schedule(doses, breaks=breaks))
        times.append(np.sort(rng.uniform(0.0, 70.0, 10)))
        parameters.append(TYPICAL * np.exp(0.5 * rng.normal(size=(3, 6))))
    parameters = np.array(parameters)
    tight = solve(SATURABLE, schedules, times, parameters, observe=[(0, 1)], rtol=1e-10, atol=1e-12)
    usual = solve(SATURABLE, schedules, times, parameters, observe=[(0, 1)])
    for lane, schedule in enumerate(schedules):
        amounts, areas = referee(schedule, times[lane], parameters[lane], method)
        np.testing.assert_allclose(tight.amounts[lane], amounts, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(tight.areas[lane, :, 0], areas, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(usual.amounts[lane], amounts, rtol=5e-5, atol=1e-6)
        np.testing.assert_allclose(usual.areas[lane, :, 0], areas, rtol=1e-5, atol=1e-6)


def test_the_error_follows_the_tolerance():
    dose = Schedule((DoseEvent(0.0, 90.0),))
    times = np.linspace(0.5, 60.0, 25)
    exact, _ = referee(dose, times, TYPICAL[None], "DOP853")
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        found = solve(SATURABLE, [dose], [times], TYPICAL[None], rtol=rtol, atol=1e-3 * rtol)
        errors.append(np.max(np.abs(found.amounts[0] / exact - 1.0)))
        assert errors[-1] < 20.0 * rtol
    assert errors == sorted(errors, reverse=True)
