"""Response of ITP: counts since the start of treatment, confirmed on two days, and bleeding."""

import random
from dataclasses import replace

import pytest
from charting import answer, chart, interval
from situations import dose

from equipoise.assess import assess
from equipoise.criteria import ITP_RESPONSE
from equipoise.criterion import Truth
from equipoise.files import record_from_json
from equipoise.report import why

DAY = 24.0
TREATED = {"treatment_for": ("immune_cytopenia",)}
NONE = {"bleeding_grade": 0}


def course(*counts, baseline="10", bleeding=0, unit="10*9/L", treated=True):
    """A chart with (day of treatment, count) pairs; bleeding is looked for with the last."""
    start = dict(TREATED) if treated else {}
    if baseline is not None:
        start["platelets"] = f"{baseline} {unit}"
    entries = [(0.0, start)]
    entries += [(DAY * day, {"platelets": f"{count} {unit}"}) for day, count in counts]
    if bleeding is not None:
        last = counts[-1][0] if counts else 0
        entries.append((DAY * last, {"bleeding_grade": bleeding}))
    return chart(*entries, product=None, indication="itp")


def response(*counts, **kwargs):
    return interval(ITP_RESPONSE, course(*counts, **kwargs), DAY * counts[-1][0])


@pytest.mark.parametrize(
    ("counts", "baseline", "expected"),
    [
        # Complete: 100 or more, twice, 7 days apart; no doubling asked.
        (((7, "100"), (14, "100")), "10", (0, 0)),
        (((7, "99"), (14, "99")), "10", (1, 1)),
        (((7, "150"), (14, "120")), "90", (0, 0)),
        (((7, "99"), (14, "100")), "10", (0, 1)),
        # Response: 30 or more and twice the baseline, twice, 7 days apart.
        (((7, "30"), (14, "30")), "15", (1, 1)),
        (((7, "30"), (14, "30")), "16", (2, 2)),
        (((7, "29"), (14, "29")), "10", (2, 2)),
        (((7, "30"), (14, "30")), "10", (1, 1)),
        (((7, "80"), (14, "80")), "40", (1, 1)),
        (((7, "79"), (14, "79")), "40", (2, 2)),
        # Six days are not seven.
        (((8, "100"), (14, "100")), "10", (0, 2)),
        (((8, "40"), (14, "40")), "10", (1, 2)),
        # None, or lost: two counts a day apart; one alone leaves it open.
        (((14, "20"),), "10", (1, 2)),
        (((14, "20"), (14.4, "20")), "10", (1, 2)),
        (((14, "20"), (15, "20")), "10", (2, 2)),
        (((7, "120"), (14, "120"), (21, "20")), "10", (0, 2)),
        (((7, "120"), (14, "120"), (21, "20"), (22, "15")), "10", (2, 2)),
        (((7, "120"), (14, "120"), (21, "60"), (22, "60")), "10", (1, 1)),
        (((7, "120"), (14, "60")), "10", (1, 1)),
        (((7, "120"), (14, "120"), (21, "60")), "10", (0, 1)),
        # A count between that says otherwise begins anew.
        (((7, "120"), (10, "20"), (14, "120")), "10", (0, 2)),
        (((7, "120"), (10, "99"), (14, "120")), "10", (0, 1)),
    ],
)
def test_each_limit(counts, baseline, expected):
    assert response(*counts, baseline=baseline) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [("100000", (0, 0)), ("99999", (1, 1)), ("30000", (1, 1)),
                            ("29999", (2, 2))]
)  # fmt: skip
def test_counts_per_microliter(count, expected):
    assert response((7, count), (14, count), baseline="10000", unit="/uL") == expected


@pytest.mark.parametrize(("bleeding", "expected"), [(0, (0, 0)), (1, (2, 2)), (None, (0, 2))])
def test_bleeding(bleeding, expected):
    assert response((7, "120"), (14, "120"), bleeding=bleeding) == expected


