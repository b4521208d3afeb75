"""Nothing after now: no answer at t moves when what is known after t is added, changed or removed.

Records are drawn with corrections, stops, plans, late charting and samples without a time of being
known. The past of each is kept, its future replaced by another one, and the answers are compared
as printed, byte by byte.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise import files, report
from equipoise.assess import assess
from equipoise.assessment import to_json
from equipoise.cli.entry import run
from equipoise.cli.words import moment
from equipoise.examples import BUNDLED, Bundled, path
from equipoise.grading import daily
from equipoise.kinetics import Linear
from equipoise.record import SAME_TIME, AnyEvent, Measurement, Record
from equipoise.shelves import SHELVES, Shelves

settings.register_profile(
    "no_look_ahead", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
LAW = settings.get_profile("no_look_ahead")

WITHOUT_MODELS = replace(SHELVES, models=())
CLOSED_FORMS = replace(
    SHELVES, models=tuple(m for m in SHELVES.models if isinstance(m.structure, Linear))
)
"""Models that answer at once; the bundled patients try the others."""

HEADERS = (
    {"born": "2022-02-01", "sex": "male", "indication": "evans"},
    {"born": "1970-05-05", "sex": "female", "platform": "adult_unrelated"},
    {"born": "1988-05-05", "indication": "cart"},
    {},
)
TIMES = st.sampled_from([-118.0, -94.0, -70.0, -22.0, -0.5, 0.0, 6.0, 24.0, 48.0, 72.0, 240.0])
# Also soon after a sample, before its result.
NOWS = st.sampled_from([-70.0, -48.0, -21.0, -0.2, 0.4, 6.5, 25.0, 50.0, 73.0, 96.0, 250.0])
DELAYS = st.sampled_from([0.0, 0.5, 20.0, 60.0])
DOSES = st.sampled_from(
    [
        ("sirolimus", "0.75 mg", "oral", ""),
        ("sirolimus", "1.5 mg", "oral", ""),
        ("thymoglobulin", "2.5 mg/kg", "iv", "6 h"),
        ("thymoglobulin", "1.25 mg/kg", "iv", "6 h"),
        ("tacrolimus", "0.03 mg/kg", "iv", "24 h"),
        ("posaconazole", "300 mg", "oral", ""),
        ("dexamethasone", "10 mg", "iv", ""),
    ]
)
VALUES = st.sampled_from(
    [
        ("sirolimus", "7.5 ng/mL"),
        ("sirolimus", "<2 ng/mL"),
        ("atg_active_au", "12.4 AU/mL"),
        ("atg_active_au", "31 AU/mL"),
        ("tacrolimus", "9 ng/mL"),
        ("weight", "12.5 kg"),
        ("height", "92 cm"),
        ("bilirubin", "31 umol/L"),
        ("temperature", "38.9 Cel"),
        ("temperature", "36.8 Cel"),
        ("spo2", "88 %"),
        ("ferritin", "92000 ng/mL"),
        ("ferritin", "900 ng/mL"),
        ("fibrinogen", "110 mg/dL"),
        ("platelets", "19 K/uL"),
        ("neutrophils", "0.05 10*9/L"),
        ("crp", "12 mg/dL"),
        ("ice_score", "5"),
    ]
)
FINDINGS = st.sampled_from(
    [
        ("hypotension", True),
        ("hypotension", False),
        ("vasopressors", ["noradrenaline"]),
        ("oxygen_device", "high_flow"),
        ("oxygen_device", "none"),
        ("consciousness", "voice"),
        ("infection", "excluded"),
        ("infection", "proven"),
        ("fever", True),
        ("recorded_grade", {"criterion": "crs_astct2019", "grade": 2}),
        ("death", True),
    ]
)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """One event in the contract's form, with every way of being known."""
    kind = draw(
        st.sampled_from(
            ["dose", "dose", "dose", "measurement", "measurement", "measurement", "finding",
             "finding", "stop", "procedure", "cells"]
        )
    )  # fmt: skip
    at = draw(TIMES)
    event: dict[str, Any] = {"type": kind, "at": at}
    if kind == "dose":
        agent, amount, route, duration = draw(DOSES)
        event |= {"agent": agent, "amount": amount, "route": route, "duration": duration}
        event["status"] = draw(st.sampled_from(["", "given", "planned", "held", "partial"]))
        ahead = event["status"] in ("", "planned") and draw(st.booleans())
        event["known"] = at - draw(DELAYS) if ahead else at + draw(DELAYS)
    elif kind == "measurement":
        event["name"], event["value"] = draw(VALUES)
        if draw(st.booleans()):
            event["known"] = at + draw(DELAYS)
    elif kind == "finding":
        event["name"], event["value"] = draw(FINDINGS)
        event["known"] = at + draw(DELAYS)
    elif kind == "stop":
        event["agent"] = draw(DOSES)[0]
    elif kind == "procedure":
        event |= {
            "name": "level_drawn",
            "of": draw(st.sampled_from(["sirolimus", "atg_active_au"])),
        }
    else:
        event |= {"product": "tisagenlecleucel"}
        event |= {"at": 0.0, "known": draw(DELAYS)}
    if kind in ("dose", "measurement", "finding") and draw(st.integers(0, 3)) == 0:
        event["replaces"] = {"name": event.get("name") or event["agent"], "at": draw(TIMES)}
        event["known"] = at + draw(DELAYS)
    return {key: value for key, value in event.items() if value != ""}


