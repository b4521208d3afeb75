"""`equipoise grade` of a cohort: from a folder or one table, to a table, a page and JSON."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from tests.command_shell import CASE_A, Shell

from equipoise import files
from equipoise.cli import grading_cohort
from equipoise.examples import path


def record(id_: str, *, ferritin: int, spleen: bool, charted: int = 1) -> dict:
    """A patient after CAR-T on whom HLH-2004 and HScore can be settled on the third day."""
    at = 50
    lab = {"ferritin": f"{ferritin} ng/mL", "fibrinogen": "140 mg/dL", "platelets": "40 10*9/L",
           "hemoglobin": "7.9 g/dL", "leukocytes": "0.9 10*9/L", "neutrophils": "0.4 10*9/L",
           "triglycerides": "300 mg/dL", "ast": "90 U/L", "temperature": "39.0 Cel",
           "soluble_il2r": "3000 U/mL"}  # fmt: skip
    seen = {"splenomegaly": spleen, "hepatomegaly": False, "hemophagocytosis": False,
            "known_immunosuppression": False, "low_nk_activity": False}  # fmt: skip
    events = [{"type": "cells", "at": 0, "product": "axicabtagene"}]
    events += [{"type": "measurement", "at": at, "known": at, "name": n, "value": v}
               for n, v in lab.items()]  # fmt: skip
    events += [{"type": "finding", "at": at, "name": n, "value": v} for n, v in seen.items()]
    events.append({"type": "finding", "at": at, "name": "recorded_grade",
                   "value": {"criterion": "crs_astct2019", "grade": charted}})  # fmt: skip
    return {"equipoise": 1, "id": id_, "day0": "2025-03-10T10:00:00+01:00", "events": events}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "ward"
    place.mkdir()
    for content in (
        record("p1", ferritin=9000, spleen=True), record("p2", ferritin=100, spleen=False),
        record("p3", ferritin=700, spleen=True, charted=4),
    ):  # fmt: skip
        (place / f"{content['id']}.json").write_text(json.dumps(content), encoding="utf-8")
    return place


@pytest.fixture
def one_table(folder: Path, tmp_path: Path) -> Path:
    """The same records as one tidy CSV."""
    rows: list[dict] = []
    columns: dict[str, None] = {}
    for file in sorted(folder.iterdir()):
        part = tmp_path / "part.csv"
        files.write_record(files.read_record(file)[0], part)
        with part.open(encoding="utf-8", newline="") as stream:
            own = list(csv.DictReader(stream))
        rows += own
        columns.update(dict.fromkeys(own[0]))
    place = tmp_path / "ward.csv"
    with place.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns))
        writer.writeheader()
        writer.writerows(rows)
    return place


def test_a_folder_and_one_table_of_the_same_records_agree(
    shell: Shell, folder: Path, one_table: Path
) -> None:
    assert shell.json("grade", folder, "--json") == shell.json("grade", one_table, "--json")


def test_who_changes_class_between_criteria(shell: Shell, folder: Path) -> None:
    document = shell.json("grade", folder, "--json")
    assert document["cohort"] == {"patients": 3, "patient_days": 9, "recorded_elsewhere": 0}
    pair = document["pairs"][0]
    assert (pair["first"], pair["second"]) == ("hlh_2004", "hscore_2014 >= 169")
    # HScore of p2: 33 + 34 + 44 + 30 + 19 = 160, under the cut, and four of eight; the others both.
    day = pair["patient_days"]["counts"]
    assert day["met"]["met"] == 2
    assert day["not met"]["not met"] == 1
    assert pair["patients_differing"] == 0
    (beside,) = document["recorded"]
    assert (beside["criterion"], beside["patient_days"]) == ("crs_astct2019", 3)
    assert beside["inside"] == 3


def test_the_tables_on_the_screen(shell: Shell, folder: Path) -> None:
    code, out, err = shell("grade", folder)
    assert code == 0
    assert "3 patients, 9 patient-days" in out
    assert "hlh_2004 against hscore_2014 >= 169: 0 of 3 patients" in out
    assert "beside the grades in the charts" in out
    assert err == ""


def test_a_folder_gets_the_table_the_page_and_the_document(
    shell: Shell, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    document = shell.json("grade", folder, "--out", out, "--json")
    assert json.loads((out / "agreement.json").read_text(encoding="utf-8")) == document
    page = (out / "cohort.html").read_text(encoding="utf-8")
    assert "Grades of ward" in page
    for wanted in ('src="http', "<script", "@import", "url(http", '<link rel="stylesheet"'):
        assert wanted not in page
    assert sorted(p.name for p in out.iterdir())[0:2] == ["agreement.json", "cohort.html"]


def test_a_csv_holds_a_row_for_each_patient_and_day(
    shell: Shell, folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "grades.csv"
    shell.json("grade", folder, "--out", place, "--json", "--criterion", "hlh_2004",
               "--criterion", "crs_astct2019")  # fmt: skip
    with place.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 9
    last = rows[2]
    assert (last["patient"], last["day"], last["date"]) == ("p1", "2", "2025-03-12")
    assert last["hlh_2004_met"] == "True"
    assert rows[0]["hlh_2004_met"] == ""
    assert (last["crs_astct2019_low"], last["crs_astct2019_recorded"]) == ("1", "1")


def test_why_gives_the_answers_of_one_patient(shell: Shell, folder: Path, one_table: Path) -> None:
    asked = ("--criterion", "hscore_2014", "--at", "day+2T15:00", "--json")
    alone = shell.json("grade", folder / "p1.json", *asked)
    # 33 fever, 23 spleen, 34 cytopenias, 50 ferritin, 44 triglycerides, 30 fibrinogen, 19 AST
    assert alone[0]["score"] == 233
    assert shell.json("grade", folder, "--why", "p1", *asked) == alone
    assert shell.json("grade", one_table, "--why", "p1", *asked) == alone


def test_criteria_and_cuts_to_compare_may_be_chosen(shell: Shell, folder: Path) -> None:
    document = shell.json("grade", folder, "--json", "--compare", "crs_astct2019=1",
                          "--compare", "masl_ucsf2021")  # fmt: skip
    assert [(p["first"], p["second"]) for p in document["pairs"]] == [
        ("crs_astct2019 >= 1", "masl_ucsf2021")
    ]


def test_each_record_is_cut_at_the_moment_asked_for(shell: Shell, folder: Path) -> None:
    document = shell.json("grade", folder, "--json", "--at", "day+1")
    assert document["cohort"]["patient_days"] == 6


def test_a_cohort_graded_by_two_processes_is_the_same(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = shell.json("grade", folder, "--json", "--workers", 1)
    monkeypatch.setattr(grading_cohort, "BLOCK", 2)
    assert shell.json("grade", folder, "--json", "--workers", 2) == alone


# --- wrong input ----------------------------------------------------------------------------


def test_what_is_wrong_is_said_in_one_sentence(shell: Shell, folder: Path, tmp_path: Path) -> None:
    assert shell.wrong("grade", folder, "--compare", "crs_astct2019").endswith("as in crs_astct2019=2")  # fmt: skip  # noqa: E501
    assert "did you mean hlh_2004?" in shell.wrong("grade", folder, "--compare", "hlh2004")
    assert "no number" in shell.wrong("grade", folder, "--compare", "crs_astct2019=two")
    assert "a .csv or .parquet file, or a folder" in shell.wrong(
        "grade", folder, "--out", "grades.xlsx"
    )
    assert "no such patient" in shell.wrong("grade", folder, "--why", "p9")
    assert "go with a cohort" in shell.wrong("grade", CASE_A, "--out", tmp_path / "x.csv")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no record can be read in it" in shell.wrong("grade", empty)
    assert "cannot be read" in shell.wrong("grade", tmp_path / "nothing.csv")


def test_a_refused_record_is_named_by_its_file(shell: Shell, folder: Path) -> None:
    content = record("p4", ferritin=1, spleen=False)
    content["events"][1]["value"] = "9000 apples"
    (folder / "p4.json").write_text(json.dumps(content), encoding="utf-8")
    said = shell.wrong("grade", folder)
    assert said.startswith("p4.json, events[1].value")
    assert "leave the record out" in said


def test_two_records_of_one_id_are_refused(shell: Shell, folder: Path) -> None:
    (folder / "again.json").write_text((folder / "p1.json").read_text("utf-8"), encoding="utf-8")
    assert "the same id" in shell.wrong("grade", folder)


def test_a_table_of_one_record_is_a_record(shell: Shell, tmp_path: Path) -> None:
    place = tmp_path / "one.csv"
    files.write_record(files.read_record(path("tisagenlecleucel_case_a"))[0], place)
    assert isinstance(shell.json("grade", place, "--json", "--criterion", "crs_astct2019"), list)


# --- Parquet --------------------------------------------------------------------------------


def test_parquet_without_pyarrow_is_a_missing_extra(
    shell: Shell, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = shell.wrong("grade", folder, "--out", tmp_path / "grades.parquet", code=3)
    assert "equipoise[parquet]" in said
    (tmp_path / "ward.parquet").write_bytes(b"PAR1")
    assert "equipoise[parquet]" in shell.wrong("grade", tmp_path / "ward.parquet", code=3)
    out = tmp_path / "out"
    code, _, err = shell("grade", folder, "--out", out)
    assert code == 0
    assert "pyarrow" in err
    assert (out / "grades.csv").exists()


def test_parquet_in_and_out(shell: Shell, folder: Path, one_table: Path, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    with one_table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    place = tmp_path / "ward.parquet"
    columns = {name: [row[name] or None for row in rows] for name in rows[0]}
    parquet.write_table(arrow.table(columns), place)
    out = tmp_path / "grades.parquet"
    document = shell.json("grade", place, "--out", out, "--json")
    assert document == shell.json("grade", folder, "--json")
    table = parquet.read_table(out)
    assert table.num_rows == 9
    assert str(table.schema.field("crs_astct2019_low").type) == "int64"


def test_text_in_the_page_is_escaped(shell: Shell, tmp_path: Path) -> None:
    place = tmp_path / "ward"
    place.mkdir()
    content = record("<b>1", ferritin=9000, spleen=True)
    (place / "a.json").write_text(json.dumps(content), encoding="utf-8")
    out = tmp_path / "out"
    assert shell("grade", place, "--out", out)[0] == 0
    assert "<b>1" not in (out / "cohort.html").read_text(encoding="utf-8")
