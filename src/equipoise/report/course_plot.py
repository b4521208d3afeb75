"""Courses of laboratory values: bands, samples, events, and what a next sample may be.

Values stand on a logarithmic axis, because a course is fitted to logarithms. A sample that is only
a bound is a hollow triangle that points to where the value lies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.differential import Trend
from equipoise.report import axes, svg, words
from equipoise.report.svg import Drawing, Key, Point, Scale
from equipoise.report.words import Clock

WIDTH = 654.0
LEFT, RIGHT = 78.0, 14.0
TOP = 34.0
TALL, SHORT = 170.0, 84.0
GAP = 34.0
LANE = 15.0
BAND_90, BAND_50, MEDIAN = "#cfe3f0", "#8fbedb", "#0b4a78"
STEPS = (1, 2, 5, 7, 10, 14, 20, 28, 50, 100)
LEAST_DAY = 46.0
"""Drawing units between two named days."""
MOST_LANES = 8


def drawing(
    trends: Sequence[Trend],
    events: Sequence[tuple[float, str]],
    clock: Clock,
    at: float,
) -> Drawing:
    """The courses one below the other on one axis of time; what was done in lanes beneath."""
    moments = [t for trend in trends for t in (*trend.times, *(r.at for r in trend.readings))]
    moments += [n.at for trend in trends for n in trend.next]
    start = clock.midnight(clock.day(min([*moments, at - 24.0, 0.0])))
    end = max([*moments, at]) + 3.0
    x = Scale(start, end, LEFT, WIDTH - RIGHT)
    parts: list[str] = []
    y = TOP
    for i, trend in enumerate(trends):
        height = TALL if i == 0 else SHORT
        parts += _course(trend, x, y, height, at)
        y += height + (GAP if i < len(trends) - 1 else 0.0)
    parts += day_axis(x, y, clock)
    label = f"now, {clock.short(at)}"
    half = svg.text_width(label, svg.SMALL) / 2.0
    middle = min(max(x(at), LEFT + half), WIDTH - RIGHT - half)
    parts.append(svg.line(x(at), TOP - 8.0, x(at), y, stroke=svg.INK, dash="2 2"))
    parts.append(svg.text(middle, TOP - 12.0, label, size=svg.SMALL, anchor="middle", bold=True))
    y += 26.0
    lanes, tall = _lanes(events, x, y)
    parts += lanes
    y += tall + 8.0
    marks, tall = svg.legend(_keys(trends), x=4.0, y=y, width=WIDTH - 8.0)
    parts.append(marks)
    said = " ".join(said_of(trend, clock) for trend in trends)
    return Drawing(WIDTH, y + tall + 4.0, "Courses with bands", said, "".join(parts))


def said_of(trend: Trend, clock: Clock) -> str:
    """What a course shows, in a sentence."""
    last = trend.readings[-1]
    count = len(trend.readings)
    head = f"{trend.label}: {count} value{'s' if count > 1 else ''}, the last {last.text} on "
    head += clock.short(last.at)
    return f"{head}; {trend.why or f'direction {trend.direction}'}."


def _course(trend: Trend, x: Scale, top: float, height: float, at: float) -> list[str]:
    numbers = [r.number for r in trend.readings if r.number > 0.0]
    numbers += [q for n in trend.next for q in (n.value[0], n.value[-1])]
    numbers += [m for m, _ in trend.marks]
    before = [i for i, t in enumerate(trend.times) if t <= at + 24.0]
    if trend.level:
        numbers += [trend.level[k][i] for k in (1, 3) for i in before]
    low, high = axes.ends(numbers, logarithmic=True, from_zero=False)
    y = Scale(low, high, top + height, top)
    parts = [
        svg.line(x.start, y.start, x.end, y.start, stroke=svg.SOFT, stroke_width=0.8),
        svg.line(x.start, y.start, x.start, y.end, stroke=svg.SOFT, stroke_width=0.8),
    ]
    for value in axes.decades(low, high, 7 if height > SHORT else 4):
        place = y(math.log10(value))
        parts.append(svg.line(x.start - 3.5, place, x.start, place, stroke=svg.SOFT))
        parts.append(
            svg.text(
                x.start - 6.0,
                place + 4.2,
                f"{value:,.10g}",
                anchor="end",
                size=svg.SMALL,
                fill=svg.SOFT,
            )
        )
    parts.append(svg.text(LEFT, top - 5.0, f"{trend.label}, {trend.unit}", bold=True,
                          size=svg.SMALL))  # fmt: skip
    if trend.level:
        for a, b, fill in ((0, 4, BAND_90), (1, 3, BAND_50)):
            area = [*_line(trend, a, x, y), *reversed(_line(trend, b, x, y))]
            parts.append(svg.path(area, fill=fill, closed=True))
        parts.append(svg.path(_line(trend, 2, x, y), stroke=MEDIAN, stroke_width=1.4, dash="6 3"))
    for number, label in trend.marks:
        place = y.held(math.log10(number))
        parts.append(svg.line(LEFT, place, WIDTH - RIGHT, place, stroke=svg.GREEN, dash="7 2"))
        parts.append(svg.text(LEFT + 4.0, place - 3.5, label, size=svg.SMALL, fill=svg.GREEN,
                              halo=True))  # fmt: skip
    for forecast in trend.next:
        place = x(forecast.at)
        ends = [y.held(math.log10(v)) for v in (forecast.value[0], forecast.value[-1])]
        parts.append(svg.line(place, ends[0], place, ends[1], stroke=svg.INK, stroke_width=1.2))
        for end in ends:
            parts.append(svg.line(place - 4.0, end, place + 4.0, end, stroke=svg.INK))
    for reading in trend.readings:
        if reading.number > 0.0:
            parts.append(
                value_mark(x(reading.at), y.held(math.log10(reading.number)), reading.bound)
            )
    if trend.why:
        parts.append(svg.text(WIDTH - RIGHT, top - 5.0, trend.why, size=svg.SMALL, fill=svg.SOFT,
                              anchor="end"))  # fmt: skip
    return parts


def _line(trend: Trend, row: int, x: Scale, y: Scale) -> list[Point]:
    points = [
        (x(t), y.held(math.log10(v)))
        for t, v in zip(trend.times, trend.level[row], strict=True)
        if v > 0.0
    ]
    return list(svg.simplified(points))


def value_mark(x: float, y: float, bound: str) -> str:
    """A sample: a dot, or a hollow triangle that points to where a bounded value lies."""
    if bound:
        return svg.triangle(x, y, 4.6, down=bound == "<", fill=svg.PAPER, stroke=svg.INK)
    return svg.circle(x, y, 3.4, fill=svg.INK, stroke=svg.PAPER)


def day_axis(x: Scale, floor: float, clock: Clock) -> list[str]:
    """Days under a plot whose x is in hours."""
    parts = [svg.text(LEFT - 10.0, floor + 18.0, "day", anchor="end", fill=svg.SOFT)]
    width = 24.0 * (x.end - x.start) / (x.high - x.low)
    step = next((s for s in STEPS if s * width >= LEAST_DAY), 200)
    for day in range(clock.day(x.low), clock.day(x.high) + 1):
        place = clock.midnight(day)
        if day % step or not x.low <= place <= x.high:
            continue
        parts.append(svg.line(x(place), floor, x(place), floor + 5.0, stroke=svg.SOFT))
        label = "0" if day == 0 else f"{day:+d}"
        parts.append(svg.text(x(place), floor + 18.0, label, anchor="middle", size=svg.SMALL))
    return parts


def _lanes(events: Sequence[tuple[float, str]], x: Scale, top: float) -> tuple[list[str], float]:
    agents = list(dict.fromkeys(agent for _, agent in events))[:MOST_LANES]
    parts = []
    for i, agent in enumerate(agents):
        y = top + i * LANE
        name = axes.shortened(agent, LEFT - 8.0)
        parts.append(svg.text(LEFT - 8.0, y + 10.5, name, anchor="end", size=svg.SMALL))
        parts.append(svg.line(x.start, y + 7.0, x.end, y + 7.0, stroke=svg.FAINT))
        for at, given in events:
            if given == agent and x.low <= at <= x.high:
                parts.append(svg.rect(x(at) - 1.4, y + 1.0, 2.8, 12.0, fill=svg.VERMILION))
    return parts, LANE * len(agents)


def _keys(trends: Sequence[Trend]) -> list[Key]:
    keys = []
    if any(t.level for t in trends):
        band = svg.rect(0, 0, 22, 12, fill=BAND_90) + svg.rect(0, 3, 22, 6, fill=BAND_50)
        line = svg.line(0, 6, 22, 6, stroke=MEDIAN, stroke_width=1.4, dash="6 3")
        keys.append(Key(band + line, "course: 90% and 50% bands, median"))
    keys.append(Key(value_mark(11.0, 6.0, ""), "value"))
    if any(r.bound for t in trends for r in t.readings):
        keys.append(Key(value_mark(11.0, 2.0, "<"), "only a bound: the value lies where it points"))
    if any(t.next for t in trends):
        whisker = svg.line(11, 0, 11, 12) + svg.line(7, 0, 15, 0) + svg.line(7, 12, 15, 12)
        keys.append(Key(whisker, "next value, 90%"))
    if any(t.marks for t in trends):
        keys.append(Key(svg.line(0, 6, 22, 6, stroke=svg.GREEN, dash="7 2"), "published mark"))
    keys.append(Key(svg.rect(9.6, 0, 2.8, 12, fill=svg.VERMILION), "dose given, fever, infusion"))
    return keys


def lines(trends: Sequence[Trend], clock: Clock, width: int) -> tuple[str, ...]:
    """The courses in letters: each value, and the course at the last one."""
    found: list[str] = []
    for trend in trends:
        found.append(f"{trend.label}, {trend.unit}")
        for reading in trend.readings[-8:]:
            found.append(f"  {clock.short(reading.at):<14} {reading.text}"[:width])
        if trend.level:
            place = trend.times.index(trend.readings[-1].at)
            low, median, high = (trend.level[k][place] for k in (0, 2, 4))
            found.append(
                f"  course at the last value: {words.number(median)} "
                f"({words.interval(low, high)}, 90 %)"[:width]
            )
        else:
            found.append(f"  {trend.why}")
    return tuple(found)
