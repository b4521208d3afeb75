"""What changes the clearance of sirolimus.

Where transplant patients and volunteers disagree (posaconazole 2.65 and 8.88) the patients' ratio
acts and the other is told beside it. A partner without a ratio stands here for its label alone.
Not here, because neither a ratio nor a label's sentence was read: phenytoin, carbamazepine,
phenobarbital, caspofungin, azithromycin.
"""

from __future__ import annotations

import math
from dataclasses import replace

from equipoise.interaction import SINGLE_DOSE, STEADY_STATE, Interaction
from equipoise.interactions.sources import (
    AT_ONCE,
    COBICISTAT,
    EBRAHIMI,
    GONZALEZ,
    INDUCTION,
    ISAVUCONAZOLE_HALF_LIFE,
    LETERMOVIR_LABEL,
    MONOGRAPH,
    NO_DATE,
    PAXLOVID_LETTER,
    POSACONAZOLE_LABEL,
    REVIEWED,
    TOWNSEND,
    VORICONAZOLE_HALF_LIFE,
    VORICONAZOLE_LABEL,
)
from equipoise.source import Source, Standing

SIROLIMUS_LABEL = Source("Rapamune, US label", where="sections 7.1, 7.2 and 7.4 (label)")
SWISS_RAPAMUNE = Source(
    "Rapamune, Swiss product information", where="interactions (ch.oddb.org registration 55243)"
)
CITY_OF_HOPE = Source("ACCP annual meeting 2012, Paper26987 (City of Hope)", where="abstract")
CEBERIO = Source(
    "Ceberio, voriconazole and sirolimus after transplantation",
    where="abstract, synapse.mskcc.org/synapse/works/79678",
)
RIFAMPICIN = Source("Rifampicin on sirolimus in volunteers, PMID 27128230", where="abstract")
CASES = Source("Drugs.com, fluconazole with sirolimus", note="secondary source")
MICAFUNGIN_LABEL = Source(
    "Mycamine (micafungin), product information, US (as cited by Drugs.com) and Switzerland",
    where="interactions (label; ch.oddb.org registration 60724)",
)
DILTIAZEM = Source(
    "Bottiger 2001, Clin Pharmacol Ther (diltiazem and sirolimus in volunteers)", where="abstract"
)
LIVER_MILD = Source(
    "J Clin Pharmacol (sirolimus in mild to moderate hepatic impairment)",
    doi="10.1177/0091270005281350",
    where="abstract",
)
LIVER_SEVERE = Source(
    "J Clin Pharmacol (sirolimus in severe hepatic impairment)",
    doi="10.1177/0091270007312902",
    where="abstract",
)
LIVER_LABEL = Source(
    "Rapamune (sirolimus), hepatic impairment, as quoted by two drug handbooks",
    where="secondary copies of the dosing section",
)
PUBLISHED, PROVISIONAL = Standing.PUBLISHED, Standing.PROVISIONAL


MILD = "after 15 mg, 18 patients of class A or B"


def _told(partner: str, source: Source, setting: str) -> Interaction:
    """A partner of which a source speaks without a ratio."""
    return Interaction(
        id=f"sirolimus_{partner}", agent="sirolimus", partner=partner, ratio=math.nan,
        source=source, standing=PUBLISHED, setting=setting, half_life=0.0, timing=AT_ONCE,
        reviewed_on=REVIEWED,
    )  # fmt: skip


def _avoid(partner: str) -> Interaction:
    """A partner that the label says to avoid, of which no ratio was read."""
    setting = "the label names it among the strong inhibitors and inducers; no ratio was read"
    return replace(
        _told(partner, SIROLIMUS_LABEL, setting),
        label_status="avoid", region="US", label_date=NO_DATE, label=SIROLIMUS_LABEL,
    )  # fmt: skip


def _liver(value: str, ratio: float, source: Source, setting: str) -> Interaction:
    return Interaction(
        id=f"sirolimus_child_pugh_{value.lower()}", agent="sirolimus",
        partner=f"child_pugh_{value.lower()}", finding=("child_pugh_class", value), ratio=ratio,
        source=source, standing=PUBLISHED, setting=setting, half_life=0.0, timing=AT_ONCE,
        dosing=SINGLE_DOSE, label_status="adjust", region="US", label_date=NO_DATE,
        label=LIVER_LABEL, unless=("bilirubin", "ast"), reviewed_on=REVIEWED,
        note="It acts from the record of the class until another class stands; the loading dose is "
        "unchanged on the label",
    )  # fmt: skip


