"""What trough levels of sirolimus went with after allogeneic transplantation."""

from __future__ import annotations

import math

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

ALLOGENEIC = (
    "adult_related",
    "adult_unrelated",
    "haploidentical_replete",
    "post_transplant_cyclophosphamide",
    "cd34_selected",
    "alpha_beta_depleted",
    "cord_blood",
)
"""The two cohorts of adults or of mixed age; neither says by which platform, so all of them."""

EFFECTS: tuple[Effect, ...] = (
    Effect(
        id="sirolimus_sos_9",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        unit="ng/mL",
        applies_low=9.0,
        applies_high=math.inf,
        outcome="sinusoidal obstruction syndrome",
        estimand="SOS, mean trough of days 11-20 at or above 9 ng/mL against below",
        scale="hazard ratio",
        estimate=3.68,
        low=1.57,
        high=8.67,
        baseline="28 of 260 had SOS, on day 22 in the median; mean trough of days 11-20 10.3 ng/mL "
        "with and 8.5 without (p = .008)",
        design=Design.COHORT,
        cohort="260 recipients of allogeneic transplants after myeloablative conditioning (151 "
        "with total body irradiation), sirolimus with tacrolimus in the prevention of GVHD",
        era="published 2020",
        adjustment="multivariable; time from diagnosis to transplant and total body irradiation "
        "counted besides; the kind of hazard is not told in the abstract",
        cut_point="data-derived",
        validation="none known",
        platforms=ALLOGENEIC,
        source=Source(
            "Sirolimus level and SOS, Bone Marrow Transplant 2020, PMID 32623447",
            doi="10.1038/s41409-020-0987-1",
            where="abstract",
            note="read as abstract; how 9 ng/mL was chosen is not told, so it counts as "
            "data-derived here",
        ),
        standing=Standing.PUBLISHED,
    ),
    Effect(
        id="sirolimus_cmv_8_18",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        unit="ng/mL",
        applies_low=8.0,
        applies_high=18.0,
        outcome="CMV DNAemia",
        estimand="CMV DNAemia at a level of 8 ng/mL, falling to 0.21 at 18 ng/mL; no or negligible "
        "effect at 0-6 ng/mL; against which level is not told in the abstract",
        scale="risk ratio",
        estimate=0.68,
        low=math.nan,
        high=math.nan,
        baseline="probability of DNAemia 40 % at 0 and 15 % at 16 ng/mL",
        design=Design.COHORT,
        cohort="recipients of allogeneic transplants on tacrolimus and sirolimus; tacrolimus "
        "worked the other way (40 to 80 % from 0 to 16 ng/mL)",
        era="published 2018",
        adjustment="multivariate Markov model with CMV serostatus and the level of tacrolimus",
        cut_point="",
        validation="none known",
        platforms=ALLOGENEIC,
        source=Source(
            "Sirolimus exposure and CMV DNAemia, Am J Transplant 2018",
            doi="10.1111/ajt.14754",
            where="abstract",
            note="read as abstract; the interval is not in it",
        ),
        standing=Standing.PUBLISHED,
    ),
    Effect(
        id="sirolimus_agvhd_children",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        unit="ng/mL",
        applies_low=0.0,
        applies_high=math.inf,
        outcome="acute GVHD, grade III-IV",
        estimand="difference of mean 24-hour level, grade III-IV (6.1, SD 2.9) less 0-II (9.4, "
        "SD 5.5), p = .044",
        scale="difference of means, ng/mL",
        estimate=-3.3,
        low=math.nan,
        high=math.nan,
        baseline="the number with grade III-IV was not in what was read",
        design=Design.COHORT,
        cohort="40 children after allogeneic transplantation, sirolimus with tacrolimus infusion",
        era="published 2013",
        adjustment="none",
        cut_point="",
        validation="none known",
        platforms=("pediatric",),
        source=Source(
            "Goyal 2013, PMID 23266742",
            where="abstract",
            note="read as abstract; the difference is our subtraction of the two means",
        ),
        standing=Standing.PUBLISHED,
    ),
)
