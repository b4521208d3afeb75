"""`equipoise commission`: a center's last courses through each candidate model, against limits."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from equipoise import commissioning
from equipoise import models as models_shelf
from equipoise import replay as replaying
from equipoise import targets as targets_shelf
from equipoise.assessment import to_json
from equipoise.cli.errors import WrongInput
from equipoise.cli.replaying import is_dataset, records_of, replayed
from equipoise.cli.shelf import nearest
from equipoise.cli.words import (
    MOST_DRAWS,
    carry_option,
    json_option,
    print_json,
    reading,
    seed_option,
    show,
    table,
    working,
    write_text,
)
from equipoise.commissioning import Commissioned, Finding, Limits
from equipoise.formulary import version_of
from equipoise.model import Model
from equipoise.modelfile import load
from equipoise.replay import NO_WINDOW
from equipoise.report.commissioned import Signed, commissioned_page, limit_text, value_text
from equipoise.target import Target
from equipoise.version import DISCLAIMER, VERSION


@click.command(
    epilog="Example: equipoise commission examples/site_sirolimus.csv --site 'Example center' "
    "--model sirolimus_cheng2020 --target sirolimus_child_cytopenia_5_15 "
    "--limits examples/limits.toml --out out/site"
)
@click.argument("data", nargs=-1, required=True, type=click.Path())
@click.option("--model", "asked", multiple=True, metavar="ID",
              help="Candidate: shelf id or Python model file; may be given several times. Default, "
              "for records: every model of the shelf for the drugs given.")  # fmt: skip
@click.option("--target", metavar="ID",
              help="Window of troughs: the odds that a level lies in it are held against what "
              "happened.")  # fmt: skip
@click.option("--limits", "limits_file", type=click.Path(dir_okay=False), metavar="FILE",
              help="TOML, set beforehand; default: the project's conventions.")  # fmt: skip
@click.option("--site", default="", metavar="NAME", help="Of the center, for the page.")
@click.option("--on", "when", metavar="DATE", help="Date of the page; default: today.")
@click.option("--out", type=click.Path(file_okay=False), metavar="DIR",
              help="commissioning.html (to sign) and commissioning.json there.")  # fmt: skip
@click.option("--draws", type=click.IntRange(min=100), default=replaying.DRAWS, show_default=True,
              help=f"For the bands and odds, at most {MOST_DRAWS}.")  # fmt: skip
@click.option("--assume-turnaround", "turnaround", type=click.Path(dir_okay=False), metavar="FILE",
              help="TOML: how long results take, where a record does not say.")  # fmt: skip
@carry_option
@seed_option
@json_option
def commission(
    data: tuple[str, ...],
    asked: tuple[str, ...],
    target: str | None,
    limits_file: str | None,
    site: str,
    when: str | None,
    out: str | None,
    draws: int,
    turnaround: str | None,
    carry: str | None,
    seed: int,
    as_json: bool,
) -> int:
    """Replay a center's courses DATA through each candidate model and hold it to limits.

    DATA is what `equipoise replay` reads: records (tidy CSV, JSON, folders), or one CSV in NONMEM's
    form. The page is to be printed and signed; nothing is approved by running this.
    """
    on = _date(when)
    limits = commissioning.parse_limits({})
    if limits_file is not None:
        limits = commissioning.read_limits(limits_file)
    if limits.set_on is not None and limits.set_on > on:
        raise WrongInput(
            f"--limits {limits_file}: set_on {limits.set_on} lies after the date of the page, "
            f"{on}; limits are set before the courses are looked at"
        )
    window = _target(target)
    models = _models(asked, data, window)
    digest = _digest(data)
    found: list[Commissioned] = []
    with working("commissioning") as step:
        for model in models:
            inside = NO_WINDOW if window is None else commissioning.window_of(window, model)
            step(model.id)
            answer = replayed(
                model, data, seed=seed, draws=draws, turnaround=turnaround, carry=carry,
                window=inside, step=step,
            )  # fmt: skip
            found.append(
                commissioning.judge(answer, limits, target=window, version=version_of(model))
            )
    signed = Signed(
        site=site or "site not given",
        on=on.isoformat(),
        version=VERSION,
        data=tuple(Path(place).name for place in data),
        digest=digest,
        limits="" if limits_file is None else _digest([limits_file]),
        seed=seed,
        draws=draws,
    )
    if out is not None:
        _write(found, limits, signed, Path(out))
    if as_json:
        print_json(_document(found, limits, signed))
        return 0
    _print(found, limits, signed)
    if out is not None:
        click.echo(f"written: {Path(out) / 'commissioning.html'}", err=True)
    return 0


def _date(written: str | None) -> date:
    if written is None:
        return date.today()
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise WrongInput(f"--on {written} is no date; write it as 2026-11-22") from None


def _target(id_: str | None) -> Target | None:
    if id_ is None:
        return None
    shelf = {t.id: t for t in targets_shelf.ALL}
    if id_ not in shelf:
        raise WrongInput(f"--target {id_}: no such target; {nearest(id_, shelf)}")
    return shelf[id_]


def _models(asked: Sequence[str], data: Sequence[str], target: Target | None) -> list[Model]:
    shelf = {m.id: m for m in models_shelf.ALL}
    if asked:
        return [load(name, shelf) for name in dict.fromkeys(asked)]
    if is_dataset(data):
        raise WrongInput(
            "a data set does not say which drug it is of: name the candidates with --model"
        )
    agents = {agent for record in records_of(data) for agent in record.agents()}
    found = [m for m in models_shelf.ALL if m.agent in agents]
    if target is not None:
        found = [m for m in found if m.agent == target.agent and target.analyte in m.analytes]
    if not found:
        raise WrongInput(
            "no model of the shelf is for the drugs in these records; name one with --model"
        )
    return found


def _digest(places: Sequence[str]) -> str:
    """Hash of the bytes of files, and of folders' files in the order of their names."""
    made = hashlib.sha256()
    for place in places:
        path = Path(place)
        files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
        for file in files:
            with reading(str(file)):
                made.update(hashlib.sha256(file.read_bytes()).digest())
    return made.hexdigest()[:16]


