"""Values by calendar day for many looks at once: each day is worked out once, not for each look.

A look that sees every row up to its own time sees whole days but for the first and the last of its
stretch. What it says of them follows from sums over the rows, and costs the same however long the
stretch is. Looks before which something is known late, or corrected, are left to be read one by
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.chart import Bools, Floats, Ints, Series, ticks
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, Rows, Spread, Truths
from equipoise.record import SAME_TIME

_BITS = 44
NEVER = np.iinfo(np.int64).max
"""A `key` that no row has: what never comes."""


def last_rows(looks: Looks, series: Series, until: Floats | None = None) -> tuple[Ints, Bools]:
    """For each look the last row by time (-1: none), and whether it sees every row up to it.

    until  rows after this are not asked for
    """
    start = series.start[looks.record]
    at = looks.at if until is None else np.minimum(until, looks.at)
    last = looks.place(series, at) - 1
    last[last < start] = -1
    whole = np.ones(len(looks), dtype=np.bool_)
    if not series.plain and series.rows:
        if "latest" not in series.cache:
            block = series.row_blocks() << _BITS
            latest = np.maximum.accumulate(block + ticks(series.known[:-1]))
            # Negative, so that the earliest is the highest and each record begins anew.
            earliest = np.maximum.accumulate(block - ticks(series.gone[:-1]))
            series.cache["latest"], series.cache["earliest"] = latest, earliest
        base = series.block[looks.record] << _BITS
        by = ticks(looks.known + SAME_TIME)
        whole = series.cache["latest"][last] < base + by - 1
        whole &= series.cache["earliest"][last] < base - by - 1
        whole |= last < 0
    return last, whole


def last_of_own(looks: Looks, *series: Series) -> tuple[Ints, Bools]:
    """`last_rows` of the first of some series, where every one is seen whole; nowhere in a chart of
    hypothetical records, which share the rows of one.
    """
    own = np.arange(looks.chart.records)
    seen = [last_rows(looks, each) for each in series]
    whole = np.full(len(looks), all(np.array_equal(s.block, own) for s in series))
    for _, each in seen:
        whole &= each
    return seen[0][0], whole


def rounds(block: Ints, parameters: Sequence[NDArray[Any]]) -> Iterator[Ints]:
    """Looks in groups in which all looks at one record have the same parameters."""
    size = len(block)
    if not size:
        return
    columns = [block, *(_whole_numbers(p) for p in parameters)]
    same_record = block[1:] == block[:-1]
    risen = block[1:] >= block[:-1]
    alike = np.ones(size - 1, dtype=np.bool_)
    for column in columns[1:]:
        alike &= column[1:] == column[:-1]
    if bool(np.all(risen)) and not bool(np.any(same_record & ~alike)):
        yield np.arange(size, dtype=np.int64)
        return
    distinct, group = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    first = np.searchsorted(distinct[:, 0], distinct[:, 0], side="left")
    rank = (np.arange(len(distinct)) - first)[group.reshape(-1)]
    for number in range(int(rank.max()) + 1):
        yield np.flatnonzero(rank == number)


def _whole_numbers(values: NDArray[Any]) -> Ints:
    """Numbers that are equal where these are, not-a-numbers included."""
    if values.dtype.kind != "f":
        return values.astype(np.int64)
    return np.ascontiguousarray(values + 0.0).view(np.int64)


@dataclass(slots=True)
class Days:
    """The rows of some records from a time on, by record and calendar day.

    spread   the rows, each with a look that stands for all looks at its record
    number   of the day of each row, rising over records and days
    begin    of each day, its first row in `spread`; one more than days
    """

    spread: Spread
    number: Ints
    begin: Ints
    day: Ints
    block: Ints
    _places: Ints | None = None

    @property
    def count(self) -> int:
        """How many days."""
        return len(self.begin) - 1

    def place(self, row: Ints) -> Ints:
        """Where some of the rows stand in `spread`."""
        own = self.spread.row
        if self._places is None:
            self._places = np.zeros(int(own[-1] - own[0]) + 1, dtype=np.int64)
            self._places[own - own[0]] = np.arange(len(own))
        found: Ints = self._places[row - own[0]]
        return found


def days_from(looks: Looks, series: Series, which: Ints, since: Floats) -> Days:
    """Days of the records of some looks, from `since` of each; one `since` for each record."""
    block = series.block[looks.record[which]]
    start, stop = series.start[looks.record[which]], series.stop[looks.record[which]]
    low, high = int(start.min()), int(stop.max())
    row_block = series.row_blocks()[low:high]
    of_block = np.full(int(max(row_block[-1], block.max())) + 1, -1, dtype=np.int64)
    of_block[block] = which
    row = np.arange(low, high, dtype=np.int64)
    look = of_block[row_block]
    begin = (row_block << _BITS) + ticks(since)[look]
    kept = (look >= 0) & (series.key[low:high] >= begin)
    if not kept.all():
        row, look, row_block = row[kept], look[kept], row_block[kept]
    day = looks.chart.row_days(series)[row]
    new = np.ones(len(row), dtype=np.bool_)
    new[1:] = (day[1:] != day[:-1]) | (row_block[1:] != row_block[:-1])
    starts = np.flatnonzero(new)
    return Days(
        Spread(series, look, row, len(looks)), np.cumsum(new) - 1,
        np.append(starts, len(row)).astype(np.int64), day[starts], row_block[starts],
    )  # fmt: skip


def _sums(wanted: Bools) -> Ints:
    return np.concatenate(([0], np.cumsum(wanted))).astype(np.int64)


class Highest:
    """The highest truth of any stretch of rows, both ends included; not met for an empty one."""

    def __init__(self, truth: Truths) -> None:
        self.open, self.met = _sums(truth >= UNKNOWN), _sums(truth == MET)

    def __call__(self, first: Ints, last: Ints) -> Truths:
        stop = np.minimum(np.maximum(last + 1, first), len(self.met) - 1)
        found = (self.open[stop] > self.open[first]).astype(np.int8)
        found += self.met[stop] > self.met[first]
        return found


def on_two_days(
    looks: Looks,
    series: Series,
    since: Floats,
    begin: Floats,
    of: Callable[[Spread], Truths],
    parameters: Sequence[NDArray[Any]] = (),
) -> tuple[Truths, Ints]:
    """Whether a feature was there on two days in a row of those that have a value, the worst value
    of a day standing for it; one day alone cannot settle it unless the feature was absent then.

    since       values before this do not count, for each look
    begin       not after `since`; what `of` asks of earlier values begins here
    of          the truth of each row, from the look it stands with
    parameters  what else `of` takes from a look
    Gives the truths, and the looks that are left over.
    """
    found = np.full(len(looks), UNKNOWN, dtype=np.int8)
    if not series.rows:
        return found, np.zeros(0, dtype=np.int64)
    last, whole = last_rows(looks, series)
    first = np.searchsorted(
        series.key, (series.block[looks.record] << _BITS) + ticks(since), side="left"
    )
    first = np.maximum(first, series.start[looks.record])
    some = np.flatnonzero(whole & (last >= first))
    of_some = [begin[some], *(p[some] for p in parameters)]
    for group in rounds(series.block[looks.record[some]], of_some):
        which = some[group]
        days = days_from(looks, series, which, begin)
        start, stop = (days.place(each[which]) for each in (first, last))
        found[which] = _best_pair(days, of(days.spread), start, stop)
    return found, np.flatnonzero(~whole)


def _best_pair(days: Days, truth: Truths, start: Ints, stop: Ints) -> Truths:
    """The better of neighboring days' worst, from one row to another."""
    highest = Highest(truth)
    full = highest(days.begin[:-1], days.begin[1:] - 1)
    pair = np.minimum(full[:-1], full[1:])
    pairs = Highest(pair)
    one, other = days.number[start], days.number[stop]
    alone = one == other
    before = highest(start, np.minimum(days.begin[one + 1] - 1, stop))
    after = highest(np.maximum(days.begin[other], start), stop)
    second, third = np.minimum(one + 1, other), np.maximum(other - 1, one)
    next_ = np.where(second == other, after, full[second])
    previous = np.where(third == one, before, full[third])
    best = np.maximum(np.minimum(before, next_), np.minimum(previous, after))
    # Pairs of whole days: from the second day to the last but one.
    inner = pairs(np.minimum(one + 1, len(pair)), np.maximum(other - 2, one))
    best = np.where(other - one > 2, np.maximum(best, inner), best)
    result: Truths = np.where(alone, np.minimum(before, UNKNOWN), best).astype(np.int8)
    return result


