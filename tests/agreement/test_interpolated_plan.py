"""A plan interpolated over amounts against the same plan with every course solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from test_plan_against_brute_force import belief_of, population, window

from equipoise import plan
from equipoise.model import Model, PlainDose, Residual, course, draw_etas
from equipoise.models import ciclosporin_woillard2014, sirolimus_wu2012
from equipoise.plan import ODDS_RTOL, Proposal, course_metrics, metric_draws, weigh
from equipoise.target import Metric
from saturable_models import saturable
from small_models import bolus

WU = sirolimus_wu2012.MODEL
BOLUS = bolus(Residual(proportional=0.1))
DRAWS = 80
BOUND = 10.0 * ODDS_RTOL
"""Two solutions of the engine in different company differ by so much."""


def steady(amounts: Sequence[float], route: str, interval: float) -> list[Proposal]:
    return [
        Proposal(f"{a:g}", "", (), (PlainDose(0.0, a, route, interval=interval, steady=1),))
        for a in amounts
    ]


CASES = (
    (WU, steady(np.linspace(0.5, 10.0, 40), "oral", 24.0)),
    (WU, steady(np.linspace(1.0, 100.0, 40), "oral", 24.0)),  # 109 mg a day is the most it absorbs
    (ciclosporin_woillard2014.MODEL, steady(np.linspace(25.0, 500.0, 40), "oral", 12.0)),
    (saturable(Residual(proportional=0.1)), steady(np.linspace(1.0, 220.0, 40), "oral", 24.0)),
)


@pytest.mark.parametrize(("model", "courses"), CASES)
@pytest.mark.parametrize("metric", [Metric.TROUGH, Metric.AUC_INTERVAL])
def test_every_draw_of_every_course(model: Model, courses: list[Proposal], metric: Metric) -> None:
    etas = draw_etas(model, DRAWS, np.random.default_rng(1))
    exact = metric_draws(model, metric, courses, {}, etas, exact=True)
    fast = metric_draws(model, metric, courses, {}, etas)
    assert (np.isnan(exact) == np.isnan(fast)).all()
    assert np.nanmax(np.abs(fast / exact - 1.0)) < BOUND


def test_the_odds_are_those_of_every_course_solved() -> None:
    belief = belief_of(population(WU, DRAWS, 1))
    courses = CASES[0][1]
    target = window(5.0, 15.0)
    tables = [
        metric_draws(WU, target.metric, courses, {}, belief.posterior.draws, exact=exact)
        for exact in (True, False)
    ]
    solved, told = (
        weigh([belief], target, courses, rng=np.random.default_rng(2), tables=[table])
        for table in tables
    )
    for one, other, row in zip(solved, told, tables[0], strict=True):
        # Only a draw that lies on an end of the window, as far as the engine can tell, may move.
        edge = [np.mean(np.abs(row / end - 1.0) < BOUND) for end in (target.low, target.high)]
        assert abs(one.below - other.below) <= edge[0]
        assert abs(one.above - other.above) <= edge[1]
        assert one.exposure == pytest.approx(other.exposure, rel=BOUND)


def test_loads_and_fixed_doses_part_the_courses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doses given stay; a load parts the courses, what follows it is interpolated."""
    counted: list[int] = []
    solve = plan.simulate

    def counting(model, courses, times, *, etas, rtol):
        counted.append(len(courses) * len(etas))
        return solve(model, courses, times, etas=etas, rtol=rtol)

    monkeypatch.setattr(plan, "simulate", counting)
    given = PlainDose(-48.0, 3.0, "oral")
    courses = [
        Proposal(
            "", "", (),
            (given, PlainDose(0.0, load, "oral"),
             PlainDose(24.0, then, "oral", interval=24.0, additional=6)),
            read_at=96.0,
        )
        for load in (6.0, 12.0)
        for then in np.linspace(1.0, 6.0, 24)
    ]  # fmt: skip
    alone = Proposal("none", "", (), (given,), read_at=96.0)
    etas = draw_etas(WU, 10, np.random.default_rng(1))
    fast = metric_draws(WU, Metric.TROUGH, [*courses, alone], {}, etas)
    assert sum(counted) == 10 * (2 * 9 + 1)
    exact = metric_draws(WU, Metric.TROUGH, [*courses, alone], {}, etas, exact=True)
    assert np.nanmax(np.abs(fast / exact - 1.0)) < BOUND


def test_days_are_not_interpolated() -> None:
    """A day is read off a grid of times: it moves in little steps, which a polynomial passes by."""
    doses = [(PlainDose(-24.0, a, "oral"),) for a in np.linspace(5.0, 20.0, 20)]
    courses = [Proposal("", "", (), each) for each in doses]
    etas = draw_etas(WU, 3, np.random.default_rng(1))
    tables = [
        metric_draws(WU, Metric.DAY_BELOW_ONE, courses, {}, etas, exact=exact)
        for exact in (True, False)
    ]
    assert (tables[0] == tables[1]).all()


def test_amounts_that_are_there_from_the_start_are_counted_once() -> None:
    """Areas of single doses add up only where nothing but the doses makes them."""

    def parameters(theta, covariate, eta):
        return {**BOLUS.parameters(theta, covariate, eta), "START_central": np.asarray(50.0)}

    model = replace(BOLUS, parameters=parameters)
    doses = (PlainDose(-48.0, 10.0, "iv"), PlainDose(-24.0, 10.0, "iv"))
    second = [replace(doses[1], amount=a) for a in (5.0, 10.0, 20.0)]
    courses = [Proposal("", "", (), (doses[0], each)) for each in second]
    etas = draw_etas(model, 3, np.random.default_rng(1))
    ours = metric_draws(model, Metric.AUC_TOTAL, courses, {}, etas)
    plain = [course(model, p.doses, covariates={}) for p in courses]
    theirs = course_metrics(model, Metric.AUC_TOTAL, courses, plain, etas)
    assert ours == pytest.approx(theirs, rel=1e-6)
