"""The driver of the stepper: systems without a closed form over all lanes.

Every lane begins with the explicit method. A block that stability holds up for long names the lanes
that are stiff; they go on with the method for stiff systems, from their start, and the others
without them. A lane that fails in company is tried alone before it is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from types import ModuleType

import numpy as np

from equipoise.kinetics import events, kernels, schedule, stages, stepper, stiff
from equipoise.kinetics.lanes import SUPER_BLOCK, Lanes, in_threads
from equipoise.kinetics.problem import Problem
from equipoise.kinetics.schedule import Floats, Integers, Timeline
from equipoise.kinetics.steady import steady_states
from equipoise.kinetics.stepper import LANES, System

WAVE = 8 * SUPER_BLOCK
"""Lanes whose timelines are held in memory at one time."""

BLOCK_LIMIT = 20_000
LANE_LIMIT = 200_000
"""Attempted steps in one segment, by a block and by a lane alone."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A super-block made ready: its events, steady states, and lanes in the order of blocks."""

    lo: int
    line: Timeline
    steady: Floats
    order: Integers


@lru_cache(maxsize=256)
def kernel(system: System, method: ModuleType = stages) -> ModuleType:
    """The compiled stepper of one system.

    method  `stages`, the explicit one, or `stiff`
    Fails   ValueError when its rates cannot be compiled, with the reason.
    """
    own = stiff if method is stiff else stepper
    name = "stiff" if method is stiff else "stepper"
    return kernels.load(
        "_".join((name, system.rates.__name__.strip("<>_"), *system.states))[:60],
        (
            kernels.constants(
                SAME_TIME=events.SAME_TIME,
                LANES=LANES,
                **{name: getattr(stepper, name) for name in stepper.SETTINGS},
                **{name: getattr(stepper, name) for name in stepper.SEAT_ROWS},
                **{name: getattr(schedule, name) for name in schedule.KINDS},
                **method.layout(system),
            ),
            method.stages(system, LANES),
            kernels.source_of(
                stepper.before,
                stepper.sample,
                stepper.due,
                stepper.apply,
                own.advance,
                own.held,
                stepper.accept,
                stepper.cross,
                stepper.march,
                stepper.paces,
            ),
        ),
    )


