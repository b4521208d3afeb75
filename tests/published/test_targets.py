"""Windows and effects as their sources print them, chosen by indication, platform, unit and age."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from equipoise import effects, names, targets, units
from equipoise.evidence import exact_interval
from equipoise.record import Record
from equipoise.source import Standing, review_due
from equipoise.target import Design, Metric, choose, why_none

# (id, low, high, unit, standing) as printed.
PRINTED = [
    ("sirolimus_itp_5_15", 5, 15, "ng/mL", Standing.PUBLISHED),
    ("sirolimus_itp_refractory_4_15", 4, 15, "ng/mL", Standing.PUBLISHED),
    ("sirolimus_itp_first_line_5_15", 5, 15, "ng/mL", Standing.PUBLISHED),
    ("sirolimus_child_cytopenia_5_15", 5, 15, "ng/mL", Standing.TRANSCRIBED),
    ("sirolimus_alps_5_15", 5, 15, "ng/mL", Standing.PROVISIONAL),
    ("sirolimus_waiha_evans_4_12", 4, 12, "ng/mL", Standing.PUBLISHED),
    ("sirolimus_waiha_evans_4_15", 4, 15, "ng/mL", Standing.PUBLISHED),
    ("sirolimus_gvhd_prophylaxis_3_12", 3, 12, "ng/mL", Standing.PUBLISHED),
    ("sirolimus_gvhd_prophylaxis_unrelated_3_12", 3, 12, "ng/mL", Standing.PROVISIONAL),
    ("sirolimus_agvhd_refractory_4_12", 4, 12, "ng/mL", Standing.PUBLISHED),
    ("sirolimus_agvhd_first_line_5_14", 5, 14, "ng/mL", Standing.PUBLISHED),
    ("tacrolimus_with_sirolimus_5_10", 5, 10, "ng/mL", Standing.PUBLISHED),
    ("tacrolimus_day0_5_10", 5, 10, "ng/mL", Standing.TRANSCRIBED),
    ("mycophenolate_unbound_interval_300", 300, math.inf, "ng.h/mL", Standing.PUBLISHED),
    ("mycophenolate_total_css_2960", 2960, math.inf, "ng/mL", Standing.PUBLISHED),
    ("thymoglobulin_adult_unrelated_post_60_95", 60, 95, "AU.d/mL", Standing.PROVISIONAL),
    ("thymoglobulin_adult_unrelated_post_60_90", 60, 90, "AU.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_haploidentical_total_100_148", 100, 148.5, "UE.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_haploidentical_total_110_148", 110, 148.5, "UE.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_cd34_selected_post_30", 0, 30, "AU.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_t_cell_depleted_post_20", 0, 20, "AU.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_alpha_beta_pre_50", 50, math.inf, "AU.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_alpha_beta_post_12", 0, 12, "AU.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_cord_post_20", 0, 20, "AU.d/mL", Standing.PUBLISHED),
    ("thymoglobulin_pediatric_marrow_post_50", 0, 50, "AU.d/mL", Standing.PUBLISHED),
    ("alemtuzumab_pediatric_graft_02_04", 0.2, 0.4, "ug/mL", Standing.PUBLISHED),
    ("busulfan_adult_62_100", 62.4, 99.8, "mg.h/L", Standing.PUBLISHED),
    ("busulfan_t_cell_depleted_55_66", 55, 66, "mg.h/L", Standing.PUBLISHED),
    ("busulfan_child_59_98", 59.1, 98.5, "mg.h/L", Standing.TRANSCRIBED),
    ("busulfan_child_78_101", 78, 101, "mg.h/L", Standing.PROVISIONAL),
]  # fmt: skip

BY_ID = {t.id: t for t in targets.ALL}
EFFECT = {e.id: e for e in effects.ALL}


def person(*, age: float | None, indication: str = "", platform: str = "") -> Record:
    born = None if age is None else date(2026 - int(age), 1, 1)
    day0 = datetime(2026, 6, 1, tzinfo=UTC)
    return Record("p", day0, born=born, indication=indication, platform=platform)


def chosen(record: Record, agent: str, analyte: str | None = None) -> set[str]:
    fitting, _ = choose(targets.ALL, record, 0.0, agent=agent, analyte=analyte or agent)
    return {t.id for t in fitting}


def test_the_table_is_the_shelf():
    assert [row[0] for row in PRINTED] == [t.id for t in targets.ALL]


@pytest.mark.parametrize(("id_", "low", "high", "unit", "standing"), PRINTED)
def test_as_printed(id_, low, high, unit, standing):
    target = BY_ID[id_]
    assert (target.low, target.high, target.unit) == (low, high, unit)
    assert target.standing == standing


@pytest.mark.parametrize("target", targets.ALL, ids=lambda t: t.id)
def test_every_target_is_whole(target):
    assert target.low < target.high
    assert target.source.short
    assert target.source.where
    assert target.line
    assert target.era
    assert target.because
    assert target.reviewed_on == date(2026, 11, 22)
    assert target.ages[0] < target.ages[1]
    assert set(target.indications) <= set(names.INDICATIONS)
    assert set(target.platforms) <= set(names.PLATFORMS)
    assert target.agent in names.AGENTS
    area = target.metric not in (Metric.TROUGH, Metric.STEADY_STATE, Metric.AT_GRAFT)
    known = names.measurement(target.analyte)
    if known.area:
        assert target.unit == known.area[0]
    else:
        assert known.unit.startswith(target.unit.split("/")[0].split(".")[0])
    assert (".time/" in units.unit(target.unit).dimension) == area
    if target.standing < Standing.TRANSCRIBED:
        read = target.source.where + target.source.note
        assert "not found in print" in read or "not" in read


@pytest.mark.parametrize("target", targets.ALL, ids=lambda t: t.id)
def test_every_conflict_is_told_from_both_sides(target):
    # Two windows for the same patient that differ must each say so.
    for other in targets.ALL:
        shared = (
            other is not target
            and (other.agent, other.analyte, other.metric)
            == (target.agent, target.analyte, target.metric)
            and other.indications == target.indications
            and other.platforms == target.platforms
            and (other.low, other.high) != (target.low, target.high)
        )
        if shared:
            assert target.conflict, other.id


@pytest.mark.parametrize(
    ("age", "indication", "platform", "expected"),
    [
        (45, "itp", "", {"sirolimus_itp_5_15", "sirolimus_itp_refractory_4_15",
                         "sirolimus_itp_first_line_5_15"}),
        (3, "itp", "", {"sirolimus_itp_5_15", "sirolimus_child_cytopenia_5_15"}),
        (15, "evans", "", {"sirolimus_child_cytopenia_5_15"}),
        (17, "evans", "", set()),
        (18, "evans", "", {"sirolimus_waiha_evans_4_12", "sirolimus_waiha_evans_4_15"}),
        (45, "aiha", "", {"sirolimus_waiha_evans_4_12", "sirolimus_waiha_evans_4_15"}),
        (45, "gvhd_prophylaxis", "adult_related", {"sirolimus_gvhd_prophylaxis_3_12"}),
        (45, "gvhd_prophylaxis", "adult_unrelated",
         {"sirolimus_gvhd_prophylaxis_unrelated_3_12"}),
        (45, "gvhd_prophylaxis", "haploidentical_replete", set()),
        (45, "agvhd_refractory", "", {"sirolimus_agvhd_refractory_4_12"}),
        (45, "agvhd_first_line", "adult_unrelated", {"sirolimus_agvhd_first_line_5_14"}),
        (45, "cgvhd", "", set()),
        (45, "prca", "", set()),
    ],
)  # fmt: skip
def test_sirolimus_by_indication(age, indication, platform, expected):
    record = person(age=age, indication=indication, platform=platform)
    assert chosen(record, "sirolimus") == expected


@pytest.mark.parametrize(
    ("age", "platform", "analyte", "expected"),
    [
        (45, "adult_unrelated", "atg_active_au",
         {"thymoglobulin_adult_unrelated_post_60_95",
          "thymoglobulin_adult_unrelated_post_60_90"}),
        (17, "adult_unrelated", "atg_active_au", set()),
        (45, "haploidentical_replete", "atg_active_au", set()),
        (45, "haploidentical_replete", "atg_active_ue",
         {"thymoglobulin_haploidentical_total_100_148",
          "thymoglobulin_haploidentical_total_110_148"}),
        (45, "cd34_selected", "atg_active_au",
         {"thymoglobulin_cd34_selected_post_30", "thymoglobulin_t_cell_depleted_post_20"}),
        (8, "alpha_beta_depleted", "atg_active_au",
         {"thymoglobulin_alpha_beta_pre_50", "thymoglobulin_alpha_beta_post_12",
          "thymoglobulin_t_cell_depleted_post_20"}),
        (8, "cord_blood", "atg_active_au", {"thymoglobulin_cord_post_20"}),
        (45, "cord_blood", "atg_active_au", set()),
        (8, "pediatric", "atg_active_au", {"thymoglobulin_pediatric_marrow_post_50"}),
        (45, "post_transplant_cyclophosphamide", "atg_active_au", set()),
        (45, "", "atg_active_au", set()),
    ],
)  # fmt: skip
def test_thymoglobulin_by_platform(age, platform, analyte, expected):
    record = person(age=age, platform=platform)
    assert chosen(record, "thymoglobulin", analyte) == expected


def test_grafalon_takes_nothing_from_thymoglobulin():
    record = person(age=45, platform="adult_unrelated")
    fitting, refused = choose(targets.ALL, record, 0.0, agent="grafalon", analyte="atg_active_au")
    assert fitting == ()
    assert {r.target.agent for r in refused} == {"thymoglobulin"}
    assert refused[0].reason == (
        "studied with thymoglobulin, the doses are grafalon: a window of one product says nothing "
        "of another"
    )
    assert not any(e.agent == "grafalon" and e.metric is not Metric.DAY_BELOW_ONE
                   for e in effects.ALL)  # fmt: skip


def why(agent, analyte="atg_active_au", **header):
    record = person(age=45, **header)
    _, refused = choose(targets.ALL, record, 0.0, agent=agent, analyte=analyte)
    return why_none(record, refused, targets.ABSENT, agent=agent)


@pytest.mark.parametrize(
    ("agent", "header", "words"),
    [
        ("thymoglobulin", {"platform": "post_transplant_cyclophosphamide"},
         "with post-transplant cyclophosphamide no exposure window of Thymoglobulin has been "
         "validated"),
        ("grafalon", {"platform": "post_transplant_cyclophosphamide"},
         "no exposure window of Grafalon has been validated"),
        ("grafalon", {"platform": "adult_unrelated"},
         "no window of exposure to active Grafalon was found in print"),
        ("thymoglobulin", {"platform": "haploidentical_replete"},
         "no conversion between these units exists"),
        ("thymoglobulin", {"platform": "microtransplant"}, "no published target"),
        ("sirolimus", {"indication": "prca"}, "pure red cell aplasia"),
        ("sirolimus", {"indication": "cgvhd"}, "chronic GVHD"),
    ],
)  # fmt: skip
def test_one_sentence_says_why_there_is_no_window(agent, header, words):
    said = why(agent, **header)
    assert words in said
    assert said.count(". ") == 0


@pytest.mark.parametrize("gap", targets.ABSENT, ids=lambda g: f"{g.agent} {g.platforms}")
def test_a_gap_is_one(gap):
    assert gap.source.short
    assert gap.source.where
    assert gap.reviewed_on == date(2026, 11, 22)
    for target in targets.ALL:
        if target.agent == gap.agent:
            assert not (set(gap.platforms) & set(target.platforms))
            assert not (set(gap.indications) & set(target.indications))
            assert gap.platforms or gap.indications


@pytest.mark.parametrize(
    ("platform", "age", "metrics"),
    [
        ("adult_unrelated", 45, {Metric.AUC_POST}),
        ("haploidentical_replete", 45, {Metric.AUC_TOTAL}),
        ("cd34_selected", 45, {Metric.AUC_POST}),
        ("alpha_beta_depleted", 8, {Metric.AUC_PRE, Metric.AUC_POST}),
        ("cord_blood", 8, {Metric.AUC_POST}),
        ("pediatric", 8, {Metric.AUC_POST}),
        ("post_transplant_cyclophosphamide", 45, set()),
    ],
)
def test_every_platform_has_its_own_metric_and_era(platform, age, metrics):
    record = person(age=age, platform=platform)
    found = [
        t for analyte in ("atg_active_au", "atg_active_ue")
        for t in choose(targets.ALL, record, 0.0, agent="thymoglobulin", analyte=analyte)[0]
    ]  # fmt: skip
    assert {t.metric for t in found} == metrics
    assert all(t.era for t in found)


def test_a_review_is_due_after_a_year_and_not_before():
    entries = [(t.id, t.reviewed_on) for t in targets.ALL]
    assert review_due(entries, date(2027, 11, 22)) == ""
    said = review_due(entries, date(2027, 11, 23))
    assert "more than a year before 2027-11-23" in said
    assert all(t.id in said for t in targets.ALL)
    assert review_due([("undated", None)], date(2040, 1, 1)) == ""


@pytest.mark.parametrize(
    ("platform", "age", "expected"),
    [
        ("pediatric", 6, {"alemtuzumab_pediatric_graft_02_04"}),
        ("pediatric", 40, set()),
        ("adult_unrelated", 6, set()),
        ("adult_unrelated", 40, set()),
    ],
)
def test_alemtuzumab_has_a_window_in_children_alone(platform, age, expected):
    record = person(age=age, platform=platform)
    assert chosen(record, "alemtuzumab") == expected
    if platform == "adult_unrelated":
        _, refused = choose(targets.ALL, record, 0.0, agent="alemtuzumab", analyte="alemtuzumab")
        said = why_none(record, refused, targets.ABSENT, agent="alemtuzumab")
        assert "does not carry over" in said


def test_no_band_of_alemtuzumab_is_weighed():
    bands = [e for e in effects.ALL if e.agent == "alemtuzumab"]
    assert bands
    assert not any(e.may_enter_utility for e in bands)


def test_haploidentical_in_au_is_refused_for_its_unit():
    record = person(age=45, platform="haploidentical_replete")
    _, refused = choose(targets.ALL, record, 0.0, agent="thymoglobulin", analyte="atg_active_au")
    reasons = {r.target.id: r.reason for r in refused}
    assert "no conversion" in reasons["thymoglobulin_haploidentical_total_100_148"]
    unrelated = reasons["thymoglobulin_adult_unrelated_post_60_95"]
    assert "studied in adult, unrelated donor" in unrelated


def test_blinatumomab_has_no_window():
    assert not any(t.agent == "blinatumomab" for t in targets.ALL)
    assert "no window for blinatumomab" in targets.__doc__


@pytest.mark.parametrize(
    ("age", "platform", "conditioning", "expected"),
    [
        (40, "", "myeloablative", {"busulfan_adult_62_100"}),
        (40, "adult_unrelated", "reduced", set()),
        (40, "", "", set()),
        (40, "cd34_selected", "myeloablative",
         {"busulfan_adult_62_100", "busulfan_t_cell_depleted_55_66"}),
        (5, "", "myeloablative", {"busulfan_child_59_98", "busulfan_child_78_101"}),
        (20, "", "myeloablative",
         {"busulfan_adult_62_100", "busulfan_child_59_98", "busulfan_child_78_101"}),
        (75, "cd34_selected", "myeloablative", {"busulfan_adult_62_100"}),
    ],
)  # fmt: skip
def test_busulfan_by_age_platform_and_conditioning(age, platform, conditioning, expected):
    record = person(age=age, platform=platform)
    if conditioning:
        record = replace(record, covariates=(("conditioning", conditioning),))
    assert chosen(record, "busulfan") == expected


@pytest.mark.parametrize(
    ("id_", "molar", "times"),
    [
        ("busulfan_adult_62_100", (950.0, 1520.0), 16),
        ("busulfan_child_59_98", (3600.0, 6000.0), 4),
    ],
)
def test_busulfan_windows_are_their_molar_numbers(id_, molar, times):
    for printed, ours in zip(molar, (BY_ID[id_].low, BY_ID[id_].high), strict=True):
        total = units.convert(printed * times, "umol.min/L", "mg.h/L", substance="busulfan")
        assert ours == pytest.approx(total, abs=0.05)
    aim = units.convert(18_000.0, "umol.min/L", "mg.h/L", substance="busulfan")
    assert BY_ID["busulfan_child_59_98"].aim == pytest.approx(aim, abs=0.05)


# (id, estimate, low, high, from, to, standing) as printed.
ESTIMATES = [
    ("sirolimus_sos_9", 3.68, 1.57, 8.67, 9, math.inf, Standing.PUBLISHED),
    ("sirolimus_cmv_8_18", 0.68, None, None, 8, 18, Standing.PUBLISHED),
    ("sirolimus_agvhd_children", 6.1 - 9.4, None, None, 0, math.inf, Standing.PUBLISHED),
    ("thymoglobulin_adult_survival_below_60", 2.41, None, None, 0, 60, Standing.PROVISIONAL),
    ("thymoglobulin_adult_survival_above_95", 2.11, None, None, 95, math.inf,
     Standing.PROVISIONAL),
    ("thymoglobulin_haploidentical_cmv", 0.606, 0.483, 0.731, 100, 148.5, Standing.PUBLISHED),
    ("thymoglobulin_cd34_nrm_55", 3.42, 1.26, 9.30, 55, math.inf, Standing.PUBLISHED),
    ("thymoglobulin_cd34_cd4_30", 2.5, None, None, 0, 30, Standing.PUBLISHED),
    ("thymoglobulin_alpha_beta_survival", 0.865, 0.763, 0.967, 0, 12, Standing.PUBLISHED),
    ("thymoglobulin_cord_cd4", 0.974, None, None, 0, math.inf, Standing.PUBLISHED),
    ("thymoglobulin_cord_event", 1.005, None, None, 0, math.inf, Standing.PUBLISHED),
    ("thymoglobulin_individualized_cd4", 2.4, 1.6, 3.6, 2, 10, Standing.PUBLISHED),
    ("thymoglobulin_individualized_death", 0.56, 0.34, 0.93, 2, 10, Standing.PUBLISHED),
    ("thymoglobulin_individualized_treatment_mortality", 0.51, 0.29, 0.92, 2, 10,
     Standing.PUBLISHED),
    ("thymoglobulin_individualized_cgvhd", 0.35, 0.17, 0.72, 2, 10, Standing.PUBLISHED),
    ("thymoglobulin_individualized_graft_failure", 0.36, 0.13, 0.97, 2, 10, Standing.PUBLISHED),
    ("grafalon_day_below_one_agvhd", 0.082, None, None, 16, math.inf, Standing.PUBLISHED),
    ("grafalon_day_below_one_agvhd_early", 0.5, None, None, 0, 16, Standing.PUBLISHED),
    ("alemtuzumab_graft_agvhd_low", 0.47, None, None, 0, 0.15, Standing.PUBLISHED),
    ("alemtuzumab_graft_agvhd_high", 0.13, None, None, 0.16, math.inf, Standing.PUBLISHED),
    ("alemtuzumab_graft_mixed_chimerism_low", 0.21, None, None, 0, 0.15, Standing.PUBLISHED),
    ("alemtuzumab_graft_mixed_chimerism_middle", 0.42, None, None, 0.16, 4.35,
     Standing.PUBLISHED),
    ("alemtuzumab_graft_mixed_chimerism_high", 1.0, None, None, 4.35, math.inf,
     Standing.PUBLISHED),
    ("busulfan_child_survival_optimum", 78, 74, 82, 0, math.inf, Standing.PUBLISHED),
    ("busulfan_child_sos_melphalan", 0.66, None, None, 74, math.inf, Standing.PUBLISHED),
    ("busulfan_t_cell_depleted_survival", 0.5, 0.29, 0.88, 59.5, math.inf, Standing.PUBLISHED),
    ("busulfan_label_sos", 0.08, None, None, 0, math.inf, Standing.PUBLISHED),
    ("busulfan_targeted_sos", 0.17, None, None, 0, math.inf, Standing.PUBLISHED),
    ("mycophenolate_agvhd_below_300", 0.58, None, None, 0, 300, Standing.PUBLISHED),
    ("treg_tcon_haploidentical_engraftment", 26 / 28, None, None, 2e6, 4e6, Standing.PUBLISHED),
    ("treg_tcon_haploidentical_agvhd", 2 / 26, None, None, 2e6, 4e6, Standing.PUBLISHED),
    ("treg_tcon_haploidentical_cd4_50", 34, None, None, 2e6, 4e6, Standing.PROVISIONAL),
    ("treg_tcon_haploidentical_death", 10 / 28, None, None, 2e6, 4e6, Standing.PROVISIONAL),
    ("orca_t_cgvhd_free_survival", 0.26, 0.14, 0.47, 0, math.inf, Standing.PUBLISHED),
    ("graft_treg_ratio_survival", 0.75, None, None, 2.96, math.inf, Standing.PUBLISHED),
    ("alpha_beta_depleted_agvhd", 0.30, None, None, 0, math.inf, Standing.PUBLISHED),
    ("alpha_beta_depleted_graft_failure", 2 / 80, None, None, 0, math.inf, Standing.PUBLISHED),
    ("alpha_beta_depleted_relapse", 0.24, None, None, 0, math.inf, Standing.PUBLISHED),
    ("alpha_beta_depleted_grfs", 0.71, None, None, 0, math.inf, Standing.PUBLISHED),
    ("cd4_milestone_failed_nrm", 6.58, 2.82, 15.38, 0, 50, Standing.PUBLISHED),
    ("cd4_milestone_failed_survival", 2.35, 1.46, 3.79, 0, 50, Standing.PUBLISHED),
    ("cd4_milestone_failed_event", 1.80, 1.20, 2.69, 0, 50, Standing.PUBLISHED),
    ("cd4_milestone_reached_t_cell_depleted", 0.547, None, None, 0, math.inf,
     Standing.PUBLISHED),
    ("cd4_milestone_reached_t_cell_replete", 0.896, None, None, 0, math.inf, Standing.PUBLISHED),
    ("cd4_milestone_reached_cord_blood", 0.90, None, None, 0, math.inf, Standing.PUBLISHED),
    ("cd4_recovered_nrm", 0.26, 0.11, 0.62, 50, math.inf, Standing.PUBLISHED),
]  # fmt: skip


def test_the_table_is_the_shelf_of_effects():
    assert [row[0] for row in ESTIMATES] == [e.id for e in effects.ALL]


@pytest.mark.parametrize(("id_", "estimate", "low", "high", "start", "end", "standing"), ESTIMATES)
def test_effect_as_printed(id_, estimate, low, high, start, end, standing):
    effect = EFFECT[id_]
    assert effect.estimate == pytest.approx(estimate)
    if low is None:
        assert math.isnan(effect.low)
        assert math.isnan(effect.high)
    else:
        assert (effect.low, effect.high) == (low, high)
        assert effect.low < effect.estimate < effect.high
    assert (effect.applies_low, effect.applies_high) == (start, end)
    assert effect.standing == standing


@pytest.mark.parametrize("effect", effects.ALL, ids=lambda e: e.id)
def test_every_effect_is_whole(effect):
    for words in ("outcome", "estimand", "scale", "baseline", "cohort", "era", "adjustment"):
        assert getattr(effect, words), words
    assert effect.validation
    assert effect.cut_point in ("prespecified", "data-derived", "")
    assert set(effect.platforms) <= set(names.PLATFORMS)
    if effect.metric is Metric.DAY_BELOW_ONE:
        assert effect.unit == "d"
    elif effect.metric is Metric.DOSE:
        assert effect.unit == "mg/kg"
    elif effect.metric not in (Metric.CELL_DOSE, Metric.COUNT):  # of cells there is no target
        assert effect.unit == next(
            t.unit for t in targets.ALL
            if t.analyte == effect.analyte and t.metric == effect.metric
        )  # fmt: skip
    threshold = effect.cut_point == "data-derived"
    assert effect.may_enter_utility == (effect.standing.may_feed_options and not threshold)


def test_cut_points_found_in_the_data_never_enter_a_utility():
    assert not EFFECT["sirolimus_sos_9"].may_enter_utility
    assert not EFFECT["thymoglobulin_cd34_nrm_55"].may_enter_utility
    prespecified = replace(EFFECT["sirolimus_sos_9"], cut_point="prespecified")
    assert prespecified.may_enter_utility


def test_cord_abstract_contradicts_itself_as_the_note_says():
    compounded = 0.974**10
    assert compounded == pytest.approx(0.77, abs=0.005)
    assert "26 %" in EFFECT["thymoglobulin_cord_cd4"].source.note


def test_the_randomized_graft_and_the_haploidentical_platform_never_mix():
    randomized = EFFECT["orca_t_cgvhd_free_survival"]
    series = [e for e in effects.ALL if e.agent == "treg_tcon_graft"]
    assert randomized.design is Design.RANDOMIZED
    assert len(series) == 4
    for effect in series:
        assert effect.design is Design.SERIES
        assert effect.platforms == ("treg_tcon",)
        # A matched graft of the product may be charted there too: the donor parts them.
        assert effect.donors == ("haploidentical",)
        assert randomized.donors
        assert "haploidentical" not in randomized.donors
    assert randomized.product == "Orca-T"


def test_two_of_26_is_inside_its_exact_interval_as_a_simulation_is_judged():
    low, high = exact_interval(2, 26)
    assert (round(100 * low), round(100 * high)) == (1, 25)
