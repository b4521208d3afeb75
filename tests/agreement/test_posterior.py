"""Posterior draws against quadrature on a grid; modes against a dense search; published tails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from equipoise import fit as fitting
from equipoise import mode as modes
from equipoise.fit import (
    FLOOR,
    PARETO_LIMIT,
    Posterior,
    fit,
    model_weights,
    without,
)
from equipoise.importance import effective_size, smooth_weights
from equipoise.likelihood import Observed, Subject, joint, predicted
from equipoise.mode import find_mode
from equipoise.model import Array, Model, PlainDose, Residual, course, draw_etas, simulate
from equipoise.models import sirolimus_wu2012, tacrolimus_dunlap2025
from equipoise.objective import Batch
from small_models import CL, V, bolus, bolus_level, flipping, folded, straight, subject

OMEGA = np.array([[0.09, 0.03], [0.03, 0.05]])
DOSES = [PlainDose(0.0, 10.0, "iv"), PlainDose(12.0, 10.0, "iv")]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def grid_of(model: Model, *, points: int = 401, wide: float = 6.0) -> Array:
    sd = np.sqrt(np.diag(model.omega_matrix))
    axes = [np.linspace(-wide * s, wide * s, points) for s in sd]
    return np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)


def quadrature(model: Model, who: Subject, grid: Array) -> tuple[Array, float]:
    """Posterior weights on the grid, and ln of the marginal likelihood of the levels.

    Written apart from the code under test: normal densities and probabilities by scipy.
    """
    f = predicted(model, who, grid)
    log_density = stats.multivariate_normal.logpdf(grid, cov=model.omega_matrix)
    for j, o in enumerate(who.observed):
        residual = model.observation(o.analyte).residual
        if residual.log > 0.0:
            law = stats.norm(np.log(f[:, j]), residual.log)
            bound, jacobian = np.log(o.number), np.log(o.number)
        else:
            law = stats.norm(f[:, j], np.hypot(residual.additive, residual.proportional * f[:, j]))
            bound, jacobian = o.number, 0.0
        part = {"": law.logpdf, "<": law.logcdf, ">": law.logsf}[o.censored](bound)
        log_density = log_density + part - (0.0 if o.censored else jacobian)
    cell = np.prod([np.diff(np.unique(grid[:, i])).mean() for i in range(grid.shape[1])])
    total = logsumexp(log_density)
    return np.exp(log_density - total), float(total + np.log(cell))


def agree(posterior: Posterior, grid: Array, weights: Array, *, errors: float = 4.0) -> None:
    """Means, SDs and quantiles within so many standard errors of Monte Carlo."""
    size = min(posterior.ess, len(posterior.draws))
    for i in range(grid.shape[1]):
        x, draws = grid[:, i], posterior.draws[:, i]
        mean = float(weights @ x)
        sd = float(np.sqrt(weights @ (x - mean) ** 2))
        assert abs(draws.mean() - mean) < errors * sd / np.sqrt(size)
        kurtosis = float(weights @ (x - mean) ** 4) / sd**4
        assert abs(draws.std() / sd - 1.0) < errors * np.sqrt((kurtosis - 1.0) / 4.0 / size)
        # As probabilities: the share of draws below the exact quantile.
        places, column = np.unique(x, return_inverse=True)
        total = np.cumsum(np.bincount(column, weights=weights))
        for q in QUANTILES:
            place = int(np.searchsorted(total, q))
            share = float(total[place])
            below = np.mean(draws < places[place] + 0.5 * (places[1] - places[0]))
            assert abs(below - share) < errors * np.sqrt(q * (1 - q) / size) + 0.003


RESIDUALS = {
    "additive": Residual(additive=15.0),
    "proportional": Residual(proportional=0.15),
    "log": Residual(log=0.2),
    "combined": Residual(additive=8.0, proportional=0.1),
}
LEVELS = {
    "measured": [(3.0, 120.0), (11.0, 55.0), (20.0, 130.0)],
    "one below the limit": [(3.0, 120.0), (11.0, 40.0, "<"), (20.0, 100.0)],
    "one above the limit": [(3.0, 180.0, ">"), (11.0, 90.0)],
}


@pytest.mark.parametrize("error", RESIDUALS)
@pytest.mark.parametrize("levels", LEVELS)
def test_one_eta_against_quadrature(error: str, levels: str) -> None:
    model = bolus(RESIDUALS[error])
    who = subject(model, DOSES, LEVELS[levels])
    grid = grid_of(model, points=2001)
    weights, evidence = quadrature(model, who, grid)
    posterior = fit(model, who, n=4000, rng=np.random.default_rng(1))
    assert posterior.method == "importance"
    assert posterior.pareto_k < PARETO_LIMIT
    assert 2000 < posterior.ess <= 16000
    agree(posterior, grid, weights)
    assert posterior.evidence == pytest.approx(evidence, abs=0.02)
    assert posterior.mode.eta[0] == pytest.approx(
        float(grid[np.argmin(joint(model, who, grid)), 0]), abs=2e-3
    )


@pytest.mark.parametrize("error", RESIDUALS)
@pytest.mark.parametrize("levels", LEVELS)
def test_two_correlated_etas_against_quadrature(error: str, levels: str) -> None:
    model = bolus(RESIDUALS[error], omega=OMEGA)
    who = subject(model, DOSES, LEVELS[levels])
    grid = grid_of(model, points=241)
    weights, evidence = quadrature(model, who, grid)
    posterior = fit(model, who, n=4000, rng=np.random.default_rng(2))
    assert posterior.method == "importance"
    agree(posterior, grid, weights)
    assert posterior.evidence == pytest.approx(evidence, abs=0.03)
    # Not only the margins.
    mean = weights @ grid
    exact = float(weights @ ((grid[:, 0] - mean[0]) * (grid[:, 1] - mean[1])))
    assert np.cov(posterior.draws.T)[0, 1] == pytest.approx(exact, abs=0.004)


def test_evidence_of_a_heavy_tailed_error_is_normalized_too() -> None:
    model = bolus(Residual(additive=15.0))
    who = subject(model, DOSES, LEVELS["measured"])
    grid = grid_of(model, points=2001)
    f = predicted(model, who, grid)
    y = np.array([o.number for o in who.observed])
    log_density = stats.norm.logpdf(grid[:, 0], 0.0, 0.3) + stats.t.logpdf(y, 4.0, f, 15.0).sum(1)
    exact = logsumexp(log_density) + np.log(grid[1, 0] - grid[0, 0])
    posterior = fit(model, who, n=2000, rng=np.random.default_rng(3), student=True)
    assert posterior.evidence == pytest.approx(exact, abs=0.03)


def test_the_sampler_agrees_with_quadrature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "PARETO_LIMIT", -10.0)
    model = bolus(Residual(additive=15.0), omega=OMEGA)
    who = subject(model, DOSES, LEVELS["one below the limit"])
    grid = grid_of(model, points=241)
    weights, _ = quadrature(model, who, grid)
    posterior = fit(model, who, n=2000, rng=np.random.default_rng(4))
    assert posterior.method == "sampler"
    assert posterior.ess > 200
    agree(posterior, grid, weights)


def test_the_effective_number_of_a_samplers_draws_is_honest() -> None:
    """Over 30 generators, as above, on a bent density whose means are known; the walkers begin
    too near to the middle.
    """

    def log_density(z: Array) -> Array:
        return np.asarray(-0.5 * (z[:, 0] ** 2 + ((z[:, 1] - z[:, 0] ** 2) / 0.3) ** 2))

    exact, sd = np.array([0.0, 1.0]), np.array([1.0, np.sqrt(2.09)])
    z = []
    for i in range(30):
        rng = np.random.default_rng([21, i])
        start = exact + 0.3 * rng.standard_normal((40, 2))
        draws, ess = fitting._sample(log_density, start, 2000, rng)
        assert draws.shape == (2000, 2)
        z.append((draws.mean(axis=0) - exact) / sd * np.sqrt(ess))
    square = np.mean(np.square(z), axis=0)
    # 30 squared errors in standard errors: chi-squared / 30, to one in 2000 either side.
    low, high = stats.chi2.ppf([0.0005, 0.9995], 30) / 30
    assert square.min() > low
    assert square.max() < high


def test_the_sampler_repeats_from_its_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "PARETO_LIMIT", -10.0)
    model = bolus(Residual(additive=15.0))
    who = subject(model, DOSES, LEVELS["measured"])
    one, two = (fit(model, who, n=300, rng=np.random.default_rng(5)).draws for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = fit(model, who, n=300, rng=np.random.default_rng(6)).draws
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("shift", "sd"), [(0.1, 20.0), (0.3, 8.0), (0.02, 3.0)])
def test_both_modes_of_a_bimodal_posterior_are_drawn(shift: float, sd: float) -> None:
    """Two etas explain the level; a proposal around the lower optimum alone would miss the other
    without a sign of it."""
    model = folded(shift, sd=sd)
    who = subject(model, DOSES[:1], [(1.0, 250.0)])
    grid = grid_of(model, points=8001)
    weights, evidence = quadrature(model, who, grid)
    posterior = fit(model, who, n=4000, rng=np.random.default_rng(7))
    right = float(weights[grid[:, 0] > 0.0].sum())
    assert 0.5 < right < 0.95
    assert np.mean(posterior.draws > 0.0) == pytest.approx(right, abs=0.05)
    assert posterior.evidence == pytest.approx(evidence, abs=0.1)
    assert posterior.draws.std() == pytest.approx(
        float(np.sqrt(weights @ (grid[:, 0] - weights @ grid[:, 0]) ** 2)), rel=0.05
    )


@pytest.mark.parametrize("sd", [1.4, 1.0])
def test_absorption_and_elimination_exchanged(sd: float) -> None:
    """Two etas, and a second optimum far away that holds a few percent: the curve is the same with
    the two rates exchanged."""
    model = flipping(sd)
    who = subject(
        model,
        [PlainDose(0.0, 10.0, "oral")],
        [(0.7, 80.0), (3.0, 110.0), (8.0, 70.0), (20.0, 20.0)],
    )
    grid = grid_of(model, points=701, wide=6.3 / sd)
    weights, evidence = quadrature(model, who, grid)

    def exchanged(eta: Array) -> Array:
        return np.asarray(np.exp(eta[:, 1]) < CL / (V * np.exp(eta[:, 0])))

    share = float(weights[exchanged(grid)].sum())
    assert 0.001 < share < 0.1
    for seed in range(3):
        posterior = fit(model, who, n=4000, rng=np.random.default_rng(seed))
        agree(posterior, grid, weights)
        error = np.sqrt(share / posterior.ess)
        assert np.mean(exchanged(posterior.draws)) == pytest.approx(share, abs=4.0 * error)
        assert posterior.evidence == pytest.approx(evidence, abs=0.06)


def curved(sd: float = 1.0) -> tuple[Model, Subject]:
    """One level and two etas: the posterior is a thin curved line."""
    model = flipping(sd)
    return model, subject(model, [PlainDose(0.0, 10.0, "oral")], [(8.0, 70.0)])


@pytest.mark.parametrize("what", ["two doses", "one level", "exchanged"])
def test_the_effective_number_of_draws_is_honest(what: str) -> None:
    """Over 30 generators, means scatter as that many independent draws would make them, for the
    worst eta, and not more for the other."""
    if what == "two doses":
        model = bolus(Residual(additive=15.0), omega=OMEGA)
        who = subject(model, DOSES, LEVELS["measured"])
    elif what == "one level":
        model, who = curved()
    else:
        model = flipping(1.4)
        levels = [(0.7, 80.0), (3.0, 110.0), (8.0, 70.0), (20.0, 20.0)]
        who = subject(model, [PlainDose(0.0, 10.0, "oral")], levels)
    posteriors = [fit(model, who, n=1000, rng=np.random.default_rng([18, i])) for i in range(30)]
    assert {p.method for p in posteriors} == {"importance"}
    means = np.array([p.draws.mean(axis=0) for p in posteriors])
    variance = np.mean([p.draws.var(axis=0) for p in posteriors], axis=0)
    expected = variance * np.mean([1.0 / p.ess for p in posteriors])
    ratio = means.var(axis=0, ddof=1) / expected
    # 29 ratios of variances: chi-squared / 29, to one in 2000 either side.
    low, high = stats.chi2.ppf([0.0005, 0.9995], 29) / 29
    assert ratio.max() > low
    assert ratio.max() < high


def test_effective_size_of_autoregressive_chains() -> None:
    """Correlation r from step to step: (1 - r) / (1 + r) of the draws count."""
    rng = np.random.default_rng(19)
    for r in (0.0, 0.6, 0.9):
        chains = np.empty((2000, 8, 2))
        chains[0] = rng.standard_normal((8, 2))
        for i in range(1, 2000):
            chains[i] = r * chains[i - 1] + np.sqrt(1 - r * r) * rng.standard_normal((8, 2))
        exact = 16000 * (1 - r) / (1 + r)
        assert effective_size(chains) == pytest.approx(exact, rel=0.2)


def test_chains_that_stay_apart_count_as_few() -> None:
    rng = np.random.default_rng(20)
    chains = rng.standard_normal((1000, 8, 1))
    chains[:, :4] += 6.0
    assert effective_size(chains) < 30.0


def test_a_mode_no_start_finds_shows_in_the_diagnostic(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one start only, the far mode is met by the prior's share and then searched."""

    def only_the_origin(batch: Batch, which: object = None) -> tuple[Array, Array]:
        return np.zeros(1, dtype=np.int64), np.zeros((1, batch.size))

    monkeypatch.setattr(modes, "near_starts", only_the_origin)
    monkeypatch.setattr(modes, "far_starts", only_the_origin)
    model = folded(0.05, sd=20.0)
    who = subject(model, DOSES[:1], [(1.0, 250.0)])
    grid = grid_of(model, points=8001)
    weights, _ = quadrature(model, who, grid)
    posterior = fit(model, who, n=1000, rng=np.random.default_rng(8))
    right = float(weights[grid[:, 0] > 0.0].sum())
    assert np.mean(posterior.draws > 0.0) == pytest.approx(right, abs=0.05)


