"""Linear compartments in closed form: boluses, inputs, steady state and areas without a step.

Amounts divided by the square root of their volume follow a symmetric matrix, so its modes are
orthogonal and no partial fraction ever divides by the distance of two eigenvalues. A depot adds
one exponential, which enters through divided differences of exp (`exp3`, `exp4`): these are
computed without cancellation, whether or not KA meets an eigenvalue.

The plain functions below are what `kernels.py` compiles; they run uncompiled as well.

Source  Golub & Van Loan, Matrix Computations, section 8.5 for the Jacobi rotations; McCurdy, Ng &
        Parlett 1984, Math Comp 43:501 for divided differences of the exponential.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.kinetics.schedule import STEADY_ADD, STEADY_SET

Floats = npt.NDArray[np.float64]

NO_STEADY_STATE = 1
NOT_FINITE = 2


@dataclass(frozen=True, slots=True)
class Linear:
    """One to three compartments round a central one that eliminates, with or without a depot.

    compartments  1, 2 or 3, the depot not counted
    depot         whether a first-order depot (KA) feeds the central compartment

    States are amounts: depot (if any), central, peripheral1, peripheral2. Parameters are KA (if
    depot, 1/h), then clearances and volumes: CL, V1, Q2, V2, Q3, V3.

    Fails  ValueError for any other number of compartments.
    """

    compartments: int
    depot: bool

    def __post_init__(self) -> None:
        if self.compartments not in (1, 2, 3):
            raise ValueError(f"compartments must be 1, 2 or 3, not {self.compartments}")

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, in order."""
        body = ("central", "peripheral1", "peripheral2")[: self.compartments]
        return ("depot", *body) if self.depot else body

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        body = ("CL", "V1", "Q2", "V2", "Q3", "V3")[: 2 * self.compartments]
        return ("KA", *body) if self.depot else body


def half_lives(system: Linear, parameters: Floats) -> Floats:
    """Half-lives of the disposition, terminal first; the depot has its own, ln 2 / KA.

    parameters  (L, K) in the order of `system.parameter_names`
    Returns     (L, compartments) hours; infinite where nothing is eliminated.
    Fails       ValueError when the number of parameters does not fit.
    """
    p = np.atleast_2d(np.asarray(parameters, dtype=np.float64))
    if p.shape[-1] != len(system.parameter_names):
        raise ValueError(
            f"parameters must have {len(system.parameter_names)} columns "
            f"({', '.join(system.parameter_names)}), not {p.shape[-1]}"
        )
    n = system.compartments
    found = np.empty((p.shape[0], n))
    rates, modes, roots, work = np.empty(n), np.empty((n, n)), np.empty(n), np.empty((n, n))
    for lane in range(p.shape[0]):
        disposition(n, p[lane, int(system.depot) :], rates, modes, roots, work)
        with np.errstate(divide="ignore"):
            found[lane] = math.log(2.0) / np.sort(rates)
    return found


def exp1(a):
    """(1 - exp(-a)) / a, the divided difference of exp at 0 and -a; a >= 0."""
    if a < 1e-8:
        return 1.0 - 0.5 * a
    return -math.expm1(-a) / a


def exp2(a, b):
    """Divided difference of exp at -a and -b."""
    return math.exp(-min(a, b)) * exp1(abs(a - b))


def exp3(a, b, c):
    """Divided difference of exp at -a, -b and -c."""
    low = min(a, b, c)
    high = max(a, b, c)
    middle = max(min(a, b), min(max(a, b), c))
    if high - low > 1.0:
        return (exp2(low, middle) - exp2(middle, high)) / (high - low)
    # From the lowest point upwards every term of the series is positive: nothing cancels.
    u = high - low
    v = high - middle
    power = 1.0
    both = 1.0
    factorial = 0.5
    total = 0.5
    for k in range(1, 17):
        power *= v
        both = u * both + power
        factorial /= k + 2
        total += both * factorial
    return math.exp(-high) * total