INTERACTIONS: tuple[Interaction, ...] = (
    Interaction(
        id="sirolimus_voriconazole",
        agent="sirolimus",
        partner="voriconazole",
        ratio=10.5,
        source=CEBERIO,
        standing=PUBLISHED,
        setting="computed from transplant patients whose dose was cut by 90 %: 6.1 / 5.8 / 0.1",
        half_life=6.0,
        timing=VORICONAZOLE_HALF_LIFE,
        of="trough",
        dosing=STEADY_STATE,
        n=67,
        label_status="contraindicated",
        region="US",
        label_date=NO_DATE,
        label=VORICONAZOLE_LABEL,
        note="Troughs after the cut were 1-14.2 ng/mL: one ratio for everybody hides that spread.",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_voriconazole_single_dose",
        agent="sirolimus",
        partner="voriconazole",
        ratio=11.0,
        source=MONOGRAPH,
        standing=PROVISIONAL,
        setting="volunteers, 2 mg on 400 mg every 12 h for a day, then 200 mg every 12 h for 8",
        half_life=6.0,
        timing=VORICONAZOLE_HALF_LIFE,
        dosing=SINGLE_DOSE,
        least=400.0,
        most=400.0,
        label_status="contraindicated",
        region="US",
        label_date=NO_DATE,
        label=VORICONAZOLE_LABEL,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_posaconazole",
        agent="sirolimus",
        partner="posaconazole",
        ratio=2.65,
        source=CITY_OF_HOPE,
        standing=PUBLISHED,
        setting="transplant patients, a mean of 18 days after its start",
        half_life=35.0,
        timing=POSACONAZOLE_LABEL,
        of="trough",
        dosing=STEADY_STATE,
        low=1.75,
        high=5.9,
        spread="range between patients",
        n=75,
        label_status="contraindicated",
        region="US",
        label_date="edition of 2021 or later",
        label=POSACONAZOLE_LABEL,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_posaconazole_single_dose",
        agent="sirolimus",
        partner="posaconazole",
        ratio=8.88,
        source=POSACONAZOLE_LABEL,
        standing=PUBLISHED,
        setting="volunteers, 2 mg on suspension 400 mg twice daily for 16 days",
        half_life=35.0,
        timing=POSACONAZOLE_LABEL,
        dosing=SINGLE_DOSE,
        low=7.26,
        high=10.9,
        spread="90 % CI",
        least=800.0,
        most=800.0,
        label_status="contraindicated",
        region="US",
        label_date="edition of 2021 or later",
        label=POSACONAZOLE_LABEL,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_isavuconazole",
        agent="sirolimus",
        partner="isavuconazole",
        ratio=2.0,
        source=TOWNSEND,
        standing=PUBLISHED,
        setting="AUC +100 % in volunteers",
        half_life=0.0,
        leaves=130.0,
        timing=ISAVUCONAZOLE_HALF_LIFE,
        dosing=SINGLE_DOSE,
        note="Its authors ask for levels and dose changes at its start and at its stop; no label's "
        "sentence was read",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_fluconazole",
        agent="sirolimus",
        partner="fluconazole",
        ratio=math.nan,
        source=CASES,
        standing=PROVISIONAL,
        setting="no trial gives a ratio; cases went from 10 to 22.8 ng/mL within 4 days",
        half_life=0.0,
        timing=AT_ONCE,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_ketoconazole",
        agent="sirolimus",
        partner="ketoconazole",
        ratio=11.0,
        source=MONOGRAPH,
        standing=PROVISIONAL,
        setting="volunteers, 5 mg on 200 mg daily for 10 days",
        half_life=0.0,
        timing=AT_ONCE,
        dosing=SINGLE_DOSE,
        least=200.0,
        most=200.0,
        label_status="avoid",
        region="US",
        label_date=NO_DATE,
        label=SIROLIMUS_LABEL,
        reviewed_on=REVIEWED,
    ),
    *(_avoid(p) for p in ("itraconazole", "clarithromycin", "erythromycin", "telithromycin")),
    Interaction(
        id="sirolimus_diltiazem",
        agent="sirolimus",
        partner="diltiazem",
        ratio=1.60,
        source=DILTIAZEM,
        standing=PUBLISHED,
        setting="volunteers, 10 mg with a single 120 mg",
        half_life=0.0,
        timing=AT_ONCE,
        dosing=SINGLE_DOSE,
        low=1.35,
        high=1.90,
        spread="90 % CI",
        n=18,
        label_status="monitor",
        region="US",
        label_date=NO_DATE,
        label=SIROLIMUS_LABEL,
        note="One dose of diltiazem: what weeks of it do was not measured. The label speaks of "
        "moderate inhibitors as a class",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_letermovir",
        agent="sirolimus",
        partner="letermovir",
        ratio=3.4,
        source=LETERMOVIR_LABEL,
        standing=PUBLISHED,
        setting="480 mg daily",
        half_life=12.0,
        timing=LETERMOVIR_LABEL,
        dosing=SINGLE_DOSE,
        least=480.0,
        most=480.0,
        label_status="monitor",
        region="US",
        label_date="edition before June 2023",
        label=LETERMOVIR_LABEL,
        note="Levels often at its start and at its stop; with ciclosporin it acts more strongly.",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_micafungin",
        agent="sirolimus",
        partner="micafungin",
        ratio=1.21,
        source=MICAFUNGIN_LABEL,
        standing=PUBLISHED,
        setting="micafungin at steady state; Cmax unchanged",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="monitor",
        region="US, Switzerland",
        label_date=NO_DATE,
        label=MICAFUNGIN_LABEL,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_rifampicin",
        agent="sirolimus",
        partner="rifampicin",
        ratio=0.18,
        source=RIFAMPICIN,
        standing=PUBLISHED,
        setting="volunteers on 600 mg daily for 14 days, 20 mg on day 9",
        half_life=67.0,
        timing=INDUCTION,
        dosing=SINGLE_DOSE,
        low=0.16,
        high=0.21,
        spread="90 % CI",
        label_status="avoid",
        region="US",
        label_date=NO_DATE,
        label=SIROLIMUS_LABEL,
        reviewed_on=REVIEWED,
    ),
    _avoid("rifabutin"),
    Interaction(
        id="sirolimus_ciclosporin",
        agent="sirolimus",
        partner="ciclosporin",
        ratio=1.8,
        source=SWISS_RAPAMUNE,
        standing=PUBLISHED,
        setting="volunteers, sirolimus solution 4 h after 300 mg",
        half_life=0.0,
        timing=AT_ONCE,
        dosing=SINGLE_DOSE,
        label_status="adjust",
        region="US",
        label_date=NO_DATE,
        label=SIROLIMUS_LABEL,
        note="Taken together instead of 4 h apart the AUC was 2.83 times that without. After its "
        "stop the label asks for more sirolimus.",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_belumosudil",
        agent="sirolimus",
        partner="belumosudil",
        ratio=2.6,
        source=GONZALEZ,
        standing=PROVISIONAL,
        setting="chronic GVHD, concentration per dose +160 %",
        half_life=0.0,
        timing=AT_ONCE,
        of="trough",
        dosing=STEADY_STATE,
        note="Its authors cut by 25-50 % at the start, as quoted",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_cannabidiol",
        agent="sirolimus",
        partner="cannabidiol",
        ratio=math.nan,
        source=EBRAHIMI,
        standing=PUBLISHED,
        setting="7 patients with tuberous sclerosis: median trough +5.1 ng/mL, no ratio",
        half_life=0.0,
        timing=AT_ONCE,
        n=7,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="sirolimus_nirmatrelvir_ritonavir",
        agent="sirolimus",
        partner="nirmatrelvir_ritonavir",
        ratio=math.nan,
        source=PAXLOVID_LETTER,
        standing=PUBLISHED,
        setting="life-threatening and fatal reactions with mTOR inhibitors are told, no ratio",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="monitor",
        region="EU",
        label_date="21 March 2024",
        label=PAXLOVID_LETTER,
        reviewed_on=REVIEWED,
    ),
    _told("cobicistat", COBICISTAT,
          "a booster like ritonavir; data with mTOR inhibitors are lacking"),
    _liver("A", 1.0 / 0.682, LIVER_MILD, f"CL/F 31.8 % lower {MILD}"),
    _liver("B", 1.0 / 0.640, LIVER_MILD, f"CL/F 36.0 % lower {MILD}"),
    _liver("C", 3.10, LIVER_SEVERE, "AUC 210 % higher, CL/F 67 % lower"),
)  # fmt: skip
