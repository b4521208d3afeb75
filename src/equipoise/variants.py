"""Variants of a model for one estimation: a flatter or firmer prior, etas held at zero.

A variant is a model like any other; nothing downstream knows about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from equipoise.model import Array, Model
from equipoise.readout import Reader

FLAT = 1e-6
"""The least weight of a prior: SDs a thousand times as wide. A project choice: below it an eta that
the levels leave open has no estimate, and its draws spread over numbers that no model computes."""


def with_prior_weight(model: Model, weight: float) -> Model:
    """The model with its prior counted `weight` times: below 1 the levels are trusted more.

    weight  at least `FLAT`; 1 as published. The variances of the etas are divided by it, so bands
            without levels change too.
    Fails   ValueError for a weight that is less, or no number.
    """
    if not weight > 0.0 or not np.isfinite(weight):
        raise ValueError(f"the weight of the prior must be above 0, not {weight:g}")
    if weight < FLAT:
        raise ValueError(
            f"the weight of the prior must be at least {FLAT:g}, not {weight:g}: that one is flat "
            "already (SDs a thousand times as wide), and with none levels may leave an eta open"
        )
    if weight == 1.0:
        return model
    omega = tuple(tuple(v / weight for v in row) for row in model.omega)
    return replace(model, omega=omega, other_readings=())


def with_fixed(model: Model, names: Sequence[str]) -> Model:
    """The model with some etas held at zero: their parameters stay at the typical value.

    names  as `Model.etas` has them; in a model expanded for its occasions ("CL, occasion 2") each
           stands for itself: with CL held, the occasions of it still vary
    Fails  ValueError for a name that is none of the model's etas.
    """
    for name in names:
        if name not in model.etas:
            have = "; ".join(model.etas) or "none"
            raise ValueError(f"{model.id} has no eta {name}; it has {have}")
    if not names:
        return model
    kept = [i for i, name in enumerate(model.etas) if name not in names]
    held = tuple(name for name in model.etas if name in names)
    inner = model.parameters

    def whole(eta: Mapping[str, Array]) -> Mapping[str, Array]:
        # What comes under a held name is the part of its occasions.
        return {**dict.fromkeys(held, np.zeros((1, 1))), **eta}

    def parameters(
        theta: Mapping[str, float], covariate: Mapping[str, Array], eta: Mapping[str, Array]
    ) -> Mapping[str, Array]:
        return inner(theta, covariate, whole(eta))

    def reading(read: Reader) -> Reader:
        return lambda sample: read(replace(sample, eta=whole(sample.eta)))

    return replace(
        model,
        etas=tuple(model.etas[i] for i in kept),
        omega=tuple(tuple(model.omega[i][j] for j in kept) for i in kept),
        other_readings=(),
        parameters=parameters,
        observations=tuple(
            o if o.read is None else replace(o, read=reading(o.read)) for o in model.observations
        ),
    )


def with_places(model: Model, names: Sequence[str], etas: Array) -> Array:
    """Etas of the model with some held, among all of its etas: 0 in the place of each held one.

    model  without `with_fixed`
    etas   (..., those that vary) -> (..., all)
    """
    kept = [i for i, name in enumerate(model.etas) if name not in names]
    full = np.zeros((*etas.shape[:-1], len(model.etas)))
    full[..., kept] = etas
    return full
