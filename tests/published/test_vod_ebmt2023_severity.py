"""Severity of SOS/VOD in adults, EBMT 2023: what differs from 2016, and the truth table."""

import pytest
from charting import chart, interval

from equipoise.criteria import VOD_2023_SEVERITY
from equipoise.criterion import by_name, snapshot

BEFORE = {"weight": "70 kg", "creatinine": "1.0 mg/dL", "vod_risk_factors": 0}
PROBABLE = {
    "painful_hepatomegaly": True, "ascites": True, "bilirubin": "1.2 mg/dL", "weight": "70 kg",
    "vod_imaging": False, "vod_histology": False, "hvpg": "5 mm[Hg]",
    "vod_symptom_days": "8 d", "ast": "40 U/L", "alt": "40 U/L", "creatinine": "1.0 mg/dL",
    "multiorgan_dysfunction": False,
}  # fmt: skip
RANGES = {"ast": (None, "40 U/L"), "alt": (None, "40 U/L")}
AT = 24.0 * 15


def patient(risks=0, earlier="1.2 mg/dL", without=(), **found):
    entries = {k: v for k, v in (PROBABLE | found).items() if k not in without}
    before = {k: v for k, v in BEFORE.items() if f"baseline {k}" not in without}
    if "vod_risk_factors" in before:
        before["vod_risk_factors"] = risks
    first = {} if earlier is None else {"bilirubin": earlier}
    return chart((-24.0, before), (AT - 24.0, first), (AT, entries), ranges=RANGES)


def severity(**kwargs):
    return interval(VOD_2023_SEVERITY, patient(**kwargs), AT + 1)


def measure(name, **kwargs):
    now = snapshot(VOD_2023_SEVERITY, patient(**kwargs), AT + 1)
    return set(by_name(VOD_2023_SEVERITY, now.readings)[name].possible)


T56K = {"bilirubin": "4 mg/dL", "earlier": "3 mg/dL", "ast": "120 U/L", "vod_symptom_days": "8 d"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, 2), ({"risks": 2}, 3), ({"risks": 2, "multiorgan_dysfunction": True}, 4)],
)
def test_t56k(more, expected):
    assert severity(**T56K, **more) == (expected, expected)


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("time", {"vod_symptom_days": "7 d"}, 1),
        ("time", {"vod_symptom_days": "4 d"}, 2),
        ("bilirubin", {"bilirubin": "1.9 mg/dL"}, 0),
        ("bilirubin", {"bilirubin": "2.0 mg/dL"}, 1),
        ("bilirubin", {"bilirubin": "3.0 mg/dL"}, 2),
        ("bilirubin", {"bilirubin": "5.0 mg/dL"}, 3),
        ("bilirubin", {"bilirubin": "8.0 mg/dL"}, 4),
        ("bilirubin", {"bilirubin": "51 umol/L"}, 1),  # 2.98 mg/dL: printed in mg/dL alone
        ("bilirubin", {"bilirubin": "136.9 umol/L"}, 4),
        ("enzymes", {"ast": "81 U/L"}, 1),
        ("enzymes", {"ast": "201 U/L"}, 2),
        ("enzymes", {"alt": "321 U/L"}, 3),
        ("weight", {"weight": "73.4 kg"}, 0),
        ("weight", {"weight": "73.5 kg"}, 1),
        ("weight", {"weight": "77 kg"}, 2),
        ("kidney", {"creatinine": "1.0 mg/dL"}, 0),
        ("kidney", {"creatinine": "1.01 mg/dL"}, 1),
        ("kidney", {"creatinine": "1.49 mg/dL"}, 1),
        ("kidney", {"creatinine": "1.5 mg/dL"}, 2),
        ("kidney", {"creatinine": "2.0 mg/dL"}, 3),
        ("doubling", {"bilirubin": "2.4 mg/dL"}, 1),
        ("doubling", {"bilirubin": "2.3 mg/dL"}, 0),
    ],
)
def test_each_limit(name, found, expected):
    assert measure(name, **found) == {expected}


def test_it_takes_probable_and_proven_sos_too():
    assert severity() == (1, 1)
    assert severity(ascites=False) == (0, 0)
    assert severity(ascites=False, vod_imaging=True) == (1, 1)
    assert severity(ascites=False, painful_hepatomegaly=False, hvpg="12 mm[Hg]") == (1, 1)
    assert severity(weight="77 kg", creatinine="2 mg/dL") == (4, 4)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("vod_symptom_days", (2, 2)), ("ast", (1, 2)), ("alt", (2, 2)), ("creatinine", (2, 2)),
        ("weight", (2, 2)), ("multiorgan_dysfunction", (2, 4)), ("bilirubin", (1, 3)),
        ("painful_hepatomegaly", (2, 2)), ("ascites", (2, 2)), ("vod_imaging", (2, 2)),
        ("vod_histology", (2, 2)), ("hvpg", (2, 2)), ("baseline vod_risk_factors", (2, 3)),
        ("baseline weight", (2, 2)), ("baseline creatinine", (2, 2)),
    ],
)  # fmt: skip
def test_each_missing_input(missing, expected):
    kwargs = T56K | {"without": (missing,)}
    if missing == "bilirubin":
        kwargs |= {"earlier": None}
    assert severity(**kwargs) == expected


def test_an_open_diagnosis_leaves_the_severity_open():
    bare = {"ascites": False, "without": ("vod_histology",)}
    assert severity(**bare) == (0, 1)
