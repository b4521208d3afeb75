"""Replay under interacting partners: as an assessment does it, and only what was known by then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from equipoise import interactions, replay
from equipoise.exposure import know
from equipoise.interaction import Interaction
from equipoise.model import CLEARANCE_FACTOR, PlainDose, Residual, course, simulate
from equipoise.models import sirolimus_wu2012
from equipoise.record import Record
from equipoise.replay import Forecast, collected
from small_models import oral
from small_records import daily, dose, record_of, value

WU = sirolimus_wu2012.MODEL
MODEL = oral(Residual(proportional=0.15), omega=np.array([[0.16, 0.04], [0.04, 0.09]]))
POSACONAZOLE = next(i for i in interactions.ALL if i.id == "sirolimus_posaconazole")
AT_ONCE = replace(POSACONAZOLE, ratio=3.0, of="auc", half_life=0.0)
LEVELS = ((95.5, "9 ng/mL"), (167.5, "45 ng/mL"), (191.5, "52 ng/mL"))


def record(*more: dict[str, Any]) -> Record:
    levels = [
        value(
            "sirolimus",
            text,
            at,
        )
        for at, text in LEVELS
    ]
    return record_of(*daily(*["3 mg"] * 9), *levels, *more, born="1980-01-01")


def azole(at: float, **more: Any) -> dict[str, Any]:
    return dose(at, "300 mg", agent="posaconazole", **more)


def of(
    patient: Record, *shelf: Interaction, model: Any = MODEL, draws: int = 120
) -> tuple[Forecast, ...]:
    return replay.of_record(model, patient, seed=3, draws=draws, interactions=shelf)


AZOLES = [azole(24.0 * i + 1.0) for i in range(4, 9)]


def test_clearance_changes_from_the_partners_start() -> None:
    found = of(record(*AZOLES), AT_ONCE)
    assert [f.partners for f in found] == [(), ("posaconazole",), ("posaconazole",)]
    doses = [PlainDose(24.0 * i, 3.0, "oral") for i in range(9)]
    for forecast, (at, _) in zip(found, LEVELS, strict=True):
        steps = {CLEARANCE_FACTOR: ((0.0, 1.0), (97.0, 1.0 / 3.0))}
        what = course(MODEL, [d for d in doses if d.time < at], covariates=steps)
        exact = simulate(MODEL, [what], np.array([at])).values["sirolimus"][0, 0, 0]
        assert forecast.typical == pytest.approx(exact, rel=1e-6)
    plain = of(record(*AZOLES))
    assert plain[0].typical == found[0].typical
    assert plain[2].typical < 0.6 * found[2].typical
    assert all(not f.partners and not f.unread for f in plain)


def test_levels_under_a_partner_are_not_taken_for_a_slow_patient() -> None:
    """Beside the shelf the second level under the azole is forecast from levels read under it."""
    under, beside = of(record(*AZOLES), AT_ONCE), of(record(*AZOLES))
    assert [f.used for f in under] == [f.used for f in beside] == [0, 1, 2]
    assert abs(under[1].relative_error) < abs(beside[1].relative_error)


@pytest.mark.parametrize(
    "event",
    [
        azole(49.0, known=191.6),
        {"type": "stop", "at": 145.0, "known": 191.6, "agent": "posaconazole"},
        azole(192.0, known=191.6, status="planned"),
        azole(193.0),
    ],
    ids=["an old dose learned late", "a stop learned late", "one planned later", "a later dose"],
)
def test_what_is_learned_of_a_partner_later_changes_no_forecast(event: dict[str, Any]) -> None:
    before, after = of(record(*AZOLES), AT_ONCE), of(record(*AZOLES, event), AT_ONCE)
    assert repr(after) == repr(before)


def test_a_stop_known_by_then_counts() -> None:
    stop = {"type": "stop", "at": 145.0, "agent": "posaconazole"}
    stopped = of(record(*AZOLES[:2], stop), AT_ONCE)
    going = of(record(*AZOLES), AT_ONCE)
    assert stopped[2].typical < going[2].typical
    assert stopped[2].partners == ("posaconazole",)


def test_the_factor_is_that_of_an_assessment() -> None:
    """A ratio of troughs is solved for this patient where no level was drawn under the partner."""
    events = [value("sirolimus", "5.2 ng/mL", 215.5), azole(217.0), azole(241.0)]
    patient = record_of(
        *daily(*["2 mg"] * 12), *events, value("sirolimus", "9 ng/mL", 263.5),
        born="1980-01-01", indication="itp",
    )  # fmt: skip
    (_, second) = of(patient, POSACONAZOLE, model=WU, draws=0)
    known = know(WU, patient.until(263.4), 263.4, seed=1, draws=500, interactions=[POSACONAZOLE])
    path = known.covariates.steps[CLEARANCE_FACTOR]
    what = course(WU, [d for d in known.all_doses if d.time < 263.5],
                  covariates={**known.covariates.steps, CLEARANCE_FACTOR: path})  # fmt: skip
    mode = known.beliefs[0].posterior.mode.eta[None, :]
    level = simulate(WU, [what], np.array([263.5]), etas=mode).values["sirolimus"][0, 0, 0]
    # The assessment solves at the median draw, the replay at the mode.
    assert second.prediction == pytest.approx(level, rel=0.03)


def test_a_partner_without_a_ratio_is_named() -> None:
    silent = replace(POSACONAZOLE, ratio=float("nan"))
    found = of(record(*AZOLES), silent)
    assert [f.unread for f in found] == [(), ("posaconazole",), ("posaconazole",)]
    assert repr([replace(f, unread=()) for f in found]) == repr(list(of(record(*AZOLES))))
    said = collected(MODEL, found, seed=3, draws=0, availability=replay.RECORDED).cautions
    assert any("2 forecasts stand under posaconazole, without a ratio" in c for c in said)
    acting = of(record(*AZOLES), AT_ONCE)
    said = collected(MODEL, acting, seed=3, draws=0, availability=replay.RECORDED).cautions
    assert any("2 forecasts stand under posaconazole, acting on clearance" in c for c in said)