def test_without_a_baseline_only_the_low_and_the_complete_are_settled():
    assert response((7, "60"), (14, "60"), baseline=None) == (1, 2)
    assert response((7, "120"), (14, "120"), baseline=None) == (0, 0)
    assert response((7, "20"), (14, "20"), baseline=None) == (2, 2)
    found = answer(ITP_RESPONSE, course((7, "60"), (14, "60"), baseline=None), DAY * 14)
    assert [m.name for m in found.missing] == ["baseline platelets", "platelets"]
    assert found.missing[0].to_json()["would_become"] == {
        "< 1/2 of the present value": 1, "> 1/2 of the present value": 2,
    }  # fmt: skip


def test_without_a_start_nothing_is_said():
    found = answer(ITP_RESPONSE, course((7, "120"), (14, "120"), treated=False), DAY * 14)
    assert (found.low, found.high) == (0, 2)
    assert found.missing[0].name == "treatment_for"
    assert found.sentence.endswith("no start of treatment recorded")


def test_the_first_dose_of_sirolimus_is_the_start():
    # Treated for months before: the count at the first dose is the baseline.
    before = chart(
        (-2000.0, TREATED | {"platelets": "60 10*9/L"}),
        (0.0, {"platelets": "20 10*9/L"}),
        (7 * DAY, {"platelets": "45 10*9/L"}),
        (14 * DAY, {"platelets": "45 10*9/L"} | NONE),
        product=None,
        indication="itp",
    )
    assert interval(ITP_RESPONSE, before, 14 * DAY) == (2, 2)
    for status, expected in (("", (1, 1)), ("partial", (1, 1)), ("held", (2, 2))):
        first = dose("sirolimus", 0.0, status=status)
        record = before.__class__(
            id="p", day0=before.day0, born=None, indication="itp", events=(*before.events, first)
        )
        assert interval(ITP_RESPONSE, record, 14 * DAY) == expected, status


def test_a_count_too_old_says_nothing():
    record = course((7, "120"), (14, "120"))
    assert interval(ITP_RESPONSE, record, 21 * DAY) == (0, 0)
    assert interval(ITP_RESPONSE, record, 28 * DAY + 1.0) == (0, 2)


def test_the_sentence_names_the_day_and_what_would_confirm_it():
    found = answer(ITP_RESPONSE, course((7, "120"), (10, "120")), DAY * 10)
    assert found.sentence.endswith(
        "cannot tell: complete response not settled, response not settled; day 10 of treatment; "
        "the complete response is confirmed by a count as high on 2025-03-24 or later"
    )
    found = answer(ITP_RESPONSE, course((7, "120"), (14, "120")), DAY * 14)
    assert found.grade == 0
    assert found.sentence == "complete response; day 14 of treatment"
    assert found.status == "complete_response"
    found = answer(ITP_RESPONSE, course((7, "60"), (14, "60")), DAY * 14)
    assert found.sentence == "response: platelets below a complete response; day 14 of treatment"
    found = answer(ITP_RESPONSE, course((7, "120"), (14, "120"), baseline="90"), DAY * 14)
    # Not twice the count at the start, which a complete response does not ask for.
    assert found.sentence == "complete response; day 14 of treatment"
    found = answer(ITP_RESPONSE, course((7, "60"), (14, "60"), bleeding=2), DAY * 14)
    assert found.sentence == "no response: bleeding; day 14 of treatment"
    found = answer(ITP_RESPONSE, course((7, "60"), (14, "60"), baseline=None), DAY * 14)
    assert found.sentence.startswith("response or no response: ")
    assert found.status is None


def test_a_report_says_the_outcome_and_not_that_it_is_open():
    found = answer(ITP_RESPONSE, course((7, "120"), (14, "120")), DAY * 14)
    assert why.answer(found) == "complete response"
    found = answer(ITP_RESPONSE, course((8, "40"), (14, "40")), DAY * 14)
    assert why.answer(found) == "response or no response"


