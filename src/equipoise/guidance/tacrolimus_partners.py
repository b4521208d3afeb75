"""Tacrolimus and ciclosporin: azoles, letermovir, rifampicin, belumosudil, cannabidiol, the gut.

Labels first, then what transplant patients needed. The sizes that act on the models stand on the
shelf of interactions.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth
from equipoise.guidance.conditions import (
    OURS,
    around,
    finding,
    graded,
    one_of,
    running,
    stopped,
    together,
)
from equipoise.source import Evidence, Source, Standing

TOPIC = "calcineurin inhibitors"
REVIEWED = date(2026, 11, 22)
PUBLISHED, PROVISIONAL = Standing.PUBLISHED, Standing.PROVISIONAL

NOXAFIL = Source(
    "Noxafil (posaconazole), US prescribing information, Merck",
    where="highlights and section 5.1 (label, public copies)",
    note="the edition with changes of November 2015; that of 2021 or later repeats section 7.1",
)
GU = Source(
    "Gu 2021, J Oncol Pharm Pract (azoles and calcineurin inhibitors after HSCT, n = 139)",
    where="abstract (copy at aspergillus.org.uk)",
)
MORI = Source(
    "Mori 2009, Bone Marrow Transplant (voriconazole and calcineurin inhibitors, n = 21)",
    doi="10.1038/bmt.2009.38",
    where="abstract",
)
GUARASCIO = Source(
    "Guarascio 2013, ISRN Transplant (fluconazole to voriconazole, five HCT patients)",
    where="abstract",
)
TOWNSEND = Source(
    "Townsend, isavuconazole with immunosuppressants, five crossover studies in volunteers",
    where="abstract (copy at aspergillus.org.uk)",
)
ISAVUCONAZOLE_HSCT = Source(
    "J Antimicrob Chemother 2023;78:2559 (isavuconazole and tacrolimus after HSCT)",
    doi="10.1093/jac/dkad271",
    where="abstract",
)
LUMLERTGUL = Source(
    "Lumlertgul 2006, J Med Assoc Thai 89 Suppl 2:S73", where="abstract (PMID 17044457)"
)
ROUTE = Source(
    "Fluconazole by mouth or vein with calcineurin inhibitors by vein (n = 53), Eur J Clin "
    "Pharmacol 2008;64:89",
    where="abstract",
)
PREVYMIS = Source(
    "Prevymis (letermovir), US prescribing information, Merck",
    where="section 7.3, table of interactions (label, public copy)",
)
MALESPINI = Source(
    "Malespini 2022, J Oncol Pharm Pract (letermovir and tacrolimus after HCT, n = 92)",
    doi="10.1177/10781552221139772",
    where="abstract",
)
NAKASHIMA = Source(
    "Nakashima 2022, Int J Hematol (tacrolimus after letermovir ends, n = 57)", where="abstract"
)
HIKASA = Source(
    "Hikasa 2020, Int J Med Sci (letermovir with voriconazole and tacrolimus, n = 14)",
    doi="10.7150/ijms.42011",
    where="abstract",
)
TACROLIMUS_LABEL = Source(
    "Tacrolimus, US prescribing information", where="section 12.3 (label, public copy)"
)
GONZALEZ = Source(
    "Gonzalez 2023, Transplant Cell Ther (belumosudil with tacrolimus or sirolimus)",
    where="secondary: quoted by another center's conference abstract",
)
MOFFITT = Source(
    "Gaskill, 64th ASH meeting (belumosudil with tacrolimus or sirolimus)",
    where="secondary: a news report of the presentation",
)
CANNABIDIOL = Source(
    "Cannabidiol and tacrolimus in volunteers, phase 1, interim analysis", where="abstract"
)
LEMAHIEU = Source(
    "Lemahieu 2005, Am J Transplant (tacrolimus in persistent diarrhea, 15 kidney recipients)",
    where="abstract (PMID 15888045)",
)
DIARRHEA_CASE = Source(
    "Transplant Proc 2004;36:2096 (tacrolimus in severe diarrhea)",
    doi="10.1016/j.transproceed.2004.06.026",
    where="abstract",
)

CNI = ("tacrolimus", "ciclosporin")
LEVELS = (
    "The first levels after the start, after a change of dose or route, and after the stop.",
    "A second inhibitor or an inducer.",
)
BY_LEVEL = Alternative("the present dose, with levels every day or two", OURS, Standing.HYPOTHESIS)


def _step(
    id_: str,
    title: str,
    statement: str,
    source: Source,
    level: str,
    predicate: Predicate,
    alternatives: tuple[Alternative, ...],
    *others: Source,
    label: tuple[str, str, str] = ("", "", ""),
    standing: Standing = PUBLISHED,
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence(level),
        predicate=predicate,
        label_status=label[0],
        region=label[1],
        label_date=label[2],
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=LEVELS,
    )


POSACONAZOLE = _step(
    "calcineurin_posaconazole_label_us",
    "Posaconazole with tacrolimus or ciclosporin: lower doses, frequent levels (US label)",
    "The label asks to lower tacrolimus and ciclosporin and to take levels often, during it and at "
    "its end. Volunteers after one dose of tacrolimus had 4.58 times the AUC (90 % CI 4.03-5.19); "
    "HSCT patients needed 53 % less.",
    NOXAFIL,
    "5",
    together(running(*CNI), around("posaconazole")),
    (Alternative("isavuconazole: 21 % less tacrolimus was needed", GU, PUBLISHED), BY_LEVEL),
    GU,
    label=("adjust", "US", "edition with changes of November 2015"),
)

VORICONAZOLE = _step(
    "calcineurin_voriconazole_hsct",
    "Voriconazole with tacrolimus or ciclosporin: about double, with a wide spread",
    "HSCT patients: concentration per dose of tacrolimus +115.6 % in the median (25.4 to 307.6, "
    "n = 11), of ciclosporin +82.1 % (-9.4 to 266.9, n = 10). Its authors: no uniform cut. From "
    "fluconazole to voriconazole it doubled in five. The label's sentence was not read; papers "
    "quote it as a third of the dose and as a third less. At its end levels fall back (ours).",
    MORI,
    "4",
    together(running(*CNI), around("voriconazole")),
    (Alternative("isavuconazole: 21 % less tacrolimus was needed", GU, PUBLISHED), BY_LEVEL),
    GUARASCIO,
)

ISAVUCONAZOLE = _step(
    "calcineurin_isavuconazole",
    "Isavuconazole with tacrolimus or ciclosporin: a smaller rise, slow to leave",
    "Volunteers after one dose: AUC of tacrolimus +125 %, of ciclosporin +29 %. HSCT patients: "
    "concentration per dose of tacrolimus 1.44-fold after 48 h (a cut of 18 % proposed), 21 % less "
    "needed elsewhere. Its authors ask for levels at its start and at its stop.",
    TOWNSEND,
    "4",
    together(running(*CNI), around("isavuconazole")),
    (BY_LEVEL,),
    ISAVUCONAZOLE_HSCT,
    GU,
)

FLUCONAZOLE = _step(
    "calcineurin_fluconazole",
    "Fluconazole with tacrolimus or ciclosporin: a quarter less, by mouth more",
    "HSCT patients needed 25 % less of either. Kidney recipients on 100-200 mg daily: AUC per dose "
    "of oral tacrolimus 2.08-fold (90 % CI 1.80-2.40). With the calcineurin inhibitor in the vein, "
    "fluconazole 200 mg by mouth acted more than by vein. At its end levels fall back (ours).",
    GU,
    "4",
    together(running(*CNI), around("fluconazole")),
    (BY_LEVEL,),
    LUMLERTGUL,
    ROUTE,
)

LETERMOVIR = _step(
    "calcineurin_letermovir_label_us",
    "Letermovir with tacrolimus or ciclosporin: frequent levels, during and after (US label)",
    "Levels often during letermovir and after it ends. HCT patients already on a moderate "
    "inhibitor: concentration per dose of tacrolimus 173 before, 269 and 312 (ng/mL)/(mg/kg/d) in "
    "the first and second week; beside voriconazole it did not change (n = 14). With ciclosporin "
    "letermovir itself is 240 mg.",
    PREVYMIS,
    "5",
    together(running(*CNI), running("letermovir")),
    (BY_LEVEL,),
    MALESPINI,
    HIKASA,
    label=("monitor", "US", "edition before June 2023"),
)

LETERMOVIR_STOP = _step(
    "calcineurin_letermovir_stop",
    "Letermovir ends with tacrolimus running: levels fall unless voriconazole goes on",
    "57 HCT patients: concentration per dose of tacrolimus fell to 0.64 (0.43-0.99) with "
    "fluconazole and stayed (1.10, 0.59-1.73) with voriconazole; of those in whom it fell by 30 % "
    "or more, 9 and 4 % had worse GVHD.",
    NAKASHIMA,
    "4",
    together(running("tacrolimus"), stopped("letermovir")),
    (BY_LEVEL,),
)

RIFAMPICIN = _step(
    "tacrolimus_rifampicin_label_us",
    "Rifampicin with tacrolimus: half the uptake and faster clearance (US label)",
    "Six volunteers: bioavailability 7 in place of 14 %, clearance 0.053 in place of 0.036 "
    "L/h/kg; together about a third of the exposure by mouth (our sum). Levels and doses at its "
    "start and at its stop.",
    TACROLIMUS_LABEL,
    "5",
    together(running("tacrolimus"), around("rifampicin")),
    (Alternative("an antibiotic that does not induce", OURS, Standing.HYPOTHESIS),),
    label=("adjust", "US", "no date on the text read"),
)

BELUMOSUDIL = _step(
    "tacrolimus_belumosudil",
    "Belumosudil with tacrolimus: concentration per dose about double",
    "Chronic GVHD: concentration per dose +113 %, as quoted; its authors cut by 25-50 % at the "
    "start. In one report 25 % of patients on tacrolimus went above their range.",
    GONZALEZ,
    "4",
    together(running("tacrolimus"), running("belumosudil")),
    (BY_LEVEL,),
    MOFFITT,
    standing=PROVISIONAL,
)

CANNABIDIOL_RISE = _step(
    "tacrolimus_cannabidiol",
    "Cannabidiol with tacrolimus: threefold exposure",
    "Volunteers on 5 mg/kg twice daily for 14 days (n = 12): AUC of a 5 mg dose 3.1-fold, Cmax "
    "4.2-fold, half-life unchanged. Worth asking for: one in six Americans uses such products.",
    CANNABIDIOL,
    "4",
    together(running("tacrolimus"), running("cannabidiol")),
    (Alternative("no cannabidiol", OURS, Standing.HYPOTHESIS), BY_LEVEL),
)


def _oral_tacrolimus(situation: Situation) -> Verdict:
    """Tacrolimus runs, and its last dose was not into a vein."""
    found = running("tacrolimus")(situation)
    doses = (*situation.given("tacrolimus"), *situation.planned("tacrolimus"))
    if found.truth is not Truth.NOT_MET and doses and doses[-1].route == "iv":
        return Verdict(Truth.NOT_MET, found.because, detail="tacrolimus is given into a vein")
    return found


DIARRHEA = _step(
    "tacrolimus_gut_diarrhea",
    "Diarrhea or gut GVHD with oral tacrolimus: levels rise and fall back with the gut",
    "15 kidney recipients with persistent diarrhea: higher troughs and dose-normalized levels, gut "
    "P-glycoprotein activity halved, half-life unchanged: more uptake, whatever the cause. One "
    "case rose from 6.7 to 28.7 ng/mL and took 6 weeks to come back. That gut GVHD does the same "
    "is our reading; no ratio is printed and curves leave it out.",
    LEMAHIEU,
    "4",
    together(
        _oral_tacrolimus,
        one_of(
            finding("agvhd_stage_lower_gi", 1, 2, 3, 4, unrecorded="no gut stage in the record"),
            graded("diarrhea_ctcae5", 1, 5, absent="no stools in the record"),
        ),
    ),
    (
        Alternative("tacrolimus into a vein while the gut is ill", OURS, Standing.HYPOTHESIS),
        BY_LEVEL,
    ),
    DIARRHEA_CASE,
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (
    POSACONAZOLE, VORICONAZOLE, ISAVUCONAZOLE, FLUCONAZOLE, LETERMOVIR, LETERMOVIR_STOP, RIFAMPICIN,
    BELUMOSUDIL, CANNABIDIOL_RISE, DIARRHEA,
)  # fmt: skip
"""Azoles, then the others, then the gut."""
