"""A record as one model sees it: the course that runs, covariates, levels, what was assumed."""

from __future__ import annotations

from typing import Any

import pytest

from equipoise.model import Model
from equipoise.models import (
    blinatumomab_clements2020,
    sirolimus_cheng2020,
    sirolimus_wu2012,
    tacrolimus_dunlap2025,
)
from equipoise.patient import (
    Present,
    covariates,
    given_doses,
    has_loading_dose,
    levels,
    plain_doses,
    planned_doses,
    present_course,
    subject,
)
from small_records import daily, dose, record_of, value

CHENG, WU = sirolimus_cheng2020.MODEL, sirolimus_wu2012.MODEL
TACROLIMUS, BLINATUMOMAB = tacrolimus_dunlap2025.MODEL, blinatumomab_clements2020.MODEL


def course_at(events: list[dict[str, Any]], t: float, model: Model = WU) -> Present | None:
    return present_course(model, record_of(*events, t=t), t)


# --- the present course -----------------------------------------------------------------------


def test_a_regular_course_is_found() -> None:
    found = course_at(daily(*["2 mg"] * 10), 220.0)
    assert found is not None
    assert (found.amount, found.interval, found.route, found.unit) == (2.0, 24.0, "oral", "mg")
    assert (found.since, found.last, found.planned) == (0.0, 216.0, False)
    assert found.text == "2 mg every 24 h"


def test_amounts_come_in_the_models_unit() -> None:
    found = course_at(daily(*["2000 ug"] * 3), 50.0)
    assert found is not None
    assert found.amount == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("gaps", "interval"),
    [
        ((24, 24, 24), 24.0),
        ((23, 25.5, 24), 24.0),
        ((24, 24, 30, 18), 24.0),  # one dose six hours late
        ((30, 18), 24.0),
        ((12, 12, 12, 24, 24), 24.0),  # twice daily before, once daily now
        ((12, 12, 12, 24), 24.0),
        ((24, 24, 12, 12, 12), 12.0),
        ((8, 8, 8), 8.0),
        ((11, 13, 11, 13), 12.0),
        ((30, 30, 30), 30.0),
    ],
)
def test_the_interval_is_the_usual_one_not_the_last_gap(
    gaps: tuple[float, ...], interval: float
) -> None:
    times = [0.0]
    for gap in gaps:
        times.append(times[-1] + gap)
    found = course_at([dose(at) for at in times], times[-1] + 1.0)
    assert found is not None
    assert found.interval == interval


def test_the_course_begins_with_the_last_change_of_amount() -> None:
    found = course_at(daily("1 mg", "1 mg", "2 mg", "2 mg", "2 mg"), 100.0)
    assert found is not None
    assert (found.amount, found.since) == (2.0, 48.0)


def test_a_dose_changed_yesterday_is_a_course_only_with_the_plan() -> None:
    past = daily("1 mg", "1 mg", "1 mg", "2 mg")
    assert course_at(past, 80.0) is None
    plan = [dose(96.0 + 24.0 * i, known=72.0, status="planned") for i in range(3)]
    found = course_at([*past, *plan], 80.0)
    assert found is not None
    assert (found.amount, found.interval, found.since, found.planned) == (2.0, 24.0, 72.0, False)


def test_a_course_that_is_only_planned() -> None:
    plan = [dose(24.0 * i, known=-5.0, status="planned") for i in range(1, 4)]
    found = course_at(plan, 0.0)
    assert found is not None
    assert found.planned
    # A load of another size given, the rest planned: the planned course has not begun.
    found = course_at([dose(0.0, "6 mg"), *plan], 5.0)
    assert found is not None
    assert (found.amount, found.planned) == (2.0, True)


def test_no_course() -> None:
    assert course_at([], 0.0) is None
    assert course_at([dose(0.0)], 5.0) is None
    assert course_at(daily("1 mg", "2 mg", "3 mg"), 60.0) is None


def test_what_is_charted_at_one_moment_is_one_dose() -> None:
    events = [dose(24.0 * i, "1 mg") for i in range(4) for _ in range(2)]
    found = course_at(events, 80.0)
    assert found is not None
    assert (found.amount, found.interval) == (2.0, 24.0)


