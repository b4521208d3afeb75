"""The driver of the stepper: systems without a closed form over all lanes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

import numpy as np

from equipoise.kinetics import events, kernels, schedule, stages, stepper
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
def kernel(system: System) -> ModuleType:
    """The compiled stepper of one system.

    Fails  ValueError when its rates cannot be compiled, with the reason.
    """
    return kernels.load(
        "_".join(("stepper", system.rates.__name__.strip("<>_"), *system.states))[:60],
        (
            kernels.constants(
                SAME_TIME=events.SAME_TIME,
                LANES=LANES,
                TOO_MANY_STEPS=stepper.TOO_MANY_STEPS,
                COLLAPSED=stepper.COLLAPSED,
                **{name: getattr(stepper, name) for name in stepper.SEAT_ROWS},
                **{name: getattr(schedule, name) for name in schedule.KINDS},
                **stages.layout(system),
            ),
            stages.stages(system, LANES),
            kernels.source_of(
                stepper.before,
                stepper.sample,
                stepper.due,
                stepper.apply,
                stepper.accept,
                stepper.cross,
                stepper.march,
                stepper.paces,
            ),
        ),
    )


def integrate(
    system: System, problem: Problem, *, rtol: float, atol: float, strict: bool, workers: int
) -> tuple[Floats, Floats, dict[int, str]]:
    """Amounts (L, T, C), areas (L, T, O), and the reason of each lane that failed."""
    if not rtol >= 1e-14:
        raise ValueError(f"rtol must be at least 1e-14, not {rtol}")
    if not atol >= 0.0:
        raise ValueError(f"atol must not be negative, not {atol}")
    module = kernel(system)
    kernels.announce(module)
    lanes = Lanes(problem)
    amounts = np.full((problem.lanes, problem.columns, len(system.states)), np.nan)
    areas = np.full((problem.lanes, problem.columns, len(problem.observed)), np.nan)
    scale = _scale(problem, lanes.doses, lanes.dose_from)
    status = np.zeros(problem.lanes, dtype=np.int64)
    where = np.zeros(problem.lanes)
    reasons: dict[int, str] = {}

    def run(stretch: Stretch, order: Integers, block: int, limit: int) -> None:
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
            steady, lost = steady_states(
                module, line, problem.parameters, scale, rtol=rtol, atol=atol, limit=LANE_LIMIT
            )
            reasons.update(lost)
            order = np.arange(lo, hi)
            if not strict:
                found = np.empty(hi - lo)
                module.paces(lo, hi, problem.start, problem.parameters, scale, found)
                order = order[_sorting(line, found)]
            order = order[~np.isin(order, list(lost))] if lost else order
            ready[lo] = Stretch(lo, line, steady, order)

        in_threads(prepare, end - begin, SUPER_BLOCK, workers)
        # Blocks are cut within each super-block, so that they never depend on what else there is.
        block = 1 if strict else LANES
        blocks = [
            (ready[lo], i) for lo in sorted(ready) for i in range(0, len(ready[lo].order), block)
        ]
        together = max(1, min(256 // block, len(blocks) // (4 * workers)))

        def work(
            lo: int,
            hi: int,
            blocks: list[tuple[Stretch, int]] = blocks,
            block: int = block,
        ) -> None:
            for stretch, i in blocks[lo:hi]:
                run(stretch, stretch.order[i : i + block], block, BLOCK_LIMIT)

        in_threads(work, len(blocks), together, workers)
        again = [
            (ready[lo], lane)
            for lo in sorted(ready)
            for lane in sorted(ready[lo].order)
            if status[lane] != 0
        ]

        def alone(lo: int, hi: int, again: list[tuple[Stretch, int]] = again) -> None:
            for stretch, lane in again[lo:hi]:
                status[lane] = 0
                run(stretch, np.array([lane], dtype=np.int64), 1, LANE_LIMIT)

        in_threads(alone, len(again), 1, workers)
    kernels.note(module)
    for lane in np.flatnonzero(status):
        reasons[int(lane)] = _reason(int(status[lane]), float(where[lane]))
    return amounts, areas, reasons


def _reason(status: int, time: float) -> str:
    if status == stepper.COLLAPSED:
        return f"the step collapsed before {time:.6g} h: amounts blow up or rates are not finite"
    return f"more than {LANE_LIMIT} steps before {time:.6g} h: too stiff for an explicit method"


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
