"""Writes docs/shelf/criteria and docs/shelf/models, a page for each, from what the code reads.

    python docs/shelf/make_pages.py

Run it after a criterion or a model, or a test of one, has changed; tests/docs/test_shelf_pages.py
fails until then. Cards of models are made by model_cards.py beside this file. Nothing on the pages
is written by hand: rules, windows, choices and sources come from the criterion, boundaries from the
limits and numbers of its module, tests from the files that hold them.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from equipoise import criteria, units
from equipoise.criterion import Criterion
from equipoise.grading import manual
from equipoise.truth import Limit

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "shelf" / "criteria"
COMMON = {Decimal(0), Decimal(1), Decimal(2)}
"""Bare numbers that say too little to be taken for a value of a boundary."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A limit of a module, and where both of its sides are tested.

    name         of the constant, with its place where it is one of several
    met, unmet   test functions that name a value on this side
    """

    name: str
    limit: Limit
    met: tuple[str, ...]
    unmet: tuple[str, ...]


def module_of(criterion: Criterion) -> ModuleType:
    """The module of a criterion: the one of its name, else the first that has it."""
    names = [m.name for m in pkgutil.iter_modules(criteria.__path__)]
    for name in sorted(names, key=lambda n: n != criterion.id):
        module = importlib.import_module(f"equipoise.criteria.{name}")
        if any(value is criterion for value in vars(module).values()):
            return module
    raise ValueError(f"{criterion.id}: no module of the shelf defines it")


def limits_of(module: ModuleType) -> Iterator[tuple[str, Limit]]:
    """Every limit among a module's constants, alone or in tuples and tables."""
    seen: set[int] = set()
    for name, value in vars(module).items():
        if not name.isupper() or name.startswith("_"):
            continue
        for place, limit in _limits(name, value):
            if id(limit) not in seen:
                seen.add(id(limit))
                yield place, limit


def _limits(name: str, value: Any) -> Iterator[tuple[str, Limit]]:
    if isinstance(value, Limit):
        yield name, value
    elif isinstance(value, tuple | list):
        for number, each in enumerate(value, 1):
            yield from _limits(f"{name} {number}", each)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _limits(f"{name} {key}", each)


