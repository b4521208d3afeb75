"""A straight line on the log scale through shares near a detection limit, by exact quadrature.

    ln share(t) = level + slope (t - middle),   capped at a share of 1

What was found out of a known input is a count: negative binomial with mean input x share and the
scatter's square as overdispersion (a Poisson count of a share that scatters). Where the count is
large, and where no input is known, the measured share scatters log-normally around the line; a
bound without input counts by the probability of lying beyond it.

Level, slope and scatter have the weak priors of `Prior`, which are conventions of this project.
For each node of the scatter the log posterior over level and slope has one mode; a grid is laid
where it is within `DEPTH` of it, so nothing is sampled and two runs agree to the byte.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.importance import log_sum
from equipoise.model import Array
from equipoise.signal import Reading

DEPTH = 16.0
"""Log posterior below its mode at which a grid ends: e^-16 of the peak."""

COARSE, FINE = 21, 51
"""Points of a grid each way, while its edges are sought and at last."""

MANY = 100
"""Count from which a share scatters as a number: its own sampling error is below a tenth."""

HOURS = 24.0

Mask = npt.NDArray[np.bool_]
"""Which points of a grid, (n,)."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before the samples (project convention, standing hypothesis).

    level    mean and SD of ln share in the middle of the series: 1e-3, from 4e-7 to 1 and beyond
    slope    SD of the slope per day around 0: 0.1 doubles or halves in 7 days
    scatter  median and SD of ln of the scatter (SD of ln share between samples of one course)
    """

    level: tuple[float, float] = (math.log(1e-3), 4.0)
    slope: float = 0.1
    scatter: tuple[float, float] = (math.log(0.4), 0.5)


PRIOR = Prior()

# Gauss-Hermite nodes of the scatter: exact for what depends on ln scatter up to degree 9.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)


@dataclass(frozen=True, slots=True)
class Line:
    """The posterior on its grids.

    middle  hours from day 0 at which `level` stands
    level   (n,) ln share there;  slope  (n,) per day;  scatter  (n,)
    weights (n,), summing to 1
    """

    middle: float
    level: Array
    slope: Array
    scatter: Array
    weights: Array

    def log_share(self, at: float) -> Array:
        """(n,) ln share at `at` hours, capped at 0."""
        return np.minimum(self.level + self.slope * (at - self.middle) / HOURS, 0.0)

    def probability(self, those: Mask) -> float:
        """Posterior probability of a set of grid points, (n,) of bool."""
        return float(np.clip(np.sum(self.weights[those]), 0.0, 1.0))

    def quantiles(
        self, values: Array, levels: Sequence[float], those: Mask | None = None
    ) -> tuple[float, ...]:
        """Weighted quantiles of a quantity over the grid, of those points only where said."""
        weights = self.weights if those is None else np.where(those, self.weights, 0.0)
        kept = weights > 0.0
        order = np.argsort(values[kept], kind="stable")
        ordered, mass = values[kept][order], weights[kept][order]
        reach = (np.cumsum(mass) - 0.5 * mass) / np.sum(mass)
        return tuple(float(v) for v in np.interp(levels, reach, ordered))


def fit_line(readings: Sequence[Reading], *, prior: Prior = PRIOR) -> Line:
    """The posterior of level, slope and scatter given a series.

    readings  of one marker in one specimen; one is enough, it leaves the slope to the prior
    Fails     ValueError without readings, and for a negative one with neither limit nor input
    """
    if not readings:
        raise ValueError("a line needs at least one reading")
    for reading in readings:
        if reading.bound == "<" and not (reading.counted or math.isfinite(reading.limit)):
            raise ValueError(
                "a negative reading needs the assay's limit or the number of cells examined"
            )
    days = np.array([r.at for r in readings]) / HOURS
    middle = float(np.mean(days))
    parts = []
    start = _start(prior)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        scatter = math.exp(prior.scatter[0] + prior.scatter[1] * float(node))
        level, slope, log_posterior, start = _grid(readings, days - middle, scatter, prior, start)
        parts.append((level, slope, np.full(level.size, scatter), log_posterior + math.log(weight)))
    logs = np.concatenate([p[3] for p in parts])
    weights = np.exp(logs - log_sum(logs))
    return Line(
        middle=middle * HOURS,
        level=np.concatenate([p[0] for p in parts]),
        slope=np.concatenate([p[1] for p in parts]),
        scatter=np.concatenate([p[2] for p in parts]),
        weights=weights / np.sum(weights),
    )


def log_likelihood(reading: Reading, log_share: Array, scatter: float) -> Array:
    """(n,) log likelihood of one reading given ln share, constants in share and scatter kept."""
    from scipy.special import gammaln, log_ndtr

    eta = np.minimum(log_share, 0.0)
    count = _count(reading)
    if count is not None and reading.bound == "":
        shape = 1.0 / scatter**2
        mean = reading.input * np.exp(eta)
        return np.asarray(
            gammaln(count + shape)
            - gammaln(shape)
            - gammaln(count + 1.0)
            - (shape + count) * np.log1p(mean / shape)
            + count * (math.log(reading.input / shape) + eta)
        )
    if count is not None:
        return np.log(np.maximum(_at_most(count, reading.input, eta, scatter), 1e-300))
    if reading.bound:
        z = (math.log(reading.limit) - eta) / scatter
        return np.asarray(log_ndtr(z if reading.bound == "<" else -z))
    spread = _spread(reading, scatter)
    z = (math.log(reading.share) - eta) / spread
    return np.asarray(-0.5 * z**2 - math.log(spread))


def off(reading: Reading, line: Line) -> float:
    """Probability, by the line, of a reading at least as far off as this one, on either side.

    1 for a reading in the middle of what is expected. Draw the line without it: one that it helped
    to draw is lenient to it.
    """
    from scipy.special import ndtr

    eta = line.log_share(reading.at)
    low = high = 0.0
    for scatter in np.unique(line.scatter):
        own = line.scatter == scatter
        weights, at = line.weights[own], eta[own]
        count = _count(reading)
        if count is not None:
            at_most = _at_most(count, reading.input, at, float(scatter))
            under = (
                _at_most(count - 1, reading.input, at, float(scatter))
                if count > 0 and not reading.bound
                else np.zeros_like(at)
            )
            lower = at_most
            upper = 1.0 - under
        elif reading.bound:
            z = (math.log(reading.limit) - at) / scatter
            lower = ndtr(z if reading.bound == "<" else -z)
            upper = np.ones_like(at)
        else:
            z = (math.log(reading.share) - at) / _spread(reading, float(scatter))
            lower, upper = ndtr(z), ndtr(-z)
        low += float(np.sum(weights * lower))
        high += float(np.sum(weights * upper))
    return min(1.0, 2.0 * min(low, high)) if not reading.bound else min(1.0, low)


def as_censored(reading: Reading) -> Reading:
    """The same result as if its input were not known: a number, or a bound at the limit.

    The naive reading, to compare with. A count of none is below one cell in the input.
    """
    limit = reading.limit if math.isfinite(reading.limit) else 1.0 / reading.input
    none = reading.bound == "<" or reading.share <= 0.0
    return Reading(
        at=reading.at,
        share=math.nan if none else reading.share,
        bound="<" if none else reading.bound,
        limit=limit,
        method=reading.method,
        text=reading.text,
    )


def _count(reading: Reading) -> int | None:
    """What was found, or the most that a negative result allows; None where it is no count."""
    if not reading.counted or reading.bound == ">":
        return None
    if reading.bound == "<":
        limit = 1.0 / reading.input if math.isnan(reading.limit) else reading.limit
        return max(math.ceil(round(limit * reading.input, 6)) - 1, 0)
    count = round(reading.share * reading.input)
    return count if count < MANY and count < 0.1 * reading.input else None


def _at_most(count: int, size: float, eta: Array, scatter: float) -> Array:
    """(n,) probability of a count of at most `count` out of `size`."""
    from scipy.special import betainc

    shape = 1.0 / scatter**2
    mean = size * np.exp(eta)
    return np.asarray(betainc(shape, count + 1.0, shape / (shape + mean)))


def _spread(reading: Reading, scatter: float) -> float:
    """SD of ln of a measured share: the course's scatter and, where known, that of counting."""
    if not reading.counted:
        return scatter
    found = max(reading.share * reading.input, 1.0)
    return math.sqrt(scatter**2 + max(1.0 / found - 1.0 / reading.input, 0.0))


