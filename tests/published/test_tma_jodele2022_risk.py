"""High risk in transplant-associated thrombotic microangiopathy: any one of six features."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import TMA_RISK

RANGES = {"ldh": (None, "250 U/L"), "sc5b9": (None, "244 ng/mL")}
TMA = {
    "schistocytes": True, "ldh": "251 U/L", "systolic": "140 mm[Hg]", "diastolic": "80 mm[Hg]",
    "platelet_refractory": True, "red_cell_transfusion": False, "hemoglobin": "10 g/dL",
}  # fmt: skip
QUIET = {
    "sc5b9": "243 ng/mL", "urine_protein_creatinine": "0.99 mg/mg", "infection": "excluded",
    "organ_dysfunction": False, "agvhd_stage_skin": 0, "agvhd_stage_liver": 0,
    "agvhd_stage_upper_gi": 0, "agvhd_stage_lower_gi": 0,
}  # fmt: skip


def patient(without=(), **found):
    entries = {k: v for k, v in (TMA | QUIET | found).items() if k not in without}
    before = {k: v for k, v in TMA.items() if k not in without} | {
        k: v for k, v in found.items() if k in TMA
    }
    base = {"hemoglobin": "10 g/dL"}
    return chart((-24.0, base), (480.0, before), (504.0, entries), ranges=RANGES)


def risk(**kwargs):
    return interval(TMA_RISK, patient(**kwargs), 505.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"schistocytes": False}, 0),
        ({"sc5b9": "244 ng/mL"}, 2),
        ({"urine_protein_creatinine": "1 mg/mg"}, 2),
        ({"ldh": "499 U/L"}, 1),
        ({"ldh": "500 U/L"}, 2),
        ({"agvhd_stage_skin": 2}, 1),  # grade I
        ({"agvhd_stage_skin": 3}, 2),  # grade II
        ({"infection": "proven"}, 2),
        ({"organ_dysfunction": True}, 2),
    ],
)
def test_each_feature_and_each_limit(found, expected):
    assert risk(**found) == (expected, expected)


@pytest.mark.parametrize("missing", [*QUIET])
def test_each_missing_feature(missing):
    assert risk(without=(missing,)) == (1, 2)
    assert risk(without=(missing,), organ_dysfunction=missing != "organ_dysfunction") == (
        (2, 2) if missing != "organ_dysfunction" else (1, 2)
    )


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("schistocytes", (0, 1)), ("platelet_refractory", (0, 1)), ("ldh", (0, 2)),
     ("hemoglobin", (1, 1)), ("red_cell_transfusion", (1, 1))],
)  # fmt: skip
def test_each_missing_input_of_the_diagnosis(missing, expected):
    assert risk(without=(missing,)) == expected


def test_a_suspected_infection_leaves_it_open_and_a_graft_is_needed():
    assert risk(infection="suspected") == (1, 2)
    other = answer(TMA_RISK, chart((480.0, TMA), product="axicabtagene"), 481.0)
    assert other.sentence == "not applicable: no graft by this time"


def test_what_is_missing_would_settle_it():
    found = answer(TMA_RISK, patient(without=("sc5b9",)), 505.0)
    assert [m.to_json() for m in found.missing] == [
        {"name": "sc5b9", "would_become": {"< its upper limit, on two days": 1,
                                           ">= its upper limit, on two days": 2}}
    ]  # fmt: skip
