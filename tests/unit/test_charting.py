"""Charting conventions: the file, what silence means on which day, and what stands in answers."""

from pathlib import Path

import numpy as np
import pytest

from equipoise import names
from equipoise.chart import chart_of
from equipoise.charting import (
    ChartingError,
    Conventions,
    Silence,
    parse_conventions,
    read_conventions,
    under,
)
from equipoise.criteria import ALL
from equipoise.grading import daily, grade
from small_records import record_of, value

CRS = next(c for c in ALL if c.id == "crs_astct2019")
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "charting.toml"
HEAD = {"charting": 1, "site": "Ward 7", "version": "2026-03"}
PRESSORS = {"of": "vasopressors", "means": [], "on_days_with": ["temperature"]}


def wrong(*entries, **head):
    with pytest.raises(ChartingError) as raised:
        parse_conventions({**HEAD, **head, "silence": list(entries)})
    return str(raised.value)


# --- the file -----------------------------------------------------------------------------------


def test_the_example_is_read_and_says_who_and_which_version():
    found = read_conventions(EXAMPLE)
    assert found.name == "Example ward, version 2026-11"
    by_name = {s.of: s for s in found.silences}
    assert by_name["vasopressors"].means == ()
    assert "noradrenaline" in by_name["vasopressors"].unless
    assert by_name["oxygen_device"].means == "none"
    assert by_name["hypotension"].means is False
    assert by_name["antipyretic_or_anticytokine"].on_days_with == ("doses",)


def test_aliases_and_groups_of_agents_come_back_as_agents():
    found = parse_conventions({**HEAD, "silence": [{**PRESSORS, "unless": ["norepinephrine"]}]})
    grouped = parse_conventions({**HEAD, "silence": [{**PRESSORS, "unless": ["inotrope"]}]})
    assert grouped.silences[0].unless == names.in_group("inotrope")
    assert found.silences == (Silence("vasopressors", (), ("temperature",), ("noradrenaline",)),)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"of": "ferritin", "means": 0, "on_days_with": ["temperature"]}, "is a measurement"),
        ({"of": "vasopresors"}, "vasopressors"),
        ({"means": []}, 'of = "vasopressors"'),
        ({**PRESSORS, "means": ["noradrenaline"]}, "silence can only mean no: write means = []"),
        ({**PRESSORS, "of": "hypotension", "means": 0}, "write means = false"),
        ({**PRESSORS, "of": "bleeding_grade", "means": False}, "write means = 0"),
        ({**PRESSORS, "of": "oxygen_device", "means": "no"}, 'write means = "none"'),
        ({**PRESSORS, "of": "infection", "means": "excluded"}, "this has to be said"),
        ({**PRESSORS, "of": "death", "means": False}, "this has to be said"),
        ({**PRESSORS, "of": "cd19_expression", "means": "negative"}, "this has to be said"),
        ({"of": "vasopressors", "means": []}, 'on_days_with = ["temperature"]'),
        ({**PRESSORS, "on_days_with": "temperature"}, "on_days_with is a list"),
        ({**PRESSORS, "on_days_with": ["temperatur"]}, "did you mean temperature?"),
        ({**PRESSORS, "on_days_with": ["dosis"]}, "did you mean doses?"),
        ({**PRESSORS, "unless": ["noradrenalin3x"]}, "is no name of the vocabulary"),
        ({**PRESSORS, "unles": []}, "unknown key unles; did you mean unless?"),
        ({**PRESSORS, "why": 3}, "why is a text"),
    ],
)  # fmt: skip
def test_a_convention_that_cannot_be_read_says_why_and_what_to_write(entry, said):
    assert said in wrong(entry)


