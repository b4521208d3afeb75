"""What exposure to fludarabine (F-ara-A) before transplantation went with."""

from __future__ import annotations

import math

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

EFFECTS: tuple[Effect, ...] = (
    Effect(
        id="fludarabine_survival_optimum",
        agent="fludarabine",
        analyte="f_ara_a",
        metric=Metric.AUC_CUMULATIVE,
        unit="mg.h/L",
        applies_low=0.0,
        applies_high=math.inf,
        outcome="event-free survival",
        estimand="cumulative AUC at which event-free survival at 2 years was best; events are "
        "relapse, death without relapse and graft failure",
        scale="AUC of the optimum, mg.h/L",
        estimate=20.0,
        low=math.nan,
        high=math.nan,
        baseline="over-exposed against optimal: relapse, death without relapse or graft failure "
        "hazard ratio 2.0 (1.1-3.5), death without relapse 3.4 (1.6-6.9), immune reconstitution "
        "0.43 (0.26-0.70); under-exposed: death without relapse 3.3 (1.2-9.4), graft failure 4.8 "
        "(1.2-19); nothing with relapse. The abstract does not print where the groups begin",
        design=Design.COHORT,
        cohort="192 patients, 68 benign and 124 malignant diseases; 160 mg/m2, busulfan targeted "
        "to 90 mg.h/L, rabbit ATG",
        era="2010-2016",
        adjustment="parametric time-to-event models; covariates not told in the abstract",
        cut_point="data-derived",
        validation="none known",
        platforms=("adult_unrelated", "cord_blood", "pediatric"),
        source=Source(
            "Langenhorst 2019, Blood Adv 3:2179, PMC6650734",
            where="abstract",
            note="read as abstract; exposure there is that of a published population model, taken "
            "for fludarabine_langenhorst2019; the platforms are our reading of rabbit ATG before "
            "an allogeneic graft",
        ),
        standing=Standing.PUBLISHED,
    ),
)
