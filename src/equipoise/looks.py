"""Many looks at a chart at once: each at one record, at one time, with what was known by one time.

A look sees a row from the later of its time and the time it was known, until a correction was
known. Rows are found by a search over all looks together; those that come late are stepped over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise import names
from equipoise.chart import CELLS, Bools, Chart, Floats, Ints, Series, ticks
from equipoise.record import SAME_TIME
from equipoise.truth import Because, Limit, compare
from equipoise.units import Quantity

Truths = NDArray[np.int8]
"""0 not met, 1 unknown, 2 met."""
Masks = NDArray[np.uint8]
"""One bit for each class that is possible, the mildest first."""

NOT_MET, UNKNOWN, MET = 0, 1, 2

CAR_PRODUCTS = tuple(p.name for p in names.CELL_PRODUCTS.values() if p.kind == "car")
"""Cell products after which the criteria of immune effector cells apply."""

GRAFTS = ("graft",)
"""Cell products after which the criteria of transplantation apply."""

BASELINE_DAYS = 30
"""A baseline is the last value at or before the reference infusion, at most this old."""

_BITS = 44


@dataclass(slots=True, eq=False)
class Rows:
    """One row of a series for each look, or none (-1).

    What is read off the rows is kept with them: `index` stays as it is once they are read.
    """

    series: Series
    index: Ints
    _code: NDArray[np.int32] | None = field(default=None, init=False, repr=False)
    _at: Floats | None = field(default=None, init=False, repr=False)
    _number: Floats | None = field(default=None, init=False, repr=False)

    @property
    def there(self) -> Bools:
        """Whether there is one."""
        found: Bools = self.index >= 0
        return found

    @property
    def at(self) -> Floats:
        """Hours; -inf where there is none."""
        if self._at is None:
            self._at = _fixed(self.series.at[self.index])
        return self._at

    @property
    def code(self) -> NDArray[np.int32]:
        """Places of the values among the distinct ones; -1 where there is none."""
        if self._code is None:
            self._code = _fixed(self.series.code[self.index])
        return self._code

    @property
    def number(self) -> Floats:
        """In the canonical unit (the bound where censored); NaN where there is none."""
        if self._number is None:
            self._number = _fixed(self.series.numbers()[self.code])
        return self._number

    def truth(self, limit: Limit) -> Truths:
        """Whether the values meet a limit; unknown where there is none."""
        found: Truths = self.series.truths(limit)[self.code]
        return found

    def bands(self, limits: Sequence[Limit], spread: Sequence[int] = ()) -> Masks:
        """How many of the limits, mildest first, each value meets, as possible classes.

        spread  the class for each number of limits met; default: the number itself
        """
        steps = tuple(spread) or tuple(range(len(limits) + 1))
        key = ("bands", tuple(limits), steps)
        table = self.series.cache.get(key)
        if table is None:
            truths = np.array([self.series.truths(limit) for limit in limits])
            least, most = (truths == MET).sum(axis=0), (truths > NOT_MET).sum(axis=0)
            table = span_masks(steps)[least, most]
            self.series.cache[key] = table
        found: Masks = table[self.code]
        return found

    def judge(
        self, key: Hashable, of: Callable[[Any], int], absent: int = UNKNOWN
    ) -> NDArray[np.int8]:
        """A truth for each value, made once for each distinct one."""
        return self.pick(key, of, absent).astype(np.int8)

    def pick(self, key: Hashable, of: Callable[[Any], int], absent: int) -> NDArray[np.int16]:
        """A number for each value, made once for each distinct one; `absent` where there is none.

        key  names the function: one key, one function
        """
        found: NDArray[np.int16] = self.series.table(key, of, absent)[self.code]
        return found

    @property
    def holds(self) -> Truths:
        """Whether a yes/no finding holds; unknown where there is none."""
        return self.judge("holds", lambda value: MET if bool(value) else NOT_MET)

    def where(self, kept: Bools) -> Rows:
        """These rows for some looks, none for the others."""
        return Rows(self.series, np.where(kept, self.index, -1))

    def because(self, look: int, note: str = "") -> Because | None:
        """The reason at one look, or None."""
        return self.series.because(int(self.index[look]), note)

    def value(self, look: int) -> Any:
        """What was entered, at one look, or None."""
        row = int(self.index[look])
        return None if row < 0 else self.series.values[int(self.series.code[row])]


def _fixed(column: NDArray[Any]) -> NDArray[Any]:
    column.setflags(write=False)
    return column


@cache
def span_masks(classes: tuple[int, ...]) -> Masks:
    """Possible classes by the least and the greatest number of things met.

    classes  the class for 0, 1, ... things met
    """
    masks = np.zeros((len(classes), len(classes)), dtype=np.uint8)
    for least in range(len(classes)):
        for most in range(least, len(classes)):
            masks[least, most] = sum({1 << classes[n] for n in range(least, most + 1)})
    return masks


_LOWEST = np.array([0, *((m & -m).bit_length() - 1 for m in range(1, 256))], dtype=np.int64)
_HIGHEST = np.array([0, *(m.bit_length() - 1 for m in range(1, 256))], dtype=np.int64)
_OUTSIDE = 2**25
"""Beyond every table; the sum over all items of a criterion still fits half a number."""
_LOWER_HALF = 2**32 - 1
_NOT_YET = np.iinfo(np.int64).min


class Lookup:
    """A function of class indices over arrays of them: worked out once for each combination."""

    def __init__(self, function: Callable[[Sequence[int]], int], sizes: Sequence[int]) -> None:
        self.function = function
        self.sizes = tuple(sizes)
        steps = np.cumprod([1, *self.sizes[:0:-1]])[::-1]
        self.steps = [int(step) for step in steps]
        # How far each item moves the two places, by the mask of its possible classes: that of its
        # mildest in the lower half of a number, that of its worst in the upper. A mask that none
        # can have leads far outside.
        mask = np.arange(256)
        self.moves = [
            np.where(
                (mask == 0) | (mask >> size != 0),
                _OUTSIDE << 32,
                step * (_LOWEST + (_HIGHEST << 32)),
            )
            for step, size in zip(self.steps, self.sizes, strict=True)
        ]
        self.values = np.full(int(np.prod(self.sizes)), _NOT_YET, dtype=np.int64)

    def ends(self, possible: Sequence[Masks]) -> tuple[Ints, Ints]:
        """The function with every item at its mildest possible class, and at its worst."""
        place = self.moves[0][possible[0]]
        for moves, each in zip(self.moves[1:], possible[1:], strict=True):
            place += moves[each]
        return self._at(place & _LOWER_HALF), self._at(place >> 32)

    def _at(self, place: Ints) -> Ints:
        found: Ints = self.values[place]
        if len(found) and found.min() == _NOT_YET:
            for number in np.unique(place[found == _NOT_YET]):
                rest, row = int(number), []
                for step in self.steps:
                    index, rest = divmod(rest, step)
                    row.append(index)
                self.values[number] = self.function(row)
            found = self.values[place]
        return found


@dataclass(slots=True, eq=False)
class Spread:
    """All rows of some stretch of time for each look: `look` and `row`, look by look."""

    series: Series
    look: Ints
    row: Ints
    looks: int

    def where(self, kept: Bools) -> Spread:
        """Some of them."""
        return Spread(self.series, self.look[kept], self.row[kept], self.looks)

    def count(self, kept: Bools | None = None) -> Ints:
        """How many for each look."""
        look = self.look if kept is None else self.look[kept]
        return np.bincount(look, minlength=self.looks).astype(np.int64)

    def best(self, number: Floats, *, lowest: bool) -> Rows:
        """For each look the row with the lowest (highest) number; the first of equals."""
        index = np.full(self.looks, -1, dtype=np.int64)
        if len(self.look):
            starts = np.flatnonzero(np.append(True, self.look[1:] != self.look[:-1]))
            best = (np.minimum if lowest else np.maximum).reduceat(number, starts)
            group = np.repeat(best, np.diff(np.append(starts, len(self.look))))
            found = np.flatnonzero(number == group)
            look = self.look[found]
            first = np.append(True, look[1:] != look[:-1])
            index[look[first]] = self.row[found[first]]
        return Rows(self.series, index)


@dataclass(slots=True, eq=False)
class Looks:
    """Looks at a chart, as one criterion makes them.

    record   of each look, its number in the chart
    at       hours: nothing that happened later is seen
    known    hours: nothing that was known later is seen
    windows  observation name -> how old a value may be, hours
    start    values before this do not count (the infusion, where the criterion says so)
    shared   kept for all criteria that look at the same times
    memo     kept for the items of one criterion
    """

    chart: Chart
    record: Ints
    at: Floats
    known: Floats
    windows: Mapping[str, float] = field(default_factory=dict)
    start: Floats | None = None
    shared: dict[Hashable, Any] = field(default_factory=dict)
    memo: dict[Hashable, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.record)

    def through(self, windows: Mapping[str, float], start: Floats | None) -> Looks:
        """The same looks through the windows of a criterion."""
        return Looks(self.chart, self.record, self.at, self.known, windows, start, self.shared, {})

    def strict(self) -> Looks:
        """The same looks without charting conventions."""
        if "strict" not in self.shared:
            chart = replace(self.chart, silent={})
            self.shared["strict"] = Looks(chart, self.record, self.at, self.known)
        found: Looks = self.shared["strict"]
        return found

    def take(self, which: Any) -> Looks:
        """Some of the looks, without windows."""
        return Looks(self.chart, self.record[which], self.at[which], self.known[which])

    def some(self, which: Ints) -> Looks:
        """Some of the looks, through the same windows."""
        start = None if self.start is None else self.start[which]
        return replace(self.take(which), windows=self.windows, start=start)

    def keep(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Something made once for these looks."""
        if key not in self.memo:
            self.memo[key] = make()
        return self.memo[key]

    # --- rows -----------------------------------------------------------------------------

    def last(self, series: Series, at: Floats | None = None) -> Rows:
        """The last row seen, or the last at or before other times than the look's own."""
        if at is None:
            key = id(series)
            if key not in self.shared:
                # The series is kept with its rows: its identity is the key.
                self.shared[key] = (series, self._last(series, self.at))
            rows: Rows = self.shared[key][1]
            return rows
        return self._last(series, np.minimum(np.where(np.isnan(at), -np.inf, at), self.at))

    def _last(self, series: Series, at: Floats) -> Rows:
        if not series.rows:
            return Rows(series, np.full(len(self), -1, dtype=np.int64))
        start = series.start[self.record]
        index = self.place(series, at) - 1
        index[index < start] = -1
        if not series.plain:
            open_ = np.flatnonzero((index >= 0) & self._unseen(series, index, self.known))
            while len(open_):
                index[open_] -= 1
                index[open_[index[open_] < start[open_]]] = -1
                row = index[open_]
                open_ = open_[(row >= 0) & self._unseen(series, row, self.known[open_])]
        return Rows(series, index)

    def place(self, series: Series, at: Floats) -> Ints:
        """How many rows of all records stand at or before some times of the looks' records."""
        if at is not self.at:
            return np.searchsorted(series.key, self._key(series, at), side="right")
        # What is made of a series without leaving a row out has the same rows.
        kept = self.shared.get(("place", id(series.key)))
        if kept is None:
            found = np.searchsorted(series.key, self._key(series, at), side="right")
            kept = self.shared["place", id(series.key)] = (series.key, found)
        result: Ints = kept[1]
        return result

    def _key(self, series: Series, at: Floats) -> Ints:
        """`key` of the last row that may be seen at some times."""
        if at is not self.at:
            return (series.block[self.record] << _BITS) + ticks(at + SAME_TIME)
        # Series of one chart mostly share their blocks.
        kept = self.shared.get(("key", id(series.block)))
        if kept is None:
            if "ticks" not in self.shared:
                self.shared["ticks"] = ticks(at + SAME_TIME)
            found = (series.block[self.record] << _BITS) + self.shared["ticks"]
            kept = self.shared["key", id(series.block)] = (series.block, found)
        result: Ints = kept[1]
        return result

    def first(self, series: Series, since: Floats | None) -> Rows:
        """The first row seen at or after a time; from the beginning of the record for None."""
        if not series.rows:
            return Rows(series, np.full(len(self), -1, dtype=np.int64))
        start, stop = series.start[self.record], series.stop[self.record]
        # Nothing after the look is asked for, however much the record still holds.
        stop = np.minimum(stop, self.place(series, self.at))
        index = start.copy()
        if since is not None:
            wanted = (series.block[self.record] << _BITS) + ticks(since)
            index = np.maximum(np.searchsorted(series.key, wanted, side="left"), start)
        if not series.plain:
            open_ = np.flatnonzero(index < stop)
            open_ = open_[self._unseen(series, index[open_], self.known[open_])]
            while len(open_):
                index[open_] += 1
                open_ = open_[index[open_] < stop[open_]]
                open_ = open_[self._unseen(series, index[open_], self.known[open_])]
        return Rows(series, np.where(index < stop, index, -1))

    def between(self, series: Series, low: Floats, high: Floats | None = None) -> Spread:
        """All rows seen with low <= at <= high; high is at most the look's own time."""
        base = series.block[self.record] << _BITS
        first = np.searchsorted(series.key, base + ticks(low), side="left")
        last = self.place(series, self.at if high is None else np.minimum(high, self.at))
        first = np.maximum(first, series.start[self.record])
        count = np.maximum(np.minimum(last, series.stop[self.record]) - first, 0)
        look = np.repeat(np.arange(len(self), dtype=np.int64), count)
        row = np.arange(len(look), dtype=np.int64) + np.repeat(
            first - (np.cumsum(count) - count), count
        )
        if not series.plain:
            seen = ~self._unseen(series, row, self.known[look])
            look, row = look[seen], row[seen]
        return Spread(series, look, row, len(self))

    @staticmethod
    def _unseen(series: Series, row: Ints, known: Floats) -> Bools:
        by = known + SAME_TIME
        unseen: Bools = series.known[row] > by
        if series.corrected:
            unseen |= series.gone[row] <= by
        return unseen

    # --- observations ---------------------------------------------------------------------

    def of(self, name: str) -> Rows:
        """The last measurement or finding of a name within its window; a gap, by convention."""

        def current(series: Series) -> Rows:
            window = self.windows[name]
            key = ("current", id(series), window, id(self.start))
            kept = self.shared.get(key)
            if kept is None:
                rows = self.last(series)
                there = rows.at >= self.at - window if window < math.inf else rows.there
                if self.start is not None:
                    there = there & (rows.at >= self.start - SAME_TIME)
                kept = self.shared[key] = (series, self.start, rows.where(there))
            found: Rows = kept[2]
            return found

        def find() -> Rows:
            charted, *silent = (current(series) for series in self.chart.columns(name))
            for rows in silent:
                there = np.where(rows.there, rows.index + charted.series.rows, -1)
                joined = charted.series.and_silent(rows.series)
                return Rows(joined, np.where(charted.there, charted.index, there))
            return charted

        found: Rows = self.keep(("of", name), find)
        return found

    def baseline(self, name: str, reference: Floats) -> Rows:
        """The last value at or before the reference infusion, at most 30 days old."""

        # The reference is kept with what was found: its identity is the key.
        key = ("baseline", name, id(reference))
        if key not in self.shared:
            before = np.minimum(reference, self.at)
            rows = self.last(self.chart.named(name), before)
            rows = rows.where(rows.at >= before - BASELINE_DAYS * 24.0)
            self.shared[key] = (reference, rows)
        found: Rows = self.shared[key][1]
        return found

    def limit(self, name: str, end: str) -> Rows:
        """The laboratory's own limit, "low" or "high", from the last value that came with one."""
        return self.last(self.chart.named(name).ranges(end))

    # --- infusions ------------------------------------------------------------------------

    def infusion(self, products: Sequence[str] = CAR_PRODUCTS) -> Floats:
        """Hours of the last infusion of these products at or before each look; NaN: none.

        Where a record of the indication `cart` has no CAR-T infusion, day 0 is one.
        """
        key = ("infusion", tuple(products))
        if key not in self.shared:
            cells = self.chart.named(CELLS)
            wanted = cells.only(key, lambda event: event.product in products)
            given = wanted.only("given", lambda event: event.status not in ("planned", "held"))
            rows = self.last(given)
            found = np.where(rows.there, rows.at, math.nan)
            if tuple(products) == CAR_PRODUCTS:
                cart = self.chart.is_for(("cart",))[self.record] & (self.at >= -SAME_TIME)
                if cart.any():
                    none = ~self.any_known(wanted, self.known)
                    found = np.where(cart & none & ~rows.there, 0.0, found)
            self.shared[key] = found
        result: Floats = self.shared[key]
        return result

    def any_known(self, series: Series, known: Floats) -> Bools:
        """Whether any row is known by then, planned ones included."""
        ahead = Looks(self.chart, self.record, np.full(len(self), math.inf), known)
        # Rows ahead of the look are asked for: none of them is plain.
        return ahead.first(replace(series, plain=False, cache={}), None).there

    def death(self) -> Rows:
        """The first recorded death."""
        deaths = self.chart.named("death").only("death", lambda value: value not in (False, None))
        return self.first(deaths, None)

    def until_death(self) -> Looks:
        """The same looks, but after a death at the death."""
        deaths = self.chart.named("death")
        if not deaths.rows:
            return self
        death = self.death()
        died = death.there & (death.at < self.at)
        if not died.any():
            return self
        return Looks(self.chart, self.record, np.where(died, death.at, self.at), self.known)


