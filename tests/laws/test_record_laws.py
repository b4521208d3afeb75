"""Laws of the record over random timelines: no leak from the future, and exact round trips."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import checks, files, names
from equipoise.record import Measurement, Record, replaced_events

settings.register_profile("records", max_examples=60, deadline=None, derandomize=True)
LAW = settings.get_profile("records")

HEADER = {"equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00"}

# A coarse grid, so that events meet, repeat and correct each other.
TIMES = st.sampled_from([-48.0, -24.0, -0.25, 0.0, 6.0, 12.5, 24.0, 48.0, 72.0])
DELAYS = st.sampled_from([0.0, 0.5, 6.0, 30.0])
AGENTS = st.sampled_from(["sirolimus", "tacrolimus", "posaconazole"])
STATUSES = st.sampled_from(["", "given", "planned", "held", "partial"])
VALUES = st.sampled_from(
    [
        ("crp", "32 mg/L"),
        ("crp", "3.20 mg/dL"),
        ("crp", "<5 mg/L"),
        ("weight", "70 kg"),
        ("weight", "71.5kg"),
        ("sirolimus", "8.15 ng/mL"),
        ("sirolimus", "<1.0 ng/mL"),
        ("platelets", "12 K/uL"),
        ("mrd", "0.0004"),
        ("temperature", "101.3 °F"),
    ]
)
FINDINGS = st.sampled_from(
    [
        ("hypotension", True),
        ("hypotension", False),
        ("vasopressors", []),
        ("vasopressors", ["noradrenaline", "vasopressin"]),
        ("oxygen_device", "high_flow"),
        ("agvhd_stage_skin", 3),
        ("relapse", "molecular"),
        ("recorded_grade", {"criterion": "crs_astct2019", "grade": 2}),
    ]
)
NAMES = st.sampled_from(["crp", "weight", "sirolimus", "hypotension", "tacrolimus", "graft"])
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8).map(str.strip)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """One event in the contract's form."""
    kind = draw(st.sampled_from(["dose", "dose", "measurement", "measurement", "finding", "stop",
                                 "cells", "procedure", "transfusion"]))  # fmt: skip
    at = draw(TIMES)
    event: dict[str, Any] = {"type": kind, "at": at}
    if draw(st.booleans()):
        moment = datetime(2025, 3, 10, 10, tzinfo=timezone(timedelta(hours=1)))
        event["at"] = (moment + timedelta(hours=at)).isoformat()
    if kind == "dose":
        event |= {"agent": draw(AGENTS), "amount": draw(st.sampled_from(["2 mg", "0.5 mg/kg"]))}
        event |= {"status": draw(STATUSES), "line": draw(WORDS), "route": "iv"}
        event["duration"] = draw(st.sampled_from(["30 min", "6 h", "1 d"]))
        if event["status"] in ("", "planned") and draw(st.booleans()):
            event["known"] = at - draw(DELAYS)
        else:
            event["known"] = at + draw(DELAYS)
    elif kind == "measurement":
        name, value = draw(VALUES)
        event |= {"name": name, "value": value, "known": at + draw(DELAYS), "method": draw(WORDS)}
    elif kind == "finding":
        name, found = draw(FINDINGS)
        event |= {"name": name, "value": found, "known": at + draw(DELAYS)}
    elif kind == "stop":
        event["agent"] = draw(AGENTS)
    elif kind == "cells":
        event |= {"product": "graft", "doses": {"CD34": "6.1e6 /kg"}, "donor": "cord"}
    elif kind == "procedure":
        event["name"] = "lumbar_puncture"
    else:
        event |= {"product": "platelets", "amount": "250 mL"}
    if draw(st.integers(0, 3)) == 0 and kind in ("dose", "measurement", "finding"):
        event["replaces"] = {"name": event.get("name") or event["agent"], "at": draw(TIMES)}
    return {key: value for key, value in event.items() if value != ""}


