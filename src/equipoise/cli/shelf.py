"""The shelf commands: every published thing, with source, standing, domain and checks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import click

from equipoise import criteria as criteria_shelf
from equipoise import guidance as guidance_shelf
from equipoise import interactions as interactions_shelf
from equipoise import models as models_shelf
from equipoise import targets as targets_shelf
from equipoise.assessment import to_json
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import json_option, print_json, show, table
from equipoise.grading import manual
from equipoise.interaction import STEADY_STATE, Interaction
from equipoise.kinetics import Linear
from equipoise.model import Model
from equipoise.modelfile import computed, load
from equipoise.sitefile import hint
from equipoise.source import review_due

Columns = Sequence[tuple[str, str]]


def nearest(name: str, known: Iterable[str]) -> str:
    """ "did you mean ...?" for a name that is not there."""
    names = list(known)
    return hint(name, names, f"there are {', '.join(names)}", cutoff=0.4)


def _group(name: str, about: str, example: str) -> click.Group:
    @click.group(name=name, help=about, epilog=f"Example: equipoise {name} {example}",
                 invoke_without_command=True)  # fmt: skip
    @json_option
    @click.pass_context
    def group(ctx: click.Context, as_json: bool) -> None:
        if ctx.invoked_subcommand is None:
            ctx.invoke(group.commands["list"], as_json=as_json)
        elif as_json:
            raise click.UsageError(f"--json goes behind {ctx.invoked_subcommand}", ctx)

    return group


models = _group("models", "Population models.", "show sirolimus_wu2012")
targets = _group("targets", "Target windows by indication and platform.", "list")
criteria = _group("criteria", "Toxicity criteria.", "show crs_astct2019")
guidance = _group("guidance", "Recommendations.", "list")
interactions = _group(
    "interactions", "Partners that change an agent's clearance.", "show sirolimus_voriconazole"
)


def _find(kind: str, id_: str, shelf: Mapping[str, Any]) -> Any:
    if id_ not in shelf:
        raise WrongInput(f"{kind} {id_}: not on the shelf; {nearest(id_, shelf)}")
    return shelf[id_]


@models.command("list", epilog="Example: equipoise models list --json")
@json_option
def list_models(as_json: bool) -> None:
    """All models."""
    if as_json:
        print_json([_model_head(m) for m in models_shelf.ALL])
        return
    columns: Columns = (("id", "left"), ("agent", "left"), ("population", "left"),
                        ("answers", "left"), ("standing", "left"))  # fmt: skip
    rows = [
        (m.id, m.agent, m.title, ", ".join(sorted(p.value for p in m.purposes)), m.standing.word)
        for m in models_shelf.ALL
    ]
    show(table(columns, rows))


@models.command("show", epilog="Example: equipoise models show sirolimus_wu2012")
@click.argument("id_", metavar="ID")
@json_option
def show_model(id_: str, as_json: bool) -> None:
    """One model: parameters with units and places, domain, standing, published numbers and ours.

    ID is a shelf id or a Python model file.
    """
    shelf = {m.id: m for m in models_shelf.ALL}
    model = load(id_, shelf) if id_.endswith(".py") else _find("model", id_, shelf)
    checks = [(c, computed(model, c)) for c in model.checks]
    if as_json:
        document = {
            **_model_head(model),
            "source": to_json(model.source),
            "population": model.population,
            "domain": to_json(model.domain),
            "covariates": to_json(model.covariates),
            "parameters": to_json(model.thetas),
            "etas": list(model.etas),
            "omega": to_json(model.omega),
            "omega_note": model.omega_note,
            "other_readings": to_json(model.other_readings),
            "observations": to_json(model.observations),
            "because": model.because,
            "traps": list(model.traps),
            "external_validation": model.external_validation,
            "checks": [
                {
                    "what": c.what, "published": c.expected, "ours": to_json(ours), "unit": c.unit,
                    "tolerance": c.tolerance, "where": c.where,
                    "within": _within(ours, c.expected, c.tolerance),
                }
                for c, ours in checks
            ],
        }  # fmt: skip
        print_json(document)
        return
    click.echo(f"{model.id}: {model.title}")
    click.echo(f"  source      {model.source.text}")
    if model.source.note:
        click.echo(f"              {model.source.note}")
    click.echo(f"  standing    {model.standing.word}")
    click.echo(f"  answers     {', '.join(sorted(p.value for p in model.purposes))}")
    click.echo(f"  population  {model.population}")
    click.echo(f"  domain      {'; '.join(r.words(n) for n, r in model.domain.items()) or '-'}")
    click.echo(f"  structure   {_structure(model)}")
    click.echo(f"  routes      {', '.join(model.routes)}; doses in {model.dose_unit}")
    rows = [(name, f"{v.number:g}", v.unit, v.where, v.note) for name, v in model.thetas.items()]
    show("\nparameters", table((("name", "left"), ("value", "right"), ("unit", "left"),
                                ("place", "left"), ("note", "left")), rows))  # fmt: skip
    spread = [
        (name, f"{omega:g}", f"{100 * math.sqrt(omega):.1f} %")
        for name, omega in zip(model.etas, (row[i] for i, row in enumerate(model.omega)),
                               strict=True)
    ]  # fmt: skip
    show("\nvariability between patients", table(
        (("eta", "left"), ("variance", "right"), ("SD (log scale)", "right")), spread))  # fmt: skip
    click.echo(model.omega_note)
    for reading in model.other_readings:
        variances = ", ".join(f"{row[i]:g}" for i, row in enumerate(reading.omega))
        click.echo(f"other reading, {reading.name}: variances {variances}")
    for o in model.observations:
        r = o.residual
        parts = [
            f"additive SD {r.additive:g} {o.unit}" if r.additive else "",
            f"proportional SD {100 * r.proportional:g} %" if r.proportional else "",
            f"SD {r.log:g} on the log scale" if r.log else "",
            r.form,
        ]
        words = " and ".join(p for p in parts if p)
        click.echo(f"residual of {o.analyte} ({o.matrix or 'matrix not said'}, "
                   f"{o.assay or 'assay not said'}): {words}; {r.where}")  # fmt: skip
    reproduced = [
        (c.what, f"{c.expected:.4g}", f"{ours:.4g}", c.unit, f"{100 * c.tolerance:g} %",
         "yes" if _within(ours, c.expected, c.tolerance) else "NO", c.where)
        for c, ours in checks
    ]  # fmt: skip
    show("\npublished numbers and ours", table(
        (("what", "left"), ("expected", "right"), ("ours", "right"), ("unit", "left"),
         ("tolerance", "right"), ("within", "left"), ("who prints it", "left")),
        reproduced))  # fmt: skip
    for trap in model.traps:
        click.echo(f"trap: {trap}")
    click.echo(f"external validation: {model.external_validation}")
    click.echo(f"why it is here: {model.because}")


def _within(ours: float, expected: float, tolerance: float) -> bool:
    return abs(ours - expected) <= tolerance * abs(expected) + 1e-12


def _review(id_: str, reviewed_on: date | None) -> tuple[tuple[str, str], ...]:
    """A row where an entry has not been reviewed for a year, as of today."""
    due = review_due([(id_, reviewed_on)], date.today())
    return (("caution", due),) if due else ()


def _structure(model: Model) -> str:
    if isinstance(model.structure, Linear):
        depot = " with a depot" if model.structure.depot else ""
        count = model.structure.compartments
        return f"linear, {count} compartment{'s' if count > 1 else ''}{depot}, closed form"
    return f"differential equations: {', '.join(model.states)}"


def _model_head(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "agent": model.agent,
        "title": model.title,
        "analytes": list(model.analytes),
        "answers": sorted(p.value for p in model.purposes),
        "standing": model.standing.word,
    }


@targets.command("list", epilog="Example: equipoise targets list --json")
@json_option
def list_targets(as_json: bool) -> None:
    """All target windows."""
    if as_json:
        print_json(targets_shelf.ALL)
        return
    rows = [
        (
            t.id,
            t.metric.value,
            t.window,
            ", ".join((*t.indications, *t.platforms)).replace("_", " ") or "any",
            t.standing.word,
        )
        for t in targets_shelf.ALL
    ]
    show(table((("id", "left"), ("metric", "left"), ("window", "left"), ("for", "left"),
                ("standing", "left")), rows))  # fmt: skip


@targets.command("show", epilog="Example: equipoise targets show sirolimus_itp_5_15")
@click.argument("id_", metavar="ID")
@json_option
def show_target(id_: str, as_json: bool) -> None:
    """One target window."""
    target = _find("target", id_, {t.id: t for t in targets_shelf.ALL})
    if as_json:
        print_json(target)
        return
    rows = [
        ("metric", target.metric.value),
        ("window", target.window),
        ("analyte", target.analyte),
        ("indications", ", ".join(target.indications).replace("_", " ") or "any"),
        ("platforms", ", ".join(target.platforms).replace("_", " ") or "any"),
        ("studied in", target.line),
        ("era", target.era),
        ("source", target.source.text),
        ("standing", target.standing.word),
        ("evidence", target.evidence.text if target.evidence else "-"),
        ("conflict", target.conflict or "-"),
        ("reviewed on", target.reviewed_on.isoformat()),
        *_review(target.id, target.reviewed_on),
        ("why it is here", target.because),
    ]
    show(target.id, table((("", "left"), ("", "left")), rows))


@criteria.command("list", epilog="Example: equipoise criteria list")
@json_option
def list_criteria(as_json: bool) -> None:
    """All criteria."""
    if as_json:
        print_json([_criterion_head(c) for c in criteria_shelf.ALL])
        return
    rows = [(c.id, c.title, c.measures, c.source.text, c.standing.word) for c in criteria_shelf.ALL]
    show(table((("id", "left"), ("title", "left"), ("gives", "left"), ("source", "left"),
                ("standing", "left")), rows))  # fmt: skip


def _criterion_head(criterion: Any) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "title": criterion.title,
        "measures": criterion.measures,
        "source": to_json(criterion.source),
        "standing": criterion.standing.word,
    }


@criteria.command("show", epilog="Example: equipoise criteria show hscore_2014")
@click.argument("id_", metavar="ID")
@json_option
def show_criterion(id_: str, as_json: bool) -> None:
    """One criterion: its table as the code reads it, windows, choices, conflicts."""
    criterion = _find("criterion", id_, {c.id: c for c in criteria_shelf.ALL})
    if as_json:
        print_json(
            {
                **_criterion_head(criterion),
                "items": [
                    {
                        "name": i.name,
                        "label": i.label,
                        "classes": list(i.classes),
                        "rules": list(i.rules),
                        "points": list(i.points),
                    }
                    for i in criterion.items
                ],
                "windows_hours": dict(criterion.windows),
                "notes": list(criterion.notes),
            }
        )
        return
    click.echo(manual(criterion), nl=False)


@guidance.command("list", epilog="Example: equipoise guidance list")
@json_option
def list_guidance(as_json: bool) -> None:
    """All recommendations."""
    if as_json:
        print_json(guidance_shelf.ALL)
        return
    rows = [
        (r.id, r.title, r.label_status or "-", r.evidence.level if r.evidence else "-",
         r.standing.word)
        for r in guidance_shelf.ALL
    ]  # fmt: skip
    show(table((("id", "left"), ("title", "left"), ("label", "left"), ("level", "left"),
                ("standing", "left")), rows))  # fmt: skip


@guidance.command("show", epilog="Example: equipoise guidance show sirolimus_posaconazole_label_us")
@click.argument("id_", metavar="ID")
@json_option
def show_guidance(id_: str, as_json: bool) -> None:
    """One recommendation with its source, strength and standing."""
    found = _find("recommendation", id_, {r.id: r for r in guidance_shelf.ALL})
    if as_json:
        print_json(found)
        return
    rows = [
        ("statement", found.statement),
        *(("or", f"{a.text} ({a.source.short}; {a.standing.word})") for a in found.alternatives),
        *(("would change it", each) for each in found.would_change),
        ("topic", found.topic or "-"),
        ("source", found.source.text),
        ("also", "; ".join(s.text for s in found.other_sources) or "-"),
        ("standing", found.standing.word),
        ("evidence", found.evidence.text if found.evidence else "-"),
        ("strength as published", found.strength or "-"),
        ("certainty as published", found.certainty or "-"),
        ("label status", found.label_status or "-"),
        ("region, label date", ", ".join(p for p in (found.region, found.label_date) if p) or "-"),
        ("reviewed on", found.reviewed_on.isoformat() if found.reviewed_on else "-"),
        *_review(found.id, found.reviewed_on),
    ]
    show(f"{found.id}: {found.title}", table((("", "left"), ("", "left")), rows))


@interactions.command("list", epilog="Example: equipoise interactions list")
@json_option
def list_interactions(as_json: bool) -> None:
    """All interactions that act on a model, and those that are told without a ratio."""
    if as_json:
        print_json(interactions_shelf.ALL)
        return
    rows = [
        (i.id, _ratio(i), i.dosing or "-", i.label_status or "-", i.standing.word)
        for i in interactions_shelf.ALL
    ]
    show(table((("id", "left"), ("exposure with / without", "left"), ("given as", "left"),
                ("label", "left"), ("standing", "left")), rows))  # fmt: skip


@interactions.command("show", epilog="Example: equipoise interactions show sirolimus_letermovir")
@click.argument("id_", metavar="ID")
@json_option
def show_interaction(id_: str, as_json: bool) -> None:
    """One interaction: label, ratio, who it was measured in, how it comes and goes."""
    found = _find("interaction", id_, {i.id: i for i in interactions_shelf.ALL})
    if as_json:
        print_json(found)
        return
    spread = f"{found.low:g}-{found.high:g} ({found.spread})" if found.spread else "-"
    label = f"{found.label_status} ({found.label.text})" if found.label else "none was read"
    paces = [f"half-life {h:g} h" if h else "at once" for h in (found.half_life, found.leaving)]
    pace = paces[0] if paces[0] == paces[1] else f"comes {paces[0]}, goes {paces[1]}"
    amount = f"{found.least:g}" if found.least == found.most else f"{found.least:g}-{found.most:g}"
    rows = [
        ("label", label),
        ("region, label date", ", ".join(p for p in (found.region, found.label_date) if p) or "-"),
        ("exposure with / without", _ratio(found)),
        ("as printed", spread),
        ("measured in", found.setting),
        ("given as", found.dosing or "not told"),
        ("dose of the partner", "not told" if math.isnan(found.least) else f"{amount} mg/d"),
        ("n", str(found.n) if found.n else "not told"),
        ("source", found.source.text),
        ("standing", found.standing.word),
        ("acts on a model", _acts(found)),
        (
            "comes and goes",
            f"{pace}: {found.timing.text} (time course: hypothesis)"
            if found.acts or found.half_life or found.leaving
            else "-",
        ),
        ("models of", found.population_class or "any population"),
        ("not in a model with", ", ".join(found.unless) or "-"),
        ("not beside", ", ".join(found.not_beside) or "-"),
        ("not in the model", ", ".join(found.not_in) or "-"),
        ("note", found.note or "-"),
        ("reviewed on", found.reviewed_on.isoformat() if found.reviewed_on else "-"),
        *_review(found.id, found.reviewed_on),
    ]
    show(f"{found.id}: {found.partner_label} with {found.agent}",
         table((("", "left"), ("", "left")), rows))  # fmt: skip


def _acts(found: Interaction) -> str:
    if math.isnan(found.ratio):
        return "no: without a ratio it is told beside the dose"
    if not found.acts:
        return f"no: a ratio of {found.standing.word} standing is told beside the dose"
    return "yes" if found.dosing == STEADY_STATE else "yes, where none measured at steady state can"


def _ratio(found: Interaction) -> str:
    return "none" if math.isnan(found.ratio) else f"{found.ratio:.3g} ({found.of})"
