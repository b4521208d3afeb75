"""Individual estimates of the ten posologyr models against Monolix's conditional distributions.

Monolix's sampler has an error of its own, and stays in one optimum where there are two. `LONG_RUN`
holds what a long tempered run (studies/posologyr/long_run.py) gives for every subject at which
Monolix is not clearly within the limits; there we must agree with the long run, everywhere else
with Monolix. What was found is told in docs/how-right.md.
"""

from __future__ import annotations

import atexit
import csv
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pytest
from scipy import stats

from equipoise.dataset import parse_dataset
from equipoise.fit import fit
from equipoise.likelihood import Subject
from equipoise.model import Model
from imported_streams import STREAMS, imported

ETAS = {
    "001": ("Cl", "Vc", "Ka"),
    "003": ("Cl", "Vc", "Ka", "ALAG"),
    "006": ("Cl", "Vc", "Ka", "D2"),
    "101": ("Cl", "Vc", "Ka", "Vp"),
    "201": ("Vmax", "Vc", "Ka", "Km"),
    "207": ("Vmax", "Vc", "Ka", "Km", "Cl"),
    "301": ("Cl", "Vc", "Ka"),
    "405": ("Cl", "Vc", "Ka"),
    "504": ("Cl", "Vc", "Ka"),
    "513": ("Cl", "Vc", "Ka"),
}
"""Monolix's names in the order of the streams."""

DRAWS = 4000
MEAN, SPREAD = 0.1, 0.15
"""Limits of agreement: posterior SDs for a mean, a share for an SD."""

Table = np.ndarray


@dataclass(frozen=True)
class Found:
    """Our moments, (20, k) each, and the effective draws behind them, (20,)."""

    mean: Table
    sd: Table
    kurtosis: Table
    ess: Table
    method: tuple[str, ...]


def carried_forward(text: str) -> str:
    """Covariates shifted by one record of a subject: Monolix carries them forward, NONMEM's rule is
    that a record's covariates hold from the record before it.
    """
    rows = [line.split(",") for line in text.splitlines() if line.strip()]
    places = [rows[0].index(name) for name in ("BW", "SEX")]
    out = [rows[0], rows[1]]
    for before, row in pairwise(rows[1:]):
        own = list(row)
        if before[0] == row[0]:
            for place in places:
                own[place] = before[place]
        out.append(own)
    return "\n".join(",".join(row) for row in out) + "\n"


def problem(run: str, folder: Path) -> tuple[Model, tuple[Subject, ...]]:
    """The model of a run and its 20 subjects, as Monolix had them.

    The streams give 0.05 and 5000 as variances, Monolix took them as SDs (of a subject with four
    levels it finds clearance to 3 %, which 22 % of residual error does not allow).
    """
    text = (STREAMS / f"run{run}.mod").read_text(encoding="utf-8")
    text = text.replace("$SIGMA 0.05 5000", "$SIGMA 0.0025 25000000")
    # Rates are compiled from their text when they are first needed: the folder stays till the end.
    place = mkdtemp()
    atexit.register(rmtree, place)
    model = imported(text.replace("$SIGMA 0.05", "$SIGMA 0.0025"), Path(place), f"run{run}")
    data = sorted(folder.glob(f"data_to_fit{run}_dist*.csv"))[0].read_text(encoding="utf-8")
    return model, parse_dataset(carried_forward(data) if run == "301" else data, model).subjects


def monolix(run: str, folder: Path) -> tuple[Table, Table]:
    """Means and SDs of Monolix's conditional distributions, (20, k) each."""
    with (folder / f"monolix_run{run}_estimatedRandomEffects.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    mean, sd = (
        np.array([[float(row[f"eta_{eta}_{what}"]) for eta in ETAS[run]] for row in rows])
        for what in ("mean", "sd")
    )
    return mean, sd


@cache
def found(run: str, folder: Path) -> Found:
    model, subjects = problem(run, folder)
    posteriors = [
        fit(model, who, n=DRAWS, rng=np.random.default_rng([1, i]))
        for i, who in enumerate(subjects)
    ]
    draws = np.array([p.draws for p in posteriors])
    return Found(
        draws.mean(axis=1),
        draws.std(axis=1, ddof=1),
        stats.kurtosis(draws, axis=1, fisher=False),
        np.array([p.ess for p in posteriors]),
        tuple(p.method for p in posteriors),
    )


@pytest.fixture
def folder(reference_data: Path) -> Path:
    return reference_data / "posologyr_cc0"


FAR = "one of two optima"
NOISE = "sampling error"

