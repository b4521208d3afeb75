"""Interactions: spans of the partner, the path of clearance, and what they do to a patient."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from equipoise import interactions, models, names, targets, units
from equipoise.advice import LABEL_STATUSES, Situation
from equipoise.courses import answer_request
from equipoise.decisions.azole_facts import AZOLES
from equipoise.decisions.azole_on_sirolimus import AGENT
from equipoise.decisions.azole_on_sirolimus import DECISION as AZOLE
from equipoise.exposure import as_it_stands, expose, know, pooled
from equipoise.interaction import (
    SINGLE_DOSE,
    STEADY_STATE,
    Interaction,
    Running,
    at_share,
    courses_of,
    daily_amount,
    factor_path,
    running,
    sentence,
    share,
    spells_of,
    why_not,
)
from equipoise.model import CLEARANCE_FACTOR
from equipoise.models import (
    ciclosporin_wilhelm2012,
    sirolimus_cheng2020,
    sirolimus_wu2012,
    tacrolimus_chen2022,
)
from equipoise.plan import metric_draws
from equipoise.record import Dose, Finding, Measurement, Record, Stop
from equipoise.source import Standing
from equipoise.target import Metric

WU = sirolimus_wu2012.MODEL
BY_ID = {i.id: i for i in interactions.ALL}
VORICONAZOLE, RIFAMPICIN = BY_ID["sirolimus_voriconazole"], BY_ID["sirolimus_rifampicin"]
LETERMOVIR = BY_ID["sirolimus_letermovir"]
DAY = 24.0


def dose(agent: str, at: float, amount: str = "2 mg", known: float | None = None) -> Dose:
    return Dose(
        at=at, known=at if known is None else known, agent=agent, amount=units.parse(amount),
        route="oral", status="" if known is None else "planned",
    )  # fmt: skip


def daily(agent: str, first: int, last: int, amount: str = "2 mg") -> list[Dose]:
    return [dose(agent, DAY * d, amount) for d in range(first, last)]


def level(at: float, number: float) -> Measurement:
    return Measurement(
        at=at, known=at + 1.0, name="sirolimus", value=units.parse(f"{number} ng/mL"),
        number=number,
    )  # fmt: skip


def patient(*events: Dose | Finding | Measurement | Stop, t: float) -> Record:
    return Record(id="p", day0=datetime(2025, 3, 10, 10, tzinfo=UTC), events=events).until(t)


# --- the shelf --------------------------------------------------------------------------------


@pytest.mark.parametrize("i", interactions.ALL, ids=lambda i: i.id)
def test_entries_are_whole(i: Interaction) -> None:
    assert i.agent in names.AGENTS
    if i.finding:
        assert i.finding[1] in names.FINDINGS[i.finding[0]].choices
    else:
        assert i.partner in names.AGENTS
    assert i.agent != i.partner
    assert i.source.short
    assert i.setting
    assert i.timing.short
    assert i.label_status in LABEL_STATUSES
    assert bool(i.label_status) == (i.label is not None) == bool(i.region) == bool(i.label_date)
    assert math.isnan(i.ratio) or i.ratio > 0.0
    assert math.isnan(i.low) == math.isnan(i.high) == (not i.spread)
    if not math.isnan(i.low):
        assert i.low <= i.ratio <= i.high
    assert i.dosing in ("", SINGLE_DOSE, STEADY_STATE)
    assert math.isnan(i.least) == math.isnan(i.most)
    assert i.reviewed_on is not None
    # What acts on odds must be what the gate lets through.
    assert i.acts == (math.isfinite(i.ratio) and i.standing.may_feed_options)
    # What was read at second hand, or a label so read, is never more than provisional.
    if "secondary" in f"{i.source.where} {i.source.note}":
        assert i.standing <= Standing.PROVISIONAL


def test_ids_are_unique_and_one_way_of_measuring_has_one_entry() -> None:
    assert len(BY_ID) == len(interactions.ALL)
    ways = [
        (i.agent, i.partner, i.population_class, i.dosing, i.least, i.source.short)
        for i in interactions.ALL
    ]
    assert len(set(ways)) == len(ways)


def test_of_one_pair_every_entry_carries_the_same_label() -> None:
    for i in interactions.ALL:
        for other in interactions.ALL:
            if (i.agent, i.partner) == (other.agent, other.partner):
                assert i.label_status == other.label_status


# --- spans ------------------------------------------------------------------------------------


def test_a_course_goes_on_until_it_is_stopped() -> None:
    given = daily("letermovir", 0, 5, "480 mg")
    assert courses_of("letermovir", patient(*given, t=100.0), 100.0) == (((0.0, math.inf),), False)
    stopped = patient(*given, Stop(at=110.0, known=110.0, agent="letermovir"), t=200.0)
    assert courses_of("letermovir", stopped, 200.0) == (((0.0, 110.0),), False)
    again = patient(
        *given, Stop(at=110.0, known=110.0, agent="letermovir"),
        dose("letermovir", 200.0, "480 mg"), t=210.0,
    )  # fmt: skip
    assert courses_of("letermovir", again, 210.0)[0] == ((0.0, 110.0), (200.0, math.inf))


def test_an_old_course_without_a_stop_has_ended_and_says_so() -> None:
    record = patient(*daily("letermovir", 0, 5, "480 mg"), t=60 * DAY)
    assert courses_of("letermovir", record, 60 * DAY) == (((0.0, 120.0),), True)


def test_a_planned_course_and_a_planned_stop_count() -> None:
    record = patient(
        dose("voriconazole", 48.0, "200 mg", known=10.0),
        dose("voriconazole", 60.0, "200 mg", known=10.0),
        Stop(at=72.0, known=11.0, agent="voriconazole"), t=12.0,
    )  # fmt: skip
    assert courses_of("voriconazole", record, 12.0) == (((48.0, 72.0),), False)
    assert courses_of("posaconazole", record, 12.0) == ((), False)


# --- the path ---------------------------------------------------------------------------------


def test_share_rises_and_falls_by_half_lives() -> None:
    one = Running(replace(LETERMOVIR, half_life=12.0), ((0.0, 1000.0),))
    assert share(one, -1.0) == 0.0
    assert share(one, 12.0) == pytest.approx(0.5)
    assert share(one, 24.0) == pytest.approx(0.75)
    assert share(one, 1000.0) == pytest.approx(1.0)
    assert share(one, 1012.0) == pytest.approx(0.5)
    assert share(one, 1024.0) == pytest.approx(0.25)


def test_a_second_course_starts_from_what_is_left() -> None:
    one = Running(replace(LETERMOVIR, half_life=12.0), ((0.0, 1000.0), (1012.0, math.inf)))
    assert share(one, 1012.0) == pytest.approx(0.5)
    assert share(one, 1024.0) == pytest.approx(0.75)


def test_between_two_courses_it_falls() -> None:
    spans = ((0.0, 1000.0), (2000.0, 3000.0))
    one = Running(replace(LETERMOVIR, half_life=12.0), spans)
    assert share(one, 1012.0) == pytest.approx(0.5)
    assert share(one, 1024.0) == pytest.approx(0.25)
    assert share(one, 1999.0) == pytest.approx(0.0, abs=1e-6)
    assert share(one, 2012.0) == pytest.approx(0.5)
    assert share(one, 3012.0) == pytest.approx(0.5)
    at_once = replace(one, interaction=replace(LETERMOVIR, half_life=0.0))
    assert [share(at_once, t) for t in (-1.0, 0.0, 999.0, 1000.0, 2000.0, 3000.0)] == [
        0.0, 1.0, 1.0, 0.0, 1.0, 0.0
    ]  # fmt: skip
    path = factor_path([one], {LETERMOVIR.id: 0.1})
    assert [f for t, f in path if 1100.0 < t < 2000.0] == []
    assert next(f for t, f in reversed(path) if t < 2000.0) == pytest.approx(1.0, rel=0.01)


def test_inhibitors_and_inducers_between_nothing_and_all() -> None:
    for full in (0.1, 0.5, 1.0, 5.6):
        assert at_share(full, 0.0) == pytest.approx(1.0)
        assert at_share(full, 1.0) == pytest.approx(full)
    # Half of an inhibitor that leaves a tenth: 1 / (1 + 9 / 2).
    assert at_share(0.1, 0.5) == pytest.approx(1 / 5.5)
    assert at_share(5.0, 0.5) == pytest.approx(3.0)


def test_path_ends_at_what_lasts() -> None:
    on = factor_path([Running(VORICONAZOLE, ((100.0, math.inf),))], {VORICONAZOLE.id: 0.1})
    assert on[0] == (99.0, 1.0)
    assert on[-1][1] == pytest.approx(0.1)
    over = factor_path([Running(VORICONAZOLE, ((100.0, 300.0),))], {VORICONAZOLE.id: 0.1})
    assert over[-1][1] == pytest.approx(1.0)
    assert min(f for _, f in over) == pytest.approx(0.1, rel=0.05)
    times = [t for t, _ in over]
    assert times == sorted(set(times))
    both = factor_path(
        [Running(VORICONAZOLE, ((0.0, math.inf),)), Running(RIFAMPICIN, ((0.0, math.inf),))],
        {VORICONAZOLE.id: 0.1, RIFAMPICIN.id: 5.0},
    )
    assert both[-1][1] == pytest.approx(0.5)


# --- on a patient -----------------------------------------------------------------------------


def trough(known, factor=None):
    proposal = as_it_stands(known, Metric.TROUGH)
    assert proposal is not None
    proposal = proposal if factor is None else replace(proposal, factor=factor)
    draws = pooled(known)
    return float(
        np.median(
            metric_draws(known.model, Metric.TROUGH, [proposal], known.covariates.steps, draws)
        )
    )


def known_of(*events, t, shelf=interactions.ALL, model=WU):
    return know(model, patient(*events, t=t), t, seed=1, draws=500, interactions=shelf)


def summaries_without(known):
    shown = expose(
        known, targets=(), refused=(), effects=(), metrics=[Metric.TROUGH], watermark=""
    )  # fmt: skip
    return [s for s in shown.summaries if s.name == "trough_without_partners"]


@pytest.mark.parametrize(
    ("partner", "ratio", "tolerance"),
    [("voriconazole", 10.5, 0.03), ("posaconazole", 2.65, 0.03)],
)
def test_a_planned_azole_raises_the_expected_trough_by_its_ratio(partner, ratio, tolerance):
    t = 14 * DAY
    known = known_of(
        *daily("sirolimus", 0, 15), level(13 * DAY - 0.5, 5.8),
        dose(partner, t + 24.0, "200 mg", known=t), t=t + 1.0,
    )  # fmt: skip
    assert trough(known) / trough(known, 1.0) == pytest.approx(ratio, rel=tolerance)
    (told,) = (c for c in known.cautions if c.startswith(f"{partner} with sirolimus"))
    assert "contraindicated" in told
    # 90 % less of the dose under voriconazole: the transplant series went from 5.8 to 6.1 ng/mL.
    if partner == "voriconazole":
        assert 0.1 * trough(known) == pytest.approx(6.1, rel=0.2)


def test_rifampicin_leaves_18_percent_of_the_area():
    t = 30 * DAY
    known = known_of(
        *daily("sirolimus", 0, 31), *daily("rifampicin", 0, 31, "600 mg"), t=t + 1.0
    )  # fmt: skip
    factor = known.covariates.steps[CLEARANCE_FACTOR][-1][1]
    assert 1.0 / factor == pytest.approx(0.18)
    assert trough(known) < 0.18 * trough(known, 1.0)


def test_levels_under_a_partner_are_not_taken_for_a_slow_patient():
    """The same low dose with a high level, the azole charted: clearance stays the patient's."""
    t = 20 * DAY
    events = [*daily("sirolimus", 0, 21, "0.5 mg"), level(19 * DAY - 0.5, 8.0)]
    azole = daily("voriconazole", 0, 21, "400 mg")
    blind = known_of(*events, t=t + 2.0)
    seeing = known_of(*events, *azole, t=t + 2.0)
    eta = WU.etas.index("CL")
    assert np.mean(pooled(blind)[:, eta]) < -1.0
    assert abs(np.mean(pooled(seeing)[:, eta])) < 0.5
    # After the stop the trough falls; who does not see the azole expects it to stay.
    stopped = known_of(*events, *azole, Stop(at=t + 1.0, known=t + 1.0, agent="voriconazole"),
                       t=t + 2.0)  # fmt: skip
    assert trough(blind) == pytest.approx(8.0, rel=0.3)
    assert trough(stopped) < 0.25 * trough(blind)
    proposal = as_it_stands(stopped, Metric.TROUGH)
    assert proposal is not None
    assert proposal.label.endswith("after the end of voriconazole")


