"""Cytokine release syndrome, ASTCT consensus 2019."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise import names
from equipoise.criterion import (
    Criterion,
    Effort,
    Item,
    Limit,
    Look,
    Probe,
    Reading,
    Truth,
    car_infusion,
    reading,
)
from equipoise.grading import answer, choices, values
from equipoise.record import AnyEvent, Finding, Measurement
from equipoise.source import Source, Standing

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
NOT_SYSTEMIC = ("budesonide", "beclometasone")

CAUSES = ("crs", "cytokine release syndrome", "cytokine-release syndrome")
"""Causes of death that make grade 5."""

NO_INFUSION = "not applicable: no CAR T-cell infusion by this time"


def _applies(look: Look) -> str:
    return "" if car_infusion(look.record, look.at) is not None else NO_INFUSION


def last_temperature(look: Look) -> tuple[Truth, Measurement | Finding | None]:
    """Whether the last temperature or fever finding is a fever, and which it was."""
    number, word = look.measurement("temperature"), look.finding("fever")
    if number is not None and (word is None or number.at >= word.at):
        return FEVER.met_by(number.value), number
    if word is not None:
        return Truth.of(bool(word.value)), word
    return Truth.UNKNOWN, None


def first_fever(look: Look) -> Measurement | Finding | None:
    """The first fever since the infusion, or None."""
    events: list[Measurement | Finding] = [
        m
        for m in look.record.measurements("temperature", start=look.start, end=look.at)
        if FEVER.met_by(m.value) is Truth.MET
    ]
    events += [
        f for f in look.record.findings("fever", start=look.start, end=look.at) if f.value is True
    ]
    return min(events, key=lambda e: e.at, default=None)


def _treated(look: Look, since: float) -> tuple[Truth, AnyEvent | None]:
    """Antipyretic or anticytokine therapy since the first fever."""
    found = look.record.findings("antipyretic_or_anticytokine", start=since, end=look.at)
    for finding in found:
        if finding.value is True:
            return Truth.MET, finding
    for agent in look.record.agents():
        if not _counts_as_therapy(agent):
            continue
        for dose in look.record.given_doses(agent, look.at):
            if dose.at >= since:
                return Truth.MET, dose
    last = look.finding("antipyretic_or_anticytokine")
    return (Truth.UNKNOWN, None) if last is None else (Truth.NOT_MET, last)


def _counts_as_therapy(agent: str) -> bool:
    return agent in names.in_group(*THERAPY_GROUPS) and agent not in NOT_SYSTEMIC


def _fever(look: Look) -> Reading:
    now, event = last_temperature(look)
    if now is Truth.MET:
        return reading(2, (event,))
    first = first_fever(look)
    treated, therapy = (Truth.NOT_MET, None) if first is None else _treated(look, first.at)
    waived = {Truth.MET: {1}, Truth.NOT_MET: {0}, Truth.UNKNOWN: {0, 1}}[treated]
    possible = waived if now is Truth.NOT_MET else waived | {2}
    lacks = [] if now is Truth.NOT_MET else ["temperature"]
    if treated is Truth.UNKNOWN:
        lacks.append("antipyretic_or_anticytokine")
    return reading(possible, (event, first, therapy), lacks)


def pressors(look: Look) -> tuple[int | None, Finding | None]:
    """Vasopressors running that count: 0, 1, 2 for more than one, None where not known."""
    found = look.finding("vasopressors")
    if found is None:
        return None, None
    drugs = set(found.value)
    counted = len(drugs - set(NOT_COUNTED) - set(INOTROPES))
    if counted == 0 and drugs & set(NOT_COUNTED):
        return 1, found
    return min(counted, 2), found


def hypotension(look: Look) -> Reading:
    """Classes of hypotension: none, without vasopressor, on one, on more than one."""
    count, listed = pressors(look)
    low, finding = look.is_true("hypotension")
    if count and listed is not None:
        alone = not set(listed.value) - set(NOT_COUNTED) - set(INOTROPES)
        note = "vasopressin alone counted as one vasopressor (not verified)" if alone else ""
        return reading(1 + count, (listed, finding), note=note)
    without = {Truth.MET: {1}, Truth.NOT_MET: {0}, Truth.UNKNOWN: {0, 1}}[low]
    if count == 0:
        return reading(without, (listed, finding), ("hypotension",))
    if low is Truth.NOT_MET:
        return reading(0, (finding,))
    lacks = ("hypotension", "vasopressors") if finding is None else ("vasopressors",)
    return reading(without | {2, 3}, (finding,), lacks)


def _hypoxia(look: Look) -> Reading:
    intubated, tube = look.is_true("intubated")
    if intubated is Truth.MET:
        return reading(3, (tube,))
    device = look.finding("oxygen_device")
    if device is None:
        return reading(range(4), (), ("oxygen_device",))
    if device.value == "none":
        return reading(0, (device,))
    if device.value in LOW_FLOW_DEVICES:
        return reading(1, (device,))
    if device.value in MASK_DEVICES:
        return reading(2, (device,))
    if device.value in PRESSURE_DEVICES:
        return reading(3, (device,))
    flow = look.measurement("oxygen_flow")
    if flow is None:
        return reading((1, 2), (device,), ("oxygen_flow",))
    high = HIGH_FLOW.met_by(flow.value)
    classes = {Truth.MET: (2,), Truth.NOT_MET: (1,), Truth.UNKNOWN: (1, 2)}[high]
    return reading(classes, (device, flow), ("oxygen_flow",))


def death_item(syndrome: str, causes: Sequence[str]) -> Item:
    """Whether the patient died of a syndrome: grade 5; no record of a death means alive."""

    def read(look: Look) -> Reading:
        death = look.record.death(look.at)
        if death is None:
            return reading(0)
        if death.value is True:
            return reading((0, 1), (death,), ("death",))
        cause = str(death.value).strip().lower().replace("_", " ")
        return reading(int(cause in causes), (death,))

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
    applies=_applies,
    starts=lambda record, t: car_infusion(record, t) or 0.0,
    combine=combine,
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
            "fever unknown",
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
        "The paper does not say when the fever waiver ends; here it lasts for the record (project "
        "choice).",
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
