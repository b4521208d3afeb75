"""The maximum a posteriori estimate that is not missed, for one subject or many at once.

Works in whitened etas (z with unit prior variance). Of a batch of candidate starts the best few,
and the origin, go down side by side: first with the expected curvature and a loose tolerance of the
integration, then by Newton steps with the tight one until the gradient is small. The lowest optimum
is kept. What does not settle this way is driven down alone, by `descend`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from equipoise import descent
from equipoise.density import FAILED
from equipoise.kinetics import kernels
from equipoise.kinetics.lanes import processors
from equipoise.likelihood import (
    Objective,
    Subject,
    conditional_objective,
    second_differences,
)
from equipoise.model import Array, Model
from equipoise.objective import TOGETHER, Batch, Booleans, Integers, Local, pattern
from equipoise.scout import far_starts, near_starts, refuse

GRADIENT_NORM = 1e-4
"""A mode is accepted where the gradient of the objective in whitened etas is below this."""

APART = 0.1
"""Two optima nearer than this (SD of the prior) are one."""

BESIDE = 1.0
"""Walkers nearer than this whose next steps end at one place, or at which one stands already, are
in one valley (SD of the prior)."""

NEWTON_STEPS = 100

REACH = 2.0
"""A step is at most so long (SD of the prior)."""

HALVINGS = np.append(0.5 ** np.arange(24), 0.0)

COMPANY = 512
"""Subjects that are estimated side by side."""

LOOSE = 1e-4
"""Tolerance of the integration on the way down."""

NEAR = 0.05
"""On the way down a walker is near its optimum where the next step promises less."""

CLOSE = 1.0
"""Optima so much above the lowest may yet turn out to be it, by the tight tolerance."""

DEEP = 20.0
"""An optimum higher than the lowest by more than this (-2 ln density) is not reported: it holds
e^-10 of the density."""

ODD = 2.0
"""A fit is odd where its squared residuals exceed their expectation by so many SDs."""

LAST = 2e-11
"""A step from a mode that promises less is taken unseen: OFV is off by less than 1e-4 by it."""

NOBODY = np.zeros(0, dtype=np.int64)

LOOSE_STEPS = 40
TIGHT_STEPS = 30


@dataclass(frozen=True, slots=True)
class Mode:
    """A conditional mode.

    eta       (k,)
    gradient  norm of the objective's gradient in whitened etas
    ofv, joint  as the contract defines them
    converged   the gradient norm is below `GRADIENT_NORM`
    """

    eta: Array
    gradient: float
    ofv: float
    joint: float
    converged: bool


def find_mode(model: Model, subject: Subject, *, student: bool = False) -> Mode:
    """The maximum a posteriori etas of one subject.

    Fails  ValueError where no start gives a finite objective (the doses or covariates make the
           model blow up).
    """
    return _modes(model, [subject], student=student)[0]


def find_modes(
    model: Model,
    subjects: Sequence[Subject],
    *,
    student: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[Mode]:
    """The same for many subjects at once, in their order.

    Each is estimated from its own levels alone; company changes an answer within the accuracy of
    the integration only.
    progress  called with the number of subjects done, now and then
    """
    companies = [subjects[i : i + COMPANY] for i in range(0, len(subjects), COMPANY)]
    # A company a thread: much of its work cannot be shared out. Threads of their own, as those of
    # the engine may be asked for inside.
    threads = max(1, min(processors(), len(companies)))
    one = partial(_modes, model, student=student, workers=max(1, processors() // threads))
    found: list[Mode] = []
    with ThreadPoolExecutor(threads) as pool:
        for modes in pool.map(one, companies) if threads > 1 else map(one, companies):
            found.extend(modes)
            if progress is not None:
                progress(len(found))
    return found


def find_optima(batch: Batch) -> tuple[Mode, Array]:
    """The mode of a batch's one subject, which has levels, and the optima found near and far, in
    whitened etas, the lowest first: (m, k). Those that are not the lowest are rough.
    """
    return _searched(batch, everywhere=True)[0]


def distinct(points: Sequence[Array]) -> Array:
    """Those of some optima that lie apart, in their order: (m, k)."""
    kept = [points[0]]
    for z in points[1:]:
        if min(float(np.linalg.norm(z - other)) for other in kept) > APART:
            kept.append(z)
    return np.array(kept)


def _modes(
    model: Model, subjects: Sequence[Subject], *, student: bool, workers: int | None = None
) -> list[Mode]:
    k = len(model.etas)
    found: dict[int, Mode] = {}
    for i, subject in enumerate(subjects):
        if k == 0 or not subject.observed:
            eta = np.zeros(k)
            ofv, joint_value = conditional_objective(model, subject, eta)
            found[i] = Mode(eta, 0.0, ofv, joint_value, True)
    rest = [i for i in range(len(subjects)) if i not in found]
    if rest:
        batch = Batch(model, [subjects[i] for i in rest], student=student, workers=workers)
        for i, (mode, _) in zip(rest, _searched(batch, everywhere=False), strict=True):
            found[i] = mode
    return [found[i] for i in range(len(subjects))]


def _searched(batch: Batch, *, everywhere: bool) -> list[tuple[Mode, Array]]:
    """The mode and the optima of each subject.

    everywhere  from the far starts too, whether there is doubt or not
    """
    every = np.arange(len(batch.subjects))
    of, z, value, misfit = down(batch, *near_starts(batch))
    doubtful = every if everywhere else _doubtful(batch, of, value, misfit)
    if len(doubtful):
        more = down(batch, *far_starts(batch, doubtful))
        of, z, value = (np.concatenate(pair) for pair in zip((of, z, value), more[:3], strict=True))
        order = np.argsort(of, kind="stable")
        of, z, value = of[order], z[order], value[order]
        kept = value < FAILED
        descent.compiled().merged(of, z, value, APART, kept)
        of, z, value = of[kept], z[kept], value[kept]
    close = np.ones(len(of), dtype=np.bool_)
    if len(of) > len(every):
        best = np.full(len(every), np.inf)
        np.minimum.at(best, of, value)
        low = value <= best[of] + DEEP
        of, z, value = of[low], z[low], value[low]
        close = value <= best[of] + CLOSE
    own: list[list[Walker]] = [[] for _ in every]
    for walker in polished(batch, of, z, value, close):
        own[walker.of].append(walker)
    return [answer(batch, s, walkers) for s, walkers in enumerate(own)]


def _doubtful(batch: Batch, of: Integers, value: Array, misfit: Array) -> Integers:
    """Subjects whose lowest optimum may not be among those found, by place.

    Near starts led to several optima; the levels are fewer than the etas; or even the lowest
    optimum fits worse than levels of this model would.
    """
    doubt = np.empty(len(batch.subjects), dtype=np.bool_)
    code = descent.compiled()
    some = code.doubted(of, value, misfit, batch.counts, batch.size, ODD, doubt)
    return np.flatnonzero(doubt) if some else NOBODY


def down(batch: Batch, of: Integers, z: Array) -> tuple[Integers, Array, Array, Array]:
    """Walkers near the floors of their valleys, one a valley: of (W,), z (W, k), value, misfit.

    Levenberg-Marquardt with the expected curvature, which the prior keeps positive definite.
    """
    code = descent.compiled()
    kernels.announce(code)
    here = batch.around(of, z, central=False, rtol=LOOSE)
    value, gradient, curvature, misfit = here.value, here.gradient, here.expected, here.misfit
    damping, moving = np.zeros(len(of)), value < FAILED
    left = np.ones(len(of), dtype=np.bool_)
    own, step, promised, trial = _room(z)
    whose = np.empty_like(own)
    for _ in range(LOOSE_STEPS):
        # The last, small step is taken unseen: what follows looks at where it leads.
        n = code.onward(
            of, z, value, gradient, curvature, damping, moving, left, REACH, NEAR, BESIDE, APART,
            own, step, promised, trial, whose,
        )  # fmt: skip
        if not n:
            break
        new = batch.around(whose[:n], trial[:n], central=False, rtol=LOOSE)
        code.damped(
            own, promised, trial, new.value, new.gradient, new.expected, new.misfit, of, z, value,
            gradient, curvature, misfit, damping, moving, left, APART,
        )  # fmt: skip
    code.merged(of, z, value, APART, left)
    n = code.kept(left, of, z, value, misfit)
    kernels.note(code)
    return of[:n], z[:n], value[:n], misfit[:n]


def _room(z: Array) -> tuple[Integers, Array, Array, Array]:
    """Room for the steps of walkers at z: whose, the step, what it promises, where it leads."""
    return np.empty(len(z), dtype=np.int64), np.empty_like(z), np.empty(len(z)), np.empty_like(z)


@dataclass(slots=True, eq=False)
class Walker:
    """Where one start has led: whitened etas, the objective, and what is known of both.

    saddle  the direction in which the objective falls from here on both sides, if there is one
    """

    of: int
    z: Array
    value: float
    gradient: float = np.inf
    ofv: float = np.nan
    saddle: Array | None = None


def polished(batch: Batch, of: Integers, z: Array, value: Array, close: Booleans) -> list[Walker]:
    """Those that are `close` driven to their optimum, by a quasi-Newton method that begins with
    second derivatives where a point and its copies fit into one block."""
    walkers = [Walker(s, z[i], at) for i, (s, at) in enumerate(zip(of.tolist(), value.tolist(),
                                                                 strict=True))]  # fmt: skip
    own = close.nonzero()[0]
    of, z = of[own], z[own]
    code = descent.compiled()
    curved = len(pattern(batch.size, True, True)) <= TOGETHER
    here = batch.around(of, z, curved=curved)
    value, gradient, expected = here.value, here.gradient, here.expected
    norm, damping, enough = np.empty(len(of)), np.zeros(len(of)), GRADIENT_NORM
    moving = np.empty(len(of), dtype=np.bool_)
    code.moved(value, gradient, 0.1 * enough, norm, moving)
    curvature, definite = _usable(here)
    saddle = {} if definite is None else _saddles(here, ~definite & (norm < 1.0))
    going, step, promised, trial = _room(z)
    for number in range(TIGHT_STEPS):
        n = code.offered(
            moving, z, gradient, curvature, damping, REACH, -np.inf, going, step, promised, trial
        )
        if not n:
            break
        # Most are there after a step or two; a curved valley wants its curvature anew at each.
        again = curved and number >= 2
        new = batch.around(of[going[:n]], trial[:n], curved=again)
        code.polished(
            going, step, promised, trial, new.value, new.gradient, new.expected,
            _usable(new)[0] if again else curvature[:0], z, value, gradient, expected, curvature,
            norm, damping, enough, LAST, moving,
        )  # fmt: skip
    ofv = np.empty(len(of))
    code.settled(z, gradient, curvature, norm, enough, LAST, expected, ofv)
    kernels.note(code)
    ofv += value - batch.size * math.log(2.0)
    found = zip(value.tolist(), norm.tolist(), ofv.tolist(), strict=True)
    for i, (place, (at, slope, whole)) in enumerate(zip(own.tolist(), found, strict=True)):
        walkers[place] = Walker(walkers[place].of, z[i], at, slope, whole, saddle.get(i))
    return walkers


def _usable(here: Local) -> tuple[Array, Booleans | None]:
    """Second derivatives, or what is expected of them where they are not positive definite; and
    where they are, None: everywhere."""
    if here.hessian is None:
        return here.expected.copy(), None
    curvature, definite = np.empty_like(here.expected), np.empty(len(here.value), dtype=np.bool_)
    some = descent.compiled().usable(here.hessian, here.expected, curvature, definite)
    return curvature, definite if some else None


def _saddles(here: Local, which: Booleans) -> dict[int, Array]:
    """The directions in which second derivatives are least, of some points by place."""
    if here.hessian is None:
        return {}
    return {i: np.linalg.eigh(here.hessian[i])[1][:, 0] for i in which.nonzero()[0].tolist()}


def answer(batch: Batch, s: int, walkers: list[Walker]) -> tuple[Mode, Array]:
    """The mode of one subject, and all optima, from where its walkers stand."""
    walkers = [w for w in walkers if w.value < FAILED] or refuse(batch, s)
    walkers = sorted(walkers, key=lambda w: w.value)
    high = walkers[0].value + CLOSE
    rough = [
        w
        for w in walkers
        if w.saddle is not None or not (w.gradient < GRADIENT_NORM or w.value > high)
    ]
    if rough:
        settled = [w for w in walkers if w not in rough]
        walkers = sorted(settled + _alone(batch, s, rough), key=lambda w: w.value)
    best = walkers[0]
    optima = best.z[None, :] if len(walkers) == 1 else distinct([w.z for w in walkers])
    eta = batch.root @ best.z
    joint_value, ofv = best.value + batch.log_omega, best.ofv
    if batch.censored[s] and len(pattern(batch.size, True, True)) <= TOGETHER:
        ofv = best.value + float(np.linalg.slogdet(batch.information(s, best.z))[1])
    elif batch.censored[s]:
        ofv, _ = conditional_objective(batch.model, batch.subjects[s], eta)
    return Mode(eta, best.gradient, ofv, joint_value, best.gradient < GRADIENT_NORM), optima


def _alone(batch: Batch, s: int, walkers: list[Walker]) -> list[Walker]:
    """Walkers of one subject that did not settle in company, driven down one by one."""

    def objective(z: Array) -> Array:
        return batch.values(np.full(len(z), s), z, group=len(z))

    starts = []
    for w in walkers:
        if w.saddle is not None:
            starts += [w.z + 0.3 * w.saddle, w.z - 0.3 * w.saddle]
        else:
            starts.append(w.z)
    ends = np.array([descend(objective, z)[0] for z in starts])
    whole = np.full(len(ends), s)
    return polished(batch, whole, ends, np.zeros(len(ends)), np.ones(len(ends), dtype=np.bool_))


def gradient_of(objective: Objective, z: Array, step: float = 1e-4) -> Array:
    """Gradient at one point by central differences in one batch, (k,)."""
    k = len(z)
    lanes = np.concatenate([z + step * np.eye(k), z - step * np.eye(k)])
    values = np.asarray(objective(lanes))
    return np.asarray((values[:k] - values[k:]) / (2.0 * step))


def descend(objective: Objective, start: Array) -> tuple[Array, float]:
    """One local optimum, by Newton steps that go downhill whatever the curvature.

    Value, gradient and curvature come from perturbed lanes in one batch, and so do the lengths of
    the line search. Eigenvalues of the curvature count by their size, so a saddle repels; a step
    is at most `REACH` standard deviations of the prior.
    """
    z = start
    best = float(np.asarray(objective(z[None, :]))[0])
    for _ in range(NEWTON_STEPS):
        gradient = gradient_of(objective, z)
        if np.linalg.norm(gradient) < GRADIENT_NORM / 10.0:
            break
        hessian = second_differences(objective, z, np.full(len(z), 1e-3))
        moves = (_downhill(hessian, gradient), -gradient)
        for move in moves:
            length = float(np.linalg.norm(move))
            move = move * min(1.0, REACH / length)
            # Where it stands is scored again in the same batch: two batches of an integration
            # differ by more than the last steps gain.
            values = np.asarray(objective(z[None, :] + HALVINGS[:, None] * move[None, :]))
            place = int(np.argmin(values))
            if float(values[place]) < float(values[-1]):
                break
        else:
            break
        z = z + HALVINGS[place] * move
        best = float(values[place])
    return z, best


def _downhill(hessian: Array, gradient: Array) -> Array:
    size, turn = np.linalg.eigh(0.5 * (hessian + hessian.T))
    size = np.maximum(np.abs(size), 1e-3)
    return np.asarray(-turn @ ((turn.T @ gradient) / size))
