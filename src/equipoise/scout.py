"""Far optima: what the posterior may hold where no descent from the origin looks.

Many starts go down together, one batch of lanes for all of them in each step: a damped
Gauss-Newton step (Levenberg-Marquardt) needs the prediction's first derivatives alone, which come
from perturbed lanes of the same batch.
"""

from __future__ import annotations

import numpy as np

from equipoise.likelihood import Subject, minus_two_log, with_errors
from equipoise.model import Array, Model

PILOTS = 256
WIDE = 1.2
"""SD of the pilots in whitened etas: a little wider than the population."""

STARTS = 40
"""Of the pilots: the best, and then those that lie farthest apart."""

STEPS = 12
CULL = 4
"""Steps between two looks at which starts have met: one of them goes on."""

SETTLED = 1e-2
"""A start has arrived where the next step would lower the objective by less than this."""

DEEP = 20.0
"""An optimum higher than the lowest by more than this (-2 ln density) is not reported: it holds
e^-10 of the density."""

REACH = 2.0
"""A step is at most so long (SD of the population)."""


def far_optima(model: Model, subject: Subject, *, student: bool = False) -> Array:
    """Optima found from many starts, or how far a descent has come: whitened, lowest first, (m, k).

    The same for the same subject: the starts are fixed. (0, k) where no start is finite.
    Source Levenberg-Marquardt: Nocedal & Wright 2006, Numerical Optimization, section 10.3.
    """
    k = len(model.etas)
    root = np.linalg.cholesky(model.omega_matrix)

    def lanes(z: Array) -> tuple[Array, Array, Array]:
        f = with_errors(model, subject, z @ root.T, rtol=1e-6)
        with np.errstate(over="ignore"):
            return minus_two_log(model, subject, f, student=student), f.center, f.variance

    measured = np.array([o.censored == "" for o in subject.observed], dtype=bool)

    def look(z: Array) -> tuple[Array, Array, Array]:
        """Objective (m,), gradient (m, k) and curvature (m, k, k) at some points."""
        step = 1e-4 * np.eye(k)
        stencil = np.concatenate([np.zeros((1, k)), step, -step])
        shape = (len(z), 2 * k + 1, len(measured))
        terms, center, variance = (
            part.reshape(shape) for part in lanes((z[:, None, :] + stencil).reshape(-1, k))
        )
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            slope = (terms[:, 1 : k + 1] - terms[:, k + 1 :]) / 2e-4
            a = (center[:, 1 : k + 1] - center[:, k + 1 :]) / 2e-4 / np.sqrt(variance[:, :1])
            b = (variance[:, 1 : k + 1] - variance[:, k + 1 :]) / 2e-4 / variance[:, :1]
            # A censored term t counts as the square of its root, whose slope is t' / 2 sqrt(t).
            c = slope / np.sqrt(np.maximum(4.0 * terms[:, :1], 1e-12))
            rows = np.concatenate(
                [a[..., measured], b[..., measured] / np.sqrt(2.0), c[..., ~measured]], axis=2
            )
            value = terms[:, 0].sum(axis=1) + (z**2).sum(axis=1)
        rows = np.clip(np.nan_to_num(rows, posinf=0.0, neginf=0.0), -1e50, 1e50)
        gradient = np.nan_to_num(slope.sum(axis=2), posinf=0.0, neginf=0.0)
        gradient = np.clip(gradient, -1e50, 1e50) + 2.0 * z
        curvature = 2.0 * (np.eye(k) + rows @ rows.transpose(0, 2, 1))
        return np.where(np.isfinite(value), value, np.inf), gradient, curvature

    z = _starts(lambda x: lanes(x)[0].sum(axis=1) + (x**2).sum(axis=1), k)
    if not len(z):
        return z
    value, gradient, curvature = look(z)
    damping = np.full(len(z), 1e-2)
    active = np.arange(len(z))
    for step in range(STEPS):
        if not len(active):
            break
        h = curvature[active]
        diagonal = np.einsum("mii->mi", h) * damping[active, None]
        move = -np.linalg.solve(h + diagonal[:, :, None] * np.eye(k), gradient[active, :, None])
        move = move[..., 0]
        length = np.sqrt((move**2).sum(axis=1))
        move *= np.minimum(1.0, REACH / np.maximum(length, 1e-300))[:, None]
        there, slope, bend = look(z[active] + move)
        lower = there < value[active]
        moved = active[lower]
        z[moved] += move[lower]
        value[moved], gradient[moved], curvature[moved] = there[lower], slope[lower], bend[lower]
        damping[moved] = np.maximum(0.2 * damping[moved], 1e-8)
        damping[active[~lower]] = np.minimum(8.0 * damping[active[~lower]], 1e8)
        gain = _gain(gradient[active], curvature[active])
        active = active[gain > SETTLED]
        if step % CULL == CULL - 1:
            kept = _apart(z, value, curvature)
            active = active[np.isin(active, kept)]
    kept = _apart(z, value, curvature)
    return np.asarray(z[kept[value[kept] < value[kept[0]] + DEEP]])


def _starts(objective, k: int) -> Array:  # type: ignore[no-untyped-def]
    pilots = WIDE * np.random.default_rng(0).standard_normal((PILOTS, k))
    pilots[0] = 0.0
    value = np.asarray(objective(pilots))
    usable = np.flatnonzero(np.isfinite(value))
    best = pilots[usable[np.argsort(value[usable], kind="stable")]]
    if not len(best):
        return best
    chosen = [0]
    distance = ((best - best[0]) ** 2).sum(axis=1)
    while len(chosen) < min(STARTS, len(best)):
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, ((best - best[chosen[-1]]) ** 2).sum(axis=1))
    return np.asarray(best[chosen])


def _gain(gradient: Array, curvature: Array) -> Array:
    """What a full step from each point would gain, (m,)."""
    solved = np.linalg.solve(curvature, gradient[..., None])[..., 0]
    return np.asarray((gradient * solved).sum(axis=1))


def _apart(z: Array, value: Array, curvature: Array) -> Array:
    """Places of those that lie more than one SD from every better one, the lowest first."""
    order = np.argsort(value, kind="stable")
    order = order[np.isfinite(value[order])]
    kept: list[int] = []
    for i in order:
        gap = z[kept] - z[i]
        near = 0.5 * np.einsum("mi,mij,mj->m", gap, curvature[kept], gap)
        if not np.any(near < 1.0):
            kept.append(int(i))
    return np.array(kept, dtype=int)
