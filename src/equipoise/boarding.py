"""Look at every infusion of cells, given or planned: what else is in the patient at that moment.

Knows no drug by name: rules and models are handed in. A measured level decides before a predicted
one, a predicted one decides only by an established model, and what is not charted is not "no".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise import names, units
from equipoise.advice import RUNNING_HOURS
from equipoise.assessment import NOT_FOR_DOSING, QUANTILES
from equipoise.chance import percent
from equipoise.exposure import Known, pooled
from equipoise.model import Array, course, simulate
from equipoise.onboard import Carried, OnBoard, Rule
from equipoise.patient import cells_given, cells_planned, plain_doses
from equipoise.record import SAME_TIME, Cells, Dose, Measurement, Record, Stop
from equipoise.source import Standing
from equipoise.truth import Truth, seen

SURE = 0.95
"""Probability from which a predicted level is held to be above (or below 1 - it) a limit."""

FRESH = 24.0
"""Hours before the infusion within which a measured level speaks for it (project convention)."""


def on_board(
    record: Record, t: float, rules: Sequence[Rule], known: Sequence[Known] = ()
) -> tuple[OnBoard, ...]:
    """One answer for each infusion of cells that is given by t or planned after it, by time.

    record  cut at t;  known  models applied to it, as `exposure.know` gives them
    """
    infusions = [(c, False) for c in cells_given(record, t)]
    infusions += [(c, True) for c in cells_planned(record, t)]
    return tuple(
        _at(record, t, cells, planned, rules, known)
        for cells, planned in sorted(infusions, key=lambda pair: pair[0].at)
    )


def _at(
    record: Record,
    t: float,
    cells: Cells,
    planned: bool,
    rules: Sequence[Rule],
    known: Sequence[Known],
) -> OnBoard:
    agents = tuple(
        dict.fromkeys(
            agent for rule in rules for agent in rule.agents
            if rule.speaks_of(agent, cells.product)
        )
    )  # fmt: skip
    charted = [a for a in agents if _ends(record, a, cells.at, t) or record.stops(a)]
    found = [
        _carried(record, t, cells, agent, rules, [k for k in known if k.model.agent == agent])
        for agent in charted
    ]
    order = {Truth.MET: 0, Truth.UNKNOWN: 1, Truth.NOT_MET: 2}
    found.sort(key=lambda c: order[c.on_board])
    grafts = [g.at for g in cells_given(record, t, "graft") if g.at < cells.at - SAME_TIME]
    return OnBoard(
        product=cells.product,
        label=names.cell_product(cells.product).label,
        donor=cells.donor,
        at=cells.at,
        planned=planned,
        doses=", ".join(f"{key} {quantity.text}" for key, quantity in cells.doses),
        since_graft=cells.at - max(grafts) if grafts else math.nan,
        since_chemotherapy=math.nan if cells.after is None else cells.after,
        carried=tuple(found),
        not_charted=tuple(names.agent(a).label for a in agents if a not in charted),
    )


def _ends(record: Record, agent: str, at: float, t: float) -> list[tuple[float, Dose]]:
    """Doses that begin before the cells and count, or are planned: (end, dose) by end."""
    doses = [
        d
        for d in record.doses(agent)
        if d.at < at - SAME_TIME and (d.is_given(t) or d.is_planned(t))
    ]
    stops = [s.at for s in record.stops(agent)]
    ends = []
    for dose in doses:
        cut = [s for s in stops if dose.at - SAME_TIME <= s]
        if dose.is_planned(t) and any(s <= dose.at + SAME_TIME for s in stops):
            continue
        ends.append((min([dose.at + dose.duration, *cut]), dose))
    return sorted(ends, key=lambda pair: pair[0])


@dataclass(frozen=True, slots=True)
class _Predicted:
    model: str
    standing: Standing
    watermark: str
    quantiles: tuple[float, ...]
    unit: str
    above: float


def _carried(
    record: Record,
    t: float,
    cells: Cells,
    agent: str,
    rules: Sequence[Rule],
    known: Sequence[Known],
) -> Carried:
    spoken = tuple(r for r in rules if r.speaks_of(agent, cells.product))
    limited = next((r for r in spoken if math.isfinite(r.limit)), None)
    label = names.agent(agent).label
    ends = _ends(record, agent, cells.at, t)
    stop = _stop(record, agent, cells.at, ends)
    since_dose = max(0.0, cells.at - ends[-1][0]) if ends else math.nan
    since_stop = cells.at - stop.at if stop is not None else math.nan
    because = [seen(ends[-1][1], "last dose before the cells")] if ends else []
    if stop is not None:
        because.append(seen(stop, "stopped"))
    predicted = _predicted(known, cells.at, limited)
    level = _measured(record, t, cells.at, limited, ends)
    if limited is not None:
        truth, words, missing = _against(limited, level, predicted, cells.at)
        if level is not None:
            because.append(seen(level, "last level before the cells"))
    else:
        truth, words, missing = _running(ends, since_dose, since_stop, spoken)
    return Carried(
        agent=agent,
        label=label,
        group=names.agent(agent).group,
        on_board=truth,
        since_dose=since_dose,
        since_stop=since_stop,
        level=predicted.quantiles if predicted else (),
        unit=predicted.unit if predicted else (limited.unit if limited else ""),
        limit=limited.limit if limited else math.nan,
        probability=predicted.above if predicted else math.nan,
        model=predicted.model if predicted else "",
        standing=predicted.standing if predicted else min(r.standing for r in spoken),
        watermark=predicted.watermark if predicted else "",
        sentence=f"{label}: {words}",
        because=tuple(because),
        missing=missing,
        rules=spoken,
    )


def _stop(record: Record, agent: str, at: float, ends: Sequence[tuple[float, Dose]]) -> Stop | None:
    """The stop before the cells that no later dose has undone, or None."""
    stops = [s for s in record.stops(agent) if s.at <= at + SAME_TIME]
    if not stops or (ends and any(d.at > stops[-1].at + SAME_TIME for _, d in ends)):
        return None
    return stops[-1]


def _predicted(known: Sequence[Known], at: float, rule: Rule | None) -> _Predicted | None:
    """The level at a moment over the draws of the first model that speaks of the rule's analyte."""
    for one in known:
        observation = one.model.observations[0]
        if rule is not None and observation.analyte != rule.analyte:
            continue
        day = one.model.domain.get("day")
        if day is not None and not day.contains(float(one.record.calendar_day(at))):
            continue
        given = (*one.given, *one.planned)
        doses = [d for d in plain_doses(one.model, given) if d.time < at - SAME_TIME]
        if not doses:
            continue
        what = course(one.model, doses, covariates=one.covariates.steps)
        values: Array = simulate(one.model, [what], np.array([at]), etas=pooled(one)).values[
            observation.analyte
        ][0, :, 0]
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        limit = math.nan
        if rule is not None:
            limit = float(units.convert(rule.limit, rule.unit, observation.unit))
        return _Predicted(
            model=one.model.id,
            standing=one.model.standing,
            watermark="" if one.model.standing.may_feed_options else NOT_FOR_DOSING,
            quantiles=tuple(float(q) for q in np.quantile(values, QUANTILES)),
            unit=observation.unit,
            above=float(np.mean(values >= limit)) if math.isfinite(limit) else math.nan,
        )
    return None


