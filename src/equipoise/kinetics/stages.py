"""The part of a kernel that belongs to one system: its rates, unrolled in line over lanes.

The rates are read as text and their x[i], p[j] and dx[i] become local scalars, so that one loop
over lanes holds a whole stage and the compiler can do several lanes at once. Rates that index by
variables, or hand their arrays on, are called as they are: slower, the same numbers to rounding.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
import types
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from equipoise.kinetics.stepper import ERRORS, INTERPOLANT, NODES, STAGES, System

PREFIX = "user_"


def layout(system: System) -> dict[str, int]:
    """Rows of a block's buffer, by the names that `stepper.py` uses."""
    c, k = len(system.states), len(system.parameter_names)
    rows = {"X": c, "Y": 5 * c, "NEW": c, "K": 7 * c, "Q": 4 * c, "INPUT": c, "P": k}
    rows |= dict.fromkeys(("H", "T", "END", "STOP", "DUE", "FLOOR", "SCALE", "ERROR"), 1)
    begins = [0, *accumulate(rows.values())]
    return {
        "STATES": c,
        "PARAMETERS": k,
        **dict(zip((*rows, "ROWS"), begins, strict=True)),
    }


def stages(system: System, lanes: int) -> str:
    """Text of everything the rates need, and of what `stepper.py` leaves to be generated.

    Fails  ValueError when the text of the rates cannot be had, or names something that cannot be
           written to a file.
    """
    needed, tree = read(system)
    body = None if tree is None else text_of(tree)
    rows = layout(system)
    call = called(system)
    lines = [*needed.values(), _derive(rows, lanes, body, call)]
    lines.append(_attempt(rows, lanes, body, call))
    lines += _interpolants(rows, lanes)
    return "\n\n".join(lines)


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


def called(system: System) -> str:
    """The name by which rates are called where they are not in line."""
    return f"{PREFIX}{system.rates.__name__}"


def text_of(tree: list[ast.stmt]) -> list[str]:
    """Lines of statements."""
    lines: list[str] = []
    for statement in tree:
        lines += ast.unparse(ast.fix_missing_locations(statement)).splitlines()
    return lines


def at(row: int, lanes: int) -> str:
    """A lane's number in a row of the buffer."""
    return f"w[{row * lanes} + lane]" if row else "w[lane]"


def loaded(rows: dict[str, int], lanes: int, body: list[str] | None) -> list[str]:
    """Lines that read what a lane's rates need, once for all stages."""
    c, k = rows["STATES"], rows["PARAMETERS"]
    used = "\n".join(body) if body is not None else "".join(f"p_{j}," for j in range(k))
    lines = [f"h = {at(rows['H'], lanes)}", f"begin = {at(rows['T'], lanes)}"]
    lines += [f"p_{j} = {at(rows['P'] + j, lanes)}" for j in range(k) if f"p_{j}" in used]
    lines += [f"input_{i} = {at(rows['INPUT'] + i, lanes)}" for i in range(c)]
    if body is None:
        lines += [f"ps[{j}] = p_{j}" for j in range(k)]
    return lines


def _slopes(
    rows: dict[str, int], lanes: int, body: list[str] | None, call: str, stage: int
) -> list[str]:
    """Lines that turn x_0, x_1 ... of a stage into its slopes k<stage>_0, k<stage>_1 ..."""
    c = rows["STATES"]
    if body is None:
        lines = [f"xs[{i}] = x_{i}" for i in range(c)]
        lines += ["ds[:] = 0.0", f"{call}(t, xs, ps, ds)"]
        lines += [f"dx_{i} = ds[{i}]" for i in range(c)]
    else:
        lines = [f"dx_{i} = 0.0" for i in range(c)] + body
    for i in range(c):
        lines.append(f"k{stage}_{i} = h * (dx_{i} + input_{i})")
        lines.append(f"{at(rows['K'] + stage * c + i, lanes)} = k{stage}_{i}")
    return lines


