"""Theophylline, one oral dose in 12 volunteers: one compartment, first-order absorption.

The data are those of Upton, given by Boeckmann, Sheiner and Beal with NONMEM (R: `Theoph`;
nlmixr2data: `theo_sd`). The numbers are printed by nlmixr2 in its article "Introduction to running
nlmixr": estimated from these data by FOCE with interaction. Doses are whole amounts (mg), so CL and
V are those of a person, not of a kilogram; both are apparent (over bioavailability).
"""

from math import log

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

FIT = "printed fit, Population Parameters, method FOCEi"


def variance(cv):
    """Variance of a log-normal eta from the CV in percent, as nlmixr2 prints it."""
    return log(1.0 + (cv / 100.0) ** 2)


def parameters(theta, covariate, eta):
    return {
        "KA": np.exp(theta["tka"] + eta["ka"]),
        "CL": np.exp(theta["tcl"] + eta["cl"]),
        "V1": np.exp(theta["tv"] + eta["v"]),
    }


MODEL = Model(
    id="theophylline_nlmixr2",
    agent="theophylline",
    title="Theophylline, one compartment, oral",
    source=Source(
        "nlmixr2 documentation, article 'Introduction to running nlmixr' (version 4.0.1, "
        "github nlmixr2/nlmixr2, commit 072eb2a, articles/running_nlmixr.html)",
        where="printed fit of theo_sd",
        note="method of the program: Fidler 2019, doi 10.1002/psp4.12445",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="12 volunteers, 54.6-86.4 kg, 3.1-5.9 mg/kg by mouth",
    domain={},
    covariates={},
    thetas={
        "tka": Value(0.461, "ln(/h)", FIT),
        "tcl": Value(1.01, "ln(L/h)", FIT, note="apparent"),
        "tv": Value(3.46, "ln(L)", FIT, note="apparent"),
    },
    etas=("ka", "cl", "v"),
    omega=(
        (variance(70.3), 0.0, 0.0),
        (0.0, variance(26.7), 0.0),
        (0.0, 0.0, variance(14.2)),
    ),
    omega_note="from CVs of 70.3, 26.7 and 14.2 %: variance = ln(1 + CV^2)",
    structure=Linear(1, depot=True),
    parameters=parameters,
    routes={"oral": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "theophylline", "mg/L", "central", "V1", 1.0,
            Residual(additive=0.692, where=f"{FIT}, add.sd"), matrix="serum",
        ),
    ),
    because="this file is an example, held against a published objective function",
)  # fmt: skip