def _document(
    found: Sequence[Commissioned], limits: Limits, signed: Signed, *, whole: bool = False
) -> dict[str, Any]:
    models = []
    for one in found:
        row = to_json(one)
        if not whole:
            # Each forecast stands in the file; a person at a terminal asks for the answer.
            row["replay"] = {k: v for k, v in row["replay"].items() if k != "forecasts"}
        models.append(row)
    return {
        **to_json(signed),
        "limits_set_on": to_json(limits.set_on),
        "limits_set_by": limits.set_by,
        "models": models,
        "disclaimer": DISCLAIMER,
    }


def _write(found: Sequence[Commissioned], limits: Limits, signed: Signed, folder: Path) -> None:
    page = commissioned_page(found, limits, signed)
    document = _document(found, limits, signed, whole=True)
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(folder / "commissioning.html", page)
    write_text(folder / "commissioning.json", text)


def _print(found: Sequence[Commissioned], limits: Limits, signed: Signed) -> None:
    click.echo(f"{signed.site}, {signed.on}; data {signed.digest}, seed {signed.seed}")
    if limits.set_on is None:
        click.echo("limits: the project's conventions, not the center's own")
    else:
        click.echo(f"limits: set on {limits.set_on} by {limits.set_by or 'nobody named'}; "
                   "those marked * are the project's conventions")  # fmt: skip
    for one in found:
        click.echo("")
        click.echo(
            f"{one.model} (version {one.version}): {one.verdict.upper()}; {one.courses} patients, "
            f"{one.levels} levels, {one.unforecast} without a forecast"
        )
        columns = (("measure", "left"), ("n", "right"), ("found", "right"),
                   ("90 % interval", "right"), ("limit", "right"), ("answer", "left"))  # fmt: skip
        for stage, label in commissioning.STAGES.items():
            click.echo(f"{label}, % or percentage points")
            show(table(columns, [_row(f) for f in one.judged if f.stage == stage]))
        for why in one.because:
            click.echo(f"why: {why}")
        for caution in one.replay.cautions[:6]:
            click.echo(f"caution: {caution}")
    click.echo("")
    click.echo(DISCLAIMER)


def _row(f: Finding) -> list[str]:
    interval = "-" if math.isnan(f.low) else f"{value_text(f, f.low)} to {value_text(f, f.high)}"
    mark = "*" if f.default else ""
    return [
        f.label, str(f.n), value_text(f, f.value), interval,
        limit_text(f) + mark, f.answer,
    ]  # fmt: skip
