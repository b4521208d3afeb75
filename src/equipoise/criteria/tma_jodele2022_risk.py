"""Transplant-associated thrombotic microangiopathy: high risk by the consensus of 2022."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from equipoise import units
from equipoise.chart import Addition
from equipoise.criteria.agvhd_magic2016 import MAGIC
from equipoise.criteria.tma_jodele2022 import HIGH_LDH, NEEDED, NO_GRAFT, PROTEIN, TMA
from equipoise.criterion import Criterion, Effort, Item, Probe, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks
from equipoise.probe import choices, together
from equipoise.readers import (
    Part,
    after,
    item_of,
    meets,
    over_range,
    present,
    reached,
    since,
)
from equipoise.source import Source, Standing

LEAST_GVHD = 2
"""Grade of acute GVHD from which it counts."""

_INFECTION = {"excluded": NOT_MET, "suspected": UNKNOWN, "proven": MET}


def infected(looks: Looks) -> Part:
    """An infection that is proven; a suspected one leaves it open."""
    rows = looks.of("infection")
    truth = rows.judge("infected", lambda value: _INFECTION[value])
    return Part(truth, lambda i: Reasons((rows.because(i),), ("infection",)))


def combine(classes: Sequence[int]) -> int:
    """Diagnosis and six features of high risk -> 0 no TMA, 1 TMA, 2 of high risk."""
    diagnosis, *features = classes
    return (1 + any(features)) if diagnosis else 0


def _complement() -> Probe:
    """Soluble C5b-9 with its limit on two days, which the diagnosis asks for."""

    def change(looks: Looks, look: int, *, times: str) -> Sequence[Addition]:
        one = looks.take([look])
        known = one.limit("sc5b9", "high").value(0)
        limit = units.parse("100 ng/mL") if known is None else known
        value = units.parse(units.write(limit.number * Decimal(times), limit.unit))
        at = float(looks.at[look])
        return [Addition("sc5b9", t, value, None, limit) for t in (at - 24.0, at)]

    return Probe(
        "sc5b9",
        Effort.SPECIAL,
        (
            ("< its upper limit, on two days", partial(change, times="0.5")),
            (">= its upper limit, on two days", partial(change, times="2")),
        ),
    )


TMA_RISK = Criterion(
    id="tma_jodele2022_risk",
    title="Risk of transplant-associated thrombotic microangiopathy, consensus of 2022",
    measures="grade",
    source=Source(
        TMA.source.short,
        TMA.source.doi,
        "definition of high risk",
        TMA.source.note,
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=TMA.leading,
    windows={**MAGIC.windows, **TMA.windows, "organ_dysfunction": 72.0},
    items=(
        Item(
            "diagnosis",
            "Diagnosis",
            ("no TMA by the modified Jodele criteria", "TMA by the modified Jodele criteria"),
            (f"fewer than {NEEDED} of 7: 0", f"{TMA.id}: {NEEDED} or more of 7"),
            item_of(reached(TMA, NEEDED)),
            "TMA not settled",
        ),
        Item(
            "complement",
            "Soluble C5b-9",
            ("soluble C5b-9 not raised", "raised soluble C5b-9"),
            ("no", "soluble C5b-9 >= its upper limit"),
            item_of(over_range("sc5b9", ">=")),
            "soluble C5b-9 unknown",
        ),
        Item(
            "protein",
            "Proteinuria",
            ("no such proteinuria", "proteinuria"),
            ("no", f"urine protein to creatinine {PROTEIN.text}"),
            item_of(meets("urine_protein_creatinine", PROTEIN)),
            "proteinuria unknown",
        ),
        Item(
            "ldh",
            "LDH",
            ("LDH below twice its upper limit", "LDH of twice its upper limit"),
            ("no", f"LDH >= {HIGH_LDH} x its upper limit"),
            item_of(over_range("ldh", ">=", HIGH_LDH)),
            "LDH unknown",
        ),
        Item(
            "gvhd",
            "Acute GVHD",
            ("no acute GVHD of grade 2 to 4", "acute GVHD of grade 2 to 4"),
            ("no", f"{MAGIC.id}: grade {LEAST_GVHD} to 4"),
            item_of(reached(MAGIC, LEAST_GVHD)),
            "grade of acute GVHD unknown",
        ),
        Item(
            "infection",
            "Infection",
            ("no infection", "infection"),
            ("excluded", "concurrent bacterial or viral infection, proven"),
            item_of(infected),
            "infection unknown",
        ),
        Item(
            "organs",
            "Organ dysfunction",
            ("no organ dysfunction", "organ dysfunction"),
            ("no", "organ dysfunction, as recorded"),
            item_of(present("organ_dysfunction")),
            "organ dysfunction unknown",
        ),
    ),
    probes=together(
        MAGIC.probes,
        TMA.probes,
        (_complement(), choices("infection"), choices("organ_dysfunction")),
    ),
    notes=(
        "0 no TMA, 1 TMA without a feature of high risk, 2 of high risk: any one of the six.",
        f"The diagnosis is that of `{TMA.id}`, which reads two time points; the features are read "
        "from the last value, at most 14 d old.",
        f"Acute GVHD is graded by `{MAGIC.id}`, the source does not name a system (project "
        "choice). Suspected infection leaves it open.",
        "Disease proven by biopsy is not read, as in the diagnosis.",
    ),
    tags=("transplantation",),
)