def read(events: list[dict[str, Any]]) -> Record:
    """The record of what can be accepted."""
    weight = {"type": "measurement", "at": -1000, "name": "weight", "value": "70 kg"}
    record, _ = files.import_record({**HEADER, "events": [weight, *events]})
    assert record is not None
    return record


@st.composite
def timelines(draw: st.DrawFn) -> Record:
    """Events, with later corrections of some of them and of some corrections."""
    events = draw(st.lists(contents(), max_size=9))
    for event in list(events):
        agent_or_name = event.get("agent") or event.get("name")
        if event["type"] in ("dose", "measurement", "finding") and draw(st.booleans()):
            at = event["at"]
            for later in draw(st.sampled_from([(), (1.0,), (1.0, 40.0)])):
                known = max(75.0, event.get("known", 0.0)) + later
                target = {"name": agent_or_name, "at": at}
                events.append({**event, "at": at, "known": known, "replaces": target})
                if event["type"] == "dose":
                    events[-1]["status"] = draw(st.sampled_from(["held", "partial"]))
    return read(draw(st.permutations(events)))


TIMELINES = timelines()
MOMENTS = st.sampled_from(
    [-50.0, -24.0, 0.0, 5.99, 6.0, 12.0, 30.0, 54.0, 75.0, 76.0, 100.0, 1000.0]
)


def seen(record: Record, t: float) -> Any:
    """Everything that can be asked of a record at t."""
    past = record.until(t)
    return (
        past,
        [(e, e.row) for e in past.events],
        [past.given(agent, t, unit="mg") for agent in past.agents()],
        [past.planned(agent, t, unit="mg") for agent in past.agents()],
        [past.charted_ahead(agent, t) for agent in past.agents()],
        [past.value_at(name, t) for name in ("weight", "crp", "sirolimus")],
        past.latest_finding("vasopressors", t),
        past.end,
        json.dumps(files.record_to_json(past)),
    )


# --- nothing leaks from the future ------------------------------------------------------------


@LAW
@given(TIMELINES, TIMELINES, MOMENTS)
def test_what_is_known_later_changes_nothing_now(one: Record, other: Record, t: float) -> None:
    """Adding, removing or changing what is known after t changes nothing that is seen at t."""

    def known_later(event: Any) -> bool:
        return event.known is not None and event.known > t + 1e-3

    now = tuple(e for e in one.events if not known_later(e))
    future_one = tuple(e for e in one.events if known_later(e))
    future_other = tuple(
        replace(e, row=e.row + 100) for e in other.events if known_later(e)
    )  # fmt: skip
    alone = replace(one, events=now)
    expected = seen(alone, t)
    assert seen(replace(one, events=(*now, *future_one)), t) == expected
    assert seen(replace(one, events=(*now, *future_other)), t) == expected
    assert seen(replace(one, events=(*future_other, *future_one, *now)), t) == expected


@LAW
@given(TIMELINES, MOMENTS)
def test_nothing_in_a_cut_was_known_later(record: Record, t: float) -> None:
    past = record.until(t)
    assert all(e.known is not None and e.known <= t + 1e-6 for e in past.events)
    assert past.cut == t
    assert past.end <= max(t, 0.0) + 1e-6


@LAW
@given(TIMELINES, MOMENTS, MOMENTS)
def test_cutting_twice_is_cutting_at_the_earlier(record: Record, one: float, two: float) -> None:
    earlier = record.until(min(one, two))
    assert record.until(one).until(one) == record.until(one)
    assert record.until(one).until(two) == earlier
    assert record.until(two).until(one) == earlier


@LAW
@given(TIMELINES, MOMENTS, MOMENTS)
def test_knowledge_grows_but_for_what_is_corrected(record: Record, one: float, two: float) -> None:
    first, second = sorted((one, two))
    before, after = record.until(first), record.until(second)
    lost = [e for e in before.events if all(e is not other for other in after.events)]
    new = [e for e in after.events if all(e is not other for other in before.events)]
    every = [e for e in record.events if e.known is not None and e.known <= second + 1e-6]
    replaced = {id(event) for event, _ in replaced_events(every)}
    assert all(id(e) in replaced for e in lost)
    assert all(e.known is not None and e.known > first for e in new)


