"""Sinusoidal obstruction syndrome (veno-occlusive disease) in adults, EBMT 2023: how certain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from equipoise.criteria.vod_ebmt2016 import NO_GRAFT, graft
from equipoise.criterion import Criterion, Effort, Item, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks
from equipoise.probe import baselines, choices, multiples, values
from equipoise.readers import (
    Part,
    after,
    either,
    item_of,
    meets,
    over_baseline,
    present,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Limit

BILIRUBIN = Limit(">=", (("2", "mg/dL"),), "bilirubin")
WEIGHT_TIMES = Decimal("1.05")
PRESSURE = Limit(">=", (("10", "mm[Hg]"),))
"""Hepatic venous pressure gradient."""
NEEDED = 2
PROBABLE, CLINICAL, PROVEN = 1, 2, 3


def imaging(looks: Looks) -> Part:
    """Ultrasound or elastography suggestive: as judged, or by a reversed portal flow.

    A flow that is not reversed says nothing about the other signs of ultrasound.
    """
    judged, flow = looks.of("vod_imaging"), looks.of("reversed_portal_flow")
    seen = np.maximum(judged.holds, np.where(flow.holds == MET, MET, NOT_MET))
    truth = np.where(judged.there | (seen == MET), seen, UNKNOWN).astype(np.int8)
    return Part(truth, lambda i: Reasons((judged.because(i), flow.because(i)), ("vod_imaging",)))


proof = either(present("vod_histology"), meets("hvpg", PRESSURE))
"""Histology, or the gradient of hepatic venous pressure."""


def combine(classes: Sequence[int]) -> int:
    """Bilirubin, liver, weight, ascites, imaging, proof -> 0 none, 1 probable, 2 clinical, 3."""
    bilirubin, liver, weight, ascites, image, proven = classes
    signs = liver + weight + ascites
    if proven:
        return PROVEN
    if bilirubin and signs >= NEEDED:
        return CLINICAL
    return PROBABLE if bilirubin + signs + image >= NEEDED else 0


HANDBOOK = "read in the EBMT Handbook 2024 (ch. 49), not in the paper of 2023"

VOD_2023 = Criterion(
    id="vod_ebmt2023",
    title="SOS/VOD in adults, EBMT 2023: probable, clinical or proven",
    measures="grade",
    source=Source(
        "Mohty 2023, Bone Marrow Transplant 58:749",
        "10.1038/s41409-023-01992-8",
        "diagnostic criteria",
        HANDBOOK,
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("bilirubin", "painful_hepatomegaly", "ascites", "vod_imaging", "hvpg"),
    windows={
        "bilirubin": 72.0,
        "painful_hepatomegaly": 72.0,
        "weight": 48.0,
        "ascites": 72.0,
        "vod_imaging": 168.0,
        "reversed_portal_flow": 168.0,
        "vod_histology": math.inf,
        "hvpg": math.inf,
    },
    items=(
        Item(
            "bilirubin",
            "Bilirubin",
            ("bilirubin not raised enough", "raised bilirubin"),
            (BILIRUBIN.opposite, BILIRUBIN.text),
            item_of(meets("bilirubin", BILIRUBIN)),
            "bilirubin unknown",
        ),
        Item(
            "liver",
            "Painful hepatomegaly",
            ("no painful hepatomegaly", "painful hepatomegaly"),
            ("no", "yes"),
            item_of(present("painful_hepatomegaly")),
            "painful hepatomegaly unknown",
        ),
        Item(
            "weight",
            "Weight gain",
            ("weight gain of 5 % or less", "weight gain"),
            ("less", f"weight > {WEIGHT_TIMES} x the last before the graft (gain > 5 %)"),
            item_of(over_baseline("weight", ">", WEIGHT_TIMES, graft)),
            "weight gain unknown",
        ),
        Item(
            "ascites",
            "Ascites",
            ("no ascites", "ascites"),
            ("no", "yes"),
            item_of(present("ascites")),
            "ascites unknown",
        ),
        Item(
            "imaging",
            "Ultrasound or elastography",
            ("imaging not suggestive", "suggestive imaging"),
            ("not suggestive", "suggestive of SOS, as recorded, or portal flow reversed"),
            item_of(imaging),
            "imaging unknown",
        ),
        Item(
            "proof",
            "Proof",
            ("neither histology nor pressure gradient", "proof"),
            ("no", f"histology of SOS, or hepatic venous pressure gradient {PRESSURE.text}"),
            item_of(proof),
            "histology or pressure gradient unknown",
        ),
    ),
    probes=(
        values("bilirubin", (BILIRUBIN,)),
        choices("painful_hepatomegaly"),
        multiples("weight", WEIGHT_TIMES),
        baselines("weight", WEIGHT_TIMES, graft),
        choices("ascites"),
        choices("vod_imaging", Effort.SPECIAL),
        choices("vod_histology", Effort.TISSUE),
        values("hvpg", (PRESSURE,), Effort.TISSUE),
    ),
    notes=(
        f"0 none, 1 probable (at least {NEEDED} of the five signs), 2 clinical (bilirubin and at "
        f"least {NEEDED} of liver, weight and ascites), 3 proven (histology or pressure gradient).",
        "Up to day 21 classical, later late-onset: the levels are the same, the day of the first "
        "sign decides.",
        "Proof is open until both tests are recorded, as absent where they were not done.",
        "Conflict: the text of the same chapter prints a gradient > 10 mmHg, the table >= 10; the "
        "table is used.",
        "The source prints the limit of bilirubin in mg/dL; other units are converted.",
        "Weight: the last value before the graft is the baseline, at most 30 d old.",
        "Another cause of these signs is not read.",
    ),
    tags=("transplantation", "liver"),
    other_sources=(
        Source("EBMT Handbook 2024, chapter 49", "10.1007/978-3-031-44080-9_49", "Table 49.2"),
    ),
)
