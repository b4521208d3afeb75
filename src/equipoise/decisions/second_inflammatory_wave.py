"""A second inflammatory wave after CAR-T: IEC-HS, infection, progression or CRS again.

No probability is given to any of the four: no cohort with all of them was found. What separates
them is shown with its source, and infection that is not excluded is treated alongside.
"""

from __future__ import annotations

from equipoise import names
from equipoise.advice import Situation
from equipoise.criterion import Truth, seen
from equipoise.decision import Decision, DecisionOption, Need, OpenDecision
from equipoise.decisions.wave_differential import DIFFERENTIAL as FOR_AND_AGAINST
from equipoise.decisions.wave_differential import treat_as_both
from equipoise.decisions.wave_signs import AFEBRILE, Wave, wave
from equipoise.decisions.wave_trends import apart
from equipoise.source import Evidence, Source, Standing

WHO = "CAR-T physician with infectious disease and intensive care"
FRESH = 72.0
"""Hours for which a value serves the question (Hines 2023 at second hand: features cluster)."""


def _hines(where: str, note: str = "") -> Source:
    return Source(
        "Hines 2023, Transplant Cell Ther 29:438.e1",
        doi="10.1016/j.jtct.2023.03.006",
        where=where,
        note=note,
    )


SUPPORTIVE = _hines("Table 4", "table read in full (PMC10330221)")
DIFFERENTIAL = _hines("Table 5", "table read in full (PMC10330221)")
LADDER = _hines("treatment table, not read", "from memory and secondary digests")
DIGEST_2026 = Source(
    "Digest of a 2026 guideline on IEC-HS", where="secondary digest; the paper was not found"
)
SFGM_TC = Source("SFGM-TC 2021, Bull Cancer", doi="10.1016/j.bulcan.2021.11.002", where="abstract")
MDACC = Source(
    "Neelapu 2018, Nat Rev Clin Oncol",
    doi="10.1038/nrclinonc.2017.148",
    where="secondary digest",
)
BCMA_COHORT = Source(
    "Blood 2025;146(Suppl 1):719 (ide-cel and cilta-cel, 15 US centers, 74 of 1502)",
    where="abstract",
)
TISA_COHORT = Source(
    "McNerney 2023, Blood Adv 7:2758 (tisa-cel, children and young adults, 26 of 185)",
    where="text and figures",
)
REGISTRY = Source(
    "GoCART/EBMT registry, EULAR 2025 POS0481 (28 of 803)",
    where="abstract",
)
NO_LATE_CRS = Source(
    "Blood Adv 2024;8:5346 (axi-cel, tisa-cel, liso-cel, 475 patients)",
    where="abstract",
)
DISCORDANCE = Source(
    "Br J Haematol (3 adults after brexu-cel or axi-cel)",
    doi="10.1111/bjh.18454",
    where="abstract",
)
CHILDREN_CD19 = Source(
    "Hines 2021, Br J Haematol (4 of 27 children)", doi="10.1111/bjh.17662", where="Table 1"
)

EVIDENCE: tuple[tuple[str, Source, Standing], ...] = (
    (
        "Timing: IEC-HS came a median of 4 days (IQR 1-6) after the peak of CRS, on day 9.5 "
        "(2-37), in 74 of 1502 after BCMA CAR-T.",
        BCMA_COHORT,
        Standing.PUBLISHED,
    ),
    (
        "Timing: HLH-like toxicity on day 12 (4-21) after tisa-cel in children and young adults.",
        TISA_COHORT,
        Standing.PUBLISHED,
    ),
    (
        "Timing: secondary HLH on day 11 (5-86) in 28 of 803; none began after day 90; 93 % had "
        "had CRS.",
        REGISTRY,
        Standing.PUBLISHED,
    ),
    (
        "Against a new CRS: none of 475 had new CRS after day 14 (new ICANS after day 14 in 0.7 "
        "%); axi-cel, tisa-cel, liso-cel.",
        NO_LATE_CRS,
        Standing.PUBLISHED,
    ),
    (
        "For IEC-HS over CRS: CRP and IL-6 falling while ferritin, cytopenia, triglycerides and "
        "AST rise (3 of 3 patients).",
        DISCORDANCE,
        Standing.PUBLISHED,
    ),
    (
        "Peak ferritin, ng/mL: HLH-like 92,204 (IQR 38,305-221,638), severe CRS without it 5,467 "
        "(2,186-14,614), none or low CRS 2,035 (855-4,048). Ferritin is part of the definition.",
        TISA_COHORT,
        Standing.PUBLISHED,
    ),
    (
        "Features in 74 patients: cytopenia 95 %, soluble IL-2 receptor up 79 %, fever 76 %, LDH "
        "up 71 %, low fibrinogen 70 %, high triglycerides 65 %, ICANS 63 %, transaminases 56 %, "
        "hemophagocytosis 6 %.",
        BCMA_COHORT,
        Standing.PUBLISHED,
    ),
    (
        "Severe CRS need not come first: highest CRS grades 1, 3, 4 and 4 in 4 of 27 children "
        "with HLH-like toxicity.",
        CHILDREN_CD19,
        Standing.PUBLISHED,
    ),
    (
        "Infections, malignancies and drug reactions to look for are listed by the authors of the "
        "consensus.",
        DIFFERENTIAL,
        Standing.PUBLISHED,
    ),
)
"""What separates the four, each with its source and population."""


