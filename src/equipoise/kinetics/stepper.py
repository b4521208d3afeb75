"""Integration of many lanes with one shared adaptive step (Tsitouras 5(4), dense output).

For lanes whose differences count, as copies of a subject with perturbed parameters; other lanes
take steps of their own (`own_steps.py`).

A block holds up to 32 lanes as a structure of arrays. Every lane has its own schedule: what lies
between two of its events is a segment, normalised to [0, 1], and the block crosses its lanes'
segments side by side; a lane that has no more is idle, with duration 0. The step is chosen by the
worst lane. Samples are read off the dense output, so they cost no steps; areas are the same
quadrature applied to the stages and do not influence the steps.

The plain functions below become one kernel for all systems. What belongs to a system, its slopes
and the stages of a step, it calls by address; `stages.py` writes them with the rates in line.

Source  Hairer, Norsett & Wanner, Solving ODEs I, section II.4, and Hairer & Wanner, Solving ODEs
        II, section IV.8 (the choice of the step); coefficients are in `tsitouras.py`.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.kinetics.block import (
    DUE,
    END,
    ERROR,
    EVENT,
    EXPLICIT,
    FAR,
    FLOOR,
    GROUP,
    HELD_BACK,
    LANE,
    LANES,
    MAGNITUDE,
    MOST,
    OUT,
    OUT_END,
    OUT_FROM,
    PARAMETERS,
    ROW,
    ROWS,
    SCALE,
    SPARE,
    STATES,
    STOP,
    WIDE,
    H,
    K,
    T,
)
from equipoise.kinetics.samples import accumulate, before, call_attempt, due, sample
from equipoise.kinetics.schedule import (
    BOLUS,
    BREAK,
    INPUT_ENDS,
    INPUT_STARTS,
    STEADY_ADD,
    STEADY_SET,
)

TOO_MANY_STEPS = 1
COLLAPSED = 2
STIFF = 3
HINDERED = 4

EVERY = 8
"""Of so many steps one is asked whether stability limits it."""

HELD = 2.5
"""Rate of forgetting x step from which stability is held to be the limit."""

RISE = 0.125
"""A state that rises is held to its value at the end of a step times this, if that is more than at
the beginning: samples on its way up are as much smaller."""

GROWTH = 6.0
"""By how much a step may be longer than the one before, unless that was not accepted."""

TREND = (0.5, 1.2)
"""By how much the errors of the last two steps may change the choice of the next."""

FREE = 96
"""Steps limited by stability that a segment may have without being counted."""

PATIENCE = 320.0
"""Steps limited by stability, beyond the free ones, until lanes are given up as stiff."""

LINE = 8
"""Numbers that memory hands out together."""

AHEAD = 128
"""So many of a lane's events, samples and amounts are fetched before its block begins."""

SETTINGS = (
    "LINE",
    "AHEAD",
    "MANTISSA",
    "ONE",
    "LN2_EIGHTH",
    "TOO_MANY_STEPS",
    "COLLAPSED",
    "STIFF",
    "HINDERED",
    "EVERY",
    "HELD",
    "GROWTH",
    "TREND",
    "FREE",
    "PATIENCE",
)


@dataclass(frozen=True, slots=True)
class System:
    """States and their rates of change.

    states           names, in order
    parameter_names  names, in order
    rates            rates(t, x, p, dx): plain scalar arithmetic that reads x[i] (amounts), p[j]
                     and t (hours) and writes every dx[i] (amount per hour). Doses are no part of
                     it: the engine adds boluses and zero-order inputs. It may use `math`, `if`,
                     local names, module-level numbers and other plain functions. Indices that
                     are literals let it be unrolled over lanes, several times faster.
    """

    states: tuple[str, ...]
    parameter_names: tuple[str, ...]
    rates: Callable[..., Any]


MANTISSA = 0xFFFFFFFFFFFFF
ONE = 1023 << 52
LN2_EIGHTH = 0.08664339756999316


def call_derive(address, w, n, tau):
    """Write the slopes at X to K; the system's own (`calls.py`)."""
    raise NotImplementedError


