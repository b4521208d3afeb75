"""Replay: how well a model would have forecast each level from what was known before it.

For every level, in turn: the population's forecast where nothing had been measured, else the
estimate from the levels known by then, and the bands of a measured level. What a forecast at t may
see is cut before anything is computed: events known by t and drawn before it, doses recorded by t,
covariates up to t.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median as middle
from typing import TypeAlias

import numpy as np

from equipoise import names, patient, units
from equipoise.assessment import DISCLAIMER, NOT_FOR_DOSING
from equipoise.chance import stream
from equipoise.fit import fit
from equipoise.interacting import interacting
from equipoise.interaction import Interaction, running
from equipoise.kinetics import Schedule, row_of
from equipoise.likelihood import Observed, Subject
from equipoise.mode import Mode, find_mode
from equipoise.model import Array, Course, Model, Prediction, Purpose, draw_etas, simulate
from equipoise.occasions import expanded, occasions_of, with_new_occasions
from equipoise.record import SAME_TIME, Measurement, Record
from equipoise.source import Source, Standing
from equipoise.triage import not_steady

DRAWS = 1000

MOST_REASONS = 3
"""Reasons for a missing forecast that a caution names, the commonest first."""

A_PRIORI = "a priori"
PHASES = (A_PRIORI, "after 1 level", "after 2 levels", "after 3 or more")
AFTER_LEVELS = "all after levels"
SAME_LEVELS = "the same, a priori"

RECORDED, ASSUMED, BY_ROW = "recorded", "assumed", "time of each row"
LAST_CARRIED = "last value carried forward"
NEXT_CARRIED = "those of a row act on the interval that ends there (NONMEM)"

Bands: TypeAlias = tuple[float, float, float, float, float]
"""Quantiles of 5, 25, 50, 75 and 95 %."""

BETWEEN = (0.05, 0.20, 0.25, 0.25, 0.20, 0.05)
"""Probability of each place between the quantiles of `Bands`, the two ends included."""

Window: TypeAlias = tuple[float, float]
"""Of a measured level, ends included."""

NO_WINDOW: Window = (math.nan, math.nan)

_BANDS: Bands = (0.05, 0.25, 0.5, 0.75, 0.95)
_NO_BANDS: Bands = (math.nan, math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Forecast:
    """One level and what would have been said of it before it was drawn.

    at          hours; of a data set, TIME of the row
    observed    in `unit`; the limit where `censored` is "<" or ">"
    used        levels known before it, from which the patient was estimated; those drawn before
                the first dose do not count
    typical     forecast for the typical patient with these doses and covariates (PRED)
    prediction  forecast of the most likely patient given the levels used (IPRED); `typical` where
                there are none
    low90, low50, median, high50, high90
                quantiles of a measured level: what is not known of the patient, residual error
    reason      why there is no forecast; then the numbers are NaN
    cautions    about this estimate
    inside      probability that a measured level lies in the window asked for, ends included; NaN
                where none was
    partners    drugs known by then that acted on clearance in this forecast
    unread      drugs known by then that interact, without a ratio that may act
    """

    subject: str
    at: float
    analyte: str
    unit: str
    observed: float
    censored: str
    used: int
    typical: float
    prediction: float
    low90: float
    low50: float
    median: float
    high50: float
    high90: float
    reason: str = ""
    cautions: tuple[str, ...] = ()
    inside: float = math.nan
    partners: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def phase(self) -> str:
        """One of `PHASES`."""
        return PHASES[min(self.used, len(PHASES) - 1)]

    @property
    def error(self) -> float:
        """Forecast less observation, in `unit`; NaN where either is no number."""
        return math.nan if self.censored else self.prediction - self.observed

    @property
    def relative_error(self) -> float:
        """Error over the observation; NaN where that is 0 or censored."""
        return self.error / self.observed if self.observed > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class Summary:
    """Bias, precision and coverage of one phase, one analyte; NaN without a forecast.

    n, subjects   measured levels forecast, and whose; censored ones are counted in `censored` only
    mdpe, mdape   median relative error, and of its size, % of the observation
    rmse          root mean square error, in `unit`;  rrmse: of the relative error, %
    f20, f30      share of forecasts within 20 and 30 % of the observation, %
    cover50, cover90  share of observations inside the bands, %
    """

    phase: str
    analyte: str
    unit: str
    n: int
    subjects: int
    censored: int
    mdpe: float
    mdape: float
    rmse: float
    rrmse: float
    f20: float
    f30: float
    cover50: float
    cover90: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How many observations of one phase lie where in their forecast.

    counts  below the 90 % band, below the 50 % band, below and above the median, above the 50 %
            band, above the 90 % band; `BETWEEN` is what is expected of each
    """

    phase: str
    analyte: str
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        """Measured levels with bands."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found: everything any face shows.

    availability  "recorded" (the records say when each thing was known), "assumed" (turnaround
                  times stood in), "time of each row" (a data set)
    covariates    how a covariate acts between two of its values, in words
    """

    model: str
    title: str
    source: Source
    standing: Standing
    seed: int
    draws: int
    availability: str
    covariates: str
    summaries: tuple[Summary, ...]
    forecasts: tuple[Forecast, ...]
    cautions: tuple[str, ...]
    disclaimer: str = DISCLAIMER


