"""The driver of the closed form: linear systems over all lanes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from types import ModuleType

import numpy as np

from equipoise.kinetics import (
    calls,
    events,
    kernels,
    linear,
    linear_march,
    linear_modes,
    linear_together,
    schedule,
)
from equipoise.kinetics.lanes import SUPER_BLOCK, Lanes, in_threads
from equipoise.kinetics.linear import Linear
from equipoise.kinetics.problem import Problem
from equipoise.kinetics.schedule import Floats, Integers, Timeline

_REASONS = {
    linear.NO_STEADY_STATE: "no steady state: a clearance or KA of zero lets doses pile up",
    linear.NOT_FINITE: "amounts overflow: check the parameters",
}

_CONSTANTS = kernels.constants(
    SAME_TIME=events.SAME_TIME,
    NO_STEADY_STATE=linear.NO_STEADY_STATE,
    NOT_FINITE=linear.NOT_FINITE,
    **{name: getattr(linear_march, name) for name in linear_march.SETTINGS},
    **{name: getattr(schedule, name) for name in schedule.KINDS},
)


def closed_form(
    system: Linear, problem: Problem, *, workers: int, common: Timeline | None = None
) -> tuple[Floats, Floats, dict[int, str]]:
    """Amounts (L, T, C), areas (L, T, O), and the reason of each lane that failed.

    common  events of each schedule, where they are known and lanes share them
    """
    amounts = np.empty((problem.lanes, problem.columns, len(system.states)))
    areas = np.empty((problem.lanes, problem.columns, len(problem.observed)))
    status = np.zeros(problem.lanes, dtype=np.int64)
    lanes = None
    if common is None:
        lanes = Lanes(problem)
        schedules = len(problem.out_from) - 1
        if schedules <= max(problem.lanes // 2, linear_together.FEW) and _shared(problem):
            each = replace(problem, schedule_of=np.arange(schedules))
            common = Lanes(each, lanes).timeline(0, schedules)
    fed = system.depot and _fed(problem)
    if common is not None and not (fed or len(problem.observed)):
        side = Together.of(system, common, problem.columns)
        if side is not None and _in_company(problem.schedule_of, problem.start):
            samples = problem.out_from, problem.out_times, problem.out_after
            side.march(
                common, problem.schedule_of, samples, problem.start, problem.parameters,
                problem.initial, amounts, status, workers,
            )  # fmt: skip
            return amounts, areas, _reasons(status)
    module = _kernel(system, len(problem.observed) > 0, fed)
    kernels.announce(module)
    decay = _decay()

    def work(lo: int, hi: int) -> None:
        if common is None:
            assert lanes is not None
            line = lanes.timeline(lo, hi)
        else:
            of = problem.schedule_of[lo:hi]
            line = common._replace(first=common.first[of], last=common.last[of])
        settled_from = np.zeros(hi - lo, dtype=np.int64)
        settled = np.empty((0, len(system.states) + 1))
        if len(line.steady) > 0:
            settled = _settling().settle(
                system.compartments,
                int(system.depot),
                lo,
                hi,
                line.first,
                line.last,
                line.kinds,
                line.indices,
                line.steady,
                problem.parameters,
                settled_from,
            )
            kernels.note(_settling())
        events = int((line.last - line.first).max(initial=0))
        module.march_linear(
            decay,
            lo,
            hi,
            line.first,
            line.last,
            line.times,
            line.kinds,
            line.indices,
            line.values,
            line.rows,
            settled_from,
            settled,
            problem.out_from,
            problem.out_times,
            problem.out_after,
            problem.schedule_of,
            problem.start,
            problem.parameters,
            problem.initial,
            problem.observed,
            *_room(events, problem.columns, len(problem.observed)),
            amounts,
            areas,
            status,
        )

    in_threads(work, problem.lanes, SUPER_BLOCK, workers)
    kernels.note(module)
    return amounts, areas, _reasons(status)


def _reasons(status: Integers) -> dict[int, str]:
    return {int(i): _REASONS[int(status[i])] for i in status.nonzero()[0]}


class Straight:
    """The closed form along schedules whose events and samples are known, none in steady state:
    one call of the kernel and little beside it, for most calls of an estimation.

    problem  of a lane for each schedule, without areas
    line     the events of each
    """

    def __init__(self, system: Linear, problem: Problem, line: Timeline) -> None:
        self._system, self._fed = system, system.depot and _fed(problem)
        self._line, self._states = line, len(system.states)
        self._side = None if self._fed else Together.of(system, line, problem.columns)
        self._samples = problem.out_from, problem.out_times, problem.out_after
        self._columns = problem.columns
        self._events = int((line.last - line.first).max(initial=0))
        self._none = np.empty((0, self._states + 1)), np.zeros((0, 2), dtype=np.int64)
        self._rooms: list[tuple[Floats | Integers, ...]] = []

    def amounts(
        self, schedule_of: Integers, start: Floats, parameters: Floats, workers: int
    ) -> tuple[Floats, Integers]:
        """Amounts (L, T, C) of lanes that begin empty, and what failed (L,)."""
        line, lanes = self._line, len(schedule_of)
        amounts = np.empty((lanes, self._columns, self._states))
        status = np.zeros(lanes, dtype=np.int64)
        initial = np.zeros((lanes, self._states))
        if self._side is not None and _in_company(schedule_of, start):
            self._side.march(
                line, schedule_of, self._samples, start, parameters, initial, amounts, status,
                workers,
            )  # fmt: skip
            return amounts, status
        none, steady = np.empty((lanes, self._columns, 0)), np.zeros(lanes, dtype=np.int64)
        settled, observed = self._none
        first, last = line.first[schedule_of], line.last[schedule_of]
        module = _kernel(self._system, False, self._fed)
        kernels.announce(module)
        decay = _decay()

        def work(lo: int, hi: int) -> None:
            # Kept for the next call, and no other thread's as long as it is taken.
            rooms = self._rooms
            try:
                room = rooms.pop()
            except IndexError:
                room = _room(self._events, self._columns, 0)
            module.march_linear(
                decay, lo, hi, first[lo:hi], last[lo:hi], line.times, line.kinds,
                line.indices, line.values, line.rows, steady[lo:hi], settled, *self._samples,
                schedule_of, start, parameters, initial, observed,
                *room, amounts, none, status,
            )  # fmt: skip
            rooms.append(room)

        in_threads(work, lanes, SUPER_BLOCK, workers)
        kernels.note(module)
        return amounts, status


def _room(events: int, samples: int, areas: int) -> tuple[Floats | Integers, ...]:
    """What `march_linear` works in, for at most so many events and samples a lane.

    Made here, so that the kernel need not count references: that takes long to compile.
    """
    most = 1 + events + samples
    size = linear_march.MOST_COMPARTMENTS
    numbers = np.empty((9, (2 * size + 1) * most + linear_march.TOGETHER))
    return (
        numbers,
        numbers.view(np.int64),
        np.zeros((6, most + 4), dtype=np.int64),
        np.zeros((11, size + 1)),
        np.zeros((4, size, size)),
        np.empty(areas),
    )


def _in_company(schedule_of: Integers, start: Floats) -> bool:
    """Whether runs of lanes with one schedule and start are long enough: more than three."""
    if len(schedule_of) <= linear_together.FEW:
        return True
    other = (schedule_of[1:] != schedule_of[:-1]) | (start[1:] != start[:-1])
    return bool(3 * np.count_nonzero(other) < len(schedule_of))


def _shared(problem: Problem) -> bool:
    """Whether the events of a lane are those of its schedule, whatever its own parameters."""
    own = (problem.bioavailability, problem.lag, problem.modeled_rate, problem.modeled_duration)
    return all(each.shape[0] == 1 for each in own)


def _fed(problem: Problem) -> bool:
    """Whether anything flows into the first state instead of entering at once."""
    doses = problem.packed.doses
    return bool(((doses[:, 2] == 0.0) & ((doses[:, 3] > 0.0) | (doses[:, 6] != 0.0))).any())


@lru_cache(maxsize=24)
def _kernel(system: Linear, areas: bool, fed: bool) -> ModuleType:
    kind = ["areas"] * areas + ["fed"] * fed
    return kernels.load(
        "_".join(("linear", *system.states, *kind)),
        (
            _CONSTANTS,
            kernels.constants(
                COMPARTMENTS=system.compartments,
                DEPOT=int(system.depot),
                AREAS=int(areas),
                FED=int(fed),
            ),
            calls.importing("call_decay", "fused"),
            kernels.source_of(linear.tangent, linear.disposition, how="exact"),
            kernels.source_of(linear_modes.two, linear_modes.entered, how="inside"),
            kernels.source_of(
                linear.exp1,
                linear.exp2,
                linear.exp3,
                linear.exp4,
                linear_modes.bearings,
                linear.accumulate,
                linear_march.steps_of,
                linear_march.distinct_steps,
                linear.fed,
                linear_march.amounts_and_areas_at,
                linear_march.not_finite,
                how="within",
            ),
            kernels.source_of(linear_march.amounts_at, how="inside"),
            kernels.source_of(linear_march.march_linear, how="lean"),
        ),
    )


@lru_cache(maxsize=6)
def _together(system: Linear) -> ModuleType:
    """The kernel of lanes side by side on one schedule."""
    from equipoise.kinetics import eights

    module = kernels.load(
        "_".join(("linear_together", *system.states)),
        (
            _CONSTANTS,
            kernels.constants(
                COMPARTMENTS=system.compartments,
                DEPOT=int(system.depot),
                **{name: getattr(linear_together, name) for name in linear_together.SETTINGS},
            ),
            eights.importing(*linear_together.NAMES),
            calls.importing("fused"),
            kernels.source_of(linear.tangent, linear.disposition, how="exact"),
            kernels.source_of(linear_modes.two, how="inside"),
            kernels.source_of(
                linear_modes.bearings,
                linear_march.steps_of,
                linear_march.distinct_steps,
                how="within",
            ),
            kernels.source_of(
                linear_together.left_and_gone,
                linear_together.two_of_eight,
                linear_together.decay_together,
                linear_together.entered_eight,
                linear_together.fed_by,
                how="inside",
            ),
            kernels.source_of(linear_together.march_together, how="lean"),
        ),
    )
    kernels.announce(module)
    return module


class Together:
    """Lanes of one shape side by side.

    events, samples  at most so many a lane
    """

    @staticmethod
    def of(system: Linear, line: Timeline, samples: int) -> Together | None:
        """For lanes that follow these events, or None where some need `march_linear`."""
        events = int((line.last - line.first).max(initial=0))
        if events + samples > linear_together.LONGEST:
            return None
        if len(line.steady) or (line.kinds == schedule.BREAK).any():
            return None
        return Together(system, events, samples)

    def __init__(self, system: Linear, events: int, samples: int) -> None:
        self._system, self._events, self._samples = system, events, samples
        self._rooms: list[tuple[Floats | Integers, ...]] = []

    def march(
        self, line: Timeline, schedule_of: Integers, samples: tuple[Integers, Floats, Integers],
        start: Floats, parameters: Floats, initial: Floats, amounts: Floats, status: Integers,
        workers: int,
    ) -> None:  # fmt: skip
        """Write amounts and status of all lanes."""
        module = _together(self._system)
        out_from, out_times, out_after = samples
        first, last = line.first[schedule_of], line.last[schedule_of]
        parameters, initial = np.ascontiguousarray(parameters), np.ascontiguousarray(initial)

        def work(lo: int, hi: int) -> None:
            # Kept for the next call, and no other thread's as long as it is taken.
            try:
                room = self._rooms.pop()
            except IndexError:
                room = self._room()
            module.march_together(
                lo, hi, first[lo:hi], last[lo:hi], line.times, line.kinds, line.indices,
                line.values, line.rows, out_from, out_times, out_after, schedule_of, start,
                parameters, initial, *room, amounts, status,
            )  # fmt: skip
            self._rooms.append(room)

        lanes = len(schedule_of)
        # Few long stretches: between them a thread waits for the others.
        size = max(SUPER_BLOCK, -(-lanes // (4 * workers if workers > 1 else 1)))
        in_threads(work, lanes, size, workers)
        kernels.note(module)

    def _room(self) -> tuple[Floats | Integers, ...]:
        n, size = self._system.compartments, len(self._system.states)
        most = 1 + self._events + self._samples
        rows = n + 2 * n * n + (2 * size + n) * most + self._samples * size
        room = linear_march.MOST_COMPARTMENTS
        return (
            np.empty((2, most)),
            np.zeros((6, most + 8), dtype=np.int64),
            np.zeros((11, room + 1)),
            np.zeros((4, room, room)),
            _aligned(rows * linear_together.SEATS),
        )


def _aligned(size: int) -> Floats:
    """Numbers that begin where a line of the cache does."""
    room = np.empty(size + 8)
    skipped = -(room.ctypes.data // 8) % 8
    return room[skipped : skipped + size]


@cache
def _decay() -> int:
    """The address of the exponentials, which all shapes share."""
    module = kernels.load(
        "linear_decay",
        (
            kernels.constants(
                **{name: getattr(linear_march, name) for name in linear_march.SETTINGS}
            ),
            kernels.source_of(linear_march.exponentials, how="inside"),
            kernels.source_of(linear_march.decay_at, how="plain"),
        ),
    )
    address = kernels.callback(module, module.decay_at, calls.DECAY)
    kernels.note(module)
    return address


@cache
def _settling() -> ModuleType:
    """The kernel of steady states, which few problems need."""
    module = kernels.load(
        "linear_steady",
        (
            _CONSTANTS,
            kernels.source_of(
                linear.exp1,
                linear.exp2,
                linear.exp3,
                linear.tangent,
                linear.disposition,
                linear.to_modes,
                linear.evolve,
                linear.steady_state,
                how="within",
            ),
            kernels.source_of(linear.settle),
        ),
    )
    kernels.announce(module)
    return module
