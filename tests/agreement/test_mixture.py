"""Mixtures of models: weights by quadrature, odds as weighted sums, and what may be mixed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from test_plan_against_brute_force import window

from equipoise import models
from equipoise.assessment import NextSample, OptionList
from equipoise.courses import option_list, proposals_for
from equipoise.exposure import Known, know
from equipoise.fit import FLOOR
from equipoise.mixture import Mixture, MixtureError, mixed_list, mixture, unlike, with_spread
from equipoise.model import Model, Purpose, Reading, Residual
from equipoise.nextdraw import flipped
from equipoise.source import Standing
from equipoise.target import Limit, Metric
from small_models import CL, V, bolus
from small_records import dose, record_of, value

LEVELS = ((8.0, 70.0), (20.0, 30.0), (44.0, 55.0))
OMEGA, ERROR = 0.2, 0.15


def candidate(id: str, clearance: float, **more: Any) -> Model:
    model = bolus(Residual(proportional=ERROR), omega=OMEGA)
    cl = replace(model.thetas["CL"], number=clearance)
    return replace(model, id=id, thetas={**model.thetas, "CL": cl}, **more)


def known_of(model: Model, levels: int = 3, draws: int = 4000) -> Known:
    events = [dose(at, "5 mg", route="iv") for at in (0.0, 24.0)]
    events += [
        dose(at, "5 mg", route="iv", known=1.0, status="planned") for at in (48.0, 72.0, 96.0)
    ]
    events += [value("sirolimus", f"{y} ng/mL", at) for at, y in LEVELS[:levels]]
    record = record_of(*events, born="1980-01-01", t=45.0)
    return know(model, record, 45.0, seed=3, draws=draws)


def predicted(clearance: float, eta: float, at: float) -> float:
    k = clearance * math.exp(eta) / V
    return sum(100.0 * math.exp(-k * (at - d)) for d in (0.0, 24.0) if d < at)


def density(clearance: float, levels: int, omega: float = OMEGA) -> float:
    """Density of the levels, integrated over the one eta."""

    def joint(eta: float) -> float:
        found = float(stats.norm.pdf(eta, 0.0, math.sqrt(omega)))
        for at, y in LEVELS[:levels]:
            f = predicted(clearance, eta, at)
            found *= float(stats.norm.pdf(y, f, ERROR * f))
        return found

    return float(integrate.quad(joint, -4.0, 4.0, epsabs=0.0, epsrel=1e-10, limit=400)[0])


@pytest.mark.parametrize("levels", [2, 3])
def test_weights_are_those_of_predictive_densities(levels: int) -> None:
    typical = (CL, 0.6 * CL, 1.7 * CL)
    found = mixture([known_of(candidate(f"m{i}", c), levels) for i, c in enumerate(typical)])
    exact = np.array([density(c, levels) for c in typical])
    np.testing.assert_allclose(np.exp(found.evidence), exact, rtol=0.05)
    assert found.levels == levels
    assert found.prior == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    shares = exact / exact.sum()
    low = shares < FLOOR
    expected = np.where(low, FLOOR, (1.0 - FLOOR * low.sum()) * shares / shares[~low].sum())
    np.testing.assert_allclose(found.weights, expected, atol=0.02)


def test_two_readings_share_the_weight_of_their_model() -> None:
    other = Reading("wide", ((4.0 * OMEGA,),))
    two = candidate("two", CL, other_readings=(other,))
    found = mixture([known_of(two), known_of(candidate("one", 0.8 * CL))])
    exact = 0.5 * (density(CL, 3) + density(CL, 3, 4.0 * OMEGA))
    assert math.exp(found.evidence[0]) == pytest.approx(exact, rel=0.05)
    assert sum(b.weight for b in found.whole.beliefs[:2]) == pytest.approx(found.weights[0])
    assert sum(b.weight for b in found.whole.beliefs) == pytest.approx(1.0)


@pytest.mark.parametrize("levels", [0, 1])
def test_weights_stay_equal_until_two_levels(levels: int) -> None:
    found = mixture([known_of(candidate(n, c), levels) for n, c in (("a", CL), ("b", 3.0 * CL))])
    assert found.weights == found.prior == (0.5, 0.5)
    assert any("fewer than two levels" in c for c in found.cautions)


def test_different_levels_are_not_compared() -> None:
    first = known_of(candidate("a", CL))
    second = known_of(candidate("b", 3.0 * CL))
    less = replace(second, judged=second.judged[:2])
    found = mixture([first, less])
    assert found.weights == (0.5, 0.5)
    assert any("a 3, b 2" in c for c in found.cautions)


def stream(name: str) -> np.random.Generator:
    return np.random.default_rng(sum(map(ord, name)))


def mixed() -> Mixture:
    return mixture([known_of(candidate("a", CL)), known_of(candidate("b", 0.7 * CL))])


AREA = window(100.0, 180.0, Metric.AUC_TOTAL, unit="ng.d/mL")
POST = Limit("", Metric.AUC_POST, 0.0, 170.0, "ng.d/mL")


@pytest.mark.parametrize("windows", [(AREA,), (AREA, POST)])
def test_odds_are_the_weighted_sums(windows: tuple[Any, ...]) -> None:
    found = mixed()
    answer = mixed_list(found, windows, None, research=False, rng=stream)
    assert answer.options
    assert answer.model == "a and b"
    for option in answer.options:
        assert [u.model for u in option.under] == ["a", "b"]
        for name in ("below", "within", "above"):
            total = sum(u.weight * getattr(u, name) for u in option.under)
            assert getattr(option, name) == pytest.approx(total, abs=1e-12)
    odds = [round(o.within, 3) for o in answer.options]
    assert odds == sorted(odds, reverse=True)
    assert any("a 50 % before" in c for c in answer.cautions)


def test_the_mixture_against_patients_of_both_kinds() -> None:
    """10^5 patients a candidate, weighted by what they say of the levels."""
    found = mixed()
    answer = mixed_list(found, (AREA,), None, research=False, rng=stream)
    planned = next(o for o in answer.options if o.label == "as planned")
    rng = np.random.default_rng(5)
    share = 0.0
    for weight, clearance in zip(found.weights, (CL, 0.7 * CL), strict=True):
        eta = math.sqrt(OMEGA) * rng.standard_normal(100_000)
        log = np.zeros(len(eta))
        for at, y in LEVELS:
            k = clearance * np.exp(eta) / V
            f = sum(100.0 * np.exp(-k * (at - d)) for d in (0.0, 24.0) if d < at)
            log += stats.norm.logpdf(y, f, ERROR * f)
        w = np.exp(log - log.max())
        area = 1000.0 * 25.0 / (clearance * np.exp(eta)) / 24.0
        share += weight * float(w @ ((area >= 100.0) & (area <= 180.0))) / float(w.sum())
    assert planned.within == pytest.approx(share, abs=0.04)


# --- the next sample ----------------------------------------------------------------------------


def test_gains_are_weighted_means_and_a_flip_is_said() -> None:
    found = mixed()
    answer = mixed_list(found, (AREA,), None, research=False, rng=stream)
    assert answer.next_samples
    gains = [s.gain for s in answer.next_samples]
    assert gains == sorted(gains, reverse=True)
    early, late = NextSample(1.0, 0.3, 2.0, ""), NextSample(5.0, 0.2, 6.0, "")
    assert flipped([("a", [early, late]), ("b", [early])], ["t1", "t1"]) == ""
    said = flipped([("a", [early, late]), ("b", [late, early])], ["noon", "night"])
    assert said.endswith("a noon; b night")


# --- what may be mixed --------------------------------------------------------------------------


def different(**more: Any) -> Model:
    return candidate("other", CL, **more)


def observed(**more: Any) -> Model:
    model = candidate("other", CL)
    return replace(model, observations=(replace(model.observations[0], **more),))


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (different(agent="everolimus"), "agent"),
        (different(dose_unit="ug"), "dose unit"),
        (different(population_class="child"), "population"),
        (observed(analyte="everolimus"), "analyte"),
        (observed(matrix="plasma"), "matrix"),
        (observed(assay="immunoassay"), "assay"),
        (different(routes={"oral": 0}), "no route"),
        (different(purposes=frozenset({Purpose.LOADING})), "different questions"),
    ],
)
def test_unlike_models_are_not_mixed(other: Model, word: str) -> None:
    one = candidate("one", CL)
    seen = replace(one.observations[0], matrix="whole blood", assay="LC-MS/MS")
    one = replace(one, observations=(seen,), purposes=frozenset({Purpose.AUC}))
    assert word in unlike(one, other)
    assert word in unlike(other, one)
    assert unlike(one, candidate("same", 2.0 * CL)) == ""


def test_a_mixture_needs_two() -> None:
    known = known_of(candidate("a", CL), 0, 500)
    with pytest.raises(MixtureError, match="two different models"):
        mixture([known])
    with pytest.raises(MixtureError, match="two different models"):
        mixture([known, known])


def test_unlike_is_symmetric_over_the_shelf() -> None:
    for one in models.ALL:
        assert unlike(one, one) == ""
        for other in models.ALL:
            assert bool(unlike(one, other)) == bool(unlike(other, one))


@pytest.mark.parametrize("weak", [Standing.PROVISIONAL, Standing.HYPOTHESIS])
def test_one_weak_candidate_closes_the_gate(weak: Standing) -> None:
    found = mixture([
        known_of(candidate("a", CL), 0, 500),
        known_of(candidate("b", CL, standing=weak), 0, 500),
    ])  # fmt: skip
    closed = mixed_list(found, (AREA,), None, research=False, rng=stream)
    assert (closed.options, closed.next_samples, closed.weight_ranges) == ((), (), ())
    assert "b is" in closed.refused
    assert closed.standing is weak
    opened = mixed_list(found, (AREA,), None, research=True, rng=stream)
    assert opened.options
    assert opened.watermark


def test_side_by_side_lists_say_how_far_they_are_apart() -> None:
    members = [known_of(candidate(n, c), 3, 1000) for n, c in (("a", CL), ("b", 0.7 * CL))]
    lists: list[OptionList] = [list_of(m) for m in members]
    spread = with_spread(lists, members)
    for one, before in zip(spread, lists, strict=True):
        assert [(o.within, o.id) for o in one.options] == [(o.within, o.id) for o in before.options]
        shared = [o for o in one.options if o.id != "aimed"]
        assert shared
        for option in shared:
            assert [u.model for u in option.under] == ["a", "b"]
        assert any("stand side by side" in c for c in one.cautions)
    # One alone has nothing beside it.
    assert with_spread(lists[:1], members) == tuple(lists[:1])


def list_of(known: Known) -> OptionList:
    return option_list(
        known, AREA, proposals_for(known, AREA), research=False, rng=np.random.default_rng(1)
    )