def exp4(a, b, c, d):
    """Divided difference of exp at -a, -b, -c and -d, given in ascending order."""
    if d - a > 1.0:
        return (exp3(a, b, c) - exp3(b, c, d)) / (d - a)
    u = d - a
    v = d - b
    w = d - c
    power = 1.0
    two = 1.0
    three = 1.0
    factorial = 1.0 / 6.0
    total = factorial
    for k in range(1, 17):
        power *= w
        two = v * two + power
        three = u * three + two
        factorial /= k + 3
        total += three * factorial
    return math.exp(-d) * total


def tangent(one, other, off):
    """Of the smaller angle by which a rotation makes `off` nothing, between two of the diagonal."""
    half = (other - one) / (2.0 * off)
    # Where the square would overflow the one beside it is nothing.
    size = abs(half)
    t = 1.0 / (size + math.sqrt(size * size + 1.0)) if size < 1e150 else 0.5 / size
    return -t if half < 0.0 else t


def disposition(n, p, rates, modes, roots, s):
    """Rates and orthonormal modes of the compartments without their depot.

    p      CL, V1, Q2, V2, Q3, V3
    rates  (n,) written: eigenvalues, 1/h, >= 0
    modes  (n, n) written: column j is the mode of rates[j], in amounts / roots
    roots  (n,) written: square roots of the volumes
    s      (n, n) to work in
    """
    for i in range(n):
        roots[i] = math.sqrt(p[2 * i + 1])
        for j in range(n):
            modes[i, j] = 1.0 if i == j else 0.0
            s[i, j] = 0.0
    outflow = p[0]
    product = p[0] / p[1]
    for i in range(1, n):
        outflow += p[2 * i]
        s[i, i] = p[2 * i] / p[2 * i + 1]
        s[0, i] = -p[2 * i] / (roots[0] * roots[i])
        s[i, 0] = s[0, i]
        product *= s[i, i]
    s[0, 0] = outflow / p[1]
    if n == 2:
        # One rotation is enough.
        off = s[0, 1]
        if abs(off) > 1e-17 * math.sqrt(abs(s[0, 0] * s[1, 1])):
            t = tangent(s[0, 0], s[1, 1], off)
            c = 1.0 / math.sqrt(t * t + 1.0)
            s[0, 0] -= t * off
            s[1, 1] += t * off
            modes[0, 0] = c
            modes[0, 1] = t * c
            modes[1, 0] = -t * c
            modes[1, 1] = c
    for _sweep in range(30 if n == 3 else 0):
        turned = False
        for i in range(n - 1):
            for j in range(i + 1, n):
                # Relative to the diagonal, so that slow modes are as exact as fast ones.
                if abs(s[i, j]) <= 1e-17 * math.sqrt(abs(s[i, i] * s[j, j])):
                    continue
                turned = True
                t = tangent(s[i, i], s[j, j], s[i, j])
                c = 1.0 / math.sqrt(t * t + 1.0)
                d = t * c
                off = s[i, j]
                s[i, i] -= t * off
                s[j, j] += t * off
                s[i, j] = 0.0
                s[j, i] = 0.0
                for k in range(n):
                    if k != i and k != j:
                        a = s[k, i]
                        b = s[k, j]
                        s[k, i] = c * a - d * b
                        s[i, k] = s[k, i]
                        s[k, j] = d * a + c * b
                        s[j, k] = s[k, j]
                    a = modes[k, i]
                    b = modes[k, j]
                    modes[k, i] = c * a - d * b
                    modes[k, j] = d * a + c * b
        if not turned:
            break
    slowest = 0
    for i in range(n):
        rates[i] = max(s[i, i], 0.0)
        if rates[i] < rates[slowest]:
            slowest = i
    # The product of the rates is known without any subtraction; the slowest follows from it.
    rest = 1.0
    for i in range(n):
        if i != slowest:
            rest *= rates[i]
    if rest > 0.0:
        rates[slowest] = product / rest


