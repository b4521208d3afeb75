"""Lanes of a linear system through their events: what `kernels.py` compiles for each shape.

What happens when does not depend on the amounts. So a lane's steps come first (from each event to
the samples and the event that follow it), then every exponential of every step in one loop that
the compiler turns into vectors, then the amounts, in the coordinates of the modes, which cost a few
products each. Nothing of a lane depends on the lanes beside it.

Source  Tang 1989, ACM Trans Math Softw 15:144 for the reduction of the argument; the split of ln 2
        is that of Cody & Waite 1980.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import numpy as np

from equipoise.kinetics.events import SAME_TIME
from equipoise.kinetics.linear import (
    NO_STEADY_STATE,
    NOT_FINITE,
    accumulate,
    fed,
)
from equipoise.kinetics.linear_modes import bearings, entered, fused
from equipoise.kinetics.schedule import (
    BOLUS,
    BREAK,
    INPUT_ENDS,
    INPUT_STARTS,
    RESET,
    STEADY_SET,
)

COMPARTMENTS, DEPOT, AREAS, FED = 2, 1, 1, 1
"""The shape, whether areas are asked for, and whether something flows into a depot; every compiled
kernel has its own, and leaves out what it need not do."""

MOST_COMPARTMENTS = 3

TOGETHER = 32
"""Exponentials are worked out in whole multiples of this, since what is left over beyond whole
vectors takes longer than a whole vector."""

FARTHEST = 709.0895657128241
"""1023 ln 2: beyond it exp(-a) counts as 0."""

INVERSE_LN2 = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
SHIFT = 6755399441055744.0
"""1.5 x 2^52: added, it leaves the nearest whole number in the last bits."""

LOOK = 32
"""Distinct steps that one is compared with."""

NEVER = 1e-290
"""Rates below, 1/h, count as 0."""

FAR = 0xFFFFFFFFFFFF
"""A mask that says how large an index is; else the compiler provides for some from the end."""

SETTINGS = (
    "MOST_COMPARTMENTS",
    "FAR",
    "TOGETHER",
    "LOOK",
    "FARTHEST",
    "INVERSE_LN2",
    "LN2_HIGH",
    "LN2_LOW",
    "SHIFT",
    "NEVER",
)
"""Constants that a kernel needs."""


def exponentials(count, a, shifted, shifted_bits, part, power, power_bits, left, gone):
    """exp(-a) to `left` and 1 - exp(-a) to `gone`, both exact to about an ulp, for a >= 0.

    count         of `a` that matter
    shifted_bits, power_bits
                  the bits of `shifted` and `power`; with `part` they are there to work in
    """
    for k in range(count):
        x = -a[k]
        x = -FARTHEST if x < -FARTHEST else x
        whole = x * INVERSE_LN2 + SHIFT
        shifted[k] = whole
        whole = whole - SHIFT
        r = (x - whole * LN2_HIGH) - whole * LN2_LOW
        q = 1.0 / 6227020800.0
        q = q * r + 1.0 / 479001600.0
        q = q * r + 1.0 / 39916800.0
        q = q * r + 1.0 / 3628800.0
        q = q * r + 1.0 / 362880.0
        q = q * r + 1.0 / 40320.0
        q = q * r + 1.0 / 5040.0
        q = q * r + 1.0 / 720.0
        q = q * r + 1.0 / 120.0
        q = q * r + 1.0 / 24.0
        q = q * r + 1.0 / 6.0
        q = q * r + 0.5
        part[k] = r + (r * r) * q
    for k in range(count):
        power_bits[k] = (shifted_bits[k] + 1023) << 52
    for k in range(count):
        left[k] = power[k] + power[k] * part[k]
        gone[k] = (1.0 - power[k]) - power[k] * part[k]


def steps_of(
    event, last, out, end, t, event_times, kinds, rows, out_times, out_after, dts, counts, ends
):
    """The steps of a lane: to each sample before an event, then to the event, and so on.

    dts     written: hours of each step, all from the event before
    counts  written: samples before each event
    ends    written: number of steps up to each break, and in all, then -1
    Returns the number of stretches between events.
    """
    k = 0
    stretches = 0
    runs = 0
    while out < end:
        stop = event_times[event] if event < last else np.inf
        begin = k
        while out < end and (
            out_times[out] < stop - SAME_TIME
            or (out_times[out] <= stop + SAME_TIME and out_after[out] < rows[event])
        ):
            dts[k] = max(min(out_times[out], stop) - t, 0.0)
            k += 1
            out += 1
        counts[stretches] = k - begin
        stretches += 1
        if event >= last or out >= end:
            break
        dts[k] = max(stop - t, 0.0)
        t = max(stop, t)
        k += 1
        if kinds[event] == BREAK:
            ends[runs] = k
            runs += 1
        event += 1
    ends[runs] = k
    ends[runs + 1] = -1
    return stretches


def distinct_steps(look, dts, ends, distinct, distinct_ends, place):
    """The steps without those that are as long as an earlier one, whose exponentials are the same.

    look           how many of the latest distinct ones to compare with
    distinct       written: their hours;  distinct_ends  how many up to each of `ends`
    place          written, for each step: its place among those of its own parameters
    """
    begin = 0
    run = 0
    total = 0
    while ends[run] >= 0:
        base = total
        for k in range(begin, ends[run]):
            at = total
            for m in range(max(base, total - look), total):
                if distinct[m] == dts[k]:
                    at = m
            place[k] = at - base
            if at == total:
                distinct[total] = dts[k]
                total += 1
        begin = ends[run]
        distinct_ends[run] = total
        run += 1


def call_decay(address, numbers, bits, small, room, n, offset, begin, end, ka):
    """Call `decay_at` by its address (`calls.py`)."""
    raise NotImplementedError


def carray(pointer, shape):
    """An array of what a pointer leads to; the compiler's own."""
    raise NotImplementedError


