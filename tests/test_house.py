"""The house stands as it is drawn: floors, lists, names, and what must not lie about.

`FLOORS` is the twin of the picture in docs/house.md; a test below compares the two.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

from equipoise import (
    criteria,
    decisions,
    effects,
    guidance,
    interactions,
    models,
    shelves,
    targets,
)
from equipoise.advice import Recommendation
from equipoise.criterion import Criterion
from equipoise.decision import Decision
from equipoise.interaction import Interaction
from equipoise.model import Model
from equipoise.target import Effect, Target

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "equipoise"

# Lowest floor first; on a floor, a room may use the rooms named before it.
FLOORS: dict[str, tuple[str, ...]] = {
    "ground": (
        "version", "source", "chance", "clock", "units", "names", "record", "regimen", "sitefile",
    ),
    "kinetics": ("kinetics",),
    "kinds": (
        "readout", "model", "occasions", "variants", "truth", "target", "series", "chart",
        "charting", "looks", "daybook", "criterion", "readers", "runs", "probe", "grading",
        "episodes", "tally", "advice", "interaction", "onboard", "signal", "trend", "differential",
        "decision", "assessment",
    ),
    "shelves": (
        "models", "targets", "effects", "criteria", "guidance", "interactions", "decisions",
    ),
    "verbs": (
        "checks", "files", "modelfile", "density", "descent", "likelihood", "datafile", "steps",
        "dataset", "profiles", "objective", "scout", "mode", "importance", "loglinear",
        "sampling", "components", "proposal", "fit", "diagnostics", "patient", "triage",
        "preference", "between", "plan", "joint", "interacting", "areas", "exposure", "boarding",
        "comparing", "signals", "nextdraw", "courses", "mixture", "offer", "policy", "guided",
        "strategy", "turnaround", "replay", "commissioning", "nonmem", "gradetable", "agreement",
        "pooling", "curves", "studies", "evidence",
    ),
    "jobs": ("shelves", "examples", "studytables", "supposed", "assess", "formulary",
             "bedside"),
    "faces": ("report", "cli"),
}  # fmt: skip

NOT_AMONG_THEMSELVES = ("shelves",)
"""Floors whose rooms never use each other."""

BESIDE = (("verbs", "shelves"),)
"""Floors that stand side by side: the first never uses the second, though it is named later."""

KINDS: dict[ModuleType, type] = {
    models: Model,
    targets: Target,
    effects: Effect,
    criteria: Criterion,
    guidance: Recommendation,
    interactions: Interaction,
    decisions: Decision,
}

LONGEST = 600
LONGEST_TEST = 900
"""A test may be a long list of cases; a module may not."""

BINS = ("utils", "util", "helpers", "helper", "common", "base", "misc", "internals")


def files_of_the_tree() -> list[Path]:
    """Every file that is or would be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:  # an unpacked source archive has no history
        hidden = (".venv", "out", "__pycache__")
        found = [p for p in ROOT.rglob("*") if not set(hidden) & set(p.relative_to(ROOT).parts)]
    return sorted(p for p in found if p.is_file())


MODULES = sorted(SOURCE.rglob("*.py"))
SCRIPTS = [p for p in files_of_the_tree() if p.suffix == ".py" and SOURCE not in p.parents]


