"""Steps downhill of many points at once, compiled.

A walker is a point of one subject with the objective there and its derivatives; walkers of one
subject stand in a row. `mode` says where they begin and asks for the objective; here is what a
walker does with the answer. The functions run uncompiled as well.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import math
from functools import cache
from types import ModuleType

import numpy as np

from equipoise.density import FAILED
from equipoise.kinetics import kernels


def picked(values, far, most, grid, of, z):
    """Write the best few starts of every subject, besides the first one: no two side by side.

    values  (S x n,), `FAILED` where there is no answer;  far  (n, n) which lie apart from which
    grid    (n, k);  of, z  room for the first one and `most` others of each subject
    Returns the number of starts; for a subject s that has none, -1 - s
    """
    n, k = grid.shape
    free = np.empty(n, dtype=np.bool_)
    chosen = np.empty(n, dtype=np.bool_)
    count = 0
    for s in range(values.shape[0] // n):
        own = values[s * n : (s + 1) * n]
        for i in range(n):
            free[i] = own[i] < FAILED
            chosen[i] = i == 0 and free[0]
        for number in range(most):
            best = -1
            for i in range(n):
                if free[i] and (best < 0 or own[i] < own[best]):
                    best = i
            if best < 0:
                if number == 0:
                    return -1 - s
                break
            chosen[best] = True
            for i in range(n):
                free[i] = free[i] and far[best, i]
        for i in range(n):
            if chosen[i]:
                of[count] = s
                for j in range(k):
                    z[count, j] = grid[i, j]
                count += 1
    return count


def newton(curvature, gradient, damping, reach, root, step):
    """Write the step -(curvature + damping)^-1 gradient, at most `reach` long.

    curvature, root (k, k), root to work in;  gradient, step (k,)
    Returns by how much it lowers the objective if that is a parabola; negative: the matrix is not
            positive definite, and there is no step
    """
    k = gradient.shape[0]
    for i in range(k):
        for j in range(i + 1):
            total = curvature[i, j]
            if i == j:
                total += damping
            for n in range(j):
                total -= root[i, n] * root[j, n]
            if i > j:
                root[i, j] = total / root[j, j]
            elif total > 1e-3:
                root[i, i] = math.sqrt(total)
            else:
                for n in range(k):
                    step[n] = 0.0
                return -1.0
    for i in range(k):
        total = -gradient[i]
        for n in range(i):
            total -= root[i, n] * step[n]
        step[i] = total / root[i, i]
    length = 0.0
    for back in range(k):
        i = k - 1 - back
        total = step[i]
        for n in range(i + 1, k):
            total -= root[n, i] * step[n]
        step[i] = total / root[i, i]
        length += step[i] * step[i]
    share = min(1.0, reach / math.sqrt(max(length, 1e-300)))
    for i in range(k):
        step[i] *= share
    promised = 0.0
    for i in range(k):
        bent = 0.0
        for j in range(k):
            bent += curvature[i, j] * step[j]
        promised -= step[i] * (gradient[i] + 0.5 * bent)
    return promised


def usable(hessian, expected, curvature, definite):
    """Write second derivatives, or what is expected of them where they are not positive definite.

    All (W, k, k);  definite (W,) written
    Returns the number of those that are not
    """
    k = hessian.shape[1]
    root = np.zeros((k, k))
    step = np.zeros(k)
    flat = np.zeros(k)
    count = 0
    for w in range(hessian.shape[0]):
        definite[w] = newton(hessian[w], flat, 0.0, math.inf, root, step) >= 0.0
        curvature[w] = hessian[w] if definite[w] else expected[w]
        count += not definite[w]
    return count


def moved(value, gradient, enough, norm, moving):
    """Write the norms of gradients, and which walkers move: those whose is not below `enough`."""
    for w in range(gradient.shape[0]):
        norm[w] = 0.0
        for i in range(gradient.shape[1]):
            norm[w] += gradient[w, i] ** 2
        norm[w] = math.sqrt(norm[w])
        moving[w] = value[w] < FAILED and not norm[w] < enough


def offered(moving, z, gradient, curvature, damping, reach, near, own, step, promised, trial):
    """Write where the walkers that move would go, one after the other.

    own, step, promised, trial  place of the walker, its step, the gain, where it leads
    near  a step that promises less is taken unseen, and is the last
    Returns the number of walkers that would go on
    """
    k = z.shape[1]
    root = np.zeros((k, k))
    count = 0
    for w in range(z.shape[0]):
        if not moving[w]:
            continue
        gain = newton(curvature[w], gradient[w], damping[w], reach, root, step[count])
        for i in range(k):
            trial[count, i] = z[w, i] + step[count, i]
        own[count] = w
        promised[count] = gain
        if gain < near:
            for i in range(k):
                z[w, i] = trial[count, i]
            moving[w] = False
        else:
            count += 1
    return count


def nearer(one, other, distance):
    """Whether two points lie nearer than this."""
    total = 0.0
    for i in range(one.shape[0]):
        total += (one[i] - other[i]) ** 2
    return total < distance * distance


def onward(
    of, z, value, gradient, curvature, damping, moving, left, reach, near, beside, apart, own,
    step, promised, trial, whose,
):  # fmt: skip
    """`offered`; and of the walkers of a subject that would come upon each other in their next
    step, only the lowest takes it: none that would come upon one that stands still and is lower.

    beside  they do where they are nearer than this already, and `apart` that then
    left    (W,) those that are left, written;  whose  subject of those that would go on, written
    Returns the number of walkers that would
    """
    count = offered(
        moving, z, gradient, curvature, damping, reach, near, own, step, promised, trial
    )
    for a in range(count):
        b = a + 1
        while b < count and of[own[b]] == of[own[a]]:
            both = left[own[a]] and left[own[b]] and nearer(trial[a], trial[b], apart)
            if both and nearer(z[own[a]], z[own[b]], beside):
                left[own[a] if value[own[b]] < value[own[a]] else own[b]] = False
            b += 1
    kept = 0
    first = 0
    for a in range(count):
        w = own[a]
        while of[first] != of[w]:
            first += 1
        b = first
        while left[w] and b < of.shape[0] and of[b] == of[w]:
            if left[b] and not moving[b] and value[b] < value[w]:
                left[w] = not (nearer(z[w], z[b], beside) and nearer(trial[a], z[b], apart))
            b += 1
        if not left[w]:
            moving[w] = False
            continue
        own[kept] = w
        whose[kept] = of[w]
        promised[kept] = promised[a]
        for i in range(z.shape[1]):
            trial[kept, i] = trial[a, i]
        kept += 1
    return kept


def damped(
    own, promised, trial, new_value, new_gradient, new_curvature, new_misfit, of, z, value,
    gradient, curvature, misfit, damping, moving, left, apart,
):  # fmt: skip
    """Go where it is lower (Levenberg-Marquardt): more damping where a step kept little of its
    promise, less where it kept most. A walker that hardly may step any more stands still, and so
    does one that is struck out (`merged`)."""
    k = z.shape[1]
    for place in range(new_value.shape[0]):
        w = own[place]
        kept = (value[w] - new_value[place]) / promised[place]
        if kept > 0.0:
            value[w] = new_value[place]
            misfit[w] = new_misfit[place]
            z[w] = trial[place]
            gradient[w] = new_gradient[place]
            curvature[w] = new_curvature[place]
        mean = 0.0
        for i in range(k):
            mean += curvature[w, i, i] / k
        if kept < 0.25:
            damping[w] = max(5.0 * damping[w], 0.1 * mean)
        elif kept > 0.5:
            damping[w] = 0.1 * damping[w] if damping[w] > 0.01 * mean else 0.0
        if damping[w] > 1e8 * mean:
            moving[w] = False
    merged(of, z, value, apart, left)
    for w in range(moving.shape[0]):
        moving[w] = moving[w] and left[w]


def kept(left, of, z, value, misfit):
    """Move the walkers that are left to the front; returns their number."""
    count = 0
    for w in range(of.shape[0]):
        if left[w]:
            of[count] = of[w]
            z[count] = z[w]
            value[count] = value[w]
            misfit[count] = misfit[w]
            count += 1
    return count


def doubted(of, value, misfit, levels, size, odd, doubt):
    """Write of each subject (S,) whether it has several walkers, fewer levels than etas, or a
    lowest walker that fits worse than such levels would, by `odd` SDs.

    Returns the number of those
    """
    count = 0
    a = 0
    for s in range(levels.shape[0]):
        b = a + 1
        lowest = a
        while b < of.shape[0] and of[b] == s:
            lowest = b if value[b] < value[lowest] else lowest
            b += 1
        high = levels[s] + odd * math.sqrt(2.0 * levels[s])
        doubt[s] = b > a + 1 or levels[s] < size or misfit[lowest] > high
        count += doubt[s]
        a = b
    return count


def merged(of, z, value, apart, left):
    """Strike out the walkers that have come upon a lower one of the same subject, nearer than
    `apart`.

    left  (W,) those that are left, read and written
    """
    before = left.copy()
    for a in range(of.shape[0]):
        b = a + 1
        while b < of.shape[0] and of[b] == of[a]:
            if before[a] and before[b] and nearer(z[a], z[b], apart):
                left[a if value[b] < value[a] else b] = False
            b += 1


def updated(curvature, step, change, along):
    """Curvature after a step that changed the gradient so much (BFGS), in place.

    along  (k,) to work in
    """
    k = step.shape[0]
    held = 0.0
    gained = 0.0
    for i in range(k):
        along[i] = 0.0
        for j in range(k):
            along[i] += curvature[i, j] * step[j]
        held += step[i] * along[i]
        gained += step[i] * change[i]
    if gained > 1e-3 * held and held > 0.0:
        for i in range(k):
            for j in range(k):
                curvature[i, j] += change[i] * change[j] / gained - along[i] * along[j] / held


def polished(
    own, step, promised, trial, new_value, new_gradient, new_expected, new_curvature, z, value,
    gradient, expected, curvature, norm, damping, enough, small, moving,
):  # fmt: skip
    """Go where it is lower, or as low within the accuracy of the integration and flatter.

    new_curvature  of each walker; with no entries: by BFGS
    enough         a walker whose gradient is shorter stands still, if its next step promises less
                   than `small` or its gradient is shorter by ten
    """
    k = z.shape[1]
    change = np.empty(k)
    along = np.zeros(k)
    root = np.zeros((k, k))
    for place in range(new_value.shape[0]):
        w = own[place]
        length = 0.0
        for i in range(k):
            length += new_gradient[place, i] ** 2
        length = math.sqrt(length)
        gained = value[w] - new_value[place]
        # Two batches of an integration differ by more than the last steps gain.
        alike = abs(gained) < 1e-6 * (1.0 + abs(value[w]))
        good = gained > 0.1 * promised[place] or (alike and length < norm[w])
        if good:
            if new_curvature.shape[0] > 0:
                curvature[w] = new_curvature[place]
            else:
                for i in range(k):
                    change[i] = new_gradient[place, i] - gradient[w, i]
                updated(curvature[w], step[place], change, along)
            z[w] = trial[place]
            value[w] = new_value[place]
            norm[w] = length
            gradient[w] = new_gradient[place]
            expected[w] = new_expected[place]
        mean = 0.0
        for i in range(k):
            mean += curvature[w, i, i] / k
        if not good:
            damping[w] = max(10.0 * damping[w], 1e-3 * mean)
        else:
            damping[w] = 0.1 * damping[w] if damping[w] > 1e-5 * mean else 0.0
        still = norm[w] < 0.1 * enough
        if not still and norm[w] < enough:
            still = 0.0 <= newton(curvature[w], gradient[w], 0.0, math.inf, root, along) < small
        moving[w] = not still and damping[w] < 1e6 * mean


def settled(z, gradient, curvature, norm, enough, small, expected, ofv):
    """Take one more step, unseen, with those that stand still as their gradient is shorter than
    `enough`, where it promises less than `small`; and write ln of the determinant of what is
    expected, (W, k, k), which is lost."""
    k = z.shape[1]
    root = np.zeros((k, k))
    step = np.zeros(k)
    for w in range(z.shape[0]):
        if norm[w] < enough:
            gain = newton(curvature[w], gradient[w], 0.0, math.inf, root, step)
            if 0.0 <= gain < small:
                for i in range(k):
                    z[w, i] += step[i]
        own = expected[w]
        ofv[w] = 0.0
        for i in range(k):
            for j in range(i + 1):
                for n in range(j):
                    own[i, j] -= own[i, n] * own[j, n]
                if j < i:
                    own[i, j] /= own[j, j]
            own[i, i] = math.sqrt(own[i, i])
            ofv[w] += 2.0 * math.log(own[i, i])


@cache
def compiled() -> ModuleType:
    """These functions as machine code."""
    return kernels.load(
        "descent",
        (
            kernels.constants(FAILED=FAILED),
            kernels.source_of(newton, updated, nearer, how="within"),
            kernels.source_of(
                picked, usable, moved, offered, onward, merged, damped, kept, doubted, polished,
                settled,
            ),
        ),
    )  # fmt: skip
