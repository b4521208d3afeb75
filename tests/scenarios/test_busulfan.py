""" "Busulfan day 1 levels are back": from the record to the report, once daily and every 6 h."""

from typing import Any

import pytest

from equipoise import examples, files, report
from equipoise.assess import assess
from equipoise.assessment import NOT_FOR_DOSING
from equipoise.courses import CUMULATIVE_FRACTIONS
from equipoise.criterion import Truth
from equipoise.decisions.busulfan_remaining import CANDIDATES, DECISION
from equipoise.exposure import know
from equipoise.models.busulfan_choe2012 import MODEL as CHOE
from equipoise.offer import parse_offer, proposals
from equipoise.record import Record
from equipoise.targets.busulfan import TARGETS

EVENING = -7 * 24.0 + 6.5
"""Day -7, 18:30; day 0 is at noon."""


@pytest.fixture(scope="module")
def adult():
    record = files.read_record(examples.path("busulfan_adult"))[0]
    return record, assess(record, EVENING, seed=1)


def child(
    *levels: tuple[float, float], unit: str = "ng/mL", every: float = 24.0, given: int = 1,
    conditioning: str = "myeloablative",
) -> Record:  # fmt: skip
    count, amount, over = (4, "80 mg", "3 h") if every == 24.0 else (16, "18 mg", "2 h")
    events: list[dict[str, Any]] = [
        {"type": "measurement", "at": -30, "known": -30, "name": "weight", "value": "18 kg"},
        {"type": "measurement", "at": -30, "known": -30, "name": "height", "value": "108 cm"},
    ]
    for i in range(count):
        dose = {"type": "dose", "at": every * i, "agent": "busulfan", "amount": amount,
                "duration": over, "route": "iv"}  # fmt: skip
        ahead = {"status": "planned", "known": -20} if i >= given else {}
        events.append({**dose, **ahead})
    for at, number in levels:
        events.append(
            {"type": "measurement", "at": at, "known": at + 3, "name": "busulfan",
             "value": f"{number:g} {unit}"}
        )  # fmt: skip
    head: dict[str, Any] = {
        "equipoise": 1, "id": "c", "day0": "2025-03-10T08:00:00+01:00", "born": "2019-06-01",
        "sex": "female", "events": events,
    }  # fmt: skip
    if conditioning:
        head["covariates"] = {"conditioning": conditioning}
    return files.record_from_json(head)


LEVELS = ((4.0, 2900.0), (5.0, 2100.0), (6.0, 1600.0), (8.0, 900.0))


def numbers(answer) -> dict[str, float]:
    return {s.name: s.posterior[2] for s in answer.exposures[0].summaries}


# --- the adult ----------------------------------------------------------------------------


def test_the_question_is_open_until_the_last_dose(adult) -> None:
    _, answer = adult
    (decision,) = answer.decisions
    assert decision.id == "busulfan_remaining"
    assert decision.closes == -4 * 24.0 - 4.0  # day -4, 08:00
    assert "14 h" in decision.closes_why
    assert any("paracetamol" in text for text in decision.first)
    # A model of first doses: what it leaves out is said with numbers.
    (note,) = (n for n in decision.notes if "no fall of clearance" in n)
    ahead = numbers(answer)["auc_cumulative"] - numbers(answer)["auc_received"]
    assert f"{ahead / (1 - 0.135):.0f} instead of {ahead:.0f} mg.h/L" in note


def test_exposure_is_said_in_both_units_by_day_and_by_dose(adult) -> None:
    _, answer = adult
    assert [e.model for e in answer.exposures] == ["busulfan_choe2012"]
    found = numbers(answer)
    factor = 60_000.0 / 246.3
    assert found["auc_cumulative_molar"] == pytest.approx(found["auc_cumulative"] * factor)
    days = [found[f"auc_day_{i}"] for i in range(1, 5)]
    assert sum(days) == pytest.approx(found["auc_cumulative"], rel=1e-3)
    assert found["auc_per_dose"] == pytest.approx(found["auc_cumulative"] / 4, rel=1e-6)
    assert found["css"] == pytest.approx(1000.0 * found["auc_cumulative"] / 96.0, rel=1e-6)


def test_the_dose_that_ends_at_the_aim_agrees_with_arithmetic_by_hand(adult) -> None:
    _, answer = adult
    (options,) = answer.options
    assert options.decision == "busulfan_remaining"
    assert options.watermark == ""
    by_id = {o.id: o for o in options.options}
    received = numbers(answer)["auc_received"]
    each = (81.1 - received) / 3.0
    dose = 200.0 * each / received
    assert by_id["aimed"].course[0].startswith(f"{dose:.0f} mg")
    assert by_id["aimed"].exposure[2] == pytest.approx(81.1, rel=1e-3)
    assert by_id["as_planned"].above > 0.9
    assert by_id["none"].exposure[2] == pytest.approx(received, rel=1e-3)
    assert any("brings 26.6 mg.h/L" in c for c in options.cautions)
    assert any("no change from one day to the next" in c for c in options.cautions)


def test_an_offer_takes_the_infusion_time_of_the_course(adult) -> None:
    record, _ = adult
    past = record.until(EVENING)
    known = know(CHOE, past, EVENING, seed=1, draws=500)
    (target,) = (t for t in TARGETS if t.id == "busulfan_adult_62_100")
    for more, hours in (({}, 3.0), ({"duration": "2 h"}, 2.0)):
        offer = parse_offer({"amounts": ["130 mg", "140 mg"], **more}, past)
        courses = proposals(known, offer, target)
        assert len(courses) == 2**3
        assert {d.duration for p in courses for d in p.doses[1:]} == {hours}
        assert {d.duration for p in courses for d in p.doses[:1]} == {3.0}


