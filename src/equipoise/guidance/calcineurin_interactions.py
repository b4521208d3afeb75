"""Tacrolimus and ciclosporin with sirolimus, azoles and steroids: what the handbook watches."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation
from equipoise.guidance.conditions import OURS, running, together
from equipoise.source import Evidence, Source, Standing

TOPIC = "calcineurin inhibitors"
REVIEWED = date(2026, 11, 22)

CNI = ("tacrolimus", "ciclosporin")
AZOLES = ("fluconazole", "itraconazole", "posaconazole", "voriconazole")
STEROIDS = ("dexamethasone", "methylprednisolone", "prednisone", "prednisolone")

HANDBOOK = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 31",
    doi="10.1007/978-3-031-44080-9_31",
    where="Table 31.3",
)
GVHD_CHAPTER = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 43",
    doi="10.1007/978-3-031-44080-9_43",
    where="section 43.6",
)


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
    *others: Source,
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=HANDBOOK,
        standing=Standing.PUBLISHED,
        evidence=Evidence("5"),
        predicate=predicate,
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


SIROLIMUS = _step(
    "sirolimus_calcineurin_ebmt2024",
    "Sirolimus with a calcineurin inhibitor: more toxicity, more thrombotic microangiopathy",
    "EBMT Handbook: with ciclosporin sirolimus rises and the risk of microangiopathy by "
    "ciclosporin is higher; oral sirolimus 4 h after ciclosporin, another drug considered. With "
    "tacrolimus the toxicity of both rises and the table says to avoid it.",
    together(running("sirolimus"), running(*CNI)),
    (
        Alternative(
            "tacrolimus with sirolimus is used as prophylaxis: a randomized study found equivalent "
            "efficacy and other toxicity than tacrolimus with methotrexate",
            GVHD_CHAPTER,
            Standing.PUBLISHED,
        ),
    ),
    ("Schistocytes, rising LDH or creatinine: TMA.", "Levels of both."),
    GVHD_CHAPTER,
)

AZOLE = _step(
    "calcineurin_azole_ebmt2024",
    "An azole with tacrolimus or ciclosporin: levels rise",
    "EBMT Handbook: levels of tacrolimus and ciclosporin rise with fluconazole, itraconazole, "
    "posaconazole and voriconazole; levels are watched closely and lower doses will likely be "
    "needed; with itraconazole, posaconazole and voriconazole another drug is considered. The "
    "table prints no size.",
    together(running(*CNI), running(*AZOLES)),
    (
        Alternative(
            "another antifungal; with caspofungin tacrolimus may fall and the liver is watched "
            "with ciclosporin",
            HANDBOOK,
            Standing.PUBLISHED,
        ),
        Alternative("dose cut at the start, then by level", OURS, Standing.HYPOTHESIS),
    ),
    ("The first levels after the azole begins, and after it ends.",),
)

STEROID = _step(
    "calcineurin_steroid_ebmt2024",
    "A corticosteroid with tacrolimus or ciclosporin: levels move with the taper",
    "EBMT Handbook: a corticosteroid may lower levels of ciclosporin, tacrolimus and sirolimus, "
    "and its own effect may rise; changes of levels are watched while it is tapered.",
    together(running(*CNI), running(*STEROIDS)),
    (Alternative("the usual rhythm of levels where the dose is small and steady", OURS,
                 Standing.HYPOTHESIS),),
    ("A change of the steroid's dose.",),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (SIROLIMUS, AZOLE, STEROID)
"""The gravest first."""
