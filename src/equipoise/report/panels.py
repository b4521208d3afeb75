"""The panels of a report in reading order. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

from equipoise.assessment import Assessment
from equipoise.report import (
    assumed,
    cautions,
    comparables,
    decisions,
    differential,
    exposures,
    given,
    guidance,
    infusions,
    opening,
    options,
    signals,
    sources,
    staging,
    timeline,
    toxicity,
    trends,
    why,
)
from equipoise.report.blocks import Block

Panel = Callable[[Assessment], tuple[Block, ...]]

PANELS: tuple[Panel, ...] = (
    opening.blocks,
    decisions.blocks,
    signals.blocks,
    infusions.blocks,
    comparables.blocks,
    exposures.blocks,
    options.blocks,
    toxicity.blocks,
    assumed.blocks,
    staging.blocks,
    differential.blocks,
    trends.blocks,
    given.blocks,
    guidance.blocks,
    why.blocks,
    timeline.blocks,
    cautions.blocks,
    sources.blocks,
)
"""Decisions first: what is to be decided, then what it rests on."""
