"""Active Thymoglobulin, one linear compartment: a stand-in, not a published model.

The only two numbers that are public in any form, clearance and volume of the pediatric model of
Admiraal 2015, are read from a secondary digest; the saturable elimination that this drug needs is
missing. Bands for research, never a dose.
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

IMPLIED = "computed from the two secondary numbers, one compartment, dose / clearance"

THETAS = {
    "CL": Value(
        2.12,
        "L/d",
        "secondary digest of Bishop 2026, doi:10.1002/psp4.70176",
        note="linear clearance; the digest prints no unit, time is in days there. Per hour it "
        "would give a tenth of the published exposures",
    ),
    "V": Value(
        7.84,
        "L",
        "secondary digest of Bishop 2026, doi:10.1002/psp4.70176",
        note="central volume; the digest prints no unit",
    ),
    "AU_PER_UG": Value(
        1.0,
        "1",
        "from memory, unverified",
        Standing.PROVISIONAL,
        note="AU of active antibody in 1 ug of product; the exposures it gives are of the order of "
        "the published windows, no calibration was found",
    ),
}

POST_AUC_LOG_SD = Value(
    0.72,
    "1",
    "from the 25 % attainment of 60-95 AU.d/mL in Bishop 2026 (simulation, secondary digest)",
    Standing.HYPOTHESIS,
    note="SD of the log exposure after the graft that leaves 25 % in a window centered at best",
)
CL_LOG_SD = Value(
    0.48,
    "1",
    "our arithmetic",
    Standing.HYPOTHESIS,
    note="SD of ln CL that spreads the exposure after the graft by 0.72 in this model: 75 kg, "
    "1.5 mg/kg on days -3 to -1",
)
PROPORTIONAL_ERROR = Value(
    0.20,
    "1",
    "project convention",
    Standing.HYPOTHESIS,
    note="no residual error and no precision of an assay of active ATG was found; an ELISA of "
    "total rabbit IgG has 7.9 % within and 5.2 % between runs (PubMed 20159727, abstract), and the "
    "model errs besides",
)


def parameters(
    theta: Mapping[str, float],
    covariates: Mapping[str, Array],  # noqa: ARG001 - the digest gives no covariate's numbers
    eta: Mapping[str, Array],
) -> Mapping[str, Array]:
    """CL in L/h from the digest's L/d; the dose enters as activity, 1 AU for each ug."""
    return {
        "CL": theta["CL"] / 24.0 * np.exp(eta["CL"]),
        "V1": np.asarray(theta["V"]),
        "F": np.asarray(theta["AU_PER_UG"]),
    }


def course_75kg() -> list[PlainDose]:
    """1.5 mg/kg for 75 kg over 6 h on days -3, -2 and -1, from midnight; the graft at 0 h."""
    return [PlainDose(-72.0, 112.5, "iv", duration=6.0, interval=24.0, additional=2)]


def _areas(model: Model) -> tuple[float, float]:
    """AU.d/mL before the graft and in all."""
    areas = typical(model, course_75kg(), [0.0, 4000.0]).areas["atg_active_au"][0, 0]
    return float(areas[0] / 24.0), float(areas[1] / 24.0)


def _check(words: str, expected: float, tolerance: float, which: int) -> Check:
    def compute(model: Model) -> float:
        before, total = _areas(model)
        return (before, total - before, total)[which]

    return Check(
        what=f"{words}, 75 kg, 1.5 mg/kg on days -3 to -1 over 6 h",
        expected=expected,
        unit="AU.d/mL",
        tolerance=tolerance,
        where=IMPLIED,
        compute=compute,
    )


MODEL = Model(
    id="atg_thymoglobulin_linear",
    agent="thymoglobulin",
    title="Active Thymoglobulin, one linear compartment (stand-in, research only)",
    source=Source(
        "Admiraal 2015, Clin Pharmacokinet",
        doi="10.1007/s40262-014-0214-6",
        where="two numbers in a secondary digest of Bishop 2026, doi:10.1002/psp4.70176",
        note="the paper's model has saturable elimination, weight and lymphocytes; none of these "
        "numbers is public, so none is here",
    ),
    standing=Standing.PROVISIONAL,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL, Purpose.WASHOUT}),
    population="a model of 280 pediatric transplantations, as re-used for adults by simulation",
    domain={
        "weight": Range(
            40.0,
            math.inf,
            "kg",
            "EBMT Handbook 2024, chapter 10: weight changes clearance below 40 kg only",
        ),
        "lymphocytes": Range(
            0.0,
            2.0,
            "10*9/L",
            "secondary digest of Bishop 2026: the count before the first dose matters above 2.0",
        ),
    },
    covariates={},
    thetas=THETAS,
    etas=("CL",),
    omega=((CL_LOG_SD.number**2,),),
    omega_note=f"hypothesis: no variability is public. SD of ln CL {CL_LOG_SD.number:g} "
    f"({CL_LOG_SD.note}); the {POST_AUC_LOG_SD.number:g} is {POST_AUC_LOG_SD.where}. So that "
    "attainment is no check of this model. None on the volume, for want of a number.",
    structure=Linear(1, depot=False),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="mg",
    observations=(
        Observation(
            analyte="atg_active_au",
            unit="AU/mL",
            state="central",
            volume="V1",
            # mg/L is ug/mL, and F has already turned ug into AU.
            factor=1.0,
            residual=Residual(
                proportional=PROPORTIONAL_ERROR.number,
                where=f"{PROPORTIONAL_ERROR.where} (hypothesis): {PROPORTIONAL_ERROR.note}",
            ),
            matrix="serum",
            assay="T-cell binding by flow cytometry",
        ),
    ),
    because="a clinician would act differently because of this entry only in asking for a level: "
    "it shows how wide the exposure after the graft may be when nothing was measured",
    checks=(
        _check("AUC in all", 159.0, 0.01, 2),
        _check("AUC before the graft", 61.0, 0.03, 0),
        _check("AUC after the graft", 98.0, 0.03, 1),
    ),
    traps=(
        "Linear elimination overshoots: 10 mg/kg gives 307 AU.d/mL in all where the haploidentical "
        "window (in UE) is 100-148.5. The saturable sink of the paper's model is missing.",
        "Half-life 2.6 d here; 6 d were observed in adults after 6-10 mg/kg.",
        "Active antibody only: total rabbit IgG is several times higher, with no constant ratio.",
        "Thymoglobulin only; Grafalon (ATLG) has other doses, another antigen and another course.",
        "AU and UE are two scales without a conversion.",
        "Weight below 40 kg and lymphocytes change clearance; the numbers are not public.",
    ),
    external_validation="none; research only",
    population_class="adult",
)
