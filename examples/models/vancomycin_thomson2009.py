"""Vancomycin (Thomson 2009): two compartments, clearance by creatinine clearance.

The numbers as the PKPDsim library codes the model, with which the simulated data that the package
is tested against were made (docs/replay.md). The paper itself was not read. A data set needs the
columns WT (kg), CRCL (L/h) and CL_HEMO (L/h).
"""

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import Covariate, Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

CODED = "PKPDsim"


def parameters(theta, covariate, eta):
    # 16.66667 turns L/h into mL/min, in which the published equation is centred at 66.
    # All levels were made with CL_HEMO 0: whether it varies between patients is not told.
    renal = theta["CL"] * (1.0 + theta["CL_CRCL"] * (16.66667 * covariate["crcl"] - 66.0))
    weight = covariate["weight"]
    return {
        "CL": (renal + covariate["cl_hemo"]) * np.exp(eta["CL"]),
        "V1": theta["V1"] * weight * np.exp(eta["V1"]),
        "Q2": theta["Q"] * np.exp(eta["Q"]),
        "V2": theta["V2"] * weight * np.exp(eta["V2"]),
    }


MODEL = Model(
    id="vancomycin_thomson2009",
    agent="vancomycin",
    title="Vancomycin, two compartments",
    source=Source(
        "Thomson 2009, J Antimicrob Chemother, PMID 19299472",
        note="from the coding in the PKPDsim library (MIT license), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL, Purpose.STEADY_STATE_TROUGH}),
    population="not told in what was read",
    domain={},
    covariates={
        "weight": Covariate("kg", reference=70.0, required=True),
        "crcl": Covariate("L/h", reference=66.0 * 0.06, required=True),
        "cl_hemo": Covariate("L/h", reference=0.0),
    },
    thetas={
        "CL": Value(2.99, "L/h", CODED, note="at a creatinine clearance of 66 mL/min"),
        "CL_CRCL": Value(0.0154, "min/mL", CODED),
        "V1": Value(0.675, "L/kg", CODED),
        "Q": Value(2.28, "L/h", CODED),
        "V2": Value(0.732, "L/kg", CODED),
    },
    etas=("CL", "V1", "Q", "V2"),
    omega=(
        (0.0729, 0.01, 0.0, 0.0),
        (0.01, 0.0225, 0.0, 0.0),
        (0.0, 0.0, 0.2401, 0.0),
        (0.0, 0.0, 0.0, 1.69),
    ),
    omega_note="variances and one covariance of log-normal etas, as coded",
    structure=Linear(2, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "vancomycin", "mg/L", "central", "V1", 1.0,
            Residual(additive=1.6, proportional=0.15, where=CODED),
        ),
    ),
    because="this file is an example of a model with covariates that change over time",
)  # fmt: skip
