"""Individual estimates of the ten posologyr models against Monolix's conditional distributions.

Monolix's sampler has an error of its own, and stays in one optimum where there are two. `LONG_RUNS`
holds what long tempered runs (studies/posologyr/long_run.py) give for every subject that lies
outside the limits, for those near them, for all of run 101, and for a few drawn at random. Outside
the limits from Monolix, we must agree with them. What was found is told in docs/how-right.md.
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
from equipoise.likelihood import Subject, predicted
from equipoise.model import Model
from equipoise.steps import Carry
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


def problem(run: str, folder: Path) -> tuple[Model, tuple[Subject, ...]]:
    """The model of a run and its 20 subjects, as Monolix had them.

    The streams give 0.05 and 5000 as variances, Monolix took them as SDs (of a subject with four
    levels it finds clearance to 3 %, which 22 % of residual error does not allow). Covariates are
    those of run 301; Monolix carries a regressor from its time on, t_j <= t < t_j+1
    (monolix.lixoft.com/data-and-models/regressor).
    """
    text = (STREAMS / f"run{run}.mod").read_text(encoding="utf-8")
    text = text.replace("$SIGMA 0.05 5000", "$SIGMA 0.0025 25000000")
    # Rates are compiled from their text when they are first needed: the folder stays till the end.
    place = mkdtemp()
    atexit.register(rmtree, place)
    model = imported(text.replace("$SIGMA 0.05", "$SIGMA 0.0025"), Path(place), f"run{run}")
    data = sorted(folder.glob(f"data_to_fit{run}_dist*.csv"))[0].read_text(encoding="utf-8")
    return model, parse_dataset(data, model, carry=Carry.FORWARD).subjects


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


FAR = "504/13"
"""The subject with an optimum so far and of so small a share that 4000 draws seldom meet it."""

# Subject, eta, mean and SD of two runs that share nothing but the model: the first of 60 000
# particles, with its kurtosis (-: not made, the subject lies well inside); the second of as many
# thousands as its last number says. 504/13 has another optimum 4 below in Vc and Ka, with a share
# of 4.8e-5 by importance sampling of each optimum alone (40 000 draws); the particles, who had lost
# it, are joined with it in the first run.
LONG_RUNS = """
001/15 Cl 0.4261 0.0276 3.0 0.4262 0.0276 40
001/15 Vc 0.0769 0.0725 3.0 0.0768 0.0721 40
001/15 Ka -0.3893 0.1386 3.1 -0.3894 0.1372 40
003/3 Cl - - - 0.7560 0.0630 40
003/3 Vc - - - -0.1311 0.0682 40
003/3 Ka - - - 0.2224 0.3716 40
003/3 ALAG - - - -0.1282 0.4101 40
003/9 Cl - - - 0.2487 0.0295 40
003/9 Vc - - - -0.1918 0.0479 40
003/9 Ka - - - 0.0177 0.3079 40
003/9 ALAG - - - -0.6532 0.0423 40
003/11 Cl - - - 0.6239 0.0484 40
003/11 Vc - - - -0.3059 0.0579 40
003/11 Ka - - - 0.2430 0.3270 40
003/11 ALAG - - - 0.4638 0.1753 40
003/14 Cl 0.6961 0.2474 8.3 0.6957 0.2515 40
003/14 Vc 0.0056 0.6206 2.7 0.0187 0.6253 40
003/14 Ka 0.0672 0.4303 3.0 0.0682 0.4295 40
003/14 ALAG -0.0609 0.4304 2.9 -0.0657 0.4341 40
003/17 Cl 0.1338 0.0638 3.3 0.1338 0.0636 40
003/17 Vc 0.2604 0.1002 4.1 0.2601 0.1009 40
003/17 Ka -0.9198 0.2974 4.7 -0.9188 0.2970 40
003/17 ALAG -0.1669 0.0129 3.3 -0.1667 0.0129 40
006/3 Cl - - - 0.7958 0.0667 40
006/3 Vc - - - -0.1023 0.0741 40
006/3 Ka - - - 0.0470 0.4295 40
006/3 D2 - - - -0.2737 0.3289 40
006/4 Cl 0.2467 0.1883 3.1 0.2473 0.1875 40
006/4 Vc -0.0320 0.4157 3.0 -0.0313 0.4150 40
006/4 Ka 0.0000 0.4462 3.0 0.0010 0.4487 40
006/4 D2 -0.0104 0.4407 3.0 -0.0108 0.4421 40
006/13 Cl - - - 0.0910 0.1155 40
006/13 Vc - - - 0.4965 0.1728 40
006/13 Ka - - - 0.2205 0.2788 40
006/13 D2 - - - 0.5526 0.2332 40
006/14 Cl 0.6830 0.2457 8.4 0.6859 0.2430 40
006/14 Vc 0.0097 0.6182 2.7 0.0135 0.6144 40
006/14 Ka 0.0078 0.4458 3.0 0.0154 0.4433 40
006/14 D2 -0.1072 0.4164 3.0 -0.1061 0.4159 40
101/1 Cl - - - 0.2975 0.0997 40
101/1 Vc - - - 0.0272 0.0601 40
101/1 Ka - - - -0.1537 0.1392 40
101/1 Vp - - - 0.0852 0.3920 40
101/2 Cl - - - -0.0808 0.1691 40
101/2 Vc - - - 0.1107 0.4561 40
101/2 Ka - - - -0.0038 0.4434 40
101/2 Vp - - - 0.0248 0.4231 40
101/3 Cl - - - 0.7239 0.0669 40
101/3 Vc - - - -0.2833 0.2531 40
101/3 Ka - - - 0.2720 0.3365 40
101/3 Vp - - - 0.1624 0.3824 40
101/4 Cl - - - 0.3170 0.1235 40
101/4 Vc - - - -0.0612 0.4349 40
101/4 Ka - - - 0.0084 0.4436 40
101/4 Vp - - - 0.0151 0.4522 40
101/5 Cl - - - -0.4001 0.2013 40
101/5 Vc - - - -0.2238 0.0602 40
101/5 Ka - - - 0.4357 0.2589 40
101/5 Vp - - - -0.1442 0.4216 40
101/6 Cl - - - 0.5208 0.1475 40
101/6 Vc - - - -0.1381 0.4277 40
101/6 Ka - - - 0.0153 0.4421 40
101/6 Vp - - - 0.1060 0.4701 40
101/7 Cl - - - 0.1837 0.0288 40
101/7 Vc - - - 0.0621 0.0851 40
101/7 Ka - - - 0.3401 0.2193 40
101/7 Vp - - - -0.0126 0.4636 40
101/8 Cl - - - -0.0454 0.0926 40
101/8 Vc - - - 0.0553 0.4480 40
101/8 Ka - - - -0.0074 0.4501 40
101/8 Vp - - - 0.0143 0.4484 40
101/9 Cl - - - 0.1151 0.1212 40
101/9 Vc - - - -0.1721 0.0640 40
101/9 Ka - - - -0.0180 0.1043 40
101/9 Vp - - - 0.0785 0.4338 40
101/10 Cl - - - -0.2269 0.1865 40
101/10 Vc - - - 0.0915 0.4258 40
101/10 Ka - - - -0.0084 0.4464 40
101/10 Vp - - - -0.0344 0.4136 40
101/11 Cl - - - 0.5810 0.0260 40
101/11 Vc - - - -0.3888 0.0812 40
101/11 Ka - - - 0.5109 0.2506 40
101/11 Vp - - - 0.0071 0.3261 40
101/12 Cl - - - -0.4200 0.0822 40
101/12 Vc - - - 0.1059 0.4411 40
101/12 Ka - - - -0.0105 0.4510 40
101/12 Vp - - - 0.0030 0.4395 40
101/13 Cl - - - 0.3304 0.1217 40
101/13 Vc - - - 0.4279 0.0571 40
101/13 Ka - - - 0.4746 0.1544 40
101/13 Vp - - - 0.1330 0.4906 40
101/14 Cl - - - 0.7738 0.2176 40
101/14 Vc - - - -0.2979 0.4467 40
101/14 Ka - - - 0.0821 0.4231 40
101/14 Vp - - - 0.1676 0.4483 40
101/15 Cl - - - 0.4287 0.0273 40
101/15 Vc - - - 0.1021 0.1077 40
101/15 Ka - - - -0.3407 0.1803 40
101/15 Vp - - - -0.0691 0.4763 40
101/16 Cl - - - -0.0307 0.0930 40
101/16 Vc - - - 0.0532 0.4437 40
101/16 Ka - - - -0.0049 0.4463 40
101/16 Vp - - - 0.0069 0.4496 40
101/17 Cl - - - 0.0120 0.1626 40
101/17 Vc - - - 0.3469 0.0725 40
101/17 Ka - - - -0.7086 0.1112 40
101/17 Vp - - - 0.0632 0.4721 40
101/18 Cl - - - -0.6889 0.1841 40
101/18 Vc - - - -0.0673 0.3608 40
101/18 Ka - - - -0.0275 0.4523 40
101/18 Vp - - - -0.2479 0.3629 40
101/19 Cl - - - -0.0862 0.0377 40
101/19 Vc - - - 0.1821 0.1216 40
101/19 Ka - - - -0.3492 0.2254 40
101/19 Vp - - - 0.0129 0.4564 40
101/20 Cl - - - 0.0491 0.1165 40
101/20 Vc - - - 0.0132 0.4382 40
101/20 Ka - - - 0.0021 0.4475 40
101/20 Vp - - - 0.0255 0.4511 40
201/1 Vmax - - - 0.3801 0.3072 40
201/1 Vc - - - 0.0374 0.0412 40
201/1 Ka - - - -0.1308 0.1269 40
201/1 Km - - - -0.3429 0.3176 40
201/15 Vmax - - - 0.0740 0.2516 40
201/15 Vc - - - 0.1083 0.1147 40
201/15 Ka - - - -0.3344 0.2142 40
201/15 Km - - - -0.0678 0.3686 40
207/3 Vmax - - - 0.0866 0.3776 40
207/3 Vc - - - -0.1260 0.0597 40
207/3 Ka - - - 0.1552 0.3809 40
207/3 Km - - - -0.0811 0.3792 40
207/3 Cl - - - 0.1647 0.3689 40
207/5 Vmax - - - -0.2089 0.3583 40
207/5 Vc - - - -0.2348 0.0456 40
207/5 Ka - - - 0.3847 0.2295 40
207/5 Km - - - 0.1576 0.3788 40
207/5 Cl - - - -0.2511 0.2874 40
207/7 Vmax - - - 0.1378 0.3697 40
207/7 Vc - - - -0.0149 0.0437 40
207/7 Ka - - - 0.2748 0.1383 40
207/7 Km - - - -0.1599 0.3887 40
207/7 Cl - - - 0.1461 0.3871 40
207/9 Vmax - - - 0.2858 0.3727 40
207/9 Vc - - - -0.2382 0.0591 40
207/9 Ka - - - -0.1000 0.0974 40
207/9 Km - - - -0.2684 0.3999 40
207/9 Cl - - - 0.2981 0.4065 40
207/11 Vmax - - - 0.2631 0.4160 40
207/11 Vc - - - -0.3281 0.0537 40
207/11 Ka - - - 0.6232 0.2177 40
207/11 Km - - - -0.1059 0.3599 40
207/11 Cl - - - 0.4818 0.3323 40
207/12 Vmax - - - 0.1376 0.4081 40
207/12 Vc - - - -0.1597 0.3469 40
207/12 Ka - - - 0.0101 0.4448 40
207/12 Km - - - -0.1119 0.4113 40
207/12 Cl - - - 0.1755 0.4108 40
207/15 Vmax - - - 0.0141 0.3594 40
207/15 Vc - - - 0.0952 0.0635 40
207/15 Ka - - - -0.3593 0.1263 40
207/15 Km - - - -0.0589 0.4006 40
207/15 Cl - - - -0.0007 0.3294 40
207/16 Vmax - - - 0.0113 0.3895 40
207/16 Vc - - - 0.0593 0.3972 40
207/16 Ka - - - -0.0049 0.4459 40
207/16 Km - - - -0.0054 0.4083 40
207/16 Cl - - - 0.0597 0.3545 40
207/17 Vmax - - - 0.4474 0.3617 40
207/17 Vc - - - 0.3933 0.0669 40
207/17 Ka - - - -0.6491 0.1068 40
207/17 Km - - - -0.4643 0.4147 40
207/17 Cl - - - 0.3256 0.4672 40
207/19 Vmax - - - -0.1467 0.3586 40
207/19 Vc - - - 0.1848 0.0656 40
207/19 Ka - - - -0.2699 0.1540 40
207/19 Km - - - 0.1100 0.4056 40
207/19 Cl - - - -0.1869 0.2687 40
301/14 Cl 0.9562 0.2809 3.0 0.9542 0.2814 20
301/14 Vc -0.6895 0.3603 3.0 -0.6911 0.3615 20
301/14 Ka 0.1156 0.4080 2.9 0.1200 0.4081 20
301/19 Cl - - - 0.3590 0.0342 20
301/19 Vc - - - -0.7871 0.1623 20
301/19 Ka - - - -1.3191 0.1695 20
504/1 Cl 0.8998 0.0255 3.0 0.8999 0.0257 20
504/1 Vc 0.1503 0.2740 52.6 0.1612 0.2288 20
504/1 Ka -0.1250 0.3023 35.8 -0.1141 0.2655 20
504/3 Cl 1.7301 0.1012 2.7 1.7327 0.1000 20
504/3 Vc -0.1308 0.4882 12.3 -0.1690 0.5446 20
504/3 Ka 0.7205 0.8647 3.5 0.6577 0.8925 20
504/6 Cl - - - 0.6389 0.6201 20
504/6 Vc - - - 0.0974 1.1002 20
504/6 Ka - - - -0.0032 1.0232 20
504/7 Cl 0.5190 0.0256 3.0 0.5188 0.0253 20
504/7 Vc 0.0089 0.0885 752.7 0.0083 0.0837 20
504/7 Ka 0.7764 0.3930 10.9 0.7737 0.3916 20
504/8 Cl 0.0776 0.2850 15.0 0.0762 0.2816 20
504/8 Vc 0.3450 0.9937 2.8 0.3421 1.0004 20
504/8 Ka -0.0445 1.0214 3.0 -0.0437 1.0175 20
504/9 Cl 0.4968 0.0282 3.1 0.4968 0.0284 20
504/9 Vc -0.4861 0.2107 65.2 -0.4879 0.2191 20
504/9 Ka -0.1527 0.2236 52.1 -0.1540 0.2317 20
504/11 Cl 1.2775 0.0461 2.8 1.2781 0.0461 20
504/11 Vc -0.8238 0.4333 29.2 -0.7752 0.2596 20
504/11 Ka 1.5552 0.6415 7.9 1.6010 0.5572 20
504/13 Cl 0.4459 0.0801 3.7 0.4459 0.0801 20
504/13 Vc 0.9684 0.0560 1388.0 0.9679 0.0483 20
504/13 Ka 0.9472 0.3567 10.5 0.9428 0.3448 20
504/14 Cl 1.2882 0.6805 3.1 1.2810 0.6775 20
504/14 Vc -0.7921 0.8588 4.7 -0.7993 0.8425 20
504/14 Ka 0.1647 0.8738 2.9 0.1819 0.8707 20
504/15 Cl 1.0023 0.0300 3.0 1.0024 0.0301 20
504/15 Vc 0.0565 0.3622 6.2 0.0540 0.3659 20
504/15 Ka -1.0621 0.3771 5.4 -1.0646 0.3802 20
504/16 Cl - - - -0.3387 0.2558 20
504/16 Vc - - - 0.3397 0.9269 20
504/16 Ka - - - -0.0581 1.0206 20
504/17 Cl - - - 0.3515 0.1157 20
504/17 Vc - - - 0.5538 0.2964 20
504/17 Ka - - - -1.6837 0.3259 20
504/19 Cl - - - -0.1191 0.0321 20
504/19 Vc - - - 0.4229 0.1825 20
504/19 Ka - - - -0.6437 0.3482 20
513/1 Cl 1.2905 0.0259 3.0 1.2906 0.0261 20
513/1 Vc -0.0611 0.7366 3.3 -0.0930 0.7599 20
513/1 Ka -0.4068 0.7464 3.1 -0.4388 0.7699 20
513/3 Cl 3.3673 0.0700 3.0 3.3668 0.0694 20
513/3 Vc -0.0069 1.5942 2.0 -0.0023 1.6168 20
513/3 Ka -0.5680 1.3991 2.9 -0.5649 1.3745 20
513/6 Cl - - - 0.8562 1.0048 20
513/6 Vc - - - 0.4269 1.7923 20
513/6 Ka - - - -0.1737 1.4877 20
513/7 Cl 0.7544 0.0265 3.0 0.7544 0.0265 20
513/7 Vc -0.0870 0.5124 37.7 -0.0740 0.4727 20
513/7 Ka 1.2841 0.9048 7.6 1.2951 0.8817 20
513/8 Cl - - - 0.0818 0.5737 20
513/8 Vc - - - 0.6774 1.3827 20
513/8 Ka - - - -0.1249 1.4567 20
513/9 Cl 0.6816 0.0290 3.0 0.6816 0.0290 20
513/9 Vc -0.9325 0.5287 3.2 -0.9424 0.5354 20
513/9 Ka -0.4661 0.5323 3.1 -0.4756 0.5395 20
513/11 Cl 1.5735 0.0522 2.9 1.5734 0.0534 20
513/11 Vc -0.7781 0.9255 7.0 -0.6994 0.8627 20
513/11 Ka 1.6045 1.1927 3.5 1.7104 1.1165 20
513/13 Cl 0.6308 0.0995 3.8 0.6315 0.0989 20
513/13 Vc 1.3273 0.3103 240.4 1.3297 0.2922 20
513/13 Ka 1.5154 0.7594 11.6 1.5263 0.7568 20
513/14 Cl 1.5919 1.0488 3.4 1.5810 1.0292 20
513/14 Vc -0.8444 1.3452 6.4 -0.8514 1.3539 20
513/14 Ka 0.1739 1.1848 4.0 0.1863 1.2034 20
513/16 Cl -0.6563 0.5106 11.9 -0.6505 0.5021 20
513/16 Vc 0.4417 1.1604 2.7 0.4355 1.1502 20
513/16 Ka -0.0978 1.4512 2.9 -0.0795 1.4379 20
513/17 Cl - - - 0.5474 0.1833 20
513/17 Vc - - - 0.6376 0.4048 20
513/17 Ka - - - -2.4350 0.4154 20
513/18 Cl -2.6314 0.4807 7.0 -2.6348 0.4897 20
513/18 Vc -1.4066 0.4895 5.4 -1.4122 0.4976 20
513/18 Ka -0.1115 1.4275 2.7 -0.1161 1.4258 20
513/19 Cl -0.1441 0.0378 58.8 -0.1444 0.0375 20
513/19 Vc 0.4685 0.5025 12.1 0.4755 0.4888 20
513/19 Ka -1.0252 0.6638 6.1 -1.0172 0.6489 20
"""

SINGLE = 0.03
"""Error of a lone long run, in SDs and as a share: without an optimum of few percent two runs
differ by 0.02."""


@dataclass(frozen=True)
class Long:
    """Moments of the etas by the long run, (k,) each, and its error: how far two runs differ, the
    mean in SDs and the SD as a share, for the worst eta.
    """

    mean: Table
    sd: Table
    kurtosis: Table
    error_of_mean: float
    error_of_sd: float


def long_runs() -> dict[str, Long]:
    """The table by subject."""
    rows: dict[str, list[list[float]]] = {}
    for line in LONG_RUNS.strip().splitlines():
        name, _, *cells = line.split()
        rows.setdefault(name, []).append([np.nan if cell == "-" else float(cell) for cell in cells])
    found = {}
    for name, lines in rows.items():
        mean, sd, kurtosis, second_mean, second_sd, _ = np.array(lines).T
        if np.isnan(mean).any():
            plain = np.full(len(mean), 3.0)
            found[name] = Long(second_mean, second_sd, plain, SINGLE, SINGLE)
            continue
        apart = float(np.max(np.abs(second_mean - mean) / sd))
        wide = float(np.max(np.abs(second_sd / sd - 1.0)))
        found[name] = Long(mean, sd, kurtosis, apart, wide)
    return found


LONG = long_runs()


def inside(mean: Table, sd: Table, other_mean: Table, other_sd: Table) -> np.ndarray:
    """Whether all etas of a subject lie within the limits of another's, in units of `sd`."""
    near = (np.abs(mean - other_mean) < MEAN * sd).all(axis=-1)
    return np.asarray(near & (np.abs(other_sd / sd - 1.0) < SPREAD).all(axis=-1))


