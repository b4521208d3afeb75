"""Sirolimus troughs in children with immune cytopenia (Cheng 2020).

One compartment with a fixed absorption rate, made from steady-state troughs alone: it says what
dose holds a trough, and nothing about a load, a peak or a first week.
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
    Reading,
    Residual,
    typical,
)
from equipoise.source import Source, Standing, Value

FACTS = "computed from the paper's values, typical child"

THETAS = {
    "CL": Value(5.63, "L/h", "Table 3", note="CL/F of the reference child; RSE 9.00 %"),
    "V": Value(144.16, "L", "Table 3", note="V/F, no covariate; RSE 23.89 %"),
    "KA": Value(0.7521, "/h", "Methods, PPK analysis", note="fixed, not estimated"),
    "WEIGHT_REF": Value(28.5, "kg", "Results, final equation", note="median of the cohort"),
    "WEIGHT_EXP": Value(0.50, "1", "Table 3", note="exponent of weight on CL; RSE 18.28 %"),
    "BILIRUBIN_REF": Value(11.29, "umol/L", "Results, final equation", note="median of the cohort"),
    "BILIRUBIN_EXP": Value(
        -0.32, "1", "Table 3", note="exponent of total bilirubin on CL; RSE 31.12 %"
    ),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 5.63 x (bilirubin / 11.29)^-0.32 x (weight / 28.5)^0.5 x exp(eta), V/F alone."""
    clearance = (
        theta["CL"]
        * (covariates["bilirubin"] / theta["BILIRUBIN_REF"]) ** theta["BILIRUBIN_EXP"]
        * (covariates["weight"] / theta["WEIGHT_REF"]) ** theta["WEIGHT_EXP"]
    )
    return {
        "KA": np.asarray(theta["KA"]),
        "CL": clearance * np.exp(eta["CL"]),
        "V1": theta["V"] * np.exp(eta["V"]),
    }


def _steady(dose: float) -> list[PlainDose]:
    return [PlainDose(time=0.0, amount=dose, route="oral", interval=24.0, steady=1)]


def _trough(weight: float, bilirubin: float, dose: float, expected: float) -> Check:
    def compute(model: Model) -> float:
        covariates = {"weight": weight, "bilirubin": bilirubin}
        found = typical(model, _steady(dose), [23.5], covariates=covariates)
        return float(found.values["sirolimus"][0, 0, 0])

    return Check(
        what=f"steady-state trough (23.5 h), {dose:g} mg daily, {weight:g} kg, "
        f"bilirubin {bilirubin:g} umol/L",
        expected=expected,
        unit="ng/mL",
        tolerance=0.02,
        where=f"{FACTS}; the dose is Table 4's",
        compute=compute,
    )


def _area(model: Model) -> float:
    found = typical(model, _steady(1.75), [0.0, 24.0], covariates={"weight": 28.5})
    areas = found.areas["sirolimus"][0, 0]
    return float(areas[1] - areas[0])


def _decline(model: Model, bilirubin: float) -> float:
    # Two late samples after one dose: absorption is long over.
    doses = [PlainDose(time=0.0, amount=1.0, route="oral")]
    covariates = {"weight": 28.5, "bilirubin": bilirubin}
    found = typical(model, doses, [100.0, 124.0], covariates=covariates)
    first, second = found.values["sirolimus"][0, 0]
    return float(np.log(first / second) / 24.0)


