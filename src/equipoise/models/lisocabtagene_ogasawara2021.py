"""Lisocabtagene in adults with large B-cell lymphoma, to day 28 (Ogasawara 2021).

Lag, exponential expansion, decline: the times are those of the paper's abstract, the height is the
median of responders in the product information. The share that persists is in neither.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

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
from equipoise.models.expansion import STARTED, SYSTEM
from equipoise.source import Source, Standing, Value

DAY = 24.0
LABEL = "product information (EU), section 5.2"

THETAS = {
    "LAG": Value(3.27, "d", "abstract", note="95 % CI 2.71-3.97"),
    "DOUBLING": Value(0.755, "d", "abstract", note="95 % CI 0.667-0.821"),
    "TMAX": Value(9.29, "d", "abstract", note="95 % CI 8.81-9.70"),
    "HALF": Value(5.00, "d", "abstract", note="initial decline; 95 % CI 4.15-5.90"),
    "CMAX": Value(
        33_766.0, "copies/ug", LABEL, note="median of 150 responders; of 45 others 11 846"
    ),
}


def parameters(
    theta: Mapping[str, float],
    covariates: Mapping[str, Array],  # noqa: ARG001
    eta: Mapping[str, Array],  # noqa: ARG001
) -> Mapping[str, Array]:
    """Growth from lag to Tmax at ln 2 / doubling, then decline at ln 2 / half; rates per hour."""
    doublings = (theta["TMAX"] - theta["LAG"]) / theta["DOUBLING"]
    start = theta["CMAX"] / 2.0**doublings
    return {
        "RHO": np.asarray(math.log(2.0) / theta["DOUBLING"] / DAY),
        "ALPHA": np.asarray(math.log(2.0) / theta["HALF"] / DAY),
        "BETA": np.asarray(0.0),
        "FB": np.asarray(0.0),
        "DNA": np.asarray(1.0),
        "F_copies": np.asarray(start),
        "F_effector": np.asarray(start),
        "LAG_growing": np.asarray(theta["LAG"] * DAY),
        "LAG_contracting": np.asarray(theta["TMAX"] * DAY),
    }


def copies(model: Model, days: list[float]) -> Array:
    """The typical patient's copies/ug at days after the infusion, (n,)."""
    times = [DAY * day for day in days]
    found = typical(model, [PlainDose(0.0, 1.0, "iv")], times)
    return np.asarray(found.values["car_copies"][0, 0])


def _half_life(what: str, begin: float, end: float, expected: float, where: str) -> Check:
    def compute(model: Model) -> float:
        first, last = copies(model, [begin, end])
        return float((end - begin) * math.log(2.0) / abs(math.log(last / first)))

    return Check(
        what=what, expected=expected, unit="d", tolerance=0.001, where=where, compute=compute
    )


def _area(model: Model) -> float:
    found = typical(model, [PlainDose(0.0, 1.0, "iv")], [28.0 * DAY])
    return float(found.areas["car_copies"][0, 0, 0]) / DAY / model.thetas["CMAX"].number


MODEL = Model(
    id="lisocabtagene_ogasawara2021",
    agent="lisocabtagene",
    title="Lisocabtagene transgene to day 28, adults with large B-cell lymphoma",
    source=Source(
        "Ogasawara 2021, Clin Pharmacokinet",
        doi="10.1007/s40262-021-01039-5",
        where="abstract",
        note="abstract alone; the height of the curve is the product information's. The table with "
        "the share that persists and with variability was not read",
    ),
    standing=Standing.PROVISIONAL,
    purposes=frozenset({Purpose.EXPANSION}),
    population="261 adults with relapsed or refractory large B-cell lymphoma (TRANSCEND NHL 001), "
    "one infusion; 2524 levels of the transgene",
    domain={"day": Range(0.0, 28.0, "d", "no persisting share in the abstract")},
    covariates={},
    thetas=THETAS,
    etas=(),
    omega=(),
    omega_note="variability between patients is not in the abstract: the typical curve alone, and "
    "levels teach it nothing",
    structure=SYSTEM,
    parameters=parameters,
    routes={"iv": 0},
    infusions=STARTED,
    dose_unit="cells",
    observations=(
        Observation(
            analyte="car_copies",
            unit="copies/ug",
            state="copies",
            volume="DNA",
            factor=1.0,
            residual=Residual(where="not in the abstract", form="not known to this entry"),
            matrix="blood",
            assay="qPCR of the transgene",
        ),
    ),
    because="a clinician would act differently because of this entry when no expansion is seen in "
    "the first days: copies stand still for three days and peak after nine",
    checks=(
        _half_life("doubling time", 4.0, 9.0, 0.755, "abstract"),
        _half_life("half-life of the initial decline", 10.0, 27.0, 5.00, "abstract"),
        Check(
            what="area to day 28 over the peak, against medians of responders",
            expected=257_769.0 / 33_766.0,
            unit="d",
            tolerance=0.03,
            where=f"{LABEL}: 257 769 day x copies/ug over 33 766 copies/ug",
            compute=_area,
        ),
    ),
    traps=(
        "Nothing is said beyond day 28: the abstract gives the terminal half-life (352 days) and "
        "not how much of the peak has it.",
        "The height is that of responders; others had a third of it.",
        "The two components (CD8, CD4) are given one after the other and count as one infusion.",
    ),
)
