"""Small models and subjects whose answers are known otherwise: closed forms, quadrature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise.kinetics import Linear
from equipoise.likelihood import Observed, Subject
from equipoise.model import (
    Array,
    Covariate,
    Model,
    Observation,
    PlainDose,
    Purpose,
    Residual,
    Step,
    course,
)
from equipoise.source import Source, Standing, Value

CL, V, KA = 5.0, 50.0, 1.0
ANALYTE = "sirolimus"


def _model(**own: object) -> Model:
    shared: dict[str, object] = {
        "id": "small",
        "agent": "sirolimus",
        "title": "for tests",
        "source": Source("tests"),
        "standing": Standing.PUBLISHED,
        "purposes": frozenset(Purpose),
        "population": "nobody",
        "domain": {},
        "covariates": {},
        "thetas": {"CL": Value(CL, "L/h", "tests"), "V": Value(V, "L", "tests")},
        "omega_note": "tests",
        "structure": Linear(1, depot=False),
        "routes": {"iv": 0},
        "dose_unit": "mg",
        "because": "tests",
    }
    return Model(**{**shared, **own})  # type: ignore[arg-type]


def _observations(residual: Residual) -> tuple[Observation, ...]:
    return (Observation(ANALYTE, "ng/mL", "central", "V1", 1000.0, residual),)


def _square(omega: Array | float) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(x) for x in row) for row in np.atleast_2d(omega))


def bolus(residual: Residual, *, omega: Array | float = 0.09) -> Model:
    """One compartment, bolus; etas on CL, and on V where omega has two rows; log-normal."""
    square = _square(omega)

    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
        v = np.exp(eta["V"]) if "V" in eta else np.ones_like(eta["CL"])
        return {"CL": theta["CL"] * np.exp(eta["CL"]), "V1": theta["V"] * v}

    return _model(
        etas=("CL", "V")[: len(square)], omega=square, parameters=parameters,
        observations=_observations(residual),
    )  # fmt: skip


def oral(residual: Residual, *, omega: Array) -> Model:
    """One compartment with a depot; etas on CL and V."""

    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
        return {
            "KA": np.asarray(KA),
            "CL": theta["CL"] * np.exp(eta["CL"]),
            "V1": theta["V"] * np.exp(eta["V"]),
        }

    return _model(
        etas=("CL", "V"), omega=_square(omega), parameters=parameters,
        structure=Linear(1, depot=True), routes={"oral": 0},
        observations=_observations(residual),
    )  # fmt: skip


def flipping(sd: float) -> Model:
    """One compartment with a depot; etas on V and KA: rates that can exchange their roles."""

    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
        return {
            "KA": KA * np.exp(eta["KA"]),
            "CL": np.asarray(theta["CL"]),
            "V1": theta["V"] * np.exp(eta["V"]),
        }

    return _model(
        etas=("V", "KA"), omega=_square(sd**2 * np.eye(2)), parameters=parameters,
        structure=Linear(1, depot=True), routes={"oral": 0},
        observations=_observations(Residual(additive=0.5, proportional=0.15)),
    )  # fmt: skip


def straight(residual: Residual, *, omega: Array) -> Model:
    """Predictions linear in two etas: the first dose enters as 1 + eta0, later ones as 1 + eta1."""

    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
        late = covariate["late"]
        share = 1.0 + (1.0 - late) * eta["FIRST"] + late * eta["LATER"]
        return {"CL": np.asarray(theta["CL"]), "V1": np.asarray(theta["V"]), "F": share}

    return _model(
        etas=("FIRST", "LATER"), omega=_square(omega), parameters=parameters,
        covariates={"late": Covariate("1", 0.0)}, observations=_observations(residual),
    )  # fmt: skip


def folded(shift: float, *, sd: float) -> Model:
    """The share that enters is (eta + shift)^2: two etas explain one level."""

    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
        return {
            "CL": np.asarray(theta["CL"]),
            "V1": np.asarray(theta["V"]),
            "F": (eta["F"] + shift) ** 2,
        }

    return _model(
        etas=("F",), omega=((1.0,),), parameters=parameters,
        observations=_observations(Residual(additive=sd)),
    )  # fmt: skip


def subject(
    model: Model,
    doses: Sequence[PlainDose],
    levels: Sequence[tuple[float, float] | tuple[float, float, str]],
    *,
    covariates: dict[str, float | Step] | None = None,
    name: str = "s",
) -> Subject:
    """levels: (hours, ng/mL) or (hours, limit, "<" or ">")."""
    observed = tuple(
        Observed(level[0], ANALYTE, level[1], level[2] if len(level) == 3 else "")
        for level in levels
    )
    return Subject(name, course(model, doses, covariates=covariates or {}), observed)


def bolus_level(amount: float, hours: float, cl: Array | float, v: Array | float) -> Array:
    """ng/mL after one bolus (mg)."""
    return np.asarray(1000.0 * amount / v * np.exp(-np.asarray(cl) / v * hours))
