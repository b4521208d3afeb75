"""Predictions that NONMEM itself printed for unusual events, against ours.

One compartment with a depot, CL 1.1 L/h, V 20 L, KA 1.5 /h, ADVAN2 TRANS2; ug/L to five digits.

Source  github.com/mrgsolve/nmtests, dosing/results/1001-nm.csv (NONMEM 7.5.1; runs 1 to 29), and
        nlmixr2data, data set nmtest (NONMEM 7.4.3; runs above 100); a few values of each run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from equipoise.dataset import parse_dataset
from equipoise.kinetics import Linear
from equipoise.likelihood import predicted
from equipoise.model import Array, Covariate, Observation, Residual
from small_models import _model


@dataclass(frozen=True)
class Run:
    """Dose rows (TIME, EVID, AMT, CMT, SS, II, ADDL, RATE), and (TIME, prediction) of levels.

    lags  of the dose rows, of the other rows: ALAG2;  share: F2;  lasting: D2
    """

    what: str
    doses: Sequence[tuple[float, ...]]
    levels: Sequence[tuple[float, float]]
    lags: tuple[float, float] = (0.0, 0.0)
    share: float = 1.0
    lasting: float = 2.0


RUNS = {
    2: Run(
        "bolus with lag and bioavailability",
        [(0, 1, 100, 2, 0, 24, 3, 0)],
        [(12, 0.0), (13, 10629.0), (37, 13468.0), (60, 3801.3)],
        lags=(12.13, 12.13), share=2.23,
    ),
    7: Run(
        "infusions with lag",
        [(0, 1, 100, 2, 0, 24, 3, 10)],
        [(4, 0.0), (5, 415.22), (15, 3670.3), (29, 2114.6)],
        lags=(4.15, 4.15),
    ),
    9: Run(
        "infusions at steady state with lag; a given rate keeps its rate",
        [(0, 1, 100, 2, 1, 24, 3, 10)],
        [(0, 1002.7), (3, 850.22), (5, 1636.6), (24, 1002.7), (30, 2035.5)],
        lags=(3.16, 3.16), share=0.412,
    ),
    12: Run(
        "infusions at steady state, longer than the interval",
        [(0, 1, 100, 2, 1, 6, 12, 8.3333)],
        [(0, 15152.0), (3, 15152.0), (20, 15152.0), (80, 14362.0)],
    ),
    13: Run(
        "infusions at steady state, as long as the interval",
        [(0, 1, 100, 2, 1, 10, 8, 4.12)],
        [(0, 3745.5), (5, 3745.5), (40, 3745.5), (95, 2844.9)],
        share=0.412,
    ),
    15: Run(
        "boluses at steady state with lag; levels when they enter",
        [(0, 1, 100, 2, 1, 24, 3, 0)],
        [(0, 935.66), (3, 793.34), (4, 2810.9), (28, 2810.9), (40, 1452.8)],
        lags=(4.0, 4.0), share=0.412,
    ),
    16: Run(
        "boluses with lag; levels when they enter",
        [(0, 1, 100, 2, 0, 24, 3, 0)],
        [(4, 0.0), (5, 2060.0), (29, 2610.3), (30, 2470.6)],
        lags=(5.0, 5.0), share=0.412,
    ),
    18: Run(
        "modeled duration with lag",
        [(0, 1, 100, 2, 0, 24, 3, -2)],
        [(5, 0.0), (6, 329.74), (14, 2405.7), (40, 2730.8)],
        lags=(5.0, 5.0), share=0.61, lasting=9.0,
    ),
    19: Run(
        "modeled duration at steady state",
        [(0, 1, 100, 2, 1, 24, 3, -2)],
        [(0, 1438.5), (4, 2371.3), (9, 3282.6), (30, 2766.1)],
        share=0.61, lasting=9.0,
    ),
    20: Run(
        "reset and dose",
        [(0, 1, 100, 1, 0, 12, 2, 50), (50, 4, 120, 1, 0, 12, 3, 0)],
        [(10, 3165.4), (50, 0.0), (51, 4505.3), (62, 3219.1), (90, 9591.7)],
    ),
    22: Run(
        "reset and dose at steady state with more",
        [(0, 4, 100, 1, 1, 12, 2, 0)],
        [(0, 5552.4), (6, 7722.5), (12, 5552.4), (30, 7722.5)],
    ),
    24: Run(
        "the same with lag; levels when doses enter",
        [(0, 4, 100, 2, 1, 12, 2, 0)],
        [(0, 9270.8), (9, 5651.2), (10, 10349.0), (22, 10349.0), (40, 7440.0)],
        lags=(10.0, 10.0),
    ),
    25: Run(
        "one such after another",
        [(0, 4, 100, 2, 1, 12, 0, 0), (12, 4, 200, 2, 1, 12, 0, 0), (24, 4, 300, 2, 1, 12, 0, 0)],
        [(0, 7041.8), (5, 10349.0), (12, 14084.0), (17, 20698.0), (29, 31046.0), (40, 16954.0)],
        lags=(5.0, 5.0),
    ),
    27: Run(
        "a reset in between",
        [(0, 1, 100, 1, 0, 12, 3, 50), (50, 3, 0, 2, 0, 0, 0, 0), (54, 1, 120, 1, 0, 16, 2, 0)],
        [(10, 3165.4), (49, 5158.7), (50, 0.0), (60, 4477.0), (64, 3593.5), (70, 2583.4)],
    ),
    28: Run(
        "SS 1, then SS 2",
        [(0, 1, 100, 1, 1, 24, 3, 0), (12, 1, 50, 1, 2, 24, 3, 0)],
        [(0, 1891.9), (11, 3867.4), (12, 4606.4), (24, 3722.1), (40, 5773.0)],
    ),
    29: Run(
        "an endless infusion that ends",
        [(0, 1, 0, 1, 1, 0, 0, 100)],
        [(0, 90909.0), (1, 88547.0), (10, 54446.0), (40, 10456.0)],
    ),
    102: Run(
        "the lag of the record holds for its train, whatever later records say",
        [(0, 1, 100, 2, 0, 24, 3, 0)],
        [(12, 0.0), (13, 10629.0), (24, 5804.2), (25, 5493.6), (37, 13468.0)],
        lags=(12.13, 0.0), share=2.23,
    ),
    109: Run(
        "infusions at steady state that run at the record",
        [(0, 1, 100, 2, 1, 24, 3, 10)],
        [(0, 1701.9), (2, 2471.6), (22, 842.77), (40, 1172.3)],
        lags=(22.0, 22.0), share=0.412,
    ),
    125: Run(
        "SS 1 and 2, twice",
        [
            (0, 1, 100, 1, 1, 24, 0, 0), (12, 1, 50, 1, 2, 24, 0, 0),
            (24, 1, 100, 1, 1, 24, 2, 0), (36, 1, 50, 1, 2, 24, 2, 0),
        ],
        [(0, 1891.9), (12, 4606.4), (24, 1891.9), (36, 4606.4), (60, 4606.4)],
    ),
    310: Run(
        "several infusions at once at steady state, with lag",
        [(0, 1, 100, 2, 1, 12, 4, 2)],
        [(0, 6295.7), (7, 6026.9), (8, 6055.3), (20, 6055.3)],
        lags=(7.4, 7.4), share=0.812,
    ),
    725: Run(
        "SS 1 and 2 of infusions with a lag of almost the interval",
        [
            (0, 1, 100, 2, 1, 24, 0, 25), (12, 1, 50, 2, 2, 24, 0, 12.5),
            (24, 1, 100, 2, 1, 24, 2, 25), (36, 1, 50, 2, 2, 24, 2, 12.5),
        ],
        [(0, 3145.7), (10, 4167.2), (12, 5306.0), (23, 4010.7), (36, 5306.0), (60, 5306.0)],
        lags=(23.0, 23.0),
    ),
}  # fmt: skip

BEYOND = {
    # Run whose lag is shorter by whole intervals: the same steady state.
    109: Run(
        "a lag of 46 h with an interval of 24 h",
        [(0, 1, 100, 2, 1, 24, 1, 10)],
        [(0, -18569.0), (10, -6867.5), (22, 842.77), (30, 2031.8), (60, 1460.7)],
        lags=(46.0, 46.0), share=0.412,
    ),
    15: Run(
        "a lag of 28 h with an interval of 24 h",
        [(0, 1, 100, 2, 1, 24, 2, 0)],
        [(0, 3502.6), (4, 2810.9), (24, 935.66), (28, 2810.9), (40, 1452.8)],
        lags=(28.0, 28.0), share=0.412,
    ),
}  # fmt: skip
"""Where the guide forbids the lag, NONMEM's levels before it are no amounts of a train."""


