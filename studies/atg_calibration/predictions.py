"""What the ensemble says of everything that was held out. Nothing here goes back into a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from atg_calibration import cohorts, strategies
from atg_calibration.anchors import row
from atg_calibration.cohorts import COHORTS, course, draw_etas, lymphocytes, simulate, solve_lanes
from atg_calibration.structures import LYMPHOCYTES
from equipoise.kinetics import Schedule

Array = NDArray[np.float64]
Theta = Mapping[str, Array]

TOTALS = (2.5, 3.5, 4.5, 5.0, 6.0, 7.5, 10.0)
"""mg/kg in all over days -3 to -1."""
ADULT = 75.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """One held-out number and what each draw says of it.

    of      id of its row;  what: in words;  expected: as published
    """

    of: str
    what: str
    unit: str
    expected: str
    draws: Array

    @property
    def interval(self) -> tuple[float, float, float]:
        """5, 50 and 95 %."""
        low, middle, high = np.nanquantile(self.draws, (0.05, 0.5, 0.95))
        return float(low), float(middle), float(high)


def areas(
    kind: str,
    theta: Theta,
    schedule: Schedule,
    weight: float,
    counts: float | Array,
    dose: float,
    etas: Array,
    times: tuple[float, ...] = cohorts.AREAS,
) -> tuple[Array, Array]:
    """Levels and areas of m patients under each draw, (draws, m, times).

    counts  10*9/L, one for all or (draws, m);  dose: mg in all;  etas: (draws, m, 3)
    """
    draws, m = etas.shape[:2]
    flat = {name: np.repeat(v, m) for name, v in theta.items()}
    levels, found = solve_lanes(
        kind,
        flat,
        np.full(draws * m, weight),
        np.broadcast_to(counts, (draws, m)).ravel(),
        etas.reshape(-1, 3),
        np.full(draws * m, dose),
        (schedule,),
        (times,),
        np.zeros(draws * m, dtype=np.int64),
    )
    shape = (draws, m, len(times))
    return levels.reshape(shape), found.reshape(shape)


def after(area: Array) -> Array:
    """Area after the graft from areas at the graft and at the end."""
    return np.asarray(area[..., 1] - area[..., 0])


def predict(kind: str, theta: Theta, seed: int, *, m: int = 60) -> list[Prediction]:
    """Every held-out row that a draw can speak of.

    theta  name -> (draws,);  m: patients under each draw
    """
    rng = np.random.default_rng([seed, 6])
    draws = len(theta["CL"])
    three = course(-3, 3)
    who = strategies.people(m, seed)
    zero = np.zeros((draws, 1, 3))
    same = draw_etas(rng, theta, (draws, m))
    found: list[Prediction] = []

    def add(name: str, draw: Array, what: str = "", expected: str = "", unit: str = "") -> None:
        r = row(name)
        words = expected or " to ".join(f"{n:g}" for n in r.numbers)
        found.append(Prediction(name, what or r.what, unit or r.unit, words, np.asarray(draw)))

    each = [
        strategies.Belief(kind, {n: float(v[i]) for n, v in theta.items()}) for i in range(draws)
    ]
    fixed = np.stack([strategies.fixed_attainment(one, who, TOTALS) for one in each])
    middle = fixed[:, [TOTALS.index(4.5), TOTALS.index(5.0)]].mean(1)
    add("bishop_fixed", middle, "attainment, fixed 4.5-5 mg/kg on days -3 to -1", "about 25")
    best = fixed.mean(0).argmax()
    add("bishop_fixed", fixed.max(1), "attainment of the best fixed total of each draw "
        f"(over all draws best: {TOTALS[best]:g} mg/kg)", "none above about 25")  # fmt: skip
    by_weight = [
        np.median(after(areas(kind, theta, three, kg, LYMPHOCYTES, 4.5 * kg, same)[1]), axis=1)
        for kg in (65.0, ADULT, 85.0)
    ]
    add("bishop_slope", (by_weight[2] - by_weight[0]) / 2.0, expected="about 10")
    by_count = [
        np.median(after(areas(kind, theta, three, ADULT, count, 4.5 * ADULT, same)[1]), axis=1)
        for count in (0.1, 1.0, 3.0)
    ]
    change = [100.0 * (b / a - 1.0) for a, b in pairwise(by_count)]
    add("bishop_lymphocytes", change[0], "change of the median AUC after, lymphocytes 0.1 to 1.0",
        "within 5")  # fmt: skip
    add("bishop_lymphocytes", change[1], "the same, 1.0 to 3.0", "a fall")
    usual = after(areas(kind, theta, three, ADULT, LYMPHOCYTES, 4.5 * ADULT, same)[1])
    add("post_spread", np.log(np.maximum(usual, 1e-3)).std(axis=1))

    times = (-90.0, -68.0, -44.0, -20.0, *cohorts.LEVELS)
    counts = lymphocytes(rng, (draws, m))
    levels, _ = areas(kind, theta, course(-4, 4), ADULT, counts, 6.0 * ADULT, same, times)
    scaled = levels * theta["WALLER"][:, None, None]
    add("flow_peak", np.median(scaled[..., :4].max(-1), axis=1), expected="20.8, SD 1.4 (n = 3)")
    with np.errstate(all="ignore"):
        add("flow_half_life", np.nanmedian(cohorts.half_life(scaled[..., 4:]), axis=1),
            expected="6.1, SD 0.7 (n = 3)")  # fmt: skip
    large = replace(next(c for c in COHORTS if c.name == "cd34"), n=554)
    few = min(draws, 60)
    part = {name: v[:few] for name, v in theta.items()}
    add("cd34_highest", after(simulate(kind, part, rng, (large,))["cd34"].areas).max(1))

    four = course(-5, 4)
    total = {
        (kg, count): areas(kind, theta, four, kg, count, 10.0 * kg, zero)[1][:, 0, 1]
        for kg, count in ((10.0, 0.2), (40.0, 0.2), (25.0, 0.05), (25.0, 1.0))
    }
    rise = total[40.0, 0.2] / total[10.0, 0.2]
    fall = total[25.0, 1.0] / total[25.0, 0.05]
    add("admiraal_direction", rise, "total AUC at 40 kg over that at 10 kg, 10 mg/kg", "above 1")
    add("admiraal_direction", fall, "total AUC at 1.0 over that at 0.05 x10^9/L, 25 kg", "below 1")
    heavy, light = (
        areas(kind, theta, four, kg, 0.2, 400.0, zero)[1][:, 0, 1] for kg in (80.0, 40.0)
    )
    add("handbook_weight", 100.0 * (heavy / light - 1.0),
        "total AUC at 80 over that at 40 kg, same mg", "within 5", "%")  # fmt: skip
    beijing = next(c for c in COHORTS if c.name == "beijing")
    ue = simulate(kind, theta, rng, (beijing,))["beijing"].areas[..., 1] * theta["UE"][:, None]
    low, high = row("beijing_window").numbers
    add("beijing_inside", 100.0 * ((ue >= low) & (ue <= high)).mean(1), expected="about half")
    add("digest_clearance", theta["CL"])
    add("digest_volume", theta["V1"])
    return found
