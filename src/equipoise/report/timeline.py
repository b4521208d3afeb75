"""The events that the answer rests on, in order of time."""

from __future__ import annotations

from equipoise.assessment import Assessment
from equipoise.report.blocks import Block, Column, Fold, Heading, Row, Table, cell, quiet
from equipoise.report.words import Clock


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """A compact table of everything known at this time; nothing where the record is empty."""
    if not assessment.events:
        return ()
    clock = Clock(assessment.day0)
    rows = []
    last = None
    for at, kind, text in assessment.events:
        day = clock.day(at)
        moment = clock.moment(at)
        hour = f"{moment.hour:02d}:{moment.minute:02d}"
        when = cell(f"{clock.day_text(at)}", quiet(f" {clock.date(at)}"))
        rows.append(
            Row((when if day != last else cell(""), cell(hour), cell(quiet(kind)), cell(text)))
        )
        last = day
    columns = (
        Column("Day", narrow=True),
        Column(f"Time, {clock.offset}", narrow=True),
        Column("Kind", narrow=True),
        Column("Event"),
    )
    caption = "Events known at this time, planned ones included"
    table = Table(caption, columns, tuple(rows), "timeline")
    return (Heading(2, "Timeline"), Fold(f"{len(rows)} events, planned ones included", (table,)))
