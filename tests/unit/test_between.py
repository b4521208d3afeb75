"""Interpolation over amounts: what is smooth is told, what is not is solved."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.between import LEAST, SIZES, along, lines

PLACES = np.linspace(0.5, 10.0, 120)


class Asked:
    """A function of (numbers, lanes) that counts how often it was asked."""

    def __init__(self, *of_lane):
        self.of_lane, self.count = of_lane, np.zeros(len(of_lane), dtype=int)

    def __call__(self, numbers, lanes):
        self.count[lanes] += len(numbers)
        return np.stack([self.of_lane[lane](numbers) for lane in lanes], axis=1)


def test_what_saturates_smoothly_takes_nine_solutions() -> None:
    asked = Asked(lambda x: 3.0 * x, lambda x: x / (30.0 + x), lambda x: x * np.exp(0.05 * x))
    found = along(PLACES, 3, asked)
    assert asked.count.tolist() == [9, 9, 9]
    expected = np.stack([f(PLACES) for f in asked.of_lane], axis=1)
    assert found == pytest.approx(expected, rel=1e-7)


def test_lanes_go_on_alone() -> None:
    """A bend takes more points; a kink, and a value that lacks, take every place."""
    asked = Asked(
        lambda x: x,
        lambda x: 1.0 / (11.5 - x),
        lambda x: np.where(x > 4.2, 2.0 * x - 4.2, x),
        lambda x: np.where(x > 9.0, np.nan, x),
    )
    found = along(PLACES, 4, asked)
    assert asked.count[0] == 9
    assert asked.count[1] in SIZES[2:]
    assert (asked.count[2:] > len(PLACES)).all()
    expected = np.stack([f(PLACES) for f in asked.of_lane], axis=1)
    assert found[:, [0, 2, 3]] == pytest.approx(expected[:, [0, 2, 3]], rel=1e-12, nan_ok=True)
    assert found[:, 1] == pytest.approx(expected[:, 1], rel=1e-4)


def test_few_places_are_solved_as_they_are() -> None:
    asked = Asked(lambda x: np.abs(x - 3.0))
    few = PLACES[: LEAST - 1]
    assert along(few, 1, asked)[:, 0] == pytest.approx(np.abs(few - 3.0), abs=0.0)
    assert asked.count[0] == len(few)
    same = np.full(40, 2.0)  # many courses, one amount
    assert (along(same, 1, asked) == 1.0).all()


def test_the_order_of_places_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(len(PLACES))
    asked = Asked(lambda x: x / (30.0 + x))
    assert (along(PLACES[order], 1, asked) == along(PLACES, 1, asked)[order]).all()


def test_rows_on_one_line() -> None:
    """One amount changes, or several alike; a load and what follows it part by the load."""
    (single,) = lines(np.array([[5.0, 1.0], [5.0, 4.0], [5.0, 2.0]]))
    assert single.rows.tolist() == [0, 1, 2]
    assert single.places == pytest.approx([0.0, 1.0, 1.0 / 3.0])
    (alike,) = lines(np.array([[9.0, 1.0, 2.0], [9.0, 2.0, 4.0], [9.0, 0.0, 0.0]]))
    for row, place in zip(alike.rows, alike.places, strict=True):
        expected = [9.0, [1.0, 2.0, 0.0][row], [2.0, 4.0, 0.0][row]]
        assert alike.begin + place * alike.step == pytest.approx(expected)
    product = np.array([[load, then] for load in (4.0, 6.0) for then in (1.0, 2.0, 3.0)])
    assert sorted(sorted(line.rows.tolist()) for line in lines(product)) == [[0, 1, 2], [3, 4, 5]]
    assert [line.rows.tolist() for line in lines(np.array([[2.0], [2.0]]))] == [[0, 1]]
