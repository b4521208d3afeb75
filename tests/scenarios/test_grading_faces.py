"""`equipoise grade` beside the plain answer: charting conventions and episodes."""

import json
import re
from pathlib import Path

import pytest

from command_shell import ADULT, NOW, Shell
from equipoise.charting import read_conventions
from equipoise.criteria import IECHS
from equipoise.files import record_from_json
from equipoise.grading import grade
from equipoise.supposed import supposing

ROOT = Path(__file__).resolve().parents[2]
SITE = str(ROOT / "examples" / "charting.toml")
RECORD = {
    "equipoise": 1, "id": "p1", "day0": "2025-03-10T10:00:00+01:00",
    "events": [
        {"type": "cells", "at": 0, "product": "axicabtagene"},
        {"type": "measurement", "at": 35, "name": "temperature", "value": "36.8 Cel"},
        {"type": "measurement", "at": 59, "name": "temperature", "value": "38.4 Cel"},
        {"type": "measurement", "at": 83, "name": "temperature", "value": "36.9 Cel"},
    ],
}  # fmt: skip


@pytest.fixture
def record(tmp_path: Path) -> str:
    file = tmp_path / "record.json"
    file.write_text(json.dumps(RECORD))
    return str(file)


# --- conventions --------------------------------------------------------------------------


def test_both_answers_stand_side_by_side(shell: Shell, record: str) -> None:
    arguments = ("grade", record, "--criterion", "crs_astct2019", "--at", "60")
    code, out, _ = shell(*arguments, "--conventions", SITE)
    assert code == 0
    words = " ".join(out.split())
    assert "crs_astct2019 +2 1-4 1 grade 1" in words
    assert "Conventions: Example ward, version 2026-11. Strict: silence means nothing." in words
    assert "vasopressors running none, day +2 (not charted, temperature charted)" in words
    strict = shell.json(*arguments, "--json")
    both = shell.json(*arguments, "--conventions", SITE, "--json")
    (assumed,) = (entry.pop("under_convention") for entry in both)
    assert both == strict
    assert (assumed["site"], assumed["version"]) == ("Example ward", "2026-11")
    assert (assumed["low"], assumed["high"], assumed["grade"]) == (1, 1, 1)
    assert any("assumed" in b for b in assumed["because"])


def test_by_day_the_settled_answers_are_counted(shell: Shell, record: str) -> None:
    arguments = ("grade", record, "--criterion", "crs_astct2019", "--daily", "--at", "84")
    code, out, _ = shell(*arguments, "--conventions", SITE)
    assert code == 0
    assert "Settled of 4 answers: 1 strict, 3 under the conventions." in " ".join(out.split())


