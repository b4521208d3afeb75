"""Sirolimus troughs in infants with kaposiform hemangioendothelioma (Chen 2020).

One compartment with a fixed absorption rate and a large volume. Carriers of CYP3A5*1 clear twice as
much.
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

FACTS = "computed from the paper's values, typical child"

THETAS = {
    "CL": Value(7.55, "L/h", "Table 3, Eq. vi", note="CL/F at 70 kg, CYP3A5*3/*3; SE 15.2 %"),
    "V": Value(1840.0, "L", "Table 3, Eq. vii", note="V/F at 70 kg; SE 12.7 %"),
    "KA": Value(0.485, "/h", "Methods, Table 3", note="fixed, not estimated"),
    "WEIGHT_REF": Value(70.0, "kg", "Methods, Eq. iii", note="standard weight, far from theirs"),
    "WEIGHT_EXP_CL": Value(0.75, "1", "Methods, Eq. iii", note="fixed"),
    "WEIGHT_EXP_V": Value(1.0, "1", "Methods, Eq. iii", note="fixed"),
    "CYP3A5": Value(0.999, "1", "Table 3", note="printed as 1 - (-0.999) x CYP3A5; SE 40.3 %"),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 7.55 x (weight / 70)^0.75 x (1 + 0.999 in CYP3A5*1 carriers) x exp(eta)."""
    size = covariates["weight"] / theta["WEIGHT_REF"]
    genotype = 1.0 + theta["CYP3A5"] * covariates["cyp3a5"]
    return {
        "KA": np.asarray(theta["KA"]),
        "CL": theta["CL"] * size ** theta["WEIGHT_EXP_CL"] * genotype * np.exp(eta["CL"]),
        "V1": theta["V"] * size ** theta["WEIGHT_EXP_V"],
    }


def clearance_per_kg(model: Model, weight: float, carrier: float) -> float:
    """Typical CL/F in L/h/kg, the quantity of Figure 3."""
    what = course(model, [], covariates={"weight": weight, "cyp3a5": carrier})
    found = structural_parameters(model, what, np.zeros((1, 1)))
    return float(np.ravel(found["CL"])[0]) / weight


def _figure_3(weight: float, expected: float) -> Check:
    return Check(
        what=f"clearance per kg at {weight:g} kg, CYP3A5*3/*3",
        expected=expected,
        unit="L/h/kg",
        tolerance=0.02,
        where="Fig. 3, as digitized in the transcription",
        compute=lambda model: clearance_per_kg(model, weight, 0.0),
    )


def _trough(carrier: float, word: str, expected: float) -> Check:
    def compute(model: Model) -> float:
        doses = [PlainDose(0.0, 1.0, "oral", interval=24.0, steady=1)]
        covariates = {"weight": 10.0, "cyp3a5": carrier}
        found = typical(model, doses, [24.0], covariates=covariates)
        return float(found.values["sirolimus"][0, 0, 0])

    return Check(
        what=f"steady-state trough, 10 kg, 1 mg daily, {word}",
        expected=expected,
        unit="ng/mL",
        tolerance=0.02,
        where=FACTS,
        compute=compute,
    )


MODEL = Model(
    id="sirolimus_chen2020",
    agent="sirolimus",
    title="Sirolimus in infants with kaposiform hemangioendothelioma",
    source=Source(
        "Chen 2020, J Int Med Res",
        doi="10.1177/0300060520947627",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE_TROUGH}),
    population="14 Chinese infants and young children with kaposiform hemangioendothelioma, mean "
    "1.5 years and 8.9 kg (SD 1.4 and 4.1), troughs, one center, 2016-2019",
    domain={
        "weight": Range(0.6, 17.1, "kg", "Table 1: mean 8.87, two SD (4.12) to either side"),
    },
    covariates={
        "weight": Covariate("kg", reference=70.0, required=True),
        "cyp3a5": Covariate("1", reference=0.0, levels={"nonexpresser": 0.0, "expresser": 1.0}),
    },
    thetas=THETAS,
    etas=("CL",),
    omega=((0.348**2,),),
    omega_note="Table 3 prints omega of CL/F as 0.348 (SE 17.0 %). Read as log-SD: the Methods "
    "call omega^2 the variance, and the 95 % bands of Fig. 4 come back with it (test) and not "
    "with 0.348 as variance. None on V/F.",
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
            residual=Residual(proportional=0.39, where="Table 3, sigma 0.390 (SE 7.3 %), as SD"),
            matrix="whole blood",
            assay="enzyme multiplied immunoassay (EMIT)",
        ),
    ),
    because="a clinician would act differently because of this entry when a child's CYP3A5 is "
    "known: a carrier of *1 needs about twice the dose of a *3/*3 for the same steady trough",
    checks=(
        _trough(0.0, "CYP3A5*3/*3", 22.3),
        _trough(1.0, "CYP3A5*1", 10.4),
        _figure_3(5.0, 0.208),
        _figure_3(20.0, 0.147),
        _figure_3(60.0, 0.111),
    ),
    traps=(
        "Fourteen patients; half of them carry CYP3A5*1, and the effect has a standard error of "
        "40 %.",
        "The half-life is about 100 h in *3/*3: the paper's own starting doses (0.20 mg/kg/d) were "
        "judged by a level that fits 48 h after the start, and go past 15 ng/mL at steady state.",
        "Volume comes from troughs with absorption fixed: no load, no peak, no AUC, no first week.",
        "A record that is silent on CYP3A5 is taken as *3/*3, the higher level.",
        "The range of weights is not printed; the domain is two SD round the mean.",
        "The exponent of weight is 0.75 here, 0.50 and 1.23 in other pediatric models.",
        "Levels were measured by EMIT, an immunoassay. Hematocrit was tested and not kept.",
    ),
    population_class="child",
    settings=("hemangioendothelioma",),
)
