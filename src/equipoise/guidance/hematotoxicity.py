"""Cytopenia after effector cells: growth factor, work-up, boost, thrombopoietin agonist."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth
from equipoise.guidance.conditions import (
    OURS,
    beside,
    days_after_cells,
    effector_cells,
    graded,
    measured,
    one_of,
    together,
)
from equipoise.guidance.iechs_ladder import required_holds
from equipoise.source import Evidence, Source, Standing

TOPIC = "hematotoxicity"
REVIEWED = date(2026, 11, 22)

RECENT_COUNT = 72.0
"""Hours: how old a neutrophil count may be for advice (project convention)."""

EARLY_DAYS = 30
"""Days after the infusion that the grading calls early (EHA/EBMT 2023)."""

SHORT_TERM = Source(
    "Rejeski 2023, Blood 142:865 (EHA/EBMT consensus)",
    doi="10.1182/blood.2023020578",
    where="Table 3, short-term management (view-large 11837558)",
    note="rows on transfusion, G-CSF, antibacterials and antivirals were read",
)
SURVEY = Source(
    "HemaSphere 2023 (EHA/EBMT survey, 81 respondents)",
    where="abstract (PMC10145722)",
)
BOOST_COHORT = Source(
    "Blood Adv (stem-cell boost for neutropenia after CAR-T, n = 31)",
    doi="10.1182/bloodadvances.2022008042",
    where="abstract",
)
ASH = Source(
    "ASH Self-Assessment Program, chapter on cellular therapy",
    where="Table 4, infections and cytopenias (view-large 12050824)",
)
HINES = Source(
    "Hines 2023, Transplant Cell Ther 29:438.e1",
    doi="10.1016/j.jtct.2023.03.006",
    where="Table 4",
    note="table read in full (PMC10330221)",
)

SEVERE = one_of(
    graded("icaht_early_2023", 3, 4), graded("icaht_late_2023", 3, 4)
)  # fmt: skip
"""Grade 3 or more, early or late."""

INFLAMED = "Active CRS or IEC-HS: G-CSF there is called controversial (Hines 2023)."


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    source: Source,
    *,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
    level: str = "5",
    others: tuple[Source, ...] = (),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=Standing.PUBLISHED,
        evidence=Evidence(level),
        predicate=together(effector_cells, predicate),
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


def _iechs_beside(situation: Situation) -> Verdict:
    """Always met; says whether IEC-HS is in question, where growth factor is controversial."""
    found = situation.grades.get("iechs_astct2023")
    if found is None or not found.applies or not required_holds(found):
        return Verdict(Truth.MET)
    return Verdict(Truth.MET, detail=f"IEC-HS {'is met' if found.met else 'is in question'}: "
                   "G-CSF there is called controversial (Hines 2023)")  # fmt: skip


GCSF_EARLY = _step(
    "icaht_gcsf_prophylaxis",
    "High risk of hematotoxicity: G-CSF from day +2 considered",
    "EHA/EBMT 2023 considers G-CSF 5 ug/kg daily from day +2 as prophylaxis where the risk "
    "profile is high (a high CAR-HEMATOTOX score), with fewer febrile neutropenias and no more "
    "severe CRS or ICANS in the studies it cites; at low risk it calls it probably not necessary.",
    together(
        days_after_cells(0, EARLY_DAYS), graded("car_hematotox_2021", 2, 7), _iechs_beside
    ),
    SHORT_TERM,
    alternatives=(
        Alternative(
            "G-CSF only once neutrophils are below 0.5 x 10^9/L", SHORT_TERM, Standing.PUBLISHED
        ),
        Alternative(
            "clinicians asked were divided on when to begin, and on G-CSF beside immunotoxicity",
            SURVEY, Standing.PUBLISHED,
        ),
    ),
    would_change=(INFLAMED,),
    others=(HINES,),
)  # fmt: skip

GCSF = _step(
    "icaht_gcsf",
    "Neutrophils below 0.5 x 10^9/L after effector cells: G-CSF",
    "EHA/EBMT 2023: therapeutic G-CSF for severe, prolonged neutropenia with or without "
    "infection, 5 ug/kg daily, more considered without response. An intermittent recovery often "
    "responds rapidly, aplasia often not.",
    together(
        measured("neutrophils", "<", "0.5", "10*9/L", within=RECENT_COUNT),
        beside("crs_astct2019", "CRS"),
        _iechs_beside,
    ),
    SHORT_TERM,
    alternatives=(
        Alternative(
            "considered below 1.0, strongly recommended below 0.5 x 10^9/L above all if prolonged, "
            "and in neutropenic infection; caution in active or likely CRS",
            ASH, Standing.PUBLISHED,
        ),
        Alternative(
            "waiting, where recovery is near and no infection is found", OURS, Standing.HYPOTHESIS
        ),
    ),
    would_change=(INFLAMED, "Ferritin with low fibrinogen: IEC-HS as the cause.", "Infection."),
    others=(HINES,),
)  # fmt: skip

WORK_UP = _step(
    "icaht_work_up",
    "Severe hematotoxicity: look for its cause",
    "Of 81 clinicians asked by EHA/EBMT 96 % would rule out viral infection, 92 % HLH by ferritin, "
    "80 % lack of substrates; 86 % would aspirate and 61 % biopsy the marrow.",
    SEVERE,
    SURVEY,
    level="5",
    alternatives=(
        Alternative(
            "ferritin, fibrinogen, viruses and substrates first, marrow where these explain "
            "nothing",
            OURS, Standing.HYPOTHESIS,
        ),
    ),
    would_change=("Drugs that suppress the marrow.", "Relapse or a second neoplasm in the marrow."),
)  # fmt: skip

BOOST = _step(
    "icaht_boost",
    "Severe hematotoxicity: stem-cell boost, where cells are stored",
    "31 patients were given one (30 autologous) for sustained neutrophils below 0.5, up to 1.5 "
    "with high risk of infection, or up to 2.0 x 10^9/L with active infection: 84 % responded in "
    "a median of 9 days; one-year survival 85 % after at most 38 days of neutropenia, 44 % after "
    "more. Retrospective; whether cells are stored is not in the record.",
    SEVERE,
    BOOST_COHORT,
    level="4",
    alternatives=(
        Alternative(
            "63 % of 81 clinicians prefer a boost for neutropenia; no consensus on when; often not "
            "available",
            SURVEY, Standing.PUBLISHED,
        ),
        Alternative("G-CSF first, its response awaited", SHORT_TERM, Standing.PUBLISHED),
    ),
    would_change=("No stored cells: an allogeneic source or transplantation is weighed.",
                  "Counts that recover on G-CSF.", "Active IEC-HS."),
)  # fmt: skip

TPO = _step(
    "icaht_thrombopoietin",
    "Long severe thrombocytopenia: thrombopoietin agonist considered",
    "The ASH table considers one for prolonged severe thrombocytopenia beyond day 30 with high "
    "need of transfusions; 86 % of 81 clinicians favor it. Severe is read here as grade 3 or more "
    "of the late platelet grading (below 20 x 10^9/L); the need of transfusions is not judged.",
    together(days_after_cells(EARLY_DAYS + 1, None), graded("ticaht_late", 3, 4)),
    ASH,
    alternatives=(
        Alternative("transfusion by the institution's rule", SHORT_TERM, Standing.PUBLISHED),
        Alternative("a stem-cell boost, given for neutropenia", BOOST_COHORT, Standing.PUBLISHED),
    ),
    would_change=("Active or likely CRS: caution (ASH).", "Immune thrombocytopenia or TMA."),
    others=(SURVEY,),
)

LADDER: tuple[Recommendation, ...] = (GCSF_EARLY, GCSF, WORK_UP, BOOST, TPO)
"""From prophylaxis to the late steps."""