def decay_at(numbers_at, bits_at, small_at, room, n, offset, begin, end, ka):
    """Everything exponential about the steps begin to end of one set of parameters.

    Called by address (`call_decay`), so that it is compiled once for all shapes. Written are rows
    of what `march_linear` works in:

    inverse  (n + 1,) written: 1 / rate of each mode, then of the depot
    apart    (n,) written: 1 / |ka - rate|
    left     (n + 1, end - begin) row after row: exp(-rate dt)
    gone     likewise: (1 - exp(-rate dt)), or dt where the rate is 0
    passed   (n, end - begin): what a depot has passed on to each mode, times |ka - rate| / ka
    """
    numbers = carray(numbers_at, (9, room))
    bits = carray(bits_at, (9, room))
    small = carray(small_at, (11, MOST_COMPARTMENTS + 1))
    rates, inverse, apart = small[0], small[2], small[3]
    dts, a, left, gone, passed = numbers[1], numbers[2], numbers[6], numbers[7], numbers[8]
    size = end - begin
    for j in range(n + offset):
        rate = rates[j] if j < n else ka
        row = a[j * size : (j + 1) * size]
        for k in range(size):
            row[k] = rate * dts[begin + k]
    count = (n + offset) * size
    if offset == 1:
        for j in range(n):
            # Where KA is far from the rate the difference of two exponentials will do.
            if max(ka, rates[j]) < 2.0 * min(ka, rates[j]) or ka == rates[j]:
                difference = abs(ka - rates[j])
                row = a[count : count + size]
                for k in range(size):
                    row[k] = difference * dts[begin + k]
                count += size
    filled = (count + TOGETHER - 1) // TOGETHER * TOGETHER
    for k in range(count, filled):
        a[k] = 0.0
    exponentials(filled, a, numbers[3], bits[3], numbers[4], numbers[5], bits[5], left, gone)
    if offset == 1:
        extra = (n + 1) * size
        for j in range(n):
            difference = abs(ka - rates[j])
            slow = j if rates[j] <= ka else n
            fast = n if rates[j] <= ka else j
            to = passed[j * size : (j + 1) * size]
            slow_left = left[slow * size : (slow + 1) * size]
            apart[j] = 1.0 / difference if difference > NEVER else 1.0
            if max(ka, rates[j]) < 2.0 * min(ka, rates[j]) or ka == rates[j]:
                other = gone[extra : extra + size]
                if difference > NEVER:
                    for k in range(size):
                        to[k] = slow_left[k] * other[k]
                else:
                    for k in range(size):
                        to[k] = slow_left[k] * dts[begin + k]
                extra += size
            else:
                slow_gone = gone[slow * size : (slow + 1) * size]
                fast_gone = gone[fast * size : (fast + 1) * size]
                fast_left = left[fast * size : (fast + 1) * size]
                for k in range(size):
                    early = fast_gone[k] - slow_gone[k]
                    late = slow_left[k] - fast_left[k]
                    to[k] = early if fast_left[k] > 0.5 else late
    for j in range(n + offset):
        rate = rates[j] if j < n else ka
        inverse[j] = 1.0
        if rate > NEVER:
            inverse[j] = 1.0 / rate
        else:
            row = gone[j * size : (j + 1) * size]
            for k in range(size):
                row[k] = dts[begin + k]


