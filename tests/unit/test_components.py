"""Densities and moments of a proposal's components against scipy and plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from equipoise.model import Array
from equipoise.proposal import DF, SKIRT, SKIRT_SHARE, Proposal, mixture, refitted


def proposal(k: int, count: int = 3) -> Proposal:
    rng = np.random.default_rng([7, k])
    shapes = 0.4 * rng.standard_normal((count, k, k))
    covariances = shapes @ shapes.transpose(0, 2, 1) + 0.01 * np.eye(k)
    return mixture(rng.standard_normal(count), rng.standard_normal((count, k)), covariances)


def parts(p: Proposal, z: Array) -> Array:
    """Log densities times shares of the components, (m, n), by scipy."""
    out = []
    for share, center, root in zip(p.shares[:-1], p.centers, p.roots, strict=True):
        both = [
            np.log(part) + stats.multivariate_t(center, wide**2 * root @ root.T, DF).logpdf(z)
            for part, wide in ((1.0 - SKIRT_SHARE, 1.0), (SKIRT_SHARE, SKIRT))
        ]
        out.append(np.log(share) + np.logaddexp(*both).reshape(-1))
    return np.array(out)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_log_density_is_that_of_the_mixture(k: int) -> None:
    p = proposal(k)
    z = p.draw(500, np.random.default_rng(1))
    # Far out too, where a sum of densities is nothing and only logarithms are left.
    z = np.concatenate([z, 30.0 * z, 1e5 * z])
    normal = np.log(p.shares[-1]) + stats.norm.logpdf(z).sum(axis=1)
    expected = logsumexp(np.vstack([parts(p, z), normal]), axis=0)
    np.testing.assert_allclose(p.log(z), expected, rtol=1e-11)


@pytest.mark.parametrize("k", [1, 3])
def test_draws_are_shared_out_by_the_densities(k: int) -> None:
    p = proposal(k)
    rng = np.random.default_rng(2)
    z, weight = p.draw(200, rng), rng.random(200)
    member, heavy = p.members(z, weight)
    logs = parts(p, z)
    np.testing.assert_allclose(member, np.exp(logs - logsumexp(logs, axis=0)) * weight, rtol=1e-10)
    np.testing.assert_allclose(member.sum(axis=0), weight, rtol=1e-12)
    # The precision is minus twice the slope of the log density over the squared distance.
    for c in range(len(p.centers)):
        step = 1e-6
        moved = p.centers[c] + (1.0 + step) * (z - p.centers[c])
        back = p.centers[c] + (1.0 - step) * (z - p.centers[c])
        slope = (parts(p, moved)[c] - parts(p, back)[c]) / (2.0 * step)
        gap = np.linalg.solve(p.roots[c], (z - p.centers[c]).T)
        precision = -slope / (gap**2).sum(axis=0)
        np.testing.assert_allclose(heavy[c] / member[c], precision, rtol=1e-4)


def test_draws_of_a_component_have_its_place_and_scale() -> None:
    p = proposal(2, count=1)
    z = p.draw(40_000, np.random.default_rng(3))
    share = p.shares[0]
    # Of a Student distribution with its skirt, beside the prior.
    spread = DF / (DF - 2.0) * (1.0 - SKIRT_SHARE + SKIRT_SHARE * SKIRT**2)
    second = spread * p.roots[0] @ p.roots[0].T + np.outer(p.centers[0], p.centers[0])
    expected = share * second + (1.0 - share) * np.eye(2)
    np.testing.assert_allclose(z.T @ z / len(z), expected, atol=0.05)
    np.testing.assert_allclose(z.mean(axis=0), share * p.centers[0], atol=0.03)


def test_two_clusters_are_found_again() -> None:
    rng = np.random.default_rng(4)
    centers = np.array([[-3.0, 0.0], [2.0, 1.0]])
    z = np.concatenate([centers[0] + 0.2 * rng.standard_normal((1500, 2)),
                        centers[1] + 0.5 * rng.standard_normal((500, 2))])  # fmt: skip
    found = refitted(z, np.zeros(len(z)), np.random.default_rng(5))
    held = np.argmin(np.linalg.norm(found.centers[:, None] - centers[None], axis=2), axis=1)
    # An even split of a tenth is part of every mixture.
    first = found.shares[:-1][held == 0].sum() / found.shares[:-1].sum()
    even = 0.1 * np.mean(held == 0)
    assert first == pytest.approx(0.9 * 0.75 + even, abs=0.05)
    near = np.linalg.norm(found.centers - centers[held], axis=1)
    assert near.max() < 1.5
