"""Sinusoidal obstruction syndrome (veno-occlusive disease) in adults, EBMT 2016: severity."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import pairwise

from equipoise import names, units
from equipoise.chart import Addition
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT, VOD, graft
from equipoise.criterion import Criterion, Effort, Item, Probe, Reading, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, Looks, Rows, compared
from equipoise.probe import (
    addition,
    answer,
    baselines,
    choices,
    limits_of_range,
    together,
    values,
)
from equipoise.readers import (
    Part,
    PartReader,
    Reader,
    after,
    banded,
    either,
    item_of,
    over_baseline,
    over_range,
    present,
    reached,
    since,
    stacked,
)
from equipoise.record import SAME_TIME
from equipoise.source import Source, Standing
from equipoise.truth import Limit

BILIRUBIN = tuple(
    Limit(">=", ((mass, "mg/dL"), (molar, "umol/L")), "bilirubin")
    for mass, molar in (("2", "34"), ("3", "51"), ("5", "85"), ("8", "136"))
)
TIME = (Limit("<=", (("7", "d"),)), Limit("<=", (("4", "d"),)))
"""Days from the first sign to the diagnosis: the fewer, the more severe."""
DOUBLING_HOURS = 48.0
ENZYME_TIMES = (Decimal(2), Decimal(5), Decimal(8))
WEIGHT_TIMES = (Decimal("1.05"), Decimal("1.10"))
CREATININE_TIMES = (Decimal("1.2"), Decimal("1.5"), Decimal(2))
NEEDED = 2
"""Measures that make a category."""
RISKS = 2
"""Risk factors that lift it."""
MILD, MODERATE, SEVERE, VERY_SEVERE = 1, 2, 3, 4
WEIGHT_CATEGORIES = (0, SEVERE, VERY_SEVERE)


def doubled(looks: Looks) -> Part:
    """Bilirubin at least twice its lowest of the 48 h before; unknown without an earlier value."""
    now = looks.of("bilirubin")
    series = now.series
    earlier = looks.between(series, now.at - DOUBLING_HOURS, now.at - 2 * SAME_TIME)
    exact = Rows(series, earlier.row).judge("exact", lambda v: int(not v.comparator), 0) == 1
    earlier = earlier.where(exact & now.there[earlier.look])
    lowest = earlier.best(Rows(series, earlier.row).number, lowest=True)

    def explain(i: int) -> Reasons:
        note = f"lowest of {DOUBLING_HOURS:g} h"
        return Reasons((now.because(i), lowest.because(i, note)), ("bilirubin",))

    return Part(compared(now, ">=", Decimal(2), lowest), explain)


def risk_factors(looks: Looks) -> Part:
    """Whether enough risk factors are recorded, before the graft or later."""
    rows = looks.last(looks.chart.named("vod_risk_factors"))
    truth = rows.judge(("at least", RISKS), lambda v: MET if int(v) >= RISKS else NOT_MET)
    return Part(truth, lambda i: Reasons((rows.because(i),), ("vod_risk_factors",)))


def enzymes(times: Sequence[Decimal]) -> Reader:
    """The higher of AST and ALT over its upper limit: how many of these multiples it exceeds."""
    parts: list[PartReader] = [
        either(over_range("ast", ">", each), over_range("alt", ">", each)) for each in times
    ]
    return stacked(*parts)


def most_with(counts: Sequence[int], needed: int = NEEDED) -> int:
    """The highest category that so many measures reach.

    A measure counts for its own category and for those below it.
    """
    reach = (c for c in range(VERY_SEVERE, 0, -1) if sum(each >= c for each in counts) >= needed)
    return next(reach, 0)


def lifted(category: int, *, risks: int, failure: int) -> int:
    """A category after risk factors and organ failure."""
    if failure:
        return VERY_SEVERE
    return category + 1 if risks and category in (MILD, MODERATE) else category


def combine(classes: Sequence[int]) -> int:
    """Diagnosis, six measures, risk factors, organ failure -> 0 to 4."""
    diagnosis, time, bilirubin, doubling, enzyme, weight, kidney, risks, failure = classes
    if not diagnosis:
        return 0
    measures = (
        MILD + time, bilirubin, SEVERE * doubling, MILD + enzyme, WEIGHT_CATEGORIES[weight],
        MILD + kidney,
    )  # fmt: skip
    return lifted(most_with(measures), risks=risks, failure=failure)


def bilirubins(limits: Sequence[Limit], low: str, high: str) -> Probe:
    """A probe of bilirubin today and the day before: in each band, and doubled."""

    def change(looks: Looks, look: int, *, before: str, now: str) -> Sequence[Addition]:
        at = float(looks.at[look])
        return [addition("bilirubin", before, at - 24.0), addition("bilirubin", now, at)]

    one_band = values("bilirubin", limits)
    steady = [limits[0].example(met=False), *(limit.example(met=True) for limit in limits)]
    pairs = [
        (f"{label}, not doubled", text, text)
        for (label, _), text in zip(one_band.answers, steady, strict=True)
    ]
    pairs += [(f"{limits[0].opposite}, doubled", low, limits[0].example(met=False)),
              (f"{limits[0].text}, doubled", low, high)]  # fmt: skip
    return Probe(
        "bilirubin",
        Effort.ROUTINE,
        tuple((label, partial(change, before=before, now=now)) for label, before, now in pairs),
    )


def steps(
    name: str,
    answers: Sequence[tuple[str, float]],
    of: Callable[[Looks, int], float | None],
    otherwise: float,
) -> Probe:
    """A probe of a measurement in multiples of a limit or a baseline: one answer for each band.

    answers    (label, multiple)
    of         the limit or the baseline at one look, in the canonical unit
    otherwise  stands for one that is not known; the answers then settle nothing
    """
    meant = names.MEASUREMENTS[name]

    def change(looks: Looks, look: int, *, times: float) -> Sequence[Addition]:
        base = of(looks, look)
        number = Decimal(f"{(otherwise if base is None else base) * times:.3f}")
        return [addition(name, units.write(number, meant.unit), float(looks.at[look]))]

    effort = Effort.BEDSIDE if meant.bedside else Effort.ROUTINE
    return Probe(
        name, effort, tuple((label, partial(change, times=times)) for label, times in answers)
    )


def before_graft(name: str) -> Callable[[Looks, int], float | None]:
    """The baseline of a name at one look."""

    def find(looks: Looks, look: int) -> float | None:
        one = looks.take([look])
        row = one.baseline(name, graft(one))
        return float(row.number[0]) if row.there[0] else None

    return find


def upper_limit(name: str) -> Callable[[Looks, int], float | None]:
    """The laboratory's upper limit of a name at one look."""

    def find(looks: Looks, look: int) -> float | None:
        row = looks.take([look]).limit(name, "high")
        return float(row.number[0]) if row.there[0] else None

    return find


