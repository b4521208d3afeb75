"""Laws of for and against: over days, over units, over what is hidden and what comes later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from equipoise import decisions, files
from equipoise.advice import Situation
from equipoise.criterion import Truth
from equipoise.decisions.wave_differential import DIFFERENTIAL
from equipoise.differential import ForAndAgainst, for_and_against, signs_of
from equipoise.record import Record

NOW = 288.0
OPPOSITE = {Truth.MET: Truth.NOT_MET, Truth.NOT_MET: Truth.MET}

MEASURED: tuple[tuple[str, str, tuple[float, ...]], ...] = (
    ("ferritin", "ng/mL", (200, 900, 4000, 9999, 10_000, 60_000)),
    ("crp", "mg/L", (3, 20, 90, 200)),
    ("il6", "pg/mL", (10, 200, 5000)),
    ("fibrinogen", "mg/dL", (90, 149, 150, 400)),
    ("triglycerides", "mg/dL", (120, 264, 265, 400)),
    ("temperature", "Cel", (36.8, 37.9, 38.0, 39.5)),
    ("platelets", "10*9/L", (15, 99, 100, 200)),
    ("neutrophils", "10*9/L", (0.1, 0.99, 1.0, 3)),
    ("hemoglobin", "g/dL", (7.5, 8.9, 9.0, 11)),
    ("bilirubin", "mg/dL", (0.5, 1.9, 2.0, 6)),
    ("soluble_il2r", "U/mL", (700, 2399, 2400, 9000)),
    ("weight", "kg", (70, 73.5, 73.6, 80)),
    ("ice_score", "1", (10, 9, 3)),
)
FOUND: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("infection", ("excluded", "suspected", "proven")),
    ("progression", ("excluded", "suspected", "proven")),
    ("schistocytes", (True, False)),
    ("splenomegaly", (True, False)),
    ("ascites", (True, False)),
    ("hypotension", (True, False)),
    ("oxygen_device", ("none", "high_flow")),
    ("consciousness", ("spontaneous", "touch")),
)


def drawn(seed: int) -> list[dict[str, Any]]:
    """Events of a patient over twelve days, some late, some only bounds."""
    rng = np.random.default_rng(seed)
    events: list[dict[str, Any]] = []
    for name, unit, numbers in MEASURED:
        for _ in range(int(rng.integers(0, 6))):
            at = float(rng.integers(-48, int(NOW)))
            bound = rng.choice(["", "", "", "<", ">"]) if name in ("ferritin", "crp") else ""
            events.append(
                {"type": "measurement", "at": at, "known": at + float(rng.choice([0, 4, 30])),
                 "name": name, "value": f"{bound}{rng.choice(numbers):g} {unit}"}
            )  # fmt: skip
    for name, choices in FOUND:
        for _ in range(int(rng.integers(0, 3))):
            what = choices[int(rng.integers(len(choices)))]
            at = float(rng.integers(0, int(NOW)))
            events.append({"type": "finding", "at": at, "name": name, "value": what})
    if rng.random() < 0.5:
        events.append({"type": "dose", "at": 100.0, "agent": "tocilizumab", "amount": "560 mg"})
    return events


def record(events: list[dict[str, Any]]) -> Record:
    content = {
        "equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00", "born": "1960-01-01",
        "events": [{"type": "cells", "at": 0, "product": "axicabtagene"}, *events],
    }  # fmt: skip
    return files.record_from_json(content).assuming_turnaround()


def truths(whole: Record, t: float) -> dict[str, Truth]:
    return {s.feature: s.truth for s in signs_of(DIFFERENTIAL, Situation(whole.until(t), t, {}))}


def table(whole: Record, t: float) -> ForAndAgainst:
    past = whole.until(t)
    days = [(d, {}) for d in range(past.calendar_day(t) + 1)]
    found = for_and_against(DIFFERENTIAL, past, t, days, {})
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(12))
def test_nothing_known_later_changes_an_answer(seed: int) -> None:
    events = drawn(seed)
    for t in (60.0, 150.0, 230.0):
        past = [e for e in events if e.get("known", e["at"]) <= t]
        later = [e for e in drawn(seed + 1000) if e.get("known", e["at"]) > t]
        whole = truths(record(events), t)
        assert truths(record(past), t) == whole
        assert truths(record([*past, *later]), t) == whole


@pytest.mark.parametrize("seed", range(4))
def test_a_day_of_the_table_is_the_table_asked_at_its_end(seed: int) -> None:
    whole = record(drawn(seed))
    for row in table(whole, NOW).days[::4]:
        assert row.truths == truths(whole, row.at)


@pytest.mark.parametrize("seed", range(8))
def test_the_counts_are_the_signs_counted(seed: int) -> None:
    found = table(record(drawn(seed)), NOW)
    for count in found.counts:
        sides = [s.sides.get(count.condition) for s in found.signs]
        assert (count.speak_for, count.speak_against, count.unknown) == (
            sides.count("for"), sides.count("against"), sides.count("unknown")
        )  # fmt: skip
    for sign in found.signs:
        for bearing in sign.bearings:
            if sign.truth is Truth.UNKNOWN:
                assert sign.sides[bearing.condition] in ("unknown", "neither")
            else:
                assert sign.sides[bearing.condition] != "unknown"


@pytest.mark.parametrize("seed", range(12))
def test_an_element_that_no_observation_bears_on_is_unknown(seed: int) -> None:
    """Hiding every value of a name never turns an element into its opposite."""
    events = drawn(seed)
    whole = truths(record(events), NOW)
    for hidden in {e["name"] for e in events if "name" in e} - {"temperature"}:
        rest = truths(record([e for e in events if e.get("name") != hidden]), NOW)
        for feature, truth in rest.items():
            if feature in ("after_first_wave", "after_day_14", "after_day_90"):
                continue  # the end of the first wave is read off all of them
            assert truth is not OPPOSITE.get(whole[feature]), (hidden, feature)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_missing_belongs_to_an_unknown_element(seed: int) -> None:
    found = table(record(drawn(seed)), NOW)
    lacking = {name for s in found.signs for name in s.missing}
    assert all(s.truth is Truth.UNKNOWN for s in found.signs if s.missing)
    assert {test.name for test in found.tests} == lacking
    assert [t.effort for t in found.tests] == sorted(t.effort for t in found.tests)


UNITS = {
    "ng/mL": ("ug/L", 1.0), "mg/L": ("mg/dL", 0.1), "pg/mL": ("ng/L", 1.0),
    "g/dL": ("g/L", 10.0), "10*9/L": ("/uL", 1000.0),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_the_unit_of_entry_does_not_matter(seed: int) -> None:
    events = drawn(seed)
    other = []
    for event in events:
        value = str(event.get("value", ""))
        number, _, unit = value.partition(" ")
        if event["type"] == "measurement" and unit in UNITS:
            bound = number[0] if number[0] in "<>" else ""
            to, factor = UNITS[unit]
            event = {**event, "value": f"{bound}{float(number.lstrip('<>')) * factor:.10g} {to}"}
        other.append(event)
    assert truths(record(other), NOW) == truths(record(events), NOW)


@pytest.mark.parametrize("seed", range(3))
def test_trends_and_signals_are_of_the_past(seed: int) -> None:
    events = drawn(seed)
    t = 200.0
    later = [e for e in drawn(seed + 1000) if e.get("known", e["at"]) > t]
    past = [e for e in events if e.get("known", e["at"]) <= t]
    one, other = table(record(past), t), table(record([*past, *later]), t)
    assert one.trends == other.trends
    assert one.signals == other.signals
    for trend in one.trends:
        assert all(r.at <= t for r in trend.readings)
        assert all(n.at > t for n in trend.next)


def test_the_differential_is_on_its_decision() -> None:
    by_id = {d.id: d for d in decisions.ALL}
    assert by_id["second_inflammatory_wave"].differential is DIFFERENTIAL
    assert DIFFERENTIAL.notes


def test_without_effector_cells_there_is_no_table() -> None:
    content = {"equipoise": 1, "id": "p", "day0": "2025-03-10T10:00:00+01:00", "events": []}
    past = files.record_from_json(content).until(100.0)
    assert for_and_against(DIFFERENTIAL, past, 100.0, [(0, {})], {}) is None


def test_sources_that_disagree_are_not_blended() -> None:
    feature = DIFFERENTIAL.features[0]
    against = replace(feature.bearings[0], present="against")
    torn = replace(feature, bearings=(*feature.bearings, against))
    with pytest.raises(ValueError, match="its sources disagree on iechs"):
        replace(DIFFERENTIAL, features=(torn,))
    with pytest.raises(ValueError, match="bears on iechs, not in the table"):
        replace(DIFFERENTIAL, features=(feature,), conditions=())
    with pytest.raises(ValueError, match="a bearing on iechs is no 'perhaps'"):
        replace(feature.bearings[0], absent="perhaps")
