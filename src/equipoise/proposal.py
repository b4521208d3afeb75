"""Proposals for importance sampling: components with wide skirts beside a share of the prior.

Made around optima first; refitted to weighted draws where that was not enough. All in whitened
etas, in which the prior is standard normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log, pi

import numpy as np
from numpy.typing import NDArray

from equipoise import components
from equipoise.importance import log_sum
from equipoise.kinetics import kernels
from equipoise.kinetics.lanes import in_threads, processors
from equipoise.likelihood import Objective
from equipoise.model import Array

DF = 20.0
"""Degrees of freedom of the Student distributions that components are made of."""

SKIRT = 2.0
SKIRT_SHARE = 0.3
"""Of each component's draws, so many come from the same distribution made wider: the weights of
curved posteriors stay even where Student tails alone leave a gap around the component."""

DEFENSIVE = 0.1
"""Share of the proposal that comes from the prior: no ratio exceeds ten likelihoods, and what no
component covers shows itself (Hesterberg 1995, Technometrics 37:185)."""

EVEN = 0.1
"""Share that is split evenly over the components: a mass that the normal approximation took for
nothing is still looked at."""

KEPT = 0.2
"""Share that a fitted proposal leaves to the components around the optima."""

COMPONENTS = 8

ROUNDS_OF_EM = 12

POPULATION = 600
MOVES = 2
"""Points of the annealed population, and how often each is moved at each power."""

AT_ONCE = 4096
"""Draws whose densities a thread works out at a time."""

POINTS = 1000
"""Draws, by weight, to which components are fitted: more does not tell them apart better."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Components, each a Student distribution with its skirt, beside the prior.

    shares   (m + 1,), the last of the prior
    centers  (m, k)
    roots    (m, k, k) lower triangular, of the scale matrices
    """

    shares: Array
    centers: Array
    roots: Array

    def draw(self, size: int, rng: np.random.Generator) -> Array:
        """Draws, (size, k), in random order."""
        k = self.centers.shape[1]
        places = (np.arange(size) + rng.random()) / size
        ends = np.searchsorted(places, np.cumsum(self.shares)[:-1]).tolist()
        z = rng.standard_normal((size, k))
        stretch = np.where(rng.random(size) < SKIRT_SHARE, SKIRT, 1.0)
        stretch /= np.sqrt(rng.chisquare(DF, size) / DF)
        begin = 0
        for center, root, end in zip(self.centers, self.roots, ends, strict=True):
            z[begin:end] = center + z[begin:end] @ root.T * stretch[begin:end, None]
            begin = end
        # Shuffled, so that any stretch of the draws stands for the whole.
        return np.asarray(z[rng.permutation(size)])

    def log(self, z: Array) -> Array:
        """Log density, (n,)."""
        code = components.compiled()
        kernels.announce(code)
        out, z = np.empty(len(z)), np.ascontiguousarray(z)
        normal = log(self.shares[-1]) - 0.5 * z.shape[1] * log(2.0 * pi)
        inverses, scales = np.linalg.inv(self.roots), self._scales()

        def work(lo: int, hi: int) -> None:
            code.log_densities(
                z[lo:hi], self.centers, inverses, scales, normal, DF, SKIRT, SKIRT_SHARE, out[lo:hi]
            )

        in_threads(work, len(z), AT_ONCE, processors())
        kernels.note(code)
        return out

    def members(self, z: Array, weight: Array) -> tuple[Array, Array]:
        """Weight of each draw in each component, (m, n): for its mass, and for its moments, to
        which a draw counts by the precision that one so far out has on average.

        weight  (n,)
        """
        code = components.compiled()
        member = np.empty((len(self.centers), len(z)))
        heavy = np.empty_like(member)
        code.members(
            z, weight, self.centers, np.linalg.inv(self.roots), self._scales(), DF, SKIRT,
            SKIRT_SHARE, member, heavy,
        )  # fmt: skip
        return member, heavy

    def _scales(self) -> Array:
        """ln of the components' shares and constants, (m,)."""
        k = self.centers.shape[1]
        width = np.log(np.einsum("mii->mi", self.roots)).sum(axis=1)
        constant = lgamma(0.5 * (DF + k)) - lgamma(0.5 * DF) - 0.5 * k * log(DF * pi)
        return np.asarray(np.log(self.shares[:-1]) + constant - width)


