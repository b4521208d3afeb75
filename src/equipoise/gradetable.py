"""The daily grade table of a cohort: patients by days by criteria, each as it was known that day.

A row is a patient on a calendar day, graded at the day's end from what was known then, by the same
readers as one record. Why a field says what it says is what `grading.daily` answers for that
record: nothing of the reasons is lost, and nothing of them is stored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np

from equipoise.chart import CELLS, Bools, Floats, Ints, chart_of
from equipoise.criterion import Criterion
from equipoise.grading import table
from equipoise.looks import Looks, Rows
from equipoise.record import SAME_TIME, Record

NOT_APPLICABLE = -1
"""Stands in `low`, `high` and `met` where a criterion does not apply, in `recorded` for nothing."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What the header of a record says, for each of its rows."""

    id: str
    sex: str
    indication: str


@dataclass(frozen=True, slots=True)
class GradeTable:
    """Rows by patient and day.

    patients   in the order of the records
    patient    of each row, its place in `patients`
    day        calendar day in the offset of day 0; the date of day 0 is 0
    date       of that day, ISO
    at         hours from day 0 at which the row was graded
    product    the last cell product infused by then; "" for none
    since      calendar days since that infusion; -1 for none
    age        years; NaN where the date of birth is not known
    low, high  criterion id -> grade or score; -1 where it does not apply, inf for no upper bound
    met        id of a criterion with a yes/no answer beside its grade -> 0, 1 unknown, 2 met, -1
    recorded   criterion id -> grade in the chart, the last of that day; -1 for none
    elsewhere  grades in the charts of criteria that are not among these
    """

    patients: tuple[Patient, ...]
    patient: Ints
    day: Ints
    date: tuple[str, ...]
    at: Floats
    product: tuple[str, ...]
    since: Ints
    age: Floats
    low: dict[str, Ints | Floats]
    high: dict[str, Ints | Floats]
    met: dict[str, Ints]
    recorded: dict[str, Ints]
    elsewhere: int = 0

    def __len__(self) -> int:
        return len(self.patient)

    def applies(self, criterion: str) -> Bools:
        """The rows to which a criterion applies."""
        found: Bools = self.low[criterion] >= 0
        return found

    def settled(self, criterion: str) -> Bools:
        """The rows on which a criterion gives one number."""
        found: Bools = (self.low[criterion] >= 0) & (self.low[criterion] == self.high[criterion])
        return found

    def columns(self) -> dict[str, list[Any]]:
        """The table as columns of plain values; None where there is nothing to say.

        <id>_low, <id>_high  grade or score; both None where the criterion does not apply, `high`
                             alone where there is no upper bound
        <id>_met             true, false, None, of a criterion with a yes/no answer beside its grade
        <id>_recorded        grade in the chart, where any chart has one
        """
        names = [p.id for p in self.patients]
        found: dict[str, list[Any]] = {
            "patient": [names[i] for i in self.patient.tolist()],
            "day": self.day.tolist(),
            "date": list(self.date),
            "hours": [round(at, 4) for at in self.at.tolist()],
            "product": [word or None for word in self.product],
            "days_since_infusion": _plain(self.since),
            "age": [None if math.isnan(a) else round(a, 2) for a in self.age.tolist()],
            "sex": [self.patients[i].sex or None for i in self.patient.tolist()],
            "indication": [self.patients[i].indication or None for i in self.patient.tolist()],
        }
        for criterion, low in self.low.items():
            found[f"{criterion}_low"] = _plain(low)
            found[f"{criterion}_high"] = _plain(self.high[criterion])
            if criterion in self.met:
                word = (None, False, None, True)
                said = (self.met[criterion] + 1).tolist()
                found[f"{criterion}_met"] = [word[number] for number in said]
            charted = self.recorded.get(criterion)
            if charted is not None and (charted >= 0).any():
                found[f"{criterion}_recorded"] = _plain(charted)
        return found


def _plain(numbers: Ints | Floats) -> list[Any]:
    """Numbers as they are written: None for -1, and for a score without a bound."""
    if numbers.dtype.kind == "f":
        return [None if n < 0 or math.isinf(n) else float(f"{n:.6g}") for n in numbers.tolist()]
    return [None if n < 0 else n for n in numbers.tolist()]


def grade_table(
    criteria: Sequence[Criterion],
    records: Sequence[Record],
    until: Callable[[Record], float] | None = None,
) -> GradeTable:
    """The table of some records, from the first cell infusion (else day 0) to the last thing known.

    until  the last moment of a record, hours from day 0; default: its end. After a death there
           are no rows.
    """
    past: list[Record] = []
    times: list[float] = []
    for record in records:
        known = record.assuming_turnaround()
        t = known.end if until is None else until(known)
        past.append(known.until(t))
        times.append(t)
    chart = chart_of(past)
    patient, day = _days(past, times)
    end = np.array(times, dtype=float)
    at = np.minimum(chart.day_end(patient, day), end[patient])
    graded = table(criteria, chart, patient, at)
    looks = Looks(chart, patient, at, at)
    given = looks.last(chart.named(CELLS).only("given", _is_given))
    ids = [c.id for c in criteria]
    recorded, elsewhere = _recorded(past, times, patient, day, ids)
    since = day - chart.day(patient, np.where(given.there, given.at, 0.0))
    return GradeTable(
        tuple(Patient(r.id, r.sex or "", r.indication or "") for r in past),
        patient,
        day,
        tuple(_dates(past, patient, day)),
        at,
        tuple(_products(given)),
        np.where(given.there, since, NOT_APPLICABLE),
        chart.age(patient, at),
        {i: _small(values) for i, values in graded.low.items()},
        {i: _small(values) for i, values in graded.high.items()},
        {i: _small(values) for i, values in graded.met.items()},
        recorded,
        elsewhere,
    )  # fmt: skip


