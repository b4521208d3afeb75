"""Integration of many lanes, each by steps of its own (Tsitouras 5(4), dense output).

A block holds up to 32 lanes side by side, and every attempt is one of all of them, each from where
it stands and as far as it can go. A lane that has arrived at an event starts its next segment at
once; one that has come to its end leaves its seat to the next in line. So no lane waits for
another, and what is found for a lane depends on no other: not on who sits beside it, nor on how
work is cut.

What a lane's steps are is as in `stepper.py`, where the lanes of a block share them, as those must
whose differences count.

The plain functions below become one kernel for all systems; what belongs to a system, it calls by
address (`own_stages.py`).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import numpy as np

from equipoise.kinetics.block import (
    ALLOWED,
    BEGAN,
    DT,
    DUE,
    END,
    ENTERS,
    ENTRY,
    EVENT,
    FAR,
    FRESH,
    GONE,
    GOOD,
    GROUP,
    HOURS,
    LANE,
    LANES,
    LEFT,
    LIMITED,
    LONGER,
    MOST,
    OUT,
    OUT_END,
    OUT_FROM,
    OVER,
    PARAMETERS,
    PREVIOUS,
    REACHED,
    READ,
    ROW,
    ROWS,
    SEAT,
    SLOPES,
    STATES,
    STOP,
    TO,
    UNTIL,
    WANT,
    WIDE,
    H,
    T,
)
from equipoise.kinetics.events import SAME_TIME
from equipoise.kinetics.samples import before, call_attempt, lowest, sample_areas
from equipoise.kinetics.stepper import (
    COLLAPSED,
    FREE,
    GROWTH,
    PATIENCE,
    STIFF,
    TOO_MANY_STEPS,
    call_derive,
    near,
    seated,
    settle,
)

NEAR = 4.0 * SAME_TIME
"""Hours from the end of a segment within which it is asked whether a sample comes before it."""

UNASKED = 64
"""Attempts in a segment after which it is asked whether stability limits its steps."""


def seat_down(
    w, shape, seat, slot, running, lane, event, out_from, out_to, start, parameters, initial, scale,
    atol, number, amounts, areas,
):  # fmt: skip
    """Let a lane take a seat at its start."""
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    seated(w, shape, slot, lane, start, parameters, initial, scale, atol)
    seat[LANE, slot] = lane
    seat[EVENT, slot] = event
    seat[OUT, slot] = out_from
    seat[OUT_END, slot] = out_to
    seat[OUT_FROM, slot] = out_from
    seat[ROW, slot] = 0
    for i in range(states):
        w[(2 * states + i) * LANES + slot] = 0.0
        running[slot, i] = 0
    for o in range(number):
        w[((shape[ROWS] & MOST) + o) * LANES + slot] = 0.0
    w[(row + HOURS) * LANES + slot] = np.inf
    w[(row + ENTRY) * LANES + slot] = np.inf
    w[(row + ALLOWED) * LANES + slot] = FREE - UNASKED + PATIENCE
    for column in range(out_to - out_from, amounts.shape[1]):
        for i in range(states):
            amounts[lane, column, i] = np.nan
        for o in range(number):
            areas[lane, column, o] = np.nan


def local(w, shape, seat, slot, out_times, out_after):
    """When in its segment a lane's next sample is read, hours, or infinity."""
    place = slot + (3 * (shape[STATES] & MOST) + (shape[PARAMETERS] & MOST)) * LANES
    i = seat[OUT, slot]
    if before(out_times[i], out_after[i], w[place + STOP * LANES], seat[ROW, slot]):
        return min(w[place + H * LANES], out_times[i] - w[place + T * LANES])
    return np.inf


def read_areas(w, shape, dense, seat, waiting, observed, areas):
    """Write the areas of some lanes' next samples."""
    row = 3 * (shape[STATES] & MOST) + (shape[PARAMETERS] & MOST)
    while waiting != 0:
        slot = lowest(waiting) & SEAT
        waiting &= waiting - 1
        place = slot + row * LANES
        dt = w[place + DT * LANES]
        theta = (w[place + DUE * LANES] - w[place + GONE * LANES]) / dt
        sample_areas(
            w, shape, dense, slot, max(0.0, min(1.0, theta)), dt, 1.0, observed, areas,
            seat[LANE, slot], seat[OUT, slot] - seat[OUT_FROM, slot],
        )  # fmt: skip


