"""The text of a data set: separators, comments, rows left out, columns as numbers, clock times.

What the columns mean is for `dataset`; under which name a covariate stands is known here. Numbers
are read a column at a time; what is no number is refused only where it is needed, by row.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from equipoise import names, units
from equipoise.readout import Censored, Condition, Layout

MISSING = frozenset({"", ".", "NA"})
"""Cells that say nothing."""

DATES: Mapping[str, str] = {"DATE": "mdy", "DAT1": "dmy", "DAT2": "ymd", "DAT3": "ydm"}
"""Columns of calendar dates and the order of their parts.

Source  NONMEM help, DATE.
"""


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

_WHOLE = re.compile(r"[+-]?[0-9]{1,300}(?:\.0*)?")
_TABULATED = re.compile(r"[+-]?[0-9]\.[0-9]+E[+-][0-9]{2}")
"""A number as NONMEM's tables write it: 7.0000E+00."""

_EXACT = 2**53
"""Below it, a double holds every whole number."""


class DatasetError(ValueError):
    """A data set that cannot be read: one sentence with the row's number and the column."""


class Numbers:
    """A column as numbers; what is missing or no number is refused where it is asked for."""

    __slots__ = ("_column", "_gaps", "_rows", "values")

    def __init__(
        self, column: str, rows: Sequence[int], values: list[float | str], *, gaps: bool
    ) -> None:
        self._column = column
        self._rows = rows
        self._gaps = gaps
        self.values = values

    def __getitem__(self, place: int) -> float:
        value = self.values[place]
        if isinstance(value, str):
            said = "is empty; write a number" if value in MISSING else "is not a number"
            raise DatasetError(f"row {self._rows[place]}: column {self._column} {said}")
        return value

    def plain(self) -> Sequence[float]:
        """The same to be read by place; faster where every cell is a number."""
        return self if self._gaps else self.values  # type: ignore[return-value]

    def whole(self, place: int) -> int:
        """The number, which has to be a whole one."""
        value = self[place]
        if value % 1.0:
            raise DatasetError(
                f"row {self._rows[place]}: column {self._column} is a code; write a whole number"
            )
        return int(value)


@dataclass(frozen=True, slots=True)
class Table:
    """A data set as columns of text.

    rows     number of each row in the file, as a text editor numbers them
    columns  name in upper case -> cells
    notes    sentences on how the file was read, where a reader should know
    twice    names that stand twice in the header: which of the two is meant is not known
    """

    rows: tuple[int, ...]
    columns: Mapping[str, Sequence[str]]
    notes: tuple[str, ...] = ()
    twice: frozenset[str] = frozenset()
    _numbers: dict[tuple[str, float | None], Numbers] = field(default_factory=dict)

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def numbers(self, column: str, default: float | None = None) -> Numbers:
        """A column as numbers; `default` stands for missing cells, and for a missing column.

        Fails  DatasetError where the header has it twice.
        """
        if column in self.twice:
            raise DatasetError(f"column {column} stands twice in the header: keep one")
        found = self._numbers.get((column, default))
        if found is None:
            empty = "" if default is None else default
            values: list[float | str]
            if column in self.columns:
                # Most columns say the same few things over and over.
                cells = self.columns[column]
                known = {cell: _number(cell, default) for cell in set(cells)}
                values = [known[cell] for cell in cells]
                gaps = any(isinstance(value, str) for value in known.values())
            else:
                values = [empty] * len(self.rows)
                gaps = default is None
            found = Numbers(column, self.rows, values, gaps=gaps)
            self._numbers[column, default] = found
        return found

    def with_column(self, column: str, cells: Sequence[str]) -> Table:
        """The same table with a column added or replaced."""
        return Table(self.rows, {**self.columns, column: cells}, self.notes, self.twice)

    def column_of(self, covariate: str, model: str) -> str:
        """The column of a covariate of a model: its own name, or one of its aliases.

        Fails  DatasetError where there is none, or more than one.
        """
        names = dict.fromkeys((covariate.upper(), *COVARIATE_ALIASES.get(covariate, ())))
        found = [name for name in names if name in self]
        if not found:
            raise DatasetError(
                f"{model} needs the covariate {covariate}: add a column {covariate.upper()}"
            )
        if len(found) > 1:
            raise DatasetError(
                f"columns {' and '.join(found)} are both names of the covariate {covariate}: keep "
                "one, or rename the one that is something else"
            )
        return found[0]


