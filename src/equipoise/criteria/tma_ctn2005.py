"""Thrombotic microangiopathy after transplantation, BMT CTN toxicity committee 2005."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from equipoise.criteria.tma_jodele2022 import NO_GRAFT, graft
from equipoise.criterion import Criterion, Effort, Item
from equipoise.looks import GRAFTS
from equipoise.probe import baselines, choices, limits_of_range, multiples, values
from equipoise.readers import (
    after,
    either,
    item_of,
    meets,
    opposite,
    over_baseline,
    over_range,
    present,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Limit

SCHISTOCYTES = Limit(">=", (("2", "1"),))
CREATININE_TIMES = Decimal(2)


def combine(classes: Sequence[int]) -> int:
    """Schistocytes, LDH, kidney or brain, antiglobulin test -> 1 where all four hold."""
    return int(all(classes))


TMA_CTN = Criterion(
    id="tma_ctn2005",
    title="Thrombotic microangiopathy after transplantation, BMT CTN 2005",
    measures="met",
    source=Source(
        "BMT CTN toxicity committee 2005 (Ho), as reprinted",
        "10.1186/s40164-018-0106-9",
        "Table 1",
        "read in this and two other reprints (bloodadvances markup/354738, "
        "medicalalgorithms.com), not in the paper of 2005",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("schistocytes_per_field",),
    windows={
        "schistocytes_per_field": 72.0,
        "ldh": 72.0,
        "creatinine": 72.0,
        "encephalopathy": 72.0,
        "positive_coombs_test": 336.0,
    },
    items=(
        Item(
            "schistocytes",
            "Schistocytes",
            ("few schistocytes", "schistocytes"),
            ("fewer", f"{SCHISTOCYTES.relation} {SCHISTOCYTES.printed[0][0]} in a high-power "
             "field"),
            item_of(meets("schistocytes_per_field", SCHISTOCYTES)),
            "schistocytes in a field unknown",
        ),
        Item(
            "ldh",
            "LDH",
            ("LDH not raised", "raised LDH"),
            ("no", "LDH > its upper limit"),
            item_of(over_range("ldh", ">")),
            "LDH unknown",
        ),
        Item(
            "organs",
            "Kidney or brain",
            ("neither kidney nor brain affected", "kidney or brain affected"),
            ("neither", f"creatinine >= {CREATININE_TIMES} x its baseline, or neurologic "
             "dysfunction (`encephalopathy`)"),
            item_of(either(over_baseline("creatinine", ">=", CREATININE_TIMES, graft),
                           present("encephalopathy"))),
            "kidney and brain unknown",
        ),
        Item(
            "coombs",
            "Antiglobulin test",
            ("positive antiglobulin test", "negative antiglobulin test"),
            ("positive", "direct and indirect test negative"),
            item_of(opposite(present("positive_coombs_test"))),
            "antiglobulin test unknown",
        ),
    ),
    probes=(
        values("schistocytes_per_field", (SCHISTOCYTES,)),
        multiples("ldh", Decimal(1)),
        limits_of_range("ldh", Decimal(1), "high"),
        multiples("creatinine", CREATININE_TIMES, ">="),
        baselines("creatinine", CREATININE_TIMES, graft),
        choices("encephalopathy"),
        choices("positive_coombs_test", Effort.ROUTINE),
    ),
    notes=(
        "All four must hold at the time looked at.",
        "Conflict: two reprints print more than 2 schistocytes in a field, a third 2 or more; the "
        "latter is used.",
        "Conflict: one reprint adds normal coagulation tests, which others do not list; they are "
        "not read.",
        "Kidney: a fall of creatinine clearance by half is the other form of the same limit and "
        "is not read. Other explanations of LDH and of kidney or brain are not read.",
        "The upper limit of LDH is the laboratory's own; the baseline of creatinine is the last "
        "value before the graft.",
    ),
    tags=("transplantation",),
)  # fmt: skip
