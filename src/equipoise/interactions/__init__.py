"""Published interactions that change an agent's clearance, one file an agent."""

from equipoise.interaction import Interaction
from equipoise.interactions import sirolimus, tacrolimus

ALL: tuple[Interaction, ...] = (*sirolimus.INTERACTIONS, *tacrolimus.INTERACTIONS)
