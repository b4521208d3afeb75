"""Trends: courses with bands and events, each against its published mark, and the next sample."""

from __future__ import annotations

from functools import partial

from equipoise.assessment import Assessment
from equipoise.criterion import Truth
from equipoise.differential import Basis, ForAndAgainst, Trend
from equipoise.report import course_plot
from equipoise.report.blocks import (
    Block,
    Column,
    Figure,
    Fold,
    Heading,
    Paragraph,
    Row,
    Table,
    Words,
    cell,
    citation,
    quiet,
    standing_mark,
    strong,
    words,
)
from equipoise.report.words import Clock, listed, number, opened, percent, plain, sentence, span

ANSWERS = {Truth.MET: "yes", Truth.NOT_MET: "no", Truth.UNKNOWN: "not settled"}


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """Courses, signals and what a next value would tell; nothing where nothing was measured."""
    clock = Clock(assessment.day0)
    parts: list[Block] = []
    for table in assessment.differentials:
        if table.trends or table.signals:
            parts += _of(table, clock)
    return (Heading(2, "Trends"), *parts) if parts else ()


def _of(table: ForAndAgainst, clock: Clock) -> list[Block]:
    parts: list[Block] = []
    if table.trends:
        caption = (
            "Courses are fitted to the logarithm of all values known, bounds as bounds; the bands "
            "widen where there is no sample. They document and raise no alarm."
        )
        parts.append(
            Figure(
                course_plot.drawing(table.trends, table.events, clock, table.at),
                words(caption),
                partial(course_plot.lines, table.trends, clock),
            )
        )
    if table.signals:
        rows = tuple(
            Row((
                cell(strong(opened(s.title))),
                cell(ANSWERS[s.truth] if s.published else "no mark"),
                cell(sentence(s.sentence)),
                cell(*_bases(s.published)),
            ))
            for s in table.signals
        )  # fmt: skip
        columns = (Column("Trend"), Column("Mark reached", narrow=True), Column("What is seen"),
                   Column("Published, and of whom"))  # fmt: skip
        said = "; ".join(
            f"{s.title}: {ANSWERS[s.truth] if s.published else 'no mark'}" for s in table.signals
        )
        marks = Table("Trends against published marks", columns, rows, "small")
        parts.append(Fold(f"Trends against published marks: {said}", (marks,)))
    for trend in table.trends:
        if trend.next:
            parts += _next(trend, clock)
    cautions = [f"{t.label}: {c}" for t in table.trends for c in t.cautions]
    if cautions:
        parts.append(Paragraph(words(sentence(listed(cautions))), "quiet"))
    return parts


def _bases(published: tuple[Basis, ...]) -> list[str | Words]:
    said: list[str | Words] = []
    for i, basis in enumerate(published):
        said += ["; " if i else "", f"{basis.says} (", (quiet(basis.population),), "), "]
        said += [citation(basis.source), " ", standing_mark(basis.standing)]
    return said or ["none found"]


def _next(trend: Trend, clock: Clock) -> list[Block]:
    rows = tuple(
        Row((
            cell(clock.short(n.at)),
            cell(f"{span(n.value[0], n.value[-1])}", quiet(f" ({number(n.value[2])})")),
            cell("no expected value" if n.rising is None else f"{number(n.rising)} or more"),
            cell("no expected value" if n.falling is None else f"{number(n.falling)} or less"),
            cell(percent(n.settles)),
        ))
        for n in trend.next
    )  # fmt: skip
    columns = (
        Column("Sample at", narrow=True),
        Column(f"Expected, {trend.unit}: 90% (median)"),
        Column("Rising, if"),
        Column("Falling, if"),
        Column("Chance that it settles the direction", numeric=True),
    )
    caption = (
        f"What the next {plain(trend.name)} would tell: the value from which its course would be "
        "rising, or falling, with 90% on one side"
    )
    return [Table(caption, columns, rows, "small")]
