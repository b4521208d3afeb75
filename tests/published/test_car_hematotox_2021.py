"""CAR-HEMATOTOX: points at both sides of each limit, from values before lymphodepletion."""

from dataclasses import replace

import pytest
from charting import answer, chart, each_missing, interval

from equipoise import units
from equipoise.criteria import HEMATOTOX
from equipoise.record import Cells, Dose

T42 = {
    "platelets": "220 10*9/L", "neutrophils": "3400 /uL", "hemoglobin": "12.4 g/dL",
    "crp": "0.8 mg/dL", "ferritin": "180 ng/mL",
}  # fmt: skip


def values(platelets, neutrophils, hemoglobin, crp, ferritin):
    return {
        "platelets": f"{platelets} 10*9/L", "neutrophils": f"{neutrophils} /uL",
        "hemoglobin": f"{hemoglobin} g/dL", "crp": f"{crp} mg/dL", "ferritin": f"{ferritin} ng/mL",
    }  # fmt: skip


def score(entries, at=-130.0, t=10.0):
    return interval(HEMATOTOX, chart((at, entries), product="axicabtagene"), t)


@pytest.mark.parametrize(
    ("row", "expected", "high"),
    [
        ((220, 3400, 12.4, 0.8, 180), 0, False),
        ((130, 1800, 10.5, 1.4, 320), 1, False),
        ((110, 950, 10.1, 4.2, 540), 3, True),
        ((40, 400, 7.8, 9.5, 3200), 7, True),
    ],
)
def test_t42_to_t46(row, expected, high):
    record = chart((-130.0, values(*row)), product="axicabtagene")
    found = answer(HEMATOTOX, record, 10.0)
    assert (found.score, found.met) == (expected, high)


@pytest.mark.parametrize(
    ("found", "points"),
    [
        ({"platelets": "176 10*9/L"}, 0), ({"platelets": "175 10*9/L"}, 1),
        ({"platelets": "75 10*9/L"}, 1), ({"platelets": "74 10*9/L"}, 2),
        ({"neutrophils": "1200 /uL"}, 0), ({"neutrophils": "1199 /uL"}, 1),
        ({"neutrophils": "1.2 10*9/L"}, 0), ({"neutrophils": "1.19 10*9/L"}, 1),
        ({"hemoglobin": "9.0 g/dL"}, 0), ({"hemoglobin": "8.9 g/dL"}, 1),
        ({"hemoglobin": "89 g/L"}, 1), ({"crp": "2.9 mg/dL"}, 0), ({"crp": "3.0 mg/dL"}, 1),
        ({"crp": "29 mg/L"}, 0), ({"crp": "30 mg/L"}, 1), ({"ferritin": "649 ng/mL"}, 0),
        ({"ferritin": "650 ng/mL"}, 1), ({"ferritin": "2000 ug/L"}, 1),
        ({"ferritin": "2001 ug/L"}, 2),
    ],
)  # fmt: skip
def test_t48_and_each_limit(found, points):
    assert score(T42 | found) == (points, points)


def test_each_missing_input():
    found = each_missing(HEMATOTOX, T42, -130.0, 10.0, product="axicabtagene")
    assert found == {
        "platelets": (0, 2), "neutrophils": (0, 1), "hemoglobin": (0, 1), "crp": (0, 1),
        "ferritin": (0, 2),
    }  # fmt: skip


def test_values_after_the_first_lymphodepleting_dose_do_not_count():
    record = chart((-110.0, T42), (-50.0, values(40, 400, 7.8, 9.5, 3200)), product="axicabtagene")
    # Without a dose in the record only what was there by day -5 counts.
    assert interval(HEMATOTOX, record, 10.0) == (0, 7)
    dose = Dose(
        at=-100.0, known=-100.0, agent="fludarabine", amount=units.parse("30 mg/m2"), route="iv"
    )
    dosed = replace(record, events=(*record.events, dose))
    assert interval(HEMATOTOX, dosed, 10.0) == (0, 0)
    held = replace(record, events=(*record.events, replace(dose, status="held")))
    assert interval(HEMATOTOX, held, 10.0) == (0, 7)


def test_before_a_planned_infusion_the_present_values_count():
    planned = Cells(at=0.0, known=-200.0, product="axicabtagene", status="planned")
    record = chart((-130.0, T42), product=None)
    record = replace(record, events=(*record.events, planned))
    assert interval(HEMATOTOX, record, -129.0) == (0, 0)
    assert answer(HEMATOTOX, chart((-130.0, T42), product=None), -129.0).sentence == (
        "not applicable: no CAR T-cell product given or planned by this time"
    )
