"""MAS-like syndrome after CAR-T (MAS-L): how fast ferritin rises, with fibrinogen or LDH."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from equipoise.chart import Addition, Floats, Ints, Series
from equipoise.criteria.crs_astct2019 import NO_INFUSION
from equipoise.criterion import Criterion, Effort, Item, Probe, Reasons
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, Rows, Truths, compared
from equipoise.probe import limits_of_range, multiples, values
from equipoise.readers import (
    UPPER,
    Part,
    PartReader,
    after,
    either,
    item_of,
    since,
)
from equipoise.source import Source, Standing
from equipoise.truth import Limit
from equipoise.units import parse

SLOPE = 100.0
"""ng/mL (ug/L) of ferritin per hour."""
PAIR_HOURS = 24.0
FIBRINOGEN = Limit("<", (("150", "mg/dL"),))
LDH_TIMES = Decimal(2)


def _pairs(series: Series) -> dict[str, Series]:
    """Pairs of values at most 24 h apart, at the time of the later: steep ones, and open ones.

    A value above a bound rose at least so much after an exact one; any other censored pair that
    is not steep by its bounds is open.
    """
    if "pairs" in series.cache:
        found: dict[str, Series] = series.cache["pairs"]
        return found
    number = series.numbers()[series.code]
    censored = np.append(series.entered().comparator, 0)[series.code]
    block = series.row_blocks()
    rows = np.arange(series.rows)
    later: dict[str, list[Ints]] = {"steep": [], "open": [], "other": []}
    earlier: dict[str, list[Ints]] = {"steep": [], "open": [], "other": []}
    lag = 1
    while lag < max(series.rows, 1):
        j = rows[lag:]
        i = j - lag
        hours = series.at[j] - series.at[i]
        near = (block[j] == block[i]) & (hours <= PAIR_HOURS + 1e-6)
        if not near.any():
            break
        i, j, hours = i[near], j[near], hours[near]
        rise = number[j] - number[i]
        steep = (rise >= SLOPE * hours * (1.0 - 1e-9)) & (hours > 1e-6)
        # Sure where the later is at least, and the earlier at most, its number.
        sure = (censored[j] != 1) & (censored[i] != 2)
        # Never steep where the later is at most, and the earlier at least, its number.
        never = (censored[j] != 2) & (censored[i] != 1) & ~steep
        for name, which in (
            ("steep", steep & sure),
            ("open", ~(steep & sure) & ~never),
            ("other", never),
        ):
            later[name].append(j[which])
            earlier[name].append(i[which])
        lag += 1
    found = {}
    for name in later:
        j = np.concatenate([*later[name], np.zeros(0, dtype=np.int64)]).astype(np.int64)
        i = np.concatenate([*earlier[name], np.zeros(0, dtype=np.int64)]).astype(np.int64)
        found[name] = _of_pairs(series, i, j)
    series.cache["pairs"] = found
    return found


def _of_pairs(series: Series, i: Ints, j: Ints) -> Series:
    order = np.argsort(series.key[j], kind="stable")
    i, j = i[order], j[order]
    key = series.key[j]
    half = 2**43
    with_last = np.append(j, -1)
    return replace(
        series,
        start=np.searchsorted(key, (series.block << 44) - half),
        stop=np.searchsorted(key, (series.block << 44) + half),
        key=key,
        at=series.at[with_last],
        known=np.append(np.maximum(series.known[i], series.known[j]), -math.inf),
        gone=np.append(np.minimum(series.gone[i], series.gone[j]), math.inf),
        code=series.code[with_last],
        low=series.low[with_last],
        high=series.high[with_last],
        assumed=series.assumed[with_last],
        over=np.append(series.at[i], math.nan),
        cache={},
    )


def _start(looks: Looks) -> Floats:
    assert looks.start is not None
    return looks.start


def _rise(looks: Looks) -> Part:
    series = looks.chart.named("ferritin")
    pairs = _pairs(series)
    steep, open_ = (looks.first(pairs[name], _start(looks)) for name in ("steep", "open"))
    first, last = looks.first(series, _start(looks)), looks.last(series)
    two = first.there & (last.index > first.index)
    truth = np.where(steep.there, MET, np.where(open_.there | ~two, UNKNOWN, NOT_MET)).astype(
        np.int8
    )

    def explain(i: int) -> Reasons:
        if not steep.there[i]:
            return Reasons((first.because(i), last.because(i)), ("ferritin",))
        before = steep.series.over
        assert before is not None
        earlier = looks.take([i]).last(series, np.array([before[steep.index[i]]]))
        return Reasons((earlier.because(0), steep.because(i)))

    return Part(truth, explain)


def ever(name: str, key: str, judge: Callable[[Series], Truths]) -> PartReader:
    """Whether any value since the infusion is beyond its limit.

    judge  the truth for each row of the series; key names it
    """

    def read(looks: Looks) -> Part:
        series = looks.chart.named(name)
        start = _start(looks)

        def of(number: int) -> Rows:
            rows = series.rows_where((key, number), lambda: judge(series) == number)
            return looks.first(rows, start)

        met, open_ = of(MET), of(UNKNOWN)
        any_ = looks.first(series, start)
        truth = np.where(
            met.there, MET, np.where(open_.there | ~any_.there, UNKNOWN, NOT_MET)
        ).astype(np.int8)
        last = looks.last(series).where(any_.there)

        def explain(i: int) -> Reasons:
            if met.there[i]:
                return Reasons((met.because(i),))
            lacks = [name]
            if name == "ldh" and any_.there[i] and not looks.limit(name, "high").there[i]:
                lacks = [UPPER.format(name)]
            return Reasons((last.because(i),), lacks)

        return Part(truth, explain)

    return read


def _low_fibrinogen(series: Series) -> Truths:
    return series.truths(FIBRINOGEN)[series.code[:-1]]


def _high_ldh(series: Series) -> Truths:
    rows = np.arange(series.rows)
    return compared(Rows(series, rows), ">", LDH_TIMES, Rows(series.range_carried("high"), rows))


def combine(classes: Sequence[int]) -> int:
    """Both -> 1."""
    return min(classes)


class _Later:
    """A second ferritin, a day after the last: risen or not."""

    def __init__(self, rise: float) -> None:
        self.rise = rise

    def __call__(self, looks: Looks, look: int) -> Sequence[Addition]:
        at = float(looks.at[look])
        one = looks.take([look])
        last = one.last(one.chart.named("ferritin"))
        number = float(last.number[0]) if last.there[0] else 1000.0
        before = max(at - PAIR_HOURS, float(_start(looks)[look]))
        step = self.rise * (at - before)
        return (
            Addition("ferritin", before, parse(f"{number:.0f} ng/mL")),
            Addition("ferritin", at, parse(f"{number + step:.0f} ng/mL")),
        )


MASL = Criterion(
    id="masl_ucsf2021",
    title="MAS-like manifestations after CAR-T (MAS-L), UCSF",
    measures="met",
    source=Source(
        "Kennedy 2020, Blood (ASH abstract)",
        "10.1182/blood-2020-142612",
        "abstract",
        "read as abstract; the unit of the slope is our reading",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_INFUSION),
    starts=since(),
    combine=combine,
    windows=dict.fromkeys(("ferritin", "fibrinogen", "ldh"), math.inf),
    items=(
        Item(
            "rise",
            "Rise of ferritin",
            ("ferritin not rising so fast", "ferritin rising fast"),
            (
                f"no pair of values within {PAIR_HOURS:g} h rises so fast",
                f">= {SLOPE:g} ng/mL per hour between two values at most {PAIR_HOURS:g} h apart",
            ),
            item_of(_rise),
            "rise of ferritin unknown",
        ),
        Item(
            "organ",
            "Fibrinogen or LDH",
            ("neither low fibrinogen nor high LDH", "low fibrinogen or high LDH"),
            ("neither", f"lowest fibrinogen {FIBRINOGEN.text}, or highest LDH > {LDH_TIMES} x its "
             "upper limit"),
            item_of(
                either(
                    ever("fibrinogen", "low", _low_fibrinogen), ever("ldh", "high", _high_ldh)
                )
            ),
            "fibrinogen or LDH unknown",
        ),
    ),
    probes=(
        Probe(
            "ferritin",
            Effort.ROUTINE,
            (
                (f"< {SLOPE:g} ng/mL per hour over {PAIR_HOURS:g} h", _Later(0.0)),
                (f">= {SLOPE:g} ng/mL per hour over {PAIR_HOURS:g} h", _Later(SLOPE + 1.0)),
            ),
        ),
        values("fibrinogen", (FIBRINOGEN,)),
        multiples("ldh", LDH_TIMES),
        limits_of_range("ldh", LDH_TIMES, "high"),
    ),
    notes=(
        "The abstract prints the slope in mg/L per hour, which is a thousand times what ferritin "
        "does; it is read as ug/L (project reading, to be confirmed in the full paper).",
        f"Only pairs at most {PAIR_HOURS:g} h apart count. Two or more values since the infusion "
        "and no such pair: not met on these data (project convention).",
        "The later value of a pair, fibrinogen and LDH count from the infusion on; the yes stays.",
    ),
    tags=("CAR-T", "HLH"),
)  # fmt: skip
