"""Dosing strategies as files: a policy that a site writes down, and what it proposes for a record.

A small TOML:

    strategy = "fixed"                # fixed, banded, a_priori, level_guided
    agent = "thymoglobulin"
    source = "Example center, protocol 7"
    times = [-120, -96, -72, -48]     # hours from day 0; without it: those of the chart
    durations = ["6 h", "4 h"]        # of the first and of every later infusion
    route = "iv"
    vial = "25 mg"                    # without it amounts are not rounded
    most = "300 mg"                   # largest single dose
    notice = "4 h"                    # before a dose, up to which it can be changed
    turnaround = "24 h"               # from a draw to its result

    [fixed]
    per_kg = "1.25 mg/kg"             # each dose
    heaviest = "100 kg"

    [[band]]                          # instead of [fixed]; per_kg is of the whole course
    weight = ["0 kg", "60 kg"]
    lymphocytes = ["0 10*9/L", "0.3 10*9/L"]
    per_kg = "6 mg/kg"

    [model]                           # for a_priori and level_guided
    id = "a shelf id or a Python model file"
    targets = ["ids; all have to be met"]
    per_kg = ["0.5 mg/kg", "1 mg/kg"] # amounts of one dose that are tried
    starts = ["0 h", "-72 h"]         # a_priori: shifts of the whole course that are in question
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from equipoise import names, patient, units
from equipoise.courses import REACH, TURNAROUND
from equipoise.guided import LevelGuided, ModelBased, Weighed
from equipoise.model import Model, PlainDose
from equipoise.modelfile import load
from equipoise.plan import Proposal, metric_draws, watermark
from equipoise.policy import (
    Band,
    Banded,
    Deadline,
    Fixed,
    Policy,
    Protocol,
    Rounded,
    deadlines,
    past_of,
    protocol_of,
    rounded,
    weight_of,
    with_events,
)
from equipoise.record import SAME_TIME, AnyEvent, Record
from equipoise.sitefile import hint, read_toml
from equipoise.source import Source
from equipoise.target import Target

FIXED, BANDED, A_PRIORI, LEVEL_GUIDED = KINDS = ("fixed", "banded", "a_priori", "level_guided")
KEYS = (
    "strategy", "agent", "source", "times", "durations", "route", "unit", "vial", "most", "notice",
    "turnaround", "fixed", "band", "model",
)  # fmt: skip
TABLES: Mapping[str, tuple[str, ...]] = {
    "fixed": ("per_kg", "heaviest"),
    "band": ("weight", "lymphocytes", "per_kg"),
    "model": ("id", "targets", "per_kg", "starts"),
}


class StrategyError(ValueError):
    """A strategy that cannot be read: one sentence with the key and the remedy."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """What a file says, checked; it becomes a policy once it is known when doses are given.

    kind       one of `KINDS`
    times      hours from day 0; () those of the chart
    protocol   without times where the chart has them: then `times` of it hold one placeholder
    per_kg     amounts of one dose that a model weighs, in the protocol's unit per kg
    starts     hours by which the whole course may be shifted
    """

    kind: str
    source: Source
    times: tuple[float, ...]
    protocol: Protocol
    turnaround: float
    fixed: tuple[float, float] | None
    bands: tuple[Band, ...]
    model: Model | None
    targets: tuple[Target, ...]
    per_kg: tuple[float, ...]
    starts: tuple[float, ...]

    @property
    def agent(self) -> str:
        """What is dosed."""
        return self.protocol.agent

    def course(self, record: Record, t: float) -> Protocol:
        """The protocol with the file's times, else the chart's.

        Fails  PolicyError where neither has any.
        """
        if self.times:
            return self.protocol
        charted = protocol_of(record, t, self.agent, unit=self.protocol.unit)
        durations = self.protocol.durations if any(self.protocol.durations) else charted.durations
        return replace(self.protocol, times=charted.times, durations=durations)

    def policy(self, protocol: Protocol, *, research: bool = False, seed: int = 1) -> Policy:
        """The callable, for the bedside and for a trial.

        Fails  GateError for a provisional model or target without `research`; PolicyError where
               the protocol does not go with the model.
        """
        first: Policy | None = None
        if self.fixed is not None:
            first = Fixed(protocol, self.fixed[0], self.source, heaviest=self.fixed[1])
        elif self.bands:
            first = Banded(protocol, self.bands, self.source)
        if self.kind in (FIXED, BANDED):
            assert first is not None
            return first
        assert self.model is not None
        shifted = tuple(protocol.shifted(hours) for hours in self.starts)
        if self.kind == A_PRIORI or first is None:
            first = ModelBased(
                self.model, self.targets, shifted, self.per_kg, research=research, seed=seed
            )
        if self.kind == A_PRIORI:
            return first
        return LevelGuided(
            first, self.model, self.targets, protocol, self.per_kg, research=research, seed=seed
        )


@dataclass(frozen=True, slots=True)
class Ahead:
    """One dose that is still to come.

    amount     planned once the strategy is followed, in the protocol's unit; 0 is none
    before     planned until now; None where nothing was
    rounding   from what the strategy wants to whole vials; None where it left the plan alone
    changeable whether it can still be changed
    """

    at: float
    amount: float
    before: float | None
    duration: float
    rounding: Rounded | None
    changeable: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a strategy proposes for one record at one moment.

    events      to add to the record; () where the plan is right already
    ahead       every dose to come, as it would then be planned
    last_level  the latest draw whose result can still change a dose, as a deadline; None: none can
    weighed     what a model found, for strategies with one
    vials       what rounding does to the exposure of the typical patient, doses given included;
                "" for a strategy without a model
    """

    record: str
    at: float
    protocol: Protocol
    events: tuple[AnyEvent, ...]
    plan: Record
    ahead: tuple[Ahead, ...]
    last_changeable: float | None
    last_level: Deadline | None
    weighed: Weighed | None
    vials: str
    watermark: str
    cautions: tuple[str, ...]


