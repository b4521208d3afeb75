"""`equipoise policy`: a dosing strategy from a file, applied to one record."""

from __future__ import annotations

import click

from equipoise import models as models_shelf
from equipoise import targets as targets_shelf
from equipoise.advice import Situation, advise
from equipoise.cli.assessing import research_option
from equipoise.cli.words import (
    at_option,
    json_option,
    moment,
    percent,
    print_json,
    read_record,
    seed_option,
    show,
    table,
    three,
    working,
)
from equipoise.clock import clock_text
from equipoise.criterion import Truth
from equipoise.guidance import ALL
from equipoise.modelfile import unreproduced
from equipoise.names import agent
from equipoise.plan import GateError
from equipoise.policy import PolicyError
from equipoise.record import Record
from equipoise.strategy import Ahead, Proposed, Strategy, propose, read_strategy

SHOWN = 8
"""Candidates of a model that are printed; `--json` has all."""


@click.command(
    epilog="Example: equipoise policy src/equipoise/examples/atg_adult_unrelated.json "
    "examples/atg_fixed.toml --at day-2T18:00"
)
@click.argument("record", type=click.Path(dir_okay=False))
@click.argument("file", type=click.Path(dir_okay=False))
@at_option
@research_option
@seed_option
@json_option
def policy(
    record: str, file: str, when: str | None, research: bool, seed: int, as_json: bool
) -> int:
    """What the dosing strategy in FILE (TOML) proposes for RECORD: doses, rounding, deadlines.

    Nothing is changed in RECORD; doses given, held or stopped are left alone.
    """
    shelf = {m.id: m for m in models_shelf.ALL}
    strategy = read_strategy(file, shelf, {t.id: t for t in targets_shelf.ALL})
    model = strategy.model
    if model is not None and shelf.get(model.id) is not model and not research:
        why = unreproduced(model)
        if why:
            raise GateError(why)
    patient = read_record(record)
    at = moment(when, patient)
    past = patient.assuming_turnaround().until(at)
    with working("weighing") as step:
        step(strategy.kind)
        try:
            found = propose(strategy, past, at, research=research, seed=seed)
        except PolicyError as error:
            # With one record there is no doubt whose it is, and its id stays out of logs.
            raise PolicyError(str(error).removeprefix(f"record {past.id}: ")) from None
    label = _label_says(found, strategy)
    if as_json:
        print_json(_document(found, strategy, past, label, seed=seed, research=research))
        return 0
    _print(found, strategy, past, label)
    return 0


def _label_says(found: Proposed, strategy: Strategy) -> tuple[str, ...]:
    """What labels say of this agent's infusions, premedication and use, for the plan proposed."""
    known = {strategy.agent, agent(strategy.agent).label.lower()}
    said = []
    for each in advise(ALL, Situation(found.plan, found.at)):
        rule = each.recommendation
        text = f"{rule.title} {rule.statement}".lower()
        if rule.label_status and each.applies is Truth.MET and any(name in text for name in known):
            said.append(f"{rule.title}: {each.detail}" if each.detail else rule.title)
    return tuple(said)


def _change(dose: Ahead, unit: str) -> str:
    if dose.before is None:
        return "new"
    if not dose.changeable:
        return "too near to change"
    if abs(dose.before - dose.amount) < 1e-9:
        return "as planned"
    return f"planned until now: {dose.before:.4g} {unit}"


def _clock(past: Record, at: float) -> str:
    return f"{clock_text(past.clock(at))} (day {past.calendar_day(at):+d})"


def _print(found: Proposed, strategy: Strategy, past: Record, label: tuple[str, ...]) -> None:
    unit = found.protocol.unit
    head = f"{strategy.agent}, {strategy.kind.replace('_', ' ')} ({strategy.source.text})"
    if found.watermark:
        head = f"{found.watermark}  {head}"
    rows = [
        (
            _clock(past, d.at), f"{d.amount:.4g} {unit}" if d.amount else "none",
            f"{d.duration:g} h" if d.duration else "", _change(d, unit),
        )
        for d in found.ahead
    ]  # fmt: skip
    columns = (("dose at", "left"), ("amount", "right"), ("over", "right"), ("change", "left"))
    show(head, table(columns, rows))
    rounding = list(dict.fromkeys(d.rounding.text for d in found.ahead if d.rounding))
    for text in rounding:
        if found.protocol.vial > 0.0:
            click.echo(f"rounding: {text}")
    if found.vials:
        click.echo(f"rounding, typical patient, doses given included: {found.vials}")
    if found.last_changeable is not None:
        click.echo(f"last dose that can still be changed: {_clock(past, found.last_changeable)}")
    if found.last_level is not None:
        click.echo(
            f"last draw whose result can change it: {_clock(past, found.last_level.drawn)}, "
            f"back {strategy.turnaround:g} h later"
        )
    if found.weighed is not None and found.weighed.candidates:
        _print_weighed(found, strategy)
    for text in label:
        click.echo(f"label: {text}")
    for caution in found.cautions:
        click.echo(f"caution: {caution}")


def _print_weighed(found: Proposed, strategy: Strategy) -> None:
    assert found.weighed is not None
    unit = found.protocol.unit
    rows = [
        (
            f"{c.amount:g} {unit} each from {c.start:g} h", percent(c.within),
            three(c.exposure[1]), f"{three(c.exposure[0])}-{three(c.exposure[2])}",
        )
        for c in found.weighed.candidates[:SHOWN]
    ]  # fmt: skip
    windows = " and ".join(f"{t.metric.value} {t.window}" for t in strategy.targets)
    columns = (("weighed", "left"), ("all windows", "right"), ("median", "right"),
               ("90 % band", "right"))  # fmt: skip
    levels = found.weighed.levels
    behind = f"{levels} level{'' if levels == 1 else 's'} behind these odds"
    show(f"{windows}; {behind}", table(columns, rows))


def _document(
    found: Proposed,
    strategy: Strategy,
    past: Record,
    label: tuple[str, ...],
    *,
    seed: int,
    research: bool,
) -> dict[str, object]:
    unit = found.protocol.unit
    return {
        "record": found.record,
        "at": found.at,
        "seed": seed,
        "strategy": strategy.kind,
        "agent": strategy.agent,
        "source": strategy.source,
        "research": research,
        "watermark": found.watermark,
        "doses": [
            {
                "at": d.at, "clock": past.clock(d.at).isoformat(timespec="minutes"),
                "amount": d.amount, "unit": unit, "duration": d.duration, "planned": d.before,
                "changeable": d.changeable, "rounding": d.rounding,
                "rounding_text": d.rounding.text if d.rounding else None,
            }
            for d in found.ahead
        ],
        "changes": len(found.events),
        "last_changeable": found.last_changeable,
        "last_draw": found.last_level.drawn if found.last_level else None,
        "turnaround": strategy.turnaround,
        "model": strategy.model.id if strategy.model else None,
        "targets": [t.id for t in strategy.targets],
        "levels": found.weighed.levels if found.weighed else None,
        "candidates": found.weighed.candidates if found.weighed else [],
        "rounding_exposure": found.vials or None,
        "label": label,
        "cautions": found.cautions,
    }  # fmt: skip
