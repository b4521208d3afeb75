"""Model: a published population model as data, and what follows from it by arithmetic.

A model is its numbers (each with unit and place), one small function from covariates and etas to
structural parameters, and a structure for the engine. `simulate` knows no drug by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from equipoise import kinetics
from equipoise.kinetics import DoseEvent, Linear, Schedule, System
from equipoise.readout import (
    BY_STATE,
    Layout,
    ModelUseError,
    Reader,
    at_times,
    entries,
    errors_of,
    of_states,
    padded,
    unusable,
)
from equipoise.source import Source, Standing, Value

Array: TypeAlias = NDArray[np.float64]
Step: TypeAlias = Sequence[tuple[float, float]]
"""(hours, number) pairs in order of time; each number holds until the next."""

Parameters: TypeAlias = Callable[
    [Mapping[str, float], Mapping[str, Array], Mapping[str, Array]], Mapping[str, Array]
]

CLEARANCE_FACTOR = "clearance_factor"
"""A covariate every model honors: multiplies clearance (an interaction, a hepatic class)."""

OCCASION = "occasion"
"""The covariate that says which occasion a piece of a course belongs to, for a model that has them:
a whole number, 1 for the first."""


class Purpose(Enum):
    """What a model may be asked. A trough-only model answers the first and nothing else."""

    STEADY_STATE_TROUGH = "steady-state trough"
    AUC = "AUC"
    LOADING = "loading"
    WASHOUT = "washout"
    EARLY_LEVEL = "level before steady state"
    STEADY_STATE = "steady-state concentration"
    EXPANSION = "expansion and persistence of cells"


@dataclass(frozen=True, slots=True)
class Range:
    """What was studied: low <= covariate <= high, in `unit`; or a set of words.

    where  place in the source
    """

    low: float
    high: float
    unit: str
    where: str = ""

    def contains(self, number: float) -> bool:
        """Whether the number lies inside, ends included."""
        return self.low <= number <= self.high

    def words(self, name: str) -> str:
        """ "weight 7-43 kg", made from the numbers that are compared."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        if math.isinf(self.high):
            return f"{name} {self.low:g}{unit} and over"
        return f"{name} {self.low:g}-{self.high:g}{unit}"


@dataclass(frozen=True, slots=True)
class Covariate:
    """What a model reads from the patient.

    unit       in which the model's equation wants it
    reference  the value of the typical patient; used, with a caution, where the record has none
    required   True: without it nothing is computed
    levels     words a categorical covariate may have -> number in the equation
    by_time    (hours from the first dose, number) steps: a covariate that is a function of time
               alone (a clearance that falls after the first day); never read from the patient
    """

    unit: str
    reference: float
    required: bool = False
    levels: Mapping[str, float] = field(default_factory=dict)
    by_time: Step = ()


@dataclass(frozen=True, slots=True)
class Occasions:
    """Variability between occasions within one patient: drawn anew for each, normal.

    etas    under whose names `Model.parameters` reads it; it adds to the eta of the same name, or
            stands alone
    omega   covariance of one occasion, (k, k); the same for all of them, occasions independent
    starts  hours from the first dose at which occasions begin, increasing; what precedes the first
            belongs to it. () where `column` says
    column  of a data set, a whole number that names the occasion
    where   place in the source

    Fails   ValueError where not exactly one of `starts` and `column` delimits them, or `omega` has
            another size than `etas`.
    """

    etas: tuple[str, ...]
    omega: tuple[tuple[float, ...], ...]
    starts: tuple[float, ...] = ()
    column: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if bool(self.starts) == bool(self.column):
            raise ValueError("occasions are delimited either by `starts` or by a `column`")
        if any(b <= a for a, b in pairwise(self.starts)):
            raise ValueError("`starts` of occasions must increase")
        if not self.etas or np.shape(self.omega) != (len(self.etas), len(self.etas)):
            raise ValueError("`omega` of occasions needs a row and a column for each of its etas")

    @property
    def omega_matrix(self) -> Array:
        """Covariance of one occasion, (k, k)."""
        return np.asarray(self.omega, dtype=float)


