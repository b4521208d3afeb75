"""IF blocks made straight: every variable set once, branches joined by `Where`.

What nothing needs falls away, so that code for tables and printing is never in the way. A variable
that a missing branch leaves unset is `Undefined` there: it is computed as NaN, which the engine
refuses, where NONMEM would go on with the value of the record before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from equipoise.nonmem.algebra import folded
from equipoise.nonmem.syntax import (
    Assign,
    Expression,
    If,
    Item,
    Line,
    Name,
    Number,
    Statement,
    StreamError,
    Undefined,
    Where,
    substituted,
    walk,
)


@dataclass(frozen=True, slots=True)
class Definition:
    """name = value, set once.

    target  what it is a version of: "CL", "DADT(1)"
    inner   set inside a branch of an IF
    """

    name: str
    target: str
    value: Expression
    line: Line
    inner: bool


@dataclass(frozen=True, slots=True)
class Straight:
    """Straight code.

    definitions  in order
    last         target -> the name under which it leaves the code
    """

    definitions: tuple[Definition, ...]
    last: Mapping[str, str] = field(default_factory=dict)

    def final(self, target: str) -> Expression | None:
        """The variable that a target ends as, None where the code never sets it."""
        name = self.last.get(target)
        return None if name is None else Name(name)


def key(target: Name | Item) -> str:
    """ "CL", "DADT(1)"."""
    return target.name if isinstance(target, Name) else f"{target.name}({target.index})"


class _Straightener:
    def __init__(self, outer: Mapping[str, str], constants: Mapping[str, float], mark: str) -> None:
        self._outer = outer
        self._constants = constants
        self._mark = mark
        self._versions: Counter[str] = Counter()
        self.definitions: list[Definition] = []

    def run(self, block: Sequence[Statement], known: dict[str, str], *, inner: bool) -> None:
        for statement in block:
            if isinstance(statement, Assign):
                value = folded(self._read(statement.value, known))
                self._define(key(statement.target), value, statement.line, known, inner=inner)
            else:
                self._join(statement, known)

    def _define(
        self, target: str, value: Expression, line: Line, known: dict[str, str], *, inner: bool
    ) -> None:
        self._versions[target] += 1
        name = f"{target}@{self._mark}{self._versions[target]}"
        self.definitions.append(Definition(name, target, value, line, inner))
        known[target] = name

    def _read(self, value: Expression, known: Mapping[str, str]) -> Expression:
        def change(node: Expression) -> Expression | None:
            if isinstance(node, Name):
                if node.name in known:
                    return Name(known[node.name])
                if node.name in self._constants:
                    return Number(self._constants[node.name])
                if node.name in self._outer:
                    return Name(self._outer[node.name])
                return Undefined(node.name, read=True)
            if isinstance(node, Item) and key(node) in known:
                return Name(known[key(node)])
            if isinstance(node, Item) and key(node) in self._constants:
                return Number(self._constants[key(node)])
            return None

        return substituted(value, change)

    def _join(self, statement: If, known: dict[str, str]) -> None:
        found: list[tuple[Expression, dict[str, str]]] = []
        settled = False
        for condition, body in statement.branches:
            test = folded(self._read(condition, known))
            if isinstance(test, Number) and test.value == 0.0:
                continue
            here = dict(known)
            self.run(body, here, inner=True)
            found.append((test, here))
            if isinstance(test, Number):
                settled = True
                break
        other = dict(known)
        if not settled:
            self.run(statement.otherwise, other, inner=True)
        every = [here for _, here in found] + [other]
        changed = dict.fromkeys(t for here in every for t in here if here[t] != known.get(t))
        for target in changed:
            value: Expression = _name(other, target)
            for test, here in reversed(found):
                value = folded(Where(test, _name(here, target), value))
            self._define(target, value, statement.line, known, inner=False)


def _name(known: Mapping[str, str], target: str) -> Expression:
    return Name(known[target]) if target in known else Undefined(target)


def straightened(
    block: Sequence[Statement],
    *,
    outer: Mapping[str, str],
    constants: Mapping[str, float],
    mark: str,
) -> Straight:
    """The block as straight code.

    outer      names that mean something outside -> the name to read them by
    constants  names, or "ETA(3)", that are a number
    mark       goes into the names of versions, so that those of two blocks differ
    """
    worker = _Straightener(outer, constants, mark)
    known: dict[str, str] = {}
    worker.run(block, known, inner=False)
    return Straight(tuple(worker.definitions), known)


def names_in(node: Expression) -> set[str]:
    """Names of the variables that an expression reads."""
    return {each.name for each in walk(node) if isinstance(each, Name)}


def needed(code: Straight, wanted: Iterable[str]) -> Straight:
    """Only what the wanted names depend on, with values that are used once inside an IF put there.

    wanted  names of definitions (not targets)
    """
    wanted = set(wanted)
    while True:
        slim = _needed(code, wanted)
        # What is multiplied by an indicator of 0 is no longer read once that is put in its place.
        if len(slim.definitions) == len(code.definitions):
            return slim
        code = slim


def _needed(code: Straight, wanted: set[str]) -> Straight:
    live = set(wanted)
    kept: list[Definition] = []
    for definition in reversed(code.definitions):
        if definition.name in live:
            live |= names_in(definition.value)
            kept.append(definition)
    kept.reverse()
    uses = Counter(each.name for d in kept for each in walk(d.value) if isinstance(each, Name))
    user = {name: d.target for d in kept for name in names_in(d.value)}
    inline = {
        d.name: d.value
        for d in kept
        if d.name not in wanted
        and (
            isinstance(d.value, Number | Undefined)
            or (uses[d.name] == 1 and (d.inner or _chained(d, user[d.name])))
        )
    }

    def put(value: Expression) -> Expression:
        def change(node: Expression) -> Expression | None:
            if isinstance(node, Name) and node.name in inline:
                return put(inline[node.name])
            return None

        return folded(substituted(value, change))

    slim = [
        Definition(d.name, d.target, put(d.value), d.line, d.inner)
        for d in kept
        if d.name not in inline
    ]
    return Straight(tuple(slim), code.last)


def _chained(definition: Definition, user: str) -> bool:
    # IF (SEX.EQ.1) X = ..., IF (SEX.EQ.2) X = ...: one choice, not two variables.
    return isinstance(definition.value, Where) and definition.target == user


def inlined(value: Expression, which: Mapping[str, Expression]) -> Expression:
    """The expression with the variables of `which` replaced by their values, all the way down."""

    def change(node: Expression) -> Expression | None:
        if isinstance(node, Name) and node.name in which:
            return substituted(which[node.name], change)
        return None

    return folded(substituted(value, change))


def named(code: Straight, taken: Iterable[str] = ()) -> Straight:
    """The same code with names for people: CL, and CL_2 where CL is set again.

    taken  names that no variable may have
    """
    used = set(taken)
    targets = {d.target for d in code.definitions}
    new: dict[str, str] = {}
    for d in code.definitions:
        number = 1
        name = d.target
        while name in used or (number > 1 and name in targets):
            number += 1
            name = f"{d.target}_{number}"
        used.add(name)
        new[d.name] = name

    return renamed(code, new)


def renamed(code: Straight, new: Mapping[str, str]) -> Straight:
    """The same code with other names, of its own variables and of those it reads."""
    return Straight(
        tuple(
            Definition(new.get(d.name, d.name), d.target, with_names(d.value, new), d.line, d.inner)
            for d in code.definitions
        ),
        {target: new.get(name, name) for target, name in code.last.items()},
    )


def with_names(value: Expression, new: Mapping[str, str]) -> Expression:
    """The expression with variables renamed."""

    def change(node: Expression) -> Expression | None:
        return Name(new[node.name]) if isinstance(node, Name) and node.name in new else None

    return substituted(value, change)


def check_defined(code: Straight, refused: Mapping[str, str], set_later: Iterable[str]) -> None:
    """Refuse what is read and cannot be known.

    refused    names -> why they cannot be read
    set_later  names that the block sets somewhere
    Fails      StreamError with the line that reads it.
    """
    later = set(set_later)
    for definition in code.definitions:
        for node in walk(definition.value):
            if not (isinstance(node, Undefined) and node.read):
                continue
            if node.name in refused:
                raise StreamError(definition.line, refused[node.name])
            if node.name in later:
                raise StreamError(
                    definition.line,
                    f"{node.name} is read before it is set: NONMEM would use its value from the "
                    "record before, which is not translated",
                )
            raise StreamError(
                definition.line,
                f"{node.name} is not known: it is no column of $INPUT and nothing sets it before",
            )
