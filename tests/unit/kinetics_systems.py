"""Systems that several test files share, so that each is compiled once."""

from __future__ import annotations

import math

from equipoise.kinetics import System


def michaelis_menten(t, x, p, dx):
    """Two compartments, linear and saturable elimination in parallel."""
    concentration = x[0] / p[1]
    exchange = p[2] * (concentration - x[1] / p[3])
    dx[0] = -p[0] * concentration - exchange - p[4] * concentration / (p[5] + concentration)
    dx[1] = exchange


SATURABLE = System(("central", "peripheral"), ("CL", "V1", "Q", "V2", "VM", "KM"), michaelis_menten)
TYPICAL = (0.5, 10.0, 0.5, 20.0, 8.0, 1.0)


def power_of(value, exponent):
    """Called by rates, to see that functions are carried along."""
    return math.pow(value, exponent)


EXPONENT = 2.0


def runaway(t, x, p, dx):
    """Grows without bound in finite time where p[0] > 0; else decays; t switches an input on."""
    inflow = 1.0 if t >= 100.0 else 0.0
    dx[0] = p[0] * power_of(x[0], EXPONENT) - p[1] * x[0] + inflow


RUNAWAY = System(("mass",), ("growth", "loss"), runaway)
