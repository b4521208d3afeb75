"""Intravenous busulfan in adults with myelofibrosis (Dadkhah 2022): days differ within a patient.

One compartment; weight acts on the volume alone. The metabolite of the source's joint model is left
out: it takes nothing from busulfan that its clearance does not hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import (
    Array,
    Check,
    Covariate,
    Model,
    Observation,
    Occasions,
    PlainDose,
    Purpose,
    Range,
    Residual,
    typical,
)
from equipoise.source import Source, Standing, Value

TABLE = "Table 2"

THETAS = {
    "CL": Value(16.3, "L/h", TABLE, note="RSE 3.6 %, 15.18-17.35"),
    "V": Value(61.5, "L", TABLE, note="at 75 kg; RSE 2 %"),
    "WEIGHT_EXP": Value(0.854, "1", TABLE, note="RSE 11.6 %"),
    "WEIGHT_REF": Value(75.0, "kg", "Section 3.3, equation (1)"),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL = 16.3; V = 61.5 x (weight / 75)^0.854."""
    size = (covariates["weight"] / theta["WEIGHT_REF"]) ** theta["WEIGHT_EXP"]
    return {
        "CL": theta["CL"] * np.exp(eta["CL"]),
        "V1": theta["V"] * size * np.exp(eta["V"]),
    }


def _course(model: Model) -> float:
    doses = [PlainDose(0.0, 60.0, "iv", 2.0, interval=6.0, additional=9)]
    area = typical(model, doses, [0.0, 400.0], covariates={"weight": 75.0}).areas["busulfan"]
    return float(area[0, 0, -1]) / 1000.0


MODEL = Model(
    id="busulfan_dadkhah2022",
    agent="busulfan",
    title="Intravenous busulfan in adults with myelofibrosis, days differ",
    source=Source(
        "Dadkhah 2022, Pharmaceutics",
        doi="10.3390/pharmaceutics14061145",
        note="from one open coding of the paper's Table 2 (nlmixr2lib); neither paper nor abstract "
        "was read",
    ),
    # One reading of the table and nothing of the paper redrawn.
    standing=Standing.PROVISIONAL,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="37 adults with myelofibrosis in Hamburg, reduced-intensity busulfan and "
    "fludarabine with levetiracetam, 0.8 mg/kg every 6 h or 3.2 mg/kg once daily",
    domain={
        "age": Range(18.0, math.inf, "a", "inclusion; median 60, middle half 53.5-65.5"),
        "weight": Range(64.05, 88.25, "kg", "Table 1, the middle half of the patients"),
    },
    covariates={"weight": Covariate("kg", reference=75.0, required=True)},
    thetas=THETAS,
    etas=("CL", "V"),
    omega=((math.log1p(0.215**2), 0.0), (0.0, math.log1p(0.10**2))),
    omega_note="Table 2 prints 21.5 % and 10 %; its footnote has CV = sqrt(exp(variance) - 1)",
    structure=Linear(1, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            analyte="busulfan",
            unit="ng/mL",
            state="central",
            volume="V1",
            factor=1000.0,
            residual=Residual(proportional=0.071, where=TABLE),
            matrix="plasma",
        ),
    ),
    because="a clinician would act differently because of this entry when an adult's first levels "
    "are back: clearance here is twice that of the other adult model, so nothing may be dosed "
    "from either before this patient's own levels",
    occasions=Occasions(
        etas=("CL",),
        omega=((math.log1p(0.076**2),),),
        starts=(0.0, 24.0, 48.0, 72.0, 96.0),
        where="Table 2: 7.6 % between sampled doses; the day is taken as the occasion",
    ),
    checks=(
        Check(
            what="AUC of ten doses of 60 mg (dose / clearance)",
            expected=600.0 / 16.3,
            unit="mg.h/L",
            tolerance=0.001,
            where="computed from Table 2",
            compute=_course,
        ),
    ),
    traps=(
        "One coding of the table was read, nothing of the paper was redrawn.",
        "Myelofibrosis with large spleens: clearance 16.3 L/h for everybody, against 7.6 L/h at "
        "65 kg in Korean adults (Choe 2012) and 12.4 L/h for a man of 70 kg in infants to adults "
        "(McCune 2014, abstract).",
        "Occasions were sampled doses (the first, fifth and ninth); no fall with time was kept.",
        "Reduced-intensity doses: no window on the shelf serves them.",
    ),
    external_validation="no external validation",
    population_class="adult",
)
