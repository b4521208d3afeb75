"""The stand-in for active ATG: areas by hand, and what it must not claim."""

import math
from dataclasses import replace

import numpy as np
import pytest

from equipoise.model import PlainDose, course, simulate, typical
from equipoise.models.atg_thymoglobulin_linear import (
    CL_LOG_SD,
    MODEL,
    POST_AUC_LOG_SD,
    course_75kg,
)
from equipoise.source import Standing


def by_hand(clearance: float, daily: float, days: tuple[int, ...]) -> tuple[float, float]:
    """AU.d/mL before the graft and in all; clearance in L/d, 6 h infusions from midnight."""
    k, hours = clearance / 7.84, 0.25
    left = sum(
        daily / hours / k * (1 - math.exp(-k * hours)) * math.exp(-k * (-day - hours))
        for day in days
    )
    total = len(days) * daily / clearance
    return total - left / clearance, total


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize(
    ("daily", "days", "pre", "post", "total"),
    [
        (112.5, (-3, -2, -1), 61, 98, 159),
        (162.5, (-5, -4, -3, -2), 178, 129, 307),
        (75.0, (-5, -4, -3, -2), 82, 59, 142),
    ],
)
def test_areas_split_at_the_graft(daily, days, pre, post, total):
    doses = [PlainDose(24.0 * min(days), daily, "iv", 6.0, interval=24.0, additional=len(days) - 1)]
    before, all_of_it = typical(MODEL, doses, [0.0, 5000.0]).areas["atg_active_au"][0, 0] / 24.0
    assert (before, all_of_it) == pytest.approx(by_hand(2.12, daily, days), rel=1e-8)
    assert (before, all_of_it - before, all_of_it) == pytest.approx((pre, post, total), abs=1.0)


def test_liters_per_hour_are_excluded():
    # Read as L/h the same number gives a tenth of every published window.
    assert by_hand(2.12 * 24, 112.5, (-3, -2, -1))[1] == pytest.approx(6.6, abs=0.1)


def test_the_spread_after_the_graft_is_the_one_declared():
    etas = np.linspace(-4, 4, 401)[:, None] * CL_LOG_SD.number
    weights = np.exp(-0.5 * (etas[:, 0] / CL_LOG_SD.number) ** 2)
    weights /= weights.sum()
    what = course(MODEL, course_75kg(), covariates={})
    areas = simulate(MODEL, [what], np.array([0.0, 50_000.0]), etas=etas).areas["atg_active_au"][0]
    logs = np.log(areas[:, 1] - areas[:, 0])
    mean = weights @ logs
    spread = math.sqrt(weights @ (logs - mean) ** 2)
    assert spread == pytest.approx(POST_AUC_LOG_SD.number, abs=0.005)


def test_it_cannot_stand_behind_an_option():
    assert MODEL.standing == Standing.PROVISIONAL
    assert not MODEL.standing.may_feed_options
    assert MODEL.agent == "thymoglobulin"
    assert MODEL.analytes == ("atg_active_au",)


def test_what_is_assumed_is_said():
    assert MODEL.thetas["AU_PER_UG"].standing == Standing.PROVISIONAL
    assert "hypothesis" in MODEL.omega_note
    assert "0.48" in MODEL.omega_note
    assert "0.72" in MODEL.omega_note
    assert "hypothesis" in MODEL.observations[0].residual.where


def test_one_au_per_microgram_is_one_number():
    half = replace(
        MODEL,
        thetas={**MODEL.thetas, "AU_PER_UG": replace(MODEL.thetas["AU_PER_UG"], number=0.5)},
    )
    doses = course_75kg()
    ours, halved = (typical(m, doses, [0.0]).values["atg_active_au"].item() for m in (MODEL, half))
    assert halved == pytest.approx(ours / 2, rel=1e-9)


def test_an_oral_dose_is_refused():
    with pytest.raises(ValueError, match="no route 'oral'"):
        course(MODEL, [PlainDose(0.0, 100.0, "oral")], covariates={})
