"""`equipoise import`: a NONMEM control stream as a model file."""

from __future__ import annotations

import re
from pathlib import Path

import click

from equipoise import units
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import json_option, print_json, reading, write_text
from equipoise.nonmem import (
    Naming,
    StreamError,
    read_estimates,
    read_stream,
    translate,
    write_model,
)


@click.command(
    "import",
    epilog="Example: equipoise import examples/models/oral_one_compartment.mod --out out/oral.py",
)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE",
              help="The model file, ending in .py; default: stdout.")  # fmt: skip
@click.option("--estimates", type=click.Path(dir_okay=False), metavar="FILE.ext",
              help="NONMEM's .ext file: its final estimates are taken.")  # fmt: skip
@click.option("--agent", default="", metavar="NAME", help="The drug, as records name it.")
@click.option("--analyte", "analytes", multiple=True, metavar="NAME",
              help="What DV is; once for each that the stream predicts.")  # fmt: skip
@click.option(
    "--unit",
    default="1",
    metavar="UNIT",
    show_default=True,
    help="Unit of DV; 1: a number without one.",
)
@click.option("--dose-unit", default="mg", show_default=True, metavar="UNIT", help="Unit of AMT.")
@click.option("--covariate", "pairs", multiple=True, metavar="COLUMN=NAME",
              help="A column as records call it: WT=weight.")  # fmt: skip
@json_option
def import_(
    file: str,
    out: str | None,
    estimates: str | None,
    agent: str,
    analytes: tuple[str, ...],
    unit: str,
    dose_unit: str,
    pairs: tuple[str, ...],
    as_json: bool,
) -> int:
    """Read a NONMEM control stream and write it as a model that every other command accepts.

    What cannot be translated is refused with its line and the reason; nothing is approximated.
    """
    path = Path(file)
    if out is not None and Path(out).suffix != ".py":
        raise WrongInput(f"--out {out}: a model file ends in .py")
    if not path.is_file():
        raise WrongInput(f"{file} does not exist; check the path")
    with reading(file):
        text = path.read_text(encoding="utf-8")
    if not any(line.lstrip().startswith("$") for line in text.splitlines()):
        # Whatever else it is, a patient's record for one, is not repeated.
        raise WrongInput(f"{path.name} is no control stream: no line of it begins with $PROBLEM")
    for option, text_of_unit in (("--unit", unit), ("--dose-unit", dose_unit)):
        try:
            units.unit(text_of_unit)
        except units.UnitError as error:
            raise WrongInput(f"{option}: {error}") from None
    covariates = {}
    for pair in pairs:
        column, sign, name = (part.strip() for part in pair.partition("="))
        if not sign or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise WrongInput(f"--covariate {pair}: write COLUMN=NAME, as in WT=weight")
        covariates[column.upper()] = name
    stem = re.sub(r"\W+", "_", Path(out or file).stem).strip("_").lower() or "imported"
    naming = Naming(
        id=stem, file=path.name, agent=agent, dose_unit=dose_unit, unit=unit,
        analytes=analytes, covariates=covariates,
    )  # fmt: skip
    try:
        stream = read_stream(text)
        if estimates is not None:
            with reading(estimates):
                stream = read_estimates(stream, Path(estimates).read_text(encoding="utf-8"))
        found = translate(stream)
        source = write_model(found, naming)
    except StreamError as error:
        raise WrongInput(f"{path.name}: {error}") from None
    notes = list(found.notes)
    if estimates is None:
        notes.append(
            "the numbers are the stream's own (initial estimates, unless it was updated); "
            "--estimates FILE.ext takes the final ones"
        )
    if out is not None:
        write_text(Path(out), source)
    if as_json:
        print_json(
            {
                "model": naming.id,
                "file": out,
                "advan": stream.advan,
                "trans": stream.trans,
                "closed_form": found.body.linear,
                "states": found.body.states,
                "thetas": len(stream.thetas),
                "etas": len(stream.omega),
                "covariates": [covariates.get(n, n) for n in found.covariates],
                "analytes": len(found.readouts),
                "notes": notes,
                **({} if out is not None else {"source": source}),
            }
        )
        return 0
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if out is None:
        click.echo(source, nl=False)
    else:
        click.echo(f"{out}: {len(found.readouts)} analyte(s), {len(stream.omega)} eta(s)", err=True)
    return 0
