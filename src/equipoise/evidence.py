"""Evidence synthesis: a table of studies in, their own intervals and, where it may be, a mean.

A mean is made only of three or more studies of one design that share no patients; otherwise the
table stands alone, with the reason. Hazard ratios are taken as reported, or made from whole curves
with numbers at risk, never from two survival points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import beta, norm

from equipoise.pooling import (
    CONFIDENCE,
    INTERVALS,
    METHODS,
    MantelHaenszel,
    Pool,
    mantel_haenszel,
    pooled,
)
from equipoise.source import Standing, weakest
from equipoise.studies import NUMBERS, EvidenceError, Measure, Study, StudyDesign, StudyTable

FEWEST = 3
"""Studies of which a mean may be made."""
MANTEL_HAENSZEL = "mantel-haenszel"
ALL_METHODS = (*METHODS, MANTEL_HAENSZEL)
EMPTY_CELL = 0.5
"""Added to each cell of a study's table where one is empty, for its place in the mean alone."""
OFF_CENTER = 0.1
"""A reported hazard ratio this far (natural logs) from the middle of its interval is said.
Project convention: rounding to two digits seldom moves it further."""
INCONSISTENT = 0.5
"""Share of the variation between studies from which certainty is lowered. Project convention."""
FEW = 5
"""Below this many studies the spread between them is hardly known. Project convention."""
FEW_EVENTS = 300
"""With fewer events in a table of counts, chance alone may make its result. Project convention."""
WIDE = 0.3
"""A proportion's interval wider than this lowers certainty. Project convention."""


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A study with its own estimate.

    estimate, low, high  on the scale of the measure: proportion 0 to 1, or ratio; the interval is
             exact for a proportion, log-normal for a risk ratio, as reported for a hazard ratio;
             NaN where the counts give none
    weight   in the mean; NaN where none was made or the study has no place in it
    note     what was done to it
    """

    study: Study
    estimate: float
    low: float
    high: float
    weight: float = math.nan
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a table, on the scale of its measure.

    predict_low, predict_high  where a new study is expected; NaN for one common effect
    tau2  on the log or logit scale; NaN for Mantel-Haenszel, whose q is about the inverse-variance
          mean
    """

    estimate: float
    low: float
    high: float
    predict_low: float
    predict_high: float
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    df: int
    p: float
    i2: float
    studies: int
    method: str
    interval: str


