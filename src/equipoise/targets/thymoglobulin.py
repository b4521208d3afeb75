"""Exposure windows of Thymoglobulin (active, T-cell binding) by platform.

Before and after the graft, or in all; never across platform, product or unit. AU and UE are two
scales that nobody has calibrated against each other. Nothing is validated with post-transplant
cyclophosphamide, nor for the other rabbit product, and `ABSENT` says so. The pre-graft 40 AU.d/mL
and more that is told of the 2015 pediatric study was not found in print.

Two studies of total rabbit IgG before the graft (above 70 ug/mL: PMID 15996931, whose abstract
prints mg/mL; 27.8 ug/mL: doi:10.1007/s12185-022-03342-8) are not here: their abstracts as read
name no product, and total IgG is not active antibody.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from equipoise.source import Evidence, Source, Standing
from equipoise.target import Absence, Metric, Target

REVIEWED = date(2026, 11, 22)

_HANDBOOK = Source(
    "EBMT Handbook 2024, chapter 10",
    doi="10.1007/978-3-031-44080-9_10",
    where="Table 10.1",
    note="the handbook's own level C",
)

_ADULT = Target(
    id="thymoglobulin_adult_unrelated_post_60_95",
    agent="thymoglobulin",
    analyte="atg_active_au",
    metric=Metric.AUC_POST,
    low=60.0,
    high=95.0,
    unit="AU.d/mL",
    indications=(),
    platforms=("adult_unrelated",),
    ages=(18.0, math.inf),
    line="unrelated donor, non-myeloablative",
    source=Source(
        "Admiraal 2017, Lancet Haematol",
        doi="10.1016/S2352-3026(17)30029-7",
        where="as told in a secondary digest of Bishop 2026, doi:10.1002/psp4.70176",
        note="the paper itself was not read; the window comes from a secondary digest",
    ),
    standing=Standing.PROVISIONAL,
    evidence=Evidence("2b"),
    era="published 2017",
    reviewed_on=REVIEWED,
    because="survival was told to be best inside the window, so a last dose can be too high as "
    "well as too low",
    conflict="the EBMT Handbook 2024 (Table 10.1) has 60-90 AU.d/mL",
)

_HAPLO = Target(
    id="thymoglobulin_haploidentical_total_100_148",
    agent="thymoglobulin",
    analyte="atg_active_ue",
    metric=Metric.AUC_TOTAL,
    low=100.0,
    high=148.5,
    unit="UE.d/mL",
    indications=(),
    platforms=("haploidentical_replete",),
    ages=(18.0, math.inf),
    line="haploidentical blood graft, myeloablative, 10 mg/kg over days -5 to -2",
    source=Source(
        "Wang 2022, Transplant Cell Ther",
        doi="10.1016/j.jtct.2022.03.018",
        where="abstract",
        note="read as abstract, which prints UE/mL/day for an exposure. 106 adults",
    ),
    standing=Standing.PUBLISHED,
    evidence=Evidence("2b"),
    era="published 2022",
    reviewed_on=REVIEWED,
    because="inside the window CMV reactivated less often and engraftment was no slower; a level "
    "in AU/mL says nothing about it",
    conflict="later trials of the same group aim at 110-148.5 UE.d/mL (NCT05166967)",
)

_DEPLETED = Target(
    id="thymoglobulin_cd34_selected_post_30",
    agent="thymoglobulin",
    analyte="atg_active_au",
    metric=Metric.AUC_POST,
    low=0.0,
    high=30.0,
    unit="AU.d/mL",
    indications=(),
    platforms=("cd34_selected",),
    ages=(0.1, 74.0),
    line="CD34-selected, myeloablative, 0.1-73 years",
    source=Source(
        "Lakkaraja 2022, Blood Adv 2022;6(3):1054",
        where="abstract",
        note="read as abstract; observed median 47 (0-101) AU.d/mL, so most were above",
    ),
    standing=Standing.PUBLISHED,
    evidence=Evidence("2b"),
    era="published 2022",
    reviewed_on=REVIEWED,
    because="below 30 AU.d/mL CD4 recovery was more likely, and at 55 and over mortality without "
    "relapse was higher: what is left after the graft counts, not the dose",
    conflict="the EBMT Handbook 2024 (Table 10.1) has below 20 AU.d/mL for ex vivo T-cell "
    "depletion",
)

_ALPHA_BETA = Target(
    id="thymoglobulin_alpha_beta_pre_50",
    agent="thymoglobulin",
    analyte="atg_active_au",
    metric=Metric.AUC_PRE,
    low=50.0,
    high=math.inf,
    unit="AU.d/mL",
    indications=(),
    platforms=("alpha_beta_depleted",),
    ages=(0.0, 18.0),
    line="haploidentical, alpha-beta T-cell and CD19 depleted, children, 9 centers",
    source=Source(
        "Dvorak 2024, Blood Adv",
        doi="10.1182/bloodadvances.2024012670",
        where="abstract",
        note="read as abstract; under 18 years is our reading of 'pediatric'",
    ),
    standing=Standing.PUBLISHED,
    evidence=Evidence("2b"),
    era="published 2024",
    reviewed_on=REVIEWED,
    because="much before the graft and little after it went with the best survival, so when "
    "a dose is given counts beside how large it is",
)

_PEDIATRIC = Target(
    id="thymoglobulin_pediatric_marrow_post_50",
    agent="thymoglobulin",
    analyte="atg_active_au",
    metric=Metric.AUC_POST,
    low=0.0,
    high=50.0,
    unit="AU.d/mL",
    indications=(),
    platforms=("pediatric",),
    ages=(0.0, 18.0),
    line="children, myeloablative, bone marrow; dose by weight, lymphocytes and cell source, first "
    "dose on day -9",
    source=replace(
        _HANDBOOK, note=f"{_HANDBOOK.note}; under 18 years is our reading of 'pediatric'"
    ),
    standing=Standing.PUBLISHED,
    evidence=Evidence("2b"),
    era="published 2024",
    reviewed_on=REVIEWED,
    because="the bound is the handbook's for marrow, with a course that starts on day -9; it is "
    "none for mobilized blood",
    conflict="a residual exposure of up to 10 AU.d/mL was studied in 2018 (Blood Adv 2018;2(5):565)"
    " and made no difference to CD4 recovery after marrow",
)

TARGETS: tuple[Target, ...] = (
    _ADULT,
    replace(
        _ADULT,
        id="thymoglobulin_adult_unrelated_post_60_90",
        high=90.0,
        line="adult, non-myeloablative, mobilized blood; dose by lymphocytes, first dose on day -9",
        source=replace(
            _HANDBOOK,
            note=f"{_HANDBOOK.note}; the row names no donor, unrelated is our reading from the "
            "study behind it",
        ),
        standing=Standing.PUBLISHED,
        era="published 2024",
        because="an exposure of 90-95 AU.d/mL is above this window and inside the other",
        conflict="a secondary digest of the study behind it has 60-95 AU.d/mL",
    ),
    _HAPLO,
    replace(
        _HAPLO,
        id="thymoglobulin_haploidentical_total_110_148",
        low=110.0,
        line="haploidentical; the doses of days -3 and -2 follow measured active levels",
        source=Source(
            "NCT05166967, phase 3, targeted Thymoglobulin dosing (n=204)",
            where="registry record (copy)",
            note="registry text; its results were not in the record. Ages were not read there, "
            "adults is our reading; the window is a trial's aim",
        ),
        evidence=Evidence("5"),
        era="2022-2025",
        because="an exposure of 100-110 UE.d/mL is inside the first study's window and below the "
        "one its authors went on to aim at",
        conflict="the study it rests on has 100-148.5 UE.d/mL (doi:10.1016/j.jtct.2022.03.018)",
    ),
    _DEPLETED,
    replace(
        _DEPLETED,
        id="thymoglobulin_t_cell_depleted_post_20",
        high=20.0,
        platforms=("cd34_selected", "alpha_beta_depleted"),
        ages=(0.0, math.inf),
        line="ex vivo T-cell depleted, children and adults; first dose on day -12",
        source=_HANDBOOK,
        era="published 2024",
        because="dosing starts three days earlier than with a replete graft",
        conflict="below 30 AU.d/mL with CD34 selection (Blood Adv 2022;6(3):1054), below 12 with "
        "alpha-beta depletion (doi:10.1182/bloodadvances.2024012670)",
    ),
    _ALPHA_BETA,
    replace(
        _ALPHA_BETA,
        id="thymoglobulin_alpha_beta_post_12",
        metric=Metric.AUC_POST,
        low=0.0,
        high=12.0,
        source=replace(
            _ALPHA_BETA.source,
            note=f"{_ALPHA_BETA.source.note}; the abstract prints this cut-off per L, the one "
            "before the graft per mL: read as per mL",
        ),
        conflict="the EBMT Handbook 2024 (Table 10.1) has below 20 AU.d/mL for ex vivo T-cell "
        "depletion",
    ),
    replace(
        _PEDIATRIC,
        id="thymoglobulin_cord_post_20",
        high=20.0,
        platforms=("cord_blood",),
        line="children, myeloablative, cord blood; dose by weight, lymphocytes and cell source, "
        "first dose on day -9",
        because="in another cohort each unit more after the graft went with slower CD4 recovery "
        "(hazard ratio 0.974): what is left after the graft counts",
        conflict="lower was better without a threshold in 137 children (Blood 2016;128(23):2734); "
        "above 10 AU.d/mL CD4 recovery was severely impaired (Blood Adv 2018;2(5):565)",
    ),
    _PEDIATRIC,
)

_SOURCES_READ = Source(
    "Equipoise, the sources of this shelf", where="no study among those read", note="a gap, not a "
    "finding: a study that was not read may have one",
)  # fmt: skip

ABSENT: tuple[Absence, ...] = (
    *(
        Absence(
            agent=agent,
            reason="with post-transplant cyclophosphamide no exposure window of "
            f"{agent.capitalize()} has been validated, and those of other platforms do not carry "
            "over",
            source=_SOURCES_READ,
            standing=Standing.HYPOTHESIS,
            reviewed_on=REVIEWED,
            platforms=("post_transplant_cyclophosphamide",),
        )
        for agent in ("thymoglobulin", "grafalon")
    ),
    Absence(
        agent="grafalon",
        reason="no window of exposure to active Grafalon was found in print: the day on which it "
        "falls below 1 AU/mL went with acute GVHD and relapse in one cohort of children, which is "
        "no aim for a dose",
        source=Source(
            "Oostenbrink 2024, Haematologica",
            doi="10.3324/haematol.2023.284632",
            where="abstract",
        ),
        standing=Standing.PUBLISHED,
        reviewed_on=REVIEWED,
    ),
)
"""Where there is no window; the first that concerns a patient gives the reason."""
