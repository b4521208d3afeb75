"""Response of acute GVHD: stages since the start of treatment, as BMT CTN 1501 scored them."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import AGVHD_RESPONSE

NONE = {f"agvhd_stage_{organ}": 0 for organ in ("skin", "liver", "upper_gi", "lower_gi")}
START = 700.0
DAY_28 = START + 28 * 24.0


def staged(**stages):
    return NONE | {f"agvhd_stage_{organ}": stage for organ, stage in stages.items()}


def course(then, now, *, treated=True, at=DAY_28):
    first = dict(then)
    if treated:
        first["treatment_for"] = ("agvhd",)
    return chart((START, first), (at, now))


def response(then, now, **kwargs):
    return interval(AGVHD_RESPONSE, course(then, now, **kwargs), DAY_28 + 1.0)


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        # Complete: stage 0 in every organ.
        ({"skin": 3}, {}, 0),
        ({"skin": 2, "liver": 1, "lower_gi": 4}, {}, 0),
        ({"upper_gi": 1}, {}, 0),
        # Partial: better in some, worse in none.
        ({"skin": 3}, {"skin": 2}, 1),
        ({"skin": 3}, {"skin": 1}, 1),
        ({"skin": 2, "liver": 2}, {"liver": 2}, 1),
        ({"upper_gi": 1, "skin": 1}, {"skin": 1}, 1),
        # Mixed: better in one, worse in another, or in a new organ.
        ({"skin": 3, "liver": 1}, {"skin": 1, "liver": 2}, 2),
        ({"skin": 3}, {"lower_gi": 1}, 2),
        # None: no stage moved.
        ({"skin": 2}, {"skin": 2}, 3),
        ({"skin": 2, "lower_gi": 3}, {"skin": 2, "lower_gi": 3}, 3),
        # Progression: worse in some, better in none.
        ({"skin": 2}, {"skin": 3}, 4),
        ({"skin": 2}, {"skin": 2, "upper_gi": 1}, 4),
        ({}, {"liver": 1}, 4),
    ],
)
def test_each_response(then, now, expected):
    assert response(staged(**then), staged(**now)) == (expected, expected)


@pytest.mark.parametrize("organ", ["skin", "liver", "upper_gi", "lower_gi"])
def test_an_organ_not_staged_now_leaves_it_open(organ):
    then, now = staged(skin=2, liver=2), staged(skin=1, liver=2)
    del now[f"agvhd_stage_{organ}"]
    # The skin alone was better; the liver is unchanged, so it keeps the response from complete.
    expected = {"skin": (1, 4), "liver": (1, 2), "upper_gi": (1, 2), "lower_gi": (1, 2)}[organ]
    assert response(then, now) == expected


@pytest.mark.parametrize("organ", ["skin", "liver", "upper_gi", "lower_gi"])
def test_an_organ_not_staged_at_the_start_leaves_it_open(organ):
    then, now = staged(skin=2, liver=2), staged(skin=1, liver=2)
    del then[f"agvhd_stage_{organ}"]
    # An organ that is clear now cannot have become worse.
    expected = {"skin": (1, 4), "liver": (1, 2), "upper_gi": (1, 1), "lower_gi": (1, 1)}[organ]
    assert response(then, now) == expected
    found = answer(AGVHD_RESPONSE, course(then, now), DAY_28 + 1.0)
    names = {m.name for m in found.missing}
    settled = expected[0] == expected[1]
    assert (f"baseline agvhd_stage_{organ}" in names) is not settled


def test_without_a_start_nothing_is_said():
    found = answer(AGVHD_RESPONSE, course(staged(skin=2), staged(), treated=False), DAY_28 + 1.0)
    assert (found.low, found.high) == (0, 4)
    assert [m.name for m in found.missing] == ["treatment_for"]
    assert "no start of treatment recorded" in found.sentence


def test_the_day_of_treatment_is_named():
    for day in (7, 14, 28):
        at = START + day * 24.0
        record = chart((START, staged(skin=3) | {"treatment_for": ("agvhd",)}), (at, staged()))
        found = answer(AGVHD_RESPONSE, record, at + 1.0)
        assert found.sentence.endswith(f"complete response; day {day} of treatment")


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ({"skin": 3}, {"skin": 1}, "partial response: GVHD still present"),
        (
            {"skin": 3},
            {"lower_gi": 1},
            "mixed response: GVHD still present and worse in some organ",
        ),
        ({"skin": 2}, {"skin": 2}, "no response: GVHD still present and better in no organ"),
    ],
)
def test_the_sentence_says_that_gvhd_is_there(then, now, expected):
    found = answer(AGVHD_RESPONSE, course(staged(**then), staged(**now)), DAY_28 + 1.0)
    assert found.sentence == f"{expected}; day 28 of treatment"


def test_what_a_complete_response_does_not_need_is_said_so():
    found = answer(AGVHD_RESPONSE, course({}, staged()), DAY_28 + 1.0)
    assert found.sentence == (
        "complete response: no organ involved and worse in no organ; "
        "not needed: improvement unknown; day 28 of treatment"
    )


def test_what_was_found_by_the_start_is_no_response():
    record = chart((START, staged(skin=3) | {"treatment_for": ("agvhd",)}))
    assert interval(AGVHD_RESPONSE, record, START + 1.0) == (0, 4)


def test_measured_stages_count_where_none_is_recorded():
    clear = {
        "rash_area": "0 %", "bilirubin": "0.8 mg/dL", "upper_gi": False,
        "stool_volume": "100 mL/d", "stool_count": "1 /d", "severe_abdominal_pain": False,
        "ileus_or_bloody_stool": False, "weight": "70 kg",
    }  # fmt: skip
    # Both sides of the limit between two stages of the liver, in each unit.
    for now, expected in (("6.0 mg/dL", 1), ("6.1 mg/dL", 3), ("102 umol/L", 1)):
        found = response(clear | {"bilirubin": "10 mg/dL"}, clear | {"bilirubin": now})
        assert found == (expected, expected), now


def test_a_second_line_is_no_new_start():
    first = {"treatment_for": ("agvhd",)}
    record = chart(
        (START, staged(skin=3) | first),
        (START + 10 * 24.0, staged(skin=2) | first),
        (DAY_28, staged(skin=2)),
    )
    assert interval(AGVHD_RESPONSE, record, DAY_28 + 1.0) == (1, 1)


def test_it_needs_donor_cells():
    record = chart((START, staged(skin=1)), product="axicabtagene")
    found = answer(AGVHD_RESPONSE, record, START + 1.0)
    assert found.sentence == "not applicable: no graft or donor lymphocytes by this time"