# Means and SDs of etas by the long run, and why Monolix may differ: it did not visit the other
# optimum, or its error (or ours, of an SD with heavy tails) is of the size of the limits.
LONG_RUN: dict[str, tuple[tuple[float, ...], tuple[float, ...], str]] = {
    "003/3": ((0.756, -0.131, 0.222, -0.128), (0.063, 0.068, 0.372, 0.41), NOISE),
    "003/9": ((0.249, -0.192, 0.018, -0.653), (0.03, 0.048, 0.308, 0.042), NOISE),
    "003/11": ((0.624, -0.306, 0.243, 0.464), (0.048, 0.058, 0.327, 0.175), NOISE),
    "003/14": ((0.696, 0.019, 0.068, -0.066), (0.252, 0.625, 0.43, 0.434), NOISE),
    "003/17": ((0.134, 0.26, -0.919, -0.167), (0.064, 0.101, 0.297, 0.013), NOISE),
    "006/3": ((0.796, -0.102, 0.047, -0.274), (0.067, 0.074, 0.429, 0.329), NOISE),
    "006/13": ((0.091, 0.496, 0.221, 0.553), (0.115, 0.173, 0.279, 0.233), NOISE),
    "006/14": ((0.686, 0.013, 0.015, -0.106), (0.243, 0.614, 0.443, 0.416), NOISE),
    "101/11": ((0.581, -0.389, 0.511, 0.007), (0.026, 0.081, 0.251, 0.326), NOISE),
    "101/18": ((-0.689, -0.067, -0.027, -0.248), (0.184, 0.361, 0.452, 0.363), NOISE),
    "201/1": ((0.38, 0.037, -0.131, -0.343), (0.307, 0.041, 0.127, 0.318), NOISE),
    "201/15": ((0.074, 0.108, -0.334, -0.068), (0.252, 0.115, 0.214, 0.369), NOISE),
    "207/3": ((0.087, -0.126, 0.155, -0.081, 0.165), (0.378, 0.06, 0.381, 0.379, 0.369), NOISE),
    "207/5": ((-0.209, -0.235, 0.385, 0.158, -0.251), (0.358, 0.046, 0.229, 0.379, 0.287), NOISE),
    "207/7": ((0.138, -0.015, 0.275, -0.16, 0.146), (0.37, 0.044, 0.138, 0.389, 0.387), NOISE),
    "207/9": ((0.286, -0.238, -0.1, -0.268, 0.298), (0.373, 0.059, 0.097, 0.4, 0.407), NOISE),
    "207/11": ((0.263, -0.328, 0.623, -0.106, 0.482), (0.416, 0.054, 0.218, 0.36, 0.332), NOISE),
    "207/12": ((0.138, -0.16, 0.01, -0.112, 0.175), (0.408, 0.347, 0.445, 0.411, 0.411), NOISE),
    "207/15": ((0.014, 0.095, -0.359, -0.059, -0.001), (0.359, 0.063, 0.126, 0.401, 0.329), NOISE),
    "207/16": ((0.011, 0.059, -0.005, -0.005, 0.06), (0.389, 0.397, 0.446, 0.408, 0.354), NOISE),
    "207/17": ((0.447, 0.393, -0.649, -0.464, 0.326), (0.362, 0.067, 0.107, 0.415, 0.467), NOISE),
    "207/19": ((-0.147, 0.185, -0.27, 0.11, -0.187), (0.359, 0.066, 0.154, 0.406, 0.269), NOISE),
    "301/14": ((0.954, -0.691, 0.12), (0.281, 0.362, 0.408), NOISE),
    "301/19": ((0.359, -0.787, -1.319), (0.034, 0.162, 0.169), NOISE),
    "504/1": ((0.9, 0.161, -0.114), (0.026, 0.229, 0.265), FAR),
    "504/3": ((1.733, -0.169, 0.658), (0.1, 0.545, 0.893), FAR),
    "504/6": ((0.639, 0.097, -0.003), (0.62, 1.1, 1.023), NOISE),
    "504/7": ((0.519, 0.008, 0.774), (0.025, 0.084, 0.392), FAR),
    "504/8": ((0.076, 0.342, -0.044), (0.282, 1.0, 1.017), NOISE),
    "504/9": ((0.497, -0.488, -0.154), (0.028, 0.219, 0.232), FAR),
    "504/11": ((1.278, -0.775, 1.601), (0.046, 0.26, 0.557), FAR),
    "504/14": ((1.281, -0.799, 0.182), (0.677, 0.843, 0.871), NOISE),
    "504/15": ((1.002, 0.054, -1.065), (0.03, 0.366, 0.38), FAR),
    "504/16": ((-0.339, 0.34, -0.058), (0.256, 0.927, 1.021), NOISE),
    "504/17": ((0.351, 0.554, -1.684), (0.116, 0.296, 0.326), NOISE),
    "513/1": ((1.291, -0.093, -0.439), (0.026, 0.76, 0.77), FAR),
    "513/3": ((3.367, -0.002, -0.565), (0.069, 1.617, 1.374), FAR),
    "513/6": ((0.856, 0.427, -0.174), (1.005, 1.792, 1.488), NOISE),
    "513/7": ((0.754, -0.074, 1.295), (0.027, 0.473, 0.882), FAR),
    "513/8": ((0.082, 0.677, -0.125), (0.574, 1.383, 1.457), NOISE),
    "513/9": ((0.682, -0.942, -0.476), (0.029, 0.535, 0.54), FAR),
    "513/11": ((1.573, -0.699, 1.71), (0.053, 0.863, 1.116), NOISE),
    "513/13": ((0.632, 1.33, 1.526), (0.099, 0.292, 0.757), FAR),
    "513/14": ((1.581, -0.851, 0.186), (1.029, 1.354, 1.203), NOISE),
    "513/17": ((0.547, 0.638, -2.435), (0.183, 0.405, 0.415), NOISE),
    "513/18": ((-2.635, -1.412, -0.116), (0.49, 0.498, 1.426), NOISE),
    "513/19": ((-0.144, 0.475, -1.017), (0.038, 0.489, 0.649), NOISE),
}  # fmt: skip


