"""Integration of many lanes with one shared adaptive step (Tsitouras 5(4), dense output).

A block holds up to 32 lanes as a structure of arrays. Every lane has its own schedule: what lies
between two of its events is a segment, normalised to [0, 1], and the block crosses its lanes'
segments side by side; a lane that has no more is idle, with duration 0. The step is chosen by the
worst lane. Samples are read off the dense output, so they cost no steps; areas are the same
quadrature applied to the stages and do not influence the steps.

The plain functions below become a kernel together with `derive` and `attempt`, which `stages.py`
writes for each system with its rates in line.

Source  Tsitouras 2011, Comput Math Appl 62:770, doi 10.1016/j.camwa.2011.06.002 (coefficients and
        interpolant); Hairer, Norsett & Wanner, Solving ODEs I, section II.4 (step control).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.kinetics.events import SAME_TIME
from equipoise.kinetics.schedule import (
    BOLUS,
    BREAK,
    INPUT_ENDS,
    INPUT_STARTS,
    STEADY_ADD,
    STEADY_SET,
)

LANES = 32

TOO_MANY_STEPS = 1
COLLAPSED = 2
STIFF = 3
HINDERED = 4

EVERY = 8
"""Of so many steps one is asked whether stability limits it."""

HELD = 2.5
"""Rate of forgetting x step from which stability is held to be the limit."""

FREE = 96
"""Steps limited by stability that a segment may have without being counted."""

PATIENCE = 320.0
"""Steps limited by stability, beyond the free ones, until lanes are given up as stiff."""

SETTINGS = (
    "TOO_MANY_STEPS",
    "COLLAPSED",
    "STIFF",
    "HINDERED",
    "EVERY",
    "HELD",
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


NODES = (0.0, 0.161, 0.327, 0.9, 0.9800255409045097, 1.0, 1.0)

STAGES = (
    (),
    (0.161,),
    (-0.008480655492356989, 0.335480655492357),
    (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
    (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
    (
        5.86145544294642,
        -12.92096931784711,
        8.159367898576159,
        -0.071584973281401,
        -0.028269050394068383,
    ),
    (
        0.09646076681806523,
        0.01,
        0.4798896504144996,
        1.379008574103742,
        -3.290069515436081,
        2.324710524099774,
    ),
)

ERRORS = (
    -0.00178001105222577714,
    -0.0008164344596567469,
    0.007880878010261995,
    -0.1447110071732629,
    0.5823571654525552,
    -0.45808210592918697,
    1.0 / 66.0,
)

# Numerators of the seven weights as (factor, power of theta, polynomials): each weight is their
# product, so a sample at a fraction theta of the step is X + dt * sum of weight * slope.
INTERPOLANT = (
    (
        -1.0530884977290216,
        1,
        ((1.0, -1.3299890189751412), (1.0, -1.4364028541716351, 0.7139816917074209)),
    ),
    (0.1017, 2, ((1.0, -2.1966568338249754, 1.2949852507374631),)),
    (2.490627285651252793, 2, ((1.0, -2.38535645472061657, 1.57803468208092486),)),
    (-16.54810288924490272, 2, ((1.0, -1.21712927295533244), (1.0, -0.61620406037800089))),
    (47.37952196281928122, 2, ((1.0, -1.203071208372362603), (1.0, -0.658047292653547382))),
    (-34.87065786149660974, 2, ((1.0, -1.2), (1.0, -0.666666666666666667))),
    (2.5, 2, ((1.0, -1.0), (1.0, -0.6))),
)

# The block's buffer: rows of LANES numbers, one number a lane. `stages.py` writes these anew for
# each system. Seven stages of states, seven of slopes and four powers of theta lie in order, a row
# a state. Beyond ROWS come the areas so far and their four powers, a row an observed state.
STATES = 0
PARAMETERS = 0
X = 0  # states at the beginning of the step: those of its first stage
Y = 0  # those of the stages between
NEW = 0  # at its end: those of its last
K = 0  # slopes
Q = 0  # powers of theta
INPUT = 0
P = 0
H = 0  # duration of the lane's segment, hours
T = 0  # its beginning, hours
END = 0  # its end, hours
STOP = 0  # time of the event there, or infinity
DUE = 0  # fraction of the segment at which the lane's next sample lies, or infinity
FLOOR = 0  # absolute tolerance
SCALE = 0  # amount by which the first step is guessed
ERROR = 0  # squared error of the last attempt; up to 1 is accepted
ROWS = 0

# Rows of integers about the lanes of a block.
LANE, EVENT, OUT, OUT_END, OUT_FROM, HELD_BACK, ROW, SEATS = range(8)
SEAT_ROWS = ("LANE", "EVENT", "OUT", "OUT_END", "OUT_FROM", "HELD_BACK", "ROW", "SEATS")


def derive(w, n, tau):
    """Write the slopes at X to the first row of K; generated."""
    raise NotImplementedError


def attempt(w, n, tau, dt, rtol):
    """From X and its slopes write the other stages, NEW and ERROR; generated."""
    raise NotImplementedError


def interpolant(w, n):
    """Write the powers of theta for every state, Q, from the slopes; generated."""
    raise NotImplementedError


def interpolant_of(w, n, source, target, dt):
    """The same for the area under one state: its stages start at `source`, powers at `target`."""
    raise NotImplementedError


def sample(w, n, seat, tau, reached, dt, out_times, out_after, observed, amounts, areas):
    """Write the samples that lie in the step from tau to `reached`.

    One function with its loops inside: a call for each sample would cost more than the sample.
    """
    number = observed.shape[0]
    for slot in range(n):
        position = w[DUE * LANES + slot]
        if position > reached:
            continue
        lane = seat[LANE, slot]
        i = seat[OUT, slot]
        begin = w[T * LANES + slot]
        span = w[H * LANES + slot]
        stop = w[STOP * LANES + slot]
        while position <= reached:
            theta = max(0.0, min(1.0, (position - tau) / dt))
            column = i - seat[OUT_FROM, slot]
            for state in range(STATES):
                row = (Q + state) * LANES + slot
                change = w[row + 3 * STATES * LANES]
                change = w[row + 2 * STATES * LANES] + theta * change
                change = w[row + STATES * LANES] + theta * change
                change = theta * (w[row] + theta * change)
                amounts[lane, column, state] = w[(X + state) * LANES + slot] + dt * change
            for o in range(number):
                row = (ROWS + number + 4 * o) * LANES + slot
                change = w[row + 2 * LANES] + theta * w[row + 3 * LANES]
                change = theta * (w[row] + theta * (w[row + LANES] + theta * change))
                volume = w[(P + observed[o, 1]) * LANES + slot]
                so_far = w[(ROWS + o) * LANES + slot]
                areas[lane, column, o] = so_far + dt * span * change / volume
            i += 1
            position = np.inf
            if i < seat[OUT_END, slot] and before(
                out_times[i], out_after[i], stop, seat[ROW, slot]
            ):
                position = min(1.0, (out_times[i] - begin) / span)
        seat[OUT, slot] = i
        w[DUE * LANES + slot] = position


def due(w, seat, slot, out_times, out_after):
    """Fraction of a lane's segment at which its next sample lies, or infinity."""
    i = seat[OUT, slot]
    if w[H * LANES + slot] == 0.0 or i >= seat[OUT_END, slot]:
        return np.inf
    if not before(out_times[i], out_after[i], w[STOP * LANES + slot], seat[ROW, slot]):
        return np.inf
    return min(1.0, (out_times[i] - w[T * LANES + slot]) / w[H * LANES + slot])


