"""Laboratory grades of CTCAE version 5.0: one entry a value, from one table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise import names, units
from equipoise.chart import Addition
from equipoise.criteria.aki_kdigo2012 import reference
from equipoise.criteria.diarrhea_ctcae5 import CTCAE
from equipoise.criterion import Criterion, Effort, Item, Probe, Reasons
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, compared
from equipoise.probe import addition, limits_of_range, values
from equipoise.readers import (
    BASELINE,
    LOWER,
    UPPER,
    Part,
    PartReader,
    either,
    meets,
    over_baseline,
    over_range,
    range_note,
    stacked,
)
from equipoise.source import Source, Standing
from equipoise.truth import Limit
from equipoise.units import Quantity

WINDOW = 48.0

Times = tuple[str, str]
"""A relation and how many times: (">", "3.0")."""


def relative(name: str, of_range: Times, of_baseline: Times) -> PartReader:
    """Against the laboratory's limit where the baseline was normal, else against the baseline.

    A value within the limit's multiple is within the baseline's too, since an abnormal baseline
    lies beyond the limit: only beyond it does the baseline matter.
    """
    end = "high" if of_range[0] == ">" else "low"
    beyond = ">" if end == "high" else "<"
    bound = (UPPER if end == "high" else LOWER).format(name)

    def read(looks: Looks) -> Part:
        now, limit = looks.of(name), looks.limit(name, end)
        before = looks.baseline(name, reference(looks))
        normal = compared(now, of_range[0], Decimal(of_range[1]), limit)
        changed = compared(now, of_baseline[0], Decimal(of_baseline[1]), before)
        abnormal = compared(before, beyond, Decimal(1), limit)
        either_way = np.where((normal == NOT_MET) | (normal == changed), normal, UNKNOWN)
        truth = np.where(abnormal == MET, changed, np.where(abnormal == NOT_MET, normal,
                                                            either_way))  # fmt: skip

        def explain(i: int) -> Reasons:
            if not now.there[i]:
                return Reasons((), (name,))
            lacks = [] if limit.there[i] else [bound]
            lacks += [] if before.there[i] else [BASELINE.format(name)]
            because = (now.because(i, range_note(limit, i, end)), before.because(i, "baseline"))
            return Reasons(because, lacks or (name,))

        return Part(truth.astype(np.int8), explain)

    return read


# --- what a missing observation could turn out to be: one answer for each grade ------------------


def _between(relation: str, steps: Sequence[str]) -> list[tuple[str, Decimal]]:
    """Words and a share of the reference for each band that the steps part, mildest first."""
    up = relation in (">", ">=")
    opposite = {">": "<=", "<": ">="}[relation]
    numbers = [Decimal(step) for step in steps]
    ends = [*numbers, numbers[-1] * 4 if up else numbers[-1] / 4]
    found = [(f"{opposite} {steps[0]} x", numbers[0] / 2 if up else numbers[0] * 2)]
    for place, step in enumerate(steps):
        words = f"{relation} {step} x"
        if place + 1 < len(steps):
            words += f" and {opposite} {steps[place + 1]} x"
        found.append((words, (ends[place] + ends[place + 1]) / 2))
    return found


def _canonical(name: str, quantity: Quantity | None) -> Decimal | None:
    """A number in the canonical unit; None where there is none or only a bound."""
    if quantity is None or quantity.comparator:
        return None
    meant = names.MEASUREMENTS[name]
    return units.convert(quantity.number, quantity.unit, meant.unit, substance=meant.substance)


def _written(name: str, number: Decimal) -> str:
    """With digits enough, and no more than a laboratory might print."""
    places = Decimal(1).scaleb(number.adjusted() - 4) if number else Decimal(1)
    return units.write(number.quantize(places), names.MEASUREMENTS[name].unit)


def graded_values(name: str, relation: str, steps: Sequence[str]) -> Probe:
    """A probe of a value graded by multiples of its limit: one in each band.

    Where the record has no limit of it, the values cannot settle anything and only stand for one.
    """
    end = "high" if relation == ">" else "low"

    def change(looks: Looks, look: int, *, times: Decimal) -> Sequence[Addition]:
        limit = _canonical(name, looks.take([look]).limit(name, end).value(0))
        number = (Decimal(1000) if limit is None else limit) * times
        return [addition(name, _written(name, number), float(looks.at[look]))]

    word = "upper" if end == "high" else "lower"
    return Probe(
        name,
        Effort.ROUTINE,
        tuple(
            (f"{words} its {word} limit", partial(change, times=times))
            for words, times in _between(relation, steps)
        ),
    )


def graded_limits(name: str, relation: str, steps: Sequence[str]) -> Probe:
    """A probe of the laboratory's limit: what puts the present value in each band."""
    end = "high" if relation == ">" else "low"

    def change(looks: Looks, look: int, *, times: Decimal) -> Sequence[Addition]:
        rows = looks.take([look]).last(looks.chart.named(name))
        now = rows.value(0)
        if now is None:
            return []
        limit = units.parse(units.write(now.number / times, now.unit))
        low, high = (None, limit) if end == "high" else (limit, None)
        return [Addition(name, float(rows.at[0]), now, low, high)]

    return Probe(
        (UPPER if end == "high" else LOWER).format(name),
        Effort.BEDSIDE,
        tuple(
            (f"the value is {words} it", partial(change, times=times))
            for words, times in _between(relation, steps)
        ),
    )


