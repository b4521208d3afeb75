"""What each dosing strategy attains in virtual adults under each draw of the ensemble.

Truth and belief are separate. The belief is a structure and one draw of its parameters; before a
decision it holds a bank of possible patients with the true weight and lymphocytes, weighted by the
levels whose results are there. The amount chosen, in whole vials, is the one with the best odds of
the window: the rule of `equipoise.guided`, written for thousands of patients in the lanes of one
call (tests/unit/test_atg_calibration.py compares the two).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atg_calibration import cohorts
from atg_calibration.structures import values
from equipoise.kinetics import DoseEvent, Schedule

Array = NDArray[np.float64]

LOW, HIGH = 60.0, 95.0
"""AU.d/mL after the graft, adults, unrelated donor (targets/thymoglobulin.py, provisional)."""
VIAL = 25.0
GRID = (0.0, 0.5, 1.0, 2.0, 3.5, 5.5, 7.5, 10.0)
"""mg/kg of the doses that can be chosen, all together; between them the area is interpolated. The
largest is that of the usual courses (10 mg/kg)."""
BANK, POSTERIOR = 800, 50


@dataclass(frozen=True, slots=True)
class Strategy:
    """Doses that are set, levels, and doses that are chosen.

    fixed      (day, mg/kg) given whatever happens
    chosen     days whose equal doses are chosen at once, before the first of them; () none
    samples    hours of the levels whose results are there by then, turnaround counted
    """

    name: str
    fixed: tuple[tuple[int, float], ...]
    chosen: tuple[int, ...] = ()
    samples: tuple[float, ...] = ()
    per_level: bool = True


def every(start: float, end: float, count: int) -> tuple[float, ...]:
    """So many times of levels, evenly from one hour to another."""
    return tuple(float(t) for t in np.linspace(start, end, count))


FIXED = Strategy("fixed 4.5 mg/kg, days -3 to -1", ((-3, 1.5), (-2, 1.5), (-1, 1.5)))
COVARIATES = Strategy("by weight and lymphocytes, days -3 to -1", (), (-3, -2, -1))
LAST_DOSE = Strategy(
    "1.5 mg/kg on days -3 and -2, 3 levels between them, last dose chosen",
    ((-3, 1.5), (-2, 1.5)), (-1,), (-66.0, -58.0, -49.0),
)  # fmt: skip
LOW_EARLY = Strategy(
    "0.5 mg/kg on day -7, 10 levels in 5 days, day -1 chosen",
    ((-7, 0.5),), (-1,), every(-162.0, -49.0, 10),
)  # fmt: skip
TEST_DOSE = Strategy(
    "test dose 0.5 mg/kg on day -14, 10 levels in 9 days, days -3 to -1 chosen",
    ((-14, 0.5),), (-3, -2, -1), every(-330.0, -97.0, 10),
)  # fmt: skip
TEST_FEW = Strategy(
    "test dose 0.5 mg/kg on day -14, 4 levels in 9 days, days -3 to -1 chosen",
    ((-14, 0.5),), (-3, -2, -1), every(-330.0, -97.0, 4),
)  # fmt: skip
EARLY_COURSE = Strategy(
    "1 mg/kg on days -9 to -7, 10 levels to day -3, day -2 chosen",
    ((-9, 1.0), (-8, 1.0), (-7, 1.0)), (-2,), every(-162.0, -73.0, 10),
)  # fmt: skip
KNOWN = Strategy("the patient's own kinetics known, days -3 to -1 (bound)", (), (-3, -2, -1))
STRATEGIES = (
    FIXED, COVARIATES, LAST_DOSE, LOW_EARLY, EARLY_COURSE, TEST_FEW, TEST_DOSE, KNOWN,
)  # fmt: skip
"""All leave a day between the last level and the first dose that it changes: the turnaround."""


@dataclass(frozen=True, slots=True)
class People:
    """Virtual adults: kg, 10*9/L, deviations (n, 3) as standard normal numbers."""

    weight: Array
    lymphocytes: Array
    deviations: Array
    noise: Array


def people(n: int, seed: int) -> People:
    """The adults of Bishop 2026 (digest): 75 kg, SD 17.5; lymphocytes 0.2, SD of log 0.44."""
    rng = np.random.default_rng([seed, 4])
    return People(
        np.clip(rng.normal(75.0, 17.5, n), 45.0, 125.0),
        0.2 * np.exp(0.44 * rng.standard_normal(n)),
        rng.standard_normal((n, 3)),
        rng.standard_normal((n, 12)),
    )


@dataclass(frozen=True, slots=True)
class Belief:
    """A structure with one number for each parameter."""

    kind: str
    theta: Mapping[str, float]

    @property
    def spread(self) -> Array:
        """SD of the three deviations."""
        return np.array([self.theta[n] for n in ("SD_CL", "SD_V", "SD_SINK")])


def belief_of(kind: str, z: Array) -> Belief:
    """One draw of the ensemble, from its standard normal numbers."""
    return Belief(kind, {n: float(v[0]) for n, v in values(kind, z[None, :]).items()})


def _schedule(doses: tuple[tuple[int, float], ...]) -> Schedule:
    return Schedule(
        doses=tuple(
            DoseEvent(24.0 * day, amount, duration=6.0 if i == 0 else 4.0)
            for i, (day, amount) in enumerate(sorted(doses))
        )
    )


def read(
    belief: Belief,
    weight: Array,
    lymphocytes: Array,
    etas: Array,
    fixed: tuple[tuple[int, float], ...],
    chosen: tuple[int, ...],
    amounts: tuple[float, ...],
    times: tuple[float, ...],
) -> tuple[Array, Array]:
    """Levels (AU/mL) and area after the graft (AU.d/mL) for each amount of the chosen doses.

    weight, lymphocytes (n,), etas (n, m, 3); amounts in mg/kg of all chosen doses together
    Returns  (n, m, amounts, times), (n, m, amounts)
    """
    n, m, a = etas.shape[0], etas.shape[1], len(amounts)
    schedules = tuple(
        _schedule((*fixed, *((day, amount / len(chosen)) for day in chosen))) for amount in amounts
    )
    wide = (n, m, a)
    flat = np.broadcast_to(weight[:, None, None], wide).ravel()
    theta = {name: np.array(value) for name, value in belief.theta.items()}
    levels, areas = cohorts.solve_lanes(
        belief.kind,
        theta,
        flat,
        np.broadcast_to(lymphocytes[:, None, None], wide).ravel(),
        np.broadcast_to(etas[:, :, None, :], (*wide, 3)).reshape(-1, 3),
        flat,
        schedules,
        tuple((*times, 0.0, cohorts.LAST) for _ in schedules),
        np.broadcast_to(np.arange(a), wide).ravel(),
    )
    k = len(times)
    after = (areas[:, k + 1] - areas[:, k]).reshape(wide)
    return levels[:, :k].reshape(*wide, k), after


def best_amount(weight: Array, after: Array, weights: Array) -> Array:
    """The amount per kg, all chosen doses together, with the best odds of the window; (n,).

    after    (n, m, GRID) areas of m possible patients;  weights: (n, m)
    Of equal odds the smaller amount. One vial is the step of all chosen doses together: three
    equal doses are then thirds of whole vials.
    """
    found = np.empty(len(weight))
    for i, kg in enumerate(weight):
        tried = np.arange(0.0, GRID[-1] * kg + 1e-9, VIAL) / kg
        areas = np.stack([np.interp(tried, GRID, row) for row in after[i]])
        odds = weights[i] @ ((areas >= LOW) & (areas <= HIGH))
        if odds.max() > 0.0:
            found[i] = tried[np.argmax(odds)]
        else:  # no possible patient can reach it: as near as the middle one gets
            middle = np.abs(np.log(np.maximum(weights[i] @ areas, 1e-6) / np.sqrt(LOW * HIGH)))
            found[i] = tried[np.argmin(middle)]
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a strategy: area after the graft (n,), and the shrinkage of three etas."""

    after: Array
    shrinkage: Array

    @property
    def attained(self) -> float:
        """Percent inside the window."""
        return float(100.0 * np.mean((self.after >= LOW) & (self.after <= HIGH)))


