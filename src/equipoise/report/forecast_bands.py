"""Forecasts and their bands drawn: where observations lie in them, and each patient over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.diagnostics import trend
from equipoise.replay import BETWEEN, PHASES, Calibration, Forecast, by_chance
from equipoise.report import svg
from equipoise.report.axes import axes, ends, place, placed, shortened
from equipoise.report.svg import Drawing, Key, Scale

WIDTH = 654.0
LEFT = 52.0
TREND = "#8f2d00"
CHANCE = "#dfe3e6"
BAND_50, BAND_90 = "#7fb2d1", "#cfe0ea"
COLUMNS = 4
FURTHEST = 200.0
"""Relative errors drawn at most, in percent; what lies beyond stands at the edge as a triangle."""


def places_in_bands(found: Sequence[Calibration]) -> Drawing:
    """A panel a phase: the share of observations in each part of their forecast, with chance."""
    gap = 16.0
    wide = (WIDTH - LEFT - 6.0 - gap * (len(PHASES) - 1)) / len(PHASES)
    tall, top = 130.0, 38.0
    highest = max([0.5, *(c / f.n for f in found for c in f.counts)])
    y = Scale(0.0, 100.0 * highest * 1.05, top + tall, top)
    parts: list[str] = []
    said = []
    by_phase = {f.phase: f for f in found}
    for k, phase in enumerate(PHASES):
        left = LEFT + k * (wide + gap)
        x = Scale(0.0, float(len(BETWEEN)), left, left + wide)
        parts.append(svg.text(left, 14.0, phase, bold=True, size=svg.SMALL))
        own = by_phase.get(phase)
        parts.append(
            svg.text(left, 30.0, f"n = {own.n if own else 0}", size=svg.SMALL, fill=svg.SOFT)
        )
        for i, share in enumerate(BETWEEN):
            if own is None:
                break
            low, high = by_chance(own.n, share)
            parts.append(
                svg.rect(x(i), y(100.0 * high / own.n), x(i + 1) - x(i),
                         y(100.0 * low / own.n) - y(100.0 * high / own.n), fill=CHANCE)
            )  # fmt: skip
            at = y(100.0 * own.counts[i] / own.n)
            parts.append(
                svg.rect(x(i) + 3.0, at, x(i + 1) - x(i) - 6.0, y.start - at, stroke=svg.BLUE,
                         stroke_width=1.4)
            )  # fmt: skip
            parts.append(
                svg.line(x(i), y(100.0 * share), x(i + 1), y(100.0 * share), stroke=svg.INK,
                         stroke_width=1.4)
            )  # fmt: skip
        parts.append(svg.line(left, y.start, left + wide, y.start, stroke=svg.SOFT))
        for value in svg.ticks(0.0, y.high, 6):
            parts.append(svg.line(left - 3.5, y(value), left, y(value), stroke=svg.SOFT))
            if k == 0:
                parts.append(
                    svg.text(left - 6.0, y(value) + 4.2, f"{value:g}", anchor="end",
                             size=svg.SMALL, fill=svg.SOFT)
                )  # fmt: skip
        for end, label, anchor in (
            (0, "low", "start"),
            (3, "median", "middle"),
            (6, "high", "end"),
        ):
            parts.append(
                svg.text(
                    x(end), y.start + 16.0, label, anchor=anchor, size=svg.SMALL, fill=svg.SOFT
                )
            )
        if own is not None:
            outside = own.counts[0] + own.counts[-1]
            said.append(f"{phase}: {outside} of {own.n} outside the 90 % band.")
    keys = [
        Key(svg.rect(1, 0, 20, 12, stroke=svg.BLUE, stroke_width=1.4), "observations, %"),
        Key(svg.line(0, 6, 22, 6, stroke=svg.INK, stroke_width=1.4), "expected"),
        Key(svg.rect(0, 0, 22, 12, fill=CHANCE), "95 % by chance, were levels independent"),
    ]
    marks, height = svg.legend(keys, x=LEFT, y=top + tall + 28.0, width=WIDTH - LEFT)
    parts.append(marks)
    return Drawing(
        WIDTH, top + tall + 30.0 + height, "Observations within their forecasts", " ".join(said),
        "".join(parts),
    )  # fmt: skip


def errors_over_time(forecasts: Sequence[Forecast]) -> Drawing:
    """Relative errors of forecasts made from levels, by time and by what was forecast."""
    own = [f for f in forecasts if f.used and math.isfinite(f.relative_error)]
    errors = [100.0 * f.relative_error for f in own]
    wide = (WIDTH - LEFT - 6.0 - 26.0) / 2.0
    tall, top = 150.0, 34.0
    reach = min(max(max((abs(e) for e in errors), default=0.0) * 1.05, 50.0), FURTHEST)
    y = Scale(-reach, reach, top + tall, top)
    logs = [math.log10(f.prediction) if f.prediction > 0.0 else math.nan for f in own]
    parts = [svg.text(LEFT, 14.0, "Error of forecasts from levels, % of the observation",
                      bold=True)]  # fmt: skip
    for k, (title, numbers, logarithmic) in enumerate(
        (
            ("time, h", [f.at for f in own], False),
            (f"forecast, {own[0].unit}" if own else "forecast", logs, True),
        )
    ):
        left = LEFT + k * (wide + 26.0)
        finite = [v for v in numbers if math.isfinite(v)]
        low, high = ends(finite, logarithmic=False, from_zero=not logarithmic)
        x = Scale(low, high, left, left + wide)
        parts.append(svg.rect(left, y(30.0), wide, y(-30.0) - y(30.0), fill="#eef6f2"))
        parts.append(svg.rect(left, y(20.0), wide, y(-20.0) - y(20.0), fill="#d9ece5"))
        parts.append(svg.line(left, y(0.0), left + wide, y(0.0), stroke=svg.SOFT))
        parts += axes(x, y, logarithmic_x=logarithmic, labels=k == 0)
        for v, e in zip(numbers, errors, strict=True):
            if not math.isfinite(v):
                continue
            if e > reach:
                parts.append(
                    svg.triangle(x(v), y.end + 8.0, 4.0, down=False, fill=svg.PAPER,
                                 stroke=svg.BLUE)
                )  # fmt: skip
                continue
            parts.append(svg.circle(x(v), y.held(e), 2.2, fill="#9cc4dc", stroke=svg.BLUE))
        line = [(x(a), y.held(b)) for a, b in trend(numbers, errors)]
        parts.append(svg.path(line, stroke=TREND, stroke_width=2.4))
        parts.append(
            svg.text(left + wide / 2.0, y.start + 34.0, title, anchor="middle", size=svg.SMALL,
                     fill=svg.SOFT)
        )  # fmt: skip
    keys = [
        Key(svg.line(0, 6, 22, 6, stroke=TREND, stroke_width=2.2), "trend"),
        Key(svg.rect(0, 0, 22, 12, fill="#d9ece5"), "within 20 %"),
        Key(svg.rect(0, 0, 22, 12, fill="#eef6f2"), "within 30 %"),
    ]
    if any(e > reach for e in errors):
        mark = svg.triangle(11, 10, 4.0, down=False, fill=svg.PAPER, stroke=svg.BLUE)
        keys.append(Key(mark, f"above {reach:g} %"))
    marks, height = svg.legend(keys, x=LEFT, y=top + tall + 44.0, width=WIDTH - LEFT)
    parts.append(marks)
    said = f"{len(own)} forecasts from levels."
    return Drawing(WIDTH, top + tall + 46.0 + height, "Errors over time", said, "".join(parts))


def patients(forecasts: Sequence[Forecast], unit: str) -> Drawing:
    """Small plots, one a patient, on common logarithmic axes: each level and its forecast."""
    names = list(dict.fromkeys(f.subject for f in forecasts))
    numbers = [
        v
        for f in forecasts
        for v in (f.observed, f.prediction, f.low90, f.high90)
        if placed(v, True)
    ]
    # A band that reaches to nearly nothing would press everything else together.
    floor = min((f.observed for f in forecasts if f.observed > 0.0), default=1.0) / 4.0
    low, high = ends([max(v, floor) for v in numbers], logarithmic=True, from_zero=False)
    first, last = ends([f.at for f in forecasts], logarithmic=False, from_zero=True)
    wide = (WIDTH - LEFT - 6.0 - 12.0 * (COLUMNS - 1)) / COLUMNS
    tall, step = 112.0, 138.0
    parts = [svg.text(4.0, 13.0, f"{unit}, by hours", size=svg.SMALL, fill=svg.SOFT)]
    for i, name in enumerate(names):
        left = LEFT + (i % COLUMNS) * (wide + 12.0)
        top = 36.0 + (i // COLUMNS) * step
        x = Scale(first, last, left, left + wide)
        y = Scale(low, high, top + tall, top)
        parts.append(
            svg.text(left + 2.0, top - 5.0, shortened(name, wide), size=svg.SMALL, bold=True)
        )
        parts += axes(x, y, logarithmic_y=True, labels=i % COLUMNS == 0,
                      below=i + COLUMNS >= len(names), most=4)  # fmt: skip
        for f in (f for f in forecasts if f.subject == name):
            parts.append(_level(x, y, f))
    rows = -(-len(names) // COLUMNS)
    below = 36.0 + rows * step + 4.0
    keys = [
        Key(svg.circle(11, 6, 2.4, fill=svg.INK, stroke=svg.INK), "level"),
        Key(svg.line(11, -1, 11, 13, stroke=BAND_90, stroke_width=5.0)
            + svg.line(11, 3, 11, 9, stroke=BAND_50, stroke_width=5.0),
            "its 50 and 90 % bands, forecast"),
        Key(svg.line(5, 6, 17, 6, stroke=svg.BLUE, stroke_width=2.0), "forecast"),
        Key(svg.line(5, 6, 17, 6, stroke=svg.BLUE, stroke_width=2.0, dash="2 2"),
            "forecast before any level"),
    ]  # fmt: skip
    marks, height = svg.legend(keys, x=4.0, y=below, width=WIDTH - 8.0)
    parts.append(marks)
    said = f"{len(names)} patients, {len(forecasts)} levels."
    return Drawing(WIDTH, below + height + 2.0, "Each patient", said, "".join(parts))


def _level(x: Scale, y: Scale, f: Forecast) -> str:
    at = x(f.at)
    parts = []
    for low, high, look in ((f.low90, f.high90, BAND_90), (f.low50, f.high50, BAND_50)):
        if math.isfinite(low) and high > 0.0:
            bottom = y.held(place(low, True)) if low > 0.0 else y.start
            parts.append(
                svg.line(at, bottom, at, y.held(place(high, True)), stroke=look, stroke_width=5.0)
            )
    if f.prediction > 0.0:
        middle = y.held(place(f.prediction, True))
        dash = "" if f.used else "2 2"
        parts.append(
            svg.line(at - 4.0, middle, at + 4.0, middle, stroke=svg.BLUE, stroke_width=2.0,
                     dash=dash)
        )  # fmt: skip
    if f.observed > 0.0:
        fill = svg.PAPER if f.censored else svg.INK
        parts.append(
            svg.circle(at, y.held(place(f.observed, True)), 2.1, fill=fill, stroke=svg.INK,
                       stroke_width=0.8)
        )  # fmt: skip
    return "".join(parts)