def numbers_of(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    """(name, value, what it is) of every other number among a module's own constants."""
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    for node, after in pairwise([*body, ast.Pass()]):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or not target.id.isupper() or target.id[0] == "_":
            continue
        value = getattr(module, target.id, None)
        said = after.value if isinstance(after, ast.Expr) else None
        words = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
        if _is_number(value):
            yield target.id, _written(value), " ".join(words.split())


def _is_number(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_is_number(each) for each in value)
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _written(value: Any) -> str:
    return ", ".join(_written(v) for v in value) if isinstance(value, tuple) else f"{value:g}"


# --- tests ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """A test function and the values that it names, itself or through tables of its file."""

    place: str
    texts: frozenset[str]
    numbers: frozenset[Decimal]


@cache
def tests_of(file: Path) -> tuple[Test, ...]:
    """The tests of a file."""
    if not file.exists():
        return ()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    tables: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                tables[target.id] = node
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("test_"):
            tables[node.name] = node
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            parts: dict[int, ast.AST] = {}
            _reached(node, tables, parts)
            constants = [
                c.value for part in parts.values() for c in ast.walk(part)
                if isinstance(c, ast.Constant)
            ]  # fmt: skip
            texts = frozenset(c.strip() for c in constants if isinstance(c, str))
            numbers = {Decimal(str(c)) for c in constants if _is_number(c)}
            numbers |= {n for n in map(_decimal, texts) if n is not None}
            found.append(Test(node.name, texts, frozenset(numbers - COMMON)))
    return tuple(found)


def _reached(node: ast.AST, tables: Mapping[str, ast.AST], parts: dict[int, ast.AST]) -> None:
    """A function with the tables and helpers that it names."""
    if id(node) in parts:
        return
    parts[id(node)] = node
    for name in ast.walk(node):
        if isinstance(name, ast.Name) and name.id in tables:
            _reached(tables[name.id], tables, parts)


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@cache
def _quantity(text: str) -> tuple[Decimal, str] | None:
    try:
        found = units.parse(text)
    except ValueError:
        return None
    return None if found.comparator else (Decimal(found.number), found.unit)


def boundaries(criterion: Criterion) -> list[Boundary]:
    """Limits of a criterion with the tests of both sides."""
    module = module_of(criterion)
    file = ROOT / "tests" / "published" / f"test_{module.__name__.rpartition('.')[2]}.py"
    found = []
    for name, limit in limits_of(module):
        sides: dict[bool, list[str]] = {True: [], False: []}
        for test in tests_of(file):
            for met, places in sides.items():
                if _names(test, limit, met=met):
                    places.append(test.place)
        found.append(Boundary(name, limit, tuple(sides[True]), tuple(sides[False])))
    return found


def _names(test: Test, limit: Limit, *, met: bool) -> bool:
    """Whether a test names a value of one side, from the limit to the next at its precision."""
    for printed in limit.printed:
        alone = Limit(limit.relation, (printed,), limit.substance)
        number, unit = Decimal(units.parse(alone.example(met=met)).number), printed[1]
        bound, code = Decimal(printed[0]), units.unit(unit).code
        if number in test.numbers:
            return True
        for text in test.texts:
            found = _quantity(text)
            if found is None or not _like(found[1], code, limit.substance):
                continue
            value = units.convert(found[0], found[1], code, substance=limit.substance)
            near = min(number, bound) <= value <= max(number, bound)
            if near and (value != bound or number == bound):
                return True
    return False


@cache
def _like(first: str, second: str, substance: str) -> bool:
    try:
        units.convert(Decimal(1), first, second, substance=substance)
    except ValueError:
        return False
    return True


# --- pages ---------------------------------------------------------------------------------------


def gaps(limit: Limit) -> list[str]:
    """Where the printed numbers of a limit are not the same value, in words."""
    first_number, first_unit = limit.printed[0]
    found = []
    for number, unit in limit.printed[1:]:
        as_first = units.convert(Decimal(number), unit, first_unit, substance=limit.substance)
        if as_first != Decimal(first_number):
            low, high = sorted((float(as_first), float(first_number)))
            found.append(
                f"{number} {unit} is {float(as_first):.4g} {first_unit}: between {low:.4g} and "
                f"{high:.4g} {first_unit} the unit of entry decides"
            )
    return found


def page(criterion: Criterion) -> str:
    """The page of one criterion."""
    module = module_of(criterion)
    name = module.__name__.rpartition(".")[2]
    lines = [manual(criterion).rstrip(), "", "## Boundaries", ""]
    found = boundaries(criterion)
    if found:
        lines += [
            "A value is compared in its unit of entry where the source prints that unit, else in "
            "the first. Tested: functions that name a value of that side no further from the limit "
            "than the one shown.",
            "",
            "| limit | rule | met at | tested by | not met at | tested by |",
            "|---|---|---|---|---|---|",
        ]
        for b in found:
            lines.append(
                f"| `{b.name}` | {b.limit.text} | {b.limit.example(met=True)} | {_tests(b.met)} | "
                f"{b.limit.example(met=False)} | {_tests(b.unmet)} |"
            )
    else:
        lines.append("No limit of a measurement stands in the module of this criterion itself.")
    numbers = list(numbers_of(module))
    if numbers:
        lines += ["", "Other numbers of the module:", "", "| name | value | what it is |",
                  "|---|---|---|"]  # fmt: skip
        lines += [f"| `{n}` | {value} | {words} |" for n, value, words in numbers]
    uneven = [f"- `{b.name}`: {text}" for b in found for text in gaps(b.limit)]
    lines += ["", "## Rounding gaps between unit systems", ""]
    lines += uneven or ["None: each limit is printed once, or its numbers are the same value."]
    tested = f"tests/published/test_{name}.py"
    lines += ["", f"Module `src/equipoise/criteria/{name}.py`, tests `{tested}`."]
    return "\n".join(lines) + "\n"


def _tests(places: tuple[str, ...]) -> str:
    if not places:
        return "-"
    shown = ", ".join(f"`{place}`" for place in places[:3])
    return shown if len(places) <= 3 else f"{shown} and {len(places) - 3} more"


def index() -> str:
    """The list of the pages, with how many boundaries have a test on both sides."""
    lines = [
        "# The shelf of criteria",
        "",
        "Each page is printed from the tables that the code reads, by `docs/shelf/make_pages.py`. "
        "Both sides: limits for which a test names a value just inside and one just outside.",
        "",
        "| criterion | what | gives | standing | limits | both sides |",
        "|---|---|---|---|---|---|",
    ]
    for criterion in criteria.ALL:
        found = boundaries(criterion)
        both = sum(bool(b.met and b.unmet) for b in found)
        lines.append(
            f"| [{criterion.id}]({criterion.id}.md) | {criterion.title} | {criterion.measures} | "
            f"{criterion.standing.word} | {len(found)} | {both} |"
        )
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """File name -> text, of every page."""
    return {"index.md": index(), **{f"{c.id}.md": page(c) for c in criteria.ALL}}


def main() -> None:
    """Write them; pages of entries that are gone are removed."""
    import model_cards

    for folder, made in ((FOLDER, pages()), (model_cards.FOLDER, model_cards.cards())):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.md"):
            if old.name not in made:
                old.unlink()
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"{len(made)} pages in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
