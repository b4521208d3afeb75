"""`equipoise validate`: what of a record is accepted, converted, refused, and why."""

from __future__ import annotations

import click

from equipoise import files
from equipoise.cli.words import json_option, print_json


@click.command(epilog="Example: equipoise validate src/equipoise/examples/sirolimus_adult.json")
@click.argument("record", type=click.Path(dir_okay=False))
@json_option
def validate(record: str, as_json: bool) -> int:
    """Read a record and print the import report; exit 1 where something was refused."""
    accepted, report = files.import_record(record)
    if as_json:
        print_json({"accepted": accepted is not None, **report.to_json()})
    else:
        for line in report.lines():
            click.echo(line)
    if accepted is None:
        for note in report.refused[:1]:
            click.echo(f"equipoise: {note.field}: {note.text}", err=True)
        return 2
    return 1 if report.refused else 0