def fetch(array, index):
    """Begin to load a number of an array that will soon be read (`calls.py`)."""
    raise NotImplementedError


def logarithm(bits, w, place):
    """Logarithm to base 2 of the number at a place of the buffer, to 0.01; the number is lost."""
    found = bits[place]
    bits[place] = (found & MANTISSA) | ONE
    part = w[place]
    return (found >> 52) - 1023 + (2.0 - part / 3.0) * part - 5.0 / 3.0


def power(exponent):
    """2 to an exponent, to 0.2 %, between 2^-3 and 2^3."""
    a = LN2_EIGHTH * max(-3.0, min(3.0, exponent))
    a = 1.0 + a * (1.0 + a * (0.5 + a / 6.0))
    a *= a
    a *= a
    return a * a


def held(w, shape, seat, n):
    """Whether stability, not accuracy, limits the step of some lane, and mark which.

    The last two stages stand at the same time: by how much their slopes differ, for so much as they
    themselves do, is the fastest rate at which the system forgets (Hairer & Wanner, Solving ODEs
    II, section IV.2). The method is stable up to about 3.5 of it in a step. The two stand in ERROR
    and SPARE, squared.
    """
    any_held = False
    row = 3 * (shape[STATES] & MOST) + (shape[PARAMETERS] & MOST)
    for slot in range(n):
        slopes = w[(row + ERROR) * LANES + slot]
        if slopes > HELD * HELD * w[(row + SPARE) * LANES + slot]:
            seat[HELD_BACK, slot] += 1
            any_held = True
    return any_held


def apply(w, shape, slot, kind, index, value, running, steady, parameters, lane):
    """Let one event act on a lane."""
    states = shape[STATES] & MOST
    if kind == BOLUS:
        w[index * LANES + slot] += value
    elif kind == INPUT_STARTS:
        w[(2 * states + index) * LANES + slot] += value
        running[slot, index] += 1
    elif kind == INPUT_ENDS:
        running[slot, index] -= 1
        if running[slot, index] == 0:
            w[(2 * states + index) * LANES + slot] = 0.0
        else:
            w[(2 * states + index) * LANES + slot] -= value
    elif kind == BREAK:
        piece = 0 if parameters.shape[1] == 1 else index
        for j in range(shape[PARAMETERS]):
            w[(3 * states + j) * LANES + slot] = parameters[lane, piece, j]
    else:
        for i in range(states):
            if kind == STEADY_ADD:
                w[i * LANES + slot] += steady[index, i]
            else:
                w[i * LANES + slot] = steady[index, i] if kind == STEADY_SET else 0.0
                w[(2 * states + i) * LANES + slot] = 0.0
                running[slot, i] = 0


def settle(
    w, shape, seat, slot, running, final, event_times, kinds, indices, values, rows, steady,
    out_times, out_after, parameters, observed, amounts, areas,
):  # fmt: skip
    """Write a lane's samples where it stands, let events act there, and say how far it goes next.

    final  the last of its events, and one more
    Returns 1 if it goes on, and 2 more if something has entered.
    """
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    number = observed.shape[0]
    lane = seat[LANE, slot] & FAR
    now = w[(row + END) * LANES + slot]
    stop = np.inf
    enters = 0
    while True:
        e = seat[EVENT, slot] & FAR
        stop = np.inf
        if e < final:
            stop = event_times[e]
            seat[ROW, slot] = rows[e]
        i = seat[OUT, slot] & FAR
        while (
            i < seat[OUT_END, slot]
            and (out_times[i] <= now or stop <= now)
            and before(out_times[i], out_after[i], stop, seat[ROW, slot])
        ):
            column = (i - seat[OUT_FROM, slot]) & FAR
            for state in range(states):
                amounts[lane, column, state] = w[state * LANES + slot]
            for o in range(number):
                areas[lane, column, o] = w[((shape[ROWS] & MOST) + o) * LANES + slot]
            i += 1
        seat[OUT, slot] = i
        if i >= seat[OUT_END, slot] or stop > now:
            break
        apply(w, shape, slot, kinds[e], indices[e], values[e], running, steady, parameters, lane)
        if kinds[e] in (BOLUS, INPUT_STARTS, STEADY_SET, STEADY_ADD):
            enters = 2
        seat[EVENT, slot] = e + 1
    w[(row + T) * LANES + slot] = now
    w[(row + STOP) * LANES + slot] = stop
    w[(row + H) * LANES + slot] = 0.0
    if seat[OUT, slot] >= seat[OUT_END, slot]:
        return enters
    last = (seat[OUT_END, slot] - 1) & FAR
    until = stop
    # What happens within rounding after the last sample may still come before it, or before one
    # that is to be read first.
    if out_times[last] > now and before(out_times[last], out_after[last], stop, seat[ROW, slot]):
        until = min(stop, out_times[last])
    w[(row + END) * LANES + slot] = until
    w[(row + H) * LANES + slot] = until - now
    return enters + 1


