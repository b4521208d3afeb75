"""From schedules to lanes: trains unrolled, lags applied, everything in order of time.

The plain functions from `piece_at` on are what `kernels.py` compiles; they run uncompiled as well.
An event of a lane is (time, kind, index, value, row):

kind         index                     value
INPUT_ENDS   state                     input rate that stops
BREAK        piece that begins         -
RESET        -                         -
STEADY_SET   row of the steady table   -
STEADY_ADD   row of the steady table   -
BOLUS        state                     amount
INPUT_STARTS state                     input rate that starts

A row of the steady table is (amount, interval, duration, phase, state, piece, time): the phase is
the lag modulo the interval. Interval 0 is an endless input; its amount is the rate.

The row of an event is its place among the records of a data set, 0 for what has no record there
(`DoseEvent.row`); at one time events act by row, and a sample stands before those of higher row.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from equipoise.kinetics.events import MODELED_RATE, SAME_TIME, DoseEvent, Schedule

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

INPUT_ENDS, BREAK, RESET, STEADY_SET, STEADY_ADD, BOLUS, INPUT_STARTS = range(7)
KINDS = (
    "INPUT_ENDS",
    "BREAK",
    "RESET",
    "STEADY_SET",
    "STEADY_ADD",
    "BOLUS",
    "INPUT_STARTS",
)


MOST_DOSES = 10_000
"""Additional doses of one record; all of a record's are written out, and their cost is quadratic
(0.3 s for so many)."""

MOST_AT_ONCE = 1000
"""Infusions of one record that may run at one time; likewise (0.01 s)."""


FULL = 1
"""Whether there are steady states, resets, breaks or named pieces; every compiled kernel has its
own, and leaves out what it need not do."""


class Packed(NamedTuple):
    """Schedules as flat arrays; `x_from[s]:x_from[s + 1]` are those of schedule s."""

    dose_from: Integers
    doses: Floats  # (n, 10) time, amount, state, duration, interval, steady, rate, piece, row, addl
    reset_from: Integers
    resets: Floats
    reset_rows: Integers
    break_from: Integers
    breaks: Floats
    first: Floats  # (S,) time of the first dose or reset, infinite where there is none


class Timeline(NamedTuple):
    """Events of lanes in order of time; lane l of the block has events first[l]:last[l]."""

    first: Integers
    last: Integers
    times: Floats
    kinds: Integers
    indices: Integers
    values: Floats
    rows: Integers
    steady: Floats  # (n, 7)
    steady_lane: Integers


def pack(schedules: Sequence[Schedule], states: int) -> Packed:
    """Flat arrays of schedules; a train still is one row (`unroll` writes it out).

    Fails  ValueError when a dose goes into a state that does not exist.
    """
    # Microseconds a schedule matter where there are many: attribute by attribute takes the fewest.
    doses = [each.doses for each in schedules]
    resets = [each.resets for each in schedules]
    breaks = [each.breaks for each in schedules]
    listed = list(chain.from_iterable(doses))
    rows = np.zeros((len(listed), 10))
    if listed:
        rows[:, 0] = np.frombuffer(array("d", [dose.time for dose in listed]))
        rows[:, 1] = np.frombuffer(array("d", [dose.amount for dose in listed]))
        rows[:, 2] = np.frombuffer(array("d", [dose.compartment for dose in listed]))
        rows[:, 3] = np.frombuffer(array("d", [dose.duration for dose in listed]))
        rows[:, 7] = -1.0
    seldom = [
        (at, dose.interval, dose.steady, dose.rate, dose.piece, dose.row, dose.additional)
        for at, dose in enumerate(listed)
        if dose.interval
        or dose.steady
        or dose.rate
        or dose.piece != -1
        or dose.row
        or dose.additional
    ]
    if seldom:
        found = np.array(seldom, dtype=np.float64)
        rows[found[:, 0].astype(np.int64), 4:] = found[:, 1:]
    dose_from = _begins(doses)
    wrong = rows[:, 2] >= states
    if wrong.any():
        at = int(wrong.argmax())
        number = int(np.searchsorted(dose_from, at, side="right")) - 1
        raise ValueError(
            f"compartment {listed[at].compartment} of a dose in schedule {number} does not "
            f"exist: the system has states 0 to {states - 1}"
        )
    first = np.full(len(schedules), math.inf)
    some = (dose_from[1:] > dose_from[:-1]).nonzero()[0]
    if len(some):
        first[some] = np.minimum.reduceat(rows[:, 0], dose_from[some])
    cuts = np.empty((0, 2))
    if any(resets):
        own = [each.numbered_resets() for each in schedules]
        cuts = np.array(list(chain.from_iterable(own)), dtype=np.float64).reshape(-1, 2)
        earliest = [min(each, default=math.inf) for each in resets]
        first = np.minimum(first, earliest)
    return Packed(
        dose_from,
        rows,
        _begins(resets),
        np.ascontiguousarray(cuts[:, 0]),
        cuts[:, 1].astype(np.int64),
        _begins(breaks),
        np.array(list(chain.from_iterable(breaks)), dtype=np.float64),
        first,
    )


def _begins(stretches: Sequence[Sequence[object]]) -> Integers:
    """Where each stretch begins, and the last one ends, when they stand one after another."""
    begins = np.zeros(len(stretches) + 1, dtype=np.int64)
    if any(stretches):
        begins[1:] = np.fromiter(map(len, stretches), dtype=np.int64, count=len(stretches)).cumsum()
    return begins


def at_once(
    dose: DoseEvent,
    *,
    share: float = 1.0,
    lag: float = 0.0,
    rate: float = math.nan,
    duration: float = math.nan,
) -> float:
    """How many doses of a train are on their way or run at one time, by and large.

    share, lag      bioavailability and lag of its state
    rate, duration  what the model has for it, where the dose leaves it to the model
    """
    if dose.interval <= 0.0:
        return 0.0
    if dose.rate == MODELED_RATE and not rate > 0.0:
        return 0.0
    hours = float(duration_of((0.0, dose.amount, 0.0, dose.duration, 0.0, 0.0, dose.rate), share,
                              rate, duration))  # fmt: skip
    if dose.steady:
        return (lag + hours) / dose.interval
    return min(hours / dose.interval, float(dose.additional))


def cancelled(doses: Sequence[DoseEvent], time: float) -> list[DoseEvent]:
    """Doses recorded so far, without the additional ones still pending when the system restarts.

    Source  NONMEM help, SS and EVID: a restart zeroes the amounts and cancels pending additional
            doses.
    """
    kept = []
    for dose in doses:
        if dose.additional:
            # One that is due at the restart itself acts before it.
            past = math.floor((time - dose.time) / dose.interval + 1e-9)
            dose = replace(dose, additional=max(0, min(dose.additional, past)))
        kept.append(dose)
    return kept


def of_rows(begins: Integers) -> Integers:
    """For each row, the number of the stretch begins[i]:begins[i + 1] that holds it."""
    return np.arange(len(begins) - 1).repeat(begins[1:] - begins[:-1])


def longest(begins: Integers) -> int:
    """Rows of the longest stretch begins[i]:begins[i + 1]."""
    return int((begins[1:] - begins[:-1]).max(initial=0))


def unroll(dose_from: Integers, doses: Floats) -> tuple[Integers, Floats]:
    """Trains written out; doses of a schedule in order of time, ties in the order given.

    Returns (dose_from, doses) with ten columns: time, amount, state, duration, interval, steady,
    rate, piece, row, which of its train.
    """
    more = doses[:, 9]
    if more.any():
        times = 1 + more.astype(np.int64)
        ends = np.cumsum(times)
        new = doses.repeat(times, axis=0)
        new[:, 9] = np.arange(len(new)) - (ends - times).repeat(times)
        later = new[:, 9] > 0.0
        new[:, 0] += new[:, 9] * new[:, 4]
        new[later, 5] = 0.0
        new[later & (new[:, 8] == 0.0), 7] = -1.0
        doses, dose_from = new, np.concatenate(([0], ends))[dose_from]
    of = of_rows(dose_from)
    at = doses[:, 0]
    if ((at[1:] < at[:-1]) & (of[1:] == of[:-1])).any():
        doses = doses[np.lexsort((at, of))]
    return dose_from, doses


def piece_at(time, breaks, begin, end):
    """Index of the piece in force at a time; at a break, the one that begins there."""
    piece = 0
    while begin + piece < end and breaks[begin + piece] <= time:
        piece += 1
    return piece


def in_order(first, end, times, kinds, indices, values, rows):
    """Sort events first to end by time, ties as they stand but for ends, breaks and resets.

    At one time: by row; within a row ends of inputs, then breaks, then resets, then doses in the
    order given.
    """
    for i in range(first + 1, end):
        time, kind, index, value, row = times[i], kinds[i], indices[i], values[i], rows[i]
        rank = min(kind, STEADY_SET)
        at = i
        while at > first and (
            times[at - 1] > time
            or (
                times[at - 1] == time
                and (
                    rows[at - 1] > row
                    or (rows[at - 1] == row and min(kinds[at - 1], STEADY_SET) > rank)
                )
            )
        ):
            times[at] = times[at - 1]
            kinds[at] = kinds[at - 1]
            indices[at] = indices[at - 1]
            values[at] = values[at - 1]
            rows[at] = rows[at - 1]
            at -= 1
        times[at] = time
        kinds[at] = kind
        indices[at] = index
        values[at] = value
        rows[at] = row


def piece_of(dose, breaks, begin, end):
    """Index of the piece that a dose's own parameters come from."""
    if dose[7] >= 0.0:
        return int(dose[7])
    return piece_at(dose[0], breaks, begin, end)


