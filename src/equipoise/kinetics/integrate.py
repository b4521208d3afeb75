"""The driver of the stepper: systems without a closed form over all lanes.

Every lane begins with the explicit method, by steps of its own. One that stability holds up for
long goes on with the method for stiff systems, from its start; there the lanes of a block share
their steps, and a lane that fails in company is tried alone before it is given up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from threading import Lock, RLock
from types import ModuleType
from typing import Any

import numpy as np

from equipoise.kinetics import block as layout
from equipoise.kinetics import (
    calls,
    events,
    kernels,
    own_stages,
    own_steps,
    samples,
    schedule,
    stages,
    stepper,
    stiff,
)
from equipoise.kinetics.block import LANES
from equipoise.kinetics.lanes import SUPER_BLOCK, Lanes, in_threads
from equipoise.kinetics.problem import Problem, largest_by_state, scale_of
from equipoise.kinetics.schedule import Floats, Integers, Timeline
from equipoise.kinetics.steady import steady_states
from equipoise.kinetics.stepper import System

OBSERVED, AMOUNTS = 19, 23
"""Places of `observed` and `amounts` among the arguments of `march`."""

WAVE = 64 * SUPER_BLOCK
"""Lanes after which those that failed are gone on with."""

SHARES = 4
"""Into so many each thread's work is cut, that one may take over from another."""

BLOCK_LIMIT = 20_000
LANE_LIMIT = 200_000
"""Attempted steps in one segment, by a block and by a lane alone."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A super-block made ready: its events, steady states, and the lanes that have these."""

    lo: int
    line: Timeline
    steady: Floats
    order: Integers


def _shared() -> tuple[str, str]:
    """What the text of either stepper begins with."""
    rows = (*layout.SETTINGS, *layout.SEAT_ROWS, *layout.LANE_ROWS, *layout.SHAPE)
    return (
        kernels.constants(
            SAME_TIME=events.SAME_TIME,
            **{name: getattr(layout, name) for name in rows},
            **{name: getattr(stepper, name) for name in stepper.SETTINGS},
            **{name: getattr(schedule, name) for name in schedule.KINDS},
        ),
        calls.importing("call_attempt", "call_derive", "fetch", "lowest"),
    )


@cache
def stepping_each() -> ModuleType:
    """The stepper of lanes that take steps of their own, compiled when first called."""
    return kernels.load(
        "own_steps",
        (
            *_shared(),
            kernels.constants(NEAR=own_steps.NEAR, UNASKED=own_steps.UNASKED),
            kernels.source_of(
                samples.before,
                stepper.apply,
                stepper.seated,
                stepper.settle,
                samples.sample_areas,
                stepper.near,
                own_steps.seat_down,
                own_steps.local,
                own_steps.read_areas,
                own_steps.ask,
                own_steps.sample_each,
                own_steps.accumulate_each,
                own_steps.arrive,
                own_steps.depart,
                how="inside",
            ),
            kernels.source_of(own_steps.march_each, how="lean"),
        ),
    )


