"""Nimotuzumab (an antibody against EGFR) in 12 patients: two compartments.

The data are those of Rodriguez-Vera 2015 (nlmixr2data: `nimoData`), in which DV is the natural
logarithm of the concentration. The numbers are those of a Monolix run that the babelmixr2 project
distributes. The run had target-mediated elimination to estimate; its estimate of the target is
nothing (1e-6 mg/L), which leaves the two compartments with linear elimination written here. The
paper's own estimates were not found in the open.
"""

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

RUN = "populationParameters.txt"


def parameters(theta, covariate, eta):
    return {
        "CL": theta["CL"] * np.exp(eta["CL"]),
        "V1": theta["V1"] * np.exp(eta["V1"]),
        "Q2": theta["Q"],
        "V2": theta["V2"],
    }


MODEL = Model(
    id="nimotuzumab_babelmixr2",
    agent="nimotuzumab",
    title="Nimotuzumab, two compartments",
    source=Source(
        "Monolix 2021R1 run, distributed with babelmixr2 (github nlmixr2/babelmixr2, commit "
        "420df7e, tests/testthat/nimo-2021.zip)",
        where=RUN,
        note="data: Rodriguez-Vera 2015, doi 10.1002/jcph.504; the paper's model is another",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.AUC, Purpose.STEADY_STATE_TROUGH}),
    population="12 patients with breast cancer, 50, 100, 200 or 400 mg a week",
    domain={},
    covariates={},
    thetas={
        "CL": Value(0.00269521551755487, "L/h", RUN),
        "V1": Value(1.50555742419207, "L", RUN),
        "Q": Value(0.0052610459645631, "L/h", RUN),
        "V2": Value(82.8952095394362, "L", RUN),
    },
    etas=("CL", "V1"),
    omega=((1.19948870881778**2, 0.0), (0.0, 0.533007875325117**2)),
    omega_note="squares of the SDs of log-normal etas, as printed",
    structure=Linear(2, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "nimotuzumab", "ug/mL", "central", "V1", 1.0,
            Residual(log=0.69443134151057, where=f"{RUN}, lnorm__sd"), matrix="serum",
            logged=True,
        ),
    ),
    because="this file is an example, held against Monolix patient by patient",
)  # fmt: skip
