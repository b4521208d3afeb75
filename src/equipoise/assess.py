"""The main job: one record at one moment in, one assessment out.

`assess` is a pure function of (record, moment, seed, mode): no clock, no files, no globals. What
cannot be computed does not lose what can: every part keeps its own reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from equipoise import files, names
from equipoise.advice import Advice, Situation, advise
from equipoise.assessment import (
    NOT_FOR_DOSING,
    Assessment,
    Day,
    Exposure,
    OptionList,
    Stage,
    Staging,
)
from equipoise.boarding import on_board
from equipoise.chance import stream
from equipoise.charting import Conventions
from equipoise.clock import offset_text, written_offset
from equipoise.comparing import comparables
from equipoise.courses import answer_request, default_options
from equipoise.criterion import Criterion, Grade, Truth, snapshot
from equipoise.decision import OpenDecision
from equipoise.differential import ForAndAgainst, for_and_against
from equipoise.exposure import Known, expose, know
from equipoise.grading import grade
from equipoise.joint import SAME_INTERVAL
from equipoise.mixture import with_spread
from equipoise.model import Model
from equipoise.onboard import OnBoard
from equipoise.patient import candidates
from equipoise.plan import NEEDED
from equipoise.record import SAME_TIME, Kept, Measurement, Record
from equipoise.shelves import SHELVES, Shelves
from equipoise.signal import Signal
from equipoise.signals import signals
from equipoise.source import Source, Standing, review_due
from equipoise.supposed import days_of, supposing, under_conventions
from equipoise.tally import Tally, tally
from equipoise.target import Comparable, Effect, Metric, choose
from equipoise.version import VERSION

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Agents:
    known: tuple[Known, ...]
    exposures: tuple[Exposure, ...]
    options: tuple[OptionList, ...]
    cautions: tuple[str, ...]


def assess(
    record: Record,
    at: float,
    *,
    seed: int = 1,
    research: bool = False,
    conventions: Conventions | None = None,
    shelves: Shelves = SHELVES,
    progress: Progress = lambda _what: None,
) -> Assessment:
    """Everything that can be said about one patient at one moment.

    record    any record; it is cut at `at`, and laboratory values without a time of being known
              are taken as known after the vocabulary's turnaround (said in the cautions)
    at        hours from day 0
    research  lets provisional things feed options; everything is then marked NOT FOR DOSING
    conventions  what a site's silence means; shown beside the strict answers, on which all else
              rests
    progress  called with a word before each slower step
    """
    past = record.assuming_turnaround().until(at)
    # Counted after the cut: a sample drawn by now whose result comes later is not known to exist.
    assumed = sum(1 for e in past.events if e.assumed)
    progress("grading")
    asked_of = [c for c in shelves.criteria if _asked(c, past, at)]
    grades = tuple(grade(c, past, at) for c in asked_of)
    days = {c.id: days_of(c, past, at) for c in asked_of}
    agents = _agents(past, at, seed, research, shelves, progress)
    situation = Situation(
        past, at, {g.criterion: g for g in grades}, {e.agent: e for e in agents.exposures},
        supposing(asked_of, grades, past, at),
    )  # fmt: skip
    progress("decisions")
    decisions, asked = _decisions(situation, agents.known, shelves, seed=seed, research=research)
    tables = _differentials(shelves, past, at, days, situation.grades)
    advice = advise(shelves.guidance, situation)
    aboard = on_board(past, at, shelves.rules, agents.known)
    followed = signals(past, at, shelves.marks, shelves.paces)
    given = tally(past, at)
    cohorts = comparables(shelves.effects, past, at, situation.grades)
    acting = {k.model.agent for k in agents.known if any(r.goes_on for r in k.partners)}
    options = _together(asked, agents.options, decisions, situation, shelves, acting)
    cautions = [*agents.cautions, *_record_cautions(past, at, assumed)]
    cautions += _reviews(agents, advice, past.clock(at).date())
    under = None
    made_by = [("equipoise", VERSION), ("seed", str(seed)),
               ("mode", "research" if research else "standard"),
               ("record as known at that moment, sha256", fingerprint(past))]  # fmt: skip
    if conventions is not None:
        progress("charting conventions")
        under = under_conventions(conventions, asked_of, situation, advice, shelves)
        made_by.append(("charting conventions", conventions.name))
    if research:
        cautions.insert(0, f"research mode: provisional things feed options; {NOT_FOR_DOSING}")
    return Assessment(
        record=past.id,
        at=at,
        clock=past.clock(at).isoformat(timespec="minutes"),
        day0=past.day0.isoformat(),
        day=past.calendar_day(at),
        research=research,
        header=_header(past, at),
        decisions=decisions,
        exposures=agents.exposures,
        options=options,
        grades=grades,
        daily=days,
        criterion_titles={c.id: c.title for c in asked_of},
        recorded=_recorded(past, at),
        advice=advice,
        events=_events(past, at),
        cautions=tuple(dict.fromkeys(cautions)),
        sources=_sources(
            grades, agents, decisions, advice, tables, given, aboard, followed, cohorts, shelves
        ),
        note=past.note,
        differentials=tables,
        staging=tuple(
            s for c, g in zip(asked_of, grades, strict=True) if (s := _staging(c, g, past, at))
        ),
        given=given,
        on_board=aboard,
        signals=followed,
        comparables=cohorts,
        under_convention=under,
        made_by=tuple(made_by),
    )


def fingerprint(record: Record) -> str:
    """Hash of what the record holds (as cut), the same wherever it is computed."""
    text = json.dumps(files.record_to_json(record), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _asked(criterion: Criterion, past: Record, at: float) -> bool:
    """Whether a score of suspicion is a question here: what leads to it was looked for."""
    if criterion.number is not None:
        return False  # A number of its own has no place among the grades of days.
    if criterion.indications and past.indication not in criterion.indications:
        return False
    if not criterion.leading:
        return True
    if "recorded_grade" in criterion.leading:
        return criterion.id in {recorded for recorded, _, _ in _recorded(past, at)}
    return any(past.latest(name, at) or past.latest_finding(name, at) for name in criterion.leading)


def _differentials(
    shelves: Shelves,
    past: Record,
    at: float,
    days: Mapping[str, Sequence[Day]],
    grades: Mapping[str, Grade],
) -> tuple[ForAndAgainst, ...]:
    """Each differential of the shelf that applies, with its days."""
    by_day: dict[int, dict[str, Grade]] = {}
    for criterion, graded in days.items():
        for one in graded:
            by_day.setdefault(one.day, {})[criterion] = one.grade
    ordered = [(day, by_day[day]) for day in sorted(by_day)]
    found = [
        for_and_against(decision.differential, past, at, ordered, grades)
        for decision in shelves.decisions
        if decision.differential is not None
    ]
    return tuple(table for table in found if table is not None)


def _staging(criterion: Criterion, graded: Grade, past: Record, at: float) -> Staging | None:
    """The items of a criterion that gives a grade, where it applies and anything is known of it."""
    if criterion.measures != "grade" or not graded.applies or len(criterion.items) < 2:
        return None
    readings = snapshot(criterion, past, at).readings
    # An age or a death that is not recorded narrows nothing: something of the organs must.
    sizes = [len(item.classes) for item in criterion.items]
    if not any(r.because and len(r.possible) < n for r, n in zip(readings, sizes, strict=True)):
        return None
    return Staging(
        criterion.id,
        criterion.title,
        tuple(
            Stage(
                item.label,
                min(r.possible),
                max(r.possible),
                len(item.classes),
                item.classes[min(r.possible)],
                item.classes[max(r.possible)],
                r.because,
                r.missing,
            )
            for item, r in zip(criterion.items, readings, strict=True)
        ),
    )


def _agents(
    past: Record, at: float, seed: int, research: bool, shelves: Shelves, progress: Progress
) -> _Agents:
    fitting, reasons = candidates(shelves.models, past, at)
    fitting, beside = _established(fitting, research=research)
    cautions = [*reasons, *beside]
    tried: set[str] = set()
    known: list[Known] = []
    exposures: list[Exposure] = []
    options: list[OptionList] = []
    for model in fitting:
        progress(f"{model.agent}: {model.id}")
        try:
            found = know(model, past, at, seed=seed, interactions=shelves.interactions)
            # Read here: a planned dose by a route that the model lacks is found only now.
            doses = found.all_doses
        except ValueError as error:
            cautions.append(f"{model.id} could not be applied: {error}")
            tried.add(model.agent)
            continue
        if not doses:
            continue
        known.append(found)
        analyte = _measured_analyte(found)
        targets, refused = choose(shelves.targets, past, at, agent=model.agent, analyte=analyte)
        provisional = research or not model.standing.may_feed_options
        effects, apart = _effects(found, past, at, shelves)
        cautions += apart
        exposures.append(
            expose(
                found,
                targets=targets,
                refused=refused,
                effects=effects,
                metrics=_metrics(found, shelves),
                watermark=NOT_FOR_DOSING if provisional else "",
            )
        )
        progress(f"{model.agent}: options")
        options.extend(
            default_options(
                found,
                targets,
                refused,
                research=research,
                rng=_rng(found, seed),
                absences=shelves.absent,
            )
        )
    agents = [a for a in past.agents() if any(m.agent == a for m in shelves.models)]
    idle = {m.agent for m in fitting} - tried
    for agent in agents:
        if agent in idle and not any(k.model.agent == agent for k in known):
            cautions.append(f"no dose of {agent} was given or is planned: no exposure")
        elif not any(k.model.agent == agent for k in known):
            cautions.append(f"no model on the shelf could be applied to {agent}")
    return _Agents(tuple(known), tuple(exposures), with_spread(options, known), tuple(cautions))


def _established(
    fitting: Sequence[Model], *, research: bool
) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """The models to apply: a provisional one is left out where an established one of its agent
    fits the patient, and a sentence says so. Research mode applies all.
    """
    kept, reasons = [], []
    for model in fitting:
        better = [m for m in fitting if m.agent == model.agent and m.standing.may_feed_options]
        if research or model.standing.may_feed_options or not better:
            kept.append(model)
            continue
        others = ", ".join(m.id for m in better)
        reasons.append(
            f"{model.id} is {model.standing.word} and is left out beside {others}; research mode "
            "shows it"
        )
    return tuple(kept), tuple(reasons)


def _effects(
    known: Known, past: Record, at: float, shelves: Shelves
) -> tuple[tuple[Effect, ...], list[str]]:
    """Cohorts of this agent on this patient's platform, at this age and interval; no cohort speaks
    across. And those of another interval, in words.
    """
    age, present = past.age_at(at), known.present
    found = [
        e
        for e in shelves.effects
        if e.agent == known.model.agent
        and (not e.platforms or past.platform in e.platforms)
        and (age is None or e.ages[0] <= age < e.ages[1])
    ]
    others = [e for e in found if present and abs(present.interval - e.interval) > SAME_INTERVAL]
    often = "" if present is None else f"{present.interval:g} h"
    return tuple(e for e in found if e not in others), [
        f"{e.id} is of doses every {e.interval:g} h: those every {often} are not held against it"
        for e in others
    ]


def _measured_analyte(known: Known) -> str:
    """The analyte of the levels, else what the model predicts."""
    if known.judged:
        return known.judged[-1].level.name
    return known.model.observations[0].analyte


def _metrics(known: Known, shelves: Shelves) -> tuple[Metric, ...]:
    """Metrics that a target of this agent or an effect of this analyte speaks of and this model
    answers.
    """
    spoken = [t.metric for t in shelves.targets if t.agent == known.model.agent]
    analyte = known.model.observations[0].analyte
    spoken += [e.metric for e in shelves.effects if e.analyte == analyte]
    spoken += [Metric.TROUGH, Metric.STEADY_STATE]
    return tuple(m for m in dict.fromkeys(spoken) if NEEDED[m] in known.model.purposes)


def _decisions(
    situation: Situation,
    known: Sequence[Known],
    shelves: Shelves,
    *,
    seed: int,
    research: bool,
) -> tuple[tuple[OpenDecision, ...], tuple[OptionList, ...]]:
    opened: list[OpenDecision] = []
    answered: list[OptionList] = []
    for decision in shelves.decisions:
        stands = decision.consider(situation)
        if stands is None:
            continue
        opened.append(stands)
        for request in decision.request(situation):
            for found in known:
                if found.model.agent == request.agent:
                    answered.extend(
                        answer_request(
                            found,
                            request,
                            shelves.targets,
                            decision=decision.id,
                            research=research,
                            rng=_rng(found, seed),
                        )
                    )
    opened.sort(key=lambda d: (d.closes is None, d.closes or 0.0, d.id))
    return tuple(opened), tuple(answered)


def _together(
    asked: Sequence[OptionList],
    usual: Sequence[OptionList],
    opened: Sequence[OpenDecision],
    situation: Situation,
    shelves: Shelves,
    acting: Collection[str],
) -> tuple[OptionList, ...]:
    """The lists that decisions asked for, then the usual ones.

    acting  agents whose usual lists are weighed with a partner of the record at work

    A usual list whose courses a decision weighs already is left out, its next samples stand with
    the decision's; so is one that is refused for the same reason. One whose agent a decision weighs
    under an interaction says that it leaves the interaction out.
    """
    questions = {d.id: d.question for d in opened}
    left_out = [
        (request.agent, questions[decision.id])
        for decision in shelves.decisions
        if decision.id in questions
        for request in decision.request(situation)
        if any(s.ratio != 1.0 for s in request.scenarios)
    ]
    weighed = {_weighs(a): i for i, a in enumerate(asked) if a.options}
    found = list(asked)
    refused = {(a.model, a.target, a.refused) for a in asked if a.refused and a.target}
    for one in usual:
        if (one.model, one.target, one.refused) in refused:
            continue
        twin = weighed.get(_weighs(one))
        if twin is not None:
            found[twin] = replace(found[twin], next_samples=one.next_samples)
            continue
        where = (
            "have the interaction of the record at work, with one ratio"
            if one.agent in acting
            else "leave out the interaction"
        )
        notes = tuple(
            f"these odds {where} (open decision: {question}); the odds under each ratio stand with "
            "that decision"
            for agent, question in left_out
            if agent == one.agent and one.options
        )
        # What a sample would tell of the present course is no answer while that course is in
        # question.
        samples = () if notes else one.next_samples
        found.append(replace(one, cautions=(*notes, *one.cautions), next_samples=samples))
    return tuple(found)


def _weighs(options: OptionList) -> tuple[str, str, frozenset[tuple[str, ...]]]:
    """What a list weighs: model, target, courses."""
    target = "" if options.target is None else options.target.id
    return options.model, target, frozenset(o.course for o in options.options)


def _rng(known: Known, seed: int) -> np.random.Generator:
    return stream(seed, known.record.id, known.model.id, "options")


def _header(past: Record, at: float) -> tuple[tuple[str, str], ...]:
    found = [("day", f"{past.calendar_day(at):+d}")]
    death = past.death(at)
    if death is not None:
        found.append(("died", f"day {past.calendar_day(death.at):+d}"))
    age = past.age_at(at)
    # Whole years and months completed, as age is said.
    years = "not recorded" if age is None else f"{int(age)} years"
    if age is not None and age < 2.0:
        years = f"{int(12 * age)} months"
    found.append(("age", years))
    found.append(("sex", past.sex or "not recorded"))
    weight = past.latest("weight", at)
    day = "" if weight is None else f" (day {past.calendar_day(weight.at):+d})"
    found.append(("weight", "not recorded" if weight is None else f"{weight.text}{day}"))
    indication = names.INDICATIONS.get(past.indication, past.indication.replace("_", " "))
    platform = names.PLATFORMS.get(past.platform, past.platform.replace("_", " "))
    found.append(("indication", indication or "not given"))
    found.append(("platform", platform or "not given"))
    return tuple(found)


def _recorded(past: Record, at: float) -> tuple[tuple[str, float, str], ...]:
    found = []
    for finding in past.findings("recorded_grade", end=at):
        if isinstance(finding.value, Mapping):
            criterion = str(finding.value.get("criterion", ""))
            found.append((criterion, finding.at, str(finding.value.get("grade", ""))))
    return tuple(found)


def _events(past: Record, at: float) -> tuple[tuple[float, str, str], ...]:
    found = []
    for event in past.events:
        kind = type(event).__name__.lower()
        text = event.key.replace("_", " ")
        if isinstance(event, Measurement):
            text = f"{names.measurement(event.name).label} {event.text}"
        elif hasattr(event, "text"):
            text = f"{text}: {event.text}"
        elif kind == "dose":
            entered = getattr(event, "amount", None) or getattr(event, "rate", None)
            amount = entered.text if entered is not None else "amount not known"
            status = getattr(event, "status", "") or ("planned" if event.at > at else "")
            text = " ".join(p for p in (text, amount, getattr(event, "route", ""), status) if p)
        elif kind == "cells":
            doses = ", ".join(f"{k} {q.text}" for k, q in getattr(event, "doses", ()))
            text = " ".join(p for p in (text, doses) if p)
        found.append((event.at, kind, text))
    return tuple(found)


def _record_cautions(past: Record, at: float, assumed: int) -> list[str]:
    cautions = []
    if assumed:
        cautions.append(
            f"{assumed} laboratory value(s) carry no time of being known; the vocabulary's "
            "turnaround was assumed (a project convention)"
        )
    ours = offset_text(past.day0)
    texts = [text for e in past.events for text in (e.at_text, e.known_text)]
    others = sorted({written_offset(text) for text in texts} - {"", ours})
    if others:
        cautions.append(
            f"some times of the record are written at {', '.join(others)}: all are shown at "
            f"{ours}, the offset of day 0, so that clocks on the ward may show another hour"
        )
    kept = [e.name.replace("_", " ") for e in past.events if isinstance(e, Kept)]
    if kept:
        cautions.append(
            f"{len(kept)} event(s) outside the vocabulary are shown and nothing is computed from "
            f"them: {', '.join(dict.fromkeys(kept))}"
        )
    for agent in past.agents():
        passed = [d for d in past.doses(agent) if d.status == "planned" and d.at < at - SAME_TIME]
        stops = past.stops(agent)
        open_ = [d for d in passed if not any(stop.at <= d.at + SAME_TIME for stop in stops)]
        if open_:
            cautions.append(
                f"{len(open_)} planned dose(s) of {agent} are past their time and not charted as "
                "given: they do not count; chart what was given"
            )
    death = past.death(at)
    if death is not None:
        cautions.append("the record holds a death at or before this moment")
    return cautions


def _reviews(agents: _Agents, advice: Sequence[Advice], on: date) -> tuple[str, ...]:
    """A sentence where windows, interactions or statements used here are a year unreviewed."""
    windows = [(t.id, t.reviewed_on) for e in agents.exposures for t in e.targets]
    said = [
        (a.recommendation.id, a.recommendation.reviewed_on)
        for a in advice
        if a.applies is not Truth.NOT_MET
    ]
    acting = [
        (r.interaction.id, r.interaction.reviewed_on) for k in agents.known for r in k.partners
    ]
    due = review_due([*windows, *said, *acting], on)
    return (due,) if due else ()


def _sources(
    grades: Sequence[Grade],
    agents: _Agents,
    decisions: Sequence[OpenDecision],
    advice: Sequence[Advice],
    tables: Sequence[ForAndAgainst],
    given: Tally,
    aboard: Sequence[OnBoard],
    followed: Sequence[Signal],
    cohorts: Sequence[Comparable],
    shelves: Shelves,
) -> tuple[tuple[Source, Standing], ...]:
    used: dict[tuple[str, str, str], tuple[Source, Standing]] = {}

    def add(source: Source, standing: Standing) -> None:
        # An option of our own making may cite a label: the label is no less published for it.
        key = (source.short, source.doi, source.where)
        if key not in used or standing > used[key][1]:
            used[key] = (source, standing)

    models = {m.id: m for m in shelves.models}
    for partner in (r.interaction for k in agents.known for r in k.partners):
        add(partner.source, partner.standing)
        if partner.label is not None:
            add(partner.label, Standing.PUBLISHED)
    for exposure in agents.exposures:
        add(models[exposure.model].source, exposure.standing)
        for target in exposure.targets:
            add(target.source, target.standing)
        for effect in exposure.effects:
            add(effect.source, effect.standing)
    for signal in followed:
        for reached in signal.crossings:
            add(reached.mark.source, reached.mark.standing)
        for pace in signal.paces:
            add(pace.source, pace.standing)
    for cohort in cohorts:
        if cohort.applies is not Truth.NOT_MET:
            add(cohort.effect.source, cohort.effect.standing)
    for decision in decisions:
        for option in decision.options:
            for source in option.sources:
                add(source, option.standing)
        for _, source, standing in decision.evidence:
            add(source, standing)
        for line in (line for table in decision.tables for line in table.rows):
            add(line.source, line.standing)
    for g in grades:
        if g.low is not None or g.met is not None:
            add(g.source, g.standing)
    for a in advice:
        if a.applies is not Truth.NOT_MET:
            add(a.recommendation.source, a.recommendation.standing)
    for table in tables:
        for source, standing in table.sources():
            add(source, standing)
    for carried in (c for one in aboard for c in one.carried):
        for rule in carried.rules:
            add(rule.source, rule.standing)
    if given.prednisone is not None:
        add(given.source, given.standing)
    return tuple(used.values())
