"""Diarrhea, CTCAE version 5.0: grade as recorded, or as far as the number of stools says it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise import units
from equipoise.chart import Addition
from equipoise.criteria.aki_kdigo2012 import reference
from equipoise.criterion import Criterion, Effort, Item, Probe, Readings, Reasons
from equipoise.looks import Looks
from equipoise.probe import addition, choices
from equipoise.readers import BASELINE
from equipoise.source import Source, Standing

INCREASE = (4, 7)
"""Stools a day over the baseline from which it is grade 2, and 3."""
WINDOW = 72.0
_ALL, _SOME, _NONE = 0b011111, 0b011110, 0b000001
"""Grades that are open without a recorded one: 5 is death and is recorded."""
_SLACK = 1e-9


def read(looks: Looks) -> Readings:
    """The recorded grade; else at least what the increase of stools makes it."""
    grade, found, now = (looks.of(n) for n in ("diarrhea_grade", "diarrhea", "stool_count"))
    before = looks.baseline("stool_count", reference(looks))
    exact = now.judge("exact", lambda q: int(not q.comparator), 0) == 1
    exact &= before.judge("exact", lambda q: int(not q.comparator), 0) == 1
    with np.errstate(invalid="ignore"):
        increase = np.where(exact, now.number - before.number, np.nan)
        least = 0 + (increase > _SLACK)
        for bound in INCREASE:
            least = least + (increase >= bound - _SLACK)
    by_count = _ALL & ~((1 << least) - 1)
    by_finding = found.pick("diarrhea", lambda value: _SOME if value else _NONE, _ALL)
    # Where the two contradict each other the count stands.
    measured = np.where(by_count & by_finding, by_count & by_finding, by_count)
    recorded = grade.pick("grade", lambda value: 1 << int(value), 0)
    possible = np.where(grade.there, recorded, measured).astype(np.uint8)

    def explain(i: int) -> Reasons:
        if grade.there[i]:
            return Reasons((grade.because(i),))
        lacks = ["diarrhea_grade"]
        lacks += [name for name, rows in (("diarrhea", found), ("stool_count", now))
                  if not rows.there[i]]  # fmt: skip
        if now.there[i] and not before.there[i]:
            lacks.append(BASELINE.format("stool_count"))
        because = (found.because(i), now.because(i), before.because(i, "baseline"))
        return Reasons(because, lacks)

    return Readings(possible, explain)


def combine(classes: Sequence[int]) -> int:
    """The grade."""
    return classes[0]


def _counts() -> Probe:
    """A probe of stools: none more than the baseline, or more by each step."""

    def change(looks: Looks, look: int, *, more: int) -> Sequence[Addition]:
        one = looks.take([look])
        before = one.baseline("stool_count", reference(one))
        base = float(before.number[0]) if before.there[0] else 0.0
        return [addition("stool_count", f"{base + more:g} /d", float(looks.at[look]))]

    answers = (("not more", 0), (f"up to {INCREASE[0] - 1} more", 1),
               (f"{INCREASE[0]} to {INCREASE[1] - 1} more", INCREASE[0]),
               (f"{INCREASE[1]} more", INCREASE[1]))  # fmt: skip
    return Probe(
        "stool_count",
        Effort.BEDSIDE,
        tuple((label, partial(change, more=more)) for label, more in answers),
    )


def _baseline() -> Probe:
    def change(looks: Looks, look: int, *, less: int) -> Sequence[Addition]:
        one = looks.take([look])
        infusion = float(reference(one)[0])
        now = one.last(one.chart.named("stool_count")).value(0)
        if math.isnan(infusion) or now is None:
            return []
        number = max(now.number - less, Decimal(0))
        return [addition("stool_count", units.write(number, now.unit), infusion)]

    answers = (("as many as now", 0), (f"{INCREASE[0]} fewer, or none", INCREASE[0]),
               (f"{INCREASE[1]} fewer, or none", INCREASE[1]))  # fmt: skip
    return Probe(
        BASELINE.format("stool_count"),
        Effort.BEDSIDE,
        tuple((label, partial(change, less=less)) for label, less in answers),
    )


CTCAE = "NCI CTCAE version 5.0, 27 November 2017"

DIARRHEA = Criterion(
    id="diarrhea_ctcae5",
    title="Diarrhea (CTCAE version 5.0)",
    measures="grade",
    source=Source(
        CTCAE,
        "",
        "Gastrointestinal disorders, diarrhea",
        "read as reprinted (10.4291/wjgp.v10.i2.17, table 2; eviq.org.au), not in the document",
    ),
    standing=Standing.PUBLISHED,
    combine=combine,
    leading=("diarrhea_grade", "diarrhea"),
    windows=dict.fromkeys(("diarrhea_grade", "diarrhea", "stool_count"), WINDOW),
    items=(
        Item(
            "grade",
            "Diarrhea",
            ("no diarrhea", *(f"diarrhea of grade {n}" for n in range(1, 6))),
            (
                "none",
                f"fewer than {INCREASE[0]} stools a day more than the baseline",
                f"{INCREASE[0]} to {INCREASE[1] - 1} more; limits instrumental activities",
                f"{INCREASE[1]} or more; hospital care indicated; limits self care",
                "life-threatening; urgent intervention, as recorded",
                "death, as recorded",
            ),
            read,
            "grade of diarrhea unknown",
        ),
    ),
    probes=(choices("diarrhea_grade"), choices("diarrhea"), _counts(), _baseline()),
    notes=(
        "A recorded grade (`diarrhea_grade`) goes before the number of stools. Without it the "
        "stools give the least grade: ostomy output, incontinence, hospital care, activities and "
        "danger to life, which can make it higher, are not read.",
        "Baseline: the last number of stools before the last infusion, at most 30 d old.",
        "A count that contradicts a recorded absence of diarrhea stands.",
    ),
    tags=("gut",),
)  # fmt: skip
