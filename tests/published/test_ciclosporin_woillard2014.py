"""Woillard 2014: the protocol's dose against its aim, and the Erlang chain by expm."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.model import PlainDose, typical
from equipoise.models.ciclosporin_woillard2014 import MODEL, steady

KTR, CL, V1, Q, V2 = 5.72, 41.2, 222.0, 33.7, 500.0


def matrix():
    a = np.zeros((7, 7))
    for stage in range(5):
        a[stage, stage] = -KTR
        a[stage + 1, stage] = KTR
    a[5, 5], a[5, 6], a[6, 5], a[6, 6] = -(CL + Q) / V1, Q / V2, Q / V1, -Q / V2
    return a


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_matrix_exponential():
    dose = np.eye(7)[0] * 213
    amounts = np.linalg.solve(np.eye(7) - expm(12 * matrix()), dose)
    expected = [(expm(t * matrix()) @ amounts)[5] / V1 for t in (12.0, 2.0)]
    np.testing.assert_allclose(steady(MODEL, 213.0)[1:], expected, rtol=1e-5)


def test_protocols_dose_is_a_fifth_over_its_aim():
    assert steady(MODEL, 213.0)[0] / 4.3 == pytest.approx(1.20, abs=0.01)
    assert 4.3 / steady(MODEL, 1.0)[0] == pytest.approx(177.0, abs=0.5)


def test_the_peak_comes_between_one_and_two_hours():
    # 190 mg, the dose to which Fig. 3 normalizes.
    times = np.arange(0.0, 12.0, 0.05)
    doses = [PlainDose(0.0, 190.0, "oral", interval=12.0, steady=1)]
    levels = typical(MODEL, doses, times).values["ciclosporin"][0, 0]
    assert 1.0 < times[levels.argmax()] < 2.0
    assert 500.0 < levels.max() < 1500.0
