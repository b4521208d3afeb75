"""Fludarabine before transplantation, children and adults, read as F-ara-A (Langenhorst 2019).

Three compartments; clearance is a non-renal part and a share of the filtration rate. Doses are mg
of fludarabine phosphate, as prescribed; the engine holds F-ara-A.
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
    course,
    structural_parameters,
    typical,
)
from equipoise.source import Source, Standing, Value

TABLE = "Table 2 and abstract"
FACTS = "computed from the paper's values"

NON_RENAL = 3.24
SLOPE = 0.782
"""L/h/70 kg, and the share of the filtration rate that is renal clearance (abstract)."""

LITERS_PER_HOUR = 60.0 / 1000.0
"""L/h in 1 mL/min."""

TYPICAL, FALLS_FROM = 120.0, 30.0
"""Filtration of the typical patient, mL/min/1.73 m2, and the age from which its maximum falls."""

PHOSPHATE, F_ARA_A = 365.21, 285.23
"""g/mol of fludarabine phosphate (C10H13FN5O7P) and of F-ara-A (C10H12FN5O4), by formula."""

THETAS = {
    "CL": Value(
        NON_RENAL + SLOPE * TYPICAL * LITERS_PER_HOUR,
        "L/h",
        TABLE,
        note="at 70 kg and 120 mL/min/1.73 m2: 3.24 + 0.782 x 120 x 0.06; RSE 20 and 11 %",
    ),
    "CL_NONRENAL": Value(NON_RENAL, "L/h", TABLE, note="at 70 kg; Table 2 prints 3.2 (1.6-4.9)"),
    "V1": Value(39.0, "L", TABLE, note="at 70 kg; 33-45"),
    "Q2": Value(8.6, "L/h", TABLE, note="at 70 kg; 6.8-10"),
    "V2": Value(20.0, "L", TABLE, note="at 70 kg; 17-24"),
    "Q3": Value(3.8, "L/h", TABLE, note="at 70 kg; 2.9-4.6"),
    "V3": Value(50.0, "L", TABLE, note="at 70 kg; 41-58"),
    "F": Value(
        F_ARA_A / PHOSPHATE,
        "1",
        "molar masses",
        note="mg of F-ara-A in 1 mg of the phosphate, 285.23 / 365.21; conversion is full",
    ),
    "WEIGHT_REF": Value(70.0, "kg", TABLE),
    "WEIGHT_EXP_CL": Value(0.75, "1", "Section 3.3", note="fixed; on CL, Q2 and Q3"),
    "WEIGHT_EXP_V": Value(1.0, "1", "Section 3.3", note="fixed; on all volumes"),
    "GFR_REF": Value(TYPICAL, "mL/min", "Table 1, the median", note="for 1.73 m2"),
    "GFR_MAX": Value(140.0, "mL/min", "Section 2.5", note="for 1.73 m2; no more is counted"),
    "GFR_AT_BIRTH": Value(0.25, "1", "Section 2.5", note="share of the maximum, at birth"),
    "AGE_MATURE": Value(1.5, "a", "Section 2.5", note="from here the whole maximum"),
    "AGE_REF": Value(FALLS_FROM, "a", "Section 2.5", note="from here the maximum falls"),
    "GFR_FALL": Value(8.0, "mL/min", "Section 2.5", note="fall of the maximum in ten years"),
}


def maximum(theta: Mapping[str, float], age: Array) -> Array:
    """The most filtration that is counted, as a share of the typical one.

    age  as a share of the one from which the maximum falls
    """
    birth, decades = theta["GFR_AT_BIRTH"], FALLS_FROM / 10.0
    rise = np.minimum(age * FALLS_FROM / theta["AGE_MATURE"], 1.0)
    fall = theta["GFR_FALL"] * decades * np.maximum(age - 1.0, 0.0)
    return np.asarray((theta["GFR_MAX"] * (birth + (1.0 - birth) * rise) - fall) / TYPICAL)


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL = (3.24 + 0.782 x filtration) x (weight / 70)^0.75; one eta on all clearances, one on
    all volumes.

    Filtration counts up to its maximum for the age, as in the source.
    """
    size = covariates["weight"] / theta["WEIGHT_REF"]
    most = maximum(theta, covariates["age"] / theta["AGE_REF"])
    filtration = np.minimum(covariates["gfr"] / theta["GFR_REF"], most)
    renal = (theta["CL"] - theta["CL_NONRENAL"]) * filtration
    flow = size ** theta["WEIGHT_EXP_CL"] * np.exp(eta["CL"])
    room = size ** theta["WEIGHT_EXP_V"] * np.exp(eta["V"])
    return {
        "CL": (theta["CL_NONRENAL"] + renal) * flow,
        "Q2": theta["Q2"] * flow,
        "Q3": theta["Q3"] * flow,
        "V1": theta["V1"] * room,
        "V2": theta["V2"] * room,
        "V3": theta["V3"] * room,
        "F": np.asarray(theta["F"]),
    }


def clearance(model: Model, weight: float, gfr: float, age: float = 30.0) -> float:
    """Typical clearance of F-ara-A in L/h."""
    what = course(model, [], covariates={"weight": weight, "gfr": gfr, "age": age})
    found = structural_parameters(model, what, np.zeros((1, len(model.etas))))
    return float(np.ravel(found["CL"])[0])


def exposure(
    model: Model, surface: float, weight: float, gfr: float, age: float = 30.0
) -> tuple[float, float]:
    """Cumulative AUC in mg.h/L and first peak in ng/mL: 40 mg/m2 of phosphate in 1 h, four days."""
    doses = [PlainDose(0.0, 40.0 * surface, "iv", 1.0, interval=24.0, additional=3)]
    patient = {"weight": weight, "gfr": gfr, "age": age}
    found = typical(model, doses, [0.0, 1.0, 2000.0], covariates=patient)
    area = found.areas["f_ara_a"][0, 0, -1] / 1000.0
    return float(area), float(found.values["f_ara_a"][0, 0, 1])


