"""The driver of the closed form: linear systems over all lanes."""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np

from equipoise.kinetics import events, kernels, linear, schedule
from equipoise.kinetics.lanes import SUPER_BLOCK, Lanes, in_threads
from equipoise.kinetics.linear import Linear
from equipoise.kinetics.problem import Problem
from equipoise.kinetics.schedule import Floats

_REASONS = {
    linear.NO_STEADY_STATE: "no steady state: a clearance or KA of zero lets doses pile up",
    linear.NOT_FINITE: "amounts overflow: check the parameters",
}


def closed_form(
    system: Linear, problem: Problem, *, workers: int
) -> tuple[Floats, Floats, dict[int, str]]:
    """Amounts (L, T, C), areas (L, T, O), and the reason of each lane that failed."""
    module = _kernel()
    kernels.announce(module)
    amounts = np.full((problem.lanes, problem.columns, len(system.states)), np.nan)
    areas = np.full((problem.lanes, problem.columns, len(problem.observed)), np.nan)
    status = np.zeros(problem.lanes, dtype=np.int64)
    lanes = Lanes(problem)

    def work(lo: int, hi: int) -> None:
        line = lanes.timeline(lo, hi)
        module.march_linear(
            lo,
            hi,
            system.compartments,
            int(system.depot),
            line.first,
            line.last,
            line.times,
            line.kinds,
            line.indices,
            line.values,
            line.rows,
            line.steady,
            problem.out_from,
            problem.out_times,
            problem.out_after,
            problem.schedule_of,
            problem.start,
            problem.parameters,
            problem.initial,
            problem.observed,
            amounts,
            areas,
            status,
        )

    in_threads(work, problem.lanes, SUPER_BLOCK // 4, workers)
    kernels.note(module)
    _find_overflow(problem, amounts, status)
    return amounts, areas, {int(i): _REASONS[int(status[i])] for i in np.flatnonzero(status)}


@cache
def _kernel() -> ModuleType:
    return kernels.load(
        "linear",
        (
            kernels.constants(
                SAME_TIME=events.SAME_TIME,
                NO_STEADY_STATE=linear.NO_STEADY_STATE,
                **{name: getattr(schedule, name) for name in schedule.KINDS},
            ),
            kernels.source_of(
                linear.exp1,
                linear.exp2,
                linear.exp3,
                linear.exp4,
                linear.disposition,
                linear.to_modes,
                linear.evolve,
                linear.accumulate,
                linear.steady_state,
                linear.march_linear,
            ),
        ),
    )


def _find_overflow(problem: Problem, amounts: Floats, status: schedule.Integers) -> None:
    asked = np.diff(problem.out_from)[problem.schedule_of]
    wanted = np.arange(problem.columns)[None, :] < asked[:, None]
    bad = (~np.isfinite(amounts).all(axis=2) & wanted).any(axis=1)
    status[bad & (status == 0)] = linear.NOT_FINITE
