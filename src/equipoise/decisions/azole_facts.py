"""What is known about each azole on sirolimus, and who says it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from equipoise.source import Source, Standing

POSACONAZOLE_LABEL = Source(
    "Noxafil (posaconazole), US prescribing information, Merck",
    where="sections 4.2, 7.1 and 12.3 (label)",
    note="edition that names PowderMix (2021 or later); the current one was not re-read",
)
VORICONAZOLE_LABEL = Source(
    "VFEND (voriconazole), US prescribing information, Pfizer",
    where="section 4 (label)",
    note="no date on the text read; the ratio in section 12.3 was not read",
)
SIROLIMUS_LABEL = Source(
    "Rapamune (sirolimus), US prescribing information, Pfizer",
    where="sections 2.1 and 7.2 to 7.4 (label)",
    note="no date on the text read; posaconazole is not in the list of section 7.2",
)
MONOGRAPH = Source(
    "Drugs.com, professional interaction reports",
    where="sirolimus with voriconazole, with fluconazole",
    note="secondary source",
)
CITY_OF_HOPE = Source(
    "ACCP annual meeting 2012, Paper26987 (City of Hope, n = 75)", where="abstract"
)
CEBERIO = Source(
    "Ceberio and co-workers (voriconazole and sirolimus after transplantation, n = 67)",
    where="abstract, synapse.mskcc.org/synapse/works/79678",
)
SUROWIEC = Source(
    "Surowiec 2008, Pharmacotherapy",
    doi="10.1592/phco.28.6.719",
    where="abstract",
    note='the abstract prints "mg/ml"; read as ng/mL',
)
EBMT = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 31",
    doi="10.1007/978-3-031-44080-9_31",
    where="Tables 31.1 and 31.3",
)
TOWNSEND = Source(
    "Townsend, isavuconazole with immunosuppressants, conference abstract",
    where="abstract (copy at aspergillus.org.uk)",
)
MICAFUNGIN_LABEL = Source(
    "Mycamine (micafungin), product information, US (as cited by Drugs.com) and Switzerland",
    where="interactions (label; ch.oddb.org registration 60724)",
)
ZIMMERMAN = Source("Zimmerman and Kahan 1997", where="abstract")
UNCHANGED = Source("No interacting drug", where="clearance unchanged, by definition")
CONVENTION = Source("Equipoise, consequence drawn from the label", where="not a cited sentence")

OTHERS = (
    "letermovir",
    "ciclosporin",
    "clarithromycin",
    "erythromycin",
    "telithromycin",
    "diltiazem",
    "verapamil",
    "rifampicin",
    "rifabutin",
    "phenytoin",
    "carbamazepine",
    "phenobarbital",
    "oxcarbazepine",
    "hypericum",
)
"""Agents, azoles apart, that labels, handbook or monographs name as changing sirolimus levels."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Exposure to sirolimus with the azole / without, in one population."""

    id: str
    label: str
    ratio: float
    source: Source
    standing: Standing
    note: str = ""
    of: str = "auc"
    low: float = math.nan
    high: float = math.nan
    end: bool = False
    """One end of a printed range: only the reduced doses are weighed under it."""


@dataclass(frozen=True, slots=True)
class Azole:
    """What is known about one azole on sirolimus.

    status    of the combination on a label
    practice  what centers did, for the option of a reduced dose
    """

    agent: str
    status: str
    first: tuple[str, ...]
    sources: tuple[Source, ...]
    standing: Standing
    ratios: tuple[Ratio, ...]
    cuts: tuple[str, ...]
    practice: str
    practice_sources: tuple[Source, ...]
    practice_standing: Standing
    evidence: tuple[tuple[str, Source, Standing], ...]
    stop_ratio: str


_AVOID = (
    "Sirolimus US label, section 7.2: avoid strong inhibitors of CYP3A4 and P-gp; consider agents "
    "that interact less."
)

