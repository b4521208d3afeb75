"""Obecabtagene by its label: a split dose by marrow blasts, and when the second part is put off."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Recommendation, Situation, Verdict
from equipoise.criterion import Truth, seen
from equipoise.record import SAME_TIME
from equipoise.source import Evidence, Source, Standing

TOPIC = "obecabtagene"
REVIEWED = date(2026, 11, 22)
PRODUCT = "obecabtagene"
DAY = 24.0
TOTAL = 410e6
"""CAR T cells in both parts together."""
SECOND_DAY, AROUND, LATEST_DAY = 10, 2, 21
"""Label day of the second part, days around it, and the last day of a second part put off; the
first part is on day 1."""
PUT_OFF, NO_MORE = 2, 3
"""Grades of CRS after the first part."""
BLASTS_WITHIN = 7
"""Days before lymphodepletion within which the marrow is sampled."""

LABEL = Source(
    "Obecabtagene autoleucel, US prescribing information, Autolus",
    where="section 2, dose, bags and Table 2 (label)",
    note="read in a public copy up to the row on CRS; the figures with the share of blasts and the "
    "amounts, and the row on ICANS, were not read",
)


def _second_part(situation: Situation) -> Verdict:
    """A first part was given and no second one; days and the CRS grade in the chart are told."""
    t = situation.at
    parts = [
        c for c in situation.record.cells(PRODUCT)
        if c.at <= t + SAME_TIME and c.status not in ("planned", "held")
    ]  # fmt: skip
    if not parts:
        return Verdict(Truth.NOT_MET, detail="no obecabtagene was given")
    because = tuple(seen(c, c.part) for c in parts)
    if len(parts) > 1 or parts[-1].part.startswith("2"):
        return Verdict(Truth.NOT_MET, because, detail="the second part was given")
    if not parts[0].part:
        return Verdict(Truth.UNKNOWN, because, ("which part of the split dose was given",))
    day = situation.record.calendar_day(t) - situation.record.calendar_day(parts[0].at) + 1
    if day > LATEST_DAY:
        return Verdict(Truth.NOT_MET, because, detail=f"day {day}: later than the label speaks of")
    grade = situation.grades.get("crs_astct2019")
    graded = (
        "CRS is not graded here"
        if grade is None or grade.low is None
        else f"CRS by ASTCT 2019 at least {grade.low} now (the label grades by CTCAE 5)"
    )
    return Verdict(Truth.MET, because, detail=f"day {day} by the label's count; {graded}")


SPLIT = Recommendation(
    id="obecabtagene_split_us",
    title="Obecabtagene: the second part of the split dose (label)",
    statement=(
        f"{TOTAL / 1e6:g} x 10^6 CAR T cells in all, split over day 1 and day {SECOND_DAY} "
        f"(within {AROUND} days) by the share of blasts in a marrow sampled within "
        f"{BLASTS_WITHIN} days before lymphodepletion. After CRS of grade {PUT_OFF} the second "
        f"part may be put off to day {LATEST_DAY}, until CRS is grade 1 or less; after grade "
        f"{NO_MORE} or more treatment is discontinued. ICANS counts too; its row was not read."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_second_part,
    label_status="adjust",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
)
