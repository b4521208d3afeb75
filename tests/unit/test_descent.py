"""What walkers do with the objective around them, on landscapes that need no model."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise import descent
from equipoise.density import FAILED

CODE = [descent, descent.compiled()]
"""The functions as they are, and as machine code."""


@pytest.fixture(params=CODE, ids=["plain", "compiled"])
def code(request: pytest.FixtureRequest):
    return request.param


def test_starts_are_the_first_and_the_best_that_lie_apart(code) -> None:
    grid = np.array([[0.0], [1.0], [1.1], [3.0], [5.0]])
    far = np.abs(grid - grid.T) > 0.5
    #        a subject that is best at 1.1, beside 1; and one whose origin has no answer
    values = np.array([[5.0, 2.0, 1.0, 4.0, FAILED], [FAILED, 9.0, FAILED, 8.0, 7.0]]).ravel()
    of, z = np.empty(6, dtype=np.int64), np.empty((6, 1))
    count = code.picked(values, far, 2, grid, of, z)
    assert of[:count].tolist() == [0, 0, 0, 1, 1]
    assert z[:count, 0].tolist() == [0.0, 1.1, 3.0, 3.0, 5.0]


def test_a_subject_without_any_start_is_named(code) -> None:
    grid, far = np.zeros((2, 1)), np.ones((2, 2), dtype=np.bool_)
    values = np.array([1.0, 2.0, FAILED, FAILED])
    of, z = np.empty(6, dtype=np.int64), np.empty((6, 1))
    assert code.picked(values, far, 2, grid, of, z) == -1 - 1


def bowls(at: list[float], still: list[bool], height: list[float]):
    """Walkers of one subject in a bowl z^2 around 0, as `onward` takes them, and its answer."""
    z = np.array(at)[:, None]
    count = len(z)
    of, left = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
    moving = ~np.array(still)
    own, whose = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    step, promised, trial = np.empty_like(z), np.empty(count), np.empty_like(z)
    found = (
        of, z, np.array(height), 2.0 * z, np.full((count, 1, 1), 2.0), np.zeros(count), moving,
        left, 2.0, 1e-6, 1.0, 0.1, own, step, promised, trial, whose,
    )  # fmt: skip
    return found, left, moving, own, trial


@pytest.mark.parametrize(
    ("at", "still", "goes", "stays"),
    [
        # Beside each other, and both would step to the floor: the lower one goes.
        ([0.9, 0.4], [False, False], [1], [1]),
        # Too far apart to be sure that no ridge lies between.
        ([1.6, 0.4], [False, False], [0, 1], [0, 1]),
        # One stands on the floor already: nobody need go there.
        ([0.9, 0.0], [False, True], [], [1]),
        ([1.6, 0.0], [False, True], [0], [0, 1]),
    ],
)
def test_walkers_that_would_meet_do_not_both_go(code, at, still, goes, stays) -> None:
    found, left, moving, own, trial = bowls(at, still, [z * z for z in at])
    count = code.onward(*found)
    assert own[:count].tolist() == goes
    assert np.flatnonzero(left).tolist() == stays
    assert not moving[~left].any()
    assert trial[:count, 0] == pytest.approx(0.0, abs=1e-15)


def test_one_that_stands_still_and_is_higher_stops_nobody(code) -> None:
    found, left, _, own, _ = bowls([0.9, 0.0], [False, True], [0.81, 2.0])
    assert code.onward(*found) == 1
    assert own[0] == 0
    assert left.all()


def test_those_left_move_to_the_front(code) -> None:
    of, z = np.array([0, 0, 1]), np.array([[1.0], [2.0], [3.0]])
    value, misfit = np.array([4.0, 5.0, 6.0]), np.array([7.0, 8.0, 9.0])
    count = code.kept(np.array([False, True, True]), of, z, value, misfit)
    assert count == 2
    assert (of[:2].tolist(), z[:2, 0].tolist()) == ([0, 1], [2.0, 3.0])
    assert (value[:2].tolist(), misfit[:2].tolist()) == ([5.0, 6.0], [8.0, 9.0])


def test_who_is_in_doubt(code) -> None:
    #      settled, two optima, few levels, a poor fit of the lowest
    of = np.array([0, 1, 1, 2, 3])
    value = np.array([1.0, 3.0, 2.0, 1.0, 1.0])
    misfit = np.array([4.0, 4.0, 4.0, 1.0, 13.0])
    levels = np.array([4, 4, 4, 4])
    levels[2] = 2
    doubt = np.empty(4, dtype=np.bool_)
    assert code.doubted(of, value, misfit, levels, 3, 2.0, doubt) == 3
    assert doubt.tolist() == [False, True, True, True]


def test_the_last_step_is_newtons_and_only_from_where_the_gradient_is_short(code) -> None:
    curvature = np.array([[4.0, 1.0], [1.0, 3.0]])
    z = np.array([[1e-5, -2e-5], [1.0, 1.0]])
    gradient = z @ curvature
    norm = np.linalg.norm(gradient, axis=1)
    expected = np.stack([curvature, curvature])
    ofv = np.empty(2)
    code.settled(z, gradient, np.stack([curvature, curvature]), norm, 1e-4, 1e-8, expected, ofv)
    assert z[0] == pytest.approx([0.0, 0.0], abs=1e-19)
    assert z[1].tolist() == [1.0, 1.0]
    assert ofv == pytest.approx(np.log(11.0), rel=1e-14)


def test_where_second_derivatives_cannot_be_used_what_is_expected_stands_in(code) -> None:
    bowl, saddle, expected = np.eye(2), np.diag([1.0, -1.0]), np.diag([2.0, 5.0])
    curvature, definite = np.empty((2, 2, 2)), np.empty(2, dtype=np.bool_)
    count = code.usable(
        np.stack([bowl, saddle]), np.stack([expected, expected]), curvature, definite
    )
    assert count == 1
    assert definite.tolist() == [True, False]
    assert curvature.tolist() == np.stack([bowl, expected]).tolist()
