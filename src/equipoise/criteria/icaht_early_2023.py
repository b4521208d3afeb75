"""Early hematotoxicity of immune effector cells (ICAHT, days 0 to 30), EHA/EBMT consensus 2023."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from equipoise.chart import Addition, Bools, Floats, Ints
from equipoise.criteria.crs_astct2019 import NO_INFUSION
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
from equipoise.runs import Days, Depths, Rules, bits, days_of, ending, has_run, joined, spells
from equipoise.runs import longest_run as longest_run_of
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

LOW = Limit("<=", (("500", "/uL"),))
VERY_LOW = Limit("<=", (("100", "/uL"),))
DEPTHS = (LOW, VERY_LOW)

LAST_DAY = 30
RUN_LOW = (1, 7, 14)
"""Days of the longest run at or below the first limit from which grades 1, 2, 3 are given."""
RUN_VERY_LOW = (7, 14)
"""Days of the longest run at or below the second limit from which grades 3, 4 are given."""
JOINED_GAP = 2
"""Recoveries of at most so many days do not end a run, and count in it."""
INTERPOLATED_GAP = 7
"""Gaps of at most so many days without a count are filled by a straight line."""
ROUNDED_TO = 10
"""Interpolated counts are rounded to this, per uL."""
LATEST_START = 3
"""A run that begins by this day and never ends is a neutropenia that was there from the start."""

RULES = Rules("neutrophils", DEPTHS, 0, LAST_DAY, INTERPOLATED_GAP, ROUNDED_TO, 1000.0)
ENDINGS = ("death", "last_follow_up")


def longest_run(low: Sequence[bool]) -> int:
    """Days of the longest run, recoveries of at most two days joined and counted.

    Source  the public code of the Fred Hutch group for automated ICAHT grading.
    """
    days = bits(np.array(low, dtype=np.bool_)[:, None])
    return longest_run_of(int(joined(days, JOINED_GAP)[0]))


def _course(looks: Looks) -> tuple[Days, Ints]:
    """Days of groups of looks that see the same, and the group of each look."""

    def find() -> tuple[Days, Ints]:
        chart = looks.chart
        infusion = looks.infusion()
        series = chart.named("neutrophils")
        day0 = chart.day(looks.record, np.nan_to_num(infusion))
        end = chart.day_end(looks.record, day0 + LAST_DAY)
        day = np.minimum(chart.day(looks.record, looks.at) - day0, LAST_DAY + 1)
        over = looks.at >= chart.day_end(looks.record, day + day0)
        ended = ending(looks, ENDINGS)
        which, group = alike(
            looks.record, np.nan_to_num(infusion, nan=-1e9), day, over, ended.key,
            looks.last(series, end).index, knowledge(looks, ("neutrophils",)),
        )  # fmt: skip
        some = looks.take(which)
        found = days_of(some, infusion[which], ended.take(which), RULES, early=LATEST_START)
        return found, group

    result: tuple[Days, Ints] = looks.keep("course", find)
    return result


def _spells(looks: Looks) -> tuple[Spell, ...]:
    known, group = _course(looks)
    return spells(known, int(group[0]), first=0, gap=JOINED_GAP)


def _low_days(depths: Depths, depth: int) -> Ints:
    return joined(bits(depths >= depth), JOINED_GAP)


def _never_recovered(known: Days) -> tuple[Bools, Bools]:
    """Whether the counts surely, and possibly, never rose above the first limit by day 30."""
    any_count = known.measured.any(axis=0)
    width = len(known.measured)
    last_count = width - 1 - known.measured[::-1].argmax(axis=0)
    last = np.where(known.ended.there, last_count, known.stop - 1)
    until_last = np.arange(width)[:, None] <= last
    possible = _spans(_low_days(known.high, 1), known.stop - 1)
    surely = _spans(joined(bits((known.low >= 1) & until_last), JOINED_GAP), last)
    counted = known.closed & any_count
    return surely & counted, np.where(counted, possible, known.closed)


def _spans(low: Ints, last: Ints) -> Bools:
    """Whether a run that begins by the latest start is open on the last day."""
    until = np.maximum(last, 0)
    wanted = (np.int64(2) << until) - (np.int64(1) << np.minimum(LATEST_START, until))
    result: Bools = (last >= 0) & (low & wanted == wanted) & (low >> until == 1)
    return result


def _steps(days: Ints, starts: Sequence[int]) -> Ints:
    steps = np.zeros(len(days), dtype=np.int64)
    for start in starts:
        steps += has_run(days, start)
    return steps


def _run_low(looks: Looks) -> Readings:
    known, group = _course(looks)
    shortest = _steps(_low_days(known.low, 1), RUN_LOW)
    longest = _steps(_low_days(known.high, 1), RUN_LOW)
    surely, possibly = _never_recovered(known)
    span = (2 << longest) - (1 << shortest)
    masks = np.where(surely, 16, span | np.where(possibly, 16, 0)).astype(np.uint8)

    def explain(i: int) -> Reasons:
        number = int(group[i])
        because = _counts(known, number)
        if surely[number]:
            because.append(known.ended.because(number))
        return Reasons(because, ("neutrophils",))

    return Readings(masks[group], explain)


def _counts(known: Days, number: int) -> list[Because | None]:
    rows = known.counts.row[known.counts.look == number]
    return [known.counts.series.because(int(row)) for row in rows]


def _run_very_low(looks: Looks) -> Readings:
    known, group = _course(looks)
    shortest = _steps(_low_days(known.low, 2), RUN_VERY_LOW)
    longest = _steps(_low_days(known.high, 2), RUN_VERY_LOW)
    masks = ((2 << longest) - (1 << shortest)).astype(np.uint8)
    return Readings(
        masks[group], lambda i: Reasons(_counts(known, int(group[i])), ("neutrophils",))
    )


def combine(classes: Sequence[int]) -> int:
    """Run at or below 500, run at or below 100 -> grade: the worse."""
    low, very_low = classes
    return max(low, (0, 3, 4)[very_low])


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    del readings
    known, group = _course(looks)
    number = int(group[look])
    found = [int(_low_days(known.low[:, number : number + 1], depth)[0]) for depth in (1, 2)]
    lengths = [longest_run_of(days) for days in found]
    text = f"longest run {LOW.text} {lengths[0]} d, {VERY_LOW.text} {lengths[1]} d"
    unknown = int(known.unknown[:, number].sum())
    if unknown:
        text += f", {unknown} d without a count"
    if not known.closed[number]:
        last = int(known.stop[number]) - 1
        text += f"; so far, day {last} of {LAST_DAY}"
        if last >= 0 and found[0] >> last == 1:
            text += ", still low"
    return text


def _on_unknown_days(count: str, looks: Looks, look: int) -> Sequence[Addition]:
    known, group = _course(looks)
    number = int(group[look])
    record = looks.record[look : look + 1]
    days = np.flatnonzero(known.unknown[:, number]) + known.day0[number]
    ends: Floats = looks.chart.day_end(np.repeat(record, len(days)), days)
    return [addition("neutrophils", count, min(float(end), float(looks.at[look]))) for end in ends]


def _answers() -> Probe:
    labels = (
        (LOW.example(met=False), LOW.opposite),
        (LOW.example(met=True), f"{LOW.text} and {VERY_LOW.opposite}"),
        (VERY_LOW.example(met=True), VERY_LOW.text),
    )

    return Probe(
        "neutrophils",
        Effort.ROUTINE,
        tuple(
            (f"{text} on every day without a count", partial(_on_unknown_days, count))
            for count, text in labels
        ),
    )


ICAHT_EARLY = Criterion(
    id="icaht_early_2023",
    title="Early hematotoxicity of immune effector cells (ICAHT), EHA/EBMT 2023",
    measures="grade",
    source=Source(
        "Rejeski 2023, Blood",
        "10.1182/blood.2023020578",
        "grading table, as in the public code for automated grading",
        "the table was read in the public code, not in the paper; an erratum exists, not read",
    ),
    standing=Standing.TRANSCRIBED,
    applies=after(NO_INFUSION),
    combine=combine,
    windows={"neutrophils": math.inf, "death": math.inf, "last_follow_up": math.inf},
    items=(
        Item(
            "run_low",
            f"Longest run of neutrophils {LOW.text}",
            (
                "no neutropenia",
                "neutropenia",
                "neutropenia of a week",
                "neutropenia of two weeks",
                "neutrophils never above the limit",
            ),
            (
                f"0 d (never {LOW.text})",
                f"{RUN_LOW[0]} to {RUN_LOW[1] - 1} d: grade 1",
                f"{RUN_LOW[1]} to {RUN_LOW[2] - 1} d: grade 2",
                f">= {RUN_LOW[2]} d: grade 3",
                f"never {LOW.opposite} by day {LAST_DAY}: grade 4",
            ),
            _run_low,
            "length of neutropenia unknown",
        ),
        Item(
            "run_very_low",
            f"Longest run of neutrophils {VERY_LOW.text}",
            ("no week of severe neutropenia", "severe neutropenia of a week",
             "severe neutropenia of two weeks"),
            (
                f"0 to {RUN_VERY_LOW[0] - 1} d",
                f"{RUN_VERY_LOW[0]} to {RUN_VERY_LOW[1] - 1} d: grade 3",
                f">= {RUN_VERY_LOW[1]} d: grade 4",
            ),
            _run_very_low,
            "length of severe neutropenia unknown",
        ),
    ),
    probes=(_answers(),),
    tail=_tail,
    course=Course(counts=True, spells=_spells),
    notes=(
        f"Days are calendar days from the infusion, day 0 to {LAST_DAY}; the lowest count of a day "
        "counts. With two infusions, days count from the later one.",
        f"Gaps of at most {INTERPOLATED_GAP} d are filled by a straight line, rounded to "
        f"{ROUNDED_TO} per uL; a censored count enters with its bound. Longer gaps, and days after "
        "the last count, are unknown.",
        f"Recoveries of at most {JOINED_GAP} d do not end a run and count in it, for both limits.",
        f"Days before the first count do not count where it was drawn by day {LATEST_START} "
        "(project choice).",
        f"A run that begins by day {LATEST_START} and is open at the last count is grade 4 where "
        "death or the end of follow-up is recorded; without it, the grade of the days that are "
        "known is the lower bound.",
        f"Before day {LAST_DAY} the grade counts what has happened so far and can still rise.",
    ),
    tags=("CAR-T", "hematotoxicity"),
    other_sources=(
        Source("Automated ICAHT grading, public code", "", "emilyliangmd/automatedicahtgrading"),
    ),
)  # fmt: skip
