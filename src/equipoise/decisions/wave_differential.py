"""The IEC-HS question: which published element separates it from what looks like it.

One row for each element, with the population in which its source saw it. The syndromes are not
exclusive: CRS, ICANS and IEC-HS together are the rule. Nothing is weighed, and no probability of a
syndrome is given: the published distributions of ferritin come from cohorts in which ferritin was
part of the definition, each of another population, and none holds all that is compared here.
"""

from __future__ import annotations

from decimal import Decimal

from equipoise.advice import EXCLUDED_FOR as INFECTION_EXCLUDED_FOR
from equipoise.advice import Situation, infection_open
from equipoise.criterion import Effort, Limit, car_infusion
from equipoise.decisions.wave_features import (
    EXCLUDED_FOR,
    after_first_wave,
    at_least,
    began_after,
    both_before,
    circulation_or_oxygen,
    fever,
    fevers,
    finding,
    high_pressure,
    judged,
    long_crs,
    neurologic,
    over_baseline,
    over_upper,
    peak,
    steep,
    value,
)
from equipoise.decisions.wave_signs import BASELINE, WINDOW
from equipoise.decisions.wave_trends import FERRITIN_SLOPE, apart, signals, trends
from equipoise.differential import (
    AGAINST,
    FOR,
    NEITHER,
    Basis,
    Bearing,
    Condition,
    Differential,
    Feature,
)
from equipoise.source import Source, Standing

CONDITIONS: tuple[Condition, ...] = (
    Condition("iechs", "IEC-HS", ("iechs_astct2023", "masl_ucsf2021", "iechs_mdacc2018")),
    Condition("crs", "CRS", ("crs_astct2019",)),
    Condition("icans", "ICANS", ("icans_astct2019",)),
    Condition("hlh", "HLH", ("hlh_2004", "hscore_2014", "ohi_2021")),
    Condition("sepsis", "sepsis"),
    Condition("progression", "progression"),
    Condition("tma", "TMA", ("tma_jodele2022",)),
    Condition("sos", "SOS", ("vod_ebmt2016", "vod_ebmt2018_pediatric")),
)

# --- sources, each with its population ----------------------------------------------------------

LEE = Source(
    "Lee 2019, Biol Blood Marrow Transplant", "10.1016/j.bbmt.2018.12.758", "Table 2",
    "read as reprinted (PMC8021214), not in the paper",
)  # fmt: skip
LEE_ICANS = Source(
    "Lee 2019, Biol Blood Marrow Transplant", "10.1016/j.bbmt.2018.12.758",
    "tables of ICANS grading", "adults read as reprinted (doi:10.1136/practneurol-2020-002550)",
)  # fmt: skip
HINES = Source(
    "Hines 2023, Transplant Cell Ther 29:438.e1", "10.1016/j.jtct.2023.03.006",
    "table of criteria, not read", "from memory and secondary accounts",
)  # fmt: skip
HINES_DIFFERENTIAL = Source(
    "Hines 2023, Transplant Cell Ther 29:438.e1", "10.1016/j.jtct.2023.03.006", "Table 5",
    "table read in full (PMC10330221)",
)  # fmt: skip
BCMA = Source(
    "Blood 2025;146(Suppl 1):719 (ide-cel and cilta-cel, 15 US centers, 74 of 1502)", "", "abstract"
)
MCNERNEY = Source(
    "McNerney 2023, Blood Adv 7:2758 (tisa-cel, children and young adults, 26 of 185)", "",
    "text and figures",
)  # fmt: skip
REGISTRY = Source("GoCART/EBMT registry, EULAR 2025 POS0481 (28 of 803)", "", "abstract")
NO_LATE_CRS = Source(
    "Blood Adv 2024;8:5346 (axi-cel, tisa-cel, liso-cel, 475 patients)", "", "abstract"
)
DISCORDANCE = Source(
    "Br J Haematol (3 adults after brexu-cel or axi-cel)", "10.1111/bjh.18454", "abstract"
)
KENNEDY = Source(
    "Kennedy 2020, Blood (ASH abstract)", "10.1182/blood-2020-142612", "abstract",
    "the unit of the slope is our reading",
)  # fmt: skip
HENTER = Source(
    "Henter 2007, Pediatr Blood Cancer", "10.1002/pbc.21039", "table of diagnostic guidelines",
    "read as reprinted, not in the paper",
)  # fmt: skip
ZOREF = Source("Zoref-Lorenz 2021, Blood", "10.1182/blood.2021012764", "abstract")
JODELE = Source(
    "Schoettler 2022, Transplant Cell Ther (consensus on TA-TMA)", "10.1016/j.jtct.2022.11.015",
    "modified Jodele criteria", "read as reprinted (PMC11882261, table 3), not in the paper",
)  # fmt: skip
EBMT = Source(
    "EBMT Handbook 2024, chapter 49", "10.1007/978-3-031-44080-9_49", "Table 49.2",
)  # fmt: skip
CRS_DIFFERENTIAL = Source(
    "Front Oncol 2020;10:885 (differential of CRS)", "10.3389/fonc.2020.00885", "Table 2",
    "table read (PMC7327099)",
)  # fmt: skip
BARCELONA = Source(
    "Moreno-Castaño 2023, J Immunother Cancer", "10.1136/jitc-2022-006365", "Table 3", "table read"
)
OURS = Source("Convention of this project", "", "no cited sentence")

