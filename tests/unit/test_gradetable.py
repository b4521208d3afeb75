"""The daily table of a cohort: what stands in it is what each record's own answers say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from equipoise import criteria
from equipoise.examples import BUNDLED, path
from equipoise.files import read_record, record_from_json
from equipoise.gradetable import GradeTable, grade_table, in_blocks, joined
from equipoise.grading import daily
from equipoise.record import Record

BY_ID = {c.id: c for c in criteria.ALL}


def record(id_: str, *events: dict, **header: object) -> Record:
    start = {"equipoise": 1, "id": id_, "day0": "2025-03-10T10:00:00+01:00", **header}
    return record_from_json({**start, "events": list(events)})


def infusion(at: float = 0, product: str = "axicabtagene") -> dict:
    return {"type": "cells", "at": at, "product": product}


def fever(at: float, value: str = "38.4 Cel") -> dict:
    return {"type": "measurement", "at": at, "name": "temperature", "value": value}


def finding(at: float, name: str, value: object) -> dict:
    return {"type": "finding", "at": at, "name": name, "value": value}


def row_of(table: GradeTable, patient: str, day: int) -> int:
    place = [p.id for p in table.patients].index(patient)
    return int(np.flatnonzero((table.patient == place) & (table.day == day))[0])


def test_the_table_says_what_each_record_says_day_by_day() -> None:
    records = [read_record(path(e.name))[0] for e in BUNDLED]
    table = grade_table(criteria.ALL, records)
    checked = 0
    for number, each in enumerate(records):
        known = each.assuming_turnaround()
        rows = np.flatnonzero(table.patient == number)
        for criterion in criteria.ALL:
            answers = daily(criterion, known.until(known.end), known.end)
            assert [known.calendar_day(a.at) for a in answers] == table.day[rows].tolist()
            for row, answer in zip(rows, answers, strict=True):
                low, high = table.low[criterion.id][row], table.high[criterion.id][row]
                assert (low == -1) == (answer.low is None)
                if answer.low is not None:
                    assert (low, high) == (pytest.approx(answer.low), pytest.approx(answer.high))
                if criterion.met is not None and answer.low is not None:
                    word = {0: False, 1: None, 2: True}
                    assert word[int(table.met[criterion.id][row])] is answer.met
                checked += 1
    assert checked > 500


def test_rows_run_from_the_first_infusion_to_the_last_thing_known() -> None:
    table = grade_table([BY_ID["crs_astct2019"]], [record("a", infusion(-48), fever(30))])
    assert table.day.tolist() == [-2, -1, 0, 1]
    assert table.since.tolist() == [0, 1, 2, 3]
    assert table.date == ("2025-03-08", "2025-03-09", "2025-03-10", "2025-03-11")
    assert table.at[-1] == 30.0
    assert set(table.product) == {"axicabtagene"}


def test_a_patient_without_cells_has_rows_from_day_0_and_no_product() -> None:
    table = grade_table([BY_ID["hscore_2014"]], [record("a", fever(-30), fever(30))])
    assert table.day.tolist() == [0, 1]
    assert table.product == ("", "")
    assert table.since.tolist() == [-1, -1]


def test_days_count_from_the_later_of_two_infusions() -> None:
    second = infusion(72, "ciltacabtagene")
    table = grade_table([BY_ID["crs_astct2019"]], [record("a", infusion(), second, fever(100))])
    assert table.since.tolist() == [0, 1, 2, 0, 1]
    assert table.product[2:4] == ("axicabtagene", "ciltacabtagene")


def test_there_are_no_rows_after_a_death() -> None:
    late = {"type": "measurement", "at": 40, "known": 300, "name": "ferritin", "value": "9 ng/mL"}
    table = grade_table([BY_ID["crs_astct2019"]],
                        [record("a", infusion(), finding(50, "death", True), late)])  # fmt: skip
    assert table.day.tolist() == [0, 1, 2]


def test_the_last_grade_charted_on_a_day_stands_beside_ours() -> None:
    said = [
        finding(at, "recorded_grade", {"criterion": name, "grade": grade})
        for at, name, grade in (
            (2, "crs_astct2019", 3), (9, "crs_astct2019", 1), (26, "crs_ctcae4", 2),
            (27, "crs_astct2019", "II"),
        )
    ]  # fmt: skip
    table = grade_table([BY_ID["crs_astct2019"]], [record("a", infusion(), *said)])
    assert table.recorded["crs_astct2019"].tolist() == [1, -1]
    assert table.elsewhere == 2


def test_until_cuts_each_record() -> None:
    records = [record("a", infusion(), fever(30)), record("b", infusion(), fever(99))]
    table = grade_table([BY_ID["crs_astct2019"]], records, lambda _record: 24.0)
    assert table.at.max() == 24.0
    assert (table.low["crs_astct2019"] == 0).all()


def test_columns_are_plain_and_empty_where_there_is_nothing_to_say() -> None:
    table = grade_table(
        [BY_ID["crs_astct2019"], BY_ID["easix"], BY_ID["agvhd_magic2016"], BY_ID["hlh_2004"]],
        [record("a", infusion(), fever(5), born="1990-03-10", sex="female", indication="cart")],
    )
    columns = table.columns()
    assert {len(column) for column in columns.values()} == {1}
    first = {name: column[0] for name, column in columns.items()}
    assert (first["patient"], first["day"], first["date"]) == ("a", 0, "2025-03-10")
    assert (first["sex"], first["indication"]) == ("female", "cart")
    assert first["age"] == pytest.approx(35.0, abs=0.01)
    assert (first["crs_astct2019_low"], first["crs_astct2019_high"]) == (1, 4)
    # No upper bound, no graft, nothing settled.
    assert (first["easix_low"], first["easix_high"]) == (0.0, None)
    assert (first["agvhd_magic2016_low"], first["agvhd_magic2016_high"]) == (None, None)
    assert first["hlh_2004_met"] is None
    assert "crs_astct2019_recorded" not in columns


def test_tables_join_in_their_order() -> None:
    chosen = [BY_ID["crs_astct2019"], BY_ID["hlh_2004"]]
    charted = finding(3, "recorded_grade", {"criterion": "crs_astct2019", "grade": 2})
    records = [record("a", infusion(), fever(30)), record("b", infusion(), charted),
               record("c", infusion(), fever(60))]  # fmt: skip
    whole = grade_table(chosen, records)
    parts = joined([grade_table(chosen, records[:1]), grade_table(chosen, records[1:])])
    assert parts.columns() == whole.columns()
    assert parts.patients == whole.patients


def doubled(numbers: Sequence[int]) -> list[int]:
    return [2 * n for n in numbers]


@pytest.mark.parametrize("workers", [1, 2])
def test_blocks_come_out_in_order_whatever_the_workers(workers: int) -> None:
    counted: list[int] = []
    found = in_blocks(doubled, list(range(7)), size=2, workers=workers, done=counted.append)
    assert list(found) == [[0, 2], [4, 6], [8, 10], [12]]
    assert sum(counted) == 7


def test_a_cohort_of_nobody_is_empty() -> None:
    table = grade_table([BY_ID["crs_astct2019"], BY_ID["easix"]], [])
    assert len(table) == 0
    assert not math.isnan(len(table.columns()["patient"]))
