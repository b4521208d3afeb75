"""Late thrombocytopenia of immune effector cells (T-ICAHT, days 31 to 100), Rejeski 2025."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.criteria.icaht_late_2023 import (
    ENDINGS,
    FIRST_DAY,
    LAST_DAY,
    applies_late,
    depth,
)
from equipoise.criteria.ticaht_early import (
    INTERPOLATED_GAP,
    NOTES,
    ROUNDED_TO,
    SOURCE,
    days_below,
    probe_of,
    spells_of,
    tail_of,
)
from equipoise.criterion import (
    Course,
    Criterion,
    Item,
    Readings,
)
from equipoise.looks import Looks
from equipoise.runs import Rules
from equipoise.source import Standing
from equipoise.truth import Limit

DEPTHS = tuple(Limit("<", ((number, "10*9/L"),)) for number in ("100", "50", "20"))
"""Limits of grades 1 to 3."""
LONG = 14
"""Days below the last limit from which grade 4 is given."""

RULES = Rules(
    "platelets", DEPTHS[2:], FIRST_DAY, LAST_DAY, INTERPOLATED_GAP, ROUNDED_TO, 1.0
)  # fmt: skip


def _depth(looks: Looks) -> Readings:
    return depth(looks, "platelets", DEPTHS)


def combine(classes: Sequence[int]) -> int:
    """Depth of the nadir, days below 20 -> grade."""
    nadir, long = classes
    return 4 if nadir == len(DEPTHS) and long else nadir


TICAHT_LATE = Criterion(
    id="ticaht_late",
    title="Late thrombocytopenia of immune effector cells (T-ICAHT), 2025",
    measures="grade",
    source=SOURCE,
    standing=Standing.PUBLISHED,
    applies=applies_late,
    combine=combine,
    windows=dict.fromkeys(("platelets", *ENDINGS), math.inf),
    items=(
        Item(
            "nadir",
            "Lowest platelets",
            ("no thrombocytopenia", "mild thrombocytopenia", "thrombocytopenia",
             "severe thrombocytopenia"),
            (
                f"{DEPTHS[0].opposite}, or below it only once",
                f"{DEPTHS[0].text}: grade 1",
                f"{DEPTHS[1].text}: grade 2",
                f"{DEPTHS[2].text}: grade 3",
            ),
            _depth,
            "lowest platelets unknown",
        ),
        Item(
            "long",
            f"Days with platelets {DEPTHS[2].text}",
            ("less than two weeks of it", "two weeks of it"),
            (f"< {LONG} d", f">= {LONG} d: grade 4"),
            days_below(RULES, 1, (LONG,)),
            "days of severe thrombocytopenia unknown",
        ),
    ),
    probes=(
        probe_of(
            RULES,
            (
                (DEPTHS[0].example(met=False), DEPTHS[0].opposite),
                *((limit.example(met=True), limit.text) for limit in DEPTHS),
            ),
        ),
    ),
    tail=tail_of(RULES),
    course=Course(counts=True, spells=spells_of(RULES)),
    notes=(
        f"Days {FIRST_DAY} to {LAST_DAY} after the infusion. Two or more counts must be low "
        f"(footnote of the table): the lowest decides, if the second lowest is {DEPTHS[0].text} "
        "too; a single count is accepted, as in the late grades of neutropenia (project choice).",
        *NOTES,
    ),
    tags=("CAR-T", "hematotoxicity"),
)  # fmt: skip