def entry_piece(dose, piece, late, breaks, begin, end):
    """Index of the piece that says how much of a dose enters, and over how long.

    piece  that of the dose;  late  its lag
    What enters without a record of its own goes by the record then or next: by the piece that has
    not ended by then.
    """
    own = dose[8] == 0.0 or dose[7] < 0.0
    if own or dose[5] > 0.0 or (dose[9] == 0.0 and late == 0.0):
        return piece
    at = 0
    while begin + at < end and breaks[begin + at] < dose[0] + late - SAME_TIME:
        at += 1
    return at


def cut_of(i, begin, end, doses, reset_begin, reset_end, resets, reset_rows):
    """Time of the first reset, or steady state that replaces all, after the record of dose i."""
    time = doses[i, 0]
    cut = np.inf
    if doses[i, 8] == 0.0:
        for j in range(reset_begin, reset_end):
            if resets[j] > time:
                cut = resets[j]
                break
        for j in range(i + 1, end):
            if doses[j, 0] >= cut:
                break
            if doses[j, 5] == 1.0:
                return doses[j, 0]
        return cut
    row = doses[i, 8] if doses[i, 9] == 0.0 else 0.0
    for j in range(reset_begin, reset_end):
        apart = resets[j] - time
        if apart > SAME_TIME or (apart >= -SAME_TIME and reset_rows[j] > row):
            cut = min(cut, resets[j])
    for j in range(begin, end):
        if doses[j, 5] == 1.0:
            apart = doses[j, 0] - time
            if apart > SAME_TIME or (apart >= -SAME_TIME and doses[j, 8] > row):
                cut = min(cut, doses[j, 0])
    return cut


