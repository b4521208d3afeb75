"""A criterion: a published table as data, read with three-valued logic at many looks at once.

A criterion is a row of items. Each item has ordered classes, mildest first, and a function that
says which classes are *possible* at each look: one where the record settles it, several where a
value is missing, stale or censored. `combine`, a pure function of class indices, gives the grade
or the score; it never falls when an index rises, so the lowest and the highest possible classes
give the interval. What completes a record can only narrow the sets of classes, and so the
interval.

Answers with their reasons, what is missing and what it would settle are made in `grading`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np

from equipoise import names
from equipoise.chart import INDICATION, Addition, Bools, Chart, Floats, Ints, chart_of
from equipoise.looks import BASELINE_DAYS as BASELINE_DAYS
from equipoise.looks import CAR_PRODUCTS as CAR_PRODUCTS
from equipoise.looks import Looks, Lookup, Masks
from equipoise.record import SAME_TIME, AnyEvent, Record
from equipoise.source import Source, Standing
from equipoise.truth import Because as Because
from equipoise.truth import Limit as Limit
from equipoise.truth import Truth as Truth
from equipoise.truth import all_of as all_of
from equipoise.truth import any_of as any_of
from equipoise.truth import bands as bands
from equipoise.truth import compare as compare
from equipoise.truth import seen as seen


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


@dataclass(slots=True)
class Reasons:
    """Why an item reads as it does at one look; where it is settled, `missing` is not used."""

    because: Sequence[Because | None] = ()
    missing: Sequence[str] = ()
    note: str = ""


@dataclass(slots=True)
class Readings:
    """What one item says at each look.

    possible  one bit for each class
    explain   the reasons at one look, made when they are asked for
    """

    possible: Masks
    explain: Callable[[int], Reasons]

    def one(self, look: int) -> Reading:
        """The reading at one look."""
        why = self.explain(look)
        return reading(classes_of(int(self.possible[look])), why.because, why.missing, why.note)


def classes_of(mask: int) -> tuple[int, ...]:
    """The classes whose bits are set."""
    return tuple(index for index in range(8) if mask >> index & 1)


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


Change = Callable[[Looks, int], Sequence[Addition]]
"""What a record would hold besides, if a missing observation were so: from one of the looks."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a missing observation could turn out to be.

    name     observation, as in `Reading.missing`
    answers  (label, change): what is added to the record at the time looked at
    """

    name: str
    effort: Effort
    answers: tuple[tuple[str, Change], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the published table.

    classes  words for each class, mildest first, as they stand in a sentence; at most eight
    rules    the printed rule of each class, made from the numbers compared
    read     which classes are possible at each look
    unknown  words where it is not settled: "oxygen need unknown"
    points   of each class, for scores; empty otherwise
    """

    name: str
    label: str
    classes: tuple[str, ...]
    rules: tuple[str, ...]
    read: Callable[[Looks], Readings]
    unknown: str
    points: tuple[int, ...] = ()
    standing: Standing | None = None

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.rules):
            raise ValueError(f"item {self.name}: one rule for each class")
        if len(self.classes) > 8:
            raise ValueError(f"item {self.name}: more than eight classes")


