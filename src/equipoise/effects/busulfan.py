"""What exposure to intravenous busulfan went with: sinusoidal obstruction, survival, GVHD."""

from __future__ import annotations

import math
from dataclasses import replace

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

_CHILD = Effect(
    id="busulfan_child_survival_optimum",
    agent="busulfan",
    analyte="busulfan",
    metric=Metric.AUC_CUMULATIVE,
    unit="mg.h/L",
    applies_low=0.0,
    applies_high=math.inf,
    outcome="event-free survival",
    estimand="cumulative AUC at which event-free survival was best",
    scale="AUC of the optimum, mg.h/L",
    estimate=78.0,
    low=74.0,
    high=82.0,
    baseline="event-free survival 68 %, survival 72 % after a median of 2 years; acute GVHD II-IV "
    "was more frequent with more exposure; one or four doses a day made no difference",
    design=Design.COHORT,
    cohort="102 children and young adults, 0.2-21 years, 46 malignant and 56 other diseases",
    era="published 2009",
    adjustment="not told in the abstract for the optimum",
    cut_point="data-derived",
    validation="none known",
    platforms=(),
    source=Source(
        "Bartelink, Association between busulfan exposure and outcome in children, Biol Blood "
        "Marrow Transplant, pages 231-241",
        where="abstract",
        note="read as abstract",
    ),
    standing=Standing.PUBLISHED,
    ages=(0.0, 22.0),
)

EFFECTS: tuple[Effect, ...] = (
    _CHILD,
    replace(
        _CHILD,
        id="busulfan_child_sos_melphalan",
        applies_low=74.0,
        outcome="veno-occlusive disease (SOS)",
        estimand="SOS where melphalan was added and the AUC was above 74 mg.h/L",
        scale="risk",
        estimate=0.66,
        low=math.nan,
        high=math.nan,
        baseline="in the same patients acute GVHD 58 %, mucositis grade III-IV 26 %",
    ),
    Effect(
        id="busulfan_t_cell_depleted_survival",
        agent="busulfan",
        analyte="busulfan",
        metric=Metric.AUC_CUMULATIVE,
        unit="mg.h/L",
        applies_low=59.5,
        applies_high=math.inf,
        outcome="death",
        estimand="death from any cause, cumulative AUC of three days at or above 59.5 mg.h/L "
        "against below (p = .02)",
        scale="hazard ratio",
        estimate=0.5,
        low=0.29,
        high=0.88,
        baseline="5-year survival 67 % (59-76) at or above, 40 % (printed interval 53-68) below; "
        "median exposure 63.4 (46.3-90.7)",
        design=Design.COHORT,
        cohort="176 recipients of T-cell depleted grafts, 2-71 years, median 59",
        era="2012-2019",
        adjustment="multivariate, with what is not told in the abstract",
        cut_point="data-derived",
        validation="none known",
        platforms=("cd34_selected",),
        source=Source(
            "Association between busulfan exposure and survival, Blood Adv 2023;7(18):5225",
            where="abstract",
            note="read as abstract; its interval for the lower survival does not hold the estimate",
        ),
        standing=Standing.PUBLISHED,
    ),
    Effect(
        id="busulfan_label_sos",
        agent="busulfan",
        analyte="busulfan",
        metric=Metric.AUC_CUMULATIVE,
        unit="mg.h/L",
        applies_low=0.0,
        applies_high=math.inf,
        outcome="hepatic veno-occlusive disease (SOS)",
        estimand="SOS after 16 doses of 0.8 mg/kg with cyclophosphamide; 93 % of patients were "
        "below 1500 uM.min at dose 9 (16 such doses: 98.5 mg.h/L), which the label calls the level "
        "generally held to minimize the risk",
        scale="risk",
        estimate=0.08,
        low=math.nan,
        high=math.nan,
        baseline="5 of 61 patients, 2 of them died of it",
        design=Design.COHORT,
        cohort="61 patients of the label's trial",
        era="label",
        adjustment="none",
        cut_point="",
        validation="none known",
        platforms=(),
        source=Source(
            "Busulfex (busulfan) injection, labels of the US and Indonesia",
            where="adverse reactions and warnings (label)",
            note="read in two public copies (MIMS Indonesia; safety information of 2011)",
        ),
        standing=Standing.PUBLISHED,
    ),
    Effect(
        id="busulfan_targeted_sos",
        agent="busulfan",
        analyte="busulfan",
        metric=Metric.AUC_CUMULATIVE,
        unit="mg.h/L",
        applies_low=0.0,
        applies_high=math.inf,
        outcome="veno-occlusive disease (SOS)",
        estimand="SOS where Css was targeted to 800-900 ng/mL (85 % reached it); within that "
        "narrow range AUC (p = .275) and clearance (p = .919) told nothing more",
        scale="risk",
        estimate=0.17,
        low=math.nan,
        high=math.nan,
        baseline="mean age 15 years, 53 % inherited hemoglobin disorders",
        design=Design.COHORT,
        cohort="73 patients, 2003-2014",
        era="published 2020",
        adjustment="none (univariable)",
        cut_point="",
        validation="none known",
        platforms=(),
        source=Source(
            "Salman 2020, Busulfan clearance does not predict hepatic veno-occlusive disease "
            "(Japanese Society of Hematology)",
            where="abstract",
            note="read as abstract",
        ),
        standing=Standing.PUBLISHED,
    ),
)