def read_strategy(
    path: str | Path, models: Mapping[str, Model], targets: Mapping[str, Target]
) -> Strategy:
    """Read a strategy.

    models, targets  by id: what the file may name
    Fails  StrategyError for what is no TOML, an unknown key, a missing or unreadable value.
    """
    content = read_toml(path, "strategy", StrategyError)
    return parse_strategy(content, models, targets)


def parse_strategy(
    content: Mapping[str, Any], models: Mapping[str, Model], targets: Mapping[str, Target]
) -> Strategy:
    """The same from what TOML holds."""
    _known_keys(content)
    kind = content.get("strategy")
    if kind not in KINDS:
        raise StrategyError(f"strategy: strategy is one of {', '.join(KINDS)}, not {kind!r}")
    if not str(content.get("source", "")).strip():
        raise StrategyError('strategy: source says who stands behind it: source = "our protocol"')
    agent = names.agent(str(content.get("agent", ""))).name
    protocol, times = _protocol(content, agent)
    fixed, bands = _rule(content, protocol)
    wanted = {FIXED: fixed is not None, BANDED: bool(bands)}.get(kind, True)
    if not wanted:
        table = "a table [fixed]" if kind == FIXED else "at least one table [[band]]"
        raise StrategyError(f"strategy: {kind} needs {table}")
    model: Model | None = None
    own: tuple[Target, ...] = ()
    per_kg: tuple[float, ...] = ()
    starts: tuple[float, ...] = (0.0,)
    if kind in (A_PRIORI, LEVEL_GUIDED):
        model, own, per_kg, starts = _modeled(content, protocol, models, targets)
        if protocol.route not in model.routes:
            raise StrategyError(
                f"strategy: route: {model.id} has no {protocol.route} route; it has "
                f"{', '.join(model.routes)}"
            )
    elif "model" in content:
        raise StrategyError(f"strategy: a {kind} strategy has no table [model]; leave it out")
    if kind == A_PRIORI and (fixed is not None or bands):
        raise StrategyError("strategy: a_priori has no table [fixed] or [[band]]; leave it out")
    return Strategy(
        kind, Source(str(content["source"])), times, protocol,
        _hours("turnaround", content.get("turnaround", f"{TURNAROUND:g} h")), fixed, bands,
        model, own, per_kg, starts,
    )  # fmt: skip


