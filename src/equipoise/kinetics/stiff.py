"""The stepper for stiff systems: Rodas5P in place of the explicit stages, everything else the same.

Events, segments, samples, areas and the choice of the step are those of `stepper.py`. Each step
takes the rates' derivatives by the states and by time where it begins, factorises W = I - gamma h J
in every lane, with rows exchanged where a pivot is small, and solves eight times with it. The areas
are one more equation of the same method, so what a model conserves stays conserved. Derivatives are
those of the rates' text (`derivatives.py`); where that has none, differences.

Unknowns are u / dt, so that they stand where the explicit method has its slopes.

Source  Steinebach 2023, BIT Numer Math 63:27, doi 10.1007/s10543-023-00967-x; Hairer & Wanner,
        Solving ODEs II, section IV.7
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Kernels have no annotations: numba types them from what they are called with.

from __future__ import annotations

import ast

import numpy as np
import numpy.typing as npt

from equipoise.kinetics import kernels
from equipoise.kinetics.derivatives import GUARDED, NotDifferentiableError, differentiated
from equipoise.kinetics.rates import called, read, text_of
from equipoise.kinetics.rodas5p import COUPLINGS, GAMMA, NODES, STAGES, TIMES, powers
from equipoise.kinetics.stages import (
    Kernel,
    at,
    dense,
    function_of,
    loaded,
    rows_of,
    sampled,
)
from equipoise.kinetics.stepper import RISE, System

PREFERENCE = 8.0
"""A pivot on the diagonal is kept unless one below is so many times larger."""

# What `layout` and `stages` write anew for each system; see `stepper.py`.
STATES = 0
LANES = 0
ROWS = 0
X = 0
Y = 0  # arguments of the last stage
NEW = 0
K = 0  # one row a state: slopes at X
U = 0  # unknowns of all eight stages, and the defect in the middle
H = 0
FLOOR = 0
ERROR = 0
J = 0  # derivatives of the slopes by the states, row by row
FT = 0  # and by time
LU = 0  # W, factorised
SWAP = 0  # whether a column's elimination exchanged two rows
ARGUMENT = 0  # what `evaluate` reads
BEGUN = 0  # fraction of the segment where K, J and FT were taken
RIGHT = 0  # what it writes, and right-hand sides
STAGE = np.zeros(72)
COUPLING = np.zeros(72)
NODE = np.zeros(9)
TIME = np.zeros(9)


def linearise(w, n, tau):
    """Write the slopes at X to K and their derivatives to J and FT; generated."""
    raise NotImplementedError


def evaluate(w, n, tau):
    """Write the slopes at ARGUMENT to RIGHT; generated."""
    raise NotImplementedError


def factorise(v, n, dt):
    """Write the factors of W to LU, with exchanges of rows lane by lane."""
    for i in range(STATES):
        for j in range(STATES):
            one = 1.0 if i == j else 0.0
            for slot in range(n):
                g = GAMMA * dt * v[H, slot]
                v[LU + i * STATES + j, slot] = one - g * v[J + i * STATES + j, slot]
    for k in range(STATES):
        pivot = LU + k * STATES
        for i in range(k + 1, STATES):
            row = LU + i * STATES
            swap = SWAP + k * STATES + i
            swaps = 0.0
            for slot in range(n):
                larger = abs(v[row + k, slot]) > PREFERENCE * abs(v[pivot + k, slot])
                v[swap, slot] = 1.0 if larger else 0.0
                swaps += v[swap, slot]
            if swaps > 0.0:
                for j in range(STATES):
                    exchange(v, n, swap, pivot + j, row + j)
        for slot in range(n):
            v[pivot + k, slot] = 1.0 / v[pivot + k, slot]
        for i in range(k + 1, STATES):
            row = LU + i * STATES
            for slot in range(n):
                v[row + k, slot] *= v[pivot + k, slot]
            for j in range(k + 1, STATES):
                for slot in range(n):
                    v[row + j, slot] -= v[row + k, slot] * v[pivot + j, slot]


def exchange(v, n, swap, one, other):
    """Exchange two rows in the lanes that say so."""
    for slot in range(n):
        up = v[one, slot]
        low = v[other, slot]
        v[one, slot] = low if v[swap, slot] > 0.0 else up
        v[other, slot] = up if v[swap, slot] > 0.0 else low


def solve(v, n):
    """Solve for RIGHT in place."""
    for k in range(STATES):
        for i in range(k + 1, STATES):
            swap = SWAP + k * STATES + i
            swaps = 0.0
            for slot in range(n):
                swaps += v[swap, slot]
            if swaps > 0.0:
                exchange(v, n, swap, RIGHT + k, RIGHT + i)
    for i in range(1, STATES):
        for j in range(i):
            for slot in range(n):
                v[RIGHT + i, slot] -= v[LU + i * STATES + j, slot] * v[RIGHT + j, slot]
    for i in range(STATES - 1, -1, -1):
        for j in range(i + 1, STATES):
            for slot in range(n):
                v[RIGHT + i, slot] -= v[LU + i * STATES + j, slot] * v[RIGHT + j, slot]
        for slot in range(n):
            v[RIGHT + i, slot] *= v[LU + i * STATES + i, slot]


def attempt(w, n, tau, dt, rtol):
    """From X, its slopes and their derivatives write the stages, NEW and ERROR.

    The ninth stage is not the method's: it is the defect of the interpolant in the middle. Where a
    state follows others at once, the error at the step's end vanishes however long the step, and
    that of the interpolant does not.
    """
    v = w[: ROWS * LANES].reshape((ROWS, LANES))
    if v[BEGUN, 0] != tau:
        # A step that is tried again, smaller, keeps its derivatives.
        linearise(w, n, tau)
        v[BEGUN, 0] = tau
    factorise(v, n, dt)
    for stage in range(9):
        known = min(stage, 8)
        for i in range(STATES):
            for slot in range(n):
                v[ARGUMENT + i, slot] = 0.0
            for s in range(known):
                for slot in range(n):
                    v[ARGUMENT + i, slot] += STAGE[8 * stage + s] * v[U + s * STATES + i, slot]
            for slot in range(n):
                argument = v[X + i, slot] + dt * v[ARGUMENT + i, slot]
                v[ARGUMENT + i, slot] = argument
                if stage == 7:
                    v[Y + i, slot] = argument
        evaluate(w, n, tau + NODE[stage] * dt)
        for i in range(STATES):
            for s in range(known):
                for slot in range(n):
                    v[RIGHT + i, slot] += COUPLING[8 * stage + s] * v[U + s * STATES + i, slot]
            for slot in range(n):
                moved = TIME[stage] * dt * v[H, slot] * v[H, slot] * v[FT + i, slot]
                v[RIGHT + i, slot] = GAMMA * (v[RIGHT + i, slot] + moved)
        solve(v, n)
        for i in range(STATES):
            for slot in range(n):
                v[U + stage * STATES + i, slot] = v[RIGHT + i, slot]
    for slot in range(n):
        v[ERROR, slot] = 0.0
    for i in range(STATES):
        for slot in range(n):
            change = dt * v[U + 7 * STATES + i, slot]
            new = v[Y + i, slot] + change
            v[NEW + i, slot] = new
            size = v[FLOOR, slot] + 1e-300 + rtol * max(abs(v[X + i, slot]), RISE * abs(new))
            between = dt * v[U + 8 * STATES + i, slot]
            v[ERROR, slot] += (change * change + between * between) / (size * size) / STATES
    for slot in range(n):
        # An idle lane may stand where its rates make no sense.
        v[ERROR, slot] = v[ERROR, slot] if v[H, slot] > 0.0 else 0.0


def layout(system: System) -> dict[str, int]:
    """First rows of what a block's buffer holds, by name."""
    c = len(system.states)
    own = {"K": c, "U": 9 * c, "Y": c, "J": c * c, "FT": c, "LU": c * c, "SWAP": c * c}
    return rows_of(system, own | {"ARGUMENT": c, "RIGHT": c, "BEGUN": 1})


