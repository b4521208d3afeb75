"""The driver of the stepper: systems without a closed form over all lanes.

Every lane begins with the explicit method. A block that stability holds up for long names the lanes
that are stiff; they go on with the method for stiff systems, from their start, and the others
without them. A lane that fails in company is tried alone before it is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np

from equipoise.kinetics import block as layout
from equipoise.kinetics import calls, events, kernels, samples, schedule, stages, stepper, stiff
from equipoise.kinetics.block import LANES
from equipoise.kinetics.lanes import SUPER_BLOCK, Lanes, in_threads
from equipoise.kinetics.problem import Problem, largest_by_state, scale_of
from equipoise.kinetics.schedule import Floats, Integers, Timeline
from equipoise.kinetics.steady import steady_states
from equipoise.kinetics.stepper import System

OBSERVED = 19
"""Place of `observed` among the arguments of `march`."""

WAVE = 64 * SUPER_BLOCK
"""Lanes after which those that failed are gone on with."""

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


@cache
def stepping() -> ModuleType:
    """The stepper that all systems share, compiled when first called."""
    rows = (*layout.SETTINGS, *layout.SEAT_ROWS, *layout.LANE_ROWS, *layout.SHAPE)
    return kernels.load(
        "stepper",
        (
            kernels.constants(
                SAME_TIME=events.SAME_TIME,
                **{name: getattr(layout, name) for name in rows},
                **{name: getattr(stepper, name) for name in stepper.SETTINGS},
                **{name: getattr(schedule, name) for name in schedule.KINDS},
            ),
            calls.importing("call_attempt", "call_derive", "fetch", "lowest"),
            kernels.source_of(
                samples.before, samples.due, stepper.apply, stepper.seated, how="inside"
            ),
            kernels.source_of(
                samples.sample_areas,
                samples.sample,
                stepper.logarithm,
                stepper.power,
                samples.accumulate,
                stepper.held,
                stepper.cross,
                how="inside",
            ),
            kernels.source_of(stepper.march, stepper.paces, how="lean"),
        ),
    )


@lru_cache(maxsize=256)
def kernel(system: System, method: ModuleType = stages) -> ModuleType:
    """The stepper for one system; `march` and `paces` of the module take it on.

    method  `stages`, the explicit one, or `stiff`
    Fails   ValueError when its rates cannot be compiled, with the reason.
    """
    own = method.stages(system, LANES)
    name = "stiff" if method is stiff else "rates"
    module = kernels.load(
        "_".join((name, system.rates.__name__.strip("<>_"), *system.states))[:60],
        (kernels.constants(LANES=LANES, **own.rows), own.text),
    )
    _bind(module, own)
    return module


def _bind(module: ModuleType, own: stages.Kernel) -> None:
    """Give a system's module the stepper's functions, with its own two inside."""
    asked = Lock()
    addresses: list[Integers] = []

    def called() -> Integers:
        if addresses:
            return addresses[0]
        with asked:
            if not addresses:
                found = [
                    kernels.callback(module, module.derive_at, calls.DERIVE),
                    kernels.callback(module, module.attempt_at, calls.ATTEMPT),
                    kernels.callback(module, module.read_at, calls.ATTEMPT),
                ]
                if hasattr(module, "compare_at"):
                    found.append(kernels.callback(module, module.compare_at, calls.ATTEMPT))
                addresses.append(np.array(found, dtype=np.int64))
        return addresses[0]

    states, _, rows = own.shape[:3]
    rooms: dict[int, list[tuple[Floats | Integers, ...]]] = {}

    def march(*arguments: Any) -> None:
        # The stepper allocates nothing: it does without the compiler's counting of references. What
        # it works in is kept for the next call, and no other thread's as long as it is taken.
        areas = len(arguments[OBSERVED])
        kept = rooms.setdefault(areas, [])
        try:
            room = kept.pop()
        except IndexError:
            w = np.empty((rows + areas) * LANES)
            seat = np.empty((layout.SEATS, LANES), dtype=np.int64)
            room = w, w.view(np.int64), seat, np.empty((LANES, states), dtype=np.int64)
        stepping().march(called(), own.shape, own.dense, *room, *arguments)
        kept.append(room)

    def paces(*arguments: Any) -> None:
        stepping().paces(called(), own.shape, np.empty(rows * LANES), *arguments)

    module.__dict__.update(DENSE=own.dense, march=march, paces=paces)


class Kernels:
    """The two methods of one system; the one for stiff systems is compiled when first asked for."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._asked = Lock()
        self.explicit = kernel(system)
        kernels.announce(stepping())
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
        for module in (stepping(), self.explicit, self._stiff):
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
    # Every sample is written by the stepper; memory is first touched by the thread that writes it.
    amounts = np.empty((problem.lanes, problem.columns, len(system.states)))
    areas = np.empty((problem.lanes, problem.columns, len(problem.observed)))
    scale = scale_of(problem, largest_by_state(lanes.doses, lanes.dose_from, len(system.states)))
    status = np.zeros(problem.lanes, dtype=np.int64)
    where = np.zeros(problem.lanes)
    reasons: dict[int, str] = {}
    used: set[int] = set()
    block = 1 if strict else LANES

    def run(module: ModuleType, stretch: Stretch, order: Integers, block: int, limit: int) -> None:
        line = stretch.line
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

    def prepared(lo: int, hi: int) -> Stretch:
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
        if block > 1 and hi - lo > block:
            found = np.empty(hi - lo)
            both.explicit.paces(lo, hi, problem.start, problem.parameters, scale, found)
            order = order[_sorting(line, found)]
        return Stretch(lo, line, steady, order[~np.isin(order, list(lost))] if lost else order)

    def together(
        ready: dict[int, Stretch],
        module: ModuleType,
        orders: dict[int, Integers],
        size: int,
        limit: int,
    ) -> None:
        # Blocks are cut within each super-block, so they never depend on what else there is.
        for order in orders.values():
            status[order] = 0
        blocks = sum(-(-len(order) // size) for order in orders.values())
        at_once = size * max(1, min(SUPER_BLOCK // size, blocks // (4 * workers)))
        shares = [
            (lo, orders[lo][i : i + at_once])
            for lo in sorted(orders)
            for i in range(0, len(orders[lo]), at_once)
        ]

        def work(first: int, last: int) -> None:
            for lo, order in shares[first:last]:
                run(module, ready[lo], order, size, limit)

        in_threads(work, len(shares), 1, workers)

    def again(ready: dict[int, Stretch]) -> None:
        """Go on with the lanes that the explicit method did not take to their end."""

        def failed(*why: int) -> dict[int, Integers]:
            found = {lo: each.order[np.isin(status[each.order], why)] for lo, each in ready.items()}
            return {lo: order for lo, order in found.items() if len(order)}

        # Without the stiff ones, what they hindered goes on as before.
        together(ready, both.explicit, failed(stepper.HINDERED), block, BLOCK_LIMIT)
        lagging = failed(stepper.HINDERED, stepper.TOO_MANY_STEPS, stepper.COLLAPSED)
        together(ready, both.explicit, lagging, 1, LANE_LIMIT)
        slow = failed(stepper.STIFF, stepper.TOO_MANY_STEPS, stepper.COLLAPSED)
        if slow:
            used.update(int(lane) for order in slow.values() for lane in order)
            together(ready, both.stiff(), slow, block, BLOCK_LIMIT)
            alone = failed(stepper.TOO_MANY_STEPS, stepper.COLLAPSED)
            together(ready, both.stiff(), alone, 1, LANE_LIMIT)

    for begin in range(0, problem.lanes, WAVE):
        end = min(begin + WAVE, problem.lanes)
        ready: dict[int, Stretch] = {}
        many = end - begin >= 4 * workers * SUPER_BLOCK

        def first(
            lo: int,
            hi: int,
            begin: int = begin,
            ready: dict[int, Stretch] = ready,
            many: bool = many,
        ) -> None:
            stretch = prepared(begin + lo, begin + hi)
            if many:
                run(both.explicit, stretch, stretch.order, block, BLOCK_LIMIT)
            if not many or status[begin + lo : begin + hi].any():
                ready[begin + lo] = stretch

        in_threads(first, end - begin, SUPER_BLOCK, workers)
        if not many:
            orders = {lo: ready[lo].order for lo in ready}
            together(ready, both.explicit, orders, block, BLOCK_LIMIT)
        if status[begin:end].any():
            again(ready)
    both.note()
    for lane in np.flatnonzero(status).tolist():
        reasons[lane] = _reason(int(status[lane]), float(where[lane]))
    for lane in reasons:
        amounts[lane] = np.nan
        areas[lane] = np.nan
    return Integrated(amounts, areas, reasons, tuple(sorted(used - set(reasons))))


def _reason(status: int, time: float) -> str:
    if status == stepper.COLLAPSED:
        return f"the step collapsed before {time:.6g} h: amounts blow up or rates are not finite"
    return f"more than {LANE_LIMIT} steps before {time:.6g} h, with the method for stiff systems"


def _sorting(line: Timeline, pace: Floats) -> Integers:
    """Lanes with like numbers of events and like paces next to each other."""
    count = line.last - line.first
    place = np.argsort(pace, kind="stable")  # what is not a number stands last
    if count.min() == count.max():
        return place
    number = np.floor(4.0 * np.log2(1.0 + count[place])).astype(np.int16)
    return place[np.argsort(number, kind="stable")]