BCMA_74 = "74 with IEC-HS of 1502 after BCMA CAR-T"
ALL_CHILDREN = "26 with HLH-like toxicity of 185, tisa-cel, children and young adults with B-ALL"
GRAFT = "after transplantation; not studied after CAR-T alone"
FAMILIAL = "HLH in children; not made for CAR-T"
CONSENSUS = "consensus, any effector cell"


def _published(says: str, population: str, source: Source) -> Basis:
    return Basis(says, population, source, Standing.PUBLISHED)


def _provisional(says: str, population: str, source: Source) -> Basis:
    return Basis(says, population, source, Standing.PROVISIONAL)


def _seen_in_74(what: str) -> Bearing:
    """Frequent in IEC-HS; that it is absent says nothing, and how often CRS has it is not known."""
    return Bearing("iechs", FOR, NEITHER, _published(what, BCMA_74, BCMA))


def _element(condition: str, what: str, population: str, source: Source) -> Bearing:
    """An element of a definition: absent counts against, one of several though it is."""
    return Bearing(condition, FOR, AGAINST, _published(what, population, source))


# --- the features -------------------------------------------------------------------------------

TIMING: tuple[Feature, ...] = (
    Feature(
        "after_first_wave",
        "new signs after a first wave had ended",
        after_first_wave,
        Effort.BEDSIDE,
        (
            Bearing(
                "iechs", FOR, NEITHER,
                _published(
                    "it came a median of 4 days (IQR 1-6) after the peak of CRS, day 9.5 (2-37)",
                    BCMA_74, BCMA,
                ),
            ),
        ),
    ),
    Feature(
        "after_day_14",
        "signs began after day 14",
        began_after(14),
        Effort.BEDSIDE,
        (
            Bearing(
                "crs", AGAINST, NEITHER,
                _published("no new CRS after day 14 (0 of 475)",
                           "475 after axi-cel, tisa-cel or liso-cel", NO_LATE_CRS),
            ),
        ),
    ),
    Feature(
        "after_day_90",
        "signs began after day 90",
        began_after(90),
        Effort.BEDSIDE,
        (
            Bearing(
                "iechs", AGAINST, NEITHER,
                _published("secondary HLH on day 11 (5-86), none later than day 90 (28 of 803)",
                           "803 in a registry, lymphoma and B-ALL", REGISTRY),
            ),
        ),
    ),
    Feature(
        "long_crs",
        "CRS without a break for more than 10 days",
        long_crs("crs_astct2019", 10.0),
        Effort.BEDSIDE,
        (
            Bearing(
                "iechs", FOR, NEITHER,
                _published("CRS lasted 11 days (10-15) with HLH-like toxicity, 5 (4-13) in severe "
                           "CRS without, 3 (2-5) in none or low CRS", ALL_CHILDREN, MCNERNEY),
            ),
        ),
    ),
)  # fmt: skip

BEDSIDE_SIGNS: tuple[Feature, ...] = (
    Feature(
        "fever",
        "fever in the last 24 h",
        fever,
        Effort.BEDSIDE,
        (
            _element("crs", "required, at least 38.0 Cel, unless treated", CONSENSUS, LEE),
            _seen_in_74("fever in 76 %"),
        ),
    ),
    Feature(
        "circulation_or_oxygen",
        "hypotension or need of oxygen",
        circulation_or_oxygen,
        Effort.BEDSIDE,
        (
            Bearing("crs", FOR, NEITHER,
                    _published("makes grade 2 and above; grade 1 has neither", CONSENSUS, LEE)),
            _seen_in_74("pulmonary signs in 46 %"),
        ),
    ),
    Feature(
        "neurologic",
        "ICE below 10, lowered consciousness, seizure, weakness or edema",
        neurologic,
        Effort.BEDSIDE,
        (
            _element("icans", "graded by these; the worst decides", CONSENSUS, LEE_ICANS),
            Bearing("iechs", NEITHER, NEITHER,
                    _published("ICANS in 63 %: they coexist", BCMA_74, BCMA)),
        ),
    ),
)  # fmt: skip

