"""Late-onset sinusoidal obstruction syndrome in adults, EBMT 2016: after day 21."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from equipoise.chart import Bools
from equipoise.criteria.vod_ebmt2016 import LAST_DAY, NEEDED, NO_GRAFT, VOD, graft
from equipoise.criteria.vod_ebmt2023 import PRESSURE, imaging
from equipoise.criterion import Criterion, Effort, Item
from equipoise.looks import GRAFTS, Looks
from equipoise.probe import choices, together, values
from equipoise.readers import either, item_of, meets, present, since
from equipoise.source import Standing

EARLY = f"not applicable: up to day {LAST_DAY} after the graft SOS is not late-onset"


def late(looks: Looks) -> Sequence[tuple[Bools, str]]:
    """Applies after day 21 of the last graft."""
    infusion = graft(looks)
    day = looks.chart.day(looks.record, looks.at)
    day = day - looks.chart.day(looks.record, np.nan_to_num(infusion))
    return ((np.isnan(infusion), NO_GRAFT), (day <= LAST_DAY, EARLY))


def combine(classes: Sequence[int]) -> int:
    """Bilirubin, liver, weight, ascites, evidence, histology -> 1 by any of three ways."""
    bilirubin, liver, weight, ascites, evidence, histology = classes
    signs = liver + weight + ascites
    classical = bilirubin and signs >= NEEDED
    return int(bool(classical or histology or (evidence and bilirubin + signs >= NEEDED)))


VOD_LATE = Criterion(
    id="vod_ebmt2016_late",
    title="Late-onset SOS/VOD in adults, EBMT 2016",
    measures="met",
    source=VOD.source,
    standing=Standing.PUBLISHED,
    applies=late,
    starts=since(GRAFTS),
    combine=combine,
    leading=("painful_hepatomegaly", "ascites", "vod_imaging", "reversed_portal_flow", "hvpg",
             "vod_histology"),
    windows={
        **{name: VOD.windows[name]
           for name in ("bilirubin", "painful_hepatomegaly", "weight", "ascites")},
        "vod_imaging": 168.0,
        "reversed_portal_flow": 168.0,
        "hvpg": math.inf,
        "vod_histology": math.inf,
    },
    items=(
        *VOD.items[:4],
        Item(
            "evidence",
            "Hemodynamic or ultrasound evidence",
            ("no hemodynamic or ultrasound evidence", "hemodynamic or ultrasound evidence"),
            ("no", f"ultrasound suggestive, as recorded, portal flow reversed, or hepatic venous "
             f"pressure gradient {PRESSURE.text}"),
            item_of(either(imaging, meets("hvpg", PRESSURE))),
            "hemodynamic or ultrasound evidence unknown",
        ),
        Item(
            "histology",
            "Histology",
            ("no histology of SOS", "histology of SOS"),
            ("no", "SOS in a biopsy, as recorded: enough alone"),
            item_of(present("vod_histology")),
            "histology unknown",
        ),
    ),
    probes=together(
        (probe for probe in VOD.probes if probe.name != "reversed_portal_flow"),
        (
            choices("vod_imaging", Effort.SPECIAL),
            values("hvpg", (PRESSURE,), Effort.TISSUE),
            choices("vod_histology", Effort.TISSUE),
        ),
    ),
    notes=(
        f"After day {LAST_DAY}: the classical criteria (bilirubin and at least {NEEDED} of liver, "
        f"weight and ascites), or histology, or at least {NEEDED} of the four with hemodynamic or "
        "ultrasound evidence.",
        f"The day looked at decides: SOS that began by day {LAST_DAY} and lasts is classical, and "
        f"`{VOD.id}` says when it was first met.",
        f"The source gives no gradient here; {PRESSURE.text} is that of the edition of 2023.",
        "Histology and evidence stay open until they are recorded, as absent where not looked for.",
        "Another cause of these signs is not read.",
    ),
    tags=("transplantation", "liver"),
    other_sources=VOD.other_sources,
)  # fmt: skip
