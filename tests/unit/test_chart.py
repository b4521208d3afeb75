"""Charts and looks: what is seen when, exact comparisons at once, runs of days."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest

from equipoise import units
from equipoise.chart import Addition, chart_of
from equipoise.looks import MET, NOT_MET, UNKNOWN, Looks, Rows, compared
from equipoise.probe import with_entries
from equipoise.readers import worse_of
from equipoise.record import Dose, Measurement, Record, Replaced, Stop
from equipoise.runs import bits, has_run, joined, longest_run
from equipoise.truth import Limit, compare

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")


def value(at, number, known=None, **more):
    quantity = units.parse(number)
    return Measurement(
        at=at, known=at if known is None else known, name="ferritin", value=quantity,
        number=float(quantity.number), **more,
    )  # fmt: skip


def record(*events):
    return Record(id="p", day0=DAY0, events=events)


def looks(chart, numbers, at, known=None):
    at = np.array(at, dtype=float)
    known = at if known is None else np.array(known, dtype=float)
    return Looks(chart, np.array(numbers), at, known)


def test_the_last_row_seen_steps_over_what_is_late():
    chart = chart_of([record(value(1.0, "10 ng/mL"), value(5.0, "20 ng/mL", known=9.0)), record()])
    at = [0.5, 1.0, 5.0, 8.9, 9.0, 9.0]
    rows = looks(chart, [0, 0, 0, 0, 0, 1], at).last(chart.named("ferritin"))
    assert [None if r is None else int(r.number) for r in (rows.value(i) for i in range(6))] == [
        None, 10, 10, 10, 20, None,
    ]  # fmt: skip
    # Looked back from later, the late value counts at its own time.
    back = looks(chart, [0], [6.0], known=[9.0]).last(chart.named("ferritin"))
    assert back.value(0).number == 20


def test_a_corrected_row_is_seen_until_the_correction_is_known():
    wrong = value(2.0, "900 ng/mL")
    right = value(2.0, "90 ng/mL", known=6.0, replaces=Replaced("ferritin", 2.0))
    for given in (record(wrong, right), record(wrong, right).until(7.0)):
        chart = chart_of([given])
        rows = looks(chart, [0, 0], [5.0, 6.0]).last(chart.named("ferritin"))
        assert [int(rows.value(i).number) for i in range(2)] == [900, 90]
        found = looks(chart, [0, 0], [5.0, 6.0])
        spread = found.between(chart.named("ferritin"), np.array([-10.0, -10.0]))
        assert spread.count().tolist() == [1, 1]


def test_a_dose_charted_ahead_and_stopped_is_not_seen():
    dose = Dose(at=10.0, known=1.0, agent="tocilizumab", amount=units.parse("8 mg/kg"))
    stop = Stop(at=8.0, known=8.0, agent="tocilizumab")
    chart = chart_of([record(dose), record(dose, stop)])
    rows = looks(chart, [0, 1], [11.0, 11.0]).last(chart.named("(doses)"))
    assert rows.there.tolist() == [True, False]


def test_many_comparisons_at_once_are_those_of_one():
    texts = ["149", "150", "150.0", "151", "<150", "<149", "<151", ">150", ">149", ">151", "1.5e2"]
    events = [value(float(n), f"{text} ng/mL") for n, text in enumerate(texts)]
    events.append(value(50.0, "150 ug/L"))
    chart = chart_of([record(*events)])
    series = chart.named("ferritin")
    rows = Rows(series, np.arange(series.rows))
    for relation in (">=", ">", "<=", "<"):
        limit = Limit(relation, (("150", "ng/mL"),))
        expected = [limit.met_by(rows.value(i)).number for i in range(series.rows)]
        assert rows.truth(limit).tolist() == expected
        bound = Rows(series, np.full(series.rows, 1))
        exact = [
            compare(rows.value(i), relation, Decimal(2) * Decimal(150), "ng/mL").number
            for i in range(series.rows)
        ]
        assert compared(rows, relation, Decimal(2), bound).tolist() == exact


def test_a_comparison_without_a_value_or_with_a_censored_bound_is_unknown():
    chart = chart_of([record(value(1.0, "600 ng/mL"), value(2.0, "<300 ng/mL"))])
    series = chart.named("ferritin")
    now, bound = Rows(series, np.array([0, -1, 0])), Rows(series, np.array([-1, 0, 1]))
    assert compared(now, ">", Decimal(2), bound).tolist() == [UNKNOWN] * 3
    limit = Limit(">", (("500", "ng/mL"),))
    assert Rows(series, np.array([0, 1, -1])).truth(limit).tolist() == [MET, NOT_MET, UNKNOWN]


def test_a_branch_adds_to_some_records_and_shares_the_rest():
    plain = with_entries(record(value(1.0, "10 ng/mL")), 1.0, [("ascites", True)])
    chart = chart_of([plain, plain])
    more = Addition("ferritin", 1.0, units.parse("99 ng/mL"))
    branch = chart.branch(np.array([1, 0, 1]), [[more], [], [replace(more, at=3.0)]])
    found = looks(branch, [0, 1, 2], [2.0, 2.0, 2.0])
    rows = found.last(branch.named("ferritin"))
    assert [int(rows.value(i).number) for i in range(3)] == [99, 10, 10]
    assert found.last(branch.named("ascites")).there.all()
    assert looks(chart, [0, 1], [2.0, 2.0]).last(chart.named("ferritin")).number.tolist() == [
        10,
        10,
    ]


def test_a_laboratory_value_without_a_time_of_being_known_is_refused():
    with pytest.raises(ValueError, match="has no time at which it was known"):
        chart_of([record(replace(value(1.0, "10 ng/mL"), known=None))])


def test_days_and_ages_are_those_of_the_record():
    one = Record(id="p", day0=DAY0, born=datetime(2015, 3, 11).date())
    chart = chart_of([one])
    for t in (-34.0, -10.0, -9.999, 0.0, 13.9999, 14.0, 8000.25):
        number, hours = np.array([0]), np.array([t])
        assert chart.day(number, hours)[0] == one.calendar_day(t)
        assert chart.age(number, hours)[0] == one.age_at(t)
    assert chart.day_end(np.array([0]), np.array([3]))[0] == one.day_end(3)


def test_the_worse_of_two():
    assert [int(worse_of(np.array([a], dtype=np.uint8), np.array([b], dtype=np.uint8))[0])
            for a, b in ((0b0001, 0b0100), (0b0011, 0b0110), (0b1111, 0b0100))] == [
        0b0100, 0b0110, 0b1100,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "gap", "expected"),
    [("110011", 2, 6), ("1100011", 2, 2), ("1100011", 3, 7), ("10101", 1, 5), ("0000", 2, 0)],
)
def test_runs_of_days(days, gap, expected):
    low = np.array([[d == "1"] for d in days])
    found = joined(bits(low), gap)
    assert longest_run(int(found[0])) == expected
    for length in range(1, 9):
        assert bool(has_run(found, length)[0]) is (length <= expected)