def propose(
    strategy: Strategy, record: Record, t: float, *, research: bool = False, seed: int = 1
) -> Proposed:
    """The doses that a strategy wants for a record as it was known at t.

    Fails  GateError, PolicyError
    """
    past = past_of(record, t)
    protocol = strategy.course(past, t)
    policy = strategy.policy(protocol, research=research, seed=seed)
    events = tuple(policy([past], t)[0])
    plan = with_events(past, events).until(t)
    weighed = None
    if isinstance(policy, LevelGuided) and policy.guides(past, t):
        weighed = policy.weigh([past], t)[0]
    elif isinstance(policy, LevelGuided) and isinstance(policy.first, ModelBased):
        weighed = policy.first.weigh([past], t)[0]
    elif isinstance(policy, ModelBased):
        weighed = policy.weigh([past], t)[0]
    if weighed is not None and weighed.protocol is not None:
        protocol = weighed.protocol
    wanted = _wanted(policy, weighed, past, t, protocol)
    ahead = _ahead(past, plan, protocol, t, wanted)
    changeable = protocol.changeable(t)
    last_level = None
    if changeable:
        drawn = changeable[-1] - protocol.notice - strategy.turnaround - 2.0 * SAME_TIME
        if drawn > t:
            (last_level,) = deadlines(protocol, [drawn], turnaround=strategy.turnaround)
    vials = ""
    if strategy.model is not None and protocol.vial > 0.0 and any(d.rounding for d in ahead):
        vials = _vials(strategy.model, strategy.targets[0], past, t, protocol, ahead)
    marked = ""
    if weighed is not None or vials:
        assert strategy.model is not None
        marked = watermark(strategy.model.standing, *(x.standing for x in strategy.targets))
    cautions = [] if weighed is None else [*weighed.cautions]
    if weighed is not None and weighed.reason:
        cautions.insert(0, f"nothing was weighed: {weighed.reason}")
    best = None if weighed is None else weighed.best
    if best is not None and best.within < REACH:
        cautions.insert(
            0,
            f"no course reaches the windows with a chance of {100 * REACH:.0f} %: the doses above "
            f"have {100 * best.within:.0f} %, which is no reason to give them",
        )
    if not changeable:
        cautions.insert(0, "no dose can be changed any more")
    elif last_level is None:
        cautions.append("a level drawn from now on comes back too late for every dose to come")
    return Proposed(
        past.id, t, protocol, events, plan, ahead, changeable[-1] if changeable else None,
        last_level, weighed, vials, marked, tuple(cautions),
    )  # fmt: skip


def _wanted(
    policy: Policy, weighed: Weighed | None, past: Record, t: float, protocol: Protocol
) -> float:
    """The amount of one dose before it is rounded; 0 where nothing was decided."""
    if weighed is not None:
        best = weighed.best
        return 0.0 if best is None else best.per_kg * weight_of(past, t, protocol)
    rule = policy.first if isinstance(policy, LevelGuided) else policy
    return rule.amount(past, t) if isinstance(rule, Fixed | Banded) else 0.0


def _ahead(
    past: Record, plan: Record, protocol: Protocol, t: float, wanted: float
) -> tuple[Ahead, ...]:
    agent, unit = protocol.agent, protocol.unit
    before = {d.at: d.amount for d in past.planned(agent, t, unit=unit)}
    after = {d.at: d for d in plan.planned(agent, t, unit=unit)}
    found = []
    for at in sorted({*before, *after}):
        dose = after.get(at)
        free = at - protocol.notice > t + SAME_TIME
        decided = free and wanted > 0.0 and dose is not None
        found.append(
            Ahead(
                at=at,
                amount=0.0 if dose is None else dose.amount,
                before=before.get(at),
                duration=0.0 if dose is None else dose.duration,
                rounding=rounded(protocol, at, wanted) if decided else None,
                changeable=free,
            )
        )
    return tuple(found)


