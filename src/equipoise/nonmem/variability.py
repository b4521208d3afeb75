"""$THETA, $OMEGA and $SIGMA: numbers, bounds, names from comments, covariances block by block."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from equipoise.nonmem.syntax import Line, StreamError

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Theta:
    """A typical value.

    label       from the comment, "" without; made into a name by `names_of`
    low, high   bounds, infinite without
    subscript   word by which code may call it, "" without
    """

    number: float
    low: float
    high: float
    fixed: bool
    label: str
    line: Line
    subscript: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A covariance, as the records' blocks make it.

    rows    (n, n)
    labels  from comments, "" without
    lines   where each diagonal element stands
    fixed   whether each element is fixed
    subscripts  words by which code may call the elements, "" without
    """

    rows: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    fixed: tuple[bool, ...]
    subscripts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def first(self, n: int) -> Matrix:
        """Only the first n elements."""
        return Matrix(
            tuple(row[:n] for row in self.rows[:n]),
            self.labels[:n],
            self.lines[:n],
            self.fixed[:n],
            self.subscripts[:n],
        )


_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?"
_PIECE = re.compile(
    rf"\s*,?\s*(?P<open>\()|\s*(?P<close>\))|\s*,?\s*(?P<number>{_NUMBER})(?=[\s,()]|$)"
    r"|\s*,?\s*(?P<word>[-+]?[A-Za-z][\w=\-]*)",
)


def number(text: str) -> float:
    """A number as FORTRAN writes it."""
    return float(text.upper().replace("D", "E"))


def names_of(labels: Sequence[str], plain: str) -> tuple[str, ...]:
    """A name for each label: its first words as an identifier; `plain` and its number otherwise.

    A label that comes twice is no name for either.
    """
    names = [_identifier(label) for label in labels]
    return tuple(
        name if name and names.count(name) == 1 else f"{plain}{i}"
        for i, name in enumerate(names, start=1)
    )


def _identifier(label: str) -> str:
    # "1. TVCL (L/h)", "TVCL ; L/h", "[L/h] CL" -> TVCL, TVCL, CL
    text = re.sub(r"\([^)]*\)|\[[^]]*\]|\{[^}]*\}", " ", label)
    text = re.sub(r"^[\s\d.:\-]+", "", text)
    words = re.split(r"[;,:=]", text, maxsplit=1)[0]
    name = re.sub(r"\W+", "_", words.strip(), flags=re.ASCII).strip("_")
    if (
        not re.match(r"[A-Za-z]", name)
        or len(name) > 24
        or re.fullmatch(r"(?i)theta\d*|eta\d*", name)
    ):
        return ""
    return name


def read_thetas(records: Sequence[Sequence[tuple[str, Line]]]) -> tuple[Theta, ...]:
    """Every $THETA in order.

    records  lines of each record, the record's name taken off the first
    Fails    StreamError where a value cannot be read or stands outside its bounds.
    """
    found: list[Theta] = []
    for record in records:
        open_ = ""
        for text, line in record:
            bare, _, comment = text.partition(";")
            bare = open_ + bare
            # A bracket may be closed on a later line.
            open_ = f"{bare} " if bare.count("(") > bare.count(")") else ""
            here = [] if open_ else list(_thetas_of(bare, line))
            if len(here) == 1:
                here = [replace(here[0], label=comment.strip())]
            found.extend(here)
        if open_:
            raise StreamError(record[-1][1], "a bracket is not closed")
    return tuple(found)


def _thetas_of(text: str, line: Line) -> Iterator[Theta]:
    named = re.search(r"\bNAMES\s*\(([^()]*)\)", text, re.IGNORECASE)
    subscripts = re.split(r"[\s,]+", named[1].strip().upper()) if named is not None else []
    if named is not None:
        text = text[: named.start()] + text[named.end() :]
    text = re.sub(r"\b(NUMBERPOINTS|NUMBERPTS|NUMPOINTS)=\d+|\b(NO)?ABORT(FIRST)?\b", " ",
                  text, flags=re.IGNORECASE)  # fmt: skip
    place = 0
    pattern = re.compile(
        rf"\s*,?\s*(?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?(?:\((?P<inside>[^()]*)\)(?P<again>\s*[xX]\s*\d+)?|(?P<plain>{_NUMBER}))"
        r"(?P<fix>\s*,?\s*FIX(?:ED)?\b)?",
        re.IGNORECASE,
    )
    while text[place:].strip(" ,\t"):
        match = pattern.match(text, place)
        if match is None:
            rest = text[place:].strip()
            raise StreamError(line, f"{rest!r} is not a value of $THETA that is read")
        place = match.end()
        times = int(match["again"].strip()[1:]) if match["again"] else 1
        inside = match["inside"] if match["inside"] is not None else match["plain"]
        theta = _theta(inside, bool(match["fix"]), line)
        subscript = match["name"] or (subscripts.pop(0) if subscripts else "")
        theta = replace(theta, subscript=subscript.upper())
        yield from [theta] * times


