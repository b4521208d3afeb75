"""Offers: what a ward can really give, as a small TOML file, and the courses that follow from it.

route = "oral"
amounts = ["0.5 mg", "1 mg", "1.5 mg", "2 mg"]   # or: vial = "25 mg", most = "150 mg"
interval = "24 h"
duration = "6 h"          # infusions
loading = ["6 mg"]        # first dose, where a loading dose is in question
earliest = 24.0           # hours from day 0, or an ISO time with zone
latest = 72.0
turnaround = "24 h"       # from a draw to its result
max_courses = 200
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from equipoise import names, units
from equipoise.clock import clock_text
from equipoise.courses import TURNAROUND
from equipoise.exposure import Known
from equipoise.model import PlainDose, Purpose
from equipoise.patient import plain_doses
from equipoise.plan import GateError, Proposal
from equipoise.record import Record
from equipoise.sitefile import hint, read_toml
from equipoise.target import REGULAR, Target

KEYS = (
    "route", "amounts", "vial", "most", "interval", "duration", "loading", "earliest", "latest",
    "turnaround", "max_courses",
)  # fmt: skip

MOST_VIALS = 1000
"""More vials than this in one dose is a slip of the pen (project convention)."""

AFTER_LOADING = 96.0
"""Hours after a loading dose at which the trough is read: the sirolimus label waits 3 to 4 days."""


class OfferError(ValueError):
    """An offer that cannot be read: one sentence with the key and the remedy."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be given.

    amounts   as written, with their unit;  loading: likewise, empty for none
    interval, duration, turnaround  hours; None: those of the present course
    earliest, latest  hours from day 0; None: from now on, while doses are planned
    """

    route: str
    amounts: tuple[str, ...]
    interval: float | None
    duration: float | None
    loading: tuple[str, ...]
    earliest: float | None
    latest: float | None
    turnaround: float
    max_courses: int


def read_offer(path: str | Path, record: Record) -> Offer:
    """Read an offer.

    Fails  OfferError for an unknown key, a missing amount, an amount or time that cannot be read.
    """
    content = read_toml(path, "offer", OfferError)
    return parse_offer(content, record)


def parse_offer(content: Mapping[str, Any], record: Record) -> Offer:
    """The same from a mapping."""
    for key in content:
        if key not in KEYS:
            raise OfferError(f"offer: unknown key {key}; {hint(key, KEYS)}")
    for key in ("amounts", "loading"):
        if not isinstance(content.get(key, []), list | tuple):
            raise OfferError(f'offer: {key} is a list: write {key} = ["2 mg"]')
    amounts = [str(a) for a in content.get("amounts", ())]
    if "vial" in content:
        amounts += _vials(str(content["vial"]), str(content.get("most", "")))
    if not amounts:
        raise OfferError("offer: give amounts = [...] or vial and most")
    for amount in (*amounts, *content.get("loading", ())):
        quantity = _quantity("amounts", str(amount))
        if quantity.number < 0 or quantity.comparator:
            raise OfferError("offer: an amount must be a plain number, zero or more")
    if "interval" in content and _hours("interval", content["interval"]) <= 0.0:
        raise OfferError("offer: interval must be above 0")
    most = content.get("max_courses", 200)
    if not isinstance(most, int) or most < 1:
        raise OfferError("offer: max_courses must be a whole number above 0")
    return Offer(
        route=_route(content.get("route", "")),
        amounts=_different(amounts),
        interval=_hours("interval", content["interval"]) if "interval" in content else None,
        duration=_hours("duration", content["duration"]) if "duration" in content else None,
        loading=_different([str(a) for a in content.get("loading", ())]),
        earliest=_time("earliest", content.get("earliest"), record),
        latest=_time("latest", content.get("latest"), record),
        turnaround=_hours("turnaround", content.get("turnaround", f"{TURNAROUND} h")),
        max_courses=most,
    )


def _different(amounts: Sequence[str]) -> tuple[str, ...]:
    """The amounts without those that say one before them in another way: 2.0 mg, 2000 ug."""
    found: list[str] = []
    read: list[tuple[Decimal, str, str]] = []
    for amount in amounts:
        quantity = _quantity("amounts", amount)
        base, per = units.per(quantity.unit)
        alike = (
            (number, unit) for number, unit, other in read
            if other == per and units.UNITS[unit].dimension == units.UNITS[base].dimension
        )  # fmt: skip
        if not any(units.convert(number, unit, base) == quantity.number for number, unit in alike):
            found.append(amount)
            read.append((quantity.number, base, per))
    return tuple(found)


def proposals(known: Known, offer: Offer, target: Target) -> tuple[Proposal, ...]:
    """Every course of an offer, for the target's metric.

    Fails  GateError where the offer asks what the model was not made for (a loading dose).
    """
    if offer.loading and Purpose.LOADING not in known.model.purposes:
        made = ", ".join(sorted(p.value for p in known.model.purposes))
        raise GateError(
            f"{known.model.id} does not answer a {Purpose.LOADING.value} question (it was made "
            f"for: {made}); leave the loading dose out of the offer or choose another model"
        )
    if offer.loading and target.metric not in REGULAR:
        raise OfferError(
            f"offer: loading goes with a trough target; {target.id} speaks of the "
            f"{target.metric.value}: write every dose as an amount"
        )
    if target.metric in REGULAR:
        found = list(_troughs(known, offer))
    else:
        found = list(_remaining(known, offer))
    if len(found) > offer.max_courses:
        raise OfferError(
            f"offer: {len(found)} courses, more than max_courses = {offer.max_courses}; offer "
            "fewer amounts or raise it"
        )
    return tuple(found)


def _troughs(known: Known, offer: Offer) -> Iterable[Proposal]:
    present = known.present
    interval = offer.interval or (present.interval if present else None)
    if interval is None:
        raise OfferError("offer: give interval; no regular course runs or is planned")
    route = offer.route or (present.route if present else next(iter(known.model.routes)))
    duration = _duration(known, offer, route)
    start = known.t if offer.earliest is None else offer.earliest
    for amount in offer.amounts:
        number = _amount(known, amount)
        text = f"{amount} every {interval:g} h"
        if not offer.loading:
            dose = PlainDose(start, number, route, duration, interval, steady=1)
            yield Proposal(text, text, (text,), (dose,))
        for load in offer.loading:
            first = PlainDose(start, _amount(known, load, key="loading"), route, duration)
            rest = PlainDose(start + interval, number, route, duration, interval, additional=60)
            lines = (f"{load} once", f"then {text}")
            doses = (*plain_doses(known.model, known.given), first, rest)
            # Read just before the dose that follows the wait.
            wait = interval * -(-AFTER_LOADING // interval)
            label = f"{load}, then {text}"
            note = f"trough {wait:g} h after the load"
            yield Proposal(label, label, lines, doses, read_at=start + wait, notes=(note,))


def _remaining(known: Known, offer: Offer) -> Iterable[Proposal]:
    slots = _slots(known, offer)
    if not slots:
        raise OfferError("offer: no time between earliest and latest lies ahead of now")
    route = offer.route or next(iter(known.model.routes))
    choices: Iterable[tuple[str, ...]] = product(offer.amounts, repeat=len(slots))
    notes: tuple[str, ...] = ()
    count = len(offer.amounts) ** len(slots)
    if count > offer.max_courses:
        choices = ((amount,) * len(slots) for amount in offer.amounts)
        notes = (
            f"the same amount each time only: all {count} combinations are more than max_courses "
            f"= {offer.max_courses}",
        )
    # What is planned before the offer begins is not its to change: it counts as planned.
    before = [d for d in known.planned if offer.earliest is not None and d.at < offer.earliest]
    if before:
        doses_stay = "1 planned dose" if len(before) == 1 else f"{len(before)} planned doses"
        stay = "stays" if len(before) == 1 else "stay"
        notes = (*notes, f"the offer begins later: {doses_stay} before it {stay} as planned")
    given = plain_doses(known.model, (*known.given, *before))
    duration = _duration(known, offer, route)
    for choice in choices:
        doses, lines = [], []
        for at, amount in zip(slots, choice, strict=True):
            number = _amount(known, amount)
            if number > 0.0:
                doses.append(PlainDose(at, number, route, duration))
                when = clock_text(known.record.clock(at))
                lines.append(f"{amount} {route} over {duration:g} h at {when}")
        label = " + ".join(choice)
        yield Proposal(
            label, label, tuple(lines) or ("no further dose",), (*given, *doses), notes=notes
        )


def _duration(known: Known, offer: Offer, route: str) -> float:
    """Hours of an infusion: the offer's, else those of the doses planned or given by that route."""
    if offer.duration is not None:
        return offer.duration
    same = [d for d in (*known.given, *known.planned) if d.route in ("", route)]
    return same[-1].duration if same else 0.0


