"""Engraftment syndrome, Spitzer 2001: major and minor criteria around neutrophil engraftment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise.chart import Addition, Floats, Ints
from equipoise.criteria.crs_astct2019 import fever_of
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT, graft
from equipoise.criterion import Criterion, Effort, Item, Probe, Reasons
from equipoise.daybook import Rise, first_rise
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks, Rows, compared
from equipoise.names import OXYGEN_DEVICES
from equipoise.probe import addition, baselines, choices, limits_of_range, multiples, values
from equipoise.readers import (
    Part,
    PartReader,
    after,
    beside_before,
    both,
    creatinine_before,
    either,
    item_of,
    meets,
    one_of,
    opposite,
    over_baseline,
    over_range,
    present,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

NEUTROPHILS = Limit(">=", (("500", "/uL"),))
ENGRAFTED_DAYS = 2
"""Consecutive days at or above the limit; engraftment is the first of them."""
AROUND = 96.0
"""Hours from engraftment in which the syndrome begins."""
FEVER = Limit(">=", (("38.3", "Cel"),))
RASH = Limit(">", (("25", "%"),))
BILIRUBIN = Limit(">=", (("2", "mg/dL"),), "bilirubin")
TRANSAMINASE_TIMES = Decimal(2)
CREATININE_TIMES = Decimal(2)
WEIGHT_TIMES = Decimal("1.025")
RECENT = 48.0
"""A low count at most so old says that there is no engraftment yet (project convention)."""


@dataclass(slots=True)
class Engraftment:
    """Neutrophil engraftment as far as each look knows.

    at    hours of the first count of the first day; NaN where not seen
    rows  the last low count before it, the counts of its days; for no engraftment the last count
    none  a recent low count says that there is none yet
    """

    at: Floats
    rows: tuple[Rows, ...]
    none: np.ndarray


def engraftment(looks: Looks, days: int = ENGRAFTED_DAYS) -> Engraftment:
    """The first of so many consecutive days at or above the limit after a day below it."""

    def find() -> Engraftment:
        series = looks.chart.named("neutrophils")
        assert looks.start is not None
        rise, late = first_rise(
            looks, series, looks.start, days, lambda rows: rows.truth(NEUTROPHILS)
        )
        if len(late):
            _rises(looks.some(late), late, rise)
        there = rise.low >= 0
        at = np.where(there, series.at[rise.held[0]], math.nan)
        now = looks.of("neutrophils")
        none = ~there & (now.truth(NEUTROPHILS) == NOT_MET)
        low = np.where(there, rise.low, now.index)
        rows = tuple(Rows(series, each) for each in (low, *rise.held))
        return Engraftment(at, rows, none)

    result: Engraftment = looks.keep(("engraftment", days), find)
    return result


def _rises(looks: Looks, which: Ints, into: Rise) -> None:
    """The rise of looks before which something was known late, each read by itself."""
    series = looks.chart.named("neutrophils")
    assert looks.start is not None
    spread = looks.between(series, looks.start)
    if not len(spread.look):
        return
    truth = Rows(series, spread.row).truth(NEUTROPHILS)
    # The lowest count of a day stands for it, as in the grades of neutropenia.
    day = looks.chart.row_days(series)[spread.row]
    order = np.lexsort((-truth, day, spread.look))
    look, day, row, truth = spread.look[order], day[order], spread.row[order], truth[order]
    last = np.append((look[1:] != look[:-1]) | (day[1:] != day[:-1]), True)
    look, day, row, truth = look[last], day[last], row[last], truth[last]
    place = np.arange(len(look))
    dropped = np.maximum.accumulate(np.where(truth == NOT_MET, place, -1))
    begin = np.append(True, look[1:] != look[:-1])
    group = np.maximum.accumulate(np.where(begin, place, 0))
    days = len(into.held)
    first = place[: max(len(look) - days + 1, 0)]
    whole = dropped[first] >= group[first]
    for step in range(days):
        then = first + step
        whole &= (look[then] == look[first]) & (day[then] == day[first] + step)
        whole &= truth[then] == MET
    # The earliest run of each look: written last.
    first = first[whole][::-1]
    to = which[look[first]]
    into.low[to] = row[dropped[first]]
    for step, held in enumerate(into.held):
        held[to] = row[first + step]


def engrafted(within: float) -> PartReader:
    """Whether neutrophils have engrafted, at most so many hours ago."""

    def read(looks: Looks) -> Part:
        found = engraftment(looks)
        with np.errstate(invalid="ignore"):
            truth = np.where(looks.at - found.at <= within, MET, NOT_MET)
        truth = np.where(np.isnan(found.at), np.where(found.none, NOT_MET, UNKNOWN), truth)

        def explain(i: int) -> Reasons:
            because: list[Because | None] = [row.because(i) for row in found.rows]
            return Reasons(because, ("neutrophils",))

        return Part(truth.astype(np.int8), explain)

    return read


_INFECTION = {"excluded": MET, "suspected": UNKNOWN, "proven": NOT_MET}


def no_infection(looks: Looks) -> Part:
    """Infection excluded; a suspected one leaves it open."""
    rows = looks.of("infection")
    truth = rows.judge("no infection", lambda value: _INFECTION[value])
    return Part(truth, lambda i: Reasons((rows.because(i),), ("infection",)))


def _kidney(looks: Looks) -> Part:
    now = looks.of("creatinine")
    before = creatinine_before(looks, now, graft(looks)).where(now.there)
    return Part(compared(now, ">=", CREATININE_TIMES, before), beside_before(now, before))


def combine(classes: Sequence[int]) -> int:
    """Timing, three major and four minor criteria -> 1."""
    timing, *signs = classes
    major, minor = sum(signs[:3]), sum(signs[3:])
    return int(bool(timing) and (major == 3 or (major == 2 and minor >= 1)))


def counts_probe(days: int = ENGRAFTED_DAYS) -> Probe:
    """A probe of neutrophils: still low, or risen over the limit on the last so many days."""

    def change(looks: Looks, look: int, *, counts: Sequence[str]) -> Sequence[Addition]:
        at = float(looks.at[look])
        return [
            addition("neutrophils", text, at - 24.0 * (len(counts) - 1 - place))
            for place, text in enumerate(counts)
        ]

    answers = (
        (NEUTROPHILS.opposite, (NEUTROPHILS.example(met=False),)),
        (f"{NEUTROPHILS.text} on {days} days after a lower count",
         (NEUTROPHILS.example(met=False), *(NEUTROPHILS.example(met=True),) * days)),
    )  # fmt: skip
    return Probe(
        "neutrophils",
        Effort.ROUTINE,
        tuple((label, partial(change, counts=counts)) for label, counts in answers),
    )


def sign(name: str, label: str, rule: str, part: PartReader) -> Item:
    """An item that is there or not."""
    word = label[0].lower() + label[1:] if not label.startswith("BSA") else label
    return Item(name, label, (f"no {word}", word), ("no", rule), item_of(part), f"{word} unknown")


ENGRAFTED_RULE = (
    f"neutrophils {NEUTROPHILS.text} on {ENGRAFTED_DAYS} consecutive days after a lower count"
)
ENGRAFTMENT_NOTES = (
    f"Engraftment is the first of {ENGRAFTED_DAYS} consecutive days with neutrophils "
    f"{NEUTROPHILS.text} after a day below it (the source does not say that they must have been "
    "lower; without it the days before aplasia would count). The lowest count of a day stands for "
    "it. It is known on the second day.",
    f"Without it the answer is no where the last count, at most {RECENT:g} h old, is low, and open "
    "otherwise. What begins before engraftment is seen where it is still there once it is known.",
    "Infection: suspected leaves the fever open, proven means no.",
)

SPITZER = Criterion(
    id="engraftment_spitzer2001",
    title="Engraftment syndrome, Spitzer 2001",
    measures="met",
    source=Source(
        "Spitzer 2001, Bone Marrow Transplant 27:893",
        "",
        "major and minor criteria",
        "read as reprinted (medicalalgorithms.com), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("pulmonary_edema", "rash_area", "encephalopathy"),
    windows={
        "neutrophils": RECENT,
        **dict.fromkeys(("temperature", "fever"), 24.0),
        **dict.fromkeys(
            ("infection", "rash_area", "drug_rash", "pulmonary_edema", "bilirubin", "ast", "alt",
             "creatinine", "encephalopathy"),
            72.0,
        ),
        **dict.fromkeys(("oxygen_device", "weight"), 48.0),
    },
    items=(
        sign("timing", "Engraftment in time", f"{ENGRAFTED_RULE}, at most {AROUND:g} h ago",
             engrafted(AROUND)),
        sign("fever", "Fever without infection", f"major: {FEVER.text}, infection excluded",
             both(fever_of(FEVER), no_infection)),
        sign("rash", "Wide rash", f"major: {RASH.text} of the body surface, no drug rash",
             both(meets("rash_area", RASH), opposite(present("drug_rash")))),
        sign("lung", "Pulmonary edema with hypoxia",
             "major: pulmonary edema, not cardiac, with oxygen given",
             both(present("pulmonary_edema"), one_of("oxygen_device", OXYGEN_DEVICES[1:]))),
        sign("liver", "Liver dysfunction", f"minor: bilirubin {BILIRUBIN.text}, or AST or ALT "
             f">= {TRANSAMINASE_TIMES} x the upper limit",
             either(meets("bilirubin", BILIRUBIN), over_range("ast", ">=", TRANSAMINASE_TIMES),
                    over_range("alt", ">=", TRANSAMINASE_TIMES))),
        sign("kidney", "Kidney dysfunction", f"minor: creatinine >= {CREATININE_TIMES} x its "
             "baseline", _kidney),
        sign("weight", "Gain of weight", f"minor: weight >= {WEIGHT_TIMES} x the last before the "
             "graft", over_baseline("weight", ">=", WEIGHT_TIMES, graft)),
        sign("brain", "Encephalopathy", "minor: transient, no other explanation, as recorded",
             present("encephalopathy")),
    ),
    probes=(
        counts_probe(),
        values("temperature", (FEVER,), Effort.BEDSIDE),
        choices("infection"),
        values("rash_area", (RASH,), Effort.BEDSIDE),
        choices("drug_rash"),
        choices("pulmonary_edema"),
        choices("oxygen_device"),
        values("bilirubin", (BILIRUBIN,)),
        multiples("ast", TRANSAMINASE_TIMES, ">="),
        limits_of_range("ast", TRANSAMINASE_TIMES, "high"),
        multiples("alt", TRANSAMINASE_TIMES, ">="),
        limits_of_range("alt", TRANSAMINASE_TIMES, "high"),
        multiples("creatinine", CREATININE_TIMES, ">="),
        baselines("creatinine", CREATININE_TIMES, graft),
        multiples("weight", WEIGHT_TIMES, ">="),
        baselines("weight", WEIGHT_TIMES, graft),
        choices("encephalopathy"),
    ),
    notes=(
        f"All three major criteria, or two and at least one minor, within {AROUND:g} h of "
        "engraftment.",
        *ENGRAFTMENT_NOTES,
        "Hypoxia is read as oxygen given; that pulmonary edema is not cardiac is left to who "
        "records it. Another account prints > 38.3 Cel, > 2 mg/dL, > 2 x and > 2.5 %; the "
        "inclusive limits are kept.",
    ),
    tags=("transplantation",),
)  # fmt: skip
