"""The answer of a criterion: interval, reasons, what is missing and what it would settle.

`grade` answers at one time, `daily` at each day's end from what was known then, `table` grades a
cohort day by day, `manual` prints the table that the code reads. Nothing that was known after the
time asked for is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, combinations

import numpy as np

from equipoise.chart import CELLS, DOSES, Addition, Chart, Floats, Ints
from equipoise.charting import Conventions, under
from equipoise.criterion import (
    BASELINE_DAYS,
    Because,
    Criterion,
    Grade,
    Graded,
    Item,
    Missing,
    Probe,
    Reading,
    Snapshot,
    bounds,
    by_name,
    chart_of_one,
    evaluate,
    indications_text,
    listed_or,
    look_now,
    met_of,
)
from equipoise.looks import Masks
from equipoise.probe import Entry as Entry
from equipoise.probe import with_entries as with_entries
from equipoise.record import SAME_TIME, Record


def grade(
    criterion: Criterion, record: Record, t: float, *, conventions: Conventions | None = None
) -> Grade:
    """The criterion's answer at t, from what was known at t.

    t            hours from day 0
    conventions  what a site's silence means; None: nothing
    Fails  ValueError where a laboratory value has no time at which it was known.
    """
    return _grades(criterion, record, np.array([float(t)]), conventions)[0]


def daily(
    criterion: Criterion,
    record: Record,
    t: float,
    *,
    start_day: int | None = None,
    conventions: Conventions | None = None,
) -> tuple[Grade, ...]:
    """One answer for each calendar day, at the day's end from what was known then; the last at t.

    start_day    first calendar day; default: that of the first cell infusion, day 0 without one
    conventions  what a site's silence means; None: nothing
    """
    last = record.calendar_day(t)
    if start_day is None:
        cells = record.until(t).cells()
        infusions = [e.at for e in cells if e.at <= t]
        start_day = min(0, last) if not infusions else record.calendar_day(infusions[0])
    ends = [min(record.day_end(day), t) for day in range(start_day, last + 1)]
    return _grades(criterion, record, np.array(ends, dtype=float), conventions)


def chart_under(record: Record, conventions: Conventions | None) -> Chart:
    """The chart of one record under conventions; that asked about last is kept."""
    chart = chart_of_one(record)
    if conventions is None:
        return chart
    for of, by, kept in _under:
        if of is chart and by is conventions:
            return kept
    made = under(chart, conventions)
    _under[:] = [(chart, conventions, made)]
    return made


_under: list[tuple[Chart, Conventions, Chart]] = []


def _grades(
    criterion: Criterion, record: Record, times: Floats, conventions: Conventions | None
) -> tuple[Grade, ...]:
    if not len(times):
        return ()
    chart = chart_under(record, conventions)
    looks = look_now(chart, np.zeros(len(times), dtype=np.int64), times)
    graded = evaluate(criterion, looks)
    now = [graded.snapshot(look) for look in range(len(times))]
    missing = _missing(graded, now)
    since = _since(graded, times)
    return tuple(
        _answer(graded, look, float(times[look]), now[look], missing[look], since[look])
        for look in range(len(times))
    )


def _answer(
    graded: Graded,
    look: int,
    t: float,
    now: Snapshot,
    missing: tuple[Missing, ...],
    since: float | None,
) -> Grade:
    criterion = graded.criterion
    if now.low is None or now.high is None:
        return Grade(
            criterion.id, t, None, None, None, None, None, None, (), (), now.why,
            criterion.source, criterion.standing, measures=criterion.measures,
            words=criterion.words,
        )  # fmt: skip
    settled = now.low if now.low == now.high else None
    odds: tuple[float | None, float | None] = (None, None)
    if criterion.probability is not None:
        odds = (criterion.probability(int(now.low)), criterion.probability(int(now.high)))
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
        since=since,
        because=_reasons(now.readings),
        missing=missing,
        sentence=_sentence(graded, look, now),
        source=criterion.source,
        standing=criterion.standing,
        status=now.status,
        probability_low=odds[0],
        probability_high=odds[1],
        measures=criterion.measures,
        words=criterion.words,
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


@dataclass(frozen=True, slots=True)
class Table:
    """Criteria over many looks: one row a look.

    record, at  of each look: number in the chart, hours from day 0
    low, high   criterion id -> grade or score; -1 where it does not apply
    met         id of a criterion with a yes/no answer beside its grade or score -> 0 not met,
                1 unknown, 2 met; -1 where it does not apply
    """

    record: Ints
    at: Floats
    low: dict[str, Ints | Floats]
    high: dict[str, Ints | Floats]
    met: dict[str, Ints] = field(default_factory=dict)


def table(criteria: Sequence[Criterion], chart: Chart, record: Ints, at: Floats) -> Table:
    """The intervals of criteria at many looks, each from what was known at its own time.

    record, at  of each look; looks sorted by record and time are found fastest
    """
    low: dict[str, Ints | Floats] = {}
    high: dict[str, Ints | Floats] = {}
    met: dict[str, Ints] = {}
    pieces = [slice(start, start + PIECE) for start in range(0, len(record), PIECE)]
    for piece in pieces:
        looks = look_now(chart, record[piece], at[piece])
        for criterion in criteria:
            found = evaluate(criterion, looks)
            for into, values in ((low, found.low), (high, found.high)):
                if criterion.id not in into:
                    empty: Ints | Floats = np.full(len(record), -1, dtype=np.int64)
                    if criterion.number is not None:
                        empty = np.full(len(record), -1.0)
                    into[criterion.id] = empty
                column = into[criterion.id]
                column[piece] = np.where(found.applied, values, -1)
            if criterion.met is not None:
                answers = met.setdefault(criterion.id, np.full(len(record), -1, dtype=np.int64))
                if found.readings:
                    said = met_of(criterion, [r.possible for r in found.readings])
                    answers[piece] = np.where(found.applied, said, -1)
            found.looks.memo.clear()
        # What was kept for the piece holds its looks, and they hold it.
        looks.shared.clear()
    return Table(record, at, low, high, met)


PIECE = 16_384
"""Looks worked on at once: their arrays stay in the cache of a processor."""


def days(chart: Chart, record: int, first: int, last: int) -> tuple[Ints, Floats]:
    """Looks at the end of each calendar day of one record, first to last, as `table` takes them."""
    day = np.arange(first, last + 1, dtype=np.int64)
    records = np.full(len(day), record, dtype=np.int64)
    return records, chart.day_end(records, day)


# --- the parts of an answer --------------------------------------------------------------------


def _reasons(readings: Iterable[Reading]) -> tuple[Because, ...]:
    reasons = dict.fromkeys(b for r in readings for b in r.because)
    return tuple(sorted(reasons, key=lambda b: (b.at, b.name)))


@dataclass(slots=True)
class _Try:
    """One answer of a probe at one look."""

    look: int
    order: int
    probe: Probe
    label: str
    added: Sequence[Addition]


def _missing(graded: Graded, now: Sequence[Snapshot]) -> list[tuple[Missing, ...]]:
    """What could change each answer, cheapest first, all tried together."""
    criterion = graded.criterion
    probes = {probe.name: probe for probe in criterion.probes}
    tries: list[_Try] = []
    for look, snap in enumerate(now):
        settled = snap.low == snap.high
        if snap.low is None or (settled and (criterion.met is None or snap.met is not None)):
            continue
        wanted = dict.fromkeys(name for r in snap.readings for name in r.missing)
        for order, name in enumerate(wanted):
            probe = probes[name]
            tries += [
                _Try(look, order, probe, label, change(graded.looks, look))
                for label, change in probe.answers
            ]
    found: list[list[tuple[bool, int, float, int, Missing]]] = [[] for _ in now]
    if tries:
        outcomes = _tried(graded, now, tries)
        start = 0
        while start < len(tries):
            first = tries[start]
            stop = start + len(first.probe.answers)
            known = []
            for k in range(start, stop):
                outcome = outcomes[k]
                if outcome is not None:
                    known.append((tries[k].label, *outcome))
            entry = _outcome(now[first.look], first, known)
            if entry is not None:
                found[first.look].append(entry)
            start = stop
    return [
        tuple(entry[-1] for entry in sorted(entries, key=lambda entry: entry[:-1]))
        for entries in found
    ]


def _outcome(
    now: Snapshot, tried: _Try, known: Sequence[tuple[str, float, float, bool | None]]
) -> tuple[bool, int, float, int, Missing] | None:
    changes = any((low, high, met) != (now.low, now.high, now.met) for _, low, high, met in known)
    # One that changes nothing by itself may still do so together with others.
    if not changes and now.low == now.high:
        return None
    width = sum(high - low for _, low, high, _ in known) / max(len(known), 1)
    missing = Missing(tried.probe.name, tuple((label, low, high) for label, low, high, _ in known))
    return (not changes, tried.probe.effort, width, tried.order, missing)


def _tried(
    graded: Graded, now: Sequence[Snapshot], tries: Sequence[_Try]
) -> list[tuple[float, float, bool | None] | None]:
    """The interval with each answer in the record; only items that lacked it are read again.

    None where the answer contradicts what is known, as 38.0 does after a value > 38.4.
    """
    criterion, looks = graded.criterion, graded.looks
    which = np.array([t.look for t in tries], dtype=np.int64)
    chart = looks.chart.branch(looks.record[which], [t.added for t in tries])
    number = np.arange(len(tries), dtype=np.int64)
    again = evaluate(
        criterion,
        look_now(chart, number, looks.at[which], np.maximum(looks.known[which], looks.at[which])),
    )
    agree = again.applied.copy()
    possible: list[Masks] = []
    for place, (before, after) in enumerate(zip(graded.readings, again.readings, strict=True)):
        lacked = np.array([t.probe.name in now[t.look].readings[place].missing for t in tries])
        old = before.possible[which]
        new = np.where(lacked, after.possible, old)
        agree &= (new & ~old) == 0
        possible.append(new)
    if criterion.number is not None:
        agree &= (again.low >= graded.low[which]) & (again.high <= graded.high[which])
        return [
            (float(again.low[k]), float(again.high[k]), None) if agree[k] else None
            for k in range(len(tries))
        ]
    low, high = bounds(criterion, possible)
    met = met_of(criterion, possible) if criterion.met is not None else None
    word = {0: False, 1: None, 2: True}
    return [
        (int(low[k]), int(high[k]), None if met is None else word[int(met[k])])
        if agree[k]
        else None
        for k in range(len(tries))
    ]


_FIRST_STEP = 4


def _since(graded: Graded, known: Floats) -> list[float | None]:
    """For each look the start of the unbroken stretch at its `low`, with what was known at it."""
    looks, criterion = graded.looks, graded.criterion
    start: list[float | None] = [None] * len(looks)
    times: dict[int, Floats] = {}
    place: dict[int, int] = {}
    for look in range(len(looks)):
        if graded.applied[look] and graded.low[look]:
            start[look] = float(looks.at[look])
            times[look] = np.unique(np.concatenate(moments(graded, look)))[::-1]
            place[look] = 0
    step = _FIRST_STEP
    while times:
        which = [(look, k) for look, all_ in times.items()
                 for k in range(place[look], min(place[look] + step, len(all_)))]  # fmt: skip
        if not which:
            break
        look_of = np.array([look for look, _ in which], dtype=np.int64)
        at = np.array([times[look][k] for look, k in which])
        past = evaluate(criterion, look_now(looks.chart, looks.record[look_of], at, known[look_of]))
        same = past.applied & (past.low == graded.low[look_of])
        for number, (look, k) in enumerate(which):
            if look not in times:
                continue
            if not same[number]:
                del times[look]
                continue
            start[look] = float(at[number])
            place[look] = k + 1
            if k + 1 == len(times[look]):
                del times[look]
        step *= 4
    return start


def moments(graded: Graded, look: int) -> tuple[Floats, Floats]:
    """When an answer may have changed up to a look: times of its own observations, other times.

    Observations that the look knows of, of each name of the criterion's windows; besides, when
    they go stale, and doses and cells.
    """
    looks, windows = graded.looks, graded.criterion.windows
    one = looks.take([look])
    at = float(looks.at[look])
    observed: list[Floats] = [np.zeros(0)]
    others: list[Floats] = [np.zeros(0)]
    for name, series in ((n, s) for n in (*windows, CELLS, DOSES) for s in looks.chart.columns(n)):
        if not series.rows:
            continue
        times = series.at[one.between(series, np.array([-np.inf])).row]
        (observed if name in windows else others).append(times)
        if name in windows:
            ends = times + windows[name] + 2 * SAME_TIME
            others.append(ends[ends < at])
    return np.unique(np.concatenate(observed)), np.unique(np.concatenate(others))


def _sentence(graded: Graded, look: int, now: Snapshot) -> str:
    criterion = graded.criterion
    if criterion.indications and not graded.looks.chart.indication[int(graded.looks.record[look])]:
        # What its items would say is in the record or not, and is not why.
        asked = indications_text(criterion.indications)
        return f"cannot tell: asked only in {asked}; the record names no indication"
    readings = by_name(criterion, now.readings)
    opening = _opening(criterion, now)
    known: list[str] = []
    absent: list[str] = []
    open_: list[str] = []
    telling = _telling(criterion, now)
    for item in criterion.items:
        word = _said(item, readings[item.name])
        if not readings[item.name].settled:
            open_.append(word)
        elif word and min(readings[item.name].possible) > 0:
            if item in telling:
                known.append(word)
        elif word and item.name != "death":
            absent.append(word)
    text = opening
    if now.status is not None and not criterion.words:
        text = f"{now.status.replace('_', ' ')}, {opening}"
    of_degree = criterion.measures in ("grade", "met")
    settled = of_degree and now.low == now.high and (criterion.met is None or now.met is not None)
    why = known if now.low else absent
    if settled and open_ and why:
        # What is unknown is not why, and must not read as if it were.
        text += f": {_listed(why)}; not needed: {', '.join(open_)}"
    else:
        if known:
            text += ": " + _listed(known)
        if open_:
            text += ("; " if known else ": ") + ", ".join(open_)
    notes = dict.fromkeys(r.note for r in now.readings if r.note)
    text += "".join(f"; {note}" for note in notes)
    if criterion.tail is not None:
        tail = criterion.tail(graded.looks, look, readings)
        text += f"; {tail}" if tail else ""
    return text


def _telling(criterion: Criterion, now: Snapshot) -> Sequence[Item]:
    """The items that are reasons: of a settled outcome those in a least set that makes it."""
    if not criterion.words or not all(reading.settled for reading in now.readings):
        return criterion.items
    classes = [min(reading.possible) for reading in now.readings]
    places = range(len(classes))
    least: list[set[int]] = []
    every = (combinations(places, size) for size in range(len(classes) + 1))
    for kept in map(set, chain.from_iterable(every)):
        made = criterion.combine([classes[i] if i in kept else 0 for i in places])
        if made == now.low and not any(each <= kept for each in least):
            least.append(kept)
    return [item for i, item in enumerate(criterion.items) if any(i in each for each in least)]


def _opening(criterion: Criterion, now: Snapshot) -> str:
    if criterion.number is not None:
        return _number(now.low or 0.0, now.high or 0.0)
    low, high = int(now.low or 0), int(now.high or 0)
    top = criterion.combine([len(item.classes) - 1 for item in criterion.items])
    if criterion.words:
        possible = criterion.words[low : high + 1]
        return "cannot tell" if len(possible) == len(criterion.words) else listed_or(possible)
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


def _number(low: float, high: float) -> str:
    """ "score 4.67", "score 2.1 to 4.67", "score at least 2.1", or that nothing can be said."""
    if low == high:
        return f"score {low:.4g}"
    if math.isinf(high):
        return f"score at least {low:.4g}" if low else "cannot tell"
    return f"score {low:.4g} to {high:.4g}"


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
