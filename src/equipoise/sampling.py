"""How often to look: the share of relapses that a schedule finds beforehand, and how long before.

The disease grows as a straight line on the log scale up to the share at which relapse is plain.
Samples fall at a fixed interval with any phase to that moment. Whether a sample is positive
follows from what it can see: the number of cells examined, or a limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.model import Array

PHASES = 48
"""Phases of the schedule to the moment of relapse over which is averaged."""

LONGEST = 3.0 * 365.0
"""Days before relapse from which on samples are looked at."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What sampling at one interval finds.

    interval  days
    found     share of relapses with a positive result, known before relapse
    early     share with such a result at least the wanted lead before it
    lead      5, 50 and 95 % quantiles of days from the first positive result known to relapse,
              among those found; () where fewer than one in twenty is found
    """

    interval: float
    found: float
    early: float
    lead: tuple[float, ...]


def schedules(
    doubling: Sequence[float],
    intervals: Sequence[float],
    *,
    relapse: float,
    input: float = math.nan,
    limit: float = math.nan,
    scatter: float = 0.4,
    dilution: float = 1.0,
    turnaround: float = 0.0,
    lead: float = 0.0,
) -> tuple[Schedule, ...]:
    """What each interval finds, in the order given.

    doubling    days, equally likely: quantiles of a fitted line, or of a cohort
    intervals   days between samples
    relapse     share in marrow at which relapse is plain
    input       cells examined: positive is at least one found;  limit  share from which the assay
                is positive, used where no input is given
    scatter     SD of ln share between samples (a convention, as in `loglinear.Prior`)
    dilution    how many times lower the share is in the specimen than in marrow; no default for
                blood is in print here, so it is asked for
    turnaround  days until a result is known
    lead        days wanted between the known result and relapse
    Fails       ValueError without an input or a limit, and for numbers that are not positive
    """
    times = np.asarray(doubling, float)
    if not times.size or not np.all(times > 0.0):
        raise ValueError("doubling times are positive numbers of days")
    if not all(i > 0.0 for i in intervals):
        raise ValueError("intervals are positive numbers of days")
    if not 0.0 < relapse <= 1.0:
        raise ValueError("relapse is a share between 0 and 1")
    if not (math.isfinite(input) or math.isfinite(limit)):
        raise ValueError("give `input` (cells examined) or `limit` (share)")
    if dilution <= 0.0 or scatter <= 0.0:
        raise ValueError("dilution and scatter are positive numbers")
    found = []
    for interval in intervals:
        phases = (np.arange(PHASES) + 0.5) / PHASES * interval
        before = phases[:, None] + interval * np.arange(math.ceil(LONGEST / interval))
        share = relapse / dilution * 2.0 ** (-before[None] / times[:, None, None])
        seen = positive(share, input=input, limit=limit, scatter=scatter)
        known = before - turnaround
        seen = np.where(known[None] > 0.0, seen, 0.0)
        weights = _first(seen) / (times.size * PHASES)
        total = float(np.sum(weights))
        days = np.broadcast_to(known[None], weights.shape)
        quantiles: tuple[float, ...] = ()
        if total >= 0.05:
            quantiles = _quantiles(days.ravel(), weights.ravel(), (0.05, 0.5, 0.95))
        early = float(np.sum(np.where(days >= lead, weights, 0.0)))
        found.append(Schedule(float(interval), min(total, 1.0), min(early, 1.0), quantiles))
    return tuple(found)


def longest(plans: Sequence[Schedule], *, found: float) -> Schedule | None:
    """The schedule with the longest interval that finds at least this share early enough."""
    enough = [p for p in plans if p.early >= found]
    return max(enough, key=lambda p: p.interval, default=None)


def positive(share: Array, *, input: float, limit: float, scatter: float) -> Array:
    """Probability that a sample of this true share is positive; shape of `share`."""
    from scipy.special import ndtr

    share = np.minimum(share, 1.0)
    if math.isfinite(input):
        return np.asarray(-np.expm1(-np.log1p(scatter**2 * input * share) / scatter**2))
    return np.asarray(ndtr((np.log(np.maximum(share, 1e-300)) - math.log(limit)) / scatter))


def _first(seen: Array) -> Array:
    """Probability that a sample is the first positive one, the last axis running backwards."""
    first = np.zeros_like(seen)
    none = np.ones(seen.shape[:-1])
    for k in range(seen.shape[-1] - 1, -1, -1):
        first[..., k] = none * seen[..., k]
        none = none * (1.0 - seen[..., k])
    return first


def _quantiles(values: Array, weights: Array, levels: Sequence[float]) -> tuple[float, ...]:
    kept = weights > 0.0
    order = np.argsort(values[kept], kind="stable")
    ordered, mass = values[kept][order], weights[kept][order]
    reach = (np.cumsum(mass) - 0.5 * mass) / np.sum(mass)
    return tuple(float(v) for v in np.interp(levels, reach, ordered))
