"""Thrombotic microangiopathy after transplantation, as a cohort on sirolimus defined it in 2005."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from equipoise.criteria.tma_ctn2005 import TMA_CTN
from equipoise.criteria.tma_jodele2022 import NO_GRAFT, graft
from equipoise.criterion import Criterion, Effort, Item
from equipoise.looks import GRAFTS
from equipoise.probe import baselines, choices, limits_of_range, multiples
from equipoise.readers import (
    after,
    either,
    item_of,
    meets,
    opposite,
    over_baseline,
    present,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Limit

CREATININE = Limit(">", (("2", "mg/dL"),), "creatinine")
CREATININE_TIMES = Decimal("1.5")

_SHARED = {item.name: item for item in TMA_CTN.items}


def combine(classes: Sequence[int]) -> int:
    """Creatinine, schistocytes, LDH, no intravascular coagulation -> 1 where all four hold."""
    return int(all(classes))


TMA_CUTLER = Criterion(
    id="tma_cutler2005",
    title="Thrombotic microangiopathy after transplantation, Cutler 2005",
    measures="met",
    source=Source(
        "Cutler 2005, Biol Blood Marrow Transplant 11:551",
        "",
        "abstract",
        "abstract read (PubMed 15983555)",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("schistocytes",),
    windows=dict.fromkeys(
        ("creatinine", "schistocytes", "ldh", "intravascular_coagulation"), 72.0
    ),
    items=(
        Item(
            "creatinine",
            "Creatinine",
            ("creatinine not raised enough", "raised creatinine"),
            ("no", f"{CREATININE.text}, or > {CREATININE_TIMES} x its baseline"),
            item_of(either(meets("creatinine", CREATININE),
                           over_baseline("creatinine", ">", CREATININE_TIMES, graft))),
            "creatinine against baseline unknown",
        ),
        Item(
            "schistocytes",
            "Schistocytes",
            ("no schistocytes", "schistocytes"),
            ("no", "present"),
            item_of(present("schistocytes")),
            "schistocytes unknown",
        ),
        _SHARED["ldh"],
        Item(
            "coagulation",
            "Intravascular coagulation",
            ("intravascular coagulation", "no intravascular coagulation"),
            ("evidence of it", "no evidence of disseminated intravascular coagulation"),
            item_of(opposite(present("intravascular_coagulation"))),
            "intravascular coagulation unknown",
        ),
    ),
    probes=(
        multiples("creatinine", CREATININE_TIMES),
        baselines("creatinine", CREATININE_TIMES, graft),
        choices("schistocytes"),
        multiples("ldh", Decimal(1)),
        limits_of_range("ldh", Decimal(1), "high"),
        choices("intravascular_coagulation", Effort.ROUTINE),
    ),
    notes=(
        "All four must hold at the time looked at (the source: simultaneously).",
        'The abstract prints "creatinine increase >2 mg/dL or >50% above baseline": read as a '
        "value above 2 mg/dL (project choice), which the other arm mostly holds too.",
        "The source prints mg/dL; other units are converted. The upper limit of LDH is the "
        "laboratory's own; the baseline of creatinine is the last value before the graft.",
    ),
    tags=("transplantation",),
)  # fmt: skip
