"""A criterion: a published table as data, read against a record with three-valued logic.

A criterion is a row of items. Each item has ordered classes, mildest first, and a function that
says which classes are *possible* for this record at this time: one where the record settles it,
several where a value is missing, stale or censored. `combine`, a pure function of class indices,
gives the grade or the score; it never falls when an index rises, so the lowest and the highest
possible classes give the interval. What completes a record can only narrow the sets of classes,
and so the interval.

Answers with their reasons, what is missing and what it would settle are made in `grading`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

from equipoise import names, units
from equipoise.record import SAME_TIME, AnyEvent, Dose, Finding, Measurement, Record
from equipoise.source import Source, Standing
from equipoise.units import Quantity

CAR_PRODUCTS = tuple(p.name for p in names.CELL_PRODUCTS.values() if p.kind == "car")
"""Cell products after which the criteria of immune effector cells apply."""

BASELINE_DAYS = 30
"""A baseline is the last value at or before the reference infusion, at most this old."""


class Truth(Enum):
    """Met, not met, or unknown: Kleene's three values."""

    NOT_MET = "not met"
    UNKNOWN = "unknown"
    MET = "met"

    @staticmethod
    def of(value: bool | None) -> Truth:
        """A truth from true, false or None (unknown)."""
        if value is None:
            return Truth.UNKNOWN
        return Truth.MET if value else Truth.NOT_MET

    def __and__(self, other: Truth) -> Truth:
        return min(self, other, key=_rank)

    def __or__(self, other: Truth) -> Truth:
        return max(self, other, key=_rank)

    def __invert__(self) -> Truth:
        return {Truth.MET: Truth.NOT_MET, Truth.NOT_MET: Truth.MET}.get(self, Truth.UNKNOWN)

    @property
    def known(self) -> bool | None:
        """True, False, or None where unknown."""
        return {Truth.MET: True, Truth.NOT_MET: False}.get(self)


def _rank(truth: Truth) -> int:
    return (Truth.NOT_MET, Truth.UNKNOWN, Truth.MET).index(truth)


def all_of(truths: Iterable[Truth]) -> Truth:
    """Met where all are met, not met where one is not; met for none."""
    return min(truths, key=_rank, default=Truth.MET)


def any_of(truths: Iterable[Truth]) -> Truth:
    """Met where one is met, not met where none is; not met for none."""
    return max(truths, key=_rank, default=Truth.NOT_MET)


@dataclass(frozen=True, slots=True)
class Because:
    """One observation that an answer rests on.

    at     hours from day 0
    value  as a person would write it, in the unit of entry: "38.4 Cel", "present"
    note   how it was used: "baseline", "time known assumed"; empty where plain
    """

    name: str
    at: float
    value: str
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """`{"name", "at", "value"}`, with `note` where there is one."""
        content: dict[str, Any] = {"name": self.name, "at": self.at, "value": self.value}
        if self.note:
            content["note"] = self.note
        return content


def seen(event: AnyEvent, note: str = "") -> Because:
    """The reason that an event gives, with a note where the time it was known is assumed."""
    if isinstance(event, Measurement):
        value = units.write(event.value.number, event.value.unit, event.value.comparator)
    elif isinstance(event, Finding):
        value = event.text
    elif isinstance(event, Dose):
        entered = event.amount or event.rate
        value = entered.text if entered is not None else "given"
    else:
        value = "given"
    notes = [note] if note else []
    if event.assumed:
        notes.append("time known assumed")
    return Because(event.key, event.at, value, "; ".join(notes))


