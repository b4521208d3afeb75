"""What the hunt is made of: systems, random data sets, and how far engine and referee lie apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

import numpy as np
from hypothesis import strategies as st

from equipoise import kinetics
from equipoise.dataset import parse_dataset
from equipoise.kinetics import Linear, System
from equipoise.model import Covariate, Model, Observation, Residual, simulate
from equipoise.readout import Layout
from slow_referee import Line, Motion, follow, observations, what_enters
from small_models import _model

ANALYTES = ("sirolimus", "everolimus", "tacrolimus", "ciclosporin")
COLUMNS = (
    "ID", "TIME", "EVID", "MDV", "CMT", "AMT", "RATE", "II", "ADDL", "SS", "DV",
    "SIZE", "LASTING", "SPEED", "F1", "F2", "F3", "F4", "L1", "L2", "L3", "L4",
)  # fmt: skip
KA, CL, V1, Q2, V2, Q3, V3 = 0.9, 4.0, 20.0, 3.0, 35.0, 1.1, 50.0
VM, KM, KIN, KOUT, POTENCY = 80.0, 30.0, 12.0, 0.15, 0.02


@dataclass(frozen=True)
class Prey:
    """One system as the engine has it, closed or stepped, and as the referee has it."""

    name: str
    models: tuple[Model, ...]
    motion: Motion
    start: tuple[float, ...]

    @property
    def states(self) -> int:
        """Number of states."""
        return self.motion.states


@dataclass(frozen=True)
class Case:
    """A data set: some subjects' rows for one system."""

    prey: Prey
    subjects: tuple[tuple[Line, ...], ...]


# --- the engine's side -------------------------------------------------------------------------


def _linear_rates(n: int, depot: bool) -> Callable[..., None]:
    # Written out by hand for each: numba compiles what it can read.
    def one(t, x, p, dx):  # type: ignore[no-untyped-def]
        dx[0] = -p[0] / p[1] * x[0]

    def one_depot(t, x, p, dx):  # type: ignore[no-untyped-def]
        dx[0] = -p[0] * x[0]
        dx[1] = p[0] * x[0] - p[1] / p[2] * x[1]

    def two(t, x, p, dx):  # type: ignore[no-untyped-def]
        dx[0] = -(p[0] + p[2]) / p[1] * x[0] + p[2] / p[3] * x[1]
        dx[1] = p[2] / p[1] * x[0] - p[2] / p[3] * x[1]

    def two_depot(t, x, p, dx):  # type: ignore[no-untyped-def]
        dx[0] = -p[0] * x[0]
        dx[1] = p[0] * x[0] - (p[1] + p[3]) / p[2] * x[1] + p[3] / p[4] * x[2]
        dx[2] = p[3] / p[2] * x[1] - p[3] / p[4] * x[2]

    def three(t, x, p, dx):  # type: ignore[no-untyped-def]
        dx[0] = -(p[0] + p[2] + p[4]) / p[1] * x[0] + p[2] / p[3] * x[1] + p[4] / p[5] * x[2]
        dx[1] = p[2] / p[1] * x[0] - p[2] / p[3] * x[1]
        dx[2] = p[4] / p[1] * x[0] - p[4] / p[5] * x[2]

    def three_depot(t, x, p, dx):  # type: ignore[no-untyped-def]
        out = (p[1] + p[3] + p[5]) / p[2]
        dx[0] = -p[0] * x[0]
        dx[1] = p[0] * x[0] - out * x[1] + p[3] / p[4] * x[2] + p[5] / p[6] * x[3]
        dx[2] = p[3] / p[2] * x[1] - p[3] / p[4] * x[2]
        dx[3] = p[5] / p[2] * x[1] - p[5] / p[6] * x[3]

    return ((one, two, three), (one_depot, two_depot, three_depot))[depot][n - 1]


def _saturable(t, x, p, dx):  # type: ignore[no-untyped-def]
    exchange = p[4] * (x[1] / p[3] - x[2] / p[5])
    dx[0] = -p[0] * x[0]
    dx[1] = p[0] * x[0] - p[1] * x[1] / (p[2] + x[1]) - exchange
    dx[2] = exchange


def _turnover(t, x, p, dx):  # type: ignore[no-untyped-def]
    dx[0] = -p[0] / p[1] * x[0]
    dx[1] = p[2] - p[3] * (1.0 + p[4] * x[0]) * x[1]


