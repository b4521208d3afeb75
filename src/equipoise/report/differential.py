"""For and against: what the picture may be, element by element, and what to test next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from equipoise.assessment import Assessment
from equipoise.criterion import Truth
from equipoise.differential import (
    AGAINST,
    FOR,
    UNKNOWN,
    Condition,
    Count,
    ForAndAgainst,
    NextTest,
    Sign,
)
from equipoise.report import sides_strip
from equipoise.report.blocks import (
    Block,
    Box,
    Cell,
    Column,
    Figure,
    Fold,
    Heading,
    Items,
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
from equipoise.report.words import Clock, day_word, listed, opened, plain, sentence, value

MARKS = {FOR: "+", AGAINST: "−", UNKNOWN: "?"}
GROUPS = ((Truth.MET, "Present"), (Truth.NOT_MET, "Absent"), (Truth.UNKNOWN, "Unknown"))
LATEST = 2
"""Observations shown in a row of the table; `because` has all."""
FIRST = 6
"""Tests that the line over their table names."""


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """The table now, its days, what to test next and what it rests on."""
    clock = Clock(assessment.day0)
    parts: list[Block] = []
    for table in assessment.differentials:
        parts += _of(table, assessment, clock)
    return tuple(parts)


def _of(table: ForAndAgainst, assessment: Assessment, clock: Clock) -> list[Block]:
    parts: list[Block] = [Heading(2, table.title)]
    if table.first:
        lines = Items(tuple(words(sentence(line)) for line in table.first))
        parts.append(Box("Read this first", (lines,), "caution"))
    parts.append(_beside(table, assessment))
    if table.days:
        parts.append(
            Figure(
                sides_strip.drawing(table.conditions, table.days),
                words("Each day from what was known at its end. Signs are counted, not weighed; "
                      "the syndromes do not exclude each other."),
                partial(sides_strip.lines, table.conditions, table.days),
            )
        )  # fmt: skip
    present = [s for s in table.signs if s.truth is Truth.MET and not _silent(s)]
    said = f"; present: {listed([s.title for s in present])}" if present else ""
    parts.append(
        Fold(
            f"Element by element, {len(table.signs)} in all{said}",
            (_matrix(table, clock), *_silent_ones(table.signs)),
        )
    )
    if table.tests:
        first = listed([plain(t.name) for t in table.tests[:FIRST]])
        tests = _tests(table.tests)
        parts.append(Fold(f"What to test next, cheapest first: {first}", (tests,)))
    notes = (Heading(3, "How to read this"), Items(tuple(words(sentence(n)) for n in table.notes)))
    parts.append(Fold("How to read this", notes))
    rests = (Heading(3, "What each element rests on"), Items(_bases(table.signs), "notes"))
    parts.append(Fold("What each element rests on, source by source", rests))
    return parts


def _beside(table: ForAndAgainst, assessment: Assessment) -> Table:
    """The count for each syndrome beside its own criteria."""
    titles = assessment.criterion_titles

    def said(count: Count) -> str:
        each = [f"{titles.get(c, c)}: {text}" for c, text in count.criteria]
        return "; ".join(each) or "none on the shelf"

    rows = tuple(
        Row((
            cell(strong(opened(t.label))), cell(str(t.speak_for)), cell(str(t.speak_against)),
            cell(str(t.unknown)), cell(said(t)),
        ))
        for t in table.counts
    )  # fmt: skip
    columns = (
        Column("Syndrome"),
        Column("For", numeric=True),
        Column("Against", numeric=True),
        Column("Unknown", numeric=True),
        Column("Its own criteria, counted nowhere here"),
    )
    return Table("Signs at this time, counted and not weighed", columns, rows, "small")


def _matrix(table: ForAndAgainst, clock: Clock) -> Table:
    rows: list[Row] = []
    span = 2 + len(table.conditions)
    for truth, title in GROUPS:
        inside = [s for s in table.signs if s.truth is truth and not _silent(s)]
        if inside:
            rows.append(Row((cell(strong(title), span=span),), "group"))
            rows += [_row(sign, table.conditions, clock) for sign in inside]
    columns = (
        Column("Element"),
        Column("What is seen"),
        *(Column(c.label, narrow=True) for c in table.conditions),
    )
    caption = (
        "What each element says: + for, − against, ? unknown, empty: its source says nothing of it"
    )
    return Table(caption, columns, tuple(rows), "matrix")


def _silent(sign: Sign) -> bool:
    """Whether an element is known and says nothing, for or against."""
    return not any(side in MARKS for side in sign.sides.values())


def _silent_ones(signs: Sequence[Sign]) -> list[Block]:
    said = [s.title for s in signs if _silent(s)]
    line = f"Known, and of no bearing as they are: {'; '.join(said)}."
    return [Paragraph(words(line), "quiet")] if said else []


def _row(sign: Sign, conditions: Sequence[Condition], clock: Clock) -> Row:
    marks = [MARKS.get(sign.sides.get(c.id, ""), "") for c in conditions]
    return Row((cell(sign.title), _seen(sign, clock), *(cell(strong(m)) for m in marks)))


def _seen(sign: Sign, clock: Clock) -> Cell:
    said = [
        f"{plain(b.name)} {value(b.value)}{f' ({b.note})' if b.note else ''}, {clock.short(b.at)}"
        for b in sign.because[-LATEST:]
    ]
    line = "; ".join(said)
    if sign.detail:
        line = f"{line}; {sign.detail}" if line else sign.detail
    since = ""
    if sign.since_day is not None and sign.truth is not Truth.UNKNOWN:
        since = f" so since {day_word(sign.since_day)}"
    return cell(line or quiet("not observed"), quiet(since))


def _tests(tests: Sequence[NextTest]) -> Table:
    """Observations that would say the same stand in one row."""
    groups: dict[tuple[str, ...], list[NextTest]] = {}
    for test in tests:
        groups.setdefault(test.would_say, []).append(test)
    rows = tuple(
        Row((cell(strong(listed([plain(t.name) for t in inside]))), cell("; ".join(said)),
             cell(inside[0].effort.name.lower())))
        for said, inside in groups.items()
    )  # fmt: skip
    columns = (Column("Observe"), Column("What it would say"), Column("Effort", narrow=True))
    return Table("What to test next, cheapest first", columns, rows, "small long")


def _bases(signs: Sequence[Sign]) -> tuple[Words, ...]:
    """What each source says, with its population, source by source."""
    found: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    heads: dict[tuple[str, str, str], Words] = {}
    for sign in signs:
        for bearing in sign.bearings:
            basis = bearing.basis
            key = (basis.source.text, basis.population, basis.standing.word)
            heads[key] = words(
                citation(basis.source), " ", standing_mark(basis.standing), f" {basis.population}: "
            )
            titles = found.setdefault(key, {}).setdefault(basis.says, [])
            if sign.title not in titles:
                titles.append(sign.title)
    return tuple(
        words(heads[key], "; ".join(f"{listed(t)}: {says}" for says, t in said.items()), ".")
        for key, said in found.items()
    )
