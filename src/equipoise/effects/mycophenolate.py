"""What exposure to mycophenolic acid went with after allogeneic transplantation."""

from __future__ import annotations

import math

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

EFFECTS: tuple[Effect, ...] = (
    Effect(
        id="mycophenolate_agvhd_below_300",
        agent="mycophenolate",
        analyte="mycophenolate_unbound",
        metric=Metric.AUC_INTERVAL,
        interval=12.0,
        unit="ng.h/mL",
        applies_low=0.0,
        applies_high=300.0,
        outcome="acute GVHD, grade II-IV",
        estimand="cumulative incidence of acute GVHD II-IV, unbound AUC over 12 h below 300 "
        "ng.h/mL",
        scale="risk",
        estimate=0.58,
        low=math.nan,
        high=math.nan,
        baseline="35 % at 300 ng.h/mL and over (p = .05); with 150 ng.h/mL over 6 h as the limit "
        "68 against 40 % (p = .02)",
        design=Design.COHORT,
        cohort="87 adults, non-myeloablative, related and unrelated donors and cord blood, mofetil "
        "1 g every 12 h with ciclosporin",
        era="published 2005",
        adjustment="none told in the abstract",
        cut_point="data-derived",
        validation="none known; no association with acute GVHD in 85 other adults (Giaccone 2005, "
        "abstract)",
        platforms=("adult_related", "adult_unrelated", "cord_blood"),
        source=Source(
            "Jacobson 2005, Relationship of mycophenolic acid exposure to clinical outcome after "
            "hematopoietic cell transplantation",
            where="abstract",
            note="read as abstract; how 300 ng.h/mL was chosen is not told, so it counts as "
            "data-derived here",
        ),
        standing=Standing.PUBLISHED,
        ages=(18.0, math.inf),
    ),
)
"""What exposures went with in published cohorts: "patients like these had", never "will"."""
