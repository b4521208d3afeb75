"""For and against by day: a field for each syndrome and day, a bar of signs in each.

The bar is filled from below by the signs for (dark), then those against (hatched), and stays white
for the unknown ones; the figures say the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from equipoise.differential import Condition, Count, DifferentialDay
from equipoise.report import svg
from equipoise.report.svg import Drawing, Key
from equipoise.report.words import day_word

WIDTH = 654.0
LABEL = 92.0
SMALLEST, LARGEST = 36.0, 46.0
TALL = 32.0
BAR = 9.0
DARK, SLANTS = "#7f2704", "#6b7278"
COLUMN = 9


def drawing(conditions: Sequence[Condition], days: Sequence[DifferentialDay]) -> Drawing:
    """The fields, broken into blocks of days where they are many."""
    most = int((WIDTH - LABEL) // SMALLEST)
    count = -(-len(days) // most)
    each = -(-len(days) // count)
    wide = min(LARGEST, (WIDTH - LABEL - 2.0) / each)
    longest = max((_known(t) for d in days for t in d.counts), default=1) or 1
    parts: list[str] = []
    y = 4.0
    for start in range(0, len(days), each):
        block = days[start : start + each]
        parts.append(svg.text(LABEL - 10.0, y + 12.0, "day", anchor="end", fill=svg.SOFT))
        for i, day in enumerate(block):
            label = "0" if day.day == 0 else f"{day.day:+d}"
            middle = LABEL + (i + 0.5) * wide
            parts.append(
                svg.text(middle, y + 12.0, label, anchor="middle", fill=svg.SOFT, size=svg.SMALL)
            )
        y += 18.0
        for place, condition in enumerate(conditions):
            parts.append(svg.text(0.0, y + TALL / 2.0 + 4.3, condition.label, size=svg.SMALL))
            for i, day in enumerate(block):
                parts.append(_field(LABEL + i * wide, y, wide, day.counts[place], longest))
            y += TALL + 3.0
        y += 10.0
    marks, tall = svg.legend(_keys(), x=4.0, y=y, width=WIDTH - 8.0)
    parts.append(marks)
    return Drawing(WIDTH, y + tall + 4.0, "For and against by day", _said(days), "".join(parts))


def _known(count: Count) -> int:
    return count.speak_for + count.speak_against + count.unknown


def _field(x: float, y: float, wide: float, count: Count, longest: int) -> str:
    x, wide = x + 1.0, wide - 2.0
    parts = [svg.rect(x, y, wide, TALL, stroke="#8b9197", stroke_width=0.7)]
    unit = (TALL - 4.0) / longest
    floor = y + TALL - 2.0
    tall = unit * count.speak_for
    parts.append(svg.rect(x + 2.0, floor - tall, BAR, tall, fill=DARK))
    floor -= tall
    tall = unit * count.speak_against
    if count.speak_against:
        parts.append(svg.rect(x + 2.0, floor - tall, BAR, tall, stroke=SLANTS, stroke_width=0.7))
        parts.append(svg.hatch(x + 2.0, floor - tall, BAR, tall, gap=3.0, stroke=SLANTS))
    floor -= tall
    tall = unit * count.unknown
    if count.unknown:
        parts.append(svg.rect(x + 2.0, floor - tall, BAR, tall, stroke="#b7bdc2",
                              stroke_width=0.6))  # fmt: skip
    middle = x + BAR + 2.0 + (wide - BAR - 2.0) / 2.0
    said = [f"+{count.speak_for}"] if count.speak_for else []
    said += [f"−{count.speak_against}"] if count.speak_against else []
    first = y + TALL / 2.0 + 4.4 - 7.0 * (len(said) - 1)
    for k, words in enumerate(said or ["?" if count.unknown else ""]):
        fill = svg.INK if said else svg.SOFT
        parts.append(
            svg.text(middle, first + 14.0 * k, words, anchor="middle", bold=bool(said), fill=fill)
        )
    return "".join(parts)


def _keys() -> list[Key]:
    hatched = svg.rect(6, 0, BAR, 12, stroke=SLANTS, stroke_width=0.7)
    hatched += svg.hatch(6, 0, BAR, 12, gap=3.0, stroke=SLANTS)
    return [
        Key(svg.rect(6, 0, BAR, 12, fill=DARK), "+ signs for"),
        Key(hatched, "− signs against"),
        Key(svg.rect(6, 0, BAR, 12, stroke="#b7bdc2", stroke_width=0.6), "unknown"),
    ]


def _said(days: Sequence[DifferentialDay]) -> str:
    if not days:
        return ""
    last = days[-1]
    said = [
        f"{t.label} {t.speak_for} for, {t.speak_against} against, {t.unknown} unknown"
        for t in last.counts
    ]
    return f"On {day_word(last.day)}: {'; '.join(said)}."


def lines(
    conditions: Sequence[Condition], days: Sequence[DifferentialDay], width: int
) -> tuple[str, ...]:
    """The strip in letters: for/against/unknown on each day."""
    if not days:
        return ()
    label = max(len(c.label) for c in conditions) + 1
    each = max(1, (width - label) // COLUMN)
    found: list[str] = []
    for start in range(0, len(days), each):
        block = days[start : start + each]
        if found:
            found.append("")
        head = "".join(("0" if d.day == 0 else f"{d.day:+d}").rjust(COLUMN) for d in block)
        found.append("day".ljust(label) + head)
        for place, condition in enumerate(conditions):
            cells = [
                f"{t.speak_for}/{t.speak_against}/{t.unknown}"
                for t in (d.counts[place] for d in block)
            ]
            found.append(condition.label.ljust(label) + "".join(c.rjust(COLUMN) for c in cells))
    return (*found, "", *textwrap.wrap("signs for/against/unknown, counted and not weighed", width))
