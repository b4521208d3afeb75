"""The bedside note: one page for the chart, from an assessment and nothing else.

For each drug with levels or a course: the dose now, the last level, two to four options, when to
look again, the sum that a second person does by hand. Where the gate lets no option through, or an
open decision weighs the options under several assumptions, the note offers none and says why: a
page that is read alone must not hide what its numbers assume.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.assessment import Assessment, Exposure, Level, Option, OptionList
from equipoise.target import Metric
from equipoise.triage import STEADY_AFTER
from equipoise.truth import Truth

MOST_OPTIONS = 4

AS_IT_STANDS = ("x1", "as_planned")
"""Ids of the option that changes nothing."""

GRAVE = ("contraindicated", "avoid")
"""What a label says that stands on the note before any dose."""

AGREES = 0.1
"""The sum by hand and the computed median agree within this share, else the note says that they do
not (project convention)."""

_AMOUNT = re.compile(r"^(\d+(?:\.\d+)?) ?(mg|ug|g)\b")


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of arithmetic and what was computed: both medians, in the target's unit."""

    text: str
    by_hand: float
    computed: float

    @property
    def agrees(self) -> bool:
        """Whether the two are near enough (`AGREES`)."""
        return abs(self.by_hand - self.computed) <= AGREES * abs(self.computed)


