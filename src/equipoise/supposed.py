"""What else would be said: if open exclusions were made, and under a site's charting conventions.

Both stand beside the assessment for information; nothing in it rests on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from equipoise.advice import Advice, Situation, advise
from equipoise.assessment import Day, OtherAdvice, UnderConventions
from equipoise.charting import Conventions
from equipoise.criterion import Criterion, Grade
from equipoise.grading import daily, grade, with_entries
from equipoise.record import Record
from equipoise.shelves import Shelves


def days_of(
    criterion: Criterion, past: Record, at: float, conventions: Conventions | None = None
) -> tuple[Day, ...]:
    """A criterion at each day's end."""
    graded = daily(criterion, past, at, conventions=conventions)
    return tuple(Day(past.calendar_day(g.at), g) for g in graded)


def supposing(
    criteria: Sequence[Criterion],
    grades: Sequence[Grade],
    past: Record,
    at: float,
    conventions: Conventions | None = None,
) -> dict[str, Grade]:
    """Open criteria as they would be if what they ask to be excluded were excluded.

    grades  of the criteria, under the same conventions
    """
    found: dict[str, Grade] = {}
    for criterion, now in zip(criteria, grades, strict=True):
        if criterion.excludes and now.applies and now.met is None:
            excluded = with_entries(past, at, [(name, "excluded") for name in criterion.excludes])
            found[criterion.id] = grade(criterion, excluded, at, conventions=conventions)
    return found


def under_conventions(
    conventions: Conventions,
    criteria: Sequence[Criterion],
    situation: Situation,
    advice: Sequence[Advice],
    shelves: Shelves,
) -> UnderConventions:
    """What conventions make of the criteria, and what else would be said if grades were these."""
    past, at = situation.record, situation.at
    grades = tuple(grade(c, past, at, conventions=conventions) for c in criteria)
    days = {c.id: days_of(c, past, at, conventions) for c in criteria}
    assumed = replace(
        situation, grades={g.criterion: g for g in grades},
        supposing=supposing(criteria, grades, past, at, conventions),
    )  # fmt: skip
    strict = {a.recommendation.id: a.applies for a in advice}
    other = [
        OtherAdvice(a.recommendation.id, a.recommendation.title, strict[a.recommendation.id],
                    a.applies)
        for a in advise(shelves.guidance, assumed)
        if a.applies is not strict[a.recommendation.id]
    ]  # fmt: skip
    before, after = (
        [found.question for d in shelves.decisions if (found := d.consider(one)) is not None]
        for one in (situation, assumed)
    )
    return UnderConventions(
        conventions.site, conventions.version, grades, days, tuple(other),
        tuple(question for question in after if question not in before),
        tuple(question for question in before if question not in after),
    )  # fmt: skip
