"""Cytokine release syndrome, ASTCT consensus 2019."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise import names
from equipoise.chart import DOSES, Bools
from equipoise.criterion import (
    Course,
    Criterion,
    Effort,
    Item,
    Probe,
    Readings,
    Reasons,
)
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, Rows, Truths
from equipoise.probe import answer, choices, values
from equipoise.readers import MASK_OF_TRUTH, Part, PartReader, after, since
from equipoise.record import Dose
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit, Truth

FEVER = Limit(">=", (("38.0", "Cel"),))
HIGH_FLOW = Limit(">", (("6", "L/min"),))

LOW_FLOW_DEVICES = ("blow_by",)
MASK_DEVICES = ("face_mask", "venturi", "non_rebreather", "high_flow")
PRESSURE_DEVICES = ("cpap", "bipap", "ventilator")

NOT_COUNTED = ("vasopressin", "terlipressin")
"""Does not make a second vasopressor; terlipressin is read as vasopressin."""
INOTROPES = ("dobutamine", "milrinone")
"""Not vasopressors."""

THERAPY_GROUPS = ("anti-IL-6", "anti-IL-1", "corticosteroid", "antipyretic")
THERAPY = "antipyretic_or_anticytokine"
NOT_SYSTEMIC = ("budesonide", "beclometasone")

CAUSES = ("crs", "cytokine release syndrome", "cytokine-release syndrome")
"""Causes of death that make grade 5."""

NO_INFUSION = "not applicable: no CAR T-cell infusion by this time"


@dataclass(slots=True)
class Fever:
    """Whether there is a fever: the last temperature, or the last finding where that is later.

    number  the last temperature, and whether it is the one that counts
    word    the last finding `fever`
    """

    truth: Truths
    number: Rows
    word: Rows
    by_number: Bools

    def because(self, look: int) -> Because | None:
        """What was read."""
        return (self.number if self.by_number[look] else self.word).because(look)


def last_temperature(looks: Looks) -> Fever:
    """Whether the last temperature or fever finding is a fever, and which it was."""

    def find() -> Fever:
        number, word = looks.of("temperature"), looks.of("fever")
        by_number = number.there & (number.at >= word.at)
        truth = np.where(by_number, number.truth(FEVER), word.holds)
        return Fever(truth.astype(np.int8), number, word, by_number)

    found: Fever = looks.keep("last temperature", find)
    return found


def fever_of(limit: Limit) -> PartReader:
    """The last temperature against a limit; a fever without a number may be on either side."""

    def read(looks: Looks) -> Part:
        fever = last_temperature(looks)
        word = fever.word.judge("some fever", lambda value: UNKNOWN if value else NOT_MET)
        truth = np.where(fever.by_number, fever.number.truth(limit), word).astype(np.int8)
        return Part(truth, lambda i: Reasons((fever.because(i),), ("temperature",)))

    return read


def _fever(looks: Looks) -> Readings:
    now = last_temperature(looks)
    chart = looks.chart
    hot = chart.named("temperature").only(FEVER, lambda value: FEVER.met_by(value) is Truth.MET)
    said = chart.named("fever").only("holds", bool)
    first, word = looks.first(hot, looks.start), looks.first(said, looks.start)
    none = np.full(len(looks), np.inf)
    begin = np.minimum(np.where(first.there, first.at, none), np.where(word.there, word.at, none))
    given = looks.first(chart.named(THERAPY).only("holds", bool), begin)
    dosed = looks.first(chart.named(DOSES).only("crs therapy", _counts_as_therapy), begin)
    last = looks.of(THERAPY)
    by_finding, by_dose = given.there, dosed.there
    treated = np.where(
        by_finding | by_dose, MET, np.where(last.there | np.isinf(begin), NOT_MET, UNKNOWN)
    )
    waived = MASK_OF_TRUTH[treated]
    maybe = np.where(now.truth == NOT_MET, waived, waived | 4)
    possible = np.where(now.truth == MET, 4, maybe).astype(np.uint8)

    def explain(i: int) -> Reasons:
        if now.truth[i] == MET:
            return Reasons((now.because(i),))
        lacks = [] if now.truth[i] == NOT_MET else ["temperature"]
        if treated[i] == UNKNOWN:
            lacks.append(THERAPY)
        since = (first if first.there[i] and first.at[i] == begin[i] else word).because(i)
        therapy: Because | None = None
        if not np.isinf(begin[i]):
            by = given if by_finding[i] else dosed if by_dose[i] else last
            therapy = by.because(i)
        return Reasons((now.because(i), since, therapy), lacks)

    return Readings(possible, explain)


def _counts_as_therapy(dose: Dose) -> bool:
    return (
        dose.status in ("given", "partial", "")
        and dose.agent in names.in_group(*THERAPY_GROUPS)
        and dose.agent not in NOT_SYSTEMIC
    )


def _counted(drugs: Sequence[str]) -> int:
    """Vasopressors that count: 0, 1, 2 for more than one, 3 for vasopressin alone."""
    counted = len(set(drugs) - set(NOT_COUNTED) - set(INOTROPES))
    if counted == 0 and set(drugs) & set(NOT_COUNTED):
        return 3
    return min(counted, 2)


_NOT_LISTED = 4
_CIRCULATION = np.array(
    # no vasopressor, one, more than one, vasopressin alone, not listed
    [
        [0b0001, 0b0100, 0b1000, 0b0100, 0b0001],  # no hypotension
        [0b0011, 0b0100, 0b1000, 0b0100, 0b1111],  # not known
        [0b0010, 0b0100, 0b1000, 0b0100, 0b1110],  # hypotension
    ],
    dtype=np.uint8,
)


def hypotension(looks: Looks) -> Readings:
    """Classes of hypotension: none, without vasopressor, on one, on more than one."""
    listed, low = looks.of("vasopressors"), looks.of("hypotension")
    count = listed.pick("crs vasopressors", _counted, _NOT_LISTED)
    truth = low.holds

    def explain(i: int) -> Reasons:
        if count[i] in (1, 2, 3):
            alone = count[i] == 3
            note = "vasopressin alone counted as one vasopressor (not verified)" if alone else ""
            return Reasons((listed.because(i), low.because(i)), note=note)
        if count[i] == 0:
            return Reasons((listed.because(i), low.because(i)), ("hypotension",))
        lacks = ("vasopressors",) if low.there[i] else ("hypotension", "vasopressors")
        return Reasons((low.because(i),), lacks)

    return Readings(_CIRCULATION[truth, count], explain)


def _device_classes(device: str) -> int:
    if device == "none":
        return 1
    if device in LOW_FLOW_DEVICES:
        return 2
    if device in MASK_DEVICES:
        return 4
    if device in PRESSURE_DEVICES:
        return 8
    return 0


def _hypoxia(looks: Looks) -> Readings:
    tube, device = looks.of("intubated"), looks.of("oxygen_device")
    flow = looks.of("oxygen_flow")
    by_device = device.pick("crs device", _device_classes, 0b1111)
    by_flow = flow.bands((HIGH_FLOW,), (1, 2))
    intubated = tube.holds == MET
    possible = np.where(intubated, 8, np.where(by_device == 0, by_flow, by_device))

    def explain(i: int) -> Reasons:
        if intubated[i]:
            return Reasons((tube.because(i),))
        if not device.there[i]:
            return Reasons((), ("oxygen_device",))
        if by_device[i]:
            return Reasons((device.because(i),))
        return Reasons((device.because(i), flow.because(i)), ("oxygen_flow",))

    return Readings(possible.astype(np.uint8), explain)


def death_item(syndrome: str, causes: Sequence[str]) -> Item:
    """Whether the patient died of a syndrome: grade 5; no record of a death means alive."""

    def classes(value: object) -> int:
        if value is True:
            return 0b11
        cause = str(value).strip().lower().replace("_", " ")
        return 0b10 if cause in causes else 0b01

    def read(looks: Looks) -> Readings:
        death = looks.death()
        possible = death.pick(("died of", syndrome), classes, 0b01).astype(np.uint8)
        return Readings(possible, lambda i: Reasons((death.because(i),), ("death",)))

    return Item(
        "death",
        "Death",
        ("alive or another cause of death", f"death from {syndrome}"),
        (f"not of {syndrome}", f"cause of death {syndrome}: grade 5"),
        read,
        "cause of death unknown",
    )


def death_probe(cause: str) -> Probe:
    """A recorded death without a cause: this one or another."""
    answers = (answer(("death", cause)), answer(("death", "another cause")))
    return Probe("death", Effort.BEDSIDE, answers)


def combine(classes: Sequence[int]) -> int:
    """Fever, hypotension, hypoxia, death -> grade: the worse of hypotension and hypoxia."""
    fever, hypotension, hypoxia, death = classes
    if death:
        return 5
    if fever == 0:
        return 0
    worse = max((0, 2, 3, 4)[hypotension], (0, 2, 3, 4)[hypoxia])
    return max(1, worse) if fever == 2 else worse


CRS = Criterion(
    id="crs_astct2019",
    title="Cytokine release syndrome, ASTCT 2019",
    measures="grade",
    source=Source(
        "Lee 2019, Biol Blood Marrow Transplant",
        "10.1016/j.bbmt.2018.12.758",
        "Table 2",
        "read as reprinted (doi:10.2147/OTT.S305429, PMC8021214), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_INFUSION),
    starts=since(),
    combine=combine,
    course=Course(opening=("fever", 2)),
    windows={
        "temperature": 24.0,
        "fever": 24.0,
        "antipyretic_or_anticytokine": 24.0,
        "hypotension": 24.0,
        "vasopressors": 24.0,
        "oxygen_device": 24.0,
        "oxygen_flow": 24.0,
        "intubated": 24.0,
    },
    items=(
        Item(
            "fever",
            "Fever",
            ("no fever", "fever not required after therapy", "fever"),
            (
                f"temperature {FEVER.opposite}: grade 0",
                f"temperature {FEVER.opposite}, but a fever since the infusion and antipyretic or "
                "anticytokine therapy since then: graded by hypotension and hypoxia alone",
                f"temperature {FEVER.text}: grade 1 or more",
            ),
            _fever,
            "fever or its waiver by therapy unknown",
        ),
        Item(
            "hypotension",
            "Hypotension",
            (
                "no hypotension",
                "hypotension without vasopressor",
                "hypotension on one vasopressor",
                "hypotension on more than one vasopressor",
            ),
            (
                "none: grade 1",
                "no vasopressor: grade 2",
                "one vasopressor, with or without vasopressin: grade 3",
                "more than one vasopressor, vasopressin not counted: grade 4",
            ),
            hypotension,
            "hypotension or vasopressors unknown",
        ),
        Item(
            "hypoxia",
            "Hypoxia",
            (
                "no oxygen",
                "low-flow oxygen",
                "high-flow oxygen or mask",
                "positive-pressure ventilation",
            ),
            (
                "none: grade 1",
                f"nasal cannula {HIGH_FLOW.opposite} or blow-by: grade 2",
                f"nasal cannula {HIGH_FLOW.text}, high flow, face mask, non-rebreather or Venturi "
                "mask: grade 3",
                "CPAP, BiPAP, intubation and ventilation: grade 4",
            ),
            _hypoxia,
            "oxygen need unknown",
        ),
        death_item("CRS", CAUSES),
    ),
    probes=(
        values("temperature", (FEVER,), Effort.BEDSIDE),
        Probe(
            "oxygen_device",
            Effort.BEDSIDE,
            (
                answer(("oxygen_device", "none")),
                answer(("oxygen_device", "nasal_cannula"), ("oxygen_flow", "6 L/min")),
                answer(
                    ("oxygen_device", "nasal_cannula"),
                    ("oxygen_flow", HIGH_FLOW.example(met=True)),
                    label=f"nasal_cannula {HIGH_FLOW.text}".replace("> ", ">"),
                ),
                *(
                    answer(("oxygen_device", device))
                    for device in names.OXYGEN_DEVICES
                    if device not in ("none", "nasal_cannula")
                ),
            ),
        ),
        values("oxygen_flow", (HIGH_FLOW,), Effort.BEDSIDE),
        choices("hypotension"),
        Probe(
            "vasopressors",
            Effort.BEDSIDE,
            tuple(
                answer(("vasopressors", drugs))
                for drugs in (
                    (),
                    ("noradrenaline",),
                    ("noradrenaline", "vasopressin"),
                    ("noradrenaline", "adrenaline"),
                )
            ),
        ),
        choices("antipyretic_or_anticytokine"),
        death_probe("crs"),
    ),
    notes=(
        "Fever and the other signs must have no other cause; the record is read as if they had "
        "none.",
        "Conflict: a secondary digest prints fever both as > 38 and >= 38; ASTCT has "
        f"{FEVER.text}.",
        "A finding `fever` without a number counts as a fever.",
        "The last value within the window counts, from the infusion on; with two infusions, from "
        "the later one.",
        "The paper does not say when the fever waiver ends; here it lasts until the next infusion "
        "(project choice), and an episode that begins again without a new fever is named as such.",
        "Vasopressin alone counts as one vasopressor; terlipressin is read as vasopressin (not "
        "verified).",
        "Dobutamine and milrinone are inotropes and are not counted (project choice).",
        "`hypotension` false without a list of vasopressors is read as no hypotension.",
        "Hypotension is a finding; no blood pressure is compared with a number (the paper gives "
        "none for adults and children alike). Vasopressors are read from the finding, not from "
        "doses.",
        "Any intubation counts as positive pressure; intubation for the airway alone is told to be "
        "excepted (not verified), which the record cannot tell.",
        "Toxicity of other organs never changes the grade. Grade 5: the recorded cause of death is "
        "CRS. After a death the state at death is graded.",
    ),
    tags=("CAR-T", "cytokine release"),
    other_sources=(
        Source("Adapted table", "10.2147/OTT.S305429", "Table 2"),
        Source("Table and rule of fever after therapy as reprinted", "", "PMC8021214, Table 1"),
    ),
)  # fmt: skip