def collected(
    model: Model,
    forecasts: Sequence[Forecast],
    *,
    seed: int,
    draws: int,
    availability: str,
    covariates: str = LAST_CARRIED,
    cautions: Sequence[str] = (),
) -> Replay:
    """Forecasts with their summaries, and what has to be said beside them."""
    said = []
    if not model.standing.may_feed_options:
        said.append(f"{model.id} is {model.standing.word}: {NOT_FOR_DOSING}")
    if availability == ASSUMED:
        said.append(
            "availability assumed: where a record does not say when a result was known, the given "
            "turnaround stands for it"
        )
    if model.other_readings:
        said.append(
            f"the paper allows {1 + len(model.other_readings)} readings of its variability; this "
            "replay is of the first"
        )
    if availability == BY_ROW and model.purposes == frozenset({Purpose.STEADY_STATE_TROUGH}):
        said.append(
            f"{model.id} knows steady-state troughs only, and a data set does not say which levels "
            "are: all were taken for one"
        )
    for names_, words in (
        ([f.partners for f in forecasts if not f.reason], "acting on clearance as known by then"),
        ([f.unread for f in forecasts if not f.reason],
         "without a ratio that may act: the level counts as the patient's"),
    ):  # fmt: skip
        under = sum(bool(n) for n in names_)
        if under:
            who = ", ".join(sorted({n.replace("_", "/") for each in names_ for n in each}))
            said.append(f"{under} forecasts stand under {who}, {words}")
    dropped = Counter(f.reason for f in forecasts if f.reason)
    if dropped:
        count = f"{dropped.total()} of {len(forecasts)} levels have no forecast"
        why = "; ".join(f"{reason} ({n})" for reason, n in dropped.most_common(MOST_REASONS))
        rest = dropped.total() - sum(n for _, n in dropped.most_common(MOST_REASONS))
        said.append(f"{count}: {why}" + (f"; {rest} for other reasons" if rest else ""))
    doubtful = sum(bool(f.cautions) for f in forecasts)
    if doubtful:
        said.append(f"{doubtful} forecasts carry a caution about their estimate")
    return Replay(
        model=model.id,
        title=model.title,
        source=model.source,
        standing=model.standing,
        seed=seed,
        draws=draws,
        availability=availability,
        covariates=covariates,
        summaries=summaries(forecasts),
        forecasts=tuple(forecasts),
        cautions=(*said, *dict.fromkeys(cautions)),
    )


def of_subject(
    model: Model,
    subject: Subject,
    *,
    seed: int,
    draws: int = DRAWS,
    hours: Sequence[float] | None = None,
    window: Window = NO_WINDOW,
) -> tuple[Forecast, ...]:
    """Forecasts of every level of one subject of a data set, in the order of its rows.

    A level uses those with an earlier TIME. Covariates are those of the rows up to the level's own,
    none later, whether they act on the interval that ends at a row or are carried forward.
    draws  0: no bands, estimates only, which is faster
    hours  TIME of each level's row, by which its forecast is named, where a restart let TIME go
           back; else the times of the levels
    window for `Forecast.inside`, in the unit of the model's analyte
    """
    found: list[Forecast] = []
    named = [o.time for o in subject.observed] if hours is None else hours
    for level, at in zip(subject.observed, named, strict=True):
        before = tuple(o for o in subject.observed if o.time < level.time - SAME_TIME)
        known = Subject(subject.id, known_course(subject.course, level.time), before)
        own = _forecast(model, known, level, seed=seed, draws=draws, window=window)
        found.append(replace(own, at=at))
    return tuple(found)


