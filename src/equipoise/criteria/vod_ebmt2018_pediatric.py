"""Sinusoidal obstruction syndrome (veno-occlusive disease) in children, EBMT 2018: diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise import names, units
from equipoise.chart import Addition
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT, graft
from equipoise.criterion import Criterion, Effort, Item, Probe, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks
from equipoise.probe import addition, baselines, choices
from equipoise.readers import (
    Part,
    PartReader,
    after,
    either,
    item_of,
    meets,
    over_baseline,
    present,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

BILIRUBIN = Limit(">=", (("2", "mg/dL"),), "bilirubin")
WEIGHT_TIMES = Decimal("1.05")
RISES = 3
"""Consecutive days of rising."""
NEEDED = 2
WINDOW = 72.0


def rising(name: str) -> PartReader:
    """Whether the last value of a day is above that of the day before, on three days in a row.

    Counted back from the last day with a value; not met where two days that were looked at do not
    rise, unknown where a day is missing.
    """

    def read(looks: Looks) -> Part:
        chart, series = looks.chart, looks.chart.named(name)
        now = looks.of(name)
        assert looks.start is not None
        last_day = chart.day(looks.record, np.where(now.there, now.at, looks.at))
        days = last_day[:, None] + np.arange(-RISES, 1)
        rows = []
        for column in days.T:
            end = chart.day_end(looks.record, column)
            row = looks.last(series, end)
            begin = chart.day_end(looks.record, column - 1)
            rows.append(row.where((row.at > begin) & (row.at >= looks.start) & now.there))
        censored = np.append(series.entered().comparator, 0)
        number = np.array(
            [
                np.where(censored[series.code[r.index]] > 0, np.nan, np.where(r.there, r.number,
                                                                              np.nan))
                for r in rows
            ]
        )  # fmt: skip
        truth = np.full(len(looks), MET, dtype=np.int8)
        truth[np.isnan(number).any(axis=0)] = UNKNOWN
        with np.errstate(invalid="ignore"):
            for later in range(1, RISES + 1):
                for earlier in range(later):
                    truth[number[later] <= number[earlier] + 1e-9] = NOT_MET

        def explain(i: int) -> Reasons:
            because: list[Because | None] = [row.because(i) for row in rows]
            return Reasons(because, (name,))

        return Part(truth, explain)

    return read


def combine(classes: Sequence[int]) -> int:
    """Platelets, weight, liver, ascites, bilirubin -> 1 where enough of them hold."""
    return int(sum(classes) >= NEEDED)


def _age(looks: Looks, look: int, readings: object) -> str:
    del readings
    years = looks.chart.age(looks.record, looks.at)[look]
    return "the patient is an adult: these are criteria for children" if years >= 18 else ""


def _days(name: str, answers: Sequence[tuple[str, Sequence[str]]]) -> Probe:
    """A probe of a value on each of four days, the last at the time looked at."""

    def change(looks: Looks, look: int, *, texts: Sequence[str]) -> Sequence[Addition]:
        at, number = float(looks.at[look]), len(texts)
        return [
            addition(name, text, at - 24.0 * (number - 1 - place))
            for place, text in enumerate(texts)
        ]

    effort = Effort.BEDSIDE if names.MEASUREMENTS[name].bedside else Effort.ROUTINE
    return Probe(
        name, effort, tuple((label, partial(change, texts=texts)) for label, texts in answers)
    )


def _weights() -> Probe:
    """Weights on four days: steady, rising a little, or far above the baseline."""

    def change(looks: Looks, look: int, *, times: Sequence[str]) -> Sequence[Addition]:
        one = looks.take([look])
        before = one.baseline("weight", graft(one))
        base = float(before.number[0]) if before.there[0] else 50.0
        at = float(looks.at[look])
        return [
            addition(
                "weight",
                units.write(Decimal(f"{base:.3f}") * Decimal(part), "kg"),
                at - 24.0 * (len(times) - 1 - place),
            )
            for place, part in enumerate(times)
        ]

    answers = (
        ("not rising", ("1",) * 4),
        (f"rising on {RISES} days", ("1", "1.01", "1.02", "1.03")),
        (f"> {WEIGHT_TIMES} x its baseline", ("1", "1", "1", "1.1")),
    )
    return Probe(
        "weight",
        Effort.BEDSIDE,
        tuple((label, partial(change, times=times)) for label, times in answers),
    )


VOD_CHILD = Criterion(
    id="vod_ebmt2018_pediatric",
    title="Sinusoidal obstruction syndrome (SOS/VOD) in children, EBMT 2018",
    measures="met",
    source=Source(
        "EBMT Handbook 2024, chapter 49 (pediatric EBMT criteria 2018)",
        "10.1007/978-3-031-44080-9_49",
        "Table 49.5",
        "read in the handbook and as reprinted (medicalcriteria.com), not in the paper of 2018",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=("bilirubin", "hepatomegaly", "ascites", "platelet_refractory"),
    windows=dict.fromkeys(
        ("platelet_refractory", "weight", "hepatomegaly", "ascites", "bilirubin"), WINDOW
    ),
    items=(
        Item(
            "platelets",
            "Refractory thrombocytopenia",
            ("no refractory thrombocytopenia", "refractory thrombocytopenia"),
            ("no", "consumptive and refractory: at least one weight-adjusted platelet "
             "transfusion a day, as recorded"),
            item_of(present("platelet_refractory")),
            "refractoriness of platelets unknown",
        ),
        Item(
            "weight",
            "Weight gain",
            ("no such weight gain", "weight gain"),
            ("neither", f"rising on {RISES} consecutive days, or > {WEIGHT_TIMES} x the last "
             "before the graft (gain > 5 %) within 72 h"),
            item_of(either(rising("weight"), over_baseline("weight", ">", WEIGHT_TIMES, graft))),
            "weight gain unknown",
        ),
        Item(
            "liver",
            "Hepatomegaly",
            ("no hepatomegaly", "hepatomegaly"),
            ("no", "above the baseline, as recorded"),
            item_of(present("hepatomegaly")),
            "hepatomegaly unknown",
        ),
        Item(
            "ascites",
            "Ascites",
            ("no ascites", "ascites"),
            ("no", "above the baseline, as recorded"),
            item_of(present("ascites")),
            "ascites unknown",
        ),
        Item(
            "bilirubin",
            "Bilirubin",
            ("bilirubin not rising", "raised or rising bilirubin"),
            ("neither", f"rising on {RISES} consecutive days, or {BILIRUBIN.text} within 72 h"),
            item_of(either(rising("bilirubin"), meets("bilirubin", BILIRUBIN))),
            "bilirubin or its course unknown",
        ),
    ),
    probes=(
        choices("platelet_refractory"),
        _weights(),
        baselines("weight", WEIGHT_TIMES, graft),
        choices("hepatomegaly"),
        choices("ascites"),
        _days(
            "bilirubin",
            (
                ("not rising", ("0.8 mg/dL",) * (RISES + 1)),
                (f"rising on {RISES} days, {BILIRUBIN.opposite}",
                 ("0.8 mg/dL", "1.0 mg/dL", "1.2 mg/dL", "1.4 mg/dL")),
                (BILIRUBIN.text, ("0.8 mg/dL", "0.8 mg/dL", "0.8 mg/dL", "2 mg/dL")),
            ),
        ),
    ),
    tail=_age,
    notes=(
        f"At least {NEEDED} of five, at any time after the graft.",
        f"Rising on {RISES} consecutive days: the last value of each of {RISES} days is above that "
        "of the day before, which takes four days of values; counted back from the last day with "
        "a value (project choice). Whether despite diuretics, and unexplained, is not read.",
        "Within 72 h: the last value at most 72 h old decides.",
        "Hepatomegaly and ascites above the baseline, best by imaging, are read as recorded.",
        "The source prints the limit of bilirubin in mg/dL; other units are converted.",
        "Age is not a condition here; the sentence says where the patient is an adult.",
    ),
    tags=("transplantation", "liver", "children"),
    other_sources=(
        Source("Pediatric EBMT criteria as reprinted", "", "medicalcriteria.com/web/sos-vod"),
    ),
)  # fmt: skip
