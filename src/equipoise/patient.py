"""One patient as one model sees it: doses, covariates and levels in the model's own terms.

This is the only place where a record becomes numbers for the engine. What had to be assumed on
the way comes back as sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np

from equipoise import names, units
from equipoise.likelihood import Observed, Subject
from equipoise.model import (
    CLEARANCE_FACTOR,
    Course,
    Covariate,
    Model,
    PlainDose,
    Step,
    course,
    outside_domain,
    structural_parameters,
)
from equipoise.record import SAME_TIME, Cells, Given, Measurement, Record

REGULAR = 0.35
"""Two intervals that differ by less than this fraction are the same schedule."""

ADULT = 18.0
"""Years of age from which models made from adults speak, and those from children do not."""

CARRYING_MATTERS = 0.05
"""Change of a parameter from which the rule of carrying covariates is said (design of the fit)."""

LONG_AGO = 5.0
"""Intervals without a charted or planned dose after which a course no longer runs (project
convention): charts are behind, but not for ever."""


@dataclass(frozen=True, slots=True)
class Covariates:
    """Covariates of a model, carried forward, in the units its equations want.

    steps      name -> number, or (hours, number) steps
    now        name -> the number that holds at the moment asked about
    used       (name, text) for a reader: "weight", "12 kg at -24 h"
    cautions   what was assumed or lies outside the model's domain
    """

    steps: Mapping[str, float | Step]
    now: Mapping[str, float]
    used: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """The present course of an agent: the same amount at a regular interval.

    amount     in the model's dose unit;  interval, since  hours
    planned    True where no dose of it has been given yet
    """

    amount: float
    unit: str
    interval: float
    route: str
    duration: float
    since: float
    last: float
    planned: bool
    text: str


def candidates(
    models: Sequence[Model], record: Record, t: float
) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """Models that may speak of the record's agents, and why others of those agents may not."""
    agents = {*record.agents(), *(c.product for c in record.cells())}
    age = record.age_at(t)
    fitting, reasons = [], []
    for model in models:
        if model.agent not in agents:
            continue
        if model.infusions and not any(record.measurements(a) for a in model.analytes):
            # A population's curve of cells says nothing about a patient of whom none was counted.
            continue
        wanted = model.population_class
        if wanted and age is None:
            reasons.append(f"{model.id} is for a {wanted}; the record has no date of birth")
        elif (wanted == "adult" and age is not None and age < ADULT) or (
            wanted == "child" and age is not None and age >= ADULT
        ):
            reasons.append(f"{model.id} was made from {model.population}; not used at this age")
        else:
            fitting.append(model)
    kept = []
    behind: dict[str, list[str]] = {}
    for model in fitting:
        nearer = [m for m in fitting if m.agent == model.agent and _serves(m, record.indication)]
        if _serves(model, record.indication) or not nearer:
            kept.append(model)
            continue
        behind.setdefault(", ".join(m.id for m in nearer), []).append(model.id)
    reasons.extend(
        f"{', '.join(left)} {'was' if len(left) == 1 else 'were'} made from other patients than "
        f"this one's indication: {before} goes before, `equipoise plan --model ID` computes with "
        f"{'it' if len(left) == 1 else 'them'}"
        for before, left in behind.items()
    )
    return tuple(kept), tuple(reasons)


def _serves(model: Model, indication: str) -> bool:
    return not model.settings or indication in model.settings


def covariates(model: Model, record: Record, t: float) -> Covariates:
    """What the model reads from the record at t.

    A value is carried forward from its time; before the first value, the first holds. Where the
    record has none, the model's reference value is used and said, unless the model requires one.
    Fails  ValueError where a required covariate is missing, naming it.
    """
    steps: dict[str, float | Step] = {}
    now: dict[str, float] = {}
    used: list[tuple[str, str]] = []
    cautions: list[str] = []
    declared = dict(record.covariates)
    for name, covariate in model.covariates.items():
        if covariate.by_time:
            continue
        found = _found(name, covariate, record, t, declared)
        if found is None:
            if covariate.required:
                raise ValueError(f"{model.id} needs {name}, which the record does not hold")
            steps[name] = now[name] = covariate.reference
            word = _word(covariate, covariate.reference)
            cautions.append(f"{name} is not in the record: {model.id} computes with {word}")
            continue
        step, text = found
        steps[name] = step
        now[name] = step[-1][1]
        used.append((name, text))
    cautions.extend(outside_domain(model, {**now, **_studied(model, record, t)}))
    return Covariates(steps, now, tuple(used), tuple(dict.fromkeys(cautions)))


