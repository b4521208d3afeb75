"""Ruxolitinib and venetoclax with azoles and macrolides: what their labels ask for.

No model of either stands on the shelf: the label and the measured ratio are told, no dose is
computed.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation
from equipoise.guidance.conditions import OURS, running, together
from equipoise.source import Evidence, Source, Standing

TOPIC = "ruxolitinib and venetoclax interactions"
REVIEWED = date(2026, 11, 22)
PUBLISHED = Standing.PUBLISHED
NO_DATE = "no date on the text read"

JAKAVI = Source(
    "Jakavi, Malaysian and Philippine product information",
    where="drug interactions (label, public copies at MIMS)",
)
US_RUXOLITINIB = Source(
    "Ruxolitinib in chronic GVHD, dose table after the US prescribing information of Sept 2021",
    where="Table 6 of PMC9177119",
)
VENCLEXTA = Source(
    "Venclexta, US, manufacturer's page on drug interactions in CLL",
    where="drug interactions (venclextahcp.com)",
)
KETOCONAZOLE = Source(
    "Ketoconazole on venetoclax, Br J Clin Pharmacol 2017;83:846 (n = 11)", where="abstract"
)
AGARWAL = Source(
    "Agarwal 2017, Clin Ther (venetoclax with posaconazole in AML, n = 12)",
    where="abstract (copy)",
)

STRONG = ("posaconazole", "voriconazole", "itraconazole", "ketoconazole", "clarithromycin",
          "ritonavir", "nirmatrelvir_ritonavir")  # fmt: skip
ECHINOCANDIN = Alternative(
    "an echinocandin where it covers the indication", OURS, Standing.HYPOTHESIS
)
COUNTS = ("Blood counts twice weekly at first.", "The stop of the partner: the dose goes back.")


def _step(
    id_: str,
    title: str,
    statement: str,
    source: Source,
    predicate: Predicate,
    label: tuple[str, str, str],
    *others: Source,
    ways: tuple[Alternative, ...] = (ECHINOCANDIN,),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=PUBLISHED,
        evidence=Evidence("5"),
        predicate=predicate,
        label_status=label[0],
        region=label[1],
        label_date=label[2],
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=ways,
        would_change=COUNTS,
    )


RUXOLITINIB_STRONG = _step(
    "ruxolitinib_strong_cyp3a4_label",
    "A strong CYP3A4 inhibitor with ruxolitinib: half of each dose (label)",
    "Each dose is lowered by about 50 %, counts watched twice weekly. Ketoconazole 200 mg twice "
    "daily: AUC +91 %, half-life 6.0 in place of 3.7 h (volunteers). The US dose table for chronic "
    "GVHD asks for more frequent counts instead.",
    JAKAVI,
    together(running("ruxolitinib"), running(*STRONG)),
    ("adjust", "Malaysia, Philippines", NO_DATE),
    US_RUXOLITINIB,
)

RUXOLITINIB_FLUCONAZOLE = _step(
    "ruxolitinib_fluconazole_label",
    "Fluconazole with ruxolitinib: half of each dose, not above 200 mg a day (label)",
    "Fluconazole blocks both of its enzymes: AUC +232 % on 400 mg, then 200 mg daily for 7 days "
    "(volunteers). Half the dose is considered; fluconazole above 200 mg a day is avoided. The US "
    "dose table for chronic GVHD: 5 mg twice daily in place of 10 with fluconazole up to 200 mg.",
    JAKAVI,
    together(running("ruxolitinib"), running("fluconazole")),
    ("adjust", "Malaysia, Philippines", NO_DATE),
    US_RUXOLITINIB,
)

VENETOCLAX_CLL = _step(
    "venetoclax_strong_cyp3a_label_us",
    "A strong CYP3A inhibitor at the start of venetoclax in CLL: contraindicated (US)",
    "Contraindicated at the start and in the ramp-up, because of tumor lysis. Afterwards 70 mg "
    "with posaconazole, 100 mg with another strong inhibitor. AUC 6.4-fold on ketoconazole (90 % "
    "CI 4.5-9.2); in AML 2.55-fold on 100 mg with posaconazole against 400 mg without. After the "
    "inhibitor ends the earlier dose comes back 2 to 3 days later.",
    VENCLEXTA,
    together(running("venetoclax"), running(*STRONG)),
    ("contraindicated", "US", NO_DATE),
    KETOCONAZOLE,
    AGARWAL,
)

VENETOCLAX_MODERATE = _step(
    "venetoclax_moderate_cyp3a_label_us",
    "A moderate CYP3A or P-gp inhibitor with venetoclax: at most half the dose (US)",
    "Lowered by at least 50 %, at any time of the course; back to the earlier dose 2 to 3 days "
    "after the inhibitor ends. Ciclosporin is named among the moderate ones.",
    VENCLEXTA,
    together(
        running("venetoclax"),
        running("fluconazole", "isavuconazole", "letermovir", "erythromycin", "ciclosporin",
                "verapamil"),
    ),
    ("adjust", "US", NO_DATE),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (
    VENETOCLAX_CLL, VENETOCLAX_MODERATE, RUXOLITINIB_FLUCONAZOLE, RUXOLITINIB_STRONG,
)  # fmt: skip
"""The gravest label first."""
