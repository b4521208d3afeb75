"""Policies: the same callable alone and in a batch, nothing known later, plans kept in line."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from equipoise import models, targets
from equipoise.assessment import NOT_FOR_DOSING
from equipoise.guided import LevelGuided, ModelBased, vial_consequence
from equipoise.model import PlainDose, typical
from equipoise.plan import GateError
from equipoise.policy import (
    Band,
    Banded,
    Fixed,
    Policy,
    PolicyError,
    Protocol,
    carried_out,
    deadlines,
    planned_events,
    protocol_of,
    rounded,
    total_of,
    with_events,
)
from equipoise.record import Dose, Record, Stop
from equipoise.source import Source, Standing
from equipoise.target import Metric
from small_records import record_of, value

OURS = Source("tests")
MODEL = next(m for m in models.ALL if m.id == "atg_thymoglobulin_linear")
TARGET = {t.id: t for t in targets.ALL}
ADULT = TARGET["thymoglobulin_adult_unrelated_post_60_90"]
DAYS = (-120.0, -96.0, -72.0, -48.0)
PROTOCOL = Protocol("thymoglobulin", DAYS, (6.0, 4.0), vial=25.0, most=300.0, notice=2.0)
GRID = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5)
BEFORE = -150.0


def patient(name: str, weight: float, count: float, *events: dict[str, Any]) -> Record:
    record = record_of(
        value("weight", f"{weight:g} kg", -320.0),
        value("lymphocytes", f"{count:g} 10*9/L", -315.0),
        *events,
        born="1975-01-01",
        platform="adult_unrelated",
    )
    return replace(record, id=name)


def level(at: float, text: str, known: float) -> dict[str, Any]:
    return {
        "type": "measurement", "at": at, "known": known, "name": "atg_active_au", "value": text,
        "method": "flow cytometry",
    }  # fmt: skip


BATCH = tuple(
    patient(f"p{i}", weight, count)
    for i, (weight, count) in enumerate([(48, 0.05), (61, 0.4), (75, 0.2), (92, 1.1), (75, 1.9)])
)

FIXED = Fixed(PROTOCOL, 1.5, OURS)
BY_WEIGHT = Banded(
    PROTOCOL, (Band((0.0, 60.0), 6.0), Band((60.0, 80.0), 5.0), Band((80.0, 200.0), 4.0)), OURS
)
BY_LYMPHOCYTES = Banded(
    PROTOCOL,
    (
        Band((0.0, 200.0), 2.0, (0.0, 0.1)),
        Band((0.0, 200.0), 4.0, (0.1, 1.0)),
        Band((0.0, 200.0), 6.0, (1.0, math.inf)),
    ),
    OURS,
)
A_PRIORI = ModelBased(MODEL, (ADULT,), (PROTOCOL,), GRID, research=True, draws=200)
GUIDED = LevelGuided(FIXED, MODEL, (ADULT,), PROTOCOL, GRID, research=True, draws=300)
POLICIES: dict[str, Policy] = {
    "fixed": FIXED, "by weight": BY_WEIGHT, "by lymphocytes": BY_LYMPHOCYTES,
    "a priori": A_PRIORI, "level-guided": GUIDED,
}  # fmt: skip


def course(record: Record, policy: Policy, *extra: dict[str, Any]) -> Record:
    """The record with the policy's first plan, the doses of days -5 and -4 given, and more."""
    planned = with_events(record, policy([record], BEFORE)[0])
    known = record_of(*extra, born="1975-01-01").events
    return with_events(carried_out(planned, -90.0), known)


def left(record: Record, t: float) -> float:
    """mg still planned at t."""
    return sum(g.amount for g in record.until(t).planned("thymoglobulin", t, unit="mg"))


def amounts(events: Any) -> dict[float, float]:
    return {
        e.at: float(e.amount.number) for e in events if isinstance(e, Dose) and e.amount is not None
    }


# --- what a table and a rule give --------------------------------------------------------------


