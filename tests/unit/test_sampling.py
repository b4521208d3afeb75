"""How often to look: against simulation, and against what must hold for any schedule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.sampling import longest, positive, schedules


def test_detection_agrees_with_simulation() -> None:
    rng = np.random.default_rng(3)
    interval, relapse, size, scatter, turnaround = 60.0, 0.05, 1e4, 0.4, 5.0
    doubling = [8.0, 14.0, 30.0]
    (plan,) = schedules(
        doubling, [interval], relapse=relapse, input=size, scatter=scatter, turnaround=turnaround
    )
    leads = []
    n = 20_000
    for _ in range(n):
        before = rng.uniform(0, interval) + interval * np.arange(18)[::-1]
        share = relapse * 2.0 ** (-before / rng.choice(doubling))
        shape = 1.0 / scatter**2
        found = rng.poisson(size * share * rng.gamma(shape, 1.0 / shape, len(before))) > 0
        known = before[found & (before > turnaround)]
        if known.size:
            leads.append(known[0] - turnaround)
    assert plan.found == pytest.approx(len(leads) / n, abs=4 * math.sqrt(0.25 / n))
    assert plan.lead[1] == pytest.approx(float(np.median(leads)), abs=2.5)
    assert plan.lead[0] == pytest.approx(float(np.quantile(leads, 0.05)), abs=2.5)


def test_a_sharp_limit_finds_what_geometry_says() -> None:
    # From 1e-4 to 0.05 is 8.97 doublings: 89.7 days at 10; every 100 days finds 89.7 %.
    (plan,) = schedules([10.0], [100.0], relapse=0.05, limit=1e-4, scatter=1e-6)
    assert plan.found == pytest.approx(10.0 * math.log2(500.0) / 100.0, abs=0.02)


def test_looking_more_often_deeper_or_in_slower_disease_finds_more() -> None:
    fast = schedules([11.0], [30.0, 60.0, 120.0, 240.0], relapse=0.05, input=1e4)
    assert [p.found for p in fast] == sorted((p.found for p in fast), reverse=True)
    (slow,) = schedules([36.0], [120.0], relapse=0.05, input=1e4)
    (deep,) = schedules([11.0], [120.0], relapse=0.05, input=1e6)
    (thin,) = schedules([11.0], [120.0], relapse=0.05, input=1e4, dilution=30.0)
    assert thin.found < fast[2].found < min(slow.found, deep.found)


def test_the_longest_interval_that_is_early_enough() -> None:
    plans = schedules([14.0], [30.0, 60.0, 120.0, 240.0], relapse=0.05, input=1e5, lead=60.0)
    best = longest(plans, found=0.9)
    assert best is not None
    assert best.interval == max(p.interval for p in plans if p.early >= 0.9)
    assert best.early <= best.found
    assert longest(plans, found=1.1) is None


def test_a_positive_sample_has_the_odds_of_a_count() -> None:
    share = np.array([1e-6, 1e-5, 1e-4])
    odds = positive(share, input=1e5, limit=math.nan, scatter=0.5)
    assert np.allclose(odds, 1.0 - (1.0 + 0.25 * 1e5 * share) ** -4.0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"doubling": [0.0]}, "positive numbers of days"),
        ({"intervals": [-1.0]}, "positive numbers of days"),
        ({"relapse": 0.0}, "between 0 and 1"),
        ({"input": math.nan}, "give `input`"),
        ({"dilution": 0.0}, "dilution"),
    ],
)
def test_nonsense_is_refused(change: dict[str, object], says: str) -> None:
    asked = {"doubling": [10.0], "intervals": [30.0], "relapse": 0.05, "input": 1e4, **change}
    with pytest.raises(ValueError, match=says):
        schedules(asked.pop("doubling"), asked.pop("intervals"), **asked)  # type: ignore[arg-type]
