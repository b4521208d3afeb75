"""The three-valued logic, limits, looks and the answer's parts."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from equipoise import units
from equipoise.chart import chart_of
from equipoise.criteria import CRS, HSCORE, ICANS
from equipoise.criterion import (
    Because,
    Limit,
    Truth,
    all_of,
    any_of,
    bands,
    car_infusion,
    compare,
    evaluate,
    look_now,
    reading,
    seen,
)
from equipoise.grading import daily, grade, manual
from equipoise.probe import choices, together, values, with_entries
from equipoise.readers import reached
from equipoise.record import Cells, Dose, Finding, Measurement, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN


def infused(*, at: float = 0.0, product: str = "tisagenlecleucel") -> Record:
    return Record(
        id="p", day0=DAY0, born=date(1990, 4, 1),
        events=(Cells(at=at, known=at, product=product),),
    )  # fmt: skip


def test_kleene_tables():
    assert [(a & b) for a in Truth for b in Truth] == [
        NOT_MET, NOT_MET, NOT_MET, NOT_MET, UNKNOWN, UNKNOWN, NOT_MET, UNKNOWN, MET,
    ]  # fmt: skip
    assert [(a | b) for a in Truth for b in Truth] == [
        NOT_MET, UNKNOWN, MET, UNKNOWN, UNKNOWN, MET, MET, MET, MET,
    ]  # fmt: skip
    assert (~MET, ~NOT_MET, ~UNKNOWN) == (NOT_MET, MET, UNKNOWN)
    assert (Truth.of(True), Truth.of(False), Truth.of(None)) == (MET, NOT_MET, UNKNOWN)
    assert (MET.known, NOT_MET.known, UNKNOWN.known) == (True, False, None)
    assert all_of(()) is MET
    assert any_of(()) is NOT_MET
    assert all_of((MET, UNKNOWN)) is UNKNOWN
    assert any_of((UNKNOWN, MET)) is MET


@pytest.mark.parametrize(
    ("value", "relation", "expected"),
    [
        ("150", "<", NOT_MET), ("149", "<", MET), ("150", "<=", MET), ("151", "<=", NOT_MET),
        ("150", ">", NOT_MET), ("151", ">", MET), ("150", ">=", MET), ("149", ">=", NOT_MET),
        ("<150", "<", MET), ("<150", "<=", MET), ("<150", ">=", NOT_MET), ("<150", ">", NOT_MET),
        ("<151", "<", UNKNOWN), ("<151", ">=", UNKNOWN), ("<20", ">", NOT_MET),
        (">150", ">", MET), (">150", "<=", NOT_MET), (">149", ">", UNKNOWN), (">900", "<", NOT_MET),
    ],
)  # fmt: skip
def test_compare_with_censoring(value, relation, expected):
    quantity = units.parse(f"{value} mg/dL")
    assert compare(quantity, relation, Decimal(150), "mg/dL") is expected


def test_a_limit_is_compared_in_the_unit_of_entry_where_it_was_printed_there():
    limit = Limit(">=", (("1.5", "mmol/L"), ("132.7", "mg/dL")), "triglycerides")
    assert limit.met_by(units.parse("132.7 mg/dL")) is MET
    assert limit.met_by(units.parse("132.6 mg/dL")) is NOT_MET
    assert limit.met_by(units.parse("1.50 mmol/L")) is MET
    assert limit.met_by(units.parse("1.49 mmol/L")) is NOT_MET
    # A third unit goes to the source's own: 1.4 g/L is 140 mg/dL, 1.58 mmol/L.
    assert limit.met_by(units.parse("1.4 g/L")) is MET
    assert limit.text == ">= 1.5 mmol/L (132.7 mg/dL)"
    assert limit.opposite == "< 1.5 mmol/L (132.7 mg/dL)"


def test_decimal_arithmetic_at_reported_precision():
    fever = Limit(">=", (("38.0", "Cel"),))
    assert fever.met_by(units.parse("100.4 [degF]")) is MET
    assert fever.met_by(units.parse("100.3 [degF]")) is NOT_MET
    assert compare(units.parse("0.3 mg/dL"), ">=", Decimal("1.2") - Decimal("0.9"), "mg/dL") is MET


@pytest.mark.parametrize("relation", [">=", ">", "<=", "<"])
def test_examples_lie_on_the_two_sides_of_a_limit(relation):
    limit = Limit(relation, (("38.0", "Cel"),))
    assert limit.met_by(units.parse(limit.example(met=True))) is MET
    assert limit.met_by(units.parse(limit.example(met=False))) is NOT_MET


def test_bands_of_a_censored_value():
    limits = (Limit(">=", (("2000", "ng/mL"),)), Limit(">", (("6000", "ng/mL"),)))
    assert bands(units.parse("6000 ng/mL"), limits) == {1}
    assert bands(units.parse(">1500 ng/mL"), limits) == {0, 1, 2}
    assert bands(units.parse(">2000 ng/mL"), limits) == {1, 2}
    assert bands(units.parse("<2000 ng/mL"), limits) == {0}


def test_readings():
    assert reading(2, (), ("x",)).missing == ()
    assert reading((0, 1), (None,), ("x", "x")).missing == ("x",)
    assert not reading((0, 1)).settled
    assumed = Measurement(
        at=1.0,
        known=5.0,
        assumed=True,
        name="ferritin",
        value=units.parse("<30 ng/mL"),
        number=30.0,
    )
    assert seen(assumed, "baseline").to_json() == {
        "name": "ferritin", "at": 1.0, "value": "<30 ng/mL",
        "note": "baseline; time known assumed",
    }  # fmt: skip
    assert seen(Finding(at=1.0, known=1.0, name="vasopressors", value=())).value == "none"
    dose = Dose(at=1.0, known=1.0, agent="tocilizumab", amount=units.parse("8 mg/kg"))
    assert seen(dose) == Because("tocilizumab", 1.0, "8 mg/kg")


def look(record, t):
    return look_now(chart_of((record,)), np.zeros(1, dtype=np.int64), np.array([float(t)]))


def test_windows_and_the_start_of_a_look():
    def there(record, t):
        return bool(evaluate(CRS, look(record, t)).looks.of("temperature").there[0])

    record = with_entries(infused(), -2.0, [("temperature", "39.0 Cel")])
    assert not there(record, 3.0), "before the infusion"
    record = with_entries(record, 3.0, [("temperature", "38.5 Cel")])
    assert there(record, 27.0)
    assert not there(record, 27.1)
    assert not there(record, 2.9), "not yet happened"


@pytest.mark.parametrize(
    ("at", "expected"), [(-720.0, True), (-721.0, False), (0.0, True), (1.0, False)]
)
def test_baseline_is_the_last_value_at_or_before_the_infusion_and_at_most_30_days_old(at, expected):
    record = with_entries(infused(), at, [("ferritin", "100 ng/mL")])
    before = look(record, 5.0).baseline("ferritin", np.array([0.0]))
    assert bool(before.there[0]) is expected


def infusion(record, t):
    """The infusion for one record, and the same for a chart."""
    found = look(record, t).infusion()[0]
    assert car_infusion(record, t) == (None if np.isnan(found) else found)
    return car_infusion(record, t)


def test_which_infusion_counts():
    assert infusion(infused(product="graft"), 5.0) is None
    assert infusion(infused(), -1.0) is None
    assert infusion(infused(at=3.0), 5.0) == 3.0
    twice = replace(
        infused(),
        events=(*infused().events, Cells(at=700.0, known=700.0, product="car_other")),
    )
    assert infusion(twice, 699.0) == 0.0
    assert infusion(twice, 700.0) == 700.0
    held = Cells(at=0.0, known=0.0, product="car_other", status="held")
    assert infusion(replace(infused(), events=(held,)), 5.0) is None
    header = Record(id="p", day0=DAY0, indication="cart")
    assert infusion(header, 5.0) == 0.0
    assert infusion(replace(header, indication="itp"), 5.0) is None


def test_the_contract_example():
    record = with_entries(infused(), 58.0, [("hypotension", True), ("vasopressors", ())])
    record = with_entries(record, 58.0, [("temperature", "38.4 Cel")])
    record = with_entries(record, 59.0, [("temperature", "38.4 Cel")])
    answer = grade(CRS, record, 60.0).to_json()
    assert (answer["low"], answer["high"], answer["grade"], answer["since"]) == (2, 4, None, 58.0)
    assert {"name": "temperature", "at": 59.0, "value": "38.4 Cel"} in answer["because"]
    assert [m["name"] for m in answer["missing"]] == ["oxygen_device"]
    would = answer["missing"][0]["would_become"]
    assert {k: would[k] for k in ("none", "nasal_cannula", "face_mask", "cpap")} == {
        "none": 2, "nasal_cannula": 2, "face_mask": 3, "cpap": 4,
    }  # fmt: skip
    assert would["nasal_cannula >6 L/min"] == 3
    assert answer["sentence"] == (
        "at least grade 2: fever and hypotension without vasopressor; oxygen need unknown"
    )
    assert answer["source"]["doi"] == "10.1016/j.bbmt.2018.12.758"
    assert answer["source"]["where"] == "Table 2"
    assert answer["standing"] == "published"
    assert set(answer) == {
        "criterion", "at", "low", "high", "grade", "score", "met", "since", "because", "missing",
        "sentence", "source", "standing",
    }  # fmt: skip


def test_not_applicable_is_null_with_a_sentence():
    answer = grade(CRS, infused(product="graft"), 60.0)
    assert not answer.applies
    content = answer.to_json()
    assert [content[k] for k in ("low", "high", "grade", "score", "met", "since")] == [None] * 6
    assert content["sentence"].startswith("not applicable")


def test_what_is_known_later_is_not_seen_and_a_correction_counts_from_when_it_is_known():
    record = with_entries(infused(), 10.0, [("hypotension", False), ("oxygen_device", "none")])
    late = Measurement(
        at=10.0, known=14.0, name="temperature", value=units.parse("39.0 Cel"), number=39.0
    )
    record = replace(record, events=(*record.events, late))
    assert grade(CRS, record, 12.0).high == 1
    assert grade(CRS, record, 12.0).low == 0
    assert grade(CRS, record, 14.0).grade == 1


def test_a_planned_value_never_counts():
    record = with_entries(infused(), 10.0, [("temperature", "36.8 Cel"), ("oxygen_device", "none")])
    ahead = Finding(at=20.0, known=5.0, name="vasopressors", value=("noradrenaline",))
    record = replace(record, events=(*record.events, ahead))
    record = with_entries(record, 10.0, [("hypotension", False)])
    assert grade(CRS, record, 15.0).grade == 0


def test_since_is_the_start_of_the_unbroken_stretch():
    record = infused()
    for at, temperature in (
        (6.0, "39.0"),
        (20.0, "38.8"),
        (40.0, "36.9"),
        (50.0, "38.3"),
        (60.0, "38.6"),
    ):
        record = with_entries(
            record, at,
            [("temperature", f"{temperature} Cel"), ("hypotension", False),
             ("oxygen_device", "none"), ("antipyretic_or_anticytokine", False)],
        )  # fmt: skip
    assert grade(CRS, record, 30.0).since == 6.0
    assert grade(CRS, record, 41.0).since is None, "no grade, no stretch"
    assert grade(CRS, record, 61.0).since == 50.0
    # 60 h + 24 h is still covered; one hour later the vital signs are stale.
    assert grade(CRS, record, 84.0).since == 50.0
    assert grade(CRS, record, 85.0).low == 0


def test_daily_answers_at_each_day_end_and_last_at_t():
    record = with_entries(
        infused(), 20.0,
        [("temperature", "38.5 Cel"), ("hypotension", False), ("oxygen_device", "none")],
    )  # fmt: skip
    answers = daily(CRS, record, 30.0)
    assert [a.grade for a in answers] == [None, 1]
    assert answers[0].at == pytest.approx(14.0 - 1 / 3600)
    assert answers[-1].at == 30.0
    assert daily(CRS, record, 30.0, start_day=-1)[0].at == pytest.approx(-10.0 - 1 / 3600)


def test_missing_is_ordered_by_effort():
    missing = grade(HSCORE, infused(), 5.0).missing
    names = [m.name for m in missing]
    assert names[-1] == "hemophagocytosis", "a marrow comes last"
    assert names.index("temperature") < names.index("ferritin")
    assert set(names) == {p.name for p in HSCORE.probes}


def test_after_death_the_state_at_death_is_graded():
    record = with_entries(
        infused(), 20.0,
        [("temperature", "38.5 Cel"), ("hypotension", False), ("oxygen_device", "none")],
    )  # fmt: skip
    crs = with_entries(record, 25.0, [("death", "cytokine release syndrome")])
    assert grade(CRS, crs, 100.0).grade == 5
    assert grade(CRS, crs, 24.0).grade == 1
    other = with_entries(record, 25.0, [("death", "sepsis")])
    assert grade(CRS, other, 100.0).grade == 1
    unknown = grade(CRS, with_entries(record, 25.0, [("death", True)]), 100.0)
    assert (unknown.low, unknown.high) == (1, 5)
    assert [m.name for m in unknown.missing] == ["death"]


def test_probes_and_manual():
    assert [label for label, _ in choices("seizure").answers] == ["none", "resolved", "prolonged"]
    assert [label for label, _ in choices("hypotension").answers] == ["false", "true"]
    limits = (Limit(">=", (("38.4", "Cel"),)), Limit(">", (("39.4", "Cel"),)))
    assert [label for label, _ in values("temperature", limits).answers] == [
        "< 38.4 Cel", ">= 38.4 Cel and <= 39.4 Cel", "> 39.4 Cel",
    ]  # fmt: skip
    text = manual(HSCORE)
    assert "| Fibrinogen | fibrinogen not lowered | > 2.5 g/L | 0 |" in text
    assert "10.1002/art.38690" in text
    for item in ICANS.items:
        for rule in item.rules:
            assert rule in manual(ICANS)


def test_one_criterion_asks_another():
    fever = with_entries(infused(), 50.0, [("temperature", "38.4 Cel")])
    low = with_entries(fever, 50.0, [("hypotension", True), ("vasopressors", ("noradrenaline",))])
    air = with_entries(low, 50.0, [("oxygen_device", "none")])
    early = replace(low, events=(replace(low.events[0], at=60.0, known=60.0), *low.events[1:]))
    looks = look_now(chart_of([fever, low, air, early]), np.arange(4), np.full(4, 51.0))
    for least, expected in ((1, [2, 2, 2, 0]), (3, [1, 2, 2, 0]), (4, [1, 1, 0, 0])):
        found = reached(CRS, least)(looks)
        assert found.truth.tolist() == expected, "not met before the infusion"
    assert "oxygen_device" in reached(CRS, 4)(looks).explain(1).missing
    assert {b.name for b in reached(CRS)(looks).explain(2).because if b} >= {"temperature"}


def test_of_two_probes_of_one_name_the_later_stands():
    first, second = choices("ascites"), choices("ascites")
    found = together((first, choices("dialysis")), (second,))
    assert [p.name for p in found] == ["ascites", "dialysis"]
    assert found[0] is second
