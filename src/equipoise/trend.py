"""The course of one laboratory value between sparse samples: level, slope, and how sure they are.

The logarithm of the value is a Gaussian process: a straight line with wide priors plus an
integrated Wiener process, which is the local linear trend in continuous time and, at its mean, the
cubic smoothing spline. How fast the slope may change is not known and is averaged over; a value
below or above a bound enters by its probability, never as the number. What is said of a moment far
from any sample is as wide as it must be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_ndtr, ndtr, ndtri_exp

from equipoise.record import HOURS_PER_DAY, SAME_TIME

Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
"""90 % and 50 % intervals around the median, as every band of an answer."""
NOISE = 0.10
"""SD of one value about the course, natural logs: assay and hour to hour (project convention)."""
VOLATILITIES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""SD of the change of the slope over one day, natural logs per day; each as likely as the next
before the values are seen (project convention)."""
SLOPE_SD = math.log(10.0)
"""SD of the slope before the values are seen, natural logs per day: tenfold a day (project
convention)."""
LEVEL_SD = 10.0
"""SD of the level before the values are seen, natural logs: as good as none (project
convention)."""
BACK = 24.0
"""Hours over which a slope is taken, up to the moment: as the one published slope of ferritin."""
LEAST = 2
"""Values that a slope needs."""
DRAWS = 256
"""Points of the Sobol sequence over values that are only bounds; no random numbers are drawn."""
HALVINGS = 36
"""Of 24 standard deviations, until a quantile is found."""
SCAN = 25
"""Values of a next sample that are tried before the border between them is narrowed down."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value.

    at      hours
    number  above 0, any unit
    bound   "" for the number itself, "<" or ">" where it is only a bound
    """

    at: float
    number: float
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of normal distributions at each of n places.

    weights  (k,), summing to 1
    means    (k, n)
    sds      (k, n)
    """

    weights: Floats
    means: Floats
    sds: Floats

    def below(self, limit: float | Floats) -> Floats:
        """Probability of lying below a limit, (n,)."""
        found: Floats = self.weights @ ndtr((limit - self.means) / self.sds)
        return found

    def quantile(self, share: float) -> Floats:
        """The number below which a share lies, (n,), by bisection."""
        low = (self.means - 12.0 * self.sds).min(axis=0)
        high = (self.means + 12.0 * self.sds).max(axis=0)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            over = self.below(middle) > share
            low, high = np.where(over, low, middle), np.where(over, middle, high)
        found: Floats = 0.5 * (low + high)
        return found

    def quantiles(self) -> Floats:
        """The five quantiles, (5, n)."""
        found: Floats = np.stack([self.quantile(share) for share in QUANTILES])
        return found


@dataclass(frozen=True, slots=True)
class Course:
    """A fitted course.

    origin   hours, `BACK` before the first value
    days     of each value after the origin, (m,)
    center   mean of the logarithms, around which the level lies before
    weights  of each component, (k,)
    scale    volatility of each component, (k,)
    values   logarithms in each component: the number, or a point beyond its bound, (k, m)
    """

    origin: float
    days: Floats
    center: float
    weights: Floats
    scale: Floats
    values: Floats

    def level(self, times: Sequence[float]) -> Mixture:
        """Logarithm of the course at times, hours."""
        return self._predict(times, slope=False)

    def slope(self, times: Sequence[float]) -> Mixture:
        """Slope of the logarithm over the `BACK` hours up to each time, per day."""
        return self._predict(times, slope=True)

    def next_value(self, time: float) -> Mixture:
        """Logarithm of a value to be measured at a time: the course and its noise."""
        found = self._predict((time,), slope=False)
        return Mixture(found.weights, found.means, np.sqrt(found.sds**2 + NOISE**2))

    def _predict(self, times: Sequence[float], *, slope: bool) -> Mixture:
        wanted = (np.asarray(times, dtype=float) - self.origin) / HOURS_PER_DAY
        earlier = np.maximum(wanted - BACK / HOURS_PER_DAY, 0.0)
        means = np.empty((len(self.weights), len(wanted)))
        sds = np.empty_like(means)
        for scale in np.unique(self.scale):
            which = np.flatnonzero(self.scale == scale)
            factor = cho_factor(_covariance(self.days, self.days, scale, noise=True))
            across = _covariance(wanted, self.days, scale)
            before = _covariance(wanted, wanted, scale, pairs=True)
            if slope:
                across = across - _covariance(earlier, self.days, scale)
                before = before + _covariance(earlier, earlier, scale, pairs=True)
                before = before - 2.0 * _covariance(wanted, earlier, scale, pairs=True)
            gain = cho_solve(factor, across.T)
            spread = np.maximum(before - np.einsum("ij,ji->i", across, gain), 1e-12)
            means[which] = (self.values[which] - self.center) @ gain
            sds[which] = np.sqrt(spread)
        if slope:
            step = BACK / HOURS_PER_DAY
            return Mixture(self.weights, means / step, sds / step)
        return Mixture(self.weights, means + self.center, sds)


def fit(points: Sequence[Point]) -> Course:
    """The course through values, from all of them together.

    points  at least `LEAST` at two moments or more, one of them more than a bound
    Fails   ValueError where there are fewer, or a number is not above 0.
    """
    if any(not (p.number > 0.0 and math.isfinite(p.number)) for p in points):
        raise ValueError("a course is fitted to the logarithm: every value must be above 0")
    return _fitted(tuple(sorted(points, key=lambda p: p.at)))


@lru_cache(maxsize=256)
def _fitted(ordered: tuple[Point, ...]) -> Course:
    """The same values are asked of often: by each day until the next one, and by each signal."""
    exact = np.array([not p.bound for p in ordered], dtype=bool)
    if len(ordered) < LEAST or ordered[-1].at - ordered[0].at <= SAME_TIME or not exact.any():
        raise ValueError(
            f"a course needs at least {LEAST} values at different times, one of them more than a "
            "bound"
        )
    origin = ordered[0].at - BACK
    days = np.array([(p.at - origin) / HOURS_PER_DAY for p in ordered])
    numbers = np.log([p.number for p in ordered])
    signs = np.array([{"<": 1.0, ">": -1.0}.get(p.bound, 0.0) for p in ordered])
    center = float(numbers[exact].mean())
    weights, scales, values = [], [], []
    for scale in VOLATILITIES:
        logs, filled = _filled(days, numbers - center, signs, scale)
        weights.append(logs)
        scales.append(np.full(len(logs), scale))
        values.append(filled + center)
    log_weights = np.concatenate(weights)
    shares = np.exp(log_weights - log_weights.max())
    shares /= shares.sum()
    kept = shares > 1e-12
    return Course(
        origin, days, center, shares[kept] / shares[kept].sum(),
        np.concatenate(scales)[kept], np.concatenate(values)[kept],
    )  # fmt: skip


def _filled(days: Floats, numbers: Floats, signs: Floats, scale: float) -> tuple[Floats, Floats]:
    """Values with the bounds replaced by points beyond them, and the logarithm of each weight.

    The weights hold the likelihood of the volatility. Bounds are taken one after the other, each
    given those before it (Geweke 1989, Hajivassiliou and Keane).
    """
    whole = _covariance(days, days, scale, noise=True)
    known, bounded = np.flatnonzero(signs == 0.0), np.flatnonzero(signs != 0.0)
    factor = cho_factor(whole[np.ix_(known, known)], lower=True)
    solved = cho_solve(factor, numbers[known])
    likelihood = -0.5 * float(numbers[known] @ solved) - float(np.log(np.diag(factor[0])).sum())
    if not len(bounded):
        return np.array([likelihood]), numbers[None, :]
    across = whole[np.ix_(bounded, known)]
    mean = across @ solved
    rest = whole[np.ix_(bounded, bounded)] - across @ cho_solve(factor, across.T)
    root = np.linalg.cholesky(rest + 1e-12 * np.eye(len(bounded)))
    uniform = _spread(len(bounded))
    drawn = np.zeros((DRAWS, len(bounded)))
    logs = np.full(DRAWS, likelihood - math.log(DRAWS))
    for j in range(len(bounded)):
        sign = signs[bounded[j]]
        reach = sign * (numbers[bounded[j]] - mean[j] - drawn[:, :j] @ root[j, :j]) / root[j, j]
        log_share = log_ndtr(reach)
        logs += log_share
        drawn[:, j] = sign * ndtri_exp(np.log(uniform[:, j]) + log_share)
    filled = np.tile(numbers, (DRAWS, 1))
    filled[:, bounded] = mean + drawn @ root.T
    return logs, filled


@lru_cache(maxsize=64)
def _spread(count: int) -> Floats:
    """Points spread evenly over a cube of so many dimensions, (`DRAWS`, count)."""
    from scipy.stats import qmc  # half a second that most commands need not wait

    points = qmc.Sobol(count, scramble=False).random(DRAWS)
    found: Floats = np.clip(points + 0.5 / DRAWS, 1e-9, 1.0 - 1e-9)
    return found


def _covariance(
    one: Floats, other: Floats, scale: float, *, noise: bool = False, pairs: bool = False
) -> Floats:
    """Of levels at two rows of times (days after the origin, at or after it).

    noise  of values and not of the course, where both rows are the same
    pairs  only of each time with the one beside it, (n,)
    """
    s, t = (one, other) if pairs else (one[:, None], other[None, :])
    least = np.minimum(s, t)
    found: Floats = (
        LEVEL_SD**2
        + SLOPE_SD**2 * s * t
        + scale**2 * least**2 * (3.0 * np.maximum(s, t) - least) / 6.0
    )
    return found + NOISE**2 * np.eye(len(one)) if noise else found


# --- direction, and what a further value would tell ---------------------------------------------


RISING, FALLING, OPEN = "rising", "falling", "not settled"
"""What a slope says: its 90 % interval lies above 0, below 0, or on both sides."""


def direction(course: Course, time: float) -> str:
    """Whether the course rises, falls, or cannot be told, at a time."""
    falls = float(course.slope((time,)).below(0.0)[0])
    return RISING if falls < QUANTILES[0] else FALLING if falls > QUANTILES[-1] else OPEN


def slope_ends(course: Course, time: float) -> tuple[float, float]:
    """5 % and 95 % quantile of the slope, natural logs per day."""
    found = course.slope((time,))
    return float(found.quantile(QUANTILES[0])[0]), float(found.quantile(QUANTILES[-1])[0])


@dataclass(frozen=True, slots=True)
class Next:
    """What a value at a later time would tell of the direction.

    at       hours
    value    five quantiles of what would be measured
    rising   the value from which the course is rising; None: none that is expected
    falling  the value up to which it is falling; None: none that is expected
    settles  probability that the value settles the direction, before it is known
    """

    at: float
    value: tuple[float, ...]
    rising: float | None
    falling: float | None
    settles: float


def foresee(points: Sequence[Point], at: float) -> Next:
    """What a value at `at` (hours, after every point) would tell.

    Fails  ValueError as `fit`.
    """
    course = fit(points)
    expected = course.next_value(at)
    low, high = float(expected.quantile(0.001)[0]), float(expected.quantile(0.999)[0])
    tried = [float(log) for log in np.linspace(low, high, SCAN)]

    def told(log: float) -> str:
        return direction(fit((*points, Point(at, math.exp(log)))), at)

    answers = [told(log) for log in tried]
    rising = _border(tried, answers, RISING, told)
    falling = _border(tried[::-1], answers[::-1], FALLING, told)
    above = 0.0 if rising is None else 1.0 - float(expected.below(rising)[0])
    under = 0.0 if falling is None else float(expected.below(falling)[0])
    return Next(
        at,
        tuple(float(v) for v in np.exp(expected.quantiles()[:, 0])),
        None if rising is None else math.exp(rising),
        None if falling is None else math.exp(falling),
        min(above + under, 1.0),
    )


def _border(
    tried: Sequence[float], answers: Sequence[str], wanted: str, told: Callable[[float], str]
) -> float | None:
    """From where on to the end of what was tried the answer is the wanted one; None: nowhere."""
    count = next((i for i, a in enumerate(reversed(answers)) if a != wanted), len(answers))
    if count == 0:
        return None
    if count == len(answers):
        return tried[0]
    inside, outside = tried[-count], tried[-count - 1]
    while abs(inside - outside) > 0.01:
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if told(middle) == wanted else (inside, middle)
    return inside
