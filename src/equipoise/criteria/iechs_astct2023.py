"""HLH-like syndrome of immune effector cells (IEC-HS), ASTCT 2023.

Of the paper the abstract and tables 4 (supportive care) and 5 (alternatives) were read; its tables
of criteria and of grading were not, in it or in any reprint: every line here is provisional.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from equipoise.advice import EXCLUDED_FOR
from equipoise.criteria.crs_astct2019 import (
    CRS,
    NO_INFUSION,
    death_item,
    death_probe,
    hypotension,
    last_temperature,
)
from equipoise.criteria.crs_course import timing
from equipoise.criterion import (
    Criterion,
    Effort,
    Item,
    Probe,
    Reading,
    Readings,
    Reasons,
)
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, Rows, compared
from equipoise.probe import answer, baselines, choices, limits_of_range, multiples, values
from equipoise.readers import (
    BASELINE,
    LOWER,
    MASK_OF_TRUTH,
    UPPER,
    Part,
    PartReader,
    after,
    among,
    both,
    creatinine_before,
    either,
    item_of,
    present,
    range_note,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Limit

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


# --- the required element and the common ones --------------------------------------------------


def _baseline(looks: Looks, name: str) -> Rows:
    return looks.baseline(name, looks.infusion())


def _required(looks: Looks) -> Readings:
    rising = looks.of("ferritin_rapidly_rising")
    now, before = looks.of("ferritin"), _baseline(looks, "ferritin")
    # A known baseline decides alone: above the upper limit by our choice, at or below it because
    # more than twice the upper limit is then more than twice the baseline.
    judged = rising.holds
    truth = np.maximum(compared(now, ">", FERRITIN_TIMES, before), judged)

    def explain(i: int) -> Reasons:
        if judged[i] == MET:
            return Reasons((rising.because(i),))
        if not now.there[i]:
            return Reasons((rising.because(i),), ("ferritin",))
        lacks = [] if before.there[i] else [BASELINE.format("ferritin")]
        if judged[i] == UNKNOWN:
            lacks.append("ferritin_rapidly_rising")
        return Reasons((now.because(i), before.because(i, "baseline"), rising.because(i)), lacks)

    return Readings(MASK_OF_TRUTH[truth], explain)


def _liver_one(name: str) -> PartReader:
    def read(looks: Looks) -> Part:
        now, before, upper = looks.of(name), _baseline(looks, name), looks.limit(name, "high")
        # Five times the upper limit where the baseline is normal, five times the baseline where
        # it is not: in both cases five times the greater of the two.
        truth = np.minimum(
            compared(now, ">", LIVER_TIMES, upper), compared(now, ">", LIVER_TIMES, before)
        )

        def explain(i: int) -> Reasons:
            if not now.there[i]:
                return Reasons((), (name,))
            lacks = [] if upper.there[i] else [UPPER.format(name)]
            lacks += [] if before.there[i] else [BASELINE.format(name)]
            note = range_note(upper, i, "high")
            return Reasons((now.because(i, note), before.because(i, "baseline")), lacks)

        return Part(truth, explain)

    return read


def _fibrinogen(looks: Looks) -> Part:
    now, lower = looks.of("fibrinogen"), looks.limit("fibrinogen", "low")
    truth = np.maximum(now.truth(FIBRINOGEN), compared(now, "<", Decimal(1), lower))

    def explain(i: int) -> Reasons:
        if not now.there[i]:
            return Reasons((), ("fibrinogen",))
        lacks = ("fibrinogen",) if lower.there[i] else (LOWER.format("fibrinogen"),)
        return Reasons((now.because(i, range_note(lower, i, "low")),), lacks)

    return Part(truth, explain)


def _cytopenia_one(name: str, limit: Limit) -> PartReader:
    def read(looks: Looks) -> Part:
        now, before = looks.of(name), _baseline(looks, name)
        worse = compared(now, "<", Decimal(1), before)
        refractory = looks.of("platelet_refractory")
        if name == "platelets":
            worse = np.maximum(worse, np.where(refractory.holds == MET, MET, NOT_MET))
        truth = np.minimum(now.truth(limit), worse).astype(np.int8)

        def explain(i: int) -> Reasons:
            counted = name == "platelets" and refractory.holds[i] == MET
            also = (refractory.because(i),) if counted else ()
            if not now.there[i]:
                return Reasons(also, (name,))
            because = (now.because(i), before.because(i, "baseline"), *also)
            return Reasons(because, (name if before.there[i] else BASELINE.format(name),))

        return Part(truth, explain)

    return read


# --- other explanations ----------------------------------------------------------------------


def _excluded_one(name: str) -> PartReader:
    def read(looks: Looks) -> Part:
        found = looks.of(name)
        truth = found.judge("excluded", lambda value: MET if value == "excluded" else UNKNOWN)

        def explain(i: int) -> Reasons:
            value = found.value(i)
            note = ""
            if value not in (None, "excluded"):
                note = f"{name} {value}: exclude it as the explanation, or treat as both"
            return Reasons((found.because(i),), (name,), note)

        return Part(truth, explain)

    return read


# --- grade by consequence and intervention -----------------------------------------------------


def _bleeding_level(value: int) -> int:
    return int(value >= BLEEDING_TRANSFUSED) + int(value >= BLEEDING_DANGEROUS)


def _bleeding(looks: Looks) -> Readings:
    transfused, graded = looks.of("transfusion_dependent_bleeding"), looks.of("bleeding_grade")
    truth = transfused.holds
    level = graded.pick("bleeding level", _bleeding_level, -1)
    by_grade = 1 << np.maximum(level, np.where(truth == MET, 1, 0))
    ungraded = np.array([0b001, 0b111, 0b110])[truth]

    def explain(i: int) -> Reasons:
        if graded.there[i]:
            return Reasons((graded.because(i), transfused.because(i)))
        names_ = ("transfusion_dependent_bleeding", "bleeding_grade")
        return Reasons((transfused.because(i),), names_[1:] if truth[i] == MET else names_)

    return Readings(np.where(level >= 0, by_grade, ungraded).astype(np.uint8), explain)


_TWO_AND_MORE = np.array([(m & 3) | (4 if m >> 2 else 0) for m in range(16)], dtype=np.uint8)


def _circulation(looks: Looks) -> Readings:
    found = hypotension(looks)

    def explain(i: int) -> Reasons:
        why = found.explain(i)
        return Reasons(why.because, why.missing)

    return Readings(_TWO_AND_MORE[found.possible], explain)


_VENTILATED = {"none": 1, "ventilator": 4}


def _respiration(looks: Looks) -> Readings:
    tube, device = looks.of("intubated"), looks.of("oxygen_device")
    truth = tube.holds
    classes = device.pick("respiration", lambda value: _VENTILATED.get(value, 2), 0)
    without = np.where(truth == NOT_MET, 0b011, 0b111)
    possible = np.where(truth == MET, 4, np.where(classes == 0, without, classes))

    def explain(i: int) -> Reasons:
        if truth[i] != MET and not device.there[i]:
            return Reasons((tube.because(i),), ("oxygen_device", "intubated"))
        return Reasons((tube.because(i), device.because(i)))

    return Readings(possible.astype(np.uint8), explain)


def _kidney(looks: Looks) -> Readings:
    done, now = looks.of("dialysis"), looks.of("creatinine")
    before = creatinine_before(looks, now, looks.infusion()).where(now.there)
    injury = compared(now, ">=", KIDNEY_TIMES, before)
    dialysis = done.holds
    possible = MASK_OF_TRUTH[injury] | np.where(dialysis == UNKNOWN, 4, 0)
    possible = np.where(dialysis == MET, 4, possible)

    def explain(i: int) -> Reasons:
        if dialysis[i] == MET:
            return Reasons((done.because(i),))
        lacks = []
        if injury[i] == UNKNOWN:
            lacks.append(BASELINE.format("creatinine") if now.there[i] else "creatinine")
        if dialysis[i] == UNKNOWN:
            lacks.append("dialysis")
        return Reasons((now.because(i), before.because(i, "baseline"), done.because(i)), lacks)

    return Readings(possible.astype(np.uint8), explain)


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


def _other_features(looks: Looks, look: int) -> list[str]:
    found = []
    if compared(looks.of("ldh"), ">", Decimal(1), looks.limit("ldh", "high"))[look] == MET:
        found.append("LDH above its upper limit")
    if looks.of("splenomegaly").holds[look] == MET:
        found.append("splenomegaly")
    if last_temperature(looks).truth[look] == MET:
        found.append("fever")
    if looks.of("triglycerides").truth(TRIGLYCERIDES)[look] == MET:
        found.append(f"triglycerides {TRIGLYCERIDES.text}")
    return found


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    del readings
    other = _other_features(looks, look)
    text = "provisional criteria"
    return f"{text}; other features: {', '.join(other)}" if other else text


SOURCE = Source(
    "Hines 2023, Transplant Cell Ther",
    "10.1016/j.jtct.2023.03.006",
    "tables of criteria and of grading",
    "of the open text (PMC10330221) the abstract and tables 4 and 5 were read; these two tables "
    "were found neither there nor in a reprint: rules from memory and secondary accounts, to be "
    "confirmed",
)

IECHS = Criterion(
    id="iechs_astct2023",
    title="HLH-like syndrome of immune effector cells (IEC-HS), ASTCT 2023",
    measures="grade",
    source=SOURCE,
    standing=Standing.PROVISIONAL,
    applies=after(NO_INFUSION),
    starts=since(),
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
        **dict.fromkeys(("platelet_refractory", "splenomegaly", "progression"), 168.0),
        "infection": EXCLUDED_FOR,
        **dict.fromkeys(("creatinine", "dialysis"), 48.0),
        **dict.fromkeys(("transfusion_dependent_bleeding", "bleeding_grade"), 24.0),
    },
    excludes=("infection", "progression"),
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
            timing,
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
            item_of(either(_liver_one("ast"), _liver_one("alt"))),
            "transaminase element unknown",
        ),
        Item(
            "fibrinogen",
            "Common: fibrinogen",
            ("fibrinogen not low", "low fibrinogen"),
            (FIBRINOGEN.opposite, f"{FIBRINOGEN.text}, or below the laboratory's lower limit"),
            item_of(_fibrinogen),
            "fibrinogen element unknown",
        ),
        Item(
            "tissue",
            "Common: tissue",
            ("no hemophagocytosis", "hemophagocytosis"),
            ("none found", "in marrow or other tissue"),
            item_of(present("hemophagocytosis")),
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
            item_of(either(*(_cytopenia_one(name, limit) for name, limit in SEVERE.items()))),
            "cytopenia element unknown",
        ),
        Item(
            "exclusions",
            "Other explanations",
            ("infection or progression not excluded", "infection and progression excluded"),
            ("suspected, proven or not recorded", "both recorded as excluded"),
            item_of(both(_excluded_one("infection"), _excluded_one("progression"))),
            "infection or progression not excluded",
        ),
        Item(
            "treated",
            "Treatment",
            ("no treatment for IEC-HS", "treated for IEC-HS"),
            ("watch and work up: grade 1", "treatment aimed at IEC-HS: grade 2"),
            item_of(among("treatment_for", TREATED_AS)),
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
        "Every line is provisional: the paper's tables of criteria and of grading were not read. "
        "Its table 5 lists what else explains the picture, CRS among it.",
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
        "the other explanation is excluded. Not recorded is not excluded; infection excluded "
        f"stands for {EXCLUDED_FOR:g} h, as in the decision on a second wave.",
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
