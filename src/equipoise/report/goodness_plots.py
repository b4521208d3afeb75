"""A fit drawn: observed against predicted, weighted residuals, etas, and a small plot of each
subject.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from equipoise.diagnostics import Curve, Eta, Point, Spread, trend
from equipoise.report import svg
from equipoise.report.axes import axes, ends, label_x, place, placed, shortened
from equipoise.report.svg import Drawing, Key, Scale
from equipoise.report.words import number

WIDTH = 654.0
LEFT, TOP = 52.0, 34.0
TREND = "#8f2d00"
"""Darker than the points, also in gray."""
CROWDED = 150
"""Points of a panel from which they are drawn smaller."""

LIMIT = 1.96
"""Between plus and minus this lie 95 % of standard normal residuals."""

FURTHEST = 6.0
"""Weighted residuals drawn at most; what lies beyond stands at the edge as a triangle."""

COLUMNS = 4
SUBJECTS_A_FIGURE = 20

Panel = tuple[str, Callable[[Point], float], Callable[[Point], float]]


def observed_against_predicted(points: Sequence[Point], unit: str, *, logarithmic: bool) -> Drawing:
    """Two panels: against the typical patient's prediction, and against the individual one."""
    drawn = [p for p in points if _drawable(p, logarithmic)]
    side = (WIDTH - 2 * LEFT - 18.0) / 2.0
    tall = 0.84 * side
    numbers = [v for p in drawn for v in (p.observed, p.typical, p.individual)]
    low, high = ends(numbers, logarithmic=logarithmic, from_zero=True)
    parts: list[str] = []
    for left, title, of in (
        (LEFT, "population prediction", _typical),
        (2 * LEFT + side + 8.0, "individual prediction", _individual),
    ):
        x = Scale(low, high, left, left + side)
        y = Scale(low, high, TOP + tall, TOP)
        parts.append(svg.text(left, TOP - 14.0, f"Observed against {title}", bold=True))
        parts += axes(x, y, logarithmic_x=logarithmic, logarithmic_y=logarithmic)
        parts.append(svg.line(x.start, y.start, x.end, y.end, stroke=svg.SOFT, dash="5 3"))
        places = [(place(of(p), logarithmic), place(p.observed, logarithmic)) for p in drawn]
        parts += [_dot(x(a), y(b), len(drawn), bool(p.censored)) for p, (a, b) in
                  zip(drawn, places, strict=True)]  # fmt: skip
        parts.append(_trend(x, y, [a for a, _ in places], [b for _, b in places]))
        parts.append(
            svg.text((x.start + x.end) / 2.0, y.start + 36.0, f"{title}, {unit}", anchor="middle",
                     fill=svg.SOFT)
        )  # fmt: skip
    keys = [
        Key(svg.line(0, 6, 22, 6, stroke=svg.SOFT, dash="5 3"), "equal"),
        Key(svg.line(0, 6, 22, 6, stroke=TREND, stroke_width=2.2), "trend"),
    ]
    if any(p.censored for p in drawn):
        keys.append(Key(_dot(11, 6, 1, True), "known only to lie beyond a limit"))
    top = TOP + tall + 46.0
    marks, height = svg.legend(keys, x=LEFT, y=top, width=WIDTH - LEFT)
    parts.append(marks)
    left_out = len(points) - len(drawn)
    said = f"{len(drawn)} levels." + (f" {left_out} cannot be drawn." if left_out else "")
    return Drawing(WIDTH, top + height + 2.0, "Observed against predicted", said, "".join(parts))


