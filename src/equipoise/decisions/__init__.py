"""Questions with a deadline: what must be known, the ways on, their evidence."""

from equipoise.decision import Decision
from equipoise.decisions import (
    atg_remaining,
    azole_on_sirolimus,
    blinatumomab_lymphocytes,
    busulfan_remaining,
    donor_lymphocytes,
    microtransplantation,
    second_inflammatory_wave,
)

ALL: tuple[Decision, ...] = (
    atg_remaining.DECISION,
    azole_on_sirolimus.DECISION,
    busulfan_remaining.DECISION,
    donor_lymphocytes.DECISION,
    blinatumomab_lymphocytes.DECISION,
    second_inflammatory_wave.DECISION,
    microtransplantation.DECISION,
)
