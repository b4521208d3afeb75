"""Tisagenlecleucel in children and young adults with B-cell leukemia (Stein 2019).

Transgene copies in blood: exponential expansion to a peak, then a decline with two half-lives. The
dose infused has no effect in it: the level starts at the peak divided by the fold expansion.
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
    Reading,
    Residual,
    typical,
)
from equipoise.models.expansion import STARTED, SYSTEM
from equipoise.source import Source, Standing, Value

DAY = 24.0
ABSTRACT = "abstract"

THETAS = {
    "FOLD": Value(3900.0, "1", "Table 1", note="peak over the level just after the infusion"),
    "TMAX": Value(9.3, "d", "Table 1", note="time of the peak"),
    "CMAX": Value(24_000.0, "copies/ug", "Table 1", note="the peak"),
    "ALPHA": Value(0.16, "/d", "Table 1", note="fast decline"),
    "FB": Value(0.0079, "1", "Table 1", note="fraction of the peak that declines slowly"),
    "BETA": Value(0.0032, "/d", "Table 1", note="slow decline; follow-up ended at about one year"),
}


def parameters(
    theta: Mapping[str, float],
    covariates: Mapping[str, Array],  # noqa: ARG001
    eta: Mapping[str, Array],
) -> Mapping[str, Array]:
    """Each theta x exp(eta); rho = ln(fold) / Tmax, start = Cmax / fold; rates per hour."""
    own = {name: theta[name] * np.exp(eta[name]) for name in THETAS}
    hours = own["TMAX"] * DAY
    start = own["CMAX"] / own["FOLD"]
    return {
        "RHO": np.log(own["FOLD"]) / hours,
        "ALPHA": own["ALPHA"] / DAY,
        "BETA": own["BETA"] / DAY,
        "FB": own["FB"],
        "DNA": np.asarray(1.0),
        "F_copies": start,
        "F_effector": start,
        "LAG_contracting": hours,
    }


PRINTED = (2.4, 0.38, 0.65, 0.91, 0.80, 0.86)
"""Random effects of Table 1, in the order of `THETAS`."""


def _diagonal(variances: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    n = range(len(variances))
    return tuple(tuple(variances[i] if i == j else 0.0 for j in n) for i in n)


def copies(model: Model, days: list[float]) -> Array:
    """The typical patient's copies/ug at days after the infusion, (n,)."""
    times = [DAY * day for day in days]
    found = typical(model, [PlainDose(0.0, 1.0, "iv")], times)
    return np.asarray(found.values["car_copies"][0, 0])


def _half_life(what: str, begin: float, end: float, expected: float, tolerance: float) -> Check:
    def compute(model: Model) -> float:
        first, last = copies(model, [begin, end])
        return float((end - begin) * math.log(2.0) / abs(math.log(last / first)))

    return Check(
        what=what,
        expected=expected,
        unit="d",
        tolerance=tolerance,
        where=ABSTRACT,
        compute=compute,
    )


MODEL = Model(
    id="tisagenlecleucel_stein2019",
    agent="tisagenlecleucel",
    title="Tisagenlecleucel transgene, children and young adults with B-cell leukemia",
    source=Source(
        "Stein 2019, CPT Pharmacometrics Syst Pharmacol",
        doi="10.1002/psp4.12388",
        where="abstract; Table 1, Figure 2",
        note="the abstract has the doubling time and both half-lives; the rest is from one open "
        "model file (nlmixr2lib) that cites Table 1 and Figure 2. The table itself was not read, "
        "and whether it prints variances or standard deviations is not settled",
    ),
    standing=Standing.PROVISIONAL,
    purposes=frozenset({Purpose.EXPANSION}),
    population="90 patients of 3-25 years with relapsed or refractory B-cell leukemia (ELIANA, "
    "ENSIGN), one infusion of 3.1e6/kg (0.2-5.4e6) up to 50 kg, of 1.0e8 (0.03-2.6e8) above",
    domain={
        "age": Range(3.0, 25.0, "a", "Table 2"),
        "weight": Range(14.0, 140.0, "kg", "Table 2"),
    },
    covariates={},
    thetas=THETAS,
    etas=tuple(THETAS),
    omega=_diagonal(PRINTED),
    omega_note="not settled: the model file says that Table 1 prints variances on the log scale "
    "(omega squared); tables of the software that was used print standard deviations as often. "
    "Under variances 90 % of true peaks lie between 6400 and 90 000 copies/ug, under standard "
    "deviations between 8200 and 70 000; the fold expansion has an SD of 1.55 or 2.4.",
    other_readings=(
        Reading("printed numbers as standard deviations", _diagonal(tuple(p**2 for p in PRINTED))),
    ),
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
            residual=Residual(log=0.56, where="Table 1 (constant on the log scale)"),
            matrix="blood",
            assay="qPCR of the transgene",
        ),
    ),
    because="a clinician would act differently because of this entry when copies fall below the "
    "limit early: it says what is expected by then, and that a low level at week 8 is the rule",
    checks=(
        _half_life("doubling time during expansion", 1.0, 8.0, 0.78, 0.01),
        _half_life("half-life just after the peak", 9.3, 9.4, 4.3, 0.03),
        _half_life("terminal half-life", 900.0, 1100.0, 220.0, 0.02),
        Check(
            what="level at the peak",
            expected=24_000.0,
            unit="copies/ug",
            tolerance=0.001,
            where="Table 1",
            compute=lambda model: float(copies(model, [9.3])[0]),
        ),
    ),
    traps=(
        "The dose does not act: a twofold dose predicts the same curve.",
        "Tocilizumab and steroids (factors 1.2 and 1.0 on expansion, not significant) are left "
        "out.",
        "The terminal half-life is longer than half of the follow-up: read it as 'slow'.",
        "A second infusion adds its cells to a pool that contracts; nobody studied that.",
    ),
)
