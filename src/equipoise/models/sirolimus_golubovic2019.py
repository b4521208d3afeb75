"""Sirolimus in kidney transplant recipients without a calcineurin inhibitor (Golubovic 2019).

Two compartments estimated from troughs with priors from other work: clearance is theirs, the
distribution largely is not.
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
    Purpose,
    Range,
    Residual,
    course,
    structural_parameters,
)
from equipoise.source import Source, Standing, Value

EQUATION = "Results, final equation"

THETAS = {
    "CL": Value(
        12.2 * (1.0 - 0.388),
        "L/h",
        "Table IV",
        note="CL/F at 44 years and AST up to 37 U/L; Table IV prints 12.2, the value at age 0",
    ),
    "V1": Value(118.0, "L", "Table IV", note="Vc/F, with a prior"),
    "Q2": Value(5.07, "L/h", "Table IV", note="Q/F, with a prior"),
    "V2": Value(609.0, "L", "Table IV", note="Vp/F, with a prior"),
    "KA": Value(2.19, "/h", "Table IV", note="not moved from its prior"),
    "AGE_REF": Value(44.0, "a", EQUATION),
    "AGE_SLOPE": Value(-0.388, "1", "Table IV", note="CL/F x (1 - 0.388 x age / 44)"),
    "AST_REF": Value(37.0, "U/L", "Results", note="upper limit of normal in the source"),
    "AST_HIGH": Value(0.63, "1", "Table IV", note="CL/F x 0.63 above that limit"),
}


def parameters(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    """CL/F = 12.2 x 0.63^(AST > 37) x (1 - 0.388 x age / 44) x exp(eta)."""
    slope = theta["AGE_SLOPE"]
    aged = (1.0 + slope * covariates["age"] / theta["AGE_REF"]) / (1.0 + slope)
    liver = np.where(covariates["ast"] / theta["AST_REF"] > 1.0, theta["AST_HIGH"], 1.0)
    return {
        "KA": theta["KA"] * np.exp(eta["KA"]),
        "CL": theta["CL"] * aged * liver * np.exp(eta["CL"]),
        "V1": theta["V1"] * np.exp(eta["V1"]),
        "Q2": theta["Q2"] * np.exp(eta["Q2"]),
        "V2": theta["V2"] * np.exp(eta["V2"]),
    }


def clearance(model: Model, age: float, ast: float) -> float:
    """Typical CL/F in L/h."""
    what = course(model, [], covariates={"age": age, "ast": ast})
    found = structural_parameters(model, what, np.zeros((1, len(model.etas))))
    return float(np.ravel(found["CL"])[0])


OMEGA = (0.0547, 0.306, 0.103, 0.0657, 0.145)
"""Variances of CL, V1, Q2, V2 and KA, Table IV."""

MODEL = Model(
    id="sirolimus_golubovic2019",
    agent="sirolimus",
    title="Sirolimus in adults after kidney transplantation, no calcineurin inhibitor",
    source=Source(
        "Golubovic 2019, J Med Biochem",
        doi="10.2478/jomb-2018-0030",
        note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.STEADY_STATE_TROUGH}),
    population="25 Serbian kidney transplant recipients converted from a calcineurin inhibitor to "
    "sirolimus with mycophenolate and steroids (250 troughs), one center, 2012-2013",
    domain={
        "age": Range(16.0, 64.0, "a", "Table I"),
        "weight": Range(44.0, 128.0, "kg", "Table I"),
        "ast": Range(9.0, 274.0, "U/L", "Table I"),
    },
    covariates={
        "age": Covariate("a", reference=44.0),
        "ast": Covariate("U/L", reference=37.0),
    },
    thetas=THETAS,
    etas=("CL", "V1", "Q2", "V2", "KA"),
    omega=tuple(tuple(v if i == j else 0.0 for j in range(5)) for i, v in enumerate(OMEGA)),
    omega_note="Table IV prints omega^2 of an exponential model, taken as it stands; that of KA is "
    "its prior. Diagonal.",
    structure=Linear(2, depot=True),
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
            residual=Residual(additive=1.93, proportional=0.249, where="Table IV, Wa and Wp"),
            matrix="whole blood",
            assay="chemiluminescent microparticle immunoassay (Architect)",
        ),
    ),
    because="a clinician would act differently because of this entry when AST is raised: clearance "
    "is 37 % lower above 37 U/L, so the same dose gives a trough more than half as high again",
    checks=(
        Check(
            what="clearance at 64 years as a share of that at 16",
            expected=0.51,
            unit="1",
            tolerance=0.01,
            where="Discussion: 49 % lower in the oldest patient than in the youngest",
            compute=lambda model: clearance(model, 64.0, 20.0) / clearance(model, 16.0, 20.0),
        ),
        Check(
            what="clearance with AST above 37 U/L as a share of that below",
            expected=0.63,
            unit="1",
            tolerance=0.001,
            where=f"{EQUATION}: 37 % lower",
            compute=lambda model: clearance(model, 44.0, 60.0) / clearance(model, 44.0, 20.0),
        ),
        Check(
            what="clearance at 44 years, AST normal",
            expected=7.466,
            unit="L/h",
            tolerance=0.001,
            where=EQUATION,
            compute=lambda model: clearance(model, 44.0, 20.0),
        ),
    ),
    traps=(
        "Troughs alone: volumes, Q and KA lean on priors from other work, and the terminal "
        "half-life of some 140 h stands beside 62 (SD 16) h: no load, no washout, no first week.",
        "Age makes clearance fall in a straight line from 12.2 at age 0: not for the very old.",
        "AST acts as a step at 37 U/L: 37 and 38 U/L differ by 37 % here, which no liver does.",
        "Kidney transplants on mycophenolate and steroids, no azole and no calcineurin inhibitor.",
        "Levels were measured by CMIA, an immunoassay. Hematocrit is not in the model.",
    ),
    external_validation="13 newly converted patients of the same center, told of in the paper; no "
    "number of it was read",
    population_class="adult",
    settings=("organ_transplant",),
)
