"""Dosing policies: one callable for the bedside (a batch of one) and for a trial (a batch of many).

A policy looks at records as they were known at a moment and answers with dose events, planned from
that moment on: what should be given at each time that can still be changed. What is charted as
given, too near to change, held or stopped is never touched; a planned dose that is right already
gives no event, so asking twice changes nothing. This module knows no drug by name: amounts, bands
and times are handed in, and who stands behind them is said by `source`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from equipoise import units
from equipoise.record import SAME_TIME, AnyEvent, Dose, Measurement, Record, Replaced
from equipoise.source import Source, Standing

Policy: TypeAlias = Callable[[Sequence[Record], float], Sequence[Sequence[AnyEvent]]]
"""Records and a moment (hours from day 0) in; for each record the events to add to it out."""

HALF_A_DAY = 12.0
"""Hours within which a planned dose is the one that a protocol means, at most (project
convention): infusions start late, and a dose must not be planned beside itself."""


class PolicyError(ValueError):
    """A policy cannot answer for a record: one sentence with what is missing and the remedy."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """When an agent is given and in what.

    times      hours from day 0 at which infusions start, increasing
    durations  hours of the first and of every later infusion
    unit       of a dose: "mg"
    vial       in `unit`; 0: amounts are not rounded
    most       largest single dose, in `unit`
    notice     hours before its start up to which a dose can still be changed: what pharmacy and
               ward need
    """

    agent: str
    times: tuple[float, ...]
    durations: tuple[float, float] = (0.0, 0.0)
    route: str = "iv"
    unit: str = "mg"
    vial: float = 0.0
    most: float = math.inf
    notice: float = 0.0

    def __post_init__(self) -> None:
        rising = all(b - a > SAME_TIME for a, b in pairwise(self.times))
        if not self.times or not rising or not all(math.isfinite(at) for at in self.times):
            raise PolicyError("protocol: times must be given as hours and increase")
        if self.vial < 0.0 or self.notice < 0.0 or self.most <= 0.0 or min(self.durations) < 0.0:
            raise PolicyError(
                "protocol: vial, notice and durations are zero or more, most is above 0"
            )
        if self.most < self.vial:
            raise PolicyError(
                f"protocol: most ({self.most:g} {self.unit}) is less than one vial "
                f"({self.vial:g} {self.unit}): no dose could be given"
            )

    def shifted(self, hours: float) -> Protocol:
        """The same course, that much later (earlier where negative)."""
        return replace(self, times=tuple(at + hours for at in self.times))

    def duration(self, at: float) -> float:
        """Hours of the infusion that starts at one of the times."""
        return self.durations[0] if abs(at - self.times[0]) <= SAME_TIME else self.durations[1]

    def changeable(self, t: float) -> tuple[float, ...]:
        """Times whose dose can still be changed at t."""
        return tuple(at for at in self.times if at - self.notice > t + SAME_TIME)


def protocol_of(
    record: Record,
    t: float,
    agent: str,
    *,
    unit: str = "mg",
    vial: float = 0.0,
    most: float = math.inf,
    notice: float = 0.0,
) -> Protocol:
    """The course that a record holds, given and planned by t, as a protocol: for the bedside.

    Fails  PolicyError where no dose of the agent is given or planned.
    """
    past = past_of(record, t)
    doses = [*past.given(agent, t, unit=unit), *past.planned(agent, t, unit=unit)]
    doses.sort(key=lambda d: d.at)
    if not doses:
        raise PolicyError(f"record {past.id}: no dose of {agent} is given or planned")
    first, later = doses[0], doses[-1]
    return Protocol(
        agent=agent,
        times=tuple(dict.fromkeys(d.at for d in doses)),
        durations=(first.duration, later.duration),
        route=first.route or "iv",
        unit=unit,
        vial=vial,
        most=most,
        notice=notice,
    )


@dataclass(frozen=True, slots=True)
class Rounded:
    """A dose in whole vials.

    wanted, given  in the protocol's unit;  discarded: what is thrown away when `wanted` is given
                   exactly from whole vials
    """

    at: float
    wanted: float
    given: float
    vials: int
    discarded: float
    unit: str

    @property
    def change(self) -> float:
        """Given over wanted, less one: 0.05 is 5 % more."""
        return self.given / self.wanted - 1.0 if self.wanted > 0.0 else 0.0

    @property
    def text(self) -> str:
        """ "112.5 mg -> 125 mg (5 vials), +11 %; given exactly, 12.5 mg are thrown away"."""
        vials = "1 vial" if self.vials == 1 else f"{self.vials} vials"
        words = f"{self.wanted:g} {self.unit} -> {self.given:g} {self.unit} ({vials})"
        if abs(self.change) < 1e-9:
            return f"{words}, no change"
        return (
            f"{words}, {100.0 * self.change:+.0f} %; given exactly, {self.discarded:g} {self.unit} "
            "are thrown away"
        )


def rounded(protocol: Protocol, at: float, amount: float) -> Rounded:
    """A dose in the nearest number of whole vials, half a vial up; as it is without vials.

    A dose above 0 keeps at least one vial, and none exceeds `protocol.most`.
    Fails  PolicyError for an amount that is no number or below 0.
    """
    if not math.isfinite(amount) or amount < 0.0:
        raise PolicyError(f"a dose of {amount:g} {protocol.unit} cannot be given")
    wanted = min(amount, protocol.most)
    if protocol.vial <= 0.0:
        return Rounded(at, wanted, wanted, 0, 0.0, protocol.unit)
    count = math.floor(wanted / protocol.vial + 0.5 + 1e-9)
    if wanted > 0.0:
        count = max(count, 1)
    if math.isfinite(protocol.most):
        count = min(count, math.floor(protocol.most / protocol.vial + 1e-9))
    whole = math.ceil(wanted / protocol.vial - 1e-9) * protocol.vial
    return Rounded(at, wanted, count * protocol.vial, count, whole - wanted, protocol.unit)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One sample, its result, and what can still be changed by it.

    doses  times of the doses that can still be changed when the result is there; () is too late
    """

    drawn: float
    result: float
    doses: tuple[float, ...]

    @property
    def last(self) -> float | None:
        """The last dose that the result can still change, or None."""
        return self.doses[-1] if self.doses else None


