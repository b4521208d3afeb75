"""The page of a cohort: how much is settled, how criteria agree, and each criterion day by day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from equipoise.agreement import CLASSES, Charted, Decider, Pair, Share
from equipoise.assessment import DISCLAIMER
from equipoise.criterion import Criterion
from equipoise.gradetable import GradeTable
from equipoise.report.alluvial import alluvial
from equipoise.report.blocks import (
    Block,
    Column,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Row,
    Table,
    citation,
    row,
    standing_mark,
    words,
)
from equipoise.report.heat import (
    MOST_DAYS,
    MOST_PATIENTS,
    Field,
    field_of,
    heat_map,
    shares_by_day,
    worst_first,
)
from equipoise.report.html import page
from equipoise.report.words import UNKNOWN


def cohort_page(
    name: str,
    criteria: Sequence[Criterion],
    graded: GradeTable,
    shares: Sequence[Share],
    pairs: Sequence[Pair],
    charted: Sequence[Charted],
    flow: Mapping[tuple[int, ...], int],
    deciders: Sequence[Decider],
) -> str:
    """A self-contained page of a cohort; it renders and computes nothing."""
    sections: list[tuple[str, Sequence[Block]]] = [
        ("head", _head(name, graded)),
        ("settled", [Heading(2, "What could be graded"), _shares(shares)]),
    ]
    if pairs:
        sections.append(("agreement", _agreement(pairs, flow, deciders)))
    if charted:
        sections.append(("charts", _charted(charted)))
    for criterion in criteria:
        blocks = _days(criterion, graded)
        if blocks:
            sections.append((f"days-{criterion.id}", blocks))
    return page(f"Equipoise, grades of {name}", "a cohort, day by day", sections)


def _head(name: str, graded: GradeTable) -> list[Block]:
    days = len(graded)
    facts = [
        ("patients", words(str(len(graded.patients)))),
        ("patient-days", words(f"{days:,}")),
        ("criteria", words(str(len(graded.low)))),
    ]
    return [
        Heading(1, f"Grades of {name}"),
        Paragraph(
            words(
                "Each patient on each calendar day, at the day's end, from what was known then. "
                "An answer that the record does not settle is an interval, or open; it is never "
                "counted as normal."
            ),
            "lead",
        ),
        Facts(tuple(facts), "strip"),
        Paragraph(words(DISCLAIMER), "disclaimer"),
    ]


def _shares(shares: Sequence[Share]) -> Table:
    columns = (
        Column("criterion"), Column("patients", numeric=True), Column("patient-days", numeric=True),
        Column("settled, %", numeric=True), Column("highest certain: patients"),
    )  # fmt: skip
    rows = tuple(
        row(s.criterion, str(s.patients), f"{s.days:,}", f"{100 * s.settled / s.days:.0f}",
            s.worst_text)
        for s in shares
    )  # fmt: skip
    return Table("Patient-days to which each criterion applies, and how many of them have one "
                 "answer.", columns, rows, "wide")  # fmt: skip


def _agreement(
    pairs: Sequence[Pair], flow: Mapping[tuple[int, ...], int], deciders: Sequence[Decider]
) -> list[Block]:
    found: list[Block] = [
        Heading(2, "Who changes class"),
        Paragraph(
            words(
                "A patient is met once a day is, not met where every day is, else open. Only what "
                "both criteria settle can agree or differ."
            )
        ),
    ]
    if len(deciders) > 1 and flow:
        found.append(
            Figure(
                alluvial([d.text for d in deciders], CLASSES, flow),
                words("Patients by class under each criterion, and who goes where."),
            )
        )
    columns = (
        Column("criterion"), Column("and"), Column("over"), Column("settled", numeric=True),
        Column("of", numeric=True), Column("both", numeric=True),
        Column("first only", numeric=True), Column("second only", numeric=True),
        Column("neither", numeric=True), Column("kappa", numeric=True),
    )  # fmt: skip
    rows = tuple(each for pair in pairs for each in _pair(pair))
    found.append(Table("Agreement of each two, of those that both settle.", columns, rows, "wide"))
    found += [
        Paragraph(
            words(
                f"{pair.first} and {pair.second} differ on a day of {pair.differing} of the "
                f"{pair.comparable} patients with a day that both settle."
            )
        )
        for pair in pairs
    ]
    return found


def _pair(pair: Pair) -> list[Row]:
    rows = []
    for over, c in (("patients", pair.patients), ("days", pair.days)):
        (neither, _, second), _, (first, _, both) = c.counts
        rows.append(
            row(pair.first, pair.second, over, str(c.settled), str(c.total), str(both), str(first),
                str(second), str(neither), _kappa(c.kappa))
        )  # fmt: skip
    return rows


def _charted(charted: Sequence[Charted]) -> list[Block]:
    found: list[Block] = [
        Heading(2, "Beside the grades in the charts"),
        Paragraph(
            words(
                "The last grade charted on a day beside ours at its end. Inside: ours is an "
                "interval that holds the chart's. What the chart says is shown, never replaced."
            )
        ),
    ]
    columns = (
        Column("criterion"), Column("days", numeric=True), Column("equal", numeric=True),
        Column("inside", numeric=True), Column("ours lower", numeric=True),
        Column("ours higher", numeric=True), Column("patients", numeric=True),
        Column("differing", numeric=True), Column("weighted kappa", numeric=True),
    )  # fmt: skip
    rows = tuple(
        row(c.criterion, *map(str, (c.days, c.equal, c.inside, c.below, c.above, c.patients,
                                    c.differing)), _kappa(c.kappa))
        for c in charted
    )  # fmt: skip
    found.append(Table("Days with a grade in the chart.", columns, rows, "wide"))
    for c in charted:
        found.append(_counts(c))
    return found


def _counts(c: Charted) -> Table:
    spans = sorted({(low, high) for _, low, high in c.counts})
    columns = (Column("chart"), *(Column(_span(s), numeric=True) for s in spans))
    rows = tuple(
        row(str(grade), *(str(c.counts.get((grade, *s), 0) or "") for s in spans))
        for grade in sorted({g for g, _, _ in c.counts})
    )
    return Table(f"{c.criterion}: days by the chart's grade and by ours.", columns, rows)


def _span(span: tuple[int, int]) -> str:
    return f"{span[0]}" if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _days(criterion: Criterion, graded: GradeTable) -> list[Block]:
    """The map of a grade or a yes/no answer that is ever above 0; nothing for others."""
    field = _field(criterion, graded)
    if field is None or field.low.max() <= 0:
        return []
    shown = len(worst_first(field))
    caption = "Patients by days, the worst first."
    if shown > MOST_PATIENTS:
        caption = f"The {MOST_PATIENTS} of {shown} patients with the highest grades, by days."
    if field.low.shape[1] == MOST_DAYS:
        caption += f" The first {MOST_DAYS} days; the table holds all."
    return [
        Heading(2, criterion.title),
        Paragraph(words(citation(criterion.source), " ", standing_mark(criterion.standing))),
        Figure(shares_by_day(field), words("Patients by their lowest possible grade, by day.")),
        Figure(heat_map(field), words(caption)),
    ]


def _field(criterion: Criterion, graded: GradeTable) -> Field | None:
    if criterion.number is not None or criterion.measures == "score":
        return None
    low, high = graded.low[criterion.id], graded.high[criterion.id]
    yes = criterion.measures == "met"
    top = 1 if yes else max(int(high.max(initial=0)), 1)

    def word(grade: int) -> str:
        return ("not met", "met")[grade] if yes else f"grade {grade}"

    return field_of(
        criterion.title, [p.id for p in graded.patients], graded.patient, graded.day,
        low.astype("int64"), high.astype("int64"), word, top,
    )  # fmt: skip


def _kappa(value: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.2f}"
