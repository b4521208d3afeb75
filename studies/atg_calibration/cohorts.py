"""The published cohorts, made anew for each draw of the parameters, and what would be printed.

Every patient of a batch of draws is a lane of one call of the engine. What an abstract does not
say (weights of adults, schedules of centers) is drawn, from ranges that are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from atg_calibration.anchors import SUMMARIES
from atg_calibration.structures import SYSTEMS, structural
from equipoise.kinetics import DoseEvent, Schedule, solve

Array = NDArray[np.float64]
Theta = Mapping[str, Array]

LAST = 1440.0
"""Hours to which an AUC counts: day 60, ten of the observed half-lives."""
DAYS = (1.0, 2.0, 3.0, 4.0, 7.0, 14.0, 28.0, 45.0, 60.0)
"""Waller's days of sampling after the graft (McCune 2016, Table 3), as far as day 60."""
SLOPE_DAYS = (4.0, 28.0)
"""Days between which the half-life is read off the levels (ours; the abstract does not say)."""
TEN = 2
"""Of the 19 measured, those taken to have had 10 mg/kg (3 of 25 had)."""
SEEN = 0.1
"""Levels below this count as not measured when a slope is drawn (ours)."""


def course(start: int, doses: int, *, first: float = 6.0, later: float = 4.0) -> Schedule:
    """Daily infusions from a day on, from midnight, 1 mg in all; day 0 begins with the graft."""
    each = 1.0 / doses
    return Schedule(
        doses=tuple(
            DoseEvent(24.0 * (start + i), each, duration=first if i == 0 else later)
            for i in range(doses)
        )
    )


@dataclass(frozen=True, slots=True)
class Patients:
    """Patients of one cohort over many draws: each array (draws, n).

    dose      mg of the whole course;  which: index of the schedule
    """

    weight: Array
    lymphocytes: Array
    dose: Array
    which: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort: how many, when dosed, when read, and how its patients are drawn."""

    name: str
    n: int
    schedules: tuple[Schedule, ...]
    times: tuple[float, ...]
    draw: Callable[[np.random.Generator, Theta, int], Patients]


def lymphocytes(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """10*9/L before the first dose: median 0.2, 0.01-1.2 (Oostenbrink 2019, Table 1)."""
    return np.asarray(np.clip(0.2 * np.exp(0.9 * rng.standard_normal(shape)), 0.01, 3.0))


def adults(rng: np.random.Generator, shape: tuple[int, ...], *, mean: float, sd: float) -> Array:
    """kg; no cohort of adults prints its weights, so these are ours."""
    return np.asarray(np.clip(rng.normal(mean, sd, shape), 40.0, 125.0))


def children(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """kg: median 35, 9-84 (Oostenbrink 2019, Table 1)."""
    return np.asarray(np.clip(35.0 * np.exp(0.6 * rng.standard_normal(shape)), 9.0, 84.0))


def _waller(rng: np.random.Generator, theta: Theta, n: int) -> Patients:
    shape = (len(theta["CL"]), n)
    weight = adults(rng, shape, mean=75.0, sd=15.0)
    # 22 of the 25 who had rabbit ATG received 6 mg/kg, three 10 mg/kg; 19 were measured.
    per_kg = np.where(np.arange(n) < TEN, 10.0, 6.0)
    zero = np.zeros(shape, dtype=np.int64)
    return Patients(weight, lymphocytes(rng, shape), per_kg * weight, zero)


def _cd34(rng: np.random.Generator, theta: Theta, n: int) -> Patients:
    shape = (len(theta["CL"]), n)
    small = rng.random(shape) < 0.15
    weight = np.where(small, children(rng, shape), adults(rng, shape, mean=75.0, sd=15.0))
    last = np.clip(np.round(theta["CD34_LAST"]), -4, -1).astype(np.int64)
    which = np.broadcast_to((last + 4)[:, None], shape)
    return Patients(weight, lymphocytes(rng, shape), theta["CD34_DOSE"][:, None] * weight, which)


def _alpha_beta(rng: np.random.Generator, theta: Theta, n: int) -> Patients:
    shape = (len(theta["CL"]), n)
    weight = children(rng, shape)
    # Nine centers, each with its own first day and amount around the middle of all.
    center = rng.integers(0, 9, shape)
    days = np.round(theta["AB_START"][:, None] + rng.normal(0.0, 1.5, (shape[0], 9)))
    amount = theta["AB_DOSE"][:, None] * np.exp(0.2 * rng.standard_normal((shape[0], 9)))
    which = np.clip(np.take_along_axis(days, center, 1), -14, -4).astype(np.int64) + 14
    dose = np.take_along_axis(amount, center, 1) * weight
    return Patients(weight, lymphocytes(rng, shape), dose, which)


def _oostenbrink(rng: np.random.Generator, theta: Theta, n: int) -> Patients:
    shape = (len(theta["CL"]), n)
    weight = children(rng, shape)
    # 10 mg/kg or 6-8; the mean of 8.7 is that of about half and half.
    per_kg = np.where(np.arange(n) < n // 2, 10.0, rng.uniform(6.0, 8.0, shape))
    start = np.clip(np.round(rng.normal(-6.0, 1.2, shape)), -8, -3).astype(np.int64)
    return Patients(weight, lymphocytes(rng, shape), per_kg * weight, start + 8)


def _beijing(rng: np.random.Generator, theta: Theta, n: int) -> Patients:
    shape = (len(theta["CL"]), n)
    weight = adults(rng, shape, mean=65.0, sd=11.0)
    zero = np.zeros(shape, dtype=np.int64)
    return Patients(weight, lymphocytes(rng, shape), 10.0 * weight, zero)


LEVELS = tuple(24.0 * day for day in DAYS)
AREAS = (0.0, LAST)
COHORTS = (
    Cohort("waller", 19, (course(-4, 4),), LEVELS, _waller),
    Cohort("cd34", 96, tuple(course(last - 2, 3) for last in (-4, -3, -2, -1)), AREAS, _cd34),
    Cohort("alpha_beta", 163, tuple(course(s, 4) for s in range(-14, -3)), AREAS, _alpha_beta),
    Cohort("oostenbrink", 42, tuple(course(s, min(4, -s)) for s in range(-8, -2)), LEVELS,
           _oostenbrink),
    Cohort("beijing", 53, (course(-5, 4),), AREAS, _beijing),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What the engine gives for one cohort: levels in AU/mL, areas in AU.d/mL, (draws, n, times)"""

    levels: Array
    areas: Array