def _studied(model: Model, record: Record, t: float) -> dict[str, float]:
    """What the model's domain names, read from the record whether its equations use it or not."""
    found = {}
    for name, studied in model.domain.items():
        number = None
        if name == "age":
            number = record.age_at(t)
        elif name == "day":
            number = float(record.calendar_day(t))
        elif name in names.MEASUREMENTS:
            number = record.value_at(name, t)
            if number is not None:
                canonical = names.measurement(name).unit
                number = float(units.convert(number, canonical, studied.unit, substance=name))
        if number is not None:
            found[name] = number
    return found


def _found(
    name: str, covariate: Covariate, record: Record, t: float, declared: Mapping[str, str | float]
) -> tuple[list[tuple[float, float]], str] | None:
    if name in declared:
        value = declared[name]
        number = covariate.levels[value] if isinstance(value, str) else float(value)
        return [(0.0, number)], str(value)
    if name == "age":
        age = record.age_at(t)
        return None if age is None else ([(0.0, age)], f"{age:.1f} years")
    if name == "sex":
        return None if not record.sex else ([(0.0, covariate.levels[record.sex])], record.sex)
    if name == "bsa":
        at = sorted({m.at for n in ("weight", "height") for m in record.measurements(n)})
        step = [(h, s) for h in at if (s := record.body_surface(h)) is not None]
        return None if not step else (step, f"{step[-1][1]:.2f} m2 (weight and height)")
    if name not in names.MEASUREMENTS:
        return None
    canonical = names.measurement(name).unit
    step = [
        (at, float(units.convert(number, canonical, covariate.unit, substance=name)))
        for at, number in record.step(name)
        if at <= t
    ]
    if not step:
        return None
    last = record.measurements(name, end=t)[-1]
    return step, f"{last.text} at {last.at:g} h"


def _word(covariate: Covariate, number: float) -> str:
    for word, level in covariate.levels.items():
        if level == number:
            return f"{word} (its reference patient)"
    return f"{number:g} {covariate.unit} (its reference patient)".replace(" 1 (", " (")


def plain_doses(model: Model, doses: Sequence[Given]) -> tuple[PlainDose, ...]:
    """Resolved doses as the engine takes them.

    Fails  ValueError where a route is not one the model has.
    """
    found = []
    for dose in doses:
        route = dose.route or next(iter(model.routes))
        if route not in model.routes:
            raise ValueError(
                f"{model.id} was made for {', '.join(model.routes)} doses; the record has {route}"
            )
        found.append(PlainDose(dose.at, dose.amount, route, dose.duration))
    return tuple(found)


def given_doses(model: Model, record: Record, t: float) -> tuple[Given, ...]:
    """Doses of the model's agent that count as given by t, in its dose unit.

    Fails  ValueError where a dose cannot be resolved, or cells were infused on several days.
    """
    if model.infusions:
        return tuple(d for d in infusion(model, record, t) if not d.planned)
    return record.given(model.agent, t, unit=model.dose_unit)


def planned_doses(model: Model, record: Record, t: float) -> tuple[Given, ...]:
    """Doses of the model's agent still planned after t, in its dose unit."""
    if model.infusions:
        return tuple(d for d in infusion(model, record, t) if d.planned)
    return record.planned(model.agent, t, unit=model.dose_unit)


def cells_given(record: Record, t: float, *products: str) -> tuple[Cells, ...]:
    """Cell infusions (of these products, or all) that count as given by t."""
    return tuple(
        c
        for c in record.cells(*products)
        if c.at <= t + SAME_TIME and c.status in ("given", "partial", "")
    )


