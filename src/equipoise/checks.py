"""Whether a record can be true: what contradicts itself is refused, what is odd is said.

A single number is judged where it is read (`equipoise.names` holds the bounds); here events are
held against each other. An event that a correction has replaced is not held against others.
Sentences name places in the input, never numbers or dates of the patient.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from equipoise import names, units
from equipoise.record import (
    HOURS_PER_DAY,
    SAME_TIME,
    AnyEvent,
    Cells,
    Dose,
    Finding,
    Kept,
    Measurement,
    Record,
    Stop,
    Transfusion,
    replaced_events,
)
from equipoise.units import Quantity

WEIGHT_RATIO = 5.0
"""Two weights this far apart cannot both be right (convention of this project)."""
WEIGHT_REFUSED_WITHIN = 60 * HOURS_PER_DAY
"""Hours within which such weights are refused; convention, no child grows so fast."""
WEIGHT_WARNED_WITHIN = 365 * HOURS_PER_DAY
"""Hours within which they are warned about; a preterm infant may grow so fast."""
RATE_TOLERANCE = 0.05
"""Relative difference up to which amount and rate x duration agree (convention: rounding)."""

Place = Callable[[int, str], str]
Item = TypeVar("Item", bound=AnyEvent)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or odd.

    refused  whether the events cannot stand in the record; else it is only said
    field    where; every place is named
    problem  what is wrong
    remedy   what to do
    events   the events that are refused or odd
    """

    refused: bool
    field: str
    problem: str
    remedy: str
    events: tuple[AnyEvent, ...] = ()


def check(record: Record, *, place: Place | None = None) -> tuple[Problem, ...]:
    """Everything refused or odd in a record, refused things first, by place in the input.

    place  (row, key) -> where a key of an event stands; default `events[row - 1].key`
    """
    positions = {id(event): index + 1 for index, event in enumerate(record.events)}

    def at(event: AnyEvent, key: str = "") -> str:
        return (place or _json_place)(event.row or positions[id(event)], key)

    replaced = {id(event) for event, _ in replaced_events(record.events)}
    standing = tuple(event for event in record.events if id(event) not in replaced)
    view = _View(record, standing, at)
    found = [problem for rule in _RULES for problem in rule(view)]
    return tuple(sorted(found, key=lambda p: (not p.refused, _first_row(p))))


@dataclass(frozen=True, slots=True)
class _View:
    """What the rules see: the record, its events without the replaced ones, and places."""

    record: Record
    events: tuple[AnyEvent, ...]
    at: Callable[..., str]

    def of(self, kind: type[Item]) -> list[Item]:
        return [event for event in self.events if isinstance(event, kind)]


# --- one event ----------------------------------------------------------------------------


def _values(view: _View) -> Iterator[Problem]:
    """Impossible numbers; those read from files are refused there, with the same sentence."""
    for event in view.of(Measurement):
        refusal = names.measurement(event.name).refusal(event.number)
        if refusal:
            problem, _, remedy = refusal.partition(": ")
            yield Problem(True, view.at(event, "value"), problem, remedy, (event,))


def _doses(view: _View) -> Iterator[Problem]:
    for dose in view.of(Dose):
        for key, quantity in (("amount", dose.amount), ("rate", dose.rate)):
            if quantity is None or dose.status == "held":
                continue
            if quantity.number < 0:
                yield Problem(
                    True, view.at(dose, key), f"the {key} is negative", "check the sign", (dose,)
                )
            elif quantity.number == 0:
                yield Problem(
                    False,
                    view.at(dose, key),
                    f"the {key} is zero",
                    "mark a dose that was not given as held",
                    (dose,),
                )
        if _rate_disagrees(dose):
            yield Problem(
                False,
                view.at(dose, "rate"),
                "rate x duration is not the amount; the amount is used",
                "correct one of the three",
                (dose,),
            )