class Kernels:
    """The two methods of one system; the one for stiff systems is compiled when first asked for."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._asked = Lock()
        self.explicit = kernel(system)
        kernels.announce(self.explicit)
        self._stiff: ModuleType | None = None

    def stiff(self) -> ModuleType:
        """The method for stiff systems."""
        with self._asked:
            if self._stiff is None:
                self._stiff = kernel(self._system, stiff)
                kernels.announce(self._stiff)
            return self._stiff

    def note(self) -> None:
        """Note on disk what has been compiled."""
        for module in (self.explicit, self._stiff):
            if module is not None:
                kernels.note(module)


@dataclass(frozen=True, slots=True)
class Integrated:
    """What `integrate` found: amounts (L, T, C), areas (L, T, O), the reason of each lane that
    failed, and the lanes that took the method for stiff systems."""

    amounts: Floats
    areas: Floats
    reasons: dict[int, str]
    stiff: tuple[int, ...]


def integrate(
    system: System, problem: Problem, *, rtol: float, atol: float, strict: bool, workers: int
) -> Integrated:
    """Every lane along its schedule."""
    if not rtol >= 1e-14:
        raise ValueError(f"rtol must be at least 1e-14, not {rtol}")
    if not atol >= 0.0:
        raise ValueError(f"atol must not be negative, not {atol}")
    both = Kernels(system)
    lanes = Lanes(problem)
    amounts = np.full((problem.lanes, problem.columns, len(system.states)), np.nan)
    areas = np.full((problem.lanes, problem.columns, len(problem.observed)), np.nan)
    scale = _scale(problem, lanes.doses, lanes.dose_from)
    status = np.zeros(problem.lanes, dtype=np.int64)
    where = np.zeros(problem.lanes)
    reasons: dict[int, str] = {}
    used: set[int] = set()

    def run(module: ModuleType, stretch: Stretch, order: Integers, block: int, limit: int) -> None:
        line = stretch.line
        status[order] = 0
        module.march(
            order,
            block,
            stretch.lo,
            line.first,
            line.last,
            line.times,
            line.kinds,
            line.indices,
            line.values,
            line.rows,
            stretch.steady,
            problem.out_from,
            problem.out_times,
            problem.out_after,
            problem.schedule_of,
            problem.start,
            problem.parameters,
            problem.initial,
            scale,
            problem.observed,
            rtol,
            atol,
            limit,
            amounts,
            areas,
            status,
            where,
        )

    for begin in range(0, problem.lanes, WAVE):
        end = min(begin + WAVE, problem.lanes)
        ready: dict[int, Stretch] = {}

        def prepare(
            lo: int, hi: int, begin: int = begin, ready: dict[int, Stretch] = ready
        ) -> None:
            lo, hi = begin + lo, begin + hi
            line = lanes.timeline(lo, hi)
            steady, lost, slow = steady_states(
                both.explicit,
                both.stiff,
                line,
                problem.parameters,
                scale,
                rtol=rtol,
                atol=atol,
                limit=LANE_LIMIT,
            )
            reasons.update(lost)
            used.update(slow)
            order = np.arange(lo, hi)
            if not strict:
                found = np.empty(hi - lo)
                both.explicit.paces(lo, hi, problem.start, problem.parameters, scale, found)
                order = order[_sorting(line, found)]
            order = order[~np.isin(order, list(lost))] if lost else order
            ready[lo] = Stretch(lo, line, steady, order)

        in_threads(prepare, end - begin, SUPER_BLOCK, workers)
        block = 1 if strict else LANES

        def together(
            module: ModuleType,
            orders: dict[int, Integers],
            size: int,
            limit: int,
            ready: dict[int, Stretch] = ready,
        ) -> None:
            # Blocks are cut within each super-block, so they never depend on what else there is.
            blocks = [
                (lo, orders[lo][i : i + size])
                for lo in sorted(orders)
                for i in range(0, len(orders[lo]), size)
            ]
            at_once = max(1, min(256 // size, len(blocks) // (4 * workers)))

            def work(first: int, last: int) -> None:
                for lo, order in blocks[first:last]:
                    run(module, ready[lo], order, size, limit)

            in_threads(work, len(blocks), at_once, workers)

        def failed(*why: int, ready: dict[int, Stretch] = ready) -> dict[int, Integers]:
            """Lanes of each super-block that now stand with one of these reasons."""
            found = {lo: each.order[np.isin(status[each.order], why)] for lo, each in ready.items()}
            return {lo: order for lo, order in found.items() if len(order)}

        together(both.explicit, {lo: ready[lo].order for lo in ready}, block, BLOCK_LIMIT)
        # Without the stiff ones, what they hindered goes on as before.
        together(both.explicit, failed(stepper.HINDERED), block, BLOCK_LIMIT)
        lagging = failed(stepper.HINDERED, stepper.TOO_MANY_STEPS, stepper.COLLAPSED)
        together(both.explicit, lagging, 1, LANE_LIMIT)
        slow = failed(stepper.STIFF, stepper.TOO_MANY_STEPS, stepper.COLLAPSED)
        if slow:
            used.update(int(lane) for order in slow.values() for lane in order)
            together(both.stiff(), slow, block, BLOCK_LIMIT)
            again = failed(stepper.TOO_MANY_STEPS, stepper.COLLAPSED)
            together(both.stiff(), again, 1, LANE_LIMIT)
    both.note()
    for lane in np.flatnonzero(status):
        reasons[int(lane)] = _reason(int(status[lane]), float(where[lane]))
    return Integrated(amounts, areas, reasons, tuple(sorted(used - set(reasons))))


def _reason(status: int, time: float) -> str:
    if status == stepper.COLLAPSED:
        return f"the step collapsed before {time:.6g} h: amounts blow up or rates are not finite"
    return f"more than {LANE_LIMIT} steps before {time:.6g} h, with the method for stiff systems"


def _scale(problem: Problem, doses: Floats, dose_from: Integers) -> Floats:
    """The largest dose that enters each lane at once, or its largest initial amount; else 1."""
    largest = np.zeros(len(dose_from) - 1)
    np.maximum.at(largest, schedule.of_rows(dose_from), doses[:, 1])
    found = largest[problem.schedule_of]
    if problem.bioavailability.shape != (1, 1, problem.bioavailability.shape[2]):
        found = found * problem.bioavailability.max(axis=(1, 2))
    found = np.maximum(found, np.abs(problem.initial).max(axis=1, initial=0.0))
    return np.ascontiguousarray(np.where(found > 0.0, found, 1.0))


def _sorting(line: Timeline, pace: Floats) -> Integers:
    """Lanes with like numbers of events and like paces next to each other."""
    number = np.floor(4.0 * np.log2(1.0 + line.last - line.first))
    return np.lexsort((np.nan_to_num(pace, nan=np.inf), number))
