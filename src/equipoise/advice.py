"""Recommendations as cited statements with a three-valued predicate, and what they say here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from equipoise.criterion import Because, Grade, Truth, any_of, car_infusion, seen
from equipoise.record import SAME_TIME, Dose, Finding, Record, Stop
from equipoise.source import Evidence, Source, Standing

LABEL_STATUSES = ("contraindicated", "avoid", "adjust", "monitor", "licensed", "")
"""What a label says of a use, gravest first; empty: the statement is of no label."""

RUNNING_HOURS = 14 * 24.0
"""An agent given within this time and not stopped counts as running. Project convention: the
longer of the two waiting times that the sirolimus label names after a change of dose."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a recommendation or a decision may look at: the past, and what was computed from it.

    record     cut at `at`
    grades     criterion id -> grade at `at`
    exposures  agent -> the job's numbers about it (model ids, troughs, AUC)
    supposing  criterion id -> its grade if what it asks to be excluded were excluded, where it is
               open
    """

    record: Record
    at: float
    grades: Mapping[str, Grade] = field(default_factory=dict)
    exposures: Mapping[str, Any] = field(default_factory=dict)
    supposing: Mapping[str, Grade] = field(default_factory=dict)

    def given(self, *agents: str) -> tuple[Dose, ...]:
        """Doses of the agents that count as given by `at`, by time."""
        doses = [d for agent in agents for d in self.record.given_doses(agent, self.at)]
        return tuple(sorted(doses, key=lambda d: d.at))

    def planned(self, *agents: str) -> tuple[Dose, ...]:
        """Doses of the agents still ahead of `at`, neither held nor stopped, by time."""
        doses = [
            dose
            for dose in self.record.doses(*agents)
            if dose.is_planned(self.at)
            and not any(
                stop.at <= dose.at + SAME_TIME and (stop.known or 0.0) >= (dose.known or 0.0)
                for stop in self.record.stops(dose.agent)
            )
        ]
        return tuple(doses) if agents else ()

    def stop_of(self, agent: str) -> Stop | None:
        """The stop of an agent that no later given dose has undone, or None."""
        given = self.given(agent)
        stops = self.record.stops(agent)
        if not stops or (given and stops[-1].at < given[-1].at - SAME_TIME):
            return None
        return stops[-1]

    def running(self, *agents: str) -> tuple[Truth, tuple[Because, ...]]:
        """Whether one of the agents runs at `at` or is about to, and from which doses.

        Met      a dose ahead, or one given in the last 14 days (`RUNNING_HOURS`) and no stop
        Unknown  the last dose is older than that, and the record has no stop
        Not met  no dose of it in the record, or it was stopped and none is planned
        """
        truths: list[Truth] = []
        because: list[Because] = []
        for agent in agents:
            given, ahead, stop = self.given(agent), self.planned(agent), self.stop_of(agent)
            if given and (stop is None or stop.at > self.at + SAME_TIME):
                fresh = self.at - given[-1].at <= RUNNING_HOURS + SAME_TIME
                truths.append(Truth.MET if fresh else Truth.UNKNOWN)
                note = "last dose given" if fresh else "last dose in the record, no stop"
                because.append(seen(given[-1], note))
            if ahead:
                truths.append(Truth.MET)
                because.append(seen(ahead[0], "planned"))
        return any_of(truths), tuple(because)

    def course_start(self, agent: str, t: float) -> Dose | None:
        """The dose with which the course that runs at t began, or None where none was given by t.

        A course begins with the first dose, with another amount (as entered), with an interval
        that differs by more than half, and with the first dose after a held one or a stop.
        """
        start: Dose | None = None
        gap = 0.0
        previous: Dose | None = None
        for dose in self.record.given_doses(agent, t):
            if previous is None:
                start, previous = dose, dose
                continue
            step = dose.at - previous.at
            if (
                _entered(dose) != _entered(previous)
                or (gap > 0.0 and abs(step - gap) > 0.5 * gap)
                or self._interrupted(agent, previous.at, dose.at)
            ):
                start, gap = dose, 0.0
            else:
                gap = step
            previous = dose
        return start

    def _interrupted(self, agent: str, start: float, end: float) -> bool:
        held = any(
            start < dose.at < end for dose in self.record.doses(agent) if dose.status == "held"
        )
        return held or any(start < stop.at <= end for stop in self.record.stops(agent))


EXCLUDED_FOR = 72.0
"""Hours for which an infection recorded as excluded stays so after CAR-T: what clusters with
IEC-HS does so within about as long. Project convention, the same in criterion, decision and
statements."""


def infection_open(situation: Situation) -> tuple[str, Finding | None]:
    """Why infection is not excluded, in the words that every part says it with; "" where it is.

    The finding is the last one of infection, or None.
    """
    said = situation.record.latest_finding("infection", situation.at)
    infusion = car_infusion(situation.record, situation.at)
    if said is None:
        return "infection is not recorded, so not excluded", None
    if said.value != "excluded":
        return f"infection is {said.value}, so not excluded", said
    if infusion is not None and said.at < infusion - SAME_TIME:
        return "infection was last excluded before the infusion, so not excluded", said
    if said.at < situation.at - EXCLUDED_FOR - SAME_TIME:
        return (
            f"infection was last excluded more than {EXCLUDED_FOR:g} h ago, so not excluded",
            said,
        )
    return "", said


def _entered(dose: Dose) -> tuple[object, ...]:
    entered = dose.amount if dose.amount is not None else dose.rate
    return () if entered is None else (entered.number, entered.unit)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a statement applies here, from which observations, and what is missing."""

    truth: Truth
    because: tuple[Because, ...] = ()
    missing: tuple[str, ...] = ()
    detail: str = ""


Predicate = Callable[[Situation], Verdict]
"""Whether something holds in a situation: yes, no, or cannot tell."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way than the statement's, with where it comes from and how far it may be trusted."""

    text: str
    source: Source
    standing: Standing


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A published statement in our words.

    strength, certainty  as the source prints them, empty where it prints none
    label_status         "contraindicated", "avoid", "adjust", "monitor", "licensed" (for this use),
                         or "" (not a label)
    region, label_date   of the label
    predicate            from a situation to a verdict
    alternatives         other ways, each with its own source; a step of treatment has at least one
    would_change         what would turn a reader to another way
    """

    id: str
    title: str
    statement: str
    source: Source
    standing: Standing
    evidence: Evidence | None
    predicate: Predicate
    strength: str = ""
    certainty: str = ""
    label_status: str = ""
    region: str = ""
    label_date: str = ""
    topic: str = ""
    reviewed_on: date | None = None
    other_sources: tuple[Source, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    would_change: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation applied to one situation."""

    recommendation: Recommendation
    applies: Truth
    because: tuple[Because, ...]
    missing: tuple[str, ...]
    detail: str


def advise(shelf: Iterable[Recommendation], situation: Situation) -> tuple[Advice, ...]:
    """What each recommendation says here; those that apply first, then the undecidable ones.

    Those that do not apply are kept, so that a reader can see that they were considered.
    """
    order = {Truth.MET: 0, Truth.UNKNOWN: 1, Truth.NOT_MET: 2}
    severity = {name: place for place, name in enumerate(LABEL_STATUSES)}
    found = []
    for recommendation in shelf:
        verdict = recommendation.predicate(situation)
        found.append(
            Advice(recommendation, verdict.truth, verdict.because, verdict.missing, verdict.detail)
        )
    found.sort(key=lambda a: (order[a.applies], severity[a.recommendation.label_status]))
    return tuple(found)
