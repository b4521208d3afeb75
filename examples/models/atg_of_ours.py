"""How a center that owns a paper's full table adds it: active Thymoglobulin, MADE-UP NUMBERS.

Every number in `TABLE` is invented, so the standing is hypothesis and no dose is offered from this
file. A center copies it, puts the paper's numbers, units and places into `TABLE`, names the source,
writes what it reproduced under `checks`, lets two people read the table, and then sets `STANDING`
(docs/atg-calibration.md shows the steps). The structure is two compartments with a linear and a
saturable clearance; change it where the paper has another.
"""

import math

import numpy as np

from equipoise.kinetics import System
from equipoise.model import (
    Check,
    Covariate,
    Model,
    Observation,
    PlainDose,
    Purpose,
    Range,
    Residual,
    typical,
)  # fmt: skip
from equipoise.source import Source, Standing, Value

STANDING = Standing.HYPOTHESIS
MADE_UP = "made up, to show the form"

TABLE = {
    "CL": Value(1.4, "L/d", MADE_UP, note="at 40 kg and over"),
    "V1": Value(6.0, "L", MADE_UP, note="at 70 kg"),
    "Q": Value(0.9, "L/d", MADE_UP),
    "V2": Value(5.0, "L", MADE_UP, note="at 70 kg"),
    "VM": Value(8.0, "mg/d", MADE_UP, note="at 0.2 x10^9/L lymphocytes"),
    "KM": Value(1.5, "mg/L", MADE_UP),
    "LYMPH": Value(0.4, "1", MADE_UP, note="rise of VM per 10^9/L"),
    "AU_PER_UG": Value(1.0, "1", MADE_UP),
}
SD_CL, SD_V1, SD_VM, ERROR = 0.35, 0.20, 0.45, 0.20


# The engine holds active antibody in AU (mg x AU_PER_UG), so a sink that the paper states in mg is
# turned as well. Where the paper states it in AU, leave the factor out of VM and KM.
def rates(t, x, p, dx):
    c = x[0] / p[1]
    out, back = p[2] * c, p[2] / p[3] * x[1]
    dx[0] = back - out - p[0] * c - p[4] * c / (p[5] + c)
    dx[1] = out - back


def parameters(theta, covariate, eta):
    size = np.minimum(covariate["weight"], 40.0) / 40.0
    volume = covariate["weight"] / 70.0
    load = (1.0 + theta["LYMPH"] * covariate["lymphocytes"]) / (1.0 + theta["LYMPH"] * 0.2)
    return {
        "CL": theta["CL"] / 24.0 * size**0.75 * np.exp(eta["CL"]),
        "V1": theta["V1"] * volume * np.exp(eta["V1"]),
        "Q": theta["Q"] / 24.0 * size**0.75,
        "V2": theta["V2"] * volume,
        "VM": theta["VM"] * theta["AU_PER_UG"] / 24.0 * size**0.75 * load * np.exp(eta["VM"]),
        "KM": np.asarray(theta["KM"] * theta["AU_PER_UG"]),
        "F_central": np.asarray(theta["AU_PER_UG"]),
    }


def small_dose(model):
    """AU.d/mL of 0.01 mg, far below saturation: dose / (CL + VM / KM), by hand 1.49e-3."""
    doses = [PlainDose(0.0, 0.01, "iv", 6.0)]
    found = typical(model, doses, [0.0, 8000.0], covariates={"weight": 70.0, "lymphocytes": 0.2})
    return float(found.areas["atg_active_au"][0, 0, 1]) / 24.0


MODEL = Model(
    id="atg_of_ours",
    agent="thymoglobulin",
    title="Active Thymoglobulin, two compartments, saturable (made-up numbers)",
    source=Source("Nobody, a made-up table"),
    standing=STANDING,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL, Purpose.WASHOUT}),
    population="nobody",
    domain={"weight": Range(40.0, math.inf, "kg", MADE_UP)},
    covariates={
        "weight": Covariate("kg", 70.0, required=True),
        "lymphocytes": Covariate("10*9/L", 0.2),
    },
    thetas=TABLE,
    etas=("CL", "V1", "VM"),
    omega=((SD_CL**2, 0.0, 0.0), (0.0, SD_V1**2, 0.0), (0.0, 0.0, SD_VM**2)),
    omega_note="made up; write how the paper's percentages were read",
    structure=System(("central", "peripheral"), ("CL", "V1", "Q", "V2", "VM", "KM"), rates),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "atg_active_au", "AU/mL", "central", "V1", 1.0,
            Residual(proportional=ERROR, where=MADE_UP),
            matrix="serum", assay="T-cell binding by flow cytometry",
        ),
    ),
    because="this file shows the form in which a center adds a table that it owns",
    checks=(
        Check("AUC of a small dose", 1.49e-3, "AU.d/mL", 0.01, MADE_UP, small_dose),
    ),
    population_class="adult",
)  # fmt: skip
