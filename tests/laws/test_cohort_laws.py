"""Dense random charts: reading whole days, reading look by look, and one patient alone agree.

Values come before and after day 0, late, corrected, several a day, in charts whose day 0 has
different clock times; there are second infusions and deaths.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from equipoise import daybook, runs, units
from equipoise.chart import chart_of
from equipoise.criteria import ALL
from equipoise.criterion import evaluate, look_now
from equipoise.gradetable import grade_table
from equipoise.grading import daily
from equipoise.record import Cells, Finding, Measurement, Record, Replaced, Transfusion

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
LAB = {
    "neutrophils": ("10*9/L", ["0.05", "0.1", "0.3", "0.5", "0.51", "0.9", "1.2", "<0.1", "3.0"]),
    "platelets": ("10*9/L", ["8", "19", "20", "25", "45", "49", "50", "<10", "130", "260"]),
    "hemoglobin": ("g/dL", ["6.9", "7.9", "8.9", "9.0", "10.0", "<7.0", "12.4"]),
    "ferritin": ("ng/mL", ["90", "499", "601", "2500", "9000", ">40000", "120000"]),
    "fibrinogen": ("mg/dL", ["90", "149", "150", "240", "420"]),
    "ldh": ("U/L", ["180", "251", "499", "501", "1200"]),
    "creatinine": ("mg/dL", ["0.6", "0.9", "1.2", "1.9", "4.2"]),
    "bilirubin": ("mg/dL", ["0.5", "1.9", "2.0", "3.1", "8.0"]),
    "sc5b9": ("ng/mL", ["200", "251", "400"]),
    "urine_protein_creatinine": ("mg/mg", ["0.3", "1", "2.4"]),
    "weight": ("kg", ["60", "61.6", "63", "66.1"]),
    "temperature": ("Cel", ["36.6", "38.0", "38.4", "39.5"]),
    "systolic": ("mm[Hg]", ["110", "141"]), "diastolic": ("mm[Hg]", ["60", "91"]),
}  # fmt: skip
HIGH = {"ldh": ("250 U/L", "240 U/L"), "sc5b9": ("250 ng/mL",), "ferritin": ("300 ng/mL",)}
FOUND = {
    "schistocytes": [True, False], "red_cell_transfusion": [True, False],
    "platelet_refractory": [True, False], "hypertension": [True, False],
    "platelet_engraftment": [True, True, False], "hypotension": [True, False],
    "vasopressors": [(), ("noradrenaline",)], "infection": ["excluded", "suspected", "proven"],
    "oxygen_device": ["none", "nasal_cannula", "bipap"], "diarrhea": [True, False],
    "progression": ["excluded", "suspected"],
    "platelet_transfusion": [False, False, False, False, True],
}  # fmt: skip


def dense(number: int) -> Record:
    """A patient of some weeks, seeded by a number."""
    random = np.random.default_rng(number)
    events: list = [Cells(at=0.0, known=0.0, product="graft"),
                    Cells(at=0.0, known=0.0, product="axicabtagene")]  # fmt: skip
    if random.random() < 0.4:
        at = float(random.integers(100, 900))
        events.append(Cells(at=at, known=at, product=str(random.choice(["graft", "idecabtagene"]))))
    last = int(random.integers(100, 1200))
    row = 10
    for name, (unit, texts) in LAB.items():
        if random.random() < 0.1:
            continue
        every = float(random.choice([8.0, 24.0, 24.0, 51.0]))
        for at in np.arange(-60.0, last, every) + random.uniform(0.0, 6.0):
            if random.random() < 0.15:
                continue
            row += 1
            value = units.parse(f"{random.choice(texts)} {unit}")
            high = None
            if name in HIGH and random.random() < 0.6:
                high = units.parse(str(random.choice(HIGH[name])))
            delay = float(random.choice([0.0, 2.0, 2.0, 2.0, 40.0]))
            events.append(
                Measurement(at=float(at), known=float(at) + delay, row=row, name=name, value=value,
                            number=float(value.number), high=high)
            )  # fmt: skip
    for name, words in FOUND.items():
        if random.random() < 0.2:
            continue
        for at in np.arange(-30.0, last, 24.0) + random.uniform(0.0, 20.0):
            if random.random() < 0.3:
                continue
            row += 1
            word = words[int(random.integers(len(words)))]
            events.append(Finding(at=float(at), known=float(at), row=row, name=name, value=word))
    given = random.uniform(0.0, last, int(random.integers(0, 4)))
    events += [Transfusion(at=float(at), known=float(at), product="platelets") for at in given]
    if random.random() < 0.3:
        events.append(Finding(at=float(last), known=float(last), name="death", value=True))
    day0 = DAY0 + timedelta(hours=int(random.integers(-9, 13)))
    indication = ("", "itp", "cart")[number % 3]
    return Record(id=f"p{number}", day0=day0, born=(DAY0 - timedelta(days=9000)).date(),
                  indication=indication,
                  events=tuple(sorted(events, key=lambda e: (e.at, e.known))))  # fmt: skip


def corrected(record: Record, number: int) -> Record:
    """The record with some values corrected days later."""
    random = np.random.default_rng(number + 1000)
    events = list(record.events)
    for event in record.events:
        if isinstance(event, Measurement) and random.random() < 0.02:
            unit, texts = LAB[event.name]
            value = units.parse(f"{texts[0]} {unit}")
            target = Replaced(name=event.name, at=event.at)
            events.append(
                replace(event, known=event.known + 30.0, value=value, number=float(value.number),
                        row=event.row + 100_000, replaces=target)
            )  # fmt: skip
    return replace(record, events=tuple(sorted(events, key=lambda e: (e.at, e.known))))


COHORTS = {
    "clean": [dense(n) for n in range(6)],
    "corrected": [corrected(dense(n), n) for n in range(20, 26)],
}


@pytest.mark.parametrize("kind", list(COHORTS))
@pytest.mark.parametrize("at_day_ends", [True, False])
def test_reading_whole_days_gives_what_reading_each_look_gives(
    kind: str, at_day_ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = COHORTS[kind]
    chart = chart_of(records)
    random = np.random.default_rng(5)
    record = np.repeat(np.arange(len(records)), 45)
    if at_day_ends:
        at = chart.day_end(record, np.tile(np.arange(-2, 43), len(records)))
    else:
        at = np.round(random.uniform(-60.0, 1100.0, len(record)), 2)
    fast = {c.id: evaluate(c, look_now(chart, record, at)) for c in ALL}
    left_over = daybook.last_rows

    def each_look(looks, series, until=None):
        last, whole = left_over(looks, series, until)
        return last, np.zeros_like(whole)

    for module in (daybook, runs):
        monkeypatch.setattr(module, "last_rows", each_look)
    fresh = chart_of(records)
    settled = 0
    for criterion in ALL:
        slow = evaluate(criterion, look_now(fresh, record, at))
        mine = fast[criterion.id]
        assert (mine.applied == slow.applied).all()
        assert (mine.low[mine.applied] == slow.low[mine.applied]).all(), criterion.id
        assert (mine.high[mine.applied] == slow.high[mine.applied]).all(), criterion.id
        for item, one, other in zip(criterion.items, mine.readings, slow.readings, strict=True):
            same = (one.possible == other.possible) | ~mine.applied
            assert same.all(), (criterion.id, item.name)
        for look in range(0, len(record), 17):
            if mine.applied[look]:
                assert mine.snapshot(look) == slow.snapshot(look), (criterion.id, look)
        settled += int((mine.applied & (mine.low == mine.high)).sum())
    assert settled > 500


@pytest.mark.parametrize("kind", list(COHORTS))
def test_a_dense_cohort_says_what_each_of_its_patients_says(kind: str) -> None:
    records = COHORTS[kind]
    table = grade_table(ALL, records)
    for number in (0, 3):
        known = records[number]
        rows = np.flatnonzero(table.patient == number)
        alone = grade_table(ALL, [known])
        for criterion in ALL:
            assert (table.low[criterion.id][rows] == alone.low[criterion.id]).all(), criterion.id
            assert (table.high[criterion.id][rows] == alone.high[criterion.id]).all(), criterion.id
        for criterion in ALL[::6]:
            answers = daily(criterion, known.until(known.end), known.end)[: len(rows)]
            for row, answer in zip(rows, answers, strict=True):
                if answer.low is not None:
                    assert table.low[criterion.id][row] == pytest.approx(answer.low)
                    assert table.high[criterion.id][row] == pytest.approx(answer.high)
