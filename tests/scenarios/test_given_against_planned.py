"""Given against planned: what was only planned or held is never counted as given.

One patient, one model in closed form, no levels: the exposure is a function of the doses alone, so
two records in which the same was given have the same numbers to the last digit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from equipoise import files
from equipoise.assess import assess
from equipoise.assessment import Assessment, Exposure
from equipoise.record import Record
from equipoise.shelves import SHELVES

ATG = replace(
    SHELVES, models=tuple(m for m in SHELVES.models if m.id == "atg_thymoglobulin_linear")
)

Event = dict[str, Any]


def dose(at: float, amount: str = "100 mg", **more: Any) -> Event:
    return {"type": "dose", "at": at, "agent": "thymoglobulin", "amount": amount,
            "duration": "6 h", "route": "iv", **more}  # fmt: skip


def stop(at: float, **more: Any) -> Event:
    return {"type": "stop", "at": at, "agent": "thymoglobulin", **more}


def read(*events: Event) -> Record:
    top = {"equipoise": 1, "id": "p1", "day0": "2025-03-10T12:00:00+01:00", "born": "1980-01-01",
           "platform": "adult_unrelated"}  # fmt: skip
    weight = {"type": "measurement", "at": -150, "name": "weight", "value": "70 kg"}
    return files.record_from_json({**top, "events": [weight, *events]})


def assessed(t: float, *events: Event) -> Assessment:
    return assess(read(*events), t, research=True, shelves=ATG)


def exposure(t: float, *events: Event) -> Exposure:
    found = assessed(t, *events).exposures
    assert len(found) == 1
    return found[0]


def areas(found: Exposure) -> dict[str, tuple[float, ...]]:
    return {s.name: s.posterior for s in found.summaries}


def median_at(found: Exposure, t: float) -> float:
    """The middle of the band at a time of the curve."""
    return found.posterior[2][found.times.index(t)]


def cautions(found: Exposure) -> str:
    return " | ".join(found.cautions)


# --- planned ------------------------------------------------------------------------------


def test_a_planned_dose_is_on_the_strip_as_planned_and_in_the_area_to_come() -> None:
    t = -80.0
    given = exposure(t, dose(-118))
    planned = exposure(t, dose(-118), dose(-70, status="planned", known=-118))
    assert [d.status for d in planned.doses] == ["given", "planned"]
    assert areas(planned)["auc_total"][2] == pytest.approx(2.0 * areas(given)["auc_total"][2])
    assert median_at(planned, -112.0) == median_at(given, -112.0)


def test_a_planned_dose_whose_time_has_passed_was_not_given() -> None:
    t = -48.0
    without = exposure(t, dose(-118))
    passed = exposure(t, dose(-118), dose(-70, status="planned", known=-118))
    assert areas(passed) == areas(without)
    assert [d.status for d in passed.doses] == ["given", "planned"]
    said = assessed(t, dose(-118), dose(-70, status="planned", known=-118)).cautions
    assert any("1 planned dose(s) of thymoglobulin are past their time" in c for c in said)
    assert not any("past their time" in c for c in assessed(t, dose(-118)).cautions)


def test_one_that_was_then_charted_as_given_counts() -> None:
    t = -48.0
    both = exposure(t, dose(-118), dose(-70))
    whole = assessed(
        t,
        dose(-118),
        dose(-70, status="planned", known=-118),
        dose(-70, known=-63.5, replaces={"name": "thymoglobulin", "at": -70}),
    )
    confirmed = whole.exposures[0]
    assert areas(confirmed) == areas(both)
    assert [d.status for d in confirmed.doses] == ["given", "given"]
    assert not any("past their time" in c for c in whole.cautions)


def test_a_dose_known_before_its_time_is_a_plan_until_then() -> None:
    """Without a status, `known` before `at` makes it planned at first, then charted ahead."""
    event = dose(-70, known=-118)
    before = exposure(-80.0, dose(-118), event)
    assert [d.status for d in before.doses] == ["given", "planned"]
    assert "charted before" not in cautions(before)
    after = exposure(-48.0, dose(-118), event)
    assert [d.status for d in after.doses] == ["given", "charted ahead"]
    assert "charted before their time" in cautions(after)
    assert areas(after) == areas(exposure(-48.0, dose(-118), dose(-70)))


def test_one_charted_ahead_and_then_stopped_was_not_given() -> None:
    t = -48.0
    stopped = exposure(t, dose(-118), dose(-70, known=-118), stop(-80))
    assert areas(stopped) == areas(exposure(t, dose(-118)))
    assert "charted before" not in cautions(stopped)


def test_a_stop_takes_away_what_was_planned() -> None:
    t = -75.0
    plan = dose(-70, status="planned", known=-118)
    assert any(o.options for o in assessed(t, dose(-118), plan).options)
    stopped = assessed(t, dose(-118), plan, stop(-76))
    assert areas(stopped.exposures[0]) == areas(exposure(t, dose(-118)))
    assert all(not o.options for o in stopped.options)
    late = assessed(-48.0, dose(-118), plan, stop(-76))
    assert not any("past their time" in c for c in late.cautions)


def test_a_plan_made_after_the_stop_stands() -> None:
    t = -72.0
    again = exposure(t, dose(-118), stop(-76), dose(-70, status="planned", known=-73))
    assert areas(again)["auc_total"][2] > areas(exposure(t, dose(-118)))["auc_total"][2]


# --- held and partial ---------------------------------------------------------------------


def test_a_held_dose_does_not_count_and_is_said() -> None:
    t = -48.0
    held = exposure(t, dose(-118), dose(-94, status="held"))
    assert areas(held) == areas(exposure(t, dose(-118)))
    assert [d.status for d in held.doses] == ["given", "held"]
    assert "1 held dose" in cautions(held)


def test_a_dose_that_is_held_later_is_given_before_and_held_after() -> None:
    """The same chart, before and after the correction was known."""
    correction = dose(-94, status="held", known=-50, replaces={"name": "thymoglobulin", "at": -94})
    events = (dose(-118), dose(-94), correction)
    assert areas(exposure(-60.0, *events)) == areas(exposure(-60.0, dose(-118), dose(-94)))
    assert areas(exposure(-48.0, *events)) == areas(exposure(-48.0, dose(-118)))


def test_nothing_but_held_doses_gives_no_exposure_and_says_so() -> None:
    found = assessed(-48.0, dose(-118, status="held"), dose(-94, status="held"))
    assert found.exposures == ()
    assert found.options == ()
    assert any("no dose of thymoglobulin was given or is planned" in c for c in found.cautions)


def test_a_partial_dose_counts_with_what_was_really_given() -> None:
    t = -48.0
    partial = exposure(t, dose(-118, "40 mg", status="partial"))
    whole = exposure(t, dose(-118, "100 mg"))
    assert [d.status for d in partial.doses] == ["partial"]
    assert areas(partial)["auc_total"][2] == pytest.approx(0.4 * areas(whole)["auc_total"][2])


# --- infusions that end early -------------------------------------------------------------


def test_a_stopped_infusion_counts_until_the_stop() -> None:
    t = -48.0
    stopped = exposure(t, dose(-118), stop(-115))
    short = exposure(t, dose(-118, "50 mg") | {"duration": "3 h"})
    assert areas(stopped)["auc_total"] == pytest.approx(areas(short)["auc_total"])
    assert stopped.doses[0].duration == pytest.approx(3.0)
    assert stopped.doses[0].amount == pytest.approx(50.0)
    assert "stop" in cautions(stopped)


def test_a_stop_after_the_infusion_takes_nothing_away() -> None:
    t = -48.0
    assert areas(exposure(t, dose(-118), stop(-112))) == areas(exposure(t, dose(-118)))


def test_a_stop_that_is_not_yet_known_changes_nothing_yet() -> None:
    events = (dose(-118), stop(-115, known=-100))
    assert areas(exposure(-110.0, *events)) == areas(exposure(-110.0, dose(-118)))
    assert areas(exposure(-99.0, *events))["auc_total"][2] == pytest.approx(
        0.5 * areas(exposure(-99.0, dose(-118)))["auc_total"][2]
    )


def test_a_partial_dose_with_a_stop_is_not_cut_twice() -> None:
    t = -48.0
    found = exposure(t, dose(-118, "40 mg", status="partial"), stop(-115))
    assert found.doses[0].amount == pytest.approx(40.0)
    assert found.doses[0].duration == pytest.approx(3.0)


# --- charted late -------------------------------------------------------------------------


def test_a_dose_charted_late_counts_from_when_it_was_known() -> None:
    events = (dose(-118), dose(-94, known=-60))
    assert areas(exposure(-70.0, *events)) == areas(exposure(-70.0, dose(-118)))
    assert areas(exposure(-59.0, *events)) == areas(exposure(-59.0, dose(-118), dose(-94)))


def test_every_face_tells_given_from_planned() -> None:
    from equipoise import report

    found = assessed(
        -80.0,
        dose(-118),
        dose(-94, status="held"),
        dose(-70, status="planned", known=-118),
    )
    shown = {text for _, kind, text in found.events if kind == "dose"}
    assert any(text.endswith("held") for text in shown)
    assert any(text.endswith("planned") for text in shown)
    for face in (report.text(found), report.html(found)):
        assert "planned" in face
        assert "held" in face
