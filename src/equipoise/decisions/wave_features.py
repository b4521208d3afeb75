"""Whether a separating feature is present in a record: readers with three answers.

A reader looks at the last value since the infusion that is fresh enough; a value that is missing,
stale, or a bound on the wrong side leaves the feature unknown. Cut-offs are arguments: they stand
beside their sources in `wave_differential`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from equipoise import names
from equipoise.advice import Situation, Verdict
from equipoise.criterion import Because, Limit, Truth, any_of, car_infusion, compare, seen
from equipoise.decisions.wave_signs import BASELINE, FEVER, WINDOW, wave
from equipoise.record import SAME_TIME, AnyEvent, Finding, Measurement

Reader = Callable[[Situation], Verdict]

BEDSIDE = 24.0
"""Hours for which a vital sign or what was seen at the bedside serves (project convention)."""
EXCLUDED_FOR = 30 * 24.0
"""Hours for which an excluded progression stays excluded (project convention)."""
TREATED = ("tocilizumab", "siltuximab", "anakinra", "dexamethasone", "methylprednisolone",
    "prednisolone", "prednisone",
)  # fmt: skip
"""Agents under which a missing fever tells nothing (ASTCT 2019: fever is no longer required after
antipyretic or anticytokine therapy)."""
PAIR_HOURS = 24.0
ADULT = 18.0
CHILD = 12.0
"""Years under which CAPD is read in place of ICE (ASTCT 2019)."""

NO_CELLS = Verdict(Truth.UNKNOWN, detail="no effector cell product in the record")


def _start(situation: Situation) -> float:
    infusion = car_infusion(situation.record, situation.at)
    return math.inf if infusion is None else infusion


def last(situation: Situation, name: str, within: float = WINDOW) -> Measurement | None:
    """The last value since the infusion that is at most `within` hours old."""
    found = situation.record.latest(name, situation.at, within=within)
    return found if found is not None and found.at >= _start(situation) - SAME_TIME else None


def found(situation: Situation, name: str, within: float = WINDOW) -> Finding | None:
    """The last finding since the infusion that is at most `within` hours old."""
    last_one = situation.record.latest_finding(name, situation.at, within=within)
    return (
        last_one if last_one is not None and last_one.at >= _start(situation) - SAME_TIME else None
    )


def before(situation: Situation, name: str) -> Measurement | None:
    """The last value at or before the infusion, at most 30 days before it."""
    start = _start(situation)
    return None if math.isinf(start) else situation.record.latest(name, start, within=BASELINE)


def beside(now: Measurement, relation: str, factor: Decimal, then: Measurement) -> Truth:
    """Whether a value stands in a relation to a multiple of another; a bound on the wrong side
    leaves it unknown.
    """
    safe = "<" if relation in (">", ">=") else ">"
    if then.censored and then.censored != safe:
        return Truth.UNKNOWN
    bound = factor * then.value.number
    substance = names.measurement(now.name).substance
    truth = compare(now.value, relation, bound, then.value.unit, substance=substance)
    return Truth.UNKNOWN if then.censored and truth is Truth.NOT_MET else truth


def value(name: str, limit: Limit) -> Reader:
    """A value against a published cut-off."""

    def read(situation: Situation) -> Verdict:
        now = last(situation, name)
        if now is None:
            return Verdict(Truth.UNKNOWN, (), (name,))
        return Verdict(limit.met_by(now.value), (seen(now),), (name,))

    return read


def over_upper(measured: Sequence[str], times: Decimal, relation: str = ">") -> Reader:
    """One of several values against a multiple of its laboratory's upper limit."""

    def one(situation: Situation, name: str) -> tuple[Truth, tuple[Because, ...], str]:
        now = last(situation, name)
        if now is None:
            return Truth.UNKNOWN, (), name
        limits = [m for m in situation.record.measurements(name, end=now.at + SAME_TIME) if m.high]
        if not limits or limits[-1].high is None:
            return Truth.UNKNOWN, (seen(now),), f"upper limit of {name}"
        high = limits[-1].high
        truth = compare(now.value, relation, times * high.number, high.unit)
        return truth, (seen(now, f"upper limit {high.text}"),), name

    def read(situation: Situation) -> Verdict:
        parts = [one(situation, name) for name in measured]
        truth = any_of(t for t, _, _ in parts)
        because = tuple(b for t, bs, _ in parts if t is truth or truth is Truth.UNKNOWN for b in bs)
        return Verdict(truth, because, tuple(m for t, _, m in parts if t is Truth.UNKNOWN))

    return read


