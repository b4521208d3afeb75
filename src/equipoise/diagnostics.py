"""What a pharmacometrician looks at after a fit: predictions, weighted residuals, etas, shrinkage.

Everything is of one model and the modes of a cohort; nothing is estimated here. Residuals are on
the scale on which the model scatters: of the logarithm where it says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.kinetics import DoseEvent, row_of
from equipoise.likelihood import Subject, analytes_of, with_errors
from equipoise.mode import Mode
from equipoise.model import Array, Model, simulate
from equipoise.occasions import occasions_of
from equipoise.source import Source, Standing

GRID = 160
"""Times at which an individual curve is drawn, besides those of its doses."""

_STEP = 1e-4
_NEAR = (0.0, 0.002, 0.006, 0.015, 0.04)
"""Where a curve is drawn after a dose, as shares of the whole time."""


@dataclass(frozen=True, slots=True)
class Point:
    """One level beside what the model says of it.

    at          hours;  since: hours since the last dose, NaN before the first
    observed    in `unit` of the analyte; the limit where `censored` is "<" or ">"
    typical     prediction for the typical patient with these doses and covariates (PRED)
    individual  prediction at the mode (IPRED)
    iwres       (observation - individual) / its SD, NaN where censored
    cwres       conditional weighted residual with interaction, NaN where censored

    Source of cwres  Hooker 2007, doi:10.1007/s11095-007-9361-x; decorrelated by the symmetric root
    """

    subject: str
    analyte: str
    at: float
    since: float
    observed: float
    censored: str
    typical: float
    individual: float
    iwres: float
    cwres: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The two curves of one subject and analyte; hours and values, (n,)."""

    subject: str
    analyte: str
    times: Array
    typical: Array
    individual: Array


@dataclass(frozen=True, slots=True)
class Eta:
    """Estimates of one eta over the cohort beside the model's distribution.

    values     one for each subject (for each occasion lived through, where it varies by occasion)
    sd         of the model;  mean, spread: of the estimates (SD with n - 1)
    shrinkage  1 - spread / sd, as NONMEM's ETASHRINKSD
    """

    name: str
    values: tuple[float, ...]
    sd: float
    mean: float
    spread: float
    shrinkage: float

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return self.spread / math.sqrt(len(self.values))

    @property
    def distance(self) -> float:
        """Mean over its standard error; 0 where the estimates do not scatter at all."""
        return self.mean / self.error if self.error > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Scatter:
    """Residuals of one analyte; NaN without enough of them.

    n, censored   measured levels, and those known only to be below or above a limit
    iwres_mean, iwres_sd, cwres_mean, cwres_sd
    shrinkage     1 - root mean square of the individual weighted residuals, NONMEM's EPSSHRINKSD
    beyond        share of measured levels with an individual weighted residual beyond 1.96, %
    typical_mdpe, typical_mdape, individual_mdpe, individual_mdape
                  median relative error of a prediction, and of its size, % of the observation
    """

    analyte: str
    unit: str
    n: int
    censored: int
    iwres_mean: float
    iwres_sd: float
    beyond: float
    shrinkage: float
    cwres_mean: float
    cwres_sd: float
    typical_mdpe: float
    typical_mdape: float
    individual_mdpe: float
    individual_mdape: float


@dataclass(frozen=True, slots=True)
class Spread:
    """A covariate over the cohort, as it stands in each subject's first record.

    values  one for each subject
    """

    name: str
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Goodness:
    """What a fit of a cohort looks like: everything any face shows.

    logarithmic  analytes whose residual error is on the logarithmic scale
    ofv          sum of the individual objectives
    covariates   those the model reads and in which subjects differ
    unsettled    subjects whose estimate did not settle
    """

    model: str
    title: str
    source: Source
    standing: Standing
    population: str
    residuals: tuple[tuple[str, str], ...]
    logarithmic: tuple[str, ...]
    points: tuple[Point, ...]
    curves: tuple[Curve, ...]
    etas: tuple[Eta, ...]
    covariates: tuple[Spread, ...]
    scatters: tuple[Scatter, ...]
    ofv: float
    subjects: tuple[str, ...]
    unsettled: tuple[str, ...]

    @property
    def levels(self) -> int:
        """Measured levels: those that the constant n ln 2 pi counts."""
        return sum(s.n for s in self.scatters)

    @property
    def ofv_with_constant(self) -> float:
        """The sum with n ln 2 pi, as some programs print it."""
        return self.ofv + self.levels * math.log(2.0 * math.pi)


