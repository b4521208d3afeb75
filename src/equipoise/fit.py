"""Posterior draws that are checked, and the weights of candidate models.

Works in whitened etas (z with unit prior variance): importance sampling from heavy-tailed
components around each optimum with a share from the prior, refitted to its own weighted draws as
often as the diagnostic asks for it, and a sampler where that does not help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from equipoise.density import FAILED
from equipoise.importance import effective_size, log_sum, smooth_weights
from equipoise.likelihood import Objective, Subject, log_scale
from equipoise.mode import GRADIENT_NORM, Mode, find_mode, find_optima
from equipoise.model import Array, Model, draw_etas
from equipoise.objective import TOGETHER, Batch, pattern
from equipoise.proposal import Proposal, annealed, broader, joined, mixture, refitted

PARETO_LIMIT = 0.7
"""Above this the importance weights are not trusted (Vehtari 2024), and a sampler takes over."""

LIGHT = 0.5
"""Up to this the weights have a finite variance and their means a standard error that can be
believed: the proposal is refitted until it is reached, as long as there are rounds."""

EASY = 0.25
"""A first round whose weights are lighter still is reported as it is: that such a round lacks a
tail is rare. Any other proposal that was kept for its weights is drawn from anew."""

SETTLED, SETTLED_FIRST = 4, 2
"""Draws of a settled round, as a multiple of a round's, fixed before it is seen; fewer where the
first proposal was kept: no draws have shaped it."""

BROAD, BROAD_FIRST = 0.4, 0.3
"""Share of a settled proposal that comes from the prior: it reaches the thin far tails, in which
little mass holds much of a variance. Four rounds at 0.4 draw nearly as many
from there as six at 0.3."""

PATIENCE = 16
"""Draws of a settled round, at most, as a multiple of a round's."""

AGAIN = 3
"""How often a settled round may be given up for a better proposal."""

ENOUGH = 0.5
"""Effective draws that are asked for, as a share of the draws."""

FEWEST = 1000
"""Draws of a round, at least: below, the shape of the tail is not told."""

ROUNDS = 10

MOST = 40
"""Evaluations of the model in all, at most, as a multiple of the draws of a round."""

FEW = 20.0
"""Where fewer draws than this for each eta carry the first round, or its tail is heavy, the next
proposal is fitted to an annealed population; and once more after half of the rounds."""

MOST_OPTIMA = 8

RTOL = 1e-5
"""Tolerance of the integration behind the weights of draws: it moves them by less than a
thousandth, by five where thirty levels are known to 1 %; chance moves means by a few hundredths."""

