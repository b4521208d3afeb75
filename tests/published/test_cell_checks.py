"""Printed results of cell therapies beside what stands on the shelves: the checks that no other
file of tests has."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import CensoredData, binomtest, logrank

from equipoise.decisions.lymphocyte_facts import DOSE_GVHD, WITH_BLINATUMOMAB
from equipoise.effects import ALL as EFFECTS


def effect(name: str):
    return next(e for e in EFFECTS if e.id == name)


@pytest.mark.parametrize(
    ("name", "events", "total", "low", "high"),
    [
        ("treg_tcon_haploidentical_agvhd", 2, 26, 0.01, 0.25),
        ("treg_tcon_haploidentical_engraftment", 26, 28, 0.76, 0.99),
    ],
)
def test_treg_and_conventional_t_cells_lie_in_the_exact_interval(name, events, total, low, high):
    found = effect(name)
    exact = binomtest(events, total).proportion_ci(0.95, method="exact")
    assert (exact.low, exact.high) == pytest.approx((low, high), abs=0.012)
    assert exact.low < found.estimate < exact.high
    assert found.estimate == pytest.approx(events / total)
    assert f"{events} of {total}" in found.estimand


def test_cd4_of_50_after_that_graft_on_day_34():
    found = effect("treg_tcon_haploidentical_cd4_50")
    assert found.estimate == pytest.approx(34.0, abs=7.0)
    assert "19-63" in found.estimand


def test_failure_of_the_cd4_milestone_as_printed():
    found = effect("cd4_milestone_failed_nrm")
    assert (found.estimate, found.low, found.high) == (6.58, 2.82, 15.38)
    assert found.applies_high == 50.0


def test_bulk_doses_gave_four_times_the_gvhd_of_escalating_ones():
    # Dazzi 2000: 44 % of 28 against 10 % of 20 at equal sums; remission did not differ for sure.
    said = " ".join(" ".join(row.cells) for row in DOSE_GVHD.rows) + DOSE_GVHD.covers
    bulk = re.search(r"bulk[^%]*?28[^%]*?44 %", said)
    escalating = re.search(r"escalating[^%]*?20[^%]*?10 %", said)
    assert bulk
    assert escalating
    assert 44 / 10 >= 2.5


def test_two_year_survival_with_and_without_lymphocytes_is_too_few_patients_to_tell():
    # SFGM-TC: 31 % of 50 and 43 % of 22 after two years (p = 0.31). Patients drawn from just these
    # two curves give a log-rank test above 0.05 in most series of this size.
    (alone, both) = (row.cells for row in WITH_BLINATUMOMAB.rows[:2])
    assert (alone[1], both[1]) == ("50", "22")
    assert "31 %" in alone[3]
    assert "43 %" in both[3]
    rng = np.random.default_rng(36)
    quiet = 0
    for _ in range(200):
        arms = []
        for n, alive in ((50, 0.31), (22, 0.43)):
            died = rng.exponential(-24.0 / np.log(alive), n)
            ended = np.minimum(died, 38.0)
            arms.append(CensoredData.right_censored(ended, died > 38.0))
        quiet += logrank(*arms).pvalue > 0.05
    assert quiet > 140
