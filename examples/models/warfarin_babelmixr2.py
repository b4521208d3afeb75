"""Warfarin and prothrombin complex activity after one oral dose in 32 volunteers.

Two absorption steps, one compartment, and an indirect response: warfarin holds back the making of
the complex. The data are those of O'Reilly 1963 and 1968 (nlmixr2data: `warfarin`). The numbers are
the last estimates of a NONMEM run (FOCE with interaction) that the babelmixr2 project distributes.
A data set needs the column DVID: 1 warfarin, 2 activity.
"""

import numpy as np

from equipoise.kinetics import System
from equipoise.model import Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

EXT = "pk.turnover.emax3.ext, row -1000000000"

VARIANCES = (0.558130, 0.558402, 0.0785849, 0.0508227, 5.0e-5, 0.184268, 0.00836315, 0.00274562)


def rates(t, x, p, dx):
    """Depot, gut, central (mg); activity in % of normal."""
    concentration = x[2] / p[3]
    made = p[6] * p[7] * (1.0 - p[4] * concentration / (p[5] + concentration))
    dx[0] = -p[0] * x[0]
    dx[1] = p[0] * x[0] - p[1] * x[1]
    dx[2] = p[1] * x[1] - p[2] / p[3] * x[2]
    dx[3] = made - p[6] * x[3]


def parameters(theta, covariate, eta):
    e0 = np.exp(theta["te0"] + eta["e0"])
    return {
        "KTR": np.exp(theta["tktr"] + eta["ktr"]),
        "KA": np.exp(theta["tka"] + eta["ka"]),
        "CL": np.exp(theta["tcl"] + eta["cl"]),
        "V": np.exp(theta["tv"] + eta["v"]),
        "EMAX": 1.0 / (1.0 + np.exp(-(theta["temax"] + eta["emax"]))),
        "EC50": np.exp(theta["tec50"] + eta["ec50"]),
        "KOUT": np.exp(theta["tkout"] + eta["kout"]),
        "E0": e0,
        "ONE": np.ones_like(e0),
        "START_activity": e0,
    }


MODEL = Model(
    id="warfarin_babelmixr2",
    agent="warfarin",
    title="Warfarin and prothrombin complex activity",
    source=Source(
        "NONMEM run pk.turnover.emax3, distributed with babelmixr2 (github nlmixr2/babelmixr2, "
        "commit 420df7e, tests/testthat/pk.turnover.emax3-nonmem.zip)",
        where="pk.turnover.emax3.ext, pk.turnover.emax3.nmctl",
        note="the run ended on rounding errors, with the variance of Emax at its bound",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL}),
    population="32 volunteers, 1.5 mg/kg by mouth",
    domain={},
    covariates={},
    thetas={
        "tktr": Value(6.24053e-07, "ln(/h)", EXT),
        "tka": Value(-3.00643e-06, "ln(/h)", EXT),
        "tcl": Value(-2.00405, "ln(L/h)", EXT),
        "tv": Value(2.05188, "ln(L)", EXT),
        "temax": Value(6.41850, "logit(1)", EXT),
        "tec50": Value(0.140763, "ln(mg/L)", EXT),
        "tkout": Value(-2.95347, "ln(/h)", EXT),
        "te0": Value(4.57045, "ln(%)", EXT),
    },
    etas=("ktr", "ka", "cl", "v", "emax", "ec50", "kout", "e0"),
    omega=tuple(map(tuple, np.diag(VARIANCES).tolist())),
    omega_note="variances, as printed; that of Emax stands at its bound",
    structure=System(
        ("depot", "gut", "central", "activity"),
        ("KTR", "KA", "CL", "V", "EMAX", "EC50", "KOUT", "E0", "ONE"),
        rates,
    ),
    parameters=parameters,
    routes={"oral": 0},
    dose_unit="mg",
    observations=(
        Observation(
            "warfarin", "mg/L", "central", "V", 1.0,
            Residual(proportional=0.0985805, additive=0.511625, where=EXT), matrix="plasma",
            rows=("DVID", (1.0,)),
        ),
        Observation(
            "prothrombin_complex_activity", "%", "activity", "ONE", 1.0,
            Residual(additive=3.71714, where=EXT), matrix="plasma", rows=("DVID", (2.0,)),
        ),
    ),
    because="this file is an example, held against NONMEM subject by subject",
)  # fmt: skip
