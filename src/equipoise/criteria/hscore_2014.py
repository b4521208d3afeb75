"""HScore for reactive hemophagocytic syndrome, Fardet 2014."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from equipoise.criteria.crs_astct2019 import last_temperature
from equipoise.criterion import Criterion, Effort, Item, Readings, Reasons
from equipoise.looks import Looks
from equipoise.probe import choices, values
from equipoise.readers import banded, counted, item_of, meets, present
from equipoise.source import Source, Standing, Value
from equipoise.truth import Limit

TEMPERATURE = (Limit(">=", (("38.4", "Cel"),)), Limit(">", (("39.4", "Cel"),)))
HEMOGLOBIN = Limit("<=", (("9.2", "g/dL"),), "hemoglobin")
LEUKOCYTES = Limit("<=", (("5.0", "10*9/L"),))
PLATELETS = Limit("<=", (("110", "10*9/L"),))
FERRITIN = (Limit(">=", (("2000", "ng/mL"),)), Limit(">", (("6000", "ng/mL"),)))
TRIGLYCERIDES = (
    Limit(">=", (("1.5", "mmol/L"), ("132.7", "mg/dL")), "triglycerides"),
    Limit(">", (("4.0", "mmol/L"), ("354", "mg/dL")), "triglycerides"),
)
FIBRINOGEN = Limit("<=", (("2.5", "g/L"),))
AST = Limit(">=", (("30", "U/L"),))

SLOPE = Value(0.062, "1", "fitted", Standing.HYPOTHESIS, "fitted to the published table")
MIDPOINT = Value(167.1, "1", "fitted", Standing.HYPOTHESIS, "fitted to the published table")

CUT = 169
"""The paper's best cut: sensitivity 93 %, specificity 86 %; not a probability of 93 %."""


def probability(score: int) -> float:
    """Probability of hemophagocytic syndrome, 0 to 1, for a score of 0 to 337.

    Source  logistic curve fitted to the published table of probabilities (greatest error about
            one percentage point); the paper's own coefficients were not read.
    """
    return 1.0 / (1.0 + math.exp(-SLOPE.number * (score - MIDPOINT.number)))


def _temperature(looks: Looks) -> Readings:
    fever = last_temperature(looks)
    # A fever without a number may be below or above the first limit.
    word = fever.word.judge("fever or not", lambda value: 0b111 if value else 0b001, 0b111)
    possible = np.where(fever.by_number, fever.number.bands(TEMPERATURE), word)
    return Readings(
        possible.astype(np.uint8), lambda i: Reasons((fever.because(i),), ("temperature",))
    )


ITEMS = (
    Item(
        "immunosuppression",
        "Known immunosuppression",
        ("no known immunosuppression", "known immunosuppression"),
        ("no", "HIV or long-term immunosuppressive drugs"),
        item_of(present("known_immunosuppression")),
        "immunosuppression unknown",
        (0, 18),
    ),
    Item(
        "temperature",
        "Temperature",
        ("no fever", "fever", "high fever"),
        (
            TEMPERATURE[0].opposite,
            f"{TEMPERATURE[0].text} and {TEMPERATURE[1].opposite}",
            TEMPERATURE[1].text,
        ),
        _temperature,
        "temperature unknown",
        (0, 33, 49),
    ),
    Item(
        "organomegaly",
        "Organomegaly",
        ("no organomegaly", "hepatomegaly or splenomegaly", "hepatomegaly and splenomegaly"),
        ("neither", "liver or spleen", "liver and spleen"),
        counted((0, 1, 2), present("hepatomegaly"), present("splenomegaly")),
        "organomegaly unknown",
        (0, 23, 38),
    ),
    Item(
        "cytopenias",
        "Cytopenias",
        ("at most one lineage low", "two lineages low", "three lineages low"),
        (
            f"0 or 1 of: hemoglobin {HEMOGLOBIN.text}, leukocytes {LEUKOCYTES.text}, platelets "
            f"{PLATELETS.text}",
            "2 of these",
            "3 of these",
        ),
        counted(
            (0, 0, 1, 2),
            meets("hemoglobin", HEMOGLOBIN),
            meets("leukocytes", LEUKOCYTES),
            meets("platelets", PLATELETS),
        ),
        "cytopenias unknown",
        (0, 24, 34),
    ),
    Item(
        "ferritin",
        "Ferritin",
        ("ferritin below the first limit", "raised ferritin", "very high ferritin"),
        (FERRITIN[0].opposite, f"{FERRITIN[0].text} and {FERRITIN[1].opposite}", FERRITIN[1].text),
        banded("ferritin", FERRITIN),
        "ferritin unknown",
        (0, 35, 50),
    ),
    Item(
        "triglycerides",
        "Triglycerides",
        ("triglycerides not raised", "raised triglycerides", "high triglycerides"),
        (
            TRIGLYCERIDES[0].opposite,
            f"{TRIGLYCERIDES[0].text} and {TRIGLYCERIDES[1].opposite}",
            TRIGLYCERIDES[1].text,
        ),
        banded("triglycerides", TRIGLYCERIDES),
        "triglycerides unknown",
        (0, 44, 64),
    ),
    Item(
        "fibrinogen",
        "Fibrinogen",
        ("fibrinogen not lowered", "low fibrinogen"),
        (FIBRINOGEN.opposite, FIBRINOGEN.text),
        banded("fibrinogen", (FIBRINOGEN,)),
        "fibrinogen unknown",
        (0, 30),
    ),
    Item(
        "ast",
        "AST",
        ("AST not raised", "raised AST"),
        (AST.opposite, AST.text),
        banded("ast", (AST,)),
        "AST unknown",
        (0, 19),
    ),
    Item(
        "hemophagocytosis",
        "Hemophagocytosis on marrow aspirate",
        ("no hemophagocytosis", "hemophagocytosis"),
        ("no", "yes"),
        item_of(present("hemophagocytosis")),
        "hemophagocytosis unknown",
        (0, 35),
    ),
)


