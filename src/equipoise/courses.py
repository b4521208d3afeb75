"""Courses to be weighed: fractions of the present one, a decision's candidates, a ward's offer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from equipoise.assessment import NOT_FOR_DOSING, NextSample, Option, OptionList
from equipoise.decision import Candidate, Request, Scenario
from equipoise.exposure import Known, as_it_stands, pooled, trough_proposal
from equipoise.interacting import from_start, solved, still_acting
from equipoise.interaction import Running, lasting
from equipoise.kinetics import Linear
from equipoise.model import Array, PlainDose, Purpose, Step
from equipoise.patient import has_loading_dose, plain_doses
from equipoise.plan import (
    Proposal,
    gate,
    metric_draws,
    next_sample,
    none_reaches,
    simulated,
    weigh,
)
from equipoise.record import Given
from equipoise.source import weakest
from equipoise.target import Absence, Metric, Refused, Target, choose, why_none
from equipoise.triage import STEADY_AFTER, near_infusion

REACH = 0.5
"""An option "reaches" a window that it hits more often than not (project convention, printed)."""

TROUGH_FRACTIONS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
REMAINING_FRACTIONS = (0.0, 0.5, 1.0, 1.5)
CUMULATIVE_FRACTIONS = (0.0, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5)

AIM_MOST = 2.0
"""No dose is proposed to reach an aim that is more than this many times the planned one (project
convention): a slip is likelier than such a patient."""

ODDS_CAUTIONS = (
    "the odds carry what is not known of this patient's parameters; they do not carry changes from "
    "one day to the next, missed doses or the standard errors of the published values, so odds "
    "near 0 or 100 % are the model's, not a promise",
)

OCCASION_CAUTIONS = (
    "the odds carry what is not known of this patient's parameters and, for the days ahead, how "
    "days differ within a patient; they do not carry missed doses or the standard errors of the "
    "published values, so odds near 0 or 100 % are the model's, not a promise",
)

WITHIN_DAYS = 14.0
"""How far ahead a trough is looked for (project convention)."""

NO_OFFER = (
    "no offer was given: fractions of the present course are weighed, whatever tablets or vials "
    "there are; `equipoise plan --offer` weighs what can really be given",
)

Memory = dict[Metric, tuple[Array, ...]]
"""What was simulated already for the same courses against another window."""

TURNAROUND = 24.0
"""Hours from a draw to its result where the offer does not say (project convention)."""


def default_options(
    known: Known,
    targets: Sequence[Target],
    refused: Sequence[Refused],
    *,
    research: bool,
    rng: np.random.Generator,
    absences: Sequence[Absence] = (),
) -> tuple[OptionList, ...]:
    """Options against each fitting target: fractions of the present course.

    Without an offer nothing is known about tablets or vials, so fractions of what is being given
    are weighed, and the list says so. Without a target the list says why there is none.
    """
    lists: list[OptionList] = []
    memory: Memory = {}
    for target, note in distinct(targets):
        why = gate(known.model, target, research=research) or known.doubt
        proposals = () if why else proposals_for(known, target)
        if not why and not proposals:
            why = _nothing_to_weigh(target)
        found = _option_list(known, target, proposals, why, rng, research=research, memory=memory)
        offered = NO_OFFER if found.options else ()
        lists.append(replace(found, cautions=(*note, *offered, *found.cautions)))
    if not targets:
        lists.append(_no_target(known, refused, absences))
    if has_loading_dose(known.model, known.record, known.t) and (
        Purpose.LOADING not in known.model.purposes
    ):
        lists.append(_loading_refused(known))
    return tuple(lists)


def proposals_for(known: Known, target: Target) -> tuple[Proposal, ...]:
    """Fractions of the present course, or of the remaining planned doses for an AUC."""
    if target.metric is Metric.TROUGH:
        if known.present is None:
            return ()
        return tuple(
            trough_proposal(known, f, id=f"x{f:g}", label=_times(f)) for f in TROUGH_FRACTIONS
        )
    if target.metric is Metric.STEADY_STATE or not known.planned:
        return ()
    if target.metric is Metric.AUC_CUMULATIVE:
        usual = [remaining_proposal(known, f, id=f"x{f:g}") for f in CUMULATIVE_FRACTIONS]
        return (*_aimed(known, target), *usual)
    return tuple(remaining_proposal(known, f, id=f"x{f:g}") for f in REMAINING_FRACTIONS)


def aim_of(target: Target) -> float:
    """What is aimed at: the source's own number, else the middle of the window; NaN without an
    upper end.
    """
    if math.isfinite(target.aim):
        return target.aim
    return 0.5 * (target.low + target.high) if math.isfinite(target.high) else math.nan


def _aimed(known: Known, target: Target) -> tuple[Proposal, ...]:
    """The remaining doses, all changed alike, whose median brings the metric to the aim.

    Nothing where the doses given are past the aim already, or no fraction up to `AIM_MOST` is
    enough; an exposure that is not proportional to the dose is not solved for.
    """
    aim = aim_of(target)
    if not isinstance(known.model.structure, Linear) or not math.isfinite(aim):
        return ()
    ends = [remaining_proposal(known, f, id=f"{f:g}") for f in (0.0, 1.0)]
    table = metric_draws(known.model, target.metric, ends, known.covariates.steps, pooled(known))
    table = table[:, np.isfinite(table).all(axis=0)]
    received, ahead = table[0], table[1] - table[0]

    def reached(fraction: float) -> float:
        return float(np.median(received + fraction * ahead))

    if not reached(0.0) < aim <= reached(AIM_MOST):
        return ()
    low, high = 0.0, AIM_MOST
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if reached(middle) < aim else (low, middle)
    fraction = 0.5 * (low + high)
    label = f"{fraction:.2f} x each remaining dose, median at {aim:.3g} {target.unit}"
    return (remaining_proposal(known, fraction, id="aimed", label=label),)


def remaining_proposal(
    known: Known,
    fraction: float,
    *,
    id: str,
    label: str = "",
    scenario: str = "",
    factor: float | Step | None = None,
) -> Proposal:
    """Doses given, and the remaining planned ones times a fraction.

    factor  of clearance, as in `Proposal`
    """
    changed = [replace(d, amount=d.amount * fraction) for d in known.planned if fraction > 0.0]
    doses = plain_doses(known.model, (*known.given, *changed))
    text = tuple(_dose_text(known, d) for d in changed) or ("no further dose",)
    return Proposal(id, label or _remaining(fraction), text, doses, factor, scenario)


def answer_request(
    known: Known,
    request: Request,
    targets: Iterable[Target],
    *,
    decision: str,
    research: bool,
    rng: np.random.Generator,
) -> tuple[OptionList, ...]:
    """What a decision asked for: its candidates under its scenarios, against fitting targets."""
    analyte = known.model.observations[0].analyte
    measured = known.judged[-1].level.name if known.judged else analyte
    fitting, refused = choose(
        targets, known.record, known.t, agent=known.model.agent, analyte=measured
    )
    if not fitting:
        return (replace(_no_target(known, refused), decision=decision),)
    allowed, left_out = _gated(request, research=research)
    factors: dict[Metric, dict[str, float]] = {}
    lists = []
    memory: Memory = {}
    others = tuple(r for r in known.partners if r.interaction.partner not in request.instead)
    told = still_acting(others) if allowed.scenarios else ()
    for target, note in distinct(fitting):
        why = gate(known.model, target, research=research) or known.doubt
        proposals: tuple[Proposal, ...] = ()
        if not why:
            if target.metric not in factors:
                factors[target.metric] = {
                    s.id: _factor(known, s, target, lasting(others)) for s in allowed.scenarios
                }
            proposals = _requested(known, allowed, target, factors[target.metric], others)
        if not why and not proposals:
            why = _nothing_to_weigh(target)
        found = _option_list(
            known, target, proposals, why, rng, research=research, ranked=False, memory=memory
        )
        cautions = (*note, *left_out, *told, *found.cautions)
        lists.append(replace(found, decision=decision, cautions=cautions))
    return tuple(lists)


def _gated(request: Request, *, research: bool) -> tuple[Request, tuple[str, ...]]:
    """The request without scenarios that may not feed options, and a sentence for each."""
    out = tuple(s for s in request.scenarios if not (research or s.standing.may_feed_options))
    if not out:
        return request, ()
    gone = {s.id for s in out}
    kept = tuple(c for c in request.candidates if c.scenario not in gone)
    words = tuple(
        f"{s.label} (ratio {s.ratio:g}, {s.source.short}) is {s.standing.word}: nothing is weighed "
        "under it (research mode does, marked NOT FOR DOSING)"
        for s in out
    )
    rest = tuple(s for s in request.scenarios if s.id not in gone)
    return replace(request, candidates=kept, scenarios=rest), words


def distinct(targets: Sequence[Target]) -> tuple[tuple[Target, tuple[str, ...]], ...]:
    """Targets with different windows; one that prints the same window as another is named beside
    it.
    """
    groups: dict[tuple[Metric, float, float, str], list[Target]] = {}
    for target in targets:
        key = (target.metric, target.low, target.high, target.unit)
        groups.setdefault(key, []).append(target)
    found = []
    for group in groups.values():
        # The strongest standing speaks for the window.
        group.sort(key=lambda t: -t.standing)
        others = "; ".join(t.source.text for t in group[1:])
        found.append((group[0], (f"the same window is printed by {others}",) if others else ()))
    return tuple(found)


def _requested(
    known: Known,
    request: Request,
    target: Target,
    factors: Mapping[str, float],
    others: Sequence[Running],
) -> tuple[Proposal, ...]:
    """The candidates as proposals.

    factors  of clearance at steady state under each scenario alone
    others   partners that act whatever the scenario
    """
    scenarios = {s.id: s for s in request.scenarios}
    proposals: list[Proposal] = []
    if target.metric is Metric.AUC_CUMULATIVE and known.planned:
        proposals.extend(_aimed(known, target))
    for candidate in request.candidates:
        scenario = scenarios.get(candidate.scenario)
        if candidate.fraction is None:
            continue
        if target.metric is Metric.TROUGH and known.present is not None:
            own = None if scenario is None else factors[scenario.id]
            if candidate.fraction == 0.0:
                held = _held(known, candidate, scenario, own, request.horizon, others)
                proposals.extend(() if held is None else (held,))
            else:
                factor = None if own is None else own * lasting(others)
                proposals.append(_trough_candidate(known, candidate, scenario, factor))
        elif target.metric not in (Metric.TROUGH, Metric.STEADY_STATE) and known.planned:
            proposals.append(
                remaining_proposal(
                    known,
                    candidate.fraction,
                    id=candidate.id,
                    label=candidate.label,
                    scenario=scenario.label if scenario else "",
                    factor=None
                    if scenario is None
                    else from_start(factors[scenario.id], scenario.start, _first(known), others),
                )
            )
    return tuple(proposals)


def _trough_candidate(
    known: Known, candidate: Candidate, scenario: Scenario | None, factor: float | None
) -> Proposal:
    assert candidate.fraction is not None
    notes = [] if scenario is None or not scenario.note else [scenario.note]
    if scenario is not None and math.isfinite(scenario.low * scenario.high):
        least, most = scenario.low / scenario.ratio, scenario.high / scenario.ratio
        notes.append(
            f"one ratio of {scenario.ratio:g} for everybody: over its printed range between "
            f"patients ({scenario.low:g}-{scenario.high:g}) these troughs would be {least:.2g} to "
            f"{most:.2g} times what is shown, and the odds with them"
        )
    return trough_proposal(
        known,
        candidate.fraction,
        id=candidate.id,
        label=candidate.label,
        factor=factor,
        scenario="" if scenario is None else scenario.label,
        notes=tuple(notes),
    )


def _held(
    known: Known,
    candidate: Candidate,
    scenario: Scenario | None,
    factor: float | None,
    horizon: float,
    others: Sequence[Running],
) -> Proposal | None:
    """No further dose: what is left of the agent at the horizon. Only a model that knows more than
    steady-state troughs can say.
    """
    if not known.model.purposes & {Purpose.WASHOUT, Purpose.EARLY_LEVEL} or horizon <= 0.0:
        return None
    doses = plain_doses(known.model, known.given)
    read_at = known.t + horizon
    steps = (
        None
        if scenario is None or factor is None
        else from_start(factor, scenario.start, _first(known), others)
    )
    return Proposal(
        candidate.id,
        candidate.label,
        ("no further dose",),
        doses,
        steps,
        "" if scenario is None else scenario.label,
        read_at,
        (f"what is left {horizon / 24.0:.0f} days from now, not a steady state",),
    )


def _first(known: Known) -> float:
    """When the first dose was given, else now."""
    return min((d.at for d in known.given), default=known.t)


def _factor(known: Known, scenario: Scenario, target: Target, others: float) -> float:
    """Factor of clearance that reproduces a published ratio on top of the others' factor.

    A ratio of AUC is 1 / factor. A ratio of troughs moves more than clearance does (the trough is
    what is left at the end of an interval), so the factor is found for this patient's median.
    """
    steady = target.metric is Metric.TROUGH and known.present is not None
    if scenario.of != "trough" or not steady or scenario.ratio == 1.0:
        return 1.0 / scenario.ratio
    median = np.median(pooled(known), axis=0)[None, :]

    def log_troughs(log_factors: Array) -> Array:
        proposals = [
            trough_proposal(known, 1.0, id="", label="", factor=math.exp(x)) for x in log_factors
        ]
        steps = known.covariates.steps
        return np.log(metric_draws(known.model, Metric.TROUGH, proposals, steps, median)[:, 0])

    wanted = float(log_troughs(np.log([others]))[0]) + math.log(scenario.ratio)
    return math.exp(solved(log_troughs, wanted)) / others


def option_list(
    known: Known,
    target: Target,
    proposals: Sequence[Proposal],
    *,
    research: bool,
    rng: np.random.Generator,
    turnaround: float = TURNAROUND,
) -> OptionList:
    """Given courses against one target; the gate decides whether odds may be shown."""
    why = gate(known.model, target, research=research) or known.doubt
    return _option_list(
        known, target, () if why else proposals, why, rng, research=research, turnaround=turnaround
    )


def _option_list(
    known: Known,
    target: Target,
    proposals: Sequence[Proposal],
    why: str,
    rng: np.random.Generator,
    *,
    research: bool,
    ranked: bool = True,
    turnaround: float = TURNAROUND,
    memory: Memory | None = None,
) -> OptionList:
    standing = weakest(known.model.standing, target.standing)
    options: Sequence[Option] = ()
    if not why:
        memory = {} if memory is None else memory
        if target.metric not in memory:
            memory[target.metric] = simulated(known.beliefs, target.metric, proposals)
        tables = memory[target.metric]
        options = weigh(known.beliefs, target, proposals, rng=rng, tables=tables)
        if ranked:
            options = sorted(options, key=lambda o: (-round(o.within, 3), o.above, o.id))
    marked = research or not standing.may_feed_options
    return OptionList(
        agent=known.model.agent,
        model=known.model.id,
        target=target,
        standing=standing,
        watermark=NOT_FOR_DOSING if marked else "",
        metric_label=f"{target.metric.value} in {target.unit}",
        at=known.t,
        options=tuple(options),
        none_reaches=bool(options) and none_reaches(options, REACH),
        reach=REACH,
        refused=why,
        next_samples=_samples(known, target, rng, turnaround) if ranked and not why else (),
        cautions=() if why else _odds_cautions(known, target),
        last_changeable=known.planned[-1].at if known.planned else None,
    )


def _odds_cautions(known: Known, target: Target) -> tuple[str, ...]:
    carried: tuple[str, ...] = ODDS_CAUTIONS if known.model.occasions is None else OCCASION_CAUTIONS
    if target.metric is not Metric.AUC_CUMULATIVE:
        return carried
    if known.model.occasions is None:
        carried = (
            f"{known.model.id} knows no change from one day to the next: what the days ahead bring "
            "is shown more certain than it is, and a fall of clearance is not in it",
            *carried,
        )
    if all(j.verdict == "left out" for j in known.judged):
        nobody = (
            "no level of this patient stands behind these odds: they are those of "
            f"{known.model.population}"
        )
        carried = (nobody, *carried)
    if not known.given:
        return carried
    part = remaining_proposal(known, 0.0, id="received")
    values = metric_draws(
        known.model, target.metric, [part], known.covariates.steps, pooled(known)
    )[0]
    low, middle, high = np.quantile(values[np.isfinite(values)], (0.05, 0.5, 0.95))
    count = len(known.given)
    doses = "the dose already given brings" if count == 1 else f"the {count} doses given bring"
    received = (
        f"{doses} {middle:.1f} {target.unit} (90 % {low:.1f}-{high:.1f}) whatever is chosen; ask "
        "again with every day's levels"
    )
    return (received, *carried)


def _samples(
    known: Known, target: Target, rng: np.random.Generator, turnaround: float
) -> tuple[NextSample, ...]:
    """Times that the ward can draw and whose result comes before the last changeable dose."""
    proposal = as_it_stands(known, target.metric)
    if proposal is None:
        return ()
    belief = max(known.beliefs, key=lambda b: b.weight)
    if target.metric is Metric.TROUGH and known.present is not None:
        doses, times = _troughs_ahead(known)
    elif known.planned:
        deadline = known.planned[-1].at - turnaround
        doses = known.all_doses
        grid = _clock_times(known)
        times = [at for at in grid if at <= deadline and not near_infusion(at, doses)]
    else:
        return ()
    if not times:
        return ()
    draws = metric_draws(
        belief.posterior.model,
        target.metric,
        [proposal],
        belief.covariates,
        belief.posterior.draws,
    )[0]
    found = next_sample(belief, doses, draws, times, turnaround=turnaround, rng=rng)
    return tuple(
        replace(
            s,
            text=f"a level there is expected to narrow the {target.metric.value} by "
            f"{100 * s.gain:.0f} %",
        )
        for s in found[:3]
    )


def _clock_times(known: Known) -> list[float]:
    """Hours at which a level could be drawn: every 6 h, and every 2 h of the first day where doses
    come more often than daily, because a grid in step with them would meet infusions only.
    """
    often = known.present is not None and known.present.interval < 24.0
    early = [known.t + 2.0 * (i + 1) for i in range(12)] if often else []
    return sorted({*early, *(known.t + 6.0 * (i + 1) for i in range(40))})


def _troughs_ahead(known: Known) -> tuple[tuple[PlainDose, ...], list[float]]:
    """The course running on, and the moments before its next doses at which a trough can be drawn.

    A model of steady-state troughs can use only those from the seventh day of an unchanged dose.
    """
    present = known.present
    assert present is not None
    planned = plain_doses(known.model, known.planned)
    given = plain_doses(known.model, known.given)
    last = max((d.time for d in (*given, *planned)), default=known.t)
    end = known.t + WITHIN_DAYS * 24.0
    more = []
    while last + present.interval <= end:
        last += present.interval
        more.append(PlainDose(last, present.amount, present.route, present.duration))
    ahead = [d.time for d in (*planned, *more) if known.t < d.time <= end]
    if known.model.purposes == frozenset({Purpose.STEADY_STATE_TROUGH}):
        ahead = [at for at in ahead if at - present.since >= STEADY_AFTER][:2]
    return (*given, *planned, *more), ahead


def _no_target(
    known: Known, refused: Sequence[Refused], absences: Sequence[Absence] = ()
) -> OptionList:
    why = why_none(known.record, refused, absences, agent=known.model.agent)
    return OptionList(
        agent=known.model.agent,
        model=known.model.id,
        target=None,
        standing=known.model.standing,
        watermark="" if known.model.standing.may_feed_options else NOT_FOR_DOSING,
        metric_label="",
        at=known.t,
        options=(),
        none_reaches=False,
        reach=REACH,
        refused=why,
        next_samples=(),
        cautions=(),
        last_changeable=known.planned[-1].at if known.planned else None,
    )


def _loading_refused(known: Known) -> OptionList:
    made = ", ".join(sorted(p.value for p in known.model.purposes))
    return replace(
        _no_target(known, ()),
        metric_label="loading dose",
        refused=f"the course begins with a loading dose: {known.model.id} does not answer a "
        f"{Purpose.LOADING.value} question (it was made for: {made})",
    )


def _nothing_to_weigh(target: Target) -> str:
    if target.metric is Metric.TROUGH:
        return "no regular course runs or is planned, so there is nothing to scale; give an offer"
    return "no dose is left to change"


def _dose_text(known: Known, dose: Given) -> str:
    when = known.record.clock(dose.at).strftime("%d %b %H:%M")
    over = f" over {dose.duration:g} h" if dose.duration > 0.0 else ""
    return f"{dose.amount:.3g} {dose.unit} {dose.route}{over} at {when}"


def _times(fraction: float) -> str:
    return "present dose" if fraction == 1.0 else f"{fraction:g} x present dose"


def _remaining(fraction: float) -> str:
    if fraction == 0.0:
        return "leave the remaining doses out"
    return "as planned" if fraction == 1.0 else f"{fraction:g} x each remaining dose"
