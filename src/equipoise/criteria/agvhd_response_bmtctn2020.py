"""Response of acute GVHD to treatment, as BMT CTN 1501 scored it: organ stages since its start."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from equipoise.chart import Addition, Bools, Floats
from equipoise.criteria.agvhd_magic2016 import MAGIC, NO_DONOR_CELLS, PRODUCTS
from equipoise.criterion import Criterion, Effort, Item, Probe, Reading, Readings, Reasons
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, Masks, Rows, Truths
from equipoise.probe import addition
from equipoise.readers import BASELINE, Part, PartReader, after, either, item_of, opposite
from equipoise.record import SAME_TIME
from equipoise.source import Source, Standing
from equipoise.truth import Because

TREATED = "agvhd"
"""The syndrome in `treatment_for` whose first mention is the start of treatment."""
ORGANS = {
    "skin": "agvhd_stage_skin",
    "liver": "agvhd_stage_liver",
    "upper_gut": "agvhd_stage_upper_gi",
    "lower_gut": "agvhd_stage_lower_gi",
}
SOME_DAYS = 7 * 24.0
"""Hours of treatment that are tried where its start is not recorded."""
STAGES = {"upper_gut": 1}
"""Highest stage where it is not 4."""


@dataclass(slots=True)
class Course:
    """Organ stages at the start of treatment and now.

    start   hours; NaN where no start is recorded
    rows    what says so
    before  organ -> readings at the start
    now     organ -> readings from values after it
    """

    start: Floats
    rows: Rows
    before: dict[str, Readings]
    now: dict[str, Readings]

    @property
    def started(self) -> Bools:
        """Whether a start is recorded."""
        return ~np.isnan(self.start)


def course(looks: Looks) -> Course:
    """Stages by MAGIC at the first treatment since the donor cells, and since then."""

    def find() -> Course:
        series = looks.chart.named("treatment_for")
        treated = series.only(("treated for", TREATED), lambda value: TREATED in value)
        rows = looks.first(treated, np.nan_to_num(looks.infusion(PRODUCTS)))
        start = np.where(rows.there, rows.at, math.nan)
        at = np.where(rows.there, start, looks.at)
        then = Looks(looks.chart, looks.record, at, looks.known).through(MAGIC.windows, None)
        # What was found by the start is the beginning, not the response.
        now = looks.through(MAGIC.windows, at + 2.0 * SAME_TIME)
        organs = {item.name: item.read for item in MAGIC.items}
        return Course(
            start,
            rows,
            {name: organs[name](then) for name in ORGANS},
            {name: organs[name](now) for name in ORGANS},
        )

    found: Course = looks.keep("gvhd course", find)
    return found


_LOWEST = np.array([0, *((m & -m).bit_length() - 1 for m in range(1, 32))], dtype=np.int64)
_HIGHEST = np.array([0, *(m.bit_length() - 1 for m in range(1, 32))], dtype=np.int64)


def _judged(low: Bools, high: Bools, started: Bools) -> Truths:
    """Met where it holds at either end, not met where it can hold at none; unknown unstarted."""
    truth = np.where(low & high, MET, np.where(low | high, UNKNOWN, NOT_MET))
    return np.where(started, truth, UNKNOWN).astype(np.int8)


def _left(organ: str) -> PartReader:
    """Whether the organ is still involved."""

    def read(looks: Looks) -> Part:
        known = course(looks)
        now = known.now[organ]
        surely, maybe = _LOWEST[now.possible] > 0, _HIGHEST[now.possible] > 0
        truth = _judged(surely, maybe, known.started)
        return Part(truth, lambda i: _explained(known, (organ,), i, before=False))

    return read


def _changed(organ: str, moved: Callable[[Masks, Masks], tuple[Bools, Bools]]) -> PartReader:
    """Whether the stage moved; `moved` says of the stages then and now: surely, and possibly."""

    def read(looks: Looks) -> Part:
        known = course(looks)
        surely, maybe = moved(known.before[organ].possible, known.now[organ].possible)
        truth = _judged(surely, maybe, known.started)
        return Part(truth, lambda i: _explained(known, (organ,), i, before=True))

    return read


def _better(before: Masks, now: Masks) -> tuple[Bools, Bools]:
    return _HIGHEST[now] < _LOWEST[before], _LOWEST[now] < _HIGHEST[before]


def _worse(before: Masks, now: Masks) -> tuple[Bools, Bools]:
    return _LOWEST[now] > _HIGHEST[before], _HIGHEST[now] > _LOWEST[before]


def _explained(known: Course, organs: Sequence[str], look: int, *, before: bool) -> Reasons:
    if not known.started[look]:
        return Reasons((), ("treatment_for",))
    because: list[Because | None] = [known.rows.because(look)]
    missing: list[str] = []
    for organ in organs:
        now = known.now[organ].one(look)
        because += now.because
        missing += now.missing
        if before:
            then = known.before[organ].one(look)
            because += then.because
            if not then.settled:
                missing.append(BASELINE.format(ORGANS[organ]))
    return Reasons(because, missing)


def combine(classes: Sequence[int]) -> int:
    """Involved, none better, one worse -> 0 complete, 1 partial, 2 mixed, 3 none, 4 progression."""
    involved, none_better, worse = classes
    if not involved:
        return 0
    if worse:
        return 4 if none_better else 2
    return 3 if none_better else 1


WORDS = ("complete response", "partial response", "mixed response", "no response", "progression")


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    del readings
    known = course(looks)
    if not known.started[look]:
        return "no start of treatment recorded"
    chart, record = looks.chart, looks.record[look : look + 1]
    day = chart.day(record, looks.at[look : look + 1]) - chart.day(
        record, known.start[look : look + 1]
    )
    return f"day {int(day[0])} of treatment"


def _stage_then(organ: str) -> Probe:
    """A probe of the stage at the start of treatment."""

    def change(looks: Looks, look: int, *, stage: int) -> Sequence[Addition]:
        start = float(course(looks.take([look])).start[0])
        return [] if math.isnan(start) else [addition(ORGANS[organ], stage, start)]

    return Probe(
        BASELINE.format(ORGANS[organ]),
        Effort.BEDSIDE,
        tuple((str(n), partial(change, stage=n)) for n in range(STAGES.get(organ, 4) + 1)),
    )


def _treated(looks: Looks, look: int, *, value: Sequence[str]) -> Sequence[Addition]:
    """Treatment for so long as a first response takes, but not from before the donor cells."""
    one = looks.take([look])
    at = max(float(one.at[0]) - SOME_DAYS, float(one.infusion(PRODUCTS)[0]))
    return [addition("treatment_for", value, at)]


AGVHD_RESPONSE = Criterion(
    id="agvhd_response_bmtctn2020",
    title="Response of acute GVHD to treatment (BMT CTN 1501, 2020)",
    measures="grade",
    source=Source(
        "BMT CTN 1501 (2020), Blood 135:97",
        "",
        "definition of complete and partial response",
        "read in the registered results of the trial (NCT02806947), not in the paper",
    ),
    standing=Standing.PROVISIONAL,
    applies=after(NO_DONOR_CELLS, PRODUCTS),
    combine=combine,
    tail=_tail,
    words=WORDS,
    leading=tuple(ORGANS.values()),
    windows={**MAGIC.windows, "treatment_for": math.inf},
    items=(
        Item(
            "involved",
            "GVHD still present",
            ("no organ involved", "GVHD still present"),
            ("stage 0 in every organ: complete response", "a stage above 0 in some organ"),
            item_of(either(*(_left(organ) for organ in ORGANS))),
            "stages now unknown",
        ),
        Item(
            "better",
            "Improvement",
            ("better in some organ", "better in no organ"),
            ("a lower stage than at the start of treatment in some organ", "in none"),
            item_of(opposite(either(*(_changed(organ, _better) for organ in ORGANS)))),
            "improvement unknown",
        ),
        Item(
            "worse",
            "Worsening",
            ("worse in no organ", "worse in some organ"),
            ("no higher stage than at the start of treatment", "a higher stage in some organ"),
            item_of(either(*(_changed(organ, _worse) for organ in ORGANS))),
            "worsening unknown",
        ),
    ),
    probes=(
        Probe(
            "treatment_for",
            Effort.BEDSIDE,
            (
                ("acute GVHD, for a week", partial(_treated, value=(TREATED,))),
                ("not acute GVHD", partial(_treated, value=())),
            ),
        ),
        *(_stage_then(organ) for organ in ORGANS),
        *MAGIC.probes,
    ),
    notes=(
        "0 complete response (stage 0 in every organ), 1 partial (better in some organ, worse in "
        "none), 2 mixed (better in one, worse in another), 3 no response, 4 progression (worse in "
        "some, better in none). The source defines complete and partial response; the other three "
        "words stand for what is left, as other trials use them.",
        "The stages are those of MAGIC 2016, the upper gut on its own; the trial staged one gut.",
        f"The start is the first time since the donor cells that `treatment_for` names {TREATED}: "
        "stages found by then, at most as old as the windows, are the beginning, later ones the "
        "response. A second line is no new start; in the trial it, and death, count as failure.",
        "Trials look on days 7, 14, 28 and 56: the answer at any time says which day it is.",
        "Very good partial response is another class between complete and partial in later trials "
        "(Inamoto 2014, doi:10.3324/haematol.2013.093062, read as abstract); its definition was "
        "not found and it is not given.",
    ),
    tags=("GVHD",),
)  # fmt: skip
