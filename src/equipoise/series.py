"""Events of one name over many records as sorted columns, and what they say of a limit.

What was entered is kept once for each distinct value and compared there exactly; an event only
points to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise import names, units
from equipoise.record import SAME_TIME, Cells, Dose, Finding, Procedure, Transfusion
from equipoise.truth import Because, Limit, Truth, seen
from equipoise.units import Quantity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TICKS = 1e7
_LAST_TICK = 2**42
_BITS = 44


def ticks(hours: Floats) -> Ints:
    """Times as whole numbers of a ten millionth of an hour, so that equal times sort as equal."""
    number = hours * _TICKS
    np.clip(number, -_LAST_TICK, _LAST_TICK, out=number)
    np.rint(number, out=number)
    return number.astype(np.int64)


@dataclass(slots=True, eq=False)
class Entered:
    """Distinct values as arrays.

    number      as entered; NaN where a value is no quantity
    unit        place in `units`; -1 where a value is no quantity
    comparator  0 none, 1 "<", 2 ">"
    censored    some value has a comparator
    """

    number: Floats
    unit: Ints
    comparator: Ints
    units: list[str]
    censored: bool


_COMPARATORS = {"": 0, "<": 1, ">": 2}


def _entered(values: Sequence[Any]) -> Entered:
    size = len(values)
    number, unit = np.full(size, math.nan), np.full(size, -1, dtype=np.int64)
    comparator = np.zeros(size, dtype=np.int64)
    places: dict[str, int] = {}
    which: Any = [index for index, value in enumerate(values) if type(value) is Quantity]
    if which:
        found: Sequence[Quantity] = values
        if len(which) == size:
            which = slice(None)
        else:
            found = [values[index] for index in which]
        number[which] = [value.number for value in found]
        entered = [value.unit for value in found]
        places = {code: place for place, code in enumerate(dict.fromkeys(entered))}
        unit[which] = 0 if len(places) == 1 else [places[code] for code in entered]
        signs = [value.comparator for value in found]
        if any(signs):
            comparator[which] = [_COMPARATORS[sign] for sign in signs]
    return Entered(number, unit, comparator, list(places), bool(comparator.any()))


@lru_cache(maxsize=1024)
def _scale(start: str, end: str, substance: str) -> tuple[float, float]:
    """Factor and offset from one unit to another."""
    offset = units.convert(0.0, start, end, substance=substance)
    return units.convert(1.0, start, end, substance=substance) - offset, offset


@dataclass(slots=True, eq=False)
class Series:
    """Events of one name over all records, by record, time and time known.

    block        for each record the number under which its rows stand in `key`
    start, stop  for each record its first row and the row after its last
    key          for each row, rising: block and time in one number
    at, known    hours from day 0; one more element than rows, for "no row" (index -1)
    gone         hours at which a correction of the row was known; inf: never
    code         place of the row's value in `values`; -1 for no row
    values       distinct values: `Quantity`, the value of a finding, or the event itself
    low, high    places of the laboratory's own limits in `values`; -1: none
    assumed      the time known was filled from the vocabulary's turnaround
    plain        every row was known when it happened and stands: nothing is ever seen late
    corrected    some row is corrected
    over         hours over which a value was averaged; NaN: not said; None: no row says
    assumed_by   why the rows are assumed, where nobody charted them; empty: they were charted
    first_silent the row from which `assumed_by` speaks, in a series of both kinds
    """

    name: str
    block: Ints
    start: Ints
    stop: Ints
    key: Ints
    at: Floats
    known: Floats
    gone: Floats
    code: NDArray[np.int32]
    values: Sequence[Any]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    assumed: Bools
    plain: bool
    corrected: bool
    over: Floats | None = None
    cache: dict[Hashable, Any] = field(default_factory=dict)
    assumed_by: str = ""
    first_silent: int = 0

    @property
    def rows(self) -> int:
        """How many events."""
        return len(self.key)

    def row_blocks(self) -> Ints:
        """The block of each row; times before day 0 are negative in `key`."""
        if "blocks" not in self.cache:
            self.cache["blocks"] = (self.key + 2 ** (_BITS - 1)) >> _BITS
        result: Ints = self.cache["blocks"]
        return result

    def table(self, key: Hashable, of: Callable[[Any], int], absent: int) -> NDArray[np.int16]:
        """A number for each distinct value, and last, for "no row", `absent`.

        key  under which the table is kept
        """
        known = self.cache.get((key, absent))
        if known is None:
            known = np.array([*(of(value) for value in self.values), absent], dtype=np.int16)
            self.cache[key, absent] = known
        result: NDArray[np.int16] = known
        return result

    def entered(self) -> Entered:
        """The distinct values as plain arrays, by unit."""
        if "entered" not in self.cache:
            self.cache["entered"] = _entered(self.values)
        result: Entered = self.cache["entered"]
        return result

    def numbers(self) -> Floats:
        """Each distinct value in the canonical unit of the name; NaN where it is no quantity."""
        if "numbers" not in self.cache:
            found = np.full(len(self.values) + 1, math.nan)
            meant = names.MEASUREMENTS.get(self.name)
            entered = self.entered()
            if meant is not None:
                for place, unit in enumerate(entered.units):
                    which = np.flatnonzero(entered.unit == place)
                    scale = _scale(unit, meant.unit, meant.substance)
                    found[which] = scale[0] * entered.number[which] + scale[1]
            self.cache["numbers"] = found
        result: Floats = self.cache["numbers"]
        return result

    def truths(self, limit: Limit) -> NDArray[np.int8]:
        """Whether each distinct value meets a limit (0, 1, 2), and last, for "no row", unknown.

        Floats decide where a number is clearly apart from the limit, the numbers as entered where
        it is not.
        """
        key = ("truths", limit)
        if key not in self.cache:
            self.cache[key] = self._truths(limit)
        result: NDArray[np.int8] = self.cache[key]
        return result

    def _truths(self, limit: Limit) -> NDArray[np.int8]:
        found = np.full(len(self.values) + 1, Truth.UNKNOWN.number, dtype=np.int8)
        entered = self.entered()
        up = limit.relation in (">", ">=")
        printed = _printed(limit)
        for place, unit in enumerate(entered.units):
            which = np.flatnonzero(entered.unit == place)
            number = entered.number[which]
            if unit in printed:
                bound = float(printed[unit])
            else:
                text, first = limit.printed[0]
                scale = _scale(unit, first, limit.substance)
                number, bound = scale[0] * number + scale[1], float(text)
            over = number > bound
            truth = np.where(over == up, 2, 0)
            if entered.censored:
                censored = entered.comparator[which]
                truth = np.where((censored == 1) & over, 1, truth)
                truth = np.where((censored == 2) & ~over, 1, truth)
            for near in np.flatnonzero(np.abs(number - bound) <= 1e-9 * np.abs(bound) + 1e-300):
                truth[near] = limit.met_by(self.values[int(which[near])]).number
            found[which] = truth
        return found

    def only(self, key: Hashable, keep: Callable[[Any], bool]) -> Series:
        """The rows whose value is wanted."""
        if ("only", key) not in self.cache:
            wanted = self.table(("wanted", key), lambda value: int(keep(value)), 0)
            self.cache["only", key] = self._subset(wanted[self.code[:-1]] == 1, self.code)
        result: Series = self.cache["only", key]
        return result

    def ranges(self, end: str) -> Series:
        """The laboratory's own limits ("low" or "high") as a series, at the times they came."""
        if ("ranges", end) not in self.cache:
            codes = self.high if end == "high" else self.low
            self.cache["ranges", end] = self._subset(codes[:-1] >= 0, codes)
        result: Series = self.cache["ranges", end]
        return result

    def rows_where(self, key: Hashable, keep: Callable[[], Bools]) -> Series:
        """The rows that are wanted, by a mask made once."""
        if ("rows", key) not in self.cache:
            self.cache["rows", key] = self._subset(keep(), self.code)
        result: Series = self.cache["rows", key]
        return result

    def range_carried(self, end: str) -> Series:
        """For each row the laboratory's own limit that came with it, or the last before it."""
        if ("carried", end) not in self.cache:
            codes = (self.high if end == "high" else self.low)[:-1]
            block = self.row_blocks()
            place = np.where(codes >= 0, np.arange(self.rows), -1)
            last = np.maximum.accumulate(place) if self.rows else place
            same = (last >= 0) & (block[last] == block if self.rows else last >= 0)
            carried = np.where(same, codes[last] if self.rows else codes, -1)
            self.cache["carried", end] = replace(
                self, code=np.append(carried, -1).astype(np.int32), cache={}
            )
        result: Series = self.cache["carried", end]
        return result

    def _subset(self, kept: Bools, codes: NDArray[np.int32]) -> Series:
        if kept.all():
            return replace(self, code=codes, cache={})
        before = np.concatenate(([0], np.cumsum(kept))).astype(np.int64)
        with_last = np.append(kept, True)
        return Series(
            self.name, self.block, before[self.start], before[self.stop], self.key[kept],
            self.at[with_last], self.known[with_last], self.gone[with_last], codes[with_last],
            self.values, self.low[with_last], self.high[with_last], self.assumed[with_last],
            self.plain, self.corrected, None if self.over is None else self.over[with_last],
        )  # fmt: skip

    def of_records(self, record: Ints) -> Series:
        """The same rows seen from other records, each standing on one of these."""
        return Series(
            self.name, self.block[record], self.start[record], self.stop[record], self.key,
            self.at, self.known, self.gone, self.code, self.values, self.low, self.high,
            self.assumed, self.plain, self.corrected, self.over,
            {key: kept for key, kept in self.cache.items() if isinstance(kept, np.ndarray | Entered)
            },
            self.assumed_by, self.first_silent,
        )  # fmt: skip

    def and_silent(self, silent: Series) -> Series:
        """These rows and after them those that are assumed: a store of rows, not to be searched.

        Kept for each series that is asked for; a row of `silent` stands `self.rows` further on.
        """
        key = ("silent", id(silent))
        if key not in self.cache:
            code = np.concatenate((self.code[:-1], silent.code[:-1] + len(self.values), [-1]))
            none = np.full(silent.rows + 1, -1, dtype=np.int32)
            joined = Series(
                self.name, self.block, self.start, self.stop,
                np.concatenate((self.key, silent.key)),
                np.concatenate((self.at[:-1], silent.at)),
                np.concatenate((self.known[:-1], silent.known)),
                np.concatenate((self.gone[:-1], silent.gone)),
                code.astype(np.int32), (*self.values, *silent.values),
                np.concatenate((self.low[:-1], none)), np.concatenate((self.high[:-1], none)),
                np.concatenate((self.assumed[:-1], silent.assumed)), False, True,
                assumed_by=silent.assumed_by, first_silent=self.rows,
            )  # fmt: skip
            # The series is kept with what was made of it: its identity is the key.
            self.cache[key] = (silent, joined)
        result: Series = self.cache[key][1]
        return result

    def because(self, row: int, note: str = "") -> Because | None:
        """The reason that a row gives; None for no row."""
        if row < 0:
            return None
        value = self.values[int(self.code[row])]
        if isinstance(value, Dose | Cells | Procedure | Transfusion):
            return seen(value, note)
        at = float(self.at[row])
        if isinstance(value, Quantity):
            text = units.write(value.number, value.unit, value.comparator)
        else:
            text = Finding(at=at, known=at, name=self.name, value=value).text
        notes = [note] if note else []
        if self.assumed[row]:
            notes.append("time known assumed")
        silent = bool(self.assumed_by) and row >= self.first_silent
        return Because(self.name, at, text, "; ".join(notes), self.assumed_by if silent else "")