def deadlines(
    protocol: Protocol, samples: Sequence[float], *, turnaround: float
) -> tuple[Deadline, ...]:
    """For each sample when its result comes and which doses it can still change.

    samples     hours from day 0;  turnaround: hours from the draw to the result
    """
    if not turnaround >= 0.0:
        raise PolicyError("turnaround: give the hours from a draw to its result, zero or more")
    return tuple(
        Deadline(at, at + turnaround, protocol.changeable(at + turnaround)) for at in samples
    )


# --- from amounts to events -------------------------------------------------------------------


def past_of(record: Record, t: float) -> Record:
    """The record as it was known at t, laboratory values without a time of being known refused.

    Fails  PolicyError naming the record.
    """
    try:
        return record.until(t)
    except ValueError as error:
        raise PolicyError(f"record {record.id}: {error}") from None


def planned_events(
    past: Record, t: float, protocol: Protocol, amounts: Mapping[float, float]
) -> tuple[Dose, ...]:
    """Dose events that bring the plan in line with amounts at the protocol's times.

    past     cut at t;  amounts: time -> amount wanted, rounded to vials here
    A planned dose within half an interval of a time (12 h at most) keeps its own time. One that no
    time of the protocol accounts for and that can still be changed is held. Nothing is planned
    where the record holds the dose or has stopped the agent.
    """
    ahead, standing_at = _standing(past, t, protocol)
    events: list[Dose] = []
    for at, standing in standing_at:
        if standing is not None and standing.status == "held":
            continue
        amount = rounded(protocol, at, amounts.get(at, 0.0)).given
        new = _dose(protocol, at if standing is None else standing.at, t, amount)
        if standing is None:
            events += [new] if amount > 0.0 else []
        elif not _same(past, standing, new, protocol):
            events.append(
                replace(new, replaces=Replaced(standing.agent, standing.at), row=standing.row + 1)
            )
    matched = {id(standing) for _, standing in standing_at}
    for dose in ahead:
        if id(dose) not in matched and dose.status != "held":
            held = replace(dose, known=t, status="held", replaces=Replaced(dose.agent, dose.at))
            events.append(replace(held, row=dose.row + 1))
    return tuple(sorted(events, key=lambda d: d.at))


def open_times(past: Record, t: float, protocol: Protocol) -> tuple[float, ...]:
    """Times of the protocol at which a dose can still be planned: changeable, neither stopped nor
    held in the record.

    past  cut at t
    """
    _, found = _standing(past, t, protocol)
    return tuple(at for at, each in found if each is None or each.status != "held")


