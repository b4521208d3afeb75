"""Transplant-associated thrombotic microangiopathy: support, targeted treatment, drugs to weigh."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth, compare, seen
from equipoise.guidance.conditions import (
    OURS,
    age,
    criterion_met,
    finding,
    graded,
    graft,
    measured,
    one_of,
    running,
    together,
)
from equipoise.source import Evidence, Source, Standing

TOPIC = "thrombotic microangiopathy"
REVIEWED = date(2026, 11, 22)

RECENT = 14 * 24.0
"""Hours: how old a feature of high risk may be, the window of the criteria themselves."""

HANDBOOK = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 42",
    doi="10.1007/978-3-031-44080-9_42",
    where="sections 42.6.5 to 42.6.7",
)
REVIEW = Source(
    "Hematology (ASH Educ Program) 2024;2024:206 (transplant-associated TMA)",
    where="abstract",
)
YARTEMLEA_LABEL = Source(
    "Yartemlea (narsoplimab), US prescribing information, Omeros",
    where="section 1 and the table of section 2 (label)",
    note="the dose below 50 kg was read at second hand",
)
YARTEMLEA_TRIAL = Source(
    "Narsoplimab: single-arm study of 28 adults, expanded access of 221",
    where="secondary: news of the approval",
)
ECULIZUMAB_LABEL = Source(
    "Epysqli (eculizumab-aagh), US prescribing information",
    where="boxed warning (label)",
)
CUTLER = Source(
    "Biol Blood Marrow Transplant 2005 (sirolimus and TMA)",
    doi="10.1016/j.bbmt.2005.04.007",
    where="secondary digest",
    note="the paper was not read",
)

TMA = criterion_met("tma_jodele2022")
CNI = ("tacrolimus", "ciclosporin")


def _over_its_range(name: str, factor: str, relation: str) -> Predicate:
    """A value against its own upper limit; unknown without one."""

    def predicate(situation: Situation) -> Verdict:
        last = situation.record.latest(name, situation.at, within=RECENT)
        if last is None or last.high is None:
            return Verdict(Truth.UNKNOWN, missing=(f"{name} with its reference range",))
        limit = last.high.number * Decimal(factor)
        return Verdict(compare(last.value, relation, limit, last.high.unit), (seen(last),))

    return predicate


HIGH_RISK = one_of(
    _over_its_range("ldh", "2", ">="),
    measured("urine_protein_creatinine", ">=", "1", "mg/mg", within=RECENT),
    _over_its_range("sc5b9", "1", ">"),
    finding("infection", "proven"),
    graded("agvhd_magic2016", 2, 4, absent="no organ of acute GVHD staged"),
    graded("aki_kdigo2012", 2, 3, absent="no creatinine"),
    finding("dialysis"),
)
"""Any feature of high risk of the consensus that the vocabulary holds."""

PLAIN = "Anemia, LDH and thrombocytopenia by relapse, infection, immune hemolysis or DIC."


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    source: Source,
    *,
    level: str,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
    region: str = "",
    label_date: str = "",
    others: tuple[Source, ...] = (),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=Standing.PUBLISHED,
        evidence=Evidence(level),
        predicate=together(graft, predicate),
        label_status="licensed" if region else "",
        region=region,
        label_date=label_date,
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


SUPPORT = _step(
    "tma_supportive",
    "TMA: support, triggers, watch on the organs",
    "EBMT Handbook: transfusions; a causative drug ended where feasible; immunosuppression changed "
    "only where the risk allows, so as not to provoke acute GVHD; GVHD and infection treated; "
    "hypertension treated aggressively; organs watched.",
    TMA,
    HANDBOOK,
    level="5",
    alternatives=(
        Alternative(
            "evidence does not support ending a calcineurin inhibitor without cause, nor plasma "
            "exchange",
            REVIEW, Standing.PUBLISHED,
        ),
        Alternative(
            "early plasma exchange for selected patients without a complement blocker; rituximab "
            "beside it with antibodies to factor H",
            HANDBOOK, Standing.PUBLISHED,
        ),
    ),
    would_change=("A feature of high risk.", PLAIN),
)  # fmt: skip

TARGETED = _step(
    "tma_high_risk",
    "TMA with a feature of high risk: targeted treatment considered",
    "Consensus of EBMT, ASTCT, APBMT and CIBMTR as in the EBMT Handbook: LDH at least twice the "
    "upper limit, urine protein to creatinine at least 1 mg/mg, soluble C5b-9 above normal, acute "
    "GVHD grade II to IV, infection, or organ dysfunction beyond KDIGO stage 1: treatment that "
    "targets TMA should be considered; without these close monitoring.",
    together(TMA, HIGH_RISK),
    HANDBOOK,
    level="5",
    alternatives=(
        Alternative(
            "eculizumab (C5), off label here: survival to 70 % in high-risk TMA", HANDBOOK,
            Standing.PUBLISHED,
        ),
        Alternative("narsoplimab (MASP-2): 68 % alive at 100 days", HANDBOOK, Standing.PUBLISHED),
        Alternative("defibrotide: responses in a retrospective review", HANDBOOK,
                    Standing.PUBLISHED),
        Alternative("close monitoring where no feature of high risk is found", HANDBOOK,
                    Standing.PUBLISHED),
    ),
    would_change=("Open infection: complement blockers raise its risk.", PLAIN),
)  # fmt: skip

NARSOPLIMAB_US = _step(
    "tma_narsoplimab_us",
    "TMA from 2 years: narsoplimab is licensed (US)",
    "Label: from the age of 2 years; 370 mg iv over 30 min once a week from 50 kg (4 mg/kg below, "
    "at second hand), twice a week if signs of TMA improve too little. It does not ask for high "
    "risk. Approved on 28 adults of a single-arm study with expanded access of 221.",
    together(TMA, age(2.0)),
    YARTEMLEA_LABEL,
    level="4",
    region="US",
    label_date="approved 23 December 2025",
    alternatives=(
        Alternative(
            "eculizumab, off label; boxed warning of meningococcal infection, vaccination before",
            ECULIZUMAB_LABEL, Standing.PUBLISHED,
        ),
        Alternative("support and close watch without high risk", HANDBOOK, Standing.PUBLISHED),
    ),
    would_change=("Open infection.", "Drug not licensed where the patient is.", PLAIN),
    others=(YARTEMLEA_TRIAL,),
)  # fmt: skip

ECULIZUMAB = _step(
    "tma_eculizumab",
    "High-risk TMA: eculizumab, off label",
    "EBMT Handbook: the most promising targeted agent for high-risk complement-mediated TMA in "
    "children and adults, with survival to 70 %. The US label of eculizumab carries a boxed "
    "warning of life-threatening meningococcal infection: vaccines at least 2 weeks before, "
    "unless delay is the greater risk. What dose and how long stands in no source that was read.",
    together(TMA, HIGH_RISK),
    HANDBOOK,
    level="4",
    alternatives=(
        Alternative("narsoplimab, licensed in the US", YARTEMLEA_LABEL, Standing.PUBLISHED),
        Alternative("plasma exchange where no complement blocker is at hand", HANDBOOK,
                    Standing.PUBLISHED),
    ),
    would_change=("Open infection, missing vaccination.", PLAIN),
    others=(ECULIZUMAB_LABEL,),
)  # fmt: skip

SIROLIMUS = _step(
    "tma_sirolimus",
    "TMA with sirolimus running: a drug to weigh",
    "EBMT Handbook: sirolimus with a calcineurin inhibitor is among the risk factors, and "
    "causative agents are ended where feasible. At second hand TMA came in 10.8 % with sirolimus "
    "and 4.2 % without (odds ratio 2.79). The handbook warns against provoking acute GVHD.",
    together(TMA, running("sirolimus", "everolimus")),
    HANDBOOK,
    level="4",
    alternatives=(
        Alternative("sirolimus held, another prophylaxis weighed", OURS, Standing.HYPOTHESIS),
        Alternative("the calcineurin inhibitor ended and sirolimus kept", OURS,
                    Standing.HYPOTHESIS),
        Alternative("both kept at lower levels under watch", OURS, Standing.HYPOTHESIS),
    ),
    would_change=("Active GVHD.", "Levels above the window.", "Raised soluble C5b-9.", PLAIN),
    others=(CUTLER,),
)  # fmt: skip

CALCINEURIN = _step(
    "tma_calcineurin_inhibitor",
    "TMA with a calcineurin inhibitor running: no reflex stop",
    "A calcineurin inhibitor is a risk factor (EBMT Handbook), yet a review of 2024 finds that the "
    "evidence does not support ending it without cause. The two differ in tone; GVHD decides.",
    together(TMA, running(*CNI)),
    REVIEW,
    level="5",
    alternatives=(
        Alternative("ended or changed where the risk of GVHD allows", HANDBOOK,
                    Standing.PUBLISHED),
        Alternative("its level brought into the lower part of the window", OURS,
                    Standing.HYPOTHESIS),
    ),
    would_change=("Active GVHD.", "A level above the window.", PLAIN),
    others=(HANDBOOK,),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (
    SUPPORT, TARGETED, NARSOPLIMAB_US, ECULIZUMAB, SIROLIMUS, CALCINEURIN,
)  # fmt: skip
"""Support first, then what targets TMA, then the drugs to weigh."""
