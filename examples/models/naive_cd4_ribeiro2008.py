"""Naive CD4 cells and their excision circles (Ribeiro 2008): a worked example, not on the shelf.

The thymus adds cells, each with an eighth of a circle on average; cells divide and die, circles
only die. Where few cells are left, new ones make up more of them: circles for each cell rise far
above their long-term level before they fall. Made for HIV under treatment; nobody after a
transplant is in it, and no spread between patients.

    equipoise simulate examples/models/naive_cd4_ribeiro2008.py --dose "1 cells iv" \\
        --covariate naive_start=10 --times 30d,180d,365d,3650d
"""

import numpy as np

from equipoise.kinetics import System
from equipoise.model import Covariate, Model, Observation, Purpose, Residual
from equipoise.source import Source, Standing, Value

LEGEND = "figure legend"
DAY = 24.0


def rates(t, x, p, dx):
    """Per uL and hour; x: naive cells, circles."""
    dx[0] = p[0] + (p[1] - p[2]) * x[0]
    dx[1] = p[3] * p[0] - p[2] * x[1]


def parameters(theta, covariate, eta):
    return {
        "THYMUS": np.asarray(theta["sigma"] / DAY),
        "DIVIDE": np.asarray(theta["p"] / DAY),
        "DIE": np.asarray(theta["d"] / DAY),
        "CIRCLES": np.asarray(theta["alpha"]),
        "ONE": np.asarray(1.0),
        "F_naive": covariate["naive_start"],
        "F_circles": covariate["circles_start"],
    }


def content(sample):
    """Circles for each naive cell; no error is published."""
    found = sample.amount["circles"] / np.maximum(sample.amount["naive"], 1e-300)
    return found, np.full_like(found, 1e-12)


MODEL = Model(
    id="naive_cd4_ribeiro2008",
    agent="graft",
    title="Naive CD4 cells and their excision circles",
    source=Source(
        "Ribeiro 2008, J Acquir Immune Defic Syndr, PMID 18667918",
        where=LEGEND,
        note="abstract and the text of a figure's legend; the equation of the circles is derived "
        "from the same assumptions",
    ),
    standing=Standing.PROVISIONAL,
    purposes=frozenset({Purpose.EXPANSION}),
    population="none: numbers for adults with HIV under treatment",
    domain={},
    covariates={
        "naive_start": Covariate("/uL", reference=50.0),
        "circles_start": Covariate("/uL", reference=0.0),
    },
    thetas={
        "sigma": Value(0.032, "/uL/d", LEGEND, note="naive CD4 cells out of the thymus"),
        "p": Value(0.00092, "/d", LEGEND, note="division"),
        "d": Value(0.001, "/d", LEGEND, note="death"),
        "alpha": Value(0.125, "1", LEGEND, note="circles in a new cell"),
    },
    etas=(),
    omega=(),
    omega_note="none in what was read",
    structure=System(("naive", "circles"), ("THYMUS", "DIVIDE", "DIE", "CIRCLES", "ONE"), rates),
    parameters=parameters,
    routes={"iv": 0},
    infusions=(0, 1),
    dose_unit="cells",
    observations=(
        Observation("naive_cd4", "/uL", "naive", "ONE", 1.0, Residual(where="none published")),
        Observation("trec", "/uL", "circles", "ONE", 1.0, Residual(where="none published")),
        Observation(
            "trec_content", "1", "", "ONE", 1.0,
            Residual(form="none published", where="none published"), read=content,
        ),
    ),
    because="this file is an example of cells that a thymus makes",
    traps=(
        "Thymic output is constant from the first day on: after a transplant it is not.",
        "The dose does not act: it says when the cells start to count.",
    ),
)  # fmt: skip