def solve_lanes(
    kind: str,
    theta: Theta,
    weight: Array,
    counts: Array,
    etas: Array,
    dose: Array,
    schedules: tuple[Schedule, ...],
    times: tuple[tuple[float, ...], ...],
    which: NDArray[np.int64],
) -> tuple[Array, Array]:
    """Levels and areas of lanes; theta, weight, counts, dose and which are (lanes,) or broadcast.

    etas     (lanes, 3) of CL, V1 and the saturable part
    Returns  levels (lanes, times) in AU/mL, areas in AU.d/mL from the first dose on
    """
    system = SYSTEMS[kind]
    found = structural(kind, theta, weight, counts, etas[:, 0], etas[:, 1], etas[:, 2])
    lanes = len(etas)
    table = np.empty((lanes, len(system.parameter_names)))
    for j, name in enumerate(system.parameter_names):
        table[:, j] = found[name]
    scale = np.ones((lanes, 1, 2))
    scale[:, 0, 0] = dose * theta["AU"]
    solution = solve(
        system, schedules, times, table, schedule_of=which, bioavailability=scale,
        observe=[(0, 1)], start=min(d.time for s in schedules for d in s.doses),
        rtol=1e-4, threads=1,
    )  # fmt: skip
    return solution.amounts[:, :, 0] / table[:, 1][:, None], solution.areas[:, :, 0] / 24.0


def draw_etas(rng: np.random.Generator, theta: Theta, shape: tuple[int, int]) -> Array:
    """(draws, n, 3) deviations of CL, V1 and the saturable part."""
    spread = np.stack([theta[n] for n in ("SD_CL", "SD_V", "SD_SINK")], axis=-1)
    return np.asarray(spread[:, None, :] * rng.standard_normal((*shape, 3)))


def simulate(
    kind: str, theta: Theta, rng: np.random.Generator, cohorts: tuple[Cohort, ...] = COHORTS
) -> dict[str, Read]:
    """All cohorts for all draws, in one call of the engine."""
    draws = len(theta["CL"])
    people = [c.draw(rng, theta, c.n) for c in cohorts]
    etas = [draw_etas(rng, theta, (draws, c.n)) for c in cohorts]
    ends = np.cumsum([0, *(len(c.schedules) for c in cohorts)])
    flat = {
        name: np.concatenate([np.repeat(number, c.n) for c in cohorts])
        for name, number in theta.items()
    }
    levels, areas = solve_lanes(
        kind,
        flat,
        np.concatenate([p.weight.ravel() for p in people]),
        np.concatenate([p.lymphocytes.ravel() for p in people]),
        np.concatenate([e.reshape(-1, 3) for e in etas]),
        np.concatenate([p.dose.ravel() for p in people]),
        tuple(s for c in cohorts for s in c.schedules),
        tuple(c.times for c in cohorts for _ in c.schedules),
        np.concatenate([(p.which + end).ravel() for p, end in zip(people, ends[:-1], strict=True)]),
    )
    found = {}
    for c, (begin, end) in zip(
        cohorts, pairwise(np.cumsum([0, *(draws * c.n for c in cohorts)])), strict=True
    ):
        shape, wide = (draws, c.n, len(c.times)), len(c.times)
        found[c.name] = Read(
            levels[begin:end, :wide].reshape(shape), areas[begin:end, :wide].reshape(shape)
        )
    return found