def _standing(
    past: Record, t: float, protocol: Protocol
) -> tuple[list[Dose], list[tuple[float, Dose | None]]]:
    """Doses of the record that can still be changed, and for each changeable time of the protocol
    that no stop precedes the one that stands there.
    """
    stops = [s.at for s in past.stops(protocol.agent)]
    near = _reach(protocol)
    ahead = [
        d for d in past.doses(protocol.agent)
        if d.at - protocol.notice > t + SAME_TIME
        and not any(stop <= d.at + SAME_TIME for stop in stops)
    ]  # fmt: skip
    matched: set[int] = set()
    found: list[tuple[float, Dose | None]] = []
    for at in protocol.changeable(t):
        if any(stop <= at + SAME_TIME for stop in stops):
            continue
        close = [d for d in ahead if abs(d.at - at) <= near and id(d) not in matched]
        standing = min(close, key=lambda d: abs(d.at - at), default=None)
        matched |= set() if standing is None else {id(standing)}
        found.append((at, standing))
    return ahead, found


def with_events(record: Record, events: Sequence[AnyEvent]) -> Record:
    """The record with what a policy answered; `until` of the moment asked about shows it."""
    return replace(record, events=(*record.events, *events), cut=None)


def carried_out(record: Record, t: float) -> Record:
    """The record of a patient to whom everything planned by t was given as planned: for a trial.

    At the bedside nothing is taken for given because it was planned: the chart says so.
    """
    past = past_of(record, t)
    done = [
        replace(d, status="given", known=d.at, replaces=Replaced(d.agent, d.at), row=d.row + 1)
        for d in past.doses()
        if d.status == "planned"
        and d.at <= t + SAME_TIME
        and not any(s.at <= d.at + SAME_TIME for s in past.stops(d.agent))
    ]
    return with_events(record, done)


def _reach(protocol: Protocol) -> float:
    gaps = [b - a for a, b in pairwise(protocol.times)]
    return min([HALF_A_DAY, *(0.5 * gap for gap in gaps)])


def _dose(protocol: Protocol, at: float, t: float, amount: float) -> Dose:
    text = f"{amount:.12g} {protocol.unit}"
    duration = protocol.duration(min(protocol.times, key=lambda each: abs(each - at)))
    return Dose(
        at=at,
        known=t,
        agent=protocol.agent,
        amount=units.parse(text),
        duration=duration,
        duration_text=f"{duration:g} h" if duration > 0.0 else "",
        route=protocol.route,
        status="planned" if amount > 0.0 else "held",
    )


def _same(past: Record, standing: Dose, new: Dose, protocol: Protocol) -> bool:
    if new.status == "held":
        return False
    planned = past.planned(protocol.agent, standing.at - 2.0 * SAME_TIME, unit=protocol.unit)
    amounts = [g.amount for g in planned if abs(g.at - standing.at) <= SAME_TIME]
    assert new.amount is not None
    wanted = float(new.amount.number)
    return (
        len(amounts) == 1
        and abs(amounts[0] - wanted) <= 1e-9 * max(wanted, 1.0)
        and abs(standing.duration - new.duration) <= SAME_TIME
    )


# --- rules that need no model -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same amount per kg at each time: fixed mg/kg.

    per_kg  of one dose, in the protocol's unit per kg of recorded weight
    heaviest  kg that count at most; inf: the weight as recorded
    """

    protocol: Protocol
    per_kg: float
    source: Source
    heaviest: float = math.inf
    standing: Standing = Standing.PUBLISHED

    def __post_init__(self) -> None:
        if not self.per_kg > 0.0 or not self.heaviest > 0.0:
            raise PolicyError("fixed dose: per_kg and heaviest must be above 0")

    def __call__(self, records: Sequence[Record], t: float) -> tuple[tuple[Dose, ...], ...]:
        """Dose events for each record; every one on its own."""
        return tuple(_each_the_same(self, record, t) for record in records)

    def amount(self, past: Record, t: float) -> float:
        """One dose before it is rounded, in the protocol's unit, for a record cut at t."""
        return self.per_kg * min(weight_of(past, t, self.protocol), self.heaviest)