class Limits:
    """Which rows of a table hold a limit instead of a level, as a model's layout says.

    Fails  DatasetError where a column that says so is missing.
    """

    def __init__(self, table: Table, layout: Layout | None, model: str) -> None:
        self._table = table
        self._model = model
        self._said = layout.censored if layout is not None else ()
        for each in self._said:
            for column in (each.column, each.limit):
                if isinstance(column, str) and column not in table:
                    raise DatasetError(
                        f"{model} needs the column {column}: it says which levels lie below or "
                        "above a limit"
                    )

    @property
    def columns(self) -> frozenset[str]:
        """Columns that say which rows."""
        return frozenset(each.column for each in self._said)

    def marked(self, place: int) -> bool:
        """Whether the row of a place holds a limit whatever stands in DV."""
        return any(
            each.side and each.column != "DV" and each.limit != "DV"
            and self._table.numbers(each.column, math.nan)[place] in each.values
            for each in self._said
        )  # fmt: skip

    def of(self, analyte: str, place: int) -> tuple[str, float] | None:
        """(side, limit) of a row that measures an analyte; None where it holds a level.

        Fails  DatasetError where the row says neither.
        """
        own = [each for each in self._said if each.analyte == analyte]
        others: Censored | None = None
        for each in own:
            value = self._table.numbers(each.column)[place]
            if each.column == "DV":
                limit = self._limit(each, place)
                beyond = value < limit if each.side == "<" else value > limit
                return (each.side, limit) if beyond or (each.equal and value == limit) else None
            if value in each.values:
                return (each.side, self._limit(each, place)) if each.side else None
            others = others if each.values else each
        if others is None and own:
            raise DatasetError(
                f"row {self._table.rows[place]}: {own[0].column} has a number for which "
                f"{self._model} says neither level nor limit of {analyte}"
            )
        return (others.side, self._limit(others, place)) if others and others.side else None

    def _limit(self, each: Censored, place: int) -> float:
        if isinstance(each.limit, float):
            return each.limit
        return self._table.numbers(each.limit)[place]


