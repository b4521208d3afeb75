"""Platelet recovery after a graft as reported to CIBMTR: three counts without transfusion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from equipoise.chart import TRANSFUSIONS, Addition, Bools, Floats, Ints, Series
from equipoise.criteria.neutrophil_recovery_astct2021 import dated
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criterion import Criterion, Effort, Item, Probe, Reading, Reasons
from equipoise.daybook import NEVER, Stretches, first_by, last_of_own, rounds, stretches
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
_HALF_A_SECOND = 0.5 / 3600.0


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


def _last_given(looks: Looks, start: Floats) -> tuple[Floats, tuple[Rows, ...]]:
    """Hours of the last platelet transfusion since the graft, -inf where none is recorded."""
    events, yes, _ = _transfused(looks)
    rows = []
    for series in (events, yes):
        found = looks.last(series)
        rows.append(found.where(found.at >= start))
    return np.maximum(rows[0].at, rows[1].at), tuple(rows)


@dataclass(slots=True)
class _Chosen:
    """The counts that each look rests on; -1 where there are none.

    row        (counts, looks) the lowest row of each day
    low        a low row before
    day        of the first count
    given      (2, looks) the last transfusion before, as an event and as recorded
    confirmed  no transfusion is recorded in between
    """

    row: Ints
    low: Ints
    day: Ints
    given: Ints
    confirmed: Bools

    def put(self, look: Ints, runs: Stretches, which: Ints, given: Ints, confirmed: bool) -> None:
        """Let some looks rest on some of the runs."""
        self.row[:, look], self.low[look] = runs.row[:, which], runs.low[which]
        self.day[look], self.given[:, look] = runs.day[which], given[:, which]
        self.confirmed[look] = confirmed


def _begun(looks: Looks, record: Ints, day: Ints) -> Floats:
    """From when on a recorded absence of transfusions speaks for counts begun on a day."""
    return looks.chart.day_end(record, day - 1) + _HALF_A_SECOND


def _spoken(looks: Looks, record: Ints, day: Ints) -> Floats:
    """Until when it does."""
    return looks.chart.day_end(record, day + SPOKEN_FOR)


def _untransfused(looks: Looks, runs: Stretches) -> tuple[Bools, Ints]:
    """Runs that no transfusion speaks against, and the last transfusion before each."""
    chart, look = looks.chart, runs.look
    record = looks.record[look]
    assert looks.start is not None
    series = chart.named("platelets")
    end = chart.day_end(record, chart.row_days(series)[runs.row[-1]] if len(look) else look)
    until = Looks(chart, record, np.minimum(end, looks.at[look]), looks.known[look])
    given, rows = _last_given(until, looks.start[look])
    last_day = chart.day(record, np.where(np.isinf(given), -1e7, given))
    kept = (last_day <= runs.day - UNTRANSFUSED) & ((runs.low >= 0) | ~np.isinf(given))
    return kept, np.stack([each.index for each in rows])


def _confirmed(looks: Looks, look: Ints, day: Ints) -> tuple[Bools, Rows]:
    """Whether it is recorded that no platelets were given, once the counts had begun, and not long
    after.
    """
    record = looks.record[look]
    spoken = np.minimum(_spoken(looks, record, day), looks.at[look])
    none = Looks(looks.chart, record, spoken, looks.known[look]).last(_transfused(looks)[2])
    return none.at >= _begun(looks, record, day), none


def _from_days(looks: Looks, limit: Limit, into: _Chosen) -> Ints:
    """Choose from the days of each record, worked out once; the looks that are left over."""
    series = looks.chart.named("platelets")
    last, whole = last_of_own(looks, series, *_transfused(looks))
    assert looks.start is not None
    some = np.flatnonzero(whole & (last >= 0) & (series.at[last] >= looks.start))
    for group in rounds(looks.record[some], [looks.start[some]]):
        which = some[group]
        # A record's last look stands for it: it has seen what any other has.
        which = which[np.argsort(looks.at[which], kind="stable")]
        runs, now = stretches(
            looks, series, which, looks.start, COUNTS, lambda rows: rows.truth(limit), last
        )
        _choose(looks, which, runs, now, into)
    return np.flatnonzero(~whole)


def _choose(
    looks: Looks, which: Ints, runs: Stretches, now: Stretches, into: _Chosen
) -> None:  # fmt: skip
    """The first run that has come by each look, a confirmed one before an open one."""
    said_no, group = _transfused(looks)[2], looks.record[which]
    kept, given = _untransfused(looks, runs)
    kept &= runs.after < NEVER
    record = looks.record[runs.look]
    spoken = Looks(looks.chart, record, _spoken(looks, record, runs.day), looks.known[runs.look])
    first = spoken.first(said_no, _begun(looks, record, runs.day))
    by = np.maximum(runs.after, np.append(said_no.key, -1)[first.index])
    now_kept, now_given = _untransfused(looks, now)
    now_sure = now_kept & _confirmed(looks, now.look, now.day)[0]
    # What is written last counts.
    for sure, of_now, of_runs, come in (
        (False, now_kept & ~now_sure, kept, runs.after),
        (True, now_sure, kept & first.there, by),
    ):
        chosen = np.flatnonzero(of_now)
        into.put(now.look[chosen], now, chosen, now_given, sure)
        place = np.flatnonzero(of_runs)
        found = first_by(looks, which, record[place], come[place], group)
        there = found >= 0
        into.put(which[there], runs, place[found[there]], given, sure)


def _one_by_one(looks: Looks, which: Ints, limit: Limit, into: _Chosen) -> None:
    """Choose for looks before which something was known late, each read by itself."""
    runs = _runs(looks, limit)
    kept, given = _untransfused(looks, runs)
    sure = _confirmed(looks, runs.look, runs.day)[0]
    for confirmed in (False, True):
        # The earliest run of each look is written last.
        chosen = np.flatnonzero(kept & (sure == confirmed))[::-1]
        into.put(which[runs.look[chosen]], runs, chosen, given, confirmed)


def _runs(looks: Looks, limit: Limit) -> Stretches:
    """Runs of counts on different days at or above a limit, of each look."""
    series = looks.chart.named("platelets")
    assert looks.start is not None
    spread = looks.between(series, looks.start)
    truth = Rows(series, spread.row).truth(limit)
    day = looks.chart.row_days(series)[spread.row] if len(spread.row) else spread.row
    # The lowest count of a day stands for it.
    order = np.lexsort((-truth, day, spread.look))
    look, day, row, truth = spread.look[order], day[order], spread.row[order], truth[order]
    if len(look):
        last = np.append((look[1:] != look[:-1]) | (day[1:] != day[:-1]), True)
        look, day, row, truth = look[last], day[last], row[last], truth[last]
    place = np.arange(len(look))
    low = np.maximum.accumulate(np.where(truth == NOT_MET, place, -1))
    begin = np.append(True, look[1:] != look[:-1])[: len(look)]
    group = np.maximum.accumulate(np.where(begin, place, 0))
    first = place[: max(len(look) - COUNTS + 1, 0)]
    whole = np.ones(len(first), dtype=np.bool_)
    for step in range(COUNTS):
        whole &= (look[first + step] == look[first]) & (truth[first + step] == MET)
    first = first[whole]
    fell = np.where(low[first] >= group[first], row[low[first]], -1)
    rows = np.array([row[first + step] for step in range(COUNTS)], dtype=np.int64)
    return Stretches(look[first], day[first], rows, fell, row[first + COUNTS - 1])


def recovery(looks: Looks, limit: Limit) -> Recovery:
    """The first counts that stand without transfusion, confirmed ones before open ones."""

    def find() -> Recovery:
        chart, series, size = looks.chart, looks.chart.named("platelets"), len(looks)
        assert looks.start is not None
        low, day = (np.full(size, -1, dtype=np.int64) for _ in range(2))
        chosen = _Chosen(
            np.full((COUNTS, size), -1, dtype=np.int64), low, day,
            np.full((2, size), -1, dtype=np.int64), np.zeros(size, dtype=np.bool_),
        )  # fmt: skip
        late = _from_days(looks, limit, chosen)
        if len(late):
            _one_by_one(looks.some(late), late, limit, chosen)
        there = chosen.row[0] >= 0
        at = np.where(there, series.at[chosen.row[0]], math.nan)
        truth = np.where(chosen.confirmed, MET, UNKNOWN).astype(np.int8)
        none = _confirmed(looks, np.arange(size), chosen.day)[1].where(chosen.confirmed)
        now = looks.of("platelets")
        lately, lately_rows = _last_given(looks, looks.start)
        today = chart.day(looks.record, looks.at)
        recent = chart.day(looks.record, np.where(np.isinf(lately), -1e7, lately))
        # A transfusion alone does not rule out that they had recovered before.
        not_yet = (now.truth(limit) == NOT_MET) | (recent > today - UNTRANSFUSED) & now.there
        truth[not_yet & ~there] = NOT_MET
        rests = [*(Rows(series, each) for each in (*chosen.row, chosen.low)), none]
        rests += [Rows(r.series, i) for r, i in zip(lately_rows, chosen.given, strict=True)]
        rests += [now.where(~there), *(r.where(~there) for r in lately_rows)]
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
