"""Acute GVHD, MAGIC 2016: organ stages and the overall grade."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from equipoise.criterion import Criterion, Effort, Item, Probe, Readings, Reasons
from equipoise.looks import MET, NOT_MET, Looks, Masks
from equipoise.probe import answer, choices, values
from equipoise.readers import Reader, after, banded, either, item_of, present, worse_of
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

PRODUCTS = ("graft", "donor_lymphocytes", "microtransplant")
NO_DONOR_CELLS = "not applicable: no graft or donor lymphocytes by this time"

RASH = (Limit(">", (("0", "%"),)), Limit(">=", (("25", "%"),)), Limit(">", (("50", "%"),)))
BILIRUBIN = tuple(
    Limit(relation, ((number, "mg/dL"),), "bilirubin")
    for relation, number in ((">=", "2.0"), (">", "3.0"), (">", "6.0"), (">", "15.0"))
)
VOLUME = (
    Limit(">=", (("500", "mL/d"),)),
    Limit(">=", (("1000", "mL/d"),)),
    Limit(">", (("1500", "mL/d"),)),
)
STOOLS = (Limit(">=", (("3", "/d"),)), Limit(">=", (("5", "/d"),)), Limit(">", (("7", "/d"),)))
ADULT_WEIGHT = Limit(">", (("50", "kg"),))
CHILD_VOLUME = ((">=", 10.0), (">=", 20.0), (">", 30.0))
"""mL/kg/d from which stages 1, 2 and 3 are given."""
CHILD_STOOLS = (
    Limit(">=", (("4", "/d"),)),
    Limit(">=", (("7", "/d"),)),
    Limit(">", (("10", "/d"),)),
)
WINDOW = 72.0

_ANY_OF_FOUR = 0b1111


def _staged(name: str, measured: Reader, highest: int = 4) -> Reader:
    """The stage that is recorded, else what is measured."""

    def read(looks: Looks) -> Readings:
        stage, other = looks.of(name), measured(looks)
        recorded = stage.pick(("stage", highest), lambda value: 1 << min(int(value), highest), 0)
        possible = np.where(stage.there, recorded, other.possible).astype(np.uint8)

        def explain(i: int) -> Reasons:
            if stage.there[i]:
                return Reasons((stage.because(i),))
            why = other.explain(i)
            return Reasons(why.because, (name, *why.missing))

        return Readings(possible, explain)

    return read


def _skin(looks: Looks) -> Readings:
    area = looks.of("rash_area")
    worst = either(present("bullae"), present("rash_desquamation"))(looks)
    by_area = area.bands(RASH)
    # Stage 4 needs the greatest area and bullae or desquamation.
    possible = np.where(worst.truth == MET, by_area & 0b0111, by_area)
    possible |= np.where((worst.truth > NOT_MET) & (by_area & 0b1000 > 0), 0b10000, 0).astype(
        np.uint8
    )

    def explain(i: int) -> Reasons:
        why = worst.explain(i)
        if not by_area[i] & 0b1000:
            return Reasons((area.because(i),), ("rash_area",))
        return Reasons((area.because(i), *why.because), ("rash_area", *why.missing))

    return Readings(possible.astype(np.uint8), explain)


def _volume(looks: Looks) -> tuple[Masks, Masks]:
    """Stages by volume and by number of stools, for the weight of each look."""
    volume, weight, stools = (looks.of(n) for n in ("stool_volume", "weight", "stool_count"))
    adult = weight.truth(ADULT_WEIGHT)
    with np.errstate(invalid="ignore"):
        per_kg = volume.number / weight.number
        met = [
            per_kg >= bound - 1e-9 if relation == ">=" else per_kg > bound + 1e-9
            for relation, bound in CHILD_VOLUME
        ]
    censored = volume.judge("censored", lambda q: int(bool(q.comparator)), 0) == 1
    child = (1 << np.sum(met, axis=0)).astype(np.uint8)
    child = np.where(np.isnan(per_kg) | censored, _ANY_OF_FOUR, child).astype(np.uint8)
    by_volume = np.where(adult == MET, volume.bands(VOLUME), child)
    by_stools = np.where(adult == MET, stools.bands(STOOLS), stools.bands(CHILD_STOOLS))
    unknown = (adult != MET) & (adult != NOT_MET)
    by_volume = np.where(unknown, volume.bands(VOLUME) | child, by_volume)
    by_stools = np.where(unknown, stools.bands(STOOLS) | stools.bands(CHILD_STOOLS), by_stools)
    return by_volume.astype(np.uint8), by_stools.astype(np.uint8)


def _lower_gut(looks: Looks) -> Readings:
    by_volume, by_stools = _volume(looks)
    worst = either(present("severe_abdominal_pain"), present("ileus_or_bloody_stool"))(looks)
    milder = worse_of(by_volume, by_stools)
    possible = np.where(worst.truth == MET, 0b10000, milder)
    possible = np.where(worst.truth == 1, milder | 0b10000, possible).astype(np.uint8)
    rows = [looks.of(n) for n in ("stool_volume", "stool_count", "weight")]

    def explain(i: int) -> Reasons:
        why = worst.explain(i)
        if worst.truth[i] == MET:
            return Reasons(why.because)
        because: list[Because | None] = [row.because(i) for row in rows]
        lacks = [row.series.name for row in rows if not row.there[i]]
        return Reasons((*because, *why.because), (*lacks, "stool_volume", *why.missing))

    return Readings(possible, explain)


def combine(classes: Sequence[int]) -> int:
    """Stages of skin, liver, upper and lower gut -> grade; not the highest stage."""
    skin, liver, upper, lower = classes
    if 4 in (skin, liver, lower):
        return 4
    if liver >= 2 or lower >= 2:
        return 3
    if skin == 3 or liver or upper or lower:
        return 2
    return 1 if skin else 0


def _words(organ: str) -> tuple[str, ...]:
    return (f"{organ} stage 0", *(f"{organ} stage {n}" for n in (1, 2, 3, 4)))


MAGIC = Criterion(
    id="agvhd_magic2016",
    title="Acute GVHD, organ stages and grade (MAGIC 2016)",
    measures="grade",
    source=Source(
        "Harris 2016, Biol Blood Marrow Transplant",
        "10.1016/j.bbmt.2015.09.001",
        "organ stages; overall grade",
        "stages read as reprinted (NBK577669), the grade in the EBMT Handbook 2024 (ch. 43), not "
        "in the paper",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_DONOR_CELLS, PRODUCTS),
    combine=combine,
    leading=(
        "rash_area", "stool_volume", "stool_count", "upper_gi", "agvhd_stage_skin",
        "agvhd_stage_liver", "agvhd_stage_lower_gi", "agvhd_stage_upper_gi",
    ),
    windows=dict.fromkeys(
        (
            "agvhd_stage_skin", "agvhd_stage_liver", "agvhd_stage_upper_gi",
            "agvhd_stage_lower_gi", "rash_area", "bullae", "rash_desquamation", "bilirubin",
            "upper_gi", "stool_volume", "stool_count", "severe_abdominal_pain",
            "ileus_or_bloody_stool",
        ),
        WINDOW,
    )
    | {"weight": 168.0},
    items=(
        Item(
            "skin",
            "Skin",
            _words("skin"),
            (
                "no rash",
                f"rash of {RASH[1].opposite} of the body surface",
                f"{RASH[1].text} and {RASH[2].opposite}",
                RASH[2].text,
                f"{RASH[2].text} with bullae or desquamation",
            ),
            _staged("agvhd_stage_skin", _skin),
            "skin not staged",
        ),
        Item(
            "liver",
            "Liver",
            _words("liver"),
            (
                f"bilirubin {BILIRUBIN[0].opposite}",
                *(
                    f"bilirubin {low.text} and {high.opposite}"
                    for low, high in pairwise(BILIRUBIN)
                ),
                f"bilirubin {BILIRUBIN[3].text}",
            ),
            _staged("agvhd_stage_liver", banded("bilirubin", BILIRUBIN)),
            "liver not staged",
        ),
        Item(
            "upper_gut",
            "Upper gut",
            ("upper gut stage 0", "upper gut stage 1"),
            ("none", "persistent nausea, vomiting or anorexia"),
            _staged("agvhd_stage_upper_gi", item_of(present("upper_gi")), 1),
            "upper gut not staged",
        ),
        Item(
            "lower_gut",
            "Lower gut",
            _words("lower gut"),
            (
                f"{VOLUME[0].opposite} and {STOOLS[0].opposite} above 50 kg; below 10 mL/kg/d "
                "and 4 stools in others",
                f"{VOLUME[0].text} or {STOOLS[0].text}; from 10 mL/kg/d or 4 stools",
                f"{VOLUME[1].text} or {STOOLS[1].text}; from 20 mL/kg/d or 7 stools",
                f"{VOLUME[2].text} or {STOOLS[2].text}; above 30 mL/kg/d or 10 stools",
                "severe abdominal pain, ileus or grossly bloody stool",
            ),
            _staged("agvhd_stage_lower_gi", _lower_gut),
            "lower gut not staged",
        ),
    ),
    probes=(
        choices("agvhd_stage_skin"),
        choices("agvhd_stage_liver"),
        Probe(
            "agvhd_stage_upper_gi",
            Effort.BEDSIDE,
            tuple(answer(("agvhd_stage_upper_gi", n), label=str(n)) for n in (0, 1)),
        ),
        choices("agvhd_stage_lower_gi"),
        values("rash_area", RASH, Effort.BEDSIDE),
        choices("bullae"),
        choices("rash_desquamation"),
        values("bilirubin", BILIRUBIN),
        choices("upper_gi"),
        values("stool_volume", VOLUME, Effort.BEDSIDE),
        values("stool_count", STOOLS, Effort.BEDSIDE),
        values("weight", (ADULT_WEIGHT,), Effort.BEDSIDE),
        choices("severe_abdominal_pain"),
        choices("ileus_or_bloody_stool"),
    ),
    notes=(
        "The grade is not the highest stage: I skin 1-2 alone; II skin 3, liver 1, upper gut 1 or "
        "lower gut 1; III liver 2-3 or lower gut 2-3; IV any of skin, liver, lower gut at 4.",
        "A stage that is recorded goes before what is measured; the upper gut has only stage 1, "
        "and a higher one that is recorded is read as 1.",
        "The bands leave 3.0 to 3.1, 6.0 to 6.1 and 15.0 to 15.1 open: up to 3.0, 6.0 and 15.0 is "
        "the lower stage.",
        "Volume and number of stools may disagree and no rule says which counts: the higher stage "
        "(project choice); where one is missing the stage is open upward.",
        "Adult volumes above 50 kg, per kg otherwise. The paper takes the mean of three days; the "
        "recorded value is read as such.",
        "Other causes of rash, bilirubin or diarrhea are not read: whoever records the organ stage "
        "leaves them out.",
    ),
    tags=("GVHD",),
)  # fmt: skip
