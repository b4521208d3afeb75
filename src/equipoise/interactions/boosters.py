"""Ritonavir, nirmatrelvir/ritonavir and cobicistat: how large it is, told and never computed.

Exposure rises 6- to 57-fold. In the one recipient in whom it was taken apart most of it was uptake,
which is there with the first dose; clearance, all that an interaction moves here, would bring it
too late. What was read of the volunteers stands in a review, so it is provisional besides.
"""

from __future__ import annotations

import math

from equipoise.interaction import SINGLE_DOSE, Interaction
from equipoise.interactions.sources import AT_ONCE, CERTICAN, NO_DATE, PAXLOVID_LETTER, REVIEWED
from equipoise.source import Source, Standing

VOLUNTEERS = Source(
    "Antivirals against hepatitis C with immunosuppressants, World J Gastroenterol 2019;25:6799",
    doi="10.3748/wjg.v25.i47.6799",
    where="Table 2",
    note="secondary: a review of studies in volunteers; another (Drug Metab Dispos, Table 3) "
    "prints the same, 5.82, 57.1, 38.0 and 27.1",
)
NORVIR = Source("Norvir, US label", where="table of interactions (label, public copy)")
CASE = Source(
    "A model-based assessment of tacrolimus with nirmatrelvir/ritonavir in a kidney recipient "
    "(PMID 37924724)",
    where="abstract",
)
ERBA = Source(
    "Erba 2023, Virol J (ritonavir changed for cobicistat in a kidney recipient on tacrolimus)",
    doi="10.1186/s12985-023-02058-3",
    where="Table 1",
)


def _volunteers(agent: str, ratio: float, status: str, label: Source, region: str) -> Interaction:
    """What a single dose became beside ritonavir 100 mg daily in a combination."""
    return Interaction(
        id=f"{agent}_ritonavir", agent=agent, partner="ritonavir", ratio=ratio, source=VOLUNTEERS,
        standing=Standing.PROVISIONAL,
        setting="volunteers, ritonavir 100 mg daily with paritaprevir, ombitasvir and dasabuvir; "
        "how much of it is ritonavir's is not told",
        half_life=0.0, timing=AT_ONCE, dosing=SINGLE_DOSE, least=100.0, most=100.0,
        label_status=status, region=region, label_date=NO_DATE, label=label, reviewed_on=REVIEWED,
    )  # fmt: skip


INTERACTIONS: tuple[Interaction, ...] = (
    _volunteers("sirolimus", 38.0, "monitor", NORVIR, "US"),
    _volunteers("everolimus", 27.1, "avoid", CERTICAN, "Indonesia"),
    _volunteers("tacrolimus", 57.0, "monitor", NORVIR, "US"),
    _volunteers("ciclosporin", 5.8, "monitor", NORVIR, "US"),
    Interaction(
        id="tacrolimus_nirmatrelvir_ritonavir",
        agent="tacrolimus",
        partner="nirmatrelvir_ritonavir",
        ratio=math.nan,
        source=CASE,
        standing=Standing.PUBLISHED,
        setting="life-threatening and fatal reactions are told; in one kidney recipient "
        "bioavailability rose 18.7-fold, clearance fell to 35 % and the trough went from 4.2 to "
        "96.4 ng/mL by day 7; it was gone over about 10 days",
        half_life=0.0,
        timing=AT_ONCE,
        n=1,
        label_status="monitor",
        region="EU",
        label_date="21 March 2024",
        label=PAXLOVID_LETTER,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="tacrolimus_cobicistat",
        agent="tacrolimus",
        partner="cobicistat",
        ratio=math.nan,
        source=ERBA,
        standing=Standing.PUBLISHED,
        setting="in one kidney recipient CL/F was 0.3-0.4 L/h on 150 mg daily with darunavir, and "
        "0.2 on ritonavir 100 mg, against 6.7 in others without; 0.5 mg was given every 10 or 11 "
        "days, and levels fell when ritonavir was changed for cobicistat",
        half_life=0.0,
        timing=AT_ONCE,
        n=1,
        reviewed_on=REVIEWED,
    ),
)
