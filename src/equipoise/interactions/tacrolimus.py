"""What changes the clearance of tacrolimus, as far as a source that was read gives a ratio.

Not here, because no ratio was read at its source: letermovir 480 mg (only 80 mg twice daily was
read), voriconazole, fluconazole by dose, isavuconazole.
"""

from __future__ import annotations

import math

from equipoise.interaction import Interaction
from equipoise.source import Source, Standing

POSACONAZOLE_LABEL = Source(
    "Noxafil, US label",
    where="section 12.3, Table 16 (label); half-lives of 31.7 and 37.2 h in Table 10",
)
CHEN = Source(
    "Chen 2022, Front Pharmacol",
    doi="10.3389/fphar.2022.758524",
    where="Table 2",
    note="from an open transcription of the paper's tables (nlmixr2lib), not the paper itself",
)
PAXLOVID_LETTER = Source("Letter to healthcare professionals on Paxlovid (AIFA)", where="summary")
AT_ONCE = Source("no time course was found", where="not a cited sentence")

INTERACTIONS: tuple[Interaction, ...] = (
    Interaction(
        id="tacrolimus_posaconazole",
        agent="tacrolimus",
        partner="posaconazole",
        ratio=4.58,
        source=POSACONAZOLE_LABEL,
        standing=Standing.PUBLISHED,
        setting="a single 0.05 mg/kg on suspension 400 mg twice daily for 7 days",
        half_life=35.0,
        timing=POSACONAZOLE_LABEL,
        low=4.03,
        high=5.19,
        spread="90 % CI",
        population_class="adult",
        note="Transplant patients needed half the dose, not a fifth.",
    ),
    Interaction(
        id="tacrolimus_posaconazole_child",
        agent="tacrolimus",
        partner="posaconazole",
        ratio=1.0 / 0.43,
        source=CHEN,
        standing=Standing.TRANSCRIBED,
        setting="children around transplantation, clearance 0.43 of that without",
        half_life=35.0,
        timing=POSACONAZOLE_LABEL,
        n=12,
        population_class="child",
    ),
    Interaction(
        id="tacrolimus_nirmatrelvir_ritonavir",
        agent="tacrolimus",
        partner="nirmatrelvir_ritonavir",
        ratio=math.nan,
        source=PAXLOVID_LETTER,
        standing=Standing.PUBLISHED,
        setting="life-threatening and fatal reactions are told, no ratio",
        half_life=0.0,
        timing=AT_ONCE,
        label_status="monitor",
        region="EU",
        label_date="21 March 2024",
        label=PAXLOVID_LETTER,
    ),
)
