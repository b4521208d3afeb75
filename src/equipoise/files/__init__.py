"""Reading and writing records: JSON, tidy CSV, and folders of them.

Reading is strict (`read_record`: the first thing refused is raised as an `InputError`) or lenient
(`import_record`: everything refused is listed in the report, the rest is the record). Writing and
reading again gives an equal record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from equipoise.files.cohorts import (
    MissingParquet,
    Source,
    cohort_sources,
    holds_many,
    parquet_is_there,
    read_source,
    write_columns,
)
from equipoise.files.document import (
    lenient,
    load,
    record_from_json,
    record_to_json,
    strict,
    write_json,
)
from equipoise.files.importing import ImportReport, InputError, Note, only_refused
from equipoise.files.table import (
    COLUMNS,
    MORE_COLUMNS,
    import_table,
    import_tables,
    read_table,
    write_table,
)
from equipoise.record import Record

__all__ = [
    "COLUMNS",
    "MORE_COLUMNS",
    "ImportReport",
    "InputError",
    "MissingParquet",
    "Note",
    "Source",
    "cohort_sources",
    "holds_many",
    "import_record",
    "parquet_is_there",
    "read_cohort",
    "read_csv",
    "read_record",
    "read_source",
    "record_from_json",
    "record_to_json",
    "write_columns",
    "write_csv",
    "write_record",
]

read_csv = read_table
write_csv = write_table


def read_record(path: str | Path) -> tuple[Record, ImportReport]:
    """The record in a JSON or CSV file (by its ending), and what was converted or warned about.

    Fails  InputError for the first thing that is refused.
    """
    return read_table(path) if _is_table(path) else strict(load(path))


def import_record(
    source: str | Path | Mapping[str, Any],
) -> tuple[Record | None, ImportReport]:
    """What can be accepted of a file or mapping, with everything that was refused.

    The record is None where the file or its header cannot be read.
    """
    if isinstance(source, Mapping):
        return lenient(source)
    if _is_table(source):
        return import_table(source)
    try:
        content = load(source)
    except InputError as error:
        return None, only_refused(error)
    return lenient(content)


def write_record(record: Record, path: str | Path) -> None:
    """Write a record as JSON or, where the path ends in .csv, as tidy CSV."""
    if _is_table(path):
        write_table(record, path)
    else:
        write_json(record, path)


def read_cohort(path: str | Path) -> Iterator[tuple[Record | None, ImportReport]]:
    """Every record in a folder of JSON and CSV files, or in one file, each with its report.

    Files are read in the order of their names. The record is None where its file or header
    cannot be read; the report says why.
    Fails  InputError where the path itself cannot be read.
    """
    place = Path(path)
    if place.is_dir():
        for file in sorted(place.iterdir()):
            if file.suffix.lower() == ".json":
                yield import_record(file)
            elif _is_table(file):
                try:
                    yield from import_tables(file)
                except InputError as error:
                    yield None, only_refused(error)
    elif _is_table(place):
        yield from import_tables(place)
    elif not place.exists():
        raise InputError(
            "file", "the file cannot be read (No such file or directory)", "check the path"
        )
    else:
        yield import_record(place)


def _is_table(path: str | Path) -> bool:
    return Path(path).suffix.lower() in (".csv", ".tsv")
