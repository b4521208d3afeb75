"""Data sets in NONMEM's form, read into subjects for the estimation.

Columns are matched by header name, ignoring case. Covariates follow NONMEM's rule: those of a
record act on the interval that ends there. What the estimation cannot do is refused by row.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from equipoise.kinetics import MODELED_DURATION, MODELED_RATE, DoseEvent, Schedule
from equipoise.likelihood import Observed, Subject
from equipoise.model import (
    CLEARANCE_FACTOR,
    OCCASION,
    Array,
    Course,
    Model,
    Observation,
    PlainDose,
    structural_parameters,
    time_steps,
)
from equipoise.readout import Layout

COVARIATE_ALIASES: Mapping[str, tuple[str, ...]] = {
    "weight": ("WT", "BW", "WEIGHT", "WGT"),
    "height": ("HT", "HEIGHT", "HGT"),
    "age": ("AGE",),
    "sex": ("SEX",),
    "bsa": ("BSA",),
    "hematocrit": ("HCT", "HEMATOCRIT"),
    "bilirubin": ("TBIL", "BILI", "BILIRUBIN"),
    "creatinine": ("CR", "SCR", "CREATININE"),
    "cyp3a5": ("CYP3A5",),
    "conditioning": ("RIC", "CONDITIONING"),
}
"""Column names under which a covariate of the vocabulary is looked for, besides its own."""


class DatasetError(ValueError):
    """A data set that cannot be read: one sentence with the row's number and the column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input, for writing predictions back in input order.

    observed  place of the row among the subject's levels, or -1
    """

    subject: int
    time: float
    after: bool
    observed: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """Subjects in order of appearance, and the rows they came from.

    notes  sentences on how the file was read, where a reader should know
    """

    subjects: tuple[Subject, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def read_dataset(path: str | Path, model: Model) -> Dataset:
    """Read a CSV file in NONMEM's form for a model.

    Columns  ID, TIME, DV and AMT; EVID, CMT, RATE, II, ADDL, SS, MDV, CENS where present; the
             model's covariates under their own names or those of `COVARIATE_ALIASES`. The unit of
             AMT is the model's dose unit, that of DV the analyte's. A model with a layout reads a
             file whose header differs from it in the layout's order, and says so.
    Fails    DatasetError naming row and column.
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    return parse_dataset(text, model)


def read_doses(path: str | Path, model: Model) -> list[PlainDose]:
    """The dose rows of a CSV file in NONMEM's columns, without subjects or observations.

    Fails  DatasetError naming row and column.
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    lines = [line for line in csv.reader(text.splitlines()) if any(c.strip() for c in line)]
    if len(lines) < 2:
        raise DatasetError("the file of doses has no rows: write TIME,AMT and one row a dose")
    header = _upper(lines[0], model)
    routes = {place: route for route, place in model.routes.items()}
    doses = []
    for number, line in enumerate(lines[1:], start=2):
        cells = dict(zip(header, (c.strip() for c in line), strict=False))
        if int(_number(cells, "EVID", number, 1.0)) not in (1, 4):
            continue
        event = _dose(
            cells,
            number,
            _number(cells, "TIME", number),
            _number(cells, "AMT", number),
            int(_number(cells, "SS", number, 0.0)),
            model,
        )
        if event.compartment not in routes:
            raise DatasetError(f"row {number}: {model.id} takes no dose into that CMT")
        doses.append(
            PlainDose(
                event.time,
                event.amount,
                routes[event.compartment],
                event.duration,
                event.interval,
                event.additional,
                event.steady,
                event.rate,
            )
        )
    return doses


def parse_dataset(text: str, model: Model) -> Dataset:
    """The same from text: comma-separated, or a table as NONMEM writes it (`TABLE NO.` first)."""
    # Rows are numbered as a text editor numbers them, blank lines and titles included.
    plain = [(i, line) for i, line in enumerate(text.splitlines(), start=1) if line.strip()]
    lines: list[tuple[int, list[str]]]
    if plain and plain[0][1].startswith("TABLE NO"):
        lines = [(i, line.split()) for i, line in plain if not line.startswith("TABLE NO")]
        lines = [*lines[:1], *(line for line in lines[1:] if line[1] != lines[0][1])]
    elif model.layout is not None and plain and "," not in plain[0][1]:
        lines = [(i, line.split()) for i, line in plain]
    else:
        cells_of = csv.reader(line for _, line in plain)
        lines = [(i, cells) for (i, _), cells in zip(plain, cells_of, strict=True)]
        lines = [(i, cells) for i, cells in lines if any(c.strip() for c in cells)]
    notes: tuple[str, ...] = ()
    if model.layout is not None:
        lines, notes = _laid_out(lines, model.layout)
    if len(lines) < 2:
        raise DatasetError("the data set has no rows: write a header line and one row an event")
    header = _upper(lines[0][1], model)
    for name in ("ID", "TIME", "DV"):
        if name not in header:
            # Without a header line these cells are a subject's: they are not repeated.
            has = f"the header has {', '.join(header)}" if "TIME" in header else "write a header"
            raise DatasetError(f"column {name} is missing: {has}")
    order: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for number, line in lines[1:]:
        if len(line) != len(header):
            raise DatasetError(
                f"row {number} has {len(line)} cells, the header {len(header)}: check commas"
            )
        cells = dict(zip(header, (c.strip() for c in line), strict=True))
        order.setdefault(_label(cells["ID"]), []).append((number, cells))
    subjects, rows = [], []
    by_number: dict[int, Row] = {}
    for place, (label, records) in enumerate(order.items()):
        subject, subject_rows = _subject(label, place, records, model)
        subjects.append(subject)
        by_number.update(subject_rows)
    rows = [by_number[n] for n in sorted(by_number)]
    return Dataset(tuple(subjects), tuple(rows), notes)


def _upper(header: Sequence[str], model: Model) -> list[str]:
    """Names of columns in upper case, by the names that the model's layout gives them."""
    names = [c.strip().lstrip("#").upper() for c in header]
    aliases = model.layout.aliases if model.layout is not None else {}
    return [aliases.get(name, name) for name in names]


