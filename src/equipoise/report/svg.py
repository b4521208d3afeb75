"""Drawing: a few marks of SVG as text, scales, ticks and hatching.

Nothing here needs an identifier, a style sheet or a script: every mark carries its own look, and
hatching is drawn line by line, so that a drawing is the same in a browser, on paper and in a PDF.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

FONT = (
    "'Segoe UI', -apple-system, BlinkMacSystemFont, Roboto, 'Helvetica Neue', 'Noto Sans', "
    "'Liberation Sans', Arial, sans-serif"
)

INK = "#1c2126"
SOFT = "#535b63"
FAINT = "#d6d9d5"
PAPER = "#ffffff"
BLUE = "#0072b2"
GREEN = "#00795a"
VERMILION = "#b84a00"
SIZE = 12.6
SMALL = 12.2
"""Text sizes in drawing units: a figure of 654 units keeps them above 9 points on A4."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished drawing.

    width, height  in drawing units
    title          what it is, in a few words
    description    what it shows, for a reader who does not see it
    body           the marks
    """

    width: float
    height: float
    title: str
    description: str
    body: str

    def markup(self, key: str, *, css_class: str = "drawing") -> str:
        """The `svg` element; `key` makes the identifiers of its title and description."""
        return (
            f'<svg class="{css_class}" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {n(self.width)} {n(self.height)}" '
            f'width="{n(self.width)}" height="{n(self.height)}" '
            f'aria-labelledby="{key}-title {key}-text" font-family="{escape(FONT)}">'
            f'<title id="{key}-title">{escape(self.title)}</title>'
            f'<desc id="{key}-text">{escape(self.description)}</desc>{self.body}</svg>'
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight scale from numbers to drawing units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def held(self, value: float) -> float:
        """The place of a value, held inside the scale."""
        return self(min(max(value, self.low), self.high))


def n(value: float) -> str:
    """A coordinate with one decimal, as short as it goes."""
    text = f"{value:.1f}"
    text = text[:-2] if text.endswith(".0") else text
    return "0" if text == "-0" else text


def ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Round numbers from low to high, at most `most` of them.

    Fails  ValueError where high is not above low.
    """
    if not high > low:
        raise ValueError("ticks need high above low")
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def text_width(text: str, size: float = SIZE) -> float:
    """About how wide a text is; wide rather than narrow, because fonts differ."""
    narrow = sum(c in "iljtfr.,:;'|!()[] 1" for c in text)
    return size * (0.57 * (len(text) - narrow) + 0.35 * narrow)


def rect(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str = "none",
    stroke: str = "none",
    stroke_width: float = 1.0,
    dash: str = "",
    radius: float = 0.0,
    opacity: float = 1.0,
) -> str:
    """A rectangle."""
    return (
        f'<rect x="{n(x)}" y="{n(y)}" width="{n(max(width, 0.0))}" height="{n(max(height, 0.0))}"'
        + (f' rx="{n(radius)}"' if radius else "")
        + _look(fill, stroke, stroke_width, dash, opacity)
        + "/>"
    )


def line(
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    *,
    stroke: str = INK,
    stroke_width: float = 1.0,
    dash: str = "",
) -> str:
    """A straight line."""
    return (
        f'<line x1="{n(x1)}" y1="{n(y1)}" x2="{n(x2)}" y2="{n(y2)}"'
        f' stroke="{stroke}" stroke-width="{n(stroke_width)}"'
        + (f' stroke-dasharray="{dash}"' if dash else "")
        + "/>"
    )


def path(
    points: Sequence[Point],
    *,
    fill: str = "none",
    stroke: str = "none",
    stroke_width: float = 1.0,
    dash: str = "",
    closed: bool = False,
    opacity: float = 1.0,
) -> str:
    """A line through points, or the area they enclose."""
    if not points:
        return ""
    steps = "L".join(f"{n(x)} {n(y)}" for x, y in points)
    end = "Z" if closed else ""
    return f'<path d="M{steps}{end}"{_look(fill, stroke, stroke_width, dash, opacity)}/>'


def circle(
    x: float, y: float, radius: float, *, fill: str, stroke: str, stroke_width: float = 1.0
) -> str:
    """A circle."""
    return (
        f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}"'
        f"{_look(fill, stroke, stroke_width, '', 1.0)}/>"
    )


