"""The decisions that are open: the question, what to read first, the options, and what counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest

from equipoise.assessment import Assessment, Exposure, Option, OptionList
from equipoise.criterion import Grade
from equipoise.decision import DecisionOption, EvidenceTable, OpenDecision
from equipoise.report import concentration, odds_bar, signals, strip
from equipoise.report.blocks import (
    Block,
    Box,
    Cell,
    Column,
    Facts,
    Figure,
    Fold,
    Heading,
    Items,
    Pair,
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
from equipoise.report.toxicity import recorded_by_day, strip_lines
from equipoise.report.words import (
    Clock,
    day_word,
    number,
    opened,
    percent,
    plain,
    sentence,
    span,
    value,
)
from equipoise.signal import Signal
from equipoise.source import Standing

RECENT = 14
"""Days of the toxicity strip that stand on the first page."""

SHORT = 4
"""So many findings of evidence stand on paper; more are folded away."""

NONE_OPEN = "No decision of those on the shelf is open at this time."

NO_OPTIONS = "No options are weighed for this decision; the reason stands with it."

Computed = Mapping[str, tuple[OptionList, Option]]
"""Of each candidate the first list it stands in; further windows stand under the options."""


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """Each open decision in full; the figure that belongs to the first of them, once."""
    parts: list[Block] = [Heading(2, "Open decisions")]
    if not assessment.decisions:
        parts.append(Paragraph(words(NONE_OPEN), "answer"))
        parts.extend(_figure(assessment, None))
        return tuple(parts)
    for i, decision in enumerate(assessment.decisions):
        figure = _figure(assessment, decision) if i == 0 else ()
        parts.append(_decision(decision, assessment, figure))
    return tuple(parts)


def metric(options: OptionList) -> str:
    """What the odds are of: "steady-state trough"."""
    if options.metric_label or options.target is None:
        return options.metric_label.removesuffix(f" in {unit(options)}") or "exposure"
    return options.target.metric.value


def window(options: OptionList) -> str:
    """The window with its unit, or that there is none; several that have to hold at once."""
    if options.together:
        return " and ".join(options.together)
    return "no window" if options.target is None else options.target.window


def unit(options: OptionList) -> str:
    """The unit of the metric; empty where there is no target."""
    return "" if options.target is None else options.target.unit


def odds_words(below: float, within: float, above: float) -> str:
    """ "below 12%, within 70%, above 18%"."""
    return f"below {percent(below)}, within {percent(within)}, above {percent(above)}"


def exposure_words(quantiles: Sequence[float], unit: str) -> Words:
    """ "8.1 ng/mL (90% 5.2 to 12.4)" from the five quantiles."""
    if len(quantiles) != 5:
        return words("unknown")
    low, _, median, _, high = quantiles
    return words(f"{number(median)} {unit} ", quiet(f"(90% {span(low, high, like=median)})"))


def _computed(assessment: Assessment, decision: OpenDecision) -> Computed:
    found: dict[str, tuple[OptionList, Option]] = {}
    for options in sorted(assessment.options, key=lambda o: o.decision != decision.id):
        for option in options.options:
            found.setdefault(option.id, (options, option))
    return found


def _decision(
    decision: OpenDecision,
    assessment: Assessment,
    figure: Sequence[Block],
) -> Box:
    clock = Clock(assessment.day0)
    parts: list[Block] = [Facts(_frame(decision, clock), "strip")]
    if decision.first:
        parts.append(Box("Read this first", (_lines(decision.first),), "danger"))
    parts.extend(figure)
    parts.append(_options(decision, assessment, _computed(assessment, decision)))
    if decision.needs:
        parts.append(_needs(decision))
    sources = tuple(_option_sources(o) for o in decision.options if o.sources or o.evidence)
    if sources:
        rests = (Heading(4, "What these options rest on"), Items(sources))
        parts.append(Fold("What these options rest on, with the level of each", rests))
    if decision.because:
        parts.append(Heading(4, "Why it is open"))
        parts.append(
            Items(
                tuple(
                    words(
                        strong(plain(b.name)),
                        f" {value(b.value)}, {clock.short(b.at)}",
                        quiet(f" ({b.note})") if b.note else "",
                    )
                    for b in decision.because
                )
            )
        )
    if decision.evidence:
        evidence = Items(
            tuple(
                words(f"{sentence(said)} ", citation(source), " ", *_mark_unless_plain(standing))
                for said, source, standing in decision.evidence
            )
        )
        # Few lines stand as they are; many make a page of their own.
        title = Heading(4, "Evidence")
        many = len(evidence.items) > SHORT
        listed = Fold(f"Evidence, {len(evidence.items)} findings with sources", (title, evidence))
        parts += [listed] if many else [title, evidence]
    for table in decision.tables:
        parts += [_table(table), Paragraph(words(sentence(table.covers)), "quiet")]
    rest: list[tuple[Block, ...]] = [
        (Heading(4, title), _lines(lines))
        for title, lines in (
            ("What would change it", decision.would_change),
            ("What to monitor", decision.monitor),
            ("When to stop", decision.stop),
            ("Notes", decision.notes),
        )
        if lines
    ]
    for left, right in zip_longest(rest[::2], rest[1::2], fillvalue=()):
        parts.append(Pair(left, right))
    return Box(decision.question, tuple(parts), "decision")


def _table(table: EvidenceTable) -> Table:
    columns = (*(Column(c) for c in table.columns), Column("Source"))
    rows = tuple(
        Row(
            (
                *(cell(text) for text in line.cells),
                cell(*citation(line.source), " ", *_mark_unless_plain(line.standing)),
            )
        )
        for line in table.rows
    )
    return Table(table.title, columns, rows)


def _frame(decision: OpenDecision, clock: Clock) -> tuple[tuple[str, Words], ...]:
    if decision.closes is None:
        closes, why = decision.closes_why or "no deadline in the record", quiet("")
    else:
        closes = clock.full(decision.closes)
        why = quiet(f" ({decision.closes_why})" if decision.closes_why else "")
    return (
        ("Who decides", words(decision.who)),
        ("Open since", words(clock.full(decision.opens))),
        ("Closes", words(strong(closes), why)),
        ("Standing of this decision", words(*standing_mark(decision.standing))),
    )


def _needs(decision: OpenDecision) -> Block:
    known = tuple(words(need.text or plain(need.name)) for need in decision.needs if need.known)
    lacking = tuple(
        words(need.text or plain(need.name)) for need in decision.needs if not need.known
    )
    nothing = Paragraph(words("Nothing."), "quiet")
    return Pair(
        (Heading(4, "Known"), Items(known, "known") if known else nothing),
        (Heading(4, "Still lacking"), Items(lacking, "lacking") if lacking else nothing),
    )


def _options(decision: OpenDecision, assessment: Assessment, computed: Computed) -> Block:
    if not decision.options:
        return Paragraph(words(NO_OPTIONS), "answer")
    if not any(option.computed for option in decision.options):
        heads = tuple(_option_head(option, said=True).words for option in decision.options)
        return Box("Options, in no order of preference", (Items(heads),), "options")
    used = [computed[i][0] for o in decision.options for i in o.computed if i in computed]
    if not used:
        return _uncomputed(decision, assessment)
    lists = [o for i, o in enumerate(used) if all(o is not before for before in used[:i])]
    several = len({window(o) for o in lists}) > 1
    rows: list[Row] = []
    for option in decision.options:
        rows.append(Row((_option_head(option),), "group"))
        found = [computed[i] for i in option.computed if i in computed]
        for options, answer in found:
            rows.append(_odds_row(options, answer, several=several))
        if option.computed and not found:
            rows.append(Row((cell(quiet(_why_not(decision, assessment)), span=4),), "quiet"))
    columns = (
        Column("Course"),
        Column("Assuming"),
        Column("Odds", drawing=True, narrow=True),
        Column("Exposure", narrow=True),
    )
    return Table(_caption(lists, decision, assessment), columns, tuple(rows), "decision")


def _uncomputed(decision: OpenDecision, assessment: Assessment) -> Block:
    """Options without odds: why there are none, and what the model says of the exposure itself."""
    heads = tuple(_option_head(option, said=True).words for option in decision.options)
    agents = {o.agent for o in assessment.options if o.decision == decision.id}
    shown = tuple(
        words(
            f"{opened(s.label)}: ", strong(number(s.posterior[2])),
            f" {s.unit} (90 % {span(s.posterior[0], s.posterior[4], like=s.posterior[2])})",
        )
        for e in assessment.exposures if e.agent in agents
        for s in e.summaries if len(s.posterior) == 5
    )  # fmt: skip
    parts: list[Block] = [Items(heads), Paragraph(words(_why_not(decision, assessment)), "answer")]
    if shown:
        parts += [Heading(4, "Exposure, whatever it is held against"), Items(shown)]
    return Box("Options, in no order of preference", tuple(parts), "options")


def _option_head(option: DecisionOption, *, said: bool = False) -> Cell:
    """Label, status and text; that nothing is computed is said where other options have odds."""
    line: list[Run | str] = [strong(f"{option.label}.")]
    if option.status:
        line += [" ", Run(option.status, "warn")]
    line.append(f" {sentence(option.text)}" if option.text else "")
    if not option.computed and not said:
        line.append(quiet(" Exposure not computed for this option."))
    line += [" ", *_mark_unless_plain(option.standing)]
    return cell(*line, span=4)


def _option_sources(option: DecisionOption) -> Words:
    line: list[Run | str] = [f"{option.label}: "]
    for i, source in enumerate(option.sources):
        line += ["; " if i else "", *citation(source)]
    line.append(". " if option.sources else "")
    if option.evidence is not None:
        line.append(quiet(f"{option.evidence.text}. "))
    line += standing_mark(option.standing)
    return words(*line)


def _odds_row(options: OptionList, answer: Option, *, several: bool) -> Row:
    against = f" against {window(options)}" if several else ""
    return Row(
        (
            cell(answer.label),
            cell(answer.scenario or "nothing else changes", quiet(against)),
            cell(
                odds_words(answer.below, answer.within, answer.above),
                drawing=odds_bar.drawing(
                    answer.below, answer.within, answer.above, of=answer.label
                ),
            ),
            cell(*exposure_words(answer.exposure, unit(options))),
        )
    )


def _caption(lists: Sequence[OptionList], decision: OpenDecision, assessment: Assessment) -> str:
    if not lists:
        return "Options, in no order of preference"
    windows = tuple(dict.fromkeys(f"{metric(o)} {window(o)}" for o in lists))
    said = f"Options, in no order of preference; odds against {'; '.join(windows)}"
    marks = [o.watermark for o in lists if o.watermark]
    if marks:
        said = f"{marks[0]}. {said}"
    others = [
        f"{metric(o)} {window(o)}"
        for o in assessment.options
        if o.decision == decision.id and o.options
    ]
    further = [w for w in dict.fromkeys(others) if w not in windows]
    if further:
        said += f" (against {'; '.join(further)}: see the options further down)"
    unreached = [o for o in lists if o.none_reaches]
    if unreached:
        said += f". None reaches the window with at least {percent(unreached[0].reach)}"
    return said


def _why_not(decision: OpenDecision, assessment: Assessment) -> str:
    reasons = [o.refused for o in assessment.options if o.refused and o.decision == decision.id]
    return "Not computed: " + (reasons[0] if reasons else "no odds are available.")


def _lines(lines: Sequence[str]) -> Items:
    return Items(tuple(words(sentence(line)) for line in lines))


def _mark_unless_plain(standing: Standing) -> Words:
    return () if standing is Standing.PUBLISHED else standing_mark(standing)


def _figure(assessment: Assessment, decision: OpenDecision | None) -> tuple[Block, ...]:
    clock = Clock(assessment.day0)
    signal = _lead_signal(assessment, decision)
    if signal is not None:
        return signals.figure(signal, clock, assessment.at)
    exposure = _lead_exposure(assessment, decision)
    if exposure is not None:
        drawn = concentration.drawing(exposure, clock, assessment.at, compact=True)
        said = concentration.description(exposure, clock, assessment.at, targets=False)
        mark = words(Run(exposure.watermark, "warn"), " ") if exposure.watermark else ()
        caption = words(*mark, strong(opened(exposure.agent_label)), f". {said}")
        return (Figure(drawn, caption),)
    if any(strip.applies(days) for days in assessment.daily.values()):
        recorded = recorded_by_day(assessment)
        last = max(d.day for days in assessment.daily.values() for d in days)
        recent = {
            criterion: tuple(d for d in days if d.day > last - RECENT)
            for criterion, days in assessment.daily.items()
        }
        # The whole strip has a panel of its own; here only what was surely there.
        daily = {c: days for c, days in recent.items() if any(_certain(d.grade) for d in days)}
        if not daily:
            return ()
        drawn = strip.drawing(daily, assessment.criterion_titles, recorded)
        said = (
            f", at most {RECENT} days to {day_word(last)}: what was certain on any of them; all "
            "criteria and the whole course stand below"
        )
        caption = words(strong("Toxicity by calendar day"), said)
        return (Figure(drawn, caption, partial(strip_lines, replace(assessment, daily=daily))),)
    return ()


def _certain(grade: Grade) -> bool:
    """Whether a grade above 0, or a criterion that is met; scores say something on every day."""
    if grade.met is not None:
        return grade.met
    return grade.probability_low is None and (grade.high or 0) <= 5 and bool(grade.low)


def _lead_signal(assessment: Assessment, decision: OpenDecision | None) -> Signal | None:
    """The series that opened a decision for which nothing is computed."""
    if decision is None or any(o.computed for o in decision.options):
        return None
    named = [b.name for b in decision.because]
    drawn = [s for s in assessment.signals if s.band and s.name in named]
    return min(drawn, key=lambda s: named.index(s.name), default=None)


def _lead_exposure(assessment: Assessment, decision: OpenDecision | None) -> Exposure | None:
    if not assessment.exposures:
        return None
    if decision is not None:
        mine = [o for o in assessment.options if o.decision == decision.id]
        wanted = {i for option in decision.options for i in option.computed}
        mine = mine or [o for o in assessment.options if wanted & {a.id for a in o.options}]
        for options in mine:
            for exposure in assessment.exposures:
                if exposure.model == options.model:
                    return exposure
    return max(assessment.exposures, key=lambda e: e.weight)
