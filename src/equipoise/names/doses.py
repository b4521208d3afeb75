"""The most that one dose can be: a limit against a slipped unit or decimal, by agent.

Conventions of this project (standing hypothesis), and no maximum doses: each is meant to lie ten
times or more above what a large adult (150 kg, 2.5 m2) is given of the agent in one dose, or in one
day of an infusion, high-dose protocols included, rounded up to 1, 3 or 10 of a unit. They were not
read from labels, and nothing about an agent may be concluded from them. What they catch is the
thousandfold: grams written for milligrams, milligrams for micrograms.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from equipoise import units

LIGHT = 20.0
"""kg with which an amount per kg is held against the bound where no weight is given with it
(project convention): low, so that what suits a child and a large adult both pass."""

SMALL = 1.0
"""m2 likewise, of an amount per m2 (project convention)."""

# Each line: the bound, then the agents that have it.
_MASSES: Mapping[str, str] = {
    "10 mg": "blinatumomab darbepoetin epoetin interferon_alfa peginterferon_alfa",
    "30 mg": "entecavir filgrastim lenograstim romiplostim sargramostim",
    "100 mg": "aldesleukin anti_d inotuzumab vincristine",
    "300 mg": """
        amlodipine baricitinib beclometasone clonazepam gemtuzumab hetrombopag homoharringtonine
        pegfilgrastim tacrolimus terlipressin tofacitinib
    """,
    "1 g": """
        alemtuzumab angiotensin_ii avatrombopag basiliximab budesonide clobazam epcoritamab
        etanercept everolimus glofitamab inolimomab mosunetuzumab ondansetron pentostatin plerixafor
        ponatinib ruxolitinib sirolimus tarlatamab vasopressin
    """,
    "3 g": """
        aclarubicin adalimumab amphotericin_b asparaginase caspofungin cladribine clofarabine
        dasatinib daunorubicin dexamethasone elranatamab eltrombopag enoxaparin fosaprepitant
        fostamatinib idarubicin leflunomide lorazepam midostaurin mitoxantrone nifedipine
        quizartinib talquetamab
    """,
    "10 g": """
        abatacept acalabrutinib adrenaline anidulafungin aprepitant axatilimab azacitidine
        azathioprine belumosudil bendamustine bosutinib brentuximab busulfan canakinumab cidofovir
        cobicistat colistin danazol decitabine diltiazem famotidine fedratinib fludarabine
        gilteritinib glycyrrhizin heparin iptacopan isavuconazole itacitinib itraconazole lacosamide
        lamivudine letermovir lomustine melphalan micafungin milrinone narsoplimab natalizumab
        nicardipine nilotinib nirmatrelvir_ritonavir omeprazole pantoprazole pegaspargase
        pentamidine polatuzumab remdesivir rezafungin rifabutin sarilumab sorafenib spironolactone
        teclistamab tenofovir thymoglobulin vedolizumab verapamil zanubrutinib
    """,
    "30 g": """
        atorvastatin atovaquone azithromycin belatacept carbamazepine carmustine ciclosporin
        ciprofloxacin clarithromycin daptomycin eculizumab emapalumab fluconazole fluvastatin
        furosemide ganciclovir gentamicin hypericum ibrutinib ibuprofen imatinib infliximab
        ipilimumab isatuximab isoniazid ketoconazole levofloxacin linezolid liposomal_amphotericin_b
        maribavir mycophenolate_sodium nivolumab noradrenaline obinutuzumab ofatumumab oxcarbazepine
        pegcetacoplan pembrolizumab phenylephrine posaconazole pravastatin prednisolone prednisone
        rifapentine ritonavir rosuvastatin siltuximab silymarin simvastatin teicoplanin
        telithromycin thiotepa tobramycin tocilizumab valaciclovir valganciclovir venetoclax
        voriconazole
    """,
    "100 g": """
        aciclovir amikacin amiodarone anakinra argatroban atgam cannabidiol cefepime ceftriaxone
        daratumumab deferasirox dobutamine efgartigimod erythromycin etoposide fosphenytoin grafalon
        hydroxycarbamide imipenem levetiracetam mercaptopurine meropenem metamizole metronidazole
        midazolam mycophenolate nelarabine paracetamol phenobarbital phenytoin ravulizumab
        rifampicin rituximab sutimlimab ursodeoxycholic_acid valproate vancomycin
    """,
    "300 g": """
        ceftazidime cotrimoxazole cyclophosphamide cytarabine defibrotide dopamine folinic_acid
        foscarnet hydrocortisone ifosfamide mesna methylprednisolone piperacillin_tazobactam
    """,
    "1 kg": "methotrexate",
    "3 kg": "immunoglobulin treosulfan",
}  # fmt: skip

_ACTIVITIES: Mapping[str, str] = {
    "3e4 U": "vasopressin",
    "1e6 U": "anti_d enoxaparin epoetin heparin pegaspargase",
    "1e7 U": "asparaginase",
    "3e8 U": "colistin",
    "1e9 U": "interferon_alfa",
    "3e9 U": "aldesleukin filgrastim lenograstim",
}


def _bounds(lines: Mapping[str, str]) -> Mapping[str, units.Quantity]:
    return MappingProxyType(
        {name: units.parse(bound) for bound, agents in lines.items() for name in agents.split()}
    )


MOST_MASS: Mapping[str, units.Quantity] = _bounds(_MASSES)
"""By agent, every agent: the largest mass of one dose, or of a day of an infusion, that is not
refused (project convention)."""

MOST_ACTIVITY: Mapping[str, units.Quantity] = _bounds(_ACTIVITIES)
"""Likewise in units of activity, of the agents that are dosed so (project convention)."""


def dose_refusal(
    agent: str,
    amount: units.Quantity,
    *,
    hours: float = 0.0,
    weight: float | None = None,
    surface: float | None = None,
) -> str:
    """Why an amount cannot be one dose of an agent, in one sentence; "" if it can.

    agent    name in `AGENTS`; another has no bound
    amount   as entered: per kg or m2, or per time as a rate over `hours`
    hours    how long it runs; of more than a day, the share of a day counts
    weight, surface  kg and m2, where known; else `LIGHT` and `SMALL`
    """
    base, size = units.per(amount.unit)
    is_rate = units.UNITS[base].dimension.endswith("/time")
    dimension = units.UNITS[base].dimension.removesuffix("/time")
    most = {"mass": MOST_MASS, "activity": MOST_ACTIVITY}.get(dimension, {}).get(agent)
    if most is None:
        return ""
    number = float(units.convert(amount.number, base, f"{most.unit}/h" if is_rate else most.unit))
    if is_rate:
        number *= min(hours, 24.0)
    elif hours > 24.0:
        number *= 24.0 / hours
    number *= {"kg": weight or LIGHT, "m2": surface or SMALL}.get(size, 1.0)
    if number <= float(most.number):
        return ""
    span = "a day of it" if hours > 24.0 else "one dose"
    return f"{agent} is above what {span} can be ({_text(most)}): check the number and its unit"


def _text(bound: units.Quantity) -> str:
    number = Decimal(bound.number)
    return f"{number:,f} {bound.unit}".replace(",", " ")
