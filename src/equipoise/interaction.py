"""Interaction: a partner drug, or an organ's state, that changes an agent's clearance over time.

The size is published; the time course is ours: the partner builds up with one half-life and leaves
with one, an inhibitor acts by its share of its own steady state (1 / (1 + (ratio - 1) x share)),
an inducer by its share of the enzyme gained. Steady states do not depend on it.

Ratios of one pair that were measured differently stand apart: after a single dose and at steady
state, in children and adults, at several doses of the partner. One acts, the others are told.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from statistics import median

from equipoise import names, units
from equipoise.advice import RUNNING_HOURS, Situation
from equipoise.clock import clock_text
from equipoise.record import SAME_TIME, Dose, Record
from equipoise.source import Source, Standing

GRID = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
"""Half-lives after a start or a stop at which the factor steps; after the last all is as it will
be."""

CHARTED_END = 24.0
"""Hours after the last charted dose at which a course ends that was neither stopped nor charted
for two weeks (project convention)."""

SINGLE_DOSE = "single dose"
STEADY_STATE = "steady state"


@dataclass(frozen=True, slots=True)
class Interaction:
    """One partner on one agent, as measured in one way.

    ratio       exposure of the agent with / without, NaN where no source gives one (then nothing is
                computed and only the label speaks)
    of          what it was measured on: "auc" or "trough" (per dose)
    low, high   as printed, and `spread` says of what; NaN where nothing is printed
    n           of people behind the ratio, 0 where it is not told
    setting     who they were, at which dose of the partner
    half_life   hours with which the change comes and goes; 0: at once
    leaves      hours with which it goes where that differs; NaN: as it comes
    timing      where the half-life comes from
    dosing      how the agent was given when it was measured: `SINGLE_DOSE`, `STEADY_STATE` or ""
    least, most  mg of the partner a day at which it was measured; NaN where it is not told
    finding     (name, value) where no drug but an organ's state is the partner, else ()
    unless      covariates of a model that carry the same already: there it does not act
    not_beside  other partners beside which it was found to change nothing: there it does not act
    not_in      ids of models whose patients took such a partner already: there it does not act
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
    leaves: float = math.nan
    dosing: str = ""
    least: float = math.nan
    most: float = math.nan
    finding: tuple[str, str] | tuple[()] = ()
    unless: tuple[str, ...] = ()
    not_beside: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    reviewed_on: date | None = None

    @property
    def partner_label(self) -> str:
        """The partner for people: "nirmatrelvir/ritonavir", "Child-Pugh class A"."""
        if self.finding:
            return f"{names.FINDINGS[self.finding[0]].label} {self.finding[1]}"
        return names.AGENTS[self.partner].label

    @property
    def leaving(self) -> float:
        """Hours of half-life with which the change goes."""
        return self.half_life if math.isnan(self.leaves) else self.leaves

    @property
    def acts(self) -> bool:
        """Whether it may change a model at all: a ratio, from a source that was read."""
        return math.isfinite(self.ratio) and self.standing.may_feed_options

    def covers(self, daily: float) -> bool:
        """Whether the partner's daily dose, mg, is one at which it was measured; NaN is not told.

        Where either is not told nothing speaks against it.
        """
        if math.isnan(daily) or math.isnan(self.least):
            return True
        return self.least <= daily <= self.most


@dataclass(frozen=True, slots=True)
class Running:
    """An interaction in one record: spans of the partner's courses, hours.

    spans    (start, end); end infinite where the course goes on as far as the record tells
    assumed  an end was assumed, because the chart neither stops the partner nor goes on
    daily    mg of the partner a day at the end of what the record tells, NaN where it does not
    others   entries of the same pair that do not act: measured in another way
    silent   spans in which a partner runs beside which it changes nothing
    factor   of clearance at the partner's steady state in one patient's model; NaN where it does
             not act or was not asked
    """

    interaction: Interaction
    spans: tuple[tuple[float, float], ...]
    assumed: bool = False
    daily: float = math.nan
    others: tuple[Interaction, ...] = ()
    silent: tuple[tuple[float, float], ...] = ()
    factor: float = math.nan

    @property
    def at_work(self) -> tuple[tuple[float, float], ...]:
        """The spans without the silent ones."""
        left = list(self.spans)
        for begin, end in self.silent:
            parts = [p for a, b in left for p in ((a, min(b, begin)), (max(a, end), b))]
            left = [(a, b) for a, b in parts if a < b]
        return tuple(left)

    @property
    def goes_on(self) -> bool:
        """Whether the partner is still there at the end of what the record tells."""
        return math.isinf(self.spans[-1][1])


