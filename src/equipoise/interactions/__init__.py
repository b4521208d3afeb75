"""Published interactions that change an agent's clearance, one file an agent; boosters apart."""

from equipoise.interaction import Interaction
from equipoise.interactions import (
    boosters,
    ciclosporin,
    everolimus,
    oncology,
    sirolimus,
    tacrolimus,
)

ALL: tuple[Interaction, ...] = (
    *sirolimus.INTERACTIONS,
    *everolimus.INTERACTIONS,
    *tacrolimus.INTERACTIONS,
    *ciclosporin.INTERACTIONS,
    *boosters.INTERACTIONS,
    *oncology.INTERACTIONS,
)
