"""Courses that can be given, with the odds of exposure below, within and above the window."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from equipoise.assessment import Assessment, Option, OptionList
from equipoise.preference import ranges_text
from equipoise.report import odds_bar
from equipoise.report.blocks import (
    Block,
    Box,
    Column,
    Heading,
    Items,
    Paragraph,
    Row,
    Run,
    Table,
    cell,
    citation,
    quiet,
    standing_mark,
    strong,
    watermark_mark,
    words,
)
from equipoise.report.decisions import metric, unit, window
from equipoise.report.words import Clock, number, opened, percent, points, sentence, span
from equipoise.source import Source

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """One table for each window, or the reason why there is none.

    Lists that differ only in the source of the same window stand in one table.
    """
    if not assessment.options:
        return ()
    clock = Clock(assessment.day0)
    parts: list[Block] = [Heading(2, "Options and their odds")]
    said: set[object] = set()
    for lists in _merged(assessment.options):
        parts.extend(_list(lists, clock, said))
    return tuple(parts)


def _merged(options: Sequence[OptionList]) -> list[list[OptionList]]:
    groups: list[list[OptionList]] = []
    for one in options:
        for group in groups:
            if one.options and _same_table(one, group[0]):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _same_table(one: OptionList, other: OptionList) -> bool:
    return (
        (one.agent, one.model, one.decision, one.watermark, one.refused)
        == (other.agent, other.model, other.decision, other.watermark, other.refused)
        and (metric(one), window(one)) == (metric(other), window(other))
        and one.options == other.options
        and one.standing == other.standing
    )


def _list(lists: Sequence[OptionList], clock: Clock, said_before: set[object]) -> list[Block]:
    options = lists[0]
    what = metric(options)
    agent = opened(options.agent.replace("_", " "))
    title = f"{agent}: {what}, {window(options)}"
    label = words(*standing_mark(options.standing), *watermark_mark(options.watermark))
    parts: list[Block] = [Heading(3, title, label)]
    if options.refused:
        reason = Paragraph(words(strong("No options: "), sentence(options.refused)))
        parts.append(Box("", (reason,), "refused"))
    if options.options:
        sources = tuple(dict.fromkeys(o.target.source for o in lists if o.target is not None))
        parts.append(Paragraph(words(*_about(options, sources, clock))))
        if options.none_reaches:
            said = (
                f"None of these options reaches the window with a probability of at least "
                f"{percent(options.reach)}."
            )
            parts.append(Paragraph(words(said), "answer"))
        parts.append(_table(options, what))
        parts.extend(_by_candidate(options, said_before))
        notes = tuple(
            words(strong(f"{letter} "), quiet(sentence(note)))
            for note, letter in _letters(options).items()
        )
        if notes:
            parts.append(Items(notes, "notes"))
        if options.weight_ranges:
            labels = {o.id: o.label for o in options.options}
            best = ranges_text(options.weight_ranges, labels)
            said = (
                "Best, by how much below weighs against above (0 only above counts, 1 only below; "
                f"no weight is assumed): {best}."
            )
            parts.append(Paragraph(words(said)))
    if options.next_samples and options.next_samples not in said_before:
        said_before.add(options.next_samples)
        parts.append(Heading(4, "Which next sample would tell most"))
        parts.append(
            Items(
                tuple(
                    words(
                        strong(clock.full(s.at)),
                        f": expected to narrow the {what} by {percent(s.gain)}; result about "
                        f"{clock.short(s.result_at)}. ",
                        quiet(sentence(s.text)),
                    )
                    for s in options.next_samples
                )
            )
        )
    found = dict.fromkeys(c for o in lists for c in o.cautions)
    cautions = [c for c in found if c not in said_before]
    said_before.update(cautions)
    if cautions:
        lines = tuple(words(sentence(c)) for c in cautions)
        parts.append(Box("Cautions about these odds", (Items(lines),), "caution"))
    return parts


def _about(options: OptionList, sources: Sequence[Source], clock: Clock) -> list[str | Run]:
    said: list[str | Run] = [f"From {clock.full(options.at)} by {options.model}"]
    for i, source in enumerate(sources):
        said += [" and of " if i else ", window of ", *citation(source)]
    said.append(".")
    if options.last_changeable is not None:
        said.append(f" Last dose that can still be changed: {clock.full(options.last_changeable)}.")
    return said


def _table(options: OptionList, what: str) -> Table:
    best = _best(options)
    letters = _letters(options)
    columns = (
        Column("Course"),
        Column("Below, within, above", drawing=True),
        Column("Below", numeric=True),
        Column("Within", numeric=True),
        Column("Above", numeric=True),
        Column("Error", numeric=True),
        *(() if options.together else (Column("Measured within", numeric=True),)),
        *_part_columns(options),
        Column(f"Exposure, {unit(options)} (90%)".replace(",  (", " ("), narrow=True),
    )
    groups: dict[str, list[Option]] = {}
    for option in options.options:
        groups.setdefault(option.scenario, []).append(option)
    rows: list[Row] = []
    for scenario, members in groups.items():
        if scenario or len(groups) > 1:
            head = strong(f"Assuming {scenario}" if scenario else "If nothing else changes")
            rows.append(Row((cell(head, span=len(columns)),), "group"))
        rows += [_row(option, best.get(option.id, ""), letters) for option in members]
    if options.together:
        caption = (
            f"Odds that {window(options)} hold at once, counted together; below: one is missed and "
            "none exceeded; above: one at least is exceeded; error: Monte-Carlo standard error of "
            "within, in percentage points; each window alone: below, within, above"
        )
        return Table(caption, columns, tuple(rows), "odds")
    caption = (
        f"Odds of the true {what} against {window(options)}; error: Monte-Carlo standard "
        "error of within, in percentage points; measured: with assay and residual error"
    )
    return Table(caption, columns, tuple(rows), "odds")


def _by_candidate(options: OptionList, said_before: set[object]) -> tuple[Block, ...]:
    """The odds within under each of several models, once for the lists that share them."""
    rows = [(o.label, o.under) for o in options.options if o.under]
    what = frozenset(rows)
    if not rows or what in said_before:
        return ()
    said_before.add(what)
    columns = (
        Column("Course"),
        *(Column(f"{u.model}, weight {percent(u.weight)}", numeric=True) for u in rows[0][1]),
        Column("Apart", numeric=True),
    )
    lines = []
    for label, under in rows:
        odds = [u.within for u in under]
        apart = cell(f"{100.0 * (max(odds) - min(odds)):.0f}")
        lines.append(Row((cell(label), *(cell(percent(x)) for x in odds), apart)))
    caption = "Odds within, by candidate model, and how many percentage points they are apart"
    return (Table(caption, columns, tuple(lines), "odds"),)


def _part_columns(options: OptionList) -> tuple[Column, ...]:
    if not options.options:
        return ()
    return tuple(Column(f"{opened(p.metric)} {p.window}") for p in options.options[0].parts)


def _best(options: OptionList) -> dict[str, str]:
    """Option ids with the highest odds and what is said of them; none where none should be.

    No row stands out where none reaches the window, where the list may not be dosed by, or where
    the options are weighed under different assumptions. Odds within twice the Monte-Carlo error of
    the highest are not told apart from it.
    """
    known = [o for o in options.options if math.isfinite(o.within)]
    same = len({o.scenario for o in options.options}) == 1
    if options.none_reaches or options.watermark or not same or not known:
        return {}
    top = max(known, key=lambda o: o.within)
    error = top.error if math.isfinite(top.error) else 0.0
    near = [o for o in known if o.within >= top.within - 2.0 * error]
    said = "highest odds of these" if len(near) == 1 else "among the highest odds"
    return {o.id: said for o in near}


def _letters(options: OptionList) -> dict[str, str]:
    """Notes of the options -> the letter under which each stands below the table."""
    notes = tuple(dict.fromkeys(n for o in options.options for n in o.notes))
    return {n: LETTERS[i] if i < len(LETTERS) else str(i + 1) for i, n in enumerate(notes)}


def _row(option: Option, best: str, letters: Mapping[str, str]) -> Row:
    course: list[str | Run] = [strong(option.label)]
    lines = "; ".join(option.course)
    if lines and lines != option.label:
        course.append(f": {lines}")
    if best:
        course += [" ", Run(best, "mark")]
    if option.notes:
        course.append(quiet(f" ({', '.join(letters[n] for n in option.notes)})"))
    exposure = cell("unknown")
    if len(option.exposure) == 5:
        low, _, median, _, high = option.exposure
        exposure = cell(number(median), quiet(f" ({span(low, high, like=median)})"))
    bar = odds_bar.drawing(option.below, option.within, option.above, of=option.label)
    return Row(
        (
            cell(*course),
            cell(drawing=bar),
            cell(percent(option.below)),
            cell(strong(percent(option.within))),
            cell(percent(option.above)),
            cell(points(option.error)),
            *(
                (
                    cell(
                        f"{percent(p.below)}, ", strong(percent(p.within)), f", {percent(p.above)}"
                    )
                    for p in option.parts
                )
                if option.parts
                else (cell(percent(option.measured_within)),)
            ),
            exposure,
        ),
        "best" if best else "",
    )