def read(header: dict[str, Any], events: list[dict[str, Any]]) -> Record:
    """The record of what can be accepted of these events."""
    first = {"type": "measurement", "at": -200, "name": "weight", "value": "12 kg"}
    top = {"equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00", **header}
    record, _ = files.import_record({**top, "events": [first, *events]})
    assert record is not None
    return record


def times_known(record: Record) -> list[tuple[AnyEvent, float]]:
    """Each event as entered, with the time at which it counts as known."""
    assumed = {e.row: e for e in record.assuming_turnaround().events}
    return [(e, assumed[e.row].known or 0.0) for e in record.events]


def split(record: Record, t: float) -> tuple[list[AnyEvent], list[AnyEvent]]:
    """What counts as known at t and what does not, each in the order of the input."""
    both = sorted(times_known(record), key=lambda each: each[0].row)
    past = [e for e, known in both if known <= t + SAME_TIME]
    return past, [e for e, known in both if known > t + SAME_TIME]


def without_future(record: Record, t: float) -> Record:
    """The record of somebody who knows nothing that comes after t."""
    return replace(record, events=tuple(split(record, t)[0]))


@st.composite
def twins(draw: st.DrawFn) -> tuple[Record, Record, float]:
    """Two records with the same past at t and different futures."""
    header = draw(st.sampled_from(HEADERS))
    first = read(header, draw(st.lists(contents(), min_size=4, max_size=14)))
    other = read(header, draw(st.lists(contents(), max_size=6)))
    t = draw(NOWS)
    past, future = split(first, t)
    change = draw(st.sampled_from(["removed", "changed", "added"]))
    if change == "removed":
        future = []
    elif change == "changed":
        future = [_changed(e) for e in future]
    else:
        future = [*future, *split(other, t)[1]]
    # What is known later may stand before the rest in the input: no place there may count either.
    events = [*past, *future] if draw(st.booleans()) else [*future, *past]
    numbered = tuple(replace(e, row=i + 1) for i, e in enumerate(events))
    return first, replace(first, events=numbered), t


def _changed(event: AnyEvent) -> AnyEvent:
    """Another event at the same moment; known no earlier than before."""
    if isinstance(event, Measurement):
        return replace(event, number=3.0 * event.number, value=replace(event.value, text="7 mg"))
    return replace(event, known=None if event.known is None else event.known + 1.0)


def answers(record: Record, t: float, shelves: Shelves) -> str:
    found = assess(record, t, seed=3, research=True, shelves=shelves)
    return json.dumps(to_json(found), sort_keys=True, allow_nan=False)