def cross(
    calls, shape, dense, w, bits, n, wide, seat, out_times, out_after, observed, rtol, limit,
    patience, hours, entry, amounts, areas,
):  # fmt: skip
    """Take a block through the segments its lanes stand before, writing samples on the way.

    bits      the buffer w as integers
    wide      n and the empty seats that loops take along
    patience  steps limited by stability that are put up with
    hours     the step that would be tried next if nothing happened, hours
    entry     the first step after the last time that something entered, hours; 0 where nothing does
              now
    Returns (status, hours, first step here, steps limited by stability)
    """
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    errors = (row + ERROR) * LANES
    spare = (row + SPARE) * LANES
    call_derive(calls[0], w, wide, 0.0)
    pace = 0.0
    longest = 0.0
    next_due = np.inf
    for slot in range(n):
        span = w[(row + H) * LANES + slot]
        position = due(w, row, seat, slot, out_times, out_after)
        w[(row + DUE) * LANES + slot] = position
        next_due = min(next_due, position)
        if span > 0.0:
            longest = max(longest, span)
            for i in range(states):
                size = abs(w[i * LANES + slot]) + w[(row + SCALE) * LANES + slot]
                pace = max(pace, abs(w[((shape[K] & MOST) + i) * LANES + slot]) / size)
    # The method's error constant lets a decay at this pace take some 5 x rtol^(1/5) of its time.
    dt = min(1.0, max(hours / longest, 1e-6))
    if pace > 0.0:
        # A guess: a state that begins with nothing beside much must not make it vanish.
        dt = min(dt, max(5.0 * rtol**0.2 / pace, 1e-9))
    if entry > 0.0:
        # What entered before took a step that its neighbors will need again; after an input of an
        # instant it would be no step at all.
        dt = min(dt, max(entry / longest, 1e-9))
    tau = 0.0
    past = 0.0
    previous = 0.0
    growth = GROWTH
    slow = 0
    for number in range(limit):
        wanted = dt
        last = tau + 1.01 * dt >= 1.0
        if last:
            dt = 1.0 - tau
        call_attempt(calls[1], w, wide, tau, dt, rtol)
        most = 0
        for slot in range(wide & WIDE):
            most = max(most, bits[errors + slot] & MAGNITUDE)
        bits[spare] = most
        worst = w[spare]
        # A step is chosen, nothing is computed with it: a rough root will do, and saves a call.
        size = logarithm(bits, w, spare)
        factor = 0.9 * power(-0.1 * size)
        if not worst < 1e300:
            dt *= 0.1
            growth = 1.0
        elif worst > 1.0:
            dt *= max(0.2, factor)
            growth = 1.0
        else:
            reached = 1.0 if last else tau + dt
            if number % EVERY == EVERY - 1 and shape[EXPLICIT]:
                call_attempt(calls[3], w, wide, tau, dt, rtol)
                if held(w, shape, seat, n):
                    slow += EVERY
            if next_due <= reached:
                next_due = sample(
                    calls, w, bits, shape, dense, seat, wide, tau, reached, dt, rtol, out_times,
                    out_after, observed, amounts, areas,
                )  # fmt: skip
            accumulate(w, shape, dense, wide, dt, observed)
            for i in range(states):
                for slot in range(wide & WIDE):
                    w[i * LANES + slot] = w[(states + i) * LANES + slot]
            if shape[EXPLICIT]:
                first = (shape[K] & MOST) * LANES
                for i in range(states):
                    for slot in range(wide & WIDE):
                        at = first + i * LANES + slot
                        w[at] = w[at + 6 * states * LANES]
            if previous > 0.0:
                # Where errors grow from step to step, the next is foretold to be larger still.
                trend = dt / previous * power(0.1 * (past - size))
                factor *= min(TREND[1], max(TREND[0], trend))
            past = size
            previous = dt
            if tau == 0.0 and not last:
                entry = dt * longest * max(0.2, min(GROWTH, factor))
            dt *= min(growth, max(0.2, factor))
            if last:
                # A segment crossed at one stroke, perhaps a sliver, limits nothing that follows.
                hours = max(hours if tau == 0.0 else 0.0, max(wanted, dt) * longest)
                return 0, hours, entry, slow
            if slow > patience:
                return STIFF, hours, entry, slow
            tau = reached
            growth = GROWTH
        if not dt > 1e-13:
            return COLLAPSED, hours, entry, slow
    return TOO_MANY_STEPS, hours, entry, slow


