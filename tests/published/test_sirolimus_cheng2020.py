"""Cheng 2020: Table 4's doses, redrawn, and the model's own numbers by a closed form."""

import math

import numpy as np
import pytest

from equipoise.model import PlainDose, Purpose, course, simulate, typical
from equipoise.models.sirolimus_cheng2020 import MODEL
from equipoise.source import Standing

# Table 4: mg/d by weight band, bilirubin 3.42-20.50 umol/L and above 20.50.
TABLE_4 = {(5, 15): (0.75, 0.5), (15, 25): (1.5, 0.75), (25, 35): (1.75, 1.0), (35, 45): (2.0, 1.5)}


def closed_form(
    dose: float, weight: float, bilirubin: float, t: float, eta: tuple[float, float] = (0.0, 0.0)
) -> float:
    """One compartment, first-order absorption, steady state at 24 h, written out."""
    clearance = 5.63 * (bilirubin / 11.29) ** -0.32 * math.sqrt(weight / 28.5) * math.exp(eta[0])
    volume, ka = 144.16 * math.exp(eta[1]), 0.7521
    k = clearance / volume
    slow = math.exp(-k * t) / (1 - math.exp(-k * 24))
    fast = math.exp(-ka * t) / (1 - math.exp(-ka * 24))
    return 1000 * dose * ka / (volume * (ka - k)) * (slow - fast)


def level(dose: float, weight: float, bilirubin: float, t: float = 23.5) -> float:
    doses = [PlainDose(0.0, dose, "oral", interval=24.0, steady=1)]
    covariates = {"weight": weight, "bilirubin": bilirubin}
    return float(typical(MODEL, doses, [t], covariates=covariates).values["sirolimus"][0, 0, 0])


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize(("band", "doses"), TABLE_4.items())
@pytest.mark.parametrize("high", [False, True])
def test_table_4_keeps_the_typical_trough_in_5_to_15(band, doses, high):
    weight = sum(band) / 2
    bilirubin = 25.0 if high else 11.29
    trough = level(doses[high], weight, bilirubin)
    assert 5.0 < trough < 15.0
    assert trough == pytest.approx(closed_form(doses[high], weight, bilirubin, 23.5), rel=1e-9)


def test_wrong_cells_of_table_4_would_leave_the_window():
    # The dose for 35-45 kg in a child of 10 kg, and the reverse: the table tells weights apart.
    assert level(2.0, 10.0, 11.29) > 15.0
    assert level(0.5, 40.0, 25.0) < 5.0


@pytest.mark.parametrize("t", [0.5, 3.0, 12.0, 23.5])
@pytest.mark.parametrize("eta", [(0.3, -0.2), (-0.4, 0.5)])
def test_closed_form_with_etas(t, eta):
    doses = [PlainDose(0.0, 1.75, "oral", interval=24.0, steady=1)]
    what = course(MODEL, doses, covariates={"weight": 20.0, "bilirubin": 30.0})
    ours = simulate(MODEL, [what], np.array([t]), etas=np.array([eta])).values["sirolimus"][0, 0, 0]
    assert ours == pytest.approx(closed_form(1.75, 20.0, 30.0, t, eta), rel=1e-9)


def test_half_life_and_area_by_hand():
    assert math.log(2) * 144.16 / 5.63 == pytest.approx(17.75, abs=0.01)
    doses = [PlainDose(0.0, 1.75, "oral", interval=24.0, steady=1)]
    areas = typical(MODEL, doses, [0.0, 24.0], covariates={"weight": 28.5}).areas["sirolimus"]
    assert areas[0, 0, 1] - areas[0, 0, 0] == pytest.approx(1000 * 1.75 / 5.63, rel=1e-9)


def test_serves_the_steady_state_trough_and_nothing_else():
    assert MODEL.purposes == frozenset({Purpose.STEADY_STATE_TROUGH})
    assert MODEL.standing == Standing.TRANSCRIBED


def test_both_readings_of_the_variability_are_kept():
    assert np.sqrt(np.diag(MODEL.omega_matrix)) == pytest.approx([0.188, 0.270], abs=5e-4)
    (literal,) = MODEL.other_readings
    # A coefficient of variation of 3.53 % is a variance of ln(1 + 0.0353^2).
    assert literal.omega[0][0] == pytest.approx(math.log1p(0.0353**2), rel=1e-3)
    assert literal.omega[1][1] == pytest.approx(math.log1p(0.0727**2), rel=1e-3)
    assert "not settled" in MODEL.omega_note


def test_weight_is_required():
    with pytest.raises(ValueError, match="weight"):
        course(MODEL, [], covariates={"bilirubin": 11.29})
