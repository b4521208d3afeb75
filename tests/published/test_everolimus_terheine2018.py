"""ter Heine 2018: the printed troughs under both readings, the peaks that neither meets, and the
model by matrix exponential."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.model import CLEARANCE_FACTOR, PlainDose, Purpose, typical
from equipoise.models.everolimus_terheine2018 import (
    MODEL,
    READINGS,
    steady,
    whole_blood,
    with_reading,
)

# Results, "Alternative dosing regimens": (mg, hours, prednisolone) -> trough, peak or None.
PRINTED = {
    (0.75, 12.0, 0.0): (2.37, None),
    (1.0, 12.0, 0.0): (3.16, None),
    (3.0, 12.0, 1.0): (7.01, None),
    (10.0, 24.0, 0.0): (12.3, 68.8),
    (3.75, 12.0, 0.0): (11.7, 34.2),
}


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize("stages", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("regimen", PRINTED, ids=str)
def test_troughs_are_met_under_both_readings_and_peaks_under_neither(stages, regimen):
    amount, interval, prednisolone = regimen
    trough, peak = PRINTED[regimen]
    found = steady(with_reading(MODEL, stages), amount, interval, prednisolone=prednisolone)
    assert found[0] == pytest.approx(trough, rel=0.015)
    if peak is not None:
        # Kept as two readings: should a third meet these, this test says that the time has come.
        assert 1.09 < found[1] / peak < 1.17


def test_what_is_answered_does_not_depend_on_the_reading():
    assert MODEL.purposes == {Purpose.STEADY_STATE_TROUGH}
    other = with_reading(MODEL, 4.0)
    for amount, interval, prednisolone in PRINTED:
        first = steady(MODEL, amount, interval, prednisolone=prednisolone)[0]
        second = steady(other, amount, interval, prednisolone=prednisolone)[0]
        assert second == pytest.approx(first, rel=0.005)


def test_the_variability_left_out_does_not_move_a_trough():
    usual = steady(MODEL, 10.0, 24.0)[0]
    for times in (0.5, 2.0):
        assert steady(with_reading(MODEL, 5.0 / times), 10.0, 24.0)[0] == pytest.approx(
            usual, rel=0.03
        )


@pytest.mark.parametrize("hematocrit", [28.0, 38.0, 50.0])
@pytest.mark.parametrize("sex", [0.0, 1.0])
def test_matrix_exponential(hematocrit, sex):
    weight, height = 75.0, 170.0
    index = weight / (height / 100) ** 2
    mass = 9270 * weight / ((6680 + 216 * index) if sex else (8780 + 244 * index))
    size = mass / 57.2
    ktr, clint = 5 / 0.404, 340.0
    v1, v2, q = 175 * size, 577 * size, 85.7 * size**0.75
    flow = 90 * size**0.75 * (1 - hematocrit / 100)
    extraction = 0.27 * clint / (flow + 0.27 * clint)
    a = np.zeros((7, 7))
    for i in range(5):
        a[i, i] = -ktr
        a[i + 1, i] = ktr if i < 4 else ktr * (1 - extraction)
    a[5, 5], a[5, 6] = -(flow * extraction + q) / v1, q / v2
    a[6, 5], a[6, 6] = q / v1, -q / v2
    step = expm(24 * a)
    amounts = np.linalg.solve(np.eye(7) - step, [10.0, *[0.0] * 6])
    plasma = 1000 * (step @ amounts)[5] / v1
    expected = hematocrit / 100 * (964 * plasma / (92 + plasma) + 0.153 * plasma)
    expected += (1 - hematocrit / 100) * plasma
    covariates = {"age": 60.0, "weight": weight, "height": height, "sex": sex,
                  "hematocrit": hematocrit}  # fmt: skip
    doses = [PlainDose(0.0, 10.0, "oral", interval=24.0, steady=1)]
    found = typical(MODEL, doses, [24.0], covariates=covariates).values["everolimus"][0, 0, 0]
    # Maturation of fat-free mass is complete to a few thousandths at 60 years.
    assert found == pytest.approx(expected, rel=5e-3)


def test_anemia_lowers_the_trough_and_not_the_unbound_drug():
    man = {"age": 40.0, "weight": 70.0, "height": 180.0, "sex": 1.0}
    doses = [PlainDose(0.0, 10.0, "oral", interval=24.0, steady=1)]
    low, usual = (
        typical(MODEL, doses, [24.0], covariates={**man, "hematocrit": h}).values["everolimus"]
        for h in (28.0, 45.0)
    )
    assert 0.60 < float(low[0, 0, 0] / usual[0, 0, 0]) < 0.70
    theta = {name: value.number for name, value in MODEL.thetas.items()}
    assert float(whole_blood(theta, np.array(2.37), np.array(0.45))) == pytest.approx(
        12.3, rel=0.01
    )


def test_half_the_clearance_is_twice_the_average_in_plasma():
    man = {"age": 40.0, "weight": 70.0, "height": 180.0, "sex": 1.0, "hematocrit": 45.0}
    doses = [PlainDose(0.0, 10.0, "oral", interval=24.0, steady=1)]
    clock = np.linspace(0.0, 24.0, 4801)
    averages = []
    for factor in (1.0, 0.5):
        blood = typical(
            MODEL, doses, clock, covariates={**man, CLEARANCE_FACTOR: factor}
        ).values["everolimus"][0, 0]  # fmt: skip
        # Whole blood back to plasma: h (964 c / (92 + c) + 0.153 c) + (1 - h) c = blood.
        slope, bound = 0.45 * 0.153 + 0.55, 0.45 * 964.0
        half = bound + 92.0 * slope - blood
        plasma = (-half + np.sqrt(half**2 + 4 * slope * 92.0 * blood)) / (2 * slope)
        averages.append(np.trapezoid(plasma[1:], clock[1:]))
    assert averages[1] / averages[0] == pytest.approx(2.0, rel=1e-3)