def test_the_head_of_the_file():
    assert "charting = 1" in wrong(charting=2)
    assert 'version = "2026-03"' in wrong(version="")
    assert 'site = "Ward 7"' in wrong(site=7)
    assert "under a line [[silence]]" in wrong("vasopressors")
    assert "has two" in wrong(PRESSORS, PRESSORS)
    assert "did you mean silence?" in wrong(silenc=[])


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(ChartingError, match="cannot be read"):
        read_conventions(tmp_path / "no.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("charting = = 1")
    with pytest.raises(ChartingError, match="is not TOML"):
        read_conventions(bad)
    bad.write_bytes(b'site = "\xff"')
    with pytest.raises(ChartingError, match="is not text"):
        read_conventions(bad)


# --- what silence means -------------------------------------------------------------------------


def finding(name, what, at, **more):
    return {"type": "finding", "at": at, "name": name, "value": what, **more}


def given(agent, at, **more):
    return {"type": "dose", "at": at, "agent": agent, "amount": "1 mg", "route": "iv", **more}


CELLS = {"type": "cells", "at": 0, "product": "axicabtagene"}
WARD = Conventions(
    "Ward 7", "1",
    (
        Silence("vasopressors", (), ("temperature",), ("noradrenaline", "systolic")),
        Silence(
            "hypotension", False, ("temperature",), ("vasopressors", "noradrenaline", "systolic")
        ),
        Silence("oxygen_device", "none", ("temperature", "spo2")),
    ),
)  # fmt: skip
FEVER = (CELLS, value("temperature", "38.4 Cel", 59), value("spo2", "96 %", 59))
"""Day 0 begins at 10:00: 59 h is 21:00 of day 2."""


def at(events, t=60.0, conventions=WARD):
    return grade(CRS, record_of(*events), t, conventions=conventions)


def spans(events, t=60.0):
    strict, assumed = at(events, t, None), at(events, t)
    return (strict.low, strict.high), (assumed.low, assumed.high)


def test_silence_settles_what_is_otherwise_unknown_and_says_so():
    assert spans(FEVER) == ((1, 4), (1, 1))
    found = at(FEVER)
    assumed = {b.name: b for b in found.because if b.assumed}
    assert set(assumed) == {"vasopressors", "hypotension", "oxygen_device"}
    assert assumed["vasopressors"].value == "none"
    assert assumed["vasopressors"].to_json()["assumed"] == "not charted, temperature charted"
    assert assumed["oxygen_device"].assumed == "not charted, temperature and spo2 charted"
    assert found.missing == ()
    assert not any(b.assumed for b in at(FEVER, 60.0, None).because)


def test_each_of_what_shows_a_kept_chart_is_needed():
    assert spans((CELLS, FEVER[1])) == ((1, 4), (1, 4))


def test_a_charted_value_in_the_window_is_never_outspoken():
    on = finding("vasopressors", ["noradrenaline"], 50)
    charted = at((*FEVER, on))
    # Day 2 begins at 38 h: the same day. On the day before, too, the window still holds it.
    assert (charted.low, charted.high) == (3, 3)
    before = at((*FEVER, finding("vasopressors", ["noradrenaline"], 37)))
    assert (before.low, before.high) == (3, 3)
    assert not any(b.assumed for b in before.because if b.name == "vasopressors")


def test_a_charted_value_out_of_the_window_on_the_same_day_still_speaks():
    """Silence of a day needs a whole silent day."""
    short = Conventions("w", "1", (Silence("intubated", False, ("temperature",)),))
    record = record_of(*FEVER, finding("intubated", True, 39))
    assert under(chart_of([record]), short).silent == {}
    later = record_of(*FEVER, finding("intubated", True, 59.5))
    silent = under(chart_of([later]), short).silent["intubated"]
    assert (silent.at[0], silent.gone[0]) == (59.0, 59.5)


def test_what_speaks_against_silence_takes_it_back_from_when_it_is_known():
    drip = given("noradrenaline", 59.5)
    assert spans((*FEVER, drip), 59.2)[1] == (1, 1)
    assert spans((*FEVER, drip), 60)[1] == (1, 4)
    assert spans((*FEVER, value("systolic", "80 mm[Hg]", 58)))[1] == (1, 4)
    held = given("noradrenaline", 59.5, status="held")
    assert spans((*FEVER, held), 60)[1] == (1, 1)
    # A finding speaks only where it is no no.
    none = finding("vasopressors", [], 40)
    assert at((*FEVER, none)).low == 1
    hypo = [b for b in at((*FEVER, none)).because if b.name == "hypotension"]
    assert [b.assumed for b in hypo] == ["not charted, temperature charted"]


def test_an_infusion_speaks_for_every_day_on_which_it_runs():
    drip = given("noradrenaline", 30, duration="24 h")
    assert spans((*FEVER, drip))[1] == (1, 4)
    short = given("noradrenaline", 30, duration="6 h")
    assert spans((*FEVER, short))[1] == (1, 1)


def test_silence_ends_with_the_window_and_begins_with_the_chart():
    assert spans(FEVER, 58.0)[1] == spans(FEVER, 58.0)[0]
    late = (*FEVER, value("temperature", "38.5 Cel", 100))
    # At 100 h a new day with a temperature and no saturation: oxygen is unknown again.
    assert spans(late, 100.5) == ((1, 4), (1, 4))


def test_doses_show_that_a_medication_record_was_kept():
    rule = Conventions("w", "1", (Silence("antipyretic_or_anticytokine", False, ("doses",)),))
    record = record_of(*FEVER, given("meropenem", 56), given("meropenem", 90, status="planned"))
    silent = under(chart_of([record]), rule).silent["antipyretic_or_anticytokine"]
    assert silent.at[:-1].tolist() == [56.0]


def test_what_was_known_later_changes_nothing_before():
    late = {**value("temperature", "38.4 Cel", 59), "known": 62.0}
    events = (CELLS, late, value("spo2", "96 %", 59), value("temperature", "38.0 Cel", 36))
    day_before = record_of(*events)
    assert grade(CRS, day_before, 60.0, conventions=WARD).to_json() == (
        grade(CRS, record_of(*events, t=60.0), 60.0, conventions=WARD).to_json()
    )


def test_no_conventions_are_no_difference():
    record = record_of(*FEVER)
    none = Conventions("w", "1", ())
    strict = [a.to_json() for a in daily(CRS, record, 80.0)]
    assert [a.to_json() for a in daily(CRS, record, 80.0, conventions=none)] == strict


def test_a_branch_of_hypothetical_records_takes_no_conventions():
    chart = chart_of([record_of(*FEVER), record_of(*FEVER)])
    with pytest.raises(ValueError, match="into a chart of records"):
        under(chart.branch(np.array([1, 1]), [[], []]), WARD)
