"""What one agent did: candidate models, beliefs after the levels, curves, numbers of interest.

Knows no drug by name: everything specific stands on the shelves that are passed in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from equipoise import areas, names, patient, units
from equipoise.assessment import QUANTILES, DoseMark, Exposure, Level, Summary
from equipoise.chance import stream
from equipoise.fit import Posterior, fit, model_weights, without
from equipoise.interacting import interacting
from equipoise.interaction import Interaction, Running, lasting
from equipoise.likelihood import Subject, residual_sd
from equipoise.mode import find_mode
from equipoise.model import (
    Array,
    Course,
    Model,
    PlainDose,
    Prediction,
    Purpose,
    course,
    draw_etas,
    simulate,
)
from equipoise.occasions import expanded, occasions_of, with_new_occasions
from equipoise.patient import Covariates, Present
from equipoise.plan import (
    CONCENTRATIONS,
    NEEDED,
    Belief,
    Proposal,
    area_unit,
    metric_draws,
    mixture_quantiles,
)
from equipoise.record import Given, Record
from equipoise.target import REGULAR, Effect, Metric, Refused, Target
from equipoise.triage import STEADY_AFTER, Judged, judge

DRAWS = 1000
LEAST_DRAWS = 500
CURVE_POINTS = 181

CELLS_SHOWN = 28.0 * 24.0
"""Hours after an infusion of cells that its curve covers: the window of published areas."""


@dataclass(frozen=True, slots=True)
class Known:
    """One model applied to one record: what `expose` and the planning need.

    beliefs  one for each reading of the paper
    given, planned  doses in the model's unit
    """

    model: Model
    record: Record
    t: float
    covariates: Covariates
    given: tuple[Given, ...]
    planned: tuple[Given, ...]
    present: Present | None
    judged: tuple[Judged, ...]
    beliefs: tuple[Belief, ...]
    cautions: tuple[str, ...]
    seed: int
    doubt: str = ""
    """Why no odds should be read off these levels at all, "" where there is no such doubt."""
    partners: tuple[Running, ...] = ()
    """Interactions that act on clearance here, in `covariates.steps` already."""

    @property
    def all_doses(self) -> tuple[PlainDose, ...]:
        """Given and planned doses as the engine takes them."""
        return patient.plain_doses(self.model, (*self.given, *self.planned))


def know(
    model: Model,
    record: Record,
    t: float,
    *,
    seed: int,
    draws: int = DRAWS,
    interactions: Sequence[Interaction] = (),
) -> Known:
    """Apply a model to a record cut at t: triage, estimation under each reading, weights.

    interactions  the shelf: those whose partner stands in the record act on clearance, past and
                  ahead, so that levels under a partner are not taken for a slow patient

    The model in the answer has etas for every occasion that the doses given and planned run
    through. Occasions with levels keep what these say; those ahead are drawn from the population of
    occasions.
    Fails  ValueError where the record's doses cannot be read by the model (route, missing weight
           for a per-kg dose, required covariate).
    """
    found = patient.covariates(model, record, t)
    given = patient.given_doses(model, record, t)
    planned = patient.planned_doses(model, record, t)
    present = patient.present_course(model, record, t)
    plainly = found
    found, partners, told = interacting(model, record, t, plainly, present, interactions)
    levels = patient.levels(model, record, t)
    everything = patient.subject(model, record, t, covariate_steps=found.steps, use=levels)
    plain = patient.plain_doses(model, (*given, *planned))
    numbers = occasions_of(model, [course(model, plain, covariates=found.steps)])
    whole = expanded(model, numbers)
    rng = stream(seed, record.id, model.id, "triage")
    prior = np.zeros((0, 0))
    if levels:
        etas = draw_etas(whole, 400, rng)
        prior = _with_error(
            whole,
            simulate(whole, [everything.course], [everything.times], etas=etas),
            [o.analyte for o in everything.observed],
            rng,
        )
    judged = judge(model, levels, given, present, prior)
    use = [j.level for j in judged if j.verdict != "left out"]
    subject = patient.subject(model, record, t, covariate_steps=found.steps, use=use)
    readings = [("", model.omega), *((r.name, r.omega) for r in model.other_readings)]
    posteriors, labels = [], []
    # The readings share the draws: what is shown is their mixture.
    share = max(LEAST_DRAWS, draws // len(readings))
    for name, omega in readings:
        version = replace(model, omega=omega)
        rng = stream(seed, record.id, model.id, name, "fit")
        posteriors.append(_estimated(version, subject, numbers, n=share, rng=rng))
        labels.append(f"{model.id} ({name})" if name else model.id)
    if partners and all(j.at < r.spans[0][0] for j in use for r in partners):
        # No level was drawn under a partner: this patient, not the typical one, sets the factor.
        eta = np.median(np.concatenate([p.draws for p in posteriors]), axis=0)[None, :]
        found, partners, told = interacting(
            whole, record, t, plainly, present, interactions, eta=eta
        )
    weights = model_weights(posteriors, [1.0] * len(posteriors), levels=len(use))
    beliefs = tuple(
        Belief(label, posterior, found.steps, float(weight))
        for label, posterior, weight in zip(labels, posteriors, weights, strict=True)
    )
    confused = areas.units_confused(levels, prior) if levels else ""
    unread = patient.unread_levels(model, record, t)
    cautions = [*(said for said in (confused, unread) if said), *told, *found.cautions]
    cautions.extend(c for p in posteriors for c in p.cautions)
    if len(readings) > 1:
        words = "; ".join(f"{100 * b.weight:.0f} % {b.label}" for b in beliefs)
        cautions.append(
            f"the paper allows {len(readings)} readings of its variability; they are weighed "
            f"together ({words})"
        )
    known = Known(
        whole, record, t, found, given, planned, present, judged, beliefs, tuple(cautions), seed
    )
    known = replace(known, doubt=confused, partners=partners)
    return replace(known, cautions=(*cautions, *_sensitivity(known, subject, judged)))


def _estimated(
    model: Model, subject: Subject, numbers: Sequence[int], *, n: int, rng: np.random.Generator
) -> Posterior:
    """Draws of the etas between patients and of every occasion in `numbers`.

    Occasions that can act on a level are estimated; the others are drawn anew for each draw.
    """
    last = max((o.time for o in subject.observed), default=-math.inf)
    seen = occasions_of(model, [subject.course], until=last) if subject.observed else []
    found = fit(expanded(model, seen), subject, n=n, rng=rng)
    draws = with_new_occasions(model, found.draws, numbers, rng=rng)
    return replace(found, model=expanded(model, numbers), draws=draws)


def pooled(known: Known) -> Array:
    """Draws of all readings together, each in proportion to its weight: (n, k)."""
    return _pool([b.posterior.draws for b in known.beliefs], [b.weight for b in known.beliefs])


def pooled_prior(known: Known) -> Array:
    """Draws of the population under all readings, equally weighted: (n, k)."""
    if all(j.verdict == "left out" for j in known.judged):
        # Nothing was learned: other draws would show a difference that is chance alone.
        return pooled(known)
    n = len(known.beliefs[0].posterior.draws)
    rng = stream(known.seed, known.record.id, known.model.id, "prior")
    sets = [draw_etas(b.posterior.model, n, rng) for b in known.beliefs]
    return _pool(sets, [1.0 / len(sets)] * len(sets))


def expose(
    known: Known,
    *,
    targets: tuple[Target, ...],
    refused: tuple[Refused, ...],
    effects: tuple[Effect, ...],
    metrics: Sequence[Metric],
    watermark: str,
) -> Exposure:
    """Everything a face shows about this agent under this model."""
    model, record, t = known.model, known.record, known.t
    observation = model.observations[0]
    after, before = pooled(known), pooled_prior(known)
    times = curve_times(known)
    # A summary and a curve are read off the same draws, so that they agree in the report.
    what = course(model, known.all_doses, covariates=known.covariates.steps)
    bands_after = _bands(model, what, times, after)
    bands_before = _bands(model, what, times, before)
    return Exposure(
        agent=model.agent,
        agent_label=_label(model.agent),
        analyte=observation.analyte,
        unit=observation.unit,
        model=model.id,
        model_title=model.title,
        standing=model.standing,
        watermark=watermark,
        purposes=tuple(sorted(p.value for p in model.purposes)),
        times=tuple(float(x) for x in times),
        prior=bands_before,
        posterior=bands_after,
        levels=_levels(known, after, before),
        pending=tuple(p.at for p in record.pending(observation.analyte, t)),
        doses=_marks(known),
        summaries=_summaries(known, metrics, before, after),
        targets=targets,
        refused=refused,
        effects=effects,
        etas=tuple(
            (name, float(np.mean(after[:, i])), float(np.std(after[:, i])))
            for i, name in enumerate(model.etas)
        ),
        pareto_k=max((b.posterior.pareto_k for b in known.beliefs), default=math.nan),
        ess=min(min(b.posterior.ess, float(len(b.posterior.draws))) for b in known.beliefs),
        method=", ".join(dict.fromkeys(b.posterior.method for b in known.beliefs)),
        cautions=(*known.cautions, *_dose_cautions(known)),
        weight=1.0,
        covariates=known.covariates.used,
    )


def _label(agent: str) -> str:
    cells = names.CELL_PRODUCTS.get(agent)
    return names.agent(agent).label if cells is None else cells.label


def _summaries(
    known: Known, metrics: Sequence[Metric], before: Array, after: Array
) -> tuple[Summary, ...]:
    found = [s for m in metrics if (s := summary(known, m, before, after)) is not None]
    found.extend(_without_partners(known, before, after))
    if any(s.name == Metric.AUC_CUMULATIVE.name.lower() for s in found):
        found.extend(
            areas.summaries(
                known.model,
                patient.plain_doses(known.model, known.given),
                patient.plain_doses(known.model, known.planned),
                known.covariates.steps,
                before,
                after,
                measured=any(j.verdict != "left out" for j in known.judged),
            )
        )
    return tuple(found)


def _without_partners(known: Known, before: Array, after: Array) -> tuple[Summary, ...]:
    """The trough on the present dose with no other drug: what a stop, or none, would lead to.

    What it is with them is the trough itself.
    """
    ordinary = as_it_stands(known, Metric.TROUGH)
    # An impaired liver is no partner that can be left out.
    liver = [r for r in known.partners if r.interaction.finding]
    drugs = [r for r in known.partners if r.goes_on and r not in liver]
    if ordinary is None or not drugs:
        return ()
    names_ = " and ".join(r.interaction.partner_label for r in drugs)
    alone = replace(
        ordinary,
        factor=lasting(liver),
        label=f"on {known.present.text} without {names_}",  # type: ignore[union-attr]
    )
    found = _summary(known, Metric.TROUGH, alone, before, after)
    return (replace(found, name="trough_without_partners"),)


def summary(known: Known, metric: Metric, before: Array, after: Array) -> Summary | None:
    """A metric of the course as it stands (planned doses included), before and after the levels."""
    proposal = as_it_stands(known, metric)
    return None if proposal is None else _summary(known, metric, proposal, before, after)


def _summary(
    known: Known, metric: Metric, proposal: Proposal, before: Array, after: Array
) -> Summary:
    model = known.model
    values = metric_draws(
        model, metric, [proposal], known.covariates.steps, np.concatenate([before, after])
    )[0]
    prior, posterior = values[: len(before)], values[len(before) :]
    prior, posterior = prior[np.isfinite(prior)], posterior[np.isfinite(posterior)]
    spread = float(np.std(prior))
    measured = any(j.verdict != "left out" for j in known.judged)
    unit = metric_unit(model, metric)
    return Summary(
        name=metric.name.lower(),
        label=f"{metric.value}, {proposal.label}",
        unit=unit,
        prior=mixture_quantiles([prior], np.ones(1)),
        posterior=mixture_quantiles([posterior], np.ones(1)),
        gain=1.0 - float(np.std(posterior)) / spread if measured and spread > 0.0 else math.nan,
        where=model.id,
    )


def metric_unit(model: Model, metric: Metric) -> str:
    """Unit of a metric of the model's analyte: "ng/mL", "AU.d/mL", "mg.h/L"."""
    if metric in CONCENTRATIONS:
        return model.observations[0].unit
    if metric is Metric.DAY_BELOW_ONE:
        return "d"
    return area_unit(model.observations[0])


