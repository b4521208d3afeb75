"""What changes the clearance of everolimus.

All ratios are those of volunteers after one dose: no series of transplant patients was found. A
partner without a ratio stands here for its label alone. Not here: verapamil's ratio, which stands
in a paper that was not read.
"""

from __future__ import annotations

import math

from equipoise.interaction import SINGLE_DOSE, Interaction
from equipoise.interactions.sources import (
    AT_ONCE,
    CERTICAN,
    EBRAHIMI,
    INDUCTION,
    NO_DATE,
    PAXLOVID_LETTER,
    REVIEWED,
)
from equipoise.source import Source, Standing

KETOCONAZOLE = Source(
    "Kovarik 2005, J Clin Pharmacol (ketoconazole on everolimus)",
    doi="10.1177/0091270005275368",
    where="abstract",
)
ERYTHROMYCIN = Source(
    "Kovarik 2005, Eur J Clin Pharmacol (erythromycin on everolimus)",
    where="abstract (PMID 15785960)",
)
CICLOSPORIN = Source(
    "Kovarik 2002, J Clin Pharmacol (two ciclosporin formulations on everolimus)",
    doi="10.1177/0091270002042001011",
    where="abstract",
)
AFINITOR = Source("Afinitor, US label", where="interactions and dose (label, public copy)")
LIVER = Source(
    "Everolimus in hepatic impairment, exposure by Child-Pugh class",
    where="abstract (repository.rudn.ru 2116)",
    note="an earlier study found clearance 53 % lower in class B (PMID 11719728)",
)
PUBLISHED = Standing.PUBLISHED


def _by_label(
    partner: str, status: str, setting: str, label: Source, region: str, date: str = NO_DATE
) -> Interaction:
    """A partner of which a label speaks and no ratio was read."""
    return Interaction(
        id=f"everolimus_{partner}", agent="everolimus", partner=partner, ratio=math.nan,
        source=label, standing=PUBLISHED, setting=setting, half_life=0.0, timing=AT_ONCE,
        label_status=status, region=region, label_date=date, label=label, reviewed_on=REVIEWED,
    )  # fmt: skip


def _avoid(partner: str) -> Interaction:
    setting = "named among the strong inhibitors and inducers that are not recommended"
    return _by_label(partner, "avoid", setting, CERTICAN, "Indonesia")


def _liver(value: str, ratio: float, milligrams: str) -> Interaction:
    return Interaction(
        id=f"everolimus_child_pugh_{value.lower()}", agent="everolimus",
        partner=f"child_pugh_{value.lower()}", finding=("child_pugh_class", value), ratio=ratio,
        source=LIVER, standing=PUBLISHED, setting="one dose, against no impairment",
        half_life=0.0, timing=AT_ONCE, dosing=SINGLE_DOSE, label_status="adjust", region="US",
        label_date=NO_DATE, label=AFINITOR, unless=("bilirubin", "ast"), reviewed_on=REVIEWED,
        note=f"The label gives {milligrams} mg in place of 10. It acts from the record of the "
        "class until another class stands",
    )  # fmt: skip


INTERACTIONS: tuple[Interaction, ...] = (
    Interaction(
        id="everolimus_ketoconazole",
        agent="everolimus",
        partner="ketoconazole",
        ratio=15.0,
        source=KETOCONAZOLE,
        standing=PUBLISHED,
        setting="volunteers, 2 mg on the fourth day of 200 mg twice daily",
        half_life=0.0,
        timing=AT_ONCE,
        dosing=SINGLE_DOSE,
        low=13.6,
        high=16.6,
        spread="90 % CI",
        n=12,
        least=400.0,
        most=400.0,
        label_status="avoid",
        region="Indonesia",
        label_date=NO_DATE,
        label=CERTICAN,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="everolimus_erythromycin",
        agent="everolimus",
        partner="erythromycin",
        ratio=4.4,
        source=ERYTHROMYCIN,
        standing=PUBLISHED,
        setting="volunteers, 2 mg on the fifth day of 500 mg three times daily; single values "
        "2.0-12.6",
        half_life=0.0,
        timing=AT_ONCE,
        dosing=SINGLE_DOSE,
        low=3.5,
        high=5.4,
        spread="90 % CI",
        n=16,
        least=1500.0,
        most=1500.0,
        label_status="adjust",
        region="US",
        label_date=NO_DATE,
        label=AFINITOR,
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="everolimus_ciclosporin",
        agent="everolimus",
        partner="ciclosporin",
        ratio=2.68,
        source=CICLOSPORIN,
        standing=PUBLISHED,
        setting="volunteers, 2 mg with a single 175 mg of microemulsion",
        half_life=0.0,
        timing=AT_ONCE,
        dosing=SINGLE_DOSE,
        low=1.46,
        high=4.65,
        spread="range between volunteers",
        label_status="adjust",
        region="Indonesia",
        label_date=NO_DATE,
        label=CERTICAN,
        note="When ciclosporin ends everolimus is expected to fall two- to threefold (its authors)",
        reviewed_on=REVIEWED,
    ),
    Interaction(
        id="everolimus_rifampicin",
        agent="everolimus",
        partner="rifampicin",
        ratio=0.37,
        source=CERTICAN,
        standing=PUBLISHED,
        setting="volunteers, after repeated doses: AUC 63 % lower",
        half_life=67.0,
        timing=INDUCTION,
        dosing=SINGLE_DOSE,
        label_status="avoid",
        region="Indonesia",
        label_date=NO_DATE,
        label=CERTICAN,
        reviewed_on=REVIEWED,
    ),
    *(
        _avoid(partner)
        for partner in (
            "itraconazole", "voriconazole", "clarithromycin", "telithromycin", "rifabutin",
        )
    ),
    _by_label(
        "posaconazole", "avoid",
        "a strong inhibitor by its own label: the sentence on strong inhibitors as a class",
        CERTICAN, "Indonesia",
    ),
    *(
        _by_label(
            partner, "adjust", "a moderate inhibitor: 2.5 mg daily in place of 10 in oncology",
            AFINITOR, "US",
        )
        for partner in ("fluconazole", "verapamil", "diltiazem")
    ),
    Interaction(
        id="everolimus_cannabidiol",
        agent="everolimus",
        partner="cannabidiol",
        ratio=math.nan,
        source=EBRAHIMI,
        standing=PUBLISHED,
        setting="18 patients with tuberous sclerosis: median trough +9.8 ng/mL, no ratio",
        half_life=0.0,
        timing=AT_ONCE,
        n=18,
        reviewed_on=REVIEWED,
    ),
    _by_label(
        "nirmatrelvir_ritonavir", "monitor",
        "life-threatening and fatal reactions with mTOR inhibitors are told, no ratio",
        PAXLOVID_LETTER, "EU", "21 March 2024",
    ),
    _liver("A", 1.60, "7.5"),
    _liver("B", 3.26, "5"),
    _liver("C", 3.64, "2.5"),
)  # fmt: skip
