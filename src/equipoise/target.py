"""Targets (windows of exposure) and effects (what an exposure went with), as published.

A target is chosen by analyte, unit, indication, platform and age; never across any of them. What
is refused is refused with the reason, because a reader will ask for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from equipoise import names
from equipoise.record import Record
from equipoise.source import Evidence, Source, Standing
from equipoise.truth import Truth


class Metric(Enum):
    """What of the concentration curve, or of cells, a target or an effect speaks of.

    DAY_BELOW_ONE  days from the graft to the moment from which the level stays below 1 of its unit
    AT_GRAFT       the level at hour 0, the graft
    DOSE           what was given in all, for each kg: of effects only, no model speaks of it
    AUC_INTERVAL   area from one dose to the next, the course given for ever
    """

    TROUGH = "steady-state trough"
    AUC_PRE = "AUC before the graft"
    AUC_POST = "AUC after the graft"
    AUC_TOTAL = "total AUC"
    AUC_CUMULATIVE = "cumulative AUC"
    STEADY_STATE = "steady-state concentration"
    DAY_BELOW_ONE = "day of falling below 1 unit/mL"
    AT_GRAFT = "level at the graft"
    DOSE = "cumulative dose"
    AUC_INTERVAL = "AUC over one interval"
    CELL_DOSE = "cells infused"
    COUNT = "count by a day"


REGULAR = (Metric.TROUGH, Metric.AUC_INTERVAL)
"""Metrics of one dose given for ever at its interval; the others speak of a course that ends."""


def window_words(low: float, high: float, unit: str) -> str:
    """ "5-15 ng/mL", made from the numbers that are compared."""
    if math.isinf(high):
        return f"at least {low:g} {unit}"
    return f"below {high:g} {unit}" if low <= 0.0 else f"{low:g}-{high:g} {unit}"


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound that the team sets beside published windows: no evidence stands behind it.

    text       as written;  low, high in `unit`, the unit in which the model says the metric
    """

    text: str
    metric: Metric
    low: float
    high: float
    unit: str

    @property
    def window(self) -> str:
        """ "below 15 ng/mL", made from the numbers that are compared."""
        return f"{window_words(self.low, self.high, self.unit)} (set by the team)"


@dataclass(frozen=True, slots=True)
class Target:
    """A window that was studied.

    low, high    in `unit`; math.inf where the source gives no upper end
    unit         of the metric: "ng/mL", "AU.d/mL", "UE.d/mL"
    indications  for which it was studied; empty: any
    platforms    transplant platforms for which it was studied; empty: any
    ages         years, low <= age < high
    line         at which line of treatment, in which regimen
    conflict     what another source says instead
    conditioning intensities for which it was studied, as records say them; empty: any
    aim          the number that the source aims at, in `unit`; NaN where it prints only a window
    interval     of an area over one interval: hours between the doses that were studied; NaN: any
    """

    id: str
    agent: str
    analyte: str
    metric: Metric
    low: float
    high: float
    unit: str
    indications: tuple[str, ...]
    platforms: tuple[str, ...]
    ages: tuple[float, float]
    line: str
    source: Source
    standing: Standing
    evidence: Evidence | None
    era: str
    reviewed_on: date
    because: str
    conflict: str = ""
    conditioning: tuple[str, ...] = ()
    aim: float = math.nan
    interval: float = math.nan

    @property
    def window(self) -> str:
        """ "5-15 ng/mL", made from the numbers that are compared."""
        return window_words(self.low, self.high, self.unit)


Window: TypeAlias = Target | Limit
"""What an exposure is held against: published, or set by the team."""