def to_modes(n, roots, modes, amounts, offset, z):
    """Write amounts[offset:] in the coordinates of the modes to z."""
    for j in range(n):
        total = 0.0
        for i in range(n):
            total += modes[i, j] * amounts[offset + i] / roots[i]
        z[j] = total


def fed(a, b, dt, slow_gone, passed):
    """What a mode has of a constant input of 1 into the depot, over ka.

    slow_gone  (1 - exp(-rate dt)) / rate of the slower one;  passed  as `decay_at` has it / |a - b|
    """
    high = max(a, b)
    if high * dt > 1.0:
        return (slow_gone - passed) / high
    return dt * dt * exp3(0.0, a * dt, b * dt)


def evolve(n, offset, ka, rates, modes, roots, x, z, w, inputs, dt, after):
    """Amounts a time dt after x (z in modes), under constant inputs (w in modes)."""
    for i in range(offset + n):
        after[i] = 0.0
    if offset == 1:
        after[0] = x[0] * math.exp(-ka * dt)
        if inputs[0] != 0.0:
            after[0] += inputs[0] * dt * exp1(ka * dt)
    for j in range(n):
        a = rates[j] * dt
        value = z[j] * math.exp(-a)
        if w[j] != 0.0:
            value += w[j] * dt * exp1(a)
        if offset == 1:
            b = ka * dt
            gain = ka * dt * modes[0, j] / roots[0]
            if x[0] != 0.0:
                value += gain * x[0] * exp2(a, b)
            if inputs[0] != 0.0:
                value += gain * inputs[0] * dt * exp3(0.0, a, b)
        for i in range(n):
            after[offset + i] += roots[i] * modes[i, j] * value


def accumulate(n, offset, ka, rates, modes, roots, x, z, w, inputs, dt, area):
    """Integrals of the amounts over a time dt after x, written to area."""
    for i in range(offset + n):
        area[i] = 0.0
    if offset == 1:
        area[0] = x[0] * dt * exp1(ka * dt)
        if inputs[0] != 0.0:
            area[0] += inputs[0] * dt * dt * exp3(0.0, 0.0, ka * dt)
    for j in range(n):
        a = rates[j] * dt
        value = z[j] * dt * exp1(a)
        if w[j] != 0.0:
            value += w[j] * dt * dt * exp3(0.0, 0.0, a)
        if offset == 1:
            b = ka * dt
            gain = ka * dt * modes[0, j] / roots[0]
            if x[0] != 0.0:
                value += gain * x[0] * dt * exp3(0.0, a, b)
            if inputs[0] != 0.0:
                value += gain * inputs[0] * dt * dt * exp4(0.0, 0.0, min(a, b), max(a, b))
        for i in range(n):
            area[offset + i] += roots[i] * modes[i, j] * value


