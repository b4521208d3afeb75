"""What changes the clearance of ciclosporin.

Not here: fluconazole, because every patient behind one of the models took it and it would
count twice; rifampicin, because no ratio was read.
"""

from __future__ import annotations

import math

from equipoise.interaction import SINGLE_DOSE, STEADY_STATE, Interaction
from equipoise.interactions.sources import (
    AT_ONCE,
    ISAVUCONAZOLE_HALF_LIFE,
    KROPEIT,
    LETERMOVIR_LABEL,
    MORI,
    NO_DATE,
    PAXLOVID_LETTER,
    POSACONAZOLE_LABEL,
    REVIEWED,
    TOWNSEND,
    VORICONAZOLE_HALF_LIFE,
)
from equipoise.source import Source, Standing

ACTEMRA = Source(
    "Actemra, Malaysian product information",
    where="drug interactions (label, public copy at MIMS)",
)
PUBLISHED = Standing.PUBLISHED

ON_FLUCONAZOLE = ("ciclosporin_wilhelm2012",)
"""Models whose patients all took an azole: another one on top would count it twice."""

INTERACTIONS: tuple[Interaction, ...] = (
    Interaction(
        id="ciclosporin_voriconazole",
        agent="ciclosporin",
        partner="voriconazole",
        ratio=1.821,
        source=MORI,
        standing=PUBLISHED,
        setting="HSCT patients, median rise of the concentration per dose, 400 mg daily by mouth "
        "or 8 mg/kg iv",
        half_life=6.0,
        timing=VORICONAZOLE_HALF_LIFE,
        of="trough",
        dosing=STEADY_STATE,
        low=0.906,
        high=3.669,
        spread="range between patients",
        n=10,
        not_in=ON_FLUCONAZOLE,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="ciclosporin_posaconazole",
        agent="ciclosporin",
        partner="posaconazole",
        ratio=math.nan,
        source=POSACONAZOLE_LABEL,
        standing=PUBLISHED,
        setting="up to 29 % less was needed; no ratio is printed",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="adjust",
        region="US",
        label_date="edition with changes of November 2015",
        label=POSACONAZOLE_LABEL,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="ciclosporin_isavuconazole",
        agent="ciclosporin",
        partner="isavuconazole",
        ratio=1.29,
        source=TOWNSEND,
        standing=PUBLISHED,
        setting="AUC +29 % in volunteers",
        half_life=0.0,
        leaves=130.0,
        timing=ISAVUCONAZOLE_HALF_LIFE,
        dosing=SINGLE_DOSE,
        not_in=ON_FLUCONAZOLE,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="ciclosporin_letermovir",
        agent="ciclosporin",
        partner="letermovir",
        ratio=1.70,
        source=KROPEIT,
        standing=PUBLISHED,
        setting="volunteers, 50 mg on 80 mg twice daily for 7 days",
        half_life=12.0,
        timing=LETERMOVIR_LABEL,
        dosing=SINGLE_DOSE,
        least=160.0,
        most=160.0,
        label_status="monitor",
        region="US",
        label_date="edition before June 2023",
        label=LETERMOVIR_LABEL,
        note="Letermovir itself is given as 240 mg daily with ciclosporin",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="ciclosporin_tocilizumab",
        agent="ciclosporin",
        partner="tocilizumab",
        ratio=math.nan,
        source=ACTEMRA,
        standing=PUBLISHED,
        setting="it gives back CYP enzymes that inflammation held down; measured on simvastatin",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="monitor",
        region="Malaysia",
        label_date=NO_DATE,
        label=ACTEMRA,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="ciclosporin_nirmatrelvir_ritonavir",
        agent="ciclosporin",
        partner="nirmatrelvir_ritonavir",
        ratio=math.nan,
        source=PAXLOVID_LETTER,
        standing=PUBLISHED,
        setting="life-threatening and fatal reactions are told, no ratio",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="monitor",
        region="EU",
        label_date="21 March 2024",
        label=PAXLOVID_LETTER,
        reviewed_on=REVIEWED,
    ),
)
