"""Early hematotoxicity of immune effector cells (ICAHT, days 0 to 30), EHA/EBMT consensus 2023."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from itertools import pairwise

from equipoise import units
from equipoise.criteria.crs_astct2019 import NO_INFUSION
from equipoise.criterion import (
    Criterion,
    Effort,
    Item,
    Limit,
    Look,
    Probe,
    Reading,
    bands,
    car_infusion,
    look_at,
    reading,
)
from equipoise.grading import with_entries
from equipoise.record import Finding, Measurement, Record
from equipoise.source import Source, Standing

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

Days = list[tuple[int, int]]
"""For each day the lowest and highest possible depth: 0 above 500, 1 at most 500, 2 at most 100."""


@dataclass(frozen=True, slots=True)
class Course:
    """Days since the infusion as far as they have happened, day 0 first.

    depths    lowest and highest possible depth of each day
    unknown   days without a count that were not interpolated
    measured  days with a count
    closed    the window is over, or follow-up is, so that nothing more can come
    ended_by  the death or the end of follow-up that closed it, or None
    """

    depths: Days
    unknown: tuple[int, ...]
    measured: tuple[int, ...]
    closed: bool
    ended_by: Finding | None
    events: tuple[Measurement, ...]


def longest_run(low: Sequence[bool]) -> int:
    """Days of the longest run, recoveries of at most two days joined and counted.

    Source  the public code of the Fred Hutch group for automated ICAHT grading.
    """
    return max((last - first + 1 for first, last in _runs(low)), default=0)


def _runs(low: Sequence[bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for day, is_low in enumerate(low):
        if not is_low:
            continue
        if runs and day - runs[-1][1] - 1 <= JOINED_GAP:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def course(look: Look) -> Course:
    """What is known about each day since the infusion; call only where there was one."""
    if "course" not in look.memo:
        look.memo["course"] = _course(look)
    found = look.memo["course"]
    assert isinstance(found, Course)
    return found


def _course(look: Look) -> Course:
    record = look.record
    infusion = car_infusion(record, look.at)
    assert infusion is not None
    day0 = record.calendar_day(infusion)
    today = record.calendar_day(look.at) - day0
    ended = _end_of_follow_up(look)
    counts: dict[int, list[Measurement]] = {}
    for count in record.measurements("neutrophils", end=look.at):
        day = record.calendar_day(count.at) - day0
        if -INTERPOLATED_GAP - 1 <= day <= LAST_DAY:
            counts.setdefault(day, []).append(count)
    over = look.at >= record.day_end(today + day0) or ended is not None
    # A day that is not over is not missing its count, unless there is no count at all.
    happened = over or today in counts or not counts
    last = min(today if happened else today - 1, LAST_DAY)
    known = {day: _deepest(found) for day, found in counts.items()}
    known |= _interpolated(counts)
    measured = tuple(day for day in sorted(counts) if day >= 0)
    first = measured[0] if measured else math.inf
    depths, unknown = [], []
    for day in range(last + 1):
        if day in known:
            depths.append(known[day])
        elif day < first <= LATEST_START:
            depths.append((0, 0))
        else:
            depths.append((0, 2))
            unknown.append(day)
    events = tuple(m for day in sorted(counts) for m in counts[day])
    closed = today > LAST_DAY or (today == LAST_DAY and last == LAST_DAY) or ended is not None
    return Course(depths, tuple(unknown), measured, closed, ended, events)


def _end_of_follow_up(look: Look) -> Finding | None:
    for name in ("death", "last_follow_up"):
        for finding in look.record.findings(name, end=look.at):
            if finding.value not in (False, None):
                return finding
    return None


def _deepest(found: Sequence[Measurement]) -> tuple[int, int]:
    each = [bands(m.value, DEPTHS) for m in found]
    return max(min(b) for b in each), max(max(b) for b in each)


def _interpolated(counts: Mapping[int, Sequence[Measurement]]) -> dict[int, tuple[int, int]]:
    numbers = {
        day: min(units.convert(m.value.number, m.value.unit, "/uL") for m in found)
        for day, found in counts.items()
    }
    filled: dict[int, tuple[int, int]] = {}
    days = sorted(numbers)
    for start, end in pairwise(days):
        if end - start - 1 > INTERPOLATED_GAP:
            continue
        for day in range(start + 1, end):
            share = Decimal(day - start) / Decimal(end - start)
            number = numbers[start] + (numbers[end] - numbers[start]) * share
            tens = (number / ROUNDED_TO).quantize(Decimal(1), ROUND_HALF_EVEN)
            value = units.Quantity(tens * ROUNDED_TO, "/uL", "", "")
            depth = max(bands(value, DEPTHS))
            filled[day] = (depth, depth)
    return filled


def _never_recovered(known: Course) -> tuple[bool, bool]:
    """Whether the counts surely, and possibly, never rose above the first limit by day 30."""
    if not known.closed or not known.measured:
        return False, known.closed
    last = known.measured[-1]
    possible = _spans([high >= 1 for _, high in known.depths], len(known.depths) - 1)
    if known.ended_by is not None:
        return _spans([low >= 1 for low, _ in known.depths[: last + 1]], last), possible
    return _spans([low >= 1 for low, _ in known.depths], len(known.depths) - 1), possible


def _spans(low: Sequence[bool], last: int) -> bool:
    runs = _runs(low)
    return bool(runs) and runs[-1][0] <= LATEST_START and runs[-1][1] == last


def _run_low(look: Look) -> Reading:
    known = course(look)
    shortest = _steps(longest_run([low >= 1 for low, _ in known.depths]), RUN_LOW)
    longest = _steps(longest_run([high >= 1 for _, high in known.depths]), RUN_LOW)
    surely, possibly = _never_recovered(known)
    classes = {4} if surely else set(range(shortest, longest + 1)) | ({4} if possibly else set())
    ended = (known.ended_by,) if surely and known.ended_by is not None else ()
    return reading(classes, (*known.events, *ended), ("neutrophils",))


def _run_very_low(look: Look) -> Reading:
    known = course(look)
    shortest = _steps(longest_run([low >= 2 for low, _ in known.depths]), RUN_VERY_LOW)
    longest = _steps(longest_run([high >= 2 for _, high in known.depths]), RUN_VERY_LOW)
    return reading(range(shortest, longest + 1), known.events, ("neutrophils",))


def _steps(days: int, starts: Sequence[int]) -> int:
    return sum(days >= start for start in starts)


def combine(classes: Sequence[int]) -> int:
    """Run at or below 500, run at or below 100 -> grade: the worse."""
    low, very_low = classes
    return max(low, (0, 3, 4)[very_low])


def _applies(look: Look) -> str:
    return "" if car_infusion(look.record, look.at) is not None else NO_INFUSION


def _tail(look: Look, readings: Mapping[str, Reading]) -> str:
    del readings
    known = course(look)
    runs = [longest_run([low >= depth for low, _ in known.depths]) for depth in (1, 2)]
    text = f"longest run {LOW.text} {runs[0]} d, {VERY_LOW.text} {runs[1]} d"
    if known.unknown:
        text += f", {len(known.unknown)} d without a count"
    if not known.closed:
        text += f"; so far, day {len(known.depths) - 1} of {LAST_DAY}"
        still = _runs([low >= 1 for low, _ in known.depths])
        if still and still[-1][1] == len(known.depths) - 1:
            text += ", still low"
    return text


def _on_unknown_days(count: str, record: Record, t: float) -> Record:
    look = look_at(ICAHT_EARLY, record, t)
    infusion = car_infusion(record, t)
    if infusion is None:
        return record
    day0 = record.calendar_day(infusion)
    for day in course(look).unknown:
        record = with_entries(record, min(record.day_end(day0 + day), t), (("neutrophils", count),))
    return record


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
    applies=_applies,
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