def cells_planned(record: Record, t: float, *products: str) -> tuple[Cells, ...]:
    """Cell infusions (of these products, or all) still ahead at t."""
    return tuple(c for c in record.cells(*products) if c.at > t + SAME_TIME and c.status != "held")


def infusion(model: Model, record: Record, t: float) -> tuple[Given, ...]:
    """The infusion of the cells that a model of cells speaks of, or nothing.

    Parts given on one calendar day (bags, the CD8 and the CD4 component) are one infusion, from the
    first on. The amount is their sum where each is charted; the model does not read it.
    Fails  ValueError where they were given, or are planned, on several days.
    """
    given = cells_given(record, t, model.agent)
    parts = [*given, *cells_planned(record, t, model.agent)]
    days = {record.calendar_day(c.at) for c in parts}
    if len(days) > 1:
        raise ValueError(
            f"{model.id} was made from single infusions; the record has {model.agent} on "
            f"{len(days)} days"
        )
    if not parts:
        return ()
    numbers = [_cells_of(part, record) for part in parts]
    total = 0.0 if None in numbers else sum(n for n in numbers if n is not None)
    first = parts[0]
    return (
        Given(
            first.at, model.agent, total, model.dose_unit, 0.0, "iv", "", "",
            planned=not given,
        ),
    )  # fmt: skip


def _cells_of(part: Cells, record: Record) -> float | None:
    """CAR T cells of one bag in all, None where it is not charted or its weight is not."""
    dose = dict(part.doses).get("CAR")
    if dose is None:
        return None
    base, per = units.per(dose.unit)
    number = float(units.convert(float(dose.number), base, "1"))
    if per != "kg":
        return number
    weight = record.value_at("weight", part.at)
    return None if weight is None else number * weight


def levels(model: Model, record: Record, t: float) -> tuple[Measurement, ...]:
    """Levels of the model's analytes drawn by t and known in the record as cut.

    None for a model without variability between patients: they could teach it nothing.
    """
    if model.infusions and not model.etas:
        return ()
    found = [m for name in model.analytes for m in record.measurements(name, end=t)]
    return tuple(sorted(found, key=lambda m: (m.at, m.name)))


def unread_levels(model: Model, record: Record, t: float) -> str:
    """Which levels of the model's agent it cannot read, in one sentence; "" where there are none.

    Total and unbound drug, or two units of activity, are analytes apart: nothing converts them.
    """
    known = names.AGENTS.get(model.agent)
    others = [name for name in (known.levels if known else ()) if name not in model.analytes]
    found = [name for name in others if record.measurements(name, end=t)]
    if not found:
        return ""
    left = ", ".join(f"{names.measurement(name).label} ({name})" for name in found)
    reads = ", ".join(f"{names.measurement(name).label} ({name})" for name in model.analytes)
    return f"the record's levels of {left} are not read: {model.id} predicts {reads}"


def subject(
    model: Model,
    record: Record,
    t: float,
    *,
    covariate_steps: Mapping[str, float | Step],
    use: Sequence[Measurement],
) -> Subject:
    """The patient for the estimation: doses given by t and the levels to be used."""
    doses = plain_doses(model, given_doses(model, record, t))
    observed = tuple(
        Observed(
            time=m.at,
            analyte=m.name,
            number=float(
                units.convert(
                    m.number, names.measurement(m.name).unit, model.observation(m.name).unit
                )
            ),
            censored=m.censored,
        )
        for m in use
    )
    return Subject(record.id, course(model, doses, covariates=covariate_steps), observed)


def course_of(
    model: Model, doses: Sequence[PlainDose], covariate_steps: Mapping[str, float | Step]
) -> Course:
    """A course of plain doses with the patient's covariates."""
    return course(model, doses, covariates=covariate_steps)


