"""Posterior draws that are checked, and the weights of candidate models.

Works in whitened etas (z with unit prior variance): a heavy-tailed Laplace proposal around each
optimum with a share from the prior, Pareto-smoothed importance resampling, and a sampler where the
diagnostic says that the proposal is not good enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from equipoise.importance import log_sum, smooth_weights
from equipoise.likelihood import (
    Objective,
    Subject,
    log_scale,
    minus_two_log,
    second_differences,
    with_errors,
)
from equipoise.mode import GRADIENT_NORM, Mode, descend, distinct, find_optima
from equipoise.model import Array, Model, draw_etas

PARETO_LIMIT = 0.7
"""Above this the importance weights are not trusted (Vehtari 2024) and a sampler takes over."""

PROPOSAL_DF = 5.0

DEFENSIVE = 0.1
"""Share of the proposal that comes from the prior: a mode that no start found then shows itself by
a few large weights, instead of being missed in silence (Hesterberg 1995, Technometrics 37:185)."""

MOST_OPTIMA = 8

FLOOR = 0.05
"""Least weight of a candidate model (project convention), for fewer than twenty candidates."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the levels say about one subject.

    draws     (n, k) etas, equally weighted
    ess       effective number of draws behind them
    pareto_k  of the importance weights; NaN where nothing had to be estimated
    method    "prior", "importance" or "sampler"
    evidence  ln of the marginal likelihood of the levels (with the 2-pi constants), for weighing
              models; 0 without levels
    """

    model: Model
    mode: Mode
    draws: Array
    ess: float
    pareto_k: float
    method: str
    evidence: float
    cautions: tuple[str, ...] = ()


def fit(
    model: Model,
    subject: Subject,
    *,
    n: int,
    rng: np.random.Generator,
    student: bool = False,
) -> Posterior:
    """n draws from what the levels say about this subject's etas.

    Reads every level in `subject`; a level below the limit counts by its probability.
    draws  (n, k) etas, dimensionless, equally weighted; without levels: the population.
    Source Pareto-smoothed importance sampling, Vehtari 2024, J Mach Learn Res 25:1-58; the
           sampler is emcee's (Foreman-Mackey 2013, doi:10.1086/670067).
    """
    mode, optima = find_optima(model, subject, student=student)
    k = len(model.etas)
    if not subject.observed or k == 0:
        draws = draw_etas(model, n, rng)
        return Posterior(model, mode, draws, float(n), float("nan"), "prior", 0.0)
    root = np.linalg.cholesky(model.omega_matrix)

    def minus_two_posterior(z: Array) -> Array:
        f = with_errors(model, subject, z @ root.T, rtol=1e-6)
        total = minus_two_log(model, subject, f, student=student).sum(axis=1)
        return np.asarray(np.where(np.isfinite(total), total, np.inf) + (z**2).sum(axis=1))

    def log_posterior(z: Array) -> Array:
        return -0.5 * minus_two_posterior(z)

    while True:
        z, log_proposal = _propose(minus_two_posterior, optima, max(4 * n, 2000), rng)
        log_ratio = log_posterior(z) - log_proposal
        log_ratio = np.where(np.isfinite(log_ratio), log_ratio, -np.inf)
        smoothed, pareto_k = smooth_weights(log_ratio)
        if pareto_k <= PARETO_LIMIT or len(optima) >= MOST_OPTIMA:
            break
        # What weighs most may lie at an optimum that no start found.
        known = len(optima)
        heaviest = z[[i for i in np.argsort(log_ratio)[-3:] if np.isfinite(log_ratio[i])]]
        optima = distinct([*optima, *(descend(minus_two_posterior, h)[0] for h in heaviest)])
        if len(optima) == known:
            break
    weights = np.exp(smoothed - log_sum(smoothed))
    ess = float(1.0 / np.sum(weights**2))
    evidence = _evidence(model, subject, log_ratio, k, student=student)
    cautions = []
    if not mode.converged:
        cautions.append(
            f"the estimate's gradient norm is {mode.gradient:.2g}, above {GRADIENT_NORM:g}"
        )
    if pareto_k <= PARETO_LIMIT and ess >= min(400.0, n / 2):
        chosen = _systematic(weights, n, rng)
        return Posterior(
            model, mode, z[chosen] @ root.T, ess, pareto_k, "importance", evidence, tuple(cautions)
        )
    z, ess = _sample(log_posterior, z[_systematic(weights, 4 * k + 32, rng)], n, rng)
    if not ess >= 200.0:
        cautions.append(f"only {ess:.0f} effective draws: quantiles in the tails are rough")
    return Posterior(model, mode, z @ root.T, ess, pareto_k, "sampler", evidence, tuple(cautions))


def model_weights(
    posteriors: Sequence[Posterior], prior_weights: Sequence[float], *, levels: int
) -> Array:
    """Weights of candidate models after the levels: (m,), summing to 1.

    Equal to the prior weights until two levels; then by predictive density, with a floor (`FLOOR`)
    so that no candidate is lost to one odd level.
    """
    prior_part = np.asarray(prior_weights, dtype=float)
    prior_part = np.asarray(prior_part / prior_part.sum(), dtype=float)
    if levels < 2 or len(posteriors) == 1:
        return np.asarray(prior_part)
    log_weight = np.log(prior_part) + np.array([p.evidence for p in posteriors])
    weight = np.exp(log_weight - log_sum(log_weight))
    low = np.zeros(len(weight), dtype=bool)
    while True:
        # Raising one candidate lowers the others, which may bring another below the floor.
        rest = 1.0 - FLOOR * low.sum()
        raised = np.where(low, FLOOR, rest * weight / weight[~low].sum())
        fresh = (raised < FLOOR) & ~low
        if not fresh.any():
            return np.asarray(raised)
        low |= fresh


def without(subject: Subject, places: Sequence[int]) -> Subject:
    """The subject without some of its levels (by place in `observed`)."""
    gone = set(places)
    return replace(
        subject, observed=tuple(o for i, o in enumerate(subject.observed) if i not in gone)
    )


def _laplace(objective: Objective, centre: Array) -> Array:
    """Covariance of the Laplace approximation in whitened etas; never wider than the prior x 2."""
    hessian = second_differences(objective, centre, np.full(len(centre), 1e-2))
    size, turn = np.linalg.eigh(0.25 * (hessian + hessian.T))
    # The objective is -2 ln posterior: its half-Hessian is the precision, and the prior alone
    # contributes 1 to it; below that only a non-convex likelihood can bring it.
    size = np.clip(size, 0.5, None)
    return np.asarray((turn / size) @ turn.T)


def _propose(
    objective: Objective, optima: Array, size: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draws of whitened etas, (size, k), and their log density, (size,).

    Heavy-tailed around each optimum in proportion to its Laplace mass, and a share from the prior.
    """
    k = optima.shape[1]
    shapes = [_laplace(objective, z) for z in optima]
    mass = np.array([0.5 * np.linalg.slogdet(shape)[1] for shape in shapes])
    mass = mass - 0.5 * np.asarray(objective(optima))
    share = (1.0 - DEFENSIVE) * np.exp(mass - log_sum(mass))
    counts = np.floor(share * size).astype(int)
    plain = size - int(counts.sum())
    parts = [rng.standard_normal((plain, k))]
    for z, shape, count in zip(optima, shapes, counts, strict=True):
        parts.append(_student(z, shape, int(count), rng))
    # Shuffled, so that any stretch of the draws stands for the whole.
    draws = np.concatenate(parts)[rng.permutation(size)]
    logs = [np.log(plain / size) - 0.5 * (draws**2).sum(axis=1) - 0.5 * k * np.log(2.0 * np.pi)]
    for z, shape, count in zip(optima, shapes, counts, strict=True):
        if count:
            logs.append(np.log(count / size) + _student_log(draws, z, shape))
    return draws, log_sum(np.array(logs))


