"""The sums behind the joint objective, compiled: over levels, for many points and their copies.

`likelihood` says what a level counts for; here is the same with its derivatives, for a batch that
is asked thousands of times. The functions run uncompiled as well.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import math
from functools import cache
from types import ModuleType

import numpy as np

from equipoise.kinetics import kernels

FAILED = 1e100
"""The objective where the engine has no answer; far above what any wrong unit makes of one."""

NOTHING = 1e-300
"""Least variance: what stands for a residual error that is nothing."""

STATE, VOLUME, FACTOR, ADDITIVE, PROPORTIONAL, LOG, READ_COLUMNS = range(7)
"""Columns of a table with a row for each analyte; the last three are variances."""


def log_normal(u):
    """ln of the standard normal distribution function."""
    if u > 0.0:
        return math.log1p(-0.5 * math.erfc(u / math.sqrt(2.0)))
    if u > -30.0:
        return math.log(0.5 * math.erfc(-u / math.sqrt(2.0)))
    q = 1.0 / (u * u)
    tail = 1.0 - q * (1.0 - q * (3.0 - q * (15.0 - q * (105.0 - q * 945.0))))
    return -0.5 * u * u - math.log(-u) - 0.5 * math.log(2.0 * math.pi) + math.log(tail)


def spread(of, z, moves, root, owner, lanes, etas):
    """Write the copies of points, (W x m, k), whose they are, and their etas.

    of (W,), z (W, k);  moves (m, k);  root (k, k) lower triangular, of Omega
    """
    lane = 0
    k = z.shape[1]
    for w in range(z.shape[0]):
        for copy in range(moves.shape[0]):
            owner[lane] = of[w]
            for i in range(k):
                lanes[lane, i] = z[w, i] + moves[copy, i]
            for i in range(k):
                etas[lane, i] = 0.0
                for j in range(i + 1):
                    etas[lane, i] += root[i, j] * lanes[lane, j]
            lane += 1


def read_off(amounts, parameters, of, piece, kind, count, table, center, variance):
    """Write predictions (L, T), on the scale on which residuals are normal, and their variances.

    amounts     (L, T, C);  parameters  (L, P, K)
    piece, kind (S, T) whose parameters hold, which analyte;  count (S,) levels
    table       (analytes, READ_COLUMNS); an analyte with FACTOR 0 is left alone
    """
    last = parameters.shape[1] - 1
    for lane in range(amounts.shape[0]):
        s = of[lane]
        for j in range(count[s]):
            row = kind[s, j]
            if table[row, FACTOR] == 0.0:
                continue
            volume = parameters[lane, min(piece[s, j], last), int(table[row, VOLUME])]
            f = amounts[lane, j, int(table[row, STATE])] / volume * table[row, FACTOR]
            if table[row, LOG] > 0.0:
                center[lane, j] = math.log(max(f, 1e-300))
                variance[lane, j] = table[row, LOG] if f > 0.0 else NOTHING
            else:
                center[lane, j] = f
                v = table[row, ADDITIVE] + table[row, PROPORTIONAL] * (f * f)
                variance[lane, j] = max(v, NOTHING)


def summed(center, variance, good, of, points, y, censored, count, df, value):
    """Write the joint objective of every lane, without ln|Omega|.

    of      (L,) subject of each lane;  points  (L, k) whitened etas
    y, censored (S, T): the levels on the scale of `center`; -1 below, 1 above a limit
    df      degrees of freedom of heavy-tailed residuals, 0: normal
    value   (L,), `FAILED` where there is no answer: also where nothing is predicted and the
            residual error is nothing too, which no measured level can come from
    """
    k = points.shape[1]
    for lane in range(center.shape[0]):
        s = of[lane]
        total = 0.0
        for j in range(count[s]):
            v = variance[lane, j]
            r = (y[s, j] - center[lane, j]) / math.sqrt(v)
            if v <= NOTHING and censored[s, j] >= 0:
                total = math.inf
            elif censored[s, j] != 0:
                total += -2.0 * log_normal(-censored[s, j] * r)
            elif df > 0.0:
                total += math.log(v) + (df + 1.0) * math.log1p(r * r / df)
            else:
                total += math.log(v) + r * r
        if not good[lane] or not math.isfinite(total):
            total = FAILED
        for i in range(k):
            total += points[lane, i] * points[lane, i]
        value[lane] = total


def sloped(
    center,
    variance,
    value,
    of,
    points,
    y,
    censored,
    count,
    df,
    copies,
    central,
    step,
    here,
    gradient,
    expected,
    misfit,
):
    """Write value, gradient and expected second derivatives of the joint objective at points.

    A point has `copies` lanes: each eta moved up (and down, where `central`), then itself.
    value       of all lanes; one without an answer spoils the derivatives: then `here` is `FAILED`
    of, points  of all lanes, as in `summed`
    here        (W,);  gradient  (W, k);  expected  (W, k, k)
    misfit      (W,) squared residuals over their variance and the prior; -2 ln of the probability
                of a censored level
    """
    k = points.shape[1]
    own = 2 * k if central else k
    a = np.zeros(k)
    c = np.zeros(k)
    for w in range(gradient.shape[0]):
        base = w * copies + own
        s = of[base]
        misfit[w] = 0.0
        for i in range(k):
            misfit[w] += points[base, i] * points[base, i]
            gradient[w, i] = 2.0 * points[base, i]
            for other in range(k):
                expected[w, i, other] = 2.0 if i == other else 0.0
        for j in range(count[s]):
            v = variance[base, j]
            sd = math.sqrt(v)
            r = (y[s, j] - center[base, j]) / sd
            # How the term falls with the residual (over SD), and what its square weighs.
            weight_a = 2.0 / v
            weight_c = 1.0
            joined = 0.0
            if censored[s, j] != 0:
                u = -censored[s, j] * r
                misfit[w] -= 2.0 * log_normal(u)
                # -2 ln of the normal integral up to u, which center and variance both move.
                hazard = math.exp(-0.5 * u * u - 0.5 * math.log(2.0 * math.pi) - log_normal(u))
                pull = 2.0 * censored[s, j] * hazard
                joined = max(2.0 * hazard * (hazard + u), 0.0)
                weight_a = 0.0
                weight_c = 0.0
                by_c = -0.5 * pull * r
            elif df > 0.0:
                misfit[w] += r * r
                pull = (df + 1.0) * 2.0 * r / (df + r * r)
                weight_a *= (df + 1.0) / (df + 3.0)
                weight_c = df / (df + 3.0)
                by_c = 1.0 - 0.5 * pull * r
            else:
                misfit[w] += r * r
                pull = 2.0 * r
                by_c = 1.0 - r * r
            by_a = -pull / sd
            for i in range(k):
                if central:
                    up = w * copies + 2 * i
                    a[i] = (center[up, j] - center[up + 1, j]) / (2.0 * step)
                    c[i] = (variance[up, j] - variance[up + 1, j]) / (2.0 * step * v)
                else:
                    up = w * copies + i
                    a[i] = (center[up, j] - center[base, j]) / step
                    c[i] = (variance[up, j] - v) / (step * v)
                gradient[w, i] += by_a * a[i] + by_c * c[i]
            for i in range(k):
                moved = a[i] / sd + 0.5 * r * c[i]
                for other in range(k):
                    expected[w, i, other] += weight_a * a[i] * a[other] + weight_c * c[i] * c[other]
                    if joined > 0.0:
                        own_move = a[other] / sd + 0.5 * r * c[other]
                        expected[w, i, other] += joined * moved * own_move
        here[w] = value[base]
        total = 0.0
        for i in range(k):
            total += gradient[w, i]
            for other in range(k):
                total += expected[w, i, other]
        for lane in range(w * copies, (w + 1) * copies):
            total = total if value[lane] < FAILED else math.inf
        if not math.isfinite(total):
            here[w] = FAILED
            for i in range(k):
                gradient[w, i] = 0.0
                for other in range(k):
                    expected[w, i, other] = 2.0 if i == other else 0.0


def bent(value, copies, step, hessian):
    """Write second derivatives, (W, k, k), from the objective of the copies of points.

    value  (W x copies,): each eta moved up and down, the point, each pair of etas moved up
    """
    k = hessian.shape[1]
    for w in range(hessian.shape[0]):
        first = w * copies
        base = value[first + 2 * k]
        pair = first + 2 * k + 1
        for i in range(k):
            up = value[first + 2 * i]
            hessian[w, i, i] = (up - 2.0 * base + value[first + 2 * i + 1]) / (step * step)
            for j in range(i):
                corner = value[pair] - up - value[first + 2 * j] + base
                hessian[w, i, j] = corner / (step * step)
                hessian[w, j, i] = hessian[w, i, j]
                pair += 1


def around(
    amounts, parameters, of, points, piece, kind, count, table, center, variance, good, y,
    censored, df, copies, central, step, value, here, gradient, expected, misfit, hessian,
):  # fmt: skip
    """All of these in turn, for points and their copies: `read_off` where there are amounts,
    `summed`, `sloped`, and `bent` where second derivatives are asked for."""
    if amounts.shape[0] > 0:
        read_off(amounts, parameters, of, piece, kind, count, table, center, variance)
    summed(center, variance, good, of, points, y, censored, count, df, value)
    sloped(
        center, variance, value, of, points, y, censored, count, df, copies, central, step, here,
        gradient, expected, misfit,
    )  # fmt: skip
    if hessian.shape[0] > 0:
        bent(value, copies, step, hessian)


@cache
def compiled() -> ModuleType:
    """These functions as machine code."""
    return kernels.load(
        "density",
        (
            kernels.constants(
                FAILED=FAILED,
                NOTHING=NOTHING,
                STATE=STATE,
                VOLUME=VOLUME,
                FACTOR=FACTOR,
                ADDITIVE=ADDITIVE,
                PROPORTIONAL=PROPORTIONAL,
                LOG=LOG,
            ),
            kernels.source_of(log_normal, spread, read_off, summed, sloped, bent, around),
        ),
    )
