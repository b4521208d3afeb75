"""Data sets in NONMEM's form, read into subjects for the estimation.

Columns are matched by header name, ignoring case. Covariates follow NONMEM's rule, those of a
record act on the interval that ends there, or are carried forward. What the estimation cannot do
is refused by row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from equipoise.datafile import (
    MISSING,
    DatasetError,
    Limits,
    Numbers,
    Table,
    labels_of,
    read_table,
    refusal,
    relative_times,
)
from equipoise.kinetics import MODELED_DURATION, MODELED_RATE, DoseEvent, Linear, Schedule
from equipoise.kinetics.schedule import MOST_AT_ONCE, MOST_DOSES, at_once, cancelled
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
from equipoise.readout import RECORD_TIME, entries
from equipoise.steps import Carry, ending_at, holding_from, misread, number_at, own_pieces

_CROWD = (
    f"row {{row}}: more than {MOST_AT_ONCE} doses of its train run, or wait for their lag, at one "
    "time, which is not computed; check AMT, RATE and II, and their units"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input, for writing predictions back in input order.

    time      hours of the engine
    after     as in `Observed`
    observed  place of the row among the subject's levels, or -1
    analyte   what the row is about, "" where it does not say
    stated    TIME of the row, where a restart let it go back; else the same as `time`
    """

    subject: int
    time: float
    after: bool | int
    observed: int
    analyte: str = ""
    stated: float = math.nan

    @property
    def hours(self) -> float:
        """TIME of the row."""
        return self.time if math.isnan(self.stated) else self.stated


@dataclass(frozen=True, slots=True)
class Dataset:
    """Subjects in order of appearance, and the rows they came from.

    notes  sentences on how the file was read, where a reader should know
    """

    subjects: tuple[Subject, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def level_hours(self) -> tuple[tuple[float, ...], ...]:
        """TIME of every level's row, for each subject in the order of its `observed`."""
        found: list[list[float]] = [[] for _ in self.subjects]
        for row in self.rows:
            if row.observed >= 0:
                found[row.subject].append(row.hours)
        return tuple(tuple(hours) for hours in found)

    @property
    def set_back(self) -> str | None:
        """The first subject whose TIME goes back at a restart: an hour names two moments there."""
        back = (row.subject for row in self.rows if not math.isnan(row.stated))
        number = next(back, None)
        return None if number is None else self.subjects[number].id


def read_dataset(path: str | Path, model: Model, *, carry: Carry = Carry.NONMEM) -> Dataset:
    """Read a file in NONMEM's form for a model.

    Columns  ID, TIME, DV and AMT; EVID, CMT, RATE, II, ADDL, SS, MDV, CENS where present; the
             model's covariates under their own names or those of `datafile.COVARIATE_ALIASES`.
             The unit of AMT is the model's dose unit, that of DV the analyte's. A model with a
             layout reads a file whose header differs from it in the layout's order, and says so.
    carry    how long a record's covariates act
    Fails    DatasetError naming row and column.
    """
    return parse_dataset(Path(path).read_text(encoding="utf-8-sig"), model, carry=carry)


def parse_dataset(text: str, model: Model, *, carry: Carry = Carry.NONMEM) -> Dataset:
    """The same from text."""
    table = read_table(text, model.layout)
    for name in ("ID", "TIME", "DV"):
        if name not in table:
            # Without a header line these cells are a subject's: they are not repeated.
            has = ", ".join(table.columns)
            raise DatasetError(
                f"column {name} is missing: "
                + (f"the header has {has}" if "TIME" in table else "write a header")
            )
    table = relative_times(table)
    reader = _Reader(table, model, carry)
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels_of(table)):
        places.setdefault(label, []).append(place)
    subjects = []
    rows: dict[int, Row] = {}
    for number, (label, own) in enumerate(places.items()):
        subjects.append(reader.subject(label, number, own, rows))
    return Dataset(tuple(subjects), tuple(rows[i] for i in range(len(table.rows))), table.notes)


