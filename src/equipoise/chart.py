"""Many records as columns: for each name the events of all patients, sorted, each with its times.

Criteria read a chart, never a record, so one patient and a cohort go through the same code. What
was entered is kept once for each distinct value and compared there exactly; an event only points
to it. A row is seen from the time it was known until a correction of it was known.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

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
    corrects,
    in_order,
)
from equipoise.series import Bools as Bools
from equipoise.series import Floats as Floats
from equipoise.series import Ints as Ints
from equipoise.series import Series as Series
from equipoise.series import series_of as series_of
from equipoise.series import ticks as ticks
from equipoise.units import Quantity

DOSES, CELLS, PROCEDURES, TRANSFUSIONS = "(doses)", "(cells)", "(procedures)", "(transfusions)"
"""Names of the series that hold every event of a type; no observation is called so."""
_EVENTS = {Dose: DOSES, Cells: CELLS, Procedure: PROCEDURES, Transfusion: TRANSFUSIONS}

_BITS = 44
_DAY = 86_400_000_000
"""Microseconds of a day."""


@dataclass(slots=True)
class Columns:
    """Events of one name as they are gathered, before they are columns.

    gone    by place in `events`: hours at which a correction was known, of those that have one
    values  distinct ones
    """

    record: list[int] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    gone: dict[int, float] = field(default_factory=dict)
    values: list[Any] = field(default_factory=list)
    places: dict[Hashable, int] = field(default_factory=dict)

    def place(self, value: Any) -> int:
        """Where a value stands among the distinct ones; events stand each for itself."""
        kind = type(value)
        if value is None:
            return -1
        if kind is Quantity:
            # As written: 1.0 and 1.00 are two values.
            key: Hashable = (str(value.number), value.unit, value.comparator)
        elif kind in _EVENTS:
            key = id(value)
        elif isinstance(value, Mapping):
            key = tuple(value.items())
        else:
            # True is 1 to a dictionary.
            key = (kind, value)
        found = self.places.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found

    def series(self, name: str, records: int) -> Series:
        """The series of these events.

        Fails  ValueError for one that has no time at which it was known.
        """
        events, place = self.events, self.place
        known = [event.known for event in events]
        if None in known:
            raise ValueError(
                f"{events[known.index(None)].key} has no time at which it was known: give `known`, "
                "or let the vocabulary's turnaround be assumed"
            )
        valued = events if name in _EVENTS.values() else [event.value for event in events]
        code = [place(value) for value in valued]
        low = high = over = None
        measured = [n for n, event in enumerate(events) if type(event) is Measurement]
        if measured:
            low, high = (np.full(len(events), -1, dtype=np.int32) for _ in range(2))
            over = np.full(len(events), math.nan)
            for n in measured:
                event = events[n]
                if event.low is not None:
                    low[n] = place(event.low)
                if event.high is not None:
                    high[n] = place(event.high)
                if event.over is not None:
                    over[n] = event.over
        gone = None
        if self.gone:
            gone = np.full(len(events), math.inf)
            gone[list(self.gone)] = list(self.gone.values())
        return series_of(
            name, records, np.array(self.record, dtype=np.int64),
            np.array([event.at for event in events], dtype=np.float64),
            np.array(known, dtype=np.float64),
            np.array(code, dtype=np.int32), self.values, gone=gone, low=low, high=high,
            assumed=np.array([event.assumed for event in events], dtype=np.bool_), over=over,
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
    silent   finding -> rows that nobody charted and a charting convention assumes (`charting`)
    """

    series: dict[str, Series]
    clock: Ints
    born: Floats
    cart: Bools
    day0: Sequence[datetime]
    silent: Mapping[str, Series] = field(default_factory=dict)

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

    def columns(self, name: str) -> tuple[Series, ...]:
        """The events of one name, and those that a charting convention assumes."""
        silent = self.silent.get(name)
        return (self.named(name),) if silent is None else (self.named(name), silent)

    def day(self, record: Ints, hours: Floats) -> Ints:
        """Calendar days in the offset of day 0; the date of day 0 is 0."""
        moment = self.clock[record] + np.rint(hours * 3.6e9).astype(np.int64)
        days: Ints = np.floor_divide(moment, _DAY)
        return days

    def row_days(self, series: Series) -> Ints:
        """The calendar day of each row of a series."""
        if "days" not in series.cache:
            block = series.row_blocks()
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
        silent = {name: known.of_records(base) for name, known in self.silent.items()}
        return Chart(
            series, self.clock[base], born, self.cart[base], [self.day0[i] for i in base], silent
        )


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
            events = sorted((*events, *record._replaced), key=in_order)
        gone = _gone(events)
        for place, event in enumerate(events):
            if isinstance(event, (Measurement, Finding)):
                name = event.name
            elif type(event) in _EVENTS:
                name = _EVENTS[type(event)]
            else:
                continue
            into = columns.get(name)
            if into is None:
                into = columns[name] = Columns()
            if place in gone:
                into.gone[len(into.events)] = gone[place]
            into.record.append(number)
            into.events.append(event)
    clock = [
        timedelta(
            hours=r.day0.hour, minutes=r.day0.minute, seconds=r.day0.second,
            microseconds=r.day0.microsecond,
        ) // timedelta(microseconds=1)
        for r in records
    ]  # fmt: skip
    series = {name: of_name.series(name, len(records)) for name, of_name in columns.items()}
    return Chart(
        series,
        np.array(clock, dtype=np.int64),
        np.array([math.nan if r.born is None else _days_to(r.day0, r.born) for r in records]),
        np.array([r.indication == "cart" for r in records], dtype=np.bool_),
        [r.day0 for r in records],
    )


def _days_to(day0: datetime, born: date) -> float:
    return float((born - day0.date()).days)


def _gone(events: Sequence[AnyEvent]) -> dict[int, float]:
    """When each event that is corrected, or stopped before its time came, ceases to be seen."""
    gone: dict[int, float] = {}
    odd = [e for e in events if e.replaces is not None or type(e) is Stop]
    if not odd:
        return gone
    corrections = [e for e in odd if e.replaces is not None]
    stops = [e for e in odd if isinstance(e, Stop)]
    for place, event in enumerate(events):
        times: list[float] = []
        for correction in corrections:
            if None not in (correction.known, event.known) and corrects(correction, event):
                assert correction.known is not None
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
