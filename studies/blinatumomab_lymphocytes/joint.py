"""Blinatumomab and donor lymphocytes in one set of equations: our own joining, a hypothesis.

It is no evidence about outcomes, is not on the shelf and feeds nothing. Published are the kinetics
of the drug, two half-maximal concentrations and the windows it was tuned to; every link between
drug, T cells and targets is assumed (`ASSUMED`).

T cells are multiples of the resident cells in blood before treatment; the resident pool outside
blood is 49 times that (2 % of lymphocytes in blood is assumed too).
"""

from __future__ import annotations

import numpy as np

from equipoise.kinetics import System
from equipoise.model import Covariate, Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

DAY = 24.0
HERE = "assumed here"
CLEMENTS = "Clements 2020, Table 3"
HOSSEINI = "Hosseini 2020, supplementary table of parameters"

STATES = (
    "drug", "adapted", "blood", "tissue", "active", "donor_blood", "donor_tissue", "donor_active",
    "b_cells", "marrow", "leukemia",
)  # fmt: skip
NAMES = (
    "CL", "V1", "KT", "KK", "ADAPT", "STICK", "OUT", "IN", "ACTIVATE", "DIVIDE", "REST", "SHRINK",
    "ENOUGH", "KILL_B", "KILL_M", "KILL_L", "MAKE", "REGROW", "GROW", "EDGE", "B0", "ONE",
)  # fmt: skip


def rates(t, x, p, dx):  # noqa: ARG001
    """Per hour; drug in ug, T cells in multiples, B cells per uL, marrow and leukemia as shares."""
    level = x[0] / p[1]
    acts = level / (p[2] + level)
    kills = level / (p[3] + level)
    news = acts - x[1] if acts > x[1] else 0.0
    targets = x[9] + x[10]
    call = acts * targets / (p[12] + targets)
    out = p[6] * (1.0 + p[5] * news)
    dx[0] = -p[0] / p[1] * x[0]
    dx[1] = p[4] * (acts - x[1])
    rest = p[10] * x[4]
    dx[2] = p[7] * x[3] - out * x[2]
    dx[3] = out * x[2] - p[7] * x[3] - p[8] * call * x[3] + rest - p[11] * (x[3] - 49.0)
    dx[4] = p[8] * call * x[3] + p[9] * call * x[4] - rest
    back = p[10] * x[7]
    dx[5] = p[7] * x[6] - out * x[5]
    dx[6] = out * x[5] - p[7] * x[6] - p[8] * call * x[6] + back
    dx[7] = p[8] * call * x[6] + p[9] * call * x[7] - back
    effect = kills * (x[3] + x[4] + p[19] * (x[6] + x[7])) / 49.0
    dx[8] = p[16] * (p[20] * x[9] - x[8]) - p[13] * effect * x[8]
    dx[9] = p[17] * (1.0 - x[9]) * x[9] - p[14] * effect * x[9]
    dx[10] = p[18] * (1.0 - x[10]) * x[10] - p[15] * effect * x[10]


ASSUMED = {
    "ADAPT": Value(0.9, "/d", HERE, note="blood takes no more notice of drug that stays"),
    "STICK": Value(9.0, "1", HERE, note="times faster that T cells leave blood for new drug"),
    "OUT": Value(12.0, "/d", HERE, note="T cells out of blood without drug"),
    "ACTIVATE": Value(0.2, "/d", HERE, note="T cells called by drug and targets"),
    "DIVIDE": Value(0.45, "/d", HERE, note="growth of those"),
    "REST": Value(0.25, "/d", HERE, note="their return to rest"),
    "SHRINK": Value(0.03, "/d", HERE, note="loss of what is above the pool before"),
    "ENOUGH": Value(0.05, "1", HERE, note="marrow share of CD19 cells that calls half"),
    "KILL_B": Value(5.0, "/d", HERE, note="B cells in blood, most"),
    "KILL_M": Value(0.3, "/d", HERE, note="B cells in marrow, most"),
    "KILL_L": Value(0.3, "/d", HERE, note="leukemia, most"),
    "MAKE": Value(0.05, "/d", HERE, note="B cells in blood from those in marrow"),
    "REGROW": Value(0.05, "/d", HERE, note="B cells in marrow"),
    "GROW": Value(
        0.07, "/d", HERE, note="leukemia: doubles in ten days; none is in print for Ig/TR"
    ),
    "EDGE": Value(1.0, "1", HERE, note="what a donor T cell kills, beside a resident one"),
}
"""The links. Each is halved and doubled in `study.py`."""

