"""What exposure to active Thymoglobulin went with, by platform."""

from __future__ import annotations

import math
from dataclasses import replace

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

_ADULT_LOW = Effect(
    id="thymoglobulin_adult_survival_below_60",
    agent="thymoglobulin",
    analyte="atg_active_au",
    metric=Metric.AUC_POST,
    unit="AU.d/mL",
    applies_low=0.0,
    applies_high=60.0,
    outcome="death",
    estimand="death from any cause, exposure after the graft below 60 against 60-95 AU.d/mL",
    scale="hazard ratio",
    estimate=2.41,
    low=math.nan,
    high=math.nan,
    baseline="5-year survival 69 % inside the window, 32 % below, 48 % above",
    design=Design.COHORT,
    cohort="146 adults, unrelated donors, non-myeloablative",
    era="published 2017",
    adjustment="not known",
    cut_point="data-derived",
    validation="none known",
    platforms=("adult_unrelated",),
    source=Source(
        "Admiraal 2017, Lancet Haematol",
        doi="10.1016/S2352-3026(17)30029-7",
        where="from memory",
        note="the paper was not read; every number here waits for it",
    ),
    standing=Standing.PROVISIONAL,
)

_CD34_NRM = Effect(
    id="thymoglobulin_cd34_nrm_55",
    agent="thymoglobulin",
    analyte="atg_active_au",
    metric=Metric.AUC_POST,
    unit="AU.d/mL",
    applies_low=55.0,
    applies_high=math.inf,
    outcome="non-relapse mortality",
    estimand="non-relapse mortality, exposure after the graft at or above 55 AU.d/mL",
    scale="hazard ratio",
    estimate=3.42,
    low=1.26,
    high=9.30,
    baseline="median exposure 47 AU.d/mL (0-101); with CD4 recovery the 5-year mortality without "
    "relapse was 7 times lower",
    design=Design.COHORT,
    cohort="554 recipients of CD34-selected grafts, myeloablative, 0.1-73 years",
    era="published 2022",
    adjustment="not told in the abstract as read; nor is the reference group spelled out there",
    cut_point="data-derived",
    validation="none known",
    platforms=("cd34_selected",),
    source=Source(
        "Lakkaraja 2022, Blood Adv 2022;6(3):1054",
        where="abstract",
        note="read as abstract; how 30 and 55 were chosen is not told, so they count as "
        "data-derived here",
    ),
    standing=Standing.PUBLISHED,
)

_CORD_CD4 = Effect(
    id="thymoglobulin_cord_cd4",
    agent="thymoglobulin",
    analyte="atg_active_au",
    metric=Metric.AUC_POST,
    unit="AU.d/mL",
    applies_low=0.0,
    applies_high=math.inf,
    outcome="CD4 recovery",
    estimand="CD4 recovery, for each AU.d/mL more after the graft (p < .0001)",
    scale="hazard ratio per AU.d/mL",
    estimate=0.974,
    low=math.nan,
    high=math.nan,
    baseline="CD4 recovery itself went with a hazard ratio of 0.26 for event-free survival's "
    "events",
    design=Design.COHORT,
    cohort="137 children, cord blood, 82 % with ATG",
    era="published 2016",
    adjustment="not told in the abstract as read",
    cut_point="",
    validation="none known",
    platforms=("cord_blood",),
    source=Source(
        "Admiraal 2016, Blood 2016;128(23):2734",
        where="abstract",
        note="read as abstract, which also says 26 % less for each 10 units: not this ratio "
        "compounded (0.974 to the tenth is 0.77)",
    ),
    standing=Standing.PUBLISHED,
)

_PARACHUTE = Effect(
    id="thymoglobulin_individualized_cd4",
    agent="thymoglobulin",
    analyte="thymoglobulin",
    metric=Metric.DOSE,
    unit="mg/kg",
    applies_low=2.0,
    applies_high=10.0,
    outcome="CD4 recovery",
    estimand="CD4 over 50/uL twice within 100 days, dosed by weight, lymphocytes and cell source "
    "from day -9 against a fixed dose",
    scale="hazard ratio",
    estimate=2.4,
    low=1.6,
    high=3.6,
    baseline="83 % against 54 % with a fixed dose; acute GVHD and graft failure did not differ",
    design=Design.COHORT,
    cohort="58 children of a single-arm trial, 2015-2018, against 112 earlier ones",
    era="published 2020",
    adjustment="none told in the abstract; the comparison is historical",
    cut_point="",
    validation="101 children of another center on the same schedule: a CD4 count over 50/uL on "
    "day 90 in 81 % (doi:10.1038/s41409-024-02206-5, abstract)",
    platforms=("pediatric", "cord_blood"),
    source=Source(
        "Admiraal 2020, Biol Blood Marrow Transplant 26:S33 (PARACHUTE)",
        where="abstract of the meeting",
        note="the table of doses is not public: a patient's own dose is not compared with it",
    ),
    standing=Standing.PUBLISHED,
    ages=(0.0, 18.0),
)

_MODEL_BASED = replace(
    _PARACHUTE,
    id="thymoglobulin_individualized_death",
    outcome="death",
    estimand="death from any cause, dosed by weight, lymphocytes and cell source against a fixed "
    "dose (P = .026)",
    estimate=0.56,
    low=0.34,
    high=0.93,
    baseline="CD4 recovery 87 % (SE 2) against 47 % (SE 5); acute GVHD II-IV comparable",
    cohort="214 children, first T-cell replete graft, of whom 58 are those of PARACHUTE, against "
    "100 earlier ones with a fixed dose",
    era="published 2025",
    adjustment="not told in the abstract; the comparison is historical",
    validation="none known",
    source=Source(
        "Admiraal 2025, Blood Adv (model-based Thymoglobulin)",
        where="abstract",
        note="the table of doses is not public: a patient's own dose is not compared with it",
    ),
)

