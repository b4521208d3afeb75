"""Cell infusions in the record: doses with a wrong exponent, split doses, microtransplants."""

from __future__ import annotations

from typing import Any

import pytest

from equipoise import names
from equipoise.files import InputError, record_from_json, record_to_json
from equipoise.files.document import strict
from equipoise.files.importing import ImportReport

DAY0 = "2025-03-10T10:00:00+01:00"


def document(*events: dict[str, Any]) -> dict[str, Any]:
    return {"equipoise": 1, "id": "p1", "day0": DAY0, "events": list(events)}


def cells(at: float, product: str, **more: Any) -> dict[str, Any]:
    return {"type": "cells", "at": at, "product": product, **more}


def said(*events: dict[str, Any]) -> list[str]:
    report: ImportReport = strict(document(*events))[1]
    return [note.text for note in report.notes if "doses." in note.field]


HAPLO = cells(0, "graft", donor="haploidentical", doses={"CD34": "6.1e6 /kg"})
SIBLING = cells(0, "graft", donor="matched_sibling", doses={"CD34": "6.1e6 /kg"})


@pytest.mark.parametrize(
    ("graft", "product", "key", "text", "expected"),
    [
        (HAPLO, "donor_lymphocytes", "CD3", "1e6 /kg", ""),
        (HAPLO, "donor_lymphocytes", "CD3", "9.9e6 /kg", ""),
        (HAPLO, "donor_lymphocytes", "CD3", "1e8 /kg", "above what is in print"),
        (SIBLING, "donor_lymphocytes", "CD3", "9e7 /kg", ""),
        (SIBLING, "donor_lymphocytes", "CD3", "1e8 /kg", "first doses, EBMT Handbook 2024"),
        (SIBLING, "donor_lymphocytes", "CD3", "1e4 /kg", "below what is in print"),
        (SIBLING, "microtransplant", "CD3", "2e8 /kg", ""),
        (SIBLING, "microtransplant", "CD3", "2e6 /kg", "below what is in print"),
        (SIBLING, "tisagenlecleucel", "CAR", "3.1e6 /kg", ""),
        (SIBLING, "tisagenlecleucel", "CAR", "3.1e8 /kg", "above what is in print"),
        (SIBLING, "tisagenlecleucel", "CAR", "1e8 cells", ""),
        (SIBLING, "axicabtagene", "CAR", "2e8 /kg", "above what is in print"),
        (SIBLING, "lisocabtagene", "CAR", "1e8 cells", ""),
        (SIBLING, "lisocabtagene", "CAR", "1e6 cells", "below what is in print"),
        (SIBLING, "obecabtagene", "CAR", "4.1e8 cells", ""),
    ],
)
def test_a_wrong_exponent_is_one_clear_sentence(
    graft: dict[str, Any], product: str, key: str, text: str, expected: str
) -> None:
    found = said(graft, cells(2400, product, doses={key: text}))
    assert len(found) == bool(expected)
    if expected:
        assert expected in found[0]
        assert "10*6 and 10*8 are easily exchanged" in found[0]


def test_what_is_in_print_for_a_first_dose_does_not_bind_later_ones() -> None:
    later = [cells(2400 + 1000 * i, "donor_lymphocytes", doses={"CD3": d})
             for i, d in enumerate(("1e6 /kg", "1e7 /kg", "1e8 /kg"))]  # fmt: skip
    assert said(HAPLO, *later) == []
    assert len(said(HAPLO, *later[:2], cells(5000, "donor_lymphocytes", doses={"CD3": "1e9 /kg"})))
    assert said(HAPLO, later[2]) != []
    held = {**later[0], "status": "held"}
    assert len(said(HAPLO, held, later[2])) == 1


def test_engineered_grafts() -> None:
    good = cells(-96, "graft", donor="haploidentical", doses={"Treg": "2e6 /kg", "Tcon": "1e6 /kg"})
    assert said(good) == []
    bad = cells(-96, "graft", donor="haploidentical", doses={"Treg": "2e8 /kg", "Tcon": "1e8 /kg"})
    assert len(said(bad)) == 2


def test_a_dose_in_all_is_held_against_the_weight() -> None:
    weight = {"type": "measurement", "at": -24, "known": -24, "name": "weight", "value": "70 kg"}
    meant_per_kg = cells(0, "graft", doses={"CD34": "6.1e6 cells"})
    assert said(meant_per_kg) == []
    (sentence,) = said(weight, meant_per_kg)
    assert "by the weight" in sentence
    assert "per kg" in sentence
    assert said(weight, cells(0, "graft", doses={"CD34": "4.2e8 cells"})) == []


def test_every_published_dose_is_of_a_product_and_says_where() -> None:
    for entry in names.PUBLISHED_DOSES:
        assert entry.product in names.CELL_PRODUCTS
        assert entry.key in names.CELL_DOSE_KEYS
        assert entry.where
        assert set(entry.donors) <= set(names.DONORS)
        for bounds in (entry.per_kg, entry.total):
            assert bounds is None or 0.0 < bounds[0] <= bounds[1]


FULL = [
    cells(0, "microtransplant", donor="haploidentical", course=1, after_chemotherapy="36 h",
          doses={"TNC": "3e8 /kg", "CD34": "2e6 /kg", "CD3": "1.1e8 /kg"}),
    cells(2000, "obecabtagene", part="1 of 2", doses={"CAR": "1e7 cells"}),
    cells(2216, "obecabtagene", part="2 of 2", doses={"CAR": "4e8 cells"}, status="held"),
]  # fmt: skip


def test_course_part_and_hours_after_chemotherapy_are_kept() -> None:
    record = record_from_json(document(*FULL))
    micro, first, second = record.cells()
    assert (micro.course, micro.after, micro.donor) == (1, 36.0, "haploidentical")
    assert [c.part for c in (first, second)] == ["1 of 2", "2 of 2"]
    assert first.after is None
    assert record_from_json(record_to_json(record)) == record


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("part", "half", 'write it "1 of 2"'),
        ("part", "3 of 2", 'write it "1 of 2"'),
        ("course", 0, "write 1, 2 and so on"),
        ("course", "first", "write 1, 2 and so on"),
        ("after_chemotherapy", "1e6 /kg", 'write it in min, h or d: "6 h"'),
    ],
)
def test_refused(key: str, value: object, remedy: str) -> None:
    with pytest.raises(InputError) as error:
        record_from_json(document(cells(0, "microtransplant", **{key: value})))
    assert key in str(error.value)
    assert remedy in str(error.value)
