"""Sirolimus troughs in children with vascular anomalies (Fan 2024).

One compartment with a fixed absorption rate, made from steady-state troughs alone. Clearance and
volume rise steeply with weight, and there is no variability of volume.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import (
    Array,
    Check,
    Covariate,
    Model,
    Observation,
    PlainDose,
    Purpose,
    Range,
    Residual,
    typical,
)
from equipoise.source import Source, Standing, Value

FACTS = "computed from the paper's values, typical child"

THETAS = {
    "CL": Value(4.06, "L/h", "Table 2, Eq. 22", note="CL/F at 16 kg; RSE 4 %, 3.58-4.39"),
    "V": Value(155.0, "L", "Table 2, Eq. 23", note="V/F at 16 kg; RSE 26 %, 60-246"),
    "KA": Value(0.485, "/h", "Methods 2.3.1, Table 2", note="fixed, not estimated"),
    "WEIGHT_REF": Value(16.0, "kg", "Table 1, Eqs. 22-23", note="median of the cohort"),
    "WEIGHT_EXP_CL": Value(1.23, "1", "Table 2", note="estimated; RSE 8 %, 0.98-1.43"),
    "WEIGHT_EXP_V": Value(1.62, "1", "Table 2", note="estimated; RSE 13 %, 1.09-2.07"),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 4.06 x (weight / 16)^1.23 x exp(eta), V/F = 155 x (weight / 16)^1.62."""
    size = covariates["weight"] / theta["WEIGHT_REF"]
    return {
        "KA": np.asarray(theta["KA"]),
        "CL": theta["CL"] * size ** theta["WEIGHT_EXP_CL"] * np.exp(eta["CL"]),
        "V1": theta["V"] * size ** theta["WEIGHT_EXP_V"],
    }


def steady(weight: float, per_day: float, interval: float) -> list[PlainDose]:
    """A dose in mg/kg/d, given for ever at an interval in hours."""
    amount = per_day * weight * interval / 24.0
    return [PlainDose(0.0, amount, "oral", interval=interval, steady=1)]


def _trough(weight: float, per_day: float, interval: float, expected: float) -> Check:
    def compute(model: Model) -> float:
        doses = steady(weight, per_day, interval)
        found = typical(model, doses, [interval], covariates={"weight": weight})
        return float(found.values["sirolimus"][0, 0, 0])

    return Check(
        what=f"steady-state trough, {weight:g} kg, {per_day:g} mg/kg/d every {interval:g} h",
        expected=expected,
        unit="ng/mL",
        tolerance=0.005,
        where=f"{FACTS}; dose of Table 4, child of Fig. 5",
        compute=compute,
    )


def _half_life(model: Model) -> float:
    doses = [PlainDose(0.0, 1.0, "oral")]
    found = typical(model, doses, [100.0, 124.0], covariates={"weight": 25.0})
    first, second = found.values["sirolimus"][0, 0]
    return float(np.log(2.0) * 24.0 / np.log(first / second))


MODEL = Model(
    id="sirolimus_fan2024",
    agent="sirolimus",
    title="Sirolimus in children with vascular anomalies",
    source=Source(
        "Fan 2024, Front Pharmacol",
        doi="10.3389/fphar.2024.1457614",
        note="from an open transcription of the paper's tables (nlmixr2lib) and the abstract, not "
        "the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE_TROUGH}),
    population="49 Chinese children with vascular anomalies (134 steady-state troughs, 7 days or "
    "more into treatment), one center, 2017-2022",
    domain={
        "weight": Range(3.3, 65.0, "kg", "Table 1"),
        "age": Range(0.08, 12.0, "a", "Table 1"),
    },
    covariates={"weight": Covariate("kg", reference=16.0, required=True)},
    thetas=THETAS,
    etas=("CL",),
    omega=((0.2594**2,),),
    omega_note="Table 2 prints omega of CL/F as 25.94 % (RSE 32 %, shrinkage 17 %) of an "
    "exponential model; read as log-SD. As a coefficient of variation the log-SD would be 1.6 % "
    "smaller: one reading. None on V/F, by the authors' choice.",
    structure=Linear(1, depot=True),
    parameters=parameters,
    routes={"oral": 0},
    dose_unit="mg",
    observations=(
        Observation(
            analyte="sirolimus",
            unit="ng/mL",
            state="central",
            volume="V1",
            factor=1000.0,
            residual=Residual(additive=3.41, where="Table 2 (RSE 14 %, shrinkage 13 %)"),
            matrix="whole blood",
            assay="enzyme multiplied immunoassay (EMIT)",
        ),
    ),
    because="a clinician would act differently because of this entry when a small child with a "
    "vascular anomaly starts: 0.06 mg/kg/d below 10 kg and 0.09 from 50 kg on are the paper's "
    "doses for the same window, where one dose per kg for all would over- and undershoot",
    checks=(
        _trough(25.0, 0.07, 24.0, 8.25),
        _trough(25.0, 0.07, 12.0, 9.49),
        Check(
            what="half-life, 25 kg",
            expected=31.5,
            unit="h",
            tolerance=0.005,
            where=FACTS,
            compute=_half_life,
        ),
    ),
    traps=(
        "Made from steady-state troughs, with absorption fixed: it cannot answer a load, a peak, "
        "an AUC or a level before day 7.",
        "The exponent of weight on clearance is 1.23 here, 0.50 and 0.75 in other pediatric "
        "models: extrapolations differ twofold.",
        "The residual error is additive, 3.41 ng/mL: a low trough tells little.",
        "Table 4's shares in 5-15 ng/mL (73-79 %) count measured troughs, error included; ours are "
        "2-6 points lower, and the weights that were drawn are not told.",
        "Levels were measured by EMIT, an immunoassay; another one reads about 30 % higher than "
        "LC-MS/MS (secondary source).",
        "Hematocrit was tested and not kept; it ran within narrow limits in these children.",
    ),
    population_class="child",
    settings=("hemangioendothelioma",),
)