def amounts_at(
    n, offset, count, steps, lane, column, first, place, row, x, z, w, inverse, apart, gain, back,
    left, gone, passed, amounts,
):  # fmt: skip
    """Walk a stretch where nothing flows into the depot and no areas are asked for.

    count   samples, whose amounts are written
    steps   `count`, or one more: the last then leads to the event, and x and z are those there
    place   from `first`, of each step in a row of `row` as `decay_at` writes them
    """
    # Numbers instead of arrays: what is read once stays in registers.
    second = n > 1
    third = n > 2
    x0 = x[0]
    z0, w0, g0 = z[0], w[0] * inverse[0], gain[0] * apart[0] * x0
    z1 = z[1] if second else 0.0
    w1 = w[1] * inverse[1] if second else 0.0
    g1 = gain[1] * apart[1] * x0 if second else 0.0
    z2 = z[2] if third else 0.0
    w2 = w[2] * inverse[2] if third else 0.0
    g2 = gain[2] * apart[2] * x0 if third else 0.0
    b00 = back[0, 0]
    b01 = back[0, 1] if second else 0.0
    b10 = back[1, 0] if second else 0.0
    b11 = back[1, 1] if second else 0.0
    b02 = back[0, 2] if third else 0.0
    b12 = back[1, 2] if third else 0.0
    b20 = back[2, 0] if third else 0.0
    b21 = back[2, 1] if third else 0.0
    b22 = back[2, 2] if third else 0.0
    first &= FAR
    column &= FAR
    row &= FAR
    out = amounts[lane]
    for q in range(steps):
        k = place[(first + q) & FAR] & FAR
        v0 = fused(z0, left[k], w0 * gone[k])
        v1 = fused(z1, left[row + k], w1 * gone[row + k]) if second else 0.0
        v2 = fused(z2, left[2 * row + k], w2 * gone[2 * row + k]) if third else 0.0
        depot = 0.0
        if offset == 1:
            depot = x0 * left[n * row + k]
            v0 = fused(g0, passed[k], v0)
            v1 = fused(g1, passed[row + k], v1) if second else 0.0
            v2 = fused(g2, passed[2 * row + k], v2) if third else 0.0
        if q < count:
            at = (column + q) & FAR
            if offset == 1:
                out[at, 0] = depot
            if third:
                out[at, offset] = fused(b00, v0, fused(b01, v1, b02 * v2))
                out[at, offset + 1] = fused(b10, v0, fused(b11, v1, b12 * v2))
                out[at, offset + 2] = fused(b20, v0, fused(b21, v1, b22 * v2))
            elif second:
                out[at, offset] = fused(b00, v0, b01 * v1)
                out[at, offset + 1] = fused(b10, v0, b11 * v1)
            else:
                out[at, offset] = b00 * v0
        else:
            z[0] = v0
            if second:
                z[1] = v1
            if third:
                z[2] = v2
            if offset == 1:
                x[0] = depot