class Design(Enum):
    """Where an effect comes from."""

    RANDOMIZED = "randomized"
    COHORT = "cohort"
    SERIES = "case series"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an exposure went with in a published cohort: "patients like these had", never "will".

    estimand     what was estimated: "SOS by day 100, mean trough day 11-20 at or above 9 ng/mL"
    scale        "hazard ratio (cause-specific)", "odds ratio", "risk"
    estimate, low, high   with its 95 % interval; NaN where not printed
    baseline     risk in the cohort and what the cohort was
    cut_point    "prespecified", "data-derived" or "" (no cut-point); data-derived ones never
                 enter a utility
    applies_low, applies_high  exposure range that the estimate speaks of, in `unit`
    """

    id: str
    agent: str
    analyte: str
    metric: Metric
    unit: str
    applies_low: float
    applies_high: float
    outcome: str
    estimand: str
    scale: str
    estimate: float
    low: float
    high: float
    baseline: str
    design: Design
    cohort: str
    era: str
    adjustment: str
    cut_point: str
    validation: str
    platforms: tuple[str, ...]
    source: Source
    standing: Standing
    ages: tuple[float, float] = (0.0, math.inf)
    """Years, low <= age < high, of the patients it speaks of."""
    ages_open: float = math.inf
    """Years from which it is open whether its patients were so old: the source names no end."""
    interval: float = math.nan
    """Hours between doses of its patients, where it speaks of the area over one; NaN: of any."""
    donors: tuple[str, ...] = ()
    """Donors of the grafts it speaks of, as records say them; empty: any."""
    product: str = ""
    """What the manipulation of the graft must name for it to be this one; empty: any."""
    also: tuple[tuple[str, float, float], ...] = ()
    """Of cells: others of the same graft, with the lowest and highest dose of them in `unit`."""
    first_graft: bool = False
    """Whether its patients had their first transplant."""
    by_day: float = math.nan
    """Of a count: the day after the graft by which it is asked for."""
    times: int = 1
    """Of a count: how many of them running must have been over the limit."""
    criterion: str = ""
    """Of several counts running: the criterion that says whether they were."""

    @property
    def may_enter_utility(self) -> bool:
        """Whether the effect may be weighed against another one."""
        return self.standing.may_feed_options and self.cut_point != "data-derived"


@dataclass(frozen=True, slots=True)
class Comparable:
    """A published cohort of cells or of a count, held against one record.

    applies  whether this patient is like its patients: yes, no, cannot tell
    reason   why not, or what would settle it
    charted  what the record has of the exposure: "Treg 2e6 /kg, day -4"
    """

    effect: Effect
    applies: Truth
    reason: str
    charted: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A target that was considered and why it does not serve this patient."""

    target: Target
    reason: str
    only_unit: bool = False
    """Everything else fits: only the unit of the levels is another one."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Where a reader will look for a window and there is none: said, and why.

    platforms, indications  as in `Target`; empty: any
    """

    agent: str
    reason: str
    source: Source
    standing: Standing
    reviewed_on: date
    platforms: tuple[str, ...] = ()
    indications: tuple[str, ...] = ()

    def concerns(self, record: Record, agent: str) -> bool:
        """Whether it speaks of this agent on the record's platform and indication."""
        return (
            self.agent == agent
            and (not self.platforms or record.platform in self.platforms)
            and (not self.indications or record.indication in self.indications)
        )


def choose(
    targets: Iterable[Target], record: Record, t: float, *, agent: str, analyte: str
) -> tuple[tuple[Target, ...], tuple[Refused, ...]]:
    """Targets of an agent that fit the record at t, and the others with the reason.

    A target in another analyte (another unit of activity) is refused, not converted; so is one of
    another product that is measured by the same analyte. Other agents are left out.
    """
    fitting: list[Target] = []
    refused: list[Refused] = []
    age = record.age_at(t)
    for target in targets:
        if target.agent != agent:
            if target.analyte == analyte:
                reason = (
                    f"studied with {target.agent}, the doses are {agent}: a window of one product "
                    "says nothing of another"
                )
                refused.append(Refused(target, reason))
            continue
        reason = _misfit(target, record, age)
        if reason:
            refused.append(Refused(target, reason))
        elif target.analyte != analyte:
            reason = (
                f"its unit is {target.unit} ({target.analyte}), the levels are {analyte}; "
                "no conversion between these units exists"
            )
            refused.append(Refused(target, reason, only_unit=True))
        else:
            fitting.append(target)
    return tuple(fitting), tuple(refused)


def why_none(
    record: Record, refused: Iterable[Refused], absences: Iterable[Absence], *, agent: str
) -> str:
    """One sentence why no window serves this patient: a known gap, the unit, the product, else the
    platform, indication or age for which the windows were studied.
    """
    gaps = [a for a in absences if a.concerns(record, agent)]
    if gaps:
        return "; ".join(f"{a.reason} ({a.source.short})" for a in gaps)
    # A window for this very platform in another unit is the reason a reader will ask about.
    units = [r for r in refused if r.only_unit]
    if units:
        words = "; ".join(f"{r.target.window} ({r.target.source.text}): {r.reason}" for r in units)
        return f"no target in this unit; the published window for this platform is {words}"
    return "no published target on the shelf fits this patient"


def _misfit(target: Target, record: Record, age: float | None) -> str:
    if target.platforms and record.platform not in target.platforms:
        have = _list((record.platform,), names.PLATFORMS) or "no platform given"
        return f"studied in {_list(target.platforms, names.PLATFORMS)}; this record: {have}"
    if target.indications and record.indication not in target.indications:
        have = _list((record.indication,), names.INDICATIONS) or "no indication given"
        return f"studied in {_list(target.indications, names.INDICATIONS)}; this record: {have}"
    intensity = str(dict(record.covariates).get("conditioning", ""))
    if target.conditioning and intensity not in target.conditioning:
        have = intensity or "conditioning not given"
        return f"studied in {_list(target.conditioning)} conditioning; this record: {have}"
    low, high = target.ages
    if age is None and (low > 0.0 or not math.isinf(high)):
        return f"studied at age {_ages(low, high)}; the record has no date of birth"
    if age is not None and not low <= age < high:
        return f"studied at age {_ages(low, high)}"
    return ""


def _list(words: tuple[str, ...], labels: Mapping[str, str] = MappingProxyType({})) -> str:
    """The words as people say them; a label holds commas of its own, so "or" parts them."""
    said = [labels.get(w, w.replace("_", " ")) for w in words]
    return " or ".join(said) if labels else ", ".join(said)


def _ages(low: float, high: float) -> str:
    if math.isinf(high):
        return f"{low:g} years and over"
    return f"under {high:g} years" if low <= 0.0 else f"{low:g} to under {high:g} years"
