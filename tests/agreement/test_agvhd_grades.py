"""Simulated acute GVHD stages of 2798 patients, graded by MAGIC and Glucksberg as one cohort.

The data (Nat Commun 2023;14:7799, simulated set) have stages of skin, liver and gut. Gut is read as
lower gut; nothing is said of the upper gut nor of performance. So the grades are intervals; beside
them stand those of who assumes that there was no upper gut disease and no severe decline.
"""

import csv
from collections import Counter
from datetime import datetime

import numpy as np
import pytest

from equipoise.chart import chart_of
from equipoise.criteria import GLUCKSBERG, MAGIC
from equipoise.grading import table
from equipoise.record import Cells, Finding, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
AT = 700.0
ORGANS = ("skin", "liver", "gut")
NAMES = {"skin": "agvhd_stage_skin", "liver": "agvhd_stage_liver", "gut": "agvhd_stage_lower_gi"}


# Counted from the file by a few lines of another language: 403, 1446, 461 and 488 patients of
# grades I to IV without upper gut.
OPEN = {
    "agvhd_magic2016": {(1, 2): 403, (2, 2): 1446, (3, 3): 461, (4, 4): 488},
    "agvhd_glucksberg1974": {(1, 1): 403, (2, 2): 1446, (3, 4): 461, (4, 4): 488},
}
SETTLED = {
    name: {(1, 1): 403, (2, 2): 1446, (3, 3): 461, (4, 4): 488}
    for name in ("agvhd_magic2016", "agvhd_glucksberg1974")
}


@pytest.fixture(scope="module")
def stages(reference_data):
    path = reference_data / "agvhd_sim" / "simulated_agvhd_stages_ml_grades.csv"
    with path.open(encoding="utf-8") as file:
        return [tuple(int(row[organ]) for organ in ORGANS) for row in csv.DictReader(file)]


def grades(stages, **assumed):
    """{criterion id: how many patients have each (low, high)}, and the intervals themselves."""
    records = []
    for number, found in enumerate(stages):
        findings = {NAMES[organ]: stage for organ, stage in zip(ORGANS, found, strict=True)}
        events = [Cells(at=0.0, known=0.0, product="graft")]
        events += [
            Finding(at=AT, known=AT, row=row, name=name, value=value)
            for row, (name, value) in enumerate((findings | assumed).items())
        ]
        records.append(Record(id=str(number), day0=DAY0, events=tuple(events)))
    size = len(records)
    found = table([MAGIC, GLUCKSBERG], chart_of(records), np.arange(size), np.full(size, AT + 1))
    return {
        c.id: list(zip(found.low[c.id].tolist(), found.high[c.id].tolist(), strict=True))
        for c in (MAGIC, GLUCKSBERG)
    }


def magic(skin, liver, lower, upper):
    """The grade, written again from the words of the paper."""
    if 4 in (skin, liver, lower):
        return 4
    if liver in (2, 3) or lower in (2, 3):
        return 3
    if skin == 3 or liver == 1 or lower == 1 or upper == 1:
        return 2
    return 1 if skin in (1, 2) else 0


def test_all_patients_are_graded(stages):
    assert len(stages) == 2798
    found = grades(stages)
    assert found[MAGIC.id] == [(magic(*s, 0), magic(*s, 1)) for s in stages]
    for (low, high), (glucksberg, severe) in zip(
        found[MAGIC.id], found[GLUCKSBERG.id], strict=True
    ):
        # Without the upper gut the two differ only in what they leave open.
        assert glucksberg == low
        assert severe == (4 if low == 3 else low)
        assert high == max(low, 2)


def test_intervals_and_what_an_assumption_makes_of_them(stages):
    open_ = {name: Counter(rows) for name, rows in grades(stages).items()}
    assumed = grades(stages, agvhd_stage_upper_gi=0, performance_decline="none")
    settled = {name: Counter(rows) for name, rows in assumed.items()}
    assert open_ == OPEN
    assert settled == SETTLED
