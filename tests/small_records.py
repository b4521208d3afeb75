"""Small records of one person on sirolimus, as a ward would chart them."""

from __future__ import annotations

from typing import Any

from equipoise import files
from equipoise.record import Record


def record_of(*events: dict[str, Any], t: float = 1e6, **header: Any) -> Record:
    content = {
        "equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00", **header,
        "events": list(events),
    }  # fmt: skip
    return files.record_from_json(content).assuming_turnaround().until(t)


def dose(at: float, amount: str = "2 mg", **more: Any) -> dict[str, Any]:
    return {
        "type": "dose", "at": at, "agent": "sirolimus", "amount": amount, "route": "oral", **more,
    }  # fmt: skip


def value(name: str, text: str, at: float, **more: Any) -> dict[str, Any]:
    return {"type": "measurement", "at": at, "known": at, "name": name, "value": text, **more}


def daily(*amounts: str, start: float = 0.0) -> list[dict[str, Any]]:
    return [dose(start + 24.0 * i, amount) for i, amount in enumerate(amounts)]
