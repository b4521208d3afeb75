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
