"""Two independent answers for linear systems: the closed form and the stepper."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.kinetics import DoseEvent, Linear, Schedule, System, solve


def three_with_depot(t, x, p, dx):
    """Depot, central and two peripheral compartments in clearances and volumes."""
    absorbed = p[0] * x[0]
    to_second = p[3] * (x[1] / p[2] - x[2] / p[4])
    to_third = p[5] * (x[1] / p[2] - x[3] / p[6])
    dx[0] = -absorbed
    dx[1] = absorbed - p[1] * x[1] / p[2] - to_second - to_third
    dx[2] = to_second
    dx[3] = to_third


LINEAR = Linear(3, depot=True)
ODE = System(LINEAR.states, LINEAR.parameter_names, three_with_depot)

LOW = np.array([0.05, 0.3, 5.0, 0.1, 5.0, 0.05, 5.0])
HIGH = np.array([2.0, 5.0, 30.0, 5.0, 60.0, 2.0, 200.0])


@st.composite
def problems(draw):
    """Parameters by piece, a schedule and times; everything the engine knows at once."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    breaks = tuple(np.sort(rng.uniform(0.0, 60.0, draw(st.integers(0, 3)))).tolist())
    pieces = len(breaks) + 1
    parameters = np.exp(rng.uniform(np.log(LOW), np.log(HIGH), (1, pieces, 7)))
    doses = []
    for _ in range(draw(st.integers(1, 5))):
        interval = draw(st.sampled_from([6.0, 8.5, 12.0]))
        doses.append(
            DoseEvent(
                time=draw(st.sampled_from([-7.0, 0.0, 1.25, 12.0, 30.0])),
                amount=float(rng.uniform(1.0, 100.0)),
                compartment=draw(st.integers(0, 3)),
                duration=draw(st.sampled_from([0.0, 0.0, 0.5, 5.0, 17.0])),
                interval=interval,
                additional=draw(st.integers(0, 4)),
                steady=draw(st.sampled_from([0, 0, 0, 1, 2])),
            )
        )
    resets = (draw(st.sampled_from([20.0, 36.0])),) if draw(st.booleans()) else ()
    lag = rng.uniform(0.0, 14.0, (1, pieces, 4)) * draw(st.booleans())
    share = rng.uniform(0.2, 1.0, (1, pieces, 4))
    times = np.concatenate([rng.uniform(-8.0, 80.0, 12), [0.0, 12.0, 12.0, 36.0]])
    after = rng.random(times.shape) < 0.5
    return parameters, Schedule(tuple(doses), resets, breaks), times, after, lag, share


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_same_answer(problem):
    parameters, schedule, times, after, lag, share = problem
    common = {
        "observe": [(1, 2), (0, 2), (3, 6)],
        "after": [after],
        "lag": lag,
        "bioavailability": share,
    }
    exact = solve(LINEAR, [schedule], [times], parameters, **common)
    stepped = solve(ODE, [schedule], [times], parameters, rtol=1e-11, atol=1e-14, **common)
    assert exact.failed == ()
    assert stepped.failed == ()
    largest = np.abs(exact.amounts).max()
    np.testing.assert_allclose(stepped.amounts, exact.amounts, rtol=1e-8, atol=1e-11 * largest)
    largest = np.abs(exact.areas).max()
    np.testing.assert_allclose(stepped.areas, exact.areas, rtol=1e-8, atol=1e-11 * largest)
