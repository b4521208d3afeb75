"""Approximate Bayesian computation from tables of draws: rejection, regression, a second table.

A table holds draws of the parameters (as standard normal numbers) and the summaries of the studies
simulated from each. The draws nearest to an observation are kept, weighted by nearness, and moved
along the local regression of parameters on summaries (Beaumont 2002, Genetics 162:2025). A second
table is drawn around the first posterior; both together, weighted back to the prior, allow a
smaller distance. Because a table serves every observation, calibration costs no more simulation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from atg_calibration import cohorts, structures
from atg_calibration.anchors import OBSERVED, SUMMARIES

Array = NDArray[np.float64]

BATCH = 200
"""Draws simulated in one call of the engine."""
RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A normal distribution that draws come from; the prior has mean 0 and the unit covariance."""

    mean: Array
    covariance: Array

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """(n, parameters) standard normal numbers of the priors."""
        root = np.linalg.cholesky(self.covariance)
        return np.asarray(self.mean + rng.standard_normal((n, len(self.mean))) @ root.T)

    def log_density(self, z: Array) -> Array:
        """Of each draw."""
        return np.asarray(stats.multivariate_normal.logpdf(z, self.mean, self.covariance))


def prior_of(parameters: int) -> Proposal:
    """The prior on the scale of standard normal numbers."""
    return Proposal(np.zeros(parameters), np.eye(parameters))


@dataclass(frozen=True, slots=True)
class Table:
    """Draws and what they gave.

    z        (draws, parameters);  s: (draws, summaries)
    log_importance  prior over proposal, (draws,): 0 for a table from the prior
    """

    z: Array
    s: Array
    log_importance: Array

    def without_importance(self) -> Table:
        """The same table read as one whose proposal is the prior: for its own calibration."""
        return Table(self.z, self.s, np.zeros(len(self.z)))