@dataclass(slots=True)
class Rise:
    """The first so many calendar days in a row on which a truth holds, after a day on which it does
    not; -1 where there are none.

    low   the last row of the last day before on which it does not hold
    held  the last rows of those days that a look sees, in their order
    """

    low: Ints
    held: tuple[Ints, ...]


def first_rise(
    looks: Looks, series: Series, since: Floats, days: int, of: Callable[[Rows], Truths]
) -> tuple[Rise, Ints]:
    """The first rise since a time, the lowest truth of a day standing for it.

    Gives the rise, and the looks that are left over.
    """
    low, *held = (np.full(len(looks), -1, dtype=np.int64) for _ in range(days + 1))
    found = Rise(low, tuple(held))
    if not series.rows:
        return found, np.zeros(0, dtype=np.int64)
    last, whole = last_rows(looks, series)
    base = series.block[looks.record] << _BITS
    some = np.flatnonzero(whole & (last >= 0) & (series.key[last] >= base + ticks(since)))
    for group in rounds(series.block[looks.record[some]], [since[some]]):
        _rise(looks, series, some[group], since, of, last, found)
    return found, np.flatnonzero(~whole)


def _rise(
    looks: Looks, series: Series, which: Ints, since: Floats, of: Callable[[Rows], Truths],
    last: Ints, found: Rise,
) -> None:  # fmt: skip
    days = days_from(looks, series, which, since)
    row, begin = days.spread.row, days.begin
    truth = of(Rows(series, row))
    lowest = np.minimum.reduceat(truth, begin[:-1])
    # The last row of a day that is as low as the lowest.
    place = np.where(truth == lowest[days.number], np.arange(len(row)), -1)
    chosen = np.maximum.reduceat(place, begin[:-1])
    number = np.arange(days.count)
    new = np.ones(days.count, dtype=np.bool_)
    new[1:] = days.block[1:] != days.block[:-1]
    own = np.maximum.accumulate(np.where(new, number, 0))
    dropped = np.maximum.accumulate(np.where(lowest == NOT_MET, number, -1))
    # A day that can be one of the run: it holds, and one before it in the record does not.
    ready = (lowest == MET) & (dropped >= own)
    next_day = np.zeros(days.count, dtype=np.bool_)
    next_day[1:] = ~new[1:] & (days.day[1:] == days.day[:-1] + 1) & ready[:-1]
    begins = np.maximum.accumulate(np.where(ready & ~next_day, number, 0))
    run = np.where(ready, number - begins + 1, 0)
    size = len(found.held)
    # The days before this one are a run that lacks just one.
    follows = np.ones(days.count, dtype=np.bool_)
    if size > 1:
        follows[0] = False
        follows[1:] = next_day[1:] & (run[:-1] >= size - 1)
    # The first run of each record, by its last day.
    far = days.count
    earliest = np.full(int(days.block.max(initial=0)) + 1, far, dtype=np.int64)
    last_days = np.flatnonzero(run >= size)[::-1]
    earliest[days.block[last_days]] = last_days
    stop = days.place(last[which])
    today = days.number[stop]
    early = earliest[series.block[looks.record[which]]]
    done = early < today
    lows = _sums(truth < MET)
    now = ~done & follows[today] & (lows[stop + 1] == lows[begin[today]])
    for here, final, of_final in (
        (done, early, chosen[np.minimum(early, far - 1)]),
        (now, today, stop),
    ):
        into = which[here]
        first = final[here] - (size - 1)
        found.low[into] = row[chosen[dropped[first]]]
        for step in range(size - 1):
            found.held[step][into] = row[chosen[first + step]]
        found.held[-1][into] = row[of_final[here]]