def graded_baselines(name: str, relation: str, steps: Sequence[str]) -> Probe:
    """A probe of the baseline: what puts the present value in each band of its multiples."""

    def change(looks: Looks, look: int, *, times: Decimal) -> Sequence[Addition]:
        one = looks.take([look])
        begin = float(reference(one)[0])
        now = one.last(one.chart.named(name)).value(0)
        if math.isnan(begin) or now is None:
            return []
        return [addition(name, units.write(now.number / times, now.unit), begin)]

    return Probe(
        BASELINE.format(name),
        Effort.BEDSIDE,
        tuple(
            (f"the value is {words} it", partial(change, times=times))
            for words, times in _between(relation, steps)
        ),
    )


def graded_counts(name: str, limits: Sequence[Limit]) -> Probe:
    """A probe of a count: not low, low by the laboratory's limit alone, below each number."""
    known = values(name, limits)

    def normal(looks: Looks, look: int) -> Sequence[Addition]:
        limit = _canonical(name, looks.take([look]).limit(name, "low").value(0))
        text, unit = limits[0].printed[0]
        number = units.convert(
            Decimal(text), unit, names.MEASUREMENTS[name].unit, substance=limits[0].substance
        )
        number = 2 * number if limit is None else max(limit, number)
        return [addition(name, _written(name, number), float(looks.at[look]))]

    (first, change), *rest = known.answers
    return Probe(
        name,
        known.effort,
        (("its lower limit or above", normal), (f"just {first}", change), *rest),
    )


def combine(classes: Sequence[int]) -> int:
    """The grade."""
    return classes[0]


def _entry(
    name: str,
    term: str,
    parts: Sequence[tuple[str, PartReader]],
    probes: Sequence[Probe],
    notes: Sequence[str] = (),
) -> Criterion:
    """A value's entry: for each grade from 1 on its rule, and what reads it."""
    label = names.MEASUREMENTS[name].label
    return Criterion(
        id=f"ctcae5_{name}",
        title=f"{term} (CTCAE version 5.0)",
        measures="grade",
        source=Source(
            CTCAE,
            "",
            term.lower(),
            "read as transcribed in the grading tables of admiral (pharmaverse), liver terms also "
            "in 10.4254/wjh.v18.i1.113465, table 1; not in the document",
        ),
        standing=Standing.TRANSCRIBED,
        combine=combine,
        leading=("recorded_grade",),
        windows={name: WINDOW},
        items=(
            Item(
                "grade",
                term,
                (f"not: {term.lower()}", *(term.lower() for _ in parts)),
                ("less", *(rule for rule, _ in parts)),
                stacked(*(part for _, part in parts)),
                f"{label}, its limit or its baseline unknown",
            ),
        ),
        probes=tuple(probes),
        notes=(
            *notes,
            "Grades by consequences (bleeding, transfusion, urgent intervention, danger to life, "
            "death) are not read: what the value alone says.",
            "Limits are the laboratory's own; where none came with a value, none is assumed.",
        ),
        tags=("laboratory", "CTCAE"),
    )


