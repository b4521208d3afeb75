"""Early thrombocytopenia of immune effector cells (T-ICAHT, days 0 to 30), Rejeski 2025."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from equipoise.chart import Addition, Floats, Ints
from equipoise.criteria.crs_astct2019 import NO_INFUSION
from equipoise.criteria.icaht_late_2023 import ENDINGS, ended_since
from equipoise.criterion import (
    Course,
    Criterion,
    Effort,
    Item,
    Probe,
    Reading,
    Readings,
    Reasons,
    Spell,
)
from equipoise.looks import Looks, alike, knowledge
from equipoise.probe import addition
from equipoise.readers import after
from equipoise.runs import Days, Depths, Rules, days_of, spells
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

LOW = Limit("<", (("50", "10*9/L"),))
VERY_LOW = Limit("<", (("20", "10*9/L"),))
LAST_DAY = 30
DAYS_LOW = (1, 7)
"""Days below the first limit from which grades 1 and 2 are given."""
DAYS_VERY_LOW = (1, 14)
"""Days below the second limit from which grades 3 and 4 are given."""
COUNTED_GAP = 2
"""Recoveries shorter than three days count as days below the limit."""
INTERPOLATED_GAP = 7
ROUNDED_TO = 1
LATEST_START = 3

RULES = Rules("platelets", (LOW, VERY_LOW), 0, LAST_DAY, INTERPOLATED_GAP, ROUNDED_TO, 1.0)
SOURCE = Source(
    "Rejeski 2025, Blood (T-ICAHT)",
    "10.1182/blood.2025028833",
    "table 1, definition of T-ICAHT grading",
    "the table was read as reprinted (ash-sap.org/view-large/12809257), not in the paper",
)


def cumulative(low: Depths, depth: int) -> Ints:
    """Days at least so deep, all spells together, recoveries of at most two days counted."""
    deep = low >= depth
    counted = deep.copy()
    for length in range(1, COUNTED_GAP + 1):
        ends = deep[: -length - 1] & deep[length + 1 :]
        for step in range(1, length + 1):
            counted[step : step + len(ends)] |= ends
    # At most 70 days: a narrow sum is quick.
    found: Ints = counted.view(np.int8).sum(axis=0, dtype=np.int8).astype(np.int64)
    return found


def course(looks: Looks, rules: Rules) -> tuple[Days, Ints]:
    """Days of groups of looks that see the same, and the group of each look.

    Days after the event that ended the count are as if they had not come.
    """

    def find() -> tuple[Days, Ints]:
        chart, infusion = looks.chart, looks.infusion()
        start = np.nan_to_num(infusion)
        day0 = chart.day(looks.record, start)
        ended = ended_since(looks, start)
        at = np.minimum(looks.at, ended.at())
        some = Looks(chart, looks.record, at, looks.known)
        end = chart.day_end(looks.record, day0 + rules.last)
        day = np.minimum(chart.day(looks.record, at) - day0, rules.last + 1)
        over = at >= chart.day_end(looks.record, day + day0)
        last = some.last(chart.named(rules.name), end).index
        which, group = alike(
            looks.record, np.nan_to_num(infusion, nan=-1e9), day, over, ended.key,
            ended.there, last, knowledge(looks, (rules.name,)),
        )  # fmt: skip
        few = Looks(chart, some.record[which], at[which], some.known[which])
        # In a later period no day before its first count is taken as free of it.
        early = -1 if rules.first else LATEST_START
        found = days_of(few, infusion[which], ended.take(which), rules, early=early)
        return found, group

    result: tuple[Days, Ints] = looks.keep(("course", rules.name, rules.first), find)
    return result


def days_below(rules: Rules, depth: int, starts: Sequence[int]) -> Callable[[Looks], Readings]:
    """An item whose class is the number of `starts` that the days below a limit reach."""

    def read(looks: Looks) -> Readings:
        known, group = course(looks, rules)
        fewest, greatest = (cumulative(depths, depth) for depths in (known.low, known.high))
        least, most = (
            np.sum([days >= start for start in starts], axis=0) for days in (fewest, greatest)
        )
        masks = ((2 << most) - (1 << least)).astype(np.uint8)

        def explain(i: int) -> Reasons:
            number = int(group[i])
            rows = known.counts.row[known.counts.look == number]
            because: list[Because | None] = [known.counts.series.because(int(row)) for row in rows]
            because.append(known.ended.because(number))
            return Reasons(because, (rules.name,))

        return Readings(masks[group], explain)

    return read


def spells_of(rules: Rules) -> Callable[[Looks], tuple[Spell, ...]]:
    """The runs of days below the first limit at one look, shorter recoveries counted."""

    def find(looks: Looks) -> tuple[Spell, ...]:
        known, group = course(looks, rules)
        return spells(known, int(group[0]), first=rules.first, gap=COUNTED_GAP)

    return find


def tail_of(rules: Rules) -> Callable[[Looks, int, Mapping[str, Reading]], str]:
    """What is added to the sentence: days counted, days unknown, what ended the count."""

    def tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
        del readings
        known, group = course(looks, rules)
        number = int(group[look])
        parts = []
        for depth, limit in enumerate(rules.limits, start=1):
            count = int(cumulative(known.low[:, number : number + 1], depth)[0])
            parts.append(f"{count} d {limit.text}")
        text = "cumulative " + ", ".join(parts)
        unknown = int(known.unknown[:, number].sum())
        if unknown:
            text += f", {unknown} d without a count"
        ended = known.ended.because(number)
        if ended is not None:
            text += f"; counted until {ended.name.replace('_', ' ')}"
        elif not known.closed[number]:
            text += f"; so far, day {int(known.stop[number]) - 1 + rules.first} of {rules.last}"
        return text

    return tail


def probe_of(rules: Rules, labels: Sequence[tuple[str, str]]) -> Probe:
    """A probe of counts: (count, label) on every day that has none."""

    def change(looks: Looks, look: int, *, count: str) -> Sequence[Addition]:
        known, group = course(looks, rules)
        number = int(group[look])
        days = np.flatnonzero(known.unknown[:, number]) + known.day0[number] + rules.first
        record = np.repeat(looks.record[look : look + 1], len(days))
        ends: Floats = looks.chart.day_end(record, days)
        at = float(looks.at[look])
        return [addition(rules.name, count, min(float(end), at)) for end in ends]

    return Probe(
        rules.name,
        Effort.ROUTINE,
        tuple(
            (f"{text} on every day without a count", partial(change, count=count))
            for count, text in labels
        ),
    )


def combine(classes: Sequence[int]) -> int:
    """Days below 50, days below 20 -> grade: the worse."""
    low, very_low = classes
    return max(low, (0, 3, 4)[very_low])


NOTES = (
    "Days are cumulative: all spells below the limit together, and recoveries shorter than three "
    "days between two of them count too (footnote of the table). The public code for the grades of "
    "neutropenia takes the longest single run instead; it is not followed here.",
    "Counted until death, progression, relapse, next therapy or the end of follow-up; one "
    "that is not charted has not come (project choice).",
    "The source says nothing of days without a count. As in the grades of neutropenia, gaps of at "
    f"most {INTERPOLATED_GAP} d are filled by a straight line, here rounded to {ROUNDED_TO} "
    "x 10*9/L, and longer ones are unknown (project choice). The lowest count of a day counts.",
    "Transfusions are not read: a count after one stands as it is.",
    "Another text defines the toxicity as platelets < 25 for more than 7 d; it is not this "
    "definition.",
)

TICAHT_EARLY = Criterion(
    id="ticaht_early",
    title="Early thrombocytopenia of immune effector cells (T-ICAHT), 2025",
    measures="grade",
    source=SOURCE,
    standing=Standing.PUBLISHED,
    applies=after(NO_INFUSION),
    combine=combine,
    windows=dict.fromkeys(("platelets", *ENDINGS), math.inf),
    items=(
        Item(
            "low",
            f"Days with platelets {LOW.text}",
            ("no thrombocytopenia", "thrombocytopenia", "thrombocytopenia of a week"),
            (
                "0 d",
                f"{DAYS_LOW[0]} to {DAYS_LOW[1] - 1} d: grade 1",
                f">= {DAYS_LOW[1]} d: grade 2",
            ),
            days_below(RULES, 1, DAYS_LOW),
            "days of thrombocytopenia unknown",
        ),
        Item(
            "very_low",
            f"Days with platelets {VERY_LOW.text}",
            ("no severe thrombocytopenia", "severe thrombocytopenia",
             "severe thrombocytopenia of two weeks"),
            (
                "0 d",
                f"{DAYS_VERY_LOW[0]} to {DAYS_VERY_LOW[1] - 1} d: grade 3",
                f">= {DAYS_VERY_LOW[1]} d: grade 4",
            ),
            days_below(RULES, 2, DAYS_VERY_LOW),
            "days of severe thrombocytopenia unknown",
        ),
    ),
    probes=(
        probe_of(
            RULES,
            (
                (LOW.example(met=False), LOW.opposite),
                (LOW.example(met=True), f"{LOW.text} and {VERY_LOW.opposite}"),
                (VERY_LOW.example(met=True), VERY_LOW.text),
            ),
        ),
    ),
    tail=tail_of(RULES),
    course=Course(counts=True, spells=spells_of(RULES)),
    notes=(
        f"Days are calendar days from the infusion, day 0 to {LAST_DAY}; with two infusions, days "
        "count from the later one. Before the last day the grade counts what has happened so far.",
        f"Days before the first count do not count where it was drawn by day {LATEST_START} "
        "(project choice).",
        *NOTES,
    ),
    tags=("CAR-T", "hematotoxicity"),
)  # fmt: skip