def two_lowest(
    looks: Looks, series: Series, since: Floats, until: Floats
) -> tuple[Rows, Rows, Ints]:
    """The rows with the lowest and the second lowest number from one time to another, the first of
    equals; none where there is none.

    Gives both, and the looks that are left over.
    """
    none = np.full(len(looks), -1, dtype=np.int64)
    lowest, second = Rows(series, none), Rows(series, none.copy())
    if not series.rows:
        return lowest, second, np.zeros(0, dtype=np.int64)
    last, whole = last_rows(looks, series, until)
    base = series.block[looks.record] << _BITS
    some = np.flatnonzero(whole & (last >= 0) & (series.key[last] >= base + ticks(since)))
    for group in rounds(series.block[looks.record[some]], [since[some]]):
        which = some[group]
        days = days_from(looks, series, which, since)
        row, size = days.spread.row, len(days.spread.row)
        # By number, then by time; each record below the one before, so that one minimum serves all.
        order = ranks(series)[series.code[row]] * size + np.arange(size)
        step = (len(series.values) + 2) * size
        new = np.append(True, days.spread.look[1:] != days.spread.look[:-1])
        offset = (len(row) - np.cumsum(new)) * step
        best = np.minimum.accumulate(order + offset)
        before = np.where(new, offset + step - 1, np.roll(best, 1))
        next_best = np.minimum.accumulate(np.maximum(order + offset, before))
        stop = days.place(last[which])
        lowest.index[which] = row[(best - offset)[stop] % size]
        runner_up = (next_best - offset)[stop]
        second.index[which] = np.where(runner_up == step - 1, -1, row[runner_up % size])
    return lowest, second, np.flatnonzero(~whole)


