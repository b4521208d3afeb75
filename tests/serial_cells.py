"""Made-up patients after CAR T cells, sampled down to a limit, with the truth beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from equipoise.likelihood import Observed, Subject, with_errors
from equipoise.model import (
    Array,
    Course,
    Model,
    PlainDose,
    Reading,
    Residual,
    course,
    draw_etas,
    simulate,
)
from equipoise.models import (
    axicabtagene_muellerschoell2021,
    lisocabtagene_ogasawara2021,
    tisagenlecleucel_stein2019,
)

DAY = 24.0
WAYS = ("censored", "dropped", "halved")
"""What is made of a level below the limit: its probability, nothing, or half of the limit."""

ASSUMED = {"LAG": 0.3, "DOUBLING": 0.3, "TMAX": 0.3, "HALF": 0.6, "CMAX": 0.8}
"""SD on the log scale given to the entry that has none, for these patients alone."""


def _varied(
    theta: Mapping[str, float], covariates: Mapping[str, Array], eta: Mapping[str, Array]
) -> Mapping[str, Array]:
    own = {name: theta[name] * np.exp(eta[name]) for name in ASSUMED}
    # A peak before the end of the lag is no curve of this model: growth lasts an hour at least.
    peak = np.maximum(own["TMAX"], own["LAG"] + 1.0 / DAY)
    start = own["CMAX"] / 2.0 ** ((peak - own["LAG"]) / own["DOUBLING"])
    typical = lisocabtagene_ogasawara2021.parameters(theta, covariates, eta)
    return {
        **typical,
        "RHO": math.log(2.0) / own["DOUBLING"] / DAY,
        "ALPHA": math.log(2.0) / own["HALF"] / DAY,
        "F_copies": start,
        "F_effector": start,
        "LAG_growing": own["LAG"] * DAY,
        "LAG_contracting": peak * DAY,
    }


def _with_variability(model: Model) -> Model:
    (observation,) = model.observations
    residual = Residual(log=0.56, where="assumed here")
    return replace(
        model,
        etas=tuple(ASSUMED),
        omega=tuple(tuple(ASSUMED[a] ** 2 if a == b else 0.0 for b in ASSUMED) for a in ASSUMED),
        parameters=_varied,
        observations=(replace(observation, residual=residual),),
    )


@dataclass(frozen=True)
class Design:
    """A model, its sampling days, the assay's limit, and the day whose true level is asked for."""

    model: Model
    days: tuple[float, ...]
    limit: float
    late: float


TISAGENLECLEUCEL = Design(
    tisagenlecleucel_stein2019.MODEL,
    (1.0, 3.0, 7.0, 10.0, 14.0, 21.0, 28.0, 56.0, 84.0, 120.0, 180.0),
    50.0,
    180.0,
)
LISOCABTAGENE = Design(
    _with_variability(lisocabtagene_ogasawara2021.MODEL),
    (1.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0),
    500.0,
    28.0,
)
AXICABTAGENE = Design(
    axicabtagene_muellerschoell2021.MODEL, (4.0, 7.0, 10.0, 14.0, 21.0, 28.0), 1.0, 28.0
)
DESIGNS = {design.model.id: design for design in (TISAGENLECLEUCEL, LISOCABTAGENE, AXICABTAGENE)}


def under(design: Design, reading: Reading) -> Design:
    """The same design, patients drawn and read under another reading of the variability."""
    return replace(design, model=replace(design.model, omega=reading.omega, other_readings=()))


@dataclass(frozen=True)
class Patient:
    """Truth (etas, late level) and the levels as measured, below the limit too."""

    design: Design
    course: Course
    etas: Array
    late: float
    levels: tuple[float, ...]

    @property
    def below(self) -> int:
        """Levels below the limit."""
        return sum(level < self.design.limit for level in self.levels)

    def subject(self, way: str) -> Subject:
        """The levels as one of `WAYS` reads them."""
        limit, analyte = self.design.limit, self.design.model.analytes[0]
        found = []
        for day, level in zip(self.design.days, self.levels, strict=True):
            if level >= limit:
                found.append(Observed(DAY * day, analyte, level))
            elif way == "censored":
                found.append(Observed(DAY * day, analyte, limit, "<"))
            elif way == "halved":
                found.append(Observed(DAY * day, analyte, limit / 2.0))
        return Subject("made up", self.course, tuple(found))


def patient(design: Design, rng: np.random.Generator) -> Patient:
    """One patient drawn from the model; covariates are those of one of the paper's patients."""
    model = design.model
    covariates: dict[str, float] = {}
    if model.covariates:
        # The low-expansion class has no variability of its expansion: nothing to recover.
        chosen = [p for p in axicabtagene_muellerschoell2021.PATIENTS if not p[3]]
        volume, before, ratio, low = chosen[rng.integers(len(chosen))]
        covariates = {
            "tumor_volume": volume, "autologous_before": float(before),
            "car_cd4_cd8_day7": ratio, "low_expansion": float(low),
        }  # fmt: skip
    what = course(model, [PlainDose(0.0, 1.0, "iv")], covariates=covariates)
    etas = draw_etas(model, 1, rng)
    analyte = model.analytes[0]
    sampled = Subject("", what, tuple(Observed(DAY * day, analyte, 1.0) for day in design.days))
    true = with_errors(model, sampled, etas)
    noise = rng.standard_normal(len(design.days))
    levels = np.exp(true.center[0] + np.sqrt(true.variance[0]) * noise)
    return Patient(
        design,
        what,
        etas[0],
        float(late_levels(design, what, etas)[0]),
        tuple(float(level) for level in levels),
    )


def late_levels(design: Design, what: Course, etas: Array) -> Array:
    """ln of the true level on the late day, (draws,)."""
    values = simulate(design.model, [what], np.array([DAY * design.late]), etas=etas).values
    return np.asarray(np.log(np.maximum(values[design.model.analytes[0]][0, :, 0], 1e-12)))
