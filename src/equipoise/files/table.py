"""Records as tidy CSV: one event a row, one or many records a file.

Rows of type `header` hold what stands before the events: `name` is `day0`, `born`, `sex`,
`indication`, `platform`, `unknown`, `wants.NAME` for a utility weight, `covariates.NAME` for what
models read; the column `record` is the id. A comma, a semicolon or a tab separates the columns.
Columns that a file does not need may be left out; an empty cell means that nothing is said.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from equipoise import names
from equipoise.files.document import (
    Numbered,
    lenient,
    read_text,
    record_to_json,
    strict,
)
from equipoise.files.header import VERSION
from equipoise.files.importing import ImportReport, InputError, only_refused
from equipoise.files.words import nearest_key
from equipoise.record import Record

COLUMNS = (
    "record", "type", "at", "known", "name", "value", "unit", "agent", "amount", "route",
    "duration", "method", "low", "high",
)  # fmt: skip
"""The columns of the contract, always written."""

MORE_COLUMNS = (
    "rate", "formulation", "line", "lot", "status", "source", "donor", "manipulation", "doses",
    "part", "course", "after_chemotherapy", "specimen", "marker", "lineage", "limit", "input",
    "over", "of", "replaces_name", "replaces_at", "content",
)  # fmt: skip
"""Further columns, written where a record needs them.

doses     cell doses, `CD34=6.1e6 /kg; CD3=2.0e8 /kg`
of        the measurement for which a sample was drawn
replaces_name, replaces_at  the event that a correction replaces
content   events kept under an unknown name, as JSON
"""

_HEADER_NAMES = ("equipoise", "day0", "born", "sex", "indication", "platform", "unknown", "note")
_AS_THEY_ARE = (
    "agent", "amount", "route", "duration", "method", "rate", "formulation", "line", "lot",
    "status", "source", "donor", "manipulation", "specimen", "marker", "lineage", "limit", "input",
    "low", "high", "over", "of", "part", "course", "after_chemotherapy",
)  # fmt: skip
_NAMED_BY_PRODUCT = ("cells", "transfusion")


def table_place(row: int, key: str) -> str:
    """Where a key of an event stands in a table: `row 5, value`."""
    return f"row {row}, {key}" if key else f"row {row}"


# --- reading ------------------------------------------------------------------------------


def read_table(path: str | Path) -> tuple[Record, ImportReport]:
    """The one record in a CSV file.

    Fails  InputError for the first thing that is refused, and where there are several records.
    """
    return strict(_only(documents(path)), place=table_place)


def import_table(path: str | Path) -> tuple[Record | None, ImportReport]:
    """What can be accepted of the one record in a CSV file, and what was refused."""
    try:
        content = _only(documents(path))
    except InputError as error:
        return None, only_refused(error)
    return lenient(content, place=table_place)


def import_tables(path: str | Path) -> Iterator[tuple[Record | None, ImportReport]]:
    """Every record in a CSV file, each with its report, in the order of their first rows.

    Fails  InputError where the file itself cannot be read.
    """
    for content in documents(path).values():
        yield lenient(content, place=table_place)


def _only(documents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    if len(documents) != 1:
        problem = "the file has several records" if documents else "the file has no rows"
        raise InputError(
            "file",
            problem,
            "give each record a file of its own; `equipoise grade` takes all of them at once",
        )
    return next(iter(documents.values()))


def documents(path: str | Path) -> dict[str, dict[str, Any]]:
    """The rows of a file as mappings of the contract's form, one for each record.

    Fails  InputError where the file itself cannot be read.
    """
    text = read_text(path)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns = next(rows, [])
        return documents_of_rows(columns, ((rows.line_num, row) for row in rows))
    except csv.Error:
        raise InputError(
            "file",
            f"the table ends inside a quoted cell or has a stray quote (row {rows.line_num})",
            "copy or export it again, whole",
        ) from None


def documents_of_rows(
    header: Iterable[str], rows: Iterable[tuple[int, list[str]]]
) -> dict[str, dict[str, Any]]:
    """Rows of text, each with its number, as mappings of the contract's form."""
    columns = [name.strip().lower() for name in header]
    _refuse_columns(columns)
    found: dict[str, dict[str, Any]] = {}
    for number, row in rows:
        if any(cell.strip() for cell in row):
            _take(found, columns, row, number)
    return found


