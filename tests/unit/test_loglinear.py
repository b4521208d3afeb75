"""A line through shares near a limit: against brute force, itself and the truth."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from equipoise.loglinear import PRIOR, Line, as_censored, fit_line, log_likelihood, off
from equipoise.signal import Reading
from serial_shares import Course, disease, microchimerism

DAY = 24.0
RISING = [
    Reading(60 * DAY, 0.0, input=1e5), Reading(90 * DAY, 0.0, input=1e5),
    Reading(120 * DAY, 1e-4, input=1e5), Reading(150 * DAY, 3e-4, input=1e5),
]  # fmt: skip


def slope_of(line: Line) -> tuple[float, ...]:
    return line.quantiles(line.slope, (0.05, 0.5, 0.95))


def test_the_count_likelihood_is_the_negative_binomial() -> None:
    share = np.log(np.array([1e-6, 3e-5, 2e-3]))
    scatter, size = 0.4, 1e5
    shape = 1.0 / scatter**2
    for count in (0, 1, 17):
        ours = log_likelihood(Reading(0.0, count / size, input=size), share, scatter)
        theirs = stats.nbinom.logpmf(count, shape, shape / (shape + size * np.exp(share)))
        assert np.allclose(ours, theirs, rtol=0, atol=1e-9)
    below = Reading(0.0, math.nan, "<", 2e-4, size)
    theirs = stats.nbinom.logcdf(19, shape, shape / (shape + size * np.exp(share)))
    assert np.allclose(log_likelihood(below, share, scatter), theirs, rtol=1e-9, atol=1e-9)


def test_without_an_input_a_bound_counts_by_its_probability() -> None:
    share = np.log(np.array([1e-3, 1e-2, 5e-2]))
    for bound, tail in (("<", stats.norm.logcdf), (">", stats.norm.logsf)):
        ours = log_likelihood(Reading(0.0, math.nan, bound, 0.01), share, 0.5)
        assert np.allclose(ours, tail((math.log(0.01) - share) / 0.5), atol=1e-12)


def test_the_grid_agrees_with_brute_force() -> None:
    level, slope = np.meshgrid(
        np.linspace(-40.0, 5.0, 900), np.linspace(-0.4, 0.5, 1201), indexing="ij"
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    days = np.array([r.at for r in RISING]) / DAY
    mass = np.zeros(slope.shape[1])
    for node, weight in zip(nodes, weights, strict=True):
        scatter = math.exp(PRIOR.scatter[0] + PRIOR.scatter[1] * node)
        logs = stats.norm.logpdf(level, *PRIOR.level) + stats.norm.logpdf(slope, 0, PRIOR.slope)
        shape = 1.0 / scatter**2
        for reading, day in zip(RISING, days, strict=True):
            mean = 1e5 * np.exp(np.minimum(level + slope * (day - days.mean()), 0.0))
            count = round(1e5 * reading.share)
            logs = logs + stats.nbinom.logpmf(count, shape, shape / (shape + mean))
        mass += weight * np.exp(logs).sum(axis=0)
    reach = (np.cumsum(mass) - 0.5 * mass) / mass.sum()
    expected = np.interp((0.05, 0.5, 0.95), reach, slope[0])
    assert np.allclose(slope_of(fit_line(RISING)), expected, rtol=0, atol=6e-4)


def test_a_line_without_noise_is_found() -> None:
    readings = [Reading(24.0 * d, 1e-3 * 2 ** (d / 12.0), input=1e9) for d in range(0, 90, 5)]
    line = fit_line(readings)
    low, middle, high = slope_of(line)
    assert low < math.log(2) / 12.0 < high
    assert middle == pytest.approx(math.log(2) / 12.0, rel=0.01)
    assert all(off(r, line) > 0.5 for r in readings)


def test_the_middle_and_the_order_of_samples_do_not_matter() -> None:
    moved = [Reading(r.at + 1000.0, r.share, input=r.input) for r in reversed(RISING)]
    assert np.allclose(slope_of(fit_line(moved)), slope_of(fit_line(RISING)), rtol=1e-9)


def test_one_more_negative_sample_at_the_end_slows_the_rise() -> None:
    more = [*RISING, Reading(151 * DAY, 0.0, input=1e5)]
    assert slope_of(fit_line(more))[1] < slope_of(fit_line(RISING))[1]


def test_a_deeper_negative_says_more() -> None:
    def at_most(size: float) -> float:
        line = fit_line([Reading(0.0, 0.0, input=size)])
        return line.quantiles(line.log_share(0.0), (0.95,))[0]

    assert at_most(1e6) < at_most(1e5) < at_most(1e4)


def test_two_runs_agree_to_the_byte() -> None:
    first, second = fit_line(RISING), fit_line(RISING)
    assert np.array_equal(first.weights, second.weights)
    assert first.weights.sum() == pytest.approx(1.0, abs=1e-12)


def test_a_reading_far_from_the_line_stands_out() -> None:
    readings = [Reading(24.0 * d, 1e-3, input=1e6) for d in range(0, 70, 7)]
    line = fit_line(readings)
    assert off(Reading(35 * DAY, 1e-3, input=1e6), line) > 0.5
    assert off(Reading(35 * DAY, 0.0, input=1e6), line) < 1e-3
    assert off(Reading(35 * DAY, math.nan, "<", 0.01), line) > 0.99
    assert off(Reading(35 * DAY, math.nan, ">", 0.01), line) < 0.02
    assert off(Reading(35 * DAY, 0.5), line) < 1e-2


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one reading"):
        fit_line([])
    with pytest.raises(ValueError, match="limit or the number of cells"):
        fit_line([Reading(0.0, math.nan, "<")])


def test_censoring_forgets_the_input() -> None:
    none = as_censored(Reading(0.0, 0.0, input=1e5))
    assert (none.bound, none.limit, none.counted) == ("<", 1e-5, False)
    assert as_censored(Reading(0.0, 2e-4, input=1e5)).share == 2e-4


@pytest.mark.parametrize("course", [disease, microchimerism])
def test_intervals_cover_and_counts_do_better_than_censoring(
    course: Callable[[np.random.Generator], Course],
) -> None:
    """A hundred patients; five hundred stand in docs/signals.md (studies/signals/recover.py)."""
    rng = np.random.default_rng(5)
    patients = [course(rng) for _ in range(100)]
    covered = {"counts": 0, "censored": 0}
    for patient in patients:
        for name, readings in (
            ("counts", list(patient.readings)),
            ("censored", [as_censored(r) for r in patient.readings]),
        ):
            low, _, high = slope_of(fit_line(readings))
            covered[name] += low <= patient.slope <= high
    # Binomial: 90 of 100 expected, SD 3.
    assert 81 <= covered["counts"] <= 99
    assert covered["censored"] < covered["counts"]
