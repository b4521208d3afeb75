"""IEC-HS, ASTCT 2023: every rule is provisional (the paper's tables were not read)."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from equipoise import units
from equipoise.criteria import IECHS
from equipoise.grading import grade, with_entries
from equipoise.record import Cells, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
BASE = {
    "ferritin": "300 ng/mL",
    "ast": "25 U/L",
    "alt": "25 U/L",
    "creatinine": "0.8 mg/dL",
    "platelets": "180 10*9/L",
    "neutrophils": "2.5 10*9/L",
    "fibrinogen": "300 mg/dL",
}
UPPER = {"ferritin": "300 ng/mL", "ast": "40 U/L", "alt": "40 U/L"}
LOWER = {"fibrinogen": "150 mg/dL"}
NORMAL = {
    "ferritin": "300 ng/mL",
    "ferritin_rapidly_rising": False,
    "ast": "25 U/L",
    "alt": "25 U/L",
    "fibrinogen": "300 mg/dL",
    "hemophagocytosis": False,
    "platelets": "180 10*9/L",
    "neutrophils": "2.5 10*9/L",
    "infection": "excluded",
    "progression": "excluded",
    "treatment_for": (),
    "transfusion_dependent_bleeding": False,
    "bleeding_grade": 0,
    "temperature": "36.8 Cel",
    "antipyretic_or_anticytokine": False,
    "hypotension": False,
    "vasopressors": (),
    "oxygen_device": "none",
    "intubated": False,
    "dialysis": False,
    "creatinine": "0.8 mg/dL",
}
FULL = {"ferritin": "12000 ng/mL", "fibrinogen": "90 mg/dL"}
"""Required element and one common feature."""


def patient(*, base=BASE, crs="resolved", without=(), **findings):
    cells = Cells(at=0.0, known=0.0, product="idecabtagene")
    record = Record(id="p", day0=DAY0, born=date(1960, 4, 1), events=(cells,))
    record = with_entries(record, -48.0, base.items())
    quiet = {k: NORMAL[k] for k in ("hypotension", "vasopressors", "oxygen_device", "intubated")}
    if crs == "resolved":
        record = with_entries(record, 30.0, (quiet | {"temperature": "39.0 Cel"}).items())
        record = with_entries(record, 100.0, (quiet | {"temperature": "36.8 Cel"}).items())
    if crs == "peak":
        findings = {"temperature": "39.0 Cel"} | findings
    entries = {k: v for k, v in (NORMAL | findings).items() if k not in without}
    record = with_entries(record, 240.0, entries.items())
    return replace(record, events=tuple(ranged(e) for e in record.events))


def ranged(event):
    if event.key in UPPER:
        event = replace(event, high=units.parse(UPPER[event.key]))
    if event.key in LOWER:
        event = replace(event, low=units.parse(LOWER[event.key]))
    return event


def answer(**kwargs):
    return grade(IECHS, patient(**kwargs), 241.0)


def because(found, name):
    return [b for b in found.because if b.name == name]


def element(name, **kwargs):
    """Possible classes of one item: {0} not met, {1} met, {0, 1} unknown."""
    from equipoise.criterion import by_name, snapshot

    now = snapshot(IECHS, patient(**kwargs).until(241.0), 241.0)
    return set(by_name(IECHS, now.readings)[name].possible)


def test_standing_is_provisional_and_printed():
    found = answer()
    assert found.to_json()["standing"] == "provisional"
    assert "provisional" in found.sentence


# --- the required element ----------------------------------------------------------------------


def test_t50_ferritin_strictly_above_twice_the_limit():
    at = answer(ferritin="600 ng/mL", fibrinogen="90 mg/dL")
    assert (at.met, at.status, at.grade) == (False, "excluded", 0)
    over = answer(ferritin="601 ng/mL", fibrinogen="90 mg/dL")
    assert (over.met, over.status, over.grade) == (True, "consistent", 1)
    assert answer(ferritin="600.1 ug/L", fibrinogen="90 mg/dL").met is True


def test_a_baseline_above_the_upper_limit_decides_alone():
    high = BASE | {"ferritin": "6905 ng/mL"}
    assert element("required", base=high, ferritin="13810 ng/mL") == {0}
    assert element("required", base=high, ferritin="13811 ng/mL") == {1}
    low = BASE | {"ferritin": "100 ng/mL"}
    assert element("required", base=low, ferritin="200 ng/mL") == {0}
    assert element("required", base=low, ferritin="201 ng/mL") == {1}


def test_rapidly_rising_in_the_judgment_of_the_team_meets_it():
    assert element("required", ferritin="400 ng/mL", ferritin_rapidly_rising=True) == {1}
    assert element("required", ferritin="400 ng/mL", without=("ferritin_rapidly_rising",)) == {0, 1}


def test_required_element_unknown():
    found = answer(without=("ferritin",), fibrinogen="90 mg/dL")
    assert (found.met, found.status, found.low, found.high) == (None, "possible", 0, 1)
    assert found.missing[0].name == "ferritin"
    base = {k: v for k, v in BASE.items() if k != "ferritin"}
    found = answer(base=base, **FULL)
    assert (found.met, found.status) == (None, "possible")
    assert found.missing[0].name == "baseline ferritin"
    assert [list(w[1:]) for w in found.missing[0].would_become] == [[1, 1], [0, 0]]


def test_a_baseline_older_than_30_days_is_none():
    record = patient(**FULL)
    stale = tuple(
        replace(e, at=-721.0, known=-721.0) if e.key == "ferritin" and e.at < 0 else e
        for e in record.events
    )
    assert grade(IECHS, replace(record, events=stale), 241.0).status == "possible"


# --- the common elements -----------------------------------------------------------------------


def test_t52_transaminases():
    assert element("liver", ast="200 U/L") == {0}
    assert element("liver", ast="201 U/L") == {1}
    assert element("liver", alt="200 U/L") == {0}
    assert element("liver", alt="201 U/L") == {1}
    high = BASE | {"ast": "60 U/L"}
    assert element("liver", base=high, ast="201 U/L") == {0}, "3.35 times the baseline"
    assert element("liver", base=high, ast="300 U/L") == {0}
    assert element("liver", base=high, ast="301 U/L") == {1}


def test_transaminases_without_baseline_or_limit():
    base = {k: v for k, v in BASE.items() if k != "ast"}
    assert element("liver", base=base, ast="201 U/L") == {0, 1}
    assert element("liver", base=base, ast="200 U/L") == {0}, "not even over the normal limit"
    assert element("liver", without=("alt",), ast="201 U/L") == {1}
    assert element("liver", without=("alt",)) == {0, 1}


def test_t27_fibrinogen():
    assert element("fibrinogen", fibrinogen="150 mg/dL") == {0}
    assert element("fibrinogen", fibrinogen="149 mg/dL") == {1}
    assert element("fibrinogen", fibrinogen="1.50 g/L") == {0}
    assert element("fibrinogen", fibrinogen="1.49 g/L") == {1}
    assert element("fibrinogen", without=("fibrinogen",)) == {0, 1}


def test_fibrinogen_below_the_laboratory_limit():
    record = patient(fibrinogen="180 mg/dL")
    events = tuple(
        replace(e, low=units.parse("200 mg/dL")) if e.key == "fibrinogen" else e
        for e in record.events
    )
    found = grade(IECHS, replace(record, events=events), 241.0)
    assert "low fibrinogen" in found.sentence
    events = tuple(replace(e, low=None) if e.key == "fibrinogen" else e for e in record.events)
    found = grade(IECHS, replace(record, events=events), 241.0)
    assert "fibrinogen element unknown" in found.sentence


def test_tissue_and_cytopenia():
    assert element("tissue", hemophagocytosis=True) == {1}
    assert element("tissue", without=("hemophagocytosis",)) == {0, 1}
    assert element("cytopenia") == {0}
    assert element("cytopenia", platelets="25 10*9/L") == {0}
    assert element("cytopenia", platelets="24 10*9/L") == {1}
    assert element("cytopenia", neutrophils="0.5 10*9/L") == {0}
    assert element("cytopenia", neutrophils="499 /uL") == {1}
    low = BASE | {"platelets": "20 10*9/L"}
    assert element("cytopenia", base=low, platelets="22 10*9/L") == {0}, "neither new nor worse"
    assert element("cytopenia", base=low, platelets="22 10*9/L", platelet_refractory=True) == {1}
    assert element("cytopenia", base=low, platelets="10 10*9/L") == {1}
    assert element("cytopenia", without=("platelets",)) == {0, 1}


# --- timing and exclusions ---------------------------------------------------------------------


def test_timing_from_the_course_of_crs():
    assert element("timing") == {1}
    assert element("timing", crs="peak") == {0}
    assert element("timing", crs="never") == {0, 1}
    again = answer(**FULL, temperature="39.5 Cel", oxygen_device="high_flow")
    assert again.met is True, "worse again after a first response"
    assert again.grade == 3
    peak = answer(crs="peak", **FULL)
    assert (peak.met, peak.status, peak.grade) == (None, "possible", 1), "open, and graded if it is"
    worse = answer(crs="peak", **FULL, oxygen_device="ventilator", intubated=True)
    assert (worse.met, worse.status, worse.grade) == (None, "possible", 4)
    unknown = answer(crs="peak", **FULL, without=("progression",), oxygen_device="bipap")
    assert (unknown.low, unknown.high) == (0, 3), "CRS of grade 4 does not close what is open"


@pytest.mark.parametrize("name", ["infection", "progression"])
@pytest.mark.parametrize("value", ["suspected", "proven", None])
def test_t54_other_explanations_stay_open(name, value):
    without = (name,) if value is None else ()
    found = answer(**FULL, without=without, **({name: value} if value else {}))
    assert (found.met, found.status) == (None, "possible")
    assert (found.low, found.high) == (0, 1)
    assert name in [m.name for m in found.missing]
    if value:
        assert f"{name} {value}: exclude it" in found.sentence


def test_status_words():
    assert answer().status == "excluded"
    assert answer(ferritin="12000 ng/mL", crs="never").status == "required_only"
    assert answer(ferritin="12000 ng/mL").status == "possible", "timing holds, no other feature"
    assert answer(**FULL).status == "consistent"
    bare = Record(id="p", day0=DAY0, events=(Cells(at=0.0, known=0.0, product="idecabtagene"),))
    found = grade(IECHS, bare, 241.0)
    assert (found.met, found.status, found.low, found.high) == (None, "possible", 0, 4)


# --- grade -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ({}, 1),  # T55: watched only
        ({"treatment_for": ("crs",)}, 1),
        ({"treatment_for": ("iechs",)}, 2),
        ({"transfusion_dependent_bleeding": True, "bleeding_grade": 3}, 3),
        ({"bleeding_grade": 2}, 1),
        ({"bleeding_grade": 4}, 4),
        ({"hypotension": True}, 3),
        ({"hypotension": True, "vasopressors": ("noradrenaline",)}, 4),
        ({"oxygen_device": "nasal_cannula"}, 3),
        ({"oxygen_device": "ventilator"}, 4),
        ({"intubated": True}, 4),  # T55
        ({"dialysis": True}, 4),  # T55
        ({"creatinine": "1.19 mg/dL"}, 1),
        ({"creatinine": "1.2 mg/dL"}, 3),
        ({"death": "IEC-HS"}, 5),  # T55
        ({"death": "infection"}, 1),
    ],
)
def test_t55_grade_by_consequence(findings, expected):
    found = answer(**FULL, **findings)
    assert (found.status, found.met) == ("consistent", True)
    assert (found.low, found.high) == (expected, expected)


def test_ferritin_does_not_grade():
    assert answer(ferritin="200000 ng/mL", fibrinogen="90 mg/dL").grade == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("treatment_for", (1, 2)),
        ("dialysis", (1, 4)),
        ("creatinine", (1, 3)),
        ("oxygen_device", (1, 3)),
        ("hypotension", (1, 3)),
    ],
)
def test_one_row_for_each_consequence_missing(name, expected):
    found = answer(**FULL, without=(name,))
    assert (found.low, found.high) == expected
    assert name in [m.name for m in found.missing]


def test_because_lists_the_elements():
    found = answer(**FULL, treatment_for=("iechs",))
    notes = {(b.name, b.note) for b in found.because}
    assert ("ferritin", "baseline") in notes
    for name in ("ferritin", "fibrinogen", "infection", "progression", "treatment_for"):
        assert because(found, name)
    assert because(found, "crs_astct2019")


def test_other_features_are_named():
    assert "triglycerides > 265 mg/dL" in answer(**FULL, triglycerides="266 mg/dL").sentence
    assert "triglycerides" not in answer(**FULL, triglycerides="265 mg/dL").sentence
