"""Expansion and contraction of infused cells: the structure that the piecewise CAR-T models share.

An infusion starts four states (`Model.infusions`). Two hold copies of the transgene; two are
switches that a lag turns on, so that a change of phase is an event of the engine and never falls
into a step. `copies` is the sum of the pool that contracts fast (`effector`) and of what it leaves
behind, which contracts slowly.
"""

from __future__ import annotations

# Rates of a system have no annotations: they are compiled from their text.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from equipoise.kinetics import System

STATES = ("copies", "effector", "growing", "contracting")
NAMES = ("RHO", "ALPHA", "BETA", "FB", "DNA")
STARTED = (0, 1, 2, 3)
"""Every state is started by an infusion."""


def rates(t, x, p, dx):  # noqa: ARG001
    """Rates of change; x: the states, p: RHO, ALPHA, BETA (/h), FB (fraction), DNA (ug)."""
    growing = 1.0 if x[2] > 0.5 and x[3] < 0.5 else 0.0
    contracting = 1.0 if x[3] > 0.5 else 0.0
    change = (p[0] * growing - p[1] * contracting) * x[1]
    slow = p[3] * (p[1] - p[2]) * contracting * x[1] - p[2] * (x[0] - x[1])
    dx[0] = change + slow
    dx[1] = change
    dx[2] = 0.0
    dx[3] = 0.0


SYSTEM = System(STATES, NAMES, rates)
"""Growth at RHO; then (1 - FB) of the peak falls at ALPHA and FB of it at BETA."""
