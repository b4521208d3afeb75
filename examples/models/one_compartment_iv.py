"""A model of one's own, as a Python file: one compartment, intravenous bolus, additive error.

Use it wherever a model id is asked for: `equipoise fit examples/models/one_compartment_iv.py DATA`.
The numbers are those printed for the simulated data set that the package is tested against
(three digits): CL 7.67 L/h, V 97.7 L, variances 0.0406 and 0.117, covariance 0.0623, residual
variance 17300 on a concentration scaled by V / 1000.
"""

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value


def parameters(theta, covariate, eta):
    return {"CL": theta["CL"] * np.exp(eta["CL"]), "V1": theta["V"] * np.exp(eta["V"])}


MODEL = Model(
    id="one_compartment_iv",
    agent="unnamed",
    title="One compartment, intravenous bolus",
    source=Source("Simulated data of the InsightRX PKPDmap tests (MIT license)", where="model.md"),
    standing=Standing.HYPOTHESIS,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="simulated",
    domain={},
    covariates={},
    thetas={
        "CL": Value(7.67, "L/h", "model.md"),
        "V": Value(97.7, "L", "model.md"),
    },
    etas=("CL", "V"),
    omega=((0.0406, 0.0623), (0.0623, 0.117)),
    omega_note="variances and covariance as printed",
    structure=Linear(1, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "concentration", "ug/L", "central", "V1", 1000.0, Residual(additive=17300**0.5)
        ),
    ),
    because="this file is an example of the form",
)
