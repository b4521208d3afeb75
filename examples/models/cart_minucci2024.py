"""CAR T cells of two kinds against CD19 (Minucci 2024): a worked example, not on the shelf.

Infused CD8 and CD4 cells become effectors, 2 to the number of divisions for each, where they bind
CD19; a share of dying effectors stays as memory; CD8 effectors kill. The reduced form: binding and
division are fast beside the rest. Thirteen patients were fitted one by one; `PATIENTS` has them.

    equipoise simulate examples/models/cart_minucci2024.py --dose "7.3e7 cells iv" --times 0:100:5d
"""

import numpy as np

from equipoise.kinetics import System
from equipoise.model import Covariate, Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

TABLE = "Supplementary Table 1"
DAY = 24.0
PER_NMOL = 6.022e14
"""Receptors in a nanomole."""

# Body weight (kg), CD8 share of the product, tumor cells at the start, divisions, memory share.
PATIENTS = {
    "F0104": (73.0, 0.333, 1.0e7, 21.41559, 2.514715e-3),
    "F0106": (57.0, 0.446, 1.0e7, 22.21255, 2.367866e-3),
    "F0107": (48.0, 0.461, 1.0e7, 21.15557, 1.336295e-2),
    "F0109": (88.0, 0.833, 1.0e5, 27.70301, 2.076709e-3),
    "F0110": (67.0, 0.820, 1.0e5, 19.58777, 1.0e-1),
    "F0111": (76.0, 0.943, 1.0e5, 22.85367, 1.0e-1),
    "F0118": (80.0, 0.290, 1.0e7, 15.88462, 2.267028e-3),
    "F0119": (62.0, 0.633, 1.0e7, 21.48104, 2.91e-10),
    "F0121": (62.0, 0.610, 3.834397e6, 18.06981, 1.182971e-3),
    "F0122": (62.0, 0.546, 1.162658e6, 19.63343, 7.041995e-3),
    "F0123": (63.0, 0.725, 1.0e5, 21.63407, 1.0e-1),
    "F0125": (71.0, 0.376, 1.613397e6, 18.05807, 1.48e-7),
    "F0126": (68.0, 0.372, 2.798924e5, 22.42293, 4.57e-7),
}

STATES = (
    "cells", "cd8_left", "cd8_effector", "cd8_memory", "cd4_left", "cd4_effector", "cd4_memory",
    "tumor", "lymphocytes",
)  # fmt: skip
NAMES = (
    "SHARE8", "ACT8", "ACT4", "GROWN", "OUT", "OUT_EFFECTOR", "OUT8", "OUT4", "MEMORY",
    "GROWTH", "KILL", "CD19", "KD", "MADE", "OUT_LYMPHOCYTES", "BLOOD",
)  # fmt: skip


def rates(t, x, p, dx):
    """Cells per hour; `cells` is the dose, `left` what is left of each kind as a fraction."""
    antigen = p[11] * x[7]
    bound = antigen / (p[12] + antigen)
    eight = p[0] * x[0] * x[1]
    four = (1.0 - p[0]) * x[0] * x[4]
    dx[0] = 0.0
    dx[1] = -(p[1] * bound + p[4]) * x[1]
    dx[2] = p[3] * p[1] * bound * eight - p[5] * x[2]
    dx[3] = p[8] * p[5] * x[2] - p[6] * x[3]
    dx[4] = -(p[2] * bound + p[4]) * x[4]
    dx[5] = p[3] * p[2] * bound * four - p[5] * x[5]
    dx[6] = p[8] * p[5] * x[5] - p[7] * x[6]
    dx[7] = (p[9] - p[10] * bound * x[2]) * x[7]
    dx[8] = p[13] - p[14] * x[8]


def parameters(theta, covariate, eta):
    out = 1.0 / theta["LIFE_LYMPHOCYTES"] / DAY
    whole = theta["LYMPHOCYTES"] * theta["BLOOD"]
    one = np.asarray(1.0)
    return {
        "SHARE8": covariate["cd8_share"],
        "ACT8": one / theta["ACTIVATION8"],
        "ACT4": one / theta["ACTIVATION4"],
        "GROWN": 2.0 ** covariate["divisions"],
        "OUT": one / theta["LIFE_INFUSED"] / DAY,
        "OUT_EFFECTOR": one / theta["LIFE_EFFECTOR"] / DAY,
        "OUT8": one / theta["LIFE_MEMORY8"] / DAY,
        "OUT4": one / theta["LIFE_MEMORY4"] / DAY,
        "MEMORY": covariate["memory_share"],
        "GROWTH": np.asarray(np.log(2.0) / theta["DOUBLING"] / DAY),
        "KILL": np.asarray(theta["KILL"] * 3600.0),
        "CD19": np.asarray(theta["CD19"] / (theta["BLOOD"] * PER_NMOL)),
        "KD": np.asarray(theta["KD"]),
        "MADE": np.asarray(out * whole),
        "OUT_LYMPHOCYTES": np.asarray(out),
        "BLOOD": np.asarray(theta["BLOOD"]),
        "START_cd8_left": one,
        "START_cd4_left": one,
        "START_tumor": covariate["tumor_cells"],
        "START_lymphocytes": np.asarray((1.0 - theta["DEPLETED"]) * whole),
    }