def of_record(
    model: Model,
    record: Record,
    *,
    seed: int,
    draws: int = DRAWS,
    window: Window = NO_WINDOW,
    interactions: Sequence[Interaction] = (),
) -> tuple[Forecast, ...]:
    """Forecasts of every level of the model's analytes in a record, by time.

    Each is made from `record.until` the moment of its sample; covariates are carried forward.
    interactions  the shelf: partners known by that moment act on clearance as in an assessment
    A model of steady-state troughs neither forecasts nor uses a level that is none.
    Fails  ValueError where the record does not say when something was known, or where the model's
           occasions are named by a data set's column.
    """
    if model.occasions is not None and model.occasions.column:
        raise ValueError(
            f"{model.id} has occasions named by the column {model.occasions.column} of a data set; "
            "a record has none: replay a data set"
        )
    whole = record.until(record.end)
    found: list[Forecast] = []
    for level in patient.levels(model, whole, math.inf):
        past = record.until(level.at)
        target = _observed(model, level)
        try:
            known, reason, acting, unread = _known(model, past, level, interactions)
        except ValueError as error:
            found.append(_none(model, record.id, target, 0, str(error)))
            continue
        if reason:
            found.append(_none(model, record.id, target, len(known.observed), reason))
        else:
            own = _forecast(model, known, target, seed=seed, draws=draws, window=window)
            found.append(replace(own, partners=acting, unread=unread))
    return tuple(found)


def known_course(course: Course, t: float) -> Course:
    """The part of a course that was known at t: doses and resets recorded by t, and covariates
    that act before it.
    """
    schedule = course.schedule
    breaks = tuple(edge for edge in schedule.breaks if edge < t)
    kept = len(breaks) + 1
    given = [d for d in schedule.doses if d.time <= t]
    # Pieces beyond those in force belong to single doses.
    own = sorted({d.piece for d in given if d.piece >= kept})
    doses = tuple(
        replace(d, piece=kept + own.index(d.piece)) if d.piece >= kept else d for d in given
    )
    covariates = {
        name: np.concatenate([numbers[:kept], numbers[own]])
        for name, numbers in course.covariates.items()
    }
    resets = [reset for reset in schedule.numbered_resets() if reset[0] <= t]
    known = Schedule(
        doses=doses,
        resets=tuple(at for at, _ in resets),
        breaks=breaks,
        reset_rows=tuple(row for _, row in resets),
    )
    return Course(known, covariates, course.start)


def summaries(forecasts: Sequence[Forecast]) -> tuple[Summary, ...]:
    """Every analyte by phase, all after levels together, and those levels as the population would
    have forecast them.
    """
    found: list[Summary] = []
    for analyte in dict.fromkeys(f.analyte for f in forecasts):
        own = [f for f in forecasts if f.analyte == analyte and not f.reason]
        unit = next(f.unit for f in forecasts if f.analyte == analyte)
        later = [f for f in own if f.used]
        groups = [(phase, [f for f in own if f.phase == phase]) for phase in PHASES]
        groups.append((AFTER_LEVELS, later))
        groups.append((SAME_LEVELS, [_as_typical(f) for f in later]))
        found.extend(_summary(phase, analyte, unit, group) for phase, group in groups)
    return tuple(found)


def calibrations(forecasts: Sequence[Forecast]) -> tuple[Calibration, ...]:
    """Where observations lie in their bands: every analyte by phase, where there are any."""
    found = []
    for analyte in dict.fromkeys(f.analyte for f in forecasts):
        for phase in PHASES:
            own = [
                f
                for f in forecasts
                if f.analyte == analyte
                and f.phase == phase
                and not (f.reason or f.censored)
                and math.isfinite(f.low90)
            ]
            counts = [0] * len(BETWEEN)
            for f in own:
                edges = (f.low90, f.low50, f.median, f.high50, f.high90)
                counts[sum(f.observed > edge for edge in edges)] += 1
            if own:
                found.append(Calibration(phase, analyte, tuple(counts)))
    return tuple(found)


def by_chance(n: int, share: float) -> tuple[int, int]:
    """How many of n fall in a place of that probability, by chance alone: the central 95 %.

    The n are taken as independent; those of one patient are not, so the truth is wider.
    """
    total, low = 0.0, 0
    for k in range(n + 1):
        total += math.exp(
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
            + k * math.log(share) + (n - k) * math.log1p(-share)
        )  # fmt: skip
        if total <= 0.025:
            low = k + 1
        if total >= 0.975:
            return low, k
    return low, n


