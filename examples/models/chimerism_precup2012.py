"""Donor, host and leukemia competing for marrow (Precup 2012): a worked example, not on the shelf.

Three lines multiply under one crowding term; host and leukemia hold each other and the donor back,
and the donor them. Which line wins depends on the numbers at the start: enough donor cells end in
full donor chimerism, fewer in leukemia. No number of it was measured in a patient.

    equipoise simulate examples/models/chimerism_precup2012.py --dose "4e8 cells iv" \\
        --times 0:1000:50
"""

import numpy as np

from equipoise.kinetics import System
from equipoise.model import Covariate, Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

EXPORT = "SBML export of BIOMD0000000800"
DAY = 24.0


def rates(t, x, p, dx):
    """Cells per hour; x: host, leukemia, donor."""
    room = 1.0 + p[2] * (x[0] + x[1] + x[2])
    against = x[0] + x[1] + p[5]
    others = against / (against + p[4] * x[2])
    donor = (x[2] + p[5]) / (x[2] + p[5] + p[4] * (x[0] + x[1]))
    dx[0] = p[0] / room * others * x[0] - p[3] * x[0]
    dx[1] = p[1] / room * others * x[1] - p[3] * x[1]
    dx[2] = p[0] / room * donor * x[2] - p[3] * x[2]


def parameters(theta, covariate, eta):
    return {
        "GROWTH": np.asarray(theta["a"] / DAY),
        "GROWTH_LEUKEMIA": np.asarray(theta["A"] / DAY),
        "CROWDING": np.asarray(theta["b"]),
        "DEATH": np.asarray(theta["c"] / DAY),
        "AGAINST": np.asarray(theta["g"]),
        "FEW": np.asarray(theta["e"]),
        "ONE": np.asarray(1.0),
        "START_host": covariate["host_cells"],
        "START_leukemia": covariate["leukemia_cells"],
    }


def share(sample):
    """Percent donor of all cells; no error is published."""
    donor = sample.amount["donor"]
    whole = donor + sample.amount["host"] + sample.amount["leukemia"]
    return 100.0 * donor / whole, np.full_like(donor, 1e-6)


def cells(state):
    return Observation(f"{state}_cells", "1", state, "ONE", 1.0, Residual(where="none published"))


MODEL = Model(
    id="chimerism_precup2012",
    agent="graft",
    title="Donor, host and leukemia competing for marrow",
    source=Source(
        "Precup 2012, Int J Biomath",
        doi="10.1142/S1793524511001684",
        where=EXPORT,
        note="equations and numbers from BioModels BIOMD0000000800, not the paper; the unit of "
        "time is not in the export and is taken for days",
    ),
    standing=Standing.TRANSCRIBED,
    purposes=frozenset({Purpose.EXPANSION}),
    population="none: numbers chosen by the authors to show behavior",
    domain={},
    covariates={
        "host_cells": Covariate("1", reference=2e8),
        "leukemia_cells": Covariate("1", reference=1e8),
    },
    thetas={
        "a": Value(0.23, "/d", EXPORT, note="growth of host and donor"),
        "A": Value(0.45, "/d", EXPORT, note="growth of leukemia"),
        "b": Value(2.2e-8, "1", EXPORT, note="crowding, per cell; the same for leukemia"),
        "c": Value(0.01, "/d", EXPORT, note="death; the same for leukemia"),
        "g": Value(2.0, "1", EXPORT, note="action on each other; g, G and h are equal"),
        "e": Value(1.0, "1", EXPORT, note="keeps the fractions defined without cells"),
    },
    etas=(),
    omega=(),
    omega_note="none: one set of numbers",
    structure=System(
        ("host", "leukemia", "donor"),
        ("GROWTH", "GROWTH_LEUKEMIA", "CROWDING", "DEATH", "AGAINST", "FEW", "ONE"),
        rates,
    ),
    parameters=parameters,
    routes={"iv": 2},
    dose_unit="cells",
    observations=(
        cells("host"),
        cells("leukemia"),
        cells("donor"),
        Observation(
            "donor_share", "%", "", "ONE", 1.0,
            Residual(form="none published", where="none published"), read=share,
        ),
    ),
    because="this file is an example of competing lines of cells",
    traps=("A direction, not a forecast: no patient's share was ever held against it.",),
)  # fmt: skip