def stages(system: System, lanes: int) -> Kernel:
    """What belongs to a system when the method for stiff systems takes its steps.

    Fails  ValueError as the explicit method's does.
    """
    needed, tree = read(system)
    made = _Kernel(system, lanes, tree)
    rows = layout(system)
    slopes = made.linearise()
    weights = np.array(powers())
    middle = weights @ 0.5 ** np.arange(1, 5)
    pace = weights @ (np.arange(1, 5) * 0.5 ** np.arange(4))
    tables = {
        "STAGE": [*(_padded(row) for row in STAGES), middle],
        "COUPLING": [*(_padded(row) for row in COUPLINGS), -pace],
        "NODE": [NODES, (0.5,)],
        "TIME": [TIMES, (0.0,)],
    }
    parts = [
        kernels.constants(GAMMA=GAMMA, PREFERENCE=PREFERENCE, RISE=RISE),
        *(
            f"{name} = np.array({[float(each) for row in rows for each in row]!r})"
            for name, rows in tables.items()
        ),
        *needed.values(),
        GUARDED,
        *made.definitions.values(),
        made.derive(),
        slopes,
        made.evaluate(),
        sampled(rows, lanes, rows["U"], powers()),
        kernels.source_of(exchange, factorise, solve, attempt),
        *(
            f"def {name}_at(buffer, {arguments}):\n"
            f"    {name}(carray(buffer, {rows['ROWS'] * lanes}), {arguments})"
            for name, arguments in (("derive", "n, tau"), ("attempt", "n, tau, dt, rtol"))
        ),
    ]
    shape = (rows["STATES"], rows["PARAMETERS"], rows["ROWS"], rows["K"], rows["U"], 0)
    return Kernel("\n\n".join(parts), rows, shape, dense(weights, _areas(weights)))