def dotted(path: Path) -> str:
    """The module's name: equipoise.kinetics.linear."""
    parts = ["equipoise", *path.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(name: str) -> str:
    """The room a module stands in: equipoise.kinetics.linear -> kinetics; the package -> ""."""
    return [*name.split("."), ""][1]


def imports(path: Path) -> Iterator[tuple[int, str, str]]:
    """(line, module, name) of everything imported from the package; name "" for a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "equipoise":
                    yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno}: imports are absolute"
            module = node.module or ""
            if module.split(".")[0] == "equipoise":
                for alias in node.names:
                    whole = f"{module}.{alias.name}"
                    is_module = (SOURCE.parent / whole.replace(".", "/")).is_dir() or (
                        SOURCE.parent / f"{whole.replace('.', '/')}.py"
                    ).is_file()
                    yield node.lineno, *((whole, "") if is_module else (module, alias.name))


def floor_of(room: str) -> str:
    """The floor a room stands on; a package and a module of the same name are told apart above."""
    return next(floor for floor, rooms in FLOORS.items() if room in rooms)


# --- floors -------------------------------------------------------------------------------


def test_every_room_stands_on_one_floor() -> None:
    drawn = list(chain.from_iterable(FLOORS.values()))
    built = {room_of(dotted(p)) for p in MODULES} - {""}
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == built


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_go_down_only(path: Path) -> None:
    here = room_of(dotted(path))
    if not here:  # the package itself lends out its public names
        return
    order = list(FLOORS)
    floor = floor_of(here)
    for line, module, _ in imports(path):
        there = room_of(module)
        if there in (here, ""):
            assert there == here, f"{path.name}:{line}: import from the room, not the package"
            continue
        place = f"{path.relative_to(ROOT)}:{line}: {here} ({floor}) uses {there}"
        below = floor_of(there)
        assert order.index(below) <= order.index(floor), f"{place} ({below}), which is above"
        assert (floor, below) not in BESIDE, f"{place}: {floor} never use {below}"
        if below == floor:
            assert floor not in NOT_AMONG_THEMSELVES, f"{place}, on the same floor"
            rooms = FLOORS[floor]
            assert rooms.index(there) < rooms.index(here), f"{place}, which comes after it"


def test_the_picture_in_the_docs_is_this_table() -> None:
    text = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    drawn = dict(re.findall(r"^\| \*\*(\w+)\*\* \| ([^|]*) \|", text, re.MULTILINE))
    shown = {floor: tuple(re.findall(r"`(\w+)`", rooms)) for floor, rooms in drawn.items()}
    assert shown == FLOORS
    assert list(shown) == list(reversed(FLOORS)), "the page draws the highest floor first"


# --- lists --------------------------------------------------------------------------------


def modules_of(shelf: ModuleType) -> list[ModuleType]:
    """The modules of a shelf, imported."""
    folder = Path(str(shelf.__file__)).parent
    names = sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__")
    return [import_module(f"{shelf.__name__}.{name}") for name in names]


def made_in(module: ModuleType, kind: type) -> list[object]:
    """Entries of a kind that a module makes: at its top, alone or in a tuple."""
    source = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    assigned = {
        target.id
        for node in source.body
        for target in (
            node.targets if isinstance(node, ast.Assign)
            else [node.target] if isinstance(node, ast.AnnAssign)
            else []
        )
        if isinstance(target, ast.Name)
    }  # fmt: skip
    values = [getattr(module, name) for name in sorted(assigned)]
    together = chain.from_iterable(v if isinstance(v, tuple) else (v,) for v in values)
    return [value for value in together if isinstance(value, kind)]


@pytest.mark.parametrize("shelf", KINDS, ids=lambda shelf: str(shelf.__name__))
def test_the_list_of_a_shelf_is_complete(shelf: ModuleType) -> None:
    listed = {id(entry) for entry in shelf.ALL}
    users = {
        module for p in Path(str(shelf.__file__)).parent.glob("*.py") if p.stem != "__init__"
        for _, module, _ in imports(p)
    }  # fmt: skip
    for module in modules_of(shelf):
        made = made_in(module, KINDS[shelf])
        assert made or module.__name__ in users, f"{module.__name__} is in no list and unused"
        for entry in made:
            assert id(entry) in listed, f"{module.__name__}: {entry.id} is not in ALL"


@pytest.mark.parametrize("shelf", KINDS, ids=lambda shelf: str(shelf.__name__))
def test_the_list_of_a_shelf_is_made_by_hand(shelf: ModuleType) -> None:
    source = ast.parse(Path(str(shelf.__file__)).read_text(encoding="utf-8"))
    lists = [
        node.value
        for node in source.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "ALL"
    ]
    assert len(lists) == 1
    assert isinstance(lists[0], ast.Tuple)
    for element in lists[0].elts:
        inner = element.value if isinstance(element, ast.Starred) else element
        assert isinstance(inner, ast.Name | ast.Attribute), ast.unparse(element)
    ids = [entry.id for entry in shelf.ALL]
    assert len(ids) == len(set(ids))
    assert all(isinstance(entry, KINDS[shelf]) for entry in shelf.ALL)


def test_all_shelves_are_in_the_shelves() -> None:
    for shelf in KINDS:
        name = shelf.__name__.rpartition(".")[2]
        assert getattr(shelves.SHELVES, name) is shelf.ALL
    assert len(KINDS) == len(FLOORS["shelves"])


def test_every_panel_file_is_in_the_report() -> None:
    from equipoise.report import PANELS

    folder = SOURCE / "report"
    with_blocks = {
        dotted(p) for p in folder.glob("*.py")
        for node in ast.parse(p.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "blocks"
    }  # fmt: skip
    assert {panel.__module__ for panel in PANELS} == with_blocks


@pytest.mark.parametrize("shelf", ["models", "criteria"])
def test_every_published_model_and_criterion_has_a_test_of_its_numbers(shelf: str) -> None:
    files = {p.stem for p in (SOURCE / shelf).glob("*.py")} - {"__init__"}
    module = import_module(f"equipoise.{shelf}")
    named = {stem for stem in files if any(entry.id == stem for entry in module.ALL)}
    for name in sorted(named):
        assert (ROOT / "tests" / "published" / f"test_{name}.py").is_file(), name


# --- names --------------------------------------------------------------------------------


def is_public(name: str) -> bool:
    """Whether a name is for others."""
    return not name.startswith("_")


def undocumented(path: Path) -> Iterator[str]:
    """Public functions, classes and methods of a module without a docstring.

    A method that the module documents in one class needs no second docstring in another.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if ast.get_docstring(tree) is None:
        yield "the module"
    said = {
        inner.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for inner in node.body
        if isinstance(inner, ast.FunctionDef) and ast.get_docstring(inner) is not None
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and is_public(node.name):
            if ast.get_docstring(node) is None:
                yield f"{node.name} (line {node.lineno})"
            for inner in node.body if isinstance(node, ast.ClassDef) else []:
                if (
                    isinstance(inner, ast.FunctionDef)
                    and is_public(inner.name)
                    and inner.name not in said
                ):
                    yield f"{node.name}.{inner.name} (line {inner.lineno})"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_public_names_are_documented(path: Path) -> None:
    assert list(undocumented(path)) == []


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda p: str(p.relative_to(ROOT)))
def test_nobody_imports_a_private_name(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = list(imports(path))
    for line, module, name in found:
        parts = [*module.split("."), name]
        private = [p for p in parts if p.startswith("_") and not p.startswith("__")]
        assert not private, f"line {line}: {'.'.join(filter(None, parts))}"
    whole = {module.rpartition(".")[2] for _, module, name in found if not name}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in whole
        ):
            assert is_public(node.attr) or node.attr.startswith("__"), (
                f"line {node.lineno}: {node.value.id}.{node.attr}"
            )


def test_the_package_lends_out_what_it_names() -> None:
    import equipoise

    listed = getattr(equipoise, "__all__", [])
    assert listed, "the package names what is public, by hand"
    assert [name for name in listed if not hasattr(equipoise, name)] == []
    assert sorted(set(listed)) == sorted(listed)


# --- what must not lie about --------------------------------------------------------------


def test_no_file_is_too_long() -> None:
    limits = {**dict.fromkeys(MODULES, LONGEST), **dict.fromkeys(SCRIPTS, LONGEST_TEST)}
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in limits}
    assert {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > limits[p]} == {}


def test_there_are_no_bins() -> None:
    words = {part for p in MODULES for part in p.relative_to(SOURCE).with_suffix("").parts}
    assert words & set(BINS) == set()


# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = tuple("/" + folder + "/" for folder in ("home", "work", "root", "Users", "tmp"))
REGISTRIES = (
    *(".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))),
    "--index" + "-url",
    "--find" + "-links",
)


@pytest.mark.parametrize("path", files_of_the_tree(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_path_of_a_machine_and_no_registry(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        for word in (*MACHINE_PATHS, *REGISTRIES):
            assert word not in line, f"{path.relative_to(ROOT)}:{number} holds {word}"


def test_license_and_notice_are_there() -> None:
    license = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in license
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in license
    assert "LOINC is copyright" in (ROOT / "NOTICE").read_text(encoding="utf-8")
