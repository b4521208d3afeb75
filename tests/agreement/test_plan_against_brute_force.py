"""Odds, areas, interactions and the next sample against slow, obvious computations."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import logsumexp

from equipoise.assessment import QUANTILES, Option
from equipoise.courses import REACH, answer_request, default_options, proposals_for
from equipoise.decision import Candidate, Request, Scenario
from equipoise.exposure import Known, know, pooled, trough_proposal
from equipoise.fit import Posterior, fit
from equipoise.mode import Mode
from equipoise.model import Array, Model, PlainDose, Residual, course, draw_etas, simulate
from equipoise.models import atg_thymoglobulin_linear, sirolimus_wu2012
from equipoise.plan import (
    AREA_HORIZON,
    Belief,
    Proposal,
    metric_draws,
    mixture_quantiles,
    next_sample,
    none_reaches,
    weigh,
)
from equipoise.source import Source, Standing
from equipoise.target import Metric, Target
from equipoise.triage import near_infusion
from small_models import CL, KA, V, bolus, bolus_level, oral, subject
from small_records import daily, dose, record_of, value

OMEGA = np.array([[0.16, 0.04], [0.04, 0.09]])
ORAL = oral(Residual(proportional=0.15), omega=OMEGA)
WU, ATG = sirolimus_wu2012.MODEL, atg_thymoglobulin_linear.MODEL


def window(low: float, high: float, metric: Metric = Metric.TROUGH, **more: Any) -> Target:
    shared: dict[str, Any] = {
        "id": f"w{low:g}_{high:g}", "agent": "sirolimus", "analyte": "sirolimus",
        "metric": metric, "low": low, "high": high, "unit": "ng/mL", "indications": (),
        "platforms": (), "ages": (0.0, math.inf), "line": "", "source": Source("tests"),
        "standing": Standing.PUBLISHED, "evidence": None, "era": "",
        "reviewed_on": date(2025, 1, 1), "because": "",
    }  # fmt: skip
    return Target(**{**shared, **more})


def steady(amount: float, *, interval: float = 24.0, factor: float = 1.0) -> Proposal:
    given = PlainDose(0.0, amount, "oral", interval=interval, steady=1)
    return Proposal(f"{amount:g}", f"{amount:g} mg", (), (given,), factor)


def belief_of(posterior: Posterior, weight: float = 1.0, label: str = "m") -> Belief:
    return Belief(label, posterior, {}, weight)


def population(model: Model, n: int, seed: int) -> Posterior:
    some = PlainDose(0.0, 1.0, next(iter(model.routes)))
    return fit(model, subject(model, [some], []), n=n, rng=np.random.default_rng(seed))


def bateman(amount: float, hours: Array, cl: Array, v: Array) -> Array:
    k = cl / v
    return np.asarray(
        1000.0 * amount / v * KA / (KA - k) * (np.exp(-k * hours) - np.exp(-KA * hours))
    )


def explicit_trough(amount: float, cl: Array, v: Array, *, interval: float = 24.0) -> Array:
    """Eighty doses, one after another, read before the next."""
    total = np.zeros_like(cl)
    for i in range(1, 81):
        total += bateman(amount, np.full_like(cl, i * interval), cl, v)
    return total


def odds(values: Array, weights: Array, target: Target) -> tuple[float, float, float]:
    below = float(weights @ (values < target.low))
    above = float(weights @ (values > target.high))
    return below, 1.0 - below - above, above


def close(option: Option, expected: tuple[float, float, float], size: float) -> None:
    for ours, theirs in zip((option.below, option.within, option.above), expected, strict=True):
        error = math.sqrt(max(theirs * (1.0 - theirs), 1e-4) / size)
        assert abs(ours - theirs) < 4.0 * error


# --- odds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [window(5, 15), window(0, 8), window(10, math.inf)])
def test_odds_of_a_linear_model_before_levels(target: Target) -> None:
    proposals = [steady(a) for a in (1.0, 3.0, 6.0)]
    proposals.append(steady(3.0, interval=12.0))
    proposals.append(steady(3.0, factor=0.4))
    options = weigh(
        [belief_of(population(ORAL, 5000, 1))], target, proposals, rng=np.random.default_rng(2)
    )
    etas = draw_etas(ORAL, 20000, np.random.default_rng(3))
    cl, v = CL * np.exp(etas[:, 0]), V * np.exp(etas[:, 1])
    equal = np.full(20000, 1.0 / 20000)
    for option, amount, interval, factor in zip(
        options, (1, 3, 6, 3, 3), (24, 24, 24, 12, 24), (1, 1, 1, 1, 0.4), strict=True
    ):
        values = explicit_trough(amount, factor * cl, v, interval=interval)
        close(option, odds(values, equal, target), 5000 * 20000 / 25000)
        np.testing.assert_allclose(option.exposure, np.quantile(values, QUANTILES), rtol=0.06)
        assert option.below + option.within + option.above == pytest.approx(1.0)


def test_odds_of_a_linear_model_after_levels() -> None:
    given = [PlainDose(24.0 * i, 3.0, "oral") for i in range(3)]
    measured = [(23.5, 9.0), (71.5, 14.0)]
    posterior = fit(ORAL, subject(ORAL, given, measured), n=5000, rng=np.random.default_rng(4))
    target = window(10, 15)
    options = weigh(
        [belief_of(posterior)], target, [steady(a) for a in (2.0, 3.0, 4.0)],
        rng=np.random.default_rng(5),
    )  # fmt: skip
    # Brute force: the population, weighted by what it says about the levels.
    etas = draw_etas(ORAL, 60000, np.random.default_rng(6))
    cl, v = CL * np.exp(etas[:, 0]), V * np.exp(etas[:, 1])
    log_weight = np.zeros(len(cl))
    for at, y in measured:
        f = sum(bateman(3.0, np.full_like(cl, at - d.time), cl, v) for d in given if d.time < at)
        log_weight += stats.norm.logpdf(y, f, 0.15 * f)
    weights = np.exp(log_weight - logsumexp(log_weight))
    size = min(1.0 / float(np.sum(weights**2)), posterior.ess, 5000.0) / 2.0
    assert size > 500
    for option, amount in zip(options, (2.0, 3.0, 4.0), strict=True):
        close(option, odds(explicit_trough(amount, cl, v), weights, target), size)


def test_odds_of_an_integrated_model() -> None:
    """Steady state found by the engine against a hundred doses, and three lanes by scipy."""
    target = window(3, 8)
    posterior = population(WU, 2000, 7)
    options = weigh(
        [belief_of(posterior)], target, [steady(2.0), steady(4.0)], rng=np.random.default_rng(8)
    )
    etas = draw_etas(WU, 3000, np.random.default_rng(9))
    for option, amount in zip(options, (2.0, 4.0), strict=True):
        train = PlainDose(0.0, amount, "oral", 0.0, 24.0, 99)
        what = course(WU, [train], covariates={})
        values = simulate(WU, [what], np.array([2400.0]), etas=etas).values["sirolimus"][0, :, 0]
        close(option, odds(values, np.full(3000, 1 / 3000), target), 2000 * 3000 / 5000)
    for i in range(3):
        cl, v1, q, v2 = np.array([12.9, 53.4, 29.0, 611.0]) * np.exp(etas[i])

        def rates(t: float, x: Array, p: tuple[float, ...] = (cl, v1, q, v2)) -> list[float]:
            gut = 4.56 * x[0] / (13.8 + x[0])
            out = p[2] * (x[1] / p[1] - x[2] / p[3])
            return [-gut, gut - p[0] / p[1] * x[1] - out, out]

        x = np.zeros(3)
        for _ in range(100):
            x[0] += 4.0
            day = integrate.solve_ivp(rates, (0, 24), x, method="LSODA", rtol=1e-8, atol=1e-9)
            x = day.y[:, -1]
        assert values[i] == pytest.approx(1000.0 * x[1] / v1, rel=1e-4)


def test_a_mixture_weighs_odds_not_parameters() -> None:
    low = replace(population(ORAL, 4000, 10), ess=4000.0)
    other = oral(Residual(proportional=0.15), omega=4.0 * OMEGA)
    high = population(other, 4000, 11)
    target = window(5, 15)
    rng = np.random.default_rng(12)
    alone = [weigh([belief_of(p)], target, [steady(3.0)], rng=rng)[0] for p in (low, high)]
    (both,) = weigh(
        [belief_of(low, 0.3, "a"), belief_of(high, 0.7, "b")], target, [steady(3.0)], rng=rng
    )
    for name in ("below", "within", "above"):
        expected = 0.3 * getattr(alone[0], name) + 0.7 * getattr(alone[1], name)
        assert getattr(both, name) == pytest.approx(expected, abs=1e-12)
    assert any("candidates differ on the odds within: a " in note for note in both.notes)
    # A finite number of draws proves nothing certain, here neither.
    typical = replace(high, draws=0.0 * high.draws)
    (one,) = weigh(
        [belief_of(low, 0.3, "a"), belief_of(typical, 0.7, "b")],
        replace(target, low=alone[0].exposure[2], high=1e6), [steady(3.0)], rng=rng,
    )  # fmt: skip
    (said,) = one.notes
    assert said.endswith((", b <1 %", ", b >99 %"))
    # Quantiles of the mixture are where its odds say.
    assert mixture_quantiles([np.zeros(10), np.ones(90)], np.array([0.5, 0.5]))[1] == 0.0
    assert mixture_quantiles([np.zeros(10), np.ones(90)], np.array([0.5, 0.5]))[3] == 1.0


def certain(model: Model, n: int) -> Posterior:
    mode = Mode(np.zeros(2), 0.0, 0.0, 0.0, True)
    return Posterior(model, mode, np.zeros((n, 2)), float(n), 0.0, "importance", 0.0)


@pytest.mark.parametrize(
    "residual", [Residual(proportional=0.2), Residual(additive=2.0), Residual(log=0.2)]
)
def test_measured_odds_add_the_residual_error(residual: Residual) -> None:
    model = oral(residual, omega=OMEGA)
    target = window(5, 8)
    (option,) = weigh(
        [belief_of(certain(model, 20000))], target, [steady(3.0)], rng=np.random.default_rng(13)
    )
    f = float(explicit_trough(3.0, np.array([CL]), np.array([V]))[0])
    assert option.within == float(5.0 <= f <= 8.0)
    if residual.log:
        law = stats.norm(np.log(f), 0.2)
        exact = law.cdf(np.log(8.0)) - law.cdf(np.log(5.0))
    else:
        law = stats.norm(f, float(np.sqrt(residual.variance(np.array([f]))[0])))
        exact = law.cdf(8.0) - law.cdf(5.0)
    assert option.measured_within == pytest.approx(exact, abs=4 * math.sqrt(0.25 / 20000))


def test_the_ends_of_a_window_belong_to_it() -> None:
    f = float(metric_draws(ORAL, Metric.TROUGH, [steady(3.0)], {}, np.zeros((1, 2)))[0, 0])
    rng = np.random.default_rng(14)
    for low, high, within in ((f, 99.0, 1.0), (0.0, f, 1.0), (f * 1.001, 99.0, 0.0)):
        (option,) = weigh(
            [belief_of(certain(ORAL, 100))], window(low, high), [steady(3.0)], rng=rng
        )
        assert option.within == within


def test_no_course_no_options() -> None:
    assert weigh([], window(5, 15), [], rng=np.random.default_rng(0)) == ()


def option_with(within: float) -> Option:
    return Option("a", "a", (), "", (), 1.0 - within, within, 0.0, 0.0, 0.0)


def test_none_reaches_on_both_sides_of_the_line() -> None:
    assert none_reaches([option_with(0.1), option_with(0.4999)], REACH)
    assert not none_reaches([option_with(0.1), option_with(0.5)], REACH)
    assert none_reaches([], REACH)


# --- areas ------------------------------------------------------------------------------------


def infusion_level(
    t: float, begin: float, amount: float, duration: float, cl: float, v: float
) -> float:
    """Concentration of one zero-order infusion into one compartment."""
    if t <= begin:
        return 0.0
    k, rate = cl / v, amount / duration
    inside = min(t - begin, duration)
    return rate / cl * (1.0 - math.exp(-k * inside)) * math.exp(-k * (t - begin - inside))


def test_areas_are_split_at_the_graft_by_the_hour() -> None:
    """One infusion runs across day 0; each side by quadrature of the closed form."""
    doses = ((-72.0, 100.0, 6.0), (-26.0, 80.0, 12.0), (-3.0, 60.0, 8.0))
    proposal = Proposal("p", "p", (), tuple(PlainDose(t, a, "iv", d) for t, a, d in doses))
    etas = np.array([[0.0], [0.5], [-0.6]])
    found = {
        m: metric_draws(ATG, m, [proposal], {}, etas)[0]
        for m in (Metric.AUC_PRE, Metric.AUC_POST, Metric.AUC_TOTAL)
    }
    edges = sorted({e for t, _, d in doses for e in (t, t + d)} | {0.0, 5.0 + AREA_HORIZON})
    for i, eta in enumerate(etas[:, 0]):
        cl = 2.12 / 24.0 * math.exp(eta)

        def level(t: float, cl: float = cl) -> float:
            return sum(infusion_level(t, b, a, d, cl, 7.84) for b, a, d in doses)

        before = after = 0.0
        for low, high in pairwise(edges):
            area = integrate.quad(level, low, high, epsabs=1e-10, limit=200)[0] / 24.0
            before, after = (before + area, after) if high <= 0.0 else (before, after + area)
        assert found[Metric.AUC_PRE][i] == pytest.approx(before, rel=1e-6)
        assert found[Metric.AUC_POST][i] == pytest.approx(after, rel=1e-6)
        assert found[Metric.AUC_TOTAL][i] == pytest.approx(before + after, rel=1e-6)
        # Nothing is lost at the horizon: dose / clearance.
        assert before + after == pytest.approx(240.0 / cl / 24.0, rel=1e-3)


def test_doses_after_the_graft_leave_nothing_before_it() -> None:
    late = Proposal("p", "p", (), (PlainDose(10.0, 50.0, "iv", 6.0),))
    assert metric_draws(ATG, Metric.AUC_PRE, [late], {}, np.zeros((2, 1))).tolist() == [[0.0, 0.0]]


def test_no_dose_at_all_is_no_area() -> None:
    empty = Proposal("p", "p", (), ())
    assert metric_draws(ATG, Metric.AUC_TOTAL, [empty], {}, np.zeros((1, 1)))[0, 0] == 0.0


# --- interactions -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adult() -> Known:
    record = record_of(
        *daily(*["2 mg"] * 10), value("sirolimus", "5.2 ng/mL", 215.5),
        born="1980-01-01", indication="itp", t=216.5,
    )  # fmt: skip
    return know(WU, record, 216.5, seed=1, draws=1000)


def scenario(ratio: float, of: str, **more: Any) -> Scenario:
    shared: dict[str, Any] = {
        "id": "azole", "label": "with an azole", "ratio": ratio, "start": 216.5,
        "source": Source("tests"), "standing": Standing.PUBLISHED, "of": of,
    }  # fmt: skip
    return Scenario(**{**shared, **more})


def asked(known: Known, what: Scenario, target: Target, **more: Any) -> dict[str, Option]:
    request = Request(
        "sirolimus",
        (
            Candidate("same", "same dose", 1.0), Candidate("hold", "hold", 0.0),
            Candidate("azole", "same dose", 1.0, scenario="azole"),
            Candidate("half", "half", 0.5, scenario="azole"),
        ),
        (what,),
        horizon=72.0,
    )  # fmt: skip
    (found,) = answer_request(
        known, request, [target], decision="d", research=False, rng=np.random.default_rng(1), **more
    )
    return {o.id: o for o in found.options}


def test_a_ratio_of_areas_divides_the_clearance(adult: Known) -> None:
    found = asked(adult, scenario(4.0, "auc"), window(5, 15))
    slow = trough_proposal(adult, 1.0, id="x", label="x", factor=0.25)
    tables = [
        metric_draws(WU, Metric.TROUGH, [slow], {}, b.posterior.draws)[0] for b in adult.beliefs
    ]
    weights = np.array([b.weight for b in adult.beliefs])
    np.testing.assert_allclose(found["azole"].exposure, mixture_quantiles(tables, weights))
    # Over one interval at steady state the area is dose / clearance: four times as large.
    etas = np.median(pooled(adult), axis=0)[None, :]
    areas = []
    for factor in (1.0, 0.25):
        train = PlainDose(0.0, 2.0, "oral", interval=24.0, steady=1)
        what = course(WU, [train], covariates={"clearance_factor": factor})
        area = simulate(WU, [what], np.array([0.0, 24.0]), etas=etas).areas["sirolimus"][0, 0]
        areas.append(area[1] - area[0])
    assert areas[1] / areas[0] == pytest.approx(4.0, rel=1e-4)
    # A trough moves more than the area does.
    assert found["azole"].exposure[2] / found["same"].exposure[2] > 4.0
    assert found["half"].exposure[2] < found["azole"].exposure[2]


@pytest.mark.parametrize("ratio", [0.15, 0.5, 2.0, 8.0])
def test_a_ratio_of_troughs_is_reproduced_at_the_median(adult: Known, ratio: float) -> None:
    """With every draw at the median patient, the option is that patient."""
    middle = np.median(pooled(adult), axis=0)
    posterior = adult.beliefs[0].posterior
    still = replace(posterior, draws=np.tile(middle, (len(posterior.draws), 1)))
    known = replace(adult, beliefs=(replace(adult.beliefs[0], posterior=still, weight=1.0),))
    found = asked(known, scenario(ratio, "trough"), window(5, 15))
    assert found["azole"].exposure[2] / found["same"].exposure[2] == pytest.approx(ratio, rel=1e-3)
    # The area's factor would move the trough by more.
    area = asked(known, scenario(ratio, "auc"), window(5, 15))["azole"].exposure[2]
    assert abs(math.log(area / found["same"].exposure[2])) > abs(math.log(ratio))


def test_holding_reads_what_is_left_at_the_horizon(adult: Known) -> None:
    found = asked(adult, scenario(4.0, "auc"), window(5, 15))["hold"]
    what = course(WU, [PlainDose(24.0 * i, 2.0, "oral") for i in range(10)], covariates={})
    tables = [
        simulate(WU, [what], np.array([216.5 + 72.0]), etas=b.posterior.draws).values["sirolimus"][
            0, :, 0
        ]
        for b in adult.beliefs
    ]
    weights = np.array([b.weight for b in adult.beliefs])
    np.testing.assert_allclose(found.exposure, mixture_quantiles(tables, weights), rtol=1e-4)


def test_an_interaction_acts_on_remaining_doses_from_its_start(atg: Known) -> None:
    what = scenario(2.0, "auc", start=0.0)
    target = window(60, 95, Metric.AUC_POST, unit="AU.d/mL", agent="thymoglobulin",
                    analyte="atg_active_au")  # fmt: skip
    request = Request(
        "thymoglobulin", (Candidate("a", "as planned", 1.0, scenario="azole"),), (what,)
    )
    (found,) = answer_request(
        atg, request, [target], decision="d", research=True, rng=np.random.default_rng(1)
    )
    doses = atg.all_doses
    plain, slowed = (
        metric_draws(
            ATG, Metric.AUC_POST, [Proposal("p", "p", (), doses, f)], {},
            atg.beliefs[0].posterior.draws,
        )[0]
        for f in (1.0, ((-96.0, 1.0), (0.0, 0.5)))
    )  # fmt: skip
    assert np.all(slowed > 1.5 * plain)
    np.testing.assert_allclose(found.options[0].exposure, np.quantile(slowed, QUANTILES))


# --- the next sample --------------------------------------------------------------------------


def test_the_next_sample_against_nested_simulation() -> None:
    """One eta: every result that could come, its posterior by quadrature, the SD that remains."""
    model = bolus(Residual(additive=6.0, proportional=0.05), omega=0.2)
    posterior = population(model, 6000, 20)
    given = [PlainDose(0.0, 10.0, "iv")]
    times = [0.5, 4.0, 14.0, 60.0]
    metric = 10.0 / (CL * np.exp(posterior.draws[:, 0]))
    found = next_sample(
        belief_of(posterior), given, metric, times, turnaround=6.0,
        rng=np.random.default_rng(21), simulated=1500,
    )  # fmt: skip
    assert all(s.result_at == s.at + 6.0 for s in found)
    assert [s.gain for s in found] == sorted((s.gain for s in found), reverse=True)
    grid = np.linspace(-2.5, 2.5, 2001)
    prior = stats.norm.pdf(grid, 0.0, math.sqrt(0.2))
    area = 10.0 / (CL * np.exp(grid))
    rng = np.random.default_rng(22)

    def spread(density: Array) -> float:
        weights = density / density.sum()
        return float(np.sqrt(weights @ area**2 - (weights @ area) ** 2))

    gains = {}
    for at in times:
        f = bolus_level(10.0, at, CL * np.exp(grid), V)
        sd = np.hypot(6.0, 0.05 * f)
        left = []
        # Stratified truths: the tail of a log-normal would be noise otherwise.
        for u in (np.arange(400) + 0.5) / 400:
            eta = math.sqrt(0.2) * float(stats.norm.ppf(u))
            truth = float(bolus_level(10.0, at, CL * math.exp(eta), V))
            y = truth + math.hypot(6.0, 0.05 * truth) * rng.normal()
            left.append(spread(prior * stats.norm.pdf(y, f, sd)) ** 2)
        gains[at] = 1.0 - math.sqrt(float(np.mean(left))) / spread(prior)
    assert [s.at for s in found] == sorted(gains, key=lambda at: -gains[at])
    for sample in found:
        assert sample.gain == pytest.approx(gains[sample.at], abs=0.05)


def test_a_result_is_not_explained_by_the_draw_that_made_it() -> None:
    """Few draws and a precise assay of something unrelated: no gain may appear from nothing."""
    model = bolus(Residual(additive=0.01), omega=np.diag([0.2, 0.2]))
    posterior = population(model, 300, 23)
    unrelated = np.random.default_rng(24).standard_normal(300)
    (found,) = next_sample(
        belief_of(posterior), [PlainDose(0.0, 10.0, "iv")], unrelated, [5.0], turnaround=0.0,
        rng=np.random.default_rng(25),
    )  # fmt: skip
    assert found.gain < 0.05
    constant = np.ones(300)
    assert next_sample(
        belief_of(posterior), [PlainDose(0.0, 10.0, "iv")], constant, [5.0], turnaround=0.0,
        rng=np.random.default_rng(25),
    ) == ()  # fmt: skip


@pytest.fixture(scope="module")
def atg() -> Known:
    more: dict[str, Any] = {"agent": "thymoglobulin", "route": "iv", "duration": "6 h"}
    events = [
        dose(-96.0, "100 mg", **more), dose(-72.0, "100 mg", **more),
        dose(-48.0, "100 mg", known=-100.0, status="planned", **more),
        dose(-24.0, "100 mg", known=-100.0, status="planned", **more),
    ]  # fmt: skip
    record = record_of(*events, born="1980-01-01", platform="adult_unrelated", t=-70.0)
    return know(ATG, record, -70.0, seed=1, draws=500)


def test_samples_are_drawn_off_infusion_and_known_before_the_last_change(atg: Known) -> None:
    target = window(60, 95, Metric.AUC_POST, unit="AU.d/mL", agent="thymoglobulin",
                    analyte="atg_active_au")  # fmt: skip
    (found,) = default_options(atg, [target], (), research=True, rng=np.random.default_rng(1))
    assert found.last_changeable == -24.0
    assert found.next_samples
    for sample in found.next_samples:
        assert atg.t < sample.at
        assert sample.result_at <= -24.0
        assert not near_infusion(sample.at, atg.all_doses)


def test_options_come_best_first_and_sum_to_one(adult: Known) -> None:
    (found,) = default_options(
        adult, [window(5, 15)], (), research=False, rng=np.random.default_rng(1)
    )
    assert len(found.options) == len(proposals_for(adult, window(5, 15)))
    within = [round(o.within, 3) for o in found.options]
    assert within == sorted(within, reverse=True)
    assert not found.none_reaches
    for o in found.options:
        assert o.below + o.within + o.above == pytest.approx(1.0)
        assert list(o.exposure) == sorted(o.exposure)
    (far,) = default_options(
        adult, [window(5000, 6000)], (), research=False, rng=np.random.default_rng(1)
    )
    assert far.none_reaches