@dataclass(frozen=True, slots=True)
class Spell:
    """A run of days that a count is made of; days of the calendar since the infusion.

    first     (earliest, latest) first day; the latest is None where it may not have been at all
    last      (earliest, latest) last day, of those that have happened
    days      (fewest, most)
    depth     (lowest, highest) number of limits met on its worst day
    running   whether the last day that has happened is one of them, or may be
    """

    first: tuple[int, int | None]
    last: tuple[int | None, int]
    days: tuple[int, int]
    depth: tuple[int, int]
    running: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How answers make episodes; the plain one is that of a state that comes and goes.

    counts   the answer counts what has happened so far and does not fall: nothing resolves
    opening  (item, class) without which a further episode only rests on an earlier one
    against  (looks at the first sure moment of an episode, looks at later ones) -> lowest and
             highest grade of the later ones against what the episode began with; the worse counts
    spells   at one look, the runs of days that the count is made of
    """

    counts: bool = False
    opening: tuple[str, int] | None = None
    against: Callable[[Looks, Looks], tuple[Ints, Ints]] | None = None
    spells: Callable[[Looks], tuple[Spell, ...]] | None = None


def everywhere(_looks: Looks) -> tuple[tuple[Bools, str], ...]:
    """No look to which the criterion does not apply."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A published criterion, grade or score in one edition.

    measures     "grade", "score" or "met": which field of the answer is filled
    combine      class indices, one for each item -> grade or score; never falls when one rises
    applies      (looks to which it does not apply, why not in one sentence), the first counts
    starts       hours before which values do not count; None: no such time
    windows      observation name -> how old a value may be, hours
    probes       what missing observations could turn out to be
    met          class indices -> true, false or None, never falling in the order false, None,
                 true; None where the criterion has no yes/no answer
    status       readings by item name -> a word, where the criterion prints one; one with `words`
                 prints that of its grade
    probability  of a score, 0 to 1, where the source gives one
    number       of a score that is a number of its own and no sum of classes: (lowest, highest)
                 at each look, inf where there is no bound; `combine` then stands idle and the items
                 only say which inputs are known
    leading      observations one of which must be in a record before an assessment asks the
                 question at all (a score of suspicion); empty: always asked where it applies
    indications  of the record's header, one of which it asks for: it does not apply to another, and
                 nothing is settled where the record names none; empty: any
    tail         what is added to the sentence, from one of the looks and its readings by item
    excludes     findings that have to be recorded as `excluded` before it is met
    words        of each grade, where grades are outcomes and not severities: said in their place
    course       how answers make episodes; None: there are none, as of a risk or a number
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
    applies: Callable[[Looks], Sequence[tuple[Bools, str]]] = everywhere
    starts: Callable[[Looks], Floats] | None = None
    met: Callable[[Sequence[int]], bool | None] | None = None
    status: Callable[[Mapping[str, Reading]], str] | None = None
    probability: Callable[[int], float] | None = None
    tail: Callable[[Looks, int, Mapping[str, Reading]], str] | None = None
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    other_sources: tuple[Source, ...] = ()
    leading: tuple[str, ...] = ()
    indications: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    number: Callable[[Looks], tuple[Floats, Floats]] | None = None
    words: tuple[str, ...] = ()
    course: Course | None = Course()

    @property
    def has_episodes(self) -> bool:
        """Whether its answers say that something is there, or is not."""
        states = self.measures in ("grade", "met") or self.met is not None
        return self.course is not None and states


# --- all looks at once -------------------------------------------------------------------------


@cache
def _lookup(function: Callable[[Sequence[int]], int], sizes: tuple[int, ...]) -> Lookup:
    return Lookup(function, sizes)


@cache
def _met_lookup(met: Callable[[Sequence[int]], bool | None], sizes: tuple[int, ...]) -> Lookup:
    number = {False: 0, None: 1, True: 2}
    return Lookup(lambda classes: number[met(classes)], sizes)


@dataclass(slots=True)
class Graded:
    """A criterion at many looks.

    looks      through its windows
    applied    whether it applies; where not, `low` and `high` mean nothing
    low, high  grade or score with every item at its mildest, and at its worst
    """

    criterion: Criterion
    looks: Looks
    applied: Bools
    why_not: Sequence[tuple[Bools, str]]
    low: Ints | Floats
    high: Ints | Floats
    readings: tuple[Readings, ...]

    def snapshot(self, look: int) -> Snapshot:
        """One look, with what each item said."""
        at = float(self.looks.at[look])
        if not self.applied[look]:
            why = next(text for where, text in self.why_not if where[look])
            return Snapshot(at, None, None, why=why)
        now = judged(self.criterion, at, tuple(r.one(look) for r in self.readings))
        if self.criterion.number is not None:
            return replace(now, low=float(self.low[look]), high=float(self.high[look]))
        return now


