"""`equipoise replay`: forecasts of each level from what was known before it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from equipoise import files, patient
from equipoise import interactions as interactions_shelf
from equipoise import models as models_shelf
from equipoise import replay as replaying
from equipoise.assessment import to_json
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import (
    MOST_DRAWS,
    carried,
    carry_option,
    few_enough,
    json_option,
    print_json,
    read_record,
    reading,
    seed_option,
    show,
    table,
    working,
    write_text,
)
from equipoise.dataset import read_dataset
from equipoise.files import InputError
from equipoise.model import Model
from equipoise.modelfile import load
from equipoise.record import Record
from equipoise.replay import (
    ASSUMED,
    BY_ROW,
    LAST_CARRIED,
    NEXT_CARRIED,
    NO_WINDOW,
    RECORDED,
    SAME_LEVELS,
    Forecast,
    Replay,
    Summary,
    Window,
)
from equipoise.report.forecasts import forecasts_page, percent
from equipoise.report.words import number, span
from equipoise.steps import Carry
from equipoise.turnaround import Turnaround, assuming, read_turnaround, without_known

LONGEST_LIST = 60
"""Forecasts printed one by one; of more, the summaries only."""

RECORD_COLUMNS = {"record", "type", "at"}


@click.command(
    epilog="Example: equipoise replay sirolimus_wu2012 src/equipoise/examples/sirolimus_adult.json "
    "--out out/replay"
)
@click.argument("model")
@click.argument("data", nargs=-1, required=True, type=click.Path())
@click.option("--out", type=click.Path(file_okay=False), metavar="DIR",
              help="replay.html, replay.json, forecasts.csv and summary.csv there.")  # fmt: skip
@click.option("--draws", type=click.IntRange(min=0), default=replaying.DRAWS, show_default=True,
              help=f"For the bands, at most {MOST_DRAWS}; 0: none.")  # fmt: skip
@click.option("--assume-turnaround", "turnaround", type=click.Path(dir_okay=False), metavar="FILE",
              help="TOML: how long results take, where a record does not say.")  # fmt: skip
@carry_option
@seed_option
@json_option
def replay(
    model: str,
    data: tuple[str, ...],
    out: str | None,
    draws: int,
    turnaround: str | None,
    carry: str | None,
    seed: int,
    as_json: bool,
) -> int:
    """How well MODEL would have forecast each level from what was known before it.

    DATA is one CSV in NONMEM's form, or records: JSON files, tidy CSV files, folders of them.
    """
    found = load(model, {m.id: m for m in models_shelf.ALL})
    with working("replaying") as step:
        answer = replayed(
            found, data, seed=seed, draws=draws, turnaround=turnaround, carry=carry, step=step
        )
    if out is not None:
        _write(answer, Path(out))
    if as_json:
        print_json(_document(answer))
    else:
        _print(answer)
        if out is not None:
            click.echo(f"written: {Path(out) / 'replay.html'}", err=True)
    return 0


def replayed(
    model: Model,
    data: Sequence[str],
    *,
    seed: int,
    draws: int = replaying.DRAWS,
    turnaround: str | None = None,
    carry: str | None = None,
    window: Window = NO_WINDOW,
    step: Callable[[str], None] = lambda _what: None,
) -> Replay:
    """A replay of what was given: one data set in NONMEM's form, or records.

    turnaround  a file, for records
    window      for `Forecast.inside`
    Fails  WrongInput where the data cannot be replayed by this model.
    """
    few_enough(draws)
    dataset_given = is_dataset(data)
    asked = carried(carry, record=not dataset_given)
    if dataset_given:
        if turnaround is not None:
            raise WrongInput(
                "--assume-turnaround goes with records; in a data set a result is known at its "
                "TIME: leave it out"
            )
        with reading(data[0]):
            dataset = read_dataset(data[0], model, carry=asked)
        for note in dataset.notes:
            click.echo(note, err=True)
        subjects = dataset.subjects
        forecasts: list[Forecast] = []
        for i, (subject, hours) in enumerate(zip(subjects, dataset.level_hours, strict=True)):
            step(f"subject {i + 1} of {len(subjects)}")
            forecasts += replaying.of_subject(
                model, subject, seed=seed, draws=draws, hours=hours, window=window
            )
        availability, cautions = BY_ROW, list[str]()
        rule = NEXT_CARRIED if asked is Carry.NONMEM else LAST_CARRIED
    else:
        rule = LAST_CARRIED
        assumed = None if turnaround is None else read_turnaround(turnaround)
        records = records_of(data)
        forecasts, cautions, availability = _of_records(
            model, records, assumed, seed, draws, window, step
        )
    if not forecasts:
        raise WrongInput(
            f"no level of {', '.join(model.analytes)} is in the data; nothing to forecast"
        )
    return replaying.collected(
        model,
        forecasts,
        seed=seed,
        draws=draws,
        availability=availability,
        covariates=rule,
        cautions=cautions,
    )


def is_dataset(data: Sequence[str]) -> bool:
    """Whether the input is a data set in NONMEM's form, by its first line."""
    sets = [place for place in data if _has_rows_of_nonmem(Path(place))]
    if sets and len(data) > 1:
        raise WrongInput(f"{sets[0]} is a data set: give one alone, or records")
    return bool(sets)


def _has_rows_of_nonmem(path: Path) -> bool:
    if path.is_dir() or path.suffix.lower() == ".json":
        return False
    if not path.exists():
        raise WrongInput(f"{path} does not exist; check the path")
    with reading(str(path)), path.open(encoding="utf-8-sig") as lines:
        first = lines.readline()
    if first.startswith("TABLE NO"):
        return True
    header = {cell.strip().lower() for cell in first.replace("\t", ",").split(",")}
    return not header >= RECORD_COLUMNS


