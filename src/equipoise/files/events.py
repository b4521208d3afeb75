"""One event of a record: from the words of a file to the record's own types.

Names are looked up in the vocabulary, numbers converted to the canonical unit, times to hours
from day 0. What cannot be read is refused in one sentence; nothing is guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from equipoise import names, units
from equipoise.files.importing import CONVERTED, WARNED, InputError, Note
from equipoise.files.words import conversion, hours, nearest_key, quantity
from equipoise.record import (
    AMOUNT_UNKNOWN,
    DOSE_STATUSES,
    SAME_TIME,
    AnyEvent,
    Cells,
    Dose,
    Finding,
    Kept,
    Measurement,
    Procedure,
    Replaced,
    Stop,
    Transfusion,
)
from equipoise.units import Quantity, UnitError

Known = TypeVar("Known")

COMMON_KEYS = ("type", "at", "known", "replaces")
KEYS: Mapping[str, tuple[str, ...]] = {
    "dose": (
        "agent", "amount", "rate", "duration", "route", "formulation", "line", "lot", "status",
    ),
    "cells": (
        "product", "source", "donor", "manipulation", "doses", "status", "part", "course",
        "after_chemotherapy",
    ),
    "measurement": (
        "name", "value", "method", "specimen", "marker", "lineage", "limit", "input", "low", "high",
        "over",
    ),
    "finding": ("name", "value"),
    "procedure": ("name", "of"),
    "transfusion": ("product", "amount"),
    "stop": ("agent",),
}  # fmt: skip
"""Keys of each type of event besides `COMMON_KEYS`."""

_DOSE_DIMENSIONS = frozenset(
    f"{what}{size}" for what in ("mass", "activity") for size in ("", "/body mass", "/body surface")
)
_RATE_DIMENSIONS = frozenset(
    f"{what}/time{size}"
    for what in ("mass", "activity")
    for size in ("", "/body mass", "/body surface")
)
_CELL_DIMENSIONS = frozenset(("dimensionless", "count/mass"))


@dataclass(slots=True)
class EventReader:
    """Reads one event, given as a mapping of the keys of the contract.

    day0   the reference infusion, with its zone
    keep   whether events of unknown names are kept as they are
    place  (row, key) -> where this is, for sentences
    notes  what was converted or is to be looked at; grows
    """

    day0: datetime
    keep: bool
    place: Callable[[int, str], str]
    notes: list[Note] = field(default_factory=list)
    _row: int = 0

    def read(self, content: object, row: int) -> AnyEvent:
        """The event.

        content  mapping of keys to what the file holds
        row      place in the input, counted from 1
        Fails    InputError for the first thing that is refused.
        """
        self._row = row
        if not isinstance(content, Mapping):
            raise self._error("", "an event is an object", 'write {"type": ..., "at": ...}')
        kind = self._kind(content)
        known_keys = (*COMMON_KEYS, *KEYS[kind])
        strange = next((key for key in content if key not in known_keys), None)
        if strange is not None and not self.keep:
            raise self._unknown_key(kind, strange, known_keys)
        try:
            event = _READERS[kind](self, content)
        except _UnknownKept as unknown:
            return self._kept(content, unknown)
        if strange is not None:
            raise self._unknown_key(kind, strange, known_keys)
        return event

    # --- each type of event ---------------------------------------------------------------

    def _dose(self, content: Mapping[str, Any]) -> Dose:
        agent = self._agent(content)
        unknown = content.get("amount") == AMOUNT_UNKNOWN
        amount = None if unknown else self._quantity(content, "amount", _DOSE_DIMENSIONS, "160 mg")
        rate = self._quantity(content, "rate", _RATE_DIMENSIONS, "28 ug/d")
        duration, duration_text = self._duration(content, "duration")
        status = self._word(content, "status", DOSE_STATUSES)
        for key, entered in (("amount", amount), ("rate", rate)):
            if entered is not None:
                refusal = names.dose_refusal(agent, entered, hours=duration)
                if refusal:
                    raise InputError.of(self._place(key), ValueError(refusal))
        if rate is not None and not duration:
            raise self._error(
                "duration", "a rate alone is no dose", 'give the duration, for example "28 d"'
            )
        if amount is None and rate is None and not unknown:
            if status == "partial":
                raise self._error(
                    "amount",
                    "a partial dose has no amount",
                    'give the amount really given, for example "80 mg"',
                )
            raise self._error(
                "amount",
                "the dose has no amount",
                'give it with its unit, for example "160 mg", or write "unknown"',
            )
        at, known, common = self._times(content, default_known=True)
        if status == "given" and known is not None and at > known + SAME_TIME:
            raise self._error(
                "status",
                "the dose is charted as given before its time",
                "write planned, or correct `at` or `known`",
            )
        if status == "planned" and content.get("known") is None:
            self._note(
                WARNED,
                "known",
                "a planned dose without `known` is not seen before its time; give the time at"
                " which it was planned",
            )
        return Dose(
            agent=agent,
            amount=amount,
            rate=rate,
            duration=duration,
            duration_text=duration_text,
            route=self._word(content, "route", names.ROUTES),
            formulation=self._word(content, "formulation", names.FORMULATIONS),
            line=self._text(content, "line"),
            lot=self._text(content, "lot"),
            status=status,
            **common,
        )

    def _cells(self, content: Mapping[str, Any]) -> Cells:
        written = self._required(content, "product")
        product = self._named("product", written, lambda: names.cell_product(written).name)
        if product != written:
            self._note(CONVERTED, "product", f"{written} read as {product}")
        doses = content.get("doses", {})
        if not isinstance(doses, Mapping):
            raise self._error(
                "doses", "cell doses are an object", 'write {"CD34": "6.1e6 /kg"} and the like'
            )
        read: list[tuple[str, Quantity]] = []
        for key in doses:
            where = f"doses.{key}"
            try:
                name = names.cell_dose_key(str(key)).name
            except names.UnknownName as error:
                raise InputError.of(self._place("doses"), error) from None
            dose = self._parsed(doses[key], where, "6.1e6 /kg", bare=False)
            if units.UNITS[dose.unit].dimension not in _CELL_DIMENSIONS:
                raise self._error(
                    where,
                    f"{dose.unit} is not a unit of cells",
                    'write it per kg or in all, for example "6.1e6 /kg" or "1.2e8 cells"',
                )
            if any(name == other for other, _ in read):
                raise self._error(where, f"{name} is given twice", "leave one out")
            read.append((name, dose))
        _, _, common = self._times(content, default_known=True)
        after, after_text = self._duration(content, "after_chemotherapy")
        return Cells(
            part=self._part(content),
            course=self._course(content),
            after=after if after_text else None,
            after_text=after_text,
            product=product,
            source=self._word(content, "source", names.SOURCES),
            donor=self._word(content, "donor", names.DONORS),
            manipulation=self._text(content, "manipulation"),
            doses=tuple(read),
            status=self._word(content, "status", DOSE_STATUSES),
            **common,
        )

    def _measurement(self, content: Mapping[str, Any]) -> Measurement:
        written = self._required(content, "name")
        known = self._named("name", written, lambda: names.measurement(written))
        if content.get("value") is None:
            raise self._error(
                "value",
                "the measurement has no value",
                f'give it with its unit, for example "... {known.unit}", or leave the event out',
            )
        value = self._parsed(content["value"], "value", f"... {known.unit}", bare=known.unit == "1")
        number = self._canonical(value, known, "value")
        refusal = known.refusal(number)
        if refusal:
            raise InputError.of(self._place("value"), ValueError(refusal))
        caution = known.caution(number)
        if caution:
            self._note(WARNED, "value", caution)
        if value.unit != known.unit:
            self._note(CONVERTED, "value", conversion(value.unit, known))
        bounds = {}
        for key in ("limit", "low", "high"):
            if content.get(key) is not None:
                bound = self._parsed(content[key], key, f"... {known.unit}", bare=known.unit == "1")
                bounds[key] = (bound, self._canonical(bound, known, key))
        if content.get("input") is not None:
            bounds["input"] = (self._examined(content, known), 0.0)
        if "low" in bounds and "high" in bounds and bounds["low"][1] > bounds["high"][1]:
            raise self._error(
                "low", "the reference range runs from high to low", "exchange `low` and `high`"
            )
        over, over_text = self._duration(content, "over")
        at, moment, common = self._times(content, default_known=known.bedside)
        if moment is not None and moment < at - SAME_TIME:
            raise self._error(
                "known",
                f"{known.name} is known before it was taken",
                "correct `at` (the draw) or `known` (the result)",
            )
        return Measurement(
            name=known.name,
            value=value,
            number=number,
            method=self._text(content, "method"),
            specimen=self._text(content, "specimen"),
            marker=self._text(content, "marker"),
            lineage=self._text(content, "lineage"),
            limit=bounds["limit"][0] if "limit" in bounds else None,
            input=bounds["input"][0] if "input" in bounds else None,
            low=bounds["low"][0] if "low" in bounds else None,
            high=bounds["high"][0] if "high" in bounds else None,
            over=over if over_text else None,
            over_text=over_text,
            **common,
        )

    def _examined(self, content: Mapping[str, Any], known: names.MeasurementName) -> Quantity:
        """Cells or genomes examined for a share."""
        if known.name != "mrd" and not known.name.startswith("donor_chimerism"):
            raise self._error(
                "input",
                f"{known.name} is no share of cells",
                "leave it out: only chimerism and residual disease have an input",
            )
        size = self._parsed(content["input"], "input", "1e6 cells", bare=False)
        if (
            units.UNITS[size.unit].dimension != "dimensionless"
            or size.unit == "%"
            or size.comparator
            or size.number < 1
        ):
            raise self._error(
                "input",
                f"{size.text} is no number of cells",
                'write how many cells or genomes were examined, for example "1e6 cells"',
            )
        return size

    def _finding(self, content: Mapping[str, Any]) -> Finding:
        written = self._required(content, "name")
        known = self._named("name", written, lambda: names.finding(written))
        if "value" not in content or content["value"] is None:
            raise self._error(
                "value",
                f"{known.name} has no value",
                "write true (present), false (looked for and absent), or leave the event out",
            )
        try:
            value = names.finding_value(known.name, content["value"])
        except names.UnknownName as error:
            raise InputError.of(self._place("value"), error) from None
        except ValueError as error:
            remedy = str(error).rpartition(": write ")[2]
            raise self._error(
                "value", f"this is no value of {known.name}", f"write {remedy}"
            ) from None
        at, moment, common = self._times(content, default_known=True)
        if moment is not None and moment < at - SAME_TIME and known.name != "next_therapy":
            raise self._error(
                "known",
                f"{known.name} is known before it was found",
                "correct `at` or `known`",
            )
        return Finding(name=known.name, value=value, **common)

    def _procedure(self, content: Mapping[str, Any]) -> Procedure:
        written = self._required(content, "name")
        name = self._named(
            "name", written, lambda: names.choice("procedure", written, names.PROCEDURES)
        )
        of = self._text(content, "of")
        if of:
            try:
                of = names.measurement(of).name
            except names.UnknownName as error:
                raise InputError.of(self._place("of"), error) from None
        elif name == "level_drawn":
            raise self._error(
                "of", "the drawn sample names no measurement", 'write "of": "sirolimus" or the like'
            )
        return Procedure(name=name, of=of, **self._times(content, default_known=True)[2])

    def _transfusion(self, content: Mapping[str, Any]) -> Transfusion:
        written = self._required(content, "product")
        product = self._named(
            "product", written, lambda: names.choice("transfusion", written, names.TRANSFUSIONS)
        )
        amount = None
        if content.get("amount") is not None:
            amount = self._parsed(content["amount"], "amount", "300 mL", bare=False)
        common = self._times(content, default_known=True)[2]
        return Transfusion(product=product, amount=amount, **common)

    def _stop(self, content: Mapping[str, Any]) -> Stop:
        agent = self._agent(content)
        return Stop(agent=agent, **self._times(content, default_known=True)[2])

    def _kept(self, content: Mapping[str, Any], unknown: _UnknownKept) -> Kept:
        _, _, common = self._times(content, default_known=True)
        self._note(
            WARNED, unknown.key, f"{unknown.sentence}; kept as written, nothing is computed from it"
        )
        return Kept(
            name=unknown.written,
            content=tuple(
                (key, value)
                for key, value in content.items()
                if key not in ("at", "known", "replaces")
            ),
            **common,
        )

    # --- parts of an event ----------------------------------------------------------------

    def _part(self, content: Mapping[str, Any]) -> str:
        written = self._text(content, "part")
        found = re.fullmatch(r"(\d+) of (\d+)", written)
        if written and (found is None or not 1 <= int(found[1]) <= int(found[2])):
            raise self._error("part", "this is not a part of a split dose", 'write it "1 of 2"')
        return written

    def _course(self, content: Mapping[str, Any]) -> int:
        written = content.get("course")
        if written is None:
            return 0
        number = int(written) if isinstance(written, str) and written.isdecimal() else written
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise self._error(
                "course", "this is not the number of a course", "write 1, 2 and so on"
            )
        return number

    def _kind(self, content: Mapping[str, Any]) -> str:
        kind = content.get("type")
        if isinstance(kind, str) and kind.strip() in KEYS:
            return kind.strip()
        if kind is None or kind == "":
            raise self._error("type", "the event has no type", f"write one of {', '.join(KEYS)}")
        if not isinstance(kind, str):
            raise self._error("type", "the type is text", f"write one of {', '.join(KEYS)}")
        near = difflib.get_close_matches(kind.lower(), KEYS, n=1, cutoff=0.5)
        remedy = f"the nearest known is {near[0]!r}" if near else f"write one of {', '.join(KEYS)}"
        raise self._error("type", f"unknown type {kind!r}", remedy)

    def _times(
        self, content: Mapping[str, Any], *, default_known: bool
    ) -> tuple[float, float | None, dict[str, Any]]:
        if content.get("at") is None:
            raise self._error(
                "at", "the event has no time", "write hours from day 0 or an ISO time with its zone"
            )
        at, at_text = hours(content["at"], self.day0, self._place("at"))
        known: float | None = at if default_known else None
        known_text = ""
        if content.get("known") is not None:
            known, known_text = hours(content["known"], self.day0, self._place("known"))
        common = {
            "at": at,
            "at_text": at_text,
            "known": known,
            "known_text": known_text,
            "replaces": self._replaces(content),
            "row": self._row,
        }
        return at, known, common

    def _replaces(self, content: Mapping[str, Any]) -> Replaced | None:
        target = content.get("replaces")
        if target is None:
            return None
        keys = [
            k for k in ("name", "agent", "product") if isinstance(target, Mapping) if k in target
        ]
        if len(keys) != 1 or set(target) != {keys[0], "at"} or not isinstance(target[keys[0]], str):
            raise self._error(
                "replaces",
                "a correction names the event that it replaces",
                'write {"name": ..., "at": ...}',
            )
        at, at_text = hours(target["at"], self.day0, self._place("replaces.at"))
        return Replaced(self._replaced_name(content, target[keys[0]].strip()), at, at_text)

    def _replaced_name(self, content: Mapping[str, Any], written: str) -> str:
        kind = content.get("type")
        try:
            if kind in ("dose", "stop"):
                return names.agent(written).name
            if kind == "cells":
                return names.cell_product(written).name
            if kind == "measurement":
                return names.measurement(written).name
            if kind == "finding":
                return names.finding(written).name
            if kind == "procedure":
                return names.choice("procedure", written, names.PROCEDURES)
            if kind == "transfusion":
                return names.choice("transfusion", written, names.TRANSFUSIONS)
        except names.UnknownName as error:
            if not self.keep:
                raise InputError.of(self._place("replaces.name"), error) from None
        return written

    def _agent(self, content: Mapping[str, Any]) -> str:
        written = self._required(content, "agent")
        agent = self._named("agent", written, lambda: names.agent(written))
        if agent.name != written:
            self._note(CONVERTED, "agent", f"{written} read as {agent.name}")
        return agent.name

    def _named(self, key: str, written: str, look_up: Callable[[], Known]) -> Known:
        try:
            return look_up()
        except names.UnknownName as error:
            # A name that covers several agents is refused even so: which was given matters.
            if self.keep and written.lower() not in names.AMBIGUOUS:
                raise _UnknownKept(key, written, str(error)) from None
            raise InputError.of(self._place(key), error) from None

    def _required(self, content: Mapping[str, Any], key: str) -> str:
        written = self._text(content, key)
        if not written:
            raise self._error(key, f"the event has no {key}", "give it as in the vocabulary")
        return written

    def _text(self, content: Mapping[str, Any], key: str) -> str:
        written = content.get(key)
        if written is None:
            return ""
        if not isinstance(written, str):
            raise self._error(key, f"{key} is text", "write it between quotes")
        return " ".join(written.split())

    def _word(self, content: Mapping[str, Any], key: str, known: Any) -> str:
        written = self._text(content, key)
        if not written:
            return ""
        try:
            return names.choice(key, written, known)
        except names.UnknownName as error:
            raise InputError.of(self._place(key), error) from None

    def _quantity(
        self, content: Mapping[str, Any], key: str, dimensions: frozenset[str], example: str
    ) -> Quantity | None:
        if content.get(key) is None:
            return None
        found = self._parsed(content[key], key, example, bare=False)
        if found.comparator:
            raise self._error(
                key, "a dose cannot be below or above a bound", "give the amount itself"
            )
        if units.UNITS[found.unit].dimension not in dimensions:
            raise self._error(
                key, f"{found.unit} is not a unit of {key}", f'write one like "{example}"'
            )
        if found.number < 0:
            raise self._error(key, f"the {key} is negative", "check the sign")
        return found

    def _duration(self, content: Mapping[str, Any], key: str) -> tuple[float, str]:
        written = content.get(key)
        if written is None:
            return 0.0, ""
        found = self._parsed(written, key, "6 h", bare=False)
        if units.UNITS[found.unit].dimension != "time" or found.comparator:
            raise self._error(key, "this is not a duration", 'write it in min, h or d: "6 h"')
        if found.number < 0:
            raise self._error(key, "the duration is negative", "check the sign")
        return units.duration_hours(found.text), found.text

    def _parsed(self, written: object, key: str, example: str, *, bare: bool) -> Quantity:
        return quantity(written, self._place(key), example=example, bare=bare)

    def _canonical(self, value: Quantity, known: names.MeasurementName, key: str) -> float:
        try:
            return float(
                units.convert(value.number, value.unit, known.unit, substance=known.substance)
            )
        except UnitError as error:
            raise InputError.of(self._place(key), error) from None

    # --- sentences ------------------------------------------------------------------------

    def _place(self, key: str) -> str:
        return self.place(self._row, key)

    def _error(self, key: str, problem: str, remedy: str) -> InputError:
        return InputError(self._place(key), problem, remedy)

    def _note(self, kind: str, key: str, text: str) -> None:
        self.notes.append(Note(kind, self._place(key), text))

    def _unknown_key(self, kind: str, key: str, known: tuple[str, ...]) -> InputError:
        return InputError(
            self._place(""), f"unknown key {key!r} in a {kind}", nearest_key(key, known)
        )


_READERS: Mapping[str, Callable[[EventReader, Mapping[str, Any]], AnyEvent]] = {
    "dose": EventReader._dose,
    "cells": EventReader._cells,
    "measurement": EventReader._measurement,
    "finding": EventReader._finding,
    "procedure": EventReader._procedure,
    "transfusion": EventReader._transfusion,
    "stop": EventReader._stop,
}


class _UnknownKept(Exception):  # noqa: N818 - control flow inside this module
    """An event of an unknown name in a record that keeps them."""

    def __init__(self, key: str, written: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key
        self.written = written
        self.sentence = sentence
