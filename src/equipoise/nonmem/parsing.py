"""Abbreviated code read strictly: what is not known to be read is refused with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from equipoise.nonmem import protecting
from equipoise.nonmem.syntax import (
    Assign,
    Binary,
    Call,
    Compare,
    Expression,
    If,
    Item,
    Line,
    Logic,
    Name,
    Negative,
    Not,
    Number,
    Statement,
    StreamError,
    Undefined,
    Where,
)

FUNCTIONS: Mapping[str, int] = {
    "EXP": 1, "LOG": 1, "LOG10": 1, "SQRT": 1, "ABS": 1, "SIN": 1, "COS": 1, "TAN": 1,
    "ASIN": 1, "ACOS": 1, "ATAN": 1, "SINH": 1, "COSH": 1, "TANH": 1, "INT": 1, "GAMLN": 1,
    "PHI": 1, "MOD": 2, "MIN": -2, "MAX": -2,
}  # fmt: skip
"""Functions that are read and their number of arguments; negative: at least so many."""

ALIASES: Mapping[str, str] = {
    "DEXP": "EXP", "ALOG": "LOG", "DLOG": "LOG", "ALOG10": "LOG10", "DLOG10": "LOG10",
    "DSQRT": "SQRT", "DABS": "ABS", "DSIN": "SIN", "DCOS": "COS", "DTAN": "TAN", "AMOD": "MOD",
    "DMOD": "MOD",
}  # fmt: skip

Replacement: TypeAlias = int | tuple[str, tuple[int, ...]]
"""What an index that is a word stands for: a number, or the data item that chooses among several
(its value 1 the first; 0 among them stands for none)."""

ARRAYS = ("THETA", "ETA", "EPS", "ERR", "A", "DADT", "A_0")

MATRICES = ("OMEGA", "SIGMA")


def element(i: int, j: int) -> int:
    """The one index of OMEGA(i,j) or SIGMA(i,j) as an `Item`."""
    return 1000 * max(i, j) + min(i, j)


REFUSED_WORDS: Mapping[str, str] = {
    "CALL": "subroutines cannot be called",
    "EXIT": "EXIT ends NONMEM's run and has no counterpart; take the line out",
    "DO": "loops are not read; write the lines out",
    "DOWHILE": "loops are not read; write the lines out",
    "WHILE": "loops are not read; write the lines out",
    "RETURN": "RETURN is not read; use IF blocks",
    "WRITE": "output statements are not read; take the line out",
    "PRINT": "output statements are not read; take the line out",
    "OPEN": "output statements are not read; take the line out",
    "INCLUDE": "included files are not read; paste the text in",
}

_COMPARISONS = {
    ".EQ.": "==", ".NE.": "!=", ".GT.": ">", ".GE.": ">=", ".LT.": "<", ".LE.": "<=",
    ".EQN.": "==", ".NEN.": "!=", "==": "==", "/=": "!=", ">=": ">=", "<=": "<=", ">": ">",
    "<": "<",
}  # fmt: skip

_WORDED = "EQN|NEN|EQ|NE|GT|GE|LT|LE|AND|OR|NOT"
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<number>(?:\d+(?:\.(?!(?:{_WORDED})\.)\d*)?|\.\d+)(?:[ED][+-]?\d+)?)
    |(?P<name>[A-Z_][A-Z0-9_]*)
    |(?P<word>\.(?:{_WORDED})\.)
    |(?P<sign>\*\*|==|/=|>=|<=|[-+*/(),=<>])
    )""",
    re.VERBOSE,
)


def tokens(text: str, line: Line) -> list[str]:
    """The tokens of one statement, in upper case.

    Fails  StreamError at a character that is not of the language.
    """
    found = []
    place = 0
    text = text.upper().rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].strip()
            raise StreamError(line, f"{rest[:1]!r} is not understood here")
        found.append(match.group(match.lastgroup or 0))
        place = match.end()
    return found