def as_it_stands(known: Known, metric: Metric) -> Proposal | None:
    """The present course as a proposal for a metric, or None where it has no such number."""
    model, present = known.model, known.present
    if metric in REGULAR:
        if present is None or NEEDED[metric] not in model.purposes:
            return None
        staying = [r.interaction.partner_label for r in known.partners if r.goes_on]
        gone = [r.interaction.partner_label for r in known.partners if not r.goes_on]
        under = f" with {' and '.join(staying)}" if staying else ""
        under += f" after the end of {' and '.join(gone)}" if gone else ""
        return trough_proposal(known, 1.0, id="present", label=f"on {present.text}{under}")
    if metric is Metric.STEADY_STATE:
        running = [d for d in known.given if d.duration >= 24.0]
        if Purpose.STEADY_STATE not in model.purposes or not running:
            return None
        last = running[-1]
        rate = last.amount / last.duration * 24.0
        dose = PlainDose(last.at, last.amount, last.route or "iv", last.duration)
        return Proposal("present", f"at {rate:.3g} {last.unit}/d", (), (dose,))
    if NEEDED[metric] not in model.purposes or not known.all_doses:
        return None
    label = "doses given and planned" if known.planned else "doses given"
    return Proposal("present", label, (), known.all_doses)


def trough_proposal(
    known: Known,
    fraction: float,
    *,
    id: str,
    label: str,
    factor: float | None = None,
    scenario: str = "",
    notes: tuple[str, ...] = (),
) -> Proposal:
    """The present course, scaled, given for ever: for a steady-state trough."""
    present = known.present
    assert present is not None
    amount = present.amount * fraction
    dose = PlainDose(
        time=known.t,
        amount=amount,
        route=present.route,
        duration=present.duration,
        interval=present.interval,
        steady=1,
    )
    given = f"{units.rounded(amount)} {present.unit} every {present.interval:g} h"
    text = given if fraction else "no dose"
    return Proposal(id, label, (text,), (dose,), factor, scenario, notes=notes)


