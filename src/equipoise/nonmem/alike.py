"""Whether two expressions are the same function: compared as numbers at random points."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Mapping

from equipoise.nonmem.flow import inlined
from equipoise.nonmem.syntax import (
    Binary,
    Call,
    Compare,
    Expression,
    Item,
    Logic,
    Name,
    Negative,
    Not,
    Number,
    Where,
    walk,
)

POINTS = 200
"""Random points at which two expressions are compared."""

ALIKE = 1e-9
"""Relative difference that rounding may make."""


def alike(one: Expression, other: Expression, known: Mapping[str, Expression]) -> bool:
    """Whether two expressions are worth the same wherever the second is worth anything."""
    one, other = inlined(one, known), inlined(other, known)
    if one == other:
        return True
    chance = random.Random(20260601)
    atoms = [e for e in walk(Binary("+", one, other)) if isinstance(e, Name | Item)]
    compared = 0
    for number in range(POINTS):
        at: dict[Expression, float] = {}
        for atom in dict.fromkeys(atoms):
            # Guards act at nothing, and where a level is tiny.
            spread = 12.0 if number % 4 == 3 else 2.0
            nothing = number % 10 == 9 and isinstance(atom, Item) and atom.name == "A"
            at[atom] = 0.0 if nothing else math.exp(chance.uniform(-spread, spread))
            if isinstance(atom, Name) and number % 2:
                at[atom] = float(chance.randint(0, 3)) or at[atom]
            if number % 10 == 9 and atom == Name("F"):
                at[atom] = 0.0
        wanted = _worth(other, at)
        if not math.isfinite(wanted):
            continue
        found = _worth(one, at)
        if not math.isclose(found, wanted, rel_tol=ALIKE, abs_tol=1e-300):
            return False
        compared += 1
    return compared >= POINTS // 4


_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "EXP": math.exp, "LOG": math.log, "LOG10": math.log10, "SQRT": math.sqrt, "ABS": abs,
    "SIN": math.sin, "COS": math.cos, "TAN": math.tan, "ASIN": math.asin, "ACOS": math.acos,
    "ATAN": math.atan, "SINH": math.sinh, "COSH": math.cosh, "TANH": math.tanh,
    "INT": math.trunc, "MOD": math.fmod, "GAMLN": math.lgamma, "MIN": min, "MAX": max,
    "PHI": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
}  # fmt: skip

_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "**": math.pow, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _worth(node: Expression, at: Mapping[Expression, float]) -> float:
    """The number that an expression is; NaN where it is none."""
    try:
        return float(_reckoned(node, at))
    except (ArithmeticError, ValueError):
        return math.nan


def _reckoned(node: Expression, at: Mapping[Expression, float]) -> float:
    match node:
        case Number(value):
            return value
        case Name() | Item():
            return at[node]
        case Negative(of):
            return -_reckoned(of, at)
        case Not(of):
            return not _reckoned(of, at)
        case Binary(sign, left, right) | Compare(sign, left, right):
            return _OPERATIONS[sign](_reckoned(left, at), _reckoned(right, at))
        case Logic(word, left, right):
            sides = _reckoned(left, at), _reckoned(right, at)
            return all(sides) if word == "and" else any(sides)
        case Where(condition, yes, no):
            return _reckoned(yes if _reckoned(condition, at) else no, at)
        case Call(function, arguments) if function in _FUNCTIONS:
            return _FUNCTIONS[function](*(_reckoned(each, at) for each in arguments))
        case _:
            return math.nan