def mixture(log_masses: Array, centers: Array, covariances: Array) -> Proposal:
    """Components by mass, beside the prior's share.

    log_masses  (m,), up to a constant;  centers  (m, k);  covariances  (m, k, k)
    """
    shares = np.exp(log_masses - log_sum(log_masses))
    shares = (1.0 - EVEN) * shares + EVEN / len(shares)
    return Proposal(
        np.append((1.0 - DEFENSIVE) * shares, DEFENSIVE),
        centers,
        np.asarray(np.linalg.cholesky(covariances)),
    )


def joined(fitted: Proposal, first: Proposal) -> Proposal:
    """A fitted proposal that keeps the components it began with, at a smaller share.

    Draws on which a proposal is fitted may lack an optimum that holds a thousandth of the mass and
    yet most of a variance.
    """
    old = (1.0 - DEFENSIVE) * first.shares[:-1] / first.shares[:-1].sum()
    return Proposal(
        np.concatenate([(1.0 - KEPT) * fitted.shares[:-1], KEPT * old, fitted.shares[-1:]]),
        np.concatenate([fitted.centers, first.centers]),
        np.concatenate([fitted.roots, first.roots]),
    )


def broader(proposal: Proposal, share: float) -> Proposal:
    """The same with another share of the prior."""
    fitted = (1.0 - share) * proposal.shares[:-1] / proposal.shares[:-1].sum()
    return Proposal(np.append(fitted, share), proposal.centers, proposal.roots)


def refitted(draws: Array, log_ratio: Array, rng: np.random.Generator) -> Proposal:
    """A proposal fitted to weighted draws.

    Where few draws carry the weight, the weights are tempered first, so that what is fitted lies
    between the proposal and the target; the next round goes the rest of the way. Scales are drawn
    towards the average shape by as many draws as there are dimensions.

    draws  (n, k);  log_ratio  (n,) of target over proposal
    Source the updates are those of Cappe 2008, Stat Comput 18:447, on resampled draws.
    """
    k = draws.shape[1]
    weight, size = _tempered(log_ratio, 20.0 * k)
    most = int(max(1, min(COMPONENTS, size / (3.0 * k))))
    places = (np.arange(POINTS) + rng.random()) / POINTS
    picked = np.minimum(np.searchsorted(np.cumsum(weight), places), len(weight) - 1)
    which, count = np.unique(picked, return_counts=True)
    z, w = draws[which], count / POINTS
    member = _clusters(z, w, most, rng) * w
    found = _components(z, member, member, size)
    for _ in range(ROUNDS_OF_EM):
        member, heavy = found.members(z, w)
        alive = member.sum(axis=1) > 1e-3
        found = _components(z, member[alive], heavy[alive], size)
    return found


def _components(z: Array, member: Array, heavy: Array, size: float) -> Proposal:
    """Components from the draws' shares in them.

    member, heavy  (m, n): weight of each draw in each component, for its mass and its moments
    size           effective draws in all
    """
    m, k = len(member), z.shape[1]
    mass = member.sum(axis=1)
    centers, scatter = np.empty((m, k)), np.empty((m, k, k))
    components.compiled().moments(z, heavy, centers, scatter)
    scatter /= mass[:, None, None]
    pooled = np.einsum("m,mij->ij", mass, scatter) / mass.sum() + 1e-9 * np.eye(k)
    # The average shape at each component's own size: optima differ in size by orders.
    own = np.clip(np.einsum("ij,mji->m", np.linalg.inv(pooled), scatter) / k, 1e-6, 1.5)
    behind = (mass * size)[:, None, None]
    scale = (behind * scatter + k * own[:, None, None] * pooled) / (behind + k)
    return mixture(np.log(mass), centers, scale + 1e-9 * np.eye(k))


