"""What exposures went with in published cohorts: "patients like these had", never "will"."""

from equipoise.effects import (
    alemtuzumab,
    busulfan,
    engineered_grafts,
    grafalon,
    mycophenolate,
    sirolimus,
    thymoglobulin,
)
from equipoise.target import Effect

ALL: tuple[Effect, ...] = (
    *sirolimus.EFFECTS,
    *thymoglobulin.EFFECTS,
    *grafalon.EFFECTS,
    *alemtuzumab.EFFECTS,
    *busulfan.EFFECTS,
    *mycophenolate.EFFECTS,
    *engineered_grafts.EFFECTS,
)
