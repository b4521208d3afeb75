"""Sirolimus troughs in adults after liver transplantation (Mao 2024).

One compartment with a fixed absorption rate. Hematocrit is the only covariate: in anemia clearance
from whole blood rises, because red cells hold less of the drug.
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
    course,
    structural_parameters,
    typical,
)
from equipoise.source import Source, Standing, Value

FACTS = "computed from the paper's values, typical adult"

THETAS = {
    "CL": Value(7.09, "L/h", "Table 2, Eq. 8", note="CL/F at hematocrit 38 %; RSE 4 %"),
    "V": Value(496.0, "L", "Table 2, Eq. 9", note="V/F; RSE 15 %"),
    "KA": Value(0.75, "/h", "Table 2, Eq. 7", note="fixed, not estimated"),
    "HEMATOCRIT_REF": Value(38.0, "%", "Table 1, Eq. 8", note="median of the cohort"),
    "HEMATOCRIT_EXP": Value(-0.901, "1", "Table 2, Eq. 8", note="RSE 17 %"),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 7.09 x (hematocrit / 38)^-0.901 x exp(eta), V/F = 496 x exp(eta)."""
    ratio = covariates["hematocrit"] / theta["HEMATOCRIT_REF"]
    return {
        "KA": np.asarray(theta["KA"]),
        "CL": theta["CL"] * ratio ** theta["HEMATOCRIT_EXP"] * np.exp(eta["CL"]),
        "V1": theta["V"] * np.exp(eta["V"]),
    }


def _clearance(model: Model, hematocrit: float) -> float:
    what = course(model, [], covariates={"hematocrit": hematocrit})
    found = structural_parameters(model, what, np.zeros((1, len(model.etas))))
    return float(np.ravel(found["CL"])[0])


def _trough(model: Model) -> float:
    doses = [PlainDose(0.0, 1.0, "oral", interval=24.0, steady=1)]
    return float(typical(model, doses, [24.0]).values["sirolimus"][0, 0, 0])


def _half_life(model: Model) -> float:
    found = typical(model, [PlainDose(0.0, 1.0, "oral")], [100.0, 124.0])
    first, second = found.values["sirolimus"][0, 0]
    return float(np.log(2.0) * 24.0 / np.log(first / second))


MODEL = Model(
    id="sirolimus_mao2024",
    agent="sirolimus",
    title="Sirolimus in adults after liver transplantation, with hematocrit",
    source=Source(
        "Mao 2024, Drug Des Devel Ther",
        doi="10.2147/DDDT.S503463",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself; "
        "the scale of the residual error is inferred (see the traps)",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE_TROUGH}),
    population="103 Chinese liver transplant recipients (216 troughs, 99 men), tablets 0.5-2 mg "
    "daily or every other day, 14-699 days after transplantation, one center",
    domain={
        "age": Range(28.0, 74.0, "a", "Table 1"),
        "weight": Range(39.0, 90.0, "kg", "Table 1"),
        "hematocrit": Range(17.5, 49.5, "%", "Table 1"),
    },
    covariates={"hematocrit": Covariate("%", reference=38.0)},
    thetas=THETAS,
    etas=("CL", "V"),
    omega=((0.324**2, 0.0665), (0.0665, 0.427**2)),
    omega_note="Table 2 prints omega 32.4 % (CL/F) and 42.7 % (V/F) and a covariance of 0.0665. "
    "Read as log-SD: Eq. 1 names omega^2 the variance, and the covariance then means a correlation "
    "of 0.48.",
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
                proportional=0.033**0.5,
                where="Table 2 prints 3.3 % (RSE 10 %); read as the variance 0.033, SD 18 %",
            ),
            matrix="whole blood",
            assay="chemiluminescent microparticle immunoassay (Architect)",
        ),
    ),
    because="a clinician would act differently because of this entry when a patient is anemic: at "
    "hematocrit 25 % it expects 32 % lower whole-blood troughs on the same dose, so that a low "
    "trough is not by itself a reason to raise the dose",
    checks=(
        Check(
            what="steady-state trough, 1 mg daily, hematocrit 38 %",
            expected=5.26,
            unit="ng/mL",
            tolerance=0.05,
            where="Table 1: median measured trough at the median dose 1 mg and hematocrit 38 %",
            compute=_trough,
        ),
        Check(
            what="clearance at hematocrit 25 % as a share of that at 38 %",
            expected=1.46,
            unit="1",
            tolerance=0.003,
            where=FACTS,
            compute=lambda model: _clearance(model, 25.0) / _clearance(model, 38.0),
        ),
        Check(
            what="half-life",
            expected=48.5,
            unit="h",
            tolerance=0.005,
            where=FACTS,
            compute=_half_life,
        ),
    ),
    traps=(
        "The residual error is printed as 3.3 %. Read as a variance (SD 18 %): its standard error "
        "of 10 % is what a variance from 216 levels can have and an SD cannot (5 %), and Fig. 1 "
        "shows more scatter than 3.3 %. The smaller number would make single levels look far "
        "surer. The text also tells of an additive part that no table prints.",
        "Hematocrit 25 % instead of the reference raises clearance by 46 % here and by 5 % in Wu "
        "2012: the effect is not settled. Unbound drug may be unchanged while the whole-blood "
        "trough falls.",
        "Made from troughs, with absorption fixed: no load, no peak, no AUC, no first week.",
        "Liver transplants, 96 % men; a quarter took Wuzhi, an inhibitor, without a kept effect.",
        "Architect reagents measured the levels (an immunoassay); the paper calls it EMIT.",
    ),
    population_class="adult",
    settings=("organ_transplant",),
)