def read_table(text: str, layout: Layout | None) -> Table:
    """The columns of a data set: commas, tabs or spaces between cells; or as NONMEM writes it
    (`TABLE NO.` first). Rows that begin with # are comments.

    layout  names the columns where the header does not, and says which rows to leave out
    Fails   DatasetError where there is no row, or one that does not fit the header.
    """
    plain = [(i, line) for i, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not plain:
        raise DatasetError("the data set has no rows: write a header line and one row an event")
    first = plain[0][1]
    lines: list[tuple[int, list[str]]]
    if first.startswith("TABLE NO"):
        lines = [(i, line.split()) for i, line in plain if not line.startswith("TABLE NO")]
        lines = [*lines[:1], *(line for line in lines[1:] if line[1] != lines[0][1])]
    elif "," in first:
        simple = '"' not in text and " " not in text and "\t" not in text
        lines = _cells(plain, ",", simple=simple)
    elif "\t" in first:
        lines = _cells(plain, "\t", simple=False)
        while layout is None and lines and not lines[0][1][-1]:
            # A tab at the end of the header names nothing.
            lines[0][1].pop()
    elif ";" in first:
        raise DatasetError("cells are separated by semicolons: write commas, and decimal points")
    else:
        lines = [(i, line.split()) for i, line in plain]
    if not lines:
        raise DatasetError("the data set has no rows: write a header line and one row an event")
    between = "commas" if "," in first else "tabs" if "\t" in first else "spaces"
    notes: tuple[str, ...] = ()
    if layout is not None:
        lines, notes = _laid_out(lines, layout)
    else:
        lines = [*lines[:1], *(line for line in lines[1:] if not line[1][0].startswith("#"))]
    if len(lines) < 2:
        raise DatasetError("the data set has no rows: write a header line and one row an event")
    aliases = layout.aliases if layout is not None else {}
    header = [name.strip().lstrip("#").upper() for name in lines[0][1]]
    header = [aliases.get(name, name) for name in header]
    twice = frozenset(name for name in header if header.count(name) > 1)
    for name in header:
        if name in twice and name in _MEANT:
            raise DatasetError(f"column {name} stands twice in the header: keep one")
    for number, cells in lines[1:]:
        if len(cells) > len(header) and not any(cells[len(header) :]):
            # Separators at the end of a line.
            del cells[len(header) :]
        if len(cells) != len(header):
            raise DatasetError(
                f"row {number} has {len(cells)} cells, the header {len(header)}: check {between}; "
                "an empty cell is written ."
            )
    columns = dict(zip(header, zip(*(cells for _, cells in lines[1:]), strict=True), strict=True))
    return Table(tuple(number for number, _ in lines[1:]), columns, notes, twice)


def _cells(
    plain: Sequence[tuple[int, str]], separator: str, *, simple: bool
) -> list[tuple[int, list[str]]]:
    """Cells of lines; simple: without quotes and blanks, as most files are."""
    if simple:
        lines = [(i, line.split(separator)) for i, line in plain]
    else:
        rows = list(csv.reader((line for _, line in plain), delimiter=separator))
        if len(rows) != len(plain):
            raise DatasetError("a quotation mark is opened and not closed on its line: check them")
        lines = [
            (i, [cell.strip() for cell in cells]) for (i, _), cells in zip(plain, rows, strict=True)
        ]
    return [(i, cells) for i, cells in lines if any(cells)]


_MEANT = ("ID", "TIME", "DV", "AMT", "EVID", "CMT", "RATE", "II", "ADDL", "SS", "MDV", "CENS",
          *DATES)  # fmt: skip


def _laid_out(
    lines: Sequence[tuple[int, list[str]]], layout: Layout
) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    """The rows under a header that names the layout's columns, and what to say about it."""
    number, first = lines[0]
    header = [c.strip().lstrip("#").upper() for c in first]
    matches = layout.matches(header)
    # A header may begin with an empty name; a row of a subject A1 holds numbers too.
    headed = matches or not any(_is_number(cell) for cell in first)
    body = lines[headed:]
    rows = [line for line in body if not layout.skips(line[1][0])]
    remarks = sum(cells[0].startswith("#") for _, cells in body)
    columns = [name or f"_{i}" for i, name in enumerate(layout.columns)]
    notes = []
    if matches:
        # What stands beyond $INPUT is not read, but for our own mark of censored levels.
        columns += ["CENS" if c == "CENS" else f"_{c}" for c in header[len(columns) :]]
    else:
        # A header that differs is NONMEM's to skip: it reads by place.
        said = "the header differs from $INPUT" if headed else "the file has no header"
        if headed:
            _refuse_moved([layout.aliases.get(name, name) for name in header], layout)
        heedless = ", whatever the header calls them" if headed else ""
        notes.append(f"{said}: columns are read in its order, {_in_order(layout)}{heedless}")
        short = [(row, cells) for row, cells in rows if len(cells) < len(columns)]
        if short:
            raise DatasetError(
                f"row {short[0][0]} has {len(short[0][1])} cells, and {said}: it needs the "
                f"{len(columns)} columns of $INPUT in its order"
            )
        width = len(first) if headed else len(rows[0][1]) if rows else 0
        for row, cells in rows:
            if len(cells) < width or any(cells[width:]):
                raise DatasetError(
                    f"row {row} has {len(cells)} cells, the first line {width}, and {said}: which "
                    "cell is which column is not known; write every cell, and . for an empty one"
                )
        rows = [(row, cells[: len(columns)]) for row, cells in rows]
    skipped = len(body) - len(rows) - remarks
    if skipped:
        what = "a letter or @" if layout.ignore == "@" else layout.ignore
        notes.append(
            f"{skipped} row(s) are left out: they begin with {what}, IGNORE={layout.ignore} of the "
            "stream"
        )
    kept = [line for line in rows if _kept(line, layout)]
    if len(kept) < len(rows):
        notes.append(f"{len(rows) - len(kept)} row(s) are left out, as $DATA of the stream says")
    if not kept and len(body) > remarks:
        raise DatasetError(
            f"no row is left to read: {'; '.join(notes)}; number the subjects, or change $DATA and "
            "import the stream again"
        )
    return [(number if headed else 0, columns), *kept], tuple(notes)


def _in_order(layout: Layout) -> str:
    """The columns of $INPUT, those that are not read too."""
    return ", ".join(name or "(one that is dropped)" for name in layout.columns)


def _refuse_moved(header: Sequence[str], layout: Layout) -> None:
    """Refuse a header in which a name of $INPUT stands at another place: name and place disagree,
    and only the writer knows which is meant.
    """
    for place, name in enumerate(layout.columns):
        if name and name in header and header[place : place + 1] != [name]:
            raise DatasetError(
                f"the header has {name} as column {header.index(name) + 1}, $INPUT as column "
                f"{place + 1}: put the columns in the order of $INPUT ({_in_order(layout)}), or, "
                "where they stand in it already, take the header line out"
            )


def _kept(line: tuple[int, list[str]], layout: Layout) -> bool:
    """Whether a row stays, by the lists IGNORE=(...) and ACCEPT=(...)."""
    if any(_holds(condition, line) for condition in layout.drop):
        return False
    return not layout.accept or any(_holds(condition, line) for condition in layout.accept)


def _holds(condition: Condition, line: tuple[int, list[str]]) -> bool:
    place, operator, value = condition
    row, cells = line
    cell = cells[place] if place < len(cells) else ""
    if operator in ("==", "/="):
        # As character strings, as NONMEM compares here.
        return (cell == value) == (operator == "==")
    left, right = _number(cell, 0.0), _number(value, None)
    if isinstance(left, str) or isinstance(right, str):
        raise DatasetError(
            f"row {row}: $DATA compares column {place + 1} with a number, and it holds none"
        )
    return {
        ".EQN.": left == right, ".NEN.": left != right, ">": left > right, ">=": left >= right,
        "<": left < right, "<=": left <= right,
    }[operator]  # fmt: skip


def _is_number(cell: str) -> bool:
    return not isinstance(_number(cell, None), str)


def _number(cell: str, default: float | None) -> float | str:
    """The number of a cell; the cell itself where it is none."""
    try:
        # To float, 1_000 is 1000; to a reader of data it is a slip.
        number = math.nan if "_" in cell else float(cell)
    except ValueError:
        if cell in MISSING:
            return "" if default is None else default
        return cell
    return number if math.isfinite(number) else cell or "?"


def label_of(text: str) -> str:
    """An ID as it is printed: 7 for 7.0, 07 and the 7.0000E+00 of NONMEM's tables.

    Everything else is a name, kept as it stands: 1_01, 1E2, 1.10, and whole numbers that a double
    does not tell apart.
    """
    if _WHOLE.fullmatch(text) is not None:
        number = int(text.split(".", maxsplit=1)[0])
    elif _TABULATED.fullmatch(text) is not None and float(text).is_integer():
        number = int(float(text))
    else:
        return text
    return str(number) if abs(number) < _EXACT else text


def labels_of(table: Table) -> list[str]:
    """Whose each row is: the label of its ID.

    Fails  DatasetError for a row without one.
    """
    cells = table.columns["ID"]
    known = {cell: label_of(cell) for cell in set(cells)}
    if known.keys() & MISSING:
        row = next(row for row, cell in zip(table.rows, cells, strict=True) if cell in MISSING)
        raise DatasetError(
            f"row {row}: ID is empty; write in every row whose it is, or take the row out"
        )
    return [known[cell] for cell in cells]


def relative_times(table: Table) -> Table:
    """The table with TIME in hours from each subject's first row, where it holds clock times
    (8:30) or a column gives dates; any other table as it is.

    Source  NONMEM help, TIME and DATE: one clock time makes all of them such.
    Fails   DatasetError for a time or date that cannot be read.
    """
    dated = [name for name in DATES if name in table]
    cells = table.columns["TIME"]
    if not dated and not any(":" in cell for cell in cells):
        return table
    days = [0.0] * len(cells)
    if dated:
        column = dated[0]
        days = [
            _day(cell, DATES[column], f"row {row}: column {column}")
            for row, cell in zip(table.rows, table.columns[column], strict=True)
        ]
    start: dict[str, float] = {}
    hours = []
    for row, who, cell, day in zip(table.rows, labels_of(table), cells, days, strict=True):
        at = 24.0 * day + _clock(cell, row)
        hours.append(repr(at - start.setdefault(who, at)))
    note = "TIME is read as clock times: hours from the first row of each subject"
    changed = table.with_column("TIME", hours)
    return replace(changed, notes=(*table.notes, note))


def refusal(name: str, number: float, unit: str) -> str:
    """Why no patient has this covariate, in one sentence that repeats no value; "" if one may.

    Asked are names of the vocabulary in a unit that converts to theirs; of others nothing is known.
    """
    known = names.MEASUREMENTS.get(name)
    if known is None:
        return ""
    try:
        found = units.convert(number, unit, known.unit, substance=name)
    except units.UnitError:
        return ""
    return known.refusal(float(found))


def _clock(cell: str, row: int) -> float:
    match = re.fullmatch(r"(-?)(\d+):(\d\d?)(?::(\d\d?))?", cell)
    if match is not None and int(match[3]) < 60 and int(match[4] or 0) < 60:
        hours = int(match[2]) + int(match[3]) / 60.0 + int(match[4] or 0) / 3600.0
        return -hours if match[1] else hours
    number = _number(cell, None)
    if isinstance(number, str):
        raise DatasetError(f"row {row}: column TIME is no clock time; write it as 8:30 or 14:05")
    return number


def _day(cell: str, order: str, where: str) -> float:
    number = _number(cell, None)
    if not isinstance(number, str):
        return number
    parts = re.split(r"\D+", cell)
    if len(parts) != 3 or not all(parts):
        raise DatasetError(f"{where} is no date; write day, month and year, or a day's number")
    found = dict(zip(order, (int(part) for part in parts), strict=True))
    if len(parts[order.index("y")]) != 4:
        raise DatasetError(f"{where} has no year of four digits: the century must be known")
    try:
        return float(date(found["y"], found["m"], found["d"]).toordinal())
    except ValueError:
        raise DatasetError(
            f"{where} is no date in the order {'/'.join(order)} that this column has"
        ) from None