def apply(w, slot, kind, index, value, running, steady, parameters, lane):
    """Let one event act on a lane."""
    if kind == BOLUS:
        w[(X + index) * LANES + slot] += value
    elif kind == INPUT_STARTS:
        w[(INPUT + index) * LANES + slot] += value
        running[slot, index] += 1
    elif kind == INPUT_ENDS:
        running[slot, index] -= 1
        if running[slot, index] == 0:
            w[(INPUT + index) * LANES + slot] = 0.0
        else:
            w[(INPUT + index) * LANES + slot] -= value
    elif kind == BREAK:
        piece = 0 if parameters.shape[1] == 1 else index
        for j in range(PARAMETERS):
            w[(P + j) * LANES + slot] = parameters[lane, piece, j]
    else:
        for i in range(STATES):
            if kind == STEADY_ADD:
                w[(X + i) * LANES + slot] += steady[index, i]
            else:
                w[(X + i) * LANES + slot] = steady[index, i] if kind == STEADY_SET else 0.0
                w[(INPUT + i) * LANES + slot] = 0.0
                running[slot, i] = 0


def before(time, after, stop, row):
    """Whether a sample comes before what happens at `stop` by this row."""
    return time < stop - SAME_TIME or (time <= stop + SAME_TIME and after < row)


