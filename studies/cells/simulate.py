"""Ten thousand virtual patients of every integrated model: none may fail, stiff ones are named.

    python studies/cells/simulate.py [--patients 10000]

Every model on the shelf that has no closed form. Variability as each entry has it, under every
reading; patients of the tumor model have covariates drawn from the paper's 19, others from the
range studied. Cells are infused once, drugs taken for two weeks. Prints one line a model and
reading; exit code 1 where a patient failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

import numpy as np

from equipoise import kinetics
from equipoise.model import (
    Array,
    Course,
    Model,
    PlainDose,
    course,
    draw_etas,
    structural_parameters,
)
from equipoise.models import ALL, axicabtagene_muellerschoell2021
from equipoise.readout import of_states

DAYS = np.array([0.1, 1.0, 3.0, 7.0, 10.0, 14.0, 21.0, 28.0, 90.0])

TAKEN = {"sirolimus": (6.0, 24.0), "ciclosporin": (200.0, 12.0), "everolimus": (3.0, 12.0)}
"""mg, and hours between doses."""

UNTOLD = {"height": (150.0, 195.0), "sex": (1.0, 1.0), "high_dose_prednisolone": (0.0, 0.0)}
"""Ranges of covariates of which a paper tells none: ours, for the solver's sake."""


def courses(model: Model, n: int, rng: np.random.Generator) -> list[Course]:
    """One course a patient, with covariates where the model reads some."""
    if not model.infusions:
        route, every = next(iter(model.routes)), TAKEN[model.agent][1]
        dose = [
            PlainDose(k * every, TAKEN[model.agent][0], route) for k in range(int(336.0 / every))
        ]
    else:
        dose = [PlainDose(0.0, 1.0, "iv")]
    if not model.covariates:
        return [course(model, dose, covariates={})] * n
    if not model.infusions:
        ranges = {
            name: (model.domain[name].low, model.domain[name].high)
            if name in model.domain else UNTOLD[name]
            for name in model.covariates
        }  # fmt: skip
        drawn = {name: rng.uniform(low, high, n) for name, (low, high) in ranges.items()}
        return [
            course(model, dose, covariates={name: float(v[i]) for name, v in drawn.items()})
            for i in range(n)
        ]
    chosen = rng.integers(len(axicabtagene_muellerschoell2021.PATIENTS), size=n)
    found = []
    for place in chosen:
        volume, before, ratio, low = axicabtagene_muellerschoell2021.PATIENTS[place]
        covariates = {
            "tumor_volume": volume, "autologous_before": float(before),
            "car_cd4_cd8_day7": ratio, "low_expansion": float(low),
        }  # fmt: skip
        found.append(course(model, dose, covariates=covariates))
    return found


def run(model: Model, n: int) -> tuple[kinetics.Solution, float]:
    """The engine's answer for n patients, one lane each, and seconds."""
    rng = np.random.default_rng(20261122)
    etas = draw_etas(model, n, rng)
    every = courses(model, n, rng)
    tables = [structural_parameters(model, c, etas[i : i + 1]) for i, c in enumerate(every)]
    parameters: Array = np.array(
        [[float(np.ravel(t[name])[0]) for name in model.parameter_names] for t in tables]
    )
    began = time.perf_counter()
    found = kinetics.solve(
        model.structure,
        [c.schedule for c in every],
        [DAYS * 24.0] * n,
        parameters,
        bioavailability=of_states(tables, "F", model.states, 1, 1),
        lag=of_states(tables, "LAG", model.states, 1, 1),
        rtol=1e-6,
    )
    return found, time.perf_counter() - began


def main() -> int:
    """Run the study."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--patients", type=int, default=10_000)
    n = arguments.parse_args().patients
    failures = 0
    for model in (m for m in ALL if isinstance(m.structure, kinetics.System)):
        readings = [("", model.omega), *((r.name, r.omega) for r in model.other_readings)]
        for name, omega in readings:
            found, seconds = run(replace(model, omega=omega), n)
            bad = len(found.failed) + int((~np.isfinite(found.amounts)).any(axis=(1, 2)).sum())
            failures += bad
            print(
                f"{model.id} ({name or 'as entered'}): {n} patients, {bad} failed, "
                f"{len(found.stiff)} stiff, {seconds:.1f} s"
            )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
