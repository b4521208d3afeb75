"""Blinatumomab by its label: dose by weight band and cycle, and what an interruption means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from equipoise.advice import Recommendation, Situation, Verdict
from equipoise.criterion import Because, Truth, seen
from equipoise.record import SAME_TIME, Dose
from equipoise.source import Evidence, Source, Standing

TOPIC = "blinatumomab"
REVIEWED = date(2026, 11, 22)

AGENT = "blinatumomab"
DAY = 24.0
FIXED_FROM = 45.0
"""kg from which doses are fixed; below, they go by body surface."""
STEP, FULL = 9.0, 28.0
"""ug/d from 45 kg on; the cap of doses by surface."""
STEP_M2, FULL_M2 = 5.0, 15.0
"""ug/m2/d below 45 kg."""
STEP_DAYS, CYCLE_DAYS = 7.0, 28.0
SAME_CYCLE = 7.0
"""Days of interruption up to which a cycle is resumed."""
SETTINGS = ("relapsed", "mrd")
"""Relapsed or refractory disease; remission with measurable residual disease."""

LABEL = Source(
    "Blinatumomab, US prescribing information, Amgen",
    where="section 2, dose tables (label)",
    note="a public copy of the label's table and PMC6368716, Table 1, agree",
)
INTERRUPTION_LABEL = Source(
    "Blinatumomab, prescribing information as reproduced by two compendia",
    where="dose modifications and premedication (label)",
)


def daily_dose(weight: float, surface: float | None, *, step: bool) -> float:
    """The label's ug/d.

    weight  kg;  surface  m2, needed below 45 kg;  step  the first week of the first cycle in
    relapsed disease
    Fails   ValueError where the surface is needed and missing.
    """
    fixed = STEP if step else FULL
    if weight >= FIXED_FROM:
        return fixed
    if surface is None:
        raise ValueError("below 45 kg the dose goes by body surface: give weight and height")
    return min((STEP_M2 if step else FULL_M2) * surface, fixed)


def free_days(setting: str, cycle: int) -> float:
    """Days without treatment after the 28 of a cycle.

    Fails  ValueError for a setting or a cycle that the label does not have.
    """
    last = {"relapsed": 9, "mrd": 4}.get(setting)
    if last is None:
        raise ValueError(f"setting {setting!r}: one of {', '.join(SETTINGS)}")
    if not 1 <= cycle <= last:
        raise ValueError(f"cycle {cycle}: the label has cycles 1 to {last} in this setting")
    return 56.0 if setting == "relapsed" and cycle >= 6 else 14.0


def dose_lines(
    weight: float, surface: float | None, *, setting: str, cycle: int
) -> tuple[str, ...]:
    """The label's infusions of one cycle as dose lines, times from its first day.

    Fails  ValueError as `daily_dose` and `free_days` do.
    """
    free_days(setting, cycle)
    full = daily_dose(weight, surface, step=False)
    if setting == "relapsed" and cycle == 1:
        step = daily_dose(weight, surface, step=True)
        return (
            f"{step:.4g} ug/d iv over {STEP_DAYS:g} d",
            f"{full:.4g} ug/d iv over {CYCLE_DAYS - STEP_DAYS:g} d from {STEP_DAYS:g} d",
        )
    return (f"{full:.4g} ug/d iv over {CYCLE_DAYS:g} d",)


def _ahead_or_running(situation: Situation) -> list[Dose]:
    running = [d for d in situation.given(AGENT) if d.at + d.duration > situation.at + SAME_TIME]
    if situation.stop_of(AGENT) is not None:
        running = []
    return [*running, *situation.planned(AGENT)]


def _dose(situation: Situation) -> Verdict:
    """Blinatumomab runs or is planned: the label's dose for this weight."""
    doses = _ahead_or_running(situation)
    if not doses:
        return Verdict(Truth.NOT_MET, detail="no blinatumomab runs or is planned")
    record = situation.record
    weight = record.latest("weight", situation.at)
    because = [seen(doses[0], "runs or is planned")]
    if weight is None:
        return Verdict(Truth.UNKNOWN, tuple(because), ("weight",))
    because.append(seen(weight))
    surface = record.body_surface(situation.at)
    if weight.number < FIXED_FROM and surface is None:
        return Verdict(Truth.UNKNOWN, tuple(because), ("height",))
    full = daily_dose(weight.number, surface, step=False)
    step = daily_dose(weight.number, surface, step=True)
    return Verdict(
        Truth.MET,
        tuple(because),
        detail=f"for this patient {full:.3g} ug/d, and {step:.3g} ug/d on days 1-7 of cycle 1 in "
        "relapsed or refractory disease",
    )


def _interruption(situation: Situation) -> Verdict:
    """An infusion ended or was stopped, and the next begins after more or less than 7 days."""
    given = situation.given(AGENT)
    if not given:
        return Verdict(Truth.NOT_MET, detail="no blinatumomab was given")
    stop = situation.stop_of(AGENT)
    if stop is None and given[-1].at + given[-1].duration > situation.at + SAME_TIME:
        return Verdict(Truth.NOT_MET, (seen(given[-1]),), detail="the infusion runs")
    ended = _end(given, None if stop is None else stop.at)
    because: list[Because] = [seen(stop, "stopped") if stop is not None else seen(given[-1])]
    if stop is None and (situation.at - ended) / DAY > SAME_CYCLE:
        # The end of a full cycle and a long break look alike without a word on which it was.
        return Verdict(
            Truth.UNKNOWN, tuple(because), ("whether the cycle was complete",),
            f"no infusion for {(situation.at - ended) / DAY:.1f} days",
        )  # fmt: skip
    days = (situation.at - ended) / DAY
    what = "resume the same cycle" if days <= SAME_CYCLE else "start a new cycle"
    return Verdict(Truth.MET, tuple(because), detail=f"interrupted for {days:.1f} days: {what}")


def _end(given: Sequence[Dose], stop: float | None) -> float:
    end = max(d.at + d.duration for d in given)
    return end if stop is None else min(end, stop)


DOSE = Recommendation(
    id="blinatumomab_dose_us",
    title="Blinatumomab: dose by weight (label)",
    statement=(
        f"From {FIXED_FROM:g} kg on {FULL:g} ug/d for {CYCLE_DAYS:g} days, below it {FULL_M2:g} "
        f"ug/m2/d and never more than {FULL:g} ug/d. In relapsed or refractory disease the first "
        f"{STEP_DAYS:g} days of cycle 1 are at {STEP:g} ug/d, below {FIXED_FROM:g} kg at "
        f"{STEP_M2:g} ug/m2/d; with measurable residual disease there is no step."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_dose,
    label_status="adjust",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
)

INTERRUPTION = Recommendation(
    id="blinatumomab_interruption_us",
    title="Blinatumomab: after an interruption (label)",
    statement=(
        f"After an interruption of up to {SAME_CYCLE:g} days the same cycle is resumed to "
        f"{CYCLE_DAYS:g} days in all; after a longer one a new cycle begins. Dexamethasone is "
        "given again before a restart after 4 hours or more."
    ),
    source=INTERRUPTION_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_interruption,
    label_status="adjust",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
)
