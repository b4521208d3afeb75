"""`equipoise grade`: toxicity criteria over a record, or over a cohort of them."""

from __future__ import annotations

import click

from equipoise import charting, criteria, files
from equipoise.cli import grading_cohort
from equipoise.cli.approving import formulary_option
from equipoise.cli.charting import conventions_option, print_pairs
from equipoise.cli.episodes import episodes_option, print_episodes
from equipoise.cli.errors import WrongInput
from equipoise.cli.grades import print_answers
from equipoise.cli.shelf import nearest
from equipoise.cli.words import (
    at_option,
    json_option,
    moment,
    print_json,
    read_record,
    working,
)
from equipoise.criterion import Criterion, Grade
from equipoise.formulary import CONVENTIONS, CRITERIA, marked_grade, read_formulary, require
from equipoise.grading import daily as grade_daily
from equipoise.grading import grade as grade_once


@click.command(
    epilog="Example: equipoise grade src/equipoise/examples/tisagenlecleucel_case_a.json "
    "--criterion crs_astct2019 --daily; of a cohort: equipoise grade src/equipoise/examples "
    "--out out/grades"
)
@click.argument("record", type=click.Path(), metavar="RECORD|COHORT")
@click.option("--criterion", "wanted", multiple=True, metavar="ID", help="Default: all.")
@at_option
@click.option("--all", "everything", is_flag=True,
              help="Print every answer in full, not only those that say something.")  # fmt: skip
@click.option("--daily", is_flag=True, help="At each day's end, from what was known then.")
@conventions_option
@formulary_option
@episodes_option
@click.option("--out", type=click.Path(), metavar="PLACE",
              help="Of a cohort: a .csv or .parquet file for the daily table, or a folder for the "
              "table, agreement.json and cohort.html.")  # fmt: skip
@click.option("--compare", "compared", multiple=True, metavar="ID[=CUT]",
              help="Of a cohort: criteria whose yes or no is compared; a grade or score says yes "
              f"from a cut on. Default: {', '.join(grading_cohort.COMPARED)}.")  # fmt: skip
@click.option("--why", metavar="PATIENT",
              help="Of a cohort: the answers of this patient, with their reasons.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), metavar="N",
              help="Of a cohort: processes; default: as many as processors.")  # fmt: skip
@json_option
def grade(
    record: str,
    wanted: tuple[str, ...],
    when: str | None,
    everything: bool,
    daily: bool,
    conventions_file: str | None,
    formulary_file: str | None,
    as_episodes: bool,
    out: str | None,
    compared: tuple[str, ...],
    why: str | None,
    workers: int | None,
    as_json: bool,
) -> int:
    """Grade a record; an answer is an interval where data lack, and says what would settle it.

    COHORT, a folder of records or one table of many, is graded day by day: a table of patients by
    days, and how criteria agree with each other and with the grades in the charts.
    """
    if daily and as_episodes:
        raise click.UsageError("--episodes stands over all days: leave --daily out")
    chosen = _chosen(wanted)
    site = None if conventions_file is None else charting.read_conventions(conventions_file)
    approved = None if formulary_file is None else read_formulary(formulary_file)
    if approved is not None and site is not None:
        require(approved, CONVENTIONS, site.name, site)
    if why is not None:
        patient = grading_cohort.one_patient(record, why)
    elif files.holds_many(record):
        if as_episodes or site is not None or approved is not None:
            raise WrongInput(
                "--episodes, --conventions and --formulary go with one patient: give one record, "
                "or name a patient of the cohort with --why"
            )
        return grading_cohort.grade_cohort(
            record, chosen, when=when, out=out, compared=compared, workers=workers, as_json=as_json
        )
    elif out is not None or compared or workers is not None:
        raise WrongInput(
            "--out, --compare and --workers go with a cohort: give a folder of records, or a table "
            "with several"
        )
    else:
        patient = read_record(record)
    at = moment(when, patient)
    past = patient.assuming_turnaround().until(at)
    if as_episodes:
        if approved is not None:
            for criterion in chosen:
                require(approved, CRITERIA, criterion.id, criterion)
        print_episodes(chosen, past, at, site, asked=bool(wanted), as_json=as_json)
        return 0

    def graded(conventions: charting.Conventions | None) -> list[Grade]:
        found: list[Grade] = []
        for criterion in chosen:
            step(criterion.id)
            if daily:
                found.extend(grade_daily(criterion, past, at, conventions=conventions))
            else:
                found.append(grade_once(criterion, past, at, conventions=conventions))
        if approved is None:
            return found
        by_id = {c.id: c for c in chosen}
        return [marked_grade(approved, by_id[g.criterion], g) for g in found]

    with working("grading") as step:
        answers = graded(None)
        assumed = [] if site is None else graded(site)
    if site is not None:
        pairs = list(zip(answers, assumed, strict=True))
        print_pairs(pairs, site, past, daily=daily, as_json=as_json)
        return 0
    if as_json:
        print_json([a.to_json() for a in answers])
        return 0
    print_answers(answers, past, daily=daily, everything=everything or bool(wanted))
    return 0


def _chosen(wanted: tuple[str, ...]) -> tuple[Criterion, ...]:
    by_id = {c.id: c for c in criteria.ALL}
    for id_ in wanted:
        if id_ not in by_id:
            raise WrongInput(f"--criterion {id_}: no such criterion; {nearest(id_, by_id)}")
    return tuple(by_id[i] for i in dict.fromkeys(wanted)) if wanted else criteria.ALL
