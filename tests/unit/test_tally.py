"""What was given so far: sums by hand, what is left out, and nothing from the future."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import units
from equipoise.record import Cells, Dose, Measurement, Record, Stop
from equipoise.tally import EQUIVALENT, Tally, tally

DAY = 24.0


def dose(
    agent: str, at: float, amount: str | None = "20 mg", *, route: str = "iv", status: str = "",
    duration: float = 0.0, known: float | None = None,
) -> Dose:  # fmt: skip
    entered = None if amount is None else units.parse(amount)
    return Dose(
        at=at, known=at if known is None else known, agent=agent, amount=entered, route=route,
        status=status, duration=duration,
    )  # fmt: skip


def weight(at: float, text: str) -> Measurement:
    quantity = units.parse(text)
    return Measurement(
        at=at, known=at, name="weight", value=quantity, number=float(quantity.number)
    )


def counted(at: float, *events: object, cells: str | None = "axicabtagene") -> Tally:
    infusion = () if cells is None else (Cells(at=0.0, known=0.0, product=cells),)
    record = Record(id="p", day0=datetime(2025, 3, 10, 10, tzinfo=UTC), events=(*infusion, *events))  # type: ignore[arg-type]
    return tally(record.until(at), at)


@pytest.mark.parametrize(
    ("agent", "amount", "prednisone"),
    [
        ("dexamethasone", "0.75 mg", 5.0),
        ("dexamethasone", "10 mg", 66.6667),
        ("methylprednisolone", "1 g", 1250.0),
        ("prednisolone", "60 mg", 60.0),
        ("prednisone", "5 mg", 5.0),
        ("hydrocortisone", "100 mg", 25.0),
    ],
)
def test_each_steroid_by_the_table_of_the_label(agent: str, amount: str, prednisone: float) -> None:
    found = counted(10.0, dose(agent, 5.0, amount))
    assert found.prednisone == pytest.approx(prednisone, rel=1e-5)
    assert found.dexamethasone == pytest.approx(0.15 * prednisone, rel=1e-5)
    assert (found.days, found.at_least) == (1, False)


def test_a_course_of_two_steroids_sums() -> None:
    found = counted(
        5 * DAY,
        *(dose("dexamethasone", 48.0 + 6.0 * i, "10 mg") for i in range(4)),
        dose("methylprednisolone", 80.0, "1 mg/kg"),
        weight(-24.0, "70 kg"),
    )
    assert [(s.agent, s.doses, s.milligrams) for s in found.steroids] == [
        ("methylprednisolone", 1, 70.0), ("dexamethasone", 4, 40.0),
    ]  # fmt: skip
    assert found.prednisone == pytest.approx(40.0 / 0.75 * 5.0 + 70.0 / 4.0 * 5.0)
    assert found.per_kg == pytest.approx(found.prednisone / 70.0)
    assert found.days == 2


def test_unknown_amounts_make_a_lower_bound_and_never_a_zero() -> None:
    found = counted(
        DAY, dose("dexamethasone", 1.0, "20 mg"), dose("dexamethasone", 7.0, None),
        dose("methylprednisolone", 8.0, "2 mg/kg"),
    )  # fmt: skip
    assert found.at_least
    assert found.prednisone == pytest.approx(20.0 / 0.75 * 5.0)
    unknown = {s.agent: (s.unknown, s.milligrams) for s in found.steroids}
    assert unknown == {"methylprednisolone": (1, None), "dexamethasone": (1, 20.0)}
    alone = counted(DAY, dose("dexamethasone", 1.0, None))
    assert alone.prednisone is None
    assert alone.dexamethasone is None


def test_what_the_label_does_not_convert_is_left_out_and_said() -> None:
    found = counted(
        DAY,
        dose("budesonide", 1.0, "3 mg", route="oral"),
        dose("methylprednisolone", 2.0, "40 mg", route="im"),
        dose("dexamethasone", 3.0, "4 mg", route=""),
    )
    assert [s.agent for s in found.steroids] == ["dexamethasone"]
    assert len(found.notes) == 3
    assert any("by another route (im)" in n for n in found.notes)
    assert any("budesonide" in n for n in found.notes)
    assert any("without a route" in n for n in found.notes)


def test_held_planned_and_stopped_doses_do_not_count() -> None:
    found = counted(
        DAY,
        dose("dexamethasone", 1.0, status="held"),
        dose("dexamethasone", 2.0, status="planned", known=0.0),
        dose("dexamethasone", 40.0, status="planned", known=0.0),
        dose("methylprednisolone", 4.0, "100 mg", duration=4.0),
        Stop(at=5.0, known=5.0, agent="methylprednisolone"),
    )
    assert [(s.agent, s.milligrams) for s in found.steroids] == [("methylprednisolone", 25.0)]


def test_it_is_counted_from_the_last_infusion() -> None:
    before, after = dose("dexamethasone", -2.0, "8 mg"), dose("dexamethasone", 2.0, "8 mg")
    found = counted(DAY, before, after)
    assert found.steroids[0].doses == 1
    assert (found.since, found.since_what) == (0.0, "axicabtagene")
    without = counted(DAY, before, after, cells=None)
    assert without.steroids[0].doses == 2
    assert without.since_what == "the first event of the record"
    again = Cells(at=900.0, known=900.0, product="axicabtagene")
    assert counted(901.0, before, after, again).steroids == ()


def test_tocilizumab_and_anakinra_are_counted_even_when_none_was_given() -> None:
    toci = [dose("tocilizumab", h, "8 mg/kg") for h in (40.0, 50.0)]
    found = counted(3 * DAY, *toci, weight(-1.0, "80 kg"), dose("etoposide", 60.0, None))
    others = {o.agent: (o.doses, o.milligrams, o.unknown) for o in found.others}
    assert others == {
        "tocilizumab": (2, 1280.0, 0), "anakinra": (0, None, 0), "etoposide": (1, None, 1),
    }  # fmt: skip
    assert counted(DAY, cells="graft").others == ()


@given(
    doses=st.lists(
        st.tuples(
            st.sampled_from([*EQUIVALENT, "tocilizumab", "anakinra"]),
            st.integers(0, 400),
            st.floats(1.0, 500.0),
        ),
        max_size=8,
    ),
    at=st.integers(0, 400),
)
@settings(max_examples=60, deadline=None)
def test_what_is_given_later_changes_nothing_and_sums_never_fall(
    doses: list[tuple[str, int, float]], at: int
) -> None:
    events = [dose(agent, h, f"{mg:.3f} mg") for agent, h, mg in doses]
    now = counted(at, *events)
    assert now == counted(at, *(e for e in events if e.at <= at))
    later = counted(401.0, *events)
    assert (later.prednisone or 0.0) >= (now.prednisone or 0.0)
    assert sum(o.doses for o in later.others) >= sum(o.doses for o in now.others)
