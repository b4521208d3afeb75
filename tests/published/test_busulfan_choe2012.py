"""Choe 2012 against the paper's Tables 2 and 3 and its dosing rule, and against a hand formula."""

import numpy as np
import pytest

from equipoise import units
from equipoise.model import PlainDose, Purpose, typical
from equipoise.models.busulfan_choe2012 import MODEL


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_the_paper_prints_one_exposure_in_two_units():
    # "6,378 umol/l min (=26.18 mg/l hr)": the unit trap in print.
    ours = units.convert(6378.0, "umol.min/L", "mg.h/L", substance="busulfan")
    assert ours == pytest.approx(26.18, abs=0.005)


def test_the_proposed_dose_is_clearance_times_target():
    # 24.79 x weight^0.5 = 0.947 x weight^0.5 x 26.18.
    assert pytest.approx(24.79, abs=0.005) == 0.947 * 26.18


@pytest.mark.parametrize(("weight", "male"), [(52.5, 0.0), (65.0, 1.0), (116.0, 1.0)])
def test_levels_are_those_of_an_infusion_into_one_compartment(weight, male):
    dose, over = 3.2 * weight, 3.0
    cl = 0.947 * weight**0.5
    v = 3.610 * weight**0.5 * (1.0 + 0.105 * male)
    times = np.array([1.0, 3.0, 3.5, 5.0, 6.0, 7.0, 22.0])
    during = 1.0 - np.exp(-cl / v * np.minimum(times, over))
    after = np.exp(-cl / v * np.maximum(times - over, 0.0))
    expected = 1000.0 * dose / over / cl * during * after
    found = typical(
        MODEL, [PlainDose(0.0, dose, "iv", over)], times,
        covariates={"weight": weight, "sex": male},
    )  # fmt: skip
    np.testing.assert_allclose(found.values["busulfan"][0, 0], expected, rtol=1e-9)


def test_it_does_not_know_days():
    assert MODEL.occasions is None
    assert Purpose.AUC in MODEL.purposes
    assert any("phenytoin" in trap for trap in MODEL.traps)
    assert any("no fall of clearance" in trap for trap in MODEL.traps)
