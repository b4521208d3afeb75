"""Immune effector cell-associated neurotoxicity syndrome, ASTCT consensus 2019."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise.criteria.crs_astct2019 import NO_INFUSION, death_item, death_probe
from equipoise.criterion import Criterion, Effort, Item, Readings, Reasons
from equipoise.looks import Looks
from equipoise.probe import ages, choices, values
from equipoise.readers import after, banded, chosen, since
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

ICE_AGE = 12
"""Years from which the ICE score is used; below it the CAPD."""

ICE = (Limit("<=", (("9", "1"),)), Limit("<=", (("6", "1"),)), Limit("<=", (("2", "1"),)))
CAPD_ABNORMAL = Limit(">=", (("1", "1"),))
CAPD_SEVERE = Limit(">=", (("9", "1"),))

CAUSES = ("icans", "immune effector cell neurotoxicity", "neurotoxicity")


_ICE = banded("ice_score", ICE)
_CAPD = banded("capd_score", (CAPD_ABNORMAL, CAPD_SEVERE), (0, 1, 3))


def _tool(looks: Looks) -> Readings:
    age = looks.chart.age(looks.record, looks.at)
    ice, capd = _ICE(looks), _CAPD(looks)
    possible = np.where(age >= ICE_AGE, ice.possible, capd.possible)
    unknown = np.isnan(age)
    possible = np.where(unknown, ice.possible | capd.possible, possible)

    def explain(i: int) -> Reasons:
        if unknown[i]:
            first, second = ice.explain(i), capd.explain(i)
            open_ = [
                name
                for found, mask in ((first, ice.possible[i]), (second, capd.possible[i]))
                for name in found.missing
                if mask & (mask - 1)
            ]
            return Reasons((*first.because, *second.because), ("age", *open_))
        why = (ice if age[i] >= ICE_AGE else capd).explain(i)
        by_age = Because("age", float(looks.at[i]), f"{int(age[i])} years")
        return Reasons((*why.because, by_age), why.missing)

    return Readings(possible.astype(np.uint8), explain)


def combine(classes: Sequence[int]) -> int:
    """Score, consciousness, seizure, motor, edema, death -> grade: the worst domain."""
    score, consciousness, seizure, motor, edema, death = classes
    if death:
        return 5
    return max(
        score,
        (0, 2, 3, 4)[consciousness],
        (0, 3, 4)[seizure],
        (0, 4)[motor],
        (0, 3, 4)[edema],
    )


ICANS = Criterion(
    id="icans_astct2019",
    title="Neurotoxicity of immune effector cells (ICANS), ASTCT 2019",
    measures="grade",
    source=Source(
        "Lee 2019, Biol Blood Marrow Transplant",
        "10.1016/j.bbmt.2018.12.758",
        "tables of ICANS grading for adults and for children",
        "adults read as reprinted (doi:10.1136/practneurol-2020-002550), children as reported",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_INFUSION),
    starts=since(),
    combine=combine,
    windows={
        "ice_score": 24.0,
        "capd_score": 24.0,
        "consciousness": 24.0,
        "seizure": 24.0,
        "motor_weakness": 24.0,
        "cerebral_edema": 72.0,
    },
    items=(
        Item(
            "score",
            f"ICE ({ICE_AGE} years and older) or CAPD (younger)",
            ("normal score", "mildly lowered score", "lowered score", "severely lowered score"),
            (
                f"ICE {ICE[0].opposite}; CAPD {CAPD_ABNORMAL.opposite}: grade 0",
                f"ICE {ICE[0].text} and {ICE[1].opposite}; CAPD {CAPD_ABNORMAL.text} and "
                f"{CAPD_SEVERE.opposite}: grade 1",
                f"ICE {ICE[1].text} and {ICE[2].opposite}: grade 2",
                f"ICE {ICE[2].text}, awake; CAPD {CAPD_SEVERE.text}: grade 3",
            ),
            _tool,
            "ICE or CAPD score unknown",
        ),
        Item(
            "consciousness",
            "Depressed consciousness",
            ("awakens spontaneously", "awakens to voice", "awakens to touch only", "unarousable"),
            (
                "awakens spontaneously: grade 0 or 1, as the score says",
                "awakens to voice: grade 2",
                "awakens only to touch: grade 3",
                "unarousable or needs vigorous stimuli, stupor, coma: grade 4",
            ),
            chosen("consciousness", {"spontaneous": 0, "voice": 1, "touch": 2, "unarousable": 3}),
            "consciousness unknown",
        ),
        Item(
            "seizure",
            "Seizure",
            ("no seizure", "seizure that resolved", "prolonged or repetitive seizure"),
            (
                "none",
                "any that resolves rapidly, or non-convulsive and resolving with treatment: "
                "grade 3",
                "longer than 5 min, or repetitive without return to baseline: grade 4",
            ),
            chosen("seizure", {"none": 0, "resolved": 1, "prolonged": 2}),
            "seizures unknown",
        ),
        Item(
            "motor",
            "Motor weakness",
            ("no motor weakness", "deep focal motor weakness"),
            ("none", "deep focal weakness (hemiparesis, paraparesis): grade 4"),
            chosen("motor_weakness", {"none": 0, "focal": 1}),
            "motor weakness unknown",
        ),
        Item(
            "edema",
            "Raised intracranial pressure, cerebral edema",
            ("no cerebral edema", "focal cerebral edema", "diffuse cerebral edema"),
            (
                "none",
                "focal edema on imaging: grade 3",
                "diffuse edema on imaging, posturing, palsy of the sixth nerve, papilledema or "
                "Cushing triad: grade 4",
            ),
            chosen("cerebral_edema", {"none": 0, "focal": 1, "diffuse": 2}),
            "cerebral edema unknown",
        ),
        death_item("ICANS", CAUSES),
    ),
    probes=(
        ages(ICE_AGE),
        values("ice_score", ICE, Effort.BEDSIDE),
        values("capd_score", (CAPD_ABNORMAL, CAPD_SEVERE), Effort.BEDSIDE),
        choices("consciousness"),
        choices("seizure"),
        choices("motor_weakness"),
        choices("cerebral_edema", Effort.SPECIAL),
        death_probe("icans"),
    ),
    notes=(
        "The worst domain counts; no domain is inferred from another. ICE 0 is grade 3 in a "
        "patient who can be awakened and grade 4 in one who cannot: consciousness decides.",
        "CAPD: two reports of the consensus print grade 1 as below 9 without a lower bound; a "
        f"score {CAPD_ABNORMAL.opposite}, a well child, is read as grade 0 (project choice; the "
        "original row was not read).",
        "CAPD: grade 2 differs from grade 1 by awakening to voice; a child who cannot be assessed "
        "is graded by consciousness.",
        f"Conflict: the consensus has CAPD below {ICE_AGE} years, NCIt C188936 at {ICE_AGE} and "
        "below; the consensus is used. Older patients with developmental delay may need CAPD: "
        "not read.",
        "Tremor, myoclonus and intracranial hemorrhage do not count; drowsiness from sedation "
        "does not either, which the record cannot tell.",
        "Where the date of birth is missing, either score may be the right one.",
        "Grade 5: the recorded cause of death is ICANS. After a death the state at death is "
        "graded.",
    ),
    tags=("CAR-T", "neurotoxicity"),
    other_sources=(
        Source(
            "Adult table as reprinted, Pract Neurol", "10.1136/practneurol-2020-002550", "Table 2"
        ),
        Source("Report of the consensus in children", "", "mdedge.com article 192202"),
        Source("NCI Thesaurus", "", "C188936", "children over 12 ICE, 12 and under CAPD"),
    ),
)
