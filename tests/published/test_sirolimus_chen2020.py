"""Chen 2020: Figs. 3 to 5 redrawn; the figures settle the scale of the variability."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from equipoise.model import PlainDose, Purpose, course, simulate
from equipoise.models.sirolimus_chen2020 import MODEL, clearance_per_kg

# Fig. 4 (CYP3A5*3/*3): mg/kg/d, kg, then median and 95 % band in ng/mL, as digitized.
FIGURE_4 = [
    (0.10, 5, 6.10, 4.95, 6.80),
    (0.10, 60, 6.75, 6.00, 7.15),
    (0.20, 5, 12.25, 9.95, 13.65),
    (0.20, 60, 13.50, 12.05, 14.35),
    (0.30, 5, 18.40, 14.90, 20.50),
    (0.30, 60, 20.30, 18.05, 21.50),
]
# Fig. 5 (CYP3A5*1): % of troughs in 10-15 ng/mL by dose, at 5, 10, 20, 30, 40, 50 and 60 kg.
WEIGHTS = (5, 10, 20, 30, 40, 50, 60)
FIGURE_5 = {
    0.20: (51, 71, 85, 90, 93, 94.5, 95.5),
    0.23: (83, 91, 93, 92, 91, 88, 86),
    0.25: (84.5, 82, 73, 64, 56, 51, 46),
    0.30: (47, 29, 15, 10, 7, 5.5, 4.5),
}


def trough_48(per_day, weight, carrier, etas):
    """Before the fifth of doses every 12 h: the moment that Fig. 4's medians single out."""
    doses = [PlainDose(0.0, per_day * weight / 2, "oral", interval=12.0, additional=3)]
    what = course(MODEL, doses, covariates={"weight": weight, "cyp3a5": carrier})
    etas = np.reshape(etas, (-1, 1))
    return simulate(MODEL, [what], np.array([48.0]), etas=etas).values["sirolimus"][0, :, 0]


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize("row", FIGURE_4, ids=str)
def test_figure_4_median_and_band(row):
    per_day, weight, median, low, high = row
    sd = 0.348
    found = trough_48(per_day, weight, 0.0, [0.0, 1.96 * sd, -1.96 * sd])
    np.testing.assert_allclose(found, [median, low, high], rtol=0.03)
    # As a variance the same number would be an SD of 0.59, and the lower bound a tenth lower.
    assert trough_48(per_day, weight, 0.0, 1.96 * 0.348**0.5)[0] < 0.96 * low


@pytest.mark.parametrize("per_day", FIGURE_5)
def test_figure_5_shares_in_10_to_15(per_day):
    missed = []
    for weight, printed in zip(WEIGHTS, FIGURE_5[per_day], strict=True):
        etas = [
            brentq(lambda e, c=c, w=weight: trough_48(per_day, w, 1.0, e)[0] - c, -6.0, 6.0)
            for c in (15.0, 10.0)
            if trough_48(per_day, weight, 1.0, -6.0)[0] > c
        ]
        above = norm.cdf(etas[0] / 0.348) if len(etas) == 2 else 0.0
        missed.append(100 * (norm.cdf(etas[-1] / 0.348) - above) - printed)
    assert np.abs(missed).max() < 6.0
    assert abs(np.median(missed)) < 3.0


def test_carriers_of_1_clear_twice_as_much():
    ratio = clearance_per_kg(MODEL, 10.0, 1.0) / clearance_per_kg(MODEL, 10.0, 0.0)
    assert ratio == pytest.approx(1.999)


def test_answers_steady_state_troughs_only():
    assert MODEL.purposes == frozenset({Purpose.STEADY_STATE_TROUGH})
