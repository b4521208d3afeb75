"""A center adds a table that it owns: closed as shipped, open once it stands behind its numbers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise import examples
from equipoise.cli.entry import run
from equipoise.model import PlainDose, typical
from equipoise.modelfile import load
from equipoise.source import Standing

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "examples" / "models" / "atg_of_ours.py"
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


def test_the_scale_of_the_assay_changes_the_level_in_proportion_and_nothing_else():
    """Half an AU in a ug: half the level, whatever saturates; a sink in mg is not one in AU."""
    model = load(str(FILE), {})
    au = model.thetas["AU_PER_UG"]
    other = replace(model, thetas={**model.thetas, "AU_PER_UG": replace(au, number=0.5)})
    doses = [PlainDose(24.0 * day, 150.0, "iv", 6.0) for day in range(3)]
    one, half = (
        typical(m, doses, [72.0, 240.0], covariates={"weight": 70.0, "lymphocytes": 0.2})
        for m in (model, other)
    )
    for kind in ("values", "areas"):
        whole, less = (getattr(found, kind)["atg_active_au"] for found in (one, half))
        np.testing.assert_allclose(less, 0.5 * whole, rtol=1e-4)


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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("Value(1.4,", "Value(2.4,"), "does not reproduce its own check, AUC of a small dose"),
        (("    checks=(", "    checks=() and ("), "reproduces no published number"),
    ],
)
def test_a_table_that_reproduces_nothing_gives_no_option(signed, change, said, tmp_path, capsys):
    """One number typed wrongly: what the paper prints no longer comes out."""
    file = Path(signed)
    text = file.read_text(encoding="utf-8")
    assert text.count(change[0]) == 1
    file.write_text(text.replace(*change), encoding="utf-8")
    assert plan(signed) == 2
    assert said in capsys.readouterr().err
    strategy = tmp_path / "guided.toml"
    form = (ROOT / "examples" / "atg_level_guided.toml").read_text(encoding="utf-8")
    strategy.write_text(form.replace("atg_thymoglobulin_linear", signed), encoding="utf-8")
    asked = ["policy", RECORD, str(strategy), "--at", "day-2T18:00"]
    assert run(asked) == 2
    assert said in capsys.readouterr().err
    assert plan(signed, "--research") == 0


def test_the_card_of_a_file_holds_its_numbers_against_what_is_printed(signed, capsys):
    assert run(["models", "show", signed]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "atg_of_ours: Active Thymoglobulin" in said
    assert "AUC of a small dose" in said
    file = Path(signed)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Value(1.4,", "Value(2.4,"), encoding="utf-8")
    assert run(["models", "show", signed, "--json"]) == 0
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert check["within"] is False


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
