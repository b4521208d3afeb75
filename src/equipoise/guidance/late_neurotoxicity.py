"""Delayed neurotoxicity after products against BCMA: cranial palsy, parkinsonism, what to watch."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation
from equipoise.guidance.conditions import OURS, finding, product, together
from equipoise.source import Evidence, Source, Standing

TOPIC = "delayed neurotoxicity"
REVIEWED = date(2026, 11, 22)

BCMA = product("idecabtagene", "ciltacabtagene", label="a product against BCMA")
CILTA_CEL = product("ciltacabtagene", label="ciltacabtagene")

LABEL = Source(
    "Carvykti (ciltacabtagene autoleucel), US prescribing information, Janssen",
    where="boxed warning; medication guide (label)",
    note="sections 2 and 5.3 were not read",
)
DIGEST = Source(
    "Epocrates, digest of the Carvykti label",
    where="secondary: boxed warnings",
)
TRIALS = Source(
    "CARTITUDE-1, -2 and -4, cranial nerve palsy (ONS 2024 poster)",
    where="secondary: news of the poster",
)
TWO_CASES = Source(
    "Facial palsy three weeks after CAR-T for myeloma, 2 cases (conference abstract)",
    where="abstract",
)
ONE_CASE = Source(
    "Bilateral facial palsy five weeks after ciltacabtagene (AAN 2025)",
    where="abstract",
)
ASH = Source(
    "ASH Self-Assessment Program, chapter on cellular therapy",
    where="Table 2, delayed neurotoxicity: risk and prevention (view-large 12050798)",
    note="the cell on its management was not read",
)


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    source: Source,
    *,
    level: str,
    standing: Standing,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
    label: str = "",
    others: tuple[Source, ...] = (),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence(level),
        predicate=predicate,
        label_status=label,
        region="US" if label else "",
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


CRANIAL_PALSY = _step(
    "bcma_cranial_palsy",
    "Cranial nerve palsy after a product against BCMA: a short steroid was given",
    "Two patients with facial palsy on days 20 and 21 were given a short course of oral "
    "dexamethasone: one recovered fully, one in part. At second hand from the trials of "
    "ciltacabtagene: onset a median of 3 weeks after the infusion, mostly low grade, most resolved "
    "after a short steroid, no more often after CRS or ICANS. No dose could be verified.",
    together(BCMA, finding("cranial_nerve_palsy")),
    TWO_CASES,
    level="4",
    standing=Standing.PUBLISHED,
    alternatives=(
        Alternative("no steroid, and watch, where it is mild", OURS, Standing.HYPOTHESIS),
        Alternative(
            "a steroid taper: incomplete recovery at 6 weeks in one patient with both sides",
            ONE_CASE, Standing.PUBLISHED,
        ),
    ),
    would_change=(
        "Viral or Lyme infection, Guillain-Barre syndrome, myeloma of the skull base or meninges.",
        "Lumbar puncture and imaging of brain and nerves.",
        "Limb weakness or movement disorder beside it.",
    ),
    others=(TRIALS, ONE_CASE),
)  # fmt: skip

PARKINSONISM = _step(
    "bcma_parkinsonism",
    "Movement or personality change after a product against BCMA: parkinsonism, neurologist",
    "The boxed warning names parkinsonism and Guillain-Barre syndrome, also fatal, after "
    "ciltacabtagene. At second hand from the label: supportive care; immunoglobulin and plasma "
    "exchange considered in Guillain-Barre syndrome by its severity. No treatment of parkinsonism "
    "stands in a source that was read.",
    together(BCMA, finding("parkinsonism")),
    LABEL,
    level="5",
    standing=Standing.PROVISIONAL,
    alternatives=(
        Alternative(
            "immunoglobulin or plasma exchange, where weakness ascends (Guillain-Barre)", DIGEST,
            Standing.PROVISIONAL,
        ),
        Alternative("supportive care under a neurologist", DIGEST, Standing.PROVISIONAL),
    ),
    would_change=(
        "Drugs that block dopamine, infection, myeloma in the brain.",
        "CAR T cells still expanding or found in the cerebrospinal fluid.",
    ),
    label="monitor",
    others=(DIGEST, ASH),
)  # fmt: skip

WATCH = _step(
    "ciltacabtagene_watch_us",
    "After ciltacabtagene: signs may come days to months later, and subtly (US label)",
    "The medication guide: handwriting, slower movement, loss of balance or coordination, less "
    "expression, personality change, tingling; at first subtle, days or weeks after the infusion. "
    "High disease burden, CRS and ICANS are called risk factors (ASH).",
    together(CILTA_CEL, finding("parkinsonism", False), finding("cranial_nerve_palsy", False)),
    LABEL,
    level="5",
    standing=Standing.PUBLISHED,
    alternatives=(
        Alternative(
            "prevention: disease burden lowered before, CRS and ICANS treated in time", ASH,
            Standing.PUBLISHED,
        ),
    ),
    would_change=("Any such sign: the two statements beside this one.",),
    label="monitor",
    others=(ASH,),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (CRANIAL_PALSY, PARKINSONISM, WATCH)
"""What is there, then what to watch for."""
