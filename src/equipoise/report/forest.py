"""The page of an evidence synthesis: forest plot, table with sources, what it is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.evidence import Mean, StudyResult, Synthesis
from equipoise.report import svg
from equipoise.report.axes import decades
from equipoise.report.blocks import (
    Block,
    Box,
    Column,
    Facts,
    Figure,
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
    words,
)
from equipoise.report.html import page
from equipoise.report.svg import Drawing, Scale
from equipoise.report.words import opened, sentence
from equipoise.studies import Measure, Study

WIDTH = 654.0
NAMES = 178.0
COUNTS = 96.0
PLOT = (292.0, 508.0)
ROW = 24.0
TOP = 34.0
LARGEST, SMALLEST = 7.5, 2.4
"""Half the side of the square of the heaviest study, and of the lightest one that is drawn."""
SPREAD = 64.0
"""The plot of ratios reaches at most this many times away from 1: what lies beyond is an arrow."""


def evidence_page(synthesis: Synthesis) -> str:
    """A self-contained page of a synthesis; it renders and computes nothing."""
    title = f"{opened(synthesis.outcome)}: {synthesis.measure.value.replace('_', ' ')}"
    blocks: list[Block] = [
        Heading(1, title),
        Facts(
            (
                ("table", words(synthesis.table)),
                ("studies", words(str(len(synthesis.results)))),
                ("standing", words(*standing_mark(synthesis.standing))),
                ("certainty", words(f"at most {synthesis.certainty.word}")),
            ),
            "strip",
        ),
        Heading(2, "Result"),
        Paragraph(words(mean_sentence(synthesis)), "answer"),
        Figure(forest(synthesis), words(_caption(synthesis))),
        Heading(2, "Certainty"),
        Paragraph(words(certainty_sentence(synthesis))),
    ]
    if synthesis.cautions:
        lines = Items(tuple(words(sentence(c)) for c in synthesis.cautions))
        blocks.append(Box("Cautions", (lines,), "caution"))
    blocks += [Heading(2, "Studies"), _studies(synthesis)]
    return page(f"Equipoise, {title}", "evidence", [("evidence", blocks)])


def mean_sentence(synthesis: Synthesis) -> str:
    """The mean in words, or why there is none."""
    mean = synthesis.mean
    if mean is None:
        return f"No mean: {'; '.join(synthesis.not_pooled)}."
    said = (
        f"Mean of {mean.studies} studies {shown(mean.estimate, synthesis.measure)} "
        f"({_span(mean.low, mean.high, synthesis.measure)})"
    )
    if math.isfinite(mean.predict_low):
        said += (
            f"; a new study is expected between {shown(mean.predict_low, synthesis.measure)} and "
            f"{shown(mean.predict_high, synthesis.measure)}"
        )
    return said + f"; {made_by(mean)}."


def made_by(mean: Mean) -> str:
    """How a mean and its interval were made."""
    how = {
        "reml": "random effects, REML",
        "dl": "random effects, DerSimonian-Laird",
        "common": "one common effect, inverse variance",
        "mantel-haenszel": "one common effect, Mantel-Haenszel",
    }[mean.method]
    return how + (
        ", Hartung-Knapp interval" if mean.interval == "hartung-knapp" else ", normal interval"
    )


def heterogeneity_sentence(mean: Mean) -> str:
    """How much the studies differ."""
    tau2 = ""
    if math.isfinite(mean.tau2_low):
        tau2 = f"tau2 {mean.tau2:.3g} ({mean.tau2_low:.2g} to {mean.tau2_high:.2g}), "
    share = f"I2 {100 * mean.i2:.0f} %"
    return f"Between studies: {tau2}{share}, Q {mean.q:.1f} on {mean.df}, p {mean.p:.2g}."


def certainty_sentence(synthesis: Synthesis) -> str:
    """The word of certainty, its start and what lowered it."""
    found = synthesis.certainty
    said = f"Certainty at most {found.word}: starts {found.start} by design"
    if found.reasons:
        said += f", lowered for: {'; '.join(found.reasons)}"
    return said + ". Risk of bias of the single studies is not judged here."


def shown(value: float, measure: Measure) -> str:
    """An estimate as people read it: percent for a proportion, two decimals for a ratio."""
    if not math.isfinite(value):
        return "-"
    return f"{100 * value:.1f} %" if measure is Measure.PROPORTION else f"{value:.2f}"


def _span(low: float, high: float, measure: Measure) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return "-"
    if measure is Measure.PROPORTION:
        return f"{100 * low:.1f}-{100 * high:.1f} %"
    return f"{low:.2f}-{high:.2f}"


def result_span(result: StudyResult, measure: Measure) -> str:
    """ "1.87 (1.17-2.97)", or "-" where the counts give none."""
    if not math.isfinite(result.estimate):
        return "-"
    span = _span(result.low, result.high, measure)
    return shown(result.estimate, measure) + ("" if span == "-" else f" ({span})")


def counts(study: Study) -> str:
    """ "24/30 v 12/28"; empty where the study has no counts."""
    if study.events is None:
        return ""
    said = f"{study.events}/{study.total}"
    if study.control_events is not None:
        said += f" v {study.control_events}/{study.control_total}"
    return said


def forest(synthesis: Synthesis) -> Drawing:
    """The forest plot: a square and a line for each study, a diamond only where there is a mean."""
    measure, mean = synthesis.measure, synthesis.mean
    ratio = measure is not Measure.PROPORTION
    x = _scale(synthesis)
    rows = len(synthesis.results) + (2 if mean is not None else 0)
    bottom = TOP + ROW * rows + 6.0
    parts = [
        svg.text(0.0, 14.0, "Study", bold=True),
        svg.text(NAMES, 14.0, "Events" if synthesis.results[0].study.events is not None else "",
                 bold=True),
        svg.text(WIDTH, 14.0, "Estimate (95 %)", anchor="end", bold=True),
        svg.line(x.start, bottom, x.end, bottom, stroke=svg.SOFT, stroke_width=0.8),
    ]  # fmt: skip
    for value in _ticks(x, ratio=ratio):
        at = x(math.log(value) if ratio else value)
        parts.append(svg.line(at, bottom, at, bottom + 3.5, stroke=svg.SOFT, stroke_width=0.8))
        label = f"{value:g}" if ratio else f"{100 * value:g} %"
        parts.append(
            svg.text(at, bottom + 16.0, label, size=svg.SMALL, fill=svg.SOFT, anchor="middle")
        )
    if ratio:
        parts.append(svg.line(x(0.0), TOP - 8.0, x(0.0), bottom, stroke=svg.SOFT, dash="4 3"))
    weights = [r.weight for r in synthesis.results if math.isfinite(r.weight)]
    heaviest = max(weights, default=math.nan)
    for i, result in enumerate(synthesis.results):
        share = result.weight / heaviest if math.isfinite(result.weight) else 0.25
        parts += _study_row(result, share, x, TOP + ROW * (i + 0.5), measure)
    if mean is not None:
        parts += _mean_rows(mean, x, TOP + ROW * (len(synthesis.results) + 0.5), measure)
    return Drawing(
        WIDTH, bottom + 26.0, f"Forest plot, {synthesis.outcome}", _description(synthesis),
        "".join(parts),
    )  # fmt: skip


def _study_row(
    result: StudyResult, share: float, x: Scale, y: float, measure: Measure
) -> list[str]:
    ratio = measure is not Measure.PROPORTION
    parts = [
        svg.text(0.0, y + 4.2, _cut(result.study.name)),
        svg.text(NAMES, y + 4.2, counts(result.study), size=svg.SMALL, fill=svg.SOFT),
        svg.text(WIDTH, y + 4.2, result_span(result, measure), size=svg.SMALL, anchor="end"),
    ]
    if not math.isfinite(result.estimate):
        return parts
    if math.isfinite(result.low):
        parts += _line(result.low, result.high, x, y, ratio=ratio)
    half = max(LARGEST * math.sqrt(share), SMALLEST)
    at = x.held(math.log(result.estimate) if ratio else result.estimate)
    parts.append(svg.rect(at - half, y - half, 2 * half, 2 * half, fill=svg.BLUE))
    return parts


def _line(low: float, high: float, x: Scale, y: float, *, ratio: bool) -> list[str]:
    left, right = (math.log(low), math.log(high)) if ratio else (low, high)
    parts = [svg.line(x.held(left), y, x.held(right), y, stroke_width=1.4)]
    # An end beyond the plot is an arrow.
    if left < x.low:
        parts.append(svg.path([(x.start + 6, y - 4), (x.start, y), (x.start + 6, y + 4)],
                              stroke=svg.INK, stroke_width=1.4))  # fmt: skip
    if right > x.high:
        parts.append(svg.path([(x.end - 6, y - 4), (x.end, y), (x.end - 6, y + 4)],
                              stroke=svg.INK, stroke_width=1.4))  # fmt: skip
    return parts


def _mean_rows(mean: Mean, x: Scale, y: float, measure: Measure) -> list[str]:
    ratio = measure is not Measure.PROPORTION
    ends = [mean.low, mean.estimate, mean.high]
    left, middle, right = (x.held(math.log(v) if ratio else v) for v in ends)
    corners = [(left, y), (middle, y - 7.0), (right, y), (middle, y + 7.0)]
    said = f"{shown(mean.estimate, measure)} ({_span(mean.low, mean.high, measure)})"
    parts = [
        svg.text(0.0, y + 4.2, "Mean", bold=True),
        svg.path(corners, fill=svg.GREEN, closed=True),
        svg.text(WIDTH, y + 4.2, said, size=svg.SMALL, anchor="end", bold=True),
    ]
    if math.isfinite(mean.predict_low):
        below = y + ROW
        parts += [
            svg.text(0.0, below + 4.2, "A new study (95 %)", fill=svg.SOFT),
            *_line(mean.predict_low, mean.predict_high, x, below, ratio=ratio),
            svg.text(WIDTH, below + 4.2, _span(mean.predict_low, mean.predict_high, measure),
                     size=svg.SMALL, anchor="end", fill=svg.SOFT),
        ]  # fmt: skip
    return parts


def _scale(synthesis: Synthesis) -> Scale:
    if synthesis.measure is Measure.PROPORTION:
        return Scale(0.0, 1.0, *PLOT)
    ends = [v for r in synthesis.results for v in (r.estimate, r.low, r.high)]
    if synthesis.mean is not None:
        ends += [synthesis.mean.predict_low, synthesis.mean.predict_high]
    logs = [math.log(v) for v in ends if math.isfinite(v) and v > 0.0] or [0.0]
    most = math.log(SPREAD)
    low, high = min([*logs, math.log(0.8)]), max([*logs, math.log(1.25)])
    room = 0.04 * (high - low)
    return Scale(max(low, -most) - room, min(high, most) + room, *PLOT)


def _ticks(x: Scale, *, ratio: bool) -> Sequence[float]:
    if not ratio:
        return (0.0, 0.25, 0.5, 0.75, 1.0)
    found = decades(x.low / math.log(10.0), x.high / math.log(10.0), 6)
    return sorted({*found, 1.0})


def _cut(name: str) -> str:
    while svg.text_width(name) > NAMES - 6.0:
        name = name[:-2].rstrip(" ,") + "."
    return name


def _caption(synthesis: Synthesis) -> str:
    said = "Square: a study, larger with its weight; line: its 95 % interval."
    if synthesis.measure is not Measure.PROPORTION:
        named = any(r.study.treatment for r in synthesis.results)
        treatment = "the treatment named first below" if named else "treatment, which no row names"
        said += f" Above 1: more of {synthesis.outcome} with {treatment}."
    if synthesis.mean is None:
        return said + " No diamond: no mean is made."
    said += " Diamond: the mean with its interval."
    return f"{said} {heterogeneity_sentence(synthesis.mean)}".strip()


def _description(synthesis: Synthesis) -> str:
    lines = [f"{r.study.name} {result_span(r, synthesis.measure)}" for r in synthesis.results]
    return "; ".join([*lines, mean_sentence(synthesis)])


def _studies(synthesis: Synthesis) -> Table:
    columns = (
        Column("Study"),
        Column("Design", narrow=True),
        Column("Who, what against what"),
        Column("Estimate (95 %)", narrow=True),
        Column("Source"),
    )
    rows = []
    for r in synthesis.results:
        s = r.study
        against = f"{s.treatment} against {s.control}" if s.control else s.treatment
        about = "; ".join(part for part in (s.population, against, s.note) if part)
        source: list[Run | str] = [*citation(s.source), " ", *standing_mark(s.standing)]
        rows.append(
            Row(
                (
                    cell(s.name, quiet(f" {counts(s)}" if counts(s) else "")),
                    cell(s.design.value.replace("_", " ")),
                    cell(about),
                    cell(result_span(r, synthesis.measure)),
                    cell(*source),
                )
            )
        )
    return Table("Every row with its source and standing", columns, tuple(rows))
