"""Axes of small plots: ends, ticks, numbers beside them, straight or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.report import svg
from equipoise.report.svg import Scale


def placed(value: float, logarithmic: bool) -> bool:
    """Whether a number has a place on the axis."""
    return math.isfinite(value) and (value > 0.0 or not logarithmic)


def place(value: float, logarithmic: bool) -> float:
    """Where a number stands on the axis, before it is scaled."""
    return math.log10(value) if logarithmic else value


def ends(numbers: Sequence[float], *, logarithmic: bool, from_zero: bool) -> tuple[float, float]:
    """Ends of an axis, as places on it, with a little room."""
    places = [place(v, logarithmic) for v in numbers if placed(v, logarithmic)]
    if not places:
        return 0.0, 1.0
    low, high = min(places), max(places)
    if from_zero and not logarithmic and low >= 0.0 and low < 0.4 * high:
        return 0.0, 1.04 * high
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    room = 0.04 * (high - low)
    return low - room, high + room


def decades(low: float, high: float, most: int) -> list[float]:
    """1, 2 and 5 of each decade, or 1 alone, or every so many decades, at most `most` of them."""
    for steps in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        found = [
            step * 10.0**power
            for power in range(math.floor(low) - 1, math.ceil(high) + 1)
            for step in steps
            if low <= math.log10(step * 10.0**power) <= high
        ]
        if len(found) <= most:
            return found
    return found[:: -(-len(found) // most)]


def axes(
    x: Scale,
    y: Scale,
    *,
    logarithmic_x: bool = False,
    logarithmic_y: bool = False,
    labels: bool = True,
    below: bool = True,
    most: int = 6,
    most_y: int = 0,
) -> list[str]:
    """Axes with ticks; numbers beside (`labels`) and under them (`below`)."""
    parts = [
        svg.line(x.start, y.start, x.end, y.start, stroke=svg.SOFT, stroke_width=0.8),
        svg.line(x.start, y.start, x.start, y.end, stroke=svg.SOFT, stroke_width=0.8),
    ]
    for value in tick_values(x, logarithmic_x, most):
        at = x(place(value, logarithmic_x))
        parts.append(svg.line(at, y.start, at, y.start + 3.5, stroke=svg.SOFT, stroke_width=0.8))
        if below:
            parts.append(
                svg.text(label_x(at, x, f"{value:g}"), y.start + 16.0, f"{value:g}",
                         size=svg.SMALL, fill=svg.SOFT)
            )  # fmt: skip
    for value in tick_values(y, logarithmic_y, max(most, most_y)):
        at = y(place(value, logarithmic_y))
        parts.append(svg.line(x.start - 3.5, at, x.start, at, stroke=svg.SOFT, stroke_width=0.8))
        if labels:
            parts.append(
                svg.text(x.start - 6.0, at + 4.2, f"{value:g}", anchor="end", size=svg.SMALL,
                         fill=svg.SOFT)
            )  # fmt: skip
    return parts


def label_x(at: float, x: Scale, label: str) -> float:
    """Where a label under a tick begins, so that it does not reach into the next panel."""
    wide = svg.text_width(label, svg.SMALL)
    return max(min(at - wide / 2.0, x.end + 6.0 - wide), x.start - 6.0)


def tick_values(scale: Scale, logarithmic: bool, most: int) -> Sequence[float]:
    """Round numbers along a scale, about `most` of them."""
    if logarithmic:
        return decades(scale.low, scale.high, most)
    return svg.ticks(scale.low, scale.high, most)


def shortened(words: str, wide: float) -> str:
    """Words cut to what fits into a width, in the small size."""
    while len(words) > 4 and 1.1 * svg.text_width(words, svg.SMALL) > wide:
        words = words[:-2].rstrip() + "."
    return words
