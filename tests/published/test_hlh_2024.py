"""HLH 2024: the seven of HLH-2004 that are left, and five of them."""

import pytest
from charting import answer, chart, each_missing, interval
from test_hlh_2004 import NORMAL as ALL_EIGHT
from test_hlh_2004 import T28

from equipoise.criteria import HLH_2004, HLH_2024

NORMAL = {name: value for name, value in ALL_EIGHT.items() if name != "low_nk_activity"}


def score(**found):
    return interval(HLH_2024, chart((10.0, NORMAL | found)), 11.0)


@pytest.mark.parametrize(
    ("below", "at"),
    [
        ({"temperature": "38.4 Cel"}, {"temperature": "38.5 Cel"}),
        ({"temperature": "101.2 [degF]"}, {"temperature": "101.3 [degF]"}),
        ({"splenomegaly": False}, {"splenomegaly": True}),
        (
            {"hemoglobin": "9.0 g/dL", "platelets": "99 10*9/L"},
            {"hemoglobin": "8.9 g/dL", "platelets": "99 10*9/L"},
        ),
        (
            {"hemoglobin": "89 g/L", "platelets": "100 10*9/L"},
            {"hemoglobin": "89 g/L", "platelets": "99 10*9/L"},
        ),
        (
            {"platelets": "99 10*9/L", "neutrophils": "1000 /uL"},
            {"platelets": "99 10*9/L", "neutrophils": "999 /uL"},
        ),
        ({"triglycerides": "264 mg/dL"}, {"triglycerides": "265 mg/dL"}),
        ({"triglycerides": "2.99 mmol/L"}, {"triglycerides": "3.0 mmol/L"}),
        ({"fibrinogen": "151 mg/dL"}, {"fibrinogen": "150 mg/dL"}),
        ({"fibrinogen": "1.51 g/L"}, {"fibrinogen": "1.5 g/L"}),
        ({"hemophagocytosis": False}, {"hemophagocytosis": True}),
        ({"ferritin": "499 ng/mL"}, {"ferritin": "500 ng/mL"}),
        ({"soluble_il2r": "2399 U/mL"}, {"soluble_il2r": "2400 U/mL"}),
    ],
)
def test_each_limit(below, at):
    assert score(**below) == (0, 0)
    assert score(**at) == (1, 1)


def test_five_of_seven():
    five = answer(HLH_2024, chart((10.0, NORMAL | T28)), 11.0)
    assert (five.score, five.met) == (5, True)
    four = answer(HLH_2024, chart((10.0, NORMAL | T28 | {"ferritin": "499 ng/mL"})), 11.0)
    assert (four.score, four.met) == (4, False)


def test_nk_cells_alone_can_part_the_two_editions():
    record = chart((10.0, ALL_EIGHT | T28 | {"ferritin": "499 ng/mL", "low_nk_activity": True}))
    assert answer(HLH_2004, record, 11.0).met is True
    assert answer(HLH_2024, record, 11.0).met is False
    assert "low_nk_activity" not in HLH_2024.windows


def test_each_missing_input_leaves_one_criterion_open():
    for name, found in each_missing(HLH_2024, NORMAL, 10.0, 11.0).items():
        # One lineage alone cannot make two; the other lineages are normal here.
        lineage = name in ("hemoglobin", "platelets", "neutrophils")
        assert found == ((0, 0) if lineage else (0, 1)), name
