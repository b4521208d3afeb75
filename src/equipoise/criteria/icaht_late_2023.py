"""Late hematotoxicity of immune effector cells (ICAHT, days 31 to 100), EHA/EBMT 2023."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from equipoise.chart import Bools, Floats, Ints
from equipoise.criteria.crs_astct2019 import NO_INFUSION
from equipoise.criteria.icaht_early_2023 import ICAHT_EARLY
from equipoise.criterion import (
    Course,
    Criterion,
    Effort,
    Item,
    Probe,
    Reading,
    Readings,
    Reasons,
)
from equipoise.daybook import two_lowest
from equipoise.looks import Looks, Rows
from equipoise.probe import answer
from equipoise.runs import Ending, ending
from equipoise.source import Standing
from equipoise.truth import Because, Limit

FIRST_DAY, LAST_DAY = 31, 100
DEPTHS = tuple(Limit("<=", ((number, "/uL"),)) for number in ("1500", "1000", "500", "100"))
"""Limits of grades 1 to 4."""
ENDINGS = ("death", "next_therapy", "progression", "relapse", "last_follow_up")

TOO_EARLY = f"not applicable: before day {FIRST_DAY} after the CAR T-cell infusion"


def days_since(looks: Looks) -> tuple[Ints, Ints]:
    """Calendar day of the infusion, and days since."""
    infusion = np.nan_to_num(looks.infusion())
    day0 = looks.chart.day(looks.record, infusion)
    return day0, looks.chart.day(looks.record, looks.at) - day0


def applies_late(looks: Looks) -> Sequence[tuple[Bools, str]]:
    """From day 31 after a CAR-T infusion."""
    none = np.isnan(looks.infusion())
    return ((none, NO_INFUSION), (~none & (days_since(looks)[1] < FIRST_DAY), TOO_EARLY))


class Nadir:
    """The two lowest counts of the period."""

    def __init__(self, looks: Looks, name: str) -> None:
        chart, series = looks.chart, looks.chart.named(name)
        day0, _ = days_since(looks)
        start = chart.day_end(looks.record, day0 + FIRST_DAY - 1)
        self.ended = ended_since(looks, start)
        end = np.minimum(chart.day_end(looks.record, day0 + LAST_DAY), self.ended.at())
        self.lowest, self.second, late = two_lowest(looks, series, start, end)
        if len(late):
            counts = looks.take(late).between(series, start[late], end[late])
            number = Rows(series, counts.row).number
            lowest = counts.best(number, lowest=True)
            others = counts.row != lowest.index[counts.look]
            second = counts.where(others).best(number[others], lowest=True)
            self.lowest.index[late], self.second.index[late] = lowest.index, second.index


def ended_since(looks: Looks, start: Floats) -> Ending:
    """Death, progression, relapse, next therapy or the end of follow-up, from a time on."""
    found = ending(looks, [n for n in ENDINGS if n != "progression"])
    proven = looks.chart.named("progression").only("proven", lambda value: value == "proven")
    rows = (*found.rows, looks.first(proven, None))
    # What came before the period, as a relapse that led to the infusion, does not end it.
    rows = tuple(r.where(r.at >= start) for r in rows)
    return Ending(rows, np.any([r.there for r in rows], axis=0), found.key)


def nadir(looks: Looks, name: str) -> Nadir:
    """The two lowest counts, found once for the looks."""
    found: Nadir = looks.keep(("nadir", name), lambda: Nadir(looks, name))
    return found


def _depth(looks: Looks) -> Readings:
    return depth(looks, "neutrophils", DEPTHS)


def depth(looks: Looks, name: str, limits: Sequence[Limit]) -> Readings:
    """How many of the limits the lowest count meets, if the second lowest meets the first."""
    known = nadir(looks, name)
    lowest, second = known.lowest, known.second
    masks = lowest.bands(limits)
    # One low count alone is transient; where it is the only count, it is taken.
    lasting = second.truth(limits[0])
    masks = np.where(second.there & (lasting == 0), 1, masks)
    masks = np.where(second.there & (lasting == 1), masks | 1, masks).astype(np.uint8)

    def explain(i: int) -> Reasons:
        because: list[Because | None] = [
            lowest.because(i, "lowest"),
            second.because(i, "second lowest"),
        ]
        return Reasons(because, (name,))

    return Readings(masks, explain)


def combine(classes: Sequence[int]) -> int:
    """Depth of the nadir -> grade."""
    return classes[0]


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    del readings
    known = nadir(looks, "neutrophils")
    _, since = days_since(looks)
    ended = known.ended.because(look)
    if ended is not None:
        return f"counted until {ended.name.replace('_', ' ')}"
    if since[look] < LAST_DAY:
        return f"so far, day {since[look]} of {LAST_DAY}"
    return ""


def _labels() -> tuple[tuple[str, str], ...]:
    labels = [(DEPTHS[0].opposite, DEPTHS[0].example(met=False))]
    labels += [(limit.text, limit.example(met=True)) for limit in DEPTHS]
    return tuple(labels)


ICAHT_LATE = Criterion(
    id="icaht_late_2023",
    title="Late hematotoxicity of immune effector cells (ICAHT), EHA/EBMT 2023",
    measures="grade",
    source=ICAHT_EARLY.source,
    standing=Standing.TRANSCRIBED,
    applies=applies_late,
    combine=combine,
    tail=_tail,
    course=Course(counts=True),
    windows=dict.fromkeys(("neutrophils", *ENDINGS), math.inf),
    items=(
        Item(
            "nadir",
            f"Lowest neutrophils, days {FIRST_DAY} to {LAST_DAY}",
            ("no late neutropenia", "late neutropenia", "late neutropenia of the second depth",
             "late neutropenia of the third depth", "late neutropenia of the fourth depth"),
            (
                f"never {DEPTHS[0].text}, or only once among several counts",
                *(f"{limit.text}: grade {n}" for n, limit in enumerate(DEPTHS, 1)),
            ),
            _depth,
            "no count in this period",
        ),
    ),
    probes=(
        Probe(
            "neutrophils",
            Effort.ROUTINE,
            tuple(answer(("neutrophils", text), label=label) for label, text in _labels()),
        ),
    ),
    notes=(
        f"The lowest count of days {FIRST_DAY} to {LAST_DAY} decides, if the second lowest is "
        f"{DEPTHS[0].text} too; a single count is accepted (as in the public code).",
        "Counted until death, progression, relapse, next therapy or the end of follow-up; one "
        "that is not charted has not come (project choice).",
        f"Before day {LAST_DAY} the grade counts what has happened so far.",
        "Days without a count are not filled: the grade rests on the counts there are.",
    ),
    tags=("CAR-T", "hematotoxicity"),
    other_sources=ICAHT_EARLY.other_sources,
)  # fmt: skip