def within_errors(ours: Found, place: int, truth: Long) -> bool:
    """Four standard errors of ours, beside what two long runs differ by.

    The kurtosis is itself drawn, and of heavy tails comes out too small: the larger of the two.
    """
    ess = ours.ess[place]
    apart = np.abs(ours.mean[place] - truth.mean) / truth.sd
    wide = np.abs(ours.sd[place] / truth.sd - 1.0)
    kurtosis = np.maximum(np.maximum(ours.kurtosis[place], truth.kurtosis), 3.0)
    error = np.sqrt((kurtosis - 1.0) / 4.0 / ess)
    return bool(
        np.all(apart < 4.0 / np.sqrt(ess) + truth.error_of_mean)
        and np.all(wide < 4.0 * error + truth.error_of_sd)
    )


@dataclass(frozen=True)
class Compared:
    """A run's 20 subjects: which are inside the limits from Monolix (all means, all SDs), and by
    name whether the long run agrees with ours (within errors; within the limits) and with Monolix.
    """

    means: np.ndarray
    sds: np.ndarray
    ours_by_error: dict[str, bool]
    ours_by_limits: dict[str, bool]
    monolix_by_limits: dict[str, bool]

    @property
    def both(self) -> np.ndarray:
        """Subjects inside in means and SDs, (20,)."""
        return self.means & self.sds


