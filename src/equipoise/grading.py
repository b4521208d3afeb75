"""The answer of a criterion: interval, reasons, what is missing and what it would settle.

`grade` answers at one time, `daily` at each day's end from what was known then, `manual` prints
the table that the code reads. Nothing that was known after the time asked for is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from equipoise import names, units
from equipoise.criterion import (
    BASELINE_DAYS,
    Because,
    Criterion,
    Effort,
    Grade,
    Item,
    Limit,
    Missing,
    Probe,
    Reading,
    Snapshot,
    by_name,
    car_infusion,
    judged,
    look_at,
    snapshot,
)
from equipoise.record import SAME_TIME, Cells, Dose, Finding, Measurement, Record

Entry = tuple[str, object]
"""A name of the vocabulary and its value as it stands in a record: ("ferritin", "601 ng/mL")."""


def grade(criterion: Criterion, record: Record, t: float) -> Grade:
    """The criterion's answer at t, from what was known at t.

    t      hours from day 0
    Fails  ValueError where a laboratory value has no time at which it was known.
    """
    cut = _only_inputs(criterion, record.until(t))
    now = snapshot(criterion, cut, t)
    if now.low is None or now.high is None:
        return Grade(
            criterion.id, t, None, None, None, None, None, None, (), (), now.why,
            criterion.source, criterion.standing,
        )  # fmt: skip
    settled = now.low if now.low == now.high else None
    odds: tuple[float | None, float | None] = (None, None)
    if criterion.probability is not None:
        odds = (criterion.probability(now.low), criterion.probability(now.high))
    met = now.met
    if criterion.measures == "met":
        met = None if settled is None else bool(settled)
    return Grade(
        criterion=criterion.id,
        at=t,
        low=now.low,
        high=now.high,
        grade=settled if criterion.measures == "grade" else None,
        score=settled if criterion.measures == "score" else None,
        met=met,
        since=_since(criterion, cut, now),
        because=_reasons(now.readings),
        missing=_missing(criterion, cut, now),
        sentence=_sentence(criterion, now),
        source=criterion.source,
        standing=criterion.standing,
        status=now.status,
        probability_low=odds[0],
        probability_high=odds[1],
    )


def daily(
    criterion: Criterion, record: Record, t: float, *, start_day: int | None = None
) -> tuple[Grade, ...]:
    """One answer for each calendar day, at the day's end from what was known then; the last at t.

    start_day  first calendar day; default: that of the first cell infusion, day 0 without one
    """
    cut = record.until(t)
    last = cut.calendar_day(t)
    if start_day is None:
        infusions = [e.at for e in cut.cells() if e.at <= t]
        start_day = min(0, last) if not infusions else cut.calendar_day(infusions[0])
    return tuple(
        grade(criterion, cut, min(cut.day_end(day), t)) for day in range(start_day, last + 1)
    )


def manual(criterion: Criterion) -> str:
    """The criterion's table, windows, choices and source as markdown, made from what it reads."""
    lines = [f"# {criterion.title}", "", f"`{criterion.id}`, standing {criterion.standing.word}.",
             f"Source: {criterion.source.text}", ""]  # fmt: skip
    if criterion.source.note:
        lines += [criterion.source.note, ""]
    scored = any(item.points for item in criterion.items)
    lines += ["| item | class | rule |" + (" points |" if scored else "")]
    lines += ["|---|---|---|" + ("---|" if scored else "")]
    for item in criterion.items:
        for index, (word, rule) in enumerate(zip(item.classes, item.rules, strict=True)):
            points = f" {item.points[index]} |" if item.points else (" |" if scored else "")
            lines.append(f"| {item.label if index == 0 else ''} | {word} | {rule} |{points}")
    lines += ["", "How old a value may be (project convention, hypothesis):"]
    for name, hours in criterion.windows.items():
        lines.append(f"- {name}: {_window(hours)}")
    lines += [
        "",
        f"Baselines: the last value at or before the infusion, at most {BASELINE_DAYS} d.",
    ]
    if criterion.notes:
        lines += ["", "Choices and conflicts:"] + [f"- {note}" for note in criterion.notes]
    for source in criterion.other_sources:
        lines.append(f"- {source.text}")
    return "\n".join(lines) + "\n"


