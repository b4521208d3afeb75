"""The answer of the main job: everything that any face shows, and nothing a face must compute."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import numpy as np

from equipoise.advice import Advice, Recommendation
from equipoise.criterion import Because, Grade, Truth
from equipoise.decision import OpenDecision
from equipoise.differential import ForAndAgainst
from equipoise.onboard import OnBoard
from equipoise.signal import Signal
from equipoise.source import Evidence, Source, Standing
from equipoise.tally import Tally
from equipoise.target import Comparable, Effect, Refused, Target
from equipoise.version import DISCLAIMER as DISCLAIMER

NOT_FOR_DOSING = "NOT FOR DOSING"

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
"""Every band in an answer has these five: 90 % and 50 % intervals around the median."""


@dataclass(frozen=True, slots=True)
class Level:
    """A measured level as the job saw it.

    standardized  (observed - prediction of the population) / its SD, NaN where censored
    verdict       "used", "suspect"
    reasons       why it is suspect, in words
    """

    at: float
    known: float
    known_assumed: bool
    text: str
    number: float
    censored: str
    prior_median: float
    posterior_median: float
    standardized: float
    verdict: str
    reasons: tuple[str, ...]
    method: str


@dataclass(frozen=True, slots=True)
class DoseMark:
    """A dose on the strip: status is "given", "planned", "held", "partial" or "charted ahead"."""

    at: float
    duration: float
    text: str
    amount: float
    unit: str
    status: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A number of interest with its bands before and after the levels.

    prior, posterior  five quantiles (`QUANTILES`) in `unit`
    gain              1 - posterior SD / prior SD: how much the levels told about this number
    """

    name: str
    label: str
    unit: str
    prior: tuple[float, ...]
    posterior: tuple[float, ...]
    gain: float
    where: str = ""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one agent did, by one model: curves, levels, doses, numbers of interest, cautions.

    times             hours from day 0, (n,)
    prior, posterior  (5, n) quantiles of the true concentration in `unit`; posterior equals prior
                      where no level was usable
    watermark         "" or NOT FOR DOSING
    weight            of the model among the candidates, after the levels
    covariates        what the model read of the patient: ("weight", "12 kg at -24 h")
    """

    agent: str
    agent_label: str
    analyte: str
    unit: str
    model: str
    model_title: str
    standing: Standing
    watermark: str
    purposes: tuple[str, ...]
    times: tuple[float, ...]
    prior: tuple[tuple[float, ...], ...]
    posterior: tuple[tuple[float, ...], ...]
    levels: tuple[Level, ...]
    pending: tuple[float, ...]
    doses: tuple[DoseMark, ...]
    summaries: tuple[Summary, ...]
    targets: tuple[Target, ...]
    refused: tuple[Refused, ...]
    effects: tuple[Effect, ...]
    etas: tuple[tuple[str, float, float], ...]
    pareto_k: float
    ess: float
    method: str
    cautions: tuple[str, ...]
    weight: float = 1.0
    covariates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One window of several that have to hold at once, for one course.

    exposure  five quantiles of its metric, in `unit`
    error     Monte-Carlo standard error of `within`
    """

    metric: str
    window: str
    unit: str
    exposure: tuple[float, ...]
    below: float
    within: float
    above: float
    error: float


@dataclass(frozen=True, slots=True)
class Under:
    """The odds of one course under one of several candidate models.

    weight  of the candidate after the levels
    median  of the metric, in the target's unit
    """

    model: str
    weight: float
    below: float
    within: float
    above: float
    median: float


@dataclass(frozen=True, slots=True)
class WeightRange:
    """Where options are best, by how much exposure below the window weighs against above it.

    low, high  share of the weight that lies on below: 0 only above counts, 1 only below
    options    ids; several where their odds are the same
    """

    low: float
    high: float
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One course that can be given, and its odds.

    exposure         five quantiles of the metric, in the target's unit
    below, within, above   probabilities that the true exposure lies there; they sum to 1
    measured_within  the same with assay and residual error
    error            Monte-Carlo standard error of `within`
    parts            where several windows have to hold at once: each on its own. Then `exposure`
                     is the first one's, `within` that all hold, `above` that one at least is
                     exceeded, `below` that one is missed and none exceeded
    under            the odds under each of several candidate models
    expected_utility NaN where the record's header sets no weights
    """

    id: str
    label: str
    course: tuple[str, ...]
    scenario: str
    exposure: tuple[float, ...]
    below: float
    within: float
    above: float
    measured_within: float
    error: float
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    under: tuple[Under, ...] = ()
    expected_utility: float = math.nan


@dataclass(frozen=True, slots=True)
class NextSample:
    """Which sample would tell most about the exposure.

    at      hours from day 0
    gain    expected fraction by which the SD of the metric shrinks
    """

    at: float
    gain: float
    result_at: float
    text: str


@dataclass(frozen=True, slots=True)
class OptionList:
    """Courses against one target, best first; or only bands, and why.

    target         None where no published target fits the patient; `refused` says why
    refused        why there are no options, empty where there are
    none_reaches   no option reaches the window with at least `reach` probability
    together       windows that have to hold at once, in words; () for one alone, which is `target`
    weight_ranges  for which weight of below against above each option is best
    """

    agent: str
    model: str
    target: Target | None
    standing: Standing
    watermark: str
    metric_label: str
    at: float
    options: tuple[Option, ...]
    none_reaches: bool
    reach: float
    refused: str
    next_samples: tuple[NextSample, ...]
    cautions: tuple[str, ...]
    last_changeable: float | None = None
    decision: str = ""
    together: tuple[str, ...] = ()
    weight_ranges: tuple[WeightRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day of one criterion, graded from what was known at its end."""

    day: int
    grade: Grade


