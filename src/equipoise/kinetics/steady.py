"""Periodic steady states of systems without a closed form, by Newton's method on one cycle."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from equipoise.kinetics.events import BEFORE
from equipoise.kinetics.schedule import (
    BOLUS,
    INPUT_ENDS,
    INPUT_STARTS,
    Floats,
    Integers,
    Timeline,
)

ENDLESS = 100.0
"""Hours over which an endless input is followed for its steady state; any length has the same."""

CYCLES = 60
"""Newton steps before giving up."""

TOGETHER = 4096
"""Rows of the steady table that are worked on at one time."""

Event = tuple[float, int, int, float]


def steady_states(
    module: ModuleType,
    stiff: Callable[[], ModuleType],
    line: Timeline,
    parameters: Floats,
    scale: Floats,
    *,
    rtol: float,
    atol: float,
    limit: int,
) -> tuple[Floats, dict[int, str], set[int]]:
    """The state at the record of each row of the steady table, as if the train had run forever.

    stiff    the same kernel for stiff systems, made when first called
    Returns  (rows, C), the reason for each lane that has none, and the lanes with a stiff row.

    A row and its perturbed copies share the steps of one block, so the derivatives of the cycle
    are smooth; rows never share a block, so a row's answer does not depend on the others.
    """
    states = module.STATES
    found = np.zeros((len(line.steady), states))
    lost: dict[int, str] = {}
    slow: set[int] = set()
    rows = np.arange(len(line.steady))
    for begin in range(0, len(rows), TOGETHER):
        chosen = rows[begin : begin + TOGETHER]
        lanes = line.steady_lane[chosen]
        piece = line.steady[chosen, 5].astype(np.int64)
        piece = np.zeros_like(piece) if parameters.shape[1] == 1 else piece
        cycles = _Cycles(
            module,
            stiff,
            line.steady[chosen],
            parameters[lanes, piece],
            scale[lanes],
            rtol=rtol,
            atol=atol,
            limit=limit,
        )
        states_found, failed = cycles.fixed_points()
        found[chosen] = states_found
        slow.update(int(lane) for lane in lanes[cycles.stiff])
        for number in np.flatnonzero(failed):
            row = line.steady[chosen[number]]
            what = f"doses every {row[1]:g} h" if row[1] else f"an input of {row[0]:g}/h"
            lost[int(lanes[number])] = (
                f"no steady state for {what} at {row[6]:g} h: "
                f"none was reached in {CYCLES} Newton steps"
            )
    return found, lost, slow


class _Cycles:
    """One interval of each of several trains, from time - interval to the record at `time`.

    A row takes states + 1 lanes: itself, and a copy with each state moved a little. They are one
    block; other rows have their own.
    """

    def __init__(
        self,
        module: ModuleType,
        stiff: Callable[[], ModuleType],
        rows: Floats,
        parameters: Floats,
        scale: Floats,
        *,
        rtol: float,
        atol: float,
        limit: int,
    ) -> None:
        self._module = module
        self._for_stiff = stiff
        self.stiff = np.zeros(len(rows), dtype=np.bool_)
        self._states = module.STATES
        self._scale = scale
        self._rtol, self._atol = rtol, atol
        self._limit = limit
        self._parameters = parameters
        events = [cycle_events(row) for row in rows]
        count = np.array([len(each) for each in events], dtype=np.int64)
        self._last = np.cumsum(count)
        self._first = self._last - count
        flat = [event for each in events for event in each]
        self._times = np.array([event[0] for event in flat])
        self._kinds = np.array([event[1] for event in flat], dtype=np.int64)
        self._indices = np.array([event[2] for event in flat], dtype=np.int64)
        self._values = np.array([event[3] for event in flat])
        self._ends = rows[:, 6]
        self._starts = rows[:, 6] - np.where(rows[:, 1] > 0.0, rows[:, 1], ENDLESS)

    def fixed_points(self) -> tuple[Floats, NDArray[np.bool_]]:
        """The states that the cycles return to, (rows, C), and which rows have none."""
        total, size = len(self._scale), self._states
        every = np.arange(total)
        state, lost = self._run(every, np.zeros((total, 1, size)))
        state = state[:, 0, :]
        floor = self._atol * self._scale
        # What enters one state may be far more than what enters another.
        most = 1e9 * np.maximum(self._scale, np.abs(state).max(axis=1))
        best = np.full(total, math.inf)
        going = every[~lost]
        for _ in range(CYCLES):
            if not len(going):
                break
            x = state[going]
            scale, low = self._scale[going, None], floor[going, None]
            step = 1e-4 * np.maximum(np.abs(x), 1e-2 * scale)
            around = np.repeat(x[:, None, :], size + 1, axis=1)
            place = np.arange(size)
            around[:, place + 1, place] += step
            ends, broken = self._run(going, around)
            slopes = np.swapaxes((ends[:, 1:] - ends[:, :1]) / step[:, :, None], 1, 2)
            residual = ends[:, 0] - x
            matrix = np.eye(size) - slopes
            broken |= ~np.isfinite(matrix).all(axis=(1, 2)) | ~np.isfinite(residual).all(axis=1)
            matrix[broken] = np.eye(size)
            broken |= np.linalg.matrix_rank(matrix) < size
            matrix[broken] = np.eye(size)
            change = np.linalg.solve(matrix, np.where(broken[:, None], 0.0, residual)[:, :, None])
            change = change[:, :, 0]
            proposed = x + change
            # A step below zero from a cycle that stays above it: follow the cycle instead.
            wrong = (proposed < 0.0) & (ends[:, 0] >= 0.0) & (np.abs(change) > low)
            follow = wrong.any(axis=1)
            proposed[follow] = ends[follow, 0]
            change[follow] = residual[follow]
            error = np.max(np.abs(change) / (self._rtol * np.abs(proposed) + low + 1e-300), axis=1)
            # Following gains an interval, whatever that is beside all that has piled up.
            error[follow] = math.inf
            state[going] = proposed
            broken |= ~np.isfinite(proposed).all(axis=1)
            broken |= np.abs(proposed).max(axis=1) > most[going]
            lost[going[broken]] = True
            # Beyond the accuracy of the integration Newton's steps no longer shrink.
            there = (error <= 1.0) | ((error <= 30.0) & (error > 0.5 * best[going]))
            best[going] = np.minimum(best[going], error)
            going = going[~(there | broken)]
        lost[going] = True
        state[lost] = 0.0
        return state, lost

    def _run(self, rows: Integers, initial: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """One cycle of some rows from (rows, copies, C): its end, and which rows failed.

        A row that fails is tried with the method for stiff systems, and keeps to it.
        """
        ends = np.empty_like(initial)
        broken = np.zeros(len(rows), dtype=np.bool_)
        plain = np.flatnonzero(~self.stiff[rows])
        if len(plain):
            ends[plain], failed = self._marched(self._module, rows[plain], initial[plain])
            self.stiff[rows[plain[failed]]] = True
        slow = np.flatnonzero(self.stiff[rows])
        if len(slow):
            module = self._for_stiff()
            ends[slow], broken[slow] = self._marched(module, rows[slow], initial[slow])
        return ends, broken

    def _marched(
        self, module: ModuleType, rows: Integers, initial: Floats
    ) -> tuple[Floats, NDArray[np.bool_]]:
        copies = initial.shape[1]
        lanes = len(rows) * copies
        of_row = np.repeat(rows, copies)
        amounts = np.empty((lanes, 1, self._states))
        status = np.zeros(lanes, dtype=np.int64)
        # A block takes at most LANES lanes, and never lanes of two rows.
        block = copies if copies <= module.LANES else 1
        module.march(
            np.arange(lanes),
            block,
            0,
            self._first[of_row],
            self._last[of_row],
            self._times,
            self._kinds,
            self._indices,
            self._values,
            np.zeros(len(self._times), dtype=np.int64),
            np.empty((0, self._states)),
            np.arange(len(rows) + 1, dtype=np.int64),
            np.ascontiguousarray(self._ends[rows]),
            np.full(len(rows), BEFORE, dtype=np.int64),
            np.repeat(np.arange(len(rows), dtype=np.int64), copies),
            self._starts[of_row],
            np.ascontiguousarray(self._parameters[of_row][:, None, :]),
            np.ascontiguousarray(initial.reshape(lanes, self._states)),
            self._scale[of_row],
            np.empty((0, 2), dtype=np.int64),
            max(0.1 * self._rtol, 1e-14),
            0.1 * self._atol,
            self._limit,
            amounts,
            np.empty((lanes, 1, 0)),
            status,
            np.zeros(lanes),
        )
        ends = np.ascontiguousarray(amounts[:, 0, :]).reshape(len(rows), copies, self._states)
        broken: NDArray[np.bool_] = (status.reshape(len(rows), copies) != 0).any(axis=1)
        return ends, broken


def cycle_events(row: Floats) -> list[Event]:
    """What enters during one interval that ends at the record of a train, in order of time."""
    amount, interval, duration, phase = (float(each) for each in row[:4])
    state, end = int(row[4]), float(row[6])
    if interval == 0.0:
        return [(end - ENDLESS, INPUT_STARTS, state, amount)] if amount else []
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
