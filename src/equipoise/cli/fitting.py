"""`equipoise fit`: individual estimates for one or many subjects."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from equipoise.chance import stream
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import (
    carried,
    carry_option,
    json_option,
    moment,
    print_json,
    read_record,
    reading,
    seed_option,
    working,
    write_text,
)
from equipoise.dataset import Dataset, Row, read_dataset
from equipoise.fit import Posterior
from equipoise.fit import fit as draw
from equipoise.kinetics import row_of
from equipoise.likelihood import Subject
from equipoise.mode import Mode, find_modes
from equipoise.model import Array, Model, simulate
from equipoise.modelfile import load
from equipoise.occasions import expanded, occasions_of
from equipoise.variants import with_fixed, with_prior_weight


@click.command(
    epilog="Example: equipoise fit sirolimus_wu2012 sirolimus.json --method posterior --json"
)
@click.argument("model")
@click.argument("data", type=click.Path(dir_okay=False))
@click.option("--method", type=click.Choice(["map", "posterior"]), default="map", show_default=True)
@click.option("--draws", type=click.IntRange(min=100), default=2000, show_default=True)
@click.option("--prior-weight", type=float, default=1.0, show_default=True,
              help="Below 1 trusts the levels more than the population.")  # fmt: skip
@click.option("--fix", "fixed", multiple=True, metavar="ETA",
              help="Hold an eta at zero, by name; may be given several times.")  # fmt: skip
@carry_option
@click.option("--at", "when", metavar="WHEN", help="For a record: the moment to estimate at.")
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE", help="CSV there instead.")
@click.option("--pred", type=click.Path(dir_okay=False), metavar="FILE",
              help="Also PRED and IPRED, one row for each input row.")  # fmt: skip
@click.option("--page", "page_file", type=click.Path(dir_okay=False), metavar="FILE",
              help="Also a page of goodness of fit (HTML).")  # fmt: skip
@seed_option
@json_option
def fit(
    model: str,
    data: str,
    method: str,
    draws: int,
    prior_weight: float,
    fixed: tuple[str, ...],
    carry: str | None,
    when: str | None,
    out: str | None,
    pred: str | None,
    page_file: str | None,
    seed: int,
    as_json: bool,
) -> int:
    """Estimate etas: ID, ETA1.., OFV and JOINT, or their posterior means and SDs.

    A model with occasions has an eta for each of them, after those between patients.
    DATA is a CSV in NONMEM's form (or a table file of NONMEM) or a record (.json).
    """
    found = load(model, _shelf(model))
    try:
        found = with_fixed(with_prior_weight(found, prior_weight), fixed)
    except ValueError as error:
        raise WrongInput(str(error)) from None
    dataset = _read(data, found, when, carry)
    for note in dataset.notes:
        click.echo(note, err=True)
    courses = [s.course for s in dataset.subjects]
    found = expanded(found, occasions_of(found, courses))
    rows: list[dict[str, float | str]] = []
    modes: list[Array] = []
    settled: list[Mode] = []
    unsettled: list[str] = []
    total = len(dataset.subjects)
    with working("fitting") as step:
        if method == "map":
            step(f"{total} subjects" if total > 1 else "1 subject")
            settled = find_modes(
                found,
                dataset.subjects,
                progress=lambda done: step(f"{done} of {total} subjects"),
            )
            for subject, mode in zip(dataset.subjects, settled, strict=True):
                row: dict[str, float | str] = {"ID": subject.id}
                row.update({f"ETA{j + 1}": float(e) for j, e in enumerate(mode.eta)})
                row.update({"OFV": mode.ofv, "JOINT": mode.joint})
                if not mode.converged:
                    unsettled.append(subject.id)
                modes.append(mode.eta)
                rows.append(row)
        else:
            for i, subject in enumerate(dataset.subjects):
                step(f"subject {i + 1} of {total}")
                rng = stream(seed, subject.id, found.id, "fit")
                posterior = draw(found, subject, n=draws, rng=rng)
                settled.append(posterior.mode)
                modes.append(posterior.mode.eta)
                rows.append(_posterior_row(subject, posterior))
    if pred is not None:
        write_text(Path(pred), _csv(_predictions(found, dataset, modes)))
    if page_file is not None:
        # Imported here: most fits need no page, and templates take time to load.
        from equipoise.report.goodness import page

        try:
            text = page(found, dataset.subjects, settled)
        except ValueError as error:
            raise WrongInput(f"--page: {error}") from None
        write_text(Path(page_file), text)
        click.echo(f"written: {page_file}", err=True)
    if unsettled:
        click.echo(
            f"{len(unsettled)} estimate(s) did not settle; look at them before use", err=True
        )
    if out is not None:
        write_text(Path(out), _csv(rows))
    if method == "posterior" and not as_json:
        click.echo(f"seed: {seed}", err=True)
    if as_json:
        print_json({"model": found.id, "method": method, "seed": seed, "etas": found.etas,
                    "standing": found.standing, "subjects": rows})  # fmt: skip
    elif out is None:
        click.echo(_csv(rows), nl=False)
    return 0


def _shelf(name: str) -> dict[str, Model]:
    """Models by id, where the name may be one."""
    if name.endswith(".py"):
        return {}
    from equipoise import models

    return {m.id: m for m in models.ALL}


def _read(data: str, model: Model, when: str | None, carry: str | None) -> Dataset:
    path = Path(data)
    if not path.is_file():
        raise WrongInput(f"{data} does not exist; check the path")
    if path.suffix != ".json":
        if when is not None:
            raise WrongInput("--at goes with a record, not with a data set; leave it out")
        with reading(data):
            return read_dataset(path, model, carry=carried(carry, record=False))
    # Imported here: a data set needs no records.
    from equipoise import patient

    carried(carry, record=True)
    record = read_record(data)
    at = moment(when, record)
    past = record.assuming_turnaround().until(at)
    try:
        covariates = patient.covariates(model, past, at)
        levels = patient.levels(model, past, at)
        subject = patient.subject(model, past, at, covariate_steps=covariates.steps, use=levels)
    except ValueError as error:
        raise WrongInput(str(error)) from error
    if not subject.course.schedule.doses:
        raise WrongInput(f"{data} holds no given dose of {model.agent} at that moment")
    rows = tuple(Row(0, o.time, o.after, i, o.analyte) for i, o in enumerate(subject.observed))
    return Dataset((subject,), rows)


def _posterior_row(subject: Subject, posterior: Posterior) -> dict[str, float | str]:
    row: dict[str, float | str] = {"ID": subject.id}
    for j in range(posterior.draws.shape[1]):
        row[f"ETA{j + 1}_MEAN"] = float(np.mean(posterior.draws[:, j]))
        row[f"ETA{j + 1}_SD"] = float(np.std(posterior.draws[:, j], ddof=1))
    row["ESS"] = posterior.ess
    row["PARETO_K"] = posterior.pareto_k
    return row


def _predictions(
    model: Model, dataset: Dataset, modes: Sequence[Array]
) -> list[dict[str, float | str]]:
    tables = []
    for i, (subject, eta) in enumerate(zip(dataset.subjects, modes, strict=True)):
        own = [r for r in dataset.rows if r.subject == i]
        times = np.array([r.time for r in own])
        after = [np.array([row_of(r.after) for r in own])]
        etas = np.stack([np.zeros(len(model.etas)), eta])
        found = simulate(model, [subject.course], [times], etas=etas, after=after, rtol=1e-9)
        tables.append(found.values)
    place = [0] * len(dataset.subjects)
    rows: list[dict[str, float | str]] = []
    for r in dataset.rows:
        j = place[r.subject]
        place[r.subject] += 1
        subject = dataset.subjects[r.subject]
        # A row that is about no analyte shows the first.
        analyte = r.analyte or model.observations[0].analyte
        table = tables[r.subject][analyte][0]
        rows.append(
            {
                "ID": subject.id, "TIME": r.hours,
                "PRED": float(table[0, j]), "IPRED": float(table[1, j]),
            }
        )  # fmt: skip
    return rows


def _csv(rows: Sequence[dict[str, float | str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(list(rows[0]))
    for row in rows:
        writer.writerow([v if isinstance(v, str) else f"{v:.10g}" for v in row.values()])
    return out.getvalue()
