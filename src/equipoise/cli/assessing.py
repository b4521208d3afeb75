"""`equipoise assess` and `equipoise demo`: the main job."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from equipoise import examples, files, report
from equipoise.assess import assess as assess_record
from equipoise.assessment import DISCLAIMER, NOT_FOR_DOSING, Assessment, to_json
from equipoise.bedside import bedside_note
from equipoise.charting import read_conventions
from equipoise.cli.approving import formulary_option
from equipoise.cli.charting import conventions_option
from equipoise.cli.errors import WrongInput
from equipoise.cli.words import (
    at_option,
    json_option,
    moment,
    print_json,
    read_record,
    seed_option,
    show,
    three,
    working,
    write_text,
)
from equipoise.formulary import assess_approved, read_formulary
from equipoise.report.bedside import note_page, note_text
from equipoise.shelves import SHELVES

research_option = click.option(
    "--research", is_flag=True,
    help="Let provisional things feed options; every output is marked NOT FOR DOSING.",
)  # fmt: skip


@click.command(
    epilog="Example: equipoise assess src/equipoise/examples/sirolimus_adult.json "
    "--at day+15T18:00 --out out/sirolimus"
)
@click.argument("record", type=click.Path(dir_okay=False))
@at_option
@click.option(
    "--out", type=click.Path(file_okay=False), metavar="DIR",
    help="Write assessment.json, report.html and report.txt there.",
)  # fmt: skip
@click.option("--pdf", is_flag=True, help="Also write report.pdf (extra: equipoise[pdf]).")
@click.option(
    "--note",
    is_flag=True,
    help="Print the one-page note for the chart instead; with --out also note.html.",
)
@conventions_option
@formulary_option
@research_option
@seed_option
@json_option
def assess(
    record: str,
    when: str | None,
    out: str | None,
    pdf: bool,
    note: bool,
    conventions_file: str | None,
    formulary_file: str | None,
    research: bool,
    seed: int,
    as_json: bool,
) -> int:
    """Assess one patient at one moment: open decisions, exposures, options, grades, advice.

    RECORD is a JSON or CSV file; nothing that was known after WHEN is looked at.
    """
    if pdf and out is None:
        raise click.UsageError("--pdf needs --out DIR to write into")
    if pdf and find_spec("weasyprint") is None:
        # Said before the work is done, and before half of the files are written.
        raise report.MissingExtra("pdf", "a PDF report")
    if formulary_file is not None and research:
        raise WrongInput(
            "--formulary is what a site doses by and --research is not for dosing: leave one out"
        )
    site = None if formulary_file is None else read_formulary(formulary_file)
    silence = None if conventions_file is None else read_conventions(conventions_file)
    patient = read_record(record)
    at = moment(when, patient)
    with working("assessing") as step:
        if site is None:
            answer = assess_record(
                patient, at, seed=seed, research=research, conventions=silence, progress=step
            )
        else:
            answer = assess_approved(
                site, patient, at, seed=seed, conventions=silence, progress=step
            )
    slip = bedside_note(answer) if note else None
    if out is not None:
        write_answer(answer, Path(out), pdf=pdf)
        if slip is not None:
            write_text(Path(out) / "note.html", note_page(slip))
            write_text(Path(out) / "note.txt", note_text(slip) + "\n")
    if as_json:
        print_json(answer if slip is None else slip)
    elif slip is not None:
        click.echo(note_text(slip))
    else:
        show(report.text(answer))
        if out is not None:
            click.echo(f"written: {Path(out) / 'report.html'}", err=True)
    return 0


def write_answer(answer: Assessment, folder: Path, *, pdf: bool = False) -> None:
    """assessment.json, report.html, report.txt and, on request, report.pdf."""
    document: Any = to_json(answer)
    texts = {
        "assessment.json": json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        + "\n",
        "report.html": report.html(answer),
        "report.txt": report.text(answer) + "\n",
    }
    # Nothing is written before everything could be made.
    for name, text in texts.items():
        write_text(folder / name, text)
    if pdf:
        report.pdf(answer, folder / "report.pdf")


@click.command(epilog="Example: equipoise demo --out out/demo")
@click.option(
    "--out", type=click.Path(file_okay=False), default="out/demo", show_default=True, metavar="DIR",
    help="Where the reports go, one folder a patient.",
)  # fmt: skip
@seed_option
@json_option
def demo(out: str, seed: int, as_json: bool) -> int:
    """Run the main job on the bundled patients and say where to look."""
    found: list[dict[str, Any]] = []
    told: list[str] = []
    with working("demo") as step:
        for bundled in examples.BUNDLED:
            step(bundled.title)
            # What was converted or warned about is known for bundled records; `validate` tells it.
            patient, _ = files.read_record(examples.path(bundled.file))
            at = moment(bundled.at, patient)
            answer = assess_record(patient, at, seed=seed, research=bundled.research)
            folder = Path(out) / bundled.name
            write_answer(answer, folder)
            told.append(findings(bundled, answer, folder / "report.html"))
            found.append(
                {
                    "record": answer.record,
                    "title": bundled.title,
                    "at": answer.at,
                    "look_at": bundled.look,
                    "decisions": [d.id for d in answer.decisions],
                    "report": str(folder / "report.html"),
                }
            )
    if as_json:
        print_json({"seed": seed, "patients": found})
        return 0
    for text in told:
        click.echo(text + "\n")
    click.echo(DISCLAIMER)
    return 0


def _responses() -> frozenset[str]:
    """Criteria whose grades are of a response to treatment, where the worst day says little."""
    return frozenset(c.id for c in SHELVES.criteria if "response" in c.tags)


def findings(bundled: examples.Bundled, answer: Assessment, page: Path) -> str:
    """What was found for one patient, in a few lines of text."""
    lines = [bundled.title]
    facts: list[tuple[str, str]] = [("moment", f"day {answer.day:+d}, {answer.clock}")]
    if any(e.watermark for e in answer.exposures):
        facts.append(("mark", NOT_FOR_DOSING))
    decisions = [d.question for d in answer.decisions]
    facts += [("decision", d) for d in decisions or ["none of the shelf is open"]]
    for exposure in answer.exposures:
        for s in exposure.summaries:
            low, _, median, _, high = s.posterior
            facts.append(
                (
                    "exposure",
                    f"{exposure.agent_label}, {s.label}: {three(median)} {s.unit} "
                    f"(90 % {three(low)}-{three(high)})",
                )
            )
    for id_, days in answer.daily.items():
        if id_ in _responses():
            continue
        certain = [d for d in days if d.grade.low and d.grade.probability_low is None]
        if certain:
            worst = max(certain, key=lambda d: d.grade.low or 0)
            title = answer.criterion_titles[id_]
            facts.append(("toxicity", f"{title}: day {worst.day:+d}, {worst.grade.sentence}"))
    facts += [("look at", bundled.look), ("report", str(page))]
    for name, text in facts:
        lines += wrap(text, 100, initial_indent=f"  {name:<10}", subsequent_indent=" " * 12,
                      break_long_words=False)  # fmt: skip
    return "\n".join(lines)
