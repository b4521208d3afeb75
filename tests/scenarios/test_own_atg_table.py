"""A center adds a table that it owns: closed as shipped, open once it stands behind its numbers."""

import json
from pathlib import Path

import pytest

from equipoise import examples
from equipoise.cli.entry import run
from equipoise.modelfile import load
from equipoise.source import Standing

FILE = Path(__file__).resolve().parents[2] / "examples" / "models" / "atg_of_ours.py"
RECORD = str(examples.path("atg_adult_unrelated"))
WINDOW = "thymoglobulin_adult_unrelated_post_60_90"


@pytest.fixture
def signed(tmp_path):
    """The file as a center would save it once two people have read the table."""
    text = FILE.read_text(encoding="utf-8")
    before, after = "STANDING = Standing.HYPOTHESIS", "STANDING = Standing.TRANSCRIBED"
    assert text.count(before) == 1
    file = tmp_path / "atg_of_ours.py"
    file.write_text(text.replace(before, after), encoding="utf-8")
    return str(file)


def plan(model, *more):
    return run(["plan", RECORD, "--at", "day-2T18:00", "--model", model, "--target", WINDOW, *more])


def test_made_up_numbers_say_so_and_are_no_published_model():
    model = load(str(FILE), {})
    assert model.standing is Standing.HYPOTHESIS
    assert "made-up" in model.title
    assert all(value.where.startswith("made up") for value in model.thetas.values())


def test_the_reference_result_of_the_form_is_reproduced():
    model = load(str(FILE), {})
    for check in model.checks:
        assert check.compute(model) == pytest.approx(check.expected, rel=check.tolerance)


def test_as_shipped_the_gate_is_closed(capsys):
    assert plan(str(FILE)) == 2
    assert "atg_of_ours is hypothesis: it gives exposure bands" in capsys.readouterr().err
    assert plan(str(FILE), "--research") == 0
    assert "NOT FOR DOSING" in capsys.readouterr().out


def test_with_a_table_that_the_center_stands_behind_options_open(signed, capsys):
    assert plan(signed, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    found = answer["options"]
    assert len(found) >= 3
    assert "NOT FOR DOSING" not in json.dumps(answer)
    assert all(0.0 <= option["within"] <= 1.0 for option in found)


def test_a_formulary_locks_the_file_by_its_content(signed, tmp_path, capsys):
    formulary = str(tmp_path / "formulary.toml")
    people = ["--by", "A. Physician", "--by", "B. Pharmacist", "--on", "2026-11-22"]
    assert run(["formulary", formulary, "--approve", signed, "--approve", WINDOW,
                "--site", "Example center", "--version", "2026-11", *people]) == 0  # fmt: skip
    assert plan(signed, "--formulary", formulary) == 0
    capsys.readouterr()
    file = Path(signed)
    file.write_text(file.read_text(encoding="utf-8").replace("Value(1.4,", "Value(1.5,"), "utf-8")
    assert plan(signed, "--formulary", formulary) == 2
    assert "look at what changed, then approve it anew" in capsys.readouterr().err
