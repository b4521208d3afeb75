"""Acute GVHD, MAGIC 2016: organ stages at both sides of each limit, and the overall grade."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import MAGIC
from equipoise.criterion import by_name, snapshot

CLEAR = {
    "rash_area": "0 %", "bullae": False, "rash_desquamation": False, "bilirubin": "0.8 mg/dL",
    "upper_gi": False, "stool_volume": "100 mL/d", "stool_count": "1 /d",
    "severe_abdominal_pain": False, "ileus_or_bloody_stool": False, "weight": "70 kg",
}  # fmt: skip
STAGES = {f"agvhd_stage_{organ}": 0 for organ in ("skin", "liver", "upper_gi", "lower_gi")}


def stage(organ, without=(), **found):
    entries = {k: v for k, v in (CLEAR | found).items() if k not in without}
    now = snapshot(MAGIC, chart((700.0, entries)), 701.0)
    return set(by_name(MAGIC, now.readings)[organ].possible)


def grade(**stages):
    found = STAGES | {f"agvhd_stage_{organ}": value for organ, value in stages.items()}
    return interval(MAGIC, chart((700.0, found)), 701.0)


@pytest.mark.parametrize(
    ("organ", "found", "expected"),
    [
        ("skin", {}, 0),
        ("skin", {"rash_area": "24 %"}, 1),
        ("skin", {"rash_area": "25 %"}, 2),
        ("skin", {"rash_area": "50 %"}, 2),
        ("skin", {"rash_area": "51 %"}, 3),
        ("skin", {"rash_area": "51 %", "bullae": True}, 4),
        ("skin", {"rash_area": "51 %", "rash_desquamation": True}, 4),
        ("skin", {"rash_area": "50 %", "bullae": True}, 2),
        ("liver", {"bilirubin": "1.9 mg/dL"}, 0),
        ("liver", {"bilirubin": "2.0 mg/dL"}, 1),
        ("liver", {"bilirubin": "3.0 mg/dL"}, 1),
        ("liver", {"bilirubin": "3.1 mg/dL"}, 2),
        ("liver", {"bilirubin": "6.0 mg/dL"}, 2),
        ("liver", {"bilirubin": "6.1 mg/dL"}, 3),
        ("liver", {"bilirubin": "15.0 mg/dL"}, 3),
        ("liver", {"bilirubin": "15.1 mg/dL"}, 4),
        ("liver", {"bilirubin": "120 umol/L"}, 3),
        ("upper_gut", {"upper_gi": True}, 1),
        ("lower_gut", {"stool_volume": "499 mL/d"}, 0),
        ("lower_gut", {"stool_volume": "500 mL/d"}, 1),
        ("lower_gut", {"stool_volume": "1000 mL/d"}, 2),
        ("lower_gut", {"stool_volume": "1500 mL/d"}, 2),
        ("lower_gut", {"stool_volume": "1501 mL/d"}, 3),
        ("lower_gut", {"stool_count": "2 /d"}, 0),
        ("lower_gut", {"stool_count": "3 /d"}, 1),
        ("lower_gut", {"stool_count": "5 /d"}, 2),
        ("lower_gut", {"stool_count": "7 /d"}, 2),
        ("lower_gut", {"stool_count": "8 /d"}, 3),
        ("lower_gut", {"stool_count": "8 /d", "stool_volume": "600 mL/d"}, 3),
        ("lower_gut", {"severe_abdominal_pain": True}, 4),
        ("lower_gut", {"ileus_or_bloody_stool": True}, 4),
        ("lower_gut", {"weight": "20 kg", "stool_volume": "199 mL/d"}, 0),
        ("lower_gut", {"weight": "20 kg", "stool_volume": "200 mL/d"}, 1),
        ("lower_gut", {"weight": "20 kg", "stool_volume": "400 mL/d"}, 2),
        ("lower_gut", {"weight": "20 kg", "stool_volume": "600 mL/d"}, 2),
        ("lower_gut", {"weight": "20 kg", "stool_volume": "601 mL/d"}, 3),
        ("lower_gut", {"weight": "20 kg", "stool_count": "3 /d"}, 0),
        ("lower_gut", {"weight": "20 kg", "stool_count": "4 /d"}, 1),
        ("lower_gut", {"weight": "20 kg", "stool_count": "7 /d"}, 2),
        ("lower_gut", {"weight": "20 kg", "stool_count": "11 /d"}, 3),
        ("lower_gut", {"weight": "20 kg", "stool_count": "6 /d"}, 1),
        ("lower_gut", {"weight": "20 kg", "stool_count": "10 /d"}, 2),
        ("lower_gut", {"stool_volume": "999 mL/d"}, 1),
        ("skin", {"rash_area": "0.1 %"}, 1),
        ("lower_gut", {"weight": "50 kg", "stool_volume": "500 mL/d"}, 1),
        ("lower_gut", {"weight": "51 kg", "stool_volume": "499 mL/d"}, 0),
    ],
)
def test_t56g_and_the_other_stages(organ, found, expected):
    assert stage(organ, **found) == {expected}


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ({}, 0),
        ({"skin": 1}, 1),
        ({"skin": 2}, 1),
        ({"skin": 3}, 2),
        ({"upper_gi": 1}, 2),
        ({"lower_gi": 1, "skin": 2}, 2),
        ({"liver": 1}, 2),
        ({"lower_gi": 2}, 3),
        ({"lower_gi": 3}, 3),
        ({"liver": 3, "skin": 3}, 3),
        ({"liver": 2}, 3),
        ({"skin": 4}, 4),
        ({"liver": 4}, 4),
        ({"lower_gi": 4}, 4),
    ],
)
def test_t56h_overall(stages, expected):
    assert grade(**stages) == (expected, expected)


@pytest.mark.parametrize(
    ("missing", "organ", "expected"),
    [
        ("rash_area", "skin", {0, 1, 2, 3}),
        ("bilirubin", "liver", {0, 1, 2, 3, 4}),
        ("upper_gi", "upper_gut", {0, 1}),
        ("stool_volume", "lower_gut", {0, 1, 2, 3}),
        ("stool_count", "lower_gut", {0, 1, 2, 3}),
        ("weight", "lower_gut", {0, 1, 2, 3}),
        ("severe_abdominal_pain", "lower_gut", {0, 4}),
    ],
)
def test_each_missing_input(missing, organ, expected):
    assert stage(organ, without=(missing,)) == expected


def test_a_recorded_stage_goes_before_what_is_measured():
    assert stage("skin", rash_area="60 %", agvhd_stage_skin=1) == {1}
    assert stage("upper_gut", agvhd_stage_upper_gi=2) == {1}, "it has only stage 1"


def test_upper_gut_unknown_leaves_an_interval():
    found = {k: v for k, v in STAGES.items() if k != "agvhd_stage_upper_gi"}
    record = chart((700.0, found | {"agvhd_stage_skin": 1}))
    assert interval(MAGIC, record, 701.0) == (1, 2)
    missing = answer(MAGIC, record, 701.0).missing
    assert {m.name for m in missing} == {"agvhd_stage_upper_gi", "upper_gi"}


def test_it_needs_donor_cells():
    found = answer(MAGIC, chart((700.0, STAGES), product="axicabtagene"), 701.0)
    assert found.sentence == "not applicable: no graft or donor lymphocytes by this time"