def test_a_bad_file_of_conventions_is_said_in_one_sentence(
    shell: Shell, record: str, tmp_path: Path
) -> None:
    assert "cannot be read" in shell.wrong("grade", record, "--conventions", "nowhere.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text('charting = 1\nsite = "W"\nversion = "1"\n[[silence]]\nof = "ferritin"\n')
    said = shell.wrong("grade", record, "--conventions", str(bad))
    assert "ferritin is a measurement" in said


def test_an_assessment_holds_both_and_rests_on_the_strict_one(shell: Shell, record: str) -> None:
    plain = shell.json("assess", record, "--at", "60", "--json")
    assert plain["under_convention"] is None
    found = shell.json("assess", record, "--at", "60", "--conventions", SITE, "--json")
    under = found.pop("under_convention")
    assert (under["site"], under["version"]) == ("Example ward", "2026-11")
    assert ["charting conventions", "Example ward, version 2026-11"] in found["made_by"]
    for answer in (plain, found):
        del answer["under_convention" if answer is plain else "made_by"]
    del plain["made_by"]
    assert found == plain
    by_id = {g["criterion"]: g for g in under["grades"]}
    strict = {g["criterion"]: g for g in plain["grades"]}
    assert list(by_id) == list(strict)
    assert (strict["crs_astct2019"]["low"], strict["crs_astct2019"]["high"]) == (1, 4)
    assert by_id["crs_astct2019"]["grade"] == 1
    assert any(b.get("assumed") for b in by_id["crs_astct2019"]["because"])
    assert len(under["daily"]["crs_astct2019"]) == len(plain["daily"]["crs_astct2019"])
    # What would be said otherwise is said as such; the advice itself has not moved.
    closed = {a["recommendation"]: (a["strict"], a["assumed"]) for a in under["advice"]}
    assert closed["crs_grade3"] == ("cannot tell", "no")


def test_the_report_shows_what_was_assumed(shell: Shell, record: str, tmp_path: Path) -> None:
    code, out, _ = shell("assess", record, "--at", "60", "--conventions", SITE,
                         "--out", str(tmp_path / "out"))  # fmt: skip
    assert code == 0
    words = " ".join(out.split())
    assert "UNDER CHARTING CONVENTIONS" in words
    assert "grade 1 to 4 grade 1" in words
    assert "(not charted, temperature charted)" in words
    assert "Every other part of this report rests on the strict answers." in words
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Under charting conventions" in page
    assert "not charted, temperature charted" in page


def test_later_charting_changes_no_earlier_assessment(shell: Shell, tmp_path: Path) -> None:
    pressors = {"type": "finding", "at": 62, "name": "vasopressors", "value": ["noradrenaline"]}
    answers = []
    for number, events in enumerate((RECORD["events"], [*RECORD["events"], pressors])):
        file = tmp_path / f"record{number}.json"
        file.write_text(json.dumps({**RECORD, "events": events}))
        arguments = ("assess", str(file), "--at", "60", "--conventions", SITE, "--json")
        answers.append(shell.json(*arguments)["under_convention"])
    assert answers[0] == answers[1]


def test_conventions_that_cannot_be_read_stop_an_assessment(shell: Shell, record: str) -> None:
    code, _, err = shell("assess", record, "--at", "60", "--conventions", "none.toml")
    assert code == 2
    assert "conventions file none.toml cannot be read" in err


def test_yes_or_no_and_outcomes_stand_in_words_on_every_face(shell: Shell, tmp_path: Path) -> None:
    code, out, _ = shell("grade", ADULT, "--at", NOW, "--conventions", SITE)
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("mas_2016"))
    assert re.search(r"\+15 +open +open ", row)
    assert re.search(r"itp_response_iwg2009 +\+15 +response or no +response or no ", out)
    code, out, _ = shell("grade", ADULT, "--at", NOW, "--criterion", "itp_response_iwg2009")
    row = next(line for line in out.splitlines() if line.startswith("itp_response_iwg2009  "))
    assert re.search(r"\+15 +response or no response ", row)
    assert "1: no response" in out
    code, _, _ = shell("assess", ADULT, "--at", NOW, "--out", tmp_path / "out")
    assert code == 0
    text = (tmp_path / "out" / "report.txt").read_text(encoding="utf-8")
    strip = [line for line in text.splitlines() if line.startswith("itp_response_iwg2009 ")]
    assert strip
    assert all(set(line.split()[1:]) <= {"?", ".", "CR", "R", "NR", "R-NR"} for line in strip)
    assert "CR complete response; R response; NR no response" in " ".join(text.split())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "R-NR" in page or ">NR<" in page


def test_an_episode_of_a_yes_or_no_peaks_in_words(shell: Shell, tmp_path: Path) -> None:
    content = {
        "equipoise": 1, "id": "p", "day0": "2025-03-10T10:00:00+01:00",
        "events": [
            {"type": "measurement", "at": 24, "known": 25, "name": name, "value": value}
            for name, value in (("ferritin", "9000 ng/mL"), ("soluble_il2r", "9000 U/mL"))
        ],
    }  # fmt: skip
    place = tmp_path / "r.json"
    place.write_text(json.dumps(content), encoding="utf-8")
    _, out, _ = shell("grade", place, "--episodes", "--criterion", "ohi_2021")
    row = next(line for line in out.splitlines() if line.startswith("ohi_2021"))
    assert " met " in row


# --- what is printed in full -------------------------------------------------------------


def test_what_says_something_stands_in_full_and_the_rest_in_a_line(
    shell: Shell, record: str
) -> None:
    code, out, _ = shell("grade", record, "--at", "60")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) < 90
    assert max(map(len, lines)) <= 100
    assert "crs_astct2019 would be settled by:" in out
    assert "oxygen device (none: 1-4, nasal cannula: 2-4" in out
    assert "icans_astct2019 would be settled by:" not in out
    (icans,) = (line for line in lines if line.startswith("  icans_astct2019 "))
    assert "0-4" in icans
    assert "and" in icans.split("missing:")[1]
    assert "Not applicable: no graft by this time:" in out
    entries = shell.json("grade", record, "--at", "60", "--json")
    # Nothing is lost: every answer has its id on the screen.
    assert all(e["criterion"] in out for e in entries)
    _, whole, _ = shell("grade", record, "--at", "60", "--all")
    assert "icans_astct2019 would be settled by:" in whole
    _, one, _ = shell("grade", record, "--at", "60", "--criterion", "icans_astct2019")
    assert "icans_astct2019 would be settled by:" in one


# --- episodes -----------------------------------------------------------------------------

