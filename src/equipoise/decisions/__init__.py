"""Questions with a deadline: what must be known, the ways on, their evidence."""

from equipoise.decision import Decision
from equipoise.decisions import (
    atg_remaining,
    azole_on_sirolimus,
    busulfan_remaining,
    donor_lymphocytes,
    donor_lymphocytes_blinatumomab,
    microtransplantation,
    second_inflammatory_wave,
)

ALL: tuple[Decision, ...] = (
    atg_remaining.DECISION,
    azole_on_sirolimus.DECISION,
    busulfan_remaining.DECISION,
    donor_lymphocytes.DECISION,
    donor_lymphocytes_blinatumomab.DECISION,
    second_inflammatory_wave.DECISION,
    microtransplantation.DECISION,
)
