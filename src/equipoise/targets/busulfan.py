"""Windows of the cumulative AUC of intravenous busulfan, all doses together, in mg.h/L.

What a source prints per dose or per day is multiplied by the doses or days of its own regimen, and
says so. 1 uM.min is 0.0041 mg.h/L (246.3 g/mol). No window here is for reduced-intensity
conditioning, because none was found in print: four days' windows do not serve two days of busulfan.
"""

from __future__ import annotations

import math
from datetime import date

from equipoise.source import Evidence, Source, Standing
from equipoise.target import Metric, Target

REVIEWED = date(2026, 11, 22)
MYELOABLATIVE = ("myeloablative",)

DOSES_A_COURSE = 16
"""Doses of the regimen every 6 h over 4 days, by which a window per dose is multiplied."""

MOLAR_MASS = 246.3


def from_molar(per_dose: float, doses: int) -> float:
    """mg.h/L of a course from uM.min per dose, to the digit that the source's precision allows."""
    return round(per_dose * doses * MOLAR_MASS / 60_000.0, 1)


TARGETS: tuple[Target, ...] = (
    Target(
        id="busulfan_adult_62_100",
        agent="busulfan",
        analyte="busulfan",
        metric=Metric.AUC_CUMULATIVE,
        low=from_molar(950.0, DOSES_A_COURSE),
        high=from_molar(1520.0, DOSES_A_COURSE),
        unit="mg.h/L",
        indications=(),
        platforms=(),
        ages=(18.0, math.inf),
        line="intravenous busulfan every 6 h, 16 doses, with cyclophosphamide (BuCy2), chronic "
        "myeloid leukemia, HLA-matched family donor (n=36)",
        source=Source(
            "Andersson 2002, Biol Blood Marrow Transplant, PMID 12374452",
            where="abstract",
            note="read as abstract: risk of death lowest at about 950-1520 uM.min per dose; times "
            "16 doses here, 62.4-99.8 mg.h/L. Adults, other donors and other diseases are our "
            "reading",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("4"),
        era="published 2002",
        reviewed_on=REVIEWED,
        because="36 patients, window data-derived: hepatic and gut toxicity, mucositis and acute "
        "GVHD rose with the AUC, and the risk of death rose sharply on either side",
        conflict="with fludarabine in older patients 16 000 and 20 000 uM.min in all (65.7 and "
        "82.1 mg.h/L) were randomized as single targets (Popat 2018, "
        "doi:10.1016/S2352-3026(18)30156-X)",
        conditioning=MYELOABLATIVE,
    ),
    Target(
        id="busulfan_t_cell_depleted_55_66",
        agent="busulfan",
        analyte="busulfan",
        metric=Metric.AUC_CUMULATIVE,
        low=55.0,
        high=66.0,
        unit="mg.h/L",
        indications=(),
        platforms=("cd34_selected",),
        ages=(2.0, 72.0),
        line="three days of busulfan before a T-cell depleted graft, 2-71 years (n=176)",
        source=Source(
            "Association between busulfan exposure and survival, Blood Adv 2023;7(18):5225",
            where="abstract",
            note="read as abstract, which says T-cell depletion; CD34 selection is our reading",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("4"),
        era="2012-2019",
        reviewed_on=REVIEWED,
        because="the window that was aimed at; survival was better at 59.5 mg.h/L and above, "
        "inside its upper part, so the lower end may be too low",
        conflict="the same paper's own threshold is 59.5 mg.h/L, data-derived; windows of four "
        "days without T-cell depletion are higher",
        conditioning=MYELOABLATIVE,
    ),
    Target(
        id="busulfan_child_59_98",
        agent="busulfan",
        analyte="busulfan",
        metric=Metric.AUC_CUMULATIVE,
        low=from_molar(3600.0, 4),
        high=from_molar(6000.0, 4),
        unit="mg.h/L",
        indications=(),
        platforms=(),
        ages=(0.0, 21.0),
        line="four days, every 6 h or once daily: 3600-6000 uM.min a day; children and adolescents "
        "of two centers (n=112 and 328)",
        source=Source(
            "Nava 2018, Br J Clin Pharmacol",
            doi="10.1111/bcp.13566",
            where="Methods, treatment regimen",
            note="from an open transcription; the same daily window stands in Balis 2025 "
            "(doi:10.1007/s00280-025-04757-w). Times 4 days here, 59.1-98.5 mg.h/L; Nava aims at "
            "18 000 uM.min",
        ),
        standing=Standing.TRANSCRIBED,
        evidence=Evidence("5"),
        era="2002-2023",
        reviewed_on=REVIEWED,
        because="what two pediatric centers dosed by; it was not chosen by outcome there",
        conflict="a review names 78-101 mg.h/L as the one window tied to survival in children "
        "(taken for Bartelink 2016); an earlier cohort had its optimum at 78 (74-82) mg.h/L; with "
        "fludarabine and ATG 90 mg.h/L is aimed at (Langenhorst 2019, PMC6650734)",
        conditioning=MYELOABLATIVE,
        aim=from_molar(18_000.0, 1),
    ),
    Target(
        id="busulfan_child_78_101",
        agent="busulfan",
        analyte="busulfan",
        metric=Metric.AUC_CUMULATIVE,
        low=78.0,
        high=101.0,
        unit="mg.h/L",
        indications=(),
        platforms=(),
        ages=(0.0, 31.0),
        line="children and young adults, one to four doses a day",
        source=Source(
            "Bartelink 2016, Lancet Haematol",
            doi="10.1016/S2352-3026(16)30114-4",
            where="as told in the abstract of a review (Lawson, Staatz, Fraser, Hennig 2020)",
            note="the paper was not read, nor its abstract; the review does not name it, the "
            "attribution and the ages are ours",
        ),
        standing=Standing.PROVISIONAL,
        evidence=Evidence("4"),
        era="published 2016",
        reviewed_on=REVIEWED,
        because="nothing may be dosed on this until the window has been read in the paper",
        conflict="two pediatric centers dosed by 59.1-98.5 mg.h/L (doi:10.1111/bcp.13566)",
        conditioning=MYELOABLATIVE,
        aim=90.0,
    ),
)
