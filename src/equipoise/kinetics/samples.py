"""Samples of a block of lanes: read off the dense output of a step that is done.

The plain functions below are part of the stepper's kernel (`integrate.py`).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import numpy as np

from equipoise.kinetics.block import (
    DUE,
    FAR,
    LANE,
    LANES,
    MAGNITUDE,
    MOST,
    NEXT,
    OUT,
    OUT_END,
    OUT_FROM,
    PARAMETERS,
    READ,
    ROW,
    ROWS,
    SEAT,
    SLOPES,
    SPARE,
    STATES,
    STOP,
    WIDE,
    H,
    T,
)
from equipoise.kinetics.events import SAME_TIME


def call_attempt(address, w, n, tau, dt, rtol):
    """From X and its slopes write the stages, NEW and ERROR; the system's own.

    At other addresses: write READ, in a step that is done; compare its last two stages, for `held`.
    """
    raise NotImplementedError


def lowest(mask):
    """Place of the lowest bit that is set (`calls.py`)."""
    raise NotImplementedError


def before(time, after, stop, row):
    """Whether a sample comes before what happens at `stop` by this row."""
    return time < stop - SAME_TIME or (time <= stop + SAME_TIME and after < row)


def due(w, row, seat, slot, out_times, out_after):
    """Fraction of a lane's segment at which its next sample lies, or infinity."""
    i = seat[OUT, slot]
    span = w[(row + H) * LANES + slot]
    if span == 0.0 or i >= seat[OUT_END, slot]:
        return np.inf
    w[(row + NEXT) * LANES + slot] = out_times[min(i + 1, seat[OUT_END, slot] - 1)]
    stop = w[(row + STOP) * LANES + slot]
    if not before(out_times[i], out_after[i], stop, seat[ROW, slot]):
        return np.inf
    return min(1.0, (out_times[i] - w[(row + T) * LANES + slot]) / span)


def sample_areas(w, shape, dense, slot, theta, dt, span, observed, areas, lane, column):
    """Write the areas of one sample; the step has dt * span hours, slopes are per span."""
    states = shape[STATES] & MOST
    stride = states * LANES
    for o in range(observed.shape[0]):
        k = ((shape[SLOPES] & MOST) + observed[o, 0]) * LANES + slot
        change = 0.0
        for s in range(8):
            weight = dense[40 + s] + theta * (dense[48 + s] + theta * dense[56 + s])
            change += theta * (dense[32 + s] + theta * weight) * w[k + s * stride]
        change = theta * w[observed[o, 0] * LANES + slot] + dt * change
        change *= dt * span
        change /= w[(3 * states + observed[o, 1]) * LANES + slot]
        areas[lane, column, o] = w[((shape[ROWS] & MOST) + o) * LANES + slot] + change


def sample(
    calls, w, bits, shape, dense, seat, wide, tau, reached, dt, rtol, out_times, out_after,
    observed, amounts, areas,
):  # fmt: skip
    """Write the samples that lie in the step from tau to `reached`, and say where the next lies.

    All lanes are read off at once, each at its own time: that costs less than asking which.
    """
    states = shape[STATES] & MOST
    row = 3 * states + (shape[PARAMETERS] & MOST)
    while True:
        call_attempt(calls[2], w, wide, tau, dt, rtol)
        waiting = np.int64(0)
        for slot in range(wide & WIDE):
            waiting |= np.int64(w[(row + DUE) * LANES + slot] <= reached) << slot
        while waiting != 0:
            slot = lowest(waiting) & SEAT
            waiting &= waiting - 1
            lane = seat[LANE, slot] & FAR
            i = seat[OUT, slot] & FAR
            column = (i - seat[OUT_FROM, slot]) & FAR
            for state in range(states):
                amounts[lane, column, state] = w[(row + READ + state) * LANES + slot]
            if observed.shape[0] > 0:
                theta = (w[(row + DUE) * LANES + slot] - tau) / dt
                sample_areas(
                    w, shape, dense, slot, max(0.0, min(1.0, theta)), dt,
                    w[(row + H) * LANES + slot], observed, areas, lane, column,
                )  # fmt: skip
            i += 1
            position = np.inf
            end = seat[OUT_END, slot]
            if i < end:
                time = w[(row + NEXT) * LANES + slot]
                w[(row + NEXT) * LANES + slot] = out_times[min(i + 1, end - 1) & FAR]
                stop = w[(row + STOP) * LANES + slot]
                if before(time, out_after[i & FAR], stop, seat[ROW, slot]):
                    position = time - w[(row + T) * LANES + slot]
                    position = min(1.0, position / w[(row + H) * LANES + slot])
            seat[OUT, slot] = i
            w[(row + DUE) * LANES + slot] = position
        least = MAGNITUDE
        for slot in range(wide & WIDE):
            least = min(least, bits[(row + DUE) * LANES + slot])
        bits[(row + SPARE) * LANES] = least
        if w[(row + SPARE) * LANES] > reached:
            return w[(row + SPARE) * LANES]


def accumulate(w, shape, dense, wide, dt, observed):
    """Add the areas of a step to those so far."""
    states = shape[STATES] & MOST
    stride = states * LANES
    for o in range(observed.shape[0]):
        state = observed[o, 0]
        x = state * LANES
        k = ((shape[SLOPES] & MOST) + state) * LANES
        h = (3 * states + (shape[PARAMETERS] & MOST) + H) * LANES
        volume = (3 * states + observed[o, 1]) * LANES
        total = ((shape[ROWS] & MOST) + o) * LANES
        for slot in range(wide & WIDE):
            change = 0.0
            for s in range(8):
                weight = dense[32 + s] + dense[40 + s] + dense[48 + s] + dense[56 + s]
                change += weight * w[k + s * stride + slot]
            change = w[x + slot] + dt * change
            # A seat that nobody takes has no volume.
            if w[h + slot] > 0.0:
                w[total + slot] += dt * w[h + slot] * change / w[volume + slot]
