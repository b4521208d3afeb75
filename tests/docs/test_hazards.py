"""The table of hazards: every row is whole, and the test that it names exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "hazards" / "index.md"
COLUMNS = ["hazard", "severity", "cause", "control", "what remains", "test"]


def _rows() -> list[list[str]]:
    lines = [n for n in PAGE.read_text(encoding="utf-8").splitlines() if n.startswith("|")]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert table[0] == COLUMNS
    return table[2:]


def _tests_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}


@pytest.mark.parametrize("row", _rows(), ids=lambda row: str(row[0]))
def test_a_hazard_has_a_cause_a_control_and_a_test_that_exists(row: list[str]) -> None:
    assert len(row) == len(COLUMNS)
    assert all(row)
    assert row[1] in ("A", "B", "C")
    for each in row[5].split(", "):
        place, _, name = each.strip("`").partition("::")
        assert name.startswith("test_")
        assert (ROOT / place).is_file(), place
        assert name in _tests_of(ROOT / place), f"{place} has no {name}"


def test_every_hazard_stands_once() -> None:
    named = [row[0] for row in _rows()]
    assert len(named) == len(set(named)) >= 20
