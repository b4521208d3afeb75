"""Exposure by day, by dose and in both units; levels that look like another unit."""

import math

import numpy as np
import pytest

from equipoise import areas
from equipoise.model import PlainDose
from equipoise.models.busulfan_choe2012 import MODEL as CHOE
from equipoise.models.sirolimus_wu2012 import MODEL as WU
from small_records import record_of, value

MAN = {"weight": 65.0, "sex": 1.0}
NOBODY = np.zeros((3, 2))


def found(given, planned=(), *, measured=False):
    made = areas.summaries(CHOE, given, planned, MAN, NOBODY, NOBODY, measured=measured)
    return {s.name: s for s in made}


def infusions(*times, amount=100.0, over=3.0):
    return tuple(PlainDose(t, amount, "iv", over) for t in times)


def test_once_daily_by_hand():
    # Clearance 0.947 x 65^0.5 = 7.635 L/h: 100 mg bring 13.10 mg.h/L.
    each = 100.0 / (0.947 * math.sqrt(65.0))
    numbers = found(infusions(-168.0), infusions(-144.0, -120.0, -96.0))
    assert numbers["auc_received"].posterior[2] == pytest.approx(each, rel=1e-4)
    assert numbers["auc_per_dose"].posterior[2] == pytest.approx(each, rel=1e-4)
    molar = numbers["auc_cumulative_molar"]
    assert molar.unit == "umol.min/L"
    assert molar.posterior[2] == pytest.approx(4.0 * each * 60_000.0 / 246.3, rel=1e-4)
    days = [numbers[f"auc_day_{i}"].posterior[2] for i in range(1, 5)]
    assert sum(days) == pytest.approx(4.0 * each, rel=1e-4)
    assert days[0] < days[1]  # what is left of a day comes in the next
    assert numbers["auc_day_1"].label.endswith("(given)")
    assert numbers["auc_day_2"].label.endswith("(planned)")
    css = numbers["css"]
    assert css.unit == "ng/mL"
    assert css.posterior[2] == pytest.approx(1000.0 * each / 24.0, rel=1e-4)


def test_every_six_hours_counts_the_same():
    times = [6.0 * i for i in range(16)]
    numbers = found((), infusions(*times, amount=52.0, over=2.0))
    each = 52.0 / (0.947 * math.sqrt(65.0))
    assert "auc_received" not in numbers
    assert [n for n in numbers if n.startswith("auc_day")] == [f"auc_day_{i}" for i in range(1, 5)]
    assert numbers["auc_per_dose"].posterior[2] == pytest.approx(each, rel=1e-4)
    assert numbers["auc_per_dose_molar"].posterior[2] == pytest.approx(
        each * 60_000.0 / 246.3, rel=1e-4
    )
    assert numbers["css"].posterior[2] == pytest.approx(1000.0 * each / 6.0, rel=1e-4)


def test_without_doses_or_a_unit_of_exposure_there_is_nothing():
    assert found(()) == {}
    dose = [PlainDose(0.0, 2.0, "oral")]
    etas = np.zeros((1, len(WU.etas)))
    assert areas.summaries(WU, dose, (), {"hematocrit": 35.0}, etas, etas, measured=True) == ()


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (1e-3, "mg/L written as ng/mL"),
        (1e3, "ng/mL written as mg/L"),
        (1000.0 / 246.3, "umol/L written as mg/L"),
        (246.3 / 1000.0, "mg/L written as umol/L"),
        (1.0 / 246.3, "umol/L written as ng/mL"),
        (1.3 / 246.3, "umol/L written as ng/mL"),
        (1.0, ""),
        (2.0, ""),
        (0.4, ""),
        (30.0, ""),
    ],
)
def test_levels_in_the_wrong_unit_are_named(factor, said):
    # A thousandfold slip of a peak is refused when the record is read; that of a trough is not.
    usual = np.array([3000.0, 2000.0, 1000.0]) / (100.0 if factor > 100.0 else 1.0)
    record = record_of(
        *(value("busulfan", f"{factor * u:.6g} ng/mL", float(i)) for i, u in enumerate(usual)),
        unknown="keep", t=100.0,
    )  # fmt: skip
    levels = record.measurements("busulfan")
    assert len(levels) == 3
    predicted = usual * np.exp(0.2 * np.random.default_rng(1).standard_normal((200, 3)))
    sentence = areas.units_confused(levels, predicted)
    assert said in sentence
    assert bool(sentence) == bool(said)
    if said:
        assert "1 umol/L is 246.3 ng/mL" in sentence


def test_one_odd_level_is_no_unit():
    record = record_of(
        value("busulfan", "3000 ng/mL", 0.0), value("busulfan", "2000 ng/mL", 1.0),
        value("busulfan", "1 ng/mL", 2.0), t=100.0,
    )  # fmt: skip
    predicted = np.tile([3000.0, 2000.0, 1000.0], (50, 1))
    assert areas.units_confused(record.measurements("busulfan"), predicted) == ""
