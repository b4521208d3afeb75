"""How many patient-days are settled strictly and under charting conventions, and how many wrongly.

    python studies/charting/measure.py [patients] [seed]

Made-up courses of 30 days after CAR-T are charted twice. The complete chart holds every finding of
every round, present or absent; its grades are the truth. The ward's chart is kept by exception:
what is absent is mostly not written down, some rounds are missed, and a share of what was present
is forgotten. The ward's chart is graded strictly and under `examples/charting.toml`, at each day's
end. Nothing of the courses is from a paper; the shares of silence are the study's assumptions.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np

from equipoise import examples, files, units
from equipoise.chart import chart_of
from equipoise.charting import read_conventions, under
from equipoise.criteria import ALL
from equipoise.grading import days, table
from equipoise.names import MEASUREMENTS
from equipoise.record import AnyEvent, Cells, Dose, Finding, Measurement, Record

ROOT = Path(__file__).resolve().parents[2]
SITE = read_conventions(ROOT / "examples" / "charting.toml")
CHOSEN = [c for c in ALL if c.id in ("crs_astct2019", "icans_astct2019", "aki_kdigo2012")]
DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
BORN = date(1970, 4, 1)
DAYS = 30
ROUNDS = (4.0, 10.0, 16.0, 22.0)
"""Hours of the clock."""
SILENT = 0.9
"""Of what is absent, so much is not written down."""
MISSED = 0.1
"""Rounds of which nothing is written down."""
ICE_MISSED = 0.3
FORGOTTEN = (0.0, 0.05, 0.20)
"""Findings that are present are not written down on so many of their days."""

FEVER = "38.9 Cel"
CIRCULATION = (
    # hypotension, vasopressors
    (False, ()), (False, ()), (True, ()), (True, ("noradrenaline",)),
    (True, ("noradrenaline", "adrenaline")),
)  # fmt: skip
BREATHING = (
    # oxygen device, flow
    ("none", ""), ("none", ""), ("nasal_cannula", "3 L/min"), ("high_flow", "30 L/min"),
    ("ventilator", ""),
)  # fmt: skip
ICANS = (
    # ICE score, consciousness, seizure, motor weakness, cerebral edema
    ("10", "spontaneous", "none", "none", "none"),
    ("8", "spontaneous", "none", "none", "none"),
    ("4", "voice", "none", "none", "none"),
    ("1", "touch", "resolved", "none", "none"),
    ("0", "unarousable", "prolonged", "focal", "diffuse"),
)
CREATININE = ("0.8 mg/dL", "1.3 mg/dL", "1.8 mg/dL", "2.6 mg/dL")


def walk(random: np.random.Generator, top: int, start: float, last: int) -> list[int]:
    """A severity for each day: nothing, a rise from some day on, a fall; at most `top`."""
    level, found = 0, []
    onset = int(random.integers(1, last)) if random.random() < start else DAYS + 1
    rising = True
    for day in range(DAYS):
        if day >= onset:
            rising = rising and random.random() < 0.7
            level = min(level + 1, top) if rising else max(level - 1, 0)
            if random.random() < 0.15:
                rising = not rising
        found.append(level)
    return found


def measured(name: str, text: str, at: float) -> Measurement:
    value = units.parse(text)
    meant = MEASUREMENTS[name]
    number = float(units.convert(value.number, value.unit, meant.unit, substance=meant.substance))
    return Measurement(at=at, known=at, name=name, value=value, number=number)


def courses(random: np.random.Generator, number: int) -> tuple[Record, list[Record]]:
    """The complete chart of a patient, and the ward's for each share forgotten."""
    pressure, oxygen = walk(random, 4, 0.6, 8), walk(random, 4, 0.6, 8)
    icans = walk(random, 4, 0.5, 12)
    kidney = walk(random, 3, 0.3, 15)
    # Each entry: (event, whether it is absent, whether the round's sheet lacks it).
    entries: list[tuple[AnyEvent, bool, bool]] = []
    treated = False
    for day in range(DAYS):
        worse = max(pressure[day], oxygen[day])
        low, drugs = CIRCULATION[pressure[day]]
        device, flow = BREATHING[oxygen[day]]
        neuro = ICANS[icans[day]]
        for clock in ROUNDS:
            at = day * 24.0 + clock - 10.0
            if at < 0:
                continue
            missed = random.random() < MISSED
            entries.append(
                (measured("temperature", FEVER if worse else "36.8 Cel", at), False, missed)
            )
            found = (
                ("hypotension", low, not low),
                ("vasopressors", drugs, not drugs),
                ("oxygen_device", device, device == "none"),
                ("intubated", device == "ventilator", device != "ventilator"),
            )
            for name, value, absent in found:
                entries.append((Finding(at=at, known=at, name=name, value=value), absent, missed))
            if flow:
                entries.append((measured("oxygen_flow", flow, at), False, missed))
        noon = day * 24.0 + 2.0
        missed = random.random() < ICE_MISSED
        entries.append((measured("ice_score", neuro[0], noon), False, missed))
        for name, value in zip(
            ("consciousness", "seizure", "motor_weakness", "cerebral_edema"), neuro[1:], strict=True
        ):
            absent = value in ("none", "spontaneous")
            entries.append((Finding(at=noon, known=noon, name=name, value=value), absent, missed))
        at = day * 24.0 - 4.0
        if at > -4.0:
            entries.append((measured("creatinine", CREATININE[kidney[day]], at), False, False))
            output = replace(measured("urine_output", "1.0 mL/kg/h", at), over=24.0)
            entries.append((output, False, False))
            dialysis = kidney[day] == 3 and number % 3 == 0
            entries.append(
                (Finding(at=at, known=at, name="dialysis", value=dialysis), not dialysis, False)
            )
        give = worse >= 2 and not treated
        treated = treated or give
        at = day * 24.0 + 3.0
        agent = "tocilizumab" if give else "aciclovir"
        amount = units.parse("560 mg" if give else "400 mg")
        entries.append(
            (Dose(at=at, known=at, agent=agent, amount=amount, route="iv"), False, False)
        )
        entries.append(
            (Finding(at=at, known=at, name="antipyretic_or_anticytokine", value=treated),
             not treated, False)
        )  # fmt: skip
    before = measured("creatinine", "0.8 mg/dL", -4.0)
    start: list[AnyEvent] = [Cells(at=0.0, known=0.0, product="axicabtagene"), before]

    def record(events: list[AnyEvent]) -> Record:
        return Record(id=str(number), day0=DAY0, born=BORN, events=(*start, *events))

    silence = random.random(len(entries))
    lapse: dict[tuple[str, int], float] = {}
    ward = []
    for forgotten in FORGOTTEN:
        kept = []
        for place, (event, absent, missed) in enumerate(entries):
            if missed:
                continue
            if isinstance(event, Finding):
                if absent and silence[place] < SILENT:
                    continue
                day = (event.name, int((event.at + 10.0) // 24.0))
                if not absent and lapse.setdefault(day, random.random()) < forgotten:
                    continue
            kept.append(event)
        ward.append(record(kept))
    return record([event for event, _, _ in entries]), ward


def simulated(patients: int, seed: int) -> None:
    """The table of the simulated charts."""
    random = np.random.default_rng(seed)
    made = [courses(random, number) for number in range(patients)]
    looks = [days(chart_of([made[0][0]]), 0, 1, DAYS - 1)[1]] * patients
    number = np.repeat(np.arange(patients), DAYS - 1)
    at = np.concatenate(looks)
    truth = table(CHOSEN, chart_of([whole for whole, _ in made]), number, at)
    print(f"{patients} simulated patients, days 1 to {DAYS - 1}, seed {seed}")
    for place, forgotten in enumerate(FORGOTTEN):
        chart = chart_of([ward[place] for _, ward in made])
        strict = table(CHOSEN, chart, number, at)
        assumed = table(CHOSEN, under(chart, SITE), number, at)
        print(f"present but not charted all day: {forgotten:.0%}")
        for criterion in CHOSEN:
            id_ = criterion.id
            right = truth.low[id_]
            assert np.array_equal(right, truth.high[id_]), id_
            words = []
            for found in (strict, assumed):
                settled = found.low[id_] == found.high[id_]
                outside = (right < found.low[id_]) | (right > found.high[id_])
                words.append(
                    f"settled {settled.mean():6.1%}, true grade outside {outside.mean():6.2%}"
                )
            print(f"  {id_:18s} strict: {words[0]}   by convention: {words[1]}")


def bundled() -> None:
    """The table of the bundled patients: settled and applicable patient-days over all criteria."""
    print("bundled patients, all criteria: settled of applicable patient-days")
    for one in examples.BUNDLED:
        patient, _ = files.read_record(examples.path(one.file))
        past = patient.assuming_turnaround()
        chart = chart_of([past])
        last = past.calendar_day(past.end)
        looks = days(chart, 0, min(0, last), last)
        counts = []
        for each in (chart, under(chart, SITE)):
            found = table(ALL, each, *looks)
            applied = sum(int((found.high[c.id] >= 0).sum()) for c in ALL)
            counts.append(
                sum(int(((found.low[c.id] == found.high[c.id]) & (found.high[c.id] >= 0)).sum())
                    for c in ALL)
            )  # fmt: skip
        print(f"  {one.name:26s} {counts[0]} strict, {counts[1]} by convention, of {applied}")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    simulated(*(given + [200, 1][len(given) :]))
    bundled()
