"""Each recommendation with three patients: it applies, it does not, the record cannot tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ladder_patients import LADDERS
from mtor_patients import MTOR
from situations import (
    DAY,
    Three,
    car,
    daily,
    dose,
    finding,
    graded,
    planned,
    situation,
    value,
)

from equipoise import guidance, units
from equipoise.advice import LABEL_STATUSES, Situation, Verdict, advise, infection_open
from equipoise.criteria import IECHS
from equipoise.criterion import Truth, by_name, snapshot
from equipoise.decisions.wave_differential import treat_as_both
from equipoise.grading import grade
from equipoise.record import AnyEvent, Cells, Dose, Given, Kept, Stop
from equipoise.source import Standing
from equipoise.triage import not_steady

BY_ID = {r.id: r for r in guidance.ALL}


def blinatumomab(at: float, *, days: float) -> Dose:
    return Dose(
        at=at, known=at, agent="blinatumomab", rate=units.parse("28 ug/d"), route="iv",
        duration=days * DAY,
    )  # fmt: skip


def lymphocytes(at: float) -> Cells:
    return Cells(at=at, known=0.0, product="donor_lymphocytes", status="planned")


def obecabtagene(part: str, at: float = 0.0) -> Cells:
    return Cells(at=at, known=-DAY, product="obecabtagene", part=part)


SIROLIMUS = daily("sirolimus", range(20))
T = 19 * DAY + 2.0
STALE = T + 15 * DAY
"""15 days after the last sirolimus dose in the record, which has no stop."""


def on_sirolimus(*events: AnyEvent, t: float = T) -> Situation:
    return situation(t, *SIROLIMUS, *events)


def _pair(agent: str, *extra: AnyEvent) -> tuple[Situation, Situation, Situation]:
    return (
        on_sirolimus(planned(agent, T + 22.0), *extra),
        on_sirolimus(*extra),
        on_sirolimus(planned(agent, STALE + 22.0), *extra, t=STALE),
    )


def _with_busulfan(agent: str) -> tuple[Situation, Situation, Situation]:
    busulfan = [dose("busulfan", DAY * d, "240 mg", duration=3.0) for d in range(2)]
    t = DAY + 6.0
    stale = t + 15 * DAY
    return (
        situation(t, *busulfan, dose(agent, t - 4.0)),
        situation(t, *busulfan),
        situation(stale, *busulfan, planned(agent, stale + 2.0)),
    )


def three(patients: tuple[Situation, Situation, Situation], missing: str) -> Three:
    return Three(*patients, missing)


RECENT = "sirolimus: a recent dose or a stop"
MET, OPEN, OUT = (
    graded("iechs_astct2023", met=True),
    graded("iechs_astct2023", missing="ferritin", status="possible"),
    graded("iechs_astct2023", met=False),
)


def _ladder(*events: AnyEvent) -> Three:
    return Three(
        situation(11 * DAY, car(), *events, grades=[MET]),
        situation(11 * DAY, car(), *events, grades=[OUT]),
        situation(11 * DAY, car(), *events, grades=[OPEN]),
        "ferritin",
    )


def _liver(applies: str, not_: str) -> Three:
    return Three(
        on_sirolimus(finding("child_pugh_class", T - 1.0, applies)),
        on_sirolimus(finding("child_pugh_class", T - 1.0, not_)),
        on_sirolimus(value("bilirubin", T - 1.0, "3.1 mg/dL", high="1.2 mg/dL")),
        "Child-Pugh class",
    )


PATIENTS: dict[str, Three] = {
    **{
        id_: three(_pair(agent), RECENT)
        for id_, agent in {
            "sirolimus_posaconazole_label_us": "posaconazole",
            "sirolimus_voriconazole_label_us": "voriconazole",
            "sirolimus_strong_cyp3a4_label_us": "clarithromycin",
            "sirolimus_azoles_ebmt2024": "voriconazole",
            "sirolimus_posaconazole_practice": "posaconazole",
            "sirolimus_voriconazole_practice": "voriconazole",
            "sirolimus_fluconazole_cases": "fluconazole",
            "sirolimus_isavuconazole": "isavuconazole",
            "sirolimus_micafungin_label": "micafungin",
            "sirolimus_caspofungin_ebmt2024": "caspofungin",
            "sirolimus_letermovir_label_us": "letermovir",
        }.items()
    },
    **{
        id_: three(_with_busulfan(agent), "busulfan: a recent dose or a stop")
        for id_, agent in {
            "busulfan_deferasirox_label": "deferasirox",
            "busulfan_metronidazole_label": "metronidazole",
            "busulfan_itraconazole_label": "itraconazole",
            "busulfan_paracetamol_label": "paracetamol",
            "busulfan_phenytoin_label": "phenytoin",
            "busulfan_sirolimus_sos": "sirolimus",
        }.items()
    },
    "tacrolimus_sirolimus_azole_practice": Three(
        on_sirolimus(planned("fluconazole", T + 5.0), dose("tacrolimus", T - 3.0)),
        on_sirolimus(planned("fluconazole", T + 5.0)),
        on_sirolimus(planned("fluconazole", T + 5.0), dose("tacrolimus", T - 15 * DAY)),
        "tacrolimus: a recent dose or a stop",
    ),
    "sirolimus_inhibitor_stop": Three(
        on_sirolimus(
            dose("posaconazole", T - 30.0), Stop(at=T - 6.0, known=T - 6.0, agent="posaconazole")
        ),
        on_sirolimus(dose("posaconazole", T - 30.0)),
        on_sirolimus(dose("posaconazole", T - 15 * DAY)),
        "posaconazole: a recent dose or a stop",
    ),
    "sirolimus_liver_mild_moderate": _liver("B", "C"),
    "sirolimus_liver_severe": _liver("C", "A"),
    "sirolimus_liver_label_us": _liver("A", "none"),
    "sirolimus_wait_after_change": Three(
        situation(5 * DAY, *daily("sirolimus", range(6))),
        on_sirolimus(),
        on_sirolimus(t=STALE),
        RECENT,
    ),
    "sirolimus_level_before_steady_state": Three(
        on_sirolimus(value("sirolimus", 4 * DAY, "3.2 ng/mL")),
        on_sirolimus(value("sirolimus", 10 * DAY, "6.2 ng/mL")),
        situation(T, value("sirolimus", T - 9.0, "6.2 ng/mL")),
        "sirolimus doses with their times",
    ),
    "sirolimus_trough_predose": Three(
        on_sirolimus(value("sirolimus", 10 * DAY + 3.0, "16 ng/mL")),
        on_sirolimus(value("sirolimus", 11 * DAY - 0.5, "6.2 ng/mL")),
        on_sirolimus(value("sirolimus", 19 * DAY + 1.0, "6.2 ng/mL")),
        "time of the dose before and after the level",
    ),
    "atg_product_us": Three(
        situation(T, planned("thymoglobulin", T + 5.0, "2.5 mg/kg")),
        situation(T),
        situation(T, value("atg_active_au", T - 5.0, "12 AU/mL")),
        "ATG product",
    ),
    "atg_active_total_ratio": Three(
        situation(T, dose("grafalon", 0.0), value("atg_total", 10.0, "30 ug/mL")),
        situation(T, dose("grafalon", 0.0), value("atg_active_au", 10.0, "3 AU/mL")),
        situation(T, dose("grafalon", 0.0)),
        "ATG level with its unit and assay",
    ),
    "atg_unit_rule": Three(
        situation(T, dose("thymoglobulin", 0.0), value("atg_active_ue", 10.0, "3 UE/mL")),
        situation(T, dose("thymoglobulin", 0.0), value("atg_total", 10.0, "30 ug/mL")),
        situation(T, dose("thymoglobulin", 0.0)),
        "ATG level with its unit and assay",
    ),
    "thymoglobulin_premedication_us": Three(
        situation(2.0, planned("thymoglobulin", 5.0, "160 mg", duration=6.0)),
        situation(2.0 + 49.0, dose("thymoglobulin", 2.0, "160 mg", duration=6.0)),
        situation(2.0 + 48.0, dose("thymoglobulin", 2.0, "160 mg", duration=6.0)),
        "whether a further infusion is planned",
    ),
    "blinatumomab_dose_us": Three(
        situation(T, value("weight", 0.0, "70 kg"), blinatumomab(0.0, days=28)),
        situation(T, value("weight", 0.0, "70 kg")),
        situation(T, blinatumomab(0.0, days=28)),
        "weight",
    ),
    "blinatumomab_interruption_us": Three(
        situation(T, blinatumomab(T - 100.0, days=28),
                  Stop(at=T - 60.0, known=T - 60.0, agent="blinatumomab")),
        situation(T, blinatumomab(T - 100.0, days=28)),
        situation(T, blinatumomab(T - 500.0, days=4)),
        "whether the cycle was complete",
    ),
    "obecabtagene_burden_felix": Three(
        situation(
            0.0, obecabtagene("1 of 2", at=5 * DAY), planned("fludarabine", DAY),
            value("marrow_blasts", -DAY, "35 %"),
        ),
        situation(0.0),
        situation(0.0, obecabtagene("1 of 2", at=5 * DAY), planned("fludarabine", DAY)),
        "marrow_blasts",
    ),
    "obecabtagene_split_us": Three(
        situation(9 * DAY, obecabtagene("1 of 2")),
        situation(9 * DAY, obecabtagene("2 of 2")),
        situation(9 * DAY, obecabtagene("")),
        "which part of the split dose was given",
    ),
    "donor_lymphocytes_off_immunosuppression": Three(
        situation(60 * DAY, lymphocytes(70 * DAY), dose("tacrolimus", 45 * DAY)),
        situation(
            60 * DAY, lymphocytes(70 * DAY), dose("tacrolimus", 30 * DAY),
            Stop(at=31 * DAY, known=31 * DAY, agent="tacrolimus"),
        ),
        situation(60 * DAY, lymphocytes(70 * DAY), dose("tacrolimus", 30 * DAY)),
        "stop of immunosuppression",
    ),
    "cd3_chimerism_alone": Three(
        situation(150 * DAY, value("donor_chimerism_cd3", 149 * DAY, "91 %")),
        situation(
            150 * DAY, value("donor_chimerism_cd3", 149 * DAY, "91 %"),
            value("donor_chimerism_cd34", 140 * DAY, "99 %"),
        ),
        situation(150 * DAY, value("donor_chimerism_cd3", 149 * DAY, ">90 %")),
        "donor_chimerism_cd3",
    ),
    "thymoglobulin_infusion_duration_us": Three(
        situation(2.0, planned("thymoglobulin", 5.0, "160 mg", duration=5.9)),
        situation(2.0, planned("thymoglobulin", 5.0, "160 mg", duration=6.0)),
        situation(2.0, planned("thymoglobulin", 5.0, "160 mg")),
        "duration of the infusion",
    ),
    **{
        id_: _ladder()
        for id_ in (
            "iechs_differential",
            "iechs_supportive",
            "iechs_first_line",
            "iechs_anti_il6",
        )
    },
    **{
        id_: _ladder(dose("dexamethasone", 10 * DAY, "20 mg"))
        for id_ in ("iechs_second_line", "iechs_third_line")
    },
    "iechs_infection": Three(
        situation(264.0, car(), finding("infection", 250.0, "suspected"), grades=[MET]),
        situation(264.0, car(), finding("infection", 250.0, "excluded"), grades=[MET]),
        situation(
            264.0, car(), grades=[graded(IECHS.id, missing="ferritin", status="possible")]
        ),
        "ferritin",
    ),
    "crs_mas_overlap_sfgmtc2021": Three(
        situation(
            90.0, car(), dose("tocilizumab", 50.0), value("ferritin", 80.0, "10001 ng/mL"),
            grades=[graded("crs_astct2019", low=2, high=2)],
        ),
        situation(
            90.0, car(), value("ferritin", 80.0, "50000 ng/mL"),
            grades=[graded("crs_astct2019", low=2, high=2)],
        ),
        situation(
            90.0, car(), dose("tocilizumab", 50.0), value("ferritin", 80.0, "10000 ng/mL"),
            grades=[graded("crs_astct2019", low=2, high=2)],
        ),
        "splenomegaly",
    ),
    **LADDERS,
    **MTOR,
}  # fmt: skip


def ask(id_: str, patient: Situation) -> Verdict:
    return BY_ID[id_].predicate(patient)


def test_every_recommendation_has_its_three_patients() -> None:
    assert set(PATIENTS) == set(BY_ID)
    assert len(BY_ID) == len(guidance.ALL)


@pytest.mark.parametrize("id_", sorted(BY_ID))
def test_applies_does_not_and_cannot_tell(id_: str) -> None:
    patients = PATIENTS[id_]
    applies = ask(id_, patients.applies)
    assert applies.truth is Truth.MET
    assert applies.missing == ()
    does_not = ask(id_, patients.does_not)
    assert does_not.truth is Truth.NOT_MET
    assert does_not.missing == ()
    unknown = ask(id_, patients.cannot_tell)
    assert unknown.truth is Truth.UNKNOWN
    assert patients.missing in unknown.missing


@pytest.mark.parametrize("id_", sorted(BY_ID))
def test_an_empty_record_is_never_advised(id_: str) -> None:
    assert ask(id_, situation(10.0)).truth is Truth.NOT_MET


@pytest.mark.parametrize("recommendation", guidance.ALL, ids=lambda r: r.id)
def test_every_recommendation_says_who_and_when(recommendation) -> None:
    assert recommendation.source.short
    assert recommendation.source.where
    assert recommendation.evidence is not None
    assert recommendation.reviewed_on == date(2026, 11, 22)
    assert recommendation.label_status in LABEL_STATUSES
    assert bool(recommendation.region) == bool(recommendation.label_status)
    secondary = ("secondary", "second hand", "not read")
    if any(word in recommendation.source.where for word in secondary):
        assert recommendation.standing <= Standing.PROVISIONAL


def test_labels_come_before_practice_for_posaconazole_tomorrow() -> None:
    advice = advise(guidance.ALL, PATIENTS["sirolimus_posaconazole_label_us"].applies)
    said = [a.recommendation for a in advice if a.applies is Truth.MET]
    assert said[0].id == "sirolimus_posaconazole_label_us"
    assert said[0].label_status == "contraindicated"
    ids = [r.id for r in said]
    assert ids.index("sirolimus_posaconazole_label_us") < ids.index(
        "sirolimus_posaconazole_practice"
    )


def test_a_planned_azole_is_shown_as_planned() -> None:
    verdict = ask(
        "sirolimus_posaconazole_label_us", PATIENTS["sirolimus_posaconazole_label_us"].applies
    )
    assert verdict.because[-1].name == "posaconazole"
    assert verdict.because[-1].note == "planned"
    assert "planned in 22 h" in verdict.detail


@pytest.mark.parametrize("status", ["held", "planned"])
def test_held_or_overtaken_azole_is_not_on_board(status: str) -> None:
    past = dose("posaconazole", T - 5.0, "300 mg", status=status)
    verdict = ask("sirolimus_posaconazole_label_us", on_sirolimus(past))
    assert verdict.truth is Truth.NOT_MET
    assert verdict.detail == "no posaconazole running in the record"


def test_a_stopped_plan_no_longer_counts() -> None:
    stop = Stop(at=T - 1.0, known=T - 1.0, agent="posaconazole")
    patient = on_sirolimus(planned("posaconazole", T + 22.0), stop)
    assert ask("sirolimus_posaconazole_label_us", patient).truth is Truth.NOT_MET


def test_a_stop_that_was_later_overruled_does_not_count() -> None:
    stop = Stop(at=T - 10.0, known=T - 10.0, agent="posaconazole")
    again = dose("posaconazole", T + 22.0, "300 mg", status="planned", known=T - 1.0)
    patient = on_sirolimus(stop, again)
    assert ask("sirolimus_posaconazole_label_us", patient).truth is Truth.MET


def test_sirolimus_that_was_stopped_is_named() -> None:
    stop = Stop(at=T - 1.0, known=T - 1.0, agent="sirolimus")
    patient = on_sirolimus(planned("voriconazole", T + 22.0), stop)
    verdict = ask("sirolimus_voriconazole_label_us", patient)
    assert verdict.truth is Truth.NOT_MET
    assert verdict.because[0].note == "stopped"


def test_running_ends_at_fourteen_days_without_a_dose() -> None:
    last = 19 * DAY
    azole = planned("posaconazole", last + 20 * DAY)
    id_ = "sirolimus_posaconazole_label_us"
    assert ask(id_, on_sirolimus(azole, t=last + 14 * DAY)).truth is Truth.MET
    assert ask(id_, on_sirolimus(azole, t=last + 14 * DAY + 0.1)).truth is Truth.UNKNOWN


def test_bilirubin_never_makes_a_child_pugh_class() -> None:
    raised = ask("sirolimus_liver_label_us", PATIENTS["sirolimus_liver_label_us"].cannot_tell)
    assert "above its reference range" in raised.detail
    normal = on_sirolimus(value("bilirubin", T - 1.0, "1.2 mg/dL", high="1.2 mg/dL"))
    verdict = ask("sirolimus_liver_label_us", normal)
    assert verdict.truth is Truth.UNKNOWN
    assert "not above" in verdict.detail


def test_child_pugh_is_read_from_a_kept_event() -> None:
    kept = Kept(at=T - 1.0, known=T - 1.0, name="child_pugh_class", content=(("value", "C"),))
    assert ask("sirolimus_liver_severe", on_sirolimus(kept)).truth is Truth.MET
    assert ask("sirolimus_liver_mild_moderate", on_sirolimus(kept)).truth is Truth.NOT_MET


@pytest.mark.parametrize(
    ("days", "truth"),
    [(6.9, Truth.MET), (7.0, Truth.MET), (13.9, Truth.MET), (14.0, Truth.NOT_MET)],
)
def test_waiting_time_after_a_change(days: float, truth: Truth) -> None:
    events = [*daily("sirolimus", range(10)), *daily("sirolimus", range(10, 30), "3 mg")]
    t = 10 * DAY + days * DAY
    verdict = ask("sirolimus_wait_after_change", situation(t, *events))
    assert verdict.truth is truth
    assert verdict.because[0].value == "3 mg"
    assert ("not yet at steady state" in verdict.detail) == (days < 7.0)


def test_a_planned_change_is_a_change() -> None:
    patient = on_sirolimus(dose("sirolimus", T + 20.0, "1 mg", status="planned", known=T))
    verdict = ask("sirolimus_wait_after_change", patient)
    assert verdict.truth is Truth.MET
    assert verdict.because[-1].value == "1 mg"
    same = on_sirolimus(dose("sirolimus", T + 20.0, "2 mg", status="planned", known=T))
    assert ask("sirolimus_wait_after_change", same).truth is Truth.NOT_MET


def test_a_held_dose_begins_a_new_course() -> None:
    held = dose("sirolimus", 12 * DAY, status="held")
    events = [*daily("sirolimus", range(12)), held, *daily("sirolimus", range(13, 20))]
    level = value("sirolimus", 18 * DAY, "6 ng/mL")
    verdict = ask("sirolimus_level_before_steady_state", situation(T, *events, level))
    assert verdict.truth is Truth.MET
    assert verdict.because[0].note == "5.0 d after this dose began"


@pytest.mark.parametrize(("at", "early"), [(6.5 * DAY - 0.5, True), (7 * DAY - 0.5, False)])
def test_day_seven_is_the_first_steady_day(at: float, early: bool) -> None:
    verdict = ask(
        "sirolimus_level_before_steady_state", on_sirolimus(value("sirolimus", at, "6 ng/mL"))
    )
    assert (verdict.truth is Truth.MET) == early


def test_the_estimate_and_the_advice_agree_on_what_is_steady() -> None:
    """The trough half an hour before the dose that ends day 7 is the one that Cheng 2020 drew."""
    given = [Given(24.0 * day, "sirolimus", 2.0, "mg", 0.0, "oral", "", "") for day in range(8)]
    for at in (6.5 * DAY - 0.5, 6.5 * DAY + 0.5, 7 * DAY - 0.5, 8 * DAY - 0.5):
        level = value("sirolimus", at, "6 ng/mL")
        verdict = ask("sirolimus_level_before_steady_state", on_sirolimus(level))
        told = not_steady(on_sirolimus(level).record.measurements("sirolimus")[0], given, None)
        early = "after the last change of dose" in told
        assert (verdict.truth is Truth.MET) == early, at


def test_early_levels_are_listed_and_late_ones_are_not() -> None:
    patient = on_sirolimus(
        value("sirolimus", 3 * DAY - 0.5, "3.0 ng/mL"), value("sirolimus", 9 * DAY, "6.0 ng/mL")
    )
    verdict = ask("sirolimus_level_before_steady_state", patient)
    assert [b.value for b in verdict.because] == ["3.0 ng/mL"]
    assert verdict.detail == "1 of 2 levels not at steady state"


def test_first_and_later_infusions_have_their_own_minimum() -> None:
    first = planned("thymoglobulin", 5.0, "160 mg", duration=6.0)
    id_ = "thymoglobulin_infusion_duration_us"
    kept = planned("thymoglobulin", 29.0, "160 mg", duration=4.0)
    short = planned("thymoglobulin", 29.0, "160 mg", duration=3.9)
    assert ask(id_, situation(2.0, first, kept)).truth is Truth.NOT_MET
    verdict = ask(id_, situation(2.0, first, short))
    assert verdict.truth is Truth.MET
    assert verdict.because[0].note == "later infusion over 3.9 h, at least 4 h"


def test_two_products_in_one_record_are_pointed_out() -> None:
    patient = situation(T, dose("thymoglobulin", 0.0), dose("grafalon", 24.0))
    assert "two products" in ask("atg_product_us", patient).detail


def test_the_differential_is_asked_while_iechs_is_only_consistent() -> None:
    grade = graded("iechs_astct2023", missing="infection", status="consistent")
    patient = situation(11 * DAY, car(), grades=[grade])
    assert ask("iechs_differential", patient).truth is Truth.MET
    assert ask("iechs_first_line", patient).truth is Truth.UNKNOWN


def _wave(*more: AnyEvent) -> Situation:
    """Neutropenia after an infusion with ferritin rising, and what else is seen, as graded."""
    base = situation(
        11 * DAY, car(), value("ferritin", -4.0, "300 ng/mL"),
        value("ferritin", 11 * DAY - 4.0, "42000 ng/mL"),
        value("neutrophils", 11 * DAY - 4.0, "0.4 10*9/L"), *more,
    )  # fmt: skip
    return replace(base, grades={IECHS.id: grade(IECHS, base.record, base.at)})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "infection is not recorded, so not excluded"),
        ((250.0, "suspected"), "infection is suspected, so not excluded"),
        ((250.0, "proven"), "infection is proven, so not excluded"),
        ((192.0, "excluded"), ""),
        ((191.9, "excluded"), "infection was last excluded more than 72 h ago, so not excluded"),
    ],
)
def test_infection_is_open_in_the_same_words_everywhere(said, words) -> None:
    """Criterion, statement, decision and its table: the same state of the same record."""
    held = (
        value("ferritin", -4.0, "300 ng/mL"), value("ferritin", 260.0, "42000 ng/mL"),
        finding("progression", 260.0, "excluded"),
    )  # fmt: skip
    more = () if said is None else (finding("infection", *said),)
    patient = situation(264.0, car(), *held, *more)
    patient = replace(patient, grades={IECHS.id: grade(IECHS, patient.record, 264.0)})
    assert infection_open(patient)[0] == words
    advice = ask("iechs_infection", patient)
    assert (advice.truth is Truth.MET) == bool(words)
    assert advice.detail == (words or "infection is recorded as excluded")
    [told] = treat_as_both(patient)
    assert told.startswith((words[:1].upper() + words[1:]) if words else "Infection is recorded")
    items = by_name(IECHS, snapshot(IECHS, patient.record, 264.0).readings)
    assert (items["exclusions"].possible == {1}) == (not words)


def test_a_feature_more_of_iechs_does_not_take_its_differential_away() -> None:
    alone = _wave()
    more = _wave(value("fibrinogen", 11 * DAY - 4.0, "90 mg/dL"))
    assert alone.grades[IECHS.id].status == "required_only"
    assert more.grades[IECHS.id].status == "possible"
    for patient in (alone, more):
        assert ask("iechs_differential", patient).truth is Truth.MET
        # Not recorded is not excluded, as the decision says.
        open_now = ask("iechs_infection", patient)
        assert open_now.truth is Truth.MET
        assert open_now.detail == "infection is not recorded, so not excluded"
    unknown = replace(more.record, events=tuple(
        e for e in more.record.events if e.key != "ferritin"
    ))  # fmt: skip
    open_ = replace(more, record=unknown, grades={IECHS.id: grade(IECHS, unknown, more.at)})
    assert open_.grades[IECHS.id].status == "possible"
    assert ask("iechs_differential", open_).truth is Truth.UNKNOWN


def test_growth_factor_says_that_iechs_is_in_question() -> None:
    told = ask("icaht_gcsf", _wave(value("fibrinogen", 11 * DAY - 4.0, "90 mg/dL")))
    assert told.truth is Truth.MET
    assert "IEC-HS is in question: G-CSF there is called controversial" in told.detail
    calm = situation(11 * DAY, car(), value("neutrophils", 11 * DAY - 4.0, "0.4 10*9/L"))
    calm = replace(calm, grades={IECHS.id: grade(IECHS, calm.record, calm.at)})
    assert "IEC-HS" not in ask("icaht_gcsf", calm).detail


def test_iechs_advice_needs_an_effector_cell_product() -> None:
    assert ask("iechs_first_line", situation(11 * DAY, grades=[MET])).truth is Truth.NOT_MET
    verdict = ask("iechs_first_line", situation(11 * DAY, car()))
    assert verdict.truth is Truth.UNKNOWN
    assert verdict.missing == ("iechs_astct2023",)


def test_overlap_needs_every_feature_looked_for_before_it_is_refused() -> None:
    events = [
        car(),
        dose("tocilizumab", 50.0),
        value("ferritin", 80.0, "900 ng/mL"),
        value("fibrinogen", 80.0, "210 mg/dL", low="200 mg/dL"),
        finding("hepatomegaly", 80.0, False),
    ]
    crs = graded("crs_astct2019", low=1, high=3)
    id_ = "crs_mas_overlap_sfgmtc2021"
    assert ask(id_, situation(90.0, *events, grades=[crs])).truth is Truth.UNKNOWN
    absent, present = (finding("splenomegaly", 80.0, v) for v in (False, True))
    assert ask(id_, situation(90.0, *events, absent, grades=[crs])).truth is Truth.NOT_MET
    assert ask(id_, situation(90.0, *events, present, grades=[crs])).truth is Truth.MET


@pytest.mark.parametrize(
    ("id_", "numbers"),
    [
        ("sirolimus_posaconazole_label_us", ("6.72", "5.62-8.03", "8.88", "7.26-10.9")),
        ("sirolimus_posaconazole_practice", ("0 of 38", "9 of 37", "24 %", "1.75-5.9", "75")),
        ("sirolimus_voriconazole_practice", ("90 %", "5.8", "6.1", "67", "1-14.2", "31")),
        ("sirolimus_letermovir_label_us", ("480 mg", "2.8", "3.4", "3.2")),
        ("sirolimus_micafungin_label", ("21 %",)),
        ("sirolimus_liver_mild_moderate", ("31.8 %", "36.0 %")),
        ("sirolimus_liver_severe", ("67 %", "210 %", "168 %", "60 %")),
        ("thymoglobulin_infusion_duration_us", ("6 hours", "4 hours")),
        ("iechs_first_line", ("94 %", "76 %")),
        ("busulfan_itraconazole_label", ("25 %", "200 mg")),
        ("busulfan_phenytoin_label", ("15 %",)),
        ("busulfan_paracetamol_label", ("72 hours",)),
    ],
)
def test_the_published_numbers_stand_in_the_statement(id_: str, numbers: tuple[str, ...]) -> None:
    for number in numbers:
        assert number in BY_ID[id_].statement


def test_paracetamol_counts_from_72_hours_before_busulfan() -> None:
    busulfan = [dose("busulfan", DAY * d, "240 mg", duration=3.0) for d in range(5, 7)]
    for before, truth in ((72.0, Truth.MET), (73.0, Truth.NOT_MET), (-10.0, Truth.MET)):
        patient = situation(6 * DAY + 5.0, *busulfan, dose("paracetamol", 5 * DAY - before))
        assert ask("busulfan_paracetamol_label", patient).truth is truth


def test_what_was_read_only_at_second_hand_is_provisional() -> None:
    second_hand = ("sirolimus_liver_label_us", "sirolimus_fluconazole_cases", "iechs_first_line",
                   "iechs_second_line", "iechs_third_line", "iechs_anti_il6",
                   "busulfan_sirolimus_sos", "sos_sirolimus", "bcma_parkinsonism")  # fmt: skip
    assert {BY_ID[i].standing for i in second_hand} == {Standing.PROVISIONAL}
    assert BY_ID["sirolimus_inhibitor_stop"].standing is Standing.HYPOTHESIS
    assert BY_ID["atg_unit_rule"].standing is Standing.HYPOTHESIS
    assert BY_ID["sirolimus_level_before_steady_state"].standing is Standing.TRANSCRIBED


def test_donor_lymphocytes_without_any_charted_immunosuppression_cannot_be_told() -> None:
    alone = ask("donor_lymphocytes_off_immunosuppression", situation(DAY, lymphocytes(9 * DAY)))
    assert alone.truth is Truth.UNKNOWN
    assert alone.missing == ("immunosuppression, or its stop",)
    none = ask("donor_lymphocytes_off_immunosuppression", situation(DAY, dose("tacrolimus", 1.0)))
    assert none.truth is Truth.NOT_MET
    off = (dose("prednisone", 10 * DAY), Stop(at=11 * DAY, known=11 * DAY, agent="prednisone"))
    for days, truth in ((39.9, Truth.MET), (40.0, Truth.NOT_MET)):
        patient = situation(35 * DAY, lymphocytes(days * DAY), *off)
        assert ask("donor_lymphocytes_off_immunosuppression", patient).truth is truth
