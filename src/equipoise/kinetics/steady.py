"""Periodic steady states of systems without a closed form, by Newton's method on one cycle."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np

from equipoise.kinetics.schedule import (
    BOLUS,
    INPUT_ENDS,
    INPUT_STARTS,
    Floats,
    Timeline,
)

CYCLES = 60
"""Newton steps before giving up."""

Event = tuple[float, int, int, float]


def steady_states(
    module: ModuleType,
    line: Timeline,
    parameters: Floats,
    scale: Floats,
    *,
    rtol: float,
    atol: float,
    limit: int,
) -> tuple[Floats, dict[int, str]]:
    """The state at the record of each row of the steady table, as if the train had run forever.

    Returns (rows, C) and the reason for each lane that has none.

    A row and its perturbed copies share the steps of one block, so the derivatives of the cycle
    are smooth; rows never share a block, so a row's answer does not depend on the others.
    """
    states = module.STATES
    found = np.zeros((len(line.steady), states))
    lost: dict[int, str] = {}
    for number, row in enumerate(line.steady):
        lane = int(line.steady_lane[number])
        if row[0] == 0.0:
            continue
        p = parameters[lane, 0 if parameters.shape[1] == 1 else int(row[5])]
        cycle = _Cycle(module, row, p, scale[lane], rtol, atol, limit)
        state = cycle.fixed_point()
        if state is None:
            lost[lane] = (
                f"no steady state for doses every {row[1]:g} h at {row[6]:g} h: "
                f"none was reached in {CYCLES} Newton steps"
            )
        else:
            found[number] = state
    return found, lost


class _Cycle:
    """One interval of a train, from time - interval to the record at `time`."""

    def __init__(
        self,
        module: ModuleType,
        row: Floats,
        parameters: Floats,
        scale: float,
        rtol: float,
        atol: float,
        limit: int,
    ) -> None:
        self._module = module
        self._states = module.STATES
        self._lanes = min(self._states + 1, module.LANES)
        self._scale = scale
        self._rtol, self._atol = rtol, atol
        self._limit = limit
        events = cycle_events(row)
        total = self._states + 1
        self._first = np.zeros(total, dtype=np.int64)
        self._last = np.full(total, len(events), dtype=np.int64)
        self._times = np.array([each[0] for each in events])
        self._kinds = np.array([each[1] for each in events], dtype=np.int64)
        self._indices = np.array([each[2] for each in events], dtype=np.int64)
        self._values = np.array([each[3] for each in events])
        self._end = np.array([row[6]])
        self._start = np.full(total, row[6] - row[1])
        self._parameters = np.ascontiguousarray(np.tile(parameters, (total, 1, 1)))

    def fixed_point(self) -> Floats | None:
        """The state that the cycle returns to."""
        x = self._run(np.zeros((1, self._states)))
        if x is None:
            return None
        state: Floats = x[0]
        floor = self._atol * self._scale
        best = math.inf
        for _ in range(CYCLES):
            step = 1e-4 * np.maximum(np.abs(state), 1e-2 * self._scale)
            ends = self._run(np.vstack([state, state + np.diag(step)]))
            if ends is None:
                return None
            slopes = ((ends[1:] - ends[0]) / step[:, None]).T
            residual = ends[0] - state
            try:
                change = np.linalg.solve(np.eye(self._states) - slopes, residual)
            except np.linalg.LinAlgError:
                return None
            proposed = state + change
            if np.any((proposed < 0.0) & (ends[0] >= 0.0) & (np.abs(change) > floor)):
                proposed = ends[0]
                change = residual
            error = float(np.max(np.abs(change) / (self._rtol * np.abs(proposed) + floor + 1e-300)))
            state = proposed
            if not np.all(np.isfinite(state)) or np.abs(state).max() > 1e9 * self._scale:
                return None
            # Beyond the accuracy of the integration Newton's steps no longer shrink.
            if error <= 1.0 or (error <= 30.0 and error > 0.5 * best):
                return state
            best = min(best, error)
        return None

    def _run(self, initial: Floats) -> Floats | None:
        lanes = len(initial)
        amounts = np.empty((lanes, 1, self._states))
        status = np.zeros(lanes, dtype=np.int64)
        self._module.march(
            np.arange(lanes),
            self._lanes,
            0,
            self._first,
            self._last,
            self._times,
            self._kinds,
            self._indices,
            self._values,
            np.empty((0, self._states)),
            np.array([0, 1], dtype=np.int64),
            self._end,
            np.zeros(1, dtype=np.bool_),
            np.zeros(lanes, dtype=np.int64),
            self._start,
            self._parameters,
            np.ascontiguousarray(initial),
            np.full(lanes, self._scale),
            np.empty((0, 2), dtype=np.int64),
            max(0.1 * self._rtol, 1e-14),
            0.1 * self._atol,
            self._limit,
            amounts,
            np.empty((lanes, 1, 0)),
            status,
            np.zeros(lanes),
        )
        if status.any():
            return None
        return np.ascontiguousarray(amounts[:, 0, :], dtype=np.float64)


def cycle_events(row: Floats) -> list[Event]:
    """What enters during one interval that ends at the record of a train, in order of time."""
    amount, interval, duration, phase = (float(each) for each in row[:4])
    state, end = int(row[4]), float(row[6])
    start = end - interval
    if duration == 0.0:
        return [(start + phase, BOLUS, state, amount)]
    rate = amount / duration
    whole = math.floor(duration / interval)
    part = duration - whole * interval
    events: list[Event] = []
    if whole:
        events.append((start, INPUT_STARTS, state, whole * rate))
    stops = phase + part
    if stops <= interval:
        spans = [(phase, stops)]
    else:
        spans = [(0.0, stops - interval), (phase, interval)]
    for begin, finish in spans:
        if finish > begin:
            events.append((start + begin, INPUT_STARTS, state, rate))
            if finish < interval:
                events.append((start + finish, INPUT_ENDS, state, rate))
    return events