def test_a_partner_without_a_ratio_is_told_and_does_not_act():
    t = 14 * DAY
    known = known_of(
        *daily("sirolimus", 0, 15), dose("nirmatrelvir_ritonavir", t + 24.0, "300 mg", known=t),
        t=t + 1.0,
    )  # fmt: skip
    assert known.partners == ()
    assert CLEARANCE_FACTOR not in known.covariates.steps
    (told,) = (c for c in known.cautions if c.startswith("nirmatrelvir/ritonavir with sirolimus"))
    assert "No ratio acts" in told
    assert "monitor" in told


@pytest.mark.parametrize(
    ("agent", "partner", "milligrams", "words"),
    [
        ("sirolimus", "ritonavir", "100 mg", ("without, single dose: 38 (", "monitor (Norvir")),
        ("tacrolimus", "ritonavir", "100 mg", ("without, single dose: 57 (", "monitor (Norvir")),
        ("ciclosporin", "ritonavir", "100 mg", ("without, single dose: 5.8 (",)),
        ("everolimus", "ritonavir", "100 mg", ("without, single dose: 27.1 (", "avoid (Certican")),
        ("tacrolimus", "nirmatrelvir_ritonavir", "300 mg", ("18.7-fold", "35 %", "96.4 ng/mL")),
        ("tacrolimus", "cobicistat", "150 mg", ("0.3-0.4 L/h", "6.7")),
    ],
)
def test_boosters_are_told_by_their_size_and_never_computed(agent, partner, milligrams, words):
    # A change of clearance would not follow a rise of uptake: see the shelf file.
    t = 14 * DAY
    record = patient(*daily(agent, 0, 15), dose(partner, 12 * DAY, milligrams), t=t)
    (one,) = (r for r in running(interactions.ALL, agent, "adult", record, t))
    assert not one.interaction.acts
    said = sentence(one, math.nan, record, t)
    assert "No ratio acts here" in said
    for word in words:
        assert word in said