THETAS = {
    "CL": Value(2.22, "L/h", CLEMENTS),
    "V": Value(5.98, "L", CLEMENTS),
    "KT": Value(0.1, "ng/mL", HOSSEINI, note="blinatumomab, half of T-cell activation"),
    "KK": Value(0.15, "ng/mL", HOSSEINI, note="blinatumomab, half of B-cell killing"),
    **ASSUMED,
}


def parameters(theta, covariate, eta):  # noqa: ARG001
    per_day = [name for name, value in ASSUMED.items() if value.unit == "/d"]
    numbers = {name: np.asarray(theta[name]) for name in ("KT", "KK", "STICK", "ENOUGH", "EDGE")}
    numbers |= {name: np.asarray(theta[name] / DAY) for name in per_day}
    return {
        **numbers,
        "DIVIDE": theta["DIVIDE"] / DAY * covariate["expansion"],
        "ADAPT": theta["ADAPT"] / DAY * covariate["expansion"],
        "CL": np.asarray(theta["CL"]),
        "V1": np.asarray(theta["V"]),
        "IN": np.asarray(theta["OUT"] / DAY / 49.0),
        "B0": covariate["b_count"],
        "ONE": np.asarray(1.0),
        # Cells in five liters of blood, as multiples of the resident T cells there.
        "F_donor_blood": 1.0 / (covariate["t_count"] * 5e6),
        "START_blood": np.asarray(1.0),
        "START_tissue": np.asarray(49.0),
        "START_b_cells": covariate["b_count"],
        "START_marrow": np.asarray(1.0),
        "START_leukemia": covariate["leukemia"],
    }


def t_cells(sample):
    """T cells in blood, resident and donor, as multiples of those before."""
    found = sample.amount["blood"] + sample.amount["donor_blood"]
    return found, np.full_like(found, 1e-6)


NONE = Residual(where="none: a hypothesis")

MODEL = Model(
    id="blinatumomab_lymphocytes_joint",
    agent="blinatumomab",
    title="Blinatumomab and donor lymphocytes, one set of equations (hypothesis)",
    source=Source(
        "this project",
        note="published parts: clearance and volume (Clements 2020, "
        "doi:10.1007/s40262-019-00823-8), half-maximal concentrations (Hosseini 2020, "
        "doi:10.1038/s41540-020-00145-7); every link is assumed",
    ),
    standing=Standing.HYPOTHESIS,
    purposes=frozenset({Purpose.EXPANSION}),
    population="none",
    domain={},
    covariates={
        "t_count": Covariate("/uL", reference=200.0),
        "b_count": Covariate("/uL", reference=100.0),
        "leukemia": Covariate("1", reference=1e-3),
        "expansion": Covariate("1", reference=1.0),
    },
    thetas=THETAS,
    etas=(),
    omega=(),
    omega_note="none",
    structure=System(STATES, NAMES, rates),
    parameters=parameters,
    routes={"iv": 0, "cells": 5},
    dose_unit="ug",
    observations=(
        Observation("blinatumomab", "ng/mL", "drug", "V1", 1.0, NONE),
        Observation("b_cells", "/uL", "b_cells", "ONE", 1.0, NONE),
        Observation("leukemia", "1", "leukemia", "ONE", 1.0, NONE),
        Observation(
            "t_cells", "1", "", "ONE", 1.0, Residual(form="none: a hypothesis"), read=t_cells
        ),
    ),
    because="it shows which assumed links an answer about this combination would hang on",
    traps=("No evidence about outcomes: no response, relapse, GVHD or survival is in it.",),
)