def _forecast(
    model: Model, known: Subject, level: Observed, *, seed: int, draws: int, window: Window
) -> Forecast:
    """The forecast of a level for a subject as it was known before it."""
    # Before the first dose a sample tells of what is there without doses, or of nothing.
    telling = tuple(o for o in known.observed if _tells(model, known.course, o))
    known = replace(known, observed=telling)
    used = len(telling)
    if not _tells(model, known.course, level):
        return _none(model, known.id, level, used, f"no dose of {model.agent} was known by then")
    last = max((o.time for o in known.observed), default=-math.inf)
    estimated = occasions_of(model, [known.course], until=last) if used else []
    needed = occasions_of(model, [known.course], until=level.time)
    own, whole = expanded(model, estimated), expanded(model, needed)
    predict = _predictor(whole, known.course, level)
    typical = float(predict(np.zeros((1, len(whole.etas)))).values[level.analyte][0, 0, 0])
    if not (math.isfinite(typical) and typical > 0.0):
        return _none(model, known.id, level, used, f"{model.id} gives no level there")
    # By what was known, never by what comes later: more levels change no earlier stream.
    rng = stream(seed, known.id, model.id, "replay", level.analyte, repr(level.time))
    cautions: tuple[str, ...] = ()
    prediction, etas = typical, None
    if used == 0:
        etas = draw_etas(whole, draws, rng) if draws else None
    else:
        try:
            mode, etas, cautions = _estimate(own, known, draws, rng)
        except ValueError as error:
            return _none(model, known.id, level, used, str(error))
        at_mode = with_new_occasions(model, mode.eta[None, :], needed, rng=None)
        prediction = float(predict(at_mode).values[level.analyte][0, 0, 0])
    bands, inside = _NO_BANDS, math.nan
    if etas is not None:
        every = with_new_occasions(model, etas, needed, rng=rng)
        measured = _measured(model, level.analyte, predict(every), rng)
        bands, inside = _bands(measured), _inside(measured, window)
    return Forecast(
        known.id, level.time, level.analyte, model.observation(level.analyte).unit, level.number,
        level.censored, used, typical, prediction, *bands, cautions=cautions, inside=inside,
    )  # fmt: skip


def _tells(model: Model, course: Course, level: Observed) -> bool:
    stands, doses = row_of(level.after), course.schedule.doses
    if any(d.time < level.time or (d.time == level.time and d.row < stands) for d in doses):
        return True
    if model.routes and course.start is None:
        return False
    whole = expanded(model, occasions_of(model, [course], until=level.time))
    typical = _predictor(whole, course, level)(np.zeros((1, len(whole.etas))))
    return float(typical.values[level.analyte][0, 0, 0]) > 0.0


def _estimate(
    model: Model, known: Subject, draws: int, rng: np.random.Generator
) -> tuple[Mode, Array | None, tuple[str, ...]]:
    if draws:
        posterior = fit(model, known, n=draws, rng=rng)
        return posterior.mode, posterior.draws, posterior.cautions
    mode = find_mode(model, known)
    cautions = () if mode.converged else ("the estimate did not settle",)
    return mode, None, cautions


def _predictor(model: Model, course: Course, level: Observed) -> Callable[[Array], Prediction]:
    after = [np.array([row_of(level.after)])]

    def predict(etas: Array) -> Prediction:
        return simulate(model, [course], np.array([level.time]), etas=etas, after=after, rtol=1e-8)

    return predict


def _measured(
    model: Model, analyte: str, prediction: Prediction, rng: np.random.Generator
) -> Array:
    """A measured level for each draw: the prediction with residual error."""
    observation = model.observation(analyte)
    f = prediction.values[analyte][0, :, 0]
    usable = np.isfinite(f)
    if not usable.any():
        return np.empty(0)
    f = f[usable]
    e = rng.standard_normal(len(f))
    if analyte in prediction.errors:
        center, variance = (a[0, usable, 0] for a in prediction.errors[analyte])
        measured = center + np.sqrt(variance) * e
        return np.asarray(np.exp(measured) if observation.logged else np.maximum(measured, 0.0))
    if observation.residual.log > 0.0:
        return np.asarray(f * np.exp(observation.residual.log * e))
    return np.maximum(f + np.sqrt(observation.residual.variance(f)) * e, 0.0)


def _bands(measured: Array) -> Bands:
    if not len(measured):
        return _NO_BANDS
    low90, low50, median, high50, high90 = (float(q) for q in np.quantile(measured, _BANDS))
    return low90, low50, median, high50, high90


