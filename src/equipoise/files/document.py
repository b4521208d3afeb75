"""Records as JSON: the form of the contract, read strictly and written back as it was.

Strict reading stops at the first thing that is refused; importing refuses what it must, keeps the
rest, and says so. Either way a record that comes out has passed `equipoise.checks`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from equipoise import checks, names, units
from equipoise.files.events import EventReader
from equipoise.files.header import VERSION, read_header
from equipoise.files.importing import (
    ACCEPTED,
    REFUSED,
    WARNED,
    ImportReport,
    InputError,
    Note,
    refusal,
)
from equipoise.files.words import hours
from equipoise.record import (
    AMOUNT_UNKNOWN,
    AnyEvent,
    Cells,
    Dose,
    Finding,
    Kept,
    Measurement,
    Procedure,
    Record,
    Stop,
    Transfusion,
)
from equipoise.units import Quantity, UnitError

Place = Callable[[int, str], str]


def json_place(row: int, key: str) -> str:
    """Where a key of an event stands in a JSON record: `events[12].value`."""
    return f"events[{row - 1}].{key}" if key else f"events[{row - 1}]"


# --- reading ------------------------------------------------------------------------------


def load(path: str | Path) -> object:
    """What a JSON file holds, with duplicate keys, NaN and infinity refused.

    Fails  InputError where the file is missing, not UTF-8, not JSON, or ends too early.
    """
    text = read_text(path)
    if not text.strip():
        raise InputError("file", "the file is empty", "give a record")
    try:
        found = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_NotANumber,
            parse_int=lambda digits: int(digits) if len(digits) < 18 else float(digits),
        )
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except RecursionError:
        raise InputError(
            "file", "the JSON is nested too deep", "give a record as the manual has it"
        ) from None
    _refuse_doubtful(found, "")
    return found


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file.

    Fails  InputError where it is missing or not UTF-8.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            return stream.read()
    except UnicodeDecodeError:
        raise InputError("file", "the file is not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        raise InputError(
            "file",
            f"the file cannot be read ({error.strerror or 'unknown reason'})",
            "check the path",
        ) from None


def strict(content: object, *, place: Place = json_place) -> tuple[Record, ImportReport]:
    """The record in a mapping of the contract's form.

    place  (row, key) -> where a key of an event stands, for sentences
    Fails   InputError for the first thing that is refused.
    """
    record, report = _build(content, place, collecting=False)
    if record is None:  # cannot be: when not collecting, the first refusal is raised
        raise InputError("record", "nothing could be read", "check the file")
    return record, report


def lenient(content: object, *, place: Place = json_place) -> tuple[Record | None, ImportReport]:
    """The record of what can be accepted, or None where the header cannot be read."""
    return _build(content, place, collecting=True)


def record_from_json(content: Mapping[str, Any]) -> Record:
    """The record in a mapping of the contract's form.

    Fails  InputError for the first thing that is refused.
    """
    return strict(content)[0]


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event of a table with its own row, or what made it unreadable."""

    row: int
    content: Mapping[str, Any] | InputError


def _build(
    content: object, place: Place, *, collecting: bool
) -> tuple[Record | None, ImportReport]:
    report = ImportReport()
    report.counts = {"events": 0, ACCEPTED: 0, REFUSED: 0}

    def refuse(error: InputError) -> None:
        if not collecting:
            raise error
        report.notes.append(refusal(error))

    try:
        record = read_header(content, report, refuse)
    except InputError as error:
        refuse(error)
        return None, report
    assert isinstance(content, Mapping)
    listed = content.get("events")
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        refuse(InputError("events", "the record has no list of events", 'write "events": [...]'))
        return None, report
    report.counts["events"] = len(listed)
    reader = EventReader(record.day0, record.unknown == "keep", place)
    events: list[AnyEvent] = []
    for index, item in enumerate(listed):
        row, words = (item.row, item.content) if isinstance(item, Numbered) else (index + 1, item)
        reader.notes = []
        try:
            if isinstance(words, InputError):
                raise words
            events.append(reader.read(words, row))
        except InputError as error:
            refuse(error)
            report.counts[REFUSED] += 1
        else:
            report.notes += reader.notes
    record = _checked(replace(record, events=tuple(events)), place, refuse, report)
    _count(record, report)
    return record, report


