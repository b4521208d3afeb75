"""What docs/calculators.md says of public calculators: their outputs as read, ours computed."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from equipoise import units
from equipoise.criteria import EASIX, HEMATOTOX, HSCORE, ICAHT_EARLY, M_EASIX
from equipoise.criteria.hscore_2014 import probability
from equipoise.grading import grade
from equipoise.record import Cells, Measurement, Record

PAGE = Path(__file__).resolve().parents[2] / "docs" / "calculators.md"
DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")


def record(values, at=-130.0):
    """A patient before a CAR-T infusion, by name and text; a list of (hours, text) for a series."""
    events = [Cells(at=0.0, known=0.0, product="axicabtagene")]
    for name, texts in values.items():
        for when, text in [(at, texts)] if isinstance(texts, str) else texts:
            value = units.parse(text)
            events.append(
                Measurement(at=when, known=when, name=name, value=value, number=float(value.number))
            )
    return Record(id="p", day0=DAY0, events=tuple(sorted(events, key=lambda e: e.at)))


def hematotox(platelets, neutrophils, hemoglobin, crp, ferritin):
    return record(
        {
            "platelets": f"{platelets} 10*9/L", "neutrophils": f"{neutrophils} /uL",
            "hemoglobin": f"{hemoglobin} g/dL", "crp": f"{crp} mg/L",
            "ferritin": f"{ferritin} ng/mL",
        }
    )  # fmt: skip


# (values, what the other prints, ours, ours is high risk)
@pytest.mark.parametrize(
    ("row", "printed", "expected", "high"),
    [
        ((220, 3400, 12.4, 8, 180), 0, 0, False),
        ((130, 1800, 10.5, 14, 320), 1, 1, False),
        ((110, 950, 10.1, 42, 540), 3, 3, True),
        ((60, 700, 8.5, 24, 1400), 5, 5, True),
        ((40, 400, 7.8, 95, 3200), 7, 7, True),
    ],
)
def test_the_five_fictional_cases(row, printed, expected, high):
    found = grade(HEMATOTOX, hematotox(*row), 10.0)
    assert found.score == expected == printed
    assert found.met is high


@pytest.mark.parametrize(
    ("row", "printed", "expected"),
    [
        ((176, 1200, 9.0, 29, 649), 3, 0),
        ((101, 1190, 10.1, 9, 499), 0, 2),
        ((60, 700, 8.5, 24, 1400), 6, 5),
    ],
)
def test_the_other_score_under_that_name_differs_as_the_page_says(row, printed, expected):
    found = grade(HEMATOTOX, hematotox(*row), 10.0)
    assert found.score == expected != printed


@pytest.mark.parametrize(("score", "low", "high"), [(161, 0.40, 0.54), (170, 0.40, 0.55)])
def test_the_band_of_the_paper_as_quoted_on_the_web(score, low, high):
    assert low <= probability(score) <= high


def test_the_probabilities_on_the_page_are_ours():
    rows = re.findall(r"^\| (\d+) \| (\d+) % \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 7
    for score, percent in rows:
        assert round(100.0 * probability(int(score))) == int(percent)


def test_three_items_of_hscore_are_an_interval():
    values = {"temperature": "39.5 Cel", "ferritin": "7000 ng/mL", "fibrinogen": "1.2 g/L"}
    found = grade(HSCORE, record(values, at=0.0), 10.0)
    assert (found.low, found.high, found.score) == (129, 337, None)


def test_easix_and_m_easix_take_the_unit_with_the_value():
    # Printed by the other: 32.0; 106.67 for CRP 3, and 1066.67 for the same CRP typed as 30.
    for crp in ("3.0 mg/dL", "30 mg/L"):
        values = {"ldh": "640 U/L", "creatinine": "0.9 mg/dL", "platelets": "18 10*9/L", "crp": crp}
        both = [grade(c, record(values, at=0.0), 10.0).score for c in (EASIX, M_EASIX)]
        assert both == pytest.approx([32.0, 106.666667], rel=1e-6)


def test_eight_days_without_a_count_are_open_where_the_public_code_counts_them_as_not_low():
    # The synthetic patient 10 of the public code, days 0 to 30: grade 2 in its rendered page.
    counts = {0: 2370, 1: 1870, 2: 1220, 3: 470, 5: 90, 6: 310, 7: 270, 9: 310, 10: 1390, 13: 3120,
              16: 4530, 21: 5440, 30: 2220}  # fmt: skip
    series = [(24.0 * day + 2.0, f"{count} /uL") for day, count in counts.items()]
    found = grade(ICAHT_EARLY, record({"neutrophils": series}), 24.0 * 40)
    assert (found.low, found.high) == (2, 3)
    filled = [*series, (24.0 * 26, "5000 /uL")]
    assert grade(ICAHT_EARLY, record({"neutrophils": filled}), 24.0 * 40).grade == 2
