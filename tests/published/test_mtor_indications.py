"""Sirolimus by indication: numbers as printed, never alone, never across diseases."""

from __future__ import annotations

import re

import pytest
from mtor_patients import ADULT, CHILD, MTOR, ON, T
from situations import finding, situation

from equipoise import guidance, targets
from equipoise.advice import advise
from equipoise.criterion import Truth
from equipoise.guidance.mtor_indications import LADDER, TOPIC
from equipoise.names import INDICATIONS
from equipoise.source import Standing

BY_ID = {r.id: r for r in guidance.ALL if r.topic == TOPIC}


def applying(indication: str, *events, born=ADULT) -> set[str]:
    patient = situation(T, *ON, *events, indication=indication, born=born)
    return {a.recommendation.id for a in advise(LADDER, patient) if a.applies is Truth.MET}


def test_the_ladder_has_its_patients() -> None:
    assert set(MTOR) == set(BY_ID) == {r.id for r in LADDER}


@pytest.mark.parametrize("rule", LADDER, ids=lambda r: r.id)
def test_no_statement_stands_without_its_comparators(rule) -> None:
    assert rule.alternatives
    assert rule.would_change
    assert rule.reviewed_on is not None
    assert rule.evidence is not None
    assert rule.evidence.assigned == "us"
    assert "assigned by us" in rule.evidence.text
    for way in rule.alternatives:
        assert way.source.where
        if "licensed" in way.text:
            assert re.search(r"\((US|EU|Japan)[^)]*20\d\d", way.text), way.text
        second_hand = "secondary" in way.source.where
        assert second_hand == (way.standing is Standing.PROVISIONAL)


@pytest.mark.parametrize(
    ("id_", "numbers"),
    [
        ("sirolimus_itp_adult", ("5-15", "4-15", "60 %", "30 %")),
        ("sirolimus_itp_child", ("67", "61", "50 %", "73 %")),
        ("sirolimus_warm_aiha", ("4-12", "4-15", "77, 81 and 79 %", "40, 51 and 52 %", "26 days")),
        ("sirolimus_prca", ("61, 84 and 74 %", "50, 66 and 66 %", "169 to 146")),
        ("sirolimus_alps", ("12 of 12", "1 to 3 months")),
        ("sirolimus_gvhd_prophylaxis", ("67 v 62 %", "14 v 16", "59 v 63 %", "3-12")),
        ("sirolimus_gvhd_prophylaxis_unrelated", ("26 v 52 %", "0.45", "16 v 32 %")),
        ("sirolimus_agvhd_first_line", ("64.8 %", "54.1-75.5", "73.0 %", "67 v 32 %", "5-14")),
        ("sirolimus_agvhd_refractory", ("4-12", "76 %", "44 %", "35 %")),
        ("sirolimus_cgvhd", ("48.6 v 50.0 %", "7.8 v 24.0 %", "43 %", "11 %")),
    ],
)
def test_numbers_as_printed(id_: str, numbers: tuple[str, ...]) -> None:
    for number in numbers:
        assert number in BY_ID[id_].statement


def test_the_arithmetic_that_the_refractory_series_got_wrong() -> None:
    assert round(100 * 11 / 31) == 35
    assert round(100 * 13 / 31) == 42


@pytest.mark.parametrize("indication", sorted(INDICATIONS))
def test_a_window_is_offered_where_one_is_said_and_nowhere_else(indication: str) -> None:
    """What the statements say of windows is what stands on the shelf of targets."""
    on_shelf = {
        t.id: t for t in targets.ALL if t.agent == "sirolimus" and indication in t.indications
    }
    said = " ".join(
        BY_ID[i].statement
        for born in (ADULT, CHILD)
        for i in applying(indication, finding("cold_agglutinin_disease", 1.0, False), born=born)
    )
    if "none is offered" in said:
        assert not on_shelf
        assert any(indication in gap.indications for gap in targets.ABSENT)
    for target in on_shelf.values():
        if said and target.standing is not Standing.PROVISIONAL:
            assert f"{target.low:g}-{target.high:g}" in said or "ng/mL" not in said


def test_cold_agglutinin_disease_gets_no_sirolimus() -> None:
    found = applying("aiha", finding("cold_agglutinin_disease", 1.0, True))
    assert found == {"sirolimus_cold_agglutinin"}
    rule = BY_ID["sirolimus_cold_agglutinin"]
    assert "no recommendation" in rule.title
    assert "No study" in rule.statement
    assert applying("aiha") == set()  # warm or cold is not recorded


def test_children_and_adults_are_told_apart() -> None:
    assert applying("itp") == {"sirolimus_itp_adult", "sirolimus_itp_first_line"}
    assert applying("itp", born=CHILD) == {"sirolimus_itp_child"}
    assert applying("itp", born=None) == set()


def test_without_the_drug_nothing_is_said() -> None:
    patient = situation(T, indication="itp", born=ADULT)
    assert all(a.applies is Truth.NOT_MET for a in advise(LADDER, patient))
