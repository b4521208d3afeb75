"""IEC-HS after effector cells: differential, supportive care and the ladder of treatment.

The two tables of Hines 2023 on supportive care and on the differential were read in full; its
table of treatment was not, so each step of the ladder is provisional.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from equipoise.advice import Alternative, Recommendation, Situation, Verdict, infection_open
from equipoise.criterion import Because, Grade, Truth, any_of, car_infusion, compare, seen
from equipoise.guidance.conditions import OURS, given_after_cells, together
from equipoise.source import Evidence, Source, Standing

TOPIC = "IEC-HS"
REVIEWED = date(2026, 11, 22)
CRITERION = "iechs_astct2023"
CRS = "crs_astct2019"
EXCLUDED = ("infection", "progression")
REQUIRED = ("ferritin", "baseline ferritin", "ferritin_rapidly_rising")
"""What settles the required element."""

FERRITIN_OVERLAP = Decimal(10_000)
"""ng/mL, the value named by SFGM-TC 2021 (abstract)."""


def _hines(where: str, note: str = "") -> Source:
    return Source(
        "Hines 2023, Transplant Cell Ther 29:438.e1",
        doi="10.1016/j.jtct.2023.03.006",
        where=where,
        note=note,
    )


SUPPORTIVE_TABLE = _hines("Table 4", "table read in full (PMC10330221)")
DIFFERENTIAL_TABLE = _hines("Table 5", "table read in full (PMC10330221)")
LADDER = _hines("treatment table, not read", "from memory and secondary digests")
CRITERIA = _hines("table of criteria, not read", "from memory")
DIGEST_2026 = Source(
    "Digest of a 2026 guideline on IEC-HS",
    where="secondary digest; the paper was not found",
)
BOARD_REVIEW = Source(
    "Study notes on the EBMT Handbook (not handbook text)",
    where="secondary: anakinra with or without steroid, then ruxolitinib, then etoposide",
)
REAL_WORLD = Source(
    "Blood 2025;146(Suppl 1):719 (BCMA CAR-T, 15 US centers, 74 of 1502 with IEC-HS)",
    where="abstract",
)
MDACC = Source(
    "Neelapu 2018, Nat Rev Clin Oncol",
    doi="10.1038/nrclinonc.2017.148",
    where="secondary digest",
    note="the paper was not read",
)
EMAPALUMAB_NEWS = Source(
    "News of the US approvals of emapalumab, 2018 and 2025",
    where="secondary: the label was not read",
)
SFGM_TC = Source(
    "SFGM-TC 2021, Bull Cancer",
    doi="10.1016/j.bulcan.2021.11.002",
    where="abstract",
)


def iechs(situation: Situation) -> Verdict:
    """Whether IEC-HS by ASTCT 2023 holds here; not met without an effector cell product."""
    infusion = car_infusion(situation.record, situation.at)
    if infusion is None:
        return Verdict(Truth.NOT_MET, detail="no effector cell product in the record")
    grade = situation.grades.get(CRITERION)
    if grade is None:
        return Verdict(Truth.UNKNOWN, missing=(CRITERION,), detail="the criterion was not graded")
    if not grade.applies:
        return Verdict(Truth.NOT_MET, grade.because, detail=grade.sentence)
    missing = tuple(m.name for m in grade.missing) if grade.met is None else ()
    supposed = situation.supposing.get(CRITERION)
    if grade.met is None and supposed is not None and supposed.met:
        open_ = [name for name in EXCLUDED if name in missing]
        detail = f"met if {' and '.join(open_)} {'are' if len(open_) > 1 else 'is'} excluded"
        charted = [
            f"{name} {finding.value}"
            for name in open_
            if (finding := situation.record.latest_finding(name, situation.at)) is not None
            and finding.value != "excluded"
        ]
        if charted:
            detail += f" as its explanation (charted: {' and '.join(charted)})"
        return Verdict(Truth.UNKNOWN, grade.because, tuple(open_), f"{detail}; {grade.sentence}")
    return Verdict(Truth.of(grade.met), grade.because, missing, grade.sentence)


def required_holds(grade: Grade) -> bool:
    """Whether the required ferritin element holds; `possible` alone says it of no feature more.

    An answer that is still open names what it lacks, so nothing of ferritin is lacking then.
    """
    if grade.met is not None or grade.status in ("required_only", "consistent"):
        return grade.met is not False
    lacks = {m.name for m in grade.missing}
    return grade.status == "possible" and bool(lacks) and not lacks & set(REQUIRED)


def _in_question(situation: Situation) -> Verdict:
    """IEC-HS met, or its required element met with the rest still open."""
    verdict = iechs(situation)
    grade = situation.grades.get(CRITERION)
    if verdict.truth is Truth.UNKNOWN and grade is not None:
        open_ = required_holds(grade)
        return Verdict(
            Truth.MET if open_ else Truth.UNKNOWN,
            verdict.because,
            () if open_ else verdict.missing,
            verdict.detail,
        )
    return verdict


def _infection(situation: Situation) -> Verdict:
    """IEC-HS in question while infection is not excluded; what is not recorded is not excluded."""
    verdict = _in_question(situation)
    if verdict.truth is Truth.NOT_MET:
        return verdict
    words, finding = infection_open(situation)
    because = verdict.because if finding is None else (*verdict.because, seen(finding))
    if not words:
        return Verdict(Truth.NOT_MET, because, detail="infection is recorded as excluded")
    return Verdict(verdict.truth, because, verdict.missing, words)


def _overlap(situation: Situation) -> Verdict:
    """CRS that is still graded after tocilizumab or a steroid, with one of the named features."""
    record, at = situation.record, situation.at
    infusion = car_infusion(record, at)
    if infusion is None:
        return Verdict(Truth.NOT_MET, detail="no effector cell product in the record")
    treated = [
        d
        for d in situation.given("tocilizumab", "dexamethasone", "methylprednisolone")
        if d.at >= infusion
    ]
    if not treated:
        return Verdict(
            Truth.NOT_MET, detail="no tocilizumab or steroid after the infusion in the record"
        )
    because: list[Because] = [seen(treated[-1], "after the infusion; for what is not charted")]
    crs, missing = _still_crs(situation)
    features = [
        _ferritin(situation, infusion, because, missing),
        _fibrinogen(situation, infusion, because, missing),
    ]
    for name in ("hepatomegaly", "splenomegaly"):
        finding = record.latest_finding(name, at, within=at - infusion)
        if finding is None:
            features.append(Truth.UNKNOWN)
            missing.append(name)
            continue
        because.append(seen(finding))
        features.append(Truth.of(bool(finding.value)))
    feature = any_of(features)
    truth = crs & feature
    if truth is not Truth.UNKNOWN:
        missing = []
    return Verdict(truth, tuple(because), tuple(missing))


def _still_crs(situation: Situation) -> tuple[Truth, list[str]]:
    grade = situation.grades.get(CRS)
    if grade is None or grade.low is None or grade.high is None:
        return Truth.UNKNOWN, [CRS]
    if grade.low >= 1:
        return Truth.MET, []
    if grade.high == 0:
        return Truth.NOT_MET, []
    return Truth.UNKNOWN, [m.name for m in grade.missing]


def _ferritin(
    situation: Situation, infusion: float, because: list[Because], missing: list[str]
) -> Truth:
    at = situation.at
    ferritin = situation.record.latest("ferritin", at, within=at - infusion)
    if ferritin is None:
        missing.append("ferritin")
        return Truth.UNKNOWN
    because.append(seen(ferritin))
    return compare(ferritin.value, ">", FERRITIN_OVERLAP, "ng/mL")


def _fibrinogen(
    situation: Situation, infusion: float, because: list[Because], missing: list[str]
) -> Truth:
    """Below its own reference range: the abstract gives no number for "low"."""
    at = situation.at
    fibrinogen = situation.record.latest("fibrinogen", at, within=at - infusion)
    if fibrinogen is None or fibrinogen.low is None:
        missing.append("fibrinogen with its reference range")
        return Truth.UNKNOWN
    because.append(seen(fibrinogen))
    return compare(fibrinogen.value, "<", fibrinogen.low.number, fibrinogen.low.unit)


def _step(
    id_: str,
    title: str,
    statement: str,
    *others: Source,
    predicate: Callable[[Situation], Verdict] = iechs,
    source: Source = LADDER,
    standing: Standing = Standing.PROVISIONAL,
    evidence: str = "5",
    alternatives: tuple[Alternative, ...] = (),
    would_change: tuple[str, ...] = (),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence(evidence),
        predicate=predicate,
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


AFTER_FIRST_LINE = together(
    iechs,
    given_after_cells(
        "dexamethasone", "methylprednisolone", "prednisone", "prednisolone", "anakinra",
        none="no steroid and no anakinra after the infusion in the record: the first line is ahead",
    ),
)  # fmt: skip
"""IEC-HS, and a drug of the first line charted; whether it failed is for the reader to say."""

TURNS = "Ferritin, fibrinogen and transaminases turning, or not, by a time named beforehand."
OTHER = "Infection, progression or CRS that explains the picture."

DIFFERENTIAL = _step(
    "iechs_differential",
    "IEC-HS in question: look for what else explains it",
    "Alternatives listed by the authors: bacterial infection (bacteremia, sepsis, endocarditis, "
    "meningitis, pneumonia), viral (HSV, VZV, CMV, EBV, HHV-6, adenovirus, enterovirus, hepatitis "
    "A, B, C, E, respiratory viruses, COVID-19, parvovirus, HIV), fungal, Pneumocystis, "
    "tick-borne, dengue, malaria, toxoplasma, strongyloides, leishmania, mycobacteria; "
    "progression, a second malignancy, EBV lymphoproliferation; CRS, Budd-Chiari, pulmonary "
    "embolism, drug-induced liver injury, DRESS.",
    predicate=_in_question,
    source=DIFFERENTIAL_TABLE,
    standing=Standing.PUBLISHED,
)

INFECTION = _step(
    "iechs_infection",
    "IEC-HS in question and infection not excluded: the diagnosis is open",
    "Infection, CRS or progression that explains the picture is told to exclude the diagnosis "
    "(from memory, not verified). That infection which is still open is treated alongside and not "
    "after is the convention of this project and no cited sentence.",
    DIFFERENTIAL_TABLE,
    predicate=_infection,
    source=CRITERIA,
    standing=Standing.HYPOTHESIS,
)

SUPPORTIVE = _step(
    "iechs_supportive",
    "IEC-HS: supportive care and monitoring",
    "Daily blood count with differential, PT, PTT and fibrinogen; renal and hepatic tests often "
    "(daily); cultures and viral work-up; consider soluble IL-2 receptor, NK function, "
    "triglycerides and cytokines. Hemoglobin at least 7 g/dL; platelets at least 50 x 10^9/L with "
    "active bleeding or coagulopathy; fibrinogen above 100 mg/dL without and above 150 with "
    "bleeding (unit implied there); INR above 1.5: consider vitamin K, above 2: consider plasma "
    "with cryoprecipitate. G-CSF during active inflammation is called controversial.",
    source=SUPPORTIVE_TABLE,
    standing=Standing.PUBLISHED,
    alternatives=(
        Alternative("the institution's own limits of transfusion", OURS, Standing.HYPOTHESIS),
    ),
    would_change=("Bleeding.", TURNS),
)

FIRST_LINE = _step(
    "iechs_first_line",
    "IEC-HS, first line: corticosteroid and/or anakinra",
    "First step of the ladder as reported at second hand: a corticosteroid and/or anakinra; no "
    "dose could be verified. Of 74 patients with IEC-HS after BCMA CAR-T 94 % received a steroid "
    "and 76 % anakinra.",
    DIGEST_2026,
    BOARD_REVIEW,
    REAL_WORLD,
    alternatives=(
        Alternative(
            "high-dose intravenous anakinra with a steroid, where it overlaps with CRS",
            SFGM_TC, Standing.PUBLISHED,
        ),
        Alternative("anti-IL-6 with a high-dose steroid (2018)", MDACC, Standing.PROVISIONAL),
        Alternative(
            "supportive care and watching alone, where it is mild: 2 % of 74 were not treated",
            REAL_WORLD, Standing.PUBLISHED,
        ),
    ),
    would_change=(TURNS, OTHER, "Steroid or anakinra running already for CRS or ICANS."),
)  # fmt: skip

SECOND_LINE = _step(
    "iechs_second_line",
    "IEC-HS, second line: add ruxolitinib",
    "Second step as reported at second hand: add ruxolitinib. It was used in 16 % of 74 patients; "
    "no dose could be verified.",
    BOARD_REVIEW,
    REAL_WORLD,
    predicate=AFTER_FIRST_LINE,
    alternatives=(
        Alternative("more anakinra or steroid before another drug", OURS, Standing.HYPOTHESIS),
        Alternative("etoposide after 48 h without improvement (2018)", MDACC,
                    Standing.PROVISIONAL),
    ),
    would_change=(TURNS, OTHER, "Cytopenia: common under ruxolitinib in GVHD (FDA summary)."),
)  # fmt: skip

THIRD_LINE = _step(
    "iechs_third_line",
    "IEC-HS, third line: emapalumab or low-dose etoposide",
    "Third step from memory: emapalumab or low-dose etoposide; study notes name etoposide there, "
    "nothing that was read names emapalumab. They were used in 13 % and 3 % of 74 patients; no "
    "dose could be verified. Emapalumab is approved in the US for primary HLH and for MAS in "
    "Still's disease, not for this.",
    BOARD_REVIEW,
    REAL_WORLD,
    EMAPALUMAB_NEWS,
    predicate=AFTER_FIRST_LINE,
    alternatives=(
        Alternative("etoposide only late or when refractory", SFGM_TC, Standing.PUBLISHED),
        Alternative("etoposide after 48 h without improvement on the first line (2018)", MDACC,
                    Standing.PROVISIONAL),
        Alternative("ruxolitinib, if not yet given", BOARD_REVIEW, Standing.PROVISIONAL),
    ),
    would_change=(TURNS, OTHER, "Marrow aplasia."),
)  # fmt: skip

NO_ANTI_IL6 = _step(
    "iechs_anti_il6",
    "IEC-HS: blocking IL-6 is not advised as its treatment",
    "A digest of the 2026 guideline does not advise blocking IL-6 for IEC-HS. It conflicts with "
    "MDACC 2018, which began with anti-IL-6 and steroid, and with use: 71 % of 74 patients "
    "received tocilizumab.",
    REAL_WORLD,
    source=DIGEST_2026,
    alternatives=(
        Alternative("anti-IL-6 with a high-dose steroid (2018)", MDACC, Standing.PROVISIONAL),
        Alternative("tocilizumab for CRS that is graded beside it", OURS, Standing.HYPOTHESIS),
    ),
    would_change=("CRS by its own grade.",),
)

OVERLAP = _step(
    "crs_mas_overlap_sfgmtc2021",
    "CRS refractory to tocilizumab or steroid: suspect overlap with macrophage activation",
    "SFGM-TC suspects an overlap of CRS and macrophage activation when CRS is refractory to "
    "tocilizumab or steroid with, for example, hepatosplenomegaly, ferritin above "
    f"{FERRITIN_OVERLAP:,} ng/mL or low fibrinogen; it names high-dose intravenous anakinra with "
    "steroid, and etoposide only late or when refractory.",
    predicate=_overlap,
    source=SFGM_TC,
    standing=Standing.PUBLISHED,
    alternatives=(
        Alternative("CRS alone, treated by its grade", OURS, Standing.HYPOTHESIS),
    ),
    would_change=(TURNS, OTHER),
)  # fmt: skip