def records_of(data: Sequence[str]) -> tuple[Record, ...]:
    """The records of files and folders.

    Fails  InputError for the first thing refused; WrongInput where two have one id.
    """
    found = tuple(_records(data))
    ids = [record.id for record in found]
    if len(set(ids)) < len(ids):
        raise WrongInput("two records have the same id; give each patient one of its own")
    return found


def _records(data: Sequence[str]) -> Iterator[Record]:
    for place in data:
        if Path(place).suffix.lower() == ".json" and not Path(place).is_dir():
            yield read_record(place)
            continue
        for record, report in files.read_cohort(place):
            for note in report.refused[:1]:
                raise InputError(f"{Path(place).name}, {note.field}", note.text,
                                 "correct it, or leave the record out")  # fmt: skip
            if record is not None:
                yield record


def _of_records(
    model: Model,
    records: Sequence[Record],
    turnaround: Turnaround | None,
    seed: int,
    draws: int,
    window: Window,
    step: Callable[[str], None],
) -> tuple[list[Forecast], list[str], str]:
    forecasts: list[Forecast] = []
    cautions: list[str] = []
    availability = RECORDED
    for i, record in enumerate(records):
        step(f"record {i + 1} of {len(records)}")
        lacking = without_known(record)
        if lacking and turnaround is None:
            raise WrongInput(
                f"{lacking[0]}: the record does not say when the result was known; give `known`, "
                "or pass --assume-turnaround FILE"
            )
        if lacking and turnaround is not None:
            record, availability = assuming(record, turnaround), ASSUMED
        try:
            own = replaying.of_record(
                model, record, seed=seed, draws=draws, window=window,
                interactions=interactions_shelf.ALL,
            )  # fmt: skip
        except ValueError as error:
            raise WrongInput(str(error)) from error
        forecasts += own
        if any(not f.reason for f in own):
            said = patient.covariates(model, record.until(record.end), record.end).cautions
            cautions += [f"{record.id}: {caution}" for caution in said]
    return forecasts, cautions, availability


def _document(answer: Replay) -> dict[str, Any]:
    document: dict[str, Any] = to_json(answer)
    for row, f in zip(document["forecasts"], answer.forecasts, strict=True):
        row["phase"] = f.phase
        row["error"], row["relative_error"] = to_json(f.error), to_json(f.relative_error)
    return document


def _write(answer: Replay, folder: Path) -> None:
    document = json.dumps(_document(answer), indent=1, ensure_ascii=False, allow_nan=False)
    texts = {
        "replay.json": document + "\n",
        "replay.html": forecasts_page(answer),
        "forecasts.csv": _csv(_document(answer)["forecasts"]),
        "summary.csv": _csv(_document(answer)["summaries"]),
    }
    # Nothing is written before everything could be made.
    for name, text in texts.items():
        write_text(folder / name, text)


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(list(rows[0]))
    for row in rows:
        writer.writerow(
            ["; ".join(v) if isinstance(v, list) else "" if v is None else v for v in row.values()]
        )
    return out.getvalue()


def _print(answer: Replay) -> None:
    for caution in answer.cautions:
        click.echo(f"caution: {caution}", err=True)
    if answer.draws:
        click.echo(f"seed: {answer.seed}", err=True)
    for analyte in dict.fromkeys(s.analyte for s in answer.summaries):
        own = [s for s in answer.summaries if s.analyte == analyte]
        click.echo(f"{analyte}, {own[0].unit}, by {answer.model}: n levels of so many patients")
        show(_summary_table(own))
    if len(answer.forecasts) > LONGEST_LIST:
        click.echo(f"{len(answer.forecasts)} forecasts: --out DIR or --json gives each")
        return
    click.echo("")
    show(_forecast_table(answer.forecasts))
    for f in answer.forecasts:
        if f.reason:
            click.echo(f"no forecast for {f.subject} at {f.at:g} h: {f.reason}")


def _summary_table(own: Sequence[Summary]) -> Any:
    columns = [("known before", "left"), *((name, "right") for name in (
        "n", "of", "MDPE %", "MDAPE %", "RMSE", "rRMSE %", "F20 %", "F30 %", "in 50 %",
        "in 90 %",
    ))]  # fmt: skip
    rows = []
    for s in own:
        if s.n == 0:
            continue
        bands = [s.cover50, s.cover90]
        rows.append(
            [
                s.phase, str(s.n), str(s.subjects), percent(s.mdpe), percent(s.mdape),
                number(s.rmse), percent(s.rrmse), percent(s.f20), percent(s.f30),
                *("-" if s.phase == SAME_LEVELS or math.isnan(b) else percent(b) for b in bands),
            ]
        )  # fmt: skip
    return table(columns, rows)


def _forecast_table(forecasts: Sequence[Forecast]) -> Any:
    columns = [("patient", "left"), *((name, "right") for name in (
        "h", "observed", "levels known", "forecast", "error %", "50 % band", "90 % band",
    ))]  # fmt: skip
    rows = []
    for f in forecasts:
        start = [f.subject, f"{f.at:g}", f"{f.censored}{number(f.observed)}", str(f.used)]
        if f.reason:
            rows.append([*start, "none", "-", "-", "-"])
            continue
        bands = [span(low, high, like=f.median) if math.isfinite(low) else "-"
                 for low, high in ((f.low50, f.high50), (f.low90, f.high90))]  # fmt: skip
        error = "-" if math.isnan(f.relative_error) else f"{round(100.0 * f.relative_error):+d}"
        rows.append([*start, number(f.prediction), error, *bands])
    return table(columns, rows)
