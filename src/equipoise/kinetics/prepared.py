"""Schedules and samples made ready once, for many calls with other parameters.

An estimation asks for the same subjects' amounts again and again. What does not depend on the
parameters (events in order, samples, starts) is worked out once; a call then goes straight to the
compiled kernels. Lanes come in groups, a point and its perturbed copies: a group always shares the
steps of one block, so that differences within it are smooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from equipoise.kinetics.block import LANES
from equipoise.kinetics.events import MODELED_DURATION, MODELED_RATE, Schedule
from equipoise.kinetics.groups import AT_ONCE, ATOL, BLOCK_LIMIT, FEW, Run, in_blocks
from equipoise.kinetics.lanes import Lanes, in_threads, processors
from equipoise.kinetics.linear import Linear
from equipoise.kinetics.problem import (
    Problem,
    first_times,
    given_starts,
    largest_by_state,
    least_of_states,
    samples,
    scale_of,
)
from equipoise.kinetics.schedule import Floats, Integers, Timeline, longest, pack
from equipoise.kinetics.stepper import System

if TYPE_CHECKING:
    from equipoise.kinetics.closed_form import Straight
    from equipoise.kinetics.integrate import Kernels

Booleans = npt.NDArray[np.bool_]

NOTHING = np.zeros((0, 2), dtype=np.int64)
"""No areas are asked for."""

NO_STATES = np.zeros(0, dtype=int)

PLAIN = ("bioavailability", "lag")
MODELED = {MODELED_RATE: "modeled_rate", MODELED_DURATION: "modeled_duration"}


class Prepared:
    """Amounts at the samples of S schedules, for any number of lanes that follow them.

    schedules  S of them
    times      for each schedule its samples, hours, in order
    after      for each schedule, for each time: as in `solve`, in order at one time
    start      for each schedule, NaN: its first dose, reset or sample
    workers    threads of a call that names none; default as many as there are processors

    Fails  ValueError when an argument is wrong, with its name.
    """

    def __init__(
        self,
        system: Linear | System,
        schedules: Sequence[Schedule],
        times: Sequence[npt.ArrayLike],
        *,
        after: Sequence[npt.ArrayLike] | None = None,
        start: npt.ArrayLike | None = None,
        workers: int | None = None,
    ) -> None:
        self.system = system
        self.states = len(system.states)
        self._packed = pack(schedules, self.states)
        self._samples = samples(schedules, times, after)
        if self._samples[3] is not None:
            raise ValueError("times must be in order, and after what happens then comes last")
        out_from, out_times = self._samples[0], self._samples[1]
        self._columns = longest(out_from)
        own = np.arange(len(schedules))
        self._start = first_times(self._packed, out_from, out_times)
        if start is not None:
            self._start = given_starts(start, self._start, own, len(schedules))
        self._workers = workers or processors()
        self._some_slow = False
        self._slow = np.zeros(len(schedules), dtype=np.bool_)
        doses = self._packed.doses
        modeled = np.minimum.reduce(doses[:, 6], initial=0.0) < 0.0
        self._asked = {
            code: np.unique(doses[doses[:, 6] == code, 2]).astype(int) if modeled else NO_STATES
            for code in MODELED
        }
        self._kernels: Kernels | None = None
        self._lanes = Lanes(self._problem(own, np.zeros((len(own), 1, 0)), {}, None))
        # A dose whose input is the lane's own affair needs a time for each lane, and a train in
        # steady state a state, where that is integrated: then every call makes its own events.
        free = not any(len(into) for into in self._asked.values())
        if isinstance(system, System):
            free = free and not (self._lanes.doses[:, 5] > 0.0).any()
            self._largest = largest_by_state(self._lanes.doses, self._lanes.dose_from, self.states)
            least = least_of_states(self._largest)
            self._plain_scale = np.where(least > 0.0, least, 1.0)
            self._none, self._noted = np.zeros((0, self.states)), False
            self._plans: dict[tuple[int, int], tuple[Integers, int, _Own]] = {}
        else:
            volume = [name.startswith("V") for name in system.parameter_names]
            self._least = np.where(volume, np.nextafter(0.0, 1.0), 0.0)
        self._line = self._lanes.timeline(0, len(own)) if free else None
        self._straight_on: Straight | None = None
        named = int(doses[:, 7].max(initial=0.0))
        self._pieces = max(longest(self._packed.break_from), named) + 1

    def amounts(
        self,
        schedule_of: Integers,
        parameters: Floats,
        *,
        group: int = 1,
        by: dict[str, Floats] | None = None,
        initial: Floats | None = None,
        rtol: float = 1e-8,
        workers: int | None = None,
    ) -> tuple[Floats, Booleans]:
        """Amounts (L, T, C) of lanes at their samples, and which lanes have an answer (L,).

        schedule_of  (L,)
        parameters   (L, P, K)
        group        so many lanes in a row belong together: where one has no answer, none has
        by           bioavailability, lag, modeled_rate, modeled_duration: (L, P, C), as in `solve`
        initial      (L, C)
        rtol         of the integration; its absolute tolerance is the default of `solve`
        What stands beyond a schedule's last sample, and in lanes without an answer, means nothing.
        The number of workers changes no byte. A call that finds a schedule stiff is remembered:
        the next takes the method for stiff systems at once, and agrees within the tolerance.
        """
        workers = workers or self._workers
        by = by or {}
        if 1 < parameters.shape[1] < self._pieces:
            raise ValueError(
                f"parameters have {parameters.shape[1]} pieces; the schedules need {self._pieces}"
            )
        for code, name in MODELED.items():
            if name not in by and len(self._asked[code]):
                raise ValueError(f"{name} is needed: a dose leaves it to the model (RATE {code:g})")
        # A sum tells in one pass what most calls need to know.
        plain = not by and initial is None and math.isfinite(np.add.reduce(parameters, axis=None))
        if plain and isinstance(self.system, Linear):
            positive = np.minimum.reduce(parameters, axis=None, initial=1.0) > 0.0
            plain = bool(positive or (parameters.min(axis=(0, 1)) >= self._least).all())
        if plain:
            line = self._line
            if line is None:
                return self._found(schedule_of, parameters, group, by, initial, rtol, workers)
            if isinstance(self.system, System):
                if not self._some_slow and group <= LANES:
                    begun = self._straight(line, schedule_of, parameters, group, rtol, workers)
                    if not np.count_nonzero(begun[1]):
                        return begun[0], begun[1] == 0
                    problem = self._problem(schedule_of, parameters, by, initial)
                    amounts, good = self._integrated(
                        self.system, problem, line, group, rtol, workers, begun
                    )
                    return amounts, _together(amounts, good, group)
            elif not len(line.steady):
                amounts, status = self._closed(line).amounts(
                    schedule_of, self._start[schedule_of], parameters, workers
                )
                return amounts, _together(amounts, status == 0, group)
            return self._found(schedule_of, parameters, group, by, initial, rtol, workers)
        sound = self._sound(parameters, by, initial)
        if sound.all():
            return self._found(schedule_of, parameters, group, by, initial, rtol, workers)
        kept = np.repeat(sound.reshape(-1, group).all(axis=1), group)
        amounts = np.zeros((len(kept), self._columns, self.states))
        if kept.any():
            amounts[kept], good = self._found(
                schedule_of[kept],
                np.ascontiguousarray(parameters[kept]),
                group,
                {name: np.ascontiguousarray(values[kept]) for name, values in by.items()},
                None if initial is None else np.ascontiguousarray(initial[kept]),
                rtol,
                workers,
            )
            kept[kept] = good
        return amounts, kept

    def _both(self) -> Kernels:
        if self._kernels is None:
            from equipoise.kinetics.integrate import Kernels

            assert isinstance(self.system, System)
            self._kernels = Kernels(self.system)
        return self._kernels

    def _closed(self, line: Timeline) -> Straight:
        if self._straight_on is None:
            from equipoise.kinetics.closed_form import Straight

            assert isinstance(self.system, Linear)
            own = np.arange(len(self._start))
            problem = self._problem(own, np.zeros((len(own), 1, 0)), {}, None)
            self._straight_on = Straight(self.system, problem, line)
        return self._straight_on

    def _straight(
        self,
        line: Timeline,
        schedule_of: Integers,
        parameters: Floats,
        group: int,
        rtol: float,
        workers: int,
    ) -> tuple[Floats, Integers]:
        """Amounts, and what failed, where lanes share all events and begin empty: one call of the
        kernel and little beside it, for most calls of an estimation."""
        kernels = self._both()
        lanes = len(schedule_of)
        amounts, status = np.zeros((lanes, self._columns, self.states)), np.zeros(lanes, np.int64)
        order, block, own = self._lane_plan(line, schedule_of, group)
        if group == 1 and len(self._start) == 1 and lanes > LANES:
            # Lanes of like pace next to each other: a block steps as its worst lane must.
            pace = np.empty(lanes)
            kernels.explicit.paces(0, lanes, own.start, parameters, own.scale, pace)
            order = np.argsort(pace, kind="stable")[order]
        march = kernels.explicit.march

        def work(order: Integers) -> None:
            march(
                order, block, 0, own.first, own.last,
                line.times, line.kinds, line.indices, line.values, line.rows, self._none,
                *self._samples[:3], schedule_of, own.start, parameters, own.initial, own.scale,
                NOTHING, rtol, ATOL, BLOCK_LIMIT, amounts, own.areas, status, own.where,
            )  # fmt: skip

        blocks = len(order) // block
        if workers > 1 and blocks > FEW:
            at_once = max(1, min(AT_ONCE, blocks // (4 * workers)))
            in_threads(
                lambda lo, hi: work(order[lo * block : hi * block]), blocks, at_once, workers
            )
        else:
            work(order)
        if not self._noted:
            self._noted = True
            kernels.note()
        return amounts, status

    def _lane_plan(
        self, line: Timeline, schedule_of: Integers, group: int
    ) -> tuple[Integers, int, _Own]:
        """Lanes in the order of blocks, lanes of a block, and what belongs to each lane; kept where
        all follow one schedule, for calls with as many lanes."""
        lanes = len(schedule_of)
        alone = len(self._start) == 1
        if alone and (lanes, group) in self._plans:
            return self._plans[lanes, group]
        plan = (
            *_lane_order(lanes // group, group),
            _Own(
                line.first[schedule_of],
                line.last[schedule_of],
                self._start[schedule_of],
                self._plain_scale[schedule_of],
                np.zeros((lanes, self.states)),
                np.zeros((lanes, self._columns, 0)),
                np.zeros(lanes),
            ),
        )
        if alone:
            self._plans[lanes, group] = plan
        return plan

    def _sound(self, parameters: Floats, by: dict[str, Floats], initial: Floats | None) -> Booleans:
        """Lanes whose parameters `solve` would take, (L,)."""
        sound = np.isfinite(parameters).all(axis=(1, 2))
        if isinstance(self.system, Linear):
            for j, name in enumerate(self.system.parameter_names):
                own = parameters[:, :, j]
                sound &= (own > 0.0 if name.startswith("V") else own >= 0.0).all(axis=1)
        for name, values in by.items():
            if name in PLAIN:
                sound &= ((values >= 0.0) & np.isfinite(values)).all(axis=(1, 2))
        for code, name in MODELED.items():
            if name in by:
                into = by[name][:, :, self._asked[code]]
                sound &= ((into > 0.0) & np.isfinite(into)).all(axis=(1, 2))
        if initial is not None:
            sound &= np.isfinite(initial).all(axis=1)
        return np.asarray(sound)

    def _found(
        self,
        schedule_of: Integers,
        parameters: Floats,
        group: int,
        by: dict[str, Floats],
        initial: Floats | None,
        rtol: float,
        workers: int,
    ) -> tuple[Floats, Booleans]:
        problem = self._problem(schedule_of, parameters, by, initial)
        # What lanes have of their own about doses changes their events.
        common = None if by else self._line
        # Imported late: what follows needs the compiler, what precedes it does not.
        if isinstance(self.system, Linear):
            from equipoise.kinetics.closed_form import closed_form

            amounts, _, reasons = closed_form(self.system, problem, workers=workers, common=common)
            good = np.ones(len(schedule_of), dtype=np.bool_)
            if reasons:
                good[list(reasons)] = False
        else:
            amounts, good = self._integrated(self.system, problem, common, group, rtol, workers)
        return amounts, _together(amounts, good, group)

    def _problem(
        self,
        schedule_of: Integers,
        parameters: Floats,
        by: dict[str, Floats],
        initial: Floats | None,
    ) -> Problem:
        ones = _constant(self.states, 1.0)
        return Problem(
            packed=self._packed,
            schedule_of=schedule_of,
            out_from=self._samples[0],
            out_times=self._samples[1],
            out_after=self._samples[2],
            order=None,
            start=self._start[schedule_of],
            parameters=parameters,
            bioavailability=by.get("bioavailability", ones),
            lag=by.get("lag", _constant(self.states, 0.0)),
            modeled_rate=by.get("modeled_rate", ones),
            modeled_duration=by.get("modeled_duration", ones),
            initial=np.zeros((len(schedule_of), self.states)) if initial is None else initial,
            observed=np.zeros((0, 2), dtype=np.int64),
        )

    def _integrated(
        self,
        system: System,
        problem: Problem,
        common: Timeline | None,
        group: int,
        rtol: float,
        workers: int,
        begun: tuple[Floats, Integers] | None = None,
    ) -> tuple[Floats, Booleans]:
        """Groups by the explicit method; those that it cannot take by the method for stiff systems,
        then as `solve` does it. A schedule most of whose groups are stiff keeps to that method.

        begun  amounts and what failed, where the explicit method has been through all of it
        """
        from equipoise.kinetics.integrate import Kernels, integrate

        if self._kernels is None:
            self._kernels = Kernels(system)
        run = Run(
            self._kernels,
            problem,
            self._columns,
            scale_of(problem, self._largest),
            group,
            rtol,
            workers,
            begun,
        )
        run.make_ready(self._lanes, common)
        usable = np.arange(problem.lanes // group)
        if begun is not None:
            failed = run.failed(usable)
            slow = usable[:0]
        else:
            usable = run.going() if common is None else usable
            slow = usable[:0]
            if self._some_slow:
                known = self._slow[problem.schedule_of[usable * group]]
                slow, usable = usable[known], usable[~known]
            failed = run.through(self._kernels.explicit, usable)
        stiff = np.concatenate([slow, run.again(failed)]) if len(failed) else slow
        if len(stiff):
            last = run.through(self._kernels.stiff(), stiff)
            if len(last):
                last = run.through(self._kernels.stiff(), last, alone=True)
            self._keep_to(problem.schedule_of[::group], np.setdiff1d(stiff, last))
            for number in last:
                lanes = slice(number * group, (number + 1) * group)
                found = integrate(
                    system, _cut(problem, lanes), rtol=rtol, atol=ATOL, strict=False, workers=1
                )
                run.amounts[lanes, : found.amounts.shape[1]] = np.nan_to_num(found.amounts)
                run.status[lanes] = 0
                run.status[[number * group + lane for lane in found.reasons]] = 1
        self._kernels.note()
        return run.amounts, run.status == 0

    def _keep_to(self, schedule_of: Integers, stiff: Integers) -> None:
        """Note the schedules most of whose groups are stiff; the schedule of each group."""
        count = len(self._slow)
        of_all = np.bincount(schedule_of, minlength=count)
        of_stiff = np.bincount(schedule_of[stiff], minlength=count)
        self._slow |= 2 * of_stiff > of_all
        self._some_slow = bool(self._slow.any())


class _Own(NamedTuple):
    """What lanes have of their own, (L, ...): nothing there is written but `where`, and that is
    read by nobody."""

    first: Integers
    last: Integers
    start: Floats
    scale: Floats
    initial: Floats
    areas: Floats
    where: Floats


def _together(amounts: Floats, good: Booleans, group: int) -> Booleans:
    """Lanes whose whole group has an answer; the amounts of others are made 0."""
    if np.count_nonzero(good) < len(good):
        good = np.repeat(good.reshape(-1, group).all(axis=1), group)
        amounts[~good] = 0.0
    return good


@lru_cache(maxsize=64)
def _lane_order(groups: int, group: int) -> tuple[Integers, int]:
    """Lanes in the order of blocks, and lanes of a block."""
    places, within, block = in_blocks(groups, group, LANES)
    return places * group + within, block


@lru_cache(maxsize=64)
def _constant(states: int, value: float) -> Floats:
    return np.full((1, 1, states), value)


def _cut(problem: Problem, lanes: slice) -> Problem:
    """The same for some lanes."""

    def own(values: Floats) -> Floats:
        return values if values.shape[0] == 1 else values[lanes]

    return replace(
        problem,
        schedule_of=problem.schedule_of[lanes],
        start=problem.start[lanes],
        parameters=problem.parameters[lanes],
        bioavailability=own(problem.bioavailability),
        lag=own(problem.lag),
        modeled_rate=own(problem.modeled_rate),
        modeled_duration=own(problem.modeled_duration),
        initial=problem.initial[lanes],
    )
