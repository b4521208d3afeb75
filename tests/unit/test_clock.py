"""Clock times and their offset, on every face."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from command_shell import ADULT, ATG, NOW, PLAN, Shell
from equipoise.clock import clock_text, offset_text, written_offset

BUSULFAN = str(Path(ADULT).parent / "busulfan_adult.json")
CLOCK = re.compile(r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: \d{4})? "
                   r"\d\d:\d\d(?! [+-]\d\d:\d\d)")  # fmt: skip
"""A date with a clock time and no offset."""


def timeless(page: str) -> str:
    """A page without its timeline."""
    before, found, after = page.partition("\nTIMELINE" if "TIMELINE" in page else ">Timeline<")
    if not found:
        return before
    return before + after[after.index("\nCAUTIONS" if "TIMELINE" in page else "<h2") :]


@pytest.mark.parametrize(
    ("written", "offset", "said"),
    [
        ("2026-01-19T14:00:00+01:00", "+01:00", "19 Jan 14:00 +01:00"),
        ("2026-07-01T00:05:59-04:30", "-04:30", "1 Jul 00:05 -04:30"),
        ("2026-07-01T00:05:00Z", "+00:00", "1 Jul 00:05 +00:00"),
        ("2026-07-01T00:05:00", "", "1 Jul 00:05"),
    ],
)
def test_a_clock_time_has_its_offset(written: str, offset: str, said: str) -> None:
    moment = datetime.fromisoformat(written)
    assert offset_text(moment) == written_offset(written) == offset
    assert clock_text(moment) == said
    assert written_offset("") == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess", ADULT, "--at", NOW),
        ("assess", ADULT, "--at", NOW, "--json"),
        ("assess", BUSULFAN, "--at", "day-7T18:30"),
        ("assess", BUSULFAN, "--at", "day-7T18:30", "--note"),
        ("policy", ATG, str(Path(__file__).parents[2] / "examples" / "atg_fixed.toml"), "--at",
         "day-2T18:00"),
        PLAN,
        (*PLAN, "--json"),
    ],
    ids=lambda a: " ".join(a[:1] + a[-1:]),
)  # fmt: skip
def test_no_clock_time_stands_without_an_offset(shell: Shell, arguments: tuple[str, ...]) -> None:
    code, out, err = shell(*arguments)
    assert code == 0, err
    text = " ".join(timeless(out).split())
    assert not CLOCK.findall(text)
    assert "+01:00" in text


def test_the_report_says_the_offset_of_short_times_once(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("assess", ADULT, "--at", NOW, "--out", tmp_path)
    assert code == 0, err
    said = "Clock times are at +01:00, the offset of day 0, all year round"
    for name in ("report.txt", "report.html"):
        whole = (tmp_path / name).read_text(encoding="utf-8")
        # A column of times names the offset at its head.
        assert "Time, +01:00" in " ".join(whole.split())
        page = " ".join(timeless(whole).split())
        assert page.count(said) == 1, name
        assert not CLOCK.findall(page)
    assert json.loads((tmp_path / "assessment.json").read_text())["clock"].endswith("+01:00")


def test_entries_at_another_offset_are_said(shell: Shell, tmp_path: Path) -> None:
    content = json.loads(Path(ADULT).read_text(encoding="utf-8"))
    place = tmp_path / "r.json"
    place.write_text(json.dumps(content), encoding="utf-8")
    caution = "some times of the record are written at +02:00: all are shown at +01:00"
    assert not any(
        caution in c for c in shell.json("assess", place, "--at", NOW, "--json")["cautions"]
    )
    content["events"].append(
        {"type": "finding", "at": "2026-01-20T09:00:00+02:00", "name": "splenomegaly",
         "value": False}
    )  # fmt: skip
    place.write_text(json.dumps(content), encoding="utf-8")
    assert any(caution in c for c in shell.json("assess", place, "--at", NOW, "--json")["cautions"])
