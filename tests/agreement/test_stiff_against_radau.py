"""Stiff systems against scipy's Radau at rtol 1e-10, stopped at every event.

The classical problems are those of Hairer & Wanner, Solving ODEs II, section IV.10. The disposition
is that of Mager & Jusko 2001, doi 10.1023/A:1014414520282, with test values of our own.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from equipoise.kinetics import DoseEvent, Schedule, System, solve


def robertson(t, x, p, dx):
    slow, back, fast = p[0] * x[0], p[1] * x[1] * x[2], p[2] * x[1] * x[1]
    dx[0] = back - slow
    dx[1] = slow - back - fast
    dx[2] = fast


def hires(t, x, p, dx):
    """High irradiance response of photomorphogenesis (Schaefer 1975), eight reactants."""
    met = p[0] * x[5] * x[7]
    dx[0] = -1.71 * x[0] + 0.43 * x[1] + 8.32 * x[2] + 0.0007
    dx[1] = 1.71 * x[0] - 8.75 * x[1]
    dx[2] = -10.03 * x[2] + 0.43 * x[3] + 0.035 * x[4]
    dx[3] = 8.32 * x[1] + 1.71 * x[2] - 1.12 * x[3]
    dx[4] = -1.745 * x[4] + 0.43 * x[5] + 0.43 * x[6]
    dx[5] = -met + 0.69 * x[3] + 1.71 * x[4] - 0.43 * x[5] + 0.69 * x[6]
    dx[6] = met - 1.81 * x[6]
    dx[7] = -met + 1.81 * x[6]


def van_der_pol(t, x, p, dx):
    dx[0] = x[1]
    dx[1] = p[0] * (1.0 - x[0] ** 2) * x[1] - x[0]


def target_mediated(t, x, p, dx):
    """Free drug, tissue drug, free target, complex; see tests/unit/stiff_systems.py."""
    binding = p[4] * x[0] * x[2] / p[0] - p[5] * x[3]
    dx[0] = -p[1] * x[0] - p[2] * x[0] + p[3] * x[1] - binding
    dx[1] = p[2] * x[0] - p[3] * x[1]
    dx[2] = p[6] * p[0] - p[7] * x[2] - binding
    dx[3] = binding - p[8] * x[3]


ROBERTSON = System(("a", "b", "c"), ("k1", "k2", "k3"), robertson)
HIRES = System(tuple("abcdefgh"), ("k",), hires)
VAN_DER_POL = System(("y", "v"), ("mu",), van_der_pol)
TARGET_MEDIATED = System(
    ("drug", "tissue", "target", "complex"),
    ("V", "KEL", "KPT", "KTP", "KON", "KOFF", "KSYN", "KDEG", "KINT"),
    target_mediated,
)
# Test values, nobody's drug: nmol, L and h.
VALUES = np.array([3.0, 0.01, 0.02, 0.03, 300.0, 30.0, 0.05, 0.02, 0.05])


def radau(system, p, x, begin, times, inflow=0.0, floor=1e-13, jacobian=None):
    def rates(t, y):
        dx = np.zeros(len(y))
        system.rates(t, y, p, dx)
        return dx + inflow

    return solve_ivp(
        rates, (begin, times[-1]), x,
        method="Radau", rtol=1e-10, atol=floor, t_eval=times, jac=jacobian,
    ).y.T  # fmt: skip


CLASSICAL = {
    "robertson": (ROBERTSON, (0.04, 1e4, 3e7), (1.0, 0.0, 0.0), np.geomspace(1e-3, 1e5, 33)),
    "hires": (HIRES, (280.0,), (1.0, *[0.0] * 6, 0.0057), np.linspace(5.0, 321.8122, 25)),
    "van der pol": (VAN_DER_POL, (1000.0,), (2.0, 0.0), np.linspace(10.0, 2000.0, 25)),
}


@pytest.mark.parametrize("name", CLASSICAL)
def test_classical_problems(name):
    system, p, initial, times = CLASSICAL[name]
    expected = radau(system, p, initial, 0.0, times, floor=1e-15)
    settings = {"initial": np.array([initial]), "start": 0.0, "rtol": 1e-8}
    found = solve(system, [Schedule()], [times], [p], atol=1e-14, **settings)
    assert found.failed == ()
    assert found.stiff == (0,)
    np.testing.assert_allclose(found.amounts[0], expected, rtol=1e-6, atol=1e-12)


def test_the_error_follows_the_tolerance():
    system, p, initial, times = CLASSICAL["hires"]
    exact = radau(system, p, initial, 0.0, times, floor=1e-15)
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8):
        settings = {"initial": np.array([initial]), "start": 0.0, "atol": 1e-3 * rtol}
        found = solve(system, [Schedule()], [times], [p], rtol=rtol, **settings)
        errors.append(np.max(np.abs(found.amounts[0] / exact - 1.0)))
        assert errors[-1] < 100.0 * rtol
    assert errors == sorted(errors, reverse=True)


def by_events(schedule, times, p, x):
    """Amounts and the area of the drug's concentration, event by event."""
    edges = {0.0, *times}
    for dose in schedule.doses:
        edges |= {dose.time, dose.time + dose.duration}
    edges = sorted(edges)
    x, area, answers = np.array(x), 0.0, {}
    for at, until in zip(edges, [*edges[1:], None], strict=True):
        answers[at] = (x.copy(), area)
        for dose in schedule.doses:
            if dose.time == at and dose.duration == 0.0:
                x[dose.compartment] += dose.amount
        if until is None:
            break
        inflow = np.zeros(5)
        for dose in schedule.doses:
            if dose.duration and dose.time <= 0.5 * (at + until) < dose.time + dose.duration:
                inflow[dose.compartment] += dose.amount / dose.duration
        both = System((*TARGET_MEDIATED.states, "area"), (), with_area)
        jacobian = partial(slopes_of_all, p=p)
        end = radau(both, p, [*x, area], at, [until], inflow, jacobian=jacobian)[-1]
        x, area = end[:4].copy(), end[4]
    return np.array([answers[t][0] for t in times]), np.array([answers[t][1] for t in times])