def test_a_provisional_ratio_never_acts():
    t = 14 * DAY
    shelf = [replace(VORICONAZOLE, standing=Standing.PROVISIONAL)]
    known = known_of(
        *daily("sirolimus", 0, 15), dose("voriconazole", t + 24.0, "200 mg", known=t), t=t + 1.0,
        shelf=shelf,
    )  # fmt: skip
    assert known.partners == ()


@pytest.mark.parametrize(
    ("agent", "partner", "daily_dose", "population", "acting", "beside"),
    [
        # The model's population first, then the partner's dose, then steady state.
        ("tacrolimus", "posaconazole", "300 mg", "child", "tacrolimus_posaconazole_child", 2),
        ("tacrolimus", "posaconazole", "300 mg", "adult", "tacrolimus_posaconazole", 1),
        ("tacrolimus", "posaconazole", "800 mg", "adult", "tacrolimus_posaconazole", 1),
        ("sirolimus", "posaconazole", "800 mg", "adult", "sirolimus_posaconazole", 1),
        ("sirolimus", "voriconazole", "400 mg", "adult", "sirolimus_voriconazole", 1),
        ("tacrolimus", "fluconazole", "400 mg", "adult", "tacrolimus_fluconazole", 3),
        ("tacrolimus", "isavuconazole", "200 mg", "adult", "tacrolimus_isavuconazole", 1),
        ("tacrolimus", "letermovir", "480 mg", "adult", "tacrolimus_letermovir", 1),
    ],
)  # fmt: skip
def test_one_entry_of_a_pair_speaks(agent, partner, daily_dose, population, acting, beside):
    record = patient(*daily(partner, 0, 5, daily_dose), t=100.0)
    (one,) = running(interactions.ALL, agent, population, record, 100.0)
    assert one.interaction.id == acting
    assert len(one.others) == beside


