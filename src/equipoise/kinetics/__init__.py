"""Kinetics: amounts over time for many lanes at once, in closed form or by integration.

Knows no drug, no record and no unit: floats, and time in hours. A lane is one subject with one
set of parameters: a patient, a posterior draw, a candidate regimen, a perturbed copy.
"""

from equipoise.kinetics.events import (
    MODELED_DURATION,
    MODELED_RATE,
    DoseEvent,
    Schedule,
    row_of,
)
from equipoise.kinetics.linear import Linear, half_lives
from equipoise.kinetics.solve import Solution, solve
from equipoise.kinetics.stepper import System

__all__ = [
    "MODELED_DURATION",
    "MODELED_RATE",
    "DoseEvent",
    "Linear",
    "Schedule",
    "Solution",
    "System",
    "half_lives",
    "row_of",
    "solve",
]