def joined(parts: Sequence[GradeTable]) -> GradeTable:
    """Tables of different patients as one, in their order."""
    before = np.cumsum([0, *(len(p.patients) for p in parts)])

    def columns(of: Callable[[GradeTable], Mapping[str, Any]], empty: int) -> dict[str, Any]:
        names = dict.fromkeys(name for part in parts for name in of(part))
        return {
            name: np.concatenate(
                [of(p).get(name, np.full(len(p), empty, dtype=np.int16)) for p in parts]
            )
            for name in names
        }

    return GradeTable(
        tuple(p for part in parts for p in part.patients),
        np.concatenate([p.patient + start for p, start in zip(parts, before, strict=False)]),
        np.concatenate([p.day for p in parts]),
        tuple(date for part in parts for date in part.date),
        np.concatenate([p.at for p in parts]),
        tuple(word for part in parts for word in part.product),
        np.concatenate([p.since for p in parts]),
        np.concatenate([p.age for p in parts]),
        columns(lambda p: p.low, NOT_APPLICABLE),
        columns(lambda p: p.high, NOT_APPLICABLE),
        columns(lambda p: p.met, NOT_APPLICABLE),
        columns(lambda p: p.recorded, NOT_APPLICABLE),
        sum(p.elsewhere for p in parts),
    )


Thing = TypeVar("Thing")
Made = TypeVar("Made")


def in_blocks(
    work: Callable[[Sequence[Thing]], Made],
    things: Sequence[Thing],
    *,
    size: int,
    workers: int,
    done: Callable[[int], None] = lambda _count: None,
) -> Iterator[Made]:
    """Work on blocks of things, in their order, in so many processes; what comes out is the same.

    work  a function of a module, where there is more than one worker: it is sent to processes
    done  called with how many things each finished block held
    """
    blocks = [things[start : start + size] for start in range(0, len(things), size)]
    if workers <= 1 or len(blocks) <= 1:
        for block in blocks:
            made = work(block)
            done(len(block))
            yield made
        return
    # A fresh interpreter for each: a forked one would inherit the locks of running threads.
    with ProcessPoolExecutor(min(workers, len(blocks)), get_context("spawn")) as pool:
        waiting: dict[int, Future[Made]] = {}
        for number in range(len(blocks)):
            # Only so many are in flight: what is finished is not kept waiting in memory.
            for place in range(number, min(number + 2 * workers, len(blocks))):
                if place not in waiting:
                    waiting[place] = pool.submit(work, blocks[place])
            made = waiting.pop(number).result()
            done(len(blocks[number]))
            yield made


def _is_given(event: Any) -> bool:
    return event.status not in ("planned", "held")


def _days(records: Sequence[Record], times: Sequence[float]) -> tuple[Ints, Ints]:
    """For each row the record and the calendar day, by record and day."""
    patient: list[Ints] = []
    day: list[Ints] = []
    for number, (record, t) in enumerate(zip(records, times, strict=True)):
        death = record.death(t)
        last = record.calendar_day(t if death is None else min(t, death.at))
        infusions = [e.at for e in record.cells() if e.at <= t + SAME_TIME]
        first = record.calendar_day(infusions[0]) if infusions else min(0, last)
        own = np.arange(first, last + 1, dtype=np.int64)
        patient.append(np.full(len(own), number, dtype=np.int64))
        day.append(own)
    nothing = np.zeros(0, dtype=np.int64)
    return np.concatenate([nothing, *patient]), np.concatenate([nothing, *day])


def _dates(records: Sequence[Record], patient: Ints, day: Ints) -> Iterator[str]:
    first = [r.day0.date() for r in records]
    for number, of_row in zip(patient.tolist(), day.tolist(), strict=True):
        yield (first[number] + timedelta(days=of_row)).isoformat()


def _products(given: Rows) -> Iterator[str]:
    words = [str(event.product) for event in given.series.values]
    code = given.series.code[given.index]
    for place in code.tolist():
        yield "" if place < 0 else words[place]


def _small(values: Ints | Floats) -> Any:
    """Grades and scores in two bytes; numbers of their own as they are."""
    return values if values.dtype.kind == "f" else values.astype(np.int16)


def _recorded(
    records: Sequence[Record], times: Sequence[float], patient: Ints, day: Ints, ids: Sequence[str]
) -> tuple[dict[str, Ints], int]:
    """For each criterion the chart's grade of each row, and how many name none of them."""
    found: dict[str, Ints] = {}
    elsewhere = 0
    start = np.searchsorted(patient, np.arange(len(records) + 1))
    for number, (record, t) in enumerate(zip(records, times, strict=True)):
        for finding in record.findings("recorded_grade", end=t):
            value = finding.value
            if not isinstance(value, Mapping):
                continue
            criterion, charted = str(value.get("criterion")), value.get("grade")
            if criterion not in ids or type(charted) is not int:
                elsewhere += 1
                continue
            rows = slice(start[number], start[number + 1])
            place = np.flatnonzero(day[rows] == record.calendar_day(finding.at))
            if len(place):
                column = found.setdefault(
                    criterion, np.full(len(patient), NOT_APPLICABLE, dtype=np.int16)
                )
                column[rows.start + int(place[0])] = int(charted)
    return found, elsewhere
