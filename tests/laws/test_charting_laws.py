"""What holds for every criterion under charting conventions, on random records."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_criteria_laws import AT, complete, hideable, without

from equipoise import names, units
from equipoise.chart import chart_of
from equipoise.charting import Conventions, Silence, no_of, under
from equipoise.criteria import ALL, IECHS
from equipoise.grading import grade, table
from equipoise.probe import with_entries
from equipoise.record import Cells, Measurement

SOME = settings(max_examples=25, deadline=None)
FEW = settings(max_examples=10, deadline=None)
FINDINGS = [f.name for f in names.FINDINGS.values() if no_of(f) is not None]
SITE = Conventions(
    "site", "1",
    tuple(Silence(n, no_of(names.FINDINGS[n]), ("temperature",), ("height",)) for n in FINDINGS),
)  # fmt: skip
"""Of every finding at once, also where others say the same: some contradict what is charted."""
SUPPRESSED = Conventions(
    "site", "1", tuple(replace(s, unless=("temperature",)) for s in SITE.silences)
)


def some_of(data, record):
    return without(record, set(data.draw(st.lists(st.sampled_from(hideable(record)), max_size=20))))


def intervals(records, conventions, t=AT):
    chart = chart_of(records)
    if conventions is not None:
        chart = under(chart, conventions)
    return table(ALL, chart, np.arange(len(records)), np.full(len(records), t))


@SOME
@given(data=st.data(), record=complete())
def test_under_conventions_an_answer_lies_inside_the_strict_one(data, record):
    record = some_of(data, record)
    strict, assumed = intervals([record], None), intervals([record], SITE)
    none = intervals([record], SUPPRESSED)
    for criterion in ALL:
        id_ = criterion.id
        assert strict.low[id_] <= assumed.low[id_], id_
        assert assumed.high[id_] <= strict.high[id_], id_
        assert (none.low[id_], none.high[id_]) == (strict.low[id_], strict.high[id_])


@FEW
@given(data=st.data(), first=complete(), second=complete())
def test_one_patient_and_a_cohort_get_the_same_under_conventions(data, first, second):
    records = [some_of(data, first), some_of(data, second)]
    found = intervals(records, SITE)
    for number, record in enumerate(records):
        for criterion in ALL:
            alone = grade(criterion, record, AT, conventions=SITE)
            low = -1 if alone.low is None else alone.low
            high = -1 if alone.high is None else alone.high
            assert low == found.low[criterion.id][number], criterion.id
            assert high == found.high[criterion.id][number], criterion.id


@FEW
@given(data=st.data(), record=complete())
def test_what_became_known_later_changes_no_assumption(data, record):
    record = some_of(data, record)
    later = with_entries(record, AT + 1.0, [("height", "170 cm"), ("temperature", "36 Cel")])
    drawn = Measurement(
        at=55.0, known=AT + 2.0, name="height", value=units.parse("170 cm"), number=170.0
    )
    later = replace(later, events=(*later.events, drawn))
    before, after = (
        [grade(c, each, AT, conventions=SITE).to_json() for c in ALL] for each in (record, later)
    )
    assert after == before


@FEW
@given(data=st.data(), record=complete())
def test_because_with_what_was_assumed_reproduces_the_answer(data, record):
    record = some_of(data, record)
    answers = [grade(c, record, AT, conventions=SITE) for c in ALL]
    for criterion, answer in zip(ALL, answers, strict=True):
        if criterion is IECHS or not answer.applies:
            continue
        used = {(b.name, b.at) for b in answer.because}
        kept = tuple(e for e in record.events if isinstance(e, Cells) or (e.key, e.at) in used)
        said = replace(record, events=kept)
        for b in answer.because:
            if b.assumed:
                said = with_entries(said, b.at, [(b.name, no_of(names.FINDINGS[b.name]))])
        again = grade(criterion, said, AT)
        assert (again.low, again.high) == (answer.low, answer.high), criterion.id
