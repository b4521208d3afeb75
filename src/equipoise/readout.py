"""What a model may say beyond plain numbers: parameters of single states, observations as code, and
the columns of its own data sets. The models that `equipoise import` writes use all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from equipoise.kinetics import MODELED_DURATION, MODELED_RATE, DoseEvent, Schedule

Array: TypeAlias = NDArray[np.float64]

BY_STATE: Mapping[str, float] = {
    "F": 1.0, "LAG": 0.0, "RATE": 0.0, "DURATION": 0.0, "START": 0.0,
}  # fmt: skip
"""Parameters of a state, and what holds where a model gives none: `LAG_depot`, `START_central`.

F         bioavailability of doses into the state;  LAG  hours until they enter it
RATE      amount/h of doses whose rate the model has (RATE -1 in a data set)
DURATION  hours of doses whose duration the model has (RATE -2)
START     amount at the start

`F` and `LAG` alone hold for every state.
"""

RECORD_TIME = "TIME"
"""A covariate of models in NONMEM's code that compute with the time of the record: it holds on the
interval that ends there."""


class ModelUseError(ValueError):
    """Something was asked of a model that does not go with its form: one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What an observation may be computed from; arrays broadcast against (lanes, times).

    t          hours, (1, times)
    theta      typical values
    covariate  name -> (1, times), the number that held just before
    eta        name -> (lanes, 1)
    parameter  all that the model's `parameters` returned, likewise just before
    amount     state -> (lanes, times)
    """

    t: Array
    theta: Mapping[str, float]
    covariate: Mapping[str, Array]
    eta: Mapping[str, Array]
    parameter: Mapping[str, Array]
    amount: Mapping[str, Array]


Condition: TypeAlias = tuple[int, str, str]
"""Place of a column from 0, operator ("==" and "/=" compare text; ".EQN.", ".NEN.", "<", "<=", ">",
">=" numbers) and value, of a list in $DATA."""

Reader: TypeAlias = Callable[[Sample], tuple[Array, Array]]
"""(prediction, variance) on the scale of the data."""


@dataclass(frozen=True, slots=True)
class Censored:
    """Rows of an analyte that hold a limit instead of a level, which lies below or above it (M3).

    column  says which rows; "DV": the level itself does, by its side of the limit
    values  numbers of the column; () stands for all others; none for DV
    side    "<" or ">"; "" for rows that hold a level
    limit   as DV is written (a log where DV is one), or the column that holds it
    equal   a DV equal to the limit is no level either
    """

    analyte: str
    column: str
    values: tuple[float, ...] = ()
    side: str = ""
    limit: float | str = math.nan
    equal: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How the data sets of a model are laid out: NONMEM's $INPUT.

    columns  names in order, in upper case; "" for one that is not read
    aliases  other names that the header of a file may use -> the name in `columns`
    ignore   rows that begin with this character are comments; "@": with any letter or @
    dose     number of the compartment of doses without CMT, from 1
    drop     rows for which any of these holds are left out
    accept   rows for which none of these holds are left out, where there are any
    censored rows that hold a limit instead of a level, as the code of the model says; other rows
             go by the column CENS, where there is one
    """

    columns: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    ignore: str = ""
    dose: int = 1
    drop: tuple[Condition, ...] = ()
    accept: tuple[Condition, ...] = ()
    censored: tuple[Censored, ...] = ()

    def matches(self, header: Sequence[str]) -> bool:
        """Whether a header names these columns in this order (those not read: anything)."""
        names = [self.aliases.get(h.upper(), h.upper()) for h in header]
        return len(names) >= len(self.columns) and all(
            wanted in ("", name) for wanted, name in zip(self.columns, names, strict=False)
        )

    def skips(self, line: str) -> bool:
        """Whether a row of the file is a comment."""
        first = line.lstrip()[:1]
        return first == "#" or (
            (first.isalpha() or first == "@") if self.ignore == "@" else first == self.ignore != ""
        )


def entries(dose: DoseEvent, infusions: Sequence[int]) -> tuple[DoseEvent, ...]:
    """A dose as it enters: itself, or, of living cells, amount 1 into each state it starts.

    infusions  as in `Model`; the cells are there at once, however long the bag ran
    """
    if not infusions:
        return (dose,)
    return tuple(
        replace(dose, amount=1.0, compartment=state, duration=0.0, rate=0.0) for state in infusions
    )


def of_states(
    tables: Sequence[Mapping[str, Array]],
    prefix: str,
    states: Sequence[str],
    lanes: int,
    pieces: int,
) -> Array | None:
    """A parameter of states as the engine takes it, (tables x lanes, pieces, states).

    tables   structural parameters of each course;  prefix  one of `BY_STATE`
    Returns  None where no table has it for any state
    """
    names = [f"{prefix}_{state}" for state in states]
    common = prefix if prefix in ("F", "LAG") else ""
    if not any(name in table for table in tables for name in (*names, common)):
        return None
    found = np.full((len(tables), lanes, pieces, len(states)), BY_STATE[prefix])
    for place, table in enumerate(tables):
        if common in table:
            found[place] = padded(table[common], lanes, pieces)[:, :, None]
        for i, name in enumerate(names):
            if name in table:
                found[place, :, :, i] = padded(table[name], lanes, pieces)
    return found.reshape(-1, pieces, len(states))