def _bands(what: str, *edges: str) -> list[str]:
    """Labels of the bands between edges, mildest first."""
    between = [f"{low} to {high} x {what}" for low, high in pairwise(edges)]
    return [f"up to {edges[0]} x {what}", *between, f"more than {edges[-1]} x {what}"]


RISK_PROBE = Probe(
    "vod_risk_factors",
    Effort.BEDSIDE,
    (
        answer(("vod_risk_factors", 0), label=f"< {RISKS}"),
        answer(("vod_risk_factors", RISKS), label=f">= {RISKS}"),
    ),
)
ENZYME_PROBES = tuple(
    probe
    for name in ("ast", "alt")
    for probe in (
        steps(
            name,
            tuple(zip(_bands("its upper limit", "2", "5", "8"), (1, 4, 7, 9), strict=True)),
            upper_limit(name),
            40.0,
        ),
        limits_of_range(name, ENZYME_TIMES[2], "high"),
    )
)
WEIGHT_PROBE = steps(
    "weight",
    (("gain below 5 %", 1.0), ("gain of 5 to 10 %", 1.07), ("gain of 10 % or more", 1.2)),
    before_graft("weight"),
    50.0,
)
WINDOWS = {
    "vod_symptom_days": math.inf,
    "ast": 72.0,
    "alt": 72.0,
    "creatinine": 72.0,
    "vod_risk_factors": math.inf,
    "multiorgan_dysfunction": 72.0,
}

_CATEGORIES = {"mild": MILD, "moderate": MODERATE, "severe": SEVERE, "very severe": VERY_SEVERE}


def any_time(_looks: Looks, _look: int, readings: Mapping[str, Reading]) -> str:
    """A word where one measure alone is very severe: "any time" might make it two."""
    tops = {"bilirubin": 4, "enzymes": 3, "weight": 2, "kidney": 3}
    worst = [name for name, top in tops.items() if min(readings[name].possible) == top]
    open_to_it = len(worst) == 1 and not min(readings["failure"].possible)
    if open_to_it and min(readings["diagnosis"].possible):
        return 'very severe if the "any time" of the table is counted as a measure'
    return ""


