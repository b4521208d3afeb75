"""Patient-days a second through the criteria, and one patient of 100 days.

    python benchmarks/criteria.py [patient-days] [processes]

A made-up cohort after CAR-T: every patient is looked at on 100 days, at each day's end. Laboratory
values come once a day and are known four hours later, vital signs and bedside findings three times
a day. Patients are worked on in blocks, as a file of a cohort would be read; making the numbers up
is not timed, putting them into columns is. Printed is processor time, summed over the processes: a
busy machine changes it less than the clock. Blocks go to processes as `equipoise grade` sends them.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from equipoise import names, units
from equipoise.chart import CELLS, Chart, chart_of, series_of
from equipoise.criteria import ALL
from equipoise.criterion import evaluate, look_now
from equipoise.gradetable import in_blocks
from equipoise.grading import PIECE, daily
from equipoise.record import Cells, Finding, Measurement, Record
from equipoise.units import Quantity

DAYS = 100
BEFORE = 7
BLOCK = 250
DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")

LABORATORY = {
    # name: (unit, low, high, decimals)
    "ferritin": ("ng/mL", 50, 60000, 0), "fibrinogen": ("mg/dL", 60, 600, 0),
    "triglycerides": ("mg/dL", 50, 500, 0), "ast": ("U/L", 10, 400, 0),
    "alt": ("U/L", 10, 400, 0), "ldh": ("U/L", 100, 1500, 0), "bilirubin": ("mg/dL", 0.2, 9, 1),
    "creatinine": ("mg/dL", 0.4, 3, 1), "hemoglobin": ("g/dL", 6, 14, 1),
    "platelets": ("10*9/L", 3, 300, 0), "leukocytes": ("10*9/L", 0.1, 12, 1),
    "neutrophils": ("10*9/L", 0, 6, 2), "crp": ("mg/L", 1, 300, 0), "weight": ("kg", 60, 70, 1),
    "soluble_il2r": ("U/mL", 300, 9000, 0), "urine_protein_creatinine": ("mg/mg", 0, 3, 1),
    "sc5b9": ("ng/mL", 100, 500, 0), "stool_volume": ("mL/d", 0, 2500, 0),
    "rash_area": ("%", 0, 90, 0), "urine_output": ("mL/kg/h", 0.2, 3, 1),
}  # fmt: skip
RANGES = {"ferritin": ("30", "300"), "ast": ("10", "40"), "alt": ("10", "40"),
          "ldh": ("100", "250"), "fibrinogen": ("180", "400"), "sc5b9": ("50", "250")}  # fmt: skip
VITAL = {
    "temperature": ("Cel", 36, 40, 1), "ice_score": ("1", 0, 10, 0),
    "systolic": ("mm[Hg]", 80, 160, 0), "diastolic": ("mm[Hg]", 40, 100, 0),
    "oxygen_flow": ("L/min", 1, 12, 0),
}  # fmt: skip
BEDSIDE = {
    "vasopressors": [(), (), (), ("noradrenaline",)], "oxygen_device": ["none", "nasal_cannula"],
    "consciousness": ["spontaneous", "voice"], "seizure": ["none"], "motor_weakness": ["none"],
    "cerebral_edema": ["none"], "infection": ["excluded", "suspected"],
    "progression": ["excluded"], "treatment_for": [(), ("iechs",)],
}  # fmt: skip


def made_up(random: np.random.Generator, patients: int) -> list[tuple]:
    """Columns of a block of patients, before they are sorted: (name, columns of `series_of`)."""
    days = np.arange(-BEFORE, DAYS)
    found = []

    def rows(per_day: int) -> tuple[np.ndarray, np.ndarray]:
        hours = (days[:, None] * 24.0 + np.linspace(-4.0, 12.0, per_day)).ravel()
        record = np.repeat(np.arange(patients), len(hours))
        return record, np.tile(hours, patients)

    for table, per_day, delay in ((LABORATORY, 1, 4.0), (VITAL, 3, 0.0)):
        for name, (unit, low, high, decimals) in table.items():
            record, at = rows(per_day)
            number = np.round(random.uniform(low, high, len(at)), decimals)
            distinct, code = np.unique(number, return_inverse=True)
            values = [units.parse(f"{value:.{decimals}f} {unit}") for value in distinct]
            ranges = {}
            for end, text in zip(("low", "high"), RANGES.get(name, ()), strict=False):
                ranges[end] = np.full(len(at), len(values), dtype=np.int32)
                values.append(units.parse(f"{text} {unit}"))
            columns = (name, patients, record, at, at + delay, code.astype(np.int32), values)
            found.append((columns, ranges))
    for name, known in names.FINDINGS.items():
        words = BEDSIDE.get(name)
        if words is None and known.kind == "boolean":
            words = [False, False, False, True]
        if words is None and known.kind == "grade":
            words = [0, 0, 1, 2]
        if words is None:
            continue
        record, at = rows(1)
        code = random.integers(0, len(words), len(at)).astype(np.int32)
        found.append(((name, patients, record, at, at, code, words), {}))
    return found


def charted(columns: list[tuple], patients: int) -> Chart:
    """The block as a chart."""
    series = {c[0]: series_of(*c, **ranges) for c, ranges in columns}
    infused = [Cells(at=0.0, known=0.0, product="axicabtagene"),
               Cells(at=0.0, known=0.0, product="graft")]  # fmt: skip
    record = np.tile(np.arange(patients), 2)
    zero = np.zeros(len(record))
    code = np.repeat(np.arange(2, dtype=np.int32), patients)
    series[CELLS] = series_of(CELLS, patients, record, zero, zero, code, infused)
    clock = np.full(patients, 10 * 3_600_000_000)
    # An indication under which no criterion is left out.
    return Chart(series, clock, np.full(patients, -40 * 365.0), ["immune_cytopenia"] * patients,
                 [DAY0] * patients)  # fmt: skip


def one_record(columns: list[tuple]) -> Record:
    """The first patient of a block as a record."""
    events: list = [Cells(at=0.0, known=0.0, product="axicabtagene"),
                    Cells(at=0.0, known=0.0, product="graft")]  # fmt: skip
    for (name, _, record, at, known, code, values), ranges in columns:
        for row in np.flatnonzero(record == 0):
            value = values[code[row]]
            times = {"at": float(at[row]), "known": float(known[row]), "name": name}
            if isinstance(value, Quantity):
                limits = {end: values[codes[row]] for end, codes in ranges.items()}
                events.append(
                    Measurement(value=value, number=float(value.number), **limits, **times)
                )
            else:
                events.append(Finding(value=value, **times))
    born = (DAY0 - timedelta(days=14600)).date()
    return Record(id="one", day0=DAY0, indication="immune_cytopenia", born=born,
                  events=tuple(events))  # fmt: skip


def work(blocks: Sequence[tuple[int, int]]) -> tuple[dict[str, float], float]:
    """Seconds spent on blocks of patients (seed, how many), and the peak memory in GB."""
    spent = dict.fromkeys(["columns", *(c.id for c in ALL)], 0.0)
    for seed, size in blocks:
        columns = made_up(np.random.default_rng(seed), size)
        begin = time.process_time()
        chart = charted(columns, size)
        spent["columns"] += time.process_time() - begin
        del columns
        record = np.repeat(np.arange(size), DAYS)
        at = chart.day_end(record, np.tile(np.arange(DAYS), size))
        for start in range(0, len(record), PIECE):
            piece = slice(start, start + PIECE)
            looks = look_now(chart, record[piece], at[piece])
            for criterion in ALL:
                begin = time.process_time()
                found = evaluate(criterion, looks)
                spent[criterion.id] += time.process_time() - begin
                found.looks.memo.clear()
            looks.shared.clear()
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Print the two tables."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    patients = max(wanted // DAYS, 1)
    blocks = [(start, min(BLOCK, patients - start)) for start in range(0, patients, BLOCK)]
    spent: dict[str, float] = {}
    memory: list[float] = []
    began = time.perf_counter()
    for part, peak in in_blocks(work, blocks, size=4, workers=processes):
        for name, seconds in part.items():
            spent[name] = spent.get(name, 0.0) + seconds
        memory.append(peak)
    clock = time.perf_counter() - began
    looks_made = patients * DAYS
    total = sum(spent.values())
    print(f"{looks_made} patient-days, {len(ALL)} criteria, {processes} process(es):")
    print(f"  {total:.1f} s of a core, {looks_made / total:,.0f} patient-days a second and core")
    print(f"  {total / processes:.1f} s a process, peak memory {max(memory):.2f} GB a process")
    print(f"  {clock:.1f} s by the clock, with making the numbers up")
    for name, seconds in spent.items():
        items = next((len(c.items) for c in ALL if c.id == name), 0)
        each = f"{seconds / looks_made / items * 1e6:6.2f} us a look and item" if items else ""
        print(f"  {name:26s} {seconds:7.2f} s  {each}")

    random = np.random.default_rng(1)
    record_ = one_record(made_up(random, 1))
    end = record_.day_end(DAYS - 1)
    best = {"chart": 9.0, "intervals": 9.0, "answers": 9.0}
    for _ in range(3):
        begin = time.process_time()
        chart = chart_of((record_,))
        best["chart"] = min(best["chart"], time.process_time() - begin)
        begin = time.process_time()
        record = np.zeros(DAYS, dtype=np.int64)
        looks = look_now(chart, record, chart.day_end(record, np.arange(DAYS)))
        for criterion in ALL:
            evaluate(criterion, looks)
        best["intervals"] = min(best["intervals"], time.process_time() - begin)
    begin = time.process_time()
    for criterion in ALL:
        daily(criterion, record_, end)
    best["answers"] = time.process_time() - begin
    print(f"one patient, {DAYS} days, {len(record_.events)} events:")
    print(f"  chart from the record        {best['chart'] * 1e3:8.1f} ms")
    print(f"  all intervals                {best['intervals'] * 1e3:8.1f} ms")
    print(f"  all answers with reasons     {best['answers'] * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
