"""Courses to be weighed: fractions of the present one, a decision's candidates, a ward's offer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from equipoise import joint, units
from equipoise.assessment import NOT_FOR_DOSING, Option, OptionList
from equipoise.clock import clock_text
from equipoise.decision import Candidate, Request, Scenario
from equipoise.exposure import Known, pooled, trough_proposal
from equipoise.interacting import from_start, solved, still_acting
from equipoise.interaction import Running, lasting
from equipoise.kinetics import Linear
from equipoise.model import Array, Purpose, Step
from equipoise.nextdraw import samples
from equipoise.patient import has_loading_dose, plain_doses
from equipoise.plan import (
    Proposal,
    gate,
    metric_draws,
    mixture_quantiles,
    none_reaches,
    simulated,
    unanswered,
    weigh,
)
from equipoise.preference import ordered, weight_of, weight_ranges, with_utility
from equipoise.record import Given
from equipoise.source import weakest
from equipoise.target import REGULAR, Absence, Metric, Refused, Target, Window, choose, why_none

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

OPEN_ABOVE = "the window has no upper end: by these odds more is never worse, harm is not weighed"

NO_OFFER = (
    "no offer was given: fractions of the present course are weighed, whatever tablets or vials "
    "there are; `equipoise plan --offer` weighs what can really be given",
)

UNSOLVED = "no draw of the patient has an answer for it"

Memory = dict[tuple[Metric, tuple[Proposal, ...]], tuple[Array, ...]]
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
    lists += _all_at_once(known, targets, rng, research=research, memory=memory)
    if not targets:
        lists.append(_no_target(known, refused, absences))
    if has_loading_dose(known.model, known.record, known.t) and (
        Purpose.LOADING not in known.model.purposes
    ):
        lists.append(_loading_refused(known))
    return tuple(lists)


def _all_at_once(
    known: Known,
    targets: Sequence[Target],
    rng: np.random.Generator,
    *,
    research: bool,
    memory: Memory,
) -> list[OptionList]:
    """Fitting windows of different metrics, which have to hold at once; those of one metric
    conflict and stay side by side. Refusals stand with the single windows.
    """
    found = []
    for windows in joint.combinations([t for t, _ in distinct(targets)])[: joint.MOST_TOGETHER]:
        first, *others = windows
        assert isinstance(first, Target)
        why = closed(known, windows, research=research)
        proposals = () if why else proposals_for(known, first)
        one = _option_list(
            known, first, proposals, why, rng,
            research=research, memory=memory, also=others, sampled=False,
        )  # fmt: skip
        if one.options:
            found.append(replace(one, cautions=(*NO_OFFER, *one.cautions)))
    return found


def proposals_for(known: Known, target: Target) -> tuple[Proposal, ...]:
    """Fractions of the present course, or of the remaining planned doses for an AUC."""
    if target.metric in REGULAR:
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
    straight = all(isinstance(b.posterior.model.structure, Linear) for b in known.beliefs)
    if not straight or not math.isfinite(aim):
        return ()
    ends = [remaining_proposal(known, f, id=f"{f:g}") for f in (0.0, 1.0)]
    tables = [
        t[:, np.isfinite(t).all(axis=0)] for t in simulated(known.beliefs, target.metric, ends)
    ]
    weights = np.array([b.weight for b in known.beliefs])

    def reached(fraction: float) -> float:
        values = [t[0] + fraction * (t[1] - t[0]) for t in tables]
        return mixture_quantiles(values, weights)[2]

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
        elif target.metric not in (*REGULAR, Metric.STEADY_STATE) and known.planned:
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
    also: Sequence[Window] = (),
    sampled: bool = True,
) -> OptionList:
    """Given courses against one target; the gate decides whether odds may be shown.

    also     windows and limits that have to hold with it
    sampled  whether the next samples are looked for
    """
    why = closed(known, (target, *also), research=research)
    return _option_list(
        known, target, () if why else proposals, why, rng,
        research=research, turnaround=turnaround, also=also, sampled=sampled,
    )  # fmt: skip


def closed(known: Known, windows: Sequence[Window], *, research: bool) -> str:
    """Why no odds may be shown against these windows at once, or "" where they may."""
    shut = (
        gate(known.model, w, research=research)
        if isinstance(w, Target)
        else unanswered(known.model, w.metric)
        for w in windows
    )
    return next((why for why in shut if why), "") or known.doubt or joint.apart(windows)


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
    also: Sequence[Window] = (),
    sampled: bool = True,
) -> OptionList:
    windows = (target, *also)
    published = [w.standing for w in windows if isinstance(w, Target)]
    standing = weakest(known.model.standing, *published)
    options: Sequence[Option] = ()
    weight, preferred = weight_of(known.record.wants)
    lost: tuple[str, ...] = ()
    proposals, other = joint.as_studied(windows, proposals)
    why = why or ("" if proposals else other)
    if not why and proposals:
        memory = {} if memory is None else memory
        tables: dict[Metric, tuple[Array, ...]] = {}
        for metric in dict.fromkeys(w.metric for w in windows):
            key = (metric, tuple(proposals))
            if key not in memory:
                memory[key] = simulated(known.beliefs, metric, proposals)
            tables[metric] = memory[key]
        kept = joint.solvable(tables, len(proposals))
        lost = tuple(p.label for i, p in enumerate(proposals) if i not in kept)
        proposals = [proposals[i] for i in kept]
        tables = {m: tuple(t[kept] for t in each) for m, each in tables.items()}
        if also:
            options = joint.weigh_together(known.beliefs, windows, proposals, tables=tables)
        else:
            own = tables[target.metric]
            options = weigh(known.beliefs, target, proposals, rng=rng, tables=own)
        options = with_utility(options, weight)
        if ranked:
            options = ordered(options)
    if lost and not options:
        why = f"no course could be solved by {known.model.id}: {UNSOLVED}"
    marked = research or not standing.may_feed_options
    label = "all of these windows" if also else f"{target.metric.value} in {target.unit}"
    told: tuple[str, ...] = (preferred,) if preferred and ranked and options else ()
    told += (OPEN_ABOVE,) if all(math.isinf(w.high) for w in windows) else ()
    told += (other,) if other else ()
    told += (f"{', '.join(lost)}: not weighed, {UNSOLVED}",) if lost else ()
    return OptionList(
        agent=known.model.agent,
        model=known.model.id,
        target=target,
        standing=standing,
        watermark=NOT_FOR_DOSING if marked else "",
        metric_label=label,
        at=known.t,
        options=tuple(options),
        none_reaches=bool(options) and none_reaches(options, REACH),
        reach=REACH,
        refused=why,
        next_samples=(
            samples(known, target.metric, rng, turnaround) if ranked and sampled and not why else ()
        ),
        cautions=() if why else (*told, *_odds_cautions(known, target)),
        last_changeable=known.planned[-1].at if known.planned else None,
        together=joint.words(windows) if also else (),
        weight_ranges=weight_ranges(options) if ranked else (),
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
    values = [t[0][np.isfinite(t[0])] for t in simulated(known.beliefs, target.metric, [part])]
    weights = np.array([b.weight for b in known.beliefs])
    low, _, middle, _, high = mixture_quantiles(values, weights)
    count = len(known.given)
    doses = "the dose already given brings" if count == 1 else f"the {count} doses given bring"
    received = (
        f"{doses} {middle:.1f} {target.unit} (90 % {low:.1f}-{high:.1f}) whatever is chosen; ask "
        "again with every day's levels"
    )
    return (received, *carried)


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
    if target.metric in REGULAR:
        return "no regular course runs or is planned, so there is nothing to scale; give an offer"
    return "no dose is left to change"


def _dose_text(known: Known, dose: Given) -> str:
    when = clock_text(known.record.clock(dose.at))
    over = f" over {dose.duration:g} h" if dose.duration > 0.0 else ""
    return f"{units.rounded(dose.amount)} {dose.unit} {dose.route}{over} at {when}"


def _times(fraction: float) -> str:
    return "present dose" if fraction == 1.0 else f"{fraction:g} x present dose"


def _remaining(fraction: float) -> str:
    if fraction == 0.0:
        return "leave the remaining doses out"
    return "as planned" if fraction == 1.0 else f"{fraction:g} x each remaining dose"
