"""Every example that a `--help` shows runs from the root of a clone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from equipoise.cli.entry import COMMANDS, run

ROOT = Path(__file__).resolve().parents[2]


def examples() -> Iterator[str]:
    """Each example as it is shown; one epilog may hold two."""
    for module, name in COMMANDS.values():
        command = getattr(import_module(module), name)
        parts = [command, *getattr(command, "commands", {}).values()]
        for part in parts:
            assert isinstance(part, click.Command)
            shown = " ".join((part.epilog or "").split())
            assert shown.startswith("Example: equipoise "), part.name
            for example in shown.removeprefix("Example: ").split("; of a cohort: "):
                # The bundled patients are run by their own tests.
                if not example.startswith("equipoise demo"):
                    yield example


@pytest.mark.parametrize("example", list(examples()))
def test_it_runs(
    example: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for folder in ("src", "examples"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(example)
    assert words[0] == "equipoise"
    code = run(words[1:])
    out, err = capsys.readouterr()
    assert code == 0, err
    wrote = list((tmp_path / "out").rglob("*")) if (tmp_path / "out").exists() else []
    assert out or wrote
    assert "Traceback" not in err
