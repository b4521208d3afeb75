"""Immune effector cell-associated neurotoxicity syndrome, ASTCT consensus 2019."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from equipoise.criteria.crs_astct2019 import NO_INFUSION, death_item, death_probe
from equipoise.criterion import (
    Because,
    Criterion,
    Effort,
    Item,
    Limit,
    Look,
    Probe,
    Reading,
    bands,
    car_infusion,
    reading,
)
from equipoise.grading import choices, values
from equipoise.record import DAYS_PER_YEAR, Record
from equipoise.source import Source, Standing

ICE_AGE = 12
"""Years from which the ICE score is used; below it the CAPD."""

ICE = (Limit("<=", (("9", "1"),)), Limit("<=", (("6", "1"),)), Limit("<=", (("2", "1"),)))
CAPD_ABNORMAL = Limit(">=", (("1", "1"),))
CAPD_SEVERE = Limit(">=", (("9", "1"),))

CAUSES = ("icans", "immune effector cell neurotoxicity", "neurotoxicity")


def _applies(look: Look) -> str:
    return "" if car_infusion(look.record, look.at) is not None else NO_INFUSION


def _ice(look: Look) -> Reading:
    score = look.measurement("ice_score")
    if score is None:
        return reading(range(4), (), ("ice_score",))
    return reading(bands(score.value, ICE), (score,), ("ice_score",))


def _capd(look: Look) -> Reading:
    score = look.measurement("capd_score")
    if score is None:
        return reading((0, 1, 3), (), ("capd_score",))
    steps = bands(score.value, (CAPD_ABNORMAL, CAPD_SEVERE))
    return reading({(0, 1, 3)[step] for step in steps}, (score,), ("capd_score",))


def _tool(look: Look) -> Reading:
    age = look.record.age_at(look.at)
    if age is None:
        ice, capd = _ice(look), _capd(look)
        return reading(
            ice.possible | capd.possible,
            (*ice.because, *capd.because),
            ("age", *ice.missing, *capd.missing),
        )
    by_age = Because("age", look.at, f"{int(age)} years")
    found = _ice(look) if age >= ICE_AGE else _capd(look)
    return Reading(found.possible, (*found.because, by_age), found.missing)


def _choice(name: str, classes: dict[str, int]) -> Callable[[Look], Reading]:
    def read(look: Look) -> Reading:
        found = look.finding(name)
        if found is None:
            return reading(set(classes.values()), (), (name,))
        return reading(classes[found.value], (found,))

    return read


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


def _of_age(years: float) -> Callable[[Record, float], Record]:
    def change(record: Record, t: float) -> Record:
        then: date = record.clock(t).date()
        return replace(record, born=then - timedelta(days=round(years * DAYS_PER_YEAR)))

    return change


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
    applies=_applies,
    starts=lambda record, t: car_infusion(record, t) or 0.0,
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
            _choice("consciousness", {"spontaneous": 0, "voice": 1, "touch": 2, "unarousable": 3}),
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
            _choice("seizure", {"none": 0, "resolved": 1, "prolonged": 2}),
            "seizures unknown",
        ),
        Item(
            "motor",
            "Motor weakness",
            ("no motor weakness", "deep focal motor weakness"),
            ("none", "deep focal weakness (hemiparesis, paraparesis): grade 4"),
            _choice("motor_weakness", {"none": 0, "focal": 1}),
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
            _choice("cerebral_edema", {"none": 0, "focal": 1, "diffuse": 2}),
            "cerebral edema unknown",
        ),
        death_item("ICANS", CAUSES),
    ),
    probes=(
        Probe(
            "age",
            Effort.BEDSIDE,
            (
                (f"< {ICE_AGE} years", _of_age(ICE_AGE - 1.0)),
                (f">= {ICE_AGE} years", _of_age(ICE_AGE + 1.0)),
            ),
        ),
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
