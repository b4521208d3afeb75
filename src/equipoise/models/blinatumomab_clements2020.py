"""Blinatumomab as continuous infusion (Clements 2020).

One compartment, body surface on clearance, a half-life of two hours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equipoise.kinetics import Linear, half_lives
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
    simulate,
    structural_parameters,
    typical,
)
from equipoise.source import Source, Standing, Value

DISCUSSION = "Discussion"
FACTS = "computed from the paper's values"

THETAS = {
    "CL": Value(2.22, "L/h", "Table 3", note="at body surface 1.876 m2; 95 % CI 2.08-2.35"),
    "V": Value(5.98, "L", "Table 3", note="no variability, no covariate; 95 % CI 5.14-6.98"),
    "BSA_REF": Value(1.876, "m2", "Table 3, footnote a"),
    "BSA_EXP": Value(
        0.620, "1", "Table 3", note="exponent of body surface on CL; 95 % CI 0.46-0.76"
    ),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL = 2.22 x (surface / 1.876)^0.62 x exp(eta); V alone."""
    size = (covariates["bsa"] / theta["BSA_REF"]) ** theta["BSA_EXP"]
    return {"CL": theta["CL"] * size * np.exp(eta["CL"]), "V1": np.asarray(theta["V"])}


LOG_SD = 0.476
"""Between-subject SD of ln CL, Table 3: 47.6 % CV, defined as 100 x SD in the supplement."""


def _structural(model: Model, surface: float) -> tuple[float, float]:
    what = course(model, [], covariates={"bsa": surface})
    found = structural_parameters(model, what, np.zeros((1, 1)))
    return float(np.ravel(found["CL"])[0]), float(np.ravel(found["V1"])[0])


def _share(surface: float, percent: float) -> Check:
    return Check(
        what=f"clearance at body surface {surface:g} m2 as a share of the typical adult's",
        expected=1.0 + percent / 100.0,
        unit="1",
        tolerance=0.5 / (100.0 + percent),
        where=f"{DISCUSSION} ({percent:+g} %)",
        compute=lambda model: _structural(model, surface)[0] / model.thetas["CL"].number,
    )


def _half_life(surface: float, expected: float, tolerance: float) -> Check:
    def compute(model: Model) -> float:
        numbers = np.array([_structural(model, surface)])
        return float(half_lives(Linear(1, depot=False), numbers)[0, 0])

    return Check(
        what=f"half-life at body surface {surface:g} m2",
        expected=expected,
        unit="h",
        tolerance=tolerance,
        where=DISCUSSION,
        compute=compute,
    )


def _infusion(dose_per_day: float) -> list[PlainDose]:
    return [PlainDose(0.0, dose_per_day * 28.0, "iv", duration=28.0 * 24.0)]


def _plateau(dose_per_day: float, expected: float) -> Check:
    def compute(model: Model) -> float:
        found = typical(model, _infusion(dose_per_day), [240.0])
        return float(found.values["blinatumomab"][0, 0, 0])

    return Check(
        what=f"steady state of the typical adult, {dose_per_day:g} ug/d",
        expected=expected,
        unit="pg/mL",
        tolerance=0.002,
        where=FACTS,
        compute=compute,
    )


def _mean(model: Model) -> float:
    # Gauss-Hermite: the arithmetic mean over the population, without a random number.
    nodes, weights = np.polynomial.hermite.hermgauss(24)
    etas = np.sqrt(2.0 * model.omega[0][0]) * nodes[:, None]
    what = course(model, _infusion(28.0), covariates={})
    levels = simulate(model, [what], np.array([600.0]), etas=etas).values["blinatumomab"][0, :, 0]
    return float(weights @ levels / np.sqrt(np.pi))


MODEL = Model(
    id="blinatumomab_clements2020",
    agent="blinatumomab",
    title="Blinatumomab as continuous infusion, adults and children",
    source=Source(
        "Clements 2020, Clin Pharmacokinet",
        doi="10.1007/s40262-019-00823-8",
        note="from an open transcription of the paper's tables (nlmixr2lib); clearance, volume and "
        "the effect of body surface agree with the abstract",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE, Purpose.AUC, Purpose.WASHOUT, Purpose.EARLY_LEVEL}),
    population="674 patients (628 adults, 46 children) with B-precursor leukemia or lymphoma in 8 "
    "studies, 0.5-90 ug/m2/d or 9-28 ug/d",
    domain={
        "bsa": Range(0.37, 2.70, "m2", "Results 3.1"),
        "age": Range(0.6, 80.0, "a", "Results 3.1"),
        "weight": Range(7.5, 148.7, "kg", "Results 3.1"),
    },
    covariates={"bsa": Covariate("m2", reference=1.876)},
    thetas=THETAS,
    etas=("CL",),
    omega=((LOG_SD**2,),),
    omega_note="settled: 47.6 % CV is 100 x the SD of ln CL (the supplement calls it "
    "'approximately the percent coefficient of variation'), variance 0.2266. The size of the "
    "residual error also varies between patients (64.3 % CV); that is left out here.",
    structure=Linear(1, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="ug",
    observations=(
        Observation(
            analyte="blinatumomab",
            unit="pg/mL",
            state="central",
            volume="V1",
            factor=1000.0,
            residual=Residual(log=0.559, where="Table 3 (additive on the log scale, RSE 3.99 %)"),
            matrix="serum",
            assay="T-cell activation (CD69) bioassay, lower limit 50-100, upper 1000 pg/mL",
        ),
    ),
    because="a clinician would act differently because of this entry when an infusion was "
    "interrupted: the half-life is 2 hours, so after half a day less than 1 % of the level is "
    "left, and a restart rebuilds it within the day",
    checks=(
        _share(0.37, -63.0),
        _share(1.31, -20.0),
        _share(2.7, 25.0),
        _half_life(0.37, 5.11, 0.002),
        _half_life(1.31, 2.34, 0.005),
        _half_life(1.88, 1.86, 0.005),
        _half_life(2.7, 1.49, 0.005),
        _plateau(9.0, 169.0),
        _plateau(28.0, 526.0),
        Check(
            what="arithmetic mean of steady states in adults of 1.876 m2, 28 ug/d",
            expected=589.0,
            unit="pg/mL",
            tolerance=0.002,
            where=f"{FACTS}; non-compartmental means are 615 pg/mL in Table 2 (45 kg and over) "
            "and 616 in the Swiss label",
            compute=_mean,
        ),
    ),
    traps=(
        "Never combine the label's mean clearance (3.10 L/h, from each patient's own noisy level) "
        "with its mean level: the mean of 1/CL is not 1 over the mean of CL.",
        "The assay is a bioassay with 55.9 % residual error, and that size differs between "
        "patients: a single level says little.",
        "The abstract counts 2417 concentrations, the results 3629.",
        "No window ties a concentration to an outcome in leukemia; the doses are fixed.",
    ),
    external_validation="the model's mean steady states, 589 pg/mL at 28 ug/d and 189 at 9 ug/d, "
    "are 4 % and 17 % below the Swiss label's observed means (616 and 228); no independent cohort",
)