def _parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
    return {
        "KA": np.asarray(1.5), "CL": 1.1 * np.exp(eta["CL"]), "V1": np.asarray(20.0),
        "F_central": covariate["share"], "LAG_central": covariate["late"],
        "DURATION_central": covariate["lasting"],
    }  # fmt: skip


MODEL = _model(
    etas=("CL",), omega=((0.09,),), parameters=_parameters, structure=Linear(1, depot=True),
    routes={"oral": 0, "iv": 1},
    covariates={name: Covariate("1", 1.0) for name in ("share", "late", "lasting")},
    observations=(
        Observation("sirolimus", "ng/mL", "central", "V1", 1000.0, Residual(additive=1.0)),
    ),
)  # fmt: skip


def predictions(run: Run) -> Array:
    """Ours, at the levels of a run."""
    rows = [
        (
            float(dose[0]),
            0,
            ",".join(map(str, (1, *dose, ".", run.share, run.lags[0], run.lasting))),
        )
        for dose in run.doses
    ]
    for time, _ in run.levels:
        cells = (1, time, 0, 0, 2, 0, 0, 0, 0, 1, run.share, run.lags[1], run.lasting)
        rows.append((float(time), 1, ",".join(map(str, cells))))
    # A level at the time of a dose stands behind it, as in the data set of the source.
    rows.sort(key=lambda row: row[:2])
    header = "ID,TIME,EVID,AMT,CMT,SS,II,ADDL,RATE,DV,SHARE,LATE,LASTING"
    (subject,) = parse_dataset("\n".join([header, *(row[2] for row in rows)]), MODEL).subjects
    return predicted(MODEL, subject, np.zeros((1, 1)))[0]


@pytest.mark.parametrize("number", RUNS, ids=lambda n: f"{n}: {RUNS[n].what}")
def test_as_nonmem_prints_it(number: int) -> None:
    run = RUNS[number]
    printed = np.array([level for _, level in run.levels])
    # Half a unit of the last of five digits.
    np.testing.assert_allclose(predictions(run), printed, rtol=5.1e-5, atol=1e-9)


@pytest.mark.parametrize("shorter", BEYOND)
def test_a_lag_of_an_interval_or_more_at_steady_state_is_where_we_differ(shorter: int) -> None:
    run = BEYOND[shorter]
    printed = np.array([level for _, level in run.levels])
    ours = predictions(run)
    assert (ours > 0.0).all()
    assert not np.allclose(ours[:2], printed[:2], rtol=0.1)
    np.testing.assert_allclose(ours[2:], printed[2:], rtol=5.1e-5)
    # Two trains shifted by whole intervals are one train at steady state.
    same = Run(
        "", RUNS[shorter].doses, run.levels, lags=RUNS[shorter].lags, share=RUNS[shorter].share
    )
    np.testing.assert_allclose(ours[:2], predictions(same)[:2], rtol=1e-9)
