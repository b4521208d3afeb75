"""Episodes of a syndrome: onset, peak, resolution and recurrence, from the sequence of its grades.

A criterion is read at every moment at which its answer may have changed, with what is known at one
time t. Moments at which it is surely there, surely not there, or either, make episodes: what
certain absence does not part is one. So the onset lies between the last moment without it and the
first with it, and the peak between the highest lower bound and the highest upper bound. A value
stands until the next one or until its window ends, as it does for a grade.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from equipoise.chart import Bools, Chart, Floats
from equipoise.charting import Conventions
from equipoise.criterion import (
    CAR_PRODUCTS,
    Because,
    Criterion,
    Graded,
    Spell,
    evaluate,
    look_now,
    met_of,
)
from equipoise.grading import chart_under, moments
from equipoise.looks import Looks
from equipoise.readers import After
from equipoise.record import SAME_TIME, Record
from equipoise.source import Source, Standing

OPEN, RESOLVED, DEATH, NEXT_INFUSION, COUNTED = (
    "open", "resolved", "death", "next infusion", "counted",
)  # fmt: skip
"""How an episode ended by t; `counted`: its grade counts days and does not fall."""


@dataclass(frozen=True, slots=True)
class Between:
    """A time that is only known to lie in an interval; hours from day 0.

    after  the last moment before it; None: unbounded
    by     the first moment after it; None: not by t, or it may never have been
    day_after, day_by  calendar days since the infusion of these
    """

    after: float | None
    by: float | None
    day_after: int | None = None
    day_by: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The four numbers."""
        return {"after": self.after, "by": self.by, "day_after": self.day_after,
                "day_by": self.day_by}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode, as far as it was known at t.

    number       of those that are certain, from 1 after each infusion; 0 where `certain` is false
    certain      whether the syndrome was surely there at some moment; else it cannot be excluded
    infusion     hours of the infusion from which days count; None: the criterion has none
    low, high    the peak: highest grade that is sure, and highest that is possible; of a score with
                 a yes/no answer the score, of a plain yes/no 1
    peak_at      hours: first moment at which the grade was surely `low`; None where not certain
    resolution   between the last moment with it and the first without it
    ended        `open`, `resolved`, `death`, `next infusion`, `counted`
    pauses       (from, to) between moments with it, in which it may have been gone: perhaps several
    renewed      of a further episode: whether what opens one was seen again; None: not asked
    spells       runs of days that a count is made of
    because      what the first sure moment and the peak rest on
    """

    criterion: str
    number: int
    certain: bool
    infusion: float | None
    onset: Between
    low: float
    high: float
    peak_at: float | None
    resolution: Between
    ended: str
    pauses: tuple[tuple[float, float], ...]
    renewed: bool | None
    spells: tuple[Spell, ...]
    because: tuple[Because, ...]
    source: Source
    standing: Standing

    @property
    def recurrence(self) -> bool:
        """Whether another certain episode came before it after the same infusion."""
        return self.number > 1

    def to_json(self) -> dict[str, Any]:
        """Every key, null where it does not apply."""
        return {
            "criterion": self.criterion,
            "episode": self.number or None,
            "certain": self.certain,
            "infusion": self.infusion,
            "onset": self.onset.to_json(),
            "peak": {"low": self.low, "high": self.high, "at": self.peak_at},
            "resolution": self.resolution.to_json(),
            "ended": self.ended,
            "recurrence": self.recurrence,
            "renewed": self.renewed,
            "pauses": [list(pause) for pause in self.pauses],
            "spells": [
                {"first": list(s.first), "last": list(s.last), "days": list(s.days),
                 "depth": list(s.depth), "running": s.running}
                for s in self.spells
            ],
            "because": [b.to_json() for b in self.because],
            "source": {"doi": self.source.doi, "where": self.source.where,
                       "short": self.source.short},
            "standing": self.standing.word,
        }  # fmt: skip


def episodes(
    criterion: Criterion, record: Record, t: float, *, conventions: Conventions | None = None
) -> tuple[Episode, ...]:
    """The episodes of a syndrome up to t, from what was known at t, in order of time.

    t            hours from day 0
    conventions  what a site's silence means; None: nothing
    Fails  ValueError for a criterion that has none (a risk, a number), or where a laboratory value
           has no time at which it was known.
    """
    if not criterion.has_episodes:
        raise ValueError(f"{criterion.id} is a score: it has no episodes")
    chart = chart_under(record, conventions)
    last = look_now(chart, np.zeros(1, dtype=np.int64), np.array([float(t)]))
    trail = _trail(criterion, chart, evaluate(criterion, last), float(t))
    found: list[Episode] = []
    for start, stop in _stretches(trail.infusion):
        infusion = float(trail.infusion[start])
        if trail.counted_from and math.isnan(infusion):
            continue  # Before any infusion there is nothing to count from.
        more = stop < len(trail.at)
        found += _of_stretch(trail, start, stop, ended=NEXT_INFUSION if more else trail.ended)
    return tuple(found)


@dataclass(slots=True)
class _Trail:
    """A criterion at every moment that matters, with what is known at t.

    low, high  grade, score, or 0 and 1
    there, absent  surely there, surely not
    observed   the moment says something of itself: something was charted at it, or the criterion
               does not apply then
    infusion   hours of the infusion that counts; NaN: none, or the criterion has none
    """

    criterion: Criterion
    chart: Chart
    graded: Graded
    at: Floats
    low: Floats
    high: Floats
    there: Bools
    absent: Bools
    observed: Bools
    infusion: Floats
    counted_from: bool
    ended: str


def _trail(criterion: Criterion, chart: Chart, now: Graded, t: float) -> _Trail:
    end = float(now.looks.at[0])
    observed, others = moments(now, 0)
    events = np.concatenate((observed, others))
    record = np.zeros(1, dtype=np.int64)
    first = min(float(events.min()), end) if len(events) else end
    days = chart.day(np.repeat(record, 2), np.array([first, end]))
    midnights = chart.day_end(
        np.zeros(days[1] - days[0], dtype=np.int64), np.arange(days[0], days[1], dtype=np.int64)
    ) + 2.0 / 3600.0  # fmt: skip
    at = np.unique(np.concatenate((events, midnights, [end])))
    at = at[at <= end + SAME_TIME]
    number = np.zeros(len(at), dtype=np.int64)
    looks = look_now(chart, number, at, np.full(len(at), t))
    graded = evaluate(criterion, looks)
    low = np.where(graded.applied, graded.low, 0).astype(np.float64)
    high = np.where(graded.applied, graded.high, 0).astype(np.float64)
    there, absent = low >= 1, high == 0
    if criterion.met is not None and graded.readings:
        met = met_of(criterion, [r.possible for r in graded.readings])
        there, absent = graded.applied & (met == 2), ~graded.applied | (met == 0)
    products: tuple[str, ...] = ()
    if isinstance(criterion.applies, After):
        products = criterion.applies.products
    elif "CAR-T" in criterion.tags:
        products = CAR_PRODUCTS
    infusion = looks.infusion(products) if products else np.full(len(at), math.nan)
    ended = DEATH if end < t - SAME_TIME or looks.death().there[-1] else OPEN
    return _Trail(
        criterion, chart, graded, at, low, high, there, absent,
        np.isin(at, observed) | ~graded.applied, infusion, bool(products), ended,
    )  # fmt: skip


def _stretches(infusion: Floats) -> list[tuple[int, int]]:
    """(first, after the last) of the moments that count from one infusion."""
    key = np.nan_to_num(infusion, nan=-math.inf)
    starts = [0, *(np.flatnonzero(key[1:] != key[:-1]) + 1).tolist()] if len(key) else []
    return list(zip(starts, [*starts[1:], len(key)], strict=True))


@dataclass(slots=True)
class _Open:
    """An episode as it is put together.

    after      hours of the last moment without it
    places     of its moments in the trail; low, high: their grades
    sure       which of these moments are certain
    by         place of the first moment without it
    """

    after: float | None
    places: list[int] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    sure: list[int] = field(default_factory=list)
    by: int | None = None


def _of_stretch(trail: _Trail, start: int, stop: int, *, ended: str) -> list[Episode]:
    infusion = float(trail.infusion[start])
    absent_at = None if math.isnan(infusion) else infusion
    course = trail.criterion.course
    assert course is not None
    against = course.against
    gathered: list[_Open] = []
    going: _Open | None = None
    for k in range(start, stop):
        low, high = float(trail.low[k]), float(trail.high[k])
        there, absent = bool(trail.there[k]), bool(trail.absent[k])
        if against is not None and going is not None and going.sure:
            first = _at(trail, going.places[going.sure[0]])
            least, most = (int(x[0]) for x in against(first, _at(trail, k)))
            low, high = max(low, least), max(high, most)
            there, absent = there or least >= 1, absent and most == 0
        if absent:
            if going is not None:
                going.by = k
                gathered.append(going)
                going, absent_at = None, float(trail.at[k])
            elif trail.observed[k] or absent_at is None:
                absent_at = float(trail.at[k])
            continue
        if going is None:
            going = _Open(absent_at)
        if there:
            going.sure.append(len(going.places))
        going.places.append(k)
        going.low.append(low)
        going.high.append(high)
    if going is not None:
        gathered.append(going)
    found: list[Episode] = []
    number = 0
    for each in gathered:
        number += bool(each.sure)
        found.append(_episode(trail, each, infusion, number if each.sure else 0, ended))
    return found


def _episode(trail: _Trail, one: _Open, infusion: float, number: int, ended: str) -> Episode:
    course = trail.criterion.course
    assert course is not None
    counted_from = None if math.isnan(infusion) else infusion
    sure = [one.places[n] for n in one.sure]
    # The first and those at which something was charted: a value carried on says nothing new.
    seen = [k for k in sure if trail.observed[k] or k == sure[0]]
    by = None if one.by is None else float(trail.at[one.by])
    low, peak_at, pauses = 0.0, None, []
    told: list[int] = []
    if sure:
        low = max(one.low[n] for n in one.sure)
        peak = next(n for n in one.sure if one.low[n] == low)
        peak_at = float(trail.at[one.places[peak]])
        told = [one.places[peak]] if course.counts else [sure[0], one.places[peak]]
        pauses = [
            (
                float(trail.at[max(k for k in seen if k <= one.places[a])]),
                float(trail.at[one.places[b]]),
            )
            for a, b in zip(one.sure[:-1], one.sure[1:], strict=True)
            if b > a + 1
        ]
    if by is not None:
        ended = RESOLVED
    elif course.counts and ended == OPEN:
        ended = COUNTED
    because = dict.fromkeys(
        b for k in dict.fromkeys(told) for r in trail.graded.snapshot(k).readings for b in r.because
    )
    return Episode(
        criterion=trail.criterion.id,
        number=number,
        certain=bool(sure),
        infusion=counted_from,
        onset=_between(trail, infusion, one.after, float(trail.at[sure[0]]) if sure else None),
        low=low,
        high=max(one.high),
        peak_at=peak_at,
        resolution=_between(trail, infusion, float(trail.at[seen[-1]]) if seen else None, by),
        ended=ended,
        pauses=tuple(pauses),
        renewed=_renewed(trail, seen) if number > 1 and course.opening is not None else None,
        spells=course.spells(_at(trail, one.places[-1])) if course.spells is not None else (),
        because=tuple(sorted(because, key=lambda b: (b.at, b.name))),
        source=trail.criterion.source,
        standing=trail.criterion.standing,
    )


def _between(trail: _Trail, infusion: float, after: float | None, by: float | None) -> Between:
    from_day = 0.0 if math.isnan(infusion) else infusion

    def day(hours: float | None) -> int | None:
        if hours is None:
            return None
        both = trail.chart.day(np.zeros(2, dtype=np.int64), np.array([from_day, hours]))
        return int(both[1] - both[0])

    return Between(after, by, day(after), day(by))


def _renewed(trail: _Trail, places: list[int]) -> bool | None:
    """Whether what opens an episode was surely, or perhaps (None), seen in this one."""
    assert trail.criterion.course is not None
    assert trail.criterion.course.opening is not None
    name, class_ = trail.criterion.course.opening
    place = next(n for n, item in enumerate(trail.criterion.items) if item.name == name)
    masks = trail.graded.readings[place].possible[places]
    if (masks == 1 << class_).any():
        return True
    return None if (masks & (1 << class_)).any() else False


def _at(trail: _Trail, place: int) -> Looks:
    """One moment, through the criterion's windows."""
    looks, which = trail.graded.looks, np.array([place])
    start = None if looks.start is None else looks.start[which]
    return looks.take(which).through(trail.criterion.windows, start)