def _lowered(name: str, term: str, limits: Sequence[Limit], notes: Sequence[str] = ()) -> Criterion:
    """Below the lower limit, then below numbers."""
    parts = [("below the lower limit", over_range(name, "<"))]
    parts += [(limit.text, meets(name, limit)) for limit in limits]
    probes = (graded_counts(name, limits), limits_of_range(name, Decimal(1), "low"))
    return _entry(name, term, parts, probes, notes)


def _below(unit: str, *numbers: str, more: Sequence[tuple[str, Sequence[str]]] = ()) -> list[Limit]:
    return [
        Limit("<", ((number, unit), *((others[n], other) for other, others in more)),
              "hemoglobin" if more else "")
        for n, number in enumerate(numbers)
    ]  # fmt: skip


NORMAL_OR_NOT = (
    "Where the baseline (the last value before the last infusion, at most 30 d old) was beyond "
    "the limit, the grade is measured against it. A value within the multiple of the limit is not "
    "graded whatever the baseline; beyond it an unknown baseline leaves the grade open."
)


def _raised(name: str, term: str, steps: Sequence[str], first: Times) -> Criterion:
    """Beyond multiples of the upper limit, or of an abnormal baseline."""
    parts = [
        (
            f"> {'' if n == '1' else n + ' x '}the upper limit; baseline abnormal: {relation} "
            f"{times} x baseline",
            relative(name, (">", n), (relation, times)),
        )
        for n, (relation, times) in zip(
            ("1", *steps), (first, *((">", step) for step in steps)), strict=True
        )
    ]
    probes = (
        graded_values(name, ">", ("1", *steps)),
        graded_limits(name, ">", ("1", *steps)),
        graded_baselines(name, ">", (first[1], *steps)),
    )
    return _entry(name, term, parts, probes, (NORMAL_OR_NOT,))


CTCAE_ALT = _raised(
    "alt", "Alanine aminotransferase increased", ("3.0", "5.0", "20.0"), (">=", "1.5")
)
CTCAE_AST = _raised(
    "ast", "Aspartate aminotransferase increased", ("3.0", "5.0", "20.0"), (">=", "1.5")
)
CTCAE_ALP = _raised("alp", "Alkaline phosphatase increased", ("2.5", "5.0", "20.0"), (">=", "2.0"))
CTCAE_BILIRUBIN = _raised(
    "bilirubin", "Blood bilirubin increased", ("1.5", "3.0", "10.0"), (">", "1.0")
)

CTCAE_CREATININE = _entry(
    "creatinine",
    "Creatinine increased",
    [
        ("> the upper limit", over_range("creatinine", ">")),
        *(
            (
                f"> {n} x the upper limit or the baseline",
                either(
                    over_range("creatinine", ">", Decimal(n)),
                    over_baseline("creatinine", ">", Decimal(n), reference),
                ),
            )
            for n in ("1.5", "3.0")
        ),
        ("> 6.0 x the upper limit", over_range("creatinine", ">", Decimal("6.0"))),
    ],
    (
        graded_values("creatinine", ">", ("1", "1.5", "3.0", "6.0")),
        graded_limits("creatinine", ">", ("1", "1.5", "3.0", "6.0")),
        graded_baselines("creatinine", ">", ("1.5", "3.0")),
    ),
    ("The baseline is the last value before the last infusion, at most 30 d old.",),
)

