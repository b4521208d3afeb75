"""Interactions at work on one patient's model: which partners act, and by what factor.

The shelf gives ratios of exposure; the model turns them into factors of its clearance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from equipoise.interaction import (
    Interaction,
    Running,
    factor_path,
    lasting,
    running,
    sentence,
    why_not,
)
from equipoise.model import CLEARANCE_FACTOR, Array, Model, PlainDose, Purpose, Step
from equipoise.patient import Covariates, Present
from equipoise.plan import Proposal, metric_draws
from equipoise.record import Record
from equipoise.target import Metric


def interacting(
    model: Model,
    record: Record,
    t: float,
    found: Covariates,
    present: Present | None,
    shelf: Sequence[Interaction],
    *,
    eta: Array | None = None,
) -> tuple[Covariates, tuple[Running, ...], tuple[str, ...]]:
    """The covariates with the path of clearance under the partners of the record.

    eta      (1, k) of the patient in whom a ratio of troughs is to hold; None: the typical one
    Returns  them, the interactions that act, and a sentence for each partner found; one without a
             ratio, or with a provisional one, is told and does not act
    """
    acting: list[Running] = []
    said: dict[str, str] = {}
    full: dict[str, float] = {}
    runs = running(shelf, model.agent, model.population_class, record, t)
    # Troughs are solved for on top of what else goes on: areas first, whose factors need no base.
    for one in sorted(runs, key=lambda r: r.interaction.of == "trough"):
        i = one.interaction
        why = why_not(one, runs, model.covariates, model.id)
        if i.acts and not why:
            interval = 24.0 if present is None else present.interval
            full[i.id] = clearance_factor(
                model, i, found.steps, interval, eta, others=lasting(acting)
            )
            acting.append(replace(one, factor=full[i.id]))
        said[i.id] = sentence(one, full.get(i.id, math.nan), record, t, why)
    told = [said[one.interaction.id] for one in runs]
    if not acting:
        return found, (), tuple(told)
    if len(acting) > 1:
        told.append("several interactions act: their factors are multiplied, which is our step")
    steps = {**found.steps, CLEARANCE_FACTOR: factor_path(acting, full)}
    order = [one.interaction.id for one in runs]
    acting.sort(key=lambda one: order.index(one.interaction.id))
    return replace(found, steps=steps), tuple(acting), tuple(told)


def still_acting(others: Sequence[Running]) -> tuple[str, ...]:
    """What goes on acting whatever an option assumes of another partner: a sentence, or none."""
    staying = [r.interaction.partner_label for r in others if r.goes_on]
    if not staying:
        return ()
    return (f"under every assumption {' and '.join(staying)} goes on acting as in the exposure",)


def from_start(
    factor: float, start: float, begin: float, others: Sequence[Running]
) -> float | Step:
    """Factor of clearance over time where one partner is assumed from `start` on.

    begin   hours of the first dose
    others  that act beside it, each as it comes and goes
    """
    path = factor_path(others, {r.interaction.id: r.factor for r in others})
    if not path and start <= begin:
        return factor
    times = sorted({begin, start, *(at for at, _ in path)})
    return tuple(
        (
            at,
            next((f for since, f in reversed(path) if since <= at), 1.0)
            * (factor if at >= start else 1.0),
        )
        for at in times
    )


def clearance_factor(
    model: Model,
    interaction: Interaction,
    covariates: Mapping[str, float | Step],
    interval: float,
    eta: Array | None = None,
    *,
    others: float = 1.0,
) -> float:
    """Factor of clearance that brings an interaction's ratio about in one patient, eta (1, k).

    A ratio of AUC is 1 / factor; one of troughs moves more than clearance does and is solved for,
    on equal doses at `interval` hours and on top of the factor of the `others` that go on.
    """
    if interaction.of != "trough" or Purpose.STEADY_STATE_TROUGH not in model.purposes:
        return 1.0 / interaction.ratio
    dose = PlainDose(0.0, 1.0, next(iter(model.routes)), interval=interval, steady=1)

    def log_troughs(log_factors: Array) -> Array:
        proposals = [Proposal("", "", (), (dose,), math.exp(x)) for x in log_factors]
        who = np.zeros((1, len(model.etas))) if eta is None else eta
        return np.log(metric_draws(model, Metric.TROUGH, proposals, covariates, who)[:, 0])

    wanted = float(log_troughs(np.log([others]))[0]) + math.log(interaction.ratio)
    return math.exp(solved(log_troughs, wanted)) / others


def solved(log_troughs: Callable[[Array], Array], wanted: float) -> float:
    """The logarithm of the factor of clearance at which the log trough is as wanted."""
    low, high = -math.log(100.0), math.log(100.0)
    # Troughs fall as clearance rises: the interval that holds the answer shrinks 32-fold a batch.
    for _ in range(3):
        grid = np.linspace(low, high, 33)
        place = int(np.sum(log_troughs(grid) > wanted))
        low, high = float(grid[max(place - 1, 0)]), float(grid[min(place, len(grid) - 1)])
    return 0.5 * (low + high)