def test_fixed_dose_is_mg_per_kg_in_vials() -> None:
    (events,) = FIXED([patient("p", 75.0, 0.2)], BEFORE)
    assert amounts(events) == dict.fromkeys(DAYS, 125.0)  # 112.5 mg wanted
    assert [e.duration for e in events] == [6.0, 4.0, 4.0, 4.0]
    assert all(e.status == "planned" and e.known == BEFORE for e in events)
    assert total_of(events) == 500


def test_the_weight_before_the_first_dose_holds_for_the_course() -> None:
    record = course(patient("p", 75.0, 0.2), FIXED, value("weight", "88 kg", -80.0))
    assert FIXED([record], -79.0) == ((),)


def test_a_heaviest_weight_counts_no_kilogram_more() -> None:
    exact = replace(PROTOCOL, vial=0.0)
    (events,) = Fixed(exact, 1.5, OURS, heaviest=80.0)([patient("p", 130.0, 0.2)], BEFORE)
    assert amounts(events) == dict.fromkeys(DAYS, 120.0)


@pytest.mark.parametrize(
    ("weight", "each"), [(59.9, 1.5 * 59.9), (60.0, 1.25 * 60.0), (80.0, 80.0)]
)
def test_bands_of_weight_begin_where_they_say(weight: float, each: float) -> None:
    table = replace(BY_WEIGHT, protocol=replace(PROTOCOL, vial=0.0))
    (events,) = table([patient("p", weight, 0.2)], BEFORE)
    assert amounts(events)[-120.0] == pytest.approx(each)


@pytest.mark.parametrize(("count", "whole"), [(0.05, 2.0), (0.1, 4.0), (0.99, 4.0), (1.0, 6.0)])
def test_bands_of_lymphocytes_begin_where_they_say(count: float, whole: float) -> None:
    table = replace(BY_LYMPHOCYTES, protocol=replace(PROTOCOL, vial=0.0))
    (events,) = table([patient("p", 80.0, count)], BEFORE)
    assert float(total_of(events)) == pytest.approx(80.0 * whole)


def test_the_count_before_the_first_dose_is_the_one_that_counts() -> None:
    fall = value("lymphocytes", "0.01 10*9/L", -100.0)
    record = course(patient("p", 80.0, 1.5), BY_LYMPHOCYTES, fall)
    assert BY_LYMPHOCYTES([record], -99.0) == ((),)


def test_a_floor_and_a_bound_of_the_assay() -> None:
    table = replace(BY_LYMPHOCYTES, floor=0.1)
    (low,) = BY_LYMPHOCYTES([patient("p", 80.0, 0.02)], BEFORE)
    (floored,) = table([patient("p", 80.0, 0.02)], BEFORE)
    assert (total_of(low), total_of(floored)) == (200, 300)  # 40 and 80 mg wanted each time
    bound = patient("p", 80.0, 0.3, value("lymphocytes", "<0.2 10*9/L", -160.0))
    with pytest.raises(PolicyError, match="may lie in several bands"):
        BY_LYMPHOCYTES([bound], BEFORE)
    assert total_of(table([bound], BEFORE)[0]) == total_of(floored)
    # A bound at the edge of a band lies in the band below it, or from it on.
    under = patient("p", 80.0, 0.3, value("lymphocytes", "<0.1 10*9/L", -160.0))
    over = patient("p", 80.0, 0.3, value("lymphocytes", ">1 10*9/L", -160.0))
    assert total_of(BY_LYMPHOCYTES([under], BEFORE)[0]) == total_of(low)
    (most,) = BY_LYMPHOCYTES([patient("p", 80.0, 3.0)], BEFORE)
    assert total_of(BY_LYMPHOCYTES([over], BEFORE)[0]) == total_of(most)


# --- the laws of a policy -----------------------------------------------------------------------