def _student(centre: Array, shape: Array, size: int, rng: np.random.Generator) -> Array:
    """Draws of a multivariate Student distribution, (size, k)."""
    normal = rng.standard_normal((size, len(centre))) @ np.linalg.cholesky(shape).T
    mixing = rng.chisquare(PROPOSAL_DF, size) / PROPOSAL_DF
    return np.asarray(centre + normal / np.sqrt(mixing)[:, None])


def _student_log(draws: Array, centre: Array, shape: Array) -> Array:
    """Log density of that distribution at draws, (size,)."""
    k = len(centre)
    root = np.linalg.cholesky(shape)
    whitened = np.linalg.solve(root, (draws - centre).T)
    return np.asarray(
        lgamma((PROPOSAL_DF + k) / 2.0)
        - lgamma(PROPOSAL_DF / 2.0)
        - 0.5 * k * np.log(PROPOSAL_DF * np.pi)
        - np.log(np.diag(root)).sum()
        - 0.5 * (PROPOSAL_DF + k) * np.log1p((whitened**2).sum(axis=0) / PROPOSAL_DF)
    )


def _evidence(model: Model, subject: Subject, log_ratio: Array, k: int, *, student: bool) -> float:
    constant = -0.5 * k * np.log(2.0 * np.pi)
    for o in subject.observed:
        if o.censored:
            continue
        constant += log_scale(student=student)
        observation = model.observation(o.analyte)
        if observation.residual.log > 0.0 or observation.logged:
            # A density of ln y: in the level's own unit, so that it can be weighed against others.
            constant -= np.log(o.number)
    return float(log_sum(log_ratio) - np.log(len(log_ratio)) + constant)


def _systematic(weights: Array, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    places = (np.arange(n) + rng.random()) / n
    chosen = np.searchsorted(np.cumsum(weights), places)
    return np.minimum(chosen, len(weights) - 1)


def _sample(
    log_posterior: Objective, start: Array, n: int, rng: np.random.Generator
) -> tuple[Array, float]:
    # Imported here: it is rarely needed and takes half a second.
    import emcee

    walkers, k = start.shape
    start = start + 1e-3 * rng.standard_normal(start.shape)
    sampler = emcee.EnsembleSampler(walkers, k, log_posterior, vectorize=True)
    sampler.random_state = np.random.RandomState(int(rng.integers(2**32 - 1))).get_state()
    state = sampler.run_mcmc(start, 500)
    sampler.reset()
    sampler.run_mcmc(state, max(500, 10 * n // walkers))
    chain = sampler.get_chain(flat=True)
    try:
        length = float(np.max(sampler.get_autocorr_time(quiet=True)))
    except Exception:  # emcee raises its own error class for short chains, even when quiet
        length = float("nan")
    # A chain whose autocorrelation cannot be told counts as a single draw.
    ess = len(chain) / length if np.isfinite(length) and length > 0.0 else 1.0
    chosen = np.linspace(0, len(chain) - 1, n).round().astype(int)
    return np.asarray(chain[chosen]), ess
