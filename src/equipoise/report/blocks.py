"""What a panel is made of: blocks that the page and the text form both know how to show.

A panel says its content once; `html` and `text` decode it. A block carries words, never markup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from equipoise.report.svg import Drawing
from equipoise.source import Source, Standing


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of words in one manner.

    manner  "", "strong", "quiet", "mark" (a small label), "warn" (a label that warns)
    doi     where the words are a citation that can be followed
    """

    text: str
    manner: str = ""
    doi: str = ""


Words = tuple[Run, ...]
"""A line of text."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 2 opens a panel."""

    kind: ClassVar[str] = "heading"
    level: int
    text: str
    label: Words = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running words; manner "", "quiet", "lead", "answer"."""

    kind: ClassVar[str] = "paragraph"
    words: Words
    manner: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list; manner "", "notes", "numbered", "known" and "lacking" (a mark before each)."""

    kind: ClassVar[str] = "items"
    items: tuple[Words, ...]
    manner: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and text pairs; manner "strip" for the head of the report, "" for a small table."""

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, Words], ...]
    manner: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: numbers stand to the right; a drawing is not part of the text form."""

    title: str
    numeric: bool = False
    drawing: bool = False
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; `drawing` is shown on the page, `words` in both forms."""

    words: Words = ()
    drawing: Drawing | None = None
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row; manner "", "best", "group" (its first cell heads the rows below), "quiet"."""

    cells: tuple[Cell, ...]
    manner: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption. The first column heads its rows."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    manner: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with a caption.

    lines  from a width to the lines that stand for the drawing in the text form
    """

    kind: ClassVar[str] = "figure"
    drawing: Drawing
    caption: Words
    lines: Callable[[int], tuple[str, ...]] = lambda _width: ()


@dataclass(frozen=True, slots=True)
class Box:
    """Blocks that belong together; manner "danger", "caution", "plain", "decision", "refused"."""

    kind: ClassVar[str] = "box"
    title: str
    blocks: tuple[Block, ...]
    manner: str = "plain"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns of blocks side by side; one below the other in the text form."""

    kind: ClassVar[str] = "pair"
    left: tuple[Block, ...]
    right: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Detail behind a line that opens on the page; on paper the line alone, in the text form all.

    title  what is inside, in a few words
    """

    kind: ClassVar[str] = "fold"
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Blanks:
    """Fields to be filled with a pen; boxes to tick first."""

    kind: ClassVar[str] = "blanks"
    ticks: tuple[str, ...] = ()
    lines: tuple[str, ...] = field(default=())


Block = Heading | Paragraph | Items | Facts | Table | Figure | Box | Pair | Fold | Blanks


def words(*parts: str | Run | Words) -> Words:
    """A line from plain strings, runs and lines; empty ones are left out."""
    line: list[Run] = []
    for part in parts:
        if isinstance(part, str):
            if part:
                line.append(Run(part))
        elif isinstance(part, Run):
            if part.text:
                line.append(part)
        else:
            line.extend(part)
    return tuple(line)


def strong(text: str) -> Run:
    """Words that stand out."""
    return Run(text, "strong")


def quiet(text: str) -> Run:
    """Words that stand back."""
    return Run(text, "quiet")


def cell(*parts: str | Run | Words, drawing: Drawing | None = None, span: int = 1) -> Cell:
    """A cell from plain strings, runs and lines."""
    return Cell(words(*parts), drawing, span)


def row(*cells: str | Run | Cell, manner: str = "") -> Row:
    """A row from strings, runs or cells."""
    return Row(tuple(c if isinstance(c, Cell) else cell(c) for c in cells), manner)


def citation(source: Source) -> Words:
    """A source in short, with its place; the words lead to the DOI where there is one."""
    place = f", {source.where}" if source.where else ""
    return words(Run(source.short, "", source.doi), place)


def standing_mark(standing: Standing) -> Words:
    """The standing as a small label; it warns where it may not stand behind a dose."""
    return (Run(standing.word, "mark" if standing.may_feed_options else "warn"),)


def watermark_mark(watermark: str) -> Words:
    """A watermark as a small label that warns; nothing where there is none."""
    return (Run(watermark, "warn"),) if watermark else ()


def plain_text(line: Words) -> str:
    """A line without its manners: labels in brackets, DOIs not shown."""
    parts = [f"[{r.text}]" if r.manner in ("mark", "warn") else r.text for r in line]
    text = ""
    for run, part in zip(line, parts, strict=True):
        joins = run.manner in ("mark", "warn") and text and not text.endswith(" ")
        text += (" " if joins else "") + part
    return text
