"""What is on board when cells are infused: from record to assessment, report and command line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from command_shell import Shell
from equipoise import names, report
from equipoise.assess import assess
from equipoise.assessment import NOT_FOR_DOSING, Assessment, to_json
from equipoise.guidance.cells_on_board import RULES
from equipoise.onboard import Carried, OnBoard
from equipoise.source import Standing
from equipoise.truth import Truth
from small_records import record_of, value

DAY = 24.0
DLI = 10 * DAY
LEVEL = "atg_active_au"


def atg(day: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "dose", "at": day * DAY, "agent": "thymoglobulin", "amount": "2.5 mg/kg",
        "duration": "6 h", "route": "iv", **more,
    }  # fmt: skip


def cells(at: float, product: str = "donor_lymphocytes", **more: Any) -> dict[str, Any]:
    return {"type": "cells", "at": at, "product": product, **more}


def drug(agent: str, at: float, amount: str = "50 mg", **more: Any) -> dict[str, Any]:
    return {"type": "dose", "at": at, "agent": agent, "amount": amount, "route": "oral", **more}


START = [
    value("weight", "75 kg", -120.0), value("height", "175 cm", -120.0),
    *(atg(day) for day in (-3, -2, -1)),
    cells(0.0, "graft", donor="haploidentical", doses={"CD34": "6.1e6 /kg", "CD3": "2e4 /kg"}),
    cells(DLI, known=8 * DAY, status="planned", donor="haploidentical", doses={"CD3": "1e5 /kg"}),
]  # fmt: skip


def assessed(*events: dict[str, Any], at: float = 9.5 * DAY) -> Assessment:
    record = record_of(*START, *events, born="1980-01-01", sex="male", t=at)
    return assess(record, at, seed=1)


def at_lymphocytes(assessment: Assessment) -> OnBoard:
    (found,) = (o for o in assessment.on_board if o.product == "donor_lymphocytes")
    return found


def carried(infusion: OnBoard, agent: str) -> Carried:
    (found,) = (c for c in infusion.carried if c.agent == agent)
    return found


def test_atg_still_active_at_donor_lymphocytes() -> None:
    infusion = at_lymphocytes(assessed(value(LEVEL, "4.2 AU/mL", DLI - 20.0)))
    assert infusion.planned
    assert infusion.since_graft == DLI
    atg = carried(infusion, "thymoglobulin")
    assert atg.on_board is Truth.MET
    assert "measured 4.2 AU/mL, at or above 1 AU/mL" in atg.sentence
    assert atg.since_dose == pytest.approx(DLI + 24.0 - 6.0)
    assert math.isnan(atg.since_stop)
    assert atg.limit == 1.0
    # The only model on the shelf is provisional: its odds are shown, marked, and do not decide.
    assert atg.watermark == NOT_FOR_DOSING
    assert 0.5 < atg.probability <= 1.0
    assert len(atg.level) == 5


@pytest.mark.parametrize(
    ("text", "hours_before", "expected"),
    [
        ("0.4 AU/mL", 20.0, Truth.NOT_MET),
        ("<0.5 AU/mL", 20.0, Truth.NOT_MET),
        ("<2 AU/mL", 20.0, Truth.UNKNOWN),
        (">50 AU/mL", 20.0, Truth.MET),
        ("4.2 AU/mL", 100.0, Truth.UNKNOWN),
        ("0.4 AU/mL", 200.0, Truth.NOT_MET),
    ],
)
def test_what_a_level_says(text: str, hours_before: float, expected: Truth) -> None:
    infusion = at_lymphocytes(assessed(value(LEVEL, text, DLI - hours_before)))
    assert carried(infusion, "thymoglobulin").on_board is expected


def test_without_a_level_a_provisional_model_cannot_tell() -> None:
    found = carried(at_lymphocytes(assessed()), "thymoglobulin")
    assert found.on_board is Truth.UNKNOWN
    assert found.missing == (LEVEL,)
    assert "provisional model: measure it" in found.sentence
    assert "predicted" in found.sentence


def test_a_level_before_the_last_dose_says_nothing() -> None:
    found = carried(at_lymphocytes(assessed(value(LEVEL, "0.2 AU/mL", -40.0))), "thymoglobulin")
    assert found.on_board is Truth.UNKNOWN


def test_a_level_not_known_yet_is_not_looked_at() -> None:
    late = value(LEVEL, "0.2 AU/mL", DLI - 20.0)
    late["known"] = DLI + 10.0
    found = carried(at_lymphocytes(assessed(late)), "thymoglobulin")
    assert found.on_board is Truth.UNKNOWN
    assert all(b.name != LEVEL for b in found.because)


def test_immunosuppression_and_the_time_since_each_stop() -> None:
    running = [drug("tacrolimus", DLI - h, "1 mg") for h in (60.0, 36.0)]
    past = [drug("prednisone", h) for h in (24.0, 48.0)]
    stop = {"type": "stop", "at": 50.0, "agent": "prednisone"}
    old = drug("mycophenolate", 30.0, "1 g")
    infusion = at_lymphocytes(assessed(*running, *past, stop, old))
    tacrolimus = carried(infusion, "tacrolimus")
    assert tacrolimus.on_board is Truth.MET
    assert tacrolimus.since_dose == 36.0
    prednisone = carried(infusion, "prednisone")
    assert prednisone.since_stop == DLI - 50.0
    assert prednisone.since_dose == DLI - 48.0
    # Stopped eight days before: the handbook asks for about a month.
    assert prednisone.on_board is Truth.MET
    assert "30 days without it" in prednisone.sentence
    assert carried(infusion, "mycophenolate").on_board is Truth.MET
    assert infusion.carried[0].on_board is Truth.MET
    assert "alemtuzumab" in infusion.not_charted
    assert "sirolimus" in infusion.not_charted


def test_off_immunosuppression_for_two_months() -> None:
    events = [
        drug("tacrolimus", 100.0, "1 mg"), {"type": "stop", "at": 110.0, "agent": "tacrolimus"},
        drug("sirolimus", 100.0, "1 mg"),
        cells(90 * DAY, known=80 * DAY, status="planned", doses={"CD3": "1e5 /kg"}),
    ]  # fmt: skip
    assessment = assessed(*events, at=85 * DAY)
    infusion = assessment.on_board[-1]
    assert carried(infusion, "tacrolimus").on_board is Truth.NOT_MET
    sirolimus = carried(infusion, "sirolimus")
    assert sirolimus.on_board is Truth.UNKNOWN
    assert sirolimus.missing == ("stop",)


@pytest.mark.parametrize(
    ("stopped", "aboard", "applies"),
    [
        # The handbook asks for about a month; where only the stop is charted it ran until then.
        (88.0, Truth.MET, "met"),
        (40.0, Truth.NOT_MET, "not met"),
        # Stopped after the cells: it is not known whether it runs.
        (95.0, Truth.UNKNOWN, "unknown"),
    ],
)
def test_a_stop_without_doses_is_a_stop(stopped: float, aboard: Truth, applies: str) -> None:
    stop = {"type": "stop", "at": stopped * DAY, "known": 39 * DAY, "agent": "tacrolimus"}
    ahead = cells(90 * DAY, known=80 * DAY, status="planned", doses={"CD3": "1e5 /kg"})
    assessment = assessed(stop, ahead, at=85 * DAY)
    assert carried(assessment.on_board[-1], "tacrolimus").on_board is aboard
    id_ = "donor_lymphocytes_off_immunosuppression"
    (advice,) = (a for a in assessment.advice if a.recommendation.id == id_)
    assert advice.applies.value == applies


def test_blinatumomab_running_and_stopped() -> None:
    infusion_of = {
        "type": "dose", "at": 5 * DAY, "agent": "blinatumomab", "rate": "28 ug/d",
        "duration": "28 d", "route": "iv",
    }  # fmt: skip
    running = carried(at_lymphocytes(assessed(infusion_of)), "blinatumomab")
    assert running.on_board is Truth.MET
    assert running.since_dose == 0.0
    # An established model: 28 ug/d, typical steady state about 526 pg/mL.
    assert running.watermark == ""
    assert 400.0 < running.level[2] < 650.0
    stop = {"type": "stop", "at": DLI - 16.0, "agent": "blinatumomab"}
    ended = carried(at_lymphocytes(assessed(infusion_of, stop)), "blinatumomab")
    assert ended.since_stop == ended.since_dose == 16.0
    assert ended.level[2] < 0.01 * running.level[2]
    assert ended.on_board is Truth.NOT_MET


def test_every_infusion_has_its_own_answer() -> None:
    assessment = assessed()
    assert [(o.product, o.planned) for o in assessment.on_board] == [
        ("graft", False), ("donor_lymphocytes", True),
    ]  # fmt: skip
    graft = assessment.on_board[0]
    assert carried(graft, "thymoglobulin").since_dose == pytest.approx(18.0)
    # A rule for donor lymphocytes does not speak of grafts.
    assert "tacrolimus" not in graft.not_charted


def test_rules_are_sourced_and_speak_the_vocabulary() -> None:
    for rule in RULES:
        assert rule.source.doi or rule.source.where
        assert rule.standing in (Standing.PUBLISHED, Standing.PROVISIONAL)
        assert set(rule.agents) <= set(names.AGENTS)
        assert set(rule.products) <= set(names.CELL_PRODUCTS)
        if rule.analyte:
            assert names.measurement(rule.analyte).unit == rule.unit
            assert rule.limit > 0.0


def test_report_and_json_carry_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assessment = assessed(value(LEVEL, "4.2 AU/mL", DLI - 20.0))
    document = to_json(assessment)["on_board"]
    assert document[1]["carried"][0]["on_board"] == "yes"
    assert document[1]["since_chemotherapy"] is None
    for shown in (report.text(assessment, width=400), report.html(assessment)):
        assert "on board when cells are infused" in shown.lower()
        assert "Not charted is not the same as not given" in shown
        assert "measured 4.2 AU/mL" in shown
    path = tmp_path / "record.json"
    path.write_text(
        json.dumps({
            "equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00", "born": "1980-01-01",
            "sex": "male", "events": START,
        })
    )  # fmt: skip
    found = Shell(capsys).json("assess", path, "--at", "228", "--json")
    assert found["on_board"][1]["carried"][0]["on_board"] == "cannot tell"
