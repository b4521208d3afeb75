"""Several windows that have to hold at once: an AUC window with a cap on the trough.

Odds that all hold are counted draw by draw, never multiplied: exposures of one patient go together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from equipoise import names, units
from equipoise.assessment import Option, Part
from equipoise.model import Array, Model
from equipoise.plan import (
    CONCENTRATIONS,
    NEEDED,
    Belief,
    GateError,
    Proposal,
    area_unit,
    mixture_error,
    mixture_quantiles,
)
from equipoise.target import REGULAR, Limit, Metric, Target, Window

MOST_TOGETHER = 4
"""Combinations of windows that an assessment shows, at most (project convention)."""

SAME_INTERVAL = 1.0
"""Hours by which doses may come sooner or later than those of a window (project convention)."""

_LIMIT = re.compile(r"^\s*(?P<metric>[^<>=]+?)\s*(?P<sign><=|>=|<|>)\s*(?P<amount>\S.*?)\s*$")


def weigh_together(
    beliefs: Sequence[Belief],
    windows: Sequence[Window],
    proposals: Sequence[Proposal],
    *,
    tables: Mapping[Metric, Sequence[Array]],
) -> tuple[Option, ...]:
    """Options in the order of the proposals: the odds that all windows hold, and of each alone.

    tables  metric -> one (proposals, draws) table for each candidate, from `simulated`
    `within` all hold; `above` one at least is exceeded; `below` one is missed and none exceeded.
    A draw that could not be solved for one metric counts for none.
    """
    weights = np.array([b.weight for b in beliefs])
    weights = weights / weights.sum()
    options = []
    for i, proposal in enumerate(proposals):
        all_hold, exceeded, lost = [], [], 0.0
        single: list[list[tuple[Array, float, float, float]]] = [[] for _ in windows]
        for j in range(len(beliefs)):
            rows = [tables[w.metric][j][i] for w in windows]
            solved = np.all([np.isfinite(row) for row in rows], axis=0)
            rows = [row[solved] for row in rows]
            lost = max(lost, 1.0 - float(np.mean(solved)))
            under = [row < w.low for row, w in zip(rows, windows, strict=True)]
            over = [row > w.high for row, w in zip(rows, windows, strict=True)]
            exceeded.append(float(np.mean(np.any(over, axis=0))))
            all_hold.append(float(np.mean(~np.any([*under, *over], axis=0))))
            for place, row, low, high in zip(single, rows, under, over, strict=True):
                inside = float(np.mean(~(low | high)))
                place.append((row, float(np.mean(low)), inside, float(np.mean(high))))
        within = float(weights @ all_hold)
        above = float(weights @ exceeded)
        notes = list(proposal.notes)
        if lost > 0.0:
            notes.append(f"{100 * lost:.1f} % of the draws could not be solved and are left out")
        parts = tuple(_part(beliefs, weights, w, p) for w, p in zip(windows, single, strict=True))
        options.append(
            Option(
                id=proposal.id,
                label=proposal.label,
                course=proposal.course,
                scenario=proposal.scenario,
                exposure=parts[0].exposure,
                below=max(0.0, 1.0 - within - above),
                within=within,
                above=above,
                measured_within=float("nan"),
                error=mixture_error(beliefs, all_hold, weights),
                notes=tuple(notes),
                parts=parts,
            )
        )
    return tuple(options)


def solvable(tables: Mapping[Metric, Sequence[Array]], count: int) -> list[int]:
    """The courses that every candidate can solve for some draw, for all metrics at once."""
    candidates = zip(*tables.values(), strict=True)
    some = [np.any(np.all(np.isfinite(each), axis=0), axis=1) for each in candidates]
    return [i for i in range(count) if all(s[i] for s in some)]


def _part(
    beliefs: Sequence[Belief],
    weights: Array,
    window: Window,
    found: Sequence[tuple[Array, float, float, float]],
) -> Part:
    rows, below, inside, above = zip(*found, strict=True)
    return Part(
        metric=window.metric.value,
        window=window.window,
        unit=window.unit,
        exposure=mixture_quantiles(rows, weights),
        below=float(weights @ below),
        within=float(weights @ inside),
        above=float(weights @ above),
        error=mixture_error(beliefs, inside, weights),
    )


def combinations(
    targets: Sequence[Target], limits: Sequence[Limit] = ()
) -> tuple[tuple[Window, ...], ...]:
    """Windows that can hold at once: one of each metric, with every limit.

    Windows of one metric conflict, or one would be enough: they stay side by side, in combinations
    of their own. Windows of courses of different kinds do not combine. () where nothing does.
    """
    groups: dict[Metric, list[Window]] = {}
    for target in targets:
        groups.setdefault(target.metric, []).append(target)
    found = []
    for chosen in product(*groups.values()):
        windows: tuple[Window, ...] = (*chosen, *limits)
        if len(windows) > 1 and not apart(windows):
            found.append(windows)
    return tuple(found)


def apart(windows: Sequence[Window]) -> str:
    """Why windows cannot be asked of one course, or "" where they can."""
    kinds = {_kind(w.metric): w.metric for w in windows}
    if len(kinds) < 2:
        return ""
    first, second = list(kinds.values())[:2]
    return (
        f"the {first.value} and the {second.value} are not asked of one course: they speak of "
        "different kinds (a dose given on and on, one infusion that runs, doses that end)"
    )


def _kind(metric: Metric) -> str:
    if metric in REGULAR:
        return "regular"
    return "infusion" if metric is Metric.STEADY_STATE else "course"


def as_studied(
    windows: Sequence[Window], proposals: Sequence[Proposal]
) -> tuple[Sequence[Proposal], str]:
    """The courses whose doses come as often as those of the windows, and why others are left out.

    An area over one interval is of that interval: one of 8 h says nothing against a window of 12 h.
    """
    for window in windows:
        if not isinstance(window, Target) or math.isnan(window.interval):
            continue
        apart_ = [abs(p.doses[-1].interval - window.interval) > SAME_INTERVAL for p in proposals]
        if any(apart_):
            others = [p for p, far in zip(proposals, apart_, strict=True) if far]
            often = ", ".join(dict.fromkeys(f"{p.doses[-1].interval:g} h" for p in others))
            return [p for p in proposals if p not in others], (
                f"{window.id} is of doses every {window.interval:g} h; those every {often} are not "
                "held against it, an area over another interval has no window"
            )
    return proposals, ""


def words(windows: Sequence[Window]) -> tuple[str, ...]:
    """ "steady-state trough 5-15 ng/mL" for each."""
    return tuple(f"{w.metric.value} {w.window}" for w in windows)


def read_limit(text: str, model: Model) -> Limit:
    """A bound as a person writes it: "trough < 15 ng/mL", "auc_post >= 50 AU.d/mL".

    Fails  GateError for a text, a metric or a unit that cannot be read, or that the model does not
           answer.
    """
    found = _LIMIT.match(text)
    if found is None:
        raise GateError(f'--limit {text}: write a metric, a sign and a value: "trough < 15 ng/mL"')
    word = found["metric"].lower().replace("-", "_").replace(" ", "_")
    known = {m.name.lower(): m for m in NEEDED if NEEDED[m] in model.purposes}
    known |= {m.value.lower().replace("-", "_").replace(" ", "_"): m for m in known.values()}
    metric = known.get(word)
    if metric is None:
        have = ", ".join(m.name.lower() for m in dict.fromkeys(known.values()))
        raise GateError(f"--limit {text}: {model.id} knows no {found['metric']}; it knows {have}")
    observation = model.observations[0]
    vocabulary = names.MEASUREMENTS.get(observation.analyte)
    unit = "d" if metric is Metric.DAY_BELOW_ONE else area_unit(observation)
    if metric in CONCENTRATIONS:
        unit = observation.unit
    try:
        written = units.parse(found["amount"])
        number = float(
            units.convert(
                float(written.number),
                written.unit,
                unit,
                substance="" if vocabulary is None else vocabulary.substance,
            )
        )
    except units.UnitError as error:
        raise GateError(f"--limit {text}: {error}; the unit here is {unit}") from None
    if not number > 0.0 or written.comparator:
        raise GateError(f"--limit {text}: the bound must be a number above 0")
    low, high = (0.0, number) if found["sign"].startswith("<") else (number, float("inf"))
    return Limit(text.strip(), metric, low, high, unit)
