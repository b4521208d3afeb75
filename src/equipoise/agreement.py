"""How criteria agree over a cohort: with each other, and with the grades that charts hold.

Criteria are compared by what they decide: met, open, not met. A grade or a score decides from a
cut on. An open answer is never counted as either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from equipoise.chart import Bools, Ints
from equipoise.criterion import Criterion
from equipoise.gradetable import NOT_APPLICABLE, GradeTable

NOT_MET, OPEN, MET = 0, 1, 2
CLASSES = ("not met", "open", "met")
"""Words of the classes, in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class Decider:
    """A criterion as yes or no.

    cut  of a grade or score: met from this number on; None: the criterion's own yes/no answer
    """

    criterion: Criterion
    cut: float | None = None

    @property
    def text(self) -> str:
        """ "hscore_2014 >= 169"."""
        return self.criterion.id + ("" if self.cut is None else f" >= {self.cut:g}")

    def classes(self, table: GradeTable) -> Ints:
        """0 not met, 1 open, 2 met of each row; -1 where the criterion does not apply."""
        name = self.criterion.id
        low, high = table.low[name], table.high[name]
        applies = table.applies(name)
        if self.cut is None and name in table.met:
            said = table.met[name].astype(np.int64)
        else:
            cut = 1.0 if self.cut is None else self.cut
            said = np.where(low >= cut, MET, np.where(high < cut, NOT_MET, OPEN)).astype(np.int64)
        return np.where(applies, said, NOT_APPLICABLE)


def decides(criterion: Criterion, cut: float | None) -> bool:
    """Whether a criterion is yes or no, by itself or by a cut."""
    return cut is not None or criterion.measures == "met" or criterion.met is not None


