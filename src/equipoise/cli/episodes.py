"""`equipoise grade --episodes`: onset, peak, resolution and recurrence of each syndrome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from equipoise.charting import Conventions
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import print_json, show, table, working
from equipoise.criterion import Criterion
from equipoise.episodes import (
    COUNTED,
    DEATH,
    NEXT_INFUSION,
    OPEN,
    RESOLVED,
    Between,
    Episode,
    episodes,
)
from equipoise.record import Record
from equipoise.report.why import span_of

episodes_option = click.option(
    "--episodes", "as_episodes", is_flag=True,
    help="Onset, peak, resolution and recurrence of each syndrome up to WHEN.",
)  # fmt: skip


def print_episodes(
    criteria: Sequence[Criterion],
    past: Record,
    at: float,
    site: Conventions | None,
    *,
    asked: bool,
    as_json: bool,
) -> None:
    """Episodes up to `at`; with conventions, those under them beneath the strict ones.

    asked  the criteria were named: one that has no episodes is refused, not left out
    """
    for criterion in criteria if asked else ():
        if not criterion.has_episodes:
            raise WrongInput(
                f"--criterion {criterion.id} is a score and has no episodes; leave --episodes out"
            )
    chosen = [c for c in criteria if c.has_episodes]
    found: dict[str, list[Episode]] = {}
    with working("episodes") as step:
        for conventions in (None,) if site is None else (None, site):
            name = "" if conventions is None else conventions.name
            found[name] = []
            for criterion in chosen:
                step(criterion.id)
                found[name] += episodes(criterion, past, at, conventions=conventions)
    if as_json:
        print_json(
            [{**e.to_json(), "under_convention": name or None}
             for name, each in found.items() for e in each]
        )  # fmt: skip
        return
    for name, each in found.items():
        if site is not None:
            click.echo(f"Under {name}" if name else "Strict")
        _print(each, past, {c.id: c for c in chosen})


def _print(found: Sequence[Episode], past: Record, of: Mapping[str, Criterion]) -> None:
    certain = [e for e in found if e.certain]
    several = len({e.infusion for e in found if e.infusion is not None}) > 1

    def after(e: Episode) -> str:
        return "" if e.infusion is None else f"infusion of {_day(past.calendar_day(e.infusion))}"

    if certain:
        columns = [("criterion", "left"), ("no", "right"), ("onset", "left"), ("peak", "left"),
                   ("end", "left"), ("to know", "left")]  # fmt: skip
        rows = [_row(e, of[e.criterion]) for e in certain]
        if several:
            # The days of two infusions look alike: which one is meant stands beside them.
            columns.insert(1, ("after", "left"))
            rows = [(r[0], after(e), *r[1:]) for r, e in zip(rows, certain, strict=True)]
        show(table(columns, rows))
        click.echo("Days are calendar days since the infusion that counts, else since day 0.")
    else:
        click.echo("No episode is certain.")
    possible: dict[str, list[str]] = {}
    for e in found:
        if not e.certain:
            first = "the start" if e.onset.after is None else _day(e.onset.day_after)
            last = "the end" if e.resolution.by is None else _day(e.resolution.day_by)
            name = f"{e.criterion}, {after(e)}" if several and after(e) else e.criterion
            possible.setdefault(name, []).append(f"{first} to {last}")
    if possible:
        click.echo("Cannot be excluded, from day to day:")
        for name, stretches in possible.items():
            line = f"{name}: {', '.join(dict.fromkeys(stretches))}"
            click.echo(
                click.wrap_text(line, width=100, initial_indent="  ", subsequent_indent="    ")
            )


def _row(e: Episode, of: Criterion) -> tuple[str, ...]:
    return (
        e.criterion, str(e.number), _days(e.onset), span_of(of, e.low, e.high), _end(e),
        "; ".join(_notes(e)),
    )  # fmt: skip


def _day(day: int | None) -> str:
    return "?" if day is None else f"{day:+d}"


def _days(when: Between) -> str:
    if when.day_after == when.day_by:
        return _day(when.day_by)
    return f"{_day(when.day_after)} to {_day(when.day_by)}"


def _end(e: Episode) -> str:
    last = _day(e.resolution.day_after)
    words = {
        RESOLVED: _days(e.resolution),
        OPEN: f"open, last seen {last}",
        DEATH: f"death, last seen {last}",
        NEXT_INFUSION: f"next infusion, last seen {last}",
        COUNTED: "counted, does not fall",
    }
    return words[e.ended]


def _notes(e: Episode) -> list[str]:
    found = []
    if e.renewed is False:
        found.append("no new fever: rests on the fever waiver of an earlier episode")
    if e.renewed is None and e.recurrence and e.criterion.startswith("crs"):
        found.append("a new fever is not known")
    if e.pauses:
        count = len(e.pauses)
        found.append(f"may have been gone {count} time{'s' if count > 1 else ''} in between")
    for spell in e.spells:
        first, last = spell.first, spell.last
        text = f"{_counted(*spell.days)} d, day {first[0]}"
        if first[1] not in (None, first[0]):
            text += f" or later, by {first[1]}"
        text += f" to {last[1]}" if last[0] in (None, last[1]) else f" to {last[0]} or {last[1]}"
        found.append(text + (", running" if spell.running else ""))
    return found


def _counted(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
