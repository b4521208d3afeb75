"""`equipoise grade --conventions FILE`: strict answers and those under a site's conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from equipoise.charting import Conventions
from equipoise.cli.grades import text_of
from equipoise.cli.words import print_json, show, table
from equipoise.criterion import Grade
from equipoise.record import Record
from equipoise.report.words import plain, value

Pair = tuple[Grade, Grade]
"""The strict answer, and the other."""

conventions_option = click.option(
    "--conventions", "conventions_file", type=click.Path(dir_okay=False), metavar="FILE",
    help="A site's charting conventions (TOML): when silence means no. Answers stand strict and "
    "under them.",
)  # fmt: skip


def to_json(pair: Pair, conventions: Conventions) -> dict[str, Any]:
    """The strict answer with every key of the contract, and the other under one key more."""
    strict, assumed = pair
    by = {"site": conventions.site, "version": conventions.version}
    return {**strict.to_json(), "under_convention": {**by, **assumed.to_json()}}


def print_pairs(
    pairs: Sequence[Pair], conventions: Conventions, past: Record, *, daily: bool, as_json: bool
) -> None:
    """Both answers side by side, and what was assumed for those that differ."""
    if as_json:
        print_json([to_json(pair, conventions) for pair in pairs])
        return
    rows = [_row(pair, past) for pair in pairs]
    columns = (("criterion", "left"), ("day", "right"), ("strict", "left"),
               ("by convention", "left"), ("why, by convention", "left"))  # fmt: skip
    show(table(columns, rows))
    click.echo(f"Conventions: {conventions.name}. Strict: silence means nothing.")
    if daily:
        open_, closed = _settled(pairs)
        click.echo(
            f"Settled of {open_[1]} answers: {open_[0]} strict, {closed[0]} under the conventions."
        )
        return
    for _, assumed in pairs:
        used = [b for b in assumed.because if b.assumed]
        if not used:
            continue
        click.echo(f"{assumed.criterion} assumed:")
        for b in used:
            line = f"{plain(b.name)} {value(b.value)}, day {past.calendar_day(b.at):+d}"
            click.echo(f"  {line} ({b.assumed})")


def _row(pair: Pair, past: Record) -> tuple[str, ...]:
    strict, assumed = pair
    return (
        strict.criterion,
        f"{past.calendar_day(strict.at):+d}",
        text_of(strict),
        text_of(assumed),
        assumed.sentence,
    )


def _settled(pairs: Sequence[Pair]) -> tuple[tuple[int, int], tuple[int, int]]:
    """(settled, all) strict and by convention, of the answers that apply."""
    applied = [pair for pair in pairs if pair[0].applies]
    strict, assumed = (sum(pair[k].settled for pair in applied) for k in (0, 1))
    return (strict, len(applied)), (assumed, len(applied))
