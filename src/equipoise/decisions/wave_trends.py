"""Trends after effector cells: ferritin and what it parts from, with the doubt of sparse samples.

A trend documents what the values say and how sure that is; it raises no alarm. Marks are published
where a source prints a number; where none does (doubling time) only the number is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from equipoise import names
from equipoise.advice import Situation, Verdict
from equipoise.criterion import Because, Truth, car_infusion, seen
from equipoise.decisions.wave_signs import BASELINE, WINDOW
from equipoise.differential import Basis, Sampled, Signal, Trend
from equipoise.record import HOURS_PER_DAY, SAME_TIME, Measurement
from equipoise.source import Source, Standing
from equipoise.trend import (
    BACK,
    FALLING,
    LEAST,
    OPEN,
    RISING,
    Course,
    Floats,
    Next,
    Point,
    direction,
    fit,
    foresee,
    slope_ends,
)

FERRITIN_SLOPE = 100.0
"""ng/mL per hour within 24 h (Kennedy 2020, abstract; the unit is our reading)."""
FIBRINOGEN = 150.0
"""mg/dL (Kennedy 2020, abstract)."""
PEAK = 10_000.0
"""ng/mL of ferritin (McNerney 2023: no HLH-like toxicity peaked lower)."""
FOLD = 2.0
"""Times the ferritin at the infusion (Hines 2023, at second hand)."""
SHOWN = ("ferritin", "crp", "il6", "fibrinogen")
AHEAD = (12.0, 24.0, 48.0)
"""Hours from now at which a further value is weighed (project convention)."""
STEP = 6.0
"""Hours between the points of a drawn course."""
MOST = 30
"""The last values that a course is fitted to (project convention): older ones add nothing."""

KENNEDY = Source(
    "Kennedy 2020, Blood (ASH abstract)", "10.1182/blood-2020-142612", "abstract",
    "the unit of the slope is our reading",
)  # fmt: skip
MCNERNEY = Source(
    "McNerney 2023, Blood Adv 7:2758 (tisa-cel, children and young adults, 26 of 185)", "",
    "text and figures",
)  # fmt: skip
DISCORDANCE = Source(
    "Br J Haematol (3 adults after brexu-cel or axi-cel)", "10.1111/bjh.18454", "abstract"
)
HINES = Source(
    "Hines 2023, Transplant Cell Ther 29:438.e1", "10.1016/j.jtct.2023.03.006",
    "table of criteria, not read", "from memory and secondary accounts",
)  # fmt: skip
BCMA_55 = "55 after BCMA CAR-T, one center"
CHILDREN = "185 children and young adults with B-ALL after tisa-cel, 26 with HLH-like toxicity"

SLOPE_BASIS = Basis(
    f"a rise of at least {FERRITIN_SLOPE:g} ng/mL per hour within 24 h is an arm of MAS-L",
    BCMA_55, KENNEDY, Standing.PROVISIONAL,
)  # fmt: skip
RISE_BASES = (
    Basis("more than 2 x baseline is the required element of IEC-HS", "consensus", HINES,
          Standing.PROVISIONAL),
    Basis("rise over baseline, median (IQR): HLH-like 83,874 (35,353-233,720) ng/mL, severe CRS "
          "4,753, none or low CRS 325", CHILDREN, MCNERNEY, Standing.PUBLISHED),
)  # fmt: skip
APART_BASIS = Basis(
    "CRP and IL-6 fell while ferritin rose after CRS (3 of 3)", "3 adults", DISCORDANCE,
    Standing.PUBLISHED,
)  # fmt: skip
FIBRINOGEN_BASIS = Basis(
    "a lowest fibrinogen below 150 mg/dL is an arm of MAS-L", BCMA_55, KENNEDY, Standing.PUBLISHED
)


def values_of(situation: Situation, name: str) -> tuple[Measurement, ...]:
    """The last baseline value and every value since the infusion, at most the last `MOST`."""
    infusion = car_infusion(situation.record, situation.at)
    if infusion is None:
        return ()
    record = situation.record
    since = record.measurements(name, start=infusion + SAME_TIME, end=situation.at + SAME_TIME)
    before = record.latest(name, infusion, within=BASELINE)
    return (*(() if before is None else (before,)), *since)[-MOST:]


def points_of(values: Sequence[Measurement]) -> tuple[Point, ...]:
    """What a course is fitted to: values above 0."""
    return tuple(Point(m.at, m.number, m.censored) for m in values if m.number > 0.0)


def course_of(values: Sequence[Measurement]) -> Course | None:
    """The course, or None where the values are too few, at one moment, or only bounds."""
    points = points_of(values)
    exact = [p for p in points if not p.bound]
    if len(points) < LEAST or not exact or points[-1].at - points[0].at <= SAME_TIME:
        return None
    return fit(points)


def turn(situation: Situation, name: str) -> tuple[str, tuple[Measurement, ...]]:
    """Where a value is going at its last sample, and the last two samples.

    "not settled" also where the last sample is older than `WINDOW`.
    """
    values = values_of(situation, name)
    course = course_of(values)
    if course is None or situation.at - values[-1].at > WINDOW + SAME_TIME:
        return OPEN, values[-2:]
    return direction(course, values[-1].at), values[-2:]


def apart(situation: Situation) -> Verdict:
    """Whether ferritin rises while CRP or IL-6 falls and neither of them rises."""
    ferritin, last_two = turn(situation, "ferritin")
    others = {name: turn(situation, name) for name in ("crp", "il6")}
    because = [seen(m) for m in last_two]
    because += [seen(m) for _, pair in others.values() for m in pair]
    turns = {name: found for name, (found, _) in others.items()}
    said = ", ".join(
        f"{_label(name)} {found}" for name, found in {"ferritin": ferritin, **turns}.items()
    )
    missing = tuple(n for n, found in {"ferritin": ferritin, **turns}.items() if found == OPEN)
    truth = Truth.UNKNOWN
    if ferritin == FALLING or RISING in turns.values():
        truth = Truth.NOT_MET
    elif ferritin == RISING and FALLING in turns.values():
        truth = Truth.MET
    return Verdict(truth, tuple(because), missing, said)


# --- courses with bands -------------------------------------------------------------------------


def trends(situation: Situation) -> tuple[Trend, ...]:
    """The course of each value that has been measured since the infusion."""
    found = []
    for name in SHOWN:
        values = values_of(situation, name)
        if values:
            found.append(_trend(situation, name, values))
    return tuple(found)


_MARKS = {
    "ferritin": ((PEAK, "10,000 ng/mL"),),
    "fibrinogen": ((FIBRINOGEN, "150 mg/dL"),),
}


def _trend(situation: Situation, name: str, values: Sequence[Measurement]) -> Trend:
    course = course_of(values)
    at = situation.at
    times: tuple[float, ...] = ()
    level: tuple[tuple[float, ...], ...] = ()
    slope: tuple[float, ...] = ()
    heading, why = "", ""
    further: tuple[Next, ...] = ()
    last = values[-1]
    if course is None:
        why = "one value has no slope" if len(values) == 1 else "no course: too few values"
        if len(values) > 1 and all(m.censored for m in values):
            why = "no course: every value is only a bound"
    else:
        end = max(at, last.at) + AHEAD[1]
        count = max(2, math.ceil((end - values[0].at) / STEP) + 1)
        regular = np.linspace(values[0].at, end, min(count, 200))
        times = tuple(sorted({float(t) for t in regular} | {m.at for m in values}))
        level = _rows(np.exp(course.level(times).quantiles()))
        slope = tuple(float(v) for v in course.slope((last.at,)).quantiles()[:, 0])
        heading = direction(course, last.at)
        if name == "ferritin" and at - last.at <= WINDOW + SAME_TIME:
            points = points_of(values)
            further = tuple(foresee(points, at + hours) for hours in AHEAD)
    zeros = sum(1 for m in values if m.number <= 0.0)
    cautions = (f"{zeros} value(s) of 0 are left out of the course",) if zeros else ()
    return Trend(
        name=name,
        label=_label(name),
        unit=names.measurement(name).unit,
        at=at,
        readings=tuple(Sampled(m.at, m.text, m.number, m.censored) for m in values),
        times=times,
        level=level,
        slope=slope,
        direction=heading,
        why=why,
        next=further,
        marks=_MARKS.get(name, ()),
        cautions=cautions,
    )


def _rows(found: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(v) for v in row) for row in found)


# --- signals ------------------------------------------------------------------------------------


def signals(situation: Situation) -> tuple[Signal, ...]:
    """Each trend against its published mark, in one order."""
    ferritin = values_of(situation, "ferritin")
    if not ferritin and not values_of(situation, "fibrinogen"):
        return ()
    return (
        _steepness(situation, ferritin),
        _doubling(situation, ferritin),
        _rise(situation, ferritin),
        _apart_signal(situation),
        _fibrinogen(situation),
    )


def _fresh(situation: Situation, values: Sequence[Measurement]) -> bool:
    return bool(values) and situation.at - values[-1].at <= WINDOW + SAME_TIME


def _steepness(situation: Situation, values: Sequence[Measurement]) -> Signal:
    course = course_of(values) if _fresh(situation, values) else None
    truth, sentence = Truth.UNKNOWN, _lack(situation, "ferritin", values)
    interval: tuple[float, ...] = ()
    if course is not None:
        low, high = interval = _hourly(course, values[-1].at)
        truth = _against((low, high), FERRITIN_SLOPE)
        sentence = (
            f"ferritin changes by {_short(low)} to {_short(high)} ng/mL per hour over the 24 h "
            f"up to its last value (90 %); the mark of {FERRITIN_SLOPE:g} is {_word(truth)}"
        )
    return Signal(
        "ferritin_slope", "slope of ferritin", truth, sentence, _last_two(values),
        ("ferritin",) if truth is Truth.UNKNOWN else (), "ng/mL per h", interval, (SLOPE_BASIS,),
    )  # fmt: skip


def _hourly(course: Course, at: float) -> tuple[float, float]:
    """90 % interval of the rise over the last 24 h, in the value's unit per hour.

    The level at a sample is known far better than the slope: its median is taken.
    """
    level = math.exp(float(course.level((at,)).quantile(0.5)[0]))
    ends = (math.exp(-slope * BACK / HOURS_PER_DAY) for slope in slope_ends(course, at))
    low, high = ((1.0 - before) * level / BACK for before in ends)
    return low, high


def _doubling(situation: Situation, values: Sequence[Measurement]) -> Signal:
    course = course_of(values) if _fresh(situation, values) else None
    interval: tuple[float, ...] = ()
    sentence = _lack(situation, "ferritin", values)
    if course is not None:
        low, high = slope_ends(course, values[-1].at)
        if high <= 0.0:
            sentence = "ferritin is falling: it has no doubling time"
        else:
            fastest = HOURS_PER_DAY * math.log(2.0) / high
            if low > 0.0:
                slowest = HOURS_PER_DAY * math.log(2.0) / low
                interval = (fastest, slowest)
                sentence = (
                    f"at the pace of those 24 h ferritin doubles in {_short(fastest)} to "
                    f"{_short(slowest)} h (90 %)"
                )
            else:
                sentence = (
                    f"ferritin doubles in no less than {_short(fastest)} h (95 %), or does not rise"
                )
    return Signal(
        "ferritin_doubling", "doubling time of ferritin", Truth.UNKNOWN,
        f"{sentence}; no published cut-off was found", _last_two(values), (), "h", interval, (),
    )  # fmt: skip


def _rise(situation: Situation, values: Sequence[Measurement]) -> Signal:
    infusion = car_infusion(situation.record, situation.at)
    before = [m for m in values if infusion is not None and m.at <= infusion + SAME_TIME]
    since = [m for m in values if m not in before]
    truth = Truth.UNKNOWN
    missing: tuple[str, ...] = ("ferritin",)
    if not before or not since:
        what = "no ferritin at the infusion" if not before else "no ferritin since the infusion"
        sentence = f"{what}: the rise over baseline is not known"
        missing = () if not before else ("ferritin",)
    else:
        base, now = before[-1], since[-1]
        fold, rise = now.number / base.number, now.number - base.number
        floor = now.censored != "<" and base.censored != ">"
        ceiling = now.censored != ">" and base.censored != "<"
        if fold > FOLD and floor:
            truth = Truth.MET
        elif fold <= FOLD and ceiling:
            truth = Truth.NOT_MET
        bound = {(True, True): "", (True, False): "at least ", (False, True): "at most "}.get(
            (floor, ceiling), "about "
        )
        sentence = (
            f"the last ferritin, {now.text}, is {bound}{fold:,.3g} x that at the infusion "
            f"({base.text}), a difference of {bound}{rise:,.0f} ng/mL"
        )
        missing = ("ferritin",) if truth is Truth.UNKNOWN else ()
    return Signal(
        "ferritin_rise", "rise of ferritin over baseline", truth, sentence,
        (*(seen(m, "baseline") for m in before[-1:]), *(seen(m) for m in since[-1:])), missing,
        "1", (), RISE_BASES,
    )  # fmt: skip


def _apart_signal(situation: Situation) -> Signal:
    verdict = apart(situation)
    return Signal(
        "ferritin_apart", "ferritin parting from CRP and IL-6", verdict.truth, verdict.detail,
        verdict.because, verdict.missing if verdict.truth is Truth.UNKNOWN else (), "", (),
        (APART_BASIS,),
    )  # fmt: skip


def _fibrinogen(situation: Situation) -> Signal:
    values = values_of(situation, "fibrinogen")
    course = course_of(values) if _fresh(situation, values) else None
    truth, sentence = Truth.UNKNOWN, _lack(situation, "fibrinogen", values)
    interval: tuple[float, ...] = ()
    if course is not None:
        ends = slope_ends(course, values[-1].at)
        interval = (100.0 * math.expm1(ends[0]), 100.0 * math.expm1(ends[1]))
        going = direction(course, values[-1].at)
        truth = {FALLING: Truth.MET, RISING: Truth.NOT_MET}.get(going, Truth.UNKNOWN)
        sentence = (
            f"fibrinogen is {going}: {_short(interval[0])} to {_short(interval[1])} % a day "
            f"(90 %); last value {values[-1].text}"
        )
    return Signal(
        "fibrinogen_fall", "fall of fibrinogen", truth, sentence, _last_two(values),
        ("fibrinogen",) if truth is Truth.UNKNOWN else (), "% per day", interval,
        (FIBRINOGEN_BASIS,),
    )  # fmt: skip


def _against(interval: tuple[float, float], mark: float) -> Truth:
    if interval[0] >= mark:
        return Truth.MET
    return Truth.NOT_MET if interval[1] < mark else Truth.UNKNOWN


def _word(truth: Truth) -> str:
    return {Truth.MET: "reached", Truth.NOT_MET: "not reached"}.get(
        truth, "neither shown nor ruled out"
    )


def _lack(situation: Situation, name: str, values: Sequence[Measurement]) -> str:
    if not values:
        return f"no {_label(name)} since 30 days before the infusion"
    if len(values) == 1:
        return f"one value of {_label(name)} has no slope"
    if not _fresh(situation, values):
        age = (situation.at - values[-1].at) / HOURS_PER_DAY
        return f"the last {_label(name)} is {age:.1f} days old"
    return f"{_label(name)}: too few values that are more than a bound"


def _last_two(values: Sequence[Measurement]) -> tuple[Because, ...]:
    return tuple(seen(m) for m in values[-2:])


def _short(number: float) -> str:
    """Two significant digits: "-30,000", "55"."""
    return f"{float(f'{number:.2g}'):,.10g}"


def _label(name: str) -> str:
    return names.measurement(name).label