def _checked(
    record: Record, place: Place, refuse: Callable[[InputError], None], report: ImportReport
) -> Record:
    """What is left when everything inconsistent is refused; refusing one may undo another."""
    while True:
        problems = checks.check(record, place=place)
        refused = [problem for problem in problems if problem.refused]
        if not refused:
            report.notes += [Note(WARNED, p.field, f"{p.problem}; {p.remedy}") for p in problems]
            return record
        gone: set[int] = set()
        for problem in refused:
            refuse(InputError(problem.field, problem.problem, problem.remedy))
            gone |= {id(event) for event in problem.events}
            if problem.field == "born":
                record = replace(record, born=None)
        report.counts[REFUSED] += len(gone)
        record = replace(record, events=tuple(e for e in record.events if id(e) not in gone))


def _count(record: Record, report: ImportReport) -> None:
    report.counts[ACCEPTED] = len(record.events)
    kinds: dict[str, int] = {}
    for event in record.events:
        word = type(event).__name__.lower()
        kinds[word] = kinds.get(word, 0) + 1
    for word, number in kinds.items():
        plural = word if number == 1 or word in ("cells", "kept") else f"{word}s"
        report.counts[plural] = number
        report.notes.append(Note(ACCEPTED, "events", f"{number} {plural}"))


# --- writing ------------------------------------------------------------------------------


def record_to_json(record: Record) -> dict[str, Any]:
    """The record in the contract's form; `record_from_json` gives an equal record.

    Times and quantities stand as they were entered. What was assumed (`known` from a turnaround)
    and `cut` are not part of what the record says and are left out.
    """
    out: dict[str, Any] = {
        "equipoise": VERSION,
        "id": record.id,
        "day0": record.day0.isoformat(),
        "born": record.born.isoformat() if record.born else None,
        "sex": record.sex,
        "indication": record.indication,
        "platform": record.platform,
        "wants": dict(record.wants),
        "covariates": dict(record.covariates),
        "unknown": record.unknown,
        "note": record.note,
    }
    out = {key: value for key, value in out.items() if value not in (None, "", {})}
    out["events"] = [_event_to_json(e, record.day0) for e in in_order(record)]
    return out


def in_order(record: Record) -> list[AnyEvent]:
    """The events in the order of the input they came from."""
    return sorted(record.events, key=lambda event: event.row)


def write_json(record: Record, path: str | Path) -> None:
    """Write a record as a JSON file, an event a line."""
    content = record_to_json(record)
    events = content.pop("events")
    head = [f"{_dump(key)}: {_dump(value)}" for key, value in content.items()]
    body = ",\n".join(f"  {_dump(event)}" for event in events)
    listed = f'"events": [\n{body}\n ]' if events else '"events": []'
    Path(path).write_text("{" + ",\n ".join([*head, listed]) + "\n}\n", encoding="utf-8")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _event_to_json(event: AnyEvent, day0: datetime) -> dict[str, Any]:
    out: dict[str, Any] = {"type": type(event).__name__.lower()}
    if isinstance(event, Kept):
        out = dict(event.content)
    out["at"] = _time_to_json(event.at, event.at_text, day0)
    if _known_is_said(event):
        assert event.known is not None
        out["known"] = _time_to_json(event.known, event.known_text, day0)
    if not isinstance(event, Kept):
        out.update((key, value) for key, value in _words(event) if value not in ("", None))
    if event.replaces is not None:
        target = event.replaces
        out["replaces"] = {
            "name": target.name,
            "at": _time_to_json(target.at, target.at_text, day0),
        }
    return out


def _known_is_said(event: AnyEvent) -> bool:
    if event.known is None or event.assumed:
        return False
    if event.known_text or event.known != event.at:
        return True
    return isinstance(event, Measurement) and not names.measurement(event.name).bedside


