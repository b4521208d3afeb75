"""Effects as a table: what an exposure, a dose of cells or a count went with in print."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise import names
from equipoise.report.blocks import (
    Column,
    Row,
    Run,
    Table,
    cell,
    citation,
    quiet,
    standing_mark,
    strong,
)
from equipoise.report.words import number, sentence, span
from equipoise.target import Effect, Metric

CAPTION = "What such exposures went with in published cohorts; not a forecast for one patient"


def table(effects: Sequence[Effect], caption: str = CAPTION) -> Table:
    """One row for each effect; nothing is computed."""
    rows = []
    for e in effects:
        scale, _, unit = e.scale.partition(", ")
        estimate = f"{scale} {e.estimate:g} {unit}" if unit else f"{scale} {number(e.estimate)}"
        if math.isfinite(e.low) and math.isfinite(e.high):
            estimate += f" (95% {span(e.low, e.high, like=e.estimate)})"
        design = "; ".join(x for x in (e.design.value, e.cohort, e.era) if x)
        marks: list[str | Run] = []
        if e.cut_point == "data-derived":
            marks = [" ", Run("cut-point data-derived", "warn")]
        elif e.cut_point:
            marks = [quiet(f" Cut-point {e.cut_point}.")]
        rows.append(
            Row(
                (
                    cell(
                        strong(f"Patients like these had: {e.outcome}. "),
                        sentence(e.estimand),
                        f" Exposure: {range_words(e)}.",
                        *marks,
                    ),
                    cell(estimate, quiet(f". Baseline: {e.baseline}") if e.baseline else ""),
                    cell(
                        design,
                        quiet(f". Adjusted: {e.adjustment}") if e.adjustment else "",
                        quiet(f". Validation: {e.validation}") if e.validation else "",
                    ),
                    cell(*citation(e.source), " ", *standing_mark(e.standing)),
                )
            )
        )
    columns = (
        Column("What went with the exposure"),
        Column("Estimate"),
        Column("Design"),
        Column("Source"),
    )
    return Table(caption, columns, tuple(rows), "wide")


def range_words(effect: Effect) -> str:
    """ "steady-state trough at least 9 ng/mL"."""
    low, high = effect.applies_low, effect.applies_high
    metric = effect.metric.value
    if not math.isnan(effect.interval):
        metric = f"{metric} of {effect.interval:g} h"
    if effect.metric is Metric.CELL_DOSE:
        metric = f"{effect.analyte} infused"
    if low <= 0.0 and math.isinf(high):
        return "any" if effect.metric is Metric.COUNT else f"{metric}, any"
    unit = effect.unit
    if effect.metric is Metric.COUNT:
        many = f" in {effect.times} counts running" if effect.times > 1 else ""
        limit, how = (low, "over") if low > 0.0 else (high, "not over")
        label = names.measurement(effect.analyte).label
        return f"{label} {how} {limit:g} {unit}{many} by day {effect.by_day:g}"
    if math.isinf(high):
        return f"{metric} at least {_short(low)} {unit}"
    if low <= 0.0:
        return f"{metric} below {_short(high)} {unit}"
    beside = "".join(f", {key} up to {_short(most)} {unit}" for key, _, most in effect.also)
    return f"{metric} {_short(low)}-{_short(high)} {unit}{beside}"


def _short(value: float) -> str:
    """ "2e6" rather than "2e+06"."""
    return f"{value:g}".replace("e+0", "e").replace("e+", "e")
