"""HLH/MAS after CAR-T, MD Anderson (CARTOX) 2018: peak ferritin and organ toxicity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from equipoise.criteria.crs_astct2019 import NO_INFUSION
from equipoise.criteria.masl_ucsf2021 import ever
from equipoise.criterion import Criterion, Effort, Item
from equipoise.looks import Truths
from equipoise.probe import choices, limits_of_range, multiples, values
from equipoise.readers import after, either, item_of, over_range, present, since
from equipoise.series import Series
from equipoise.source import Source, Standing
from equipoise.truth import Limit

FERRITIN = Limit(">", (("10000", "ng/mL"),))
TRANSAMINASE_TIMES = Decimal(5)
BILIRUBIN_TIMES = Decimal(3)
CREATININE_TIMES = Decimal(3)
"""Over the upper limit of normal: CTCAE grade 3 and worse."""
NEEDED = 2


def _high_ferritin(series: Series) -> Truths:
    return series.truths(FERRITIN)[series.code[:-1]]


def combine(classes: Sequence[int]) -> int:
    """Ferritin, then liver, kidney, lung, hemophagocytosis -> 1 where ferritin and two hold."""
    ferritin, *organs = classes
    return int(bool(ferritin) and sum(organs) >= NEEDED)


CARTOX_HLH = Criterion(
    id="iechs_mdacc2018",
    title="HLH/MAS after CAR-T, MD Anderson (CARTOX) 2018",
    measures="met",
    source=Source(
        "Neelapu 2018, Nat Rev Clin Oncol",
        "10.1038/nrclinonc.2017.148",
        "criteria of CAR-T-related HLH/MAS",
        "organs and ferritin read in a secondary account (MGH White Book), the limits of CTCAE "
        "grade 3 as reprinted (PMC8807695, table 3; PMC1524981, table 3); the paper was not read",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_INFUSION),
    starts=since(),
    combine=combine,
    leading=("ferritin",),
    windows={
        "ferritin": math.inf,
        **dict.fromkeys(("ast", "alt", "bilirubin", "creatinine", "dialysis"), 72.0),
        "pulmonary_edema": 72.0,
        "hemophagocytosis": 720.0,
    },
    items=(
        Item(
            "ferritin",
            "Peak ferritin",
            ("ferritin not above the limit", "ferritin above the limit"),
            (FERRITIN.opposite, f"{FERRITIN.text} at any time since the infusion"),
            item_of(ever("ferritin", "over 10000", _high_ferritin)),
            "peak ferritin unknown",
        ),
        Item(
            "liver",
            "Liver, grade 3 or worse",
            ("no liver toxicity of grade 3", "liver toxicity of grade 3 or worse"),
            ("none", f"AST or ALT > {TRANSAMINASE_TIMES} x, or bilirubin > {BILIRUBIN_TIMES} x "
             "the upper limit"),
            item_of(
                either(
                    over_range("ast", ">", TRANSAMINASE_TIMES),
                    over_range("alt", ">", TRANSAMINASE_TIMES),
                    over_range("bilirubin", ">", BILIRUBIN_TIMES),
                )
            ),
            "liver toxicity unknown",
        ),
        Item(
            "kidney",
            "Kidney, grade 3 or worse",
            ("no kidney toxicity of grade 3", "kidney toxicity of grade 3 or worse"),
            ("neither", f"creatinine > {CREATININE_TIMES} x the upper limit, or dialysis"),
            item_of(
                either(over_range("creatinine", ">", CREATININE_TIMES), present("dialysis"))
            ),
            "kidney toxicity unknown",
        ),
        Item(
            "lung",
            "Pulmonary edema",
            ("no pulmonary edema", "pulmonary edema"),
            ("no", "yes, as recorded"),
            item_of(present("pulmonary_edema")),
            "pulmonary edema unknown",
        ),
        Item(
            "hemophagocytosis",
            "Hemophagocytosis",
            ("no hemophagocytosis", "hemophagocytosis"),
            ("no", "in marrow or an organ"),
            item_of(present("hemophagocytosis")),
            "hemophagocytosis unknown",
        ),
    ),
    probes=(
        values("ferritin", (FERRITIN,)),
        multiples("ast", TRANSAMINASE_TIMES),
        limits_of_range("ast", TRANSAMINASE_TIMES, "high"),
        multiples("alt", TRANSAMINASE_TIMES),
        limits_of_range("alt", TRANSAMINASE_TIMES, "high"),
        multiples("bilirubin", BILIRUBIN_TIMES),
        limits_of_range("bilirubin", BILIRUBIN_TIMES, "high"),
        multiples("creatinine", CREATININE_TIMES),
        limits_of_range("creatinine", CREATININE_TIMES, "high"),
        choices("dialysis"),
        choices("pulmonary_edema"),
        choices("hemophagocytosis", Effort.TISSUE),
    ),
    notes=(
        f"Peak ferritin {FERRITIN.text} in the phase of CRS and at least {NEEDED} of liver, "
        "kidney, lung (each of grade 3 or worse) and hemophagocytosis. The phase of CRS, in most "
        "the first 5 d, has no limit in days: any value since the infusion counts.",
        "Grades are by CTCAE over the laboratory's own upper limit; creatinine against its "
        "baseline, oliguria and the grade of pulmonary edema are not read. Dialysis counts for "
        "the kidney (project choice).",
        "Superseded by the IEC-HS definition of ASTCT 2023; kept as its own edition.",
    ),
    tags=("CAR-T", "HLH"),
)  # fmt: skip
