"""`solve`: schedules, times and parameters in; amounts and areas of every lane out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from equipoise.kinetics.events import Schedule
from equipoise.kinetics.lanes import processors
from equipoise.kinetics.linear import Linear
from equipoise.kinetics.problem import Problem, checked
from equipoise.kinetics.schedule import Floats
from equipoise.kinetics.stepper import System


@dataclass(frozen=True, slots=True)
class Solution:
    """What `solve` found.

    amounts  (L, T, C) state of each lane at each of its times, NaN beyond the last one
    areas    (L, T, O) integral of amount / volume from the start to each time (hours x
             concentration), one for each pair in `observe`
    failed   (lane, reason) for every lane without an answer; its numbers are NaN
    stiff    lanes whose answer, or whose steady state, took the method for stiff systems
    """

    amounts: Floats
    areas: Floats
    failed: tuple[tuple[int, str], ...] = ()
    stiff: tuple[int, ...] = ()


def solve(
    system: Linear | System,
    schedules: Sequence[Schedule],
    times: Sequence[npt.ArrayLike],
    parameters: npt.ArrayLike,
    *,
    schedule_of: npt.ArrayLike | None = None,
    observe: Sequence[tuple[int, int]] = (),
    after: Sequence[npt.ArrayLike] | None = None,
    bioavailability: npt.ArrayLike | None = None,
    lag: npt.ArrayLike | None = None,
    modeled_rate: npt.ArrayLike | None = None,
    modeled_duration: npt.ArrayLike | None = None,
    initial: npt.ArrayLike | None = None,
    start: npt.ArrayLike | None = None,
    rtol: float = 1e-6,
    atol: float = 1e-10,
    strict: bool = False,
    threads: int | None = None,
) -> Solution:
    """Amounts over time, every lane on its own schedule.

    schedules    S of them; lane i follows schedule `schedule_of[i]`, by default schedule i, or
                 the only one there is
    times        for each schedule the times of its samples, hours, in any order
    parameters   (L, P, K) a set for each piece between breaks, or (L, K) for all of them; pieces
                 beyond those of a lane's schedule are ignored
    observe      pairs (state, parameter that is its volume) whose areas are wanted
    after        for each schedule, for each time: False (default) the value just before what
                 happens at that time, True just after, or the row of the sample in a data set:
                 after what has no row and rows before its own; within 1e-9 h counts as the same
                 time
    bioavailability, lag
                 (L, P, C), or (L, C) for all pieces, of the piece that holds the dose's own time.
                 Bioavailability scales the amount, never a recorded duration. Lag is hours >= 0.
    modeled_rate, modeled_duration
                 likewise: amount/h, or hours, of doses whose `rate` leaves them to the lane
    initial      (L, C) amounts at `start`, default 0
    start        hours, one for all schedules or one each; default (or NaN) the first dose, reset or
                 sample of the lane's schedule
    rtol, atol   of the integration (a `System` only); `atol` is relative to the lane's largest
                 single dose or initial amount (where several states have one, of that whose is
                 smallest). The closed form is exact to rounding. Lanes that turn out stiff are
                 integrated by a method made for that, to the same tolerance.
    strict       a lane's numbers are the same to the byte alone or in company, those of lanes that
                 need the method for stiff systems too, which otherwise share steps and agree to
                 about 10 x rtol
    threads      default: the processors there are; the results never depend on it

    Areas count from the start, through resets. A reset zeroes the states, stops inputs and drops
    doses recorded before it that a lag still holds back; so does a dose with steady = 1.

    Fails  ValueError when an argument is wrong, with its name. A lane that cannot be solved is
           not an exception: it is NaN, with the reason in `failed`.
    """
    problem = checked(
        system,
        schedules,
        times,
        parameters,
        schedule_of=schedule_of,
        observe=observe,
        after=after,
        bioavailability=bioavailability,
        lag=lag,
        modeled_rate=modeled_rate,
        modeled_duration=modeled_duration,
        initial=initial,
        start=start,
    )
    workers = threads or processors()
    # Imported late: what follows needs the compiler, what precedes it does not.
    stiff: tuple[int, ...] = ()
    if isinstance(system, Linear):
        from equipoise.kinetics.closed_form import closed_form

        amounts, areas, reasons = closed_form(system, problem, workers=workers)
    else:
        from equipoise.kinetics.integrate import integrate

        found = integrate(system, problem, rtol=rtol, atol=atol, strict=strict, workers=workers)
        amounts, areas, reasons, stiff = found.amounts, found.areas, found.reasons, found.stiff
    for lane in reasons:
        amounts[lane] = np.nan
        areas[lane] = np.nan
    _as_asked(problem, amounts)
    _as_asked(problem, areas)
    return Solution(amounts, areas, tuple(sorted(reasons.items())), stiff)


def _as_asked(problem: Problem, values: Floats) -> None:
    """Put samples back into the order in which each schedule's times were given."""
    if problem.order is None:
        return
    for number, (begin, end) in enumerate(pairwise(problem.out_from)):
        order = problem.order[begin:end] - begin
        if np.any(order[1:] < order[:-1]):
            lanes = np.flatnonzero(problem.schedule_of == number)
            back = np.empty_like(values[lanes][:, : end - begin])
            back[:, order] = values[lanes][:, : end - begin]
            values[lanes, : end - begin] = back
