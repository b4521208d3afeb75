"""Willemze 2008: its own AUC, the model by expm, and another center's children beside it."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise import models
from equipoise.assess import assess
from equipoise.assessment import NOT_FOR_DOSING
from equipoise.model import PlainDose, typical
from equipoise.models.ciclosporin_willemze2008 import MODEL, by_mouth, infusion
from equipoise.patient import candidates, covariates
from equipoise.source import Standing
from small_records import dose, record_of, value

CL, V1, Q, V2, KA, F, LAG = 11.3, 16.5, 12.9, 59.9, 0.831, 0.386, 0.638
A = np.array([[-KA, 0, 0], [KA, -(CL + Q) / V1, Q / V2], [0, Q / V1, -Q / V2]])
TROUGH = (50.0, 200.0)
"""ug/L that the dose was adjusted to."""

CHOI = {(0, 20): (480.9, 103.7), (20, 40): (414.9, 137.1), (40, 60): (320.0, 51.8)}
"""Choi 2006, abstract: mL/h/kg, mean and SD by kg (above 40 kg read as 40-60)."""


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_the_studied_doses_bring_the_trough_that_they_were_adjusted_to():
    for trough in (infusion(MODEL, 35.0)[1], by_mouth(MODEL, 105.0)[1]):
        assert TROUGH[0] < trough < TROUGH[1]


def test_infusion_by_matrix_exponential():
    body = A[1:, 1:]
    end = np.linalg.solve(body, (expm(2 * body) - np.eye(2)) @ np.array([35.0 / 2, 0.0]))
    steady = np.linalg.solve(np.eye(2) - expm(12 * body), end)
    area, trough, peak = infusion(MODEL, 35.0)
    assert peak == pytest.approx(1000 * steady[0] / V1, rel=1e-8)
    assert trough == pytest.approx(1000 * (expm(10 * body) @ steady)[0] / V1, rel=1e-8)
    assert area == pytest.approx(35.0 / CL, rel=1e-8)


def test_by_mouth_with_lag_and_bioavailability():
    steady = np.linalg.solve(np.eye(3) - expm(12 * A), np.array([F * 105.0, 0, 0]))
    area, trough, two = by_mouth(MODEL, 105.0)
    assert two == pytest.approx(1000 * (expm((2 - LAG) * A) @ steady)[1] / V1, rel=1e-8)
    assert trough == pytest.approx(1000 * (expm((12 - LAG) * A) @ steady)[1] / V1, rel=1e-8)
    assert area == pytest.approx(F * 105.0 / CL, rel=1e-8)
    early = typical(MODEL, [PlainDose(0.0, 100.0, "oral")], [0.63, 0.7]).values["ciclosporin"]
    assert early[0, 0, 0] == 0.0
    assert early[0, 0, 1] > 0.0


def test_the_readings_of_variability_differ_by_six_percent_at_most():
    (other,) = MODEL.other_readings
    wider = np.sqrt(np.diag(other.omega) / np.diag(MODEL.omega))
    assert wider.min() > 1.0
    assert wider.max() == pytest.approx(1.063, abs=0.001)
    assert other.omega[0][0] == pytest.approx(0.36**2)


def test_other_children_agree_between_20_and_40_kg_and_not_below_15():
    # 32 children after HSCT, same kind of assay: bioavailability 43.1 % (SD 14.4).
    assert abs(100 * MODEL.thetas["F"].number - 43.1) < 0.5 * 14.4
    per_kg = 1000 * MODEL.thetas["CL"].number / 30.0
    mean, sd = CHOI[20, 40]
    assert abs(per_kg - mean) < 0.5 * sd
    mean, sd = CHOI[0, 20]
    assert 1000 * MODEL.thetas["CL"].number / 15.0 > mean + 2 * sd
    assert any("Choi 2006" in t and "320" in t for t in MODEL.traps)


def child(born="2015-03-10", weight="30 kg"):
    doses = [dose(12.0 * i, "80 mg", agent="ciclosporin") for i in range(10)]
    return record_of(*doses, value("weight", weight, 0.0), t=119.0, born=born)


def test_a_child_gets_this_model_and_an_adult_the_adults():
    fitting, reasons = candidates(models.ALL, child(), 119.0)
    assert [m.id for m in fitting] == [MODEL.id, "ciclosporin_feng2023"]
    assert any("ciclosporin_wilhelm2012" in r for r in reasons)
    fitting, reasons = candidates(models.ALL, child("1970-03-10", "80 kg"), 119.0)
    assert [m.id for m in fitting] == ["ciclosporin_wilhelm2012", "ciclosporin_woillard2014"]
    assert any(r.startswith(MODEL.id) for r in reasons)


def test_outside_what_was_studied_is_said():
    told = covariates(MODEL, child("2024-06-10", "8 kg"), 119.0).cautions
    assert [c.split()[0] for c in told] == ["age", "weight"]
    assert covariates(MODEL, child(), 119.0).cautions == ()


def test_an_assessed_child_sees_a_curve_and_no_dose():
    found = assess(child(), 119.0)
    (exposure,) = found.exposures
    assert exposure.model == MODEL.id
    assert exposure.watermark == NOT_FOR_DOSING
    assert MODEL.standing is Standing.PROVISIONAL
    assert not any(one.options for one in found.options)