FERRITIN_AND_MORE: tuple[Feature, ...] = (
    Feature(
        "ferritin_twice",
        "ferritin > 2 x baseline, or judged rapidly rising",
        over_baseline("ferritin", Decimal(2), "ferritin_rapidly_rising"),
        Effort.ROUTINE,
        (
            Bearing("iechs", FOR, AGAINST,
                    _provisional("required element", CONSENSUS, HINES)),
        ),
    ),
    Feature(
        "ferritin_10000",
        "ferritin >= 10,000 ng/mL at its highest",
        peak("ferritin", Limit(">=", (("10000", "ng/mL"),))),
        Effort.ROUTINE,
        (
            Bearing("iechs", FOR, AGAINST,
                    _published("reached by 26 of 26 with HLH-like toxicity and by 21 of 134 "
                               "without; ferritin is in the definition", ALL_CHILDREN, MCNERNEY)),
        ),
    ),
    Feature(
        "ferritin_slope",
        f"ferritin rising >= {FERRITIN_SLOPE:g} ng/mL per hour within 24 h",
        steep("ferritin", Decimal(f"{FERRITIN_SLOPE:g}")),
        Effort.ROUTINE,
        (
            Bearing("iechs", FOR, NEITHER,
                    _provisional("the slope of MAS-L, beside low fibrinogen or high LDH; 12 of 55 "
                                 "had MAS-L", "55 after BCMA CAR-T", KENNEDY)),
        ),
    ),
    Feature(
        "ferritin_apart",
        "ferritin rising while CRP or IL-6 falls",
        apart,
        Effort.ROUTINE,
        (
            Bearing("iechs", FOR, NEITHER,
                    _published("CRP and IL-6 fell while ferritin, cytopenia, triglycerides and AST "
                               "rose (3 of 3)", "3 adults after brexu-cel or axi-cel",
                               DISCORDANCE)),
            Bearing("crs", AGAINST, NEITHER,
                    _published("read as HLH-like toxicity and not CRS in these 3 (3 of 3)",
                               "3 adults after brexu-cel or axi-cel", DISCORDANCE)),
        ),
    ),
    Feature(
        "low_fibrinogen",
        "fibrinogen < 150 mg/dL",
        value("fibrinogen", Limit("<", (("150", "mg/dL"),))),
        Effort.ROUTINE,
        (
            Bearing("iechs", FOR, NEITHER,
                    _published("an arm of MAS-L; 12 of 55 had MAS-L", "55 after BCMA CAR-T",
                               KENNEDY)),
            _seen_in_74("low fibrinogen in 70 % (its cut-off is not printed)"),
            Bearing("tma", AGAINST, NEITHER,
                    Basis("coagulation is not part of its definition and is taken as normal",
                          GRAFT, OURS, Standing.HYPOTHESIS)),
        ),
    ),
    Feature(
        "liver",
        "AST or ALT > 5 x upper limit",
        over_upper(("ast", "alt"), Decimal(5)),
        Effort.ROUTINE,
        (
            Bearing("iechs", FOR, NEITHER,
                    _provisional("a common feature", CONSENSUS, HINES)),
            _seen_in_74("transaminases up in 56 % (its cut-off is not printed)"),
        ),
    ),
    Feature(
        "ldh",
        "LDH above its upper limit",
        over_upper(("ldh",), Decimal(1)),
        Effort.ROUTINE,
        (
            _seen_in_74("LDH up in 71 % (median 1,800 U/L)"),
            _element("tma", "one of 7, of which 4 are needed", GRAFT, JODELE),
        ),
    ),
    Feature(
        "triglycerides",
        "triglycerides >= 265 mg/dL (3.0 mmol/L)",
        value("triglycerides",
              Limit(">=", (("265", "mg/dL"), ("3.0", "mmol/L")), "triglycerides")),
        Effort.ROUTINE,
        (
            _seen_in_74("high triglycerides in 65 %"),
            Bearing("hlh", FOR, NEITHER,
                    _published("an element of HLH-2004, fasting; low fibrinogen serves too",
                               FAMILIAL, HENTER)),
        ),
    ),
    Feature(
        "two_cytopenias",
        "two of hemoglobin < 9.0 g/dL, platelets < 100, neutrophils < 1.0 (10^9/L)",
        at_least(
            2,
            value("hemoglobin", Limit("<", (("9.0", "g/dL"),), "hemoglobin")),
            value("platelets", Limit("<", (("100", "10*9/L"),))),
            value("neutrophils", Limit("<", (("1.0", "10*9/L"),))),
        ),
        Effort.ROUTINE,
        (
            _element("hlh", "one of 8, of which 5 are needed", FAMILIAL, HENTER),
            _seen_in_74("cytopenia in 95 %; lymphodepletion makes it by itself"),
        ),
    ),
    Feature(
        "soluble_il2r",
        "soluble IL-2 receptor >= 2400 U/mL",
        value("soluble_il2r", Limit(">=", (("2400", "U/mL"),))),
        Effort.SPECIAL,
        (
            _element("hlh", "one of 8, of which 5 are needed", FAMILIAL, HENTER),
            _seen_in_74("raised in 79 % (its cut-off is not printed)"),
        ),
    ),
    Feature(
        "splenomegaly",
        "splenomegaly",
        finding("splenomegaly"),
        Effort.BEDSIDE,
        (_element("hlh", "one of 8, of which 5 are needed", FAMILIAL, HENTER),),
    ),
    Feature(
        "hemophagocytosis",
        "hemophagocytosis in marrow or other tissue",
        finding("hemophagocytosis", ever=True),
        Effort.TISSUE,
        (
            _element("hlh", "one of 8, of which 5 are needed", FAMILIAL, HENTER),
            _seen_in_74("in 6 %: its absence tells nothing"),
        ),
    ),
    Feature(
        "inflamed_before",
        "before the infusion: soluble IL-2 receptor > 3900 U/mL and ferritin > 1000 ng/mL",
        both_before(
            ("soluble_il2r", Limit(">", (("3900", "U/mL"),))),
            ("ferritin", Limit(">", (("1000", "ng/mL"),))),
        ),
        Effort.SPECIAL,
        (
            Bearing("hlh", FOR, AGAINST,
                    _published("for HLH-2004: sensitivity 84 %, specificity 81 %",
                               "adults with hematologic malignancy, not after CAR-T", ZOREF)),
        ),
    ),
)  # fmt: skip