@dataclass(frozen=True, slots=True)
class Residual:
    """Residual error of an analyte.

    additive      SD in the analyte's unit
    proportional  SD as a fraction of the prediction
    log           SD on the natural log scale (then the others are 0)
    form          in words, where `Observation.read` computes it and no number above says it
    """

    additive: float = 0.0
    proportional: float = 0.0
    log: float = 0.0
    where: str = ""
    form: str = ""

    def variance(self, prediction: Array) -> Array:
        """Variance of an observation around its prediction (of its log, where `log` is set).

        Fails  ModelUseError where more than the prediction is needed (`form`).
        """
        if self.form:
            raise ModelUseError(
                f"the residual error of this model ({self.form}) needs more than a prediction; "
                "what was asked for cannot be computed with it"
            )
        if self.log > 0.0:
            return np.full_like(prediction, self.log**2)
        return np.asarray(self.additive**2 + (self.proportional * prediction) ** 2)


@dataclass(frozen=True, slots=True)
class Observation:
    """How an analyte is read off the states: amount in `state` / parameter `volume` x `factor`.

    factor  from (dose unit / liter) to the analyte's canonical unit
    matrix  "whole blood", "serum"
    assay   class of method in the source, "" where it is not known
    read    (prediction, variance) on the scale of the data, for what `residual` cannot say; where
            `state` is "" it also is the value
    logged  data sets, and what `read` gives, hold the natural logarithm of the value
    rows    (column, numbers): the rows of a data set that measure this; () stands for all others
    """

    analyte: str
    unit: str
    state: str
    volume: str
    factor: float
    residual: Residual
    matrix: str = ""
    assay: str = ""
    read: Reader | None = None
    logged: bool = False
    rows: tuple[str, tuple[float, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A published (or exactly implied) number that the model must reproduce.

    what       in words: input and quantity
    expected   in `unit`
    tolerance  relative
    where      who prints the number
    compute    from the model to ours
    """

    what: str
    expected: float
    unit: str
    tolerance: float
    where: str
    compute: Callable[[Model], float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A second way to read what the paper prints, kept because the paper does not settle it.

    omega  covariance of the etas under this reading
    """

    name: str
    omega: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A published population model.

    routes      route of a dose -> index of the state it enters
    infusions   states into which an infusion of living cells puts 1, whatever its dose; else ()
    dose_unit   unit in which the engine holds amounts
    thetas      typical values; etas, omega: between-subject variability, normal, `omega` (k, k)
    parameters  (thetas, covariates, etas) -> structural parameters. Covariates come as arrays
                that broadcast against (lanes, pieces), etas as (lanes, 1); may also return what
                `readout.BY_STATE` names, for all states or one (F, LAG_depot, START_central)
    layout      columns of the model's own data sets, where it has a fixed order
    because     one sentence: a clinician would act differently because of this entry when ...
    occasions   variability between occasions; None where the source has none
    population_class, settings  "adult", "child" or "", and the indications it serves; "", () any
    """

    id: str
    agent: str
    title: str
    source: Source
    standing: Standing
    purposes: frozenset[Purpose]
    population: str
    domain: Mapping[str, Range]
    covariates: Mapping[str, Covariate]
    thetas: Mapping[str, Value]
    etas: tuple[str, ...]
    omega: tuple[tuple[float, ...], ...]
    omega_note: str
    structure: Linear | System
    parameters: Parameters
    routes: Mapping[str, int]
    dose_unit: str
    observations: tuple[Observation, ...]
    because: str
    other_readings: tuple[Reading, ...] = ()
    checks: tuple[Check, ...] = ()
    traps: tuple[str, ...] = ()
    external_validation: str = "no external validation"
    population_class: str = ""
    settings: tuple[str, ...] = ()
    clearance: str = "CL"
    occasions: Occasions | None = None
    layout: Layout | None = None
    infusions: tuple[int, ...] = ()

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states in the engine's order."""
        if isinstance(self.structure, System):
            return self.structure.states
        first = ("depot",) if self.structure.depot else ()
        return first + ("central", "peripheral", "deep peripheral")[: self.structure.compartments]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Structural parameters in the engine's order."""
        return tuple(self.structure.parameter_names)

    @property
    def omega_matrix(self) -> Array:
        """Covariance of the etas, (k, k)."""
        return np.asarray(self.omega, dtype=float).reshape(len(self.etas), len(self.etas))

    def observation(self, analyte: str) -> Observation:
        """How an analyte is observed.

        Fails  KeyError where the model does not predict it.
        """
        for observation in self.observations:
            if observation.analyte == analyte:
                return observation
        raise KeyError(f"{self.id} does not predict {analyte}")

    @property
    def analytes(self) -> tuple[str, ...]:
        """Names of what the model predicts."""
        return tuple(o.analyte for o in self.observations)


@dataclass(frozen=True, slots=True)
class Course:
    """What goes into the engine for one patient or one candidate: doses and covariates by piece.

    covariates  name -> (pieces,), one number for each piece of `schedule`, and for pieces beyond
                them that only doses name
    start       hours from which a model with initial amounts counts; None: the first dose or sample
    """

    schedule: Schedule
    covariates: Mapping[str, Array]
    start: float | None = None

    @property
    def pieces(self) -> int:
        """Number of sets of covariates."""
        return max((len(v) for v in self.covariates.values()), default=self.schedule.pieces)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What `simulate` gives.

    values  analyte -> (courses, lanes, times), in the analyte's unit
    areas   analyte -> (courses, lanes, times): cumulative AUC from the start, unit x h; NaN for an
            analyte that is not an amount over a volume
    errors  analyte -> (prediction, variance) on the scale of the data, for those with `read`
    failed  (course, lane, reason) of lanes that the engine could not finish; NaN in the arrays
    """

    times: Array
    values: Mapping[str, Array]
    areas: Mapping[str, Array]
    failed: tuple[tuple[int, int, str], ...]
    errors: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlainDose:
    """A dose in the model's dose unit.

    time, duration, interval  hours; steady: 1 = given for ever before, at `interval`
    rate  as in `DoseEvent`: amount/h instead of a duration, or left to the model
    """

    time: float
    amount: float
    route: str
    duration: float = 0.0
    interval: float = 0.0
    additional: int = 0
    steady: int = 0
    rate: float = 0.0


def course(
    model: Model, doses: Sequence[PlainDose], *, covariates: Mapping[str, float | Step]
) -> Course:
    """Doses and covariates as the engine wants them; covariates are carried forward.

    covariates  name -> one number, or (hours, number) steps; before the first step its number
                holds too. A name the model does not read is ignored.
    Fails  ValueError where a dose's route is not one the model has, or a required covariate is
           missing.
    """
    events: list[DoseEvent] = []
    for dose in doses:
        if dose.route not in model.routes:
            made = f"it was made for {', '.join(model.routes)} doses"
            raise ValueError(f"{model.id} has no route {dose.route!r}: {made}")
        event = DoseEvent(
            time=dose.time,
            amount=dose.amount,
            compartment=model.routes[dose.route],
            duration=dose.duration,
            interval=dose.interval,
            additional=dose.additional,
            steady=dose.steady,
            rate=dose.rate,
        )
        events.extend(entries(event, model.infusions))
    timed = time_steps(model, min((d.time for d in doses), default=0.0))
    wanted = dict.fromkeys([*model.covariates, *timed, CLEARANCE_FACTOR])
    steps: dict[str, Step] = {}
    for name in wanted:
        given = covariates.get(name, timed.get(name))
        if given is None or (not isinstance(given, int | float) and len(given) == 0):
            if name == CLEARANCE_FACTOR:
                given = 1.0
            elif model.covariates[name].required:
                raise ValueError(f"{model.id} needs the covariate {name}")
            else:
                given = model.covariates[name].reference
        steps[name] = ((0.0, float(given)),) if isinstance(given, int | float) else given
    breaks = tuple(sorted({float(t) for step in steps.values() for t, _ in step[1:]}))
    pieces = {name: _pieces(step, breaks) for name, step in steps.items()}
    return Course(Schedule(doses=tuple(events), breaks=breaks), pieces)


def time_steps(model: Model, first: float) -> dict[str, Step]:
    """Covariates that are functions of time alone, and the occasion: (hours, number) steps.

    first  hours of the first dose
    """
    steps: dict[str, Step] = {
        name: tuple((first + hours, number) for hours, number in covariate.by_time)
        for name, covariate in model.covariates.items()
        if covariate.by_time
    }
    if model.occasions is not None:
        # Where a column would say and there is none, all is one occasion.
        starts = model.occasions.starts or (0.0,)
        steps[OCCASION] = tuple((first + hours, i + 1.0) for i, hours in enumerate(starts))
    return steps


def simulate(
    model: Model,
    courses: Sequence[Course],
    times: Array | Sequence[Array],
    *,
    etas: Array | None = None,
    after: Sequence[NDArray[np.bool_] | NDArray[np.int64]] | None = None,
    start: float | None = None,
    rtol: float = 1e-6,
    threads: int | None = None,
) -> Prediction:
    """Every course for every set of etas.

    times  hours: one array for all courses, or one for each (padded with NaN in the answer)
    etas   (lanes, k); None: one lane, the typical patient
    after  for each course, whether a time means just after the doses at that time, or its row in a
           data set; default before (a trough)
    """
    draws = np.zeros((1, len(model.etas))) if etas is None else np.atleast_2d(etas)
    lanes, n_courses = draws.shape[0], len(courses)
    clocks = _clocks(times, n_courses)
    structural = [structural_parameters(model, c, draws) for c in courses]
    pieces = max(c.pieces for c in courses)
    names = model.parameter_names
    parameters = np.empty((n_courses * lanes, pieces, len(names)))
    by_state = {p: of_states(structural, p, model.states, lanes, pieces) for p in BY_STATE}
    for i, table in enumerate(structural):
        rows = slice(i * lanes, (i + 1) * lanes)
        for j, name in enumerate(names):
            parameters[rows, :, j] = padded(table[name], lanes, pieces)
    refused = unusable(
        model.states, names, parameters, by_state, [c.schedule for c in courses],
        closed=isinstance(model.structure, Linear),
    )  # fmt: skip
    plain = [o for o in model.observations if o.state]
    observe = [(model.states.index(o.state), names.index(o.volume)) for o in plain]
    initial = by_state["START"]
    if initial is not None and any(c.schedule.resets for c in courses):
        raise ModelUseError(f"{model.id} starts from amounts of its own: it cannot be reset")
    solution = kinetics.solve(
        model.structure,
        [c.schedule for c in courses],
        clocks,
        parameters,
        schedule_of=np.repeat(np.arange(n_courses), lanes),
        observe=observe,
        after=after,
        bioavailability=by_state["F"],
        lag=by_state["LAG"],
        modeled_rate=by_state["RATE"],
        modeled_duration=by_state["DURATION"],
        initial=None if initial is None else initial[:, 0, :],
        start=starts_of(courses) if start is None else start,
        rtol=rtol,
        threads=threads,
    )
    solution.amounts[list(refused)] = solution.areas[list(refused)] = np.nan
    shape = (n_courses, lanes, max(len(c) for c in clocks))
    values, areas = {}, {}
    for k, (o, (state, volume)) in enumerate(zip(plain, observe, strict=True)):
        scale = np.ones(shape)
        for i, (c, clock) in enumerate(zip(courses, clocks, strict=True)):
            own = parameters[i * lanes : (i + 1) * lanes, :, volume]
            scale[i, :, : len(clock)] = at_times(own, c.schedule.breaks, clock)
        amounts = solution.amounts[:, :, state].reshape(shape)
        values[o.analyte] = amounts / scale * o.factor
        areas[o.analyte] = solution.areas[:, :, k].reshape(shape) * o.factor
    errors = {}
    if any(o.read for o in model.observations):
        amounts = solution.amounts.reshape((*shape, len(model.states)))
        errors = errors_of(
            {o.analyte: o.read for o in model.observations if o.read is not None},
            {name: value.number for name, value in model.thetas.items()},
            {name: draws[:, i][:, None] for i, name in enumerate(model.etas)},
            dict(zip(model.states, np.moveaxis(amounts, 3, 0), strict=True)),
            [
                (clock, c.schedule.breaks, c.covariates, table)
                for c, clock, table in zip(courses, clocks, structural, strict=True)
            ],
        )
        for o in model.observations:
            if not o.state:
                center = errors[o.analyte][0]
                values[o.analyte] = np.exp(center) if o.logged else center
                areas[o.analyte] = np.full(shape, np.nan)
    reasons = sorted((dict(solution.failed) | refused).items())
    failed = tuple((lane // lanes, lane % lanes, reason) for lane, reason in reasons)
    out = np.full((n_courses, shape[2]), np.nan)
    for i, clock in enumerate(clocks):
        out[i, : len(clock)] = clock
    return Prediction(out, values, areas, failed, errors)


def typical(
    model: Model,
    doses: Sequence[PlainDose],
    times: Sequence[float],
    *,
    covariates: Mapping[str, float | Step] | None = None,
) -> Prediction:
    """The typical patient on one course: one course, one lane, samples before the doses.

    times       hours
    covariates  as in `course`; what is left out takes the model's reference
    """
    whole = [course(model, doses, covariates=covariates or {})]
    return simulate(model, whole, np.asarray(times, dtype=float))


def structural_parameters(model: Model, what: Course, etas: Array) -> dict[str, Array]:
    """Structural parameters for each lane and piece, each broadcastable to (lanes, pieces)."""
    pieces = {n: np.asarray(v, dtype=float)[None, :] for n, v in what.covariates.items()}
    return parameter_table(model, pieces, etas)


def parameter_table(
    model: Model, covariates: Mapping[str, Array], etas: Array, *, scaled: bool | None = None
) -> dict[str, Array]:
    """The same from covariates (lanes, pieces); `scaled`: whether they scale the clearance."""
    thetas = {name: value.number for name, value in model.thetas.items()}
    drawn = {name: etas[:, i : i + 1] for i, name in enumerate(model.etas)}
    if model.occasions is not None:
        none = np.zeros((etas.shape[0], 1))
        drawn = {**dict.fromkeys(model.occasions.etas, none), **drawn}
    with np.errstate(all="ignore"):  # what is no number is refused where it is used
        table = dict(model.parameters(thetas, covariates, drawn))
    factor = covariates[CLEARANCE_FACTOR]
    if scaled or (scaled is None and (factor != 1.0).any()):
        if model.clearance not in table:
            raise ModelUseError(f"{model.id} has no single clearance that a factor could change")
        table[model.clearance] = table[model.clearance] * factor
    return table


def draw_etas(model: Model, n: int, rng: np.random.Generator) -> Array:
    """n patients from the model's population: (n, k) etas."""
    if not model.etas:
        return np.zeros((n, 0))
    root = np.linalg.cholesky(model.omega_matrix)
    return np.asarray(rng.standard_normal((n, len(model.etas))) @ root.T)


def outside_domain(model: Model, covariates: Mapping[str, float]) -> tuple[str, ...]:
    """A sentence for each covariate outside what the model was made from."""
    sentences = []
    for name, studied in model.domain.items():
        number = covariates.get(name)
        if number is not None and not studied.contains(number):
            sentences.append(
                f"{name} {number:g} {studied.unit} is outside what {model.id} was made from "
                f"({studied.words(name)})"
            )
    return tuple(sentences)


def _clocks(times: Array | Sequence[Array], n: int) -> list[Array]:
    if isinstance(times, np.ndarray):
        return [np.asarray(times, dtype=float)] * n
    if len(times) != n:
        raise ValueError("times: one array for all courses, or one for each")
    return [np.asarray(t, dtype=float) for t in times]


def _pieces(step: Step, breaks: Sequence[float]) -> Array:
    starts = np.array([t for t, _ in step], dtype=float)
    starts[0] = -np.inf
    numbers = np.array([v for _, v in step], dtype=float)
    edges = np.array([-np.inf, *breaks])
    return np.asarray(numbers[np.searchsorted(starts, edges, side="right") - 1])


def starts_of(courses: Sequence[Course]) -> list[float] | None:
    """Starts of courses as the engine takes them, NaN where a course names none."""
    starts = [np.nan if c.start is None else c.start for c in courses]
    return None if all(c.start is None for c in courses) else starts