def total(sample):
    """CAR T cells of all kinds, per uL of blood; no error is published."""
    amount, own = sample.amount, sample.parameter
    infused = own["SHARE8"] * amount["cd8_left"] + (1.0 - own["SHARE8"]) * amount["cd4_left"]
    grown = sum(
        amount[f"{kind}_{age}"] for kind in ("cd8", "cd4") for age in ("effector", "memory")
    )
    found = (amount["cells"] * infused + grown) / (own["BLOOD"] * 1e6)
    return found, np.full_like(found, 1e-6)


def b_share(sample):
    """B cells, percent of lymphocytes in blood; no error is published."""
    tumor = sample.amount["tumor"]
    found = 100.0 * tumor / (tumor + sample.amount["lymphocytes"])
    return found, np.full_like(found, 1e-6)


NONE = Residual(form="none published", where="none published")

MODEL = Model(
    id="cart_minucci2024",
    agent="car_other",
    title="CAR T cells of two kinds against CD19, adults with B-cell lymphoma",
    source=Source(
        "Minucci 2024, Front Syst Biol",
        doi="10.3389/fsysb.2024.1380018",
        where="Methods 2.3, Supplementary Table 1",
        note="read from one open model file (nlmixr2lib), which reduces the paper's 25 states to "
        "eight where binding and division are fast; the paper prints 1e9 lymphocytes/L in the text "
        "and 5e8 in the table, which is used",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.EXPANSION}),
    population="13 adults with relapsed or refractory B-cell lymphoma (Ying 2021), fitted one by "
    "one; the reference is patient F0104",
    domain={},
    covariates={
        "cd8_share": Covariate("1", reference=0.333),
        "tumor_cells": Covariate("1", reference=1.0e7),
        "divisions": Covariate("1", reference=21.41559),
        "memory_share": Covariate("1", reference=2.514715e-3),
    },
    thetas={
        "BLOOD": Value(5.0, "L", TABLE),
        "CD19": Value(5000.0, "1", TABLE, note="receptors on a B cell"),
        "KD": Value(1.0, "nmol/L", TABLE, note="CAR to CD19"),
        "ACTIVATION8": Value(18.0, "h", TABLE),
        "ACTIVATION4": Value(36.0, "h", TABLE),
        "LIFE_INFUSED": Value(9.606881, "d", TABLE, note="fitted to all patients"),
        "LIFE_EFFECTOR": Value(3.101849, "d", TABLE, note="fitted to all patients"),
        "LIFE_MEMORY8": Value(180.0, "d", TABLE),
        "LIFE_MEMORY4": Value(240.0, "d", TABLE),
        "KILL": Value(1e-9, "/s", TABLE, note="for each CD8 effector"),
        "DOUBLING": Value(16.0, "d", TABLE, note="of the tumor; set by hand in the paper"),
        "LYMPHOCYTES": Value(5e8, "/L", TABLE),
        "LIFE_LYMPHOCYTES": Value(30.0, "d", TABLE),
        "DEPLETED": Value(0.9, "1", TABLE, note="by the chemotherapy before"),
    },
    etas=(),
    omega=(),
    omega_note="none: each patient has numbers of his own (`PATIENTS`)",
    structure=System(STATES, NAMES, rates),
    parameters=parameters,
    routes={"iv": 0},
    dose_unit="cells",
    observations=(
        Observation("car_cells", "/uL", "", "BLOOD", 1.0, NONE, read=total),
        Observation("b_share", "%", "", "BLOOD", 1.0, NONE, read=b_share),
        Observation("tumor_cells", "1", "tumor", "BLOOD", 5.0, Residual(where="none published")),
    ),
    because="this file is an example of cells of two kinds that grow on their target",
    traps=(
        "One infusion, at the first time of the course: what is left of it counts from there.",
        "The number of divisions was fitted to each patient: nobody knows it before.",
    ),
)  # fmt: skip