MODEL = Model(
    id="fludarabine_langenhorst2019",
    agent="fludarabine",
    title="Fludarabine before allogeneic transplantation, children and adults, as F-ara-A",
    source=Source(
        "Langenhorst 2019, Clin Pharmacokinet",
        doi="10.1007/s40262-018-0715-9",
        note="from an open transcription of the paper's tables (nlmixr2lib) and the abstract "
        "(PMC6451721), not the paper itself; all typical values agree, those of clearance have "
        "one more digit in the abstract. Variability, its sharing and the maximum of filtration "
        "stand in the transcription alone",
    ),
    # Until the paper's words on the dose and its table of variability are read: the typical child
    # does not come back.
    standing=Standing.PROVISIONAL,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="258 patients, 134 of them up to 20 years (2605 levels, 596 doses), 40 or 10 mg/m2 "
    "of fludarabine phosphate in 1 h on four days with myeloablative busulfan, one center, "
    "2010-2017",
    domain={
        "age": Range(0.3, 74.0, "a", "abstract"),
        "weight": Range(4.3, 130.0, "kg", "Table 1"),
        "gfr": Range(25.0, 140.0, "mL/min", "Table 1, for 1.73 m2"),
    },
    covariates={
        "weight": Covariate("kg", reference=70.0, required=True),
        "gfr": Covariate("mL/min", reference=TYPICAL, required=True),
        "age": Covariate("a", reference=FALLS_FROM),
    },
    thetas=THETAS,
    etas=("CL", "V"),
    omega=((math.log1p(0.23**2), 0.0), (0.0, math.log1p(0.48**2))),
    omega_note="Table 2 prints 23 % CV for CL, Q2 and Q3 together and 48 % CV for the three "
    "volumes together: variance ln(1 + CV^2). Read as log-SD they would be 1.3 and 5 % larger: "
    "one reading.",
    structure=Linear(3, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            analyte="f_ara_a",
            unit="ng/mL",
            state="central",
            volume="V1",
            factor=1000.0,
            residual=Residual(proportional=0.063, where="Table 2 (4.3-8.3 %)"),
            matrix="plasma",
            assay="LC-MS",
        ),
    ),
    because="a clinician would act differently because of this entry when filtration is reduced: "
    "at 60 instead of 120 mL/min/1.73 m2 the same dose per m2 gives 1.46 times the exposure, which "
    "no body surface shows",
    occasions=Occasions(
        etas=("CL", "V"),
        omega=((math.log1p(0.12**2), 0.0), (0.0, math.log1p(0.31**2))),
        starts=(0.0, 24.0, 48.0, 72.0),
        where="Table 2: 12 % CV (clearances) and 31 % CV (volumes); each daily dose is an occasion",
    ),
    checks=(
        Check(
            what="AUC of 160 mg/m2, adult of 78 kg and 1.93 m2, 50 years, 110 mL/min/1.73 m2",
            expected=26.0,
            unit="mg.h/L",
            tolerance=0.05,
            where="Section 3.3, median of the adults; weight and filtration are theirs, surface "
            "and age ours",
            compute=lambda model: exposure(model, 1.93, 78.0, 110.0, 50.0)[0],
        ),
        Check(
            what="renal share of clearance, 70 kg, 120 mL/min/1.73 m2",
            expected=65.0,
            unit="%",
            tolerance=0.05,
            where="Key Points: about 65 % in adults; at their median of 110 it is 61 %",
            compute=lambda model: 100.0 * (1.0 - NON_RENAL / clearance(model, 70.0, 120.0)),
        ),
        Check(
            what="exposure at 60 over that at 120 mL/min/1.73 m2, same dose",
            expected=8.8704 / 6.0552,
            unit="1",
            tolerance=0.001,
            where=FACTS,
            compute=lambda model: clearance(model, 70.0, 120.0) / clearance(model, 70.0, 60.0),
        ),
        Check(
            what="AUC of 160 mg/m2, child of 29 kg and 1.04 m2, 140 mL/min/1.73 m2",
            expected=160.0 * 1.04 * 285.23 / 365.21 / (9.8088 * (29.0 / 70.0) ** 0.75),
            unit="mg.h/L",
            tolerance=0.001,
            where=f"{FACTS}; median of the children in Section 3.3: 21 (5.7-42)",
            compute=lambda model: exposure(model, 1.04, 29.0, 140.0, 9.0)[0],
        ),
    ),
    traps=(
        "Doses are mg of fludarabine phosphate; levels and areas are F-ara-A, 0.781 of it by mass. "
        "The paper's own words on this were not read: the published median of adults (26 mg.h/L) "
        "comes back with the conversion (26.5) and not without it (33.9).",
        "Filtration is mL/min for 1.73 m2 (Cockcroft-Gault in adults, Schwartz in children, from "
        "creatinine of days -7 to 0). The record's `gfr` is read as such; a clearance in mL/min "
        "has to be multiplied by 1.73 / body surface first.",
        "No more than a maximum for the age is counted: 35 at birth, 140 from 1.5 to 30 years, 8 "
        "less in each ten years after.",
        "The typical child lies a fifth above the published median of children (25.6 against "
        "21 mg.h/L).",
        "Most levels were taken 4 to 7 h after the infusion; a fifth of the doses had an early "
        "one, a fifth a late one.",
        "F-ara-A in plasma is not the active triphosphate in cells.",
        "Made under myeloablative busulfan. Lymphodepletion before CAR T cells is another setting.",
    ),
    external_validation="no external validation",
)
