"""Sirolimus and everolimus by indication: regimen, line, result, and what stands beside it.

None of these is a licensed use on the labels read, and no statement is said without the standard
and licensed alternatives of its disease. Windows stand on the shelf of targets; where sources print
different ones, both are named here too. No statement of the Chinese consensus on sirolimus
(doi:10.13201/j.issn.1004-2806.2025.05.001) is here: its body was not read. Not here either, because
nothing but a design or a memory of them was read: everolimus 3-5 ng/mL in GVHD (NCT01509560), dose
and rates of Feng 2020 in ITP, and trough aims of BMT CTN 1501 and 0402.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth
from equipoise.guidance.agvhd_ladder import EU_NEWS, FDA_SUMMARY
from equipoise.guidance.agvhd_ladder import HANDBOOK as HANDBOOK_43
from equipoise.guidance.conditions import age, finding, graded, not_, running, together
from equipoise.guidance.trough_timing import CHENG
from equipoise.source import Evidence, Source, Standing

TOPIC = "mTOR inhibitors by indication"
REVIEWED = date(2026, 11, 22)

MTOR = ("sirolimus", "everolimus")
PUBLISHED, PROVISIONAL = Standing.PUBLISHED, Standing.PROVISIONAL
COLD = "cold_agglutinin_disease"


def indication(*words: str) -> Predicate:
    """The record's header names one of these indications; open where it names none."""

    def predicate(situation: Situation) -> Verdict:
        have = situation.record.indication
        if not have:
            return Verdict(Truth.UNKNOWN, missing=("indication",), detail="no indication given")
        if have in words:
            return Verdict(Truth.MET, detail=f"indication: {have.replace('_', ' ')}")
        return Verdict(Truth.NOT_MET, detail=f"indication: {have.replace('_', ' ')}")

    return predicate


def platform(*words: str) -> Predicate:
    """The record's header names one of these platforms; open where it names none."""

    def predicate(situation: Situation) -> Verdict:
        have = situation.record.platform
        if not have:
            return Verdict(Truth.UNKNOWN, missing=("platform",), detail="no platform given")
        detail = f"platform: {have.replace('_', ' ')}"
        return Verdict(Truth.MET if have in words else Truth.NOT_MET, detail=detail)

    return predicate


def _abstract(short: str, doi: str = "", note: str = "") -> Source:
    return Source(short, doi=doi, where="abstract", note=note)


