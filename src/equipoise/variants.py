"""Variants of a model for one estimation: a flatter or firmer prior, etas held at zero.

A variant is a model like any other; nothing downstream knows about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from equipoise.model import Array, Model


def with_prior_weight(model: Model, weight: float) -> Model:
    """The model with its prior counted `weight` times: below 1 the levels are trusted more.

    weight  above 0; 1 as published. The variances of the etas are divided by it, so bands without
            levels change too.
    Fails   ValueError for a weight that is not above 0.
    """
    if not weight > 0.0 or not np.isfinite(weight):
        raise ValueError(f"the weight of the prior must be above 0, not {weight:g}")
    if weight == 1.0:
        return model
    omega = tuple(tuple(v / weight for v in row) for row in model.omega)
    return replace(model, omega=omega, other_readings=())


def with_fixed(model: Model, names: Sequence[str]) -> Model:
    """The model with some etas held at zero: their parameters stay at the typical value.

    Fails  ValueError for a name that is none of the model's etas.
    """
    for name in names:
        if name not in model.etas:
            have = ", ".join(model.etas) or "none"
            raise ValueError(f"{model.id} has no eta {name}; it has {have}")
    if not names:
        return model
    kept = [i for i, name in enumerate(model.etas) if name not in names]
    held = tuple(name for name in model.etas if name in names)
    inner = model.parameters

    def parameters(
        theta: Mapping[str, float], covariate: Mapping[str, Array], eta: Mapping[str, Array]
    ) -> Mapping[str, Array]:
        zero = np.zeros((1, 1))
        return inner(theta, covariate, {**eta, **dict.fromkeys(held, zero)})

    return replace(
        model,
        etas=tuple(model.etas[i] for i in kept),
        omega=tuple(tuple(model.omega[i][j] for j in kept) for i in kept),
        other_readings=(),
        parameters=parameters,
    )
