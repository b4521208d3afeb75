"""Macrophage activation syndrome complicating systemic juvenile idiopathic arthritis, 2016."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.criteria.crs_astct2019 import FEVER, fever_of
from equipoise.criterion import Criterion, Effort, Item
from equipoise.probe import choices, values
from equipoise.readers import at_least, item_of, meets, present
from equipoise.source import Source, Standing
from equipoise.truth import Limit

FERRITIN = Limit(">", (("684", "ng/mL"),))
PLATELETS = Limit("<=", (("181", "10*9/L"),))
AST = Limit(">", (("48", "U/L"),))
TRIGLYCERIDES = Limit(">", (("156", "mg/dL"),), "triglycerides")
FIBRINOGEN = Limit("<=", (("360", "mg/dL"),))

NEEDED = 2


def combine(classes: Sequence[int]) -> int:
    """All -> 1."""
    return min(classes)


MAS = Criterion(
    id="mas_2016",
    title="Macrophage activation syndrome (MAS) in systemic JIA, 2016",
    measures="met",
    source=Source(
        "Ravelli 2016, Ann Rheum Dis",
        "10.1136/annrheumdis-2015-208982",
        "classification criteria",
        "read as reprinted (doi:10.1186/s43166-022-00135-z, table 3), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    combine=combine,
    leading=("sjia",),
    windows={
        "sjia": math.inf,
        "temperature": 24.0,
        "fever": 24.0,
        **dict.fromkeys(("ferritin", "platelets", "ast", "triglycerides", "fibrinogen"), 72.0),
    },
    items=(
        Item(
            "sjia",
            "Systemic juvenile idiopathic arthritis",
            ("no systemic juvenile idiopathic arthritis", "systemic juvenile idiopathic arthritis"),
            ("no", "known or suspected"),
            item_of(present("sjia")),
            "systemic juvenile idiopathic arthritis unknown",
        ),
        Item(
            "fever",
            "Fever",
            ("no fever", "fever"),
            (FEVER.opposite, FEVER.text),
            item_of(fever_of(FEVER)),
            "fever unknown",
        ),
        Item(
            "ferritin",
            "Ferritin",
            ("ferritin not above the limit", "raised ferritin"),
            (FERRITIN.opposite, FERRITIN.text),
            item_of(meets("ferritin", FERRITIN)),
            "ferritin unknown",
        ),
        Item(
            "others",
            "Two of four",
            ("fewer than two of four", "two or more of four"),
            (
                f"fewer than {NEEDED}",
                f"at least {NEEDED} of: platelets {PLATELETS.text}, AST {AST.text}, triglycerides "
                f"{TRIGLYCERIDES.text}, fibrinogen {FIBRINOGEN.text}",
            ),
            item_of(
                at_least(
                    NEEDED,
                    meets("platelets", PLATELETS),
                    meets("ast", AST),
                    meets("triglycerides", TRIGLYCERIDES),
                    meets("fibrinogen", FIBRINOGEN),
                )
            ),
            "platelets, AST, triglycerides or fibrinogen unknown",
        ),
    ),
    probes=(
        choices("sjia"),
        values("temperature", (FEVER,), Effort.BEDSIDE),
        values("ferritin", (FERRITIN,)),
        values("platelets", (PLATELETS,)),
        values("ast", (AST,)),
        values("triglycerides", (TRIGLYCERIDES,)),
        values("fibrinogen", (FIBRINOGEN,)),
    ),
    notes=(
        f"The criteria say febrile without a number; {FEVER.text} is read (project choice).",
        "For patients with known or suspected systemic juvenile idiopathic arthritis. After CAR-T "
        "it would only screen: most patients have a fibrinogen below its limit.",
    ),
    tags=("HLH",),
)
