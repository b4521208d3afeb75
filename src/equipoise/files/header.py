"""What stands before the events of a record: day 0, birth, sex, and what chooses targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from equipoise import names
from equipoise.files.importing import CONVERTED, WARNED, ImportReport, InputError, Note
from equipoise.files.words import finite, moment_of, nearest_key
from equipoise.record import Record

VERSION = 1
"""The version of the record's form that is read and written."""

HEADER = (
    "equipoise", "id", "day0", "born", "sex", "indication", "platform", "wants", "covariates",
    "unknown", "note", "events",
)  # fmt: skip
"""Keys of a record."""


YEARS = (1900, 2200)
"""Years in which day 0 may lie, so that times around it have a calendar."""


def read_header(
    content: object, report: ImportReport, refuse: Callable[[InputError], None]
) -> Record:
    """The record of a mapping, still without events.

    report  grows by what was converted
    refuse  is called with what can be left out; may raise
    Fails   InputError where nothing can be read: no object, another version, no id, no day 0.
    """
    return _Header(report, refuse).read(content)


@dataclass(slots=True)
class _Header:
    """Reads what stands before the events."""

    report: ImportReport
    refuse: Callable[[InputError], None]

    def read(self, content: object) -> Record:
        if not isinstance(content, Mapping):
            raise InputError(
                "record", "a record is one JSON object", 'write {"equipoise": 1, "id": ...}'
            )
        _refuse_version(content.get("equipoise"))
        for key in content:
            if key not in HEADER:
                self.refuse(InputError("record", f"unknown key {key!r}", _remedy(str(key))))
        day0 = content.get("day0")
        if not isinstance(day0, str) or not day0.strip():
            raise InputError(
                "day0",
                "the record has no day 0",
                "give the time of the graft or cell infusion with its zone"
                " (YYYY-MM-DDThh:mm:ss+hh:mm)",
            )
        return Record(
            id=self._id(content.get("id")),
            day0=_day0(day0),
            born=self._try(self._born, content.get("born"), None),
            sex=self._try(self._sex, content.get("sex"), ""),
            indication=self._word(content, "indication", names.INDICATIONS),
            platform=self._word(content, "platform", names.PLATFORMS),
            wants=self._try(self._wants, content.get("wants"), ()),
            covariates=self._try(self._covariates, content.get("covariates"), ()),
            unknown=self._word(content, "unknown", ("keep",)),
            note=self._try(self._note, content.get("note"), ""),
        )

    def _try(self, read: Callable[[Any], Any], written: object, default: Any) -> Any:
        if written is None or written == "":
            return default
        try:
            return read(written)
        except InputError as error:
            self.refuse(error)
            return default

    def _word(self, content: Mapping[str, Any], key: str, known: Iterable[str]) -> str:
        def read(written: object) -> str:
            if not isinstance(written, str):
                raise InputError(key, f"{key} is text", "write it between quotes")
            try:
                return names.choice(key, written, known)
            except names.UnknownName as error:
                raise InputError.of(key, error) from None

        return str(self._try(read, content.get(key), ""))

    def _note(self, written: object) -> str:
        if not isinstance(written, str):
            raise InputError("note", "note is text", "write it between quotes")
        return " ".join(written.split())

    def _id(self, written: object) -> str:
        if isinstance(written, int) and not isinstance(written, bool):
            self.report.notes.append(Note(CONVERTED, "id", "number read as text"))
            return str(written)
        if not isinstance(written, str) or not written.strip():
            raise InputError(
                "id", "the record has no id", "give one that does not name the patient"
            )
        return " ".join(written.split())

    def _born(self, written: object) -> date:
        try:
            return date.fromisoformat(str(written).strip())
        except ValueError:
            raise InputError("born", "this is not a date", "write YYYY-MM-DD") from None

    def _sex(self, written: object) -> str:
        short = {"m": "male", "f": "female", "w": "female"}.get(str(written).strip().lower())
        if short:
            self.report.notes.append(Note(CONVERTED, "sex", f"one letter read as {short}"))
            return short
        try:
            return names.choice("sex", str(written), ("female", "male"))
        except names.UnknownName as error:
            raise InputError.of("sex", error) from None

    def _wants(self, written: object) -> tuple[tuple[str, float], ...]:
        if not isinstance(written, Mapping) or any(
            isinstance(w, bool) or not isinstance(w, int | float) or finite(w) is None
            for w in written.values()
        ):
            raise InputError(
                "wants", "utility weights are an object of numbers", 'write {"name": 0.5} and so on'
            )
        return tuple((str(name), float(weight)) for name, weight in written.items())

    def _covariates(self, written: object) -> tuple[tuple[str, str | float], ...]:
        if not isinstance(written, Mapping):
            raise InputError(
                "covariates",
                "covariates are an object",
                'write {"cyp3a5": "expresser"} and the like',
            )
        read: list[tuple[str, str | float]] = []
        for name, value in written.items():
            found = self._try(partial(_covariate, str(name)), value, None)
            if found is None:
                continue
            if name not in names.COVARIATES:
                text = f"{name} is in no list; only a model that declares it reads it"
                self.report.notes.append(Note(WARNED, f"covariates.{name}", text))
            read.append((str(name), found))
        return tuple(read)


def _remedy(key: str) -> str:
    """Where an unknown key of the header belongs."""
    if key in names.COVARIATES:
        return f'write it as a covariate: "covariates": {{"{key}": ...}}'
    if key in names.MEASUREMENTS:
        return "it is measured: give it among the events with its time"
    return nearest_key(key, HEADER)


def _covariate(name: str, written: object) -> str | float:
    field = f"covariates.{name}"
    known = names.COVARIATES.get(name)
    if name in names.MEASUREMENTS:
        raise InputError(field, f"{name} is measured", "give it as a measurement with its time")
    if known is not None and known.choices:
        try:
            return names.choice(name, str(written), known.choices)
        except names.UnknownName as error:
            raise InputError.of(field, error) from None
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise InputError(field, "this is no word and no number", "write one of the two")
    if known is None:
        number = None if isinstance(written, str) else finite(written)
        if number is None and not isinstance(written, str):
            raise InputError(field, f"{name} is not a number", "leave it out if it is not known")
        return " ".join(str(written).split()) if number is None else number
    low, high = known.impossible
    if isinstance(written, str) or finite(written) is None:
        raise InputError(field, f"{name} is a number", f"write it in {known.unit}, without quotes")
    if (low is not None and written < low) or (high is not None and written > high):
        raise InputError(
            field, f"{name} is outside what is possible", f"check it; the unit is {known.unit}"
        )
    return float(written)


def _day0(written: str) -> datetime:
    moment = moment_of(written, "day0")
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise InputError("day0", "the year is beyond reason", "check it")
    return moment


def _refuse_version(written: object) -> None:
    if written is None:
        raise InputError("equipoise", "the version is missing", f'write "equipoise": {VERSION}')
    if isinstance(written, bool) or written != VERSION:
        raise InputError(
            "equipoise",
            "this version of the record's form is not read here",
            f'write "equipoise": {VERSION}, or use a later release of the program',
        )