def compared(now: Rows, relation: str, times: Decimal, bound: Rows) -> Truths:
    """Whether each value stands in a relation to so many times another; unknown without either.

    Exact: floats decide where they are clearly apart, the numbers as entered where they are not.
    A censored bound settles nothing, a censored value only what its own side settles.
    """
    first, second = now.code, bound.code
    number = now.number
    against = float(times) * bound.number
    with np.errstate(invalid="ignore"):
        close = np.abs(number - against) <= 1e-9 * np.abs(against)
        over = number > against
    wants_more = relation in (">", ">=")
    truth = (over if wants_more else ~over).astype(np.int8)
    truth *= MET
    if now.series.entered().censored:
        censored = np.append(now.series.entered().comparator, 0)[first]
        truth[(censored == 1) & over] = UNKNOWN
        truth[(censored == 1) & ~over] = NOT_MET if wants_more else MET
        truth[(censored == 2) & over] = MET if wants_more else NOT_MET
        truth[(censored == 2) & ~over] = UNKNOWN
    near = np.flatnonzero(close)
    if len(near):
        meant = names.MEASUREMENTS.get(now.series.name)
        substance = "" if meant is None else meant.substance
        exact: dict[tuple[int, int], int] = {}
        for look in near:
            pair = (int(first[look]), int(second[look]))
            if pair not in exact:
                value: Quantity = now.series.values[pair[0]]
                other: Quantity = bound.series.values[pair[1]]
                exact[pair] = compare(
                    value, relation, times * other.number, other.unit, substance=substance
                ).number
            truth[look] = exact[pair]
    truth[(first < 0) | (second < 0)] = UNKNOWN
    if bound.series.entered().censored:
        truth[np.append(bound.series.entered().comparator, 0)[second] > 0] = UNKNOWN
    return truth