def consider(situation: Situation) -> OpenDecision | None:
    """Open with new signs after a first wave that had ended or eased, or with IEC-HS met."""
    found = wave(situation)
    grade = situation.grades.get("iechs_astct2023")
    if found is None and (grade is None or grade.met is not True):
        return None
    because = () if found is None else tuple(reason for _, reason in found.signs)
    opens = situation.at
    if found is not None:
        opens = found.opened
    elif grade is not None:
        because = grade.because
        opens = situation.at if grade.since is None else grade.since
    infection = situation.record.latest_finding("infection", situation.at)
    progression = situation.record.latest_finding("progression", situation.at)
    because = (*because, *(seen(f) for f in (infection, progression) if f is not None))
    return OpenDecision(
        id="second_inflammatory_wave",
        question=(
            "Is this IEC-HS, infection, progression or CRS again, and what is treated while that "
            "is open?"
        ),
        who=WHO,
        opens=opens,
        closes=None,
        closes_why="no deadline in the record; ask again with every new result, at least daily",
        first=treat_as_both(situation),
        because=because,
        needs=_needs(situation),
        options=OPTIONS,
        evidence=EVIDENCE,
        would_change=(
            "a positive culture or viral load, or infection excluded",
            "blasts, disease on imaging or rising residual disease",
            "ferritin, fibrinogen and transaminases turning on their own",
            "CRP and IL-6 rising together with fever (toward CRS or infection) or falling while "
            "ferritin rises (toward IEC-HS)",
            "hemophagocytosis in marrow or other tissue",
        ),
        monitor=(
            "daily: blood count with differential, PT, PTT, fibrinogen, renal and hepatic tests "
            "(Hines 2023, Table 4)",
            "ferritin, CRP and triglycerides in series; soluble IL-2 receptor and cytokines as "
            "available",
            "cultures and viral load repeated under immunosuppression",
        ),
        stop=(
            "No step is taken twice without a new look: after each step name the value and the "
            "time by which it should have turned.",
            "MDACC 2018 (at second hand) waits 48 h on anti-IL-6 and high-dose steroid before "
            "etoposide; no interval for the present ladder could be verified.",
            "Ferritin and fibrinogen that turn open the question of a taper (no rule for it was "
            "found); shown infection or progression turns the question into another one.",
        ),
        standing=Standing.PROVISIONAL,
        notes=_notes(situation, found),
    )


_WORK_UP = (
    ("fibrinogen", ("fibrinogen",)),
    ("triglycerides", ("triglycerides",)),
    ("LDH", ("ldh",)),
    ("AST or ALT", ("ast", "alt")),
    ("soluble IL-2 receptor (U/mL or pg/mL, not converted)", ("soluble_il2r", "soluble_il2r_mass")),
    ("CRP or IL-6, and whether they part from ferritin", ("crp", "il6")),
)


def _need(name: str, known: bool, text: str) -> Need:
    """The text stands alone, name first."""
    return Need(name, known, f"{name}: {text}")


def _needs(situation: Situation) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    ferritins = record.measurements("ferritin", start=t - FRESH, end=t)
    needs = [
        _need(
            "ferritin in series",
            len(ferritins) >= 2,
            ", ".join(f"{m.text} ({t - m.at:.0f} h ago)" for m in ferritins)
            or "none in the last 72 h",
        )
    ]
    for name, measured in _WORK_UP:
        values = [record.latest(m, t, within=FRESH) for m in measured]
        have = [v for v in values if v is not None]
        needs.append(
            _need(
                name,
                bool(have),
                ", ".join(
                    f"{names.measurement(v.name).label} {v.text} ({t - v.at:.0f} h ago)"
                    for v in have
                )
                or "none in the last 72 h",
            )
        )
    for name, text in (
        ("infection", "cultures, viral load, imaging"),
        ("progression", "blood, marrow, imaging"),
    ):
        finding = record.latest_finding(name, t)
        settled = finding is not None and finding.value in ("excluded", "proven")
        state = "not recorded" if finding is None else str(finding.value)
        needs.append(_need(name, settled, f"{state}; {text}"))
    marrow = record.latest_finding("hemophagocytosis", t)
    needs.append(
        _need(
            "marrow or tissue",
            marrow is not None,
            "hemophagocytosis not recorded"
            if marrow is None
            else f"hemophagocytosis {marrow.text}",
        )
    )
    return tuple(needs)