@dataclass(frozen=True, slots=True)
class Certainty:
    """How far the table carries: a word, where it starts from, and what lowered it.

    word  "high", "moderate", "low", "very low": the start, one step down for each reason
    """

    word: str
    start: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What `synthesize` gives.

    mean        None where none may be made; `not_pooled` says why
    standing    the weakest among the rows
    """

    table: str
    measure: Measure
    outcome: str
    results: tuple[StudyResult, ...]
    mean: Mean | None
    not_pooled: tuple[str, ...]
    certainty: Certainty
    cautions: tuple[str, ...]
    standing: Standing


def synthesize(
    table: StudyTable, *, method: str = "reml", interval: str = "hartung-knapp"
) -> Synthesis:
    """Each study with its interval and, where it may be, the mean and what it is worth.

    method    how the variance between studies is estimated: "reml", "dl", "common", or
              "mantel-haenszel" (risk ratios, one common effect)
    interval  "hartung-knapp" or "normal"; Mantel-Haenszel has its own
    Fails     EvidenceError for another method, and Mantel-Haenszel for another measure
    """
    if method not in ALL_METHODS:
        raise EvidenceError(f"method {method}: unknown; one of {', '.join(ALL_METHODS)}")
    if interval not in INTERVALS:
        raise EvidenceError(f"interval {interval}: unknown; one of {', '.join(INTERVALS)}")
    if method == MANTEL_HAENSZEL and table.measure is not Measure.RISK_RATIO:
        raise EvidenceError(
            f"method {method}: it is for risk ratios, not for a {table.measure.value}; use reml"
        )
    own = [_own(s, table.measure) for s in table.studies]
    placed = [_placed(s, table.measure) for s in table.studies]
    usable = [i for i, p in enumerate(placed) if p is not None]
    not_pooled = _why_not(table.studies, len(usable))
    results = [
        StudyResult(study, *triple, note=_what_was_done(study, table.measure))
        for study, triple in zip(table.studies, own, strict=True)
    ]
    mean: Mean | None = None
    cautions: list[str] = []
    if not not_pooled:
        entries = [p for p in placed if p is not None]
        mean, weights = _mean(table, entries, usable, method, interval)
        for i, w in zip(usable, weights, strict=True):
            r = results[i]
            results[i] = StudyResult(r.study, r.estimate, r.low, r.high, w, r.note)
        cautions += _about_the_mean(mean, entries, method, interval)
    cautions += [f"{r.study.name}: {r.note}" for r in results if r.note]
    standing = weakest(*(s.standing for s in table.studies))
    certainty = _certainty(table, mean, not_pooled, standing)
    return Synthesis(
        table.name, table.measure, table.outcome, tuple(results), mean, not_pooled, certainty,
        tuple(cautions), standing,
    )  # fmt: skip


def _why_not(studies: Sequence[Study], usable: int) -> tuple[str, ...]:
    said = []
    if usable < FEWEST:
        count = f"{usable} {'study' if usable == 1 else 'studies'}"
        said.append(f"{count} of use for a mean, which needs at least {FEWEST}")
    designs = dict.fromkeys(s.design.value.replace("_", " ") for s in studies)
    if len(designs) > 1:
        said.append(f"designs are mixed: {', '.join(designs)}")
    shared: dict[str, list[str]] = {}
    for s in studies:
        shared.setdefault(" ".join(s.patients.lower().split()), []).append(s.name)
    for names in shared.values():
        if len(names) > 1:
            said.append(f"{' and '.join(names)} share patients")
    return tuple(said)


def _own(study: Study, measure: Measure) -> tuple[float, float, float]:
    if measure is Measure.HAZARD_RATIO:
        return study.estimate, study.low, study.high
    assert study.events is not None
    assert study.total is not None
    if measure is Measure.PROPORTION:
        return (study.events / study.total, *exact_interval(study.events, study.total))
    assert study.control_events is not None
    assert study.control_total is not None
    if study.events == 0 or study.control_events == 0:
        return math.nan, math.nan, math.nan
    ratio = (study.events * study.control_total) / (study.total * study.control_events)
    variance = (
        1 / study.events - 1 / study.total + 1 / study.control_events - 1 / study.control_total
    )
    if variance <= 0.0:
        return ratio, math.nan, math.nan
    half = float(norm.ppf(0.5 + CONFIDENCE / 2.0)) * math.sqrt(variance)
    return ratio, ratio * math.exp(-half), ratio * math.exp(half)


def exact_interval(events: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a proportion after Clopper and Pearson (1934)."""
    side = (1.0 - CONFIDENCE) / 2.0
    low = 0.0 if events == 0 else float(beta.ppf(side, events, total - events + 1))
    high = 1.0 if events == total else float(beta.ppf(1.0 - side, events + 1, total - events))
    return low, high


def _placed(study: Study, measure: Measure) -> tuple[float, float] | None:
    """Estimate and variance on the scale of pooling; None where the study says nothing there."""
    if measure is Measure.HAZARD_RATIO:
        width = math.log(study.high / study.low)
        error = width / (2.0 * float(norm.ppf(0.5 + CONFIDENCE / 2.0)))
        return math.log(study.estimate), error**2
    a, n = float(study.events or 0), float(study.total or 0)
    if measure is Measure.PROPORTION:
        if a in (0.0, n):
            a, n = a + EMPTY_CELL, n + 2 * EMPTY_CELL
        return math.log(a / (n - a)), 1 / a + 1 / (n - a)
    c, m = float(study.control_events or 0), float(study.control_total or 0)
    if a + c == 0.0 or (a, c) == (n, m):
        return None
    if 0.0 in (a, c, n - a, m - c):
        a, c, n, m = a + EMPTY_CELL, c + EMPTY_CELL, n + 2 * EMPTY_CELL, m + 2 * EMPTY_CELL
    return math.log(a * m / (n * c)), 1 / a - 1 / n + 1 / c - 1 / m


def _what_was_done(study: Study, measure: Measure) -> str:
    if study.made:
        return study.made
    if measure is Measure.HAZARD_RATIO:
        middle = 0.5 * math.log(study.low * study.high)
        if abs(math.log(study.estimate) - middle) > OFF_CENTER:
            return (
                "the hazard ratio does not stand in the middle of its interval; compare with the "
                "paper"
            )
        return ""
    if _placed(study, measure) is None:
        return "the same in every patient of both arms; it says nothing about a ratio"
    pairs = ((study.events, study.total), (study.control_events, study.control_total))
    if any(e is not None and e in (0, n) for e, n in pairs):
        return f"an empty cell; {EMPTY_CELL:g} is added to each for its place in a mean"
    return ""


