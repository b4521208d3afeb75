"""Which level to draw next: times that the ward can draw, and what each is expected to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from equipoise.assessment import NextSample
from equipoise.exposure import Known, as_it_stands
from equipoise.model import PlainDose, Purpose
from equipoise.patient import plain_doses
from equipoise.plan import Belief, metric_draws, next_sample
from equipoise.target import REGULAR, Metric
from equipoise.triage import STEADY_AFTER, near_infusion

WITHIN_DAYS = 14.0
"""How far ahead a trough is looked for (project convention)."""

SHOWN = 3


def samples(
    known: Known, metric: Metric, rng: np.random.Generator, turnaround: float
) -> tuple[NextSample, ...]:
    """Times that the ward can draw and whose result comes before the last changeable dose, best
    first, by the candidate with the most weight.
    """
    belief = max(known.beliefs, key=lambda b: b.weight)
    return samples_under(known, belief, metric, rng, turnaround)[:SHOWN]


def samples_under(
    known: Known, belief: Belief, metric: Metric, rng: np.random.Generator, turnaround: float
) -> tuple[NextSample, ...]:
    """The same by one candidate, all times."""
    proposal = as_it_stands(known, metric)
    if proposal is None:
        return ()
    if metric in REGULAR and known.present is not None:
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
        belief.posterior.model, metric, [proposal], belief.covariates, belief.posterior.draws
    )[0]
    found = next_sample(belief, doses, draws, times, turnaround=turnaround, rng=rng)
    return tuple(
        replace(
            s,
            text=f"a level there is expected to narrow the {metric.value} by {100 * s.gain:.0f} %",
        )
        for s in found
    )


def flipped(rankings: Sequence[tuple[str, Sequence[NextSample]]], clock: Sequence[str]) -> str:
    """A sentence where candidates name different samples as the best; "" where they agree.

    rankings  (candidate, its samples best first);  clock: how each best time is said
    """
    firsts = {ranking[0].at for _, ranking in rankings if ranking}
    if len(firsts) < 2:
        return ""
    said = "; ".join(
        f"{label} {when}" for (label, ranking), when in zip(rankings, clock, strict=True) if ranking
    )
    return f"the candidates differ on which sample would tell most: {said}"


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
