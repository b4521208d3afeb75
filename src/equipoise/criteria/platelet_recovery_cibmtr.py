"""Platelet recovery after a graft as reported to CIBMTR: three counts without transfusion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from equipoise.chart import TRANSFUSIONS, Addition, Floats, Ints, Series
from equipoise.criteria.neutrophil_recovery_astct2021 import dated
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criterion import Criterion, Effort, Item, Probe, Reading, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, UNKNOWN, Looks, Rows, Truths
from equipoise.probe import addition
from equipoise.readers import Part, PartReader, after, item_of, since
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

FIRST = Limit(">=", (("20", "10*9/L"),))
SECOND = Limit(">=", (("50", "10*9/L"),))
COUNTS = 3
"""Consecutive counts on different days; recovery is on the day of the first."""
UNTRANSFUSED = 7
"""Days from the last platelet transfusion to the first of the counts."""
RECENT = 72.0
"""A low count at most so old says that there is no recovery yet (project convention)."""
SPOKEN_FOR = 7
"""A recorded absence of platelet transfusions speaks for the counts that began at most so many
days before it, and for the days without transfusion before them (project convention)."""

_DAY = 24.0


@dataclass(slots=True)
class Recovery:
    """Platelet recovery as far as each look knows.

    at     hours of the first of the counts; NaN where there are none
    truth  whether there is recovery
    rows   what it rests on
    """

    at: Floats
    truth: Truths
    rows: tuple[Rows, ...]


def _transfused(looks: Looks) -> tuple[Series, Series, Series]:
    """Platelets given as events, and recorded as given, and as not given."""
    events = looks.chart.named(TRANSFUSIONS).only("platelets", lambda e: e.product == "platelets")
    said = looks.chart.named("platelet_transfusion")
    return events, said.only("yes", bool), said.only("no", lambda value: not value)


def _last_given(looks: Looks) -> tuple[Floats, tuple[Rows, ...]]:
    """Hours of the last platelet transfusion since the graft, -inf where none is recorded."""
    events, yes, _ = _transfused(looks)
    start = looks.infusion(GRAFTS)
    rows = []
    for series in (events, yes):
        found = looks.last(series)
        rows.append(found.where(found.at >= start))
    return np.maximum(rows[0].at, rows[1].at), tuple(rows)


def _runs(looks: Looks, limit: Limit) -> tuple[Ints, Ints, Ints, Ints]:
    """Runs of counts on different days at or above a limit: look, rows, and a low row before."""
    series = looks.chart.named("platelets")
    assert looks.start is not None
    spread = looks.between(series, looks.start)
    truth = Rows(series, spread.row).truth(limit)
    day = looks.chart.row_days(series)[spread.row] if len(spread.row) else spread.row
    # The lowest count of a day stands for it.
    order = np.lexsort((-truth, day, spread.look))
    look, day, row, truth = spread.look[order], day[order], spread.row[order], truth[order]
    nothing = np.zeros(0, dtype=np.int64)
    if len(look) < COUNTS:
        return nothing, np.zeros((COUNTS, 0), dtype=np.int64), nothing, nothing
    last = np.append((look[1:] != look[:-1]) | (day[1:] != day[:-1]), True)
    look, day, row, truth = look[last], day[last], row[last], truth[last]
    place = np.arange(len(look))
    low = np.maximum.accumulate(np.where(truth == NOT_MET, place, -1))
    begin = np.append(True, look[1:] != look[:-1])
    group = np.maximum.accumulate(np.where(begin, place, 0))
    first = place[: max(len(look) - COUNTS + 1, 0)]
    whole = np.ones(len(first), dtype=np.bool_)
    for step in range(COUNTS):
        whole &= (look[first + step] == look[first]) & (truth[first + step] == MET)
    first = first[whole]
    fell = np.where(low[first] >= group[first], row[low[first]], -1)
    rows = np.array([row[first + step] for step in range(COUNTS)])
    return look[first], rows, day[first], fell


def recovery(looks: Looks, limit: Limit) -> Recovery:
    """The first counts that stand without transfusion, confirmed ones before open ones."""

    def find() -> Recovery:
        chart, series = looks.chart, looks.chart.named("platelets")
        look, rows, day, fell = _runs(looks, limit)
        record = looks.record[look]
        end = chart.day_end(record, chart.row_days(series)[rows[-1]] if len(look) else day)
        until = Looks(chart, record, np.minimum(end, looks.at[look]), looks.known[look])
        given, given_rows = _last_given(until)
        last_day = chart.day(record, np.where(np.isinf(given), -1e7, given))
        kept = (last_day <= day - UNTRANSFUSED) & ((fell >= 0) | ~np.isinf(given))
        # Not given: recorded once the counts had begun, and not long after.
        spoken = np.minimum(chart.day_end(record, day + SPOKEN_FOR), looks.at[look])
        none = Looks(chart, record, spoken, looks.known[look]).last(_transfused(looks)[2])
        confirmed = none.at > chart.day_end(record, day - 1)
        size = len(looks)
        at, truth = np.full(size, math.nan), np.full(size, UNKNOWN, dtype=np.int8)
        found = np.full((COUNTS + 2, size), -1, dtype=np.int64)
        gave = np.full((len(given_rows), size), -1, dtype=np.int64)
        # Open runs first, so that confirmed ones are written over them; each latest first.
        for which in (kept & ~confirmed, kept & confirmed):
            chosen = np.flatnonzero(which)[::-1]
            at[look[chosen]] = series.at[rows[0][chosen]]
            truth[look[chosen]] = np.where(confirmed[chosen], MET, UNKNOWN)
            for step in range(COUNTS):
                found[step][look[chosen]] = rows[step][chosen]
            found[COUNTS][look[chosen]] = fell[chosen]
            found[COUNTS + 1][look[chosen]] = np.where(confirmed, none.index, -1)[chosen]
            for number, each in enumerate(given_rows):
                gave[number][look[chosen]] = each.index[chosen]
        now = looks.of("platelets")
        lately, lately_rows = _last_given(looks)
        today = chart.day(looks.record, looks.at)
        recent = chart.day(looks.record, np.where(np.isinf(lately), -1e7, lately))
        # A transfusion alone does not rule out that they had recovered before.
        not_yet = (now.truth(limit) == NOT_MET) | (recent > today - UNTRANSFUSED) & now.there
        not_yet &= np.isnan(at)
        truth[not_yet] = NOT_MET
        rests = [Rows(series, each) for each in found[: COUNTS + 1]]
        rests.append(Rows(none.series, found[COUNTS + 1]))
        rests += [Rows(r.series, each) for r, each in zip(given_rows, gave, strict=True)]
        rests += [now.where(np.isnan(at)), *(r.where(np.isnan(at)) for r in lately_rows)]
        return Recovery(at, truth, tuple(rests))

    result: Recovery = looks.keep(("platelets recovered", limit), find)
    return result


def recovered(limit: Limit) -> PartReader:
    """Whether platelets have recovered to a limit by the look."""

    def read(looks: Looks) -> Part:
        found = recovery(looks, limit)

        def explain(i: int) -> Reasons:
            because: list[Because | None] = [row.because(i) for row in found.rows]
            lacks = "platelets" if np.isnan(found.at[i]) else "platelet_transfusion"
            return Reasons(because, (lacks,))

        return Part(found.truth, explain)

    return read


def combine(classes: Sequence[int]) -> int:
    """Recovered to the first limit, to the second -> 0, 1, 2."""
    first, second = classes
    return 2 if second else first


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    parts = []
    for name, limit in (("first", FIRST), ("second", SECOND)):
        at = float(recovery(looks, limit).at[look])
        if not np.isnan(at) and 1 in readings[name].possible:
            word = "on" if readings[name].settled else "perhaps on"
            parts.append(f"{limit.text} {word} {dated(looks, look, at)}")
    return ", ".join(parts)


def _counts(looks: Looks, look: int, *, text: str, days: int) -> Sequence[Addition]:
    at = float(looks.at[look])
    return [addition("platelets", text, at - _DAY * back) for back in range(days - 1, -1, -1)]


def _said(looks: Looks, look: int, *, value: bool) -> Sequence[Addition]:
    """On the day of the first count of an open recovery; today where there is none."""
    one = looks.take([look]).through(looks.windows, None)
    one.start = np.nan_to_num(one.infusion(GRAFTS))
    times = [recovery(one, limit).at[0] for limit in (FIRST, SECOND)]
    at = float(looks.at[look])
    if value:
        return [addition("platelet_transfusion", True, at)]
    return [
        addition("platelet_transfusion", False, at if np.isnan(time) else float(time))
        for time in dict.fromkeys(times)
    ]


def _item(name: str, limit: Limit, before: str, word: str) -> Item:
    return Item(
        name,
        f"Platelets {limit.text}",
        (before, word),
        (
            f"the last count {limit.opposite}, or a transfusion in the last {UNTRANSFUSED} d",
            f"{limit.text} in {COUNTS} consecutive counts on different days, none transfused from "
            f"{UNTRANSFUSED} d before the first",
        ),
        item_of(recovered(limit)),
        f"{word} unknown",
    )


PLATELET_RECOVERY = Criterion(
    id="platelet_recovery_cibmtr",
    title="Platelet recovery after a graft, CIBMTR",
    measures="grade",
    source=Source(
        "CIBMTR Forms Instruction Manual, form 2100, q. 13:18",
        "",
        "initial platelet recovery, with its worked example",
        "read on the manual's page (cibmtr.org/manuals/fim, f2100 q13-18)",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    tail=_tail,
    leading=("platelets",),
    windows={"platelets": RECENT, "platelet_transfusion": math.inf},
    items=(
        _item("first", FIRST, "platelets not recovered", "platelets recovered"),
        _item(
            "second", SECOND, "platelets not recovered to the second limit",
            "platelets recovered to the second limit",
        ),
    ),
    probes=(
        Probe(
            "platelets",
            Effort.ROUTINE,
            tuple(
                (label, partial(_counts, text=text, days=days))
                for label, text, days in (
                    (FIRST.opposite, FIRST.example(met=False), 1),
                    (f"{SECOND.text} on {COUNTS} days", SECOND.example(met=True), COUNTS),
                )
            ),
        ),
        Probe(
            "platelet_transfusion",
            Effort.BEDSIDE,
            tuple(
                (label, partial(_said, value=value))
                for label, value in (("none since", False), ("given today", True))
            ),
        ),
    ),
    notes=(
        f"0 not recovered, 1 recovered to {FIRST.text}, 2 to {SECOND.text}. The counts need not be "
        "on consecutive days, and the lowest of a day stands for it.",
        "That no platelets were given is never taken from silence: `platelet_transfusion` false, "
        f"charted from the day of the first count to {SPOKEN_FOR} d after it, speaks for the whole "
        "time (project convention). Until then the answer is open.",
        "Counts before a lower one, or before any transfusion, since the graft do not count: where "
        "platelets never fell the manual has no date, and the answer stays open.",
        f"The answer is no where the last count, at most {RECENT:g} h old, is low, or platelets "
        f"were given in the last {UNTRANSFUSED} d.",
        f"The ASTCT consensus of 2021 has the same rule for {FIRST.text} (doi:"
        "10.1038/s41409-024-02251-0, table 1), with the counts on consecutive days.",
    ),
    tags=("transplantation",),
)  # fmt: skip