def _refuse_columns(columns: list[str]) -> None:
    known = (*COLUMNS, *MORE_COLUMNS)
    if not any(columns):
        raise InputError("file", "the file is empty", f"give the columns {','.join(COLUMNS)}")
    if not set(columns) & set(known):
        # Without a header the first row is the patient's: none of its cells may be repeated.
        raise InputError(
            "row 1", "it holds no known column", f"begin with the columns {','.join(COLUMNS)}"
        )
    for name in columns:
        if name not in known:
            raise InputError("row 1", f"unknown column {name!r}", nearest_key(name, known))
        if columns.count(name) > 1:
            raise InputError("row 1", f"the column {name!r} stands there twice", "leave one out")
    for name in ("record", "type"):
        if name not in columns:
            raise InputError("row 1", f"the column {name!r} is missing", "add it")


def _take(
    documents: dict[str, dict[str, Any]], columns: list[str], row: list[str], number: int
) -> None:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        raise InputError(
            f"row {number}",
            "the row has more cells than there are columns",
            "put cells that hold the separator between quotes",
        )
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if cell.strip()}
    name = cells.pop("record", "")
    if not name:
        raise InputError(f"row {number}, record", "the row has no record", "give the record's id")
    document = documents.setdefault(name, {"equipoise": VERSION, "id": name, "events": []})
    if cells.get("type") == "header":
        _take_header(document, cells, number)
    else:
        try:
            document["events"].append(Numbered(number, _event(cells, number)))
        except InputError as error:
            document["events"].append(Numbered(number, error))


def _take_header(document: dict[str, Any], cells: Mapping[str, str], number: int) -> None:
    name, value = cells.get("name", ""), cells.get("value", "")
    group, point, word = name.partition(".")
    if point and group in ("wants", "covariates"):
        document.setdefault(group, {})[word] = _number(value)
    elif name == "equipoise":
        document[name] = _number(value)
    elif name in _HEADER_NAMES:
        if name in document and document[name] != value:
            raise InputError(f"row {number}", f"{name} is given twice", "leave one out")
        document[name] = value
    else:
        raise InputError(
            f"row {number}, name", f"unknown header {name!r}", nearest_key(name, _HEADER_NAMES)
        )


def _event(cells: Mapping[str, str], number: int) -> dict[str, Any]:
    kind = cells.get("type", "")
    content: dict[str, Any] = {"type": kind}
    if "content" in cells:
        content = _json(cells["content"], f"row {number}, content")
    for key in ("at", "known"):
        if key in cells:
            content[key] = _number(cells[key])
    if "content" not in cells:
        if "name" in cells:
            content["product" if kind in _NAMED_BY_PRODUCT else "name"] = cells["name"]
        if "value" in cells:
            content["value"] = _value(cells, kind, number)
        content.update((key, cells[key]) for key in _AS_THEY_ARE if key in cells)
        if "unit" in cells and "value" not in cells:
            if "amount" in cells:
                content["amount"] = f"{cells['amount']} {cells['unit']}"
            else:
                content["unit"] = cells["unit"]
        if "doses" in cells:
            content["doses"] = _cell_doses(cells["doses"], number)
    if "replaces_name" in cells or "replaces_at" in cells:
        content["replaces"] = {
            "name": cells.get("replaces_name", ""),
            "at": _number(cells.get("replaces_at", "")),
        }
    return content


def _value(cells: Mapping[str, str], kind: str, number: int) -> Any:
    written = cells["value"]
    if kind != "finding":
        return f"{written} {cells['unit']}" if "unit" in cells else written
    if written[0] in '[{"':
        return _json(written, f"row {number}, value")
    if written.lower() in ("true", "false"):
        return written.lower() == "true"
    known = names.FINDINGS.get(cells.get("name", ""))
    if known is not None and known.kind == "grade" and re.fullmatch(r"\d+", written):
        return int(written)
    if known is not None and known.kind == "list":
        return [word.strip() for word in written.split(";")]
    return written


