"""What the data of one subject say about its etas: predictions, residuals, the two objectives.

`joint` is what the maximum a posteriori estimate minimises, up to nothing: with uncensored data
sum(ln v + (y - f)^2 / v) + eta' Omega^-1 eta + ln|Omega|, without the 2-pi constants. Everything is
vectorised over lanes of etas, so that derivatives come from perturbed copies in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import lgamma, log, pi

import numpy as np
from numpy.typing import NDArray

from equipoise.density import NOTHING
from equipoise.kinetics import row_of
from equipoise.model import Array, Course, Model, simulate

Objective = Callable[[Array], Array]
"""(lanes, k) points -> (lanes,) values."""

STUDENT_DF = 4.0
"""Degrees of freedom of the heavy-tailed residual used as a sensitivity."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One level.

    number    in the analyte's unit; the limit where censored
    censored  "", "<" or ">"
    after     whether the sample stands after the doses of its time; for a level from a data set its
              row, from 1: after what NONMEM lets act before the records of that time (additional
              and lagged doses) and after the records before it
    """

    time: float
    analyte: str
    number: float
    censored: str = ""
    after: bool | int = False


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject as the estimation sees it: what was given, and what was measured."""

    id: str
    course: Course
    observed: tuple[Observed, ...]

    @property
    def times(self) -> Array:
        """Hours of the levels, (n,)."""
        return np.array([o.time for o in self.observed], dtype=float)


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions at a subject's levels; all (lanes, n), NaN for a lane the engine gave up.

    values    in the analyte's unit
    center, variance
              on the scale on which residuals are normal: of the logarithm where the model says so
    """

    values: Array
    center: Array
    variance: Array


def predicted(model: Model, subject: Subject, etas: Array, *, rtol: float = 1e-8) -> Array:
    """Predictions at the subject's levels: (lanes, n). NaN for a lane the engine gave up."""
    return with_errors(model, subject, etas, rtol=rtol).values


def with_errors(model: Model, subject: Subject, etas: Array, *, rtol: float = 1e-8) -> Predicted:
    """Predictions at the subject's levels, and how far residuals scatter around each."""
    if not subject.observed:
        none = np.zeros((etas.shape[0], 0))
        return Predicted(none, none, none)
    prediction = simulate(
        model,
        [subject.course],
        [subject.times],
        etas=etas,
        after=[np.array([row_of(o.after) for o in subject.observed])],
        rtol=rtol,
    )
    values = np.empty((etas.shape[0], len(subject.observed)))
    for j, level in enumerate(subject.observed):
        values[:, j] = prediction.values[level.analyte][0, :, j]
    return _scattered(model, subject, values, prediction.errors)


def _scattered(
    model: Model,
    subject: Subject,
    values: Array,
    errors: Mapping[str, tuple[Array, Array]],
) -> Predicted:
    center, variance = values.copy(), np.empty_like(values)
    for j, level in enumerate(subject.observed):
        if level.analyte in errors:
            center[:, j], variance[:, j] = (e[0, :, j] for e in errors[level.analyte])
            continue
        residual = model.observation(level.analyte).residual
        variance[:, j] = residual.variance(values[:, j])
        if residual.log > 0.0:
            center[:, j] = np.log(np.maximum(values[:, j], 1e-300))
            variance[values[:, j] <= 0.0, j] = NOTHING
    return Predicted(values, center, np.maximum(variance, NOTHING))


def _levels(model: Model, subject: Subject) -> Array:
    """The measured levels on the scale on which residuals are normal, (n,)."""
    y = np.array([level.number for level in subject.observed], dtype=float)
    for j, level in enumerate(subject.observed):
        observation = model.observation(level.analyte)
        if observation.residual.log > 0.0 or observation.logged:
            y[j] = np.log(y[j]) if y[j] > 0.0 else -np.inf
    return y


def _log_normal(z: Array) -> Array:
    """ln of the standard normal distribution function."""
    # Imported here: only censored levels need it, and it takes a quarter of a second.
    from scipy.special import log_ndtr

    return np.asarray(log_ndtr(z))


def minus_two_log(model: Model, subject: Subject, f: Predicted, *, student: bool = False) -> Array:
    """-2 ln likelihood of each level for each lane of predictions, (lanes, n).

    Without the 2-pi constant for measured levels; a censored one counts by its probability (M3).
    Infinite where nothing is predicted and the residual error is nothing too: no level above it
    can be measured there.
    f        predictions alone are enough where the residual error needs no more
    student  heavy-tailed residual with `STUDENT_DF` degrees of freedom (same scale), a sensitivity
    """
    if isinstance(f, np.ndarray):
        f = _scattered(model, subject, f, {})
    y, g, v = _levels(model, subject), f.center, f.variance
    out = np.empty_like(g)
    for j, level in enumerate(subject.observed):
        z = (y[j] - g[:, j]) / np.sqrt(v[:, j])
        if level.censored == "<":
            out[:, j] = -2.0 * _log_normal(z)
        elif level.censored == ">":
            out[:, j] = -2.0 * _log_normal(-z)
        elif student:
            out[:, j] = np.log(v[:, j]) + (STUDENT_DF + 1.0) * np.log1p(z**2 / STUDENT_DF)
        else:
            out[:, j] = np.log(v[:, j]) + z**2
        if level.censored != "<":
            out[v[:, j] <= NOTHING, j] = np.inf
    return out


