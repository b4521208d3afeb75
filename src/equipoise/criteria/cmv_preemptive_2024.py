"""CMV DNA against the range of viral loads at which pre-emptive treatment was started."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.criteria.agvhd_magic2016 import NO_DONOR_CELLS, PRODUCTS
from equipoise.criterion import Criterion, Item
from equipoise.probe import values
from equipoise.readers import after, banded, since
from equipoise.source import Source, Standing
from equipoise.truth import Limit

LOAD = (Limit(">=", (("100", "IU/mL"),)), Limit(">", (("1000", "IU/mL"),)))
"""2 and 3 log10 IU/mL: the range."""
WINDOW = 14 * 24.0


def combine(classes: Sequence[int]) -> int:
    """Below, in, above the range."""
    return classes[0]


CMV_PREEMPTIVE = Criterion(
    id="cmv_preemptive_2024",
    title="CMV DNA and the range of thresholds for pre-emptive treatment (review of 2024)",
    measures="grade",
    source=Source(
        "Systematic review 2024, J Infect Dis 229:1435",
        "",
        "abstract",
        "read on the article's page (dbpia JID 229/5/1435)",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_DONOR_CELLS, PRODUCTS),
    starts=since(PRODUCTS),
    combine=combine,
    leading=("cmv_dna",),
    windows={"cmv_dna": WINDOW},
    items=(
        Item(
            "load",
            "CMV DNA",
            ("CMV DNA below the range", "CMV DNA in the range", "CMV DNA above the range"),
            (LOAD[0].opposite, f"{LOAD[0].text} and {LOAD[1].opposite}", LOAD[1].text),
            banded("cmv_dna", LOAD),
            "CMV DNA unknown",
        ),
    ),
    probes=(values("cmv_dna", LOAD),),
    notes=(
        "0 below, 1 in, 2 above the range of 2 to 3 log10 IU/mL. In trials and cohorts from 2013 "
        "to 2023 treatment begun anywhere in it went with similar rates of CMV disease; the "
        "review had patients without prophylaxis.",
        "No single threshold is published: the EBMT Handbook 2024 (doi:10.1007/978-3-031-44080-9_"
        "38) says that none can be recommended, because it hangs on the patient, the material and "
        "the assay. A center's own threshold goes before this range.",
        "Assays differ: the median spread of one sample between them was 1.5 log10 IU/mL in the "
        "review, wider than the range.",
    ),
    tags=("transplantation", "infection"),
)
