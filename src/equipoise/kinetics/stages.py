"""The part of a kernel that belongs to one system: its rates, unrolled in line over lanes.

The rates are read as text and their x[i], p[j] and dx[i] become local scalars, so that one loop
over lanes holds a whole stage and the compiler can do several lanes at once. Rates that index by
variables, or hand their arrays on, are called as they are: slower, the same numbers to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from equipoise.kinetics.block import GROUP, LANE_ROWS
from equipoise.kinetics.rates import called, in_line
from equipoise.kinetics.stepper import RISE, System
from equipoise.kinetics.tsitouras import ERRORS, INTERPOLANT, NODES, STAGES

FEW = 3
"""States up to which samples are read off between the ends of a step; more share the weights of
its slopes."""

SMALLEST = 1e-75
"""Added to tolerances: two of them multiplied must not vanish."""


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
    needed, fixed, body = in_line(system)
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
        lines.append(f"both = 1.0 / (size_{i} * size_{i + 1})")
        lines.append(f"one = error_{i} * size_{i + 1} * both")
        lines.append(f"other = error_{i + 1} * size_{i} * both")
        lines.append("total += one * one + other * other")
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


def compared(
    rows: dict[str, int], lanes: int, step: Sequence[str] = (), then: Sequence[str] = ()
) -> str:
    """How far slopes and states of the last two stages differ, squared: `stepper.held`.

    step  lines that say how long a lane's step is
    then  lines that make something of `slopes` and `apart`; else they are written down
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
    loop += then or [f"{at(rows['ERROR'], lanes)} = slopes", f"{at(rows['SPARE'], lanes)} = apart"]
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