@cache
def stepping() -> ModuleType:
    """The stepper of lanes that share steps, compiled when first called."""
    return kernels.load(
        "stepper",
        (
            *_shared(),
            kernels.source_of(
                samples.before,
                samples.due,
                stepper.apply,
                stepper.settle,
                stepper.seated,
                stepper.near,
                how="inside",
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

    method  `stages`, the explicit one; `own_stages`, the same with steps of each lane's own; or
            `stiff`
    Fails   ValueError when its rates cannot be compiled, with the reason.
    """
    own = method.stages(system, LANES)
    name = {stiff: "stiff", own_stages: "steps"}.get(method, "rates")
    module = kernels.load(
        "_".join((name, system.rates.__name__.strip("<>_"), *system.states))[:60],
        (kernels.constants(LANES=LANES, **own.rows), own.text),
    )
    _bind(module, own, each=method is own_stages)
    return module


def _bind(module: ModuleType, own: stages.Kernel, *, each: bool) -> None:
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
            w = _aligned((rows + areas) * LANES)
            seat = np.empty((layout.SEATS, LANES), dtype=np.int64)
            room = w, w.view(np.int64), seat, np.empty((LANES, states), dtype=np.int64)
        if each:
            flat = arguments[AMOUNTS].reshape(-1)
            stepping_each().march_each(called(), own.shape, own.dense, *room, flat, *arguments)
        else:
            stepping().march(called(), own.shape, own.dense, *room, *arguments)
        kept.append(room)

    def paces(*arguments: Any) -> None:
        stepping().paces(called(), own.shape, np.empty(rows * LANES), *arguments)

    module.__dict__.update(DENSE=own.dense, march=march, paces=paces)


def _aligned(numbers: int) -> Floats:
    """Room for numbers that begins where a line of memory does: a vector that straddles two of
    them takes twice as long."""
    room = np.empty(numbers + stepper.LINE)
    begin = -(room.ctypes.data // room.itemsize) % stepper.LINE
    return room[begin : begin + numbers]


class Kernels:
    """The methods of one system; each is made when first asked for, compiled when first called."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._asked = RLock()
        self._made: dict[ModuleType, ModuleType] = {}
        self._steppers: list[ModuleType] = []

    @property
    def explicit(self) -> ModuleType:
        """The explicit method, steps shared by the lanes of a block."""
        return self._of(stages, stepping)

    def each(self) -> ModuleType:
        """The explicit method where each lane takes steps of its own."""
        return self._of(own_stages, stepping_each)

    def stiff(self) -> ModuleType:
        """The method for stiff systems."""
        return self._of(stiff, stepping)

    def _of(self, method: ModuleType, stepper_of: Callable[[], ModuleType]) -> ModuleType:
        with self._asked:
            if method not in self._made:
                # A system that cannot be compiled has no stepper announced.
                made = kernel(self._system, method)
                self._steppers.append(stepper_of())
                kernels.announce(self._steppers[-1])
                kernels.announce(made)
                self._made[method] = made
            return self._made[method]

    def note(self) -> None:
        """Note on disk what has been compiled."""
        with self._asked:
            for module in (*self._steppers, *self._made.values()):
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
    """Every lane along its schedule.

    strict  lanes that need the method for stiff systems share no steps either
    """
    if not rtol >= 1e-14:
        raise ValueError(f"rtol must be at least 1e-14, not {rtol}")
    if not atol >= 0.0:
        raise ValueError(f"atol must not be negative, not {atol}")
    both = Kernels(system)
    each = both.each()
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

    alike = _of_schedules(problem, lanes)

    def prepared(lo: int, hi: int) -> Stretch:
        if alike is None:
            line = lanes.timeline(lo, hi)
        else:
            of = problem.schedule_of[lo:hi]
            line = alike._replace(first=alike.first[of], last=alike.last[of])
        steady, lost = np.empty((0, len(system.states))), dict[int, str]()
        if len(line.steady):
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
        cuts = 1 if workers == 1 else SHARES * workers
        at_once = size * max(1, min(SUPER_BLOCK // size, -(-blocks // cuts)))
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
                run(each, stretch, stretch.order, LANES, LANE_LIMIT)
            if not many or status[begin + lo : begin + hi].any():
                ready[begin + lo] = stretch

        in_threads(first, end - begin, SUPER_BLOCK, workers)
        if not many:
            orders = {lo: ready[lo].order for lo in ready}
            together(ready, each, orders, LANES, LANE_LIMIT)
        if status[begin:end].any():
            again(ready)
    both.note()
    for lane in np.flatnonzero(status).tolist():
        reasons[lane] = _reason(int(status[lane]), float(where[lane]))
    for lane in reasons:
        amounts[lane] = np.nan
        areas[lane] = np.nan
    return Integrated(amounts, areas, reasons, tuple(sorted(used - set(reasons))))


def _of_schedules(problem: Problem, lanes: Lanes) -> Timeline | None:
    """The events of each schedule, where lanes share schedules and no parameter of a lane moves an
    event."""
    each = (
        problem.bioavailability,
        problem.lag,
        problem.modeled_rate,
        problem.modeled_duration,
    )
    schedules = len(problem.packed.dose_from) - 1
    if 2 * schedules > problem.lanes or any(len(values) > 1 for values in each):
        return None
    line = Lanes(replace(problem, schedule_of=np.arange(schedules)), lanes).timeline(0, schedules)
    return None if len(line.steady) else line


def _reason(status: int, time: float) -> str:
    if status == stepper.COLLAPSED:
        return f"the step collapsed before {time:.6g} h: amounts blow up or rates are not finite"
    return f"more than {LANE_LIMIT} steps before {time:.6g} h, with the method for stiff systems"