ITP_SECOND_LINE = _abstract(
    "Sirolimus as second-line treatment of ITP (n=20), Blood Coagul Fibrinolysis",
    "10.1097/MBC.0000000000001303",
)
ITP_REFRACTORY = _abstract(
    "ChiCTR-ONC-17012126, early multicenter report in refractory ITP",
    note="a later report of the same registration (doi:10.3389/fmed.2020.00110) is no second study",
)
ITP_FIRST_LINE = _abstract(
    "Sirolimus with dexamethasone in new ITP, randomized, Blood 2024 (ASH)",
    "10.1182/blood-2024-207041",
)
ITP_CHILD_TRIAL = _abstract(
    "Sirolimus or ciclosporin in chronic ITP of children (n=67), Int Immunopharmacol",
    "10.1016/j.intimp.2020.106895",
)
ITP_CHILD_SERIES = _abstract(
    "Sirolimus in persistent ITP and Evans syndrome of children (n=17), J Pediatr Hematol Oncol",
    "10.1097/MPH.0000000000000818",
)
ITP_RESPONSE = Source(
    "Rodeghiero 2009 (international working group), Blood 113:2386",
    doi="10.1182/blood-2008-07-162503",
    where="table 2, as reprinted by the American Society of Hematology",
)
ELTROMBOPAG_FDA = _abstract(
    "FDA report on eltrombopag in chronic ITP, Oncology 2009;23(13)",
    note="accelerated approval of 20 November 2008; the label of today was not read",
)
ROMIPLOSTIM_FDA = _abstract(
    "FDA report on romiplostim in chronic ITP, Oncology, July 2009",
    note="licensed on 22 August 2008; the label of today was not read",
)
RILZABRUTINIB_NEWS = Source(
    "Approval of rilzabrutinib for ITP, US, 2025",
    where="secondary: news of the approval, the label was not read",
)
ITP_REVIEW = _abstract("Kim 2022, Blood Res (treatments of adult ITP)", "10.5045/br.2022.2022038")
ITP_STEROID = _abstract(
    "Management of newly diagnosed ITP, Hematology (ASH education) 2017;2017(1):400"
)
HEMOLYSIS = _abstract(
    "NCT05925023, prospective, warm AIHA and Evans syndrome (n=78)",
    note="its registry record has 4-15 ng/mL",
)
HEMOLYSIS_UP = _abstract(
    "Sirolimus in warm AIHA and Evans syndrome (n=44), Ann Med 2023",
    "10.1080/07853890.2023.2282180",
)
HEMOLYSIS_FLAT = _abstract(
    "Sirolimus in AIHA, Evans syndrome and ITP (n=45), Exp Hematol 2020",
    "10.1016/j.exphem.2020.08.001",
)
WARM_REVIEW = _abstract("How I treat warm autoimmune hemolytic anemia, Blood 2021;137(10):1283")
HEMOLYSIS_REVIEW = _abstract(
    "Berentsen and Barcellini 2023, Front Immunol (new treatments in AIHA)",
    "10.3389/fimmu.2023.1180509",
)
COLD_REVIEW = _abstract("How I treat cold agglutinin disease, Blood 2021;137(10):1295")
COLD_REVIEW_2019 = _abstract("Berentsen 2019, J Blood Med 10:93", "10.2147/JBM.S177621")
SUTIMLIMAB_REVIEW = _abstract(
    "Sutimlimab for cold agglutinin disease, HemaSphere",
    "10.1097/HS9.0000000000000879",
    note="the labels were not read",
)
APLASIA = _abstract(
    "Sirolimus in acquired pure red cell aplasia (n=64), Leukemia", "10.1038/s41375-022-01532-1"
)
APLASIA_META = _abstract(
    "Treatment of acquired pure red cell aplasia, meta-analysis (n=753), Blood Adv 2023;7(21):6451"
)
BRIDE = _abstract("Bride 2016, Blood", "10.1182/blood-2015-07-657981")
ALPS_REVIEW = _abstract(
    "Autoimmune cytopenias in ALPS, Front Pediatr 2015", "10.3389/fped.2015.00065"
)
ALPS_SERIES = _abstract(
    "Mycophenolate and sirolimus in refractory cytopenias of children (n=58), Br J Haematol 2015"
)
CTN_0402 = _abstract("BMT CTN 0402, randomized (n=304), Blood 2014;124:1372", note="NCT00406393")
RELATED = _abstract("Tacrolimus and sirolimus, matched related donors, PMC2700950")
SANDMAIER = Source(
    "Sandmaier 2019, Lancet Haematol (n=167, randomized)",
    doi="10.1016/S2352-3026(19)30088-2",
    where="secondary: a news report of its results",
)
ABATACEPT = Source(
    "American Society of Hematology, FDA alert 2021: abatacept",
    where="notice of the approval; the label was not read",
)
HANDBOOK_26 = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 26",
    doi="10.1007/978-3-031-44080-9_26",
    where="Table 26.2",
)
GRAFALON = Source(
    "Grafalon, Swiss product information",
    where="indication and dose (label; ch.oddb.org registration 52412)",
)
CTN_1501 = _abstract(
    "BMT CTN 1501, randomized (n=122), Blood", "10.1182/blood.2019003125", note="NCT02806947"
)
RETROSPECTIVE = _abstract("Sirolimus as primary treatment of acute GVHD (n=32), PMID 21565902")
REFRACTORY = _abstract(
    "Sirolimus for steroid-refractory acute GVHD (n=34), Bone Marrow Transplant",
    "10.1038/bmt.2009.343",
)
CTN_0801 = _abstract(
    "BMT CTN 0801, randomized (n=138), Haematologica", "10.3324/haematol.2018.195123"
)
EVEROLIMUS = _abstract(
    "Everolimus in refractory chronic GVHD (n=80), Bone Marrow Transplant 2014",
    "10.1038/bmt.2014.170",
)
HANDBOOK_44 = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 44",
    doi="10.1007/978-3-031-44080-9_44",
    where="Tables 44.1 and 44.2",
)
BELUMOSUDIL_FDA = _abstract(
    "FDA approval summary: belumosudil, Clin Cancer Res 2022",
    "10.1158/1078-0432.CCR-21-4176",
)
AXATILIMAB_FDA = Source("FDA notice of approval: axatilimab-csfr, 14 August 2024", where="notice")
RUXOLITINIB_NEWS = Source(
    "Approval of ruxolitinib for chronic GVHD, US, 2021",
    where="secondary: news of the approval, the label was not read",
)

