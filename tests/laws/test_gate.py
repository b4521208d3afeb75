"""The gate, over every model and every target: what is not established never feeds an option."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from equipoise import models, targets
from equipoise.assessment import NOT_FOR_DOSING
from equipoise.courses import answer_request, default_options, option_list, proposals_for
from equipoise.decision import Candidate, Request, Scenario
from equipoise.exposure import Known, know
from equipoise.guided import LevelGuided, ModelBased
from equipoise.model import Model, Purpose
from equipoise.plan import NEEDED, GateError, gate, watermark
from equipoise.policy import Fixed, Protocol
from equipoise.source import Source, Standing
from equipoise.target import REGULAR, Metric, Target
from small_records import dose, record_of, value

PAIRS = [pytest.param(m, t, id=f"{m.id}-{t.id}") for m in models.ALL for t in targets.ALL]
OWN = [
    pytest.param(m, t, id=f"{m.id}-{t.id}")
    for m in models.ALL
    for t in targets.ALL
    if m.agent == t.agent
]
WEAK = (Standing.HYPOTHESIS, Standing.PROVISIONAL)
_KNOWN: dict[tuple[str, float], Known] = {}


def known_of(model: Model, interval: float = 24.0) -> Known:
    """A patient on a regular course of the model's agent, with more of it planned."""
    key = model.id, interval
    if key in _KNOWN:
        return _KNOWN[key]
    child = model.population_class == "child"
    route = next(iter(model.routes))
    more: dict[str, Any] = {"agent": model.agent, "route": route}
    if route == "iv":
        more["duration"] = "6 h"
    if model.infusions:
        cells = {
            "type": "cells",
            "at": -240.0,
            "product": model.agent,
            "doses": {"CAR": "1e8 cells"},
        }
        record = record_of(cells, born="1990-01-01", sex="male", t=-50.0)
        return _KNOWN.setdefault(key, know(model, record, -50.0, seed=1, draws=500))
    amount = "28 ug" if model.dose_unit == "ug" else "2 mg"
    given = int(192.0 / interval)
    events = [dose(-240.0 + interval * i, amount, **more) for i in range(given)]
    events += [
        dose(-48.0 + interval * i, amount, known=-60.0, status="planned", **more) for i in range(3)
    ]
    weight, born = ("20 kg", "2018-01-01") if child else ("75 kg", "1980-01-01")
    events += [value("weight", weight, -250.0), value("height", "170 cm", -250.0)]
    record = record_of(*events, born=born, sex="male", t=-50.0)
    _KNOWN[key] = know(model, record, -50.0, seed=1, draws=500)
    return _KNOWN[key]


def test_standings_that_may_feed_options() -> None:
    assert [s.may_feed_options for s in Standing] == [False, False, True, True]
    assert set(NEEDED) == set(Metric)


@pytest.mark.parametrize(("model", "target"), PAIRS)
def test_the_gate_opens_only_for_established_things(model: Model, target: Target) -> None:
    purposed = NEEDED[target.metric] in model.purposes
    firm = model.standing not in WEAK and target.standing not in WEAK
    assert (gate(model, target, research=False) == "") is (purposed and firm)
    # Research looks past the standing, never past the purpose.
    assert (gate(model, target, research=True) == "") is purposed


@pytest.mark.parametrize(("model", "target"), PAIRS)
@pytest.mark.parametrize("weak", WEAK)
def test_one_weak_side_is_enough_to_close_it(model: Model, target: Target, weak: Standing) -> None:
    firm = {"standing": Standing.PUBLISHED}
    everything = replace(model, purposes=frozenset(Purpose), **firm)
    assert gate(everything, replace(target, **firm), research=False) == ""
    said = gate(everything, replace(target, standing=weak), research=False)
    assert target.id in said
    assert weak.word in said
    said = gate(replace(everything, standing=weak), replace(target, **firm), research=False)
    assert model.id in said
    assert weak.word in said
    assert gate(replace(everything, standing=weak), None, research=False)