@LAW
@given(TIMELINES, MOMENTS)
def test_what_stands_was_not_corrected(record: Record, t: float) -> None:
    """The obvious quadratic referee of corrections."""
    known = [e for e in record.events if e.known is not None and e.known <= t + 1e-6]
    standing = []
    for event in known:
        replaced = any(
            other is not event
            and other.replaces is not None
            and type(other) is type(event)
            and other.replaces.name == event.key
            and abs(other.replaces.at - event.at) < 1e-6
            and (other.known, other.row) > (event.known, event.row)
            for other in known
        )
        if not replaced:
            standing.append(event)
    assert list(record.until(t).events) == standing


# --- given, planned, held ---------------------------------------------------------------------


@LAW
@given(TIMELINES, MOMENTS)
def test_planned_and_held_doses_never_count_as_given(record: Record, t: float) -> None:
    past = record.until(t)
    for agent in past.agents():
        begun = past.given_doses(agent, t)
        assert all(d.status not in ("planned", "held") for d in begun)
        assert all(d.at <= t + 1e-6 for d in begun)
        ahead = past.planned(agent, t, unit="mg")
        assert all(p.at > t - 1e-5 for p in ahead)
        strictly = [d for d in past.doses(agent) if d.status != "held" and d.at > t + 1e-5]
        assert len(ahead) <= len(strictly) + sum(abs(d.at - t) <= 1e-5 for d in past.doses(agent))
        undecided = {d.at for d in begun} & {p.at for p in ahead if abs(p.at - t) > 1e-5}
        assert not undecided


@LAW
@given(TIMELINES, MOMENTS)
def test_doses_per_kg_use_a_weight_known_by_then(record: Record, t: float) -> None:
    past = record.until(t)
    for dose in past.doses():
        if dose.amount is None or dose.amount.unit != "mg/kg":
            continue
        weights = [
            m
            for m in record.events
            if isinstance(m, Measurement)
            and m.name == "weight"
            and m.at <= dose.at + 1e-6
            and m.known is not None
            and m.known <= t + 1e-6
        ]
        used = past.latest("weight", dose.at)
        assert used is not None
        assert any(used is weight for weight in weights)
        for resolved in past.given(dose.agent, t, unit="mg"):
            whole = float(dose.amount.number) * used.number
            if resolved.at == dose.at and dose.status != "partial" and not past.stops(dose.agent):
                assert resolved.amount in (2.0, pytest.approx(whole))


# --- reading and writing ----------------------------------------------------------------------


@LAW
@given(TIMELINES)
def test_written_and_read_again_a_record_is_the_same(record: Record) -> None:
    content = files.record_to_json(record)
    assert files.record_from_json(json.loads(json.dumps(content))) == record
    with tempfile.TemporaryDirectory() as folder:
        for name in ("record.json", "record.csv"):
            path = Path(folder) / name
            files.write_record(record, path)
            again, report = files.read_record(path)
            assert again == record
            assert files.record_to_json(again) == content
            assert not report.refused
            # What is seen at any time is the same too: corrections fall as they fell.
            for t in (-10.0, 10.0, 60.0, 1000.0):
                assert again.until(t) == record.until(t)


@LAW
@given(st.lists(contents(), max_size=10))
def test_times_and_quantities_stand_as_they_were_entered(events: list[dict[str, Any]]) -> None:
    record = read(events)
    written = files.record_to_json(record)["events"]
    entered = [{}, *events]
    for event, again in zip(sorted(record.events, key=lambda e: e.row), written, strict=True):
        if event.row == 1:
            continue
        original = entered[event.row - 1]
        for key in ("at", "amount", "value", "duration", "replaces"):
            if key in original:
                assert again[key] == original[key]


