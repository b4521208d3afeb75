"""Lawson 2022 against its abstract and Results, and against the smooth fall of clearance."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from equipoise.model import PlainDose, typical
from equipoise.models.busulfan_lawson2022 import MODEL, STEP

CHILD = {"age": 4.2, "weight": 17.0, "height": 104.0, "sex": 1.0}


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def own_parameters():
    """By hand, from Table 3 and the equations of fat-free mass."""
    index = 17.0 / 1.04**2
    lean = (0.88 + 0.12 / (1.0 + (4.2 / 13.4) ** -12.7)) * 9270 * 17.0 / (6680 + 216 * index)
    weeks = 4.2 * 365.25 / 7 + 40
    mature = 1.0 / (1.0 + (weeks / 45.6) ** -2.3)
    cl = 14.5 * ((lean + 0.509 * (17.0 - lean)) / 62) ** 0.75 * mature
    size = (lean + 0.203 * (17.0 - lean)) / 59
    return cl, 40.6 * size, 1.92 * (lean / 56.1) ** 0.75, 3.57 * size


def test_areas_by_day_agree_with_the_smooth_curve():
    cl, v1, q, v2 = own_parameters()

    def rhs(t, a):
        now = cl * np.exp(-0.198 * t / (50.6 + t))
        rate = 70.0 / 3.0 if t % 24.0 < 3.0 and t < 96.0 else 0.0
        return [
            rate - (now + q) / v1 * a[0] + q / v2 * a[1],
            q / v1 * a[0] - q / v2 * a[1],
            1000.0 * a[0] / v1,
        ]

    state, expected = np.zeros(3), []
    for day in range(4):
        for begin, end in ((24.0 * day, 24.0 * day + 3), (24.0 * day + 3, 24.0 * (day + 1))):
            found = solve_ivp(
                rhs, (begin + 1e-9, end - 1e-9), state, rtol=1e-9, atol=1e-9, max_step=1.0
            )
            state = found.y[:, -1]
        expected.append(state[2])
    doses = [PlainDose(0.0, 70.0, "iv", 3.0, interval=24.0, additional=3)]
    times = [0.0, 24.0, 48.0, 72.0, 96.0]
    ours = typical(MODEL, doses, times, covariates=CHILD).areas["busulfan"][0, 0, 1:]
    # Clearance is held for four hours at a time.
    assert STEP == 4.0
    np.testing.assert_allclose(ours, expected, rtol=1e-3)


def test_every_day_of_the_same_dose_brings_more_than_the_day_before():
    doses = [PlainDose(0.0, 70.0, "iv", 3.0, interval=24.0, additional=3)]
    areas = typical(MODEL, doses, [0.0, 24.0, 48.0, 72.0, 96.0], covariates=CHILD).areas
    days = np.diff(areas["busulfan"][0, 0])
    assert (np.diff(days) > 0.0).all()
    # 1 / exp(-0.198 x 76 / 126.6) against 1 / exp(-0.198 x 4 / 54.6): about 11 %.
    assert days[-1] / days[0] == pytest.approx(1.11, abs=0.01)


def test_variability_is_that_of_abstract_and_footnote():
    assert np.sqrt(np.diag(MODEL.omega_matrix)) == pytest.approx([0.147, 0.349])
    assert MODEL.occasions is not None
    assert MODEL.occasions.omega == ((0.066**2,),)