class _Reader:
    """One statement or expression, token by token."""

    def __init__(
        self, text: str, line: Line, replacements: Mapping[tuple[str, str], Replacement]
    ) -> None:
        self.line = line
        self._tokens = tokens(text, line)
        self._place = 0
        self._replacements = replacements

    @property
    def next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.next
        if wanted and token not in wanted:
            said = f"{token!r}" if token else "the end of the line"
            raise StreamError(self.line, f"{' or '.join(map(repr, wanted))} expected, not {said}")
        self._place += 1
        return token

    def at_end(self) -> bool:
        return self._place >= len(self._tokens)

    def finish(self) -> None:
        if not self.at_end():
            raise StreamError(self.line, f"{self.next!r} is not understood here")

    def condition(self) -> Expression:
        found = self._conjunction()
        while self.next == ".OR.":
            self.take()
            found = Logic("or", found, self._conjunction())
        return found

    def _conjunction(self) -> Expression:
        found = self._negation()
        while self.next == ".AND.":
            self.take()
            found = Logic("and", found, self._negation())
        return found

    def _negation(self) -> Expression:
        if self.next == ".NOT.":
            self.take()
            return Not(self._negation())
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self.sum()
        if self.next in _COMPARISONS:
            operator = _COMPARISONS[self.take()]
            return Compare(operator, left, self.sum())
        return left

    def sum(self) -> Expression:
        """Terms joined by + and -; a sign in front belongs to the first term."""
        found = self._signed(self._product)
        while self.next in ("+", "-"):
            operator = self.take()
            found = Binary(operator, found, self._signed(self._product))
        return found

    def _signed(self, what: Callable[[], Expression]) -> Expression:
        sign = self.take() if self.next in ("+", "-") else ""
        found = what()
        return Negative(found) if sign == "-" else found

    def _product(self) -> Expression:
        found = self._power()
        while self.next in ("*", "/"):
            operator = self.take()
            found = Binary(operator, found, self._signed(self._power))
        return found

    def _power(self) -> Expression:
        found = self._atom()
        if self.next == "**":
            self.take()
            return Binary("**", found, self._signed(self._power))
        return found

    def _atom(self) -> Expression:
        token = self.take()
        if token == "(":
            found = self.condition()
            self.take(")")
            return found
        if re.match(r"\.?\d", token):
            return Number(float(token.replace("D", "E")))
        if not re.match(r"[A-Z_]", token):
            said = f"{token!r}" if token else "the end of the line"
            raise StreamError(self.line, f"a number or a name expected, not {said}")
        if self.next == "(":
            return self._called(token)
        for array in ("THETA", "ETA", "EPS"):
            # REPLACE ETA_CL=ETA(1) stands under "=ETA_CL": it replaces the name, not an index.
            if isinstance(index := self._replacements.get((array, f"={token}")), int):
                return Item(array, index)
        return Name(token)

    def _called(self, name: str) -> Expression:
        if name in ARRAYS:
            chosen = self._chosen(name)
            return self.item(name) if chosen is None else chosen
        if name in MATRICES:
            return self._element(name)
        function = ALIASES.get(name, name)
        guarded = protecting.FUNCTIONS.get(function)
        if function not in FUNCTIONS and guarded is None:
            raise StreamError(self.line, f"{name}(...) is not a function or array that is read")
        self.take("(")
        arguments = [self.sum()]
        while self.next == ",":
            self.take()
            arguments.append(self.sum())
        self.take(")")
        wanted = FUNCTIONS.get(function, 1)
        if len(arguments) != wanted and not (wanted < 0 and len(arguments) >= -wanted):
            raise StreamError(self.line, f"{name} takes {abs(wanted)} argument(s)")
        if guarded is not None:
            return guarded(arguments[0])
        return Call(function, tuple(arguments))

    def _element(self, name: str) -> Item:
        """SIGMA(1,1), or SIGMA(1) for it."""
        self.take("(")
        places = [self.take()]
        if self.next == ",":
            self.take()
            places.append(self.take())
        self.take(")")
        if not all(place.isdigit() for place in places):
            raise StreamError(self.line, f"{name}({','.join(places)}): indices must be numbers")
        return Item(name, element(int(places[0]), int(places[-1])))

    def _chosen(self, name: str) -> Expression | None:
        """ETA(OCC_CL), where the data item OCC chooses: one of several, none beyond them."""
        token = self._tokens[self._place + 1] if self._place + 1 < len(self._tokens) else ""
        found = self._replacements.get((name, token))
        if not isinstance(found, tuple):
            return None
        for _ in range(3):
            self.take()
        column, numbers = found
        whole = Call("INT", (Name(column),))
        value: Expression = Undefined(f"{name}({token})")
        for i, number in reversed(list(enumerate(numbers, start=1))):
            if number:
                value = Where(Compare("==", whole, Number(float(i))), Item(name, number), value)
        return value

    def item(self, name: str) -> Item:
        """An element of an array, its index a number or a name given by $ABBREVIATED REPLACE."""
        self.take("(")
        token = self.take()
        self.take(")")
        if token.isdigit():
            index = int(token)
        elif isinstance(found := self._replacements.get((name, token)), int):
            index = found
        else:
            raise StreamError(self.line, f"{name}({token}): the index must be a number")
        if index < 1:
            raise StreamError(self.line, f"{name}({index}): indices begin at 1")
        return Item("EPS" if name == "ERR" else name, index)


def parse_code(
    lines: Sequence[tuple[str, Line]], replacements: Mapping[tuple[str, str], Replacement]
) -> tuple[Statement, ...]:
    """The statements of a block.

    lines         (text without comment, the line it begins on), continued lines joined
    replacements  ("THETA", "CL") -> 1, of $ABBREVIATED REPLACE or of a label in $THETA
    Fails         StreamError at the first line that cannot be read.
    """
    source = iter(_cut(lines))
    block, end = _block(source, replacements, None)
    assert end is None
    return block


