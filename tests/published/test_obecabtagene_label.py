"""The second part of obecabtagene: applies, does not, cannot tell; numbers as on the label."""

from __future__ import annotations

from datetime import UTC, datetime

from equipoise import guidance
from equipoise.advice import Situation, Verdict
from equipoise.criterion import Truth
from equipoise.guidance.obecabtagene_label import SPLIT
from equipoise.record import Cells, Record


def part(at: float, words: str, *, status: str = "") -> Cells:
    return Cells(at=at, known=min(at, 0.0), product="obecabtagene", part=words, status=status)


def verdict(t: float, *events: Cells) -> Verdict:
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