def _laid_out(
    lines: Sequence[tuple[int, list[str]]], layout: Layout
) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    """The rows under a header that names the layout's columns, and what to say about it."""
    if not lines:
        return [], ()
    number, first = lines[0]
    headed = not _is_number(first[0])
    rows = [line for line in lines[headed:] if not layout.skips(line[1][0])]
    header = [c.strip().lstrip("#").upper() for c in first]
    columns = [name or f"_{i}" for i, name in enumerate(layout.columns)]
    note = ""
    if headed and layout.matches(header):
        # What stands beyond $INPUT is not read, but for our own mark of censored levels.
        columns += ["CENS" if c == "CENS" else f"_{c}" for c in header[len(columns) :]]
    else:
        # A header that differs is NONMEM's to skip: it reads by place.
        said = "the header differs from $INPUT" if headed else "the file has no header"
        note = f"{said}: columns are read in its order, {', '.join(c for c in layout.columns if c)}"
        short = [(row, cells) for row, cells in rows if len(cells) < len(columns)]
        if short:
            raise DatasetError(
                f"row {short[0][0]} has {len(short[0][1])} cells, and {said}: it needs the "
                f"{len(columns)} columns of $INPUT in its order"
            )
        rows = [(row, cells[: len(columns)]) for row, cells in rows]
    return [(number if headed else 0, columns), *rows], (note,) if note else ()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _subject(
    label: str, place: int, records: Sequence[tuple[int, dict[str, str]]], model: Model
) -> tuple[Subject, dict[int, Row]]:
    doses: list[DoseEvent] = []
    given_by: list[int] = []
    resets: list[float] = []
    observed: list[Observed] = []
    rows: dict[int, Row] = {}
    times: list[float] = []
    changed_at: set[float] = set()
    for place_record, (number, cells) in enumerate(records):
        time = _number(cells, "TIME", number)
        if times and time < times[-1]:
            raise DatasetError(f"row {number}: TIME goes back; sort the rows of a subject by time")
        times.append(time)
        amount = _number(cells, "AMT", number, 0.0)
        steady = int(_number(cells, "SS", number, 0.0))
        if steady not in (0, 1, 2):
            raise DatasetError(f"row {number}: SS {steady} is not one of 0, 1, 2")
        evid = int(_number(cells, "EVID", number, 1.0 if amount or steady else 0.0))
        if evid not in (0, 1, 2, 3, 4):
            raise DatasetError(f"row {number}: EVID {evid} is not one of 0, 1, 2, 3, 4")
        if evid in (3, 4):
            resets.append(time)
            doses = _cancelled(doses, time)
        if evid in (1, 4):
            if steady == 1:
                doses = _cancelled(doses, time)
            doses.append(_dose(cells, number, time, amount, steady, model))
            given_by.append(place_record)
        if evid in (1, 3, 4):
            changed_at.add(time)
        after = time in changed_at
        missing = int(_number(cells, "MDV", number, 0.0 if evid == 0 else 1.0))
        place_observed = -1
        if evid == 0 and missing == 0 and cells["DV"] not in ("", ".", "NA"):
            place_observed = len(observed)
            observed.append(_observed(cells, number, time, after, model))
        rows[number] = Row(place, time, after, place_observed)
    own = _own(records, times, model, min((d.time for d in doses), default=0.0))
    covariates = {name: _ending_at(times, numbers) for name, numbers in own.items()}
    breaks = tuple(sorted({t for step in covariates.values() for t, _ in step[1:]}))
    pieces: dict[str, Array] = {
        name: np.array([_at(step, edge) for edge in (-np.inf, *breaks)])
        for name, step in covariates.items()
    }
    doses, pieces = _own_pieces(doses, given_by, own, pieces, breaks)
    schedule = Schedule(doses=tuple(doses), resets=tuple(resets), breaks=breaks)
    what = Course(schedule, pieces)
    if model.layout is not None or any(d.rate < 0.0 for d in doses):
        what = _as_modeled(what, model, [records[i][0] for i in given_by], times[0])
    return Subject(label, what, tuple(observed)), rows


