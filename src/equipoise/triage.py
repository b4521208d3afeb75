"""Level triage: each level is judged before it is believed.

Suspects are shown with the reason and stay in the main fit; the fit without them is printed beside
it. Only what a model cannot speak about at all (a level before steady state, for a model made from
steady-state troughs) is left out, and that is said too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.model import Array, Model, PlainDose, Purpose
from equipoise.patient import Present, last_run, usual_interval
from equipoise.record import SAME_TIME, Given, Measurement

STEADY_AFTER = 7 * 24.0
"""Hours of an unchanged course before a trough counts as steady: the sirolimus label's 7 days."""

TROUGH_BEFORE = 4.0
"""Hours before the next dose within which a sample is a trough (project convention)."""

AFTER_INFUSION = 1.0
"""Hours after an infusion in which a sample may still show the line (project convention)."""

CONTINUOUS = 24.0
"""Hours from which an infusion counts as continuous: a level is meant to be drawn during it."""

SURPRISE = 3.0
"""Standard deviations from the population's prediction beyond which a level is a suspect."""

ONE_SD = 0.158655
"""Share of a normal distribution below its mean less one SD."""

RATIO = 5.0
"""A level this many times above or below the population's 90 % band is a suspect."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A level and what is thought of it.

    verdict  "used", "suspect" (used; shown with and without), "left out" (the model cannot use it)
    """

    level: Measurement
    verdict: str
    reasons: tuple[str, ...]


def judge(
    model: Model,
    levels: Sequence[Measurement],
    given: Sequence[Given],
    present: Present | None,
    prior: Array,
) -> tuple[Judged, ...]:
    """Judge each level.

    levels  by time;  given  doses counted as given, by time
    prior   (draws, n) predictions of the population at the levels, with residual error
    """
    methods = [m.method for m in levels if m.method]
    # Ties go to the method seen first: a set's order would differ from run to run.
    usual = max(dict.fromkeys(methods), key=methods.count) if methods else ""
    judged = []
    for j, level in enumerate(levels):
        reasons = [*_timing(level, given), *_size(level, prior[:, j])]
        if level.method and usual and level.method != usual:
            reasons.append(f"another assay than the other levels ({level.method} against {usual})")
        verdict = "suspect" if reasons else "used"
        remark = _at_the_dose(level, given)
        if remark:
            # Most troughs are charted at the minute of the dose: worth a remark, not a suspicion.
            reasons.append(remark)
        if model.purposes == frozenset({Purpose.STEADY_STATE_TROUGH}):
            why = not_steady(level, given, present)
            if why:
                verdict, reasons = (
                    "left out",
                    [f"{model.id} knows steady-state troughs only: {why}"],
                )
        judged.append(Judged(level, verdict, tuple(reasons)))
    return tuple(judged)


def not_steady(level: Measurement, given: Sequence[Given], present: Present | None) -> str:
    """Why a level is not a steady-state trough, or "" where it is one."""
    before = [d for d in given if d.at < level.at - SAME_TIME]
    # The course that ran when the level was drawn, which need not be the present one.
    run = last_run(before)
    if run:
        start, interval = run[0].at, usual_interval(run)
    elif before and present is not None:
        start, interval = before[-1].at, present.interval
    else:
        return "no regular course before it"
    unchanged = level.at - start
    if unchanged < STEADY_AFTER - 12.0:
        return f"drawn {unchanged / 24.0:.1f} days after the last change of dose, not 7"
    since_dose = level.at - before[-1].at
    if since_dose < interval - TROUGH_BEFORE:
        return f"drawn {since_dose:.1f} h after a dose that is due every {interval:g} h"
    if since_dose > interval + TROUGH_BEFORE:
        return f"drawn {since_dose:.1f} h after the last charted dose; a dose may be missing"
    return ""


def near_infusion(at: float, doses: Sequence[Given | PlainDose]) -> bool:
    """Whether a sample then would fall into an infusion or show the line after it."""
    return any(
        begin + SAME_TIME < at < begin + d.duration + AFTER_INFUSION
        for d in doses
        if 0.0 < d.duration < CONTINUOUS
        for begin in (d.at if isinstance(d, Given) else d.time,)
    )


def _timing(level: Measurement, given: Sequence[Given]) -> list[str]:
    reasons = []
    for dose in given:
        if dose.duration > 0.0:
            end = dose.at + dose.duration
            if dose.at + SAME_TIME < level.at < end - SAME_TIME and dose.duration < CONTINUOUS:
                reasons.append("drawn during the infusion")
            elif end - SAME_TIME <= level.at < end + AFTER_INFUSION and dose.duration < CONTINUOUS:
                reasons.append(
                    f"drawn within {AFTER_INFUSION:g} h of the end of the infusion: the line may "
                    "have been sampled"
                )
    return reasons


def _at_the_dose(level: Measurement, given: Sequence[Given]) -> str:
    same = any(d.duration == 0.0 and abs(d.at - level.at) <= SAME_TIME for d in given)
    return (
        "its time is the dose's time to the minute: read as drawn before the dose" if same else ""
    )


def _size(level: Measurement, prior: Array) -> list[str]:
    finite = prior[np.isfinite(prior)]
    if len(finite) < 20:
        return []
    low, below, middle, above, high = (
        float(q) for q in np.quantile(finite, (0.05, ONE_SD, 0.5, 1.0 - ONE_SD, 0.95))
    )
    if level.censored == "<":
        if level.number < low / RATIO:
            return ["below the limit where the model expects a clear level: was the dose given?"]
        return []
    if level.number <= 0.0 or middle <= 0.0:
        return []
    distance = math.log(level.number / middle)
    # One SD to either side, by quantiles: predictions cut at zero would swamp an SD of logs.
    up = math.log(above / middle)
    down = math.log(middle / below) if below > 0.0 else math.inf
    if level.number > RATIO * high or distance > SURPRISE * up:
        return [
            f"{level.number / middle:.1f} times the population's median: "
            "contamination, a wrong time or an unusual patient"
        ]
    if level.censored == ">":
        return []
    if level.number < low / RATIO or -distance > SURPRISE * down:
        return [
            f"{middle / level.number:.1f} times below the population's median: "
            "was the dose given, is the time right?"
        ]
    return []
