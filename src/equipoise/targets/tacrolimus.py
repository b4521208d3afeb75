"""Trough windows of tacrolimus in the prevention of GVHD, whole blood."""

from __future__ import annotations

import math
from datetime import date

from equipoise.source import Evidence, Source, Standing
from equipoise.target import Metric, Target

REVIEWED = date(2026, 11, 22)

TARGETS: tuple[Target, ...] = (
    Target(
        id="tacrolimus_with_sirolimus_5_10",
        agent="tacrolimus",
        analyte="tacrolimus",
        metric=Metric.TROUGH,
        low=5.0,
        high=10.0,
        unit="ng/mL",
        indications=("gvhd_prophylaxis",),
        platforms=("adult_related",),
        ages=(18.0, math.inf),
        line="with sirolimus 3-12 ng/mL (some with low-dose methotrexate), matched related donor, "
        "reduced-intensity busulfan and fludarabine, from day -3",
        source=Source(
            "Tacrolimus and sirolimus with or without methotrexate, matched related donors, "
            "PMC2700950",
            where="abstract",
            note="read as abstract; it says serum where whole blood is meant; ages were not read, "
            "adults is our reading",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("2b"),
        era="published 2009 or earlier",
        reviewed_on=REVIEWED,
        because="both drugs are steered at once: a level of one is read beside the other's",
    ),
    Target(
        id="tacrolimus_day0_5_10",
        agent="tacrolimus",
        analyte="tacrolimus",
        metric=Metric.TROUGH,
        low=5.0,
        high=10.0,
        unit="ng/mL",
        indications=("gvhd_prophylaxis",),
        platforms=("adult_related", "adult_unrelated"),
        ages=(18.0, math.inf),
        line="trough on the day of transplantation (not a steady state), capsules from day -3, no "
        "strong CYP3A4 "
        "inhibitor and no post-transplant cyclophosphamide",
        source=Source(
            "Dunlap 2025, Clin Pharmacokinet",
            doi="10.1007/s40262-025-01529-w",
            where="Table 3",
            note="from an open transcription of the paper; one center, "
            "adults, 70 % unrelated donors; with 2 % haploidentical donors and one cord graft "
            "it is not offered for those. The window is the center's aim, not a studied outcome",
        ),
        standing=Standing.TRANSCRIBED,
        evidence=Evidence("5"),
        era="published 2025",
        reviewed_on=REVIEWED,
        because="the typical CYP3A5 expresser after myeloablation is near 1.6 ng/mL on day 0 on "
        "that center's protocol (our computation)",
    ),
)