def _cut(lines: Sequence[tuple[str, Line]]) -> Iterator[tuple[str, Line]]:
    for text, line in lines:
        if text.lstrip().startswith('"'):
            raise StreamError(line, "verbatim code is not read; write it as abbreviated code")
        if text.strip():
            yield text.strip(), line


_HEAD = re.compile(r"(ELSE\s*IF|IF)\s*(?=\()", re.IGNORECASE)
_CLOSING = re.compile(r"(END\s*IF|ELSE\s*IF|ELSE)\b", re.IGNORECASE)


def _block(
    source: Iterator[tuple[str, Line]],
    replacements: Mapping[tuple[str, str], Replacement],
    opened: Line | None,
) -> tuple[tuple[Statement, ...], tuple[str, str, Line] | None]:
    """Statements up to ENDIF, ELSE or ELSE IF of the block opened before, or to the end."""
    found: list[Statement] = []
    for text, line in source:
        closing = _CLOSING.match(text)
        if closing is not None:
            word = re.sub(r"\s", "", closing[1].upper())
            if opened is None:
                raise StreamError(line, f"{word} without IF ... THEN before it")
            return tuple(found), (word, text, line)
        if _HEAD.match(text):
            found.append(_if(text, line, source, replacements))
        else:
            found.append(_assignment(text, line, replacements))
    if opened is not None:
        raise StreamError(opened, "this IF block is not closed by ENDIF")
    return tuple(found), None


def _if(
    text: str,
    line: Line,
    source: Iterator[tuple[str, Line]],
    replacements: Mapping[tuple[str, str], Replacement],
) -> If:
    condition, rest = _condition(text, line, replacements)
    if rest.upper() != "THEN":
        if not rest:
            raise StreamError(line, "IF (...) is followed by THEN or by one assignment")
        return If(((condition, (_assignment(rest, line, replacements),)),), (), line)
    branches = []
    while True:
        body, end = _block(source, replacements, line)
        assert end is not None
        branches.append((condition, body))
        word, end_text, end_line = end
        if word == "ENDIF":
            _nothing_after(word, end_text, end_line)
            return If(tuple(branches), (), line)
        if word == "ELSE":
            _nothing_after(word, end_text, end_line)
            otherwise, end = _block(source, replacements, line)
            assert end is not None
            if end[0] != "ENDIF":
                raise StreamError(end[2], f"{end[0]} after ELSE; ENDIF expected")
            _nothing_after(end[0], end[1], end[2])
            return If(tuple(branches), otherwise, line)
        condition, rest = _condition(end_text, end_line, replacements)
        if rest.upper() != "THEN":
            raise StreamError(end_line, "ELSE IF (...) is followed by THEN")


def _nothing_after(word: str, text: str, line: Line) -> None:
    if re.sub(r"\s", "", text.upper()) != word:
        raise StreamError(line, f"{word} stands alone on its line")


def _condition(
    text: str, line: Line, replacements: Mapping[tuple[str, str], Replacement]
) -> tuple[Expression, str]:
    """The condition in brackets after IF, and the rest of the line."""
    head = _HEAD.match(text)
    if head is None:
        raise StreamError(line, "IF is followed by a condition in brackets")
    depth = 0
    for place in range(head.end(), len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            break
    else:
        raise StreamError(line, "a bracket is not closed")
    reader = _Reader(text[head.end() + 1 : place], line, replacements)
    condition = reader.condition()
    reader.finish()
    if not isinstance(condition, Compare | Logic | Not):
        raise StreamError(line, "the condition of an IF must compare something")
    return condition, text[place + 1 :].strip()


def _assignment(
    text: str, line: Line, replacements: Mapping[tuple[str, str], Replacement]
) -> Assign:
    word = re.match(r"[A-Za-z_][A-Za-z0-9_]*", text)
    first = word[0].upper() if word else ""
    after = text[len(first) :].lstrip()
    if first in REFUSED_WORDS and not after.startswith("="):
        raise StreamError(line, REFUSED_WORDS[first])
    if not first:
        raise StreamError(line, "a line must be NAME = expression, or IF (...)")
    reader = _Reader(text, line, replacements)
    name = reader.take()
    target: Name | Item
    if reader.next == "(":
        if name not in ("DADT", "A_0"):
            raise StreamError(line, f"{name}(...) cannot be assigned here")
        target = reader.item(name)
    else:
        target = Name(name)
    if reader.next != "=":
        raise StreamError(line, "a line must be NAME = expression, or IF (...)")
    reader.take("=")
    value = reader.sum()
    reader.finish()
    return Assign(target, value, line)