@dataclass(frozen=True, slots=True)
class Limit:
    """A published cut-off, in every unit system in which it was published.

    relation  of the value to the number: ">=", ">", "<=", "<"
    printed   (number, unit) pairs, the source's own first; a value entered in one of these units
              is compared there, any other is converted to the first
    """

    relation: str
    printed: tuple[tuple[str, str], ...]
    substance: str = ""

    @property
    def text(self) -> str:
        """ ">= 38.0 Cel"; further unit systems in brackets."""
        return _limit_text(self.relation, self.printed)

    @property
    def opposite(self) -> str:
        """What does not meet it, in words: "< 38.0 Cel"."""
        return _limit_text(_OPPOSITE[self.relation], self.printed)

    def met_by(self, value: Quantity) -> Truth:
        """Whether a value meets it; a censored one settles it only from its own side."""
        for number, unit in self.printed:
            if units.unit(unit).code == value.unit:
                return compare(value, self.relation, Decimal(number), unit)
        number, unit = self.printed[0]
        return compare(value, self.relation, Decimal(number), unit, substance=self.substance)

    def example(self, *, met: bool) -> str:
        """A value that meets it, or the nearest that does not, at the printed precision."""
        text, unit = self.printed[0]
        number = Decimal(text)
        exponent = number.as_tuple().exponent
        step = Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)
        holds_at = self.relation in (">=", "<=")
        upward = self.relation in (">=", ">")
        if met != holds_at:
            number += step if met == upward else -step
        return units.write(number, unit)


_OPPOSITE = {">=": "<", ">": "<=", "<=": ">", "<": ">="}


def _limit_text(relation: str, printed: Sequence[tuple[str, str]]) -> str:
    written = [units.write(Decimal(number), unit) for number, unit in printed]
    first, rest = f"{relation} {written[0]}", ", ".join(written[1:])
    return f"{first} ({rest})" if rest else first


