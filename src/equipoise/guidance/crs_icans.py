"""CRS and ICANS by grade: what guidelines offer, what else is named, the ceiling of tocilizumab.

The society's pocket edition of ASCO 2021 was read; of its row for CRS grade 2 only the beginning,
and not its row for ICANS grade 4. Those two steps rest on another table that was read.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth, car_infusion, seen
from equipoise.guidance.conditions import beside, effector_cells, graded, together
from equipoise.record import SAME_TIME, Dose
from equipoise.source import Evidence, Source, Standing

REVIEWED = date(2026, 11, 22)
CRS = "crs_astct2019"
ICANS = "icans_astct2019"

MOST_IN_A_DAY = 3
"""Doses of tocilizumab in 24 h (ASCO 2021)."""
MOST_IN_ALL = 4
"""Doses of tocilizumab in all (ASCO 2021)."""


def _asco(where: str) -> Source:
    return Source(
        "Santomasso 2021, J Clin Oncol (ASCO guideline)",
        doi="10.1200/JCO.21.01992",
        where=where,
        note="the society's pocket edition was read, not the paper",
    )


ASCO_CRS = _asco("pocket guide, Table 1, pages 5 and 6")
ASCO_ICANS = _asco("pocket guide, Table 2, pages 7, 8 and 10")
ASH = Source(
    "ASH Self-Assessment Program, chapter on cellular therapy",
    where="Table 2, prevention, monitoring and management (view-large 12050798)",
)
SAMSUNG = Source(
    "Ann Lab Med 2024;44:210 (Samsung Medical Center, after ASTCT and ASCO)",
    where="Table 1",
    note="one center's protocol",
)

TOCILIZUMAB = (
    "tocilizumab 8 mg/kg iv over 1 h (at most 800 mg), every 8 h as needed, at most "
    f"{MOST_IN_A_DAY} doses in 24 h and {MOST_IN_ALL} in all"
)
SECOND_LINE = "anakinra, siltuximab, etanercept, infliximab or lenzilumab as second line"


def _charted(situation: Situation, infusion: float) -> tuple[tuple[Dose, ...], int, str]:
    """Doses of tocilizumab since the infusion, how many in the last 24 h, and both in words."""
    doses = tuple(d for d in situation.given("tocilizumab") if d.at >= infusion - SAME_TIME)
    day = sum(1 for d in doses if d.at > situation.at - 24.0 + SAME_TIME)
    return doses, day, f"{len(doses)} dose(s) since the infusion, {day} in the last 24 h"


def _count(situation: Situation) -> Verdict:
    """Always met; says how often tocilizumab was given."""
    infusion = car_infusion(situation.record, situation.at)
    if infusion is None:
        return Verdict(Truth.MET)
    return Verdict(Truth.MET, detail=f"tocilizumab: {_charted(situation, infusion)[2]}")


def _tocilizumab(situation: Situation) -> Verdict:
    """The ceiling of tocilizumab is reached, by the doses charted since the infusion."""
    infusion = car_infusion(situation.record, situation.at)
    if infusion is None:
        return Verdict(Truth.NOT_MET, detail="no effector cell product in the record")
    doses, day, said = _charted(situation, infusion)
    because = tuple(seen(d) for d in doses)
    if len(doses) >= MOST_IN_ALL or day >= MOST_IN_A_DAY:
        return Verdict(Truth.MET, because, detail=said)
    anticytokine = situation.record.latest_finding(
        "antipyretic_or_anticytokine", situation.at, within=situation.at - infusion
    )
    if not doses and anticytokine is not None and anticytokine.value is True:
        return Verdict(
            Truth.UNKNOWN,
            (seen(anticytokine),),
            ("tocilizumab: each dose",),
            "anticytokine or antipyretic treatment is charted, and no dose",
        )
    return Verdict(Truth.NOT_MET, because, detail=f"{said}: below the ceiling")


def _step(
    id_: str,
    title: str,
    statement: str,
    *,
    predicate: Predicate,
    source: Source,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
    topic: str,
    others: tuple[Source, ...] = (),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=Standing.PUBLISHED,
        evidence=Evidence("5"),
        predicate=together(effector_cells, predicate),
        topic=topic,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


WORSE_CRS = "Vasopressor or higher oxygen need (the grade), fever ending, another cause found."
INFECTION = "A positive culture or another cause of fever, hypotension or hypoxia."
HLH = "Ferritin rising while fever and CRP fall, low fibrinogen: IEC-HS and not CRS."

CRS_1 = _step(
    "crs_grade1",
    "CRS grade 1: supportive care",
    "ASCO 2021 offers antipyretics, hydration and treatment of symptoms; if neutropenic, empiric "
    "broad-spectrum antibiotics and G-CSF may be considered (GM-CSF is not recommended). For every "
    "grade: cultures, chest radiograph, counts, chemistry, CRP, ferritin, fibrinogen, PT, PTT. "
    "Fever of more than 3 days, or refractory, may be managed as grade 2.",
    predicate=graded(CRS, 1, 1),
    source=ASCO_CRS,
    topic="CRS",
    alternatives=(
        Alternative(
            "tocilizumab considered in grade 1 by clinical features, above all if persistent",
            ASH, Standing.PUBLISHED,
        ),
        Alternative(
            "tocilizumab considered where tumor burden is high or the patient old and frail",
            SAMSUNG, Standing.PUBLISHED,
        ),
    ),
    would_change=("Hypotension or need of oxygen: grade 2 or more.", INFECTION),
)  # fmt: skip

CRS_2 = _step(
    "crs_grade2",
    "CRS grade 2: tocilizumab, with or before a corticosteroid",
    "The ASH table recommends tocilizumab with a corticosteroid from grade 2 on, dose and "
    f"frequency by severity. Dose in ASCO 2021: {TOCILIZUMAB}. Continuous telemetry and pulse "
    "oximetry.",
    predicate=together(graded(CRS, 2, 2), _count),
    source=ASH,
    topic="CRS",
    others=(ASCO_ICANS, ASCO_CRS),
    alternatives=(
        Alternative(
            "tocilizumab first; dexamethasone 10 mg iv every 12 or 24 h only without improvement "
            "in 24 h",
            SAMSUNG, Standing.PUBLISHED,
        ),
        Alternative(
            "an earlier steroid, for axicabtagene and brexucabtagene",
            ASCO_CRS, Standing.PUBLISHED,
        ),
    ),
    would_change=(WORSE_CRS, "No improvement within 24 h of tocilizumab.", INFECTION, HLH),
)  # fmt: skip

CRS_3 = _step(
    "crs_grade3",
    "CRS grade 3: intensive care, tocilizumab and dexamethasone",
    "ASCO 2021: intensive care, vasopressors as needed, echocardiogram; tocilizumab if its ceiling "
    "is not reached, plus dexamethasone 10 mg iv every 6 h (or equivalent), tapered rapidly once "
    f"symptoms improve; if refractory as grade 4. {TOCILIZUMAB[0].upper()}{TOCILIZUMAB[1:]}.",
    predicate=together(graded(CRS, 3, 3), _count),
    source=ASCO_CRS,
    topic="CRS",
    others=(ASCO_ICANS,),
    alternatives=(
        Alternative(
            "dexamethasone 10 mg iv every 6 or 12 h, tapered by symptoms",
            SAMSUNG, Standing.PUBLISHED,
        ),
        Alternative(SECOND_LINE, ASH, Standing.PUBLISHED),
    ),
    would_change=(WORSE_CRS, "Tocilizumab at its ceiling.", INFECTION, HLH),
)  # fmt: skip

CRS_4 = _step(
    "crs_grade4",
    "CRS grade 4: high-dose methylprednisolone beside intensive care",
    "ASCO 2021: as grade 3 with ventilation as needed; tocilizumab if its ceiling is not reached; "
    "methylprednisolone 500 mg iv every 12 h for 3 days, 250 mg every 12 h for 2, 125 mg for 2, 60 "
    "mg every 12 h until grade 1; if not improving 1,000 mg twice a day, or another agent.",
    predicate=together(graded(CRS, 4, 4), _count),
    source=ASCO_CRS,
    topic="CRS",
    alternatives=(
        Alternative(
            "methylprednisolone 1 g daily for 3 days, then 250 mg every 12 h for 2, then a slow "
            "taper",
            SAMSUNG, Standing.PUBLISHED,
        ),
        Alternative(SECOND_LINE, ASH, Standing.PUBLISHED),
    ),
    would_change=("Improvement to grade 1: taper.", INFECTION, HLH),
)  # fmt: skip

CEILING = _step(
    "tocilizumab_ceiling",
    "Tocilizumab: the ceiling of doses is reached",
    f"ASCO 2021 limits it to {MOST_IN_A_DAY} doses in 24 h and {MOST_IN_ALL} in all, and is "
    "cautious with repeated doses in ICANS. A dose that is not charted is not counted.",
    predicate=_tocilizumab,
    source=ASCO_ICANS,
    topic="CRS",
    alternatives=(
        Alternative("a corticosteroid beside or instead", ASCO_CRS, Standing.PUBLISHED),
        Alternative(SECOND_LINE, ASH, Standing.PUBLISHED),
    ),
    would_change=("Doses given elsewhere and not in this record.",),
)

FLARE = "Flare under a rapid taper of the steroid (ASCO 2021 reports it)."
WORSE_ICANS = "A lower ICE score, a seizure, a focal sign or edema (the grade)."
OTHER_CAUSE = "Bleeding, infection of the brain, drugs or hyponatremia as the cause."
REFRACTORY_ICANS = Alternative(
    "for persistent or worsening ICANS, with little experience: anakinra, siltuximab, ruxolitinib, "
    "cyclophosphamide, ATG, or intrathecal hydrocortisone 50 mg with methotrexate 12 mg",
    ASCO_ICANS,
    Standing.PUBLISHED,
)
EARLIER = Alternative(
    "a steroid from grade 1 on and high dose at grade 3, for axicabtagene and brexucabtagene",
    ASCO_ICANS,
    Standing.PUBLISHED,
)

ICANS_1 = _step(
    "icans_grade1",
    "ICANS grade 1: supportive care; tocilizumab only for CRS beside it",
    "ASCO 2021, without CRS: hydration, aspiration precautions, ICE at least twice a day, "
    f"neurologist; seizure prophylaxis considered. With CRS: {TOCILIZUMAB}; caution with repeated "
    "doses in ICANS, a steroid considered past the first dose.",
    predicate=together(graded(ICANS, 1, 1), beside(CRS, "CRS")),
    source=ASCO_ICANS,
    topic="ICANS",
    alternatives=(EARLIER,),
    would_change=(WORSE_ICANS, OTHER_CAUSE),
)

ICANS_2 = _step(
    "icans_grade2",
    "ICANS grade 2: dexamethasone considered; with CRS tocilizumab first",
    "ASCO 2021, without CRS: dexamethasone 10 mg iv twice considered for high-risk products or "
    "patients, then looked at again, every 6 to 12 h if no better. With CRS: tocilizumab as in "
    "grade 1, and if refractory past the first dose dexamethasone 10 mg iv every 6 to 12 h or "
    "methylprednisolone 1 mg/kg iv every 12 h. Brain imaging and EEG from grade 2 on.",
    predicate=together(graded(ICANS, 2, 2), beside(CRS, "CRS")),
    source=ASCO_ICANS,
    topic="ICANS",
    alternatives=(
        EARLIER,
        Alternative(
            "a corticosteroid in any grade, dose by severity", ASH, Standing.PUBLISHED
        ),
    ),
    would_change=(WORSE_ICANS, FLARE, OTHER_CAUSE),
)  # fmt: skip

ICANS_3 = _step(
    "icans_grade3",
    "ICANS grade 3: intensive care and a corticosteroid",
    "ASCO 2021: intensive care; dexamethasone 10 mg iv every 6 to 12 h or methylprednisolone 1 "
    "mg/kg iv every 12 h; with CRS tocilizumab first and the steroid if refractory past the first "
    "dose. Lumbar puncture; imaging again every 2 to 3 days while grade 3 or more persists.",
    predicate=together(graded(ICANS, 3, 3), beside(CRS, "CRS")),
    source=ASCO_ICANS,
    topic="ICANS",
    alternatives=(EARLIER, REFRACTORY_ICANS),
    would_change=(WORSE_ICANS, FLARE, OTHER_CAUSE),
)

ICANS_4 = _step(
    "icans_grade4",
    "ICANS grade 4: high-dose corticosteroid",
    "The ASH table gives high-dose corticosteroids from grade 3 on and names anakinra or "
    "siltuximab as second line; it prints no dose. The row of ASCO 2021 for grade 4 was not read.",
    predicate=together(graded(ICANS, 4, 4), beside(CRS, "CRS")),
    source=ASH,
    topic="ICANS",
    alternatives=(REFRACTORY_ICANS,),
    would_change=("Improvement to grade 1: taper.", FLARE, OTHER_CAUSE),
)

LADDER: tuple[Recommendation, ...] = (
    CRS_1, CRS_2, CRS_3, CRS_4, CEILING, ICANS_1, ICANS_2, ICANS_3, ICANS_4,
)  # fmt: skip
"""By syndrome and grade."""
