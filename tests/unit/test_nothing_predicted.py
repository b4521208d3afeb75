"""Levels where the model predicts none: refused where its error allows none, never a number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from equipoise.fit import fit
from equipoise.likelihood import joint
from equipoise.mode import find_mode
from equipoise.model import PlainDose, Residual
from small_models import bolus, subject

DOSE = [PlainDose(4.0, 10.0, "iv")]
LEVELS = [(1.0, 5.0), (8.0, 120.0)]


@pytest.mark.parametrize("residual", [Residual(proportional=0.2), Residual(log=0.2)], ids=str)
def test_a_level_that_no_error_explains_is_refused(residual: Residual) -> None:
    model = bolus(residual)
    who = subject(model, DOSE, LEVELS)
    assert joint(model, who, np.zeros((1, 1)))[0] == np.inf
    for estimate in (find_mode, lambda m, s: fit(m, s, n=100, rng=np.random.default_rng(1))):
        with pytest.raises(ValueError, match=r"has a level at 1 h, where the model predicts none"):
            estimate(model, who)


@pytest.mark.parametrize("residual", [Residual(proportional=0.2), Residual(log=0.2)], ids=str)
def test_a_level_below_the_limit_costs_nothing_there(residual: Residual) -> None:
    model = bolus(residual)
    who = subject(model, DOSE, LEVELS)
    below = replace(who, observed=(replace(who.observed[0], censored="<"), who.observed[1]))
    alone = replace(who, observed=who.observed[1:])
    assert find_mode(model, below).joint == pytest.approx(find_mode(model, alone).joint, rel=1e-9)


def test_an_additive_error_explains_it() -> None:
    model = bolus(Residual(additive=3.0))
    found = find_mode(model, subject(model, DOSE, LEVELS))
    assert found.converged
    assert found.joint < 1e4


def test_a_wrong_unit_is_estimated_not_refused() -> None:
    model = bolus(Residual(additive=0.001))
    found = find_mode(model, subject(model, DOSE, [(8.0, 1e6)]))
    assert found.joint > 1e12
    assert np.isfinite(found.joint)