def test_what_was_measured_at_the_doses_of_the_partner_goes_before_what_was_not():
    kidney = BY_ID["tacrolimus_fluconazole_kidney"]
    elsewhere = replace(kidney, id="other", least=400.0, most=800.0)
    record = patient(*daily("fluconazole", 0, 5, "400 mg"), t=100.0)
    (one,) = running([kidney, elsewhere], "tacrolimus", "", record, 100.0)
    assert one.interaction is elsewhere
    (alone,) = running([kidney], "tacrolimus", "", record, 100.0)
    assert why_not(alone, [], ()) == "it was measured at 100-200 mg a day, here it is 400"
    assert "it was measured at 100-200 mg a day" in sentence(
        alone, math.nan, record, 100.0, why_not(alone, [], ())
    )


def test_daily_amount_is_that_of_the_last_doses():
    twice = [dose("letermovir", 12.0 * k, "80 mg") for k in range(6)]
    assert daily_amount("letermovir", patient(*twice, t=90.0), 90.0) == pytest.approx(160.0)
    once = patient(dose("letermovir", 5.0, "480 mg", known=1.0), t=2.0)
    assert daily_amount("letermovir", once, 2.0) == pytest.approx(480.0)
    # Every other day is not two days' worth in one.
    sparse = [dose("rifampicin", 48.0 * k, "600 mg") for k in range(3)]
    assert daily_amount("rifampicin", patient(*sparse, t=100.0), 100.0) == pytest.approx(600.0)
    # Charted early or late, or one dose twice on a day, it is the same regimen.
    early = [dose("letermovir", 24.0 * k - 0.4 * k, "480 mg") for k in range(6)]
    assert daily_amount("letermovir", patient(*early, t=130.0), 130.0) == pytest.approx(480.0)
    moved = [dose("letermovir", at, "480 mg") for at in (0.0, 24.0, 48.0, 72.0, 84.0)]
    assert daily_amount("letermovir", patient(*moved, t=90.0), 90.0) == pytest.approx(480.0)
    unknown = replace(dose("letermovir", 0.0), amount=None)
    assert math.isnan(daily_amount("letermovir", patient(unknown, t=1.0), 1.0))
    assert math.isnan(daily_amount("letermovir", patient(t=1.0), 1.0))