def combine(classes: Sequence[int]) -> int:
    """The sum of the points of the items' classes: 0 to 337."""
    return sum(item.points[index] for item, index in zip(ITEMS, classes, strict=True))


HSCORE = Criterion(
    id="hscore_2014",
    title="HScore for hemophagocytic syndrome, 2014",
    measures="score",
    source=Source(
        "Fardet 2014, Arthritis Rheumatol",
        "10.1002/art.38690",
        "table of points",
        "read as reprinted (PMC7589537; Hindawi crirh/2017/5304180), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    combine=combine,
    probability=probability,
    leading=("ferritin", "soluble_il2r", "soluble_il2r_mass", "hemophagocytosis"),
    windows={
        "temperature": 24.0,
        "fever": 24.0,
        "hepatomegaly": 168.0,
        "splenomegaly": 168.0,
        "hemoglobin": 72.0,
        "leukocytes": 72.0,
        "platelets": 72.0,
        "ferritin": 72.0,
        "triglycerides": 72.0,
        "fibrinogen": 72.0,
        "ast": 72.0,
        "hemophagocytosis": 720.0,
        "known_immunosuppression": math.inf,
    },
    items=ITEMS,
    probes=(
        choices("known_immunosuppression"),
        values("temperature", TEMPERATURE, Effort.BEDSIDE),
        choices("hepatomegaly"),
        choices("splenomegaly"),
        values("hemoglobin", (HEMOGLOBIN,)),
        values("leukocytes", (LEUKOCYTES,)),
        values("platelets", (PLATELETS,)),
        values("ferritin", FERRITIN),
        values("triglycerides", TRIGLYCERIDES),
        values("fibrinogen", (FIBRINOGEN,)),
        values("ast", (AST,)),
        choices("hemophagocytosis", Effort.TISSUE),
    ),
    notes=(
        "A missing item is never scored as 0: the score is an interval.",
        f"Best cut of the paper {CUT}: sensitivity 93 %, specificity 86 %, 90 % classified "
        f"correctly. These are not probabilities: at {CUT} the probability is about "
        f"{100 * probability(CUT):.0f} %.",
        "Probability: logistic curve fitted to the published table (hypothesis); printed as < 1 % "
        "and > 99 % beyond its ends.",
        "Derived in adults without immune effector cells; after CAR-T many items are met for other "
        "reasons.",
        "Triglycerides are compared in mg/dL where they were entered so (the paper prints both), "
        "fibrinogen in g/L.",
    ),
    tags=("HLH", "score"),
    other_sources=(
        Source("Points as reprinted", "", "PMC7589537, Table 4"),
        Source("Points and probabilities as reprinted", "", "Hindawi crirh/2017/5304180, Table 3"),
    ),
)
