"""The IEC-HS question: published elements at both sides of each boundary, and what they say.

The numbers are those of the sources named in `decisions/wave_differential.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from equipoise import files
from equipoise.advice import Situation
from equipoise.criterion import Grade, Truth
from equipoise.decisions.wave_differential import DIFFERENTIAL, FEATURES, LEE
from equipoise.differential import Sign, signs_of
from equipoise.record import Record
from equipoise.source import Standing

MET, NOT, OPEN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN
NOW = 240.0
BY_ID = {f.id: f for f in FEATURES}


def record(*events: dict[str, Any], t: float = NOW, born: str = "1960-01-01") -> Record:
    content = {
        "equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00", "born": born,
        "events": [{"type": "cells", "at": 0, "product": "axicabtagene"}, *events],
    }  # fmt: skip
    return files.record_from_json(content).assuming_turnaround().until(t)


def lab(name: str, value: str, at: float = NOW - 5, **more: str) -> dict[str, Any]:
    return {"type": "measurement", "at": at, "known": at, "name": name, "value": value, **more}


def seen(name: str, value: object, at: float = NOW - 5) -> dict[str, Any]:
    return {"type": "finding", "at": at, "name": name, "value": value}


def sign(feature: str, *events: dict[str, Any], t: float = NOW, born: str = "1960-01-01") -> Sign:
    found = signs_of(DIFFERENTIAL, Situation(record(*events, t=t, born=born), t, {}))
    return next(s for s in found if s.feature == feature)


VALUES = (
    # feature, event, present
    ("ferritin_10000", lab("ferritin", "10000 ng/mL"), MET),
    ("ferritin_10000", lab("ferritin", "9999 ng/mL"), NOT),
    ("ferritin_10000", lab("ferritin", "10000 ug/L"), MET),
    ("ferritin_10000", lab("ferritin", ">1650 ng/mL"), OPEN),
    ("ferritin_10000", lab("ferritin", ">40000 ng/mL"), MET),
    ("low_fibrinogen", lab("fibrinogen", "149 mg/dL"), MET),
    ("low_fibrinogen", lab("fibrinogen", "150 mg/dL"), NOT),
    ("low_fibrinogen", lab("fibrinogen", "1.49 g/L"), MET),
    ("low_fibrinogen", lab("fibrinogen", "1.5 g/L"), NOT),
    ("low_fibrinogen", lab("fibrinogen", "<60 mg/dL"), MET),
    ("triglycerides", lab("triglycerides", "265 mg/dL"), MET),
    ("triglycerides", lab("triglycerides", "264 mg/dL"), NOT),
    ("triglycerides", lab("triglycerides", "3.0 mmol/L"), MET),
    ("triglycerides", lab("triglycerides", "2.9 mmol/L"), NOT),
    ("soluble_il2r", lab("soluble_il2r", "2400 U/mL"), MET),
    ("soluble_il2r", lab("soluble_il2r", "2399 U/mL"), NOT),
    ("bilirubin", lab("bilirubin", "2.0 mg/dL"), MET),
    ("bilirubin", lab("bilirubin", "1.9 mg/dL"), NOT),
    ("bilirubin", lab("bilirubin", "34 umol/L"), MET),
    ("bilirubin", lab("bilirubin", "33 umol/L"), NOT),
    ("urine_protein", lab("urine_protein_creatinine", "1 mg/mg"), MET),
    ("urine_protein", lab("urine_protein_creatinine", "0.99 mg/mg"), NOT),
    ("liver", lab("ast", "201 U/L", high="40 U/L"), MET),
    ("liver", lab("ast", "200 U/L", high="40 U/L"), OPEN),  # ALT is not known
    ("liver", lab("ast", "201 U/L"), OPEN),
    ("ldh", lab("ldh", "251 U/L", high="250 U/L"), MET),
    ("ldh", lab("ldh", "250 U/L", high="250 U/L"), NOT),
    ("ldh", lab("ldh", "900 U/L"), OPEN),
    ("sc5b9", lab("sc5b9", "250 ng/mL", high="250 ng/mL"), MET),
    ("sc5b9", lab("sc5b9", "249 ng/mL", high="250 ng/mL"), NOT),
    ("fever", lab("temperature", "38.0 Cel"), MET),
    ("fever", lab("temperature", "37.9 Cel"), NOT),
    ("fever", lab("temperature", "100.4 degF"), MET),
    ("fever", lab("temperature", "100.3 degF"), NOT),
    ("fever", seen("fever", True), MET),
    ("hypertension", seen("hypertension", False), NOT),
    ("hypertension", lab("systolic", "140 mm[Hg]"), MET),
    ("hypertension", lab("systolic", "139 mm[Hg]"), OPEN),  # diastolic is not known
    ("hypertension", lab("diastolic", "90 mm[Hg]"), MET),
    ("schistocytes", seen("schistocytes", True), MET),
    ("schistocytes", seen("schistocytes", False), NOT),
    ("splenomegaly", seen("splenomegaly", True), MET),
    ("ascites", seen("ascites", True), MET),
    ("painful_hepatomegaly", seen("painful_hepatomegaly", False), NOT),
    ("portal_flow", seen("reversed_portal_flow", True), MET),
    ("hemophagocytosis", seen("hemophagocytosis", True, 30), MET),
    ("infection", seen("infection", "proven"), MET),
    ("infection", seen("infection", "suspected"), OPEN),
    ("infection", seen("infection", "excluded"), NOT),
    ("infection", seen("infection", "excluded", NOW - 73), OPEN),
    ("progression", seen("progression", "proven"), MET),
    ("progression", seen("progression", "excluded"), NOT),
    ("neurologic", lab("ice_score", "9"), MET),
    ("neurologic", lab("ice_score", "10"), OPEN),  # consciousness is not known
    ("neurologic", seen("consciousness", "voice"), MET),
    ("neurologic", seen("seizure", "resolved"), MET),
    ("neurologic", seen("tremor", True), OPEN),  # tremor does not count
    ("neurologic", seen("intracranial_hemorrhage", True), OPEN),
    ("circulation_or_oxygen", seen("oxygen_device", "nasal_cannula"), MET),
    ("circulation_or_oxygen", seen("hypotension", True), MET),
    ("circulation_or_oxygen", seen("hypotension", False), OPEN),  # oxygen is not known
    ("ferritin_twice", seen("ferritin_rapidly_rising", True), MET),
)


@pytest.mark.parametrize(("feature", "event", "expected"), VALUES)
def test_each_side_of_each_boundary(feature: str, event: dict[str, Any], expected: Truth) -> None:
    assert sign(feature, event).truth is expected


@pytest.mark.parametrize("feature", [f.id for f in FEATURES])
def test_with_nothing_observed_every_element_is_unknown(feature: str) -> None:
    found = sign(feature)
    assert found.truth is OPEN
    assert set(found.sides.values()) <= {"unknown", "neither"}


@pytest.mark.parametrize(("feature", "event", "expected"), VALUES)
def test_a_value_before_the_infusion_says_nothing_of_now(
    feature: str, event: dict[str, Any], expected: Truth
) -> None:
    early = {**event, "at": -20.0, **({"known": -20.0} if "known" in event else {})}
    assert sign(feature, early).truth is OPEN


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("300 ng/mL", "600 ng/mL", NOT),
        ("300 ng/mL", "601 ng/mL", MET),
        ("6905 ng/mL", "13811 ng/mL", MET),
        ("<300 ng/mL", "601 ng/mL", MET),
        ("<300 ng/mL", "500 ng/mL", OPEN),
        (">300 ng/mL", "5000 ng/mL", OPEN),
        ("300 ng/mL", ">500 ng/mL", OPEN),
        ("300 ng/mL", "<600 ng/mL", NOT),
    ],
)
def test_ferritin_over_baseline(before: str, now: str, expected: Truth) -> None:
    """T50: strictly more than twice."""
    assert sign("ferritin_twice", lab("ferritin", before, -2), lab("ferritin", now)).truth is (
        expected
    )


@pytest.mark.parametrize(
    ("first", "second", "hours", "expected"),
    [
        ("5000 ng/mL", "7400 ng/mL", 24.0, MET),  # T32: 100.0 per hour
        ("5000 ng/mL", "7399 ng/mL", 24.0, NOT),
        ("5000 ng/mL", "6200 ng/mL", 12.0, MET),
        ("5000 ng/mL", "9000 ng/mL", 24.5, OPEN),  # no pair within 24 h
        ("5000 ng/mL", ">7400 ng/mL", 24.0, MET),
        ("5000 ng/mL", ">7000 ng/mL", 24.0, OPEN),
        (">5000 ng/mL", "7400 ng/mL", 24.0, OPEN),
        ("<5000 ng/mL", "7400 ng/mL", 24.0, MET),
    ],
)
def test_the_slope_of_masl(first: str, second: str, hours: float, expected: Truth) -> None:
    events = (lab("ferritin", first, NOW - 5 - hours), lab("ferritin", second))
    assert sign("ferritin_slope", *events).truth is expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((("hemoglobin", "8.9 g/dL"), ("platelets", "99 10*9/L")), MET),
        ((("hemoglobin", "9.0 g/dL"), ("platelets", "99 10*9/L")), OPEN),
        ((("hemoglobin", "9.0 g/dL"), ("platelets", "100 10*9/L")), NOT),
        ((("platelets", "99 10*9/L"), ("neutrophils", "0.99 10*9/L")), MET),
        ((("platelets", "99 10*9/L"), ("neutrophils", "1.0 10*9/L"), ("hemoglobin", "9.0 g/dL")),
         NOT),
    ],
)  # fmt: skip
def test_two_lineages_of_hlh_2004(events: tuple[tuple[str, str], ...], expected: Truth) -> None:
    assert sign("two_cytopenias", *(lab(*e) for e in events)).truth is expected


@pytest.mark.parametrize(
    ("receptor", "ferritin", "expected"),
    [
        ("3901 U/mL", "1001 ng/mL", MET),
        ("3900 U/mL", "1001 ng/mL", NOT),
        ("3901 U/mL", "1000 ng/mL", NOT),
    ],
)
def test_ohi_before_the_infusion(receptor: str, ferritin: str, expected: Truth) -> None:
    events = (lab("soluble_il2r", receptor, -3), lab("ferritin", ferritin, -3))
    assert sign("inflamed_before", *events).truth is expected
    assert sign("inflamed_before", lab("ferritin", "4000 ng/mL", -3)).truth is OPEN


@pytest.mark.parametrize(
    ("weight", "expected"), [("84.1 kg", MET), ("84.0 kg", NOT), ("80 kg", NOT)]
)
def test_weight_gain_of_sos(weight: str, expected: Truth) -> None:
    assert sign("weight_gain", lab("weight", "80 kg", -3), lab("weight", weight)).truth is expected


@pytest.mark.parametrize(
    ("low", "high", "since", "fever", "expected"),
    [
        (1, 2, 0.0, 1.0, NOT),  # 10.0 days exactly
        (1, 2, -0.5, 1.0, MET),
        (2, 2, 100.0, 1.0, NOT),
        (2, 2, 100.0, -1.0, OPEN),  # this grade for 5.8 days; a lower one before is not known
        (0, 4, None, 1.0, OPEN),
        (0, 0, None, 1.0, NOT),
    ],
)
def test_crs_for_more_than_ten_days(
    low: int, high: int, since: float | None, fever: float, expected: Truth
) -> None:
    grade = Grade(
        "crs_astct2019", NOW, low, high, None, None, None, since, (), (), "",
        LEE, Standing.PUBLISHED,
    )  # fmt: skip
    past = record(*([seen("fever", True, fever)] if fever > 0 else []))
    found = signs_of(DIFFERENTIAL, Situation(past, NOW, {grade.criterion: grade}))
    assert next(s for s in found if s.feature == "long_crs").truth is expected


@pytest.mark.parametrize(("day", "expected"), [(14, NOT), (15, MET)])
def test_no_new_crs_after_day_14(day: int, expected: Truth) -> None:
    found = sign("after_day_14", lab("temperature", "38.5 Cel", 24.0 * day), t=24.0 * day + 3)
    assert found.truth is expected
    assert found.sides["crs"] == ("against" if expected is MET else "neither")


def test_a_child_is_read_by_capd() -> None:
    for score, expected in (("9", MET), ("8", OPEN)):
        assert sign("neurologic", lab("capd_score", score), born="2019-01-01").truth is expected
    assert sign("neurologic", lab("ice_score", "3"), born="2019-01-01").truth is OPEN
    assert sign("hypertension", lab("systolic", "150 mm[Hg]"), born="2019-01-01").truth is OPEN


def test_no_fever_under_treatment_says_nothing() -> None:
    """ASTCT 2019: fever is no longer required once it is treated."""
    cool = lab("temperature", "36.8 Cel")
    assert sign("fever", cool).sides["crs"] == "against"
    dose = {"type": "dose", "at": 100, "agent": "tocilizumab", "amount": "560 mg", "route": "iv"}
    assert sign("fever", cool, dose).sides["crs"] == "unknown"
    assert sign("fever", cool, {**dose, "at": -30}).sides["crs"] == "against"


# --- ferritin parting from CRP and IL-6 ---------------------------------------------------------


def series(name: str, unit: str, *numbers: str | float) -> list[dict[str, Any]]:
    start = NOW - 5 - 24 * (len(numbers) - 1)
    return [lab(name, f"{n} {unit}", start + 24.0 * i) for i, n in enumerate(numbers)]


UP, DOWN, FLAT = (800, 2000, 6000), (120, 50, 20), (60, 62, 59)


@pytest.mark.parametrize(
    ("ferritin", "crp", "il6", "expected"),
    [
        (UP, DOWN, DOWN, MET),
        (UP, DOWN, (), MET),
        (UP, DOWN, UP, NOT),
        (UP, (20, 60, 180), (), NOT),
        (UP, FLAT, (), OPEN),
        (UP, (), (), OPEN),
        (DOWN, DOWN, DOWN, NOT),
        (FLAT, DOWN, (), OPEN),
        ((800, 2000, ">3300"), (120, 20, "<5"), (), MET),
    ],
)
def test_ferritin_apart(
    ferritin: tuple[Any, ...], crp: tuple[Any, ...], il6: tuple[Any, ...], expected: Truth
) -> None:
    events = [
        *series("ferritin", "ng/mL", *ferritin), *series("crp", "mg/L", *crp),
        *series("il6", "pg/mL", *il6),
    ]  # fmt: skip
    found = sign("ferritin_apart", *events)
    assert found.truth is expected
    if expected is MET:
        assert found.sides == {"iechs": "for", "crs": "against"}


# --- what the sources say -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "condition", "present", "absent", "number"),
    [
        ("after_first_wave", "iechs", "for", "neither", "4 days (IQR 1-6)"),
        ("after_day_14", "crs", "against", "neither", "0 of 475"),
        ("after_day_90", "iechs", "against", "neither", "day 11 (5-86)"),
        ("long_crs", "iechs", "for", "neither", "11 days (10-15)"),
        ("ferritin_10000", "iechs", "for", "against", "26 of 26"),
        ("ferritin_10000", "iechs", "for", "against", "21 of 134"),
        ("ferritin_apart", "iechs", "for", "neither", "3 of 3"),
        ("ferritin_apart", "crs", "against", "neither", "3 of 3"),
        ("neurologic", "iechs", "neither", "neither", "63 %"),
        ("ldh", "iechs", "for", "neither", "71 %"),
        ("low_fibrinogen", "iechs", "for", "neither", "70 %"),
        ("low_fibrinogen", "iechs", "for", "neither", "12 of 55"),
        ("low_fibrinogen", "tma", "against", "neither", "coagulation"),
        ("liver", "iechs", "for", "neither", "56 %"),
        ("fever", "iechs", "for", "neither", "76 %"),
        ("circulation_or_oxygen", "iechs", "for", "neither", "46 %"),
        ("triglycerides", "iechs", "for", "neither", "65 %"),
        ("two_cytopenias", "iechs", "for", "neither", "95 %"),
        ("soluble_il2r", "iechs", "for", "neither", "79 %"),
        ("hemophagocytosis", "iechs", "for", "neither", "6 %"),
        ("bilirubin", "iechs", "for", "neither", "22 %"),
        ("inflamed_before", "hlh", "for", "against", "sensitivity 84 %, specificity 81 %"),
        ("sc5b9", "sepsis", "neither", "neither", "1,219 ng/mL"),
        ("sc5b9", "tma", "for", "against", "one of 7"),
    ],
)
def test_what_an_element_says_with_its_number(
    feature: str, condition: str, present: str, absent: str, number: str
) -> None:
    bearings = [b for b in BY_ID[feature].bearings if b.condition == condition]
    assert {(b.present, b.absent) for b in bearings} == {(present, absent)}
    assert any(number in b.basis.says for b in bearings)


def test_every_bearing_has_a_source_a_population_and_its_place() -> None:
    for feature in FEATURES:
        assert feature.bearings
        for bearing in feature.bearings:
            basis = bearing.basis
            assert all((basis.says, basis.population, basis.source.short, basis.source.where))
            if "not read" in basis.source.where:
                assert basis.standing is Standing.PROVISIONAL, feature.id
            if "no cited sentence" in basis.source.where:
                assert basis.standing is Standing.HYPOTHESIS, feature.id


def test_no_feature_makes_icans_and_iechs_exclusive() -> None:
    for feature in FEATURES:
        sides = {b.condition: b for b in feature.bearings}
        if "icans" in sides and "iechs" in sides:
            assert sides["iechs"].present == sides["iechs"].absent == "neither"
