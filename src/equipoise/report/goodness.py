"""The page of a fitted cohort: goodness of fit, etas and their shrinkage, every subject's curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.assessment import DISCLAIMER, NOT_FOR_DOSING
from equipoise.diagnostics import Goodness, Point, Scatter, goodness
from equipoise.likelihood import Subject
from equipoise.mode import Mode
from equipoise.model import Model
from equipoise.report.blocks import (
    Block,
    Box,
    Column,
    Facts,
    Figure,
    Heading,
    Items,
    Paragraph,
    Row,
    Table,
    citation,
    row,
    standing_mark,
    words,
)
from equipoise.report.goodness_plots import (
    SUBJECTS_A_FIGURE,
    against_covariates,
    distributions,
    frame_of,
    individuals,
    observed_against_predicted,
    weighted_residuals,
)
from equipoise.report.html import page as self_contained
from equipoise.report.words import UNKNOWN, listed, number

MOST_SUBJECTS = 80
"""Subjects drawn one by one; of more, those whose residuals are largest."""

FARTHEST = 8
"""Levels listed for their weighted residual."""


def page(model: Model, subjects: Sequence[Subject], modes: Sequence[Mode]) -> str:
    """A self-contained page of a fitted cohort.

    model  expanded for the occasions of the cohort, where it has them
    modes  one for each subject, of that model
    Fails  ValueError where no subject has a level.
    """
    return goodness_page(goodness(model, subjects, modes))


def goodness_page(found: Goodness) -> str:
    """The same from what was computed; it renders and computes nothing."""
    sections: list[tuple[str, Sequence[Block]]] = [
        ("head", _head(found)),
        ("etas", _between(found)),
    ]
    for scatter in found.scatters:
        sections.append((f"fit-{scatter.analyte}", _of_analyte(found, scatter)))
    for scatter in found.scatters:
        sections.append((f"individuals-{scatter.analyte}", _individuals(found, scatter)))
    band = "" if found.standing.may_feed_options else NOT_FOR_DOSING
    return self_contained(
        f"Equipoise, goodness of fit, {found.model}", "goodness of fit", sections, band=band
    )


def signed(value: float, places: int = 2) -> str:
    """A number with its sign, or "unknown"."""
    if not math.isfinite(value):
        return UNKNOWN
    text = f"{value:+.{places}f}"
    return text.lstrip("+-") if float(text) == 0.0 else text


def fixed(value: float, places: int) -> str:
    """A number with so many decimals, or "unknown"."""
    return f"{value:.{places}f}" if math.isfinite(value) else UNKNOWN


def share(value: float) -> str:
    """A share as a percentage with one decimal, or "unknown"."""
    return fixed(100.0 * value, 1)


def _head(found: Goodness) -> list[Block]:
    parts: list[Block] = [
        Heading(1, f"Goodness of fit: {found.model}"),
        Paragraph(words(found.title), "lead"),
        Facts(
            (
                ("subjects", words(str(len(found.subjects)))),
                ("levels", words(str(len(found.points)))),
                ("objective (sum)", words(f"{found.ofv:.3f}")),
                ("with n ln 2 pi", words(f"{found.ofv_with_constant:.3f}")),
            ),
            "strip",
        ),
        Facts(
            (
                ("model", words(citation(found.source), " ", standing_mark(found.standing))),
                *((("note", words(found.source.note)),) if found.source.note else ()),
                ("made from", words(found.population)),
                *((f"error of {name}", words(said)) for name, said in found.residuals),
            ),
            "",
        ),
        Paragraph(words(DISCLAIMER), "disclaimer"),
    ]
    notes = _notes(found)
    if notes:
        items = Items(tuple(words(n) for n in notes))
        parts.append(Box("What to know before reading on", (items,), "caution"))
    return parts


def _notes(found: Goodness) -> list[str]:
    said = []
    if found.unsettled:
        said.append(
            f"the estimate did not settle in {listed(found.unsettled[:8])}"
            + (f" and {len(found.unsettled) - 8} more" if len(found.unsettled) > 8 else "")
        )
    for scatter in found.scatters:
        if scatter.censored:
            said.append(
                f"{scatter.censored} levels of {scatter.analyte} are known only to lie beyond a "
                "limit: they have no residual, and the objective counts them by their probability"
            )
    # Estimates that do not scatter are rounding around 0: their mean means nothing.
    apart = [e.name for e in found.etas if e.shrinkage < 0.99 and abs(e.distance) > 1.96]
    if apart:
        said.append(f"the mean of {listed(apart)} differs from 0 by more than its 95 % range")
    held = [p for p in found.points if p.observed <= 0.0 and not p.censored]
    if held:
        said.append(f"{len(held)} levels are 0: they have no relative error")
    return said


def _between(found: Goodness) -> list[Block]:
    columns = (
        Column("eta"), Column("SD in the model", numeric=True), Column("n", numeric=True),
        Column("mean", numeric=True), Column("standard error", numeric=True),
        Column("SD of estimates", numeric=True), Column("shrinkage, %", numeric=True),
    )  # fmt: skip
    rows = tuple(
        row(
            e.name, number(e.sd), str(len(e.values)), signed(e.mean, 3), fixed(e.error, 3),
            number(e.spread, like=e.sd), share(e.shrinkage),
        )
        for e in found.etas
    )  # fmt: skip
    residuals = [
        (f"{kind}, {s.analyte}" if len(found.scatters) > 1 else kind, values)
        for s in found.scatters
        for kind, values in (
            ("IWRES", [p.iwres for p in _plain(found, s.analyte)]),
            ("CWRES", [p.cwres for p in _plain(found, s.analyte)]),
        )
    ]
    residuals = [(name, [v for v in values if math.isfinite(v)]) for name, values in residuals]
    parts: list[Block] = [
        Heading(2, "Between subjects"),
        Table(
            "Etas at the modes beside the model. Shrinkage: 1 - SD of the estimates over the SD in "
            "the model; where it is high the levels say little about that eta, and plots of its "
            "estimates mislead.",
            columns, rows, "wide",
        ),
        Figure(
            distributions(found.etas, residuals),
            words(
                "Estimates of each eta over the distribution in the model, narrower by shrinkage; "
                "weighted residuals over the standard normal."
            ),
        ),
    ]  # fmt: skip
    between = [e for e in found.etas if len(e.values) == len(found.subjects)]
    if between and found.covariates:
        parts.append(
            Figure(
                against_covariates(between, found.covariates),
                words(
                    "Etas, in SDs of the model, against the covariates that it reads, as they were "
                    "at the start. A trend says that a covariate acts otherwise than in the model."
                ),
            )
        )
    return parts


def _plain(found: Goodness, analyte: str) -> list[Point]:
    return [p for p in found.points if p.analyte == analyte and not p.censored]


def _of_analyte(found: Goodness, scatter: Scatter) -> list[Block]:
    own = [p for p in found.points if p.analyte == scatter.analyte]
    logs = scatter.analyte in found.logarithmic
    parts: list[Block] = [
        Heading(2, f"{scatter.analyte}, {scatter.unit}"),
        _scatter_table(scatter),
        Figure(
            observed_against_predicted(own, scatter.unit, logarithmic=logs),
            words("On the dashed line prediction and observation are equal."),
        ),
        Figure(
            weighted_residuals(own, scatter.unit, logarithmic=logs),
            words(
                "Weighted residuals: observation less prediction over its SD. The individual ones "
                "shrink with the etas; the conditional ones (Hooker 2007) do not, and should "
                "scatter around 0 with an SD of 1 whatever is on the axis."
            ),
        ),
        _farthest(own, scatter),
    ]
    return parts


def _scatter_table(s: Scatter) -> Table:
    columns = (
        Column("prediction"), Column("levels", numeric=True), Column("mean residual", numeric=True),
        Column("SD", numeric=True), Column("shrinkage, %", numeric=True),
        Column("beyond 1.96, %", numeric=True), Column("MDPE, %", numeric=True),
        Column("MDAPE, %", numeric=True),
    )  # fmt: skip
    return Table(
        "Residuals and errors. Individual: IWRES; population: CWRES. MDPE and MDAPE: median "
        "relative error of the prediction, and of its size.",
        columns,
        (
            row(
                "individual", str(s.n), signed(s.iwres_mean, 3), fixed(s.iwres_sd, 3),
                share(s.shrinkage), fixed(s.beyond, 1), signed(s.individual_mdpe, 1),
                fixed(s.individual_mdape, 1),
            ),
            row(
                "population", str(s.n), signed(s.cwres_mean, 3), fixed(s.cwres_sd, 3), "", "",
                signed(s.typical_mdpe, 1), fixed(s.typical_mdape, 1),
            ),
        ),
        "wide",
    )  # fmt: skip


def _farthest(own: Sequence[Point], scatter: Scatter) -> Table:
    finite = [p for p in own if math.isfinite(p.cwres)]
    worst = sorted(finite, key=lambda p: max(abs(p.cwres), abs(p.iwres)), reverse=True)
    columns = (
        Column("subject"), Column("h", numeric=True),
        Column(f"observed, {scatter.unit}", numeric=True), Column("individual", numeric=True),
        Column("population", numeric=True), Column("IWRES", numeric=True),
        Column("CWRES", numeric=True),
    )  # fmt: skip
    return Table(
        "The levels farthest from what was predicted.", columns,
        tuple(_level(p) for p in worst[:FARTHEST]), "wide",
    )  # fmt: skip


def _level(p: Point) -> Row:
    return row(
        p.subject, f"{p.at:g}", number(p.observed), number(p.individual), number(p.typical),
        signed(p.iwres), signed(p.cwres),
    )  # fmt: skip


def _individuals(found: Goodness, scatter: Scatter) -> list[Block]:
    curves = [c for c in found.curves if c.analyte == scatter.analyte]
    points = [p for p in found.points if p.analyte == scatter.analyte]
    said = ""
    if len(curves) > MOST_SUBJECTS:
        far: dict[str, float] = {}
        for p in points:
            if math.isfinite(p.cwres):
                far[p.subject] = max(far.get(p.subject, 0.0), abs(p.cwres))
        keep = set(sorted(far, key=lambda s: far[s], reverse=True)[:MOST_SUBJECTS])
        points = [p for p in points if p.subject in keep]
        said = (
            f"The {MOST_SUBJECTS} of {len(curves)} subjects with the largest conditional weighted "
            "residuals."
        )
        curves = [c for c in curves if c.subject in keep]
    parts: list[Block] = [Heading(2, f"Each subject: {scatter.analyte}")]
    if said:
        parts.append(Paragraph(words(said)))
    logs = scatter.analyte in found.logarithmic
    frame = frame_of(curves, points, logarithmic=logs)
    for start in range(0, len(curves), SUBJECTS_A_FIGURE):
        some = curves[start : start + SUBJECTS_A_FIGURE]
        names = {c.subject for c in some}
        parts.append(
            Figure(
                individuals(
                    some,
                    [p for p in points if p.subject in names],
                    scatter.unit,
                    frame,
                    logarithmic=logs,
                ),
                words(f"Subjects {some[0].subject} to {some[-1].subject}."),
            )
        )
    return parts