def _rate_disagrees(dose: Dose) -> bool:
    if dose.amount is None or dose.rate is None or not dose.duration:
        return False
    amount, size = units.per(dose.amount.unit)
    rate, rate_size = units.per(dose.rate.unit)
    if size != rate_size:
        return False
    try:
        per_hour = units.convert(float(dose.rate.number), rate, f"{amount}/h")
    except units.UnitError:
        return False
    charted = float(dose.amount.number)
    return abs(per_hour * dose.duration - charted) > RATE_TOLERANCE * abs(charted)


def _cell_doses(view: _View) -> Iterator[Problem]:
    infused = sorted((c for c in view.of(Cells) if c.status != "held"), key=lambda c: c.at)
    donors = [c.donor for c in infused if c.product == "graft" and c.donor]
    for cells in view.of(Cells):
        first = cells in [c for c in infused if c.product == cells.product][:1]
        donor = cells.donor or (donors[0] if donors else "")
        weight = view.record.value_at("weight", cells.at)
        for key, quantity in cells.doses:
            known = names.cell_dose_key(key)
            number, per_kg = _cells_number(quantity)
            rare = names.unpublished(
                cells.product, key, number, per_kg=per_kg, donor=donor, first=first
            )
            impossible = known.impossible if per_kg else known.impossible_total
            plausible = known.plausible if per_kg else known.plausible_total
            where, unit = view.at(cells, f"doses.{key}"), "/kg" if per_kg else "cells"
            if number < 0:
                yield Problem(True, where, "the dose is negative", "check the sign", (cells,))
            elif _outside(number, impossible):
                yield Problem(
                    True,
                    where,
                    f"{key} is beyond what is possible ({_bound(number, impossible)} {unit})",
                    "check the exponent, and whether it is per kg or in all",
                    (cells,),
                )
            elif rare:
                yield Problem(
                    False,
                    where,
                    rare,
                    "check the exponent (10*6 and 10*8 are easily exchanged), and whether it is "
                    "per kg or in all",
                    (cells,),
                )
            elif _outside(number, plausible):
                yield Problem(
                    False,
                    where,
                    f"{key} is outside the usual range ({_bound(number, plausible)} {unit})",
                    "check the exponent, and whether it is per kg or in all",
                    (cells,),
                )
            elif not per_kg and weight and _outside(number / weight, known.plausible):
                bound = _bound(number / weight, known.plausible)
                yield Problem(
                    False,
                    where,
                    f"{key} in all, by the weight, is outside the usual range ({bound} /kg)",
                    "it may have been meant per kg; check the unit",
                    (cells,),
                )


def _cells_number(quantity: Quantity) -> tuple[float, bool]:
    base, size = units.per(quantity.unit)
    return float(units.convert(quantity.number, base, "1")), size == "kg"


def _outside(number: float, bounds: names.Bounds) -> bool:
    low, high = bounds
    return (low is not None and number < low) or (high is not None and number > high)


def _bound(number: float, bounds: names.Bounds) -> str:
    low, high = bounds
    side, bound = ("below", low) if low is not None and number < low else ("above", high)
    return f"{side} {bound:g}" if bound is not None else side


# --- times --------------------------------------------------------------------------------


def _known_too_early(view: _View) -> Iterator[Problem]:
    for event in view.events:
        if event.known is None or event.known >= event.at - SAME_TIME:
            continue
        if isinstance(event, Measurement):
            yield Problem(
                True,
                view.at(event, "known"),
                f"{event.name} is known before it was taken",
                "correct `at` (the draw) or `known` (the result)",
                (event,),
            )
        elif isinstance(event, Dose | Cells) and event.status == "given":
            yield Problem(
                True,
                view.at(event, "status"),
                "the dose is charted as given before its time",
                "write planned, or correct `at` or `known`",
                (event,),
            )