def look_now(chart: Chart, record: Ints, at: Floats, known: Floats | None = None) -> Looks:
    """Looks at a chart, with what was known at the time itself; after a death, at the death."""
    return Looks(chart, record, at, at if known is None else known).until_death()


def evaluate(criterion: Criterion, looks: Looks) -> Graded:
    """The criterion at many looks, made by `look_now`; made once for each criterion and looks."""
    key = ("graded", criterion.id)
    kept = looks.shared.get(key)
    if kept is not None and kept.criterion is criterion:
        found: Graded = kept
        return found
    found = _evaluate(criterion, looks)
    looks.shared[key] = found
    return found


def _evaluate(criterion: Criterion, looks: Looks) -> Graded:
    start = None if criterion.starts is None else criterion.starts(looks)
    through = looks.through(criterion.windows, start)
    why_not = (*criterion.applies(through), *_of_another(criterion, looks))
    applied = np.ones(len(looks), dtype=np.bool_)
    for where, _ in why_not:
        applied &= ~where
    if not applied.any():
        nothing = np.zeros(len(looks), dtype=np.int64)
        return Graded(criterion, through, applied, why_not, nothing, nothing, ())
    readings = tuple(item.read(through) for item in criterion.items)
    if criterion.indications:
        unnamed = looks.chart.is_for(("",))[looks.record]
        if unnamed.any():
            both = zip(criterion.items, readings, strict=True)
            readings = tuple(_open(len(item.classes), unnamed, found) for item, found in both)
    if looks.chart.silent:
        strict = evaluate(criterion, looks.strict())
        readings = tuple(map(_within, strict.readings, readings))
    low: Ints | Floats
    high: Ints | Floats
    if criterion.number is not None:
        low, high = criterion.number(through)
    else:
        try:
            low, high = bounds(criterion, [r.possible for r in readings])
        except IndexError:
            raise ValueError(_odd(criterion, readings)) from None
    return Graded(criterion, through, applied, why_not, low, high, readings)


def _of_another(criterion: Criterion, looks: Looks) -> Sequence[tuple[Bools, str]]:
    """The looks at records of an indication that is not the criterion's, and why not."""
    if not criterion.indications:
        return ()
    asked = looks.chart.is_for((*criterion.indications, ""))[looks.record]
    return ((~asked, f"not applicable: asked only in {indications_text(criterion.indications)}"),)


def listed_or(words: Sequence[str]) -> str:
    """ "complete response, response or no response"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def indications_text(wanted: Sequence[str]) -> str:
    """Indications of a criterion as people say them."""
    # That of a record may be unspecified; a list of them needs no word of it.
    said = (names.INDICATIONS[word].removesuffix(", not further specified") for word in wanted)
    return listed_or(tuple(said))


def _open(classes: int, unnamed: Bools, found: Readings) -> Readings:
    """A reading that says nothing where it is not known whether the criterion is asked at all."""

    def explain(look: int) -> Reasons:
        return Reasons((), (INDICATION,)) if unnamed[look] else found.explain(look)

    return Readings(np.where(unnamed, 2**classes - 1, found.possible).astype(np.uint8), explain)


def _odd(criterion: Criterion, readings: Sequence[Readings]) -> str:
    """Which item has looks without a class, or with one that it lacks."""
    odd = [
        item.name
        for item, found in zip(criterion.items, readings, strict=True)
        if found.possible.min() == 0 or int(found.possible.max()) >> len(item.classes)
    ]
    return f"{criterion.id}, item {' and '.join(odd)}: no class, or one that it lacks"


def _within(strict: Readings, assumed: Readings) -> Readings:
    """What conventions leave of a strict reading; all of it where they contradict the chart."""
    both = strict.possible & assumed.possible
    agrees = both != 0

    def explain(look: int) -> Reasons:
        return (assumed if agrees[look] else strict).explain(look)

    return Readings(np.where(agrees, both, strict.possible).astype(np.uint8), explain)


def bounds(criterion: Criterion, possible: Sequence[Masks]) -> tuple[Ints, Ints]:
    """Grade or score with every item at its mildest possible class, and at its worst."""
    return _lookup(criterion.combine, _sizes(criterion)).ends(possible)


def met_of(criterion: Criterion, possible: Sequence[Masks]) -> Ints:
    """0 not met, 1 unknown, 2 met, for a criterion with a yes/no answer beside its grade."""
    assert criterion.met is not None
    least, most = _met_lookup(criterion.met, _sizes(criterion)).ends(possible)
    return np.where(least == most, least, 1)


def _sizes(criterion: Criterion) -> tuple[int, ...]:
    return tuple(len(item.classes) for item in criterion.items)


# --- one look ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A criterion at one moment: the interval and what each item said.

    at         hours; the death where it came first
    low, high  None where the criterion does not apply, and then `why` says why not
    """

    at: float
    low: float | None
    high: float | None
    readings: tuple[Reading, ...] = ()
    met: bool | None = None
    status: str | None = None
    why: str = ""