def weighted_residuals(points: Sequence[Point], unit: str, *, logarithmic: bool) -> Drawing:
    """Individual residuals above, conditional ones below: by prediction, time, time after dose."""
    plain = [p for p in points if not p.censored]
    several = any(math.isfinite(p.since) and abs(p.since - p.at) > 1e-9 for p in plain)
    across: list[tuple[str, Callable[[Point], float], bool]] = [
        (f"individual prediction, {unit}", _individual, logarithmic), ("time, h", _time, False),
    ]  # fmt: skip
    below: list[tuple[str, Callable[[Point], float], bool]] = [
        (f"population prediction, {unit}", _typical, logarithmic), ("time, h", _time, False),
    ]  # fmt: skip
    if several:
        across.append(("time after dose, h", _since, False))
        below.append(("time after dose, h", _since, False))
    count = len(across)
    gap = 22.0
    wide = (WIDTH - LEFT - 6.0 - gap * (count - 1)) / count
    tall = 110.0
    most = max((abs(r) for p in plain for r in (p.iwres, p.cwres) if math.isfinite(r)), default=3.0)
    reach = min(max(math.ceil(most * 1.05), 3.0), FURTHEST)
    parts: list[str] = []
    top = TOP
    for name, residual, panels in (
        ("Individual weighted residuals (IWRES)", _iwres, across),
        ("Conditional weighted residuals (CWRES)", _cwres, below),
    ):
        y = Scale(-reach, reach, top + tall, top)
        parts.append(svg.text(LEFT, top - 14.0, name, bold=True))
        for k, (title, of, logs) in enumerate(panels):
            left = LEFT + k * (wide + gap)
            own = [p for p in plain if math.isfinite(residual(p)) and placed(of(p), logs)]
            low, high = ends([of(p) for p in own], logarithmic=logs, from_zero=not logs)
            x = Scale(low, high, left, left + wide)
            parts.append(svg.rect(left, y(LIMIT), wide, y(-LIMIT) - y(LIMIT), fill="#eef3f6"))
            parts.append(svg.line(left, y(0.0), left + wide, y(0.0), stroke=svg.SOFT))
            parts += axes(x, y, logarithmic_x=logs, labels=k == 0,
                            most=4 if count > 2 else 6, most_y=6)  # fmt: skip
            for p in own:
                parts.append(_residual(x(place(of(p), logs)), y, residual(p), len(own)))
            parts.append(
                _trend(x, y, [place(of(p), logs) for p in own], [residual(p) for p in own])
            )
            parts.append(
                svg.text(left + wide / 2.0, y.start + 34.0, title, anchor="middle", size=svg.SMALL,
                         fill=svg.SOFT)
            )  # fmt: skip
        top += tall + 68.0
    keys = [
        Key(svg.rect(0, 0, 22, 12, fill="#eef3f6"), "95 % expected here"),
        Key(svg.line(0, 6, 22, 6, stroke=TREND, stroke_width=2.2), "trend"),
    ]
    if most > reach:
        mark = svg.triangle(11, 10, 4.5, down=False, fill=svg.PAPER, stroke=svg.BLUE)
        keys.append(Key(mark, f"beyond {reach:g}"))
    marks, height = svg.legend(keys, x=LEFT, y=top - 22.0, width=WIDTH - LEFT)
    parts.append(marks)
    said = f"{len(plain)} measured levels."
    return Drawing(WIDTH, top - 20.0 + height, "Weighted residuals", said, "".join(parts))