def _birth(view: _View) -> Iterator[Problem]:
    born = view.record.born
    if born is None:
        return
    if born > view.record.day0.date():
        yield Problem(True, "born", "the date of birth is after day 0", "correct one of them")
        return
    oldest = names.COVARIATES["age"].impossible[1]
    if oldest is not None and (view.record.day0.date() - born).days > 365.25 * oldest:
        yield Problem(
            True, "born", f"the date of birth is more than {oldest:g} years before day 0",
            "check the year",
        )  # fmt: skip
        return
    for event in view.events:
        if view.record.clock(event.at).date() < born:
            yield Problem(
                True,
                view.at(event, "at"),
                "the event is before the date of birth",
                "correct `at` or `born`",
                (event,),
            )


def _death(view: _View) -> Iterator[Problem]:
    deaths = [
        event
        for event in view.of(Finding)
        if event.name == "death" and event.value not in (False, None)
    ]
    if not deaths:
        return
    death = min(deaths, key=lambda event: event.at)
    for event in view.events:
        if event.at <= death.at + SAME_TIME or event in deaths:
            continue
        given = isinstance(event, Cells | Transfusion) or (
            isinstance(event, Dose) and event.status in ("given", "partial", "")
        )
        charted_ahead = event.known is not None and event.known < event.at - SAME_TIME
        if given and isinstance(event, Dose) and event.status == "" and charted_ahead:
            yield Problem(
                False,
                f"{view.at(event, 'at')} and {view.at(death, 'at')}",
                "a dose charted ahead falls after the recorded death",
                "mark it as held",
                (event,),
            )
            continue
        if given:
            word = "a dose" if isinstance(event, Dose) else type(event).__name__.lower()
            yield Problem(
                True,
                f"{view.at(event, 'at')} and {view.at(death, 'at')}",
                f"{word} given after the recorded death",
                "correct one of the times, or mark the dose as held",
                (event,),
            )
        elif isinstance(event, Measurement) or (
            isinstance(event, Finding) and event.name != "last_follow_up"
        ):
            yield Problem(
                False,
                f"{view.at(event, 'at')} and {view.at(death, 'at')}",
                f"{event.key} taken after the recorded death",
                "check both times",
                (event,),
            )
    for other in deaths:
        if abs(other.at - death.at) > SAME_TIME:
            yield Problem(
                True,
                f"{view.at(other, 'at')} and {view.at(death, 'at')}",
                "the record has two times of death",
                "leave one out, or mark the later known one as a correction with `replaces`",
                (other,),
            )


# --- events against each other --------------------------------------------------------------


def _weights(view: _View) -> Iterator[Problem]:
    weights = [m for m in view.of(Measurement) if m.name == "weight" and not m.censored]
    for first, second in pairwise(weights):
        small, large = sorted((first.number, second.number))
        apart = second.at - first.at
        if small <= 0 or large < WEIGHT_RATIO * small or apart > WEIGHT_WARNED_WITHIN:
            continue
        refused = apart <= WEIGHT_REFUSED_WITHIN
        span = "60 days" if refused else "a year"
        yield Problem(
            refused,
            f"{view.at(first, 'value')} and {view.at(second, 'value')}",
            f"two weights within {span} differ by a factor of {WEIGHT_RATIO:g} or more",
            "check the decimal point and the unit of both, and correct or leave out the wrong one",
            (first, second),
        )


def _levels_before_doses(view: _View) -> Iterator[Problem]:
    doses, cells = view.of(Dose), view.of(Cells)
    unexplained: dict[str, Measurement] = {}
    for level in view.of(Measurement):
        known = names.measurement(level.name)
        if not known.exogenous or level.number <= 0 or level.censored == "<":
            continue
        starts = [d.at for d in doses if d.agent in known.agents and _counts(d)]
        starts += [c.at for c in cells if c.product in known.products and _counts(c)]
        if not starts:
            unexplained.setdefault(level.name, level)
        elif level.at < min(starts) - SAME_TIME:
            what = " or ".join(known.agents) or "the cells"
            yield Problem(
                True,
                view.at(level, "value"),
                f"a positive {level.name} before the first dose of {what}",
                "correct the time of one of them, or add the earlier dose",
                (level,),
            )
    for name, level in unexplained.items():
        yield Problem(
            False,
            view.at(level, "value"),
            f"a positive {name}, but no dose in the record explains it",
            "add the doses; without them no exposure is computed",
            (level,),
        )


