"""The saved ensemble as one model for each structure: bands for research, never a dose.

What the ensemble does not know of the population is carried by the etas, beside what differs
between patients, so that a band holds both. `examples/models/atg_calibrated_*.py` hand these models
to every command.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from atg_calibration.structures import PRIORS, model_of, structural
from equipoise.model import Model

Array = NDArray[np.float64]

FILE = Path(__file__).resolve().parent / "ensemble.csv"
MOVED = {
    "elimination": ("CL", "V1", "Q", "V2", "CLS", "KM", "LYMPH", "AU"),
    "distribution": ("CL", "V1", "CLB", "KT", "KOUT", "LOST", "LYMPH", "AU"),
}
"""Parameters with an eta; the first two and the sink (the fifth and the third) differ between
patients as well."""
SINK = {"elimination": "CLS", "distribution": "CLB"}


def read(kind: str, file: Path = FILE) -> dict[str, Array]:
    """The saved draws of a structure: name -> (draws,); equally weighted.

    Fails  ValueError where the file holds none.
    """
    with file.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["structure"] == kind]
    if not rows:
        raise ValueError(f"{file.name} holds no draws of {kind}; run the study")
    return {p.name: np.array([float(row[p.name]) for row in rows]) for p in PRIORS[kind]}


def _line(name: str, numbers: Array) -> Array:
    """On the scale on which an eta adds: logit for a share, logarithm for all else."""
    return np.asarray(np.log(numbers / (1.0 - numbers)) if name == "LOST" else np.log(numbers))


def of(kind: str, file: Path = FILE) -> Model:
    """One model of a structure: the medians of the ensemble, its spread in what `MOVED` names.

    The exponents of weight and the error of a level stand at their medians.
    """
    draws = read(kind, file)
    theta = {name: float(np.median(numbers)) for name, numbers in draws.items()}
    moved = MOVED[kind]
    whole = np.cov(np.stack([_line(n, draws[n]) for n in moved]))
    for name, spread in (("CL", "SD_CL"), ("V1", "SD_V"), (SINK[kind], "SD_SINK")):
        i = moved.index(name)
        whole[i, i] += float((draws[spread] ** 2).mean())

    def parameters(numbers: Mapping[str, float], covariate: Mapping[str, Array],
                   eta: Mapping[str, Array]) -> Mapping[str, Array]:  # fmt: skip
        own = {name: np.asarray(value) for name, value in numbers.items()}
        for name in moved:
            if name == "LOST":
                odds = numbers[name] / (1.0 - numbers[name]) * np.exp(eta[name])
                own[name] = odds / (1.0 + odds)
            else:
                own[name] = numbers[name] * np.exp(eta[name])
        none = np.zeros(1)
        found = structural(
            kind, own, covariate["weight"], covariate["lymphocytes"], none, none, none
        )
        return {**found, "F_central": own["AU"]}

    return replace(
        model_of(kind, theta, name=f"atg_calibrated_{kind}"),
        etas=moved,
        omega=tuple(tuple(float(v) for v in line) for line in 0.5 * (whole + whole.T)),
        omega_note="hypothesis: spread between patients and what the calibration leaves open of "
        "the population, together",
        parameters=parameters,
        population_class="adult",
    )
