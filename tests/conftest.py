"""What all tests share: where reference data lie, and a table of what was skipped and why."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from command_shell import Shell

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_REFERENCE_DATA = "../shared/data"


def _reference_folder() -> Path:
    """The folder of `EQUIPOISE_REFERENCE_DATA`, relative to the project where not absolute."""
    named = os.environ.get("EQUIPOISE_REFERENCE_DATA") or DEFAULT_REFERENCE_DATA
    return (ROOT / named).resolve()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of data sets and results made by others; the test is skipped where it is absent.

    They are not part of the project: each has its own license.
    """
    folder = _reference_folder()
    if not folder.is_dir():
        pytest.skip("no reference data: set EQUIPOISE_REFERENCE_DATA to their folder")
    return folder


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs command lines in this process."""
    return Shell(capsys)


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of bundled patients and models."""
    return ROOT / "examples"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A table of what was skipped and why, at the end of every run; "nothing" says so too."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons: Counter[tuple[str, str]] = Counter()
    for report in skipped:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[report.nodeid.split("::")[0], why.removeprefix("Skipped: ")] += 1
    terminalreporter.section("skipped, and why")
    if not reasons:
        terminalreporter.line("nothing was skipped")
        return
    width = max(len(file) for file, _ in reasons)
    terminalreporter.line(f"{'tests':>5}  {'file':<{width}}  why")
    for (file, why), number in sorted(reasons.items()):
        terminalreporter.line(f"{number:>5}  {file:<{width}}  {why}")
