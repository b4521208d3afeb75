"""Given so far: the steroids as one sum, and how often each other drug against inflammation."""

from __future__ import annotations

from equipoise.assessment import Assessment
from equipoise.report.blocks import (
    Block,
    Column,
    Heading,
    Paragraph,
    Row,
    Table,
    cell,
    citation,
    quiet,
    standing_mark,
    strong,
    words,
)
from equipoise.report.words import Clock, number, sentence
from equipoise.tally import Given, Tally


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """A table of drugs, the sum of the steroids; nothing where none is counted."""
    tally = assessment.given
    if tally is None or not (tally.steroids or tally.others):
        return ()
    clock = Clock(assessment.day0)
    rows = [_row(given, clock) for given in (*tally.steroids, *tally.others)]
    columns = (
        Column("Drug"),
        Column("Doses", numeric=True, narrow=True),
        Column("Sum", numeric=True, narrow=True),
        Column("First", narrow=True),
        Column("Last", narrow=True),
    )
    since = f"counted from {tally.since_what} ({clock.short(tally.since)}), as charted"
    parts: list[Block] = [
        Heading(2, "Given so far"),
        Table(sentence(since).rstrip("."), columns, tuple(rows)),
    ]
    if tally.steroids:
        parts.append(_steroids(tally))
    if tally.notes:
        parts.append(Paragraph(words(quiet(" ".join(sentence(n) for n in tally.notes)))))
    return tuple(parts)


def _row(given: Given, clock: Clock) -> Row:
    total = "" if given.milligrams is None else f"{number(given.milligrams)} mg"
    if given.unknown and given.milligrams is not None:
        total = f"at least {total}"
    elif given.unknown:
        total = "not known"
    first = "" if given.first is None else clock.short(given.first)
    last = "" if given.last is None else clock.short(given.last)
    return Row((cell(given.label), cell(str(given.doses)), cell(total), cell(first), cell(last)))


def _steroids(tally: Tally) -> Paragraph:
    if tally.prednisone is None or tally.dexamethasone is None:
        return Paragraph(words(strong("Steroids together: "), "no amount is known."))
    least = "at least " if tally.at_least else ""
    per_kg = "" if tally.per_kg is None else f", {number(tally.per_kg)} mg/kg"
    days = "day" if tally.days == 1 else "days"
    said = (
        f"{least}{number(tally.prednisone)} mg of prednisone equivalent{per_kg} "
        f"({number(tally.dexamethasone)} mg of dexamethasone) on {tally.days} {days}. "
    )
    return Paragraph(
        words(
            strong("Steroids together: "),
            said,
            quiet("Converted by "),
            citation(tally.source),
            quiet(". "),
            standing_mark(tally.standing),
        )
    )
