"""$ERROR as observations: what Y predicts, and the variance that EPS gives it.

The variance is that of first-order conditional estimation with interaction: dY/dEPS at EPS = 0,
at the subject's own etas. Where the prediction is an amount over a scale and the variance a sum of
an additive and a proportional part (or the log of it with a constant one), the observation is
written as plain numbers; everything else becomes a function, which is as exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from equipoise.nonmem.algebra import (
    NotDifferentiable,
    depends,
    derivative,
    folded,
    polynomial,
    square,
)
from equipoise.nonmem.censoring import SELECTORS, Cases, Limited, cases, limited
from equipoise.nonmem.flow import (
    Definition,
    Straight,
    check_defined,
    inlined,
    key,
    names_in,
    needed,
    straightened,
)
from equipoise.nonmem.stream import ControlStream
from equipoise.nonmem.structure import Body
from equipoise.nonmem.syntax import (
    Assign,
    Binary,
    Call,
    Compare,
    Expression,
    Item,
    Line,
    Name,
    Number,
    Statement,
    StreamError,
    Undefined,
    Where,
    children,
    statements_in,
    substituted,
    walk,
)

FIXED: Mapping[str, float] = {"ICALL": 2.0, "NPDE_MODE": 0.0}
"""What NONMEM's own variables are during estimation."""

MEASURED: Mapping[str, float] = {"EVID": 0.0, "MDV": 0.0}
"""What a record that holds a level says of itself."""

RECORD_ITEMS = ("AMT", "RATE", "EVID", "MDV", "II", "ADDL", "SS", "CMT", "DV", "L1")

