"""Commissioning: does a model forecast a center's own courses well enough, by limits set before?

A replay of the center's last courses is summed up in four ways: bias, precision, coverage of the
bands, calibration of the odds that a level lies in the window. Each stands beside its limit with
an interval from resampling the patients, so that few patients say less. An answer is met, not met,
or not settled; nothing is met by lack of data.

The limits are a small TOML; what it leaves out is filled with the project's own:

    commissioning = 1
    set_on = 2026-10-01          # before the courses were looked at
    set_by = "pharmacokinetics group"
    courses = 20                 # fewer: nothing is concluded
    [after_levels]
    bias = 15
    [a_priori]
    bias = 30
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from equipoise.chance import stream
from equipoise.model import Array, Model
from equipoise.replay import Forecast, Replay
from equipoise.sitefile import read_toml
from equipoise.target import Metric, Target
from equipoise.truth import Truth

FORMAT = 1

DEFAULTS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "a_priori": {
        "bias": (-30.0, 30.0),
        "precision": (0.0, 50.0),
        "cover50": (25.0, 75.0),
        "cover90": (75.0, 100.0),
        "odds": (-20.0, 20.0),
        "odds_thirds": (-35.0, 35.0),
    },
    "after_levels": {
        "bias": (-15.0, 15.0),
        "precision": (0.0, 30.0),
        "cover50": (30.0, 70.0),
        "cover90": (75.0, 100.0),
        "odds": (-15.0, 15.0),
        "odds_thirds": (-30.0, 30.0),
    },
}
"""Limits where a center sets none, in percent or percentage points (project convention): of
coverage and odds so wide that a right model passes with 60 courses of two or three levels, interval
and all. Bands that are too wide are told by the 50 % band."""

LEAST_COURSES = 20
"""Fewer patients with a forecast after levels, and nothing is concluded (project convention)."""

LEAST_IN_A_THIRD = 10
"""Fewer levels in a third of the odds, and that third is shown and not judged (project
convention)."""

RESAMPLES = 1000
"""Times that the patients are resampled for an interval."""

INTERVAL = (0.05, 0.95)

KEYS = ("commissioning", "set_on", "set_by", "courses", *DEFAULTS)
ONE_SIDED = ("precision",)
RANGES = ("cover50", "cover90")

STAGES = {"a_priori": "before any level", "after_levels": "after one level or more"}
WORDS = {
    "bias": "bias: median error",
    "precision": "precision: its median size",
    "cover50": "in the 50 % band",
    "cover90": "in the 90 % band",
    "odds": "odds less what happened",
    "odds_thirds": "where odds were",
}
THIRDS = ((0.0, 1.0 / 3.0, "below 33 %"), (1.0 / 3.0, 2.0 / 3.0, "33-67 %"),
          (2.0 / 3.0, 1.0 + 1e-9, "above 67 %"))  # fmt: skip


class CommissioningError(ValueError):
    """Limits or a target that commissioning cannot use: one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What was set beforehand.

    bounds   stage -> measure -> (low, high), percent or percentage points
    default  (stage, measure) that the center left to the project's conventions
    set_on   the center's own word; None where no file was given
    """

    bounds: Mapping[str, Mapping[str, tuple[float, float]]]
    default: frozenset[tuple[str, str]]
    courses: int = LEAST_COURSES
    set_on: date | None = None
    set_by: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure against its limit.

    stage      "a_priori" or "after_levels"
    measure    a key of `DEFAULTS`
    label      in words
    n, courses levels and patients behind it
    value, low, high  the number and its 90 % interval over resampled patients, percent or points
    least, most  its limit
    default    the limit is the project's, not the center's
    met        yes: the whole interval inside; no: all of it outside; else cannot tell
    """

    stage: str
    measure: str
    label: str
    n: int
    courses: int
    value: float
    low: float
    high: float
    least: float
    most: float
    default: bool
    met: Truth

    @property
    def few(self) -> bool:
        """Shown and not judged: a third of the odds with few levels."""
        return self.measure == "odds_thirds" and self.n < LEAST_IN_A_THIRD

    @property
    def answer(self) -> str:
        """The answer in words."""
        words = {Truth.MET: "met", Truth.NOT_MET: "not met", Truth.UNKNOWN: "not settled"}
        return "too few" if self.few else words[self.met]


@dataclass(frozen=True, slots=True)
class Commissioned:
    """One model over a center's courses.

    replay    everything that was forecast
    target, window  of the odds; "" where none was given
    unforecast  levels without a forecast; the replay says why
    judged    every measure against its limit
    verdict   "within limits", "outside limits", "not settled", "too few courses"
    because   why, in words
    """

    model: str
    version: str
    replay: Replay
    target: str
    window: str
    courses: int
    levels: int
    unforecast: int
    judged: tuple[Finding, ...]
    verdict: str
    because: tuple[str, ...]


