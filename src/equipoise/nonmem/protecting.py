"""NONMEM's protected functions: PLOG, PEXP and the others, and $ABBREVIATED PROTECT.

Each is the plain function with its argument kept where it has a value. A negative number to a power
is therefore the smallest number to that power, as in NONMEM, and not what the plain code says. An
argument that is not a number stays one, and is refused where it is computed; NONMEM takes 1E-15.

Source  NONMEM help, PROTECT FUNCTIONS: SMALLZ, and the limit of PHE ("PEXP(x)=EXP(PHE(x))").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from equipoise.nonmem.syntax import (
    Assign,
    Binary,
    Call,
    Compare,
    Expression,
    If,
    Number,
    Statement,
    Where,
    rebuilt,
)

SMALL = 2.8e-103
"""SMALLZ: what a number below it counts as."""

HIGH = 100.0
"""What an exponent above it counts as."""


def _above(of: Expression, least: float = SMALL) -> Expression:
    return Call("MAX", (of, Number(least)))


def _below(of: Expression) -> Expression:
    return Call("MIN", (of, Number(HIGH)))


def _off_zero(of: Expression) -> Expression:
    return Where(Compare("<", Call("ABS", (of,)), Number(SMALL)), Number(SMALL), of)


FUNCTIONS: Mapping[str, Callable[[Expression], Expression]] = {
    "PLOG": lambda of: Call("LOG", (_above(of),)),
    "PLOG10": lambda of: Call("LOG10", (_above(of),)),
    "PEXP": lambda of: Call("EXP", (_below(of),)),
    "PSQRT": lambda of: Call("SQRT", (of,)),
    "PTAN": lambda of: Call("TAN", (of,)),
    "PATAN": lambda of: Call("ATAN", (of,)),
    "PDZ": lambda of: Binary("/", Number(1.0), _off_zero(of)),
    "PZR": _off_zero,
    "PNP": _above,
    "PHE": _below,
    "PNG": lambda of: _above(of, 0.0),
}
"""Functions of one argument, by the name that code may call them by."""

_PLAIN: Mapping[str, str] = {"LOG": "PLOG", "LOG10": "PLOG10", "EXP": "PEXP"}


def protected(block: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """What $ABBREVIATED PROTECT makes of code.

    A quotient stays as it stands: beside one by SMALLZ, one by less is as good as none or without
    end.
    """
    return tuple(_statement(each) for each in block)


def _statement(statement: Statement) -> Statement:
    if isinstance(statement, Assign):
        return Assign(statement.target, _expression(statement.value), statement.line)
    return If(
        tuple((_expression(test), protected(body)) for test, body in statement.branches),
        protected(statement.otherwise),
        statement.line,
    )


def _expression(node: Expression) -> Expression:
    node = rebuilt(node, _expression)
    match node:
        case Call(function, (of,)) if function in _PLAIN:
            return FUNCTIONS[_PLAIN[function]](of)
        case Binary("**", left, right):
            kept = left if isinstance(left, Number) and left.value >= SMALL else _above(left)
            return Call("MIN", (Binary("**", kept, right), Number(math.exp(HIGH))))
        case _:
            return node