def goodness(model: Model, subjects: Sequence[Subject], modes: Sequence[Mode]) -> Goodness:
    """Predictions, residuals, etas and curves of a cohort at its modes.

    model  expanded for the occasions of the cohort, where it has them (`occasions.expanded`)
    modes  one for each subject, of that model
    Fails  ValueError where no subject has a level.
    """
    if not any(s.observed for s in subjects):
        raise ValueError("no subject has a measured level: there is nothing to look at")
    points = tuple(
        p for s, m in zip(subjects, modes, strict=True) for p in _points(model, s, m.eta)
    )
    names = analytes_of(subjects)
    observations = [model.observation(name) for name in names]
    return Goodness(
        model=model.id,
        title=model.title,
        source=model.source,
        standing=model.standing,
        population=model.population,
        residuals=tuple((o.analyte, _residual_words(model, o.analyte)) for o in observations),
        logarithmic=tuple(o.analyte for o in observations if o.residual.log > 0.0 or o.logged),
        points=points,
        curves=tuple(
            c for s, m in zip(subjects, modes, strict=True) for c in _curves(model, s, m.eta)
        ),
        etas=_etas(model, subjects, modes),
        covariates=_covariates(model, subjects),
        scatters=tuple(_scatter(model, name, points) for name in names),
        ofv=float(sum(m.ofv for m in modes)),
        subjects=tuple(s.id for s in subjects),
        unsettled=tuple(s.id for s, m in zip(subjects, modes, strict=True) if not m.converged),
    )


def trend(
    x: Sequence[float], y: Sequence[float], *, share: float = 2.0 / 3.0
) -> list[tuple[float, float]]:
    """A smooth line through points: local straight lines with tricube weights, at the x there are.

    share   of the points that each local line sees. [] for fewer than 8 points or 4 places.
    Source  Cleveland 1979, doi:10.1080/01621459.1979.10481038, without the robust steps
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    finite = np.isfinite(a) & np.isfinite(b)
    a, b = a[finite], b[finite]
    places = np.unique(a)
    if len(a) < 8 or len(places) < 4:
        return []
    seen = max(math.ceil(share * len(a)), 4)
    if len(places) > 60:
        places = np.unique(np.quantile(a, np.linspace(0.0, 1.0, 60)))
    line = []
    for place in places:
        distance = np.abs(a - place)
        reach = max(float(np.sort(distance)[seen - 1]) * 1.0001, 1e-12)
        weight = np.clip(1.0 - (distance / reach) ** 3, 0.0, None) ** 3
        total = weight.sum()
        center, level = (weight @ a) / total, (weight @ b) / total
        spread = weight @ (a - center) ** 2
        slope = (weight @ ((a - center) * (b - level))) / spread if spread > 1e-300 else 0.0
        line.append((float(place), float(level + slope * (place - center))))
    return line


def _points(model: Model, subject: Subject, eta: Array) -> list[Point]:
    if not subject.observed:
        return []
    k = len(eta)
    step = _STEP * np.sqrt(np.diag(model.omega_matrix)) if k else np.zeros(0)
    lanes = np.concatenate(
        [np.zeros((1, k)), eta[None, :], eta + np.diag(step), eta - np.diag(step)]
    )
    found = with_errors(model, subject, lanes)
    center, variance = found.center[1], found.variance[1]
    slope = (found.center[2 : 2 + k] - found.center[2 + k :]) / (2.0 * step[:, None])
    measured = np.array([o.censored == "" for o in subject.observed])
    y = np.array([_on_scale(model, o.analyte, o.number) for o in subject.observed])
    iwres = np.where(measured, (y - center) / np.sqrt(variance), np.nan)
    cwres = np.full(len(y), np.nan)
    if measured.any() and np.isfinite(y[measured]).all():
        g = slope[:, measured].T
        spread = (
            g @ model.omega_matrix @ g.T + np.diag(variance[measured])
            if k
            else np.diag(variance[measured])
        )
        far = y[measured] - (center[measured] - g @ eta if k else center[measured])
        size, turn = np.linalg.eigh(spread)
        cwres[measured] = turn @ ((turn.T @ far) / np.sqrt(size))
    doses = subject.course.schedule.doses
    return [
        Point(
            subject.id, o.analyte, o.time, _since(doses, o.time, o.after), o.number, o.censored,
            float(found.values[0, j]), float(found.values[1, j]), float(iwres[j]),
            float(cwres[j]),
        )
        for j, o in enumerate(subject.observed)
    ]  # fmt: skip


def _on_scale(model: Model, analyte: str, number: float) -> float:
    observation = model.observation(analyte)
    if observation.residual.log > 0.0 or observation.logged:
        return math.log(number) if number > 0.0 else -math.inf
    return number


def _given(dose: DoseEvent) -> list[float]:
    return [dose.time + i * dose.interval for i in range(dose.additional + 1)]


def _since(doses: Sequence[DoseEvent], at: float, after: bool | int) -> float:
    """Hours since the last dose; a dose at the same time counts where the sample stands after."""
    stands = row_of(after)
    past = [
        t
        for d in doses
        for k, t in enumerate(_given(d))
        if t < at or (t == at and (0 if k else d.row) < stands)
    ]
    return at - max(past) if past else math.nan


def _curves(model: Model, subject: Subject, eta: Array) -> list[Curve]:
    """Curves over the subject's time, fine where a dose is."""
    if not subject.observed:
        return []
    given = [t for d in subject.course.schedule.doses for t in _given(d)]
    ends = [
        t + (d.duration or (d.amount / d.rate if d.rate > 0.0 else 0.0))
        for d in subject.course.schedule.doses
        for t in _given(d)
    ]
    last = max(float(o.time) for o in subject.observed)
    first = min([*given, *(o.time for o in subject.observed)])
    long = max(last - first, 1e-9)
    fine = {t + share * long for t in (*given, *ends) for share in _NEAR}
    inside = sorted(
        {*np.linspace(first, last, GRID).tolist(), *(t for t in fine if first <= t <= last)}
    )
    # At a dose both sides of the jump are drawn.
    marked = [(t, False) for t in inside] + [(t, True) for t in given if t <= last]
    marked.sort()
    times = np.array([t for t, _ in marked])
    after = np.array([a for _, a in marked], dtype=bool)
    etas = np.stack([np.zeros(len(eta)), eta])
    found = simulate(model, [subject.course], [times], etas=etas, after=[after], rtol=1e-7)
    return [
        Curve(subject.id, name, times, found.values[name][0, 0], found.values[name][0, 1])
        for name in analytes_of([subject])
    ]


