"""Sinusoidal obstruction syndrome (veno-occlusive disease) in adults, EBMT 2023: severity."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from equipoise.criteria import vod_ebmt2016_severity as earlier
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT, graft
from equipoise.criteria.vod_ebmt2023 import HANDBOOK, VOD_2023
from equipoise.criterion import Criterion, Effort, Item
from equipoise.looks import GRAFTS
from equipoise.probe import baselines, choices, together, values
from equipoise.readers import after, banded, item_of, over_baseline, reached, since, stacked
from equipoise.source import Source, Standing
from equipoise.truth import Limit

BILIRUBIN = tuple(Limit(">=", ((mass, "mg/dL"),), "bilirubin") for mass in ("2", "3", "5", "8"))
CREATININE_TIMES = ((">", Decimal(1)), (">=", Decimal("1.5")), (">=", Decimal(2)))
WORDS = ("mild", "moderate", "severe", "very severe")

_SHARED = {item.name: item for item in earlier.VOD_SEVERITY.items}

VOD_2023_SEVERITY = Criterion(
    id="vod_ebmt2023_severity",
    title="Severity of SOS/VOD in adults, EBMT 2023",
    measures="grade",
    source=Source(
        "Mohty 2023, Bone Marrow Transplant 58:749",
        "10.1038/s41409-023-01992-8",
        "severity grading",
        HANDBOOK,
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=earlier.combine,
    leading=VOD_2023.leading,
    windows={**VOD_2023.windows, **earlier.WINDOWS},
    items=(
        Item(
            "diagnosis",
            "Diagnosis",
            ("no SOS by the criteria of 2023", "SOS by the criteria of 2023"),
            ("none: grade 0", f"{VOD_2023.id}: probable, clinical or proven"),
            item_of(reached(VOD_2023)),
            "SOS not settled",
        ),
        _SHARED["time"],
        replace(
            _SHARED["bilirubin"],
            rules=(
                BILIRUBIN[0].opposite,
                *(f"{word}: {limit.text}" for word, limit in zip(WORDS, BILIRUBIN, strict=True)),
            ),
            read=banded("bilirubin", BILIRUBIN),
        ),
        _SHARED["doubling"],
        _SHARED["enzymes"],
        _SHARED["weight"],
        replace(
            _SHARED["kidney"],
            rules=(
                "mild: creatinine not above its baseline",
                *(
                    f"{word}: creatinine {relation} {times} x its baseline"
                    for word, (relation, times) in zip(WORDS[1:], CREATININE_TIMES, strict=True)
                ),
            ),
            read=stacked(*(over_baseline("creatinine", relation, times, graft)
                           for relation, times in CREATININE_TIMES)),
        ),
        _SHARED["risks"],
        _SHARED["failure"],
    ),
    probes=together(
        VOD_2023.probes,
        (
            values("vod_symptom_days", earlier.TIME, Effort.BEDSIDE),
            earlier.bilirubins(BILIRUBIN, "0.9 mg/dL", "8 mg/dL"),
            *earlier.ENZYME_PROBES,
            earlier.WEIGHT_PROBE,
            earlier.steps(
                "creatinine",
                (("not above its baseline", 1), ("up to 1.5 x its baseline", 1.3),
                 ("1.5 to 2 x its baseline", 1.7), ("more than 2 x its baseline", 3)),
                earlier.before_graft("creatinine"),
                1.0,
            ),
            baselines("creatinine", CREATININE_TIMES[2][1], graft),
            earlier.RISK_PROBE,
            choices("multiorgan_dysfunction"),
        ),
    ),
    tail=earlier.any_time,
    notes=(
        "0 none, 1 mild, 2 moderate, 3 severe, 4 very severe: the highest category with at least "
        f"{earlier.NEEDED} measures; where two categories have so many, the more severe. A measure "
        "counts for its own category and for those below it (project choice).",
        f"The severity is given where {VOD_2023.id} finds SOS of any level at that time; the days "
        "before and after have grade 0. Severity at diagnosis and the highest of the course are "
        "two answers: the source asks to state which.",
        "Time: days from the first sign to the diagnosis, as recorded (`vod_symptom_days`); more "
        'than 4 d counts as 5 to 7. "Any time" under very severe is not counted as a measure '
        "(project choice); the sentence says where it would matter.",
        "Weight: the table gives bands for severe and very severe only.",
        'Kidney: the table gives "baseline at transplant" for mild and < 1.5 x for moderate: '
        "above the baseline and below 1.5 x is moderate.",
        "Bilirubin doubled: the last value against the lowest of the 48 h before it.",
        "Risk factors (>= 2 lift mild and moderate by one) are recorded as a number. Organ "
        "failure is recorded as such: two or more organs with a SOFA score of 2 or more, or a "
        "rise of 2 or more where an organ was affected before.",
        "The source prints bilirubin in mg/dL; other units are converted.",
    ),
    tags=("transplantation", "liver"),
    other_sources=(
        Source("EBMT Handbook 2024, chapter 49", "10.1007/978-3-031-44080-9_49", "Table 49.3"),
    ),
)  # fmt: skip
