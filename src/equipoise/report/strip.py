"""Toxicity by day: a strip for each criterion, a field for each calendar day.

A field says its grade in figures and by lightness; an interval is hatched from one shade to the
other, unknown is hatched gray with "?", and a day on which the criterion does not apply is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from equipoise.assessment import Day
from equipoise.criterion import Grade
from equipoise.report import svg
from equipoise.report.svg import Drawing, Key
from equipoise.report.words import listed

WIDTH = 654.0
LABEL = 152.0
SMALLEST, LARGEST = 25.0, 42.0
TALL = 26.0
SHADES = ("#fbf8ee", "#fde3a0", "#f6ad4f", "#cf6318", "#7f2704", "#330f01")
"""Grade 0 to 5, each clearly darker than the one before, also in gray."""
PAPER_INK_FROM = 3
PLAIN = "#e7ebee"
_TWO_LINES = ("range", "outcomes")
HIGHEST_GRADE = 4
"""Where a grade may be anything from 0 to this, nothing is known about it."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a day's field says.

    kind  "blank" (does not apply), "unknown", "grade", "interval", "number", "range", "yes", "no",
          "outcome", "outcomes" (one of several)
    text  as printed in the field
    """

    kind: str
    text: str
    low: int = 0
    high: int = 0


def measure(grades: Sequence[Grade]) -> str:
    """What a criterion gives: "grade", "outcome", "score" or "met", read off its answers."""
    if any(g.outcome for g in grades):
        return "outcome"
    if any(
        g.score is not None or (g.high is not None and g.high > len(SHADES) - 1) for g in grades
    ):
        return "score"
    if any(g.grade is not None for g in grades):
        return "grade"
    if any(g.met is not None or g.status is not None for g in grades):
        return "met"
    said = {g.measures for g in grades} - {""}
    if said:
        return said.pop()
    # Never settled and at most 1: a yes or no, not a grade.
    highs = [g.high for g in grades if g.high is not None]
    return "met" if highs and max(highs) <= 1 else "grade"


def field_of(grade: Grade, kind: str) -> Field:
    """The field of one answer; kind as from `measure`."""
    if kind == "met":
        if grade.met is not None:
            return Field("yes" if grade.met else "no", "yes" if grade.met else "no")
        return Field("unknown", "?") if grade.applies or grade.missing else Field("blank", "")
    if grade.low is None or grade.high is None:
        return Field("unknown", "?") if grade.missing else Field("blank", "")
    low, high = int(grade.low), int(grade.high)
    if kind == "outcome":
        short = [initials(word) for word in grade.words]
        if low == high:
            return Field("outcome", short[low], low, high)
        if high - low == len(short) - 1:
            return Field("unknown", "?", low, high)
        return Field("outcomes", f"{short[low]}-{short[high]}", low, high)
    if kind == "score":
        if low == high:
            return Field("number", str(low), low, high)
        return Field("range", f"{low}-{high}", low, high)
    if low == high:
        return Field("grade", str(low), low, high)
    if low == 0 and high >= HIGHEST_GRADE:
        return Field("unknown", "?", low, high)
    return Field("interval", f"{low}-{high}", low, high)


def initials(word: str) -> str:
    """An outcome in a narrow field: "CR" for "complete response", "P" for "progression"."""
    return "".join(part[0].upper() for part in word.split())


def outcomes(daily: Mapping[str, Sequence[Day]]) -> dict[str, str]:
    """Initials that stand in fields -> their words, in the order in which they come."""
    words = [w for days in daily.values() for d in days if d.grade.applies for w in d.grade.words]
    return {initials(word): word for word in words}


def applies(days: Sequence[Day]) -> bool:
    """Whether a criterion has anything to say on any of its days."""
    kind = measure([d.grade for d in days])
    return any(field_of(d.grade, kind).kind != "blank" for d in days)


def drawing(
    daily: Mapping[str, tuple[Day, ...]],
    titles: Mapping[str, str],
    recorded: Sequence[tuple[str, int, str]] = (),
) -> Drawing:
    """The strips of the criteria that apply, broken into blocks of days where they are many.

    recorded  what the chart says: (criterion, calendar day, text)
    """
    daily = {c: days for c, days in daily.items() if applies(days)}
    numbers = sorted({d.day for days in daily.values() for d in days})
    span = range(numbers[0], numbers[-1] + 1) if numbers else range(0)
    most = int((WIDTH - LABEL) // SMALLEST)
    blocks = -(-len(span) // most) if span else 0
    each = -(-len(span) // blocks) if blocks else 1
    wide = min(LARGEST, (WIDTH - LABEL - 2.0) / each)
    parts: list[str] = []
    y = 4.0
    for start in range(0, len(span), each):
        days = span[start : start + each]
        drawn, y = _block(daily, titles, recorded, days, wide, y)
        parts += drawn
        y += 12.0
    keys = _keys(daily)
    marks, tall = svg.legend(keys, x=4.0, y=y, width=WIDTH - 8.0)
    parts.append(marks)
    said = " ".join(_said(titles.get(c, c), days) for c, days in daily.items())
    return Drawing(WIDTH, y + tall + 4.0, "Toxicity by calendar day", said, "".join(parts))


def _block(
    daily: Mapping[str, tuple[Day, ...]],
    titles: Mapping[str, str],
    recorded: Sequence[tuple[str, int, str]],
    days: Sequence[int],
    wide: float,
    y: float,
) -> tuple[list[str], float]:
    parts = [svg.text(LABEL - 10.0, y + 12.0, "day", anchor="end", fill=svg.SOFT)]
    for i, day in enumerate(days):
        label = "0" if day == 0 else f"{day:+d}"
        x = LABEL + (i + 0.5) * wide
        small = svg.text_width(label) > wide
        if not small or i % 2 == 0:
            parts.append(
                svg.text(x, y + 12.0, label, anchor="middle", fill=svg.SOFT, size=svg.SMALL)
            )
    y += 18.0
    for criterion, answers in daily.items():
        kind = measure([d.grade for d in answers])
        by_day = {d.day: d.grade for d in answers}
        lines = _wrapped(titles.get(criterion, criterion), LABEL - 12.0)
        tall = max(34.0 if kind in ("score", "outcome") else TALL, 13.6 * len(lines) + 2.0)
        first = y + tall / 2.0 + 4.3 - 6.8 * (len(lines) - 1)
        for k, words in enumerate(lines):
            parts.append(svg.text(0.0, first + 13.6 * k, words, size=svg.SMALL))
        for i, day in enumerate(days):
            grade = by_day.get(day)
            field = Field("blank", "") if grade is None else field_of(grade, kind)
            parts.append(_field(LABEL + i * wide, y, wide, tall, field))
        y += tall + 3.0
        charted = {d: text for c, d, text in recorded if c == criterion}
        if any(d in charted for d in days):
            parts.append(
                svg.text(LABEL - 10.0, y + 12.0, "chart says", anchor="end", size=svg.SMALL,
                         fill=svg.SOFT)
            )  # fmt: skip
            for i, day in enumerate(days):
                if day in charted:
                    parts.append(
                        svg.text(
                            LABEL + (i + 0.5) * wide, y + 12.0, charted[day], anchor="middle",
                            bold=True,
                        )
                    )  # fmt: skip
            y += 20.0
        y += 3.0
    return parts, y


def _field(x: float, y: float, wide: float, tall: float, field: Field) -> str:
    x, wide = x + 1.0, wide - 2.0
    if field.kind == "blank":
        return svg.rect(x, y, wide, tall, stroke=svg.FAINT, stroke_width=0.6, dash="1 3")
    ink, plate = svg.INK, ""
    if field.kind in ("grade", "yes", "no", "number", "outcome"):
        if field.kind == "grade":
            fill = SHADES[min(field.low, len(SHADES) - 1)]
            ink = svg.PAPER if field.low >= PAPER_INK_FROM else svg.INK
        elif field.kind == "yes":
            fill, ink = SHADES[4], svg.PAPER
        else:
            fill = SHADES[0] if field.kind == "no" else PLAIN
        ground = svg.rect(x, y, wide, tall, fill=fill)
    else:
        low, high = svg.PAPER, "#a3abb1"
        if field.kind == "interval":
            low = SHADES[min(field.low, len(SHADES) - 1)]
            high = SHADES[min(field.high, len(SHADES) - 1)]
        elif field.kind in ("range", "outcomes"):
            low, high = PLAIN, "#9fabb3"
        stroke_width = 2.0 if field.kind == "interval" else 1.0
        ground = svg.rect(x, y, wide, tall, fill=low) + svg.hatch(
            x, y, wide, tall, gap=6.0, stroke=high, stroke_width=stroke_width
        )
        plate = _plate(
            x + wide / 2.0, y + tall / 2.0, field.text, two_lines=field.kind in _TWO_LINES
        )
    frame = svg.rect(x, y, wide, tall, stroke="#8b9197", stroke_width=0.7)
    return ground + frame + plate + _printed(x + wide / 2.0, y, tall, field, ink)


def _plate(x: float, y: float, words: str, *, two_lines: bool) -> str:
    if not words:
        return ""
    longest = max(words.replace("-", "- ").split(), key=len) if two_lines else words
    half = svg.text_width(longest, svg.SMALL) / 2.0 + 1.0
    deep = 14.0 if two_lines and "-" in words else 8.0
    return svg.rect(x - half, y - deep, 2 * half, 2 * deep, fill=svg.PAPER, radius=2.0)


def _printed(x: float, y: float, tall: float, field: Field, ink: str) -> str:
    middle = y + tall / 2.0 + 4.4
    if field.kind in _TWO_LINES and field.text:
        low, high = field.text.split("-")
        return svg.text(x, middle - 6.5, f"{low}-", anchor="middle", size=svg.SMALL) + svg.text(
            x, middle + 6.5, high, anchor="middle", size=svg.SMALL
        )
    size = svg.SMALL if len(field.text) > 2 else svg.SIZE
    bold = field.kind not in ("no", "number", "outcome")
    return svg.text(x, middle, field.text, anchor="middle", size=size, fill=ink, bold=bold)


def _keys(daily: Mapping[str, tuple[Day, ...]]) -> list[Key]:
    kinds = {c: measure([d.grade for d in days]) for c, days in daily.items()}
    found = {field_of(d.grade, kinds[c]).kind for c, days in daily.items() for d in days}
    keys = []
    if found & {"grade", "interval"}:
        keys += [Key(_small(Field("grade", str(g), g, g)), f"grade {g}") for g in range(5)]
    if "interval" in found:
        keys.append(Key(_small(Field("interval", "", 1, 3)), "between two grades, as printed"))
    if "unknown" in found:
        keys.append(Key(_small(Field("unknown", "?")), "unknown: not enough observed"))
    if found & {"number", "range"}:
        keys.append(Key(_small(Field("range", "")), "score, or its lowest and highest value"))
    if found & {"outcome", "outcomes"}:
        keys += [
            Key(_small(Field("outcome", short)), word) for short, word in outcomes(daily).items()
        ]
    if found & {"yes", "no"}:
        keys.append(Key(_small(Field("yes", "")), "criterion met (yes) or not (no)"))
    keys.append(
        Key(svg.rect(1, 0, 20, 12, stroke=svg.SOFT, stroke_width=0.6, dash="1 3"), "does not apply")
    )
    return keys


def _small(field: Field) -> str:
    bare = Field(field.kind, "", field.low, field.high)
    full = _field(0.0, -1.0, 22.0, 14.0, bare)
    if not field.text:
        return full
    ink = svg.PAPER if field.kind == "grade" and field.low >= PAPER_INK_FROM else svg.INK
    ground = ""
    if field.kind == "unknown":
        ground = svg.rect(7.0, -0.5, 8.0, 13.0, fill=svg.PAPER)
    return (
        full + ground + svg.text(11.0, 10.3, field.text, size=svg.SMALL, anchor="middle", fill=ink)
    )


def _wrapped(words: str, wide: float) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and svg.text_width(longer, svg.SMALL) > wide:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _said(title: str, days: Sequence[Day]) -> str:
    kind = measure([d.grade for d in days])
    found = []
    for d in days:
        field = field_of(d.grade, kind)
        if field.kind == "blank":
            continue
        label = "0" if d.day == 0 else f"{d.day:+d}"
        found.append(f"day {label} {'unknown' if field.kind == 'unknown' else field.text}")
    return f"{title}: {listed(found)}." if found else f"{title}: does not apply."
