"""Modes of random subjects against a dense search from many starts, by scipy.

The objective of the search is written out for each model from its closed form, and shares nothing
with the code. Among the models are some whose objective has several optima: absorption and
elimination that may change places, a share that enters as a square, one level for two etas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_ndtr

from equipoise.kinetics import Linear
from equipoise.likelihood import Observed, Subject, joint
from equipoise.mode import find_modes
from equipoise.model import Model, PlainDose, Residual, course
from saturable_models import saturable, simulated
from small_models import ANALYTE, bolus, folded

Predict = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def of_bolus(times: np.ndarray, etas: np.ndarray, dose: float) -> np.ndarray:
    """(n, T) levels of n sets of etas."""
    cl, v = 5.0 * np.exp(etas[:, :1]), 50.0 * np.exp(etas[:, 1:2])
    return 1000.0 * dose / v * np.exp(-cl / v * times)


def of_folded(times: np.ndarray, etas: np.ndarray, dose: float) -> np.ndarray:
    return 20.0 * dose * (etas[:, :1] + 0.1) ** 2 * np.exp(-0.1 * times)


def of_oral(times: np.ndarray, etas: np.ndarray, dose: float) -> np.ndarray:
    cl, v = 5.0 * np.exp(etas[:, :1]), 20.0 * np.exp(etas[:, 1:2])
    ka, k = 0.3 * np.exp(etas[:, 2:3]), cl / v
    apart = np.where(np.abs(ka - k) < 1e-9, 1e-9, ka - k)
    return 1000.0 * dose / v * ka / apart * (np.exp(-k * times) - np.exp(-ka * times))


def slow_oral(residual: Residual, variances: list[float]) -> Model:
    """Absorption about as slow as elimination."""
    return replace(
        bolus(residual), structure=Linear(1, depot=True), routes={"iv": 0},
        etas=("CL", "V", "KA"), omega=tuple(map(tuple, np.diag(variances).tolist())),
        parameters=lambda t, c, e: {
            "KA": 0.3 * np.exp(e["KA"]), "CL": 5.0 * np.exp(e["CL"]), "V1": 20.0 * np.exp(e["V"]),
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    model: Model
    predict: Predict
    residual: Residual
    levels: tuple[int, int]


def case(name: str) -> Case:
    if name == "folded":
        return Case(folded(0.1, sd=5.0), of_folded, Residual(additive=5.0), (1, 4))
    if name in ("oral", "wide oral"):
        residual = Residual(additive=2.0, proportional=0.15)
        variances = [0.1, 0.1, 0.5] if name == "oral" else [0.5, 0.5, 1.5]
        return Case(slow_oral(residual, variances), of_oral, residual, (1, 7))
    residual = {
        "proportional": Residual(proportional=0.2),
        "combined": Residual(additive=5.0, proportional=0.1),
        "log": Residual(log=0.15),
    }[name]
    return Case(bolus(residual, omega=np.diag([0.3, 0.3])), of_bolus, residual, (1, 5))


def objective(
    what: Case, times: np.ndarray, y: np.ndarray, limited: np.ndarray, dose: float
) -> Callable[[np.ndarray], np.ndarray]:
    omega = what.model.omega_matrix
    inverse, constant = np.linalg.inv(omega), np.log(np.linalg.det(omega))

    def of(etas: np.ndarray) -> np.ndarray:
        f = what.predict(times, etas, dose)
        if what.residual.log:
            center, v = np.log(f), np.full_like(f, what.residual.log**2)
            r = (np.log(y) - center) / np.sqrt(v)
        else:
            v = what.residual.additive**2 + (what.residual.proportional * f) ** 2
            r = (y - f) / np.sqrt(v)
        terms = np.where(limited, -2.0 * log_ndtr(r), np.log(v) + r**2)
        found = terms.sum(axis=1) + np.einsum("ni,ij,nj->n", etas, inverse, etas) + constant
        return np.where(np.isfinite(found), found, 1e12)

    return of


@pytest.mark.parametrize("name", ["proportional", "combined", "log", "oral", "wide oral", "folded"])
def test_no_search_finds_anything_lower(name: str) -> None:
    what = case(name)
    rng = np.random.default_rng(20)
    sd = np.sqrt(np.diag(what.model.omega_matrix))
    people, objectives = [], []
    for i in range(50):
        times = np.sort(rng.uniform(0.3, 24.0, int(rng.integers(*what.levels))))
        dose = float(rng.uniform(5.0, 20.0))
        f = what.predict(times, (rng.standard_normal(len(sd)) * sd)[None, :], dose)[0]
        residual = what.residual
        noise = np.hypot(residual.additive, (residual.log or residual.proportional) * f)
        # Now and then a level that the model does not expect.
        y = f + noise * rng.standard_normal(len(f)) * rng.choice([1.0, 1.0, 1.0, 4.0])
        y = np.maximum(y, 0.01 * f.max())
        limited = (y < 0.8 * np.median(y)) & (i % 4 == 0)
        y = np.where(limited, 0.8 * np.median(y), y)
        observed = tuple(
            Observed(float(t), ANALYTE, float(level), "<" if below else "")
            for t, level, below in zip(times, y, limited, strict=True)
        )
        doses = course(what.model, [PlainDose(0.0, dose, "iv")], covariates={})
        people.append(Subject(str(i), doses, observed))
        objectives.append(objective(what, times, y, limited, dose))
    modes = find_modes(what.model, people)
    assert all(mode.converged for mode in modes)
    for mode, of in zip(modes, objectives, strict=True):
        assert mode.joint == pytest.approx(float(of(mode.eta[None, :])[0]), abs=1e-7)
        with np.errstate(all="ignore"):
            grid = rng.uniform(-4.0, 4.0, (3000, len(sd))) * sd
            values = of(grid)
            best = min(
                float(minimize(lambda e, of=of: float(of(e[None, :])[0]), grid[start]).fun)
                for start in np.argsort(values)[[0, 1, 3, 8, 20, 60]]
            )
        assert mode.joint <= best + 1e-6


def test_no_search_finds_anything_lower_with_saturable_elimination() -> None:
    model = saturable(Residual(additive=0.1, proportional=0.15), sd=0.5)
    rng = np.random.default_rng(31)
    people = []
    for _ in range(10):
        doses = [
            PlainDose(12.0 * j, float(rng.uniform(20.0, 90.0)), "iv", duration=2.0)
            for j in range(4)
        ]
        times = np.sort(rng.uniform(0.5, 60.0, int(rng.integers(2, 7))))
        people.append(simulated(model, course(model, doses, covariates={}), times, rng))
    step = 1e-5 * np.concatenate([np.eye(4), -np.eye(4)])
    for mode, person in zip(find_modes(model, people), people, strict=True):
        assert mode.converged

        def value_and_slope(eta: np.ndarray, person: Subject = person) -> tuple[float, np.ndarray]:
            values = joint(model, person, np.concatenate([eta[None, :], eta + step]))
            return float(values[0]), (values[1:5] - values[5:]) / 2e-5

        grid = rng.uniform(-3.0, 3.0, (200, 4)) * 0.5
        values = joint(model, person, grid)
        ends = [
            minimize(value_and_slope, grid[start], jac=True, method="BFGS").x
            for start in np.argsort(values)[[0, 3, 20]]
        ]
        # Side by side, in the steps of one integration: two differ by more than a millionth.
        ours, *theirs = joint(model, person, np.array([mode.eta, *ends]))
        assert ours <= min(theirs) + 1e-6
