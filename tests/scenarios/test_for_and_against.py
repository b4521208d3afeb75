"""For and against through the job and every face: the published patient, other charts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from equipoise import examples, files, report
from equipoise.assess import assess
from equipoise.assessment import Assessment, to_json
from equipoise.criterion import Truth
from equipoise.differential import Count, ForAndAgainst, Sign
from equipoise.record import Record
from small_records import record_of, value

DAY = 24.0


@pytest.fixture(scope="module")
def case_a() -> Assessment:
    record, _ = files.read_record(examples.path("tisagenlecleucel_case_a"))
    return assess(record, 14 * DAY + 8.0)


def table_of(answer: Assessment) -> ForAndAgainst:
    (table,) = answer.differentials
    return table


def sign_of(answer: Assessment, feature: str) -> Sign:
    return next(s for s in table_of(answer).signs if s.feature == feature)


def count_of(answer: Assessment, condition: str) -> Count:
    return next(t for t in table_of(answer).counts if t.condition == condition)


def cart(*events: dict[str, Any], product: str = "axicabtagene", **header: Any) -> Record:
    cells = {"type": "cells", "at": 0, "product": product}
    return record_of(cells, *events, **{"indication": "cart", **header})


def test_the_published_patient_day_by_day(case_a: Assessment) -> None:
    """Case A: second wave on day 11, ferritin 800,000 ng/mL (116 x baseline) on day 14."""
    table = table_of(case_a)
    days = {d.day: d for d in table.days}
    assert sorted(days) == list(range(15))
    assert days[10].truths["after_first_wave"] is not Truth.MET
    assert days[11].truths["after_first_wave"] is Truth.MET
    assert days[13].truths["ferritin_10000"] is Truth.UNKNOWN
    assert days[14].truths["ferritin_10000"] is Truth.MET
    assert sign_of(case_a, "after_first_wave").since_day == 11
    assert sign_of(case_a, "ferritin_twice").sides == {"iechs": "for"}
    assert sign_of(case_a, "low_fibrinogen").truth is Truth.UNKNOWN
    assert "fibrinogen" in [t.name for t in table.tests]
    assert "treat as both" in table.first[0]


def test_its_trend_says_how_little_two_values_tell(case_a: Assessment) -> None:
    table = table_of(case_a)
    (ferritin,) = table.trends
    assert [r.number for r in ferritin.readings] == [6905.0, 800_000.0]
    assert ferritin.direction == "not settled"
    signals = {s.id: s for s in table.signals}
    assert signals["ferritin_rise"].truth is Truth.MET
    assert "116 x" in signals["ferritin_rise"].sentence
    assert signals["ferritin_slope"].truth is Truth.UNKNOWN
    assert signals["ferritin_doubling"].published == ()
    low, high = signals["ferritin_slope"].interval
    assert low < 0.0 < high


def test_every_face_shows_it(case_a: Assessment) -> None:
    page, letters = report.html(case_a), report.text(case_a)
    for heading in ("Organ staging", table_of(case_a).title, "Trends"):
        assert f"<h2>{heading}</h2>" in page
        assert f"\n{heading.upper()}\n=" in letters
    assert "treat as both" in letters
    assert "counted, not weighed" in " ".join(letters.split())
    document = json.loads(json.dumps(to_json(case_a)))
    (table,) = document["differentials"]
    assert {"signs", "counts", "days", "tests", "trends", "signals", "notes"} <= set(table)
    assert table["days"][11]["truths"]["after_first_wave"] == "yes"
    assert document["staging"]
    assert all(len(line) <= 100 for line in letters.splitlines())
    for width in (60, 80):
        narrow = report.text(case_a, width=width)
        assert all(len(line) <= width for line in narrow.splitlines())


def test_no_probability_of_a_syndrome_is_given(case_a: Assessment) -> None:
    """Counts are whole numbers; the only probabilities are of measured values."""
    table = to_json(table_of(case_a))
    for count in table["counts"]:
        numbers = [v for v in count.values() if isinstance(v, int | float)]
        assert all(isinstance(v, int) for v in numbers)
        assert not any("prob" in key for key in count)
    assert any("No probability" in note for note in table["notes"])


def test_the_sources_of_the_elements_are_listed(case_a: Assessment) -> None:
    listed = {source.text for source, _ in case_a.sources}
    for sign in table_of(case_a).signs:
        assert {b.basis.source.text for b in sign.bearings} <= listed


def test_syndromes_coexist() -> None:
    """ICANS and CRS beside the signs of IEC-HS take nothing from them."""
    wave = [value("ferritin", f"{n} ng/mL", DAY * d) for d, n in ((0, 400), (8, 9000), (9, 30_000))]
    both = [
        value("ice_score", "5", 9 * DAY),
        value("temperature", "39.2 Cel", 9 * DAY),
        {"type": "finding", "at": 9 * DAY, "name": "hypotension", "value": True},
    ]
    alone = assess(cart(*wave), 9 * DAY + 2)
    together = assess(cart(*wave, *both), 9 * DAY + 2)
    assert count_of(together, "icans").speak_for == 1
    assert count_of(together, "crs").speak_for == 2
    assert count_of(together, "iechs").speak_for >= count_of(alone, "iechs").speak_for
    assert count_of(together, "iechs").speak_against == count_of(alone, "iechs").speak_against


@pytest.mark.parametrize(
    ("infection", "word"),
    [(None, "not recorded"), ("suspected", "suspected"), ("proven", "proven"), ("excluded", "")],
)
def test_infection_open_is_treated_as_both(infection: str | None, word: str) -> None:
    events = [value("temperature", "39 Cel", 200.0)]
    if infection:
        events.append({"type": "finding", "at": 200, "name": "infection", "value": infection})
    first = table_of(assess(cart(*events), 201.0)).first[0]
    assert ("treat as both" in first) is bool(word)
    assert word in first


def test_a_chart_with_vital_signs_only() -> None:
    vitals = [value("temperature", "38.8 Cel", DAY * d) for d in range(5)]
    answer = assess(cart(*vitals), 4 * DAY + 1)
    table = table_of(answer)
    assert table.trends == ()
    assert table.signals == ()
    assert {s.feature for s in table.signs if s.truth is Truth.MET} == {"fever"}
    assert count_of(answer, "iechs").speak_against == 0
    assert "<h2>Trends</h2>" not in report.html(answer)


def test_a_chart_with_ferritin_and_no_fibrinogen() -> None:
    values = [value("ferritin", f"{n} ng/mL", DAY * i) for i, n in enumerate((500, 4000, 20_000))]
    answer = assess(cart(*values), 2 * DAY + 1)
    assert sign_of(answer, "ferritin_10000").truth is Truth.MET
    assert sign_of(answer, "low_fibrinogen").truth is Truth.UNKNOWN
    signals = {s.id: s for s in table_of(answer).signals}
    assert signals["ferritin_slope"].truth is Truth.MET
    assert "no fibrinogen" in signals["fibrinogen_fall"].sentence
    assert signals["ferritin_apart"].missing == ("crp", "il6")


def test_the_unit_of_a_trend_does_not_matter() -> None:
    def of(unit: str, factor: float) -> ForAndAgainst:
        fibrinogen = [value("fibrinogen", f"{n * factor:g} {unit}", DAY * i)
                      for i, n in enumerate((400, 250, 140))]  # fmt: skip
        return table_of(assess(cart(*fibrinogen), 2 * DAY + 1))

    one, other = of("mg/dL", 1.0), of("g/L", 0.01)
    for here, there in zip(one.trends[0].level, other.trends[0].level, strict=True):
        assert here == pytest.approx(there)
    assert [s.truth for s in one.signals] == [s.truth for s in other.signals]


def test_a_second_infusion_starts_anew() -> None:
    """What was seen after the first infusion is before the second; its last value is a baseline."""
    again = {"type": "cells", "at": 60 * DAY, "product": "ciltacabtagene"}
    events = [
        value("ferritin", "40000 ng/mL", 9 * DAY),
        value("ferritin", "700 ng/mL", 59 * DAY),
        value("ferritin", "900 ng/mL", 63 * DAY),
        again,
    ]
    answer = assess(cart(*events), 64 * DAY)
    assert sign_of(answer, "ferritin_10000").truth is Truth.NOT_MET
    assert sign_of(answer, "ferritin_twice").truth is Truth.NOT_MET
    (trend,) = table_of(answer).trends
    assert [r.number for r in trend.readings] == [700.0, 900.0]


def test_censored_and_zero_values_are_shown_and_said() -> None:
    events = [
        value("ferritin", "400 ng/mL", 0.0), value("ferritin", ">3300 ng/mL", DAY),
        value("ferritin", ">3300 ng/mL", 2 * DAY), value("crp", "0 mg/L", DAY),
        value("crp", "<5 mg/L", 2 * DAY), value("crp", "<5 mg/L", DAY),
    ]  # fmt: skip
    answer = assess(cart(*events), 2 * DAY + 1)
    trends = {t.name: t for t in table_of(answer).trends}
    assert [r.bound for r in trends["ferritin"].readings] == ["", ">", ">"]
    last = trends["ferritin"].times.index(2 * DAY)
    assert trends["ferritin"].level[2][last] > 3300
    assert "only a bound" in trends["crp"].why or "too few" in trends["crp"].why
    assert trends["crp"].cautions == ("1 value(s) of 0 are left out of the course",)
    signals = {s.id: s for s in table_of(answer).signals}
    assert signals["ferritin_rise"].truth is Truth.MET
    assert "at least 8.25 x" in signals["ferritin_rise"].sentence
    assert report.html(answer)
    assert report.text(answer)


def test_a_death_ends_no_report() -> None:
    events = [
        value("ferritin", "500 ng/mL", 0.0), value("ferritin", "90000 ng/mL", 9 * DAY),
        {"type": "finding", "at": 10 * DAY, "name": "death", "value": True},
    ]  # fmt: skip
    answer = assess(cart(*events), 12 * DAY)
    assert table_of(answer).days[-1].day == 12
    assert report.text(answer)


def test_no_table_before_the_infusion() -> None:
    assert assess(cart(value("ferritin", "500 ng/mL", -24.0)), -2.0).differentials == ()
