"""Interaction: a partner drug that changes an agent's clearance, and how that comes and goes.

The size is published; the time course is ours: the partner builds up and leaves with one
half-life, an inhibitor acts by its share of its own steady state (1 / (1 + (ratio - 1) x share)),
an inducer by its share of the enzyme gained. Steady states do not depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from equipoise.advice import RUNNING_HOURS, Situation
from equipoise.record import SAME_TIME, Record
from equipoise.source import Source, Standing

GRID = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
"""Half-lives after a start or a stop at which the factor steps; after the last all is as it will
be."""

CHARTED_END = 24.0
"""Hours after the last charted dose at which a course ends that was neither stopped nor charted
for two weeks (project convention)."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One partner on one agent.

    ratio       exposure of the agent with / without, NaN where no source gives one (then nothing is
                computed and only the label speaks)
    of          what it was measured on: "auc" or "trough" (per dose)
    low, high   as printed, and `spread` says of what; NaN where nothing is printed
    n           of people behind the ratio, 0 where it is not told
    setting     who they were, at which dose of the partner
    half_life   hours with which the change comes and goes; 0: at once
    timing      where the half-life comes from
    label_status  "contraindicated", "avoid", "adjust", "monitor", or "" where no label was read
    region, label_date, label  of that status
    population_class  "adult", "child" or "": which models it serves, the nearer first
    """

    id: str
    agent: str
    partner: str
    ratio: float
    source: Source
    standing: Standing
    setting: str
    half_life: float
    timing: Source
    of: str = "auc"
    low: float = math.nan
    high: float = math.nan
    spread: str = ""
    n: int = 0
    label_status: str = ""
    region: str = ""
    label_date: str = ""
    label: Source | None = None
    population_class: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """An interaction in one record: spans of the partner's courses, hours.

    spans    (start, end); end infinite where the course goes on as far as the record tells
    assumed  an end was assumed, because the chart neither stops the partner nor goes on
    """

    interaction: Interaction
    spans: tuple[tuple[float, float], ...]
    assumed: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether the partner is still there at the end of what the record tells."""
        return math.isinf(self.spans[-1][1])


def running(
    shelf: Sequence[Interaction], agent: str, population_class: str, record: Record, t: float
) -> tuple[Running, ...]:
    """Interactions of an agent whose partner stands in the record as known at t, planned or given.

    Of several entries for one pair the one for the model's population speaks.
    """
    found = []
    for partner in dict.fromkeys(i.partner for i in shelf if i.agent == agent):
        fitting = [
            i
            for i in shelf
            if i.agent == agent
            and i.partner == partner
            and i.population_class in ("", population_class)
        ]
        spans, assumed = courses_of(partner, record, t)
        if spans and fitting:
            nearest = max(fitting, key=lambda i: i.population_class == population_class)
            found.append(Running(nearest, spans, assumed))
    return tuple(found)


def courses_of(
    partner: str, record: Record, t: float
) -> tuple[tuple[tuple[float, float], ...], bool]:
    """Spans in which a partner is given, and whether the last end was assumed.

    A course ends at its stop. Without one it goes on where its last dose is ahead or at most 14
    days old, else it ended a day after its last dose.
    """
    situation = Situation(record, t)
    times = sorted({d.at for d in (*situation.given(partner), *situation.planned(partner))})
    if not times:
        return (), False
    stops = [s.at for s in record.stops(partner)]
    spans: list[tuple[float, float]] = []
    begin = last = times[0]
    for at in times[1:]:
        between = [s for s in stops if last - SAME_TIME <= s < at - SAME_TIME]
        if between or at - last > RUNNING_HOURS:
            spans.append((begin, max(last, between[0]) if between else last + CHARTED_END))
            begin = at
        last = at
    after = [s for s in stops if s >= last - SAME_TIME]
    if after:
        return (*spans, (begin, max(last, after[0]))), False
    if t - last <= RUNNING_HOURS + SAME_TIME:
        return (*spans, (begin, math.inf)), False
    return (*spans, (begin, last + CHARTED_END)), True