def knowledge(looks: Looks, names_read: Sequence[str]) -> Ints:
    """For each look how many late results and corrections of these names it already knows.

    Two looks at one record with the same number see the same rows up to the earlier of them.
    """
    count = np.zeros(len(looks), dtype=np.int64)
    for series in (s for name in names_read for s in looks.chart.columns(name)):
        if series.plain or not series.rows:
            continue
        if "changes" not in series.cache:
            late = series.known[:-1] > series.at[:-1] + SAME_TIME
            gone = ~np.isinf(series.gone[:-1])
            block = series.row_blocks()
            times = np.concatenate((series.known[:-1][late], series.gone[:-1][gone]))
            blocks = np.concatenate((block[late], block[gone]))
            series.cache["changes"] = np.sort((blocks << _BITS) + ticks(times))
        changes: Ints = series.cache["changes"]
        base = series.block[looks.record] << _BITS
        count += np.searchsorted(changes, base + ticks(looks.known + SAME_TIME), side="right")
        count -= np.searchsorted(changes, base - 2 ** (_BITS - 1), side="left")
    return count


def alike(*keys: Floats | Ints | Bools) -> tuple[Ints, Ints]:
    """Neighboring looks with the same keys as one: (the last look of each group, group of each)."""
    size = len(keys[0])
    new = np.zeros(size, dtype=np.bool_)
    if size:
        new[0] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    group = np.cumsum(new) - 1
    starts = np.flatnonzero(new)
    last = np.append(starts[1:], size) - 1
    return last.astype(np.int64), group.astype(np.int64)
