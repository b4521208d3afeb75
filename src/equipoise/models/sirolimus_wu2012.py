"""Sirolimus in adults with solid tumors (Wu 2012): two compartments, saturable absorption.

The dose waits in the gut lumen and leaves it at Vm x A / (Km + A), so a high dose is absorbed more
slowly, but whole. Clearance falls a little as the hematocrit rises.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from equipoise.kinetics import Linear, System, half_lives
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
    course,
    structural_parameters,
    typical,
)
from equipoise.source import Source, Standing, Value

FACTS = "computed from the paper's values, typical adult"

THETAS = {
    "CL": Value(12.9, "L/h", "Table 1", note="CL1/F at hematocrit 35.1 %; RSE 16.3 %"),
    "V1": Value(53.4, "L", "Table 1", note="V1/F; RSE 38.0 %"),
    "Q": Value(29.0, "L/h", "Table 1", note="CL2/F; RSE 8.17 %"),
    "V2": Value(611.0, "L", "Table 1", note="V2/F; RSE 11.3 %"),
    "VM": Value(
        4.56,
        "mg/h",
        "Table 1",
        note="RSE 37.7 %. Table 1 prints ug/L.h; the equation needs mass per time: mg/h is "
        "inferred",
    ),
    "KM": Value(13.8, "mg", "Table 1", note="amount in the gut at half of Vm; RSE 50.3 %"),
    "HEMATOCRIT_REF": Value(35.1, "%", "Table 1, footnote", note="Table 2 prints 35.0"),
    "HEMATOCRIT_EXP": Value(
        0.14, "1", "Table 1", note="CL1/F x (35.1 / hematocrit)^0.14; RSE 55.4 %"
    ),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 12.9 x (35.1 / hematocrit)^0.14 x exp(eta); no eta on Vm and Km."""
    ratio = theta["HEMATOCRIT_REF"] / covariates["hematocrit"]
    return {
        "CL": theta["CL"] * ratio ** theta["HEMATOCRIT_EXP"] * np.exp(eta["CL"]),
        "V1": theta["V1"] * np.exp(eta["V1"]),
        "Q": theta["Q"] * np.exp(eta["Q"]),
        "V2": theta["V2"] * np.exp(eta["V2"]),
        "VM": np.asarray(theta["VM"]),
        "KM": np.asarray(theta["KM"]),
    }