def _counts(event: Dose | Cells) -> bool:
    return event.status in ("given", "partial", "")


def _two_globulins(view: _View) -> Iterator[Problem]:
    given: dict[str, Dose] = {}
    for dose in view.of(Dose):
        if dose.agent in ("thymoglobulin", "grafalon") and _counts(dose):
            given.setdefault(dose.agent, dose)
    if len(given) < 2:
        return
    places = " and ".join(view.at(dose, "agent") for dose in given.values())
    yield Problem(
        False,
        places,
        "thymoglobulin and grafalon are two products and are never added up",
        "check that both were given",
        tuple(given.values()),
    )
    seen: set[str] = set()
    for level in view.of(Measurement):
        if level.name not in seen and set(given) <= set(names.measurement(level.name).agents):
            seen.add(level.name)
            yield Problem(
                False,
                view.at(level, "value"),
                f"{level.name} cannot be attributed: thymoglobulin and grafalon were both given",
                "no dose is computed from it",
                (level,),
            )


def _same_twice(view: _View) -> Iterator[Problem]:
    for first, second in _pairs(view.of(Dose), lambda d: (d.agent, _moment(d.at))):
        apart = (first.route, first.formulation, first.line, first.lot) != (
            second.route, second.formulation, second.line, second.lot,
        )  # fmt: skip
        if apart or not (_counts(first) and _counts(second)):
            continue
        yield from _two_doses(view, first, second)
    for one, other in _pairs(view.of(Measurement), _series):
        yield from _two_values(view, one, other, (one.value.number, one.value.unit) == (
            other.value.number, other.value.unit) and one.censored == other.censored)  # fmt: skip
    for found, again in _pairs(view.of(Finding), lambda f: (f.name, _moment(f.at))):
        if found.name not in ("recorded_grade", "treatment_for"):
            yield from _two_values(view, found, again, found.value == again.value)
        elif found.value == again.value:
            yield from _two_values(view, found, again, True)
    rest = [e for e in view.events if not isinstance(e, Dose | Measurement | Finding | Kept)]
    for a, b in _pairs(rest, lambda e: (type(e).__name__, e.key, _moment(e.at))):
        if not isinstance(a, Cells) or not isinstance(b, Cells) or a.doses == b.doses:
            yield from _two_values(view, a, b, True)


def _two_doses(view: _View, first: Dose, second: Dose) -> Iterator[Problem]:
    if _same_amount(first, second):
        yield _duplicate(view, first, second)
        return
    yield Problem(
        True,
        f"{view.at(first)} and {view.at(second)}",
        f"two doses of {first.agent} at one time with different amounts, both given",
        "leave the wrong one out, mark it held, or tell them apart by route, formulation or line",
        (first, second),
    )


def _same_amount(first: Dose, second: Dose) -> bool:
    def shape(dose: Dose) -> tuple[Hashable, ...]:
        parts = [(q.number, q.unit) if q else None for q in (dose.amount, dose.rate)]
        return (*parts, dose.duration)

    return shape(first) == shape(second)


def _two_values(
    view: _View,
    first: AnyEvent,
    second: AnyEvent,
    same: bool,
) -> Iterator[Problem]:
    if same:
        yield _duplicate(view, first, second)
        return
    yield Problem(
        False,
        f"{view.at(first, 'value')} and {view.at(second, 'value')}",
        f"two different values of {first.key} at one time",
        "mark the later known one as a correction with `replaces`, or correct a time",
        (first, second),
    )