def highest_before(looks: Looks, now: Rows, since: Floats) -> tuple[Rows, Ints]:
    """The row with the highest number from a time to the day before that of another row, the first
    of equals; none where there is none.

    now  a row that each look sees, or none
    Gives the rows, and the looks that are left over.
    """
    series = now.series
    found = Rows(series, np.full(len(looks), -1, dtype=np.int64))
    if not series.rows:
        return found, np.zeros(0, dtype=np.int64)
    _, whole = last_rows(looks, series)
    base = series.block[looks.record] << _BITS
    first = np.searchsorted(series.key, base + ticks(since), side="left")
    first = np.maximum(first, series.start[looks.record])
    if "day begins" not in series.cache:
        day, block = looks.chart.row_days(series), series.row_blocks()
        new = np.append(True, (day[1:] != day[:-1]) | (block[1:] != block[:-1]))
        begins = np.maximum.accumulate(np.where(new, np.arange(series.rows), 0))
        series.cache["day begins"] = begins
    after = series.cache["day begins"][now.index]
    some = np.flatnonzero(whole & now.there & (after > first))
    # Stretches in the order in which they begin: what lies between two is passed over once.
    some = some[np.argsort(first[some], kind="stable")]
    if len(some):
        size = series.rows
        # By number, the first of equals above the others.
        order = ranks(series)[series.code[:-1]] * size + np.arange(size)[::-1]
        ends = np.stack((first[some], after[some]), axis=1).reshape(-1)
        found.index[some] = size - 1 - np.maximum.reduceat(order, ends)[::2] % size
    return found, np.flatnonzero(~whole)


def ranks(series: Series) -> Ints:
    """The rank of each distinct value by its number, and last that of no value."""
    if "ranks" not in series.cache:
        _, rank = np.unique(series.numbers(), return_inverse=True)
        series.cache["ranks"] = rank.reshape(-1).astype(np.int64)
    result: Ints = series.cache["ranks"]
    return result