def _made(
    structure: Linear | System,
    states: Sequence[str],
    values: dict[str, float],
    sized: str,
    volume: str,
    start: Sequence[float] = (),
) -> Model:
    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
        table = {name: np.asarray(value) for name, value in values.items()}
        table[sized] = values[sized] * covariate["size"] * np.exp(eta["CL"])
        for i, state in enumerate(states, start=1):
            table[f"F_{state}"] = covariate[f"f{i}"]
            table[f"LAG_{state}"] = covariate[f"l{i}"]
            table[f"RATE_{state}"] = covariate["speed"]
            table[f"DURATION_{state}"] = covariate["lasting"]
        for state, amount in zip(states, start, strict=False):
            table[f"START_{state}"] = np.asarray(amount)
        return table

    names = [c.lower() for c in COLUMNS[COLUMNS.index("SIZE") :]]
    return _model(
        etas=("CL",), omega=((0.09,),), parameters=parameters, structure=structure,
        routes={"oral": 0}, layout=Layout(columns=COLUMNS),
        covariates={name: Covariate("1", 1.0) for name in names},
        observations=tuple(
            Observation(analyte, "ng/mL", state, volume, values[volume], Residual(additive=1.0))
            for analyte, state in zip(ANALYTES, states, strict=False)
        ),
    )  # fmt: skip


def _linear_prey(n: int, depot: bool) -> Prey:
    structure = Linear(n, depot=depot)
    values = dict(
        zip(("KA", "CL", "V1", "Q2", "V2", "Q3", "V3"), (KA, CL, V1, Q2, V2, Q3, V3), strict=True)
    )
    values = {name: values[name] for name in structure.parameter_names}
    states = [*(["depot"] if depot else []), *("central", "peripheral", "deep peripheral")[:n]]
    stepped = System(tuple(states), structure.parameter_names, _linear_rates(n, depot))
    micro = ((0.0, 0.0), (Q2 / V1, Q2 / V2), (Q3 / V1, Q3 / V3))

    def matrix(size: float) -> np.ndarray:
        body = np.zeros((n, n))
        body[0, 0] = -CL * size / V1
        for i in range(1, n):
            out, back = micro[i]
            body[0, 0] -= out
            body[i, 0] += out
            body[0, i] += back
            body[i, i] -= back
        if not depot:
            return body
        whole = np.zeros((n + 1, n + 1))
        whole[1:, 1:] = body
        whole[0, 0], whole[1, 0] = -KA, KA
        return whole

    models = tuple(_made(s, states, values, "CL", "V1") for s in (structure, stepped))
    name = f"{n} compartments{' and depot' if depot else ''}"
    return Prey(name, models, Motion(len(states), matrix=matrix), (0.0,) * len(states))


def _saturable_prey() -> Prey:
    states = ("depot", "central", "peripheral")
    names = ("KA", "VM", "KM", "V1", "Q2", "V2")
    values = dict(zip(names, (KA, VM, KM, V1, Q2, V2), strict=True))

    def slopes(x: np.ndarray, size: float) -> np.ndarray:
        absorbed = KA * x[0]
        cleared = VM * size * x[1] / (KM + x[1])
        there, back = Q2 / V1 * x[1], Q2 / V2 * x[2]
        return np.array([-absorbed, absorbed - cleared - there + back, there - back])

    model = _made(System(states, names, _saturable), states, values, "VM", "V1")
    return Prey("saturable", (model,), Motion(3, slopes), (0.0, 0.0, 0.0))


def _turnover_prey() -> Prey:
    states = ("drug", "response")
    names = ("CL", "V1", "KIN", "KOUT", "POTENCY")
    values = dict(zip(names, (CL, V1, KIN, KOUT, POTENCY), strict=True))
    start = (7.0, 50.0)

    def slopes(x: np.ndarray, size: float) -> np.ndarray:
        lost = KOUT * (1.0 + POTENCY * x[0]) * x[1]
        return np.array([-CL * size / V1 * x[0], KIN - lost])

    model = _made(System(states, names, _turnover), states, values, "CL", "V1", start)
    return Prey("turnover from amounts of its own", (model,), Motion(2, slopes), start)


PREY = (
    *(_linear_prey(n, depot) for n in (1, 2, 3) for depot in (False, True)),
    _saturable_prey(),
    _turnover_prey(),
)


# --- random data sets --------------------------------------------------------------------------

GAPS = (0.0, 0.0, 0.0, 0.25, 1.0, 2.5, 4.0, 6.0, 6.0, 12.0, 24.0)
LAGS = (0.0, 0.0, 0.0, 0.5, 2.0, 4.0, 6.0, 13.0, 24.0)
SHARES = (1.0, 1.0, 0.3, 1.4, 0.0)


