"""Where descents begin: near starts for everybody, far ones where the landscape is in doubt.

Near starts are the best of a fixed grid, which a rough integration is enough to compare. Far ones
cover the population evenly whatever the objective says there: an optimum that lies behind a ridge
shows itself to a descent, not to a comparison.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NoReturn

import numpy as np

from equipoise import descent
from equipoise.density import NOTHING
from equipoise.kinetics import Linear
from equipoise.kinetics.block import LANES
from equipoise.likelihood import STUDENT_DF, with_errors
from equipoise.model import Array, simulate
from equipoise.objective import Batch, Booleans, Integers

STARTS = 5
"""Near starts, besides the origin."""

CANDIDATES, MORE = 4, 24
"""Starts that are compared, for each eta and two more; more of them where one costs little."""

STARTS_APART = 1.5

ROUGH = 1e-3
"""Tolerance of the integration where starts are compared."""

PILOTS = 256
WIDE = 1.2
"""SD of the points among which far starts are chosen, in whitened etas: a little wider than the
population."""

FAR = 24
"""Far starts: those pilots that lie farthest apart."""


def near_starts(batch: Batch) -> tuple[Integers, Array]:
    """The best few of the candidates for each subject, and the origin: of (W,), z (W, k).

    Fails  ValueError where a subject has none.
    """
    cheap = isinstance(batch.model.structure, Linear)
    grid, far = _candidates(batch.size, MORE if cheap else CANDIDATES, 1 if cheap else LANES)
    count = len(batch.subjects)
    of, points = np.zeros(len(grid), dtype=np.int64), grid
    if count > 1:
        of, points = np.arange(count).repeat(len(grid)), np.tile(grid, (count, 1))
    # Heavy tails let a start count that fails one level by much, which a step puts right.
    values = batch.values(of, points, rtol=ROUGH, df=STUDENT_DF)
    most = count * (STARTS + 1)
    of, z = np.empty(most, dtype=np.int64), np.empty((most, batch.size))
    found = descent.compiled().picked(values, far, STARTS, grid, of, z)
    if found < 0:
        refuse(batch, -1 - found)
    return of[:found], z[:found]


def far_starts(batch: Batch, which: Integers) -> tuple[Integers, Array]:
    """The same for the subjects in doubt, far apart: of (W,), z (W, k)."""
    points = _spread(batch.size)
    return np.repeat(which, len(points)), np.tile(points, (len(which), 1))


@lru_cache(maxsize=16)
def _candidates(k: int, each: int, block: int) -> tuple[Array, Booleans]:
    """A fixed grid of starts (n, k), the origin first, and which lie apart from which (n, n).

    block  where the grid ends just beyond whole blocks of so many, the few are left out
    """
    spread = np.random.default_rng(0).uniform(-3.0, 3.0, (each * (k + 2), k))
    grid = np.concatenate([np.zeros((1, k)), np.eye(k), -np.eye(k), spread])
    if 0 < len(grid) % block <= len(grid) // block:
        grid = grid[: -(len(grid) % block)]
    return grid, np.linalg.norm(grid[:, None] - grid[None, :], axis=2) > STARTS_APART


@lru_cache(maxsize=16)
def _spread(k: int) -> Array:
    """Fixed points far from the origin and from each other, (FAR, k)."""
    pilots = WIDE * np.random.default_rng(0).standard_normal((PILOTS, k))
    chosen: list[int] = []
    distance = (pilots**2).sum(axis=1)
    while len(chosen) < FAR:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, ((pilots - pilots[chosen[-1]]) ** 2).sum(axis=1))
    return np.asarray(pilots[chosen])


def refuse(batch: Batch, s: int) -> NoReturn:
    """Say why a subject has no estimate: ValueError."""
    subject = batch.subjects[s]
    # Where the engine refuses the doses or parameters of the typical patient it says why.
    with np.errstate(all="ignore"):
        failed = simulate(batch.model, [subject.course], [subject.times]).failed
    why = f": {failed[0][2]}" if failed else ""
    if not failed:
        with np.errstate(all="ignore"):
            f = with_errors(batch.model, subject, np.zeros((1, batch.size)))
        for level, variance in zip(subject.observed, f.variance[0], strict=True):
            if level.censored != "<" and variance <= NOTHING:
                raise ValueError(
                    f"{batch.model.id}: subject {subject.id} has a level at {level.time:g} h, "
                    "where the model predicts none and its residual error allows none; check "
                    "doses and times, or leave the level out (MDV 1)"
                )
    raise ValueError(
        f"{batch.model.id}: no set of parameters gives a finite prediction for the levels of "
        f"subject {subject.id}{why}; check doses, covariates and units"
    )
