"""Golubovic 2019: the final equation, the Discussion's numbers, and troughs by expm."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.kinetics import Linear, half_lives
from equipoise.model import PlainDose, Purpose, typical
from equipoise.models.sirolimus_golubovic2019 import MODEL, clearance


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize("age", [16.0, 30.0, 44.0, 64.0])
@pytest.mark.parametrize("ast", [20.0, 37.0, 38.0, 200.0])
def test_the_printed_equation(age, ast):
    printed = 12.2 * 0.63 ** (ast > 37) * (1 - 0.388 * age / 44)
    assert clearance(MODEL, age, ast) == pytest.approx(printed, rel=1e-12)


def steady_trough(amount, age, ast):
    cl, v1, q, v2, ka = clearance(MODEL, age, ast), 118.0, 5.07, 609.0, 2.19
    a = np.array([[-ka, 0, 0], [ka, -(cl + q) / v1, q / v2], [0, q / v1, -q / v2]])
    step = expm(24 * a)
    return 1000 * (step @ np.linalg.solve(np.eye(3) - step, [amount, 0, 0]))[1] / v1


def test_table_1_mean_dose_brings_the_typical_patient_into_the_protocols_window():
    # 3.6 mg daily on average, troughs aimed at 8-20 ng/mL; the mean measured one was 9.85.
    doses = [PlainDose(0.0, 3.6, "oral", interval=24.0, steady=1)]
    found = typical(MODEL, doses, [24.0], covariates={"age": 44.0, "ast": 20.0})
    trough = found.values["sirolimus"].item()
    assert 8.0 < trough < 20.0
    assert trough == pytest.approx(steady_trough(3.6, 44.0, 20.0), rel=1e-8)


def test_its_terminal_half_life_is_why_it_answers_no_kinetics():
    numbers = [[clearance(MODEL, 43.0, 20.0), 118.0, 5.07, 609.0]]
    assert half_lives(Linear(2, depot=False), np.array(numbers))[0, 0] == pytest.approx(143, abs=3)
    assert MODEL.purposes == frozenset({Purpose.STEADY_STATE_TROUGH})
