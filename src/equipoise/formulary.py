"""The formulary: what a site has approved, each thing in one version; all else is not.

A version is a hash of what decides an answer: the numbers of a target, the files of a model or a
criterion on the shelf, a statement with the file of its condition. Where a later release changes
one of them, the approval no longer holds, and the site is asked to look again.

    formulary = 1
    site = "Example center"
    version = "2026-11"
    approved_on = 2026-11-22
    approved_by = ["A. Physician", "B. Pharmacist"]
    [models]
    sirolimus_cheng2020 = "0123456789ab"
    [targets]
    [criteria]
    [guidance]
    [conventions]
    "Example ward, version 2026-11" = "0123456789ab"
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from equipoise.advice import Recommendation
from equipoise.assess import assess
from equipoise.assessment import Assessment, to_json
from equipoise.charting import Conventions
from equipoise.criterion import Criterion, Grade
from equipoise.model import Model
from equipoise.record import Record
from equipoise.shelves import SHELVES, Shelves
from equipoise.sitefile import hint, read_toml
from equipoise.target import Target

FORMAT = 1
DIGITS = 12

MODELS, TARGETS, CRITERIA, GUIDANCE = "models", "targets", "criteria", "guidance"
CONVENTIONS = "conventions"
KINDS = (MODELS, TARGETS, CRITERIA, GUIDANCE, CONVENTIONS)
HEAD = ("formulary", "site", "version", "approved_on", "approved_by")

NOT_APPROVED = "not approved here"

Entry = Model | Target | Criterion | Recommendation | Conventions


class FormularyError(ValueError):
    """A formulary that cannot be read, or that does not approve what was asked for."""


@dataclass(frozen=True, slots=True)
class Formulary:
    """What a site approved.

    approved  kind -> id -> version
    """

    site: str
    version: str
    approved_on: date
    approved_by: tuple[str, ...]
    approved: Mapping[str, Mapping[str, str]]

    @property
    def name(self) -> str:
        """As an answer prints it: "Example center, version 2026-11"."""
        return f"{self.site}, version {self.version}"

    def refusal(self, kind: str, id_: str, version: str) -> str:
        """Why a thing is not approved here, or ""."""
        approved = self.approved[kind].get(id_)
        if approved == version:
            return ""
        if approved is None:
            return f"{id_} is {NOT_APPROVED} (formulary {self.name})"
        return (
            f"{id_} is {NOT_APPROVED}: version {approved} was (formulary {self.name}), this is "
            f"{version}; look at what changed, then approve it anew"
        )


def read_formulary(path: str | Path) -> Formulary:
    """Read a site's formulary.

    Fails  FormularyError for an unknown key, an id that is on no shelf, or no version.
    """
    content = read_toml(path, "formulary", FormularyError)
    return parse_formulary(content)


def parse_formulary(content: Mapping[str, Any], shelves: Shelves = SHELVES) -> Formulary:
    """The same from a mapping.

    A model may stand there that is on no shelf: a center's own file, approved by its hash.
    """
    for key in content:
        if key not in (*HEAD, *KINDS):
            there = ", ".join((*HEAD, *KINDS))
            raise FormularyError(f"formulary: unknown key {key!r}; there are {there}")
    if content.get("formulary") != FORMAT:
        raise FormularyError(f"formulary: begin the file with formulary = {FORMAT}")
    for key, example in (("site", "Example center"), ("version", "2026-11")):
        if not isinstance(content.get(key), str) or not content[key].strip():
            raise FormularyError(
                f'formulary: {key} is missing or no text; write {key} = "{example}"'
            )
    when = content.get("approved_on")
    if not isinstance(when, date) or isinstance(when, datetime):
        raise FormularyError(
            "formulary: approved_on is missing or no date; write approved_on = 2026-11-22"
        )
    by = content.get("approved_by")
    if not isinstance(by, list) or len(by) < 2 or not all(isinstance(n, str) and n for n in by):
        raise FormularyError(
            'formulary: approved_by wants two names, as in approved_by = ["A. One", "B. Two"]'
        )
    approved: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        table = content.get(kind, {})
        if not isinstance(table, Mapping):
            raise FormularyError(f"formulary: write a table [{kind}] with a line for each id")
        known = {entry.id for entry in getattr(shelves, kind, ())}
        for id_, version in table.items():
            if not isinstance(version, str) or not version.strip():
                raise FormularyError(
                    f"formulary: [{kind}] {id_} has no version; `equipoise formulary` prints it"
                )
            if kind not in (MODELS, CONVENTIONS) and id_ not in known:
                remedy = hint(id_, known, f"`equipoise {kind}` lists them", cutoff=0.4)
                raise FormularyError(f"formulary: [{kind}] {id_} is not on the shelf; {remedy}")
        approved[kind] = {str(k): v.strip() for k, v in table.items()}
    return Formulary(content["site"].strip(), content["version"].strip(), when, tuple(by), approved)


def write(formulary: Formulary) -> str:
    """The file, from what was approved."""
    names = ", ".join(json.dumps(n, ensure_ascii=False) for n in formulary.approved_by)
    lines = [
        f"formulary = {FORMAT}",
        f"site = {json.dumps(formulary.site, ensure_ascii=False)}",
        f"version = {json.dumps(formulary.version, ensure_ascii=False)}",
        f"approved_on = {formulary.approved_on.isoformat()}",
        f"approved_by = [{names}]",
    ]
    for kind in KINDS:
        lines += ["", f"[{kind}]"]
        for id_, version in sorted(formulary.approved[kind].items()):
            key = id_ if id_.replace("_", "").isalnum() and id_.isascii() else json.dumps(id_)
            lines.append(f'{key} = "{version}"')
    return "\n".join(lines) + "\n"


# --- versions ----------------------------------------------------------------------------------


def version_of(entry: Entry) -> str:
    """The version of an entry: the same wherever it is computed, another one where it changed."""
    parts: list[str] = []
    if isinstance(entry, Target | Conventions):
        parts.append(json.dumps(to_json(entry), sort_keys=True))
    elif isinstance(entry, Recommendation):
        parts.append(json.dumps(to_json(entry), sort_keys=True))
        parts += files_of(_module(entry.predicate))
    elif isinstance(entry, Model):
        parts += files_of(_module(entry.parameters))
    else:
        parts += files_of(_module_with(entry))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:DIGITS]


def versions(shelves: Shelves = SHELVES) -> dict[str, dict[str, str]]:
    """Kind -> id -> version of everything that a formulary can approve; no conventions are ours."""
    return {
        MODELS: {m.id: version_of(m) for m in shelves.models},
        TARGETS: {t.id: version_of(t) for t in shelves.targets},
        CRITERIA: {c.id: version_of(c) for c in shelves.criteria},
        GUIDANCE: {r.id: version_of(r) for r in shelves.guidance},
        CONVENTIONS: {},
    }


def _module(function: Callable[..., Any]) -> ModuleType | None:
    return sys.modules.get(str(getattr(function, "__module__", "")))


def _module_with(criterion: Criterion) -> ModuleType | None:
    """The module of the shelf that defines a criterion."""
    folder = "equipoise.criteria."
    modules = [m for name, m in sys.modules.items() if name.startswith(folder)]
    named = sorted(modules, key=lambda m: (m.__name__ != folder + criterion.id, m.__name__))
    return next((m for m in named if any(v is criterion for v in vars(m).values())), None)


@cache
def files_of(module: ModuleType | None) -> tuple[str, ...]:
    """The text of a module's file and of those of its own shelf that it takes from."""
    if module is None:
        raise ValueError("an entry whose file is not known has no version")
    shelf = module.__name__.rpartition(".")[0]
    found: dict[str, ModuleType] = {}
    waiting = [module]
    while waiting:
        one = waiting.pop()
        if one.__name__ in found:
            continue
        found[one.__name__] = one
        for value in vars(one).values():
            name = value.__name__ if isinstance(value, ModuleType) else _home(value)
            there = sys.modules.get(name)
            if there is not None and shelf and name.startswith(shelf + "."):
                waiting.append(there)
    texts = []
    for name in sorted(found):
        file = inspect.getsourcefile(found[name])
        assert file is not None
        # Line ends depend on how a release was unpacked.
        texts.append(Path(file).read_text(encoding="utf-8").replace("\r\n", "\n"))
    return tuple(texts)