def check_of(run: str, folder: Path) -> tuple[Found, Table, Table, np.ndarray]:
    """Ours, Monolix's means and SDs, and which subjects the long runs settle."""
    ours = found(run, folder)
    mean, sd = monolix(run, folder)
    settled = np.array([f"{run}/{i + 1}" in LONG_RUN for i in range(20)])
    return ours, mean, sd, settled


@pytest.mark.parametrize("run", ETAS)
def test_means_and_sds_are_those_of_monolix(run: str, folder: Path) -> None:
    ours, mean, sd, settled = check_of(run, folder)
    off = np.abs(ours.mean - mean) / ours.sd
    wide = np.abs(sd / ours.sd - 1.0)
    outside = ((off > MEAN) | (wide > SPREAD)).any(axis=1) & ~settled
    assert [f"{run}/{i + 1}" for i in np.flatnonzero(outside)] == []
    assert set(ours.method) == {"importance"}
    assert ours.ess.min() >= 0.5 * DRAWS


@pytest.mark.parametrize("run", ETAS)
def test_where_monolix_may_be_off_a_long_run_decides(run: str, folder: Path) -> None:
    """Within four standard errors of ours and of the long run's (as of 5000 independent draws)."""
    ours, _, monolix_sd, settled = check_of(run, folder)
    for i in np.flatnonzero(settled):
        mean, sd, why = LONG_RUN[f"{run}/{i + 1}"]
        per_draw = 1.0 / ours.ess[i] + 1.0 / 5000
        assert np.all(np.abs(ours.mean[i] - mean) < 4.0 * np.array(sd) * np.sqrt(per_draw)), i + 1
        error = np.sqrt(np.maximum(ours.kurtosis[i] - 1.0, 2.0) / 4.0 * per_draw)
        # The kurtosis is itself drawn: of heavy tails it comes out too small, and so the error.
        limit = np.maximum(4.0 * error, SPREAD)
        assert np.all(np.abs(ours.sd[i] / sd - 1.0) < limit), i + 1
        if why == FAR:
            # The optimum that Monolix did not visit makes the SD of an eta several times larger.
            assert np.max(ours.sd[i] / monolix_sd[i]) > 1.3, i + 1


def test_no_eta_differs_in_one_direction(folder: Path) -> None:
    """Mean signed difference from Monolix over the subjects, in its standard errors.

    Of 36, Student's t with 19 degrees of freedom puts 2.2 beyond 2 and 0.03 beyond 4. The volume of
    the peripheral compartment in run 101 is one hundredth of its posterior SD lower with Monolix;
    the long run finds the same difference.
    """
    ratio = {}
    for run, etas in ETAS.items():
        ours, mean, _, _ = check_of(run, folder)
        gap = ours.mean - mean
        error = gap.std(axis=0, ddof=1) / np.sqrt(len(gap))
        ratio |= {(run, eta): float(t) for eta, t in zip(etas, gap.mean(0) / error, strict=True)}
    ours, mean, _, _ = check_of("101", folder)
    assert abs(np.mean((ours.mean - mean) / ours.sd, axis=0)[3]) < 0.02
    del ratio["101", "Vp"]
    assert len(ratio) == 35
    assert sum(abs(t) > 2.0 for t in ratio.values()) <= 5, ratio
    assert max(map(abs, ratio.values())) < 4.0, ratio


def test_how_many_subjects_agree(folder: Path) -> None:
    """Over all subjects, none left out: at least 95 % in mean and in SD where Monolix saw all of
    the posterior; and how many it did not see."""
    far = {key for key, (_, _, why) in LONG_RUN.items() if why == FAR}
    inside = []
    for run in ETAS:
        ours, mean, sd, _ = check_of(run, folder)
        off = (np.abs(ours.mean - mean) < MEAN * ours.sd).all(axis=1)
        wide = (np.abs(sd / ours.sd - 1.0) < SPREAD).all(axis=1)
        for i in range(20):
            if f"{run}/{i + 1}" not in far:
                inside.append((off[i], wide[i]))
    shares = np.mean(inside, axis=0)
    assert len(inside) == 200 - len(far)
    assert np.all(shares >= 0.93), shares