def finding(name: str, *, ever: bool = False) -> Reader:
    """A finding that is present or absent.

    ever  a finding since the infusion counts however old it is (tissue)
    """

    def read(situation: Situation) -> Verdict:
        seen_last = found(situation, name, math.inf if ever else WINDOW)
        if seen_last is None:
            return Verdict(Truth.UNKNOWN, (), (name,))
        return Verdict(Truth.of(bool(seen_last.value)), (seen(seen_last),), (name,))

    return read


def judged(name: str, *, excluded_for: float, proven_for: float) -> Reader:
    """Infection or progression as judged: proven, excluded, else unknown."""

    def read(situation: Situation) -> Verdict:
        last_one = found(situation, name, math.inf)
        if last_one is None:
            return Verdict(Truth.UNKNOWN, (), (name,))
        age = situation.at - last_one.at
        if last_one.value == "proven" and age <= proven_for + SAME_TIME:
            return Verdict(Truth.MET, (seen(last_one),))
        if last_one.value == "excluded" and age <= excluded_for + SAME_TIME:
            return Verdict(Truth.NOT_MET, (seen(last_one),))
        note = "too old to settle it" if last_one.value in ("proven", "excluded") else ""
        return Verdict(Truth.UNKNOWN, (seen(last_one, note),), (name,))

    return read


def any_reader(*readers: Reader) -> Reader:
    """Present where one is, absent where all are."""

    def read(situation: Situation) -> Verdict:
        verdicts = [r(situation) for r in readers]
        truth = any_of(v.truth for v in verdicts)
        kept = [v for v in verdicts if v.truth is truth or truth is Truth.UNKNOWN]
        return Verdict(
            truth,
            tuple(dict.fromkeys(b for v in kept for b in v.because)),
            tuple(
                dict.fromkeys(m for v in verdicts if v.truth is Truth.UNKNOWN for m in v.missing)
            ),
            "; ".join(dict.fromkeys(v.detail for v in kept if v.detail)),
        )

    return read


# --- bedside ------------------------------------------------------------------------------------


def fever(situation: Situation) -> Verdict:
    """Fever in the last 24 h; its absence counts only without what takes it away."""
    hot = last(situation, "temperature", BEDSIDE)
    said = found(situation, "fever", BEDSIDE)
    readings: list[tuple[Truth, AnyEvent]] = []
    if hot is not None:
        readings.append((compare(hot.value, ">=", FEVER, "Cel"), hot))
    if said is not None:
        readings.append((Truth.of(said.value is True), said))
    if not readings:
        return Verdict(Truth.UNKNOWN, (), ("temperature",))
    truth, event = max(readings, key=lambda r: r[1].at)
    if truth is Truth.NOT_MET:
        given = [d for d in situation.given(*TREATED) if d.at >= _start(situation)]
        flag = found(situation, "antipyretic_or_anticytokine", math.inf)
        if given or (flag is not None and flag.value is True):
            return Verdict(
                Truth.UNKNOWN, (seen(event),), detail="afebrile after treatment: tells nothing"
            )
    return Verdict(truth, (seen(event),), ("temperature",))


def circulation_or_oxygen(situation: Situation) -> Verdict:
    """Hypotension or a vasopressor, or a need of oxygen, in the last 24 h."""
    low = found(situation, "hypotension", BEDSIDE)
    pressors = found(situation, "vasopressors", BEDSIDE)
    oxygen = found(situation, "oxygen_device", BEDSIDE)
    present: list[AnyEvent] = []
    if low is not None and low.value is True:
        present.append(low)
    if pressors is not None and pressors.value:
        present.append(pressors)
    if oxygen is not None and oxygen.value != "none":
        present.append(oxygen)
    if present:
        return Verdict(Truth.MET, tuple(seen(e) for e in present))
    named = (("hypotension", low), ("oxygen_device", oxygen))
    missing = tuple(name for name, event in named if event is None)
    known = tuple(seen(e) for e in (low, pressors, oxygen) if e is not None)
    return Verdict(Truth.UNKNOWN if missing else Truth.NOT_MET, known, missing)


_AWAKE = ("spontaneous",)


