"""A hazard ratio from two printed survival curves: digitized points, numbers at risk, Cox model.

The patients behind each curve are laid out so that the printed numbers at risk and the curve come
out again; then one hazard ratio is estimated as from any patients. Two survival points are no
curve, and a curve without numbers at risk says nothing of how many were left: both are refused.

Source  Guyot et al. 2012, BMC Med Res Methodol 12:9, doi 10.1186/1471-2288-12-9 (the algorithm, in
        our own words and code); Efron 1977 (ties)
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

ARMS = ("treatment", "control")
KINDS = ("survival", "at_risk", "events")
COLUMNS = ("arm", "kind", "time", "value")
FEWEST_POINTS = 8
"""Points of a curve below which it is not taken for one. Project convention."""
FEWEST_RISKS = 2
"""Numbers at risk that each arm needs: the patients at the start and at least one later number."""
SLACK = 0.02
"""By how much a digitized curve may seem to rise: the hand that reads it. Project convention."""
FEW_OFF = 3
"""Patients by which what is laid out may miss what is printed before it is said. Project
convention."""
PART_OFF = 0.05
"""The same as a part of the arm, where that is more. Project convention."""


class CurveError(ValueError):
    """Curves cannot be used: one sentence with the place, what is wrong and the remedy."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One arm as read off a figure.

    times, survival  points of the curve, by time; survival 0 to 1
    risk_times, risks  the printed numbers at risk; the first at time 0
    events           all events of the arm as printed, None where they are not
    """

    times: tuple[float, ...]
    survival: tuple[float, ...]
    risk_times: tuple[float, ...]
    risks: tuple[int, ...]
    events: int | None = None


@dataclass(frozen=True, slots=True)
class Patients:
    """Times, and whether each is an event (else censored); both (n,)."""

    times: Numbers
    events: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A hazard ratio of treatment against control with its 95 % interval, and what it rests on.

    doubts  where what was laid out misses what is printed; () where nothing does
    """

    estimate: float
    low: float
    high: float
    patients: tuple[int, int]
    events: tuple[int, int]
    doubts: tuple[str, ...] = ()


def parse_curves(text: str, *, name: str) -> Mapping[str, Curve]:
    """Both arms from the text of a CSV with the columns arm, kind, time, value.

    kind   "survival" (0 to 1), "at_risk", "events" (one row, time empty, may be left out)
    Fails  CurveError for the first thing refused
    """
    try:
        header, *lines = [line for line in csv.reader(io.StringIO(text)) if line] or [[]]
    except csv.Error as error:
        raise CurveError(f"{name}: {error}; write plain rows of arm,kind,time,value") from None
    header = [h.strip() for h in header]
    rows = [dict(zip_longest(header, line[: len(header)], fillvalue="")) for line in lines]
    lacking = [c for c in COLUMNS if c not in header]
    if lacking:
        raise CurveError(
            f"{name}, column {lacking[0]}: missing; the columns are arm,kind,time,value"
        )
    found: dict[str, dict[str, list[tuple[float, float]]]] = {
        arm: {kind: [] for kind in KINDS} for arm in ARMS
    }
    for i, row in enumerate(rows, 1):
        arm, kind = row["arm"].strip(), row["kind"].strip()
        if arm not in ARMS:
            raise CurveError(f"{name}, row {i}, arm: {arm or 'empty'}; one of {', '.join(ARMS)}")
        if kind not in KINDS:
            raise CurveError(f"{name}, row {i}, kind: {kind or 'empty'}; one of {', '.join(KINDS)}")
        time = 0.0 if kind == "events" else _number(row["time"], f"{name}, row {i}, time")
        value = _number(row["value"], f"{name}, row {i}, value")
        if kind == "survival" and not value <= 1.0:
            raise CurveError(
                f"{name}, row {i}, value: survival {value:g} lies above 1; write fractions, not "
                "percent"
            )
        if kind != "survival" and value != round(value):
            raise CurveError(f"{name}, row {i}, value: {value:g}; write a whole number of patients")
        found[arm][kind].append((time, value))
    return {arm: _curve(found[arm], f"{name}, {arm}") for arm in ARMS}


def _number(text: str, place: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found >= 0.0):
        raise CurveError(f"{place}: {text or 'empty'}; write a number of 0 or more")
    return found