def amounts_and_areas_at(
    n, offset, count, steps, lane, column, first, place, row, ka, p, dts, rates, modes, roots, x, z,
    w, inputs, inverse, apart, gain, back, left, gone, passed, ahead, area, done, observed, amounts,
    areas,
):  # fmt: skip
    """As `amounts_at` for any stretch, with areas where there are any.

    dts    from `first`, hours of each step
    done   written: areas up to the event
    """
    feeding = offset == 1 and inputs[0] != 0.0
    for q in range(steps):
        k = place[first + q]
        dt = dts[first + q]
        depot = 0.0
        if offset == 1:
            depot = x[0] * left[n * row + k] + (inputs[0] * inverse[n]) * gone[n * row + k]
        for j in range(n):
            value = z[j] * left[j * row + k] + (w[j] * inverse[j]) * gone[j * row + k]
            if offset == 1:
                through = passed[j * row + k] * apart[j]
                value += (gain[j] * x[0]) * through
                if feeding:
                    slow = j if rates[j] <= ka else n
                    slowly = gone[slow * row + k] * inverse[slow]
                    value += (gain[j] * inputs[0]) * fed(rates[j], ka, dt, slowly, through)
            ahead[j] = value
        if AREAS:
            accumulate(n, offset, ka, rates, modes, roots, x, z, w, inputs, dt, area)
        for o in range(done.shape[0]):
            share = area[observed[o, 0]] / p[observed[o, 1]]
            if q < count:
                areas[lane, column + q, o] = done[o] + share
            else:
                done[o] += share
        if q < count:
            if offset == 1:
                amounts[lane, column + q, 0] = depot
            for i in range(n):
                total = 0.0
                for j in range(n):
                    total += back[i, j] * ahead[j]
                amounts[lane, column + q, offset + i] = total
        else:
            for j in range(n):
                z[j] = ahead[j]
            if offset == 1:
                x[0] = depot


def not_finite(values):
    """How many are infinite or not a number."""
    wrong = 0
    for k in range(values.shape[0]):
        wrong += 0 if abs(values[k]) < np.inf else 1
    return wrong


