"""Ranges of weights: they tile 0 to 1, and inside each the option named is the best."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.assessment import Option
from equipoise.preference import (
    cost,
    ordered,
    ranges_text,
    weight_of,
    weight_ranges,
    with_utility,
)


def option(id: str, below: float, above: float, scenario: str = "") -> Option:
    within = 1.0 - below - above
    return Option(id, id, (), scenario, (), below, within, above, math.nan, 0.01)


@st.composite
def lists(draw: st.DrawFn) -> list[Option]:
    """Odds in steps of 1/20, so that ties and lines through one point are common."""
    found = []
    for i in range(draw(st.integers(1, 12))):
        below = draw(st.integers(0, 20))
        above = draw(st.integers(0, 20 - below))
        found.append(option(str(i), below / 20, above / 20))
    return found


@given(lists())
def test_ranges_tile_and_name_the_best(options: list[Option]) -> None:
    ranges = weight_ranges(options)
    assert ranges[0].low == 0.0
    assert ranges[-1].high == 1.0
    for one, following in pairwise(ranges):
        assert one.high == following.low
        assert not set(one.options) & set(following.options)
    for each in ranges:
        assert each.high > each.low
        for weight in np.linspace(each.low, each.high, 7):
            costs = {o.id: cost(o, weight) for o in options}
            best = min(costs.values())
            for id_ in each.options:
                assert costs[id_] <= best + 1e-12
        # Nobody else is best in the middle of a range.
        middle = 0.5 * (each.low + each.high)
        costs = {o.id: cost(o, middle) for o in options}
        best = min(costs.values())
        rivals = {i for i, c in costs.items() if c <= best + 1e-12 * (each.high - each.low)}
        assert set(each.options) >= rivals


@given(lists())
def test_at_half_the_odds_within_decide(options: list[Option]) -> None:
    there = [r for r in weight_ranges(options) if r.low <= 0.5 <= r.high]
    most = max(o.within for o in options)
    named = {i for r in there for i in r.options}
    assert all(next(o.within for o in options if o.id == i) == pytest.approx(most) for i in named)


def test_random_odds_against_brute_force() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        odds = rng.dirichlet((1.0, 1.0, 1.0), size=200)
        options = [option(str(i), b, a) for i, (b, _, a) in enumerate(odds)]
        ranges = weight_ranges(options)
        for weight in rng.uniform(size=50):
            best = min(options, key=lambda o: cost(o, weight))
            (here,) = [r for r in ranges if r.low <= weight < r.high]
            assert here.options == (best.id,)


def test_no_range_without_odds_or_under_different_assumptions() -> None:
    assert weight_ranges([]) == ()
    assert weight_ranges([option("a", math.nan, 0.1)]) == ()
    assert weight_ranges([option("a", 0.1, 0.1), option("b", 0.2, 0.0, "azole")]) == ()


def test_equal_odds_are_named_together() -> None:
    (only,) = weight_ranges([option("a", 0.2, 0.1), option("b", 0.2, 0.1)])
    assert only.options == ("a", "b")
    assert ranges_text([only], {"a": "1 mg", "b": "2 mg"}) == "1 mg or 2 mg whatever the weight"


def test_words_of_ranges() -> None:
    options = [option("a", 0.6, 0.0), option("b", 0.2, 0.2), option("c", 0.0, 0.6)]
    said = ranges_text(weight_ranges(options), {o.id: o.id for o in options})
    assert said == "a up to 0.33; b 0.33-0.67; c from 0.67"


@pytest.mark.parametrize(
    ("wants", "weight", "word"),
    [
        ((), None, ""),
        ((("below", 3.0), ("above", 1.0)), 0.75, "below 3, above 1"),
        ((("below", 0.0), ("above", 1.0), ("cost", 2.0)), 0.0, "not read: cost"),
        ((("below", 1.0),), None, "needs below and above"),
        ((("survival", 1.0),), None, "wants holds survival"),
        ((("below", -1.0), ("above", 2.0)), None, "zero or more"),
        ((("below", 0.0), ("above", 0.0)), None, "zero or more"),
    ],
)
def test_weights_of_a_header(
    wants: tuple[tuple[str, float], ...], weight: float | None, word: str
) -> None:
    got, said = weight_of(wants)
    assert got == weight
    assert word in said


def test_utility_is_what_the_weights_leave() -> None:
    (with_,) = with_utility([option("a", 0.2, 0.1)], 0.75)
    assert with_.expected_utility == pytest.approx(1.0 - 0.75 * 0.2 - 0.25 * 0.1)
    (without,) = with_utility([option("a", 0.2, 0.1)], None)
    assert math.isnan(without.expected_utility)


@given(lists(), st.sampled_from([0.0, 1.0, 0.5]))
def test_the_first_of_the_order_is_best_at_its_weight(options: list[Option], weight: float) -> None:
    """At weight 0 only exposure above counts: of the options without any, the one least below."""
    first = ordered(with_utility(options, weight))[0]
    assert cost(first, weight) == pytest.approx(min(cost(o, weight) for o in options), abs=1e-3)
    equal = [o for o in options if cost(o, weight) == pytest.approx(cost(first, weight), abs=1e-9)]
    assert first.within == pytest.approx(max(o.within for o in equal), abs=1e-3)