def curve_times(known: Known) -> Array:
    """Hours at which the curve is drawn: a grid, with every dose and level; for a model of
    steady-state troughs only the moments before doses of a steady course.
    """
    doses = (*known.given, *known.planned)
    if not doses:
        return np.array([known.t])
    if known.model.purposes == frozenset({Purpose.STEADY_STATE_TROUGH}):
        return _steady_troughs(known, doses)
    start = doses[0].at
    last = doses[-1]
    tail = known.present.interval if known.present is not None else 48.0
    if known.model.infusions:
        tail = CELLS_SHOWN
    if last.duration > 0.0:
        tail = max(48.0, 0.25 * (last.at - start))
    end = max(known.t + 48.0, last.at + last.duration + tail)
    grid = np.linspace(start, end, CURVE_POINTS)
    marks = [d.at for d in doses] + [d.at + d.duration for d in doses if d.duration > 0.0]
    levels = [j.level.at for j in known.judged]
    return np.unique(np.concatenate([grid, marks, levels]))


def _steady_troughs(known: Known, doses: Sequence[Given]) -> Array:
    times, start = [], doses[0].at
    for earlier, later in pairwise(doses):
        if abs(later.amount - earlier.amount) > 1e-9 * max(earlier.amount, 1.0):
            start = later.at
        elif later.at - start >= STEADY_AFTER:
            times.append(later.at)
    return np.array(times or [max(known.t, doses[-1].at)])


