"""Acute kidney injury, KDIGO 2012: stage by creatinine and by urine output, the worse of both."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from equipoise import units
from equipoise.chart import Addition, Floats, Ints
from equipoise.criterion import (
    Course,
    Criterion,
    Effort,
    Item,
    Probe,
    Readings,
    Reasons,
)
from equipoise.looks import (
    BASELINE_DAYS,
    GRAFTS,
    MET,
    NOT_MET,
    UNKNOWN,
    Looks,
    Masks,
    Rows,
    Truths,
    compared,
    span_masks,
)
from equipoise.probe import baselines, choices, multiples
from equipoise.readers import (
    BASELINE,
    MASK_OF_TRUTH,
    banded,
    beside_before,
    creatinine_before,
    item_of,
    present,
)
from equipoise.record import SAME_TIME
from equipoise.source import Source, Standing
from equipoise.truth import Limit, compare
from equipoise.units import Quantity

RATIOS = (Decimal("1.5"), Decimal("2.0"), Decimal("3.0"))
"""Creatinine over its baseline from which stages 1, 2 and 3 are given."""
RISE = {"mg/dL": "0.3", "umol/L": "26.5"}
RISE_HOURS = 48.0
HIGH = Limit(">=", (("4.0", "mg/dL"),), "creatinine")
LOW_OUTPUT = Limit("<", (("0.5", "mL/kg/h"),))
LOWEST_OUTPUT = Limit("<", (("0.3", "mL/kg/h"),))
NO_OUTPUT = Limit("<=", (("0", "mL/kg/h"),))
LOW_HOURS = (6.0, 12.0)
LOWEST_HOURS = 24.0
NO_OUTPUT_HOURS = 12.0


def reference(looks: Looks) -> Floats:
    """The last infusion of a graft or of CAR-T cells, else day 0: where a baseline is taken."""
    last = np.fmax(looks.infusion(GRAFTS), looks.infusion())
    return np.where(np.isnan(last), 0.0, last)


def _before(looks: Looks, now: Rows) -> Rows:
    return creatinine_before(looks, now, reference(looks))


def _ratio(looks: Looks) -> Readings:
    now = looks.of("creatinine")
    before = _before(looks, now)
    truths = [compared(now, ">=", times, before) for times in RATIOS]
    possible = _stacked(truths)
    return Readings(possible, beside_before(now, before))


def _stacked(truths: Sequence[Truths]) -> Masks:
    """Possible classes where each truth, met, makes the next class."""
    least, most = (np.sum([t > bound for t in truths], axis=0) for bound in (UNKNOWN, NOT_MET))
    possible: Masks = span_masks(tuple(range(len(truths) + 1)))[least, most]
    return possible


def _against(first: Looks, later: Looks) -> tuple[Ints, Ints]:
    """Stage by the ratio to what creatinine was before the injury began.

    The lowest of seven days moves up with a creatinine that stays high; the injury does not end
    with that.
    """
    before = _before(first, first.of("creatinine"))
    now = later.of("creatinine")
    base = Rows(before.series, np.repeat(before.index, len(later)))
    truths = [compared(now, ">=", times, base) for times in RATIOS]
    least, most = (np.sum([t > bound for t in truths], axis=0) for bound in (UNKNOWN, NOT_MET))
    return np.where(base.there, least, 0), np.where(base.there, most, 0)


def _rise(looks: Looks) -> Readings:
    now = looks.of("creatinine")
    series = now.series
    earlier = looks.between(series, now.at - RISE_HOURS, now.at - 2 * SAME_TIME)
    exact = Rows(series, earlier.row).judge("exact", lambda v: int(not v.comparator), 0) == 1
    earlier = earlier.where(exact & now.there[earlier.look])
    lowest = earlier.best(Rows(series, earlier.row).number, lowest=True)
    truth = _risen(now, lowest)

    def explain(i: int) -> Reasons:
        if not now.there[i]:
            return Reasons((), ("creatinine",))
        note = f"lowest of {RISE_HOURS:g} h"
        return Reasons((now.because(i), lowest.because(i, note)), (BASELINE.format("creatinine"),))

    return Readings(MASK_OF_TRUTH[truth], explain)


def _risen(now: Rows, lowest: Rows) -> Truths:
    """Whether a value is so much above the lowest before it, in the unit in which it came."""
    least = float(RISE["mg/dL"])
    with np.errstate(invalid="ignore"):
        rise = now.number - lowest.number
        truth = np.where(rise >= least, MET, NOT_MET).astype(np.int8)
        # The printed rises differ by a part in a thousand: near them the entered unit decides.
        near = np.flatnonzero(np.abs(rise - least) <= 0.01)
    first, second = now.series.code[now.index], lowest.series.code[lowest.index]
    known: dict[tuple[int, int], int] = {}
    for look in near:
        pair = (int(first[look]), int(second[look]))
        if pair not in known:
            known[pair] = _risen_exactly(now.series.values[pair[0]], lowest.series.values[pair[1]])
        truth[look] = known[pair]
    censored = np.append(now.series.entered().comparator, 0)[first]
    truth[(censored == 2) & (truth == NOT_MET)] = UNKNOWN
    truth[(censored == 1) & (truth == MET)] = UNKNOWN
    truth[(first < 0) | (second < 0)] = UNKNOWN
    return truth


def _risen_exactly(value: Quantity, before: Quantity) -> int:
    unit = value.unit if value.unit in RISE else "mg/dL"
    start = units.convert(before.number, before.unit, unit, substance="creatinine")
    bound = start + Decimal(RISE[unit])
    return compare(value, ">=", bound, unit, substance="creatinine").number


def _output(looks: Looks) -> Readings:
    rows = looks.of("urine_output")
    low, lowest, none = (rows.truth(limit) for limit in (LOW_OUTPUT, LOWEST_OUTPUT, NO_OUTPUT))
    over = np.full(len(looks), np.nan)
    if rows.series.over is not None:
        over = rows.series.over[rows.index]

    def lasting(truth: Truths, hours: float) -> Truths:
        long = np.where(np.isnan(over), UNKNOWN, np.where(over >= hours, MET, NOT_MET))
        return np.minimum(truth, long).astype(np.int8)

    first, second = lasting(low, LOW_HOURS[0]), lasting(low, LOW_HOURS[1])
    third = np.maximum(lasting(lowest, LOWEST_HOURS), lasting(none, NO_OUTPUT_HOURS))
    second = np.maximum(second, third)
    possible = _stacked((np.maximum(first, second), second, third))
    return Readings(possible, lambda i: Reasons((rows.because(i),), ("urine_output",)))


def combine(classes: Sequence[int]) -> int:
    """Ratio, rise, 4.0 mg/dL, urine output, dialysis -> stage."""
    ratio, rise, high, output, dialysis = classes
    injured = ratio or rise
    return max(ratio, rise, 3 if high and injured else 0, output, 3 * dialysis)


class _Output:
    """A urine output averaged over some hours, as an answer of a probe."""

    def __init__(self, number: str, hours: float) -> None:
        self.value, self.hours = units.parse(f"{number} mL/kg/h"), hours

    def __call__(self, looks: Looks, look: int) -> Sequence[Addition]:
        return (Addition("urine_output", float(looks.at[look]), self.value, over=self.hours),)


AKI = Criterion(
    id="aki_kdigo2012",
    title="Acute kidney injury (AKI), KDIGO 2012",
    measures="grade",
    source=Source(
        "KDIGO 2012, Kidney Int Suppl",
        "10.1038/kisup.2012.1",
        "definition and staging of AKI",
        "read as reprinted (qxmd; PMC4943672 with a misprint in stage 2), not in the guideline",
    ),
    standing=Standing.PUBLISHED,
    combine=combine,
    course=Course(against=_against),
    leading=("creatinine", "urine_output", "dialysis"),
    windows={"creatinine": 48.0, "urine_output": 24.0, "dialysis": 48.0},
    items=(
        Item(
            "ratio",
            "Creatinine over baseline",
            ("creatinine below 1.5 x baseline", "creatinine 1.5 x baseline",
             "creatinine 2 x baseline", "creatinine 3 x baseline"),
            (
                f"< {RATIOS[0]} x the lowest of 7 days",
                f">= {RATIOS[0]} x: stage 1",
                f">= {RATIOS[1]} x: stage 2",
                f">= {RATIOS[2]} x: stage 3",
            ),
            _ratio,
            "creatinine against baseline unknown",
        ),
        Item(
            "rise",
            "Rise of creatinine",
            ("no rise of creatinine in 48 h", "rise of creatinine in 48 h"),
            (
                "less",
                f">= {RISE['mg/dL']} mg/dL ({RISE['umol/L']} umol/L) within {RISE_HOURS:g} h: "
                "stage 1",
            ),
            _rise,
            "rise of creatinine in 48 h unknown",
        ),
        Item(
            "high",
            "High creatinine",
            ("creatinine below 4.0 mg/dL", "creatinine of 4.0 mg/dL"),
            (HIGH.opposite, f"{HIGH.text}, with a ratio or rise as above: stage 3"),
            banded("creatinine", (HIGH,)),
            "creatinine unknown",
        ),
        Item(
            "output",
            "Urine output",
            ("urine output not low", "low urine output", "urine output low for 12 h",
             "urine output lowest"),
            (
                f"{LOW_OUTPUT.opposite}, or for less than {LOW_HOURS[0]:g} h",
                f"{LOW_OUTPUT.text} for {LOW_HOURS[0]:g} h: stage 1",
                f"{LOW_OUTPUT.text} for {LOW_HOURS[1]:g} h: stage 2",
                f"{LOWEST_OUTPUT.text} for {LOWEST_HOURS:g} h or none for {NO_OUTPUT_HOURS:g} h: "
                "stage 3",
            ),
            _output,
            "urine output unknown",
        ),
        Item(
            "dialysis",
            "Renal replacement",
            ("no dialysis", "dialysis"),
            ("none", "renal replacement therapy: stage 3"),
            item_of(present("dialysis")),
            "dialysis unknown",
        ),
    ),
    probes=(
        choices("dialysis"),
        Probe(
            "urine_output",
            Effort.BEDSIDE,
            (
                (LOW_OUTPUT.opposite, _Output("1.0", LOWEST_HOURS)),
                (f"{LOW_OUTPUT.text} for {LOW_HOURS[0]:g} h", _Output("0.4", LOW_HOURS[0])),
                (f"{LOW_OUTPUT.text} for {LOW_HOURS[1]:g} h", _Output("0.4", LOW_HOURS[1])),
                (f"{LOWEST_OUTPUT.text} for {LOWEST_HOURS:g} h", _Output("0.2", LOWEST_HOURS)),
            ),
        ),
        multiples("creatinine", RATIOS[2], ">="),
        baselines("creatinine", RATIOS[0], reference),
    ),
    notes=(
        "Baseline: the lowest creatinine of the 7 days before, else the last value before the last "
        f"infusion, at most {BASELINE_DAYS} d old.",
        "A rise within 48 h needs an earlier value of these 48 h; without one it is unknown.",
        "The ratio of the table ends at 1.9 and begins again at 2.0: what lies between is stage 1.",
        "In an episode the ratio is also taken to what creatinine was before it began, so that a "
        "creatinine which stays high for more than 7 d does not end it (project choice).",
        "Conflict: one reprint has stage 2 from 1.0, a misprint for 2.0.",
        f"Creatinine {HIGH.text} counts where the rise or the ratio shows an acute injury.",
        "Urine output counts with the hours over which it was averaged (`over`); without them it "
        "may be any stage that its number allows.",
        "Stage 3 by an estimated filtration below 35 in children is not read.",
    ),
    tags=("kidney",),
)  # fmt: skip
