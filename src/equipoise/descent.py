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

from equipoise.kinetics import kernels


def picked(values, far, most, chosen):
    """Mark the best few starts of every subject, besides the first one: no two side by side.

    values  (S, n), infinite where there is no answer;  far  (n, n) which lie apart from which
    chosen  (S, n) written
    Returns the place of a subject that has no start at all, or -1
    """
    free = np.empty(values.shape[1], dtype=np.bool_)
    for s in range(values.shape[0]):
        for i in range(free.shape[0]):
            chosen[s, i] = False
            free[i] = values[s, i] < math.inf
        chosen[s, 0] = free[0]
        for number in range(most):
            best = -1
            for i in range(free.shape[0]):
                if free[i] and (best < 0 or values[s, i] < values[s, best]):
                    best = i
            if best < 0:
                if number == 0:
                    return s
                break
            chosen[s, best] = True
            for i in range(free.shape[0]):
                free[i] = free[i] and far[best, i]
    return -1


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
    """
    k = hessian.shape[1]
    root = np.zeros((k, k))
    step = np.zeros(k)
    flat = np.zeros(k)
    for w in range(hessian.shape[0]):
        definite[w] = newton(hessian[w], flat, 0.0, math.inf, root, step) >= 0.0
        curvature[w] = hessian[w] if definite[w] else expected[w]


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


def joined(of, own, count, promised, trial, z, value, near, apart, moving, left):
    """Of the walkers of a subject that would come upon each other in their next step, let only the
    lowest take it.

    near   they do where they are nearer than this already, and `apart` that then
    count  walkers that would go on, in `own`, `promised` and `trial`: written anew
    left   (W,) those that are left, written
    Returns the number of walkers that still would
    """
    k = z.shape[1]
    for a in range(count):
        b = a + 1
        while b < count and of[own[b]] == of[own[a]]:
            now = 0.0
            then = 0.0
            for i in range(k):
                now += (z[own[a], i] - z[own[b], i]) ** 2
                then += (trial[a, i] - trial[b, i]) ** 2
            if left[own[a]] and left[own[b]] and now < near * near and then < apart * apart:
                left[own[a] if value[own[b]] < value[own[a]] else own[b]] = False
            b += 1
    kept = 0
    for a in range(count):
        w = own[a]
        if not left[w]:
            moving[w] = False
            continue
        own[kept] = w
        promised[kept] = promised[a]
        for i in range(k):
            trial[kept, i] = trial[a, i]
        kept += 1
    return kept


def damped(
    own, promised, trial, new_value, new_gradient, new_curvature, new_misfit, moving, z, value,
    gradient, curvature, misfit, damping,
):  # fmt: skip
    """Go where it is lower (Levenberg-Marquardt): more damping where a step kept little of its
    promise, less where it kept most. A walker that hardly may step any more stands still."""
    k = z.shape[1]
    for place in range(own.shape[0]):
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


def merged(of, z, value, apart, left):
    """Strike out the walkers that have come upon a lower one of the same subject, nearer than
    `apart`.

    left  (W,) those that are left, read and written
    """
    before = left.copy()
    for a in range(of.shape[0]):
        b = a + 1
        while b < of.shape[0] and of[b] == of[a]:
            distance = 0.0
            for i in range(z.shape[1]):
                distance += (z[a, i] - z[b, i]) ** 2
            if before[a] and before[b] and distance < apart * apart:
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
    gradient, expected, curvature, norm, damping, enough, moving,
):  # fmt: skip
    """Go where it is lower, or as low within the accuracy of the integration and flatter.

    new_curvature  of each walker; with no entries: by BFGS
    enough         a walker whose gradient is not longer stands still
    """
    k = z.shape[1]
    change = np.empty(k)
    along = np.empty(k)
    for place in range(own.shape[0]):
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
        moving[w] = norm[w] > enough and damping[w] < 1e6 * mean


def settled(z, gradient, curvature, norm, enough, small):
    """Take one more step, unseen, with those that stand still because their gradient is not longer
    than `enough`, where it promises less than `small`."""
    k = z.shape[1]
    root = np.zeros((k, k))
    step = np.zeros(k)
    for w in range(z.shape[0]):
        if norm[w] <= enough:
            gain = newton(curvature[w], gradient[w], 0.0, math.inf, root, step)
            if 0.0 <= gain < small:
                for i in range(k):
                    z[w, i] += step[i]


def log_determinants(matrices, out):
    """Write ln of the determinants of positive definite matrices (W, k, k), which they lose."""
    k = matrices.shape[1]
    for w in range(matrices.shape[0]):
        root = matrices[w]
        out[w] = 0.0
        for i in range(k):
            for j in range(i + 1):
                for n in range(j):
                    root[i, j] -= root[i, n] * root[j, n]
                if j < i:
                    root[i, j] /= root[j, j]
            root[i, i] = math.sqrt(root[i, i])
            out[w] += 2.0 * math.log(root[i, i])


@cache
def compiled() -> ModuleType:
    """These functions as machine code."""
    return kernels.load(
        "descent",
        (
            kernels.source_of(newton, updated, how="within"),
            kernels.source_of(
                picked, usable, offered, joined, damped, merged, polished, settled,
                log_determinants,
            ),
        ),
    )
