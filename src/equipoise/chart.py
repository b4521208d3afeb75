"""Many records as columns: for each name the events of all patients, sorted, each with its times.

Criteria read a chart, never a record, so one patient and a cohort go through the same code. What
was entered is kept once for each distinct value and compared there exactly; an event only points
to it. A row is seen from the time it was known until a correction of it was known.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise import names, units
from equipoise.record import (
    DAYS_PER_YEAR,
    SAME_TIME,
    AnyEvent,
    Cells,
    Dose,
    Finding,
    Measurement,
    Procedure,
    Record,
    Stop,
    Transfusion,
)
from equipoise.truth import Because, Limit, Truth, seen
from equipoise.units import Quantity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DOSES, CELLS, PROCEDURES, TRANSFUSIONS = "(doses)", "(cells)", "(procedures)", "(transfusions)"
"""Names of the series that hold every event of a type; no observation is called so."""

_TICKS = 1e7
_LAST_TICK = 2**42
_BITS = 44
_DAY = 86_400_000_000
"""Microseconds of a day."""


def ticks(hours: Floats) -> Ints:
    """Times as whole numbers of a ten millionth of an hour, so that equal times sort as equal."""
    limited = np.clip(hours, -_LAST_TICK / _TICKS, _LAST_TICK / _TICKS)
    return np.rint(limited * _TICKS).astype(np.int64)


@dataclass(slots=True, eq=False)
class Entered:
    """Distinct values as arrays.

    number      as entered; NaN where a value is no quantity
    unit        place in `units`; -1 where a value is no quantity
    comparator  0 none, 1 "<", 2 ">"
    """

    number: Floats
    unit: Ints
    comparator: Ints
    units: list[str]


_COMPARATORS = {"": 0, "<": 1, ">": 2}


def _entered(values: Sequence[Any]) -> Entered:
    size = len(values)
    number, unit = np.full(size, math.nan), np.full(size, -1, dtype=np.int64)
    comparator = np.zeros(size, dtype=np.int64)
    places: dict[str, int] = {}
    for index, value in enumerate(values):
        if isinstance(value, Quantity):
            number[index] = float(value.number)
            unit[index] = places.setdefault(value.unit, len(places))
            comparator[index] = _COMPARATORS[value.comparator]
    return Entered(number, unit, comparator, list(places))


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

    @property
    def rows(self) -> int:
        """How many events."""
        return len(self.key)

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
        for place, unit in enumerate(entered.units):
            which = np.flatnonzero(entered.unit == place)
            printed = {units.unit(u).code: n for n, u in limit.printed}
            number = entered.number[which]
            if unit in printed:
                bound = float(printed[unit])
            else:
                text, first = limit.printed[0]
                scale = _scale(unit, first, limit.substance)
                number, bound = scale[0] * number + scale[1], float(text)
            over = number > bound
            censored = entered.comparator[which]
            truth = np.where(over == up, 2, 0)
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
            block = self.key >> _BITS
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
        )  # fmt: skip

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
        return Because(self.name, at, text, "; ".join(notes))


@dataclass(slots=True)
class Columns:
    """Rows of one series as they are gathered, before they are sorted."""

    record: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    gone: list[float] = field(default_factory=list)
    code: list[int] = field(default_factory=list)
    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)
    assumed: list[bool] = field(default_factory=list)
    over: list[float] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    places: dict[Hashable, int] = field(default_factory=dict)

    def place(self, value: Any) -> int:
        """Where a value stands among the distinct ones; events stand each for itself."""
        if value is None:
            return -1
        if isinstance(value, Quantity):
            key: Hashable = (value.number.as_tuple(), value.unit, value.comparator)
        elif isinstance(value, Dose | Cells | Procedure | Transfusion):
            key = id(value)
        elif isinstance(value, Mapping):
            key = tuple(value.items())
        else:
            # True is 1 to a dictionary.
            key = (type(value), value)
        found = self.places.get(key)
        if found is None:
            found = self.places[key] = len(self.values)
            self.values.append(value)
        return found


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
    none = np.full(size, -1, dtype=np.int32)
    key = (record.astype(np.int64) << _BITS) + ticks(at)
    sorted_already = bool(np.all(key[1:] > key[:-1]))
    order = slice(None) if sorted_already else np.lexsort((known, key))
    gone = np.full(size, math.inf) if gone is None else gone
    where = np.arange(records, dtype=np.int64)
    sorted_record = record[order]

    def padded(column: NDArray[Any], last: Any) -> Any:
        return np.append(column[order], np.array([last], dtype=column.dtype))

    return Series(
        name, where,
        np.searchsorted(sorted_record, where, side="left").astype(np.int64),
        np.searchsorted(sorted_record, where, side="right").astype(np.int64),
        key[order], padded(at, -math.inf), padded(known, -math.inf), padded(gone, math.inf),
        padded(code, -1), values, padded(none if low is None else low, -1),
        padded(none if high is None else high, -1),
        padded(np.zeros(size, dtype=np.bool_) if assumed is None else assumed, False),
        bool(np.all(known <= at + SAME_TIME) and np.all(np.isinf(gone))),
        not bool(np.all(np.isinf(gone))),
        None if over is None or bool(np.all(np.isnan(over))) else padded(over, math.nan),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addition:
    """Something that a record might hold besides: what a missing observation could turn out to be.

    name       of a measurement or finding; "born" gives the date of birth
    value      `Quantity`, the value of a finding, or a date
    low, high  the laboratory's own limits that come with it
    over       hours over which the value was averaged; NaN: not said
    """

    name: str
    at: float
    value: Any
    low: Quantity | None = None
    high: Quantity | None = None
    over: float = math.nan


@dataclass(slots=True, eq=False)
class Chart:
    """Columns of one or many records.

    series   name -> events; doses and cells of all kinds under one name each
    clock    of each record, microseconds from its local midnight to day 0
    born     days from the date of day 0 to birth; NaN: not known
    day0     of each record, for sentences
    cart     the record's indication is `cart`
    """

    series: dict[str, Series]
    clock: Ints
    born: Floats
    cart: Bools
    day0: Sequence[datetime]

    @property
    def records(self) -> int:
        """How many."""
        return len(self.clock)

    def named(self, name: str) -> Series:
        """The events of one name; empty where no record has one."""
        found = self.series.get(name)
        if found is None:
            nothing = np.zeros(0)
            found = self.series[name] = series_of(
                name, self.records, np.zeros(0, dtype=np.int64), nothing, nothing,
                np.zeros(0, dtype=np.int32), (),
            )  # fmt: skip
        return found

    def day(self, record: Ints, hours: Floats) -> Ints:
        """Calendar days in the offset of day 0; the date of day 0 is 0."""
        moment = self.clock[record] + np.rint(hours * 3.6e9).astype(np.int64)
        days: Ints = np.floor_divide(moment, _DAY)
        return days

    def row_days(self, series: Series) -> Ints:
        """The calendar day of each row of a series."""
        if "days" not in series.cache:
            block = series.key >> _BITS
            clock = np.zeros(int(max(series.block.max(), block.max(initial=0))) + 1, dtype=np.int64)
            clock[series.block] = self.clock
            moment = clock[block] + np.rint(series.at[:-1] * 3.6e9).astype(np.int64)
            series.cache["days"] = np.floor_divide(moment, _DAY)
        result: Ints = series.cache["days"]
        return result

    def day_end(self, record: Ints, day: Ints) -> Floats:
        """Hours of the last second of calendar days."""
        midnight = ((day + 1) * _DAY - self.clock[record]) / 3.6e9
        ends: Floats = midnight - 1.0 / 3600.0
        return ends

    def age(self, record: Ints, hours: Floats) -> Floats:
        """Years; NaN where the date of birth is not known."""
        years: Floats = (self.day(record, hours) - self.born[record]) / DAYS_PER_YEAR
        return years

    def branch(self, base: Ints, additions: Sequence[Sequence[Addition]]) -> Chart:
        """A chart of hypothetical records: each is a record of this one with something added.

        An added row comes after every row of the same time.
        """
        born = self.born[base].copy()
        added: dict[str, list[tuple[int, Addition]]] = {}
        for number, entries in enumerate(additions):
            for entry in entries:
                if entry.name == "born":
                    born[number] = _days_to(self.day0[int(base[number])], entry.value)
                else:
                    added.setdefault(entry.name, []).append((number, entry))
        series = {
            name: known.of_records(base) for name, known in self.series.items() if name not in added
        }
        for name, entered in added.items():
            series[name] = _with(self.named(name), base, entered)
        return Chart(series, self.clock[base], born, self.cart[base], [self.day0[i] for i in base])


def _with(known: Series, base: Ints, entered: Sequence[tuple[int, Addition]]) -> Series:
    count = known.stop[base] - known.start[base]
    record = np.repeat(np.arange(len(base), dtype=np.int64), count)
    first = np.cumsum(count) - count
    rows = np.arange(int(count.sum()), dtype=np.int64) - np.repeat(first, count)
    rows += np.repeat(known.start[base], count)
    columns = Columns(values=list(known.values))
    new: list[tuple[int, float, int, int, int]] = [
        (
            number, entry.at, columns.place(entry.value), columns.place(entry.low),
            columns.place(entry.high),
        )
        for number, entry in entered
    ]  # fmt: skip
    more = np.array([row[0] for row in new], dtype=np.int64)
    at = np.array([row[1] for row in new])
    code, low, high = (np.array([row[i] for row in new], dtype=np.int32) for i in (2, 3, 4))
    return series_of(
        known.name, len(base),
        np.concatenate((record, more)), np.concatenate((known.at[rows], at)),
        np.concatenate((known.known[rows], at)), np.concatenate((known.code[rows], code)),
        columns.values,
        gone=np.concatenate((known.gone[rows], np.full(len(new), math.inf))),
        low=np.concatenate((known.low[rows], low)), high=np.concatenate((known.high[rows], high)),
        assumed=np.concatenate((known.assumed[rows], np.zeros(len(new), dtype=np.bool_))),
        over=np.concatenate(
            (
                np.full(len(rows), math.nan) if known.over is None else known.over[rows],
                np.array([entry.over for _, entry in entered]),
            )
        ),
    )  # fmt: skip


def chart_of(records: Sequence[Record]) -> Chart:
    """A chart of records; one that was cut keeps its cut.

    Fails  ValueError where a laboratory value has no time at which it was known.
    """
    columns: dict[str, Columns] = {}
    for number, record in enumerate(records):
        # What a cut has set aside is still seen by a look before the correction was known.
        events: Sequence[AnyEvent] = record.events
        if record._replaced:
            events = sorted((*events, *record._replaced), key=_time)
        gone = _gone(events)
        for place, event in enumerate(events):
            _enter(columns, number, event, gone.get(place, math.inf))
    clock = [
        timedelta(
            hours=r.day0.hour, minutes=r.day0.minute, seconds=r.day0.second,
            microseconds=r.day0.microsecond,
        ) // timedelta(microseconds=1)
        for r in records
    ]  # fmt: skip
    series = {
        name: series_of(
            name, len(records), np.array(c.record, dtype=np.int64), np.array(c.at),
            np.array(c.known), np.array(c.code, dtype=np.int32), c.values,
            gone=np.array(c.gone), low=np.array(c.low, dtype=np.int32),
            high=np.array(c.high, dtype=np.int32), assumed=np.array(c.assumed, dtype=np.bool_),
            over=np.array(c.over),
        )
        for name, c in columns.items()
    }  # fmt: skip
    return Chart(
        series,
        np.array(clock, dtype=np.int64),
        np.array([math.nan if r.born is None else _days_to(r.day0, r.born) for r in records]),
        np.array([r.indication == "cart" for r in records], dtype=np.bool_),
        [r.day0 for r in records],
    )


def _time(event: AnyEvent) -> tuple[float, float, int]:
    return (event.at, event.at if event.known is None else event.known, event.row)


def _days_to(day0: datetime, born: date) -> float:
    return float((born - day0.date()).days)


def _enter(columns: dict[str, Columns], record: int, event: AnyEvent, gone: float) -> None:
    low = high = None
    value: Any = event
    if isinstance(event, Measurement):
        name, value, low, high = event.name, event.value, event.low, event.high
    elif isinstance(event, Finding):
        name, value = event.name, event.value
    elif isinstance(event, Dose):
        name = DOSES
    elif isinstance(event, Cells):
        name = CELLS
    elif isinstance(event, Procedure):
        name = PROCEDURES
    elif isinstance(event, Transfusion):
        name = TRANSFUSIONS
    else:
        return
    if event.known is None:
        raise ValueError(
            f"{event.key} has no time at which it was known: give `known`, "
            "or let the vocabulary's turnaround be assumed"
        )
    into = columns.get(name)
    if into is None:
        into = columns[name] = Columns()
    into.record.append(record)
    into.at.append(event.at)
    into.known.append(event.known)
    into.gone.append(gone)
    into.code.append(into.place(value))
    into.low.append(-1 if low is None else into.place(low))
    into.high.append(-1 if high is None else into.place(high))
    into.assumed.append(event.assumed)
    over = event.over if isinstance(event, Measurement) else None
    into.over.append(math.nan if over is None else over)


def _gone(events: Sequence[AnyEvent]) -> dict[int, float]:
    """When each event that is corrected, or stopped before its time came, ceases to be seen."""
    gone: dict[int, float] = {}
    corrections = [e for e in events if e.replaces is not None]
    stops = [e for e in events if isinstance(e, Stop)]
    if not corrections and not stops:
        return gone
    for place, event in enumerate(events):
        times: list[float] = []
        for correction in corrections:
            target = correction.replaces
            if (
                target is not None
                and correction is not event
                and type(correction) is type(event)
                and target.name == event.key
                and abs(target.at - event.at) <= SAME_TIME
                and correction.known is not None
                and event.known is not None
                and (correction.known, correction.row) > (event.known, event.row)
            ):
                insort(times, correction.known)
        if isinstance(event, Dose) and event.known is not None and event.status == "":
            ahead = event.known < event.at - SAME_TIME
            for stop in stops:
                known = stop.known or 0.0
                if (
                    ahead
                    and stop.agent == event.agent
                    and stop.at <= event.at + SAME_TIME
                    and known >= event.known
                ):
                    insort(times, known)
        if times:
            gone[place] = times[0]
    return gone