def running(
    shelf: Sequence[Interaction], agent: str, population_class: str, record: Record, t: float
) -> tuple[Running, ...]:
    """Interactions of an agent whose partner stands in the record as known at t, planned or given.

    Of several entries for one pair one speaks: for the model's population rather than any, at the
    partner's dose, with a ratio that may act, at steady state rather than after a single dose.
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
        if not fitting:
            continue
        if fitting[0].finding:
            spans, assumed, daily = spells_of(*fitting[0].finding, record, t), False, math.nan
        else:
            spans, assumed = courses_of(partner, record, t)
            daily = daily_amount(partner, record, t)
        if not spans:
            continue
        ordered = sorted(
            fitting,
            key=lambda i: (
                i.population_class != population_class,
                not i.covers(daily),
                not i.acts,
                i.dosing != STEADY_STATE,
            ),
        )
        found.append(Running(ordered[0], spans, assumed, daily, tuple(ordered[1:])))
    return tuple(
        replace(
            one,
            silent=tuple(
                span
                for other in found
                if other.interaction.partner in one.interaction.not_beside
                for span in other.spans
            ),
        )
        for one in found
    )


def spells_of(name: str, value: str, record: Record, t: float) -> tuple[tuple[float, float], ...]:
    """Spans in which a finding has a value: from the record of it until another value stands."""
    spans: list[tuple[float, float]] = []
    begin: float | None = None
    for found in record.findings(name, end=t):
        holds = str(found.value) == value
        if holds and begin is None:
            begin = found.at
        elif not holds and begin is not None:
            spans.append((begin, found.at))
            begin = None
    if begin is not None:
        spans.append((begin, math.inf))
    return tuple(spans)


def daily_amount(partner: str, record: Record, t: float) -> float:
    """mg of a partner a day, by its last dose and how often it comes; NaN if unknown.

    How often is a whole number of times a day, by the middle of the last three gaps: a dose charted
    an hour early is no other regimen. A single dose counts as a day's; doses per kg are not
    converted.
    """
    situation = Situation(record, t)
    doses = sorted((*situation.given(partner), *situation.planned(partner)), key=lambda d: d.at)
    if not doses:
        return math.nan
    last = [d for d in doses if d.at >= doses[-1].at - SAME_TIME]
    times = sorted({d.at for d in doses})
    gaps = [b - a for a, b in pairwise(times) if b - a > SAME_TIME][-3:]
    often = max(1, round(24.0 / median(gaps))) if gaps else 1
    return sum(_milligrams(d) for d in last) * often


def _milligrams(dose: Dose) -> float:
    if dose.amount is None:
        return math.nan
    try:
        return float(units.convert(dose.amount.number, dose.amount.unit, "mg"))
    except ValueError:
        return math.nan


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
    coming, going = one.interaction.half_life, one.interaction.leaving
    reached, since = 0.0, -math.inf
    for start, end in one.at_work:
        if at < start:
            break
        if not math.isinf(since):
            reached *= _left(start - since, going)
        reached = 1.0 - (1.0 - reached) * _left(min(at, end) - start, coming)
        since = end
    return reached * _left(at - since, going) if at >= since else reached


def _left(hours: float, half_life: float) -> float:
    """What is left of one after some hours; at once nothing where there is no half-life."""
    return 0.5 ** (hours / half_life) if half_life > 0.0 else 0.0


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
        for span in one.at_work:
            paces = (one.interaction.half_life, one.interaction.leaving)
            for moment, half in zip(span, paces, strict=True):
                if math.isfinite(moment):
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
            part = float(_lasts(one)) if math.isinf(middle) else share(one, middle)
            product *= at_share(full[one.interaction.id], part)
        steps.append((at, product))
    return steps


def _lasts(one: Running) -> bool:
    """Whether it is at work at the end of what the record tells."""
    return bool(one.at_work) and math.isinf(one.at_work[-1][1])


def lasting(found: Sequence[Running]) -> float:
    """Factor of clearance under those that go on, each with its `factor`; 1 where none does."""
    return math.prod(one.factor for one in found if _lasts(one))


def why_not(
    one: Running, others: Sequence[Running], covariates: Collection[str], model: str = ""
) -> str:
    """Why a ratio may not act here although it has one, "" where it may or has none.

    others      what else runs in the record
    covariates  of the model on which it would act
    model       its id
    """
    i = one.interaction
    if not i.acts:
        return ""
    if not i.covers(one.daily):
        told = f"{i.least:g}" if i.least == i.most else f"{i.least:g}-{i.most:g}"
        return f"it was measured at {told} mg a day, here it is {one.daily:g}"
    if twice := [c for c in i.unless if c in covariates]:
        return f"the model has {twice[0]} already"
    if model in i.not_in:
        return f"the patients of {model} took such a drug already: it would count twice"
    return "" if one.at_work else _changes_nothing(one, others)


def _changes_nothing(one: Running, others: Sequence[Running]) -> str:
    beside = [
        r.interaction.partner_label
        for r in others
        if r.interaction.partner in one.interaction.not_beside
    ]
    return f"beside {beside[0]} it changed nothing"


def sentence(one: Running, factor: float, record: Record, t: float, why: str = "") -> str:
    """One line for a reader: the label first, then what was computed with, and from whom.

    factor  of clearance that acts at the partner's steady state; NaN where none does
    why     it does not act, as `why_not` says
    """
    i = one.interaction
    start, end = one.spans[-1]
    runs = f"{'from' if start > t else 'since'} {_clock(record, start)}"
    if math.isfinite(end):
        runs += f" to {_clock(record, end)}"
        runs += " (its end is assumed, no stop is in the record)" if one.assumed else ""
    elif not i.finding:
        runs += ", no stop in the record"
    word = "Here" if i.finding else "Planned" if start > t else "Given"
    begin = f"{label_words(i)}. {word} {runs}" if label_words(i) else f"{_pair(i)}: {word} {runs}"
    also = "".join(f". Not used: {measured(o)}" for o in one.others if math.isfinite(o.ratio))
    if not math.isfinite(factor):
        known = f"{measured(i)}; {i.source.short}" if math.isfinite(i.ratio) else i.setting
        return (
            f"{begin}. No ratio acts here ({f'{why}. ' if why else ''}{known}): curves and odds "
            f"leave the change at its start and at its stop out{also}"
        )
    pace = "The change is taken as immediate"
    if i.half_life > 0.0 or i.leaving > 0.0:
        same = i.half_life == i.leaving
        pace = (
            f"It comes and goes with {i.half_life:g} h of half-life ({i.timing.short})"
            if same
            else f"It comes with {i.half_life:g} h of half-life and goes with {i.leaving:g} h "
            f"({i.timing.short})"
        )
    note = f". {i.note.rstrip('.')}" if i.note else ""
    if one.silent:
        beside = " or ".join(names.AGENTS[a].label for a in i.not_beside)
        note += f". Beside {beside} it changed nothing: while that runs it does not act"
    return (
        f"{begin}. {measured(i)}; {i.source.short}; clearance acts at {factor:.2g} of its own"
        f". {pace}, a time course of ours{note}{also}"
    )


def measured(i: Interaction) -> str:
    """A ratio with what it was measured on and in whom: "AUC per dose with it / without: ..."."""
    spread = f"; {i.spread} {i.low:g}-{i.high:g}" if i.spread else ""
    people = f"; n = {i.n}" if i.n else ""
    after = f", {i.dosing}" if i.dosing else ""
    of = "AUC" if i.of == "auc" else "Trough"
    return f"{of} per dose with it / without{after}: {i.ratio:.3g} ({i.setting}{people}{spread})"


def label_words(i: Interaction) -> str:
    """ "voriconazole with sirolimus: contraindicated (VFEND, US label; US, 2022)"; "" where no
    label was read.
    """
    if not i.label_status or i.label is None:
        return ""
    when = ", ".join(w for w in (i.region, i.label_date) if w)
    return f"{_pair(i)}: {i.label_status} ({i.label.short}; {when})"


def _pair(i: Interaction) -> str:
    return f"{i.partner_label} with {i.agent}"


def _clock(record: Record, at: float) -> str:
    return clock_text(record.clock(at))
