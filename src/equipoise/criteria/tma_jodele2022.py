"""Transplant-associated thrombotic microangiopathy (TA-TMA), modified Jodele criteria."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise import names, units
from equipoise.chart import Addition, Floats, Ints
from equipoise.criterion import Criterion, Effort, Item, Probe, Reading, Reasons
from equipoise.daybook import on_two_days
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks, Rows, Spread, Truths, compared
from equipoise.probe import addition, ages, baselines, limits_of_range
from equipoise.readers import (
    BASELINE,
    UPPER,
    Part,
    PartReader,
    after,
    either,
    item_of,
    range_note,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

WINDOW = 14 * 24.0
"""Both time points lie in the last 14 days."""
NEEDED = 4
FALL = 1.0
"""g/dL of hemoglobin below the baseline."""
PART = Decimal("0.5")
"""Of the highest platelet count since engraftment."""
SYSTOLIC = Limit(">=", (("140", "mm[Hg]"),))
DIASTOLIC = Limit(">=", (("90", "mm[Hg]"),))
PROTEIN = Limit(">=", (("1", "mg/mg"),))
HIGH_LDH = Decimal(2)
ADULT = 18.0

NO_GRAFT = "not applicable: no graft by this time"
_SLACK = 1e-9


@dataclass(slots=True)
class _TimePoints:
    """A feature on the days on which it was looked at, look by look.

    truth  whether it was there on two consecutive of them
    rows   of the two that decide (the latest that were worst), -1 where there is none
    """

    truth: Truths
    rows: tuple[Ints, Ints]

    def because(self, spread: Spread, look: int, note: str = "") -> list[Because | None]:
        rows = dict.fromkeys(int(each[look]) for each in self.rows)
        return [spread.series.because(row, note) for row in rows]


def graft(looks: Looks) -> Floats:
    """Hours of the last graft at or before each look."""
    return looks.infusion(GRAFTS)


def _spread(looks: Looks, name: str) -> Spread:
    assert looks.start is not None
    return looks.between(looks.chart.named(name), np.maximum(looks.at - WINDOW, looks.start))


def _time_points(looks: Looks, spread: Spread, truth: Truths) -> _TimePoints:
    """Two consecutive days that count, the worst value of a day standing for it.

    One day alone cannot settle it unless the feature was absent then.
    """
    size = len(looks)
    found = np.full(size, UNKNOWN, dtype=np.int8)
    first = second = np.full(size, -1, dtype=np.int64)
    if not len(spread.look):
        return _TimePoints(found, (first, second))
    day = looks.chart.row_days(spread.series)[spread.row]
    order = np.lexsort((np.arange(len(truth)), truth, day, spread.look))
    look, day, row = spread.look[order], day[order], spread.row[order]
    # The last of a day is the worst of it.
    last = np.append((look[1:] != look[:-1]) | (day[1:] != day[:-1]), True)
    look, row, truth = look[last], row[last], truth[order][last]
    first, second = first.copy(), first.copy()
    alone = np.bincount(look, minlength=size) == 1
    single = alone[look]
    found[look[single]] = np.minimum(truth[single], UNKNOWN)
    first[look[single]] = row[single]
    paired = np.flatnonzero(look[1:] == look[:-1])
    both = np.minimum(truth[paired], truth[paired + 1])
    best = np.zeros(size, dtype=np.int8)
    np.maximum.at(best, look[paired], both)
    found[look[paired]] = best[look[paired]]
    kept = paired[both == best[look[paired]]]
    first[look[kept]], second[look[kept]] = row[kept], row[kept + 1]
    return _TimePoints(found, (first, second))


def _decided(
    looks: Looks,
    name: str,
    of: Callable[[Looks, Spread], Truths],
    parameters: Sequence[NDArray[Any]] = (),
) -> tuple[Truths, Callable[[], tuple[Spread, _TimePoints]]]:
    """A feature at two consecutive time points, and the values behind it where they are asked for.

    of          for each value whether the feature is there
    parameters  what `of` takes from a look
    """
    assert looks.start is not None
    series = looks.chart.named(name)
    since_when = np.maximum(looks.at - WINDOW, looks.start)
    truth, late = on_two_days(
        looks, series, since_when, looks.start, partial(of, looks), parameters
    )
    if len(late):
        some = looks.some(late)
        spread = _spread(some, name)
        truth[late] = _time_points(some, spread, of(some, spread)).truth

    @cache
    def points() -> tuple[Spread, _TimePoints]:
        spread = _spread(looks, name)
        return spread, _time_points(looks, spread, of(looks, spread))

    return truth, points


def _twice(name: str, of: Callable[[Spread], Truths]) -> PartReader:
    """A feature at two consecutive time points; `of` says for each value whether it is there."""

    def read(looks: Looks) -> Part:
        truth, points = _decided(looks, name, lambda _looks, spread: of(spread))

        def explain(i: int) -> Reasons:
            spread, found = points()
            return Reasons(found.because(spread, i), (name,))

        return Part(truth, explain)

    return read


def _present(name: str) -> PartReader:
    return _twice(name, lambda spread: Rows(spread.series, spread.row).holds)


def _meets(name: str, limit: Limit) -> PartReader:
    return _twice(name, lambda spread: Rows(spread.series, spread.row).truth(limit))


def _over_range(name: str, relation: str) -> PartReader:
    """Beyond the laboratory's own upper limit, the last that came; none is assumed."""

    def beyond(looks: Looks, spread: Spread) -> Truths:
        limit = looks.limit(name, "high")
        bound = Rows(limit.series, limit.index[spread.look])
        return compared(Rows(spread.series, spread.row), relation, Decimal(1), bound)

    def read(looks: Looks) -> Part:
        limit = looks.limit(name, "high")
        code = limit.series.code[limit.index]
        truth, points = _decided(looks, name, beyond, (code,))

        def explain(i: int) -> Reasons:
            spread, found = points()
            note = range_note(limit, i, "high")
            there = found.rows[0][i] >= 0
            lacks = UPPER.format(name) if there and not limit.there[i] else name
            return Reasons(found.because(spread, i, note), (lacks,))

        return Part(truth, explain)

    return read


