"""Levels below a limit as $ERROR has them: M3 by F_FLAG, told from every other likelihood.

F_FLAG 1 and Y = PHI((limit - prediction) / SD) is the normal probability of a level below the
limit, which the engine has of its own. It is read where one column, or DV against the limit, says
which rows these are, and where prediction and SD are those of the measured rows: compared as
numbers at random values of everything they are computed from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from equipoise.nonmem.algebra import folded
from equipoise.nonmem.alike import alike
from equipoise.nonmem.flow import Straight, inlined, key, names_in, straightened
from equipoise.nonmem.stream import ControlStream
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
    statements_in,
    substituted,
    walk,
)

SELECTORS = ("CMT", "DVID", "YTYPE", "DVTYPE", "TYPE", "FLAG", "FREMTYPE")
"""Columns by which a row says what it measures, where $ERROR compares them with numbers."""

GUARD = 1e-10
"""The largest number beside PHI that is taken for a guard against the log of 0, that of NONMEM's
own example ad3tr4a. A project choice; what leaving it out changes is said."""

DV = Name("DV")
NOWHERE = Line(0, "")
ONE, ZERO = Number(1.0), Number(0.0)
_TURNED: Mapping[str, str] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Case:
    """$ERROR as it stands for the rows of one kind.

    values     numbers of the column in these rows; () all that no other case has
    constants  the column as a number
    block      $ERROR, with its comparisons of DV decided
    """

    values: tuple[float, ...]
    constants: Mapping[str, float]
    block: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """Rows that hold a level, and rows whose Y is a likelihood.

    column  says which is which; "DV": the level itself does, by its side of `bound`
    bound   what DV is compared with, as $ERROR has it
    equal   a DV equal to it is such a row too
    below   such rows lie below it
    line    of F_FLAG
    """

    column: str
    measured: tuple[Case, ...]
    likely: tuple[Case, ...]
    line: Line
    bound: Expression = ZERO
    equal: bool = False
    below: bool = True


@dataclass(frozen=True, slots=True)
class Limited:
    """Rows of an analyte by what they hold.

    values  numbers of the column; () all others; none for DV
    side    "<", ">"; "" for a level
    limit   a number, or the column that holds it
    equal   as in `Cases`
    guard   what stood beside PHI
    line    of the Y
    """

    column: str
    values: tuple[float, ...]
    side: str = ""
    limit: float | str = math.nan
    equal: bool = False
    guard: float = 0.0
    line: Line = NOWHERE

    def note(self, among: str = "") -> str:
        """What a reader of the data should know, in one sentence.

        among  the rows of the analyte, where there are several: "CMT 2"
        """
        where = f"{self.limit:g}" if isinstance(self.limit, float) else f"the column {self.limit}"
        word = {"<": "below", ">": "above"}[self.side]
        if self.column == "DV":
            tie = " (or equal)" if self.equal else ""
            of = f" in a row with {among}" if among else ""
            rows = f"a DV {word} {where}{tie}{of} is no level"
        else:
            which = " or ".join(f"{value:g}" for value in self.values) or "of any other number"
            also = f"{among} and " if among else ""
            rows = f"a row with {also}{self.column} {which} holds no level"
        said = (
            f"line {self.line.number}: {rows}: it counts by the probability of lying {word} "
            f"{where} (M3)"
        )
        if self.guard:
            said += (
                f"; {self.guard:g} beside PHI is left out, which changes -2 ln likelihood by more "
                f"than 0.001 only where the probability is below {2000.0 * abs(self.guard):g}"
            )
        return said


def cases(
    stream: ControlStream, outer: Mapping[str, str], constants: Mapping[str, float]
) -> Cases | None:
    """The kinds of rows that F_FLAG tells apart; None where it is 0 in all of them.

    outer      names that mean something outside $ERROR -> the name to read them by
    constants  names that are a number there
    Fails      StreamError where F_FLAG is not 0 or 1, or nothing known chooses it.
    """
    line = _line_of_flag(stream.error)
    if line is None:
        return None
    outer = {**outer, "DV": "DV"}
    code = straightened(stream.error, outer=outer, constants=constants, mark="f")
    flag = _flag(code, line)
    found = set(_leaves(flag))
    if found == {ZERO}:
        return None
    if found == {ONE}:
        raise StreamError(line, "F_FLAG makes every Y a likelihood, which is not translated")
    conditions = _conditions(flag)
    if any(DV in set(walk(condition)) for condition in conditions):
        return _by_level(stream, outer, constants, line)
    return _by_column(stream, flag, _final_y(code)[0], line)


def limited(
    found: Cases,
    outer: Mapping[str, str],
    constants: Mapping[str, float],
    known: Mapping[str, Expression],
    center: Expression,
    variance: Expression,
    line: Line,
) -> tuple[Limited, ...]:
    """What the rows of one analyte hold.

    constants  what its rows say of themselves
    known      variables of $PK -> their values, for a limit that is set there
    center     Y of a measured row at EPS = 0, and its variance, without variables of $ERROR
    line       of that Y
    Fails      StreamError with the line of the Y that is no M3 of it.
    """
    data = frozenset(outer.values()) - known.keys() - {"F", "TIME"} | {"DV"}
    outer = {**outer, "DV": "DV"}
    levels = list(found.measured[0].values)
    rest = any(not case.values for case in found.measured)
    limits = []
    for case in found.likely:
        code = straightened(
            case.block, outer=outer, constants={**constants, **case.constants}, mark="c"
        )
        flag = _flag(code, found.line)
        y, where = _final_y(code)
        if isinstance(y, Undefined):
            continue
        if flag == ZERO:
            # Such rows of this analyte are levels all the same.
            if found.column != "DV":
                if _quiet(y) != center:
                    raise StreamError(where, f"{found.column} chooses Y where F_FLAG is 0 too")
                levels.extend(case.values)
                rest = rest or not case.values
            continue
        if flag != ONE:
            raise StreamError(found.line, "what F_FLAG is depends on more than one column")
        every = {d.name: d.value for d in code.definitions}
        last = {**outer, **code.last}
        bound = inlined(substituted(found.bound, _renaming(last)), every)
        limits.append(_limited(found, case, y, where, bound, data, known, center, variance))
    if not limits or found.column == "DV":
        return tuple(limits)
    for case in found.measured[1:]:
        code = straightened(
            case.block, outer=outer, constants={**constants, **case.constants}, mark="c"
        )
        y, where = _final_y(code)
        if isinstance(y, Undefined):
            rest = rest and bool(case.values)
            continue
        if _quiet(y) != center:
            raise StreamError(where, f"{found.column} chooses Y where F_FLAG is 0 too")
        levels.extend(case.values)
    shown = [Limited(found.column, tuple(sorted(set(levels))), line=line)] if levels else []
    shown += [Limited(found.column, (), line=line)] if rest else []
    return (*limits, *shown)


# --- which rows ---------------------------------------------------------------------------


def _line_of_flag(block: Sequence[Statement]) -> Line | None:
    """The line that sets F_FLAG to something else than 0."""
    for statement in statements_in(tuple(block)):
        if (
            isinstance(statement, Assign)
            and key(statement.target) == "F_FLAG"
            and folded(statement.value) != ZERO
        ):
            return statement.line
    return None


def _flag(code: Straight, line: Line) -> Expression:
    """F_FLAG at the end, without variables of the code; where nothing sets it, it is 0.

    Source  NONMEM help, F_FLAG: 0 by default, for every record.
    """
    if "F_FLAG" not in code.last:
        return ZERO
    every = {d.name: d.value for d in code.definitions}

    def unset(node: Expression) -> Expression | None:
        return ZERO if isinstance(node, Undefined) and not node.read else None

    flag = folded(substituted(inlined(Name(code.last["F_FLAG"]), every), unset))
    for leaf in _leaves(flag):
        if leaf == Number(2.0):
            raise StreamError(line, "F_FLAG 2 makes Y -2 ln of a likelihood: not translated")
        if leaf not in (ZERO, ONE):
            raise StreamError(line, "F_FLAG is not set to 0 or 1: which it is cannot be known")
    return flag


def _leaves(node: Expression) -> Iterator[Expression]:
    if isinstance(node, Where):
        yield from _leaves(node.yes)
        yield from _leaves(node.no)
    else:
        yield node


def _conditions(node: Expression) -> list[Expression]:
    return [each.condition for each in walk(node) if isinstance(each, Where)]


def _by_column(stream: ControlStream, flag: Expression, y: Expression, line: Line) -> Cases:
    """The one column whose number says what F_FLAG is.

    y  at the end, whose conditions may name further numbers
    """
    conditions = _conditions(flag)
    columns = {c.name: c.alias for c in stream.columns if c.name}
    whole: list[tuple[str, dict[float, bool]]] = []
    partly: list[tuple[str, dict[float, bool]]] = []
    for name in sorted(set().union(*map(names_in, conditions)) & columns.keys()):
        values = _compared(conditions, name)
        if values is None:
            continue
        values = sorted({*values, *(_compared(_conditions(y), name) or ())})
        sure, kinds = True, {}
        for value in (*values, math.nan):
            here = set(_leaves(folded(_with(flag, name, value))))
            kinds[value] = ONE in here
            sure = sure and len(here) == 1
        if len(set(kinds.values())) == 2:
            (whole if sure else partly).append((name, kinds))
    # CMT and the like say which analyte it is, where another column could say that it is low.
    found = whole or [each for each in partly if each[0] not in SELECTORS] or partly
    if len(found) != 1:
        raise StreamError(
            line,
            "F_FLAG makes Y a likelihood, which is translated only where one column compared with "
            ".EQ. or .NE., or DV against the limit, says which rows (M3)",
        )
    ((column, kinds),) = found
    names = {column, columns[column]} - {""}
    every = [
        (high, Case(() if math.isnan(v) else (v,), dict.fromkeys(names, v), stream.error))
        for v, high in kinds.items()
    ]
    measured = [case for high, case in every if not high]
    # One with a Y comes first: what a level is, is read there.
    measured.sort(key=lambda case: isinstance(_at(y, case, column), Undefined))
    return Cases(column, tuple(measured), tuple(c for high, c in every if high), line)


def _renaming(new: Mapping[str, str]) -> Callable[[Expression], Expression | None]:
    def change(node: Expression) -> Expression | None:
        return Name(new[node.name]) if isinstance(node, Name) and node.name in new else None

    return change


def _at(node: Expression, case: Case, name: str) -> Expression:
    return folded(_with(node, name, case.constants[name]))


def _with(node: Expression, name: str, value: float) -> Expression:
    return substituted(node, lambda e: Number(value) if e == Name(name) else None)


def _compared(conditions: Sequence[Expression], name: str) -> list[float] | None:
    """Numbers that a column is compared with; None where it is used in another way."""
    values: set[float] = set()
    uses = 0
    for condition in conditions:
        for node in walk(condition):
            uses += node == Name(name)
            if isinstance(node, Compare) and node.operator in ("==", "!="):
                other = node.right if node.left == Name(name) else node.left
                if Name(name) in (node.left, node.right) and isinstance(other, Number):
                    values.add(other.value)
                    uses -= 1
    return sorted(values) if not uses else None


def _by_level(
    stream: ControlStream, outer: Mapping[str, str], constants: Mapping[str, float], line: Line
) -> Cases:
    """Rows by DV against one bound."""
    tests = {_below(node) for node in _tests_of_dv(stream.error)}
    bounds = {(bound, strict) for bound, strict in tests if bound is not None}
    if len(bounds) != 1 or len(tests) != 1:
        raise StreamError(
            line, "F_FLAG is read where one comparison of DV with the limit chooses it (.LT., .GE.)"
        )
    ((bound, strict),) = bounds
    kinds: dict[bool, Case] = {}
    for low in (False, True):
        block = tuple(_decided(s, low=low) for s in stream.error)
        flag = _flag(straightened(block, outer=outer, constants=constants, mark="f"), line)
        high = ONE in set(_leaves(flag))
        kinds[high] = Case((), {}, block)
        if high:
            below = low
    if len(kinds) != 2:
        raise StreamError(line, "F_FLAG is 1 on both sides of the limit that DV is compared with")
    assert bound is not None
    equal = not strict if below else strict
    return Cases("DV", (kinds[False],), (kinds[True],), line, bound, equal, below)


def _tests_of_dv(block: Sequence[Statement]) -> Iterator[Compare]:
    for statement in statements_in(tuple(block)):
        parts = (
            [statement.value] if isinstance(statement, Assign)
            else [condition for condition, _ in statement.branches]
        )  # fmt: skip
        for part in parts:
            yield from (n for n in walk(part) if isinstance(n, Compare) and DV in (n.left, n.right))


def _below(node: Compare) -> tuple[Expression | None, bool]:
    """(bound, whether a DV equal to it counts as above it) of a comparison of DV."""
    sign, bound = node.operator, node.right
    if bound == DV:
        sign, bound = _TURNED.get(sign, sign), node.left
    return (bound, sign in ("<", ">=")) if sign in _TURNED else (None, False)


def _decided(statement: Statement, *, low: bool) -> Statement:
    """The statement with its comparisons of DV settled: below the bound or not."""

    def settle(node: Expression) -> Expression | None:
        if isinstance(node, Compare) and DV in (node.left, node.right):
            sign = node.operator if node.left == DV else _TURNED[node.operator]
            return ONE if sign.startswith("<") == low else ZERO
        return None

    if isinstance(statement, Assign):
        return Assign(statement.target, substituted(statement.value, settle), statement.line)
    return If(
        tuple(
            (substituted(condition, settle), tuple(_decided(s, low=low) for s in body))
            for condition, body in statement.branches
        ),
        tuple(_decided(s, low=low) for s in statement.otherwise),
        statement.line,
    )


# --- what their Y is ----------------------------------------------------------------------


def _final_y(code: Straight) -> tuple[Expression, Line]:
    """Y at the end, without variables of the code, and the line that writes it."""
    every = {d.name: d.value for d in code.definitions}
    if "Y" not in code.last:
        return Undefined("Y"), NOWHERE
    y = inlined(Name(code.last["Y"]), every)
    own = [d for d in code.definitions if d.target == "Y"]
    return y, next((d.line for d in own if inlined(d.value, every) == y), own[-1].line)


def _quiet(node: Expression) -> Expression:
    def silent(each: Expression) -> Expression | None:
        return ZERO if isinstance(each, Item) and each.name == "EPS" else None

    return folded(substituted(node, silent))


def _limited(
    found: Cases,
    case: Case,
    y: Expression,
    line: Line,
    bound: Expression,
    data: frozenset[str],
    known: Mapping[str, Expression],
    center: Expression,
    variance: Expression,
) -> Limited:
    parts = _probability(y)
    if parts is None:
        raise StreamError(
            line,
            "F_FLAG makes Y a likelihood that is not PHI((limit - prediction) / SD): only that "
            "(M3) is translated",
        )
    sign, argument, guard = parts
    if abs(guard) > GUARD * 1.001:
        raise StreamError(
            line,
            f"{guard:g} beside PHI is more than a guard against the log of 0 (up to {GUARD:g}) and "
            "changes the likelihood; take it out, or make it smaller",
        )
    # 1 - PHI(x) is PHI(-x).
    top, bottom = _fraction(argument)
    left, right = _difference(top)
    at = [side for side in (left, right) if _of_data(side, data, known)]
    if len(at) != 1:
        raise StreamError(
            line,
            "PHI is read of (limit - prediction) / SD, with a limit that is a number or a column",
        )
    limit = _value_of(at[0], known, line)
    side = "<" if (at[0] is left) == (sign > 0.0) else ">"
    prediction, sd = (right, bottom) if at[0] is left else (left, bottom)
    if (found.column == "DV") and side != ("<" if found.below else ">"):
        raise StreamError(line, "PHI is of the other side of the limit than DV")
    if not alike(prediction, center, known):
        raise StreamError(
            line, "the prediction in PHI is not that of the rows with F_FLAG 0: write the same"
        )
    if not alike(sd, Call("SQRT", (variance,)), known):
        raise StreamError(
            line,
            "the SD in PHI is not that of the residual error where F_FLAG is 0: write the same",
        )
    if found.column == "DV" and not (
        _of_data(bound, data, known) and _value_of(bound, known, line) == limit
    ):
        raise StreamError(line, "DV is compared with another number than the limit in PHI")
    return Limited(found.column, case.values, side, limit, found.equal, guard, line)


def _probability(y: Expression) -> tuple[float, Expression, float] | None:
    """(1 or -1, x, guard): y is PHI(x) + guard or 1 - PHI(x) + guard; None where it is neither."""

    def parts(node: Expression) -> tuple[float, float, Expression] | None:
        match node:
            case Number(value):
                return value, 0.0, ZERO
            case Call("PHI", (of,)):
                return 0.0, 1.0, of
            case Negative(of):
                found = parts(of)
                return None if found is None else (-found[0], -found[1], found[2])
            case Binary("+" | "-" as plus, left, right):
                a, b = parts(left), parts(right)
                if a is None or b is None or (a[1] and b[1]):
                    return None
                turn = 1.0 if plus == "+" else -1.0
                return a[0] + turn * b[0], a[1] + turn * b[1], a[2] if a[1] else b[2]
            case _:
                return None

    found = parts(y)
    if found is None or abs(found[1]) != 1.0:
        return None
    constant, sign, of = found
    return sign, of, constant if sign > 0.0 else constant - 1.0


def _fraction(node: Expression) -> tuple[Expression, Expression]:
    match node:
        case Negative(of):
            top, bottom = _fraction(of)
            return _negative(top), bottom
        case Binary("/", left, right):
            return left, right
        case _:
            return node, ONE


def _difference(node: Expression) -> tuple[Expression, Expression]:
    """(a, b) of a - b; a limit of 0 has fallen away."""
    match node:
        case Binary("-", left, right):
            return left, right
        case Binary("+", Negative(of), other) | Binary("+", other, Negative(of)):
            return other, of
        case Negative(of):
            return ZERO, of
        case _:
            return node, ZERO


def _negative(node: Expression) -> Expression:
    match node:
        case Binary("-", left, right):
            return Binary("-", right, left)
        case _:
            return folded(Negative(node))


def _of_data(node: Expression, data: frozenset[str], known: Mapping[str, Expression]) -> bool:
    """Whether an expression is computed from numbers and columns alone."""
    whole = inlined(node, known)
    return all(
        isinstance(each, Number | Binary | Call | Negative | Where | Compare | Logic | Not)
        or (isinstance(each, Name) and each.name in data)
        for each in walk(whole)
    )


def _value_of(node: Expression, known: Mapping[str, Expression], line: Line) -> float | str:
    match inlined(node, known):
        case Number(value):
            return value
        case Name(name):
            return name
        case _:
            raise StreamError(
                line,
                "the limit is computed from columns; give the data a column that holds it, and "
                "write that here",
            )
