"""American spelling in pages and messages; titles of papers and names of drugs as they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "CONTRIBUTING.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if p.name != "limits.md"),
    *sorted((ROOT / "examples").glob("*.md")),
    *sorted((ROOT / "examples").glob("*.toml")),
    *sorted((ROOT / "src" / "equipoise" / "examples").glob("*.md")),
]
SOURCES = sorted((ROOT / "src" / "equipoise").rglob("*.py"))

BRITISH = re.compile(
    r"\b(?:centre|modell(?:ed|ing)|licence|labell(?:ed|ing)|travell(?:ed|ing)|judgement|litre|"
    r"catalogue|honour|favour|colour|behaviour|neighbour|tumour|towards|learnt|whilst|grey|programme|"
    r"oedema|diarrhoea|paediatric|leukaemi[ac]|anaemi[ac]|haemo(?!philus)\w+|ischaemi\w+|"
    r"(?:standard|random|normal|vector|optim|minim|maxim|recogn|organ|summar|general|character|"
    r"real|mobil|stabil|hospital|categor|emphas)is(?:e|ed|es|ing|ation))s?\b",
    re.IGNORECASE,
)

AS_WRITTEN = (
    ("names/__init__.py", "haemoglobin"), ("units/table.py", "litre"), ("units/table.py", "litres"),
)  # fmt: skip
"""(file, word): spellings that are understood."""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_american_spelling_of_pages(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert not [(number, hit[0]) for number, line in enumerate(lines, 1)
                for hit in BRITISH.finditer(line)]  # fmt: skip


def test_american_spelling_of_messages() -> None:
    """What the program can say: strings that are no docstrings."""
    found = []
    for place in SOURCES:
        tree = ast.parse(place.read_text(encoding="utf-8"))
        silent = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                hits = {hit[0].lower() for hit in BRITISH.finditer(node.value)}
                hits -= {word for file, word in AS_WRITTEN if str(place).endswith(file)}
                if hits and id(node) not in silent:
                    found.append((place.name, node.lineno, hits))
    assert not found
