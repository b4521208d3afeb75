"""An assessment on reviews that are due, windows that do not exist, and levels that fall."""

from __future__ import annotations

from typing import Any

import pytest

from equipoise import files
from equipoise.assess import assess
from equipoise.assessment import Assessment
from equipoise.guidance.mtor_indications import TOPIC


def answer(agent: str, *, day0: str, **header: str) -> Assessment:
    weight = {"type": "measurement", "at": -120, "known": -119, "name": "weight", "value": "70 kg"}
    given: dict[str, Any] = {"type": "dose", "agent": agent}
    if agent == "sirolimus":
        doses = [{**given, "at": 24 * i, "amount": "2 mg", "route": "oral"} for i in range(14)]
    else:
        infusion = {**given, "amount": "100 mg", "route": "iv", "duration": "6 h"}
        doses = [{**infusion, "at": at} for at in (-96, -72, -48)]
    content = {"equipoise": 1, "id": "p", "day0": day0, "born": "1980-01-01", **header}
    record = files.record_from_json({**content, "events": [weight, *doses]})
    return assess(record, 320.0 if agent == "sirolimus" else -24.0, seed=1)


@pytest.mark.parametrize(("year", "due"), [("2027", False), ("2028", True)])
def test_an_old_review_is_said_once(year: str, due: bool) -> None:
    found = answer("sirolimus", day0=f"{year}-01-10T08:00:00+01:00", indication="itp")
    said = [c for c in found.cautions if "last reviewed more than a year before" in c]
    assert len(said) == int(due)
    if due:
        assert "sirolimus_itp_5_15" in said[0]
        assert "sirolimus_itp_adult" in said[0]
        assert "sirolimus_prca" not in said[0]  # does not apply here


@pytest.mark.parametrize(
    ("indication", "words"), [("cgvhd", "chronic GVHD was found"), ("prca", "red cell aplasia")]
)
def test_an_indication_without_a_window_says_so(indication: str, words: str) -> None:
    found = answer("sirolimus", day0="2026-12-01T08:00:00+01:00", indication=indication)
    reasons = [o.refused for o in found.options if o.target is None]
    assert any("no trough window" in r and words in r for r in reasons)
    applying = {a.recommendation.id for a in found.advice if a.applies.known}
    assert f"sirolimus_{indication}" in applying
    assert all(a.recommendation.alternatives for a in found.advice
               if a.recommendation.topic == TOPIC)  # fmt: skip


def test_no_window_after_cyclophosphamide_and_the_exposure_is_still_shown() -> None:
    found = answer(
        "thymoglobulin", day0="2026-12-01T08:00:00+01:00",
        platform="post_transplant_cyclophosphamide",
    )  # fmt: skip
    (exposure,) = found.exposures
    assert exposure.targets == ()
    names = {s.name: s for s in exposure.summaries}
    assert {"auc_pre", "auc_post", "auc_total", "day_below_one"} <= set(names)
    day = names["day_below_one"]
    assert day.unit == "d"
    assert day.prior[0] < day.prior[2] < day.prior[4]
    assert -2.0 < day.prior[2] < 30.0
    assert exposure.watermark
    (options,) = found.options
    assert options.options == ()
    assert "with post-transplant cyclophosphamide no exposure window" in options.refused
