"""The bedside note as a page and in letters: to be pasted into a chart, checked and signed."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.assessment import NOT_FOR_DOSING
from equipoise.bedside import Drug, Note, Window
from equipoise.report.blocks import (
    Blanks,
    Block,
    Box,
    Column,
    Facts,
    Heading,
    Items,
    Paragraph,
    Row,
    Table,
    quiet,
    row,
    strong,
    words,
)
from equipoise.report.html import page
from equipoise.report.text import plain
from equipoise.report.words import Clock, number, opened, percent, sentence, span

MOST_CAUTIONS = 4


def note_page(note: Note) -> str:
    """A self-contained page; it renders and computes nothing."""
    band = NOT_FOR_DOSING if any(d.watermark for d in note.drugs) else ""
    title = f"Note, {note.record}, {Clock(note.day0).full(note.at)}"
    return page(title, "bedside note", [("note", _blocks(note))], band=band)


def note_text(note: Note, *, width: int = 90) -> str:
    """The same in letters, for a chart that takes text only."""
    band = NOT_FOR_DOSING if any(d.watermark for d in note.drugs) else ""
    return plain(_blocks(note), width=width, band=band)


def _blocks(note: Note) -> list[Block]:
    clock = Clock(note.day0)
    parts: list[Block] = [
        Heading(1, f"{note.record}, {clock.full(note.at)}"),
        Facts(tuple((opened(label), words(text)) for label, text in note.header[1:]), "strip"),
    ]
    if note.first:
        lines = Items(tuple(words(sentence(text)) for text in note.first))
        parts.append(Box("Read this first", (lines,), "danger"))
    for drug in note.drugs:
        parts += _drug(drug, clock)
    if not note.drugs:
        parts.append(Paragraph(words("No drug of this record has a model that speaks of it.")))
    parts.append(
        Blanks(
            ("arithmetic done by hand", "dose ordered as below"),
            ("Ordered", "Physician, time", "Checked by, time"),
        )
    )
    made = ", ".join(f"{name} {text}" for name, text in note.made_by)
    parts.append(Paragraph(words(quiet(f"Made by {made}.")), "quiet"))
    parts.append(Paragraph(words(note.disclaimer), "disclaimer"))
    return parts


def _drug(drug: Drug, clock: Clock) -> list[Block]:
    parts: list[Block] = [Heading(2, opened(drug.agent.replace("_", " ")))]
    facts = [
        (text.partition(": ")[0], words(text.partition(": ")[2], quiet(f", {clock.full(at)}")))
        for text, at in drug.current
    ]
    for text, at, verdict in drug.levels[:2]:
        said = "" if verdict == "used" else f" [{verdict}]"
        facts.append(("level", words(text + said, quiet(f", {clock.full(at)}"))))
    if drug.pending:
        facts.append(("level", words(f"{drug.pending} drawn, result not known yet")))
    parts.append(Facts(tuple((opened(label), line) for label, line in facts)))
    # What is about this patient's estimate goes before what is about the odds in general.
    cautions = dict.fromkeys(drug.cautions if any(w.options for w in drug.windows) else ())
    for window in drug.windows:
        parts += _window(window)
        cautions.update(dict.fromkeys(window.cautions))
    when = "" if drug.recheck is None else f"{clock.full(drug.recheck)}: "
    parts.append(Paragraph(words(strong("Look again: "), when + sentence(drug.recheck_text))))
    if cautions:
        lines = [words(sentence(c)) for c in list(cautions)[:MOST_CAUTIONS]]
        if len(cautions) > MOST_CAUTIONS:
            lines.append(words(f"{len(cautions) - MOST_CAUTIONS} more stand in the report."))
        parts.append(Box("", (Items(tuple(lines)),), "caution"))
    return parts


def _window(window: Window) -> list[Block]:
    if window.refused:
        said = f" against {window.window}" if window.window else ""
        reason = Paragraph(words(strong(f"No options{said}: "), sentence(window.refused)))
        return [Box("", (reason,), "refused")]
    columns = (
        Column("Option"), Column("Course"), Column("Below", numeric=True),
        Column("Within", numeric=True), Column("Above", numeric=True),
        Column(f"{opened(window.metric)}, {window.unit} (90%)", narrow=True),
    )  # fmt: skip
    rows: list[Row] = []
    for option in window.options:
        low, _, median, _, high = option.exposure
        rows.append(
            row(
                option.label, "; ".join(option.course), percent(option.below),
                strong(percent(option.within)), percent(option.above),
                f"{number(median)} ({span(low, high, like=median)})",
            )
        )  # fmt: skip
    caption = f"Odds of the true exposure against {window.window}; {window.source}; {window.model}"
    parts: list[Block] = [Table(caption, columns, tuple(rows), "odds")]
    if window.none_reaches:
        least = percent(window.reach)
        parts.append(
            Paragraph(words(f"No option weighed lies in the window with a chance of {least}."))
        )
    notes = [f"{o.label}: {note}" for o in window.options for note in o.notes]
    if notes:
        parts.append(Items(tuple(words(sentence(text)) for text in notes), "notes"))
    if window.sums:
        parts.append(Paragraph(words(strong("By hand"), ", in proportion to the dose:")))
        parts.append(Items(tuple(words(*_sum(s.text, s.computed, s.agrees)) for s in window.sums)))
    return parts


def _sum(text: str, computed: float, agrees: bool) -> Sequence[str]:
    said = f"; computed {number(computed)}"
    return (text, said, "" if agrees else ": they differ, because exposure is not proportional "
            "to the dose here; find out why before ordering")  # fmt: skip
