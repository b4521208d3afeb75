"""How long results take, where a record does not say when they were known.

The form is a small TOML:

    default = "24 h"          # for every name not listed; leave it out to be asked for each
    [turnaround]
    sirolimus = "6 h"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from equipoise import names, units
from equipoise.record import Record
from equipoise.sitefile import read_toml


class TurnaroundError(ValueError):
    """Turnaround times that cannot be read, or that do not cover a record: one sentence."""


@dataclass(frozen=True, slots=True)
class Turnaround:
    """Hours from a sample to its result.

    hours    by measurement
    default  for every other; None: there is none
    """

    hours: Mapping[str, float]
    default: float | None = None

    def of(self, name: str) -> float | None:
        """Hours for a measurement, or None where nothing was said about it."""
        return self.hours.get(name, self.default)


def read_turnaround(path: str | Path) -> Turnaround:
    """Read turnaround times.

    Fails  TurnaroundError for what is no TOML, an unknown key or measurement, and what is no time.
    """
    content = read_toml(path, "turnaround", TurnaroundError)
    return parse_turnaround(content)


def parse_turnaround(content: Mapping[str, Any]) -> Turnaround:
    """The same from what TOML holds.

    Fails  TurnaroundError.
    """
    for key in content:
        if key not in ("default", "turnaround"):
            raise TurnaroundError(
                f'turnaround: {key!r} is not read; write default = "24 h" and a table '
                "[turnaround] with one line for each measurement"
            )
    table = content.get("turnaround", {})
    if not isinstance(table, Mapping):
        raise TurnaroundError("turnaround: write a table [turnaround] with one line for each name")
    hours = {}
    for name, written in table.items():
        # Refuses an unknown name with the nearest known one.
        names.measurement(name)
        hours[name] = _hours(name, written)
    default = None if "default" not in content else _hours("default", content["default"])
    if default is None and not hours:
        raise TurnaroundError('turnaround: nothing is said; write default = "24 h"')
    return Turnaround(hours, default)


def assuming(record: Record, turnaround: Turnaround) -> Record:
    """The record with `known` = `at` + the turnaround wherever it was not given.

    Fails  TurnaroundError where nothing was said about a measurement without `known`.
    """
    events = []
    for event in record.events:
        if event.known is None:
            delay = turnaround.of(event.key)
            if delay is None:
                raise TurnaroundError(
                    f"{event.key}: the record does not say when it was known, and the turnaround "
                    f'file has no line for it; add {event.key} = "24 h" or a default'
                )
            event = replace(event, known=event.at + delay, assumed=True)
        events.append(event)
    return replace(record, events=tuple(events))


def without_known(record: Record) -> tuple[str, ...]:
    """Names of the events of a record that do not say when they were known."""
    return tuple(dict.fromkeys(e.key for e in record.events if e.known is None))


def _hours(key: str, written: object) -> float:
    try:
        if not isinstance(written, str):
            raise ValueError
        return units.duration_hours(written)
    except ValueError:
        raise TurnaroundError(
            f'turnaround: {key} is not a time; write it between quotes, as in {key} = "24 h"'
        ) from None
