"""Every command from outside: exit codes, one JSON document, shapes of the contract, examples."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_shell import ADULT, ATG, CASE_A, CHILD, DATA, NOW, PLAN, TOMORROW, Shell, in_a_process
from equipoise import criteria, files, guidance, interactions, models, targets
from equipoise.assess import assess
from equipoise.cli import assessing
from equipoise.cli.entry import COMMANDS
from equipoise.cli.words import moment, percent, three
from equipoise.examples import BUNDLED

SHELVES = ("models", "targets", "criteria", "guidance", "interactions")
SHOWN = {
    "models": "sirolimus_cheng2020",
    "targets": "sirolimus_itp_5_15",
    "criteria": "crs_astct2019",
    "guidance": "sirolimus_posaconazole_label_us",
    "interactions": "sirolimus_voriconazole",
}

GRADE_KEYS = {
    "criterion", "at", "low", "high", "grade", "score", "met", "since", "because", "missing",
    "sentence", "source", "standing",
}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "data.csv"
    file.write_text(DATA, encoding="utf-8")
    return file


# --- help ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", list(COMMANDS))
def test_the_help_of_every_command_holds_an_example(shell: Shell, command: str) -> None:
    code, out, err = shell(command, "--help")
    assert (code, err) == (0, "")
    assert f"Example: equipoise {command} " in " ".join(out.split())
    if command not in SHELVES:
        assert "--json" in out


@pytest.mark.parametrize("shelf", SHELVES)
@pytest.mark.parametrize("word", ["list", "show"])
def test_the_help_of_every_shelf_command_holds_an_example(
    shell: Shell, shelf: str, word: str
) -> None:
    code, out, _ = shell(shelf, word, "--help")
    assert code == 0
    assert f"Example: equipoise {shelf} {word}" in " ".join(out.split())
    assert "--json" in out


def test_the_first_help_lists_every_command_and_only_those(shell: Shell) -> None:
    code, out, _ = shell("--help")
    assert code == 0
    section = out.partition("Commands:\n")[2].partition("\n\n")[0]
    listed = re.findall(r"^  (\w+)", section, flags=re.MULTILINE)
    assert listed == list(COMMANDS)
    assert "Example: equipoise demo" in out


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_both_help_flags_answer(shell: Shell, flag: str) -> None:
    assert shell("assess", flag)[0] == 0


def test_version(shell: Shell) -> None:
    code, out, _ = shell("--version")
    assert code == 0
    assert out.startswith("equipoise, version ")


# --- assess -------------------------------------------------------------------------------


def test_assess_prints_one_document_and_writes_the_same(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "reports" / "child"
    document = shell.json("assess", CHILD, "--at", TOMORROW, "--out", out, "--json", "--seed", 4)
    assert json.loads((out / "assessment.json").read_text(encoding="utf-8")) == document
    assert sorted(p.name for p in out.iterdir()) == [
        "assessment.json",
        "report.html",
        "report.txt",
    ]
    assert {"exposures", "grades", "options", "advice", "cautions", "decisions"} <= set(document)
    assert ["seed", "4"] in document["made_by"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    # Self-contained: nothing is fetched from elsewhere.
    for wanted in ('src="http', "<script", "@import", "url(http", '<link rel="stylesheet"'):
        assert wanted not in page


def test_assess_prints_text_and_says_where_the_page_is(shell: Shell, tmp_path: Path) -> None:
    code, out, err = shell("assess", CASE_A, "--at", "day+14T20:00", "--out", tmp_path)
    assert code == 0
    assert "OPEN DECISIONS" in out
    assert str(tmp_path / "report.html") in err
    assert out.strip() == (tmp_path / "report.txt").read_text(encoding="utf-8").strip()


def test_the_moment_may_be_written_in_four_ways(shell: Shell) -> None:
    record = files.read_record(ADULT)[0]
    iso = "2026-01-16T08:00:00+01:00"
    asked = ["96", "96.0", "day+4", "day4", "day+4T08:00", "day+4T8:00", "day+4T08:00:00", iso,
             "2026-01-16T07:00:00Z", " day+4 "]  # fmt: skip
    for when in asked:
        assert moment(when, record) == pytest.approx(96.0), when
    assert moment("day-1", record) == -24.0
    assert moment("day+1.5", record) == 36.0
    assert moment("-1e1", record) == -10.0


def test_a_clock_time_is_that_of_the_calendar_day_in_the_offset_of_day_0() -> None:
    # Day 0 is at 12:00: the morning of day +3 is less than 72 h later.
    record = files.read_record(ATG)[0]
    assert moment("day+3", record) == 72.0
    assert moment("day+3T08:00", record) == 68.0
    assert moment("day-2T18:00", record) == -42.0
    assert moment("day0T00:30", record) == -11.5


def test_without_a_moment_the_last_thing_known_is_meant(shell: Shell) -> None:
    record = files.read_record(ADULT)[0]
    assert moment(None, record) == record.assuming_turnaround().end


def test_a_result_that_only_an_assumed_turnaround_keeps_out_is_named_not_told(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "p.json"
    sample = {"type": "measurement", "at": 3576.0, "name": "mrd", "value": "3e-4"}
    header = {"equipoise": 1, "id": "p", "day0": "2026-03-02T11:00:00+01:00"}
    file.write_text(json.dumps({**header, "events": [sample]}), encoding="utf-8")
    _, out, err = shell("assess", file, "--at", "day+150")
    assert "left out: mrd of day +149: drawn by then" in err
    assert "write `known`" in err
    assert "3e-4" not in out + err
    file.write_text(json.dumps({**header, "events": [{**sample, "known": 3700.0}]}), "utf-8")
    assert "left out" not in shell("assess", file, "--at", "day+150")[2]
    file.write_text(json.dumps({**header, "events": [{**sample, "known": 3590.0}]}), "utf-8")
    assert "left out" not in shell("assess", file, "--at", "day+150")[2]


@pytest.mark.parametrize("when", ["-14", "-14.0", "-1.4e1"])
def test_negative_hours_are_no_option(shell: Shell, when: str) -> None:
    for arguments in (["--at", when], [f"--at={when}"]):
        found = shell.json("grade", CHILD, "--criterion", "hscore_2014", "--json", *arguments)
        assert [g["at"] for g in found] == [-14.0]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-01-16T08:00:00", "has no zone"),
        ("2026-01-16", "has no zone"),
        ("day+3T25:00", "not a clock time"),
        ("day+1.5T08:00", "whole day"),
        ("tomorrow", "is not a moment"),
        ("nan", "no moment of any calendar"),
        ("1e300", "more than 150 years from day 0"),
        ("day+99999999", "more than 150 years from day 0"),
        ("day+99999999999T08:00", "no moment of any calendar"),
        ("2126-01-16T08:00:00Z", "more than 5 years after the last thing in the record (day +"),
        ("day+2000", "more than 5 years after the last thing in the record (day +"),
    ],
)
def test_a_moment_that_cannot_be_read(shell: Shell, when: str, said: str) -> None:
    assert said in shell.wrong("grade", ADULT, "--at", when)


def test_a_last_entry_with_a_slip_in_its_year_is_not_now(shell: Shell, tmp_path: Path) -> None:
    content = json.loads(Path(CHILD).read_text(encoding="utf-8"))
    late = {"type": "finding", "at": 40 * 8766, "name": "splenomegaly", "value": True}
    content["events"].append(late)
    place = tmp_path / "late.json"
    place.write_text(json.dumps(content), encoding="utf-8")
    said = shell.wrong("grade", place)
    assert "the last entry of the record (day +14610)" in said
    assert "check its year, or say with --at" in said
    code, _, err = shell("grade", place, "--at", "-14", "--criterion", "hscore_2014")
    assert code == 0, err


def test_the_remedy_for_a_missing_zone_works(shell: Shell) -> None:
    for when in ("2026-01-16", "2026-01-16T08:00"):
        sentence = shell.wrong("grade", ADULT, "--at", when)
        remedy = sentence.rpartition("as in ")[2].strip()
        code, _, _ = shell("grade", ADULT, "--criterion", "hscore_2014", "--at", remedy)
        assert code == 0


def test_research_marks_all_that_is_printed(shell: Shell, tmp_path: Path) -> None:
    code, out, _ = shell("assess", ATG, "--at", "day-2T18:00", "--research", "--out", tmp_path)
    assert code == 0
    assert "NOT FOR DOSING" in out
    for file in tmp_path.iterdir():
        assert "NOT FOR DOSING" in file.read_text(encoding="utf-8"), file.name


# --- grade --------------------------------------------------------------------------------


def test_grade_gives_every_key_of_the_contract(shell: Shell) -> None:
    found = shell.json("grade", CASE_A, "--at", "day+11T20:00", "--json")
    assert [g["criterion"] for g in found][:5] == [
        "crs_astct2019",
        "icans_astct2019",
        "iechs_astct2023",
        "hscore_2014",
        "icaht_early_2023",
    ]
    for grade in found:
        assert set(grade) >= GRADE_KEYS
        assert set(grade["source"]) >= {"doi", "where"}
        assert grade["standing"] in ("published", "transcribed", "provisional", "hypothesis")
        for because in grade["because"]:
            assert set(because) >= {"name", "at", "value"}
        for missing in grade["missing"]:
            assert missing["name"]
            assert isinstance(missing["would_become"], dict)
        number = grade["grade"] if grade["score"] is None else grade["score"]
        settled = grade["low"] is not None and grade["low"] == grade["high"]
        if number is None and settled:  # a yes/no criterion
            assert grade["met"] == bool(grade["low"])
        else:
            assert (number is not None) == settled
    by_id = {g["criterion"]: g for g in found}
    assert (by_id["crs_astct2019"]["low"], by_id["crs_astct2019"]["high"]) == (3, 4)
    assert "status" in by_id["iechs_astct2023"]
    assert {"probability_low", "probability_high"} <= set(by_id["hscore_2014"])


def test_grade_by_day_has_one_answer_a_day(shell: Shell) -> None:
    found = shell.json(
        "grade", CASE_A, "--criterion", "crs_astct2019", "--at", "day+14T20:00", "--daily", "--json"
    )
    assert len(found) == 15
    assert {g["criterion"] for g in found} == {"crs_astct2019"}
    assert [g["at"] for g in found] == sorted(g["at"] for g in found)
    assert found[-1]["at"] == pytest.approx(14 * 24 + 8)


def test_grade_prints_a_table_and_what_would_settle_it(shell: Shell) -> None:
    code, out, _ = shell("grade", CASE_A, "--criterion", "crs_astct2019", "--at", "day+11T20:00")
    assert code == 0
    assert "3-4" in out
    assert "would be settled by" in out
    assert max(len(line) for line in out.splitlines()) <= 100


def test_criteria_that_do_not_apply_are_null_with_a_sentence(shell: Shell) -> None:
    found = shell.json("grade", ADULT, "--criterion", "crs_astct2019", "--at", NOW, "--json")[0]
    assert all(found[k] is None for k in ("low", "high", "grade", "score", "met"))
    assert found["sentence"]
    code, out, _ = shell("grade", ADULT, "--criterion", "crs_astct2019", "--at", NOW)
    assert code == 0
    assert "does not apply" in out


# --- validate -----------------------------------------------------------------------------


def test_validate_reports_and_exits_by_what_was_refused(shell: Shell, tmp_path: Path) -> None:
    found = shell.json("validate", ADULT, "--json")
    assert found["accepted"] is True
    assert found["counts"]["refused"] == 0
    content = json.loads(Path(ADULT).read_text(encoding="utf-8"))
    content["events"][0]["value"] = "68 stones"
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(content), encoding="utf-8")
    code, out, err = shell("validate", bad)
    assert code == 1
    assert "1 refused" in out
    assert "events[0].value" in out
    code, out, _ = shell("validate", bad, "--json")
    assert code == 1
    document = json.loads(out)
    assert document["counts"]["refused"] == 1
    assert [n["field"] for n in document["notes"] if n["kind"] == "refused"] == ["events[0].value"]
    bad.write_text('{"equipoise": 1', encoding="utf-8")
    code, out, err = shell("validate", bad)
    assert code == 2
    assert err.startswith("equipoise: ")
    assert len(err.splitlines()) == 1


# --- the shelves --------------------------------------------------------------------------


@pytest.mark.parametrize("shelf", SHELVES)
def test_shelves_list_and_show(shell: Shell, shelf: str) -> None:
    listed = shell.json(shelf, "list", "--json")
    assert shell.json(shelf, "--json") == listed
    ids = [each["id"] for each in listed]
    assert SHOWN[shelf] in ids
    for id_ in ids:
        code, out, err = shell(shelf, "show", id_)
        assert (code, err) == (0, "")
        assert out.strip()
    document = shell.json(shelf, "show", SHOWN[shelf], "--json")
    assert document["id"] == SHOWN[shelf]
    assert document["standing"] in ("published", "transcribed", "provisional", "hypothesis")
    code, out, _ = shell(shelf)
    assert code == 0
    assert all(id_ in out for id_ in ids)


@pytest.mark.parametrize("shelf", SHELVES)
def test_an_id_that_is_not_there_gets_the_nearest(shell: Shell, shelf: str) -> None:
    known = SHOWN[shelf]
    assert f"did you mean {known}" in shell.wrong(shelf, "show", known[:-1])


def test_a_model_shows_published_numbers_with_ours_beside(shell: Shell) -> None:
    document = shell.json("models", "show", "sirolimus_cheng2020", "--json")
    assert document["checks"]
    for check in document["checks"]:
        assert set(check) >= {"what", "published", "ours", "unit", "tolerance", "where", "within"}
        assert check["within"] is True
    assert all(set(v) >= {"number", "unit", "where"} for v in document["parameters"].values())
    assert document["domain"]
    code, out, _ = shell("models", "show", "sirolimus_cheng2020")
    assert code == 0
    for word in ("published numbers and ours", "domain", "standing", "parameters", "place"):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", ADULT, "--criterion", "crs_astct2018"], "did you mean crs_astct2019"),
        (["plan", ADULT, "--model", "sirolimus_wu2013", "--target", "x"], "sirolimus_wu2012"),
        (["plan", ADULT, "--model", "sirolimus_wu2012", "--target", "sirolimus_itp_5_16"],
         "sirolimus_itp_5_15"),
        (["simulate", "sirolimus_cheng202", "--dose", "1 mg oral", "--times", "1"],
         "sirolimus_cheng2020"),
        (["fit", "sirolimus_wu201", ADULT], "sirolimus_wu2012"),
    ],
)  # fmt: skip
def test_unknown_ids_are_answered_with_the_nearest(
    shell: Shell, arguments: list[str], said: str
) -> None:
    assert said in shell.wrong(*arguments)


# --- files and places ---------------------------------------------------------------------


@pytest.mark.parametrize("command", ["assess", "grade", "plan", "fit"])
def test_missing_files_and_directories(shell: Shell, tmp_path: Path, command: str) -> None:
    more = {
        "plan": ["--model", "sirolimus_wu2012", "--target", "sirolimus_itp_5_15"],
        "fit": [],
    }.get(command, [])
    before = ["sirolimus_wu2012"] if command == "fit" else []
    for place in (tmp_path / "nowhere.json", tmp_path):
        sentence = shell.wrong(command, *before, place, *more)
        assert "read" in sentence or "directory" in sentence or "exist" in sentence


def test_validate_of_a_missing_file(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("validate", tmp_path / "nowhere.json")
    assert code == 2
    assert "check the path" in err


def test_data_that_is_no_text(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "binary.csv"
    file.write_bytes(b"\xff\xfe\x00\x81ID,TIME")
    for arguments in (
        ["fit", "sirolimus_cheng2020", file],
        ["simulate", "sirolimus_cheng2020", "--doses", file, "--times", "1"],
        [*PLAN, "--offer", file],
        ["assess", file],
    ):
        shell.wrong(*arguments)


def test_a_place_that_cannot_be_written_leaves_nothing_behind(
    shell: Shell, tmp_path: Path, data: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("kept", encoding="utf-8")
    assert "file" in shell.wrong("assess", CHILD, "--at", TOMORROW, "--out", blocked)
    sentence = shell.wrong("fit", "sirolimus_cheng2020", data, "--out", blocked / "etas.csv")
    assert "cannot be written" in sentence
    assert blocked.read_text(encoding="utf-8") == "kept"
    assert not list(tmp_path.rglob("*.part"))


def test_a_report_that_cannot_be_made_writes_no_file(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_answer: object) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr("equipoise.report.html", broken)
    out = tmp_path / "out"
    code, _, _ = shell("assess", CHILD, "--at", TOMORROW, "--out", out)
    assert code == 70
    assert not out.exists()


def test_a_file_is_replaced_whole_or_not_at_all(
    shell: Shell, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "etas.csv"
    target.write_text("as it was", encoding="utf-8")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    sentence = shell.wrong("fit", "sirolimus_cheng2020", data, "--out", target)
    assert "No space left" in sentence
    assert target.read_text(encoding="utf-8") == "as it was"
    assert not list(tmp_path.glob("*.part"))


# --- wanted parts and faults --------------------------------------------------------------


def test_a_pdf_without_its_extra_exits_3_before_the_work(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        assert name == "weasyprint"

    monkeypatch.setattr("equipoise.cli.assessing.find_spec", absent)
    out = tmp_path / "out"
    sentence = shell.wrong("assess", CHILD, "--at", TOMORROW, "--out", out, "--pdf", code=3)
    assert "equipoise[pdf]" in sentence
    assert not out.exists()


def test_a_pdf_needs_a_place(shell: Shell) -> None:
    assert "--out" in shell.wrong("assess", CHILD, "--pdf")


CANARY = "canary 4711.25 ng/mL of patient Doe"


@pytest.mark.parametrize(
    "error", [RuntimeError, ValueError, KeyError, ZeroDivisionError, AssertionError, TypeError]
)
def test_a_fault_of_ours_exits_70_without_its_message(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise error(CANARY)

    monkeypatch.delenv("EQUIPOISE_DEBUG", raising=False)
    monkeypatch.setattr("equipoise.cli.assessing.assess_record", broken)
    code, out, err = shell("assess", CHILD, "--at", TOMORROW, "--json")
    assert code == 70
    assert out == ""
    said = [line for line in err.splitlines() if line.startswith("equipoise: ")]
    assert len(said) == 1
    assert error.__name__ in said[0]
    assert "4711" not in err
    assert "Doe" not in err
    assert "Traceback" not in err


def test_a_fault_in_one_of_the_verbs_is_not_taken_for_wrong_input(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise IndexError(CANARY)

    monkeypatch.delenv("EQUIPOISE_DEBUG", raising=False)
    monkeypatch.setattr("equipoise.cli.grading.grade_once", broken)
    code, out, err = shell("grade", CHILD, "--at", TOMORROW)
    assert (code, out) == (70, "")
    assert "4711" not in err


def test_wrong_use_is_2_and_shows_where_the_example_is(shell: Shell) -> None:
    assert "equipoise --help" in shell.wrong("asses", ADULT)
    assert "equipoise assess --help" in shell.wrong("assess", ADULT, "--wehn", "3")
    assert "equipoise assess --help" in shell.wrong("assess")
    assert "Invalid value" in shell.wrong("assess", ADULT, "--seed", "-1")
    assert "behind list" in shell.wrong("models", "--json", "list")


# --- in a process of its own --------------------------------------------------------------


def test_the_installed_command_answers_and_exits() -> None:
    good = in_a_process("grade", CASE_A, "--at", "day+11T20:00", "--json")
    assert good.returncode == 0
    assert len(json.loads(good.stdout)) == len(criteria.ALL)
    bad = in_a_process("grade", CASE_A, "--at", "whenever")
    assert bad.returncode == 2
    assert bad.stdout == ""
    assert "Traceback" not in bad.stderr
    unread = in_a_process("validate", CASE_A)
    assert unread.returncode == 0


def test_a_reader_that_has_gone_is_no_fault() -> None:
    script = (
        f'{sys.executable} -c "from equipoise.cli import main; main()" criteria show hscore_2014'
    )
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {script} | head -n 1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1)
    assert done.stdout.startswith("# HScore")
    assert "Traceback" not in done.stderr


def test_the_demo_covers_every_bundled_patient(shell: Shell, tmp_path: Path) -> None:
    found = shell.json("demo", "--out", tmp_path / "demo", "--json")
    assert found["seed"] == 1
    assert [p["title"] for p in found["patients"]] == [b.title for b in BUNDLED]
    for patient, bundled in zip(found["patients"], BUNDLED, strict=True):
        folder = tmp_path / "demo" / bundled.name
        assert patient["report"] == str(folder / "report.html")
        assert (folder / "report.html").is_file()
        document = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))
        assert document["research"] is bundled.research
        assert [d["id"] for d in document["decisions"]] == patient["decisions"]


def test_the_demo_calls_no_response_a_toxicity() -> None:
    bundled = next(b for b in BUNDLED if b.name == "sirolimus_adult")
    record, _ = files.read_record(ADULT)
    answer = assess(record, moment(NOW, record), seed=1)
    response = answer.daily["itp_response_iwg2009"]
    assert any(d.grade.low and d.grade.probability_low is None for d in response)
    found = assessing.findings(bundled, answer, Path("report.html"))
    assert answer.criterion_titles["itp_response_iwg2009"] not in found
    assert f"\n  report    {Path('report.html')}" in found


def test_odds_are_never_a_false_zero_or_hundred() -> None:
    assert percent(0.004) == "<1 %"
    assert percent(0.01) == "1 %"
    assert percent(0.99) == "99 %"
    assert percent(0.996) == ">99 %"
    assert percent(float("nan")) == "-"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.0123, "0.0123"), (98.44, "98.4"), (999.4, "999"), (1000.0, "1,000"), (6494.0, "6,490"),
        (-6494.0, "-6,490"), (123456.0, "123,000"), (2.5e7, "2.5e+07"), (0.0, "0"),
    ],
)  # fmt: skip
def test_three_digits_without_powers_of_ten(number: float, shown: str) -> None:
    assert three(number) == shown


def test_the_list_of_interactions_breaks_no_word_of_a_label(shell: Shell) -> None:
    code, said, _ = shell("interactions")
    assert code == 0
    for each in interactions.ALL:
        line = next(n for n in said.splitlines() if n.split()[:1] == [each.id])
        assert not each.label_status or each.label_status in line


@pytest.mark.parametrize(
    ("id_", "acts"),
    [
        ("sirolimus_posaconazole", "yes"),
        ("sirolimus_posaconazole_single_dose", "yes, where none measured at steady state can"),
        ("sirolimus_belumosudil", "no: a ratio of provisional standing is told"),
        ("sirolimus_itraconazole", "no: without a ratio it is told"),
    ],
)
def test_an_interaction_says_whether_it_acts_on_a_model(id_: str, acts: str, shell: Shell) -> None:
    code, said, _ = shell("interactions", "show", id_)
    assert code == 0
    flat = " ".join(said.split())
    assert f"acts on a model {acts}" in flat
    # What does not act has no time course either.
    assert ("comes and goes -" in flat) == acts.startswith("no")


def test_what_the_examples_of_the_help_name_stands_on_the_shelves(shell: Shell) -> None:
    ids = {each.id for shelf in (models, targets, criteria, guidance, interactions)
           for each in shelf.ALL}  # fmt: skip
    named = []
    for command in [*COMMANDS, *(f"{shelf} show" for shelf in SHELVES)]:
        _, out, _ = shell(*command.split(), "--help")
        example = " ".join(out.partition("Example: ")[2].split())
        named += re.findall(r"(?:--model|--target|--criterion|--approve| show) (\w+)", example)
    assert len(named) > 8
    assert [name for name in named if name not in ids] == []
