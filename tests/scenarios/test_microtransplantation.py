"""The older AML patient: chemotherapy, microtransplanted cells, or a transplant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from equipoise import decisions, files, units
from equipoise.advice import Situation
from equipoise.assess import assess
from equipoise.decision import OpenDecision
from equipoise.decisions.microtransplant_protocols import PROTOCOLS, cells_in_print
from equipoise.examples import path
from equipoise.record import AnyEvent, Cells, Dose, Measurement, Record
from equipoise.report.text import text
from equipoise.source import Standing

DECISION = next(d for d in decisions.ALL if d.id == "microtransplantation")
DAY = 24.0


def cells(
    at: float, *, status: str = "", dose: str = "", product: str = "microtransplant"
) -> Cells:
    doses = (("CD3", units.parse(dose)),) if dose else ()
    return Cells(at=at, known=min(at, 0.0), product=product, status=status, doses=doses, course=1)


def ask(
    t: float, *events: AnyEvent, platform: str = "", born: date | None = date(1955, 1, 1)
) -> OpenDecision | None:
    record = Record(
        id="p", day0=datetime(2025, 3, 10, 10, tzinfo=UTC), platform=platform, born=born,
        events=tuple(events),
    )  # fmt: skip
    return DECISION.consider(Situation(record.until(t), t))


def asked(t: float, *events: AnyEvent, **header: object) -> OpenDecision:
    found = ask(t, *events, **header)  # type: ignore[arg-type]
    assert found is not None
    return found


def known(found: OpenDecision) -> dict[str, bool]:
    return {n.name: n.known for n in found.needs}


def test_it_opens_with_the_platform_or_an_infusion_and_closes_with_a_graft() -> None:
    assert ask(0.0) is None
    assert ask(0.0, platform="adult_unrelated") is None
    assert ask(0.0, platform="microtransplant") is not None
    assert ask(DAY, cells(0.0)) is not None
    assert ask(DAY, cells(0.0, status="held")) is None
    assert ask(3 * DAY, cells(0.0), cells(2 * DAY, product="graft")) is None


def test_the_next_course_is_decided_before_its_chemotherapy() -> None:
    chemotherapy = Dose(
        at=30 * DAY, known=0.0, agent="cytarabine", amount=units.parse("1 g/m2"), route="iv",
        status="planned",
    )  # fmt: skip
    with_drug = asked(DAY, cells(0.0), chemotherapy, cells(33 * DAY, status="planned"))
    assert with_drug.closes == 30 * DAY
    assert asked(DAY, cells(0.0), cells(33 * DAY, status="planned")).closes == 33 * DAY
    assert asked(DAY, cells(0.0)).closes is None


def test_doses_are_held_against_the_only_range_in_print() -> None:
    notes = asked(DAY, cells(0.0, dose="1.1e8 /kg")).notes
    assert any("1.1e8 /kg, inside the range in print" in n for n in notes)
    assert any("outside" in n for n in asked(DAY, cells(0.0, dose="1.1e6 /kg")).notes)
    assert any("is not per kg" in n for n in asked(DAY, cells(0.0, dose="7e9 cells")).notes)
    weight = Measurement(at=0.0, known=0.0, name="weight", value=units.parse("70 kg"), number=70.0)
    for dose, side in (("7e9 cells", "inside"), ("7e7 cells", "outside")):
        (said,) = [n for n in asked(DAY, cells(0.0, dose=dose), weight).notes if "CD3" in n]
        assert f"per kg), {side} the range in print" in said
    assert any("no CD3 dose charted" in n for n in asked(DAY, cells(0.0)).notes)
    assert cells_in_print(60.0) == pytest.approx((3.0e9, 1.56e10))
    for wrong in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="weight"):
            cells_in_print(wrong)


def test_a_planned_course_is_counted_out_for_the_patient() -> None:
    weight = Measurement(at=0.0, known=0.0, name="weight", value=units.parse("74 kg"), number=74.0)
    found = asked(
        DAY, cells(0.0, dose="1.1e8 /kg"), weight, cells(40 * DAY, status="planned", dose="1e8 /kg")
    )
    (planned,) = [n for n in found.notes if "(planned)" in n]
    assert "7.4 x 10^9 CD3 cells at 74 kg" in planned
    assert "5.0 x 10^7 to 2.6 x 10^8 per kg" in planned
    assert any("infusion 2 of those in the record; Guo 2011 gave 3" in n for n in found.notes)
    (times,) = [m for m in found.monitor if m.startswith("times, our proposal (hypothesis")]
    assert times.endswith(
        "here after the last infusion days +7 to +14 and from +28 on, before the next course by "
        "day +40"
    )
    bare = asked(0.0, platform="microtransplant")
    assert any(m.endswith("before each next course") for m in bare.monitor)


def test_protocols_stand_in_one_table_with_their_sources() -> None:
    (table,) = asked(0.0, platform="microtransplant").tables
    assert [row.cells[1] for row in table.rows] == [str(p.patients) for p in PROTOCOLS]
    assert all(row.source.short for row in table.rows)
    assert "were not read" in table.covers


def test_what_is_not_known_is_asked_for() -> None:
    bare = asked(0.0, platform="microtransplant", born=None)
    assert not any(known(bare).values())
    young = asked(0.0, platform="microtransplant", born=date(1980, 1, 1))
    assert known(young)["age"]
    assert any("younger than any of Guo 2011's" in n for n in young.notes)
    assert next(n.text for n in young.needs if n.name == "age").endswith(
        "outside the 60-88 studied"
    )


def test_a_value_below_the_limit_is_shown_as_such() -> None:
    value = units.parse("<0.01 %")
    low = Measurement(at=DAY, known=DAY, name="donor_chimerism_whole", value=value, number=0.01,
                      method="dPCR")  # fmt: skip
    found = asked(2 * DAY, cells(0.0), low)
    assert known(found)["microchimerism with the assay's limit"]
    assert any(b.value == "<0.01 %" and b.note == "dPCR" for b in found.because)
    assert any("1 below the limit" in m for m in found.monitor)


def test_inferior_results_stand_beside_the_good_ones_and_nothing_is_picked() -> None:
    found = asked(0.0, platform="microtransplant")
    said = " ".join(row[0] for row in found.evidence)
    for number in ("62.3 and 17.6 %", "31.6 and 73.3 %", "34.3 and 74.1 %", "38.9 and 10.0 %"):
        assert number in said
    assert len(found.options) == 3
    words = " ".join(o.text.lower() for o in found.options)
    assert not any(w in words for w in ("recommend", "should", "prefer", "best"))
    assert found.standing is Standing.PROVISIONAL
    assert any("hypothesis" in m for m in found.monitor)


def printed() -> Sequence[tuple[str, float, float, int]]:
    return [
        ("Guo 2011", 11.0, 14.5, 30),
        ("Hu 2016, MDS", 14.0, 17.0, 21),
        ("Hu 2016, transformed AML", 16.0, 19.0, 22),
    ]


@pytest.mark.parametrize(("name", "neutrophils", "platelets", "patients"), printed())
def test_recovery_as_printed_with_n(
    name: str, neutrophils: float, platelets: float, patients: int
) -> None:
    protocol = next(p for p in PROTOCOLS if p.name == name)
    assert (protocol.neutrophils, protocol.platelets) == (neutrophils, platelets)
    assert protocol.patients == patients
    assert f"n = {patients}" in protocol.recovery


def test_recovery_that_was_not_read_is_said() -> None:
    others = [p for p in PROTOCOLS if p.name not in {row[0] for row in printed()}]
    assert others
    assert {p.recovery for p in others} == {"recovery not in the text read"}
    assert all(p.sources and p.standing is Standing.PUBLISHED for p in PROTOCOLS)


def test_the_bundled_patient_from_record_to_report() -> None:
    record, _ = files.read_record(path("microtransplant_older_aml"))
    at = 82 * DAY + 4.0
    found = assess(record, at)
    (opened,) = [d for d in found.decisions if d.id == "microtransplantation"]
    assert opened.closes is not None
    assert record.calendar_day(opened.closes) == 90
    assert len([b for b in opened.because if b.name == "donor_chimerism_whole"]) == 7
    assert len([b for b in opened.because if b.value == "planned"]) == 1
    page = text(found)
    assert "residual disease NPM1c marrow <1e-5, day +77" in " ".join(page.split())
    assert "3.1 x 10^9 to 1.6 x 10^10 cells" in " ".join(page.split())
    # Nothing of the third course before it was agreed.
    earlier = assess(record, 80 * DAY)
    (before,) = [d for d in earlier.decisions if d.id == "microtransplantation"]
    assert before.closes is None