def test_a_dose_charted_a_few_minutes_early_is_not_another_dose():
    t = 14 * DAY
    letermovir = [dose("letermovir", DAY * d - 0.1 * d, "480 mg") for d in range(14)]
    known = known_of(*daily("sirolimus", 0, 15), *letermovir, t=t + 1.0)
    assert [r.interaction.id for r in known.partners] == ["sirolimus_letermovir"]


def test_a_single_dose_ratio_is_told_beside_the_one_that_acts():
    t = 14 * DAY
    known = known_of(
        *daily("sirolimus", 0, 15), dose("posaconazole", t + 24.0, "300 mg", known=t), t=t + 1.0
    )
    (told,) = (c for c in known.cautions if c.startswith("posaconazole with sirolimus"))
    assert "Trough per dose with it / without, steady state: 2.65" in told
    assert "Not used: AUC per dose with it / without, single dose: 8.88" in told


def test_a_change_that_leaves_slower_than_it_came():
    i = BY_ID["sirolimus_isavuconazole"]
    one = Running(i, ((0.0, 500.0),))
    assert share(one, 1.0) == pytest.approx(1.0)
    assert share(one, 630.0) == pytest.approx(0.5)
    times = [at for at, _ in factor_path([one], {i.id: 0.5})]
    assert 500.0 + 130.0 in times
    again = Running(i, ((0.0, 500.0), (630.0, math.inf)))
    assert share(again, 600.0) == pytest.approx(0.5 ** (100.0 / 130.0))
    assert share(again, 631.0) == pytest.approx(1.0)