def log_scale(*, student: bool = False) -> float:
    """What `minus_two_log` leaves out of the log density of one measured level."""
    if not student:
        return -0.5 * log(2.0 * pi)
    df = STUDENT_DF
    return lgamma(0.5 * (df + 1.0)) - lgamma(0.5 * df) - 0.5 * log(df * pi)


def joint(
    model: Model, subject: Subject, etas: Array, *, student: bool = False, weight: float = 1.0
) -> Array:
    """The joint objective for each lane of etas, (lanes,); +inf where the engine gave up.

    weight  of the prior: 1 as published, less to trust the levels more (flattened prior)
    """
    f = with_errors(model, subject, etas)
    total = minus_two_log(model, subject, f, student=student).sum(axis=1)
    total = np.where(np.isfinite(total), total, np.inf)
    return np.asarray(total + weight * prior(model, etas))


def prior(model: Model, etas: Array) -> Array:
    """eta' Omega^-1 eta + ln|Omega| for each lane, (lanes,)."""
    if not model.etas:
        return np.zeros(etas.shape[0])
    omega = model.omega_matrix
    solved = np.linalg.solve(omega, etas.T).T
    return np.asarray((etas * solved).sum(axis=1) + np.linalg.slogdet(omega)[1])


def conditional_objective(model: Model, subject: Subject, eta: Array) -> tuple[float, float]:
    """(OFV, JOINT) at a conditional mode.

    OFV is the individual objective of first-order conditional estimation with interaction, as
    NONMEM prints it: JOINT + ln|H| with H = Omega^-1 + sum(a a'/v + c c'/2), a the derivative of
    the prediction and c that of the variance over the variance. Censored levels enter H with the
    second derivative of their own -2 ln likelihood (half of it), which NONMEM does under LAPLACE.
    eta  (k,)
    """
    k = len(model.etas)
    base = float(joint(model, subject, eta[None, :])[0])
    if k == 0:
        return base, base
    step = 1e-4 * np.sqrt(np.diag(model.omega_matrix))
    lanes = np.concatenate([eta + np.diag(step), eta - np.diag(step), eta[None, :]])
    f = with_errors(model, subject, lanes)
    g, v = f.center, f.variance
    a = (g[:k] - g[k : 2 * k]) / (2.0 * step[:, None])
    c = (v[:k] - v[k : 2 * k]) / (2.0 * step[:, None]) / v[-1]
    hessian = np.linalg.inv(model.omega_matrix)
    plain = np.array([o.censored == "" for o in subject.observed], dtype=bool)
    if plain.any():
        hessian = hessian + (a[:, plain] / v[-1][plain]) @ a[:, plain].T
        hessian = hessian + 0.5 * c[:, plain] @ c[:, plain].T
    if not plain.all():
        hessian = hessian + _curvature(model, subject, eta, step, ~plain)
    return base + float(np.linalg.slogdet(hessian)[1]), base


def _curvature(
    model: Model, subject: Subject, eta: Array, step: Array, which: NDArray[np.bool_]
) -> Array:
    def term(lanes: Array) -> Array:
        f = with_errors(model, subject, lanes)
        return np.asarray(minus_two_log(model, subject, f)[:, which].sum(axis=1))

    return 0.5 * second_differences(term, eta, 10.0 * step)


def second_differences(function: Objective, at: Array, step: Array) -> Array:
    """Matrix of second derivatives of a function of lanes at one point, by central differences.

    function  (lanes, k) -> (lanes,);  at, step  (k,);  gives (k, k)
    """
    k = len(at)
    # Fours of one difference stand in a row: what shares the steps of a block must be in one.
    corners = []
    for i in range(k):
        for j in range(i, k):
            for si, sj in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                lane = at.copy()
                lane[i] += si * step[i]
                lane[j] += sj * step[j]
                corners.append(lane)
    values = np.asarray(function(np.array(corners)))
    hessian = np.empty((k, k))
    place = 0
    for i in range(k):
        for j in range(i, k):
            pp, pm, mp, mm = values[place : place + 4]
            place += 4
            # On the diagonal the mixed corners coincide with the centre: steps of 2 h.
            hessian[i, j] = hessian[j, i] = (pp - pm - mp + mm) / (4.0 * step[i] * step[j])
    return hessian


def residual_sd(model: Model, analyte: str, prediction: float) -> float:
    """SD of one observation around a prediction, in the analyte's unit (log residual: by the
    delta method)."""
    residual = model.observation(analyte).residual
    if residual.log > 0.0:
        return float(residual.log * prediction)
    return float(np.sqrt(residual.variance(np.array([prediction]))[0]))


def analytes_of(subjects: Sequence[Subject]) -> tuple[str, ...]:
    """Names measured in any of the subjects, in order of appearance."""
    return tuple(dict.fromkeys(o.analyte for s in subjects for o in s.observed))
