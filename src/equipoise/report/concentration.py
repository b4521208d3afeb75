"""Concentration against time: bands before and after the levels, target, doses, levels, now."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.assessment import Exposure, Level
from equipoise.report import svg, words
from equipoise.report.svg import Drawing, Key, Point, Scale
from equipoise.report.words import Clock
from equipoise.target import Metric, Target

WIDTH = 654.0
LEFT, RIGHT, TOP = 62.0, 14.0, 46.0
BEFORE_90, BEFORE_50 = "#f3f3f0", "#e3e3de"
AFTER_90, AFTER_50 = "#cde2f1", "#93c1e1"
BEFORE_LINE = "#85857f"
MEDIAN = "#0b4a78"
DRAWN_METRICS = (Metric.TROUGH, Metric.STEADY_STATE)
"""Metrics that are concentrations; a window of an AUC has no place on this drawing."""
STRIP = 15.0


WASHED_OUT = 1e-3
"""Share of the peak below which a predicted concentration is not worth a number."""


def drawing(exposure: Exposure, clock: Clock, at: float, *, compact: bool = False) -> Drawing:
    """The curve of one agent by one model.

    at       now, hours from day 0
    compact  less tall, and from ten days before now on; for the first page
    """
    view = _view(exposure, clock, at, compact=compact)
    parts = [
        *_bands(view),
        *_targets(view),
        *_axes(view),
        *_curves(view),
        *_now(view),
        *_levels(view),
        *_pending(view),
        *_doses(view),
    ]
    keys = _keys(view)
    marks, tall = svg.legend(keys, x=LEFT, y=view.strip + STRIP + 26.0, width=WIDTH - LEFT - RIGHT)
    parts.append(marks)
    height = view.strip + STRIP + 26.0 + tall + 2.0
    title = f"{exposure.agent_label}, concentration over time by {exposure.model}"
    return Drawing(WIDTH, height, title, description(exposure, clock, at), "".join(parts))


def description(exposure: Exposure, clock: Clock, at: float, *, targets: bool = True) -> str:
    """What the curve shows, in words made from the numbers drawn.

    targets  with the windows, which a caption under the legend need not say again
    """
    said = []
    now = quantiles_at(exposure, at)
    if now is not None:
        low, _, median, _, high = now
        past = zip(exposure.times, exposure.posterior[2], strict=True)
        peak = max((level for time, level in past if time <= at), default=0.0)
        if high < WASHED_OUT * peak:
            said.append(
                f"Now, {clock.short(at)}: washed out, below {words.number(WASHED_OUT * peak)} "
                f"{exposure.unit} by the model (a thousandth of the peak)."
            )
        else:
            said.append(
                f"Now, {clock.short(at)}: {words.number(median)} {exposure.unit}, 90% "
                f"{words.between(low, high, like=median)}."
            )
    elif exposure.times:
        begin, end = clock.short(exposure.times[0]), clock.short(exposure.times[-1])
        said.append(f"Predicted from {begin} to {end}, not for now ({clock.short(at)}).")
    used = sum(level.verdict == "used" for level in exposure.levels)
    said.append(f"Levels used: {used} of {len(exposure.levels)} known.")
    if exposure.pending:
        drawn = words.listed([clock.short(t) for t in exposure.pending])
        said.append(f"Drawn, result not known: {drawn}.")
    if targets:
        said += dict.fromkeys(f"Target {t.metric.value} {t.window}." for t in exposure.targets)
    return " ".join(said)


def quantiles_at(exposure: Exposure, at: float) -> tuple[float, ...] | None:
    """The five quantiles at a moment, read off between two points; None outside the curve."""
    times = exposure.times
    if not times or not exposure.posterior or not times[0] <= at <= times[-1]:
        return None
    right = bisect_left(times, at)
    left = max(right - 1, 0)
    share = 0.0 if right == left else (at - times[left]) / (times[right] - times[left])
    found = tuple(b[left] + share * (b[right] - b[left]) for b in exposure.posterior)
    return found if all(math.isfinite(q) for q in found) else None


def suspect_numbers(levels: Sequence[Level]) -> dict[int, int]:
    """Place of a suspect level in `levels` -> the number that it carries on the drawing."""
    suspects = [i for i, level in enumerate(levels) if level.verdict != "used"]
    return {i: k for k, i in enumerate(suspects, start=1)}


def has_levels_used(exposure: Exposure) -> bool:
    """Whether the band after the levels differs from the one before."""
    return any(level.verdict == "used" for level in exposure.levels)


@dataclass(frozen=True, slots=True)
class _View:
    exposure: Exposure
    clock: Clock
    at: float
    x: Scale
    y: Scale
    inside: tuple[int, ...]
    drawn: tuple[Target, ...]
    compact: bool

    @property
    def right(self) -> float:
        return WIDTH - RIGHT

    @property
    def floor(self) -> float:
        return self.y.start

    @property
    def strip(self) -> float:
        return self.floor + 48.0

    def shows(self, t: float) -> bool:
        return self.x.low <= t <= self.x.high


def _view(exposure: Exposure, clock: Clock, at: float, *, compact: bool) -> _View:
    known = [level.at for level in exposure.levels] + list(exposure.pending)
    moments = [*exposure.times, at, *known]
    moments += [d.at for d in exposure.doses]
    start, end = min(moments), max(moments)
    if compact:
        start = max(start, min([at - 240.0, *(t - 24.0 for t in known if t > at - 480.0)]))
        end = min(end, at + 336.0)
    if end - start < 1.0:
        start, end = start - 12.0, end + 12.0
    windows = {
        (t.metric, t.window): t
        for t in reversed(exposure.targets)
        if t.metric in DRAWN_METRICS and t.unit == exposure.unit
    }
    drawn = tuple(reversed(windows.values()))
    inside = tuple(i for i, t in enumerate(exposure.times) if start <= t <= end)
    height = 120.0 if compact else 220.0
    floor = TOP + height
    top = _highest(exposure, drawn, inside, start)
    return _View(
        exposure,
        clock,
        at,
        Scale(start, end, LEFT, WIDTH - RIGHT),
        Scale(0.0, top, floor, TOP),
        inside,
        drawn,
        compact,
    )


def _highest(
    exposure: Exposure, drawn: Sequence[Target], inside: Sequence[int], start: float
) -> float:
    wanted = [level.number for level in exposure.levels if level.at >= start]
    wanted += [t.high if math.isfinite(t.high) else 1.4 * t.low for t in drawn]
    if exposure.posterior:
        wanted += [exposure.posterior[4][i] for i in inside]
    finite = [w for w in wanted if math.isfinite(w)]
    highest = max(finite, default=1.0) or 1.0
    if exposure.prior:
        before = [exposure.prior[4][i] for i in inside if math.isfinite(exposure.prior[4][i])]
        highest = max(highest, min(max(before, default=0.0), 1.5 * highest))
    return 1.06 * highest


def _area(view: _View, bands: Sequence[Sequence[float]], low: int, high: int) -> list[Point]:
    upper: list[Point] = []
    lower: list[Point] = []
    for i in view.inside:
        bottom, top = bands[low][i], bands[high][i]
        if math.isfinite(bottom) and math.isfinite(top):
            x = view.x(view.exposure.times[i])
            upper.append((x, view.y.held(top)))
            lower.append((x, view.y.held(bottom)))
    return [*svg.simplified(upper), *reversed(svg.simplified(lower))]


def _line(view: _View, values: Sequence[float]) -> tuple[Point, ...]:
    return svg.simplified(
        [
            (view.x(view.exposure.times[i]), view.y.held(values[i]))
            for i in view.inside
            if math.isfinite(values[i])
        ]
    )


def _bands(view: _View) -> list[str]:
    exposure = view.exposure
    parts = []
    if exposure.prior:
        parts.append(svg.path(_area(view, exposure.prior, 0, 4), fill=BEFORE_90, closed=True))
        parts.append(svg.path(_area(view, exposure.prior, 1, 3), fill=BEFORE_50, closed=True))
    if exposure.posterior and has_levels_used(exposure):
        parts.append(svg.path(_area(view, exposure.posterior, 0, 4), fill=AFTER_90, closed=True))
        parts.append(svg.path(_area(view, exposure.posterior, 1, 3), fill=AFTER_50, closed=True))
    if exposure.prior:
        for k in (0, 4):
            parts.append(
                svg.path(
                    _line(view, exposure.prior[k]),
                    stroke=BEFORE_LINE,
                    stroke_width=1.0,
                    dash="5 3",
                )
            )
    return parts


def _targets(view: _View) -> list[str]:
    parts = []
    for target in view.drawn:
        top = view.y.held(target.high)
        bottom = view.y.held(target.low)
        wide = view.right - LEFT
        parts.append(svg.rect(LEFT, top, wide, bottom - top, fill=svg.GREEN, opacity=0.10))
        parts.append(
            svg.hatch(LEFT, top, wide, bottom - top, gap=9.0, stroke="#6fb8a2", stroke_width=0.6)
        )
        for edge in (target.low, target.high):
            if math.isfinite(edge) and 0.0 < edge <= view.y.high:
                y = view.y(edge)
                parts.append(svg.line(LEFT, y, view.right, y, stroke=svg.GREEN, stroke_width=1.4))
    return parts


def _axes(view: _View) -> list[str]:
    parts = [svg.line(LEFT, view.floor, view.right, view.floor, stroke=svg.SOFT)]
    for value in svg.ticks(0.0, view.y.high, 6):
        y = view.y(value)
        if value > 0.0:
            parts.append(
                svg.line(LEFT, y, view.right, y, stroke=svg.FAINT, stroke_width=0.6, dash="1 3")
            )
        label = f"{value:g}"
        parts.append(svg.text(LEFT - 7.0, y + 4.3, label, anchor="end", fill=svg.SOFT))
    parts.append(
        svg.text(
            LEFT,
            13.0,
            words.opened(f"{view.exposure.agent_label}, {view.exposure.unit}"),
            bold=True,
        )
    )
    first, last = view.clock.day(view.x.low), view.clock.day(view.x.high)
    if view.clock.midnight(first) < view.x.low:
        first += 1
    days = [d for d in range(first, last + 1) if view.shows(view.clock.midnight(d))]
    width = 24.0 * (view.right - LEFT) / (view.x.high - view.x.low)
    step = next((s for s in (1, 2, 5, 7, 10, 14, 20, 28, 50, 100) if s * width >= 52.0), 200)
    for day in days:
        x = view.x(view.clock.midnight(day))
        named = day % step == 0
        if named or width >= 6.0:
            long = 6.0 if named else 3.0
            parts.append(svg.line(x, view.floor, x, view.floor + long, stroke=svg.SOFT))
        if named and LEFT + 8.0 < x < view.right - 16.0:
            label = "0" if day == 0 else f"{day:+d}"
            parts.append(svg.text(x, view.floor + 19.0, label, anchor="middle"))
            parts.append(
                svg.text(
                    x,
                    view.floor + 34.0,
                    view.clock.date(view.clock.midnight(day)),
                    anchor="middle",
                    size=svg.SMALL,
                    fill=svg.SOFT,
                )
            )
    parts.append(svg.text(LEFT - 10.0, view.floor + 19.0, "day", anchor="end", fill=svg.SOFT))
    return parts


def _curves(view: _View) -> list[str]:
    exposure = view.exposure
    if has_levels_used(exposure) and exposure.posterior:
        return [svg.path(_line(view, exposure.posterior[2]), stroke=MEDIAN, stroke_width=1.8)]
    if exposure.prior:
        return [
            svg.path(
                _line(view, exposure.prior[2]), stroke=BEFORE_LINE, stroke_width=1.6, dash="7 3"
            )
        ]
    return []


def _now(view: _View) -> list[str]:
    x = view.x(view.at)
    label = f"now, {view.clock.short(view.at)}"
    wide = svg.text_width(label, svg.SMALL)
    anchor = "middle"
    if x - wide / 2.0 < LEFT:
        anchor = "start"
    elif x + wide / 2.0 > view.right:
        anchor = "end"
    return [
        svg.line(x, TOP - 10.0, x, view.floor, stroke=svg.INK, dash="2 2"),
        svg.line(x, view.strip - 4.0, x, view.strip + STRIP + 4.0, stroke=svg.INK, dash="2 2"),
        svg.text(x, TOP - 14.0, label, size=svg.SMALL, anchor=anchor, bold=True),
    ]


def _levels(view: _View) -> list[str]:
    parts = []
    numbered = suspect_numbers(view.exposure.levels)
    for i, level in enumerate(view.exposure.levels):
        if not view.shows(level.at) or not math.isfinite(level.number):
            continue
        x, y = view.x(level.at), view.y.held(level.number)
        parts.append(_level_mark(x, y, level))
        if i in numbered:
            parts.append(
                svg.text(x + 8.0, y - 5.0, str(numbered[i]), size=svg.SMALL, bold=True, halo=True)
            )
    return parts


def _level_mark(x: float, y: float, level: Level) -> str:
    fill = svg.INK if level.verdict == "used" else svg.PAPER
    if level.censored == "<":
        return svg.triangle(x, y, 5.0, down=True, fill=fill, stroke=svg.INK)
    if level.censored == ">":
        return svg.triangle(x, y, 5.0, down=False, fill=fill, stroke=svg.INK)
    ring = svg.circle(x, y, 6.4, fill=svg.PAPER, stroke=svg.PAPER)
    return ring + svg.circle(x, y, 4.8, fill=fill, stroke=svg.INK, stroke_width=1.8)


def _pending(view: _View) -> list[str]:
    parts = []
    for t in view.exposure.pending:
        if view.shows(t):
            x = view.x(t)
            parts.append(
                svg.line(x, view.floor - 9.0, x, view.floor, stroke=svg.INK, stroke_width=2.0)
            )
            parts.append(
                svg.text(
                    x, view.floor - 13.0, "?", size=15.0, anchor="middle", bold=True, halo=True
                )
            )
    return parts


def _doses(view: _View) -> list[str]:
    y = view.strip
    parts = [
        svg.text(LEFT - 10.0, y + 12.0, "doses", anchor="end", fill=svg.SOFT),
        svg.line(LEFT, y + STRIP, view.right, y + STRIP, stroke=svg.FAINT),
    ]
    said, free = "", LEFT - 20.0
    for dose in sorted(view.exposure.doses, key=lambda d: d.at):
        if not view.shows(dose.at):
            continue
        x = view.x(dose.at)
        wide = min(max(4.0, view.x(dose.at + dose.duration) - x), view.right - x)
        parts.append(dose_mark(x, y, max(wide, 2.0), STRIP, dose.status))
        # A dose is written as it is ordered: 2.25 mg is not 2.2 mg.
        label = f"{dose.amount:.5g} {dose.unit}"
        if dose.status in ("held", "partial"):
            label = dose.status if dose.status == "held" else f"{label}, partial"
        half = svg.text_width(label, svg.SMALL) / 2.0
        middle = min(max(x + wide / 2.0, LEFT + half), view.right - half)
        if label != said and middle - half > free:
            parts.append(
                svg.text(
                    middle, y + STRIP + 15.0, label, size=svg.SMALL, anchor="middle", fill=svg.SOFT
                )
            )
            said, free = label, middle + half + 6.0
    return parts


def dose_mark(x: float, y: float, wide: float, tall: float, status: str) -> str:
    """A dose on the strip: solid where given, hollow where planned, crossed where held.

    A partial dose is half as tall; one charted ahead of its time is hatched.
    """
    if status == "held":
        return svg.cross(x + wide / 2.0, y + tall / 2.0, 4.5, stroke=svg.VERMILION)
    if status == "planned":
        return svg.rect(x, y, wide, tall, fill=svg.PAPER, stroke=svg.BLUE, stroke_width=1.2)
    if status == "partial":
        return svg.rect(x, y, wide, tall, stroke=svg.BLUE, stroke_width=0.8) + svg.rect(
            x, y + tall / 2.0, wide, tall / 2.0, fill=svg.BLUE
        )
    if status == "charted ahead":
        return svg.rect(
            x, y, wide, tall, fill="#b9d6ea", stroke=svg.BLUE, stroke_width=1.2
        ) + svg.hatch(x, y, wide, tall, gap=3.0, stroke=svg.BLUE)
    return svg.rect(x, y, wide, tall, fill=svg.BLUE)


def _keys(view: _View) -> list[Key]:
    exposure = view.exposure
    keys = []
    if has_levels_used(exposure) and exposure.posterior:
        mark = (
            svg.rect(0, 0, 22, 12, fill=AFTER_90)
            + svg.rect(0, 3, 22, 6, fill=AFTER_50)
            + svg.line(0, 6, 22, 6, stroke=MEDIAN, stroke_width=1.8)
        )
        keys.append(
            Key(mark, _said(view, "after the levels: median, 50% and 90% band", "after the levels"))
        )
        mark = (
            svg.rect(0, 0, 22, 12, fill=BEFORE_90)
            + svg.rect(0, 3, 22, 6, fill=BEFORE_50)
            + svg.line(0, 0, 22, 0, stroke=BEFORE_LINE, dash="5 3")
            + svg.line(0, 12, 22, 12, stroke=BEFORE_LINE, dash="5 3")
        )
        keys.append(
            Key(
                mark,
                _said(view, "before (people like this patient): 50% and 90% band", "before them"),
            )
        )
    elif exposure.prior:
        mark = (
            svg.rect(0, 0, 22, 12, fill=BEFORE_90)
            + svg.rect(0, 3, 22, 6, fill=BEFORE_50)
            + svg.line(0, 6, 22, 6, stroke=BEFORE_LINE, stroke_width=1.6, dash="7 3")
        )
        keys.append(
            Key(
                mark,
                _said(
                    view,
                    "people like this patient, no level used: median, 50% and 90% band",
                    "people like this patient, no level used",
                ),
            )
        )
    for target in view.drawn:
        mark = (
            svg.rect(0, 0, 22, 12, fill=svg.GREEN, opacity=0.10)
            + svg.hatch(0, 0, 22, 12, gap=6.0, stroke="#6fb8a2")
            + svg.line(0, 0, 22, 0, stroke=svg.GREEN, stroke_width=1.4)
            + svg.line(0, 12, 22, 12, stroke=svg.GREEN, stroke_width=1.4)
        )
        keys.append(
            Key(
                mark,
                _said(
                    view, f"target {target.metric.value} {target.window}", f"target {target.window}"
                ),
            )
        )
    keys += _level_keys(view)
    statuses = {d.status for d in exposure.doses if view.shows(d.at)}
    keys += [
        Key(dose_mark(9.0, 0.0, 4.0, 12.0, status), said)
        for status, said in (
            ("given", "dose given"),
            ("partial", "given in part"),
            ("charted ahead", "charted ahead of its time"),
            ("planned", _said(view, "dose planned", "planned")),
            ("held", _said(view, "dose held or missed", "held")),
        )
        if status in statuses
    ]
    return keys


def _said(view: _View, full: str, compact: str) -> str:
    return compact if view.compact else full


def _level_keys(view: _View) -> list[Key]:
    exposure = view.exposure
    keys = []
    plain = [v for v in exposure.levels if not v.censored]
    if any(v.verdict == "used" for v in plain):
        keys.append(
            Key(
                svg.circle(11, 6, 4.8, fill=svg.INK, stroke=svg.INK, stroke_width=1.8),
                "level used",
            )
        )
    if suspect_numbers(exposure.levels):
        keys.append(
            Key(
                svg.circle(11, 6, 4.8, fill=svg.PAPER, stroke=svg.INK, stroke_width=1.8),
                _said(
                    view, "level suspect (number: see the reason below)", "suspect (reason below)"
                ),
            )
        )
    if any(v.censored == "<" for v in exposure.levels):
        keys.append(
            Key(
                svg.triangle(11, 2, 5, down=True, fill=svg.INK, stroke=svg.INK),
                "below the limit shown",
            )
        )
    if any(v.censored == ">" for v in exposure.levels):
        keys.append(
            Key(
                svg.triangle(11, 10, 5, down=False, fill=svg.INK, stroke=svg.INK),
                "above the limit shown",
            )
        )
    if exposure.pending:
        mark = svg.line(7, 2, 7, 12, stroke_width=2.0) + svg.text(11, 11, "?", bold=True, size=13.0)
        keys.append(Key(mark, "drawn, result not known"))
    return keys