# --- what a missing observation could turn out to be -------------------------------------------


def with_entries(record: Record, at: float, entries: Iterable[Entry]) -> Record:
    """The record with hypothetical measurements and findings at one time, known at once."""
    added: list[Measurement | Finding] = []
    for number, (name, value) in enumerate(entries):
        # After every event of the same time: the last one counts.
        row = 10**9 + number
        if name in names.MEASUREMENTS:
            unit = names.MEASUREMENTS[name].unit
            quantity = units.parse(str(value))
            canonical = units.convert(
                float(quantity.number), quantity.unit, unit,
                substance=names.MEASUREMENTS[name].substance,
            )  # fmt: skip
            added.append(
                Measurement(
                    at=at,
                    known=at,
                    row=row,
                    name=name,
                    value=quantity,
                    number=canonical,
                    high=_last_high(record, name, at),
                )
            )
        else:
            added.append(Finding(at=at, known=at, row=row, name=name, value=value))
    return replace(record, events=(*record.events, *added))


def _last_high(record: Record, name: str, at: float) -> units.Quantity | None:
    """The laboratory's upper limit, from its last value of this name: it does not change."""
    known = [m.high for m in record.measurements(name, end=at) if m.high is not None]
    return known[-1] if known else None


def answer(*entries: Entry, label: str = "") -> tuple[str, Callable[[Record, float], Record]]:
    """One answer of a probe: entries made at the time looked at."""
    text = label or _label(entries[0][1])

    def change(record: Record, t: float) -> Record:
        return with_entries(record, t, entries)

    return text, change


def choices(name: str, effort: Effort = Effort.BEDSIDE) -> Probe:
    """A probe of a finding: every value of the vocabulary."""
    known = names.finding(name)
    values: Sequence[object] = known.choices if known.kind == "choice" else (False, True)
    return Probe(name, effort, tuple(answer((name, value)) for value in values))


def values(name: str, limits: Sequence[Limit], effort: Effort = Effort.ROUTINE) -> Probe:
    """A probe of a measurement: one value on each side of every limit, mildest first."""
    answers = [answer((name, limits[0].example(met=False)), label=limits[0].opposite)]
    for index, limit in enumerate(limits):
        text = limit.text
        if index + 1 < len(limits):
            text = f"{limit.text} and {limits[index + 1].opposite}"
        answers.append(answer((name, limit.example(met=True)), label=text))
    return Probe(name, effort, tuple(answers))


BASELINE, UPPER, LOWER = "baseline {}", "upper limit of {}", "lower limit of {}"
"""Names under which a missing baseline or laboratory limit is listed."""


def multiples(name: str, times: Decimal, relation: str = ">") -> Probe:
    """A probe of a measurement that is compared with a multiple of its baseline or its limit.

    The values lie well on either side of every limit that the record has; where it has none, they
    cannot settle anything and only stand for a value.
    """

    def change(record: Record, t: float, *, beyond: bool) -> Record:
        meant = names.MEASUREMENTS[name]
        past = record.measurements(name, end=t)
        bounds = [q for m in past for q in (m.value, m.high) if q is not None and q.number > 0]
        numbers = [
            units.convert(q.number, q.unit, meant.unit, substance=meant.substance) for q in bounds
        ]
        number = max(numbers) * times * 2 if beyond else min(numbers) / times / 2
        return with_entries(record, t, ((name, units.write(number, meant.unit)),))

    def fill(record: Record, t: float, *, beyond: bool) -> Record:
        if not record.measurements(name, end=t):
            number = Decimal(1_000_000 if beyond else 1) / (1 if beyond else 1000)
            unit = names.MEASUREMENTS[name].unit
            return with_entries(record, t, ((name, units.write(number, unit)),))
        return change(record, t, beyond=beyond)

    opposite = {">": "<=", ">=": "<"}[relation]
    return Probe(
        name,
        Effort.ROUTINE,
        (
            (f"{opposite} {times} x its limit", partial(fill, beyond=False)),
            (f"{relation} {times} x its limit", partial(fill, beyond=True)),
        ),
    )


