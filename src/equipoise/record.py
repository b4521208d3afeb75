"""The record: one patient's timeline of doses, cells, measurements and findings.

Every event has the time it happened (`at`) and the time it was known (`known`), both in hours
from day 0. `Record.until(t)` is the only way to see the past: what was not known at t is not in
what it returns. Everything else in the package works on what `until` gave.

Numbers are held twice: as they were entered (`Quantity`, decimal, with unit) so that criteria can
compare at reported precision, and as a plain float in the canonical unit of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from equipoise import names, units
from equipoise.units import Quantity

HOURS_PER_DAY = 24.0
DAYS_PER_YEAR = 365.25
SAME_TIME = 1e-6
"""Two times closer than this (hours) are the same moment; 4 milliseconds."""

AMOUNT_UNKNOWN = "unknown"
"""What a record writes as `amount` of a dose that was given in an unknown amount."""

DOSE_STATUSES = ("given", "planned", "held", "partial")


@dataclass(frozen=True, slots=True)
class Replaced:
    """Which earlier event a correction replaces.

    name  of the measurement or finding; the agent of a dose; the product of cells
    at    hours from day 0, the time of the event that is replaced
    """

    name: str
    at: float
    at_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has.

    at        hours from day 0 at which it happened or, for a plan, is meant to happen
    known     hours from day 0 at which it was known; None: the record does not say (laboratory
              values only; `Record.assuming_turnaround` fills it)
    assumed   True where `known` was filled from the vocabulary's turnaround
    replaces  the earlier event that this one corrects
    at_text   as written (an ISO time), empty where hours were written; likewise known_text
    row       place in the input, counted from 1, for error sentences
    """

    at: float
    known: float | None
    assumed: bool = False
    replaces: Replaced | None = None
    at_text: str = ""
    known_text: str = ""
    row: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        """The name by which a correction finds this event."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose(Event):
    """A drug given, planned, held, or given in part.

    agent     name in the vocabulary
    amount    as entered, per kg and per m2 allowed; None where a rate is given or the amount is
              not known
    rate      as entered (amount per time); needs `duration`
    duration  hours; 0 for an oral dose or a bolus
    route     "oral", "iv", "sc", ...
    status    "" where the record does not say
    """

    agent: str
    amount: Quantity | None = None
    rate: Quantity | None = None
    duration: float = 0.0
    duration_text: str = ""
    route: str = ""
    formulation: str = ""
    line: str = ""
    lot: str = ""
    status: str = ""

    @property
    def key(self) -> str:
        return self.agent

    def is_given(self, t: float) -> bool:
        """Whether the dose counts as given (begun) by t.

        `held` and `planned` never count. A dose without status that was charted ahead of its time
        counts from its time on, as the contract says; `Record.charted_ahead` lists these.
        """
        if self.at > t + SAME_TIME:
            return False
        return self.status in ("given", "partial", "")

    def is_planned(self, t: float) -> bool:
        """Whether the dose is still ahead at t: planned for later and not held."""
        if self.status == "held":
            return False
        if self.status == "planned":
            return self.at > t - SAME_TIME
        return self.at > t + SAME_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells(Event):
    """A cell product given: graft, donor lymphocytes, microtransplant, CAR-T.

    doses   cell kind -> as entered (`CD34`: 6.1e6 /kg);  part  of a split dose: "1 of 2"
    course  number of the course it belongs to, 0: not said;  after  hours from the end of the
            chemotherapy that it follows, None: not said
    """

    product: str
    source: str = ""
    donor: str = ""
    manipulation: str = ""
    doses: tuple[tuple[str, Quantity], ...] = ()
    status: str = ""
    part: str = ""
    course: int = 0
    after: float | None = None
    after_text: str = ""

    @property
    def key(self) -> str:
        return self.product


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(Event):
    """A number with a unit: a level, a laboratory value, a vital sign, a count.

    value   as entered, with comparator `<` or `>` where censored
    number  in the canonical unit of the vocabulary (the bound where censored)
    input   cells or genomes examined
    """

    name: str
    value: Quantity
    number: float
    method: str = ""
    specimen: str = ""
    marker: str = ""
    lineage: str = ""
    limit: Quantity | None = None
    input: Quantity | None = None
    low: Quantity | None = None
    high: Quantity | None = None
    over: float | None = None
    over_text: str = ""

    @property
    def key(self) -> str:
        return self.name

    @property
    def censored(self) -> str:
        """ "<" or ">" where the assay gave only a bound, else empty."""
        return self.value.comparator

    @property
    def text(self) -> str:
        """As a person would write it: the entered text."""
        return self.value.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Event):
    """Something seen or judged: true, false, one of a list of words, or a list of words."""

    name: str
    value: Any

    @property
    def key(self) -> str:
        return self.name

    @property
    def text(self) -> str:
        """The value in words."""
        if isinstance(self.value, bool):
            return "present" if self.value else "absent"
        if isinstance(self.value, tuple):
            return ", ".join(str(v) for v in self.value) or "none"
        if isinstance(self.value, Mapping):
            return ", ".join(f"{k} {v}" for k, v in self.value.items())
        return str(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure(Event):
    """Something done: a biopsy, plasma exchange, a sample drawn.

    of  for `level_drawn`: the measurement whose result is awaited, itself a later measurement; the
        draw is known at once, so a pending result can be shown without looking ahead.
    """

    name: str
    of: str = ""

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfusion(Event):
    """Red cells or platelets given."""

    product: str
    amount: Quantity | None = None

    @property
    def key(self) -> str:
        return self.product


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Event):
    """An agent is stopped: no further planned doses, and a running infusion ends."""

    agent: str

    @property
    def key(self) -> str:
        return self.agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Event):
    """An event of a name that the vocabulary lacks, kept because the record says so."""

    name: str
    content: tuple[tuple[str, Any], ...]

    @property
    def key(self) -> str:
        return self.name


AnyEvent = Dose | Cells | Measurement | Finding | Procedure | Transfusion | Stop | Kept


@dataclass(frozen=True, slots=True)
class Given:
    """A dose that counts as given, resolved to plain numbers.

    at, duration  hours; duration already cut where the agent was stopped during the infusion
    amount        in the unit `unit` (mass, cells, activity), total over `duration`
    because       the weight or surface used for a per-kg or per-m2 dose, in words
    """

    at: float
    agent: str
    amount: float
    unit: str
    duration: float
    route: str
    formulation: str
    because: str
    charted_ahead: bool = False
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One patient's timeline.

    day0    the reference infusion (graft or cells), with its zone; known from the start
    events  sorted by time, then by time known
    covariates  what models read and no measurement holds: ("cyp3a5", "expresser")
    note    where the record comes from, for a reader; nothing is computed from it
    cut     hours: what this record may see (set by `until`), None: everything
    """

    id: str
    day0: datetime
    born: date | None = None
    sex: str = ""
    indication: str = ""
    platform: str = ""
    wants: tuple[tuple[str, float], ...] = ()
    covariates: tuple[tuple[str, str | float], ...] = ()
    unknown: str = ""
    note: str = ""
    events: tuple[AnyEvent, ...] = ()
    cut: float | None = None
    # Replaced events stay behind a cut: an earlier cut, before the correction, needs them.
    _replaced: tuple[AnyEvent, ...] = field(default=(), repr=False, compare=False)
    _index: dict[str, tuple[AnyEvent, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        offset = self.day0.utcoffset()
        if offset is None:
            raise ValueError("day0 needs a zone")
        # A named zone would shift clock times at the change of seasons: one offset, day 0's.
        object.__setattr__(self, "day0", self.day0.replace(tzinfo=timezone(offset)))
        ordered = tuple(sorted(self.events, key=in_order))
        object.__setattr__(self, "events", ordered)
        index: dict[str, list[AnyEvent]] = {}
        for event in ordered:
            index.setdefault(f"{type(event).__name__}:{event.key}", []).append(event)
            index.setdefault(type(event).__name__, []).append(event)
        object.__setattr__(self, "_index", {k: tuple(v) for k, v in index.items()})

    # --- what was known -------------------------------------------------------------------

    def until(self, t: float) -> Record:
        """The record as it was known at t: nothing with `known > t`, corrections applied.

        t  hours from day 0. Cutting what is cut already gives what cutting the whole record at
           the earlier of both times gives.
        Fails  ValueError where a laboratory value has no `known` (call `assuming_turnaround`
               first, or refuse).
        """
        seen: list[AnyEvent] = []
        for event in (*self.events, *self._replaced):
            if event.known is None:
                raise ValueError(
                    f"{event.key} has no time at which it was known: give `known`, "
                    "or let the vocabulary's turnaround be assumed"
                )
            if event.known <= t + SAME_TIME:
                seen.append(event)
        gone = {id(event) for event, _ in replaced_events(seen)}
        return replace(
            self,
            events=tuple(event for event in seen if id(event) not in gone),
            cut=t if self.cut is None else min(t, self.cut),
            _replaced=tuple(event for event in seen if id(event) in gone),
        )

    def assuming_turnaround(self) -> Record:
        """The record with `known` = `at` + the vocabulary's turnaround where it was not given."""
        events = []
        for event in self.events:
            if event.known is None:
                delay = (
                    names.measurement(event.name).turnaround
                    if isinstance(event, Measurement)
                    else 0.0
                )
                event = replace(event, known=event.at + delay, assumed=True)
            events.append(event)
        return replace(self, events=tuple(events))

    @property
    def end(self) -> float:
        """Hours of the last thing known, or 0 for an empty record."""
        times = [e.at if e.known is None else e.known for e in self.events]
        return max(times, default=0.0)

    # --- looking things up ----------------------------------------------------------------

    def measurements(
        self, name: str, *, start: float = -math.inf, end: float = math.inf
    ) -> tuple[Measurement, ...]:
        """Values of one name with start <= at <= end, by time. Hours from day 0."""
        found = self._index.get(f"Measurement:{name}", ())
        return tuple(e for e in found if start <= e.at <= end and isinstance(e, Measurement))

    def findings(
        self, name: str, *, start: float = -math.inf, end: float = math.inf
    ) -> tuple[Finding, ...]:
        """Findings of one name with start <= at <= end, by time. Hours from day 0."""
        found = self._index.get(f"Finding:{name}", ())
        return tuple(e for e in found if start <= e.at <= end and isinstance(e, Finding))

    def latest(self, name: str, t: float, *, within: float = math.inf) -> Measurement | None:
        """The last value of a name with t - within <= at <= t, or None."""
        found = self.measurements(name, start=t - within, end=t + SAME_TIME)
        return found[-1] if found else None

    def latest_finding(self, name: str, t: float, *, within: float = math.inf) -> Finding | None:
        """The last finding of a name with t - within <= at <= t, or None."""
        found = self.findings(name, start=t - within, end=t + SAME_TIME)
        return found[-1] if found else None

    def cells(self, *products: str) -> tuple[Cells, ...]:
        """Cell infusions, of the products named or of all, by time."""
        found = (e for e in self._index.get("Cells", ()) if isinstance(e, Cells))
        return tuple(e for e in found if not products or e.product in products)

    def doses(self, *agents: str) -> tuple[Dose, ...]:
        """Dose events of the agents named, or of all, whatever their status, by time."""
        found = (e for e in self._index.get("Dose", ()) if isinstance(e, Dose))
        return tuple(e for e in found if not agents or e.agent in agents)

    def stops(self, agent: str) -> tuple[Stop, ...]:
        """Stops of one agent, by time."""
        return tuple(e for e in self._index.get(f"Stop:{agent}", ()) if isinstance(e, Stop))

    def agents(self) -> tuple[str, ...]:
        """Agents with a dose in the record, in order of the first."""
        return tuple(dict.fromkeys(d.agent for d in self.doses()))

    # --- doses as numbers -----------------------------------------------------------------

    def given(self, agent: str, t: float, *, unit: str) -> tuple[Given, ...]:
        """Doses of an agent that count as given by t, in `unit`, infusions cut at a stop.

        Reads doses with at <= t. An infusion that is running at t is whole: what is still to
        run is the charted rest of it.
        Fails  ValueError where a per-kg (per-m2) dose has no weight (height) at or before it.
        """
        return tuple(self._resolved(d, unit) for d in self.given_doses(agent, t))

    def given_doses(self, agent: str, t: float) -> tuple[Dose, ...]:
        """Dose events of an agent that count as given by t; one charted ahead and then stopped
        does not.
        """
        return tuple(
            d
            for d in self.doses(agent)
            if d.is_given(t) and not (_is_charted_ahead(d) and self._is_stopped(d))
        )

    def planned(self, agent: str, t: float, *, unit: str) -> tuple[Given, ...]:
        """Doses of an agent still planned after t and not stopped, in `unit`."""
        doses = []
        for dose in self.doses(agent):
            if dose.is_planned(t) and not self._is_stopped(dose):
                doses.append(replace(self._resolved(dose, unit), planned=True))
        return tuple(doses)

    def charted_ahead(self, agent: str, t: float) -> tuple[Dose, ...]:
        """Doses that count as given at t although they were only charted before their time."""
        return tuple(d for d in self.given_doses(agent, t) if _is_charted_ahead(d))

    def _is_stopped(self, dose: Dose) -> bool:
        return any(
            stop.at <= dose.at + SAME_TIME and (stop.known or 0.0) >= (dose.known or 0.0)
            for stop in self.stops(dose.agent)
        )

    def _resolved(self, dose: Dose, unit: str) -> Given:
        duration = dose.duration
        entered = dose.amount
        if entered is None:
            if dose.rate is None:
                raise ValueError(f"dose of {dose.agent}: its amount is not known")
            number, because = self._total(dose.rate, dose, f"{unit}/h")
            number *= dose.duration
        else:
            number, because = self._total(entered, dose, unit)
        for stop in self.stops(dose.agent):
            if dose.at < stop.at < dose.at + duration and duration > 0.0:
                # A partial dose states what was really given: the stop only ends it.
                share = 1.0 if dose.status == "partial" else (stop.at - dose.at) / duration
                number, duration = number * share, stop.at - dose.at
                because = _join(because, "infusion ended at the stop")
                break
        return Given(
            at=dose.at,
            agent=dose.agent,
            amount=number,
            unit=unit,
            duration=duration,
            route=dose.route,
            formulation=dose.formulation,
            because=because,
            charted_ahead=_is_charted_ahead(dose),
        )

    def _total(self, entered: Quantity, dose: Dose, unit: str) -> tuple[float, str]:
        base, per = units.per(entered.unit)
        number = float(units.convert(float(entered.number), base, unit, substance=dose.agent))
        if per == "":
            return number, ""
        if per == "kg":
            weight = self.latest("weight", dose.at)
            if weight is None:
                why = "an amount per kg needs a weight at or before the dose"
                raise ValueError(f"dose of {dose.agent}: {why}")
            return number * weight.number, f"weight {weight.text}"
        surface = self.body_surface(dose.at)
        if surface is None:
            why = "an amount per m2 needs weight and height at or before the dose"
            raise ValueError(f"dose of {dose.agent}: {why}")
        return number * surface, f"body surface {surface:.2f} m2"

    # --- covariates -----------------------------------------------------------------------

    def step(self, name: str) -> tuple[tuple[float, float], ...]:
        """A measurement as a step function: (hours, canonical number), carried forward.

        Censored values count with their bound.
        """
        return tuple((m.at, m.number) for m in self.measurements(name))

    def value_at(self, name: str, t: float) -> float | None:
        """The number of a measurement carried forward to t, in the canonical unit, or None."""
        last = self.latest(name, t)
        return None if last is None else last.number

    def age_at(self, t: float) -> float | None:
        """Age in years at t, or None where the record has no date of birth."""
        if self.born is None:
            return None
        then = (self.day0 + timedelta(hours=t)).date()
        return (then - self.born).days / DAYS_PER_YEAR

    def body_surface(self, t: float) -> float | None:
        """Body surface in m2 from the last weight and height at or before t (Mosteller 1987)."""
        weight, height = self.value_at("weight", t), self.value_at("height", t)
        if weight is None or height is None:
            return None
        return math.sqrt(weight * height / 3600.0)

    # --- days -----------------------------------------------------------------------------

    def calendar_day(self, t: float) -> int:
        """Calendar day number of a moment in the offset of day 0; day 0 is the infusion's date."""
        moment = self.day0 + timedelta(hours=t)
        return (moment.date() - self.day0.date()).days

    def day_end(self, day: int) -> float:
        """Hours from day 0 of the last moment of a calendar day (one second before midnight)."""
        midnight = datetime.combine(
            self.day0.date() + timedelta(days=day + 1), datetime.min.time(), self.day0.tzinfo
        )
        return (midnight - self.day0).total_seconds() / 3600.0 - 1.0 / 3600.0

    def clock(self, t: float) -> datetime:
        """The clock time of t in the offset of day 0."""
        return self.day0 + timedelta(hours=t)

    def pending(self, name: str, t: float) -> tuple[Procedure, ...]:
        """Samples of a measurement drawn by t whose result is not in the record as cut."""
        have = [m.at for m in self.measurements(name)]
        return tuple(
            p
            for p in self._index.get("Procedure:level_drawn", ())
            if isinstance(p, Procedure)
            and p.of == name
            and p.at <= t + SAME_TIME
            and not any(abs(p.at - at) <= SAME_TIME for at in have)
        )

    def death(self, t: float) -> Finding | None:
        """The recorded death at or before t, or None."""
        for finding in self.findings("death", end=t + SAME_TIME):
            if finding.value not in (False, None):
                return finding
        return None


def replaced_events(events: Sequence[AnyEvent]) -> Iterator[tuple[AnyEvent, AnyEvent]]:
    """Pairs (earlier, correction) among events: what `until` would take out, and by what."""
    corrections = [e for e in events if e.replaces is not None]
    for event in events:
        for correction in corrections:
            if corrects(correction, event):
                yield event, correction
                break


def corrects(correction: AnyEvent, event: AnyEvent) -> bool:
    """Whether one event replaces another: of its kind, name and time, and known later."""
    target = correction.replaces
    if target is None or correction is event or type(correction) is not type(event):
        return False
    if target.name != event.key or abs(target.at - event.at) > SAME_TIME:
        return False
    first, second = event.known, correction.known
    if first is None or second is None:
        return correction.row > event.row
    return (second, correction.row) > (first, event.row)


def in_order(event: AnyEvent) -> tuple[float, float, int]:
    """The key of a record's order: by time, then by time known, then as read."""
    return (event.at, event.at if event.known is None else event.known, event.row)


def _is_charted_ahead(dose: Dose) -> bool:
    return dose.status == "" and dose.known is not None and dose.known < dose.at - SAME_TIME


def _join(*parts: str) -> str:
    return "; ".join(p for p in parts if p)
