"""Sinusoidal obstruction syndrome (veno-occlusive disease) in adults, EBMT 2016: diagnosis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from equipoise.chart import Floats
from equipoise.criterion import Criterion, Effort, Item, Readings, Reasons
from equipoise.looks import GRAFTS, Looks
from equipoise.probe import baselines, choices, multiples, values
from equipoise.readers import after, item_of, meets, over_baseline, present, since
from equipoise.source import Source, Standing
from equipoise.truth import Limit

BILIRUBIN = Limit(">=", (("2", "mg/dL"), ("34", "umol/L")), "bilirubin")
WEIGHT_TIMES = Decimal("1.05")
LAST_DAY = 21
"""Later than this it is late-onset."""
NEEDED = 2

NO_GRAFT = "not applicable: no graft by this time"


def graft(looks: Looks) -> Floats:
    """Hours of the last graft at or before each look."""
    return looks.infusion(GRAFTS)


def _late(looks: Looks) -> Readings:
    day = looks.chart.day(looks.record, looks.at)
    day = day - looks.chart.day(looks.record, np.nan_to_num(graft(looks)))
    return Readings(np.where(day > LAST_DAY, 2, 1).astype(np.uint8), lambda _look: Reasons())


def combine(classes: Sequence[int]) -> int:
    """Bilirubin, liver, weight, ascites, flow, late -> 1 where classical or late-onset."""
    bilirubin, *others, flow, late = classes
    if bilirubin and sum(others) >= NEEDED:
        return 1
    return int(bool(late and flow) and bilirubin + sum(others) >= NEEDED)


VOD = Criterion(
    id="vod_ebmt2016",
    title="Sinusoidal obstruction syndrome (SOS/VOD) in adults, EBMT 2016",
    measures="met",
    source=Source(
        "Mohty 2016, Bone Marrow Transplant 51:906",
        "",
        "diagnostic criteria",
        "read as reprinted (knowvodpro.com; EBMT Handbook 2024, ch. 49), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("bilirubin", "painful_hepatomegaly", "ascites", "reversed_portal_flow"),
    windows={
        "bilirubin": 72.0,
        "painful_hepatomegaly": 72.0,
        "weight": 48.0,
        "ascites": 72.0,
        "reversed_portal_flow": math.inf,
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
            "flow",
            "Hemodynamic or ultrasound evidence",
            ("no reversed portal flow", "reversed portal flow"),
            ("no", "reversed portal flow; counts for late onset only"),
            item_of(present("reversed_portal_flow")),
            "portal flow unknown",
        ),
        Item(
            "late",
            "Time",
            (f"by day {LAST_DAY}", f"after day {LAST_DAY}"),
            (f"up to day {LAST_DAY} after the graft", f"after day {LAST_DAY}: late onset"),
            _late,
            "",
        ),
    ),
    probes=(
        values("bilirubin", (BILIRUBIN,)),
        choices("painful_hepatomegaly"),
        multiples("weight", WEIGHT_TIMES),
        baselines("weight", WEIGHT_TIMES, graft),
        choices("ascites"),
        choices("reversed_portal_flow", Effort.SPECIAL),
    ),
    notes=(
        f"Classical, by day {LAST_DAY} or later: bilirubin {BILIRUBIN.text} and at least {NEEDED} "
        "of painful hepatomegaly, weight gain above 5 % and ascites. Late onset also: at least "
        f"{NEEDED} of the four with hemodynamic or ultrasound evidence.",
        "Histology makes the late-onset diagnosis alone and is not read; of hemodynamic and "
        "ultrasound evidence only reversed portal flow is.",
        "Bilirubin: 34 umol/L is 1.99 mg/dL; a value is compared in its unit of entry.",
        "Weight: the last value before the graft is the baseline, at most 30 d old.",
        "Another cause of these signs is not read. Children have criteria of their own.",
    ),
    tags=("transplantation", "liver"),
    other_sources=(
        Source("EBMT Handbook 2024, chapter 49", "10.1007/978-3-031-44080-9_49", "Table 49.2"),
    ),
)