def present_course(model: Model, record: Record, t: float) -> Present | None:
    """The course that runs at t: the amount and interval of the last doses, or of the plan.

    None where there is no regular course (a single dose, doses of differing amounts at the end,
    an agent that was stopped, a course last charted
    more than `LONG_AGO` intervals ago).
    """
    stopped = max((s.at for s in record.stops(model.agent) if s.at <= t + SAME_TIME), default=None)
    given = tuple(
        d for d in given_doses(model, record, t) if stopped is None or d.at > stopped + SAME_TIME
    )
    planned = planned_doses(model, record, t)
    # A dose changed yesterday is not a run of its own yet: the plan says how it goes on.
    run = last_run(given) or last_run((*given[-1:], *planned)) or last_run(planned)
    if not run:
        return None
    last = run[-1]
    interval = usual_interval(run)
    if not planned and t - last.at > LONG_AGO * interval:
        return None
    return Present(
        amount=last.amount,
        unit=model.dose_unit,
        interval=interval,
        route=last.route or next(iter(model.routes)),
        duration=last.duration,
        since=run[0].at,
        last=last.at,
        planned=run[0].planned,
        text=f"{last.amount:g} {model.dose_unit} every {interval:g} h",
    )


def last_run(doses: Sequence[Given]) -> tuple[Given, ...]:
    """The last doses of equal amount at one interval, at least two; else nothing.

    doses  by time; what is charted at one moment (two tablets) is one dose
    """
    together = _together(doses)
    gaps = [later.at - earlier.at for earlier, later in pairwise(together)]
    if not gaps:
        return ()
    # By the last gap alone, a dose a few hours late would look like a new schedule; by the last
    # three alone, a new schedule would not be seen on its first day.
    runs = [_run(together, reference) for reference in (gaps[-1], median(gaps[-3:]))]
    best = max(runs, key=len)
    return best if len(best) >= 2 else ()


def usual_interval(run: Sequence[Given]) -> float:
    """Hours between the doses of a run: the median gap, rounded to a usual interval near it."""
    gap = median(later.at - earlier.at for earlier, later in pairwise(run))
    for usual in (6.0, 8.0, 12.0, 24.0, 48.0, 72.0, 168.0):
        if abs(gap - usual) <= 0.1 * usual:
            return usual
    return gap


def _run(doses: Sequence[Given], interval: float) -> tuple[Given, ...]:
    run = [doses[-1]]
    for dose in reversed(doses[:-1]):
        same = abs(dose.amount - run[0].amount) <= 1e-9 * max(run[0].amount, 1.0)
        if not same or abs(run[0].at - dose.at - interval) > REGULAR * interval:
            break
        run.insert(0, dose)
    return tuple(run)


def _together(doses: Sequence[Given]) -> list[Given]:
    found: list[Given] = []
    for dose in doses:
        if found and dose.at - found[-1].at <= SAME_TIME:
            found[-1] = replace(found[-1], amount=found[-1].amount + dose.amount)
        else:
            found.append(dose)
    return found


def has_loading_dose(model: Model, record: Record, t: float) -> bool:
    """Whether the first dose of the course, given or planned, is larger than those after it."""
    doses = _together((*given_doses(model, record, t), *planned_doses(model, record, t)))
    return len(doses) >= 2 and doses[0].amount > 1.2 * doses[1].amount


def carrying(
    model: Model, doses: Sequence[PlainDose], steps: Mapping[str, float | Step]
) -> list[str]:
    """Where it matters that covariates are carried forward here, while models are estimated with
    those of a record acting on the interval that ends there.
    """
    what = course(model, doses, covariates=steps)
    # A function of time alone, or of a partner drug, is not carried: nobody measures it.
    timed = [name for name, c in model.covariates.items() if c.by_time]
    timed.append(CLEARANCE_FACTOR)
    still = {name: np.full_like(what.covariates[name], what.covariates[name][0]) for name in timed}
    what = replace(what, covariates={**what.covariates, **still})
    typical = np.zeros((1, len(model.etas)))
    table = structural_parameters(model, what, typical)
    most = 0.0
    for values in table.values():
        path = np.atleast_2d(values)[0]
        if len(path) > 1 and np.all(path > 0.0):
            most = max(most, float(np.max(np.abs(path[1:] / path[:-1] - 1.0))))
    if most <= CARRYING_MATTERS:
        return []
    return [
        "between two values of a covariate the last one is carried forward; taking the next one, "
        f"as NONMEM does, would change a parameter by up to {100 * most:.0f} % in between"
    ]
