"""Conditions of advice in three-valued logic: what settles them, what they lack, in which words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.advice import Predicate, Situation, Verdict
from equipoise.criterion import Because, Truth
from equipoise.guidance.conditions import (
    age,
    days_after_cells,
    finding,
    graded,
    not_,
    one_of,
    together,
)
from equipoise.record import Cells, Finding, Record

DAY0 = datetime(2025, 3, 10, 10, tzinfo=UTC)
HERE = Situation(Record(id="p", day0=DAY0), 10.0)


def always(truth: Truth, name: str = "x") -> Predicate:
    lacks = (name,) if truth is Truth.UNKNOWN else ()
    verdict = Verdict(truth, (Because(name, 1.0, "seen"),), lacks, f"about {name}")
    return lambda _situation: verdict


TRUTHS = st.lists(st.sampled_from(Truth), min_size=1, max_size=5)


@given(TRUTHS)
def test_together_is_the_and_of_three_values(truths: list[Truth]) -> None:
    found = together(*(always(t, f"n{i}") for i, t in enumerate(truths)))(HERE)
    assert found.truth is min(truths, key=lambda t: t.number)
    assert bool(found.missing) == (found.truth is Truth.UNKNOWN)
    if found.truth is Truth.UNKNOWN:
        lacking = [f"n{i}" for i, t in enumerate(truths) if t is Truth.UNKNOWN]
        assert list(found.missing) == lacking


@given(TRUTHS)
def test_one_of_is_the_or_and_not_the_contrary(truths: list[Truth]) -> None:
    several = one_of(*(always(t, f"n{i}") for i, t in enumerate(truths)))
    assert several(HERE).truth is max(truths, key=lambda t: t.number)
    assert bool(several(HERE).missing) == (several(HERE).truth is Truth.UNKNOWN)
    assert not_(several, "no")(HERE).truth is ~several(HERE).truth


def test_the_first_that_does_not_hold_gives_the_reason() -> None:
    found = together(always(Truth.UNKNOWN, "a"), always(Truth.NOT_MET, "b"), always(Truth.MET))
    assert found(HERE).detail == "about b"
    assert found(HERE).missing == ()


def test_an_observation_is_named_once() -> None:
    found = together(always(Truth.MET, "a"), always(Truth.MET, "a"))(HERE)
    assert len(found.because) == 1
    assert found.detail == "about a"


def test_a_finding_that_was_looked_for_differs_from_one_that_was_not() -> None:
    absent = Finding(at=5.0, known=5.0, name="dialysis", value=False)
    charted = Situation(Record(id="p", day0=DAY0, events=(absent,)), 10.0)
    assert finding("dialysis")(charted).truth is Truth.NOT_MET
    assert finding("dialysis", False)(charted).truth is Truth.MET
    assert finding("dialysis")(HERE).missing == ("dialysis",)
    assert finding("dialysis", unrecorded="not charted")(HERE).truth is Truth.NOT_MET


@pytest.mark.parametrize(("day", "truth"), [(1, Truth.NOT_MET), (2, Truth.MET), (5, Truth.MET),
                                            (6, Truth.NOT_MET)])  # fmt: skip
def test_days_are_calendar_days_after_the_infusion(day: int, truth: Truth) -> None:
    cells = Cells(at=0.0, known=0.0, product="tisagenlecleucel")
    record = Record(id="p", day0=DAY0, events=(cells,))
    # An hour into that calendar day; day 0 begins at 10 o'clock.
    at = 24.0 * day - 9.0
    assert days_after_cells(2, 5)(Situation(record, at)).truth is truth


def test_without_a_date_of_birth_age_is_unknown() -> None:
    assert age(12.0)(HERE).missing == ("date of birth",)


def test_a_grade_that_was_not_asked_is_unknown_unless_its_absence_is_explained() -> None:
    assert graded("agvhd_magic2016", 1, 4)(HERE).truth is Truth.UNKNOWN
    explained = graded("agvhd_magic2016", 1, 4, absent="nothing staged")(HERE)
    assert (explained.truth, explained.detail) == (Truth.NOT_MET, "nothing staged")