def with_area(t, x, p, dx):
    target_mediated(t, x, p, dx)
    dx[4] = x[0] / p[0]


def slopes_of_all(t, x, p):
    """Derivatives of `with_area`; Radau's own differences fail where nothing depends on a state."""
    on, by, off = p[4] * x[2] / p[0], p[4] * x[0] / p[0], p[5]
    return np.array(
        [
            [-p[1] - p[2] - on, p[3], -by, off, 0.0],
            [p[2], -p[3], 0.0, 0.0, 0.0],
            [-on, 0.0, -p[7] - by, off, 0.0],
            [on, 0.0, by, -off - p[8], 0.0],
            [1.0 / p[0], 0.0, 0.0, 0.0, 0.0],
        ]
    )


def test_target_mediated_disposition_under_repeated_doses_and_infusions():
    rng = np.random.default_rng(5)
    rest = VALUES[6] * VALUES[0] / VALUES[7]
    schedules = [
        Schedule(tuple(DoseEvent(168.0 * k, 30.0) for k in range(4))),
        Schedule((DoseEvent(0.0, 90.0, duration=24.0), DoseEvent(200.0, 60.0, duration=1.0))),
        Schedule(
            (DoseEvent(0.0, 20.0), DoseEvent(48.0, 3.0), DoseEvent(96.0, 200.0, duration=4.0))
        ),
    ]
    p = VALUES * np.exp(0.3 * rng.normal(size=(3, 9)))
    p[2, 4] = 0.0  # nothing binds: this lane is not stiff
    times = [np.sort(rng.uniform(0.5, 600.0, 14)) for _ in schedules]
    initial = np.tile([0.0, 0.0, rest, 0.0], (3, 1))
    found = solve(
        TARGET_MEDIATED, schedules, times, p,
        initial=initial, start=0.0, observe=[(0, 0)], rtol=1e-8, atol=1e-12,
    )  # fmt: skip
    assert found.failed == ()
    assert found.stiff == (0, 1)
    for lane, schedule in enumerate(schedules):
        amounts, areas = by_events(schedule, times[lane], p[lane], initial[lane])
        np.testing.assert_allclose(found.amounts[lane], amounts, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(found.areas[lane, :, 0], areas, rtol=1e-6)
