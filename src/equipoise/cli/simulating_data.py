"""`equipoise simulate --data`: the doses, covariates and rows of a data set in NONMEM's form."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from equipoise.chance import stream
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import carried, print_json, reading, working
from equipoise.dataset import Dataset, read_dataset
from equipoise.model import Array, Model, draw_etas
from equipoise.occasions import expanded, occasions_of
from equipoise.profiles import Profile, profiles, read_etas
from equipoise.readout import RECORD_TIME
from equipoise.regimen import parse_times

MOST_ROWS = 5_000_000
"""Rows of one result, times of all patients: all are held until they are written (2.5 GB)."""


def simulate_data(
    model: Model,
    path: str,
    *,
    times: str | None,
    population: int | None,
    etas: str | None,
    carry: str | None,
    seed: int,
    as_json: bool,
) -> int:
    """Print levels at every row of a data set, in its order, or at `times` for every subject."""
    with reading(path):
        if _is_record(path):
            raise WrongInput(
                f"--data {path} is a record, and --data takes a data set in NONMEM's form (CSV); "
                "write the record's doses as --dose lines, or have its levels predicted by "
                "`equipoise fit MODEL RECORD --pred FILE`"
            )
        data = read_dataset(path, model, carry=carried(carry, record=False))
    if times is not None and RECORD_TIME in model.covariates:
        raise WrongInput(
            f"--times: {model.id} computes with the time of the record; add rows with EVID 2 to "
            "the data set instead"
        )
    if times is not None and data.set_back is not None:
        raise WrongInput(
            f"--times: TIME goes back at a restart of ID {data.set_back}, so that an hour may mean "
            "two moments; add rows with EVID 2 to the data set instead"
        )
    found = expanded(model, occasions_of(model, [s.course for s in data.subjects]))
    clock = None if times is None else np.array(parse_times(times))
    subjects, replicates = len(data.subjects), population or 1
    if clock is None:
        refuse_many(len(data.rows) * replicates, f"{len(data.rows)} rows x {replicates} times over")
    else:
        count = subjects * len(clock) * replicates
        refuse_many(count, f"{subjects} subjects x {len(clock)} times x {replicates} times over")
    noise = None
    drawn: list[Array]
    if etas is not None:
        drawn = _of_file(etas, found, data)
    elif population is not None:
        noise = [stream(seed, found.id, "simulate", s.id) for s in data.subjects]
        drawn = [draw_etas(found, population, rng) for rng in noise]
    else:
        drawn = [np.zeros((1, len(found.etas)))] * len(data.subjects)
    with working("simulating"):
        every = profiles(found, data, drawn, noise=noise, times=clock)
    if population is None:
        refuse_failed(found, [(f"ID {p.subject}", reason) for p in every for _, reason in p.failed])
    rows = _rows(found, data, every, clock, population)
    cautions = [f"ID {p.subject}: {reason}" for p in every for _, reason in p.failed[:1]]
    if not found.standing.may_feed_options:
        cautions.insert(0, f"{found.id} is {found.standing.word}: NOT FOR DOSING")
    for note in data.notes:
        click.echo(note, err=True)
    if as_json:
        units = {o.analyte: o.unit for o in found.observations}
        document = {"model": found.id, "seed": seed, "units": units, "rows": rows}
        print_json({**document, "cautions": cautions})
        return 0
    for caution in cautions:
        click.echo(f"caution: {caution}", err=True)
    if population is not None:
        click.echo(f"seed: {seed}", err=True)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(list(rows[0]))
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    click.echo(out.getvalue(), nl=False)
    return 0


def _is_record(path: str) -> bool:
    with Path(path).open(encoding="utf-8-sig") as lines:
        return lines.read(200).lstrip().startswith("{")


def cell(value: float | str) -> str:
    """A number with ten digits; nothing for one that is not known."""
    if isinstance(value, str):
        return value
    return f"{value:.10g}" if np.isfinite(value) else ""


def refuse_many(count: int, made_of: str) -> None:
    """Refuse a result of too many rows before anything is computed.

    made_of  what the rows come from, in words
    """
    if count > MOST_ROWS:
        raise WrongInput(
            f"--population and --times: {made_of} are more than {MOST_ROWS} rows, the most of one "
            "result; lower --population, or take fewer times (and other seeds for the rest)"
        )


def refuse_failed(model: Model, failed: Sequence[tuple[str, str]]) -> None:
    """Refuse what could not be computed for a patient asked for by name.

    failed  (whose, reason)
    """
    if failed:
        who, reason = failed[0]
        more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        raise WrongInput(
            f"{model.id} cannot be computed for {who}{more}: {reason}; check doses, covariates and "
            "units"
        )


def _of_file(path: str, model: Model, data: Dataset) -> list[Array]:
    with reading(path):
        known = read_etas(path, model)
    lacking = sum(subject.id not in known for subject in data.subjects)
    if lacking:
        raise WrongInput(
            f"--etas {path}: {lacking} of {len(data.subjects)} subjects of the data set are not in "
            "it; fit the same data set"
        )
    return [known[subject.id][None, :] for subject in data.subjects]


def _rows(
    model: Model,
    data: Dataset,
    every: list[Profile],
    clock: Array | None,
    population: int | None,
) -> list[dict[str, Any]]:
    """One for each row of the data set and each time over, in their order."""
    if clock is None:
        spots = [(r.subject, 0, r.hours) for r in data.rows]
        seen = [0] * len(every)
        for i, (who, _, hours) in enumerate(spots):
            spots[i] = (who, seen[who], hours)
            seen[who] += 1
    else:
        spots = [(i, j, float(t)) for i in range(len(every)) for j, t in enumerate(clock)]
    return [
        {
            **({} if population is None else {"replicate": lane + 1}),
            "id": every[who].subject,
            "time": hours,
            **{o.analyte: float(every[who].values[o.analyte][lane, j]) for o in model.observations},
        }
        for lane in range(population or 1)
        for who, j, hours in spots
    ]