def _duplicate(view: _View, first: AnyEvent, second: AnyEvent) -> Problem:
    return Problem(
        False,
        f"{view.at(first)} and {view.at(second)}",
        f"the same {type(first).__name__.lower()} ({first.key}) stands there twice",
        "leave one out" if not isinstance(first, Dose) else "leave one out: both count as given",
        (second,),
    )


def _series(event: Measurement) -> Hashable:
    return (
        event.name, _moment(event.at), event.specimen, event.marker, event.lineage, event.method,
    )  # fmt: skip


def _moment(at: float) -> int:
    return round(at / SAME_TIME)


def _pairs(events: Iterable[Item], key: Callable[[Item], Hashable]) -> Iterator[tuple[Item, Item]]:
    """Each event with the one before it of the same key."""
    before: dict[Hashable, Item] = {}
    for event in events:
        same = key(event)
        if same in before:
            yield before[same], event
        before[same] = event


def _corrections(view: _View) -> Iterator[Problem]:
    used = {id(by) for _, by in replaced_events(view.record.events)}
    for event in view.record.events:
        if event.replaces is None or id(event) in used:
            continue
        targets = [other for other in view.record.events if _is_target(other, event)]
        if not targets:
            problem = f"the correction names no {type(event).__name__.lower()} in the record"
            remedy = "give the name and the time of the event that it replaces"
        elif any(_known(other) < _known(event) for other in targets):
            problem = "the correction is the second of one event, and both corrections stand"
            remedy = "let it replace the first correction, by the time that this one gave"
        else:
            problem = "the correction is not known later than what it replaces"
            remedy = "give the time at which the correction was known"
        yield Problem(False, view.at(event, "replaces"), problem, remedy, (event,))


def _known(event: AnyEvent) -> float:
    return event.at if event.known is None else event.known


def _is_target(other: AnyEvent, correction: AnyEvent) -> bool:
    target = correction.replaces
    return (
        target is not None
        and other is not correction
        and type(other) is type(correction)
        and other.key == target.name
        and abs(other.at - target.at) <= SAME_TIME
    )


def _body_size(view: _View) -> Iterator[Problem]:
    """Doses per kg or per m2 without a weight or height at or before them."""
    for dose in view.of(Dose):
        quantity = dose.amount or dose.rate
        if quantity is None or dose.status == "held":
            continue
        size = units.per(quantity.unit)[1]
        needed = {"": (), "kg": ("weight",), "m2": ("weight", "height")}[size]
        missing = [name for name in needed if view.record.latest(name, dose.at) is None]
        if missing:
            yield Problem(
                True,
                view.at(dose, "amount" if dose.amount else "rate"),
                f"a dose per {size} of body size has no {' and '.join(missing)} before it",
                f"add the {' and '.join(missing)} at or before the dose, or give the whole amount",
                (dose,),
            )


def _stopped_doses(view: _View) -> Iterator[Problem]:
    """Doses charted as given after a stop of their agent that no later dose explains."""
    for stop in view.of(Stop):
        if not any(dose.agent == stop.agent for dose in view.of(Dose)):
            yield Problem(
                False,
                view.at(stop, "agent"),
                f"{stop.agent} is stopped, but no dose of it is in the record",
                "add its doses",
                (stop,),
            )


_RULES: Sequence[Callable[[_View], Iterator[Problem]]] = (
    _values,
    _doses,
    _cell_doses,
    _known_too_early,
    _birth,
    _death,
    _weights,
    _levels_before_doses,
    _two_globulins,
    _same_twice,
    _corrections,
    _body_size,
    _stopped_doses,
)


def _json_place(row: int, key: str) -> str:
    return f"events[{row - 1}].{key}" if key else f"events[{row - 1}]"


def _first_row(problem: Problem) -> tuple[int, float]:
    if not problem.events:
        return (0, 0.0)
    first = min(problem.events, key=lambda event: (event.row, event.at))
    return (first.row, first.at)
