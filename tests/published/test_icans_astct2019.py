"""ICANS against the ASTCT 2019 tables for adults and children (Lee 2019)."""

from datetime import date, datetime

import pytest

from equipoise.criteria import ICANS
from equipoise.grading import grade, with_entries
from equipoise.record import Cells, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
NORMAL = {
    "consciousness": "spontaneous",
    "seizure": "none",
    "motor_weakness": "none",
    "cerebral_edema": "none",
}
ADULT, CHILD = date(1990, 4, 1), date(2017, 1, 1)


def answer(born=ADULT, without=(), **findings):
    cells = Cells(at=0.0, known=0.0, product="axicabtagene")
    record = Record(id="p", day0=DAY0, born=born, events=(cells,))
    entries = {k: v for k, v in (NORMAL | findings).items() if k not in without}
    return grade(ICANS, with_entries(record, 100.0, entries.items()), 101.0)


@pytest.mark.parametrize(
    ("score", "expected"),
    [("10", 0), ("9", 1), ("7", 1), ("6", 2), ("3", 2), ("2", 3), ("0", 3)],
)
def test_t12_t13_ice(score, expected):
    assert answer(ice_score=score).grade == expected


@pytest.mark.parametrize(
    ("score", "consciousness", "expected"),
    [
        ("0", "spontaneous", 0),  # project choice: no lower bound is printed
        ("1", "spontaneous", 1),
        ("8", "spontaneous", 1),
        ("8", "voice", 2),
        ("9", "spontaneous", 3),
        ("9", "voice", 3),
        ("8", "unarousable", 4),
    ],
)
def test_t16_capd_at_8_years(score, consciousness, expected):
    assert answer(born=CHILD, capd_score=score, consciousness=consciousness).grade == expected


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        # The twelfth birthday is 14 March 2025, day 4; graded 101 h after 10 March 10:00.
        (date(2013, 3, 14), (1, 1)),
        (date(2013, 3, 15), (3, 3)),
    ],
)
def test_the_score_changes_at_the_twelfth_birthday(born, expected):
    found = answer(born=born, ice_score="9", capd_score="12")
    assert (found.low, found.high) == expected


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ({"consciousness": "voice"}, 2),
        ({"consciousness": "touch"}, 3),
        ({"consciousness": "unarousable"}, 4),
        ({"seizure": "resolved"}, 3),
        ({"seizure": "prolonged"}, 4),  # T19, 6 min
        ({"motor_weakness": "focal"}, 4),
        ({"cerebral_edema": "focal"}, 3),
        ({"cerebral_edema": "diffuse"}, 4),
        ({"intracranial_hemorrhage": True, "tremor": True}, 0),  # T17
        ({"death": "icans"}, 5),
        ({"death": "infection"}, 0),
    ],
)
def test_domains(findings, expected):
    assert answer(ice_score="10", **findings).grade == expected


def test_ice_0_because_unarousable_is_grade_4():
    assert answer(ice_score="0", consciousness="unarousable").grade == 4
    assert answer(consciousness="unarousable").grade == 4, "the score cannot be taken"


@pytest.mark.parametrize(
    ("without", "expected", "missing"),
    [
        (("ice_score",), (0, 3), ["ice_score"]),
        (("consciousness",), (0, 4), ["consciousness"]),
        (("seizure",), (0, 4), ["seizure"]),
        (("motor_weakness",), (0, 4), ["motor_weakness"]),
        (("cerebral_edema",), (0, 4), ["cerebral_edema"]),
    ],
)
def test_one_row_for_each_input_missing(without, expected, missing):
    found = answer(ice_score="10", without=without)
    assert (found.low, found.high) == expected
    assert [m.name for m in found.missing] == missing


def test_age_unknown():
    found = answer(born=None, ice_score="10")
    assert (found.low, found.high) == (0, 3)
    would = {m.name: m.to_json()["would_become"] for m in found.missing}
    assert would["age"] == {"< 12 years": [0, 3], ">= 12 years": 0}
    assert set(would) == {"age", "capd_score"}
    both = answer(born=None, ice_score="10", capd_score="0")
    assert both.grade == 0


def test_capd_missing_in_a_child():
    found = answer(born=CHILD)
    assert (found.low, found.high) == (0, 3)
    assert found.missing[0].name == "capd_score"
    assert found.missing[0].to_json()["would_become"] == {"< 1": 0, ">= 1 and < 9": 1, ">= 9": 3}