def compare(
    value: Quantity, relation: str, bound: Decimal, unit: str, *, substance: str = ""
) -> Truth:
    """Whether a value stands in a relation to a bound, in decimal arithmetic.

    `<x` settles it only where x is at or below the bound, `>x` where x is at or above it.
    Fails  UnitError where the value's unit does not convert.
    """
    number = units.convert(value.number, value.unit, unit, substance=substance)
    if value.comparator == "<":
        return Truth.of(relation in ("<", "<=")) if number <= bound else Truth.UNKNOWN
    if value.comparator == ">":
        return Truth.of(relation in (">", ">=")) if number >= bound else Truth.UNKNOWN
    return Truth.of(
        {">=": number >= bound, ">": number > bound, "<=": number <= bound, "<": number < bound}[
            relation
        ]
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a record says about one item at one time.

    possible  indices of the classes that it allows; one where it is settled
    because   the observations that it rests on
    missing   observation names whose knowledge could narrow it
    """

    possible: frozenset[int]
    because: tuple[Because, ...] = ()
    missing: tuple[str, ...] = ()
    note: str = ""

    @property
    def settled(self) -> bool:
        """Whether one class is left."""
        return len(self.possible) == 1


def reading(
    possible: int | Iterable[int],
    because: Iterable[AnyEvent | Because | None] = (),
    missing: Iterable[str] = (),
    note: str = "",
) -> Reading:
    """A reading from events (None are dropped); nothing is missing where one class is left."""
    classes = frozenset((possible,)) if isinstance(possible, int) else frozenset(possible)
    reasons = tuple(b if isinstance(b, Because) else seen(b) for b in because if b is not None)
    lacks = tuple(dict.fromkeys(missing)) if len(classes) > 1 else ()
    return Reading(classes, tuple(dict.fromkeys(reasons)), lacks, note)


def truth_reading(
    truth: Truth,
    because: Iterable[AnyEvent | Because | None] = (),
    missing: Iterable[str] = (),
    note: str = "",
) -> Reading:
    """The reading of an item with the two classes not met (0) and met (1)."""
    classes = {Truth.MET: (1,), Truth.NOT_MET: (0,), Truth.UNKNOWN: (0, 1)}[truth]
    return reading(classes, because, missing, note)


def bands(value: Quantity, limits: Sequence[Limit]) -> frozenset[int]:
    """Possible classes of a value: how many of the limits, mildest first, it meets."""
    truths = [limit.met_by(value) for limit in limits]
    lowest = sum(t is Truth.MET for t in truths)
    highest = lowest + sum(t is Truth.UNKNOWN for t in truths)
    return frozenset(range(lowest, highest + 1))


@dataclass(frozen=True, slots=True)
class Look:
    """A record as one criterion looks at it at one time: nothing later, nothing too old.

    record   cut at or after `at`
    at       hours from day 0
    windows  observation name -> how old a value may be, hours
    start    values before this do not count (the infusion, where the criterion says so)
    memo     shared by the items of one look
    """

    record: Record
    at: float
    windows: Mapping[str, float]
    start: float = -math.inf
    memo: dict[str, Any] = field(default_factory=dict, compare=False)

    def measurement(self, name: str) -> Measurement | None:
        """The last value within the window."""
        return self.record.latest(name, self.at, within=self._within(name))

    def finding(self, name: str) -> Finding | None:
        """The last finding within the window."""
        return self.record.latest_finding(name, self.at, within=self._within(name))

    def is_true(self, name: str) -> tuple[Truth, Finding | None]:
        """Whether a yes/no finding holds, and the finding."""
        found = self.finding(name)
        return (Truth.UNKNOWN if found is None else Truth.of(bool(found.value))), found

    def baseline(self, name: str, reference: float) -> Measurement | None:
        """The last value at or before the reference infusion, at most 30 days old."""
        return self.record.latest(name, min(reference, self.at), within=BASELINE_DAYS * 24.0)

    def limit(self, name: str, end: str) -> Quantity | None:
        """The laboratory's own limit, "low" or "high", from the last value that came with one."""
        for value in reversed(self.record.measurements(name, end=self.at + SAME_TIME)):
            known = value.high if end == "high" else value.low
            if known is not None:
                return known
        return None

    def _within(self, name: str) -> float:
        return min(self.windows[name], self.at - self.start + SAME_TIME)


def car_infusion(record: Record, t: float) -> float | None:
    """Hours of the last CAR-T infusion at or before t, or None.

    Where the record has no such event but its indication is `cart`, day 0 is the infusion.
    """
    given = [
        c.at
        for c in record.cells(*CAR_PRODUCTS)
        if c.at <= t + SAME_TIME and c.status not in ("planned", "held")
    ]
    if given:
        return given[-1]
    if record.indication == "cart" and not record.cells(*CAR_PRODUCTS) and t >= -SAME_TIME:
        return 0.0
    return None


class Effort(IntEnum):
    """What it takes to get an observation, cheapest first."""

    BEDSIDE = 0
    ROUTINE = 1
    SPECIAL = 2
    TISSUE = 3


@dataclass(frozen=True, slots=True)
class Probe:
    """What a missing observation could turn out to be.

    name     observation, as in `Reading.missing`
    answers  (label, change): the record with this answer in it at the time looked at
    """

    name: str
    effort: Effort
    answers: tuple[tuple[str, Callable[[Record, float], Record]], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the published table.

    classes  words for each class, mildest first, as they stand in a sentence
    rules    the printed rule of each class, made from the numbers compared
    read     which classes are possible
    unknown  words where it is not settled: "oxygen need unknown"
    points   of each class, for scores; empty otherwise
    """

    name: str
    label: str
    classes: tuple[str, ...]
    rules: tuple[str, ...]
    read: Callable[[Look], Reading]
    unknown: str
    points: tuple[int, ...] = ()
    standing: Standing | None = None

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.rules):
            raise ValueError(f"item {self.name}: one rule for each class")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A published criterion, grade or score in one edition.

    measures     "grade", "score" or "met": which field of the answer is filled
    combine      class indices, one for each item -> grade or score; never falls when one rises
    applies      "" where it applies, else why not, in one sentence
    starts       hours before which values do not count; default: no such time
    windows      observation name -> how old a value may be, hours
    probes       what missing observations could turn out to be
    met          class indices -> true, false or None, never falling in the order false, None,
                 true; None where the criterion has no yes/no answer
    status       readings by item name -> a word, where the criterion prints one
    probability  of a score, 0 to 1, where the source gives one
    leading      observations one of which must be in a record before an assessment asks the
                 question at all (a score of suspicion); empty: always asked where it applies
    tail         what is added to the sentence, from the look and the readings by item name
    notes        choices made where the source is silent, conflicts between sources
    """

    id: str
    title: str
    measures: str
    source: Source
    standing: Standing
    items: tuple[Item, ...]
    combine: Callable[[Sequence[int]], int]
    windows: Mapping[str, float]
    probes: tuple[Probe, ...]
    applies: Callable[[Look], str] = lambda _look: ""
    starts: Callable[[Record, float], float] = lambda _record, _t: -math.inf
    met: Callable[[Sequence[int]], bool | None] | None = None
    status: Callable[[Mapping[str, Reading]], str] | None = None
    probability: Callable[[int], float] | None = None
    tail: Callable[[Look, Mapping[str, Reading]], str] | None = None
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    other_sources: tuple[Source, ...] = ()
    leading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A criterion at one moment: the interval and what each item said.

    low, high  None where the criterion does not apply, and then `why` says why not
    """

    look: Look
    low: int | None
    high: int | None
    readings: tuple[Reading, ...] = ()
    met: bool | None = None
    status: str | None = None
    why: str = ""


def look_at(criterion: Criterion, record: Record, t: float) -> Look:
    """The look of a criterion at a record that is cut at or after t; after death, at death."""
    death = record.death(t)
    at = t if death is None else min(t, death.at)
    return Look(record, at, criterion.windows, criterion.starts(record, at))


def snapshot(criterion: Criterion, record: Record, t: float) -> Snapshot:
    """The interval at t from the events of a record with at <= t.

    record  cut with `until` by the caller; only what happened by t is read
    """
    look = look_at(criterion, record, t)
    why = criterion.applies(look)
    if why:
        return Snapshot(look, None, None, why=why)
    return judged(criterion, look, tuple(item.read(look) for item in criterion.items))


def judged(criterion: Criterion, look: Look, readings: tuple[Reading, ...]) -> Snapshot:
    """What the items' readings make together: all at their mildest, and all at their worst."""
    lowest = [min(r.possible) for r in readings]
    highest = [max(r.possible) for r in readings]
    met = None
    if criterion.met is not None and criterion.met(lowest) == criterion.met(highest):
        met = criterion.met(lowest)
    status = criterion.status(by_name(criterion, readings)) if criterion.status else None
    return Snapshot(
        look, criterion.combine(lowest), criterion.combine(highest), readings, met, status
    )


def by_name(criterion: Criterion, readings: Sequence[Reading]) -> dict[str, Reading]:
    """Readings by the name of their item."""
    return {item.name: r for item, r in zip(criterion.items, readings, strict=True)}


@dataclass(frozen=True, slots=True)
class Missing:
    """An observation that could change the answer, and what the answer would become.

    would_become  (label of the observation's value, low, high)
    """

    name: str
    would_become: tuple[tuple[str, int, int], ...]

    def to_json(self) -> dict[str, Any]:
        """`{"name", "would_become"}`: a number where settled, else [low, high]."""
        return {
            "name": self.name,
            "would_become": {
                label: low if low == high else [low, high] for label, low, high in self.would_become
            },
        }


@dataclass(frozen=True, slots=True)
class Grade:
    """A criterion's answer at one time, as the contract prints it.

    low, high  of the grade or the score; None where the criterion does not apply
    since      hours: start of the unbroken stretch at this `low` that lasts until `at`, judged
               with what is known at `at`; None where `low` is 0
    """

    criterion: str
    at: float
    low: int | None
    high: int | None
    grade: int | None
    score: int | None
    met: bool | None
    since: float | None
    because: tuple[Because, ...]
    missing: tuple[Missing, ...]
    sentence: str
    source: Source
    standing: Standing
    status: str | None = None
    probability_low: float | None = None
    probability_high: float | None = None

    @property
    def applies(self) -> bool:
        """Whether the criterion applied at all."""
        return self.low is not None

    @property
    def settled(self) -> bool:
        """Whether the interval is one number."""
        return self.low is not None and self.low == self.high

    def to_json(self) -> dict[str, Any]:
        """Every key of the contract, null where it does not apply."""
        content: dict[str, Any] = {
            "criterion": self.criterion,
            "at": self.at,
            "low": self.low,
            "high": self.high,
            "grade": self.grade,
            "score": self.score,
            "met": self.met,
            "since": self.since,
            "because": [b.to_json() for b in self.because],
            "missing": [m.to_json() for m in self.missing],
            "sentence": self.sentence,
            "source": {
                "doi": self.source.doi,
                "where": self.source.where,
                "short": self.source.short,
            },
            "standing": self.standing.word,
        }
        if self.status is not None:
            content["status"] = self.status
        if self.probability_low is not None or self.probability_high is not None:
            content["probability_low"] = self.probability_low
            content["probability_high"] = self.probability_high
        return content
