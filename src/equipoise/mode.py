"""The maximum a posteriori estimate that is not missed.

Works in whitened etas (z with unit prior variance). A batch of candidate starts is scored in one
pass, the best few are driven down by Newton steps with derivatives from perturbed lanes until the
gradient norm is small; the lowest optimum is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.likelihood import (
    Objective,
    Subject,
    conditional_objective,
    minus_two_log,
    second_differences,
    with_errors,
)
from equipoise.model import Array, Model

GRADIENT_NORM = 1e-4
"""A mode is accepted where the gradient of the objective in whitened etas is below this."""

APART = 0.1
"""Two optima nearer than this (SD of the prior) are one."""

NEWTON_STEPS = 100

REACH = 2.0
"""A step is at most so long (SD of the prior)."""

HALVINGS = np.append(0.5 ** np.arange(24), 0.0)


@dataclass(frozen=True, slots=True)
class Mode:
    """A conditional mode.

    eta       (k,)
    gradient  norm of the objective's gradient in whitened etas
    ofv, joint  as the contract defines them
    converged   the gradient norm is below `GRADIENT_NORM`
    """

    eta: Array
    gradient: float
    ofv: float
    joint: float
    converged: bool


def find_mode(model: Model, subject: Subject, *, student: bool = False) -> Mode:
    """The maximum a posteriori etas of one subject.

    Fails  ValueError where no start gives a finite objective (the doses or covariates make the
           model blow up).
    """
    return find_optima(model, subject, student=student)[0]


def find_optima(model: Model, subject: Subject, *, student: bool) -> tuple[Mode, Array]:
    """The mode, and every optimum that was found, in whitened etas, the lowest first: (m, k)."""
    k = len(model.etas)
    if k == 0 or not subject.observed:
        eta = np.zeros(k)
        ofv, joint_value = conditional_objective(model, subject, eta)
        return Mode(eta, 0.0, ofv, joint_value, True), eta[None, :]
    root = np.linalg.cholesky(model.omega_matrix)

    def objective(z: Array) -> Array:
        f = with_errors(model, subject, z @ root.T)
        total = minus_two_log(model, subject, f, student=student).sum(axis=1)
        return np.asarray(np.where(np.isfinite(total), total, 1e12) + (z**2).sum(axis=1))

    starts = _starts(objective, k)
    if not len(starts):
        raise ValueError(
            f"{model.id}: no set of parameters gives a finite prediction for subject data; check "
            "doses, covariates and units"
        )
    found = sorted((descend(objective, start) for start in starts), key=lambda f: f[1])
    optima = distinct([z for z, _ in found])
    gradient = float(np.linalg.norm(gradient_of(objective, optima[0])))
    eta = root @ optima[0]
    ofv, joint_value = conditional_objective(model, subject, eta)
    mode = Mode(eta, gradient, ofv, joint_value, gradient < GRADIENT_NORM)
    return mode, optima


def distinct(points: Sequence[Array]) -> Array:
    """Those of some optima that lie apart, in their order: (m, k)."""
    kept = [points[0]]
    for z in points[1:]:
        if min(float(np.linalg.norm(z - other)) for other in kept) > APART:
            kept.append(z)
    return np.array(kept)


def _starts(objective: Objective, k: int) -> Array:
    """The best few of a fixed grid of starts, the origin always among them."""
    spread = np.random.default_rng(0).uniform(-3.0, 3.0, (8 * k + 16, k))
    candidates = np.concatenate([np.zeros((1, k)), np.eye(k), -np.eye(k), spread])
    values = np.asarray(objective(candidates))
    usable = np.flatnonzero(values < 1e11)
    if not len(usable):
        return np.zeros((0, k))
    best = usable[np.argsort(values[usable], kind="stable")]
    chosen = [int(best[0])]
    for i in best[1:]:
        if len(chosen) == 3:
            break
        if np.min(np.linalg.norm(candidates[chosen] - candidates[i], axis=1)) > 1.5:
            chosen.append(int(i))
    if 0 in usable and 0 not in chosen:
        chosen.append(0)
    return np.asarray(candidates[chosen])


def gradient_of(objective: Objective, z: Array, step: float = 1e-4) -> Array:
    """Gradient at one point by central differences in one batch, (k,)."""
    k = len(z)
    lanes = np.concatenate([z + step * np.eye(k), z - step * np.eye(k)])
    values = np.asarray(objective(lanes))
    return np.asarray((values[:k] - values[k:]) / (2.0 * step))


def descend(objective: Objective, start: Array) -> tuple[Array, float]:
    """One local optimum, by Newton steps that go downhill whatever the curvature.

    Value, gradient and curvature come from perturbed lanes in one batch, and so do the lengths of
    the line search. Eigenvalues of the curvature count by their size, so a saddle repels; a step
    is at most `REACH` standard deviations of the prior.
    """
    z = start
    best = float(np.asarray(objective(z[None, :]))[0])
    for _ in range(NEWTON_STEPS):
        gradient = gradient_of(objective, z)
        if np.linalg.norm(gradient) < GRADIENT_NORM / 10.0:
            break
        hessian = second_differences(objective, z, np.full(len(z), 1e-3))
        moves = (_downhill(hessian, gradient), -gradient)
        for move in moves:
            length = float(np.linalg.norm(move))
            move = move * min(1.0, REACH / length)
            # Where it stands is scored again in the same batch: two batches of an integration
            # differ by more than the last steps gain.
            values = np.asarray(objective(z[None, :] + HALVINGS[:, None] * move[None, :]))
            place = int(np.argmin(values))
            if float(values[place]) < float(values[-1]):
                break
        else:
            break
        z = z + HALVINGS[place] * move
        best = float(values[place])
    return z, best


def _downhill(hessian: Array, gradient: Array) -> Array:
    size, turn = np.linalg.eigh(0.5 * (hessian + hessian.T))
    size = np.maximum(np.abs(size), 1e-3)
    return np.asarray(-turn @ ((turn.T @ gradient) / size))
