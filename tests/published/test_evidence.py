"""Evidence synthesis against print: single trials, one meta-analysis of the field, two of others.

The BCG and expectancy examples are those with which the R package metafor checks itself against
Stata and against the published chapters.
"""

from __future__ import annotations

import math

import pytest
from scipy.stats import fisher_exact

from equipoise import studytables
from equipoise.evidence import Synthesis, synthesize
from equipoise.pooling import pooled
from equipoise.studies import Study, read_studies


def bundled(name: str, *, method: str = "reml", interval: str = "hartung-knapp") -> Synthesis:
    return synthesize(read_studies(studytables.path(name)), method=method, interval=interval)


def study(synthesis: Synthesis, name: str) -> Study:
    return next(r.study for r in synthesis.results if r.study.name == name)


# --- the field: autologous transplantation in aggressive lymphoma ----------------------------


def test_the_printed_meta_analysis_comes_out_of_its_study_table() -> None:
    """Greb 2007, Cancer Treat Rev, abstract: complete remission RR 1.11, CI 1.04-1.18, fixed
    effect; z 3.20, 1366 of 2126 by the open data set's own page."""
    found = bundled("autologous_lymphoma_remission", method="mantel-haenszel")
    mean = found.mean
    assert mean is not None
    assert [f"{v:.2f}" for v in (mean.estimate, mean.low, mean.high)] == ["1.11", "1.04", "1.18"]
    error = math.log(mean.high / mean.low) / (2 * 1.959964)
    assert f"{math.log(mean.estimate) / error:.2f}" == "3.20"
    rows = [r.study for r in found.results]
    assert sum((s.events or 0) + (s.control_events or 0) for s in rows) == 1366
    assert sum((s.total or 0) + (s.control_total or 0) for s in rows) == 2126


def test_its_random_effects_mean_is_the_one_on_the_page_of_the_data_set() -> None:
    """RR 1.12, from 1.03, z 2.71, tau 0.0888. There Q is about the Mantel-Haenszel mean (20.19);
    ours is about the inverse-variance mean (20.13): the last digit of tau differs."""
    mean = bundled("autologous_lymphoma_remission", method="dl", interval="normal").mean
    assert mean is not None
    assert [f"{v:.2f}" for v in (mean.estimate, mean.low)] == ["1.12", "1.03"]
    assert math.sqrt(mean.tau2) == pytest.approx(0.0888, abs=5e-4)
    assert mean.q == pytest.approx(20.19, abs=0.06)
    error = math.log(mean.high / mean.low) / (2 * 1.959964)
    assert math.log(mean.estimate) / error == pytest.approx(2.71, abs=0.01)


def test_a_printed_meta_analysis_of_hazard_ratios_comes_out_of_its_study_table() -> None:
    """Steurer 2006, Cancer Treat Rev and Cochrane CD004270, abstracts: survival HR 0.89, CI 0.78 to
    1.01, fixed effect, 4 trials."""
    found = bundled("purine_analogues_survival", method="common", interval="normal")
    mean = found.mean
    assert mean is not None
    assert mean.studies == 4
    assert [f"{v:.2f}" for v in (mean.estimate, mean.low, mean.high)] == ["0.89", "0.78", "1.01"]
    logs = {"FCG on CLL 1996": (-0.592, 0.345), "Leporrier 2001": (-0.0791, 0.0787),
            "Rai 2000": (-0.237, 0.144), "Robak 2000": (0.163, 0.312)}  # fmt: skip
    for r in found.results:
        log, error = logs[r.study.name]
        assert math.log(r.estimate) == pytest.approx(log, abs=1e-4)
        assert math.log(r.high / r.low) / (2 * 1.959964) == pytest.approx(error, abs=1e-4)


# --- single trials ------------------------------------------------------------------------


def test_guo_2011_as_printed() -> None:
    """80.0 % and 42.8 % (12 of 28, cut and not rounded), P = .006; the ratio is ours."""
    found = bundled("microtransplant_comparisons")
    guo = study(found, "Guo 2011 (AML)")
    assert (guo.events, guo.total, guo.control_events, guo.control_total) == (24, 30, 12, 28)
    assert f"{100 * 24 / 30:.1f}" == "80.0"
    assert math.floor(1000 * 12 / 28) / 10 == 42.8
    assert f"{fisher_exact([[24, 6], [12, 16]]).pvalue:.3f}" == "0.006"
    result = next(r for r in found.results if r.study is guo)
    assert [f"{v:.2f}" for v in (result.estimate, result.low, result.high)] == [
        "1.87", "1.17", "2.97",
    ]  # fmt: skip
    assert found.mean is None


def test_li_2021_as_printed() -> None:
    """81.8 against 54.5 %, p = .36; overall survival HR 0.32 (0.11-0.96)."""
    found = bundled("microtransplant_comparisons")
    li = study(found, "Li 2021 (MDS)")
    assert (li.events, li.total, li.control_events, li.control_total) == (9, 11, 6, 11)
    assert [f"{100 * a / b:.1f}" for a, b in ((9, 11), (6, 11))] == ["81.8", "54.5"]
    assert f"{fisher_exact([[9, 2], [6, 5]]).pvalue:.2f}" == "0.36"
    survival = bundled("microtransplant_survival")
    assert survival.mean is None
    (only,) = survival.results
    assert (only.estimate, only.low, only.high) == (0.32, 0.11, 0.96)