def sample_each(
    calls, w, shape, dense, seat, wide, rtol, waiting, out_times, out_after, observed, flat, areas
):  # fmt: skip
    """Write the samples that lie in the steps just accepted.

    waiting  bits of the seats that have one
    """
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    while waiting != 0:
        call_attempt(calls[2], w, wide, 0.0, 0.0, rtol)
        if observed.shape[0] > 0:
            read_areas(w, shape, dense, seat, waiting, observed, areas)
        again = np.int64(0)
        while waiting != 0:
            slot = lowest(waiting) & SEAT
            waiting &= waiting - 1
            place = slot + row * LANES
            to = seat[TO, slot] & FAR
            seat[TO, slot] = to + states
            # Most models have few: a loop would ask first whether it can be done in vectors.
            flat[to] = w[place + READ * LANES]
            if states > 1:
                flat[to + 1] = w[place + (READ + 1) * LANES]
            if states > 2:
                for state in range(2, states):
                    flat[to + state] = w[place + (READ + state) * LANES]
            i = (seat[OUT, slot] & FAR) + 1
            seat[OUT, slot] = i
            position = np.inf
            if i < seat[OUT_END, slot]:
                # One beyond the segment's end is not reached in it.
                position = out_times[i] - w[place + T * LANES]
                if abs(position - w[place + H * LANES]) < NEAR:
                    position = local(w, shape, seat, slot, out_times, out_after)
            w[place + DUE * LANES] = position
            again |= np.int64(position <= w[place + REACHED * LANES]) << slot
        waiting = again


def ask(calls, w, seat, wide, attempts, rtol):
    """Count the steps that stability limits, and say at which attempt to do so next."""
    call_attempt(calls[3], w, wide, 0.0, 0.0, rtol)
    least = attempts + UNASKED
    for slot in range(wide & WIDE):
        if seat[LANE, slot] >= 0:
            least = min(least, seat[BEGAN, slot] + UNASKED)
    return max(least, attempts + 1)


def accumulate_each(w, shape, dense, wide, observed):
    """Add the areas of the steps just accepted to those so far."""
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    stride = states * LANES
    for o in range(observed.shape[0]):
        k = ((shape[SLOPES] & MOST) + observed[o, 0]) * LANES
        volume = (3 * states + observed[o, 1]) * LANES
        total = ((shape[ROWS] & MOST) + o) * LANES
        for slot in range(wide & WIDE):
            dt = w[(row + DT) * LANES + slot]
            change = 0.0
            for s in range(8):
                weight = dense[32 + s] + dense[40 + s] + dense[48 + s] + dense[56 + s]
                change += weight * w[k + s * stride + slot]
            change = w[observed[o, 0] * LANES + slot] + dt * change
            if w[(row + GOOD) * LANES + slot] > 0.0:
                w[total + slot] += dt * change / w[volume + slot]


def arrive(w, shape, slot):
    """Move a lane to the end of its segment; why it did not reach that, or 0."""
    states = shape[STATES] & MOST
    place = slot + (3 * states + (shape[PARAMETERS] & MOST)) * LANES
    limited = w[place + LIMITED * LANES]
    if limited > w[place + ALLOWED * LANES]:
        return STIFF
    if w[place + GOOD * LANES] == 0.0 or w[place + REACHED * LANES] < w[place + H * LANES]:
        return TOO_MANY_STEPS if w[place + LEFT * LANES] <= 0.0 else COLLAPSED
    for i in range(states):
        w[i * LANES + slot] = w[(states + i) * LANES + slot]
    # A few dozen in every segment are cheaper than what stiff methods do at its beginning.
    w[place + ALLOWED * LANES] -= max(0.0, limited - (FREE - UNASKED))
    # A segment crossed at one stroke, perhaps a sliver, limits nothing that follows.
    hours = w[place + HOURS * LANES] if w[place + GONE * LANES] == 0.0 else 0.0
    w[place + HOURS * LANES] = max(hours, w[place + WANT * LANES])
    return 0


def depart(w, shape, seat, slot, enters, limit, out_times, out_after, columns):
    """Let a lane stand at the beginning of its next segment."""
    states = shape[STATES] & MOST
    place = slot + (3 * states + (shape[PARAMETERS] & MOST)) * LANES
    w[place + FRESH * LANES] = 1.0
    w[place + ENTERS * LANES] = 1.0 if enters else 0.0
    w[place + LEFT * LANES] = limit
    w[place + UNTIL * LANES] = limit - UNASKED
    w[place + LIMITED * LANES] = 0.0
    w[place + PREVIOUS * LANES] = 0.0
    w[place + LONGER * LANES] = GROWTH
    w[place + DUE * LANES] = local(w, shape, seat, slot, out_times, out_after)
    seat[TO, slot] = (seat[LANE, slot] * columns + seat[OUT, slot] - seat[OUT_FROM, slot]) * states


