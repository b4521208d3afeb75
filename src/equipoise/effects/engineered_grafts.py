"""Grafts with regulatory and conventional T cells, alpha-beta depleted ones, CD4 as a milestone.

The haploidentical platform and the randomized evidence in matched donors are kept apart: neither
speaks for the other, and donor and product say which is which.
"""

from __future__ import annotations

import math
from dataclasses import replace

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

DI_IANNI = Source(
    "Di Ianni 2011, Blood (28 patients)",
    doi="10.1182/blood-2010-10-311894",
    where="abstract; doses as told in Arthritis Res Ther ar3410",
)
TOLD = Source(
    "Arthritis Res Ther ar3410 (on Di Ianni 2011, 28 patients)",
    doi="10.1186/ar3410",
    where="text",
    note="told at second hand; the paper itself was read as abstract only",
)
ORCA_T = Source(
    "Meyer 2025, Blood (PRECISION-T)",
    doi="10.1182/blood.2025031313",
    where="abstract",
    note="cell doses are not in the abstract",
)
VAN_ROESSEL = Source(
    "van Roessel 2020, Cytotherapy (315 transplants)",
    doi="10.1016/j.jcyt.2020.05.005",
    where="abstract",
    note="how 50/uL was chosen is not told there, so it counts as data-derived here",
)
THREE_CENTERS = Source(
    "Cytotherapy 2023 (503 transplants, three institutions)",
    doi="10.1016/j.jcyt.2023.05.012",
    where="abstract",
    note="how 50/uL was chosen is not told there, so it counts as data-derived here",
)
ALPHA_BETA = Source(
    "Blood 2017;130:677 (alpha-beta depleted haploidentical grafts, 80 children)",
    where="abstract",
)
GRAFT_RATIO = Source(
    "Bone Marrow Transplant (94 patients, matched related and unrelated donors)",
    doi="10.1038/bmt.2015.215",
    where="abstract",
)

_HAPLOIDENTICAL = Effect(
    id="treg_tcon_haploidentical_engraftment",
    agent="treg_tcon_graft",
    analyte="Treg",
    metric=Metric.CELL_DOSE,
    unit="/kg",
    applies_low=2e6,
    applies_high=4e6,
    outcome="engraftment",
    estimand="engraftment, 26 of 28, after Treg on day -4, CD34 and conventional T cells on day 0",
    scale="risk",
    estimate=26 / 28,
    low=math.nan,
    high=math.nan,
    baseline="no comparison; Treg 2e6/kg in 23 and 4e6/kg in 5; conventional T cells 0.5e6/kg in "
    "4, 1e6/kg in 17, 2e6/kg in 5, none in 2; CD34 median 8.2e6/kg (5.0-19.1)",
    design=Design.SERIES,
    cohort="28 patients (AML 22, ALL 5, lymphoma 1), haploidentical donors, 8 Gy TBI, thiotepa, "
    "fludarabine, cyclophosphamide, no GVHD prophylaxis",
    era="published 2011",
    adjustment="none: no comparison",
    cut_point="",
    validation="none known for this dose",
    platforms=("treg_tcon",),
    source=DI_IANNI,
    standing=Standing.PUBLISHED,
    donors=("haploidentical",),
    also=(("Tcon", 0.0, 2e6),),
)

_ORCA = Effect(
    id="orca_t_cgvhd_free_survival",
    agent="orca_t",
    analyte="Treg",
    metric=Metric.CELL_DOSE,
    unit="/kg",
    applies_low=0.0,
    applies_high=math.inf,
    outcome="moderate or severe chronic GVHD or death",
    estimand="moderate or severe chronic GVHD or death, Orca-T with tacrolimus against a "
    "conventional graft with tacrolimus and methotrexate, stratified log-rank P < .001",
    scale="hazard ratio",
    estimate=0.26,
    low=0.14,
    high=0.47,
    baseline="free of both at 1 year 78.0 % with Orca-T, 38.4 % without",
    design=Design.RANDOMIZED,
    cohort="187 adults, acute leukemia or MDS, HLA-matched donors, mobilized blood, myeloablative",
    era="published 2025",
    adjustment="randomized, stratified",
    cut_point="",
    validation="none known",
    # A graft of this product may be charted under the platform of regulatory T cells: the donor
    # and the product keep it apart from the haploidentical one.
    platforms=("adult_related", "adult_unrelated", "treg_tcon"),
    source=ORCA_T,
    standing=Standing.PUBLISHED,
    ages=(18.0, math.inf),
    donors=("matched_sibling", "matched_unrelated"),
    product="Orca-T",
)

