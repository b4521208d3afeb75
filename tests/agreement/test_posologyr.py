"""Individual estimates of the ten posologyr models against Monolix's conditional distributions.

Monolix's sampler has an error of its own, and stays in one optimum where there are two. `LONG_RUN`
holds what a long tempered run (studies/posologyr/long_run.py) gives for every subject at which
Monolix is not clearly within the limits; there we must agree with the long run, everywhere else
with Monolix. What was found is told in docs/how-right.md.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

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
    with TemporaryDirectory() as place:
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
    "003/9": ((0.2487, -0.1918, 0.01774, -0.6532), (0.02952, 0.04794, 0.3079, 0.04229), NOISE),
    "003/11": ((0.6239, -0.3059, 0.243, 0.4638), (0.04838, 0.05794, 0.327, 0.1753), NOISE),
    "003/14": ((0.6957, 0.01874, 0.06824, -0.06566), (0.2515, 0.6253, 0.4295, 0.4341), NOISE),
    "003/17": ((0.1338, 0.2601, -0.9188, -0.1667), (0.06355, 0.1009, 0.297, 0.0129), NOISE),
    "006/3": ((0.7958, -0.1023, 0.04701, -0.2737), (0.06667, 0.07409, 0.4295, 0.3289), NOISE),
    "006/14": ((0.6859, 0.0135, 0.01538, -0.1061), (0.243, 0.6144, 0.4433, 0.4159), NOISE),
    "201/1": ((0.3801, 0.03744, -0.1308, -0.3429), (0.3072, 0.04125, 0.1269, 0.3176), NOISE),
    "201/15": ((0.07404, 0.1083, -0.3344, -0.06783), (0.2516, 0.1147, 0.2142, 0.3686), NOISE),
    "207/3": ((0.08662, -0.126, 0.1552, -0.08106, 0.1647), (0.3776, 0.0597, 0.3809, 0.3792, 0.3689), NOISE),
    "207/5": ((-0.2089, -0.2348, 0.3847, 0.1576, -0.2511), (0.3583, 0.04559, 0.2295, 0.3788, 0.2874), NOISE),
    "207/7": ((0.1378, -0.01493, 0.2748, -0.1599, 0.1461), (0.3697, 0.04373, 0.1383, 0.3887, 0.3871), NOISE),
    "207/11": ((0.2631, -0.3281, 0.6232, -0.1059, 0.4818), (0.416, 0.05375, 0.2177, 0.3599, 0.3323), NOISE),
    "207/12": ((0.1376, -0.1597, 0.01005, -0.1119, 0.1755), (0.4081, 0.3469, 0.4448, 0.4113, 0.4108), NOISE),
    "207/16": ((0.01133, 0.0593, -0.004854, -0.005386, 0.05967), (0.3895, 0.3972, 0.4459, 0.4083, 0.3545), NOISE),
    "207/17": ((0.4474, 0.3933, -0.6491, -0.4643, 0.3256), (0.3617, 0.06689, 0.1068, 0.4147, 0.4672), NOISE),
    "207/19": ((-0.1467, 0.1848, -0.2699, 0.11, -0.1869), (0.3586, 0.06556, 0.154, 0.4056, 0.2687), NOISE),
    "301/14": ((0.9542, -0.6911, 0.12), (0.2814, 0.3615, 0.4081), NOISE),
    "301/19": ((0.359, -0.7871, -1.319), (0.03423, 0.1623, 0.1695), NOISE),
    "504/1": ((0.8999, 0.1612, -0.1141), (0.02569, 0.2288, 0.2655), FAR),
    "504/3": ((1.733, -0.169, 0.6577), (0.09998, 0.5446, 0.8925), FAR),
    "504/6": ((0.6389, 0.09738, -0.003246), (0.6201, 1.1, 1.023), NOISE),
    "504/7": ((0.5188, 0.008346, 0.7737), (0.02531, 0.08368, 0.3916), FAR),
    "504/9": ((0.4968, -0.4879, -0.154), (0.02836, 0.2191, 0.2317), FAR),
    "504/11": ((1.278, -0.7752, 1.601), (0.04614, 0.2596, 0.5572), FAR),
    "504/14": ((1.281, -0.7993, 0.1819), (0.6775, 0.8425, 0.8707), NOISE),
    "504/15": ((1.002, 0.05401, -1.065), (0.03014, 0.3659, 0.3802), FAR),
    "504/16": ((-0.3387, 0.3397, -0.05809), (0.2558, 0.9269, 1.021), NOISE),
    "504/17": ((0.3515, 0.5538, -1.684), (0.1157, 0.2964, 0.3259), NOISE),
    "513/1": ((1.291, -0.09299, -0.4388), (0.02613, 0.7599, 0.7699), FAR),
    "513/3": ((3.367, -0.002333, -0.5649), (0.06945, 1.617, 1.374), FAR),
    "513/6": ((0.8562, 0.4269, -0.1737), (1.005, 1.792, 1.488), NOISE),
    "513/7": ((0.7544, -0.07399, 1.295), (0.02651, 0.4727, 0.8817), FAR),
    "513/9": ((0.6816, -0.9424, -0.4756), (0.02902, 0.5354, 0.5395), FAR),
    "513/11": ((1.573, -0.6994, 1.71), (0.05342, 0.8627, 1.116), NOISE),
    "513/13": ((0.6315, 1.33, 1.526), (0.09889, 0.2922, 0.7568), FAR),
    "513/14": ((1.581, -0.8514, 0.1863), (1.029, 1.354, 1.203), NOISE),
    "513/17": ((0.5474, 0.6376, -2.435), (0.1833, 0.4048, 0.4154), NOISE),
    "513/18": ((-2.635, -1.412, -0.1161), (0.4897, 0.4976, 1.426), NOISE),
    "513/19": ((-0.1444, 0.4755, -1.017), (0.03751, 0.4888, 0.6489), NOISE),
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
        assert np.all(np.abs(ours.sd[i] / sd - 1.0) < 4.0 * error), i + 1
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