def snapshot(criterion: Criterion, record: Record, t: float) -> Snapshot:
    """The interval at t from what was known at t."""
    looks = look_now(chart_of_one(record), np.zeros(1, dtype=np.int64), np.array([float(t)]))
    return evaluate(criterion, looks).snapshot(0)


_charts: list[tuple[Record, Chart]] = []


def chart_of_one(record: Record) -> Chart:
    """The chart of one record; that of the record asked about last is kept."""
    for kept, chart in _charts:
        if kept is record:
            return chart
    made = chart_of((record,))
    _charts[:] = [(record, made)]
    return made


def judged(criterion: Criterion, at: float, readings: tuple[Reading, ...]) -> Snapshot:
    """What the items' readings make together: all at their mildest, and all at their worst."""
    lowest = [min(r.possible) for r in readings]
    highest = [max(r.possible) for r in readings]
    met = None
    if criterion.met is not None and criterion.met(lowest) == criterion.met(highest):
        met = criterion.met(lowest)
    low, high = criterion.combine(lowest), criterion.combine(highest)
    status = criterion.status(by_name(criterion, readings)) if criterion.status else None
    if criterion.words and low == high:
        status = criterion.words[low].replace(" ", "_")
    return Snapshot(at, low, high, readings, met, status)


def by_name(criterion: Criterion, readings: Sequence[Reading]) -> dict[str, Reading]:
    """Readings by the name of their item."""
    return {item.name: r for item, r in zip(criterion.items, readings, strict=True)}


@dataclass(frozen=True, slots=True)
class Missing:
    """An observation that could change the answer, and what the answer would become.

    would_become  (label of the observation's value, low, high)
    """

    name: str
    would_become: tuple[tuple[str, float, float], ...]

    def to_json(self) -> dict[str, Any]:
        """`{"name", "would_become"}`: a number where settled, else [low, high], null: no bound."""
        return {
            "name": self.name,
            "would_become": {
                label: low if low == high else [low, _bounded(high)]
                for label, low, high in self.would_become
            },
        }


def _bounded(number: float | None) -> float | None:
    """A number, or None where it is no bound at all."""
    return None if number is not None and math.isinf(number) else number


@dataclass(frozen=True, slots=True)
class Grade:
    """A criterion's answer at one time, as the contract prints it.

    low, high  of the grade or the score; None where the criterion does not apply; whole numbers
               but for a score that is a number of its own, whose `high` may be inf: no bound
    measures   which of `grade`, `score` and `met` the criterion fills; empty: not said
    words      of each grade, where grades are outcomes; that of a settled one is in `status` too
    since      hours: start of the unbroken stretch at this `low` that lasts until `at`, judged
               with what is known at `at`; None where `low` is 0
    """

    criterion: str
    at: float
    low: float | None
    high: float | None
    grade: float | None
    score: float | None
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
    measures: str = ""
    words: tuple[str, ...] = ()

    @property
    def outcome(self) -> bool:
        """Whether its grades are outcomes and not severities."""
        return bool(self.words)

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
            "high": _bounded(self.high),
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
