"""Answers of criteria as lines: in full those that say something, the others in one line each."""

from __future__ import annotations

from collections.abc import Sequence

import click

from equipoise.cli.words import show, table
from equipoise.criterion import Grade
from equipoise.record import Record
from equipoise.report.why import ANSWERS, span_of
from equipoise.report.words import listed, plain

NAMED = 3
"""Missing observations that are named in a line; of more there is the number."""
WIDTH = 100


def print_answers(
    answers: Sequence[Grade], past: Record, *, daily: bool = False, everything: bool = False
) -> None:
    """Answers as tables.

    daily       one line an answer, without what would settle it
    everything  all in full; else those that say something in full, the others in one line each
    """
    told = [a for a in answers if daily or everything or says_something(a)]
    others = [a for a in answers if a not in told]
    if told:
        columns = (("criterion", "left"), ("day", "right"), ("answer", "left"), ("why", "left"),
                   ("standing", "left"))  # fmt: skip
        show(table(columns, [_row(a, past) for a in told]))
    for answer in told:
        if answer.missing and not daily:
            click.echo(f"{answer.criterion} would be settled by:")
            for missing in answer.missing:
                became = ", ".join(
                    f"{ANSWERS.get(label, label.replace('_', ' '))}: {span_of(answer, low, high)}"
                    for label, low, high in missing.would_become
                )
                _wrapped(f"{plain(missing.name)} ({became})", "  ")
    if not others:
        return
    if told:
        click.echo()
    _print_short(others)


def says_something(answer: Grade) -> bool:
    """Whether an answer is worth a reader's time as it stands: a grade above 0, a criterion met, a
    number, or one that a single observation more would settle.
    """
    if answer.low is None:
        return False
    if answer.low == answer.high or answer.met is not None:
        if answer.met is not None:
            return answer.met
        # An outcome says something whatever its number, as a complete response does.
        return bool(answer.low) or answer.outcome
    settles = any(
        m.would_become and all(low == high for _, low, high in m.would_become)
        for m in answer.missing
    )
    seen = bool(answer.because)
    return seen and (settles or (answer.low > 0 and answer.high is not None and answer.high <= 5))


def _print_short(answers: Sequence[Grade]) -> None:
    idle: dict[str, list[str]] = {}
    rows: list[tuple[str, str, list[str]]] = []
    for answer in answers:
        if answer.low is None and answer.met is None:
            idle.setdefault(answer.sentence, []).append(answer.criterion)
        else:
            missing = [plain(m.name) for m in answer.missing]
            rows.append((answer.criterion, _short(answer), missing))
    if rows:
        wide = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
        click.echo("Nothing found, or too little charted:")
        for criterion, said, missing in rows:
            start = f"  {criterion.ljust(wide[0])}  {said.ljust(wide[1])}  "
            click.echo(f"{start}{_lacks(missing, WIDTH - len(start))}".rstrip())
    for why, names in idle.items():
        _wrapped(f"{_opened(why)}: {', '.join(names)}", "")
    click.echo("--all prints each of these in full, --criterion ID one of them.")


def _short(answer: Grade) -> str:
    if answer.met is not None and answer.score is None and answer.grade is None:
        return "met" if answer.met else "not met"
    return span_of(answer, answer.low, answer.high)


def _lacks(names: Sequence[str], room: int) -> str:
    """As many of the first missing observations as fit, and how many more there are."""
    if not names:
        return ""
    for count in range(min(NAMED, len(names)), 0, -1):
        more = [f"{len(names) - count} more"] if len(names) > count else []
        said = f"missing: {listed([*names[:count], *more])}"
        if len(said) <= room:
            return said
    return f"missing: {len(names)} observations"


def _opened(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrapped(line: str, indent: str) -> None:
    click.echo(
        click.wrap_text(line, width=WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
    )


def text_of(answer: Grade) -> str:
    """An answer for a column: its interval, and its word where the criterion prints one."""
    text = "does not apply"
    if not (answer.low is None and answer.met is None and answer.high is None):
        text = span_of(answer, answer.low, answer.high)
    if answer.status and not answer.outcome:
        text = f"{text}, {answer.status.replace('_', ' ')}"
    return text


def _row(answer: Grade, past: Record) -> tuple[str, ...]:
    return (
        answer.criterion,
        f"{past.calendar_day(answer.at):+d}",
        text_of(answer),
        answer.sentence,
        answer.standing.word,
    )
