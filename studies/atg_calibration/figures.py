"""The page's figures, drawn with the marks of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from equipoise.report import axes, svg
from equipoise.report.svg import Drawing, Key, Scale

Array = NDArray[np.float64]
Interval = tuple[float, float, float]

WIDTH = 760.0
COLORS = {"elimination": svg.BLUE, "distribution": svg.VERMILION}


def save(drawing: Drawing, folder: Path, name: str) -> None:
    """Write a figure as an SVG file."""
    folder.mkdir(parents=True, exist_ok=True)
    ground = svg.rect(0, 0, drawing.width, drawing.height, fill=svg.PAPER)
    markup = drawing.markup(name).replace("</desc>", f"</desc>{ground}", 1)
    (folder / f"{name}.svg").write_text(markup + "\n", encoding="utf-8")


def intervals(
    title: str,
    description: str,
    rows: Sequence[tuple[str, Mapping[str, Interval]]],
    unit: str,
    *,
    logarithmic: bool = False,
    left: float = 330.0,
    marks: Sequence[tuple[float, str]] = (),
    faint: Mapping[str, Mapping[str, Interval]] | None = None,
    ends: tuple[float, float] | None = None,
) -> Drawing:
    """Rows of words, each with a 5-50-95 % interval for each structure.

    marks  vertical lines with words;  faint: a second interval behind (the prior)
    """
    tall, top = 34.0, 46.0
    numbers = [x for _, row in rows for each in row.values() for x in each]
    if ends is None:
        low, high = axes.ends(numbers, logarithmic=logarithmic, from_zero=True)
    else:
        low, high = (axes.place(e, logarithmic) for e in ends)
    x = Scale(low, high, left, WIDTH - 24.0)
    bottom = top + tall * len(rows)
    y = Scale(0.0, 1.0, bottom, top)
    parts = [svg.text(8.0, 18.0, title, bold=True)]
    for value, words in marks:
        at = x.held(axes.place(value, logarithmic))
        parts.append(svg.line(at, top - 6.0, at, bottom, stroke=svg.SOFT, dash="4 3"))
        parts.append(
            svg.text(at, top - 10.0, words, anchor="middle", size=svg.SMALL, fill=svg.SOFT)
        )
    for i, (words, row) in enumerate(rows):
        middle = top + tall * (i + 0.5)
        parts.append(svg.text(8.0, middle + 4.0, words, size=svg.SMALL))
        for j, (kind, each) in enumerate(row.items()):
            at = middle + 9.0 * (j - 0.5 * (len(row) - 1))
            if faint is not None:
                a, _, b = (x.held(axes.place(v, logarithmic)) for v in faint[kind][words])
                parts.append(svg.line(a, at, b, at, stroke=svg.FAINT, stroke_width=5.0))
            a, m, b = (x.held(axes.place(v, logarithmic)) for v in each)
            parts.append(svg.line(a, at, b, at, stroke=COLORS[kind], stroke_width=2.2))
            parts.append(svg.circle(m, at, 3.6, fill=COLORS[kind], stroke=svg.PAPER))
    parts += axes.axes(x, y, logarithmic_x=logarithmic, labels=False, most=7)[:1]
    for value in axes.tick_values(x, logarithmic, 7):
        at = x(axes.place(value, logarithmic))
        parts.append(svg.line(at, bottom, at, bottom + 4.0, stroke=svg.SOFT))
        parts.append(svg.text(at, bottom + 17.0, f"{value:g}", anchor="middle", size=svg.SMALL,
                              fill=svg.SOFT))  # fmt: skip
    parts.append(svg.text(WIDTH - 24.0, bottom + 34.0, unit, anchor="end", size=svg.SMALL,
                          fill=svg.SOFT))  # fmt: skip
    keys = [
        Key(svg.line(0, 6, 22, 6, stroke=COLORS[k], stroke_width=2.2)
            + svg.circle(11, 6, 3.6, fill=COLORS[k], stroke=svg.PAPER), f"saturable {k}")
        for k in rows[0][1]
    ]  # fmt: skip
    if faint is not None:
        keys.append(
            Key(svg.line(0, 6, 22, 6, stroke=svg.FAINT, stroke_width=5.0), "before (prior)")
        )
    drawn, more = svg.legend(keys, x=8.0, y=bottom + 44.0, width=WIDTH - 16.0)
    return Drawing(WIDTH, bottom + 48.0 + more, title, description, "".join([*parts, drawn]))


def bars(
    title: str, description: str, rows: Sequence[tuple[str, Mapping[str, float]]], floor: float
) -> Drawing:
    """Contraction of each parameter; those below `floor` stand lighter."""
    tall, top, left = 25.0, 34.0, 260.0
    x = Scale(0.0, 1.0, left, WIDTH - 24.0)
    bottom = top + tall * len(rows)
    parts = [svg.text(8.0, 18.0, title, bold=True)]
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = x(value)
        parts.append(svg.line(at, top, at, bottom, stroke=svg.FAINT))
        parts.append(svg.text(at, bottom + 16.0, f"{value:g}", anchor="middle", size=svg.SMALL,
                              fill=svg.SOFT))  # fmt: skip
    parts.append(svg.line(x(floor), top, x(floor), bottom, stroke=svg.SOFT, dash="4 3"))
    for i, (words, row) in enumerate(rows):
        middle = top + tall * (i + 0.5)
        parts.append(svg.text(8.0, middle + 4.0, words, size=svg.SMALL))
        for j, kind in enumerate(COLORS):
            if kind not in row:
                continue
            value = max(row[kind], 0.0)
            at = middle - 8.0 + 8.0 * j
            parts.append(svg.rect(left, at, x(value) - left, 7.0, fill=COLORS[kind],
                                  opacity=1.0 if value >= floor else 0.45))  # fmt: skip
    keys = [Key(svg.rect(0, 2, 22, 8, fill=c), f"saturable {k}") for k, c in COLORS.items()]
    drawn, more = svg.legend(keys, x=8.0, y=bottom + 28.0, width=WIDTH - 16.0)
    return Drawing(WIDTH, bottom + 32.0 + more, title, description, "".join([*parts, drawn]))


def histograms(
    title: str, description: str, panels: Sequence[tuple[str, str, Array]], expected: float
) -> Drawing:
    """Small rank histograms, (structure, name, counts), with the line and band of uniformity."""
    columns, wide, tall, top = 8, 92.0, 84.0, 30.0
    highest = max(2.0 * expected, max(float(c.max()) for _, _, c in panels))
    # 98 % of a binomial count, by its normal approximation.
    band = 2.33 * np.sqrt(expected * (1.0 - 1.0 / len(panels[0][2])))
    parts = [svg.text(8.0, 18.0, title, bold=True)]
    column, line, before = 0, 0, panels[0][0]
    for kind, name, counts in panels:
        if column == columns or kind != before:
            column, line = 0, line + 1
        left, above, before = 8.0 + wide * column, top + tall * line, kind
        column += 1
        y = Scale(0.0, highest, above + tall - 22.0, above + 4.0)
        inner = wide - 12.0
        upper, lower = y(expected + band), y(expected - band)
        parts.append(svg.rect(left, upper, inner, lower - upper, fill=svg.FAINT))
        step = inner / len(counts)
        for j, count in enumerate(counts):
            at, high = left + j * step + 0.5, y(float(count))
            parts.append(
                svg.rect(at, high, step - 1.0, y(0.0) - high, fill=COLORS[kind], opacity=0.75)
            )
        parts.append(svg.line(left, y(expected), left + inner, y(expected), stroke=svg.INK))
        parts.append(svg.text(left, above + tall - 8.0, name, size=10.5, fill=svg.SOFT))
    rows = line + 1
    keys = [Key(svg.rect(0, 2, 22, 8, fill=c, opacity=0.75), f"saturable {k}")
            for k, c in COLORS.items()]  # fmt: skip
    keys.append(Key(svg.rect(0, 2, 22, 8, fill=svg.FAINT), "98 % of counts if uniform"))
    drawn, more = svg.legend(keys, x=8.0, y=top + tall * rows + 6.0, width=WIDTH - 16.0)
    return Drawing(WIDTH, top + tall * rows + 12.0 + more, title, description,
                   "".join([*parts, drawn]))  # fmt: skip
