"""Toxicity by day: the strip, what the chart says beside it, and the highest so far."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial

from equipoise.assessment import Assessment, Day
from equipoise.report import strip
from equipoise.report.blocks import (
    Block,
    Column,
    Figure,
    Fold,
    Heading,
    Paragraph,
    Row,
    Table,
    cell,
    words,
)
from equipoise.report.why import span_of
from equipoise.report.words import Clock, day_word

COLUMN = 8


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """The strip with its table; nothing where no criterion was asked day by day."""
    if not any(strip.applies(days) for days in assessment.daily.values()):
        return ()
    recorded = recorded_by_day(assessment)
    titles = assessment.criterion_titles
    caption = (
        "Each day is graded from what was known at its end. Day 0 is the date of the infusion."
    )
    silent = [titles.get(c, c) for c, days in assessment.daily.items() if not strip.applies(days)]
    if silent:
        caption += f" On no day applied: {'; '.join(silent)}."
    parts: list[Block] = [
        Heading(2, "Toxicity by day"),
        Figure(
            strip.drawing(assessment.daily, titles, recorded),
            words(caption),
            partial(strip_lines, assessment),
        ),
    ]
    rows = [
        _highest(titles.get(criterion, criterion), days)
        for criterion, days in assessment.daily.items()
        if any(d.grade.applies for d in days)
    ]
    if rows:
        columns = (Column("Criterion"), Column("Latest day"), Column("Highest that is certain"),
                   Column("Highest that is possible"))  # fmt: skip
        table = Table("Latest and highest so far", columns, tuple(rows))
        parts.append(Fold("Latest and highest so far, by criterion", (table,)))
    clock = Clock(assessment.day0)
    if assessment.recorded:
        rows = [
            Row((cell(titles.get(c, c)), cell(clock.short(at)), cell(text)))
            for c, at, text in assessment.recorded
        ]
        charted = (Column("Criterion"), Column("When"), Column("The chart says"))
        parts.append(
            Paragraph(words("Grades in the chart are shown beside ours and never replaced."))
        )
        parts.append(Table("Grades recorded in the chart", charted, tuple(rows)))
    return tuple(parts)


def recorded_by_day(assessment: Assessment) -> tuple[tuple[str, int, str], ...]:
    """What the chart says: (criterion, calendar day, the grade alone where it is a number)."""
    clock = Clock(assessment.day0)
    found = []
    for criterion, at, text in assessment.recorded:
        short = text.removeprefix("grade").strip()
        found.append((criterion, clock.day(at), short[:5]))
    return tuple(found)


def strip_lines(assessment: Assessment, width: int) -> tuple[str, ...]:
    """The strip in letters, in lines of at most `width` where a single day fits into that."""
    shown = {c: days for c, days in assessment.daily.items() if strip.applies(days)}
    numbers = sorted({d.day for days in shown.values() for d in days})
    if not numbers:
        return ()
    label = max(len(criterion) for criterion in shown) + 1
    span = list(range(numbers[0], numbers[-1] + 1))
    recorded = recorded_by_day(assessment)
    each = max(1, (width - label) // COLUMN)
    lines: list[str] = []
    for start in range(0, len(span), each):
        days = span[start : start + each]
        if lines:
            lines.append("")
        head = "".join(("0" if d == 0 else f"{d:+d}").rjust(COLUMN) for d in days)
        lines.append("day".ljust(label) + head)
        for criterion, answers in shown.items():
            kind = strip.measure([d.grade for d in answers])
            by_day = {d.day: strip.field_of(d.grade, kind).text or "." for d in answers}
            body = "".join(_fit(by_day.get(d, ".")) for d in days)
            lines.append(criterion.ljust(label) + body)
            charted = {d: text for c, d, text in recorded if c == criterion}
            if any(d in charted for d in days):
                body = "".join(_fit(charted.get(d, "")) for d in days)
                lines.append("  chart says".ljust(label) + body)
    lines.append("")
    key = "? unknown: not enough observed; . does not apply; 2-4 between the two"
    for short, word in strip.outcomes(shown).items():
        key += f"; {short} {word}"
    return (*lines, *textwrap.wrap(key, width))


def _fit(text: str) -> str:
    return f" {text[: COLUMN - 1]}".rjust(COLUMN)


def _highest(title: str, days: Sequence[Day]) -> Row:
    kind = strip.measure([d.grade for d in days])
    graded = [d for d in days if d.grade.low is not None and d.grade.high is not None]
    last = days[-1]
    field = strip.field_of(last.grade, kind)
    latest = {"": "does not apply", "?": "unknown"}.get(field.text, field.text)
    if kind == "outcome" and last.grade.applies:
        latest = span_of(last.grade, last.grade.low, last.grade.high)
    latest = f"{latest}, {day_word(last.day)}"
    if kind == "outcome":
        # No outcome is higher than another.
        known = [d for d in days if d.grade.settled]
        said = "none is certain"
        if known:
            said = f"{span_of(known[-1].grade, known[-1].grade.low, known[-1].grade.high)}, "
            said += f"last on {day_word(known[-1].day)}"
        return Row((cell(title), cell(latest), cell(said), cell("an outcome, not a grade")))
    if kind == "met":
        met = [d for d in days if d.grade.met]
        certain = f"met from {day_word(met[0].day)}" if met else "not met on any day"
        if not met and any(d.grade.met is None for d in graded):
            certain = "not known to be met"
        possible = [d for d in graded if d.grade.met is not False]
        most = f"possible from {day_word(possible[0].day)}" if possible else "no day"
        return Row((cell(title), cell(latest), cell(certain), cell(most)))
    certain_low = max(d.grade.low or 0 for d in graded)
    first = next(d.day for d in graded if d.grade.low == certain_low)
    sure = certain_low > 0 or any(d.grade.settled for d in graded)
    possible_high = max(d.grade.high or 0 for d in graded)
    then = next(d.day for d in graded if d.grade.high == possible_high)
    return Row(
        (
            cell(title),
            cell(latest),
            cell(f"{certain_low}, {day_word(first)}" if sure else "none is certain"),
            cell(f"{possible_high}, {day_word(then)}"),
        )
    )
