"""Phenobarbital in 59 newborn infants: one compartment, clearance and volume by weight.

The data are those of Grasela and Donn 1985 (nlmixr2data: `pheno_sd`). The numbers are the final
estimates of a NONMEM run (FOCE with interaction) that the pharmpy project distributes with its own
copy of the same 744 rows. A data set needs the columns WT (kg) and APGR (Apgar score at 5 minutes).
"""

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import Covariate, Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

EXT = "pheno_real.ext, row -1000000000"


def parameters(theta, covariate, eta):
    weight = covariate["weight"]
    low = np.where(covariate["apgr"] < 5.0, 1.0 + theta["V_APGR"], 1.0)
    return {
        "CL": theta["CL"] * weight * np.exp(eta["CL"]),
        "V1": theta["V"] * weight * low * np.exp(eta["V"]),
    }


MODEL = Model(
    id="phenobarbital_pheno",
    agent="phenobarbital",
    title="Phenobarbital in newborn infants, one compartment",
    source=Source(
        "NONMEM run pheno_real, distributed with pharmpy (github pharmpy/pharmpy, commit 435dd66, "
        "tests/testdata/nonmem)",
        where="pheno_real.ext, pheno_real.mod",
        note="data: Grasela and Donn 1985, doi 10.1159/000457062",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.EARLY_LEVEL, Purpose.LOADING}),
    population="59 newborn infants, 0.6-3.6 kg",
    domain={},
    covariates={
        "weight": Covariate("kg", reference=1.3, required=True),
        "apgr": Covariate("1", reference=7.0, required=True),
    },
    thetas={
        "CL": Value(0.00469555, "L/h/kg", EXT),
        "V": Value(0.984258, "L/kg", EXT),
        "V_APGR": Value(0.158920, "1", EXT, note="more volume where the Apgar score is below 5"),
    },
    etas=("CL", "V"),
    omega=((0.0293508, 0.0), (0.0, 0.0279060)),
    omega_note="variances of log-normal etas, as printed",
    structure=Linear(1, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "phenobarbital", "mg/L", "central", "V1", 1.0,
            Residual(proportional=0.0132410**0.5, where=EXT), matrix="serum",
        ),
    ),
    because="this file is an example, held against NONMEM subject by subject",
)  # fmt: skip