def read_doses(path: str | Path, model: Model) -> list[PlainDose]:
    """The dose rows of a CSV file in NONMEM's columns, without subjects or observations.

    Fails  DatasetError naming row and column.
    """
    try:
        table = read_table(Path(path).read_text(encoding="utf-8-sig"), None)
    except DatasetError as error:
        if "no rows" not in str(error):
            raise
        raise DatasetError(
            "the file of doses has no rows: write TIME,AMT and one row a dose"
        ) from None
    reader = _Reader(table, model, Carry.NONMEM)
    kinds, times, amounts = table.numbers("EVID", 1.0), table.numbers("TIME"), table.numbers("AMT")
    routes = {place: route for route, place in model.routes.items()}
    doses = []
    for place, row in enumerate(table.rows):
        kind = kinds.whole(place)
        if kind not in (1, 4):
            reader.refuse_dose(place, kind)
            continue
        event = reader.dose(place, times[place], amounts[place])
        if at_once(event) > MOST_AT_ONCE:
            raise DatasetError(_CROWD.format(row=row))
        if event.compartment not in routes:
            raise DatasetError(f"row {row}: {model.id} takes no dose into that CMT")
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


class _Reader:
    """What the columns of one table mean for one model."""

    def __init__(self, table: Table, model: Model, carry: Carry) -> None:
        self._table = table
        self._model = model
        self._carry = carry
        self._time = table.numbers("TIME").plain()
        self._kind = table.numbers("EVID", math.nan).plain()
        self._missing = table.numbers("MDV", math.nan).plain()
        self._level = table.numbers("DV").plain()
        self._amount = table.numbers("AMT", 0.0).plain()
        self._steady = table.numbers("SS", 0.0).plain()
        self._compartment = table.numbers("CMT", 0.0)
        self._rate = table.numbers("RATE", 0.0).plain()
        self._interval = table.numbers("II", 0.0).plain()
        self._additional = table.numbers("ADDL", 0.0)
        self._limits = Limits(table, model.layout, model.id)
        self._censored = table.numbers("CENS", 0.0).plain()
        self._of_doses = tuple(
            (name, numbers)
            for name, numbers in (
                ("AMT", self._amount),
                ("RATE", self._rate),
                ("II", self._interval),
                ("ADDL", self._additional),
                ("SS", self._steady),
            )
            if name in table
        )
        self._measured = self._measures()

    # --- one subject ----------------------------------------------------------------------

    def subject(
        self, label: str, number: int, places: Sequence[int], rows: dict[int, Row]
    ) -> Subject:
        """The subject whose rows stand at `places`; its rows are put into `rows`."""
        model, table = self._model, self._table
        stated, levels = self._time, table.columns.get("DV", ())
        kinds, missing = self._kind, self._missing
        doses: list[DoseEvent] = []
        given_by: list[int] = []
        resets: list[float] = []
        reset_rows: list[int] = []
        observed: list[Observed] = []
        times: list[float] = []
        shift = 0.0
        for nth, place in enumerate(places):
            row = table.rows[place]
            time = stated[place] + shift
            amount = self._amount[place]
            steady = self._steady[place]
            if steady not in (0.0, 1.0, 2.0, 3.0):
                raise DatasetError(f"row {row}: SS {steady:g} is not one of 0, 1, 2, 3")
            kind = kinds[place]
            if kind != kind:
                kind = 1.0 if amount or steady else 0.0
            if kind not in (0.0, 1.0, 2.0, 3.0, 4.0):
                raise DatasetError(f"row {row}: EVID {kind:g} is not one of 0, 1, 2, 3, 4")
            if times and time < times[-1]:
                shift += self._started_again(row, kind, times[-1] - time)
                time = stated[place] + shift
            times.append(time)
            if kind not in (1.0, 4.0):
                self.refuse_dose(place, kind)
            if kind >= 3.0:
                resets.append(time)
                reset_rows.append(nth + 1)
                doses = cancelled(doses, time)
            if kind in (1.0, 4.0):
                if steady in (1.0, 3.0):
                    doses = cancelled(doses, time)
                event = replace(self.dose(place, time, amount), row=nth + 1)
                enters = entries(event, model.infusions)
                doses.extend(enters)
                given_by.extend(nth for _ in enters)
            at = -1
            analyte = ""
            if kind in (0.0, 2.0):
                mdv = missing[place]
                counts = kind == 0.0 and not (mdv if mdv == mdv else 0.0)
                if counts and levels[place] in MISSING:
                    counts = self._limits.marked(place)
                what = self._measured(place, counts)
                if what is not None:
                    analyte = what.analyte
                if counts and what is not None:
                    at = len(observed)
                    observed.append(self._observed(what, place, time, nth + 1))
            rows[place] = Row(
                number, time, nth + 1, at, analyte, stated[place] if shift else math.nan
            )
        first = min((d.time for d in doses), default=0.0)
        steps = self._steps(places, times, first)
        breaks = tuple(sorted({t for _, step in steps.values() for t, _ in step[1:]}))
        pieces: dict[str, Array] = {
            name: np.array([number_at(step, edge) for edge in (-math.inf, *breaks)])
            for name, (_, step) in steps.items()
        }
        own = {name: numbers for name, (numbers, _) in steps.items()}
        if breaks:
            rule = self._carry is Carry.NONMEM
            doses, pieces = own_pieces(doses, given_by, own, pieces, breaks, always=rule)
            for level in observed:
                names = misread(model, level, own, pieces, breaks)
                if names:
                    raise DatasetError(
                        f"row {table.rows[places[level.after - 1]]}: the level is predicted from "
                        f"{' and '.join(names)}, where rows of its time disagree; give these rows "
                        "one value or different times"
                    )
        schedule = Schedule(tuple(doses), tuple(resets), breaks, tuple(reset_rows))
        what_happened = Course(schedule, pieces)
        if model.layout is not None or any(d.rate < 0.0 for d in doses):
            given_rows = [table.rows[places[i]] for i in given_by]
            row = table.rows[places[0]]
            what_happened = _as_modeled(what_happened, model, given_rows, times[0], row)
        if any(d.interval and (d.steady or d.rate) for d in doses):
            _refuse_crowds(what_happened, model, [table.rows[places[i]] for i in given_by])
        return Subject(label, what_happened, tuple(observed))

    def refuse_dose(self, place: int, kind: float) -> None:
        """Refuse a row that is no dose and has what belongs to doses.

        Source  NONMEM help, EVID: dose-related items of events 0, 2 and 3 must be zero.
        """
        for name, numbers in self._of_doses:
            if numbers[place]:
                why = f"EVID {kind:g}" if "EVID" in self._table else "AMT and SS are 0"
                raise DatasetError(
                    f"row {self._table.rows[place]}: {name} is not 0 in a row that is no dose "
                    f"({why}); write 0 there, or make it a dose"
                )

    def _started_again(self, row: int, kind: float, behind: float) -> float:
        """Hours by which later rows are moved, where a restart lets TIME go back."""
        model = self._model
        if kind < 3.0:
            raise DatasetError(
                f"row {row}: TIME goes back; sort the rows of a subject by time, or start again "
                "with EVID 3 or 4"
            )
        by_time = any(c.by_time for c in model.covariates.values()) or (
            model.occasions is not None and model.occasions.starts
        )
        if (
            by_time
            or not isinstance(model.structure, Linear)
            or any(o.read is not None for o in model.observations)
        ):
            raise DatasetError(
                f"row {row}: TIME goes back at a restart, and {model.id} may compute with the "
                "time; write the subject as two"
            )
        # An hour in which nothing is left of what was before.
        return behind + 1.0

    def _steps(
        self, places: Sequence[int], times: Sequence[float], first: float
    ) -> dict[str, tuple[list[float], list[tuple[float, float]]]]:
        """Covariates: the number in each record, and (hours, number) steps, each until the next.

        Those from columns, those by time alone, and the occasion.
        first  hours of the first dose
        """
        model, table = self._model, self._table
        forward = self._carry is Carry.FORWARD
        found: dict[str, tuple[list[float], list[tuple[float, float]]]] = {
            CLEARANCE_FACTOR: ([1.0] * len(places), [(times[0], 1.0)])
        }
        for name, column, numbers in self._covariates:
            values = list(self._carried(name, column, numbers, places))
            # Code that computes with the time of the record does so by NONMEM's rule.
            ahead = forward and name != RECORD_TIME
            found[name] = values, (holding_from if ahead else ending_at)(times, values)
        for name, step in time_steps(model, first).items():
            values = [number_at(step, time) for time in times]
            found[name] = values, list(step) if forward else ending_at(times, values)
        column = model.occasions.column.upper() if model.occasions is not None else ""
        if column:
            if column not in table:
                raise DatasetError(
                    f"{model.id} has occasions: add a column {column} that names them"
                )
            named = table.numbers(column)
            values = [named[place] for place in places]
            for place, value in zip(places, values, strict=True):
                if value % 1.0:
                    raise DatasetError(
                        f"row {table.rows[place]}: column {column} names an occasion: whole numbers"
                    )
            found[OCCASION] = values, (holding_from if forward else ending_at)(times, values)
        return found

    @property
    def _covariates(self) -> Iterator[tuple[str, str, Numbers]]:
        for name, covariate in self._model.covariates.items():
            if not covariate.by_time:
                column = self._table.column_of(name, self._model.id)
                yield name, column, self._table.numbers(column)

    def _carried(
        self, name: str, column: str, numbers: Numbers, places: Sequence[int]
    ) -> Iterator[float]:
        covariate = self._model.covariates[name]
        levels = covariate.levels
        cells = self._table.columns[column]
        last: float | None = None
        for place in places:
            if last is not None and self._carry is Carry.FORWARD and cells[place] in MISSING:
                yield last
                continue
            word = levels.get(cells[place]) if levels else None
            last = numbers[place] if word is None else word
            wrong = refusal(name, last, covariate.unit)
            if wrong:
                raise DatasetError(f"row {self._table.rows[place]}: column {column}: {wrong}")
            yield last

    # --- doses and levels -----------------------------------------------------------------

    def dose(self, place: int, time: float, amount: float) -> DoseEvent:
        """The dose of a row."""
        model, row = self._model, self._table.rows[place]
        # 0 means the default compartment for doses.
        usual = model.layout.dose if model.layout is not None else 1
        compartment = self._compartment.whole(place) or usual
        if not 1 <= compartment <= len(model.states):
            raise DatasetError(self._unknown_compartment(place, compartment))
        rate = self._rate[place]
        if rate < 0.0 and rate not in (MODELED_RATE, MODELED_DURATION):
            raise DatasetError(
                f"row {row}: RATE {rate:g} means nothing; it is 0, a rate, -1 (modeled rate) or "
                "-2 (modeled duration)"
            )
        if amount < 0.0:
            raise DatasetError(f"row {row}: AMT is negative; a dose is zero or more")
        interval = self._interval[place]
        additional, steady = self._additional.whole(place), int(self._steady[place])
        if additional < 0:
            raise DatasetError(f"row {row}: ADDL is negative; write how many doses follow")
        if additional > MOST_DOSES:
            raise DatasetError(
                f"row {row}: ADDL is above {MOST_DOSES}, the most of one row; check it, or write "
                "the rest as a row of its own"
            )
        steady = 1 if steady == 3 else steady
        endless = steady and not (additional or amount) and rate != MODELED_DURATION
        # Without a rate as well the system comes to rest, which says something of an ODE alone.
        endless = endless and (rate != 0.0 or not isinstance(model.structure, Linear))
        if (steady or additional) and interval <= 0.0 and not endless:
            raise DatasetError(f"row {row}: SS or ADDL needs an interval II above 0")
        return DoseEvent(
            time=time,
            amount=amount,
            compartment=compartment - 1,
            interval=interval,
            additional=additional,
            steady=steady,
            rate=rate,
        )

    def _unknown_compartment(self, place: int, compartment: int) -> str:
        model = self._model
        if compartment < 0:
            return (
                f"row {self._table.rows[place]}: a negative CMT switches a compartment off, which "
                "is not read; take the row out"
            )
        return (
            f"row {self._table.rows[place]}: CMT {compartment} does not exist; {model.id} has "
            f"{len(model.states)} ({', '.join(model.states)})"
        )

    def _observed(self, what: Observation, place: int, time: float, after: int) -> Observed:
        row = self._table.rows[place]
        mark = 0.0 if "CENS" in self._limits.columns else self._censored[place]
        censored = {0.0: "", 1.0: "<", -1.0: ">"}.get(mark)
        if censored is None:
            raise DatasetError(f"row {row}: CENS is 0, 1 (below the limit in DV) or -1 (above)")
        said = self._limits.of(what.analyte, place)
        censored, level = said or (censored, self._level[place])
        if what.logged:
            # The level itself is kept; the likelihood takes its logarithm again.
            level = math.exp(min(level, 700.0))
        # Below zero an error of measurement is no slip.
        wrong = refusal(what.analyte, level, what.unit) if level > 0.0 else ""
        if wrong:
            raise DatasetError(f"row {row}: column DV: {wrong}")
        return Observed(time, what.analyte, level, censored, after)

    def _measures(self) -> Callable[[int, bool], Observation | None]:
        """How to tell what a row measures: by a column where observations name one, else by CMT.

        The function takes the place of a row and whether its level counts; where it does not, a
        row that says nothing is no failure.
        """
        model, table = self._model, self._table
        if not any(o.rows for o in model.observations):
            return self._by_compartment
        by_value: dict[tuple[str, float], Observation] = {}
        columns: dict[str, Sequence[float]] = {}
        others: Observation | None = None
        said = []
        for observation in model.observations:
            if observation.rows is None:
                continue
            column, values = observation.rows[0].upper(), observation.rows[1]
            if column not in table and column != "CMT":
                raise DatasetError(
                    f"{model.id} needs the column {column}: it says what a row measures"
                )
            columns[column] = table.numbers(column, 0.0).plain()
            for value in values:
                by_value.setdefault((column, value), observation)
            if not values:
                others = observation
            said.append(
                f"{column} {' or '.join(f'{v:g}' for v in values) or 'other'} for "
                f"{observation.analyte}"
            )
        reads = ", ".join(said)

        def measured(place: int, counts: bool) -> Observation | None:
            for column, numbers in columns.items():
                found = by_value.get((column, numbers[place]))
                if found is not None:
                    return found
            if others is None and counts:
                raise DatasetError(
                    f"row {table.rows[place]}: {model.id} does not predict what it measures; it "
                    f"reads {reads}"
                )
            return others

        return measured

    def _by_compartment(self, place: int, counts: bool) -> Observation | None:
        model = self._model
        compartment = self._compartment.whole(place)
        if not 0 <= compartment <= len(model.states) and (counts or compartment < 0):
            raise DatasetError(self._unknown_compartment(place, compartment))
        if len(model.observations) == 1:
            return model.observations[0]
        state = model.states[compartment - 1] if 1 <= compartment <= len(model.states) else None
        matching = [o for o in model.observations if o.state == state]
        if len(matching) == 1:
            return matching[0]
        if not counts:
            return None
        where = ", ".join(
            f"CMT {model.states.index(o.state) + 1} for {o.analyte}"
            for o in model.observations
            if o.state
        )
        raise DatasetError(
            f"row {self._table.rows[place]}: CMT does not say which analyte this is; {model.id} "
            f"reads {where or 'none by CMT: give its observations `rows`'}"
        )