def _start(prior: Prior) -> tuple[float, float, float, float]:
    """A first box of ln level and slope: low, high of each."""
    mean, sd = prior.level
    return mean - 5.0 * sd, mean + 5.0 * sd, -6.0 * prior.slope, 6.0 * prior.slope


def _log_posterior(
    readings: Sequence[Reading],
    days: Array,
    level: Array,
    slope: Array,
    scatter: float,
    prior: Prior,
) -> Array:
    mean, sd = prior.level
    found = -0.5 * ((level - mean) / sd) ** 2 - 0.5 * (slope / prior.slope) ** 2
    for reading, day in zip(readings, days, strict=True):
        found = found + log_likelihood(reading, level + slope * day, scatter)
    return np.asarray(found)


def _grid(
    readings: Sequence[Reading],
    days: Array,
    scatter: float,
    prior: Prior,
    box: tuple[float, float, float, float],
) -> tuple[Array, Array, Array, tuple[float, float, float, float]]:
    """Grid points, their log mass, and the box they fill, for one scatter.

    The box is drawn in around what lies within `DEPTH` of the mode, and let out where its edge
    does, until neither moves it.
    """

    for _ in range(60):
        level, slope = np.meshgrid(
            np.linspace(box[0], box[1], COARSE), np.linspace(box[2], box[3], COARSE), indexing="ij"
        )
        logs = _log_posterior(readings, days, level, slope, scatter, prior)
        near = logs > np.max(logs) - DEPTH
        old = box
        box = (
            *_fitted(np.flatnonzero(near.any(axis=1)), box[0], box[1]),
            *_fitted(np.flatnonzero(near.any(axis=0)), box[2], box[3]),
        )
        if box == old:
            break
    steps = (box[1] - box[0]) / (FINE - 1), (box[3] - box[2]) / (FINE - 1)
    # Rows and columns are shifted against each other by golden parts of a step: no two points
    # share a level or a slope, and quantiles do not fall on the lines of the grid.
    shift = (np.arange(FINE) * 0.6180339887498949) % 1.0 - 0.5
    level, slope = np.meshgrid(
        np.linspace(box[0], box[1], FINE), np.linspace(box[2], box[3], FINE), indexing="ij"
    )
    level, slope = level + steps[0] * shift[None, :], slope + steps[1] * shift[:, None]
    logs = _log_posterior(readings, days, level, slope, scatter, prior)
    cell = steps[0] * steps[1]
    kept = logs > np.max(logs) - DEPTH
    return level[kept], slope[kept], logs[kept] + math.log(cell), box


def _fitted(inside: Places, low: float, high: float) -> tuple[float, float]:
    """Bounds one step around what is inside; wider by a quarter where it touches an edge."""
    step = (high - low) / (COARSE - 1)
    first, last = int(inside[0]), int(inside[-1])
    new_low = low - 0.25 * (high - low) if first == 0 else low + (first - 1) * step
    new_high = high + 0.25 * (high - low) if last == COARSE - 1 else low + (last + 1) * step
    return new_low, new_high