def graded(record: Record, t: float) -> str:
    """What `grade --daily` prints."""
    past = record.assuming_turnaround().until(t)
    return json.dumps([to_json(g) for c in SHELVES.criteria for g in daily(c, past, t)])


@settings(LAW, max_examples=80)
@given(twins())
def test_grades_decisions_and_advice_do_not_look_ahead(case: tuple[Record, Record, float]) -> None:
    record, other, t = case
    assert answers(record, t, WITHOUT_MODELS) == answers(other, t, WITHOUT_MODELS)
    assert graded(record, t) == graded(other, t)


@settings(LAW, max_examples=15)
@given(twins())
def test_exposures_and_options_do_not_look_ahead(case: tuple[Record, Record, float]) -> None:
    record, other, t = case
    assert answers(record, t, CLOSED_FORMS) == answers(other, t, CLOSED_FORMS)


def test_the_examples_reach_what_they_are_for() -> None:
    """A law over records without futures, exposures or corrections would prove nothing."""
    seen: set[str] = set()

    @settings(LAW, max_examples=80, database=None)
    @given(twins())
    def look(case: tuple[Record, Record, float]) -> None:
        record, other, t = case
        past = record.assuming_turnaround().until(t)
        if len(past.events) < len(record.events):
            seen.add("future")
        if [e for e in record.events if e.replaces is not None]:
            seen.add("correction")
        if any(d.is_planned(t) for d in past.doses()):
            seen.add("plan")
        if any(e.known is None and e.at <= t < k for e, k in times_known(record)):
            seen.add("drawn, its result later and of unsaid time")
        if any(past.stops(agent) for agent in past.agents()):
            seen.add("stop")
        if other.events != record.events:
            seen.add("another future")

    look()
    assert seen == {
        "future",
        "correction",
        "plan",
        "drawn, its result later and of unsaid time",
        "stop",
        "another future",
    }


# --- the bundled patients, with every model ------------------------------------------------

MOMENTS = (
    ("tisagenlecleucel_case_a", "day+10T20:00"),
    ("tisagenlecleucel_case_a", "day+14T20:00"),
    ("sirolimus_adult", "day+5T06:00"),
    ("sirolimus_child_12kg", "-14"),
    ("atg_adult_unrelated", "day-2T18:00"),
    ("atg_adult_unrelated", "day-3T10:00"),
    ("atg_haploidentical", "day-3T10:00"),
)


def bundled(name: str) -> Bundled:
    return next(b for b in BUNDLED if b.name == name)


@pytest.mark.parametrize(("name", "when"), MOMENTS)
def test_bundled_patients_without_their_future(name: str, when: str) -> None:
    record = files.read_record(path(name))[0]
    t = moment(when, record)
    past = without_future(record, t)
    shelves = SHELVES if name != "atg_haploidentical" else CLOSED_FORMS
    assert answers(record, t, shelves) == answers(past, t, shelves)
    if name != "sirolimus_child_12kg":
        assert len(past.events) < len(record.events)


def test_no_face_shows_the_future_either() -> None:
    record = files.read_record(path("atg_adult_unrelated"))[0]
    t = moment("day-2T18:00", record)
    past = without_future(record, t)
    one, two = assess(record, t, research=True), assess(past, t, research=True)
    assert report.html(one) == report.html(two)
    assert report.text(one) == report.text(two)


@pytest.mark.parametrize("name", ["tisagenlecleucel_case_a", "atg_adult_unrelated"])
def test_grading_by_day_prints_the_same_without_the_future(
    name: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    record = files.read_record(path(name))[0]
    when = bundled(name).at
    t = moment(when, record)
    past = without_future(record, t)
    printed = []
    for number, one in enumerate((record, past)):
        file = tmp_path / f"{number}.json"
        files.write_record(one, file)
        assert run(["grade", str(file), "--at", when, "--daily", "--json"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert len(json.loads(printed[0])) >= len(SHELVES.criteria)
