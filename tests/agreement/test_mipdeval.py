"""Iterative forecasts against NONMEM: vancomycin and busulfan data with NONMEM's PRED and IPRED.

The reference masks all but the first k levels of a subject (OBS = k) and prints PRED and IPRED at
every time; the forecast of level k + 1 is the IPRED of its row there, that of the first level its
PRED. Which choices entered the reference is written down in docs/replay.md.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise import replay
from equipoise.dataset import read_dataset
from equipoise.mode import find_mode
from equipoise.model import simulate
from equipoise.modelfile import load
from equipoise.models import busulfan_shukla2020
from equipoise.occasions import expanded, occasions_of

WANTED = 0.01
"""What is asked for, relative."""

SEEN = 2e-4
"""What is there: NONMEM prints five digits and stops its search at three."""

CASES = {
    "vancomycin": ("vancomycin_thomson2009", 50),
    "busulfan": ("busulfan_shukla2020", 200),
}
SHELF = {"busulfan": busulfan_shukla2020.MODEL}
EACH = pytest.mark.parametrize("name", CASES)


def reference(folder: Path, name: str) -> dict[tuple[int, int], list[dict[str, float]]]:
    """Rows of the reference by subject and number of levels used."""
    rows: dict[tuple[int, int], list[dict[str, float]]] = {}
    with (folder / "mipdeval" / f"{name}_reference.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            numbers = {key: float(text) for key, text in row.items()}
            rows.setdefault((int(numbers["ID"]), int(numbers["OBS"])), []).append(numbers)
    return rows


def data(folder: Path, examples: Path, name: str):
    model = load(str(examples / "models" / f"{CASES[name][0]}.py"), {})
    return model, read_dataset(folder / "mipdeval" / f"{name}_data.csv", model)


@EACH
def test_every_iterative_forecast_is_that_of_nonmem(name, reference_data, examples):
    model, dataset = data(reference_data, examples, name)
    rows = reference(reference_data, name)
    far = []
    worst, count = 0.0, 0
    for subject in dataset.subjects:
        for k, forecast in enumerate(replay.of_subject(model, subject, seed=1, draws=0)):
            assert forecast.reason == ""
            assert forecast.cautions == ()
            assert forecast.used == k
            # Reference times have five digits; doses stand in the same table.
            (row,) = (
                r
                for r in rows[int(subject.id), max(k, 1)]
                if abs(r["TIME"] - forecast.at) < 1e-3 and r["EVID"] != 1.0
            )
            assert forecast.observed == pytest.approx(row["DV"], rel=1e-4)
            assert forecast.typical == pytest.approx(row["PRED"], rel=SEEN)
            expected = row["PRED"] if k == 0 else row["IPRED"]
            miss = abs(forecast.prediction / expected - 1.0)
            worst, count = max(worst, miss), count + 1
            if miss > WANTED:
                far.append((subject.id, forecast.at, k, forecast.prediction, expected))
    assert far == []
    assert worst < SEEN
    assert count == CASES[name][1]


def test_forecasts_of_the_shelf_model_are_those_of_nonmem(reference_data):
    """The model that `assess` and `plan` use, not the example file."""
    model = SHELF["busulfan"]
    dataset = read_dataset(reference_data / "mipdeval" / "busulfan_data.csv", model)
    rows = reference(reference_data, "busulfan")
    worst, count = 0.0, 0
    for subject in dataset.subjects:
        for k, forecast in enumerate(replay.of_subject(model, subject, seed=1, draws=0)):
            (row,) = (
                r
                for r in rows[int(subject.id), max(k, 1)]
                if abs(r["TIME"] - forecast.at) < 1e-3 and r["EVID"] != 1.0
            )
            expected = row["PRED"] if k == 0 else row["IPRED"]
            worst = max(worst, abs(forecast.prediction / expected - 1.0))
            count += 1
    assert count == CASES["busulfan"][1]
    assert worst < SEEN < WANTED


@EACH
def test_the_whole_curve_after_some_and_after_all_levels(name, reference_data, examples):
    """Every row, doses included, before and after the levels used: occasions without a level stand
    at the patient's own values."""
    model, dataset = data(reference_data, examples, name)
    rows = reference(reference_data, name)
    for i, subject in enumerate(dataset.subjects[:5]):
        own = [r for r in dataset.rows if r.subject == i]
        times = np.array([r.time for r in own])
        after = [np.array([r.after for r in own])]
        whole = expanded(model, occasions_of(model, [subject.course]))
        for k in (2, len(subject.observed)):
            mode = find_mode(whole, replace(subject, observed=subject.observed[:k]))
            assert mode.converged
            found = simulate(whole, [subject.course], times, etas=mode.eta[None, :], after=after)
            expected = np.array([r["IPRED"] for r in rows[int(subject.id), k]])
            np.testing.assert_allclose(
                found.values[name][0, 0], expected, rtol=SEEN, atol=1e-9, err_msg=subject.id
            )


def test_parameters_by_occasion_are_those_of_nonmem(reference_data, examples):
    """Busulfan's reference also prints CL and V of each row."""
    model, dataset = data(reference_data, examples, "busulfan")
    rows = reference(reference_data, "busulfan")
    subject = dataset.subjects[0]
    whole = expanded(model, occasions_of(model, [subject.course]))
    mode = find_mode(whole, subject)
    printed = rows[1, len(subject.observed)]
    thetas = {n: v.number for n, v in model.thetas.items()}
    etas = {n: mode.eta[i] for i, n in enumerate(whole.etas)}
    covariates = {n: np.ravel(v) for n, v in subject.course.covariates.items()}
    found = whole.parameters(thetas, covariates, etas)
    edges = np.array([-np.inf, *subject.course.schedule.breaks])
    pieces = [int(np.searchsorted(edges, r["TIME"], side="left")) - 1 for r in printed]
    for parameter, column in (("CL", "CL"), ("V1", "V")):
        ours = np.ravel(found[parameter])[pieces]
        np.testing.assert_allclose(ours, [r[column] for r in printed], rtol=SEEN)