def compared(run: str, folder: Path) -> Compared:
    """What the tests assert and the study prints."""
    ours = found(run, folder)
    mean, sd = monolix(run, folder)
    by_error, by_limits, by_monolix = {}, {}, {}
    for i in range(20):
        name = f"{run}/{i + 1}"
        if name in LONG:
            truth = LONG[name]
            by_error[name] = within_errors(ours, i, truth)
            by_limits[name] = bool(inside(truth.mean, truth.sd, ours.mean[i], ours.sd[i]))
            by_monolix[name] = bool(inside(truth.mean, truth.sd, mean[i], sd[i]))
    return Compared(
        (np.abs(ours.mean - mean) < MEAN * ours.sd).all(axis=1),
        (np.abs(sd / ours.sd - 1.0) < SPREAD).all(axis=1),
        by_error,
        by_limits,
        by_monolix,
    )


@pytest.mark.parametrize("run", ETAS)
def test_a_subject_agrees_with_monolix_or_with_a_long_run(run: str, folder: Path) -> None:
    found_out = compared(run, folder)
    outside = {f"{run}/{i + 1}" for i in np.flatnonzero(~found_out.both)}
    assert outside - LONG.keys() == set()
    # All of the table, those inside too.
    for name, agrees in found_out.ours_by_error.items():
        assert agrees, name
    # Where Monolix agrees with the long run so must we: then only the two errors add up. But for
    # one subject, whose SD so few draws cannot tell: one set in five meets its far optimum.
    for name in outside:
        agreed = found_out.monolix_by_limits[name]
        if name == FAR:
            assert np.sqrt((LONG[name].kurtosis.max() - 1.0) / 4.0 / DRAWS) > SPREAD
        else:
            assert found_out.ours_by_limits[name] or not agreed, name
    ours = found(run, folder)
    assert set(ours.method) == {"importance"}
    assert ours.ess.min() >= 0.5 * DRAWS


