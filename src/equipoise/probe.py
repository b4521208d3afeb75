"""What a missing observation could turn out to be: the answers that a criterion is tried with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise import names, units
from equipoise.chart import INDICATION, Addition, Floats
from equipoise.criterion import Change, Effort, Probe, indications_text
from equipoise.looks import Looks
from equipoise.readers import BASELINE, LOWER, UPPER
from equipoise.record import DAYS_PER_YEAR, Finding, Measurement, Record
from equipoise.truth import Limit

Entry = tuple[str, object]
"""A name of the vocabulary and its value as it stands in a record: ("ferritin", "601 ng/mL")."""


def with_entries(record: Record, at: float, entries: Iterable[Entry]) -> Record:
    """The record with hypothetical measurements and findings at one time, known at once."""
    added: list[Measurement | Finding] = []
    for number, (name, value) in enumerate(entries):
        # After every event of the same time: the last one counts.
        row = 10**9 + number
        if name in names.MEASUREMENTS:
            meant = names.MEASUREMENTS[name]
            quantity = units.parse(str(value))
            canonical = units.convert(
                float(quantity.number), quantity.unit, meant.unit, substance=meant.substance
            )
            known = [m.high for m in record.measurements(name, end=at) if m.high is not None]
            added.append(
                Measurement(
                    at=at, known=at, row=row, name=name, value=quantity, number=canonical,
                    high=known[-1] if known else None,
                )
            )  # fmt: skip
        else:
            added.append(Finding(at=at, known=at, row=row, name=name, value=value))
    return replace(record, events=(*record.events, *added))


def addition(name: str, value: object, at: float) -> Addition:
    """One entry as a chart takes it; a measurement is written with its unit."""
    return Addition(name, at, units.parse(str(value)) if name in names.MEASUREMENTS else value)


def answer(*entries: Entry, label: str = "") -> tuple[str, Change]:
    """One answer of a probe: entries made at the time looked at."""

    def change(looks: Looks, look: int) -> Sequence[Addition]:
        at = float(looks.at[look])
        return [addition(name, value, at) for name, value in entries]

    return label or _label(entries[0][1]), change


def choices(name: str, effort: Effort = Effort.BEDSIDE) -> Probe:
    """A probe of a finding: every value of the vocabulary."""
    known = names.finding(name)
    words: Sequence[object] = (False, True)
    if known.kind == "choice":
        words = known.choices
    elif known.kind == "grade" and known.bounds is not None:
        words = range(known.bounds[0], known.bounds[1] + 1)
    return Probe(name, effort, tuple(answer((name, word)) for word in words))


def values(name: str, limits: Sequence[Limit], effort: Effort = Effort.ROUTINE) -> Probe:
    """A probe of a measurement: one value on each side of every limit, mildest first."""
    answers = [answer((name, limits[0].example(met=False)), label=limits[0].opposite)]
    for index, limit in enumerate(limits):
        text = limit.text
        if index + 1 < len(limits):
            text = f"{limit.text} and {limits[index + 1].opposite}"
        answers.append(answer((name, limit.example(met=True)), label=text))
    return Probe(name, effort, tuple(answers))


def together(*groups: Iterable[Probe]) -> tuple[Probe, ...]:
    """Probes of several criteria as one row; of two with the same name the later stands."""
    return tuple({probe.name: probe for group in groups for probe in group}.values())


def multiples(name: str, times: Decimal, relation: str = ">") -> Probe:
    """A probe of a measurement that is compared with a multiple of its baseline or its limit.

    The values lie well on either side of every limit that the record has; where it has none, they
    cannot settle anything and only stand for a value.
    """
    meant = names.MEASUREMENTS[name]

    def change(looks: Looks, look: int, *, beyond: bool) -> Sequence[Addition]:
        one = looks.take([look])
        series = looks.chart.named(name)
        past = one.between(series, np.array([-math.inf]))
        codes = {int(c) for column in (series.code, series.high, series.low)
                 for c in column[past.row] if c >= 0}  # fmt: skip
        bounds = [series.values[c] for c in codes if series.values[c].number > 0]
        numbers = [
            units.convert(q.number, q.unit, meant.unit, substance=meant.substance) for q in bounds
        ]
        # Beyond means worse: above for an upper limit, below for a lower one.
        up = beyond == (relation in (">", ">="))
        if not numbers:
            number = Decimal(1_000_000) if up else Decimal("0.001")
        else:
            part = times if times >= 1 else 1 / times
            number = max(numbers) * part * 2 if up else min(numbers) / part / 2
        return [addition(name, units.write(number, meant.unit), float(looks.at[look]))]

    opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}[relation]
    return Probe(
        name,
        Effort.ROUTINE,
        (
            (f"{opposite} {times} x its limit", partial(change, beyond=False)),
            (f"{relation} {times} x its limit", partial(change, beyond=True)),
        ),
    )


def baselines(
    name: str, times: Decimal, reference: Callable[[Looks], Floats] = Looks.infusion
) -> Probe:
    """A probe of a baseline before an infusion: below and above what the present is compared with.

    times      the present value counts where it exceeds so many baselines
    reference  the infusion
    """

    def change(looks: Looks, look: int, *, factor: Decimal) -> Sequence[Addition]:
        one = looks.take([look])
        infusion = float(reference(one)[0])
        now = one.last(one.chart.named(name)).value(0)
        if math.isnan(infusion) or now is None:
            return []
        number = now.number / times * factor
        return [addition(name, units.write(number, now.unit), infusion)]

    below, above = _parts(times)
    return Probe(
        BASELINE.format(name),
        Effort.BEDSIDE,
        ((below, partial(change, factor=_HALF)), (above, partial(change, factor=_DOUBLE))),
    )


def limits_of_range(name: str, times: Decimal, end: str) -> Probe:
    """A probe of a laboratory's limit ("low" or "high"), on either side of the present value."""

    def change(looks: Looks, look: int, *, factor: Decimal) -> Sequence[Addition]:
        rows = looks.take([look]).last(looks.chart.named(name))
        now = rows.value(0)
        if now is None:
            return []
        number = now.number / times * factor
        limit = units.parse(units.write(number, now.unit))
        low, high = (None, limit) if end == "high" else (limit, None)
        return [Addition(name, float(rows.at[0]), now, low, high)]

    below, above = _parts(times)
    return Probe(
        (UPPER if end == "high" else LOWER).format(name),
        Effort.BEDSIDE,
        ((below, partial(change, factor=_HALF)), (above, partial(change, factor=_DOUBLE))),
    )


