"""Shares followed in series: residual disease, chimerism, microchimerism."""

from __future__ import annotations

import math
from decimal import Decimal

from equipoise.assessment import Assessment
from equipoise.report import signal_plot
from equipoise.report.blocks import (
    Block,
    Column,
    Figure,
    Heading,
    Items,
    Paragraph,
    Row,
    Table,
    Words,
    cell,
    citation,
    row,
    standing_mark,
    strong,
    words,
)
from equipoise.report.words import Clock, opened, percent, sentence
from equipoise.signal import Crossing, Reading, Signal
from equipoise.signals import SURE

OF = {"disease": "disease", "recipient": "recipient's share", "donor": "donor's share"}

READINGS = (
    Column("When"),
    Column("Charted", numeric=True),
    Column("By"),
    Column("As a share", numeric=True),
    Column("Examined", numeric=True),
    Column("Odds of one as far off, by the others", numeric=True),
)
CROSSINGS = (
    Column("Mark"),
    Column("Beyond it at the last sample", numeric=True),
    Column("Reached after, median (90%)", numeric=True),
    Column("Beyond it in 30 / 60 / 90 days", numeric=True),
    Column("What it is worth"),
)


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """One part for each series; nothing where the record has none."""
    if not assessment.signals:
        return ()
    clock = Clock(assessment.day0)
    parts: list[Block] = [
        Heading(2, "Disease and chimerism in series"),
        Paragraph(
            words(
                "One marker, lineage and specimen at a time, as a straight line on the log scale. "
                "What is computed ahead holds only if nothing changes: no treatment, no new clone. "
                "The line and what is believed before the samples are this project's. ",
                standing_mark(assessment.signals[0].standing),
            ),
            "quiet",
        ),
    ]
    for signal in assessment.signals:
        parts.extend(_signal(signal, clock, assessment.at))
    return tuple(parts)


def share(value: float) -> str:
    """A share as people say it: "9 %", "0.03 %", "0.0003 %"; one unit for an axis and its table."""
    if not math.isfinite(value):
        return "-"
    if 0.0 < value < 9.5e-5:
        return f"{Decimal(f'{100.0 * value:.2g}'):f} %"
    return f"{100.0 * value:.2g} %" if value < 0.995 else "100 %"


def title(signal: Signal) -> str:
    """Whose share of what, by marker, lineage and specimen."""
    label = signal.label
    if signal.of != "disease":
        label = f"{label}, as the {OF[signal.of]}"
    where = [signal.marker, signal.lineage, signal.specimen or "specimen not charted"]
    return f"{label} ({', '.join(p for p in where if p)})"


def _signal(signal: Signal, clock: Clock, at: float) -> list[Block]:
    name = opened(title(signal))
    parts: list[Block] = [
        Heading(3, name),
        Paragraph(_answer(signal), "answer"),
        *figure(signal, clock, at),
        Table(
            "Samples",
            READINGS,
            tuple(_reading(r, p, clock) for r, p in zip(signal.readings, signal.fits, strict=True)),
        ),
    ]
    if signal.crossings:
        rows = tuple(_crossing(c) for c in signal.crossings)
        parts.append(Table("If it goes on as it went", CROSSINGS, rows))
    lines = [words(sentence(opened(note))) for note in signal.notes]
    lines += [
        words(
            f"Published doubling time of {p.marker}: {p.days:g} days ({p.note}). ",
            citation(p.source), " ", standing_mark(p.standing),
        )
        for p in signal.paces
    ]  # fmt: skip
    if signal.of == "disease" and not signal.paces:
        lines.append(
            words("No published doubling time for this marker is on the shelf to compare with.")
        )
    if lines:
        parts.append(Items(tuple(lines), "notes"))
    return parts


def figure(signal: Signal, clock: Clock, at: float) -> tuple[Block, ...]:
    """The drawing of a series; nothing for samples of one day: no line is drawn through them."""
    if not signal.band:
        return ()
    name = opened(title(signal))
    caption = (
        ". Samples on a logarithmic axis, with the line through them and its bands; to the right "
        "of the last sample it holds only if nothing changes."
    )
    drawn = signal_plot.drawing(signal, name, clock, at, share)
    return (Figure(drawn, words(strong(name), caption)),)


def _answer(signal: Signal) -> Words:
    low, middle, high = signal.level[0], signal.level[2], signal.level[4]
    level = f"{share(middle)} (90%: {share(low)} to {share(high)}) at the last sample"
    if signal.trend == "cannot tell":
        head = "Cannot tell whether it rises or falls"
    else:
        head = opened(signal.trend)
    if not math.isfinite(signal.rising):
        return words(strong(f"{head}. "), opened(f"{level}."))
    asked = f" ({percent(SURE)} either way is asked for)" if signal.trend == "cannot tell" else ""
    parts = [f"{level}; probability that it rises {_below(signal.rising)}{asked}."]
    if signal.doubling and signal.rising >= 0.5:
        parts.append(f" Doubles in {_days(signal.doubling)}{_if(signal.rising, 'rises')}.")
    if signal.halving and signal.rising < 0.5:
        parts.append(f" Halves in {_days(signal.halving)}{_if(1 - signal.rising, 'falls')}.")
    return words(strong(f"{head}. "), opened("".join(parts)))


def _below(odds: float) -> str:
    """The odds, never rounded up to those that are asked for."""
    return (
        f"just under {percent(SURE)}"
        if round(100.0 * odds) / 100.0 >= SURE > odds
        else percent(odds)
    )


def _if(odds: float, verb: str) -> str:
    return "" if odds >= 0.95 else f", if it {verb}"


def _days(quantiles: tuple[float, ...]) -> str:
    low, middle, high = (_whole(quantiles[i]) for i in (0, 2, 4))
    return f"{middle} days (90%: {low} to {high})"


def _whole(days: float) -> str:
    return f"{days:.1f}" if days < 10.0 else f"{days:.0f}" if days < 1000.0 else "over 1000"


def _reading(reading: Reading, odds: float, clock: Clock) -> Row:
    bound = {"<": "below ", ">": "above "}.get(reading.bound, "")
    number = reading.limit if reading.bound else reading.share
    found = share(number)
    if reading.bound == "<" and math.isnan(number):
        found = f"none in {reading.input:,.0f}"
        bound = ""
    examined = f"{reading.input:,.0f}" if reading.counted else "-"
    return row(
        clock.short(reading.at),
        reading.text,
        reading.method or "-",
        f"{bound}{found}",
        examined,
        percent(odds) if math.isfinite(odds) else "-",
    )


def _crossing(crossing: Crossing) -> Row:
    after = "fewer than 1 in 20 courses" if crossing.within else "-"
    if crossing.passed >= 0.5:
        after = "beyond it"
    elif crossing.days:
        low, middle, high = (_whole(crossing.days[i]) for i in (0, 2, 4))
        after = f"{middle} ({low}-{high}) days"
    ahead = " / ".join(percent(p) for days, p in crossing.within if days >= 30.0) or "-"
    mark = crossing.mark
    return Row(
        (
            cell(mark.text),
            cell(percent(crossing.passed)),
            cell(after),
            cell(ahead),
            cell(
                f"{sentence(opened(mark.operating))} ", citation(mark.source), " ",
                standing_mark(mark.standing),
            ),
        )
    )  # fmt: skip
