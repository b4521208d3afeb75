"""Policies that weigh courses by a model: before any level, and by the levels that came back.

Both try the same candidates (an amount per kg at every time that can still be changed, in whole
vials), reckon the odds that the exposure lies in every target window, and plan the course with the
best odds; of equal odds the smaller dose. Doses given count as given. The gate holds here as in
planning: a provisional model or target makes a policy only in research mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from equipoise import names, patient
from equipoise.chance import stream
from equipoise.exposure import know, pooled
from equipoise.kinetics import Linear
from equipoise.model import CLEARANCE_FACTOR, Array, Model, PlainDose, Step, course, draw_etas
from equipoise.plan import (
    GateError,
    Proposal,
    area_unit,
    course_metrics,
    gate,
    metric_draws,
    watermark,
)
from equipoise.policy import (
    HALF_A_DAY,
    Policy,
    PolicyError,
    Protocol,
    Rounded,
    past_of,
    planned_events,
    rounded,
    weight_of,
)
from equipoise.record import SAME_TIME, AnyEvent, Record
from equipoise.target import REGULAR, Metric, Target, choose

TOGETHER = 64
"""Courses simulated in one call; a number of its own has no influence on a result."""

MIDDLE = (0.05, 0.5, 0.95)

NOTHING_LEFT = "no dose can be changed any more"
BEGUN = "the course has begun: what was decided before its first dose stands"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One course that was tried.

    start   hours from day 0 of the first time that can still be changed
    per_kg  as tried;  amount: one dose of it in whole vials
    within  probability that every target is met
    exposure  5, 50 and 95 % of the first target's metric
    """

    start: float
    per_kg: float
    amount: float
    within: float
    exposure: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a model-based policy found for one record.

    candidates  best first; () where nothing could be weighed, and `reason` says why
    protocol    that of the best candidate
    levels      how many levels the odds rest on
    """

    record: str
    at: float
    candidates: tuple[Candidate, ...]
    protocol: Protocol | None
    levels: int
    watermark: str
    cautions: tuple[str, ...] = ()
    reason: str = ""

    @property
    def best(self) -> Candidate | None:
        """The course that is planned, or None."""
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True, slots=True)
class _Course:
    """A candidate with its doses, before it is simulated.

    alone  no other dose counts: none given, none too near to change
    """

    protocol: Protocol
    start: float
    per_kg: float
    amount: float
    proposal: Proposal
    alone: bool


@dataclass(frozen=True, slots=True)
class ModelBased:
    """A priori: the course with the best odds from covariates alone, before any level.

    protocols  one for each start that is in question; the model chooses among them with the dose
    per_kg     amounts of one dose that are tried, in the protocol's unit per kg
    targets    all of them have to be met (before and after the graft)
    All records are simulated together over the same draws, so one alone gives what it gives in a
    batch. It decides before the first dose and never again: without a level nothing new is known.

    Fails  GateError for a provisional model or target without `research`, or one not made for the
           question; PolicyError where agents or units differ.
    """

    model: Model
    targets: tuple[Target, ...]
    protocols: tuple[Protocol, ...]
    per_kg: tuple[float, ...]
    research: bool = False
    seed: int = 1
    draws: int = 2000

    def __post_init__(self) -> None:
        _check(self.model, self.targets, self.protocols, self.per_kg, research=self.research)
        if self.model.occasions is not None:
            raise PolicyError(
                f"{self.model.id} differs from day to day within a patient: use a level-guided "
                "policy, which draws these days anew"
            )

    def __call__(self, records: Sequence[Record], t: float) -> tuple[tuple[AnyEvent, ...], ...]:
        """Dose events for each record: the best course where it departs from what is planned."""
        pasts = [past_of(record, t) for record in records]
        return tuple(
            _events(past, t, weighed)
            for past, weighed in zip(pasts, self.weigh(pasts, t), strict=True)
        )

    def weigh(self, records: Sequence[Record], t: float) -> tuple[Weighed, ...]:
        """Every candidate with its odds, for each record."""
        pasts = [past_of(record, t) for record in records]
        found = [patient.covariates(self.model, past, t) for past in pasts]
        tried = [
            ()
            if patient.given_doses(self.model, past, t)
            else _tried(self.model, self.targets, self.protocols, self.per_kg, past, t)
            for past in pasts
        ]
        scaled = isinstance(self.model.structure, Linear) and all(
            x.metric is not Metric.DAY_BELOW_ONE for x in self.targets
        )
        flat: list[tuple[Proposal, Mapping[str, float | Step]]] = []
        # (place in `flat`, factor) of every candidate: areas of a linear model follow the amount.
        where: list[list[tuple[int, float]]] = []
        for courses, each in zip(tried, found, strict=True):
            units: dict[Protocol, int] = {}
            own = []
            for c in courses:
                place, factor = len(flat), 1.0
                if scaled and c.alone and c.amount > 0.0:
                    place, factor = units.setdefault(c.protocol, len(flat)), c.amount
                if place == len(flat):
                    flat.append((_of_one(c.proposal) if factor != 1.0 else c.proposal, each.steps))
                own.append((place, factor))
            where.append(own)
        tables = self._tables(flat)
        marked = watermark(self.model.standing, *(x.standing for x in self.targets))
        answers = []
        for past, courses, own, each in zip(pasts, tried, where, found, strict=True):
            begun = bool(patient.given_doses(self.model, past, t))
            empty = Weighed(
                past.id, t, (), None, 0, marked, each.cautions, BEGUN if begun else NOTHING_LEFT
            )
            rows = {m: np.array([r[i] * x for i, x in own]) for m, r in tables.items()}
            answers.append(_weighed(empty, self.targets, courses, rows) if courses else empty)
        return tuple(answers)

    def _tables(
        self, flat: Sequence[tuple[Proposal, Mapping[str, float | Step]]]
    ) -> dict[Metric, list[Array]]:
        """Each metric of each course over the draws."""
        etas = _prior(self.model, self.draws, self.seed)
        tables: dict[Metric, list[Array]] = {x.metric: [] for x in self.targets}
        for first in range(0, len(flat), TOGETHER):
            block = flat[first : first + TOGETHER]
            proposals = [p for p, _ in block]
            courses = [
                course(self.model, p.doses, covariates={**steps, CLEARANCE_FACTOR: 1.0})
                for p, steps in block
            ]
            for metric, table in tables.items():
                table.extend(course_metrics(self.model, metric, proposals, courses, etas))
        return tables


@dataclass(frozen=True, slots=True)
class LevelGuided:
    """Bayesian: once a level is known the doses that can still be changed follow the posterior.

    first  what is done before a level is known: any policy
    A level that comes too late for the last changeable dose changes nothing: what was planned
    stands. Levels that triage leaves out, or that look like a confusion of units, do not steer.

    Fails  as `ModelBased`.
    """

    first: Policy
    model: Model
    targets: tuple[Target, ...]
    protocol: Protocol
    per_kg: tuple[float, ...]
    research: bool = False
    seed: int = 1
    draws: int = 500

    def __post_init__(self) -> None:
        _check(self.model, self.targets, (self.protocol,), self.per_kg, research=self.research)

    def __call__(self, records: Sequence[Record], t: float) -> tuple[tuple[AnyEvent, ...], ...]:
        """Dose events for each record, by the first policy until a level is known."""
        pasts = [past_of(record, t) for record in records]
        early = [i for i, past in enumerate(pasts) if not self.guides(past, t)]
        first = self.first([pasts[i] for i in early], t) if early else ()
        by_first = dict(zip(early, first, strict=True))
        return tuple(
            tuple(by_first[i]) if i in by_first else _events(past, t, self._one(past, t))
            for i, past in enumerate(pasts)
        )

    def guides(self, past: Record, t: float) -> bool:
        """Whether a level is known that the model predicts.

        Fails  PolicyError where all levels known are of another analyte or unit of activity.
        """
        if patient.levels(self.model, past, t):
            return True
        known = [
            m.name for name in names.agent(self.model.agent).levels for m in past.measurements(name)
        ]
        if known:
            raise PolicyError(
                f"record {past.id}: its levels are {known[-1]}, {self.model.id} predicts "
                f"{', '.join(self.model.analytes)}; no conversion between them exists"
            )
        return False

    def weigh(self, records: Sequence[Record], t: float) -> tuple[Weighed, ...]:
        """Every candidate with its odds under the posterior, for each record."""
        return tuple(self._one(past_of(record, t), t) for record in records)

    def _one(self, past: Record, t: float) -> Weighed:
        courses = _tried(self.model, self.targets, (self.protocol,), self.per_kg, past, t)
        known = know(self.model, past, t, seed=self.seed, draws=self.draws)
        used = sum(j.verdict != "left out" for j in known.judged)
        marked = watermark(self.model.standing, *(x.standing for x in self.targets))
        reason = known.doubt or ("" if used else "no level known by now can be used")
        empty = Weighed(past.id, t, (), None, used, marked, known.cautions, reason)
        if reason or not courses:
            return replace(empty, reason=reason or NOTHING_LEFT)
        etas = pooled(known)
        proposals = [c.proposal for c in courses]
        rows = {
            metric: metric_draws(known.model, metric, proposals, known.covariates.steps, etas)
            for metric in dict.fromkeys(x.metric for x in self.targets)
        }
        return _weighed(empty, self.targets, courses, rows)


@dataclass(frozen=True, slots=True)
class VialConsequence:
    """What rounding to whole vials does to the exposure of the typical patient with these
    covariates.

    exact, given  median of the metric, in `unit`
    """

    doses: tuple[Rounded, ...]
    metric: Metric
    unit: str
    exact: float
    given: float
    watermark: str

    @property
    def text(self) -> str:
        """ "AUC after the graft 98 -> 105 AU.d/mL (+7 %)"."""
        change = 100.0 * (self.given / self.exact - 1.0) if self.exact > 0.0 else 0.0
        numbers = f"{self.exact:.3g} -> {self.given:.3g} {self.unit}"
        return f"{self.metric.value} {numbers} ({change:+.0f} %)"


def vial_consequence(
    model: Model,
    metric: Metric,
    record: Record,
    t: float,
    protocol: Protocol,
    per_kg: float,
    *,
    research: bool = False,
    seed: int = 1,
    draws: int = 500,
) -> VialConsequence:
    """The exposure of a course as wanted and as whole vials make it.

    Fails  GateError for a provisional model without `research`: the doses alone are in
           `policy.rounded`.
    """
    why = gate(model, None, research=research)
    if why:
        raise GateError(why)
    past = past_of(record, t)
    steps = patient.covariates(model, past, t).steps
    wanted = per_kg * weight_of(past, t, protocol)
    doses = tuple(rounded(protocol, at, wanted) for at in protocol.times)
    amounts = {"exact": [d.wanted for d in doses], "given": [d.given for d in doses]}
    proposals = [
        Proposal(
            name,
            name,
            (),
            tuple(
                PlainDose(at, amount, protocol.route, protocol.duration(at))
                for at, amount in zip(protocol.times, each, strict=True)
            ),
        )
        for name, each in amounts.items()
    ]
    table = metric_draws(model, metric, proposals, steps, _prior(model, draws, seed))
    exact, given = (float(np.median(row[np.isfinite(row)])) for row in table)
    unit = "d" if metric is Metric.DAY_BELOW_ONE else area_unit(model.observations[0])
    return VialConsequence(doses, metric, unit, exact, given, watermark(model.standing))


# --- beneath ----------------------------------------------------------------------------------


def _check(
    model: Model,
    targets: tuple[Target, ...],
    protocols: tuple[Protocol, ...],
    per_kg: tuple[float, ...],
    *,
    research: bool,
) -> None:
    if not targets or not protocols or not per_kg:
        raise PolicyError("give at least one target, one protocol and one amount per kg")
    if min(per_kg) < 0.0:
        raise PolicyError("per_kg must be 0 or more")
    for target in targets:
        if target.agent != model.agent:
            raise PolicyError(
                f"the target {target.id} is of {target.agent}, the model {model.id} of "
                f"{model.agent}"
            )
        if target.metric in (*REGULAR, Metric.STEADY_STATE):
            raise PolicyError(
                f"the target {target.id} is a {target.metric.value}: these policies steer the "
                "exposure of a course of doses"
            )
        why = gate(model, target, research=research)
        if why:
            raise GateError(why)
    for protocol in protocols:
        if (protocol.agent, protocol.unit) != (model.agent, model.dose_unit):
            raise PolicyError(
                f"the protocol gives {protocol.agent} in {protocol.unit}, the model {model.id} "
                f"has {model.agent} in {model.dose_unit}"
            )


def _prior(model: Model, n: int, seed: int) -> Array:
    """Draws of the population, the paper's readings equally weighted; the same for every record."""
    omegas = [model.omega, *(r.omega for r in model.other_readings)]
    rng = stream(seed, model.id, "policy")
    return np.concatenate(
        [draw_etas(replace(model, omega=o), max(1, n // len(omegas)), rng) for o in omegas]
    )


def _tried(
    model: Model,
    targets: tuple[Target, ...],
    protocols: tuple[Protocol, ...],
    per_kg: tuple[float, ...],
    past: Record,
    t: float,
) -> tuple[_Course, ...]:
    """Every candidate for one record; () where no dose can be changed any more.

    Fails  PolicyError where a target does not serve the record, in its own words.
    """
    measured = [m.name for m in patient.levels(model, past, t)]
    analyte = measured[-1] if measured else model.observations[0].analyte
    for target in targets:
        _, refused = choose([target], past, t, agent=model.agent, analyte=analyte)
        if refused:
            raise PolicyError(
                f"record {past.id}: {target.id} does not serve it: {refused[0].reason}"
            )
    given = patient.plain_doses(model, patient.given_doses(model, past, t))
    planned = patient.planned_doses(model, past, t)
    if given:
        begun = given[0].time
        protocols = tuple(p for p in protocols if abs(p.times[0] - begun) <= HALF_A_DAY)
        if not protocols:
            raise PolicyError(f"record {past.id}: its first dose fits the start of no protocol")
    found = []
    for protocol in protocols:
        if not given and protocol.times[0] - protocol.notice <= t + SAME_TIME:
            continue
        ahead = protocol.changeable(t)
        if not ahead:
            continue
        fixed = patient.plain_doses(
            model, [d for d in planned if d.at - protocol.notice <= t + SAME_TIME]
        )
        weight = weight_of(past, t, protocol)
        seen: set[float] = set()
        for each in sorted(per_kg):
            amount = rounded(protocol, ahead[0], each * weight).given
            if amount in seen:
                continue
            seen.add(amount)
            new = tuple(
                PlainDose(at, amount, protocol.route, protocol.duration(at))
                for at in ahead if amount > 0.0
            )  # fmt: skip
            name = f"{each:g} per kg from {ahead[0]:g} h"
            proposal = Proposal(name, name, (), (*given, *fixed, *new))
            if proposal.doses:
                alone = not given and not fixed
                found.append(_Course(protocol, ahead[0], each, amount, proposal, alone))
    return tuple(found)


def _of_one(proposal: Proposal) -> Proposal:
    return replace(proposal, doses=tuple(replace(d, amount=1.0) for d in proposal.doses))


def _weighed(
    empty: Weighed,
    targets: tuple[Target, ...],
    courses: tuple[_Course, ...],
    rows: Mapping[Metric, Array],
) -> Weighed:
    """The answer with its candidates, best first.

    rows  metric -> (candidates, draws)
    """
    found = []
    for i, each in enumerate(courses):
        solved = np.all([np.isfinite(table[i]) for table in rows.values()], axis=0)
        met = np.all(
            [(rows[x.metric][i] >= x.low) & (rows[x.metric][i] <= x.high) for x in targets], axis=0
        )
        exposure = rows[targets[0].metric][i][solved]
        low, middle, high = (float(q) for q in np.quantile(exposure, MIDDLE))
        within = float(np.mean(met[solved]))
        found.append(
            (each, Candidate(each.start, each.per_kg, each.amount, within, (low, middle, high)))
        )
    found.sort(key=lambda pair: (-pair[1].within, pair[1].amount, pair[1].start))
    ranked = tuple(c for _, c in found)
    return replace(empty, candidates=ranked, protocol=found[0][0].protocol, reason="")


def _events(past: Record, t: float, weighed: Weighed) -> tuple[AnyEvent, ...]:
    if weighed.best is None or weighed.protocol is None:
        return ()
    amounts = dict.fromkeys(weighed.protocol.times, weighed.best.amount)
    return planned_events(past, t, weighed.protocol, amounts)
