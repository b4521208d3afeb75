"""A small model with occasions, for the tests that need one."""

from dataclasses import replace

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import Covariate, Model, Observation, Occasions, Purpose, Residual
from equipoise.source import Source, Standing, Value

OMEGA = ((0.09, 0.02), (0.02, 0.04))
WITHIN = ((0.04,),)


def two_days_parameters(theta, covariates, eta):
    """CL and V1; `late` is 1 from 30 h on."""
    return {
        "CL": theta["CL"] * (1.0 - 0.5 * covariates["late"]) * np.exp(eta["CL"]),
        "V1": theta["V"] * np.exp(eta["V"]),
    }


def two_days(**changes) -> Model:
    """Clearance varies by day and halves 30 h after the first dose; `changes` replace fields."""
    made = Model(
        id="two_days",
        agent="busulfan",
        title="One compartment, two days",
        source=Source("made up for this test"),
        standing=Standing.HYPOTHESIS,
        purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
        population="nobody",
        domain={},
        covariates={"late": Covariate("1", reference=0.0, by_time=((0.0, 0.0), (30.0, 1.0)))},
        thetas={"CL": Value(5.0, "L/h", "made up"), "V": Value(50.0, "L", "made up")},
        etas=("CL", "V"),
        omega=OMEGA,
        omega_note="made up",
        structure=Linear(1, depot=False),
        parameters=two_days_parameters,
        routes={"iv": 0},
        dose_unit="mg",
        observations=(
            Observation("busulfan", "ng/mL", "central", "V1", 1000.0, Residual(proportional=0.1)),
        ),
        because="this is a test",
        occasions=Occasions(("CL",), WITHIN, starts=(0.0, 24.0, 48.0)),
    )
    return replace(made, **changes)
