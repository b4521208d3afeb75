"""Derivatives of rates, statement by statement, for the Jacobian that stiff systems need.

The tree of the rates goes in, and comes out with a derivative beside every assignment: what was
`v = e` is preceded by `d3_v = ...`, the derivative of e in direction 3. Derivatives that are zero
whatever the numbers are left out, so a sparse Jacobian costs little. Branches and loops stay where
they are. What cannot be differentiated so is refused, and differences take its place (`stiff.py`).
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from equipoise.kinetics.rates import PREFIX, definition, renamed

GUARDED = """
@compiled
def slope_of_power(base, exponent):
    # An infinite slope at zero would be of no use to a step.
    if base == 0.0 and exponent < 1.0:
        return 0.0
    return exponent * base ** (exponent - 1.0)


@compiled
def slope_of_exponent(base, exponent):
    return base**exponent * math.log(base) if base > 0.0 else 0.0


@compiled
def slope_of_root(value):
    return 0.5 / math.sqrt(value) if value > 0.0 else 0.0
"""
"""Definitions that derivatives may call."""

# Derivative of a function of one argument, {0}.
_UNARY = {
    "exp": "{f}({0})",
    "expm1": "{f}({0}) + 1.0",
    "log": "1.0 / ({0})",
    "log1p": "1.0 / (1.0 + ({0}))",
    "log2": f"{1.0 / math.log(2.0)!r} / ({{0}})",
    "log10": f"{1.0 / math.log(10.0)!r} / ({{0}})",
    "sqrt": "slope_of_root({0})",
    "sin": "math.cos({0})",
    "cos": "-math.sin({0})",
    "tan": "1.0 + {f}({0}) ** 2",
    "sinh": "math.cosh({0})",
    "cosh": "math.sinh({0})",
    "tanh": "1.0 - {f}({0}) ** 2",
    "atan": "1.0 / (1.0 + ({0}) ** 2)",
    "arctan": "1.0 / (1.0 + ({0}) ** 2)",
    "erf": f"{2.0 / math.sqrt(math.pi)!r} * math.exp(-({{0}}) ** 2)",
    "erfc": f"{-2.0 / math.sqrt(math.pi)!r} * math.exp(-({{0}}) ** 2)",
    "abs": "(1.0 if ({0}) >= 0.0 else -1.0)",
    "fabs": "(1.0 if ({0}) >= 0.0 else -1.0)",
    "square": "2.0 * ({0})",
    "float": "1.0",
}
_FLAT = {"floor", "ceil", "trunc", "rint", "round", "int", "bool", "sign", "isnan", "isfinite"}
_POWER = {"pow", "power"}
_CHOICE = {"min": "<=", "minimum": "<=", "fmin": "<=", "max": ">=", "maximum": ">=", "fmax": ">="}


class NotDifferentiableError(Exception):
    """These statements have no derivative that can be written."""


def differentiated(
    function: Callable[..., Any], body: list[ast.stmt], directions: Sequence[str]
) -> tuple[list[ast.stmt], set[tuple[str, int]], dict[str, str]]:
    """A body with its derivatives with respect to the variables named in `directions`.

    function  what the body is that of: its globals say what the names in it mean
    Returns   the statements; the (name, direction) that have a derivative, which is called
              d<direction>_<name>; and the definitions that they call, by name
    Fails     NotDifferentiableError.
    """
    work = _Work(_meanings(function), {(name, k) for k, name in enumerate(directions)})
    work.settle(body, len(directions))
    return work.block(body, range(len(directions))), work.active, work.needed


def _meanings(function: Callable[..., Any]) -> dict[str, Any]:
    known = inspect.getclosurevars(getattr(function, "py_func", function))
    return {**known.globals, **known.nonlocals}


def _name(name: str, direction: int) -> str:
    return f"d{direction}_{name}"


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(ast.fix_missing_locations(node))})"


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class _Work:
    """What is known while one body is differentiated."""

    def __init__(self, meanings: Mapping[str, Any], active: set[tuple[str, int]]) -> None:
        self._meanings = meanings
        self.active = active
        self.needed: dict[str, str] = {}

    def settle(self, body: list[ast.stmt], directions: int) -> None:
        """Find every variable that has a derivative, however a loop leads there."""
        before = -1
        while before != len(self.active):
            before = len(self.active)
            self.block(body, range(directions))

    def block(self, body: Iterable[ast.stmt], directions: range) -> list[ast.stmt]:
        """The statements, each assignment preceded by its derivatives."""
        found: list[ast.stmt] = []
        for statement in body:
            found += self._statement(statement, directions)
        return found

    def _statement(self, node: ast.stmt, directions: range) -> list[ast.stmt]:
        if isinstance(node, ast.Pass | ast.Break | ast.Continue):
            return [node]
        if isinstance(node, ast.Assign):
            lines: list[ast.stmt] = []
            for target in node.targets:
                lines += self._assigned(target, node.value, directions)
            return [*lines, node]
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            return [*self._assigned(node.target, node.value, directions), node]
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            left = ast.Name(node.target.id, ast.Load())
            value = ast.BinOp(left, node.op, node.value)
            return [*self._assigned(node.target, value, directions), node]
        if isinstance(node, ast.If):
            body = self.block(node.body, directions)
            return [ast.If(node.test, body, self.block(node.orelse, directions))]
        if isinstance(node, ast.While) and not node.orelse:
            return [ast.While(node.test, self.block(node.body, directions), [])]
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and not node.orelse:
            body = self.block(node.body, directions)
            return [ast.For(node.target, node.iter, body, [])]
        if isinstance(node, ast.Return) and node.value is not None:
            # Only the functions that rates call return; they have one direction.
            return [ast.Return(self._slope(node.value, 0) or ast.Constant(0.0))]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return []
        raise NotDifferentiableError(type(node).__name__)

    def _assigned(self, target: ast.expr, value: ast.expr, directions: range) -> list[ast.stmt]:
        if isinstance(target, ast.Name):
            pairs = [(target, value)]
        elif (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            pairs = []
            for name, part in zip(target.elts, value.elts, strict=True):
                if not isinstance(name, ast.Name):
                    raise NotDifferentiableError("assignment")
                pairs.append((name, part))
        else:
            raise NotDifferentiableError("assignment")
        lines: list[ast.stmt] = []
        for k in directions:
            slopes = [self._slope(part, k) for _, part in pairs]
            names: list[ast.expr] = []
            values: list[ast.expr] = []
            for (name, _), slope in zip(pairs, slopes, strict=True):
                if slope is not None:
                    self.active.add((name.id, k))
                if (name.id, k) in self.active:
                    names.append(ast.Name(_name(name.id, k), ast.Store()))
                    values.append(slope or ast.Constant(0.0))
            if len(names) == 1:
                lines.append(ast.Assign(names, values[0]))
            elif names:
                lines.append(
                    ast.Assign([ast.Tuple(names, ast.Store())], ast.Tuple(values, ast.Load()))
                )
        return lines

    def _slope(self, node: ast.expr, k: int) -> ast.expr | None:
        """The derivative of an expression in a direction; None is zero whatever the numbers."""
        if isinstance(node, ast.Constant | ast.Compare):
            return None
        if isinstance(node, ast.Name):
            if (node.id, k) not in self.active:
                return None
            return ast.Name(_name(node.id, k), ast.Load())
        if isinstance(node, ast.UnaryOp):
            inner = self._slope(node.operand, k)
            if inner is None or isinstance(node.op, ast.Not):
                return None
            return ast.UnaryOp(node.op, inner)
        if isinstance(node, ast.BinOp):
            return self._binary(node.left, node.op, node.right, k)
        if isinstance(node, ast.IfExp):
            body, orelse = self._slope(node.body, k), self._slope(node.orelse, k)
            if body is None and orelse is None:
                return None
            zero = ast.Constant(0.0)
            return ast.IfExp(node.test, body or zero, orelse or zero)
        if isinstance(node, ast.Call):
            return self._call(node, k)
        if isinstance(node, ast.Attribute | ast.Subscript) and not self._moves(node, k):
            return None
        raise NotDifferentiableError(ast.unparse(ast.fix_missing_locations(node)))

    def _moves(self, node: ast.expr, k: int) -> bool:
        names = (each.id for each in ast.walk(node) if isinstance(each, ast.Name))
        return any((name, k) in self.active for name in names)

    def _binary(self, left: ast.expr, op: ast.operator, right: ast.expr, k: int) -> ast.expr | None:
        a, b = self._slope(left, k), self._slope(right, k)
        if a is None and b is None:
            return None
        if isinstance(op, ast.Add | ast.Sub):
            if b is None:
                return a
            if a is None:
                return b if isinstance(op, ast.Add) else ast.UnaryOp(ast.USub(), b)
            return ast.BinOp(a, op, b)
        u, v = _text(left), _text(right)
        da, db = (None if each is None else _text(each) for each in (a, b))
        terms = []
        if isinstance(op, ast.Mult):
            terms = [f"{da} * {v}" if da else "", f"{u} * {db}" if db else ""]
        elif isinstance(op, ast.Div):
            terms = [f"{da} / {v}" if da else "", f"-{u} * {db} / ({v} * {v})" if db else ""]
        elif isinstance(op, ast.Pow):
            terms = [
                f"{self._power(left, right)} * {da}" if da else "",
                f"slope_of_exponent({u}, {v}) * {db}" if db else "",
            ]
        else:
            raise NotDifferentiableError(type(op).__name__)
        return _parsed(" + ".join(term for term in terms if term))

    def _power(self, base: ast.expr, exponent: ast.expr) -> str:
        """Derivative of a power by its base."""
        if isinstance(exponent, ast.Constant) and isinstance(exponent.value, int | float):
            if exponent.value == 2:
                return f"2.0 * {_text(base)}"
            if exponent.value >= 1:
                return f"{exponent.value!r} * {_text(base)} ** {exponent.value - 1!r}"
        return f"slope_of_power({_text(base)}, {_text(exponent)})"

    def _call(self, node: ast.Call, k: int) -> ast.expr | None:
        given = [*node.args, *(each.value for each in node.keywords)]
        slopes = [self._slope(each, k) for each in given]
        if all(slope is None for slope in slopes):
            return None
        meaning = self._meaning(node.func)
        own = getattr(meaning, "py_func", meaning)
        if isinstance(own, types.FunctionType) and own.__module__ not in ("math", "numpy"):
            return self._own(own, node, slopes)
        if node.keywords:
            raise NotDifferentiableError("keyword")
        name = getattr(meaning, "__name__", "")
        if name in _FLAT:
            return None
        if name in _UNARY and len(given) == 1 and slopes[0] is not None:
            called = ast.unparse(ast.fix_missing_locations(node.func))
            outer = _UNARY[name].format(_text(given[0]), f=called)
            return _parsed(f"({outer}) * {_text(slopes[0])}")
        if name in _POWER and len(given) == 2:
            return self._binary(given[0], ast.Pow(), given[1], k)
        if name in _CHOICE and len(given) >= 2:
            chosen, slope = given[0], slopes[0]
            for each, its in zip(given[1:], slopes[1:], strict=True):
                zero = ast.Constant(0.0)
                first = f"{_text(chosen)} {_CHOICE[name]} {_text(each)}"
                slope = ast.IfExp(_parsed(first), slope or zero, its or zero)
                chosen = ast.Call(node.func, [chosen, each], [])
            return slope
        raise NotDifferentiableError(name or "call")

    def _meaning(self, function: ast.expr) -> Any:
        if isinstance(function, ast.Attribute):
            holder = self._meaning(function.value)
            if isinstance(holder, types.ModuleType):
                return getattr(holder, function.attr, None)
        if isinstance(function, ast.Name):
            plain = function.id.removeprefix(PREFIX)
            if plain != function.id:
                return self._meanings.get(plain)
            return getattr(builtins, plain, None)
        return None

    def _own(
        self, function: Callable[..., Any], node: ast.Call, slopes: list[ast.expr | None]
    ) -> ast.expr:
        """A call of the derivative of a function of the user's."""
        tree = definition(function)
        names = [argument.arg for argument in tree.args.args]
        special = tree.args.vararg, tree.args.kwarg, *tree.args.kwonlyargs, *tree.args.posonlyargs
        if any(special) or any(isinstance(each, ast.Starred) for each in node.args):
            raise NotDifferentiableError("arguments")
        name = f"slope_of_{PREFIX}{function.__name__}"
        if self.needed.get(name) == "":
            raise NotDifferentiableError("recursion")
        if name not in self.needed:
            self._define(name, function, tree, names)
        asked = [
            *names[: len(node.args)],
            *(str(each.arg).removeprefix(PREFIX) for each in node.keywords),
        ]
        given = [*node.args, *(each.value for each in node.keywords)]
        words: list[ast.keyword] = []
        for argument, value, slope in zip(asked, given, slopes, strict=True):
            words.append(ast.keyword(PREFIX + argument, value))
            words.append(ast.keyword(_name(PREFIX + argument, 0), slope or ast.Constant(0.0)))
        return ast.Call(ast.Name(name, ast.Load()), [], words)

    def _define(
        self, name: str, function: Callable[..., Any], tree: ast.FunctionDef, names: list[str]
    ) -> None:
        self.needed[name] = ""
        tree = renamed(tree)
        work = _Work(_meanings(function), {(PREFIX + each, 0) for each in names})
        work.needed = self.needed
        body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
        work.settle(body, 1)
        if not any(isinstance(each, ast.Return) for each in ast.walk(tree)):
            raise NotDifferentiableError("no return")
        bare = len(names) - len(tree.args.defaults)
        head = []
        for number, each in enumerate(names):
            default = ""
            if number >= bare:
                default = f"={ast.unparse(tree.args.defaults[number - bare])}"
            mark = "=0.0" if number >= bare else ""
            head += [f"{PREFIX}{each}{default}", f"{_name(PREFIX + each, 0)}{mark}"]
        lines = work.block(body, range(1))
        text = ast.unparse(ast.fix_missing_locations(ast.Module(lines, [])))
        inner = "\n".join("    " + line for line in text.splitlines())
        del self.needed[name]  # what it calls comes before it
        self.needed[name] = f"@compiled\ndef {name}({', '.join(head)}):\n{inner}"
