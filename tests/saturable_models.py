"""Models with saturable elimination and absorption that need integration, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from equipoise.kinetics import System
from equipoise.likelihood import Observed, Subject, with_errors
from equipoise.model import Array, Course, Model, Observation, Residual, draw_etas
from small_models import ANALYTE, bolus


def saturable_rates(t, x, p, dx):
    """A depot, two compartments, linear and saturable elimination."""
    c = x[1] / p[2]
    exchange = p[3] * (c - x[2] / p[4])
    into = p[0] * x[0]
    dx[0] = -into
    dx[1] = into - p[1] * c - exchange - p[5] * c / (p[6] + c)
    dx[2] = exchange


SATURABLE = System(
    ("depot", "central", "peripheral"), ("KA", "CL", "V1", "Q", "V2", "VM", "KM"), saturable_rates
)
TYPICAL = {"KA": 0.8, "CL": 0.5, "V1": 10.0, "Q": 0.5, "V2": 20.0, "VM": 8.0, "KM": 1.0}


def saturable(
    residual: Residual, *, etas: Sequence[str] = ("CL", "V1", "VM", "KM"), sd: float = 0.3
) -> Model:
    """Log-normal etas on the parameters named; "LAG", "F" and "DURATION" act on the depot."""

    def parameters(theta, covariate, eta):
        table = {
            name: typical * np.exp(eta[name]) if name in eta else np.asarray(typical)
            for name, typical in TYPICAL.items()
        }
        more = {
            "LAG": ("LAG_depot", 0.5),
            "F": ("F_depot", 0.7),
            "DURATION": ("DURATION_central", 2.0),
        }
        for name, (field, typical) in more.items():
            if name in eta:
                table[field] = typical * np.exp(eta[name])
        return table

    small = bolus(residual)
    return replace(
        small, structure=SATURABLE, parameters=parameters, etas=tuple(etas),
        omega=tuple(map(tuple, (sd**2 * np.eye(len(etas))).tolist())),
        routes={"oral": 0, "iv": 1},
        observations=(Observation(ANALYTE, "ng/mL", "central", "V1", 1.0, residual),),
    )  # fmt: skip


def simulated(model: Model, what: Course, times: Array, rng: np.random.Generator) -> Subject:
    """A subject whose levels are drawn from the model."""
    empty = Subject("s", what, tuple(Observed(float(t), ANALYTE, 1.0) for t in times))
    found = with_errors(model, empty, draw_etas(model, 1, rng))
    noise = np.sqrt(found.variance[0]) * rng.standard_normal(len(times))
    levels = np.maximum(found.center[0] + noise, 0.02 * found.center[0])
    return Subject(
        "s", what, tuple(Observed(float(t), ANALYTE, float(y))
                         for t, y in zip(times, levels, strict=True))
    )  # fmt: skip
