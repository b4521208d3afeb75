"""Once-daily intravenous busulfan in children (Lawson 2022): clearance falls with time.

Two compartments scaled by normal fat mass (fat-free mass and a fraction of the fat), clearance
that matures with postmenstrual age and falls toward exp(-0.198) of its start over the course.
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
    Purpose,
    Range,
    Residual,
    course,
    structural_parameters,
)
from equipoise.models.fat_free_mass import fat_free_mass
from equipoise.source import Source, Standing, Value

TABLE = "Table 3"
FIXED = "Table 3, fixed (after McCune 2014)"

THETAS = {
    "CL": Value(14.5, "L/h", TABLE, note="at 62 kg of normal fat mass; also in the abstract"),
    "V1": Value(40.6, "L", TABLE, note="at 59 kg of normal fat mass; also in the abstract"),
    "Q": Value(1.92, "L/h", TABLE, note="at 56.1 kg of fat-free mass"),
    "V2": Value(3.57, "L", TABLE, note="at 59 kg; the abstract prints per 62 kg"),
    "FALL": Value(-0.198, "1", TABLE, note="exponent of clearance reached in the end"),
    "HALF_TIME": Value(50.6, "h", TABLE, note="time from the first dose at which half is reached"),
    "FAT_CL": Value(0.509, "1", FIXED, note="share of fat mass that counts for clearance"),
    "FAT_V": Value(0.203, "1", FIXED, note="share of fat mass that counts for volumes"),
    "MATURE": Value(45.6, "wk", FIXED, note="postmenstrual age of half the mature clearance"),
    "HILL": Value(2.3, "1", FIXED, note="of the maturation"),
}

STEP = 4.0
"""Hours for which clearance is held: with the value at the middle of each stretch an AUC differs
from that of the smooth curve by less than 0.05 %."""

LAST = 144.0
"""Hours from the first dose after which clearance is held; no course is longer."""

WEEKS_A_YEAR = 365.25 / 7.0
TERM = 40.0
"""Weeks of gestation at birth, taken for everybody, as in the source."""


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL = 14.5 x (normal fat mass / 62)^0.75 x maturation x exp(-0.198 t / (50.6 + t))."""
    age, weight, hours = covariates["age"], covariates["weight"], covariates["course_time"]
    lean = fat_free_mass(age, weight, covariates["height"], covariates["sex"])
    for_clearance = lean + theta["FAT_CL"] * (weight - lean)
    for_volume = lean + theta["FAT_V"] * (weight - lean)
    weeks = age * WEEKS_A_YEAR + TERM
    mature = 1.0 / (1.0 + (weeks / theta["MATURE"]) ** -theta["HILL"])
    fallen = np.exp(theta["FALL"] * hours / (theta["HALF_TIME"] + hours))
    return {
        "CL": theta["CL"] * (for_clearance / 62.0) ** 0.75 * mature * fallen * np.exp(eta["CL"]),
        "V1": theta["V1"] * for_volume / 59.0 * np.exp(eta["V1"]),
        "Q2": theta["Q"] * (lean / 56.1) ** 0.75,
        "V2": theta["V2"] * for_volume / 59.0,
    }


def _fall(hours: float, expected: float, tolerance: float, where: str) -> Check:
    def compute(model: Model) -> float:
        child = {"age": 4.2, "weight": 17.0, "height": 104.0, "sex": 1.0}
        found = []
        for time in (3.0, hours):
            what = course(model, [], covariates={**child, "course_time": time})
            table = structural_parameters(model, what, np.zeros((1, len(model.etas))))
            found.append(float(np.ravel(table["CL"])[0]))
        return 100.0 * (1.0 - found[1] / found[0])

    return Check(
        what="fall of clearance from the end of the first infusion (3 h, our reading) to "
        f"{hours:g} h",
        expected=expected,
        unit="%",
        tolerance=tolerance,
        where=where,
        compute=compute,
    )


