"""Covariates of records as steps in time: which record's numbers hold when."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum

import numpy as np

from equipoise.kinetics import DoseEvent
from equipoise.likelihood import Observed
from equipoise.model import Array, Model, Step, parameter_table
from equipoise.readout import Sample


class Carry(Enum):
    """How long a record's covariates act.

    NONMEM   on the interval that ends at the record
    FORWARD  from the record until the next one; a missing cell keeps the value before it
    """

    NONMEM = "nonmem"
    FORWARD = "forward"


def ending_at(times: Sequence[float], numbers: Sequence[float]) -> list[tuple[float, float]]:
    """Steps of numbers that each act on the interval ending at its own time."""
    step: list[tuple[float, float]] = []
    for i, number in enumerate(numbers):
        if not step or number != step[-1][1]:
            step.append((times[i - 1] if i else times[0], number))
    return step


def holding_from(times: Sequence[float], numbers: Sequence[float]) -> list[tuple[float, float]]:
    """Steps of numbers that each act from their own time on; of several at one time, the last."""
    step: list[tuple[float, float]] = [(times[0], numbers[0])]
    for time, number in zip(times, numbers, strict=True):
        if number != step[-1][1]:
            # Just before the record, so that its own level is read with its own covariates.
            step.append((math.nextafter(time, -math.inf), number))
    return step


def number_at(step: Step, edge: float) -> float:
    """The number that holds from `edge` hours on."""
    value = step[0][1]
    for start, number in step[1:]:
        if start <= edge:
            value = number
    return value


def own_pieces(
    doses: Sequence[DoseEvent],
    given_by: Sequence[int],
    own: Mapping[str, Sequence[float]],
    pieces: Mapping[str, Array],
    breaks: Sequence[float],
    *,
    always: bool,
) -> tuple[list[DoseEvent], dict[str, Array]]:
    """Doses with the covariates of their own record, which may hold on no stretch of time.

    A record's covariates act on the interval that ends there, and on the dose of the record; the
    piece in force at the dose's time already is the next record's.
    always  whether a dose names its piece even where that is in force: NONMEM's rule for a train
    """
    grown = {name: list(values) for name, values in pieces.items()}
    named = []
    for dose, place in zip(doses, given_by, strict=True):
        wanted = {name: numbers[place] for name, numbers in own.items()}
        left = int(np.searchsorted(breaks, dose.time, side="left"))
        right = int(np.searchsorted(breaks, dose.time, side="right"))
        count = len(next(iter(grown.values())))
        fitting = [
            p
            for p in (*((left, right) if always else (right, left)), *range(len(breaks) + 1, count))
            if all(grown[name][p] == value for name, value in wanted.items())
        ]
        if not fitting:
            for name, values in grown.items():
                values.append(wanted.get(name, values[right]))
            fitting = [count]
        plain = fitting[0] == right and not always
        named.append(dose if plain else replace(dose, piece=fitting[0]))
    return named, {name: np.array(values) for name, values in grown.items()}


def misread(
    model: Model,
    level: Observed,
    own: Mapping[str, Sequence[float]],
    pieces: Mapping[str, Array],
    breaks: Sequence[float],
) -> list[str]:
    """Covariates that a level is predicted from and that rows of its time disagree in.

    A level is read with the covariates of the piece before it, those of the first row of its time
    (of the last one, carried forward).
    own      name -> number of each row
    Returns  names; none where the prediction and its error are those of the level's own row
    """
    piece = int(np.searchsorted(breaks, level.time, side="left"))
    there = {name: float(numbers[piece]) for name, numbers in pieces.items()}
    wanted = there | {name: float(own[name][level.after - 1]) for name in own}
    names = [name for name in there if wanted[name] != there[name]]
    if names and not np.allclose(
        _read(model, level, wanted),
        _read(model, level, there),
        rtol=1e-12,
        atol=0.0,
        equal_nan=True,
    ):
        return names
    return []


def _read(model: Model, level: Observed, numbers: Mapping[str, float]) -> list[float]:
    """What a level is made of besides its amounts, at two values of the etas."""
    observation = model.observation(level.analyte)
    covariates = {name: np.array([[number]]) for name, number in numbers.items()}
    found = []
    for eta in (0.0, 0.1):
        etas = eta * np.arange(1.0, len(model.etas) + 1.0)[None, :]
        table = parameter_table(model, covariates, etas)
        if observation.volume:
            found.append(float(np.ravel(table[observation.volume])[0]))
        if observation.read is None:
            continue
        sample = Sample(
            t=np.array([[level.time]]),
            theta={name: value.number for name, value in model.thetas.items()},
            covariate=covariates,
            eta={name: etas[:, i : i + 1] for i, name in enumerate(model.etas)},
            parameter={name: np.atleast_2d(value) for name, value in table.items()},
            # Any amounts will do, as long as no two are the same.
            amount={state: np.array([[2.0 + i]]) for i, state in enumerate(model.states)},
        )
        found += [float(np.ravel(part)[0]) for part in observation.read(sample)]
    return found