def _home(value: Any) -> str:
    name = getattr(value, "__module__", "")
    return name if isinstance(name, str) else ""


# --- what a site sees --------------------------------------------------------------------------


def narrowed(formulary: Formulary, shelves: Shelves = SHELVES) -> tuple[Shelves, dict[str, str]]:
    """The shelves as a site approved them, and why each other thing is not: "kind id" -> sentence.

    Models and targets that are not approved are taken away: nothing is computed by them. Criteria
    and recommendations stay, because a warning is not silenced for want of a signature; their
    titles say that they are not approved here.
    """
    why: dict[str, str] = {}

    def ok(kind: str, id_: str, entry: Entry) -> bool:
        said = formulary.refusal(kind, id_, version_of(entry))
        if said:
            why[f"{kind} {id_}"] = said
        return not said

    return (
        replace(
            shelves,
            models=tuple(m for m in shelves.models if ok(MODELS, m.id, m)),
            targets=tuple(t for t in shelves.targets if ok(TARGETS, t.id, t)),
            criteria=tuple(
                c if ok(CRITERIA, c.id, c) else replace(c, title=_marked(c.title))
                for c in shelves.criteria
            ),
            guidance=tuple(
                r if ok(GUIDANCE, r.id, r) else replace(r, title=_marked(r.title))
                for r in shelves.guidance
            ),
        ),
        why,
    )