MODEL = Model(
    id="sirolimus_cheng2020",
    agent="sirolimus",
    title="Sirolimus in children with refractory immune cytopenia",
    source=Source(
        "Cheng 2020, Int J Immunopathol Pharmacol",
        doi="10.1177/2058738420934936",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE_TROUGH}),
    population="27 Chinese children (107 steady-state troughs), refractory immune cytopenia of one "
    "or several lineages, one center, 2016-2017",
    domain={
        "weight": Range(7.0, 43.0, "kg", "Table 1"),
        "age": Range(1.0, 15.0, "a", "Table 1"),
    },
    covariates={
        "weight": Covariate("kg", reference=28.5, required=True),
        "bilirubin": Covariate("umol/L", reference=11.29),
    },
    thetas=THETAS,
    etas=("CL", "V"),
    omega=((0.0353, 0.0), (0.0, 0.0727)),
    omega_note="not settled: the abstract prints 3.53 % for CL/F and 7.27 % for V/F, Table 3 has "
    "no such row. Read as variance x 100 (log-SD 0.188 and 0.270), because the same abstract "
    "turns the residual 0.22 of Table 3 into 22.45 %; the other reading takes the percentages as "
    "coefficients of variation. No correlation is printed.",
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
            residual=Residual(
                proportional=0.2245, where="abstract; Table 3 prints 0.22 (RSE 11.42 %)"
            ),
            matrix="whole blood",
            assay="fluorescence polarization immunoassay",
        ),
    ),
    because="a clinician would act differently because of this entry when a child's bilirubin "
    "rises: at 40 umol/L clearance is a third lower, and the same dose gives a trough half as "
    "high again",
    other_readings=(
        Reading(
            "3.53 % and 7.27 % as coefficients of variation", ((0.001245, 0.0), (0.0, 0.005271))
        ),
    ),
    checks=(
        _trough(28.5, 11.29, 1.75, 8.41),
        _trough(10.0, 11.29, 0.75, 7.32),
        _trough(20.0, 11.29, 1.5, 9.27),
        _trough(30.0, 11.29, 1.75, 8.10),
        _trough(40.0, 11.29, 2.0, 7.43),
        _trough(10.0, 25.0, 0.5, 6.66),
        _trough(20.0, 25.0, 0.75, 6.50),
        _trough(30.0, 25.0, 1.0, 6.63),
        _trough(40.0, 25.0, 1.5, 8.15),
        Check(
            what="AUC over 24 h at steady state, 1.75 mg daily, 28.5 kg, bilirubin 11.29 umol/L",
            expected=310.8,
            unit="ng.h/mL",
            tolerance=0.002,
            where=FACTS,
            compute=_area,
        ),
        Check(
            what="half-life, 28.5 kg, bilirubin 11.29 umol/L",
            expected=17.7,
            unit="h",
            tolerance=0.005,
            where=FACTS,
            compute=lambda model: float(np.log(2.0) / _decline(model, 11.29)),
        ),
        Check(
            what="clearance at bilirubin 40 umol/L as a share of that at 11.29 umol/L",
            expected=0.667,
            unit="1",
            tolerance=0.001,
            where=FACTS,
            compute=lambda model: _decline(model, 40.0) / _decline(model, 11.29),
        ),
    ),
    traps=(
        "Made from steady-state troughs, with absorption fixed: it cannot answer a load, a peak, "
        "an AUC or a level before day 7.",
        "Table 4 gives doses for 5-15 and 35-45 kg; the children weighed 7-43 kg.",
        "The highest bilirubin of the cohort is not printed (mean 12.1, SD 7.4 umol/L; Table 4 "
        "parts its doses at 20.5): no domain can be checked, so a high one raises no caution.",
        "Whether bilirubin stands for the liver here was not told; in hemolysis it rises without "
        "liver disease, and then the lower clearance may not be real (our remark).",
        "The exponent of weight is 0.50 here, 0.75 and 1.23 in other pediatric models: "
        "extrapolations differ twofold.",
        "Levels were measured by FPIA, an immunoassay; another one reads about 30 % higher than "
        "LC-MS/MS (secondary source). Its lower limit is printed as 25 ng/mL, above the target "
        "window, surely a misprint.",
        "No prediction interval is printed that would settle the scale of variability.",
    ),
    population_class="child",
    settings=("itp", "aiha", "evans", "prca", "alps", "immune_cytopenia"),
)