def test_letermovir_does_not_act_on_tacrolimus_beside_voriconazole():
    events = [*daily("letermovir", 0, 5, "480 mg"), *daily("voriconazole", 0, 5, "400 mg")]
    record = patient(*events, t=100.0)
    runs = running(interactions.ALL, "tacrolimus", "adult", record, 100.0)
    by_partner = {r.interaction.partner: r for r in runs}
    assert why_not(by_partner["letermovir"], runs, ()) == "beside voriconazole it changed nothing"
    assert why_not(by_partner["voriconazole"], runs, ()) == ""
    alone = running(interactions.ALL, "tacrolimus", "adult",
                    patient(*events[:5], t=100.0), 100.0)  # fmt: skip
    assert why_not(alone[0], alone, ()) == ""
    assert alone[0].interaction.ratio == pytest.approx(1.805, abs=0.001)


def test_letermovir_is_silent_only_while_voriconazole_runs():
    """A course of voriconazole that ended, or that comes later, silences nothing but itself."""
    t = 40 * DAY
    record = patient(
        *daily("voriconazole", 10, 15, "400 mg"),
        Stop(at=15 * DAY, known=15 * DAY, agent="voriconazole"),
        *daily("letermovir", 0, 40, "480 mg"), t=t,
    )  # fmt: skip
    runs = running(interactions.ALL, "tacrolimus", "adult", record, t)
    one = next(r for r in runs if r.interaction.partner == "letermovir")
    assert one.at_work == ((0.0, 10 * DAY), (15 * DAY, math.inf))
    assert why_not(one, runs, ()) == ""
    assert share(one, 9 * DAY) == pytest.approx(1.0, abs=1e-4)
    assert share(one, 14 * DAY) == pytest.approx(0.0, abs=0.01)
    assert factor_path([one], {one.interaction.id: 0.5})[-1][1] == pytest.approx(0.5)
    told = sentence(one, 0.5, record, t)
    assert "Beside voriconazole it changed nothing: while that runs it does not act" in told
    ahead = patient(
        *daily("letermovir", 0, 15, "480 mg"),
        dose("voriconazole", 20 * DAY, "200 mg", known=14 * DAY), t=15 * DAY,
    )  # fmt: skip
    runs = running(interactions.ALL, "tacrolimus", "adult", ahead, 15 * DAY)
    one = next(r for r in runs if r.interaction.partner == "letermovir")
    assert one.at_work == ((0.0, 20 * DAY),)
    assert one.goes_on