def _bands(model: Model, what: Course, times: Array, etas: Array) -> tuple[tuple[float, ...], ...]:
    values = simulate(model, [what], times, etas=etas).values[model.observations[0].analyte][0]
    finite = values[np.isfinite(values).all(axis=1)]
    # What an integrator leaves of a drug that has gone may lie a rounding below nothing.
    rounding = 1e-9 * np.abs(finite).max(initial=0.0)
    finite = np.where((finite < 0.0) & (finite > -rounding), 0.0, finite)
    table = np.quantile(finite, QUANTILES, axis=0)
    return tuple(tuple(float(x) for x in row) for row in table)


def _levels(known: Known, after: Array, before: Array) -> tuple[Level, ...]:
    if not known.judged:
        return ()
    model = known.model
    subject = patient.subject(
        model,
        known.record,
        known.t,
        covariate_steps=known.covariates.steps,
        use=[j.level for j in known.judged],
    )
    predicted = simulate(
        model, [subject.course], [subject.times], etas=np.concatenate([before, after])
    )
    found = predicted.values
    levels = []
    for i, (judged, observed) in enumerate(zip(known.judged, subject.observed, strict=True)):
        m = judged.level
        values = found[observed.analyte][0, :, i]
        prior = float(np.nanmedian(values[: len(before)]))
        posterior = float(np.nanmedian(values[len(before) :]))
        spread = float(np.nanstd(values[: len(before)]))
        if observed.analyte in predicted.errors:
            variance = predicted.errors[observed.analyte][1][0, : len(before), i]
            scale = prior if model.observation(observed.analyte).logged else 1.0
            error = scale * math.sqrt(float(np.nanmedian(variance)))
        else:
            error = residual_sd(model, observed.analyte, prior)
        sd = math.hypot(spread, error)
        levels.append(
            Level(
                at=m.at,
                known=m.at if m.known is None else m.known,
                known_assumed=m.assumed,
                text=m.text,
                number=m.number,
                censored=m.censored,
                prior_median=prior,
                posterior_median=posterior,
                standardized=math.nan if m.censored or sd <= 0.0 else (m.number - prior) / sd,
                verdict=judged.verdict,
                reasons=judged.reasons,
                method=m.method,
            )
        )
    return tuple(levels)


