"""Where a number comes from, how far it may be trusted, and how strong the evidence is.

Nothing in this package is a bare number: what a person may ask "says who?" about is a `Value`,
and what is computed from several values has the weakest standing among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar


class Standing(IntEnum):
    """How far a published thing may be trusted here, weakest first.

    hypothesis   our own joining of published parts, or a project convention
    provisional  from memory, a secondary digest, or an incomplete source
    transcribed  taken from an open transcription of the paper's table
    published    read in the paper, its abstract or the label (`Source.where` says which)
    """

    HYPOTHESIS = 0
    PROVISIONAL = 1
    TRANSCRIBED = 2
    PUBLISHED = 3

    @property
    def word(self) -> str:
        """The word that is printed: `published`, `transcribed`, `provisional`, `hypothesis`."""
        return self.name.lower()

    @property
    def may_feed_options(self) -> bool:
        """Whether a thing of this standing may stand behind a dose option (the gate)."""
        return self >= Standing.TRANSCRIBED


def weakest(*standings: Standing) -> Standing:
    """The standing of what is computed from several things: the weakest of them.

    Fails  ValueError when nothing is given.
    """
    if not standings:
        raise ValueError("weakest() needs at least one standing")
    return min(standings)


REVIEW_DAYS = 365
"""Days after which an entry of a shelf wants to be read again (project convention)."""


def review_due(entries: Iterable[tuple[str, date | None]], on: date) -> str:
    """A sentence naming the entries that were last reviewed more than a year before a date, or "".

    entries  (id, reviewed on); None: it has no such date and is left out
    """
    old = [(each, id_) for id_, each in entries if each and (on - each).days > REVIEW_DAYS]
    if not old:
        return ""
    named = ", ".join(sorted({id_ for _, id_ in old}))
    return (
        f"last reviewed more than a year before {on.isoformat()}, the first on "
        f"{min(old)[0].isoformat()}: {named}; look for newer sources"
    )


@dataclass(frozen=True, slots=True)
class Source:
    """A citation: what a reader needs to find the thing.

    short  "Cheng 2020, Int J Immunopathol Pharmacol"
    doi    without the resolver's address; empty where there is none
    where  place inside the source: "Table 3", "abstract", "section 7"
    note   what a reader should know: read as abstract only, conflict with another source
    """

    short: str
    doi: str = ""
    where: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """One line for a bibliography."""
        parts = [self.short]
        if self.where:
            parts.append(self.where)
        if self.doi:
            parts.append(f"doi:{self.doi}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Value:
    """A published number with its unit and its place.

    number    in `unit`
    unit      UCUM code; "1" for a dimensionless number
    where     place in the source of the thing it belongs to, or a source of its own
    standing  None: that of the thing it belongs to
    note      how it was read (scale of a variability term, fixed, reference subject)
    """

    number: float
    unit: str
    where: str
    standing: Standing | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Oxford CEBM 2009 level of the evidence behind a statement.

    level     "1a" ... "5"
    assigned  "source" where the source prints the level, "us" where we read it off the design
    """

    level: str
    assigned: str = "us"

    STRENGTH: ClassVar[dict[str, str]] = {
        "1a": "A", "1b": "A", "1c": "A", "2a": "B", "2b": "B", "2c": "B",
        "3a": "B", "3b": "B", "4": "C", "5": "D",
    }  # fmt: skip

    def __post_init__(self) -> None:
        if self.level not in self.STRENGTH:
            raise ValueError(f"unknown Oxford 2009 level {self.level!r}")
        if self.assigned not in ("source", "us"):
            raise ValueError("assigned is 'source' or 'us'")

    @property
    def strength(self) -> str:
        """Strength of recommendation that goes with the level: A (strongest) to D."""
        return self.STRENGTH[self.level]

    @property
    def text(self) -> str:
        """ "Oxford 2009 level 4 (C), assigned by us from the design"."""
        by = (
            "as printed by the source"
            if self.assigned == "source"
            else ("assigned by us from the design")
        )
        return f"Oxford 2009 level {self.level} ({self.strength}), {by}"
