"""What `plan` cannot weigh: said in words, never an empty table, a nan or a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_shell import ADULT, NOW, PLAN, Shell
from equipoise import examples

BUSULFAN = ("--at", "day-7T18:30", "--model", "busulfan_choe2012", "--target",
            "busulfan_adult_62_100")  # fmt: skip


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.mark.parametrize("mixed", [(), ("--mixture",)])
def test_a_limit_is_asked_of_every_candidate(shell: Shell, mixed: tuple[str, ...]) -> None:
    """The second model knows steady-state troughs only: it has no area to hold against a limit."""
    models = ("--model", "sirolimus_wu2012", "--model", "sirolimus_mao2024")
    said = shell.wrong(
        "plan", ADULT, "--at", NOW, *models, *mixed, "--target", "sirolimus_itp_5_15",
        "--limit", "auc_interval < 300 ng.h/mL",
    )  # fmt: skip
    assert "sirolimus_mao2024 does not answer an AUC question" in said


OWN = """
from dataclasses import replace
from equipoise.models.sirolimus_wu2012 import MODEL as WU

(o,) = WU.observations
MODEL = replace(WU, id="own_sirolimus", observations=(replace(o, unit="mg/L", factor=1.0),))
"""


def test_a_model_in_another_unit_than_the_window(shell: Shell, tmp_path: Path) -> None:
    """mg/L held against a window in ng/mL would call every dose too low."""
    own = tmp_path / "own.py"
    own.write_text(OWN, encoding="utf-8")
    said = shell.wrong("plan", ADULT, "--at", NOW, "--model", own, "--target", "sirolimus_itp_5_15")
    assert "own_sirolimus says the steady-state trough in mg/L, sirolimus_itp_5_15 in ng/mL" in said
