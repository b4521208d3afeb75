"""What each agent did, by each model: the curve, the numbers, the levels, the targets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.assessment import Assessment, Exposure, Level, Summary
from equipoise.report import concentration, effects
from equipoise.report.blocks import (
    Block,
    Box,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Items,
    Paragraph,
    Row,
    Run,
    Table,
    Words,
    cell,
    citation,
    quiet,
    standing_mark,
    strong,
    watermark_mark,
    words,
)
from equipoise.report.words import Clock, gain, listed, number, opened, percent, sentence, span
from equipoise.target import Refused, Target


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """One part for each agent and model; nothing where no agent is modeled."""
    if not assessment.exposures:
        return ()
    clock = Clock(assessment.day0)
    parts: list[Block] = [Heading(2, "Exposures")]
    for exposure in assessment.exposures:
        parts.extend(_exposure(exposure, clock, assessment.at))
    return tuple(parts)


def _exposure(exposure: Exposure, clock: Clock, at: float) -> list[Block]:
    title = f"{opened(exposure.agent_label)}: {exposure.model_title or exposure.model}"
    label = words(*standing_mark(exposure.standing), *watermark_mark(exposure.watermark))
    parts: list[Block] = [Heading(3, title, label)]
    parts.append(
        Figure(
            concentration.drawing(exposure, clock, at),
            words(concentration.description(exposure, clock, at, targets=False)),
        )
    )
    suspects = concentration.suspect_numbers(exposure.levels)
    if suspects:
        reasons = []
        for i, k in suspects.items():
            level = exposure.levels[i]
            why = sentence("; ".join(level.reasons)) or "No reason given."
            said = f"{level.text}, {clock.short(level.at)}. {why}"
            reasons.append(words(strong(f"Suspect level {k}: "), said))
        parts.append(Items(tuple(reasons)))
    if exposure.summaries:
        parts.append(_summaries(exposure.summaries, exposure.model))
    if exposure.levels or exposure.pending:
        parts.append(_levels(exposure, clock, suspects))
    parts.extend(_targets(exposure.targets, exposure.refused))
    if exposure.effects:
        parts.append(effects.table(exposure.effects))
    if exposure.cautions:
        lines = tuple(words(sentence(c)) for c in exposure.cautions)
        parts.append(Box("Cautions about this model here", (Items(lines),), "caution"))
    parts.append(_technical(exposure))
    return parts


def _summaries(summaries: Sequence[Summary], model: str) -> Table:
    rows = []
    for s in summaries:
        rows.append(
            Row(
                (
                    cell(
                        f"{opened(s.label)}, {s.unit}",
                        quiet(f" ({s.where})") if s.where not in ("", model) else "",
                    ),
                    *_quantiles(s.prior),
                    *_quantiles(s.posterior),
                    cell(sentence(gain(s.gain))),
                )
            )
        )
    columns = (
        Column("Number of interest"),
        Column("Before: median", numeric=True),
        Column("50%", numeric=True),
        Column("90%", numeric=True),
        Column("After: median", numeric=True),
        Column("50%", numeric=True),
        Column("90%", numeric=True),
        Column("What the levels told"),
    )
    caption = "Numbers of interest, before and after the levels"
    return Table(caption, columns, tuple(rows), "summaries")


def _quantiles(q: Sequence[float]) -> tuple[Cell, Cell, Cell]:
    if len(q) != 5:
        return (cell("unknown"), cell("unknown"), cell("unknown"))
    return (
        cell(strong(number(q[2]))),
        cell(span(q[1], q[3], like=q[2])),
        cell(span(q[0], q[4], like=q[2])),
    )


def _levels(exposure: Exposure, clock: Clock, suspects: dict[int, int]) -> Table:
    rows: list[tuple[float, Row]] = []
    for i, level in enumerate(exposure.levels):
        known = clock.short(level.known) + (" (assumed)" if level.known_assumed else "")
        verdict: Words = words("used")
        if i in suspects:
            verdict = words(
                Run(f"{level.verdict} {suspects[i]}", "warn"),
                f" {sentence('; '.join(level.reasons))}",
            )
        cells = (
            cell(clock.short(level.at)),
            cell(strong(level.text), quiet(f" {level.method}") if level.method else ""),
            cell(known),
            cell(number(level.prior_median)),
            cell(number(level.posterior_median)),
            cell(_standardized(level)),
            cell(*verdict),
        )
        rows.append((level.at, Row(cells)))
    for t in exposure.pending:
        drawn = cell(strong("drawn, result not known"))
        nothing = cell("")
        cells = (cell(clock.short(t)), drawn, cell("not yet"), *(nothing,) * 3, cell("pending"))
        rows.append((t, Row(cells)))
    columns = (
        Column("Drawn", narrow=True),
        Column("Level"),
        Column("Known"),
        Column("Expected before", numeric=True),
        Column("Expected after", numeric=True),
        Column("Distance", numeric=True),
        Column("Verdict"),
    )
    caption = f"Levels, {exposure.unit}; distance from the population in its SD"
    ordered = tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))
    return Table(caption, columns, ordered, "wide")


def _standardized(level: Level) -> str:
    if not math.isfinite(level.standardized):
        return "censored" if level.censored else "unknown"
    return f"{level.standardized:+.1f} SD"


def _targets(targets: Sequence[Target], refused: Sequence[Refused]) -> list[Block]:
    parts: list[Block] = []
    if targets:
        rows = tuple(
            Row(
                (
                    cell(strong(opened(f"{t.metric.value} {t.window}"))),
                    cell("; ".join(x for x in (t.line, t.era) if x)),
                    cell(sentence(t.because), quiet(f" {_conflict(t)}")),
                    cell(*citation(t.source), " ", *standing_mark(t.standing)),
                )
            )
            for t in targets
        )
        columns = (
            Column("Target for this patient"),
            Column("Studied in"),
            Column("Why this one"),
            Column("Source"),
        )
        parts.append(Table("Targets that fit this record", columns, rows, "wide"))
    else:
        parts.append(
            Paragraph(words("No published target on the shelf fits this record."), "answer")
        )
    if refused:
        rows = tuple(
            Row(
                (
                    cell(opened(f"{r.target.metric.value} {r.target.window}")),
                    cell(sentence(r.reason)),
                    cell(*citation(r.target.source)),
                )
            )
            for r in refused
        )
        heads = (Column("Target not used"), Column("Why not"), Column("Source"))
        parts.append(Table("Targets considered and not used", heads, rows, "quiet"))
    return parts


def _conflict(target: Target) -> str:
    return f"Another source: {sentence(target.conflict)}" if target.conflict else ""


def _technical(exposure: Exposure) -> Block:
    pairs: list[tuple[str, Words]] = [("Model", words(exposure.model))]
    if exposure.weight < 1.0:
        pairs.append(("Weight among the candidate models", words(percent(exposure.weight))))
    if exposure.purposes:
        pairs.append(("Serves", words(listed(exposure.purposes))))
    pairs.append(("Estimate by", words(exposure.method or "population only")))
    if math.isfinite(exposure.ess):
        pairs.append(("Effective number of draws", words(f"{exposure.ess:,.0f}")))
    if math.isfinite(exposure.pareto_k):
        pairs.append(("Pareto k of the draws", words(f"{exposure.pareto_k:.2f}")))
    for name, value, spread in exposure.etas:
        pairs.append(
            (
                f"Deviation from the typical patient, {name}",
                words(f"{value:+.2f} (SD {spread:.2f})"),
            )
        )
    return Facts(tuple(pairs), "technical")