@pytest.mark.parametrize(("model", "target"), OWN)
@pytest.mark.parametrize("research", [False, True])
def test_a_closed_gate_leaves_no_number_to_dose_by(
    model: Model, target: Target, research: bool
) -> None:
    known = known_of(model, 12.0 if target.interval == 12.0 else 24.0)
    proposals = proposals_for(known, target)
    found = option_list(known, target, proposals, research=research, rng=np.random.default_rng(1))
    closed = gate(model, target, research=research)
    assert found.refused == closed
    assert bool(found.options) is (not closed and bool(proposals))
    if closed:
        assert (found.options, found.next_samples, found.none_reaches) == ((), (), False)
    weak = model.standing in WEAK or target.standing in WEAK
    assert found.watermark == (NOT_FOR_DOSING if research or weak else "")
    assert found.standing == min(model.standing, target.standing)


@pytest.mark.parametrize("model", models.ALL, ids=lambda m: m.id)
def test_the_default_lists_obey_it_too(model: Model) -> None:
    known = known_of(model)
    own = [t for t in targets.ALL if t.agent == model.agent]
    for found in default_options(known, own, (), research=False, rng=np.random.default_rng(1)):
        if found.options:
            assert found.target is not None
            assert model.standing not in WEAK
            assert found.target.standing not in WEAK
            assert NEEDED[found.target.metric] in model.purposes
            assert found.watermark == ""
        else:
            assert found.refused
    for found in default_options(known, own, (), research=True, rng=np.random.default_rng(1)):
        assert found.watermark == NOT_FOR_DOSING or not found.options


@pytest.mark.parametrize(("model", "target"), OWN)
def test_a_policy_is_made_only_where_the_gate_is_open(model: Model, target: Target) -> None:
    if target.metric in (*REGULAR, Metric.STEADY_STATE):
        return  # No policy steers a trough, nor one interval of a course without end.
    protocol = Protocol(model.agent, (-72.0, -48.0), (6.0, 4.0), unit=model.dose_unit)
    nothing = Fixed(protocol, 1.0, Source("tests"))
    closed = gate(model, target, research=False)
    for make in (
        lambda research: LevelGuided(nothing, model, (target,), protocol, (1.0,), research),
        lambda research: ModelBased(
            replace(model, occasions=None), (target,), (protocol,), (1.0,), research
        ),
    ):
        if closed:
            with pytest.raises(GateError) as refused:
                make(False)
            assert str(refused.value) == closed
        else:
            assert not make(False).research
        if gate(model, target, research=True):
            with pytest.raises(GateError):
                make(True)
        else:
            assert make(True).research


@pytest.mark.parametrize("standing", list(Standing))
def test_a_scenario_of_weak_standing_is_named_and_not_weighed(standing: Standing) -> None:
    model = next(m for m in models.ALL if m.id == "sirolimus_wu2012")
    known = known_of(model)
    target = next(t for t in targets.ALL if t.agent == "sirolimus" and not t.indications) if any(
        t.agent == "sirolimus" and not t.indications for t in targets.ALL
    ) else replace(
        next(t for t in targets.ALL if t.id == "sirolimus_itp_5_15"),
        indications=(), platforms=(), ages=(0.0, 200.0),
    )  # fmt: skip
    weighed = Scenario("azole", "with an azole", 4.0, known.t, Source("tests"), standing)
    request = Request(
        "sirolimus",
        (Candidate("same", "same", 1.0), Candidate("azole", "same", 1.0, scenario="azole")),
        (weighed,),
    )
    for research in (False, True):
        (found,) = answer_request(
            known, request, [target], decision="d", research=research,
            rng=np.random.default_rng(1),
        )  # fmt: skip
        ids = {o.id for o in found.options}
        if standing in WEAK and not research:
            assert ids == {"same"}
            assert any("with an azole" in c and standing.word in c for c in found.cautions)
        else:
            assert ids == {"same", "azole"}


@pytest.mark.parametrize("one", list(Standing))
@pytest.mark.parametrize("two", list(Standing))
def test_the_watermark_follows_the_weakest(one: Standing, two: Standing) -> None:
    assert watermark(one, two) == (NOT_FOR_DOSING if one in WEAK or two in WEAK else "")


def test_a_model_of_troughs_answers_nothing_else() -> None:
    only = [m for m in models.ALL if m.purposes == frozenset({Purpose.STEADY_STATE_TROUGH})]
    assert only
    for model in only:
        for metric, needed in NEEDED.items():
            some = replace(targets.ALL[0], metric=metric)
            said = gate(model, some, research=True)
            assert (said == "") is (needed is Purpose.STEADY_STATE_TROUGH)
            if said:
                assert "it was made for: steady-state trough" in said
