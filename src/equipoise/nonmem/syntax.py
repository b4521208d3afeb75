"""Abbreviated code as data: lines, expressions and statements, and the error that names a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the stream: its number as an editor counts, and its text."""

    number: int
    text: str


class StreamError(ValueError):
    """What cannot be translated: the line of the stream and the reason, in one sentence.

    line    where; None for what is missing from the whole stream
    reason  what is wrong, and what to do
    """

    def __init__(self, line: Line | None, reason: str) -> None:
        self.line = line
        self.reason = reason
        place = f"line {line.number} ({line.text.strip()}): " if line is not None else ""
        super().__init__(f"{place}{reason}")


@dataclass(frozen=True, slots=True)
class Number:
    """A constant; NM-TRAN makes every constant a floating one."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a data item, or F, T, TIME."""

    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """THETA(2), ETA(1), EPS(1), A(3), DADT(1), A_0(2)."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language on its arguments."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """-x."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """left (+ - * / **) right."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    """left (== != > >= < <=) right."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logic:
    """left (and, or) right."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Not:
    """.NOT. x."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Where:
    """One value where a condition holds, another where it does not: what IF blocks become."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Undefined:
    """A variable that no branch has set.

    read  it is not the missing branch of an IF, but read where nothing has set it
    """

    name: str
    read: bool = False


Expression: TypeAlias = (
    Number | Name | Item | Call | Negative | Binary | Compare | Logic | Not | Where | Undefined
)


@dataclass(frozen=True, slots=True)
class Assign:
    """target = value."""

    target: Name | Item
    value: Expression
    line: Line


@dataclass(frozen=True, slots=True)
class If:
    """IF, ELSE IF, ELSE: the first condition that holds chooses; `otherwise` where none does."""

    branches: tuple[tuple[Expression, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    line: Line


Statement: TypeAlias = Assign | If


def children(node: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside."""
    match node:
        case Call(_, arguments):
            return arguments
        case Negative(of) | Not(of):
            return (of,)
        case Binary(_, left, right) | Compare(_, left, right) | Logic(_, left, right):
            return (left, right)
        case Where(condition, yes, no):
            return (condition, yes, no)
        case _:
            return ()


def walk(node: Expression) -> Iterator[Expression]:
    """The expression and everything inside."""
    yield node
    for each in children(node):
        yield from walk(each)


def rebuilt(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The same expression with each part directly inside changed."""
    match node:
        case Call(_, arguments):
            return replace(node, arguments=tuple(change(each) for each in arguments))
        case Negative(of) | Not(of):
            return replace(node, of=change(of))
        case Binary(_, left, right) | Compare(_, left, right) | Logic(_, left, right):
            return replace(node, left=change(left), right=change(right))
        case Where(condition, yes, no):
            return Where(change(condition), change(yes), change(no))
        case _:
            return node


def substituted(node: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    """The expression with parts replaced from the top: None leaves a part as it stands."""
    new = change(node)
    if new is not None:
        return new
    return rebuilt(node, lambda each: substituted(each, change))


def statements_in(block: tuple[Statement, ...]) -> Iterator[Statement]:
    """Every statement, those inside IF blocks included."""
    for statement in block:
        yield statement
        if isinstance(statement, If):
            for _, body in statement.branches:
                yield from statements_in(body)
            yield from statements_in(statement.otherwise)