def baselines(name: str, times: Decimal) -> Probe:
    """A probe of a baseline before CAR-T: below and above what the present value is compared with.

    times  the present value counts where it exceeds so many baselines
    """

    def fill(record: Record, t: float, *, factor: Decimal) -> Record:
        infusion, now = car_infusion(record, t), record.latest(name, t)
        if infusion is None or now is None:
            return record
        number = now.value.number / times * factor
        return with_entries(record, infusion, ((name, units.write(number, now.value.unit)),))

    below, above = _parts(times)
    return Probe(
        BASELINE.format(name),
        Effort.BEDSIDE,
        ((below, partial(fill, factor=_HALF)), (above, partial(fill, factor=_DOUBLE))),
    )


def limits_of_range(name: str, times: Decimal, end: str) -> Probe:
    """A probe of a laboratory's limit ("low" or "high"), on either side of the present value."""

    def fill(record: Record, t: float, *, factor: Decimal) -> Record:
        now = record.latest(name, t)
        if now is None:
            return record
        number = now.value.number / times * factor
        limit = units.Quantity(number, now.value.unit, "", units.write(number, now.value.unit))
        ranged = replace(now, high=limit) if end == "high" else replace(now, low=limit)
        events = tuple(ranged if event is now else event for event in record.events)
        return replace(record, events=events)

    below, above = _parts(times)
    return Probe(
        (UPPER if end == "high" else LOWER).format(name),
        Effort.BEDSIDE,
        ((below, partial(fill, factor=_HALF)), (above, partial(fill, factor=_DOUBLE))),
    )


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


# --- the parts of an answer --------------------------------------------------------------------


def _only_inputs(criterion: Criterion, cut: Record) -> Record:
    """The record without measurements and findings that the criterion never reads."""
    return replace(
        cut,
        events=tuple(
            event
            for event in cut.events
            if not isinstance(event, Measurement | Finding)
            or event.key in criterion.windows
            or event.key == "death"
        ),
    )


def _reasons(readings: Iterable[Reading]) -> tuple[Because, ...]:
    reasons = dict.fromkeys(b for r in readings for b in r.because)
    return tuple(sorted(reasons, key=lambda b: (b.at, b.name)))


def _missing(criterion: Criterion, cut: Record, now: Snapshot) -> tuple[Missing, ...]:
    settled = now.low == now.high
    if settled and (criterion.met is None or now.met is not None):
        return ()
    wanted = dict.fromkeys(name for r in now.readings for name in r.missing)
    probes = {probe.name: probe for probe in criterion.probes}
    found: list[tuple[bool, int, float, int, Missing]] = []
    for order, name in enumerate(wanted):
        probe = probes[name]
        outcomes: list[tuple[str, int, int]] = []
        changes = False
        for label, change in probe.answers:
            then = _with_answer(criterion, change(cut, now.look.at), now, name)
            if then is None or then.low is None or then.high is None:
                continue
            outcomes.append((label, then.low, then.high))
            changes |= (then.low, then.high, then.met) != (now.low, now.high, now.met)
        # One that changes nothing by itself may still do so together with others.
        if changes or not settled:
            width = sum(high - low for _, low, high in outcomes) / max(len(outcomes), 1)
            missing = Missing(name, tuple(outcomes))
            found.append((not changes, probe.effort, width, order, missing))
    return tuple(entry[-1] for entry in sorted(found, key=lambda entry: entry[:-1]))


