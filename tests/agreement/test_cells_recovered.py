"""Parameters of CAR T-cell models from samples near the limit, truth known.

A few dozen patients of each; five hundred stand in docs/cells.md (studies/cells/recover.py). The
truth is drawn from the model, so 90 % intervals that are what they say hold 90 % of it.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.fit import fit
from equipoise.model import draw_etas
from serial_cells import AXICABTAGENE, LISOCABTAGENE, TISAGENLECLEUCEL, late_levels, patient


def held(design, n, ways):
    """Share of 90 % intervals that hold the truth, for each way: of parameters, of the late level;
    and the mean width of those of the late level."""
    rng = np.random.default_rng(7)
    found = {way: ([], [], []) for way in ways}
    for k in range(n):
        one = patient(design, rng)
        for way in ways:
            posterior = fit(
                design.model, one.subject(way), n=500, rng=np.random.default_rng([7, k])
            )
            low, high = np.quantile(posterior.draws, (0.05, 0.95), axis=0)
            found[way][0].append((low <= one.etas) & (one.etas <= high))
            late = np.quantile(late_levels(design, one.course, posterior.draws), (0.05, 0.95))
            found[way][1].append(late[0] <= one.late <= late[1])
            found[way][2].append(late[1] - late[0])
    return {way: tuple(float(np.mean(part)) for part in parts) for way, parts in found.items()}


@pytest.mark.parametrize(
    ("design", "n"),
    [(TISAGENLECLEUCEL, 16), (LISOCABTAGENE, 40)],
    ids=["tisagenlecleucel", "lisocabtagene"],
)
def test_intervals_of_censored_fits_hold_the_truth_and_are_narrow(design, n):
    parameters, late, width = held(design, n, ("censored",))["censored"]
    # At worst the intervals of one patient hold or miss together: 90 % less 2.5 SD of n patients.
    # That they are not too wide is the 500 patients' to show; here, that levels told something.
    assert min(parameters, late) >= 0.9 - 2.5 * math.sqrt(0.09 / n)
    what = patient(design, np.random.default_rng(0)).course
    population = late_levels(design, what, draw_etas(design.model, 2000, np.random.default_rng(1)))
    low, high = np.quantile(population, (0.05, 0.95))
    assert width < 0.6 * (high - low)


def test_half_of_the_limit_is_too_sure_of_itself():
    found = held(AXICABTAGENE, 40, ("censored", "halved"))
    assert found["censored"][1] >= 0.9 - 2.5 * math.sqrt(0.09 / 40)
    assert found["halved"][1] < found["censored"][1]
    assert found["halved"][2] < 0.9 * found["censored"][2]


def test_the_limit_does_not_reach_levels_above_it():
    one = patient(TISAGENLECLEUCEL, np.random.default_rng(1))
    read = {way: one.subject(way).observed for way in ("censored", "dropped", "halved")}
    above = [o for o in read["censored"] if not o.censored]
    assert list(read["dropped"]) == above
    assert [o for o in read["halved"] if o.number >= 50.0] == above
    assert len(read["halved"]) == len(read["censored"]) == len(above) + one.below
