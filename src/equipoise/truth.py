"""Met, not met or unknown; published limits; the observation that an answer rests on.

Comparisons are made on numbers as they were entered, in decimal arithmetic. Many of them at once
are held as arrays of 0 (not met), 1 (unknown) and 2 (met): then `and` is the minimum, `or` the
maximum, and `not x` is 2 - x.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from equipoise import units
from equipoise.record import AnyEvent, Dose, Finding, Measurement
from equipoise.units import Quantity


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
    def number(self) -> int:
        """0 not met, 1 unknown, 2 met: how arrays hold it."""
        return _rank(self)

    @property
    def known(self) -> bool | None:
        """True, False, or None where unknown."""
        return {Truth.MET: True, Truth.NOT_MET: False}.get(self)


_RANK = {Truth.NOT_MET: 0, Truth.UNKNOWN: 1, Truth.MET: 2}
TRUTHS = (Truth.NOT_MET, Truth.UNKNOWN, Truth.MET)
"""By the number that stands for each in arrays."""


def _rank(truth: Truth) -> int:
    return _RANK[truth]


def all_of(truths: Iterable[Truth]) -> Truth:
    """Met where all are met, not met where one is not; met for none."""
    return min(truths, key=_rank, default=Truth.MET)


def any_of(truths: Iterable[Truth]) -> Truth:
    """Met where one is met, not met where none is; not met for none."""
    return max(truths, key=_rank, default=Truth.NOT_MET)


@dataclass(frozen=True, slots=True)
class Because:
    """One observation that an answer rests on.

    at       hours from day 0
    value    as a person would write it, in the unit of entry: "38.4 Cel", "present"
    note     how it was used: "baseline", "time known assumed"; empty where plain
    assumed  where nobody charted it and a charting convention speaks: why; else empty
    """

    name: str
    at: float
    value: str
    note: str = ""
    assumed: str = ""

    def to_json(self) -> dict[str, Any]:
        """`{"name", "at", "value"}`, with `note` and `assumed` where there is one."""
        content: dict[str, Any] = {"name": self.name, "at": self.at, "value": self.value}
        if self.note:
            content["note"] = self.note
        if self.assumed:
            content["assumed"] = self.assumed
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


def bands(value: Quantity, limits: Sequence[Limit]) -> frozenset[int]:
    """Possible classes of a value: how many of the limits, mildest first, it meets."""
    truths = [limit.met_by(value) for limit in limits]
    lowest = sum(t is Truth.MET for t in truths)
    highest = lowest + sum(t is Truth.UNKNOWN for t in truths)
    return frozenset(range(lowest, highest + 1))