AZOLES: tuple[Azole, ...] = (
    Azole(
        agent="posaconazole",
        status="contraindicated",
        first=(
            "Posaconazole US label, sections 4.2 and 7.1: contraindicated with sirolimus; "
            "sirolimus in blood rises about 9-fold and can be toxic.",
            "EBMT Handbook 2024: avoid sirolimus with posaconazole.",
        ),
        sources=(POSACONAZOLE_LABEL, EBMT),
        standing=Standing.PUBLISHED,
        ratios=(
            Ratio(
                "posaconazole_transplant",
                "posaconazole, as in transplant patients at steady state",
                2.65,
                CITY_OF_HOPE,
                Standing.PUBLISHED,
                "troughs per dose; middle of 2.6 (printed here, n = 75, range 1.75-5.9) and 2.7 "
                "(printed elsewhere)",
                "trough",
                1.75,
                5.9,
            ),
            Ratio(
                "posaconazole_transplant_lowest",
                "posaconazole, the lowest ratio among those 75 patients",
                1.75,
                CITY_OF_HOPE,
                Standing.PUBLISHED,
                "troughs per dose; lower end of the printed range 1.75-5.9",
                "trough",
                end=True,
            ),
            Ratio(
                "posaconazole_transplant_highest",
                "posaconazole, the highest ratio among those 75 patients",
                5.9,
                CITY_OF_HOPE,
                Standing.PUBLISHED,
                "troughs per dose; upper end of the printed range 1.75-5.9",
                "trough",
                end=True,
            ),
            Ratio(
                "posaconazole_healthy",
                "posaconazole, as in volunteers after a single dose of sirolimus",
                8.88,
                POSACONAZOLE_LABEL,
                Standing.PUBLISHED,
                "AUC, 90 % CI 7.26-10.9; suspension 400 mg twice daily",
            ),
        ),
        cuts=("half", "cut_65"),
        practice=(
            "Centers that combined them against the label cut sirolimus by 50-65 % and followed "
            "levels: after a cut of more than 50 % none of 38 was above 15 ng/mL, after a smaller "
            "one 9 of 37 (24 %)."
        ),
        practice_sources=(CITY_OF_HOPE, POSACONAZOLE_LABEL),
        practice_standing=Standing.PUBLISHED,
        evidence=(
            (
                "Volunteers, single 2 mg dose: AUC 8.88-fold (90 % CI 7.26-10.9), Cmax 6.72-fold "
                "(5.62-8.03).",
                POSACONAZOLE_LABEL,
                Standing.PUBLISHED,
            ),
            (
                "75 transplant patients: concentration per dose 2.6-fold (range 1.75-5.9), a mean "
                "of 18 days after the start. The two ratios differ 3-fold; both are shown.",
                CITY_OF_HOPE,
                Standing.PUBLISHED,
            ),
        ),
        stop_ratio="to about 1/2.65 (ratio in transplant patients) or 1/8.88 (in volunteers)",
    ),
    Azole(
        agent="voriconazole",
        status="contraindicated",
        first=(
            "Voriconazole US label, section 4: contraindicated with sirolimus because it raises "
            "sirolimus significantly.",
            _AVOID,
            "EBMT Handbook 2024: avoid sirolimus with voriconazole.",
        ),
        sources=(VORICONAZOLE_LABEL, SIROLIMUS_LABEL, EBMT),
        standing=Standing.PUBLISHED,
        ratios=(
            Ratio(
                "voriconazole_healthy",
                "voriconazole, as in volunteers",
                11.0,
                MONOGRAPH,
                Standing.PROVISIONAL,
                "AUC about 11-fold; read at second hand",
            ),
            Ratio(
                "voriconazole_practice",
                "voriconazole, as implied by transplant practice",
                10.5,
                CEBERIO,
                Standing.PUBLISHED,
                "computed: dose cut by 90 %, trough 5.8 before and 6.1 after, 6.1 / 5.8 / 0.1; "
                "n = 67, and troughs after the cut were 1-14.2 ng/mL, a spread that one ratio for "
                "everybody does not carry",
                "trough",
            ),
        ),
        cuts=("half", "cut_65", "cut_90"),
        practice=(
            "Centers that combined them against the label cut sirolimus by 90 % and followed "
            "levels: trough 5.8 ng/mL before, 6.1 at steady state (n = 67, range 1-14.2), one TMA, "
            "no SOS. In another series a cut of 50 % from a level of at most 12 ng/mL left none "
            "above 20."
        ),
        practice_sources=(CEBERIO, SUROWIEC, VORICONAZOLE_LABEL),
        practice_standing=Standing.PUBLISHED,
        evidence=(
            (
                "Volunteers, single 2 mg dose: AUC about 11-fold, Cmax about 7-fold.",
                MONOGRAPH,
                Standing.PROVISIONAL,
            ),
            (
                "67 transplant patients whose dose was cut by 90 %: trough 5.8 before, 6.1 ng/mL "
                "at steady state.",
                CEBERIO,
                Standing.PUBLISHED,
            ),
        ),
        stop_ratio="to about a tenth",
    ),
    Azole(
        agent="itraconazole",
        status="avoid",
        first=(_AVOID + " Itraconazole is named there.",),
        sources=(SIROLIMUS_LABEL,),
        standing=Standing.PUBLISHED,
        ratios=(),
        cuts=(),
        practice="No ratio and no series on sirolimus was found; only levels can guide a cut.",
        practice_sources=(SIROLIMUS_LABEL,),
        practice_standing=Standing.PUBLISHED,
        evidence=(),
        stop_ratio="by the ratio by which it had risen in this patient",
    ),
    Azole(
        agent="isavuconazole",
        status="",
        first=(
            "No label sentence on this pair was read; the only ratio is from a conference "
            "abstract: AUC of sirolimus +100 %.",
        ),
        sources=(TOWNSEND,),
        standing=Standing.PUBLISHED,
        ratios=(
            Ratio(
                "isavuconazole",
                "isavuconazole, as in a conference abstract",
                2.0,
                TOWNSEND,
                Standing.PUBLISHED,
                "AUC +100 %",
            ),
        ),
        cuts=("half",),
        practice="No series on sirolimus was found; levels guide the cut.",
        practice_sources=(TOWNSEND,),
        practice_standing=Standing.PUBLISHED,
        evidence=(("AUC of sirolimus +100 %.", TOWNSEND, Standing.PUBLISHED),),
        stop_ratio="to about a half",
    ),
    Azole(
        agent="fluconazole",
        status="",
        first=(
            "No trial gives a ratio for fluconazole on sirolimus; case reports show rises from 10 "
            "to 22.8 ng/mL in 4 days and from 10.26 to 48.44 ng/mL in about 3 weeks.",
        ),
        sources=(MONOGRAPH,),
        standing=Standing.PROVISIONAL,
        ratios=(),
        cuts=(),
        practice="No series gives a cut; levels before and after the start guide the dose.",
        practice_sources=(MONOGRAPH, EBMT),
        practice_standing=Standing.PROVISIONAL,
        evidence=(
            (
                "Cases: 10 to 22.8 ng/mL in 4 days of 200 mg/d although sirolimus went from 4 to 3 "
                "mg/d; 10.26 to 48.44 ng/mL after about 3 weeks of 100 then 200 mg/d.",
                MONOGRAPH,
                Standing.PROVISIONAL,
            ),
        ),
        stop_ratio="by the ratio by which it had risen in this patient",
    ),
)
"""Strongest first: where two are in the record, the first of them opens the decision."""