def run(strategy: Strategy, truth: Belief, belief: Belief, who: People, seed: int) -> Outcome:
    """One strategy in all virtual adults."""
    n = len(who.weight)
    own = (who.deviations * truth.spread)[:, None, :]
    none = np.full(3, np.nan)
    if not strategy.chosen:
        _, after = read(truth, who.weight, who.lymphocytes, own, strategy.fixed, (), (0.0,), ())
        return Outcome(after[:, 0, 0], none)
    rng = np.random.default_rng([seed, 5])
    bank = np.broadcast_to(belief.spread * rng.standard_normal((BANK, 3)), (n, BANK, 3))
    weights = np.full((n, BANK), 1.0 / BANK)
    shrinkage = none
    if strategy.samples:
        seen = read(truth, who.weight, who.lymphocytes, own, strategy.fixed, (), (0.0,),
                    strategy.samples)[0][:, 0, 0]  # fmt: skip
        noise = truth.theta["ERROR"] * who.noise[:, : len(strategy.samples)]
        seen = np.log(np.maximum(seen, 1e-4)) + noise
        held = read(belief, who.weight, who.lymphocytes, bank, strategy.fixed, (), (0.0,),
                    strategy.samples)[0][:, :, 0]  # fmt: skip
        off = (np.log(np.maximum(held, 1e-4)) - seen[:, None, :]) / belief.theta["ERROR"]
        fit = -0.5 * (off**2).sum(-1)
        weights = np.exp(fit - fit.max(1, keepdims=True))
        weights /= weights.sum(1, keepdims=True)
        means = (weights[:, :, None] * bank).sum(1)
        shrinkage = 1.0 - means.std(0) / belief.spread
    if strategy is KNOWN:
        kept, even = own, np.ones((n, 1))
        belief = truth
    else:
        rows = np.stack([rng.choice(BANK, POSTERIOR, p=w) for w in weights])
        kept, even = (
            np.take_along_axis(bank, rows[:, :, None], 1),
            np.full((n, POSTERIOR), 1.0 / POSTERIOR),
        )
    _, after = read(belief, who.weight, who.lymphocytes, kept, strategy.fixed, strategy.chosen,
                    GRID, ())  # fmt: skip
    amount = best_amount(who.weight, after, even)
    _, real = read(truth, who.weight, who.lymphocytes, own, strategy.fixed, strategy.chosen,
                   GRID, ())  # fmt: skip
    given = np.array([np.interp(x, GRID, row) for x, row in zip(amount, real[:, 0], strict=True)])
    return Outcome(given, shrinkage)


def fixed_attainment(truth: Belief, who: People, totals: tuple[float, ...]) -> Array:
    """Percent in the window for each total in mg/kg over days -3 to -1."""
    own = (who.deviations * truth.spread)[:, None, :]
    _, after = read(truth, who.weight, who.lymphocytes, own, (), (-3, -2, -1), totals, ())
    inside = (after[:, 0] >= LOW) & (after[:, 0] <= HIGH)
    return np.asarray(100.0 * inside.mean(0))
