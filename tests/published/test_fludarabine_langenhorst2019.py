"""Langenhorst 2019: exposure by kidney, the dose in F-ara-A, and the model by expm."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.model import PlainDose, course, structural_parameters, typical
from equipoise.models.fludarabine_langenhorst2019 import MODEL, clearance, exposure

# Section 3.3: median (range) of the cumulative AUC after 160 mg/m2 of the phosphate, mg.h/L.
ADULTS, CHILDREN = (26.0, 13.0, 65.0), (21.0, 5.7, 42.0)
ADULT = {"surface": 1.93, "weight": 78.0, "gfr": 110.0, "age": 50.0}

# From atoms: C 12.011, H 1.008, F 18.998, N 14.007, O 15.999, P 30.974.
NUCLEOSIDE = 10 * 12.011 + 12 * 1.008 + 18.998 + 5 * 14.007 + 4 * 15.999
PHOSPHATE = NUCLEOSIDE + 1.008 + 30.974 + 3 * 15.999


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_table_2_is_the_abstract_rounded():
    printed = {"CL_NONRENAL": 3.2, "V1": 39, "Q2": 8.6, "V2": 20, "Q3": 3.8, "V3": 50}
    for name, number in printed.items():
        assert MODEL.thetas[name].number == pytest.approx(number, abs=0.05), name
    slope = (clearance(MODEL, 70.0, 100.0) - clearance(MODEL, 70.0, 50.0)) / (50 * 60 / 1000)
    assert slope == pytest.approx(0.782, rel=1e-12)
    assert slope == pytest.approx(0.78, abs=0.005)


def test_milligrams_of_phosphate_become_those_of_f_ara_a():
    share = NUCLEOSIDE / PHOSPHATE
    assert MODEL.thetas["F"].number == pytest.approx(share, rel=1e-4)
    area, _ = exposure(MODEL, **ADULT)
    # By hand: 4 x 40 mg/m2 x 1.93 m2 x 0.781 / ((3.24 + 0.782 x 6.6) x (78 / 70)^0.75).
    by_hand = 160 * 1.93 * share / ((3.24 + 0.782 * 6.6) * (78 / 70) ** 0.75)
    assert area == pytest.approx(by_hand, rel=1e-4)


def test_the_median_adult_comes_back_with_the_conversion_and_not_without():
    area, _ = exposure(MODEL, **ADULT)
    assert area == pytest.approx(ADULTS[0], rel=0.03)
    assert area / MODEL.thetas["F"].number > 1.25 * ADULTS[0]


def test_the_spread_of_adults_lies_inside_their_range():
    area, _ = exposure(MODEL, **ADULT)
    sd = np.sqrt(MODEL.omega[0][0])
    low, high = area * np.exp(np.array([-1.96, 1.96]) * sd)
    assert ADULTS[1] < low < high < ADULTS[2]
    # The largest exposures are those of the worst kidneys: 25 mL/min/1.73 m2 was the lowest.
    worst, _ = exposure(MODEL, **{**ADULT, "gfr": 25.0})
    assert ADULTS[2] / np.exp(1.96 * sd) < worst < ADULTS[2]


def test_the_median_child_is_a_fifth_above_what_was_found():
    area, _ = exposure(MODEL, 1.04, 29.0, 140.0, 9.0)
    assert area / CHILDREN[0] == pytest.approx(1.22, abs=0.01)
    assert CHILDREN[1] < area < CHILDREN[2]


@pytest.mark.parametrize(
    ("gfr", "age", "counted"),
    [
        (200.0, 10.0, 140.0),
        (140.0, 30.0, 140.0),
        (140.0, 60.0, 116.0),
        (110.0, 60.0, 110.0),
        (140.0, 1.5, 140.0),
        (140.0, 0.75, 0.625 * 140.0),
        (20.0, 0.0, 20.0),
        (90.0, 0.0, 35.0),
    ],
)
def test_filtration_counts_up_to_the_maximum_of_the_age(gfr, age, counted):
    expected = 3.24 + 0.782 * counted * 0.06
    assert clearance(MODEL, 70.0, gfr, age) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("missing", ["weight", "gfr"])
def test_without_weight_or_filtration_nothing_is_computed(missing):
    given = {"weight": 70.0, "gfr": 100.0, "age": 40.0}
    del given[missing]
    with pytest.raises(ValueError, match=missing):
        course(MODEL, [], covariates=given)


def test_one_eta_moves_all_clearances_and_one_all_volumes():
    what = course(MODEL, [], covariates={"weight": 70.0, "gfr": 120.0, "age": 30.0})
    found = structural_parameters(MODEL, what, np.array([[0.0, 0.0], [0.3, -0.2]]))
    for name in ("CL", "Q2", "Q3", "V1", "V2", "V3"):
        typical_one, moved = np.reshape(found[name], (2, -1))[:, 0]
        eta = -0.2 if name.startswith("V") else 0.3
        assert moved == pytest.approx(typical_one * np.exp(eta), rel=1e-12), name


def test_infusion_by_matrix_exponential():
    flow, room = (30 / 70) ** 0.75, 30 / 70
    cl, q2, q3 = (3.24 + 0.782 * 60 * 0.06) * flow, 8.6 * flow, 3.8 * flow
    v1, v2, v3 = 39 * room, 20 * room, 50 * room
    body = np.array(
        [
            [-(cl + q2 + q3) / v1, q2 / v2, q3 / v3],
            [q2 / v1, -q2 / v2, 0.0],
            [q3 / v1, 0.0, -q3 / v3],
        ]
    )
    rate = np.array([42.0 * 285.23 / 365.21, 0.0, 0.0])
    end = np.linalg.solve(body, (expm(body) - np.eye(3)) @ rate)
    later = expm(7.0 * body) @ end
    patient = {"weight": 30.0, "gfr": 60.0, "age": 9.0}
    found = typical(MODEL, [PlainDose(0.0, 42.0, "iv", 1.0)], [1.0, 8.0], covariates=patient)
    expected = 1000 * np.array([end[0], later[0]]) / v1
    np.testing.assert_allclose(found.values["f_ara_a"][0, 0], expected, rtol=1e-8)
