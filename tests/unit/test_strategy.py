"""Strategies from files: what is read and refused, and that they are the policies they name."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from equipoise import models, targets
from equipoise.guided import LevelGuided, ModelBased
from equipoise.plan import GateError
from equipoise.policy import Banded, Fixed, PolicyError, Protocol, planned_events, with_events
from equipoise.record import Record
from equipoise.source import Source
from equipoise.strategy import StrategyError, parse_strategy, propose, read_strategy
from small_records import dose, record_of, value

MODELS, TARGETS = {m.id: m for m in models.ALL}, {t.id: t for t in targets.ALL}
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

BASE: dict[str, Any] = {
    "strategy": "fixed", "agent": "thymoglobulin", "source": "tests",
    "times": [-120, -96, -72, -48], "durations": ["6 h", "4 h"], "vial": "25 mg",
    "most": "300 mg", "notice": "4 h", "turnaround": "10 h", "fixed": {"per_kg": "1.5 mg/kg"},
}  # fmt: skip
MODEL: dict[str, Any] = {
    "id": "atg_thymoglobulin_linear", "targets": ["thymoglobulin_adult_unrelated_post_60_90"],
    "per_kg": ["0.5 mg/kg", "1 mg/kg", "2 mg/kg"],
}  # fmt: skip


def read(**changed: Any) -> Any:
    content = {k: v for k, v in {**BASE, **changed}.items() if v is not None}
    return parse_strategy(content, MODELS, TARGETS)


def person(t: float, *events: dict[str, Any], weight: str = "75 kg") -> Record:
    return record_of(
        value("weight", weight, -300.0), value("lymphocytes", "0.2 10*9/L", -300.0), *events,
        born="1975-01-01", platform="adult_unrelated", t=t,
    )  # fmt: skip


def atg(at: float, amount: str, **more: Any) -> dict[str, Any]:
    return dose(at, amount, agent="thymoglobulin", route="iv", duration="6 h", **more)


def test_a_fixed_strategy_is_the_fixed_policy() -> None:
    strategy = read(fixed={"per_kg": "1500 ug/kg", "heaviest": "70 kg"})
    protocol = Protocol(
        "thymoglobulin", (-120.0, -96.0, -72.0, -48.0), (6.0, 4.0), vial=25.0, most=300.0,
        notice=4.0,
    )  # fmt: skip
    assert strategy.protocol == protocol
    assert strategy.turnaround == 10.0
    ours = strategy.policy(protocol)
    theirs = Fixed(protocol, 1.5, Source("tests"), heaviest=70.0)
    assert isinstance(ours, Fixed)
    assert ours == theirs
    record = person(-150.0)
    found = propose(strategy, record, -150.0)
    assert found.events == theirs([record], -150.0)[0]
    assert [d.amount for d in found.ahead] == [100.0] * 4
    assert [d.duration for d in found.ahead] == [6.0, 4.0, 4.0, 4.0]
    assert all(d.rounding and d.rounding.wanted == pytest.approx(105.0) for d in found.ahead)
    assert found.last_changeable == -48.0
    assert found.last_level is not None
    assert found.last_level.drawn == pytest.approx(-62.0, abs=0.1)
    assert found.last_level.last == -48.0
    assert found.weighed is None
    assert found.watermark == ""


def test_asked_twice_it_changes_nothing() -> None:
    strategy = read()
    record = person(-150.0)
    first = propose(strategy, record, -150.0)
    again = propose(strategy, with_events(record, first.events).until(-150.0), -150.0)
    assert again.events == ()
    assert [(d.at, d.amount) for d in again.ahead] == [(d.at, d.amount) for d in first.ahead]
    assert all(d.before == d.amount for d in again.ahead)


def test_bands_by_weight_and_count() -> None:
    bands = [
        {"weight": ["0 kg", "60 kg"], "per_kg": "6 mg/kg"},
        {"weight": ["60 kg", "200 kg"], "lymphocytes": ["0 10*9/L", "0.3 10*9/L"],
         "per_kg": "4 mg/kg"},
        {"weight": ["60 kg"], "lymphocytes": ["0.3 10*9/L"], "per_kg": "6 mg/kg"},
    ]  # fmt: skip
    strategy = read(strategy="banded", fixed=None, band=bands)
    policy = strategy.policy(strategy.protocol)
    assert isinstance(policy, Banded)
    assert policy.bands[2].weight == (60.0, math.inf)
    found = propose(strategy, person(-150.0), -150.0)
    assert [d.amount for d in found.ahead] == [75.0] * 4
    assert propose(strategy, person(-150.0, weight="50 kg"), -150.0).ahead[0].amount == 75.0


def test_times_of_the_chart_are_taken_where_the_file_has_none() -> None:
    strategy = read(times=None, durations=None)
    events = [atg(-72.0, "100 mg"), atg(-48.0, "100 mg", known=-100.0, status="planned"),
              atg(-24.0, "100 mg", known=-100.0, status="planned")]  # fmt: skip
    found = propose(strategy, person(-60.0, *events), -60.0)
    assert found.protocol.times == (-72.0, -48.0, -24.0)
    assert [(d.at, d.amount, d.before) for d in found.ahead] == [
        (-48.0, 125.0, 100.0), (-24.0, 125.0, 100.0),
    ]  # fmt: skip
    # One that is too near is shown and left alone.
    late = propose(strategy, person(-50.0, *events), -50.0)
    assert [(d.amount, d.changeable) for d in late.ahead] == [(100.0, False), (125.0, True)]
    with pytest.raises(PolicyError, match="no dose of thymoglobulin"):
        propose(strategy, person(-60.0), -60.0)


def test_when_it_is_too_late() -> None:
    found = propose(read(), person(-45.0), -45.0)
    assert found.events == ()
    assert found.last_changeable is None
    assert "no dose can be changed any more" in found.cautions
    near = propose(read(), person(-60.0), -60.0)
    assert near.last_level is None
    assert any("comes back too late" in c for c in near.cautions)


def test_strategies_with_a_model() -> None:
    first = read(strategy="a_priori", fixed=None, model={**MODEL, "starts": ["0 h", "-72 h"]})
    with pytest.raises(GateError, match="provisional"):
        propose(first, person(-250.0), -250.0)
    policy = first.policy(first.protocol, research=True)
    assert isinstance(policy, ModelBased)
    assert [p.times[0] for p in policy.protocols] == [-120.0, -192.0]
    found = propose(first, person(-250.0), -250.0, research=True)
    assert found.watermark
    assert found.weighed is not None
    assert found.weighed.best is not None
    assert found.protocol.times[0] == found.weighed.best.start
    assert {d.amount for d in found.ahead} == {found.weighed.best.amount}
    assert found.vials.startswith("AUC after the graft")

    guided = read(strategy="level_guided", model=MODEL)
    assert isinstance(guided.policy(guided.protocol, research=True), LevelGuided)
    early = propose(guided, person(-150.0), -150.0, research=True)
    assert early.weighed is None
    assert early.ahead[0].amount == 125.0
    given = [atg(-120.0, "125 mg"), atg(-96.0, "125 mg")]
    level = value("atg_active_au", "20 AU/mL", -88.0)
    later = propose(guided, person(-80.0, *given, level), -80.0, research=True)
    assert later.weighed is not None
    assert later.weighed.levels == 1
    assert later.weighed.best is not None
    assert {d.amount for d in later.ahead} == {later.weighed.best.amount}


def test_rounding_speaks_of_the_doses_to_come_only() -> None:
    """Linear: exact and rounded differ by the rounding of what is ahead, not of what was given."""
    guided = read(strategy="level_guided", model=MODEL, times=[-120, -96, -72])
    given = [atg(-120.0, "125 mg"), atg(-96.0, "125 mg")]
    level = value("atg_active_au", "20 AU/mL", -88.0)
    record = person(-80.0, *given, level, weight="70 kg")
    found = propose(guided, record, -80.0, research=True)
    exact, rounded = (float(x) for x in found.vials.split()[4:7:2])
    (ahead,) = found.ahead
    assert ahead.rounding is not None
    assert ahead.rounding.given != pytest.approx(ahead.rounding.wanted)
    assert (
        1.0
        < abs(math.log(rounded / exact)) * 100
        < 100 * abs(math.log(ahead.rounding.given / ahead.rounding.wanted))
    )


def test_stopped_and_held_doses_stay() -> None:
    stop = {"type": "stop", "at": -100.0, "known": -101.0, "agent": "thymoglobulin"}
    found = propose(read(), person(-99.0, atg(-120.0, "100 mg"), stop), -99.0)
    assert found.ahead == ()
    assert planned_events(person(-99.0, stop), -99.0, read().protocol, {-96.0: 100.0}) == ()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"stratgy": "fixed"}, "unknown key stratgy; did you mean strategy"),
        ({"fixed": {"perkg": "1 mg/kg"}}, "did you mean fixed.per_kg"),
        ({"strategy": "guess"}, "one of fixed, banded"),
        ({"strategy": None}, "one of fixed, banded"),
        ({"source": " "}, "who stands behind it"),
        ({"fixed": None}, r"needs a table \[fixed\]"),
        ({"fixed": {}}, "fixed.per_kg is missing"),
        ({"fixed": {"per_kg": "1.5 mg"}}, "an amount per kg"),
        ({"fixed": {"per_kg": "1.5 mL/kg"}}, "fixed.per_kg"),
        ({"fixed": {"per_kg": "<1.5 mg/kg"}}, "plain number"),
        ({"fixed": 3}, r"write \[fixed\]"),
        ({"band": [{"per_kg": "1 mg/kg", "weight": ["0 kg"]}]}, "not both"),
        ({"band": {"per_kg": "1 mg/kg"}}, r"write \[\[band\]\]"),
        ({"strategy": "banded", "fixed": None}, r"needs at least one table \[\[band\]\]"),
        ({"strategy": "banded", "fixed": None, "band": [{"per_kg": "1 mg/kg"}]}, "low and high"),
        ({"times": ["-5 d"]}, "hours from day 0"),
        ({"times": [True]}, "hours from day 0"),
        ({"durations": "6 h"}, "first and later"),
        ({"durations": ["6 mg"]}, "durations"),
        ({"vial": "25"}, "vial"),
        ({"notice": "soon"}, "notice"),
        ({"model": MODEL}, r"no table \[model\]"),
        ({"strategy": "a_priori", "fixed": None}, r"needs a table \[model\] with id"),
        ({"strategy": "a_priori", "model": MODEL}, r"no table \[fixed\]"),
        ({"strategy": "level_guided", "model": {**MODEL, "targets": ["x"]}}, "no target x"),
        ({"strategy": "level_guided", "model": {**MODEL, "targets": "x"}}, "a list of texts"),
        ({"strategy": "level_guided", "model": {**MODEL, "per_kg": []}}, "a list of texts"),
        ({"strategy": "level_guided", "model": {**MODEL, "per_kg": ["1 mg"]}}, "per kg"),
        ({"strategy": "level_guided", "model": {**MODEL, "starts": ["noon"]}}, "model.starts"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], word: str) -> None:
    with pytest.raises(StrategyError, match=word):
        read(**changed)


def test_what_a_provisional_model_says_of_rounding_is_marked() -> None:
    """Before a level the rule decides, but the exposure beside it is the model's."""
    strategy = read(strategy="level_guided", model=MODEL)
    found = propose(strategy, person(-150.0), -150.0, research=True)
    assert found.weighed is None
    assert found.vials
    assert found.watermark == "NOT FOR DOSING"


