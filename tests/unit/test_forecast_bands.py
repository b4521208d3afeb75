"""Where observations lie in their forecasts: counts, what chance allows, and how it is drawn."""

import math
import re

import pytest
from scipy import stats

from equipoise.replay import BETWEEN, PHASES, Forecast, by_chance, calibrations
from equipoise.report.forecast_bands import errors_over_time, patients, places_in_bands

NAN = math.nan
BANDS = (10.0, 20.0, 30.0, 40.0, 50.0)


def forecast(observed, *, used=1, at=1.0, censored="", bands=BANDS, subject="1", prediction=30.0):
    return Forecast(
        subject, at, "busulfan", "ng/mL", observed, censored, used, 30.0, prediction, *bands
    )


def test_every_part_of_a_forecast_is_counted() -> None:
    """One below, two between 20 and the median, one above; ends belong to the part below them."""
    own = [forecast(v) for v in (5.0, 21.0, 30.0, 41.0, 50.0, 51.0)]
    (found,) = calibrations(own)
    assert found.phase == "after 1 level"
    assert found.counts == (1, 0, 2, 0, 2, 1)
    assert found.n == 6


def test_what_has_no_place_is_not_counted() -> None:
    none = (NAN,) * 5
    assert calibrations([forecast(5.0, censored="<"), forecast(5.0, bands=none)]) == ()


def test_phases_and_analytes_stand_apart() -> None:
    own = [forecast(25.0, used=0), forecast(25.0, used=1), forecast(25.0, used=5)]
    found = calibrations(own)
    assert [c.phase for c in found] == [PHASES[0], PHASES[1], PHASES[3]]


def test_what_is_expected_adds_up() -> None:
    assert sum(BETWEEN) == pytest.approx(1.0)


@pytest.mark.parametrize("n", [1, 2, 10, 57, 400])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.25])
def test_chance_is_that_of_the_binomial(n, share) -> None:
    low, high = by_chance(n, share)
    assert (low, high) == (stats.binom.ppf(0.025, n, share), stats.binom.ppf(0.975, n, share))


def test_the_bars_are_as_high_as_the_counts() -> None:
    """Read back from the drawing: heights of bars over that of the expected lines."""
    own = [forecast(v) for v in (5.0, 15.0, 25.0, 25.0, 35.0, 35.0, 35.0, 45.0, 45.0, 55.0)]
    drawing = places_in_bands(calibrations(own))
    bars = re.findall(r'<rect [^>]*height="([\d.]+)" fill="none" stroke="#0072b2"', drawing.body)
    heights = [float(h) for h in bars[:6]]
    assert [h / heights[0] for h in heights] == pytest.approx([1, 1, 2, 3, 2, 1], rel=0.01)
    assert "after 1 level: 2 of 10 outside the 90 % band." in drawing.description


def test_errors_that_are_too_large_stand_at_the_edge() -> None:
    own = [forecast(10.0, prediction=100.0), forecast(100.0, prediction=90.0)]
    drawing = errors_over_time(own)
    assert "above 200 %" in drawing.body
    assert "2 forecasts from levels." in drawing.description
    assert "nan" not in drawing.body


def test_each_patient_is_drawn_with_and_without_bands() -> None:
    own = [
        forecast(25.0, subject="a", used=0), forecast(0.0, subject="a", at=5.0),
        forecast(20.0, subject="b", bands=(NAN,) * 5), forecast(1.0, subject="b", censored="<"),
    ]  # fmt: skip
    drawing = patients(own, "ng/mL")
    assert ">a</text>" in drawing.body
    assert ">b</text>" in drawing.body
    assert "nan" not in drawing.body
    assert "2 patients, 4 levels." in drawing.description
