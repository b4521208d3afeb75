"""A chart after effector cells and one after a graft: what the assessment says of treatment."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from equipoise import files, report
from equipoise.assess import assess
from equipoise.assessment import Assessment, to_json
from equipoise.criterion import Truth

HEADER = {"equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00", "born": "1960-05-01"}


def value(name: str, at: float, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "measurement", "at": at, "known": at, "name": name, "value": text, **more}


def found(name: str, at: float, what: object) -> dict[str, Any]:
    return {"type": "finding", "at": at, "name": name, "value": what}


def measured(name: str, at: float, value: str) -> dict[str, Any]:
    return {"type": "measurement", "at": at, "known": at, "name": name, "value": value}


def dose(agent: str, at: float, amount: str, route: str = "iv") -> dict[str, Any]:
    return {"type": "dose", "at": at, "agent": agent, "amount": amount, "route": route}


CAR = (
    {"type": "cells", "at": 0, "product": "ciltacabtagene"},
    value("weight", -24, "68 kg"),
    value("temperature", 59, "38.9 Cel"),
    found("hypotension", 59, True),
    found("vasopressors", 59, ["noradrenaline"]),
    found("oxygen_device", 59, "nasal_cannula"),
    value("oxygen_flow", 59, "2 L/min"),
    value("ice_score", 58, "5"),
    found("consciousness", 58, "spontaneous"),
    found("seizure", 58, "none"),
    found("motor_weakness", 58, "none"),
    found("cerebral_edema", 58, "none"),
    value("neutrophils", 58, "0.3 10*9/L"),
    *(dose("tocilizumab", h, "8 mg/kg") for h in (40.0, 48.0, 56.0)),
    *(dose("dexamethasone", h, "10 mg") for h in (50.0, 56.0)),
    dose("dexamethasone", 62.0, "10 mg"),
)


@cache
def after_car(without: str = "") -> Assessment:
    events = [e for e in CAR if e.get("name") != without]
    return assess(files.record_from_json({**HEADER, "indication": "cart", "events": events}), 60.0)


def applying(answer: Assessment) -> set[str]:
    return {a.recommendation.id for a in answer.advice if a.applies is Truth.MET}


def undecided(answer: Assessment) -> set[str]:
    return {a.recommendation.id for a in answer.advice if a.applies is Truth.UNKNOWN}


def test_a_full_chart_leads_to_one_step_of_each_ladder() -> None:
    met = applying(after_car())
    assert {"crs_grade3", "icans_grade2", "tocilizumab_ceiling", "icaht_gcsf"} <= met
    assert not {"crs_grade2", "crs_grade4", "icans_grade3"} & (met | undecided(after_car()))
    assert not any(i.startswith(("tma_", "sos_", "agvhd_", "hct_")) for i in met)


def test_without_the_oxygen_device_two_steps_stay_open_and_say_why() -> None:
    answer = after_car("oxygen_device")
    assert {"crs_grade3", "crs_grade4"} <= undecided(answer)
    lacking = {a.recommendation.id: a.missing for a in answer.advice}
    assert "oxygen_device" in lacking["crs_grade3"]


def test_what_was_given_stands_in_every_form_and_the_future_in_none() -> None:
    answer = after_car()
    document = json.loads(json.dumps(to_json(answer)))
    given = document["given"]
    assert given["prednisone"] == pytest.approx(20.0 / 0.75 * 5.0)
    assert given["per_kg"] == pytest.approx(20.0 / 0.75 * 5.0 / 68.0)
    counts = {o["agent"]: o["doses"] for o in given["others"]}
    assert counts == {"tocilizumab": 3, "anakinra": 0}
    for said in (report.text(answer), report.html(answer)):
        assert "133 mg of prednisone equivalent" in said
    assert any(s.short.startswith("Dexamethasone tablets") for s, _ in answer.sources)


def test_every_step_that_applies_prints_another_way() -> None:
    said = report.text(after_car(), width=200)
    assert said.count("Other ways:") >= len(applying(after_car()))
    assert "What would change it: " in said
    assert "[hypothesis]" in said


GRAFT = (
    {"type": "cells", "at": 0, "product": "graft", "donor": "haploidentical"},
    found("cmv_serostatus", 0, "D+R+"),
    found("agvhd_stage_skin", 715, 3),
    found("agvhd_stage_liver", 715, 0),
    found("agvhd_stage_lower_gi", 715, 0),
    found("agvhd_stage_upper_gi", 715, 0),
    value("bilirubin", 715, "0.8 mg/dL"),
    *(dose("methylprednisolone", 24.0 * d, "2 mg/kg") for d in range(24, 30)),
    value("weight", 24, "70 kg"),
    dose("tacrolimus", 700, "1 mg", "oral"),
    dose("sirolimus", 700, "2 mg", "oral"),
)


@cache
def after_graft(*more: str) -> Assessment:
    events = [*GRAFT, *(json.loads(m) for m in more)]
    return assess(files.record_from_json({**HEADER, "events": events}), 720.0)


def test_gvhd_on_a_steroid_asks_whether_it_is_refractory_and_names_no_license_yet() -> None:
    met, open_ = applying(after_graft()), undecided(after_graft())
    assert {"agvhd_first_line", "agvhd_when_refractory", "hct_cmv_letermovir"} <= met
    assert {"agvhd_ruxolitinib_us", "agvhd_ruxolitinib_eu"} <= open_
    assert {"sirolimus_calcineurin_ebmt2024", "calcineurin_steroid_ebmt2024"} <= met


def test_refractory_gvhd_names_what_is_licensed_and_where() -> None:
    answer = after_graft(json.dumps(found("steroid_refractory", 718, True)))
    assert {"agvhd_ruxolitinib_us", "agvhd_ruxolitinib_eu"} <= applying(answer)
    assert "agvhd_when_refractory" not in applying(answer)
    assert "agvhd_remestemcel_us" not in applying(answer) | undecided(answer)
    said = report.text(answer, width=200)
    assert "[licensed] US label approved 24 May 2019" in said


def test_a_steroid_course_sums_to_what_the_hand_gets() -> None:
    given = after_graft().given
    assert given is not None
    assert given.prednisone == pytest.approx(6 * 140.0 / 4.0 * 5.0)
    assert given.per_kg == pytest.approx(6 * 2.0 * 5.0 / 4.0)
    assert given.days == 6
    assert given.others == ()


def second_wave(*more: dict[str, Any]) -> Assessment:
    """CRS gone, then fever with ferritin and fibrinogen of IEC-HS; nothing said of infection."""
    calm = (("hypotension", False), ("vasopressors", []), ("oxygen_device", "none"))
    events: list[dict[str, Any]] = [{"type": "cells", "at": 0, "product": "axicabtagene"}]
    for at, degrees in ((30, "39.0"), (60, "36.9"), (220, "38.9")):
        events.append(measured("temperature", at, f"{degrees} Cel"))
        events += [found(name, at, word) for name, word in calm]
    events += [
        {**measured("ferritin", -24, "400 ng/mL"), "high": "300 ng/mL"},
        {**measured("ferritin", 218, "14000 ng/mL"), "known": 220, "high": "300 ng/mL"},
        {**measured("fibrinogen", 218, "110 mg/dL"), "known": 220, "low": "180 mg/dL"},
        *more,
    ]
    header = {"equipoise": 1, "id": "wave", "day0": "2025-03-10T10:00:00+01:00"}
    return assess(files.record_from_json({**header, "events": events}), 222.0)


def test_a_step_of_iechs_says_that_only_the_exclusions_are_lacking() -> None:
    answer = second_wave()
    step = next(a for a in answer.advice if a.recommendation.id == "iechs_first_line")
    assert step.applies is Truth.UNKNOWN
    assert step.missing == ("infection", "progression")
    assert step.detail.startswith("met if infection and progression are excluded")
    assert "Met if infection and progression are excluded" in report.text(answer, width=200)
    excluded = second_wave(
        found("infection", 221, "excluded"), found("progression", 221, "excluded")
    )
    step = next(a for a in excluded.advice if a.recommendation.id == "iechs_first_line")
    assert step.applies is Truth.MET
    proven = second_wave(found("infection", 221, "proven"), found("progression", 221, "excluded"))
    step = next(a for a in proven.advice if a.recommendation.id == "iechs_first_line")
    assert step.applies is Truth.UNKNOWN
    assert "met if infection is excluded as its explanation (charted: infection proven)" in (
        step.detail
    )