@pytest.mark.parametrize("name", POLICIES)
def test_a_batch_of_one_equals_the_batch(name: str) -> None:
    policy = POLICIES[name]
    together = policy(BATCH, BEFORE)
    assert len(together) == len(BATCH)
    assert all(together)
    for record, events in zip(BATCH, together, strict=True):
        assert policy([record], BEFORE) == (events,)
    assert policy(BATCH[::-1], BEFORE) == tuple(together[::-1])


LATER: tuple[dict[str, Any], ...] = (
    value("weight", "30 kg", -149.0),
    {**value("lymphocytes", "9 10*9/L", -160.0), "known": -149.0},
    level(-160.0, "80 AU/mL", -149.0),
    {"type": "stop", "at": -140.0, "agent": "thymoglobulin", "known": -149.0},
)


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("later", range(len(LATER)))
def test_nothing_known_later_is_used(name: str, later: int) -> None:
    policy = POLICIES[name]
    record = patient("p", 75.0, 0.2)
    ahead = with_events(record, record_of(LATER[later], born="1975-01-01").events)
    assert ahead.events != record.events
    assert policy([ahead], BEFORE) == policy([record], BEFORE)


@pytest.mark.parametrize("name", POLICIES)
def test_asking_again_changes_nothing(name: str) -> None:
    policy = POLICIES[name]
    for record in BATCH[:2]:
        planned = with_events(record, policy([record], BEFORE)[0])
        assert policy([planned], BEFORE) == ((),)
        assert policy([planned], BEFORE + 5.0) == ((),)


@pytest.mark.parametrize("name", POLICIES)
def test_what_is_given_or_near_is_never_touched(name: str) -> None:
    policy = POLICIES[name]
    record = with_events(BATCH[2], policy([BATCH[2]], BEFORE)[0])
    for t in (-97.0, -96.0, -60.0, 0.0):
        for event in policy([carried_out(record, t)], t)[0]:
            assert event.at - PROTOCOL.notice > t


def test_a_stop_and_a_held_dose_are_respected() -> None:
    record = BATCH[2]
    planned = with_events(record, FIXED([record], BEFORE)[0])
    stopped = with_events(planned, [Stop(at=-100.0, known=-100.0, agent="thymoglobulin")])
    assert FIXED([stopped], -99.0) == ((),)
    (third,) = [e for e in planned.doses("thymoglobulin") if e.at == -72.0]
    held = replace(third, status="held", known=-110.0, row=third.row + 1)
    kept = replace(planned, events=tuple(held if e is third else e for e in planned.events))
    assert FIXED([kept], -99.0) == ((),)


def test_a_planned_dose_that_the_course_does_not_have_is_held() -> None:
    stray = {
        "type": "dose", "at": -24.0, "known": -160.0, "agent": "thymoglobulin",
        "amount": "100 mg", "route": "iv", "duration": "4 h", "status": "planned",
    }  # fmt: skip
    late = {**stray, "at": -71.0, "amount": "100 mg"}
    record = patient("p", 75.0, 0.2, stray, late)
    planned = with_events(record, FIXED([record], BEFORE)[0]).until(BEFORE)
    assert [(g.at, g.amount) for g in planned.planned("thymoglobulin", BEFORE, unit="mg")] == [
        (-120.0, 125.0), (-96.0, 125.0), (-71.0, 125.0), (-48.0, 125.0),
    ]  # fmt: skip


# --- vials, deadlines -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "given", "vials"),
    [(112.4, 100.0, 4), (112.5, 125.0, 5), (125.0, 125.0, 5), (3.0, 25.0, 1), (0.0, 0.0, 0),
     (999.0, 300.0, 12)],
)  # fmt: skip
def test_whole_vials(wanted: float, given: float, vials: int) -> None:
    found = rounded(PROTOCOL, 0.0, wanted)
    assert (found.given, found.vials) == (given, vials)


def test_rounding_says_what_it_costs() -> None:
    said = rounded(PROTOCOL, 0.0, 112.5).text
    assert said == "112.5 mg -> 125 mg (5 vials), +11 %; given exactly, 12.5 mg are thrown away"
    assert rounded(PROTOCOL, 0.0, 100.0).text == "100 mg -> 100 mg (4 vials), no change"