def _vials(
    model: Model,
    target: Target,
    past: Record,
    t: float,
    protocol: Protocol,
    ahead: Sequence[Ahead],
) -> str:
    """The first window's exposure with the doses as wanted and as whole vials make them."""
    fixed = patient.plain_doses(model, patient.given_doses(model, past, t))
    pair = []
    for exact in (True, False):
        doses = [
            PlainDose(
                d.at,
                d.amount if d.rounding is None or not exact else d.rounding.wanted,
                protocol.route,
                d.duration,
            )
            for d in ahead
            if d.amount > 0.0
        ]
        pair.append(Proposal("", "", (), (*fixed, *doses)))
    steps = patient.covariates(model, past, t).steps
    found = metric_draws(model, target.metric, pair, steps, np.zeros((1, len(model.etas))))
    wanted, given = float(found[0, 0]), float(found[1, 0])
    change = 100.0 * (given / wanted - 1.0) if wanted > 0.0 else 0.0
    return f"{target.metric.value} {wanted:.3g} -> {given:.3g} {target.unit} ({change:+.0f} %)"


# --- reading ------------------------------------------------------------------------------------


def _known_keys(content: Mapping[str, Any]) -> None:
    for key in content:
        if key not in KEYS:
            _unknown(key, KEYS)
    for name, known in TABLES.items():
        if name not in content:
            continue
        many = name == "band"
        found = content[name]
        tables = found if isinstance(found, list) else [found]
        for table in tables:
            if not isinstance(table, Mapping) or isinstance(found, list) is not many:
                form = "[[band]]" if many else f"[{name}]"
                raise StrategyError(f"strategy: {name} is a table: write {form}")
            for key in table:
                if key not in known:
                    _unknown(f"{name}.{key}", tuple(f"{name}.{k}" for k in known))


def _unknown(key: str, known: Sequence[str]) -> None:
    raise StrategyError(f"strategy: unknown key {key}; {hint(key, known)}")


def _protocol(content: Mapping[str, Any], agent: str) -> tuple[Protocol, tuple[float, ...]]:
    unit = _unit(content.get("unit", "mg"))
    written = content.get("times", [])
    if not isinstance(written, list) or any(
        isinstance(x, bool) or not isinstance(x, int | float) for x in written
    ):
        raise StrategyError("strategy: times are hours from day 0: times = [-120, -96]")
    times = tuple(float(x) for x in written)
    spans = content.get("durations", [])
    if not isinstance(spans, list) or len(spans) not in (0, 1, 2):
        raise StrategyError('strategy: durations are of the first and later infusions: ["6 h"]')
    hours = [_hours("durations", x) for x in spans] or [0.0]
    protocol = Protocol(
        agent,
        times=times or (0.0,),
        durations=(hours[0], hours[-1]),
        route=_route(content.get("route", "iv")),
        unit=unit,
        vial=_single("vial", content["vial"], agent, unit) if "vial" in content else 0.0,
        most=_single("most", content["most"], agent, unit) if "most" in content else math.inf,
        notice=_hours("notice", content.get("notice", "0 h")),
    )
    return protocol, times


def _route(written: object) -> str:
    try:
        return names.choice("route", str(written), names.ROUTES)
    except names.UnknownName:
        raise StrategyError(
            f"strategy: route is one of {', '.join(names.ROUTES)}, not {written!r}"
        ) from None


def _unit(written: object) -> str:
    """Of a dose: a mass, or units of activity."""
    try:
        found = units.unit(str(written))
    except units.UnitError as error:
        raise StrategyError(f"strategy: unit: {error}") from None
    if found.dimension not in ("mass", "activity"):
        raise StrategyError(f'strategy: unit: {written} is not a unit of a dose; write "mg"')
    return found.code


