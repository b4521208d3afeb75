"""HScore for reactive hemophagocytic syndrome, Fardet 2014."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from equipoise.criteria.crs_astct2019 import last_temperature
from equipoise.criterion import (
    Criterion,
    Effort,
    Item,
    Limit,
    Look,
    Reading,
    Truth,
    bands,
    reading,
    truth_reading,
)
from equipoise.grading import choices, values
from equipoise.record import Finding
from equipoise.source import Source, Standing, Value

TEMPERATURE = (Limit(">=", (("38.4", "Cel"),)), Limit(">", (("39.4", "Cel"),)))
HEMOGLOBIN = Limit("<=", (("9.2", "g/dL"),))
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


def _number(name: str, limits: Sequence[Limit]) -> Callable[[Look], Reading]:
    def read(look: Look) -> Reading:
        found = look.measurement(name)
        if found is None:
            return reading(range(len(limits) + 1), (), (name,))
        return reading(bands(found.value, limits), (found,), (name,))

    return read


def _yes_no(name: str) -> Callable[[Look], Reading]:
    def read(look: Look) -> Reading:
        truth, found = look.is_true(name)
        return truth_reading(truth, (found,), (name,))

    return read


def _temperature(look: Look) -> Reading:
    fever, event = last_temperature(look)
    if event is None:
        return reading(range(3), (), ("temperature",))
    if isinstance(event, Finding):
        # A fever without a number may be below or above the first limit.
        return reading(range(3) if fever is Truth.MET else 0, (event,), ("temperature",))
    return reading(bands(event.value, TEMPERATURE), (event,), ("temperature",))


def _organs(look: Look) -> Reading:
    return _count(look, ("hepatomegaly", "splenomegaly"), {0: 0, 1: 1, 2: 2})


def _count(look: Look, findings: Sequence[str], classes: dict[int, int]) -> Reading:
    truths = [(name, *look.is_true(name)) for name in findings]
    low = sum(truth is Truth.MET for _, truth, _ in truths)
    unknown = [name for name, truth, _ in truths if truth is Truth.UNKNOWN]
    possible = {classes[n] for n in range(low, low + len(unknown) + 1)}
    return reading(possible, (event for _, _, event in truths), unknown)


def _cytopenias(look: Look) -> Reading:
    low, unknown, because = 0, [], []
    for name, limit in (
        ("hemoglobin", HEMOGLOBIN),
        ("leukocytes", LEUKOCYTES),
        ("platelets", PLATELETS),
    ):
        found = look.measurement(name)
        because.append(found)
        truth = Truth.UNKNOWN if found is None else limit.met_by(found.value)
        low += truth is Truth.MET
        if truth is Truth.UNKNOWN:
            unknown.append(name)
    classes = (0, 0, 1, 2)
    return reading({classes[n] for n in range(low, low + len(unknown) + 1)}, because, unknown)


ITEMS = (
    Item(
        "immunosuppression",
        "Known immunosuppression",
        ("no known immunosuppression", "known immunosuppression"),
        ("no", "HIV or long-term immunosuppressive drugs"),
        _yes_no("known_immunosuppression"),
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
        _organs,
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
        _cytopenias,
        "cytopenias unknown",
        (0, 24, 34),
    ),
    Item(
        "ferritin",
        "Ferritin",
        ("ferritin below the first limit", "raised ferritin", "very high ferritin"),
        (FERRITIN[0].opposite, f"{FERRITIN[0].text} and {FERRITIN[1].opposite}", FERRITIN[1].text),
        _number("ferritin", FERRITIN),
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
        _number("triglycerides", TRIGLYCERIDES),
        "triglycerides unknown",
        (0, 44, 64),
    ),
    Item(
        "fibrinogen",
        "Fibrinogen",
        ("fibrinogen not lowered", "low fibrinogen"),
        (FIBRINOGEN.opposite, FIBRINOGEN.text),
        _number("fibrinogen", (FIBRINOGEN,)),
        "fibrinogen unknown",
        (0, 30),
    ),
    Item(
        "ast",
        "AST",
        ("AST not raised", "raised AST"),
        (AST.opposite, AST.text),
        _number("ast", (AST,)),
        "AST unknown",
        (0, 19),
    ),
    Item(
        "hemophagocytosis",
        "Hemophagocytosis on marrow aspirate",
        ("no hemophagocytosis", "hemophagocytosis"),
        ("no", "yes"),
        _yes_no("hemophagocytosis"),
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
