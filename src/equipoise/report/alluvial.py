"""Classes of patients under several criteria: a column for each, bands for who goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from equipoise.report import svg
from equipoise.report.svg import Drawing, Point

WIDTH, TALL = 654.0, 240.0
BAR = 16.0
GAP = 10.0
FILLS = ("#9dbfd6", "#c3c9ce", "#cf6318")
"""Not met, open, met."""
STEPS = 14


def alluvial(
    titles: Sequence[str], classes: Sequence[str], counts: Mapping[tuple[int, ...], int]
) -> Drawing:
    """Bands between neighboring criteria, as thick as they hold patients.

    titles   of the criteria, at least two
    classes  words of the classes, in the order of their numbers
    counts   classes of a patient under each criterion -> patients
    """
    total = sum(counts.values())
    unit = (TALL - GAP * (len(classes) - 1)) / max(total, 1)
    parts: list[str] = []
    step = (WIDTH - 130.0 - BAR) / (len(titles) - 1)
    place = [20.0 + k * step for k in range(len(titles))]
    tops = [_tops(counts, k, len(classes), unit) for k in range(len(titles))]
    for k in range(len(titles) - 1):
        leaving, arriving = dict(tops[k]), dict(tops[k + 1])
        for here in range(len(classes)):
            for there in range(len(classes)):
                count = sum(n for key, n in counts.items() if (key[k], key[k + 1]) == (here, there))
                if not count:
                    continue
                thick = count * unit
                band = _band(place[k] + BAR, leaving[here], place[k + 1], arriving[there], thick)
                parts.append(svg.path(band, fill=FILLS[here], closed=True, opacity=0.45))
                leaving[here] += thick
                arriving[there] += thick
    said: list[str] = []
    for k, title in enumerate(titles):
        anchor = "end" if k == len(titles) - 1 else "start"
        x = place[k] + (BAR if anchor == "end" else 0.0)
        parts.append(svg.text(x, 14.0, title, anchor=anchor, size=svg.SMALL, bold=True))
        for number, word in enumerate(classes):
            count = sum(n for key, n in counts.items() if key[k] == number)
            if not count:
                continue
            top = tops[k][number]
            parts.append(svg.rect(place[k], top, BAR, count * unit, fill=FILLS[number]))
            parts.append(
                svg.text(place[k] + BAR + 4.0, top + count * unit / 2.0 + 4.0, f"{word} {count}",
                         size=svg.SMALL, halo=True)
            )  # fmt: skip
            said.append(f"{title} {word}: {count}")
    return Drawing(WIDTH, TALL + 34.0, "Classes of patients under each criterion",
                   "; ".join(said) + ".", "".join(parts))  # fmt: skip


def _tops(
    counts: Mapping[tuple[int, ...], int], column: int, classes: int, unit: float
) -> dict[int, float]:
    """Where each class begins; the highest class stands on top."""
    found, y = {}, 26.0
    for number in range(classes - 1, -1, -1):
        found[number] = y
        count = sum(n for key, n in counts.items() if key[column] == number)
        y += count * unit + (GAP if count else 0.0)
    return found


def _band(x1: float, y1: float, x2: float, y2: float, thick: float) -> list[Point]:
    """An area from one place to another, bent like an S."""
    upper = []
    for k in range(STEPS + 1):
        t = k / STEPS
        upper.append((x1 + (x2 - x1) * t, y1 + (y2 - y1) * t * t * (3.0 - 2.0 * t)))
    return [*upper, *((x, y + thick) for x, y in reversed(upper))]