def steady_state(n, offset, ka, rates, modes, roots, row, x, z, w, inputs, after):
    """Write to x the periodic steady state at the time of the record of a train.

    row  of the steady table: amount, interval, duration, phase, state, ...
    z, w, inputs, after
         (n,), (n,), (n + offset,) twice, to work in
    Returns whether there is one.

    One cycle from nothing gives the forced part; dividing by 1 - exp(-rate x interval) in the
    modes gives the state that the cycle returns to, the depot first because it feeds the rest.
    """
    amount, interval, duration, phase = row[0], row[1], row[2], row[3]
    state = int(row[4])
    size = offset + n
    for j in range(n):
        z[j] = 0.0
        w[j] = 0.0
    for i in range(size):
        x[i] = 0.0
        inputs[i] = 0.0
        after[i] = 0.0
    if amount == 0.0:
        return True
    if interval == 0.0:
        # An endless input: what goes in goes out of every compartment.
        if state < offset:
            if ka <= 0.0:
                return False
            x[0] = amount / ka
            inputs[offset] = amount
        else:
            inputs[state] = amount
        to_modes(n, roots, modes, inputs, offset, w)
        for j in range(n):
            if w[j] == 0.0:
                continue
            if rates[j] <= 0.0:
                return False
            for i in range(n):
                x[offset + i] += roots[i] * modes[i, j] * w[j] / rates[j]
        return True
    for turn in range(2):
        # Turn 0: the cycle from nothing. Turn 1: again with the depot at its steady state.
        if duration == 0.0:
            evolve(n, offset, ka, rates, modes, roots, x, z, w, inputs, phase, after)
            for i in range(size):
                x[i] = after[i]
            x[state] += amount
            to_modes(n, roots, modes, x, offset, z)
            rest = interval - phase
            evolve(n, offset, ka, rates, modes, roots, x, z, w, inputs, rest, after)
            for i in range(size):
                x[i] = after[i]
        else:
            rate = amount / duration
            whole = math.floor(duration / interval)
            part = duration - whole * interval
            # The cycle in phases of the train: from interval - phase round to itself.
            ends = phase + part
            for stretch in range(3):
                if ends <= interval:
                    begin = 0.0 if stretch == 0 else (phase if stretch == 1 else ends)
                    end = phase if stretch == 0 else (ends if stretch == 1 else interval)
                    running = whole + 1 if stretch == 1 else whole
                else:
                    turnover = ends - interval
                    begin = 0.0 if stretch == 0 else (turnover if stretch == 1 else phase)
                    end = turnover if stretch == 0 else (phase if stretch == 1 else interval)
                    running = whole if stretch == 1 else whole + 1
                inputs[state] = running * rate
                to_modes(n, roots, modes, x, offset, z)
                if state >= offset:
                    to_modes(n, roots, modes, inputs, offset, w)
                evolve(n, offset, ka, rates, modes, roots, x, z, w, inputs, end - begin, after)
                for i in range(size):
                    x[i] = after[i]
        if turn == 0:
            if offset == 0 or state > 0:
                break
            if ka <= 0.0:
                return False
            x[0] = x[0] / -math.expm1(-ka * interval)
            for i in range(1, size):
                x[i] = 0.0
            for j in range(n):
                z[j] = 0.0
    to_modes(n, roots, modes, x, offset, z)
    for i in range(n):
        x[offset + i] = 0.0
    for j in range(n):
        if z[j] == 0.0:
            continue
        if rates[j] <= 0.0:
            return False
        value = z[j] / -math.expm1(-rates[j] * interval)
        for i in range(n):
            x[offset + i] += roots[i] * modes[i, j] * value
    return True


def settle(n, offset, lo, hi, first, last, kinds, indices, steady, parameters, settled_from):
    """The steady states that lanes lo to hi come to, whatever they are in when they do.

    settled_from  written: the first row of each lane
    Returns a row for each such event: amounts, then 1 or, where there is no steady state, 0.
    """
    size = n + offset
    total = 0
    for lane in range(lo, hi):
        settled_from[lane - lo] = total
        for event in range(first[lane - lo], last[lane - lo]):
            total += 1 if kinds[event] in (STEADY_SET, STEADY_ADD) else 0
    settled = np.zeros((total, size + 1))
    rates = np.empty(n)
    modes = np.empty((n, n))
    roots = np.empty(n)
    square = np.empty((n, n))
    z = np.empty(n)
    w = np.empty(n)
    inputs = np.empty(size)
    after = np.empty(size)
    at = 0
    for lane in range(lo, hi):
        for event in range(first[lane - lo], last[lane - lo]):
            if kinds[event] not in (STEADY_SET, STEADY_ADD):
                continue
            # The steady state is that of the dose's own piece, not of the one in force.
            row = steady[indices[event]]
            p = parameters[lane, 0 if parameters.shape[1] == 1 else int(row[5])]
            disposition(n, p[offset:], rates, modes, roots, square)
            ka = p[0] if offset == 1 else 0.0
            if steady_state(
                n, offset, ka, rates, modes, roots, row, settled[at], z, w, inputs, after
            ):
                settled[at, size] = 1.0
            at += 1
    return settled
