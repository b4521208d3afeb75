"""Advice from guidance and labels: what applies, what cannot be told yet, what was considered.

What several statements of one topic share (why they apply, what they lack) is said once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from equipoise.advice import Advice
from equipoise.assessment import Assessment
from equipoise.criterion import Truth
from equipoise.report.blocks import (
    Block,
    Box,
    Column,
    Fold,
    Heading,
    Items,
    Paragraph,
    Row,
    Run,
    Table,
    Words,
    cell,
    citation,
    quiet,
    standing_mark,
    strong,
    words,
)
from equipoise.report.words import Clock, listed, opened, plain, sentence, value
from equipoise.source import Standing

FEW = 2
"""So many titles are listed under one reason; more are counted by topic."""


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """The statements by what can be told of them; nothing where none was asked."""
    advice = assessment.advice
    if not advice:
        return ()
    clock = Clock(assessment.day0)
    applying = [a for a in advice if a.applies is Truth.MET]
    undecided = [a for a in advice if a.applies is Truth.UNKNOWN]
    others = [a for a in advice if a.applies is Truth.NOT_MET]
    count = (
        f"{len(advice)} statements: applying {len(applying)}, cannot be told yet {len(undecided)}, "
        f"not applying {len(others)}."
    )
    parts: list[Block] = [Heading(2, "Advice from guidance and labels")]
    parts.append(Paragraph(words(quiet(count))))
    parts.append(Heading(3, "Applies here"))
    if not applying:
        parts.append(Paragraph(words("None."), "quiet"))
    for members in _by_topic(applying):
        parts += _applying(members, clock)
    if undecided:
        parts.append(Heading(3, "Cannot tell yet"))
        for members in _by_topic(undecided):
            parts += _undecided(members, clock)
    if others:
        parts.append(Heading(3, "Considered, does not apply here"))
        parts.append(Fold(f"{len(others)} statements, with the reason of each", (_aside(others),)))
    return tuple(parts)


def _by_topic(advice: Sequence[Advice]) -> list[list[Advice]]:
    """In groups of one topic, in the order of the first of each; without a topic alone."""
    groups: dict[str, list[Advice]] = {}
    for a in advice:
        groups.setdefault(a.recommendation.topic or a.recommendation.id, []).append(a)
    return list(groups.values())


def _applying(members: Sequence[Advice], clock: Clock) -> list[Block]:
    """In full; what several rest on alike stands once above them."""
    groups: dict[tuple[object, ...], list[Advice]] = {}
    for a in members:
        groups.setdefault((a.detail, a.because), []).append(a)
    parts: list[Block] = []
    for alike in groups.values():
        if len(alike) > 1 and (alike[0].detail or alike[0].because):
            topic = opened(alike[0].recommendation.topic)
            parts.append(Paragraph(words(strong(f"{topic}, the next {len(alike)}. "))))
            parts += _rests_on(alike[0], clock)
            alike = [replace(a, detail="", because=()) for a in alike]
        parts += [_said(a, clock) for a in alike]
    return parts


def _undecided(members: Sequence[Advice], clock: Clock) -> list[Block]:
    """One statement of a topic in full; of several the titles, and what they lack."""
    if len(members) == 1:
        return [_said(members[0], clock)]
    groups: dict[tuple[object, ...], list[Advice]] = {}
    for a in members:
        groups.setdefault((a.detail, a.missing), []).append(a)
    parts: list[Block] = []
    told: tuple[object, ...] = ()
    for alike in groups.values():
        items = tuple(_title(a) for a in alike)
        lacking = listed([plain(name) for name in alike[0].missing])
        parts.append(Items(items))
        again = alike[0].because == told
        short, _, more = alike[0].detail.partition(": ")
        parts += _rests_on(replace(alike[0], detail=short, because=()), clock)
        seen: list[Block] = [Paragraph(words(quiet(sentence(more))))] if more else []
        seen += [] if again else _rests_on(replace(alike[0], detail=""), clock)
        if seen:
            parts.append(Fold("What is observed and what is not", tuple(seen)))
        told = alike[0].because
        parts.append(Paragraph(words(strong("Lacks: "), f"{lacking}.")))
    return [Box(opened(members[0].recommendation.topic), tuple(parts), "advice")]


def _title(advice: Advice) -> Words:
    rule = advice.recommendation
    mark = () if rule.standing is Standing.PUBLISHED else standing_mark(rule.standing)
    return words(rule.title, quiet(f". {rule.source.short}. "), mark)


def _aside(others: Sequence[Advice]) -> Table:
    """By reason: few titles as they are, more as a count of each topic."""
    reasons: dict[str, list[Advice]] = {}
    for a in others:
        reasons.setdefault(sentence(a.detail) or "Its conditions are not met.", []).append(a)
    rows = []
    for reason, members in reasons.items():
        if len(members) <= FEW:
            said = "; ".join(a.recommendation.title for a in members)
        else:
            said = "; ".join(
                f"{opened(group[0].recommendation.topic)}: "
                + (group[0].recommendation.title if len(group) == 1 else f"{len(group)} statements")
                for group in _by_topic(members)
            )
        rows.append(Row((cell(reason), cell(said))))
    columns = (Column("Why not"), Column("Advice"))
    return Table("Advice considered and not applying", columns, tuple(rows), "quiet")


def _rests_on(advice: Advice, clock: Clock) -> list[Block]:
    parts: list[Block] = []
    if advice.detail:
        parts.append(Paragraph(words(strong("Here: "), sentence(advice.detail))))
    if advice.because:
        reasons = listed(
            [
                f"{plain(b.name)} {value(b.value)} "
                f"({'; '.join(x for x in (clock.short(b.at), b.note) if x)})"
                for b in advice.because
            ]
        )
        parts.append(Paragraph(words(strong("Because: "), reasons, ".")))
    return parts


def _said(advice: Advice, clock: Clock) -> Box:
    rule = advice.recommendation
    parts: list[Block] = []
    if rule.label_status:
        label = " ".join(x for x in (rule.region, "label", rule.label_date) if x)
        manner = "mark" if rule.label_status == "licensed" else "warn"
        parts.append(Paragraph(words(Run(rule.label_status, manner), quiet(f" {label}"))))
    parts.append(Paragraph(words(sentence(rule.statement))))
    parts += _rests_on(advice, clock)
    if advice.missing:
        lacking = listed([plain(name) for name in advice.missing])
        parts.append(Paragraph(words(strong("Lacks: "), lacking, ".")))
    if rule.alternatives:
        parts.append(Paragraph(words(strong("Other ways:"))))
        items = []
        for way in rule.alternatives:
            mark = () if way.standing is Standing.PUBLISHED else standing_mark(way.standing)
            items.append(words(sentence(way.text), quiet(f" {way.source.short}. "), mark))
        parts.append(Items(tuple(items)))
    if rule.would_change:
        changes = " ".join(sentence(x) for x in rule.would_change)
        parts.append(Paragraph(words(strong("What would change it: "), changes)))
    foot: list[str | Run | Words] = ["Source: ", citation(rule.source), ". "]
    foot += (
        [f"Also: {listed([s.text for s in rule.other_sources])}. "] if rule.other_sources else []
    )
    graded = [
        f"{noun} {word}"
        for noun, word in (("strength", rule.strength), ("certainty", rule.certainty))
        if word
    ]
    if graded:
        foot.append(f"As printed: {listed(graded)}. ")
    if rule.evidence is not None:
        foot.append(f"{rule.evidence.text}. ")
    foot.append(standing_mark(rule.standing))
    parts.append(Paragraph(words(*foot), "quiet"))
    return Box(rule.title, tuple(parts), "advice")