def _cell_doses(written: str, number: int) -> dict[str, str]:
    doses: dict[str, str] = {}
    for part in written.split(";"):
        key, equals, amount = part.partition("=")
        if not equals or key.strip() in doses:
            raise InputError(
                f"row {number}, doses",
                "cell doses cannot be read",
                "write each population once: CD34=6.1e6 /kg; CD3=2.0e8 /kg",
            )
        doses[key.strip()] = amount.strip()
    return doses


def _number(written: str) -> Any:
    """A number where the cell holds one; else the text, for the reader to judge."""
    if re.fullmatch(r"[+-]?\d+", written) and len(written) < 18:
        return int(written)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", written):
        return float(written)
    return written


def _json(written: str, place: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        raise InputError(place, "the cell is not JSON", "correct it or leave it out") from None


# --- writing ------------------------------------------------------------------------------


def write_table(records: Record | Iterable[Record], path: str | Path) -> None:
    """Write one or many records as tidy CSV; reading it gives equal records."""
    listed = [records] if isinstance(records, Record) else list(records)
    rows = [row for record in listed for row in _rows(record)]
    columns = [*COLUMNS, *(name for name in MORE_COLUMNS if any(name in row for row in rows))]
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _rows(record: Record) -> Iterator[dict[str, str]]:
    content = record_to_json(record)
    for name in _HEADER_NAMES:
        if name in content:
            yield _header_row(record.id, name, str(content[name]))
    for group in ("wants", "covariates"):
        for name, value in content.get(group, {}).items():
            yield _header_row(record.id, f"{group}.{name}", _cell(value))
    for event in content["events"]:
        yield {"record": record.id, **_row(event)}


def _header_row(record_id: str, name: str, value: str) -> dict[str, str]:
    return {"record": record_id, "type": "header", "name": name, "value": value}


def _row(event: Mapping[str, Any]) -> dict[str, str]:
    row = {key: _cell(event[key]) for key in ("at", "known") if key in event}
    row["type"] = str(event.get("type", ""))
    if "replaces" in event:
        row["replaces_name"] = event["replaces"]["name"]
        row["replaces_at"] = _cell(event["replaces"]["at"])
    if _is_kept(event):
        rest = {k: v for k, v in event.items() if k not in ("at", "known", "replaces")}
        row["content"] = json.dumps(rest, ensure_ascii=False, allow_nan=False)
        return row
    for key in ("name", "product"):
        if key in event:
            row["name"] = event[key]
    row.update((key, event[key]) for key in _AS_THEY_ARE if key in event)
    if "doses" in event:
        row["doses"] = "; ".join(f"{key}={amount}" for key, amount in event["doses"].items())
    if "value" in event:
        row.update(_value_cells(event["type"], event["value"]))
    return row


def _value_cells(kind: str, value: Any) -> dict[str, str]:
    if kind == "measurement":
        number, blank, unit = str(value).partition(" ")
        if blank and re.fullmatch(r"[<>]?[+-]?[\d.]+([eE][+-]?\d+)?", number) and unit:
            return {"value": number, "unit": unit}
        return {"value": str(value)}
    if isinstance(value, bool):
        return {"value": "true" if value else "false"}
    if isinstance(value, list) and value:
        return {"value": "; ".join(value)}
    if isinstance(value, str):
        doubtful = (
            value[0] in '[{"' or value.lower() in ("true", "false") or not value.isprintable()
        )
        return {"value": json.dumps(value, ensure_ascii=False) if doubtful else value}
    return {"value": json.dumps(value, ensure_ascii=False)}


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _is_kept(event: Mapping[str, Any]) -> bool:
    """Whether an event is one of an unknown name: anything the columns do not hold."""
    kind = event.get("type")
    look_up: dict[Any, Callable[[str], object]] = {
        "measurement": names.measurement,
        "finding": names.finding,
        "procedure": lambda text: names.choice("procedure", text, names.PROCEDURES),
        "transfusion": lambda text: names.choice("transfusion", text, names.TRANSFUSIONS),
        "cells": names.cell_product,
        "dose": names.agent,
        "stop": names.agent,
    }
    key = {"dose": "agent", "stop": "agent", "cells": "product", "transfusion": "product"}
    try:
        look_up[kind](event[key.get(str(kind), "name")])
    except (KeyError, names.UnknownName):
        return True
    return False