def test_held_doses_leave_a_gap_and_never_count() -> None:
    events = [*daily("2 mg", "2 mg", "2 mg"), dose(72.0, status="held")]
    record = record_of(*events, t=80.0)
    assert [d.at for d in given_doses(WU, record, 80.0)] == [0.0, 24.0, 48.0]
    assert planned_doses(WU, record, 60.0) == ()


def test_a_stopped_agent_has_no_present_course_until_it_is_given_again() -> None:
    stop = {"type": "stop", "at": 100.0, "agent": "sirolimus"}
    events = [*daily(*["2 mg"] * 5), stop]
    assert course_at(events, 99.0) is not None
    assert course_at(events, 101.0) is None
    again = [*events, dose(240.0, "1 mg"), dose(264.0, "1 mg")]
    found = course_at(again, 270.0)
    assert found is not None
    assert (found.amount, found.since) == (1.0, 240.0)


def test_charted_ahead_counts_from_its_time_on() -> None:
    events = [dose(0.0), dose(24.0), dose(48.0, known=20.0)]
    record = record_of(*events, t=30.0)
    assert [d.at for d in given_doses(WU, record, 30.0)] == [0.0, 24.0]
    assert [d.at for d in planned_doses(WU, record, 30.0)] == [48.0]
    later = record_of(*events, t=50.0)
    assert [d.charted_ahead for d in given_doses(WU, later, 50.0)] == [False, False, True]


def test_a_load_is_seen_in_what_is_given_or_planned() -> None:
    assert has_loading_dose(WU, record_of(*daily("6 mg", "2 mg", "2 mg")), 60.0)
    assert not has_loading_dose(WU, record_of(*daily("2 mg", "2 mg")), 60.0)
    assert not has_loading_dose(WU, record_of(dose(0.0, "6 mg")), 60.0)
    # Two tablets at once are one dose, not a load after a load.
    pair = [dose(0.0, "1 mg"), dose(0.0, "1 mg"), dose(24.0, "2 mg")]
    assert not has_loading_dose(WU, record_of(*pair), 60.0)


def test_a_route_the_model_lacks_is_refused() -> None:
    record = record_of(dose(0.0, route="iv", duration="2 h"))
    with pytest.raises(ValueError, match="made for oral doses; the record has iv"):
        plain_doses(WU, given_doses(WU, record, 1.0))


# --- covariates -------------------------------------------------------------------------------


def test_values_are_carried_forward_and_before_the_first_the_first_holds() -> None:
    record = record_of(
        value("weight", "12 kg", -24), value("weight", "13 kg", 48),
        value("weight", "15 kg", 100), born="2019-05-01",
    )  # fmt: skip
    found = covariates(CHENG, record, 60.0)
    assert found.steps["weight"] == [(-24.0, 12.0), (48.0, 13.0)]
    assert found.now["weight"] == 13.0
    assert ("weight", "13 kg at 48 h") in found.used


def test_bilirubin_arrives_in_the_unit_of_the_equation() -> None:
    record = record_of(value("weight", "12 kg", 0), value("bilirubin", "1 mg/dL", 0))
    found = covariates(CHENG, record, 1.0)
    assert found.now["bilirubin"] == pytest.approx(17.10, abs=0.01)
    same = record_of(value("weight", "12 kg", 0), value("bilirubin", "17.1 umol/L", 0))
    assert covariates(CHENG, same, 1.0).now["bilirubin"] == pytest.approx(17.1, rel=1e-9)


def test_what_is_missing_is_said_or_refused() -> None:
    record = record_of(value("weight", "12 kg", 0))
    found = covariates(CHENG, record, 1.0)
    assert found.now["bilirubin"] == 11.29
    assert any(
        "bilirubin is not in the record" in c and "11.29 umol/L" in c for c in found.cautions
    )
    with pytest.raises(ValueError, match="sirolimus_cheng2020 needs weight"):
        covariates(CHENG, record_of(), 1.0)


