"""Inflammation holds CYP enzymes down; its treatment gives them back: levels in CRS and IEC-HS.

No ratio was measured on a drug of these shelves in CRS: no curve is changed, and the report says
so where levels are drawn.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation
from equipoise.guidance.conditions import (
    OURS,
    criterion_met,
    effector_cells,
    graded,
    one_of,
    running,
    together,
)
from equipoise.source import Evidence, Source, Standing

TOPIC = "inflammation and clearance"
REVIEWED = date(2026, 11, 22)

CLEARED = ("tacrolimus", "ciclosporin", "sirolimus", "everolimus")
"""Narrow-window drugs that CYP3A clears."""

BLINCYTO = Source("Blincyto, US prescribing information, Amgen", where="section 7 (label)")
ACTEMRA = Source(
    "Actemra, Malaysian product information",
    where="drug interactions (label, public copy at MIMS)",
)
SCHMITT = Source(
    "Schmitt 2011, Clin Pharmacol Ther (tocilizumab and simvastatin, n = 12)",
    doi="10.1038/clpt.2011.35",
    where="abstract",
)
CHAVANT = Source(
    "Chavant 2021, Pharmaceutics (inflammation and tacrolimus troughs, 248 liver recipients)",
    doi="10.3390/pharmaceutics13111960",
    where="abstract",
)

BY_ROUTINE = Alternative(
    "the usual rhythm of levels, with the reason for a rise kept in mind", OURS,
    Standing.HYPOTHESIS,
)  # fmt: skip


def _step(
    id_: str,
    title: str,
    statement: str,
    source: Source,
    level: str,
    predicate: Predicate,
    *others: Source,
    standing: Standing = Standing.PUBLISHED,
    label: tuple[str, str] = ("", ""),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence(level),
        predicate=predicate,
        label_status=label[0],
        region=label[1],
        label_date="no date on the text read" if label[0] else "",
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=(BY_ROUTINE,),
        would_change=(
            "CRP and ferritin rising or falling.",
            "Tocilizumab, steroid or an azole started beside it.",
        ),
    )


BLINATUMOMAB = _step(
    "blinatumomab_cyp_label_us",
    "Blinatumomab begins: levels of what CYP clears (US label)",
    "The first days release cytokines that may hold CYP enzymes down; the risk is highest in the "
    "first 9 days of the first cycle and the first 2 of the second. Watch drug concentrations such "
    "as ciclosporin and adjust.",
    BLINCYTO,
    "5",
    together(running("blinatumomab"), running(*CLEARED)),
    label=("monitor", "US"),
)

CRS = _step(
    "crs_iechs_cyp_suppression",
    "CRS or IEC-HS with a drug that CYP3A clears: its level may rise without a change of dose",
    "248 liver recipients: CRP went with the tacrolimus trough per dose, and CRP of 49-334 mg/L "
    "with 2.6 times the risk of a trough above 15 ng/mL. That CRS and IEC-HS do the same is our "
    "carrying over from there and from blinatumomab's label. No size is known: nothing is computed "
    "from it, and levels drawn meanwhile are not this patient's usual clearance.",
    CHAVANT,
    "5",
    together(
        effector_cells,
        running(*CLEARED),
        one_of(
            graded("crs_astct2019", 1, 5),
            criterion_met("iechs_astct2023", absent="IEC-HS not graded"),
        ),
    ),
    BLINCYTO,
    standing=Standing.HYPOTHESIS,
)

TOCILIZUMAB = _step(
    "tocilizumab_cyp_label",
    "Tocilizumab given: clearance comes back, and levels fall for weeks (label)",
    "Levels of simvastatin were 57 % lower a week after one dose: AUC 43 % of before (90 % CI "
    "34-55), 61 % (47-78) after 5 weeks, in rheumatoid arthritis (n = 12). Drugs dosed by level, "
    "such as ciclosporin, are watched at its start and its stop; the effect may last weeks. A dose "
    "that was cut in the inflammation may then be too small.",
    ACTEMRA,
    "4",
    together(running("tocilizumab"), running(*CLEARED)),
    SCHMITT,
    label=("monitor", "Malaysia"),
)

LADDER: tuple[Recommendation, ...] = (BLINATUMOMAB, TOCILIZUMAB, CRS)
"""Labels before our own carrying over."""
