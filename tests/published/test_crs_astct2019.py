"""CRS against the ASTCT 2019 table (Lee 2019, Table 2): both sides of every threshold."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from equipoise import units
from equipoise.criteria import CRS
from equipoise.grading import grade, with_entries
from equipoise.record import Cells, Dose, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
NORMAL = {
    "temperature": "36.8 Cel",
    "hypotension": False,
    "vasopressors": (),
    "oxygen_device": "none",
    "antipyretic_or_anticytokine": False,
}


def patient(at=10.0, record=None, without=(), **findings):
    if record is None:
        cells = Cells(at=0.0, known=0.0, product="axicabtagene")
        record = Record(id="p", day0=DAY0, born=date(1990, 4, 1), events=(cells,))
    entries = {k: v for k, v in (NORMAL | findings).items() if k not in without}
    return with_entries(record, at, entries.items())


def interval(record, at=11.0):
    answer = grade(CRS, record, at)
    return answer.low, answer.high


def cannula(flow):
    return {"oxygen_device": "nasal_cannula", "oxygen_flow": f"{flow} L/min"}


@pytest.mark.parametrize(
    ("row", "findings", "expected"),
    [
        ("T1", {"temperature": "38.0 Cel"}, 1),
        ("T1 in Fahrenheit", {"temperature": "100.4 [degF]"}, 1),
        ("below the limit", {"temperature": "37.9 Cel"}, 0),
        ("below it in Fahrenheit", {"temperature": "100.3 [degF]"}, 0),
        ("T2", {"temperature": "37.9 Cel", "hypotension": True}, 0),
        ("hypotension, no vasopressor", {"temperature": "38.4 Cel", "hypotension": True}, 2),
        ("T4", {"temperature": "39.5 Cel", "vasopressors": ("noradrenaline",), **cannula("2")}, 3),
        ("T5", {"temperature": "38.6 Cel", "vasopressors": ("noradrenaline", "vasopressin")}, 3),
        ("two", {"temperature": "38.6 Cel", "vasopressors": ("noradrenaline", "adrenaline")}, 4),
        ("three", {"temperature": "38.6 Cel",
                   "vasopressors": ("noradrenaline", "adrenaline", "vasopressin")}, 4),
        ("vasopressin alone, project choice",
         {"temperature": "38.6 Cel", "vasopressors": ("vasopressin",)}, 3),
        ("dobutamine is not counted, project choice",
         {"temperature": "38.6 Cel", "hypotension": True, "vasopressors": ("dobutamine",)}, 2),
        ("dobutamine makes no second one",
         {"temperature": "38.6 Cel", "vasopressors": ("noradrenaline", "dobutamine")}, 3),
        ("T7 low", {"temperature": "38.4 Cel", **cannula("6")}, 2),
        ("just above 6", {"temperature": "38.4 Cel", **cannula("6.1")}, 3),
        ("T7 high", {"temperature": "38.4 Cel", **cannula("7")}, 3),
        ("blow-by", {"temperature": "38.4 Cel", "oxygen_device": "blow_by"}, 2),
        ("face mask", {"temperature": "38.4 Cel", "oxygen_device": "face_mask"}, 3),
        ("Venturi", {"temperature": "38.4 Cel", "oxygen_device": "venturi"}, 3),
        ("non-rebreather", {"temperature": "38.4 Cel", "oxygen_device": "non_rebreather"}, 3),
        ("high flow", {"temperature": "38.4 Cel", "oxygen_device": "high_flow"}, 3),
        ("CPAP", {"temperature": "38.4 Cel", "oxygen_device": "cpap"}, 4),
        ("T9", {"temperature": "38.4 Cel", "oxygen_device": "bipap"}, 4),
        ("ventilator", {"temperature": "38.4 Cel", "oxygen_device": "ventilator"}, 4),
        ("worse of the two", {"temperature": "38.4 Cel", "hypotension": True,
                              "oxygen_device": "face_mask"}, 3),
    ],
)  # fmt: skip
def test_table(row, findings, expected):
    answer = grade(CRS, patient(**findings), 11.0)
    assert (answer.low, answer.high, answer.grade) == (expected,) * 3, row
    assert bool(answer.because)


@pytest.mark.parametrize(
    ("without", "findings", "expected", "missing"),
    [
        (("oxygen_device",), {"hypotension": True}, (2, 4), ["oxygen_device"]),  # T10
        (("vasopressors",), {"hypotension": True}, (2, 4), ["vasopressors"]),
        (("vasopressors",), {"hypotension": False}, (1, 1), []),
        (("hypotension",), {}, (1, 2), ["hypotension"]),
        (("hypotension", "vasopressors"), {}, (1, 4), ["vasopressors", "hypotension"]),
        ((), {"oxygen_device": "nasal_cannula"}, (2, 3), ["oxygen_flow"]),
        (("hypotension", "vasopressors"), {"oxygen_device": "bipap"}, (4, 4), []),
    ],
)
def test_one_row_for_each_input_missing(without, findings, expected, missing):
    answer = grade(CRS, patient(without=without, **{"temperature": "38.4 Cel"} | findings), 11.0)
    assert (answer.low, answer.high) == expected
    assert sorted(m.name for m in answer.missing) == sorted(missing)


def test_temperature_missing():
    answer = grade(CRS, patient(without=("temperature",), hypotension=True), 11.0)
    assert (answer.low, answer.high) == (0, 2)
    assert answer.missing[0].to_json() == {
        "name": "temperature", "would_become": {"< 38.0 Cel": 0, ">= 38.0 Cel": 2},
    }  # fmt: skip


def test_a_fever_without_a_number_counts():
    assert interval(patient(without=("temperature",), fever=True)) == (1, 1)
    assert interval(patient(without=("temperature",), fever=False)) == (0, 0)


def test_fever_waiver_after_therapy():
    first = patient(at=4.0, temperature="39.2 Cel")
    later = {"hypotension": True, "temperature": "37.2 Cel"}
    treated = patient(at=10.0, record=first, antipyretic_or_anticytokine=True, **later)
    assert interval(treated) == (2, 2)
    untreated = patient(at=10.0, record=first, **later)
    assert interval(untreated) == (0, 0)
    unknown = patient(
        at=10.0,
        record=with_entries(
            Record(id="p", day0=DAY0, events=(Cells(at=0.0, known=0.0, product="car_other"),)),
            4.0, [("temperature", "39.2 Cel")],
        ),
        without=("antipyretic_or_anticytokine",), **later,
    )  # fmt: skip
    answer = grade(CRS, unknown, 11.0)
    assert (answer.low, answer.high) == (0, 2)
    assert answer.missing[0].to_json() == {
        "name": "antipyretic_or_anticytokine", "would_become": {"false": 0, "true": 2},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "at", "expected"),
    [
        ("tocilizumab", 6.0, (2, 2)),
        ("dexamethasone", 6.0, (2, 2)),
        ("paracetamol", 6.0, (2, 2)),
        ("tocilizumab", 2.0, (0, 0)),  # before the first fever
        ("meropenem", 6.0, (0, 0)),
        ("budesonide", 6.0, (0, 0)),
    ],
)
def test_fever_waiver_from_doses(agent, at, expected):
    record = patient(at=4.0, temperature="39.2 Cel")
    record = patient(at=10.0, record=record, hypotension=True)
    dose = Dose(at=at, known=at, agent=agent, amount=units.parse("8 mg/kg"), route="iv")
    assert interval(replace(record, events=(*record.events, dose))) == expected
    planned = replace(dose, status="planned")
    assert interval(replace(record, events=(*record.events, planned))) == (0, 0)


def test_no_waiver_without_an_earlier_fever():
    record = patient(hypotension=True, antipyretic_or_anticytokine=True)
    assert interval(record) == (0, 0)


def test_waived_and_nothing_left_is_grade_0():
    record = patient(at=4.0, temperature="39.2 Cel")
    record = patient(at=10.0, record=record, antipyretic_or_anticytokine=True)
    assert interval(record) == (0, 0)


def test_days_count_from_the_later_infusion():
    record = patient(at=4.0, temperature="39.2 Cel")
    again = Cells(at=500.0, known=500.0, product="axicabtagene")
    record = replace(record, events=(*record.events, again))
    record = patient(at=510.0, record=record, hypotension=True, antipyretic_or_anticytokine=True)
    assert interval(record, 511.0) == (0, 0), "the first infusion's fever establishes nothing"


def test_vital_signs_are_stale_after_24_hours():
    record = patient(at=10.0, temperature="38.4 Cel")
    assert interval(record, 34.0) == (1, 1)
    assert interval(record, 34.1) == (0, 4)


def test_since_counts_from_the_therapy_that_waives_the_fever():
    record = patient(at=4.0, temperature="39.2 Cel")
    record = patient(at=10.0, record=record, hypotension=True)
    dose = Dose(at=12.0, known=12.0, agent="tocilizumab", amount=units.parse("8 mg/kg"), route="iv")
    record = replace(record, events=(*record.events, dose))
    answer = grade(CRS, record, 20.0)
    assert (answer.grade, answer.since) == (2, 12.0)
    assert "tocilizumab" in [b.name for b in answer.because]