_FALLS = (
    ("below the lower limit; baseline abnormal: any fall", ("<", "1"), ("<", "1")),
    ("< 0.75 x the lower limit; baseline abnormal: fall by 25 %", ("<", "0.75"), ("<=", "0.75")),
    ("< 0.5 x the lower limit; baseline abnormal: fall by 50 %", ("<", "0.5"), ("<=", "0.5")),
    ("< 0.25 x the lower limit; baseline abnormal: fall by 75 %", ("<", "0.25"), ("<=", "0.25")),
)
FIBRINOGEN = Limit("<", (("50", "mg/dL"),))


def _fibrinogen() -> Criterion:
    parts = [
        (rule, relative("fibrinogen", of_range, of_baseline))
        for rule, of_range, of_baseline in _FALLS
    ]
    rule, last = parts[-1]
    parts[-1] = (f"{rule}; or {FIBRINOGEN.text}", either(last, meets("fibrinogen", FIBRINOGEN)))
    probes = (
        graded_values("fibrinogen", "<", ("1", "0.75", "0.5", "0.25")),
        graded_limits("fibrinogen", "<", ("1", "0.75", "0.5", "0.25")),
        graded_baselines("fibrinogen", "<", ("1", "0.75", "0.5", "0.25")),
    )
    return _entry("fibrinogen", "Fibrinogen decreased", parts, probes, (NORMAL_OR_NOT,))


CTCAE_FIBRINOGEN = _fibrinogen()

CTCAE_HEMOGLOBIN = _lowered(
    "hemoglobin",
    "Anemia",
    _below("g/dL", "10.0", "8.0", more=(("g/L", ("100", "80")), ("mmol/L", ("6.2", "4.9")))),
    ("Grade 4 is by consequences alone.",),
)
CTCAE_PLATELETS = _lowered(
    "platelets", "Platelet count decreased", _below("10*9/L", "75.0", "50.0", "25.0")
)
CTCAE_NEUTROPHILS = _lowered(
    "neutrophils", "Neutrophil count decreased", _below("10*9/L", "1.5", "1.0", "0.5")
)
CTCAE_LEUKOCYTES = _lowered(
    "leukocytes", "White blood cell decreased", _below("10*9/L", "3.0", "2.0", "1.0")
)
CTCAE_LYMPHOCYTES = _lowered(
    "lymphocytes", "Lymphocyte count decreased", _below("10*9/L", "0.8", "0.5", "0.2")
)

TRIGLYCERIDES = tuple(
    Limit(relation, ((mass, "mg/dL"), (molar, "mmol/L")), "triglycerides")
    for relation, mass, molar in (
        (">=", "150", "1.71"), (">", "300", "3.42"), (">", "500", "5.7"), (">", "1000", "11.4"),
    )
)  # fmt: skip
CHOLESTEROL = tuple(
    Limit(">", ((mass, "mg/dL"), (molar, "mmol/L")), "cholesterol")
    for mass, molar in (("300", "7.75"), ("400", "10.34"), ("500", "12.92"))
)

CTCAE_TRIGLYCERIDES = _entry(
    "triglycerides",
    "Hypertriglyceridemia",
    [(limit.text, meets("triglycerides", limit)) for limit in TRIGLYCERIDES],
    (values("triglycerides", TRIGLYCERIDES),),
)
CTCAE_CHOLESTEROL = _entry(
    "cholesterol",
    "Cholesterol high",
    [
        ("> the upper limit", over_range("cholesterol", ">")),
        *((limit.text, meets("cholesterol", limit)) for limit in CHOLESTEROL),
    ],
    (values("cholesterol", CHOLESTEROL), limits_of_range("cholesterol", Decimal(1), "high")),
)