def _inside(measured: Array, window: Window) -> float:
    low, high = window
    if not len(measured) or math.isnan(low):
        return math.nan
    return float(np.mean((measured >= low) & (measured <= high)))


def _known(
    model: Model, past: Record, level: Measurement, shelf: Sequence[Interaction]
) -> tuple[Subject, str, tuple[str, ...], tuple[str, ...]]:
    """The patient as known at a level's sample, why it cannot be forecast or "", the partners that
    act, and those without a ratio that may.
    """
    t = level.at
    plainly = patient.covariates(model, past, t)
    earlier = [m for m in patient.levels(model, past, t) if m.at < t - SAME_TIME]
    present = patient.present_course(model, past, t)
    reason = ""
    if model.purposes == frozenset({Purpose.STEADY_STATE_TROUGH}):
        given = patient.given_doses(model, past, t)
        earlier = [m for m in earlier if not not_steady(m, given, present)]
        why = not_steady(level, given, present)
        reason = f"{model.id} knows steady-state troughs only: {why}" if why else ""
    found, partners, _ = interacting(model, past, t, plainly, present, shelf)
    known = patient.subject(model, past, t, covariate_steps=found.steps, use=earlier)
    if known.observed and partners and all(m.at < r.spans[0][0] for m in earlier for r in partners):
        # No level was drawn under a partner: this patient, not the typical one, sets the factor.
        whole, eta = _patient(model, known)
        found, partners, _ = interacting(whole, past, t, plainly, present, shelf, eta=eta)
        known = patient.subject(model, past, t, covariate_steps=found.steps, use=earlier)
    acting = tuple(r.interaction.partner for r in partners)
    beside = running(shelf, model.agent, model.population_class, past, t)
    unread = tuple(r.interaction.partner for r in beside if r.interaction.partner not in acting)
    return known, reason, acting, unread


def _patient(model: Model, known: Subject) -> tuple[Model, Array]:
    """The most likely patient, with new occasions at their typical value."""
    last = max(o.time for o in known.observed)
    own = expanded(model, occasions_of(model, [known.course], until=last))
    needed = occasions_of(model, [known.course])
    eta = find_mode(own, known).eta[None, :]
    return expanded(model, needed), with_new_occasions(model, eta, needed, rng=None)


def _observed(model: Model, level: Measurement) -> Observed:
    canonical = names.measurement(level.name).unit
    unit = model.observation(level.name).unit
    number = float(units.convert(level.number, canonical, unit))
    return Observed(level.at, level.name, number, level.censored)


def _none(model: Model, subject: str, level: Observed, used: int, reason: str) -> Forecast:
    return Forecast(
        subject, level.time, level.analyte, model.observation(level.analyte).unit, level.number,
        level.censored, used, math.nan, math.nan, *_NO_BANDS, reason=reason,
    )  # fmt: skip


def _as_typical(forecast: Forecast) -> Forecast:
    low90, low50, median, high50, high90 = _NO_BANDS
    return replace(
        forecast, prediction=forecast.typical, low90=low90, low50=low50, median=median,
        high50=high50, high90=high90,
    )  # fmt: skip


def _summary(phase: str, analyte: str, unit: str, group: Sequence[Forecast]) -> Summary:
    measured = [f for f in group if not f.censored]
    relative = [100.0 * f.relative_error for f in measured if math.isfinite(f.relative_error)]
    sizes = [abs(r) for r in relative]
    errors = [f.error for f in measured]
    banded = [f for f in measured if math.isfinite(f.low90)]
    return Summary(
        phase=phase,
        analyte=analyte,
        unit=unit,
        n=len(measured),
        subjects=len({f.subject for f in measured}),
        censored=len(group) - len(measured),
        mdpe=middle(relative) if relative else math.nan,
        mdape=middle(sizes) if sizes else math.nan,
        rmse=_root_mean_square(errors),
        rrmse=_root_mean_square(relative),
        f20=_share([s <= 20.0 for s in sizes]),
        f30=_share([s <= 30.0 for s in sizes]),
        cover50=_share([f.low50 <= f.observed <= f.high50 for f in banded]),
        cover90=_share([f.low90 <= f.observed <= f.high90 for f in banded]),
    )


def _root_mean_square(numbers: Sequence[float]) -> float:
    if not numbers:
        return math.nan
    return math.sqrt(math.fsum(x * x for x in numbers) / len(numbers))


def _share(hits: Sequence[bool]) -> float:
    return 100.0 * sum(hits) / len(hits) if hits else math.nan