def _clusters(z: Array, w: Array, most: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Members of at most so many clusters, (m, n): k-means from seeds that lie far apart."""
    gap = z - w @ z
    covariance = (gap * w[:, None]).T @ gap + 1e-9 * np.eye(z.shape[1])
    y = np.linalg.solve(np.linalg.cholesky(covariance), gap.T).T
    norms = (y**2).sum(axis=1)
    seeds = [int(np.argmin(norms))]
    distance = ((y - y[seeds[0]]) ** 2).sum(axis=1)
    while len(seeds) < most:
        total = np.cumsum(w * distance)
        seeds.append(min(int(np.searchsorted(total, rng.random() * total[-1])), len(y) - 1))
        distance = np.minimum(distance, ((y - y[seeds[-1]]) ** 2).sum(axis=1))
    centers = y[seeds]
    for _ in range(3):
        apart = (centers**2).sum(axis=1)[:, None] - 2.0 * centers @ y.T
        member = np.argmin(apart, axis=0) == np.arange(len(centers))[:, None]
        member = member[member.any(axis=1)]
        weight = member * w
        centers = (weight @ y) / weight.sum(axis=1)[:, None]
    return np.asarray(member)


def _tempered(log_ratio: Array, least: float) -> tuple[Array, float]:
    """Weights to the largest power up to 1 that leaves so many effective draws, and how many."""

    def weights(power: float) -> Array:
        w = np.exp(power * (log_ratio - log_ratio.max()))
        return np.asarray(w / w.sum())

    low, high = 0.0, 1.0
    if 1.0 / np.sum(weights(1.0) ** 2) < least:
        for _ in range(30):
            middle = 0.5 * (low + high)
            if 1.0 / np.sum(weights(middle) ** 2) >= least:
                low = middle
            else:
                high = middle
        high = low
    w = weights(high)
    return w, float(1.0 / np.sum(w**2))


def annealed(log_target: Objective, k: int, rng: np.random.Generator) -> Array:
    """A population of points that has followed the target from the prior, (n, k).

    The likelihood is raised to a power that grows from 0 to 1, each time as far as half of the
    population stays effective; then points are resampled and moved by differences between others,
    which need no scale. It finds what is neither at an optimum nor shaped like one, roughly: to fit
    a proposal to, not to be used as draws.

    log_target  (n, k) -> (n,), up to a constant, with the standard normal prior in it
    Source Del Moral 2006, J R Stat Soc B 68:411; moves of ter Braak 2006, Stat Comput 16:239.
    """
    z = rng.standard_normal((POPULATION, k))

    def likelihood(at: Array) -> Array:
        found = np.asarray(log_target(at)) + 0.5 * np.einsum("nk,nk->n", at, at)
        return np.where(np.isfinite(found), found, -np.inf)

    value = likelihood(z)
    power = 0.0
    while power < 1.0:
        weight, step = _further(value, 1.0 - power)
        power = 1.0 if step >= 1.0 - power else power + step
        places = (np.arange(POPULATION) + rng.random()) / POPULATION
        chosen = np.minimum(np.searchsorted(np.cumsum(weight), places), POPULATION - 1)
        z, value = z[chosen], value[chosen]
        for _ in range(MOVES if power < 1.0 else 2 * MOVES):
            shuffled = rng.permutation(POPULATION)
            first, second = np.split(shuffled, 2)
            for mine, others in ((first, second), (second, first)):
                pair = others[rng.integers(len(others), size=(2, len(mine)))]
                scale = np.where(
                    rng.random(len(mine)) < 0.1, 1.0,
                    2.38 / np.sqrt(2.0 * k) * rng.choice([1.0, 0.5, 0.2], size=len(mine)),
                )  # fmt: skip
                there = z[mine] + scale[:, None] * (z[pair[0]] - z[pair[1]])
                there += 1e-4 * rng.standard_normal(there.shape)
                new = likelihood(there)
                change = -0.5 * ((there**2).sum(axis=1) - (z[mine] ** 2).sum(axis=1))
                change += power * (new - value[mine])
                taken = np.log(rng.random(len(mine))) < change
                z[mine[taken]], value[mine[taken]] = there[taken], new[taken]
    return z


def _further(value: Array, most: float) -> tuple[Array, float]:
    """Weights of the next power of the likelihood and how much it is higher."""
    shifted = value - value.max()

    def weights(step: float) -> Array:
        w = np.exp(step * shifted)
        return np.asarray(w / w.sum())

    low, high = 0.0, most
    if 1.0 / np.sum(weights(most) ** 2) >= 0.5 * len(value):
        return weights(most), most
    for _ in range(30):
        middle = 0.5 * (low + high)
        if 1.0 / np.sum(weights(middle) ** 2) >= 0.5 * len(value):
            low = middle
        else:
            high = middle
    return weights(high), high