def _marked(title: str) -> str:
    return f"{title} ({NOT_APPROVED})"


def marked_grade(formulary: Formulary, criterion: Criterion, grade: Grade) -> Grade:
    """A grade whose sentence says so where its criterion is not approved."""
    why = formulary.refusal(CRITERIA, criterion.id, version_of(criterion))
    return replace(grade, sentence=_marked(grade.sentence)) if why else grade


def require(formulary: Formulary, kind: str, id_: str, entry: Entry) -> None:
    """Fails  FormularyError where an entry is not approved."""
    why = formulary.refusal(kind, id_, version_of(entry))
    if why:
        raise FormularyError(why)


def assess_approved(
    formulary: Formulary,
    record: Record,
    at: float,
    *,
    seed: int = 1,
    conventions: Conventions | None = None,
    shelves: Shelves = SHELVES,
    progress: Callable[[str], None] = lambda _what: None,
) -> Assessment:
    """The main job by what a site approved; what was left out for this patient's drugs is said.

    Fails  FormularyError for charting conventions that are not approved.
    """
    if conventions is not None:
        require(formulary, CONVENTIONS, conventions.name, conventions)
    approved, why = narrowed(formulary, shelves)
    answer = assess(
        record, at, seed=seed, conventions=conventions, shelves=approved, progress=progress
    )
    agents = set(record.assuming_turnaround().until(at).agents())
    of_patient = [
        f"{kind} {e.id}"
        for kind, entries in ((MODELS, shelves.models), (TARGETS, shelves.targets))
        for e in _of_agents(entries, agents)
    ]
    left_out = [why[key] for key in of_patient if key in why]
    marked = sum(f"{CRITERIA} {g.criterion}" in why for g in answer.grades)
    if marked:
        left_out.append(
            f"{marked} of {len(answer.grades)} criteria shown are {NOT_APPROVED}; their titles say "
            "which"
        )
    return replace(
        answer,
        cautions=(*left_out, *answer.cautions),
        made_by=(*answer.made_by, ("formulary", formulary.name)),
    )


def _of_agents(entries: Sequence[Any], agents: Iterable[str]) -> list[Any]:
    wanted = set(agents)
    return [e for e in entries if e.agent in wanted]
