"""Planning: what each course that can be given would do, and with what odds.

Every course is simulated over the posterior draws of every candidate model; odds come from the
mixture, never from averaged parameters. Whether a model or a target may feed options at all is
decided here and nowhere else (`gate`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from equipoise import names, units
from equipoise.assessment import NOT_FOR_DOSING, QUANTILES, NextSample, Option
from equipoise.chance import percent
from equipoise.fit import Posterior
from equipoise.kinetics import Linear
from equipoise.model import (
    CLEARANCE_FACTOR,
    Array,
    Course,
    Model,
    Observation,
    PlainDose,
    Purpose,
    Step,
    course,
    simulate,
    time_steps,
)
from equipoise.source import Standing
from equipoise.target import Metric, Target

AREA_HORIZON = 100.0 * 24.0
"""Hours after the graft, or after the last dose where that is later, up to which an AUC runs (100
days, as in the simulations of Bishop 2026)."""

GRID = 6.0
"""Hours between the levels among which the fall below 1 is looked for."""

ODDS_RTOL = 1e-5
"""Relative tolerance of the engine where draws are only counted: far below their own error."""

NEEDED: Mapping[Metric, Purpose] = {
    Metric.TROUGH: Purpose.STEADY_STATE_TROUGH,
    Metric.AUC_PRE: Purpose.AUC,
    Metric.AUC_POST: Purpose.AUC,
    Metric.AUC_TOTAL: Purpose.AUC,
    Metric.AUC_CUMULATIVE: Purpose.AUC,
    Metric.STEADY_STATE: Purpose.STEADY_STATE,
    Metric.DAY_BELOW_ONE: Purpose.WASHOUT,
    Metric.AT_GRAFT: Purpose.WASHOUT,
    Metric.DOSE: Purpose.AUC,
    Metric.AUC_INTERVAL: Purpose.AUC,
    Metric.CELL_DOSE: Purpose.EXPANSION,
    Metric.COUNT: Purpose.EXPANSION,
}
"""What a model must have been made for before it may speak of a metric."""

CONCENTRATIONS = (Metric.TROUGH, Metric.STEADY_STATE, Metric.AT_GRAFT)
"""Metrics that are one level, which an assay could measure."""

COURSE_AREAS = (Metric.AUC_PRE, Metric.AUC_POST, Metric.AUC_TOTAL, Metric.AUC_CUMULATIVE)
"""Areas under a course that is not repeated for ever: of a linear model they add up by dose."""


@dataclass(frozen=True, slots=True)
class Belief:
    """One candidate model with what the levels said under it.

    label   the model's id, with the reading where the paper allows two
    weight  among the candidates, after the levels
    """

    label: str
    posterior: Posterior
    covariates: Mapping[str, float | Step]
    weight: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """One course to be weighed.

    doses   for a steady-state metric one dose with its interval (given for ever); for an AUC all
            doses, those already given included
    read_at hours at which a concentration is read; None: at the end of the first dose's interval
    factor  of clearance, (hours, factor) steps or one number; 1 for no interaction, None for the
            interactions of the record: as they last for a steady state, else as they come and go
    """

    id: str
    label: str
    course: tuple[str, ...]
    doses: tuple[PlainDose, ...]
    factor: float | Step | None = None
    scenario: str = ""
    read_at: float | None = None
    notes: tuple[str, ...] = ()


class GateError(ValueError):
    """A model or a target may not feed options; the message says which and why."""


def gate(model: Model, target: Target | None, *, research: bool) -> str:
    """Why options may not be given, or "" where they may.

    Provisional and hypothesis things give bands, never options, except in research mode, where
    every output is marked.
    """
    needed = NEEDED[target.metric] if target is not None else None
    if needed is not None and needed not in model.purposes:
        made = ", ".join(sorted(p.value for p in model.purposes))
        return f"{model.id} does not answer a {needed.value} question (it was made for: {made})"
    if research:
        return ""
    if not model.standing.may_feed_options:
        return (
            f"the model {model.id} is {model.standing.word}: it gives exposure bands, not options "
            "(research mode computes them, marked NOT FOR DOSING)"
        )
    if target is not None and not target.standing.may_feed_options:
        return (
            f"the target {target.id} is {target.standing.word}: no options are weighed against it "
            "(research mode does, marked NOT FOR DOSING)"
        )
    return ""


def metric_draws(
    model: Model,
    metric: Metric,
    proposals: Sequence[Proposal],
    covariates: Mapping[str, float | Step],
    etas: Array,
) -> Array:
    """The metric for each proposal and each set of etas: (proposals, draws), NaN where not solved.

    Concentrations in the analyte's unit, AUC in `area_unit`, `DAY_BELOW_ONE` in days.
    """
    if metric in COURSE_AREAS and _superposable(model, proposals):
        return _superposed(model, metric, proposals, covariates, etas)
    courses = [
        course(model, p.doses, covariates={**covariates, CLEARANCE_FACTOR: _acting(p, covariates)})
        for p in proposals
    ]
    return course_metrics(model, metric, proposals, courses, etas)


def course_metrics(
    model: Model,
    metric: Metric,
    proposals: Sequence[Proposal],
    courses: Sequence[Course],
    etas: Array,
) -> Array:
    """The same for courses that carry their own covariates, which may be of several patients.

    courses  those of the proposals, in their order
    Days and AUC end at `AREA_HORIZON`; a level that is still 1 or more there has that day.
    """
    analyte = model.observations[0].analyte
    if metric in CONCENTRATIONS:
        times = [np.array([_read_at(p, metric)]) for p in proposals]
        levels = simulate(model, courses, times, etas=etas, rtol=ODDS_RTOL)
        return np.asarray(levels.values[analyte][:, :, 0])
    if metric is Metric.DAY_BELOW_ONE:
        return _day_below_one(model, proposals, courses, etas)
    if metric is Metric.AUC_INTERVAL:
        ends = [_read_at(p, metric) for p in proposals]
        clocks = [np.array([e - _interval(p), e]) for p, e in zip(proposals, ends, strict=True)]
        found = simulate(model, courses, clocks, etas=etas, rtol=ODDS_RTOL).areas[analyte]
        return np.asarray((found[:, :, 1] - found[:, :, 0]) * area_factor(model.observations[0]))
    times = []
    for p in proposals:
        first = min((d.time for d in p.doses), default=0.0)
        last = max((d.time + d.duration for d in p.doses), default=0.0)
        times.append(np.array([min(first, 0.0), 0.0, max(last, 0.0) + AREA_HORIZON]))
    area = simulate(model, courses, times, etas=etas, rtol=ODDS_RTOL).areas[analyte]
    area = area * area_factor(model.observations[0])
    before, after = area[:, :, 1] - area[:, :, 0], area[:, :, 2] - area[:, :, 1]
    if metric is Metric.AUC_PRE:
        return np.asarray(before)
    if metric is Metric.AUC_POST:
        return np.asarray(after)
    return np.asarray(before + after)


def _day_below_one(
    model: Model, proposals: Sequence[Proposal], courses: Sequence[Course], etas: Array
) -> Array:
    """Days from the graft to the moment from which the level stays below 1, (proposals, draws).

    The level falls between two times of the grid as its logarithm on a line. The first dose's time
    where it never was 1 or more.
    """
    clocks = []
    for p in proposals:
        first = min((d.time for d in p.doses), default=0.0)
        last = max((d.time + d.duration for d in p.doses), default=0.0)
        ends = [e for d in p.doses for e in (d.time, d.time + d.duration)]
        grid = np.arange(first, max(last, 0.0) + AREA_HORIZON + GRID, GRID)
        clocks.append(np.unique(np.concatenate([grid, ends])))
    found = simulate(model, courses, clocks, etas=etas, rtol=ODDS_RTOL)
    values = found.values[model.observations[0].analyte]
    days = np.full(values.shape[:2], np.nan)
    for i, clock in enumerate(clocks):
        level = values[i, :, : len(clock)]
        solved = np.isfinite(level).all(axis=1)
        high = level >= 1.0
        last_high = np.where(high.any(axis=1), len(clock) - 1 - high[:, ::-1].argmax(axis=1), 0)
        following = np.minimum(last_high + 1, len(clock) - 1)
        lanes = np.arange(len(level))
        with np.errstate(divide="ignore", invalid="ignore"):
            above = np.log(level[lanes, last_high])
            fall = above - np.log(np.maximum(level[lanes, following], 1e-300))
            share = np.where(high.any(axis=1) & (fall > 0.0), above / fall, 0.0)
        hours = clock[last_high] + share * (clock[following] - clock[last_high])
        days[i] = np.where(solved, hours / 24.0, np.nan)
    return days


def _acting(proposal: Proposal, covariates: Mapping[str, float | Step]) -> float | Step:
    """The factor of clearance under which a course is weighed."""
    if proposal.factor is not None:
        return proposal.factor
    path = covariates.get(CLEARANCE_FACTOR, 1.0)
    if isinstance(path, int | float) or not any(d.steady for d in proposal.doses):
        return path
    return path[-1][1]


def _slot(dose: PlainDose) -> PlainDose:
    return replace(dose, amount=1.0)


def _superposable(model: Model, proposals: Sequence[Proposal]) -> bool:
    """Whether areas can be put together from those of single doses, and that saves work."""
    if not isinstance(model.structure, Linear):
        return False
    doses = [d for p in proposals for d in p.doses]
    if any(d.rate != 0.0 or d.steady for d in doses) or not all(p.doses for p in proposals):
        return False
    firsts = {min(d.time for d in p.doses) for p in proposals}
    same = len(firsts) == 1 and all(p.factor == proposals[0].factor for p in proposals)
    return same and len({_slot(d) for d in doses}) < len(proposals)


def _superposed(
    model: Model,
    metric: Metric,
    proposals: Sequence[Proposal],
    covariates: Mapping[str, float | Step],
    etas: Array,
) -> Array:
    """An area of many courses on the same times: amounts times the areas of single doses.

    Exact for a linear model. What counts from the first dose (occasions, functions of time) counts
    from that of the courses for every single dose.
    """
    slots = list(dict.fromkeys(_slot(d) for p in proposals for d in p.doses))
    place = {slot: i for i, slot in enumerate(slots)}
    amounts = np.zeros((len(proposals), len(slots)))
    for i, proposal in enumerate(proposals):
        for dose in proposal.doses:
            amounts[i, place[_slot(dose)]] += dose.amount
    first = min(s.time for s in slots)
    clock = {
        **time_steps(model, first),
        **covariates,
        CLEARANCE_FACTOR: _acting(proposals[0], covariates),
    }
    end = max(0.0, *(s.time + s.duration for s in slots)) + AREA_HORIZON
    courses = [course(model, [s], covariates=clock) for s in slots]
    times = np.array([min(first, 0.0), 0.0, end])
    found = simulate(model, courses, times, etas=etas, rtol=ODDS_RTOL)
    areas = found.areas[model.observations[0].analyte]
    single = {
        Metric.AUC_PRE: areas[:, :, 1] - areas[:, :, 0],
        Metric.AUC_POST: areas[:, :, 2] - areas[:, :, 1],
    }.get(metric, areas[:, :, 2] - areas[:, :, 0])
    return np.asarray(amounts @ single * area_factor(model.observations[0]))


def area_unit(observation: Observation) -> str:
    """Unit in which an analyte's AUC is said: the vocabulary's, else its own unit times days."""
    known = names.MEASUREMENTS.get(observation.analyte)
    if known is not None and known.area:
        return known.area[0]
    top, _, bottom = observation.unit.partition("/")
    return f"{top}.d/{bottom}"


def area_factor(observation: Observation) -> float:
    """From the analyte's unit x h, as the engine gives areas, to `area_unit`."""
    known = names.MEASUREMENTS.get(observation.analyte)
    if known is None or not known.area:
        return 1.0 / 24.0
    top, _, bottom = observation.unit.partition("/")
    return float(units.convert(1.0, f"{top}.h/{bottom}", known.area[0], substance=known.substance))