def march_linear(
    decay_address, lo, hi, first, last, event_times, kinds, indices, values, rows, settled_from,
    settled, out_from, out_times, out_after, schedule_of, start, parameters, initial, observed,
    numbers, bits, places, small, squares, done, amounts, areas, status,
):  # fmt: skip
    """Walk lanes lo to hi through their events; see `solve` for the meaning of the arrays.

    decay_address  of `decay_at`
    settled_from, settled
               as `linear.settle` writes them; the first row of each lane
    numbers .. done
               room to work in (`closed_form`); `bits` are those of `numbers`

    Events are those of lane - lo, as `Timeline` has them. `amounts` and `areas` are written whole.
    """
    n = COMPARTMENTS
    offset = DEPOT
    size = n + offset
    one_piece = parameters.shape[1] == 1
    columns = amounts.shape[1]
    found = amounts.reshape(-1)
    areas_asked = observed.shape[0]
    dts = numbers[0]
    distinct = numbers[1]
    left = numbers[6]
    gone = numbers[7]
    passed = numbers[8]
    counts = places[0]
    ends = places[1]
    distinct_ends = places[2]
    place = places[3]
    where = places[4]
    rates = small[0]
    roots = small[1]
    inverse = small[2]
    apart = small[3]
    gain = small[4]
    x = small[5]
    z = small[6]
    w = small[7]
    ahead = small[8]
    inputs = small[9]
    area = small[10]
    modes = squares[0]
    square = squares[1]
    back = squares[2]
    entries = squares[3]
    running = places[5]
    for j in range(n):
        apart[j] = 1.0
        gain[j] = 0.0
    stretches = 0
    known = -1
    # `where`: next column, next step, next distinct step, and distinct steps with the parameters in
    # force.
    for lane in range(lo, hi):
        s = schedule_of[lane]
        event = first[lane - lo]
        asked = out_from[s + 1] - out_from[s]
        if (
            known < 0
            or schedule_of[known] != s
            or first[known - lo] != event
            or last[known - lo] != last[lane - lo]
            or start[known] != start[lane]
        ):
            stretches = steps_of(
                event, last[lane - lo], out_from[s], out_from[s + 1], start[lane], event_times,
                kinds, rows, out_times, out_after, dts, counts, ends,
            )  # fmt: skip
            known = lane
            # To find equal steps pays where the lane beside takes them too.
            many = lane + 1 < hi and schedule_of[lane + 1] == s and first[lane + 1 - lo] == event
            distinct_steps(LOOK if many else 0, dts, ends, distinct, distinct_ends, place)
        for i in range(size):
            x[i] = initial[lane, i]
            inputs[i] = 0.0
            running[i] = 0
        for j in range(n):
            z[j] = 0.0
            w[j] = 0.0
        for o in range(areas_asked):
            done[o] = 0.0
        piece = 0
        changed = True
        run = 0
        for i in range(4):
            where[i] = 0
        ka = 0.0
        p = parameters[lane, 0]
        settling = settled_from[lane - lo]
        for stretch in range(stretches):
            if changed:
                changed = False
                p = parameters[lane, 0 if one_piece else piece]
                ka = p[0] if offset == 1 else 0.0
                bearings(n, p[offset:], rates, modes, roots, square, back, entries)
                where[3] = distinct_ends[run] - where[2]
                call_decay(
                    decay_address, numbers, bits, small, numbers.shape[1], n, offset, where[2],
                    distinct_ends[run], ka,
                )  # fmt: skip
                where[2] = distinct_ends[run]
                run += 1
                if offset == 1:
                    for j in range(n):
                        gain[j] = ka * entries[0, j]
                entered(n, entries, x, offset, z)
                entered(n, entries, inputs, offset, w)
            final = stretch == stretches - 1
            count = counts[stretch]
            steps = count if final else count + 1
            if AREAS or (FED and inputs[0] != 0.0):
                amounts_and_areas_at(
                    n, offset, count, steps, lane, where[0], where[1], place, where[3], ka, p, dts,
                    rates, modes, roots, x, z, w, inputs, inverse, apart, gain, back, left, gone,
                    passed, ahead, area, done, observed, amounts, areas,
                )  # fmt: skip
            else:
                amounts_at(
                    n, offset, count, steps, lane, where[0], where[1], place, where[3], x, z, w,
                    inverse, apart, gain, back, left, gone, passed, amounts,
                )  # fmt: skip
            where[0] += count
            where[1] += steps
            if final:
                break
            kind = kinds[event]
            index = indices[event]
            if kind == BOLUS:
                if index < offset:
                    x[0] += values[event]
                else:
                    for j in range(n):
                        z[j] = fused(entries[index - offset, j], values[event], z[j])
            elif kind in (INPUT_STARTS, INPUT_ENDS):
                if kind == INPUT_STARTS:
                    inputs[index] += values[event]
                    running[index] += 1
                else:
                    inputs[index] -= values[event]
                    running[index] -= 1
                    if running[index] == 0:
                        inputs[index] = 0.0
                entered(n, entries, inputs, offset, w)
            elif kind == BREAK:
                piece = index
                changed = True
                for i in range(n):
                    x[offset + i] = 0.0
                    for j in range(n):
                        x[offset + i] += back[i, j] * z[j]
            elif kind == RESET:
                for i in range(size):
                    x[i] = 0.0
                    inputs[i] = 0.0
                    running[i] = 0
                for j in range(n):
                    z[j] = 0.0
                    w[j] = 0.0
            else:
                after = settled[settling]
                settling += 1
                if not after[size] > 0.0:
                    status[lane] = NO_STEADY_STATE
                    break
                if kind == STEADY_SET:
                    for i in range(size):
                        x[i] = 0.0
                        inputs[i] = 0.0
                        running[i] = 0
                    for j in range(n):
                        z[j] = 0.0
                        w[j] = 0.0
                entered(n, entries, after, offset, ahead)
                for j in range(n):
                    z[j] += ahead[j]
                if offset == 1:
                    x[0] += after[0]
            event += 1
        if status[lane] == 0:
            begin = lane * columns * size
            if not_finite(found[begin : begin + asked * size]) > 0:
                status[lane] = NOT_FINITE
        for c in range(where[0], columns):
            for i in range(size):
                amounts[lane, c, i] = np.nan
            for o in range(areas_asked):
                areas[lane, c, o] = np.nan