def _adult(name: str, expected: float) -> Check:
    def compute(model: Model) -> float:
        # The reference adult: 70 kg, 176 cm, for whom fat-free mass is 56.1 kg.
        person = {"age": 40.0, "weight": 70.0, "height": 176.0, "sex": 1.0, "course_time": 0.0}
        table = structural_parameters(
            model, course(model, [], covariates=person), np.zeros((1, len(model.etas)))
        )
        return float(np.ravel(table[name])[0])

    return Check(
        what=f"{name} of a man of 70 kg and 176 cm at the first dose",
        expected=expected,
        unit="L/h" if name == "CL" else "L",
        tolerance=0.015,
        where="abstract (for 62 kg of normal fat mass; see the traps)",
        compute=compute,
    )


def _steps() -> tuple[tuple[float, float], ...]:
    count = int(LAST / STEP)
    return tuple((i * STEP, (i + 0.5) * STEP) for i in range(count))


MODEL = Model(
    id="busulfan_lawson2022",
    agent="busulfan",
    title="Once-daily intravenous busulfan in children, clearance falls with time",
    source=Source(
        "Lawson 2022, CPT Pharmacometrics Syst Pharmacol",
        doi="10.1002/psp4.12809",
        note="abstract read; Table 3 from an open transcription (nlmixr2lib), which agrees with "
        "the abstract on all that both print",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="95 children in Australia and New Zealand, once-daily infusions of about 3 h, 379 "
    "days of dosing, 2491 levels",
    domain={
        "age": Range(0.735, 17.2, "a", "Table 2"),
        "weight": Range(7.77, 83.3, "kg", "Table 2"),
    },
    covariates={
        "age": Covariate("a", reference=4.2, required=True),
        "weight": Covariate("kg", reference=17.0, required=True),
        "height": Covariate("cm", reference=104.0, required=True),
        "sex": Covariate("1", reference=1.0, required=True, levels={"female": 0.0, "male": 1.0}),
        "course_time": Covariate("h", reference=0.0, by_time=_steps()),
    },
    thetas=THETAS,
    etas=("CL", "V1"),
    omega=(
        (0.147**2, 0.0295 * 0.147 * 0.349),
        (0.0295 * 0.147 * 0.349, 0.349**2),
    ),
    omega_note="Table 3 prints 14.7 % and 34.9 % with a correlation of 0.0295; its footnote says "
    "the square root of the variance times 100, so 100 x log-SD",
    structure=Linear(2, depot=False),
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
            residual=Residual(additive=30.0, proportional=0.243, where=TABLE),
            matrix="plasma",
        ),
    ),
    because="a clinician would act differently because of this entry when the first day's levels "
    "of a child on once-daily busulfan are back: an equal dose gives more exposure on each later "
    "day, because clearance goes on falling",
    occasions=Occasions(
        etas=("CL",),
        omega=((0.066**2,),),
        starts=(0.0, 24.0, 48.0, 72.0, 96.0),
        where="abstract: interoccasion variability of clearance 6.6 %; the dosing day is taken as "
        "the occasion",
    ),
    checks=(
        _adult("CL", 14.5),
        _adult("V1", 40.6),
        _fall(48.0, 8.1, 0.02, "Results: 8.1 % within the first 48 h"),
        _fall(96.0, 11.6, 0.05, "Results: 11.6 % over the four days (from when is not told there)"),
        Check(
            what="clearance that is reached in the end, of the first",
            expected=100.0 * math.exp(-0.198),
            unit="%",
            tolerance=1e-6,
            where="computed from Table 3",
            compute=lambda model: 100.0 * math.exp(model.thetas["FALL"].number),
        ),
    ),
    traps=(
        "Made from once-daily infusions of about 3 h. Every 6 h it was not tried.",
        "The residual error is large beside the spread between children (24.3 % against 14.7 %): "
        "one day's levels move the estimate less than a reader may expect.",
        "The fall of clearance is a function of the hours since the first dose, the same for every "
        "child; days differ by 6.6 % besides.",
        "The transcription leaves the variability between occasions out; it is in the abstract.",
        "62 kg is printed as the normal fat mass of an adult of 70 kg; with the printed share of "
        "fat and 56.1 kg of lean mass it is 63.2 kg, so that adult has 14.7 and not 14.5 L/h.",
        "Postmenstrual age is age plus 40 weeks for everybody: not for infants born early.",
    ),
    external_validation="no external validation",
    population_class="child",
)
