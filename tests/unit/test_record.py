"""The record: what was known, what counts as given, and doses as numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from equipoise import files, names
from equipoise.record import Dose, Measurement, Record

DAY0 = "2025-03-10T10:00:00+01:00"


def record_of(*events: dict[str, Any], **header: Any) -> Record:
    content = {"equipoise": 1, "id": "p1", "day0": DAY0, **header, "events": list(events)}
    return files.record_from_json(content)


def dose(
    amount: str = "2 mg", at: float = 0, agent: str = "sirolimus", **more: Any
) -> dict[str, Any]:
    return {"type": "dose", "at": at, "agent": agent, "amount": amount, **more}


def value(name: str, text: str, at: float, **more: Any) -> dict[str, Any]:
    return {"type": "measurement", "at": at, "name": name, "value": text, **more}


def stop(agent: str, at: float, **more: Any) -> dict[str, Any]:
    return {"type": "stop", "at": at, "agent": agent, **more}


def amounts(record: Record, t: float, agent: str = "sirolimus") -> list[float]:
    return [given.amount for given in record.until(t).given(agent, t, unit="mg")]


def ahead(record: Record, t: float, agent: str = "sirolimus") -> list[float]:
    return [plan.at for plan in record.until(t).planned(agent, t, unit="mg")]


# --- what was known ---------------------------------------------------------------------------


def test_a_result_is_seen_from_the_moment_it_is_known() -> None:
    record = record_of(dose(), value("sirolimus", "8 ng/mL", 24, known=30))
    assert record.until(29.99).measurements("sirolimus") == ()
    assert [m.number for m in record.until(30).measurements("sirolimus")] == [8.0]
    assert record.until(30).cut == 30


def test_without_a_time_of_knowing_nothing_is_cut_silently() -> None:
    record = record_of(value("crp", "32 mg/L", 24))
    with pytest.raises(ValueError, match="crp has no time at which it was known"):
        record.until(100)


def test_turnaround_is_assumed_and_marked() -> None:
    record = record_of(value("crp", "32 mg/L", 24), value("ferritin", "9 ng/mL", 24, known=25))
    assumed = record.assuming_turnaround()
    delay = names.measurement("crp").turnaround
    assert delay > 0
    crp, ferritin = assumed.measurements("crp")[0], assumed.measurements("ferritin")[0]
    assert (crp.known, crp.assumed) == (24 + delay, True)
    assert (ferritin.known, ferritin.assumed) == (25.0, False)
    assert assumed.assuming_turnaround() == assumed


def test_a_chain_of_corrections_shows_each_as_long_as_it_was_believed() -> None:
    def corrected(text: str, known: float) -> dict[str, Any]:
        return value("crp", text, 5, known=known, replaces={"name": "crp", "at": 5})

    record = record_of(
        value("crp", "320 mg/L", 5, known=7), corrected("32 mg/L", 9), corrected("3.2 mg/L", 11)
    )
    believed = {t: [m.number for m in record.until(t).measurements("crp")] for t in (6, 8, 10, 12)}
    assert believed == {6: [], 8: [320.0], 10: [32.0], 12: [3.2]}


def test_a_correction_may_move_an_event() -> None:
    record = record_of(
        value("weight", "70 kg", 5),
        value("weight", "70 kg", 29, known=30, replaces={"name": "weight", "at": 5}),
    )
    assert [m.at for m in record.until(29.5).measurements("weight")] == [5.0]
    assert [m.at for m in record.until(30).measurements("weight")] == [29.0]


def test_a_correction_takes_out_only_what_it_names() -> None:
    record = record_of(
        value("crp", "32 mg/L", 5, known=7),
        value("crp", "40 mg/L", 6, known=8),
        value("ferritin", "900 ng/mL", 5, known=7),
        value("crp", "33 mg/L", 5, known=9, replaces={"name": "crp", "at": 5}),
    )
    assert [e.key for e in record.until(9).events] == ["ferritin", "crp", "crp"]
    assert [m.number for m in record.until(9).measurements("crp")] == [33.0, 40.0]


def test_an_earlier_cut_of_a_cut_record_is_the_earlier_cut() -> None:
    record = record_of(
        value("crp", "320 mg/L", 5, known=7),
        value("crp", "32 mg/L", 5, known=9, replaces={"name": "crp", "at": 5}),
    )
    assert record.until(20).until(8) == record.until(8)
    assert [m.number for m in record.until(20).until(8).measurements("crp")] == [320.0]
    assert record.until(8).until(20) == record.until(8)


# --- given, planned, held, partial ------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        ("given", [], [2.0]),
        ("partial", [], [2.0]),
        ("held", [], []),
        ("planned", [], []),
        ("", [], [2.0]),
    ],
)
def test_what_counts_as_given(status: str, before: list[float], after: list[float]) -> None:
    record = record_of(dose(at=24, **({"status": status} if status else {})))
    assert amounts(record, 23) == before
    assert amounts(record, 24) == after
    assert amounts(record, 48) == after


def test_a_plan_is_ahead_until_its_time_and_never_given() -> None:
    record = record_of(dose(at=24, known=0, status="planned"))
    assert [ahead(record, t) for t in (-1, 0, 23, 24, 25)] == [[], [24.0], [24.0], [24.0], []]
    assert amounts(record, 48) == []


def test_a_dose_charted_ahead_is_planned_then_given_and_listed() -> None:
    record = record_of(dose(at=24, known=0))
    assert ahead(record, 12) == [24.0]
    assert amounts(record, 12) == []
    assert amounts(record, 24) == [2.0]
    assert [d.at for d in record.until(24).charted_ahead("sirolimus", 24)] == [24.0]
    assert record.until(24).given("sirolimus", 24, unit="mg")[0].charted_ahead


def test_a_held_dose_is_neither_given_nor_planned() -> None:
    record = record_of(dose(at=24, known=0, status="held"))
    assert ahead(record, 0) == []
    assert amounts(record, 24) == []


def test_a_plan_that_is_later_charted_as_held_is_not_given() -> None:
    record = record_of(
        dose(at=24, known=0),
        dose(at=24, known=25, status="held", replaces={"agent": "sirolimus", "at": 24}),
    )
    assert amounts(record, 24) == [2.0]
    assert amounts(record, 25) == []


def test_a_partial_dose_counts_with_what_was_given() -> None:
    record = record_of(dose("80 mg", agent="thymoglobulin", status="partial", duration="6 h"))
    assert amounts(record, 0, "thymoglobulin") == [80.0]


# --- stops ------------------------------------------------------------------------------------


def test_a_stop_takes_away_what_was_planned() -> None:
    record = record_of(
        dose(at=0), *(dose(at=24 * n, known=0) for n in (1, 2)), stop("sirolimus", 30)
    )
    assert ahead(record, 10) == [24.0, 48.0]
    assert ahead(record, 30) == []
    assert amounts(record, 72) == [2.0, 2.0]


def test_what_is_charted_after_the_stop_is_a_new_course() -> None:
    record = record_of(stop("sirolimus", 0), dose(at=48, known=24))
    assert ahead(record, 24) == [48.0]
    assert amounts(record, 48) == [2.0]


def test_a_stop_of_one_agent_leaves_the_others() -> None:
    record = record_of(
        dose(at=24, known=0), dose(at=24, known=0, agent="tacrolimus"), stop("sirolimus", 1)
    )
    assert ahead(record, 2) == []
    assert ahead(record, 2, "tacrolimus") == [24.0]


def test_an_infusion_ends_at_the_stop() -> None:
    infusion = {"type": "dose", "at": 0, "agent": "blinatumomab", "rate": "28 ug/d",
                "duration": "28 d"}  # fmt: skip
    record = record_of(infusion, stop("blinatumomab", 48))
    (before,) = record.until(47).given("blinatumomab", 47, unit="ug")
    (after,) = record.until(48).given("blinatumomab", 48, unit="ug")
    assert (before.amount, before.duration) == (pytest.approx(784.0), 672.0)
    assert (after.amount, after.duration) == (pytest.approx(56.0), 48.0)
    assert after.because == "infusion ended at the stop"


def test_a_stop_does_not_cut_a_partial_dose_twice() -> None:
    record = record_of(
        dose("80 mg", agent="thymoglobulin", status="partial", duration="6 h"),
        stop("thymoglobulin", 3),
    )
    (given,) = record.until(3).given("thymoglobulin", 3, unit="mg")
    assert (given.amount, given.duration) == (80.0, 3.0)


# --- doses as numbers -------------------------------------------------------------------------


def test_a_dose_per_kg_takes_the_last_weight_at_or_before_it() -> None:
    record = record_of(
        value("weight", "70 kg", -100),
        value("weight", "80 kg", -24),
        value("weight", "90 kg", 1),
        dose("2.5 mg/kg", at=0, agent="thymoglobulin"),
    )
    (given,) = record.until(2).given("thymoglobulin", 2, unit="mg")
    assert (given.amount, given.because) == (200.0, "weight 80 kg")


def test_a_dose_per_kg_takes_only_a_weight_that_was_known() -> None:
    record = record_of(
        value("weight", "70 kg", -100),
        value("weight", "80 kg", -24, known=12),
        dose("2.5 mg/kg", at=0, agent="thymoglobulin"),
    )
    assert amounts(record, 0, "thymoglobulin") == [175.0]
    assert amounts(record, 12, "thymoglobulin") == [200.0]


def test_a_dose_per_m2_takes_mosteller() -> None:
    record = record_of(
        value("weight", "72 kg", -24),
        value("height", "200 cm", -24),
        dose("100 mg/m2", at=0, agent="busulfan"),
    )
    assert amounts(record, 0, "busulfan") == [pytest.approx(200.0, rel=1e-12)]
    assert record.body_surface(-25) is None


def test_a_rate_per_kg_and_time_becomes_an_amount() -> None:
    record = record_of(
        value("weight", "60 kg", -24),
        {"type": "dose", "at": 0, "agent": "noradrenaline", "rate": "0.1 ug/kg/min",
         "duration": "10 h"},
    )  # fmt: skip
    assert amounts(record, 0, "noradrenaline") == [pytest.approx(3.6, rel=1e-12)]


def test_without_a_weight_a_dose_per_kg_is_an_error() -> None:
    known_late = record_of(
        value("weight", "70 kg", -1, known=5), dose("2 mg/kg", agent="thymoglobulin")
    )
    with pytest.raises(ValueError, match="an amount per kg needs a weight"):
        amounts(known_late, 0, "thymoglobulin")
    assert amounts(known_late, 5, "thymoglobulin") == [140.0]


def test_amounts_come_in_the_unit_that_is_asked_for() -> None:
    record = record_of(dose("2 mg"))
    assert record.until(0).given("sirolimus", 0, unit="ug")[0].amount == 2000.0


# --- looking things up ------------------------------------------------------------------------


def test_values_are_carried_forward_within_their_window() -> None:
    record = record_of(value("weight", "70 kg", 0), value("weight", "71 kg", 24))
    assert record.value_at("weight", -1) is None
    assert record.value_at("weight", 23.9) == 70.0
    assert record.value_at("weight", 24) == 71.0
    assert record.latest("weight", 100, within=76) is not None
    assert record.latest("weight", 100, within=75.9) is None
    assert record.step("weight") == ((0.0, 70.0), (24.0, 71.0))


def test_the_last_of_two_findings_counts() -> None:
    record = record_of(
        {"type": "finding", "at": 1, "name": "vasopressors", "value": ["noradrenaline"]},
        {"type": "finding", "at": 2, "name": "vasopressors", "value": []},
    )
    last = record.latest_finding("vasopressors", 3)
    assert last is not None
    assert (last.value, last.text) == ((), "none")
    assert record.latest_finding("vasopressors", 0.5) is None


def test_death_is_seen_from_its_time() -> None:
    record = record_of({"type": "finding", "at": 10, "name": "death", "value": "infection"})
    assert record.death(9.9) is None
    death = record.death(10)
    assert death is not None
    assert death.text == "infection"


def test_products_and_agents_are_found_by_name() -> None:
    record = record_of(
        {"type": "cells", "at": 0, "product": "graft"},
        {"type": "cells", "at": 700, "product": "dli"},
        dose(agent="tacrolimus", at=1),
        dose(at=2),
        dose(agent="tacrolimus", at=3),
    )
    assert [c.at for c in record.cells("donor_lymphocytes")] == [700.0]
    assert [c.at for c in record.cells()] == [0.0, 700.0]
    assert record.agents() == ("tacrolimus", "sirolimus")
    assert [d.at for d in record.doses("tacrolimus", "sirolimus")] == [1.0, 2.0, 3.0]


# --- days -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-11, -3.5, 0, 5.75, 14])
def test_calendar_days_are_those_of_day_0s_offset(hours: float) -> None:
    day0 = datetime(2025, 3, 10, 22, 30, tzinfo=timezone(timedelta(hours=hours)))
    record = Record("p", day0)
    assert record.calendar_day(0) == 0
    assert record.calendar_day(1.49) == 0
    assert record.calendar_day(1.5) == 1
    assert record.calendar_day(-22.5) == 0
    assert record.calendar_day(-22.51) == -1
    assert record.day_end(0) == pytest.approx(1.5 - 1 / 3600)
    assert record.day_end(-1) == pytest.approx(-22.5 - 1 / 3600)
    for day in (-40, -1, 0, 1, 19, 20, 21, 300):
        end = record.day_end(day)
        assert record.calendar_day(end) == day
        assert record.calendar_day(end + 2 / 3600) == day + 1


def test_a_named_zone_keeps_the_offset_of_day_0() -> None:
    berlin = Record("p", datetime(2025, 3, 20, 10, tzinfo=ZoneInfo("Europe/Berlin")))
    # The clocks go forward on 30 March 2025: 240 h later it is 10:00 in day 0's offset.
    assert berlin.clock(240.0) == datetime(2025, 3, 30, 9, tzinfo=UTC)
    assert berlin.clock(240.0).hour == 10
    assert berlin.day_end(10) - berlin.day_end(9) == pytest.approx(24.0)
    assert berlin == Record("p", datetime(2025, 3, 20, 9, tzinfo=UTC))


def test_a_day_0_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="day0 needs a zone"):
        Record("p", datetime(2025, 3, 10, 10))


def test_age_counts_from_the_date_of_birth() -> None:
    record = Record("p", datetime(2025, 3, 10, 10, tzinfo=UTC), born=date(1990, 3, 10))
    assert record.age_at(0) == pytest.approx(35.0, abs=0.002)
    assert record.age_at(24 * 365.25) == pytest.approx(36.0, abs=0.003)
    assert Record("p", datetime(2025, 3, 10, tzinfo=UTC)).age_at(0) is None


def test_events_are_sorted_and_equal_records_are_equal() -> None:
    record = record_of(dose(at=24), value("weight", "70 kg", 0), dose(at=-24))
    assert [e.at for e in record.events] == [-24.0, 0.0, 24.0]
    shuffled = replace(record, events=tuple(reversed(record.events)))
    assert shuffled == record
    assert isinstance(shuffled.events[0], Dose)
    assert isinstance(shuffled.events[1], Measurement)
    assert record.end == 24.0
    assert record_of().end == 0.0


def test_a_dose_of_unknown_amount_is_read_kept_and_never_computed_with() -> None:
    content = {
        "equipoise": 1,
        "id": "p",
        "day0": "2025-03-10T10:00:00+01:00",
        "events": [{"type": "dose", "at": 1, "agent": "tocilizumab", "amount": "unknown"}],
    }
    record = files.record_from_json(content)
    (dose,) = record.doses("tocilizumab")
    assert dose.amount is None
    assert dose.rate is None
    assert files.record_from_json(files.record_to_json(record)) == record
    assert files.record_to_json(record)["events"][0]["amount"] == "unknown"
    with pytest.raises(ValueError, match="amount is not known"):
        record.given("tocilizumab", 2.0, unit="mg")
