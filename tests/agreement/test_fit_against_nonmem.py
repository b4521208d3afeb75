"""Estimates of 100 simulated subjects against NONMEM's, by the model file of the examples.

The input prints three digits of each parameter, so 0.2 % is what can be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from equipoise.dataset import Dataset, read_dataset
from equipoise.likelihood import predicted
from equipoise.mode import GRADIENT_NORM, Mode, find_mode
from equipoise.model import Model, simulate
from equipoise.modelfile import load


@dataclass(frozen=True)
class Fitted:
    model: Model
    data: Dataset
    modes: tuple[Mode, ...]
    folder: Path


def columns(path: Path) -> tuple[list[str], np.ndarray]:
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return lines[0].split(), np.array([line.split() for line in lines[1:]], dtype=float)


@pytest.fixture(scope="module")
def fitted(reference_data: Path, examples: Path) -> Fitted:
    model = load(str(examples / "models" / "one_compartment_iv.py"), {})
    folder = reference_data / "pkpdmap"
    data = read_dataset(folder / "pktab1", model)
    return Fitted(model, data, tuple(find_mode(model, s) for s in data.subjects), folder)


def test_every_estimate_has_settled(fitted: Fitted) -> None:
    assert len(fitted.modes) == 100
    assert all(mode.converged for mode in fitted.modes)
    assert max(mode.gradient for mode in fitted.modes) < GRADIENT_NORM


def test_clearance_and_volume_of_all_subjects(fitted: Fitted) -> None:
    header, table = columns(fitted.folder / "patab1")
    theirs = table[:, [header.index("CL"), header.index("V")]]
    assert len(theirs) == len(fitted.data.rows)
    typical = np.array([fitted.model.thetas[n].number for n in ("CL", "V")])
    ours = np.array([typical * np.exp(fitted.modes[row.subject].eta) for row in fitted.data.rows])
    assert np.max(np.abs(ours / theirs - 1.0)) < 0.002
    # Not only the worst: nine in ten within a thousandth, as the reference says of itself.
    by_subject = np.abs(ours / theirs - 1.0).max(axis=1)
    assert np.quantile(by_subject, 0.9) < 0.001


def test_individual_predictions_row_by_row(fitted: Fitted) -> None:
    header, table = columns(fitted.folder / "sdtab1")
    theirs = table[:, header.index("IPRED")]
    ours = np.empty(len(theirs))
    for i, (subject, mode) in enumerate(zip(fitted.data.subjects, fitted.modes, strict=True)):
        rows = [j for j, row in enumerate(fitted.data.rows) if row.subject == i]
        own = [fitted.data.rows[j] for j in rows]
        found = simulate(
            fitted.model, [subject.course], [np.array([row.time for row in own])],
            etas=mode.eta[None, :], after=[np.array([row.after for row in own])],
        )  # fmt: skip
        ours[rows] = found.values["concentration"][0, 0]
    # Dose rows too: NONMEM predicts there just after the dose. Late in the decline 0.1 % of
    # clearance is several times that of a concentration, so the measure is the subject's peak.
    ids = table[:, 0]
    peak = np.array([theirs[ids == i].max() for i in ids])
    assert np.max(np.abs(ours - theirs) / peak) < 0.002
    assert np.max(np.abs(ours / theirs - 1.0)) < 0.005


def test_levels_and_dose_rows_are_the_tables(fitted: Fitted) -> None:
    header, table = columns(fitted.folder / "sdtab1")
    measured = table[:, header.index("MDV")] == 0
    assert [row.observed >= 0 for row in fitted.data.rows] == measured.tolist()
    numbers = [o.number for s in fitted.data.subjects for o in s.observed]
    np.testing.assert_allclose(numbers, table[measured, header.index("DV")], rtol=1e-4)


def test_predictions_at_the_levels_are_those_of_the_rows(fitted: Fitted) -> None:
    subject, mode = fitted.data.subjects[0], fitted.modes[0]
    header, table = columns(fitted.folder / "sdtab1")
    own = (table[:, 0] == 1) & (table[:, header.index("MDV")] == 0)
    ours = predicted(fitted.model, subject, mode.eta[None, :])[0]
    np.testing.assert_allclose(ours, table[own, header.index("IPRED")], rtol=0.005)