def neurologic(situation: Situation) -> Verdict:
    """ICE below 10 (CAPD of 9 or more under 12 years), lowered consciousness, a seizure, deep
    focal weakness or cerebral edema.
    """
    events: list[tuple[Truth, AnyEvent]] = []
    age = situation.record.age_at(situation.at)
    score = "capd_score" if age is not None and age < CHILD else "ice_score"
    limit = ">=", Decimal(9)
    if score == "ice_score":
        limit = "<", Decimal(10)
    number = last(situation, score, BEDSIDE)
    if number is not None:
        events.append((compare(number.value, *limit, number.value.unit), number))
    for name, calm in (
        ("consciousness", _AWAKE), ("seizure", ("none",)), ("motor_weakness", ("none",)),
        ("cerebral_edema", ("none",)),
    ):  # fmt: skip
        said = found(situation, name, BEDSIDE)
        if said is not None:
            events.append((Truth.of(said.value not in calm), said))
    present = [e for t, e in events if t is Truth.MET]
    if present:
        return Verdict(Truth.MET, tuple(seen(e) for e in present))
    have = {e.key for _, e in events}
    missing = tuple(name for name in (score, "consciousness") if name not in have)
    truth = Truth.UNKNOWN if missing else Truth.NOT_MET
    return Verdict(truth, tuple(seen(e) for _, e in events), missing)


# --- timing -------------------------------------------------------------------------------------


def after_first_wave(situation: Situation) -> Verdict:
    """New signs after a first wave that had ended or eased."""
    second = wave(situation)
    if second is not None:
        return Verdict(Truth.MET, tuple(b for _, b in second.signs))
    signs = fevers(situation)
    if signs:
        return Verdict(Truth.NOT_MET, (seen(signs[-1]),), detail="no new sign after a first wave")
    charted = last(situation, "temperature", math.inf) or found(situation, "fever", math.inf)
    if charted is None:
        return Verdict(Truth.UNKNOWN, (), ("temperature",))
    return Verdict(Truth.NOT_MET, (seen(charted),), detail="no fever since the infusion")


def began_after(day: int) -> Reader:
    """Whether the signs that are open now began after a calendar day."""

    def read(situation: Situation) -> Verdict:
        second = wave(situation)
        if second is not None:
            onset, because = second.onset, tuple(b for _, b in second.signs[:1])
        else:
            signs = fevers(situation)
            if not signs:
                return Verdict(Truth.UNKNOWN, (), ("temperature",), "no sign since the infusion")
            onset, because = signs[0].at, (seen(signs[0]),)
        began = situation.record.calendar_day(onset)
        return Verdict(Truth.of(began > day), because, detail=f"first sign on day {began:+d}")

    return read


def fevers(situation: Situation) -> list[AnyEvent]:
    """Every fever charted since the infusion, by time."""
    start, t = _start(situation), situation.at
    record = situation.record
    hot: list[AnyEvent] = [
        m
        for m in record.measurements("temperature", start=start, end=t)
        if compare(m.value, ">=", FEVER, "Cel") is Truth.MET
    ]
    hot += [f for f in record.findings("fever", start=start, end=t) if f.value is True]
    return sorted(hot, key=lambda e: e.at)


def long_crs(criterion: str, days: float) -> Reader:
    """Whether CRS has been graded without a break for more than so many days."""

    def read(situation: Situation) -> Verdict:
        grade = situation.grades.get(criterion)
        if grade is None or not grade.applies or grade.low is None or grade.high is None:
            return Verdict(Truth.UNKNOWN, detail="CRS was not graded")
        if grade.high == 0:
            return Verdict(Truth.NOT_MET, grade.because, detail="no CRS now")
        if grade.low == 0 or grade.since is None:
            return Verdict(Truth.UNKNOWN, detail="CRS itself is not settled")
        length = (grade.at - grade.since) / 24.0
        if length > days:
            return Verdict(Truth.MET, grade.because, detail=f"for {length:.1f} days at least")
        # The stretch is that of one grade: CRS may have begun with a lower one.
        signs = fevers(situation)
        first = signs[0] if signs else None
        if first is not None and grade.at - first.at <= days * 24.0 + SAME_TIME:
            return Verdict(Truth.NOT_MET, (seen(first),), detail="first fever since the infusion")
        return Verdict(Truth.UNKNOWN, grade.because, detail=f"at this grade {length:.1f} days")

    return read


# --- ferritin -----------------------------------------------------------------------------------


def peak(name: str, limit: Limit) -> Reader:
    """Whether any value since the infusion is beyond a cut-off; absent only by a fresh value."""

    def read(situation: Situation) -> Verdict:
        values = situation.record.measurements(name, start=_start(situation), end=situation.at)
        truths = [limit.met_by(m.value) for m in values]
        for measured, truth in zip(values, truths, strict=True):
            if truth is Truth.MET:
                return Verdict(Truth.MET, (seen(measured),))
        now = last(situation, name)
        if now is None or Truth.UNKNOWN in truths:
            return Verdict(Truth.UNKNOWN, () if now is None else (seen(now),), (name,))
        return Verdict(Truth.NOT_MET, (seen(max(values, key=lambda m: m.number)),),
                       detail="highest so far")  # fmt: skip

    return read