def _slots(known: Known, offer: Offer) -> tuple[float, ...]:
    if offer.earliest is None:
        ahead = tuple(d.at for d in known.planned)
        return tuple(at for at in ahead if offer.latest is None or at <= offer.latest)
    start = max(offer.earliest, known.t)
    if offer.latest is None or offer.interval is None:
        return (start,)
    count = int((offer.latest - start) / offer.interval + 1e-9) + 1
    return tuple(start + i * offer.interval for i in range(max(count, 0)))


def _amount(known: Known, text: str, *, key: str = "amounts") -> float:
    quantity = _quantity(key, text)
    base, per = units.per(quantity.unit)
    try:
        number = float(units.convert(float(quantity.number), base, known.model.dose_unit))
    except units.UnitError as error:
        raise OfferError(f"offer: {key}: {error}") from None
    refusal = names.dose_refusal(known.model.agent, quantity)
    if refusal:
        raise OfferError(f"offer: {key}: {refusal}")
    if per == "kg":
        weight = known.record.value_at("weight", known.t)
        if weight is None:
            raise OfferError("offer: an amount per kg needs a weight in the record")
        number *= weight
    elif per == "m2":
        surface = known.record.body_surface(known.t)
        if surface is None:
            raise OfferError("offer: an amount per m2 needs weight and height in the record")
        number *= surface
    return number


