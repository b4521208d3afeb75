"""Forecasts drawn: observed against forecast, and errors by phase of treatment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from equipoise.replay import PHASES, Forecast, Summary
from equipoise.report import svg
from equipoise.report.svg import Drawing, Key, Scale

WIDTH = 654.0
LEFT, RIGHT, TOP = 62.0, 14.0, 34.0
BAND_20, BAND_30 = "#d9ece5", "#eef6f2"
MEDIAN = "#0b4a78"
LOWEST, HIGHEST = -100.0, 200.0
"""Relative errors drawn at most, in percent; what lies beyond stands at the edge as a triangle."""

CROWDED = 60
"""Points of a phase from which they are drawn smaller."""

_GOLDEN = 0.6180339887498949


def observed_against_forecast(forecasts: Sequence[Forecast], unit: str) -> Drawing:
    """Two panels on logarithmic axes: before any level, and from the levels known before."""
    drawn = [f for f in forecasts if _can_be_drawn(f)]
    side = (WIDTH - LEFT - RIGHT - 40.0) / 2.0
    numbers = [x for f in drawn for x in (f.observed, f.prediction)]
    low, high = _decades(numbers)
    parts = []
    for left, title, wanted in (
        (LEFT, "before any level", True),
        (LEFT + side + 40.0, "from the levels known before", False),
    ):
        x = Scale(low, high, left, left + side)
        y = Scale(low, high, TOP + side, TOP)
        parts += _panel(x, y, title, unit)
        parts += [_point(x, y, f) for f in drawn if (f.used == 0) == wanted]
    keys = [
        Key(_circle(11.0, 6.0, 0), "no level used"),
        Key(_circle(11.0, 6.0, 1), "one or more levels used"),
        Key(svg.rect(0, 0, 22, 12, fill=BAND_30), "within 30 % of the observation"),
        Key(svg.rect(0, 0, 22, 12, fill=BAND_20), "within 20 %"),
    ]
    marks, tall = svg.legend(keys, x=LEFT, y=TOP + side + 48.0, width=WIDTH - LEFT - RIGHT)
    parts.append(marks)
    left_out = len(forecasts) - len(drawn)
    said = f"{len(drawn)} levels." + (f" {left_out} cannot be drawn." if left_out else "")
    return Drawing(
        WIDTH, TOP + side + 48.0 + tall + 2.0, "Observed against forecast", said, "".join(parts)
    )


def errors_by_phase(forecasts: Sequence[Forecast], summaries: Iterable[Summary]) -> Drawing:
    """Relative errors of each forecast by phase, with the median of each."""
    wide = (WIDTH - LEFT - RIGHT) / len(PHASES)
    errors = [100.0 * f.relative_error for f in forecasts if math.isfinite(f.relative_error)]
    beyond = max(errors, default=0.0) > HIGHEST
    highest = HIGHEST if max(errors, default=0.0) > 100.0 else 100.0
    y = Scale(LOWEST, highest, TOP + 250.0, TOP)
    right = WIDTH - RIGHT
    parts = [
        svg.rect(LEFT, y(30.0), right - LEFT, y(-30.0) - y(30.0), fill=BAND_30),
        svg.rect(LEFT, y(20.0), right - LEFT, y(-20.0) - y(20.0), fill=BAND_20),
        svg.line(LEFT, y(0.0), right, y(0.0), stroke=svg.SOFT),
        svg.text(LEFT, 13.0, "Error of the forecast, % of the observation", bold=True),
    ]
    for value in svg.ticks(LOWEST, highest, 7):
        parts.append(
            svg.text(LEFT - 7.0, y(value) + 4.3, f"{value:+g}" if value else "0", anchor="end",
                     fill=svg.SOFT)
        )  # fmt: skip
    medians = {s.phase: s for s in summaries}
    said = []
    for k, phase in enumerate(PHASES):
        left = LEFT + k * wide
        own = [f for f in forecasts if f.phase == phase and math.isfinite(f.relative_error)]
        for i, f in enumerate(own):
            # Spread evenly and the same each time: where a point stands sideways means nothing.
            x = left + wide * (0.15 + 0.7 * ((i + 1) * _GOLDEN % 1.0))
            size = 2.4 if len(own) > CROWDED else 3.2
            parts.append(_error(x, y, 100.0 * f.relative_error, f.used, size))
        middle = left + wide / 2.0
        parts.append(svg.text(middle, TOP + 270.0, phase, anchor="middle"))
        parts.append(
            svg.text(middle, TOP + 286.0, f"n = {len(own)}", anchor="middle", size=svg.SMALL,
                     fill=svg.SOFT)
        )  # fmt: skip
        found = medians.get(phase)
        if found is not None and math.isfinite(found.mdpe):
            at = y.held(found.mdpe)
            parts.append(
                svg.line(left + 0.1 * wide, at, left + 0.9 * wide, at, stroke=MEDIAN,
                         stroke_width=2.6)
            )  # fmt: skip
            said.append(f"{phase}: median {found.mdpe:+.0f} %, n = {len(own)}.")
    keys = [
        Key(svg.line(0, 6, 22, 6, stroke=MEDIAN, stroke_width=2.6), "median"),
        Key(svg.rect(0, 0, 22, 12, fill=BAND_20), "within 20 %"),
        Key(svg.rect(0, 0, 22, 12, fill=BAND_30), "within 30 %"),
    ]
    if beyond:
        mark = svg.triangle(11, 10, 4.5, down=False, fill=svg.PAPER, stroke=svg.BLUE)
        keys.append(Key(mark, f"above {HIGHEST:g} %"))
    marks, tall = svg.legend(keys, x=LEFT, y=TOP + 298.0, width=WIDTH - LEFT - RIGHT)
    parts.append(marks)
    title = "Errors of the forecasts by phase of treatment"
    return Drawing(WIDTH, TOP + 298.0 + tall + 2.0, title, " ".join(said), "".join(parts))


def _can_be_drawn(f: Forecast) -> bool:
    """Logarithmic axes: both numbers above zero."""
    return not f.censored and f.observed > 0.0 and f.prediction > 0.0


def _decades(numbers: Sequence[float]) -> tuple[float, float]:
    if not numbers:
        return 0.0, 1.0
    low, high = math.log10(min(numbers)), math.log10(max(numbers))
    if high - low < 0.3:
        low, high = low - 0.15, high + 0.15
    room = 0.04 * (high - low)
    return low - room, high + room


def _marks(low: float, high: float) -> list[float]:
    """Numbers 1, 2 and 5 of each decade inside the axis; powers of ten alone where it is long."""
    steps = (1.0,) if high - low > 3.0 else (1.0, 2.0, 5.0)
    powers = range(math.floor(low), math.ceil(high) + 1)
    found = [step * 10.0**power for power in powers for step in steps]
    return [v for v in found if low <= math.log10(v) <= high]


def _panel(x: Scale, y: Scale, title: str, unit: str) -> list[str]:
    parts = [svg.text(x.start, TOP - 12.0, title, bold=True)]
    for share, fill in ((0.3, BAND_30), (0.2, BAND_20)):
        # x is the forecast: it lies between (1 - share) and (1 + share) of what was observed.
        above, below = -math.log10(1.0 - share), -math.log10(1.0 + share)
        corners = [
            (x.low, x.low), (x.low - below, x.low), (x.high, x.high + below), (x.high, x.high),
            (x.high - above, x.high), (x.low, x.low + above),
        ]  # fmt: skip
        parts.append(svg.path([(x(a), y(b)) for a, b in corners], fill=fill, closed=True))
    parts.append(svg.line(x.start, y.start, x.end, y.end, stroke=svg.SOFT))
    parts.append(svg.line(x.start, y.start, x.end, y.start, stroke=svg.SOFT))
    parts.append(svg.line(x.start, y.start, x.start, y.end, stroke=svg.SOFT))
    for value in _marks(x.low, x.high):
        at = math.log10(value)
        parts.append(svg.line(x(at), y.start, x(at), y.start + 4.0, stroke=svg.SOFT))
        parts.append(svg.line(x.start - 4.0, y(at), x.start, y(at), stroke=svg.SOFT))
        label = f"{value:g}"
        parts.append(svg.text(x(at), y.start + 18.0, label, anchor="middle", fill=svg.SOFT))
        parts.append(svg.text(x.start - 7.0, y(at) + 4.3, label, anchor="end", fill=svg.SOFT))
    said = f"forecast, {unit} (upwards: observed)"
    parts.append(
        svg.text((x.start + x.end) / 2.0, y.start + 36.0, said, anchor="middle", fill=svg.SOFT)
    )
    return parts


def _point(x: Scale, y: Scale, f: Forecast) -> str:
    return _circle(x(math.log10(f.prediction)), y(math.log10(f.observed)), f.used)


def _circle(x: float, y: float, used: int, radius: float = 3.2) -> str:
    fill = svg.BLUE if used else svg.PAPER
    return svg.circle(x, y, radius, fill=fill, stroke=svg.BLUE, stroke_width=1.3)


def _error(x: float, y: Scale, error: float, used: int, radius: float) -> str:
    if error > HIGHEST:
        return svg.triangle(x, y.end + 9.0, 4.5, down=False, fill=svg.PAPER, stroke=svg.BLUE)
    return _circle(x, y.held(error), used, radius)
