"""de Wit 2016: exposure of the two groups of Fig. 2, and the model by matrix exponential."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.model import Purpose, course, draw_etas, simulate
from equipoise.models.everolimus_dewit2016 import MODEL, PlainDose, steady
from equipoise.occasions import expanded

# Results, Fig. 2: AUC over 24 h, mean (SD), of 18 with and 22 without a later dose reduction.
WITH, WITHOUT = (600.0, 274.0), (395.0, 129.0)


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize("weight", [45.0, 75.0, 105.0])
@pytest.mark.parametrize("carrier", [0.0, 1.0])
def test_matrix_exponential(weight, carrier):
    cl, v1, q, v2, ka = 17.4 * (weight / 70) ** 0.75, 25.2 * weight / 70, 51.1, 400.0, 0.647
    a = np.array([[-ka, 0, 0], [ka, -(cl + q) / v1, q / v2], [0, q / v1, -q / v2]])
    step = expm(24 * a)
    amounts = np.linalg.solve(np.eye(3) - step, [10 * 0.792**carrier, 0, 0])
    trough, area = steady(MODEL, carrier, weight)
    assert trough == pytest.approx(1000 * (step @ amounts)[1] / v1, rel=1e-8)
    assert area == pytest.approx(1e4 * 0.792**carrier / cl, rel=1e-8)


def test_figure_2_mean_auc_of_all_patients_within_30_percent():
    measured = (18 * WITH[0] + 22 * WITHOUT[0]) / 40
    rng = np.random.default_rng(5)
    etas = draw_etas(expanded(MODEL, (1,)), 2000, rng)
    doses = [PlainDose(0.0, 10.0, "oral", interval=24.0, steady=1)]
    what = course(MODEL, doses, covariates={"weight": 75.0})
    areas = simulate(expanded(MODEL, (1,)), [what], np.array([0.0, 24.0]), etas=etas).areas
    found = np.diff(areas["everolimus"][0])[:, 0]
    assert found.mean() == pytest.approx(measured, rel=0.30)
    # The spread between patients is that of a mixture of both groups.
    between = 18 * 22 / 40**2 * (WITH[0] - WITHOUT[0]) ** 2
    sd = np.sqrt((18 * WITH[1] ** 2 + 22 * WITHOUT[1] ** 2) / 40 + between)
    assert found.std() == pytest.approx(sd, rel=0.30)


def test_bioavailability_differs_between_days_1_and_15():
    assert MODEL.occasions.starts == (0.0, 336.0)
    whole = expanded(MODEL, (1, 2))
    assert len(whole.etas) == len(MODEL.etas) + 2
    doses = [PlainDose(0.0, 10.0, "oral", interval=24.0, additional=20)]
    what = course(MODEL, doses, covariates={"weight": 70.0})
    second = np.zeros((2, 4))
    second[1, 3] = 0.3
    early, late = simulate(whole, [what], np.array([100.0, 480.0]), etas=second).values[
        "everolimus"
    ][0].T  # fmt: skip
    assert early[0] == pytest.approx(early[1], rel=1e-9)
    assert late[1] > 1.2 * late[0]


def test_purposes():
    assert Purpose.LOADING not in MODEL.purposes
    assert Purpose.AUC in MODEL.purposes