def accept(w, n, seat, tau, reached, dt, out_times, out_after, observed, amounts, areas):
    """Write the samples of an accepted step, add its areas, and move to its end."""
    number = observed.shape[0]
    any_due = False
    for slot in range(n):
        if w[DUE * LANES + slot] <= reached:
            any_due = True
    if any_due:
        interpolant(w, n)
    for o in range(number):
        source = (X + observed[o, 0]) * LANES
        interpolant_of(w, n, source, (ROWS + number + 4 * o) * LANES, dt)
    if any_due:
        sample(w, n, seat, tau, reached, dt, out_times, out_after, observed, amounts, areas)
    for o in range(number):
        powers = (ROWS + number + 4 * o) * LANES
        for slot in range(n):
            total = w[powers + slot] + w[powers + LANES + slot]
            total += w[powers + 2 * LANES + slot] + w[powers + 3 * LANES + slot]
            volume = w[(P + observed[o, 1]) * LANES + slot]
            w[(ROWS + o) * LANES + slot] += dt * w[H * LANES + slot] * total / volume
    advance(w, n, reached)


def advance(w, n, _reached):
    """Begin the next step where the last one ended, with its last slopes."""
    for i in range(STATES):
        for slot in range(n):
            w[(X + i) * LANES + slot] = w[(NEW + i) * LANES + slot]
            w[(K + i) * LANES + slot] = w[(K + 6 * STATES + i) * LANES + slot]


def held(w, n, seat, dt, rtol):
    """Whether stability, not accuracy, limits the step of some lane, and mark which.

    The last two stages stand at the same time: by how much their slopes differ, for so much as they
    themselves do, is the fastest rate at which the system forgets (Hairer & Wanner, Solving ODEs
    II, section IV.2). The method is stable up to about 3.5 of it in a step.
    """
    any_held = False
    for slot in range(n):
        slopes = 0.0
        states = 0.0
        floor = w[FLOOR * LANES + slot] + 1e-300
        for i in range(STATES):
            size = floor + rtol * abs(w[(NEW + i) * LANES + slot])
            change = w[(K + 6 * STATES + i) * LANES + slot]
            change = (change - w[(K + 5 * STATES + i) * LANES + slot]) / size
            apart = (w[(NEW + i) * LANES + slot] - w[(Y + 4 * STATES + i) * LANES + slot]) / size
            slopes += change * change
            states += apart * apart
        if dt * dt * slopes > HELD * HELD * states:
            seat[HELD_BACK, slot] += 1
            any_held = True
    return any_held


def cross(w, n, seat, out_times, out_after, observed, rtol, limit, patience, hours, amounts, areas):
    """Take a block through the segments its lanes stand before, writing samples on the way.

    patience  steps limited by stability that are put up with
    hours     the step that would be tried next if nothing happened, hours
    Returns (status, hours, steps limited by stability)
    """
    derive(w, n, 0.0)
    pace = 0.0
    longest = 0.0
    for slot in range(n):
        longest = max(longest, w[H * LANES + slot])
        w[DUE * LANES + slot] = due(w, seat, slot, out_times, out_after)
        if w[H * LANES + slot] == 0.0:
            continue
        for i in range(STATES):
            size = abs(w[(X + i) * LANES + slot]) + w[SCALE * LANES + slot]
            pace = max(pace, abs(w[(K + i) * LANES + slot]) / size)
    # The method's error constant lets a decay at this pace take some 5 x rtol^(1/5) of its time.
    dt = min(1.0, max(hours / longest, 1e-6))
    if pace > 0.0:
        dt = min(dt, 5.0 * rtol**0.2 / pace)
    tau = 0.0
    growth = 6.0
    slow = 0
    for number in range(limit):
        wanted = dt
        last = tau + 1.01 * dt >= 1.0
        if last:
            dt = 1.0 - tau
        attempt(w, n, tau, dt, rtol)
        worst = 0.0
        sound = True
        for slot in range(n):
            error = w[ERROR * LANES + slot]
            worst = max(worst, error)
            if not error < 1e300:
                sound = False
        if not sound:
            dt *= 0.1
            growth = 1.0
        elif worst > 1.0:
            dt *= max(0.2, 0.9 * worst**-0.1)
            growth = 1.0
        else:
            reached = 1.0 if last else tau + dt
            if number % EVERY == EVERY - 1 and held(w, n, seat, dt, rtol):
                slow += EVERY
            accept(w, n, seat, tau, reached, dt, out_times, out_after, observed, amounts, areas)
            dt *= growth if worst == 0.0 else min(growth, max(0.2, 0.9 * worst**-0.1))
            if last:
                # A segment crossed at one stroke, perhaps a sliver, limits nothing that follows.
                hours = max(hours if tau == 0.0 else 0.0, max(wanted, dt) * longest)
                return 0, hours, slow
            if slow > patience:
                return STIFF, hours, slow
            tau = reached
            growth = 6.0
        if not dt > 1e-13:
            return COLLAPSED, hours, slow
    return TOO_MANY_STEPS, hours, slow