def day_below_one(levels: Array) -> Array:
    """Day from which levels on `DAYS` stay below 1, on the straight line between their logarithms.

    levels   (..., days);  1.0 where the first is below already, 60.0 where the last is not
    """
    logs = np.log(np.maximum(levels, 1e-9))
    above = logs >= 0.0
    days = np.array(DAYS)
    last = above.shape[-1] - 1 - np.argmax(above[..., ::-1], axis=-1)
    none, all_of_them = ~above.any(axis=-1), above[..., -1]
    i = np.minimum(last, len(days) - 2)
    high = np.take_along_axis(logs, i[..., None], -1)[..., 0]
    low = np.take_along_axis(logs, i[..., None] + 1, -1)[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(high > low, high / (high - low), 0.0)
    crossing = days[i] + np.clip(share, 0.0, 1.0) * (days[i + 1] - days[i])
    return np.where(none, days[0], np.where(all_of_them, days[-1], crossing))


def half_life(levels: Array) -> Array:
    """Days, by the straight line through the logarithms of the levels that are seen."""
    days = np.array(DAYS)
    used = (days >= SLOPE_DAYS[0]) & (days <= SLOPE_DAYS[1])
    x, y = days[used], np.log(np.maximum(levels[..., used], 1e-9))
    weight = (levels[..., used] >= SEEN).astype(float)
    n = weight.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = (weight * x).sum(-1) / n, (weight * y).sum(-1) / n
        dx = x - mean_x[..., None]
        slope = (weight * dx * (y - mean_y[..., None])).sum(-1) / (weight * dx**2).sum(-1)
        found = -np.log(2.0) / slope
    found = np.where(found > 0.0, np.minimum(found, 100.0), 100.0)
    return np.where(n >= 2, found, np.nan)


def summarize(read: Mapping[str, Read], theta: Theta, rng: np.random.Generator) -> Array:
    """The numbers of the distance, (draws, summaries), in the order of `anchors.SUMMARIES`.

    Fails  a draw in which the engine left lanes unsolved has NaN.
    """
    error = theta["ERROR"][:, None, None]
    waller = read["waller"].levels * theta["WALLER"][:, None, None]
    waller = waller * np.exp(error * rng.standard_normal(waller.shape))
    peak = waller[:, TEN:].max(-1)  # printed for 6 mg/kg
    day = day_below_one(waller)
    half = half_life(waller)
    few = np.isfinite(half).sum(-1) < 5
    half[few] = 1.0
    cd34 = read["cd34"].areas
    both = read["alpha_beta"].areas
    before, after = both[..., 0] >= 50.0, both[..., 1] - both[..., 0] >= 12.0
    old = read["oostenbrink"].levels
    old = old * np.exp(error * rng.standard_normal(old.shape))
    stays = day_below_one(old)
    n = stays.shape[1] // 2
    longer = np.median(stays[:, :n], axis=1) > np.median(stays[:, n:], axis=1)
    total = np.median(read["beijing"].areas[..., 1], axis=1) * theta["UE"]
    draws = len(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "peak": np.log(peak.mean(-1)),
            "peak_cv": np.log(peak.std(-1, ddof=1) / peak.mean(-1)),
            "day_middle": np.log(np.median(day, axis=-1)),
            "day_first": np.log(day.min(-1)),
            "day_last": np.log(day.max(-1)),
            # The abstract prints 6: rounded, and by a rule of its own.
            "half_life": np.log(np.nanmedian(half, axis=-1)) + 0.1 * rng.standard_normal(draws),
            "cd34": np.log(np.median(cd34[..., 1] - cd34[..., 0], axis=-1) + 1e-3),
            "pre_high": before.mean(-1),
            "post_high": after.mean(-1),
            "both_high": (before & after).mean(-1),
            # A window that a cohort straddles is not its median.
            "beijing": np.log(total) + 0.2 * rng.standard_normal(draws),
            "direction": longer.astype(float),
        }
    table = np.stack([columns[s.name] for s in SUMMARIES], axis=-1)
    lost = sum(~np.isfinite(r.levels).all((1, 2)) | ~np.isfinite(r.areas).all((1, 2))
               for r in read.values())  # fmt: skip
    table[lost > 0] = np.nan
    return table