JUDGED: tuple[Feature, ...] = (
    Feature(
        "infection",
        "infection shown",
        judged("infection", excluded_for=INFECTION_EXCLUDED_FOR, proven_for=WINDOW),
        Effort.ROUTINE,
        (
            Bearing("sepsis", FOR, AGAINST,
                    _published("look for a focus, follow cultures and imaging; treated beside "
                               "anti-cytokine therapy", "review, CAR-T", CRS_DIFFERENTIAL)),
            Bearing("iechs", NEITHER, NEITHER,
                    _published("infections to look for are listed",
                               CONSENSUS, HINES_DIFFERENTIAL)),
        ),
    ),
    Feature(
        "progression",
        "progression of the malignancy shown",
        judged("progression", excluded_for=EXCLUDED_FOR, proven_for=EXCLUDED_FOR),
        Effort.TISSUE,
        (
            Bearing("progression", FOR, AGAINST,
                    _published("malignancies to look for are listed", CONSENSUS,
                               HINES_DIFFERENTIAL)),
        ),
    ),
)  # fmt: skip

OF_THE_VESSELS: tuple[Feature, ...] = (
    Feature("schistocytes", "schistocytes", finding("schistocytes"), Effort.ROUTINE,
            (_element("tma", "one of 7, of which 4 are needed", GRAFT, JODELE),)),
    Feature(
        "hypertension",
        "hypertension (adults >= 140 systolic or >= 90 diastolic mm[Hg])",
        high_pressure(Limit(">=", (("140", "mm[Hg]"),)), Limit(">=", (("90", "mm[Hg]"),))),
        Effort.BEDSIDE,
        (_element("tma", "one of 7, of which 4 are needed", GRAFT, JODELE),),
    ),
    Feature(
        "urine_protein",
        "urine protein to creatinine >= 1 mg/mg",
        value("urine_protein_creatinine", Limit(">=", (("1", "mg/mg"),))),
        Effort.ROUTINE,
        (_element("tma", "one of 7, of which 4 are needed", GRAFT, JODELE),),
    ),
    Feature(
        "sc5b9",
        "sC5b-9 at or above its upper limit",
        over_upper(("sc5b9",), Decimal(1), ">="),
        Effort.SPECIAL,
        (
            _element("tma", "one of 7, of which 4 are needed", GRAFT, JODELE),
            Bearing("sepsis", NEITHER, NEITHER,
                    _published("median 1,219 ng/mL in sepsis (n = 21), 567 at the onset of CRS or "
                               "ICANS (n = 19); no cut-off", "40 adults, one center", BARCELONA)),
        ),
    ),
    Feature(
        "bilirubin",
        "bilirubin >= 2 mg/dL (34 umol/L)",
        value("bilirubin", Limit(">=", (("2", "mg/dL"), ("34", "umol/L")), "bilirubin")),
        Effort.ROUTINE,
        (
            _element("sos", "one of 5, of which 2 make it probable", GRAFT, EBMT),
            _seen_in_74("in 22 %"),
        ),
    ),
    Feature(
        "weight_gain",
        "weight > 5 % above that before the infusion",
        over_baseline("weight", Decimal("1.05")),
        Effort.BEDSIDE,
        (_element("sos", "one of 5, of which 2 make it probable", GRAFT, EBMT),),
    ),
    Feature("painful_hepatomegaly", "painful hepatomegaly", finding("painful_hepatomegaly"),
            Effort.BEDSIDE,
            (_element("sos", "one of 5, of which 2 make it probable", GRAFT, EBMT),)),
    Feature("ascites", "ascites", finding("ascites"), Effort.ROUTINE,
            (_element("sos", "one of 5, of which 2 make it probable", GRAFT, EBMT),)),
    Feature("portal_flow", "reversed portal flow", finding("reversed_portal_flow"),
            Effort.SPECIAL,
            (_element("sos", "suggestive ultrasound is one of 5, of which 2 make it probable",
                      GRAFT, EBMT),)),
)  # fmt: skip

