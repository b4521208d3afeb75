"""What was given so far: steroids as one sum, and how often each drug against inflammation.

Counted from the last infusion of cells, because grades and ladders ask what was given for this
course; without cells, from the first event of the record. Doses ahead, held or stopped never count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from equipoise.criterion import car_infusion
from equipoise.names import AGENTS
from equipoise.record import SAME_TIME, Dose, Record
from equipoise.source import Source, Standing, Value

CONVERSION = Source(
    "Dexamethasone tablets, US prescribing information, Amneal",
    where="dosage and administration, equivalent milligram dosage (label)",
    note="revision 12-2021; the label: for oral or intravenous use only",
)
"""Where the conversion between corticosteroids was read."""

CONVERSION_STANDING = Standing.PUBLISHED
"""Standing of what `CONVERSION` is cited for."""

_PLACE = "equivalent milligram dosage of the various corticosteroids"

EQUIVALENT: Mapping[str, Value] = {
    "hydrocortisone": Value(20.0, "mg", _PLACE),
    "prednisone": Value(5.0, "mg", _PLACE),
    "prednisolone": Value(5.0, "mg", _PLACE),
    "methylprednisolone": Value(4.0, "mg", _PLACE),
    "dexamethasone": Value(0.75, "mg", _PLACE),
}
"""Doses that stand for each other by mouth or into a vein, as the label prints them."""

SYSTEMIC = ("", "oral", "iv")
"""Routes whose doses are converted; where the record names none, oral or intravenous is taken."""

COUNTED = (
    "tocilizumab", "siltuximab", "sarilumab", "anakinra", "ruxolitinib", "emapalumab", "etoposide",
)  # fmt: skip
"""Drugs against inflammation whose doses are counted."""

ALWAYS = ("tocilizumab", "anakinra")
"""Shown after effector cells even where none was given."""


@dataclass(frozen=True, slots=True)
class Given:
    """How often one agent was given.

    milligrams   sum of the doses whose amount is known; None where none is
    unknown      doses whose amount is not known, or lacks the weight it is given for
    first, last  hours from day 0, None where none was given
    """

    agent: str
    label: str
    doses: int
    milligrams: float | None
    unknown: int
    first: float | None
    last: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What was given from `since` to the moment, both hours from day 0.

    since_what  the infusion it is counted from, in words
    steroids    each converted corticosteroid that was given
    prednisone, dexamethasone  equivalents of their sum, mg; None where no steroid was given
    per_kg      mg of prednisone equivalent per kg of the last weight; None where there is none
    at_least    some amount is unknown, so the sums are lower bounds
    days        calendar days with a converted dose
    others      each of `COUNTED` that was given, and after effector cells `ALWAYS`
    notes       what was left out or assumed, in sentences
    """

    since: float
    since_what: str
    steroids: tuple[Given, ...]
    prednisone: float | None
    dexamethasone: float | None
    per_kg: float | None
    at_least: bool
    days: int
    others: tuple[Given, ...]
    notes: tuple[str, ...]
    source: Source = CONVERSION
    standing: Standing = CONVERSION_STANDING


def tally(record: Record, at: float) -> Tally:
    """What was given by `at`, from the last infusion of cells on.

    record  as known at `at`
    """
    effector_cells = car_infusion(record, at) is not None
    since, what = _since(record, at)
    notes: list[str] = []
    steroids, days, unrouted = [], set(), 0
    prednisone = 0.0
    for agent, equivalent in EQUIVALENT.items():
        doses = _doses(record, agent, since, at)
        counted = [d for d in doses if d.route in SYSTEMIC]
        if len(counted) < len(doses):
            routes = sorted({d.route for d in doses if d.route not in SYSTEMIC})
            notes.append(
                f"{len(doses) - len(counted)} dose(s) of {agent} by another route "
                f"({', '.join(routes)}) are not converted"
            )
        if not counted:
            continue
        found = _sum(record, agent, counted, at)
        steroids.append(found)
        prednisone += (
            (found.milligrams or 0.0) / equivalent.number * EQUIVALENT["prednisone"].number
        )
        days |= {record.calendar_day(d.at) for d in counted}
        unrouted += sum(1 for d in counted if not d.route)
    if unrouted:
        notes.append(f"{unrouted} steroid dose(s) without a route are taken as oral or intravenous")
    for agent, known in AGENTS.items():
        left_out = _doses(record, agent, since, at)
        if known.group == "corticosteroid" and agent not in EQUIVALENT and left_out:
            notes.append(
                f"{len(left_out)} dose(s) of {known.label} are not converted by the source"
            )
    weight = record.value_at("weight", at)
    known_amounts = any(s.milligrams is not None for s in steroids)
    total = prednisone if known_amounts else math.nan
    ratio = EQUIVALENT["dexamethasone"].number / EQUIVALENT["prednisone"].number
    others = []
    for agent in COUNTED:
        doses = _doses(record, agent, since, at)
        if doses or (effector_cells and agent in ALWAYS):
            others.append(_sum(record, agent, doses, at))
    return Tally(
        since=since,
        since_what=what,
        steroids=tuple(steroids),
        prednisone=total if known_amounts else None,
        dexamethasone=total * ratio if known_amounts else None,
        per_kg=total / weight if known_amounts and weight else None,
        at_least=any(s.unknown for s in steroids),
        days=len(days),
        others=tuple(others),
        notes=tuple(notes),
    )


def _since(record: Record, at: float) -> tuple[float, str]:
    given = [
        c for c in record.cells() if c.at <= at + SAME_TIME and c.status not in ("planned", "held")
    ]
    if given:
        return given[-1].at, given[-1].product.replace("_", " ")
    return min((e.at for e in record.events), default=0.0), "the first event of the record"


def _doses(record: Record, agent: str, since: float, at: float) -> tuple[Dose, ...]:
    return tuple(d for d in record.given_doses(agent, at) if d.at >= since - SAME_TIME)


def _sum(record: Record, agent: str, doses: Sequence[Dose], at: float) -> Given:
    amounts = [_milligrams(record, dose, at) for dose in doses]
    known = [x for x in amounts if x is not None]
    return Given(
        agent=agent,
        label=AGENTS[agent].label,
        doses=len(doses),
        milligrams=sum(known) if known else None,
        unknown=len(amounts) - len(known),
        first=doses[0].at if doses else None,
        last=doses[-1].at if doses else None,
    )


def _milligrams(record: Record, dose: Dose, at: float) -> float | None:
    """One dose in mg, cut at a stop, or None where its amount cannot be known."""
    body = (*record.measurements("weight"), *record.measurements("height"))
    alone = replace(record, events=(*body, *record.stops(dose.agent), dose))
    try:
        return sum(given.amount for given in alone.given(dose.agent, at, unit="mg"))
    except ValueError:
        return None
