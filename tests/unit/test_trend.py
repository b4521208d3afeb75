"""Courses of sparse values: against the smoothing spline, a quadrature and simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.interpolate import make_smoothing_spline
from scipy.stats import norm

from equipoise.trend import (
    BACK,
    FALLING,
    LEVEL_SD,
    NOISE,
    OPEN,
    RISING,
    SLOPE_SD,
    VOLATILITIES,
    Course,
    Point,
    direction,
    fit,
    foresee,
    slope_ends,
)

DAY = 24.0


def with_scale(points: list[Point], scale: float) -> Course:
    """The course of exact values where the volatility is known."""
    whole = fit(points)
    values = np.log([p.number for p in points])
    return Course(
        whole.origin, whole.days, whole.center, np.ones(1), np.array([scale]), values[None, :]
    )


DAILY = [Point(DAY * d, n) for d, n in enumerate((310, 330, 520, 1400, 1500, 1250, 5100, 26_000))]


# --- independent answers ------------------------------------------------------------------------


@pytest.mark.parametrize("scale", VOLATILITIES)
def test_the_middle_is_the_cubic_smoothing_spline(scale: float) -> None:
    """Wahba 1978: penalty = noise variance / volatility squared; our priors are wide, not flat."""
    course = with_scale(DAILY, scale)
    days = np.arange(len(DAILY), dtype=float)
    spline = make_smoothing_spline(days, np.log([p.number for p in DAILY]), lam=NOISE**2 / scale**2)
    at = np.linspace(0.0, 7.0, 29)
    found = course.level(list(DAY * at)).means[0]
    # A slope prior of tenfold a day pulls by less than this, and by less the more it may change.
    assert np.abs(found - spline(at)).max() < 0.01


def test_levels_and_slopes_are_those_of_the_joint_normal_distribution() -> None:
    """Against the formula of the conditional normal, with covariances made by integration."""
    scale, days = 0.4, np.array([1.0, 2.5, 4.0])  # after the origin
    points = [Point(DAY * (d - 1.0), n) for d, n in zip(days, (400.0, 900.0, 700.0), strict=True)]

    def cov(s: float, t: float) -> float:
        both = quad(lambda u: (s - u) * (t - u), 0.0, min(s, t))[0]
        return LEVEL_SD**2 + SLOPE_SD**2 * s * t + scale**2 * both

    now, before = 3.2, 2.2
    among = np.array([[cov(s, t) for t in days] for s in days]) + NOISE**2 * np.eye(3)
    y = np.log([p.number for p in points])
    y = y - y.mean()
    across = np.array([cov(now, t) - cov(before, t) for t in days])
    mean = across @ np.linalg.solve(among, y)
    variance = cov(now, now) + cov(before, before) - 2 * cov(now, before)
    variance -= across @ np.linalg.solve(among, across)
    found = with_scale(points, scale).slope([DAY * (now - 1.0)])
    assert found.means[0, 0] == pytest.approx(mean, abs=1e-6)
    assert found.sds[0, 0] == pytest.approx(math.sqrt(variance), rel=1e-6)


def test_a_value_that_is_only_a_bound_is_integrated_over() -> None:
    """Mean of the course at a bound, by quadrature over what the value may have been."""
    exact = [Point(0.0, 500.0), Point(DAY, 900.0), Point(3 * DAY, 5000.0)]
    found = fit([*exact, Point(2 * DAY, 2400.0, ">")])
    bound, logs = math.log(2400.0), np.log([500.0, 900.0, 5000.0])
    weights, means = [], []
    for scale in VOLATILITIES:
        days = np.array([1.0, 2.0, 4.0])
        t = 3.0

        def cov(s: float, u: float, scale: float = scale) -> float:
            low = min(s, u)
            wiener = scale**2 * low**2 * (3 * max(s, u) - low) / 6
            return LEVEL_SD**2 + SLOPE_SD**2 * s * u + wiener

        among = np.array([[cov(a, b) for b in days] for a in days]) + NOISE**2 * np.eye(3)
        across = np.array([cov(t, d) for d in days])
        y = logs - logs.mean()
        mean = across @ np.linalg.solve(among, y)
        course_variance = cov(t, t) - across @ np.linalg.solve(among, across)
        sd = math.sqrt(course_variance + NOISE**2)
        beyond = norm.sf((bound - logs.mean() - mean) / sd)
        evidence = math.exp(-0.5 * y @ np.linalg.solve(among, y)) / math.sqrt(np.linalg.det(among))
        value = quad(
            lambda v, mean=mean, sd=sd: v * norm.pdf(v, mean, sd),
            bound - logs.mean(), mean + 12 * sd,
        )[0] / beyond  # fmt: skip
        weights.append(evidence * beyond)
        means.append(mean + course_variance / sd**2 * (value - mean) + logs.mean())
    expected = float(np.average(means, weights=weights))
    level = found.level([2 * DAY])
    assert float(level.weights @ level.means[:, 0]) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize("scale", [0.05, 0.2, 0.4])
def test_bands_hold_the_truth_as_often_as_they_say(scale: float) -> None:
    """Courses drawn from the model, five noisy samples each: bands, and directions told."""
    rng = np.random.default_rng(20261122)
    steps, runs, ahead, slopes, told, wrong = 240, 250, 0, 0, 0, 0
    for _ in range(runs):
        change = rng.normal(0.0, scale / math.sqrt(24.0), steps)
        slope = rng.normal(0.0, 0.7) + np.cumsum(change)
        level = math.log(1000.0) + np.cumsum(slope) / 24.0
        at = np.sort(rng.choice(np.arange(30, 200), 5, replace=False))
        values = np.exp(level[at] + rng.normal(0.0, NOISE, 5))
        course = fit([Point(float(t), float(v)) for t, v in zip(at, values, strict=True)])
        last = int(at[-1])
        ends = course.level([last + 24.0]).quantiles()[:, 0]
        ahead += ends[0] <= level[last + 24] <= ends[-1]
        low, high = slope_ends(course, float(last))
        true = level[last] - level[last - 24]
        slopes += low <= true <= high
        told += (found := direction(course, float(last))) != OPEN
        wrong += (found == RISING and true < 0.0) or (found == FALLING and true > 0.0)
    # Volatility is averaged over: the bands of calm courses are wider than they need be, those of
    # the most restless narrower, 90 % over all of them.
    least = {0.05: 0.9, 0.2: 0.85, 0.4: 0.8}[scale]
    assert ahead / runs > least
    assert slopes / runs > least
    assert told / runs > 0.6
    assert wrong / told < 0.05


# --- laws ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", VOLATILITIES)
@pytest.mark.parametrize("extra", [5.0, 60.0, 180.0])
def test_more_values_never_widen_the_bands(scale: float, extra: float) -> None:
    """Where the volatility is known; a surprise may teach a greater one."""
    few = with_scale(DAILY[:6], scale)
    more = with_scale([*DAILY[:6], Point(extra, 1111.0)], scale)
    at = list(np.linspace(-10.0, 240.0, 60))
    assert np.all(more.level(at).sds <= few.level(at).sds * (1 + 1e-9))
    assert np.all(more.slope(at).sds <= few.slope(at).sds * (1 + 1e-6))


def test_a_value_narrows_the_bands_on_average() -> None:
    """Over what the value may be, the variance falls (law of total variance)."""
    points = [Point(0.0, 400.0), Point(30.0, 650.0), Point(55.0, 600.0)]
    expected = fit(points).next_value(79.0)
    before = _variance(fit(points), 100.0)
    shares = (np.arange(40) + 0.5) / 40
    after = [
        _variance(fit([*points, Point(79.0, math.exp(float(expected.quantile(s)[0])))]), 100.0)
        for s in shares
    ]
    assert np.mean(after) < 0.5 * before


def _variance(course: Course, at: float) -> float:
    m = course.level([at])
    mean = float(m.weights @ m.means[:, 0])
    return float(m.weights @ (m.sds[:, 0] ** 2 + m.means[:, 0] ** 2)) - mean**2


@pytest.mark.parametrize("factor", [0.001, 2.25, 1e4])
def test_the_unit_does_not_matter(factor: float) -> None:
    one = fit(DAILY)
    other = fit([Point(p.at, p.number * factor) for p in DAILY])
    at = [12.0, 100.0, 190.0]
    assert other.slope(at).quantiles() == pytest.approx(one.slope(at).quantiles(), abs=1e-6)
    shifted = one.level(at).quantiles() + math.log(factor)
    assert other.level(at).quantiles() == pytest.approx(shifted, abs=1e-6)


def test_the_clock_does_not_matter() -> None:
    one, other = fit(DAILY), fit([Point(p.at + 1000.0, p.number) for p in DAILY])
    assert slope_ends(other, 1168.0) == pytest.approx(slope_ends(one, 168.0), abs=1e-9)


def test_a_bound_that_says_nothing_changes_nothing() -> None:
    one = fit(DAILY)
    other = fit([*DAILY, Point(80.0, 1.0, ">")])
    assert slope_ends(other, 168.0) == pytest.approx(slope_ends(one, 168.0), abs=1e-3)


@pytest.mark.parametrize(("bound", "side"), [("<", -1.0), (">", 1.0)])
def test_a_bound_keeps_the_course_on_its_side(bound: str, side: float) -> None:
    course = fit([Point(0.0, 100.0), Point(DAY, 100.0, bound), Point(2 * DAY, 100.0)])
    flat = fit([Point(0.0, 100.0), Point(DAY, 100.0), Point(2 * DAY, 100.0)])
    moved = course.level([DAY]).quantile(0.5)[0] - flat.level([DAY]).quantile(0.5)[0]
    assert side * moved > 0.01


def test_far_from_any_value_nothing_is_told() -> None:
    course = fit(DAILY)
    assert direction(course, 168.0) == RISING
    assert direction(course, 168.0 + 10 * DAY) == OPEN
    widths = np.ptp(course.level([168.0, 192.0, 240.0, 400.0]).quantiles()[[0, 4]], axis=0)
    assert np.all(np.diff(widths) > 0.0)


# --- directions and the next value --------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [((1000, 2000, 4000), RISING), ((4000, 2000, 1000), FALLING), ((1000, 1040, 1010), OPEN)],
)
def test_directions(values: tuple[float, ...], expected: str) -> None:
    assert direction(fit([Point(DAY * i, v) for i, v in enumerate(values)]), 2 * DAY) == expected


def test_two_values_two_weeks_apart_do_not_tell_where_it_goes_now() -> None:
    """Case A of the bundled records: 6,905 and 800,000 ng/mL."""
    course = fit([Point(0.0, 6905.0), Point(336.0, 800_000.0)])
    assert direction(course, 336.0) == OPEN
    low, high = slope_ends(course, 336.0)
    assert low < math.log(800_000 / 6905) / 14.0 < high


def test_the_next_value_settles_where_it_is_said_to() -> None:
    points = DAILY[:6]
    told = foresee(points, 144.0)
    assert told.value == tuple(sorted(told.value))
    assert 0.0 < told.settles < 1.0
    for number, just_not, expected in (
        (told.rising * 1.02, told.rising * 0.95, RISING),
        (told.falling * 0.98, told.falling * 1.05, FALLING),
    ):
        assert direction(fit([*points, Point(144.0, number)]), 144.0) == expected
        assert direction(fit([*points, Point(144.0, just_not)]), 144.0) == OPEN


def test_the_slope_is_that_of_the_last_day() -> None:
    course = fit(DAILY)
    mixed = course.slope([168.0])
    levels = course.level([168.0, 168.0 - BACK])
    mean = mixed.weights @ mixed.means[:, 0]
    assert mean == pytest.approx(levels.weights @ (levels.means[:, 0] - levels.means[:, 1]))


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "points",
    [
        [],
        [Point(0.0, 5.0)],
        [Point(0.0, 5.0), Point(0.0, 6.0)],
        [Point(0.0, 5.0, "<"), Point(24.0, 5.0, "<")],
    ],
)
def test_too_little_is_refused_in_words(points: list[Point]) -> None:
    with pytest.raises(ValueError, match="at least 2 values at different times"):
        fit(points)


@pytest.mark.parametrize("number", [0.0, -1.0, math.nan, math.inf])
def test_a_value_without_a_logarithm_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="every value must be above 0"):
        fit([Point(0.0, number), Point(24.0, 5.0)])