CASE_A = str(ROOT / "src" / "equipoise" / "examples" / "tisagenlecleucel_case_a.json")
KEYS = {
    "criterion", "episode", "certain", "infusion", "onset", "peak", "resolution", "ended",
    "recurrence", "renewed", "pauses", "spells", "because", "source", "standing",
    "under_convention",
}  # fmt: skip


def test_episodes_of_a_record(shell: Shell, record: str) -> None:
    arguments = ("grade", record, "--criterion", "crs_astct2019", "--episodes")
    code, out, _ = shell(*arguments)
    assert code == 0
    assert "crs_astct2019 1 +1 to +2 1-4 open, last seen +2" in " ".join(out.split())
    (one,) = (e for e in shell.json(*arguments, "--json") if e["certain"])
    assert set(one) == KEYS
    assert one["onset"] == {"after": 35.0, "by": 59.0, "day_after": 1, "day_by": 2}
    assert (one["peak"]["low"], one["peak"]["high"]) == (1, 4)
    assert one["under_convention"] is None


def test_episodes_under_conventions_stand_beneath_the_strict_ones(
    shell: Shell, record: str
) -> None:
    arguments = ("grade", record, "--criterion", "crs_astct2019", "--episodes")
    code, out, _ = shell(*arguments, "--conventions", SITE)
    assert code == 0
    strict, _, assumed = out.partition("Under Example ward, version 2026-11")
    assert "1-4" in strict
    assert "1-4" not in assumed
    found = shell.json(*arguments, "--conventions", SITE, "--json")
    names = [e["under_convention"] for e in found if e["certain"]]
    assert names == [None, "Example ward, version 2026-11"]


def test_episodes_of_two_infusions_say_after_which(
    shell: Shell, record: str, tmp_path: Path
) -> None:
    content = json.loads(Path(record).read_text())
    content["events"].append({"type": "cells", "at": 960, "product": "obecabtagene"})
    content["events"].append(
        {"type": "measurement", "at": 1000, "known": 1000, "name": "temperature",
         "value": "38.4 Cel"}
    )  # fmt: skip
    path = tmp_path / "two.json"
    path.write_text(json.dumps(content))
    code, out, _ = shell("grade", str(path), "--criterion", "crs_astct2019", "--episodes")
    assert code == 0
    certain = [line for line in out.splitlines() if line.startswith("crs_astct2019")]
    assert ["infusion of +0" in certain[0], "infusion of +40" in certain[-1]] == [True, True]


def test_every_criterion_that_has_episodes_is_asked_by_default(shell: Shell) -> None:
    found = shell.json("grade", CASE_A, "--episodes", "--json")
    asked = {e["criterion"] for e in found}
    assert "crs_astct2019" in asked
    assert not asked & {"easix", "hscore_2014", "car_hematotox_2021"}
    assert all(set(e) == KEYS for e in found)


def test_what_has_no_episodes_is_refused_where_it_is_named(shell: Shell, record: str) -> None:
    said = shell.wrong("grade", record, "--criterion", "easix", "--episodes")
    assert "easix is a score and has no episodes" in said
    code, _, err = shell("grade", record, "--daily", "--episodes")
    assert code == 2
    assert "leave --daily out" in err


def test_a_record_without_anything_says_so(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text(json.dumps({**RECORD, "events": RECORD["events"][:1]}))
    code, out, _ = shell("grade", str(file), "--criterion", "crs_astct2019", "--episodes")
    assert code == 0
    assert "No episode is certain." in out
    assert "crs_astct2019: +0 to the end" in out


def test_what_exclusions_would_make_of_it_stands_under_the_same_conventions() -> None:
    """CRS has surely fallen only under conventions; then IEC-HS hangs on the exclusions alone."""

    def value(name: str, at: float, text: str) -> dict[str, object]:
        return {"type": "measurement", "at": at, "known": at, "name": name, "value": text}

    events = [
        *RECORD["events"],  # type: ignore[misc]
        *({"type": "dose", "at": at, "agent": "aciclovir", "amount": "250 mg", "route": "iv"}
          for at in (36.0, 60.0, 84.0)),
        value("ferritin", -4.0, "300 ng/mL"), value("ferritin", 83.0, "42000 ng/mL"),
        value("fibrinogen", 83.0, "90 mg/dL"),
    ]  # fmt: skip
    record = record_from_json({**RECORD, "events": events}).until(85.0)
    site = read_conventions(SITE)
    for conventions, met in ((None, None), (site, True)):
        now = grade(IECHS, record, 85.0, conventions=conventions)
        assert now.met is None
        found = supposing([IECHS], [now], record, 85.0, conventions)
        assert found[IECHS.id].met is met