def _read_at(proposal: Proposal, metric: Metric) -> float:
    if metric is Metric.AT_GRAFT:
        return 0.0
    if proposal.read_at is not None:
        return proposal.read_at
    dose = proposal.doses[0]
    if metric is Metric.STEADY_STATE and dose.duration > 0.0:
        return dose.time + dose.duration
    return dose.time + dose.interval


def _interval(proposal: Proposal) -> float:
    """Hours between the doses that go on: those of the last dose, a load may come before."""
    return proposal.doses[-1].interval


def simulated(
    beliefs: Sequence[Belief], metric: Metric, proposals: Sequence[Proposal]
) -> tuple[Array, ...]:
    """The metric of every proposal under every candidate: one (proposals, draws) table each."""
    return tuple(
        metric_draws(b.posterior.model, metric, proposals, b.covariates, b.posterior.draws)
        for b in beliefs
    )


def weigh(
    beliefs: Sequence[Belief],
    target: Target,
    proposals: Sequence[Proposal],
    *,
    rng: np.random.Generator,
    tables: Sequence[Array] | None = None,
) -> tuple[Option, ...]:
    """Options in the order of the proposals: exposure bands and odds over all candidate models.

    rng     residual error of the odds that a *measured* value would lie in the window
    tables  from `simulated` for the target's metric, where they are at hand already
    """
    if not proposals:
        return ()
    per_belief = simulated(beliefs, target.metric, proposals) if tables is None else tables
    weights = np.array([b.weight for b in beliefs])
    weights = weights / weights.sum()
    noise = [rng.standard_normal(len(b.posterior.draws)) for b in beliefs]
    options = []
    for i, proposal in enumerate(proposals):
        values = [table[i][np.isfinite(table[i])] for table in per_belief]
        parts = [
            (np.mean(v < target.low), np.mean((v >= target.low) & (v <= target.high)))
            for v in values
        ]
        below = float(np.sum(weights * [p[0] for p in parts]))
        within = float(np.sum(weights * [p[1] for p in parts]))
        notes = list(proposal.notes)
        spread = max(p[1] for p in parts) - min(p[1] for p in parts)
        if len(beliefs) > 1 and spread > 0.1:
            words = ", ".join(
                f"{b.label} {percent(float(p[1]))}" for b, p in zip(beliefs, parts, strict=True)
            )
            notes.append(f"candidates differ on the odds within: {words}")
        lost = max(
            1.0 - len(v) / table.shape[1] for v, table in zip(values, per_belief, strict=True)
        )
        if lost > 0.0:
            notes.append(f"{100 * lost:.1f} % of the draws could not be solved and are left out")
        options.append(
            Option(
                id=proposal.id,
                label=proposal.label,
                course=proposal.course,
                scenario=proposal.scenario,
                exposure=mixture_quantiles(values, weights),
                below=below,
                within=within,
                above=max(0.0, 1.0 - below - within),
                measured_within=_measured(beliefs, target, values, noise, weights),
                error=mixture_error(beliefs, [p[1] for p in parts], weights),
                notes=tuple(notes),
            )
        )
    return tuple(options)