def triangle(x: float, y: float, half: float, *, down: bool, fill: str, stroke: str) -> str:
    """A triangle whose tip points down or up; y is the side opposite the tip."""
    tip = y + 1.7 * half if down else y - 1.7 * half
    corners = ((x - half, y), (x + half, y), (x, tip))
    return path(corners, fill=fill, stroke=stroke, stroke_width=1.4, closed=True)


def cross(x: float, y: float, half: float, *, stroke: str, stroke_width: float = 2.0) -> str:
    """An x."""
    return line(
        x - half, y - half, x + half, y + half, stroke=stroke, stroke_width=stroke_width
    ) + line(x - half, y + half, x + half, y - half, stroke=stroke, stroke_width=stroke_width)


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = SIZE,
    fill: str = INK,
    anchor: str = "start",
    bold: bool = False,
    halo: bool = False,
) -> str:
    """Words at a place; `halo` clears the ground behind them."""
    place = f'x="{n(x)}" y="{n(y)}" font-size="{n(size)}"'
    look = (f' text-anchor="{anchor}"' if anchor != "start" else "") + (
        ' font-weight="600"' if bold else ""
    )
    inner = escape(words)
    ground = ""
    if halo:
        ground = (
            f'<text {place}{look} fill="{PAPER}" stroke="{PAPER}" stroke-width="4" '
            f'stroke-linejoin="round" aria-hidden="true">{inner}</text>'
        )
    return f'{ground}<text {place}{look} fill="{fill}">{inner}</text>'


def hatch(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    gap: float = 5.0,
    stroke: str = SOFT,
    stroke_width: float = 0.8,
    rising: bool = True,
) -> str:
    """Slanted lines inside a rectangle, cut at its edges."""
    parts = []
    count = math.ceil((width + height) / gap)
    for i in range(1, count):
        offset = i * gap
        # the line u + v = offset, with u to the right and v down from the top left corner
        u1, u2 = max(0.0, offset - height), min(width, offset)
        if u2 <= u1:
            continue
        v1, v2 = offset - u1, offset - u2
        if rising:
            parts.append(f"M{n(x + u1)} {n(y + v1)}L{n(x + u2)} {n(y + v2)}")
        else:
            parts.append(f"M{n(x + width - u1)} {n(y + v1)}L{n(x + width - u2)} {n(y + v2)}")
    if not parts:
        return ""
    return (
        f'<path d="{"".join(parts)}" fill="none" stroke="{stroke}" '
        f'stroke-width="{n(stroke_width)}"/>'
    )


def simplified(points: Sequence[Point], tolerance: float = 0.15) -> tuple[Point, ...]:
    """The points that a line needs to stay within `tolerance` of all of them.

    Source  Douglas & Peucker 1973
    """
    if len(points) < 3:
        return tuple(points)
    keep = {0, len(points) - 1}
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        worst, where = tolerance, -1
        for i in range(first + 1, last):
            distance = _distance(points[i], points[first], points[last])
            if distance > worst:
                worst, where = distance, i
        if where >= 0:
            keep.add(where)
            todo += [(first, where), (where, last)]
    return tuple(points[i] for i in sorted(keep))


def _distance(point: Point, start: Point, end: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    if length == 0.0:
        return math.hypot(point[0] - start[0], point[1] - start[1])
    return abs(dx * (point[1] - start[1]) - dy * (point[0] - start[0])) / length


def _look(fill: str, stroke: str, stroke_width: float, dash: str, opacity: float) -> str:
    look = f' fill="{fill}"'
    if stroke != "none":
        look += f' stroke="{stroke}" stroke-width="{n(stroke_width)}" stroke-linejoin="round"'
        if dash:
            look += f' stroke-dasharray="{dash}"'
    if opacity < 1.0:
        look += f' opacity="{opacity:.2f}"'
    return look


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of a legend: a small mark, drawn in a field of 22 by 12 units, and its words."""

    mark: str
    words: str


def legend(keys: Sequence[Key], *, x: float, y: float, width: float) -> tuple[str, float]:
    """A legend in as many lines as it needs, and its height.

    The mark of each key is drawn around its own (0, 0) to (22, 12) and moved into place.
    """
    parts: list[str] = []
    left, top, height = x, y, 19.0
    for key in keys:
        wide = 28.0 + text_width(key.words, SMALL)
        if left > x and left + wide > x + width:
            left, top = x, top + height
        parts.append(
            f'<g transform="translate({n(left)} {n(top)})">{key.mark}'
            f"{text(28.0, 10.5, key.words, size=SMALL, fill=SOFT)}</g>"
        )
        left += wide + 13.0
    return "".join(parts), (top - y + height if keys else 0.0)
