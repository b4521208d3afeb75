"""EASIX, the endothelial activation and stress index: LDH x creatinine / platelets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise import units
from equipoise.chart import Addition, Floats
from equipoise.criterion import Criterion, Effort, Item, Probe, Readings, Reasons
from equipoise.looks import Looks, Masks, Rows
from equipoise.probe import addition
from equipoise.source import Source, Standing
from equipoise.units import Quantity

WINDOW = 72.0
CRP_PER_MG_L = 0.1
"""mg/dL in one mg/L."""

INPUTS = {
    "ldh": ("LDH", "U/L", 1.0, ("200 U/L", "400 U/L", "800 U/L", "1600 U/L")),
    "creatinine": (
        "creatinine", "mg/dL", 1.0, ("0.6 mg/dL", "1.0 mg/dL", "2.0 mg/dL", "4.0 mg/dL"),
    ),
    "crp": (
        "C-reactive protein", "mg/dL", CRP_PER_MG_L,
        ("0.5 mg/dL", "3 mg/dL", "10 mg/dL", "20 mg/dL"),
    ),
    "platelets": (
        "platelets", "10*9/L", 1.0, ("200 10*9/L", "100 10*9/L", "50 10*9/L", "20 10*9/L"),
    ),
}  # fmt: skip
"""Measurement -> its label, unit in the formula, units in one canonical unit, values to try."""

SOURCE = Source(
    "Pennisi 2021, Blood Adv",
    "10.1182/bloodadvances.2020003885",
    "formulas of EASIX, simplified and modified EASIX",
    "formulas and units read in the open text (PMC8525234)",
)


def ends(rows: Rows, per_canonical: float) -> tuple[Floats, Floats]:
    """Lowest and highest number that each row allows; 0 and inf where there is none."""
    number = rows.number * per_canonical
    kind = np.append(rows.series.entered().comparator, 0)[rows.series.code[rows.index]]
    known = ~np.isnan(number)
    low = np.where(known & (kind != 1), number, 0.0)
    high = np.where(known & (kind != 2), number, math.inf)
    return low, high


def quotient(above: Sequence[str]) -> Callable[[Looks], tuple[Floats, Floats]]:
    """The product of some measurements over platelets, at its lowest and its highest."""

    def read(looks: Looks) -> tuple[Floats, Floats]:
        least, most = np.ones(len(looks)), np.ones(len(looks))
        for name in above:
            low, high = ends(looks.of(name), INPUTS[name][2])
            open_ = np.isinf(most) | np.isinf(high)
            least, most = least * low, np.where(open_, math.inf, most * np.minimum(high, 1e300))
        few, many = ends(looks.of("platelets"), INPUTS["platelets"][2])
        some = many > 0.0
        # Platelets of 0 are below what the laboratory can count: no bound above.
        low = np.where(some, least / np.where(some, many, 1.0), 0.0)
        none = (few == 0.0) | np.isinf(most)
        high = np.where(none, math.inf, np.where(none, 1.0, most) / np.where(few > 0.0, few, 1.0))
        # As many digits as the unit of entry cannot touch.
        return np.round(low, 9), np.round(high, 9)

    return read


def _known(name: str) -> Callable[[Looks], Readings]:
    def read(looks: Looks) -> Readings:
        rows = looks.of(name)
        low, high = ends(rows, 1.0)
        exact = (low == high) & ((name != "platelets") | (low > 0.0))
        masks: Masks = np.where(exact, 0b01, 0b11).astype(np.uint8)
        return Readings(masks, lambda i: Reasons((rows.because(i),), (name,)))

    return read


def _probe(name: str) -> Probe:
    """Some values of an input; one that a known bound rules out gives way to one beside it."""

    def change(looks: Looks, look: int, *, text: str) -> Sequence[Addition]:
        now: Quantity | None = looks.of(name).value(look)
        if now is not None and now.comparator:
            number = units.parse(text).number
            tried = units.convert(number, units.parse(text).unit, now.unit, substance=name)
            below = now.comparator == "<"
            if (tried >= now.number) if below else (tried <= now.number):
                beside = now.number * Decimal("0.9" if below else "1.1")
                text = units.write(beside, now.unit)
        return [addition(name, text, float(looks.at[look]))]

    return Probe(
        name,
        Effort.ROUTINE,
        tuple(
            (f"{text}, or beside its bound", partial(change, text=text)) for text in INPUTS[name][3]
        ),
    )


def _idle(_classes: Sequence[int]) -> int:
    return 0


def index(id_: str, title: str, above: Sequence[str], notes: Sequence[str]) -> Criterion:
    """A score that is the product of some measurements over platelets."""
    used = (*above, "platelets")
    formula = f"{' x '.join(INPUTS[n][0] for n in above)} / {INPUTS['platelets'][0]}"
    return Criterion(
        id=id_,
        title=title,
        measures="score",
        source=SOURCE,
        standing=Standing.PUBLISHED,
        combine=_idle,
        number=quotient(above),
        windows=dict.fromkeys(used, WINDOW),
        items=tuple(
            Item(
                name,
                INPUTS[name][0][0].upper() + INPUTS[name][0][1:],
                (f"{INPUTS[name][0]} known", f"{INPUTS[name][0]} not known"),
                (f"enters in {INPUTS[name][1]}", "missing, or only a bound is known"),
                _known(name),
                f"{INPUTS[name][0]} unknown",
            )
            for name in used
        ),
        probes=tuple(_probe(name) for name in used),
        notes=(
            f"{formula}, in the units of the table; other units are converted.",
            "A bound (< 10) gives the score a bound; a missing value leaves no bound on its side, "
            "and the answer is then that it cannot be told. Platelets of 0 leave none above.",
            f"The last value of each, at most {WINDOW:g} h old; they need not come from one draw.",
            *notes,
        ),
        tags=("CAR-T", "score"),
    )


EASIX = index(
    "easix",
    "EASIX, endothelial activation and stress index",
    ("ldh", "creatinine"),
    (
        "Before lymphodepletion > 4.67 went with severe CRS or ICANS (Korell 2022, "
        "10.3389/fimmu.2022.877477, abstract), a cut-point derived from 93 patients: it makes no "
        "yes or no here.",
    ),
)
