"""Are the parameters of CAR-T models recovered near the assay's limit? Three ways to read "<".

    python studies/cells/recover.py [--patients 500] [--model ID] [--way WAY] [--deviations]

Draws patients from each model, samples them with its residual error and fits each alone; `censored`
is what the software does. Prints coverage of 90 % intervals of each parameter and of the true level
on the late day, with the width of the interval, bias and error (natural logarithm). The result page
is docs/cells.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from equipoise.fit import fit
from serial_cells import DESIGNS, WAYS, Patient, late_levels, patient, under

EDGES = (0.05, 0.5, 0.95)


def intervals(one: Patient, way: str, rng: np.random.Generator) -> np.ndarray:
    """5, 50 and 95 % of each eta and of the late level: (etas + 1, 3)."""
    found = fit(one.design.model, one.subject(way), n=1000, rng=rng)
    late = late_levels(one.design, one.course, found.draws)
    every = np.column_stack([found.draws, late])
    return np.quantile(every, EDGES, axis=0).T


def main() -> None:
    """Run each model under each way of reading levels below the limit."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=500)
    asked.add_argument("--model", choices=sorted(DESIGNS))
    asked.add_argument("--way", choices=WAYS, help="this one alone")
    asked.add_argument(
        "--deviations", action="store_true", help="the entry's other reading of its variability"
    )
    given = asked.parse_args()
    print("model,reading,below,quantity,covered,width,bias,rmse")
    for name, design in DESIGNS.items():
        if given.model not in (None, name):
            continue
        if given.deviations:
            design = under(design, design.model.other_readings[0])
        rng = np.random.default_rng(2019)
        patients = [patient(design, rng) for _ in range(given.patients)]
        below = np.mean([p.below for p in patients]) / len(design.days)
        truths = np.array([[*p.etas, p.late] for p in patients])
        first = np.zeros((len(patients), truths.shape[1], 3))
        for way in (given.way,) if given.way else WAYS:
            now = np.zeros_like(first)
            for k, one in enumerate(patients):
                # Nothing below the limit: the ways do not differ.
                if way != WAYS[0] and not given.way and one.below == 0:
                    now[k] = first[k]
                else:
                    now[k] = intervals(one, way, np.random.default_rng([2019, k]))
            if way == WAYS[0]:
                first = now
            low, middle, high = now[..., 0], now[..., 1], now[..., 2]
            covered = ((low <= truths) & (truths <= high)).mean(axis=0)
            off = middle - truths
            for j, what in enumerate((*design.model.etas, f"day {design.late:g}")):
                print(
                    f"{name},{way},{below:.2f},{what},{covered[j]:.3f},"
                    f"{(high - low)[:, j].mean():.3f},{off[:, j].mean():.3f},"
                    f"{np.sqrt((off[:, j] ** 2).mean()):.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
