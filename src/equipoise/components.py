"""Densities and moments of Student components beside a normal one, compiled: for many draws.

`proposal` says what the components are for. The functions run uncompiled as well.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import math
from functools import cache
from types import ModuleType

import numpy as np

from equipoise.kinetics import kernels

SMALLEST = 1e-250
"""Sums of densities below are not believed, and worked out by their logarithms."""


def raised(p, halves):
    """p^(halves / 2) for a whole number of halves, by multiplications."""
    out = math.sqrt(p) if halves % 2 == 1 else 1.0
    n = halves // 2
    while n > 0:
        if n % 2 == 1:
            out *= p
        p *= p
        n //= 2
    return out


def distance(z, center, inverse):
    """Squared distance of a point (k,) from a center in its own scale.

    inverse  (k, k) of the lower triangular root of the scale matrix
    """
    total = 0.0
    for i in range(z.shape[0]):
        part = 0.0
        for j in range(i + 1):
            part += inverse[i, j] * (z[j] - center[j])
        total += part * part
    return total


def log_densities(z, centers, inverses, scales, normal, df, skirt, share, out):
    """Write the log density of each draw, (n,).

    scales  (m,) of each component: ln of its share and constants, without those of the skirt
    normal  the same of the standard normal one
    df, skirt, share  degrees of freedom (whole); how much wider the skirt is, and what it holds
    """
    n, k = z.shape
    m = centers.shape[0]
    halves = int(df) + k
    wide = share / skirt**k
    factors = np.exp(scales)
    logs = np.empty(m)
    for d in range(n):
        square = 0.0
        for i in range(k):
            square += z[d, i] * z[d, i]
        total = math.exp(normal - 0.5 * square)
        for c in range(m):
            far = distance(z[d], centers[c], inverses[c]) / df
            core = (1.0 - share) * raised(1.0 / (1.0 + far), halves)
            total += factors[c] * (
                core + wide * raised(1.0 / (1.0 + far / (skirt * skirt)), halves)
            )
        if SMALLEST < total < 1.0 / SMALLEST:
            out[d] = math.log(total)
            continue
        top = normal - 0.5 * square
        for c in range(m):
            far = distance(z[d], centers[c], inverses[c]) / df
            # Both parts fall with the same power: the skirt's is the larger one out here.
            logs[c] = scales[c] - 0.5 * halves * math.log1p(far / (skirt * skirt))
            power = 0.5 * halves * (math.log1p(far / (skirt * skirt)) - math.log1p(far))
            logs[c] += math.log(wide + (1.0 - share) * math.exp(power))
            top = max(top, logs[c])
        total = math.exp(normal - 0.5 * square - top)
        for c in range(m):
            total += math.exp(logs[c] - top)
        out[d] = top + math.log(total)


def members(z, weight, centers, inverses, scales, df, skirt, share, member, heavy):
    """Write each draw's weight in each component, (m, n), for its mass and for its moments.

    A draw is shared out by the densities of the components; for moments it counts by the precision
    that a draw so far out has on average, relative to the component's.
    """
    n, k = z.shape
    m = centers.shape[0]
    halves = int(df) + k
    wide = share / skirt**k
    factors = np.exp(scales - scales.max())
    for d in range(n):
        sum_of_all = 0.0
        for c in range(m):
            far = distance(z[d], centers[c], inverses[c])
            near_part = 1.0 / (1.0 + far / df)
            far_part = 1.0 / (1.0 + far / (df * skirt * skirt))
            core = (1.0 - share) * raised(near_part, halves)
            rest = wide * raised(far_part, halves)
            total = max(core + rest, 1e-300)
            member[c, d] = factors[c] * total
            sum_of_all += member[c, d]
            precision = core * near_part + rest * far_part / (skirt * skirt)
            heavy[c, d] = precision * (df + k) / df / total
        sum_of_all = max(sum_of_all, 1e-300)
        for c in range(m):
            member[c, d] *= weight[d] / sum_of_all
            heavy[c, d] *= member[c, d]


def moments(z, heavy, centers, scatter):
    """Write the center (m, k) of each component's draws and the sum of their squares, (m, k, k).

    heavy  (m, n)
    """
    m, n = heavy.shape
    k = z.shape[1]
    gap = np.empty(k)
    for c in range(m):
        total = 0.0
        for i in range(k):
            centers[c, i] = 0.0
            for j in range(k):
                scatter[c, i, j] = 0.0
        for d in range(n):
            total += heavy[c, d]
            for i in range(k):
                centers[c, i] += heavy[c, d] * z[d, i]
        for i in range(k):
            centers[c, i] /= total
        for d in range(n):
            if heavy[c, d] == 0.0:
                continue
            for i in range(k):
                gap[i] = z[d, i] - centers[c, i]
            for i in range(k):
                for j in range(i + 1):
                    scatter[c, i, j] += heavy[c, d] * gap[i] * gap[j]
        for i in range(k):
            for j in range(i):
                scatter[c, j, i] = scatter[c, i, j]


@cache
def compiled() -> ModuleType:
    """These functions as machine code."""
    return kernels.load(
        "components",
        (
            kernels.constants(SMALLEST=SMALLEST),
            kernels.source_of(raised, distance, how="inside"),
            kernels.source_of(log_densities, members, moments),
        ),
    )