def test_the_next_sample_comes_before_the_last_dose_can_still_be_changed(adult) -> None:
    _, answer = adult
    (options,) = answer.options
    assert options.next_samples
    assert all(s.result_at <= options.last_changeable for s in options.next_samples)


def test_what_does_not_serve_is_named(adult) -> None:
    _, answer = adult
    assert any("busulfan_dadkhah2022 is provisional" in c for c in answer.cautions)
    (exposure,) = answer.exposures
    assert {r.target.id for r in exposure.refused} == {
        "busulfan_t_cell_depleted_55_66", "busulfan_child_59_98", "busulfan_child_78_101",
    }  # fmt: skip
    # No cohort of children speaks to an adult.
    assert {e.id for e in exposure.effects} == {"busulfan_label_sos", "busulfan_targeted_sos"}
    said = {a.recommendation.id for a in answer.advice if a.applies is Truth.MET}
    assert said == {"busulfan_paracetamol_label"}


def test_the_report_holds_what_a_ward_asks(adult) -> None:
    _, answer = adult
    text = " ".join(report.text(answer).split())
    assert "Give the remaining 3 doses of busulfan as planned, or change them?" in text
    assert "umol.min/L" in text
    assert NOT_FOR_DOSING not in text
    page = report.html(answer)
    assert "cumulative AUC" in page


def test_research_shows_the_other_adult_model_and_marks_it(adult) -> None:
    record, _ = adult
    answer = assess(record, EVENING, seed=1, research=True)
    assert [e.model for e in answer.exposures] == ["busulfan_choe2012", "busulfan_dadkhah2022"]
    assert all(e.watermark == NOT_FOR_DOSING for e in answer.exposures)


def test_nothing_is_open_before_a_level_or_after_the_last_dose(adult) -> None:
    record, _ = adult
    before = assess(record, EVENING - 1.0, seed=1)
    assert before.decisions == ()
    assert before.exposures[0].levels == ()
    (options,) = before.options
    assert any("no level of this patient" in c for c in options.cautions)
    assert any("60 Korean adults" in c for c in options.cautions)


def test_fractions_of_the_decision_are_those_of_the_planner() -> None:
    assert tuple(sorted(c.fraction or 0.0 for c in CANDIDATES)) == CUMULATIVE_FRACTIONS
    assert DECISION.request is not None


# --- the child ----------------------------------------------------------------------------


def test_a_child_once_daily_has_falling_clearance_and_days_that_differ() -> None:
    answer = assess(child(*LEVELS), 12.0, seed=1)
    assert [e.model for e in answer.exposures] == ["busulfan_lawson2022"]
    assert any("busulfan_shukla2020 is provisional" in c for c in answer.cautions)
    found = numbers(answer)
    days = [found[f"auc_day_{i}"] for i in range(1, 5)]
    assert days == sorted(days)
    spread = {s.name: s.posterior[4] - s.posterior[0] for s in answer.exposures[0].summaries}
    assert spread["auc_day_3"] > 1.2 * spread["auc_day_1"]
    weighed = [o for o in answer.options if o.options]
    assert [o.target.id for o in weighed] == ["busulfan_child_59_98"]
    assert any("how days differ within a patient" in c for c in weighed[0].cautions)
    (closed,) = (o for o in answer.options if o.refused)
    assert closed.target.id == "busulfan_child_78_101"
    assert "provisional" in closed.refused


def test_levels_in_micromolar_are_the_same_levels() -> None:
    molar = [(t, v / 246.3) for t, v in LEVELS]
    mass, same = (
        numbers(assess(r, 12.0, seed=1)) for r in (child(*LEVELS), child(*molar, unit="umol/L"))
    )
    assert same["auc_cumulative"] == pytest.approx(mass["auc_cumulative"], rel=2e-3)


@pytest.mark.parametrize(
    ("factor", "said"),
    [(1e-3, "mg/L written as ng/mL"), (1.0 / 246.3, "umol/L written as ng/mL")],
)
def test_a_wrong_unit_stops_the_options(factor: float, said: str) -> None:
    answer = assess(child(*((t, v * factor) for t, v in LEVELS)), 12.0, seed=1)
    assert said in answer.exposures[0].cautions[0]
    assert all(o.options == () for o in answer.options)
    assert any(said in o.refused for o in answer.options)


def test_every_six_hours() -> None:
    levels = ((3.0, 900.0), (4.0, 650.0), (5.0, 480.0))
    answer = assess(child(*levels, every=6.0, given=2), 8.5, seed=1)
    (decision,) = answer.decisions
    assert "14 doses" in decision.question
    assert any("not tried on doses every few" in n for n in decision.notes)
    found = numbers(answer)
    assert found["auc_per_dose"] == pytest.approx(found["auc_cumulative"] / 16, rel=1e-6)
    assert found["css"] == pytest.approx(1000.0 * found["auc_cumulative"] / 96.0, rel=1e-6)
    (options,) = (o for o in answer.options if o.options)
    assert len(next(o for o in options.options if o.id == "aimed").course) == 14
    assert options.next_samples


@pytest.mark.parametrize("conditioning", ["", "reduced"])
def test_without_myeloablative_conditioning_no_window_serves(conditioning: str) -> None:
    answer = assess(child(*LEVELS, conditioning=conditioning), 12.0, seed=1)
    assert all(o.options == () for o in answer.options)
    (decision,) = answer.decisions
    assert any("No published window fits" in text for text in decision.first)
    reasons = [r.reason for r in answer.exposures[0].refused]
    assert any("conditioning" in r for r in reasons)
