"""Predictions and simulated levels of a data set, one for each of its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from equipoise.datafile import DatasetError, labels_of, read_table
from equipoise.dataset import Dataset
from equipoise.kinetics import row_of
from equipoise.model import Array, Model, Observation, Prediction, simulate


@dataclass(frozen=True, slots=True)
class Profile:
    """One subject of a data set at the times of its rows.

    places  of its rows among those of the data set
    values  analyte -> (lanes, rows), in the analyte's unit
    failed  (lane, reason) of lanes that the engine could not finish; NaN in the arrays
    """

    subject: str
    places: tuple[int, ...]
    values: Mapping[str, Array]
    failed: tuple[tuple[int, str], ...]


def profiles(
    model: Model,
    data: Dataset,
    etas: Sequence[Array],
    *,
    noise: Sequence[np.random.Generator] | None = None,
    times: Array | None = None,
) -> list[Profile]:
    """Every subject of a data set, under its own doses and covariates.

    model  with etas for the occasions of the data set (`occasions.expanded`), where it has any
    etas   for each subject (lanes, k)
    noise  for each subject: adds residual error, as levels would be measured
    times  hours, instead of those of the rows; samples stand before doses at the same time
    """
    places: list[list[int]] = [[] for _ in data.subjects]
    for i, row in enumerate(data.rows):
        places[row.subject].append(i)
    found = []
    for number, subject in enumerate(data.subjects):
        own = [data.rows[i] for i in places[number]]
        clock = np.array([r.time for r in own]) if times is None else times
        after = None if times is not None else [np.array([row_of(r.after) for r in own])]
        drawn = etas[number]
        prediction = simulate(model, [subject.course], [clock], etas=drawn, after=after, rtol=1e-9)
        values = {}
        for o in model.observations:
            level = prediction.values[o.analyte][0]
            if noise is not None:
                level = measured(level, o, prediction, (0, slice(None)), noise[number])
            values[o.analyte] = level
        failed = tuple((lane, reason) for _, lane, reason in prediction.failed)
        found.append(Profile(subject.id, tuple(places[number]), values, failed))
    return found


def measured(
    values: Array,
    observation: Observation,
    prediction: Prediction,
    place: tuple[int, ...] | tuple[int, slice],
    rng: np.random.Generator,
) -> Array:
    """Levels as they would be measured: predictions with residual error.

    values  predictions in the analyte's unit
    place   where they stand among the courses (and lanes) of `prediction`
    """
    e = rng.standard_normal(np.shape(values))
    residual = observation.residual
    if observation.analyte in prediction.errors:
        center, variance = (a[place] for a in prediction.errors[observation.analyte])
        level = center + np.sqrt(variance) * e
        if observation.logged:
            return np.asarray(np.exp(level))
        # A level of a drug is not below zero; an effect may be.
        return np.asarray(np.maximum(level, 0.0) if observation.state else level)
    if residual.log > 0.0:
        return np.asarray(values * np.exp(residual.log * e))
    return np.asarray(np.maximum(values + np.sqrt(residual.variance(values)) * e, 0.0))


def read_etas(path: str | Path, model: Model) -> dict[str, Array]:
    """ID -> (k,) etas, of a file as `equipoise fit --out` writes it: ID, ETA1, ETA2 and so on, or
    ETA1_MEAN of a posterior.

    model  with etas for its occasions
    Fails  DatasetError where columns or numbers are missing, or an ID stands twice.
    """
    table = read_table(Path(path).read_text(encoding="utf-8-sig"), None)
    if "ID" not in table:
        raise DatasetError("column ID is missing: etas are read as `equipoise fit` writes them")
    have = {
        int(match[1]): name
        for name in table.columns
        if (match := re.fullmatch(r"ETA(\d+)(?:_MEAN)?", name)) is not None
    }
    k = len(model.etas)
    if sorted(have) != list(range(1, k + 1)):
        raise DatasetError(
            f"{len(have)} columns of etas; {model.id} has {k} here, ETA1 to ETA{k}: "
            f"{', '.join(model.etas)}"
        )
    columns = [table.numbers(have[i]) for i in range(1, k + 1)]
    found: dict[str, Array] = {}
    for place, label in enumerate(labels_of(table)):
        if label in found:
            raise DatasetError(f"row {table.rows[place]}: this ID stands twice; keep one row of it")
        found[label] = np.array([column[place] for column in columns])
    return found
