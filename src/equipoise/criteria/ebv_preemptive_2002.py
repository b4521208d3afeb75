"""EBV DNA against the viral load at which rituximab was given before disease, 2002."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.criteria.agvhd_magic2016 import NO_DONOR_CELLS, PRODUCTS
from equipoise.criterion import Criterion, Item
from equipoise.probe import values
from equipoise.readers import after, item_of, meets, since
from equipoise.source import Source, Standing
from equipoise.truth import Limit

LOAD = Limit(">=", (("1000", "IU/mL"),))
"""Published in genome equivalents per mL of plasma."""
WINDOW = 14 * 24.0


def combine(classes: Sequence[int]) -> int:
    """At or above the load -> 1."""
    return classes[0]


EBV_PREEMPTIVE = Criterion(
    id="ebv_preemptive_2002",
    title="EBV DNA at the load of pre-emptive rituximab (2002)",
    measures="met",
    source=Source(
        "Prevention of EBV-lymphoproliferative disease 2002, Blood 99:4364",
        "",
        "abstract",
        "read as abstract; the load is published in genome equivalents per mL",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_DONOR_CELLS, PRODUCTS),
    starts=since(PRODUCTS),
    combine=combine,
    leading=("ebv_dna",),
    windows={"ebv_dna": WINDOW},
    items=(
        Item(
            "load",
            "EBV DNA",
            ("EBV DNA below the load", "EBV DNA at or above the load"),
            (LOAD.opposite, LOAD.text),
            item_of(meets("ebv_dna", LOAD)),
            "EBV DNA unknown",
        ),
    ),
    probes=(values("ebv_dna", (LOAD,)),),
    notes=(
        "The published load is 1000 genome equivalents per mL of plasma, in T-cell-depleted "
        "transplants, one infusion of rituximab. It is read here as IU/mL, which no source says "
        "and which differs by assay: provisional.",
        "The EBMT Handbook 2024 (doi:10.1007/978-3-031-44080-9_45) says that no threshold can be "
        "fixed: the rise and the immune state count, the doubling time can be 56 h. A center's own "
        "threshold goes before this one. Other centers treated from 2000 or 5000 copies/mL.",
    ),
    tags=("transplantation", "infection"),
)
