"""Decisions: a question with a deadline, what must be known, the options and their evidence.

A decision is software that serves a person: it lists options, with exposure or risk for each where
that can be computed, and never picks one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from equipoise.advice import Situation
from equipoise.criterion import Because
from equipoise.differential import Differential
from equipoise.source import Evidence, Source, Standing


@dataclass(frozen=True, slots=True)
class Scenario:
    """A change of clearance from a time on, with its published size.

    ratio  exposure with / exposure without (AUC or steady-state concentration per dose)
    low, high  of the ratio between patients as printed, NaN where it is not
    of     what the ratio was measured on: "auc" (clearance changes by 1/ratio) or "trough" (the
           trough per dose changes by it; a trough moves more than an AUC for the same clearance)
    """

    id: str
    label: str
    ratio: float
    start: float
    source: Source
    standing: Standing
    note: str = ""
    of: str = "auc"
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class Candidate:
    """A course to be weighed: doses from the decision on, as fractions of the present course or
    as an offer's amounts.

    label     "half the dose", "hold"
    fraction  of the present dose; None where `doses` says it
    doses     dose lines as a person writes them, times from the decision
    scenario  id of the scenario it is weighed under, empty: nothing changes
    """

    id: str
    label: str
    fraction: float | None = None
    doses: tuple[str, ...] = ()
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What a decision wants computed before it can speak: candidates under scenarios.

    horizon  hours after the decision at which the metric is read (steady state again)
    instead  partners whose place the scenarios take; what else acts in the record goes on acting
    """

    agent: str
    candidates: tuple[Candidate, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    offer: Mapping[str, Any] | None = None
    horizon: float = 0.0
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """Something that must be known: whether it is, and what it would settle."""

    name: str
    known: bool
    text: str


@dataclass(frozen=True, slots=True)
class DecisionOption:
    """One way to go.

    computed  ids of the computed candidates that belong to it; empty: nothing was computed
    status    label status of the option itself ("contraindicated", ...), empty where none
    """

    label: str
    text: str
    sources: tuple[Source, ...]
    standing: Standing
    status: str = ""
    computed: tuple[str, ...] = ()
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One cohort of a table: its cells as printed in short, its source and standing."""

    cells: tuple[str, ...]
    source: Source
    standing: Standing


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """Published cohorts side by side, with what they do and do not cover."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[EvidenceRow, ...]
    covers: str


@dataclass(frozen=True, slots=True)
class OpenDecision:
    """A decision as it stands in one situation.

    opens, closes  hours from day 0; closes None: no deadline in the record
    first          what must be read before anything else (a contraindication on a label)
    """

    id: str
    question: str
    who: str
    opens: float
    closes: float | None
    closes_why: str
    first: tuple[str, ...]
    because: tuple[Because, ...]
    needs: tuple[Need, ...]
    options: tuple[DecisionOption, ...]
    evidence: tuple[tuple[str, Source, Standing], ...]
    would_change: tuple[str, ...]
    monitor: tuple[str, ...]
    stop: tuple[str, ...]
    standing: Standing
    notes: tuple[str, ...] = ()
    tables: tuple[EvidenceTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A question that comes up again and again.

    request       what must be computed first; empty where the decision is not open
    consider      the decision as it stands, or None where it is not open
    differential  for and against what the picture may be, shown whether or not the decision is open
    """

    id: str
    title: str
    who: str
    consider: Callable[[Situation], OpenDecision | None]
    request: Callable[[Situation], Sequence[Request]] = lambda _situation: ()
    sources: tuple[Source, ...] = field(default_factory=tuple)
    differential: Differential | None = None