ADULT = 18.0
"""Years from which it is open whether a cohort of "children and young adults" reached so far: no
end is told (project convention)."""

_MILESTONE = Effect(
    id="cd4_milestone_failed_nrm",
    agent="cd4_recovery",
    analyte="cd4",
    metric=Metric.COUNT,
    unit="/uL",
    applies_low=0.0,
    applies_high=50.0,
    outcome="non-relapse mortality",
    estimand="non-relapse mortality where CD4 was not over 50/uL twice by day 100",
    scale="hazard ratio",
    estimate=6.58,
    low=2.82,
    high=15.38,
    baseline="over 50/uL twice by day 100: 66.7 % of all; relapse and acute GVHD did not differ",
    design=Design.COHORT,
    cohort="315 first transplants of children and young adults (median 10.4 years, quartiles 5.0 "
    "and 16.5): T-cell depleted, cord blood and T-cell replete grafts",
    era="transplants 2008-2017",
    adjustment="multivariate; for what is not told in the abstract as read",
    cut_point="data-derived",
    validation="another cohort of 503 (hazard ratio 0.26 with recovery)",
    platforms=(),
    source=VAN_ROESSEL,
    standing=Standing.PUBLISHED,
    ages_open=ADULT,
    first_graft=True,
    by_day=100.0,
    times=2,
    criterion="cd4_recovery_vanroessel2020",
)

_ALPHA_BETA = Effect(
    id="alpha_beta_depleted_agvhd",
    agent="alpha_beta_depleted_graft",
    analyte="CD34",
    metric=Metric.CELL_DOSE,
    unit="/kg",
    applies_low=0.0,
    applies_high=math.inf,
    outcome="acute GVHD of grade I or II",
    estimand="acute GVHD of grade I or II, of the skin; extensive chronic GVHD 0 %",
    scale="risk",
    estimate=0.30,
    low=math.nan,
    high=math.nan,
    baseline="no comparison; no prophylaxis after the graft; cell doses are not in the abstract as "
    "read",
    design=Design.SERIES,
    cohort="80 children with acute leukemia, haploidentical donors, alpha-beta T-cell and B-cell "
    "depleted grafts",
    era="published 2017",
    adjustment="none: no comparison",
    cut_point="",
    validation="none known",
    platforms=("alpha_beta_depleted",),
    source=ALPHA_BETA,
    standing=Standing.PUBLISHED,
    ages=(0.0, 18.0),
    donors=("haploidentical",),
)

