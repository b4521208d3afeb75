"""Make examples/site_sirolimus.csv again, to the byte: 60 made-up courses of one made-up center.

    python examples/make_site.py            writes it beside this script
    python examples/make_site.py FILE       writes it there

Children of 1 to 15 years with immune thrombocytopenia on oral sirolimus. Patients and residual
errors are drawn from `sirolimus_cheng2020`, so that model should pass where its limits are fair and
another may not; a center's own file has no such answer in it. The ward rounds doses to 0.25 mg and
changes them once, in proportion, when the first trough is back and outside 5-15 ng/mL.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from equipoise import files
from equipoise.chance import stream
from equipoise.model import PlainDose, course, draw_etas, simulate
from equipoise.models.sirolimus_cheng2020 import MODEL
from equipoise.record import Record

SEED = 1
COURSES = 60
TROUGHS = (7, 14, 21)
"""Days on which a trough is drawn, half an hour before the dose of 08:00."""
RESULT = 30.0
"""Hours from a draw to its result: the next afternoon."""
LOW, HIGH, AIM = 5.0, 15.0, 10.0

FILE = Path(__file__).resolve().parent / "site_sirolimus.csv"


def patient(number: int) -> Record:
    """One course of three weeks."""
    id_ = f"S{number:02d}"
    rng = stream(SEED, id_, MODEL.id, "site")
    age = float(rng.uniform(1.2, 14.8))
    weight = float(np.clip((2.0 * age + 8.0) * np.exp(0.15 * rng.standard_normal()), 7.5, 42.5))
    bilirubin = float(np.clip(11.3 * np.exp(0.5 * rng.standard_normal()), 3.0, 40.0))
    start = datetime.fromisoformat("2025-01-07T08:00:00+01:00") + timedelta(days=5 * number)
    born = (start - timedelta(days=365.25 * age)).date()
    first = _rounded(1.75 * (weight / 28.5) ** 0.5)
    etas = draw_etas(MODEL, 1, rng)
    errors = rng.standard_normal(len(TROUGHS))
    amounts = [first] * (TROUGHS[-1] + 1)
    covariates = {"weight": round(weight, 1), "bilirubin": round(bilirubin, 1)}
    events: list[dict[str, Any]] = [
        {"type": "measurement", "at": -2.0, "known": -2.0, "name": "weight",
         "value": f"{weight:.1f} kg"},
        {"type": "measurement", "at": -2.0, "known": 4.0, "name": "bilirubin",
         "value": f"{bilirubin:.1f} umol/L"},
    ]  # fmt: skip
    for k, day in enumerate(TROUGHS):
        at = 24.0 * day - 0.5
        doses = [PlainDose(24.0 * d, amounts[d], "oral") for d in range(day)]
        whole = course(MODEL, doses, covariates=covariates)
        true = simulate(MODEL, [whole], np.array([at]), etas=etas).values["sirolimus"][0, 0, 0]
        residual = MODEL.observations[0].residual
        level = max(float(true) + float(residual.variance(true)) ** 0.5 * float(errors[k]), 0.5)
        events.append(
            {"type": "measurement", "at": at, "known": at + RESULT, "name": "sirolimus",
             "value": f"{level:.1f} ng/mL", "method": "immunoassay"}
        )  # fmt: skip
        if k == 0 and not LOW <= level <= HIGH:
            changed = _rounded(float(np.clip(first * AIM / level, 0.5 * first, 2.0 * first)))
            # The result is back in the afternoon of the next day; the dose after that is new.
            amounts[day + 2 :] = [changed] * len(amounts[day + 2 :])
    for day in range(TROUGHS[-1]):
        events.append(
            {"type": "dose", "at": 24.0 * day, "known": 24.0 * day, "agent": "sirolimus",
             "amount": f"{amounts[day]:g} mg", "route": "oral"}
        )  # fmt: skip
    head = {"id": id_, "day0": start.isoformat(), "born": born.isoformat(), "indication": "itp"}
    events.sort(key=lambda e: (e["known"], e["at"]))
    return files.record_from_json({"equipoise": 1, **head, "events": events})


def _rounded(amount: float) -> float:
    return max(round(amount / 0.25) * 0.25, 0.25)


def main(place: Path) -> None:
    """Write the file."""
    from equipoise.files.table import write_table

    write_table([patient(number) for number in range(1, COURSES + 1)], place)
    print(f"{COURSES} courses in {place.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