def _below_baseline(looks: Looks, spread: Spread) -> Truths:
    before = looks.baseline("hemoglobin", graft(looks))
    now = Rows(spread.series, spread.row)
    base = before.number[spread.look]
    with np.errstate(invalid="ignore"):
        truth = np.where(base - now.number >= FALL - _SLACK, MET, NOT_MET).astype(np.int8)
    censored = np.append(now.series.entered().comparator, 0)
    kind = censored[now.series.code[now.index]]
    truth[(kind == 1) & (truth == NOT_MET)] = UNKNOWN
    truth[(kind == 2) & (truth == MET)] = UNKNOWN
    vague = censored[before.series.code[before.index]][spread.look] > 0
    truth[np.isnan(base) | vague] = UNKNOWN
    return truth


def _fallen(looks: Looks) -> Part:
    """Hemoglobin so much below the last value before the graft."""
    before = looks.baseline("hemoglobin", graft(looks))
    truth, points = _decided(looks, "hemoglobin", _below_baseline, (before.index,))

    def explain(i: int) -> Reasons:
        spread, found = points()
        lacks = BASELINE.format("hemoglobin") if not before.there[i] else "hemoglobin"
        if found.rows[0][i] < 0:
            lacks = "hemoglobin"
        return Reasons((*found.because(spread, i), before.because(i, "baseline")), (lacks,))

    return Part(truth, explain)


def _counts(spread: Spread) -> tuple[Truths, Floats]:
    """Whether each count is so low beside the highest up to it, and the counts."""
    now = Rows(spread.series, spread.row)
    kind = np.append(now.series.entered().comparator, 0)[now.series.code[now.index]]
    # A count below a bound may be anything lower: it never makes the highest.
    number = np.where(kind == 1, 0.0, now.number)
    of_look = np.append(False, spread.look[1:] != spread.look[:-1])
    offset = np.cumsum(of_look[: len(number)]) * 1e6
    highest = np.maximum.accumulate(number + offset) - offset if len(number) else number
    truth = np.where(
        now.number <= float(PART) * highest + 1e-6, MET, np.where(kind == 1, UNKNOWN, NOT_MET)
    ).astype(np.int8)
    truth[(kind == 2) & (truth == MET)] = UNKNOWN
    return truth, number


