"""All shelves together: what a job may take from, and what a site may narrow down."""

from __future__ import annotations

from dataclasses import dataclass

from equipoise import criteria, decisions, effects, guidance, models, targets
from equipoise.advice import Recommendation
from equipoise.criterion import Criterion
from equipoise.decision import Decision
from equipoise.guidance.cells_on_board import RULES
from equipoise.model import Model
from equipoise.onboard import Rule
from equipoise.target import Absence, Effect, Target
from equipoise.targets import ABSENT


@dataclass(frozen=True, slots=True)
class Shelves:
    """Published things by kind, in the order in which they are shown."""

    models: tuple[Model, ...]
    targets: tuple[Target, ...]
    effects: tuple[Effect, ...]
    criteria: tuple[Criterion, ...]
    guidance: tuple[Recommendation, ...]
    decisions: tuple[Decision, ...]
    rules: tuple[Rule, ...] = RULES
    absent: tuple[Absence, ...] = ABSENT
    """Windows that are looked for and do not exist."""


SHELVES = Shelves(models.ALL, targets.ALL, effects.ALL, criteria.ALL, guidance.ALL, decisions.ALL)
