"""A second inflammatory wave after CAR-T, read off a record: when the first ended, what is new.

The signs open a question and diagnose nothing. Their cut-offs are those of sources where a source
was found and otherwise conventions of this project; each observation says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from equipoise import names
from equipoise.advice import Situation
from equipoise.criterion import Because, Truth, car_infusion, compare, seen
from equipoise.record import SAME_TIME, AnyEvent, Finding, Measurement

FEVER = Decimal("38.0")
"""Cel, as in the consensus on CRS (ASTCT 2019)."""
AFEBRILE = 24.0
"""Hours without fever after which a new one is a second wave (project convention)."""
UNCHARTED = 72.0
"""Hours without any charted fever that count as a gap where no temperature below 38.0 is charted
(project convention)."""
EARLIEST = 72.0
"""Hours after the infusion before which no sign counts as a second wave (project convention)."""
WINDOW = 72.0
"""Hours for which a sign keeps the question open: features of IEC-HS cluster within about 72 h
(Hines 2023, at second hand)."""
FERRITIN_FACTOR = Decimal(2)
"""Times the value at the end of the first wave (factor of Hines 2023, at second hand)."""
FIBRINOGEN = Decimal(150)
"""mg/dL, below (Hines 2023, at second hand)."""
LIVER_FACTOR = Decimal(5)
"""Times the upper limit, else times the earlier value (Hines 2023, at second hand)."""
CREATININE_FACTOR = Decimal("1.5")
"""Times the earlier value, at least (KDIGO)."""
COUNT_FACTOR = Decimal("0.5")
"""Below this share of the earlier count (project convention)."""
BASELINE = 30 * 24.0
"""Hours before the infusion for which a value serves as the earlier one."""
LEADING = frozenset({"new fever", "ferritin rise", "fibrinogen fall"})
"""One of these opens the question; of the others it takes two (project convention)."""


@dataclass(frozen=True, slots=True)
class Wave:
    """What a record shows.

    infusion   hours of the effector cells
    first_end  hours of the last sign of the first wave
    charted    whether an afebrile or resolved state is charted after it
    onset      hours of the first new sign
    opened     hours at which the first of the new signs was known
    signs      (kind, observation) since the end of the first wave, fever first
    """

    infusion: float
    first_end: float
    charted: bool
    onset: float
    opened: float
    signs: tuple[tuple[str, Because], ...]


def wave(situation: Situation) -> Wave | None:
    """The second wave that is open at `at`, or None."""
    record, t = situation.record, situation.at
    infusion = car_infusion(record, t)
    if infusion is None:
        return None
    hot = _hot(situation, infusion)
    calm = _calm(situation, infusion)
    if not hot:
        return None
    last = hot[-1].at
    splits = _splits(hot, calm, infusion)
    if splits:
        first_end, fever = splits[-1]
        found = _judge(situation, infusion, first_end, fever, last, calm)
        if found is not None:
            return found
    if not _apart(last, t, calm):
        return None
    return _judge(situation, infusion, last, None, last, calm)


def _judge(
    situation: Situation,
    infusion: float,
    first_end: float,
    fever: AnyEvent | None,
    last_hot: float,
    calm: list[AnyEvent],
) -> Wave | None:
    """The wave after `first_end`, open while a leading sign or two others are fresh."""
    t = situation.at
    signs = _laboratory(situation, infusion, first_end)
    fresh = {kind for kind, event, _ in signs if t - event.at <= WINDOW + SAME_TIME}
    if fever is not None:
        signs.insert(0, ("new fever", fever, "new fever after a fever-free time"))
        if t - last_hot <= WINDOW + SAME_TIME:
            fresh.add("new fever")
    if not fresh & LEADING and len(fresh) < 2:
        return None
    onset = min(event.at for _, event, _ in signs)
    return Wave(
        infusion=infusion,
        first_end=first_end,
        charted=any(first_end < e.at <= onset for e in calm),
        onset=onset,
        opened=min(e.at if e.known is None else e.known for _, e, _ in signs),
        signs=tuple((kind, seen(event, note)) for kind, event, note in signs),
    )


def _hot(situation: Situation, infusion: float) -> list[AnyEvent]:
    """Signs of CRS after the infusion: fever, a charted grade of 1 or more, tocilizumab."""
    record, t = situation.record, situation.at
    found: list[AnyEvent] = [
        m
        for m in record.measurements("temperature", start=infusion, end=t)
        if compare(m.value, ">=", FEVER, "Cel") is Truth.MET
    ]
    found += [f for f in record.findings("fever", start=infusion, end=t) if f.value is True]
    found += [f for f in _recorded(situation, infusion) if _grade(f) >= 1]
    found += [d for d in situation.given("tocilizumab") if d.at >= infusion]
    return sorted(found, key=lambda e: e.at)


def _calm(situation: Situation, infusion: float) -> list[AnyEvent]:
    record, t = situation.record, situation.at
    found: list[AnyEvent] = [
        m
        for m in record.measurements("temperature", start=infusion, end=t)
        if compare(m.value, "<", FEVER, "Cel") is Truth.MET
    ]
    found += [f for f in record.findings("fever", start=infusion, end=t) if f.value is False]
    found += [f for f in _recorded(situation, infusion) if _grade(f) == 0]
    return sorted(found, key=lambda e: e.at)


def _recorded(situation: Situation, infusion: float) -> list[Finding]:
    found = situation.record.findings("recorded_grade", start=infusion, end=situation.at)
    return [
        f
        for f in found
        if isinstance(f.value, Mapping) and str(f.value.get("criterion", "")).startswith("crs")
    ]


def _grade(finding: Finding) -> int:
    return int(finding.value["grade"])


def _apart(before: float, after: float, calm: list[AnyEvent]) -> bool:
    """Whether two signs are two waves: a day without fever, charted, or three days uncharted."""
    if after - before < AFEBRILE - SAME_TIME:
        return False
    if any(before < e.at < after + SAME_TIME for e in calm):
        return True
    return after - before >= UNCHARTED - SAME_TIME


def _splits(
    hot: list[AnyEvent], calm: list[AnyEvent], infusion: float
) -> list[tuple[float, AnyEvent]]:
    """Each end of a wave with the fever that began the next; tocilizumab alone begins none."""
    found: list[tuple[float, AnyEvent]] = []
    last = hot[0].at
    for event in hot[1:]:
        if (
            isinstance(event, Measurement | Finding)
            and event.at >= infusion + EARLIEST - SAME_TIME
            and _apart(last, event.at, calm)
        ):
            found.append((last, event))
        last = max(last, event.at)
    return found


def _laboratory(
    situation: Situation, infusion: float, first_end: float
) -> list[tuple[str, AnyEvent, str]]:
    signs: list[tuple[str, AnyEvent, str]] = []
    start = max(first_end, infusion + EARLIEST)

    def pair(name: str) -> tuple[Measurement | None, Measurement | None]:
        now = situation.record.measurements(name, start=start + SAME_TIME, end=situation.at)
        then = situation.record.latest(name, first_end, within=first_end - infusion + BASELINE)
        return (now[-1] if now else None), then

    now, then = pair("ferritin")
    if (
        now is not None
        and then is not None
        and _beside(now, ">", FERRITIN_FACTOR, then)
        and _still_rising(situation, now)
    ):
        signs.append(("ferritin rise", now, f"{now.number / then.number:.3g} x {then.text}"))
    rising = situation.record.latest_finding(
        "ferritin_rapidly_rising", situation.at, within=situation.at - start
    )
    if rising is not None and rising.value is True:
        signs.append(("ferritin rise", rising, "judged by the clinician"))
    now, then = pair("fibrinogen")
    if (
        now is not None
        and compare(now.value, "<", FIBRINOGEN, "mg/dL") is Truth.MET
        and (then is None or _beside(now, "<", Decimal(1), then))
    ):
        before = "no earlier value" if then is None else f"from {then.text}"
        signs.append(("fibrinogen fall", now, before))
    for name in ("neutrophils", "platelets"):
        now, then = pair(name)
        if now is not None and then is not None and _beside(now, "<", COUNT_FACTOR, then):
            signs.append(("new cytopenia", now, f"from {then.text}"))
    for name in ("ast", "alt"):
        now, then = pair(name)
        if now is None:
            continue
        if now.high is not None:
            bound = LIVER_FACTOR * now.high.number
            if compare(now.value, ">", bound, now.high.unit) is Truth.MET:
                signs.append(("liver injury", now, f"above {bound:f} {now.high.unit}"))
        elif then is not None and _beside(now, ">", LIVER_FACTOR, then):
            signs.append(("liver injury", now, f"from {then.text}"))
    now, then = pair("creatinine")
    if now is not None and then is not None and _beside(now, ">=", CREATININE_FACTOR, then):
        signs.append(("renal injury", now, f"from {then.text}"))
    signs += _oxygen(situation, start, first_end)
    return signs


def _still_rising(situation: Situation, now: Measurement) -> bool:
    before = situation.record.measurements(now.name, end=now.at - SAME_TIME)
    return not before or not _beside(now, "<=", Decimal(1), before[-1])


def _beside(now: Measurement, relation: str, factor: Decimal, then: Measurement) -> bool:
    """Whether a value stands in a relation to a multiple of an earlier one, in decimals.

    An earlier value that is only a bound counts where the bound is on the safe side.
    """
    if then.censored == (">" if relation in (">", ">=") else "<"):
        return False
    substance = names.measurement(now.name).substance
    bound = factor * then.value.number
    return compare(now.value, relation, bound, then.value.unit, substance=substance) is Truth.MET


def _oxygen(
    situation: Situation, start: float, first_end: float
) -> list[tuple[str, AnyEvent, str]]:
    now = situation.record.findings("oxygen_device", start=start + SAME_TIME, end=situation.at)
    then = situation.record.latest_finding("oxygen_device", first_end)
    if not now or now[-1].value == "none" or (then is not None and then.value != "none"):
        return []
    return [("new oxygen need", now[-1], "none before" if then is not None else "")]
