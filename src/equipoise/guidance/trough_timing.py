"""When a sirolimus trough means something: how long after a change, and when before the dose."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Recommendation, Situation, Verdict
from equipoise.criterion import Because, Truth, seen
from equipoise.record import SAME_TIME, Measurement
from equipoise.source import Evidence, Source, Standing

TOPIC = "sirolimus levels"
REVIEWED = date(2026, 11, 22)

SHORTEST_WAIT = 7 * 24.0
"""Hours on an unchanged dose before a trough counts as steady (7 d in both sources)."""
TROUGH_OF_DAY_SEVEN = SHORTEST_WAIT - 12.0
"""Hours from which a level is of day 7: the cohort drew half an hour before the dose that ends the
seventh day, and the estimate takes such a level for steady too (project convention)."""
LONGEST_WAIT = 14 * 24.0
"""Hours; the label's upper figure before the next change of dose."""

SIROLIMUS_LABEL = Source(
    "Rapamune (sirolimus), US prescribing information, Pfizer",
    where="section 2.1 (label)",
    note="no date on the text read; the same text stands in a generic label",
)
CHENG = Source(
    "Cheng 2020, Int J Immunopathol Pharmacol",
    doi="10.1177/2058738420934936",
    where="Methods",
    note="open transcription of the paper",
)
ZIMMERMAN = Source(
    "Zimmerman and Kahan 1997",
    where="abstract",
    note="half-life 62 (SD 16) h in 40 stable renal transplant patients",
)


def _no_sirolimus(situation: Situation) -> Verdict | None:
    if situation.record.doses("sirolimus"):
        return None
    levels = situation.record.measurements("sirolimus", end=situation.at)
    if not levels:
        return Verdict(Truth.NOT_MET, detail="no sirolimus in the record")
    return Verdict(
        Truth.UNKNOWN,
        tuple(seen(m) for m in levels),
        ("sirolimus doses with their times",),
        "a level without a dose in the record",
    )


def _after_change(situation: Situation) -> Verdict:
    """A change of the maintenance dose within 14 days, or one that is planned."""
    early = _no_sirolimus(situation)
    if early is not None:
        return early
    truth, reasons = situation.running("sirolimus")
    start = situation.course_start("sirolimus", situation.at)
    ahead = situation.planned("sirolimus")
    if truth is Truth.NOT_MET:
        return Verdict(Truth.NOT_MET, detail="sirolimus is not running")
    if truth is Truth.UNKNOWN:
        return Verdict(
            Truth.UNKNOWN,
            reasons,
            ("sirolimus: a recent dose or a stop",),
            "the last dose in the record is older than 14 days",
        )
    because = () if start is None else (seen(start, "present dose since"),)
    given = situation.given("sirolimus")
    for dose in ahead:
        if not given or (dose.amount, dose.rate) != (given[-1].amount, given[-1].rate):
            return Verdict(
                Truth.MET,
                (*because, seen(dose, "planned")),
                detail=f"a new dose is planned in {(dose.at - situation.at) / 24:.1f} d",
            )
    if start is None:
        return Verdict(Truth.NOT_MET, detail="no dose given yet")
    days = (situation.at - start.at) / 24.0
    if situation.at - start.at < SHORTEST_WAIT - SAME_TIME:
        return Verdict(
            Truth.MET, because, detail=f"{days:.1f} d on this dose: not yet at steady state"
        )
    if situation.at - start.at < LONGEST_WAIT - SAME_TIME:
        return Verdict(
            Truth.MET, because, detail=f"{days:.1f} d on this dose: inside the label's 7 to 14 d"
        )
    return Verdict(Truth.NOT_MET, because, detail=f"{days:.1f} d on this dose: waited long enough")


