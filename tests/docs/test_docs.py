"""Every block in the documentation runs, and what a page shows is what comes out.

python   executed, one namespace for each page; a text block that follows is its output
console  lines `$ equipoise ...` are run; `# exit N` at the end states another exit code than 0;
         the lines beneath are the output, `...` stands for lines left out
json     parsed; where it is a record it is read, written and read again
toml     an offer, charting conventions, or a dosing strategy
csv      a record

Numbers in outputs agree to 10 %, so that a page does not depend on the processor; words exactly.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import shlex
import socket
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from equipoise import files
from equipoise.assessment import DISCLAIMER
from equipoise.charting import parse_conventions
from equipoise.cli.entry import COMMANDS, run
from equipoise.cli.words import COMPILING
from equipoise.kinetics import kernels
from equipoise.offer import parse_offer
from equipoise.record import Record
from equipoise.shelves import SHELVES
from equipoise.strategy import parse_strategy

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "equipoise"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_RUN = ("make ", "pip install ", "git clone ", "cd ", "python examples/", "python benchmarks/")
"""Beginnings of console lines that are not ours to run here; the build runs the first two."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page; `line` is that of the fence."""

    page: str
    line: int
    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    language, start, lines = None, 0, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            if language is None:
                language, start, lines = line.removeprefix("```").strip(), number, []
            else:
                yield Block(page.name, start, language, "\n".join(lines) + "\n")
                language = None
        elif language is not None:
            lines.append(line)
    assert language is None, f"{page.name}:{start}: the block does not end"


# --- what is shown is what comes out ------------------------------------------------------

_NUMBER = re.compile(r"(?<![A-Za-z_\d.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def agree(shown: str, printed: str) -> bool:
    """Whether two lines say the same: words exactly, numbers within 10 %; last `...`: any rest."""
    if shown.endswith(" ..."):
        words = shown.split()[:-1]
        shown, printed = " ".join(words), " ".join(printed.split()[: len(words)])
    if _NUMBER.sub("#", " ".join(shown.split())) != _NUMBER.sub("#", " ".join(printed.split())):
        return False
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return all(
        a == b or abs(float(a) - float(b)) <= max(0.1 * abs(float(b)), 0.02) or _percent(a, b)
        for a, b in pairs
    )


def _percent(a: str, b: str) -> bool:
    return "." not in a + b and max(int(a), int(b)) <= 100 and abs(int(a) - int(b)) <= 2


def compare(place: str, shown: str, printed: str) -> None:
    """Fails where a shown line is not in the output, in order; `...` leaves lines out."""
    rest = [line for line in printed.splitlines() if line.strip()]
    skipping = False
    for line in (each for each in shown.splitlines() if each.strip()):
        if line.strip() == "...":
            skipping = True
            continue
        while rest and skipping and not agree(line, rest[0]):
            rest.pop(0)
        assert rest, f"{place}: not in the output: {line!r}\n--- printed\n{printed}"
        assert agree(line, rest[0]), f"{place}: shown {line!r}\n          printed {rest[0]!r}"
        rest.pop(0)
        skipping = False
    assert skipping or not rest, f"{place}: also printed {rest[:3]}"


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("trough 8.1 ng/mL", "trough  8.2 ng/mL", True),
        ("trough 8.1 ng/mL", "trough 9.9 ng/mL", False),
        ("within 98 %", "within 99 %", True),
        ("sirolimus_wu2012", "sirolimus_wu2013", False),
    ],
)
def test_lines_are_compared_with_care(shown: str, printed: str, same: bool) -> None:
    assert agree(shown, printed) is same


# --- running ------------------------------------------------------------------------------


def without_compiling(err: str) -> str:
    """What was said on stderr but for kernels compiled: that is the machine's cache, not the page.

    Whichever test is the first to need a kernel announces it, so with several processes, or after a
    change of the engine, it may be any page.
    """
    before, _, after = COMPILING.partition("{name}")
    kept = [
        line
        for line in err.splitlines(keepends=True)
        if not (line.startswith(before) and line.rstrip().endswith(after))
    ]
    return "".join(kept)