def test_an_azole_does_not_act_in_a_model_made_under_an_azole():
    model = ciclosporin_wilhelm2012.MODEL
    assert {m for i in interactions.ALL for m in i.not_in} <= {m.id for m in models.ALL}
    for partner in ("voriconazole", "isavuconazole"):
        record = patient(
            *daily("ciclosporin", 0, 15, "100 mg"), *daily(partner, 5, 15, "200 mg"), t=15 * DAY
        )
        known = know(
            model, record, 15 * DAY, seed=1, draws=200, interactions=interactions.ALL
        )  # fmt: skip
        assert known.partners == ()
        (told,) = (c for c in known.cautions if c.startswith(f"{partner} with ciclosporin"))
        assert "took such a drug already" in told


def test_the_liver_stays_where_the_drug_is_left_out():
    """The trough without a partner is that of this liver, not of a healthy one."""
    t = 20 * DAY
    sirolimus = daily("sirolimus", 0, 21)
    both = known_of(
        *sirolimus, liver(-24.0, "B"), dose("voriconazole", t + 24.0, "200 mg", known=t), t=t + 1.0
    )
    alone = known_of(*sirolimus, liver(-24.0, "B"), t=t + 1.0)
    (without,) = summaries_without(both)
    assert without.label.endswith("without voriconazole")
    assert without.posterior[2] == pytest.approx(trough(alone), rel=0.02)
    assert summaries_without(alone) == []


# --- the decision on azoles -------------------------------------------------------------------


def test_the_decision_on_azoles_and_the_shelf_say_the_same():
    """Two places, one truth: each ratio, its standing, its range and the label of the azole."""
    for azole in AZOLES:
        entries = [i for i in interactions.ALL if (i.agent, i.partner) == (AGENT, azole.agent)]
        assert {i.label_status for i in entries} == {azole.status}
        numbers = {i.ratio for i in entries if math.isfinite(i.ratio)}
        assert {r.ratio for r in azole.ratios if not r.end} == numbers
        ends = {r.ratio for r in azole.ratios if r.end}
        for r in azole.ratios:
            if r.end:
                continue
            (i,) = (e for e in entries if e.ratio == r.ratio)
            assert (r.of, r.standing) == (i.of, i.standing)
            assert r.source.short.split()[0].rstrip(",") == i.source.short.split()[0].rstrip(",")
            if math.isfinite(r.low):
                assert (r.low, r.high) == (i.low, i.high)
                assert ends == {i.low, i.high}
            elif i.spread == "90 % CI":
                assert f"{i.low:g}-{i.high:g}" in r.note
    micafungin = BY_ID["sirolimus_micafungin"]
    record = patient(
        *daily("sirolimus", 0, 15), dose("posaconazole", 15 * DAY, "300 mg", known=14 * DAY),
        t=14 * DAY,
    )  # fmt: skip
    (request,) = AZOLE.request(Situation(record, 14 * DAY))
    (scenario,) = (s for s in request.scenarios if s.id == "micafungin")
    assert (scenario.ratio, scenario.standing) == (micafungin.ratio, micafungin.standing)


