"""Estimates of several studies put together: the numbers, without a word about whether to.

Everything stands on the scale on which estimates are about normal (log ratio, logit of a
proportion). `evidence` decides whether studies may be pooled at all.

Source  DerSimonian & Laird 1986; Viechtbauer 2005 (REML); Hartung & Knapp 2001; Viechtbauer 2007
        (interval of tau2 from Q); Greenland & Robins 1985 (Mantel-Haenszel variance)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, norm, t

Numbers = NDArray[np.float64]

CONFIDENCE = 0.95
METHODS = ("reml", "dl", "common")
"""How the variance between studies is estimated: restricted likelihood, DerSimonian and Laird, or
none (one common effect)."""
INTERVALS = ("hartung-knapp", "normal")
"""How the interval of the mean is made."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A pooled estimate, on the scale of the estimates it was made from.

    estimate, low, high  mean and its 95 % interval
    error                its standard error, as the interval uses it
    predict_low, predict_high  where the effect of a new study is expected (95 %); NaN for one
                         common effect
    tau2                 variance between studies; its 95 % interval from Q
    q, df, p             test of heterogeneity
    i2                   share of the variation that is between studies, from Q, 0 to 1
    weights              of the studies, in their order; they sum to 1
    """

    estimate: float
    error: float
    low: float
    high: float
    predict_low: float
    predict_high: float
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    df: int
    p: float
    i2: float
    weights: tuple[float, ...]
    method: str
    interval: str


def pooled(
    estimates: Sequence[float],
    variances: Sequence[float],
    *,
    method: str = "reml",
    interval: str = "hartung-knapp",
) -> Pool:
    """The mean of estimates that scatter around it by their own error and between studies.

    estimates, variances  of at least two studies; variances above 0
    method     one of `METHODS`
    interval   "hartung-knapp" uses the scatter seen and t with k - 1 degrees of freedom, "normal"
               the variances alone. The prediction interval uses the same error and quantile.
    Fails  ValueError for fewer than two studies, a variance that is not above 0, another method
    """
    y, v = np.asarray(estimates, float), np.asarray(variances, float)
    if len(y) < 2 or len(y) != len(v):
        raise ValueError("pooling needs estimates and variances of at least two studies")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0.0).all()):
        raise ValueError("pooling needs finite estimates and variances above 0")
    if method not in METHODS or interval not in INTERVALS:
        raise ValueError(f"method is one of {METHODS}, interval one of {INTERVALS}")
    k = len(y)
    tau2 = 0.0
    if method != "common":
        tau2 = _reml(y, v) if method == "reml" else _dersimonian_laird(y, v)
    weights = 1.0 / (v + tau2)
    mean = float(weights @ y / weights.sum())
    q = _q(y, v, 0.0)
    variance = 1.0 / float(weights.sum())
    quantile = float(norm.ppf(0.5 + CONFIDENCE / 2.0))
    if interval == "hartung-knapp":
        variance *= float(weights @ (y - mean) ** 2) / (k - 1)
        quantile = float(t.ppf(0.5 + CONFIDENCE / 2.0, k - 1))
    error = math.sqrt(variance)
    spread = math.nan if method == "common" else math.sqrt(tau2 + variance)
    tau2_low, tau2_high = _tau2_interval(y, v)
    return Pool(
        estimate=mean,
        error=error,
        low=mean - quantile * error,
        high=mean + quantile * error,
        predict_low=mean - quantile * spread,
        predict_high=mean + quantile * spread,
        tau2=tau2,
        tau2_low=tau2_low,
        tau2_high=tau2_high,
        q=q,
        df=k - 1,
        p=float(chi2.sf(q, k - 1)),
        i2=max(0.0, (q - (k - 1)) / q) if q > 0.0 else 0.0,
        weights=tuple(float(w) for w in weights / weights.sum()),
        method=method,
        interval=interval,
    )


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """A common log risk ratio over 2 x 2 tables, with its standard error and 95 % interval."""

    estimate: float
    error: float
    low: float
    high: float


def mantel_haenszel(
    events: Sequence[int],
    totals: Sequence[int],
    control_events: Sequence[int],
    control_totals: Sequence[int],
) -> MantelHaenszel:
    """The common log risk ratio; no correction is added to empty cells.

    Fails  ValueError where no study has an event in one of the arms
    """
    a, n1, c, n2 = (np.asarray(x, float) for x in (events, totals, control_events, control_totals))
    n = n1 + n2
    above, beneath = float((a * n2 / n).sum()), float((c * n1 / n).sum())
    if above <= 0.0 or beneath <= 0.0:
        raise ValueError("a common risk ratio needs events in both arms")
    share = (n1 * n2 * (a + c) - a * c * n) / n**2
    error = math.sqrt(float(share.sum()) / (above * beneath))
    estimate = math.log(above / beneath)
    half = float(norm.ppf(0.5 + CONFIDENCE / 2.0)) * error
    return MantelHaenszel(estimate, error, estimate - half, estimate + half)


def _mean(y: Numbers, v: Numbers, tau2: float) -> float:
    weights = 1.0 / (v + tau2)
    return float(weights @ y / weights.sum())


def _q(y: Numbers, v: Numbers, tau2: float) -> float:
    return float(((y - _mean(y, v, tau2)) ** 2 / (v + tau2)).sum())


def _dersimonian_laird(y: Numbers, v: Numbers) -> float:
    w = 1.0 / v
    scale = float(w.sum() - (w**2).sum() / w.sum())
    return max(0.0, (_q(y, v, 0.0) - (len(y) - 1)) / scale)


def _reml(y: Numbers, v: Numbers) -> float:
    """The maximum of the restricted likelihood over tau2 >= 0.

    The likelihood may have more than one peak: the best point of a grid is refined.
    """

    def deviance(tau2: float) -> float:
        w = 1.0 / (v + tau2)
        return float(np.log(v + tau2).sum() + math.log(w.sum())) + _q(y, v, tau2)

    def slope(tau2: float) -> float:
        w = 1.0 / (v + tau2)
        residual = y - _mean(y, v, tau2)
        return float(w.sum() - (w**2).sum() / w.sum() - (w**2 * residual**2).sum())

    top = 10.0 * (float(np.var(y, ddof=1)) + float(v.max()))
    grid = np.concatenate(([0.0], top * np.logspace(-9.0, 0.0, 181)))
    best = int(np.argmin([deviance(g) for g in grid]))
    if best == 0 and slope(0.0) >= 0.0:
        return 0.0
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    return _root(slope, low, high)


def _tau2_interval(y: Numbers, v: Numbers) -> tuple[float, float]:
    """The tau2 at which Q would lie at its 97.5 % and 2.5 % quantiles."""
    df, side = len(y) - 1, (1.0 - CONFIDENCE) / 2.0
    top = 1.0
    while _q(y, v, top) > chi2.ppf(side, df):
        top *= 2.0
    ends = []
    for quantile in (1.0 - side, side):
        wanted = float(chi2.ppf(quantile, df))

        def over(tau2: float, wanted: float = wanted) -> float:
            return _q(y, v, tau2) - wanted

        ends.append(0.0 if over(0.0) <= 0.0 else _root(over, 0.0, top))
    return ends[0], ends[1]


def _root(of: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(of, low, high, xtol=1e-14, rtol=1e-13))