def test_the_exposure_follows_the_vials() -> None:
    found = vial_consequence(
        MODEL, Metric.AUC_POST, BATCH[2], BEFORE, PROTOCOL, 1.5, research=True, draws=200
    )
    # A linear model: the exposure changes as the dose does, 112.5 to 125 mg.
    assert found.given / found.exact == pytest.approx(125.0 / 112.5, rel=1e-6)
    assert "(+11 %)" in found.text
    assert found.watermark == NOT_FOR_DOSING
    with pytest.raises(GateError):
        vial_consequence(MODEL, Metric.AUC_POST, BATCH[2], BEFORE, PROTOCOL, 1.5)


@pytest.mark.parametrize(
    ("drawn", "turnaround", "last", "count"),
    [(-114.0, 24.0, -48.0, 2), (-90.0, 24.0, -48.0, 1), (-74.0, 24.0, None, 0),
     (-74.0, 23.9, -48.0, 1), (-114.0, 0.0, -48.0, 3)],
)  # fmt: skip
def test_the_last_dose_that_a_result_can_change(
    drawn: float, turnaround: float, last: float | None, count: int
) -> None:
    (found,) = deadlines(PROTOCOL, [drawn], turnaround=turnaround)
    assert found.last == last
    assert len(found.doses) == count


# --- model and levels ---------------------------------------------------------------------------


def test_the_best_course_is_the_best_of_all_by_brute_force() -> None:
    record = BATCH[2]
    found = A_PRIORI.weigh([record], BEFORE)[0]
    assert found.best is not None
    assert found.best.within == max(c.within for c in found.candidates)
    assert found.watermark == NOT_FOR_DOSING
    # The same odds from the closed form: area after the graft is proportional to the dose, and
    # clearance is log-normal.
    rng = np.random.default_rng(7)
    sd = math.sqrt(MODEL.omega[0][0])
    for candidate in (found.candidates[0], found.candidates[-1]):
        after = []
        for eta in sd * rng.standard_normal(400):
            one = replace(
                MODEL, thetas={**MODEL.thetas, "CL": replace(
                    MODEL.thetas["CL"], number=MODEL.thetas["CL"].number * math.exp(eta))}
            )  # fmt: skip
            doses = [PlainDose(at, candidate.amount, "iv", PROTOCOL.duration(at)) for at in DAYS]
            area = typical(one, doses, [0.0, 2400.0]).areas["atg_active_au"][0, 0]
            after.append((area[1] - area[0]) / 24.0)
        share = np.mean([(ADULT.low <= a <= ADULT.high) for a in after])
        error = math.sqrt(0.25 / 400 + 0.25 / 200)
        assert candidate.within == pytest.approx(share, abs=4.0 * error)


def test_an_earlier_start_leaves_less_after_the_graft() -> None:
    starts = (PROTOCOL, PROTOCOL.shifted(-72.0))
    policy = replace(A_PRIORI, protocols=starts)
    record = BATCH[2]
    found = policy.weigh([record], -200.0)[0]
    middle = {(c.start, c.per_kg): c.exposure[1] for c in found.candidates}
    for each in GRID:
        if (-192.0, each) in middle and (-120.0, each) in middle:
            assert middle[-192.0, each] < middle[-120.0, each]
    both = {c.start for c in found.candidates}
    assert both == {-120.0, -192.0}
    # A start that has passed is no choice any more.
    assert {c.start for c in policy.weigh([record], BEFORE)[0].candidates} == {-120.0}