def unusable(
    states: Sequence[str],
    names: Sequence[str],
    parameters: Array,
    by_state: Mapping[str, Array | None],
    schedules: Sequence[Schedule],
    *,
    closed: bool,
) -> dict[int, str]:
    """Lanes whose parameters the engine could not compute with, and why; they get harmless numbers.

    parameters, by_state  as the engine takes them, (lanes, pieces, ...); changed in place
    schedules             one for each course; lanes of one course stand together
    closed                they are those of a closed form, with volumes and rates
    Returns               lane -> reason
    """
    found: dict[int, str] = {}
    lanes = len(parameters)

    def refuse(
        bad: NDArray[np.bool_], values: Array, name: str, what: str, harmless: float
    ) -> None:
        if bad.any():
            for lane in np.flatnonzero(bad.any(axis=1)):
                found.setdefault(int(lane), f"{name} is {what} there")
            values[bad] = harmless

    if closed or not np.isfinite(parameters).all():
        for j, name in enumerate(names):
            values = parameters[:, :, j]
            refuse(~np.isfinite(values), values, name, "no number", 1.0)
            if closed:
                volume = name.startswith("V")
                bad = (values <= 0.0) if volume else (values < 0.0)
                refuse(bad, values, name, "not above 0" if volume else "negative", 1.0)
    of = np.repeat(np.arange(len(schedules)), lanes // len(schedules))
    for prefix, table in by_state.items():
        code = {"RATE": MODELED_RATE, "DURATION": MODELED_DURATION}.get(prefix)
        for i, state in enumerate(states):
            if table is None:
                continue
            values = table[:, :, i]
            name = f"{prefix}_{state}"
            if code is None:
                bad = ~np.isfinite(values)
                if prefix != "START":
                    bad |= values < 0.0
                refuse(bad, values, name, "negative or no number", BY_STATE[prefix])
                continue
            asked = np.array(
                [any(d.rate == code and d.compartment == i for d in s.doses) for s in schedules]
            )
            bad = ~(np.isfinite(values) & (values > 0.0))
            refuse(bad & asked[of][:, None], values, name, "not above 0", 1.0)
            values[bad] = 1.0
    return found


def padded(values: Array, lanes: int, pieces: int) -> Array:
    """The same for every lane and piece; the last piece holds beyond those there are."""
    values = np.atleast_2d(np.asarray(values, dtype=float))
    if values.shape[1] not in (1, pieces):
        last = np.repeat(values[:, -1:], pieces - values.shape[1], axis=1)
        values = np.concatenate([values, last], axis=1)
    return np.broadcast_to(values, (lanes, pieces))


def at_times(values: Array, breaks: Sequence[float], clock: Array) -> Array:
    """(lanes or 1, pieces or 1) as read at times: the piece that held just before each."""
    values = np.atleast_2d(np.asarray(values, dtype=float))
    if values.shape[1] == 1:
        return values
    piece = np.searchsorted(np.asarray(breaks, dtype=float), clock, side="left")
    return np.asarray(values[:, np.minimum(piece, values.shape[1] - 1)])


def errors_of(
    readers: Mapping[str, Reader],
    theta: Mapping[str, float],
    eta: Mapping[str, Array],
    amount: Mapping[str, Array],
    courses: Sequence[tuple[Array, Sequence[float], Mapping[str, Array], Mapping[str, Array]]],
) -> dict[str, tuple[Array, Array]]:
    """(prediction, variance) of every analyte, (courses, lanes, times), NaN beyond a course's last
    time.

    amount   state -> (courses, lanes, times)
    courses  times, breaks, covariates by piece, structural parameters by piece
    """
    shape = next(iter(amount.values())).shape
    found = {name: (np.full(shape, np.nan), np.full(shape, np.nan)) for name in readers}
    for i, (clock, breaks, covariates, table) in enumerate(courses):
        sample = Sample(
            t=clock[None, :],
            theta=theta,
            covariate={k: at_times(v, breaks, clock) for k, v in covariates.items()},
            eta=eta,
            parameter={k: at_times(v, breaks, clock) for k, v in table.items()},
            amount={state: values[i, :, : len(clock)] for state, values in amount.items()},
        )
        for name, reader in readers.items():
            for array, values in zip(found[name], reader(sample), strict=True):
                array[i, :, : len(clock)] = values
    return found


def record_times(times: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """`RECORD_TIME` for records at these hours, in any order, as (hours, number) steps."""
    clock = sorted(set(times))
    return tuple((clock[max(i - 1, 0)], time) for i, time in enumerate(clock))
