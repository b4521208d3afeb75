"""Stein 2019: Figure 1a redrawn against the closed form, the Discussion's times, both readings."""

import math

import numpy as np
import pytest

from equipoise.fit import fit
from equipoise.likelihood import Observed, Subject
from equipoise.model import PlainDose, course, draw_etas, simulate, typical
from equipoise.models.tisagenlecleucel_stein2019 import MODEL, PRINTED, copies
from equipoise.source import Standing

INFUSION = [PlainDose(0.0, 1.2e8, "iv")]


def closed(days, fold=3900.0, tmax=9.3, peak=24_000.0, alpha=0.16, fb=0.0079, beta=0.0032):
    """Figure 2's solution, independent of the engine; days after the infusion."""
    days = np.asarray(days, dtype=float)
    after = np.maximum(days - tmax, 0.0)
    rising = peak / fold * np.exp(math.log(fold) / tmax * days)
    falling = peak * ((1.0 - fb) * np.exp(-alpha * after) + fb * np.exp(-beta * after))
    return np.where(days < tmax, rising, falling)


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_figure_1a_of_the_typical_patient():
    # Figure 1a: from 6 copies/ug to 24 000 on day 9.3, a fast and a slow decline.
    days = np.linspace(0.5, 360.0, 200)
    np.testing.assert_allclose(copies(MODEL, list(days)), closed(days), rtol=2e-4)
    assert copies(MODEL, [1e-6])[0] == pytest.approx(24_000 / 3900, rel=1e-4)
    assert days[int(np.argmax(closed(days)))] == pytest.approx(9.3, abs=1.0)


def test_area_to_day_28_is_the_closed_form_s():
    area = typical(MODEL, INFUSION, [28.0 * 24.0]).areas["car_copies"][0, 0, 0] / 24.0
    days = np.linspace(0.0, 28.0, 280_001)
    assert area == pytest.approx(np.trapezoid(closed(days), days), rel=1e-4)


def test_every_drawn_patient_is_the_closed_form():
    etas = draw_etas(MODEL, 200, np.random.default_rng(2019))
    days = np.array([1.0, 5.0, 9.3, 14.0, 28.0, 90.0])
    found = simulate(MODEL, [course(MODEL, INFUSION, covariates={})], days * 24.0, etas=etas)
    assert found.failed == ()
    typicals = (3900.0, 9.3, 24_000.0, 0.16, 0.0079, 0.0032)
    for lane, eta in enumerate(etas):
        own = [value * math.exp(e) for value, e in zip(typicals, eta, strict=True)]
        expected = closed(days, *own)
        np.testing.assert_allclose(
            found.values["car_copies"][0, lane], expected, rtol=2e-3, atol=1e-6 * expected.max()
        )


def test_the_scale_of_variability_is_not_settled():
    assert MODEL.standing is Standing.PROVISIONAL
    (other,) = MODEL.other_readings
    for i, printed in enumerate(PRINTED):
        assert MODEL.omega[i][i] == printed
        assert other.omega[i][i] == pytest.approx(printed**2)
    for variance, low, high in ((0.65, 6400.0, 90_000.0), (0.65**2, 8200.0, 70_000.0)):
        spread = math.exp(1.6449 * math.sqrt(variance))
        assert 24_000 / spread == pytest.approx(low, rel=0.02)
        assert 24_000 * spread == pytest.approx(high, rel=0.02)


def test_levels_below_the_limit_count_by_their_probability():
    # The same patient with three late levels below 50 copies/ug: said so, or taken as 50.
    early = [(3.0, 80.0), (7.0, 4000.0), (10.0, 26_000.0), (14.0, 12_000.0)]
    late = [28.0, 60.0, 90.0]
    what = course(MODEL, INFUSION, covariates={})

    def slow(censored):
        observed = [Observed(d * 24.0, "car_copies", n) for d, n in early]
        observed += [Observed(d * 24.0, "car_copies", 50.0, censored) for d in late]
        found = fit(MODEL, Subject("p", what, tuple(observed)), n=500, rng=np.random.default_rng(1))
        values = simulate(MODEL, [what], np.array([90.0 * 24.0]), etas=found.draws)
        return float(np.median(values.values["car_copies"][0, :, 0]))

    censored, taken = slow("<"), slow("")
    assert censored < 50.0
    assert censored < 0.7 * taken
