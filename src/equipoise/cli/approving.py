"""`equipoise formulary`: what a site has approved, and the option by which others read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from equipoise import formulary as approving
from equipoise.charting import read_conventions
from equipoise.cli.errors import WrongInput
from equipoise.cli.shelf import nearest
from equipoise.cli.words import json_option, print_json, show, table, write_text
from equipoise.formulary import CONVENTIONS, KINDS, MODELS, Formulary, read_formulary, version_of
from equipoise.modelfile import load

formulary_option = click.option(
    "--formulary", "formulary_file", type=click.Path(dir_okay=False), metavar="FILE",
    help="What the site approved (TOML); all else is not approved here.",
)  # fmt: skip


@click.command(epilog="Example: equipoise formulary formulary.toml --approve sirolimus_cheng2020 "
               "--site 'Example center' --version 2026-11 --by 'A. One' --by 'B. Two'")  # fmt: skip
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--approve", "ids", multiple=True, metavar="ID",
              help="Of a model, target, criterion or recommendation, a Python model file, or a "
              "file of charting conventions; writes FILE.")  # fmt: skip
@click.option("--site", metavar="NAME", help="With --approve, for a new file.")
@click.option("--version", "version", metavar="TEXT", help="Of the formulary, with --approve.")
@click.option("--by", multiple=True, metavar="NAME", help="Who approves: two names.")
@click.option("--on", "when", metavar="DATE", help="Day of the approval; default: today.")
@json_option
def formulary(
    file: str,
    ids: tuple[str, ...],
    site: str | None,
    version: str | None,
    by: tuple[str, ...],
    when: str | None,
    as_json: bool,
) -> int:
    """What FILE approves, and whether each thing is still the version that was approved.

    With --approve the present versions of those things are entered, in a new file or in FILE.
    """
    if ids:
        site_formulary = _approved(file, ids, site, version, by, when)
        write_text(Path(file), approving.write(site_formulary))
        click.echo(f"written: {file}", err=True)
    elif site or version or by or when:
        raise click.UsageError("--site, --version, --by and --on go with --approve")
    else:
        site_formulary = read_formulary(file)
    rows = _states(site_formulary)
    if as_json:
        print_json(
            {
                "site": site_formulary.site,
                "version": site_formulary.version,
                "approved_on": site_formulary.approved_on,
                "approved_by": site_formulary.approved_by,
                "entries": [
                    dict(zip(("kind", "id", "approved", "present", "state"), row, strict=True))
                    for row in rows
                ],
            }
        )
        return 0
    click.echo(f"{site_formulary.name}, approved on {site_formulary.approved_on} by "
               f"{' and '.join(site_formulary.approved_by)}")  # fmt: skip
    columns = [(name, "left") for name in ("kind", "id", "approved", "present", "state")]
    show(table(columns, rows))
    click.echo(f"All else is {approving.NOT_APPROVED}.")
    return 0


def _states(site: Formulary) -> list[tuple[str, str, str, str, str]]:
    present = approving.versions()
    found = []
    for kind in KINDS:
        for id_, version in site.approved[kind].items():
            now = present[kind].get(id_, "")
            if not now:
                state = "a file of the site's own"
            elif now == version:
                state = "approved"
            else:
                state = f"changed since: {approving.NOT_APPROVED}"
            found.append((kind, id_, version, now or "-", state))
    return found


def _approved(
    file: str,
    ids: Sequence[str],
    site: str | None,
    version: str | None,
    by: Sequence[str],
    when: str | None,
) -> Formulary:
    before = read_formulary(file) if Path(file).exists() else None
    if version is None:
        raise click.UsageError("--approve makes a new version of the formulary: give --version")
    if before is not None and before.version == version:
        raise WrongInput(
            f"--version {version} is the one of {file}: what a site approved under it stays; give "
            "a new one"
        )
    if len(by) < 2:
        raise WrongInput("--by: an approval wants two names; give --by twice")
    if len({each.strip().casefold() for each in by}) < len(by) or not all(map(str.strip, by)):
        raise WrongInput("--by: an approval wants the names of two people; give another one")
    name = site or (before.site if before is not None else None)
    if name is None:
        raise click.UsageError("--approve into a new file needs --site")
    approved = {kind: dict(before.approved[kind]) if before else {} for kind in KINDS}
    present = approving.versions()
    for id_ in ids:
        kind, entered, number = _entry(id_, present)
        approved[kind][entered] = number
    try:
        on = date.today() if when is None else date.fromisoformat(when)
    except ValueError:
        raise WrongInput(f"--on {when} is no date; write it as 2026-11-22") from None
    return Formulary(name, version, on, tuple(by), approved)


def _entry(id_: str, present: dict[str, dict[str, str]]) -> tuple[str, str, str]:
    """(kind, id, version) of what was named."""
    if id_.endswith(".py"):
        model = load(id_, {})
        return MODELS, model.id, version_of(model)
    if id_.endswith(".toml"):
        conventions = read_conventions(id_)
        return CONVENTIONS, conventions.name, version_of(conventions)
    for kind, versions in present.items():
        if id_ in versions:
            return kind, id_, versions[id_]
    known = [known for versions in present.values() for known in versions]
    near = nearest(id_, known)
    hint = near if near.startswith("did") else "`equipoise models`, `targets`, ... list what is"
    raise WrongInput(f"--approve {id_}: on no shelf; {hint}")