def _etas(model: Model, subjects: Sequence[Subject], modes: Sequence[Mode]) -> tuple[Eta, ...]:
    """Etas between subjects, then those of all occasions together."""
    pooled: dict[str, list[float]] = {}
    sds: dict[str, float] = {}
    for j, name in enumerate(model.etas):
        bare, _, occasion = name.partition(", occasion ")
        label = f"{bare}, by occasion" if occasion else name
        sds[label] = math.sqrt(model.omega_matrix[j, j])
        values = pooled.setdefault(label, [])
        for subject, mode in zip(subjects, modes, strict=True):
            # An occasion that a subject did not live through has no estimate of its own.
            if occasion and int(occasion) not in occasions_of(model, [subject.course]):
                continue
            values.append(float(mode.eta[j]))
    return tuple(_eta(name, values, sds[name]) for name, values in pooled.items())


def _covariates(model: Model, subjects: Sequence[Subject]) -> tuple[Spread, ...]:
    found = []
    for name, covariate in model.covariates.items():
        if covariate.by_time or not all(name in s.course.covariates for s in subjects):
            continue
        values = tuple(float(s.course.covariates[name][0]) for s in subjects)
        if len(set(values)) > 1:
            found.append(Spread(name, covariate.unit, values))
    return tuple(found)


def _eta(name: str, values: Sequence[float], sd: float) -> Eta:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    mean = float(np.mean(values)) if values else math.nan
    return Eta(name, tuple(values), sd, mean, spread, 1.0 - spread / sd)


def _scatter(model: Model, analyte: str, points: Sequence[Point]) -> Scatter:
    own = [p for p in points if p.analyte == analyte]
    plain = [p for p in own if not p.censored]
    iwres = np.array([p.iwres for p in plain])
    cwres = np.array([p.cwres for p in plain])
    positive = [p for p in plain if p.observed > 0.0]

    def relative(of: str) -> Array:
        return np.array([100.0 * (getattr(p, of) - p.observed) / p.observed for p in positive])

    typical, individual = relative("typical"), relative("individual")
    return Scatter(
        analyte=analyte,
        unit=model.observation(analyte).unit,
        n=len(plain),
        censored=len(own) - len(plain),
        iwres_mean=_mean(iwres),
        iwres_sd=_sd(iwres),
        beyond=_mean(100.0 * (np.abs(iwres) > 1.96)),
        shrinkage=1.0 - math.sqrt(_mean(iwres**2)) if len(iwres) else math.nan,
        cwres_mean=_mean(cwres),
        cwres_sd=_sd(cwres),
        typical_mdpe=_median(typical),
        typical_mdape=_median(np.abs(typical)),
        individual_mdpe=_median(individual),
        individual_mdape=_median(np.abs(individual)),
    )


def _mean(values: Array) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def _sd(values: Array) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def _median(values: Array) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _residual_words(model: Model, analyte: str) -> str:
    residual = model.observation(analyte).residual
    unit = model.observation(analyte).unit
    if residual.form:
        return residual.form
    if residual.log > 0.0:
        return f"SD {residual.log:.3g} of the logarithm"
    parts = []
    if residual.proportional > 0.0:
        parts.append(f"{100.0 * residual.proportional:.3g} % of the prediction")
    if residual.additive > 0.0:
        parts.append(f"{residual.additive:.3g} {unit}")
    return "SD " + " and ".join(parts) + (", variances added" if len(parts) > 1 else "")
