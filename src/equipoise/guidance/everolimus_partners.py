"""Everolimus with inhibitors, inducers, ciclosporin and an impaired liver: labels and ratios."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation
from equipoise.guidance.conditions import OURS, around, finding, running, together
from equipoise.source import Evidence, Source, Standing

TOPIC = "everolimus interactions"
REVIEWED = date(2026, 11, 22)
PUBLISHED = Standing.PUBLISHED
NO_DATE = "no date on the text read"

CERTICAN = Source(
    "Certican, Indonesian product information",
    where="drug interactions (label, public copy at MIMS)",
)
AFINITOR = Source(
    "Afinitor, US prescribing information", where="interactions and dose (label, public copy)"
)
KETOCONAZOLE = Source(
    "Kovarik 2005, J Clin Pharmacol (ketoconazole on everolimus, n = 12)",
    doi="10.1177/0091270005275368",
    where="abstract",
)
ERYTHROMYCIN = Source(
    "Kovarik 2005, Eur J Clin Pharmacol (erythromycin on everolimus, n = 16)",
    where="abstract (PMID 15785960)",
)
CICLOSPORIN_PAPER = Source(
    "Kovarik 2002, J Clin Pharmacol (two ciclosporin formulations on everolimus)",
    doi="10.1177/0091270002042001011",
    where="abstract",
)
CANNABIDIOL_SERIES = Source(
    "Ebrahimi-Fakhari 2020, Pediatr Neurol (cannabidiol with everolimus or sirolimus, n = 25)",
    where="abstract",
)
LIVER = Source(
    "Everolimus in hepatic impairment, exposure by Child-Pugh class",
    where="abstract (repository.rudn.ru 2116)",
    note="an earlier study found clearance 53 % lower in class B (PMID 11719728)",
)

STRONG = (
    "itraconazole", "voriconazole", "posaconazole", "ketoconazole", "clarithromycin",
    "telithromycin", "ritonavir", "nirmatrelvir_ritonavir", "rifampicin", "rifabutin",
)  # fmt: skip
"""Named by the product information, or strong by their own labels (posaconazole, Paxlovid)."""
MODERATE = ("fluconazole", "erythromycin", "verapamil", "diltiazem")

BY_LEVEL = Alternative("the present dose, with levels from the first days on", OURS,
                       Standing.HYPOTHESIS)  # fmt: skip
LEVELS = ("A level before the start and a week after it.", "The partner's stop: everolimus falls.")


def _step(
    id_: str,
    title: str,
    statement: str,
    source: Source,
    level: str,
    predicate: Predicate,
    alternatives: tuple[Alternative, ...],
    *others: Source,
    label: tuple[str, str] = ("", ""),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=PUBLISHED,
        evidence=Evidence(level),
        predicate=predicate,
        label_status=label[0],
        region=label[1],
        label_date=NO_DATE if label[0] else "",
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=LEVELS,
    )


AVOID = _step(
    "everolimus_strong_cyp3a4_label",
    "Strong inhibitors or inducers of CYP3A4 with everolimus: not recommended (label)",
    "The product information does not recommend strong inhibitors and inducers. Volunteers after "
    "one dose: AUC 15.0-fold on ketoconazole (90 % CI 13.6-16.6), 63 % lower on rifampicin. "
    "Posaconazole and Paxlovid are not named in its list; they are strong inhibitors by their own "
    "labels.",
    CERTICAN,
    "5",
    together(running("everolimus"), running(*STRONG)),
    (
        Alternative(
            "a moderate inhibitor in its place, with the dose lowered", AFINITOR, PUBLISHED
        ),
        Alternative("an echinocandin where it covers the indication", OURS, Standing.HYPOTHESIS),
    ),
    KETOCONAZOLE,
    label=("avoid", "Indonesia"),
)

ADJUST = _step(
    "everolimus_moderate_cyp3a4_label_us",
    "Moderate inhibitors with everolimus: lower dose (US label of the oncology product)",
    "In oncology 2.5 mg daily in place of 10 mg. Volunteers on erythromycin 500 mg three times "
    "daily: AUC 4.4-fold (90 % CI 3.5-5.4; single values 2.0-12.6), half-life 39 % longer. For "
    "transplant doses no number was read; levels guide.",
    AFINITOR,
    "5",
    together(running("everolimus"), running(*MODERATE)),
    (
        Alternative("azithromycin in place of erythromycin", OURS, Standing.HYPOTHESIS),
        BY_LEVEL,
    ),
    ERYTHROMYCIN,
    label=("adjust", "US"),
)

CICLOSPORIN = _step(
    "everolimus_ciclosporin",
    "Ciclosporin with everolimus: AUC 2.7-fold, and a fall when it ends",
    "Volunteers, single doses: AUC +168 % (46 to 365) and Cmax +82 % with 175 mg of microemulsion. "
    "When ciclosporin ends everolimus is expected to fall two- to threefold; its dose may need to "
    "change whenever that of ciclosporin does.",
    CICLOSPORIN_PAPER,
    "4",
    # The fall comes when ciclosporin has ended: the sentence must still be there then.
    together(running("everolimus"), around("ciclosporin")),
    (BY_LEVEL,),
    CERTICAN,
    label=("adjust", "Indonesia"),
)

CANNABIDIOL = _step(
    "everolimus_cannabidiol",
    "Cannabidiol with everolimus: troughs doubled or tripled in some",
    "Tuberous sclerosis: median trough +9.8 ng/mL in 18 patients; higher in 76 % of 25 on "
    "everolimus or sirolimus, with adverse events in 40 %. No ratio is printed.",
    CANNABIDIOL_SERIES,
    "4",
    together(running("everolimus"), running("cannabidiol")),
    (Alternative("no cannabidiol", OURS, Standing.HYPOTHESIS), BY_LEVEL),
)

LIVER_CLASS = _step(
    "everolimus_liver_class",
    "Impaired liver with everolimus: lower dose by Child-Pugh class",
    "Exposure 1.60, 3.26 and 3.64 times as high in class A, B and C; doses of equal exposure "
    "6.25, 3.07 and 2.75 mg for 10 mg. The US label of the oncology product: 7.5, 5 and 2.5 mg.",
    LIVER,
    "3b",
    together(running("everolimus"), finding("child_pugh_class", "A", "B", "C")),
    (BY_LEVEL,),
    AFINITOR,
    label=("adjust", "US"),
)

LADDER: tuple[Recommendation, ...] = (AVOID, ADJUST, CICLOSPORIN, CANNABIDIOL, LIVER_CLASS)
"""The gravest label first."""
