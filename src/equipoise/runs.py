"""Counts by calendar day since an infusion, and the runs of days at or below a limit.

A day that has no count is filled by a straight line where the gap is short, unknown where it is
not. Days are held as matrices of days by looks: for each day the lowest and the highest depth
that it can have, that is how many of the limits, the shallowest first, its count meets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from equipoise.chart import Bools, Floats, Ints, Series, ticks
from equipoise.criterion import Spell
from equipoise.daybook import days_from, last_rows, rounds
from equipoise.looks import MET, NOT_MET, Looks, Rows, Spread
from equipoise.truth import Because, Limit

Depths = NDArray[np.int8]

_BITS = 44


@dataclass(slots=True)
class Rules:
    """How days are counted.

    limits        shallowest first, at most six, in the unit of `per_canonical`
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
    """Days since the infusion as far as they have happened: matrices of days by looks.

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
    find_counts: Callable[[], Spread]

    @property
    def counts(self) -> Spread:
        """All counts used, look by look."""
        return self.find_counts()


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
    period = _Period(day0, before, rules.last - before + 1, has)
    low, high, has_count = _depths(looks, period, rules)
    width, size = has_count.shape
    any_count = has_count.any(axis=0)

    over = (looks.at >= chart.day_end(looks.record, today + day0)) | ended.there
    in_period = np.minimum(np.maximum(today - before, 0), width - 1)
    counted_today = (
        has_count[in_period, np.arange(size)] & (today >= before) & (today <= rules.last)
    )
    last = np.minimum(np.where(over | counted_today | ~any_count, today, today - 1), rules.last)
    closed = (today > rules.last) | ((today == rules.last) & (last == rules.last)) | ended.there

    skip = rules.first - before
    low, high, measured = low[skip:], high[skip:], has_count[skip:]
    number_of = np.arange(len(measured), dtype=np.int16)[:, None]
    stop = np.maximum(last - rules.first + 1, 0)
    happened = number_of < stop.astype(np.int16)
    unknown = high < 0
    if early >= 0:
        first = np.where(measured, number_of, np.int16(width)).min(axis=0)
        unknown &= number_of >= np.where(first <= early, first, np.int16(0))
    unknown &= happened
    # Of a day without a count nothing is known, but for those before an early first count.
    low = np.maximum(low, 0) * happened
    high = np.where(unknown, np.int8(len(rules.limits)), np.maximum(high, 0) * happened)
    counts = cache(lambda: _counted(looks, period, rules)[0])
    return Days(low, high, measured & happened, unknown, stop, closed & has, ended, day0, counts)


@dataclass(slots=True)
class _Period:
    """Days of each look: from `before` on, so many, of those that have an infusion."""

    day0: Ints
    before: int
    width: int
    has: Bools

    def some(self, which: Ints) -> _Period:
        return _Period(self.day0[which], self.before, self.width, self.has[which])

    def ends(self, looks: Looks) -> tuple[Floats, Floats]:
        """Hours after which rows are looked for, and up to which."""
        chart = looks.chart
        since = chart.day_end(looks.record, self.day0 + self.before - 1)
        return since, chart.day_end(looks.record, self.day0 + self.before + self.width - 1)


def _counted(looks: Looks, period: _Period, rules: Rules) -> tuple[Spread, Ints]:
    """The counts of the period that each look sees, and their places among its days."""
    series = looks.chart.named(rules.name)
    counts = looks.between(series, *period.ends(looks))
    place = looks.chart.row_days(series)[counts.row] - period.day0[counts.look] - period.before
    kept = (place >= 0) & (place < period.width) & period.has[counts.look]
    return counts.where(kept), place[kept]


def _depths(looks: Looks, period: _Period, rules: Rules) -> tuple[Depths, Depths, Bools]:
    """Lowest and highest depth of days by looks, short gaps filled (-1: none), and which have a
    count.

    Days of a record are worked out once for all looks that see whole days of it.
    """
    packed = np.zeros((period.width, len(looks)), dtype=np.uint8)
    series = looks.chart.named(rules.name)
    if not series.rows:
        return _unpacked(packed)
    since, until = period.ends(looks)
    last, whole = last_rows(looks, series, until)
    base = series.block[looks.record] << _BITS
    some = np.flatnonzero(
        whole & period.has & (last >= 0) & (series.key[last] >= base + ticks(since))
    )
    left = ~whole & period.has
    for group in rounds(series.block[looks.record[some]], [since[some], period.day0[some]]):
        which = some[group]
        days = days_from(looks, series, which, since)
        place = days.day - period.day0[days.spread.look[days.begin[:-1]]] - period.before
        inside = (place >= 0) & (place < period.width)
        column = np.full(int(days.block.max()) + 1, -1, dtype=np.int64)
        blocks = np.unique(days.block)
        column[blocks] = np.arange(len(blocks))
        of_record = _by_day(
            series,
            days.spread.row,
            days.begin[:-1],
            np.where(inside, place, -1),
            column[days.block],
            (period.width, len(blocks)),
            rules,
        )
        row = days.place(last[which])
        number = days.number[row]
        ended = row + 1 == days.begin[number + 1]
        left[which[~ended]] = True
        which, number = which[ended], number[ended]
        until_day = np.minimum(place[number], period.width - 1).astype(np.int16)
        mine = column[series.block[looks.record[which]]]
        own = np.take(_packed(*of_record), mine, axis=1)
        own *= np.arange(period.width, dtype=np.int16)[:, None] <= until_day
        if len(which) == len(looks):
            packed = own
        else:
            packed[:, which] = own
    rest = np.flatnonzero(left)
    if len(rest):
        counts, place = _counted(looks.take(rest), period.some(rest), rules)
        if len(place):
            key = counts.look * period.width + place
            starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
            found = _by_day(
                series,
                counts.row,
                starts,
                place[starts],
                counts.look[starts],
                (period.width, len(rest)),
                rules,
            )
            packed[:, rest] = _packed(*found)
    return _unpacked(packed)


def _packed(low: Depths, high: Depths, has_count: Bools) -> NDArray[np.uint8]:
    """Three matrices as one, so that the days of a record are copied to its looks once; 0 stands
    for a day without anything.
    """
    packed = (low + 1).astype(np.uint8)
    packed |= (high + 1).astype(np.uint8) << 3
    packed |= has_count.astype(np.uint8) << 6
    return packed


def _unpacked(packed: NDArray[np.uint8]) -> tuple[Depths, Depths, Bools]:
    low, high = (packed & 7).view(np.int8), ((packed >> 3) & 7).view(np.int8)
    low -= 1
    high -= 1
    return low, high, packed >= 1 << 6


def _by_day(
    series: Series,
    row: Ints,
    starts: Ints,
    place: Ints,
    column: Ints,
    shape: tuple[int, int],
    rules: Rules,
) -> tuple[Depths, Depths, Bools]:
    """Rows as matrices of days by columns, the deepest of a day standing for it, gaps filled.

    starts  the first of `row` of each day; the next begins where it ends
    place   of each day in its column; -1 where it does not count
    """
    code = series.code[row]
    truths = np.array([series.truths(limit) for limit in rules.limits])
    least = (truths == MET).sum(axis=0).astype(np.int8)[code]
    most = (truths > NOT_MET).sum(axis=0).astype(np.int8)[code]
    kept = place >= 0
    where = (place[kept], column[kept])
    low: Depths = np.full(shape, -1, dtype=np.int8)
    high: Depths = np.full(shape, -1, dtype=np.int8)
    number: Floats = np.full(shape, np.inf)
    low[where] = np.maximum.reduceat(least, starts)[kept]
    high[where] = np.maximum.reduceat(most, starts)[kept]
    number[where] = np.minimum.reduceat(series.numbers()[code] * rules.per_canonical, starts)[kept]
    has_count = high >= 0
    _fill(low, high, number, has_count, rules)
    return low, high, has_count


def _fill(low: Depths, high: Depths, number: Floats, has_count: Bools, rules: Rules) -> None:
    """Short gaps by a straight line between the lowest counts of their two ends."""
    if not rules.filled:
        return
    width, size = number.shape
    far = width + rules.filled + 1
    next_day = np.full((width, size), far)
    next_number = np.zeros((width, size))
    day, value = np.full(size, far), np.zeros(size)
    for row in range(width - 1, -1, -1):
        here = has_count[row]
        next_day[row], next_number[row] = day, value
        day, value = np.where(here, row, day), np.where(here, number[row], value)
    bounds = [_line_bound(limit, rules.rounded_to) for limit in rules.limits]
    day, value = np.full(size, -far), np.zeros(size)
    for row in range(width):
        here = has_count[row]
        span = next_day[row] - day
        between = ~here & (span - 1 <= rules.filled) & (day >= 0) & (next_day[row] < width)
        if between.any():
            line = value * span + (next_number[row] - value) * (row - day)
            depth = np.zeros(size, dtype=np.int8)
            for bound, tie in bounds:
                gap = line - bound * span
                depth += (gap <= 1e-6) if tie else (gap < -1e-6)
            low[row] = np.where(between, depth, low[row])
            high[row] = np.where(between, depth, high[row])
        day, value = np.where(here, row, day), np.where(here, number[row], value)


def _line_bound(limit: Limit, rounded_to: int) -> tuple[float, bool]:
    """The number up to which a filled count, once rounded, meets a limit; whether a tie does."""
    steps = Decimal(limit.printed[0][0]) / rounded_to
    if limit.relation == "<":
        steps -= 1
    return float((steps + Decimal("0.5")) * rounded_to), int(steps) % 2 == 0


def bits(low: Bools) -> Ints:
    """Days as the bits of one number for each look, day 0 the lowest; at most 62 days."""
    found = np.zeros(low.shape[1], dtype=np.int64)
    for first in range(0, len(low), 8):
        # Eight days to a byte: narrow numbers are many at a time.
        byte = np.zeros(low.shape[1], dtype=np.uint8)
        for day, row in enumerate(low[first : first + 8]):
            byte |= row.view(np.uint8) << day
        found |= byte.astype(np.int64) << first
    return found


def joined(days: Ints, gap: int) -> Ints:
    """The days with recoveries of at most `gap` days, between two low ones, filled in."""
    filled = days.copy()
    for length in range(1, gap + 1):
        ends = days & (days >> (length + 1))
        for step in range(1, length + 1):
            filled |= ends << step
    return filled


def has_run(days: Ints, length: int) -> Bools:
    """Whether there are so many days in a row."""
    found, known = days, 1
    while known < length:
        step = min(known, length - known)
        found = found & (found >> step)
        known += step
    result: Bools = found != 0
    return result


def longest_run(days: int) -> int:
    """Days of the longest run in one row of bits."""
    longest = 0
    while days:
        days &= days >> 1
        longest += 1
    return longest


def spells(known: Days, number: int, *, first: int, gap: int) -> tuple[Spell, ...]:
    """The runs of days at or below the first limit of one look, recoveries of `gap` days joined.

    first  day of the first row
    """
    low, high = known.low[:, number], known.high[:, number]
    surely, possibly = (_filled(depth >= 1, gap) for depth in (low, high))
    found: list[Spell] = []
    for start, stop in _stretches(possibly):
        sure = [(a, b) for a, b in _stretches(surely) if a >= start and b <= stop]
        worst = int(max((low[a:b].max() for a, b in sure), default=0))
        found.append(
            Spell(
                (first + start, first + sure[0][0] if sure else None),
                (first + sure[-1][1] - 1 if sure else None, first + stop - 1),
                (max((b - a for a, b in sure), default=0), stop - start),
                (worst, int(high[start:stop].max())),
                stop == int(known.stop[number]),
            )
        )
    return tuple(found)


def _filled(days: Bools, gap: int) -> Bools:
    filled = days.copy()
    low = np.flatnonzero(days)
    for before, after in pairwise(low):
        if after - before - 1 <= gap:
            filled[before:after] = True
    return filled


def _stretches(days: Bools) -> list[tuple[int, int]]:
    """(first, after the last) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], days.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