def _halvings(looks: Looks, start: Floats) -> tuple[_TimePoints, Spread, Floats]:
    """Time points of the last days, and all counts since recorded engraftment."""
    spread = looks.between(looks.chart.named("platelets"), start)
    truth, number = _counts(spread)
    recent = Rows(spread.series, spread.row).at >= looks.at[spread.look] - WINDOW
    return _time_points(looks, spread.where(recent), truth[recent]), spread, number


def _halved(looks: Looks) -> Part:
    """Platelets at half or less of their highest count since recorded engraftment."""
    engrafted = looks.chart.named("platelet_engraftment")
    said = looks.last(engrafted)
    since_then = looks.first(engrafted.only("yes", lambda value: bool(value)), looks.start)
    start = np.where(since_then.there, since_then.at, math.inf)
    series = looks.chart.named("platelets")
    recent = np.maximum(looks.at - WINDOW, start)
    truth, late = on_two_days(looks, series, recent, start, lambda spread: _counts(spread)[0])
    if len(late):
        truth[late] = _halvings(looks.some(late), start[late])[0].truth
    points = cache(partial(_halvings, looks, start))
    none = ~since_then.there
    answer = np.where(none & said.there, NOT_MET, np.where(none, UNKNOWN, truth))

    def explain(i: int) -> Reasons:
        if none[i]:
            return Reasons((said.because(i),), ("platelet_engraftment",))
        found, spread, number = points()
        because: list[Because | None] = [since_then.because(i)]
        mine = spread.look == i
        rows, counts = spread.row[mine], number[mine]
        for each in found.rows:
            if each[i] >= 0:
                until = rows <= each[i]
                peak = int(rows[until][np.argmax(counts[until])])
                because.append(spread.series.because(peak, "highest since engraftment"))
        return Reasons((*because, *found.because(spread, i)), ("platelets",))

    return Part(answer.astype(np.int8), explain)


def _pressure(looks: Looks) -> Part:
    """Adults by numbers where both are there, else as recorded; children as recorded."""
    recorded = _present("hypertension")(looks)
    systolic, diastolic = (
        _meets(name, limit)(looks) for name, limit in (("systolic", SYSTOLIC),
                                                       ("diastolic", DIASTOLIC))
    )  # fmt: skip
    numbers = np.maximum(systolic.truth, diastolic.truth)
    # What is recorded speaks of the same pressures, and settles what the numbers leave open.
    adult = np.where(numbers == UNKNOWN, recorded.truth, numbers)
    age = looks.chart.age(looks.record, looks.at)
    child = recorded.truth
    either_way = np.where(adult == child, adult, UNKNOWN)
    truth = np.where(np.isnan(age), either_way, np.where(age >= ADULT, adult, child))

    def explain(i: int) -> Reasons:
        why = [recorded.explain(i)]
        lacks: list[str] = ["hypertension"]
        if not age[i] < ADULT:
            why += [systolic.explain(i), diastolic.explain(i)]
            lacks = ["systolic", "diastolic", *lacks]
        if np.isnan(age[i]):
            lacks.append("age")
        return Reasons([b for w in why for b in w.because], lacks)

    return Part(truth.astype(np.int8), explain)


def combine(classes: Sequence[int]) -> int:
    """How many of the seven hold."""
    return sum(classes)


def met(classes: Sequence[int]) -> bool:
    """Whether enough of them do."""
    return sum(classes) >= NEEDED