@dataclass(frozen=True, slots=True)
class Band:
    """One cell of a dosing table.

    weight       kg, low <= weight < high
    lymphocytes  10*9/L before the first dose, low <= count < high; every count where the table
                 does not ask
    per_kg       of the whole course, in the protocol's unit per kg
    """

    weight: tuple[float, float]
    per_kg: float
    lymphocytes: tuple[float, float] = (0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Banded:
    """A table by weight, and by lymphocytes where its bands ask: split evenly over the times.

    The count is the last one known before the first dose, at most `oldest` hours older than it; one
    below `floor` counts as `floor`. Once the first dose is given the table still reads that count,
    never one that the drug has changed.
    """

    protocol: Protocol
    bands: tuple[Band, ...]
    source: Source
    floor: float = 0.0
    oldest: float = 30 * 24.0
    standing: Standing = Standing.PUBLISHED

    def __post_init__(self) -> None:
        for i, band in enumerate(self.bands):
            for low, high in (band.weight, band.lymphocytes):
                if not 0.0 <= low < high:
                    raise PolicyError("dosing table: every band needs low < high, both 0 or more")
            if not band.per_kg >= 0.0:
                raise PolicyError("dosing table: per_kg must be 0 or more")
            if any(_overlap(band, other) for other in self.bands[:i]):
                raise PolicyError(f"dosing table: two bands hold weight {band.weight[0]:g} kg")
        if not self.bands:
            raise PolicyError("dosing table: give at least one band")

    @property
    def asks_lymphocytes(self) -> bool:
        """Whether a count changes the dose."""
        return any(b.lymphocytes != (0.0, math.inf) for b in self.bands)

    def __call__(self, records: Sequence[Record], t: float) -> tuple[tuple[Dose, ...], ...]:
        """Dose events for each record; every one on its own."""
        return tuple(_each_the_same(self, record, t) for record in records)

    def amount(self, past: Record, t: float) -> float:
        """One dose before it is rounded, in the protocol's unit, for a record cut at t.

        Fails  PolicyError where no band fits, or a count is missing or may lie in several.
        """
        weight = weight_of(past, t, self.protocol)
        count = self._count(past) if self.asks_lymphocytes else None
        fitting = [
            b for b in self.bands
            if b.weight[0] <= weight < b.weight[1]
            and (count is None or b.lymphocytes[0] <= count < b.lymphocytes[1])
        ]  # fmt: skip
        if not fitting:
            counted = "" if count is None else " and count of lymphocytes"
            raise PolicyError(
                f"record {past.id}: the dosing table has no band for this weight{counted}; use "
                "another strategy"
            )
        return fitting[0].per_kg * weight / len(self.protocol.times)

    def _count(self, past: Record) -> float:
        given = [d.at for d in past.doses(self.protocol.agent) if d.status != "held"]
        first = min([*given, self.protocol.times[0]])
        last = past.latest("lymphocytes", first, within=self.oldest)
        if last is None:
            raise PolicyError(
                f"record {past.id}: no lymphocytes before the first dose, not older than "
                f"{self.oldest / 24.0:g} days; measure them or use a strategy without them"
            )
        self._settled(past, last)
        # Below 0.2 is not 0.2, which begins the next band.
        number = math.nextafter(last.number, 0.0) if last.censored == "<" else last.number
        return max(number, self.floor)

    def _settled(self, past: Record, last: Measurement) -> None:
        """A count known only as a bound must lie in one band whatever it is."""
        if not last.censored:
            return
        edges = {e for b in self.bands for e in b.lymphocytes if 0.0 < e < math.inf}
        open_ = [e for e in edges if (e < last.number if last.censored == "<" else e > last.number)]
        if any(e > self.floor for e in open_):
            raise PolicyError(
                f"record {past.id}: lymphocytes are known as a bound only, which may lie in "
                "several bands; a count is needed"
            )


def weight_of(past: Record, t: float, protocol: Protocol) -> float:
    """kg by which a course is dosed: the last weight before its first time, else the last by t.

    One weight holds for a whole course, so that a new weight in the middle changes no dose.
    Fails  PolicyError where the record has none.
    """
    weight = past.value_at("weight", min(t, protocol.times[0])) or past.value_at("weight", t)
    if weight is None:
        raise PolicyError(f"record {past.id}: no weight; give one in kg")
    return weight


def _overlap(one: Band, other: Band) -> bool:
    return all(
        max(a[0], b[0]) < min(a[1], b[1])
        for a, b in ((one.weight, other.weight), (one.lymphocytes, other.lymphocytes))
    )


def total_of(events: Sequence[AnyEvent]) -> Decimal:
    """Sum of the planned doses among events, in their own unit."""
    doses = [e for e in events if isinstance(e, Dose) and e.status == "planned" and e.amount]
    return sum((d.amount.number for d in doses if d.amount is not None), Decimal(0))


def _each_the_same(rule: Fixed | Banded, record: Record, t: float) -> tuple[Dose, ...]:
    """The plan of a rule that gives the same amount at each time."""
    past = past_of(record, t)
    if not rule.protocol.changeable(t):
        return ()
    amounts = dict.fromkeys(rule.protocol.times, rule.amount(past, t))
    return planned_events(past, t, rule.protocol, amounts)
