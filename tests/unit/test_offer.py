"""Offers: every key, every refusal, and the courses that follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise import targets, units
from equipoise.courses import TURNAROUND
from equipoise.exposure import Known, know
from equipoise.model import Model, PlainDose
from equipoise.models import atg_thymoglobulin_linear, sirolimus_cheng2020, sirolimus_wu2012
from equipoise.offer import KEYS, OfferError, parse_offer, proposals, read_offer
from equipoise.plan import GateError
from equipoise.record import Record
from small_records import daily, dose, record_of, value

TARGET = {t.id: t for t in targets.ALL}
TROUGH = TARGET["sirolimus_itp_5_15"]
AREA = TARGET["thymoglobulin_adult_unrelated_post_60_90"]
EMPTY = record_of()


def known_of(model: Model, record: Record, t: float) -> Known:
    return know(model, record, t, seed=1, draws=500)


@pytest.fixture(scope="module")
def adult() -> Known:
    record = record_of(
        *daily(*["2 mg"] * 6), value("weight", "80 kg", 0), born="1980-01-01", t=130.0
    )
    return known_of(sirolimus_wu2012.MODEL, record, 130.0)


@pytest.fixture(scope="module")
def atg() -> Known:
    """Two infusions given, two planned at -48 h and -24 h."""
    more: dict[str, Any] = {"agent": "thymoglobulin", "route": "iv", "duration": "6 h"}
    events = [
        dose(-96.0, "100 mg", **more), dose(-72.0, "100 mg", **more),
        dose(-48.0, "100 mg", known=-100.0, status="planned", **more),
        dose(-24.0, "100 mg", known=-100.0, status="planned", **more),
        value("weight", "70 kg", -100.0),
    ]  # fmt: skip
    record = record_of(*events, born="1980-01-01", t=-60.0)
    return known_of(atg_thymoglobulin_linear.MODEL, record, -60.0)


# --- reading ----------------------------------------------------------------------------------


def test_every_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "offer.toml"
    path.write_text(
        'route = "iv"\namounts = ["25 mg"]\nvial = "25 mg"\nmost = "75 mg"\ninterval = "1 d"\n'
        'duration = "6 h"\nloading = ["6 mg"]\nearliest = 24.0\nlatest = 72.0\n'
        'turnaround = "36 h"\nmax_courses = 50\n',
        encoding="utf-8",
    )
    found = read_offer(path, EMPTY)
    assert set(KEYS) == {
        "route", "amounts", "vial", "most", "interval", "duration", "loading", "earliest",
        "latest", "turnaround", "max_courses",
    }  # fmt: skip
    assert found.route == "iv"
    # What is written first; vials add what is not there yet, from none to the most.
    assert found.amounts == ("25 mg", "0 mg", "50 mg", "75 mg")
    assert (found.interval, found.duration, found.turnaround) == (24.0, 6.0, 36.0)
    assert (found.earliest, found.latest, found.max_courses) == (24.0, 72.0, 50)
    assert found.loading == ("6 mg",)


def test_what_is_left_out_has_a_meaning() -> None:
    found = parse_offer({"amounts": ["2 mg"]}, EMPTY)
    assert (found.route, found.interval, found.duration, found.loading) == ("", None, None, ())
    assert (found.earliest, found.latest, found.turnaround) == (None, None, TURNAROUND)
    assert found.max_courses == 200


def test_times_as_hours_or_with_a_zone() -> None:
    moment = EMPTY.day0 + timedelta(hours=30)
    for written in (30, 30.0, moment, moment.astimezone(UTC), moment.isoformat()):
        assert parse_offer({"amounts": ["2 mg"], "latest": written}, EMPTY).latest == 30.0


@pytest.mark.parametrize(
    ("vial", "most", "expected"),
    [
        ("25 mg", "75 mg", ["0 mg", "25 mg", "50 mg", "75 mg"]),
        ("25 mg", "99 mg", ["0 mg", "25 mg", "50 mg", "75 mg"]),  # never rounded up
        ("25 mg", "0.05 g", ["0 mg", "25 mg", "50 mg"]),
        ("0.1 mg", "0.3 mg", ["0 mg", "0.1 mg", "0.2 mg", "0.3 mg"]),
    ],
)
def test_vials_are_whole(vial: str, most: str, expected: list[str]) -> None:
    assert list(parse_offer({"vial": vial, "most": most}, EMPTY).amounts) == expected


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "give amounts"),
        ({"amounts": []}, "give amounts"),
        ({"amount": ["2 mg"]}, "unknown key amount; did you mean amounts"),
        ({"zzz": 1, "amounts": ["2 mg"]}, "unknown key zzz; known are"),
        ({"amounts": "2 mg"}, "amounts is a list"),
        ({"amounts": ["2 mg"], "loading": "6 mg"}, "loading is a list"),
        ({"amounts": ["2 spoons"]}, "offer: amounts"),
        ({"amounts": ["-2 mg"]}, "plain number, zero or more"),
        ({"amounts": ["<2 mg"]}, "plain number, zero or more"),
        ({"amounts": ["2 mg"], "loading": ["-6 mg"]}, "plain number, zero or more"),
        ({"vial": "25 mg"}, "vial needs most"),
        ({"vial": "25 mg", "most": "10 mg"}, "not above most"),
        ({"vial": "0 mg", "most": "10 mg"}, "above 0"),
        ({"vial": "25 mg", "most": "3 mL"}, "offer: most"),
        ({"vial": "1 ug", "most": "1 g"}, "more than 1000 vials"),
        ({"amounts": ["2 mg"], "interval": "2 kg"}, "offer: interval"),
        ({"amounts": ["2 mg"], "interval": "0 h"}, "interval must be above 0"),
        ({"amounts": ["2 mg"], "interval": -24}, "zero or more"),
        ({"amounts": ["2 mg"], "duration": float("inf")}, "zero or more"),
        ({"amounts": ["2 mg"], "turnaround": "soon"}, "offer: turnaround"),
        ({"amounts": ["2 mg"], "earliest": "2025-03-11T08:00"}, "has no zone"),
        ({"amounts": ["2 mg"], "earliest": datetime(2025, 3, 11)}, "has no zone"),
        ({"amounts": ["2 mg"], "latest": "tomorrow"}, "neither hours"),
        ({"amounts": ["2 mg"], "latest": float("nan")}, "not a number of hours"),
        ({"amounts": ["2 mg"], "max_courses": 0}, "max_courses"),
        ({"amounts": ["2 mg"], "max_courses": "9"}, "max_courses"),
    ],
)
def test_an_offer_that_cannot_be_read(content: dict[str, Any], says: str) -> None:
    with pytest.raises(OfferError, match=says):
        parse_offer(content, EMPTY)


def test_files_that_are_no_offer(tmp_path: Path) -> None:
    with pytest.raises(OfferError, match="cannot be read"):
        read_offer(tmp_path / "none.toml", EMPTY)
    path = tmp_path / "bad.toml"
    path.write_text("amounts = [", encoding="utf-8")
    with pytest.raises(OfferError, match="is not TOML"):
        read_offer(path, EMPTY)


# --- courses for a trough ---------------------------------------------------------------------


def test_maintenance_at_the_present_interval_unless_the_offer_says(adult: Known) -> None:
    found = proposals(adult, parse_offer({"amounts": ["1 mg", "1.5 mg"]}, adult.record), TROUGH)
    assert [p.label for p in found] == ["1 mg every 24 h", "1.5 mg every 24 h"]
    assert [p.doses for p in found] == [
        (PlainDose(130.0, a, "oral", 0.0, 24.0, 0, 1),) for a in (1.0, 1.5)
    ]
    (twice,) = proposals(
        adult, parse_offer({"amounts": ["1000 ug"], "interval": "12 h"}, adult.record), TROUGH
    )
    assert twice.doses == (PlainDose(130.0, 1.0, "oral", 0.0, 12.0, 0, 1),)


def test_amounts_per_kg_take_the_weight_of_the_record(adult: Known) -> None:
    offer = parse_offer({"amounts": ["0.05 mg/kg"]}, adult.record)
    assert proposals(adult, offer, TROUGH)[0].doses[0].amount == pytest.approx(4.0)
    offer = parse_offer({"amounts": ["1 mg/m2"]}, adult.record)
    with pytest.raises(OfferError, match="per m2 needs weight and height"):
        proposals(adult, offer, TROUGH)


def test_an_amount_in_no_unit_of_the_model_is_refused(adult: Known) -> None:
    with pytest.raises(OfferError, match="offer: amounts"):
        proposals(adult, parse_offer({"amounts": ["2 mL"]}, adult.record), TROUGH)


def test_a_load_is_followed_by_the_maintenance_dose(adult: Known) -> None:
    offer = parse_offer({"amounts": ["2 mg"], "loading": ["6 mg"]}, adult.record)
    (found,) = proposals(adult, offer, TROUGH)
    load, rest = found.doses[-2:]
    assert (load.time, load.amount, load.steady) == (130.0, 6.0, 0)
    assert (rest.time, rest.amount, rest.interval, rest.steady) == (154.0, 2.0, 24.0, 0)
    # What was given before counts too, and the trough is read four days on, before a dose.
    assert [d.time for d in found.doses[:-2]] == [24.0 * i for i in range(6)]
    assert found.read_at == 130.0 + 96.0
    assert found.course == ("6 mg once", "then 2 mg every 24 h")


def test_a_model_of_troughs_refuses_the_load() -> None:
    record = record_of(
        *daily(*["0.5 mg"] * 9), value("weight", "12 kg", 0), born="2020-01-01", t=210.0
    )
    child = known_of(sirolimus_cheng2020.MODEL, record, 210.0)
    target = TARGET["sirolimus_child_cytopenia_5_15"]
    loaded = parse_offer({"amounts": ["0.5 mg"], "loading": ["1 mg"]}, record)
    with pytest.raises(GateError, match="does not answer a loading question"):
        proposals(child, loaded, target)
    plain = parse_offer({"amounts": ["0.5 mg"]}, record)
    assert len(proposals(child, plain, target)) == 1


def test_without_course_or_interval_there_is_nothing_to_offer() -> None:
    record = record_of(dose(0.0), born="1980-01-01", t=10.0)
    known = known_of(sirolimus_wu2012.MODEL, record, 10.0)
    with pytest.raises(OfferError, match="give interval"):
        proposals(known, parse_offer({"amounts": ["2 mg"]}, record), TROUGH)


# --- courses for an area ----------------------------------------------------------------------


def test_every_combination_at_the_planned_times(atg: Known) -> None:
    offer = parse_offer({"vial": "25 mg", "most": "50 mg", "duration": "6 h"}, atg.record)
    found = proposals(atg, offer, AREA)
    assert len(found) == 9
    given = [PlainDose(-96.0, 100.0, "iv", 6.0), PlainDose(-72.0, 100.0, "iv", 6.0)]
    for p in found:
        assert list(p.doses[:2]) == given
        assert {d.time for d in p.doses[2:]} <= {-48.0, -24.0}
        assert all(d.duration == 6.0 for d in p.doses)
    totals = sorted(sum(d.amount for d in p.doses[2:]) for p in found)
    np.testing.assert_allclose(totals, [0, 25, 25, 50, 50, 50, 75, 75, 100])
    nothing = next(p for p in found if len(p.doses) == 2)
    assert nothing.course == ("no further dose",)


def test_the_latest_time_and_slots_of_ones_own(atg: Known) -> None:
    one = parse_offer({"amounts": ["50 mg"], "latest": -40.0}, atg.record)
    (found,) = proposals(atg, one, AREA)
    assert [d.time for d in found.doses[2:]] == [-48.0]
    own = parse_offer(
        {"amounts": ["50 mg"], "earliest": -80.0, "latest": -20.0, "interval": "12 h"}, atg.record
    )
    (found,) = proposals(atg, own, AREA)
    # Never before now.
    assert [d.time for d in found.doses[2:]] == [-60.0, -48.0, -36.0, -24.0]
    late = parse_offer({"amounts": ["50 mg"], "latest": -50.0}, atg.record)
    with pytest.raises(OfferError, match="no time between earliest and latest"):
        proposals(atg, late, AREA)


def test_too_many_combinations_become_equal_amounts_and_say_so(atg: Known) -> None:
    content: dict[str, Any] = {"vial": "5 mg", "most": "150 mg"}
    found = proposals(atg, parse_offer(content, atg.record), AREA)
    assert len(found) == 31
    assert "all 961 combinations are more than max_courses = 200" in found[0].notes[0]
    assert all(len({d.amount for d in p.doses[2:]}) <= 1 for p in found)
    with pytest.raises(OfferError, match="31 courses, more than max_courses = 30"):
        proposals(atg, parse_offer({**content, "max_courses": 30}, atg.record), AREA)


def test_a_load_has_no_meaning_for_an_area(atg: Known) -> None:
    offer = parse_offer({"amounts": ["50 mg"], "loading": ["100 mg"]}, atg.record)
    with pytest.raises((OfferError, GateError), match="loading"):
        proposals(atg, offer, AREA)


def test_doses_planned_before_the_offer_begins_stay_planned() -> None:
    """An offer from the second day on leaves the dose of the first as it is planned."""
    planned = [
        dose(at, "100 mg", agent="thymoglobulin", route="iv", duration="4 h", known=-100.0,
             status="planned")
        for at in (-72.0, -48.0, -24.0)
    ]  # fmt: skip
    record = record_of(*planned, value("weight", "70 kg", -120.0), born="1980-01-01", t=-90.0)
    known = known_of(atg_thymoglobulin_linear.MODEL, record, -90.0)
    content = {"route": "iv", "amounts": ["0 mg", "150 mg"], "earliest": -48.0}
    none, one = proposals(known, parse_offer(content, known.record), AREA)
    assert [(d.time, d.amount) for d in none.doses] == [(-72.0, 100.0)]
    assert [(d.time, d.amount) for d in one.doses] == [(-72.0, 100.0), (-48.0, 150.0)]
    assert any("1 planned dose before it stays" in note for note in one.notes)


def test_one_amount_written_in_several_ways_is_one_course() -> None:
    content = {"amounts": ["2 mg", "2.0 mg", "2000 ug", "2 mg/kg", "0.002 g/kg", "3 mg"],
               "loading": ["6 mg", "6.0 mg"]}  # fmt: skip
    offer = parse_offer(content, EMPTY)
    assert offer.amounts == ("2 mg", "2 mg/kg", "3 mg")
    assert offer.loading == ("6 mg",)


def test_large_doses_are_written_out() -> None:
    """ "2e+03 mg" is no dose on a ward."""
    assert [units.rounded(n) for n in (2000.0, 1500.0, 937.5, 1.25, 0.0, 12345.0, 1e8)] == [
        "2000", "1500", "938", "1.25", "0", "12300", "1e+08",
    ]  # fmt: skip
