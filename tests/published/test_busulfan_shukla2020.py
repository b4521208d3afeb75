"""Shukla 2020 against its published coding, written out again, and another group's nomogram."""

import math

import numpy as np
import pytest

from equipoise.model import course, structural_parameters
from equipoise.models.busulfan_shukla2020 import MODEL
from equipoise.source import Standing


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize(
    ("age", "weight", "height", "male", "regi", "later"),
    [
        (0.5, 7.0, 66.0, 1, 0, 0),
        (5.0, 18.0, 110.0, 0, 0, 1),
        (12.0, 45.0, 150.0, 0, 1, 1),
        (16.0, 60.0, 172.0, 1, 1, 0),
    ],
)
def test_parameters_are_those_of_the_coding(age, weight, height, male, regi, later):
    index = weight / (height / 100.0) ** 2
    if male:
        mass = (0.88 + 0.12 / (1 + (age / 13.4) ** -12.7)) * 9270 * weight / (6680 + 216 * index)
    else:
        mass = (1.11 - 0.11 / (1 + (age / 7.1) ** -1.1)) * 9270 * weight / (8780 + 244 * index)
    grown = 0.451 + 0.549 * (1 - math.exp(-1.37 * age))
    clearance = 3.96 * grown * (mass / 12) ** 0.75 * (1 - 0.20 * regi) * (1 - 0.135 * later)
    child = {
        "age": age, "weight": weight, "height": height, "sex": float(male), "regi": float(regi),
        "later": float(later),
    }  # fmt: skip
    found = structural_parameters(MODEL, course(MODEL, [], covariates=child), np.zeros((1, 2)))
    assert float(np.ravel(found["CL"])[0]) == pytest.approx(clearance, rel=1e-12)
    assert float(np.ravel(found["V1"])[0]) == pytest.approx(10.8 * mass / 12, rel=1e-12)


def test_it_stays_provisional_until_the_papers_table_is_read():
    assert MODEL.standing is Standing.PROVISIONAL
    assert "not of the paper's own table" in MODEL.source.note