def _with_answer(
    criterion: Criterion, changed: Record, now: Snapshot, name: str
) -> Snapshot | None:
    """The snapshot with an answer in the record; only items that lacked it are read again.

    None where the answer contradicts what is known, as 38.0 does after a value > 38.4.
    """
    look = look_at(criterion, changed, now.look.at)
    readings = tuple(
        item.read(look) if name in found.missing else found
        for item, found in zip(criterion.items, now.readings, strict=True)
    )
    if any(
        not new.possible <= old.possible for new, old in zip(readings, now.readings, strict=True)
    ):
        return None
    return judged(criterion, look, readings)


def _since(criterion: Criterion, cut: Record, now: Snapshot) -> float | None:
    if not now.low:
        return None
    start = now.look.at
    for time in _times(criterion, cut, now.look.at):
        if snapshot(criterion, cut, time).low != now.low:
            break
        start = time
    return start


def _times(criterion: Criterion, cut: Record, t: float) -> list[float]:
    """Times at which the answer may have changed, latest first: events, and values going stale."""
    times: set[float] = set()
    for event in cut.events:
        if event.at > t + SAME_TIME:
            continue
        window = criterion.windows.get(event.key)
        if window is None:
            if isinstance(event, Cells | Dose):
                times.add(event.at)
            continue
        times.add(event.at)
        stale = event.at + window + 2 * SAME_TIME
        if stale < t:
            times.add(stale)
    return sorted(times, reverse=True)


def _sentence(criterion: Criterion, now: Snapshot) -> str:
    readings = by_name(criterion, now.readings)
    opening = _opening(criterion, now)
    known: list[str] = []
    open_: list[str] = []
    for item in criterion.items:
        word = _said(item, readings[item.name])
        if not readings[item.name].settled:
            open_.append(word)
        elif word and min(readings[item.name].possible) > 0:
            known.append(word)
    text = opening if now.status is None else f"{now.status.replace('_', ' ')}, {opening}"
    if known:
        text += ": " + _listed(known)
    if open_:
        text += ("; " if known else ": ") + ", ".join(open_)
    notes = dict.fromkeys(r.note for r in now.readings if r.note)
    text += "".join(f"; {note}" for note in notes)
    if criterion.tail is not None:
        tail = criterion.tail(now.look, readings)
        text += f"; {tail}" if tail else ""
    return text


def _opening(criterion: Criterion, now: Snapshot) -> str:
    low, high = now.low or 0, now.high or 0
    top = criterion.combine([len(item.classes) - 1 for item in criterion.items])
    if criterion.measures == "met":
        return {(0, 0): "not met", (1, 1): "met"}.get((low, high), "cannot tell")
    if criterion.measures == "score":
        text = f"score {low} of {top}" if low == high else f"score {low} to {high} of {top}"
        if criterion.probability is not None:
            text += f", probability {_percent(criterion, low, high)}"
        return text
    if low == high:
        return f"grade {low}"
    if low > 0 and high >= min(top, 4):
        return f"at least grade {low}"
    return f"grade {low} to {high}"


def _percent(criterion: Criterion, low: int, high: int) -> str:
    assert criterion.probability is not None
    first, last = (_rounded(criterion.probability(score)) for score in (low, high))
    return f"about {first}" if first == last else f"{first} to {last}"


def _rounded(probability: float) -> str:
    if probability < 0.01:
        return "< 1 %"
    if probability > 0.99:
        return "> 99 %"
    return f"{Decimal(probability * 100).quantize(Decimal(1))} %"


def _said(item: Item, found: Reading) -> str:
    if found.settled:
        return item.classes[min(found.possible)]
    return item.unknown


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _window(hours: float) -> str:
    if hours == float("inf"):
        return "any time"
    return f"{hours:g} h" if hours < 72 else f"{hours / 24:g} d"
