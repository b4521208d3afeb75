"""Lanes of a linear system on one schedule, side by side: what `kernels.py` compiles.

As `linear_march` for the most frequent case: one or two compartments, no depot, no areas, no
breaks, no steady states. Every step is the same for all lanes, so one instruction takes several.
A lane's numbers are those of `linear_march` to the byte.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import numpy as np

from equipoise.kinetics.linear import NOT_FINITE
from equipoise.kinetics.linear_march import (
    COMPARTMENTS,
    FAR,
    LOOK,
    NEVER,
    call_decay,
    distinct_steps,
    not_finite,
    steps_of,
)
from equipoise.kinetics.linear_modes import bearings, fused, two
from equipoise.kinetics.schedule import BOLUS, INPUT_ENDS, INPUT_STARTS

SEATS = 16
"""Lanes side by side."""

EIGHT = 8
"""Seats are taken by so many: whole vectors."""

SEATED = 24
"""A mask that says that they are so many or a few times that: loops then have no rest."""

FEWEST = 8
"""Lanes that are worth it."""

LONGEST = 512
"""Steps of a lane beyond which its numbers are far away in memory."""

SETTINGS = ("SEATS", "SEATED", "EIGHT")
"""Constants that a kernel needs."""


def fetch(array, index):
    """Begin to load a number of an array that will soon be used (`calls.py`)."""
    raise NotImplementedError


def march_together(
    decay_address, lo, hi, event, last, event_times, kinds, indices, values, rows, out, end,
    out_times, out_after, start, parameters, initial, numbers, bits, places, small, squares, kept,
    found, amounts, status,
):  # fmt: skip
    """Walk lanes lo to hi through the events of their schedule, which begins at `start`.

    kept   (rows, SEATS) flat, to work in: rates, amounts and inputs in modes, ...
    found  (samples x compartments, SEATS) flat, to work in
    """
    n = COMPARTMENTS
    columns = amounts.shape[1]
    flat = amounts.reshape(-1)
    samples = (end - out) * n
    size = columns * n
    dts, distinct = numbers[0], numbers[1]
    a, left, gone = numbers[2], numbers[6], numbers[7]
    counts, ends, distinct_ends, place = places[0], places[1], places[2], places[3]
    running = places[5]
    rates, roots, inputs = small[0], small[1], small[9]
    modes, square, back, entries = squares[0], squares[1], squares[2], squares[3]
    stretches = steps_of(
        event, last, out, end, start, event_times, kinds, rows, out_times, out_after, dts, counts,
        ends,
    )  # fmt: skip
    distinct_steps(LOOK, dts, ends, distinct, distinct_ends, place)
    steps = distinct_ends[0]
    at_z = n * SEATS
    at_w = 2 * n * SEATS
    at_inverse = 3 * n * SEATS
    at_back = 4 * n * SEATS
    at_entry = (4 * n + n * n) * SEATS
    at_driven = (4 * n + 2 * n * n) * SEATS
    for begin in range(lo, hi, SEATS):
        number = min(SEATS, hi - begin)
        wide = (number + EIGHT - 1) // EIGHT * EIGHT
        # What will be written comes near while the rest is worked out.
        for i in range(begin * size, (begin + number) * size, EIGHT):
            fetch(flat, i)
        for m in range(wide):
            # An empty seat copies the last lane.
            lane = begin + min(m, number - 1)
            for i in range(2 * n):
                kept[at_driven + i * SEATS + m] = parameters[lane, 0, i]
            for i in range(n):
                kept[at_w + i * SEATS + m] = initial[lane, i]
            if n == 1:
                bearings(n, parameters[lane, 0], rates, modes, roots, square, back, entries)
                kept[m] = rates[0]
                kept[at_back + m] = back[0, 0]
                kept[at_entry + m] = entries[0, 0]
                kept[at_z + m] = entries[0, 0] * initial[lane, 0]
        if n == 2:
            for m in range(wide & SEATED):
                g = at_driven + m
                rate0, rate1, c, d, r0, r1 = two(
                    kept[g], kept[g + SEATS], kept[g + 2 * SEATS], kept[g + 3 * SEATS]
                )
                kept[m] = rate0
                kept[SEATS + m] = rate1
                b = at_back + m
                kept[b] = r0 * c
                kept[b + SEATS] = r0 * d
                kept[b + 2 * SEATS] = r1 * -d
                kept[b + 3 * SEATS] = r1 * c
                inverse0 = 1.0 / r0
                inverse1 = 1.0 / r1
                e = at_entry + m
                kept[e] = c * inverse0
                kept[e + SEATS] = d * inverse0
                kept[e + 2 * SEATS] = -d * inverse1
                kept[e + 3 * SEATS] = c * inverse1
                x0 = kept[at_w + m]
                x1 = kept[at_w + SEATS + m]
                kept[at_z + m] = fused(-d * inverse1, x1, (c * inverse0) * x0)
                kept[at_z + SEATS + m] = fused(c * inverse1, x1, (d * inverse0) * x0)
        for j in range(n):
            for m in range(wide & SEATED):
                rate = kept[j * SEATS + m]
                kept[at_inverse + j * SEATS + m] = 1.0 / (rate if rate > NEVER else 1.0)
                kept[at_driven + j * SEATS + m] = 0.0
        for k in range(steps):
            for j in range(n):
                at = ((k * n + j) * SEATS) & FAR
                dt = distinct[k]
                for m in range(wide & SEATED):
                    a[at + m] = kept[j * SEATS + m] * dt
        call_decay(
            decay_address, numbers, bits, small, numbers.shape[1], 0, 0, 0, steps * n * SEATS, 0.0
        )
        for j in range(n):
            for m in range(wide):
                if not kept[j * SEATS + m] > NEVER:
                    for k in range(steps):
                        gone[(k * n + j) * SEATS + m] = distinct[k]
        for i in range(n):
            inputs[i] = 0.0
            running[i] = 0
        here = event
        step = 0
        at = 0
        for stretch in range(stretches):
            final = stretch == stretches - 1
            for _q in range(counts[stretch]):
                k = (place[step & FAR] * n * SEATS) & FAR
                at &= FAR
                for m in range(wide & SEATED):
                    v0 = fused(kept[at_z + m], left[k + m], kept[at_driven + m] * gone[k + m])
                    if n == 1:
                        found[at + m] = kept[at_back + m] * v0
                    if n > 1:
                        v1 = fused(
                            kept[at_z + SEATS + m],
                            left[k + SEATS + m],
                            kept[at_driven + SEATS + m] * gone[k + SEATS + m],
                        )
                        for i in range(n):
                            b = at_back + i * n * SEATS + m
                            found[at + i * SEATS + m] = fused(kept[b], v0, kept[b + SEATS] * v1)
                step += 1
                at += n * SEATS
            if final:
                break
            k = (place[step & FAR] * n * SEATS) & FAR
            step += 1
            for j in range(n):
                for m in range(wide & SEATED):
                    c = j * SEATS + m
                    kept[at_z + c] = fused(
                        kept[at_z + c], left[k + c], kept[at_driven + c] * gone[k + c]
                    )
            kind = kinds[here]
            index = indices[here]
            value = values[here]
            here += 1
            if kind == BOLUS:
                for j in range(n):
                    e = (at_entry + (index * n + j) * SEATS) & FAR
                    for m in range(wide & SEATED):
                        c = at_z + j * SEATS + m
                        kept[c] = fused(kept[e + m], value, kept[c])
                continue
            if kind in (INPUT_STARTS, INPUT_ENDS):
                if kind == INPUT_STARTS:
                    inputs[index] += value
                    running[index] += 1
                else:
                    inputs[index] -= value
                    running[index] -= 1
                    if running[index] == 0:
                        inputs[index] = 0.0
            else:
                # A reset.
                for i in range(n):
                    inputs[i] = 0.0
                    running[i] = 0
                for m in range(n * SEATS):
                    kept[at_z + m] = 0.0
            for j in range(n):
                for m in range(wide & SEATED):
                    c = j * SEATS + m
                    total = kept[at_entry + c] * inputs[0]
                    if n > 1:
                        total = fused(kept[at_entry + n * SEATS + c], inputs[1], total)
                    kept[at_driven + c] = total * kept[at_inverse + c]
        # By hand: the compiler would gather, which takes longer.
        for base in range(0, wide, EIGHT):
            seat = base & FAR
            r0 = ((begin + min(base, number - 1)) * size) & FAR
            r1 = ((begin + min(base + 1, number - 1)) * size) & FAR
            r2 = ((begin + min(base + 2, number - 1)) * size) & FAR
            r3 = ((begin + min(base + 3, number - 1)) * size) & FAR
            r4 = ((begin + min(base + 4, number - 1)) * size) & FAR
            r5 = ((begin + min(base + 5, number - 1)) * size) & FAR
            r6 = ((begin + min(base + 6, number - 1)) * size) & FAR
            r7 = ((begin + min(base + 7, number - 1)) * size) & FAR
            for k in range(samples):
                fetch(found, seat)
                flat[r0 + k] = found[seat]
                flat[r1 + k] = found[seat + 1]
                flat[r2 + k] = found[seat + 2]
                flat[r3 + k] = found[seat + 3]
                flat[r4 + k] = found[seat + 4]
                flat[r5 + k] = found[seat + 5]
                flat[r6 + k] = found[seat + 6]
                flat[r7 + k] = found[seat + 7]
                seat = (seat + SEATS) & FAR
        for lane in range(begin, begin + number):
            for k in range(lane * size + samples, (lane + 1) * size):
                flat[k] = np.nan
            if not_finite(flat[lane * size : lane * size + samples]) > 0:
                status[lane] = NOT_FINITE
