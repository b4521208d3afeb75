"""`equipoise evidence`: studies put together where they may be, and a table where they may not."""

from __future__ import annotations

import json
from pathlib import Path

import click

from equipoise import studytables
from equipoise.assessment import to_json
from equipoise.cli.shelf import nearest
from equipoise.cli.words import json_option, print_json, show, table, write_text
from equipoise.evidence import ALL_METHODS, Synthesis, synthesize
from equipoise.pooling import INTERVALS
from equipoise.report.forest import (
    certainty_sentence,
    counts,
    evidence_page,
    heterogeneity_sentence,
    mean_sentence,
    result_span,
)
from equipoise.studies import EvidenceError, read_studies


@click.command(epilog="Example: equipoise evidence microtransplant_comparisons --out out/evidence")
@click.argument("studies", required=False)
@click.option("--method", type=click.Choice(ALL_METHODS), default="reml", show_default=True,
              help="Variance between studies; common and mantel-haenszel assume none.")  # fmt: skip
@click.option("--interval", type=click.Choice(INTERVALS), default="hartung-knapp",
              show_default=True, help="Of the mean.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False), metavar="DIR",
              help="evidence.html with the forest plot, and evidence.json, there.")  # fmt: skip
@json_option
def evidence(
    studies: str | None, method: str, interval: str, out: str | None, as_json: bool
) -> int:
    """Each study of a table with its interval and, where it may be made, their mean.

    STUDIES is a CSV, one study a row, or a table that comes with the package; without it those are
    listed. Fewer than three studies, mixed designs or shared patients give no mean.

    Columns: study, design (randomized, cohort, single_arm), measure (proportion, risk_ratio,
    hazard_ratio), outcome, patients (center and years), source, standing (published, transcribed,
    provisional, hypothesis), and the measure's numbers: events and total; with control_events and
    control_total; or estimate, low and high. Instead of these three, curves: a CSV beside the table
    with the columns arm (treatment, control), kind (survival, at_risk, events), time, value.
    """
    if studies is None:
        _list(as_json=as_json)
        return 0
    found = synthesize(read_studies(_place(studies)), method=method, interval=interval)
    if out is not None:
        document = json.dumps(to_json(found), indent=1, ensure_ascii=False, allow_nan=False)
        page = evidence_page(found)
        write_text(Path(out) / "evidence.json", document + "\n")
        write_text(Path(out) / "evidence.html", page)
    if as_json:
        print_json(found)
    else:
        _print(found)
    return 0


def _place(studies: str) -> Path:
    known = [t.id for t in studytables.TABLES]
    if studies in known:
        return studytables.path(studies)
    if Path(studies).exists() or Path(studies).suffix:
        return Path(studies)
    raise EvidenceError(f"{studies}: neither a file nor a table here; {nearest(studies, known)}")


def _list(*, as_json: bool) -> None:
    if as_json:
        print_json(studytables.TABLES)
        return
    show(table([("id", "left"), ("outcome", "left")],
               [[t.id, t.title] for t in studytables.TABLES]))  # fmt: skip


def _print(found: Synthesis) -> None:
    columns = [("study", "left"), ("design", "left"), ("events", "right"),
               ("estimate (95 %)", "right"), ("weight", "right"), ("standing", "left")]  # fmt: skip
    rows = [
        [
            r.study.name,
            r.study.design.value.replace("_", " "),
            counts(r.study) or "-",
            result_span(r, found.measure),
            "-" if r.weight != r.weight else f"{100 * r.weight:.0f} %",
            r.study.standing.word,
        ]
        for r in found.results
    ]
    click.echo(f"{found.outcome}, {found.measure.value.replace('_', ' ')}")
    show(table(columns, rows))
    click.echo(mean_sentence(found))
    if found.mean is not None:
        click.echo(heterogeneity_sentence(found.mean))
    click.echo(certainty_sentence(found))
    for caution in found.cautions:
        click.echo(f"caution: {caution}", err=True)