def _mean(
    table: StudyTable,
    placed: Sequence[tuple[float, float]],
    usable: Sequence[int],
    method: str,
    interval: str,
) -> tuple[Mean, tuple[float, ...]]:
    back: Callable[[float], float] = _logistic if table.measure is Measure.PROPORTION else math.exp
    estimates, variances = [p[0] for p in placed], [p[1] for p in placed]
    if method == MANTEL_HAENSZEL:
        rows = [table.studies[i] for i in usable]
        counts = [[getattr(s, c) for s in rows] for c in NUMBERS[Measure.RISK_RATIO]]
        try:
            common: MantelHaenszel = mantel_haenszel(*counts)
        except ValueError as error:
            raise EvidenceError(f"method {method}: {error}; use reml") from None
        nan = math.nan
        spread = pooled(estimates, variances, method="common", interval="normal")
        mean = Mean(
            back(common.estimate), back(common.low), back(common.high), nan, nan, nan, nan, nan,
            spread.q, spread.df, spread.p, spread.i2, len(usable), method, "normal",
        )  # fmt: skip
        shares = [
            s.control_events * s.total / (s.total + s.control_total)
            for s in rows
            if s.control_events is not None and s.total is not None and s.control_total is not None
        ]
        return mean, tuple(x / sum(shares) for x in shares)
    found: Pool = pooled(estimates, variances, method=method, interval=interval)
    common_effect = method == "common"
    mean = Mean(
        back(found.estimate), back(found.low), back(found.high),
        math.nan if common_effect else back(found.predict_low),
        math.nan if common_effect else back(found.predict_high), found.tau2, found.tau2_low,
        found.tau2_high, found.q, found.df, found.p, found.i2, len(usable), method, interval,
    )  # fmt: skip
    return mean, found.weights


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))


def _about_the_mean(
    mean: Mean, placed: Sequence[tuple[float, float]], method: str, interval: str
) -> list[str]:
    said = []
    if interval == "hartung-knapp" and method in METHODS:
        plain = pooled(
            [p[0] for p in placed], [p[1] for p in placed], method=method, interval="normal"
        )
        knapp = pooled([p[0] for p in placed], [p[1] for p in placed], method=method)
        if knapp.high - knapp.low < plain.high - plain.low:
            said.append(
                "the studies agree more closely than their own errors allow, which makes the "
                "Hartung-Knapp interval narrower than the normal one: look at both"
            )
    if method in ("common", MANTEL_HAENSZEL):
        said.append("one common effect is assumed: no prediction interval, and none should be read")
    elif mean.studies < FEW:
        said.append(
            f"{mean.studies} studies hardly tell how much studies differ; the prediction interval "
            "is rough"
        )
    return said


STEPS = ("high", "moderate", "low", "very low")
"""Words of certainty, highest first."""
STARTS: Mapping[StudyDesign, int] = {
    StudyDesign.RANDOMIZED: 0,
    StudyDesign.COHORT: 2,
    StudyDesign.SINGLE_ARM: 2,
}
"""Where certainty starts: high for randomized trials, low for all else, as GRADE does. One step
down for each reason found is a project convention; risk of bias is for people to judge."""


def _certainty(
    table: StudyTable, mean: Mean | None, not_pooled: Sequence[str], standing: Standing
) -> Certainty:
    start = max(STARTS[s.design] for s in table.studies)
    reasons = []
    if not_pooled:
        reasons.append("no mean: " + "; ".join(not_pooled))
    if any(s.design is StudyDesign.SINGLE_ARM for s in table.studies):
        reasons.append("single arms: nothing is compared")
    if standing < Standing.TRANSCRIBED:
        reasons.append(f"numbers of standing {standing.word} in the table")
    events = sum((s.events or 0) + (s.control_events or 0) for s in table.studies)
    if table.measure is not Measure.HAZARD_RATIO and events < FEW_EVENTS:
        reasons.append(f"{events} events in all, fewer than {FEW_EVENTS}")
    if mean is not None:
        ratio = table.measure is not Measure.PROPORTION
        past = (
            ratio
            and math.isfinite(mean.predict_low)
            and mean.predict_low < 1.0 < mean.predict_high
            and not mean.low < 1.0 < mean.high
        )
        if mean.i2 >= INCONSISTENT:
            reasons.append("inconsistent: studies differ by more than chance")
        elif past:
            reasons.append(
                "inconsistent: the prediction interval reaches past no effect where the mean's "
                "does not"
            )
        if ratio and mean.low < 1.0 < mean.high:
            reasons.append("imprecise: the interval holds no effect and effects either way")
        if not ratio and mean.high - mean.low > WIDE:
            reasons.append("imprecise: a wide interval")
        if mean.studies < FEW:
            reasons.append(f"fewer than {FEW} studies")
    return Certainty(STEPS[min(start + len(reasons), len(STEPS) - 1)], STEPS[start], tuple(reasons))
