"""Reading and writing records: what is accepted, converted and refused, in which words."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from equipoise import files
from equipoise.record import Cells, Dose, Finding, Kept, Measurement, Record, Stop, Transfusion

HEADER: dict[str, Any] = {"equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00"}

CONTRACT = {
    **HEADER,
    "born": "1990-04-01",
    "sex": "male",
    "events": [
        {"type": "dose", "at": "2025-03-05T08:00:00+01:00", "agent": "thymoglobulin",
         "amount": "160 mg", "duration": "6 h", "route": "iv"},
        {"type": "cells", "at": 0, "product": "graft", "source": "peripheral_blood",
         "donor": "haploidentical", "doses": {"CD34": "6.1e6 /kg", "CD3": "2.0e8 /kg"}},
        {"type": "measurement", "at": -96.5, "known": -72, "name": "atg_active_au",
         "value": "12.4 AU/mL", "method": "flow cytometry"},
        {"type": "measurement", "at": 240, "name": "sirolimus", "value": "<1.0 ng/mL"},
        {"type": "finding", "at": 250, "name": "splenomegaly", "value": True},
    ],
}  # fmt: skip
"""The example of the contract, word for word."""


def record_of(*events: dict[str, Any], **header: Any) -> Record:
    return files.record_from_json({**HEADER, **header, "events": list(events)})


def refusal_of(*events: dict[str, Any], **header: Any) -> str:
    with pytest.raises(files.InputError) as caught:
        record_of(*events, **header)
    return str(caught.value)


def measurement(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "measurement", "at": 5, "name": name, "value": value, **more}


def dose(agent: str = "sirolimus", amount: Any = "2 mg", **more: Any) -> dict[str, Any]:
    return {"type": "dose", "at": 0, "agent": agent, "amount": amount, **more}


# --- the example of the contract --------------------------------------------------------------


def test_the_example_of_the_contract_is_read() -> None:
    record = files.record_from_json(CONTRACT)
    assert record.id == "p1"
    assert record.day0 == datetime(2025, 3, 10, 10, tzinfo=timezone(timedelta(hours=1)))
    assert record.born == date(1990, 4, 1)
    atg, level, graft, trough, spleen = record.events
    assert isinstance(atg, Dose)
    assert (atg.at, atg.known, atg.duration) == (-122.0, -122.0, 6.0)
    assert atg.amount is not None
    assert (atg.amount.number, atg.amount.unit) == (Decimal(160), "mg")
    assert isinstance(level, Measurement)
    assert (level.at, level.known, level.number) == (-96.5, -72.0, 12.4)
    assert isinstance(graft, Cells)
    assert [(key, q.text) for key, q in graft.doses] == [
        ("CD34", "6.1e6 /kg"),
        ("CD3", "2.0e8 /kg"),
    ]
    assert isinstance(trough, Measurement)
    assert (trough.censored, trough.number, trough.known) == ("<", 1.0, None)
    assert isinstance(spleen, Finding)
    assert (spleen.value, spleen.known) == (True, 250.0)


def test_the_example_of_the_contract_is_written_as_it_was() -> None:
    assert files.record_to_json(files.record_from_json(CONTRACT)) == CONTRACT


# --- the bad input of the contract, in the words that are printed -----------------------------

BAD = {
    "unknown unit": (
        [measurement("crp", "32 mgg/L")],
        "events[0].value: unknown unit 'mgg/L'; the nearest known are mg/L, mg/mL, mg/dL",
    ),
    "AU against UE": (
        [measurement("atg_active_au", "12 UE/mL")],
        "events[0].value: no conversion exists from UE/mL to AU/mL; AU and UE of active ATG were "
        "never calibrated against each other; record each in the unit of its laboratory "
        "(atg_active_au, atg_active_ue)",
    ),
    "AU against mass": (
        [measurement("atg_active_au", "12 ug/mL")],
        "events[0].value: no conversion exists from ug/mL to AU/mL; active ATG in arbitrary units "
        "and total ATG in mass are different quantities; record total ATG as atg_total",
    ),
    "negative dose": (
        [dose(amount="-2 mg")],
        "events[0].amount: the amount is negative; check the sign",
    ),
    "level before the first dose": (
        [measurement("sirolimus", "8 ng/mL", at=-10), dose()],
        "events[0].value: a positive sirolimus before the first dose of sirolimus; correct the "
        "time of one of them, or add the earlier dose",
    ),
    "date without zone": (
        [dose(at="2025-03-05T08:00:00")],
        "events[0].at: the time has no zone; add the offset from UTC (YYYY-MM-DDThh:mm:ss+hh:mm)",
    ),
    "date alone": (
        [dose(at="2025-03-05")],
        "events[0].at: the date has no clock time and no zone; write the time with its zone "
        "(YYYY-MM-DDThh:mm:ss+hh:mm)",
    ),
    "dose after death": (
        [{"type": "finding", "at": 100, "name": "death", "value": True}, dose(at=124)],
        "events[1].at and events[0].at: a dose given after the recorded death; correct one of the "
        "times, or mark the dose as held",
    ),
    "two weights a factor of ten apart": (
        [measurement("weight", "12.5 kg", at=0), measurement("weight", "125 kg", at=48)],
        "events[0].value and events[1].value: two weights within 60 days differ by a factor of 5 "
        "or more; check the decimal point and the unit of both, and correct or leave out the "
        "wrong one",
    ),
    "unknown measurement": (
        [measurement("ferritine", "900 ng/mL")],
        "events[0].name: unknown measurement 'ferritine'; the nearest known is 'ferritin'",
    ),
    "unknown agent": (
        [dose("sirolimuss")],
        "events[0].agent: unknown agent 'sirolimuss'; the nearest known is 'sirolimus'",
    ),
    "agent of two products": (
        [dose("ATG", "160 mg")],
        "events[0].agent: 'ATG' is not one agent; name the product, thymoglobulin or grafalon "
        "(rabbit) or atgam (horse): their doses are not interchangeable",
    ),
    "number without unit": (
        [measurement("crp", "32")],
        'events[0].value: the number has no unit; write it with its unit, for example "... mg/L"',
    ),
    "bare number": (
        [measurement("crp", 32)],
        "events[0].value: the number has no unit; write it between quotes with its unit, for "
        'example "... mg/L"',
    ),
    "amount without unit": (
        [dose(amount="175")],
        'events[0].amount: the number has no unit; write it with its unit, for example "160 mg"',
    ),
    "amount in a unit of levels": (
        [dose(amount="5 ng/mL")],
        'events[0].amount: ng/mL is not a unit of amount; write one like "160 mg"',
    ),
    "decimal comma": (
        [measurement("creatinine", "1,2 mg/dL")],
        "events[0].value: the comma may be a decimal comma or a thousands separator; write a "
        "decimal point and no separators",
    ),
    "lost comparator": (
        [measurement("sirolimus", "<=1.0 ng/mL")],
        "events[0].value: the comparator is not read; write < or > with the limit of the assay, "
        "or the number itself",
    ),
    "impossible value": (
        [measurement("temperature", "388 Cel")],
        "events[0].value: temperature is above what is possible (45 Cel); check the number and "
        "its unit",
    ),
    "unknown key": (
        [measurement("crp", "32 mg/L", methd="x")],
        "events[0]: unknown key 'methd' in a measurement; the nearest known is 'method'",
    ),
    "misspelled key": (
        [dose(fomulation="tablet")],
        "events[0]: unknown key 'fomulation' in a dose; the nearest known is 'formulation'",
    ),
    "unknown type": (
        [{"type": "meassurement", "at": 0}],
        "events[0].type: unknown type 'meassurement'; the nearest known is 'measurement'",
    ),
    "rate without duration": (
        [{"type": "dose", "at": 0, "agent": "blinatumomab", "rate": "28 ug/d"}],
        "events[0].duration: a rate alone is no dose; give the duration, for example \"28 d\"",
    ),
    "partial without amount": (
        [{"type": "dose", "at": 0, "agent": "sirolimus", "status": "partial"}],
        "events[0].amount: a partial dose has no amount; give the amount really given, for "
        'example "80 mg"',
    ),
    "given before its time": (
        [dose(at=24, known=0, status="given")],
        "events[0].status: the dose is charted as given before its time; write planned, or "
        "correct `at` or `known`",
    ),
    "known before the draw": (
        [measurement("crp", "32 mg/L", at=24, known=20)],
        "events[0].known: crp is known before it was taken; correct `at` (the draw) or `known` "
        "(the result)",
    ),
    "finding of another kind": (
        [{"type": "finding", "at": 0, "name": "splenomegaly", "value": "12 cm"}],
        "events[0].value: this is no value of splenomegaly; write true or false",
    ),
    "unknown choice": (
        [{"type": "finding", "at": 0, "name": "oxygen_device", "value": "nasal_canula"}],
        "events[0].value: unknown oxygen_device 'nasal_canula'; the nearest known is "
        "'nasal_cannula'",
    ),
    "no vasopressor": (
        [{"type": "finding", "at": 0, "name": "vasopressors", "value": ["xyzzy"]}],
        "events[0].value: unknown agent 'xyzzy'; nothing near it is in the vocabulary",
    ),
    "time beyond reason": (
        [dose(at=1741597200)],
        "events[0].at: the time is more than 150 years from day 0; write hours from day 0",
    ),
    "per kg without weight": (
        [dose("thymoglobulin", "2.5 mg/kg", duration="6 h")],
        "events[0].amount: a dose per kg of body size has no weight before it; add the weight at "
        "or before the dose, or give the whole amount",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence(case: str) -> None:
    events, sentence = BAD[case]
    assert refusal_of(*events) == sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused_is_not_in_an_imported_record(case: str) -> None:
    events, sentence = BAD[case]
    record, report = files.import_record({**HEADER, "events": events})
    assert record is not None
    assert f"{report.refused[0].field}: {report.refused[0].text}" == sentence
    assert len(record.events) == len(events) - report.counts["refused"]
    assert report.counts["refused"] >= 1


@pytest.mark.parametrize("case", BAD)
def test_sentences_hold_no_numbers_of_the_patient(case: str) -> None:
    events, sentence = BAD[case]
    for event in events:
        for key in ("value", "amount", "rate", "at"):
            written = str(event.get(key, ""))
            number = written.strip("<>=").split(" ")[0]
            if len(number) > 2 and number[0].isdigit():
                assert number not in sentence


HEADERS = {
    "no version": (
        {"equipoise": None},
        'equipoise: the version is missing; write "equipoise": 1',
    ),
    "another version": (
        {"equipoise": 2},
        'equipoise: this version of the record\'s form is not read here; write "equipoise": 1, '
        "or use a later release of the program",
    ),
    "true is no version": (
        {"equipoise": True},
        'equipoise: this version of the record\'s form is not read here; write "equipoise": 1, '
        "or use a later release of the program",
    ),
    "no day 0": (
        {"day0": None},
        "day0: the record has no day 0; give the time of the graft or cell infusion with its "
        "zone (YYYY-MM-DDThh:mm:ss+hh:mm)",
    ),
    "day 0 without zone": (
        {"day0": "2025-03-10T10:00:00"},
        "day0: the time has no zone; add the offset from UTC (YYYY-MM-DDThh:mm:ss+hh:mm)",
    ),
    "day 0 is a date": (
        {"day0": "2025-03-10"},
        "day0: the date has no clock time and no zone; write the time with its zone "
        "(YYYY-MM-DDThh:mm:ss+hh:mm)",
    ),
    "day 0 beyond reason": (
        {"day0": "0025-03-10T10:00:00+01:00"},
        "day0: the year is beyond reason; check it",
    ),
    "no id": ({"id": ""}, "id: the record has no id; give one that does not name the patient"),
    "unknown indication": (
        {"indication": "gvhd_prophylaxe"},
        "indication: unknown indication 'gvhd_prophylaxe'; the nearest known is 'gvhd_prophylaxis'",
    ),
    "unknown platform": (
        {"platform": "haploidentical_repleted"},
        "platform: unknown platform 'haploidentical_repleted'; the nearest known is "
        "'haploidentical_replete'",
    ),
    "unknown key": (
        {"borne": "1990-04-01"},
        "record: unknown key 'borne'; the nearest known is 'born'",
    ),
    "covariate in the header": (
        {"conditioning": "reduced"},
        "record: unknown key 'conditioning'; write it as a covariate: "
        '"covariates": {"conditioning": ...}',
    ),
    "measurement in the header": (
        {"weight": 70},
        "record: unknown key 'weight'; it is measured: give it among the events with its time",
    ),
    "born after day 0": (
        {"born": "2026-01-01"},
        "born: the date of birth is after day 0; correct one of them",
    ),
    "unknown policy": (
        {"unknown": "kept"},
        "unknown: unknown unknown 'kept'; the nearest known is 'keep'",
    ),
    "covariate as a measurement": (
        {"covariates": {"weight": 70}},
        "covariates.weight: weight is measured; give it as a measurement with its time",
    ),
    "unknown covariate word": (
        {"covariates": {"cyp3a5": "expressor"}},
        "covariates.cyp3a5: unknown cyp3a5 'expressor'; the nearest known is 'expresser'",
    ),
}


@pytest.mark.parametrize("case", HEADERS)
def test_bad_headers_are_refused_in_one_sentence(case: str) -> None:
    header, sentence = HEADERS[case]
    assert refusal_of(**header) == sentence


def test_header_words_that_can_be_left_out_do_not_lose_the_record() -> None:
    record, report = files.import_record({**HEADER, "sex": "mail", "events": [dose()]})
    assert record is not None
    assert record.sex == ""
    assert len(record.events) == 1
    assert [n.field for n in report.refused] == ["sex"]


def test_without_day_0_there_is_no_record() -> None:
    record, report = files.import_record({"equipoise": 1, "id": "x", "events": []})
    assert record is None
    assert [n.field for n in report.refused] == ["day0"]


# --- what is converted ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "number", "note"),
    [
        ("crp", "3.2 mg/dL", 32.0, "mg/dL converted to mg/L (x 10)"),
        ("crp", "32 mg/L", 32.0, None),
        ("creatinine", "88.42 umol/L", 1.0, "umol/L converted to mg/dL (x 0.0113097)"),
        ("temperature", "101.3 [degF]", 38.5, "[degF] converted to Cel"),
        ("platelets", "12 K/uL", 12.0, "10*3/uL converted to 10*9/L (x 1)"),
        ("fibrinogen", "1.5 g/L", 150.0, "g/L converted to mg/dL (x 100)"),
        ("spo2", "94 %", 94.0, None),
        ("ice_score", 8, 8.0, None),
        ("ice_score", "8", 8.0, None),
        ("mrd", "0.0004", 0.0004, None),
        ("mrd", "0.04 %", 0.0004, "% converted to 1 (x 0.01)"),
    ],
)  # fmt: skip
def test_values_are_converted_to_the_canonical_unit(
    name: str, value: Any, number: float, note: str | None
) -> None:
    record, report = files.import_record({**HEADER, "events": [measurement(name, value)]})
    assert record is not None
    (event,) = record.measurements(name)
    assert event.number == pytest.approx(number, rel=1e-12)
    assert event.text == str(value)
    assert [n.text for n in report.of_kind("converted")] == ([note] if note else [])


def test_agents_are_read_by_their_aliases_and_it_is_said() -> None:
    record, report = files.import_record({**HEADER, "events": [dose("Rapamune")]})
    assert record is not None
    assert record.agents() == ("sirolimus",)
    assert [n.text for n in report.of_kind("converted")] == ["Rapamune read as sirolimus"]


def test_the_two_rabbit_globulins_stay_two_agents() -> None:
    record, report = files.import_record(
        {**HEADER, "events": [
            dose("Thymoglobuline", "160 mg", at=-72), dose("ATG-Fresenius", "600 mg", at=-48),
            measurement("atg_active_au", "12 AU/mL", at=-20, known=0),
        ]}
    )  # fmt: skip
    assert record is not None
    assert record.agents() == ("thymoglobulin", "grafalon")
    assert [d.at for d in record.given_doses("thymoglobulin", 0)] == [-72.0]
    assert [d.at for d in record.given_doses("grafalon", 0)] == [-48.0]
    assert [f"{n.field}: {n.text}" for n in report.warned][-1] == (
        "events[2].value: atg_active_au cannot be attributed: thymoglobulin and grafalon were both "
        "given; no dose is computed from it"
    )


def test_findings_are_typed() -> None:
    def value_of(name: str, value: Any) -> Any:
        (event,) = record_of({"type": "finding", "at": 1, "name": name, "value": value}).events
        assert isinstance(event, Finding)
        return event.value

    assert value_of("hypotension", False) is False
    assert value_of("vasopressors", []) == ()
    assert value_of("vasopressors", ["levophed", "vasopressin"]) == ("noradrenaline", "vasopressin")
    assert value_of("oxygen_device", "high_flow") == "high_flow"
    assert value_of("agvhd_stage_skin", 3) == 3
    assert value_of("death", "infection") == "infection"
    assert value_of("recorded_grade", {"criterion": "crs_astct2019", "grade": 2}) == {
        "criterion": "crs_astct2019",
        "grade": 2,
    }


# --- times ------------------------------------------------------------------------------------


def test_known_defaults_to_the_time_only_at_the_bedside() -> None:
    record = record_of(
        dose(at=1),
        {"type": "cells", "at": 2, "product": "graft"},
        {"type": "stop", "at": 3, "agent": "sirolimus"},
        {"type": "procedure", "at": 4, "name": "lumbar_puncture"},
        {"type": "transfusion", "at": 5, "product": "platelets"},
        {"type": "finding", "at": 6, "name": "seizure", "value": "none"},
        measurement("temperature", "38.4 Cel", at=7),
        measurement("weight", "70 kg", at=8),
        measurement("crp", "32 mg/L", at=9),
        measurement("crp", "33 mg/L", at=10, known=10),
    )
    assert [e.known for e in record.events] == [1, 2, 3, 4, 5, 6, 7, 8, None, 10]
    assert files.record_from_json(files.record_to_json(record)) == record


def test_a_plan_is_known_before_its_time() -> None:
    record = record_of(dose("posaconazole", "300 mg", at=24, known=0, status="planned"))
    assert record.until(0).planned("posaconazole", 0, unit="mg")[0].at == 24.0
    assert record.until(0).given("posaconazole", 30, unit="mg") == ()


def test_times_in_another_zone_are_the_same_moment() -> None:
    one = record_of(dose(at="2025-03-11T09:00:00Z"))
    assert one.events[0].at == 24.0
    assert files.record_to_json(one)["events"][0]["at"] == "2025-03-11T09:00:00Z"


def test_corrections_name_what_they_replace() -> None:
    record = record_of(
        measurement("crp", "320 mg/L", at=5, known=7),
        measurement("crp", "32 mg/L", known=9, replaces={"name": "crp", "at": 5}),
        dose("sirolimus", "2 mg", at=0),
        dose("sirolimus", "3 mg", at=0, known=4, replaces={"agent": "Rapamune", "at": 0}),
    )
    assert [m.number for m in record.until(8).measurements("crp")] == [320.0]
    assert [m.number for m in record.until(9).measurements("crp")] == [32.0]
    assert [g.amount for g in record.until(3).given("sirolimus", 3, unit="mg")] == [2.0]
    assert [g.amount for g in record.until(4).given("sirolimus", 4, unit="mg")] == [3.0]


@pytest.mark.parametrize(
    "replaces", [{"name": "crp"}, {"at": 5}, "crp", {"name": "crp", "at": 5, "value": 1}, {}]
)
def test_a_correction_that_cannot_be_read_is_refused(replaces: Any) -> None:
    sentence = refusal_of(measurement("crp", "32 mg/L", replaces=replaces))
    assert sentence == (
        "events[0].replaces: a correction names the event that it replaces; write "
        '{"name": ..., "at": ...}'
    )


# --- unknown names that are kept --------------------------------------------------------------

STRANGE = {"type": "measurement", "at": 3, "known": 4, "name": "presepsin", "value": 412, "x": [1]}


def test_unknown_names_are_kept_where_the_record_says_so(tmp_path: Path) -> None:
    record, report = files.import_record({**HEADER, "unknown": "keep", "events": [STRANGE]})
    assert record is not None
    (event,) = record.events
    assert isinstance(event, Kept)
    assert (event.name, event.at, event.known) == ("presepsin", 3.0, 4.0)
    assert report.warned[0].text.endswith("kept as written, nothing is computed from it")
    assert files.record_to_json(record)["events"] == [STRANGE]
    for name in ("r.json", "r.csv"):
        files.write_record(record, tmp_path / name)
        assert files.read_record(tmp_path / name)[0] == record


def test_an_ambiguous_agent_is_refused_even_there() -> None:
    assert "'ATG' is not one agent" in refusal_of(dose("ATG"), unknown="keep")


def test_a_known_name_with_a_misspelled_key_is_refused_even_there() -> None:
    sentence = refusal_of(dose(rout="oral"), unknown="keep")
    assert sentence == "events[0]: unknown key 'rout' in a dose; the nearest known is 'route'"


# --- files ------------------------------------------------------------------------------------


def written(tmp_path: Path, text: str, name: str = "record.json") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def sentence_of(path: Path) -> str:
    with pytest.raises(files.InputError) as caught:
        files.read_record(path)
    record, report = files.import_record(path)
    assert record is None
    assert [f"{n.field}: {n.text}" for n in report.refused] == [str(caught.value)]
    return str(caught.value)


def test_every_truncation_of_a_file_is_called_one(tmp_path: Path) -> None:
    text = json.dumps(CONTRACT, indent=1)
    for end in range(1, len(text) - 1, 7):
        cut = text[:end]
        line = cut.rstrip().count("\n") + 1
        assert sentence_of(written(tmp_path, cut)) == (
            f"file: the file ends before the JSON does (line {line}); copy or export it again, "
            "whole"
        )


def test_other_files_that_are_no_records(tmp_path: Path) -> None:
    assert sentence_of(written(tmp_path, " \n")) == "file: the file is empty; give a record"
    assert sentence_of(written(tmp_path, '{"equipoise": 1,\n "id" "x"}')) == (
        "file: this is not JSON (line 2, column 7); correct it there"
    )
    assert sentence_of(tmp_path / "none.json") == (
        "file: the file cannot be read (No such file or directory); check the path"
    )
    (tmp_path / "latin.json").write_bytes('{"id": "Müller"}'.encode("latin-1"))
    assert sentence_of(tmp_path / "latin.json") == (
        "file: the file is not UTF-8 text; save it as UTF-8"
    )
    assert sentence_of(written(tmp_path, "[1]")) == (
        'record: a record is one JSON object; write {"equipoise": 1, "id": ...}'
    )
    assert sentence_of(written(tmp_path, "[" * 100_000)) == (
        "file: the JSON is nested too deep; give a record as the manual has it"
    )


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            '{"type": "dose", "type": "stop"}',
            "events[0]: the key 'type' stands there twice; leave one out",
        ),
        ('{"at": NaN}', "events[0].at: NaN is not a value; leave out what is not known"),
        (
            '{"at": -Infinity}',
            "events[0].at: -Infinity is not a value; leave out what is not known",
        ),
        ('{"at": 1e999}', "events[0].at: the number is beyond reason; check its exponent"),
    ],
)  # fmt: skip
def test_doubtful_json_is_refused(tmp_path: Path, event: str, sentence: str) -> None:
    head = json.dumps(HEADER)[:-1]
    assert sentence_of(written(tmp_path, f'{head}, "events": [{event}]}}')) == sentence


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_text(json.dumps(CONTRACT), encoding="utf-8-sig")
    assert files.read_record(path)[0] == files.record_from_json(CONTRACT)


def test_everything_a_record_can_hold_survives_both_forms(tmp_path: Path) -> None:
    record = files.record_from_json(FULL)
    assert files.record_to_json(record) == FULL
    for name in ("full.json", "full.csv"):
        files.write_record(record, tmp_path / name)
        again, report = files.read_record(tmp_path / name)
        assert again == record
        assert not report.refused
    assert files.record_to_json(files.read_csv(tmp_path / "full.csv")[0]) == FULL


FULL = {
    **HEADER,
    "born": "1990-04-01",
    "sex": "female",
    "indication": "gvhd_prophylaxis",
    "platform": "haploidentical_replete",
    "wants": {"survival": 1.0, "relapse": 0.25},
    "covariates": {"cyp3a5": "expresser"},
    "unknown": "keep",
    "events": [
        {"type": "measurement", "at": -200, "name": "weight", "value": "70.50 kg"},
        {"type": "measurement", "at": "2025-03-02T08:00:00+01:00", "name": "height",
         "value": "175 cm"},
        {"type": "dose", "at": -120, "agent": "thymoglobulin", "amount": "2.5 mg/kg",
         "duration": "360 min", "route": "iv", "line": "Hickman, red", "lot": "\"7\"; a,b",
         "status": "given"},
        {"type": "dose", "at": -110, "known": -109, "agent": "blinatumomab", "rate": "28 ug/d",
         "duration": "28 d", "route": "iv"},
        {"type": "dose", "at": 30, "known": -20, "agent": "sirolimus", "amount": "2 mg",
         "route": "oral", "formulation": "tablet", "status": "planned"},
        {"type": "dose", "at": -20, "agent": "sirolimus", "amount": "1 mg", "status": "partial"},
        {"type": "dose", "at": -19, "agent": "tacrolimus", "amount": "1 mg", "status": "held"},
        {"type": "cells", "at": 0, "product": "graft", "source": "bone_marrow",
         "donor": "haploidentical", "manipulation": "none", "doses": {"CD34": "6.1e6 /kg",
         "TNC": "3.0e10 cells"}, "status": "given"},
        {"type": "measurement", "at": 1.3333333333333333, "known": 30.1, "name": "sirolimus",
         "value": "<1.0 ng/mL", "limit": "1.0 ng/mL", "low": "4 ng/mL", "high": "12 ng/mL",
         "method": "LC-MS/MS", "specimen": "blood"},
        {"type": "measurement", "at": 100, "known": 200, "name": "mrd", "value": "0.0004",
         "specimen": "marrow", "marker": "NPM1c"},
        {"type": "measurement", "at": 100, "name": "urine_output", "value": "0.4 mL/kg/h",
         "over": "12 h"},
        {"type": "measurement", "at": 110, "name": "platelets", "value": "12K/uL"},
        {"type": "measurement", "at": 111, "name": "donor_chimerism_cd3", "value": "97 %",
         "lineage": "CD3"},
        {"type": "measurement", "at": 110, "known": 130, "name": "platelets", "value": "13 10*9/L",
         "replaces": {"name": "platelets", "at": 110}},
        {"type": "finding", "at": 112, "name": "vasopressors", "value": []},
        {"type": "finding", "at": 113, "name": "vasopressors",
         "value": ["noradrenaline", "vasopressin"]},
        {"type": "finding", "at": 114, "name": "hypotension", "value": False},
        {"type": "finding", "at": 115, "name": "agvhd_stage_skin", "value": 2},
        {"type": "finding", "at": 116, "name": "recorded_grade",
         "value": {"criterion": "agvhd_magic2016", "grade": 2}},
        {"type": "finding", "at": 117, "name": "relapse", "value": "true"},
        {"type": "finding", "at": 118, "name": "relapse", "value": "[none]"},
        {"type": "procedure", "at": 119, "name": "lumbar_puncture"},
        {"type": "transfusion", "at": 120, "product": "platelets", "amount": "250 mL"},
        {"type": "stop", "at": 121, "agent": "blinatumomab"},
        {"type": "finding", "at": 122, "name": "favorite_color", "value": {"a": [True, None]}},
    ],
}  # fmt: skip
"""Every type of event with every key, times and quantities in every form."""


def test_what_was_assumed_is_not_written() -> None:
    record = record_of(measurement("crp", "32 mg/L"))
    assumed = record.assuming_turnaround()
    assert assumed.events[0].known == 7.0
    assert files.record_to_json(assumed) == files.record_to_json(record)


def test_a_time_moved_by_a_program_is_not_written_with_its_old_text() -> None:
    from dataclasses import replace

    record = record_of(dose(at="2025-03-11T10:00:00+01:00"))
    moved = replace(record, events=(replace(record.events[0], at=30.0, known=30.0),))
    assert files.record_to_json(moved)["events"][0]["at"] == 30


def test_a_record_made_by_a_program_is_written_whole() -> None:
    from equipoise.units import Quantity

    made = Record(
        "sim-1",
        datetime(2000, 1, 1, tzinfo=timezone.utc),  # noqa: UP017
        events=(
            Dose(at=0.0, known=0.0, agent="sirolimus", amount=Quantity(Decimal(2), "mg", "", "")),
            Transfusion(at=1.0, known=1.0, product="red_cells"),
            Stop(at=2.0, known=2.0, agent="sirolimus"),
        ),
    )
    content = files.record_to_json(made)
    assert content["events"][0] == {"type": "dose", "at": 0, "agent": "sirolimus", "amount": "2 mg"}
    again = files.record_from_json(content)
    assert [type(e) for e in again.events] == [Dose, Transfusion, Stop]


def test_a_large_record_is_read(tmp_path: Path) -> None:
    events = [measurement("crp", f"{n % 300} mg/L", at=n, known=n) for n in range(5000)]
    record = record_of(*events)
    files.write_record(record, tmp_path / "large.json")
    assert files.read_record(tmp_path / "large.json")[0] == record


# --- tables -----------------------------------------------------------------------------------

TABLE = """\
record,type,at,known,name,value,unit,agent,amount,route,duration,method,low,high
p1,header,,,day0,2025-03-10T10:00:00+01:00,,,,,,,,
p1,header,,,sex,m,,,,,,,,
p1,dose,-24,,,,,Rapamune,2 mg,oral,,,,
p1,dose,0,,,,mg,sirolimus,3,oral,,,,
p1,measurement,2025-03-11T08:00:00+01:00,30,sirolimus,8.1,ng/mL,,,,,LC-MS/MS,4 ng/mL,12 ng/mL
p1,measurement,24,,platelets,12 K/uL,,,,,,,,
p1,finding,25,,agvhd_stage_skin,2,,,,,,,,
p1,finding,25,,vasopressors,levophed; vasopressin,,,,,,,,
p1,finding,26,,vasopressors,[],,,,,,,,
"""


def test_a_table_is_read(tmp_path: Path) -> None:
    record, report = files.read_csv(written(tmp_path, TABLE, "t.csv"))
    assert (record.id, record.sex) == ("p1", "male")
    assert [g.amount for g in record.given("sirolimus", 0, unit="mg")] == [2.0, 3.0]
    (level,) = record.measurements("sirolimus")
    assert (level.at, level.known, level.number, level.method) == (22.0, 30.0, 8.1, "LC-MS/MS")
    assert [f.value for f in record.findings("vasopressors")] == [
        ("noradrenaline", "vasopressin"),
        (),
    ]
    assert record.findings("agvhd_stage_skin")[0].value == 2
    assert not report.refused


@pytest.mark.parametrize("separator", [";", "\t"])
def test_spreadsheets_of_other_countries_are_read(tmp_path: Path, separator: str) -> None:
    table = TABLE.replace("levophed; vasopressin", "[]").replace(",", separator)
    record, _ = files.read_csv(written(tmp_path, table, "t.csv"))
    assert len(record.events) == 7


def test_tables_name_the_row(tmp_path: Path) -> None:
    def sentence(row: str, header: str = TABLE.splitlines()[0]) -> str:
        first = "p1,header,,,day0,2025-03-10T10:00:00+01:00,,,,,,,,"
        return sentence_of_table(tmp_path, "\n".join([header, first, row, ""]))

    assert sentence("p1,measurement,3,,crp,12,mgg/L,,,,,,,") == (
        "row 3, value: unknown unit 'mgg/L'; the nearest known are mg/L, mg/mL, mg/dL"
    )
    assert sentence("p1,measurement,3,,crp,12,,,,,,,,") == (
        'row 3, value: the number has no unit; write it with its unit, for example "... mg/L"'
    )
    assert sentence(",measurement,3,,crp,12,mg/L,,,,,,,") == (
        "row 3, record: the row has no record; give the record's id"
    )
    assert sentence("p1,header,,,platfrom,x,,,,,,,,") == (
        "row 3, name: unknown header 'platfrom'; the nearest known is 'platform'"
    )
    assert sentence("p1,dose,3,,,,,sirolimus,2 mg,oral,,,,,7") == (
        "row 3: the row has more cells than there are columns; put cells that hold the separator "
        "between quotes"
    )
    assert sentence('p1,finding,3,,death,"infec') == (
        "file: the table ends inside a quoted cell or has a stray quote (row 3); copy or export "
        "it again, whole"
    )
    assert sentence("", TABLE.splitlines()[0] + ",metod") == (
        "row 1: unknown column 'metod'; the nearest known is 'method'"
    )
    assert sentence("p2,header,,,day0,2025-03-10T10:00:00+01:00,,,,,,,,") == (
        "file: the file has several records; give each record a file of its own; "
        "`equipoise grade` takes all of them at once"
    )


def sentence_of_table(tmp_path: Path, text: str) -> str:
    with pytest.raises(files.InputError) as caught:
        files.read_csv(written(tmp_path, text, "t.csv"))
    return str(caught.value)


def test_one_bad_row_does_not_lose_the_others(tmp_path: Path) -> None:
    row = "p1,cells,27,,graft,,,,,,,,,,nonsense"
    head, *rest = TABLE.splitlines()
    table = "\n".join([f"{head},doses", *rest, row, ""])
    record, report = files.import_record(written(tmp_path, table, "t.csv"))
    assert record is not None
    assert len(record.events) == 7
    assert [f"{n.field}: {n.text}" for n in report.refused] == [
        "row 11, doses: cell doses cannot be read; write each population once: CD34=6.1e6 /kg; "
        "CD3=2.0e8 /kg"
    ]


# --- cohorts ----------------------------------------------------------------------------------


def test_a_cohort_is_a_table_of_several_or_a_folder(tmp_path: Path) -> None:
    records = [files.record_from_json({**FULL, "id": f"p{n}"}) for n in range(3)]
    files.write_csv(records, tmp_path / "cohort.csv")
    assert [record for record, _ in files.read_cohort(tmp_path / "cohort.csv")] == records
    folder = tmp_path / "folder"
    folder.mkdir()
    for record in records[:2]:
        files.write_record(record, folder / f"{record.id}.json")
    files.write_record(records[2], folder / "z.csv")
    written(folder, "not a record", "notes.txt")
    written(folder, "{", "p9.json")
    written(folder, "nothing", "zz.csv")
    found = list(files.read_cohort(folder))
    assert [record for record, _ in found] == [records[0], records[1], None, records[2], None]
    assert [len(report.refused) for _, report in found] == [0, 0, 1, 0, 1]


def test_a_cohort_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(files.InputError, match="cannot be read"):
        next(files.read_cohort(tmp_path / "nowhere"))


# --- the report -------------------------------------------------------------------------------


def test_the_report_prints_what_was_done() -> None:
    events = [
        dose(at=0),
        *(measurement("crp", "3.2 mg/dL", at=n, known=n) for n in range(1, 6)),
        measurement("ferritine", "900 ng/mL"),
        dose(amount="0 mg", at=24),
    ]
    _, report = files.import_record({**HEADER, "events": events})
    assert report.lines() == [
        "8 events read: 7 accepted (2 doses, 5 measurements), 1 refused",
        "converted: events[1].value, events[2].value, events[3].value and 2 more: mg/dL converted "
        "to mg/L (x 10)",
        "warned: events[7].amount: the amount is zero; mark a dose that was not given as held",
        "refused: events[6].name: unknown measurement 'ferritine'; the nearest known is 'ferritin'",
    ]
    content = json.loads(json.dumps(report.to_json()))
    assert content["counts"] == {
        "events": 8, "accepted": 7, "refused": 1, "doses": 2, "measurements": 5,
    }  # fmt: skip
    assert {note["kind"] for note in content["notes"]} == {
        "accepted", "converted", "warned", "refused",
    }  # fmt: skip


def test_refusing_one_thing_refuses_what_rested_on_it() -> None:
    record, report = files.import_record(
        {**HEADER, "events": [
            measurement("weight", "70 kgg", at=-30),
            dose("thymoglobulin", "2.5 mg/kg", at=-24),
            measurement("atg_total", "30 ug/mL", at=-20, known=0),
            dose("thymoglobulin", "160 mg", at=0),
        ]}
    )  # fmt: skip
    assert record is not None
    assert [e.row for e in record.events] == [4]
    assert [n.field for n in report.refused] == [
        "events[0].value", "events[1].amount", "events[2].value",
    ]  # fmt: skip
