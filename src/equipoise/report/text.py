"""The report in letters: the same blocks in the same order, in lines of a given width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from equipoise.assessment import NOT_FOR_DOSING, Assessment
from equipoise.report.blocks import (
    Blanks,
    Block,
    Box,
    Cell,
    Column,
    Facts,
    Figure,
    Fold,
    Heading,
    Items,
    Pair,
    Paragraph,
    Row,
    Table,
    plain_text,
)
from equipoise.report.opening import not_for_dosing
from equipoise.report.panels import PANELS

NARROWEST = 40
GAP = 2
MARKS = {"known": "[x] ", "lacking": "[ ] "}
EDGES = {"danger": "! ", "caution": "* "}


def text(assessment: Assessment, *, width: int = 100) -> str:
    """The report as lines of at most `width` characters, every table lined up.

    Fails  ValueError where the width is under 40.
    """
    if width < NARROWEST:
        raise ValueError(f"a report needs a width of at least {NARROWEST} characters")
    banner = f" {NOT_FOR_DOSING} ".center(width, "!") if not_for_dosing(assessment) else ""
    lines: list[str] = []
    for panel in PANELS:
        part = _lines(panel(assessment), width)
        if not part:
            continue
        if lines:
            lines.append("")
        if banner:
            lines += [banner, ""]
        lines += part
    return "\n".join(line.rstrip() for line in lines) + "\n"


def plain(blocks: Iterable[Block], *, width: int = 100, band: str = "") -> str:
    """Blocks that are not of a whole report, as lines of at most `width` characters.

    band  words above and below, where nothing may be dosed by it
    """
    banner = [f" {band} ".center(width, "!")] if band else []
    lines = [*banner, *_lines(blocks, width), *banner]
    return "\n".join(line.rstrip() for line in lines)


def _lines(blocks: Iterable[Block], width: int) -> list[str]:
    lines: list[str] = []
    tight = True
    for block in blocks:
        part = _block(block, width)
        if not part:
            continue
        if not tight:
            lines.append("")
        lines += part
        tight = isinstance(block, Heading) and block.level == 4
    return lines


def _block(block: Block, width: int) -> list[str]:
    if isinstance(block, Heading):
        return _heading(block, width)
    if isinstance(block, Paragraph):
        return _wrap(plain_text(block.words), width)
    if isinstance(block, Items):
        return _items(block, width)
    if isinstance(block, Facts):
        return _facts(block, width)
    if isinstance(block, Table):
        return _table(block, width)
    if isinstance(block, Figure):
        return [*block.lines(width), *_wrap(plain_text(block.caption), width)]
    if isinstance(block, Box):
        return _box(block, width)
    if isinstance(block, Fold):
        return _lines(block.blocks, width)
    if isinstance(block, Pair):
        return _lines((*block.left, *block.right), width)
    return _blanks(block, width)


def _heading(block: Heading, width: int) -> list[str]:
    label = f" {plain_text(block.label)}" if block.label else ""
    said = block.text.upper() if block.level == 2 else block.text
    lines = _wrap(said + label, width)
    if block.level <= 2:
        lines.append("=" * min(width, max(map(len, lines))))
    elif block.level == 3:
        lines.append("-" * min(width, max(map(len, lines))))
    return lines


def _items(block: Items, width: int) -> list[str]:
    lines: list[str] = []
    for i, item in enumerate(block.items, start=1):
        mark = f"{i}. " if block.manner == "numbered" else MARKS.get(block.manner, "- ")
        lines += _wrap(plain_text(item), width, mark, " " * len(mark))
    return lines


def _facts(block: Facts, width: int) -> list[str]:
    if not block.pairs:
        return []
    wide = min(max(len(label) for label, _ in block.pairs), width // 2)
    lines: list[str] = []
    for label, said in block.pairs:
        left = _wrap(label, wide)
        right = _wrap(plain_text(said), width - wide - GAP) or [""]
        lines += _beside((left, right), (wide, width - wide - GAP), (False, False))
    return lines


def _box(block: Box, width: int) -> list[str]:
    edge = EDGES.get(block.manner, "")
    inner = width - len(edge)
    lines: list[str] = []
    if block.title:
        said = block.title.upper() if block.manner == "danger" else block.title
        lines += _wrap(said, inner)
        if block.manner in ("decision", "advice"):
            lines.append("-" * min(inner, max(map(len, lines))))
    lines += _lines(block.blocks, inner)
    return [edge + line for line in lines]


def _blanks(block: Blanks, width: int) -> list[str]:
    lines = ["   ".join(f"[ ] {tick}" for tick in block.ticks)] if block.ticks else []
    wide = max((len(line) for line in block.lines), default=0)
    for label in block.lines:
        lines += ["", f"{label.ljust(wide)}  {'_' * (width - wide - GAP)}"]
    return lines


def _table(block: Table, width: int) -> list[str]:
    keep = [
        i
        for i, column in enumerate(block.columns)
        if not column.drawing
        or any(r.cells[i].words for r in block.rows if len(r.cells) == len(block.columns))
    ]
    columns = [block.columns[i] for i in keep]
    whole = [r for r in block.rows if len(r.cells) == len(block.columns)]
    widths = _widths(columns, [[plain_text(r.cells[i].words) for i in keep] for r in whole], width)
    numeric = tuple(column.numeric for column in columns)
    head = [_wrap(column.title, wide) for column, wide in zip(columns, widths, strict=True)]
    lines = _wrap(block.caption, width)
    lines += _beside(head, widths, numeric, bottom=True)
    lines.append((" " * GAP).join("-" * wide for wide in widths))
    roomy = False
    for row in block.rows:
        part = _row(row, len(block.columns), keep, widths, numeric, width)
        if roomy and (row.manner == "group"):
            lines.append("")
        lines += part
        roomy = True
    return lines


def _row(
    row: Row,
    count: int,
    keep: Sequence[int],
    widths: Sequence[int],
    numeric: Sequence[bool],
    width: int,
) -> list[str]:
    if len(row.cells) != count:
        return [line for c in row.cells for line in _wrap(plain_text(c.words), width)]
    cells: list[Cell] = [row.cells[i] for i in keep]
    inside = [_wrap(plain_text(c.words), wide) for c, wide in zip(cells, widths, strict=True)]
    return _beside(inside, widths, numeric)


def _widths(columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int) -> list[int]:
    room = width - GAP * (len(columns) - 1)
    wanted, least = [], []
    for i, column in enumerate(columns):
        said = [column.title, *(row[i] for row in cells)]
        wanted.append(max(1, *(len(s) for s in said)))
        longest = max((len(w) for s in said for w in s.split()), default=1)
        least.append(min(max(longest, 1), 16))
    while sum(wanted) > room:
        loose = [i for i in range(len(wanted)) if wanted[i] > least[i]]
        if not loose:
            loose = [i for i in range(len(wanted)) if wanted[i] > 1]
        if not loose:
            break
        widest = max(loose, key=lambda i: wanted[i])
        wanted[widest] -= 1
    return wanted


def _beside(
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    numeric: Sequence[bool],
    *,
    bottom: bool = False,
) -> list[str]:
    tall = max((len(c) for c in cells), default=0)
    lines = []
    for k in range(tall):
        parts = []
        for lines_of, wide, right in zip(cells, widths, numeric, strict=True):
            i = k - (tall - len(lines_of)) if bottom else k
            said = lines_of[i] if 0 <= i < len(lines_of) else ""
            parts.append(said.rjust(wide) if right else said.ljust(wide))
        lines.append((" " * GAP).join(parts).rstrip())
    return lines


def _wrap(said: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        said,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )
