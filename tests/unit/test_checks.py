"""Plausibility and consistency: each rule with what it refuses or says, and what it lets pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from equipoise import checks, files, names, units
from equipoise.record import (
    AnyEvent,
    Cells,
    Dose,
    Finding,
    Measurement,
    Record,
    Replaced,
    Stop,
    Transfusion,
)

DAY0 = datetime(2025, 3, 10, 10, tzinfo=UTC)


def level(name: str, value: str, at: float, known: float | None = None, **more: Any) -> Measurement:
    quantity = units.parse(value)
    canonical = names.measurement(name)
    number = units.convert(
        float(quantity.number), quantity.unit, canonical.unit, substance=canonical.substance
    )
    return Measurement(
        at=at,
        known=at if known is None else known,
        name=name,
        value=quantity,
        number=number,
        **more,
    )


def dose(agent: str, amount: str | None, at: float, **more: Any) -> Dose:
    entered = units.parse(amount) if amount else None
    return Dose(**{"at": at, "known": at, "agent": agent, "amount": entered, **more})


def finding(name: str, value: Any, at: float, **more: Any) -> Finding:
    return Finding(**{"at": at, "known": at, "name": name, "value": value, **more})


def cells(at: float = 0.0, product: str = "graft", **doses: str) -> Cells:
    given = tuple((key, units.parse(text)) for key, text in doses.items())
    return Cells(at=at, known=at, product=product, doses=given)


def record_of(*events: AnyEvent, **header: Any) -> Record:
    numbered = tuple(replace(event, row=n + 1) for n, event in enumerate(events))
    return Record("p1", DAY0, events=numbered, **header)


def said(*events: AnyEvent, **header: Any) -> list[tuple[bool, str, str]]:
    return [(p.refused, p.field, p.problem) for p in checks.check(record_of(*events, **header))]


def test_an_ordinary_record_passes_without_a_word() -> None:
    assert said(
        level("weight", "70 kg", -200),
        dose("thymoglobulin", "2.5 mg/kg", -120, duration=6.0),
        cells(CD34="6.1e6 /kg", CD3="2.0e8 /kg"),
        level("atg_active_au", "12 AU/mL", 10, 34),
        level("crp", "32 mg/L", 10, 12),
        level("crp", "40 mg/L", 34, 36),
        finding("death", True, 500.0),
        finding("last_follow_up", True, 500.0),
        born=date(1990, 4, 1),
    ) == []  # fmt: skip


# --- one event --------------------------------------------------------------------------------


def test_an_impossible_value_is_refused_and_the_bound_itself_is_not() -> None:
    low, high = names.measurement("temperature").impossible
    assert high is not None
    assert low is not None
    assert said(level("temperature", f"{high} Cel", 0)) == []
    assert said(level("temperature", f"{high + 0.1:.1f} Cel", 0)) == [
        (True, "events[0].value", "temperature is above what is possible (45 Cel)")
    ]
    assert said(level("temperature", f"{low - 0.1:.1f} Cel", 0)) == [
        (True, "events[0].value", "temperature is below what is possible (25 Cel)")
    ]
    assert said(level("crp", "-1 mg/L", 0)) == [(True, "events[0].value", "crp cannot be negative")]


def test_an_odd_value_is_warned_about_where_it_is_read() -> None:
    content = {"equipoise": 1, "id": "x", "day0": "2025-03-10T10:00:00Z", "events": [
        {"type": "measurement", "at": 0, "name": "temperature", "value": "43 Cel"}]}  # fmt: skip
    record, report = files.import_record(content)
    assert record is not None
    assert len(record.events) == 1
    assert [n.text for n in report.warned] == [
        "temperature is above the usual range (42 Cel): check it"
    ]


def test_a_negative_dose_is_refused_a_zero_one_warned() -> None:
    assert said(dose("sirolimus", "-2 mg", 0)) == [
        (True, "events[0].amount", "the amount is negative")
    ]
    assert said(dose("sirolimus", "0 mg", 0)) == [(False, "events[0].amount", "the amount is zero")]
    assert said(dose("sirolimus", "0 mg", 0, status="held")) == []
    assert said(dose("sirolimus", "0.01 mg", 0)) == []
    rate = units.parse("-28 ug/d")
    assert said(dose("blinatumomab", None, 0, rate=rate, duration=24.0)) == [
        (True, "events[0].rate", "the rate is negative")
    ]


@pytest.mark.parametrize(
    ("amount", "rate", "hours", "agrees"),
    [
        ("28 ug", "28 ug/d", 24.0, True),
        ("0.028 mg", "28 ug/d", 24.0, True),
        ("29.3 ug", "28 ug/d", 24.0, True),
        ("29.6 ug", "28 ug/d", 24.0, False),
        ("28 ug", "28 ug/d", 48.0, False),
        ("1 mg/kg", "1 mg/kg/d", 24.0, True),
        ("2 mg/kg", "1 mg/kg/d", 24.0, False),
        ("70 mg", "1 mg/kg/d", 24.0, True),
    ],
)
def test_rate_duration_and_amount_agree_to_5_percent(
    amount: str, rate: str, hours: float, agrees: bool
) -> None:
    found = said(
        level("weight", "70 kg", -1),
        dose("blinatumomab", amount, 0, rate=units.parse(rate), duration=hours),
    )
    sentence = (False, "events[1].rate", "rate x duration is not the amount; the amount is used")
    assert found == ([] if agrees else [sentence])


@pytest.mark.parametrize(
    ("key", "text", "refused", "problem"),
    [
        ("CD34", "5e7 /kg", None, ""),
        ("CD34", "5.1e7 /kg", False, "CD34 is outside the usual range (above 5e+07 /kg)"),
        ("CD34", "9e4 /kg", False, "CD34 is outside the usual range (below 100000 /kg)"),
        ("CD34", "1e9 /kg", False, "CD34 is outside the usual range (above 5e+07 /kg)"),
        ("CD34", "1.1e9 /kg", True, "CD34 is beyond what is possible (above 1e+09 /kg)"),
        ("CD34", "4.2e8 cells", None, ""),
        ("CD34", "6 10*6/kg", None, ""),
        ("CD34", "6 /kg", False, "CD34 is outside the usual range (below 100000 /kg)"),
        ("CAR", "1.1e12 cells", True, "CAR is beyond what is possible (above 5e+11 cells)"),
        ("CD3", "-1e8 /kg", True, "the dose is negative"),
    ],
)
def test_cell_doses_out_of_range(key: str, text: str, refused: bool | None, problem: str) -> None:
    expected = [] if refused is None else [(refused, f"events[0].doses.{key}", problem)]
    assert said(cells(**{key: text})) == expected


def test_a_dose_per_kg_needs_a_weight_before_it() -> None:
    late = level("weight", "70 kg", 1)
    per_kg = dose("thymoglobulin", "2.5 mg/kg", 0)
    assert said(per_kg, late) == [
        (True, "events[0].amount", "a dose per kg of body size has no weight before it")
    ]
    assert said(per_kg, replace(late, at=0.0, known=0.0)) == []
    per_m2 = dose("busulfan", "100 mg/m2", 0)
    assert said(per_m2, replace(late, at=-1.0, known=0.0)) == [
        (True, "events[0].amount", "a dose per m2 of body size has no height before it")
    ]
    assert said(replace(per_kg, status="held")) == []


# --- times ------------------------------------------------------------------------------------


def test_a_value_is_not_known_before_it_was_taken() -> None:
    assert said(level("crp", "32 mg/L", 10, 9.9)) == [
        (True, "events[0].known", "crp is known before it was taken")
    ]
    assert said(level("crp", "32 mg/L", 10, 10)) == []


def test_a_given_dose_is_not_charted_before_its_time() -> None:
    ahead = dose("sirolimus", "2 mg", 24, known=0.0)
    assert said(replace(ahead, status="given")) == [
        (True, "events[0].status", "the dose is charted as given before its time")
    ]
    assert said(replace(ahead, status="planned")) == []
    assert said(ahead) == []


def test_birth_is_before_everything() -> None:
    assert said(born=date(2025, 3, 10)) == []
    assert said(born=date(2025, 3, 11)) == [(True, "born", "the date of birth is after day 0")]
    assert said(level("weight", "3 kg", -11.0), born=date(2025, 3, 10)) == [
        (True, "events[0].at", "the event is before the date of birth")
    ]
    assert said(level("weight", "3 kg", -10.0), born=date(2025, 3, 10)) == []


DEATH = finding("death", "infection", 100.0)


@pytest.mark.parametrize(
    ("event", "refused", "problem"),
    [
        (dose("sirolimus", "2 mg", 101), True, "a dose given after the recorded death"),
        (dose("sirolimus", "2 mg", 101, status="given"), True,
         "a dose given after the recorded death"),
        (cells(101), True, "cells given after the recorded death"),
        (Transfusion(at=101, known=101, product="platelets"), True,
         "transfusion given after the recorded death"),
        (level("crp", "32 mg/L", 101), False, "crp taken after the recorded death"),
        (finding("seizure", "none", 101.0), False, "seizure taken after the recorded death"),
        (dose("sirolimus", "2 mg", 100), None, ""),
        (dose("sirolimus", "2 mg", 101, status="held"), None, ""),
        (dose("sirolimus", "2 mg", 101, known=50.0), False,
         "a dose charted ahead falls after the recorded death"),
        (dose("sirolimus", "2 mg", 101, known=50.0, status="planned"), None, ""),
        (level("crp", "32 mg/L", 99, 101), None, ""),
        (finding("last_follow_up", True, 101.0), None, ""),
    ],
)  # fmt: skip
def test_after_death(event: AnyEvent, refused: bool | None, problem: str) -> None:
    expected = [] if refused is None else [(refused, "events[1].at and events[0].at", problem)]
    assert said(DEATH, event) == expected


def test_a_death_recorded_as_false_is_none() -> None:
    assert said(finding("death", False, 100.0), dose("sirolimus", "2 mg", 101)) == []


def test_two_times_of_death() -> None:
    assert said(DEATH, finding("death", True, 120.0)) == [
        (True, "events[1].at and events[0].at", "the record has two times of death")
    ]
    corrected = finding(
        "death", True, 120.0, known=130.0, replaces=Replaced("death", 100.0)
    )  # fmt: skip
    assert said(DEATH, dose("sirolimus", "2 mg", 110), corrected) == []


# --- events against each other ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "days", "refused"),
    [
        (12.5, 125, 2, True),
        (125, 12.5, 60, True),
        (12.5, 125, 60.01, False),
        (12.5, 125, 365.01, None),
        (10, 50, 30, True),
        (10, 49.9, 30, None),
        (3.5, 10, 300, None),
    ],
)
def test_two_weights_a_factor_apart(
    first: float, second: float, days: float, refused: bool | None
) -> None:
    found = said(
        level("weight", f"{first} kg", 0),
        level("crp", "32 mg/L", 1),
        level("weight", f"{second} kg", 24 * days),
    )
    span = "60 days" if refused else "a year"
    problem = f"two weights within {span} differ by a factor of 5 or more"
    places = "events[0].value and events[2].value"
    assert found == ([] if refused is None else [(refused, places, problem)])


def test_a_corrected_weight_is_not_held_against_the_right_one() -> None:
    wrong = level("weight", "125 kg", 48)
    right = level("weight", "12.5 kg", 48, 72, replaces=Replaced("weight", 48))
    assert said(level("weight", "12.4 kg", 0), wrong, right) == []


def test_a_level_needs_an_earlier_dose() -> None:
    early = level("sirolimus", "8 ng/mL", -1)
    problem = "a positive sirolimus before the first dose of sirolimus"
    given = dose("sirolimus", "2 mg", 0)
    assert said(early, given) == [(True, "events[0].value", problem)]
    assert said(replace(early, at=0.0, known=0.0), given) == []
    assert said(level("sirolimus", "<1 ng/mL", -1), given) == []
    assert said(level("sirolimus", "0 ng/mL", -1), given) == []
    assert said(level("sirolimus", ">30 ng/mL", -1), given) == [(True, "events[0].value", problem)]
    earlier = dose("sirolimus", "2 mg", -24)
    assert said(early, earlier, given) == []
    for status in ("held", "planned"):
        assert said(early, replace(earlier, status=status), given) == [
            (True, "events[0].value", problem)
        ]
    assert said(early, replace(earlier, status="partial"), given) == []


def test_a_level_without_any_dose_is_said_once() -> None:
    problem = "a positive sirolimus, but no dose in the record explains it"
    found = said(level("sirolimus", "8 ng/mL", 0), level("sirolimus", "9 ng/mL", 24))
    assert found == [(False, "events[0].value", problem)]


def test_any_rabbit_globulin_explains_its_level_and_car_cells_their_copies() -> None:
    assert said(dose("grafalon", "600 mg", -48), level("atg_active_au", "12 AU/mL", 0)) == []
    assert said(level("car_copies", "900 copies/ug", 240), cells(product="tisagenlecleucel")) == []
    assert said(level("car_copies", "900 copies/ug", -24), cells(product="tisagenlecleucel")) == [
        (True, "events[0].value",
         "a positive car_copies before the first dose of the cells")
    ]  # fmt: skip


def test_two_globulins_are_never_one() -> None:
    thymoglobulin = dose("thymoglobulin", "160 mg", -72)
    grafalon = dose("grafalon", "600 mg", -48)
    found = said(
        thymoglobulin,
        grafalon,
        level("atg_active_au", "12 AU/mL", 0),
        level("atg_active_au", "6 AU/mL", 24),
        level("atg_total", "30 ug/mL", 24),
    )
    attributed = "cannot be attributed: thymoglobulin and grafalon were both given"
    assert sorted(found) == sorted([
        (False, "events[0].agent and events[1].agent",
         "thymoglobulin and grafalon are two products and are never added up"),
        (False, "events[2].value", f"atg_active_au {attributed}"),
        (False, "events[4].value", f"atg_total {attributed}"),
    ])  # fmt: skip
    assert said(thymoglobulin, replace(grafalon, status="held")) == []
    record = record_of(thymoglobulin, grafalon)
    assert [g.amount for g in record.given("thymoglobulin", 0, unit="mg")] == [160.0]


def test_contradictory_doses() -> None:
    first, second = dose("sirolimus", "2 mg", 0), dose("sirolimus", "3 mg", 0)
    places = "events[0] and events[1]"
    problem = "two doses of sirolimus at one time with different amounts, both given"
    assert said(first, second) == [(True, places, problem)]
    assert said(first, replace(second, status="partial")) == [(True, places, problem)]
    assert said(first, replace(second, status="held")) == []
    assert said(first, replace(second, status="planned")) == []
    assert said(first, replace(second, at=1.0, known=1.0)) == []
    assert said(first, replace(second, formulation="solution")) == []
    assert said(first, replace(second, replaces=Replaced("sirolimus", 0.0), known=4.0)) == []


def test_the_same_event_twice() -> None:
    def twice(event: AnyEvent) -> list[tuple[bool, str, str]]:
        return said(event, event)

    def sentence(what: str) -> list[tuple[bool, str, str]]:
        return [(False, "events[0] and events[1]", f"the same {what} stands there twice")]

    assert twice(level("crp", "32 mg/L", 0)) == sentence("measurement (crp)")
    assert twice(dose("tacrolimus", "2 mg", 0)) == sentence("dose (tacrolimus)")
    assert twice(finding("seizure", "none", 0.0)) == sentence("finding (seizure)")
    assert twice(cells(CD34="6e6 /kg")) == sentence("cells (graft)")
    assert sentence("stop (sirolimus)")[0] in twice(Stop(at=0, known=0, agent="sirolimus"))


def test_two_values_at_one_time() -> None:
    problem = "two different values of crp at one time"
    first, second = level("crp", "32 mg/L", 0), level("crp", "33 mg/L", 0)
    places = "events[0].value and events[1].value"
    assert said(first, second) == [(False, places, problem)]
    assert said(first, replace(second, method="high sensitivity")) == []
    corrected = replace(second, known=5.0, replaces=Replaced("crp", 0.0))
    assert said(first, corrected) == []
    marrow = level("mrd", "0.01", 0, specimen="marrow")
    assert said(level("mrd", "0.001", 0, specimen="blood"), marrow) == []
    assert said(finding("seizure", "none", 0.0), finding("seizure", "prolonged", 0.0)) == [
        (False, places, "two different values of seizure at one time")
    ]
    two_grades = [
        finding("recorded_grade", {"criterion": name, "grade": 1}, 0.0)
        for name in ("crs_astct2019", "icans_astct2019")
    ]
    assert said(*two_grades) == []


def test_corrections() -> None:
    wrong = level("crp", "320 mg/L", 0, 2)
    right = level("crp", "32 mg/L", 0, 5, replaces=Replaced("crp", 0))
    assert said(wrong, right) == []
    assert said(wrong, replace(right, at=1.0, replaces=Replaced("crp", 1))) == [
        (False, "events[1].replaces", "the correction names no measurement in the record")
    ]
    assert said(wrong, replace(right, at=1.0, known=2.0, replaces=Replaced("ferritin", 0))) == [
        (False, "events[1].replaces", "the correction names no measurement in the record")
    ]
    same_time = replace(right, known=1.0)
    assert (
        False, "events[1].replaces", "the correction is not known later than what it replaces",
    ) in said(wrong, same_time)  # fmt: skip
    again = replace(right, at=0.0, known=9.0)
    assert said(wrong, right, again) == []
    moved = replace(right, at=1.0)
    assert said(wrong, moved, replace(again, at=2.0)) == [
        (False, "events[2].replaces",
         "the correction is the second of one event, and both corrections stand")
    ]  # fmt: skip


def test_a_stop_of_what_was_never_given() -> None:
    stop = Stop(at=0, known=0, agent="sirolimus")
    assert said(stop) == [
        (False, "events[0].agent", "sirolimus is stopped, but no dose of it is in the record")
    ]
    assert said(dose("sirolimus", "2 mg", -24), stop) == []


def test_places_come_from_the_caller_and_refusals_first() -> None:
    record = record_of(dose("sirolimus", "0 mg", 0), dose("tacrolimus", "-1 mg", 0))
    found = checks.check(record, place=lambda row, key: f"row {row}, {key}")
    assert [(p.refused, p.field) for p in found] == [
        (True, "row 2, amount"),
        (False, "row 1, amount"),
    ]


def test_events_made_by_a_program_have_places_too() -> None:
    record = Record("p1", DAY0, events=(dose("sirolimus", "-1 mg", 5), level("crp", "3 mg/L", 0)))
    assert [p.field for p in checks.check(record)] == ["events[1].amount"]