def mixture_error(beliefs: Sequence[Belief], within: Sequence[float], weights: Array) -> float:
    """Monte-Carlo standard error of a weighted mixture's odds, never below that of one draw."""
    total = 0.0
    for belief, p, weight in zip(beliefs, within, weights, strict=True):
        size = min(belief.posterior.ess, float(len(belief.posterior.draws)))
        total += float(weight) ** 2 * max(p * (1.0 - p), 0.25 / size) / size
    return float(np.sqrt(total))


def _measured(
    beliefs: Sequence[Belief],
    target: Target,
    values: Sequence[Array],
    noise: Sequence[Array],
    weights: Array,
) -> float:
    if target.metric not in CONCENTRATIONS:
        return float("nan")
    odds = []
    for belief, v, e in zip(beliefs, values, noise, strict=True):
        residual = belief.posterior.model.observations[0].residual
        e = e[: len(v)]
        measured = (
            v * np.exp(residual.log * e)
            if residual.log > 0.0
            else v + np.sqrt(residual.variance(v)) * e
        )
        odds.append(np.mean((measured >= target.low) & (measured <= target.high)))
    return float(np.sum(weights * odds))


def mixture_quantiles(values: Sequence[Array], weights: Array) -> tuple[float, ...]:
    """Five quantiles of a weighted mixture of draws."""
    if len(values) == 1:
        return tuple(float(q) for q in np.quantile(values[0], QUANTILES))
    pooled = np.concatenate(values)
    share = np.concatenate(
        [np.full(len(v), w / max(len(v), 1)) for v, w in zip(values, weights, strict=True)]
    )
    order = np.argsort(pooled, kind="stable")
    total = np.cumsum(share[order])
    places = np.searchsorted(total, np.asarray(QUANTILES) * total[-1])
    return tuple(float(pooled[order][min(p, len(pooled) - 1)]) for p in places)


