"""Odds that several windows hold at once, against 10^5 patients computed one after another."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from test_plan_against_brute_force import OMEGA, belief_of, population, steady, window

from equipoise.courses import REACH, default_options, option_list, proposals_for
from equipoise.exposure import know
from equipoise.joint import combinations, read_limit, weigh_together
from equipoise.model import PlainDose, Residual, draw_etas
from equipoise.models import atg_thymoglobulin_linear, sirolimus_cheng2020, sirolimus_wu2012
from equipoise.plan import GateError, Proposal, area_unit, none_reaches, simulated, weigh
from equipoise.target import Limit, Metric
from small_models import CL, KA, V, bolus, oral
from small_records import daily, dose, record_of, value

N = 100_000
ORAL = oral(Residual(proportional=0.15), omega=OMEGA)
WU, ATG = sirolimus_wu2012.MODEL, atg_thymoglobulin_linear.MODEL
CAP = Limit("trough < 9 ng/mL", Metric.TROUGH, 0.0, 9.0, "ng/mL")


def near(ours: float, theirs: float, size: float) -> None:
    error = math.sqrt(max(theirs * (1.0 - theirs), 1e-4) * (1.0 / size + 1.0 / N))
    assert abs(ours - theirs) < 4.0 * error


def test_an_area_window_with_a_cap_on_the_trough() -> None:
    """Linear, one compartment with a depot: trough and area over an interval in closed form."""
    posterior = population(ORAL, 20000, 1)
    area = window(8.0, 14.0, Metric.AUC_INTERVAL, unit="ng.d/mL")
    windows = (area, CAP)
    proposals = [steady(a, interval=i) for a, i in ((2.0, 24.0), (3.0, 24.0), (1.5, 12.0))]
    tables = {w.metric: simulated([belief_of(posterior)], w.metric, proposals) for w in windows}
    options = weigh_together([belief_of(posterior)], windows, proposals, tables=tables)
    etas = draw_etas(ORAL, N, np.random.default_rng(2))
    cl, v = CL * np.exp(etas[:, 0]), V * np.exp(etas[:, 1])
    k = cl / v
    for option, (amount, tau) in zip(options, ((2.0, 24.0), (3.0, 24.0), (1.5, 12.0)), strict=True):
        over = 1000.0 * amount / cl / 24.0
        left = [np.exp(-rate * tau) / (1.0 - np.exp(-rate * tau)) for rate in (k, KA)]
        trough = 1000.0 * amount / v * KA / (KA - k) * (left[0] - left[1])
        good = (over >= 8.0) & (over <= 14.0)
        near(option.within, float(np.mean(good & (trough <= 9.0))), 20000)
        near(option.above, float(np.mean((over > 14.0) | (trough > 9.0))), 20000)
        assert option.below + option.within + option.above == pytest.approx(1.0)
        first, second = option.parts
        near(first.within, float(np.mean(good)), 20000)
        near(first.below, float(np.mean(over < 8.0)), 20000)
        near(first.above, float(np.mean(over > 14.0)), 20000)
        near(second.within, float(np.mean(trough <= 9.0)), 20000)
        assert second.below == 0.0
        assert option.exposure == first.exposure
        # Counted together: not the product, never more than the least of them.
        assert option.within <= min(first.within, second.within)
        expected = math.sqrt(option.within * (1.0 - option.within) / 20000)
        assert option.error == pytest.approx(max(expected, 0.5 / 20000), rel=1e-6)


def test_areas_before_and_after_the_graft() -> None:
    """Infusions across day 0, one compartment: every area from amounts and exponentials."""
    posterior = population(ATG, 20000, 3)
    doses = tuple(PlainDose(-72.0 + 24.0 * i, 90.0, "iv", 6.0) for i in range(4))
    proposal = Proposal("p", "p", (), doses)
    total = window(60.0, 200.0, Metric.AUC_TOTAL, agent="thymoglobulin", unit="AU.d/mL")
    after = window(0.0, 60.0, Metric.AUC_POST, agent="thymoglobulin", unit="AU.d/mL")
    windows = (total, after)
    tables = {w.metric: simulated([belief_of(posterior)], w.metric, [proposal]) for w in windows}
    (option,) = weigh_together([belief_of(posterior)], windows, [proposal], tables=tables)
    eta = draw_etas(ATG, N, np.random.default_rng(4))[:, 0]
    cl = 2.12 / 24.0 * np.exp(eta)
    k = cl / 7.84
    # What is in the body at the graft is still to be cleared; the last infusion starts then.
    body = sum(
        15.0 / k * (1.0 - np.exp(-k * 6.0)) * np.exp(-k * (0.0 - d.time - 6.0)) for d in doses[:3]
    )
    end = 100.0 * 24.0 + 6.0
    rest = body * np.exp(-k * end) + 15.0 / k * (1.0 - np.exp(-k * 6.0)) * np.exp(-k * (end - 6.0))
    whole = (360.0 - rest) / cl / 24.0
    later = (body + 90.0 - rest) / cl / 24.0
    near(option.within, float(np.mean((whole >= 60) & (whole <= 200) & (later <= 60))), 20000)
    near(option.parts[0].within, float(np.mean((whole >= 60) & (whole <= 200))), 20000)
    near(option.parts[1].within, float(np.mean(later <= 60)), 20000)


def test_one_window_twice_is_that_window() -> None:
    belief, target = belief_of(population(ORAL, 3000, 5)), window(5, 15)
    proposals = [steady(2.0), steady(4.0)]
    tables = {Metric.TROUGH: simulated([belief], Metric.TROUGH, proposals)}
    twice = weigh_together([belief], (target, target), proposals, tables=tables)
    once = weigh([belief], target, proposals, rng=np.random.default_rng(6))
    for a, b in zip(twice, once, strict=True):
        assert (a.within, a.error) == pytest.approx((b.within, b.error))
        assert (a.below, a.above) == pytest.approx((b.below, b.above))


def test_a_mixture_weighs_joint_odds() -> None:
    one = replace(population(ORAL, 4000, 7), ess=4000.0)
    other = population(oral(Residual(proportional=0.15), omega=4.0 * OMEGA), 4000, 8)
    windows = (window(5, 15), Limit("", Metric.AUC_INTERVAL, 0.0, 11.0, "ng.d/mL"))

    def odds(*beliefs: object) -> float:
        tables = {
            w.metric: simulated(beliefs, w.metric, [steady(2.0)])  # type: ignore[arg-type]
            for w in windows
        }
        (found,) = weigh_together(beliefs, windows, [steady(2.0)], tables=tables)  # type: ignore[arg-type]
        return found.within

    apart = [odds(belief_of(p)) for p in (one, other)]
    both = odds(belief_of(one, 0.3, "a"), belief_of(other, 0.7, "b"))
    assert both == pytest.approx(0.3 * apart[0] + 0.7 * apart[1], abs=1e-12)


# --- which windows go together ----------------------------------------------------------------


def test_windows_of_one_metric_stay_side_by_side() -> None:
    low, high = window(5, 10), window(8, 15)
    pre, post = window(50, math.inf, Metric.AUC_PRE), window(0, 12, Metric.AUC_POST)
    lower = window(0, 20, Metric.AUC_POST)
    assert combinations([low]) == ()
    assert combinations([low, high]) == ()
    assert combinations([low, high], [CAP]) == ((low, CAP), (high, CAP))
    assert combinations([pre, post, lower]) == ((pre, post), (pre, lower))
    assert combinations([low, post]) == ()


@pytest.mark.parametrize(
    ("text", "metric", "low", "high", "unit"),
    [
        ("trough < 15 ng/mL", Metric.TROUGH, 0.0, 15.0, "ng/mL"),
        ("steady-state trough <= 0.015 mg/L", Metric.TROUGH, 0.0, 15.0, "ng/mL"),
        ("AUC_interval<240 ng.h/mL", Metric.AUC_INTERVAL, 0.0, 10.0, "ng.d/mL"),
        ("AUC over one interval >= 5 ng.d/mL", Metric.AUC_INTERVAL, 5.0, math.inf, "ng.d/mL"),
        ("day_below_one < 10 d", Metric.DAY_BELOW_ONE, 0.0, 10.0, "d"),
    ],
)
def test_a_limit_is_read(text: str, metric: Metric, low: float, high: float, unit: str) -> None:
    found = read_limit(text, WU)
    assert (found.metric, found.unit) == (metric, unit)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.window.endswith("(set by the team)")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("trough 15 ng/mL", "a sign"),
        ("trough <", "a sign"),
        ("peak < 15 ng/mL", "knows no peak"),
        ("trough < 15 mg", "no conversion"),
        ("trough < 15", "the unit here is ng/mL"),
        ("trough < 0 ng/mL", "above 0"),
        ("trough < -3 ng/mL", "above 0"),
    ],
)
def test_a_limit_that_cannot_be_read(text: str, word: str) -> None:
    with pytest.raises(GateError, match=word):
        read_limit(text, WU)


def test_a_limit_asks_only_what_the_model_was_made_for() -> None:
    with pytest.raises(GateError, match=r"it knows trough$"):
        read_limit("auc_interval < 10 ng.d/mL", sirolimus_cheng2020.MODEL)


# --- through the lists --------------------------------------------------------------------------


def test_a_list_of_joint_odds_is_ordered_by_them() -> None:
    record = record_of(
        *daily(*["2 mg"] * 10), value("sirolimus", "5.2 ng/mL", 215.5),
        born="1980-01-01", indication="itp", t=216.5,
    )  # fmt: skip
    known = know(WU, record, 216.5, seed=1, draws=1000)
    target = window(5, 15)
    proposals = proposals_for(known, target)

    def asked(*also: Limit) -> object:
        return option_list(
            known, target, proposals, research=False, rng=np.random.default_rng(1), also=also
        )

    found = asked(CAP)
    odds = [o.within for o in found.options]  # type: ignore[attr-defined]
    assert odds == sorted(odds, reverse=True)
    assert found.together == (  # type: ignore[attr-defined]
        "steady-state trough 5-15 ng/mL", "steady-state trough below 9 ng/mL (set by the team)",
    )  # fmt: skip
    assert not found.none_reaches  # type: ignore[attr-defined]
    assert not none_reaches(found.options, REACH)  # type: ignore[attr-defined]
    tight = Limit("", Metric.TROUGH, 0.0, 5.2, "ng/mL")
    assert asked(tight).none_reaches  # type: ignore[attr-defined]
    other = asked(Limit("", Metric.AUC_POST, 0.0, 5.2, "ng.d/mL"))
    assert "not asked of one course" in other.refused  # type: ignore[attr-defined]
    assert other.options == ()  # type: ignore[attr-defined]


def test_an_assessment_shows_joint_odds_beside_the_single_ones() -> None:
    events = [dose(-72.0 + 24.0 * i, "90 mg", agent="thymoglobulin", route="iv", duration="6 h")
              for i in range(2)]  # fmt: skip
    events += [
        dose(-24.0 + 24.0 * i, "90 mg", agent="thymoglobulin", route="iv", duration="6 h",
             known=-50.0, status="planned")
        for i in range(2)
    ]  # fmt: skip
    record = record_of(*events, value("weight", "70 kg", -80.0), born="1980-01-01", t=-40.0)
    known = know(ATG, record, -40.0, seed=1, draws=500)
    more = {"agent": "thymoglobulin", "analyte": "atg_active_au", "unit": "AU.d/mL"}
    pre = window(50, math.inf, Metric.AUC_PRE, **more)
    post = [window(0, high, Metric.AUC_POST, **more) for high in (12, 20)]
    found = default_options(known, (pre, *post), (), research=True, rng=np.random.default_rng(1))
    single, joint = [f for f in found if not f.together], [f for f in found if f.together]
    assert len(single) == 3
    assert [f.together[1] for f in joint] == [
        "AUC after the graft below 12 AU.d/mL", "AUC after the graft below 20 AU.d/mL",
    ]  # fmt: skip
    alone = {o.id: o for o in single[0].options}
    for option in joint[0].options:
        assert option.parts[0].within == pytest.approx(alone[option.id].within)
    closed = default_options(known, (pre, *post), (), research=False, rng=np.random.default_rng(1))
    assert not [f for f in closed if f.together]


def test_two_windows_with_aims_of_their_own_keep_their_own_courses() -> None:
    """The dose that brings the median to an aim differs from window to window."""
    model = bolus(Residual(additive=6.0, proportional=0.05), omega=0.2)
    events = [dose(0.0, "10 mg", route="iv")]
    events += [dose(24.0 * i, "10 mg", route="iv", known=1.0, status="planned")
               for i in (1, 2)]  # fmt: skip
    record = record_of(*events, value("weight", "70 kg", 0.0), born="1980-01-01", t=12.0)
    known = know(model, record, 12.0, seed=1, draws=1000)
    middle = float(np.median(simulated(known.beliefs, Metric.AUC_CUMULATIVE,
                                       [Proposal("", "", (), known.all_doses)])[0]))  # fmt: skip
    observation = model.observations[0]
    more = {"agent": model.agent, "analyte": observation.analyte, "unit": area_unit(observation)}
    pair = [
        window(0.8 * m * middle, 1.2 * m * middle, Metric.AUC_CUMULATIVE, **more)
        for m in (0.8, 1.2)
    ]
    for one in default_options(known, pair, (), research=True, rng=np.random.default_rng(1)):
        assert one.target is not None
        aimed = next(o for o in one.options if o.id == "aimed")
        aim = 0.5 * (one.target.low + one.target.high)
        assert aimed.exposure[2] == pytest.approx(aim, rel=1e-6)