def march_each(
    calls, shape, dense, w, _bits, seat, running, flat, order, _block, lo, first, last,
    event_times, kinds, indices, values, rows, steady, out_from, out_times, out_after, schedule_of,
    start, parameters, initial, scale, observed, rtol, atol, limit, amounts, areas, status, where,
):  # fmt: skip
    """Take lanes through their events, each by steps of its own; as `stepper.march`.

    flat    `amounts`, one number after another
    limit   attempts in one segment of a lane
    status  (L,) written for a lane that fails: why, STIFF, TOO_MANY_STEPS or COLLAPSED

    Columns of `amounts` and `areas` without a sample become NaN; what a lane that fails has in them
    is no answer.
    """
    number = observed.shape[0]
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    n = min(LANES, order.shape[0])
    # Loops over lanes take whole groups: they need no second loop for the rest.
    wide = (n + GROUP - 1) // GROUP * GROUP
    for i in range(w.shape[0]):
        w[i] = 0.0
    for slot in range(wide):
        # An empty seat copies a lane, so that its rates make sense; it never moves.
        seated(w, shape, slot, order[min(slot, n - 1)], start, parameters, initial, scale, atol)
        seat[LANE, slot] = -1
    # The method's error constant lets a decay take some such part of its time.
    part = 5.0 * rtol**0.2
    upcoming = 0
    busy = 0
    attempts = 0
    asked = UNASKED
    over = (np.int64(1) << n) - 1
    while True:
        came = np.int64(0)
        while over != 0:
            slot = lowest(over) & SEAT
            over &= over - 1
            place = slot + row * LANES
            lane = seat[LANE, slot]
            stays = False
            if lane >= 0:
                busy -= 1
                why = arrive(w, shape, slot)
                stays = why == 0
                if not stays:
                    status[lane] = why
                    where[lane] = w[place + END * LANES]
            going = 0
            while stays or upcoming < order.shape[0]:
                if not stays:
                    lane = order[upcoming & FAR] & FAR
                    upcoming += 1
                    if upcoming < order.shape[0]:
                        near(
                            order[upcoming], lo, first, last, event_times, kinds, indices, values,
                            rows, out_from, out_times, schedule_of, parameters, amounts,
                        )  # fmt: skip
                    s = schedule_of[lane]
                    seat_down(
                        w, shape, seat, slot, running, lane, first[lane - lo], out_from[s],
                        out_from[s + 1], start, parameters, initial, scale, atol, number, amounts,
                        areas,
                    )  # fmt: skip
                going = settle(
                    w, shape, seat, slot, running, last[(lane - lo) & FAR], event_times, kinds,
                    indices, values, rows, steady, out_times, out_after, parameters, observed,
                    amounts, areas,
                )  # fmt: skip
                if going & 1 != 0:
                    break
                stays = False
            # It stands at the beginning of a segment, or for good.
            w[place + GOOD * LANES] = 0.0
            w[place + OVER * LANES] = 0.0
            w[place + REACHED * LANES] = 0.0
            if going & 1 != 0:
                busy += 1
                seat[BEGAN, slot] = attempts
                depart(
                    w, shape, seat, slot, going > 1, limit, out_times, out_after, amounts.shape[1]
                )
                came |= np.int64(1) << slot
            else:
                seat[LANE, slot] = -1
                w[place + H * LANES] = 0.0
                w[place + WANT * LANES] = 0.0
                w[place + DUE * LANES] = np.inf
        if busy == 0:
            break
        for group in range(0, wide & WIDE, GROUP):
            if (came >> group) & (2**GROUP - 1) != 0:
                call_derive(calls[0], w, group | GROUP << 8, part)
        call_attempt(calls[1], w, wide, 0.0, 0.0, rtol)
        waiting = np.int64(0)
        for slot in range(wide & WIDE):
            place = slot + row * LANES
            waiting |= np.int64(w[place + DUE * LANES] <= w[place + REACHED * LANES]) << slot
            over |= np.int64(w[place + OVER * LANES] > 0.0) << slot
        sample_each(
            calls, w, shape, dense, seat, wide, rtol, waiting, out_times, out_after, observed, flat,
            areas,
        )  # fmt: skip
        accumulate_each(w, shape, dense, wide, observed)
        attempts += 1
        if attempts >= asked:
            asked = ask(calls, w, seat, wide, attempts, rtol)
            for slot in range(wide & WIDE):
                over |= np.int64(w[(row + OVER) * LANES + slot] > 0.0) << slot
