"""One call of a system for groups of lanes that share the steps of a block.

What the explicit method cannot take is sorted out: those that only stood beside the stiff ones go
on without them, and the stiff ones in blocks of their own.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from equipoise.kinetics.block import LANES
from equipoise.kinetics.lanes import SUPER_BLOCK, Lanes, in_threads
from equipoise.kinetics.problem import Problem
from equipoise.kinetics.schedule import Floats, Integers, Timeline
from equipoise.kinetics.steady import steady_states
from equipoise.kinetics.stepper import COLLAPSED, STIFF, TOO_MANY_STEPS

if TYPE_CHECKING:
    from equipoise.kinetics.integrate import Kernels

VECTOR = 8
"""A short block is filled up to a multiple of this with copies of its last lane: what is left over
beyond whole vectors is worked on lane after lane, which takes longer than a whole vector."""

ATOL = 1e-10
"""As the default of `solve`."""

BLOCK_LIMIT = 20_000
LANE_LIMIT = 200_000
"""Attempted steps in one segment, by a block and by a lane alone."""

FEW = 4
"""Blocks that are sooner done than handed over to threads."""

AT_ONCE = 32
"""Most blocks that a thread takes at a time: to hand them over costs as much as solving one."""

STEADY_RTOL = 1e-10
"""At most, for steady states."""


class Run:
    """One call of a system: events, steady states, and the arrays that kernels write."""

    def __init__(
        self,
        both: Kernels,
        problem: Problem,
        columns: int,
        scale: Floats,
        group: int,
        rtol: float,
        workers: int,
        begun: tuple[Floats, Integers] | None,
    ) -> None:
        lanes = problem.lanes
        self._both, self._problem, self._scale = both, problem, scale
        self._group, self._rtol, self._workers = group, rtol, workers
        self._stretches: list[tuple[int, int, Timeline, Floats]] = []
        if begun is None:
            states = both.explicit.STATES
            begun = np.zeros((lanes, columns, states)), np.zeros(lanes, dtype=np.int64)
        self.amounts, self.status = begun
        self._areas = np.zeros((lanes, columns, 0))
        self._where = np.zeros(lanes)

    def make_ready(self, lanes: Lanes, line: Timeline | None) -> None:
        """The events of every lane.

        line  those of each schedule, where lanes share them
        """
        total = self._problem.lanes
        none = np.zeros((0, self.amounts.shape[2]))
        if line is not None:
            of = self._problem.schedule_of
            own = line._replace(first=line.first[of], last=line.last[of])
            self._stretches = [(0, total, own, none)]
            return
        own_lanes = Lanes(self._problem, lanes)
        size = max(1, SUPER_BLOCK // self._group) * self._group
        ready: dict[int, tuple[int, int, Timeline, Floats]] = {}

        def prepare(lo: int, hi: int) -> None:
            events = own_lanes.timeline(lo, hi)
            steady = none
            if len(events.steady):
                steady, lost, _ = steady_states(
                    self._both.explicit,
                    self._both.stiff,
                    events,
                    self._problem.parameters,
                    self._scale,
                    # Its lanes share no steps: what one is off by counts against the differences.
                    rtol=min(self._rtol, STEADY_RTOL),
                    atol=ATOL,
                    limit=LANE_LIMIT,
                )
                self.status[list(lost)] = 1
            ready[lo] = (lo, hi, events, steady)

        in_threads(prepare, total, size, self._workers)
        self._stretches = [ready[lo] for lo in sorted(ready)]

    def going(self) -> Integers:
        """Groups of which no lane has failed."""
        return np.flatnonzero((self.status.reshape(-1, self._group) == 0).all(axis=1))

    def through(self, module: ModuleType, groups: Integers, *, alone: bool = False) -> Integers:
        """Take groups through their events; those of them that failed.

        alone  a block holds one group
        """
        of_group = self.status.reshape(-1, self._group)
        of_group[groups] = 0
        for lo, hi, line, steady in self._stretches:
            mine = groups
            if len(self._stretches) > 1:
                mine = groups[(groups * self._group >= lo) & (groups * self._group < hi)]
            if len(mine):
                self._march(module, mine, alone, lo, line, steady)
        return self.failed(groups)

    def failed(self, groups: Integers, *why: int) -> Integers:
        """Those of some groups of which a lane has failed, or has failed so."""
        if not self.status.any():
            return groups[:0]
        status = self.status.reshape(-1, self._group)[groups]
        return np.asarray(groups[(np.isin(status, why) if why else status != 0).any(axis=1)])

    def again(self, failed: Integers) -> Integers:
        """Take groups that have failed by the explicit method through it without those that held
        them up, and those that did, and fail alone too, apart: what is left to the other method."""
        explicit = self._both.explicit
        stiff = self.failed(failed, STIFF)
        rest = np.setdiff1d(failed, stiff)
        hindered = np.setdiff1d(rest, self.failed(rest, TOO_MANY_STEPS, COLLAPSED))
        lost = np.setdiff1d(rest, hindered)
        if len(hindered):
            lost = np.concatenate([lost, self.through(explicit, hindered)])
        if len(lost):
            lost = self.through(explicit, lost, alone=True)
        return np.sort(np.concatenate([stiff, lost]))

    def _march(
        self,
        module: ModuleType,
        groups: Integers,
        alone: bool,
        lo: int,
        line: Timeline,
        steady: Floats,
    ) -> None:
        places, within, block = in_blocks(len(groups), self._group, 1 if alone else LANES)
        order = groups[places] * self._group + within
        problem = self._problem

        def work(begin: int, end: int) -> None:
            module.march(
                order[begin * block : end * block],
                block,
                lo,
                line.first,
                line.last,
                line.times,
                line.kinds,
                line.indices,
                line.values,
                line.rows,
                steady,
                problem.out_from,
                problem.out_times,
                problem.out_after,
                problem.schedule_of,
                problem.start,
                problem.parameters,
                problem.initial,
                self._scale,
                problem.observed,
                self._rtol,
                ATOL,
                BLOCK_LIMIT,
                self.amounts,
                self._areas,
                self.status,
                self._where,
            )

        blocks = len(order) // block
        at_once = max(1, min(AT_ONCE, blocks // (4 * self._workers)))
        in_threads(work, blocks, at_once, self._workers if blocks > FEW else 1)


@lru_cache(maxsize=64)
def in_blocks(groups: int, group: int, most: int) -> tuple[Integers, Integers, int]:
    """Groups laid into blocks: (place of the group, lane within it) in order, lanes of a block.

    most  lanes of several groups that a block may hold; a group alone may always fill one. A group
          larger than a block takes several of its own. What is left over repeats the last lane.
    """
    if group > LANES:
        width = -(-group // LANES) * LANES
        within = np.minimum(np.arange(width), group - 1)
        return np.repeat(np.arange(groups), width), np.tile(within, groups), LANES
    each = max(1, min(groups, most // group))
    # As full as each other: a block that is nearly empty costs as much as one that is full.
    each = -(-groups // -(-groups // each))
    block = -(-each * group // VECTOR) * VECTOR
    lanes = np.minimum(np.arange(block), each * group - 1)
    begins = np.arange(0, groups, each)
    places = np.minimum(begins[:, None] + lanes[None, :] // group, groups - 1)
    return places.ravel(), np.tile(lanes % group, len(begins)), block