def ages(years: float) -> Probe:
    """A probe of the date of birth: younger than some age, or as old."""

    def change(looks: Looks, look: int, *, age: float) -> Sequence[Addition]:
        day0 = looks.chart.day0[int(looks.record[look])]
        then: date = (day0 + timedelta(hours=float(looks.at[look]))).date()
        born = then - timedelta(days=round(age * DAYS_PER_YEAR))
        return [Addition("born", float(looks.at[look]), born)]

    return Probe(
        "age",
        Effort.BEDSIDE,
        (
            (f"< {years:g} years", partial(change, age=years - 1.0)),
            (f">= {years:g} years", partial(change, age=years + 1.0)),
        ),
    )


def indications(words: Sequence[str]) -> Probe:
    """A probe of a record's indication: one of those that a criterion asks for."""

    def change(looks: Looks, look: int) -> Sequence[Addition]:
        return [Addition(INDICATION, float(looks.at[look]), words[0])]

    return Probe(INDICATION, Effort.BEDSIDE, ((indications_text(words), change),))


_HALF, _DOUBLE = Decimal("0.5"), Decimal(2)


def _parts(times: Decimal) -> tuple[str, str]:
    part = "the present value" if times == 1 else f"1/{times} of the present value"
    return f"< {part}", f"> {part}"


def _label(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return " + ".join(str(v) for v in value) or "none"
    return str(value)
