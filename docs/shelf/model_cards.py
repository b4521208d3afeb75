"""The card of each model, from the numbers that the code reads; make_pages.py writes them.

What was reproduced is computed when the page is made: a card cannot claim a number that the model
does not give.
"""

from __future__ import annotations

import math
from pathlib import Path

from equipoise import models
from equipoise.kinetics import Linear
from equipoise.model import Check, Model, Residual
from equipoise.source import Value

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "shelf" / "models"
NO_VALIDATION = "no external validation"


def card(model: Model) -> str:
    """The page of one model."""
    source = model.source
    doi = f" [doi:{source.doi}](https://doi.org/{source.doi})" if source.doi else ""
    where = f", {source.where}" if source.where else ""
    lines = [
        f"# {model.id}",
        "",
        f"{model.title}. {_dose(model)}",
        "",
        "| | |",
        "|---|---|",
        f"| source | {_cell(source.short)}{_cell(where)}{doi} |",
        f"| how it was read | {_cell(source.note) or '-'} |",
        f"| standing | {model.standing.word} |",
        f"| population | {_cell(model.population)} |",
        f"| serves | {model.population_class or 'any age'} |",
        f"| purpose | {', '.join(sorted(p.value for p in model.purposes))} |",
        f"| external validation | {_cell(model.external_validation)} |",
        "",
        f"Why it is here: {model.because}.",
        "",
        "## Domain",
        "",
    ]
    if model.domain:
        lines += ["Outside these ranges every answer carries a caution.", "",
                  "| covariate | studied | where |", "|---|---|---|"]  # fmt: skip
        lines += [
            f"| {name} | {r.words('').strip()} | {_cell(r.where) or '-'} |"
            for name, r in model.domain.items()
        ]
    else:
        lines.append("No range of any covariate is on the card: nothing can be checked.")
    lines += ["", "## What it reads of the patient", ""]
    if model.covariates:
        lines += ["| covariate | unit | typical | where the record has none |", "|---|---|---|---|"]
        for name, c in model.covariates.items():
            lacking = "nothing is computed" if c.required else "the typical value, with a caution"
            if c.by_time:
                lacking = "a function of time alone"
            lines.append(f"| {name} | {c.unit} | {c.reference:g} | {lacking} |")
    else:
        lines.append("Nothing.")
    lines += ["", "## Parameters", "", f"Structure: {_structure(model)}.", "",
              "| parameter | value | unit | where | note |", "|---|---|---|---|---|"]  # fmt: skip
    lines += [_parameter(name, value) for name, value in model.thetas.items()]
    lines += ["", "Between patients (SD on the scale of eta):", ""]
    lines += _etas(model)
    lines += ["", f"{model.omega_note}".strip(), ""] if model.omega_note else [""]
    if model.occasions is not None:
        spread = ", ".join(
            f"{eta} {math.sqrt(model.occasions.omega[i][i]):.3g}"
            for i, eta in enumerate(model.occasions.etas)
        )
        lines += [f"Between occasions (SD): {spread}. {model.occasions.where}.", ""]
    for reading in model.other_readings:
        lines += [f"Another reading of the same print: {reading.name}.", ""]
    lines += ["| analyte | unit | matrix | assay | residual error | where |",
              "|---|---|---|---|---|---|"]  # fmt: skip
    for o in model.observations:
        lines.append(
            f"| {o.analyte} | {o.unit} | {o.matrix or 'not given'} | {o.assay or 'not given'} | "
            f"{_residual(o.residual, o.unit)} | {_cell(o.residual.where) or '-'} |"
        )
    lines += ["", "## What was reproduced", ""]
    if model.checks:
        lines += ["| what | wanted | here | tolerance | where |", "|---|---|---|---|---|"]
        lines += [_check(model, check) for check in model.checks]
    else:
        lines.append("Nothing: no printed number was found that could be.")
    lines += ["", "## Traps", ""]
    lines += [f"- {trap}" for trap in model.traps] or ["None known."]
    test = f"tests/published/test_{model.id}.py"
    lines += ["", f"Module `src/equipoise/models/{_module(model)}.py`, tests `{test}`."]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


def _module(model: Model) -> str:
    return model.parameters.__module__.rpartition(".")[2]


def _dose(model: Model) -> str:
    return f"Doses in {model.dose_unit}, {' and '.join(model.routes) or 'no route'}."


def _structure(model: Model) -> str:
    if isinstance(model.structure, Linear):
        depot = " with absorption" if model.structure.depot else ""
        count = model.structure.compartments
        return f"{count} compartment{'s' if count > 1 else ''}{depot}, closed form"
    return f"differential equations of {', '.join(model.states)}"


def _parameter(name: str, value: Value) -> str:
    standing = "" if value.standing is None else f" ({value.standing.word})"
    return (
        f"| {name} | {value.number:.6g} | {value.unit} | {_cell(value.where)}{standing} | "
        f"{_cell(value.note) or '-'} |"
    )


def _etas(model: Model) -> list[str]:
    if not model.etas:
        return ["None."]
    omega = model.omega_matrix
    lines = ["| eta | SD | correlated with |", "|---|---|---|"]
    for i, name in enumerate(model.etas):
        other = [
            f"{model.etas[j]} {omega[i, j] / math.sqrt(omega[i, i] * omega[j, j]):.2g}"
            for j in range(len(model.etas))
            if j != i and omega[i, j] != 0.0
        ]
        lines.append(f"| {name} | {math.sqrt(omega[i, i]):.3g} | {', '.join(other) or '-'} |")
    return lines


def _residual(residual: Residual, unit: str) -> str:
    parts = []
    if residual.form:
        parts.append(residual.form)
    if residual.additive:
        parts.append(f"SD {residual.additive:g} {unit}")
    if residual.proportional:
        parts.append(f"{100.0 * residual.proportional:.4g} % of the prediction")
    if residual.log:
        parts.append(f"SD {residual.log:g} on the log scale")
    return _cell(" and ".join(parts)) or "none"


def _check(model: Model, check: Check) -> str:
    here = check.compute(model)
    return (
        f"| {_cell(check.what)} | {check.expected:.4g} {check.unit} | {here:.4g} {check.unit} | "
        f"{100.0 * check.tolerance:.2g} % | {_cell(check.where)} |"
    )


def index() -> str:
    """The list of the cards."""
    lines = [
        "# The shelf of models",
        "",
        "Each card is printed from the numbers that the code reads, by `docs/shelf/make_pages.py`; "
        "what was reproduced is computed when it is printed.",
        "",
        "| model | what | standing | purpose | reproduced | external validation |",
        "|---|---|---|---|---|---|",
    ]
    for m in models.ALL:
        purposes = ", ".join(sorted(p.value for p in m.purposes))
        lines.append(
            f"| [{m.id}]({m.id}.md) | {_cell(m.title)} | {m.standing.word} | {purposes} | "
            f"{len(m.checks)} | {_cell(m.external_validation)} |"
        )
    return "\n".join(lines) + "\n"


def cards() -> dict[str, str]:
    """File name -> text, of every card."""
    return {"index.md": index(), **{f"{m.id}.md": card(m) for m in models.ALL}}