@pytest.mark.parametrize("shift", [0.3, -0.3, 0.05, -0.05])
def test_the_lower_of_two_optima_is_kept(shift: float) -> None:
    model = folded(shift, sd=10.0)
    who = subject(model, DOSES[:1], [(1.0, 250.0)])
    grid = np.linspace(-4.0, 4.0, 80001)[:, None]
    values = joint(model, who, grid)
    mode = find_mode(model, who)
    assert mode.converged
    assert mode.eta[0] == pytest.approx(float(grid[np.argmin(values), 0]), abs=2e-4)
    assert mode.joint <= values.min() + 1e-6
    assert np.sign(mode.eta[0]) == np.sign(shift)


def test_no_levels_give_the_population() -> None:
    model = bolus(Residual(additive=15.0), omega=OMEGA)
    posterior = fit(model, subject(model, DOSES, []), n=20000, rng=np.random.default_rng(9))
    assert (posterior.method, posterior.evidence, posterior.ess) == ("prior", 0.0, 20000.0)
    assert np.isnan(posterior.pareto_k)
    np.testing.assert_allclose(np.cov(posterior.draws.T), OMEGA, atol=0.004)
    np.testing.assert_array_equal(posterior.mode.eta, [0.0, 0.0])


def test_impossible_data_are_refused_in_words() -> None:
    model = bolus(Residual(log=0.2))
    # A level before any dose, on a log scale: no eta explains it.
    who = subject(model, [PlainDose(5.0, 10.0, "iv")], [(1.0, 0.0)])
    with pytest.raises(ValueError, match="has a level at 1 h, where the model predicts none"):
        find_mode(model, who)


