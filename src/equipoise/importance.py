"""Importance weights: Pareto-smoothed, with the shape of their tail as the check.

Source  Vehtari 2024, J Mach Learn Res 25:1-58; Zhang & Stephens 2009, Technometrics 51:316.
"""

from __future__ import annotations

import numpy as np

from equipoise.model import Array


def smooth_weights(log_ratio: Array) -> tuple[Array, float]:
    """Pareto-smoothed log weights (not normalised) and the shape k of the tail.

    log_ratio  (n,), -inf allowed. The tail is the largest min(n / 5, 3 sqrt(n)) ratios; the
    shape is the estimate of Zhang and Stephens 2009 with the weak prior of Vehtari 2024.
    """
    n = len(log_ratio)
    top = float(np.max(log_ratio))
    if not np.isfinite(top):
        return log_ratio, float("inf")
    shifted = log_ratio - top
    tail = int(np.ceil(min(0.2 * n, 3.0 * np.sqrt(n))))
    order = np.argpartition(shifted, n - tail - 1)
    cut = shifted[order[n - tail - 1]]
    largest = order[n - tail :]
    largest = largest[np.argsort(shifted[largest], kind="stable")]
    excess = np.exp(shifted[largest]) - np.exp(cut)
    if not np.isfinite(cut):
        return shifted, float("inf")
    if excess[-1] <= 0.0:
        # All of the tail is equal: the proposal is the target.
        return shifted, 0.0
    if np.sum(excess > 0.0) < 5:
        # A few draws carry everything: the worst case, not the best.
        return shifted, float("inf")
    k, sigma = _pareto(np.maximum(excess, 1e-300))
    places = (np.arange(tail) + 0.5) / tail
    if abs(k) < 1e-12:
        quantiles = -sigma * np.log1p(-places)
    else:
        # Of a hopeless tail a quantile may be beyond all numbers: the largest weight is the limit.
        with np.errstate(over="ignore"):
            quantiles = sigma * np.expm1(-k * np.log1p(-places)) / k
    out = shifted.copy()
    out[largest] = np.minimum(np.log(quantiles + np.exp(cut)), 0.0)
    return out, float(k)


def _pareto(excess: Array) -> tuple[float, float]:
    n = len(excess)
    excess = np.sort(excess)
    m = 30 + int(np.sqrt(n))
    grid = 1.0 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))
    grid = grid / (3.0 * excess[int(n / 4 + 0.5) - 1]) + 1.0 / excess[-1]
    k = np.mean(np.log1p(-grid[:, None] * excess[None, :]), axis=1)
    profile = n * (np.log(-grid / k) - k - 1.0)
    weight = np.exp(profile - log_sum(profile))
    theta = float(np.sum(grid * weight))
    shape = float(np.mean(np.log1p(-theta * excess)))
    sigma = -shape / theta
    return float((n * shape + 10.0 * 0.5) / (n + 10.0)), float(sigma)


def log_sum(logs: Array) -> Array:
    """ln of the sum of exponentials over the first axis. scipy's own costs a quarter of a second
    of every start.
    """
    top = np.max(logs, axis=0)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(safe + np.log(np.sum(np.exp(logs - safe), axis=0)))


def effective_size(chains: Array) -> float:
    """Effective number of draws of a sampler's chains, for the mean of the worst column.

    Compares chains with each other too: chains that stay apart count as few draws.
    chains  (steps, chains, k)
    Source  Vehtari 2021, Bayesian Anal 16:667, equations 10 to 13, on halves of the chains and
            without ranks; truncated as Geyer 1992, Stat Sci 7:473.
    """
    half = len(chains) // 2
    x = np.concatenate([chains[:half], chains[half : 2 * half]], axis=1)
    n, m, k = x.shape
    centered = x - x.mean(axis=0)
    padded = np.fft.rfft(centered, 2 * n, axis=0)
    covariance = np.fft.irfft(np.abs(padded) ** 2, 2 * n, axis=0)[:n].mean(axis=1) / n
    within = covariance[0] * n / (n - 1.0)
    total = within * (n - 1.0) / n + x.mean(axis=0).var(axis=0, ddof=1)
    found = []
    for i in range(k):
        if total[i] <= 0.0:
            return 1.0
        rho = 1.0 - (within[i] - covariance[:, i]) / total[i]
        rho[0] = 1.0
        pairs = rho[: n - n % 2].reshape(-1, 2).sum(axis=1)
        low = np.flatnonzero(pairs <= 0.0)
        pairs = np.minimum.accumulate(pairs[: low[0]] if len(low) else pairs)
        time = max(2.0 * pairs.sum() - 1.0, 1.0 / np.log10(m * n))
        found.append(m * n / time)
    return float(min(found))