def _theta(text: str, fixed: bool, line: Line) -> Theta:
    text = text.upper()
    if re.search(r"\bFIX(ED)?\b", text):
        fixed = True
        text = re.sub(r"\bFIX(ED)?\b", " ", text)
    text = re.sub(r"\bUNINT\b", " ", text)
    parts = [p.strip() for p in (text.split(",") if "," in text else text.split())]
    while len(parts) > 1 and parts[-1] == "":
        parts.pop()
    if len(parts) > 3 or not parts:
        raise StreamError(line, f"({text.strip()}): a theta is (low, value, high)")
    low, high = -np.inf, np.inf
    if len(parts) == 1:
        value = parts[0]
    else:
        value = parts[1]
        low = _bound(parts[0], -np.inf, line)
        high = _bound(parts[2], np.inf, line) if len(parts) == 3 else np.inf
    if not re.fullmatch(_NUMBER, value):
        raise StreamError(line, f"{value or text!r}: a theta needs its value written out")
    found = number(value)
    if not fixed and not low <= found <= high:
        raise StreamError(line, f"{found:g} lies outside its bounds")
    return Theta(found, low, high, fixed, "", line)


def _bound(text: str, default: float, line: Line) -> float:
    if text in ("", "-INF", "INF", "+INF", "-INFINITY", "INFINITY"):
        return default
    if not re.fullmatch(_NUMBER, text):
        raise StreamError(line, f"{text!r} is not a bound")
    return number(text)


@dataclass(slots=True)
class _Value:
    number: float
    line: Line
    fixed: bool = False
    sd: bool = False
    subscript: str = ""


@dataclass(slots=True)
class _Block:
    """One $OMEGA or $SIGMA record as written."""

    line: Line
    size: int = 0
    same: int = 0
    diagonal: bool = True
    fixed: bool = False
    sd: bool = False
    correlation: bool = False
    cholesky: bool = False


def read_matrix(records: Sequence[Sequence[tuple[str, Line]]], name: str) -> Matrix:
    """All $OMEGA (or $SIGMA) records in order, as one covariance.

    SD, CORRELATION and CHOLESKY are turned into variances and covariances; SAME repeats a block.
    Fails  StreamError where a record cannot be read, or a covariance is not one.
    """
    blocks: list[Array] = []
    labels: list[str] = []
    lines: list[Line] = []
    fixed: list[bool] = []
    subscripts: list[str] = []
    last: tuple[Array, list[bool]] | None = None
    for record in records:
        block, values, comments = _parse(record, name)
        if block.same:
            if last is None:
                raise StreamError(block.line, f"SAME needs a ${name} BLOCK before it")
            if block.size and block.size != len(last[0]):
                raise StreamError(
                    block.line, f"BLOCK({block.size}) SAME follows one of another size"
                )
            for _ in range(block.same):
                blocks.append(last[0])
                labels.extend([""] * len(last[0]))
                subscripts.extend([""] * len(last[0]))
                lines.extend([block.line] * len(last[0]))
                fixed.extend(last[1])
            continue
        made, where = _covariance(block, values, name)
        blocks.append(made)
        places = [_diagonal_place(block, i) for i in range(len(made))]
        labels.extend(comments.get(id(values[p]), "") for p in places)
        lines.extend(values[p].line for p in places)
        subscripts.extend(values[p].subscript for p in places)
        fixed.extend(where)
        last = (made, where) if not block.diagonal else None
    n = sum(len(b) for b in blocks)
    whole = np.zeros((n, n))
    at = 0
    for part in blocks:
        whole[at : at + len(part), at : at + len(part)] = part
        at += len(part)
    rows = tuple(tuple(float(v) for v in row) for row in whole)
    return Matrix(rows, tuple(labels), tuple(lines), tuple(fixed), tuple(subscripts))


def _diagonal_place(block: _Block, i: int) -> int:
    return i if block.diagonal else i * (i + 1) // 2 + i


def _parse(
    record: Sequence[tuple[str, Line]], name: str
) -> tuple[_Block, list[_Value], dict[int, str]]:
    block = _Block(record[0][1])
    values: list[_Value] = []
    comments: dict[int, str] = {}
    for text, line in record:
        bare, _, comment = text.partition(";")
        bare = _options(bare, block, line, name)
        before = len(values)
        start, *named = re.split(r"\b([A-Za-z_]\w*)\s*=\s*(?=[\d.(+-])", bare)
        _values(start, values, block, line, name)
        for subscript, rest in zip(named[::2], named[1::2], strict=True):
            at = len(values)
            _values(rest, values, block, line, name)
            for value in values[at : at + 1]:
                value.subscript = subscript.upper()
        here = values[before:]
        # In a block the comment of a line that is one row speaks of its diagonal element.
        one_row = before == len(here) * (len(here) - 1) // 2
        if comment.strip() and here and (len(here) == 1 if block.diagonal else one_row):
            comments[id(here[-1])] = comment.strip()
    return block, values, comments


