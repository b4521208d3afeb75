"""Dadkhah 2022 against the coding of its Table 2."""

import math

import numpy as np
import pytest

from equipoise.model import course, structural_parameters
from equipoise.models.busulfan_dadkhah2022 import MODEL


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_weight_acts_on_the_volume_alone():
    tables = [
        structural_parameters(
            MODEL, course(MODEL, [], covariates={"weight": w}), np.zeros((1, 2))
        )
        for w in (75.0, 90.0)
    ]  # fmt: skip
    small, large = ({n: float(np.ravel(v)[0]) for n, v in t.items()} for t in tables)
    assert (small["CL"], small["V1"]) == (16.3, 61.5)
    assert large["CL"] == 16.3
    assert large["V1"] == pytest.approx(61.5 * 1.2**0.854)


def test_printed_coefficients_of_variation_come_back():
    printed = np.sqrt(np.exp(np.diag(MODEL.omega_matrix)) - 1.0)
    assert printed == pytest.approx([0.215, 0.10])
    assert MODEL.occasions is not None
    assert math.sqrt(math.exp(MODEL.occasions.omega[0][0]) - 1.0) == pytest.approx(0.076)