def _areas(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Polynomials of the area under a state from that state's unknowns.

    The area's own unknowns are s = gamma (y + dt u + C s), where the arguments y are X + dt A u, so
    s is a part that X makes, of which the weights leave theta, and dt times a matrix times u.
    """
    a = np.zeros((8, 8))
    c = np.zeros((8, 8))
    for stage, (argument, coupling) in enumerate(zip(STAGES, COUPLINGS, strict=True)):
        a[stage, : len(argument)] = argument
        c[stage, : len(coupling)] = coupling
    made = np.linalg.solve(np.eye(8) - GAMMA * c, GAMMA * (a + np.eye(8)))
    return made.T @ weights


def _padded(row: tuple[float, ...]) -> tuple[float, ...]:
    return (*row, *[0.0] * (8 - len(row)))


class _Kernel:
    """One system's text; `linearise` finds which definitions its derivatives need."""

    def __init__(self, system: System, lanes: int, tree: list[ast.stmt] | None) -> None:
        self._system = system
        self._lanes = lanes
        self._tree = tree
        self._body = None if tree is None else text_of(tree)
        self._call = called(system)
        self._rows = layout(system)
        self._c = len(system.states)
        self.definitions: dict[str, str] = {}

    def _at(self, name: str, offset: int = 0) -> str:
        return at(self._rows[name] + offset, self._lanes)

    def _function(self, name: str, loop: list[str]) -> str:
        head = f"{name}(w, n, tau)"
        return "@compiled\n" + function_of(head, self._rows, self._lanes, self._body, loop)

    def derive(self) -> str:
        """Slopes at X, where a segment begins."""
        loop = ["t = begin + tau * h", *(f"x_{i} = {self._at('X', i)}" for i in range(self._c))]
        loop = [*loaded(self._rows, self._lanes, self._body), *loop, *self._rates()]
        for i in range(self._c):
            loop.append(f"{self._at('K', i)} = h * dx_{i} + input_{i}")
        loop.append(f"{self._at('BEGUN')} = -1.0")
        return self._function("derive", loop)

    def linearise(self) -> str:
        """Slopes, and their derivatives by states and time, at X."""
        c = self._c
        loop = [*loaded(self._rows, self._lanes, self._body), "t = begin + tau * h"]
        loop += [f"x_{i} = {self._at('X', i)}" for i in range(c)]
        found = self._exact()
        loop += self._differences() if found is None else found
        for i in range(c):
            loop.append(f"{self._at('K', i)} = h * dx_{i} + input_{i}")
        return self._function("linearise", loop)

    def _exact(self) -> list[str] | None:
        """Lines with the derivatives of the rates' text, or None where it has none."""
        if self._tree is None:
            return None
        c = self._c
        names = [*(f"x_{i}" for i in range(c)), "t"]
        try:
            tree, active, self.definitions = differentiated(self._system.rates, self._tree, names)
        except (NotDifferentiableError, ValueError):
            return None
        lines = [f"d{k}_{name} = 1.0" for k, name in enumerate(names)]
        for i in range(c):
            lines.append(f"dx_{i} = 0.0")
            lines += [f"d{k}_dx_{i} = 0.0" for k in range(c + 1) if (f"dx_{i}", k) in active]
        lines += text_of(tree)
        for i in range(c):
            for k in range(c):
                if (f"dx_{i}", k) in active:
                    lines.append(f"{self._at('J', i * c + k)} = d{k}_dx_{i}")
            if (f"dx_{i}", c) in active:
                lines.append(f"{self._at('FT', i)} = d{c}_dx_{i}")
        return lines

    def _differences(self) -> list[str]:
        """Lines with differences in place of derivatives."""
        c = self._c
        lines = [f"small = 1e-5 * {self._at('SCALE')}"]
        for k, name in enumerate([*(f"x_{i}" for i in range(c)), "t"]):
            size = f"max(abs({name}), {'small' if k < c else '1e-3'})"
            # Through a sum, so that the step is one that the machine can take.
            lines += [f"kept = {name}", f"{name} = kept + 1.5e-8 * {size}", f"step = {name} - kept"]
            lines += self._rates()
            lines += [f"f{k}_{i} = dx_{i}" for i in range(c)]
            lines += [f"s_{k} = step", f"{name} = kept"]
        lines += self._rates()
        for i in range(c):
            for k in range(c):
                lines.append(f"{self._at('J', i * c + k)} = (f{k}_{i} - dx_{i}) / s_{k}")
            lines.append(f"{self._at('FT', i)} = (f{c}_{i} - dx_{i}) / s_{c}")
        return lines

    def _rates(self) -> list[str]:
        """Lines that turn x_0, x_1 ... and t into dx_0, dx_1 ..."""
        c = self._c
        if self._body is not None:
            return [f"dx_{i} = 0.0" for i in range(c)] + self._body
        lines = [f"xs[{i}] = x_{i}" for i in range(c)]
        lines += ["ds[:] = 0.0", f"{self._call}(t, xs, ps, ds)"]
        return lines + [f"dx_{i} = ds[{i}]" for i in range(c)]

    def evaluate(self) -> str:
        """Slopes at the argument of a stage."""
        loop = [*loaded(self._rows, self._lanes, self._body), "t = begin + tau * h"]
        loop += [f"x_{i} = {self._at('ARGUMENT', i)}" for i in range(self._c)]
        loop += self._rates()
        for i in range(self._c):
            loop.append(f"{self._at('RIGHT', i)} = h * dx_{i} + input_{i}")
        return self._function("evaluate", loop)