def test_leaving_levels_out() -> None:
    model = bolus(Residual(additive=15.0))
    who = subject(model, DOSES, LEVELS["measured"])
    assert [o.time for o in without(who, [1]).observed] == [3.0, 20.0]
    assert without(who, []) == who


# --- modes ------------------------------------------------------------------------------------


def dense_best(model: Model, who: Subject, rng: np.random.Generator, *, lanes: int) -> float:
    """Lowest objective of a dense search of its own: samples, then narrowing clouds."""
    root = np.linalg.cholesky(model.omega_matrix)
    k = len(model.etas)
    z = np.concatenate([np.zeros((1, k)), 2.0 * rng.standard_normal((4 * lanes - 1, k))])
    values = joint(model, who, z @ root.T)
    best = z[np.argsort(values)[:8]]
    scores = np.sort(values)[:8]
    width = 0.6
    for _ in range(14):
        cloud = best[:, None, :] + width * rng.standard_normal((8, lanes // 8, k))
        cloud = np.concatenate([best[:, None, :], cloud], axis=1)
        flat = joint(model, who, cloud.reshape(-1, k) @ root.T).reshape(8, -1)
        place = flat.argmin(axis=1)
        best, scores = cloud[np.arange(8), place], flat.min(axis=1)
        width *= 0.6
    return float(scores.min())


def simulated_subject(
    model: Model,
    doses: list[PlainDose],
    covariates: dict[str, float],
    times: list[float],
    rng: np.random.Generator,
) -> Subject:
    """A patient with etas of up to twice the population's spread, some levels censored."""
    what = course(model, doses, covariates=covariates)
    observation = model.observations[0]
    eta = 2.0 * draw_etas(model, 1, rng)
    f = simulate(model, [what], np.array(times), etas=eta).values[observation.analyte][0, 0]
    y = f + np.sqrt(observation.residual.variance(f)) * rng.standard_normal(len(f))
    levels = tuple(
        Observed(t, observation.analyte, max(float(v), 1.0), "<" if v < 1.0 else "")
        for t, v in zip(times, y, strict=True)
    )
    return Subject("x", what, levels)


@pytest.mark.parametrize(("number", "seed"), [(175, 10), (25, 11)], ids=["tacrolimus", "sirolimus"])
def test_no_optimum_is_missed(number: int, seed: int) -> None:
    """200 simulated patients of two shelf models against a dense search."""
    rng = np.random.default_rng(seed)
    missed, unsettled = [], []
    for i in range(number):
        if number > 100:
            model = tacrolimus_dunlap2025.MODEL
            weight = float(rng.uniform(50.0, 125.0))
            doses = tacrolimus_dunlap2025.protocol(weight)
            covariates = {
                "weight": weight,
                "cyp3a5": float(i % 2),
                "conditioning": float(i % 3 > 0),
            }
            times = [-50.0, -30.0, -12.0, 0.0][: 1 + i % 4]
            lanes = 160
        else:
            model = sirolimus_wu2012.MODEL
            doses = [PlainDose(0.0, 6.0, "oral"), PlainDose(24.0, 2.0, "oral", 0.0, 24.0, 8)]
            covariates = {"hematocrit": float(rng.uniform(20.0, 45.0))}
            times = [3.0, 24.0, 96.0, 240.0][: 1 + i % 4]
            lanes = 160
        who = simulated_subject(model, doses, covariates, times, rng)
        mode = find_mode(model, who)
        best = dense_best(model, who, rng, lanes=lanes)
        if mode.joint > best + 1e-3:
            missed.append((i, mode.joint - best))
        if not mode.converged:
            unsettled.append((i, mode.gradient))
    assert missed == []
    assert unsettled == []


def test_known_etas_are_recovered_from_many_samples() -> None:
    model = bolus(Residual(proportional=0.05), omega=OMEGA)
    rng = np.random.default_rng(12)
    times = np.linspace(0.5, 30.0, 60)
    for eta in ((0.5, -0.3), (-0.4, 0.2), (0.0, 0.0)):
        f = predicted(model, subject(model, DOSES, [(t, 0.0) for t in times]), np.array([eta]))[0]
        y = f * (1.0 + 0.05 * rng.standard_normal(60))
        who = subject(model, DOSES, list(zip(times.tolist(), y.tolist(), strict=True)))
        mode = find_mode(model, who)
        posterior = fit(model, who, n=1000, rng=rng)
        sd = posterior.draws.std(axis=0)
        assert np.all(sd < 0.02)
        assert np.all(np.abs(mode.eta - eta) < 4.0 * sd)


def test_ninety_percent_intervals_cover_the_truth() -> None:
    """200 patients drawn from the model: each eta's interval, and that of a concentration ahead."""
    model = bolus(Residual(additive=10.0, proportional=0.1), omega=OMEGA)
    rng = np.random.default_rng(13)
    inside = np.zeros(3)
    for _ in range(200):
        eta = draw_etas(model, 1, rng)[0]
        cl, v = CL * np.exp(eta[0]), V * np.exp(eta[1])
        levels = []
        for t in (2.0, 10.0):
            f = float(bolus_level(10.0, t, cl, v))
            y = f + np.hypot(10.0, 0.1 * f) * rng.standard_normal()
            levels.append((t, y) if y > 20.0 else (t, 20.0, "<"))
        draws = fit(model, subject(model, DOSES[:1], levels), n=500, rng=rng).draws
        ahead = bolus_level(10.0, 20.0, CL * np.exp(draws[:, 0]), V * np.exp(draws[:, 1]))
        truth = [*eta, float(bolus_level(10.0, 20.0, cl, v))]
        for i, sample in enumerate((draws[:, 0], draws[:, 1], ahead)):
            low, high = np.quantile(sample, (0.05, 0.95))
            inside[i] += low <= truth[i] <= high
    assert np.all(inside / 200 >= 0.84), inside
    assert np.all(inside / 200 <= 0.96), inside


# --- the diagnostic ---------------------------------------------------------------------------


def ratios(k: float, n: int = 2000) -> Array:
    """Log ratios with a Pareto tail of shape k, at plotting positions, a little shaken."""
    p = (np.arange(n) + 0.5) / n
    return np.asarray(-k * np.log1p(-p) + 0.1 * np.sin(7.0 * np.arange(n)))


# Made with psislw of ArviZ 0.23.4 on `ratios(k)`: shape, five order statistics of the normalized
# log weights (0, 1000, -100, -10, -1), effective size.
ARVIZ = {
    0.2: (0.20100435161196373, (-7.924057301610824, -7.675964225543245, -7.215508381728099,
                                -6.733601687130358, -6.134581824940828), 1867.0001424622037),
    0.5: (0.4871822354716835, (-8.382014951015808, -7.93676426414617, -6.78434174955186,
                               -5.614204713075214, -4.170698285460633), 837.5868156702289),
    0.9: (0.8793391376687822, (-9.480261981402032, -8.763347275186852, -6.684907409141657,
                               -4.624990386103388, -2.0365751189271704), 42.84770893864279),
}  # fmt: skip


@pytest.mark.parametrize("k", ARVIZ)
def test_smoothed_weights_are_those_of_arviz(k: float) -> None:
    shape, order, size = ARVIZ[k]
    smoothed, found = smooth_weights(ratios(k))
    smoothed = smoothed - logsumexp(smoothed)
    assert found == pytest.approx(shape, rel=1e-9)
    np.testing.assert_allclose(np.sort(smoothed)[[0, 1000, -100, -10, -1]], order, rtol=1e-9)
    assert 1.0 / np.sum(np.exp(smoothed) ** 2) == pytest.approx(size, rel=1e-9)


@pytest.mark.parametrize("k", [0.1, 0.4, 0.7, 1.0])
def test_shape_of_a_known_tail(k: float) -> None:
    rng = np.random.default_rng(14)
    found = [smooth_weights(k * rng.exponential(size=20000))[1] for _ in range(20)]
    # The mean of 20 estimates from 425 points each, drawn a little to 0.5 by the weak prior.
    assert np.mean(found) == pytest.approx(k, abs=0.06)


@pytest.mark.parametrize(("number", "seed"), [(2000, 2), (8000, 5)])
def test_a_tail_beyond_all_numbers_is_hopeless_and_no_warning(number, seed):
    log_ratio = 400.0 * np.random.default_rng(seed).standard_normal(number)
    smoothed, found = smooth_weights(log_ratio)
    assert found > 0.7
    assert np.all(smoothed <= 0.0)
    np.testing.assert_array_equal(np.argmax(smoothed), np.argmax(log_ratio))


def test_smoothing_keeps_the_order_and_never_exceeds_the_largest_ratio() -> None:
    x = ratios(0.8)
    smoothed, _ = smooth_weights(x)
    np.testing.assert_array_equal(np.argsort(smoothed, kind="stable"), np.argsort(x, kind="stable"))
    assert smoothed.max() <= 0.0


def test_degenerate_log_ratioare_the_worst_case() -> None:
    single = np.full(4000, -2000.0)
    single[7] = 0.0
    assert smooth_weights(single)[1] == np.inf
    assert smooth_weights(np.full(4000, -np.inf))[1] == np.inf
    few = np.full(4000, -np.inf)
    few[:20] = 0.0
    assert smooth_weights(few)[1] == np.inf
    assert smooth_weights(np.full(4000, -3.0))[1] == 0.0


def test_extreme_log_ratioraise_no_warning() -> None:
    rng = np.random.default_rng(15)
    for scale in (1e-6, 1.0, 30.0, 300.0):
        smoothed, k = smooth_weights(scale * rng.standard_normal(4000))
        assert np.all(np.isfinite(smoothed))
        assert not np.isnan(k)


# --- weights of models ------------------------------------------------------------------------


def with_evidence(*values: float) -> list[Posterior]:
    model = bolus(Residual(additive=15.0))
    one = fit(model, subject(model, DOSES, []), n=10, rng=np.random.default_rng(0))
    return [replace(one, evidence=v) for v in values]


def test_weights_stay_the_priors_until_two_levels() -> None:
    np.testing.assert_allclose(
        model_weights(with_evidence(0.0, 9.0), [3.0, 1.0], levels=1), [0.75, 0.25]
    )
    np.testing.assert_allclose(
        model_weights(with_evidence(0.0, np.log(3.0)), [1.0, 1.0], levels=2), [0.25, 0.75]
    )


def test_no_weight_falls_below_the_floor() -> None:
    found = model_weights(with_evidence(0.0, 50.0, -50.0), [1.0, 1.0, 1.0], levels=2)
    np.testing.assert_allclose(found, [FLOOR, 1.0 - 2.0 * FLOOR, FLOOR])
    # Raising one to the floor can bring another below it.
    found = model_weights(
        with_evidence(np.log(0.949), np.log(0.051), -np.inf), [1.0, 1.0, 1.0], levels=3
    )
    assert found.sum() == pytest.approx(1.0)
    assert found.min() == pytest.approx(FLOOR)


def test_models_with_different_error_scales_are_weighed_in_the_levels_unit() -> None:
    """The density of ln y is not that of y: the same model written both ways keeps its odds."""
    narrow = 0.001
    who = [(3.0, 148.3)]
    one = bolus(Residual(log=narrow), omega=0.09)
    two = bolus(Residual(proportional=narrow), omega=0.09)
    rng = np.random.default_rng(16)
    a = fit(one, subject(one, DOSES, who), n=4000, rng=rng).evidence
    b = fit(two, subject(two, DOSES, who), n=4000, rng=rng).evidence
    assert a == pytest.approx(b, abs=0.02)


def test_predictions_of_the_linear_model_are_conjugate() -> None:
    """Where everything is normal, draws have the closed-form mean and covariance."""
    # Small etas: a share of the dose is never negative, however far out a draw lies.
    omega = 0.01 * OMEGA
    model = straight(Residual(additive=4.0), omega=omega)
    doses = [PlainDose(0.0, 10.0, "iv"), PlainDose(12.0, 10.0, "iv")]
    times, y = np.array([2.0, 10.0, 14.0, 20.0]), np.array([170.0, 71.0, 212.0, 120.0])
    who = subject(
        model, doses, list(zip(times.tolist(), y.tolist(), strict=True)),
        covariates={"late": [(0.0, 0.0), (6.0, 1.0)]},
    )  # fmt: skip
    design = np.stack(
        [
            bolus_level(10.0, times, CL, V),
            np.where(times > 12.0, bolus_level(10.0, times - 12.0, CL, V), 0.0),
        ],
        axis=1,
    )
    covariance = np.linalg.inv(np.linalg.inv(omega) + design.T @ design / 16.0)
    mean = covariance @ design.T @ (y - design.sum(axis=1)) / 16.0
    posterior = fit(model, who, n=8000, rng=np.random.default_rng(17))
    np.testing.assert_allclose(posterior.mode.eta, mean, atol=1e-6)
    np.testing.assert_allclose(posterior.draws.mean(axis=0), mean, atol=0.001)
    np.testing.assert_allclose(np.cov(posterior.draws.T), covariance, rtol=0.08, atol=1e-5)
    total = 16.0 * np.eye(4) + design @ omega @ design.T
    exact = stats.multivariate_normal.logpdf(y, design.sum(axis=1), total)
    assert posterior.evidence == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("n", [0, -1])
@pytest.mark.parametrize("levels", [[], [(2.0, 100.0)]])
def test_no_draws_are_refused(n: int, levels: list[tuple[float, float]]) -> None:
    model = bolus(Residual(proportional=0.2))
    with pytest.raises(ValueError, match="at least one draw"):
        fit(model, subject(model, DOSES, levels), n=n, rng=np.random.default_rng(1))
