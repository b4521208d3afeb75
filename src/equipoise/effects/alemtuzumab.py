"""What the level of alemtuzumab at the graft went with, in children with non-malignant disease."""

from __future__ import annotations

import math
from dataclasses import replace

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

_AGVHD = Effect(
    id="alemtuzumab_graft_agvhd_low",
    agent="alemtuzumab",
    analyte="alemtuzumab",
    metric=Metric.AT_GRAFT,
    unit="ug/mL",
    applies_low=0.0,
    applies_high=0.15,
    outcome="acute GVHD II-IV",
    estimand="acute GVHD grade II-IV, level at the graft at most 0.15 ug/mL",
    scale="risk",
    estimate=0.47,
    low=math.nan,
    high=math.nan,
    baseline="13 % at 0.16 ug/mL and more (p = .0002); grade I-IV 68 against 18 %, III-IV 32 "
    "against 8 %",
    design=Design.COHORT,
    cohort="105 patients, non-malignant disease, alemtuzumab, fludarabine and melphalan",
    era="published 2016",
    adjustment="none told in the abstract as read",
    cut_point="data-derived",
    validation="none known; in 53 other children the level had no effect on acute GVHD",
    platforms=("pediatric",),
    source=Source("Marsh 2016, Blood 2016;127(4):503", where="abstract", note="read as abstract"),
    standing=Standing.PUBLISHED,
    ages=(0.0, 18.0),
)

_CHIMERISM = replace(
    _AGVHD,
    id="alemtuzumab_graft_mixed_chimerism_low",
    outcome="mixed chimerism",
    estimand="mixed chimerism, level at the graft at most 0.15 ug/mL",
    estimate=0.21,
    baseline="21, 42 and 100 % at up to 0.15, 0.16-4.35 and above 4.35 ug/mL (p = .003)",
    validation="none known",
)

EFFECTS: tuple[Effect, ...] = (
    _AGVHD,
    replace(
        _AGVHD,
        id="alemtuzumab_graft_agvhd_high",
        applies_low=0.16,
        applies_high=math.inf,
        estimand="acute GVHD grade II-IV, level at the graft of 0.16 ug/mL and more",
        estimate=0.13,
        baseline="47 % at up to 0.15 ug/mL (p = .0002)",
    ),
    _CHIMERISM,
    replace(
        _CHIMERISM,
        id="alemtuzumab_graft_mixed_chimerism_middle",
        applies_low=0.16,
        applies_high=4.35,
        estimand="mixed chimerism, level at the graft 0.16-4.35 ug/mL",
        estimate=0.42,
    ),
    replace(
        _CHIMERISM,
        id="alemtuzumab_graft_mixed_chimerism_high",
        applies_low=4.35,
        applies_high=math.inf,
        estimand="mixed chimerism, level at the graft above 4.35 ug/mL",
        estimate=1.0,
    ),
)
"""Risks in each band; the later cohort prints no size and stands in the window's conflict."""
