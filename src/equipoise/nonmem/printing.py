"""Expressions as Python text: on arrays for parameters and observations, on numbers for rates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
    Undefined,
    Where,
)

_ARRAYS: Mapping[str, str] = {
    "EXP": "np.exp", "LOG": "np.log", "LOG10": "np.log10", "SQRT": "np.sqrt", "ABS": "np.abs",
    "SIN": "np.sin", "COS": "np.cos", "TAN": "np.tan", "ASIN": "np.arcsin", "ACOS": "np.arccos",
    "ATAN": "np.arctan", "SINH": "np.sinh", "COSH": "np.cosh", "TANH": "np.tanh",
    "INT": "np.trunc", "MOD": "np.fmod", "GAMLN": "gammaln", "PHI": "ndtr",
}  # fmt: skip

_NUMBERS: Mapping[str, str] = {
    "EXP": "math.exp", "LOG": "math.log", "LOG10": "math.log10", "SQRT": "math.sqrt",
    "ABS": "abs", "SIN": "math.sin", "COS": "math.cos", "TAN": "math.tan", "ASIN": "math.asin",
    "ACOS": "math.acos", "ATAN": "math.atan", "SINH": "math.sinh", "COSH": "math.cosh",
    "TANH": "math.tanh", "MOD": "math.fmod", "GAMLN": "math.lgamma",
}  # fmt: skip

OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)


def variable(name: str) -> str:
    """A name as Python may have it: A_0(1) -> A_0_1."""
    return re.sub(r"[(@]", "_", name).replace(")", "")


@dataclass(frozen=True, slots=True)
class Printer:
    """How expressions are written.

    arrays  True: numpy on arrays; False: plain numbers
    item    text of THETA(1), ETA(2), A(3)
    names   text of names that are not written as they are
    """

    arrays: bool
    item: Callable[[Item], str]
    names: Mapping[str, str]

    def text(self, node: Expression, within: int = OR) -> str:
        """The expression, in brackets where its place wants them."""
        text, level = self._written(node)
        return f"({text})" if level < within else text

    def _written(self, node: Expression) -> tuple[str, int]:
        match node:
            case Number(value):
                return _float(value), SIGN if value < 0.0 else ATOM
            case Name(name):
                return self.names.get(name, variable(name)), ATOM
            case Item():
                return self.item(node), ATOM
            case Undefined():
                return ("np.nan" if self.arrays else "math.nan"), ATOM
            case Negative(of):
                return f"-{self.text(of, SIGN)}", SIGN
            case Binary(operator, left, right):
                return self._binary(operator, left, right)
            case Compare(operator, left, right):
                sides = f"{self._side(left)} {operator} {self._side(right)}"
                return sides, COMPARE
            case Logic(operator, left, right):
                return self._logic(operator, left, right)
            case Not(of):
                if self.arrays:
                    return f"~({self.text(of)})", SIGN
                return f"not {self.text(of, NOT)}", NOT
            case Where(condition, yes, no):
                if self.arrays:
                    parts = (self.text(condition), self.text(yes), self.text(no))
                    return f"np.where({', '.join(parts)})", ATOM
                return (
                    f"({self.text(yes)} if {self.text(condition)} else {self.text(no)})",
                    ATOM,
                )
            case Call(function, arguments):
                return self._call(function, [self.text(a) for a in arguments]), ATOM
        raise AssertionError(node)

    def _binary(self, operator: str, left: Expression, right: Expression) -> tuple[str, int]:
        if operator == "**":
            power = _whole(right) if isinstance(right, Number) else self.text(right, SIGN)
            return f"{self.text(left, ATOM)} ** {power}", POWER
        level = SUM if operator in "+-" else PRODUCT
        return f"{self.text(left, level)} {operator} {self.text(right, level + 1)}", level

    def _side(self, node: Expression) -> str:
        return _whole(node) if isinstance(node, Number) else self.text(node, SUM)

    def _logic(self, operator: str, left: Expression, right: Expression) -> tuple[str, int]:
        if self.arrays:
            sign = "&" if operator == "and" else "|"
            return f"({self.text(left)}) {sign} ({self.text(right)})", AND
        level = AND if operator == "and" else OR
        return f"{self.text(left, level)} {operator} {self.text(right, level)}", level

    def _call(self, function: str, texts: list[str]) -> str:
        if function in ("MIN", "MAX"):
            if not self.arrays:
                return f"{function.lower()}({', '.join(texts)})"
            found = texts[0]
            for text in texts[1:]:
                found = f"np.{function.lower()}imum({found}, {text})"
            return found
        if not self.arrays and function == "INT":
            return f"float(int({texts[0]}))"
        if not self.arrays and function == "PHI":
            return f"0.5 * math.erfc(-({texts[0]}) / math.sqrt(2.0))"
        known = _ARRAYS if self.arrays else _NUMBERS
        return f"{known[function]}({', '.join(texts)})"


def _float(value: float) -> str:
    return repr(float(value))


def _whole(node: Number) -> str:
    if node.value.is_integer() and abs(node.value) < 1e6:
        return str(int(node.value))
    return repr(node.value)
