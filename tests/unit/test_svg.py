"""The drawings: scales, hatching, the strip's fields, the curve's marks."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from report_fixture import atg, cart, grade, sirolimus, sirolimus_exposure

from equipoise.assessment import Day, Exposure
from equipoise.criteria.agvhd_response_bmtctn2020 import WORDS as RESPONSES
from equipoise.criterion import Missing
from equipoise.report import concentration, odds_bar, strip, svg
from equipoise.report.svg import Drawing, Scale
from equipoise.report.words import Clock

LACKS = (Missing("ferritin", ()),)


def parsed(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.markup("k"))


def texts(drawing: Drawing) -> list[str]:
    return [t.text or "" for t in parsed(drawing).iter() if t.tag.endswith("}text")]


def curve(exposure: Exposure, **changes: object) -> Drawing:
    clock = Clock("2025-03-10T09:00:00+01:00")
    return concentration.drawing(replace(exposure, **changes), clock, 288.0)  # type: ignore[arg-type]


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    lin = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.0, 10.0, 6, (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)),
        (0.0, 94.0, 6, (0.0, 20.0, 40.0, 60.0, 80.0)),
        (0.0, 0.9, 4, (0.0, 0.5)),
        (-3.0, 3.0, 3, (0.0,)),
    ],
)
def test_ticks_are_round_and_inside(
    low: float, high: float, most: int, expected: tuple[float, ...]
) -> None:
    assert svg.ticks(low, high, most) == expected


def test_ticks_need_a_range() -> None:
    with pytest.raises(ValueError, match="high above low"):
        svg.ticks(1.0, 1.0)


def test_a_scale_maps_its_ends_and_holds_what_is_outside() -> None:
    scale = Scale(0.0, 10.0, 100.0, 200.0)
    assert (scale(0.0), scale(5.0), scale(10.0)) == (100.0, 150.0, 200.0)
    assert (scale.held(-4.0), scale.held(99.0)) == (100.0, 200.0)


@pytest.mark.parametrize("rising", [True, False])
def test_hatching_stays_inside_its_rectangle(rising: bool) -> None:
    drawn = svg.hatch(10.0, 20.0, 33.0, 14.0, gap=4.0, rising=rising)
    points = [(float(a), float(b)) for a, b in re.findall(r"[ML]([\d.]+) ([\d.]+)", drawn)]
    assert len(points) > 10
    assert all(9.95 <= x <= 43.05 and 19.95 <= y <= 34.05 for x, y in points)


def test_a_simplified_line_keeps_its_peaks() -> None:
    line = (
        [(float(i), 0.0) for i in range(50)] + [(50.0, 9.0)] + [(51.0 + i, 0.0) for i in range(9)]
    )
    short = svg.simplified(line)
    assert (50.0, 9.0) in short
    assert short[0] == line[0]
    assert short[-1] == line[-1]
    assert len(short) == 5


def test_coordinates_never_print_minus_zero() -> None:
    assert svg.n(-0.01) == "0"
    assert svg.n(3.0) == "3"
    assert svg.n(3.14159) == "3.1"


def test_a_legend_wraps_and_says_how_tall_it_is() -> None:
    keys = [svg.Key("", "a rather long entry of a legend")] * 4
    _, one = svg.legend(keys, x=0.0, y=0.0, width=2000.0)
    _, four = svg.legend(keys, x=0.0, y=0.0, width=100.0)
    assert four == 4.0 * one


@pytest.mark.parametrize("drawn", [cart(), atg(), sirolimus()], ids=lambda a: a.record)
def test_every_drawing_is_well_formed_named_and_legible(drawn: object) -> None:
    from equipoise.report import html  # the page, for all its drawings at once

    page = html(drawn)  # type: ignore[arg-type]
    found = re.findall(r"<svg.*?</svg>", page, re.S)
    assert found
    for markup in found:
        root = ElementTree.fromstring(markup)
        assert root.get("role") == "img"
        assert (root.find("{*}title").text or "").strip()  # type: ignore[union-attr]
        assert (root.find("{*}desc").text or "").strip()  # type: ignore[union-attr]
        for size in re.findall(r'font-size="([\d.]+)"', markup):
            # 654 units on 173 mm of an A4 page with the band at its edge
            assert float(size) * (173.0 / 25.4 * 72.0) / concentration.WIDTH >= 9.0


# --- the curve --------------------------------------------------------------------------------


def test_levels_are_filled_where_used_hollow_where_suspect_and_triangles_below_the_limit() -> None:
    drawn = curve(sirolimus_exposure())
    marks = drawn.body.split("now, day")[1].split("<g ")[0]
    filled = re.findall(rf'<circle [^>]*r="4.8" fill="{svg.INK}"', marks)
    hollow = re.findall(rf'<circle [^>]*r="4.8" fill="{svg.PAPER}"', marks)
    assert (len(filled), len(hollow)) == (1, 1)
    assert "level suspect (number: see the reason below)" in texts(drawn)
    assert "below the limit shown" in texts(drawn)


def test_a_pending_level_is_a_question_mark_without_a_value() -> None:
    exposure = sirolimus_exposure()
    assert texts(curve(exposure)).count("?") == 3  # ground, mark and legend
    assert "?" not in texts(curve(exposure, pending=()))
    only = curve(exposure, levels=(), pending=(287.0,))
    assert "<circle" not in only.body


def test_without_a_level_there_is_one_band_and_it_says_so() -> None:
    drawn = curve(sirolimus_exposure(), levels=(), pending=())
    assert concentration.AFTER_90 not in drawn.body
    assert any("no level used" in t for t in texts(drawn))


def test_an_auc_window_is_not_drawn_on_a_concentration() -> None:
    target = atg().exposures[0].refused[0].target
    drawn = curve(sirolimus_exposure(), targets=(target,))
    assert not any(t.startswith("target") for t in texts(drawn))


def test_a_window_without_upper_end_is_drawn_from_its_lower_end() -> None:
    target = replace(sirolimus_exposure().targets[0], high=math.inf)
    drawn = curve(sirolimus_exposure(), targets=(target,))
    assert any("at least 12 ng/mL" in t for t in texts(drawn))
    parsed(drawn)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("given", "dose given"),
        ("planned", "dose planned"),
        ("held", "dose held or missed"),
        ("partial", "given in part"),
        ("charted ahead", "charted ahead of its time"),
    ],
)
def test_each_dose_status_has_its_own_mark_and_key(status: str, words: str) -> None:
    exposure = sirolimus_exposure()
    drawn = curve(exposure, doses=(replace(exposure.doses[0], status=status),))
    assert words in texts(drawn)
    others = {"given", "planned", "held", "partial", "charted ahead"} - {status}
    mark = concentration.dose_mark(0.0, 0.0, 4.0, 12.0, status)
    assert all(mark != concentration.dose_mark(0.0, 0.0, 4.0, 12.0, o) for o in others)


def test_an_exposure_without_curve_or_doses_still_draws() -> None:
    bare = curve(
        sirolimus_exposure(), times=(), prior=(), posterior=(), levels=(), doses=(), pending=()
    )
    parsed(bare)
    assert "nan" not in bare.body


def test_values_that_are_not_numbers_leave_no_trace() -> None:
    exposure = sirolimus_exposure()
    holes = tuple(tuple(math.nan if i % 7 == 0 else v for i, v in enumerate(band))
                  for band in exposure.posterior)  # fmt: skip
    drawn = curve(exposure, posterior=holes)
    assert "nan" not in drawn.body
    assert "inf" not in drawn.body


def test_now_is_only_said_where_the_curve_reaches_it() -> None:
    exposure = sirolimus_exposure()
    clock = Clock("2025-03-10T09:00:00+01:00")
    times, median = exposure.times, exposure.posterior[2]
    found = concentration.quantiles_at(exposure, times[10] + 0.5)
    assert found is not None
    assert found[2] == pytest.approx(0.75 * median[10] + 0.25 * median[11])
    assert concentration.quantiles_at(exposure, times[-1]) == tuple(
        band[-1] for band in exposure.posterior
    )
    for outside in (times[0] - 1.0, times[-1] + 1.0):
        assert concentration.quantiles_at(exposure, outside) is None
        said = concentration.description(exposure, clock, outside)
        assert "not for now" in said
        assert "Now," not in said


# --- the strip --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "kind", "text"),
    [
        (0, 0, "grade", "0"),
        (2, 2, "grade", "2"),
        (2, 4, "interval", "2-4"),
        (0, 3, "interval", "0-3"),
        (0, 4, "unknown", "?"),
        (None, None, "blank", ""),
    ],
)
def test_a_field_says_a_grade(low: int | None, high: int | None, kind: str, text: str) -> None:
    field = strip.field_of(grade("crs_astct2019", 0.0, low, high), "grade")
    assert (field.kind, field.text) == (kind, text)


def test_unknown_is_not_zero_and_not_blank() -> None:
    nothing = strip.field_of(grade("crs_astct2019", 0.0, None, None, missing=LACKS), "grade")
    assert (nothing.kind, nothing.text) == ("unknown", "?")
    zero = strip.field_of(grade("crs_astct2019", 0.0, 0, 0), "grade")
    assert zero.text == "0"


@pytest.mark.parametrize(("met", "text"), [(True, "yes"), (False, "no"), (None, "?")])
def test_a_field_says_met_or_not_or_unknown(met: bool | None, text: str) -> None:
    answer = grade("iechs_astct2023", 0.0, 0, 1, kind="met", met=met, status="possible")
    assert strip.measure([answer]) == "met"
    assert strip.field_of(answer, "met").text == text


def test_scores_are_told_from_grades() -> None:
    wide = grade("hscore_2014", 0.0, 35, 276, kind="score")
    assert strip.measure([wide]) == "score"
    assert strip.field_of(wide, "score").text == "35-276"


@pytest.mark.parametrize(
    ("low", "high", "kind", "text"),
    [
        (0, 0, "outcome", "CR"),
        (4, 4, "outcome", "P"),
        (1, 3, "outcomes", "PR-NR"),
        (0, 4, "unknown", "?"),
        (None, None, "blank", ""),
    ],
)
def test_outcomes_stand_as_initials_with_their_words_in_the_key(
    low: int | None, high: int | None, kind: str, text: str
) -> None:
    answer = replace(grade("agvhd_response_bmtctn2020", 0.0, low, high), words=RESPONSES)
    assert strip.measure([answer]) == "outcome"
    field = strip.field_of(answer, "outcome")
    assert (field.kind, field.text) == (kind, text)
    drawn = strip.drawing({"agvhd_response_bmtctn2020": (Day(3, answer),)}, {})
    shown = kind in ("outcome", "outcomes")
    assert ("mixed response" in texts(drawn)) is shown
    # No grade of severity is shaded or named.
    assert not any(said.startswith("grade") for said in texts(drawn))
    assert len({strip.initials(word) for word in RESPONSES}) == len(RESPONSES)


def test_shades_darken_and_their_figures_stay_legible_in_gray() -> None:
    light = [luminance(c) for c in strip.SHADES]
    assert light == sorted(light, reverse=True)
    for grade_number, shade in enumerate(strip.SHADES):
        ink = svg.PAPER if grade_number >= strip.PAPER_INK_FROM else svg.INK
        assert contrast(ink, shade) >= 3.5
    for i in range(len(strip.SHADES) - 1):
        assert contrast(strip.SHADES[i], strip.SHADES[i + 1]) > 1.15
    assert contrast(svg.SOFT, svg.PAPER) >= 4.5
    assert contrast(svg.SOFT, "#f6f6f3") >= 4.5


def test_many_days_are_broken_into_blocks_that_fit() -> None:
    days = tuple(Day(i, grade("crs_astct2019", 24.0 * i, 1, 1)) for i in range(-5, 60))
    drawn = strip.drawing({"crs_astct2019": days}, {"crs_astct2019": "CRS"})
    said = texts(drawn)
    assert said.count("day") == 4
    assert "+59" in said
    assert "-5" in said
    xs = [float(r.get("x", "0")) + float(r.get("width", "0"))
          for r in parsed(drawn).iter() if r.tag.endswith("}rect")]  # fmt: skip
    assert max(xs) <= strip.WIDTH


def test_what_the_chart_says_stands_under_its_day() -> None:
    assessment = cart()
    drawn = strip.drawing(
        assessment.daily, assessment.criterion_titles, (("crs_astct2019", 2, "2"),)
    )
    assert "chart says" in texts(drawn)


def test_the_strip_is_told_in_words_too() -> None:
    assessment = cart()
    drawn = strip.drawing(assessment.daily, assessment.criterion_titles)
    assert "CRS (ASTCT 2019): day 0 0, day +1 1, day +2 2" in drawn.description
    assert "day +5 unknown" in drawn.description


# --- the bar ----------------------------------------------------------------------------------


def test_a_bar_fills_its_width_in_order() -> None:
    drawn = odds_bar.drawing(0.2, 0.5, 0.3, of="half the dose")
    parts = re.findall(r'<rect x="([\d.]+)"[^>]*width="([\d.]+)"[^>]*fill="(#\w+)"', drawn.body)
    assert [fill for _, _, fill in parts] == [odds_bar.BELOW, odds_bar.WITHIN, odds_bar.ABOVE]
    assert sum(float(w) for _, w, _ in parts) == pytest.approx(odds_bar.WIDTH, abs=0.2)
    assert drawn.description == "below 20%, within 50%, above 30%"


def test_unknown_odds_are_not_an_empty_bar() -> None:
    drawn = odds_bar.drawing(math.nan, math.nan, math.nan, of="x")
    assert "unknown" in texts(drawn)
    assert drawn.description == "below unknown, within unknown, above unknown"
