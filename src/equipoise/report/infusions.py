"""What is on board at each infusion of cells: agents, levels, odds, rules."""

from __future__ import annotations

import math

from equipoise.assessment import Assessment
from equipoise.onboard import Carried, OnBoard
from equipoise.report.blocks import (
    Block,
    Column,
    Heading,
    Items,
    Paragraph,
    Row,
    Table,
    Words,
    cell,
    citation,
    quiet,
    row,
    standing_mark,
    strong,
    watermark_mark,
    words,
)
from equipoise.report.words import Clock, listed, number, opened, percent, plain, sentence, span
from equipoise.truth import Truth

ANSWERS = {Truth.MET: "on board", Truth.NOT_MET: "no", Truth.UNKNOWN: "cannot tell"}

COLUMNS = (
    Column("Agent"),
    Column("On board"),
    Column("Last dose ended", numeric=True),
    Column("Stopped", numeric=True),
    Column("Predicted level, median (90%)", numeric=True),
    Column("Odds at or above the limit", numeric=True),
)


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """One part for each infusion of cells, given or planned; nothing where there is none."""
    if not assessment.on_board:
        return ()
    clock = Clock(assessment.day0)
    parts: list[Block] = [Heading(2, "On board when cells are infused")]
    for infusion in assessment.on_board:
        parts.extend(_infusion(infusion, clock))
    return tuple(parts)


def _infusion(infusion: OnBoard, clock: Clock) -> list[Block]:
    when = "planned for" if infusion.planned else "given"
    parts: list[Block] = [Heading(3, f"{opened(infusion.label)}, {when} {clock.full(infusion.at)}")]
    about = [infusion.doses] if infusion.doses else ["no cell dose in the record"]
    if infusion.donor:
        about.append(f"{infusion.donor.replace('_', ' ')} donor")
    if math.isfinite(infusion.since_graft):
        what = "the graft cells before" if infusion.product == "graft" else "the graft"
        about.append(f"{infusion.since_graft / 24.0:.0f} days after {what}")
    if math.isfinite(infusion.since_chemotherapy):
        about.append(f"{infusion.since_chemotherapy:.0f} h after chemotherapy")
    parts.append(Paragraph(words(sentence("; ".join(about)))))
    if infusion.carried:
        rows = tuple(_row(carried) for carried in infusion.carried)
        parts.append(Table("What the patient carries at that moment", COLUMNS, rows))
        parts.append(Items(tuple(_why(carried) for carried in infusion.carried), "notes"))
    if infusion.not_charted:
        parts.append(
            Paragraph(
                words(
                    strong("Cannot tell: "),
                    f"the record has none of {listed(infusion.not_charted)}. Not charted "
                    "is not the same as not given.",
                ),
                "quiet",
            )
        )
    return parts


def _row(carried: Carried) -> Row:
    level = "-"
    if carried.level:
        low, middle, high = carried.level[0], carried.level[2], carried.level[4]
        level = f"{number(middle)} ({span(low, high)}) {carried.unit}"
    odds = percent(carried.probability) if math.isfinite(carried.probability) else "-"
    return row(
        cell(opened(carried.label), *watermark_mark(carried.watermark)),
        strong(ANSWERS[carried.on_board]),
        _before(carried.since_dose),
        _before(carried.since_stop),
        level,
        odds,
    )


def _why(carried: Carried) -> Words:
    parts = [sentence(opened(carried.sentence))]
    if carried.missing:
        parts.append(f" Would settle it: {listed([plain(m) for m in carried.missing])}.")
    line = words(*parts)
    for rule in carried.rules:
        said = quiet(f" {sentence(opened(rule.statement))} ")
        line = words(line, said, citation(rule.source), ". ", standing_mark(rule.standing))
    return line


def _before(hours: float) -> str:
    if not math.isfinite(hours):
        return "-"
    return f"{hours:.0f} h before" if hours < 48.0 else f"{hours / 24.0:.0f} days before"
