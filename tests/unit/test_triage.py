"""Levels are judged before they are believed: each reason, and both sides of each threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from equipoise.model import PlainDose
from equipoise.models import atg_thymoglobulin_linear, sirolimus_cheng2020, sirolimus_wu2012
from equipoise.patient import given_doses, present_course
from equipoise.record import Given, Measurement
from equipoise.triage import Judged, judge, near_infusion, not_steady
from small_records import daily, dose, record_of, value

ATG = atg_thymoglobulin_linear.MODEL
CHENG, WU = sirolimus_cheng2020.MODEL, sirolimus_wu2012.MODEL
AROUND_TEN = np.exp(np.log(10.0) + 0.3 * np.random.default_rng(0).standard_normal(4000))


def level(text: str, at: float, *, name: str = "sirolimus", method: str = "") -> Measurement:
    more = {"method": method} if method else {}
    return record_of(dose(0.0), value(name, text, at, **more)).measurements(name)[0]


def infusion(at: float, duration: float) -> Given:
    return Given(at, "thymoglobulin", 100.0, "mg", duration, "iv", "", "")


def judged(
    one: Measurement, prior: np.ndarray = AROUND_TEN, given: tuple[Given, ...] = ()
) -> Judged:
    return judge(WU, [one], given, None, prior[:, None])[0]


# --- size -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("10 ng/mL", "used"),
        ("24 ng/mL", "used"),  # 2.9 SD of 0.3 above ten
        ("25.5 ng/mL", "suspect"),  # 3.1 SD
        ("4.2 ng/mL", "used"),
        ("3.9 ng/mL", "suspect"),
        ("100 ng/mL", "suspect"),
    ],
)
def test_a_surprising_level_is_a_suspect(text: str, verdict: str) -> None:
    assert judged(level(text, 20.0)).verdict == verdict


def test_reasons_say_by_how_much_and_what_to_ask() -> None:
    (high,) = judged(level("100 ng/mL", 20.0)).reasons
    assert high.startswith(("10.0 times", "9.9 times", "10.1 times"))
    assert "contamination" in high
    (low,) = judged(level("1 ng/mL", 20.0)).reasons
    assert "below the population's median" in low
    assert "was the dose given" in low


def test_predictions_cut_at_zero_do_not_hide_a_surprise() -> None:
    """An additive error larger than a low prediction puts part of the population at zero."""
    rng = np.random.default_rng(1)
    prior = np.maximum(4.0 + 2.51 * rng.standard_normal(4000), 0.0)
    assert np.mean(prior == 0.0) > 0.03
    assert judged(level("25 ng/mL", 20.0), prior).verdict == "suspect"
    assert judged(level("9 ng/mL", 20.0), prior).verdict == "used"
    assert judged(level("0.5 ng/mL", 20.0), prior).verdict == "used"


def test_censored_levels_surprise_in_their_own_direction_only() -> None:
    assert judged(level("<1 ng/mL", 20.0)).verdict == "suspect"
    assert judged(level("<2 ng/mL", 20.0)).verdict == "used"
    assert judged(level("<60 ng/mL", 20.0)).verdict == "used"
    assert judged(level(">60 ng/mL", 20.0)).verdict == "suspect"
    assert judged(level(">1 ng/mL", 20.0)).verdict == "used"


def test_lost_predictions_are_left_out_and_too_few_say_nothing() -> None:
    holed = AROUND_TEN.copy()
    holed[:1000] = np.nan
    assert judged(level("100 ng/mL", 20.0), holed).verdict == "suspect"
    assert judged(level("100 ng/mL", 20.0), np.full(100, np.nan)).verdict == "used"


# --- timing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (0.0, ""), (0.5, "during the infusion"), (5.9, "during the infusion"),
        (6.0, "within 1 h of the end"), (6.9, "within 1 h of the end"), (7.0, ""),
    ],
)  # fmt: skip
def test_levels_near_an_infusion(at: float, reason: str) -> None:
    one = judge(ATG, [level("10 ng/mL", at)], [infusion(0.0, 6.0)], None, AROUND_TEN[:, None])[0]
    assert (one.verdict == "suspect") is bool(reason)
    assert reason in "".join(one.reasons)
    # The rule for samples that are proposed is the same one.
    assert near_infusion(at, [infusion(0.0, 6.0)]) is bool(reason)
    assert near_infusion(at, [PlainDose(0.0, 1.0, "iv", 6.0)]) is bool(reason)


def test_a_continuous_infusion_is_meant_to_be_sampled() -> None:
    one = judge(ATG, [level("10 ng/mL", 30.0)], [infusion(0.0, 672.0)], None, AROUND_TEN[:, None])[
        0
    ]
    assert one.verdict == "used"
    assert not near_infusion(30.0, [infusion(0.0, 672.0)])


def test_a_level_at_the_minute_of_an_oral_dose_is_said_to_be_read_before_it() -> None:
    given = given_doses(WU, record_of(*daily("2 mg", "2 mg")), 60.0)
    assert (
        "read as drawn before the dose" in judged(level("10 ng/mL", 24.0), given=given).reasons[0]
    )
    assert judged(level("10 ng/mL", 23.9), given=given).reasons == ()


# --- assay ------------------------------------------------------------------------------------


def test_the_odd_assay_out_is_a_suspect() -> None:
    three = [level("10 ng/mL", 20.0 + i, method=m) for i, m in enumerate(("LC", "LC", "FPIA"))]
    found = judge(WU, three, (), None, np.tile(AROUND_TEN[:, None], 3))
    assert [j.verdict for j in found] == ["used", "used", "suspect"]
    assert "FPIA against LC" in found[2].reasons[0]


def test_of_two_assays_the_first_is_the_usual_in_every_process() -> None:
    for names in (("LC", "FPIA"), ("FPIA", "LC"), ("a", "b"), ("b", "a")):
        two = [level("10 ng/mL", 20.0 + i, method=m) for i, m in enumerate(names)]
        found = judge(WU, two, (), None, np.tile(AROUND_TEN[:, None], 2))
        assert [j.verdict for j in found] == ["used", "suspect"]


# --- steady state -----------------------------------------------------------------------------


def why(events: list[dict[str, object]], at: float, t: float | None = None) -> str:
    t = at + 1.0 if t is None else t
    record = record_of(*events, value("sirolimus", "8 ng/mL", at), t=t)
    one = record.measurements("sirolimus")[0]
    return not_steady(one, given_doses(CHENG, record, t), present_course(CHENG, record, t))


def test_a_trough_after_seven_days_is_steady() -> None:
    assert why(daily(*["2 mg"] * 8), 191.5) == ""
    # Half a day of grace: the label's seven days are not counted by the hour.
    twice = [dose(12.0 * i, "1 mg") for i in range(13)]
    assert why(twice, 156.5) == ""
    assert "6.5 days after the last change" in why(twice, 155.5)


def test_levels_that_are_no_steady_state_trough() -> None:
    assert "days after the last change of dose, not 7" in why(daily(*["2 mg"] * 4), 95.5)
    assert why(daily(*["2 mg"] * 12), 270.0).startswith("drawn 6.0 h after a dose that is due")
    assert "a dose may be missing" in why(daily(*["2 mg"] * 10), 216.0 + 30.0)
    assert why([dose(0.0)], 23.0) == "no regular course before it"
    changed = daily(*["1 mg"] * 10, "2 mg", "2 mg", "2 mg")
    assert "3.0 days after the last change" in why(changed, 240.0 + 71.5)


def test_a_level_is_judged_by_the_course_of_its_own_time() -> None:
    """Twice daily then, once daily now: a trough 12 h after a dose was a trough then."""
    twice = [dose(12.0 * i, "1 mg") for i in range(17)]
    once = [dose(204.0 + 24.0 * i) for i in range(4)]
    assert why([*twice, *once], 203.5, t=290.0) == ""
    # And a dose changed yesterday does not spoil last week's trough.
    changed = [*daily(*["2 mg"] * 10), dose(240.0, "1 mg")]
    assert why(changed, 239.5, t=250.0) == ""


def test_a_trough_only_model_leaves_the_others_out_and_says_so() -> None:
    record = record_of(*daily(*["2 mg"] * 12), t=300.0)
    given = given_doses(CHENG, record, 300.0)
    present = present_course(CHENG, record, 300.0)
    early, late = level("10 ng/mL", 47.5), level("10 ng/mL", 263.5)
    first, second = judge(CHENG, [early, late], given, present, np.tile(AROUND_TEN[:, None], 2))
    assert first.verdict == "left out"
    assert first.reasons[0].startswith("sirolimus_cheng2020 knows steady-state troughs only")
    assert second.verdict == "used"
    # The adult model speaks about both.
    adult = judge(WU, [early, late], given, present, np.tile(AROUND_TEN[:, None], 2))
    assert [j.verdict for j in adult] == ["used", "used"]


def test_several_reasons_stand_side_by_side() -> None:
    one = replace(level("100 ng/mL", 3.0), method="FPIA")
    others = [level("10 ng/mL", 50.0 + i, method="LC") for i in range(2)]
    found = judge(ATG, [one, *others], [infusion(0.0, 6.0)], None, np.tile(AROUND_TEN[:, None], 3))[
        0
    ]
    assert len(found.reasons) == 3
