"""Simulated trials with two arms, printed as a figure would be and read off by an unsteady hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from equipoise.curves import ARMS, Curve, Patients


@dataclass(frozen=True, slots=True)
class Trial:
    """Both arms as they were, and as read off their figure."""

    patients: Mapping[str, Patients]
    curves: Mapping[str, Curve]


def trial(
    rng: np.random.Generator,
    *,
    each: int,
    ratio: float,
    median: float = 14.0,
    shape: float = 1.0,
    months: float = 48.0,
    every: float = 6.0,
    points: int = 100,
    hand: float = 0.002,
    told: bool = False,
) -> Trial:
    """A trial of `each` patients an arm with a hazard ratio, followed for 12 to `months` months.

    median  survival of the control arm;  shape  of its Weibull hazard
    points  at which each curve is read;  hand  SD of the reading in survival
    told    whether the events of each arm are printed
    """
    patients, curves = {}, {}
    for arm in ARMS:
        hazard = ratio if arm == "treatment" else 1.0
        scale = median / np.log(2.0) ** (1.0 / shape) / hazard ** (1.0 / shape)
        event = scale * rng.weibull(shape, each)
        censor = np.minimum(rng.uniform(12.0, months, each), months)
        whose = Patients(np.minimum(event, censor), event <= censor)
        patients[arm] = whose
        curves[arm] = printed(rng, whose, every, points, hand, told=told)
    return Trial(patients, curves)


def printed(
    rng: np.random.Generator, whose: Patients, every: float, points: int, hand: float, *, told: bool
) -> Curve:
    """The curve of patients, read at even times, with the numbers at risk under it."""
    last = float(whose.times.max())
    times = np.linspace(0.0, last, points)
    read = kaplan_meier(whose, times) + rng.normal(0.0, hand, points)
    read[0] = 1.0
    risk_times = np.arange(0.0, last, every)
    return Curve(
        times=tuple(times.tolist()),
        survival=tuple(np.minimum.accumulate(np.clip(np.round(read, 3), 0.0, 1.0)).tolist()),
        risk_times=tuple(risk_times.tolist()),
        risks=tuple(int((whose.times >= t).sum()) for t in risk_times),
        events=int(whose.events.sum()) if told else None,
    )


def kaplan_meier(whose: Patients, at: np.ndarray) -> np.ndarray:
    """Survival at times, by the product over events."""
    steps = np.unique(whose.times[whose.events])
    factors = [
        1.0 - (whose.events & (whose.times == t)).sum() / (whose.times >= t).sum() for t in steps
    ]
    whole = np.concatenate([[1.0], np.cumprod(factors)])
    return whole[np.searchsorted(steps, at, side="right")]