def march(
    order,
    block,
    lo,
    first,
    last,
    event_times,
    kinds,
    indices,
    values,
    rows,
    steady,
    out_from,
    out_times,
    out_after,
    schedule_of,
    start,
    parameters,
    initial,
    scale,
    observed,
    rtol,
    atol,
    limit,
    amounts,
    areas,
    status,
    where,
):
    """Take lanes through their events, `block` of them side by side in the given order.

    lo      lane to which first[0] belongs
    steady  (rows, C) the steady state of each row of the steady table
    status  (L,) written for a lane that fails: why. Of a block that fails as STIFF, the lanes that
            are so; the others are only HINDERED
    where   (L,) written for a lane that fails: the time before which it did
    """
    number = observed.shape[0]
    w = np.zeros((ROWS + 5 * number) * LANES)
    seat = np.zeros((SEATS, LANES), dtype=np.int64)
    running = np.zeros((LANES, STATES), dtype=np.int64)
    for begin in range(0, order.shape[0], block):
        n = min(block, order.shape[0] - begin)
        w[:] = 0.0
        running[:] = 0
        for slot in range(n):
            lane = order[begin + slot]
            s = schedule_of[lane]
            seat[LANE, slot] = lane
            seat[EVENT, slot] = first[lane - lo]
            seat[OUT, slot] = out_from[s]
            seat[OUT_END, slot] = out_from[s + 1]
            seat[OUT_FROM, slot] = out_from[s]
            seat[HELD_BACK, slot] = 0
            w[END * LANES + slot] = start[lane]
            w[FLOOR * LANES + slot] = atol * scale[lane]
            w[SCALE * LANES + slot] = scale[lane]
            for i in range(STATES):
                w[(X + i) * LANES + slot] = initial[lane, i]
            for j in range(PARAMETERS):
                w[(P + j) * LANES + slot] = parameters[lane, 0, j]
        hours = np.inf
        failure = 0
        patience = PATIENCE
        while failure == 0:
            busy = False
            for slot in range(n):
                lane = seat[LANE, slot]
                now = w[END * LANES + slot]
                stop = np.inf
                while True:
                    e = seat[EVENT, slot]
                    stop = np.inf
                    if e < last[lane - lo]:
                        stop = event_times[e]
                        seat[ROW, slot] = rows[e]
                    i = seat[OUT, slot]
                    while (
                        i < seat[OUT_END, slot]
                        and (out_times[i] <= now or stop <= now)
                        and before(out_times[i], out_after[i], stop, seat[ROW, slot])
                    ):
                        column = i - seat[OUT_FROM, slot]
                        for state in range(STATES):
                            amounts[lane, column, state] = w[(X + state) * LANES + slot]
                        for o in range(number):
                            areas[lane, column, o] = w[(ROWS + o) * LANES + slot]
                        i += 1
                    seat[OUT, slot] = i
                    if i >= seat[OUT_END, slot] or stop > now:
                        break
                    apply(
                        w, slot, kinds[e], indices[e], values[e], running, steady, parameters, lane
                    )
                    seat[EVENT, slot] = e + 1
                w[T * LANES + slot] = now
                w[STOP * LANES + slot] = stop
                w[H * LANES + slot] = 0.0
                if seat[OUT, slot] < seat[OUT_END, slot]:
                    until = min(stop, out_times[seat[OUT_END, slot] - 1])
                    w[END * LANES + slot] = until
                    w[H * LANES + slot] = until - now
                    busy = True
            if not busy:
                break
            failure, hours, slow = cross(
                w,
                n,
                seat,
                out_times,
                out_after,
                observed,
                rtol,
                limit,
                patience,
                hours,
                amounts,
                areas,
            )
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
                where[seat[LANE, slot]] = w[END * LANES + slot]


def paces(lo, hi, start, parameters, scale, found):
    """Write how fast each lane is where all its states hold its scale, per hour, to found."""
    w = np.zeros(ROWS * LANES)
    for begin in range(lo, hi, LANES):
        n = min(LANES, hi - begin)
        for slot in range(n):
            lane = begin + slot
            for i in range(STATES):
                w[(X + i) * LANES + slot] = scale[lane]
            for j in range(PARAMETERS):
                w[(P + j) * LANES + slot] = parameters[lane, 0, j]
            w[H * LANES + slot] = 1.0
            w[T * LANES + slot] = start[lane]
        derive(w, n, 0.0)
        for slot in range(n):
            pace = 0.0
            for i in range(STATES):
                pace = max(pace, abs(w[(K + i) * LANES + slot]) / scale[begin + slot])
            found[begin + slot - lo] = pace
