"""The page of a replay: how well a model would have forecast, by phase, and every forecast."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise.assessment import NOT_FOR_DOSING
from equipoise.replay import SAME_LEVELS, Forecast, Replay, Summary, calibrations
from equipoise.report.blocks import (
    Block,
    Box,
    Cell,
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
from equipoise.report.forecast_bands import errors_over_time, patients, places_in_bands
from equipoise.report.forecast_plots import errors_by_phase, observed_against_forecast
from equipoise.report.html import page
from equipoise.report.words import UNKNOWN, number, span

MOST_PATIENTS = 40
"""Patients drawn one by one; of more, those whose levels were missed most."""

PATIENTS_A_FIGURE = 20

MOST_ROWS = 60
"""Forecasts shown on the page one by one; of more, those that missed most."""


def forecasts_page(replay: Replay) -> str:
    """A self-contained page of a replay; it renders and computes nothing."""
    sections: list[tuple[str, Sequence[Block]]] = [("head", _head(replay))]
    for analyte in dict.fromkeys(s.analyte for s in replay.summaries):
        sections.append((f"forecasts-{analyte}", _of_analyte(replay, analyte)))
    band = "" if replay.standing.may_feed_options else NOT_FOR_DOSING
    return page(f"Equipoise, forecasts by {replay.model}", "how forecasts fared", sections,
                band=band)  # fmt: skip


def percent(value: float) -> str:
    """A percentage of a summary in whole points."""
    return f"{round(value)}" if math.isfinite(value) else UNKNOWN


def _head(replay: Replay) -> list[Block]:
    subjects = len({f.subject for f in replay.forecasts})
    parts: list[Block] = [
        Heading(1, f"Forecasts by {replay.model}"),
        Paragraph(words(replay.title), "lead"),
        Facts(
            (
                ("levels", words(str(len(replay.forecasts)))),
                ("patients", words(str(subjects))),
                ("availability of results", words(replay.availability)),
                ("covariates", words(replay.covariates)),
                ("draws", words(str(replay.draws))),
                ("seed", words(str(replay.seed))),
            ),
            "strip",
        ),
        Facts(
            (("model", words(citation(replay.source), " ", standing_mark(replay.standing))),), ""
        ),
        Paragraph(words(replay.disclaimer), "disclaimer"),
    ]
    if replay.cautions:
        notes = Items(tuple(words(c) for c in replay.cautions))
        parts.append(Box("What to know before reading on", (notes,), "caution"))
    return parts


def _of_analyte(replay: Replay, analyte: str) -> list[Block]:
    own = [f for f in replay.forecasts if f.analyte == analyte]
    found = [s for s in replay.summaries if s.analyte == analyte]
    unit = found[0].unit
    told = [f for f in own if not f.reason]
    parts: list[Block] = [
        Heading(2, f"{analyte}, {unit}"),
        Paragraph(
            words(
                "Each level was forecast from the doses, covariates and levels known before it. "
                "An error is the forecast less the observation. Levels of one patient are not "
                "independent of each other."
            )
        ),
        _summary_table(found, unit),
    ]
    if told:
        parts.append(
            Figure(
                observed_against_forecast(told, unit),
                words("Observed against forecast; on the line the two are equal."),
            )
        )
        parts.append(
            Figure(
                errors_by_phase(told, found),
                words(
                    "Errors by how many levels were known. Above zero the forecast was too high."
                ),
            )
        )
        parts += _bands(told)
        if any(f.used and math.isfinite(f.relative_error) for f in told):
            parts.append(
                Figure(
                    errors_over_time(told),
                    words(
                        "A trend over time says that something changes which the model does not "
                        "know; one over the forecast, that its size is wrong where levels are low "
                        "or high."
                    ),
                )
            )
        parts += _patients(told, unit)
    parts.append(_forecast_table(own, unit))
    return parts


def _bands(told: Sequence[Forecast]) -> list[Block]:
    found = calibrations(told)
    if not found:
        return []
    return [
        Figure(
            places_in_bands(found),
            words(
                "Where observations lie in their forecasts, cut at the ends of the 90 and 50 % "
                "bands and at the median. Too many at both ends: the bands are too narrow; too "
                "many in the middle: too wide; on one side: forecasts are too high or too low."
            ),
        )
    ]


def _patients(told: Sequence[Forecast], unit: str) -> list[Block]:
    names = list(dict.fromkeys(f.subject for f in told))
    parts: list[Block] = [Heading(3, "Each patient")]
    if len(names) > MOST_PATIENTS:
        worst: dict[str, float] = {}
        for f in told:
            if math.isfinite(f.relative_error):
                worst[f.subject] = max(worst.get(f.subject, 0.0), abs(f.relative_error))
        keep = set(sorted(worst, key=lambda s: worst[s], reverse=True)[:MOST_PATIENTS])
        parts.append(
            Paragraph(
                words(
                    f"The {MOST_PATIENTS} of {len(names)} patients with the largest errors; "
                    "forecasts.csv holds all."
                )
            )
        )
        names = [name for name in names if name in keep]
    for start in range(0, len(names), PATIENTS_A_FIGURE):
        some = names[start : start + PATIENTS_A_FIGURE]
        own = [f for f in told if f.subject in some]
        parts.append(Figure(patients(own, unit), words("Each level over the forecast of it.")))
    return parts


def _summary_table(found: Sequence[Summary], unit: str) -> Table:
    columns = (
        Column("known before"), Column("levels", numeric=True), Column("patients", numeric=True),
        Column("MDPE, %", numeric=True), Column("MDAPE, %", numeric=True),
        Column(f"RMSE, {unit}", numeric=True), Column("rRMSE, %", numeric=True),
        Column("F20, %", numeric=True), Column("F30, %", numeric=True),
        Column("in 50% band, %", numeric=True), Column("in 90% band, %", numeric=True),
    )  # fmt: skip
    return Table(
        "Bias, precision and coverage by phase. MDPE and MDAPE: median relative error and its "
        "size; F20 and F30: share of forecasts within 20 and 30 % of the observation. Censored "
        "levels do not count.",
        columns,
        tuple(_summary_row(s) for s in found if s.n),
        "wide",
    )


def _summary_row(s: Summary) -> Row:
    return row(
        s.phase, str(s.n), str(s.subjects), percent(s.mdpe), percent(s.mdape), number(s.rmse),
        percent(s.rrmse), percent(s.f20), percent(s.f30),
        *(("", "") if s.phase == SAME_LEVELS else (percent(s.cover50), percent(s.cover90))),
        manner="quiet" if s.phase == SAME_LEVELS else "",
    )  # fmt: skip


def _forecast_table(own: Sequence[Forecast], unit: str) -> Table:
    shown = list(own)
    caption = "Every level and its forecast."
    if len(shown) > MOST_ROWS:
        missed = sorted(shown, key=_missed_by, reverse=True)[:MOST_ROWS]
        keep = {id(f) for f in missed}
        shown = [f for f in shown if id(f) in keep]
        caption = f"The {MOST_ROWS} forecasts that missed most; forecasts.csv holds all {len(own)}."
    columns = (
        Column("patient"), Column("h", numeric=True), Column(f"observed, {unit}", numeric=True),
        Column("levels known", numeric=True), Column("forecast", numeric=True),
        Column("error, %", numeric=True), Column("50% band", numeric=True),
        Column("90% band", numeric=True),
    )  # fmt: skip
    return Table(caption, columns, tuple(_forecast_row(f) for f in shown), "wide")


def _missed_by(f: Forecast) -> float:
    return abs(f.relative_error) if math.isfinite(f.relative_error) else math.inf


def _forecast_row(f: Forecast) -> Row:
    start = (f.subject, f"{f.at:g}", f"{f.censored}{number(f.observed)}", str(f.used))
    if f.reason:
        return Row((*(Cell(words(text)) for text in start), Cell(words(f.reason), span=4)), "quiet")
    error = percent(100.0 * f.relative_error) if not f.censored else "censored"
    return row(
        *start, number(f.prediction), error, span(f.low50, f.high50, like=f.median),
        span(f.low90, f.high90, like=f.median),
    )  # fmt: skip
