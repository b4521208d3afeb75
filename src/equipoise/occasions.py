"""Occasions: a model in which each occasion of a patient has etas of its own.

The estimation knows nothing of occasions: it gets an expanded model whose etas are those between
subjects, then a set for each occasion, with a block-diagonal covariance. Which occasion holds when
is a covariate of the course (`model.OCCASION`), so parameters change at its pieces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from equipoise.model import OCCASION, Array, Course, Model


def occasions_of(model: Model, courses: Sequence[Course], *, until: float = math.inf) -> list[int]:
    """Numbers of the occasions that courses run through, in order of appearance.

    until  hours: only what can act on a sample drawn then. [] where the model has no occasions.
    """
    if model.occasions is None:
        return []
    found: dict[int, None] = {}
    for course in courses:
        pieces = sum(edge < until for edge in course.schedule.breaks) + 1
        numbers = course.covariates[OCCASION]
        found.update(dict.fromkeys(int(n) for n in numbers[:pieces]))
        # A dose may belong to an occasion that no stretch of time does.
        own = [d.piece for d in course.schedule.doses if d.piece >= 0 and d.time <= until]
        found.update(dict.fromkeys(int(numbers[piece]) for piece in own))
    return list(found)


def expanded(model: Model, numbers: Sequence[int]) -> Model:
    """The model with etas for each of these occasions, after those between subjects.

    numbers  of occasions, as `occasions_of` gives them; in any other occasion the patient is as
             between occasions. Without occasions in the model, the model itself.
    Etas are named "CL, occasion 2".
    """
    occasions = model.occasions
    if occasions is None:
        return model
    own = [[_name(name, number) for name in occasions.etas] for number in numbers]
    between, within = len(model.etas), len(occasions.etas)
    omega = np.zeros((between + within * len(numbers),) * 2)
    omega[:between, :between] = model.omega_matrix
    for i in range(len(numbers)):
        block = slice(between + i * within, between + (i + 1) * within)
        omega[block, block] = occasions.omega_matrix

    def parameters(
        thetas: Mapping[str, float], covariates: Mapping[str, Array], etas: Mapping[str, Array]
    ) -> Mapping[str, Array]:
        occasion = covariates[OCCASION]
        total = {name: etas[name] for name in model.etas}
        for j, name in enumerate(occasions.etas):
            shift = sum(
                ((occasion == number) * etas[names[j]] for number, names in zip(numbers, own,
                                                                                strict=True)),
                start=np.zeros(1),
            )  # fmt: skip
            total[name] = total[name] + shift if name in total else shift
        return model.parameters(thetas, covariates, total)

    return replace(
        model,
        etas=(*model.etas, *(name for names in own for name in names)),
        omega=tuple(map(tuple, omega.tolist())),
        parameters=parameters,
    )


def with_new_occasions(
    model: Model, etas: Array, numbers: Sequence[int], *, rng: np.random.Generator | None
) -> Array:
    """Etas of an expanded model with columns for occasions that it had no data of.

    model    as published, not expanded
    etas     (n, k), of the model expanded for fewer occasions: the first of `numbers`
    numbers  all occasions wanted
    rng      draws the new ones from the population of occasions; None: 0, as for a mode
    """
    if model.occasions is None:
        return etas
    wanted = len(model.etas) + len(numbers) * len(model.occasions.etas)
    missing = wanted - etas.shape[1]
    new = np.zeros((etas.shape[0], missing))
    if rng is not None and missing:
        root = np.linalg.cholesky(model.occasions.omega_matrix)
        normal = rng.standard_normal((etas.shape[0], missing // len(root), len(root)))
        new = (normal @ root.T).reshape(etas.shape[0], missing)
    return np.concatenate([etas, new], axis=1)


def _name(eta: str, number: int) -> str:
    return f"{eta}, occasion {number}"
