"""SOS/VOD in adults, EBMT 2023: probable, clinical, proven."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import VOD_2023

CLEAN = {
    "bilirubin": "1.2 mg/dL", "painful_hepatomegaly": False, "weight": "70 kg", "ascites": False,
    "vod_imaging": False, "vod_histology": False, "hvpg": "5 mm[Hg]",
}  # fmt: skip
AT = 24.0 * 15


def level(before="70 kg", without=(), **found):
    entries = {k: v for k, v in (CLEAN | found).items() if k not in without}
    base = (-24.0, {"weight": before} if before else {})
    return interval(VOD_2023, chart(base, (AT, entries)), AT + 1)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # T56j
        ({"weight": "74.2 kg", "ascites": True}, 1),
        ({"weight": "74.2 kg", "ascites": True, "bilirubin": "2.0 mg/dL"}, 2),
        ({"weight": "74.2 kg", "vod_imaging": True}, 1),
        ({"hvpg": "10 mm[Hg]"}, 3),
        # both sides of each limit
        ({}, 0),
        ({"ascites": True}, 0),
        ({"ascites": True, "bilirubin": "1.9 mg/dL"}, 0),
        ({"ascites": True, "bilirubin": "2.0 mg/dL"}, 1),
        ({"ascites": True, "bilirubin": "34 umol/L"}, 0),  # 1.99 mg/dL: printed in mg/dL alone
        ({"ascites": True, "bilirubin": "34.3 umol/L"}, 1),
        ({"ascites": True, "weight": "73.5 kg"}, 0),
        ({"ascites": True, "weight": "73.6 kg"}, 1),
        ({"ascites": True, "painful_hepatomegaly": True}, 1),
        ({"ascites": True, "reversed_portal_flow": True}, 1),
        ({"ascites": True, "reversed_portal_flow": False}, 0),
        ({"bilirubin": "2 mg/dL", "vod_imaging": True}, 1),
        ({"bilirubin": "2 mg/dL", "vod_imaging": True, "ascites": True}, 1),
        ({"bilirubin": "2 mg/dL", "painful_hepatomegaly": True, "ascites": True}, 2),
        ({"hvpg": "9 mm[Hg]"}, 0),
        ({"vod_histology": True}, 3),
    ],
)
def test_t56j_and_each_limit(found, expected):
    assert level(**found) == (expected, expected)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("bilirubin", (1, 2)), ("painful_hepatomegaly", (1, 1)), ("weight", (0, 1)),
        ("ascites", (0, 1)), ("vod_imaging", (1, 1)), ("vod_histology", (1, 3)), ("hvpg", (1, 3)),
    ],
)  # fmt: skip
def test_each_missing_input(missing, expected):
    assert level(weight="74.2 kg", ascites=True, without=(missing,)) == expected


def test_a_missing_baseline_and_imaging_beside_one_sign():
    assert level(before=None, ascites=True) == (0, 1)
    assert level(ascites=True, without=("vod_imaging",)) == (0, 1)
    assert level(ascites=True, reversed_portal_flow=False, without=("vod_imaging",)) == (0, 1)


def test_what_is_missing_comes_cheapest_first():
    record = chart((-24.0, {"weight": "70 kg"}), (AT, {"ascites": True, "weight": "70 kg"}))
    names = [m.name for m in answer(VOD_2023, record, AT + 1).missing]
    assert names.index("painful_hepatomegaly") < names.index("vod_imaging")
    assert names.index("vod_imaging") < names.index("vod_histology")
    other = answer(VOD_2023, chart((AT, CLEAN), product="axicabtagene"), AT + 1)
    assert other.sentence == "not applicable: no graft by this time"
