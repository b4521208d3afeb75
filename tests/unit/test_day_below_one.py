"""The day from which a level stays below 1: against hand arithmetic of one compartment."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise import models
from equipoise.model import PlainDose
from equipoise.plan import AREA_HORIZON, Proposal, metric_draws
from equipoise.target import Metric

MODEL = next(m for m in models.ALL if m.id == "atg_thymoglobulin_linear")
RATE = MODEL.thetas["CL"].number / 24.0 / MODEL.thetas["V"].number
VOLUME = MODEL.thetas["V"].number


def day(*doses: PlainDose, eta: float = 0.0) -> float:
    proposal = Proposal("p", "p", (), doses)
    table = metric_draws(MODEL, Metric.DAY_BELOW_ONE, [proposal], {}, np.array([[eta]]))
    return float(table[0, 0])


@pytest.mark.parametrize("eta", [-0.8, 0.0, 0.8])
def test_one_infusion_falls_where_its_exponential_says(eta: float) -> None:
    amount, length, start = 112.5, 6.0, -72.0
    k = RATE * math.exp(eta)
    at_end = amount / length / (k * VOLUME) * (1.0 - math.exp(-k * length))
    expected = (start + length + math.log(at_end) / k) / 24.0
    assert day(PlainDose(start, amount, "iv", length), eta=eta) == pytest.approx(expected, rel=1e-4)


def test_the_last_fall_counts_where_doses_lie_far_apart() -> None:
    single = day(PlainDose(240.0, 20.0, "iv", 6.0))
    two = day(PlainDose(-240.0, 20.0, "iv", 6.0), PlainDose(240.0, 20.0, "iv", 6.0))
    assert two == pytest.approx(single, abs=0.2)
    assert two > 10.0


def test_a_level_that_never_was_1_fell_at_the_first_dose() -> None:
    assert day(PlainDose(-72.0, 0.5, "iv", 6.0)) == pytest.approx(-3.0)


def test_a_level_that_stays_above_1_has_the_last_day_looked_at() -> None:
    slow = day(PlainDose(-72.0, 500.0, "iv", 6.0), eta=-8.0)
    assert slow == pytest.approx(AREA_HORIZON / 24.0, abs=0.3)


def test_the_level_at_the_graft_is_the_curve_at_hour_zero() -> None:
    k = RATE
    doses = tuple(PlainDose(at, 100.0, "iv", 6.0) for at in (-96.0, -72.0, -48.0))
    # Wherever else the proposal would be read.
    proposal = Proposal("p", "p", (), doses, read_at=-50.0)
    found = metric_draws(MODEL, Metric.AT_GRAFT, [proposal], {}, np.array([[0.0]]))
    at_end = 100.0 / 6.0 / (k * VOLUME) * (1.0 - math.exp(-k * 6.0))
    expected = sum(at_end * math.exp(-k * (0.0 - d.time - 6.0)) for d in doses)
    assert found[0, 0] == pytest.approx(expected, rel=1e-6)