def _rule(
    content: Mapping[str, Any], protocol: Protocol
) -> tuple[tuple[float, float] | None, tuple[Band, ...]]:
    if "fixed" in content and "band" in content:
        raise StrategyError("strategy: give [fixed] or [[band]], not both")
    if "fixed" in content:
        table = content["fixed"]
        heaviest = _amount("heaviest", table.get("heaviest", "1e9 kg"), "kg")
        return (_per_kg("fixed.per_kg", table.get("per_kg"), protocol), heaviest), ()
    bands = []
    for table in content.get("band", []):
        weight = _pair("band.weight", table.get("weight"), "kg")
        count = (0.0, math.inf)
        if "lymphocytes" in table:
            count = _pair("band.lymphocytes", table["lymphocytes"], "10*9/L")
        bands.append(Band(weight, _per_kg("band.per_kg", table.get("per_kg"), protocol), count))
    return None, tuple(bands)


def _modeled(
    content: Mapping[str, Any],
    protocol: Protocol,
    models: Mapping[str, Model],
    targets: Mapping[str, Target],
) -> tuple[Model, tuple[Target, ...], tuple[float, ...], tuple[float, ...]]:
    table = content.get("model")
    if not isinstance(table, Mapping) or "id" not in table:
        raise StrategyError("strategy: a strategy with a model needs a table [model] with id")
    model = load(str(table["id"]), models)
    own = []
    for id_ in _list("model.targets", table.get("targets")):
        if id_ not in targets:
            shown = "`equipoise targets list` shows them"
            raise StrategyError(
                f"strategy: no target {id_}; {hint(id_, targets, shown, cutoff=0.4)}"
            )
        own.append(targets[id_])
    per_kg = tuple(
        _per_kg("model.per_kg", x, protocol) for x in _list("model.per_kg", table.get("per_kg"))
    )
    starts = tuple(_shift(x) for x in _list("model.starts", table.get("starts", ["0 h"])))
    return model, tuple(own), per_kg, starts


def _list(key: str, written: object) -> list[str]:
    if not isinstance(written, list) or not written or not all(isinstance(x, str) for x in written):
        raise StrategyError(f'strategy: {key} is a list of texts: {key.split(".")[1]} = ["..."]')
    return written


def _pair(key: str, written: object, unit: str) -> tuple[float, float]:
    if not isinstance(written, list) or len(written) not in (1, 2):
        raise StrategyError(f'strategy: {key} is low and high: ["0 {unit}", "60 {unit}"]')
    ends = [_amount(key, x, unit) for x in written]
    return ends[0], ends[1] if len(ends) == 2 else math.inf


def _per_kg(key: str, written: object, protocol: Protocol) -> float:
    unit = protocol.unit
    if written is None:
        raise StrategyError(f'strategy: {key} is missing: "1.25 {unit}/kg"')
    try:
        found = units.parse(str(written))
        base, per = units.per(found.unit)
    except units.UnitError as error:
        raise StrategyError(f"strategy: {key}: {error}") from None
    if per != "kg":
        raise StrategyError(f'strategy: {key} is an amount per kg: "1.25 {unit}/kg"')
    _possible(key, found, protocol.agent)
    return _amount(key, f"{found.comparator}{found.number} {base}", unit)


def _amount(key: str, written: object, unit: str) -> float:
    try:
        found = units.parse(str(written))
        number = float(units.convert(float(found.number), found.unit, unit))
    except units.UnitError as error:
        raise StrategyError(f"strategy: {key}: {error}") from None
    if found.comparator or number < 0.0:
        raise StrategyError(f"strategy: {key} must be a plain number, zero or more")
    return number


def _single(key: str, written: object, agent: str, unit: str) -> float:
    """An amount of one dose."""
    number = _amount(key, written, unit)
    _possible(key, units.parse(str(written)), agent)
    return number


def _possible(key: str, amount: units.Quantity, agent: str) -> None:
    refusal = names.dose_refusal(agent, amount)
    if refusal:
        raise StrategyError(f"strategy: {key}: {refusal}")


def _hours(key: str, written: object) -> float:
    try:
        return units.duration_hours(str(written))
    except units.UnitError as error:
        raise StrategyError(f"strategy: {key}: {error}") from None


def _shift(written: str) -> float:
    back = written.strip().startswith("-")
    return (-1.0 if back else 1.0) * _hours("model.starts", written.strip().lstrip("+-"))
