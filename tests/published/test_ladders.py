"""The ladders: never a lone directive, the printed numbers, and both sides of each boundary."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from ladder_patients import ADULT, GVHD, LADDERS, ON_STEROID
from situations import DAY, car, dose, finding, graded, graft, situation, value

from equipoise import guidance
from equipoise.advice import advise
from equipoise.criterion import Truth
from equipoise.guidance.conditions import OURS
from equipoise.record import Cells, Stop
from equipoise.source import Standing

BY_ID = {r.id: r for r in guidance.ALL}
STEPS = [BY_ID[i] for i in (*LADDERS, "iechs_first_line", "iechs_second_line",
                            "iechs_third_line", "iechs_anti_il6")]  # fmt: skip
SECOND_HAND = ("secondary", "second hand", "not read")


def ask(id_: str, patient):
    return BY_ID[id_].predicate(patient)


# --- never a lone directive ---------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS, ids=lambda r: r.id)
def test_each_step_names_another_way_and_what_would_change_it(step) -> None:
    assert step.alternatives
    assert step.would_change
    assert all(way.text and way.source.short for way in step.alternatives)


@pytest.mark.parametrize("step", STEPS, ids=lambda r: r.id)
def test_what_no_source_prints_is_a_hypothesis_and_what_was_not_read_is_provisional(step) -> None:
    for way in step.alternatives:
        assert (way.source is OURS) == (way.standing is Standing.HYPOTHESIS)
        if any(word in way.source.where for word in SECOND_HAND):
            assert way.standing <= Standing.PROVISIONAL
    assert step.source is not OURS


@pytest.mark.parametrize(
    ("id_", "numbers"),
    [
        ("crs_grade1", ("3 days",)),
        ("crs_grade2", ("8 mg/kg", "800 mg", "every 8 h", "3 doses in 24 h and 4 in all")),
        ("crs_grade3", ("dexamethasone 10 mg iv every 6 h", "grade 4")),
        ("crs_grade4", ("500 mg", "250 mg", "125 mg", "60 mg", "1,000 mg")),
        ("icans_grade2", ("10 mg iv", "every 6 to 12 h", "1 mg/kg iv every 12 h")),
        ("alemtuzumab_level_child", ("47 %", "13 %", "21, 42 and 100 %", "0.2-0.4", "0.77")),
        ("calcineurin_posaconazole_label_us", ("4.58", "4.03-5.19", "53 %")),
        ("calcineurin_voriconazole_hsct", ("+115.6 %", "25.4 to 307.6", "+82.1 %")),
        ("calcineurin_isavuconazole", ("+125 %", "+29 %", "1.44-fold", "18 %", "21 %")),
        ("calcineurin_fluconazole", ("25 %", "2.08-fold", "1.80-2.40")),
        ("calcineurin_letermovir_stop", ("0.64 (0.43-0.99)", "1.10, 0.59-1.73", "9 and 4 %")),
        ("boosted_antiviral_tacrolimus_restart", ("48 h", "20-25 %")),
        ("boosted_antiviral_tacrolimus_hold", ("12 h", "83 %")),
        ("boosted_antiviral_hold_protocol", ("20 %", "7.4 ng/mL before and 5.2 after")),
        ("everolimus_strong_cyp3a4_label", ("15.0-fold", "13.6-16.6", "63 % lower")),
        ("everolimus_ciclosporin", ("+168 %", "46 to 365", "+82 %")),
        ("everolimus_liver_class", ("1.60, 3.26 and 3.64", "7.5, 5 and 2.5 mg")),
        ("ruxolitinib_fluconazole_label", ("+232 %", "200 mg a day")),
        ("venetoclax_strong_cyp3a_label_us", ("70 mg", "100 mg", "4.5-9.2", "2 to 3 days")),
        ("tocilizumab_cyp_label", ("43 %", "34-55", "61 % (47-78)", "57 %")),
        ("blinatumomab_cyp_label_us", ("first 9 days", "first 2 of the second")),
        ("tacrolimus_gut_diarrhea", ("6.7 to 28.7", "6 weeks")),
        ("sirolimus_diltiazem", ("+60 %", "35-90", "+43 %")),
        ("icaht_gcsf", ("5 ug/kg",)),
        ("icaht_boost", ("84 %", "9 days", "85 %", "44 %", "38 days")),
        ("car_virus_pneumocystis", ("12 to 18 months", "200/uL")),
        ("car_igg_400", ("400-500 mg/kg", "4 weeks")),
        ("agvhd_first_line", ("2 mg/kg", "7 to 14 days", "40-50 %")),
        ("agvhd_ruxolitinib_us", ("5 mg twice daily", "10 mg", "57.1 %", "42.2-71.2")),
        ("agvhd_ruxolitinib_eu", ("309", "62 v 39 %", "2.64", "1.65-4.22", "34 v 19 %")),
        ("agvhd_remestemcel_us", ("2 x 10^6 cells/kg", "at least 3 days apart", "70 %")),
        ("sos_defibrotide_ebmt2024", ("25 mg/kg", "14 to 21 days")),
        ("sos_defibrotide_us", ("6.25 mg/kg", "every 6 h", "21 days")),
        ("tma_narsoplimab_us", ("370 mg", "30 min", "50 kg", "2 years")),
        ("tma_sirolimus", ("10.8 %", "4.2 %", "2.79")),
        ("sos_sirolimus", ("9 ng/mL", "3.68", "1.57-8.67")),
    ],
)
def test_the_published_numbers_stand_in_the_statement(id_: str, numbers: tuple[str, ...]) -> None:
    for number in numbers:
        assert number in BY_ID[id_].statement


def test_licences_say_where_and_since_when() -> None:
    licensed = [r for r in guidance.ALL if r.label_status == "licensed"]
    assert {(r.id, r.region) for r in licensed} == {
        ("agvhd_ruxolitinib_us", "US"), ("agvhd_ruxolitinib_eu", "EU"),
        ("agvhd_remestemcel_us", "US"), ("sos_defibrotide_us", "US"), ("tma_narsoplimab_us", "US"),
    }  # fmt: skip
    assert all(r.label_date.startswith("approved ") for r in licensed)


# --- CRS, ICANS ---------------------------------------------------------------------------------


def test_an_interval_of_grades_leaves_each_step_in_it_open_and_closes_the_others() -> None:
    crs = graded("crs_astct2019", low=2, high=3, missing="oxygen_device")
    patient = situation(60.0, car(), grades=[crs])
    truths = [ask(f"crs_grade{n}", patient).truth for n in range(1, 5)]
    assert truths == [Truth.NOT_MET, Truth.UNKNOWN, Truth.UNKNOWN, Truth.NOT_MET]


def test_icans_says_whether_crs_is_beside_it() -> None:
    icans = graded("icans_astct2019", low=2, high=2)
    for crs, said in (
        (graded("crs_astct2019", low=1, high=1), "with CRS grade 1"),
        (graded("crs_astct2019", low=0, high=0), "without CRS"),
        (graded("crs_astct2019", low=1, high=3), "CRS grade 1 to 3"),
    ):
        patient = situation(60.0, car(), grades=[icans, crs])
        assert said in ask("icans_grade2", patient).detail


@pytest.mark.parametrize(
    ("hours_ago", "reached"),
    [
        ((23.9, 12.0, 4.0), True),
        ((24.0, 12.0, 4.0), False),
        ((90.0, 60.0, 40.0), False),
        ((90.0, 60.0, 40.0, 30.0), True),
    ],
)
def test_tocilizumab_is_counted_in_24_hours_and_in_all(
    hours_ago: tuple[float, ...], reached: bool
) -> None:
    doses = [dose("tocilizumab", 200.0 - h, "560 mg", route="iv") for h in hours_ago]
    verdict = ask("tocilizumab_ceiling", situation(200.0, car(), *doses))
    assert verdict.truth is Truth.of(reached)
    assert f"{len(hours_ago)} dose(s) since the infusion" in verdict.detail


def test_doses_before_a_second_infusion_do_not_count() -> None:
    doses = [dose("tocilizumab", h, "560 mg") for h in (20.0, 40.0, 60.0, 80.0)]
    first = situation(100.0, car(), *doses)
    assert ask("tocilizumab_ceiling", first).truth is Truth.MET
    second = situation(1000.0, car(), *doses, car(900.0))
    assert ask("tocilizumab_ceiling", second).truth is Truth.NOT_MET


# --- IEC-HS -------------------------------------------------------------------------------------


def test_the_second_line_waits_for_the_first() -> None:
    met = graded("iechs_astct2023", met=True)
    before = situation(11 * DAY, car(), grades=[met])
    for id_ in ("iechs_second_line", "iechs_third_line"):
        verdict = ask(id_, before)
        assert verdict.truth is Truth.NOT_MET
        assert "the first line is ahead" in verdict.detail
    after = situation(11 * DAY, car(), dose("anakinra", 10 * DAY, "100 mg"), grades=[met])
    assert ask("iechs_second_line", after).truth is Truth.MET
    premedication = situation(11 * DAY, dose("dexamethasone", -2.0, "8 mg"), car(), grades=[met])
    assert ask("iechs_second_line", premedication).truth is Truth.NOT_MET


def test_blocking_il6_is_spoken_against_wherever_iechs_is_met() -> None:
    met = graded("iechs_astct2023", met=True)
    patient = situation(11 * DAY, car(), dose("tocilizumab", 10 * DAY, "560 mg"), grades=[met])
    assert ask("iechs_anti_il6", patient).truth is Truth.MET


# --- infection ----------------------------------------------------------------------------------


def test_prophylaxis_says_what_runs() -> None:
    running = situation(
        20 * DAY, car(), dose("aciclovir", 19 * DAY, "800 mg"), dose("atovaquone", 1.0, "1500 mg")
    )
    said = ask("car_virus_pneumocystis", running).detail
    assert "against herpes virus aciclovir runs" in said
    assert "against Pneumocystis atovaquone is charted, whether it runs is not" in said


@pytest.mark.parametrize(("day", "truth"), [(365, Truth.MET), (366, Truth.UNKNOWN)])
def test_after_a_year_cd4_cells_decide(day: int, truth: Truth) -> None:
    assert ask("car_virus_pneumocystis", situation(day * DAY, car())).truth is truth


@pytest.mark.parametrize(
    ("entered", "low", "middle"),
    [
        ("400 mg/dL", True, False), ("4.0 g/L", True, False), ("401 mg/dL", False, True),
        ("600 mg/dL", False, True), ("601 mg/dL", False, False),
    ],
)  # fmt: skip
def test_igg_on_both_sides_of_each_limit(entered: str, low: bool, middle: bool) -> None:
    patient = situation(
        50 * DAY, car(), value("igg", 49 * DAY, entered),
        finding("recurrent_bacterial_infection", 49 * DAY, True),
    )  # fmt: skip
    assert ask("car_igg_400", patient).truth is Truth.of(low)
    assert ask("car_igg_infection", patient).truth is Truth.of(middle)


# --- delayed neurotoxicity ----------------------------------------------------------------------


def test_a_product_that_is_not_named_leaves_bcma_open() -> None:
    palsy = finding("cranial_nerve_palsy", 20 * DAY, True)
    unnamed = situation(21 * DAY, car(product="car_other"), palsy)
    verdict = ask("bcma_cranial_palsy", unnamed)
    assert verdict.truth is Truth.UNKNOWN
    assert verdict.missing == ("CAR-T product",)
    cd19 = situation(21 * DAY, car(product="axicabtagene"), palsy)
    assert ask("bcma_cranial_palsy", cd19).truth is Truth.NOT_MET


# --- acute GVHD ---------------------------------------------------------------------------------


def born(years: float, at: float) -> date:
    return date(2025, 3, 10) + timedelta(hours=at) - timedelta(days=round(365.25 * years))


@pytest.mark.parametrize(
    ("years", "ruxolitinib", "remestemcel"),
    [(0.1, False, False), (0.2, False, True), (11.9, False, True), (12.1, True, True),
     (17.9, True, True), (18.1, True, False)],
)  # fmt: skip
def test_licences_by_age(years: float, ruxolitinib: bool, remestemcel: bool) -> None:
    at = 31 * DAY
    patient = situation(
        at, graft(), finding("steroid_refractory", 30 * DAY, True), grades=[GVHD],
        born=born(years, at),
    )  # fmt: skip
    assert ask("agvhd_ruxolitinib_us", patient).truth is Truth.of(ruxolitinib)
    assert ask("agvhd_remestemcel_us", patient).truth is Truth.of(remestemcel)


def test_the_indication_of_the_record_says_refractory_too() -> None:
    patient = situation(31 * DAY, graft(), born=ADULT, indication="agvhd_refractory")
    assert ask("agvhd_ruxolitinib_eu", patient).truth is Truth.MET


def test_refractory_is_asked_from_the_third_day_of_a_systemic_steroid_on() -> None:
    first = 25 * DAY
    for hours, truth in ((71.9, Truth.NOT_MET), (72.0, Truth.MET)):
        patient = situation(first + hours, graft(), *ON_STEROID, grades=[GVHD])
        assert ask("agvhd_when_refractory", patient).truth is truth
    topical = [dose("methylprednisolone", first, "10 mg", route="topical")]
    patient = situation(31 * DAY, graft(), *topical, grades=[GVHD])
    assert ask("agvhd_when_refractory", patient).truth is Truth.NOT_MET


def test_an_autologous_graft_has_no_gvhd() -> None:
    patient = situation(31 * DAY, graft("autologous"), *ON_STEROID, grades=[GVHD])
    assert ask("agvhd_first_line", patient).detail == "no donor's graft in the record"


def test_a_graft_of_unsaid_donor_leaves_gvhd_open() -> None:
    patient = situation(31 * DAY, graft(""), grades=[GVHD])
    verdict = ask("agvhd_first_line", patient)
    assert (verdict.truth, verdict.missing) == (Truth.UNKNOWN, ("donor of the graft",))


def test_where_nothing_was_staged_gvhd_is_not_asked_about() -> None:
    patient = situation(31 * DAY, graft(), *ON_STEROID)
    assert ask("agvhd_first_line", patient).truth is Truth.NOT_MET


# --- partners that end --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id_", "victim", "partner"),
    [
        ("everolimus_ciclosporin", "everolimus", "ciclosporin"),
        ("sirolimus_ciclosporin_label_us", "sirolimus", "ciclosporin"),
        ("calcineurin_posaconazole_label_us", "tacrolimus", "posaconazole"),
        ("calcineurin_voriconazole_hsct", "ciclosporin", "voriconazole"),
        ("calcineurin_isavuconazole", "tacrolimus", "isavuconazole"),
        ("calcineurin_fluconazole", "tacrolimus", "fluconazole"),
        ("tacrolimus_rifampicin_label_us", "tacrolimus", "rifampicin"),
    ],
)
def test_the_end_of_a_partner_is_still_spoken_of(id_: str, victim: str, partner: str) -> None:
    taken = [dose(victim, d * DAY, "1 mg") for d in range(21)]
    beside = [dose(partner, d * DAY, "100 mg") for d in range(20)]
    stop = Stop(at=20 * DAY, known=20 * DAY, agent=partner)
    for after, truth in ((1.0, Truth.MET), (15 * DAY, Truth.NOT_MET)):
        at = 20 * DAY + after
        later = dose(victim, at - 0.5, "1 mg")
        verdict = ask(id_, situation(at, *taken, *beside, stop, later))
        assert verdict.truth is truth


def test_five_days_of_an_antiviral_without_a_stop_leave_the_restart_open() -> None:
    """Nobody charts a stop of a course of five days: the restart is asked about, not dismissed."""
    id_ = "boosted_antiviral_tacrolimus_restart"
    tacrolimus = [dose("tacrolimus", d * DAY, "2 mg") for d in range(20)]
    antiviral = [dose("nirmatrelvir_ritonavir", 20 * DAY + 12.0 * k, "300 mg") for k in range(10)]
    last = antiviral[-1].at
    for after, truth in ((24.0, Truth.NOT_MET), (25.0, Truth.UNKNOWN), (62.0, Truth.UNKNOWN)):
        verdict = ask(id_, situation(last + after, *tacrolimus, *antiviral))
        assert verdict.truth is truth
    assert verdict.missing == ("nirmatrelvir/ritonavir: a further dose or a stop",)
    assert "62 h ago" in verdict.detail
    ahead = dose("nirmatrelvir_ritonavir", last + 70.0, "300 mg", status="planned", known=last)
    assert ask(id_, situation(last + 62.0, *tacrolimus, *antiviral, ahead)).truth is Truth.NOT_MET


# --- SOS, TMA -----------------------------------------------------------------------------------


def test_the_contraindication_comes_before_the_license() -> None:
    grades = [graded("vod_ebmt2016", met=True), graded("vod_ebmt2018_pediatric", met=False)]
    patient = situation(
        12 * DAY, graft(), finding("dialysis", 11 * DAY, True),
        dose("heparin", 11 * DAY, "5000 mg", route="iv"), grades=grades,
    )  # fmt: skip
    said = [a.recommendation.id for a in advise(guidance.ALL, patient) if a.applies is Truth.MET]
    assert said[0] == "sos_defibrotide_anticoagulant_us"
    assert said.index("sos_defibrotide_us") < said.index("sos_defibrotide_ebmt2024")


def test_defibrotide_beside_an_anticoagulant_is_seen_without_sos() -> None:
    events = (graft(), dose("defibrotide", 11 * DAY, "6.25 mg/kg", route="iv"))
    heparin = dose("heparin", 11 * DAY, "5000 mg", route="iv")
    id_ = "sos_defibrotide_anticoagulant_us"
    assert ask(id_, situation(12 * DAY, *events, heparin)).truth is Truth.MET
    stopped = Stop(at=11.5 * DAY, known=11.5 * DAY, agent="heparin")
    assert ask(id_, situation(12 * DAY, *events, heparin, stopped)).truth is Truth.NOT_MET


@pytest.mark.parametrize("oxygen", ["nasal_cannula", "ventilator"])
def test_oxygen_is_a_dysfunction_and_none_is_not(oxygen: str) -> None:
    grades = [graded("vod_ebmt2016", met=True), graded("aki_kdigo2012", low=0, high=0)]
    for device, truth in ((oxygen, Truth.MET), ("none", Truth.NOT_MET)):
        patient = situation(
            12 * DAY, graft(), finding("oxygen_device", 11 * DAY, device),
            finding("dialysis", 11 * DAY, False), grades=grades,
        )  # fmt: skip
        assert ask("sos_defibrotide_us", patient).truth is truth


@pytest.mark.parametrize(
    ("event", "truth"),
    [
        (value("ldh", 39 * DAY, "500 U/L", high="250 U/L"), Truth.MET),
        (value("ldh", 39 * DAY, "499 U/L", high="250 U/L"), Truth.UNKNOWN),
        (value("sc5b9", 39 * DAY, "245 ng/mL", high="244 ng/mL"), Truth.MET),
        (value("sc5b9", 39 * DAY, "244 ng/mL", high="244 ng/mL"), Truth.UNKNOWN),
        (value("urine_protein_creatinine", 39 * DAY, "0.9 mg/mg"), Truth.UNKNOWN),
        (finding("infection", 39 * DAY, "proven"), Truth.MET),
    ],
)
def test_one_feature_of_high_risk_suffices_and_one_absent_does_not_exclude(event, truth) -> None:
    patient = situation(40 * DAY, graft(), event, grades=[graded("tma_jodele2022", met=True)])
    assert ask("tma_high_risk", patient).truth is truth


def test_no_feature_of_high_risk_when_all_were_looked_for() -> None:
    events = [
        value("ldh", 39 * DAY, "300 U/L", high="250 U/L"),
        value("sc5b9", 39 * DAY, "200 ng/mL", high="244 ng/mL"),
        value("urine_protein_creatinine", 39 * DAY, "0.2 mg/mg"),
        finding("infection", 39 * DAY, "excluded"),
        finding("dialysis", 39 * DAY, False),
    ]
    patient = situation(40 * DAY, graft(), *events, grades=[graded("tma_jodele2022", met=True)])
    assert ask("tma_high_risk", patient).truth is Truth.NOT_MET
    assert ask("tma_supportive", patient).truth is Truth.MET


# --- after transplantation ----------------------------------------------------------------------


@pytest.mark.parametrize(("day", "truth"), [(91, Truth.MET), (92, Truth.NOT_MET)])
def test_letermovir_is_spoken_of_for_three_months(day: int, truth: Truth) -> None:
    events = (graft(), finding("cmv_serostatus", 0.0, "D+R+"))
    assert ask("hct_cmv_letermovir", situation(day * DAY, *events)).truth is truth


def test_what_runs_against_herpes_is_said() -> None:
    patient = situation(30 * DAY, graft(), dose("valaciclovir", 29 * DAY, "500 mg"))
    assert ask("hct_herpes_aciclovir", patient).detail.endswith("valaciclovir runs")
    bare = situation(30 * DAY, graft())
    assert ask("hct_herpes_aciclovir", bare).detail.endswith("none runs in the record")


def test_an_azole_that_is_only_planned_speaks_already() -> None:
    ahead = dose("voriconazole", 9 * DAY, "200 mg", status="planned", known=0.0)
    patient = situation(8 * DAY, dose("ciclosporin", 7 * DAY, "100 mg"), ahead)
    assert ask("calcineurin_azole_ebmt2024", patient).truth is Truth.MET


def test_a_planned_graft_is_no_graft() -> None:
    ahead = Cells(at=48.0, known=0.0, product="graft", donor="cord")
    patient = situation(10.0, ahead, grades=[graded("tma_jodele2022", met=True)])
    assert ask("tma_supportive", patient).truth is Truth.NOT_MET