def duration_of(dose, share, modeled_rate, modeled_duration):
    """Hours of a dose's input: as recorded, or what its rate makes of the amount that enters."""
    rate = dose[6]
    if rate == 0.0:
        return dose[3]
    if rate == -2.0:
        return modeled_duration
    if rate == -1.0:
        rate = modeled_rate
    return dose[1] * share / rate


def count_of(
    lo,
    hi,
    schedule_of,
    dose_from,
    doses,
    reset_from,
    _resets,
    _reset_rows,
    break_from,
    breaks,
    bioavailability,
    lag,
    modeled_rate,
    modeled_duration,
):
    """How many events of lanes lo to hi there are at most, and how many steady states."""
    one_lane = bioavailability.shape[0] == 1
    one_piece = bioavailability.shape[1] == 1
    one_lane_lag = lag.shape[0] == 1
    one_piece_lag = lag.shape[1] == 1
    one_lane_rate = modeled_rate.shape[0] == 1
    one_piece_rate = modeled_rate.shape[1] == 1
    one_lane_duration = modeled_duration.shape[0] == 1
    one_piece_duration = modeled_duration.shape[1] == 1
    total = 0
    total_steady = 0
    for lane in range(lo, hi):
        s = schedule_of[lane]
        total += reset_from[s + 1] - reset_from[s] + break_from[s + 1] - break_from[s]
        for i in range(dose_from[s], dose_from[s + 1]):
            total += 2
            if doses[i, 5] > 0.0 and doses[i, 4] == 0.0:
                total_steady += 1
            elif doses[i, 5] > 0.0:
                state = int(doses[i, 2])
                piece = piece_of(doses[i], breaks, break_from[s], break_from[s + 1])
                late = lag[0 if one_lane_lag else lane, 0 if one_piece_lag else piece, state]
                duration = duration_of(
                    doses[i],
                    bioavailability[0 if one_lane else lane, 0 if one_piece else piece, state],
                    modeled_rate[
                        0 if one_lane_rate else lane, 0 if one_piece_rate else piece, state
                    ],
                    modeled_duration[
                        0 if one_lane_duration else lane, 0 if one_piece_duration else piece, state
                    ],
                )
                total += 5 + 2 * int((late + duration) / doses[i, 4])
                total_steady += 1
    return total, total_steady


