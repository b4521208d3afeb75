"""HLH-2004 as reprinted: inclusive limits, in each unit system."""

import pytest
from charting import answer, chart, each_missing, interval

from equipoise.criteria import HLH_2004

NORMAL = {
    "temperature": "36.8 Cel", "splenomegaly": False, "hemoglobin": "12.0 g/dL",
    "platelets": "200 10*9/L", "neutrophils": "3.0 10*9/L", "triglycerides": "100 mg/dL",
    "fibrinogen": "300 mg/dL", "hemophagocytosis": False, "low_nk_activity": False,
    "ferritin": "100 ng/mL", "soluble_il2r": "500 U/mL",
}  # fmt: skip


def score(**found):
    return interval(HLH_2004, chart((10.0, NORMAL | found)), 11.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 0),
        ({"temperature": "38.5 Cel"}, 1),
        ({"temperature": "38.4 Cel"}, 0),
        ({"temperature": "101.3 [degF]"}, 1),
        ({"temperature": "101.2 [degF]"}, 0),
        ({"splenomegaly": True}, 1),
        ({"hemoglobin": "8.9 g/dL", "platelets": "99 10*9/L"}, 1),
        ({"hemoglobin": "9.0 g/dL", "platelets": "99 10*9/L"}, 0),
        ({"hemoglobin": "89 g/L", "platelets": "99 10*9/L"}, 1),
        ({"hemoglobin": "8.9 g/dL", "platelets": "100 10*9/L"}, 0),
        ({"hemoglobin": "8.9 g/dL", "neutrophils": "0.99 10*9/L"}, 1),
        ({"hemoglobin": "8.9 g/dL", "neutrophils": "1.0 10*9/L"}, 0),
        ({"platelets": "99 10*9/L", "neutrophils": "999 /uL"}, 1),
        ({"triglycerides": "265 mg/dL"}, 1),
        ({"triglycerides": "264 mg/dL"}, 0),
        ({"triglycerides": "3.0 mmol/L"}, 1),
        ({"triglycerides": "2.99 mmol/L"}, 0),
        ({"fibrinogen": "150 mg/dL"}, 1),
        ({"fibrinogen": "151 mg/dL"}, 0),
        ({"fibrinogen": "1.5 g/L"}, 1),
        ({"fibrinogen": "1.51 g/L"}, 0),
        ({"triglycerides": "300 mg/dL", "fibrinogen": "100 mg/dL"}, 1),
        ({"hemophagocytosis": True}, 1),
        ({"low_nk_activity": True}, 1),
        ({"ferritin": "500 ng/mL"}, 1),
        ({"ferritin": "499 ng/mL"}, 0),
        ({"ferritin": "500 ug/L"}, 1),
        ({"soluble_il2r": "2400 U/mL"}, 1),
        ({"soluble_il2r": "2399 U/mL"}, 0),
    ],
)
def test_each_limit(found, expected):
    assert score(**found) == (expected, expected)


T28 = {
    "temperature": "38.5 Cel", "splenomegaly": True, "hemoglobin": "8.9 g/dL",
    "platelets": "99 10*9/L", "triglycerides": "265 mg/dL", "ferritin": "500 ng/mL",
}  # fmt: skip


def test_t28_five_of_eight_is_hlh_whatever_is_unknown():
    found = answer(HLH_2004, chart((10.0, T28)), 11.0)
    assert (found.low, found.high, found.met) == (5, 8, True)


def test_t29_four_of_eight_with_three_unknown_is_open():
    found = answer(
        HLH_2004,
        chart((10.0, T28 | {"hemoglobin": "9.0 g/dL", "neutrophils": "2.0 10*9/L"})),
        11.0,
    )
    assert (found.low, found.high, found.met) == (4, 7, None)
    # Low-effort observations first, tissue last; what is settled is not listed.
    names = [m.name for m in found.missing]
    assert names == ["low_nk_activity", "soluble_il2r", "hemophagocytosis"]
    assert {k: (a, b) for k, a, b in found.missing[-1].would_become} == {
        "false": (4, 6), "true": (5, 7),
    }  # fmt: skip


def test_each_missing_input_leaves_one_criterion_open():
    for name, found in each_missing(HLH_2004, NORMAL, 10.0, 11.0).items():
        # One lineage alone cannot make two; the other lineages are normal here.
        lineage = name in ("hemoglobin", "platelets", "neutrophils")
        assert found == ((0, 0) if lineage else (0, 1)), name


def test_a_fever_without_a_number_may_be_below_the_limit():
    rest = {k: v for k, v in NORMAL.items() if k != "temperature"}
    assert interval(HLH_2004, chart((10.0, rest | {"fever": True})), 11.0) == (0, 1)
    assert interval(HLH_2004, chart((10.0, rest | {"fever": False})), 11.0) == (0, 0)