def _early_levels(situation: Situation) -> Verdict:
    """Levels drawn before the trough of day 7 of the dose of that time."""
    early = _no_sirolimus(situation)
    if early is not None:
        return early
    levels = situation.record.measurements("sirolimus", end=situation.at + SAME_TIME)
    if not levels:
        return Verdict(Truth.NOT_MET, detail="no sirolimus level known")
    soon: list[Because] = []
    steady: list[Because] = []
    unplaced: list[Because] = []
    for level in levels:
        start = situation.course_start("sirolimus", level.at)
        if start is None:
            unplaced.append(seen(level, "no dose before it in the record"))
            continue
        days = (level.at - start.at) / 24.0
        reason = seen(level, f"{days:.1f} d after this dose began")
        (soon if level.at - start.at < TROUGH_OF_DAY_SEVEN - SAME_TIME else steady).append(reason)
    if soon:
        return Verdict(
            Truth.MET,
            tuple(soon),
            detail=f"{len(soon)} of {len(levels)} levels not at steady state",
        )
    if unplaced:
        return Verdict(Truth.UNKNOWN, tuple(unplaced), ("sirolimus doses before the level",))
    return Verdict(
        Truth.NOT_MET, tuple(steady), detail="every level was drawn on day 7 of its dose or later"
    )


def _predose(situation: Situation) -> Verdict:
    """Levels that lie nearer to the dose before than to the next one."""
    early = _no_sirolimus(situation)
    if early is not None:
        return early
    levels = situation.record.measurements("sirolimus", end=situation.at + SAME_TIME)
    if not levels:
        return Verdict(Truth.NOT_MET, detail="no sirolimus level known")
    doses = (*situation.given("sirolimus"), *situation.planned("sirolimus"))
    off: list[Because] = []
    troughs: list[Because] = []
    open_ended: list[Because] = []
    for level in levels:
        before = [d.at for d in doses if d.at < level.at - SAME_TIME]
        after = [d.at for d in doses if d.at >= level.at - SAME_TIME]
        if not before or not after:
            open_ended.append(seen(level, "the dose before or after it is not in the record"))
            continue
        since, until = level.at - max(before), min(after) - level.at
        reason = seen(level, f"{since:.1f} h after a dose, {until:.1f} h before the next")
        (off if since < until else troughs).append(reason)
    if off:
        return Verdict(
            Truth.MET, tuple(off), detail=f"{_count(off, levels)} nearer to the dose before it"
        )
    if open_ended:
        return Verdict(
            Truth.UNKNOWN, tuple(open_ended), ("time of the dose before and after the level",)
        )
    return Verdict(Truth.NOT_MET, tuple(troughs), detail="every level lies before a dose")


def _count(some: list[Because], levels: tuple[Measurement, ...]) -> str:
    return f"{len(some)} of {len(levels)} levels"


AFTER_CHANGE = Recommendation(
    id="sirolimus_wait_after_change",
    title="Wait 7 to 14 days on a new maintenance dose before the next change (US label)",
    statement=(
        "After a change of the maintenance dose the label asks to stay on it for at least 7 to 14 "
        "days before changing it again with levels; in most patients new dose = current dose x "
        "target concentration / current concentration. After a loading dose it asks for a trough "
        "at least 3 to 4 days later. Written for renal transplantation."
    ),
    source=SIROLIMUS_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_after_change,
    label_status="monitor",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    other_sources=(ZIMMERMAN,),
)

EARLY_LEVELS = Recommendation(
    id="sirolimus_level_before_steady_state",
    title="A level drawn before day 7 of a dose is not a steady-state trough",
    statement=(
        "The pediatric cohort of immune cytopenia behind one of the windows was sampled 7 days or "
        "later after the start. An earlier level informs a model that follows the build-up; here "
        "it is not compared with a steady-state window (project convention)."
    ),
    source=CHENG,
    standing=Standing.TRANSCRIBED,
    evidence=Evidence("5"),
    predicate=_early_levels,
    topic=TOPIC,
    reviewed_on=REVIEWED,
    other_sources=(SIROLIMUS_LABEL, ZIMMERMAN),
)

PREDOSE = Recommendation(
    id="sirolimus_trough_predose",
    title="Troughs behind the pediatric window were drawn half an hour before the dose",
    statement=(
        "Troughs were drawn 0.5 h before the dose. No tolerance is published; here a level that "
        "lies nearer to the dose before than to the next is listed as not a trough (project "
        "convention)."
    ),
    source=CHENG,
    standing=Standing.TRANSCRIBED,
    evidence=Evidence("5"),
    predicate=_predose,
    topic=TOPIC,
    reviewed_on=REVIEWED,
)
