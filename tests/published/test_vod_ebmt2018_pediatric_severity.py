"""Severity of SOS/VOD in children, EBMT 2018: each measure, the starred ones, days in a row."""

from datetime import date

import pytest
from charting import answer, chart, interval

from equipoise.criteria import VOD_CHILD_SEVERITY
from equipoise.criterion import by_name, snapshot

CHILD = date(2018, 4, 1)
RANGES = {"ast": (None, "40 U/L"), "alt": (None, "40 U/L")}
AT = 24.0 * 20
SOS = {
    "hepatomegaly": True, "ascites": True, "ascites_degree": "minimal", "weight": "20 kg",
    "platelet_refractory": False, "bilirubin": "0.8 mg/dL", "ast": "40 U/L", "alt": "40 U/L",
    "coagulation": "normal", "gfr": "95 mL/min", "oxygen_device": "none", "encephalopathy": False,
    "multiorgan_dysfunction": False,
}  # fmt: skip


def patient(days=(), earlier="0.8 mg/dL", without=(), **found):
    """SOS on day 20; `days`: (day, refractory) before."""
    entries = {k: v for k, v in (SOS | found).items() if k not in without}
    rows = [(-24.0, {"weight": "20 kg"})]
    rows += [(24.0 * day + 1.0, {"platelet_refractory": said}) for day, said in days]
    rows.append((AT - 24.0, {"weight": "20 kg"}))
    rows.append((AT - 24.0, {} if earlier is None else {"bilirubin": earlier}))
    return chart(*rows, (AT, entries), ranges=RANGES, born=CHILD)


def severity(**kwargs):
    return interval(VOD_CHILD_SEVERITY, patient(**kwargs), AT + 1)


def measure(name, **kwargs):
    now = snapshot(VOD_CHILD_SEVERITY, patient(**kwargs), AT + 1)
    return set(by_name(VOD_CHILD_SEVERITY, now.readings)[name].possible)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"ascites": False, "ascites_degree": "none"}, 0),  # hepatomegaly alone: no SOS
        ({"ast": "80 U/L"}, 1),
        ({"ast": "81 U/L"}, 2),
        ({"alt": "200 U/L"}, 2),
        ({"alt": "201 U/L"}, 3),
        ({"bilirubin": "1.9 mg/dL", "earlier": "1.9 mg/dL"}, 1),
        ({"bilirubin": "2.0 mg/dL", "earlier": "1.9 mg/dL"}, 3),
        ({"bilirubin": "33.9 umol/L", "earlier": "33 umol/L"}, 1),
        ({"bilirubin": "34 umol/L", "earlier": "33 umol/L"}, 3),
        ({"bilirubin": "1.6 mg/dL"}, 3),  # doubled
        ({"bilirubin": "1.5 mg/dL"}, 1),
        ({"ascites_degree": "moderate"}, 2),
        ({"ascites_degree": "paracentesis"}, 3),
        ({"coagulation": "impaired"}, 3),
        ({"coagulation": "factors_replaced"}, 4),
        ({"gfr": "90 mL/min"}, 1),
        ({"gfr": "60 mL/min"}, 1),
        ({"gfr": "59 mL/min"}, 2),
        ({"gfr": "30 mL/min"}, 2),
        ({"gfr": "29 mL/min"}, 3),
        ({"gfr": "15 mL/min"}, 3),
        ({"gfr": "14 mL/min"}, 4),
        ({"oxygen_device": "nasal_cannula", "oxygen_flow": "2 L/min"}, 1),
        ({"oxygen_device": "nasal_cannula", "oxygen_flow": "2.1 L/min"}, 2),
        ({"oxygen_device": "cpap"}, 3),
        ({"oxygen_device": "ventilator"}, 3),
        ({"encephalopathy": True}, 4),
        ({"multiorgan_dysfunction": True}, 4),
    ],
)
def test_each_measure_and_each_limit(found, expected):
    assert severity(**found) == (expected, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"alt": "201 U/L", "ascites_degree": "paracentesis"}, 4),
        ({"alt": "201 U/L", "bilirubin": "2 mg/dL", "earlier": "2 mg/dL"}, 4),
        ({"alt": "201 U/L", "coagulation": "impaired"}, 3),  # no star
        ({"alt": "200 U/L", "ascites_degree": "moderate"}, 2),
    ],
)
def test_two_starred_measures_make_it_very_severe(found, expected):
    assert severity(**found) == (expected, expected)


def runs(first, last):
    return [(day, True) for day in range(first, last)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([(18, False), *runs(19, 20)], {0}),
        ([(17, False), *runs(18, 20)], {1}),
        ([(14, False), *runs(15, 20)], {1}),
        ([(13, False), *runs(14, 20)], {2}),
        ([(13, True), (19, True)], {2}),  # days between without a mention count
        ([(13, True), (16, False), (19, True)], {0, 1}),  # it may have begun on day 17
        ([], {0, 1, 2}),  # since when is not known
        ([(18, True), (19, True)], {1, 2}),
    ],
)
def test_days_of_refractory_thrombocytopenia(days, expected):
    assert measure("refractory", days=days, platelet_refractory=True) == expected
    assert measure("refractory", days=days, platelet_refractory=False) == {0}


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("hepatomegaly", (0, 1)), ("ascites", (0, 1)), ("ascites_degree", (1, 3)),
        ("weight", (1, 1)), ("platelet_refractory", (1, 3)), ("bilirubin", (1, 3)),
        ("ast", (1, 3)), ("alt", (1, 3)), ("coagulation", (1, 4)), ("gfr", (1, 4)),
        ("oxygen_device", (1, 3)), ("encephalopathy", (1, 4)),
        ("multiorgan_dysfunction", (1, 4)),
    ],
)  # fmt: skip
def test_each_missing_input(missing, expected):
    kwargs = {"earlier": None} if missing == "bilirubin" else {}
    assert severity(without=(missing,), **kwargs) == expected


def test_oxygen_without_a_flow_and_the_settling_observation():
    record = patient(oxygen_device="nasal_cannula")
    found = answer(VOD_CHILD_SEVERITY, record, AT + 1)
    assert (found.low, found.high) == (1, 2)
    assert [m.to_json() for m in found.missing] == [
        {"name": "oxygen_flow", "would_become": {"<= 2 L/min": 1, "> 2 L/min": 2}}
    ]


def test_no_limit_of_time_a_graft_and_a_word_on_adults():
    late = chart((-24.0, {"weight": "20 kg"}), (24.0 * 60, SOS), ranges=RANGES)
    found = answer(VOD_CHILD_SEVERITY, late, 24.0 * 60 + 1)
    assert found.low == 1
    assert found.sentence.endswith("the patient is an adult: these are criteria for children")
    other = answer(VOD_CHILD_SEVERITY, chart((AT, SOS), product="axicabtagene"), AT + 1)
    assert other.sentence == "not applicable: no graft by this time"
