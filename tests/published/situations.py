"""Small situations for the patients of guidance: doses, values, findings, cells, grades."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from equipoise import units
from equipoise.advice import Situation
from equipoise.criterion import Grade, Missing
from equipoise.record import AnyEvent, Cells, Dose, Finding, Measurement, Record
from equipoise.source import Source, Standing

DAY = 24.0


@dataclass(frozen=True)
class Three:
    """A patient to whom it applies, one to whom it does not, one whose record cannot tell."""

    applies: Situation
    does_not: Situation
    cannot_tell: Situation
    missing: str


def dose(
    agent: str, at: float, amount: str = "2 mg", *, status: str = "", known: float | None = None,
    duration: float = 0.0, route: str = "oral",
) -> Dose:  # fmt: skip
    return Dose(
        at=at, known=at if known is None else known, agent=agent, amount=units.parse(amount),
        route=route, status=status, duration=duration,
    )  # fmt: skip


def daily(agent: str, days: Iterable[int], amount: str = "2 mg") -> list[AnyEvent]:
    return [dose(agent, DAY * d, amount) for d in days]


def planned(agent: str, at: float, amount: str = "300 mg", *, duration: float = 0.0) -> Dose:
    return dose(agent, at, amount, status="planned", known=0.0, duration=duration)


def value(
    name: str, at: float, text: str, *, low: str | None = None, high: str | None = None
) -> Measurement:
    quantity = units.parse(text)
    return Measurement(
        at=at, known=at, name=name, value=quantity, number=float(quantity.number),
        low=units.parse(low) if low else None, high=units.parse(high) if high else None,
    )  # fmt: skip


def finding(name: str, at: float, what: object) -> Finding:
    return Finding(at=at, known=at, name=name, value=what)


def car(at: float = 0.0, product: str = "tisagenlecleucel") -> Cells:
    return Cells(at=at, known=at, product=product)


def graft(donor: str = "matched_unrelated") -> Cells:
    return Cells(at=0.0, known=0.0, product="graft", donor=donor)


def graded(
    criterion: str, *, low: int = 0, high: int = 4, met: bool | None = None, missing: str = "",
    status: str | None = None,
) -> Grade:  # fmt: skip
    settled = low == high
    return Grade(
        criterion=criterion, at=0.0, low=low, high=high, grade=low if settled else None,
        score=None, met=met, since=None, because=(),
        missing=(Missing(missing, ()),) if missing else (), sentence="as built by the test",
        source=Source("test"), standing=Standing.PUBLISHED, status=status,
    )  # fmt: skip


def situation(
    t: float, *events: AnyEvent, grades: Iterable[Grade] = (), born: date | None = None,
    indication: str = "",
) -> Situation:  # fmt: skip
    record = Record(
        id="p", day0=datetime(2025, 3, 10, 10, tzinfo=UTC), events=tuple(events), born=born,
        indication=indication,
    ).until(t)  # fmt: skip
    return Situation(record, t, {g.criterion: g for g in grades})