def _own(
    records: Sequence[tuple[int, dict[str, str]]],
    times: Sequence[float],
    model: Model,
    first: float,
) -> dict[str, list[float]]:
    """Numbers of the covariates in each record: from columns, by time alone, and the occasion.

    first  hours of the first dose
    """
    found: dict[str, list[float]] = {CLEARANCE_FACTOR: [1.0] * len(records)}
    for name, covariate in model.covariates.items():
        if covariate.by_time:
            continue
        column = _column(name, records[0][1], model)
        numbers = []
        for number, cells in records:
            value = covariate.levels.get(cells[column])
            numbers.append(_number(cells, column, number) if value is None else value)
        found[name] = numbers
    for name, step in time_steps(model, first).items():
        found[name] = [_at(step, time) for time in times]
    column = model.occasions.column.upper() if model.occasions is not None else ""
    if column:
        if column not in records[0][1]:
            raise DatasetError(f"{model.id} has occasions: add a column {column} that names them")
        found[OCCASION] = [_number(cells, column, number) for number, cells in records]
        for (number, _), named in zip(records, found[OCCASION], strict=True):
            if not named.is_integer():
                raise DatasetError(
                    f"row {number}: column {column} names an occasion: whole numbers"
                )
    return found


def _own_pieces(
    doses: Sequence[DoseEvent],
    given_by: Sequence[int],
    own: Mapping[str, Sequence[float]],
    pieces: Mapping[str, Array],
    breaks: Sequence[float],
) -> tuple[list[DoseEvent], dict[str, Array]]:
    """Doses with the covariates of their own record, which may hold on no stretch of time.

    A record's covariates act on the interval that ends there, and on the dose of the record; the
    piece in force at the dose's time already is the next record's.
    """
    grown = {name: list(values) for name, values in pieces.items()}
    named = []
    for dose, place in zip(doses, given_by, strict=True):
        wanted = {name: numbers[place] for name, numbers in own.items()}
        left = int(np.searchsorted(breaks, dose.time, side="left"))
        right = int(np.searchsorted(breaks, dose.time, side="right"))
        count = len(next(iter(grown.values())))
        fitting = [
            p
            for p in (right, left, *range(len(breaks) + 1, count))
            if all(grown[name][p] == value for name, value in wanted.items())
        ]
        if not fitting:
            for name, values in grown.items():
                values.append(wanted.get(name, values[right]))
            fitting = [count]
        named.append(dose if fitting[0] == right else replace(dose, piece=fitting[0]))
    return named, {name: np.array(values) for name, values in grown.items()}


def _as_modeled(what: Course, model: Model, given_by: Sequence[int], first: float) -> Course:
    """The course with its start, where the model has amounts of its own there.

    given_by  row of each dose;  first  time of the subject's first record

    Fails  DatasetError where a dose leaves rate or duration to a model that has none, or a reset
           meets initial amounts.
    """
    doses = what.schedule.doses
    table = structural_parameters(model, what, np.zeros((1, len(model.etas))))
    for code, prefix in ((MODELED_RATE, "RATE"), (MODELED_DURATION, "DURATION")):
        for dose, number in zip(doses, given_by, strict=True):
            name = f"{prefix}_{model.states[dose.compartment]}"
            if dose.rate == code and name not in table:
                raise DatasetError(
                    f"row {number}: RATE {code:g} asks for a modelled {prefix.lower()} into CMT "
                    f"{dose.compartment + 1}; {model.id} has none"
                )
    if not any(name.startswith("START_") for name in table):
        return what
    if what.schedule.resets:
        raise DatasetError(
            f"EVID 3 or 4 restarts the system, and {model.id} starts from amounts of its own; "
            "write the subject as two"
        )
    return replace(what, start=first)


def _cancelled(doses: Sequence[DoseEvent], time: float) -> list[DoseEvent]:
    """Doses recorded so far, without the additional ones still pending when the system restarts.

    Source  NONMEM help, SS and EVID: a restart zeroes the amounts and cancels pending additional
            doses.
    """
    kept = []
    for dose in doses:
        if dose.additional:
            past = math.ceil((time - dose.time) / dose.interval - 1e-9) - 1
            dose = replace(dose, additional=max(0, min(dose.additional, past)))
        kept.append(dose)
    return kept