def function_of(head: str, rows: dict[str, int], body: list[str] | None, loop: list[str]) -> str:
    """A compiled function that does the same for every lane."""
    text: list[str] = []
    if body is None:
        text = [
            f"xs = np.empty({rows['STATES']})",
            f"ps = np.empty({rows['PARAMETERS']})",
            f"ds = np.empty({rows['STATES']})",
        ]
    text += ["for lane in range(n):", *indented(loop)]
    return "\n".join(["@compiled", f"def {head}:", *indented(text)])


def _derive(rows: dict[str, int], lanes: int, body: list[str] | None, call: str) -> str:
    loop = [*loaded(rows, lanes, body), "t = begin + tau * h"]
    loop += [f"x_{i} = {at(rows['X'] + i, lanes)}" for i in range(rows["STATES"])]
    loop += _slopes(rows, lanes, body, call, 0)
    return function_of("derive(w, n, tau)", rows, body, loop)


def _attempt(rows: dict[str, int], lanes: int, body: list[str] | None, call: str) -> str:
    c = rows["STATES"]
    loop = [*loaded(rows, lanes, body), f"floor = {at(rows['FLOOR'], lanes)} + 1e-300"]
    for i in range(c):
        loop.append(f"b_{i} = {at(rows['X'] + i, lanes)}")
        loop.append(f"k0_{i} = {at(rows['K'] + i, lanes)}")
    for stage in range(1, 7):
        loop.append(f"t = begin + (tau + {NODES[stage]!r} * dt) * h")
        to = rows["NEW"] if stage == 6 else rows["Y"] + (stage - 1) * c
        for i in range(c):
            terms = " + ".join(f"{a!r} * k{s}_{i}" for s, a in enumerate(STAGES[stage]))
            loop.append(f"x_{i} = b_{i} + dt * ({terms})")
            loop.append(f"{at(to + i, lanes)} = x_{i}")
        loop += _slopes(rows, lanes, body, call, stage)
    loop.append("total = 0.0")
    for i in range(c):
        terms = " + ".join(f"{a!r} * k{s}_{i}" for s, a in enumerate(ERRORS))
        loop.append(f"error = dt * ({terms}) / (floor + rtol * max(abs(b_{i}), abs(x_{i})))")
        loop.append("total += error * error")
    # An idle lane may stand where its rates make no sense.
    loop.append(f"{at(rows['ERROR'], lanes)} = total / {float(c)!r} if h > 0.0 else 0.0")
    return function_of("attempt(w, n, tau, dt, rtol)", rows, body, loop)


def powers() -> list[list[float]]:
    """Coefficients of theta, theta^2, theta^3 and theta^4 in the weight of each of seven slopes."""
    found = []
    for factor, power, polynomials in INTERPOLANT:
        product = np.array([factor])
        for each in polynomials:
            product = np.polymul(product, each)
        ascending = [0.0] * power + [float(each) for each in product[::-1]]
        found.append(ascending[1:5])
    return found


def _interpolants(rows: dict[str, int], lanes: int) -> list[str]:
    weights = powers()
    c = rows["STATES"]
    every: list[str] = []
    for i in range(c):
        every += [f"s{s} = {at(rows['K'] + s * c + i, lanes)}" for s in range(7)]
        every += [f"{at(rows['Q'] + k * c + i, lanes)} = {weighted(weights, k)}" for k in range(4)]
    one = [f"s{s} = w[source + {s * c * lanes} + lane]" for s in range(7)]
    one += [f"w[target + {k * lanes} + lane] = {weighted(weights, k)}" for k in range(4)]
    loop = "    for lane in range(n):"
    return [
        "\n".join(["@compiled", "def interpolant(w, n):", loop, *indented(indented(every))]),
        "\n".join(
            [
                "@compiled",
                "def interpolant_of(w, n, source, target, dt):",
                loop,
                *indented(indented(one)),
            ]
        ),
    ]


def weighted(weights: list[list[float]], power: int) -> str:
    """The coefficient of one power of theta from slopes s0, s1 ... of all stages."""
    terms = [f"{row[power]!r} * s{s}" for s, row in enumerate(weights) if row[power] != 0.0]
    return " + ".join(terms)


def indented(lines: list[str]) -> list[str]:
    """Lines one level deeper."""
    return ["    " + line for line in "\n".join(lines).splitlines()]


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
