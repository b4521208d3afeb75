"""Clock times as people read them, with their offset: a ward's clock changes twice a year."""

from __future__ import annotations

from datetime import datetime

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Names of months, because those of the operating system depend on its language."""


def offset_text(moment: datetime) -> str:
    """ "+01:00": the offset of a moment with a zone."""
    return moment.isoformat()[-6:] if moment.utcoffset() is not None else ""


def written_offset(text: str) -> str:
    """The offset of an ISO time as it was written; "" where hours were written."""
    return offset_text(datetime.fromisoformat(text)) if text else ""


def clock_text(moment: datetime) -> str:
    """ "19 Jan 14:00 +01:00", to the minute; the year is left out."""
    when = f"{moment.day} {MONTHS[moment.month - 1]} {moment.hour:02d}:{moment.minute:02d}"
    return f"{when} {offset_text(moment)}".rstrip()