@LAW
@given(st.lists(contents(), max_size=12))
def test_what_is_accepted_has_nothing_left_to_refuse(events: list[dict[str, Any]]) -> None:
    record, report = files.import_record({**HEADER, "events": events})
    assert record is not None
    assert not [p for p in checks.check(record) if p.refused]
    assert report.counts["accepted"] + report.counts["refused"] == report.counts["events"]
    assert files.record_from_json(files.record_to_json(record)) == record


HEADER_KEYS = ["id", "day0", "born", "sex", "indication", "platform", "wants", "covariates",
               "unknown", "events", "equipoise", "x"]  # fmt: skip
KEYS = st.sampled_from(["type", "at", "known", "name", "value", "agent", "amount", "replaces", "x"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@LAW
@given(contents(), KEYS, ANYTHING)
def test_no_input_is_answered_with_anything_but_a_sentence(
    event: dict[str, Any], key: str, value: Any
) -> None:
    record, report = files.import_record({**HEADER, "events": [{**event, key: value}]})
    assert record is not None
    for note in report.refused:
        assert note.text
        assert "\n" not in note.text.replace(str(value), "")


@LAW
@given(st.dictionaries(st.sampled_from(HEADER_KEYS), ANYTHING, max_size=4))
def test_no_header_is_answered_with_anything_but_a_sentence(header: dict[str, Any]) -> None:
    record, report = files.import_record({**HEADER, "events": [], **header})
    assert record is not None or report.refused


CELLS = st.sampled_from(
    ["", "p1", "dose", "header", "day0", "wants.x", "covariates.cyp3a5", "2025-03-10T10:00:00Z",
     "crp", "12", "mg/L", "CD34=", "[", "{}", '"', "=", "death", "true", "2 mg", "sirolimus",
     "finding", "measurement", "cells", "-1e999", "nan", "\n", ";"]
)  # fmt: skip


@LAW
@given(st.lists(st.lists(CELLS, max_size=len(files.COLUMNS) + 1), max_size=6))
def test_no_table_is_answered_with_anything_but_a_sentence(rows: list[list[str]]) -> None:
    lines = [",".join((*files.COLUMNS, "doses")), "p1,header,,,day0,2025-03-10T10:00:00Z"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text("\n".join([*lines, *(",".join(row) for row in rows)]), encoding="utf-8")
        record, report = files.import_record(path)
    assert record is not None or report.refused


@LAW
@given(
    st.sampled_from(sorted(names.MEASUREMENTS)),
    st.decimals(min_value=-1000, max_value=1000, places=3, allow_nan=False),
    st.sampled_from(["", " ", " mg", " mgg/dL", " mg/L/L", "%%", ","]),
)
def test_sentences_about_values_hold_no_value(name: str, number: Any, unit: str) -> None:
    written = f"{number}{unit}"
    event = {"type": "measurement", "at": 3, "name": name, "value": written}
    _, report = files.import_record({**HEADER, "events": [event]})
    for note in report.refused:
        assert str(number) not in note.text


@LAW
@given(
    st.integers(-14 * 4, 14 * 4).map(lambda quarter: timedelta(minutes=15 * quarter)),
    st.integers(0, 24 * 3600 - 1),
    st.integers(-200, 400),
)
def test_days_follow_each_other(offset: timedelta, second: int, day: int) -> None:
    midnight = datetime(2025, 3, 10, tzinfo=timezone(offset))
    record = Record("p", midnight + timedelta(seconds=second))
    end = record.day_end(day)
    assert record.calendar_day(end) == day
    assert record.calendar_day(end + 1.5 / 3600) == day + 1
    assert record.day_end(day + 1) - end == pytest.approx(24.0)
    assert record.clock(end).time().replace(microsecond=0).isoformat() == "23:59:59"
    assert record.calendar_day(0.0) == 0
    assert record == Record("p", record.day0.astimezone(UTC))
