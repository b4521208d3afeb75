"""SOS/VOD in adults, EBMT 2016: classical and late-onset."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import VOD

FULL = {
    "bilirubin": "2.0 mg/dL", "painful_hepatomegaly": False, "weight": "73.57 kg",
    "ascites": True, "reversed_portal_flow": False,
}  # fmt: skip


def met(day=20, before="70 kg", without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    base = (-24.0, {"weight": before}) if before else (-24.0, {})
    return interval(VOD, chart(base, (24.0 * day, entries)), 24.0 * day + 1)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),  # T56a: bilirubin 2.0, weight +5.1 %, ascites
        ({"bilirubin": "1.9 mg/dL"}, 0),
        ({"bilirubin": "34 umol/L"}, 1),
        ({"bilirubin": "33.9 umol/L"}, 0),
        ({"weight": "73.5 kg"}, 0),
        ({"weight": "73.6 kg"}, 1),
        ({"ascites": False}, 0),
        ({"ascites": False, "painful_hepatomegaly": True}, 1),
        ({"weight": "70 kg", "painful_hepatomegaly": True}, 1),
    ],
)
def test_t56a_and_each_limit(found, expected):
    assert met(**found) == (expected, expected)


def test_late_onset_needs_evidence_unless_classical():
    assert met(day=22) == (1, 1), "classical beyond day 21"
    assert met(day=22, bilirubin="1.2 mg/dL") == (0, 0)
    assert met(day=22, bilirubin="1.2 mg/dL", reversed_portal_flow=True) == (1, 1)
    assert met(day=21, bilirubin="1.2 mg/dL", reversed_portal_flow=True) == (0, 0)
    only_one = {"bilirubin": "1.2 mg/dL", "weight": "70 kg", "reversed_portal_flow": True}
    assert met(day=22, **only_one) == (0, 0)


@pytest.mark.parametrize("missing", ["bilirubin", "weight", "ascites"])
def test_each_missing_input(missing):
    assert met(without=(missing,)) == (0, 1)


def test_what_does_not_matter_here_and_a_missing_baseline():
    assert met(without=("painful_hepatomegaly",)) == (1, 1)
    assert met(without=("reversed_portal_flow",)) == (1, 1)
    assert met(before=None) == (0, 1)
    record = chart((480.0, FULL))
    assert [m.name for m in answer(VOD, record, 481.0).missing] == ["baseline weight"]


def test_it_needs_a_graft():
    found = answer(VOD, chart((480.0, FULL), product="axicabtagene"), 481.0)
    assert found.sentence == "not applicable: no graft by this time"
