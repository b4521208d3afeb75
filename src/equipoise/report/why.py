"""Why: for each grade, from what, what is missing, what it would settle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from equipoise.assessment import Assessment
from equipoise.criterion import Because, Criterion, Grade, Missing
from equipoise.report.blocks import (
    Block,
    Column,
    Fold,
    Heading,
    Pair,
    Paragraph,
    Row,
    Run,
    Table,
    cell,
    citation,
    quiet,
    standing_mark,
    strong,
    words,
)
from equipoise.report.words import Clock, listed, opened, percent, plain, sentence, value


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """Each grade that applies or could be asked, then the criteria that do not apply."""
    parts: list[Block] = []
    clock = Clock(assessment.day0)
    if assessment.grades:
        parts.append(Heading(2, "Why these grades"))
        titles = assessment.criterion_titles
        recorded: dict[str, list[tuple[float, str]]] = {}
        for criterion, at, text in assessment.recorded:
            recorded.setdefault(criterion, []).append((at, text))
        for grade in assessment.grades:
            if grade.applies or grade.missing:
                title = titles.get(grade.criterion, grade.criterion)
                parts.extend(_grade(grade, title, recorded.get(grade.criterion, ()), clock))
        aside = [g for g in assessment.grades if not (g.applies or g.missing)]
        if aside:
            parts.append(_aside(aside, titles))
    return tuple(parts)


ANSWERS = {"true": "present", "false": "absent"}
"""Values of yes/no observations as people say them."""


def span_of(
    kind: Grade | Criterion, low: float | None, high: float | None, *, to: str = "-"
) -> str:
    """An interval of a criterion's answer: "2", "2-4", ">= 2.1" without an upper bound; of a yes or
    no "met", "not met", "open"; of outcomes their words.
    """
    if low is None or high is None:
        return "does not apply"
    if kind.measures == "met":
        return "open" if low != high else "met" if low else "not met"
    if kind.words:
        first, last = kind.words[int(low)], kind.words[int(high)]
        if low == high:
            return first
        if high - low == len(kind.words) - 1:
            return "open"
        return f"{first} {'or' if high - low == 1 else 'to'} {last}"
    if low == high:
        return f"{low:.4g}"
    return f">= {low:.4g}" if math.isinf(high) else f"{low:.4g}{to}{high:.4g}"


def answer(grade: Grade) -> str:
    """The answer in a few words: "grade 2 to 4", "score 169", "met", "cannot be told yet"."""
    if grade.outcome:
        return span_of(grade, grade.low, grade.high)
    low, high = grade.low, grade.high
    said = []
    if grade.met is not None:
        said.append("met" if grade.met else "not met")
    elif grade.status is not None:
        said.append("cannot be told yet")
    if grade.status:
        said.append(grade.status.replace("_", " "))
    noun = "grade"
    if grade.score is not None or (high is not None and high > 5):
        noun = "score"
    if low is None or high is None:
        return ", ".join(said) or "does not apply"
    if not said or grade.grade is not None or grade.score is not None or noun == "score":
        number = f"{low}" if low == high else f"{low} to {high}"
        said.insert(0, f"{noun} {number}")
    return ", ".join(said)


def _grade(
    grade: Grade, title: str, recorded: Sequence[tuple[float, str]], clock: Clock
) -> list[Block]:
    short = answer(grade)
    line: list[str | Run] = [strong(opened(short))]
    said = grade.sentence.strip()
    if said.lower().startswith(short.lower()):
        line.append(f"{said[len(short) :].rstrip('.')}. ")
        said = ""
    else:
        line.append(". ")
    line.append(f"{sentence(said)} " if said else "")
    if grade.since is not None and not grade.outcome:
        line.append(f"At least {grade.low} since {clock.short(grade.since)}. ")
    if grade.probability_low is not None and grade.probability_high is not None:
        low, high = grade.probability_low, grade.probability_high
        odds = percent(low) if low == high else f"{percent(low)} to {percent(high)}"
        line.append(f"Probability {odds}, by a curve fitted to the published table.")
    parts: list[Block] = [
        Heading(3, title, standing_mark(grade.standing)),
        Paragraph(words(*line)),
    ]
    if recorded:
        said = listed([f"{text} ({clock.short(at)})" for at, text in recorded])
        parts.append(Paragraph(words(strong("The chart says: "), said, ".")))
    detail: list[Block] = []
    if grade.because and grade.missing:
        detail.append(Pair((_because(grade.because, clock),), (_missing(grade),)))
    elif grade.because:
        detail.append(_because(grade.because, clock))
    elif grade.missing:
        detail.append(_missing(grade))
    detail.append(Paragraph(words("Source: ", citation(grade.source), "."), "quiet"))
    inside = [f"{len(grade.because)} observed"] if grade.because else []
    inside += [f"{len(grade.missing)} not known"] if grade.missing else []
    parts.append(Fold(f"{', '.join((*inside, 'source'))}: {title}", tuple(detail)))
    return parts


def _because(reasons: Sequence[Because], clock: Clock) -> Table:
    rows = tuple(
        Row(
            (
                cell(plain(b.name)),
                cell(strong(value(b.value)), quiet(f" {b.note}") if b.note else ""),
                cell(clock.short(b.at)),
            )
        )
        for b in reasons
    )
    columns = (Column("Because of"), Column("Value"), Column("When", narrow=True))
    return Table("Observed", columns, rows, "small")


def _missing(grade: Grade) -> Table:
    missing, low, high = grade.missing, grade.low, grade.high
    rows = [
        Row((cell(plain(m.name)), cell(_would_become(grade, m.would_become))))
        for m in missing
        if _settles(m, low, high)
    ]
    idle = [plain(m.name) for m in missing if not _settles(m, low, high)]
    if idle:
        rows.append(Row((cell("no change by one of these alone"), cell(listed(idle))), "quiet"))
    columns = (Column("Missing, easiest first"), Column("What the answer would become"))
    return Table("Not known", columns, tuple(rows), "small")


def _settles(missing: Missing, low: float | None, high: float | None) -> bool:
    """Whether some value of the observation would by itself change the interval."""
    found = missing.would_become
    return not found or any((a, b) != (low, high) for _, a, b in found)


def _would_become(grade: Grade, answers: Sequence[tuple[str, float, float]]) -> str:
    """Values of the observation by what they lead to: "none or nasal cannula: 2; cpap: 4"."""
    groups: dict[tuple[float, float], list[str]] = {}
    for label, low, high in answers:
        groups.setdefault((low, high), []).append(ANSWERS.get(label, label.replace("_", " ")))
    said = []
    for (low, high), labels in groups.items():
        result = span_of(grade, low, high, to=" to ")
        said.append(f"{' or '.join(labels)}: {result}")
    return "; ".join(said) or "could change the answer"


def _aside(grades: Sequence[Grade], titles: Mapping[str, str]) -> Table:
    rows = tuple(
        Row((cell(titles.get(g.criterion, g.criterion)), cell(sentence(g.sentence))))
        for g in grades
    )
    return Table("Criteria that do not apply", (Column("Criterion"), Column("Why")), rows, "quiet")
