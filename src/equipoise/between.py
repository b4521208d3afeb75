"""Numbers between numbers: what is smooth in an amount is solved at a few and interpolated.

Courses that differ only in how much is given cost as many solutions as there are amounts. The
exposure of one draw is a smooth function of the amount, so polynomials through Chebyshev points
stand for it wherever they are seen to hold; where they are not, everything is solved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from equipoise.model import Array

TOLERANCE = 1e-4
"""Relative error of a polynomial at points that it has not seen, above which it is not believed.
One that is believed is then given those points as well, and errs by far less. The share of 1000
draws, which is what comes of them, errs by 0.016 at half."""

SIZES = (5, 9, 17, 33, 65)
"""Points of the polynomials, each set within the next; never more than half the amounts."""

LEAST = 18
"""Fewer amounts than this are solved one by one."""

Rows: TypeAlias = NDArray[np.intp]
"""Indices of rows, or of lanes."""

Solve = Callable[[Array, Rows], Array]
"""(numbers, lanes) -> (numbers, lanes): values at numbers for the lanes of these indices."""


@dataclass(frozen=True, slots=True)
class Line:
    """Rows of a table that lie on one line: `begin + place x step`.

    rows    which of the table
    places  (rows,) of each; 0 is the first of them and 1 the farthest from it
    """

    rows: Rows
    begin: Array
    step: Array
    places: Array


def along(places: Array, lanes: int, solve: Solve) -> Array:
    """Values at every place for every lane, (places, lanes): solved at a few, interpolated between.

    places  numbers, in any order; the polynomials span the least to the greatest
    solve   values of some lanes at any numbers between these; NaN where there is none
    A lane is believed where the polynomial through the points so far tells its values at points not
    yet seen within `TOLERANCE`; a lane that none of `SIZES` satisfies, or that lacks a value, is
    solved at every place.
    """
    open_ = np.arange(lanes)
    different = len(np.unique(places))
    if different < LEAST:
        return solve(places, open_)
    low, high = float(places.min()), float(places.max())
    found = np.empty((len(places), lanes))
    nodes = _points(SIZES[0], low, high)
    known = solve(nodes, open_)
    for size in SIZES[1:]:
        if 2 * size > different or not len(open_):
            break
        finer = _points(size, low, high)
        new = solve(finer[1::2], open_)
        told = _matrix(nodes, finer[1::2]) @ known
        merged = np.empty((size, len(open_)))
        merged[::2], merged[1::2] = known, new
        with np.errstate(invalid="ignore"):
            good = (np.abs(told - new) <= TOLERANCE * np.abs(new)).all(axis=0)
        good &= np.isfinite(merged).all(axis=0)
        found[:, open_[good]] = _matrix(finer, places) @ merged[:, good]
        nodes, known, open_ = finer, merged[:, ~good], open_[~good]
    if len(open_):
        found[:, open_] = solve(places, open_)
    return found


def lines(table: Array) -> Sequence[Line]:
    """The rows of a table in groups that each lie on one line.

    table  (rows, columns)
    All rows where they do; else those that differ in one column only, the column that makes the
    fewest groups.
    """
    return [_line(table, rows) for rows in _parted(table)]


def _parted(table: Array) -> list[Rows]:
    every = np.arange(len(table))
    if _straight(table):
        return [every]
    best: list[Rows] = [every[i : i + 1] for i in every]
    for column in range(table.shape[1]):
        rest = np.delete(table, column, axis=1)
        _, of = np.unique(rest, axis=0, return_inverse=True)
        of = of.reshape(-1)
        if of.max() + 1 < len(best):
            best = [np.flatnonzero(of == i) for i in range(of.max() + 1)]
    return best


def _straight(table: Array) -> bool:
    away = table - table[0]
    step = away[np.argmax(np.linalg.norm(away, axis=1))]
    size = float(step @ step)
    if size == 0.0:
        return True
    place = away @ step / size
    return bool(np.abs(away - place[:, None] * step).max() <= 1e-12 * np.abs(table).max())


def _line(table: Array, rows: Rows) -> Line:
    own = table[rows]
    first = own[0]
    far = own[np.argmax(np.linalg.norm(own - first, axis=1))]
    size = float((far - first) @ (far - first))
    places = (own - first) @ (far - first) / size if size > 0.0 else np.zeros(len(rows))
    return Line(rows, first, far - first, places)


def _points(size: int, low: float, high: float) -> Array:
    """Chebyshev points from low to high, both ends among them."""
    angles = np.pi * np.arange(size) / (size - 1)
    return np.asarray(low + (high - low) * 0.5 * (1.0 - np.cos(angles)))


def _matrix(nodes: Array, at: Array) -> Array:
    """What takes values at Chebyshev points to those of their polynomial elsewhere (barycentric).

    Source  Berrut & Trefethen 2004, SIAM Review 46:501, section 5.
    """
    weights = np.where(np.arange(len(nodes)) % 2, -1.0, 1.0)
    weights[[0, -1]] *= 0.5
    away = at[:, None] - nodes
    hit = away == 0.0
    terms = weights / np.where(hit, 1.0, away)
    terms = np.where(hit.any(axis=1)[:, None], hit, terms)
    return np.asarray(terms / terms.sum(axis=1, keepdims=True))
