"""Courses that can be given, with the odds of exposure below, within and above the window."""

from __future__ import annotations

from equipoise.assessment import Assessment, Option, OptionList
from equipoise.report import odds_bar
from equipoise.report.blocks import (
    Block,
    Box,
    Column,
    Heading,
    Items,
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
from equipoise.report.decisions import exposure_words, metric, unit, window
from equipoise.report.words import Clock, percent, points, sentence


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """One table for each target, or the reason why there is none."""
    if not assessment.options:
        return ()
    clock = Clock(assessment.day0)
    parts: list[Block] = [Heading(2, "Options and their odds")]
    for options in assessment.options:
        parts.extend(_list(options, clock))
    return tuple(parts)


def _list(options: OptionList, clock: Clock) -> list[Block]:
    what = metric(options)
    parts: list[Block] = [
        Heading(
            3,
            f"{options.agent.replace('_', ' ').capitalize()}: {what}, {window(options)}",
            standing_mark(options.standing),
        )
    ]
    if options.watermark:
        parts.append(Box(options.watermark, (Paragraph(words("Odds for study only.")),), "danger"))
    if options.refused:
        reason = Paragraph(words(strong("No options: "), sentence(options.refused)))
        parts.append(Box("", (reason,), "refused"))
    else:
        parts.append(Paragraph(words(*_about(options, clock))))
        if options.none_reaches:
            said = (
                f"None of these options reaches the window with a probability of at least "
                f"{percent(options.reach)}."
            )
            parts.append(Paragraph(words(said), "answer"))
        parts.append(_table(options, what))
    if options.next_samples:
        parts.append(Heading(4, "Which next sample would tell most"))
        parts.append(
            Items(
                tuple(
                    words(
                        strong(clock.full(s.at)),
                        f": expected to narrow the {what} by {percent(s.gain)}; result about "
                        f"{clock.short(s.result_at)}. ",
                        quiet(sentence(s.text)),
                    )
                    for s in options.next_samples
                )
            )
        )
    if options.cautions:
        lines = tuple(words(sentence(c)) for c in options.cautions)
        parts.append(Box("Cautions about these odds", (Items(lines),), "caution"))
    return parts


def _about(options: OptionList, clock: Clock) -> list[str | Run]:
    said: list[str | Run] = [f"From {clock.full(options.at)} by {options.model}"]
    if options.target is not None:
        said += [", window of ", *citation(options.target.source)]
    said.append(".")
    if options.last_changeable is not None:
        said.append(f" Last dose that can still be changed: {clock.full(options.last_changeable)}.")
    return said


def _table(options: OptionList, what: str) -> Table:
    highlight = not options.none_reaches and not options.watermark
    rows = [
        _row(options, option, best=highlight and i == 0) for i, option in enumerate(options.options)
    ]
    columns = (
        Column("Course"),
        Column("Below, within, above", drawing=True),
        Column("Below", numeric=True),
        Column("Within", numeric=True),
        Column("Above", numeric=True),
        Column("Error", numeric=True),
        Column("Measured within", numeric=True),
        Column("Exposure"),
    )
    caption = (
        f"Odds of the true {what} against {window(options)}; error: Monte-Carlo standard "
        "error of within, in percentage points; measured: with assay and residual error"
    )
    return Table(caption, columns, tuple(rows), "odds")


def _row(options: OptionList, option: Option, *, best: bool) -> Row:
    course: list[str | Run] = [strong(option.label)]
    if best:
        course += [" ", Run("highest odds of these", "mark")]
    lines = "; ".join(option.course)
    if lines and lines != option.label:
        course.append(f" {lines}.")
    if option.scenario:
        course.append(quiet(f" Assuming {option.scenario}."))
    course += [quiet(f" {sentence(note)}") for note in option.notes]
    return Row(
        (
            cell(*course),
            cell(
                drawing=odds_bar.drawing(option.below, option.within, option.above, of=option.label)
            ),
            cell(percent(option.below)),
            cell(strong(percent(option.within))),
            cell(percent(option.above)),
            cell(points(option.error)),
            cell(percent(option.measured_within)),
            cell(*exposure_words(option.exposure, unit(options))),
        ),
        "best" if best else "",
    )