def run_console(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the commands of a console block and compare what they print."""
    commands: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append((line.removeprefix("$ "), []))
        elif commands[-1][0].endswith("\\"):
            commands[-1] = (commands[-1][0].removesuffix("\\") + line.strip(), [])
        else:
            commands[-1][1].append(line)
    for command, shown in commands:
        place = f"{block.page}:{block.line}: {command}"
        if command.startswith(NOT_RUN) or f"{command} ".startswith(NOT_RUN):
            continue
        line, _, stated = command.partition("# exit ")
        words = shlex.split(line)
        assert words[0] == "equipoise", place
        capsys.readouterr()
        code = run(words[1:])
        out = capsys.readouterr()
        assert code == int(stated or 0), f"{place}: exit {code}\n{out.out}{out.err}"
        assert "Traceback" not in out.err, place
        if shown and any(each.strip() for each in shown):
            # Notes go to stderr; a page shows what a terminal would.
            compare(place, "\n".join(shown), without_compiling(out.err) + out.out)


def check_json(block: Block) -> None:
    """A record is read, written and read again; anything else is at least JSON."""
    content = json.loads(block.text)
    if isinstance(content, dict) and content.get("equipoise") == 1:
        record = files.record_from_json(content)
        assert files.record_from_json(files.record_to_json(record)) == record


def check_csv(block: Block, folder: Path) -> Record:
    """A record as tidy CSV."""
    header = next(csv.reader(io.StringIO(block.text)))
    assert set(header) <= {*files.COLUMNS, *files.MORE_COLUMNS}, block.line
    path = folder / "block.csv"
    path.write_text(block.text, encoding="utf-8")
    return files.read_csv(path)[0]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a fresh clone and may be written into."""
    for name in ("src", "examples", "studies", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EQUIPOISE_DEBUG", raising=False)

    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError("no command and no example opens a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_block_of_a_page_runs(
    page: Path, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    namespace: dict[str, object] = {"__name__": page.stem}
    printed: str | None = None
    for block in blocks(page):
        place = f"{block.page}:{block.line}"
        if block.language == "text":
            if printed is not None:
                compare(place, block.text, printed)
            printed = None
            continue
        printed = None
        if block.language == "python":
            capsys.readouterr()
            # In a file, because compiled rates are read as text.
            file = desk / f"{page.stem}_{block.line}.py"
            file.write_text(block.text, encoding="utf-8")
            exec(compile(block.text, str(file), "exec"), namespace)
            printed = capsys.readouterr().out
        elif block.language == "console":
            run_console(block, capsys)
        elif block.language == "json":
            check_json(block)
        elif block.language == "csv":
            check_csv(block, desk)
        elif block.language == "toml" and "charting" in (content := tomllib.loads(block.text)):
            assert parse_conventions(content).silences, place
        elif block.language == "toml" and "strategy" in (content := tomllib.loads(block.text)):
            shelves = ({m.id: m for m in SHELVES.models}, {t.id: t for t in SHELVES.targets})
            assert parse_strategy(content, *shelves).agent, place
        elif block.language == "toml":
            record = Record(id="p", day0=files.record_from_json(_EMPTY).day0)
            offer = parse_offer(tomllib.loads(block.text), record)
            assert offer.amounts, place
            (desk / "offer.toml").write_text(block.text, encoding="utf-8")
        else:
            raise AssertionError(f"{place}: a block of language {block.language!r} is not run")


def test_a_kernel_compiled_on_the_way_changes_no_page(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def announce(module: ModuleType) -> None:
        if kernels.on_compile is not None:
            said.append(module.TITLE)
            kernels.on_compile(module.TITLE)

    monkeypatch.setattr(kernels, "announce", announce)
    line = "equipoise simulate blinatumomab_clements2020 --covariate bsa=1.9 --times 0,24"
    text = f"$ {line} --dose '28 ug/d iv over 28 d'\ntime,blinatumomab\n0,0\n...\n"
    run_console(Block("made up", 1, "console", text), capsys)
    assert said


_EMPTY = {"equipoise": 1, "id": "p", "day0": "2025-03-10T10:00:00+01:00", "events": []}


# --- pages hang together ------------------------------------------------------------------


def test_the_disclaimer_stands_where_people_begin() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        text = page.read_text(encoding="utf-8").replace("\n> ", " ")
        assert DISCLAIMER in " ".join(text.split()), page.name


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert page.name == "index.md" or f"({page.name})" in index, page.name


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "examples" / "README.md"], ids=lambda p: p.name
)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_is_documented() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for command in COMMANDS:
        assert f"equipoise {command}" in text, command


def conventions() -> Iterator[tuple[str, str]]:
    """(module, name) of every constant whose own docstring calls it a convention."""
    for path in sorted(SOURCE.rglob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for node, after in pairwise(body):
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            said = after.value if isinstance(after, ast.Expr) else None
            text = said.value if isinstance(said, ast.Constant) else ""
            if isinstance(text, str) and "convention" in " ".join(text.lower().split()):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                assert isinstance(target, ast.Name)
                if target.id.startswith("CONVENTION"):  # the source that all of them cite
                    continue
                yield path.relative_to(SOURCE).with_suffix("").as_posix(), target.id


def test_every_convention_is_on_its_page() -> None:
    text = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
    found = list(conventions())
    assert found
    for module, name in found:
        assert f"`{name}`" in text, f"{module}: {name} is not in docs/conventions.md"


def shelf_table() -> str:
    """What stands on the shelves, as the README shows it."""
    rows = ["| shelf | entry | what | standing |", "|---|---|---|---|"]
    rows += [f"| model | `{m.id}` | {m.title} | {m.standing.word} |" for m in SHELVES.models]
    rows += [f"| criterion | `{c.id}` | {c.title} | {c.standing.word} |" for c in SHELVES.criteria]
    for name, shelf in (("targets", SHELVES.targets), ("effects", SHELVES.effects)):
        for agent in dict.fromkeys(entry.agent for entry in shelf):
            here = [entry for entry in shelf if entry.agent == agent]
            what = "window" if name == "targets" else "cohort finding"
            what += "s" if len(here) > 1 else ""
            rows.append(f"| {name} | {agent} | {len(here)} {what} | {_standings(here)} |")
    rows.append(
        f"| guidance | | {len(SHELVES.guidance)} recommendations | {_standings(SHELVES.guidance)} |"
    )
    rows += [f"| decision | `{d.id}` | {d.title} | |" for d in SHELVES.decisions]
    return "\n".join(rows)


def _standings(entries: Iterable[Any]) -> str:
    counted = Counter(entry.standing for entry in entries)
    return ", ".join(f"{counted[s]} {s.word}" for s in sorted(counted, reverse=True))


def test_the_readme_shows_what_stands_on_the_shelves() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- shelves: begin -->")[2].partition("<!-- shelves: end -->")[0]
    assert shown.strip() == shelf_table(), f"README.md should show\n{shelf_table()}"
