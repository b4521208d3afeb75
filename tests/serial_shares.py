"""Made-up courses near a detection limit, with the truth beside the samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from equipoise.signal import Reading


@dataclass(frozen=True)
class Course:
    """Truth (slope per day, ln share at the last sample) and its samples."""

    slope: float
    last: float
    readings: tuple[Reading, ...]


def disease(rng: np.random.Generator) -> Course:
    """Residual disease that doubles in about 14 days, monthly, 1e5 cells, first samples empty."""
    slope = math.log(2.0) / math.exp(rng.normal(math.log(14.0), 0.5))
    days = np.arange(0.0, 151.0, 30.0)
    last = rng.uniform(math.log(1e-4), math.log(1e-2))
    return _sampled(days, last + slope * (days - days[-1]), 1e5, slope, rng)


def microchimerism(rng: np.random.Generator) -> Course:
    """A donor share around 1e-4 that falls, stays or rises, 30,000 or 100,000 genomes."""
    slope = rng.choice([-1.0, 0.0, 1.0]) * math.log(2.0) / math.exp(rng.normal(math.log(30.0), 0.5))
    size = float(rng.choice([3e4, 1e5]))
    days = np.array([7.0, 14.0, 28.0, 56.0, 84.0, 112.0])
    middle = rng.uniform(math.log(1e-5), math.log(1e-3))
    return _sampled(days, middle + slope * (days - days.mean()), size, slope, rng)


def _sampled(
    days: np.ndarray, shares: np.ndarray, size: float, slope: float, rng: np.random.Generator
) -> Course:
    scatter = math.exp(rng.normal(math.log(0.4), 0.3))
    shape = 1.0 / scatter**2
    found = rng.poisson(
        size * np.minimum(np.exp(shares), 1.0) * rng.gamma(shape, 1.0 / shape, len(days))
    )
    readings = tuple(
        Reading(at=24.0 * day, share=count / size, input=size)
        for day, count in zip(days, found, strict=True)
    )
    return Course(slope, float(shares[-1]), readings)