OPTIONS: tuple[DecisionOption, ...] = (
    DecisionOption(
        "Supportive care, and the search for infection",
        "Belongs to every other way. Fibrinogen above 100 mg/dL without and above 150 with "
        "bleeding, hemoglobin at least 7 g/dL, platelets at least 50 x 10^9/L with active "
        "bleeding or coagulopathy; cultures and viral work-up. Whether infection is "
        "treated before it is shown stands in the first line of this decision.",
        (SUPPORTIVE, DIFFERENTIAL),
        Standing.PUBLISHED,
        evidence=Evidence("5"),
    ),
    DecisionOption(
        "Corticosteroid and/or anakinra",
        "First step of the ladder for IEC-HS at second hand, no dose verified; 94 % of 74 patients "
        "received a steroid and 76 % anakinra. SFGM-TC 2021 names high-dose intravenous anakinra "
        "with steroid for CRS that overlaps with macrophage activation.",
        (LADDER, DIGEST_2026, SFGM_TC, BCMA_COHORT),
        Standing.PROVISIONAL,
        evidence=Evidence("5"),
    ),
    DecisionOption(
        "Add ruxolitinib",
        "Second step at second hand, no dose verified; used in 16 % of 74 patients.",
        (LADDER, BCMA_COHORT),
        Standing.PROVISIONAL,
        evidence=Evidence("5"),
    ),
    DecisionOption(
        "Emapalumab, or low-dose etoposide",
        "Third step from memory, no dose verified; used in 13 % and 3 % of 74 patients. "
        "SFGM-TC 2021 keeps etoposide for late or refractory disease; MDACC 2018 gave it after 48 "
        "h without improvement.",
        (LADDER, SFGM_TC, MDACC, BCMA_COHORT),
        Standing.PROVISIONAL,
        evidence=Evidence("5"),
    ),
    DecisionOption(
        "Treat as CRS again (anti-IL-6, steroid)",
        "Fits a wave in which CRP, IL-6 and fever rise together, before day 14 rather than after "
        "(none of 475 had new CRS later). A digest of the 2026 guideline does not advise blocking "
        "IL-6 for IEC-HS; MDACC 2018 began with it.",
        (NO_LATE_CRS, DIGEST_2026, MDACC),
        Standing.PROVISIONAL,
        evidence=Evidence("5"),
    ),
    DecisionOption(
        "Treat progression",
        "Where disease is shown, hyperinflammation may be its sign. Treating it together "
        "with the ways above and not after them is the convention here.",
        (DIFFERENTIAL,),
        Standing.HYPOTHESIS,
        evidence=Evidence("5"),
    ),
)
"""Ways that do not exclude each other; the order is that of the ladder and no ranking."""


def _notes(situation: Situation, found: Wave | None) -> tuple[str, ...]:
    notes = []
    if found is not None:
        day = situation.record.calendar_day(found.onset)
        gap = (found.onset - found.first_end) / 24.0
        notes.append(
            f"First new sign on day {day:+d}, {gap:.1f} d after the last sign of the first wave."
        )
        if not found.charted:
            notes.append(
                f"No afebrile value of {AFEBRILE:g} h or more is charted between the waves: that "
                "the first one had ended is inferred from the gap."
            )
    trend = _discordance(situation)
    if trend:
        notes.append(trend)
    notes.append(
        "IEC-HS, infection, progression and CRS may run together; ICANS coexisted in 63 % of 74."
    )
    return tuple(notes)


def _discordance(situation: Situation) -> str:
    """That ferritin parts from CRP or IL-6, where their samples settle it."""
    verdict = apart(situation)
    return f"Courses: {verdict.detail}." if verdict.truth is Truth.MET else ""


DECISION = Decision(
    id="second_inflammatory_wave",
    title="Second inflammatory wave after CAR-T",
    who=WHO,
    consider=consider,
    sources=(
        DIFFERENTIAL,
        SUPPORTIVE,
        LADDER,
        DIGEST_2026,
        SFGM_TC,
        MDACC,
        BCMA_COHORT,
        TISA_COHORT,
        REGISTRY,
        NO_LATE_CRS,
        DISCORDANCE,
        CHILDREN_CD19,
    ),
    differential=FOR_AND_AGAINST,
)