CHILDREN = "Children of 1-15 years with refractory cytopenia were dosed to 5-15 ng/mL (Cheng 2020)."
TROUGH = "Trough before the next dose, 7 days or more into an unchanged dose."
HARM = (
    "Mucositis, cytopenia, infection, rising lipids, proteinuria or pneumonitis.",
    "An azole, a macrolide or a calcineurin inhibitor started or stopped.",
)


def _step(
    id_: str,
    title: str,
    statement: str,
    source: Source,
    level: str,
    predicate: Predicate,
    alternatives: tuple[Alternative, ...],
    *others: Source,
    standing: Standing = PUBLISHED,
    would_change: tuple[str, ...] = HARM,
    agents: tuple[str, ...] = ("sirolimus",),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence(level),
        predicate=together(running(*agents), predicate),
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


ITP_WAYS = (
    Alternative(
        "standard first line: a course of corticosteroid; most relapse when it ends",
        ITP_STEROID, PUBLISHED,
    ),
    Alternative(
        "romiplostim, licensed (US, 22 August 2008) in chronic ITP after corticosteroid, "
        "immunoglobulin or splenectomy",
        ROMIPLOSTIM_FDA, PUBLISHED,
    ),
    Alternative(
        "eltrombopag, licensed (US, 20 November 2008) in the same: platelet response 59 and 70 % "
        "on 50 mg daily against 16 and 11 % on placebo, randomized",
        ELTROMBOPAG_FDA, PUBLISHED,
    ),
    Alternative(
        "rilzabrutinib, licensed (US, 2025) for adults with persistent or chronic ITP: durable "
        "response 23 % against 0 % on placebo, randomized",
        RILZABRUTINIB_NEWS, PROVISIONAL,
    ),
    Alternative("rituximab or splenectomy", ITP_REVIEW, PUBLISHED),
)  # fmt: skip

ITP = _step(
    "sirolimus_itp_adult",
    "Immune thrombocytopenia, adults: sirolimus after other treatment, from uncontrolled series",
    "Second line (n=20): 2-4 mg daily, later 1-2 mg, trough 5-15 ng/mL; response 60 %, complete "
    "30 % at 3 months. Refractory: 2 mg daily for 3 months, then less, trough 4-15 ng/mL. The two "
    f"windows differ below 5. {TROUGH}",
    ITP_SECOND_LINE,
    "4",
    together(indication("itp"), age(18.0)),
    ITP_WAYS,
    ITP_REFRACTORY,
)

ITP_NEW = _step(
    "sirolimus_itp_first_line",
    "New immune thrombocytopenia, adults: sirolimus with dexamethasone, one randomized trial "
    "without printed results",
    "13 centers, dexamethasone 40 mg for 4 days with or without sirolimus 2 mg daily for 3 months, "
    "trough 5-15 ng/mL. The conference abstract is preliminary and gives no numbers: nothing can "
    "be said of the effect.",
    ITP_FIRST_LINE,
    "1b",
    together(indication("itp"), age(18.0)),
    ITP_WAYS,
)

ITP_CHILD = _step(
    "sirolimus_itp_child",
    "Immune thrombocytopenia, children: as many respond to sirolimus as to ciclosporin",
    "Over 5 years, chronic, randomized (67, of whom 61 completed): 50 % responded to either in 6 "
    "months, faster to ciclosporin, with less harm by sirolimus. Persistent, retrospective (12 "
    f"with ITP): complete in 73 %. Neither abstract prints a window. {CHILDREN}",
    ITP_CHILD_TRIAL,
    "2b",
    together(indication("itp"), age(0.0, 18.0)),
    (
        Alternative("ciclosporin: the same share responded, faster", ITP_CHILD_TRIAL, PUBLISHED),
        Alternative(
            "standard first line: corticosteroid (a review of adults above all)", ITP_STEROID,
            PUBLISHED,
        ),
    ),
    ITP_CHILD_SERIES,
    CHENG,
)  # fmt: skip

ITP_UNANSWERED = _step(
    "sirolimus_itp_no_response",
    "Immune thrombocytopenia on sirolimus and no response by the table of 2009: another way is due "
    "for a look",
    "No response is a count below 30 x 10^9/L, or less than twice that at the start, or bleeding; "
    "low counts on two days a day apart. Of 20 adults in second line 60 % had responded at 3 "
    "months. No source that was read says after how long without a response sirolimus is to be "
    "stopped, or that a higher trough would bring one.",
    ITP_RESPONSE,
    "5",
    together(indication("itp", "evans", "immune_cytopenia"), graded("itp_response_iwg2009", 2, 2)),
    ITP_WAYS,
    ITP_SECOND_LINE,
    would_change=(
        "A response: two counts of 30 x 10^9/L or more and twice the first, 7 days apart, without "
        "bleeding.",
        *HARM,
    ),
)

WARM_WAYS = (
    Alternative(
        "standard first line of warm AIHA: corticosteroid", WARM_REVIEW, PUBLISHED,
    ),
    Alternative(
        "rituximab where steroid fails, and in severe disease with prednisolone from the start",
        HEMOLYSIS_REVIEW, PUBLISHED,
    ),
    Alternative("splenectomy, other immunosuppressants", WARM_REVIEW, PUBLISHED),
)  # fmt: skip

_HEMOLYSIS_SAID = (
    "1-3 mg daily for at least 6 months; trough 4-12 ng/mL in the abstract, 4-15 in the registry "
    "record of the same trial. Of 78 (63 AIHA, 15 Evans) 77, 81 and 79 % responded at 3, 6 and 12 "
    "months, complete in 40, 51 and 52 %; first response after a median of 26 days. Response rose "
    f"with the trough in one series and was unrelated to it in another. {CHILDREN} {TROUGH}"
)

WARM = _step(
    "sirolimus_warm_aiha",
    "Warm autoimmune hemolytic anemia, relapsed or refractory: sirolimus, uncontrolled, one "
    "prospective study",
    _HEMOLYSIS_SAID,
    HEMOLYSIS,
    "4",
    together(
        indication("aiha"),
        not_(finding(COLD), "cold agglutinin disease: a statement of its own"),
    ),
    WARM_WAYS,
    HEMOLYSIS_UP,
    HEMOLYSIS_FLAT,
    CHENG,
)

EVANS = _step(
    "sirolimus_evans",
    "Evans syndrome, relapsed or refractory: sirolimus, uncontrolled",
    f"{_HEMOLYSIS_SAID} Children with several lineages (common variable immunodeficiency, Evans "
    "syndrome or lupus): 8 of 12 in complete response.",
    HEMOLYSIS,
    "4",
    indication("evans"),
    (
        *WARM_WAYS[:2],
        Alternative("mycophenolate, in children", ALPS_SERIES, PUBLISHED),
    ),
    HEMOLYSIS_UP,
    HEMOLYSIS_FLAT,
    BRIDE,
    CHENG,
)

COLD_DISEASE = _step(
    "sirolimus_cold_agglutinin",
    "Cold agglutinin disease: no recommendation for sirolimus, because nothing supports it",
    "No study of sirolimus in it was found. It rests on a B-cell clone and on complement, and a "
    "review by those who treat it stresses that treatments that do not work are to be avoided: "
    "corticosteroid should not be used. No window is offered: those of warm AIHA do not hold here.",
    COLD_REVIEW,
    "5",
    together(indication("aiha"), finding(COLD)),
    (
        Alternative(
            "bendamustine with rituximab, or rituximab alone in frail patients", COLD_REVIEW,
            PUBLISHED,
        ),
        Alternative(
            "sutimlimab, licensed (US February 2022, EU November 2022, Japan)", SUTIMLIMAB_REVIEW,
            PUBLISHED,
        ),
        Alternative("no drug: not every patient needs one", COLD_REVIEW_2019, PUBLISHED),
    ),
    COLD_REVIEW_2019,
    would_change=("A mixed or warm type: the direct antiglobulin test and the thermal amplitude.",),
)  # fmt: skip

RED_CELL_APLASIA = _step(
    "sirolimus_prca",
    "Acquired pure red cell aplasia after ciclosporin: sirolimus, uncontrolled",
    "Relapsed, refractory or intolerant (n=64, at least 6 months): 61, 84 and 74 % responded at 3, "
    "6 and 12 months, complete in 50, 66 and 66 %; creatinine fell from 169 to 146 umol/L. No "
    "trough window is printed in the abstract, so none is offered.",
    APLASIA,
    "4",
    indication("prca"),
    (
        Alternative(
            "ciclosporin, the most used: 74 % (95 % CI 66-82) respond, first or second line",
            APLASIA_META, PUBLISHED,
        ),
        Alternative("corticosteroid alone first: 47 % (34-60) respond", APLASIA_META, PUBLISHED),
        Alternative("cyclophosphamide: 49 % (35-64) respond", APLASIA_META, PUBLISHED),
    ),
    APLASIA_META,
)  # fmt: skip

ALPS = _step(
    "sirolimus_alps",
    "ALPS with refractory cytopenia: sirolimus as a steroid-sparing drug",
    "Prospective, uncontrolled, children and young adults: 12 of 12 with ALPS in durable complete "
    "response within 1 to 3 months, on treatment for a median of 2 years. Dose and window were not "
    "found in print: the window on the shelf is provisional.",
    BRIDE,
    "4",
    indication("alps"),
    (
        Alternative(
            "mycophenolate: 11 of 11 children with ALPS responded in one center", ALPS_SERIES,
            PUBLISHED,
        ),
        Alternative(
            "corticosteroid for acute cytopenia; splenectomy avoided, because of sepsis",
            ALPS_REVIEW, PUBLISHED,
        ),
    ),
    ALPS_REVIEW,
)  # fmt: skip

PROPHYLAXIS_WAYS = (
    Alternative(
        "tacrolimus with methotrexate: survival free of grade II-IV GVHD 62 against 67 % with "
        "sirolimus, no difference",
        CTN_0402, PUBLISHED,
    ),
    Alternative(
        "abatacept with calcineurin inhibitor and methotrexate, licensed (US, 2021) from 2 years, "
        "matched or 1 allele-mismatched unrelated donor",
        ABATACEPT, PUBLISHED,
    ),
    Alternative(
        "anti-T-lymphocyte globulin (Grafalon), on the Swiss label for prevention with an "
        "unrelated donor: 20 mg/kg on days -3 to -1 with ciclosporin and methotrexate",
        GRAFALON, PUBLISHED,
    ),
    Alternative(
        "anti-thymocyte globulin: less chronic GVHD in six randomized trials, survival mostly the "
        "same",
        HANDBOOK_26, PUBLISHED,
    ),
)  # fmt: skip

PROPHYLAXIS = _step(
    "sirolimus_gvhd_prophylaxis",
    "Prevention of GVHD, related donor: tacrolimus with sirolimus is as good as with methotrexate",
    "Randomized (n=304): free of grade II-IV GVHD on day 114 in 67 v 62 % (not significant), "
    "neutrophils on day 14 v 16, survival at 2 years 59 v 63 %. After reduced intensity 3-12 ng/mL "
    "was used with tacrolimus 5-10. Above 9 on days 11-20 SOS was more frequent; with tacrolimus "
    "microangiopathy is, and with myeloablative busulfan SOS above all.",
    CTN_0402,
    "1b",
    together(indication("gvhd_prophylaxis"), platform("adult_related")),
    PROPHYLAXIS_WAYS,
    RELATED,
)

PROPHYLAXIS_UNRELATED = _step(
    "sirolimus_gvhd_prophylaxis_unrelated",
    "Prevention of GVHD, unrelated donor, non-myeloablative: sirolimus added to ciclosporin and "
    "mycophenolate",
    "Randomized (90 v 77): grade II-IV GVHD by day 100 in 26 v 52 % (hazard ratio 0.45), mortality "
    "without relapse at 4 years 16 v 32 %. The numbers come from a news report; the window that is "
    "told (3-12 ng/mL) was not found in print.",
    SANDMAIER,
    "1b",
    together(indication("gvhd_prophylaxis"), platform("adult_unrelated")),
    PROPHYLAXIS_WAYS,
    standing=PROVISIONAL,
)

FIRST_LINE = _step(
    "sirolimus_agvhd_first_line",
    "Acute GVHD, standard risk, first line: sirolimus in place of prednisone",
    "Randomized phase 2 (n=122): complete or partial response on day 28 in 64.8 % (90 % CI "
    "54.1-75.5) v 73.0 % (63.8-82.2) with prednisone, on at most 0.25 mg/kg of prednisone in 67 v "
    "32 %; more microangiopathy. Start 6 mg, or 5 mg/m2 up to 12 years. A retrospective series "
    "used 5-14 ng/mL; the 10-14 that is told of the trial was not found in print.",
    CTN_1501,
    "1b",
    indication("agvhd_first_line"),
    (
        Alternative(
            "standard: methylprednisolone or equivalent, usually 2 mg/kg", HANDBOOK_43, PUBLISHED,
        ),
    ),
    RETROSPECTIVE,
    would_change=("Schistocytes, rising LDH or creatinine.", *HARM),
)  # fmt: skip

REFRACTORY_AGVHD = _step(
    "sirolimus_agvhd_refractory",
    "Acute GVHD, refractory to steroid or intolerant: sirolimus, one series",
    "Retrospective (n=34): load in 19, median 6 mg (3-8), then 1-2 mg daily, trough 4-12 ng/mL; "
    "response 76 %, complete 44 %, 1-year survival 44 %. The abstract prints 11/31 as 42 %, which "
    "is 35 %.",
    REFRACTORY,
    "4",
    indication("agvhd_refractory"),
    (
        Alternative(
            "ruxolitinib, licensed (US, 24 May 2019) from 12 years", FDA_SUMMARY, PUBLISHED,
        ),
        Alternative("ruxolitinib, licensed (EU, May 2022) from 12 years", EU_NEWS, PROVISIONAL),
        Alternative(
            "ruxolitinib against the investigator's choice, randomized: 62 v 39 % on day 28",
            HANDBOOK_43, PUBLISHED,
        ),
    ),
)  # fmt: skip

CHRONIC = _step(
    "sirolimus_cgvhd",
    "Chronic GVHD: sirolimus with steroid is as good as a calcineurin inhibitor, with less harm to "
    "the kidney",
    "First line, randomized (n=138): response at 6 months 48.6 v 50.0 %, creatinine above 1.5 "
    "times at 6 months in 7.8 v 24.0 %. Second line, EBMT Handbook: about 60 % respond, 20 % "
    "completely. Everolimus, refractory (n=80): severity better in 43 %, worse in 11 %. Regular "
    "levels are asked for and no window is printed, so none is offered.",
    CTN_0801,
    "1b",
    indication("cgvhd"),
    (
        Alternative("prednisone with or without calcineurin inhibitor", CTN_0801, PUBLISHED),
        Alternative(
            "ruxolitinib, licensed (US, 2021) from 12 years after one or two lines",
            RUXOLITINIB_NEWS, PROVISIONAL,
        ),
        Alternative(
            "belumosudil, licensed (US, 16 July 2021) from 12 years after two lines: response 75 % "
            "(95 % CI 63-85) of 65. It raises sirolimus",
            BELUMOSUDIL_FDA, PUBLISHED,
        ),
        Alternative(
            "axatilimab, licensed (US, 14 August 2024) from 40 kg after two lines: response 75 % "
            "(64-84) of 79",
            AXATILIMAB_FDA, PUBLISHED,
        ),
    ),
    HANDBOOK_44,
    EVEROLIMUS,
    agents=MTOR,
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (
    ITP, ITP_NEW, ITP_CHILD, ITP_UNANSWERED, WARM, EVANS, COLD_DISEASE, RED_CELL_APLASIA, ALPS,
    PROPHYLAXIS, PROPHYLAXIS_UNRELATED, FIRST_LINE, REFRACTORY_AGVHD, CHRONIC,
)  # fmt: skip
"""By disease: cytopenias, then prevention and treatment of GVHD."""