def _as_modeled(
    what: Course, model: Model, given_by: Sequence[int], first: float, first_row: int
) -> Course:
    """The course with its start, where the model has amounts of its own there.

    given_by  row of each dose;  first, first_row  time and row of the subject's first record

    Fails  DatasetError where a parameter is no number, a dose leaves rate or duration to a
           model that has none, or a reset meets initial amounts.
    """
    doses = what.schedule.doses
    table = structural_parameters(model, what, np.zeros((1, len(model.etas))))
    for name in model.parameter_names:
        if not np.isfinite(table[name]).all():
            raise DatasetError(
                f"row {first_row}: {name} of {model.id} is no number for this subject; check its "
                "covariates, and that every case of an IF in the model sets it"
            )
    for code, prefix in ((MODELED_RATE, "RATE"), (MODELED_DURATION, "DURATION")):
        for dose, number in zip(doses, given_by, strict=True):
            name = f"{prefix}_{model.states[dose.compartment]}"
            if dose.rate == code and name not in table:
                raise DatasetError(
                    f"row {number}: RATE {code:g} asks for a modeled {prefix.lower()} into CMT "
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


def _refuse_crowds(what: Course, model: Model, given_by: Sequence[int]) -> None:
    """Refuse trains of which too many doses are on their way at one time to be computed.

    given_by  row of each dose
    """
    table = structural_parameters(model, what, np.zeros((1, len(model.etas))))

    def most(prefix: str, state: str, usual: float) -> float:
        values = table.get(f"{prefix}_{state}", table.get(prefix, usual))
        return float(np.max(values))

    for dose, row in zip(what.schedule.doses, given_by, strict=True):
        state = model.states[dose.compartment]
        many = at_once(
            dose,
            share=most("F", state, 1.0),
            lag=most("LAG", state, 0.0),
            rate=most("RATE", state, math.nan),
            duration=most("DURATION", state, math.nan),
        )
        if many > MOST_AT_ONCE:
            raise DatasetError(_CROWD.format(row=row))