def test_two_windows_have_to_be_met_together() -> None:
    before, after = (TARGET[f"thymoglobulin_alpha_beta_{x}"] for x in ("pre_50", "post_12"))
    child = replace(
        record_of(value("weight", "42 kg", -400.0), born="2014-01-01",
                  platform="alpha_beta_depleted"), id="c",
    )  # fmt: skip
    early = PROTOCOL.shifted(-168.0)
    whole = ModelBased(MODEL, (before, after), (early,), GRID, research=True, draws=300)
    alone = replace(whole, targets=(after,))
    both = {c.per_kg: c.within for c in whole.weigh([child], -330.0)[0].candidates}
    one = {c.per_kg: c.within for c in alone.weigh([child], -330.0)[0].candidates}
    assert all(both[x] <= one[x] + 1e-9 for x in both)
    assert any(both[x] < one[x] - 0.05 for x in both)


def high_and_low(known: float) -> tuple[dict[str, Any], dict[str, Any]]:
    return level(-97.0, "45 AU/mL", known), level(-97.0, "6 AU/mL", known)


def test_levels_steer_the_doses_that_are_left() -> None:
    high, low = high_and_low(-76.0)
    plans = []
    for each in (high, low):
        record = course(BATCH[2], FIXED, each)
        assert GUIDED([record], -77.0) == ((),)  # the result is not there yet
        plans.append(with_events(record, GUIDED([record], -75.0)[0]))
    assert left(record, -75.0) == 250.0
    assert left(plans[0], -75.0) < 250.0 < left(plans[1], -75.0)
    # What was given stays given, and asking again changes nothing.
    for plan in plans:
        given = plan.until(-75.0).given("thymoglobulin", -75.0, unit="mg")
        assert [g.amount for g in given] == [125.0, 125.0]
        assert GUIDED([plan], -75.0) == ((),)


def test_a_result_that_comes_too_late_changes_nothing() -> None:
    high, _ = high_and_low(-49.0)
    record = course(BATCH[2], FIXED, high)
    assert GUIDED([record], -49.0) == ((),)
    (found,) = GUIDED.weigh([record], -48.5)
    assert found.best is None
    assert found.reason == "no dose can be changed any more"
    assert found.levels == 1


def test_the_bedside_takes_its_course_from_the_record() -> None:
    record = course(BATCH[2], FIXED)
    own = protocol_of(record, -90.0, "thymoglobulin", vial=25.0, most=300.0, notice=2.0)
    assert own == PROTOCOL
    with pytest.raises(PolicyError, match="no dose of grafalon"):
        protocol_of(record, -90.0, "grafalon")


# --- what is refused --------------------------------------------------------------------------


