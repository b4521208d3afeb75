"""The odds of one option as a bar in three parts: below, within, above the window."""

from __future__ import annotations

import math

from equipoise.report import svg, words
from equipoise.report.svg import Drawing

WIDTH = 170.0
HEIGHT = 14.0
BELOW = "#e3edf4"
WITHIN = "#00795a"
ABOVE = "#f4d3b5"


def drawing(below: float, within: float, above: float, *, of: str) -> Drawing:
    """A bar from left (below) to right (above); place and hatching say it without color.

    below, within, above  probabilities
    of                    what the odds are of, for the description
    """
    parts: list[str] = []
    left = 0.0
    if not all(math.isfinite(share) for share in (below, within, above)):
        parts.append(svg.hatch(0.0, 1.0, WIDTH, HEIGHT - 2.0, gap=7.0, stroke=svg.FAINT))
        parts.append(
            svg.text(WIDTH / 2.0, 11.2, "unknown", size=svg.SMALL, anchor="middle", halo=True)
        )
    for share, fill in ((below, BELOW), (within, WITHIN), (above, ABOVE)):
        wide = WIDTH * share if share > 0.0 else 0.0
        if wide <= 0.0:
            continue
        parts.append(svg.rect(left, 1.0, wide, HEIGHT - 2.0, fill=fill))
        if fill is ABOVE:
            parts.append(svg.hatch(left, 1.0, wide, HEIGHT - 2.0, gap=5.0, stroke=svg.VERMILION))
        left += wide
    parts.append(svg.rect(0.5, 1.0, WIDTH - 1.0, HEIGHT - 2.0, stroke=svg.SOFT, stroke_width=0.8))
    said = (
        f"below {words.percent(below)}, within {words.percent(within)}, "
        f"above {words.percent(above)}"
    )
    return Drawing(WIDTH, HEIGHT, f"Odds of {of}", said, "".join(parts))