def test_poor_odds_are_said() -> None:
    """The best of bad courses is planned by the rule, and named for what it is."""
    strategy = read(strategy="a_priori", fixed=None, model=MODEL)
    found = propose(strategy, person(-150.0), -150.0, research=True)
    assert found.weighed is not None
    assert found.weighed.best is not None
    assert found.weighed.best.within < 0.5
    assert found.cautions[0].startswith("no course reaches the windows with a chance of 50 %")


@pytest.mark.parametrize(
    "changed",
    [
        {"times": [-48, -96]}, {"most": "0 mg"}, {"times": [math.nan, -96.0]},
        {"times": [-96.0, math.inf]}, {"most": "20 mg"},
    ],
)  # fmt: skip
def test_a_protocol_that_cannot_be(changed: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="protocol"):
        read(**changed)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match="cannot be read"):
        read_strategy(tmp_path / "none.toml", MODELS, TARGETS)
    (tmp_path / "bad.toml").write_text("strategy = fixed", encoding="utf-8")
    with pytest.raises(StrategyError, match="is not TOML"):
        read_strategy(tmp_path / "bad.toml", MODELS, TARGETS)


@pytest.mark.parametrize("name", ["atg_fixed", "atg_level_guided"])
def test_the_examples_are_read(name: str) -> None:
    path = EXAMPLES / f"{name}.toml"
    assert read_strategy(path, MODELS, TARGETS).agent == "thymoglobulin"
    assert tomllib.loads(path.read_text(encoding="utf-8"))["source"].startswith("made up")
