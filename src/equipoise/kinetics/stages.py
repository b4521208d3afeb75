"""The part of a kernel that belongs to one system: its rates, unrolled in line over lanes.

The rates are read as text and their x[i], p[j] and dx[i] become local scalars, so that one loop
over lanes holds a whole stage and the compiler can do several lanes at once. Rates that index by
variables, or hand their arrays on, are called as they are: slower, the same numbers to rounding.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from equipoise.kinetics.block import GROUP, LANE_ROWS
from equipoise.kinetics.stepper import RISE, System
from equipoise.kinetics.tsitouras import ERRORS, INTERPOLANT, NODES, STAGES

PREFIX = "user_"

FEW = 3
"""States up to which samples are read off between the ends of a step; more share the weights of
its slopes."""

SMALLEST = 1e-75
"""Added to tolerances: two of them multiplied and squared must not vanish."""


def rows_of(system: System, own: dict[str, int]) -> dict[str, int]:
    """Rows of a block's buffer by name: those of every method (`block.py`), then its own."""
    c, k = len(system.states), len(system.parameter_names)
    rows = {"X": c, "NEW": c, "INPUT": c, "P": k}
    rows |= {**dict.fromkeys(LANE_ROWS, 1), "READ": c, **own}
    begins = [0, *accumulate(rows.values())]
    return {
        "STATES": c,
        "PARAMETERS": k,
        **dict(zip((*rows, "ROWS"), begins, strict=True)),
    }


@dataclass(frozen=True, slots=True)
class Kernel:
    """One system's part of a kernel.

    text   its definitions, `derive` and `attempt` among them
    rows   the first row of everything that a block holds
    shape  what the stepper is told of it (`block.SHAPE`)
    dense  the polynomials of its dense output (`block.DENSE`)
    """

    text: str
    rows: dict[str, int]
    shape: tuple[int, ...]
    dense: npt.NDArray[np.float64]


def stages(system: System, lanes: int) -> Kernel:
    """What belongs to a system when the explicit method takes its steps.

    Fails  ValueError when the text of the rates cannot be had, or names something that cannot be
           written to a file.
    """
    needed, tree = read(system)
    fixed: list[str] = []
    if tree is not None:
        fixed, tree = hoisted(tree)
    body = None if tree is None else text_of(tree)
    c = len(system.states)
    # The seven slopes of each state; the eighth stays zero, the stepper reads eight.
    rows = rows_of(system, {"K": 8 * c, "FIXED": len(fixed)})
    call = called(system)
    text = [*needed.values(), _derive(rows, lanes, body, call, fixed)]
    text.append(_attempt(rows, lanes, body, call, len(fixed)))
    text += [reading(rows, lanes, between(rows, lanes)), compared(rows, lanes)]
    shape = (c, rows["PARAMETERS"], rows["ROWS"], rows["K"], rows["K"], 1)
    return Kernel("\n\n".join(text), rows, shape, dense(*explicit()))


