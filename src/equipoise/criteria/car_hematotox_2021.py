"""CAR-HEMATOTOX: risk of lasting neutropenia after CAR-T, from values before lymphodepletion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise.chart import CELLS, DOSES, Addition, Bools, Floats
from equipoise.criterion import Change, Criterion, Effort, Item, Probe, Readings, Reasons
from equipoise.looks import CAR_PRODUCTS, Looks, Rows
from equipoise.readers import Reader
from equipoise.source import Source, Standing
from equipoise.truth import Limit
from equipoise.units import parse

PLATELETS = (Limit("<=", (("175", "10*9/L"),)), Limit("<", (("75", "10*9/L"),)))
NEUTROPHILS = (Limit("<", (("1200", "/uL"),)),)
HEMOGLOBIN = (Limit("<", (("9.0", "g/dL"),), "hemoglobin"),)
CRP = (Limit(">=", (("3.0", "mg/dL"),)),)
FERRITIN = (Limit(">=", (("650", "ng/mL"),)), Limit(">", (("2000", "ng/mL"),)))

HIGH = 2
"""Points from which the risk is high."""

LYMPHODEPLETION = ("fludarabine", "cyclophosphamide", "bendamustine")
LYMPHODEPLETION_HOURS = 14 * 24.0
"""Doses at most so long before the infusion are its lymphodepletion."""
WITHOUT_DOSES_HOURS = 5 * 24.0
"""How long before the infusion values are taken where no such dose is recorded."""
WINDOW = 14 * 24.0

NO_CELLS = "not applicable: no CAR T-cell product given or planned by this time"


def _lymphodepletes(dose: object) -> bool:
    agent, status = getattr(dose, "agent", ""), getattr(dose, "status", "")
    return agent in LYMPHODEPLETION and status in ("given", "partial", "")


def _cells_known(looks: Looks) -> Bools:
    """Whether a CAR-T product is in the record, given or planned."""
    wanted = looks.chart.named(CELLS).only("car", lambda cells: cells.product in CAR_PRODUCTS)
    known = looks.any_known(wanted, np.minimum(looks.known, looks.at))
    either: Bools = known | looks.chart.is_for(("cart",))[looks.record]
    return either


def before_lymphodepletion(looks: Looks) -> Floats:
    """Hours up to which values count: the first lymphodepleting dose, else 5 d before the infusion.

    Before both it is the time of the look.
    """

    def find() -> Floats:
        infusion = looks.infusion()
        doses = looks.chart.named(DOSES).only("lymphodepletion", _lymphodepletes)
        around = np.where(np.isnan(infusion), looks.at, infusion)
        first = looks.first(doses, around - LYMPHODEPLETION_HOURS)
        dosed = first.there & (first.at <= around)
        otherwise = np.where(np.isnan(infusion), looks.at, infusion - WITHOUT_DOSES_HOURS)
        return np.where(dosed, first.at, otherwise)

    found: Floats = looks.keep("before lymphodepletion", find)
    return found


def _rows(looks: Looks, name: str) -> Rows:
    until = before_lymphodepletion(looks)
    rows = looks.last(looks.chart.named(name), until)
    return rows.where(rows.at >= np.minimum(until, looks.at) - WINDOW)


def _before(name: str, limits: Sequence[Limit]) -> Reader:
    def read(looks: Looks) -> Readings:
        rows = _rows(looks, name)
        return Readings(rows.bands(limits), lambda i: Reasons((rows.because(i),), (name,)))

    return read


def _probe(name: str, limits: Sequence[Limit]) -> Probe:
    def dated(text: str) -> Change:
        def change(looks: Looks, look: int) -> Sequence[Addition]:
            at = float(before_lymphodepletion(looks)[look])
            return (Addition(name, at, parse(text)),)

        return change

    answers = [(limits[0].opposite, dated(limits[0].example(met=False)))]
    for index, limit in enumerate(limits):
        text = limit.text
        if index + 1 < len(limits):
            text = f"{limit.text} and {limits[index + 1].opposite}"
        answers.append((text, dated(limit.example(met=True))))
    return Probe(name, Effort.ROUTINE, tuple(answers))


def _applies(looks: Looks) -> Sequence[tuple[Bools, str]]:
    return ((~_cells_known(looks), NO_CELLS),)


def combine(classes: Sequence[int]) -> int:
    """Platelets, neutrophils, hemoglobin, CRP, ferritin -> points, 0 to 7."""
    return sum(classes)


def met(classes: Sequence[int]) -> bool:
    """Whether the risk is high."""
    return sum(classes) >= HIGH


def _item(name: str, label: str, limits: Sequence[Limit], words: Sequence[str]) -> Item:
    rules = [limits[0].opposite, limits[0].text]
    if len(limits) == 2:
        rules = [
            limits[0].opposite, f"{limits[0].text} and {limits[1].opposite}", limits[1].text,
        ]  # fmt: skip
    return Item(
        name,
        label,
        tuple(words),
        tuple(rules),
        _before(name, limits),
        f"{words[0].split()[0] if name != 'crp' else 'CRP'} before lymphodepletion unknown",
        tuple(range(len(limits) + 1)),
    )


HEMATOTOX = Criterion(
    id="car_hematotox_2021",
    title="CAR-HEMATOTOX score, 2021",
    measures="score",
    source=Source(
        "Rejeski 2021, Blood",
        "10.1182/blood.2020010543",
        "table of points",
        "points read in a secondary account, not in the paper",
    ),
    standing=Standing.PROVISIONAL,
    applies=_applies,
    combine=combine,
    met=met,
    course=None,
    windows=dict.fromkeys(("platelets", "neutrophils", "hemoglobin", "crp", "ferritin"), WINDOW),
    items=(
        _item("platelets", "Platelets", PLATELETS,
              ("platelets normal", "platelets low", "platelets very low")),
        _item("neutrophils", "Neutrophils", NEUTROPHILS, ("neutrophils normal", "neutrophils low")),
        _item("hemoglobin", "Hemoglobin", HEMOGLOBIN, ("hemoglobin normal", "hemoglobin low")),
        _item("crp", "C-reactive protein", CRP, ("CRP not raised", "raised CRP")),
        _item("ferritin", "Ferritin", FERRITIN,
              ("ferritin below the limits", "raised ferritin", "high ferritin")),
    ),
    probes=(
        _probe("platelets", PLATELETS),
        _probe("neutrophils", NEUTROPHILS),
        _probe("hemoglobin", HEMOGLOBIN),
        _probe("crp", CRP),
        _probe("ferritin", FERRITIN),
    ),
    notes=(
        f"Values before lymphodepletion: the last at or before its first dose (of "
        f"{', '.join(LYMPHODEPLETION)}), at most {WINDOW / 24:g} d old; where no dose is recorded, "
        f"before day -{WITHOUT_DOSES_HOURS / 24:g}; before both, the present values.",
        f"High risk from {HIGH} points: neutrophils below 500/uL for 14 d or more in 48 % against "
        "5 % (pooled).",
        "CRP is compared in mg/dL: 30 mg/L is 3.0 mg/dL, one point.",
    ),
    tags=("CAR-T", "hematotoxicity", "score"),
)  # fmt: skip