EFFECTS: tuple[Effect, ...] = (
    _HAPLOIDENTICAL,
    replace(
        _HAPLOIDENTICAL,
        id="treg_tcon_haploidentical_agvhd",
        outcome="acute GVHD grade II or more",
        estimand="acute GVHD grade II or more, 2 of 26 that engrafted, without prophylaxis",
        estimate=2 / 26,
    ),
    replace(
        _HAPLOIDENTICAL,
        id="treg_tcon_haploidentical_cd4_50",
        outcome="CD4 of 50/uL",
        estimand="day on which CD4 reached 50/uL, range 19-63; CD8 on day 24 (15-87)",
        scale="median, days",
        estimate=34.0,
        source=TOLD,
        standing=Standing.PROVISIONAL,
    ),
    replace(
        _HAPLOIDENTICAL,
        id="treg_tcon_haploidentical_death",
        outcome="death",
        estimand="death, 10 of 28: 3 veno-occlusive disease, 6 infection, 1 multiorgan failure",
        estimate=10 / 28,
        source=TOLD,
        standing=Standing.PROVISIONAL,
    ),
    _ORCA,
    Effect(
        id="graft_treg_ratio_survival",
        agent="graft_treg",
        analyte="Treg",
        metric=Metric.CELL_DOSE,
        unit="% of CD4",
        applies_low=2.96,
        applies_high=math.inf,
        outcome="overall survival",
        estimand="3-year survival, Treg of the graft's CD4 cells above the median of 2.96 %",
        scale="probability",
        estimate=0.75,
        low=math.nan,
        high=math.nan,
        baseline="below it 49 %; non-relapse mortality 13 % above, 35 % below",
        design=Design.COHORT,
        cohort="94 patients, unmanipulated grafts of matched related and unrelated donors",
        era="published 2016",
        adjustment="not told in the abstract as read",
        cut_point="data-derived",
        validation="none known",
        platforms=("adult_related", "adult_unrelated"),
        source=GRAFT_RATIO,
        standing=Standing.PUBLISHED,
        donors=("matched_sibling", "matched_unrelated"),
        product="unmanipulated",
    ),
    _ALPHA_BETA,
    replace(
        _ALPHA_BETA,
        id="alpha_beta_depleted_graft_failure",
        outcome="graft failure",
        estimand="graft failure, 2 of 80",
        estimate=2 / 80,
    ),
    replace(
        _ALPHA_BETA,
        id="alpha_beta_depleted_relapse",
        outcome="relapse",
        estimand="relapse; non-relapse mortality 5 %",
        estimate=0.24,
    ),
    replace(
        _ALPHA_BETA,
        id="alpha_beta_depleted_grfs",
        outcome="GVHD-free, relapse-free survival",
        estimand="GVHD-free, relapse-free survival at 5 years",
        scale="probability",
        estimate=0.71,
    ),
    _MILESTONE,
    replace(
        _MILESTONE,
        id="cd4_milestone_failed_survival",
        outcome="death",
        estimand="death from any cause where CD4 was not over 50/uL twice by day 100",
        estimate=2.35,
        low=1.46,
        high=3.79,
    ),
    replace(
        _MILESTONE,
        id="cd4_milestone_failed_event",
        outcome="event of event-free survival",
        estimand="an event of event-free survival where CD4 was not over 50/uL twice by day 100",
        estimate=1.80,
        low=1.20,
        high=2.69,
    ),
    replace(
        _MILESTONE,
        id="cd4_milestone_reached_t_cell_depleted",
        applies_low=0.0,
        applies_high=math.inf,
        platforms=("cd34_selected", "alpha_beta_depleted"),
        outcome="CD4 recovery",
        estimand="CD4 over 50/uL twice by day 100 after a T-cell depleted graft",
        scale="probability",
        estimate=0.547,
        low=math.nan,
        high=math.nan,
        baseline="T-cell replete 89.6 %, cord blood 90.0 %, all 66.7 %",
    ),
    replace(
        _MILESTONE,
        id="cd4_milestone_reached_t_cell_replete",
        applies_low=0.0,
        applies_high=math.inf,
        # Whether haploidentical grafts were among them is not told.
        platforms=("adult_related", "adult_unrelated", "pediatric"),
        product="unmanipulated",
        outcome="CD4 recovery",
        estimand="CD4 over 50/uL twice by day 100 after a T-cell replete graft",
        scale="probability",
        estimate=0.896,
        low=math.nan,
        high=math.nan,
        baseline="T-cell depleted 54.7 %, cord blood 90.0 %, all 66.7 %",
    ),
    replace(
        _MILESTONE,
        id="cd4_milestone_reached_cord_blood",
        applies_low=0.0,
        applies_high=math.inf,
        platforms=("cord_blood",),
        outcome="CD4 recovery",
        estimand="CD4 over 50/uL twice by day 100 after cord blood",
        scale="probability",
        estimate=0.90,
        low=math.nan,
        high=math.nan,
        baseline="T-cell depleted 54.7 %, T-cell replete 89.6 %, all 66.7 %",
    ),
    replace(
        _MILESTONE,
        id="cd4_recovered_nrm",
        applies_low=50.0,
        applies_high=math.inf,
        estimand="non-relapse mortality with CD4 over 50/uL by day 100",
        estimate=0.26,
        low=0.11,
        high=0.62,
        baseline="with CD4 and B cells over 25/uL as well 0.06, and relapse of AML 0.24 "
        "(0.06-0.92)",
        cohort="503 first transplants of children and young adults, hematologic malignancies, "
        "three institutions",
        era="transplants 2008-2019",
        adjustment="Cox and Fine-Gray models; for what is not told in the abstract as read",
        validation="another cohort of 315 (hazard ratio 6.58 without recovery)",
        source=THREE_CENTERS,
        times=1,
        criterion="",
    ),
)
"""Series of the haploidentical platform, the randomized trial, other grafts, the milestone."""