@lru_cache(maxsize=1024)
def _printed(limit: Limit) -> Mapping[str, str]:
    """The numbers of a limit by the code of their unit."""
    return {units.unit(unit).code: number for number, unit in limit.printed}


@lru_cache(maxsize=8)
def _numbered(records: int) -> Ints:
    """0, 1, 2, ...: the same array for all series of a chart, so that its identity is a key."""
    found = np.arange(records, dtype=np.int64)
    found.setflags(write=False)
    return found


@lru_cache(maxsize=1024)
def _alone(value: Any, kind: Any, size: int) -> NDArray[Any]:
    """So many times one value, which is kept once."""
    return np.broadcast_to(np.array(value, dtype=kind), (size,))


def series_of(
    name: str,
    records: int,
    record: Ints,
    at: Floats,
    known: Floats,
    code: NDArray[np.int32],
    values: Sequence[Any],
    *,
    gone: Floats | None = None,
    low: NDArray[np.int32] | None = None,
    high: NDArray[np.int32] | None = None,
    assumed: Bools | None = None,
    over: Floats | None = None,
) -> Series:
    """A series from columns in any order; rows of one time keep theirs.

    records  how many records there are
    record   of each row, 0 to records - 1
    values   distinct values, to which `code`, `low` and `high` point
    """
    size = len(record)
    key = record.astype(np.int64, copy=False) << _BITS
    key += ticks(at)
    sorted_already = bool(np.all(key[1:] > key[:-1]))
    order = slice(None) if sorted_already else np.lexsort((known, key))
    stands = gone is None or bool(np.all(np.isinf(gone)))
    where = _numbered(records)
    sorted_record = record[order]

    def padded(column: NDArray[Any] | None, last: Any, kind: Any = np.float64) -> Any:
        # Most columns hold their default alone, and it is kept once.
        if column is None:
            return _alone(last, kind, size + 1)
        return np.concatenate((column[order], np.array([last], dtype=column.dtype)))

    return Series(
        name, where,
        np.searchsorted(sorted_record, where, side="left").astype(np.int64),
        np.searchsorted(sorted_record, where, side="right").astype(np.int64),
        key[order], padded(at, -math.inf), padded(known, -math.inf), padded(gone, math.inf),
        padded(code, -1), values, padded(low, -1, np.int32), padded(high, -1, np.int32),
        padded(assumed, False, np.bool_),
        stands and (known is at or bool(np.all(known <= at + SAME_TIME))), not stands,
        None if over is None or bool(np.all(np.isnan(over))) else padded(over, math.nan),
    )  # fmt: skip
