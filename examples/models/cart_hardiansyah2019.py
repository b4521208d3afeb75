"""CAR T cells, B cells and three cytokines (Hardiansyah 2019): a worked example, not on the shelf.

One patient (UPN1) with chronic lymphocytic leukemia. Effector cells multiply with the B cells they
meet, kill them and make cytokine; a share turns to memory; both move between blood and tissue.

    equipoise simulate examples/models/cart_hardiansyah2019.py \\
        --dose "1.1e8 cells iv" --dose "3.3e8 cells iv from 24 h" \\
        --dose "6.6e8 cells iv from 48 h" --times 0:60:1d
"""

import numpy as np

from equipoise.kinetics import System
from equipoise.model import Covariate, Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

FIXED = "Supplementary Table S1"
FITTED = "Supplementary Table S2, UPN1"
FIGURE = "Figure 1b, read off a logarithmic axis (about 30 %)"
DAY = 24.0

NAMES = (
    "RB", "DB", "KBC", "RE", "DE", "KIN", "KOUT", "AE", "AM", "RM", "DM", "H",
    "D6", "D10", "DG", "P6", "P10", "PG", "BASE6", "BASE10", "BASEG", "AG", "BG", "ONE",
)  # fmt: skip
STATES = (
    "b_cells", "effector", "effector_tissue", "memory", "memory_tissue", "il6", "il10", "ifn_gamma",
)  # fmt: skip


def rates(t, x, p, dx):
    """Billions of cells and pg/mL, per hour."""
    many = x[0] / (x[0] + p[11])
    turned = p[7] * x[1] * (1.0 - many) - p[8] * x[3] * many
    brake = p[21] + (1.0 - p[21]) * p[22] / (x[6] + p[22])
    # Billions squared to pg/mL, with the table's unit of the production constants.
    met = 1e6 * x[0] * x[1]
    dx[0] = (p[0] - p[1] - p[2] * x[1]) * x[0]
    dx[1] = (p[3] * x[0] - p[4] - p[5]) * x[1] + p[6] * x[2] - turned
    dx[2] = p[5] * x[1] - p[6] * x[2]
    dx[3] = (p[9] - p[10] - p[5]) * x[3] + p[6] * x[4] + turned
    dx[4] = p[5] * x[3] - p[6] * x[4]
    dx[5] = p[12] * (p[18] - x[5]) + p[15] * met
    dx[6] = p[13] * (p[19] - x[6]) + p[16] * met
    dx[7] = p[14] * (p[20] - x[7]) + p[17] * met * brake


THETAS = {
    "RB": Value(9.30e-3, "/d", FIXED, note="growth of B cells"),
    "DB": Value(7.60e-3, "/d", FIXED, note="death of B cells"),
    "KBC": Value(0.19, "/d", FITTED, note="killing, for each billion effectors; RSE 19 %"),
    "RE": Value(16.16, "/d", FITTED, note="growth, for each billion B cells; RSE 11 %"),
    "DE": Value(23.04, "/d", FITTED, note="loss of effectors; RSE 5 %"),
    "KIN": Value(76.78, "/d", FIXED, note="blood to tissue"),
    "KOUT": Value(1.84, "/d", FIXED, note="tissue to blood"),
    "AE": Value(2.4e-2, "/d", FITTED, note="effector to memory; RSE 32 %"),
    "AM": Value(1.0, "/d", FIXED, note="memory to effector"),
    "RM": Value(5.09e-2, "/d", FIXED, note="growth of memory cells"),
    "DM": Value(4.08e-1, "/d", FIXED, note="death of memory cells in blood"),
    "H": Value(1e5, "1", FIXED, note="in billions of B cells; with the unit in print, "
               "cells/mL, the memory cells of Figure 1b are not reached"),
    "D6": Value(3.96, "/d", FIXED, note="loss of IL-6"),
    "D10": Value(4.68, "/d", FIXED, note="loss of IL-10"),
    "DG": Value(1.51, "/d", FIXED, note="loss of interferon gamma"),
    "P6": Value(1.8e-3, "/d", FITTED, note="IL-6 made where a billion meets a billion; RSE 42 %"),
    "P10": Value(0.7e-3, "/d", FITTED, note="IL-10; RSE 39 %"),
    "PG": Value(0.3e-3, "/d", FITTED, note="interferon gamma; RSE 31 %"),
    "BASE6": Value(1.7, "pg/mL", FIGURE),
    "BASE10": Value(4.5, "pg/mL", FIGURE),
    "BASEG": Value(2.3, "pg/mL", FIGURE),
    "AG": Value(0.59, "1", FIXED, note="interferon gamma left under most IL-10"),
    "BG": Value(650.0, "pg/mL", FIXED, note="IL-10 at half of its action"),
}  # fmt: skip


def parameters(theta, covariate, eta):
    per_day = {name for name, value in THETAS.items() if value.unit == "/d"}
    numbers = {
        name: np.asarray(theta[name] / DAY if name in per_day else theta[name]) for name in THETAS
    }
    return {
        **numbers,
        "ONE": np.asarray(1.0),
        # The engine holds billions; a dose line counts cells.
        "F_effector": np.asarray(1e-9),
        "START_b_cells": covariate["b_cells"],
        "START_il6": np.asarray(theta["BASE6"]),
        "START_il10": np.asarray(theta["BASE10"]),
        "START_ifn_gamma": np.asarray(theta["BASEG"]),
    }


def both(first, second):
    """Cells of two states, in cells; no error is published."""

    def read(sample):
        total = 1e9 * (sample.amount[first] + sample.amount[second])
        return total, np.full_like(total, 1e-6)

    return read


def plain(analyte, unit, state, factor):
    return Observation(analyte, unit, state, "ONE", factor, Residual(where="none published"))


MODEL = Model(
    id="cart_hardiansyah2019",
    agent="car_other",
    title="CAR T cells, B cells and cytokines, one patient with chronic lymphocytic leukemia",
    source=Source(
        "Hardiansyah 2019, Clin Transl Sci",
        doi="10.1111/cts.12636",
        where="Supplement, Equations 1-9, Tables S1 and S2; Figure 1b",
        note="read from one open model file (nlmixr2lib) that cites them; the term of Equation 7 "
        "that makes memory cells follows Figure 1a, as there",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.EXPANSION}),
    population="UPN1 of Kalos 2011: 4.14e9 B cells in blood, 1.1e9 CAR T cells over three days "
    "(10, 30 and 60 %)",
    domain={},
    covariates={"b_cells": Covariate("10*9", reference=4.14)},
    thetas=THETAS,
    etas=(),
    omega=(),
    omega_note="none: fitted to one patient; the table's percentages are standard errors",
    structure=System(STATES, NAMES, rates),
    parameters=parameters,
    routes={"iv": 1},
    dose_unit="cells",
    observations=(
        Observation("car_cells_blood", "1", "", "ONE", 1.0,
                    Residual(form="none published", where="none published"),
                    read=both("effector", "memory")),
        plain("memory_cells", "1", "memory", 1e9),
        plain("b_cells_blood", "1", "b_cells", 1e9),
        plain("il6", "pg/mL", "il6", 1.0),
        plain("il10", "pg/mL", "il10", 1.0),
        plain("ifn_gamma", "pg/mL", "ifn_gamma", 1.0),
    ),
    because="this file is an example of cells that make cytokine",
    traps=("One patient: the spread between patients is not in it.",),
)  # fmt: skip
