"""The text of a system's rates, read, checked and rewritten for a kernel.

Their x[i], p[j] and dx[i] become local scalars, so that one loop over lanes can hold a whole stage;
what they call and name goes along, under names that cannot collide with a kernel's own.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from equipoise.kinetics.stepper import System

PREFIX = "user_"


def read(system: System) -> tuple[dict[str, str], list[ast.stmt] | None]:
    """The definitions that a system's rates need, by name, and their body in scalars.

    The body is None where it cannot be written so; then the rates are among the definitions.
    Fails  ValueError as `stages` does.
    """
    function = definition(system.rates)
    if len(function.args.args) != 4:
        raise ValueError("rates must take four arguments: t, x, p, dx")
    needed: dict[str, str] = {}
    tree = _inlined(system, function)
    if tree is None:
        _require(system.rates, needed)
    else:
        _collect(system.rates, needed)
    return needed, tree


def in_line(system: System) -> tuple[dict[str, str], list[str], list[str] | None]:
    """The definitions that a system's rates need; what is the same through a segment, f_0, f_1 ...;
    and the lines of the rates with these names, None where they cannot be in line.

    Fails  ValueError as `read` does.
    """
    needed, tree = read(system)
    if tree is None:
        return needed, [], None
    fixed, tree = hoisted(tree)
    return needed, fixed, text_of(tree)


def called(system: System) -> str:
    """The name by which rates are called where they are not in line."""
    return f"{PREFIX}{system.rates.__name__}"


def text_of(tree: list[ast.stmt]) -> list[str]:
    """Lines of statements."""
    lines: list[str] = []
    for statement in tree:
        lines += ast.unparse(ast.fix_missing_locations(statement)).splitlines()
    return lines


def definition(function: Callable[..., Any]) -> ast.FunctionDef:
    """A plain function as a tree, without decorators and annotations.

    Fails  ValueError when its text cannot be had.
    """
    function = getattr(function, "py_func", function)
    try:
        text = textwrap.dedent(inspect.getsource(function))
        found = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError, IndexError) as error:
        raise ValueError(
            f"rates need their text to be compiled, and that of {function!r} cannot be had: "
            "define them in a file with def"
        ) from error
    if not isinstance(found, ast.FunctionDef):
        raise ValueError("rates must be a function defined with def")
    for node in ast.walk(found):
        if isinstance(node, ast.Raise | ast.Assert):
            raise ValueError(
                f"rates cannot raise or assert (line {node.lineno} of {found.name}): return "
                "numbers that are not finite and the lane is given up with a reason"
            )
    found.decorator_list = []
    found.returns = None
    for argument in found.args.args:
        argument.annotation = None
    return found


class _Inline(ast.NodeTransformer):
    """x[2] -> x_2; local and global names -> names that cannot collide with the stepper's."""

    def __init__(self, system: System, function: ast.FunctionDef) -> None:
        t, x, p, dx = (argument.arg for argument in function.args.args)
        self._t = t
        self._own = _assigned(function)
        self._arrays = {
            x: ("x", len(system.states)),
            p: ("p", len(system.parameter_names)),
            dx: ("dx", len(system.states)),
        }
        self.possible = True

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in self._arrays:
            name, size = self._arrays[node.value.id]
            try:
                index = ast.literal_eval(node.slice)
            except ValueError:
                index = None
            if not isinstance(index, int) or not -size <= index < size:
                self.possible = False
                return node
            if isinstance(node.ctx, ast.Store) and name != "dx":
                self.possible = False
            return ast.copy_location(ast.Name(f"{name}_{index % size}", node.ctx), node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self.generic_visit(_with_words(node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self._arrays:
            self.possible = False
            return node
        if node.id == self._t:
            if not isinstance(node.ctx, ast.Load):
                self.possible = False
            return ast.copy_location(ast.Name("t", node.ctx), node)
        return _renamed(node, self._own)

    def _refuse(self, node: ast.AST) -> ast.AST:
        self.possible = False
        return node

    visit_Return = _refuse
    visit_FunctionDef = _refuse
    visit_Lambda = _refuse
    visit_comprehension = _refuse


def _assigned(function: ast.FunctionDef) -> set[str]:
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    stored = {name.id for name in names if not isinstance(name.ctx, ast.Load)}
    return stored | {argument.arg for argument in function.args.args}


def _renamed(node: ast.Name, own: set[str]) -> ast.Name:
    if hasattr(builtins, node.id) and node.id not in own:
        return node
    return ast.copy_location(ast.Name(PREFIX + node.id, node.ctx), node)


def _with_words(node: ast.Call) -> ast.Call:
    """A call whose arguments given by name are named as `_Rename` names them."""
    if isinstance(node.func, ast.Name) and not hasattr(builtins, node.func.id):
        for each in node.keywords:
            each.arg = None if each.arg is None else PREFIX + each.arg
    return node


def _inlined(system: System, function: ast.FunctionDef) -> list[ast.stmt] | None:
    """Body of the rates in scalars, or None where it cannot be written so."""
    body = list(function.body)
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if body and isinstance(body[-1], ast.Return) and body[-1].value is None:
        body = body[:-1]
    inline = _Inline(system, function)
    tree = [inline.visit(statement) for statement in body]
    return tree if inline.possible else None


def hoisted(tree: list[ast.stmt]) -> tuple[list[str], list[ast.stmt]]:
    """What in a body is the same through a segment and slow to compute, and the body without it.

    Returns the expressions, called f_0, f_1 ... in the body: quotients, powers and functions of
    parameters and numbers alone. A division by one becomes a product with its reciprocal.
    """
    hoist = _Hoist(tree)
    without: list[ast.stmt] = [hoist.visit(each) for each in tree]
    return hoist.found, without


class _Hoist(ast.NodeTransformer):
    def __init__(self, tree: list[ast.stmt]) -> None:
        self.found: list[str] = []
        names = [node for each in tree for node in ast.walk(each) if isinstance(node, ast.Name)]
        self._stored = {name.id for name in names if not isinstance(name.ctx, ast.Load)}

    def _same(self, node: ast.AST) -> bool:
        """Whether an expression has one value through a segment."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, int | float)
        if isinstance(node, ast.Name):
            return node.id not in self._stored and re.fullmatch(r"p_\d+", node.id) is not None
        if isinstance(node, ast.BinOp):
            return self._same(node.left) and self._same(node.right)
        if isinstance(node, ast.UnaryOp):
            return self._same(node.operand)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module = node.func.value
            known = isinstance(module, ast.Name) and module.id == f"{PREFIX}math"
            return known and not node.keywords and all(self._same(each) for each in node.args)
        return False

    def _slow(self, node: ast.AST) -> bool:
        return any(
            isinstance(each, ast.Call | ast.Div | ast.Pow | ast.FloorDiv | ast.Mod)
            for each in ast.walk(node)
        ) and any(isinstance(each, ast.Name) for each in ast.walk(node))

    def _named(self, node: ast.expr) -> ast.expr:
        text = ast.unparse(ast.fix_missing_locations(node))
        if text not in self.found:
            self.found.append(text)
        return ast.Name(f"f_{self.found.index(text)}", ast.Load())

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and self._same(node) and self._slow(node):
            return self._named(node)
        return super().visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        divides = isinstance(node.op, ast.Div) and self._same(node.right)
        if divides and any(isinstance(each, ast.Name) for each in ast.walk(node.right)):
            reciprocal = self._named(ast.BinOp(ast.Constant(1.0), ast.Div(), node.right))
            left: ast.expr = self.visit(node.left)
            return ast.BinOp(left, ast.Mult(), reciprocal)
        return self.generic_visit(node)


class _Rename(ast.NodeTransformer):
    """Names of a function that rates call -> names that cannot collide with the stepper's."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self._own = _assigned(function)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self.generic_visit(_with_words(node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return _renamed(node, self._own)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(PREFIX + node.arg, None)


def renamed(tree: ast.FunctionDef) -> ast.FunctionDef:
    """A function that rates call, with names that cannot collide with the stepper's."""
    changed: ast.FunctionDef = _Rename(tree).visit(tree)
    return changed


def _require(function: Callable[..., Any], needed: dict[str, str]) -> None:
    """Add a whole function, renamed, and what it needs."""
    function = getattr(function, "py_func", function)
    tree = definition(function)
    name = PREFIX + tree.name
    _collect(function, needed)
    tree = renamed(tree)
    tree.name = name
    _add(needed, name, "@compiled\n" + ast.unparse(ast.fix_missing_locations(tree)))


def _collect(function: Callable[..., Any], needed: dict[str, str]) -> None:
    """Add the globals and closed-over names that a function reads."""
    function = getattr(function, "py_func", function)
    known = inspect.getclosurevars(function)
    for name, value in sorted({**known.globals, **known.nonlocals}.items()):
        _name(name, value, needed)


def _name(name: str, value: Any, needed: dict[str, str]) -> None:
    mine = PREFIX + name
    if isinstance(value, types.ModuleType):
        _add(needed, mine, f"import {value.__name__} as {mine}")
    elif isinstance(value, bool | int | float | np.number):
        plain = value.item() if isinstance(value, np.number) else value
        text = repr(plain) if plain == plain and abs(plain) != float("inf") else f"float('{plain}')"
        _add(needed, mine, f"{mine} = {text}")
    elif isinstance(value, tuple) and all(isinstance(each, int | float) for each in value):
        _add(needed, mine, f"{mine} = {value!r}")
    elif isinstance(getattr(value, "py_func", value), types.FunctionType):
        if getattr(value, "py_func", value).__name__ != name:
            raise ValueError(f"rates call {name} under another name than it was defined with")
        if mine not in needed:
            _require(value, needed)
    elif getattr(value, "__module__", None) in ("math", "numpy") or type(value).__name__ == "ufunc":
        module = getattr(value, "__module__", None) or "numpy"
        _add(needed, mine, f"from {module} import {value.__name__} as {mine}")
    else:
        raise ValueError(
            f"rates name {name}, a {type(value).__name__}: only modules, numbers and plain "
            "functions can be compiled with them"
        )


def _add(needed: dict[str, str], name: str, text: str) -> None:
    if needed.setdefault(name, text) != text:
        raise ValueError(f"rates and their functions mean different things by {name[5:]}")
