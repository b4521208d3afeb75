"""Azoles and others on ruxolitinib and venetoclax, of which no model stands on the shelf.

Guidance says their labels; the ratios stand here for whoever adds a model.
"""

from __future__ import annotations

import math

from equipoise.interaction import SINGLE_DOSE, STEADY_STATE, Interaction
from equipoise.interactions.sources import AT_ONCE, NO_DATE, REVIEWED
from equipoise.source import Source, Standing

JAKAVI = Source(
    "Jakavi, Malaysian and Philippine product information",
    where="drug interactions (label, public copies at MIMS)",
)
VENCLEXTA = Source(
    "Venclexta, US, manufacturer's page on drug interactions in CLL",
    where="drug interactions (venclextahcp.com)",
)
KETOCONAZOLE = Source(
    "Ketoconazole on venetoclax, Br J Clin Pharmacol 2017;83:846", where="abstract"
)
AGARWAL = Source(
    "Agarwal 2017, Clin Ther (venetoclax with posaconazole in AML)", where="abstract (copy)"
)
PUBLISHED = Standing.PUBLISHED


def _ruxolitinib(
    partner: str, ratio: float, setting: str, status: str, least: float = math.nan
) -> Interaction:
    return Interaction(
        id=f"ruxolitinib_{partner}", agent="ruxolitinib", partner=partner, ratio=ratio,
        source=JAKAVI, standing=PUBLISHED, setting=setting, half_life=0.0, timing=AT_ONCE,
        dosing="" if math.isnan(ratio) else SINGLE_DOSE, least=least, most=least,
        label_status=status, region="Malaysia, Philippines", label_date=NO_DATE, label=JAKAVI,
        reviewed_on=REVIEWED,
    )  # fmt: skip


STRONG = "named among the strong inhibitors: each dose is halved"

INTERACTIONS: tuple[Interaction, ...] = (
    _ruxolitinib("ketoconazole", 1.91, "volunteers, 10 mg on 200 mg twice daily for 4 days",
                 "adjust", 400.0),
    _ruxolitinib("fluconazole", 3.32, "volunteers, 10 mg on 400 mg, then 200 mg daily for 7 days; "
                 "above 200 mg it is avoided", "adjust", 200.0),
    _ruxolitinib("erythromycin", 1.27, "volunteers, 500 mg twice daily for 4 days", "monitor",
                 1000.0),
    *(_ruxolitinib(p, math.nan, STRONG, "adjust")
      for p in ("posaconazole", "voriconazole", "itraconazole", "clarithromycin")),
    Interaction(
        id="venetoclax_posaconazole", agent="venetoclax", partner="posaconazole",
        ratio=2.55 * 400.0 / 100.0, source=AGARWAL, standing=PUBLISHED,
        setting="computed from AML: AUC 2.55 times as high on 100 mg with it as on 400 mg without; "
        "from 50 mg the same sum gives 14.1",
        half_life=0.0, timing=AT_ONCE, dosing=STEADY_STATE, n=12, least=300.0, most=300.0,
        label_status="contraindicated", region="US", label_date=NO_DATE, label=VENCLEXTA,
        note="Contraindicated at the start and in the ramp-up of CLL; afterwards 70 mg",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="venetoclax_ketoconazole", agent="venetoclax", partner="ketoconazole", ratio=6.4,
        source=KETOCONAZOLE, standing=PUBLISHED,
        setting="lymphoma, 50 mg on 400 mg daily",
        half_life=0.0, timing=AT_ONCE, dosing=SINGLE_DOSE, low=4.5, high=9.2, spread="90 % CI",
        n=11, least=400.0, most=400.0, label_status="contraindicated", region="US",
        label_date=NO_DATE, label=VENCLEXTA,
        note="Contraindicated at the start and in the ramp-up of CLL; afterwards 100 mg",
        reviewed_on=REVIEWED,
    ),
)  # fmt: skip
