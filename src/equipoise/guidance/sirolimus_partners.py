"""Sirolimus with belumosudil, cannabidiol, diltiazem and ciclosporin."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation
from equipoise.guidance.conditions import OURS, around, running, together
from equipoise.source import Evidence, Source, Standing

TOPIC = "sirolimus interactions"
REVIEWED = date(2026, 11, 22)

GONZALEZ = Source(
    "Gonzalez 2023, Transplant Cell Ther (belumosudil with tacrolimus or sirolimus)",
    where="secondary: quoted by another center's conference abstract",
)
MOFFITT = Source(
    "Gaskill, 64th ASH meeting (belumosudil with tacrolimus or sirolimus)",
    where="secondary: a news report of the presentation",
)
CANNABIDIOL_SERIES = Source(
    "Ebrahimi-Fakhari 2020, Pediatr Neurol (cannabidiol with everolimus or sirolimus, n = 25)",
    where="abstract",
)
DILTIAZEM_PAPER = Source(
    "Bottiger 2001, Clin Pharmacol Ther (diltiazem and sirolimus, 18 volunteers)", where="abstract"
)
LABEL = Source(
    "Rapamune (sirolimus), US prescribing information, Pfizer", where="sections 7.1 and 7.4 (label)"
)
SWISS = Source(
    "Rapamune, Swiss product information", where="interactions (ch.oddb.org registration 55243)"
)
NO_DATE = "no date on the text read"
BY_LEVEL = Alternative("the present dose, with levels every few days", OURS, Standing.HYPOTHESIS)
LEVELS = ("Levels after the start, after a change and after the stop.", "Another inhibitor.")


def _step(
    id_: str,
    title: str,
    statement: str,
    source: Source,
    partner: str,
    *others: Source,
    ways: tuple[Alternative, ...] = (BY_LEVEL,),
    standing: Standing = Standing.PUBLISHED,
    label: tuple[str, str] = ("", ""),
) -> Recommendation:
    # What ciclosporin's end asks for must still be said after it; the others' ends have their own.
    beside = around(partner) if partner == "ciclosporin" else running(partner)
    predicate: Predicate = together(running("sirolimus"), beside)
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence("4"),
        predicate=predicate,
        label_status=label[0],
        region=label[1],
        label_date=NO_DATE if label[0] else "",
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=ways,
        would_change=LEVELS,
    )


BELUMOSUDIL = _step(
    "sirolimus_belumosudil",
    "Belumosudil with sirolimus: concentration per dose about 2.6-fold",
    "Chronic GVHD: concentration per dose +160 %, as quoted; its authors cut by 25-50 % at the "
    "start. In one report 62 % of patients on sirolimus went above their range, and many stayed "
    "there after a first cut.",
    GONZALEZ,
    "belumosudil",
    MOFFITT,
    standing=Standing.PROVISIONAL,
)

CANNABIDIOL = _step(
    "sirolimus_cannabidiol",
    "Cannabidiol with sirolimus: higher troughs",
    "Tuberous sclerosis: median trough +5.1 ng/mL in 7 patients on sirolimus; higher in 76 % of 25 "
    "on either mTOR inhibitor. No ratio is printed. Worth asking for.",
    CANNABIDIOL_SERIES,
    "cannabidiol",
    ways=(Alternative("no cannabidiol", OURS, Standing.HYPOTHESIS), BY_LEVEL),
)

DILTIAZEM = _step(
    "sirolimus_diltiazem",
    "Diltiazem with sirolimus: AUC 1.6-fold after one dose",
    "Volunteers, single doses: AUC +60 % (90 % CI 35-90), Cmax +43 % (14-81). The label asks for "
    "caution with moderate inhibitors as a class; doses may need to change.",
    DILTIAZEM_PAPER,
    "diltiazem",
    LABEL,
    label=("monitor", "US"),
)

CICLOSPORIN = _step(
    "sirolimus_ciclosporin_label_us",
    "Ciclosporin with sirolimus: 4 hours apart, and more sirolimus when it ends (label)",
    "Sirolimus is taken 4 h after ciclosporin. Its AUC was 1.8-fold 4 h after 300 mg and 2.83-fold "
    "together with it (volunteers). When ciclosporin is withdrawn higher doses of sirolimus are "
    "needed.",
    LABEL,
    "ciclosporin",
    SWISS,
    ways=(
        Alternative("tacrolimus in its place: no such interaction is printed", OURS,
                    Standing.HYPOTHESIS),
        BY_LEVEL,
    ),
    label=("adjust", "US"),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (CICLOSPORIN, DILTIAZEM, BELUMOSUDIL, CANNABIDIOL)
"""Labels first."""
