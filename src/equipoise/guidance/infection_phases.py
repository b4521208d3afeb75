"""Infections after effector cells: prophylaxis by phase, neutropenia, steroids, immunoglobulin.

Sources disagree on how long and for whom; each is named, none is blended.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth, car_infusion
from equipoise.guidance.conditions import (
    OURS,
    days_after_cells,
    effector_cells,
    finding,
    given_after_cells,
    measured,
    not_,
    running,
    together,
)
from equipoise.source import Evidence, Source, Standing

TOPIC = "infection after effector cells"
REVIEWED = date(2026, 11, 22)

FIRST_YEAR = 365
"""Days during which every source that was read gives antiviral and Pneumocystis prophylaxis, or
leaves the end to CD4 cells."""

CD4_WINDOW = 90 * 24.0
"""Hours: how old a CD4 count may be for advice (project convention)."""

IGG_WINDOW = 30 * 24.0
"""Hours: how old an IgG may be for advice (project convention: the interval of monitoring that two
sources print, every 4 weeks)."""

RECENT_COUNT = 72.0
"""Hours: how old a neutrophil count may be for advice (project convention)."""

STEROIDS = ("dexamethasone", "methylprednisolone", "prednisone", "prednisolone")
ANTIVIRALS = ("aciclovir", "valaciclovir")
PNEUMOCYSTIS = ("cotrimoxazole", "atovaquone", "pentamidine")
ANTIFUNGALS = (
    "fluconazole", "posaconazole", "voriconazole", "isavuconazole", "micafungin", "caspofungin",
    "anidulafungin", "rezafungin", "liposomal_amphotericin_b",
)  # fmt: skip

ASH = Source(
    "ASH Self-Assessment Program, chapter on cellular therapy",
    where="Table 4, infections and cytopenias (view-large 12050824)",
)
EHA_EBMT = Source(
    "Rejeski 2023, Blood 142:865 (EHA/EBMT consensus)",
    doi="10.1182/blood.2023020578",
    where="Table 3, short-term management (view-large 11837558)",
    note="rows on transfusion, G-CSF, antibacterials and antivirals were read",
)
STANFORD = Source(
    "Stanford supportive care after CD19 CAR-T",
    where="table (ashpublications view-large 10070704)",
    note="the article around the table was not identified",
)
BY_PHASE = Source(
    "Recommendations by phase of CAR-T, ASH publications",
    where="table (view-large 12523856)",
    note="the article around the table was not identified",
)
ASCO = Source(
    "Santomasso 2021, J Clin Oncol (ASCO guideline)",
    doi="10.1200/JCO.21.01992",
    where="pocket guide, Table 1, page 6",
    note="the society's pocket edition was read, not the paper",
)
NO_ANTIFUNGAL = Source(
    "Blood Adv 2022;6:4821 (280 adults, CD19 CAR-T, no routine antifungal)",
    where="abstract",
)
IGG_TABLE = Source(
    "Immunoglobulin replacement: recommendations side by side",
    where="Table 1 (PMC11272770)",
    note="the table reprints AAAAI 2022, ASBMT, HCT guidelines and Hill",
)


def _course(situation: Situation) -> Verdict:
    """Always met; says which of the prophylactic drugs run."""
    said = []
    for what, agents in (("herpes virus", ANTIVIRALS), ("Pneumocystis", PNEUMOCYSTIS)):
        truth, because = situation.running(*agents)
        if truth is Truth.MET:
            said.append(f"against {what} {because[-1].name} runs")
        elif truth is Truth.UNKNOWN:
            said.append(f"against {what} {because[-1].name} is charted, whether it runs is not")
        else:
            said.append(f"nothing against {what} runs in the record")
    return Verdict(Truth.MET, detail="; ".join(said))


def _no_antifungal(situation: Situation) -> Verdict:
    """No systemic antifungal runs."""
    truth, because = situation.running(*ANTIFUNGALS)
    if truth is Truth.MET:
        return Verdict(Truth.NOT_MET, because, detail=f"{because[-1].name} runs")
    if truth is Truth.UNKNOWN:
        agent = because[-1].name
        return Verdict(Truth.UNKNOWN, because, (f"{agent}: a recent dose or a stop",))
    return Verdict(Truth.MET, detail="no antifungal runs in the record")


def _still(situation: Situation) -> Verdict:
    """In the first year; later while CD4 cells are not known to be above 200/uL."""
    early = days_after_cells(0, FIRST_YEAR)(situation)
    infusion = car_infusion(situation.record, situation.at)
    if early.truth is Truth.MET or infusion is None:
        return early
    high = measured("cd4", ">", "200", "/uL", within=CD4_WINDOW)
    return not_(high, f"after day {FIRST_YEAR}, CD4 cells above 200/uL")(situation)


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    source: Source,
    *,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
    standing: Standing = Standing.PUBLISHED,
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence("5"),
        predicate=together(effector_cells, predicate),
        topic=TOPIC,
        reviewed_on=REVIEWED,
        alternatives=alternatives,
        would_change=would_change,
    )


VIRUS_PNEUMOCYSTIS = _step(
    "car_virus_pneumocystis",
    "Prophylaxis against herpes viruses and Pneumocystis after effector cells",
    "The ASH table gives every patient aciclovir or valaciclovir, and cotrimoxazole (else dapsone, "
    "atovaquone or pentamidine), for 12 to 18 months and at least until CD4 cells exceed 200/uL.",
    together(_still, _course),
    ASH,
    alternatives=(
        Alternative(
            "antiviral from lymphodepletion until 1 year and/or CD4 above 0.2 x 10^9/L", EHA_EBMT,
            Standing.PUBLISHED,
        ),
        Alternative(
            "antiviral for 6 months or more, cotrimoxazole from day 30 for 6 to 12 months",
            BY_PHASE, Standing.PROVISIONAL,
        ),
        Alternative(
            "atovaquone first, cotrimoxazole after day 28 without severe cytopenia", STANFORD,
            Standing.PROVISIONAL,
        ),
    ),
    would_change=("CD4 cells above 200/uL.", "Cytopenia under cotrimoxazole.",
                  "Herpes infection: 6 months beyond it."),
)  # fmt: skip

NEUTROPENIA = _step(
    "car_neutropenia_prophylaxis",
    "Neutrophils below 0.5 x 10^9/L after effector cells: antibacterial and antifungal considered",
    "The ASH table considers levofloxacin in prolonged severe neutropenia, and fluconazole or "
    "posaconazole in prolonged severe neutropenia or under a prolonged steroid.",
    measured("neutrophils", "<", "0.5", "10*9/L", within=RECENT_COUNT),
    ASH,
    alternatives=(
        Alternative(
            "antibacterials not at low risk of hematotoxicity; at high risk considered below 0.5; "
            "beware of colonization with resistant bacteria",
            EHA_EBMT, Standing.PUBLISHED,
        ),
        Alternative(
            "no routine antifungal: 8 of 280 (2.9 %) had invasive fungal disease without it",
            NO_ANTIFUNGAL, Standing.PUBLISHED,
        ),
        Alternative(
            "levofloxacin 500 mg and fluconazole 200 mg daily until recovery; an azole against "
            "molds after transplantation, steroids for more than 3 days or 28 days of neutropenia",
            BY_PHASE, Standing.PROVISIONAL,
        ),
    ),
    would_change=("Fever: then it is treatment.", "Local resistance, earlier mold infection.",
                  "An azole beside sirolimus, tacrolimus or ciclosporin: their interactions."),
)  # fmt: skip

STEROID_ANTIFUNGAL = _step(
    "car_steroid_antifungal",
    "Steroid for CRS or ICANS: antifungal prophylaxis strongly considered",
    "ASCO 2021 strongly considers antifungal prophylaxis in patients given steroids for these "
    "toxicities. Which drug and for how long is not in what was read.",
    together(
        given_after_cells(
            *STEROIDS, none="no systemic steroid after the infusion in the record"
        ),
        running(*STEROIDS),
        _no_antifungal,
    ),
    ASCO,
    alternatives=(
        Alternative("fluconazole or posaconazole, if the steroid is prolonged", ASH,
                    Standing.PUBLISHED),
        Alternative("none after one or two doses", OURS, Standing.HYPOTHESIS),
    ),
    would_change=("The cumulative steroid and its days.",
                  "An azole beside sirolimus, tacrolimus or ciclosporin: their interactions."),
)  # fmt: skip

IGG_LOW = _step(
    "car_igg_400",
    "IgG at most 400 mg/dL after effector cells: replacement, where sources disagree",
    "The ASH table gives immunoglobulin 400-500 mg/kg at IgG of 400 mg/dL or less, measured every "
    "4 weeks. Others ask for infections beside it, and one recommends against it without them.",
    measured("igg", "<=", "400", "mg/dL", within=IGG_WINDOW),
    ASH,
    alternatives=(
        Alternative(
            "only with sinopulmonary infection and IgG below 400 mg/dL: 0.5 g/kg, looked at again "
            "monthly",
            STANFORD, Standing.PROVISIONAL,
        ),
        Alternative(
            "below 400 with recurrent infection, or below 150 mg/dL (AAAAI 2022); considered at "
            "400 or less (Hill); against it without recurrent infection at any level (ASBMT)",
            IGG_TABLE, Standing.PROVISIONAL,
        ),
    ),
    would_change=("Serious or recurrent bacterial infection, or none.",
                  "Thrombosis or kidney failure, against which products carry a warning."),
)  # fmt: skip

IGG_INFECTION = _step(
    "car_igg_infection",
    "IgG above 400 to 600 mg/dL with serious recurrent infection: replacement considered",
    "Hill, as reprinted: replacement with IgG of 400-600 mg/dL and serious recurrent infections, "
    "and above 600 mg/dL where vaccines do not take.",
    together(
        measured("igg", ">", "400", "mg/dL", within=IGG_WINDOW),
        measured("igg", "<=", "600", "mg/dL", within=IGG_WINDOW),
        finding("recurrent_bacterial_infection"),
    ),
    IGG_TABLE,
    alternatives=(
        Alternative(
            "below 700 mg/dL with recurrent infection, low IgA or IgM and poor vaccine response "
            "(AAAAI 2022)",
            IGG_TABLE, Standing.PROVISIONAL,
        ),
        Alternative("treatment of the infection alone", OURS, Standing.HYPOTHESIS),
    ),
    would_change=("IgG falling to 400 mg/dL.", "Response to vaccines."),
    standing=Standing.TRANSCRIBED,
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (
    VIRUS_PNEUMOCYSTIS, NEUTROPENIA, STEROID_ANTIFUNGAL, IGG_LOW, IGG_INFECTION,
)  # fmt: skip
"""By phase: from lymphodepletion on, in neutropenia, under steroids, with low IgG."""
