"""Stiff systems that several test files share, so that each is compiled once."""

from __future__ import annotations

import math

from equipoise.kinetics import System


def robertson(t, x, p, dx):
    """Three reactions whose rates differ by nine orders of magnitude (Robertson 1966)."""
    slow, back, fast = p[0] * x[0], p[1] * x[1] * x[2], p[2] * x[1] * x[1]
    dx[0] = back - slow
    dx[1] = slow - back - fast
    dx[2] = fast


ROBERTSON = System(("a", "b", "c"), ("k1", "k2", "k3", "one"), robertson)
ROBERTSON_TYPICAL = (0.04, 1e4, 3e7, 1.0)


def target_mediated(t, x, p, dx):
    """Full target-mediated disposition: Mager & Jusko 2001, doi 10.1023/A:1014414520282, eq 1-4.

    x  free drug and tissue drug (amounts), free target and complex (amounts in the same volume)
    p  V, kel, kpt, ktp, kon, koff, ksyn (concentration / h), kdeg, kint
    """
    binding = p[4] * x[0] * x[2] / p[0] - p[5] * x[3]
    dx[0] = -p[1] * x[0] - p[2] * x[0] + p[3] * x[1] - binding
    dx[1] = p[2] * x[0] - p[3] * x[1]
    dx[2] = p[6] * p[0] - p[7] * x[2] - binding
    dx[3] = binding - p[8] * x[3]


TARGET_MEDIATED = System(
    ("drug", "tissue", "target", "complex"),
    ("V", "KEL", "KPT", "KTP", "KON", "KOFF", "KSYN", "KDEG", "KINT"),
    target_mediated,
)
# Test values, nobody's drug: nmol, L and h; binding is some 10^5 times faster than elimination.
TARGET_MEDIATED_TYPICAL = (3.0, 0.01, 0.02, 0.03, 300.0, 30.0, 0.05, 0.02, 0.05)
TARGET_AT_REST = TARGET_MEDIATED_TYPICAL[6] * TARGET_MEDIATED_TYPICAL[0] / 0.02

SWING = 2.0 * math.pi / 24.0


def driven(t, x, p, dx):
    """Follows a cosine at a pace p[0] (Prothero & Robinson 1974), and decays by p[1]."""
    dx[0] = -p[0] * (x[0] - math.cos(SWING * t)) - SWING * math.sin(SWING * t)
    dx[1] = -p[1] * x[1]


DRIVEN = System(("follower", "decay"), ("pace", "k"), driven)
