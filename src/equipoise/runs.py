"""Counts by calendar day since an infusion, and the runs of days at or below a limit.

A day that has no count is filled by a straight line where the gap is short, unknown where it is
not. Days are held as matrices of looks by days: for each day the lowest and the highest depth
that it can have, that is how many of the limits, the shallowest first, its count meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from equipoise.chart import Bools, Floats, Ints
from equipoise.looks import Looks, Rows, Spread
from equipoise.truth import Because, Limit, bands

Depths = NDArray[np.int8]


@dataclass(slots=True)
class Rules:
    """How days are counted.

    limits        shallowest first, in the unit of `per_canonical`
    first, last   days since the infusion that count, both included
    filled        gaps of at most so many days are filled by a straight line
    rounded_to    filled counts are rounded to this, half to even
    per_canonical numbers in the unit of the limits in one canonical unit
    """

    name: str
    limits: tuple[Limit, ...]
    first: int
    last: int
    filled: int
    rounded_to: int
    per_canonical: float


@dataclass(slots=True)
class Ending:
    """What ended follow-up: for each name the first event that says so.

    there  whether one is recorded
    key    equal where the same event ended it
    """

    rows: tuple[Rows, ...]
    there: Bools
    key: Ints

    def take(self, which: Ints) -> Ending:
        """Of some of the looks."""
        rows = tuple(Rows(r.series, r.index[which]) for r in self.rows)
        return Ending(rows, self.there[which], self.key[which])

    def at(self) -> Floats:
        """Hours of the first; inf where there is none."""
        times = [np.where(r.there, r.at, np.inf) for r in self.rows]
        found: Floats = np.minimum.reduce(times)
        return found

    def because(self, look: int) -> Because | None:
        """The event, that of the first name that has one."""
        return next((r.because(look) for r in self.rows if r.there[look]), None)


def ending(looks: Looks, names: Sequence[str]) -> Ending:
    """The first event of each name that is neither false nor unknown."""

    def said(value: object) -> bool:
        return value not in (False, None)

    rows = tuple(looks.first(looks.chart.named(name).only("said", said), None) for name in names)
    there = np.zeros(len(looks), dtype=np.bool_)
    key = np.zeros(len(looks), dtype=np.int64)
    for each in rows:
        there |= each.there
        key = key * 1_000_003 + each.index + 1
    return Ending(rows, there, key)


@dataclass(slots=True)
class Days:
    """Days since the infusion as far as they have happened: matrices of looks by days.

    low, high  lowest and highest possible depth
    measured   there is a count
    unknown    neither count nor line
    stop       days that have happened are those before it
    closed     the period is over, or follow-up is, so that nothing more can come
    ended      the death or end of follow-up that closed it
    day0       calendar day of the infusion
    counts     all counts used
    """

    low: Depths
    high: Depths
    measured: Bools
    unknown: Bools
    stop: Ints
    closed: Bools
    ended: Ending
    day0: Ints
    counts: Spread


def days_of(looks: Looks, infusion: Floats, ended: Ending, rules: Rules, *, early: int) -> Days:
    """What is known about each day; looks without an infusion get no days.

    ended  the event that ended follow-up, or none
    early  where the first count comes by this day, the days before it count as depth 0
    """
    chart = looks.chart
    has = ~np.isnan(infusion)
    day0 = chart.day(looks.record, np.where(has, infusion, 0.0))
    today = np.where(has, chart.day(looks.record, looks.at) - day0, -1)
    before = rules.first - rules.filled - 1
    series = chart.named(rules.name)
    since = chart.day_end(looks.record, day0 + before - 1)
    until = chart.day_end(looks.record, day0 + rules.last)
    counts = looks.between(series, since, until)
    day = chart.day(looks.record[counts.look], series.at[counts.row]) - day0[counts.look]
    kept = (day >= before) & (day <= rules.last) & has[counts.look]
    counts, day = counts.where(kept), day[kept]

    width = rules.last - before + 1
    size = len(looks)
    place = counts.look * width + (day - before)
    rows = Rows(series, counts.row)
    depth = rows.pick(("depths", rules.limits), lambda v: _depths(v, rules.limits), -1)
    low = np.full(size * width, -1, dtype=np.int8)
    high = np.full(size * width, -1, dtype=np.int8)
    number = np.full(size * width, np.inf)
    np.maximum.at(low, place, (depth // 16).astype(np.int8))
    np.maximum.at(high, place, (depth % 16).astype(np.int8))
    np.minimum.at(number, place, rows.number * rules.per_canonical)
    low, high, number = (m.reshape(size, width) for m in (low, high, number))
    has_count = high >= 0
    _fill(low, high, number, has_count, rules)

    over = looks.at >= chart.day_end(looks.record, today + day0)
    over |= ended.there
    in_period = np.minimum(np.maximum(today - before, 0), width - 1)
    counted_today = (
        has_count[np.arange(size), in_period] & (today >= before) & (today <= rules.last)
    )
    happened = over | counted_today | ~has_count.any(axis=1)
    last = np.minimum(np.where(happened, today, today - 1), rules.last)
    closed = (today > rules.last) | ((today == rules.last) & (last == rules.last)) | ended.there

    skip = rules.first - before
    low, high, measured = low[:, skip:], high[:, skip:], has_count[:, skip:]
    first = np.where(measured.any(axis=1), measured.argmax(axis=1), width)
    number_of = np.arange(measured.shape[1])
    empty = high < 0
    leading = (number_of < first[:, None]) & (first[:, None] <= early)
    low = np.where(empty, 0, low)
    high = np.where(empty, np.where(leading, 0, len(rules.limits)), high)
    stop = np.maximum(last - rules.first + 1, 0)
    outside = number_of >= stop[:, None]
    low[outside] = high[outside] = 0
    unknown = empty & ~leading & ~outside
    return Days(low, high, measured & ~outside, unknown, stop, closed & has, ended, day0, counts)


def _depths(value: object, limits: Sequence[Limit]) -> int:
    each = bands(value, limits)  # type: ignore[arg-type]
    return min(each) * 16 + max(each)


def _fill(low: Depths, high: Depths, number: Floats, has_count: Bools, rules: Rules) -> None:
    """Short gaps by a straight line between the lowest counts of their two ends."""
    size, width = number.shape
    next_day = np.full((size, width), width + rules.filled + 1, dtype=np.int64)
    next_number = np.zeros((size, width))
    day, value = np.full(size, width + rules.filled + 1), np.zeros(size)
    for column in range(width - 1, -1, -1):
        here = has_count[:, column]
        next_day[:, column], next_number[:, column] = day, value
        day, value = np.where(here, column, day), np.where(here, number[:, column], value)
    bounds = [_line_bound(limit, rules.rounded_to) for limit in rules.limits]
    day, value = np.full(size, -width - rules.filled), np.zeros(size)
    for column in range(width):
        here = has_count[:, column]
        span = next_day[:, column] - day
        between = ~here & (span - 1 <= rules.filled) & (day >= 0) & (next_day[:, column] < width)
        if between.any():
            line = value * span + (next_number[:, column] - value) * (column - day)
            depth = np.zeros(size, dtype=np.int8)
            for bound, tie in bounds:
                gap = line - bound * span
                depth += (gap <= 1e-6) if tie else (gap < -1e-6)
            low[:, column] = np.where(between, depth, low[:, column])
            high[:, column] = np.where(between, depth, high[:, column])
        day, value = np.where(here, column, day), np.where(here, number[:, column], value)


def _line_bound(limit: Limit, rounded_to: int) -> tuple[float, bool]:
    """The number up to which a filled count, once rounded, meets a limit; whether a tie does."""
    steps = Decimal(limit.printed[0][0]) / rounded_to
    if limit.relation == "<":
        steps -= 1
    return float((steps + Decimal("0.5")) * rounded_to), int(steps) % 2 == 0


@dataclass(slots=True)
class Runs:
    """Runs of days for each look: the longest, and the first and last day of the last one."""

    longest: Ints
    first: Ints
    last: Ints


def runs(is_low: Bools, joined: int) -> Runs:
    """Runs of low days; recoveries of at most `joined` days do not end one, and count in it."""
    size, width = is_low.shape
    first = np.full(size, -1, dtype=np.int64)
    last = np.full(size, -width - joined - 2, dtype=np.int64)
    longest = np.zeros(size, dtype=np.int64)
    for day in range(width):
        here = is_low[:, day]
        first = np.where(here & (day - last - 1 > joined), day, first)
        last = np.where(here, day, last)
        longest = np.where(here, np.maximum(longest, day - first + 1), longest)
    return Runs(longest, first, last)


def longest_run(low: Sequence[bool], joined: int) -> int:
    """Days of the longest run of one row of days."""
    return int(runs(np.array([low], dtype=np.bool_), joined).longest[0]) if len(low) else 0
