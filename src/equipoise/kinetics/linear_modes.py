"""Modes of a linear system as its compiled kernels use them, one lane or several at a time.

Sums of products are written as fused ones, so that they are rounded alike wherever they stand.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import math

from equipoise.kinetics.linear import disposition


def fused(a, b, c):
    """a * b + c, rounded once (`calls.py`)."""
    raise NotImplementedError


def two(clearance, v1, q, v2):
    """`disposition` of two compartments without a branch: rates, modes (0, 0) and (0, 1), roots.

    Nothing here may be rounded one way in a vector and another way outside of it.
    """
    i0 = 1.0 / v1
    i1 = 1.0 / v2
    r0 = math.sqrt(v1)
    r1 = math.sqrt(v2)
    s0 = (clearance + q) * i0
    s1 = q * i1
    product = (clearance * i0) * s1
    off = -q / (r0 * r1)
    alone = not abs(off) > 1e-17 * math.sqrt(s0 * s1)
    half = (s1 - s0) / (2.0 * (1.0 if alone else off))
    size = abs(half)
    # Where the square would overflow the one beside it is nothing.
    t = 1.0 / (size + (math.sqrt(fused(size, size, 1.0)) if size < 1e150 else size))
    t = -t if half < 0.0 else t
    t = 0.0 if alone else t
    c = 1.0 / math.sqrt(fused(t, t, 1.0))
    rate0 = max(fused(-t, off, s0), 0.0)
    rate1 = max(fused(t, off, s1), 0.0)
    rest = max(rate0, rate1)
    slow = product / (rest if rest > 0.0 else 1.0) if rest > 0.0 else 0.0
    first = rate0 <= rate1
    return slow if first else rate0, rate1 if first else slow, c, t * c, r0, r1


COMPARTMENTS = 2
"""Of the shape; every compiled kernel has its own, and leaves out what it need not do."""


def bearings(n, p, rates, modes, roots, square, back, entries):
    """As `disposition`, and the ways from modes to amounts and from amounts to modes.

    back     (n, n) written: roots[i] * modes[i, j];  entries  modes[i, j] / roots[i]
    """
    if COMPARTMENTS == 2:
        rates[0], rates[1], c, d, roots[0], roots[1] = two(p[0], p[1], p[2], p[3])
        modes[0, 0] = c
        modes[0, 1] = d
        modes[1, 0] = -d
        modes[1, 1] = c
    elif COMPARTMENTS == 1:
        rates[0] = p[0] / p[1]
        modes[0, 0] = 1.0
        roots[0] = math.sqrt(p[1])
    else:
        disposition(n, p, rates, modes, roots, square)
    for i in range(n):
        inverse = 1.0 / roots[i]
        for j in range(n):
            back[i, j] = roots[i] * modes[i, j]
            entries[i, j] = modes[i, j] * inverse


def entered(n, entries, amounts, offset, z):
    """Write amounts[offset:] in the coordinates of the modes to z."""
    for j in range(n):
        total = entries[0, j] * amounts[offset]
        for i in range(1, n):
            total = fused(entries[i, j], amounts[offset + i], total)
        z[j] = total