def timeline(
    lo,
    hi,
    schedule_of,
    dose_from,
    doses,
    reset_from,
    resets,
    reset_rows,
    break_from,
    breaks,
    bioavailability,
    lag,
    modeled_rate,
    modeled_duration,
    first,
    last,
    times,
    kinds,
    indices,
    values,
    rows,
    steady,
    steady_lane,
):
    """Events of lanes lo to hi in order of time.

    bioavailability, lag, modeled_rate, modeled_duration
        (L or 1, P or 1, C); of size 1 along a dimension where it is constant
    first, ..., steady_lane
        written: the fields of `Timeline`, indexed by lane - lo
    Returns how many steady states there are.
    """
    one_lane = bioavailability.shape[0] == 1
    one_piece = bioavailability.shape[1] == 1
    one_lane_lag = lag.shape[0] == 1
    one_piece_lag = lag.shape[1] == 1
    one_lane_rate = modeled_rate.shape[0] == 1
    one_piece_rate = modeled_rate.shape[1] == 1
    one_lane_duration = modeled_duration.shape[0] == 1
    one_piece_duration = modeled_duration.shape[1] == 1
    n = np.int64(0)
    row = 0
    for lane in range(lo, hi):
        s = schedule_of[lane]
        first[lane - lo] = n
        if FULL:
            for i in range(break_from[s], break_from[s + 1]):
                times[n], kinds[n], indices[n], values[n] = (
                    breaks[i],
                    BREAK,
                    i - break_from[s] + 1,
                    0.0,
                )
                n += 1
            for i in range(reset_from[s], reset_from[s + 1]):
                times[n], kinds[n], indices[n], values[n] = resets[i], RESET, 0, 0.0
                rows[n] = reset_rows[i]
                n += 1
        for i in range(dose_from[s], dose_from[s + 1]):
            time = doses[i, 0]
            state = int(doses[i, 2])
            piece = 0
            cut = np.inf
            if FULL:
                piece = piece_of(doses[i], breaks, break_from[s], break_from[s + 1])
                cut = cut_of(
                    i,
                    dose_from[s],
                    dose_from[s + 1],
                    doses,
                    reset_from[s],
                    reset_from[s + 1],
                    resets,
                    reset_rows,
                )
            own = int(doses[i, 8])
            late = lag[0 if one_lane_lag else lane, 0 if one_piece_lag else piece, state]
            if FULL and doses[i, 5] > 0.0 and doses[i, 4] == 0.0:
                rate = doses[i, 6]
                if rate == -1.0:
                    rate = modeled_rate[
                        0 if one_lane_rate else lane, 0 if one_piece_rate else piece, state
                    ]
                steady[row, 0], steady[row, 1], steady[row, 2] = rate, 0.0, 0.0
                steady[row, 3], steady[row, 4], steady[row, 5] = 0.0, state, piece
                steady[row, 6] = time
                steady_lane[row] = lane
                kind = STEADY_SET if doses[i, 5] == 1.0 else STEADY_ADD
                times[n], kinds[n], indices[n], values[n] = time, kind, row, 0.0
                rows[n] = own
                n += 1
                row += 1
                continue
            if FULL:
                piece = entry_piece(doses[i], piece, late, breaks, break_from[s], break_from[s + 1])
            share = bioavailability[0 if one_lane else lane, 0 if one_piece else piece, state]
            duration = duration_of(
                doses[i],
                share,
                modeled_rate[0 if one_lane_rate else lane, 0 if one_piece_rate else piece, state],
                modeled_duration[
                    0 if one_lane_duration else lane, 0 if one_piece_duration else piece, state
                ],
            )
            amount = doses[i, 1] * share
            before = 0
            meets = -1
            interval = doses[i, 4]
            if FULL and doses[i, 5] > 0.0:
                if cut <= time and own == 0:
                    continue
                steady[row, 0] = amount
                steady[row, 1] = interval
                steady[row, 2] = duration
                # A lag of whole intervals lets a dose of the train enter at the record itself.
                meets = int(np.floor(late / interval + 0.5))
                if abs(late - meets * interval) < SAME_TIME:
                    late = meets * interval
                    steady[row, 3] = 0.0
                else:
                    meets = -1
                    steady[row, 3] = late - np.floor(late / interval) * interval
                steady[row, 4] = state
                steady[row, 5] = piece
                steady[row, 6] = time
                steady_lane[row] = lane
                kind = STEADY_SET if doses[i, 5] == 1.0 else STEADY_ADD
                times[n], kinds[n], indices[n], values[n] = time, kind, row, 0.0
                rows[n] = own
                n += 1
                row += 1
                before = max(meets, int(np.floor((late + duration) / interval)))
            if amount == 0.0:
                continue
            # Earlier doses of a steady train that still run or have not entered, then the dose.
            for k in range(before, -1, -1):
                start = time if k == meets else time + late - k * interval
                end = start + duration
                if start < time and end <= time:
                    continue
                if (own == 0 and start >= cut) or start > cut + SAME_TIME:
                    continue
                # In a data set what enters at the time of a reset has done so before its record.
                at_once = end <= start
                start = min(start, cut)
                by = own if doses[i, 9] == 0.0 and start <= time else 0
                if at_once:
                    times[n], kinds[n], indices[n], values[n] = start, BOLUS, state, amount
                    rows[n] = by
                    n += 1
                    continue
                rate = amount / duration
                start = max(start, min(time, cut))
                times[n], kinds[n], indices[n], values[n] = start, INPUT_STARTS, state, rate
                rows[n] = by
                n += 1
                if end < cut:
                    times[n], kinds[n], indices[n], values[n] = end, INPUT_ENDS, state, rate
                    n += 1
        in_order(first[lane - lo], n, times, kinds, indices, values, rows)
        last[lane - lo] = n
    return row