def _words(event: AnyEvent) -> Iterator[tuple[str, Any]]:
    if isinstance(event, Dose | Stop):
        yield "agent", event.agent
    if isinstance(event, Dose):
        no_amount = event.amount is None and event.rate is None
        yield "amount", AMOUNT_UNKNOWN if no_amount else _quantity_to_json(event.amount)
        yield "rate", _quantity_to_json(event.rate)
        yield "duration", _duration_to_json(event.duration or None, event.duration_text)
        for key in ("route", "formulation", "line", "lot", "status"):
            yield key, getattr(event, key)
    elif isinstance(event, Cells):
        for key in ("product", "source", "donor", "manipulation"):
            yield key, getattr(event, key)
        yield "doses", {key: _quantity_to_json(q) for key, q in event.doses} or None
        yield "status", event.status
        yield "part", event.part
        yield "course", event.course or None
        yield "after_chemotherapy", _duration_to_json(event.after, event.after_text)
    elif isinstance(event, Measurement):
        yield "name", event.name
        for key in ("value", "limit", "input", "low", "high"):
            yield key, _quantity_to_json(getattr(event, key))
        for key in ("method", "specimen", "marker", "lineage"):
            yield key, getattr(event, key)
        yield "over", _duration_to_json(event.over, event.over_text)
    elif isinstance(event, Finding):
        yield "name", event.name
        yield "value", list(event.value) if isinstance(event.value, tuple) else event.value
    elif isinstance(event, Transfusion):
        yield "product", event.product
        yield "amount", _quantity_to_json(event.amount)
    elif not isinstance(event, Stop):
        yield "name", event.key
        if isinstance(event, Procedure):
            yield "of", event.of


def _time_to_json(at: float, text: str, day0: datetime) -> float | int | str:
    """The ISO text where it still says this time, else hours, whole ones without a point."""
    if text:
        try:
            if hours(text, day0, "")[0] == at:
                return text
        except InputError:
            pass
    return int(at) if at.is_integer() else at


def _quantity_to_json(quantity: Quantity | None) -> str | None:
    if quantity is None:
        return None
    try:
        if units.parse(quantity.text) == quantity:
            return quantity.text
    except UnitError:
        pass
    return units.write(quantity.number, quantity.unit, quantity.comparator)


def _duration_to_json(duration: float | None, text: str) -> str | None:
    if duration is None:
        return text or None
    try:
        if text and units.duration_hours(text) == duration:
            return text
    except UnitError:
        pass
    return units.write(duration, "h")


# --- doubtful JSON ------------------------------------------------------------------------


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys stood there twice."""

    twice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _NotANumber:
    """NaN or an infinity, which JSON does not have."""

    word: str


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        found.twice = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
    return found


def _refuse_doubtful(found: object, path: str) -> None:
    if isinstance(found, _NotANumber):
        raise InputError(
            path or "file", f"{found.word} is not a value", "leave out what is not known"
        )
    if isinstance(found, str) and not _writable(found):
        raise InputError(
            path or "file", "the text holds a character that cannot be written", "leave it out"
        )
    if isinstance(found, float) and not math.isfinite(found):
        raise InputError(path or "file", "the number is beyond reason", "check its exponent")
    if isinstance(found, _Object):
        if found.twice:
            raise InputError(
                path or "record", f"the key {found.twice[0]!r} stands there twice", "leave one out"
            )
        for key, value in found.items():
            _refuse_doubtful(key, path)
            _refuse_doubtful(value, f"{path}.{key}" if path else key)
    elif isinstance(found, list):
        for index, value in enumerate(found):
            _refuse_doubtful(value, f"{path}[{index}]")


def _writable(text: str) -> bool:
    """Whether a text can be written again: no half of a pair of surrogates, no null."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _not_json(text: str, error: json.JSONDecodeError) -> InputError:
    end = len(text.rstrip())
    rest = text[error.pos : end]
    begun = any(word.startswith(rest) for word in ("true", "false", "null", "-", "NaN"))
    if error.pos >= end or error.msg.startswith("Unterminated string") or begun:
        line = text.count("\n", 0, end) + 1
        return InputError(
            "file",
            f"the file ends before the JSON does (line {line})",
            "copy or export it again, whole",
        )
    return InputError(
        "file", f"this is not JSON (line {error.lineno}, column {error.colno})", "correct it there"
    )
