"""Windows of exposure as published, each for the analyte, indication, platform and age studied.

There is no window for blinatumomab here, because none is published: its doses are fixed, and no
source ties a concentration to an outcome in leukemia in a way that a dose could follow.
"""

from equipoise.target import Absence, Target
from equipoise.targets import (
    alemtuzumab,
    busulfan,
    mycophenolate,
    sirolimus,
    tacrolimus,
    thymoglobulin,
)

ALL: tuple[Target, ...] = (
    *sirolimus.TARGETS,
    *tacrolimus.TARGETS,
    *mycophenolate.TARGETS,
    *thymoglobulin.TARGETS,
    *alemtuzumab.TARGETS,
    *busulfan.TARGETS,
)

ABSENT: tuple[Absence, ...] = (
    *sirolimus.ABSENT,
    *thymoglobulin.ABSENT,
    *alemtuzumab.ABSENT,
)
"""Windows that a reader will look for and that do not exist."""
