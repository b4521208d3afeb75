"""Command lines run from tests: in this process, or in one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from equipoise.cli.entry import run
from equipoise.examples import path

ADULT, CHILD = str(path("sirolimus_adult")), str(path("sirolimus_child_12kg"))
ATG, CASE_A = str(path("atg_adult_unrelated")), str(path("tisagenlecleucel_case_a"))
NOW, TOMORROW = "day+15T18:00", "-14"
PLAN = ("plan", ADULT, "--model", "sirolimus_wu2012", "--target", "sirolimus_itp_5_15", "--at", NOW)

DATA = """ID,TIME,EVID,AMT,DV,MDV,WEIGHT,BILIRUBIN
1,0,1,1.75,.,1,28.5,11.29
1,24,1,1.75,.,1,28.5,11.29
1,47.5,0,.,6.1,0,28.5,11.29
2,0,1,1.5,.,1,20,11.29
2,23.5,0,.,3.9,0,20,11.29
"""
"""A data set in NONMEM's form for `sirolimus_cheng2020`: two subjects, a level each."""

STREAM = """$PROBLEM one compartment
$INPUT ID TIME AMT DV
$DATA data.csv IGNORE=@
$SUBROUTINES ADVAN1 TRANS2
$PK
CL = THETA(1)*EXP(ETA(1))
V = THETA(2)
S1 = V
$ERROR
Y = F*(1 + EPS(1))
$THETA 1 2
$OMEGA 0.1
$SIGMA 0.1
"""
"""A control stream that is read."""

Outcome = tuple[int, str, str]
"""Exit code, stdout, stderr."""


class Shell:
    """Runs a command line in this process and gives code, stdout and stderr."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Outcome:
        code = run([str(a) for a in arguments])
        out, err = self._capsys.readouterr()
        return code, out, err

    def json(self, *arguments: object) -> Any:
        """The one JSON document on stdout, which holds nothing else."""
        code, out, err = self(*arguments)
        assert code == 0, err
        return json.loads(out)

    def wrong(self, *arguments: object, code: int = 2) -> str:
        """The one sentence of a command that refuses its input."""
        got, out, err = self(*arguments)
        assert got == code, err
        lines = [line for line in err.splitlines() if line.startswith("equipoise: ")]
        assert len(lines) == 1
        assert out == ""
        assert "Traceback" not in err
        return lines[0].removeprefix("equipoise: ")


def in_a_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from equipoise.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
