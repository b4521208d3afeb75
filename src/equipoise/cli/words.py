"""What commands share: reading a record and a moment, tables that line up, JSON, progress."""

from __future__ import annotations

import json
import math
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from equipoise import chance
from equipoise.cli.errors import WrongInput
from equipoise.kinetics import kernels
from equipoise.record import SAME_TIME
from equipoise.steps import Carry

if TYPE_CHECKING:
    # What only some commands need is imported where it is used: it takes time to load.
    from rich.console import Console
    from rich.table import Table

    from equipoise.record import Record

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
seed_option = click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True,
    help="Makes every draw repeat to the byte.",
)  # fmt: skip
carry_option = click.option(
    "--carry", type=click.Choice([c.value for c in Carry]),
    help="Of a data set: a row's covariates act on the interval that ends there (nonmem, the "
    "default), or from it until the next row (forward).",
)  # fmt: skip
at_option = click.option(
    "--at", "when", metavar="WHEN",
    help="ISO time with zone, hours from day 0, day+3, or day+3T08:00; default: the last thing "
    "known.",
)  # fmt: skip


CHART_ENDS_YEARS = 5
"""Years after the last entry of a record for which it may still be asked (project convention): each
day up to then is graded, and nothing new is known of any."""

CHART_ENDS = CHART_ENDS_YEARS * 8766.0

MOST_DRAWS = 100_000
"""Draws of one subject's posterior, at most: rounds hold up to fifty times as many at once."""


def few_enough(draws: int) -> None:
    """Whether a posterior of so many draws is one that memory holds.

    Fails  WrongInput where it is not.
    """
    if draws > MOST_DRAWS:
        raise WrongInput(
            f"--draws: {draws} is above {MOST_DRAWS}, the most of one posterior; lower --draws: "
            f"that many give a mean to {1.0 / MOST_DRAWS**0.5:.1g} of an SD"
        )


def carried(carry: str | None, *, record: bool) -> Carry:
    """The rule that --carry asks for.

    Fails  WrongInput where it is given with a record, whose covariates are always carried forward.
    """
    if record and carry is not None:
        raise WrongInput("--carry goes with a data set; a record's are carried forward")
    return Carry(carry or Carry.NONMEM.value)


_SPOKEN = ("equipoise.mode", "equipoise.fit", "equipoise.scout")
"""Modules whose own ValueErrors are sentences about the input."""

SHOWN = 6
"""Results that are named where some are left out."""

_DAY = re.compile(r"^day\s*(?P<day>[+-]?\d+(?:\.\d+)?)(?:T(?P<clock>\d{1,2}:\d{2}(?::\d{2})?))?$")


def spoken(error: ValueError) -> bool:
    """Whether an error's text is a sentence of the estimation about its input."""
    innermost = list(traceback.walk_tb(error.__traceback__))[-1][0]
    return type(error) is ValueError and innermost.f_globals["__name__"] in _SPOKEN


