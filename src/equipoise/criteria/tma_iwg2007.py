"""Thrombotic microangiopathy after transplantation, international working group 2007."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise.chart import Addition
from equipoise.criteria.tma_jodele2022 import NO_GRAFT, TMA, WINDOW
from equipoise.criterion import Criterion, Effort, Item, Probe, Reasons
from equipoise.daybook import highest_before
from equipoise.looks import GRAFTS, UNKNOWN, Looks, Rows, compared
from equipoise.probe import addition, limits_of_range, multiples, values
from equipoise.readers import Part, after, either, item_of, meets, over_range, since
from equipoise.source import Source, Standing
from equipoise.truth import Limit

SCHISTOCYTES = Limit(">", (("4", "%"),))
PLATELETS = Limit("<", (("50", "10*9/L"),))
PART = Decimal("0.5")
"""Of the highest count of the last 14 days."""
RECENT = 72.0

_SHARED = {item.name: item for item in TMA.items}
_PROBES = {probe.name: probe for probe in TMA.probes}


def _halved(looks: Looks) -> Part:
    """The last count at half of the highest of the days before, or less."""
    series, now = looks.chart.named("platelets"), looks.of("platelets")
    assert looks.start is not None
    since_when = np.maximum(looks.at - WINDOW, looks.start)
    highest, late = highest_before(looks, now, since_when)
    if len(late):
        past = looks.some(late).between(series, since_when[late])
        day = looks.chart.row_days(series)
        until = np.where(now.there, day[now.index], np.iinfo(np.int64).min)[late]
        earlier = past.where(day[past.row] < until[past.look])
        best = earlier.best(Rows(series, earlier.row).number, lowest=False)
        highest.index[late] = best.index
    truth = compared(now, "<=", PART, highest)
    truth = np.where(now.there & highest.there, truth, UNKNOWN).astype(np.int8)

    def explain(i: int) -> Reasons:
        return Reasons(
            (now.because(i), highest.because(i, "highest of the days before")), ("platelets",)
        )

    return Part(truth, explain)


def combine(classes: Sequence[int]) -> int:
    """Schistocytes, platelets, LDH, anemia, haptoglobin -> 1 where all five hold."""
    return int(all(classes))


def _counts(looks: Looks, look: int, *, now: str) -> Sequence[Addition]:
    """A count now, and 100 the day before, but not before the graft."""
    one = looks.take([look])
    at, graft = float(one.at[0]), float(one.infusion(GRAFTS)[0])
    return [
        addition("platelets", "100 10*9/L", max(at - 24.0, graft)),
        addition("platelets", now, at),
    ]


TMA_IWG = Criterion(
    id="tma_iwg2007",
    title="Thrombotic microangiopathy after transplantation, international working group 2007",
    measures="met",
    source=Source(
        "Ruutu 2007 (international working group), Haematologica; first reported in Blood 106:400",
        "",
        "abstract",
        "abstracts of the paper (epub.uni-regensburg.de/69530) and of the report of 2005 read",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("schistocyte_share", "haptoglobin"),
    windows={
        "schistocyte_share": RECENT,
        "platelets": RECENT,
        "ldh": WINDOW,
        "hemoglobin": WINDOW,
        "red_cell_transfusion": WINDOW,
        "haptoglobin": 168.0,
    },
    items=(
        Item(
            "schistocytes",
            "Schistocytes",
            ("few schistocytes", "schistocytes"),
            (SCHISTOCYTES.opposite, f"{SCHISTOCYTES.text} of red cells"),
            item_of(meets("schistocyte_share", SCHISTOCYTES)),
            "share of schistocytes unknown",
        ),
        Item(
            "thrombocytopenia",
            "Thrombocytopenia",
            ("no thrombocytopenia of this kind", "thrombocytopenia"),
            (
                "neither",
                f"{PLATELETS.text}, or at {PART} of the highest count of the 14 d before or less",
            ),
            item_of(either(meets("platelets", PLATELETS), _halved)),
            "thrombocytopenia unknown",
        ),
        _SHARED["ldh"],
        _SHARED["anemia"],
        Item(
            "haptoglobin",
            "Haptoglobin",
            ("haptoglobin not low", "low haptoglobin"),
            ("no", "below the laboratory's lower limit"),
            item_of(over_range("haptoglobin", "<")),
            "haptoglobin or its lower limit unknown",
        ),
    ),
    probes=(
        values("schistocyte_share", (SCHISTOCYTES,)),
        Probe(
            "platelets",
            Effort.ROUTINE,
            (
                ("100 10*9/L, and the day before", partial(_counts, now="100 10*9/L")),
                (PLATELETS.text, partial(_counts, now=PLATELETS.example(met=True))),
            ),
        ),
        _PROBES["ldh"],
        _PROBES["upper limit of ldh"],
        _PROBES["hemoglobin"],
        _PROBES["baseline hemoglobin"],
        _PROBES["red_cell_transfusion"],
        multiples("haptoglobin", Decimal(1), "<"),
        limits_of_range("haptoglobin", Decimal(1), "low"),
    ),
    notes=(
        "All five must hold at the time looked at.",
        "Platelets: de novo, prolonged or progressive. The paper prints < 50, the report of 2005 "
        "50 or less; the paper counts. Previous counts are those of the 14 d before, on earlier "
        "days since the graft (project choice).",
        "A sudden and persistent rise of LDH has no number: read as above the laboratory's upper "
        "limit on two consecutive days, as in tma_jodele2022 (project choice).",
        "A decrease of hemoglobin or more transfusion has none either: read as the anemia of "
        "tma_jodele2022, 1 g/dL or more below the last before the graft or red cells transfused "
        "(project choice).",
        "Reprints differ: two print 8 schistocytes in a high-power field for 4 %, one adds normal "
        "coagulation tests. The abstract has neither, and neither is read.",
        "Schistocytes seen without a share do not settle it.",
    ),
    tags=("transplantation",),
)