def test_words_in_the_header_become_numbers_of_the_equation() -> None:
    weight = value("weight", "70 kg", -80)
    header = {"cyp3a5": "expresser", "conditioning": "reduced"}
    found = covariates(TACROLIMUS, record_of(weight, covariates=header), -10.0)
    assert (found.now["cyp3a5"], found.now["conditioning"]) == (1.0, 1.0)
    assert ("cyp3a5", "expresser") in found.used
    silent = covariates(TACROLIMUS, record_of(weight), -10.0)
    assert (silent.now["cyp3a5"], silent.now["conditioning"]) == (0.0, 0.0)
    assert any("nonexpresser (its reference patient)" in c for c in silent.cautions)


def test_body_surface_from_weight_and_height() -> None:
    assert "bsa" in BLINATUMOMAB.covariates
    record = record_of(value("weight", "70 kg", 0), value("height", "180 cm", 0))
    found = covariates(BLINATUMOMAB, record, 1.0)
    assert found.now["bsa"] == pytest.approx((70 * 180 / 3600) ** 0.5)


@pytest.mark.parametrize(("weight", "outside"), [(7, False), (43, False), (6.9, True), (44, True)])
def test_outside_the_domain_is_said(weight: float, outside: bool) -> None:
    record = record_of(value("weight", f"{weight} kg", 0), born="2019-05-01")
    found = covariates(CHENG, record, 1.0)
    assert any("weight" in c and "7-43 kg" in c for c in found.cautions) is outside


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("hemoglobin", "7.5 g/dL", "7.4 g/dL"),
        ("creatinine", "1.4 mg/dL", "150 umol/L"),
        ("albumin", "4.6 g/dL", "2.4 g/dL"),
    ],
)
def test_the_domain_is_checked_for_what_the_equations_do_not_use(
    name: str, inside: str, outside: str
) -> None:
    for text, said in ((inside, False), (outside, True)):
        found = covariates(WU, record_of(value(name, text, 0), born="1980-01-01"), 1.0)
        assert any(c.startswith(f"{name} ") and "outside" in c for c in found.cautions) is said


@pytest.mark.parametrize(
    ("t", "said"), [(-72.0, False), (13.0, False), (14.5, True), (240.0, True)]
)
def test_the_days_a_model_was_made_from_count_too(t: float, said: bool) -> None:
    record = record_of(value("weight", "70 kg", -80), t=t)
    found = covariates(TACROLIMUS, record, t)
    assert any(c.startswith("day ") and "outside" in c for c in found.cautions) is said


# --- levels -----------------------------------------------------------------------------------


def test_levels_come_by_time_as_known_and_censored() -> None:
    record = record_of(
        *daily(*["2 mg"] * 9),
        value("sirolimus", "8.1 ng/mL", 190), value("sirolimus", "<1 ng/mL", 20),
        value("sirolimus", "9 ng/mL", 195, known=300), value("tacrolimus", "5 ng/mL", 20),
        t=200.0,
    )  # fmt: skip
    found = levels(WU, record, 200.0)
    assert [(m.at, m.number, m.censored) for m in found] == [(20, 1.0, "<"), (190, 8.1, "")]
    who = subject(WU, record, 200.0, covariate_steps=covariates(WU, record, 200.0).steps, use=found)
    assert [(o.time, o.number, o.censored) for o in who.observed] == [
        (20.0, 1.0, "<"), (190.0, 8.1, ""),
    ]  # fmt: skip
    assert [d.time for d in who.course.schedule.doses] == [24.0 * i for i in range(9)]


def test_a_level_in_another_mass_unit_arrives_in_the_analytes() -> None:
    record = record_of(*daily("2 mg", "2 mg"), value("sirolimus", "0.0081 mg/L", 30), t=40.0)
    found = levels(WU, record, 40.0)
    who = subject(WU, record, 40.0, covariate_steps={}, use=found)
    assert who.observed[0].number == pytest.approx(8.1)


def test_a_level_charted_at_the_time_of_a_dose_is_a_trough() -> None:
    record = record_of(*daily("2 mg", "2 mg", "2 mg"), value("sirolimus", "6 ng/mL", 24.0), t=60.0)
    who = subject(WU, record, 60.0, covariate_steps={}, use=levels(WU, record, 60.0))
    assert [level.after for level in who.observed] == [False]
    # No row: nothing here comes from a data set, where rows decide.
    assert {dose.row for dose in who.course.schedule.doses} == {0}