def seated(w, shape, slot, lane, start, parameters, initial, scale, atol):
    """Write what a block holds about a lane, at its start."""
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    w[(row + END) * LANES + slot] = start[lane]
    w[(row + FLOOR) * LANES + slot] = atol * scale[lane]
    w[(row + SCALE) * LANES + slot] = scale[lane]
    w[(row + DUE) * LANES + slot] = np.inf
    for i in range(states):
        w[i * LANES + slot] = initial[lane, i]
    for j in range(shape[PARAMETERS]):
        w[(3 * states + j) * LANES + slot] = parameters[lane, 0, j]


def near(
    lane, lo, first, last, event_times, kinds, indices, values, rows, out_from, out_times,
    schedule_of, parameters, amounts,
):  # fmt: skip
    """Begin to load what will be asked of a lane."""
    s = schedule_of[lane]
    for i in range(out_from[s], min(out_from[s + 1], out_from[s] + AHEAD), LINE):
        fetch(out_times, i)
    for e in range(first[lane - lo], min(last[lane - lo], first[lane - lo] + AHEAD), LINE):
        fetch(event_times, e)
        fetch(kinds, e)
        fetch(indices, e)
        fetch(values, e)
        fetch(rows, e)
    size = amounts.shape[1] * amounts.shape[2]
    for i in range(0, min(size, AHEAD), LINE):
        fetch(amounts, lane * size + i)
    fetch(parameters, lane * parameters.shape[1] * parameters.shape[2])


