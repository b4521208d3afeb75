"""Small records for the tables of cases of criteria, and their answers as intervals."""

from dataclasses import replace
from datetime import date, datetime

from equipoise import units
from equipoise.criterion import snapshot
from equipoise.grading import grade
from equipoise.probe import with_entries
from equipoise.record import Cells, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")


def chart(*entries, product="graft", ranges=(), born=date(1985, 4, 1), indication=""):
    """A record with an infusion at 0 and (hours, {name: value}) entries.

    ranges  name -> (low, high) of the laboratory
    """
    cells = () if product is None else (Cells(at=0.0, known=0.0, product=product),)
    record = Record(id="p", day0=DAY0, born=born, indication=indication, events=cells)
    for at, found in entries:
        record = with_entries(record, at, found.items())
    events = []
    for event in record.events:
        if event.key in dict(ranges):
            low, high = dict(ranges)[event.key]
            event = replace(
                event, low=None if low is None else units.parse(low),
                high=None if high is None else units.parse(high),
            )  # fmt: skip
        events.append(event)
    return replace(record, events=tuple(events))


def interval(criterion, record, t):
    """Lowest and highest answer."""
    now = snapshot(criterion, record.until(t), t)
    return now.low, now.high


def answer(criterion, record, t):
    """The whole answer."""
    return grade(criterion, record.until(t), t)


def each_missing(criterion, entries, at, t, **kwargs):
    """The interval with each entry left out in turn: {name: (low, high)}."""
    found = {}
    for name in entries:
        rest = {k: v for k, v in entries.items() if k != name}
        found[name] = interval(criterion, chart((at, rest), **kwargs), t)
    return found
