"""Oral tacrolimus troughs in small children around transplantation (Chen 2022).

One compartment with a fixed absorption rate, made from troughs. The paper's effect of posaconazole
is an entry among the interactions: it begins and ends with the azole.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import (
    CLEARANCE_FACTOR,
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

THETAS = {
    "CL": Value(19.8, "L/h", "Table 2, Eq. 6", note="CL/F at 70 kg, no posaconazole; SE 7.0 %"),
    "V": Value(11300.0, "L", "Table 2, Eq. 7", note="V/F at 70 kg; SE 13.9 %"),
    "KA": Value(4.48, "/h", "Methods, Table 2", note="fixed, not estimated"),
    "WEIGHT_REF": Value(70.0, "kg", "Methods, Eq. 3", note="far from theirs (3.7-20.6 kg)"),
    "WEIGHT_EXP_CL": Value(0.75, "1", "Methods, Eq. 3", note="fixed"),
    "WEIGHT_EXP_V": Value(1.0, "1", "Methods, Eq. 3", note="fixed"),
}

POSACONAZOLE = 0.43
"""CL/F with posaconazole as a share of that without (Table 2: 1 - 0.57, SE 12.1 %; 12 of 51)."""


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 19.8 x (weight / 70)^0.75 x exp(eta), V/F = 11300 x weight / 70 x exp(eta)."""
    size = covariates["weight"] / theta["WEIGHT_REF"]
    return {
        "KA": np.asarray(theta["KA"]),
        "CL": theta["CL"] * size ** theta["WEIGHT_EXP_CL"] * np.exp(eta["CL"]),
        "V1": theta["V"] * size ** theta["WEIGHT_EXP_V"] * np.exp(eta["V"]),
    }


def clearance_per_kg(model: Model, weight: float, factor: float) -> float:
    """Typical CL/F in L/h/kg, the quantity of Figure 3."""
    what = course(model, [], covariates={"weight": weight, CLEARANCE_FACTOR: factor})
    found = structural_parameters(model, what, np.zeros((1, 2)))
    return float(np.ravel(found["CL"])[0]) / weight


def _figure_3(weight: float, expected: float, factor: float = 1.0) -> Check:
    return Check(
        what=f"clearance per kg at {weight:g} kg, "
        f"{'no posaconazole' if factor == 1.0 else 'posaconazole'}",
        expected=expected,
        unit="L/h/kg",
        tolerance=0.005,
        where="Fig. 3, as digitized in the transcription",
        compute=lambda model: clearance_per_kg(model, weight, factor),
    )


def _half_life(model: Model) -> float:
    doses = [PlainDose(0.0, 1.0, "oral")]
    found = typical(model, doses, [100.0, 124.0], covariates={"weight": 10.0})
    first, second = found.values["tacrolimus"][0, 0]
    return float(np.log(2.0) * 24.0 / np.log(first / second))


MODEL = Model(
    id="tacrolimus_chen2022",
    agent="tacrolimus",
    title="Oral tacrolimus in small children around transplantation",
    source=Source(
        "Chen 2022, Front Pharmacol",
        doi="10.3389/fphar.2022.758524",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE_TROUGH}),
    population="51 Chinese children with Crohn's disease around hematopoietic transplantation (424 "
    "troughs; 12 on posaconazole, 40 on steroids), one center, 2017-2020",
    domain={
        "weight": Range(3.7, 20.6, "kg", "Table 1"),
        "age": Range(0.27, 7.58, "a", "Table 1"),
        "hematocrit": Range(21.4, 42.5, "%", "Table 1"),
    },
    covariates={"weight": Covariate("kg", reference=70.0, required=True)},
    thetas=THETAS,
    etas=("CL", "V"),
    omega=((0.349**2, 0.0), (0.0, 0.859**2)),
    omega_note="Table 2 prints omega 0.349 (CL/F, SE 15.8 %) and 0.859 (V/F, SE 14.7 %). Read as "
    "log-SD: no variance from 51 children can have a standard error below 20 %, and the bands of "
    "Figs. 5 and 6 come back with it (test).",
    structure=Linear(1, depot=True),
    parameters=parameters,
    routes={"oral": 0},
    dose_unit="mg",
    observations=(
        Observation(
            analyte="tacrolimus",
            unit="ng/mL",
            state="central",
            volume="V1",
            factor=1000.0,
            residual=Residual(
                additive=1.353, proportional=0.259, where="Table 2 (SE 13.2 and 11.8 %), as SD"
            ),
            matrix="whole blood",
            assay="enzyme multiplied immunoassay (EMIT)",
        ),
    ),
    because="a clinician would act differently because of this entry when a child on tacrolimus "
    "gets posaconazole: clearance falls to 43 %, but so slowly does the drug accumulate that an "
    "early level hides it, and a dose that seems right on day 3 is twice too high later",
    checks=(
        _figure_3(5.0, 0.5476),
        _figure_3(10.0, 0.4604),
        _figure_3(20.0, 0.3872),
        _figure_3(5.0, 0.2351, POSACONAZOLE),
        _figure_3(20.0, 0.1662, POSACONAZOLE),
        Check(
            what="half-life, 10 kg, no posaconazole",
            expected=243.2,
            unit="h",
            tolerance=0.002,
            where="computed from the paper's values",
            compute=_half_life,
        ),
    ),
    traps=(
        "The half-life is ten days at 10 kg, from a volume that troughs with fixed absorption can "
        "hardly know: no load, no peak, no AUC, no first weeks. The model itself is at 38 % of its "
        "steady state on day 7.",
        "The paper's doses (0.5-0.6 mg/kg/d) were judged by levels that fit 72 h after the start; "
        "at steady state they are far above 20 ng/mL.",
        "The diagnosis is printed as Crohn's disease, at a median of 1.4 years.",
        "Posaconazole dose and formulation are not told.",
        "Levels were measured by EMIT, an immunoassay. Hematocrit was tested and not kept.",
    ),
    population_class="child",
)
