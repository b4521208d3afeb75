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
    of,
    points,
    y,
    censored,
    count,
    df,
    copies,
    central,
    step,
    gradient,
    expected,
    misfit,
):
    """Write gradient and expected second derivatives of the joint objective at points.

    A point has `copies` lanes: each eta moved up (and down, where `central`), then itself.
    of, points  of all lanes, as in `summed`
    gradient    (W, k);  expected  (W, k, k)
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


def stepped(curvature, gradient, damping, reach, step, promised):
    """Write the step -(curvature + damping)^-1 gradient of points, at most `reach` long, and by how
    much it lowers the objective if that is a parabola (negative: the matrix is not positive
    definite, and there is no step).

    curvature (W, k, k);  gradient, step (W, k);  damping, promised (W,)
    """
    k = gradient.shape[1]
    root = np.zeros((k, k))
    for w in range(gradient.shape[0]):
        definite = True
        for i in range(k):
            for j in range(i + 1):
                total = curvature[w, i, j]
                if i == j:
                    total += damping[w]
                for n in range(j):
                    total -= root[i, n] * root[j, n]
                if i > j:
                    root[i, j] = total / root[j, j]
                elif total > 1e-3:
                    root[i, i] = math.sqrt(total)
                else:
                    definite = False
                    root[i, i] = 1.0
        if not definite:
            promised[w] = -1.0
            for i in range(k):
                step[w, i] = 0.0
            continue
        for i in range(k):
            total = -gradient[w, i]
            for n in range(i):
                total -= root[i, n] * step[w, n]
            step[w, i] = total / root[i, i]
        length = 0.0
        for back in range(k):
            i = k - 1 - back
            total = step[w, i]
            for n in range(i + 1, k):
                total -= root[n, i] * step[w, n]
            step[w, i] = total / root[i, i]
            length += step[w, i] * step[w, i]
        share = min(1.0, reach / math.sqrt(max(length, 1e-300)))
        for i in range(k):
            step[w, i] *= share
        total = 0.0
        for i in range(k):
            bent = 0.0
            for j in range(k):
                bent += curvature[w, i, j] * step[w, j]
            total -= step[w, i] * (gradient[w, i] + 0.5 * bent)
        promised[w] = total


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
            kernels.source_of(log_normal, read_off, summed, sloped, stepped),
        ),
    )
