"""Neutrophil recovery after a graft, ASTCT consensus 2021: the first of three days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from equipoise.criteria.engraftment_spitzer2001 import (
    NEUTROPHILS,
    RECENT,
    counts_probe,
    engraftment,
)
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criterion import Criterion, Item, Reading, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks
from equipoise.readers import Part, after, item_of, since
from equipoise.source import Source, Standing

DAYS = 3
"""Consecutive days at or above the limit; recovery is on the first of them."""
SOURCE = Source(
    "Kharfan-Dabaja 2021 (ASTCT consensus), as in Bone Marrow Transplant 59:832",
    "10.1038/s41409-024-02251-0",
    "table 1, consensus definitions",
    "read as reprinted (PMC11161398, table 1; EBMT Handbook 2024, ch. 41), not in the paper",
)


def recovered(looks: Looks) -> Part:
    """Whether neutrophils have recovered by the look."""
    found = engraftment(looks, DAYS)
    truth = np.where(found.none, NOT_MET, UNKNOWN)
    truth = np.where(np.isnan(found.at), truth, MET)
    return Part(
        truth.astype(np.int8),
        lambda i: Reasons([row.because(i) for row in found.rows], ("neutrophils",)),
    )


def combine(classes: Sequence[int]) -> int:
    """Recovered or not."""
    return classes[0]


def dated(looks: Looks, look: int, hours: float) -> str:
    """ "day 14 (2025-03-24)": the day since the graft and its date."""
    record = looks.record[look : look + 1]
    graft = looks.infusion(GRAFTS)[look : look + 1]
    day = looks.chart.day(record, np.array([hours])) - looks.chart.day(record, graft)
    moment = looks.chart.day0[int(record[0])] + timedelta(hours=hours)
    return f"day {int(day[0])} ({moment.date().isoformat()})"


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    del readings
    at = float(engraftment(looks, DAYS).at[look])
    return "" if np.isnan(at) else f"on {dated(looks, look, at)}"


NEUTROPHIL_RECOVERY = Criterion(
    id="neutrophil_recovery_astct2021",
    title="Neutrophil recovery after a graft, ASTCT 2021",
    measures="met",
    source=SOURCE,
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    tail=_tail,
    leading=("neutrophils",),
    windows={"neutrophils": RECENT},
    items=(
        Item(
            "neutrophils",
            "Neutrophils",
            ("neutrophils not recovered", "neutrophils recovered"),
            (
                f"the last count {NEUTROPHILS.opposite}, and no {DAYS} such days before",
                f"{NEUTROPHILS.text} on {DAYS} consecutive days after the nadir",
            ),
            item_of(recovered),
            "recovery of neutrophils unknown",
        ),
    ),
    probes=(counts_probe(DAYS),),
    notes=(
        f"Recovery is on the first of the {DAYS} days and known on the last. The lowest count of a "
        f"day stands for it; after the nadir is read as after a day {NEUTROPHILS.opposite}, so a "
        "graft after which the counts never fell stays open.",
        f"Without it the answer is no where the last count, at most {RECENT:g} h old, is low, and "
        "open otherwise. A day without a count breaks the run.",
        "Once recovered the answer stays yes; a later fall is a question of graft failure.",
    ),
    tags=("transplantation",),
)  # fmt: skip
