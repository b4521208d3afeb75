"""Engraftment syndrome, Maiolino 2003: fever without infection and one sign."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.criteria.crs_astct2019 import fever_of
from equipoise.criteria.engraftment_spitzer2001 import (
    ENGRAFTED_RULE,
    ENGRAFTMENT_NOTES,
    RECENT,
    counts_probe,
    engrafted,
    no_infection,
    sign,
)
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criterion import Criterion, Effort
from equipoise.looks import GRAFTS
from equipoise.probe import choices, values
from equipoise.readers import after, both, meets, present, since
from equipoise.source import Source, Standing
from equipoise.truth import Limit

FEVER = Limit(">=", (("38.0", "Cel"),))
RASH = Limit(">", (("0", "%"),))
BEFORE = 24.0
"""Hours before engraftment from which it may begin."""


def combine(classes: Sequence[int]) -> int:
    """Timing, fever, and any of three signs -> 1."""
    timing, fever, *signs = classes
    return int(bool(timing and fever and any(signs)))


MAIOLINO = Criterion(
    id="engraftment_maiolino2003",
    title="Engraftment syndrome, Maiolino 2003",
    measures="met",
    source=Source(
        "Maiolino 2003, Bone Marrow Transplant",
        "10.1038/sj.bmt.1703855",
        "criteria",
        "read as reprinted (garden.jpoles1.com), not in the paper",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("pulmonary_infiltrates", "rash_area", "diarrhea"),
    windows={
        "neutrophils": RECENT,
        **dict.fromkeys(("temperature", "fever"), 24.0),
        **dict.fromkeys(("infection", "rash_area", "pulmonary_infiltrates", "diarrhea"), 72.0),
    },
    items=(
        sign("timing", "Engraftment", ENGRAFTED_RULE, engrafted(math.inf)),
        sign("fever", "Fever without infection", f"{FEVER.text}, infection excluded",
             both(fever_of(FEVER), no_infection)),
        sign("rash", "Rash", f"{RASH.text} of the body surface", meets("rash_area", RASH)),
        sign("lung", "Pulmonary infiltrates", "yes", present("pulmonary_infiltrates")),
        sign("gut", "Diarrhea", "yes, as recorded", present("diarrhea")),
    ),
    probes=(
        counts_probe(),
        values("temperature", (FEVER,), Effort.BEDSIDE),
        choices("infection"),
        values("rash_area", (RASH,), Effort.BEDSIDE),
        choices("pulmonary_infiltrates"),
        choices("diarrhea"),
    ),
    notes=(
        f"Fever without infection and any of rash, pulmonary infiltrates and diarrhea, from "
        f"{BEFORE:g} h before engraftment on, without an end.",
        "The reprints give no number for fever: 38.0 Cel is a project choice, which makes this "
        "entry provisional.",
        "Diarrhea: at least two liquid stools a day and no microbe found, as recorded.",
        *ENGRAFTMENT_NOTES,
    ),
    tags=("transplantation",),
)  # fmt: skip
