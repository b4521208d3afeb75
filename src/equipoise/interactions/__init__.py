"""Published interactions that change an agent's clearance, one file an agent."""

from equipoise.interaction import Interaction
from equipoise.interactions import ciclosporin, everolimus, oncology, sirolimus, tacrolimus

ALL: tuple[Interaction, ...] = (
    *sirolimus.INTERACTIONS,
    *everolimus.INTERACTIONS,
    *tacrolimus.INTERACTIONS,
    *ciclosporin.INTERACTIONS,
    *oncology.INTERACTIONS,
)