def test_it_is_asked_in_its_indications_alone():
    record = course((7, "120"), (14, "120"))
    for indication in ("itp", "evans", "immune_cytopenia"):
        assert interval(ITP_RESPONSE, replace(record, indication=indication), 14 * DAY) == (0, 0)
    found = answer(ITP_RESPONSE, replace(record, indication="cart"), 14 * DAY)
    assert not found.applies
    assert found.sentence == (
        "not applicable: asked only in immune thrombocytopenia, Evans syndrome or immune cytopenia"
    )
    found = answer(ITP_RESPONSE, replace(record, indication=""), 14 * DAY)
    assert (found.low, found.high, found.status) == (0, 2, None)
    assert found.missing[0].name == "indication"
    words = "immune thrombocytopenia, Evans syndrome or immune cytopenia"
    assert found.missing[0].to_json()["would_become"] == {words: 0}
    # Bleeding was looked for and counts are there: none of them may be called unknown.
    assert found.sentence == f"cannot tell: asked only in {words}; the record names no indication"


def test_a_late_result_counts_when_it_is_known():
    record = course((7, "120"), (14, "120"))
    events = tuple(
        e if e.at < 14 * DAY or e.key != "platelets"
        else type(e)(at=e.at, known=e.at + 5.0, name=e.name, value=e.value, number=e.number)
        for e in record.events
    )  # fmt: skip
    late = replace(record, events=events)
    assert interval(ITP_RESPONSE, late, 14 * DAY) == (0, 2)
    assert interval(ITP_RESPONSE, late, 14 * DAY + 5.0) == (0, 0)


def by_hand(counts, baseline):
    """The answer without bleeding, by the words of the table and of the notes."""

    def settled(holds, *, alone=None):
        said = [holds(n) for _, n in counts]
        if not said:
            return None
        first = len(said) - 1
        while first and said[first - 1] == said[-1]:
            first -= 1
        apart = counts[-1][0] - counts[first][0]
        if apart >= (7 if said[-1] else 1):
            return said[-1]
        if said[-1] or not first:
            return alone if not said[-1] else None
        begin = first - 1
        while begin and said[begin - 1]:
            begin -= 1
        return None if counts[first - 1][0] - counts[begin][0] >= 7 else alone

    complete = settled(lambda n: n >= 100, alone=False)
    some = settled(lambda n: n >= 30 and n >= 2 * baseline)
    low = 0 if complete is not False else 1 if some is not False else 2
    high = 0 if complete else 1 if some else 2
    return low, high


def test_random_courses_as_by_hand():
    chance = random.Random(7)
    for _ in range(60):
        baseline = chance.choice((5, 20, 45, 60))
        days = sorted(chance.sample(range(1, 40), chance.randint(1, 6)))
        counts = [(d, chance.choice((8, 29, 30, 41, 90, 99, 100, 130))) for d in days]
        assert response(*counts, baseline=str(baseline)) == by_hand(counts, baseline), counts


def assessed(indication, *counts):
    days = [{"type": "dose", "at": DAY * d, "agent": "sirolimus", "amount": "2 mg",
             "route": "oral"} for d in range(15)]  # fmt: skip
    found = [{"type": "measurement", "at": DAY * d - 1.0, "known": DAY * d, "name": "platelets",
              "value": f"{n} 10*9/L"} for d, n in counts]  # fmt: skip
    found.append({"type": "finding", "at": DAY * 14, "name": "bleeding_grade", "value": 0})
    record = record_from_json(
        {"equipoise": 1, "id": "p", "day0": "2025-03-10T10:00:00+01:00", "born": "1985-04-01",
         "indication": indication, "events": [*days, *found]}
    )  # fmt: skip
    return assess(record, DAY * 14 + 1.0)


def test_an_assessment_asks_it_in_itp_and_reads_it_in_its_advice():
    counts = ((0, "10"), (7, "12"), (14, "15"))
    found = assessed("itp", *counts)
    [grade] = [g for g in found.grades if g.criterion == ITP_RESPONSE.id]
    assert grade.grade == 2
    said = {a.recommendation.id: a.applies for a in found.advice}
    assert said["sirolimus_itp_no_response"] is Truth.MET
    assert "sirolimus_itp_adult" in said
    better = assessed("itp", (0, "10"), (7, "45"), (14, "50"))
    [grade] = [g for g in better.grades if g.criterion == ITP_RESPONSE.id]
    assert grade.grade == 1
    other = assessed("gvhd_prophylaxis", *counts)
    assert ITP_RESPONSE.id not in {g.criterion for g in other.grades}
