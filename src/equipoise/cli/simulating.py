"""`equipoise simulate`: profiles of a model for dose lines or a table of doses."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence

import click
import numpy as np

from equipoise import models as models_shelf
from equipoise import names, units
from equipoise.chance import stream
from equipoise.cli.errors import WrongInput
from equipoise.cli.simulating_data import cell, refuse_failed, refuse_many, simulate_data
from equipoise.cli.words import (
    carry_option,
    json_option,
    print_json,
    reading,
    seed_option,
    working,
)
from equipoise.datafile import refusal
from equipoise.dataset import read_doses
from equipoise.kinetics import DoseEvent
from equipoise.kinetics.schedule import MOST_AT_ONCE, MOST_DOSES, at_once
from equipoise.model import (
    Covariate,
    Model,
    PlainDose,
    course,
    draw_etas,
    outside_domain,
)
from equipoise.model import simulate as run
from equipoise.modelfile import load
from equipoise.occasions import expanded, occasions_of
from equipoise.profiles import measured, read_etas
from equipoise.readout import RECORD_TIME, record_times
from equipoise.regimen import parse_dose, parse_times


@click.command(
    epilog="Example: equipoise simulate sirolimus_cheng2020 --dose '1.75 mg oral every 24 h x 60' "
    "--times 1415.5 --covariate weight=28.5 --json"
)
@click.argument("model")
@click.option("--dose", "lines", multiple=True, metavar="TEXT",
              help="A dose line: '160 mg iv over 6 h every 24 h x 4 from -120 h'.")  # fmt: skip
@click.option("--doses", "table", type=click.Path(dir_okay=False), metavar="FILE",
              help="Doses as CSV in NONMEM's columns instead.")  # fmt: skip
@click.option("--data", type=click.Path(dir_okay=False), metavar="FILE",
              help="A data set in NONMEM's form: its doses, covariates and rows.")  # fmt: skip
@click.option("--times", metavar="SPEC",
              help="0,12,23.5 or 0:720:1 (hours; d after a number for days); with --data: instead "
              "of the times of its rows.")  # fmt: skip
@click.option("--covariate", "pairs", multiple=True, metavar="NAME=VALUE",
              help="weight=12.5, cyp3a5=expresser, 'bilirubin=30 umol/L'.")  # fmt: skip
@click.option("--auc", "windows", multiple=True, metavar="FROM:TO",
              help="Also the AUC over a window of hours, in analyte unit x h.")  # fmt: skip
@click.option("--population", type=click.IntRange(min=1), metavar="N",
              help="N virtual patients with variability and residual error; with --data: the data "
              "set N times over.")  # fmt: skip
@click.option("--etas", type=click.Path(dir_okay=False), metavar="FILE",
              help="The patients of a file that fit has written, without residual "
              "error.")  # fmt: skip
@carry_option
@click.option(
    "--omit-variability",
    is_flag=True,
    help="The typical patient without residual error (the default without --population).",
)
@seed_option
@json_option
def simulate(
    model: str,
    lines: tuple[str, ...],
    table: str | None,
    data: str | None,
    times: str | None,
    pairs: tuple[str, ...],
    windows: tuple[str, ...],
    population: int | None,
    etas: str | None,
    carry: str | None,
    omit_variability: bool,
    seed: int,
    as_json: bool,
) -> int:
    """Concentrations of a model over time.

    MODEL is a shelf id or a Python model file. Doses start at 0 h unless a line says from; a
    sample at a dose time is taken before the dose.
    """
    found = load(model, {m.id: m for m in models_shelf.ALL})
    chosen = [
        name
        for name, given in (
            ("--omit-variability", omit_variability),
            ("--population", population is not None),
            ("--etas", etas is not None),
        )
        if given
    ]
    if len(chosen) > 1:
        raise WrongInput(f"{' and '.join(chosen)} exclude each other; leave one out")
    sources = bool(lines) + (table is not None) + (data is not None)
    if sources > 1 or (not sources and found.routes):
        raise WrongInput("give the doses as --dose lines, as one --doses file or as one --data set")
    if data is not None:
        for name, given in (("--covariate", pairs), ("--auc", windows)):
            if given:
                raise WrongInput(f"{name} does not go with --data; leave it out")
        return simulate_data(
            found, data, times=times, population=population, etas=etas, carry=carry, seed=seed,
            as_json=as_json,
        )  # fmt: skip
    if carry is not None:
        raise WrongInput("--carry goes with --data; leave it out")
    if times is None:
        raise WrongInput("say when: --times 0,12,23.5 or 0:720:1")
    values, echoed = covariates(found, pairs)
    if table is None:
        doses = _doses(found, lines, values)
    else:
        with reading(table):
            doses = read_doses(table, found)
    clock = np.array(parse_times(times))
    spans = [_window(w) for w in windows]
    rng = stream(seed, found.id, "simulate")
    steps: dict[str, float | Sequence[tuple[float, float]]] = {
        name: value for name, value in values.items() if name in found.covariates
    }
    every = np.unique(np.concatenate([clock, *(np.array(s) for s in spans)]))
    # Before anything is made for each of them. Windows of an AUC are samples too.
    refuse_many((population or 1) * len(every), f"{population or 1} patients x {len(every)} times")
    if RECORD_TIME in found.covariates and RECORD_TIME not in steps:
        steps[RECORD_TIME] = record_times([*_dose_times(doses), *every])
    missing = [n for n, c in found.covariates.items() if c.required and n not in steps]
    if missing:
        raise WrongInput(
            f"{found.id} needs the covariate {missing[0]}: --covariate {missing[0]}=..."
        )
    what = course(found, doses, covariates=steps)
    found = expanded(found, occasions_of(found, [what]))
    ids: list[str | int] = []
    drawn = None
    if etas is not None:
        with reading(etas):
            known = read_etas(etas, found)
        ids, drawn = list(known), np.array(list(known.values()))
        refuse_many(len(ids) * len(every), f"{len(ids)} patients of --etas x {len(every)} times")
    elif population is not None:
        ids, drawn = list(range(1, population + 1)), draw_etas(found, population, rng)
    with working("simulating"):
        prediction = run(found, [what], every, etas=drawn)
    if population is None:
        refuse_failed(
            found,
            [
                (f"ID {ids[k]}" if ids else "the typical patient", r)
                for _, k, r in prediction.failed
            ],
        )
    for o in found.observations:
        if spans and not o.state:
            raise WrongInput(f"--auc: {o.analyte} is no amount over a volume; leave --auc out")
    rows = []
    lanes = len(ids) or 1
    places = np.searchsorted(every, clock)
    for lane in range(lanes):
        for place in places:
            row: dict[str, float | int | str] = {"id": ids[lane]} if ids else {}
            row["time"] = float(every[place])
            for o in found.observations:
                value = prediction.values[o.analyte][0, lane, place]
                if population is not None:
                    value = measured(value, o, prediction, (0, lane, int(place)), rng)
                row[o.analyte] = float(value)
            rows.append(row)
    areas = [
        {
            "from": low, "to": high, **({"id": ids[lane]} if ids else {}),
            **{
                o.analyte: float(
                    prediction.areas[o.analyte][0, lane, np.searchsorted(every, high)]
                    - prediction.areas[o.analyte][0, lane, np.searchsorted(every, low)]
                )
                for o in found.observations
            },
        }
        for low, high in spans
        for lane in range(lanes)
    ]  # fmt: skip
    cautions = [
        *outside_domain(found, values),
        *(f"{n} not given: {found.id} computes with its reference {c.reference:g} {c.unit}"
          for n, c in found.covariates.items()
          if n not in values and n != RECORD_TIME and not c.by_time),
        *(f"patient {ids[lane] if ids else 1}: {reason}" for _, lane, reason in prediction.failed),
    ]  # fmt: skip
    if not found.standing.may_feed_options:
        cautions.insert(0, f"{found.id} is {found.standing.word}: NOT FOR DOSING")
    if as_json:
        document = {
            "model": found.id,
            "seed": seed,
            "units": {o.analyte: o.unit for o in found.observations},
            "covariates": echoed,
            "rows": rows,
            "cautions": cautions,
        }
        if spans:
            document["auc"] = areas
        print_json(document)
        return 0
    for caution in cautions:
        click.echo(f"caution: {caution}", err=True)
    if population is not None:
        click.echo(f"seed: {seed}", err=True)
    click.echo(_csv(found, rows, areas), nl=False)
    return 0


def covariates(model: Model, pairs: Sequence[str]) -> tuple[dict[str, float], dict[str, str]]:
    """NAME=VALUE pairs as the model's equations want them, and as they were understood.

    A bare number is in the canonical unit of the vocabulary; one with a unit carries its own.
    Besides what the equations read: what the model's domain speaks of, and the weight and surface
    of doses per kg or m2.
    """
    also = {"weight": "kg", "bsa": "m2", **{n: r.unit for n, r in model.domain.items()}}
    values: dict[str, float] = {}
    echoed: dict[str, str] = {}
    for pair in pairs:
        name, sign, text = (part.strip() for part in pair.partition("="))
        if not sign or not text:
            raise WrongInput(f"--covariate {pair}: write NAME=VALUE, as in weight=12.5")
        read = [n for n, c in model.covariates.items() if not c.by_time]
        if name not in read and name not in also:
            have = ", ".join(dict.fromkeys((*read, *also)))
            raise WrongInput(f"--covariate {name}: {model.id} does not read it; it reads: {have}")
        if name in values:
            raise WrongInput(f"--covariate {name}: it is given twice; leave one out")
        wanted = model.covariates.get(name) or Covariate(also[name], reference=math.nan)
        if wanted.levels:
            if text not in wanted.levels:
                raise WrongInput(
                    f"--covariate {name}: {text!r} is not one of {', '.join(wanted.levels)}"
                )
            values[name], echoed[name] = wanted.levels[text], text
            continue
        canonical = _canonical(name, wanted.unit)
        try:
            quantity = units.parse(text)
        except units.UnitError as error:
            raise WrongInput(f"--covariate {name}: {error}") from None
        if quantity.comparator:
            raise WrongInput(f"--covariate {name}: a bound is not a value; write the number")
        unit = canonical if quantity.unit == "1" else quantity.unit
        try:
            number = float(units.convert(float(quantity.number), unit, wanted.unit, substance=name))
        except units.UnitError as error:
            raise WrongInput(f"--covariate {name}: {error}") from None
        if number <= 0.0 and wanted.unit != "1":
            raise WrongInput(f"--covariate {name}: must be above zero")
        wrong = refusal(name, number, wanted.unit)
        if wrong:
            raise WrongInput(f"--covariate {name}: {wrong}")
        values[name] = number
        echoed[name] = f"{float(quantity.number):g} {unit}"
    return values, echoed


def _canonical(name: str, fallback: str) -> str:
    if name in names.MEASUREMENTS:
        return names.MEASUREMENTS[name].unit
    return fallback


def _doses(model: Model, lines: Sequence[str], values: Mapping[str, float]) -> list[PlainDose]:
    doses = []
    for line in lines:
        regimen = parse_dose(line)
        if not model.routes:
            raise WrongInput(f"--dose {line!r}: {model.id} knows no doses; leave it out")
        route = regimen.route or next(iter(model.routes))
        if route not in model.routes:
            raise WrongInput(
                f"--dose {line!r}: {model.id} has no {route} route; it has "
                f"{', '.join(model.routes)}"
            )
        try:
            amount = regimen.total(
                model.dose_unit, weight=values.get("weight"), surface=values.get("bsa")
            )
        except units.UnitError:
            raise WrongInput(
                f"--dose {line!r}: {model.id} takes doses in {model.dose_unit}; write the amount "
                f"so, as in '1 {model.dose_unit}'"
            ) from None
        impossible = names.dose_refusal(
            model.agent, regimen.amount, hours=regimen.duration,
            weight=values.get("weight"), surface=values.get("bsa"),
        )  # fmt: skip
        if impossible:
            raise WrongInput(f"--dose {line!r}: {impossible}")
        if regimen.count > MOST_DOSES:
            raise WrongInput(
                f"--dose {line!r}: x {regimen.count} is above {MOST_DOSES}, the most doses of one "
                "line; check it, write the rest as a line of its own with 'from', or 'at steady "
                "state'"
            )
        dose = PlainDose(
            regimen.start, amount, route, regimen.duration, regimen.interval,
            regimen.count - 1, int(regimen.steady),
        )  # fmt: skip
        event = DoseEvent(
            time=dose.time, amount=amount, duration=dose.duration, interval=dose.interval,
            additional=dose.additional, steady=dose.steady,
        )  # fmt: skip
        if at_once(event) > MOST_AT_ONCE:
            raise WrongInput(
                f"--dose {line!r}: more than {MOST_AT_ONCE} of its infusions run at one time; "
                "check 'over' and 'every'"
            )
        doses.append(dose)
    return doses


def _window(text: str) -> tuple[float, float]:
    ends = text.split(":")
    if len(ends) != 2:
        raise WrongInput(f"--auc {text}: write FROM:TO in hours, as in 0:24")
    low, high = parse_times(ends[0])[0], parse_times(ends[1])[0]
    if high <= low:
        raise WrongInput(f"--auc {text}: the window must end after it begins")
    return low, high


def _dose_times(doses: Sequence[PlainDose]) -> list[float]:
    return [d.time + k * d.interval for d in doses for k in range(d.additional + 1)]


def _csv(
    model: Model,
    rows: Sequence[Mapping[str, float | str]],
    areas: Sequence[Mapping[str, float | str]],
) -> str:
    out = io.StringIO()
    header = [*(["id"] if rows and "id" in rows[0] else []), "time", *model.analytes]
    if areas:
        header.append("auc")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        line = [cell(row[h]) for h in header if h != "auc"]
        writer.writerow([*line, ""] if areas else line)
    for area in areas:
        cells = {"time": f"{area['from']:g}:{area['to']:g}"}
        if "id" in area:
            cells["id"] = cell(area["id"])
        cells["auc"] = cell(area[model.analytes[0]])
        writer.writerow([cells.get(h, "") for h in header])
    return out.getvalue()
