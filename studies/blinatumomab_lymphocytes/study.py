"""Which assumed link decides what the joint hypothesis says? Every link halved and doubled.

    python studies/blinatumomab_lymphocytes/study.py [--draws 500]

Prints the windows in print beside the model's numbers, the links one at a time, and draws of all
of them together. It is no evidence about outcomes. The result page is
docs/cells.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from joint import ASSUMED, MODEL

from equipoise.model import Model, PlainDose, course, simulate

HOURS = np.concatenate([np.arange(1.0, 168.0, 1.0), np.arange(168.0, 673.0, 4.0)])
BULK = 7e7
"""Donor CD3 cells: 1e6/kg at 70 kg."""

LEAST = 1e-15
"""A share of leukemia below this is not told from none: about a thousandth of one cell."""

EDGES = (1.0, 10.0, 100.0)
RELAPSED = {"expansion": 0.4, "leukemia": 0.5}


@dataclass(frozen=True)
class Course:
    """What one run shows: hours and multiples; `fall` is log10 of leukemia lost by day 28."""

    gone: float
    nadir: float
    back: float
    peak: float
    peak_hour: float
    fall: float

    @property
    def inside(self) -> bool:
        """In every window in print (residual disease; Blood 2012, abstract)."""
        return (
            24.0 <= self.gone <= 72.0
            and self.nadir < 24.0
            and 1.5 <= self.peak <= 3.0
            and 14 * 24.0 <= self.peak_hour <= 21 * 24.0
        )


def run(model: Model, cells: float = 0.0, covariates: Mapping[str, float] | None = None) -> Course:
    """28 ug/d for 28 days (15 ug/m2/d at 1.87 m2), donor cells at its start."""
    doses = [PlainDose(0.0, 28.0 * 28.0, "iv", duration=672.0)]
    if cells:
        doses.append(PlainDose(0.0, cells, "cells"))
    what = course(model, doses, covariates=covariates or {})
    found = simulate(model, [what], HOURS, rtol=1e-8)
    if found.failed:
        raise ValueError(f"not solved: {found.failed}")
    values = {name: v[0, 0] for name, v in found.values.items()}
    b_cells, t_cells = values["b_cells"], values["t_cells"]
    first_week = HOURS <= 168.0
    low = int(np.argmin(np.where(first_week, t_cells, np.inf)))
    under = np.flatnonzero(b_cells < 1.0)
    above = np.flatnonzero((t_cells >= 1.0) & (np.arange(len(HOURS)) > low))
    # A peak is looked for in weeks 2 and 3, where it is in print.
    window = (HOURS >= 14 * 24.0) & (HOURS <= 21 * 24.0)
    top = int(np.argmax(np.where(window, t_cells, -np.inf)))
    start = (covariates or {}).get("leukemia", model.covariates["leukemia"].reference)
    return Course(
        float(HOURS[under[0]]) if len(under) else float("inf"),
        float(HOURS[low]),
        float(HOURS[above[0]]) if len(above) else float("inf"),
        float(t_cells[top]),
        float(HOURS[top]),
        float(np.log10(start / max(values["leukemia"][-1], LEAST))),
    )


def changed(factors: Mapping[str, float]) -> Model:
    """The model with links multiplied."""
    thetas = {
        name: replace(value, number=value.number * factors.get(name, 1.0))
        for name, value in MODEL.thetas.items()
    }
    return replace(MODEL, thetas=thetas)


def line(label: str, model: Model) -> str:
    """One row of the sensitivity table."""
    alone, with_cells = run(model), run(model, BULK)
    return (
        f"{label},{alone.gone / 24:.1f},{alone.nadir:.0f},{alone.back / 24:.1f},{alone.peak:.2f},"
        f"{'yes' if alone.inside else 'no'},{alone.fall:.1f},{with_cells.fall - alone.fall:.3f}"
    )


def main() -> None:
    """Print the three tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--draws", type=int, default=500)
    given = asked.parse_args()
    print("link,B below 1/uL (d),T nadir (h),T back (d),T in weeks 2-3,inside,fall,with cells")
    print(line("as tuned", MODEL))
    for name in ASSUMED:
        for factor in (0.5, 2.0):
            print(line(f"{name} x {factor:g}", changed({name: factor})))
    late = run(MODEL, covariates=RELAPSED)
    print(f"relapse text: T back on day {late.back / 24:.1f}, {late.peak:.2f} in weeks 2-3")
    for name, cells in (("1e6/kg", BULK), ("1e7/kg", 10 * BULK), ("1e8/kg", 100 * BULK)):
        extra = [run(changed({"EDGE": e}), cells).fall - run(MODEL).fall for e in EDGES]
        print(f"{name}: " + ", ".join(f"{x:.3f}" for x in extra))
    rng = np.random.default_rng(12)
    kept, falls, extras = 0, [], []
    for _ in range(given.draws):
        factors = {n: float(2.0 ** rng.uniform(-1.0, 1.0)) for n in ASSUMED if n != "EDGE"}
        factors["EDGE"] = float(10.0 ** rng.uniform(0.0, 2.0))
        model = changed(factors)
        alone = run(model)
        if alone.inside:
            kept += 1
            falls.append(alone.fall)
            extras.append(run(model, BULK).fall - alone.fall)
    print(f"draws inside every window: {kept} of {given.draws}")
    for what, numbers in (("fall alone", falls), ("more with cells", extras)):
        low, middle, high = np.quantile(numbers, (0.05, 0.5, 0.95))
        print(f"{what}: {middle:.2f} ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
