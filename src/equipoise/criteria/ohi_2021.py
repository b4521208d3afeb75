"""Optimized HLH inflammatory index (OHI) in hematologic malignancy, 2021."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.criterion import Criterion, Effort, Item
from equipoise.probe import values
from equipoise.readers import item_of, meets
from equipoise.source import Source, Standing
from equipoise.truth import Limit

SOLUBLE_IL2R = Limit(">", (("3900", "U/mL"),))
FERRITIN = Limit(">", (("1000", "ng/mL"),))


def combine(classes: Sequence[int]) -> int:
    """Both -> 1."""
    return min(classes)


OHI = Criterion(
    id="ohi_2021",
    title="Optimized HLH inflammatory (OHI) index, 2021",
    measures="met",
    source=Source(
        "Zoref-Lorenz 2021, Blood",
        "10.1182/blood.2021012764",
        "abstract",
        "read as abstract; a figure legend of the paper prints >= for both",
    ),
    standing=Standing.PUBLISHED,
    combine=combine,
    leading=("ferritin", "soluble_il2r", "soluble_il2r_mass"),
    windows={"soluble_il2r": 168.0, "ferritin": 72.0},
    items=(
        Item(
            "soluble_il2r",
            "Soluble IL-2 receptor",
            ("soluble IL-2 receptor not above the limit", "raised soluble IL-2 receptor"),
            (SOLUBLE_IL2R.opposite, SOLUBLE_IL2R.text),
            item_of(meets("soluble_il2r", SOLUBLE_IL2R)),
            "soluble IL-2 receptor unknown",
        ),
        Item(
            "ferritin",
            "Ferritin",
            ("ferritin not above the limit", "raised ferritin"),
            (FERRITIN.opposite, FERRITIN.text),
            item_of(meets("ferritin", FERRITIN)),
            "ferritin unknown",
        ),
    ),
    probes=(
        values("soluble_il2r", (SOLUBLE_IL2R,), Effort.SPECIAL),
        values("ferritin", (FERRITIN,)),
    ),
    notes=(
        "Conflict: the abstract has > for both, a figure legend >=; the abstract is followed.",
        "Adults with hematologic malignancy before CAR-T. Sensitivity 84 %, specificity 81 % for "
        "HLH-2004.",
        "A soluble IL-2 receptor in pg/mL is not converted and not read.",
    ),
    tags=("HLH",),
)
