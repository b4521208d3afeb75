"""Busulfan in children before transplantation (Shukla 2020): one compartment, occasions.

Clearance and volume vary between patients and, within a patient, from day to day. The numbers as
the PKPDsim library codes the model, with which the simulated data that the package is tested
against were made (docs/replay.md). The paper itself was not read. A data set needs the columns AGE
(years), WT (kg), HT (cm), SEX (0 or 1) and REGI (0 or 1).
"""

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import Covariate, Model, Observation, Occasions, Purpose, Residual
from equipoise.source import Source, Standing, Value

CODED = "PKPDsim"


def fat_free_mass(age, weight, height, sex):
    """kg; the constants of SEX 0 are those of women in Janmahasatian 2005, of SEX 1 of men."""
    index = weight / (height / 100.0) ** 2
    zero = (1.11 + (1.0 - 1.11) / (1.0 + (age / 7.1) ** -1.1)) * 9270.0 * weight
    one = (0.88 + (1.0 - 0.88) / (1.0 + (age / 13.4) ** -12.7)) * 9270.0 * weight
    return np.where(sex == 0.0, zero / (8780.0 + 244.0 * index), one / (6680.0 + 216.0 * index))


def parameters(theta, covariate, eta):
    mass = fat_free_mass(
        covariate["age"], covariate["weight"], covariate["height"], covariate["sex"]
    )
    grown = theta["FMAT"] + (1.0 - theta["FMAT"]) * (
        1.0 - np.exp(-theta["KMAT"] * covariate["age"])
    )
    clearance = (
        theta["CL"]
        * grown
        * (mass / 12.0) ** 0.75
        * (1.0 - theta["CL_REGI"] * covariate["regi"])
        * (1.0 - theta["CL_LATER"] * covariate["later"])
    )
    return {
        "CL": clearance * np.exp(eta["CL"]),
        "V1": theta["V"] * mass / 12.0 * np.exp(eta["V"]),
    }


MODEL = Model(
    id="busulfan_shukla2020",
    agent="busulfan",
    title="Busulfan in children before transplantation, one compartment with occasions",
    source=Source(
        "Shukla 2020, Front Pharmacol",
        doi="10.3389/fphar.2020.00888",
        note="from the coding in the PKPDsim library (MIT license), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="children before transplantation",
    domain={},
    covariates={
        "age": Covariate("a", reference=5.0, required=True),
        "weight": Covariate("kg", reference=20.0, required=True),
        "height": Covariate("cm", reference=110.0, required=True),
        "sex": Covariate("1", reference=0.0, required=True, levels={"female": 0.0, "male": 1.0}),
        "regi": Covariate("1", reference=0.0),
        "later": Covariate("1", reference=0.0, by_time=((0.0, 0.0), (24.0, 1.0))),
    },
    thetas={
        "CL": Value(3.96, "L/h", CODED, note="at 12 kg of fat-free mass, fully matured"),
        "FMAT": Value(0.451, "1", CODED, note="share of mature clearance at birth"),
        "KMAT": Value(1.37, "/a", CODED),
        "CL_REGI": Value(0.20, "1", CODED, note="fall of clearance where REGI is 1"),
        "CL_LATER": Value(0.135, "1", CODED, note="fall of clearance from 24 h on"),
        "V": Value(10.8, "L", CODED, note="at 12 kg of fat-free mass"),
    },
    etas=("CL", "V"),
    omega=((0.0595, 0.0323), (0.0323, 0.0293)),
    omega_note="variances and covariance of log-normal etas, as coded",
    structure=Linear(1, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "busulfan", "ng/mL", "central", "V1", 1000.0,
            Residual(additive=22.2, proportional=0.106, where=CODED), matrix="plasma",
        ),
    ),
    because="this file is an example of a model with variability between occasions",
    occasions=Occasions(
        etas=("CL", "V"),
        omega=((0.1288**2, 0.0), (0.0, 0.1334**2)),
        starts=(0.0, 24.0, 48.0, 72.0, 96.0),
        where=CODED,
    ),
)  # fmt: skip
