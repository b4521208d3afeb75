"""Hemophagocytic lymphohistiocytosis, HLH-2004: how many of the eight clinical criteria hold."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.criteria.crs_astct2019 import fever_of
from equipoise.criterion import Criterion, Effort, Item
from equipoise.probe import choices, values
from equipoise.readers import at_least, either, item_of, meets, present
from equipoise.source import Source, Standing
from equipoise.truth import Limit

FEVER = Limit(">=", (("38.5", "Cel"),))
HEMOGLOBIN = Limit("<", (("9.0", "g/dL"),), "hemoglobin")
PLATELETS = Limit("<", (("100", "10*9/L"),))
NEUTROPHILS = Limit("<", (("1.0", "10*9/L"),))
TRIGLYCERIDES = Limit(">=", (("265", "mg/dL"), ("3.0", "mmol/L")), "triglycerides")
FIBRINOGEN = Limit("<=", (("150", "mg/dL"), ("1.5", "g/L")))
FERRITIN = Limit(">=", (("500", "ug/L"),))
SOLUBLE_IL2R = Limit(">=", (("2400", "U/mL"),))

LINEAGES = 2
NEEDED = 5


def combine(classes: Sequence[int]) -> int:
    """How many of the eight hold."""
    return sum(classes)


def met(classes: Sequence[int]) -> bool:
    """Whether enough of them do."""
    return sum(classes) >= NEEDED


HLH_2004 = Criterion(
    id="hlh_2004",
    title="Hemophagocytic lymphohistiocytosis (HLH), HLH-2004",
    measures="score",
    source=Source(
        "Henter 2007, Pediatr Blood Cancer",
        "10.1002/pbc.21039",
        "table of diagnostic guidelines",
        "read as reprinted (jitc.bmj.com markup/8418; bloodjournal markup/391697), not in the "
        "paper",
    ),
    standing=Standing.PUBLISHED,
    combine=combine,
    met=met,
    leading=("ferritin", "soluble_il2r", "soluble_il2r_mass", "hemophagocytosis"),
    windows={
        "temperature": 24.0,
        "fever": 24.0,
        "splenomegaly": 168.0,
        **dict.fromkeys(
            ("hemoglobin", "platelets", "neutrophils", "triglycerides", "fibrinogen", "ferritin"),
            72.0,
        ),
        "hemophagocytosis": 720.0,
        "low_nk_activity": 720.0,
        "soluble_il2r": 168.0,
    },
    items=(
        Item(
            "fever",
            "Fever",
            ("no fever", "fever"),
            (FEVER.opposite, FEVER.text),
            item_of(fever_of(FEVER)),
            "fever unknown",
        ),
        Item(
            "splenomegaly",
            "Splenomegaly",
            ("no splenomegaly", "splenomegaly"),
            ("no", "yes"),
            item_of(present("splenomegaly")),
            "splenomegaly unknown",
        ),
        Item(
            "cytopenias",
            "Cytopenias",
            ("fewer than two lineages low", "two or three lineages low"),
            (
                f"fewer than {LINEAGES} of 3",
                f"at least {LINEAGES} of: hemoglobin {HEMOGLOBIN.text}, platelets "
                f"{PLATELETS.text}, neutrophils {NEUTROPHILS.text}",
            ),
            item_of(
                at_least(
                    LINEAGES,
                    meets("hemoglobin", HEMOGLOBIN),
                    meets("platelets", PLATELETS),
                    meets("neutrophils", NEUTROPHILS),
                )
            ),
            "cytopenias unknown",
        ),
        Item(
            "fats",
            "Triglycerides or fibrinogen",
            ("neither high triglycerides nor low fibrinogen",
             "high triglycerides or low fibrinogen"),
            ("neither", f"fasting triglycerides {TRIGLYCERIDES.text}, or fibrinogen "
             f"{FIBRINOGEN.text}"),
            item_of(
                either(meets("triglycerides", TRIGLYCERIDES), meets("fibrinogen", FIBRINOGEN))
            ),
            "triglycerides or fibrinogen unknown",
        ),
        Item(
            "hemophagocytosis",
            "Hemophagocytosis",
            ("no hemophagocytosis", "hemophagocytosis"),
            ("no", "in marrow, spleen, lymph node or liver"),
            item_of(present("hemophagocytosis")),
            "hemophagocytosis unknown",
        ),
        Item(
            "nk_cells",
            "NK-cell activity",
            ("NK-cell activity not low", "low or absent NK-cell activity"),
            ("normal", "low or absent"),
            item_of(present("low_nk_activity")),
            "NK-cell activity unknown",
        ),
        Item(
            "ferritin",
            "Ferritin",
            ("ferritin below the limit", "raised ferritin"),
            (FERRITIN.opposite, FERRITIN.text),
            item_of(meets("ferritin", FERRITIN)),
            "ferritin unknown",
        ),
        Item(
            "soluble_il2r",
            "Soluble IL-2 receptor",
            ("soluble IL-2 receptor below the limit", "raised soluble IL-2 receptor"),
            (SOLUBLE_IL2R.opposite, SOLUBLE_IL2R.text),
            item_of(meets("soluble_il2r", SOLUBLE_IL2R)),
            "soluble IL-2 receptor unknown",
        ),
    ),
    probes=(
        values("temperature", (FEVER,), Effort.BEDSIDE),
        choices("splenomegaly"),
        values("hemoglobin", (HEMOGLOBIN,)),
        values("platelets", (PLATELETS,)),
        values("neutrophils", (NEUTROPHILS,)),
        values("triglycerides", (TRIGLYCERIDES,)),
        values("fibrinogen", (FIBRINOGEN,)),
        values("ferritin", (FERRITIN,)),
        values("soluble_il2r", (SOLUBLE_IL2R,), Effort.SPECIAL),
        choices("low_nk_activity", Effort.SPECIAL),
        choices("hemophagocytosis", Effort.TISSUE),
    ),
    notes=(
        f"The score counts the criteria that hold; the yes needs {NEEDED} of 8. A molecular "
        "diagnosis makes the diagnosis alone and is not read.",
        "Inclusive limits as in the original; reprints with > 500, > 265, < 150 or 38.3 Cel are "
        "not followed. One reprint has ferritin in mg/L, a misprint for ug/L.",
        "Hemoglobin < 10.0 g/dL below the age of 4 weeks, and the norm for age of the soluble "
        "IL-2 receptor, are not read.",
        "Whether triglycerides were fasting is not read.",
        "Derived in children with familial HLH; after CAR-T many criteria hold for other reasons.",
    ),
    tags=("HLH", "score"),
)  # fmt: skip
