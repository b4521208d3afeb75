"""Sirolimus with azoles, echinocandins and letermovir: labels first, center practice after them.

A dose that is only planned counts: the day before an azole starts is when the advice matters.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from equipoise.advice import RUNNING_HOURS, Alternative, Recommendation, Situation, Verdict
from equipoise.criterion import Because, Truth, seen
from equipoise.guidance.conditions import OURS
from equipoise.record import SAME_TIME
from equipoise.source import Evidence, Source, Standing

TOPIC = "sirolimus interactions"
REVIEWED = date(2026, 11, 22)

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
    where="sections 7.2 to 7.4 (label)",
    note="no date on the text read; posaconazole is not in the list of section 7.2",
)
INTERACTION_MONOGRAPH = Source(
    "Drugs.com, professional interaction reports",
    where="posaconazole with sirolimus; fluconazole with sirolimus",
    note="secondary source",
)
CITY_OF_HOPE = Source(
    "ACCP annual meeting 2012, Paper26987 (City of Hope, n = 75)",
    where="abstract",
)
BBMT_2012 = Source(
    "Biol Blood Marrow Transplant 2012 (posaconazole and sirolimus, n = 15)",
    doi="10.1016/j.bbmt.2012.04.015",
    where="abstract",
)
CHO = Source("Cho 2015, Pharmacotherapy 35:578", where="abstract")
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
TAC_SIR = Source(
    "J Oncol Pharm Pract (azole with tacrolimus and sirolimus after transplantation, n = 28)",
    doi="10.1177/1078155214539825",
    where="abstract",
)
TOWNSEND = Source(
    "Townsend, isavuconazole with immunosuppressants, conference abstract",
    where="abstract (copy at aspergillus.org.uk)",
    note="a ratio of 1.84 is quoted elsewhere without a source that could be read",
)
MICAFUNGIN_LABEL = Source(
    "Mycamine (micafungin), product information, US (as cited by Drugs.com) and Switzerland",
    where="interactions (label; ch.oddb.org registration 60724)",
)
LETERMOVIR_LABEL = Source(
    "Prevymis (letermovir), US prescribing information, Merck",
    where="interactions (label)",
    note="label text as quoted by two public copies",
)

ECHINOCANDIN = Alternative(
    "micafungin in its place: AUC of sirolimus +21 %, levels watched; whether it covers the "
    "indication is for infectious disease",
    MICAFUNGIN_LABEL,
    Standing.PUBLISHED,
)
LESS_INTERACTING = Alternative(
    "an agent that interacts less, as the sirolimus label asks", SIROLIMUS_LABEL, Standing.PUBLISHED
)
OTHER_AZOLE = Alternative(
    "isavuconazole in its place: AUC of sirolimus +100 % in volunteers", TOWNSEND,
    Standing.PUBLISHED,
)  # fmt: skip
WITHOUT_SIROLIMUS = Alternative(
    "another immunosuppressant in place of sirolimus; calcineurin inhibitors interact with azoles "
    "too",
    EBMT,
    Standing.PUBLISHED,
)
BY_LEVEL = Alternative("the present dose, with levels every few days", OURS, Standing.HYPOTHESIS)
INSTEAD = (ECHINOCANDIN, OTHER_AZOLE, WITHOUT_SIROLIMUS)

INHIBITORS = (
    "posaconazole",
    "voriconazole",
    "itraconazole",
    "isavuconazole",
    "fluconazole",
    "ketoconazole",
    "letermovir",
    "clarithromycin",
    "erythromycin",
    "telithromycin",
    "diltiazem",
    "verapamil",
    "nirmatrelvir_ritonavir",
    "ritonavir",
    "cobicistat",
    "belumosudil",
    "cannabidiol",
)
"""Agents that a label, the handbook or levels of patients name as raising sirolimus."""

STRONG = (
    "ketoconazole",
    "voriconazole",
    "itraconazole",
    "erythromycin",
    "telithromycin",
    "clarithromycin",
)
INDUCERS = ("rifampicin", "rifabutin")


def _words(agents: tuple[str, ...]) -> str:
    if len(agents) == 1:
        return agents[0]
    return f"{', '.join(agents[:-1])} or {agents[-1]}"


def _when(situation: Situation, agents: tuple[str, ...]) -> str:
    ahead = situation.planned(*agents)
    given = situation.given(*agents)
    parts = []
    if given:
        first, last = given[0], given[-1]
        parts.append(
            f"{first.agent} first given {situation.at - first.at:.0f} h ago, "
            f"last {situation.at - last.at:.0f} h ago"
        )
    if ahead:
        hours = ahead[0].at - situation.at
        parts.append(f"{ahead[0].agent} planned in {hours:.0f} h")
    return "; ".join(parts)


def together(*agents: str, also: tuple[str, ...] = ()) -> Callable[[Situation], Verdict]:
    """A predicate: sirolimus, one of `agents`, and each of `also`, running or about to."""

    def predicate(situation: Situation) -> Verdict:
        sirolimus, base = situation.running("sirolimus")
        if sirolimus is Truth.NOT_MET:
            stop = situation.stop_of("sirolimus")
            if stop is None:
                return Verdict(Truth.NOT_MET, detail="no sirolimus in the record")
            return Verdict(
                Truth.NOT_MET,
                (seen(stop, "stopped"),),
                detail="sirolimus is stopped; what is still in the blood is not judged here",
            )
        truth: Truth = sirolimus
        because, missing = base, []
        if sirolimus is Truth.UNKNOWN:
            missing.append("sirolimus: a recent dose or a stop")
        for group in (agents, *((a,) for a in also)):
            other, reasons = situation.running(*group)
            if other is Truth.NOT_MET:
                return Verdict(
                    Truth.NOT_MET, base, detail=f"no {_words(group)} running in the record"
                )
            if other is Truth.UNKNOWN:
                missing.append(f"{_words(group)}: a recent dose or a stop")
            truth, because = truth & other, (*because, *reasons)
        return Verdict(truth, because, tuple(missing), _when(situation, agents))

    return predicate


def _stopping(situation: Situation) -> Verdict:
    """An inhibitor that stops soon or stopped within the last 14 days, with sirolimus running."""
    sirolimus, because = situation.running("sirolimus")
    if sirolimus is Truth.NOT_MET:
        return Verdict(Truth.NOT_MET, detail="no sirolimus running in the record")
    stops = []
    unclear: list[tuple[str, tuple[Because, ...]]] = []
    for agent in INHIBITORS:
        stop = situation.stop_of(agent)
        running, reasons = situation.running(agent)
        if stop is not None and situation.at - stop.at <= RUNNING_HOURS + SAME_TIME:
            stops.append(stop)
        elif running is Truth.UNKNOWN:
            unclear.append((agent, reasons))
    if stops:
        words = ", ".join(
            f"{s.agent} stopped {situation.at - s.at:.0f} h ago"
            if s.at <= situation.at
            else f"{s.agent} to stop in {s.at - situation.at:.0f} h"
            for s in stops
        )
        reasons = tuple(seen(s, "stop") for s in stops)
        missing = () if sirolimus is Truth.MET else ("sirolimus: a recent dose or a stop",)
        return Verdict(sirolimus, (*because, *reasons), missing, words)
    if unclear:
        return Verdict(
            Truth.UNKNOWN,
            (*because, *(b for _, reasons in unclear for b in reasons)),
            tuple(f"{agent}: a recent dose or a stop" for agent, _ in unclear),
            "the record does not say whether the inhibitor is still given",
        )
    return Verdict(
        Truth.NOT_MET, because, detail="no inhibitor of sirolimus clearance stopped in the record"
    )


POSACONAZOLE_LABEL_US = Recommendation(
    id="sirolimus_posaconazole_label_us",
    title="Posaconazole with sirolimus: contraindicated (US label of posaconazole)",
    statement=(
        "The US label of posaconazole contraindicates it with sirolimus: sirolimus in blood rises "
        "about 9-fold and can be toxic. Measured in volunteers after a single 2 mg dose of "
        "sirolimus on posaconazole suspension 400 mg twice daily for 16 days: Cmax 6.72-fold "
        "(90 % CI 5.62-8.03), AUC 8.88-fold (7.26-10.9)."
    ),
    source=POSACONAZOLE_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together("posaconazole"),
    label_status="contraindicated",
    region="US",
    label_date="edition of 2021 or later",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=INSTEAD,
)

VORICONAZOLE_LABEL_US = Recommendation(
    id="sirolimus_voriconazole_label_us",
    title="Voriconazole with sirolimus: contraindicated (US label of voriconazole)",
    statement=(
        "The US label of voriconazole contraindicates it with sirolimus because it raises "
        "sirolimus concentrations significantly."
    ),
    source=VORICONAZOLE_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together("voriconazole"),
    label_status="contraindicated",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=INSTEAD,
)

STRONG_LABEL_US = Recommendation(
    id="sirolimus_strong_cyp3a4_label_us",
    title="Strong CYP3A4 and P-gp inhibitors and inducers with sirolimus: avoid (US label)",
    statement=(
        "The US label of sirolimus says to avoid strong inhibitors of CYP3A4 and P-gp (it names "
        "ketoconazole, voriconazole, itraconazole, erythromycin, telithromycin, clarithromycin) "
        "and strong inducers (it names rifampicin, rifabutin), and to consider agents that "
        "interact less. Posaconazole is not in this list; its contraindication stands in its own "
        "label."
    ),
    source=SIROLIMUS_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together(*STRONG, *INDUCERS),
    label_status="avoid",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(LESS_INTERACTING, ECHINOCANDIN, OTHER_AZOLE),
)

EBMT_AVOID = Recommendation(
    id="sirolimus_azoles_ebmt2024",
    title="Posaconazole or voriconazole with sirolimus: avoid (EBMT Handbook 2024)",
    statement=(
        "The EBMT Handbook says to avoid sirolimus with posaconazole or voriconazole. It conflicts "
        "with centers that combine them under a reduced dose and levels."
    ),
    source=EBMT,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together("posaconazole", "voriconazole"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=INSTEAD,
)

POSACONAZOLE_PRACTICE = Recommendation(
    id="sirolimus_posaconazole_practice",
    title="Posaconazole with sirolimus after transplantation: what centers did against the label",
    statement=(
        "Off-label practice, not a recommendation of a label: in 75 transplant patients the "
        "concentration per dose of sirolimus rose 2.6-fold (range 1.75-5.9) a mean of 18 days "
        "after posaconazole began. After the dose was cut by more than 50 %, 0 of 38 were above "
        "15 ng/mL; after a smaller cut 9 of 37 (24 %; p = .004). Cuts of 50-65 % are reported. In "
        "15 others the median dose went from 2 to 1 mg/d and 6 had a trough above 12 ng/mL. The "
        "rise is about a third of that in volunteers."
    ),
    source=CITY_OF_HOPE,
    standing=Standing.PUBLISHED,
    evidence=Evidence("4"),
    predicate=together("posaconazole"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=INSTEAD,
    other_sources=(CHO, BBMT_2012),
)

VORICONAZOLE_PRACTICE = Recommendation(
    id="sirolimus_voriconazole_practice",
    title="Voriconazole with sirolimus after transplantation: what centers did against the label",
    statement=(
        "Off-label practice, not a recommendation of a label: 67 transplant patients had the "
        "sirolimus dose cut by 90 % when voriconazole began; the trough was 5.8 ng/mL before "
        "and 6.1 at steady state (range 1-14.2), with one thrombotic microangiopathy and no SOS. "
        "In 31 other cases no level was above 20 ng/mL when voriconazole came first and sirolimus "
        "was begun at 0.5-1 mg/d, nor when 0.5-2 mg/d with a level of at most 12 ng/mL was cut by "
        "50 % beforehand."
    ),
    source=CEBERIO,
    standing=Standing.PUBLISHED,
    evidence=Evidence("4"),
    predicate=together("voriconazole"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=INSTEAD,
    other_sources=(SUROWIEC,),
)

TACROLIMUS_SIROLIMUS_AZOLE = Recommendation(
    id="tacrolimus_sirolimus_azole_practice",
    title="Tacrolimus, sirolimus and an azole: both were cut",
    statement=(
        "In 28 transplant patients on tacrolimus and sirolimus who took an azole both doses were "
        "cut by 50-75 %; fluconazole needed least and voriconazole most."
    ),
    source=TAC_SIR,
    standing=Standing.PUBLISHED,
    evidence=Evidence("4"),
    predicate=together(
        "posaconazole",
        "voriconazole",
        "itraconazole",
        "isavuconazole",
        "fluconazole",
        also=("tacrolimus",),
    ),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(ECHINOCANDIN, BY_LEVEL),
)

FLUCONAZOLE_CASES = Recommendation(
    id="sirolimus_fluconazole_cases",
    title="Fluconazole with sirolimus: levels rose in case reports",
    statement=(
        "No trial gives a ratio. Case reports: 10 to 22.8 ng/mL within 4 days of 200 mg/d although "
        "sirolimus was lowered from 4 to 3 mg/d (peak 35.5); and on 2 mg/d 10.26 to 48.44 ng/mL "
        "after about 3 weeks of 100 then 200 mg/d (21.26 after fluconazole was halved and "
        "sirolimus lowered to 1.5 mg/d). No source that was read turns them into a dose."
    ),
    source=INTERACTION_MONOGRAPH,
    standing=Standing.PROVISIONAL,
    evidence=Evidence("4"),
    predicate=together("fluconazole"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(ECHINOCANDIN, BY_LEVEL),
    other_sources=(EBMT,),
)

ISAVUCONAZOLE = Recommendation(
    id="sirolimus_isavuconazole",
    title="Isavuconazole with sirolimus: exposure doubled",
    statement="Isavuconazole raised the AUC of sirolimus by 100 % (conference abstract).",
    source=TOWNSEND,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together("isavuconazole"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(ECHINOCANDIN, BY_LEVEL),
)

MICAFUNGIN = Recommendation(
    id="sirolimus_micafungin_label",
    title="Micafungin with sirolimus: small rise, watch levels (label)",
    statement=(
        "Steady-state micafungin raised the AUC of sirolimus by 21 % and left Cmax unchanged; the "
        "label says to monitor and to lower sirolimus if needed."
    ),
    source=MICAFUNGIN_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together("micafungin"),
    label_status="monitor",
    region="US, Switzerland",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(BY_LEVEL,),
)

CASPOFUNGIN = Recommendation(
    id="sirolimus_caspofungin_ebmt2024",
    title="Caspofungin with sirolimus: levels may fall",
    statement=(
        "The EBMT Handbook lists lower sirolimus and tacrolimus levels on caspofungin; it gives no "
        "ratio for sirolimus, and none was found."
    ),
    source=EBMT,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together("caspofungin"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(ECHINOCANDIN, BY_LEVEL),
)

LETERMOVIR = Recommendation(
    id="sirolimus_letermovir_label_us",
    title="Letermovir with sirolimus: frequent levels at start and at stop (label)",
    statement=(
        "Letermovir 480 mg raised sirolimus: Cmax 2.8-fold, AUC 3.4-fold, concentration at 24 h "
        "3.2-fold. The label asks for frequent sirolimus levels while it is given, at its start "
        "and at its stop. Together with ciclosporin it acts like a strong inhibitor."
    ),
    source=LETERMOVIR_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=together("letermovir"),
    label_status="monitor",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(BY_LEVEL,),
)

INHIBITOR_STOP = Recommendation(
    id="sirolimus_inhibitor_stop",
    title="An inhibitor stops: sirolimus falls back by the ratio by which it had risen",
    statement=(
        "When an inhibitor is stopped, clearance comes back. Turning the published ratios round, "
        "the trough per dose would fall to about 1/2.65 after posaconazole and to about a tenth "
        "after voriconazole: a dose that was cut would then be too low, and only levels tell by "
        "how much. The label of letermovir asks for levels at stop; carrying this over to the "
        "azoles is our own step."
    ),
    source=LETERMOVIR_LABEL,
    standing=Standing.HYPOTHESIS,
    evidence=Evidence("5"),
    predicate=_stopping,
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(BY_LEVEL,),
    other_sources=(CITY_OF_HOPE, CEBERIO),
)