FLOOR = 0.05
"""Least weight of a candidate model (project convention), for fewer than twenty candidates."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the levels say about one subject.

    draws     (n, k) etas, equally weighted
    ess       independent draws that would give the means of the etas the same standard error (for
              the eta that has the fewest)
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
    Fails  ValueError where no draw is asked for.
    Source importance sampling checked by the shape of the weights' tail, Vehtari 2024, J Mach
           Learn Res 25:1-58; the sampler is emcee's (Foreman-Mackey 2013, doi:10.1086/670067).
    """
    if n < 1:
        raise ValueError(f"n is {n}; ask for at least one draw")
    k = len(model.etas)
    if not subject.observed or k == 0:
        mode = find_mode(model, subject, student=student)
        draws = draw_etas(model, n, rng)
        return Posterior(model, mode, draws, float(n), float("nan"), "prior", 0.0)
    batch = Batch(model, [subject], student=student)
    mode, optima = find_optima(batch)
    cautions = []
    if not mode.converged:
        cautions.append(
            f"the estimate's gradient norm is {mode.gradient:.2g}, above {GRADIENT_NORM:g}"
        )

    def log_target(z: Array) -> Array:
        value = batch.values(np.zeros(len(z), dtype=np.int64), z, rtol=RTOL)
        return np.where(value < FAILED, -0.5 * value, -np.inf)

    size = max(n + n // 4, FEWEST)
    rounds = [_Round(_around(batch, optima[:MOST_OPTIMA]), log_target)]
    while True:
        now = rounds[-1]
        now.draw(size, rng)
        drawn = sum(r.size for r in rounds)
        last = len(rounds) == ROUNDS or drawn > MOST * size
        # Sound weights that are too uneven: more of the same, unless a better proposal is cheaper.
        while now.pareto_k <= LIGHT and now.effective(n) < ENOUGH * n:
            more = now.missing(n)
            if more > (MOST * size - drawn if last else 2 * size):
                break
            now.draw(more, rng)
        if last or now.sound(n, LIGHT):
            break
        poor = now.pareto_k > PARETO_LIMIT or now.carried < FEW * k
        if (len(rounds) == 1 and poor) or len(rounds) == ROUNDS // 2:
            points = annealed(log_target, k, rng)
            proposal = _fitted(points, np.zeros(len(points)), rng)
        else:
            proposal = _fitted(*_together(rounds), rng)
        rounds.append(_Round(joined(proposal, rounds[0].proposal), log_target))
    if len(rounds) > 1 or not now.sound(n, min(EASY, PARETO_LIMIT)):
        now = _settled(rounds, n, size, rng)
    enough = now.sound(n, PARETO_LIMIT)
    evidence = now.log_mean + _constant(model, subject, k, student=student)
    method = "importance" if enough else "sampler"
    if enough:
        z, ess = now.z[_systematic(now.weights, n, rng)], now.effective(n)
    else:
        z, ess = _sample(log_target, now.z[_systematic(now.weights, 4 * k + 32, rng)], n, rng)
        if not ess >= 200.0:
            cautions.append(f"only {ess:.0f} effective draws: quantiles in the tails are rough")
    return Posterior(
        model, mode, z @ batch.root.T, ess, now.pareto_k, method, evidence, tuple(cautions)
    )


def model_weights(
    posteriors: Sequence[Posterior], prior_weights: Sequence[float], *, levels: int
) -> Array:
    """Weights of candidate models after the levels: (m,), summing to 1.

    Equal to the prior weights until two levels; then by predictive density, with a floor (`FLOOR`)
    so that no candidate is lost to one odd level.
    """
    return candidate_weights([p.evidence for p in posteriors], prior_weights, levels=levels)


def candidate_weights(
    evidence: Sequence[float], prior_weights: Sequence[float] | Array, *, levels: int
) -> Array:
    """The same from the ln of the levels' predictive density under each candidate."""
    prior_part = np.asarray(prior_weights, dtype=float)
    prior_part = np.asarray(prior_part / prior_part.sum(), dtype=float)
    if levels < 2 or len(evidence) == 1:
        return np.asarray(prior_part)
    log_weight = np.log(prior_part) + np.asarray(evidence)
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


class _Round:
    """Draws from one proposal and their weights. What is reported comes from the last round alone:
    its proposal does not depend on its draws, so that the evidence is unbiased.
    """

    def __init__(self, proposal: Proposal, log_target: Objective) -> None:
        self.proposal = proposal
        self.log_target = log_target
        self.z = np.zeros((0, proposal.centers.shape[1]))
        self.target = np.zeros(0)
        self.log_ratio = np.zeros(0)
        self._known: dict[int, float] = {}

    def draw(self, size: int, rng: np.random.Generator) -> None:
        """Adds draws, and weighs all of them."""
        fresh = self.proposal.draw(size, rng)
        target = np.asarray(self.log_target(fresh))
        ratio = target - self.proposal.log(fresh)
        ratio = np.where(np.isfinite(ratio), ratio, -np.inf)
        self.z = np.concatenate([self.z, fresh])
        self.target = np.concatenate([self.target, target])
        self.log_ratio = np.concatenate([self.log_ratio, ratio])
        # The tail's shape is the check. Its smoothed weights are not used: where the tail of the
        # weights is the tail of the posterior they make SDs 2 % too small (docs/how-right.md).
        _, self.pareto_k = smooth_weights(self.log_ratio)
        top = self.log_ratio.max()
        self.weights = np.exp(self.log_ratio - top) if np.isfinite(top) else np.ones(self.size)
        self.weights /= self.weights.sum()
        self._known = {}

    @property
    def size(self) -> int:
        """Draws so far."""
        return len(self.z)

    @property
    def carried(self) -> float:
        """Effective draws by the weights alone."""
        return float(1.0 / np.sum(self.weights**2))

    @property
    def log_mean(self) -> float:
        """ln of the mean ratio of target to proposal."""
        return float(log_sum(self.log_ratio) - np.log(self.size))

    def effective(self, n: int) -> float:
        """Effective draws of n that are resampled: with the noise of the resampling."""
        if n not in self._known:
            self._known[n] = self._counted(n)
        return self._known[n]

    def _counted(self, n: int) -> float:
        w = self.weights
        rest = n * w - np.floor(n * w)
        # What a draw adds to the variance of a mean: by its weight, and by whether it is picked.
        each = w**2 + rest * (1.0 - rest) / n**2
        squares = (self.z - (w[:, None] * self.z).sum(axis=0)) ** 2
        noise = (each[:, None] * squares).sum(axis=0)
        return float(np.min((w[:, None] * squares).sum(axis=0) / np.maximum(noise, 1e-300)))

    def sound(self, n: int, limit: float) -> bool:
        """Whether the tail of the weights is light, and enough draws carry them."""
        return self.pareto_k <= limit and self.effective(n) >= ENOUGH * n

    def missing(self, n: int) -> int:
        """Draws of the same kind that would probably be enough, beyond those there are."""
        return int(self.size * max(1.05 * ENOUGH * n / self.effective(n) - 1.0, 0.1)) + 1


def _together(rounds: Sequence[_Round]) -> tuple[Array, Array]:
    """Draws of all rounds, and log ratios against the mixture of their proposals by number drawn.

    So that no round is lost to the next proposal (Cornuet 2012, Scand J Stat 39:798). Reported
    draws are not weighed so: proposals that follow earlier draws make such weights look better than
    they are.
    """
    z = np.concatenate([r.z for r in rounds])
    sizes = np.array([r.size for r in rounds])
    density = np.array([r.proposal.log(z) for r in rounds])
    density = log_sum(density + np.log(sizes / sizes.sum())[:, None])
    ratio = np.concatenate([r.target for r in rounds]) - density
    return z, np.where(np.isfinite(ratio), ratio, -np.inf)


def _settled(rounds: Sequence[_Round], n: int, size: int, rng: np.random.Generator) -> _Round:
    """A round from the last proposal made broader, that is added to rather than refused.

    A proposal was kept because its draws looked light, which those do that lack a tail: what is
    reported is drawn anew. Should a part of the posterior show up that was not known, the proposal
    is fitted once more to all that was seen.
    """
    seen = list(rounds)
    proposal = rounds[-1].proposal
    while True:
        first = len(seen) == 1
        share, times = (BROAD_FIRST, SETTLED_FIRST) if first else (BROAD, SETTLED)
        now = _Round(broader(proposal, share), rounds[0].log_target)
        now.draw(times * size, rng)
        while now.pareto_k <= PARETO_LIMIT and now.effective(n) < ENOUGH * n:
            if now.size >= PATIENCE * size:
                break
            now.draw(now.size // 2, rng)
        if now.sound(n, PARETO_LIMIT) or len(seen) == len(rounds) + AGAIN:
            return now
        seen.append(now)
        proposal = joined(_fitted(*_together(seen), rng), rounds[0].proposal)


def _fitted(z: Array, log_ratio: Array, rng: np.random.Generator) -> Proposal:
    """A proposal fitted to weighted draws and to how far out they lie."""
    weights = np.exp(log_ratio - log_ratio.max())
    return refitted(z, log_ratio + np.log(_reach(z, weights)), rng)


def _reach(z: Array, weights: Array) -> Array:
    """1 + squared distance from the mean in SDs, (n,): what a draw adds to means and SDs.

    A thin far tail with little mass and much of a variance is fitted too, once it was met.
    """
    w = (weights / weights.sum())[:, None]
    gap = (z - (w * z).sum(axis=0)) ** 2
    return np.asarray(1.0 + (gap / np.maximum((w * gap).sum(axis=0), 1e-300)).sum(axis=1))


def _around(batch: Batch, optima: Array) -> Proposal:
    """Components around optima by the normal approximation; never wider than the prior x 2."""
    curved = len(pattern(batch.size, True, True)) <= TOGETHER
    here = batch.around(np.zeros(len(optima), dtype=np.int64), optima, curved=curved)
    hessian = here.expected if here.hessian is None else here.hessian
    size, turn = np.linalg.eigh(0.5 * hessian)
    # The objective is -2 ln posterior: its half-Hessian is the precision, and the prior alone
    # contributes 1 to it; below that only a non-convex likelihood can bring it.
    size = np.clip(size, 0.5, None)
    covariances = (turn / size[:, None, :]) @ turn.transpose(0, 2, 1)
    return mixture(-0.5 * (here.value + np.log(size).sum(axis=1)), optima, covariances)


def _constant(model: Model, subject: Subject, k: int, *, student: bool) -> float:
    """What the objective leaves out of the ln density of the levels and the etas."""
    constant = -0.5 * k * np.log(2.0 * np.pi)
    for o in subject.observed:
        if o.censored:
            continue
        constant += log_scale(student=student)
        observation = model.observation(o.analyte)
        if observation.residual.log > 0.0 or observation.logged:
            # A density of ln y: in the level's own unit, so that it can be weighed against others.
            constant -= np.log(o.number)
    return float(constant)


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
    # Differences between walkers cross from one optimum to another (ter Braak 2006, Stat Comput
    # 16:239). Not the library's snooker move: with it the means are off (docs/how-right.md).
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.StretchMove(), 0.2)]
    sampler = emcee.EnsembleSampler(walkers, k, log_posterior, vectorize=True, moves=moves)
    sampler.random_state = np.random.RandomState(int(rng.integers(2**32 - 1))).get_state()
    state = sampler.run_mcmc(start, 500)
    sampler.reset()
    steps = max(500, 10 * n // walkers)
    for _ in range(4):
        state = sampler.run_mcmc(state, steps)
        chains = sampler.get_chain()
        ess = effective_size(chains)
        if ess >= ENOUGH * n:
            break
        steps = len(chains)
    flat = chains.reshape(-1, k)
    # By chance: every tenth of 40 walkers in turn would be the same four walkers step after step.
    chosen = np.sort(rng.choice(len(flat), n, replace=False))
    # The noise of the chains, and that of picking n of what they hold.
    return np.asarray(flat[chosen]), 1.0 / (1.0 / ess + 1.0 / n - 1.0 / len(flat))
