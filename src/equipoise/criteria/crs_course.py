"""The course of CRS at each moment: its peak so far, and whether it has fallen from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.chart import CELLS, DOSES, Bools, Floats, Ints, ticks
from equipoise.criteria.crs_astct2019 import CRS
from equipoise.criterion import Readings, Reasons, evaluate, look_now
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, alike, knowledge
from equipoise.readers import MASK_OF_TRUTH
from equipoise.record import SAME_TIME
from equipoise.truth import Because


@dataclass(slots=True)
class _Course:
    """CRS at each event that it reads, for groups of looks that know the same.

    group       of each look; of each event
    at          hours of each event
    low, high   grade at each event
    peak        highest `low` up to each event
    most        highest `high` up to each event
    fallen      a grade below the peak before it has been seen by each event
    may_have    a `low` below the highest `high` before it has been seen
    """

    group: Ints
    event_group: Ints
    at: Floats
    low: Ints
    high: Ints
    peak: Ints
    most: Ints
    fallen: Bools
    may_have: Bools


CRS_READS = (*CRS.windows, "death", DOSES, CELLS)


def _course(looks: Looks) -> _Course:
    start = np.nan_to_num(looks.infusion())
    which, group = alike(looks.record, start, knowledge(looks, CRS_READS))
    # One look speaks for those that know the same: the latest.
    groups = len(which)
    order = np.lexsort((looks.at, group))
    which = order[np.searchsorted(group[order], np.arange(groups), side="right") - 1]
    some = looks.take(which)
    of, times = [], []
    for series in (s for name in CRS.windows for s in looks.chart.columns(name)):
        if series.rows:
            spread = some.between(series, start[which])
            of.append(spread.look)
            times.append(series.at[spread.row])
    event_group = np.concatenate(of) if of else np.zeros(0, dtype=np.int64)
    at = np.concatenate(times) if times else np.zeros(0)
    # One key sorts faster than two, as long as no two times share one.
    order = np.argsort((event_group << 44) + ticks(at), kind="stable")
    if np.any((np.diff(event_group[order]) == 0) & (np.diff(at[order]) < 0)):
        order = np.lexsort((at, event_group))
    event_group, at = event_group[order], at[order]
    new = np.append(True, (event_group[1:] != event_group[:-1]) | (at[1:] != at[:-1]))[: len(at)]
    event_group, at = event_group[new], at[new]
    if not len(at):
        nothing, none = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
        return _Course(group, event_group, at, nothing, nothing, nothing, nothing, none, none)
    graded = evaluate(
        CRS, look_now(looks.chart, some.record[event_group], at, some.known[event_group])
    )
    low = np.where(graded.applied, graded.low, 0)
    high = np.where(graded.applied, graded.high, 99)
    # Grades are small: with a step between groups, one running maximum serves them all.
    step = event_group * 100
    peak = np.maximum.accumulate(low + step) - step
    most = np.maximum.accumulate(np.where(graded.applied, high, 0) + step) - step
    opens = np.append(True, event_group[1:] != event_group[:-1])
    before, most_before = (np.where(opens, 0, np.roll(x, 1)) for x in (peak, most))
    fallen = (high < before) & (before > 0)
    may_have = graded.applied & (low < most_before)
    return _Course(
        group, event_group, at, low, high, peak, most,
        np.maximum.accumulate(fallen + step) - step > 0,
        np.maximum.accumulate(may_have + step) - step > 0,
    )  # fmt: skip


def timing(looks: Looks) -> Readings:
    """Whether CRS has been below its peak: class 1 from the first known fall on.

    Unknown while no CRS was seen for certain, or where it may have fallen.
    """
    course = _course(looks)
    now = evaluate(CRS, looks)
    low = np.where(now.applied, now.low, 0)
    high = np.where(now.applied, now.high, 99)
    key = ticks(course.at) + (course.event_group << 44)
    place = np.searchsorted(key, ticks(looks.at) + (course.group << 44), side="right") - 1
    there = place >= 0
    if len(key):
        there &= course.event_group[place] == course.group
        peak = np.where(there, course.peak[place], 0)
        most = np.where(there, course.most[place], 0)
        fallen = there & course.fallen[place]
        may_have = there & course.may_have[place]
    else:
        peak = most = np.zeros(len(looks), dtype=np.int64)
        fallen = may_have = np.zeros(len(looks), dtype=np.bool_)
    fallen = fallen | ((peak > 0) & (high < peak))
    may_have = may_have | (now.applied & (low < most))
    peak = np.maximum(peak, low)
    truth = np.where(fallen, MET, np.where((peak == 0) | may_have, UNKNOWN, NOT_MET))

    def explain(i: int) -> Reasons:
        if truth[i] == UNKNOWN:
            readings = now.snapshot(i).readings
            return Reasons((), [name for r in readings for name in r.missing])
        events = np.flatnonzero(
            (course.event_group == course.group[i]) & (course.at <= looks.at[i] + SAME_TIME)
        )
        rows = [(float(course.at[k]), int(course.low[k]), int(course.high[k])) for k in events]
        rows.append((float(looks.at[i]), int(low[i]), int(high[i])))
        top: tuple[float, int] | None = None
        for time, least, most in rows:
            if top is not None and most < top[1]:
                return Reasons(
                    (
                        Because(CRS.id, top[0], f"at least grade {top[1]}", "our grade"),
                        Because(CRS.id, time, f"at most grade {most}", "our grade"),
                    )
                )
            if least > 0 and (top is None or least > top[1]):
                top = (time, least)
        assert top is not None
        text = f"grade {top[1]}, not fallen since"
        return Reasons((Because(CRS.id, top[0], text, "our grade"),))

    return Readings(MASK_OF_TRUTH[truth], explain)