@st.composite
def lines_of(draw: st.DrawFn, prey: Prey) -> tuple[Line, ...]:
    """The rows of one subject."""
    some = st.sampled_from
    time = draw(some((0.0, 0.0, 0.0, -30.0, -7.5, 3.0)))
    speed = draw(some((4.0, 11.0, 60.0)))
    kinds = (0, 0, 0, 0, 1, 1, 1, 1, 2) if any(prey.start) else (0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 4)
    lines: list[Line] = []
    size, lasting = 1.0, 2.0
    shares, lags = (1.0,) * prey.states, (0.0,) * prey.states
    for number in range(draw(st.integers(4, 10))):
        gap = draw(some(GAPS)) if number else 0.0
        time += gap
        if not number or draw(st.integers(0, 3)) == 0:
            # Records of one time share what acts between records; their doses need not agree.
            size = draw(some((0.6, 1.0, 1.8))) if gap or not number else size
            lasting = draw(some((0.5, 2.0, 9.0, 15.0)))
            shares = tuple(draw(some(SHARES)) for _ in range(prey.states))
            lags = tuple(draw(some(LAGS)) for _ in range(prey.states))
        evid = draw(some(kinds))
        common = {
            "time": time, "evid": evid, "size": size, "shares": shares, "lags": lags,
            "lasting": lasting, "modeled_rate": speed,
            "compartment": draw(st.integers(1, prey.states)),
        }  # fmt: skip
        if evid in (1, 4):
            lines.append(draw(_dosed(common)))
        else:
            lines.append(Line(**common, missing=draw(some((0, 0, 0, 1))) if evid == 0 else 1))
    last = {**common, "evid": 0}
    for state in range(1, prey.states + 1):
        lines.append(Line(**{**last, "time": time + 3.0, "compartment": state}))
    return tuple(lines)


@st.composite
def _dosed(draw: st.DrawFn, common: dict[str, object]) -> Line:
    some = st.sampled_from
    amount = draw(some((100.0, 100.0, 37.5, 5.0)))
    hours = draw(some((0.5, 3.0, 12.0, 31.0)))
    rate = draw(some((0.0, 0.0, amount / hours, -1.0, -2.0)))
    steady = draw(some((0, 0, 0, 1, 2, 3)))
    if steady and draw(st.integers(0, 4)) == 0:
        endless = draw(some((3.0, 9.5, -1.0 if common["modeled_rate"] < 20.0 else 6.0)))
        return Line(**common, rate=endless, steady=steady)
    interval = draw(some((4.0, 6.0, 12.0, 24.0)))
    additional = draw(some((0, 0, 1, 2, 5)))
    if not steady and not additional:
        interval = 0.0
    return Line(
        **common, amount=amount, rate=rate, interval=interval, additional=additional, steady=steady
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A data set of one to three subjects."""
    prey = draw(st.sampled_from(PREY))
    return Case(prey, tuple(draw(lines_of(prey)) for _ in range(draw(st.integers(1, 3)))))


def text_of(case: Case) -> str:
    """The data set as a file."""
    rows = [",".join(COLUMNS)]
    for number, lines in enumerate(case.subjects, start=1):
        for line in lines:
            beyond = 4 - len(line.shares)
            cells = [
                number, line.time, line.evid, line.missing, line.compartment, line.amount,
                line.rate, line.interval, line.additional, line.steady,
                1 if line.evid == 0 else ".", line.size, line.lasting, line.modeled_rate,
                *line.shares, *[1.0] * beyond, *line.lags, *[0.0] * beyond,
            ]  # fmt: skip
            rows.append(",".join(c if isinstance(c, str) else repr(c) for c in cells))
    return "\n".join(rows) + "\n"


def hours_of(line: Line) -> float:
    """How long the input of a dose lasts, by its own row."""
    return what_enters(line, line)[1]


# --- how far apart -----------------------------------------------------------------------------


def disagreement(case: Case, *, rtol: float = 1e-9) -> float:
    """The largest difference between engine and referee over all levels and both ways to solve.

    Relative to the level itself, down to a millionth of the subject's largest dose. The engine's
    absolute tolerance, 1e-9 of that dose unless asked otherwise, is put out of the way.
    """
    prey = case.prey
    wanted = [follow(lines, prey.motion, prey.start) for lines in case.subjects]
    worst = 0.0
    for model in prey.models:
        subjects = parse_dataset(text_of(case), model).subjects
        with patch.object(kinetics, "solve", partial(kinetics.solve, atol=1e-13)):
            found = simulate(
                model,
                [each.course for each in subjects],
                [each.times for each in subjects],
                after=[np.array([o.after for o in each.observed]) for each in subjects],
                rtol=rtol,
            )
        assert found.failed == (), found.failed
        for i, (lines, amounts) in enumerate(zip(case.subjects, wanted, strict=True)):
            floor = 1e-6 * max(10.0, *prey.start, *(line.amount for line in lines))
            for j, number in enumerate(observations(lines)):
                state = lines[number].compartment - 1
                expected = amounts[number][state]
                got = found.values[ANALYTES[state]][i, 0, j]
                worst = max(worst, abs(got - expected) / max(abs(expected), floor))
    return worst