def rates(t, x, p, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """mg/h: lumen, central, peripheral; p is CL, V1, Q, V2, VM, KM."""
    absorbed = p[4] * x[0] / (p[5] + x[0])
    outward = p[2] / p[1] * x[1] - p[2] / p[3] * x[2]
    dx[0] = -absorbed
    dx[1] = absorbed - p[0] / p[1] * x[1] - outward
    dx[2] = outward


def _variances(*percent: float, log: bool) -> tuple[tuple[float, ...], ...]:
    """A diagonal covariance from printed percentages: as CV (log) or as 100 x SD."""
    variances = [math.log1p((p / 100) ** 2) if log else (p / 100) ** 2 for p in percent]
    return tuple(
        tuple(v if i == j else 0.0 for j in range(len(percent))) for i, v in enumerate(variances)
    )


PERCENT = (52.4, 52.4, 70.5, 19.3)
"""Between-subject variability of CL, V1, Q and V2 as Table 1 prints it."""


def _clearance(hematocrit: float) -> Check:
    def compute(model: Model) -> float:
        what = course(model, [], covariates={"hematocrit": hematocrit})
        found = structural_parameters(model, what, np.zeros((1, len(model.etas))))
        return float(np.ravel(found["CL"])[0])

    return Check(
        what=f"clearance at hematocrit {hematocrit:g} %",
        expected=12.4,
        unit="L/h",
        tolerance=0.1 / 12.4,
        where="Discussion (printed cut to one decimal: the equation gives 12.47)",
        compute=compute,
    )


def _half_life(which: int, words: str, expected: float) -> Check:
    def compute(model: Model) -> float:
        numbers = [[model.thetas[n].number for n in ("CL", "V1", "Q", "V2")]]
        return float(half_lives(Linear(2, depot=False), np.array(numbers))[0, which])

    return Check(
        what=f"{words} half-life of the disposition",
        expected=expected,
        unit="h",
        tolerance=0.002,
        where=FACTS,
        compute=compute,
    )


def _daily(dose: float, day: int, expected: float) -> Check:
    def compute(model: Model) -> float:
        doses = [PlainDose(0.0, dose, "oral", interval=24.0, additional=day - 1)]
        return float(typical(model, doses, [24.0 * day]).values["sirolimus"][0, 0, 0])

    return Check(
        what=f"trough after {day} daily doses of {dose:g} mg",
        expected=expected,
        unit="ng/mL",
        tolerance=0.005,
        where=FACTS,
        compute=compute,
    )


def _single(dose: float, at: float, expected: float) -> Check:
    def compute(model: Model) -> float:
        doses = [PlainDose(0.0, dose, "oral")]
        return float(typical(model, doses, [at]).values["sirolimus"][0, 0, 0])

    return Check(
        what=f"level {at:g} h after a single {dose:g} mg",
        expected=expected,
        unit="ng/mL",
        tolerance=0.005,
        where=FACTS,
        compute=compute,
    )


def _area(model: Model) -> float:
    doses = [PlainDose(0.0, 2.0, "oral")]
    return float(typical(model, doses, [3000.0]).areas["sirolimus"][0, 0, 0] / 2.0)


MODEL = Model(
    id="sirolimus_wu2012",
    agent="sirolimus",
    title="Sirolimus in adults with solid tumors, saturable absorption",
    source=Source(
        "Wu 2012, CPT Pharmacometrics Syst Pharmacol",
        doi="10.1038/psp.2012.18",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset(
        {
            Purpose.LOADING,
            Purpose.EARLY_LEVEL,
            Purpose.STEADY_STATE_TROUGH,
            Purpose.WASHOUT,
            Purpose.AUC,
        }
    ),
    population="76 adults with advanced solid tumors in four phase 1 trials (563 levels), "
    "1-60 mg once a week and 4 mg daily, liquid or tablet",
    domain={
        "age": Range(22.0, 83.0, "a", "Table 2"),
        "weight": Range(32.8, 154.6, "kg", "Table 2"),
        "hematocrit": Range(11.8, 44.7, "%", "Table 2"),
        "hemoglobin": Range(7.5, 15.7, "g/dL", "Table 2"),
        "albumin": Range(2.5, 4.6, "g/dL", "Table 2"),
        "creatinine": Range(0.3, 1.4, "mg/dL", "Table 2"),
    },
    covariates={"hematocrit": Covariate("%", reference=35.1)},
    thetas=THETAS,
    etas=("CL", "V1", "Q", "V2"),
    omega=_variances(*PERCENT, log=True),
    omega_note="not settled: Table 1 prints 52.4, 52.4, 70.5 and 19.3 % without saying of what. "
    "Read as coefficients of variation of a log-normal, variance ln(1 + CV^2), as the "
    "transcription does; the other reading is 100 x log-SD. CL/F and V1/F have the same number "
    "and the same standard error, perhaps one shared term or a misprint: independent here. "
    "Nothing on Vm and Km.",
    structure=System(
        states=("lumen", "central", "peripheral"),
        parameter_names=("CL", "V1", "Q", "V2", "VM", "KM"),
        rates=rates,
    ),
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
                additive=0.5,
                proportional=0.0217,
                where="Table 1, Methods (proportional RSE 97 %, additive RSE 35.5 %)",
            ),
            matrix="whole blood",
        ),
    ),
    because="a clinician would act differently because of this entry when a trough is drawn on day "
    "3 or after a load: it says how far from steady state the level is, where a trough-only model "
    "must refuse",
    other_readings=(
        Reading("percentages of Table 1 as 100 x log-SD", _variances(*PERCENT, log=False)),
    ),
    checks=(
        _clearance(44.7),
        _half_life(0, "terminal", 49.5),
        _half_life(1, "first", 0.847),
        _single(2.0, 24.0, 1.175),
        _single(60.0, 24.0, 50.9),
        _single(10.0, 2.8, 33.0),
        _daily(2.0, 7, 3.70),
        _daily(2.0, 14, 4.05),
        _daily(2.0, 60, 4.09),
        _daily(4.0, 60, 8.21),
        Check(
            what="AUC to infinity per mg (dose / clearance: absorption is slow, not incomplete)",
            expected=77.5,
            unit="ng.h/mL",
            tolerance=0.001,
            where=FACTS,
            compute=_area,
        ),
    ),
    traps=(
        "The unit of Vm is inferred: Table 1 prints ug/L.h, the equation needs mg/h.",
        "The exposure per dose falls with the dose in Fig. 1; this model's AUC to infinity is "
        "exactly proportional to the dose and cannot show that.",
        "Hematocrit 25 % raises clearance by 5 % here and by 46 % in another adult model "
        "(Mao 2024): the effect is not settled.",
        "Adults with tumors, without azoles, ciclosporin or a transplant; the terminal half-life "
        "of 49.5 h stands beside 62 (SD 16) h in renal transplantation.",
        "The methods of the levels are not told in what was read.",
        "The residual error is small (2.17 % with a standard error of 97 %, and 0.5 ng/mL): bands "
        "and odds after two levels are narrower than a ward's timing and assay allow.",
    ),
    population_class="adult",
)
