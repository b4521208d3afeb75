"""What exposure to active Grafalon (ATLG) went with; never to be read for Thymoglobulin."""

from __future__ import annotations

import math
from dataclasses import replace

from equipoise.source import Source, Standing
from equipoise.target import Design, Effect, Metric

_LATE = Effect(
    id="grafalon_day_below_one_agvhd",
    agent="grafalon",
    analyte="atg_active_au",
    metric=Metric.DAY_BELOW_ONE,
    unit="d",
    applies_low=16.0,
    applies_high=math.inf,
    outcome="acute GVHD II-IV",
    estimand="acute GVHD II-IV, active ATLG falling below 1 AU/mL after day 16",
    scale="risk",
    estimate=0.082,
    low=math.nan,
    high=math.nan,
    baseline="50 % where it fell below 1 AU/mL by day 16, the median (p < .001); CD4 recovery was "
    "slower at 4 and 8 weeks with more exposure, not at 12",
    design=Design.COHORT,
    cohort="121 children with acute lymphoblastic leukemia, matched unrelated donors, one dose of "
    "ATLG for all, prospective, several nations",
    era="published 2024",
    adjustment="not told in the abstract as read",
    cut_point="data-derived",
    validation="none known",
    platforms=("pediatric",),
    source=Source(
        "Oostenbrink 2024, Haematologica",
        doi="10.3324/haematol.2023.284632",
        where="abstract",
        note="read as abstract; under 18 years is our reading of 'pediatric'. In complete "
        "remission 2 and 3 relapse was more frequent with longer exposure (p = .010), not in 1",
    ),
    standing=Standing.PUBLISHED,
    ages=(0.0, 18.0),
)

EFFECTS: tuple[Effect, ...] = (
    _LATE,
    replace(
        _LATE,
        id="grafalon_day_below_one_agvhd_early",
        applies_low=0.0,
        applies_high=16.0,
        estimand="acute GVHD II-IV, active ATLG falling below 1 AU/mL by day 16",
        estimate=0.5,
        baseline="8.2 % where it fell below 1 AU/mL later (p < .001)",
    ),
)
