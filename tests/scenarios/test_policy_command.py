"""`equipoise policy`, and what is new in `plan`: through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_shell import ADULT, ATG, NOW, PLAN, Shell

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FIXED, GUIDED = EXAMPLES / "atg_fixed.toml", EXAMPLES / "atg_level_guided.toml"
WHEN = "day-2T18:00"


def test_a_fixed_strategy_in_words_and_json(shell: Shell) -> None:
    code, out, _ = shell("policy", ATG, FIXED, "--at", WHEN)
    assert code == 0
    assert "112.5 mg -> 125 mg (5 vials), +11 %" in out
    assert "last dose that can still be changed: 19 Jan 14:00 +01:00 (day" in out
    assert "label: Premedication" in out
    found = shell.json("policy", ATG, FIXED, "--at", WHEN, "--json")
    (dose,) = found["doses"]
    assert (dose["amount"], dose["planned"], dose["unit"]) == (125.0, 93.75, "mg")
    assert found["watermark"] == ""
    assert found["candidates"] == []


def test_the_gate_holds_for_a_strategy(shell: Shell) -> None:
    assert "provisional" in shell.wrong("policy", ATG, GUIDED, "--at", WHEN)
    found = shell.json("policy", ATG, GUIDED, "--at", WHEN, "--research", "--json")
    assert found["watermark"] == "NOT FOR DOSING"
    assert found["levels"] == 2
    odds = [c["within"] for c in found["candidates"]]
    assert odds == sorted(odds, reverse=True)
    code, out, _ = shell("policy", ATG, GUIDED, "--at", WHEN, "--research")
    assert code == 0
    assert out.startswith("NOT FOR DOSING")


def test_bad_input_of_a_strategy(shell: Shell, tmp_path: Path) -> None:
    assert "cannot be read" in shell.wrong("policy", ATG, tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text(FIXED.read_text().replace("thymoglobulin", "thymoglobulinn"), encoding="utf-8")
    assert "thymoglobulin" in shell.wrong("policy", ATG, bad)
    assert "no dose of thymoglobulin" in shell.wrong("policy", ADULT, FIXED, "--at", NOW)


def test_joint_odds_in_json(shell: Shell) -> None:
    alone = shell.json(*PLAN, "--json")
    assert alone["joint"] == []
    assert alone["candidates"] == []
    found = shell.json(*PLAN, "--limit", "trough < 12 ng/mL", "--json")
    assert found["plans"][0]["options"] == alone["options"]
    assert found["together"][1] == "steady-state trough below 12 ng/mL (set by the team)"
    assert found["next_sample"] == alone["next_sample"]
    for option in found["options"]:
        assert len(option["parts"]) == 2
        assert option["within"] <= min(p["within"] for p in option["parts"]) + 1e-12
        total = option["below"] + option["within"] + option["above"]
        assert total == pytest.approx(1.0)
    ranges = found["weight_ranges"]
    assert (ranges[0]["low"], ranges[-1]["high"]) == (0.0, 1.0)


def test_limits_that_cannot_be_asked(shell: Shell) -> None:
    assert "knows no peak" in shell.wrong(*PLAN, "--limit", "peak < 12 ng/mL")
    assert "different kinds" in shell.wrong(*PLAN, "--limit", "auc_post < 12 ng.d/mL")


def test_weights_of_the_header(shell: Shell, tmp_path: Path) -> None:
    record = json.loads(Path(ADULT).read_text(encoding="utf-8"))
    weighed = tmp_path / "weighed.json"
    arguments = ["--model", "sirolimus_wu2012", "--target", "sirolimus_itp_5_15", "--at", NOW]
    plain = shell.json("plan", ADULT, *arguments, "--json")
    assert all(o["expected_utility"] is None for o in plain["options"])
    weighed.write_text(json.dumps({**record, "wants": {"below": 0, "above": 1}}), encoding="utf-8")
    found = shell.json("plan", weighed, *arguments, "--json")
    for option in found["options"]:
        assert option["expected_utility"] == pytest.approx(1.0 - option["above"])
    values = [round(o["expected_utility"], 3) for o in found["options"]]
    assert values == sorted(values, reverse=True)
    assert any("record's own weights" in c for c in found["cautions"])
    weighed.write_text(json.dumps({**record, "wants": {"survival": 1}}), encoding="utf-8")
    found = shell.json("plan", weighed, *arguments, "--json")
    assert all(o["expected_utility"] is None for o in found["options"])
    assert any("needs below and above" in c for c in found["cautions"])


def test_two_models_side_by_side_and_mixed(shell: Shell) -> None:
    two = (*PLAN, "--model", "sirolimus_mao2024")
    apart = shell.json(*two, "--json")
    assert [p["model"] for p in apart["plans"]] == ["sirolimus_wu2012", "sirolimus_mao2024"]
    assert "options" not in apart
    assert [c["prior"] for c in apart["candidates"]] == [0.5, 0.5]
    mixed = shell.json(*two, "--mixture", "--json")
    assert mixed["mixture"] is True
    for option in mixed["options"]:
        total = sum(u["weight"] * u["within"] for u in option["under"])
        assert option["within"] == pytest.approx(total)
    code, out, _ = shell(*two)
    assert code == 0
    assert out.count("odds within, by candidate") == 1


def test_a_mixture_that_cannot_be(shell: Shell) -> None:
    assert "give --model twice" in shell.wrong(*PLAN, "--mixture")
    said = shell.wrong(*PLAN, "--model", "sirolimus_cheng2020")
    assert "differ in population" in said