REFUSED_NAMES: Mapping[str, str] = {
    **{
        name: f"{name} belongs to one record; code that depends on it needs memory from record to "
        "record, which is not translated"
        for name in RECORD_ITEMS
    },
    **{
        name: f"{name} tells one record from the next; code that depends on it is not translated"
        for name in ("NEWIND", "NEWL2", "IREC", "NIREC", "NDREC", "LASTREC", "FIRSTREC")
    },
    **{
        name: f"{name} is not translated"
        for name in ("COMACT", "DOSTIM", "DOSREC", "TSTATE", "MIXNUM", "MIXEST", "IREP", "NREP",
                     "LIREC", "CALLFL", "F_FLAG", "MTIME", "A_0FLG", "NPROB", "PROB", "G", "H")
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Readout:
    """One analyte.

    rows     (column, values) of the rows that measure it; values () means all others
    compartment, scale
             the value is A(compartment) / scale where compartment is not 0
    additive, proportional, log
             the residual error where it is plain; all None where `code` gives it
    logged   Y is the log of the value
    code     straight code of the center and the slopes
    center   name of Y at EPS = 0
    slopes   (number of the EPS, name of dY/dEPS at EPS = 0)
    observed number of the compartment that F is read from
    limited  rows that hold a limit instead of a level, and those that hold one
    """

    rows: tuple[str, tuple[float, ...]] | None
    observed: int
    compartment: int
    scale: Expression
    additive: float | None
    proportional: float | None
    log: float | None
    logged: bool
    code: Straight
    center: str
    slopes: tuple[tuple[int, str], ...]
    line: Line
    limited: tuple[Limited, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether numbers alone say it."""
        return self.compartment > 0 and self.log is not None


@dataclass(frozen=True, slots=True)
class Scope:
    """What $ERROR may read: data items and variables of $PK by the names they have outside.

    in_des  names that $DES sets
    scales  number of a compartment -> its scale; 1 where $PK sets none
    zero    "ETA(3)" -> 0 for etas without variance; elements of $OMEGA and $SIGMA
    values  variables of $PK -> what they are computed as
    kinds   rows that hold a level, and those that F_FLAG says otherwise of
    """

    items: Mapping[str, str]
    pk: Mapping[str, str]
    in_des: frozenset[str]
    scales: Mapping[int, Expression]
    zero: Mapping[str, float]
    values: Mapping[str, Expression]
    kinds: Cases | None = None


class NoError(StreamError):
    """Y has no residual error: a record of it can be predicted, and not weighed."""


def readouts(stream: ControlStream, body: Body, scope: Scope) -> tuple[Readout, ...]:
    """Every analyte that $ERROR predicts.

    Fails  StreamError where Y cannot be translated, with the line that stands in the way.
    """
    outer = {**scope.items, **scope.pk, "F": "F", **{n: n for n in SELECTORS if n in stream.items}}
    kinds = cases(stream, outer, {**FIXED, **MEASURED, **scope.zero})
    if kinds is not None:
        # From here on $ERROR is that of a measured level; what the others hold is found beside it.
        level = kinds.measured[0]
        stream = replace(stream, error=level.block)
        scope = replace(scope, zero={**scope.zero, **level.constants}, kinds=kinds)
    column, values, others = _selector(stream, body, scope)
    choices: list[tuple[tuple[str, tuple[float, ...]] | None, Mapping[str, float]]]
    if column == "CMT":
        rest = _others(stream, body, scope) if others else None
        alike = rest is not None and not _reads_f(rest)
        if others and not alike:
            values = tuple(sorted({*values, *map(float, _observable(body, scope))}))
        choices = [_of_compartment(value, body) for value in values]
        choices += [(("CMT", ()), {"CMT": math.nan})] if alike else []
    elif column:
        choices = [((column, (value,)), {column: value}) for value in values]
        choices += [((column, ()), {column: math.nan})] if others else []
    else:
        choices = [(None, {})]
        usual = _attempt(stream, body, scope, None, {})
        if isinstance(usual, Readout) and usual.rows is not None:
            own = (float(n) for n in _observable(body, scope))
            choices = [_of_compartment(n, body) for n in own]
    every = [_attempt(stream, body, scope, rows, chosen) for rows, chosen in choices]
    some = tuple(each for each in every if isinstance(each, Readout))
    weightless = [each for each in every if isinstance(each, NoError)]
    if not some and weightless:
        raise weightless[0]
    if not some:
        raise StreamError(_line_of_y(stream), f"Y is set for no value of {column}")
    return some


def _attempt(
    stream: ControlStream,
    body: Body,
    scope: Scope,
    rows: tuple[str, tuple[float, ...]] | None,
    chosen: Mapping[str, float],
) -> Readout | NoError | None:
    try:
        return _readout(stream, body, scope, rows, chosen)
    except NoError as error:
        return error


def _others(stream: ControlStream, body: Body, scope: Scope) -> Readout | None:
    """What Y is in compartments that no condition names, where that can be said at all."""
    try:
        return _readout(stream, body, scope, ("CMT", ()), {"CMT": math.nan})
    except StreamError:
        return None


def _of_compartment(
    value: float, body: Body
) -> tuple[tuple[str, tuple[float, ...]], Mapping[str, float]]:
    """The rows of a compartment; 0 in a row means the default one."""
    return ("CMT", (0.0, value) if value == body.observation else (value,)), {"CMT": value}


def _observable(body: Body, scope: Scope) -> tuple[int, ...]:
    """Compartments whose amount a row may hold as F: the default one and those with a scale; all
    of a system in which none has one.
    """
    if not body.linear and not scope.scales:
        return tuple(range(1, len(body.states) + 1))
    return tuple(sorted({body.observation, *scope.scales}))


def _reads_f(read: Readout) -> bool:
    return any(Name("F") in set(walk(d.value)) for d in read.code.definitions)


def _selector(
    stream: ControlStream, body: Body, scope: Scope
) -> tuple[str, tuple[float, ...], bool]:
    """The column that chooses between analytes, its values, and whether others are possible."""
    outer = {**scope.items, **scope.pk, "F": "F", **{n: n for n in SELECTORS if n in stream.items}}
    constants = {**FIXED, **MEASURED, **scope.zero}
    code = straightened(stream.error, outer=outer, constants=constants, mark="e")
    last = code.last.get("Y")
    if last is None:
        raise StreamError(None, "$ERROR does not set Y")
    live = needed(code, [last])
    used = set().union(*(names_in(d.value) for d in live.definitions))
    columns = [n for n in SELECTORS if n in used and n in stream.items]
    if not columns:
        return "", (), False
    if len(columns) > 1:
        raise StreamError(
            _line_of_y(stream), f"{' and '.join(columns)} both choose what Y is; one can be read"
        )
    column = columns[0]
    tests = list(_tests(stream.error, column))
    if column != "CMT" and any(value is None for _, value in tests):
        return "", (), False
    bad = [line for line, value in tests if value is None]
    if bad:
        raise StreamError(bad[0], f"{column} must be compared with numbers to be read")
    values = {value for _, value in tests if value is not None}
    only_equal = all(
        node.operator in ("==", "!=")
        for node in _comparisons(stream.error) if Name(column) in (node.left, node.right)
    )  # fmt: skip
    if column == "CMT" and not only_equal:
        values |= {float(n) for n in range(1, len(body.states) + 1)}
    return column, tuple(sorted(values)), only_equal


def _comparisons(block: Sequence[Statement]) -> list[Compare]:
    found: list[Compare] = []
    for statement in statements_in(tuple(block)):
        parts = (
            [statement.value] if isinstance(statement, Assign)
            else [condition for condition, _ in statement.branches]
        )  # fmt: skip
        found.extend(n for part in parts for n in walk(part) if isinstance(n, Compare))
    return found


def _tests(block: Sequence[Statement], column: str) -> list[tuple[Line, float | None]]:
    """Every use of a column: the number it is compared with, None where it is used otherwise."""
    found: list[tuple[Line, float | None]] = []

    def visit(node: Expression, line: Line) -> None:
        if isinstance(node, Compare) and Name(column) in (node.left, node.right):
            other = folded(node.right if node.left == Name(column) else node.left)
            found.append((line, other.value if isinstance(other, Number) else None))
            return
        if node == Name(column):
            found.append((line, None))
        for each in children(node):
            visit(each, line)

    for statement in statements_in(tuple(block)):
        if isinstance(statement, Assign):
            visit(statement.value, statement.line)
        else:
            for condition, _ in statement.branches:
                visit(condition, statement.line)
    return found


def _line_of_y(stream: ControlStream) -> Line:
    lines = [
        s.line for s in statements_in(stream.error)
        if isinstance(s, Assign) and key(s.target) == "Y"
    ]  # fmt: skip
    return lines[-1]


def _readout(
    stream: ControlStream,
    body: Body,
    scope: Scope,
    rows: tuple[str, tuple[float, ...]] | None,
    chosen: Mapping[str, float],
) -> Readout | None:
    outer = {**scope.items, **scope.pk, "F": "F", "TIME": "TIME"}
    for name in (*RECORD_ITEMS, *(() if stream.advan else ("F",))):
        outer.pop(name, None)
    code = straightened(
        stream.error,
        outer=outer,
        constants={**FIXED, **MEASURED, **scope.zero, **chosen},
        mark="e",
    )
    targets = {d.target for d in code.definitions}
    if "Y" not in code.last:
        return None
    last = code.last["Y"]
    code = needed(code, [last])
    if chosen and any(isinstance(d.value, Undefined) for d in code.definitions if d.name == last):
        return None
    sometimes = {key(s.target) for s in statements_in(stream.error) if isinstance(s, Assign)}
    unset = {e.name for d in code.definitions for e in walk(d.value) if _is_unset(e)}
    if unset & sometimes and any(math.isnan(value) for value in chosen.values()):
        # A value that no condition names leaves them unset: Y is set for none such.
        return None
    targets |= sometimes
    reasons = {
        **REFUSED_NAMES,
        **{
            name: f"{name} is set in $DES; here it would hold whatever the last step of the "
            "integration left; set it in $ERROR too"
            for name in scope.in_des
        },
    }
    check_defined(code, reasons, targets)
    if not stream.advan:
        for d in code.definitions:
            if depends(d.value, lambda e: isinstance(e, Item) and e.name == "A"):
                raise StreamError(d.line, "A(n): $PRED has no compartments")
    line = next(d.line for d in code.definitions if d.name == last)
    noisy: dict[str, Expression] = {}
    for d in code.definitions:
        if depends(d.value, lambda e: _is_eps(e) or (isinstance(e, Name) and e.name in noisy)):
            noisy[d.name] = d.value
    y = inlined(Name(last), noisy)
    center = _quiet(y)
    slopes = _slopes(stream, y, line)
    extra = [Definition("Y@", "Y", center, line, inner=False)]
    extra += [Definition(f"SLOPE{k}@", f"SLOPE{k}", s, line, inner=False) for k, s in slopes]
    calm = Straight((*(d for d in code.definitions if d.name not in noisy), *extra))
    calm = needed(calm, [d.name for d in extra])
    every = {d.name: d.value for d in calm.definitions}
    ends = calm.definitions[-len(extra) :]
    full = inlined(ends[0].value, every)
    where = _compartment(rows, body)
    if rows is None and "CMT" in stream.items and depends(full, lambda e: e == Name("F")):
        rows = ("CMT", (0.0, float(where)))
    logged = _all_logs(full)
    core = _core(full) if logged else full
    level = _level(core, where, scope)
    numbered = [(k, end.name) for (k, _), end in zip(slopes, ends[1:], strict=True)]
    inner = [(k, inlined(every[name], every)) for k, name in numbered]
    variance = _variance(stream, inner, core)
    held = _limited(stream, scope, outer, chosen, full, inner, line)
    whole = not isinstance(full, Where)
    plain = _plain(variance, logged=logged) if level is not None and whole else None
    additive, proportional, log = plain or (None, None, None)
    return Readout(
        rows=rows,
        observed=where,
        compartment=level[0] if level is not None else 0,
        scale=level[1] if level is not None else Number(1.0),
        additive=additive,
        proportional=proportional,
        log=log,
        logged=logged,
        code=calm,
        center=ends[0].name,
        slopes=tuple(numbered),
        line=line,
        limited=held,
    )


def _limited(
    stream: ControlStream,
    scope: Scope,
    outer: Mapping[str, str],
    chosen: Mapping[str, float],
    center: Expression,
    slopes: Sequence[tuple[int, Expression]],
    line: Line,
) -> tuple[Limited, ...]:
    """What the rows of an analyte hold, where F_FLAG tells some from others."""
    kinds = scope.kinds
    if kinds is None:
        return ()
    if any(isinstance(e, Number) and math.isnan(e.value)
           for part in (center, *(s for _, s in slopes)) for e in walk(part)):  # fmt: skip
        raise StreamError(line, f"Y reads {kinds.column}, which says whether it is a likelihood")
    variance: Expression = Number(0.0)
    for k, a in slopes:
        for m, b in slopes:
            sigma = Number(stream.sigma.rows[k - 1][m - 1])
            variance = Binary("+", variance, Binary("*", sigma, Binary("*", a, b)))
    own = set(kinds.measured[0].constants)
    constants = {n: v for n, v in scope.zero.items() if n not in own}
    return limited(
        kinds,
        outer,
        {**FIXED, **MEASURED, **constants, **chosen},
        scope.values,
        center,
        folded(variance),
        line,
    )


def _is_unset(node: Expression) -> TypeGuard[Undefined]:
    return isinstance(node, Undefined) and node.read


def _is_eps(node: Expression) -> bool:
    return isinstance(node, Item) and node.name == "EPS"


def _quiet(node: Expression) -> Expression:
    return folded(substituted(node, lambda e: Number(0.0) if _is_eps(e) else None))


def _slopes(stream: ControlStream, y: Expression, line: Line) -> tuple[tuple[int, Expression], ...]:
    numbers = sorted({e.index for e in walk(y) if isinstance(e, Item) and e.name == "EPS"})
    if not numbers:
        raise NoError(line, "Y depends on no EPS: there is no residual error to weigh levels by")
    found = []
    for number in numbers:
        if number > len(stream.sigma):
            raise StreamError(line, f"EPS({number}): $SIGMA has {len(stream.sigma)} element(s)")
        if stream.sigma.rows[number - 1][number - 1] == 0.0:
            continue
        try:
            slope = _quiet(derivative(y, Item("EPS", number)))
        except NotDifferentiable as error:
            raise StreamError(line, str(error)) from None
        if slope != Number(0.0):
            found.append((number, slope))
    if not found:
        raise NoError(line, "the residual error of Y is zero: there is nothing to weigh by")
    return tuple(found)


def _compartment(rows: tuple[str, tuple[float, ...]] | None, body: Body) -> int:
    if rows is not None and rows[0] == "CMT" and rows[1]:
        return int(rows[1][-1])
    return body.observation


def _leaves(node: Expression) -> list[Expression]:
    """What an expression may be, over all conditions."""
    if isinstance(node, Where):
        return _leaves(node.yes) + _leaves(node.no)
    return [node]


def _all_logs(node: Expression) -> bool:
    """Whether Y is a log: every branch of it is LOG(...) or a number, and one is LOG."""
    leaves = [e for e in _leaves(node) if not isinstance(e, Number)]
    return bool(leaves) and all(isinstance(e, Call) and e.function == "LOG" for e in leaves)


def _core(node: Expression) -> Expression:
    """What the logarithm is taken of, where that is the same in every branch."""
    cores = {e.arguments[0] for e in _leaves(node) if isinstance(e, Call)}
    return cores.pop() if len(cores) == 1 else node


def _level(node: Expression, compartment: int, scope: Scope) -> tuple[int, Expression] | None:
    """(compartment, scale) of an expression that is an amount over a scale."""
    variables = set(scope.pk.values())
    if node == Name("F"):
        return compartment, scope.scales.get(compartment, Number(1.0))
    if isinstance(node, Item) and node.name == "A":
        return node.index, Number(1.0)

    def steady(part: Expression) -> bool:
        return all(
            isinstance(e, Number | Binary) or (isinstance(e, Name) and e.name in variables)
            for e in walk(part)
        )

    match node:
        case Binary("/", left, right) if steady(right):
            found = _level(left, compartment, scope)
            return None if found is None else (found[0], folded(Binary("*", found[1], right)))
        case Binary("*", left, Number(value)) | Binary("*", Number(value), left) if value != 0.0:
            found = _level(left, compartment, scope)
            return None if found is None else (
                found[0], folded(Binary("/", found[1], Number(value)))
            )  # fmt: skip
        case _:
            return None


def _variance(
    stream: ControlStream, slopes: Sequence[tuple[int, Expression]], atom: Expression
) -> list[float] | None:
    """Coefficients of the variance in the prediction; None where it is no polynomial in it."""

    def numbers(node: Expression) -> Expression | None:
        if isinstance(node, Item) and node.name == "THETA" and node.index <= len(stream.thetas):
            return Number(stream.thetas[node.index - 1].number)
        return None

    atom = folded(substituted(atom, numbers))
    parts = [(k, folded(substituted(s, numbers))) for k, s in slopes]
    total = [0.0]
    for i, (k, a) in enumerate(parts):
        for m, b in parts[: i + 1]:
            sigma = stream.sigma.rows[k - 1][m - 1] * (1.0 if k == m else 2.0)
            if sigma == 0.0:
                continue
            product = square(a, atom) if k == m else polynomial(Binary("*", a, b), atom)
            if product is None:
                return None
            size = max(len(total), len(product))
            total = total + [0.0] * (size - len(total))
            for j, c in enumerate(product):
                total[j] += sigma * c
    return total


def _plain(variance: list[float] | None, *, logged: bool) -> tuple[float, float, float] | None:
    """(additive, proportional, log) SDs where they say it all."""
    if variance is None:
        return None
    constant, mixed, squared, *rest = [*variance, 0.0, 0.0, 0.0]
    if mixed or any(rest) or constant < 0.0 or squared < 0.0:
        return None
    if logged:
        return (0.0, 0.0, math.sqrt(constant)) if constant > 0.0 and not squared else None
    return math.sqrt(constant), math.sqrt(squared), 0.0
