"""Response of immune thrombocytopenia to treatment, international working group 2009."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise import units
from equipoise.chart import DOSES, Addition, Floats, Ints
from equipoise.criterion import Criterion, Effort, Item, Probe, Reading, Reasons
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, Rows, Truths, compared
from equipoise.probe import addition, baselines, choices, indications
from equipoise.readers import BASELINE, Part, PartReader, item_of, opposite
from equipoise.record import SAME_TIME, Dose
from equipoise.source import Source, Standing
from equipoise.truth import Because, Limit

COMPLETE = Limit(">=", (("100", "10*9/L"),))
RESPONSE = Limit(">=", (("30", "10*9/L"),))
TIMES = Decimal(2)
"""A response is so many times the count at the start of treatment, too."""
CONFIRMED, REFUTED = 7, 1
"""Days between two counts that settle a response, and between two that settle its absence."""
AGENTS = ("sirolimus", "everolimus")
"""The first dose of these is the start of the treatment that is judged, where there is one."""
TREATED = "immune_cytopenia"
"""Else it is the first time that `treatment_for` names this."""
WEEKS = 28 * 24.0
"""Hours of treatment that are tried where its start is not recorded."""

_DAY = 24.0


def _given(dose: Dose) -> bool:
    return dose.agent in AGENTS and dose.status in ("given", "partial", "")


@dataclass(slots=True)
class Treated:
    """The start of the treatment that is judged.

    at    hours; NaN where none is recorded
    rows  the dose and the finding that say so, the first that counts
    """

    at: Floats
    rows: tuple[Rows, ...]


def treated(looks: Looks) -> Treated:
    """The first dose of an mTOR inhibitor, else the first treatment for an immune cytopenia."""

    def find() -> Treated:
        chart = looks.chart
        doses = looks.first(chart.named(DOSES).only(("given", AGENTS), _given), None)
        said = chart.named("treatment_for").only(
            ("treated for", TREATED), lambda value: TREATED in value
        )
        other = looks.first(said, None)
        other = other.where(~doses.there)
        at = np.where(doses.there, doses.at, np.where(other.there, other.at, math.nan))
        return Treated(at, (doses, other))

    found: Treated = looks.keep("cytopenia treated", find)
    return found


def start(looks: Looks) -> Floats:
    """Hours of the start of treatment; NaN where none is recorded."""
    return treated(looks).at


@dataclass(slots=True)
class Held:
    """How long the last counts since the start of treatment have said the same.

    now    whether the last count meets the rule; unknown where there is none
    truth  the same where two counts far enough apart say so
    first  the first of the counts that say the same without one between that does not
    last   the last count
    lost   first and last of the counts that made a response, where one count since speaks against
    """

    now: Truths
    truth: Truths
    first: Rows
    last: Rows
    lost: tuple[Rows, Rows]


def held(looks: Looks, rule: str) -> Held:
    """The rule ("complete" or "response") at the last counts."""

    def find() -> Held:
        series = looks.chart.named("platelets")
        size = len(looks)
        now = np.full(size, UNKNOWN, dtype=np.int8)
        truth = np.full(size, UNKNOWN, dtype=np.int8)
        first, last, lost, gone = (np.full(size, -1, dtype=np.int64) for _ in range(4))
        begin, before = start(looks), looks.baseline("platelets", start(looks))
        current = looks.of("platelets")
        which = np.flatnonzero(~np.isnan(begin) & current.there)
        # The count at the start itself is the baseline.
        since = begin[which] + 2.0 * SAME_TIME
        spread = looks.some(which).between(series, since)
        if len(spread.row):
            rows = Rows(series, spread.row)
            if rule == "complete":
                said = rows.truth(COMPLETE)
            else:
                doubled = compared(
                    rows, ">=", TIMES, Rows(series, before.index[which][spread.look])
                )
                said = np.minimum(rows.truth(RESPONSE), doubled)
            new = np.append(True, (spread.look[1:] != spread.look[:-1]) | (said[1:] != said[:-1]))
            run = np.maximum.accumulate(np.where(new, np.arange(len(said)), 0))
            end = np.flatnonzero(np.append(spread.look[1:] != spread.look[:-1], True))
            day = looks.chart.row_days(series)
            apart = day[spread.row[end]] - day[spread.row[run[end]]]
            settled = ((said[end] == MET) & (apart >= CONFIRMED)) | (
                (said[end] == NOT_MET) & (apart >= REFUTED)
            )
            to = which[spread.look[end]]
            now[to] = said[end]
            truth[to] = np.where(settled, said[end], UNKNOWN)
            first[to], last[to] = spread.row[run[end]], spread.row[end]
            # One count against it: loss asks for a second, but only where there is one to lose.
            prior = np.maximum(run[end] - 1, 0)
            there = (run[end] > 0) & (spread.look[prior] == spread.look[end])
            long = day[spread.row[prior]] - day[spread.row[run[prior]]] >= CONFIRMED
            held_before = there & (said[prior] != NOT_MET) & (long | (said[prior] == UNKNOWN))
            alone = ~settled & (said[end] == NOT_MET)
            if rule == "complete":
                truth[to[alone & ~held_before]] = NOT_MET
            kept = alone & held_before
            lost[to[kept]] = spread.row[run[prior[kept]]]
            gone[to[kept]] = spread.row[prior[kept]]
        ends = (Rows(series, lost), Rows(series, gone))
        return Held(now, truth, Rows(series, first), Rows(series, last), ends)

    found: Held = looks.keep(("held", rule), find)
    return found


def _confirmed(rule: str) -> PartReader:
    def read(looks: Looks) -> Part:
        found, begun = held(looks, rule), treated(looks)
        before = looks.baseline("platelets", begun.at)

        def explain(i: int) -> Reasons:
            if np.isnan(begun.at[i]):
                return Reasons((), ("treatment_for",))
            because: list[Because | None] = [row.because(i) for row in begun.rows]
            because += [r.because(i) for r in (*found.lost, found.first, found.last)]
            missing = ["platelets"]
            if rule == "response":
                because.append(before.because(i, "baseline"))
                missing += [] if before.there[i] else [BASELINE.format("platelets")]
            return Reasons(because, missing)

        return Part(found.truth, explain)

    return read


def _bleeding(looks: Looks) -> Part:
    rows = looks.of("bleeding_grade")
    truth = rows.judge("any bleeding", lambda value: MET if int(value) else NOT_MET)
    return Part(truth, lambda i: Reasons((rows.because(i),), ("bleeding_grade",)))


def combine(classes: Sequence[int]) -> int:
    """Not complete, no response, bleeding -> 0 complete response, 1 response, 2 none."""
    incomplete, none, bleeding = classes
    if bleeding:
        return 2
    if not incomplete:
        return 0
    return 2 if none else 1


INDICATIONS = ("itp", "evans", "immune_cytopenia")
WORDS = ("complete response", "response", "no response")


def _tail(looks: Looks, look: int, readings: Mapping[str, Reading]) -> str:
    del readings
    begin = float(start(looks)[look])
    if math.isnan(begin):
        return "no start of treatment recorded"
    record = looks.record[look : look + 1]
    day = looks.chart.day(record, looks.at[look : look + 1])
    text = f"day {int((day - looks.chart.day(record, np.array([begin])))[0])} of treatment"
    return text + _pending(looks, look, record)


def _pending(looks: Looks, look: int, record: Ints) -> str:
    """From when a further count would confirm what the last one shows."""
    for rule, word in (("complete", WORDS[0]), ("response", WORDS[1])):
        found = held(looks, rule)
        if found.now[look] == MET and found.truth[look] == UNKNOWN:
            hours = float(found.first.at[look])
            moment = looks.chart.day0[int(record[0])] + timedelta(hours=hours)
            date = (moment + timedelta(days=CONFIRMED)).date().isoformat()
            return f"; the {word} is confirmed by a count as high on {date} or later"
    return ""


def _treated(looks: Looks, look: int, *, value: Sequence[str]) -> Sequence[Addition]:
    return [addition("treatment_for", value, float(looks.at[look]) - WEEKS)]


def _counts(looks: Looks, look: int, *, rule: str, days: int) -> Sequence[Addition]:
    """The same count now and so many days ago: none, a response, or a complete one."""
    one = looks.take([look])
    before = one.baseline("platelets", start(one))
    number = Decimal(5)
    if rule == "complete":
        number = Decimal(COMPLETE.printed[0][0])
    elif rule == "response":
        number = Decimal(RESPONSE.printed[0][0])
        if before.there[0]:
            canonical = Decimal(repr(float(before.number[0])))
            number = max(number, TIMES * canonical)
    at = float(looks.at[look])
    text = units.write(number, "10*9/L")
    return [addition("platelets", text, at - _DAY * back) for back in (days, 0)]


ITP_RESPONSE = Criterion(
    id="itp_response_iwg2009",
    title="Response of immune thrombocytopenia to treatment, IWG 2009",
    measures="grade",
    source=Source(
        "Rodeghiero 2009 (international working group), Blood 113:2386",
        "10.1182/blood-2008-07-162503",
        "table 2",
        "table 2 read as reprinted by the American Society of Hematology (ash-sap.org)",
    ),
    standing=Standing.PUBLISHED,
    combine=combine,
    tail=_tail,
    words=WORDS,
    indications=INDICATIONS,
    windows={"platelets": 14 * _DAY, "bleeding_grade": 7 * _DAY, "treatment_for": math.inf},
    items=(
        Item(
            "complete",
            "Complete response",
            ("platelets of a complete response", "platelets below a complete response"),
            (
                f"{COMPLETE.text} in two counts at least {CONFIRMED} d apart",
                f"{COMPLETE.opposite}; once it was complete, in two counts at least {REFUTED} d "
                "apart",
            ),
            item_of(opposite(_confirmed("complete"))),
            "complete response not settled",
        ),
        Item(
            "response",
            "Response",
            ("platelets of a response", "platelets below a response"),
            (
                f"{RESPONSE.text} and >= {TIMES} x the count at the start of treatment in two "
                f"counts at least {CONFIRMED} d apart",
                f"one of the two not, in two counts at least {REFUTED} d apart",
            ),
            item_of(opposite(_confirmed("response"))),
            "response not settled",
        ),
        Item(
            "bleeding",
            "Bleeding",
            ("no bleeding", "bleeding"),
            ("bleeding grade 0", "any: no response"),
            item_of(_bleeding),
            "bleeding unknown",
        ),
    ),
    probes=(
        indications(INDICATIONS),
        Probe(
            "treatment_for",
            Effort.BEDSIDE,
            (
                ("immune cytopenia, for 4 weeks", partial(_treated, value=(TREATED,))),
                ("not immune cytopenia", partial(_treated, value=())),
            ),
        ),
        choices("bleeding_grade"),
        baselines("platelets", TIMES, start),
        Probe(
            "platelets",
            Effort.ROUTINE,
            (
                (
                    f"{RESPONSE.opposite}, and {REFUTED} d ago",
                    partial(_counts, rule="none", days=REFUTED),
                ),
                (
                    f"{RESPONSE.text} and {TIMES} x baseline, and {CONFIRMED} d ago",
                    partial(_counts, rule="response", days=CONFIRMED),
                ),
                (
                    f"{COMPLETE.text}, and {CONFIRMED} d ago",
                    partial(_counts, rule="complete", days=CONFIRMED),
                ),
            ),
        ),
    ),
    notes=(
        "0 complete response, 1 response, 2 no response. Asked only in records of ITP, Evans "
        "syndrome and immune cytopenia; where a record names no indication, nothing is said.",
        f"The source asks for two counts at least {CONFIRMED} d apart for a response and "
        f"{REFUTED} d apart for its absence or loss. Days are those of the calendar, and a count "
        "between that says otherwise begins anew (project choices): until then the answer is open. "
        "That a response is not complete asks for no second count unless one was.",
        "Some trials print 30 or twice the baseline; the source prints and. It asks no doubling "
        "for a complete response.",
        "The treatment judged begins with the first dose of sirolimus or everolimus, else where "
        f"`treatment_for` first names {TREATED} (project choice). The baseline is the last count "
        "by then, at most 30 d old; that of a splenectomy (before the very first treatment) is "
        "not read.",
        "Absence of bleeding is `bleeding_grade` 0; any grade above is bleeding, since the source "
        "names none.",
        "Not read: dependence on corticosteroid (2 months or more of it to keep 30 x 10^9/L, which "
        "counts as no response), the time by which each treatment should act, and whether a late "
        "response is owed to it.",
    ),
    tags=("immune cytopenia", "response"),
    course=None,
)