WITHIN, OUTSIDE, OPEN, FEW = "within limits", "outside limits", "not settled", "too few courses"


def read_limits(path: str | Path) -> Limits:
    """Read a center's limits.

    Fails  CommissioningError for an unknown key, a number that is none, or a limit that nothing or
           everything meets.
    """
    content = read_toml(path, "limits file", CommissioningError)
    if not content:
        raise CommissioningError(
            f"limits {path} say nothing: begin the file with commissioning = {FORMAT}, or leave "
            "it out"
        )
    return parse_limits(content)


def parse_limits(content: Mapping[str, Any]) -> Limits:
    """The same from a mapping; {} gives the defaults."""
    for key in content:
        if key not in KEYS:
            raise CommissioningError(f"limits: unknown key {key!r}; there are {', '.join(KEYS)}")
    if content and content.get("commissioning") != FORMAT:
        raise CommissioningError(f"limits: begin the file with commissioning = {FORMAT}")
    set_on, set_by = content.get("set_on"), content.get("set_by", "")
    if content and (not isinstance(set_on, date) or isinstance(set_on, datetime)):
        raise CommissioningError(
            "limits: set_on is missing or no date; write the day on which they were set, as in "
            "set_on = 2026-10-01"
        )
    if not isinstance(set_by, str):
        raise CommissioningError('limits: set_by is no text; write set_by = "who set them"')
    courses = content.get("courses", LEAST_COURSES)
    if isinstance(courses, bool) or not isinstance(courses, int) or courses < 2:
        raise CommissioningError("limits: courses is a whole number of patients, 2 or more")
    bounds: dict[str, dict[str, tuple[float, float]]] = {}
    default: set[tuple[str, str]] = set()
    for stage, usual in DEFAULTS.items():
        given = content.get(stage, {})
        if not isinstance(given, Mapping):
            raise CommissioningError(f"limits: write a table [{stage}] with a line each measure")
        for key in given:
            if key not in usual:
                raise CommissioningError(
                    f"limits: [{stage}] has no {key!r}; there are {', '.join(usual)}"
                )
        bounds[stage] = {}
        for measure, by_default in usual.items():
            if measure in given:
                bounds[stage][measure] = _bound(stage, measure, given[measure])
            else:
                bounds[stage][measure] = by_default
                default.add((stage, measure))
    return Limits(bounds, frozenset(default), courses, set_on, set_by.strip())


def _bound(stage: str, measure: str, written: Any) -> tuple[float, float]:
    place = f"limits: [{stage}] {measure}"
    if measure in RANGES:
        pair = written if isinstance(written, list) and len(written) == 2 else None
        if pair is None or not all(_is_number(x) for x in pair):
            raise CommissioningError(f"{place} is two percentages, as in {measure} = [80, 98]")
        low, high = (float(x) for x in pair)
        right = float(measure.removeprefix("cover"))
        if not 0.0 <= low < right < high <= 100.0:
            raise CommissioningError(
                f"{place} must lie around {right:g}, what a right model gives, within 0 and 100"
            )
        return low, high
    if not _is_number(written) or not 0.0 < float(written) <= 100.0:
        raise CommissioningError(f"{place} is one number above 0 and up to 100, in percent")
    return (0.0 if measure in ONE_SIDED else -float(written)), float(written)


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)


def window_of(target: Target, model: Model) -> tuple[float, float]:
    """The window as one of measured levels, in the unit of the model.

    Fails  CommissioningError where what the target speaks of is not measured by one level.
    """
    if target.agent != model.agent:
        raise CommissioningError(
            f"target {target.id} is for {target.agent}, {model.id} for {model.agent}"
        )
    if target.metric is not Metric.TROUGH:
        raise CommissioningError(
            f"target {target.id} speaks of the {target.metric.value}, which no single level "
            "measures, so its odds cannot be held against what happened; leave it out, and "
            "coverage of the bands speaks for the odds"
        )
    if target.analyte not in model.analytes:
        raise CommissioningError(f"{model.id} does not predict {target.analyte} of {target.id}")
    unit = model.observation(target.analyte).unit
    if unit != target.unit:
        raise CommissioningError(f"target {target.id} is in {target.unit}, {model.id} in {unit}")
    return target.low, target.high


def judge(
    replay: Replay, limits: Limits, *, target: Target | None = None, version: str = ""
) -> Commissioned:
    """A replay against limits.

    target   whose window `Forecast.inside` of the replay was computed for
    version  of the model, for the page
    """
    told = [f for f in replay.forecasts if not f.reason]
    judged: list[Finding] = []
    for stage in DEFAULTS:
        own = [f for f in told if bool(f.used) == (stage == "after_levels")]
        judged += _stage(stage, own, limits, target, replay)
    after = {f.subject for f in told if f.used}
    verdict, because = _verdict(judged, len(after), limits, target)
    return Commissioned(
        model=replay.model,
        version=version,
        replay=replay,
        target="" if target is None else target.id,
        window="" if target is None else target.window,
        courses=len({f.subject for f in replay.forecasts}),
        levels=len(replay.forecasts),
        unforecast=len(replay.forecasts) - len(told),
        judged=tuple(judged),
        verdict=verdict,
        because=because,
    )