def _measured(
    record: Record,
    t: float,
    at: float,
    rule: Rule | None,
    ends: Sequence[tuple[float, Dose]],
) -> Measurement | None:
    """The last level of the rule's analyte before the cells and after the last dose, or None."""
    if rule is None:
        return None
    last = ends[-1][0] if ends else -math.inf
    levels = [
        m for m in record.measurements(rule.analyte, end=min(t, at) + SAME_TIME) if m.at >= last
    ]
    return levels[-1] if levels else None


def _against(
    rule: Rule, level: Measurement | None, predicted: _Predicted | None, at: float
) -> tuple[Truth, str, tuple[str, ...]]:
    """Whether the agent is at or above the rule's level, in words, and what is missing."""
    limit = f"{rule.limit:g} {rule.unit}"
    odds = ""
    if predicted is not None:
        middle = predicted.quantiles[2]
        odds = (
            f"predicted {middle:.2g} {predicted.unit}, "
            f"{percent(predicted.above)} to be at or above {limit}"
        )
    wanted = (rule.analyte,)
    if level is not None:
        number = float(units.convert(level.number, names.measurement(level.name).unit, rule.unit))
        said = f"measured {level.text}"
        # It only falls after the last dose: a low level stays low, a high one may have fallen.
        if level.censored != ">" and (number < rule.limit or level.censored == "<"):
            if level.censored == "<" and number > rule.limit:
                return Truth.UNKNOWN, f"{said}: the assay's limit is above {limit}", wanted
            return Truth.NOT_MET, f"{said}, below {limit}; no dose since", ()
        if level.censored != "<" and at - level.at <= FRESH:
            return Truth.MET, f"{said}, at or above {limit}", ()
        odds = "; ".join(part for part in (f"{said} earlier, at or above {limit}", odds) if part)
    if predicted is None:
        return Truth.UNKNOWN, odds or "no level and no model that answers", wanted
    if not predicted.standing.may_feed_options:
        return Truth.UNKNOWN, f"{odds} by a {predicted.standing.word} model: measure it", wanted
    if predicted.above >= SURE:
        return Truth.MET, odds, ()
    if predicted.above <= 1.0 - SURE:
        return Truth.NOT_MET, odds, ()
    return Truth.UNKNOWN, odds, wanted


def _running(
    ends: Sequence[tuple[float, Dose]], since: float, since_stop: float, rules: Sequence[Rule]
) -> tuple[Truth, str, tuple[str, ...]]:
    """Whether an agent without a limit runs at the infusion, in words, and what is missing.

    since_stop  hours from the stop to the cells, NaN without a stop before them
    """
    clear = max((r.clear for r in rules if math.isfinite(r.clear)), default=0.0)
    stopped = math.isfinite(since_stop)
    if not ends and not stopped:
        return Truth.UNKNOWN, "stopped only later; no dose of it in the record", ("doses",)
    if not ends:
        # It ran until then, or nobody would have charted its stop.
        said = f"stopped {_ago(since_stop)} before; no dose of it in the record"
        if since_stop < clear:
            return (
                Truth.MET,
                f"{said}; the source asks for {_ago(clear)} without it, so it counts",
                (),
            )
        return Truth.NOT_MET, said, ()
    if since <= SAME_TIME:
        return Truth.MET, "running", ()
    ago = f"last dose ended {_ago(since)} before"
    if not stopped and since <= RUNNING_HOURS:
        return Truth.MET, f"{ago}, not stopped", ()
    if not stopped and clear <= 0.0 and since > RUNNING_HOURS:
        return Truth.UNKNOWN, f"{ago}; no stop in the record", ("stop",)
    if since < clear:
        return Truth.MET, f"{ago}; the source asks for {_ago(clear)} without it, so it counts", ()
    if not stopped:
        return Truth.UNKNOWN, f"{ago}; no stop in the record", ("stop",)
    return Truth.NOT_MET, f"{ago}, stopped", ()


def _ago(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 48.0 else f"{hours / 24.0:.0f} days"
