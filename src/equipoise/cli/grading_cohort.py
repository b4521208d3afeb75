"""`equipoise grade` of a cohort: the daily grade table, and how criteria agree."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from equipoise import agreement, criteria, files
from equipoise.agreement import Charted, Decider, Pair, Share
from equipoise.cli.errors import WrongInput
from equipoise.cli.shelf import nearest
from equipoise.cli.words import moment, print_json, show, table, write_text
from equipoise.criteria.hscore_2014 import CUT, HSCORE
from equipoise.criterion import Criterion
from equipoise.gradetable import GradeTable, grade_table, in_blocks, joined
from equipoise.kinetics.lanes import processors
from equipoise.record import Record
from equipoise.report.cohort import cohort_page

COMPARED = ("hlh_2004", HSCORE.id, "iechs_astct2023")
"""Criteria that are compared where nothing else is asked for."""
CUTS: Mapping[str, float] = {HSCORE.id: float(CUT)}
"""From which number on a score says yes, where its source has a cut."""
MOST_NOTES = 20
"""Notes about the reading that are printed one by one."""
BLOCK = 50
"""Records graded together; what a process holds at once."""


def grade_cohort(
    path: str,
    chosen: Sequence[Criterion],
    *,
    when: str | None,
    out: str | None,
    compared: Sequence[str],
    workers: int | None,
    as_json: bool,
) -> int:
    """Grade, compare, write and print."""
    deciders = _deciders(compared, chosen)
    place = None if out is None else _place(out)
    sources = files.cohort_sources(path)
    ids = tuple(c.id for c in chosen)
    with _progress(len(sources)) as done:
        work = partial(_block, ids=ids, when=when)
        parts = list(
            in_blocks(work, sources, size=BLOCK, workers=workers or processors(), done=done)
        )
    graded = joined([part for part, _ in parts])
    said = [line for _, lines in parts for line in lines]
    for line in said[:MOST_NOTES]:
        click.echo(line, err=True)
    if len(said) > MOST_NOTES:
        click.echo(f"and {len(said) - MOST_NOTES} more: `equipoise validate` prints those of a "
                   "record", err=True)  # fmt: skip
    _different(graded)
    shares = agreement.shares(chosen, graded)
    pairs = agreement.pairs(deciders, graded)
    charted = agreement.charted(chosen, graded)
    flow = agreement.flow(deciders, graded)
    document = {
        "cohort": {
            "patients": len(graded.patients),
            "patient_days": len(graded),
            "recorded_elsewhere": graded.elsewhere,
        },
        **agreement.documents(shares, pairs, charted, flow, deciders),
    }
    if graded.elsewhere:
        click.echo(
            f"{graded.elsewhere} grades in the charts name no criterion that was asked for, or are "
            "no whole number: they are not compared",
            err=True,
        )
    if place is not None:
        _write(place, graded, document, partial(
            cohort_page, Path(path).name, chosen, graded, shares, pairs, charted, flow, deciders
        ))  # fmt: skip
    if as_json:
        print_json(document)
    else:
        _print(graded, shares, pairs, charted)
    return 0


def one_patient(path: str, id_: str) -> Record:
    """The record of one patient of a cohort.

    Fails  WrongInput where there is none.
    """
    sources = files.cohort_sources(path)
    # A file is often called as its patient is: those are read first.
    ordered = sorted(sources, key=lambda s: Path(s.file).stem != id_)
    for source in ordered:
        if isinstance(source.content, Mapping) and source.content.get("id") != id_:
            continue
        record, report = files.read_source(source)
        if record.id == id_:
            for line in report.lines()[1:]:
                click.echo(line, err=True)
            return record
    # The ids of others are theirs: they do not go into a log.
    raise WrongInput(
        f"--why {id_}: no such patient among the {len(sources)} of the cohort; write an id as its "
        "record or the table of --out has it"
    )


def _block(
    sources: Sequence[files.Source], *, ids: Sequence[str], when: str | None
) -> tuple[GradeTable, list[str]]:
    """The table of some records, and what there is to say about them."""
    by_id = {c.id: c for c in criteria.ALL}
    read = [files.read_source(source) for source in sources]
    said = [
        f"{source.file}: {line}"
        for source, (_, report) in zip(sources, read, strict=True)
        for line in report.lines()[1:]
    ]
    until = None if when is None else partial(moment, when)
    return grade_table([by_id[i] for i in ids], [record for record, _ in read], until), said


def _deciders(compared: Sequence[str], chosen: Sequence[Criterion]) -> list[Decider]:
    by_id = {c.id: c for c in chosen}
    if not compared:
        return [Decider(by_id[i], CUTS.get(i)) for i in COMPARED if i in by_id]
    found = []
    for text in compared:
        id_, _, number = text.partition("=")
        if id_ not in by_id:
            raise WrongInput(f"--compare {text}: not among the criteria; {nearest(id_, by_id)}")
        try:
            cut = float(number) if number else CUTS.get(id_)
        except ValueError:
            raise WrongInput(
                f"--compare {text}: {number} is no number; write it as in {HSCORE.id}={CUT}"
            ) from None
        if not agreement.decides(by_id[id_], cut):
            raise WrongInput(
                f"--compare {text}: it gives a {by_id[id_].measures}; say from which one on it "
                f"counts as met, as in {id_}=2"
            )
        found.append(Decider(by_id[id_], cut))
    return found


def _different(graded: GradeTable) -> None:
    if len({p.id for p in graded.patients}) < len(graded.patients):
        raise WrongInput("two records have the same id; give each patient one of its own")


def _place(out: str) -> Path:
    """Where the results go.

    Fails  files.MissingParquet for a Parquet file without pyarrow, before anything is computed.
    """
    place = Path(out)
    if place.suffix.lower() == ".parquet" and not files.parquet_is_there():
        raise files.MissingParquet(f"writing {place.name}")
    if place.suffix and place.suffix.lower() not in (".csv", ".parquet"):
        raise WrongInput(f"--out {out}: write a .csv or .parquet file, or a folder")
    return place


def _write(
    place: Path, graded: GradeTable, document: Mapping[str, Any], page: Callable[[], str]
) -> None:
    if place.suffix:
        _write_table(place, graded)
        return
    if files.parquet_is_there():
        name = "grades.parquet"
    else:
        name = "grades.csv"
        click.echo("the table is written as CSV: pyarrow, which writes Parquet, is not installed",
                   err=True)  # fmt: skip
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(place / "agreement.json", text)
    _write_table(place / name, graded)
    write_text(place / "cohort.html", page())
    click.echo(f"written: {place / 'cohort.html'}", err=True)


def _write_table(place: Path, graded: GradeTable) -> None:
    part = place.with_name(f"{place.stem}.part{place.suffix}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        files.write_columns(part, graded.columns())
        os.replace(part, place)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise WrongInput(
            f"{place} cannot be written: {error.strerror}; choose another place"
        ) from None
    click.echo(f"written: {place}", err=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar of records on stderr; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("records", total=total)
        yield lambda count: progress.advance(task, count)


# --- as tables ---------------------------------------------------------------------------------


def _print(
    graded: GradeTable, shares: Sequence[Share], pairs: Sequence[Pair], charted: Sequence[Charted]
) -> None:
    click.echo(f"{len(graded.patients)} patients, {len(graded)} patient-days")
    show(_table(("criterion", "patients", "days", "settled", "highest certain, by patient"),
                [_share(s) for s in shares]))  # fmt: skip
    if pairs:
        heads = ("pair", "over", "of", "settled", "both", "first only", "second only", "neither",
                 "kappa")  # fmt: skip
        show("", "agreement; settled: both criteria say yes or no",
             _table(heads, [each for p in pairs for each in _pair(p)]))  # fmt: skip
        for pair in pairs:
            click.echo(
                f"{pair.first} against {pair.second}: {pair.differing} of {pair.comparable} "
                "patients with a day that both settle differ on one"
            )
    if charted:
        heads = ("criterion", "days", "equal", "inside", "below", "above", "patients", "differing",
                 "kappa")  # fmt: skip
        show("", "beside the grades in the charts; inside: our interval holds the chart's",
             _table(heads, [_charted(c) for c in charted]))  # fmt: skip


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    words = ("criterion", "pair", "over", "highest certain, by patient")
    return table([(head, "left" if head in words else "right") for head in heads], rows)


def _share(s: Share) -> tuple[str, ...]:
    settled = f"{100 * s.settled / s.days:.0f} %"
    return (s.criterion, str(s.patients), str(s.days), settled, s.worst_text or "-")


def _pair(pair: Pair) -> list[tuple[str, ...]]:
    rows = []
    for over, found in (("patients", pair.patients), ("days", pair.days)):
        (neither, _, second), _, (first, _, both) = found.counts
        numbers = (found.total, found.settled, both, first, second, neither)
        name = pair.first if over == "patients" else f"  and {pair.second}"
        rows.append((name, over, *map(str, numbers), _kappa(found.kappa)))
    return rows


def _charted(c: Charted) -> tuple[str, ...]:
    numbers = (c.days, c.equal, c.inside, c.below, c.above, c.patients, c.differing)
    return (c.criterion, *map(str, numbers), _kappa(c.kappa))


def _kappa(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"
