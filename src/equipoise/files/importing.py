"""What reading says: one sentence for what is refused, and a report of everything done.

The sentences name fields, names and units, never a patient's numbers, dates or identifiers, so
that logs and tracebacks stay free of patient data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ACCEPTED = "accepted"
CONVERTED = "converted"
REFUSED = "refused"
WARNED = "warned"
KINDS = (ACCEPTED, CONVERTED, WARNED, REFUSED)
"""The kinds of notes, in the order of printing."""
LONGEST = 300
"""Characters of a problem that are shown: a name may be a whole page in the wrong column."""


class InputError(ValueError):
    """Something in the input is refused; `str()` is one sentence.

    field    where: `events[12].value`, `day0`, `row 5, value`, `file`
    problem  what is wrong
    remedy   what to write instead
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str]]:
        """Its three parts: it is sent between processes."""
        return (type(self), (self.field, self.problem, self.remedy))

    @classmethod
    def of(cls, field: str, error: Exception) -> InputError:
        """The same complaint at a field: units and names say "problem: remedy"."""
        problem, _, remedy = str(error).partition(": ")
        if len(problem) > LONGEST:
            problem = f"{problem[:LONGEST]}..."
        return cls(field, problem, remedy or "write it as the vocabulary has it")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that reading did.

    kind   "accepted", "converted", "warned" or "refused"
    field  where in the input; as in `InputError`
    text   what was done or is wrong, and the remedy
    """

    kind: str
    field: str
    text: str


@dataclass(slots=True)
class ImportReport:
    """Everything that reading one record did.

    notes   in the order of the input
    counts  how many: "events" in the input, "accepted", "refused", and each type accepted
    """

    notes: list[Note] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[Note, ...]:
        """What was not taken into the record."""
        return self.of_kind(REFUSED)

    @property
    def warned(self) -> tuple[Note, ...]:
        """What was taken but should be looked at."""
        return self.of_kind(WARNED)

    def of_kind(self, kind: str) -> tuple[Note, ...]:
        """The notes of one kind, in the order of the input."""
        return tuple(note for note in self.notes if note.kind == kind)

    def lines(self) -> list[str]:
        """For printing: what was accepted, converted, warned about and refused, a line each.

        The same remark about many fields is one line.
        """
        lines = [self._summary()]
        for kind in KINDS[1:]:
            together: dict[str, list[str]] = {}
            for note in self.of_kind(kind):
                together.setdefault(note.text, []).append(note.field)
            lines += [f"{kind}: {_several(fields)}: {text}" for text, fields in together.items()]
        return lines

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object: `counts` and `notes`."""
        return {
            "counts": dict(self.counts),
            "notes": [{"kind": n.kind, "field": n.field, "text": n.text} for n in self.notes],
        }

    def _summary(self) -> str:
        taken = [
            f"{number} {kind}"
            for kind, number in self.counts.items()
            if kind not in ("events", ACCEPTED, REFUSED)
        ]
        inside = f" ({', '.join(taken)})" if taken else ""
        return (
            f"{self.counts.get('events', 0)} events read: "
            f"{self.counts.get(ACCEPTED, 0)} accepted{inside}, "
            f"{self.counts.get(REFUSED, 0)} refused"
        )


def refusal(error: InputError) -> Note:
    """The note for something refused."""
    return Note(REFUSED, error.field, f"{error.problem}; {error.remedy}")


def only_refused(error: InputError) -> ImportReport:
    """The report where nothing at all could be read."""
    return ImportReport([refusal(error)], {"events": 0, ACCEPTED: 0, REFUSED: 0})


def _several(fields: Iterable[str]) -> str:
    unique = list(dict.fromkeys(fields))
    if len(unique) <= 3:
        return ", ".join(unique)
    return f"{', '.join(unique[:3])} and {len(unique) - 3} more"
