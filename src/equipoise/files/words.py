"""Words that stand for times and quantities in files, read strictly.

The sentence for one that cannot be read repeats its unit, never its number or date.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from equipoise import names, units
from equipoise.files.importing import InputError
from equipoise.units import Quantity, UnitError

FARTHEST = 150 * 8766.0
"""Hours from day 0 beyond which a time is a mistake (seconds or a calendar number)."""


def hours(written: object, day0: datetime, place: str) -> tuple[float, str]:
    """Hours from day 0 and the ISO text, empty where hours were written.

    written  a number, or an ISO time with zone
    Fails    InputError for anything else.
    """
    at: float | None
    if isinstance(written, str):
        moment = moment_of(written, place)
        at, text = (moment - day0).total_seconds() / 3600.0, written.strip()
    elif isinstance(written, int | float) and not isinstance(written, bool):
        at, text = finite(written), ""
    else:
        raise InputError(place, "this is not a time", _TIME_REMEDY)
    if at is None or abs(at) > FARTHEST:
        raise InputError(
            place, "the time is more than 150 years from day 0", "write hours from day 0"
        )
    return at, text


def finite(number: float) -> float | None:
    """The number as a float, or None where it is none that can be computed with."""
    try:
        return float(number) if math.isfinite(number) else None
    except OverflowError:
        return None


_ISO = "YYYY-MM-DDThh:mm:ss+hh:mm"
_TIME_REMEDY = f"write hours from day 0 as a number, or an ISO time with its zone ({_ISO})"


def moment_of(written: str, place: str) -> datetime:
    """A moment from an ISO time with zone.

    Fails  InputError for a date alone, a time without zone, or anything else.
    """
    text = written.strip()
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
        raise InputError(
            place,
            "the date has no clock time and no zone",
            f"write the time with its zone ({_ISO})",
        )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(place, "this is not an ISO time", _TIME_REMEDY) from None
    if moment.utcoffset() is None:
        raise InputError(place, "the time has no zone", f"add the offset from UTC ({_ISO})")
    return moment


def nearest_key(key: str, known: Iterable[str]) -> str:
    """The remedy for an unknown key: the nearest known one, or all."""
    words = list(known)
    near = difflib.get_close_matches(str(key).lower(), words, n=1, cutoff=0.5)
    return f"the nearest known is {near[0]!r}" if near else f"known are {', '.join(words)}"


def quantity(written: object, place: str, *, example: str, bare: bool) -> Quantity:
    """A number with its unit.

    example  what one looks like here, for the remedy
    bare     whether a number may stand alone (the canonical unit is 1)
    Fails    InputError for a number without unit, an unknown unit, and what is no number.
    """
    if bare and isinstance(written, int | float) and not isinstance(written, bool):
        written = repr(written)
    if not isinstance(written, str):
        number = isinstance(written, int | float) and not isinstance(written, bool)
        raise InputError(
            place,
            "the number has no unit" if number else "this is not a quantity",
            f'write it between quotes with its unit, for example "{example}"',
        )
    written = re.sub(r"[\r\n\t]+", " ", written)
    try:
        found = units.parse(written)
    except UnitError:
        raise _unreadable(written, place, example) from None
    if found.unit == "1" and not bare and not _unit_of(written):
        raise InputError(
            place, "the number has no unit", f'write it with its unit, for example "{example}"'
        )
    return found


_NUMBER = re.compile(r"^[<>]?\s*[+\-\u2212]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_UNREADABLE: tuple[tuple[str, str, str], ...] = (
    (
        r"^(<=|>=|=<|=>|≤|≥|~|≈)",
        "the comparator is not read",
        "write < or > with the limit of the assay, or the number itself",
    ),
    (
        r"^[+-]?(nan|inf)",
        "this is not a number",
        "leave the event out if the value is not known",
    ),
    (
        r"\d,\d",
        "the comma may be a decimal comma or a thousands separator",
        "write a decimal point and no separators",
    ),
    (r"\d[ '’_\u00a0\u202f]\d{3}", "the number has separators", "write the digits together"),
)


def _unit_of(written: str) -> str:
    return _NUMBER.sub("", written.strip(), count=1).strip()


def _unreadable(written: str, place: str, example: str) -> InputError:
    unit = _unit_of(written)
    if unit and unit != written.strip() and unit[0] not in "0123456789.,":
        try:
            units.unit(unit)
        except UnitError as error:
            return InputError.of(place, error)
    for pattern, problem, remedy in _UNREADABLE:
        if re.search(pattern, written.strip(), re.IGNORECASE):
            return InputError(place, problem, remedy)
    return InputError(
        place, "the number cannot be read", f'write a number and its unit, for example "{example}"'
    )


def conversion(unit: str, known: names.MeasurementName) -> str:
    """What a conversion to the canonical unit did: "mg/dL converted to mg/L (x 10)"."""
    if units.UNITS[unit].offset or units.UNITS[known.unit].offset:
        return f"{unit} converted to {known.unit}"
    factor = units.convert(Decimal(1), unit, known.unit, substance=known.substance)
    return f"{unit} converted to {known.unit} (x {float(factor):.6g})"
