"""The second part of obecabtagene: applies, does not, cannot tell; numbers as on the label."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from equipoise import guidance, units
from equipoise.advice import Situation, Verdict
from equipoise.criterion import Truth
from equipoise.guidance.obecabtagene_label import (
    BAGS,
    GROUP,
    LOW_PARTS,
    SPLIT,
    TOTAL,
    burden,
    remaining,
)
from equipoise.record import AnyEvent, Cells, Record
from equipoise.source import Standing
from small_records import record_of, value


def part(at: float, words: str, *, status: str = "", dose: str = "") -> Cells:
    doses = (("CAR", units.parse(dose)),) if dose else ()
    return Cells(
        at=at, known=min(at, 0.0), product="obecabtagene", part=words, status=status, doses=doses
    )


def verdict(t: float, *events: AnyEvent) -> Verdict:
    record = Record(id="p", day0=datetime(2025, 3, 10, 10, tzinfo=UTC), events=events).until(t)
    return SPLIT.predicate(Situation(record, t))


def test_it_speaks_between_the_parts() -> None:
    found = verdict(9 * 24.0, part(0.0, "1 of 2"), part(10 * 24.0, "2 of 2", status="planned"))
    assert found.truth is Truth.MET
    assert "day 10 by the label's count" in found.detail
    assert verdict(20 * 24.0, part(0.0, "1 of 2")).truth is Truth.MET


def test_it_is_silent_before_and_after() -> None:
    assert verdict(0.0).truth is Truth.NOT_MET
    assert verdict(12 * 24.0, part(0.0, "1 of 2"), part(216.0, "2 of 2")).truth is Truth.NOT_MET
    late = verdict(21 * 24.0, part(0.0, "1 of 2"))
    assert late.truth is Truth.NOT_MET
    assert "later than the label" in late.detail


def test_without_the_part_it_cannot_tell() -> None:
    found = verdict(24.0, part(0.0, ""))
    assert found.truth is Truth.UNKNOWN
    assert found.missing == ("which part of the split dose was given",)


def test_a_held_second_part_does_not_count() -> None:
    held = part(216.0, "2 of 2", status="held")
    assert verdict(12 * 24.0, part(0.0, "1 of 2"), held).truth is Truth.MET


def test_numbers_as_on_the_label_and_what_was_not_read() -> None:
    assert SPLIT in guidance.ALL
    for words in (
        "410 x 10^6",
        "day 1 and day 10",
        "within 7 days",
        "to day 21",
        "grade 3 or more",
    ):
        assert words in SPLIT.statement
    assert "were not read" in SPLIT.source.note


# --- what remains, and which group ----------------------------------------------------------


def test_the_second_part_is_what_remains_of_the_total() -> None:
    assert remaining(100e6) == 310e6
    assert sum(LOW_PARTS) == TOTAL
    found = verdict(9 * 24.0, part(0.0, "1 of 2", dose="1e7 cells"))
    assert "10 x 10^6 were given, so that 400 x 10^6 of 410 x 10^6 remain" in found.detail
    wrong = part(10 * 24.0, "2 of 2", status="planned", dose="3e8 cells")
    assert (
        "300 x 10^6, which is not that"
        in verdict(9 * 24.0, part(0.0, "1 of 2", dose="1e7 cells"), wrong).detail
    )
    uncharted = verdict(9 * 24.0, part(0.0, "1 of 2", dose="1e6 /kg"))
    assert "not charted in all" in uncharted.detail


@pytest.mark.parametrize("first", [0.0, -1.0, 410e6, 1e10])
def test_a_first_part_that_cannot_be_is_refused(first: float) -> None:
    with pytest.raises(ValueError, match="exponent"):
        remaining(first)


@pytest.mark.parametrize(
    ("blasts", "group"), [(0.0, "low"), (20.0, "low"), (20.1, "high"), (95.0, "high")]
)
def test_burden_parts_at_twenty_percent(blasts: float, group: str) -> None:
    assert burden(blasts) == group
    with pytest.raises(ValueError, match="percent"):
        burden(blasts + 101.0)


PLAN = {"type": "cells", "at": 48, "known": -240, "product": "obecabtagene", "part": "1 of 2",
        "status": "planned"}  # fmt: skip
DEPLETION = {"type": "dose", "at": -96, "known": -240, "agent": "fludarabine",
             "amount": "50 mg", "route": "iv", "status": "planned"}  # fmt: skip


def group(*events: dict[str, Any]) -> Verdict:
    t = -120.0
    return GROUP.predicate(Situation(record_of(*events, t=t), t))


def marrow(text: str, at: float = -200.0) -> dict[str, Any]:
    return value("marrow_blasts", text, at, specimen="marrow")


def test_the_group_before_the_first_part() -> None:
    low = group(PLAN, DEPLETION, marrow("20 %"))
    assert low.truth is Truth.MET
    assert "first 100 x 10^6, then 310 x 10^6" in low.detail
    assert "second hand" in low.detail
    high = group(PLAN, DEPLETION, marrow("35 %"))
    assert high.truth is Truth.MET
    assert "its amount was not read" in high.detail


def test_the_group_is_silent_without_a_plan_and_after_the_first_part() -> None:
    assert group(DEPLETION, marrow("35 %")).truth is Truth.NOT_MET
    given = {**PLAN, "at": -130, "known": -130, "status": "given"}
    assert group(given, DEPLETION, marrow("35 %")).truth is Truth.NOT_MET


def test_the_group_cannot_be_told_without_a_fresh_marrow() -> None:
    assert group(PLAN, DEPLETION).missing == ("marrow_blasts",)
    assert group(PLAN, DEPLETION, marrow("35 %", -400.0)).missing == ("marrow_blasts",)
    assert group(PLAN, marrow("35 %")).missing == ("lymphodepletion",)
    assert group(PLAN, DEPLETION, marrow("<50 %")).truth is Truth.UNKNOWN
    assert "high burden" in group(PLAN, DEPLETION, marrow(">20 %")).detail


def test_the_amounts_are_provisional_and_the_unread_one_is_not_made_up() -> None:
    assert GROUP in guidance.ALL
    assert GROUP.standing is Standing.PROVISIONAL
    assert "at high burden the amounts were not read" in GROUP.statement


def test_the_labels_bags_make_up_the_total() -> None:
    """Table 1 of section 2: bags of 10, 100 and 300 x 10^6."""
    assert sum(BAGS) == TOTAL
    assert "bags hold 10, 100 and 300 x 10^6" in group(PLAN, DEPLETION, marrow("35 %")).detail


@pytest.mark.parametrize(
    ("blasts", "dose", "said"),
    [
        ("5 %", "1e8 cells", False),
        ("5 %", "1e7 cells", True),
        ("5 %", "4.1e8 cells", True),
        ("35 %", "1e7 cells", False),
        ("35 %", "1e8 cells", True),
        ("35 %", "4e8 cells", True),
    ],
)
def test_a_planned_first_part_that_does_not_go_with_the_burden_is_said(
    blasts: str, dose: str, said: bool
) -> None:
    found = group({**PLAN, "doses": {"CAR": dose}}, DEPLETION, marrow(blasts))
    assert ("are planned" in found.detail) is said
    assert ("check it" in found.detail) is said
