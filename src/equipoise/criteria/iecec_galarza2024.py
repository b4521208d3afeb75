"""Enterocolitis associated with immune effector cells, as described in 2024."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from equipoise.criteria.diarrhea_ctcae5 import DIARRHEA
from equipoise.criteria.engraftment_spitzer2001 import no_infection
from equipoise.criterion import Criterion, Effort, Item, Reading
from equipoise.looks import Looks
from equipoise.probe import choices, together
from equipoise.readers import after, item_of, present, reached, since
from equipoise.source import Source, Standing

LEAST_GRADE = 3
ONSET = (22, 210)
"""Days after the infusion between which the 14 published cases began."""
NO_CELLS = "not applicable: no CAR-T cells by this time"


def combine(classes: Sequence[int]) -> int:
    """Diarrhea, infection excluded, biopsy -> 1 where all hold."""
    return int(all(classes))


def _onset(looks: Looks, look: int, _readings: Mapping[str, Reading]) -> str:
    day = looks.chart.day(looks.record, looks.at) - looks.chart.day(looks.record, looks.infusion())
    now = int(day[look])
    if now < ONSET[0]:
        return f"day {now}: earlier than the published cases, which began on day {ONSET[0]} to " \
               f"{ONSET[1]}"  # fmt: skip
    return ""


IECEC = Criterion(
    id="iecec_galarza2024",
    title="Enterocolitis associated with immune effector cells (IEC-EC), as described in 2024",
    measures="met",
    source=Source(
        "Galarza Fortuna 2024, Blood Cancer J 14:180",
        "10.1038/s41408-024-01167-8",
        "abstract; recommendations for diagnosis (table 2)",
        "abstract and table 2 read (PMC11484697)",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_CELLS),
    starts=since(),
    combine=combine,
    leading=("gut_biopsy_inflamed", "diarrhea_grade"),
    windows={**DIARRHEA.windows, "infection": 168.0, "gut_biopsy_inflamed": math.inf},
    items=(
        Item(
            "diarrhea",
            "Diarrhea",
            (f"no diarrhea of grade {LEAST_GRADE}", f"diarrhea of grade {LEAST_GRADE} or more"),
            ("less", f"{DIARRHEA.id}: grade {LEAST_GRADE} or more"),
            item_of(reached(DIARRHEA, LEAST_GRADE)),
            "grade of diarrhea unknown",
        ),
        Item(
            "infection",
            "Infection",
            ("infection", "infection excluded"),
            ("proven", "negative infectious work-up (`infection` excluded)"),
            item_of(no_infection),
            "infection not excluded",
        ),
        Item(
            "biopsy",
            "Gut biopsy",
            ("no such biopsy", "inflamed gut biopsy"),
            ("no", "lymphocytes in the epithelium or blunt villi, as recorded"),
            item_of(present("gut_biopsy_inflamed")),
            "biopsy unknown",
        ),
    ),
    probes=together(
        DIARRHEA.probes,
        (choices("infection"), choices("gut_biopsy_inflamed", Effort.TISSUE)),
    ),
    tail=_onset,
    notes=(
        "The source describes 14 cases and gives no criteria: that all three must hold is ours, "
        "which makes the entry provisional. Its cases typically had non-bloody diarrhea of grade 3 "
        "or more, a negative infectious work-up, and inflammation in every biopsy.",
        f"Onset was on day {ONSET[0]} to {ONSET[1]} (median 92.5); the source asks to think of it "
        "more than a month after the infusion. Time is not a condition.",
        f"There is no grade of its own: `{DIARRHEA.id}` grades it.",
        "A T-cell lymphoma of the gut after CAR-T cells looks alike; the source has the biopsy "
        "reviewed by a hematopathologist. It is not read.",
    ),
    tags=("CAR-T", "gut"),
)
