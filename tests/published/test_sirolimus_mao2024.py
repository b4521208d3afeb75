"""Mao 2024: the regimens it recommends, hematocrit, and the scale of its residual error."""

import math

import numpy as np
import pytest

from equipoise.model import PlainDose, Purpose, typical
from equipoise.models import sirolimus_wu2012
from equipoise.models.sirolimus_mao2024 import MODEL

# Results: regimens recommended for 4-8 ng/mL by hematocrit; mg and hours.
RECOMMENDED = {28.0: [(1.5, 24)], 38.0: [(1.0, 24), (2.0, 48)], 46.0: [(1.0, 24), (2.0, 48)]}


def trough(amount, interval, hematocrit):
    doses = [PlainDose(0.0, amount, "oral", interval=interval, steady=1)]
    found = typical(MODEL, doses, [interval], covariates={"hematocrit": hematocrit})
    return found.values["sirolimus"].item()


def closed_form(amount, interval, hematocrit):
    clearance, volume, ka = 7.09 * (hematocrit / 38) ** -0.901, 496.0, 0.75
    k = clearance / volume
    slow = math.exp(-k * interval) / (1 - math.exp(-k * interval))
    fast = math.exp(-ka * interval) / (1 - math.exp(-ka * interval))
    return 1000 * amount * ka / (volume * (ka - k)) * (slow - fast)


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize(
    ("hematocrit", "regimen"), [(h, r) for h, rs in RECOMMENDED.items() for r in rs]
)
def test_figure_4_recommended_regimens_bring_the_typical_trough_into_4_to_8(hematocrit, regimen):
    found = trough(*regimen, hematocrit)
    assert 4.0 < found < 8.0
    assert found == pytest.approx(closed_form(*regimen, hematocrit), rel=1e-9)


def test_the_dose_that_is_needed_falls_as_hematocrit_rises():
    needed = [6.0 / trough(1.0, 24, h) for h in (28.0, 38.0, 46.0)]
    assert needed == sorted(needed, reverse=True)


def test_the_residual_is_read_as_a_variance():
    # No SD from 216 levels has a standard error of 10 %, and no variance one much below.
    printed = 0.10
    assert math.sqrt(2 / 216) == pytest.approx(printed, abs=0.005)
    assert math.sqrt(1 / (2 * 216)) < 0.5 * printed
    assert MODEL.observations[0].residual.proportional == pytest.approx(0.182, abs=0.001)


def test_correlation_of_clearance_and_volume():
    omega = MODEL.omega_matrix
    assert omega[0, 1] / math.sqrt(omega[0, 0] * omega[1, 1]) == pytest.approx(0.481, abs=0.001)


def test_anemia_two_models_disagree():
    # Same patient, hematocrit 25 % instead of each paper's reference: 46 % and 5 %.
    wu = sirolimus_wu2012.MODEL
    changes = []
    for model, reference in ((MODEL, 38.0), (wu, 35.1)):
        areas = [
            typical(model, [PlainDose(0.0, 2.0, "oral")], [4000.0], covariates={"hematocrit": h})
            .areas["sirolimus"]
            .item()
            for h in (reference, 25.0)
        ]
        changes.append(areas[0] / areas[1] - 1.0)
    np.testing.assert_allclose(changes, [0.46, 0.05], atol=0.005)


def test_answers_steady_state_troughs_only():
    assert MODEL.purposes == frozenset({Purpose.STEADY_STATE_TROUGH})
