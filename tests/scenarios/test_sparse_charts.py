"""What a new user would try first: sparse charts, units of three countries, two infusions, a death.

Each answer is judged for what a reader takes from it: nothing unknown reads as a reason.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from command_shell import Shell
from equipoise import files
from equipoise.assess import assess
from equipoise.charting import read_conventions
from equipoise.criteria import ALL, CRS, CTCAE_FIBRINOGEN, ICAHT_EARLY, IECHS, MASL
from equipoise.episodes import episodes
from equipoise.grading import grade
from equipoise.record import Record
from equipoise.report import strip
from small_records import value


def record_of(*events: dict[str, Any], cells: tuple[float, ...] = (0.0,)) -> Record:
    given = [{"type": "cells", "at": at, "product": "axicabtagene"} for at in cells]
    header = {"equipoise": 1, "id": "p", "day0": "2025-03-10T10:00:00+01:00", "born": "1985-04-01"}
    return files.record_from_json({**header, "events": [*given, *events]}).assuming_turnaround()


def finding(name: str, what: object, at: float) -> dict[str, Any]:
    return {"type": "finding", "at": at, "name": name, "value": what}


def calm(at: float, *, low: bool = False) -> list[dict[str, Any]]:
    return [
        finding("hypotension", low, at),
        finding("vasopressors", [], at),
        finding("oxygen_device", "none", at),
    ]


def test_what_is_unknown_is_not_given_as_the_reason_of_a_zero() -> None:
    vitals = record_of(value("temperature", "36.8 Cel", 10.0))
    assert grade(CRS, vitals, 12.0).sentence == (
        "grade 0: no fever; not needed: hypotension or vasopressors unknown, oxygen need unknown"
    )
    slow = record_of(value("ferritin", "600 ng/mL", 10.0), value("ferritin", "700 ng/mL", 30.0))
    answer = grade(MASL, slow, 32.0)
    assert answer.met is False
    assert answer.sentence == (
        "not met: ferritin not rising so fast; not needed: fibrinogen or LDH unknown"
    )


def test_after_a_fever_the_question_is_the_therapy_and_it_says_so() -> None:
    vitals = record_of(value("temperature", "38.6 Cel", 40.0), value("temperature", "36.8 Cel", 60))
    answer = grade(CRS, vitals, 62.0)
    assert (answer.low, answer.high) == (0, 4)
    assert "fever or its waiver by therapy unknown" in answer.sentence
    assert answer.missing[0].name == "antipyretic_or_anticytokine"


def test_ferritin_without_fibrinogen_is_required_only_and_settles_nothing() -> None:
    chart = record_of(
        value("ferritin", "420 ng/mL", -4.0), value("ferritin", "15200 ng/mL", 236.0),
        value("temperature", "38.9 Cel", 236.0),
    )  # fmt: skip
    answer = grade(IECHS, chart, 240.0)
    assert (answer.status, answer.met, answer.low, answer.high) == ("required_only", None, 0, 4)
    assert "fibrinogen" in [m.name for m in answer.missing]


COUNTRIES = {
    "umol/L and g/L": {
        "temperature": "38.5 Cel", "hemoglobin": "78 g/L", "fibrinogen": "1.40 g/L",
        "creatinine": "159 umol/L", "bilirubin": "51 umol/L", "triglycerides": "3.20 mmol/L",
        "crp": "80 mg/L", "ferritin": "7800 ug/L", "platelets": "60 10*9/L",
    },
    "mg/dL and degrees Fahrenheit": {
        "temperature": "101.3 [degF]", "hemoglobin": "7.8 g/dL", "fibrinogen": "140 mg/dL",
        "creatinine": "1.8 mg/dL", "bilirubin": "3.0 mg/dL", "triglycerides": "283.4 mg/dL",
        "crp": "8.0 mg/dL", "ferritin": "7800 ng/mL", "platelets": "60 K/uL",
    },
    "mmol/L of hemoglobin": {
        "temperature": "38.5 Cel", "hemoglobin": "4.84 mmol/L", "fibrinogen": "1.40 g/L",
        "creatinine": "159 umol/L", "bilirubin": "51 umol/L", "triglycerides": "3.20 mmol/L",
        "crp": "80 mg/L", "ferritin": "7800 ug/L", "platelets": "60 G/L",
    },
}  # fmt: skip
LDH = "400 U/L"


def test_three_countries_get_the_same_answers() -> None:
    """Values away from published rounding gaps; hemoglobin in mmol/L once stopped the command."""
    found = []
    for units in COUNTRIES.values():
        events = [value(name, text, 100.0) for name, text in units.items()]
        chart = record_of(*events, value("ldh", LDH, 100.0), *calm(100.0), cells=(0.0,))
        answers = {c.id: grade(c, chart, 102.0) for c in ALL if c.number is None}
        found.append({i: (a.low, a.high, a.met, a.status) for i, a in answers.items()})
    assert found[0] == found[1] == found[2]
    assert found[0]["crs_astct2019"][0] == 1
    assert found[0]["ctcae5_hemoglobin"][:2] == (3, 3)


def test_a_probe_of_a_lower_limit_names_its_sides_the_right_way_round() -> None:
    chart = record_of(value("temperature", "36.8 Cel", 10.0))
    (missing,) = [m for m in grade(CTCAE_FIBRINOGEN, chart, 12.0).missing if m.name == "fibrinogen"]
    sides = {label: (low, high) for label, low, high in missing.would_become}
    assert sides[">= 1 x its lower limit"] != (4, 4)


def test_a_death_ends_what_is_counted_and_its_cause_decides() -> None:
    hot = [value("temperature", "39.0 Cel", 60.0), *calm(60.0)]
    of_crs, of_other = (
        grade(CRS, record_of(*hot, finding("death", cause, 70.0)), 200.0)
        for cause in ("CRS", "sepsis")
    )
    assert (of_crs.grade, of_other.grade) == (5, 1)
    assert "alive" not in of_other.sentence


@pytest.mark.parametrize("second", [480.0])
def test_a_second_infusion_starts_anew(second: float) -> None:
    first_wave = [value("temperature", "39.0 Cel", 48.0), *calm(48.0, low=True),
                  value("temperature", "36.8 Cel", 96.0), *calm(96.0)]  # fmt: skip
    later = [value("temperature", "36.8 Cel", second - 2.0), *calm(second - 2.0),
             value("temperature", "36.9 Cel", second + 4.0), *calm(second + 4.0),
             value("temperature", "38.4 Cel", second + 60.0), *calm(second + 60.0)]  # fmt: skip
    chart = record_of(*first_wave, *later, cells=(0.0, second))
    sure = [e for e in episodes(CRS, chart, second + 62.0) if e.certain]
    assert [(e.infusion, e.low) for e in sure] == [(0.0, 2), (second, 1)]


def test_silence_is_not_read_as_no_hypotension_beside_a_charted_pressure() -> None:
    ward = read_conventions(Path(__file__).resolve().parents[2] / "examples" / "charting.toml")
    fever = value("temperature", "39.4 Cel", 70.0)
    shock = value("systolic", "82 mm[Hg]", 70.0)
    silent, shocked = (
        grade(CRS, record_of(*events), 72.0, conventions=ward)
        for events in ((fever,), (fever, shock))
    )
    assert (silent.low, silent.high) == (1, 1)
    assert (shocked.low, shocked.high) == (1, 2)


def test_a_grade_of_at_most_1_so_far_is_no_yes_or_no(shell: Shell, tmp_path: Path) -> None:
    """Two days after the infusion the days of neutropenia can make grade 1 and no more."""
    vitals = record_of(value("temperature", "36.8 Cel", 10.0))
    answer = grade(ICAHT_EARLY, vitals, 12.0)
    assert (answer.low, answer.high) == (0, 1)
    assert strip.measure([answer]) == "grade"
    assert strip.measure([grade(MASL, vitals, 12.0)]) == "met"
    place = tmp_path / "vitals.json"
    files.write_record(vitals, place)
    printed = shell("grade", place, "--at", "12")[1]
    assert re.search(r"icaht_early_2023 +0-1 +missing: neutrophils", printed)
    assert re.search(r"masl_ucsf2021 +open ", printed)


def test_a_complete_response_is_no_absence_and_stands_in_full(shell: Shell, tmp_path: Path) -> None:
    counts = [value("platelets", f"{n} 10*9/L", at) for n, at in ((10, 0), (120, 168), (120, 336))]
    treated = finding("treatment_for", ["immune_cytopenia"], 1.0)
    none = finding("bleeding_grade", 0, 336.0)
    place = tmp_path / "itp.json"
    files.write_record(
        replace(record_of(*counts, treated, none, cells=()), indication="itp"), place
    )
    printed = shell("grade", place, "--at", "336")[1]
    told, rest = printed.split("Nothing found, or too little charted:")
    assert "itp_response_iwg2009" in told
    assert "complete response; day 14" in told
    assert "itp_response_iwg2009" not in rest
    files.write_record(replace(record_of(*counts, treated, none), indication="cart"), place)
    printed = " ".join(shell("grade", place, "--at", "336")[1].split())
    assert (
        "Not applicable: asked only in immune thrombocytopenia, Evans syndrome or immune "
        "cytopenia: itp_response_iwg2009" in printed
    )


def test_what_a_settled_grade_does_not_need_does_not_read_as_its_reason() -> None:
    died = record_of(
        value("temperature", "38.9 Cel", 20.0), *calm(20.0), finding("death", "crs", 60.0)
    )
    answer = grade(CRS, died, 70.0)
    assert answer.grade == 5
    assert answer.sentence.startswith("grade 5: death from CRS; not needed: ")


def test_a_yes_or_no_that_is_open_is_no_number(shell: Shell, tmp_path: Path) -> None:
    place = tmp_path / "ferritin.json"
    files.write_record(record_of(value("ferritin", "9800 ug/L", 44.0)), place)
    printed = " ".join(shell("grade", place, "--at", "50", "--criterion", "ohi_2021")[1].split())
    assert "ohi_2021 +2 open cannot tell: raised ferritin" in printed
    assert "(<= 3900 U/mL: not met, > 3900 U/mL: met)" in printed


def test_beside_the_signs_an_open_yes_or_no_is_no_number() -> None:
    found = assess(record_of(value("ferritin", "9800 ug/L", 44.0)), 50.0)
    [table] = found.differentials
    beside = {c: words for count in table.counts for c, words in count.criteria}
    assert beside["ohi_2021"] == "open"
    assert beside["crs_astct2019"] == "0 to 4"