def joined(first: Table, second: Table, proposal: Proposal) -> Table:
    """A table from the prior and one from a proposal as one from their mixture.

    No weight is above the inverse share of the first, however narrow the proposal.
    Source  Veach & Guibas 1995 (the balance heuristic)
    """
    z = np.concatenate([first.z, second.z])
    share = len(first.z) / len(z)
    prior, narrow = prior_of(z.shape[1]).log_density(z), proposal.log_density(z)
    mixture = np.logaddexp(np.log(share) + prior, np.log1p(-share) + narrow)
    return Table(z, np.concatenate([first.s, second.s]), prior - mixture)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Weighted draws.

    kept      rows of the table that were kept
    farthest  their largest distance, in units of the spread of each summary in the table
    """

    z: Array
    weights: Array
    kept: NDArray[np.int64]
    farthest: float

    @property
    def effective(self) -> float:
        """Effective number of draws."""
        return float(1.0 / (self.weights**2).sum())

    def mean(self) -> Array:
        """Of each parameter, standard normal scale."""
        return np.asarray(self.weights @ self.z)

    def covariance(self) -> Array:
        """Of the parameters, standard normal scale."""
        centered = self.z - self.mean()
        return np.asarray((self.weights[:, None] * centered).T @ centered)

    def quantiles(self, values: Array, at: tuple[float, ...]) -> Array:
        """Weighted quantiles of one number per draw."""
        order = np.argsort(values)
        reached = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
        return np.interp(at, reached, values[order])

    def resample(self, n: int, rng: np.random.Generator) -> Array:
        """(n, parameters) equally weighted draws."""
        return np.asarray(self.z[rng.choice(len(self.z), n, p=self.weights)])


def make_table(kind: str, draws: int, seed: int, proposal: Proposal | None = None) -> Table:
    """Simulate the studies for draws from the prior, or from a proposal.

    Draws that the engine could not solve are left out.
    """
    stage = 0 if proposal is None else 1
    rng = np.random.default_rng([seed, structures.STRUCTURES.index(kind), stage])
    source = proposal or prior_of(len(structures.PRIORS[kind]))
    zs, ss = [], []
    for first in range(0, draws, BATCH):
        z = source.draw(min(BATCH, draws - first), rng)
        theta = structures.values(kind, z)
        zs.append(z)
        ss.append(cohorts.summarize(cohorts.simulate(kind, theta, rng), theta, rng))
    z, s = np.concatenate(zs), np.concatenate(ss)
    whole = np.isfinite(s).all(axis=1)
    z, s = z[whole], s[whole]
    importance = prior_of(z.shape[1]).log_density(z) - source.log_density(z)
    return Table(z, s, importance)


def condition(
    table: Table,
    observed: Array,
    keep: int,
    *,
    leave_out: int = -1,
    flags: int = 1,
) -> Posterior:
    """The posterior given an observation.

    keep       draws to keep;  leave_out: a row that must not be among them (calibration)
    flags      how many of the last summaries have to be met exactly and are not regressed on
    """
    columns = table.s.shape[1] - flags
    allowed = (table.s[:, columns:] == observed[columns:]).all(axis=1)
    if leave_out >= 0:
        allowed[leave_out] = False
    rows = np.flatnonzero(allowed)
    s, target = table.s[rows, :columns], observed[:columns]
    spread = stats.median_abs_deviation(s, axis=0, scale="normal")
    spread = np.where(spread > 0.0, spread, s.std(axis=0) + 1e-12)
    far = (s - target) / spread
    distance = np.sqrt((far**2).sum(axis=1))
    near = np.argsort(distance)[: min(keep, len(rows))]
    farthest = float(distance[near[-1]])
    importance = table.log_importance[rows[near]]
    weights = np.maximum(1.0 - (distance[near] / (farthest * (1.0 + 1e-9))) ** 2, 1e-9)
    weights *= np.exp(importance - importance.max())
    weights /= weights.sum()
    z, x = table.z[rows[near]], far[near]
    design = np.hstack([np.ones((len(x), 1)), x])
    scaled = design * weights[:, None]
    gram = scaled.T @ design
    gram[1:, 1:] += RIDGE * np.diag(np.diag(gram)[1:])
    slope = np.linalg.lstsq(gram, scaled.T @ z, rcond=1e-10)[0]
    return Posterior(z - x @ slope[1:], weights, rows[near], farthest)


def around(posterior: Posterior, *, wider: float = 2.0, floor: float = 0.12) -> Proposal:
    """A proposal around a posterior: wider for what it narrowed, the prior for all else.

    floor    contraction from which a parameter counts as narrowed; the others keep their prior, so
             that they cost no importance
    """
    found, mean = posterior.covariance(), posterior.mean()
    strong = contraction(posterior) >= floor
    covariance = np.eye(len(mean))
    inner = wider * found[np.ix_(strong, strong)] + 1e-6 * np.eye(int(strong.sum()))
    covariance[np.ix_(strong, strong)] = inner
    return Proposal(np.where(strong, mean, 0.0), covariance)


def contraction(posterior: Posterior) -> Array:
    """1 - SD after / SD before, of each parameter; near 0: the observations said nothing."""
    return np.asarray(1.0 - np.sqrt(np.diag(posterior.covariance())))


def ranks(table: Table, keep: int, replicates: int, seed: int, *, of: int = 99) -> Array:
    """Calibration by simulation: ranks of true parameters among posterior draws.

    Rows of the table serve as truth and observation; each is left out of its own posterior.
    of       posterior draws of each replicate, so ranks are 0..of
    Returns  (replicates, parameters)
    """
    rng = np.random.default_rng([seed, 3])
    found = np.empty((replicates, table.z.shape[1]))
    for i, row in enumerate(rng.choice(len(table.z), replicates, replace=False)):
        posterior = condition(table, table.s[row], keep, leave_out=int(row))
        drawn = posterior.resample(of, rng)
        found[i] = (drawn < table.z[row]).sum(axis=0)
    return found


def uniformity(rank: Array, *, of: int = 99, bins: int = 10) -> tuple[Array, Array]:
    """Counts in equal bins, (parameters, bins), and the p of a chi-squared test for each."""
    edges = np.linspace(0, of + 1, bins + 1)
    counts = np.stack([np.histogram(column, edges)[0] for column in rank.T])
    return counts.astype(float), np.asarray(stats.chisquare(counts, axis=1).pvalue)


def observed() -> Array:
    """What was observed, in the order of the summaries."""
    assert len(OBSERVED) == len(SUMMARIES)
    return np.array(OBSERVED)
