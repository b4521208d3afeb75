"""Dose lines as a person writes them, read into numbers.

1.75 mg oral every 24 h x 30
160 mg iv over 6 h every 24 h x 4 from -120 h
28 ug/d iv over 28 d
2.5 mg/kg iv over 6 h every 24 h x 4 from -5 d
2 mg oral every 24 h at steady state
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise import units
from equipoise.units import Quantity

ROUTES = ("oral", "iv", "sc", "im", "intrathecal")

_TAIL = re.compile(
    r"\s+(?:(?P<route>oral|iv|sc|im|intrathecal)"
    r"|over\s+(?P<over>[0-9.eE+]+\s*[a-z]+)"
    r"|every\s+(?P<every>[0-9.eE+]+\s*[a-z]+)"
    r"|x\s*(?P<count>[0-9]{1,18})"
    r"|from\s+(?P<from>[-+]?[0-9.]+(?:e[-+]?[0-9]+)?(?:\s*[hd](?![a-z]))?)"
    r"|(?P<steady>at\s+steady\s+state))(?=\s|$)",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\s*(?P<amount>[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\s*[^\s]+)")


MOST_TIMES = 1_000_000
"""Sampling times of one list: beyond, a step or an end was mistyped."""


class DoseLineError(ValueError):
    """A dose line that cannot be read: one sentence with an example."""


@dataclass(frozen=True, slots=True)
class Regimen:
    """One dose line.

    amount    as written, per kg and per m2 allowed; an amount per time is a rate
    is_rate   whether `amount` is a rate over `duration`
    duration, interval, start  hours; interval 0 for a single dose
    count     number of doses
    steady    given for ever before the first dose
    """

    amount: Quantity
    is_rate: bool
    route: str
    duration: float
    interval: float
    count: int
    start: float
    steady: bool
    text: str

    def total(
        self, unit: str, *, weight: float | None = None, surface: float | None = None
    ) -> float:
        """Amount of one dose in `unit`.

        weight   kg, needed for an amount per kg; surface: m2, for an amount per m2
        Fails  DoseLineError where it is needed and missing; units.UnitError where the units differ.
        """
        base, per = units.per(self.amount.unit)
        wanted = f"{unit}/h" if self.is_rate else unit
        number = float(units.convert(float(self.amount.number), base, wanted))
        if per == "kg":
            if weight is None:
                raise DoseLineError(f"dose {self.text!r} is per kg: give --covariate weight=...")
            number *= weight
        elif per == "m2":
            if surface is None:
                raise DoseLineError(f"dose {self.text!r} is per m2: give --covariate bsa=...")
            number *= surface
        return number * self.duration if self.is_rate else number

    def times(self) -> tuple[float, ...]:
        """Hours at which the doses start."""
        return tuple(self.start + i * self.interval for i in range(self.count))


def parse_dose(text: str) -> Regimen:
    """Read one dose line.

    Fails  DoseLineError naming what is wrong, with an example.
    """
    head = _HEAD.match(text)
    if head is None:
        raise _error(text, "it must begin with an amount and its unit")
    try:
        amount = units.parse(head["amount"])
    except units.UnitError as error:
        raise _error(text, str(error)) from None
    if amount.comparator or amount.number < 0:
        raise _error(text, "the amount must be a plain positive number")
    found: dict[str, str] = {}
    place = head.end()
    while place < len(text.rstrip()):
        part = _TAIL.match(text, place)
        if part is None:
            raise _error(text, f"{text[place:].strip()!r} is not understood")
        for key, value in part.groupdict().items():
            if value is not None:
                if key in found:
                    raise _error(text, f"{key!r} is said twice")
                found[key] = value
        place = part.end()
    try:
        duration = units.duration_hours(found["over"]) if "over" in found else 0.0
        interval = units.duration_hours(found["every"]) if "every" in found else 0.0
    except units.UnitError as error:
        raise _error(text, str(error)) from None
    count = int(found.get("count", "1"))
    steady = "steady" in found
    base, _ = units.per(amount.unit)
    is_rate = base.endswith(("/d", "/h", "/min"))
    if is_rate and duration <= 0.0:
        raise _error(text, "a rate needs how long it runs ('over 28 d')")
    if count < 1:
        raise _error(text, "the number of doses must be at least 1")
    if count > 1 and interval <= 0.0:
        raise _error(text, "several doses need an interval ('every 24 h')")
    if steady and interval <= 0.0:
        raise _error(text, "steady state needs an interval ('every 24 h')")
    if interval > 0.0 and not steady and "count" not in found:
        raise _error(text, "'every' needs how many doses ('x 30') or 'at steady state'")
    start = _hours(found["from"]) if "from" in found else 0.0
    return Regimen(
        amount=amount,
        is_rate=is_rate,
        route=found.get("route", "").lower(),
        duration=duration,
        interval=interval,
        count=count,
        start=start,
        steady=steady,
        text=" ".join(text.split()),
    )


def parse_times(text: str) -> tuple[float, ...]:
    """Sampling times in hours: "0,12,23.5", "0:720:1", with `d` after a number for days.

    Fails  DoseLineError where it cannot be read.
    """
    times: list[float] = []
    for part in text.split(","):
        ends = [_hours(p) for p in part.split(":")]
        if len(ends) == 1:
            times.append(ends[0])
        elif len(ends) in (2, 3):
            low, high = ends[0], ends[1]
            step = ends[2] if len(ends) == 3 else 1.0
            if step <= 0.0 or high < low:
                raise DoseLineError(f"times {part!r}: write from:to:step with from < to, step > 0")
            n = int(min((high - low) / step + 1e-9, 1e9))
            if n > MOST_TIMES:
                raise DoseLineError(
                    f"times {part!r}: more than a million times; take a larger step"
                )
            times.extend(low + i * step for i in range(n + 1))
        else:
            raise DoseLineError(f"times {part!r}: write 0,12,24 or from:to:step")
        if len(times) > MOST_TIMES:
            raise DoseLineError(
                f"times: more than {MOST_TIMES} in all; take fewer or a larger step"
            )
    return tuple(sorted(set(times)))


def describe(regimens: Sequence[Regimen]) -> tuple[str, ...]:
    """The lines as they were read."""
    return tuple(r.text for r in regimens)


def _hours(text: str) -> float:
    word = text.strip()
    factor = 1.0
    if word.endswith("d"):
        word, factor = word[:-1], 24.0
    elif word.endswith("h"):
        word = word[:-1]
    try:
        hours = float(word) * factor
    except ValueError:
        hours = math.nan
    if not math.isfinite(hours):
        raise DoseLineError(f"time {text.strip()!r} is not a number of hours (or days: 3d)")
    return hours


def _error(text: str, why: str) -> DoseLineError:
    return DoseLineError(
        f"dose {' '.join(text.split())!r}: {why}; write it like '1.75 mg oral every 24 h x 30'"
    )
