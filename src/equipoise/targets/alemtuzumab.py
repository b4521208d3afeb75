"""Alemtuzumab at the graft: a window that its authors recommend, and where there is none.

No model of alemtuzumab stands on the shelf, because no complete table was found in print
(Admiraal 2019, Achini-Gutzwiller 2023: structure and covariates only, and they disagree on
lymphocytes). A level is compared with the window; no dose is computed from it.
"""

from __future__ import annotations

from datetime import date

from equipoise.source import Evidence, Source, Standing
from equipoise.target import Absence, Metric, Target

REVIEWED = date(2026, 11, 22)

MARSH = Source(
    "Marsh 2016, Blood 2016;127(4):503",
    where="abstract",
    note="read as abstract",
)
NO_TABLE = Source(
    "Admiraal 2019, Clin Pharmacokinet",
    doi="10.1007/s40262-019-00782-0",
    where="key points: weight is the main covariate; no window is printed there",
)

TARGETS: tuple[Target, ...] = (
    Target(
        id="alemtuzumab_pediatric_graft_02_04",
        agent="alemtuzumab",
        analyte="alemtuzumab",
        metric=Metric.AT_GRAFT,
        low=0.2,
        high=0.4,
        unit="ug/mL",
        indications=(),
        platforms=("pediatric",),
        ages=(0.0, 18.0),
        line="non-malignant disease, alemtuzumab, fludarabine and melphalan, reduced intensity",
        source=MARSH,
        standing=Standing.PUBLISHED,
        evidence=Evidence("2b"),
        era="published 2016",
        reviewed_on=REVIEWED,
        because="below it acute GVHD was more frequent, above it mixed chimerism and a slow return "
        "of lymphocytes: a dose can be given too late as well as too large",
        conflict="in 53 children with non-malignant disease the median was 0.77 ug/mL, with no "
        "effect on acute GVHD (doi:10.1182/bloodadvances.2022009051)",
    ),
)

ABSENT: tuple[Absence, ...] = tuple(
    Absence(
        agent="alemtuzumab",
        reason=f"no window of alemtuzumab at the graft was found in print for {words}; that of "
        "children with non-malignant disease after reduced intensity does not carry over",
        source=NO_TABLE,
        standing=Standing.HYPOTHESIS,
        reviewed_on=REVIEWED,
        platforms=(platform,),
    )
    for platform, words in (
        ("adult_related", "adults with a related donor"),
        ("adult_unrelated", "adults with an unrelated donor"),
        ("haploidentical_replete", "haploidentical grafts"),
        ("cord_blood", "cord blood"),
        ("post_transplant_cyclophosphamide", "post-transplant cyclophosphamide"),
    )
)