def _curve(read: Mapping[str, Sequence[tuple[float, float]]], place: str) -> Curve:
    # Both ends of a step may stand at one time: the upper comes first.
    points = sorted(read["survival"], key=lambda p: (p[0], -p[1]))
    risks = sorted(read["at_risk"])
    different = len(set(points))
    if different < FEWEST_POINTS:
        raise CurveError(
            f"{place}: {different} points of survival are no curve; digitize at least "
            f"{FEWEST_POINTS}, at each step where they can be told apart"
        )
    if len(risks) < FEWEST_RISKS or risks[0][0] != 0.0:
        raise CurveError(
            f"{place}: numbers at risk are needed at time 0 and at least once later, as printed "
            "under the figure; without them no hazard ratio is made"
        )
    if any(b[1] > a[1] for a, b in pairwise(risks)):
        raise CurveError(f"{place}: the number at risk rises; check the rows of at_risk")
    if risks[0][1] == 0.0:
        raise CurveError(f"{place}: nobody is at risk at time 0; check the rows of at_risk")
    lowest = 1.0
    survival = []
    for time, value in points:
        if value > lowest + SLACK:
            raise CurveError(
                f"{place}: survival rises to {value:g} at time {time:g}; a curve only falls, check "
                "the points (a cumulative incidence is none of survival)"
            )
        lowest = min(lowest, value)
        survival.append(lowest)
    events = [int(value) for _, value in read["events"]]
    if len(events) > 1:
        raise CurveError(f"{place}: events stand {len(events)} times; give their number once")
    if events and events[0] > risks[0][1]:
        raise CurveError(
            f"{place}: {events[0]} events of {risks[0][1]:g} patients; check the rows of events"
        )
    return Curve(
        times=tuple(t for t, _ in points),
        survival=tuple(survival),
        risk_times=tuple(t for t, _ in risks),
        risks=tuple(int(n) for _, n in risks),
        events=events[0] if events else None,
    )


def patients_behind(curve: Curve) -> Patients:
    """Times and events of patients whose curve and numbers at risk are the printed ones.

    Between two numbers at risk the censored are spread evenly, as many as make the next number come
    out. After the last one they leave at the rate seen before, or so that all printed events come
    out where their number is known. Who is left at the end is censored there.
    """
    left, reached = curve.risks[0], 1.0
    times: list[float] = []
    events: list[bool] = []
    end = max(curve.times[-1], curve.risk_times[-1])
    bounds = [*curve.risk_times, end]
    for i, (start, stop) in enumerate(pairwise(bounds)):
        last = i == len(curve.risk_times) - 1
        points = [
            (t, s)
            for t, s in zip(curve.times, curve.survival, strict=True)
            if start < t and (t < stop or last)
        ]
        if not last and stop <= curve.times[-1]:
            # Of what happened between two points a part belongs before the number at risk, and
            # where the curve ends there all of it: nothing comes after.
            before = max([start, *(t for t, _ in points)])
            share = float(np.interp(stop, curve.times, curve.survival))
            if stop == curve.times[-1]:
                share = curve.survival[-1]
            points.append((0.5 * (before + stop), share))
        if last:
            wanted = _censored_at_last(curve, left, reached, points, events, start, stop)
            found = _interval(left, reached, points, wanted, start, stop)
        else:
            found = _matched(left, reached, points, curve.risks[i + 1], start, stop)
        times += found.times
        events += found.events
        left, reached = found.left, found.reached
    times += [end] * left
    events += [False] * left
    return Patients(np.array(times), np.array(events, dtype=bool))


def doubts(curve: Curve, laid: Patients) -> tuple[str, ...]:
    """Where patients laid out miss the printed events or numbers at risk, or times do not match."""
    said = []
    allowed = max(FEW_OFF, PART_OFF * curve.risks[0])
    made = int(laid.events.sum())
    if curve.events is not None and abs(made - curve.events) > allowed:
        said.append(f"{curve.events} events are printed and {made} come out of the curve")
    for time, printed in zip(curve.risk_times, curve.risks, strict=True):
        left = int((laid.times >= time).sum())
        if abs(left - printed) > allowed:
            said.append(f"{printed} at risk at {time:g} are printed and {left} come out")
            break
    end, last = curve.times[-1], curve.risk_times[-1]
    apart = max(b - a for a, b in pairwise(curve.risk_times))
    if end > last + apart:
        said.append(
            f"the curve goes on to {end:g}, numbers at risk end at {last:g}: is the unit of time "
            "the same? who left after them is a guess"
        )
    if end < last - apart:
        said.append(
            f"the curve ends at {end:g}, numbers at risk go on to {last:g}: is the unit of time "
            "the same? digitize the curve to its end"
        )
    return tuple(said)


@dataclass(frozen=True, slots=True)
class _Interval:
    """What became of the patients of an interval; `reached` is the curve they make at its end."""

    times: list[float]
    events: list[bool]
    left: int
    reached: float


