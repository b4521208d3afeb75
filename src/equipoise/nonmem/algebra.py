"""Simple algebra on expressions: folding of constants, derivatives, polynomials."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from equipoise.nonmem.syntax import (
    Binary,
    Call,
    Compare,
    Expression,
    Item,
    Logic,
    Negative,
    Not,
    Number,
    Where,
    rebuilt,
    walk,
)

ZERO, ONE = Number(0.0), Number(1.0)

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class NotDifferentiable(ValueError):  # noqa: N818 - reads as what it is
    """A function whose derivative is not written here."""


def folded(node: Expression) -> Expression:
    """The same expression with constants computed and neutral elements gone.

    A condition that is settled becomes 1 or 0, and a `Where` on it its branch.
    """
    node = rebuilt(node, folded)
    match node:
        case Negative(Number(value)):
            return Number(-value)
        case Negative(Negative(of)):
            return of
        case Binary():
            return _binary(node)
        case Call(function, arguments) if all(isinstance(a, Number) for a in arguments):
            return _call(node, function, [a.value for a in arguments if isinstance(a, Number)])
        case Compare(operator, Number(left), Number(right)):
            return ONE if _COMPARE[operator](left, right) else ZERO
        case Not(Number(value)):
            return ONE if value == 0.0 else ZERO
        case Logic(operator, left, right):
            return _logic(operator, left, right, node)
        case Where(Number(value), yes, no):
            return yes if value != 0.0 else no
        case Where(_, yes, no) if yes == no:
            return yes
        case _:
            return node


def _logic(operator: str, left: Expression, right: Expression, node: Expression) -> Expression:
    for this, other in ((left, right), (right, left)):
        if isinstance(this, Number):
            decides = (this.value == 0.0) == (operator == "and")
            return this if decides else other
    return node


def _call(node: Expression, function: str, values: list[float]) -> Expression:
    known: Mapping[str, Callable[[float], float]] = {
        "EXP": math.exp, "LOG": math.log, "SQRT": math.sqrt, "ABS": abs,
    }  # fmt: skip
    try:
        return Number(float(known[function](values[0]))) if function in known else node
    except (ValueError, OverflowError):
        return node


def _binary(node: Binary) -> Expression:
    left, right = node.left, node.right
    if isinstance(left, Number) and isinstance(right, Number):
        try:
            found = _arithmetic(node.operator, left.value, right.value)
        except (ZeroDivisionError, OverflowError, ValueError):
            return node
        return Number(found) if isinstance(found, float) and math.isfinite(found) else node
    match node.operator, left, right:
        case ("+", Number(0.0), _):
            return right
        case ("+" | "-", _, Number(0.0)):
            return left
        case ("-", Number(0.0), _):
            return Negative(right)
        case ("+", _, Negative(of)):
            return Binary("-", left, of)
        case ("*", Number(0.0), _) | ("*", _, Number(0.0)) | ("/", Number(0.0), _):
            return ZERO
        case ("*", Number(1.0), _):
            return right
        case ("*" | "/" | "**", _, Number(1.0)):
            return left
        case ("*", Number(-1.0), _):
            return Negative(right)
        case ("**", _, Number(0.0)):
            return ONE
        case _:
            return node


def _arithmetic(operator: str, a: float, b: float) -> float:
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
        case _:
            found = a**b
            assert isinstance(found, float)
            return found


def depends(node: Expression, on: Callable[[Expression], bool]) -> bool:
    """Whether any part of the expression is one of those asked for."""
    return any(on(each) for each in walk(node))


def derivative(node: Expression, by: Item) -> Expression:
    """The derivative by an item, folded.

    Fails  NotDifferentiable where a function has none here, or a condition depends on the item.
    """
    return folded(_derivative(node, by))


def _derivative(node: Expression, by: Item) -> Expression:
    if not depends(node, lambda each: each == by):
        return ZERO
    match node:
        case Item():
            return ONE
        case Negative(of):
            return Negative(_derivative(of, by))
        case Binary("+" | "-" as operator, left, right):
            return Binary(operator, _derivative(left, by), _derivative(right, by))
        case Binary("*", left, right):
            return Binary(
                "+",
                Binary("*", _derivative(left, by), right),
                Binary("*", left, _derivative(right, by)),
            )
        case Binary("/", left, right):
            return Binary(
                "-",
                Binary("/", _derivative(left, by), right),
                Binary(
                    "/", Binary("*", left, _derivative(right, by)), Binary("**", right, Number(2.0))
                ),
            )
        case Binary("**", left, right):
            return _power(node, left, right, by)
        case Call(function, (of,)):
            return Binary("*", _outer(function, of), _derivative(of, by))
        case Call("MIN" | "MAX" as function, (of, Number() as edge)):
            sign = "<" if function == "MIN" else ">"
            return Where(Compare(sign, of, edge), _derivative(of, by), ZERO)
        case Where(condition, yes, no):
            if depends(condition, lambda each: each == by):
                raise NotDifferentiable("a condition depends on EPS")
            return Where(condition, _derivative(yes, by), _derivative(no, by))
        case _:
            raise NotDifferentiable("EPS stands where no derivative can be taken")


def _power(node: Expression, left: Expression, right: Expression, by: Item) -> Expression:
    if not depends(right, lambda each: each == by):
        lower = Binary("**", left, Binary("-", right, ONE))
        return Binary("*", Binary("*", right, lower), _derivative(left, by))
    inner = Binary("*", right, Call("LOG", (left,)))
    return Binary("*", node, _derivative(inner, by))


def _outer(function: str, of: Expression) -> Expression:
    match function:
        case "EXP":
            return Call("EXP", (of,))
        case "LOG":
            return Binary("/", ONE, of)
        case "LOG10":
            return Binary("/", ONE, Binary("*", Number(math.log(10.0)), of))
        case "SQRT":
            return Binary("/", Number(0.5), Call("SQRT", (of,)))
        case "SIN":
            return Call("COS", (of,))
        case "COS":
            return Negative(Call("SIN", (of,)))
        case _:
            raise NotDifferentiable(f"EPS inside {function}(...)")


def polynomial(node: Expression, atom: Expression) -> list[float] | None:
    """Coefficients in an atom, constant first; None where the expression is no polynomial in it
    with constant coefficients."""
    if node == atom:
        return [0.0, 1.0]
    match node:
        case Number(value):
            return [value]
        case Negative(of):
            found = polynomial(of, atom)
            return None if found is None else [-c for c in found]
        case Binary("+" | "-" as operator, left, right):
            a, b = polynomial(left, atom), polynomial(right, atom)
            if a is None or b is None:
                return None
            sign = 1.0 if operator == "+" else -1.0
            size = max(len(a), len(b))
            a, b = a + [0.0] * (size - len(a)), b + [0.0] * (size - len(b))
            return [x + sign * y for x, y in zip(a, b, strict=True)]
        case Binary("*", left, right):
            if left == right:
                return square(left, atom)
            return _times(polynomial(left, atom), polynomial(right, atom))
        case Binary("/", left, right):
            a, b = polynomial(left, atom), polynomial(right, atom)
            if a is None or b is None or len(b) != 1 or b[0] == 0.0:
                return None
            return [c / b[0] for c in a]
        case Binary("**", left, Number(2.0)):
            return square(left, atom)
        case Binary("**", left, Number(0.5)):
            return _root(left, atom)
        case Call("SQRT", (of,)):
            return _root(of, atom)
        case _:
            return None


def square(node: Expression, atom: Expression) -> list[float] | None:
    """Coefficients of the square; that of a square root is what stands under it."""
    match node:
        case Call("SQRT", (of,)) | Binary("**", of, Number(0.5)):
            return polynomial(of, atom)
        case Negative(of):
            return square(of, atom)
        case Binary("*", left, right):
            return _times(square(left, atom), square(right, atom))
        case _:
            found = polynomial(node, atom)
            return _times(found, found)


def _root(of: Expression, atom: Expression) -> list[float] | None:
    found = polynomial(of, atom)
    if found is None or any(found[1:]) or found[0] < 0.0:
        return None
    return [math.sqrt(found[0])]


def _times(a: list[float] | None, b: list[float] | None) -> list[float] | None:
    if a is None or b is None:
        return None
    out = [0.0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out