def _options(text: str, block: _Block, line: Line, name: str) -> str:
    """Read BLOCK(n), DIAGONAL(n), SAME(m) and VALUES(a, b); give the rest of the line."""

    def shaped(match: re.Match[str]) -> str:
        word = match[1].upper()
        size = int(match[2]) if match[2] else 0
        if word.startswith("BLOCK"):
            block.diagonal = False
            block.size = size
        elif word.startswith("DIAG"):
            block.size = size
        else:
            block.same = size or 1
        return " "

    text = re.sub(
        r"\b(BLOCK|DIAG(?:ONAL)?|SAME)\b\s*(?:\(\s*(\d+)\s*\))?", shaped, text, flags=re.IGNORECASE
    )
    spread = re.search(r"\bVALUES\s*\(\s*([^,()]+),([^,()]+)\)", text, re.IGNORECASE)
    if spread is not None:
        if block.diagonal or not block.size:
            raise StreamError(line, f"VALUES(diagonal, other) needs ${name} BLOCK(n) before it")
        on, off = number(spread[1].strip()), number(spread[2].strip())
        written = " ".join(
            repr(on if i == j else off) for i in range(block.size) for j in range(i + 1)
        )
        text = text[: spread.start()] + written + text[spread.end() :]
    return text


_WORDS = {
    "FIX": "fixed", "FIXED": "fixed", "SD": "sd", "STANDARD": "sd", "CORR": "correlation",
    "CORRELATION": "correlation", "CORRELATON": "correlation", "CHOLESKY": "cholesky",
    "VARIANCE": "", "COVARIANCE": "", "UNINT": "",
}  # fmt: skip


def _values(text: str, values: list[_Value], block: _Block, line: Line, name: str) -> None:
    place = 0
    group: list[_Value] | None = None
    words: list[str] = []
    while text[place:].strip(" ,\t"):
        match = _PIECE.match(text, place)
        word = match["word"].upper() if match is not None and match["word"] else ""
        repeat = re.fullmatch(r"X(\d+)", word)
        if match is None or (word and repeat is None and word not in _WORDS):
            rest = text[place:].strip(" ,\t")
            raise StreamError(line, f"{rest.split()[0]!r} is not an option or value of ${name}")
        place = match.end()
        if match["open"]:
            group, words = [], []
        elif match["close"]:
            if group is None:
                raise StreamError(line, "a bracket is closed that was not opened")
            for value in group:
                value.fixed = value.fixed or "fixed" in words
                value.sd = value.sd or "sd" in words
            block.correlation |= "correlation" in words
            block.cholesky |= "cholesky" in words
            group = None
        elif match["number"]:
            value = _Value(number(match["number"]), line)
            values.append(value)
            if group is not None:
                group.append(value)
        elif repeat is not None:
            if not values:
                raise StreamError(line, f"{word} needs a value before it")
            values.extend(replace(values[-1]) for _ in range(int(repeat[1]) - 1))
        elif group is not None:
            words.append(_WORDS[word])
        elif block.diagonal and values and _WORDS[word] == "fixed":
            values[-1].fixed = True
        elif block.diagonal and values and _WORDS[word] == "sd":
            values[-1].sd = True
        elif _WORDS[word]:
            setattr(block, _WORDS[word], True)
    if group is not None:
        raise StreamError(line, "a bracket is not closed")


def _covariance(block: _Block, values: list[_Value], name: str) -> tuple[Array, list[bool]]:
    if block.diagonal:
        if block.size and block.size != len(values):
            raise StreamError(block.line, f"{len(values)} values for DIAGONAL({block.size})")
        if block.correlation or block.cholesky:
            raise StreamError(block.line, f"CORRELATION and CHOLESKY need ${name} BLOCK(n)")
        numbers = [v.number**2 if v.sd or block.sd else v.number for v in values]
        if not numbers:
            raise StreamError(block.line, f"${name} without a value")
        for found, value in zip(numbers, values, strict=True):
            if found < 0.0:
                raise StreamError(value.line, f"a variance of {found:g} is negative")
        return np.diag(numbers), [v.fixed or block.fixed for v in values]
    n = block.size
    if not n:
        n = round((math.sqrt(8 * len(values) + 1) - 1) / 2)
    if len(values) != n * (n + 1) // 2 or not n:
        raise StreamError(
            block.line, f"BLOCK({n}) has {n * (n + 1) // 2} values, not {len(values)}"
        )
    low = np.zeros((n, n))
    low[np.tril_indices(n)] = [v.number for v in values]
    if block.cholesky:
        made = low @ low.T
    else:
        made = low + np.tril(low, -1).T
        sd = block.sd or any(v.sd for v in values)
        size = np.diag(made).copy() if sd else np.sqrt(np.maximum(np.diag(made), 0.0))
        if block.correlation:
            made = made * np.outer(size, size)
        np.fill_diagonal(made, size**2 if sd else np.diag(low))
    where = np.diag(made) > 0.0
    if where.any() and np.linalg.eigvalsh(made[np.ix_(where, where)]).min() <= 0.0:
        raise StreamError(block.line, f"the ${name} block is not positive definite")
    if (made[~where] != 0.0).any():
        raise StreamError(block.line, f"the ${name} block has covariances beside a zero variance")
    fixed = block.fixed or any(v.fixed for v in values)
    return made, [fixed] * n
