"""Intravenous busulfan in adults (Choe 2012): one compartment, clearance with the root of weight.

Made from the first dose alone, with phenytoin in everybody: clearance does not fall here, and
nothing is said about how days differ.
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
    PlainDose,
    Purpose,
    Range,
    Residual,
    course,
    structural_parameters,
    typical,
)
from equipoise.source import Source, Standing, Value

TABLE = "Table 3"

THETAS = {
    "CL": Value(
        0.947 * math.sqrt(65.0),
        "L/h",
        TABLE,
        note="0.947 x weight^0.5 at 65 kg (0.909-0.986 by bootstrap); Table 2 prints 7.6",
    ),
    "V": Value(
        3.610 * math.sqrt(65.0),
        "L",
        TABLE,
        note="women, 3.610 x weight^0.5 at 65 kg (3.510-3.770 by bootstrap); Table 2 prints 29.1",
    ),
    "V_MALE": Value(0.105, "1", TABLE, note="men have so much more volume"),
    "WEIGHT_REF": Value(65.0, "kg", "Table 2, footnote"),
    "WEIGHT_EXP": Value(0.5, "1", "Results, fixed", note="estimated 0.36 and 0.48"),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL = 0.947 x weight^0.5; V = 3.610 x weight^0.5 x (1 + 0.105 in men)."""
    size = (covariates["weight"] / theta["WEIGHT_REF"]) ** theta["WEIGHT_EXP"]
    return {
        "CL": theta["CL"] * size * np.exp(eta["CL"]),
        "V1": theta["V"] * size * (1.0 + theta["V_MALE"] * covariates["sex"]) * np.exp(eta["V"]),
    }


def _typical(name: str, male: float, expected: float) -> Check:
    def compute(model: Model) -> float:
        what = course(model, [], covariates={"weight": 65.0, "sex": male})
        table = structural_parameters(model, what, np.zeros((1, len(model.etas))))
        return float(np.ravel(table[name])[0])

    unit, words = ("L/h", "clearance") if name == "CL" else ("L", "volume")
    who = "" if name == "CL" else (" (man)" if male else " (woman)")
    return Check(
        what=f"{words} at 65 kg{who}",
        expected=expected,
        unit=unit,
        tolerance=0.005,
        where="Table 2",
        compute=compute,
    )


def _proposed(model: Model) -> float:
    weight = 75.0
    doses = [PlainDose(0.0, 24.79 * math.sqrt(weight), "iv", 3.0)]
    area = typical(model, doses, [0.0, 400.0], covariates={"weight": weight, "sex": 1.0})
    return float(area.areas["busulfan"][0, 0, -1]) / 1000.0


def _molar(model: Model) -> float:
    """The same AUC in uM.min, by the molar mass of busulfan."""
    return _proposed(model) / 246.3 * 60_000.0


MODEL = Model(
    id="busulfan_choe2012",
    agent="busulfan",
    title="Intravenous busulfan in adults, first dose",
    source=Source(
        "Choe 2012, Korean J Physiol Pharmacol",
        doi="10.4196/kjpp.2012.16.4.273",
        where="Tables 2 and 3, Methods",
        note="the paper was read; an open transcription (nlmixr2lib) has the same values",
    ),
    standing=Standing.PUBLISHED,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="60 Korean adults with blood cancers, 0.8 mg/kg over 2 h every 6 h or 3.2 mg/kg "
    "over 3 h once daily, all with phenytoin; five levels each after the first dose",
    domain={
        "age": Range(16.0, 58.0, "a", "Table 1"),
        "weight": Range(52.5, 116.0, "kg", "Table 1"),
        "height": Range(146.0, 183.0, "cm", "Table 1"),
    },
    covariates={
        "weight": Covariate("kg", reference=65.0, required=True),
        "sex": Covariate("1", reference=0.0, required=True, levels={"female": 0.0, "male": 1.0}),
    },
    thetas=THETAS,
    etas=("CL", "V"),
    omega=((math.log1p(0.16**2), 0.0), (0.0, math.log1p(0.09**2))),
    omega_note="Table 2 prints 16 % and 9 % for exponential variability; read as coefficients of "
    "variation, ln(1 + CV^2). As 100 x log-SD they would differ by less than 1 %: one reading",
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
            residual=Residual(proportional=0.063, where="Table 2"),
            matrix="plasma",
            assay="LC-MS/MS",
        ),
    ),
    because="a clinician would act differently because of this entry when an adult's first-dose "
    "levels are back: the clearance they show, not mg/kg, says what the remaining doses will give",
    checks=(
        _typical("CL", 1.0, 7.6),
        _typical("V1", 1.0, 32.2),
        _typical("V1", 0.0, 29.1),
        Check(
            what="AUC of the proposed dose, 24.79 x weight^0.5",
            expected=26.18,
            unit="mg.h/L",
            tolerance=0.002,
            where="Determination of the dosage formula",
            compute=_proposed,
        ),
        Check(
            what="the same in molar units",
            expected=6378.0,
            unit="uM.min",
            tolerance=0.002,
            where="Determination of the dosage formula (6378 uM.min = 26.18 mg.h/L)",
            compute=_molar,
        ),
    ),
    traps=(
        "First dose only: no fall of clearance over the days and no variability between days. The "
        "children's models have clearance 11 to 14 % lower later; a plan from the first day alone "
        "may overshoot. Recheck a later day.",
        "Everybody had phenytoin, which raises clearance by 15 % or more (label). Without it "
        "expect less clearance and more exposure until levels say otherwise.",
        "Korean adults of 52.5 to 116 kg, doses by a weight corrected for obesity; other "
        "populations have clearance near 10 L/h at 65 kg in two studies that the paper cites.",
        "The paper's simulation puts 89.1 % of patients within 10 % of the target with its dose; "
        "with the 16 % it prints for clearance it would be 47 %. The 16 % stands in table, "
        "abstract and discussion and is used; the simulation is not met.",
        "The bootstrap interval of the effect of sex is misprinted (1.002-1.093 beside 0.105).",
    ),
    external_validation="Cho 2016, Korean J Physiol Pharmacol (doi:10.4196/kjpp.2016.20.3.245), by "
    "the same group: 37 adults, two levels each; AUC by Bayesian estimate, mean error -2.0 %, root "
    "mean square 17.7 %",
    population_class="adult",
)
