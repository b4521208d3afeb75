"""Chen 2022: Figs. 3, 5 and 6 redrawn; the figures settle the scale of the variability."""

import numpy as np
import pytest
from scipy.stats import norm

from equipoise.model import CLEARANCE_FACTOR, PlainDose, Purpose, course, simulate
from equipoise.models.tacrolimus_chen2022 import MODEL, POSACONAZOLE, clearance_per_kg

# Figs. 5B and 6B: posaconazole, kg, then 5th percentile, median and 95th at 0.1 mg/kg/d, ng/mL.
PERCENTILES = [
    (False, 5, 0.45, 1.60, 4.55),
    (False, 20, 0.47, 1.67, 5.05),
    (True, 5, 0.45, 1.75, 5.78),
    (True, 20, 0.45, 1.78, 6.23),
]
# Figs. 5A and 6A: % in 5-20 ng/mL at 10 kg, by mg/kg/d.
SHARES = {
    False: {0.2: 28.1, 0.4: 59.1, 0.6: 65.4, 0.8: 61.0},
    True: {0.2: 33.1, 0.4: 57.2, 0.6: 60.5, 0.8: 55.9},
}
Z = norm.ppf((np.arange(30) + 0.5) / 30)
GRID = np.array([(a, b) for a in Z for b in Z])


def troughs(weight, azole, sds=(0.349, 0.859)):
    """Before the seventh dose (72 h), as the medians of the figures single out; 0.1 mg/kg/d."""
    doses = [PlainDose(0.0, 0.1 * weight / 2, "oral", interval=12.0, additional=5)]
    factor = POSACONAZOLE if azole else 1.0
    what = course(MODEL, doses, covariates={"weight": weight, CLEARANCE_FACTOR: factor})
    found = simulate(MODEL, [what], np.array([72.0]), etas=GRID * np.array(sds))
    return found.values["tacrolimus"][0, :, 0]


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize("row", PERCENTILES, ids=str)
def test_figures_5b_and_6b(row):
    azole, weight, low, median, high = row
    found = np.quantile(troughs(weight, azole), [0.05, 0.5, 0.95])
    np.testing.assert_allclose(found, [low, median, high], rtol=0.07)


@pytest.mark.parametrize("azole", [False, True])
def test_figures_5a_and_6a(azole):
    levels = troughs(10, azole)
    for per_day, printed in SHARES[azole].items():
        scaled = levels * per_day / 0.1
        assert 100 * np.mean((scaled >= 5) & (scaled <= 20)) == pytest.approx(printed, abs=2.5)


def test_as_variances_the_bands_would_be_too_wide():
    wide = np.quantile(troughs(20, azole=True, sds=(0.349**0.5, 0.859**0.5)), [0.05, 0.95])
    assert wide[0] < 0.93 * 0.45


def test_posaconazole_leaves_43_percent_of_the_clearance():
    ratio = clearance_per_kg(MODEL, 12.0, POSACONAZOLE) / clearance_per_kg(MODEL, 12.0, 1.0)
    assert ratio == pytest.approx(1.0 - 0.57)


def test_answers_steady_state_troughs_only():
    assert MODEL.purposes == frozenset({Purpose.STEADY_STATE_TROUGH})
