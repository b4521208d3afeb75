"""Ciclosporin by infusion and by mouth in adults after transplantation (Wilhelm 2012).

Two compartments, absorption with a lag. Everybody took fluconazole 50 mg daily: the clearance is
that of patients on a moderate inhibitor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from equipoise.kinetics import Linear
from equipoise.model import (
    Array,
    Check,
    Model,
    Observation,
    PlainDose,
    Purpose,
    Range,
    Residual,
    typical,
)
from equipoise.source import Source, Standing, Value

FACTS = "computed from the paper's values, typical adult"

THETAS = {
    "CL": Value(21.9, "L/h", "Table 3", note="RSD 5.2 %"),
    "V1": Value(16.6, "L", "Table 3", note="RSD 8.7 %; the abstract prints 18.3"),
    "Q2": Value(24.2, "L/h", "Table 3", note="RSD 9.3 %"),
    "V2": Value(59.0, "L", "Table 3", note="RSD 8.8 %"),
    "KA": Value(0.280, "/h", "Table 3", note="RSD 14.6 %"),
    "F": Value(0.710, "1", "Table 3", note="by mouth; RSD 9.9 %"),
    "LAG": Value(0.440, "h", "Table 3", note="by mouth; RSD 5.5 %"),
}

PERCENT = {"CL": 22.2, "V1": 26.9, "Q2": 28.2, "V2": 30.6, "KA": 43.8, "F": 25.0, "LAG": 18.1}
"""Between-subject variability as Table 3 prints it, coefficients of variation."""


def parameters(
    theta: Mapping[str, float],
    covariates: Mapping[str, Array],  # noqa: ARG001
    eta: Mapping[str, Array],
) -> Mapping[str, Array]:
    """Every parameter times exp(eta); no covariate. F and the lag are those of doses by mouth."""
    found = {name: theta[name] * np.exp(eta[name]) for name in ("KA", "CL", "V1", "Q2", "V2")}
    return {
        **found,
        "F_depot": theta["F"] * np.exp(eta["F"]),
        "LAG_depot": theta["LAG"] * np.exp(eta["LAG"]),
    }


def infusion(model: Model, weight: float = 84.0) -> tuple[float, float]:
    """AUC over 12 h in ug.h/L and peak in ug/L after 2.5 mg/kg over 3 h."""
    doses = [PlainDose(0.0, 2.5 * weight, "iv", 3.0)]
    found = typical(model, doses, [0.0, 3.0, 12.0])
    areas = found.areas["ciclosporin"][0, 0]
    return float(areas[2] - areas[0]), float(found.values["ciclosporin"][0, 0, 1])


def by_mouth(model: Model, weight: float = 84.0) -> tuple[float, float]:
    """AUC over 12 h in ug.h/L and trough in ug/L at steady state on 2.77 mg/kg twice daily."""
    doses = [PlainDose(0.0, 2.77 * weight, "oral", interval=12.0, steady=1)]
    found = typical(model, doses, [0.0, 12.0])
    areas = found.areas["ciclosporin"][0, 0]
    return float(areas[1] - areas[0]), float(found.values["ciclosporin"][0, 0, 1])


def _check(
    what: str, expected: float, unit: str, which: int, where: str, tolerance: float = 0.005
) -> Check:
    return Check(
        what=what,
        expected=expected,
        unit=unit,
        tolerance=tolerance,
        where=where,
        compute=lambda model: (*infusion(model), *by_mouth(model))[which],
    )


MODEL = Model(
    id="ciclosporin_wilhelm2012",
    agent="ciclosporin",
    title="Ciclosporin after allogeneic transplantation, infusion and by mouth, on fluconazole",
    source=Source(
        "Wilhelm 2012, Br J Clin Pharmacol",
        doi="10.1111/j.1365-2125.2011.04116.x",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset(
        {Purpose.STEADY_STATE_TROUGH, Purpose.AUC, Purpose.EARLY_LEVEL, Purpose.LOADING}
    ),
    population="20 adults after allogeneic transplantation (436 levels), 2.5 mg/kg over 3 h, then "
    "by mouth twice daily, all on fluconazole 50 mg daily, one center, 2005-2008",
    domain={
        "age": Range(37.0, 66.0, "a", "Table 1"),
        "weight": Range(53.0, 110.0, "kg", "Table 1"),
    },
    covariates={},
    thetas=THETAS,
    etas=tuple(PERCENT),
    omega=tuple(
        tuple(math.log1p((p / 100.0) ** 2) if i == j else 0.0 for j in range(len(PERCENT)))
        for i, p in enumerate(PERCENT.values())
    ),
    omega_note="Table 3 prints coefficients of variation (CL 22.2, V1 26.9, Q 28.2, V2 30.6, KA "
    "43.8, F 25.0, lag 18.1 %): variance ln(1 + CV^2). The paper estimated covariances and does "
    "not print them: diagonal here.",
    structure=Linear(2, depot=True),
    parameters=parameters,
    routes={"oral": 0, "iv": 1},
    dose_unit="mg",
    observations=(
        Observation(
            analyte="ciclosporin",
            unit="ng/mL",
            state="central",
            volume="V1",
            factor=1000.0,
            residual=Residual(additive=65.0, proportional=0.088, where="Table 3 (RSD 86 and 84 %)"),
            matrix="whole blood",
            assay="fluorescence polarization immunoassay (AxSYM)",
        ),
    ),
    because="a clinician would act differently because of this entry when a patient goes from "
    "infusion to mouth: with F 0.71 the same trough needs about 1.4 times the dose, and the peak "
    "is lower and later",
    checks=(
        _check(
            "AUC over 12 h, 2.5 mg/kg over 3 h, 84 kg",
            8580.0,
            "ug.h/L",
            0,
            "Results: measured mean (SD 2290)",
            0.02,
        ),
        _check(
            "level at the end of that infusion",
            2084.0,
            "ug/L",
            1,
            f"{FACTS}; measured peak 1937 (SD 497)",
        ),
        _check(
            "AUC over 12 h at steady state, 2.77 mg/kg by mouth twice daily, 84 kg",
            7544.0,
            "ug.h/L",
            2,
            f"{FACTS}; measured 7081 (SD 1429)",
        ),
        _check(
            "trough at steady state on that dose",
            266.0,
            "ug/L",
            3,
            f"{FACTS}; measured 308 (SD 121)",
        ),
    ),
    traps=(
        "Everybody took fluconazole: without an inhibitor clearance is higher (30-40 L/h in other "
        "work), and an interaction entry with an azole would count it twice.",
        "Levels were measured by FPIA, which reads metabolites too: higher than LC-MS/MS.",
        "Covariances were estimated and not printed; the bands of AUC are wider or narrower than "
        "theirs.",
        "Weight was tested and not kept: the dose per kg does not enter the clearance.",
        "The typical volume is 16.6 L in Table 3, 18.3 L in the abstract.",
        "Hematocrit is not in the model.",
    ),
    population_class="adult",
)
