"""A cohort day by day: a heat map of patients by days, and the shares of grades over days.

A field's lower half has the shade of the lowest possible grade, its upper half that of the highest;
gray where nothing is known. Fields of one look that follow each other are one mark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.chart import Ints
from equipoise.report import svg
from equipoise.report.strip import SHADES
from equipoise.report.svg import Drawing, Key

WIDTH = 654.0
LABEL = 96.0
MOST_PATIENTS = 60
MOST_DAYS = 120
TALL = 9.0
GRAY = "#c3c9ce"
SHARES_TALL = 120.0


@dataclass(frozen=True, slots=True)
class Field:
    """What a criterion says of patients by days.

    title      of the criterion
    patients   ids, one a row
    first      calendar day of the first column
    low, high  patients by days; -1 where it does not apply or there is no such day
    top        highest grade there is
    word       of a grade, for the legend
    """

    title: str
    patients: tuple[str, ...]
    first: int
    low: Ints
    high: Ints
    top: int
    word: Callable[[int], str]


def field_of(
    title: str,
    patients: Sequence[str],
    patient: Ints,
    day: Ints,
    low: Ints,
    high: Ints,
    word: Callable[[int], str],
    top: int,
) -> Field | None:
    """Rows of a grade table as a field, at most so many days from the first; None without any.

    patient, day, low, high  of each row of the table; low is -1 where it does not apply
    """  # fmt: skip
    kept = low >= 0
    if not kept.any():
        return None
    first = int(day[kept].min())
    last = min(int(day[kept].max()), first + MOST_DAYS - 1)
    kept &= day <= last
    shape = (len(patients), last - first + 1)
    lows, highs = (np.full(shape, -1, dtype=np.int64) for _ in range(2))
    lows[patient[kept], day[kept] - first] = low[kept]
    highs[patient[kept], day[kept] - first] = high[kept]
    return Field(title, tuple(patients), first, lows, highs, top, word)


def worst_first(field: Field) -> Ints:
    """Places of the patients to whom it applies: highest lower bound first, the longest of it."""
    worst = field.low.max(axis=1)
    length = (field.low == worst[:, None]).sum(axis=1)
    order: Ints = np.lexsort((np.arange(len(worst)), -length, -worst))
    shown: Ints = order[worst[order] >= 0]
    return shown


def heat_map(field: Field) -> Drawing:
    """Patients by days, the worst first; of many, the first sixty."""
    order = worst_first(field)[:MOST_PATIENTS]
    days = field.low.shape[1]
    wide = min((WIDTH - LABEL) / days, 16.0)
    parts, y = _days(field, wide), 22.0
    marks: dict[str, list[str]] = {}
    for place in order:
        parts.append(
            svg.text(LABEL - 6.0, y + TALL - 1.0, _cut(field.patients[place]), anchor="end",
                     size=9.0, fill=svg.SOFT)
        )  # fmt: skip
        low, high = field.low[place], field.high[place]
        start = 0
        while start < days:
            stop = start + 1
            while stop < days and (low[stop], high[stop]) == (low[start], high[start]):
                stop += 1
            if low[start] >= 0:
                x, length = LABEL + start * wide, (stop - start) * wide
                half = (TALL - 1.0) / 2.0
                shades = _shades(int(low[start]), int(high[start]), field.top)
                for shade, top in zip(shades, (y + half, y), strict=True):
                    marks.setdefault(shade, []).append(
                        f"M{svg.n(x)} {svg.n(top)}h{svg.n(length)}v{svg.n(half)}h{svg.n(-length)}z"
                    )
            start = stop
        y += TALL
    parts += [f'<path d="{"".join(d)}" fill="{shade}"/>' for shade, d in marks.items()]
    drawn, tall = svg.legend(_keys(field), x=4.0, y=y + 8.0, width=WIDTH - 8.0)
    worst = np.bincount(field.low.max(axis=1)[worst_first(field)])
    said = ", ".join(
        f"{count} at least {field.word(grade)}" for grade, count in enumerate(worst) if count
    )
    return Drawing(WIDTH, y + 12.0 + tall, f"{field.title}, patients by days",
                   f"Worst of each patient: {said}.", "".join((*parts, drawn)))  # fmt: skip


def shares_by_day(field: Field) -> Drawing:
    """For each day how many patients have which grade at least; gray: nothing is known."""
    days = field.low.shape[1]
    wide = min((WIDTH - LABEL) / days, 16.0)
    nothing = (field.low == 0) & (field.high >= field.top)
    most = int((field.low >= 0).sum(axis=0).max())
    parts, bottom = _days(field, wide), 22.0 + SHARES_TALL
    for count in svg.ticks(0.0, float(most), 4):
        y = bottom - SHARES_TALL * count / most
        parts.append(svg.line(LABEL, y, LABEL + days * wide, y, stroke=svg.FAINT))
        parts.append(svg.text(LABEL - 6.0, y + 4.0, f"{count:g}", anchor="end", size=svg.SMALL,
                              fill=svg.SOFT))  # fmt: skip
    layers = [(GRAY, nothing)]
    layers += [(_shade(g, field.top), (field.low == g) & ~nothing) for g in range(field.top + 1)]
    under = np.zeros(days)
    for shade, which in layers:
        count = which.sum(axis=0)
        steps = []
        for day in np.flatnonzero(count):
            tall = SHARES_TALL * count[day] / most
            y = bottom - SHARES_TALL * under[day] / most - tall
            steps.append(f"M{svg.n(LABEL + day * wide)} {svg.n(y)}h{svg.n(wide)}v{svg.n(tall)}"
                         f"h{svg.n(-wide)}z")  # fmt: skip
        if steps:
            parts.append(f'<path d="{"".join(steps)}" fill="{shade}"/>')
        under += count
    known = (field.low >= 0).sum() - nothing.sum()
    said = (
        f"{int(known)} of {int((field.low >= 0).sum())} patient-days say something; at most {most} "
        "patients are in it on one day."
    )
    return Drawing(WIDTH, bottom + 6.0, f"{field.title}, patients by lowest possible grade", said,
                   "".join(parts))  # fmt: skip


def _days(field: Field, wide: float) -> list[str]:
    """Day numbers above the columns."""
    days = field.low.shape[1]
    step = next(s for s in (1, 2, 5, 7, 10, 14, 30) if s * wide >= 26.0 or s == 30)
    parts = [svg.text(LABEL - 6.0, 13.0, "day", anchor="end", size=svg.SMALL, fill=svg.SOFT)]
    for day in range(field.first, field.first + days):
        if day % step == 0:
            x = LABEL + (day - field.first + 0.5) * wide
            label = "0" if day == 0 else f"{day:+d}"
            parts.append(svg.text(x, 13.0, label, anchor="middle", size=svg.SMALL, fill=svg.SOFT))
    return parts


def _shades(low: int, high: int, top: int) -> tuple[str, str]:
    if low == 0 and high >= top:
        return GRAY, GRAY
    return _shade(low, top), _shade(high, top)


def _shade(grade: int, top: int) -> str:
    """Yes of yes or no is as dark as grade 4."""
    return SHADES[4 if top == 1 and grade == 1 else min(grade, len(SHADES) - 1)]


def _keys(field: Field) -> list[Key]:
    keys = [
        Key(svg.rect(1, 0, 20, 12, fill=_shade(g, field.top), stroke=svg.SOFT, stroke_width=0.5),
            field.word(g))
        for g in range(field.top + 1)
    ]  # fmt: skip
    if field.top > 1:
        between = svg.rect(1, 6, 20, 6, fill=SHADES[1]) + svg.rect(1, 0, 20, 6, fill=SHADES[3])
        keys.append(Key(between, "between two grades: lowest below, highest above"))
    keys.append(Key(svg.rect(1, 0, 20, 12, fill=GRAY), "nothing known"))
    return keys


def _cut(words: str) -> str:
    return words if len(words) <= 14 else f"{words[:13]}."