def march(
    calls, shape, dense, w, bits, seat, running, order, block, lo, first, last, event_times, kinds,
    indices, values, rows, steady, out_from, out_times, out_after, schedule_of, start, parameters,
    initial, scale, observed, rtol, atol, limit, amounts, areas, status, where,
):  # fmt: skip
    """Take lanes through their events, `block` of them side by side in the given order.

    calls   addresses of the system's `derive`, `attempt`, `read` and `compare`
    shape   numbers of states, parameters ... (`SHAPE`)
    dense   polynomials of the dense output (`DENSE`)
    w       the block's buffer, and `bits`, the same as integers; seat, running: room for integers
    lo      lane to which first[0] belongs
    steady  (rows, C) the steady state of each row of the steady table
    status  (L,) written for a lane that fails: why. Of a block that fails as STIFF, the lanes that
            are so; the others are only HINDERED
    where   (L,) written for a lane that fails: the time before which it did

    Columns of `amounts` and `areas` without a sample become NaN.
    """
    number = observed.shape[0]
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    for begin in range(0, order.shape[0], block):
        n = min(block, order.shape[0] - begin)
        # The next block's numbers come near while this one is at work.
        for place in range(begin + block, min(begin + 2 * block, order.shape[0])):
            near(
                order[place], lo, first, last, event_times, kinds, indices, values, rows, out_from,
                out_times, schedule_of, parameters, amounts,
            )  # fmt: skip
        # Loops over lanes take whole groups: they need no second loop for the rest.
        wide = (n + GROUP - 1) // GROUP * GROUP
        for i in range(w.shape[0]):
            w[i] = 0.0
        for slot in range(wide):
            # An empty seat copies the last lane, so that its rates make sense; it never moves.
            lane = order[begin + min(slot, n - 1)]
            seated(w, shape, slot, lane, start, parameters, initial, scale, atol)
            s = schedule_of[lane]
            seat[LANE, slot] = lane
            seat[EVENT, slot] = first[lane - lo]
            seat[OUT, slot] = out_from[s]
            seat[OUT_END, slot] = out_from[s + 1]
            seat[OUT_FROM, slot] = out_from[s]
            seat[HELD_BACK, slot] = 0
            seat[ROW, slot] = 0
            for i in range(states):
                running[slot, i] = 0
            # In order, so that the samples to come are written to memory that is near.
            for column in range(amounts.shape[1]):
                for i in range(states):
                    amounts[lane, column, i] = np.nan
                for o in range(number):
                    areas[lane, column, o] = np.nan
        hours = np.inf
        entry = np.inf
        failure = 0
        patience = PATIENCE
        while failure == 0:
            busy = False
            enters = False
            for slot in range(n):
                e = seat[EVENT, slot]
                fetch(event_times, e + 1)
                fetch(rows, e + 1)
                fetch(kinds, e)
                fetch(indices, e)
                fetch(values, e)
                fetch(out_times, seat[OUT, slot])
            for slot in range(n):
                found = settle(
                    w, shape, seat, slot, running, last[seat[LANE, slot] - lo], event_times, kinds,
                    indices, values, rows, steady, out_times, out_after, parameters, observed,
                    amounts, areas,
                )  # fmt: skip
                busy |= found & 1 != 0
                enters |= found > 1
            if not busy:
                break
            failure, hours, first_step, slow = cross(
                calls, shape, dense, w, bits, n, wide, seat, out_times, out_after, observed, rtol,
                limit, patience, hours, entry if enters else 0.0, amounts, areas,
            )  # fmt: skip
            entry = first_step if enters else entry
            # A few dozen in every segment are cheaper than what stiff methods do at its beginning.
            patience -= max(0, slow - FREE)
        if failure != 0:
            most = 0
            for slot in range(n):
                most = max(most, seat[HELD_BACK, slot])
            for slot in range(n):
                mine = failure
                if failure == STIFF and 4 * seat[HELD_BACK, slot] < most:
                    mine = HINDERED
                status[seat[LANE, slot]] = mine
                where[seat[LANE, slot]] = w[(row + END) * LANES + slot]


def paces(calls, shape, w, lo, hi, start, parameters, scale, found):
    """Write how fast each lane is where all its states hold a tenth of its scale, to found, per
    hour: where elimination saturates, lanes whose turn comes together share more than those that
    are alike at the peak."""
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    for i in range(w.shape[0]):
        w[i] = 0.0
    for begin in range(lo, hi, LANES):
        n = min(LANES, hi - begin)
        for slot in range(LANES):
            lane = begin + min(slot, n - 1)
            for i in range(states):
                w[i * LANES + slot] = 0.1 * scale[lane]
            for j in range(shape[PARAMETERS]):
                w[(3 * states + j) * LANES + slot] = parameters[lane, 0, j]
            w[(row + H) * LANES + slot] = 1.0
            w[(row + T) * LANES + slot] = start[lane]
        call_derive(calls[0], w, LANES, 0.0)
        for slot in range(n):
            pace = 0.0
            for i in range(states):
                size = 0.1 * scale[begin + slot]
                pace = max(pace, abs(w[((shape[K] & MOST) + i) * LANES + slot]) / size)
            found[begin + slot - lo] = pace
