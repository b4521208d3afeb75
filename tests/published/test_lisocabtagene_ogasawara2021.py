"""Ogasawara 2021: the abstract's five times redrawn; the product information's area as referee."""

import math

import numpy as np
import pytest

from equipoise.model import PlainDose, typical
from equipoise.models.lisocabtagene_ogasawara2021 import MODEL, copies
from equipoise.source import Standing

# Abstract: population means in days.
LAG, DOUBLING, TMAX, HALF = 3.27, 0.755, 9.29, 5.00


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_the_abstract_s_curve():
    days = [1.0, LAG, LAG + DOUBLING, LAG + 2 * DOUBLING, TMAX, TMAX + HALF, TMAX + 2 * HALF]
    found = copies(MODEL, days)
    start, once, twice, peak, half, quarter = found[0], *found[2:]
    assert found[1] == pytest.approx(start, rel=1e-6)
    assert once / start == pytest.approx(2.0, rel=1e-5)
    assert twice / start == pytest.approx(4.0, rel=1e-5)
    assert peak / start == pytest.approx(2.0 ** ((TMAX - LAG) / DOUBLING), rel=1e-5)
    assert half / peak == pytest.approx(0.5, rel=1e-5)
    assert quarter / peak == pytest.approx(0.25, rel=1e-5)
    assert max(copies(MODEL, list(np.linspace(0.1, 28.0, 200)))) <= peak * 1.0001


def test_area_over_peak_against_the_product_information():
    # Medians of 150 responders: area to day 28 257 769 day x copies/ug, peak 33 766 copies/ug.
    area = typical(MODEL, [PlainDose(0.0, 1.0, "iv")], [672.0]).areas["car_copies"][0, 0, 0] / 24.0
    rate, fall = math.log(2.0) / DOUBLING, math.log(2.0) / HALF
    start = 33_766.0 / 2.0 ** ((TMAX - LAG) / DOUBLING)
    by_hand = start * LAG + (33_766.0 - start) / rate
    by_hand += 33_766.0 / fall * (1.0 - math.exp(-fall * (28.0 - TMAX)))
    assert area == pytest.approx(by_hand, rel=1e-5)
    assert area == pytest.approx(257_769.0, rel=0.03)


def test_what_the_abstract_does_not_say_is_not_made_up():
    assert MODEL.standing is Standing.PROVISIONAL
    assert MODEL.etas == ()
    assert MODEL.domain["day"].high == 28.0
    assert any("28" in trap for trap in MODEL.traps)
