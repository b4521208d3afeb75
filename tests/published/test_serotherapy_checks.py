"""What exposure to ATG and alemtuzumab went with, as printed: checks on outcome of the facts."""

from __future__ import annotations

import math
import re

import pytest

from equipoise.effects import ALL as EFFECTS
from equipoise.report.effects import range_words
from equipoise.target import Design, Metric

PARACHUTE = "thymoglobulin_individualized_cd4"


def effect(name: str):
    return next(e for e in EFFECTS if e.id == name)


def test_parachute_against_fixed_doses_as_printed():
    # 58 and 112 children: 83 and 54 %; hazard ratio 2.4 (1.6-3.6).
    found = effect(PARACHUTE)
    shares = [float(x) for x in re.findall(r"(\d+) %", found.baseline)]
    assert shares == [83.0, 54.0]
    assert "58 children" in found.cohort
    assert "112 earlier" in found.cohort
    assert (found.estimate, found.low, found.high) == (2.4, 1.6, 3.6)
    # A share by day 100 that follows a hazard ratio: 1 - (1 - 0.54)^2.4 is 84 %.
    assert 100 * (1 - (1 - 0.54) ** found.estimate) == pytest.approx(83.0, abs=8.0)


def test_the_pooled_experience_holds_the_trial_and_says_so():
    pooled = [e for e in EFFECTS if e.id.startswith("thymoglobulin_individualized_")
              and e.id != PARACHUTE]  # fmt: skip
    assert len(pooled) == 4
    for one in pooled:
        assert "of whom 58 are those of PARACHUTE" in one.cohort
        assert one.high < 1.0
    for one in (*pooled, effect(PARACHUTE)):
        assert one.design is Design.COHORT
        assert "historical" in one.adjustment
        assert "not public" in one.source.note
        assert (one.metric, one.unit) == (Metric.DOSE, "mg/kg")


def test_intervals_are_symmetric_on_the_log_scale():
    # A slip of a digit in an end would show: the estimate is the middle of its ends.
    for one in EFFECTS:
        if one.id.startswith("thymoglobulin_individualized_"):
            middle = math.sqrt(one.low * one.high)
            assert middle == pytest.approx(one.estimate, rel=0.03), one.id


def test_it_speaks_of_children_with_replete_grafts_and_of_a_dose():
    for one in (e for e in EFFECTS if e.id.startswith("thymoglobulin_individualized_")):
        assert one.ages == (0.0, 18.0)
        assert set(one.platforms) == {"pediatric", "cord_blood"}
        assert range_words(one) == "cumulative dose 2-10 mg/kg"


def test_cd34_selected_grafts_as_printed():
    died, recovered = effect("thymoglobulin_cd34_nrm_55"), effect("thymoglobulin_cd34_cd4_30")
    assert (died.estimate, died.low, died.high) == (3.42, 1.26, 9.30)
    assert died.applies_low <= 60.0
    assert "it was 3 times as high" in recovered.estimand


def test_alpha_beta_depleted_grafts_in_four_groups_as_printed():
    found = effect("thymoglobulin_alpha_beta_survival")
    rest = [float(x) for x in re.findall(r"(\d+\.\d) %", found.baseline)]
    assert [100 * found.estimate, *rest] == pytest.approx([86.5, 64.6, 32.9, 48.2])
    sizes = [int(x) for x in re.findall(r"n=(\d+)", found.estimand + found.baseline)]
    assert sizes == [52, 47, 13, 51]
    assert f"{sum(sizes)} children" in found.cohort


def test_alemtuzumab_bands_as_printed():
    # Grade II-IV 47 and 13 % at up to 0.15 and from 0.16 ug/mL; mixed chimerism 21, 42, 100 %.
    low, high = (effect(f"alemtuzumab_graft_agvhd_{b}") for b in ("low", "high"))
    assert (low.estimate, high.estimate) == (0.47, 0.13)
    assert (low.applies_high, high.applies_low) == (0.15, 0.16)
    for printed in ("I-IV 68 against 18 %", "III-IV 32 against 8 %"):
        assert printed in low.baseline
    bands = [effect(f"alemtuzumab_graft_mixed_chimerism_{b}") for b in ("low", "middle", "high")]
    assert [b.estimate for b in bands] == [0.21, 0.42, 1.0]
    assert [b.applies_high for b in bands] == [0.15, 4.35, math.inf]
    # More of the one, less of the other: no band is best in both.
    assert low.estimate > high.estimate
    assert bands[0].estimate < bands[1].estimate < bands[2].estimate