def next_sample(
    belief: Belief,
    doses: Sequence[PlainDose],
    metric: Array,
    times: Sequence[float],
    *,
    turnaround: float,
    rng: np.random.Generator,
    simulated: int = 1000,
) -> tuple[NextSample, ...]:
    """How much a level at each candidate time would narrow the metric, best first.

    metric  (draws,) of the present course under the posterior
    times   hours; those whose result would come too late are the caller's to leave out
    gain    expected fraction by which the metric's SD shrinks, by preposterior simulation: draws,
            at most `simulated`, stand in turn for the patient and give a result; the other draws
            are reweighted by it, and the SD that is left is how far their mean lies from that
            patient's metric (root mean square). Where the draws are too few for a precise result
            this errs to too little gain, never to too much.
    """
    if not len(times):
        return ()
    model, draws = belief.posterior.model, belief.posterior.draws
    clock = np.array(sorted(times))
    what = course(model, doses, covariates=belief.covariates)
    predicted = simulate(model, [what], clock, etas=draws).values[model.observations[0].analyte][0]
    residual = model.observations[0].residual
    usable = np.isfinite(metric) & np.isfinite(predicted).all(axis=1)
    predicted, metric = predicted[usable], metric[usable]
    if len(np.unique(metric)) < 2:
        return ()
    chosen = rng.permutation(len(metric))[:simulated]
    noise = rng.standard_normal(len(chosen))
    found = []
    for j, at in enumerate(clock):
        f = predicted[:, j]
        if residual.log > 0.0:
            f, sd = np.log(np.maximum(f, 1e-12)), np.full(len(f), residual.log)
        else:
            sd = np.sqrt(np.maximum(residual.variance(f), 1e-24))
        y = f[chosen] + sd[chosen] * noise
        log_weight = -0.5 * ((y[:, None] - f[None, :]) / sd[None, :]) ** 2 - np.log(sd)[None, :]
        # A result must not be explained by the very draw that made it (or a copy of that draw).
        log_weight[metric[chosen][:, None] == metric[None, :]] = -np.inf
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        left = np.sqrt(np.mean((metric[chosen] - weight @ metric) ** 2))
        gain = 1.0 - float(left / np.std(metric[chosen]))
        found.append(NextSample(float(at), max(gain, 0.0), float(at) + turnaround, ""))
    found.sort(key=lambda s: (-s.gain, s.at))
    return tuple(found)


def none_reaches(options: Sequence[Option], reach: float) -> bool:
    """Whether no option lies within the window with at least probability `reach`."""
    return not any(o.within >= reach for o in options)


def watermark(*standings: Standing) -> str:
    """NOT FOR DOSING where anything behind a number is provisional or a hypothesis."""
    return "" if all(s.may_feed_options for s in standings) else NOT_FOR_DOSING