@dataclass(frozen=True, slots=True)
class Stage:
    """One item of a criterion at the moment: the classes that the record allows, mildest first.

    low, high  place of the mildest and the worst of them, of `classes` in all
    """

    item: str
    low: int
    high: int
    classes: int
    low_words: str
    high_words: str
    because: tuple[Because, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Staging:
    """What each organ or item of a criterion contributes to its grade."""

    criterion: str
    title: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class OtherAdvice:
    """A recommendation that would be answered otherwise under charting conventions."""

    recommendation: str
    statement: str
    strict: Truth
    assumed: Truth


@dataclass(frozen=True, slots=True)
class UnderConventions:
    """What a site's charting conventions make of the criteria: for information, beside the strict
    answers. Decisions, options and advice of the assessment rest on the strict ones.

    grades  of the same criteria in the same order; what was assumed stands in their `because`
    advice  recommendations that would be answered otherwise
    opens, closes  questions of decisions that would be open, and would not
    """

    site: str
    version: str
    grades: tuple[Grade, ...]
    daily: Mapping[str, tuple[Day, ...]]
    advice: tuple[OtherAdvice, ...]
    opens: tuple[str, ...]
    closes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """One patient at one moment.

    at         hours from day 0; nothing known later is in here
    header     what the top of a report shows, (label, text) pairs
    recorded   what the chart says beside our grades: (criterion, hours, text)
    sources    actually used, with the standing of what was used from them
    on_board   what else the patient carries at each infusion of cells, given or planned
    signals    shares followed in series: residual disease, chimerism
    comparables  published cohorts of grafts and counts, and whether this patient is like theirs
    note       where the record comes from, as it says itself
    differentials  for and against what the picture may be, with the trends beside it
    staging    the items of each criterion that grades by organs
    given      steroids as one sum, and counts of other drugs against inflammation
    under_convention  the grades under a site's charting conventions; None: none were given
    made_by    version, seed, hash of the input, research mode, as (name, text) pairs
    """

    record: str
    at: float
    clock: str
    day0: str
    day: int
    research: bool
    header: tuple[tuple[str, str], ...]
    decisions: tuple[OpenDecision, ...]
    exposures: tuple[Exposure, ...]
    options: tuple[OptionList, ...]
    grades: tuple[Grade, ...]
    daily: Mapping[str, tuple[Day, ...]]
    criterion_titles: Mapping[str, str]
    recorded: tuple[tuple[str, float, str], ...]
    advice: tuple[Advice, ...]
    events: tuple[tuple[float, str, str], ...]
    cautions: tuple[str, ...]
    sources: tuple[tuple[Source, Standing], ...]
    made_by: tuple[tuple[str, str], ...]
    disclaimer: str = DISCLAIMER
    note: str = ""
    differentials: tuple[ForAndAgainst, ...] = ()
    staging: tuple[Staging, ...] = ()
    on_board: tuple[OnBoard, ...] = ()
    signals: tuple[Signal, ...] = ()
    comparables: tuple[Comparable, ...] = ()
    given: Tally | None = None
    under_convention: UnderConventions | None = None


def to_json(thing: Any) -> Any:
    """Plain JSON values of an answer, with every key of every dataclass, null where unknown.

    Numbers that are not finite become null; numbers keep 10 significant digits, so that the same
    answer prints the same on every machine.
    """
    if isinstance(thing, Standing):
        return thing.word
    if isinstance(thing, Truth):
        return {Truth.MET: "yes", Truth.NOT_MET: "no", Truth.UNKNOWN: "cannot tell"}[thing]
    if isinstance(thing, Enum):
        return thing.value
    if isinstance(thing, bool) or thing is None or isinstance(thing, str | int):
        return thing
    if isinstance(thing, float | np.floating):
        number = float(thing)
        return float(f"{number:.10g}") if math.isfinite(number) else None
    if isinstance(thing, np.integer):
        return int(thing)
    if isinstance(thing, datetime | date):
        return thing.isoformat()
    if isinstance(thing, Grade):
        return thing.to_json()
    if isinstance(thing, Recommendation):
        return {
            f.name: to_json(getattr(thing, f.name)) for f in fields(thing) if f.name != "predicate"
        }
    if isinstance(thing, Source):
        return {"short": thing.short, "doi": thing.doi, "where": thing.where, "note": thing.note}
    if isinstance(thing, Evidence):
        return {"level": thing.level, "strength": thing.strength, "assigned": thing.assigned}
    if is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: to_json(getattr(thing, f.name)) for f in fields(thing)}
    if isinstance(thing, Mapping):
        return {str(k): to_json(v) for k, v in thing.items()}
    if isinstance(thing, frozenset | set):
        return [to_json(v) for v in sorted(thing, key=str)]
    if isinstance(thing, tuple | list | np.ndarray):
        return [to_json(v) for v in thing]
    raise TypeError(f"no JSON form for {type(thing).__name__}")