@pytest.mark.parametrize(
    ("table", "name", "printed"),
    [
        ("microtransplant_remission", "Liu 2026", "86.2"),
        ("microtransplant_remission", "Guo 2011, microtransplant arm", "80.0"),
        ("microtransplant_mds_response", "Li 2021, microtransplant arm", "81.8"),
        ("microtransplant_mds_response", "Hu 2016, MDS group", "81.0"),
    ],
)
def test_single_arms_as_printed(table: str, name: str, printed: str) -> None:
    found = bundled(table)
    result = next(r for r in found.results if r.study.name == name)
    assert f"{100 * result.estimate:.1f}" == printed
    assert found.mean is None, "two reports of different designs are a table"


# --- the method, against others -----------------------------------------------------------

BCG = (
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619),
    (33, 5036, 47, 5761), (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892),
    (29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
)  # fmt: skip
"""Cases and others, vaccinated and not (Colditz 1994)."""
RISK = (
    [math.log(a / (a + b) * (c + d) / c) for a, b, c, d in BCG],
    [1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) for a, b, c, d in BCG],
)
ODDS = (
    [math.log(a * d / (b * c)) for a, b, c, d in BCG],
    [1 / a + 1 / b + 1 / c + 1 / d for a, b, c, d in BCG],
)


def test_one_common_effect_as_stata_gives_it() -> None:
    found = pooled(*RISK, method="common", interval="normal")
    assert found.estimate == pytest.approx(-0.4303, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((-0.5097, -0.3509), abs=6e-5)
    assert found.q == pytest.approx(152.2330, abs=5e-5)


def test_dersimonian_and_laird_as_stata_gives_it() -> None:
    found = pooled(*RISK, method="dl", interval="normal")
    assert found.estimate == pytest.approx(-0.7141, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((-1.0644, -0.3638), abs=6e-5)
    assert found.tau2 == pytest.approx(0.3088, abs=5e-5)
    assert 100 * found.i2 == pytest.approx(92.1173, abs=5e-5)
    other = pooled(*ODDS, method="dl", interval="normal")
    assert (other.estimate, other.tau2) == pytest.approx((-0.7474, 0.3663), abs=6e-5)


def test_restricted_likelihood_as_metafor_gives_it() -> None:
    found = pooled(*RISK, method="reml", interval="normal")
    assert (found.estimate, found.error, found.tau2) == pytest.approx(
        (-0.7145, 0.1798, 0.3132), abs=6e-5
    )
    assert (found.low, found.high) == pytest.approx((-1.0669, -0.3622), abs=6e-5)


def test_the_interval_between_studies_from_q() -> None:
    """metafor and van Houwelingen 2002, p. 597, on odds ratios."""
    found = pooled(*ODDS, method="reml")
    assert (found.tau2_low, found.tau2_high) == pytest.approx((0.1302, 1.1812), abs=6e-5)


EXPECTANCY = (
    (0.03, 0.0156), (0.12, 0.0216), (-0.14, 0.0279), (1.18, 0.1391), (0.26, 0.1362),
    (-0.06, 0.0106), (-0.02, 0.0106), (-0.32, 0.0484), (0.27, 0.0269), (0.80, 0.0630),
    (0.54, 0.0912), (0.18, 0.0497), (-0.02, 0.0835), (0.23, 0.0841), (-0.18, 0.0253),
    (-0.06, 0.0279), (0.30, 0.0193), (0.07, 0.0088), (-0.07, 0.0303),
)  # fmt: skip
"""Estimates and variances (Raudenbush 1984; chapter 16 of the Handbook of Research Synthesis)."""


@pytest.mark.parametrize(
    ("method", "tau2", "error", "low", "high"),
    [
        ("reml", 0.0188, 0.0616, -0.0457, 0.2131),
        ("dl", 0.0259, 0.0636, -0.0442, 0.2229),
        ("common", 0.0, 0.0515, -0.0477, 0.1685),
    ],
)
def test_hartung_and_knapp_as_the_chapter_gives_it(
    method: str, tau2: float, error: float, low: float, high: float
) -> None:
    """Raudenbush 2009, Table 16.3, p. 309."""
    estimates, variances = zip(*EXPECTANCY, strict=True)
    found = pooled(estimates, variances, method=method)
    assert (found.tau2, found.error, found.low, found.high) == pytest.approx(
        (tau2, error, low, high), abs=6e-5
    )


def test_the_prediction_interval_as_metafor_gives_it() -> None:
    """-0.2036 to 0.3711: metafor stops at a change of 1e-5 in tau2, which moves these ends by up to
    1.2e-4; ours is the root."""
    estimates, variances = zip(*EXPECTANCY, strict=True)
    found = pooled(estimates, variances, method="reml", interval="normal")
    slope = 1.959964 / (2.0 * math.sqrt(found.tau2 + found.error**2))
    assert 1e-5 * slope < 1.2e-4
    assert (found.predict_low, found.predict_high) == pytest.approx((-0.2036, 0.3711), abs=1.2e-4)