def _verdict(
    judged: Sequence[Finding], after: int, limits: Limits, target: Target | None
) -> tuple[str, tuple[str, ...]]:
    if after < limits.courses:
        return FEW, (
            f"{after} patients have a forecast after a level; {limits.courses} were asked for",
        )
    why = [
        f"{STAGES[j.stage]}, {j.label}: "
        f"{'outside its limit' if j.met is Truth.NOT_MET else _open(j)}"
        for j in judged
        if j.met is not Truth.MET
    ]
    if target is None:
        why.append("no window was given: the odds were not judged")
    if any(j.met is Truth.NOT_MET for j in judged):
        return OUTSIDE, tuple(why)
    if any(j.met is Truth.UNKNOWN and not j.few for j in judged):
        return OPEN, tuple(why)
    return WITHIN, tuple(why)


def _open(finding: Finding) -> str:
    if finding.n == 0:
        return "no such level"
    if finding.few:
        return f"{finding.n} levels, too few to judge"
    return "its interval reaches over the limit"


def _stage(
    stage: str, own: Sequence[Forecast], limits: Limits, target: Target | None, replay: Replay
) -> list[Finding]:
    """Every measure of one stage."""
    measured = [f for f in own if not f.censored]
    relative = [f for f in measured if math.isfinite(f.relative_error)]
    banded = [f for f in measured if math.isfinite(f.low90)]
    errors = np.array([100.0 * f.relative_error for f in relative])
    in50 = np.array([100.0 * (f.low50 <= f.observed <= f.high50) for f in banded])
    in90 = np.array([100.0 * (f.low90 <= f.observed <= f.high90) for f in banded])
    wanted: list[tuple[str, str, Sequence[Forecast], Array, Callable[[Array], float]]] = [
        ("bias", WORDS["bias"], relative, errors, _median),
        ("precision", WORDS["precision"], relative, np.abs(errors), _median),
        ("cover50", WORDS["cover50"], banded, in50, _mean),
        ("cover90", WORDS["cover90"], banded, in90, _mean),
    ]
    if target is not None:
        asked = [f for f in measured if math.isfinite(f.inside)]
        gap = np.array([_gap(f, target) for f in asked])
        wanted.append(("odds", WORDS["odds"], asked, gap, _mean))
        for low, high, label in THIRDS:
            third = [f for f in asked if low <= f.inside < high]
            if not third:
                continue
            own_gap = np.array([_gap(f, target) for f in third])
            text = f"{WORDS['odds_thirds']} {label}"
            wanted.append(("odds_thirds", text, third, own_gap, _mean))
    found = []
    for measure, label, forecasts, numbers, of in wanted:
        least, most = limits.bounds[stage][measure]
        value, low, high = math.nan, math.nan, math.nan
        if len(numbers):
            subjects = [f.subject for f in forecasts]
            rng = stream(replay.seed, replay.model, "commission", stage, label)
            value = of(numbers)
            low, high = _resampled(subjects, numbers, of, rng)
        met = _met(low, high, least, most)
        if measure == "odds_thirds" and len(numbers) < LEAST_IN_A_THIRD:
            met = Truth.UNKNOWN
        found.append(
            Finding(
                stage, measure, label, len(numbers), len({f.subject for f in forecasts}), value,
                low, high, least, most, (stage, measure) in limits.default, met,
            )
        )  # fmt: skip
    return found


def _gap(forecast: Forecast, target: Target) -> float:
    """Odds said less what happened, in percentage points: above 0 the odds promised too much."""
    return 100.0 * (forecast.inside - (target.low <= forecast.observed <= target.high))


def _met(low: float, high: float, least: float, most: float) -> Truth:
    if not (math.isfinite(low) and math.isfinite(high)):
        return Truth.UNKNOWN
    if least <= low and high <= most:
        return Truth.MET
    return Truth.NOT_MET if high < least or low > most else Truth.UNKNOWN


def _resampled(
    subjects: Sequence[str], numbers: Array, of: Callable[[Array], float], rng: np.random.Generator
) -> tuple[float, float]:
    """The 90 % interval of a number when patients, not levels, are drawn anew."""
    names = list(dict.fromkeys(subjects))
    if len(names) < 2:
        return math.nan, math.nan
    own: dict[str, list[float]] = {name: [] for name in names}
    for subject, number in zip(subjects, numbers, strict=True):
        own[subject].append(float(number))
    groups = [np.array(own[name]) for name in names]
    found = [
        of(np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(found, INTERVAL)
    return float(low), float(high)


def _median(numbers: Array) -> float:
    return float(np.median(numbers))


def _mean(numbers: Array) -> float:
    return float(np.mean(numbers))
