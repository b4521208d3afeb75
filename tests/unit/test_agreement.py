"""Agreement of criteria: counted by hand on small tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise import criteria
from equipoise.agreement import (
    Decider,
    charted,
    decides,
    flow,
    kappa,
    pairs,
    shares,
)
from equipoise.gradetable import GradeTable, Patient

BY_ID = {c.id: c for c in criteria.ALL}
HLH, HSCORE, CRS = BY_ID["hlh_2004"], BY_ID["hscore_2014"], BY_ID["crs_astct2019"]


def made(patient, *, low, high, met=None, recorded=None) -> GradeTable:
    """A table of these columns; every day is day 0, 1, ... of its patient."""
    patient = np.array(patient)
    size = len(patient)
    return GradeTable(
        tuple(Patient(f"p{i}", "", "") for i in range(patient.max() + 1)),
        patient, np.arange(size), ("",) * size, np.zeros(size), ("",) * size,
        np.full(size, -1), np.full(size, math.nan),
        {k: np.array(v) for k, v in low.items()}, {k: np.array(v) for k, v in high.items()},
        {k: np.array(v) for k, v in (met or {}).items()},
        {k: np.array(v) for k, v in (recorded or {}).items()},
    )  # fmt: skip


def test_a_grade_decides_by_a_cut_and_a_criterion_by_its_own_answer() -> None:
    table = made([0] * 5, low={"hscore_2014": [168, 169, 100, 0, -1], "hlh_2004": [5, 0, 0, 0, -1]},
                 high={"hscore_2014": [168, 337, 170, 168, -1], "hlh_2004": [8, 4, 8, 8, -1]},
                 met={"hlh_2004": [2, 0, 1, 1, -1]})  # fmt: skip
    assert Decider(HSCORE, 169).classes(table).tolist() == [0, 2, 1, 0, -1]
    assert Decider(HLH).classes(table).tolist() == [2, 0, 1, 1, -1]
    assert Decider(HSCORE, 169).text == "hscore_2014 >= 169"
    assert decides(HLH, None)
    assert decides(CRS, 2)
    assert not decides(CRS, None)


def test_a_patient_is_met_once_a_day_is_and_open_unless_every_day_is_settled() -> None:
    # Patients: met and not; not met on both days by both; met and open; not applicable.
    table = made(
        [0, 0, 1, 1, 2, 2, 3],
        low={"hlh_2004": [0, 5, 0, 0, 5, 0, -1], "hscore_2014": [0, 0, 0, 0, 0, 0, 200]},
        high={"hlh_2004": [4, 8, 4, 4, 8, 4, -1], "hscore_2014": [9, 9, 9, 9, 9, 337, 200]},
        met={"hlh_2004": [0, 2, 0, 0, 2, 0, -1]},
    )
    (found,) = pairs([Decider(HLH), Decider(HSCORE, 169)], table)
    assert found.patients.counts == ((1, 0, 0), (0, 0, 0), (1, 1, 0))
    assert (found.patients.total, found.patients.settled, found.patients.changed) == (3, 2, 1)
    assert found.days.counts == ((3, 1, 0), (0, 0, 0), (2, 0, 0))
    assert (found.comparable, found.differing) == (3, 2)
    assert flow([Decider(HLH), Decider(HSCORE, 169)], table) == {(0, 0): 1, (2, 0): 1, (2, 1): 1}


def test_shares_count_settled_days_and_the_worst_of_each_patient() -> None:
    table = made([0, 0, 1, 2], low={"crs_astct2019": [1, 2, 0, -1]},
                 high={"crs_astct2019": [4, 2, 0, -1]})  # fmt: skip
    (found,) = shares([CRS], table)
    assert (found.patients, found.days, found.settled) == (2, 3, 2)
    assert found.worst == {2: 1, 0: 1}
    assert found.worst_text == "none: 1, 2: 1", "a lower bound of 0 is no grade 0"


def test_a_settled_yes_or_no_counts_though_its_number_is_open() -> None:
    table = made([0, 0], low={"hlh_2004": [5, 3]}, high={"hlh_2004": [8, 8]},
                 met={"hlh_2004": [2, 1]})  # fmt: skip
    assert shares([HLH], table)[0].settled == 1


def test_ours_beside_the_chart() -> None:
    table = made(
        [0, 0, 0, 1, 1, 2],
        low={"crs_astct2019": [2, 1, 3, 0, 1, -1]},
        high={"crs_astct2019": [2, 4, 3, 1, 1, -1]},
        recorded={"crs_astct2019": [2, 3, 1, 2, -1, 1]},
    )
    (found,) = charted([CRS, HLH], table)
    assert (found.days, found.equal, found.inside, found.below, found.above) == (4, 1, 1, 1, 1)
    assert (found.patients, found.differing) == (2, 2)
    assert found.counts == {(2, 2, 2): 1, (3, 1, 4): 1, (1, 3, 3): 1, (2, 0, 1): 1}


def test_kappa_is_that_of_the_textbook() -> None:
    # 20 both yes, 5 and 10 apart, 15 both no: observed 0.70, by chance 0.50.
    first = np.repeat([1, 1, 0, 0], [20, 5, 10, 15])
    second = np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    assert kappa(first, second) == pytest.approx(0.40)
    # One step apart of two costs half: 1 - (0.25 * 0.5) / expected.
    three = np.array([0, 1, 2, 2])
    other = np.array([0, 1, 2, 1])
    expected = sum(abs(a - b) for a in three for b in other) / 16
    assert kappa(three, other, linear=True) == pytest.approx(1 - 0.25 / expected)
    assert math.isnan(kappa(np.array([1, 1]), np.array([1, 1])))
    assert math.isnan(kappa(np.zeros(0, dtype=int), np.zeros(0, dtype=int)))