def _vials(vial: str, most: str) -> list[str]:
    size = _quantity("vial", vial)
    if not most:
        raise OfferError("offer: vial needs most, the largest dose that may be given")
    end = _quantity("most", most)
    try:
        top = float(units.convert(float(end.number), end.unit, size.unit))
    except units.UnitError as error:
        raise OfferError(f"offer: most: {error}") from None
    step = float(size.number)
    if step <= 0.0 or top < step:
        raise OfferError("offer: vial must be above 0 and not above most")
    if top / step > MOST_VIALS:
        raise OfferError(f"offer: most is more than {MOST_VIALS} vials; check the units")
    return [f"{i * step:g} {size.unit}" for i in range(int(top / step + 1e-9) + 1)]


def _quantity(key: str, text: str) -> units.Quantity:
    try:
        return units.parse(text)
    except units.UnitError as error:
        raise OfferError(f"offer: {key}: {error}") from None


def _route(written: object) -> str:
    """A route of the vocabulary; "" for that of the present course."""
    try:
        return names.choice("route", str(written), names.ROUTES) if written else ""
    except names.UnknownName:
        raise OfferError(
            f"offer: route is one of {', '.join(names.ROUTES)}, not {written!r}"
        ) from None


def _hours(key: str, value: object) -> float:
    if isinstance(value, int | float):
        if not 0.0 <= value < math.inf:
            raise OfferError(f"offer: {key} must be a number of hours, zero or more")
        return float(value)
    try:
        return units.duration_hours(str(value))
    except units.UnitError as error:
        raise OfferError(f"offer: {key}: {error}") from None


def _time(key: str, value: object, record: Record) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise OfferError(f"offer: {key} is not a number of hours")
        return float(value)
    moment = value if isinstance(value, datetime) else None
    if moment is None:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            raise OfferError(f"offer: {key} is neither hours from day 0 nor an ISO time") from None
    if moment.tzinfo is None:
        raise OfferError(f"offer: {key} has no zone; write it with one")
    return (moment - record.day0).total_seconds() / 3600.0
