"""Cohorts: the records of a folder, or of one table, found first and read one by one.

A source is a record that is not read yet, small enough to be handed to another process.
"""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equipoise.files.document import load, read_text, strict
from equipoise.files.importing import ImportReport, InputError
from equipoise.files.table import documents, documents_of_rows, table_place
from equipoise.record import Record

TABLES = (".csv", ".tsv")
"""Endings of tidy tables."""
PARQUET = ".parquet"


class MissingParquet(RuntimeError):  # noqa: N818 - reads as what it is: a missing part
    """Parquet is wanted, and pyarrow is not installed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} needs the extra [parquet]: pip install 'equipoise[parquet]', or use CSV"
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A record that is not read yet.

    file     the name of its file, for sentences
    content  the file itself, or the rows of a table that are this record's
    """

    file: str
    content: Path | Mapping[str, Any]


def holds_many(path: str | Path) -> bool:
    """Whether a path is a folder, a Parquet file, or a table with several records.

    Fails  InputError where a table cannot be read.
    """
    place = Path(path)
    if place.is_dir() or place.suffix.lower() == PARQUET:
        return True
    if place.suffix.lower() not in TABLES:
        return False
    text = read_text(place)
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    column = next((n for n in rows.fieldnames or () if n.strip().lower() == "record"), None)
    seen: set[str] = set()
    try:
        for row in rows:
            seen.add(str((row.get(column) if column else "") or "").strip())
            if len(seen - {""}) > 1:
                return True
    except csv.Error:
        # What is wrong with it is said by who reads it.
        return False
    return False


def cohort_sources(path: str | Path) -> list[Source]:
    """The records of a folder (in the order of file names), or of one table, not read yet.

    Fails  InputError where the path or a table cannot be read, or holds no record;
           MissingParquet where it is Parquet and pyarrow is not installed.
    """
    place = Path(path)
    if place.is_dir():
        found: list[Source] = []
        for file in sorted(place.iterdir()):
            if file.suffix.lower() == ".json":
                found.append(Source(file.name, file))
            elif file.suffix.lower() in (*TABLES, PARQUET):
                try:
                    found += _of_table(file)
                except InputError as error:
                    raise _named(file.name, error) from None
        if not found:
            raise InputError(
                "folder",
                "no record can be read in it",
                "put records there, as JSON, CSV or Parquet",
            )
        return found
    if place.suffix.lower() in (*TABLES, PARQUET):
        return _of_table(place)
    return [Source(place.name, place)]


def read_source(source: Source) -> tuple[Record, ImportReport]:
    """The record of a source.

    Fails  InputError for the first thing that is refused; it names the file.
    """
    try:
        if isinstance(source.content, Path):
            return strict(load(source.content))
        return strict(source.content, place=table_place)
    except InputError as error:
        raise _named(source.file, error) from None


def _named(file: str, error: InputError) -> InputError:
    """What is refused in one file of several."""
    return InputError(
        f"{file}, {error.field}",
        error.problem,
        f"{error.remedy}, or leave the record out of the cohort",
    )


def write_columns(path: str | Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write columns as CSV or, where the path ends in .parquet, as Parquet; None is empty.

    Fails  MissingParquet where pyarrow is needed and not installed; OSError where the place
           cannot be written.
    """
    place = Path(path)
    if place.suffix.lower() == PARQUET:
        arrow, parquet = _pyarrow(f"writing {place.name}")
        parquet.write_table(arrow.table(dict(columns)), str(place), compression="snappy")
        return
    with place.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def parquet_is_there() -> bool:
    """Whether Parquet can be read and written."""
    try:
        _pyarrow("Parquet")
    except MissingParquet:
        return False
    return True


def _of_table(file: Path) -> list[Source]:
    if file.suffix.lower() == PARQUET:
        found = documents_of_rows(*_rows_of_parquet(file))
    else:
        found = documents(file)
    if not found:
        raise InputError(f"{file.name}, file", "it has no rows", "give one event a row")
    return [Source(file.name, content) for content in found.values()]


def _rows_of_parquet(file: Path) -> tuple[list[str], Iterable[tuple[int, list[str]]]]:
    """Column names, and each row with its number, as text; the header counts as row 1."""
    arrow, parquet = _pyarrow(f"reading {file.name}")
    try:
        table = parquet.read_table(str(file))
    except FileNotFoundError:
        raise InputError("file", "the file does not exist", "check the path") from None
    except (OSError, arrow.ArrowException):
        raise InputError(f"{file.name}, file", "it is not Parquet", "export it again") from None
    columns = [[_text(v) for v in column.to_pylist()] for column in table.columns]
    rows = ((number, list(row)) for number, row in enumerate(zip(*columns, strict=True), 2))
    return [str(name) for name in table.column_names], rows


def _text(value: Any) -> str:
    """A cell as a tidy table would have it."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)


def _pyarrow(what: str) -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingParquet(what) from error