@dataclass(slots=True)
class Stretches:
    """Runs of so many neighboring days with values, on each of which a truth holds, by record.

    look   of each run, one that stands for all looks at its record
    day    of the first day
    row    (days, runs) of each day its last row of those as low as its lowest
    low    the last such row of a day before on which the truth does not hold; -1: none
    after  `key` of the first row of a later day; NEVER where the record has none
    """

    look: Ints
    day: Ints
    row: Ints
    low: Ints
    after: Ints


def stretches(
    looks: Looks,
    series: Series,
    which: Ints,
    since: Floats,
    size: int,
    of: Callable[[Rows], Truths],
    last: Ints,
) -> tuple[Stretches, Stretches]:
    """Runs of `size` neighboring days with values since a time: those of whole days for the records
    of some looks, and for each look itself the one that ends on the day of its last row.

    which  looks that see every row up to `last`; one `since` for each record
    """
    days = days_from(looks, series, which, since)
    row, begin, count = days.spread.row, days.begin, days.count
    truth = of(Rows(series, row))
    lowest = np.minimum.reduceat(truth, begin[:-1])
    # The last row of a day that is as low as the lowest.
    place = np.where(truth == lowest[days.number], np.arange(len(row)), -1)
    chosen = row[np.maximum.reduceat(place, begin[:-1])]
    number = np.arange(count)
    new = np.ones(count, dtype=np.bool_)
    new[1:] = days.block[1:] != days.block[:-1]
    own = np.maximum.accumulate(np.where(new, number, 0))
    fell = np.maximum.accumulate(np.where(lowest == NOT_MET, number, -1))
    begins = np.maximum.accumulate(np.where((lowest != MET) | new, number + (lowest != MET), 0))
    # How many days up to each, itself included, hold without a break.
    held = number - begins + 1

    def made(look: Ints, first: Ints, final: Ints, after: Ints) -> Stretches:
        rows = np.stack([*(chosen[first + step] for step in range(size - 1)), final])
        low = np.where(fell[first] >= own[first], chosen[fell[first]], -1)
        return Stretches(look, days.day[first], rows, low, after)

    end = np.flatnonzero(held >= size)
    next_row = np.append(series.key[row[begin[1:-1]]], NEVER) if count else begin[:0]
    over = np.where(np.append(new[1:], True), NEVER, next_row)
    whole = made(days.spread.look[begin[end]], end - (size - 1), chosen[end], over[end])
    stop = days.place(last[which])
    today = days.number[stop]
    lows = _sums(truth < MET)
    ready = np.full(len(which), size == 1)
    if size > 1:
        ready = (today - own[today] >= size - 1) & (held[today - 1] >= size - 1)
    ready &= lows[stop + 1] == lows[begin[today]]
    now = np.flatnonzero(ready)
    here = made(which[now], today[now] - (size - 1), last[which[now]], series.key[last[which[now]]])
    return whole, here


def first_by(looks: Looks, which: Ints, block: Ints, since: Ints, group: Ints) -> Ints:
    """For each of some looks the first of things of its record that has come by then; -1: none.

    block  of each thing, in the order in which the first is wanted
    since  `key` from which each counts
    group  of each of the looks, the block of its record
    """
    found = np.full(len(which), -1, dtype=np.int64)
    if not len(block):
        return found
    order = np.lexsort((since, block))
    first = np.append(True, block[order][1:] != block[order][:-1])
    # One minimum serves all records: each stands below the one before.
    offset = (len(order) - np.cumsum(first)) * len(order)
    best = np.minimum.accumulate(order + offset) - offset
    by = (group << _BITS) + ticks(looks.at[which] + SAME_TIME)
    place = np.searchsorted(since[order], by, side="right") - 1
    there = place >= 0
    there &= block[order][place] == group
    found[there] = best[place[there]]
    return found
