"""What the tables of criteria are written with: parts that are met, not met or unknown, and items.

A part reads one thing at all looks; parts join to parts, and a part or a count of parts makes an
item. Each keeps the observations that it rests on and the names that would settle it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

import numpy as np

from equipoise import units
from equipoise.chart import Bools, Floats
from equipoise.criterion import Criterion, Readings, Reasons, evaluate
from equipoise.looks import (
    CAR_PRODUCTS,
    MET,
    NOT_MET,
    UNKNOWN,
    Looks,
    Masks,
    Rows,
    Truths,
    compared,
    span_masks,
)
from equipoise.record import SAME_TIME
from equipoise.truth import Because, Limit

BASELINE, UPPER, LOWER = "baseline {}", "upper limit of {}", "lower limit of {}"
"""Names under which a missing baseline or laboratory limit is listed."""

Reader = Callable[[Looks], Readings]

MASK_OF_TRUTH = np.array([0b01, 0b11, 0b10], dtype=np.uint8)
"""Classes 0 (not met) and 1 (met) that a truth allows."""


@dataclass(slots=True)
class Part:
    """One thing at all looks, met, not met or unknown, and why at one look."""

    truth: Truths
    explain: Callable[[int], Reasons]


PartReader = Callable[[Looks], Part]


def present(name: str) -> PartReader:
    """A yes/no finding."""

    def read(looks: Looks) -> Part:
        rows = looks.of(name)
        return Part(rows.holds, lambda i: Reasons((rows.because(i),), (name,)))

    return read


def meets(name: str, limit: Limit) -> PartReader:
    """The last value against a limit."""

    def read(looks: Looks) -> Part:
        rows = looks.of(name)
        return Part(rows.truth(limit), lambda i: Reasons((rows.because(i),), (name,)))

    return read


def one_of(name: str, words: Sequence[str]) -> PartReader:
    """A finding that is one of some words."""

    def read(looks: Looks) -> Part:
        rows = looks.of(name)
        truth = rows.judge(("one of", tuple(words)), lambda v: MET if v in words else NOT_MET)
        return Part(truth, lambda i: Reasons((rows.because(i),), (name,)))

    return read


def among(name: str, words: Sequence[str]) -> PartReader:
    """A finding that is a list with one of some words in it."""

    def read(looks: Looks) -> Part:
        rows = looks.of(name)
        truth = rows.judge(
            ("among", tuple(words)), lambda v: MET if any(w in v for w in words) else NOT_MET
        )
        return Part(truth, lambda i: Reasons((rows.because(i),), (name,)))

    return read


def over_range(name: str, relation: str, times: Decimal = Decimal(1)) -> PartReader:
    """The last value against so many times the laboratory's own upper (lower) limit.

    The limit is the last that came with a value of this name; none is assumed.
    """
    end = "high" if relation in (">", ">=") else "low"
    named = (UPPER if end == "high" else LOWER).format(name)

    def read(looks: Looks) -> Part:
        now, limit = looks.of(name), looks.limit(name, end)

        def explain(i: int) -> Reasons:
            if now.value(i) is None:
                return Reasons((), (name,))
            return Reasons((now.because(i, range_note(limit, i, end)),),
                           (named,) if limit.value(i) is None else (name,))  # fmt: skip

        return Part(compared(now, relation, times, limit), explain)

    return read


def range_note(limit: Rows, look: int, end: str) -> str:
    """ "upper limit 40 U/L", or nothing."""
    value = limit.value(look)
    if value is None:
        return ""
    word = "upper" if end == "high" else "lower"
    return f"{word} limit {units.write(value.number, value.unit)}"


def over_baseline(
    name: str, relation: str, times: Decimal, reference: Callable[[Looks], Floats]
) -> PartReader:
    """The last value against so many times its baseline before a reference infusion."""

    def read(looks: Looks) -> Part:
        now, before = looks.of(name), looks.baseline(name, reference(looks))

        def explain(i: int) -> Reasons:
            lacks = [] if now.value(i) is not None else [name]
            lacks += [] if before.value(i) is not None else [BASELINE.format(name)]
            return Reasons((now.because(i), before.because(i, "baseline")), lacks or (name,))

        return Part(compared(now, relation, times, before), explain)

    return read


def opposite(part: PartReader) -> PartReader:
    """Not."""

    def read(looks: Looks) -> Part:
        found = part(looks)
        return Part((MET - found.truth).astype(np.int8), found.explain)

    return read


def either(*parts: PartReader) -> PartReader:
    """Met where one is met; what is missing comes from those that are unknown."""

    def read(looks: Looks) -> Part:
        found = [part(looks) for part in parts]
        truth = reduce(np.maximum, (f.truth for f in found))
        return Part(truth, lambda i: _joined(found, i))

    return read


def both(*parts: PartReader) -> PartReader:
    """Met where all are met; what is missing comes from those that are unknown."""

    def read(looks: Looks) -> Part:
        found = [part(looks) for part in parts]
        truth = reduce(np.minimum, (f.truth for f in found))
        return Part(truth, lambda i: _joined(found, i))

    return read


def at_least(count: int, *parts: PartReader) -> PartReader:
    """Met where so many are met, not met where so many no longer can be."""

    def read(looks: Looks) -> Part:
        found = [part(looks) for part in parts]
        least, most = tally(found)
        truth = np.where(least >= count, MET, np.where(most < count, NOT_MET, UNKNOWN))
        return Part(truth.astype(np.int8), lambda i: _joined(found, i))

    return read


def tally(parts: Sequence[Part]) -> tuple[Any, Any]:
    """How many are met at least, and at most."""
    least = sum((p.truth == MET).astype(np.int8) for p in parts)
    most = sum((p.truth > NOT_MET).astype(np.int8) for p in parts)
    return least, most


def _joined(parts: Sequence[Part], look: int) -> Reasons:
    because: list[Because | None] = []
    missing: list[str] = []
    notes: list[str] = []
    for part in parts:
        why = part.explain(look)
        because += why.because
        if part.truth[look] == UNKNOWN:
            missing += why.missing
        if why.note:
            notes.append(why.note)
    return Reasons(because, missing, "; ".join(notes))


@dataclass(frozen=True, slots=True)
class After:
    """Applies from an infusion on; before it, or without one, says why not.

    products  the infusions from which days are counted, too
    """

    why: str
    products: tuple[str, ...]

    def __call__(self, looks: Looks) -> Sequence[tuple[Bools, str]]:
        """The looks to which the criterion does not apply."""
        return ((np.isnan(looks.infusion(self.products)), self.why),)


def after(why: str, products: Sequence[str] = CAR_PRODUCTS) -> After:
    """Applies from an infusion of these products on."""
    return After(why, tuple(products))


def since(products: Sequence[str] = CAR_PRODUCTS) -> Callable[[Looks], Floats]:
    """Values count from the last infusion on."""

    def start(looks: Looks) -> Floats:
        key = ("since", tuple(products))
        if key not in looks.shared:
            looks.shared[key] = np.nan_to_num(looks.infusion(products), nan=0.0)
        found: Floats = looks.shared[key]
        return found

    return start


def creatinine_before(looks: Looks, now: Rows, infusion: Floats) -> Rows:
    """The lowest creatinine of the 7 days before a value, else the baseline."""
    series = now.series
    week = looks.between(series, now.at - 168.0, now.at - 2 * SAME_TIME)
    row = Rows(series, week.row)
    exact = row.judge("exact", lambda value: int(not value.comparator), 0) == 1
    week = week.where(exact & now.there[week.look])
    lowest = week.best(Rows(series, week.row).number, lowest=True)
    before = looks.baseline("creatinine", infusion)
    return Rows(series, np.where(lowest.there, lowest.index, before.index))


def beside_before(now: Rows, before: Rows) -> Callable[[int], Reasons]:
    """Reasons of a creatinine held against what it was before."""

    def explain(i: int) -> Reasons:
        lacks = BASELINE.format("creatinine") if now.there[i] else "creatinine"
        return Reasons((now.because(i), before.because(i, "baseline")), (lacks,))

    return explain


# --- items -------------------------------------------------------------------------------------


def item_of(part: PartReader) -> Reader:
    """An item with the classes not met (0) and met (1)."""

    def read(looks: Looks) -> Readings:
        found = part(looks)
        return Readings(MASK_OF_TRUTH[found.truth], found.explain)

    return read


def reached(criterion: Criterion, least: int = 1) -> PartReader:
    """Whether another criterion's answer is at least so much; not met where it does not apply.

    It is read through its own windows, once for both. The criterion that asks lists those windows
    too, since its answer changes with them, and its probes answer for what is missing.
    """

    def read(looks: Looks) -> Part:
        graded = evaluate(criterion, looks)
        found = graded.readings
        truth = np.where(graded.low >= least, MET, np.where(graded.high < least, NOT_MET, UNKNOWN))
        truth = np.where(graded.applied, truth, NOT_MET)

        def explain(i: int) -> Reasons:
            because: list[Because | None] = []
            missing: list[str] = []
            for each in found:
                why, mask = each.explain(i), int(each.possible[i])
                because += why.because
                if mask & (mask - 1):
                    missing += why.missing
            return Reasons(because, missing)

        return Part(truth.astype(np.int8), explain)

    return read


def counted(classes: Sequence[int], *parts: PartReader) -> Reader:
    """An item whose class goes by how many parts are met.

    classes  the class for 0, 1, ... parts met
    """
    spans = span_masks(tuple(classes))

    def read(looks: Looks) -> Readings:
        found = [part(looks) for part in parts]
        return Readings(spans[tally(found)], lambda i: _joined(found, i))

    return read


def banded(name: str, limits: Sequence[Limit], spread: Sequence[int] = ()) -> Reader:
    """An item whose class is the number of limits that the last value meets, mildest first."""

    def read(looks: Looks) -> Readings:
        rows = looks.of(name)
        return Readings(rows.bands(limits, spread), lambda i: Reasons((rows.because(i),), (name,)))

    return read


def chosen(name: str, classes: Mapping[Any, int]) -> Reader:
    """An item whose class goes by the word of a finding."""
    absent = sum({1 << index for index in classes.values()})

    def read(looks: Looks) -> Readings:
        rows = looks.of(name)
        key = ("chosen", tuple(classes.items()))
        masks = rows.pick(key, lambda value: 1 << classes[value], absent).astype(np.uint8)
        return Readings(masks, lambda i: Reasons((rows.because(i),), (name,)))

    return read


def stacked(*parts: PartReader) -> Reader:
    """An item whose class is the worst part that holds: part k makes class k + 1."""

    def read(looks: Looks) -> Readings:
        found = [part(looks) for part in parts]
        masks = np.zeros(len(looks), dtype=np.uint8)
        none_worse = np.ones(len(looks), dtype=np.bool_)
        for index in range(len(found), 0, -1):
            truth = found[index - 1].truth
            masks |= np.where(none_worse & (truth > NOT_MET), 1 << index, 0).astype(np.uint8)
            none_worse = none_worse & (truth < MET)
        masks = masks | none_worse.astype(np.uint8)
        return Readings(masks, lambda i: _joined(found, i))

    return read


def worst(*readers: Reader) -> Reader:
    """An item whose class is the highest of several readings of it."""

    def read(looks: Looks) -> Readings:
        found = [reader(looks) for reader in readers]
        masks = reduce(worse_of, (f.possible for f in found))

        def explain(i: int) -> Reasons:
            because: list[Because | None] = []
            missing: list[str] = []
            for each in found:
                why = each.explain(i)
                because += why.because
                mask = int(each.possible[i])
                if mask & (mask - 1):
                    missing += why.missing
            return Reasons(because, missing)

        return Readings(masks, explain)

    return read


_ONE = np.uint8(1)


def worse_of(first: Masks, second: Masks) -> Masks:
    """The classes that the higher of two can be."""
    # At or above the lowest of either: all bits from a mask's lowest one upwards.
    from_first, from_second = first | (~first + _ONE), second | (~second + _ONE)
    result: Masks = (first & from_second) | (second & from_first)
    return result