FEATURES: tuple[Feature, ...] = (
    *TIMING, *BEDSIDE_SIGNS, *FERRITIN_AND_MORE, *JUDGED, *OF_THE_VESSELS,
)  # fmt: skip

NOTES: tuple[str, ...] = (
    "The syndromes do not exclude each other: ICANS coexisted with IEC-HS in 63 % of 74, and 93 % "
    "of 28 with secondary HLH had had CRS. A sign for one is no sign against another unless a "
    "source says so.",
    "Signs are counted, not weighed. No probability of a syndrome is given: the published "
    "distributions of ferritin come from cohorts in which it was part of the definition, the "
    "cohorts are of other populations, the signs depend on each other, and no cohort holds all "
    "that is compared here.",
    "A published table on CRS (doi:10.3389/fonc.2020.00885) treats for infection empirically, "
    "particularly in neutropenia, often beside anti-cytokine therapy.",
    "No cut-off was found for CAR-T expansion, CXCL9, IL-18, or the doubling time of ferritin; of "
    "m-EASIX against sepsis (doi:10.3389/fimmu.2025.1664788) only the title was read.",
    "CRP falls quickly under tocilizumab whatever the cause (abstract of a case series and review "
    "in rheumatic disease, Berman, Life): a falling CRP after it separates less.",
)


def treat_as_both(situation: Situation) -> tuple[str, ...]:
    """What stands first while infection is open, or that it is recorded as excluded."""
    words, _ = infection_open(situation)
    if not words:
        return ("Infection is recorded as excluded; look again while immunosuppression rises.",)
    return (
        f"{words[0].upper()}{words[1:]}: IEC-HS is open. While it is, the convention here is to "
        "treat as both (of this project, no cited sentence).",
    )


TREATMENTS = (
    "tocilizumab", "siltuximab", "dexamethasone", "methylprednisolone", "prednisolone",
    "prednisone", "anakinra", "ruxolitinib", "emapalumab", "etoposide",
)  # fmt: skip


def events(situation: Situation) -> tuple[tuple[float, str], ...]:
    """Infusions, fever and treatments since 30 days before the infusion, for the course."""
    start = _start(situation) - BASELINE
    found = [(c.at, "infusion") for c in situation.record.cells() if c.at <= situation.at]
    found += [(e.at, "fever") for e in fevers(situation)]
    found += [(d.at, d.agent) for d in situation.given(*TREATMENTS)]
    return tuple(event for event in found if event[0] >= start)


def _start(situation: Situation) -> float:
    infusion = car_infusion(situation.record, situation.at)
    return 0.0 if infusion is None else infusion


def _applies(situation: Situation) -> bool:
    return car_infusion(situation.record, situation.at) is not None


DIFFERENTIAL = Differential(
    id="iechs_question",
    title="IEC-HS, CRS, infection, progression: for and against",
    conditions=CONDITIONS,
    features=FEATURES,
    applies=_applies,
    first=treat_as_both,
    notes=NOTES,
    trends=trends,
    signals=signals,
    events=events,
)