def _high_risk(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    """Recorded features of high risk, those of the criteria and those beside them."""
    found = []
    for name, word in (("complement", "soluble C5b-9"), ("protein", "proteinuria")):
        if min(readings[name].possible) == 1:
            found.append(word)
    ldh, limit = looks.of("ldh"), looks.limit("ldh", "high")
    if compared(ldh, ">=", HIGH_LDH, limit)[look] == MET:
        found.append(f"LDH >= {HIGH_LDH} x its upper limit")
    if looks.of("infection").value(look) == "proven":
        found.append("infection")
    return f"features of high risk: {', '.join(found)}" if found else ""


# --- what a missing observation could turn out to be --------------------------------------------


def _two_days(looks: Looks, look: int) -> tuple[float, float]:
    at = float(looks.at[look])
    assert looks.start is not None
    return max(at - 24.0, float(looks.start[look])), at


def _both_days(name: str, effort: Effort, *answers: tuple[str, object]) -> Probe:
    """A probe of a feature at two time points: (label, value) of each answer."""

    def change(looks: Looks, look: int, *, value: object) -> Sequence[Addition]:
        return [addition(name, value, at) for at in _two_days(looks, look)]

    return Probe(
        name,
        effort,
        tuple((f"{label}, on two days", partial(change, value=value)) for label, value in answers),
    )


def _of_limit(name: str, limit: Limit) -> Probe:
    return _both_days(
        name,
        Effort.BEDSIDE if names.MEASUREMENTS[name].bedside else Effort.ROUTINE,
        (limit.opposite, limit.example(met=False)),
        (limit.text, limit.example(met=True)),
    )


def _of_finding(name: str) -> Probe:
    return _both_days(name, Effort.BEDSIDE, ("false", False), ("true", True))


def _relative(
    name: str, reference: Callable[[Looks, int], float | None], unit: str, low: float, high: float,
    labels: tuple[str, str], effort: Effort,
) -> Probe:  # fmt: skip
    """A probe of values on two days, `low` and `high` times a reference."""

    def change(looks: Looks, look: int, *, times: float) -> Sequence[Addition]:
        number = reference(looks, look)
        number = 100.0 if number is None else number
        text = units.write(Decimal(f"{number * times:.3f}"), unit)
        return [addition(name, text, at) for at in _two_days(looks, look)]

    return Probe(
        name,
        effort,
        tuple(
            (f"{label}, on two days", partial(change, times=times))
            for label, times in zip(labels, (low, high), strict=True)
        ),
    )


def _upper(name: str) -> Callable[[Looks, int], float | None]:
    def find(looks: Looks, look: int) -> float | None:
        limit = looks.take([look]).limit(name, "high")
        number = limit.series.numbers()[limit.series.code[limit.index[0]]]
        return None if np.isnan(number) else float(number)

    return find


def _hemoglobin_before(looks: Looks, look: int) -> float | None:
    one = looks.take([look])
    before = one.baseline("hemoglobin", graft(one))
    return float(before.number[0]) if before.there[0] else 10.0


def _most_platelets(looks: Looks, look: int) -> float | None:
    one = looks.take([look])
    past = one.between(one.chart.named("platelets"), np.array([-np.inf]))
    numbers = Rows(past.series, past.row).number
    return float(numbers.max()) if len(numbers) else None


def _platelets() -> Probe:
    def change(looks: Looks, look: int, *, times: float) -> Sequence[Addition]:
        highest = _most_platelets(looks, look) or 100.0
        before, at = _two_days(looks, look)
        assert looks.start is not None
        first = max(before - 24.0, float(looks.start[look]))
        numbers = ((first, 1.0), (before, times), (at, times))
        return [
            addition("platelets", units.write(Decimal(f"{highest * n:.2f}"), "10*9/L"), t)
            for t, n in numbers
        ]

    return Probe(
        "platelets",
        Effort.ROUTINE,
        (
            ("more than half of the highest, on two days", partial(change, times=1.0)),
            ("half of the highest or less, on two days", partial(change, times=0.4)),
        ),
    )


def _engraftment() -> Probe:
    def change(looks: Looks, look: int, *, yes: bool) -> Sequence[Addition]:
        assert looks.start is not None
        at = float(looks.start[look]) if yes else float(looks.at[look])
        return [addition("platelet_engraftment", yes, at)]

    return Probe(
        "platelet_engraftment",
        Effort.BEDSIDE,
        (("false", partial(change, yes=False)),
         ("true, before every count", partial(change, yes=True))),
    )  # fmt: skip


def _item(name: str, label: str, absent: str, present: str, rule: str, part: PartReader) -> Item:
    return Item(name, label, (absent, present), ("no, or not on two consecutive days", rule),
                item_of(part), f"{label[0].lower() + label[1:]} unknown")  # fmt: skip


TMA = Criterion(
    id="tma_jodele2022",
    title="Transplant-associated thrombotic microangiopathy (TA-TMA), modified Jodele criteria",
    measures="score",
    source=Source(
        "Schoettler 2022, Transplant Cell Ther (consensus on TA-TMA)",
        "10.1016/j.jtct.2022.11.015",
        "modified Jodele criteria",
        "read as reprinted (PMC11882261, table 3), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    met=met,
    leading=("schistocytes", "sc5b9", "urine_protein_creatinine"),
    windows=dict.fromkeys(
        (
            "hemoglobin", "red_cell_transfusion", "platelets", "platelet_refractory", "ldh",
            "schistocytes", "hypertension", "systolic", "diastolic", "sc5b9",
            "urine_protein_creatinine", "infection",
        ),
        WINDOW,
    )
    | {"platelet_engraftment": float("inf")},
    items=(
        _item("anemia", "Anemia", "no anemia of this kind", "anemia",
              f"hemoglobin {FALL:g} g/dL or more below the last before the graft, or red cells "
              "transfused", either(_fallen, _present("red_cell_transfusion"))),
        _item("thrombocytopenia", "Thrombocytopenia", "no thrombocytopenia of this kind",
              "thrombocytopenia", "refractory to platelet transfusion, or platelets at "
              f"{PART} of their highest count since full engraftment or less",
              either(_present("platelet_refractory"), _halved)),
        _item("ldh", "LDH", "LDH not raised", "raised LDH", "LDH > its upper limit",
              _over_range("ldh", ">")),
        _item("schistocytes", "Schistocytes", "no schistocytes", "schistocytes", "present",
              _present("schistocytes")),
        _item("hypertension", "Hypertension", "no hypertension", "hypertension",
              f"from {ADULT:g} years: systolic {SYSTOLIC.text} or diastolic {DIASTOLIC.text}; "
              "below: > 99th percentile for age, as recorded", _pressure),
        _item("complement", "Soluble C5b-9", "soluble C5b-9 not raised", "raised soluble C5b-9",
              "soluble C5b-9 >= its upper limit", _over_range("sc5b9", ">=")),
        _item("protein", "Proteinuria", "no proteinuria", "proteinuria",
              f"urine protein to creatinine {PROTEIN.text}",
              _meets("urine_protein_creatinine", PROTEIN)),
    ),
    probes=(
        _relative("hemoglobin", _hemoglobin_before, "g/dL", 1.0, 0.5,
                  ("not lower", "lower by more than the limit"), Effort.ROUTINE),
        baselines("hemoglobin", Decimal(1), graft),
        _of_finding("red_cell_transfusion"),
        _platelets(),
        _engraftment(),
        _of_finding("platelet_refractory"),
        _relative("ldh", _upper("ldh"), "U/L", 0.5, 2.0,
                  ("<= its upper limit", "> its upper limit"), Effort.ROUTINE),
        limits_of_range("ldh", Decimal(1), "high"),
        _of_finding("schistocytes"),
        _of_finding("hypertension"),
        _of_limit("systolic", SYSTOLIC),
        _of_limit("diastolic", DIASTOLIC),
        ages(ADULT),
        _relative("sc5b9", _upper("sc5b9"), "ng/mL", 0.5, 2.0,
                  ("< its upper limit", ">= its upper limit"), Effort.SPECIAL),
        limits_of_range("sc5b9", Decimal(1), "high"),
        _of_limit("urine_protein_creatinine", PROTEIN),
    ),
    tail=_high_risk,
    notes=(
        f"The score counts the features that hold; the yes needs {NEEDED} of 7. Disease proven by "
        "biopsy (kidney or gut) makes the diagnosis alone and is not read.",
        "Two consecutive time points within 14 d: the source does not say what a time point is. A "
        "feature counts where it is there on two consecutive days of those on which it was looked "
        "at, both in the last 14 d; the worst value of a day stands for it (project choice).",
        "A feature found once and not looked at again stays open.",
        "Anemia: transfusion need is read as red cells transfused, whether despite engraftment or "
        "new; autoimmune hemolysis and pure red cell aplasia, which the source rules out, are not "
        "read.",
        "Thrombocytopenia: failure to engraft and more transfusions than expected are judgments "
        "and are not read; a fall counts from recorded full platelet engraftment on.",
        "The limits of LDH and soluble C5b-9 are the laboratory's own, the last that came.",
        "High risk by the same source, any one: soluble C5b-9 raised, protein to creatinine "
        f"{PROTEIN.text}, LDH >= {HIGH_LDH} x its upper limit, acute GVHD of grade 2 to 4, "
        "infection, organ dysfunction; of these the sentence names what the record holds of all "
        "but GVHD and organ dysfunction.",
    ),
    tags=("transplantation", "score"),
)  # fmt: skip
