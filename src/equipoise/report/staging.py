"""Organ staging: which item of each criterion carries its grade, and where it is not settled."""

from __future__ import annotations

from equipoise.assessment import Assessment, Stage
from equipoise.report.blocks import Block, Column, Heading, Row, Run, Table, cell, quiet, strong
from equipoise.report.words import Clock, listed, plain, value

LATEST = 3
"""Observations shown for an item; the answer itself has all."""


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """A table of items by criterion; nothing where no criterion grades by items."""
    if not assessment.staging:
        return ()
    clock = Clock(assessment.day0)
    rows: list[Row] = []
    for staging in assessment.staging:
        stages = [s for s in staging.stages if not _idle(s)]
        rows.append(Row((cell(strong(staging.title), span=4),), "group"))
        for stage in stages:
            if not _unknown(stage):
                rows.append(
                    Row((cell(stage.item), cell(level(stage)), cell(_words(stage)),
                         cell(*_seen(stage, clock))))
                )  # fmt: skip
        # What nothing is known of needs no row of its own: its answer lists what it lacks.
        unknown = [s.item for s in stages if _unknown(s)]
        if unknown:
            rows.append(Row((cell(quiet(f"Not known: {listed(unknown)}"), span=4),)))
    columns = (
        Column("Item"),
        Column("Class", narrow=True),
        Column("In words"),
        Column("Because of, or missing"),
    )
    caption = "Classes that the record allows at this time, 0 the mildest of each item"
    return (Heading(2, "Organ staging"), Table(caption, columns, tuple(rows), "small long"))


def level(stage: Stage) -> str:
    """ "1 of 3", "1-3 of 3": place among the classes of the item, 0 the mildest."""
    place = str(stage.low) if stage.low == stage.high else f"{stage.low}-{stage.high}"
    return f"{place} of {stage.classes - 1}"


def _idle(stage: Stage) -> bool:
    """An item of two classes at its mildest without an observation: nothing was charted of it."""
    return stage.high == 0 and not stage.because and not stage.missing


def _unknown(stage: Stage) -> bool:
    """An item that may be any of its classes, and of which nothing was seen."""
    return stage.low == 0 and stage.high == stage.classes - 1 and not stage.because


def _words(stage: Stage) -> str:
    if stage.low == stage.high:
        return stage.low_words
    if stage.low == 0 and stage.high == stage.classes - 1:
        return "not known"
    return f"from {stage.low_words} to {stage.high_words}"


def _seen(stage: Stage, clock: Clock) -> list[str | Run]:
    said = [f"{plain(b.name)} {value(b.value)}, {clock.short(b.at)}" for b in stage.because]
    more = f"{len(said) - LATEST} earlier; " if len(said) > LATEST else ""
    parts: list[str | Run] = [more + "; ".join(said[-LATEST:])]
    if stage.missing:
        lack = f"missing: {listed([plain(m) for m in stage.missing])}"
        parts.append(quiet(f"{'; ' if said else ''}{lack}"))
    return parts
