"""Figures in prose that another place also knows: counts of shelves, a study's table, speeds."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from equipoise import examples
from equipoise.shelves import SHELVES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
WORDS = {"eight": 8, "seven": 7, "six": 6, "nine": 9, "ten": 10}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_counts_of_shelves_are_those_of_the_shelves(page: Path) -> None:
    text = " ".join(page.read_text(encoding="utf-8").split())
    for shelf, said in (
        ("criteria", re.findall(r"\b(?:all|through|\() ?(\d+) criteria\b", text)),
        ("recommendations", re.findall(r"\b(\d+) recommendations\b", text)),
    ):
        entries = SHELVES.criteria if shelf == "criteria" else SHELVES.guidance
        assert {int(number) for number in said} <= {len(entries)}, f"{page.name}: {shelf}"
    for word in re.findall(r"\b(\w+) bundled patients\b", text):
        if word in WORDS or word.isdigit():
            count = WORDS.get(word) or int(word)
            assert count == len(examples.BUNDLED), f"{page.name}: {word} bundled patients"


def test_daily_answers_of_the_bundled_patients_are_the_studys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = ROOT / "studies" / "charting" / "measure.py"
    spec = importlib.util.spec_from_file_location("measure", place)
    assert spec is not None
    assert spec.loader is not None
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    measure.bundled()
    rows = re.findall(
        r"(\d+) strict, (\d+) by convention, of (\d+)", capsys.readouterr().out, re.MULTILINE
    )
    strict, conventional, applicable = (sum(map(int, column)) for column in zip(*rows, strict=True))
    text = " ".join((ROOT / "docs" / "conventions.md").read_text(encoding="utf-8").split())
    assert (
        f"of {applicable:,} applicable daily answers".replace(",", " ")
        + f" ({len(SHELVES.criteria)} criteria) {strict} are settled strictly and "
        f"{conventional} by convention" in text
    )


def test_speeds_in_milliseconds_stand_on_one_page() -> None:
    # What is measured again is changed in one place; limits.md names the goals, not the figures.
    for page in PAGES:
        if page.name not in ("how-right-how-fast.md", "limits.md"):
            assert not re.findall(r"\d ms\b", page.read_text(encoding="utf-8")), page.name
