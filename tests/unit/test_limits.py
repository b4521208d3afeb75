"""Limits, their answers and their intervals; what no few courses can settle."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from equipoise import commissioning
from equipoise.commissioning import (
    DEFAULTS,
    FEW,
    OPEN,
    OUTSIDE,
    WITHIN,
    CommissioningError,
    judge,
    parse_limits,
    read_limits,
    window_of,
)
from equipoise.models.busulfan_choe2012 import MODEL as CHOE
from equipoise.models.sirolimus_cheng2020 import MODEL as CHENG
from equipoise.replay import Forecast, Replay, collected
from equipoise.shelves import SHELVES
from equipoise.truth import Truth

ROOT = Path(__file__).resolve().parents[2]
SITE = {"commissioning": 1, "set_on": date(2026, 10, 1)}
TARGET = next(t for t in SHELVES.targets if t.id == "sirolimus_child_cytopenia_5_15")


def replayed(
    patients: int, *, factor: float = 1.0, spread: float = 0.2, believed: float = 0.2,
    levels: int = 3, seed: int = 3,
) -> Replay:  # fmt: skip
    """Log-normal levels around 8 x factor; the forecast believes in 8 and its own spread."""
    rng = np.random.default_rng(seed)
    z90, z50 = 1.6448536269514722, 0.6744897501960817
    found = []
    for i in range(patients):
        for k in range(levels):
            center = 8.0 * math.exp(0.5 * rng.standard_normal())
            observed = center * factor * math.exp(spread * rng.standard_normal())
            low90, low50, high50, high90 = (
                center * math.exp(z * believed) for z in (-z90, -z50, z50, z90)
            )
            inside = _phi(math.log(15 / center) / believed) - _phi(math.log(5 / center) / believed)
            found.append(
                Forecast(
                    f"p{i}", 24.0 * k, "sirolimus", "ng/mL", observed, "", min(k, 3), center,
                    center, low90, low50, center, high50, high90, inside=inside,
                )
            )  # fmt: skip
    return collected(CHENG, found, seed=1, draws=1000, availability="recorded")


def _phi(x: float) -> float:
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def found(one: commissioning.Commissioned, stage: str, measure: str) -> commissioning.Finding:
    return next(j for j in one.judged if (j.stage, j.measure) == (stage, measure))


def test_a_right_model_is_within_limits_and_its_numbers_are_those_of_the_levels() -> None:
    replay = replayed(60)
    one = judge(replay, parse_limits({}), target=TARGET)
    assert one.verdict == WITHIN, one.because
    later = [f for f in replay.forecasts if f.used]
    bias = found(one, "after_levels", "bias")
    by_hand = median(100.0 * (f.prediction - f.observed) / f.observed for f in later)
    assert bias.value == pytest.approx(by_hand)
    assert (bias.n, bias.courses) == (120, 60)
    odds = found(one, "after_levels", "odds")
    said = sum(f.inside for f in later) / 120
    happened = sum(5.0 <= f.observed <= 15.0 for f in later) / 120
    assert odds.value == pytest.approx(100.0 * (said - happened))
    inside = sum(f.low90 <= f.observed <= f.high90 for f in later) / 120
    assert found(one, "after_levels", "cover90").value == pytest.approx(100.0 * inside)


def test_the_interval_is_that_of_resampled_patients() -> None:
    # Mean of 60 patients, one level each: the interval is near the normal one.
    replay = replayed(400, levels=1)
    one = judge(replay, parse_limits({}), target=TARGET)
    odds = found(one, "a_priori", "odds")
    gaps = [100.0 * (f.inside - (5.0 <= f.observed <= 15.0)) for f in replay.forecasts]
    half = 1.6449 * float(np.std(gaps)) / math.sqrt(len(gaps))
    assert odds.high - odds.low == pytest.approx(2.0 * half, rel=0.12)


def test_levels_of_one_patient_count_as_one_patient() -> None:
    # The same ten patients, each level ten times over: the interval must not narrow.
    once = replayed(30, levels=1)
    many = [f for f in once.forecasts for _ in range(10)]
    ten = collected(CHENG, many, seed=1, draws=1000, availability="recorded")
    a, b = (
        found(judge(r, parse_limits({}), target=TARGET), "a_priori", "odds") for r in (once, ten)
    )
    assert b.n == 10 * a.n
    assert b.high - b.low == pytest.approx(a.high - a.low, rel=0.1)


@pytest.mark.parametrize(
    ("what", "measure"),
    [
        ({"factor": 1.5}, "bias"),
        ({"factor": 0.5}, "bias"),
        ({"spread": 0.6}, "cover90"),
        ({"spread": 0.05}, "cover50"),
        ({"spread": 0.8}, "precision"),
    ],
)
def test_a_wrong_model_is_outside_by_the_measure_that_sees_it(
    what: dict[str, Any], measure: str
) -> None:
    one = judge(replayed(60, **what), parse_limits({}), target=TARGET)
    assert one.verdict == OUTSIDE
    assert found(one, "after_levels", measure).met is Truth.NOT_MET


def test_few_courses_conclude_nothing_and_few_levels_settle_nothing() -> None:
    assert judge(replayed(19), parse_limits({}), target=TARGET).verdict == FEW
    narrow = parse_limits({**SITE, "after_levels": {"bias": 2}})
    one = judge(replayed(25), narrow, target=TARGET)
    assert one.verdict == OPEN
    assert found(one, "after_levels", "bias").met is Truth.UNKNOWN
    assert any("its interval reaches over the limit" in text for text in one.because)


def test_without_a_window_the_odds_are_not_judged_and_it_is_said() -> None:
    one = judge(replayed(60), parse_limits({}))
    assert not [j for j in one.judged if j.measure.startswith("odds")]
    assert "no window was given: the odds were not judged" in one.because


def test_only_what_a_level_measures_can_be_held_against_levels() -> None:
    assert window_of(TARGET, CHENG) == (5.0, 15.0)
    area = next(t for t in SHELVES.targets if t.id == "busulfan_adult_62_100")
    with pytest.raises(CommissioningError, match="no single level measures"):
        window_of(area, CHOE)
    with pytest.raises(CommissioningError, match="is for sirolimus"):
        window_of(TARGET, CHOE)


def test_what_a_centre_leaves_out_is_the_project_s_and_marked() -> None:
    limits = parse_limits({**SITE, "after_levels": {"bias": 12}})
    assert limits.bounds["after_levels"]["bias"] == (-12.0, 12.0)
    assert ("after_levels", "bias") not in limits.default
    assert limits.bounds["a_priori"] == DEFAULTS["a_priori"]
    assert ("a_priori", "bias") in limits.default


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"bias": 3}, "unknown key 'bias'"),
        ({"set_by": "us"}, "begin the file with commissioning = 1"),
        ({"commissioning": 1}, "set_on is missing"),
        ({**SITE, "courses": 1}, "2 or more"),
        ({**SITE, "courses": True}, "2 or more"),
        ({**SITE, "set_by": 3}, "set_by is no text"),
        ({**SITE, "a_priori": 3}, r"write a table \[a_priori\]"),
        ({**SITE, "a_priori": {"biass": 3}}, "has no 'biass'"),
        ({**SITE, "a_priori": {"bias": 0}}, "above 0"),
        ({**SITE, "a_priori": {"bias": "20 %"}}, "one number"),
        ({**SITE, "a_priori": {"cover90": 80}}, "two percentages"),
        ({**SITE, "a_priori": {"cover90": [91, 99]}}, "must lie around 90"),
        ({**SITE, "a_priori": {"cover50": [30, 170]}}, "within 0 and 100"),
    ],
)
def test_bad_limits_are_refused_in_a_sentence(content: dict[str, Any], said: str) -> None:
    with pytest.raises(CommissioningError, match=said):
        parse_limits(content)


def test_the_limits_of_the_example_are_read_and_bad_files_refused(tmp_path: Path) -> None:
    assert read_limits(ROOT / "examples" / "limits.toml").courses == 40
    broken = tmp_path / "limits.toml"
    broken.write_text("commissioning = ", encoding="utf-8")
    with pytest.raises(CommissioningError, match="is not TOML"):
        read_limits(broken)
    with pytest.raises(CommissioningError, match="cannot be read"):
        read_limits(tmp_path / "none.toml")