def _dose(
    cells: Mapping[str, str], number: int, time: float, amount: float, steady: int, model: Model
) -> DoseEvent:
    # 0 means the default compartment for doses.
    usual = model.layout.dose if model.layout is not None else 1
    compartment = int(_number(cells, "CMT", number, 0.0)) or usual
    if not 1 <= compartment <= len(model.states):
        raise DatasetError(
            f"row {number}: CMT {compartment} does not exist; {model.id} has "
            f"{len(model.states)} ({', '.join(model.states)})"
        )
    rate = _number(cells, "RATE", number, 0.0)
    if rate < 0.0 and rate not in (MODELED_RATE, MODELED_DURATION):
        raise DatasetError(
            f"row {number}: RATE {rate:g} means nothing; it is 0, a rate, -1 (modelled rate) or "
            "-2 (modelled duration)"
        )
    if amount < 0.0:
        raise DatasetError(f"row {number}: AMT is negative; a dose is zero or more")
    interval = _number(cells, "II", number, 0.0)
    additional = int(_number(cells, "ADDL", number, 0.0))
    if additional < 0:
        raise DatasetError(f"row {number}: ADDL is negative; write how many doses follow")
    if (steady or additional) and interval <= 0.0:
        raise DatasetError(f"row {number}: SS or ADDL needs an interval II above 0")
    return DoseEvent(
        time=time,
        amount=amount,
        compartment=compartment - 1,
        interval=interval,
        additional=additional,
        steady=steady,
        rate=rate,
    )


def _observed(
    cells: Mapping[str, str], number: int, time: float, after: bool, model: Model
) -> Observed:
    observation = _measured(cells, number, model)
    censored = {0: "", 1: "<", -1: ">"}.get(int(_number(cells, "CENS", number, 0.0)))
    if censored is None:
        raise DatasetError(f"row {number}: CENS is 0, 1 (below the limit in DV) or -1 (above)")
    level = _number(cells, "DV", number)
    if observation.logged:
        # The level itself is kept; the likelihood takes its logarithm again.
        level = math.exp(min(level, 700.0))
    return Observed(time, observation.analyte, level, censored, after)


def _measured(cells: Mapping[str, str], number: int, model: Model) -> Observation:
    """What a row measures: by its column where observations name one, else by CMT."""
    if any(o.rows for o in model.observations):
        return _by_column(cells, number, model)
    if len(model.observations) == 1:
        return model.observations[0]
    compartment = int(_number(cells, "CMT", number, 0.0))
    matching = [o for o in model.observations if model.states.index(o.state) == compartment - 1]
    if len(matching) != 1:
        raise DatasetError(f"row {number}: CMT does not say which analyte this is")
    return matching[0]


def _by_column(cells: Mapping[str, str], number: int, model: Model) -> Observation:
    others = None
    said = []
    for observation in model.observations:
        if observation.rows is None:
            continue
        column, values = observation.rows
        if column not in cells and column != "CMT":
            raise DatasetError(f"{model.id} needs the column {column}: it says what a row measures")
        here = _number(cells, column, number, 0.0)
        if here in values:
            return observation
        if not values:
            others = observation
        said.append(f"{column} {' or '.join(f'{v:g}' for v in values)} for {observation.analyte}")
    if others is None:
        raise DatasetError(
            f"row {number}: {model.id} does not predict what it measures; it reads "
            f"{', '.join(said)}"
        )
    return others


def _ending_at(times: Sequence[float], numbers: Sequence[float]) -> list[tuple[float, float]]:
    """Steps of numbers that each act on the interval ending at its own time."""
    step: list[tuple[float, float]] = []
    for i, number in enumerate(numbers):
        if not step or number != step[-1][1]:
            step.append((times[i - 1] if i else times[0], number))
    return step


def _column(name: str, header: Mapping[str, str], model: Model) -> str:
    """The column of a covariate: its own name, or one of its aliases."""
    for column in (name.upper(), *COVARIATE_ALIASES.get(name, ())):
        if column in header:
            return column
    raise DatasetError(f"{model.id} needs the covariate {name}: add a column {name.upper()}")


def _at(step: Sequence[tuple[float, float]], edge: float) -> float:
    value = step[0][1]
    for start, number in step[1:]:
        if start <= edge:
            value = number
    return value


def _label(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def _number(cells: Mapping[str, str], column: str, row: int, default: float | None = None) -> float:
    text = cells.get(column, "")
    if text in ("", ".", "NA"):
        if default is None:
            raise DatasetError(f"row {row}: column {column} is empty; write a number")
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DatasetError(f"row {row}: column {column} is not a number")
    return number