@dataclass(frozen=True, slots=True)
class Window:
    """The options of one drug against one window.

    options  two to four, what stands first; empty where `refused` says why
    reach    the chance that no option has where `none_reaches`
    """

    metric: str
    unit: str
    window: str
    source: str
    model: str
    options: tuple[Option, ...]
    none_reaches: bool
    refused: str
    sums: tuple[Sum, ...]
    cautions: tuple[str, ...]
    reach: float = math.nan


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug on the note.

    current  the last dose given and the next planned one, in words
    levels   the last ones, newest first, each with what the model expects having seen it, and
             what was made of it
    cautions  about the model here: what its numbers assume
    recheck  when to look again, in hours from day 0 (None: no time was computed), and in words
    """

    agent: str
    current: tuple[tuple[str, float], ...]
    levels: tuple[tuple[str, float, str], ...]
    pending: int
    windows: tuple[Window, ...]
    recheck: float | None
    recheck_text: str
    watermark: str
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """One page. `first` is to be read before any dose."""

    record: str
    at: float
    clock: str
    day0: str
    day: int
    header: tuple[tuple[str, str], ...]
    first: tuple[str, ...]
    drugs: tuple[Drug, ...]
    made_by: tuple[tuple[str, str], ...]
    disclaimer: str


def bedside_note(answer: Assessment) -> Note:
    """The note of an assessment; it computes nothing that the assessment does not hold."""
    grave = [
        a.recommendation.title
        for a in answer.advice
        if a.applies is Truth.MET and a.recommendation.label_status in GRAVE
    ]
    first = [text for d in answer.decisions for text in d.first]
    agents = list(dict.fromkeys([*(e.agent for e in answer.exposures),
                                 *(o.agent for o in answer.options)]))  # fmt: skip
    return Note(
        record=answer.record,
        at=answer.at,
        clock=answer.clock,
        day0=answer.day0,
        day=answer.day,
        header=answer.header,
        first=tuple(dict.fromkeys([*first, *grave])),
        drugs=tuple(_drug(answer, agent) for agent in agents),
        made_by=answer.made_by,
        disclaimer=answer.disclaimer,
    )


def _drug(answer: Assessment, agent: str) -> Drug:
    exposures = [e for e in answer.exposures if e.agent == agent]
    lists = [o for o in answer.options if o.agent == agent]
    marks = [*(e.watermark for e in exposures), *(o.watermark for o in lists)]
    watermark = next((mark for mark in marks if mark), "")
    doses = exposures[0].doses if exposures else ()
    given = [d for d in doses if d.at <= answer.at and d.status in ("given", "partial")]
    ahead = [d for d in doses if d.at > answer.at and d.status == "planned"]
    current = [("last given", d) for d in given[-1:]] + [("next planned", d) for d in ahead[:1]]
    levels = sorted(exposures[0].levels, key=lambda x: -x.at)[:3] if exposures else []
    # Those of a model whose options stand here; what is about other models is for the report.
    cautions = [c for e in exposures if any(o.model == e.model for o in lists) for c in e.cautions]
    windows = _windows(answer, lists, exposures)
    at, text = _recheck(answer, lists, [d.at for d in ahead], windows)
    return Drug(
        agent=agent,
        current=tuple((f"{what}: {d.text}", d.at) for what, d in current),
        levels=tuple((_level(x), x.at, x.verdict) for x in levels),
        pending=len(exposures[0].pending) if exposures else 0,
        windows=windows,
        recheck=at,
        recheck_text=text,
        watermark=watermark,
        cautions=tuple(dict.fromkeys(cautions)),
    )


def _level(level: Level) -> str:
    """A level with what the estimate makes of it, so that a misfit is seen before any odds."""
    if level.censored or not math.isfinite(level.posterior_median):
        return level.text
    return f"{level.text}; the model, having seen it, expects {level.posterior_median:.3g}"


def _windows(
    answer: Assessment, lists: Sequence[OptionList], exposures: Sequence[Exposure]
) -> tuple[Window, ...]:
    """One for each window; only a reason where a decision weighs several assumptions."""
    questions = {d.id: d.question for d in answer.decisions}
    unsettled = [o for o in lists if len({x.scenario for x in o.options}) > 1]
    if unsettled:
        question = questions.get(unsettled[0].decision, "")
        why = (
            "the odds depend on what is assumed"
            + (f" in the open decision ({question})" if question else "")
            + "; the report shows them side by side, a note of one page does not"
        )
        return (_refused(unsettled[0], why),)
    found = []
    for one in lists:
        if one.refused or one.watermark or not one.options:
            why = one.refused or (
                f"{one.model} or its window is {one.standing.word}: {one.watermark}"
                if one.watermark
                else "nothing could be weighed"
            )
            found.append(_refused(one, why))
            continue
        assert one.target is not None
        chosen = _chosen(one.options)
        found.append(
            Window(
                metric=one.metric_label if one.together else one.target.metric.value,
                unit=one.target.unit,
                window=" and ".join(one.together) or one.target.window,
                source=one.target.source.text,
                model=one.model,
                options=chosen,
                none_reaches=one.none_reaches,
                refused="",
                sums=_sums(one, chosen, [e for e in exposures if e.model == one.model]),
                cautions=one.cautions,
                reach=one.reach,
            )
        )
    return tuple(found)


def _refused(one: OptionList, why: str) -> Window:
    target = one.target
    return Window(
        metric="" if target is None else target.metric.value,
        unit="" if target is None else target.unit,
        window="" if target is None else target.window,
        source="" if target is None else target.source.text,
        model=one.model, options=(), none_reaches=False, refused=why, sums=(), cautions=(),
    )  # fmt: skip


def _chosen(options: Sequence[Option]) -> tuple[Option, ...]:
    """What changes nothing, then those with the highest odds; at most `MOST_OPTIONS`."""
    stands = [o for o in options if _stands(o)]
    others = [o for o in options if not _stands(o) and math.isfinite(o.within)]
    # Of equal odds the one whose exposure lies nearest to what is aimed at was put first.
    best = sorted(others, key=lambda o: -o.within)[: MOST_OPTIONS - len(stands)]
    return (*stands, *(o for o in options if o in best))


def _stands(option: Option) -> bool:
    return option.id in AS_IT_STANDS or option.id.rpartition(":")[2] in AS_IT_STANDS


def _recheck(
    answer: Assessment,
    lists: Sequence[OptionList],
    ahead: Sequence[float],
    windows: Sequence[Window],
) -> tuple[float | None, str]:
    """The sample that would tell most; else the first steady trough of a new dose; else the words
    of an open decision.
    """
    samples = [s for o in lists if not o.refused and not o.watermark for s in o.next_samples[:1]]
    if samples and any(w.options for w in windows):
        return samples[0].at, "a level there would tell most (expected, by the model)"
    trough = any(w.options and w.metric == Metric.TROUGH.value for w in windows)
    if trough and ahead:
        return ahead[0] + STEADY_AFTER, (
            "first trough that counts as steady if the dose is changed at the next planned one "
            "(7 days unchanged, sirolimus label); earlier after an interaction starts or stops"
        )
    decided = {o.decision for o in lists}
    said = [text for d in answer.decisions if d.id in decided for text in d.monitor[:1]]
    return None, said[0] if said else "no time was computed: by the ward's own rule"


def _sums(
    one: OptionList, chosen: Sequence[Option], exposures: Sequence[Exposure]
) -> tuple[Sum, ...]:
    """Proportion by hand: from what changes nothing to each other option."""
    stands = next((o for o in one.options if _stands(o)), None)
    if stands is None or one.target is None or one.together or len(stands.exposure) != 5:
        return ()
    base, now = stands.exposure[2], _amount(stands.course)
    received = 0.0
    if one.target.metric is not Metric.TROUGH:
        if one.target.metric is not Metric.AUC_CUMULATIVE:
            return ()
        found = [s for e in exposures for s in e.summaries if s.name == "auc_received"]
        received = found[0].posterior[2] if found else 0.0
    if now is None or now <= 0.0:
        return ()
    sums = []
    for option in chosen:
        amount = _amount(option.course)
        if option is stands or amount is None or len(option.exposure) != 5:
            continue
        by_hand = received + (base - received) * amount / now
        if received > 0.0:
            text = (
                f"{received:.3g} received + ({base:.3g} - {received:.3g}) x {amount:g} / {now:g} "
                f"mg left = {by_hand:.3g} {one.target.unit}"
            )
        else:
            text = f"{base:.3g} x {amount:g} / {now:g} mg = {by_hand:.3g} {one.target.unit}"
        sums.append(Sum(text, by_hand, option.exposure[2]))
    return tuple(sums)


def _amount(course: Sequence[str]) -> float | None:
    """All of a course's amounts in mg; None where a line names none."""
    if tuple(course) == ("no further dose",):
        return 0.0
    total = 0.0
    for line in course:
        found = _AMOUNT.match(line)
        if found is None:
            return None
        total += float(found[1]) * {"mg": 1.0, "g": 1000.0, "ug": 0.001}[found[2]]
    return total
