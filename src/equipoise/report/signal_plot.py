"""One series of a share: samples with their limits, the line's band, and when it meets a mark.

Shares stand on a logarithmic axis, because the line is straight there. A sample in which nothing
was found is a hollow triangle at its limit that points to where the share lies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from equipoise.report import axes, svg
from equipoise.report.course_plot import (
    BAND_50,
    BAND_90,
    LEFT,
    MEDIAN,
    RIGHT,
    WIDTH,
    day_axis,
    value_mark,
)
from equipoise.report.svg import Drawing, Key, Point, Scale
from equipoise.report.words import Clock
from equipoise.signal import Crossing, Reading, Signal

TOP, HEIGHT = 30.0, 210.0
BENEATH = 30.0
"""How far below the lowest sample or limit the axis reaches, as a factor: no assay sees there."""
HALF = 5.0
"""Half the width of the short line that is an assay's limit under a sample."""

Shown = Callable[[float], str]
"""How a share is written: "0.03 %"."""


def drawing(signal: Signal, title: str, clock: Clock, at: float, shown: Shown) -> Drawing:
    """The plot of one series.

    title  whose share;  at  the moment of the assessment;  shown  how shares are written
    """
    first = min(r.at for r in signal.readings)
    end = max([at, *signal.times, *(r.at for r in signal.readings)])
    room = 0.02 * max(end - first, 24.0)
    x = Scale(first - room, end + room, LEFT, WIDTH - RIGHT)
    floor = TOP + HEIGHT
    low, high = _ends(signal)
    y = Scale(low, high, floor, TOP)
    parts = [
        svg.line(x.start, floor, x.end, floor, stroke=svg.SOFT, stroke_width=0.8),
        svg.line(x.start, floor, x.start, TOP, stroke=svg.SOFT, stroke_width=0.8),
    ]
    for value in axes.decades(low, high, 7):
        place = y(math.log10(value))
        parts.append(svg.line(x.start - 3.5, place, x.start, place, stroke=svg.SOFT))
        parts.append(
            svg.text(x.start - 6.0, place + 4.2, shown(value), anchor="end", size=svg.SMALL,
                     fill=svg.SOFT)
        )  # fmt: skip
    parts += _bands(signal, x, y)
    parts += _marks(signal, x, y)
    for reading in signal.readings:
        parts += _sample(reading, x, y)
    parts += _now(at, clock, x, floor)
    parts += day_axis(x, floor, clock)
    keys = _keys(signal)
    marks, tall = svg.legend(keys, x=4.0, y=floor + 28.0, width=WIDTH - 8.0)
    return Drawing(
        WIDTH, floor + 32.0 + tall, title, description(signal, title, clock, shown),
        "".join([*parts, marks]),
    )  # fmt: skip


def description(signal: Signal, title: str, clock: Clock, shown: Shown) -> str:
    """What the plot shows, for a reader who does not see it."""
    said = "; ".join(
        f"{clock.day_text(r.at)} {'below ' if r.bound == '<' else 'above ' if r.bound else ''}"
        f"{shown(_height(r))}"
        for r in signal.readings
        if math.isfinite(_height(r))
    )
    reached = [c for c in signal.crossings if c.days and c.passed < 0.5]
    ahead = "".join(
        f" {c.mark.text} reached {c.days[2]:.0f} days after the last sample (90%: "
        f"{c.days[0]:.0f} to {c.days[4]:.0f}) if nothing changes."
        for c in reached
    )
    return f"{title}: {said}. {signal.trend}.{ahead}"


def _height(reading: Reading) -> float:
    """Where a sample stands: its share, or the limit that bounds it."""
    return reading.share if not reading.bound and reading.share > 0.0 else _limit(reading)


def _limit(reading: Reading) -> float:
    """The share from which the assay sees anything; one cell of the input without a limit."""
    if math.isfinite(reading.limit):
        return reading.limit
    return 1.0 / reading.input if reading.counted else math.nan


def _ends(signal: Signal) -> tuple[float, float]:
    numbers = [_height(r) for r in signal.readings]
    numbers += [_limit(r) for r in signal.readings]
    if signal.band:
        # The band widens ahead: its inner half decides what must be seen.
        numbers += [v for k in (1, 3) for v in signal.band[k]]
    numbers += [c.mark.share for c in signal.crossings if c.days]
    seen = [v for r in signal.readings for v in (_height(r), _limit(r)) if math.isfinite(v)]
    least = min(seen, default=0.0) / BENEATH
    found = [min(max(v, least), 1.0) for v in numbers if math.isfinite(v) and v > 0.0]
    low, high = axes.ends(found, logarithmic=True, from_zero=False)
    return low, min(high, 0.08)


def _bands(signal: Signal, x: Scale, y: Scale) -> list[str]:
    if not signal.band:
        return []
    parts = []
    for a, b, fill in ((0, 4, BAND_90), (1, 3, BAND_50)):
        area = [*_line(signal, a, x, y), *reversed(_line(signal, b, x, y))]
        parts.append(svg.path(area, fill=fill, closed=True))
    parts += [
        svg.path(run, stroke=MEDIAN, stroke_width=1.4, dash="6 3") for run in _inside(signal, x, y)
    ]
    return parts


