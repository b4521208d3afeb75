"""`equipoise fit`: individual estimates for one or many subjects."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np

from equipoise.chance import stream
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import (
    MOST_DRAWS,
    carried,
    carry_option,
    few_enough,
    json_option,
    moment,
    print_json,
    read_record,
    reading,
    seed_option,
    spoken,
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
from equipoise.variants import with_fixed, with_places, with_prior_weight


@click.command(
    epilog="Example: equipoise fit sirolimus_wu2012 src/equipoise/examples/sirolimus_adult.json "
    "--method posterior --json"
)
@click.argument("model")
@click.argument("data", type=click.Path(dir_okay=False))
@click.option("--method", type=click.Choice(["map", "posterior"]), default="map", show_default=True,
              help="The most probable etas, or means and SDs of draws.")  # fmt: skip
@click.option("--draws", type=click.IntRange(min=100), default=2000, show_default=True,
              help=f"Draws of each subject's posterior, at most {MOST_DRAWS}.")  # fmt: skip
@click.option("--prior-weight", type=float, default=1.0, show_default=True,
              help="What the prior counts: below 1 the levels are trusted more, 1e-6 is flat."
              )  # fmt: skip
@click.option("--fix", "fixed", multiple=True, metavar="ETA",
              help="Hold an eta at zero, by the name that --json prints; may be given several "
              "times. CL is the subject's part, 'CL, occasion 1' that of an occasion.")  # fmt: skip
@carry_option
@click.option("--at", "when", metavar="WHEN", help="For a record: the moment to estimate at.")
@click.option(
    "--out", type=click.Path(dir_okay=False), metavar="FILE", help="CSV there instead of on stdout."
)
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
    MODEL is a shelf id or a Python model file; DATA is a CSV in NONMEM's form (or a table file of
    NONMEM) or a record (.json). A subject that has no estimate is named with the reason on stderr
    and has empty cells; the others are estimated, and the exit code is 2: a part of the input is
    wrong.
    """
    few_enough(draws)
    found = load(model, _shelf(model))
    try:
        found = with_prior_weight(found, prior_weight)
    except ValueError as error:
        raise WrongInput(str(error)) from None
    dataset = _read(data, found, when, carry)
    for note in dataset.notes:
        click.echo(note, err=True)
    found = expanded(found, occasions_of(found, [s.course for s in dataset.subjects]))
    try:
        varied = with_fixed(found, fixed)
    except ValueError as error:
        raise WrongInput(f"--fix: {error}") from None
    fits: list[_Fitted | str] = []
    total = len(dataset.subjects)
    with working("fitting") as step:
        if method == "map":
            step(f"{total} subjects" if total > 1 else "1 subject")
            modes = _modes(
                varied, dataset.subjects, lambda done: step(f"{done} of {total} subjects")
            )
            fits = [m if isinstance(m, str) else _Fitted(m) for m in modes]
        else:
            for i, subject in enumerate(dataset.subjects):
                step(f"subject {i + 1} of {total}")
                rng = stream(seed, subject.id, found.id, "fit")
                fits.append(_posterior(varied, subject, draws, rng))
    refused = [f for f in fits if isinstance(f, str)]
    if len(refused) == total:
        raise WrongInput(refused[0])
    settled = {i: f for i, f in enumerate(fits) if not isinstance(f, str)}
    rows = [
        _row(found, fixed, subject, settled.get(i), method)
        for i, subject in enumerate(dataset.subjects)
    ]
    # All is computed before anything is written.
    files: list[tuple[str, str]] = []
    if pred is not None:
        etas = {i: with_places(found, fixed, f.mode.eta) for i, f in settled.items()}
        files.append((pred, _csv(_predictions(found, dataset, etas))))
    if page_file is not None:
        # Imported here: most fits need no page, and templates take time to load.
        from equipoise.report.goodness import page

        own = [dataset.subjects[i] for i in settled]
        try:
            files.append((page_file, page(varied, own, [f.mode for f in settled.values()])))
        except ValueError as error:
            raise WrongInput(f"--page: {error}") from None
    if out is not None:
        files.append((out, _csv(rows)))
    for name, text in files:
        write_text(Path(name), text)
    if page_file is not None:
        click.echo(f"written: {page_file}", err=True)
    cautions = [
        f"subject {dataset.subjects[i].id}: {caution}"
        for i, f in settled.items()
        for caution in f.cautions
    ]
    for line in (*cautions, *refused):
        click.echo(line, err=True)
    if refused:
        click.echo(f"{len(refused)} of {total} subjects without an estimate", err=True)
    if method == "posterior" and not as_json:
        click.echo(f"seed: {seed}", err=True)
    if as_json:
        print_json({"model": found.id, "method": method, "seed": seed, "etas": found.etas,
                    "fixed": [e for e in found.etas if e in fixed], "standing": found.standing,
                    "subjects": [{k: None if v == "" else v for k, v in r.items()} for r in rows],
                    "cautions": cautions, "refused": refused})  # fmt: skip
    elif out is None:
        click.echo(_csv(rows), nl=False)
    return 2 if refused else 0


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One subject: its mode, its posterior where that was asked for.

    posterior  without its draws, which for many subjects no memory holds
    moments    (2, k) means and SDs of the draws
    """

    mode: Mode
    posterior: Posterior | None = None
    moments: Array | None = None

    @property
    def cautions(self) -> tuple[str, ...]:
        if self.posterior is not None:
            return self.posterior.cautions
        if self.mode.converged:
            return ()
        return ("the estimate did not settle; look at it before use",)


def _modes(
    model: Model, subjects: Sequence[Subject], progress: Callable[[int], None]
) -> list[Mode | str]:
    """The mode of each subject, or the sentence why there is none."""
    try:
        return list(find_modes(model, subjects, progress=progress))
    except ValueError as error:
        if not spoken(error):
            raise
        if len(subjects) == 1:
            return [str(error)]
    # The estimation stops at the first that it refuses: the halves find which these are.
    half = len(subjects) // 2
    return [
        *_modes(model, subjects[:half], lambda _: None),
        *_modes(model, subjects[half:], lambda _: None),
    ]


def _posterior(
    model: Model, subject: Subject, draws: int, rng: np.random.Generator
) -> _Fitted | str:
    try:
        posterior = draw(model, subject, n=draws, rng=rng)
    except ValueError as error:
        if not spoken(error):
            raise
        return str(error)
    moments = np.stack([posterior.draws.mean(axis=0), posterior.draws.std(axis=0, ddof=1)])
    return _Fitted(posterior.mode, replace(posterior, draws=posterior.draws[:0]), moments)


def _row(
    model: Model, fixed: Sequence[str], subject: Subject, fitted: _Fitted | None, method: str
) -> dict[str, float | str]:
    """The row of a subject: every eta of the model, a held one as 0; empty without an estimate."""
    k = len(model.etas)
    if method == "map":
        names = [*(f"ETA{j + 1}" for j in range(k)), "OFV", "JOINT"]
    else:
        names = [f"ETA{j + 1}_{what}" for j in range(k) for what in ("MEAN", "SD")]
        names += ["ESS", "PARETO_K"]
    values: list[float] = []
    if fitted is not None and fitted.posterior is not None and fitted.moments is not None:
        posterior = fitted.posterior
        both = with_places(model, fixed, fitted.moments).T
        values = [*both.ravel().tolist(), posterior.ess, posterior.pareto_k]
    elif fitted is not None:
        mode = fitted.mode
        values = [*with_places(model, fixed, mode.eta).tolist(), mode.ofv, mode.joint]
    if fitted is None:
        return {"ID": subject.id, **dict.fromkeys(names, "")}
    return {"ID": subject.id, **dict(zip(names, values, strict=True))}


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


def _predictions(
    model: Model, dataset: Dataset, etas: Mapping[int, Array]
) -> list[dict[str, float | str]]:
    """PRED and IPRED of each row; empty for a subject without etas."""
    tables: dict[int, Mapping[str, Array]] = {}
    for i, own_etas in etas.items():
        own = [r for r in dataset.rows if r.subject == i]
        times = np.array([r.time for r in own])
        after = [np.array([row_of(r.after) for r in own])]
        lanes = np.stack([np.zeros(len(model.etas)), own_etas])
        subject = dataset.subjects[i]
        found = simulate(model, [subject.course], [times], etas=lanes, after=after, rtol=1e-9)
        tables[i] = found.values
    place = [0] * len(dataset.subjects)
    rows: list[dict[str, float | str]] = []
    for r in dataset.rows:
        j = place[r.subject]
        place[r.subject] += 1
        subject = dataset.subjects[r.subject]
        # A row that is about no analyte shows the first.
        analyte = r.analyte or model.observations[0].analyte
        pair: tuple[float | str, float | str] = ("", "")
        if r.subject in tables:
            table = tables[r.subject][analyte][0]
            pair = _cell(table[0, j]), _cell(table[1, j])
        rows.append({"ID": subject.id, "TIME": r.hours, "PRED": pair[0], "IPRED": pair[1]})
    return rows


def _cell(number: float) -> float | str:
    return "" if np.isnan(number) else float(number)


def _csv(rows: Sequence[dict[str, float | str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(list(rows[0]))
    for row in rows:
        writer.writerow([v if isinstance(v, str) else f"{v:.10g}" for v in row.values()])
    return out.getvalue()
