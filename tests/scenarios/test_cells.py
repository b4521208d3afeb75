"""A patient after CAR T cells: copies measured, some below the limit, from record to report."""

from __future__ import annotations

from typing import Any

import pytest

from command_shell import Shell
from equipoise import report
from equipoise.assess import assess
from equipoise.assessment import NOT_FOR_DOSING, Assessment
from small_records import record_of, value

DAY = 24.0


def infused(at: float = 0.0, product: str = "tisagenlecleucel", **more: Any) -> dict[str, Any]:
    return {"type": "cells", "at": at, "product": product, "doses": {"CAR": "3.1e6 /kg"}, **more}


def copies(day: float, text: str) -> dict[str, Any]:
    return value("car_copies", text, day * DAY, limit="50 copies/ug")


LEVELS = [
    copies(3, "80 copies/ug"), copies(7, "4000 copies/ug"), copies(10, "26000 copies/ug"),
    copies(14, "12000 copies/ug"), copies(28, "<50 copies/ug"), copies(60, "<50 copies/ug"),
]  # fmt: skip
CHILD = {"born": "2013-01-01", "sex": "female"}


def assessed(*events: dict[str, Any], at: float = 65 * DAY, **header: Any) -> Assessment:
    some = [value("weight", "39 kg", -24.0), *events]
    return assess(record_of(*some, t=at, **{**CHILD, **header}), at, seed=1)


def test_copies_are_fitted_with_the_assay_s_limit_and_marked() -> None:
    (exposure,) = assessed(infused(), *LEVELS).exposures
    assert exposure.model == "tisagenlecleucel_stein2019"
    assert exposure.agent_label == "tisagenlecleucel"
    assert exposure.watermark == NOT_FOR_DOSING
    assert len(exposure.levels) == 6
    peak, last = exposure.levels[2], exposure.levels[-1]
    assert peak.posterior_median == pytest.approx(26_000.0, rel=0.5)
    # Below the limit, the number is never taken for the level.
    assert last.censored == "<"
    assert last.posterior_median < 50.0 < last.prior_median
    assert [d.text for d in exposure.doses] == ["1.21e+08 cells"]
    assert any("2 readings" in caution for caution in exposure.cautions)


def test_without_a_level_no_curve_of_cells_is_shown() -> None:
    assert assessed(infused()).exposures == ()


def test_bags_of_one_day_are_one_infusion_and_two_days_are_refused() -> None:
    whole = assessed(infused(), *LEVELS).exposures[0]
    bags = assessed(infused(0.0), infused(1.5), *LEVELS).exposures[0]
    assert bags.posterior[2] == pytest.approx(whole.posterior[2], rel=1e-6)
    split = assessed(infused(0.0), infused(200.0), *LEVELS)
    assert split.exposures == ()
    assert any("single infusions" in caution for caution in split.cautions)


def test_a_held_infusion_is_none() -> None:
    assert assessed(infused(status="held"), copies(10, "<50 copies/ug")).exposures == ()


def test_lisocabtagene_shows_its_curve_and_learns_nothing_from_levels() -> None:
    found = assessed(
        infused(product="lisocabtagene", doses={"CAR": "1e8 cells"}), copies(10, "900 copies/ug"),
        at=12 * DAY, born="1970-01-01",
    )  # fmt: skip
    (exposure,) = found.exposures
    assert exposure.levels == ()
    assert exposure.prior == exposure.posterior
    beyond = assessed(
        infused(product="lisocabtagene", doses={"CAR": "1e8 cells"}), copies(10, "900 copies/ug"),
        at=40 * DAY, born="1970-01-01",
    )  # fmt: skip
    assert any("outside what lisocabtagene" in c for c in beyond.exposures[0].cautions)


def test_axicabtagene_reads_the_tumor_from_the_header() -> None:
    cells = infused(product="axicabtagene", doses={"CAR": "2e6 /kg"})
    counts = [value("car_cells", "12 /uL", 7 * DAY), value("car_cells", "20 /uL", 14 * DAY)]
    header = {"born": "1960-01-01", "covariates": {"tumor_volume": 500, "autologous_before": "no"}}
    (exposure,) = assessed(cells, *counts, at=20 * DAY, **header).exposures
    assert ("tumor_volume", "500.0") in exposure.covariates
    assert any("car_cd4_cd8_day7 is not in the record" in c for c in exposure.cautions)
    assert len(exposure.levels) == 2
    assert exposure.levels[1].posterior_median == pytest.approx(20.0, rel=0.8)


def test_the_report_marks_it_before_its_numbers() -> None:
    text = report.text(assessed(infused(), *LEVELS))
    assert text.index(NOT_FOR_DOSING) < text.index("copies/ug")


def test_simulate_a_number_of_cells(capsys: pytest.CaptureFixture[str]) -> None:
    shell = Shell(capsys)
    given = ("simulate", "tisagenlecleucel_stein2019", "--times", "223.2,672", "--json")
    found = shell.json(*given, "--dose", "1.2e8 cells iv")
    assert found["units"] == {"car_copies": "copies/ug"}
    assert found["rows"][0]["car_copies"] == pytest.approx(24_000.0, rel=1e-3)
    assert found["rows"] == shell.json(*given, "--dose", "2e6 cells iv")["rows"]
    (said,) = {shell.wrong(*given, "--dose", "1.2e8 cells oral")}
    assert "tisagenlecleucel_stein2019" in said
