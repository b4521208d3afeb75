"""A share in series as drawn: bounds as bounds, limits, bands, marks and when they are met."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from equipoise import files, report
from equipoise.assess import assess
from equipoise.assessment import Assessment
from equipoise.examples import path
from equipoise.report.course_plot import RIGHT, WIDTH
from equipoise.report.signal_plot import HEIGHT, TOP, description, drawing
from equipoise.report.signals import share, title
from equipoise.report.svg import VERMILION
from equipoise.report.words import Clock
from equipoise.signal import Signal


@pytest.fixture(scope="module")
def falling() -> Assessment:
    return assess(files.read_record(path("falling_chimerism"))[0], 150 * 24.0 + 6.0)


def plot(signal: Signal, found: Assessment) -> str:
    return drawing(signal, title(signal), Clock(found.day0), found.at, share).body


def test_the_band_runs_from_the_first_sample_past_the_last(falling: Assessment) -> None:
    disease, chimerism, one_day = falling.signals
    for signal in (disease, chimerism):
        assert signal.times[0] == signal.readings[0].at
        assert signal.times[-1] > signal.readings[-1].at
        assert len(signal.band) == 5
        assert all(len(row) == len(signal.times) for row in signal.band)
        for low, high in zip(signal.band, signal.band[1:], strict=False):
            assert all(a <= b for a, b in zip(low, high, strict=True))
    assert one_day.times == one_day.band == ()
    last = disease.times.index(min(disease.times, key=lambda t: abs(t - disease.readings[-1].at)))
    assert disease.band[2][last] == pytest.approx(disease.level[2], rel=0.2)


def test_what_was_not_found_is_a_triangle_and_never_a_dot(falling: Assessment) -> None:
    disease = falling.signals[0]
    body = plot(disease, falling)
    bounds = [r for r in disease.readings if r.bound]
    triangles = re.findall(r"<path[^>]*stroke-width=\"1.4\"[^>]*stroke-linejoin", body)
    assert len(bounds) == 2
    # Two samples and their key.
    assert len([t for t in triangles if "Z" in t]) == 3
    assert "only a bound" in body
    assert "assay's limit" in body.replace("&#x27;", "'")
    counted = replace(disease, readings=tuple(r for r in disease.readings if not r.bound))
    assert "only a bound" not in plot(counted, falling)


def test_a_mark_ahead_has_its_time_and_one_behind_has_none(falling: Assessment) -> None:
    disease, chimerism, _ = falling.signals
    assert VERMILION in plot(disease, falling)
    assert VERMILION not in plot(chimerism, falling)
    said = description(disease, title(disease), Clock(falling.day0), share)
    days = next(c.days for c in disease.crossings if c.days)
    assert f"reached {days[2]:.0f} days after the last sample" in said
    assert "if nothing changes" in said
    passed = description(chimerism, title(chimerism), Clock(falling.day0), share)
    assert "reached" not in passed


def test_the_axis_ends_where_no_assay_sees() -> None:
    found = assess(files.read_record(path("microtransplant_older_aml"))[0], 82 * 24.0 + 4.0)
    donor = next(s for s in found.signals if s.of == "donor")
    assert min(donor.band[2]) < 1e-8
    body = plot(donor, found)
    assert ">0.001 %<" in body
    assert "e-0" not in body
    assert ">0.000001 %<" not in body


def test_the_median_ends_where_it_leaves_the_plot() -> None:
    """Held at the floor it would look like a share that stays there."""
    found = assess(files.read_record(path("microtransplant_older_aml"))[0], 82 * 24.0 + 4.0)
    donor = next(s for s in found.signals if s.of == "donor")
    (median,) = re.findall(r'<path d="M([^"]*)"[^>]*stroke-dasharray="6 3"', plot(donor, found))[:1]
    places = [tuple(map(float, pair)) for pair in re.findall(r"([\d.]+)[ ,]([\d.]+)", median)]
    floor = TOP + HEIGHT
    assert max(y for _, y in places) == pytest.approx(floor)
    assert sum(abs(y - floor) < 0.05 for _, y in places) == 1
    assert places[-1][0] < WIDTH - RIGHT - 50.0


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.9, "90 %"), (0.087, "8.7 %"), (1e-3, "0.1 %"), (4.8e-5, "0.0048 %"), (1e-6, "0.0001 %"),
     (3e-7, "0.00003 %"), (0.996, "100 %"), (float("nan"), "-")],
)  # fmt: skip
def test_a_share_is_written_in_one_unit(value: float, written: str) -> None:
    assert share(value) == written


def test_the_report_draws_each_series_and_opens_with_the_one_in_question(
    falling: Assessment,
) -> None:
    page = report.html(falling)
    drawn = [s for s in falling.signals if s.band]
    assert page.count("line: 90% and 50% bands, median") == len(drawn) + 1 == 3
    first = page.index("line: 90% and 50% bands, median")
    assert page.index("Donor lymphocytes: cannot tell") < first
    assert first < page.index("Options, in no order of preference")
    assert "holds only if nothing changes" in page
    assert "nan" not in re.sub(r"<(desc|title)[^>]*>.*?</\1>", "", page).lower().split()
