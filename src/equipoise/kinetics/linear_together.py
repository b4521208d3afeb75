"""Lanes of a linear system side by side: what `kernels.py` compiles.

As `linear_march` for the most frequent case: lanes in a row on one schedule, no areas, no breaks,
no steady states, nothing that flows into a depot. Every step is the same for all lanes, so one
instruction takes eight (`eights`). A lane's numbers are those of `linear_march` to the byte.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,attr-defined"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

from typing import Any

import numpy as np

from equipoise.kinetics.linear import NOT_FINITE
from equipoise.kinetics.linear_march import (
    COMPARTMENTS,
    DEPOT,
    FAR,
    FARTHEST,
    INVERSE_LN2,
    LN2_HIGH,
    LN2_LOW,
    LOOK,
    NEVER,
    SHIFT,
    distinct_steps,
    steps_of,
)
from equipoise.kinetics.linear_modes import bearings
from equipoise.kinetics.schedule import BOLUS, INPUT_ENDS, INPUT_STARTS

SEATS = 8
"""Lanes side by side."""

FEW = 32
"""So many lanes go side by side whatever their schedules: the call takes longer than they do."""

LONGEST = 512
"""Steps of a lane beyond which its numbers are far away in memory."""

SETTINGS = ("SEATS",)
"""Constants that a kernel needs."""

NAMES = (
    "alike", "below", "fuse", "gathered", "power_of_two", "put", "root", "seat", "size_of",
    "some_below", "take", "total", "turn",
)  # fmt: skip
"""What a kernel has of `eights`, which is loaded with the compiler only."""

alike: Any = None
below: Any = None
fuse: Any = None
gathered: Any = None
power_of_two: Any = None
put: Any = None
root: Any = None
seat: Any = None
size_of: Any = None
some_below: Any = None
take: Any = None
total: Any = None
turn: Any = None


def left_and_gone(a):
    """exp(-a) and 1 - exp(-a) of eight, as `linear_march.exponentials` has them."""
    x = alike(0.0) - a
    x = below(x, alike(-FARTHEST), alike(-FARTHEST), x)
    shifted = fuse(x, alike(INVERSE_LN2), alike(SHIFT))
    whole = alike(0.0) - (shifted - alike(SHIFT))
    r = fuse(whole, alike(LN2_LOW), fuse(whole, alike(LN2_HIGH), x))
    q = alike(1.0 / 6227020800.0)
    q = fuse(q, r, alike(1.0 / 479001600.0))
    q = fuse(q, r, alike(1.0 / 39916800.0))
    q = fuse(q, r, alike(1.0 / 3628800.0))
    q = fuse(q, r, alike(1.0 / 362880.0))
    q = fuse(q, r, alike(1.0 / 40320.0))
    q = fuse(q, r, alike(1.0 / 5040.0))
    q = fuse(q, r, alike(1.0 / 720.0))
    q = fuse(q, r, alike(1.0 / 120.0))
    q = fuse(q, r, alike(1.0 / 24.0))
    q = fuse(q, r, alike(1.0 / 6.0))
    q = fuse(q, r, alike(0.5))
    part = fuse(r * r, q, r)
    power = power_of_two(shifted)
    return fuse(power, part, power), fuse(alike(0.0) - power, part, alike(1.0) - power)


def two_of_eight(clearance, v1, q, v2):
    """`linear_modes.two` for eight lanes."""
    nothing, one = alike(0.0), alike(1.0)
    i0 = one / v1
    i1 = one / v2
    r0 = root(v1)
    r1 = root(v2)
    s0 = (clearance + q) * i0
    s1 = q * i1
    product = (clearance * i0) * s1
    off = nothing - q / (r0 * r1)
    least = alike(1e-17) * root(s0 * s1)
    half = (s1 - s0) / (alike(2.0) * below(least, size_of(off), off, one))
    size = size_of(half)
    t = one / (size + below(size, alike(1e150), root(fuse(size, size, one)), size))
    t = below(half, nothing, nothing - t, t)
    t = below(least, size_of(off), t, nothing)
    c = one / root(fuse(t, t, one))
    rate0 = fuse(nothing - t, off, s0)
    rate0 = below(nothing, rate0, rate0, nothing)
    rate1 = fuse(t, off, s1)
    rate1 = below(nothing, rate1, rate1, nothing)
    rest = below(rate0, rate1, rate1, rate0)
    slow = below(nothing, rest, product / below(nothing, rest, rest, one), nothing)
    return (
        below(rate1, rate0, rate0, slow), below(rate1, rate0, slow, rate1), c, t * c, r0, r1,
    )  # fmt: skip


def decay_together(n, offset, steps, distinct, ka, kept, at_left, at_gone, at_passed):
    """As `linear_march.decay_at` for eight lanes, whose rates are the first rows of `kept`.

    kept  written: a row of eight for `left`, `gone` and `passed` of each mode in each distinct step
    """
    nothing, one, never = alike(0.0), alike(1.0), alike(NEVER)
    width = n + offset
    for k in range(steps):
        hours = alike(distinct[k])
        at = k * width * SEATS
        for j in range(width):
            rate = take(kept, j * SEATS) if j < n else ka
            left, gone = left_and_gone(rate * hours)
            put(kept, at_left + at + j * SEATS, left)
            put(kept, at_gone + at + j * SEATS, gone)
    if offset == 1:
        for j in range(n):
            rate = take(kept, j * SEATS)
            low = below(ka, rate, ka, rate)
            high = below(ka, rate, rate, ka)
            apart = high - low
            near = below(high, low + low, one, below(nothing, apart, nothing, one))
            some_near = some_below(nothing, near)
            for k in range(steps):
                own = (k * width + j) * SEATS
                other = (k * width + n) * SEATS
                own_left, own_gone = take(kept, at_left + own), take(kept, at_gone + own)
                ka_left, ka_gone = take(kept, at_left + other), take(kept, at_gone + other)
                slow_left = below(ka, rate, ka_left, own_left)
                fast_left = below(ka, rate, own_left, ka_left)
                early = below(ka, rate, own_gone - ka_gone, ka_gone - own_gone)
                to = below(alike(0.5), fast_left, early, slow_left - fast_left)
                if some_near:
                    hours = alike(distinct[k])
                    _left, between = left_and_gone(apart * hours)
                    to = below(nothing, near, slow_left * below(never, apart, between, hours), to)
                put(kept, at_passed + (k * n + j) * SEATS, to)
    for j in range(n):
        rate = take(kept, j * SEATS)
        still = below(never, rate, nothing, one)
        if some_below(nothing, still):
            for k in range(steps):
                at = at_gone + (k * width + j) * SEATS
                put(kept, at, below(nothing, still, alike(distinct[k]), take(kept, at)))


def march_together(
    lo, hi, first, last, event_times, kinds, indices, values, rows, out_from, out_times, out_after,
    schedule_of, start, parameters, initial, numbers, places, small, squares, kept, amounts, status,
):  # fmt: skip
    """Walk lanes lo to hi through the events of their schedules, as `linear_march.march_linear`.

    numbers .. kept  room to work in (`closed_form`)
    """
    n = COMPARTMENTS
    offset = DEPOT
    size = n + offset
    second = n > 1
    third = n > 2
    own = parameters.reshape(-1)
    entering = initial.reshape(-1)
    flat = amounts.reshape(-1)
    each = parameters.shape[1] * parameters.shape[2]
    columns = amounts.shape[1] * size
    dts, distinct = numbers[0], numbers[1]
    counts, ends, distinct_ends, place = places[0], places[1], places[2], places[3]
    running = places[5]
    rates, roots, inputs = small[0], small[1], small[9]
    modes, square, back, entries = squares[0], squares[1], squares[2], squares[3]
    at_back = n * SEATS
    at_entry = at_back + n * n * SEATS
    at_left = at_entry + n * n * SEATS
    nothing, one, never = alike(0.0), alike(1.0), alike(NEVER)
    stretches, steps, samples, whole = 0, 0, 0, 0
    at_gone, at_passed, at_found = at_left, at_left, at_left
    begin = lo
    run_end = lo
    while begin < hi:
        if begin == run_end:
            # Lanes in a row on one schedule; their steps are the same.
            s = schedule_of[begin]
            event = first[begin - lo]
            out, end = out_from[s], out_from[s + 1]
            while (
                run_end < hi
                and schedule_of[run_end] == s
                and first[run_end - lo] == event
                and start[run_end] == start[begin]
            ):
                run_end += 1
            stretches = steps_of(
                event, last[begin - lo], out, end, start[begin], event_times, kinds, rows,
                out_times, out_after, dts, counts, ends,
            )  # fmt: skip
            distinct_steps(LOOK, dts, ends, distinct, distinct_ends, place)
            steps = distinct_ends[0]
            samples = (end - out) * size
            whole = samples // SEATS * SEATS
            at_gone = at_left + steps * size * SEATS
            at_passed = at_gone + steps * size * SEATS
            at_found = at_passed + steps * n * offset * SEATS
        number = min(SEATS, run_end - begin)
        here = begin * each
        ka = gathered(own, here, each, number) if offset == 1 else nothing
        here += offset
        p0 = gathered(own, here, each, number)
        p1 = gathered(own, here + 1, each, number)
        if n == 1:
            rate = p0 / p1
            r0 = root(p1)
            put(kept, 0, rate)
            put(kept, at_back, r0)
            put(kept, at_entry, one / r0)
        elif n == 2:
            p2 = gathered(own, here + 2, each, number)
            p3 = gathered(own, here + 3, each, number)
            rate0, rate1, c, d, r0, r1 = two_of_eight(p0, p1, p2, p3)
            put(kept, 0, rate0)
            put(kept, SEATS, rate1)
            put(kept, at_back, r0 * c)
            put(kept, at_back + SEATS, r0 * d)
            put(kept, at_back + 2 * SEATS, r1 * (nothing - d))
            put(kept, at_back + 3 * SEATS, r1 * c)
            inverse0 = one / r0
            inverse1 = one / r1
            put(kept, at_entry, c * inverse0)
            put(kept, at_entry + SEATS, d * inverse0)
            put(kept, at_entry + 2 * SEATS, (nothing - d) * inverse1)
            put(kept, at_entry + 3 * SEATS, c * inverse1)
        else:
            for m in range(SEATS):
                lane = begin + min(m, number - 1)
                bearings(
                    n, parameters[lane, 0, offset:], rates, modes, roots, square, back, entries
                )
                for j in range(n):
                    kept[j * SEATS + m] = rates[j]
                    for i in range(n):
                        kept[at_back + (i * n + j) * SEATS + m] = back[i, j]
                        kept[at_entry + (i * n + j) * SEATS + m] = entries[i, j]
        here = begin * size + offset
        x0 = gathered(entering, here - 1, size, number) if offset == 1 else nothing
        y0 = gathered(entering, here, size, number)
        y1 = gathered(entering, here + 1, size, number) if second else nothing
        y2 = gathered(entering, here + 2, size, number) if third else nothing
        z0 = entered_eight(kept, at_entry, 0, y0, y1, y2)
        z1 = entered_eight(kept, at_entry, 1, y0, y1, y2) if second else nothing
        z2 = entered_eight(kept, at_entry, 2, y0, y1, y2) if third else nothing
        rate0 = take(kept, 0)
        rate1 = take(kept, SEATS) if second else nothing
        rate2 = take(kept, 2 * SEATS) if third else nothing
        inverse0 = one / below(never, rate0, rate0, one)
        inverse1 = one / below(never, rate1, rate1, one) if second else nothing
        inverse2 = one / below(never, rate2, rate2, one) if third else nothing
        g0 = fed_by(ka, rate0, take(kept, at_entry)) if offset == 1 else nothing
        g1 = fed_by(ka, rate1, take(kept, at_entry + SEATS)) if offset == 1 and second else nothing
        g2 = (
            fed_by(ka, rate2, take(kept, at_entry + 2 * SEATS))
            if offset == 1 and third
            else nothing
        )
        decay_together(n, offset, steps, distinct, ka, kept, at_left, at_gone, at_passed)
        b00 = take(kept, at_back)
        b01 = take(kept, at_back + SEATS) if second else nothing
        b02 = take(kept, at_back + 2 * SEATS) if third else nothing
        b10 = take(kept, at_back + n * SEATS) if second else nothing
        b11 = take(kept, at_back + (n + 1) * SEATS) if second else nothing
        b12 = take(kept, at_back + (n + 2) * SEATS) if third else nothing
        b20 = take(kept, at_back + 2 * n * SEATS) if third else nothing
        b21 = take(kept, at_back + (2 * n + 1) * SEATS) if third else nothing
        b22 = take(kept, at_back + (2 * n + 2) * SEATS) if third else nothing
        w0, w1, w2 = nothing, nothing, nothing
        for i in range(size):
            inputs[i] = 0.0
            running[i] = 0
        now = first[begin - lo]
        step = 0
        at = at_found
        for stretch in range(stretches):
            final = stretch == stretches - 1
            count = counts[stretch]
            d0, d1, d2 = g0 * x0, g1 * x0, g2 * x0
            for q in range(count if final else count + 1):
                k = place[step & FAR]
                step += 1
                passed = at_passed + k * n * SEATS
                gone = at_gone + k * size * SEATS
                left = at_left + k * size * SEATS
                v0 = fuse(z0, take(kept, left), w0 * take(kept, gone))
                v1 = nothing
                v2 = nothing
                depot = nothing
                if second:
                    v1 = fuse(z1, take(kept, left + SEATS), w1 * take(kept, gone + SEATS))
                if third:
                    v2 = fuse(z2, take(kept, left + 2 * SEATS), w2 * take(kept, gone + 2 * SEATS))
                if offset == 1:
                    depot = x0 * take(kept, left + n * SEATS)
                    v0 = fuse(d0, take(kept, passed), v0)
                    if second:
                        v1 = fuse(d1, take(kept, passed + SEATS), v1)
                    if third:
                        v2 = fuse(d2, take(kept, passed + 2 * SEATS), v2)
                if q == count:
                    z0, z1, z2, x0 = v0, v1, v2, depot
                    break
                if offset == 1:
                    put(kept, at, depot)
                    at += SEATS
                if third:
                    put(kept, at, fuse(b00, v0, fuse(b01, v1, b02 * v2)))
                    put(kept, at + SEATS, fuse(b10, v0, fuse(b11, v1, b12 * v2)))
                    put(kept, at + 2 * SEATS, fuse(b20, v0, fuse(b21, v1, b22 * v2)))
                elif second:
                    put(kept, at, fuse(b00, v0, b01 * v1))
                    put(kept, at + SEATS, fuse(b10, v0, b11 * v1))
                else:
                    put(kept, at, b00 * v0)
                at += n * SEATS
            if final:
                break
            kind = kinds[now]
            index = indices[now]
            value = values[now]
            now += 1
            if kind == BOLUS:
                if index < offset:
                    x0 = x0 + alike(value)
                else:
                    e = at_entry + (index - offset) * n * SEATS
                    z0 = fuse(take(kept, e), alike(value), z0)
                    if second:
                        z1 = fuse(take(kept, e + SEATS), alike(value), z1)
                    if third:
                        z2 = fuse(take(kept, e + 2 * SEATS), alike(value), z2)
                continue
            if kind == INPUT_STARTS:
                inputs[index] += value
                running[index] += 1
            elif kind == INPUT_ENDS:
                inputs[index] -= value
                running[index] -= 1
                if running[index] == 0:
                    inputs[index] = 0.0
            else:
                # A reset.
                for i in range(size):
                    inputs[i] = 0.0
                    running[i] = 0
                z0, z1, z2, x0 = nothing, nothing, nothing, nothing
            y0 = alike(inputs[offset])
            y1 = alike(inputs[offset + 1]) if second else nothing
            y2 = alike(inputs[offset + 2]) if third else nothing
            w0 = entered_eight(kept, at_entry, 0, y0, y1, y2) * inverse0
            if second:
                w1 = entered_eight(kept, at_entry, 1, y0, y1, y2) * inverse1
            if third:
                w2 = entered_eight(kept, at_entry, 2, y0, y1, y2) * inverse2
        to = begin * columns
        flaws = nothing
        for k in range(0, whole, SEATS):
            flaws = flaws + turn(kept, at_found + k * SEATS, flat, to + k, columns, number)
        for k in range(whole, samples):
            row = take(kept, at_found + k * SEATS)
            flaws = fuse(row, nothing, flaws)
            for m in range(number):
                flat[(to + m * columns + k) & FAR] = seat(row, m)
        for m in range(number):
            for k in range(samples, columns):
                flat[(to + m * columns + k) & FAR] = np.nan
        if total(flaws) != 0.0:
            for m in range(number):
                if seat(flaws, m) != 0.0:
                    status[begin + m] = NOT_FINITE
        begin += number


def entered_eight(kept, at, j, y0, y1, y2):
    """Amounts of eight lanes in the coordinate of mode j; see `linear_modes.entered`."""
    n = COMPARTMENTS
    found = take(kept, at + j * SEATS) * y0
    if n > 1:
        found = fuse(take(kept, at + (n + j) * SEATS), y1, found)
    if n > 2:
        found = fuse(take(kept, at + (2 * n + j) * SEATS), y2, found)
    return found


def fed_by(ka, rate, entry):
    """What a mode has of the depot, by what has passed on."""
    difference = size_of(ka - rate)
    never, one = alike(NEVER), alike(1.0)
    return (ka * entry) * (one / below(never, difference, difference, one))