EFFECTS: tuple[Effect, ...] = (
    _ADULT_LOW,
    replace(
        _ADULT_LOW,
        id="thymoglobulin_adult_survival_above_95",
        applies_low=95.0,
        applies_high=math.inf,
        estimand="death from any cause, exposure after the graft above 95 against 60-95 AU.d/mL",
        estimate=2.11,
    ),
    Effect(
        id="thymoglobulin_haploidentical_cmv",
        agent="thymoglobulin",
        analyte="atg_active_ue",
        metric=Metric.AUC_TOTAL,
        unit="UE.d/mL",
        applies_low=100.0,
        applies_high=148.5,
        outcome="CMV reactivation",
        estimand="CMV reactivation, total exposure inside 100-148.5 UE.d/mL",
        scale="risk",
        estimate=0.606,
        low=0.483,
        high=0.731,
        baseline="outside the window 77.1 % (64.5-87.7), p = .016; persistent CMV 31.5 % inside, "
        "56.3 % outside",
        design=Design.COHORT,
        cohort="106 adults, haploidentical blood grafts, myeloablative, 10 mg/kg on days -5 to -2",
        era="published 2022",
        adjustment="none told in the abstract",
        cut_point="data-derived",
        validation="a randomized trial has been completed (NCT05166967), not published in its "
        "record",
        platforms=("haploidentical_replete",),
        source=Source(
            "Wang 2022, Transplant Cell Ther",
            doi="10.1016/j.jtct.2022.03.018",
            where="abstract",
            note="read as abstract, which prints UE/mL/day for an exposure",
        ),
        standing=Standing.PUBLISHED,
    ),
    _CD34_NRM,
    replace(
        _CD34_NRM,
        id="thymoglobulin_cd34_cd4_30",
        applies_low=0.0,
        applies_high=30.0,
        outcome="CD4 recovery",
        estimand="probability of CD4 recovery, exposure after the graft below 30 against "
        "30-55 AU.d/mL; against 55 and over it was 3 times as high",
        scale="ratio of probabilities",
        estimate=2.5,
        low=math.nan,
        high=math.nan,
    ),
    Effect(
        id="thymoglobulin_alpha_beta_survival",
        agent="thymoglobulin",
        analyte="atg_active_au",
        metric=Metric.AUC_POST,
        unit="AU.d/mL",
        applies_low=0.0,
        applies_high=12.0,
        outcome="disease-free survival",
        estimand="3-year disease-free survival, below 12 AU.d/mL after the graft and at least 50 "
        "before it (n=52)",
        scale="probability",
        estimate=0.865,
        low=0.763,
        high=0.967,
        baseline="low before and low after 64.6 % (n=47), low and high 32.9 % (n=13), high and "
        "high 48.2 % (n=51)",
        design=Design.COHORT,
        cohort="163 children, haploidentical, alpha-beta T-cell and CD19 depleted, 9 centers",
        era="published 2024",
        adjustment="not told for the four groups; residual disease before transplantation "
        "(hazard ratio 2.45) and CMV serostatus (3.33) counted besides",
        cut_point="data-derived",
        validation="none known",
        platforms=("alpha_beta_depleted",),
        source=Source(
            "Dvorak 2024, Blood Adv",
            doi="10.1182/bloodadvances.2024012670",
            where="abstract",
            note="read as abstract; the cut-off after the graft is printed per L there and read "
            "as per mL",
        ),
        standing=Standing.PUBLISHED,
    ),
    _CORD_CD4,
    replace(
        _CORD_CD4,
        id="thymoglobulin_cord_event",
        outcome="event of event-free survival",
        estimand="an event of event-free survival, for each AU.d/mL more after the graft "
        "(p = .0071)",
        estimate=1.005,
        source=Source(
            "Admiraal 2016, Blood 2016;128(23):2734",
            where="abstract",
            note="read as abstract; what counts as an event was not read",
        ),
    ),
    _PARACHUTE,
    _MODEL_BASED,
    replace(
        _MODEL_BASED,
        id="thymoglobulin_individualized_treatment_mortality",
        outcome="treatment-related mortality",
        estimand="treatment-related mortality, dosed by weight, lymphocytes and cell source "
        "against a fixed dose (P = .025)",
        estimate=0.51,
        low=0.29,
        high=0.92,
        baseline="with CD4 recovery against without it 0.19 (0.09-0.36)",
    ),
    replace(
        _MODEL_BASED,
        id="thymoglobulin_individualized_cgvhd",
        outcome="chronic GVHD",
        estimand="chronic GVHD, dosed by weight, lymphocytes and cell source against a fixed dose "
        "(P = .004)",
        estimate=0.35,
        low=0.17,
        high=0.72,
    ),
    replace(
        _MODEL_BASED,
        id="thymoglobulin_individualized_graft_failure",
        outcome="graft failure",
        estimand="graft failure, dosed by weight, lymphocytes and cell source against a fixed "
        "dose (P = .044)",
        estimate=0.36,
        low=0.13,
        high=0.97,
    ),
)