def distributions(etas: Sequence[Eta], residuals: Sequence[tuple[str, Sequence[float]]]) -> Drawing:
    """Histograms of etas, each over the model's distribution, then of residuals.

    residuals  (name, numbers), expected to be standard normal
    """
    panels = [(e.name, list(e.values), e.sd, _eta_words(e)) for e in etas if e.sd > 0.0]
    panels += [(name, list(values), 1.0, "") for name, values in residuals]
    wide = (WIDTH - 8.0 - 14.0 * (COLUMNS - 1)) / COLUMNS
    tall = 92.0
    step = tall + 72.0
    parts: list[str] = []
    for i, (name, values, sd, said) in enumerate(panels):
        left = 4.0 + (i % COLUMNS) * (wide + 14.0)
        top = 30.0 + (i // COLUMNS) * step
        parts.append(svg.text(left, top - 9.0, shortened(name, wide), bold=True, size=svg.SMALL))
        parts += _histogram(values, sd, left, top, wide, tall)
        parts.append(svg.text(left, top + tall + 33.0, said, size=svg.SMALL, fill=svg.SOFT))
    rows = -(-len(panels) // COLUMNS)
    below = 30.0 + rows * step - 14.0
    keys = [
        Key(svg.rect(0, 1, 22, 11, fill="#cfe0ea", stroke=svg.BLUE), "estimates"),
        Key(svg.line(0, 6, 22, 6, stroke=svg.INK, stroke_width=1.6), "the model's distribution"),
    ]
    marks, height = svg.legend(keys, x=4.0, y=below, width=WIDTH - 8.0)
    parts.append(marks)
    words = " ".join(
        f"{e.name}: shrinkage {100.0 * e.shrinkage:.0f} %."
        for e in etas
        if math.isfinite(e.shrinkage)
    )
    return Drawing(WIDTH, below + height + 2.0, "Distributions", words, "".join(parts))


def against_covariates(etas: Sequence[Eta], covariates: Sequence[Spread]) -> Drawing:
    """A small panel for each covariate and eta; etas in SDs of the model, to share an axis."""
    wide = (WIDTH - LEFT - 6.0 - 14.0 * (COLUMNS - 1)) / COLUMNS
    tall, step = 92.0, 158.0
    pairs = [(c, e) for c in covariates for e in etas if e.sd > 0.0]
    reach = 1.06 * max([2.0, *(abs(v) / e.sd for _, e in pairs for v in e.values)])
    parts: list[str] = []
    for i, (covariate, eta) in enumerate(pairs):
        left = LEFT + (i % COLUMNS) * (wide + 14.0)
        top = 22.0 + (i // COLUMNS) * step
        heights = [v / eta.sd for v in eta.values]
        x = Scale(*ends(covariate.values, logarithmic=False, from_zero=False), left, left + wide)
        y = Scale(-reach, reach, top + tall, top)
        parts.append(
            svg.text(left, top - 9.0, shortened(eta.name, wide), bold=True, size=svg.SMALL)
        )
        parts.append(svg.line(left, y(0.0), left + wide, y(0.0), stroke=svg.SOFT))
        parts += axes(x, y, labels=i % COLUMNS == 0, most=4)
        parts += [
            _dot(x(a), y(b), len(eta.values), False)
            for a, b in zip(covariate.values, heights, strict=True)
        ]
        parts.append(_trend(x, y, covariate.values, heights))
        unit = "" if covariate.unit == "1" else f", {covariate.unit}"
        parts.append(
            svg.text(left, y.start + 33.0, shortened(f"{covariate.name}{unit}", wide),
                     size=svg.SMALL, fill=svg.SOFT)
        )  # fmt: skip
    rows = -(-len(pairs) // COLUMNS)
    said = " ".join(f"{e.name} against {c.name}." for c, e in pairs)
    height = 22.0 + rows * step - 18.0
    return Drawing(WIDTH, height, "Etas against covariates", said, "".join(parts))


@dataclass(frozen=True, slots=True)
class Frame:
    """Ends of the axes that all small plots share: hours, and places on the other axis."""

    first: float
    last: float
    low: float
    high: float


def frame_of(curves: Sequence[Curve], points: Sequence[Point], *, logarithmic: bool) -> Frame:
    """Axes that hold every level and every individual curve."""
    seen = [p.observed for p in points] + [float(v) for c in curves for v in c.individual]
    if logarithmic:
        # A curve that begins at nothing has no place on this axis.
        floor = min((p.observed for p in points if p.observed > 0.0), default=0.1) / 2.0
        seen = [max(v, floor) for v in seen]
    low, high = ends(seen, logarithmic=logarithmic, from_zero=True)
    first = min(float(c.times[0]) for c in curves)
    return Frame(first, max(float(c.times[-1]) for c in curves), low, high)


def individuals(
    curves: Sequence[Curve], points: Sequence[Point], unit: str, frame: Frame, *, logarithmic: bool
) -> Drawing:
    """Small plots, one a subject: levels, individual curve, typical curve."""
    wide = (WIDTH - LEFT - 6.0 - 12.0 * (COLUMNS - 1)) / COLUMNS
    tall = 112.0
    step = tall + 26.0
    levels = {c.subject: [p for p in points if p.subject == c.subject] for c in curves}
    rows = -(-len(curves) // COLUMNS)
    parts = [svg.text(4.0, 13.0, f"{unit}, by hours", size=svg.SMALL, fill=svg.SOFT)]
    for i, curve in enumerate(curves):
        left = LEFT + (i % COLUMNS) * (wide + 12.0)
        top = 36.0 + (i // COLUMNS) * step
        x = Scale(frame.first, frame.last, left, left + wide)
        y = Scale(frame.low, frame.high, top + tall, top)
        lowest = i + COLUMNS >= len(curves)
        parts.append(svg.text(left + 2.0, top - 5.0, shortened(curve.subject, wide), size=svg.SMALL,
                              bold=True))  # fmt: skip
        parts += axes(x, y, logarithmic_y=logarithmic, labels=i % COLUMNS == 0,
                        below=lowest, most=4)  # fmt: skip
        for values, look in (
            (curve.typical, {"stroke": svg.SOFT, "stroke_width": 1.3, "dash": "4 3"}),
            (curve.individual, {"stroke": svg.BLUE, "stroke_width": 1.7}),
        ):
            line = [
                (x(float(t)), y.held(place(max(float(v), 1e-300), logarithmic)))
                for t, v in zip(curve.times, values, strict=True)
                if math.isfinite(float(v))
            ]
            parts.append(svg.path(svg.simplified(line), **look))  # type: ignore[arg-type]
        for p in levels[curve.subject]:
            if placed(p.observed, logarithmic):
                at = y.held(place(p.observed, logarithmic))
                fill = svg.PAPER if p.censored else svg.INK
                parts.append(
                    svg.circle(x(p.at), at, 2.1, fill=fill, stroke=svg.INK, stroke_width=0.8)
                )
    below = 36.0 + rows * step + 4.0
    keys = [
        Key(svg.circle(11, 6, 2.4, fill=svg.INK, stroke=svg.INK), "level"),
        Key(svg.line(0, 6, 22, 6, stroke=svg.BLUE, stroke_width=1.7), "individual"),
        Key(svg.line(0, 6, 22, 6, stroke=svg.SOFT, stroke_width=1.3, dash="4 3"),
            "typical patient with these doses and covariates"),
    ]  # fmt: skip
    marks, height = svg.legend(keys, x=LEFT, y=below, width=WIDTH - LEFT)
    parts.append(marks)
    said = f"{len(curves)} subjects."
    return Drawing(WIDTH, below + height + 2.0, "Individual curves", said, "".join(parts))


def _typical(p: Point) -> float:
    return p.typical


def _individual(p: Point) -> float:
    return p.individual


def _time(p: Point) -> float:
    return p.at


def _since(p: Point) -> float:
    return p.since


def _iwres(p: Point) -> float:
    return p.iwres


def _cwres(p: Point) -> float:
    return p.cwres


def _drawable(p: Point, logarithmic: bool) -> bool:
    return all(placed(v, logarithmic) for v in (p.observed, p.typical, p.individual))


def _dot(x: float, y: float, among: int, censored: bool) -> str:
    radius = 2.0 if among > CROWDED else 2.6
    fill = svg.PAPER if censored else "#9cc4dc"
    return svg.circle(x, y, radius, fill=fill, stroke=svg.BLUE, stroke_width=1.0)


def _residual(x: float, y: Scale, residual: float, among: int) -> str:
    if residual > y.high:
        return svg.triangle(x, y.end + 8.0, 4.0, down=False, fill=svg.PAPER, stroke=svg.BLUE)
    if residual < y.low:
        return svg.triangle(x, y.start - 8.0, 4.0, down=True, fill=svg.PAPER, stroke=svg.BLUE)
    return _dot(x, y(residual), among, False)


def _trend(x: Scale, y: Scale, a: Sequence[float], b: Sequence[float]) -> str:
    line = [(x(s), y.held(t)) for s, t in trend(a, b)]
    return svg.path(line, stroke=TREND, stroke_width=2.4) if line else ""


def _histogram(
    values: Sequence[float], sd: float, left: float, top: float, wide: float, tall: float
) -> list[str]:
    """Density of values as bars and the normal density of SD `sd` around 0 as a line."""
    reach = max(3.0 * sd, 1.05 * max((abs(v) for v in values), default=0.0))
    # Bars somewhat narrower than Scott's rule, which smooths what is to be seen.
    bars = min(max(round(2.0 * reach / (2.4 * sd * len(values) ** (-1.0 / 3.0))), 5), 40) | 1
    width = 2.0 * reach / bars
    counts = [0] * bars
    for v in values:
        counts[min(int((v + reach) / width), bars - 1)] += 1
    densities = [c / (len(values) * width) for c in counts]
    peak = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    # Estimates that hardly scatter would dwarf the curve: their bars are cut at the edge.
    highest = min(max([peak, *densities]), 4.0 * peak) * 1.06
    x = Scale(-reach, reach, left, left + wide)
    y = Scale(0.0, highest, top + tall, top)
    parts = []
    for i, density in enumerate(densities):
        if density > 0.0:
            at = x(-reach + i * width)
            parts.append(
                svg.rect(at, y.held(density), x(-reach + (i + 1) * width) - at,
                         y.start - y.held(density), fill="#cfe0ea", stroke=svg.BLUE,
                         stroke_width=0.7)
            )  # fmt: skip
    grid = [-reach + 2.0 * reach * i / 80.0 for i in range(81)]
    curve = [(x(v), y.held(peak * math.exp(-0.5 * (v / sd) ** 2))) for v in grid]
    parts.append(svg.path(curve, stroke=svg.INK, stroke_width=1.6))
    parts.append(svg.line(left, y.start, left + wide, y.start, stroke=svg.SOFT, stroke_width=0.8))
    for value in svg.ticks(-reach, reach, 5):
        parts.append(svg.line(x(value), y.start, x(value), y.start + 3.5, stroke=svg.SOFT))
        label = f"{value:g}"
        parts.append(
            svg.text(label_x(x(value), x, label), y.start + 16.0, label, size=svg.SMALL,
                     fill=svg.SOFT)
        )  # fmt: skip
    return parts


def _eta_words(eta: Eta) -> str:
    return f"SD {number(eta.spread)} of {number(eta.sd)}"