def _inside(signal: Signal, x: Scale, y: Scale) -> list[list[Point]]:
    """The median where it lies on the plot: held at an edge it would look like a level reached."""
    points = [
        (t, math.log10(max(v, 1e-300))) for t, v in zip(signal.times, signal.band[2], strict=True)
    ]
    runs: list[list[Point]] = []
    open_ = False
    for (t, v), (after, w) in pairwise(points):
        # The part of this step, 0 to 1, whose height is on the plot.
        ends = [(edge - v) / (w - v) for edge in (y.low, y.high)] if w != v else []
        begin, end = (max(min(ends), 0.0), min(max(ends), 1.0)) if ends else (0.0, 1.0)
        if begin >= end or not (ends or y.low <= v <= y.high):
            open_ = False
            continue
        first, last = (
            (x(t + part * (after - t)), y.held(v + part * (w - v))) for part in (begin, end)
        )
        if open_:
            runs[-1].append(last)
        else:
            runs.append([first, last])
        open_ = end >= 1.0
    return [list(svg.simplified(run)) for run in runs]


def _line(signal: Signal, row: int, x: Scale, y: Scale) -> list[Point]:
    points = [
        (x(t), y.held(math.log10(max(v, 1e-300))))
        for t, v in zip(signal.times, signal.band[row], strict=True)
    ]
    return list(svg.simplified(points))


def _marks(signal: Signal, x: Scale, y: Scale) -> list[str]:
    parts = []
    last = max(r.at for r in signal.readings)
    for crossing in signal.crossings:
        height = math.log10(crossing.mark.share)
        if not y.low <= height <= y.high:
            continue
        place = y(height)
        parts.append(svg.line(LEFT, place, WIDTH - RIGHT, place, stroke=svg.GREEN, dash="7 2"))
        parts.append(svg.text(LEFT + 4.0, place - 3.5, crossing.mark.text, size=svg.SMALL,
                              fill=svg.GREEN, halo=True))  # fmt: skip
        parts += _reached(crossing, last, x, place)
    return parts


def _reached(crossing: Crossing, last: float, x: Scale, place: float) -> list[str]:
    """When the line meets the mark: 90 % from end to end, an open one where it leaves the plot."""
    if not crossing.days or crossing.passed >= 0.5:
        return []
    early, middle, late = (last + 24.0 * crossing.days[k] for k in (0, 2, 4))
    if early > x.high:
        return []
    parts = [
        svg.line(x(early), place, x.held(late), place, stroke=svg.VERMILION, stroke_width=2.4),
        svg.line(x(early), place - 4.0, x(early), place + 4.0, stroke=svg.VERMILION),
    ]
    if late <= x.high:
        parts.append(svg.line(x(late), place - 4.0, x(late), place + 4.0, stroke=svg.VERMILION))
    else:
        tip = [(x.end - 5.0, place - 4.0), (x.end, place), (x.end - 5.0, place + 4.0)]
        parts.append(svg.path(tip, stroke=svg.VERMILION, stroke_width=1.6))
    if middle <= x.high:
        parts.append(svg.circle(x(middle), place, 3.2, fill=svg.VERMILION, stroke=svg.PAPER))
    return parts


def _sample(reading: Reading, x: Scale, y: Scale) -> list[str]:
    height = _height(reading)
    if not math.isfinite(height):
        return []
    parts = []
    limit = _limit(reading)
    if not reading.bound and math.isfinite(limit):
        place = y.held(math.log10(limit))
        parts.append(
            svg.line(x(reading.at) - HALF, place, x(reading.at) + HALF, place, stroke=svg.SOFT,
                     stroke_width=1.4)
        )  # fmt: skip
    parts.append(value_mark(x(reading.at), y.held(math.log10(height)), reading.bound))
    return parts


def _now(at: float, clock: Clock, x: Scale, floor: float) -> list[str]:
    label = f"now, {clock.day_text(at)}"
    half = svg.text_width(label, svg.SMALL) / 2.0
    middle = min(max(x(at), LEFT + half), WIDTH - RIGHT - half)
    return [
        svg.line(x(at), TOP - 8.0, x(at), floor, stroke=svg.INK, dash="2 2"),
        svg.text(middle, TOP - 12.0, label, size=svg.SMALL, anchor="middle", bold=True),
    ]


def _keys(signal: Signal) -> list[Key]:
    keys = [Key(value_mark(11.0, 6.0, ""), "sample")]
    if any(r.bound for r in signal.readings):
        keys.append(Key(value_mark(11.0, 2.0, "<"), "only a bound: the share lies where it points"))
    if _has_limits(signal.readings):
        keys.append(Key(svg.line(5, 6, 17, 6, stroke=svg.SOFT, stroke_width=1.4), "assay's limit"))
    if signal.band:
        band = svg.rect(0, 0, 22, 12, fill=BAND_90) + svg.rect(0, 3, 22, 6, fill=BAND_50)
        line = svg.line(0, 6, 22, 6, stroke=MEDIAN, stroke_width=1.4, dash="6 3")
        keys.append(Key(band + line, "line: 90% and 50% bands, median"))
    if signal.crossings:
        keys.append(Key(svg.line(0, 6, 22, 6, stroke=svg.GREEN, dash="7 2"), "mark in print"))
    if any(c.days and c.passed < 0.5 for c in signal.crossings):
        whisker = svg.line(0, 6, 22, 6, stroke=svg.VERMILION, stroke_width=2.4)
        dot = svg.circle(11, 6, 3.2, fill=svg.VERMILION, stroke=svg.PAPER)
        keys.append(Key(whisker + dot, "met then, 90%, if nothing changes"))
    return keys


def _has_limits(readings: Sequence[Reading]) -> bool:
    return any(not r.bound and math.isfinite(_limit(r)) for r in readings)