def test_how_many_subjects_agree(folder: Path) -> None:
    """Of 200: within the limits of Monolix alone, which is less than 95 %, as found (the least of
    three sets of generators); and of Monolix or the long run."""
    runs = {run: compared(run, folder) for run in ETAS}
    means = sum(int(c.means.sum()) for c in runs.values())
    sds = sum(int(c.sds.sum()) for c in runs.values())
    both = sum(int(c.both.sum()) for c in runs.values())
    right = sum(
        bool(here) or c.ours_by_limits.get(f"{run}/{i + 1}", False)
        for run, c in runs.items()
        for i, here in enumerate(c.both)
    )
    print(f"of 200 by Monolix: means {means}, SDs {sds}, both {both}; or by the long run: {right}")
    assert means >= 180
    assert sds >= 182
    assert both >= 175
    assert right >= 190


def in_errors(gap: Table) -> list[float]:
    """Means over the subjects in their standard errors, one for each eta."""
    return list(gap.mean(axis=0) / gap.std(axis=0, ddof=1) * np.sqrt(len(gap)))


def test_no_eta_differs_in_one_direction(folder: Path) -> None:
    """Mean signed difference from Monolix over the subjects, in its standard errors.

    Of 36, Student's t with 19 degrees of freedom puts 2.2 beyond 2, and one or more beyond 3.86 in
    4 % of sets: the largest may not be further. More than 5 beyond 2 come in 2 %. In VP of run 101
    Monolix differs so much from the long runs of all 20 subjects: there we are held to these.
    """
    ratio = {}
    for run, etas in ETAS.items():
        gap = found(run, folder).mean - monolix(run, folder)[0]
        ratio |= {(run, eta): t for eta, t in zip(etas, in_errors(gap), strict=True)}
    assert len(ratio) == 36
    assert sum(abs(t) > 2.0 for t in ratio.values()) <= 5, ratio
    long = np.array([LONG[f"101/{i + 1}"].mean for i in range(20)])
    assert in_errors(long - monolix("101", folder)[0])[3] > 3.86
    ratio["101", "Vp"] = in_errors(found("101", folder).mean - long)[3]
    assert max(map(abs, ratio.values())) < 3.86, ratio


def test_carrying_forward_is_the_nonmem_rule_on_shifted_covariates(folder: Path) -> None:
    """What holds from record j to j + 1 is what NONMEM takes from record j + 1: the same file with
    its covariates one record later must give the same predictions."""
    model, subjects = problem("301", folder)
    (path,) = folder.glob("data_to_fit301_dist*.csv")
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if line]
    places = [rows[0].index(name) for name in ("BW", "SEX")]
    out = rows[:2]
    for before, row in pairwise(rows[1:]):
        late = before if before[0] == row[0] else row
        out.append([late[i] if i in places else cell for i, cell in enumerate(row)])
    shifted = parse_dataset("\n".join(",".join(row) for row in out) + "\n", model).subjects
    etas = np.random.default_rng(5).normal(scale=0.4, size=(8, 3))
    for one, two in zip(subjects, shifted, strict=True):
        np.testing.assert_allclose(
            predicted(model, one, etas), predicted(model, two, etas), rtol=1e-9
        )
