"""Severity of SOS/VOD in adults, EBMT 2016: each measure, two of a category, risks."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import VOD_SEVERITY
from equipoise.criterion import by_name, snapshot

BEFORE = {"weight": "70 kg", "creatinine": "1.0 mg/dL", "vod_risk_factors": 0}
SOS = {
    "painful_hepatomegaly": True, "ascites": True, "bilirubin": "2.0 mg/dL",
    "weight": "70 kg", "reversed_portal_flow": False, "vod_symptom_days": "8 d",
    "ast": "40 U/L", "alt": "40 U/L", "creatinine": "1.0 mg/dL", "multiorgan_dysfunction": False,
}  # fmt: skip
RANGES = {"ast": (None, "40 U/L"), "alt": (None, "40 U/L")}
AT = 24.0 * 15


def patient(before=None, earlier="2.0 mg/dL", without=(), **found):
    """SOS on day 15, with a bilirubin of a day before."""
    entries = {k: v for k, v in (SOS | found).items() if k not in without}
    first = {} if earlier is None else {"bilirubin": earlier}
    before = {k: v for k, v in (before or BEFORE).items() if f"baseline {k}" not in without}
    return chart((-24.0, before), (AT - 24.0, first), (AT, entries), ranges=RANGES)


def severity(**kwargs):
    return interval(VOD_SEVERITY, patient(**kwargs), AT + 1)


def measure(name, **kwargs):
    now = snapshot(VOD_SEVERITY, patient(**kwargs), AT + 1)
    return set(by_name(VOD_SEVERITY, now.readings)[name].possible)


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("time", {"vod_symptom_days": "8 d"}, 0),
        ("time", {"vod_symptom_days": "7 d"}, 1),
        ("time", {"vod_symptom_days": "5 d"}, 1),
        ("time", {"vod_symptom_days": "4 d"}, 2),
        ("bilirubin", {"bilirubin": "1.9 mg/dL"}, 0),
        ("bilirubin", {"bilirubin": "2.0 mg/dL"}, 1),
        ("bilirubin", {"bilirubin": "2.9 mg/dL"}, 1),
        ("bilirubin", {"bilirubin": "3.0 mg/dL"}, 2),
        ("bilirubin", {"bilirubin": "4.9 mg/dL"}, 2),
        ("bilirubin", {"bilirubin": "5.0 mg/dL"}, 3),
        ("bilirubin", {"bilirubin": "7.9 mg/dL"}, 3),
        ("bilirubin", {"bilirubin": "8.0 mg/dL"}, 4),
        ("bilirubin", {"bilirubin": "33 umol/L"}, 0),
        ("bilirubin", {"bilirubin": "34 umol/L"}, 1),
        ("bilirubin", {"bilirubin": "50 umol/L"}, 1),
        ("bilirubin", {"bilirubin": "51 umol/L"}, 2),
        ("bilirubin", {"bilirubin": "84 umol/L"}, 2),
        ("bilirubin", {"bilirubin": "85 umol/L"}, 3),
        ("bilirubin", {"bilirubin": "135 umol/L"}, 3),
        ("bilirubin", {"bilirubin": "136 umol/L"}, 4),
        ("doubling", {"bilirubin": "2.1 mg/dL", "earlier": "1.1 mg/dL"}, 0),
        ("doubling", {"bilirubin": "2.2 mg/dL", "earlier": "1.1 mg/dL"}, 1),
        ("doubling", {"bilirubin": "37.4 umol/L", "earlier": "18.7 umol/L"}, 1),
        ("enzymes", {"ast": "80 U/L"}, 0),
        ("enzymes", {"ast": "81 U/L"}, 1),
        ("enzymes", {"alt": "200 U/L"}, 1),
        ("enzymes", {"alt": "201 U/L"}, 2),
        ("enzymes", {"ast": "320 U/L"}, 2),
        ("enzymes", {"ast": "321 U/L"}, 3),
        ("weight", {"weight": "73.49 kg"}, 0),
        ("weight", {"weight": "73.5 kg"}, 1),
        ("weight", {"weight": "76.9 kg"}, 1),
        ("weight", {"weight": "77 kg"}, 2),
        ("kidney", {"creatinine": "1.19 mg/dL"}, 0),
        ("kidney", {"creatinine": "1.2 mg/dL"}, 1),
        ("kidney", {"creatinine": "1.49 mg/dL"}, 1),
        ("kidney", {"creatinine": "1.5 mg/dL"}, 2),
        ("kidney", {"creatinine": "1.99 mg/dL"}, 2),
        ("kidney", {"creatinine": "2.0 mg/dL"}, 3),
        ("risks", {"before": BEFORE | {"vod_risk_factors": 1}}, 0),
        ("risks", {"before": BEFORE | {"vod_risk_factors": 2}}, 1),
    ],
)
def test_each_limit(name, found, expected):
    assert measure(name, **found) == {expected}


@pytest.mark.parametrize(("hours", "expected"), [(48.0, {1}), (48.1, {0, 1})])
def test_doubling_looks_back_48_hours(hours, expected):
    # An older value says nothing about these 48 h.
    record = chart((AT - hours, {"bilirubin": "1.1 mg/dL"}), (AT, {"bilirubin": "2.2 mg/dL"}))
    now = snapshot(VOD_SEVERITY, record, AT + 1)
    assert set(by_name(VOD_SEVERITY, now.readings)["doubling"].possible) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"ascites": False}, 0),  # no SOS
        ({"bilirubin": "3 mg/dL"}, 1),  # one moderate measure
        ({"bilirubin": "3 mg/dL", "ast": "81 U/L"}, 2),
        ({"bilirubin": "5 mg/dL", "vod_symptom_days": "5 d", "earlier": "3 mg/dL"}, 2),
        ({"bilirubin": "5 mg/dL", "vod_symptom_days": "4 d", "earlier": "3 mg/dL"}, 3),
        ({"bilirubin": "5 mg/dL", "earlier": "2.5 mg/dL"}, 3),  # kinetics is a measure
        ({"bilirubin": "8 mg/dL", "earlier": "7 mg/dL"}, 1),
        ({"bilirubin": "8 mg/dL", "earlier": "7 mg/dL", "creatinine": "2 mg/dL"}, 4),
        ({"weight": "74 kg", "vod_symptom_days": "3 d"}, 3),
        ({"weight": "77 kg", "creatinine": "2 mg/dL"}, 4),
        ({"multiorgan_dysfunction": True}, 4),
    ],
)
def test_two_measures_make_a_category(found, expected):
    assert severity(**found) == (expected, expected)


@pytest.mark.parametrize(
    ("found", "alone", "lifted"),
    [
        ({}, 1, 2),
        ({"bilirubin": "3 mg/dL", "ast": "81 U/L"}, 2, 3),
        ({"weight": "74 kg", "vod_symptom_days": "3 d"}, 3, 3),
    ],
)
def test_two_risk_factors_lift_mild_and_moderate(found, alone, lifted):
    risky = BEFORE | {"vod_risk_factors": 2}
    assert severity(**found) == (alone, alone)
    assert severity(before=risky, **found) == (lifted, lifted)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("vod_symptom_days", (1, 1)), ("ast", (1, 1)), ("alt", (1, 1)), ("creatinine", (1, 1)),
        ("weight", (1, 1)), ("multiorgan_dysfunction", (1, 4)), ("bilirubin", (0, 3)),
        ("painful_hepatomegaly", (0, 1)), ("ascites", (0, 1)),
        ("baseline vod_risk_factors", (1, 2)), ("baseline weight", (1, 1)),
        ("baseline creatinine", (1, 1)),
    ],
)  # fmt: skip
def test_each_missing_input_of_a_mild_case(missing, expected):
    kwargs = {"without": (missing,)}
    if missing == "bilirubin":
        kwargs["earlier"] = None
    assert severity(**kwargs) == expected


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("vod_symptom_days", (1, 3)), ("ast", (1, 3)), ("alt", (1, 3)), ("creatinine", (1, 3)),
        ("weight", (1, 3)), ("baseline weight", (1, 3)), ("baseline creatinine", (1, 3)),
    ],
)  # fmt: skip
def test_each_missing_input_beside_one_severe_measure(missing, expected):
    found = {"bilirubin": "5 mg/dL", "earlier": "4 mg/dL"}
    assert severity(**found) == (1, 1)
    assert severity(**found, without=(missing,)) == expected
    no_earlier = {**found, "earlier": None}
    assert severity(**no_earlier) == (1, 3), "whether bilirubin doubled is unknown"


def test_any_time_is_said_where_it_would_matter():
    found = answer(VOD_SEVERITY, patient(bilirubin="9 mg/dL", earlier="8 mg/dL"), AT + 1)
    assert found.grade == 1
    assert found.sentence.endswith(
        'very severe if the "any time" of the table is counted as a measure'
    )
    both = patient(bilirubin="9 mg/dL", earlier="8 mg/dL", weight="77 kg")
    assert "any time" not in answer(VOD_SEVERITY, both, AT + 1).sentence


def test_it_needs_a_graft():
    found = answer(VOD_SEVERITY, chart((AT, SOS), product="axicabtagene"), AT + 1)
    assert found.sentence == "not applicable: no graft by this time"


def test_what_is_missing_would_settle_it_band_by_band():
    record = patient(bilirubin="5 mg/dL", earlier="4 mg/dL", without=("creatinine",))
    found = answer(VOD_SEVERITY, record, AT + 1)
    assert [m.to_json() for m in found.missing] == [
        {"name": "creatinine", "would_become": {
            "up to 1.2 x its baseline": 1, "1.2 to 1.5 x its baseline": 2,
            "1.5 to 2 x its baseline": 3, "more than 2 x its baseline": 3,
        }}
    ]  # fmt: skip
