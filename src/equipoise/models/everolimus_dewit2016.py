"""Everolimus 10 mg daily in adults with thyroid cancer (de Wit 2016).

Two compartments with first-order absorption, sampled over 8 h on days 1 and 15. Bioavailability
differs between those two occasions and is a fifth lower in carriers of the ABCB1 TTT haplotype.
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
    Occasions,
    PlainDose,
    Purpose,
    Range,
    Residual,
    typical,
)
from equipoise.source import Source, Standing, Value

FINAL = "Table 2, final model"
FACTS = "computed from the paper's values, typical adult"

THETAS = {
    "CL": Value(17.4, "L/h", FINAL, note="CL/F at 70 kg; RSE 8.4 %"),
    "V1": Value(25.2, "L", FINAL, note="V1/F at 70 kg; RSE 17.8 %"),
    "Q2": Value(51.1, "L/h", FINAL, note="Q; RSE 7.3 %, not scaled by weight"),
    "V2": Value(400.0, "L", FINAL, note="V2; printed without RSE: fixed. 475 in the base model"),
    "KA": Value(0.647, "/h", FINAL, note="RSE 6.2 %"),
    "TTT": Value(0.792, "1", FINAL, note="on F in carriers of ABCB1 TTT; RSE 6.5 %"),
    "WEIGHT_REF": Value(
        70.0, "kg", "Methods, base model", note="the paper cites the allometric form, not 70 kg"
    ),
    "WEIGHT_EXP_CL": Value(0.75, "1", "Methods, base model", note="of the form it cites"),
    "WEIGHT_EXP_V": Value(1.0, "1", "Methods, base model", note="of the form it cites"),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 17.4 x (weight / 70)^0.75, V1/F = 25.2 x weight / 70; F x 0.792 in TTT carriers."""
    size = covariates["weight"] / theta["WEIGHT_REF"]
    return {
        "KA": np.asarray(theta["KA"]),
        "CL": theta["CL"] * size ** theta["WEIGHT_EXP_CL"] * np.exp(eta["CL"]),
        "V1": theta["V1"] * size ** theta["WEIGHT_EXP_V"] * np.exp(eta["V1"]),
        "Q2": np.asarray(theta["Q2"]),
        "V2": np.asarray(theta["V2"]),
        "F_depot": theta["TTT"] ** covariates["abcb1_ttt"] * np.exp(eta["F"]),
    }


def steady(model: Model, carrier: float = 0.0, weight: float = 75.0) -> tuple[float, float]:
    """Trough in ng/mL and AUC over 24 h in ng.h/mL on 10 mg daily, typical patient."""
    doses = [PlainDose(0.0, 10.0, "oral", interval=24.0, steady=1)]
    covariates = {"weight": weight, "abcb1_ttt": carrier}
    found = typical(model, doses, [0.0, 24.0], covariates=covariates)
    areas = found.areas["everolimus"][0, 0]
    return float(found.values["everolimus"][0, 0, 1]), float(areas[1] - areas[0])


MODEL = Model(
    id="everolimus_dewit2016",
    agent="everolimus",
    title="Everolimus 10 mg daily in adults with thyroid cancer",
    source=Source(
        "de Wit 2016, Cancer Chemother Pharmacol",
        doi="10.1007/s00280-016-3050-6",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself; "
        "70 kg and the exponents are the transcription's reading of a cited form",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE_TROUGH, Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="40 adults with advanced thyroid cancer, 10 mg daily (669 levels, days 1 and 15, "
    "up to 8 h after the dose)",
    domain={
        "age": Range(40.0, 80.0, "a", "Table 1"),
        "weight": Range(45.0, 105.0, "kg", "Table 1"),
    },
    covariates={
        "weight": Covariate("kg", reference=70.0, required=True),
        "abcb1_ttt": Covariate("1", reference=0.0, levels={"noncarrier": 0.0, "carrier": 1.0}),
    },
    thetas=THETAS,
    etas=("CL", "V1"),
    omega=((math.log1p(0.351**2), 0.0), (0.0, math.log1p(0.864**2))),
    omega_note="Table 2 prints 35.1 % (CL/F, RSE 30.5 %) and 86.4 % (V1/F, RSE 35.3 %), as "
    "coefficients of variation: variance ln(1 + CV^2).",
    structure=Linear(2, depot=True),
    parameters=parameters,
    routes={"oral": 0},
    dose_unit="mg",
    observations=(
        Observation(
            analyte="everolimus",
            unit="ng/mL",
            state="central",
            volume="V1",
            factor=1000.0,
            residual=Residual(proportional=0.273, where=f"{FINAL}, 27.3 % (RSE 20.8 %)"),
            matrix="whole blood",
        ),
    ),
    because="a clinician would act differently because of this entry when a trough comes back on a "
    "new course: it says how much of it is this patient's clearance, where troughs near 15 ng/mL "
    "went with later dose reductions and troughs near 8 with none",
    occasions=Occasions(
        etas=("F",),
        omega=((math.log1p(0.192**2),),),
        starts=(0.0, 14 * 24.0),
        where=f"{FINAL}: 19.2 % on F between days 1 and 15 (RSE 38.1 %)",
    ),
    checks=(
        Check(
            what="AUC over 24 h at steady state, 10 mg daily, 75 kg",
            expected=546.0,
            unit="ng.h/mL",
            tolerance=0.005,
            where=f"{FACTS}; measured: 600 (SD 274) with and 395 (129) without a later reduction",
            compute=lambda model: steady(model)[1],
        ),
        Check(
            what="trough at steady state, 10 mg daily, 75 kg",
            expected=11.9,
            unit="ng/mL",
            tolerance=0.01,
            where=f"{FACTS}; measured: mean 11.3 over both groups",
            compute=lambda model: steady(model)[0],
        ),
        Check(
            what="AUC over 24 h at steady state, 10 mg daily, 75 kg, TTT carrier",
            expected=432.0,
            unit="ng.h/mL",
            tolerance=0.005,
            where=FACTS,
            compute=lambda model: steady(model, 1.0)[1],
        ),
    ),
    traps=(
        "Cancer doses of 10 mg once daily, without transplantation, azole or calcineurin "
        "inhibitor: ciclosporin alone halves the clearance in kidney recipients (8.8 L/h).",
        "Levels end 8 h after the dose: the terminal phase is seen through the predose level only, "
        "and V2 is fixed.",
        "The second occasion begins on day 15 and is kept for good; what a third would bring is "
        "not known.",
        "Weight enters by a cited form; on the size of that effect the data are silent.",
        "Genotype is rarely in a record: silence is taken as no TTT, the higher level.",
        "Whole blood, the assay not told in what was read. Hematocrit was tested and not kept.",
    ),
    population_class="adult",
)
