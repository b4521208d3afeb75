"""Wilhelm 2012: measured exposure after infusion and by mouth, and the model by expm."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.model import PlainDose, typical
from equipoise.models.ciclosporin_wilhelm2012 import MODEL, by_mouth, infusion

# Results, measured mean and SD: AUC over 12 h and peak after 2.5 mg/kg over 3 h; AUC over 12 h and
# C12 by mouth.
MEASURED = {"iv area": (8580, 2290), "peak": (1937, 497), "area": (7081, 1429), "c12": (308, 121)}

CL, V1, Q, V2, KA = 21.9, 16.6, 24.2, 59.0, 0.280
A = np.array([[-KA, 0, 0], [KA, -(CL + Q) / V1, Q / V2], [0, Q / V1, -Q / V2]])


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_the_typical_patient_is_within_half_a_sd_of_what_was_measured():
    found = dict(zip(MEASURED, (*infusion(MODEL), *by_mouth(MODEL)), strict=True))
    for name, (mean, sd) in MEASURED.items():
        assert abs(found[name] - mean) < 0.5 * sd, name


def test_infusion_by_matrix_exponential():
    body = A[1:, 1:]
    rate = np.array([2.5 * 84 / 3, 0.0])
    end = np.linalg.solve(body, (expm(3 * body) - np.eye(2)) @ rate)
    assert infusion(MODEL)[1] == pytest.approx(1000 * end[0] / V1, rel=1e-8)
    later = expm(5 * body) @ end
    doses = [PlainDose(0.0, 2.5 * 84, "iv", 3.0)]
    found = typical(MODEL, doses, [8.0]).values["ciclosporin"].item()
    assert found == pytest.approx(1000 * later[0] / V1, rel=1e-8)


def test_by_mouth_with_lag_and_bioavailability():
    dose = np.array([0.71 * 2.77 * 84, 0, 0])
    steady = np.linalg.solve(np.eye(3) - expm(12 * A), dose)
    c12 = 1000 * (expm((12 - 0.44) * A) @ steady)[1] / V1
    area, trough = by_mouth(MODEL)
    assert trough == pytest.approx(c12, rel=1e-8)
    assert area == pytest.approx(1000 * dose[0] / CL, rel=1e-8)
    early = typical(MODEL, [PlainDose(0.0, 200.0, "oral")], [0.43, 0.5]).values["ciclosporin"]
    assert early[0, 0, 0] == 0.0
    assert early[0, 0, 1] > 0.0
