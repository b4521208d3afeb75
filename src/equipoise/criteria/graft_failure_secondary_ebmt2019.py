"""Secondary graft failure, EBMT Handbook 2019: neutrophils low again after recovery."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from equipoise.criteria.engraftment_spitzer2001 import (
    RECENT,
    counts_probe,
    engraftment,
    no_infection,
)
from equipoise.criteria.graft_failure_primary_ebmt2019 import NEUTROPHILS, SOURCE
from equipoise.criteria.neutrophil_recovery_astct2021 import DAYS, recovered
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criterion import Criterion, Item, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks
from equipoise.probe import choices
from equipoise.readers import Part, PartReader, after, item_of, since
from equipoise.source import Standing

WINDOW = 168.0

_RELAPSE = {"excluded": MET, "suspected": UNKNOWN, "proven": NOT_MET}


def _fallen(looks: Looks) -> Part:
    """The last count is low, and came after the recovery."""
    found, now = engraftment(looks, DAYS), looks.of("neutrophils")
    truth = now.truth(NEUTROPHILS)
    # Before recovery a low count is no fall; an open recovery leaves it open.
    truth = np.where(np.isnan(found.at) & (truth == MET), NOT_MET, truth)
    return Part(truth.astype(np.int8), lambda i: Reasons((now.because(i),), ("neutrophils",)))


def _no_relapse(looks: Looks) -> Part:
    """Relapse or progression excluded; either that is recorded counts."""
    relapse, progression = looks.of("relapse"), looks.of("progression")
    said = relapse.judge("no relapse", lambda value: NOT_MET if value else MET)
    rows = progression.judge("no progression", lambda value: _RELAPSE[value])
    truth = np.where((said == NOT_MET) | (rows == NOT_MET), NOT_MET, np.maximum(said, rows))
    return Part(
        truth.astype(np.int8),
        lambda i: Reasons((relapse.because(i), progression.because(i)), ("progression",)),
    )


def combine(classes: Sequence[int]) -> int:
    """Recovered, fallen, without relapse, without infection -> 1."""
    return int(all(classes))


def _item(name: str, label: str, words: tuple[str, str], rule: str, part: PartReader) -> Item:
    return Item(name, label, words, ("no", rule), item_of(part), f"{label.lower()} unknown")


GRAFT_FAILURE_SECONDARY = Criterion(
    id="graft_failure_secondary_ebmt2019",
    title="Secondary graft failure, EBMT Handbook 2019",
    measures="met",
    source=SOURCE,
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("neutrophils",),
    windows={
        "neutrophils": RECENT, "relapse": math.inf, "progression": WINDOW, "infection": 72.0,
    },
    items=(
        _item("recovered", "Recovery", ("neutrophils had not recovered",
              "neutrophils had recovered"), f"neutrophils recovered on {DAYS} consecutive days",
              recovered),
        _item("fallen", "Fall", ("neutrophils not low again", "neutrophils low again"),
              f"then {NEUTROPHILS.text}", _fallen),
        _item("relapse", "Relapse", ("relapse explains it", "no relapse"), "excluded",
              _no_relapse),
        _item("infection", "Infection", ("infection explains it", "no infection"), "excluded",
              no_infection),
    ),
    probes=(counts_probe(DAYS), choices("progression"), choices("infection")),
    notes=(
        "The source leaves out what relapse, infection or drug toxicity explains. Relapse and "
        "infection are read where they are recorded, suspected ones leave it open; drug toxicity "
        "is left to who reads the answer.",
        f"One count {NEUTROPHILS.text} is enough, as printed; others ask for three days in a row.",
        "Loss of donor hematopoiesis after reduced conditioning (below 5 % in the source) is not "
        "read. The ASTCT consensus of 2021 speaks of a decline that makes transfusions or growth "
        "factor necessary, without limits.",
    ),
    tags=("transplantation",),
)  # fmt: skip
