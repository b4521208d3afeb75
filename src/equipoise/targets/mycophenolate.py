"""Windows of mycophenolic acid in the prevention of GVHD, total and unbound drug apart.

Both were studied after non-myeloablative conditioning in adults. They are of different analytes
and nothing converts between them. A model stands on the shelf for unbound drug alone; a total
level is compared by the reader. The window of 30-60 mg.h/L of organ transplantation is not here:
no outcome of a stem cell graft stands behind it in what was read.
"""

from __future__ import annotations

import math
from datetime import date

from equipoise.source import Evidence, Source, Standing
from equipoise.target import Metric, Target

REVIEWED = date(2026, 11, 22)

TARGETS: tuple[Target, ...] = (
    Target(
        id="mycophenolate_unbound_interval_300",
        agent="mycophenolate",
        analyte="mycophenolate_unbound",
        metric=Metric.AUC_INTERVAL,
        interval=12.0,
        low=300.0,
        high=math.inf,
        unit="ng.h/mL",
        indications=("gvhd_prophylaxis",),
        platforms=("adult_related", "adult_unrelated", "cord_blood"),
        ages=(18.0, math.inf),
        line="unbound drug over 12 h on mofetil 1 g every 12 h with ciclosporin, by mouth or vein, "
        "non-myeloablative; a dose every 8 h has another interval and no window",
        source=Source(
            "Jacobson 2005, Relationship of mycophenolic acid exposure to clinical outcome after "
            "hematopoietic cell transplantation",
            where="abstract",
            note="read as abstract: 87 adults, related, unrelated and cord blood; under 150 "
            "ng.h/mL in the first 6 h told the same",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("2b"),
        era="published 2005",
        reviewed_on=REVIEWED,
        because="half of the patients were below it by mouth on 1 g every 12 h: by vein, or more "
        "of it, before blaming the prophylaxis",
        conflict="85 other adults showed no association of mycophenolic acid with acute GVHD, and "
        "more CMV where unbound drug was high (Giaccone 2005, Blood;106:4381, abstract)",
        conditioning=("reduced",),
    ),
    Target(
        id="mycophenolate_total_css_2960",
        agent="mycophenolate",
        analyte="mycophenolate",
        metric=Metric.STEADY_STATE,
        low=2960.0,
        high=math.inf,
        unit="ng/mL",
        indications=("gvhd_prophylaxis",),
        platforms=("adult_unrelated",),
        ages=(18.0, math.inf),
        line="total drug, mean concentration over an interval (AUC divided by its hours), to day "
        "25, unrelated donors, total body irradiation with or without fludarabine",
        source=Source(
            "McDermott 2013, Biol Blood Marrow Transplant 19(8):1159",
            doi="10.1016/j.bbmt.2013.04.026",
            where="abstract",
            note="read as abstract: 308 patients, 176 of them with unrelated donors; ages are not "
            "in it, adults is our reading; with related donors there was no association",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("2b"),
        era="published 2013",
        reviewed_on=REVIEWED,
        because="a low total concentration went with more grade III-IV acute GVHD and more death "
        "without relapse, and 8 of 9 rejections came below 3000 ng/mL",
        conflict="an earlier cohort of 85 from the same group asks for 2500 ng/mL, against graft "
        "rejection (Giaccone 2005, Blood;106:4381, abstract)",
        conditioning=("reduced",),
    ),
)