def dense(
    states: npt.NDArray[np.float64], areas: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Polynomials (stages, 4) of states and areas as the stepper reads them."""
    found = np.zeros((2, 4, 8))
    found[0, :, : len(states)] = states.T
    found[1, :, : len(areas)] = areas.T
    return found.reshape(-1)


def explicit() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of Tsitouras's method. An area grows by the same weights of the stages' states, and those
    are X and what STAGES makes of the slopes."""
    states = np.array(powers())
    steps = np.zeros((7, 7))
    for stage, row in enumerate(STAGES):
        steps[stage, : len(row)] = row
    return states, steps.T @ states


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


def loaded(
    rows: dict[str, int], lanes: int, body: list[str] | None, *, hourly: bool = False
) -> list[str]:
    """Lines that read what a lane's rates need, once for all stages.

    hourly  slopes are per hour, not per segment
    """
    c, k = rows["STATES"], rows["PARAMETERS"]
    used = "\n".join(body) if body is not None else "".join(f"p_{j}," for j in range(k))
    lines = ["h = 1.0" if hourly else f"h = {at(rows['H'], lanes)}"]
    lines.append(f"begin = {at(rows['T'], lanes)}")
    lines += [f"p_{j} = {at(rows['P'] + j, lanes)}" for j in range(k) if f"p_{j}" in used]
    inputs = [at(rows["INPUT"] + i, lanes) for i in range(c)]
    lines += [f"input_{i} = {'' if hourly else 'h * '}{each}" for i, each in enumerate(inputs)]
    if body is None:
        lines += [f"ps[{j}] = p_{j}" for j in range(k)]
    return lines


def slopes(
    rows: dict[str, int],
    lanes: int,
    body: list[str] | None,
    call: str,
    stage: int,
    *,
    hourly: bool = False,
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
        lines.append(f"k{stage}_{i} = dx_{i}{'' if hourly else ' * h'} + input_{i}")
        lines.append(f"{at(rows['K'] + stage * c + i, lanes)} = k{stage}_{i}")
    return lines


def function_of(
    head: str,
    rows: dict[str, int],
    lanes: int,
    body: list[str] | None,
    loop: list[str],
    before: Sequence[str] = (),
    over: str = f"lane in range(n & -{GROUP})",
    then: Sequence[str] = (),
) -> str:
    """A function of a buffer, or of its address, that does the same to whole groups of lanes.

    then  lines of a second loop
    """
    text = list(before)
    if "(buffer" in head:
        text.insert(0, f"w = carray(buffer, {rows['ROWS'] * lanes})")
    if body is None:
        text += [
            f"xs = np.empty({rows['STATES']})",
            f"ps = np.empty({rows['PARAMETERS']})",
            f"ds = np.empty({rows['STATES']})",
        ]
    # A multiple that the compiler sees needs no second loop for a rest.
    text += [f"for {over}:", *indented(loop)]
    if then:
        text += [f"for {over}:", *indented(list(then))]
    return "\n".join([f"def {head}:", *indented(text)])


def _derive(
    rows: dict[str, int], lanes: int, body: list[str] | None, call: str, fixed: list[str]
) -> str:
    """Slopes at X, where a segment begins, and what does not change within it."""
    loop = loaded(rows, lanes, fixed + (body or []) if body is not None else None)
    loop.append("t = begin + tau * h")
    for i, each in enumerate(fixed):
        loop += [f"f_{i} = {each}", f"{at(rows['FIXED'] + i, lanes)} = f_{i}"]
    loop += [f"x_{i} = {at(rows['X'] + i, lanes)}" for i in range(rows["STATES"])]
    loop += slopes(rows, lanes, body, call, 0)
    return function_of("derive_at(buffer, n, tau)", rows, lanes, body, loop)


def _attempt(
    rows: dict[str, int], lanes: int, body: list[str] | None, call: str, fixed: int
) -> str:
    c = rows["STATES"]
    before = [f"small = {SMALLEST!r}"]
    for stage in range(1, 7):
        before += [f"a{stage}_{s} = dt * {a!r}" for s, a in enumerate(STAGES[stage])]
        before.append(f"t{stage} = tau + {NODES[stage]!r} * dt")
    before += [f"e{s} = dt * {a!r}" for s, a in enumerate(ERRORS)]
    loop = [*loaded(rows, lanes, body), f"floor = {at(rows['FLOOR'], lanes)} + small"]
    loop += [f"f_{i} = {at(rows['FIXED'] + i, lanes)}" for i in range(fixed)]
    for i in range(c):
        loop.append(f"b_{i} = {at(rows['X'] + i, lanes)}")
        loop.append(f"k0_{i} = {at(rows['K'] + i, lanes)}")
    for stage in range(1, 7):
        loop.append(f"t = begin + t{stage} * h")
        for i in range(c):
            # The newest slope last: the others are there while it is being computed.
            terms = "".join(f" + a{stage}_{s} * k{s}_{i}" for s in range(stage))
            loop.append(f"x_{i} = b_{i}{terms}")
        loop += slopes(rows, lanes, body, call, stage)
    for i in range(c):
        terms = " + ".join(f"e{s} * k{s}_{i}" for s in range(7))
        loop.append(f"{at(rows['NEW'] + i, lanes)} = x_{i}")
        loop.append(f"error_{i} = {terms}")
        loop.append(f"size_{i} = floor + rtol * max(abs(b_{i}), {RISE!r} * abs(x_{i}))")
    loop += weighed(c)
    # An idle lane may stand where its rates make no sense.
    loop.append(f"{at(rows['ERROR'], lanes)} = total / {float(c)!r} if h > 0.0 else 0.0")
    return function_of("attempt_at(buffer, n, tau, dt, rtol)", rows, lanes, body, loop, before)


def weighed(c: int) -> list[str]:
    """Lines that add up error_i / size_i, squared, of c states."""
    lines = ["total = 0.0"]
    # Divisions are slow: two states share one.
    for i in range(0, c - 1, 2):
        lines.append(f"one = error_{i} * size_{i + 1}")
        lines.append(f"other = error_{i + 1} * size_{i}")
        lines.append(f"both = size_{i} * size_{i + 1}")
        lines.append("total += (one * one + other * other) / (both * both)")
    if c % 2:
        lines += [f"one = error_{c - 1} / size_{c - 1}", "total += one * one"]
    return lines


def sampled(
    rows: dict[str, int], lanes: int, first: int, weights: Sequence[Sequence[float]]
) -> str:
    """The states at each lane's next sample, from the slopes whose rows begin at `first`.

    weights  for each slope its coefficients of theta to theta^4
    """
    return reading(rows, lanes, by_slopes(rows, lanes, first, weights))


def reading(
    rows: dict[str, int], lanes: int, lines: list[str], fraction: Sequence[str] = ()
) -> str:
    """The function that writes READ, by lines that do so from theta, a fraction of the step."""
    loop = list(fraction) or [f"theta = ({at(rows['DUE'], lanes)} - tau) / dt"]
    loop += ["theta = max(0.0, min(1.0, theta))", *lines]
    return function_of("read_at(buffer, n, tau, dt, rtol)", rows, lanes, [], loop)


def by_slopes(
    rows: dict[str, int], lanes: int, first: int, weights: Sequence[Sequence[float]]
) -> list[str]:
    """Lines that read a sample off a step's slopes."""
    lines = []
    for s, row in enumerate(weights):
        text = repr(row[3])
        for each in row[2::-1]:
            text = f"theta * ({text})" if each == 0.0 else f"{each!r} + theta * ({text})"
        lines.append(f"b{s} = dt * theta * ({text})")
    c = rows["STATES"]
    for i in range(c):
        terms = [f"b{s} * {at(first + s * c + i, lanes)}" for s in range(len(weights))]
        x = at(rows["X"] + i, lanes)
        lines.append(f"{at(rows['READ'] + i, lanes)} = {x} + {' + '.join(terms)}")
    return lines


def between(rows: dict[str, int], lanes: int) -> list[str]:
    """`by_slopes` of the explicit method, from both ends of the step and their slopes.

    Its dense output meets all four of them, so of its polynomial only the highest power is its own.
    """
    c = rows["STATES"]
    if c > FEW:
        return by_slopes(rows, lanes, rows["K"], powers())
    lines = ["rest = 1.0 - theta"]
    for i in range(c):
        k = [at(rows["K"] + s * c + i, lanes) for s in range(7)]
        terms = [f"{row[3]!r} * {each}" for row, each in zip(powers(), k, strict=True)]
        lines.append(f"x = {at(rows['X'] + i, lanes)}")
        lines.append(f"change = {at(rows['NEW'] + i, lanes)} - x")
        lines.append(f"begin = dt * {k[0]} - change")
        lines.append(f"end = change - dt * {k[6]} - begin")
        lines.append(f"own = dt * ({' + '.join(terms)})")
        lines.append(
            f"{at(rows['READ'] + i, lanes)} = "
            "x + theta * (change + rest * (begin + theta * (end + rest * own)))"
        )
    return lines


def compared(rows: dict[str, int], lanes: int, step: Sequence[str] = ()) -> str:
    """How far slopes and states of the last two stages differ, squared: `stepper.held`.

    step  lines that say how long a lane's step is
    """
    c = rows["STATES"]
    loop = [*step, f"floor = {at(rows['FLOOR'], lanes)} + {SMALLEST!r}"]
    loop += ["slopes = 0.0", "apart = 0.0"]
    for i in range(c):
        k = [at(rows["K"] + s * c + i, lanes) for s in range(7)]
        stage = " + ".join(f"{a!r} * {k[s]}" for s, a in enumerate(STAGES[5]))
        loop.append(f"new = {at(rows['NEW'] + i, lanes)}")
        loop.append("part = 1.0 / (floor + rtol * abs(new))")
        loop.append(f"change = dt * ({k[6]} - {k[5]}) * part")
        loop.append(f"distance = (new - {at(rows['X'] + i, lanes)} - dt * ({stage})) * part")
        loop += ["slopes += change * change", "apart += distance * distance"]
    loop += [f"{at(rows['ERROR'], lanes)} = slopes", f"{at(rows['SPARE'], lanes)} = apart"]
    return function_of("compare_at(buffer, n, tau, dt, rtol)", rows, lanes, [], loop)


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
