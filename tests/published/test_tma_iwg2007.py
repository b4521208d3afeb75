"""Thrombotic microangiopathy, international working group 2007: five that must all hold."""

import numpy as np
import pytest
from charting import answer, chart, interval

from equipoise.chart import chart_of
from equipoise.criteria import TMA_IWG
from equipoise.criterion import evaluate, look_now

FULL = {
    "schistocyte_share": "4.1 %", "platelets": "49 10*9/L", "ldh": "251 U/L",
    "hemoglobin": "9.0 g/dL", "red_cell_transfusion": False, "haptoglobin": "29 mg/dL",
}  # fmt: skip
RANGES = {"ldh": (None, "250 U/L"), "haptoglobin": ("30 mg/dL", None)}
AT, BEFORE = 480.0, 456.0


def met(without=(), before=None, base="10.0 g/dL", **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    first = {"ldh": entries.get("ldh"), "hemoglobin": entries.get("hemoglobin"),
             "red_cell_transfusion": entries.get("red_cell_transfusion")}  # fmt: skip
    earlier = {k: v for k, v in first.items() if v is not None} | (before or {})
    baseline = {"hemoglobin": base} if base else {}
    record = chart((-24.0, baseline), (BEFORE, earlier), (AT, entries), ranges=RANGES)
    return interval(TMA_IWG, record, AT + 1.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, (1, 1)),
        ({"schistocyte_share": "4 %"}, (0, 0)),
        ({"schistocyte_share": "4.1 %"}, (1, 1)),
        ({"ldh": "250 U/L"}, (0, 0)),
        ({"hemoglobin": "9.1 g/dL"}, (0, 0)),
        ({"hemoglobin": "9.1 g/dL", "red_cell_transfusion": True}, (1, 1)),
        ({"haptoglobin": "30 mg/dL"}, (0, 0)),
        ({"haptoglobin": "0.29 g/L"}, (1, 1)),
        ({"haptoglobin": "<10 mg/dL"}, (1, 1)),
        # Platelets below 50, or half of an earlier count, in each unit.
        ({"platelets": "49999 /uL"}, (1, 1)),
        ({"platelets": "50 10*9/L", "before": {"platelets": "100 10*9/L"}}, (1, 1)),
        ({"platelets": "51 10*9/L", "before": {"platelets": "100 10*9/L"}}, (0, 0)),
        ({"platelets": "50 10*9/L", "before": {"platelets": "99 10*9/L"}}, (0, 0)),
        # Without an earlier count the fall is open.
        ({"platelets": "50 10*9/L"}, (0, 1)),
    ],
)
def test_each_limit(found, expected):
    assert met(**found) == expected


@pytest.mark.parametrize(
    "name",
    ["schistocyte_share", "platelets", "ldh", "haptoglobin", "hemoglobin"],
)
def test_each_missing_input(name):
    assert met(without=(name,)) == (0, 1)


def test_what_alone_is_not_needed():
    assert met(without=("red_cell_transfusion",)) == (1, 1)
    assert met(base=None) == (0, 1)
    assert met(base=None, red_cell_transfusion=True) == (1, 1)


def test_one_day_of_raised_ldh_is_not_persistent():
    record = chart((-24.0, {"hemoglobin": "10 g/dL"}), (BEFORE, {"hemoglobin": "9 g/dL"}),
                   (AT, FULL), ranges=RANGES)  # fmt: skip
    assert interval(TMA_IWG, record, AT + 1.0) == (0, 1)


def test_without_the_laboratorys_limit_it_is_open():
    days = {"ldh": "251 U/L", "hemoglobin": "9 g/dL"}
    record = chart((-24.0, {"hemoglobin": "10 g/dL"}), (BEFORE, days), (AT, FULL),
                   ranges={"ldh": (None, "250 U/L")})  # fmt: skip
    found = answer(TMA_IWG, record, AT + 1.0)
    assert found.met is None
    assert [m.name for m in found.missing] == ["lower limit of haptoglobin"]


def test_it_needs_a_graft():
    other = answer(TMA_IWG, chart((AT, FULL), product="axicabtagene"), AT + 1.0)
    assert other.sentence == "not applicable: no graft by this time"


def test_a_count_too_old_has_no_days_before_it_whoever_stands_beside_it():
    """Without a current count there is none of the days before; another patient's days are no
    measure of them.
    """
    mine = chart(*((24.0 * day, {"platelets": f"{n} 10*9/L"}) for day, n in ((1, 200), (2, 90))))
    other = chart((24.0 * 30, {"platelets": "80 10*9/L"}))
    place = [item.name for item in TMA_IWG.items].index("thrombocytopenia")
    for records in ((mine,), (mine, other)):
        looks = look_now(chart_of(records), np.zeros(1, dtype=np.int64), np.array([24.0 * 8]))
        reading = evaluate(TMA_IWG, looks).snapshot(0).readings[place]
        assert reading.because == ()
        assert reading.missing == ("platelets",)
