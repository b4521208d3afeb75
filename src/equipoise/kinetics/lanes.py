"""Work shared out over threads: blocks of lanes, fixed before anything runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from equipoise.kinetics import kernels, schedule
from equipoise.kinetics.events import SAME_TIME
from equipoise.kinetics.problem import Problem
from equipoise.kinetics.schedule import Floats, Integers, Timeline, unroll

SUPER_BLOCK = 1024
"""Lanes that are prepared together; sorting for speed stays inside."""


def in_threads(work: Callable[[int, int], None], total: int, size: int, workers: int) -> None:
    """Call work(lo, hi) for consecutive stretches of `size`; kernels inside release the lock.

    What is computed does not depend on `workers`: the stretches do not.
    """
    stretches = [(lo, min(lo + size, total)) for lo in range(0, total, size)]
    if workers <= 1 or len(stretches) <= 1:
        for lo, hi in stretches:
            work(lo, hi)
        return
    pool = _pool(workers)
    for done in [pool.submit(work, lo, hi) for lo, hi in stretches]:
        done.result()


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    """Threads kept for the next call: starting them costs more than a small problem."""
    return ThreadPoolExecutor(workers, thread_name_prefix="equipoise")


# A forked child has the pool but not its threads, and would wait for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Lanes:
    """The timelines of a problem's lanes, made stretch by stretch."""

    def __init__(self, problem: Problem, like: Lanes | None = None) -> None:
        """like: lanes of the same schedules, whose trains need not be written out again."""
        self._problem = problem
        self.dose_from: Integers
        self.doses: Floats
        packed = problem.packed
        if like is not None:
            self.dose_from, self.doses = like.dose_from, like.doses
        else:
            self.dose_from, self.doses = unroll(packed.dose_from, packed.doses)
        special = (packed.doses[:, 5] > 0.0) | (packed.doses[:, 7] >= 0.0)
        self._full = bool(len(packed.resets) or len(packed.breaks) or special.any())
        self._module = _kernel(self._full)
        kernels.announce(self._module)

    def timeline(self, lo: int, hi: int) -> Timeline:
        """Events of lanes lo to hi."""
        problem = self._problem
        request = (
            lo,
            hi,
            problem.schedule_of,
            self.dose_from,
            self.doses,
            problem.packed.reset_from,
            problem.packed.resets,
            problem.packed.reset_rows,
            problem.packed.break_from,
            problem.packed.breaks,
            problem.bioavailability,
            problem.lag,
            problem.modeled_rate,
            problem.modeled_duration,
        )
        if self._full:
            total, settled = self._module.count_of(*request)
        else:
            of = problem.schedule_of[lo:hi]
            total, settled = 2 * int((self.dose_from[of + 1] - self.dose_from[of]).sum()), 0
        made = Timeline(
            first=np.empty(hi - lo, dtype=np.int64),
            last=np.empty(hi - lo, dtype=np.int64),
            times=np.empty(total),
            kinds=np.empty(total, dtype=np.int64),
            indices=np.empty(total, dtype=np.int64),
            values=np.empty(total),
            rows=np.zeros(total, dtype=np.int64),
            steady=np.empty((settled, 7)),
            steady_lane=np.empty(settled, dtype=np.int64),
        )
        number = self._module.timeline(*request, *made)
        kernels.note(self._module)
        return made._replace(steady=made.steady[:number], steady_lane=made.steady_lane[:number])


@cache
def _kernel(full: bool) -> ModuleType:
    within: tuple[Any, ...] = (schedule.in_order, schedule.duration_of)
    called: tuple[Any, ...] = (schedule.timeline,)
    if full:
        called += (schedule.count_of,)
        within += (schedule.piece_at, schedule.piece_of, schedule.entry_piece, schedule.cut_of)
    return kernels.load(
        "events_full" if full else "events",
        (
            kernels.constants(
                SAME_TIME=SAME_TIME,
                FULL=int(full),
                **{name: getattr(schedule, name) for name in schedule.KINDS},
            ),
            kernels.source_of(*within, how="within"),
            kernels.source_of(*called, how="lean"),
        ),
    )
