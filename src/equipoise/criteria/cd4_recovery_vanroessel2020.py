"""Early recovery of CD4 T cells after a graft: two counts running above 50/uL by day 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from equipoise.chart import Addition, Floats
from equipoise.criteria.neutrophil_recovery_astct2021 import dated
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criterion import Criterion, Effort, Item, Probe, Reading, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks, Rows, Truths
from equipoise.probe import addition
from equipoise.readers import Part, after, item_of, since
from equipoise.source import Source, Standing
from equipoise.truth import Limit

CD4 = Limit(">", (("50", "/uL"),))
COUNTS = 2
"""Consecutive counts on different days."""
LAST_DAY = 100
"""Calendar day since the graft by which both were drawn."""
WINDOW = 28 * 24.0

_DAY = 24.0


@dataclass(slots=True)
class Recovery:
    """CD4 recovery as far as each look knows.

    truth  whether there is recovery
    rows   the two counts; where there are none the last one
    """

    truth: Truths
    rows: tuple[Rows, Rows]


def _until(looks: Looks) -> Floats:
    """The look's own time, or the end of the last day that counts."""
    chart, graft = looks.chart, np.nan_to_num(looks.infusion(GRAFTS))
    return np.minimum(looks.at, chart.day_end(looks.record, chart.day(looks.record, graft) +
                                              LAST_DAY))  # fmt: skip


def recovery(looks: Looks) -> Recovery:
    """The first two consecutive days above the limit, else what the last count says."""

    def find() -> Recovery:
        series, until = looks.chart.named("cd4"), _until(looks)
        size = len(looks)
        truth = np.full(size, UNKNOWN, dtype=np.int8)
        first, second = (np.full(size, -1, dtype=np.int64) for _ in range(2))
        spread = looks.between(series, np.nan_to_num(looks.infusion(GRAFTS)), until)
        if len(spread.row):
            said = Rows(series, spread.row).truth(CD4)
            day = looks.chart.row_days(series)[spread.row]
            # The lowest count of a day stands for it.
            order = np.lexsort((-said, day, spread.look))
            look, day, row, said = spread.look[order], day[order], spread.row[order], said[order]
            kept = np.append((look[1:] != look[:-1]) | (day[1:] != day[:-1]), True)
            look, row, said = look[kept], row[kept], said[kept]
            end = np.flatnonzero(np.append(look[1:] != look[:-1], True))
            recent = series.at[row[end]] >= until[look[end]] - looks.windows["cd4"]
            truth[look[end]] = np.where((said[end] == NOT_MET) & recent, NOT_MET, UNKNOWN)
            second[look[end]] = np.where(recent, row[end], -1)
            pair = (look[1:] == look[:-1]) & (said[1:] == MET) & (said[:-1] == MET)
            # The earliest pair of each look: written last.
            found = np.flatnonzero(pair)[::-1]
            truth[look[found]] = MET
            first[look[found]], second[look[found]] = row[found], row[found + 1]
        return Recovery(truth, (Rows(series, first), Rows(series, second)))

    result: Recovery = looks.keep("cd4 recovery", find)
    return result


def recovered(looks: Looks) -> Part:
    """Whether CD4 T cells have recovered by the look."""
    found = recovery(looks)
    return Part(found.truth, lambda i: Reasons([row.because(i) for row in found.rows], ("cd4",)))


def combine(classes: Sequence[int]) -> int:
    """Recovered or not."""
    return classes[0]


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    del readings
    found = recovery(looks)
    if found.truth[look] == MET:
        return " and ".join(f"on {dated(looks, look, float(r.at[look]))}" for r in found.rows)
    over = looks.at[look] > _until(looks)[look]
    return f"day {LAST_DAY} has passed" if over else f"may still come by day {LAST_DAY}"


def _counts(looks: Looks, look: int, *, text: str, days: int) -> Sequence[Addition]:
    at = float(_until(looks.take([look]))[0])
    return [addition("cd4", text, at - _DAY * back) for back in range(days - 1, -1, -1)]


CD4_RECOVERY = Criterion(
    id="cd4_recovery_vanroessel2020",
    title="Early recovery of CD4 T cells after a graft, van Roessel 2020",
    measures="met",
    source=Source(
        "van Roessel 2020, Cytotherapy 22:503",
        "10.1016/j.jcyt.2020.05.005",
        "abstract",
        "abstract read (PMC7484404)",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    tail=_tail,
    leading=("cd4",),
    windows={"cd4": WINDOW},
    items=(
        Item(
            "cd4",
            "CD4 T cells",
            ("CD4 T cells not recovered", "CD4 T cells recovered"),
            (
                f"the last count by day {LAST_DAY} {CD4.opposite}, and no {COUNTS} such counts "
                "before",
                f"{CD4.text} in {COUNTS} consecutive counts by day {LAST_DAY}",
            ),
            item_of(recovered),
            "recovery of CD4 T cells unknown",
        ),
    ),
    probes=(
        Probe(
            "cd4",
            Effort.SPECIAL,
            (
                (CD4.opposite, partial(_counts, text=CD4.example(met=False), days=1)),
                (
                    f"{CD4.text} on {COUNTS} days running",
                    partial(_counts, text=CD4.example(met=True), days=COUNTS),
                ),
            ),
        ),
    ),
    notes=(
        "No before the last day means not yet. After it a low last count means no, and a single "
        "high one leaves it open: a second may not have been recorded.",
        "Consecutive means without a count between, on different days; the lowest of a day stands "
        "for it (project choices). Day 100 is the hundredth calendar day since the graft.",
        "In 315 first allogeneic grafts of children and young adults those without it died more "
        "often (hazard ratio 2.35, 95 % CI 1.46-3.79), above all without relapse (6.58, "
        "2.82-15.38); 66.7 % reached it, 54.7 % after T-cell depletion. Adults and autologous "
        "grafts were not studied there.",
        "Another paper of the same groups (Blood 137:848, abstract) takes one count >= 50 /uL "
        "within 100 days: 50 itself counts there, and does not here.",
        "It says how a cohort fared and is no target of a dose.",
    ),
    tags=("transplantation",),
    course=None,
)
