"""Chronic GVHD, global severity of the NIH consensus 2014, from the scores of eight organs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise.criteria.agvhd_magic2016 import NO_DONOR_CELLS, PRODUCTS
from equipoise.criterion import Criterion, Item, Readings, Reasons
from equipoise.looks import Looks
from equipoise.probe import choices, values
from equipoise.readers import Reader, after, chosen
from equipoise.source import Source, Standing
from equipoise.truth import Limit

ORGANS = ("skin", "mouth", "eyes", "gi", "liver", "lungs", "joints", "genital")
LUNGS = ORGANS.index("lungs")
SEVERAL = 3
"""Organs at score 1 that make it moderate."""

FEV1 = (Limit("<", (("80", "%"),)), Limit("<", (("60", "%"),)), Limit("<", (("40", "%"),)))

SCORES = {0: 0, 1: 1, 2: 2, 3: 3}
WINDOW = 28 * 24.0


def _fev1_classes(number: float) -> int:
    """Possible scores of a FEV1: 80 and 39 exactly are in none of the printed bands."""
    if number == 80.0:
        return 0b0011
    if 39.0 <= number < 40.0:
        return 0b1100
    return 1 << ((number < 80.0) + (number < 60.0) + (number < 40.0))


def _lungs(looks: Looks) -> Readings:
    score, fev1 = looks.of("cgvhd_score_lungs"), looks.of("fev1")
    by_score = score.pick("cgvhd score", lambda value: 1 << int(value), 0)
    by_fev1 = fev1.pick(
        "cgvhd fev1", lambda q: 0b1111 if q.comparator else _fev1_classes(float(q.number)), 0b1111
    )
    possible = np.where(score.there, by_score, by_fev1).astype(np.uint8)

    def explain(i: int) -> Reasons:
        if score.there[i]:
            return Reasons((score.because(i),))
        return Reasons((fev1.because(i),), ("cgvhd_score_lungs", "fev1"))

    return Readings(possible, explain)


def combine(classes: Sequence[int]) -> int:
    """Scores of the organs -> 0 none, 1 mild, 2 moderate, 3 severe."""
    lungs = classes[LUNGS]
    highest, involved = max(classes), sum(score > 0 for score in classes)
    if highest == 0:
        return 0
    if highest == 3 or lungs >= 2:
        return 3
    if highest == 2 or lungs == 1 or involved >= SEVERAL:
        return 2
    return 1


def _item(organ: str) -> Item:
    read: Reader = _lungs if organ == "lungs" else chosen(f"cgvhd_score_{organ}", SCORES)
    rules = ["score 0", "score 1", "score 2", "score 3"]
    if organ == "lungs":
        bands = (">= 80", "60 to 79", "40 to 59", "<= 39")
        rules = [
            f"{rule}, or FEV1 {band} % predicted" for rule, band in zip(rules, bands, strict=True)
        ]
    return Item(
        organ,
        organ.capitalize(),
        (f"{organ} not involved", *(f"{organ} score {n}" for n in (1, 2, 3))),
        tuple(rules),
        read,
        f"{organ} not scored",
    )


CGVHD = Criterion(
    id="cgvhd_nih2014",
    title="Chronic GVHD, global severity (NIH 2014)",
    measures="grade",
    source=Source(
        "Jagasia 2015, Biol Blood Marrow Transplant",
        "10.1016/j.bbmt.2014.12.001",
        "global severity",
        "PMC4329079; rules read as reprinted (eligibility of the REACH3 trial, NCT03112603; the "
        "lung rule also in the EBMT Handbook 2024, ch. 44), not in the paper; the bands of FEV1 "
        "in a secondary note",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_DONOR_CELLS, PRODUCTS),
    combine=combine,
    leading=tuple(f"cgvhd_score_{organ}" for organ in ORGANS),
    windows={**dict.fromkeys((f"cgvhd_score_{o}" for o in ORGANS), WINDOW), "fev1": WINDOW},
    items=tuple(_item(organ) for organ in ORGANS),
    probes=(
        *(choices(f"cgvhd_score_{organ}") for organ in ORGANS),
        values("fev1", FEV1),
    ),
    notes=(
        "0 none, 1 mild, 2 moderate, 3 severe. Mild: one or two organs at 1, lungs at 0. Moderate: "
        f"{SEVERAL} or more organs at 1, or one at 2, or lungs at 1. Severe: one at 3, or lungs at "
        "2 or more.",
        "Conflict: the EBMT Handbook prints more than 3 organs for moderate, three other reprints, "
        "the REACH3 trial among them, 3 or more; the latter is used.",
        "An organ that was not scored is not 0. Performance status does not count.",
        "Organ scores are taken as recorded: the form's own descriptions, body surface, sicca and "
        "movement of joints among them, are not read; of two skin scores the higher is recorded.",
        "Lungs: a score that is recorded goes before FEV1. A FEV1 of exactly 80 %, and from 39 to "
        "below 40 %, lies between the printed bands and may be either score.",
        "An organ fully explained by another cause is to be left out by whoever scores it; a mixed "
        "cause does not lower the score.",
    ),
    tags=("GVHD",),
)