def read_record(path: str) -> Record:
    """The record of a file; what was converted or warned about goes to stderr.

    Fails  files.InputError for the first thing refused.
    """
    from equipoise import files

    record, report = files.read_record(path)
    # The first line counts what was accepted: that is `validate`'s to say.
    for line in report.lines()[1:]:
        click.echo(line, err=True)
    return record


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Around the reading of a file that is no record.

    Fails  WrongInput where it cannot be opened or is not text.
    """
    try:
        yield
    except OSError as error:
        raise WrongInput(f"{path} cannot be read: {error.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise WrongInput(f"{path} is not text: save it as UTF-8") from None


def moment(text: str | None, record: Record) -> float:
    """Hours from day 0 of a WHEN; without one, the last moment at which something was known.

    What was drawn by then but only assumed to be known later is named on stderr, without its value.
    Fails  WrongInput where it cannot be read.
    """
    from equipoise.files.words import FARTHEST

    if text is None:
        _refuse_a_slip(record)
        return record.assuming_turnaround().end
    word = text.strip()
    found = _hours(word, record)
    if math.isfinite(found) and abs(found) > FARTHEST:
        # Each day up to it would be graded.
        raise WrongInput(f"--at {word} is more than 150 years from day 0: check the year")
    try:
        record.clock(found)
    except (OverflowError, ValueError):
        raise WrongInput(f"--at {word} is no moment of any calendar: check the number") from None
    last = max(_charted(record), default=0.0)
    if found - last > CHART_ENDS:
        raise WrongInput(
            f"--at {word} is more than {CHART_ENDS_YEARS} years after the last thing in the record "
            f"(day {record.calendar_day(last):+d}): check the year, or add what was charted since"
        )
    _tell_waiting(record, found)
    return found


def _charted(record: Record) -> list[float]:
    """Hours of everything in a record, known or planned, in order."""
    return sorted(max(e.at, e.at if e.known is None else e.known) for e in record.events)


def _refuse_a_slip(record: Record) -> None:
    """Refuse to take for now a last entry that is years after all others."""
    charted = _charted(record)
    if len(charted) > 1 and charted[-1] - charted[-2] > CHART_ENDS:
        days = [f"day {record.calendar_day(at):+d}" for at in charted[-2:]]
        raise WrongInput(
            f"the last entry of the record ({days[1]}) is more than {CHART_ENDS_YEARS} years after "
            f"the one before ({days[0]}): check its year, or say with --at which moment is meant"
        )


def _tell_waiting(record: Record, at: float) -> None:
    """Results that an assumed turnaround alone keeps out, where no time of being known is given."""
    waiting = [
        f"{e.key} of day {record.calendar_day(e.at):+d}"
        for e in record.assuming_turnaround().events
        if e.assumed and e.at <= at and e.known is not None and e.known > at + SAME_TIME
    ]
    if not waiting:
        return
    shown = ", ".join(waiting[:SHOWN]) + (", ..." if len(waiting) > SHOWN else "")
    click.echo(
        f"left out: {shown}: drawn by then, taken as not known yet because no time of being known "
        "is given; write `known` where the result was there",
        err=True,
    )


def _hours(word: str, record: Record) -> float:
    try:
        return float(word)
    except ValueError:
        pass
    day = _DAY.match(word)
    if day is not None:
        if day["clock"] is None:
            return 24.0 * float(day["day"])
        if "." in day["day"]:
            raise WrongInput(f"--at {word}: a clock time needs a whole day, as in day+3T08:00")
        try:
            date = record.day0.date() + timedelta(days=int(day["day"]))
            hour = day["clock"] if day["clock"].index(":") == 2 else f"0{day['clock']}"
            clock = datetime.fromisoformat(f"{date.isoformat()}T{hour}")
        except OverflowError:
            return math.inf
        except ValueError:
            raise WrongInput(f"--at {word}: {day['clock']} is not a clock time") from None
        return (clock.replace(tzinfo=record.day0.tzinfo) - record.day0).total_seconds() / 3600.0
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        raise WrongInput(
            f"--at {word} is not a moment: write an ISO time with zone, hours from day 0, day+3 or "
            "day+3T08:00"
        ) from None
    if found.tzinfo is None:
        example = found.isoformat(timespec="minutes")
        raise WrongInput(f"--at {word} has no zone: write it with one, as in {example}+01:00")
    return (found - record.day0).total_seconds() / 3600.0


def print_json(thing: Any) -> None:
    """One JSON document on stdout and nothing else."""
    from equipoise.assessment import to_json

    click.echo(json.dumps(to_json(thing), indent=1, ensure_ascii=False, allow_nan=False))


def console() -> Console:
    """The console of tables: as wide as the terminal, 100 columns where it is not one."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 100, highlight=False, soft_wrap=False)


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> Table:
    """A table that lines up.

    columns  (heading, "left" or "right")
    """
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, side in columns:
        right = side == "right"
        # An id is to be copied and a label's word to be found: each stays on one line.
        made.add_column(
            heading,
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=heading in ("id", "criterion", "label"),
        )
    for row in rows:
        made.add_row(*row)
    return made


def show(*things: Any) -> None:
    """Print tables and text to stdout; square brackets in text are text."""
    out = console()
    for thing in things:
        out.print(thing, markup=False)


COMPILING = "compiling {name} for this machine, once; later runs start at once"
"""What is said on stderr before a kernel is compiled: by the machine's cache, not by the input."""


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the step's name on stderr while something runs longer; plain when piped.

    A kernel that has to be compiled first is announced.
    """
    say: Callable[[str], None] = partial(click.echo, err=True)

    def announce(name: str) -> None:
        say(COMPILING.format(name=name))

    before = kernels.on_compile
    kernels.on_compile = announce
    try:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            err = Console(stderr=True)
            say = partial(err.print, soft_wrap=True)
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            with Progress(*columns, console=err, transient=True) as progress:
                task = progress.add_task(what)
                yield lambda step: progress.update(task, description=f"{what}: {step}")
        else:
            yield lambda _step: None
    except ValueError as error:
        # Estimation says in a sentence what it cannot do with this input.
        if spoken(error):
            raise WrongInput(str(error)) from error
        raise
    finally:
        kernels.on_compile = before


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; a device or a pipe is written to as it is.

    Fails  WrongInput where the place cannot be written.
    """
    # A rename would put a file where /dev/stdout was.
    special = path.exists() and not (path.is_file() or path.is_dir())
    # Before anything is opened: what cannot be encoded leaves nothing behind.
    content = text.encode("utf-8")
    part = path if special else path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        if not special:
            part.replace(path)
    except OSError as error:
        if not special:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise WrongInput(
            f"{path} cannot be written: {error.strerror}; choose another place"
        ) from None


def three(number: float) -> str:
    """Three significant digits, never as a power of ten below ten million: "98.4", "6,490"."""
    if not 1000.0 <= abs(number) < 1e7:
        return f"{number:.3g}"
    step = 10.0 ** (math.floor(math.log10(abs(number))) - 2)
    return f"{round(number / step) * step:,.0f}"


def percent(probability: float) -> str:
    """Odds for a table: whole percent; from a finite number of draws never 0 or 100."""
    # NaN: the metric has no measured form.
    return "-" if probability != probability else chance.percent(probability)
