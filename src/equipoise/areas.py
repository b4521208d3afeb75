"""Exposure as wards say it: by day, by dose, in mass and in molar units; and units confused.

For agents whose cumulative AUC is steered (the vocabulary names units for it). Nothing here knows a
drug by name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from equipoise import names, units
from equipoise.assessment import Summary
from equipoise.model import Array, Model, PlainDose, Step, course, simulate
from equipoise.plan import AREA_HORIZON, ODDS_RTOL, area_factor, area_unit, mixture_quantiles
from equipoise.record import SAME_TIME, Measurement

DAY = 24.0

CONFUSED = 0.4
"""How near (in natural logs) levels must lie to a factor between units before it is said that they
may have been entered in the wrong one (project convention)."""

FAR_CONFUSED = 0.7
"""The same for factors above 100, which no patient differs by (project convention): half-way to
the next such factor."""

LEAST_FACTOR = 3.0
"""Factors between units nearer to 1 than this are within what patients differ by (project
convention)."""


def summaries(
    model: Model,
    given: Sequence[PlainDose],
    planned: Sequence[PlainDose],
    covariates: Mapping[str, float | Step],
    before: Array,
    after: Array,
    *,
    measured: bool,
) -> tuple[Summary, ...]:
    """The cumulative AUC of doses given and planned, in its other units, received, by day, by dose.

    before, after  (n, k) etas of the population and after the levels
    measured       whether levels told anything
    Days count from the first dose; the last one runs until all is eliminated. () without doses, or
    where the vocabulary has no unit for the exposure.
    """
    observation = model.observations[0]
    known = names.MEASUREMENTS.get(observation.analyte)
    doses = sorted((*given, *planned), key=lambda d: d.time)
    if known is None or not known.area or not doses:
        return ()
    first, last = doses[0].time, doses[-1].time + doses[-1].duration + AREA_HORIZON
    days = int((doses[-1].time - first) / DAY + 1e-6) + 1
    edges = np.array([first, *(first + DAY * i for i in range(1, days)), last])
    etas = np.concatenate([before, after])
    courses = [course(model, doses, covariates=covariates)]
    if given and planned:
        courses.append(course(model, given, covariates=covariates))
    clocks = [edges] * len(courses)
    area = simulate(model, courses, clocks, etas=etas, rtol=ODDS_RTOL).areas[observation.analyte]
    area = area * area_factor(observation)
    unit, split = area_unit(observation), len(before)
    total = area[0, :, -1]

    def said(name: str, label: str, values: Array, in_unit: str = unit) -> Summary:
        prior, posterior = values[:split], values[split:]
        prior, posterior = prior[np.isfinite(prior)], posterior[np.isfinite(posterior)]
        spread = float(np.std(prior))
        told = measured and spread > 0.0
        return Summary(
            name=name,
            label=label,
            unit=in_unit,
            prior=mixture_quantiles([prior], np.ones(1)),
            posterior=mixture_quantiles([posterior], np.ones(1)),
            gain=1.0 - float(np.std(posterior)) / spread if told else math.nan,
            where=model.id,
        )

    found = []
    for other in known.area[1:]:
        factor = float(units.convert(1.0, unit, other, substance=known.substance))
        found.append(said("auc_cumulative_molar", "the same in molar units", total * factor, other))
    if given and planned:
        found.append(said("auc_received", "of it, from doses already given", area[1, :, -1]))
    for i in range(days if days > 1 else 0):
        begin, end = edges[i], edges[i] + DAY
        ahead = not any(begin - SAME_TIME <= d.time < end - SAME_TIME for d in given)
        word = "planned" if ahead else "given"
        label = f"AUC of day {i + 1} of dosing ({word})"
        found.append(said(f"auc_day_{i + 1}", label, area[0, :, i + 1] - area[0, :, i]))
    if len(doses) > 1:
        interval = median(b.time - a.time for a, b in pairwise(doses))
        found.append(said("auc_per_dose", "mean AUC of a dose", total / len(doses)))
        for other in known.area[1:]:
            factor = float(units.convert(1.0, unit, other, substance=known.substance))
            per_dose = total * factor / len(doses)
            found.append(said("auc_per_dose_molar", "mean AUC of a dose", per_dose, other))
        if interval > 0.0:
            mean = total / area_factor(observation) / (len(doses) * interval)
            label = f"mean concentration over the course (Css), a dose every {interval:g} h"
            found.append(said("css", label, mean, observation.unit))
    return tuple(found)


def units_confused(levels: Sequence[Measurement], predicted: Array) -> str:
    """A sentence where all levels lie off by a factor that lies between two units, else "".

    predicted  (draws, n) of the population at the levels, in their canonical units
    Only for substances whose exposure is said in mass and in molar units, where units are confused.
    """
    logs = []
    substance = unit = ""
    for j, level in enumerate(levels):
        known = names.MEASUREMENTS.get(level.name)
        if known is None or len(known.area) < 2 or level.censored or level.number <= 0.0:
            continue
        column = predicted[:, j][np.isfinite(predicted[:, j])]
        middle = float(np.median(column)) if len(column) else 0.0
        if middle <= 0.0:
            continue
        substance, unit = known.substance, known.unit
        logs.append(math.log(level.number / middle))
    if not logs:
        return ""
    away = median(logs)
    molar = float(units.molar_mass(substance))
    slips = {
        1e-3: "mg/L written as ng/mL",
        1e3: "ng/mL written as mg/L",
        1000.0 / molar: "umol/L written as mg/L, or nmol/L as ng/mL",
        molar / 1000.0: "mg/L written as umol/L, or ng/mL as nmol/L",
        1.0 / molar: "umol/L written as ng/mL",
        molar: "ng/mL written as umol/L",
    }
    near = min(slips, key=lambda factor: abs(away - math.log(factor)))
    size = abs(math.log(near))
    allowed = FAR_CONFUSED if size > math.log(100.0) else CONFUSED
    if abs(away - math.log(near)) > allowed or size < math.log(LEAST_FACTOR):
        return ""
    return (
        f"the levels are about {math.exp(away):.2g} times what the population has at these times: "
        f"{slips[near]} would look like this; check the unit ({unit} is computed with, 1 umol/L is "
        f"{molar:g} ng/mL) before any dose"
    )
