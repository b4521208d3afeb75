"""Individual objectives against NONMEM's, and against the definition written out.

Wang 2007, J Pharmacokinet Pharmacodyn 34:575, doi 10.1007/s10928-007-9060-6, Table 2: the objective
of ten subjects with two levels each, as NONMEM prints it. Its individual objectives and etas with a
proportional error are those of NONMEM's table in the tests of nlmixr (github
nlmixrdevelopment/nlmixr, tests/testthat/test-focei-wang2007.R).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from equipoise.likelihood import Observed, Subject
from equipoise.mode import Mode, find_modes
from equipoise.model import Model, PlainDose, Residual, course
from saturable_models import TYPICAL, saturable, saturable_rates, simulated
from small_models import ANALYTE, bolus, oral

INDIVIDUAL = (5.2018, 3.776, 3.7206, 3.7958, 3.848, 3.7726, 3.9287, 3.7643, 3.831, 3.8188)
ETAS = (
    0.071545, 0.0057045, 0.024947, 0.03195, -0.0047874,
    0.0039789, -0.011804, 0.0058801, -0.0031367, -0.00066641,
)  # fmt: skip


def wang(residual: Residual, folder: Path) -> list[Mode]:
    """10 exp(-0.5 e^eta t), eta of variance 0.04, residual variance 0.1."""
    small = bolus(residual)
    model = replace(
        small, etas=("K",), omega=((0.04,),),
        parameters=lambda t, c, e: {"CL": 0.5 * np.exp(e["K"]), "V1": np.asarray(1.0)},
        observations=(replace(small.observations[0], factor=1.0),),
    )  # fmt: skip
    what = course(model, [PlainDose(0.0, 10.0, "iv")], covariates={})
    levels: dict[str, list[Observed]] = {}
    with (folder / "nlmixr2data" / "Wang2007.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            level = Observed(float(row["Time"]), ANALYTE, float(row["Y"]), after=True)
            levels.setdefault(row["ID"], []).append(level)
    return find_modes(model, [Subject(name, what, tuple(own)) for name, own in levels.items()])


@pytest.mark.parametrize(
    ("residual", "printed"),
    [(Residual(proportional=np.sqrt(0.1)), 39.458), (Residual(additive=np.sqrt(0.1)), -2.059)],
)
def test_sum_of_individual_objectives_is_the_one_nonmem_prints(
    residual: Residual, printed: float, reference_data: Path
) -> None:
    modes = wang(residual, reference_data)
    assert len(modes) == 10
    assert sum(mode.ofv for mode in modes) == pytest.approx(printed, abs=5.1e-4)


def test_individual_objectives_and_etas_are_nonmems(reference_data: Path) -> None:
    modes = wang(Residual(proportional=np.sqrt(0.1)), reference_data)
    np.testing.assert_allclose([mode.ofv for mode in modes], INDIVIDUAL, atol=5.1e-5)
    np.testing.assert_allclose([mode.eta[0] for mode in modes], ETAS, rtol=1e-3, atol=2e-6)


Predict = Callable[[np.ndarray], np.ndarray]


def by_definition(
    predict: Predict, residual: Residual, omega: np.ndarray, y: np.ndarray, start: np.ndarray
) -> tuple[float, float]:
    """(OFV, JOINT): -2 ln of the Laplace integral with the expected second derivatives.

    predict  etas -> predictions. Everything written out, one subject, nothing shared with the code.
    """
    inverse = np.linalg.inv(omega)

    def spread(f: np.ndarray) -> np.ndarray:
        return residual.additive**2 + (residual.proportional * f) ** 2

    def joint(eta: np.ndarray) -> float:
        f = predict(eta)
        v = spread(f)
        total = 0.0
        for level, center, variance in zip(y, f, v, strict=True):
            total += np.log(variance) + (level - center) ** 2 / variance
        return float(total + eta @ inverse @ eta + np.log(np.linalg.det(omega)))

    found = minimize(joint, start, method="Nelder-Mead",
                     options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000})  # fmt: skip
    eta, f = found.x, predict(found.x)
    hessian = inverse.copy()
    h = 1e-4
    slopes = np.array(
        [(predict(eta + h * e) - predict(eta - h * e)) / (2.0 * h) for e in np.eye(len(eta))]
    )
    of_variance = 2.0 * residual.proportional**2 * f * slopes
    for j, variance in enumerate(spread(f)):
        a, c = slopes[:, j], of_variance[:, j] / variance
        hessian += np.outer(a, a) / variance + 0.5 * np.outer(c, c)
    return joint(eta) + float(np.log(np.linalg.det(hessian))), float(found.fun)


def compare(
    model: Model, people: list[Subject], predicts: list[Predict], residual: Residual
) -> None:
    modes = find_modes(model, people)
    for person, predict, mode in zip(people, predicts, modes, strict=True):
        y = np.array([o.number for o in person.observed])
        assert mode.converged
        ofv, joint = by_definition(predict, residual, model.omega_matrix, y, mode.eta + 0.02)
        assert mode.ofv == pytest.approx(ofv, rel=1e-5, abs=1e-5)
        assert mode.joint == pytest.approx(joint, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "residual", [Residual(additive=8.0), Residual(additive=3.0, proportional=0.2)]
)
def test_closed_forms_by_the_definition(residual: Residual) -> None:
    omega = np.array([[0.2, 0.05], [0.05, 0.1]])
    model = oral(residual, omega=omega)
    rng = np.random.default_rng(4)
    people: list[Subject] = []
    predicts: list[Predict] = []
    for _ in range(12):
        dose, times = float(rng.uniform(5.0, 20.0)), np.sort(rng.uniform(0.5, 20.0, 4))
        what = course(model, [PlainDose(0.0, dose, "oral")], covariates={})
        people.append(simulated(model, what, times, rng))

        def predict(eta: np.ndarray, dose: float = dose, times: np.ndarray = times) -> np.ndarray:
            k, v = 5.0 * np.exp(eta[0]) / (50.0 * np.exp(eta[1])), 50.0 * np.exp(eta[1])
            return 1000.0 * dose / v / (1.0 - k) * (np.exp(-k * times) - np.exp(-times))

        predicts.append(predict)
    compare(model, people, predicts, residual)


def test_saturable_elimination_by_the_definition() -> None:
    residual = Residual(additive=0.1, proportional=0.15)
    model = saturable(residual, etas=("CL", "VM"))
    rng = np.random.default_rng(9)
    people: list[Subject] = []
    predicts: list[Predict] = []
    for _ in range(2):
        dose, times = float(rng.uniform(40.0, 120.0)), np.sort(rng.uniform(1.0, 60.0, 3))
        what = course(model, [PlainDose(0.0, dose, "oral")], covariates={})
        people.append(simulated(model, what, times, rng))

        def predict(eta: np.ndarray, dose: float = dose, times: np.ndarray = times) -> np.ndarray:
            own = {**TYPICAL, "CL": 0.5 * np.exp(eta[0]), "VM": 8.0 * np.exp(eta[1])}
            p = np.array(list(own.values()))

            def slopes(t: float, x: np.ndarray) -> np.ndarray:
                dx = np.empty(3)
                saturable_rates(t, x, p, dx)
                return dx

            found = solve_ivp(slopes, (0.0, times[-1]), [dose, 0.0, 0.0], t_eval=times,
                              method="LSODA", rtol=1e-9, atol=1e-10)  # fmt: skip
            return np.asarray(found.y[1] / own["V1"])

        predicts.append(predict)
    compare(model, people, predicts, residual)
