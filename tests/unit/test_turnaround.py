"""Turnaround times: read strictly, applied only where a record is silent."""

from datetime import UTC, datetime

import pytest

from equipoise import units
from equipoise.names import UnknownName
from equipoise.record import Measurement, Record
from equipoise.turnaround import (
    TurnaroundError,
    assuming,
    parse_turnaround,
    read_turnaround,
    without_known,
)


def level(name, text, known):
    value = units.parse(text)
    return Measurement(at=10.0, known=known, name=name, value=value, number=float(value.number))


RECORD = Record(
    id="p",
    day0=datetime(2025, 3, 10, tzinfo=UTC),
    events=(level("sirolimus", "5 ng/mL", None), level("ferritin", "900 ng/mL", None),
            level("platelets", "20 10*9/L", 11.0)),
)  # fmt: skip


def test_a_file_is_read(tmp_path):
    place = tmp_path / "t.toml"
    place.write_text('default = "90 min"\n[turnaround]\nsirolimus = "1 d"\n', encoding="utf-8")
    found = read_turnaround(place)
    assert found.of("sirolimus") == 24.0
    assert found.of("ferritin") == 1.5


def test_only_what_is_not_said_is_assumed():
    found = assuming(RECORD, parse_turnaround({"default": "2 h"}))
    assert {e.name: (e.known, e.assumed) for e in found.events} == {
        "sirolimus": (12.0, True), "ferritin": (12.0, True), "platelets": (11.0, False),
    }  # fmt: skip
    assert without_known(RECORD) == ("sirolimus", "ferritin")
    assert without_known(found) == ()


def test_a_name_without_a_line_is_refused_by_name():
    with pytest.raises(TurnaroundError, match=r"^ferritin: "):
        assuming(RECORD, parse_turnaround({"turnaround": {"sirolimus": "24 h"}}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "nothing is said"),
        ({"turnaround": {}}, "nothing is said"),
        ({"turnaround": "24 h"}, "table"),
        ({"sirolimus": "24 h"}, "not read"),
        ({"default": 24}, "between quotes"),
        ({"default": "24"}, "not a time"),
        ({"default": "-1 h"}, "not a time"),
        ({"default": "24 mg"}, "not a time"),
    ],
)
def test_what_cannot_be_read_is_refused(content, said):
    with pytest.raises(TurnaroundError, match=said):
        parse_turnaround(content)


def test_an_unknown_measurement_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="sirolimus"):
        parse_turnaround({"turnaround": {"sirolimis": "24 h"}})


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(TurnaroundError, match="cannot be read"):
        read_turnaround(tmp_path / "none.toml")
    (tmp_path / "t.toml").write_text("default = ", encoding="utf-8")
    with pytest.raises(TurnaroundError, match="not TOML"):
        read_turnaround(tmp_path / "t.toml")
