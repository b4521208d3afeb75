"""Bad input: one sentence, exit code 2, no traceback, and no value of the patient in it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from equipoise import files
from equipoise.cli.entry import run

# Every number, date and name here is odd enough to be found again where it should not be.
GOOD: dict[str, Any] = {
    "equipoise": 1,
    "id": "canary-7741",
    "day0": "2017-08-09T13:17:00+02:00",
    "born": "1961-11-23",
    "sex": "female",
    "indication": "itp",
    "platform": "adult_unrelated",
    "events": [
        {"type": "measurement", "at": -25.37, "name": "weight", "value": "71.93 kg"},
        {"type": "measurement", "at": -25.37, "name": "height", "value": "168.7 cm"},
        {"type": "dose", "at": 0.61, "agent": "sirolimus", "amount": "2.17 mg", "route": "oral"},
        {"type": "dose", "at": 24.61, "agent": "sirolimus", "amount": "2.17 mg", "route": "oral"},
        {"type": "measurement", "at": 47.83, "known": 51.29, "name": "sirolimus",
         "value": "6.137 ng/mL"},
        {"type": "measurement", "at": 47.83, "known": 51.29, "name": "crp", "value": "38.71 mg/L"},
        {"type": "finding", "at": 49.41, "name": "hypotension", "value": False},
    ],
}  # fmt: skip

WEIGHT, HEIGHT, FIRST, SECOND, LEVEL, CRP, FINDING = range(7)


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """The good record with one thing changed, or with an event added (`"events", None`)."""
    record = copy.deepcopy(GOOD)
    place: Any = record
    for key in path[:-1]:
        place = place[key]
    if path[-1] is None:
        place.append(to)
    else:
        place[path[-1]] = to
    return record


def event(**content: Any) -> dict[str, Any]:
    return changed("events", None, to=content)


def per_kg_without_weight() -> dict[str, Any]:
    record = changed("events", FIRST, "amount", to="0.0317 mg/kg")
    del record["events"][WEIGHT]
    return record


def weight_after_the_dose() -> dict[str, Any]:
    record = changed("events", FIRST, "amount", to="0.0317 mg/kg")
    record["events"][WEIGHT]["at"] = 3.59
    return record


# what is wrong -> (record, what the sentence must say)
BAD: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "unknown unit": (
        changed("events", LEVEL, "value", to="6.137 furlong/mL"),
        ("furlong/mL", "events[4].value"),
    ),
    "a unit of another dimension": (
        changed("events", LEVEL, "value", to="6.137 mg"),
        ("events[4].value", "mg"),
    ),
    "no unit": (changed("events", LEVEL, "value", to="6.137"), ("events[4].value", "unit")),
    "AU against UE": (
        event(type="measurement", at=60.23, known=61.3, name="atg_active_au", value="12.47 UE/mL"),
        ("UE/mL", "AU/mL"),
    ),
    "UE against AU": (
        event(type="measurement", at=60.23, known=61.3, name="atg_active_ue", value="12.47 AU/mL"),
        ("UE/mL", "AU/mL"),
    ),
    "mass against AU": (
        event(type="measurement", at=60.23, known=61.3, name="atg_active_au", value="12.47 ug/mL"),
        ("ug/mL", "AU/mL"),
    ),
    "negative dose": (
        changed("events", FIRST, "amount", to="-2.17 mg"),
        ("events[2].amount", "negative"),
    ),
    "a positive level before the first dose": (
        changed("events", LEVEL, to=GOOD["events"][LEVEL] | {"at": -3.71, "known": 1.83}),
        ("sirolimus", "before"),
    ),
    "a date without zone": (
        changed("events", FIRST, "at", to="2017-08-09T14:53:00"),
        ("events[2].at", "zone"),
    ),
    "day 0 without zone": (changed("day0", to="2017-08-09T13:17:00"), ("day0", "zone")),
    "a dose after death": (
        event(type="finding", at=20.57, name="death", value=True),
        ("death",),
    ),
    "two weights a factor of ten apart": (
        event(type="measurement", at=5.19, name="weight", value="719.3 kg"),
        ("weight",),
    ),
    "two possible weights a factor of ten apart": (
        event(type="measurement", at=5.19, name="weight", value="7.193 kg"),
        ("weight",),
    ),
    "an unknown name": (
        changed("events", CRP, "name", to="ferritine"),
        ("ferritine", "'ferritin'"),
    ),
    "an unknown agent": (
        changed("events", SECOND, "agent", to="sirolimuss"),
        ("sirolimuss", "sirolimus"),
    ),
    "an unknown finding": (
        changed("events", FINDING, "name", to="hypotensoin"),
        ("hypotensoin", "hypotension"),
    ),
    "an unknown word of a finding": (
        event(type="finding", at=49.41, name="oxygen_device", value="high_flov"),
        ("oxygen_device", "high_flow"),
    ),
    "an unknown key": (
        changed("events", FIRST, to=GOOD["events"][FIRST] | {"ammount": "2.17 mg"}),
        ("ammount", "amount"),
    ),
    "an unknown type": (event(type="measurment", at=3.1), ("measurement",)),
    "a birth after day 0": (changed("born", to="2017-11-23"), ("born",)),
    "an impossible number": (
        changed("events", WEIGHT, "value", to="7193 kg"),
        ("events[0].value", "weight"),
    ),
    "a dose per kg without a weight": (per_kg_without_weight(), ("weight",)),
    "a dose per kg before the first weight": (weight_after_the_dose(), ("weight",)),
    "a time that is none": (
        changed("events", FIRST, "at", to="yesterday-4471"),
        ("events[2].at",),
    ),
    "a result known before its sample": (
        changed("events", LEVEL, "known", to=31.73),
        ("known",),
    ),
    "another version": (changed("equipoise", to=7741), ("equipoise",)),
}

CANARIES = re.compile(
    r"canary|7741|4471|2017|1961|13:17|14:53|71\.9|7\.193|719\.3|7193|168\.7|2\.17|0\.0317|6\.137|"
    r"38\.71|12\.47|25\.37|24\.61|47\.83|51\.29|49\.41|60\.23|61\.3|20\.57|31\.73|3\.71|5\.19|3\.59"
)


def write(folder: Path, record: dict[str, Any] | str, name: str = "record.json") -> str:
    file = folder / name
    text = record if isinstance(record, str) else json.dumps(record, indent=1)
    file.write_text(text, encoding="utf-8")
    return str(file)


def assessed(file: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run(["assess", file, "--at", "72", "--json"])
    out, err = capsys.readouterr()
    return code, out, err


def only_sentence(err: str) -> str:
    """The one sentence on stderr."""
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("equipoise: ")
    assert "Traceback" not in err
    return lines[0].removeprefix("equipoise: ")


def test_the_record_itself_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = assessed(write(tmp_path, GOOD), capsys)
    assert code == 0, err
    assert json.loads(out)["record"] == "canary-7741"
    assert not CANARIES.search(err)


@pytest.mark.parametrize("what", list(BAD))
def test_one_sentence_and_no_value_of_the_patient(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, said = BAD[what]
    code, out, err = assessed(write(tmp_path, record), capsys)
    assert code == 2, err
    assert out == ""
    sentence = only_sentence(err)
    for word in said:
        assert word in sentence
    shown = sentence.replace("yesterday-4471", "")
    found = CANARIES.search(shown)
    assert found is None, f"{found[0] if found else ''}: {sentence}"
    # field, what is wrong, remedy
    assert ":" in sentence
    assert ";" in sentence or "," in sentence


@pytest.mark.parametrize("what", list(BAD))
def test_validate_lists_it_and_keeps_the_rest(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, said = BAD[what]
    code = run(["validate", write(tmp_path, record)])
    out, err = capsys.readouterr()
    header_is_wrong = what in ("day 0 without zone", "another version", "a birth after day 0")
    assert code in ((1, 2) if header_is_wrong else (1,))
    assert "refused" in out
    for word in said:
        assert word in out
    assert not CANARIES.search((out + err).replace("yesterday-4471", ""))
    assert "Traceback" not in out + err


# --- files that are cut off ---------------------------------------------------------------


def truncated() -> Iterator[str]:
    text = json.dumps(GOOD, indent=1)
    yield ""
    yield "{"
    for share in (0.3, 0.6, 0.9, 0.99):
        yield text[: int(share * len(text))]
    yield text + text
    yield "[1, 2, 3]"
    yield '"canary-7741"'
    yield "null"
    yield text.replace('"71.93 kg"', '"71.93 kg')
    yield text.replace("-25.37,", "NaN,", 1)
    yield '{"equipoise": 1, "id": "canary-7741"}'


@pytest.mark.parametrize("text", list(truncated()), ids=lambda t: f"{len(t)} characters")
def test_a_truncated_or_broken_file(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = assessed(write(tmp_path, text), capsys)
    assert (code, out) == (2, "")
    assert not CANARIES.search(only_sentence(err))


def test_a_truncated_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = files.record_from_json(GOOD)
    whole = tmp_path / "record.csv"
    files.write_csv(record, whole)
    assert assessed(str(whole), capsys)[0] == 0
    text = whole.read_text(encoding="utf-8")
    lines = text.splitlines()
    for broken in (
        "",
        lines[0],
        "\n".join([lines[0], lines[1][: len(lines[1]) // 2]]),
        text.replace("mg/L", "furlong"),
        text.replace("crp", "crpp"),
        "\n".join(lines[1:]),
    ):
        code, out, err = assessed(write(tmp_path, broken, "broken.csv"), capsys)
        assert (code, out) == (2, "")
        assert not CANARIES.search(only_sentence(err))


# --- what is not wrong --------------------------------------------------------------------


def test_crp_in_mg_per_dl_is_read_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = changed("events", CRP, "value", to="3.871 mg/dL")
    read = files.record_from_json(record)
    assert read.measurements("crp")[0].number == pytest.approx(38.71)
    assert read.measurements("crp")[0].text == "3.871 mg/dL"
    code, _, err = assessed(write(tmp_path, record), capsys)
    assert code == 0
    converted = [line for line in err.splitlines() if line.startswith("converted: ")]
    assert any("mg/dL converted to mg/L" in line for line in converted)
    assert not CANARIES.search(err)


def test_a_level_below_the_limit_before_the_first_dose_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = GOOD["events"][LEVEL] | {"at": -3.71, "known": 1.83, "value": "<1.0 ng/mL"}
    code, _, err = assessed(write(tmp_path, changed("events", LEVEL, to=early)), capsys)
    assert code == 0, err


def test_a_dose_before_death_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = event(type="finding", at=70.57, name="death", value=True)
    code, out, err = assessed(write(tmp_path, late), capsys)
    assert code == 0, err
    assert any("death" in c for c in json.loads(out)["cautions"])


def test_two_weights_that_a_body_can_have_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = event(type="measurement", at=5.19, name="weight", value="68.21 kg")
    assert assessed(write(tmp_path, record), capsys)[0] == 0


def test_unknown_names_may_be_kept_and_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = changed("events", CRP, "name", to="ferritine") | {"unknown": "keep"}
    code, _, err = assessed(write(tmp_path, record), capsys)
    assert code == 0, err
    assert "ferritine" in err
    assert not CANARIES.search(err)


def test_every_command_that_reads_a_record_refuses_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, BAD["unknown unit"][0])
    sentences = set()
    for arguments in (
        ["assess", file],
        ["grade", file],
        ["plan", file, "--model", "sirolimus_wu2012", "--target", "sirolimus_itp_5_15"],
        ["fit", "sirolimus_wu2012", file],
    ):
        assert run(arguments) == 2
        out, err = capsys.readouterr()
        assert out == ""
        sentences.add(only_sentence(err))
    assert len(sentences) == 1
