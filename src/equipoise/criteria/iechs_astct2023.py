"""HLH-like syndrome of immune effector cells (IEC-HS), ASTCT 2023.

The paper's criteria and grading tables were not read; every line here is provisional.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from equipoise import units
from equipoise.criteria.crs_astct2019 import (
    CRS,
    NO_INFUSION,
    death_item,
    death_probe,
    hypotension,
    last_temperature,
)
from equipoise.criterion import (
    Because,
    Criterion,
    Effort,
    Item,
    Limit,
    Look,
    Probe,
    Reading,
    Truth,
    all_of,
    any_of,
    car_infusion,
    compare,
    reading,
    seen,
    snapshot,
    truth_reading,
)
from equipoise.grading import (
    BASELINE,
    LOWER,
    UPPER,
    answer,
    baselines,
    choices,
    limits_of_range,
    multiples,
    values,
)
from equipoise.record import AnyEvent, Measurement
from equipoise.source import Source, Standing
from equipoise.units import Quantity

FERRITIN_TIMES = Decimal(2)
LIVER_TIMES = Decimal(5)
FIBRINOGEN = Limit("<", (("150", "mg/dL"),))
SEVERE = {
    "neutrophils": Limit("<", (("0.5", "10*9/L"),)),
    "platelets": Limit("<", (("25", "10*9/L"),)),
}
"""CTCAE v5 grade 4."""
KIDNEY_TIMES = Decimal("1.5")
"""KDIGO stage 1: creatinine over baseline."""
TRIGLYCERIDES = Limit(">", (("265", "mg/dL"),), "triglycerides")

BLEEDING_TRANSFUSED, BLEEDING_DANGEROUS = 3, 4
"""WHO bleeding grades read as needing transfusion and as life-threatening."""
LABORATORY = (
    "ferritin", "ast", "alt", "fibrinogen", "neutrophils", "platelets", "ldh", "triglycerides",
)  # fmt: skip
TREATED_AS = ("iechs", "hlh", "mas")

CAUSES = ("iechs", "iec hs", "iec-hs", "hlh", "mas", "hlh/mas", "car hlh", "carhlh")


def _applies(look: Look) -> str:
    return "" if car_infusion(look.record, look.at) is not None else NO_INFUSION


# --- the required element and the common ones --------------------------------------------------


def _baseline(look: Look, name: str) -> Measurement | None:
    infusion = car_infusion(look.record, look.at)
    return None if infusion is None else look.baseline(name, infusion)


def _exceeds(value: Quantity, times: Decimal, bound: Quantity) -> Truth:
    """Whether a value is more than so many times another; a censored bound settles nothing."""
    if bound.comparator:
        return Truth.UNKNOWN
    return compare(value, ">", times * bound.number, bound.unit)


def _as_baseline(event: Measurement | None) -> tuple[Because, ...]:
    return () if event is None else (seen(event, "baseline"),)


def _required(look: Look) -> Reading:
    rising, judged = look.is_true("ferritin_rapidly_rising")
    if rising is Truth.MET:
        return reading(1, (judged,))
    now, before = look.measurement("ferritin"), _baseline(look, "ferritin")
    if now is None:
        return reading((0, 1), (judged,), ("ferritin",))
    lacks: list[str] = []
    # A known baseline decides alone: above the upper limit by our choice, at or below it because
    # more than twice the upper limit is then more than twice the baseline.
    if before is None:
        over, lacks = Truth.UNKNOWN, [BASELINE.format("ferritin")]
    else:
        over = _exceeds(now.value, FERRITIN_TIMES, before.value)
    if rising is Truth.UNKNOWN:
        lacks.append("ferritin_rapidly_rising")
    return truth_reading(over | rising, (now, *_as_baseline(before), judged), lacks)


def _liver_one(look: Look, name: str) -> tuple[Truth, list[AnyEvent | Because | None], list[str]]:
    now = look.measurement(name)
    if now is None:
        return Truth.UNKNOWN, [], [name]
    before, upper = _baseline(look, name), look.limit(name, "high")
    over_upper = Truth.UNKNOWN if upper is None else _exceeds(now.value, LIVER_TIMES, upper)
    over_before = (
        Truth.UNKNOWN if before is None else _exceeds(now.value, LIVER_TIMES, before.value)
    )
    # Five times the upper limit where the baseline is normal, five times the baseline where it is
    # not: in both cases five times the greater of the two.
    lacks = [UPPER.format(name)] if upper is None else []
    lacks += [BASELINE.format(name)] if before is None else []
    note = "" if upper is None else f"upper limit {units.write(upper.number, upper.unit)}"
    return over_upper & over_before, [seen(now, note), *_as_baseline(before)], lacks


def _liver(look: Look) -> Reading:
    each = [_liver_one(look, name) for name in ("ast", "alt")]
    because = [b for _, found, _ in each for b in found]
    lacks = [name for truth, _, names in each if truth is Truth.UNKNOWN for name in names]
    return truth_reading(any_of(truth for truth, _, _ in each), because, lacks)


def _fibrinogen(look: Look) -> Reading:
    now = look.measurement("fibrinogen")
    if now is None:
        return reading((0, 1), (), ("fibrinogen",))
    lower = look.limit("fibrinogen", "low")
    below = Truth.UNKNOWN
    if lower is not None and not lower.comparator:
        below = compare(now.value, "<", lower.number, lower.unit)
    lacks = (LOWER.format("fibrinogen"),) if lower is None else ("fibrinogen",)
    note = "" if lower is None else f"lower limit {units.write(lower.number, lower.unit)}"
    return truth_reading(FIBRINOGEN.met_by(now.value) | below, (seen(now, note),), lacks)


def _tissue(look: Look) -> Reading:
    truth, found = look.is_true("hemophagocytosis")
    return truth_reading(truth, (found,), ("hemophagocytosis",))


def _cytopenia(look: Look) -> Reading:
    refractory, transfused = look.is_true("platelet_refractory")
    truths, because, lacks = [], [], []
    for name, limit in SEVERE.items():
        now, before = look.measurement(name), _baseline(look, name)
        if now is None:
            truths.append(Truth.UNKNOWN)
            lacks.append(name)
            continue
        worse = Truth.UNKNOWN
        if before is not None and not before.censored:
            worse = compare(now.value, "<", before.value.number, before.value.unit)
        if name == "platelets":
            worse = worse | (Truth.MET if refractory is Truth.MET else Truth.NOT_MET)
        truth = limit.met_by(now.value) & worse
        if truth is Truth.UNKNOWN:
            lacks.append(BASELINE.format(name) if before is None else name)
        truths.append(truth)
        because += [seen(now), *_as_baseline(before)]
    if refractory is Truth.MET and transfused is not None:
        because.append(seen(transfused))
    return truth_reading(any_of(truths), because, lacks)


# --- timing, from the course of CRS ------------------------------------------------------------


def _crs_course(look: Look) -> Iterator[tuple[float, int, int]]:
    """CRS as (hours, low, high) at each event that CRS reads, since the infusion."""
    times = {
        event.at
        for event in look.record.events
        if event.key in CRS.windows and look.start <= event.at <= look.at
    }
    for time in sorted(times | {look.at}):
        now = snapshot(CRS, look.record, time)
        if now.low is not None and now.high is not None:
            yield time, now.low, now.high


def _timing(look: Look) -> Reading:
    peak: tuple[float, int] | None = None
    highest, may_have_fallen = 0, False
    for time, low, high in _crs_course(look):
        if peak is not None and high < peak[1]:
            return reading(
                1,
                (
                    Because(CRS.id, peak[0], f"at least grade {peak[1]}", "our grade"),
                    Because(CRS.id, time, f"at most grade {high}", "our grade"),
                ),
            )
        may_have_fallen = may_have_fallen or low < highest
        highest = max(highest, high)
        if low > 0 and (peak is None or low > peak[1]):
            peak = (time, low)
    if peak is None or may_have_fallen:
        crs_now = snapshot(CRS, look.record, look.at)
        return reading((0, 1), (), [name for r in crs_now.readings for name in r.missing])
    return reading(
        0, (Because(CRS.id, peak[0], f"grade {peak[1]}, not fallen since", "our grade"),)
    )


def _exclusions(look: Look) -> Reading:
    truths, because, lacks, notes = [], [], [], []
    for name, words in (("infection", "infection"), ("progression", "progression")):
        found = look.finding(name)
        excluded = found is not None and found.value == "excluded"
        truths.append(Truth.MET if excluded else Truth.UNKNOWN)
        because.append(found)
        if not excluded:
            lacks.append(name)
        if found is not None and not excluded:
            notes.append(f"{words} {found.value}: exclude it as the explanation, or treat as both")
    return truth_reading(all_of(truths), because, lacks, note="; ".join(notes))


# --- grade by consequence and intervention -----------------------------------------------------


def _treated(look: Look) -> Reading:
    found = look.finding("treatment_for")
    if found is None:
        return reading((0, 1), (), ("treatment_for",))
    return reading(int(any(word in TREATED_AS for word in found.value)), (found,))


def _bleeding(look: Look) -> Reading:
    transfused, finding = look.is_true("transfusion_dependent_bleeding")
    graded = look.finding("bleeding_grade")
    if graded is not None:
        level = int(graded.value >= BLEEDING_TRANSFUSED) + int(graded.value >= BLEEDING_DANGEROUS)
        if transfused is Truth.MET:
            level = max(level, 1)
        return reading(level, (graded, finding))
    if transfused is Truth.NOT_MET:
        return reading(0, (finding,))
    low = int(transfused is Truth.MET)
    lacks = ("bleeding_grade",) if low else ("transfusion_dependent_bleeding", "bleeding_grade")
    return reading(range(low, 3), (finding,), lacks)


def _circulation(look: Look) -> Reading:
    found = hypotension(look)
    return Reading(frozenset(min(index, 2) for index in found.possible), found.because,
                   found.missing)  # fmt: skip


def _respiration(look: Look) -> Reading:
    intubated, tube = look.is_true("intubated")
    device = look.finding("oxygen_device")
    if intubated is Truth.MET or (device is not None and device.value == "ventilator"):
        return reading(2, (tube, device))
    if device is not None:
        return reading(int(device.value != "none"), (device, tube))
    most = {0, 1} if intubated is Truth.NOT_MET else {0, 1, 2}
    return reading(most, (tube,), ("oxygen_device", "intubated"))


def _kidney(look: Look) -> Reading:
    dialysis, done = look.is_true("dialysis")
    if dialysis is Truth.MET:
        return reading(2, (done,))
    now = look.measurement("creatinine")
    before = None if now is None else _creatinine_before(look, now)
    injury = Truth.UNKNOWN
    if now is not None and before is not None:
        bound = KIDNEY_TIMES * before.value.number
        injury = compare(now.value, ">=", bound, before.value.unit, substance="creatinine")
    lacks = []
    if injury is Truth.UNKNOWN:
        lacks.append("creatinine" if now is None else BASELINE.format("creatinine"))
    possible = {0, 1} if injury is Truth.UNKNOWN else {int(injury is Truth.MET)}
    if dialysis is Truth.UNKNOWN:
        lacks.append("dialysis")
        possible.add(2)
    return reading(possible, (now, *_as_baseline(before), done), lacks)


def _creatinine_before(look: Look, now: Measurement) -> Measurement | None:
    """The lowest creatinine of the previous 7 days, else the baseline."""
    week = [
        m
        for m in look.record.measurements("creatinine", start=now.at - 168.0, end=now.at)
        if m is not now and not m.censored and m.at < now.at
    ]
    return min(week, key=lambda m: m.number) if week else _baseline(look, "creatinine")


FEATURES = ("liver", "fibrinogen", "tissue", "cytopenia")


def combine(classes: Sequence[int]) -> int:
    """Elements and consequences -> grade; 0 where not recognized. Timing only decides the yes."""
    required, _, liver, fibrinogen, tissue, cytopenia, excluded = classes[:7]
    treated, *consequences, death = classes[7:]
    if death:
        return 5
    if not (required and excluded and (liver or fibrinogen or tissue or cytopenia)):
        return 0
    worst = max(consequences)
    if worst:
        return 2 + worst
    return 2 if treated else 1


def met(classes: Sequence[int]) -> bool | None:
    """True where required, timing, one common feature and the exclusions hold; false where the
    required element does not; else None.
    """
    required, timing, liver, fibrinogen, tissue, cytopenia, excluded = classes[:7]
    if not required:
        return False
    every = timing and excluded and (liver or fibrinogen or tissue or cytopenia)
    return True if every else None


def status(readings: Mapping[str, Reading]) -> str:
    """`excluded`, `possible`, `required_only` or `consistent`, from what is known to hold."""
    truths = {name: r.possible for name, r in readings.items()}
    if truths["required"] == {0}:
        return "excluded"
    if 0 in truths["required"]:
        return "possible"
    common = [name for name in (*FEATURES, "timing") if truths[name] == {1}]
    if not common:
        return "required_only"
    features = [name for name in common if name != "timing"]
    if "timing" in common and features and truths["exclusions"] == {1}:
        return "consistent"
    return "possible"


def _other_features(look: Look) -> list[str]:
    found = []
    ldh = look.measurement("ldh")
    upper = look.limit("ldh", "high")
    if (
        ldh is not None
        and upper is not None
        and _exceeds(ldh.value, Decimal(1), upper) is Truth.MET
    ):
        found.append("LDH above its upper limit")
    if look.is_true("splenomegaly")[0] is Truth.MET:
        found.append("splenomegaly")
    if last_temperature(look)[0] is Truth.MET:
        found.append("fever")
    fats = look.measurement("triglycerides")
    if fats is not None and TRIGLYCERIDES.met_by(fats.value) is Truth.MET:
        found.append(f"triglycerides {TRIGLYCERIDES.text}")
    return found


def _tail(look: Look, readings: Mapping[str, Reading]) -> str:
    del readings
    other = _other_features(look)
    text = "provisional criteria"
    return f"{text}; other features: {', '.join(other)}" if other else text


SOURCE = Source(
    "Hines 2023, Transplant Cell Ther",
    "10.1016/j.jtct.2023.03.006",
    "tables of criteria and of grading",
    "these two tables were not read; rules from memory and secondary accounts, to be confirmed",
)

IECHS = Criterion(
    id="iechs_astct2023",
    title="HLH-like syndrome of immune effector cells (IEC-HS), ASTCT 2023",
    measures="grade",
    source=SOURCE,
    standing=Standing.PROVISIONAL,
    applies=_applies,
    starts=lambda record, t: car_infusion(record, t) or 0.0,
    combine=combine,
    met=met,
    status=status,
    tail=_tail,
    windows={
        **CRS.windows,
        **dict.fromkeys(LABORATORY, 72.0),
        "ferritin_rapidly_rising": 72.0,
        "hemophagocytosis": math.inf,
        "treatment_for": 72.0,
        **dict.fromkeys(("platelet_refractory", "splenomegaly", "infection", "progression"), 168.0),
        **dict.fromkeys(("creatinine", "dialysis"), 48.0),
        **dict.fromkeys(("transfusion_dependent_bleeding", "bleeding_grade"), 24.0),
    },
    items=(
        Item(
            "required",
            "Required: ferritin",
            ("ferritin not raised enough", "ferritin raised as required"),
            (
                "otherwise",
                f"> {FERRITIN_TIMES} x upper limit or > {FERRITIN_TIMES} x baseline (baseline "
                "alone where it is above the upper limit), or rapidly rising as judged",
            ),
            _required,
            "required ferritin element unknown",
        ),
        Item(
            "timing",
            "Common: timing",
            ("CRS not yet falling", "after the first fall of CRS"),
            (
                "CRS present and never below its peak",
                "CRS resolving or resolved, or inflammation worse again after a first response",
            ),
            _timing,
            "timing against CRS unknown",
        ),
        Item(
            "liver",
            "Common: liver",
            ("transaminases not raised enough", "transaminases raised"),
            (
                "otherwise",
                f"AST or ALT > {LIVER_TIMES} x upper limit where the baseline is normal, "
                f"> {LIVER_TIMES} x baseline where it is not",
            ),
            _liver,
            "transaminase element unknown",
        ),
        Item(
            "fibrinogen",
            "Common: fibrinogen",
            ("fibrinogen not low", "low fibrinogen"),
            (FIBRINOGEN.opposite, f"{FIBRINOGEN.text}, or below the laboratory's lower limit"),
            _fibrinogen,
            "fibrinogen element unknown",
        ),
        Item(
            "tissue",
            "Common: tissue",
            ("no hemophagocytosis", "hemophagocytosis"),
            ("none found", "in marrow or other tissue"),
            _tissue,
            "hemophagocytosis unknown",
        ),
        Item(
            "cytopenia",
            "Common: cytopenia",
            ("no new severe cytopenia", "new, worse or refractory severe cytopenia"),
            (
                "otherwise",
                f"neutrophils {SEVERE['neutrophils'].text} or platelets "
                f"{SEVERE['platelets'].text} (CTCAE grade 4), below baseline or refractory",
            ),
            _cytopenia,
            "cytopenia element unknown",
        ),
        Item(
            "exclusions",
            "Other explanations",
            ("infection or progression not excluded", "infection and progression excluded"),
            ("suspected, proven or not recorded", "both recorded as excluded"),
            _exclusions,
            "infection or progression not excluded",
        ),
        Item(
            "treated",
            "Treatment",
            ("no treatment for IEC-HS", "treated for IEC-HS"),
            ("watch and work up: grade 1", "treatment aimed at IEC-HS: grade 2"),
            _treated,
            "treatment unknown",
        ),
        Item(
            "bleeding",
            "Bleeding",
            ("no bleeding", "bleeding that needs transfusion", "life-threatening bleeding"),
            (
                "none, or without transfusion",
                f"needs transfusion, WHO grade {BLEEDING_TRANSFUSED}: grade 3",
                f"life-threatening, WHO grade {BLEEDING_DANGEROUS}: grade 4",
            ),
            _bleeding,
            "bleeding unknown",
        ),
        Item(
            "circulation",
            "Circulation",
            ("no hypotension", "hypotension", "hypotension on vasopressors"),
            ("none", "hypotension: grade 3", "life-threatening, read as vasopressors: grade 4"),
            _circulation,
            "hypotension or vasopressors unknown",
        ),
        Item(
            "respiration",
            "Respiration",
            ("no oxygen", "respiratory distress", "intubation"),
            ("none", "any oxygen device: grade 3", "intubated or ventilated: grade 4"),
            _respiration,
            "oxygen need unknown",
        ),
        Item(
            "kidney",
            "Kidney",
            ("no kidney injury", "new kidney injury", "dialysis"),
            ("none", f"creatinine >= {KIDNEY_TIMES} x baseline: grade 3", "dialysis: grade 4"),
            _kidney,
            "kidney injury or dialysis unknown",
        ),
        death_item("IEC-HS", CAUSES),
    ),
    probes=(
        *(p for p in CRS.probes if p.name != "death"),
        choices("intubated"),
        choices("ferritin_rapidly_rising"),
        multiples("ferritin", FERRITIN_TIMES),
        baselines("ferritin", FERRITIN_TIMES),
        multiples("ast", LIVER_TIMES),
        baselines("ast", LIVER_TIMES),
        limits_of_range("ast", LIVER_TIMES, "high"),
        multiples("alt", LIVER_TIMES),
        baselines("alt", LIVER_TIMES),
        limits_of_range("alt", LIVER_TIMES, "high"),
        values("fibrinogen", (FIBRINOGEN,)),
        limits_of_range("fibrinogen", Decimal(1), "low"),
        choices("hemophagocytosis", Effort.TISSUE),
        values("neutrophils", (SEVERE["neutrophils"],)),
        values("platelets", (SEVERE["platelets"],)),
        baselines("neutrophils", Decimal(1)),
        baselines("platelets", Decimal(1)),
        choices("infection", Effort.SPECIAL),
        choices("progression", Effort.SPECIAL),
        Probe(
            "treatment_for",
            Effort.BEDSIDE,
            (
                answer(("treatment_for", ()), label="none"),
                answer(("treatment_for", ("iechs",)), label="iechs"),
            ),
        ),
        choices("transfusion_dependent_bleeding"),
        Probe(
            "bleeding_grade",
            Effort.BEDSIDE,
            tuple(answer(("bleeding_grade", number), label=str(number)) for number in range(5)),
        ),
        multiples("creatinine", KIDNEY_TIMES, ">="),
        baselines("creatinine", KIDNEY_TIMES),
        choices("dialysis"),
        death_probe("iechs"),
    ),
    notes=(
        "Every line is provisional: the paper's tables of criteria and of grading were not read.",
        "The number of common features that are needed is not known to be printed; here the yes "
        "needs the required element, the timing, one common feature and both exclusions (project "
        "choice).",
        "Status: excluded = the required element is known not to hold; required_only = it holds "
        "and no common element is known to; consistent = the yes; possible = all else.",
        "Ferritin: where the baseline is known it decides, because above the upper limit the "
        "other arm is met by everybody (project choice, mirrors the liver rule). Without a "
        "baseline it cannot be told.",
        "The laboratory's limits are those that came with the values; none is assumed. Strict "
        "> and < throughout: exactly 150 mg/dL of fibrinogen does not count here, and does in "
        "HLH-2004.",
        "Timing is read from our own CRS grades: met from the first known fall of the grade on. "
        "CRS is not obligatory; where none was seen, the timing stays unknown. Timing decides the "
        "yes, not the grade: while CRS has not fallen the grade is what it is if this is IEC-HS.",
        "A recorded infection or progression never excludes the syndrome: it stays possible until "
        "the other explanation is excluded.",
        "The footnote on CTCAE grade 4 is not verified; neutrophils and platelets are read for it.",
        "Grades go by consequence and intervention, not by ferritin. Vasopressors are read as "
        "life-threatening hypotension, any oxygen device as respiratory distress, a creatinine of "
        f"{KIDNEY_TIMES} x the lowest of 7 days as kidney injury, WHO grades as above (project "
        "choices). Products for a low fibrinogen without symptoms (grade 2) are not read.",
        "Other features are named in the sentence and do not change the answer: LDH above its "
        f"limit, splenomegaly, fever, triglycerides {TRIGLYCERIDES.text}.",
        "Whether ferritin rises rapidly is a judgment: where it is not recorded, the required "
        "element can be met by the numbers but not denied.",
    ),
    tags=("CAR-T", "HLH"),
)