def _marks(known: Known) -> tuple[DoseMark, ...]:
    marks = [
        DoseMark(
            d.at, 0.0, f"{d.amount:.3g} cells" if d.amount else "cells", d.amount, d.unit,
            "planned" if d.planned else "given",
        )
        for d in (*known.given, *known.planned)
        if known.model.infusions
    ]  # fmt: skip
    for dose in known.record.doses(known.model.agent):
        counts = dose in known.record.given_doses(known.model.agent, known.t)
        status = dose.status or ("given" if counts else "planned")
        if counts and dose.status == "" and dose.known is not None and dose.known < dose.at:
            status = "charted ahead"
        same = [d for d in (*known.given, *known.planned) if abs(d.at - dose.at) < 1e-9]
        amount = same[0].amount if same else 0.0
        entered = dose.amount or dose.rate
        marks.append(
            DoseMark(
                dose.at,
                same[0].duration if same else dose.duration,
                entered.text if entered is not None else "",
                amount,
                known.model.dose_unit,
                status,
            )
        )
    return tuple(marks)


def _dose_cautions(known: Known) -> list[str]:
    cautions = patient.carrying(known.model, known.all_doses, known.covariates.steps)
    ahead = known.record.charted_ahead(known.model.agent, known.t)
    if ahead:
        cautions.append(
            f"{len(ahead)} dose(s) of {known.model.agent} were charted before their time and are "
            "taken as given at it; confirm them"
        )
    computed = [d.because for d in known.given if d.because]
    for because in dict.fromkeys(computed):
        cautions.append(f"{computed.count(because)} dose(s) computed from: {because}")
    held = [d for d in known.record.doses(known.model.agent) if d.status == "held"]
    if held:
        cautions.append(f"{len(held)} held dose(s) of {known.model.agent} do not count as given")
    return cautions


def _with_error(
    model: Model, found: Prediction, analytes: Sequence[str], rng: np.random.Generator
) -> Array:
    columns = []
    for j, analyte in enumerate(analytes):
        f = found.values[analyte][0, :, j]
        observation = model.observation(analyte)
        residual = observation.residual
        e = rng.standard_normal(len(f))
        if analyte in found.errors:
            center, variance = (part[0, :, j] for part in found.errors[analyte])
            seen = center + np.sqrt(variance) * e
            columns.append(np.exp(seen) if observation.logged else seen)
        elif residual.log > 0.0:
            columns.append(f * np.exp(residual.log * e))
        else:
            columns.append(np.maximum(f + np.sqrt(residual.variance(f)) * e, 0.0))
    return np.stack(columns, axis=1)


def _sensitivity(known: Known, subject: Subject, judged: Sequence[Judged]) -> tuple[str, ...]:
    """The course's first number of interest with and without the suspects, and with heavy tails."""
    used = [j for j in judged if j.verdict != "left out"]
    suspects = [i for i, j in enumerate(used) if j.verdict == "suspect"]
    if not suspects:
        return ()
    metric = next(
        (m for m in (Metric.TROUGH, _area_metric(known), Metric.STEADY_STATE)
         if as_it_stands(known, m) is not None),
        None,
    )  # fmt: skip
    if metric is None:
        return ()
    proposal = as_it_stands(known, metric)
    assert proposal is not None

    def at_mode(eta: Array) -> float:
        return float(
            metric_draws(known.model, metric, [proposal], known.covariates.steps, eta[None, :])[
                0, 0
            ]
        )

    full = at_mode(find_mode(known.model, subject).eta)
    robust = at_mode(find_mode(known.model, subject, student=True).eta)
    less = at_mode(find_mode(known.model, without(subject, suspects)).eta)
    unit = metric_unit(known.model, metric)
    count = "level" if len(suspects) == 1 else "levels"
    return (
        f"{metric.value} estimate {full:.3g} {unit} with all levels, {less:.3g} without the "
        f"{len(suspects)} suspect {count}, {robust:.3g} with a heavy-tailed error",
    )


def _area_metric(known: Known) -> Metric:
    """The AUC that is steered: the cumulative one where the vocabulary has a unit for it."""
    vocabulary = names.MEASUREMENTS.get(known.model.observations[0].analyte)
    steered = vocabulary is not None and bool(vocabulary.area)
    return Metric.AUC_CUMULATIVE if steered else Metric.AUC_POST


def _pool(sets: Sequence[Array], weights: Sequence[float]) -> Array:
    total = sum(weights)
    n = len(sets[0])
    parts = [s[: max(1, round(n * w / total))] for s, w in zip(sets, weights, strict=True)]
    return np.concatenate(parts)
