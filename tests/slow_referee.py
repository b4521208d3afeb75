"""Data sets in NONMEM's form, and their answers from scipy, row by row, without the engine.

`follow` reads the rows of one subject from the first to the last and does what the PREDPP guide
says of each: it advances the amounts to the row with the row's own parameters, stopping at
everything that enters on the way, then lets the record act. Between stops scipy takes the
exponential of the matrix of a linear system, or integrates. Nothing here comes from
`equipoise.kinetics`.

Source  NONMEM Users Guide VI (PREDPP), III.B.2, III.F.2 to III.F.6, V.F and V.K.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.optimize import root

CLOSE = 1e-9  # hours that are the same time


@dataclass(frozen=True)
class Motion:
    """How amounts change: slopes of (amounts, size), or the matrix of a linear system by size."""

    states: int
    slopes: Callable[[np.ndarray, float], np.ndarray] | None = None
    matrix: Callable[[float], np.ndarray] | None = None

    def at(self, amounts: np.ndarray, size: float) -> np.ndarray:
        """The slopes."""
        if self.matrix is not None:
            return self.matrix(size) @ amounts
        assert self.slopes is not None
        return self.slopes(amounts, size)


@dataclass(frozen=True)
class Line:
    """One row: what its columns say, and the parameters that its covariates make."""

    time: float
    evid: int
    compartment: int = 1
    amount: float = 0.0
    rate: float = 0.0
    interval: float = 0.0
    additional: int = 0
    steady: int = 0
    missing: int = 0
    size: float = 1.0
    shares: tuple[float, ...] = ()
    lags: tuple[float, ...] = ()
    lasting: float = 1.0
    modeled_rate: float = 10.0


@dataclass
class Entry:
    """A dose on its way: when it starts to enter, and how much of it over how long if known."""

    time: float
    line: Line
    settled: bool = False


@dataclass
class Body:
    """Amounts, inputs that run (state, rate, end), and doses that have not entered."""

    amounts: np.ndarray
    running: list[tuple[int, float, float]] = field(default_factory=list)
    coming: list[Entry] = field(default_factory=list)


def follow(lines: Sequence[Line], motion: Motion, start: Sequence[float]) -> list[np.ndarray]:
    """Amounts just after each row (for an observation: as it sees them)."""
    body = Body(np.array(start, dtype=float))
    seen = []
    now = lines[0].time
    for line in lines:
        while True:
            due = [entry for entry in body.coming if entry.time <= line.time + CLOSE]
            if not due:
                break
            entry = min(due, key=lambda each: each.time)
            body.coming.remove(entry)
            advance(body, now, max(now, entry.time), motion, line)
            now = max(now, entry.time)
            enter(body, now, entry.line, entry.line if entry.settled else line)
        advance(body, now, max(now, line.time), motion, line)
        now = max(now, line.time)
        if line.evid in (3, 4):
            empty(body)
        if line.evid in (1, 4):
            give(body, now, line, motion)
        seen.append(body.amounts.copy())
    return seen


def give(body: Body, now: float, line: Line, motion: Motion) -> None:
    """What a dose record does at its own time."""
    lag = line.lags[line.compartment - 1]
    if line.steady:
        if line.steady in (1, 3):
            empty(body)
        if line.interval == 0.0:
            body.amounts = body.amounts + at_rest(line, motion)
            return
        amounts, running, coming = long_trained(line, motion)
        body.amounts = body.amounts + amounts
        body.running += running
        for entry in coming:
            if entry.time <= line.time + CLOSE:
                enter(body, now, entry.line, entry.line)
            else:
                body.coming.append(entry)
    elif lag == 0.0:
        enter(body, now, line, line)
    else:
        body.coming.append(Entry(line.time + lag, line))
    for k in range(1, line.additional + 1):
        body.coming.append(Entry(line.time + k * line.interval + lag, line))


def enter(body: Body, now: float, line: Line, then: Line) -> None:
    """The dose of a line begins to enter; `then` is the row whose parameters say how."""
    state = line.compartment - 1
    amount, lasts = what_enters(line, then)
    if amount == 0.0:
        return
    if lasts == 0.0:
        body.amounts[state] += amount
    else:
        body.running.append((state, amount / lasts, now + lasts))


def what_enters(line: Line, then: Line) -> tuple[float, float]:
    """Amount and hours of the input of a dose."""
    amount = line.amount * then.shares[line.compartment - 1]
    if line.rate == -2.0:
        return amount, then.lasting
    if line.rate == -1.0:
        return amount, amount / then.modeled_rate
    return amount, amount / line.rate if line.rate else 0.0


def empty(body: Body) -> None:
    """Nothing in the body and nothing on its way."""
    body.amounts = np.zeros_like(body.amounts)
    body.running = []
    body.coming = []


def advance(body: Body, now: float, until: float, motion: Motion, line: Line) -> None:
    """Integrate to `until`, stopping where an input ends."""
    while now < until:
        stop = min([until, *(end for _, _, end in body.running)])
        body.amounts = integrated(body.amounts, stop - now, body.running, motion, line)
        now = stop
        body.running = [each for each in body.running if each[2] > now]


def integrated(
    amounts: np.ndarray,
    hours: float,
    running: Sequence[tuple[int, float, float]],
    motion: Motion,
    line: Line,
) -> np.ndarray:
    """Amounts some hours later under constant inputs, by scipy."""
    if hours <= 0.0:
        return amounts
    inflow = np.zeros_like(amounts)
    for state, rate, _ in running:
        inflow[state] += rate
    if motion.matrix is not None:
        # One more state that stays 1 carries the inputs.
        whole = np.zeros((motion.states + 1, motion.states + 1))
        whole[:-1, :-1] = motion.matrix(line.size)
        whole[:-1, -1] = inflow
        return np.asarray(expm(whole * hours) @ np.append(amounts, 1.0))[:-1]
    found = solve_ivp(
        lambda t, x: motion.at(x, line.size) + inflow,
        (0.0, hours),
        amounts,
        method="DOP853",
        rtol=1e-11,
        atol=1e-14 * max(1.0, float(np.abs(amounts).max()), float(inflow.max() * hours)),
    )
    assert found.success, found.message
    return np.asarray(found.y[:, -1])


# --- steady states -----------------------------------------------------------------------------


def at_rest(line: Line, motion: Motion) -> np.ndarray:
    """Amounts under an input that never stopped: many hours of it, then a root of the slopes."""
    rate = line.modeled_rate if line.rate == -1.0 else line.rate
    running = [(line.compartment - 1, rate, np.inf)] if rate else []
    amounts = np.zeros(len(line.shares))
    for _ in range(5):
        amounts = integrated(amounts, 200.0, running, motion, line)
    inflow = np.zeros_like(amounts)
    inflow[line.compartment - 1] += rate
    found = root(lambda x: motion.at(x, line.size) + inflow, amounts, tol=1e-14)
    assert np.abs(found.fun).max() < 1e-10 * (1.0 + rate), found.message
    return np.asarray(found.x)


def long_trained(
    line: Line, motion: Motion
) -> tuple[np.ndarray, list[tuple[int, float, float]], list[Entry]]:
    """Amounts at the record of a train given for ever, its inputs that run, doses that will come.

    Doses of the train start to enter at time + lag - m x interval for every whole m >= 0; those
    within `CLOSE` of the record enter at the record and are among the coming ones.
    """
    state = line.compartment - 1
    time, interval, lag = line.time, line.interval, line.lags[state]
    amount, lasts = what_enters(line, line)
    starts = [time + lag - m * interval for m in range(int((lag + lasts) / interval) + 3)]
    coming = [Entry(start, line, settled=True) for start in starts if start >= time - CLOSE]
    if amount == 0.0:
        return cycled(lambda x: one_cycle(x, line, [], motion), line, motion), [], []
    running = []
    if lasts > 0.0:
        rate = amount / lasts
        running = [
            (state, rate, s + lasts) for s in starts if s < time - CLOSE and s + lasts > time
        ]
    # One interval that ends at the record: all doses that touch it, before or within.
    touching = [time + lag - m * interval for m in range(-1, int((lag + lasts) / interval) + 4)]
    touching = [s for s in touching if s < time - CLOSE and s + lasts >= time - interval - CLOSE]
    amounts = cycled(lambda x: one_cycle(x, line, touching, motion), line, motion)
    return amounts, running, coming


def one_cycle(
    amounts: np.ndarray, line: Line, starts: Sequence[float], motion: Motion
) -> np.ndarray:
    """Amounts at the end of the interval before the record, from those at its beginning."""
    state = line.compartment - 1
    amount, lasts = what_enters(line, line)
    begin = line.time - line.interval
    body = Body(amounts.copy())
    now = begin
    for start in sorted(starts):
        if start < begin - CLOSE:
            if lasts > 0.0 and start + lasts > begin:
                body.running.append((state, amount / lasts, start + lasts))
            continue
        advance(body, now, max(now, start), motion, line)
        now = max(now, start)
        enter(body, now, line, line)
    advance(body, now, line.time, motion, line)
    return body.amounts


def cycled(cycle: Callable[[np.ndarray], np.ndarray], line: Line, motion: Motion) -> np.ndarray:
    """The amounts that a cycle returns to."""
    size = len(line.shares)
    if motion.matrix is not None:
        # A linear cycle is a matrix and a shift: one cycle from nothing, one from each state.
        shift = cycle(np.zeros(size))
        matrix = np.array([cycle(1.0 * unit) - shift for unit in 100.0 * np.eye(size)]).T / 100.0
        return np.asarray(np.linalg.solve(np.eye(size) - matrix, shift))
    amounts = np.zeros(size)
    for _ in range(6):
        amounts = cycle(amounts)
    found = root(lambda x: cycle(x) - x, amounts, tol=1e-13)
    again = cycle(found.x)
    assert again.min() > -1e-9, "more in a cycle than can leave in it"
    assert np.abs(again - found.x).max() <= 1e-9 * (1.0 + np.abs(again).max()), found.message
    return np.asarray(again)


def observations(lines: Sequence[Line]) -> Iterator[int]:
    """Numbers of the rows that are observations."""
    return (i for i, line in enumerate(lines) if line.evid == 0 and not line.missing)
