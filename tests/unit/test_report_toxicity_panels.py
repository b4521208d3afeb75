"""Panels of organ staging, for and against, and trends: what they say and how they are drawn."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from report_fixture import assessment_of

from equipoise import report
from equipoise.assessment import Stage, Staging
from equipoise.criterion import Because, Effort, Truth
from equipoise.differential import (
    Basis,
    Bearing,
    Condition,
    Count,
    DifferentialDay,
    ForAndAgainst,
    NextTest,
    Sampled,
    Sign,
    Signal,
    Trend,
)
from equipoise.report import course_plot, differential, sides_strip, staging, trends
from equipoise.report.words import Clock
from equipoise.source import Source, Standing
from equipoise.trend import Next

CLOCK = Clock("2025-03-10T09:00:00+01:00")
SOURCE = Source("A source 2020, Journal", "10.1000/x", "abstract")
BASIS = Basis("seen in 3 of 3", "3 adults", SOURCE, Standing.PROVISIONAL)
CONDITIONS = (Condition("iechs", "IEC-HS", ("crs_astct2019",)), Condition("tma", "TMA"))
BEARINGS = (Bearing("iechs", "for", "neither", BASIS), Bearing("tma", "against", "neither", BASIS))


def sign(truth: Truth) -> Sign:
    sides = {b.condition: b.side(truth) for b in BEARINGS}
    seen = (Because("fibrinogen", 200.0, "120 mg/dL"),) if truth is not Truth.UNKNOWN else ()
    missing = ("fibrinogen",) if truth is Truth.UNKNOWN else ()
    return Sign("low", "fibrinogen < 150 mg/dL", truth, sides, seen, missing, "", BEARINGS, 7)


def counts(day: int) -> tuple[Count, ...]:
    return (
        Count("iechs", "IEC-HS", day % 4, 0, 3, (("crs_astct2019", "1 to 4"),)),
        Count("tma", "TMA", 0, day % 2, 0),
    )


def trend(*, bound: str = "", why: str = "") -> Trend:
    times = tuple(range(0, 240, 24))
    level = tuple(tuple(1000.0 * f * 1.5 ** (t / 24) for t in times) for f in (0.5, 0.8, 1, 1.3, 2))
    return Trend(
        "ferritin", "ferritin", "ng/mL", 220.0,
        (Sampled(0.0, "1000 ng/mL", 1000.0, ""), Sampled(216.0, "40000 ng/mL", 40_000.0, bound)),
        () if why else times, () if why else level, (), "" if why else "rising", why,
        (Next(240.0, (20_000.0, 40_000.0, 60_000.0, 80_000.0, 160_000.0), 50_000.0, None, 0.6),),
        ((10_000.0, "10,000 ng/mL"),),
    )  # fmt: skip


def table(truth: Truth = Truth.MET, days: int = 12, **changes: object) -> ForAndAgainst:
    signal = Signal(
        "ferritin_slope", "slope of ferritin", truth, "it rises by 300 to 900 ng/mL per hour", (),
        (), "ng/mL per h", (300.0, 900.0), (BASIS,),
    )  # fmt: skip
    whole = ForAndAgainst(
        id="iechs_question", title="For and against", at=220.0, conditions=CONDITIONS,
        signs=(sign(truth),), counts=counts(3),
        days=tuple(
            DifferentialDay(d, 24.0 * d, {"low": truth}, counts(d)) for d in range(days)
        ),
        tests=(NextTest("fibrinogen", Effort.ROUTINE, ("fibrinogen (present: for IEC-HS)",)),),
        first=("Infection is open: treat as both.",), notes=("Counted and not weighed.",),
        trends=(trend(),), signals=(signal,), events=((0.0, "infusion"), (100.0, "tocilizumab")),
    )  # fmt: skip
    return replace(whole, **changes)  # type: ignore[arg-type]


def shown(answer: ForAndAgainst) -> str:
    return report.text(assessment_of(at=220.0, differentials=(answer,)))


@pytest.mark.parametrize(
    ("truth", "group", "marks"),
    [(Truth.MET, "Present", ["+", "−"]), (Truth.UNKNOWN, "Unknown", ["?", "?"])],
)
def test_an_element_stands_in_its_group_with_its_marks(
    truth: Truth, group: str, marks: list[str]
) -> None:
    letters = shown(table(truth))
    after = letters[letters.index("What each element says") :].split(f"\n{group}\n", 1)[1]
    line = after.splitlines()[0]
    assert line.split()[-2:] == marks


def test_an_element_that_says_nothing_is_named_below() -> None:
    letters = shown(table(Truth.NOT_MET))
    assert "Known, and of no bearing as they are: fibrinogen < 150 mg/dL." in letters
    assert "\nAbsent\n" not in letters


def test_the_words_of_the_panel() -> None:
    letters = " ".join(shown(table()).split())
    for said in (
        "treat as both", "1 to 4", "none on the shelf", "seen in 3 of 3", "3 adults",
        "A source 2020, Journal, abstract [provisional]", "so since day +7", "routine",
        "signs for/against/unknown, counted and not weighed", "no expected value", "60%",
    ):  # fmt: skip
        assert said in letters, said


@pytest.mark.parametrize("days", [1, 15, 16, 61])
def test_days_break_into_blocks(days: int) -> None:
    drawing = sides_strip.drawing(CONDITIONS, table(days=days).days)
    assert drawing.width == sides_strip.WIDTH
    places = [float(x) for x in re.findall(r'<rect x="([\d.]+)"', drawing.body)]
    assert max(places) < sides_strip.WIDTH
    labels = re.findall(r">(\+\d+|0)</text>", drawing.body)
    assert len([x for x in labels if x == "0"]) == 1
    for width in (60, 100):
        lines = sides_strip.lines(CONDITIONS, table(days=days).days, width)
        assert all(len(line) <= width for line in lines)


def test_a_course_is_drawn_with_bounds_events_and_what_comes_next() -> None:
    drawing = course_plot.drawing((trend(bound=">"),), table().events, CLOCK, 220.0)
    assert "only a bound" in drawing.body
    assert "tocilizum" in drawing.body
    assert "next value, 90%" in drawing.body
    assert "10,000 ng/mL" in drawing.body
    assert "rising" in drawing.description
    numbers = [float(x) for x in re.findall(r'[xy][12]?="(-?[\d.]+)"', drawing.body)]
    assert all(-1 <= n <= max(drawing.width, drawing.height) for n in numbers)


def test_a_value_without_a_course_says_why() -> None:
    lone = trend(why="one value has no slope")
    letters = shown(table(trends=(lone,)))
    assert "one value has no slope" in letters
    assert "one value has no slope" in course_plot.drawing((lone,), (), CLOCK, 220.0).body


@pytest.mark.parametrize(
    ("stage", "place", "said"),
    [
        (Stage("Hypoxia", 2, 2, 4, "low flow", "low flow", (), ()), "2 of 3", "low flow"),
        (Stage("Hypoxia", 1, 3, 4, "low", "high", (), ("spo2",)), "1-3 of 3", "from low to high"),
    ],
)
def test_a_stage_is_a_place_or_an_interval(stage: Stage, place: str, said: str) -> None:
    assert staging.level(stage) == place
    whole = assessment_of(staging=(Staging("crs_astct2019", "CRS", (stage,)),))
    letters = report.text(whole)
    assert said in letters
    assert place in letters


def test_items_of_which_nothing_was_seen_share_a_line() -> None:
    low = Stage("Fever", 1, 1, 2, "fever", "fever", (), ())
    unseen = [Stage(n, 0, 3, 4, "none", "high", (), ("spo2",)) for n in ("Hypoxia", "Lung")]
    letters = report.text(assessment_of(staging=(Staging("x", "X", (low, *unseen)),)))
    assert "Not known: Hypoxia and Lung" in letters
    assert "0-3 of 3" not in letters


def test_an_item_never_charted_is_left_out_and_long_reasons_are_cut() -> None:
    death = Stage("Death", 0, 0, 2, "alive", "alive", (), ())
    many = tuple(Because("platelets", 24.0 * d, f"{30 + d} 10*9/L") for d in range(9))
    days = Stage("Platelets", 1, 1, 3, "low", "low", many, ())
    letters = report.text(assessment_of(staging=(Staging("x", "X", (death, days)),)))
    assert "Death" not in letters
    assert "6 earlier" in letters
    assert "38 10*9/L" in letters
    assert "32 10*9/L" not in letters


def test_panels_are_empty_where_there_is_nothing() -> None:
    bare = assessment_of()
    assert differential.blocks(bare) == trends.blocks(bare) == staging.blocks(bare) == ()


def test_the_page_escapes_and_is_gray_proof() -> None:
    """Bars differ by hatching and figures, not by color alone."""
    hostile = table(title="<script>alert(1)</script>")
    page = report.html(assessment_of(differentials=(hostile,)))
    assert "<script>" not in page
    body = sides_strip.drawing(CONDITIONS, table().days).body
    assert ">+3</text>" in body
    assert ">−1</text>" in body