def share(one: Running, at: float) -> float:
    """Share of the full change at a moment, 0-1."""
    half = one.interaction.half_life
    if half <= 0.0:
        return float(any(start <= at < end for start, end in one.spans))
    reached, since = 0.0, at
    for start, end in one.spans:
        if at < start:
            break
        left = reached * 0.5 ** ((start - since) / half)
        since = min(at, end)
        reached = 1.0 - (1.0 - left) * 0.5 ** ((since - start) / half)
    return float(reached * 0.5 ** ((at - since) / half))


def at_share(full: float, part: float) -> float:
    """Factor of clearance where a part of the full change is reached.

    full  factor at the partner's steady state: below 1 an inhibitor, above 1 an inducer
    """
    if full <= 1.0:
        return 1.0 / (1.0 + (1.0 / full - 1.0) * part)
    return 1.0 + (full - 1.0) * part


def factor_path(found: Sequence[Running], full: Mapping[str, float]) -> list[tuple[float, float]]:
    """Factor of clearance over time as (hours, factor) steps; 1 before the first.

    full  interaction id -> its factor at the partner's steady state; factors of several multiply
    """
    edges = set()
    for one in found:
        half = one.interaction.half_life
        for moment in (m for span in one.spans for m in span if math.isfinite(m)):
            edges |= {moment + g * half for g in GRID} if half > 0.0 else {moment}
    times = sorted(edges)
    if not times:
        return []
    # Inside a step the middle speaks for it; after the last, what lasts.
    middles = [0.5 * (a + b) for a, b in pairwise(times)]
    steps = [(times[0] - 1.0, 1.0)]
    for at, middle in zip(times, [*middles, math.inf], strict=True):
        product = 1.0
        for one in found:
            part = float(one.goes_on) if math.isinf(middle) else share(one, middle)
            product *= at_share(full[one.interaction.id], part)
        steps.append((at, product))
    return steps


def sentence(one: Running, factor: float, record: Record, t: float) -> str:
    """One line for a reader: the label first, then what was computed with, and from whom.

    factor  of clearance that acts at the partner's steady state; NaN where none does
    """
    i = one.interaction
    partner = i.partner.replace("_", "/")
    label = ""
    if i.label_status and i.label is not None:
        when = ", ".join(w for w in (i.region, i.label_date) if w)
        label = f"{i.label_status} ({i.label.short}; {when}). "
    start, end = one.spans[-1]
    runs = f"{'from' if start > t else 'since'} {_clock(record, start)}"
    if math.isfinite(end):
        runs += f" to {_clock(record, end)}"
        runs += " (its end is assumed, no stop is in the record)" if one.assumed else ""
    else:
        runs += ", no stop in the record"
    if not math.isfinite(factor):
        return (
            f"{partner} with {i.agent}: {label}Given {runs}. No ratio acts here ({i.setting}): "
            "curves and odds leave the change at its start and at its stop out"
        )
    spread = f"; {i.spread} {i.low:g}-{i.high:g}" if i.spread else ""
    people = f"; n = {i.n}" if i.n else ""
    of = "AUC" if i.of == "auc" else "Trough"
    pace = "The change is taken as immediate"
    if i.half_life > 0.0:
        pace = f"It comes and goes with {i.half_life:g} h of half-life ({i.timing.short})"
    note = f". {i.note.rstrip('.')}" if i.note else ""
    return (
        f"{partner} with {i.agent}: {label}Given {runs}. {of} per dose with it / without: "
        f"{i.ratio:.3g} ({i.setting}{people}{spread}; {i.source.short}); clearance acts at "
        f"{factor:.2g} of its own. {pace}, a time course of ours{note}"
    )


def _clock(record: Record, at: float) -> str:
    return record.clock(at).strftime("%d %b %H:%M")