@dataclass(frozen=True, slots=True)
class Counted:
    """How two criteria fall together over patients, or over patient-days.

    counts   by class of the first and of the second: not met, open, met
    changed  settled by both, and not alike
    settled  settled by both
    kappa    Cohen's, over those settled by both; NaN where it is not defined
    """

    counts: tuple[tuple[int, ...], ...]
    changed: int
    settled: int
    total: int
    kappa: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two criteria compared; a patient is met once a day is, and not met where every day is.

    comparable  patients with a day that both settle
    differing   of these, with a day on which the two differ
    """

    first: str
    second: str
    patients: Counted
    days: Counted
    comparable: int
    differing: int


@dataclass(frozen=True, slots=True)
class Charted:
    """A criterion beside the grades that charts hold for it.

    days      patient-days with a grade in the chart to which the criterion applies
    equal     ours is settled and the same
    inside    ours is an interval that holds the chart's
    below     ours is lower, settled or with its whole interval
    above     ours is higher
    patients  with such a day; `differing` with a day below or above
    kappa     Cohen's with linear weights, over settled days; NaN where it is not defined
    counts    (chart's grade, our lowest, our highest) -> days
    """

    criterion: str
    days: int
    equal: int
    inside: int
    below: int
    above: int
    patients: int
    differing: int
    kappa: float
    counts: dict[tuple[int, int, int], int]


@dataclass(frozen=True, slots=True)
class Share:
    """What a criterion could say over the table.

    settled  days with one number, or with a settled yes/no answer
    worst    highest lower bound of a patient -> patients, where it is a grade or yes/no
    """

    criterion: str
    patients: int
    days: int
    settled: int
    worst: dict[int, int]

    @property
    def worst_text(self) -> str:
        """Patients by the highest grade that is certain; 0 as a bound is no grade 0."""
        parts = [
            f"{'none' if grade == 0 else grade}: {count}"
            for grade, count in sorted(self.worst.items())
        ]
        return ", ".join(parts)


def shares(criteria: Sequence[Criterion], table: GradeTable) -> tuple[Share, ...]:
    """How much of the table each criterion settles; those that apply to no day are left out."""
    found = []
    for criterion in criteria:
        applies = table.applies(criterion.id)
        if not applies.any():
            continue
        settled = table.settled(criterion.id)
        if criterion.id in table.met:
            settled |= table.met[criterion.id] % 2 == 0
        worst: dict[int, int] = {}
        if criterion.number is None and criterion.measures != "score":
            at_least = _by_patient(table, np.where(applies, table.low[criterion.id], -1))
            numbers, counts = np.unique(at_least[at_least >= 0], return_counts=True)
            worst = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
        found.append(
            Share(
                criterion.id,
                len(np.unique(table.patient[applies])),
                int(applies.sum()),
                int(settled.sum()),
                worst,
            )
        )
    return tuple(found)


def pairs(deciders: Sequence[Decider], table: GradeTable) -> tuple[Pair, ...]:
    """Each two of some criteria, over patients and patient-days to which both apply."""
    days = [d.classes(table) for d in deciders]
    patients = [_by_patient(table, each) for each in days]
    found = []
    for i, k in combinations(range(len(deciders)), 2):
        settled = (days[i] % 2 == 0) & (days[k] % 2 == 0)
        apart = settled & (days[i] != days[k])
        found.append(
            Pair(
                deciders[i].text,
                deciders[k].text,
                _counted(patients[i], patients[k]),
                _counted(days[i], days[k]),
                len(np.unique(table.patient[settled])),
                len(np.unique(table.patient[apart])),
            )
        )
    return tuple(found)


def flow(deciders: Sequence[Decider], table: GradeTable) -> dict[tuple[int, ...], int]:
    """How many patients have each combination of classes, of those to whom all apply."""
    patients = np.array([_by_patient(table, d.classes(table)) for d in deciders])
    if not patients.size:
        return {}
    kept = patients[:, (patients >= 0).all(axis=0)]
    rows, counts = np.unique(kept.T, axis=0, return_counts=True)
    return {tuple(row): int(n) for row, n in zip(rows.tolist(), counts.tolist(), strict=True)}


def charted(criteria: Sequence[Criterion], table: GradeTable) -> tuple[Charted, ...]:
    """Our grades beside those of the charts, for each criterion that a chart names."""
    found = []
    for criterion in criteria:
        said = table.recorded.get(criterion.id)
        if said is None:
            continue
        which = np.flatnonzero((said >= 0) & table.applies(criterion.id))
        theirs = said[which].astype(np.int64)
        low, high = (column[criterion.id][which] for column in (table.low, table.high))
        counts: dict[tuple[int, int, int], int] = {}
        for key in zip(theirs.tolist(), low.tolist(), high.tolist(), strict=True):
            counts[key] = counts.get(key, 0) + 1
        settled = low == high
        below, above = high < theirs, low > theirs
        patient = table.patient[which]
        found.append(
            Charted(
                criterion.id,
                len(which),
                int((settled & (low == theirs)).sum()),
                int((~settled & ~below & ~above).sum()),
                int(below.sum()),
                int(above.sum()),
                len(np.unique(patient)),
                len(np.unique(patient[below | above])),
                kappa(theirs[settled], low[settled].astype(np.int64), linear=True),
                counts,
            )
        )
    return tuple(found)


def kappa(first: Ints, second: Ints, *, linear: bool = False) -> float:
    """Cohen's kappa; with linear weights where the classes have an order. NaN without variation.

    Source  Cohen 1960, 1968
    """
    if not len(first):
        return math.nan
    size = int(max(first.max(), second.max())) + 1
    seen = np.zeros((size, size))
    np.add.at(seen, (first, second), 1.0)
    seen /= len(first)
    place = np.arange(size)
    apart = np.abs(place[:, None] - place[None, :])
    weight = apart if linear else (apart > 0).astype(float)
    by_chance = np.outer(seen.sum(axis=1), seen.sum(axis=0))
    expected = float((weight * by_chance).sum())
    return math.nan if expected == 0.0 else 1.0 - float((weight * seen).sum()) / expected


def documents(
    shared: Sequence[Share],
    compared: Sequence[Pair],
    beside: Sequence[Charted],
    flows: Mapping[tuple[int, ...], int],
    deciders: Sequence[Decider],
) -> dict[str, object]:
    """All of it as plain data: what `--json` prints and agreement.json holds."""
    return {
        "criteria": [
            {"criterion": s.criterion, "patients": s.patients, "patient_days": s.days,
             "settled": s.settled, "worst": {str(k): n for k, n in s.worst.items()}}
            for s in shared
        ],
        "pairs": [
            {"first": p.first, "second": p.second, "patients": _document(p.patients),
             "patient_days": _document(p.days), "patients_comparable": p.comparable,
             "patients_differing": p.differing}
            for p in compared
        ],
        "combinations": [
            {**{d.text: CLASSES[c] for d, c in zip(deciders, classes, strict=True)},
             "patients": count}
            for classes, count in flows.items()
        ],
        "recorded": [
            {"criterion": c.criterion, "patient_days": c.days, "equal": c.equal,
             "inside": c.inside, "below": c.below, "above": c.above, "patients": c.patients,
             "patients_differing": c.differing, "kappa": _number(c.kappa),
             "counts": [{"recorded": r, "low": low, "high": high, "patient_days": n}
                        for (r, low, high), n in sorted(c.counts.items())]}
            for c in beside
        ],
    }  # fmt: skip


def _document(counted: Counted) -> dict[str, object]:
    return {
        "counts": {
            CLASSES[i]: {CLASSES[k]: n for k, n in enumerate(row)}
            for i, row in enumerate(counted.counts)
        },
        "total": counted.total,
        "settled": counted.settled,
        "changed": counted.changed,
        "kappa": _number(counted.kappa),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _counted(first: Ints, second: Ints) -> Counted:
    both: Bools = (first >= 0) & (second >= 0)
    one, other = first[both], second[both]
    counts = np.zeros((3, 3), dtype=np.int64)
    np.add.at(counts, (one, other), 1)
    settled = (one != OPEN) & (other != OPEN)
    return Counted(
        tuple(tuple(row) for row in counts.tolist()),
        int((one[settled] != other[settled]).sum()),
        int(settled.sum()),
        len(one),
        kappa(one[settled] // 2, other[settled] // 2),
    )


def _by_patient(table: GradeTable, days: Ints) -> Ints:
    """The highest number of each patient's days."""
    found = np.full(len(table.patients), NOT_APPLICABLE, dtype=np.int64)
    np.maximum.at(found, table.patient, days.astype(np.int64))
    return found
