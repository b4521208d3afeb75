"""Commands used wrongly: one sentence with field and remedy, no patient in it, nothing written."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from command_shell import ADULT, ATG, CHILD, DATA, STREAM, Shell
from equipoise import examples
from equipoise.cli.words import write_text

FOLDER = str(Path(ADULT).parent)
CHENG = ("simulate", "sirolimus_cheng2020", "--dose", "1 mg oral", "--times", "1")

PATIENT_OF_230_KG = """{"equipoise": 1, "id": "canary-7741", "day0": "2026-03-10T12:00:00+01:00",
 "born": "1975-01-01", "platform": "adult_unrelated", "events": [
 {"type": "measurement", "at": -200, "known": -198, "name": "weight", "value": "230 kg"},
 {"type": "dose", "at": -120, "known": -180, "agent": "thymoglobulin", "amount": "300 mg",
  "duration": "6 h", "route": "iv", "status": "planned"}]}
"""

BANDED = """strategy = "banded"
agent = "thymoglobulin"
source = "made up"
durations = ["6 h"]
vial = "25 mg"
[[band]]
weight = ["0 kg", "200 kg"]
per_kg = "4 mg/kg"
"""


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Shell:
    """A shell in a folder with a data set, a control stream and files that are of no use."""
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text(DATA, encoding="utf-8")
    Path("grams.csv").write_text(DATA.replace("28.5", "28500"), encoding="utf-8")
    Path("none.csv").write_text(DATA.replace("28.5", "0"), encoding="utf-8")
    Path("nasal.toml").write_text('route = "nasal"\namounts = ["1 mg"]\n', encoding="utf-8")
    Path("run.mod").write_text(STREAM, encoding="utf-8")
    Path("empty.toml").touch()
    Path("latin1.toml").write_bytes('default = "2 h"  # gepr\xfcft\n'.encode("latin-1"))
    Path("a_file").write_text("x", encoding="utf-8")
    Path("folder.py").mkdir()
    Path("heavy.json").write_text(PATIENT_OF_230_KG, encoding="utf-8")
    Path("mg.csv").write_text(DATA.replace(",6.1,", ",6100000,"), encoding="utf-8")
    Path("old.json").write_text(PATIENT_OF_230_KG.replace("1975", "1775"), encoding="utf-8")
    torn = PATIENT_OF_230_KG.replace("canary-7741", r"canary-\ud800")
    Path("torn.json").write_text(torn, encoding="utf-8")
    Path("cohort").mkdir()
    Path("cohort/notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    Path("banded.toml").write_text(BANDED, encoding="utf-8")
    return Shell(capsys)


WRONG: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "a moment so far that each day to it would be graded": (
        ("assess", ADULT, "--at", "2926-01-01T00:00:00Z"), ("--at", "150 years", "year")),
    "a covariate given twice": (
        (*CHENG, "--covariate", "weight=5", "--covariate", "weight=6"), ("weight", "twice")),
    "a covariate in a unit of another kind": (
        (*CHENG, "--covariate", "weight=5 mg/dL"), ("--covariate weight", "kg")),
    "a covariate that is no number": (
        (*CHENG, "--covariate", "weight=nan"), ("--covariate weight", "number")),
    "a covariate that no patient has": (
        (*CHENG, "--covariate", "weight=28500"), ("--covariate weight", "400 kg", "unit")),
    "a covariate of a data set that no patient has": (
        ("fit", "sirolimus_cheng2020", "grams.csv"), ("row 2", "WEIGHT", "400 kg")),
    "a weight of nothing in a data set": (
        ("simulate", "sirolimus_cheng2020", "--data", "none.csv"), ("row 2", "WEIGHT", "0.3 kg")),
    "an offer by a route that the model does not have": (
        ("plan", ADULT, "--at", "day+15T18:00", "--model", "sirolimus_wu2012", "--target",
         "sirolimus_itp_5_15", "--offer", "nasal.toml"), ("offer", "route", "oral")),
    "a unit of a stream that is none": (
        ("import", "run.mod", "--unit", "furlong"), ("--unit", "furlong")),
    "a unit of its doses that is none": (
        ("import", "run.mod", "--dose-unit", "furlong"), ("--dose-unit", "furlong")),
    "one person who approves as two": (
        ("formulary", "new.toml", "--approve", "sirolimus_cheng2020", "--site", "x", "--version",
         "1", "--by", "A. One", "--by", "a. one"), ("--by", "two people")),
    "limits that say nothing": (
        ("commission", "data.csv", "--model", "sirolimus_cheng2020", "--limits", "empty.toml"),
        ("limits", "commissioning = 1")),
    "turnaround that is not UTF-8": (
        ("replay", "sirolimus_wu2012", ADULT, "--assume-turnaround", "latin1.toml"),
        ("latin1.toml", "UTF-8")),
    "more draws for a replay than memory holds": (
        ("replay", "sirolimus_wu2012", ADULT, "--draws", "1000000000000"),
        ("--draws", "100000", "lower")),
    "more draws to commission by than memory holds": (
        ("commission", ADULT, "--model", "sirolimus_wu2012", "--draws", "1000000000000"),
        ("--draws", "100000", "lower")),
    "a folder for a model": (
        ("simulate", "folder.py", "--dose", "1 mg oral", "--times", "1"), ("folder.py", "folder")),
    "a patient's record for a control stream": (
        ("import", "heavy.json"), ("heavy.json", "$PROBLEM")),
    "milligrams for a level of a data set": (
        ("fit", "sirolimus_cheng2020", "mg.csv"), ("row 4", "DV", "500 ng/mL", "unit")),
    "a birth two centuries ago": (
        ("assess", "old.json", "--at", "24"), ("born", "120 years", "year")),
    "a name that nothing can write": (
        ("assess", "torn.json", "--at", "24", "--out", "out"), ("id", "cannot be written")),
    "a folder in which one table is none": (
        ("grade", "cohort", "--criterion", "crs_astct2019"), ("notes.csv", "row 1")),
    "a table below a file": (
        ("grade", FOLDER, "--criterion", "crs_astct2019", "--workers", "1", "--out",
         "a_file/x.csv"), ("a_file/x.csv", "another place")),
}  # fmt: skip


@pytest.mark.parametrize("what", list(WRONG))
def test_one_sentence_names_the_field_and_nothing_is_written(what: str, shell: Shell) -> None:
    arguments, said = WRONG[what]
    before = sorted(Path().rglob("*"))
    sentence = shell.wrong(*arguments)
    for part in said:
        assert part in sentence
    assert "canary" not in sentence
    assert sorted(Path().rglob("*")) == before


def test_the_ids_of_other_patients_stay_out_of_the_sentence(shell: Shell) -> None:
    sentence = shell.wrong("grade", FOLDER, "--why", "nobody", "--criterion", "crs_astct2019")
    assert f"{len(examples.BUNDLED)} of the cohort" in sentence
    assert "bundled" not in sentence


def test_a_strategy_refuses_without_id_weight_or_count(shell: Shell) -> None:
    sentence = shell.wrong("policy", "heavy.json", "banded.toml", "--at", "-150")
    assert "no band for this weight" in sentence
    assert "canary" not in sentence
    assert "230" not in sentence
    sentence = shell.wrong("policy", CHILD, "banded.toml", "--at", "-14")
    assert "no dose of thymoglobulin" in sentence
    assert "bundled" not in sentence


def test_a_command_without_anything_shows_what_there_is(shell: Shell) -> None:
    code, out, err = shell()
    assert (code, err) == (0, "")
    assert out.startswith("Usage: equipoise")
    assert len(out.splitlines()) > 20


def test_the_report_speaks_of_indications_and_analytes_by_name(shell: Shell) -> None:
    _, out, _ = shell("assess", CHILD, "--at", "-14", "--json")
    assert "studied in immune thrombocytopenia; this record: Evans syndrome" in out
    _, out, _ = shell("assess", ATG, "--at", "day-2T18:00")
    assert "Would settle it: active ATG." in " ".join(out.split())


def test_no_room_for_the_output_is_no_fault_of_the_program(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("equipoise.cli.shelf.print_json", full)
    assert "make room" in shell.wrong("models", "list", "--json")


def test_what_cannot_be_encoded_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "new" / "x.txt", "a \ud800")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_text(pipe, "a line\n")
    reader.join(timeout=10)
    assert read == ["a line\n"]
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