def test_a_provisional_model_makes_no_policy_without_research() -> None:
    with pytest.raises(GateError, match="provisional"):
        ModelBased(MODEL, (ADULT,), (PROTOCOL,), GRID)
    with pytest.raises(GateError, match="provisional"):
        LevelGuided(FIXED, MODEL, (ADULT,), PROTOCOL, GRID)
    firm = replace(MODEL, standing=Standing.PUBLISHED)
    weak = replace(ADULT, standing=Standing.PROVISIONAL)
    with pytest.raises(GateError, match=ADULT.id):
        ModelBased(firm, (weak,), (PROTOCOL,), GRID)
    assert (
        ModelBased(firm, (ADULT,), (PROTOCOL,), GRID).weigh([BATCH[2]], BEFORE)[0].watermark == ""
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: replace(PROTOCOL, times=()), "times must be given"),
        (lambda: replace(PROTOCOL, times=(-48.0, -72.0)), "increase"),
        (lambda: replace(PROTOCOL, vial=-1.0), "vial"),
        (lambda: Fixed(PROTOCOL, 0.0, OURS), "per_kg"),
        (lambda: Banded(PROTOCOL, (), OURS), "at least one band"),
        (lambda: Banded(PROTOCOL, (Band((60.0, 40.0), 2.0),), OURS), "low < high"),
        (lambda: Banded(PROTOCOL, (Band((0, 60), 2.0), Band((50, 90), 2.0)), OURS), "two bands"),
        (lambda: deadlines(PROTOCOL, [0.0], turnaround=-1.0), "turnaround"),
        (lambda: rounded(PROTOCOL, 0.0, math.nan), "cannot be given"),
        (lambda: replace(A_PRIORI, protocols=(replace(PROTOCOL, agent="grafalon"),)),
         "the protocol gives grafalon"),
        (lambda: replace(A_PRIORI, protocols=(replace(PROTOCOL, unit="g"),)), "in g"),
        (lambda: replace(A_PRIORI, per_kg=()), "at least one"),
        (lambda: replace(A_PRIORI, targets=(TARGET["busulfan_adult_62_100"],)), "of busulfan"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_a_sentence(make: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("record", "policy", "words"),
    [
        (replace(BATCH[0], events=()), FIXED, "record p0: no weight"),
        (record_of(value("weight", "70 kg", -170.0)), BY_LYMPHOCYTES, "no lymphocytes before"),
        (patient("p", 230.0, 0.2), BY_WEIGHT, "no band for this weight"),
        (replace(BATCH[0], platform="haploidentical_replete"), A_PRIORI,
         "studied in adult, unrelated donor"),
        (replace(BATCH[0], platform="post_transplant_cyclophosphamide"), A_PRIORI, "studied in"),
        (replace(BATCH[0], born=None), A_PRIORI, "no date of birth"),
    ],
)  # fmt: skip
def test_a_record_that_a_policy_cannot_serve_is_named(
    record: Record, policy: Policy, words: str
) -> None:
    with pytest.raises(PolicyError, match=words):
        policy([record], BEFORE)


def test_a_level_in_another_unit_steers_nothing() -> None:
    other = {**level(-97.0, "20 UE/mL", -76.0), "name": "atg_active_ue"}
    record = course(BATCH[2], FIXED, other)
    assert GUIDED([record], -77.0) == ((),)
    with pytest.raises(PolicyError, match="atg_active_ue, atg_thymoglobulin_linear predicts"):
        GUIDED([record], -75.0)


def test_a_priori_decides_once() -> None:
    record = course(BATCH[2], A_PRIORI)
    (found,) = A_PRIORI.weigh([record], -90.0)
    assert found.best is None
    assert "has begun" in found.reason


def test_a_mixed_batch_is_answered_record_by_record() -> None:
    high, _ = high_and_low(-76.0)
    records = [BATCH[0], course(BATCH[2], FIXED, high), BATCH[3]]
    together = GUIDED(records, -75.0)
    assert together == tuple(GUIDED([r], -75.0)[0] for r in records)


def test_odds_are_kept_by_patients_of_the_same_model() -> None:
    policy = replace(A_PRIORI, draws=2000)
    found = [w.best for w in policy.weigh(BATCH, BEFORE)]
    rng = np.random.default_rng(3)
    sd = math.sqrt(MODEL.omega[0][0])
    hit, said, n = 0, 0.0, 150
    for best in found:
        assert best is not None
        said += n * best.within
        for eta in sd * rng.standard_normal(n):
            cl = replace(MODEL.thetas["CL"], number=MODEL.thetas["CL"].number * math.exp(eta))
            truth = replace(MODEL, thetas={**MODEL.thetas, "CL": cl})
            doses = [PlainDose(at, best.amount, "iv", PROTOCOL.duration(at)) for at in DAYS]
            area = typical(truth, doses, [0.0, 2400.0]).areas["atg_active_au"][0, 0]
            hit += ADULT.low <= (area[1] - area[0]) / 24.0 <= ADULT.high
    total = n * len(found)
    p = said / total
    assert hit / total == pytest.approx(p, abs=4.0 * math.sqrt(p * (1.0 - p) / total))


def test_a_record_without_times_of_being_known_is_refused() -> None:
    content = value("weight", "70 kg", -170.0)
    record = record_of(content)
    blind = replace(record, events=tuple(replace(e, known=None) for e in record.events))
    with pytest.raises(PolicyError, match="record p1: weight has no time"):
        FIXED([blind], BEFORE)


def test_times_without_a_change_give_no_events() -> None:
    assert planned_events(BATCH[0].until(0.0), 0.0, PROTOCOL, {}) == ()