VOD_SEVERITY = Criterion(
    id="vod_ebmt2016_severity",
    title="Severity of SOS/VOD in adults, EBMT 2016",
    measures="grade",
    source=Source(
        "Mohty 2016, Bone Marrow Transplant 51:906",
        "",
        "severity grading",
        "read as reprinted (ashpublications.com/view-large/4463002), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=VOD.leading,
    windows={**VOD.windows, **WINDOWS},
    items=(
        Item(
            "diagnosis",
            "Diagnosis",
            ("no SOS by the criteria of 2016", "SOS by the criteria of 2016"),
            ("not met: grade 0", f"{VOD.id} met"),
            item_of(reached(VOD)),
            "SOS not settled",
        ),
        Item(
            "time",
            "Time from the first sign",
            ("more than 7 days from the first sign", "5 to 7 days from the first sign",
             "at most 4 days from the first sign"),
            (f"mild: {TIME[0].opposite}", f"moderate: {TIME[0].text}", f"severe: {TIME[1].text}"),
            banded("vod_symptom_days", TIME),
            "time from the first sign unknown",
        ),
        Item(
            "bilirubin",
            "Bilirubin",
            ("bilirubin not raised enough", *(f"{word} bilirubin" for word in _CATEGORIES)),
            (
                BILIRUBIN[0].opposite,
                *(
                    f"{word}: {limit.text}"
                    for word, limit in zip(_CATEGORIES, BILIRUBIN, strict=True)
                ),
            ),
            banded("bilirubin", BILIRUBIN),
            "bilirubin unknown",
        ),
        Item(
            "doubling",
            "Kinetics of bilirubin",
            ("bilirubin not doubled", "bilirubin doubled"),
            ("no", f"severe: at least twice the lowest of {DOUBLING_HOURS:g} h"),
            item_of(doubled),
            "course of bilirubin unknown",
        ),
        Item(
            "enzymes",
            "Transaminases",
            tuple(f"transaminases {word}" for word in _CATEGORIES),
            (
                f"mild: AST and ALT <= {ENZYME_TIMES[0]} x the upper limit",
                *(
                    f"{word}: AST or ALT > {times} x the upper limit"
                    for word, times in zip(tuple(_CATEGORIES)[1:], ENZYME_TIMES, strict=True)
                ),
            ),
            enzymes(ENZYME_TIMES),
            "transaminases unknown",
        ),
        Item(
            "weight",
            "Weight gain",
            ("weight gain below 5 %", "weight gain of 5 %", "weight gain of 10 %"),
            (
                "mild",
                f"severe: weight >= {WEIGHT_TIMES[0]} x the last before the graft",
                f"very severe: weight >= {WEIGHT_TIMES[1]} x it",
            ),
            stacked(*(over_baseline("weight", ">=", each, graft) for each in WEIGHT_TIMES)),
            "weight gain unknown",
        ),
        Item(
            "kidney",
            "Kidney",
            tuple(f"creatinine {word}" for word in _CATEGORIES),
            (
                f"mild: creatinine < {CREATININE_TIMES[0]} x its baseline",
                *(
                    f"{word}: creatinine >= {times} x its baseline"
                    for word, times in zip(tuple(_CATEGORIES)[1:], CREATININE_TIMES, strict=True)
                ),
            ),
            stacked(*(over_baseline("creatinine", ">=", each, graft)
                      for each in CREATININE_TIMES)),
            "creatinine against baseline unknown",
        ),
        Item(
            "risks",
            "Risk factors",
            ("fewer than two risk factors", "two or more risk factors"),
            (f"< {RISKS}", f">= {RISKS}: mild becomes moderate, moderate severe"),
            item_of(risk_factors),
            "risk factors unknown",
        ),
        Item(
            "failure",
            "Organ failure",
            ("no organ failure", "multiorgan dysfunction"),
            ("no", "multiorgan dysfunction or failure, as recorded: very severe"),
            item_of(present("multiorgan_dysfunction")),
            "organ failure unknown",
        ),
    ),
    probes=together(
        VOD.probes,
        (
            values("vod_symptom_days", TIME, Effort.BEDSIDE),
            bilirubins(BILIRUBIN, "0.9 mg/dL", "8 mg/dL"),
            *ENZYME_PROBES,
            WEIGHT_PROBE,
            steps(
                "creatinine",
                tuple(zip(_bands("its baseline", "1.2", "1.5", "2"), (1, 1.3, 1.7, 3),
                          strict=True)),
                before_graft("creatinine"),
                1.0,
            ),
            baselines("creatinine", CREATININE_TIMES[2], graft),
            RISK_PROBE,
            choices("multiorgan_dysfunction"),
        ),
    ),
    tail=any_time,
    notes=(
        f"0 none, 1 mild, 2 moderate, 3 severe, 4 very severe: the highest category with at least "
        f"{NEEDED} measures. A measure counts for its own category and for those below it; the "
        "source does not say what happens where no category has two (project choice).",
        f"The severity is given where {VOD.id} is met at that time; the days before and after "
        "have grade 0. Grade at diagnosis and worst grade are two answers: state which.",
        "Time: days from the first sign to the diagnosis, judged in retrospect, as recorded "
        '(`vod_symptom_days`); more than 4 d counts as 5 to 7. "Any time" under very severe is '
        "not counted as a measure (project choice); the sentence says where it would matter.",
        "Weight: the reprint gives >5 % for mild, >=5 % and <10 % for moderate, >=5 % and >10 % "
        "for severe, >=10 % for very severe. The third cannot be carried out; read as >=5 % and "
        "<10 %, which makes such a gain severe, as in the table of 2023 (project choice).",
        "Bilirubin doubled: the last value against the lowest of the 48 h before it; kinetics "
        "count as a measure of their own (project choice).",
        "Baselines at transplant: the last value before the graft.",
        "Risk factors (>= 2) are recorded as a number, before or after the graft; organ failure "
        "is recorded as such. The source lists what counts.",
    ),
    tags=("transplantation", "liver"),
)  # fmt: skip
