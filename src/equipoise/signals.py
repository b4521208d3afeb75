"""Follow shares through a record: residual disease, chimerism and microchimerism, each as a line.

One marker, one lineage and one specimen at a time: blood and marrow, or two markers, are never one
series. Assays of one chimerism are one series, each with its own limit and input; residual disease
by another method is another series, because their scales differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from equipoise import names
from equipoise.assessment import QUANTILES
from equipoise.loglinear import HOURS, Line, fit_line, off
from equipoise.patient import cells_given
from equipoise.record import SAME_TIME, Measurement, Record
from equipoise.signal import Crossing, Mark, Pace, Reading, Signal
from equipoise.source import Standing

DISEASE = "mrd"
CHIMERISM = "donor_chimerism"
"""How the names of donor chimerism begin."""

HORIZONS = (14.0, 30.0, 60.0, 90.0)
"""Days from the last sample for which odds of being beyond a mark are given."""

SURE = 0.95
"""Probability from which a direction is said (project convention)."""

AHEAD = 60.0
"""Days after the last sample to which a line is drawn (convention)."""

POINTS = 49
"""Times at which the band of a line is computed."""

SAME_DAY = 24.0
"""Hours within which two assays are compared (project convention)."""

COMPLETE, ABSENT, MICRO = 0.95, 0.05, 0.01
"""Donor's share above which chimerism is complete, below which it is absent, and mixed between
(EBMT Handbook 2024, chapter 21); below the last it is called microchimerism (Int J Mol Sci 2019,
20:4450)."""

ROUNDING = 1e-9
"""Shares closer than this are the same: what is left of 1 is not exact."""

STEADY = 30.0
"""Days in which a share that neither doubles nor halves counts as persisting (convention)."""

Key = tuple[str, str, str, str, str]


def signals(
    record: Record, t: float, marks: Sequence[Mark] = (), paces: Sequence[Pace] = ()
) -> tuple[Signal, ...]:
    """One signal for each series with a usable reading since the last cells given, by name.

    record  cut at t;  marks, paces  published thresholds and doubling times to hold it against
    """
    found: dict[Key, list[Measurement]] = {}
    for name in (DISEASE, *sorted(n for n in names.MEASUREMENTS if n.startswith(CHIMERISM))):
        for measured in record.measurements(name, end=t + SAME_TIME):
            method = measured.method if name == DISEASE else ""
            key = (name, measured.marker, measured.specimen, measured.lineage, method)
            found.setdefault(key, []).append(measured)
    since, why = _since(record, t)
    made = (_signal(record, key, ms, since, why, marks, paces) for key, ms in found.items())
    return tuple(s for s in made if s is not None)


def reading_of(measured: Measurement, of: str) -> Reading | None:
    """A charted value as a share of `of`; None where nothing was found and no limit is known.

    of  "disease", "donor" or "recipient" (what is left to the donor's share)
    """
    number = measured.number
    if of != "disease":
        number /= 100.0
    bound = measured.censored
    if of == "recipient":
        number = 1.0 - number
        bound = {"<": ">", ">": "<"}.get(bound, "")
    size = math.nan if measured.input is None else float(measured.input.number)
    limit = math.nan
    if measured.limit is not None:
        limit = float(measured.limit.number) * (0.01 if measured.limit.unit == "%" else 1.0)
    if bound == "<" and number > 0.0:
        limit = number
    if limit <= 0.0:
        limit = math.nan
    if bound == "" and (number <= 0.0 or (math.isnan(size) and number < limit)):
        bound = "<"
    if bound == "<" and math.isnan(limit) and math.isnan(size):
        return None
    if bound == ">" and number <= 0.0:
        return None
    return Reading(
        at=measured.at,
        share=math.nan if bound else number,
        bound=bound,
        limit=number if bound == ">" else limit,
        input=size,
        method=measured.method,
        text=measured.text,
    )


def _since(record: Record, t: float) -> tuple[float, str]:
    cells = cells_given(record, t)
    if not cells:
        return -math.inf, "the first sample of the record: no cells are charted as given"
    label = names.cell_product(cells[-1].product).label
    return cells[-1].at, f"the last cells given ({label})"


def _signal(
    record: Record,
    key: Key,
    measured: Sequence[Measurement],
    since: float,
    why: str,
    marks: Sequence[Mark],
    paces: Sequence[Pace],
) -> Signal | None:
    name, marker, specimen, lineage, _ = key
    after = [m for m in measured if m.at >= since - SAME_TIME]
    if not after:
        return None
    of = "disease" if name == DISEASE else _smaller(after)
    read = [(m, reading_of(m, of)) for m in after]
    readings = tuple(r for _, r in read if r is not None)
    if not readings:
        return None
    unread = [m.text for m, r in read if r is None]
    line = fit_line(readings)
    last = readings[-1].at
    several = max(r.at for r in readings) - min(r.at for r in readings) > SAME_DAY
    rising = line.probability(line.slope > 0.0) if several else math.nan
    fits = tuple(_by_the_others(readings, i) for i in range(len(readings)))
    notes = [*_together(record, readings), *_began(record, after), *_line_notes(fits, readings)]
    if unread:
        notes.append(
            f"left out, because neither limit nor input is charted: {', '.join(unread)}; a "
            "negative result says nothing without one of them"
        )
    if not several:
        notes.append("samples of one day only: they say how much, not whether it rises or falls")
    if of != "disease":
        notes.append(_class(readings[-1], of, _trend(line) if several else ""))
    if not specimen:
        notes.append("the specimen is not charted: blood and marrow may be mixed here")
    times = _times_drawn(readings) if several else ()
    spoken = _marks(marks, name, marker, specimen) if of != "donor" else ()
    return Signal(
        name=name,
        label=names.measurement(name).label,
        of=of,
        marker=marker,
        specimen=specimen,
        lineage=lineage,
        readings=readings,
        since=since,
        since_why=why,
        level=tuple(float(np.exp(v)) for v in line.quantiles(line.log_share(last), QUANTILES)),
        rising=rising,
        doubling=_times(line, up=True) if several else (),
        halving=_times(line, up=False) if several else (),
        trend=_trend(line) if several else "cannot tell",
        fits=fits,
        crossings=tuple(crossing(line, last, mark, several=several) for mark in spoken),
        paces=tuple(p for p in paces if marker and _same_marker(p.marker, marker)),
        notes=tuple(notes),
        standing=Standing.HYPOTHESIS,
        times=times,
        band=_band(line, times),
    )


def _times_drawn(readings: Sequence[Reading]) -> tuple[float, ...]:
    at = [r.at for r in readings]
    return tuple(float(t) for t in np.linspace(min(at), max(at) + HOURS * AHEAD, POINTS))


def _band(line: Line, times: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    """(5, n) quantiles of the share at each time."""
    found = [line.quantiles(line.log_share(t), QUANTILES) for t in times]
    return tuple(tuple(math.exp(v) for v in row) for row in zip(*found, strict=True))


def crossing(line: Line, last: float, mark: Mark, *, several: bool = True) -> Crossing:
    """When a line reaches a mark if nothing changes.

    last     hours of the last sample, from which days are counted
    several  whether samples of more than one day stand behind its slope; if not, nothing is said
             of what is ahead
    """
    eta = line.log_share(last)
    threshold = math.log(mark.share)
    passed = eta >= threshold
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(passed, 0.0, (threshold - eta) / line.slope)
    if not several:
        return Crossing(mark, line.probability(passed), (), ())
    reaches = (line.slope > 0.0) & ~passed & (days < 3650.0)
    quantiles: tuple[float, ...] = ()
    if line.probability(reaches) >= 1.0 - SURE:
        quantiles = line.quantiles(days, QUANTILES, reaches)
    within = tuple(
        (h, line.probability(line.log_share(last + HOURS * h) >= threshold)) for h in HORIZONS
    )
    return Crossing(mark, line.probability(passed), quantiles, within)


def _class(last: Reading, of: str, trend: str) -> str:
    """Complete, mixed or absent by the last sample, and whose share increases."""
    value = last.limit if last.bound else last.share
    if math.isnan(value):
        value = 1.0 / last.input
    donor = 1.0 - value if of == "recipient" else value
    # A bound speaks of one side: the recipient's share below 2 % is the donor's above 98 %.
    side = {"": "", "<": "below", ">": "above"}[last.bound]
    if of == "recipient":
        side = {"below": "above", "above": "below"}.get(side, "")
    over = donor > COMPLETE + ROUNDING or (side == "above" and donor >= COMPLETE - ROUNDING)
    under = donor < ABSENT - ROUNDING or (side == "below" and donor <= ABSENT + ROUNDING)
    if over and side != "below":
        said = f"complete chimerism by the last sample (above {100 * COMPLETE:g} % donor)"
    elif under and side != "above":
        said = f"below {100 * ABSENT:g} % donor by the last sample: the handbook calls it absent"
        if donor < MICRO - ROUNDING or (side and donor <= MICRO + ROUNDING):
            said += ", others microchimerism"
    elif not side:
        said = (
            f"mixed chimerism by the last sample ({100 * ABSENT:g} to {100 * COMPLETE:g} % donor)"
        )
        if trend == "rising":
            said += f", increasing on the {of}'s side"
    elif side == "below" and donor <= COMPLETE + ROUNDING:
        said = f"not complete by the last sample; mixed or absent is open: {last.text} is a bound"
    else:
        said = f"whether chimerism is complete is open: {last.text} is a bound"
    return f"{said} (EBMT Handbook 2024, chapter 21)"


def _smaller(measured: Sequence[Measurement]) -> str:
    """Whose share is the smaller one in most samples: that one is followed."""
    return "donor" if float(np.median([m.number for m in measured])) < 50.0 else "recipient"


def _by_the_others(readings: Sequence[Reading], i: int) -> float:
    """Probability of a reading as far off as this one by the line through the others."""
    others = [r for j, r in enumerate(readings) if j != i]
    return off(readings[i], fit_line(others)) if others else math.nan


def _times(line: Line, *, up: bool) -> tuple[float, ...]:
    those = line.slope > 0.0 if up else line.slope < 0.0
    if line.probability(those) < 1.0 - SURE:
        return ()
    days = math.log(2.0) / np.where(line.slope == 0.0, np.inf, np.abs(line.slope))
    return line.quantiles(days, QUANTILES, those)


def _trend(line: Line) -> str:
    rising = line.probability(line.slope > 0.0)
    if rising >= SURE:
        return "rising"
    if rising <= 1.0 - SURE:
        return "falling"
    steady = np.abs(line.slope) * STEADY < math.log(2.0)
    return "persisting" if line.probability(steady) >= SURE else "cannot tell"


def _marks(marks: Sequence[Mark], name: str, marker: str, specimen: str) -> tuple[Mark, ...]:
    return tuple(
        m
        for m in marks
        if m.name == name
        and (not m.specimen or m.specimen == specimen)
        and (not m.marker or _same_marker(m.marker, marker))
    )


def _same_marker(one: str, other: str) -> bool:
    """NPM1 is NPM1c; letters and digits only, the shorter begins the longer."""

    def bare(text: str) -> str:
        return "".join(c for c in text.casefold() if c.isalnum())

    first, second = bare(one), bare(other)
    return bool(first) and bool(second) and (first.startswith(second) or second.startswith(first))


def _together(record: Record, readings: Sequence[Reading]) -> Iterator[str]:
    """Different assays within a day: whether a negative one goes with what the other found."""
    for first, second in pairwise(readings):
        if second.at - first.at > SAME_DAY or first.method == second.method:
            continue
        negative, other = (first, second) if first.bound == "<" else (second, first)
        if negative.bound != "<" or other.bound:
            continue
        odds = off(negative, fit_line([other]))
        day = record.calendar_day(other.at)
        both = (
            f"day {day:+d}: {negative.text} by {negative.method or 'one assay'} and {other.text} "
            f"by {other.method or 'another'}"
        )
        if odds >= 1.0 - SURE:
            shown = "over 99 %" if odds > 0.99 else f"{100.0 * odds:.0f} %"
            yield (
                f"{both} are consistent: with such a share the first is expected to be negative in "
                f"{shown}"
            )
        else:
            yield (
                f"{both} do not go together: with such a share the first would be negative in "
                f"{100.0 * odds:.1f} % only; look for a mix-up, another specimen or lineage"
            )


def _began(record: Record, measured: Sequence[Measurement]) -> Iterator[str]:
    """Agents first given between the samples: the line knows nothing of them."""
    start, end = measured[0].at, measured[-1].at
    for agent in record.agents():
        given = record.given_doses(agent, end)
        if given and start + SAME_TIME < given[0].at < end - SAME_TIME:
            yield (
                f"{names.agent(agent).label} began on day {record.calendar_day(given[0].at):+d}, "
                "between the samples: one line is drawn through before and after"
            )
    for agent in record.agents():
        for stop in record.stops(agent):
            if start + SAME_TIME < stop.at < end - SAME_TIME:
                yield (
                    f"{names.agent(agent).label} was stopped on day "
                    f"{record.calendar_day(stop.at):+d}, between the samples: one line is drawn "
                    "through before and after"
                )


def _line_notes(fits: Sequence[float], readings: Sequence[Reading]) -> Iterator[str]:
    if len(fits) < 2 or not min(fits) < (1.0 - SURE) / len(fits):
        return
    days = 1 + sum(b.at - a.at > SAME_DAY for a, b in pairwise(readings))
    if days == 2:
        # A line goes through two days whatever they say: only what is believed beforehand resists.
        yield (
            "samples of two days lie further apart than is believed beforehand (a doubling or "
            "halving in about a week): go by the samples, not by the line"
        )
    if days > 2:
        yield (
            "a straight line does not hold through all samples: the course has turned, so its "
            "slope and what is computed ahead mean little"
        )