def _interval(
    left: int,
    reached: float,
    points: Sequence[tuple[float, float]],
    censored: int,
    start: float,
    stop: float,
) -> _Interval:
    """Events at the points that make the curve, with so many censored evenly between."""
    leaving = [start + (k + 1) * (stop - start) / (censored + 1) for k in range(censored)]
    times: list[float] = []
    events: list[bool] = []
    gone = 0
    for t, survival in points:
        while gone < censored and leaving[gone] < t and left > 0:
            times.append(leaving[gone])
            events.append(False)
            gone, left = gone + 1, left - 1
        if left == 0:
            break
        died = min(max(round(left * (1.0 - survival / reached)), 0), left) if reached > 0.0 else 0
        times += [t] * died
        events += [True] * died
        reached *= 1.0 - died / left
        left -= died
    rest = min(censored - gone, left)
    times += leaving[gone : gone + rest]
    events += [False] * rest
    return _Interval(times, events, left - rest, reached)


def _matched(
    left: int,
    reached: float,
    points: Sequence[tuple[float, float]],
    wanted: int,
    start: float,
    stop: float,
) -> _Interval:
    """The number of censored at which the next number at risk comes out, or the nearest."""
    best = _interval(left, reached, points, 0, start, stop)
    low, high = 0, left
    # More censored leave fewer at risk: the number falls, up to rounding, and is halved in on.
    while low < high:
        middle = (low + high) // 2
        tried = _interval(left, reached, points, middle, start, stop)
        if abs(tried.left - wanted) < abs(best.left - wanted):
            best = tried
        if tried.left > wanted:
            low = middle + 1
        else:
            high = middle
    for near in range(max(low - 2, 0), min(low + 3, left + 1)):
        tried = _interval(left, reached, points, near, start, stop)
        if abs(tried.left - wanted) < abs(best.left - wanted):
            best = tried
    return best


def _censored_at_last(
    curve: Curve,
    left: int,
    reached: float,
    points: Sequence[tuple[float, float]],
    events: Sequence[bool],
    start: float,
    stop: float,
) -> int:
    if curve.events is not None:
        wanted = curve.events - sum(events)
        tried = [
            abs(sum(_interval(left, reached, points, c, start, stop).events) - wanted)
            for c in range(left + 1)
        ]
        return int(np.argmin(tried))
    gone = len(events) - sum(events)
    rate = gone / start if start > 0.0 else 0.0
    return min(round(rate * (stop - start)), left)


def hazard_ratio(treatment: Patients, control: Patients) -> Ratio:
    """One hazard ratio of two arms by Cox's model, ties as Efron has them.

    Fails  CurveError where an arm has no event, and where no finite ratio fits best
    """
    counts = (int(treatment.events.sum()), int(control.events.sum()))
    if 0 in counts:
        raise CurveError("an arm has no event: no hazard ratio can be estimated from it")
    times = np.concatenate([treatment.times, control.times])
    events = np.concatenate([treatment.events, control.events])
    arm = np.concatenate([np.ones(treatment.times.size), np.zeros(control.times.size)])
    beta = 0.0
    information = 1.0
    for _ in range(50):
        slope, information = _score(times, events, arm, beta)
        if information < 1e-9:
            raise CurveError(
                "all events of one arm come while nobody or everybody is left in the other: no "
                "hazard ratio can be estimated"
            )
        step = max(min(slope / information, 2.0), -2.0)
        beta += step
        if abs(step) < 1e-10:
            break
    half = 1.959963984540054 / math.sqrt(information)
    return Ratio(
        math.exp(beta), math.exp(beta - half), math.exp(beta + half),
        (treatment.times.size, control.times.size), counts,
    )  # fmt: skip


def _score(
    times: Numbers, events: NDArray[np.bool_], arm: Numbers, beta: float
) -> tuple[float, float]:
    """Slope and curvature of the partial log likelihood in the log hazard ratio."""
    risk = np.exp(beta * arm)
    slope = information = 0.0
    for t in np.unique(times[events]):
        at_risk = times >= t
        dying = events & (times == t)
        died = int(dying.sum())
        all_risk, all_first = float(risk[at_risk].sum()), float((risk * arm)[at_risk].sum())
        own_risk, own_first = float(risk[dying].sum()), float((risk * arm)[dying].sum())
        slope += float(arm[dying].sum())
        share = np.arange(died) / died
        mean = (all_first - share * own_first) / (all_risk - share * own_risk)
        slope -= float(mean.sum())
        information += float((mean * (1.0 - mean)).sum())
    return slope, information


def ratio_of(curves: Mapping[str, Curve]) -> Ratio:
    """The hazard ratio of the two arms of a figure, treatment against control."""
    laid = {arm: patients_behind(curves[arm]) for arm in ARMS}
    found = hazard_ratio(*(laid[arm] for arm in ARMS))
    said = [f"{arm}: {doubt}" for arm in ARMS for doubt in doubts(curves[arm], laid[arm])]
    return replace(found, doubts=tuple(said))
