"""What changes the clearance of sirolimus, as far as a source that was read gives a ratio.

Where transplant patients and volunteers disagree (posaconazole 2.65 and 8.88) the patients' ratio
acts, and the open decision shows both. Not here, because no ratio was read at its source:
ketoconazole, itraconazole, macrolides, diltiazem, verapamil, phenytoin.
"""

from __future__ import annotations

import math

from equipoise.interaction import Interaction
from equipoise.source import Source, Standing

POSACONAZOLE_LABEL = Source(
    "Noxafil, US label",
    where="sections 4.2, 7.1 and 12.3 (label); half-lives of 31.7 and 37.2 h in Table 10",
)
VORICONAZOLE_LABEL = Source("VFEND, US label", where="section 4 (label)")
SIROLIMUS_LABEL = Source("Rapamune, US label", where="sections 7.1 and 7.2 (label)")
LETERMOVIR_LABEL = Source(
    "Prevymis, US label", where="interactions, pharmacokinetics (label, public copies)"
)
PAXLOVID_LETTER = Source("Letter to healthcare professionals on Paxlovid (AIFA)", where="summary")
SWISS_RAPAMUNE = Source(
    "Rapamune, Swiss product information", where="interactions (ch.oddb.org registration 55243)"
)
CITY_OF_HOPE = Source("ACCP annual meeting 2012, Paper26987 (City of Hope)", where="abstract")
CEBERIO = Source(
    "Ceberio, voriconazole and sirolimus after transplantation",
    where="abstract, synapse.mskcc.org/synapse/works/79678",
)
TOWNSEND = Source(
    "Townsend, isavuconazole with immunosuppressants, conference abstract",
    where="abstract (copy at aspergillus.org.uk)",
)
RIFAMPICIN = Source("Rifampicin on sirolimus in volunteers, PMID 27128230", where="abstract")
INDUCTION = Source(
    "Induction of CYP3A4 over 14 days, simulated",
    doi="10.1007/s13318-023-00833-9",
    where="key points: 14 days to the most and back; read as five half-lives",
)
VORICONAZOLE_HALF_LIFE = Source(
    "about 6 h, rising with the dose", note="secondary source; the label gives none at this place"
)
AT_ONCE = Source("no time course was found", where="not a cited sentence")
CASES = Source("Drugs.com, fluconazole with sirolimus", note="secondary source")

INTERACTIONS: tuple[Interaction, ...] = (
    Interaction(
        id="sirolimus_voriconazole",
        agent="sirolimus",
        partner="voriconazole",
        ratio=10.5,
        source=CEBERIO,
        standing=Standing.PUBLISHED,
        setting="computed from transplant patients whose dose was cut by 90 %: 6.1 / 5.8 / 0.1",
        half_life=6.0,
        timing=VORICONAZOLE_HALF_LIFE,
        of="trough",
        n=67,
        label_status="contraindicated",
        region="US",
        label_date="no date on the text read",
        label=VORICONAZOLE_LABEL,
        note="Troughs after the cut were 1-14.2 ng/mL: one ratio for everybody hides that spread.",
    ),
    Interaction(
        id="sirolimus_posaconazole",
        agent="sirolimus",
        partner="posaconazole",
        ratio=2.65,
        source=CITY_OF_HOPE,
        standing=Standing.PUBLISHED,
        setting="transplant patients, a mean of 18 days after its start",
        half_life=35.0,
        timing=POSACONAZOLE_LABEL,
        of="trough",
        low=1.75,
        high=5.9,
        spread="range between patients",
        n=75,
        label_status="contraindicated",
        region="US",
        label_date="edition of 2021 or later",
        label=POSACONAZOLE_LABEL,
        note="Volunteers after one dose had 8.88 times the AUC.",
    ),
    Interaction(
        id="sirolimus_isavuconazole",
        agent="sirolimus",
        partner="isavuconazole",
        ratio=2.0,
        source=TOWNSEND,
        standing=Standing.PUBLISHED,
        setting="AUC +100 %, conference abstract",
        half_life=0.0,
        timing=AT_ONCE,
    ),
    Interaction(
        id="sirolimus_fluconazole",
        agent="sirolimus",
        partner="fluconazole",
        ratio=math.nan,
        source=CASES,
        standing=Standing.PROVISIONAL,
        setting="no trial gives a ratio; cases went from 10 to 22.8 ng/mL within 4 days",
        half_life=0.0,
        timing=AT_ONCE,
    ),
    Interaction(
        id="sirolimus_letermovir",
        agent="sirolimus",
        partner="letermovir",
        ratio=3.4,
        source=LETERMOVIR_LABEL,
        standing=Standing.PUBLISHED,
        setting="480 mg daily",
        half_life=12.0,
        timing=LETERMOVIR_LABEL,
        label_status="monitor",
        region="US",
        label_date="no date on the text read",
        label=LETERMOVIR_LABEL,
        note="Levels often at its start and at its stop; with ciclosporin it acts more strongly.",
    ),
    Interaction(
        id="sirolimus_rifampicin",
        agent="sirolimus",
        partner="rifampicin",
        ratio=0.18,
        source=RIFAMPICIN,
        standing=Standing.PUBLISHED,
        setting="volunteers on 600 mg daily for 14 days, a single 20 mg on day 9",
        half_life=67.0,
        timing=INDUCTION,
        low=0.16,
        high=0.21,
        spread="90 % CI",
        label_status="avoid",
        region="US",
        label_date="no date on the text read",
        label=SIROLIMUS_LABEL,
    ),
    Interaction(
        id="sirolimus_ciclosporin",
        agent="sirolimus",
        partner="ciclosporin",
        ratio=1.8,
        source=SWISS_RAPAMUNE,
        standing=Standing.PUBLISHED,
        setting="volunteers, sirolimus solution 4 h after 300 mg",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="adjust",
        region="US",
        label_date="no date on the text read",
        label=SIROLIMUS_LABEL,
        note="Taken together instead of 4 h apart the AUC was 2.83 times that without. After its "
        "stop the label asks for more sirolimus.",
    ),
    Interaction(
        id="sirolimus_nirmatrelvir_ritonavir",
        agent="sirolimus",
        partner="nirmatrelvir_ritonavir",
        ratio=math.nan,
        source=PAXLOVID_LETTER,
        standing=Standing.PUBLISHED,
        setting="life-threatening and fatal reactions with mTOR inhibitors are told, no ratio",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="monitor",
        region="EU",
        label_date="21 March 2024",
        label=PAXLOVID_LETTER,
    ),
)