def test_what_else_acts_goes_on_acting_under_every_scenario():
    """Letermovir and the liver are there whichever antifungal is chosen."""
    t = 14 * DAY
    events = [
        *daily("sirolimus", 0, 15), liver(-24.0, "B"), *daily("letermovir", 0, 15, "480 mg"),
        dose("posaconazole", t + 24.0, "300 mg", known=t),
    ]  # fmt: skip
    record = replace(patient(*events, t=t + 1.0), indication="itp", born=date(1980, 1, 1))
    known = know(WU, record, t + 1.0, seed=1, draws=500, interactions=interactions.ALL)
    (request,) = AZOLE.request(Situation(record, t + 1.0))
    lists = answer_request(
        known, request, targets.ALL, decision="azole_on_sirolimus", research=False,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    found = next(x for x in lists if x.options)
    troughs = {o.id: o.exposure[2] for o in found.options}
    plain = known_of(*(e for e in events if getattr(e, "agent", "") != "posaconazole"), t=t + 1.0)
    assert troughs["no_azole:continue"] == pytest.approx(trough(plain), rel=0.02)
    assert troughs["posaconazole_transplant:continue"] == pytest.approx(trough(known), rel=0.03)
    assert any("goes on acting" in c and "letermovir" in c for c in found.cautions)


# --- an organ's state as partner --------------------------------------------------------------


def liver(at: float, value: str) -> Finding:
    return Finding(at=at, known=at, name="child_pugh_class", value=value)


def test_spells_of_a_finding_end_where_another_value_stands():
    record = patient(
        liver(10.0, "A"), liver(20.0, "B"), liver(30.0, "B"), liver(50.0, "none"), t=60.0
    )
    assert spells_of("child_pugh_class", "B", record, 60.0) == ((20.0, 50.0),)
    assert spells_of("child_pugh_class", "none", record, 60.0) == ((50.0, math.inf),)
    assert spells_of("child_pugh_class", "C", record, 60.0) == ()


@pytest.mark.parametrize(("value", "share_of"), [("A", 0.682), ("B", 0.640), ("C", 1 / 3.10)])
def test_the_hepatic_class_lowers_clearance_of_sirolimus(value, share_of):
    t = 20 * DAY
    known = known_of(*daily("sirolimus", 0, 21), liver(-24.0, value), t=t + 1.0)
    assert known.covariates.steps[CLEARANCE_FACTOR][-1][1] == pytest.approx(share_of)
    (told,) = (c for c in known.cautions if c.startswith("Child-Pugh class"))
    assert "adjust" in told
    assert "single dose" in told
    free = known_of(*daily("sirolimus", 0, 21), liver(-24.0, "none"), t=t + 1.0)
    assert free.partners == ()


def test_a_ratio_of_troughs_holds_on_top_of_what_else_acts():
    """10.5 is 10.5 in a patient whose clearance letermovir has lowered already."""
    t = 14 * DAY
    events = [*daily("sirolimus", 0, 15), *daily("letermovir", 0, 15, "480 mg")]
    before = known_of(*events, t=t + 1.0)
    after = known_of(*events, dose("voriconazole", t + 24.0, "200 mg", known=t), t=t + 1.0)
    assert [r.interaction.partner for r in after.partners] == ["voriconazole", "letermovir"]
    assert trough(after) / trough(before) == pytest.approx(10.5, rel=0.05)


def test_a_model_with_a_liver_test_of_its_own_does_not_count_the_class_twice():
    t = 20 * DAY
    bilirubin = Measurement(
        at=0.0, known=1.0, name="bilirubin", value=units.parse("0.7 mg/dL"), number=0.7
    )
    record = patient(
        *daily("sirolimus", 0, 21, "1 mg"), liver(-24.0, "B"), bilirubin,
        Measurement(at=0.0, known=0.0, name="weight", value=units.parse("20 kg"), number=20.0),
        t=t + 1.0,
    )  # fmt: skip
    known = know(
        sirolimus_cheng2020.MODEL, record, t + 1.0, seed=1, draws=200,
        interactions=interactions.ALL,
    )  # fmt: skip
    assert known.partners == ()
    (told,) = (c for c in known.cautions if c.startswith("Child-Pugh class"))
    assert "the model has bilirubin already" in told


def test_what_the_shelf_counts_is_not_counted_by_a_model_too():
    child = tacrolimus_chen2022
    assert 1.0 / BY_ID["tacrolimus_posaconazole_child"].ratio == pytest.approx(child.POSACONAZOLE)
    # Wilhelm's patients all took fluconazole: nothing may count that a second time.
    agent = ciclosporin_wilhelm2012.MODEL.agent
    assert not [i for i in interactions.ALL if i.agent == agent and i.partner == "fluconazole"]


def test_nothing_known_later_acts():
    t = 14 * DAY
    events = [*daily("sirolimus", 0, 15), dose("voriconazole", t + 24.0, "200 mg", known=t + 5.0)]
    assert known_of(*events, t=t + 1.0).partners == ()
    assert known_of(*events, t=t + 6.0).partners != ()
