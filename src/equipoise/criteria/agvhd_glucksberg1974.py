"""Acute GVHD, overall grade by Glucksberg 1974, from recorded organ stages and performance."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.criteria.agvhd_magic2016 import NO_DONOR_CELLS, PRODUCTS
from equipoise.criterion import Criterion, Item
from equipoise.probe import choices
from equipoise.readers import after, chosen
from equipoise.source import Source, Standing

WINDOW = 72.0
ORGANS = (("skin", "skin"), ("liver", "liver"), ("lower_gi", "gut"))
DECLINE = ("none", "mild", "moderate", "severe")


def combine(classes: Sequence[int]) -> int:
    """Stages of skin, liver, gut and the decline -> grade: the mildest row that holds them all."""
    skin, liver, gut, decline = classes
    if max(skin, liver, gut) == 4:
        return 4
    if max(liver, gut) >= 2:
        return 4 if decline == len(DECLINE) - 1 else 3
    if skin == 3 or liver or gut:
        return 2
    return 1 if skin else 0


def _organ(name: str, word: str) -> Item:
    stages = range(5)
    return Item(
        name,
        word.capitalize(),
        tuple(f"{word} stage {n}" for n in stages),
        tuple(f"stage {n}, as recorded" for n in stages),
        chosen(f"agvhd_stage_{name}", {n: n for n in stages}),
        f"{word} not staged",
    )


GLUCKSBERG = Criterion(
    id="agvhd_glucksberg1974",
    title="Acute GVHD, overall grade (Glucksberg 1974)",
    measures="grade",
    source=Source(
        "Glucksberg 1974, Transplantation 18:295",
        "",
        "overall grade",
        "read in a secondary table (mdicu.com calculator 485), not in the paper",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_DONOR_CELLS, PRODUCTS),
    combine=combine,
    leading=("agvhd_stage_skin", "agvhd_stage_liver", "agvhd_stage_lower_gi"),
    windows={f"agvhd_stage_{name}": WINDOW for name, _ in ORGANS}
    | {"performance_decline": WINDOW},
    items=(
        *(_organ(name, word) for name, word in ORGANS),
        Item(
            "decline",
            "Decrease in performance",
            tuple(
                "no decrease in performance" if word == "none"
                else f"{word} decrease in performance" for word in DECLINE
            ),
            ("grade I", "with grade II", "with grade III", "makes grade IV of grade III"),
            chosen("performance_decline", {word: n for n, word in enumerate(DECLINE)}),
            "decrease in performance unknown",
        ),
    ),
    probes=(
        *(choices(f"agvhd_stage_{name}") for name, _ in ORGANS),
        choices("performance_decline"),
    ),
    notes=(
        "Rows of the table: I skin 1-2; II skin 1-3 with liver or gut 1, mild decrease in "
        "performance; III skin 2-3 with liver or gut 2-3, moderate decrease; IV skin 2-4 with "
        "liver or gut 2-4, severe decrease.",
        "The table does not name every combination: the mildest row that holds every organ's "
        "stage is taken, so skin 3 alone is II and liver 2 alone is III (project choice).",
        "Of performance only a severe decrease changes the grade, from III to IV, the one place "
        "where two rows hold the same organs (project choice). Unknown, it leaves III to IV open.",
        "Organ stages are read as recorded and never worked out here: the tables of stages differ "
        "between reprints (stage 4 of the liver from 13.2 or 15 mg/dL). The gut is the recorded "
        "lower gut; this edition has no upper gut.",
        "Another account (bloodref.com) lets liver stage 4 be grade III and counts a performance "
        "status of its own: that is a later consensus, not this edition.",
    ),
    tags=("GVHD",),
)  # fmt: skip