def over_baseline(name: str, times: Decimal, rising: str = "") -> Reader:
    """More than a multiple of the value at the infusion, or judged to rise rapidly (`rising`)."""

    def read(situation: Situation) -> Verdict:
        said = found(situation, rising) if rising else None
        if said is not None and said.value is True:
            return Verdict(Truth.MET, (seen(said),))
        now, then = last(situation, name), before(situation, name)
        if now is None:
            return Verdict(Truth.UNKNOWN, (), (name,))
        if then is None:
            return Verdict(
                Truth.UNKNOWN, (seen(now),), detail="no value within 30 days before the infusion"
            )
        return Verdict(beside(now, ">", times, then), (seen(now), seen(then, "baseline")), (name,))

    return read


def steep(name: str, slope: Decimal) -> Reader:
    """A pair of values at most 24 h apart that rises at least so much per hour, canonical unit."""

    def read(situation: Situation) -> Verdict:
        start = max(_start(situation), situation.at - WINDOW - PAIR_HOURS)
        values = situation.record.measurements(name, start=start, end=situation.at)
        truths: list[Truth] = []
        because: tuple[Because, ...] = ()
        for j, later in enumerate(values):
            if situation.at - later.at > WINDOW + SAME_TIME:
                continue
            for earlier in values[:j]:
                hours = later.at - earlier.at
                if not SAME_TIME < hours <= PAIR_HOURS + SAME_TIME:
                    continue
                enough = later.number - earlier.number >= float(slope) * hours * (1.0 - 1e-9)
                sure = later.censored != "<" and earlier.censored != ">"
                never = later.censored != ">" and earlier.censored != "<"
                truth = Truth.UNKNOWN
                if enough and sure:
                    truth = Truth.MET
                elif not enough and never:
                    truth = Truth.NOT_MET
                truths.append(truth)
                if truth is Truth.MET or not because:
                    because = (seen(earlier), seen(later))
        if not truths:
            detail = f"no two values at most {PAIR_HOURS:g} h apart"
            return Verdict(Truth.UNKNOWN, (), (name,), detail)
        return Verdict(any_of(truths), because, (name,))

    return read


# --- of other definitions -----------------------------------------------------------------------


def at_least(count: int, *readers: Reader) -> Reader:
    """So many of several features."""

    def read(situation: Situation) -> Verdict:
        verdicts = [r(situation) for r in readers]
        present = [v for v in verdicts if v.truth is Truth.MET]
        possible = [v for v in verdicts if v.truth is not Truth.NOT_MET]
        truth = Truth.UNKNOWN
        if len(present) >= count:
            truth = Truth.MET
        elif len(possible) < count:
            truth = Truth.NOT_MET
        kept = present if truth is Truth.MET else verdicts
        missing = [m for v in verdicts if v.truth is Truth.UNKNOWN for m in v.missing]
        return Verdict(truth, tuple(b for v in kept for b in v.because), tuple(missing))

    return read


def both_before(*limits: tuple[str, Limit]) -> Reader:
    """Values at the infusion beyond their cut-offs; what was not measured then stays unknown."""

    def read(situation: Situation) -> Verdict:
        values = [(before(situation, name), limit) for name, limit in limits]
        truths = [Truth.UNKNOWN if v is None else limit.met_by(v.value) for v, limit in values]
        because = tuple(seen(v, "before the infusion") for v, _ in values if v is not None)
        truth = min(truths, key=lambda t: t.number)
        detail = "not measured before the infusion" if truth is Truth.UNKNOWN else ""
        return Verdict(truth, because, detail=detail)

    return read


def high_pressure(systolic: Limit, diastolic: Limit) -> Reader:
    """Hypertension as charted, else by the adult limits where the patient is known to be adult."""

    def read(situation: Situation) -> Verdict:
        said = found(situation, "hypertension")
        if said is not None:
            return Verdict(Truth.of(bool(said.value)), (seen(said),))
        age = situation.record.age_at(situation.at)
        if age is None or age < ADULT:
            return Verdict(Truth.UNKNOWN, (), ("hypertension",))
        return any_reader(value("systolic", systolic), value("diastolic", diastolic))(situation)

    return read
