"""Cohorts of engineered grafts and of CD4 recovery, held against a record: like, not like, open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from equipoise import effects, report
from equipoise.assess import assess
from equipoise.assessment import to_json
from equipoise.comparing import comparables
from equipoise.criteria.cd4_recovery_vanroessel2020 import CD4_RECOVERY
from equipoise.grading import grade
from equipoise.target import Comparable
from equipoise.truth import Truth
from small_records import record_of, value

DAY = 24.0
CHILD = "2016-06-14"
HAPLO = "treg_tcon_haploidentical_engraftment"
ORCA = "orca_t_cgvhd_free_survival"
FAILED = "cd4_milestone_failed_nrm"
REACHED = "cd4_recovered_nrm"


def graft(donor: str, at: float = 0.0, *, manipulation: str = "", **doses: str) -> dict[str, Any]:
    return {"type": "cells", "at": at, "product": "graft", "donor": donor,
            "manipulation": manipulation, "doses": doses}  # fmt: skip


def cd4(*values: tuple[float, str]) -> list[dict[str, Any]]:
    return [value("cd4", text, day * DAY) for day, text in values]


def held(*events: dict[str, Any], day: float = 120.0, born: str | None = "1980-06-14",
         **header: Any) -> dict[str, Comparable]:  # fmt: skip
    t = day * DAY
    if born is not None:
        header["born"] = born
    record = record_of(*events, t=t, **header)
    grades = {CD4_RECOVERY.id: grade(CD4_RECOVERY, record, t)}
    return {c.effect.id: c for c in comparables(effects.ALL, record, t, grades)}


def truths(found: dict[str, Comparable]) -> dict[str, Truth]:
    return {k: c.applies for k, c in found.items()}


TREG = graft("haploidentical", -96.0, Treg="2e6 /kg")
TCON = graft("haploidentical", CD34="8.2e6 /kg", Tcon="1e6 /kg")


def test_the_haploidentical_cohort_speaks_of_its_platform_and_dose_alone() -> None:
    found = held(TREG, TCON, platform="treg_tcon")
    assert found[HAPLO].applies is Truth.MET
    assert found[HAPLO].charted == "Treg 2e6 /kg, day -4, Tcon 1e6 /kg, day 0"
    assert found[ORCA].applies is Truth.NOT_MET
    assert "here the donor is haploidentical" in found[ORCA].reason
    same_day = held(graft("haploidentical", Treg="2e6 /kg"), platform="treg_tcon")
    assert same_day[HAPLO].charted == "Treg 2e6 /kg, day 0"
    much = held(graft("haploidentical", Treg="8e6 /kg"), platform="treg_tcon")
    assert much[HAPLO].reason == "seen at 2e6 to 4e6 /kg; here 8e6"
    elsewhere = held(graft("haploidentical", Treg="2e6 /kg"), platform="haploidentical_replete")
    assert elsewhere[HAPLO].applies is Truth.NOT_MET
    assert "seen on the platform regulatory and conventional T cells" in elsewhere[HAPLO].reason


@pytest.mark.parametrize(
    ("tcon", "applies", "why"),
    [
        ("2e6 /kg", Truth.MET, ""),
        ("0 /kg", Truth.MET, ""),
        ("2e8 /kg", Truth.NOT_MET, "seen at Tcon up to 2e6 /kg; here 2e8"),
        (None, Truth.UNKNOWN, "no Tcon dose is charted on the graft"),
    ],
)
def test_the_conventional_cells_of_that_graft_count_too(
    tcon: str | None, applies: Truth, why: str
) -> None:
    """GVHD 2 of 26 was seen at 0.5 to 2e6 conventional cells per kg, none in 2: not at 2e8."""
    doses = {"Treg": "2e6 /kg"} | ({} if tcon is None else {"Tcon": tcon})
    found = held(graft("haploidentical", **doses), platform="treg_tcon")
    assert (found[HAPLO].applies, found[HAPLO].reason) == (applies, why)


def test_two_infusions_of_one_graft_are_one_dose() -> None:
    half = graft("haploidentical", -96.0, Treg="1e6 /kg")
    found = held(half, {**half, "at": -72.0}, TCON, platform="treg_tcon")
    assert found[HAPLO].applies is Truth.MET


@pytest.mark.parametrize("platform", ["treg_tcon", "adult_unrelated"])
def test_the_randomized_evidence_is_for_matched_donors_and_its_own_product(platform: str) -> None:
    other = graft("matched_unrelated", Treg="2e6 /kg")
    found = held(other, platform=platform)
    assert found[HAPLO].applies is Truth.NOT_MET
    assert found[ORCA].applies is Truth.UNKNOWN
    assert "not charted as Orca-T" in found[ORCA].reason
    product = graft("matched_unrelated", Treg="2e6 /kg", manipulation="Orca-T")
    assert held(product, platform=platform)[ORCA].applies is Truth.MET
    child = held(product, platform=platform, born="2015-01-01")
    assert child[ORCA].reason == "seen in patients 18 and over years of age"


def test_what_is_not_charted_is_open_and_not_a_no() -> None:
    found = held(graft("", Treg="2e6 /kg", Tcon="1e6 /kg"), born=None)
    assert found[HAPLO].applies is Truth.UNKNOWN
    assert found[HAPLO].reason == "the donor is not charted; the record names no platform"
    assert "no date of birth" in found[ORCA].reason
    undosed = held(graft("haploidentical", Tcon="1e6 /kg"), platform="treg_tcon")
    assert undosed[HAPLO].reason == "no Treg dose is charted on the graft"
    in_all = held(graft("haploidentical", Treg="1.4e8 cells", Tcon="1e6 /kg"), platform="treg_tcon")
    assert in_all[HAPLO].reason == "the Treg dose is not charted in /kg"


def test_an_unmanipulated_graft_is_asked_about_counts_only() -> None:
    plain = graft("matched_unrelated", CD34="6e6 /kg")
    assert held(plain, platform="adult_unrelated") == {}
    counted = held(plain, *cd4((40, "30 /uL")), platform="adult_unrelated")
    assert counted
    assert all(c.effect.analyte == "cd4" for c in counted.values())
    assert held(graft("autologous"), *cd4((40, "30 /uL"))) == {}
    assert held(*cd4((40, "30 /uL"))) == {}


@pytest.mark.parametrize(
    ("values", "day", "failed", "recovered"),
    [
        ([(30, "20 /uL"), (60, "60 /uL"), (90, "80 /uL")], 95.0, Truth.NOT_MET, Truth.MET),
        ([(30, "20 /uL"), (60, "60 /uL")], 95.0, Truth.UNKNOWN, Truth.MET),
        ([(30, "20 /uL"), (60, "60 /uL")], 120.0, Truth.UNKNOWN, Truth.MET),
        ([(30, "20 /uL"), (80, "50 /uL")], 120.0, Truth.MET, Truth.NOT_MET),
        ([(30, "20 /uL")], 60.0, Truth.UNKNOWN, Truth.UNKNOWN),
        ([(80, "<60 /uL")], 120.0, Truth.UNKNOWN, Truth.UNKNOWN),
        ([(80, "<40 /uL")], 120.0, Truth.MET, Truth.NOT_MET),
        ([(110, "80 /uL")], 120.0, Truth.UNKNOWN, Truth.UNKNOWN),
        # One low count between two high ones: they do not run.
        ([(30, "60 /uL"), (60, "20 /uL"), (90, "60 /uL")], 120.0, Truth.UNKNOWN, Truth.MET),
        ([(30, "60 /uL"), (60, "60 /uL"), (90, "20 /uL")], 120.0, Truth.NOT_MET, Truth.MET),
        # A low count of day 60 does not say what was counted by day 100.
        ([(60, "20 /uL")], 120.0, Truth.UNKNOWN, Truth.UNKNOWN),
        ([(60, "20 /uL"), (75, "20 /uL")], 120.0, Truth.MET, Truth.NOT_MET),
        # The hundredth calendar day is the last, whole.
        ([(90, "60 /uL"), (100.4, "60 /uL")], 120.0, Truth.NOT_MET, Truth.MET),
        ([(90, "60 /uL"), (101.0, "60 /uL")], 120.0, Truth.UNKNOWN, Truth.MET),
    ],
)
def test_the_cd4_milestone(
    values: list[tuple[float, str]], day: float, failed: Truth, recovered: Truth
) -> None:
    found = truths(held(graft("matched_unrelated"), *cd4(*values), day=day, born=CHILD))
    assert (found[FAILED], found[REACHED]) == (failed, recovered)


@pytest.mark.parametrize(
    ("values", "day"),
    [
        ([(30, "20 /uL"), (60, "60 /uL"), (90, "80 /uL")], 95.0),
        ([(30, "60 /uL"), (60, "20 /uL"), (90, "60 /uL")], 120.0),
        ([(80, "20 /uL")], 120.0),
    ],
)
def test_the_milestone_is_that_of_the_criterion(
    values: list[tuple[float, str]], day: float
) -> None:
    """Panel and grade of one record never say two things."""
    t = day * DAY
    record = record_of(graft("matched_unrelated"), *cd4(*values), t=t, born=CHILD)
    assessed = assess(record, t)
    (graded,) = (g for g in assessed.grades if g.criterion == CD4_RECOVERY.id)
    (found,) = (c for c in assessed.comparables if c.effect.id == FAILED)
    assert found.applies is ~Truth.of(graded.met)


@pytest.mark.parametrize("values", [[(80, "20 /uL")], [(60, "60 /uL"), (90, "80 /uL")]])
def test_children_are_no_cohort_for_an_adult(values: list[tuple[float, str]]) -> None:
    young = held(graft("matched_unrelated"), *cd4(*values), born=CHILD)
    grown = held(graft("matched_unrelated"), *cd4(*values), born="1980-06-14")
    unknown = held(graft("matched_unrelated"), *cd4(*values), born=None)
    for effect in (FAILED, REACHED):
        if young[effect].applies is Truth.MET:
            assert grown[effect].applies is unknown[effect].applies is Truth.UNKNOWN
            assert "children and young adults" in grown[effect].reason
            assert "no date of birth" in unknown[effect].reason
        else:
            assert grown[effect].applies is Truth.NOT_MET
    assert Truth.MET in (young[FAILED].applies, young[REACHED].applies)


def test_age_is_that_at_the_graft() -> None:
    """Seventeen on the day of the graft (2025-03-10), eighteen when the count is asked for."""
    found = held(
        graft("matched_unrelated"), *cd4((60, "60 /uL"), (90, "80 /uL")), born="2007-05-01"
    )
    assert found[REACHED].applies is Truth.MET
    product = graft("matched_unrelated", manipulation="Orca-T")
    assert held(product, platform="adult_unrelated", born="2007-05-01")[ORCA].reason == (
        "seen in patients 18 and over years of age"
    )


def test_a_graft_charted_by_its_product_alone_is_an_engineered_one() -> None:
    product = graft("matched_unrelated", manipulation="Orca-T", CD34="5e6 /kg")
    assert held(product, platform="adult_unrelated")[ORCA].applies is Truth.MET
    plain = graft("matched_unrelated", manipulation="unmanipulated", CD34="5e6 /kg")
    assert held(plain, platform="adult_unrelated") == {}


def test_a_second_graft_is_not_a_first_transplant() -> None:
    first = graft("matched_sibling", -400 * DAY)
    counts = cd4((60, "60 /uL"), (90, "80 /uL"))
    found = held(first, graft("haploidentical"), *counts, born=CHILD)
    assert found[REACHED].applies is Truth.UNKNOWN
    assert "first transplant; here a graft of day -400 stands" in found[REACHED].reason
    assert held(graft("haploidentical"), *counts, born=CHILD)[REACHED].applies is Truth.MET


def test_two_values_of_one_day_are_one() -> None:
    twice = held(graft("matched_unrelated"), *cd4((60, "60 /uL"), (60.2, "70 /uL")), born=CHILD)
    assert twice[FAILED].applies is Truth.UNKNOWN


def test_what_is_known_later_does_not_count() -> None:
    late = [value("cd4", "90 /uL", 95 * DAY) | {"known": 130 * DAY}]
    found = held(graft("matched_unrelated"), *cd4((80, "30 /uL")), *late, day=120.0, born=CHILD)
    assert found[REACHED].applies is Truth.NOT_MET


def test_the_report_keeps_them_apart_and_promises_nothing() -> None:
    t = 120 * DAY
    record = record_of(
        TREG, TCON, *cd4((30, "30 /uL"), (60, "70 /uL"), (90, "110 /uL")), t=t,
        platform="treg_tcon", born=CHILD,
    )  # fmt: skip
    assessed = assess(record, t)
    panel = " ".join(report.text(assessed).split())
    assert "never what this one will have" in panel
    assert "the disease was not, so read whose cohort it is" in panel
    assert "here the donor is haploidentical" in panel
    page = report.html(assessed)
    assert "cut-point data-derived" in page
    assert "Treg infused 2e6-4e6 /kg, Tcon up to 2e6 /kg" in page
    assert "What patients with such grafts and counts had" in page
    document = json.loads(json.dumps(to_json(assessed), allow_nan=False))
    like = [c["effect"]["id"] for c in document["comparables"] if c["applies"] == "yes"]
    assert HAPLO in like
    assert ORCA not in like
    shorts = {source.short for source, _ in assessed.sources}
    assert "Di Ianni 2011, Blood (28 patients)" in shorts
    assert "Meyer 2025, Blood (PRECISION-T)" not in shorts
    # Cohorts feed no option: there is none here at all.
    assert not assessed.options
