"""The checked request behind `solve`: every argument as an array of known shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from equipoise.kinetics.events import (
    AFTER,
    BEFORE,
    MODELED_DURATION,
    MODELED_RATE,
    SAME_TIME,
    Schedule,
)
from equipoise.kinetics.linear import Linear
from equipoise.kinetics.schedule import Floats, Integers, Packed, longest, of_rows, pack
from equipoise.kinetics.stepper import System


@dataclass(frozen=True, slots=True)
class Problem:
    """L lanes, S schedules, P pieces, K parameters, C states, T samples, O areas.

    Samples of all schedules stand in one array, in order of time within each schedule: those of
    schedule s are `out_from[s]:out_from[s + 1]`. `order` says where each stood as asked for, None
    where nothing had to move.
    """

    packed: Packed
    schedule_of: Integers
    out_from: Integers
    out_times: Floats
    out_after: Integers  # row after which each stands, or BEFORE, or AFTER
    order: Integers | None
    start: Floats  # (L,)
    parameters: Floats  # (L, P, K)
    bioavailability: Floats  # (L or 1, P or 1, C)
    lag: Floats  # (L or 1, P or 1, C)
    modeled_rate: Floats  # (L or 1, P or 1, C)
    modeled_duration: Floats  # (L or 1, P or 1, C)
    initial: Floats  # (L, C)
    observed: Integers  # (O, 2)

    @property
    def lanes(self) -> int:
        """Number of lanes."""
        return len(self.schedule_of)

    @property
    def columns(self) -> int:
        """Most samples in any schedule."""
        return longest(self.out_from)


def largest_by_state(doses: Floats, dose_from: Integers, states: int) -> Floats:
    """The largest dose of each schedule into each state, before bioavailability, (S, C).

    An endless input has no amount: what enters in an hour stands for it.
    """
    found = np.zeros((len(dose_from) - 1) * states)
    amounts = np.where(doses[:, 1] > 0.0, doses[:, 1], np.maximum(doses[:, 6], 0.0))
    np.maximum.at(found, of_rows(dose_from) * states + doses[:, 2].astype(np.int64), amounts)
    return found.reshape(-1, states)


def scale_of(problem: Problem, largest: Floats) -> Floats:
    """What absolute tolerances of a lane are relative to, (L,): as `least_of_states` of doses and
    initial amounts, which enter likewise; else 1.

    largest  as `largest_by_state` has it: the bioavailability that counts is that of the state into
             which a dose goes, whatever the others have
    """
    share = problem.bioavailability.max(axis=1)
    if len(share) == 1 and not problem.initial.any():
        # What enters is that of the schedule.
        found = least_of_states(largest * share)
        return np.ascontiguousarray(np.where(found > 0.0, found, 1.0)[problem.schedule_of])
    entering = largest[problem.schedule_of] * share
    found = least_of_states(np.maximum(entering, np.abs(problem.initial)))
    return np.ascontiguousarray(np.where(found > 0.0, found, 1.0))


def least_of_states(entering: Floats) -> Floats:
    """The largest amount of that state whose largest is smallest, (L,); 0 where nothing enters.

    A tumor in mL and cells per uL may enter at once: what is nothing to one is much to the other.
    """
    least = np.where(entering > 0.0, entering, np.inf).min(axis=1)
    return np.asarray(np.where(np.isfinite(least), least, 0.0))


def checked(
    system: Linear | System,
    schedules: Sequence[Schedule],
    times: Sequence[npt.ArrayLike],
    parameters: npt.ArrayLike,
    *,
    schedule_of: npt.ArrayLike | None,
    observe: Sequence[tuple[int, int]],
    after: Sequence[npt.ArrayLike] | None,
    bioavailability: npt.ArrayLike | None,
    lag: npt.ArrayLike | None,
    modeled_rate: npt.ArrayLike | None,
    modeled_duration: npt.ArrayLike | None,
    initial: npt.ArrayLike | None,
    start: npt.ArrayLike | None,
) -> Problem:
    """The arguments of `solve` as a `Problem`.

    Fails  ValueError naming the argument that is wrong.
    """
    states = len(system.states)
    names = system.parameter_names
    values = np.asarray(parameters, dtype=np.float64)
    if values.ndim == 2:
        values = values[:, None, :]
    if values.ndim != 3 or values.shape[2] != len(names):
        raise ValueError(
            f"parameters must have shape (lanes, pieces, {len(names)}) for "
            f"{', '.join(names)}, not {np.shape(parameters)}"
        )
    lanes, pieces = values.shape[0], values.shape[1]
    if not schedules:
        raise ValueError("schedules must hold at least one schedule")
    of = _schedule_of(schedule_of, lanes, len(schedules))
    out_from, out_times, out_after, order = samples(schedules, times, after)
    packed = pack(schedules, states)
    if pieces > 1:
        needed = (1 + np.diff(packed.break_from))[of]
        if needed.max(initial=0) > pieces:
            raise ValueError(
                f"parameters have {pieces} pieces but the breaks of a schedule make {needed.max()}"
            )
        last = packed.doses[:, 7].max(initial=-1.0)
        if last >= pieces:
            raise ValueError(f"parameters have {pieces} pieces but a dose names piece {last:g}")
    if not _surely_right(system, values):
        used = np.ones((lanes, 1), dtype=np.bool_)
        if pieces > 1:
            used = np.arange(pieces)[None, :] < needed[:, None]
        _check_parameters(system, names, values, used)
    first = first_times(packed, out_from, out_times)[of]
    if start is not None:
        first = given_starts(start, first, of, len(schedules))
    modeled = (
        (MODELED_RATE, "modeled_rate", modeled_rate),
        (MODELED_DURATION, "modeled_duration", modeled_duration),
    )
    rates, durations = (
        _modeled(name, given, packed, code, lanes, pieces, states) for code, name, given in modeled
    )
    return Problem(
        packed=packed,
        schedule_of=of,
        out_from=out_from,
        out_times=out_times,
        out_after=out_after,
        order=order,
        start=_ready(first),
        parameters=_ready(values),
        bioavailability=_by_dose("bioavailability", bioavailability, lanes, pieces, states, 1.0),
        lag=_by_dose("lag", lag, lanes, pieces, states, 0.0),
        modeled_rate=rates,
        modeled_duration=durations,
        initial=_initial(initial, lanes, states),
        observed=_observed(observe, states, len(names)),
    )


def _ready(values: Floats) -> Floats:
    # Kernels are compiled for writable arrays in C order only; anything else compiles anew.
    return np.require(values, requirements=["C", "W"])


def _schedule_of(given: npt.ArrayLike | None, lanes: int, schedules: int) -> Integers:
    if given is None:
        if schedules not in (1, lanes):
            raise ValueError(
                f"schedule_of is needed: {lanes} lanes in parameters, {schedules} schedules"
            )
        return np.arange(lanes) if schedules == lanes else np.zeros(lanes, dtype=np.int64)
    of = np.asarray(given)
    if of.shape != (lanes,) or of.dtype.kind not in "iu":
        raise ValueError(f"schedule_of must be {lanes} integers, one a lane")
    if lanes and (of.min() < 0 or of.max() >= schedules):
        raise ValueError(f"schedule_of must lie between 0 and {schedules - 1}")
    return of.astype(np.int64)


def samples(
    schedules: Sequence[Schedule],
    times: Sequence[npt.ArrayLike],
    after: Sequence[npt.ArrayLike] | None,
) -> tuple[Integers, Floats, Integers, Integers | None]:
    """Samples of all schedules in order of time: `out_from`, `out_times`, `out_after`, `order`.

    Fails  ValueError naming what is wrong.
    """
    if len(times) != len(schedules):
        raise ValueError(f"times must be one array a schedule: {len(schedules)}, not {len(times)}")
    if after is not None and len(after) != len(schedules):
        raise ValueError(f"after must be one array a schedule: {len(schedules)}, not {len(after)}")
    begins, at = _one_after_another(times)
    if after is None:
        later = np.full(len(at), BEFORE, dtype=np.int64)
    else:
        flags = [_rows(each) for each in after]
        for number, size in enumerate(np.diff(begins).tolist()):
            if len(flags[number]) != size:
                raise ValueError(f"after of schedule {number} must be as long as its times")
        later = np.concatenate(flags)
    # Most times are in order already; where one schedule ends and another begins they need not be.
    rising = at[1:] > at[:-1]
    between = begins[1:-1]
    rising[between[(between > 0) & (between < len(at))] - 1] = True
    if rising.all() and np.isfinite(at).all():
        return begins, at, later, None
    of = of_rows(begins)
    if not np.isfinite(at).all():
        raise ValueError(f"times of schedule {of[~np.isfinite(at)][0]} must be finite")
    order = np.lexsort((later, at, of))
    if (order[1:] > order[:-1]).all():
        return begins, at, later, None
    return begins, at[order], later[order], order


def _one_after_another(times: Sequence[npt.ArrayLike]) -> tuple[Integers, Floats]:
    """Where the times of each schedule begin, and all of them."""
    given = times
    joined = None
    # Arrays are joined as they are, where that is the same as one by one.
    if set(map(type, times)) == {np.ndarray} and set(map(attrgetter("ndim"), times)) == {1}:
        joined = np.concatenate(times)
    if joined is None or joined.dtype.kind not in "fiu":
        given = [np.asarray(each, dtype=np.float64).reshape(-1) for each in times]
        joined = np.concatenate(given)
    begins = np.zeros(len(given) + 1, dtype=np.int64)
    begins[1:] = np.cumsum([len(each) for each in given])  # type: ignore[arg-type]
    return begins, joined.astype(np.float64, copy=False)


def _rows(after: npt.ArrayLike) -> Integers:
    given = np.asarray(after).reshape(-1)
    if given.dtype.kind == "b" or not len(given):
        return np.where(given.astype(np.bool_), AFTER, BEFORE)
    if given.dtype.kind not in "iu" or (given == 0).any() or given.min() < BEFORE:
        raise ValueError("after must be true or false, or rows of a data set, from 1")
    return given.astype(np.int64)


def first_times(packed: Packed, out_from: Integers, out_times: Floats) -> Floats:
    """Time of the first dose, reset or sample of each schedule; 0 where it has none."""
    first = packed.first.copy()
    some = (out_from[1:] > out_from[:-1]).nonzero()[0]
    first[some] = np.minimum(first[some], out_times[out_from[some]])
    first[~np.isfinite(first)] = 0.0
    return first


def _surely_right(system: Linear | System, values: Floats) -> bool:
    """Whether all are finite, and positive where that matters, as two passes tell."""
    if not math.isfinite(np.add.reduce(values, axis=None)):
        return False
    return isinstance(system, System) or bool(
        np.minimum.reduce(values, axis=None, initial=1.0) > 0.0
    )


def _check_parameters(
    system: Linear | System, names: tuple[str, ...], values: Floats, used: npt.NDArray[np.bool_]
) -> None:
    bad = used[:, :, None] & ~np.isfinite(values)
    if bad.any():
        lane, piece, k = np.argwhere(bad)[0]
        raise ValueError(
            f"parameters: {names[k]} of lane {lane} in piece {piece} is not finite "
            f"({values[lane, piece, k]})"
        )
    if isinstance(system, Linear):
        for k, name in enumerate(names):
            wrong = values[:, :, k] <= 0.0 if name.startswith("V") else values[:, :, k] < 0.0
            wrong &= used
            if wrong.any():
                lane, piece = np.argwhere(wrong)[0]
                kind = "positive" if name.startswith("V") else "not negative"
                raise ValueError(
                    f"parameters: {name} must be {kind}; lane {lane} has "
                    f"{values[lane, piece, k]} in piece {piece}"
                )


def _by_dose(
    name: str, given: npt.ArrayLike | None, lanes: int, pieces: int, states: int, default: float
) -> Floats:
    if given is None:
        return np.full((1, 1, states), default)
    values = np.asarray(given, dtype=np.float64)
    if values.ndim == 2:
        values = values[:, None, :]
    if values.ndim != 3 or values.shape[2] != states or values.shape[0] not in (1, lanes):
        raise ValueError(
            f"{name} must have shape ({lanes}, {pieces}, {states}), not {np.shape(given)}"
        )
    if values.shape[1] not in (1, pieces):
        raise ValueError(f"{name} must have {pieces} pieces like parameters, not {values.shape[1]}")
    if not (np.all(np.isfinite(values)) and np.all(values >= 0.0)):
        raise ValueError(f"{name} must be finite and not negative")
    return _ready(values)


def _modeled(
    name: str,
    given: npt.ArrayLike | None,
    packed: Packed,
    code: float,
    lanes: int,
    pieces: int,
    states: int,
) -> Floats:
    """Rates or durations of doses that leave them to the lane; positive where there is one."""
    into = np.unique(packed.doses[packed.doses[:, 6] == code, 2]).astype(np.int64)
    if not len(into):
        # Nothing reads them, and what nothing reads need not make sense.
        return np.ones((1, 1, states))
    if given is None:
        raise ValueError(f"{name} is needed: a dose leaves it to the model (RATE {code:g})")
    values = _by_dose(name, given, lanes, pieces, states, 0.0)
    if np.any(values[:, :, into] <= 0.0):
        raise ValueError(f"{name} must be positive for doses that leave it to the model")
    return values


def given_starts(start: npt.ArrayLike, first: Floats, of: Integers, schedules: int) -> Floats:
    """Starts as asked for, one a lane; NaN: `first`, that of the lane's schedule.

    Fails  ValueError where something happens before.
    """
    given = np.broadcast_to(np.asarray(start, dtype=np.float64), (schedules,))
    if np.any(np.isinf(given)) or (np.ndim(start) == 0 and np.isnan(given).any()):
        raise ValueError(f"start must be finite, not {given[~np.isfinite(given)][0]}")
    chosen = np.where(np.isnan(given[of]), first, given[of])
    early = first < chosen - SAME_TIME
    if np.any(early):
        raise ValueError(
            f"start is {chosen[early][0]} h but a dose, reset or sample is earlier, at "
            f"{first[early].min()} h"
        )
    return np.asarray(chosen)


def _initial(given: npt.ArrayLike | None, lanes: int, states: int) -> Floats:
    if given is None:
        return np.zeros((lanes, states))
    values = np.asarray(given, dtype=np.float64)
    if values.shape != (lanes, states):
        raise ValueError(f"initial must have shape ({lanes}, {states}), not {values.shape}")
    if not np.all(np.isfinite(values)):
        raise ValueError("initial must be finite")
    return _ready(values)


def _observed(observe: Sequence[tuple[int, int]], states: int, parameters: int) -> Integers:
    for state, volume in observe:
        if not 0 <= state < states:
            raise ValueError(f"observe names state {state}: the system has 0 to {states - 1}")
        if not 0 <= volume < parameters:
            raise ValueError(
                f"observe names parameter {volume}: the system has 0 to {parameters - 1}"
            )
    return np.array(observe, dtype=np.int64).reshape(-1, 2)
