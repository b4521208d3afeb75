"""Late-onset SOS/VOD in adults, EBMT 2016: three ways to it, after day 21 alone."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import VOD_LATE

CLEAN = {
    "bilirubin": "1.2 mg/dL", "painful_hepatomegaly": False, "weight": "70 kg", "ascites": False,
    "vod_imaging": False, "hvpg": "5 mm[Hg]", "vod_histology": False,
}  # fmt: skip


def patient(day=25, before="70 kg", without=(), **found):
    entries = {k: v for k, v in (CLEAN | found).items() if k not in without}
    # The weight of the graft lies within 30 days of it, whatever the day looked at.
    return chart((-24.0, {"weight": before} if before else {}), (24.0 * day, entries))


def met(day=25, **kwargs):
    return interval(VOD_LATE, patient(day, **kwargs), 24.0 * day + 1)


TWO = {"ascites": True, "painful_hepatomegaly": True}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 0),
        ({"bilirubin": "2.0 mg/dL", **TWO}, 1),
        ({"bilirubin": "1.9 mg/dL", **TWO}, 0),
        ({"bilirubin": "34 umol/L", **TWO}, 1),
        ({"bilirubin": "33.9 umol/L", **TWO}, 0),
        ({**TWO, "vod_imaging": True}, 1),
        ({**TWO, "reversed_portal_flow": True}, 1),
        ({**TWO, "hvpg": "10 mm[Hg]"}, 1),
        ({**TWO, "hvpg": "9 mm[Hg]"}, 0),
        ({"ascites": True, "vod_imaging": True}, 0),
        ({"ascites": True, "weight": "73.5 kg", "vod_imaging": True}, 0),
        ({"ascites": True, "weight": "73.6 kg", "vod_imaging": True}, 1),
        ({"ascites": True, "bilirubin": "2.0 mg/dL", "vod_imaging": True}, 1),
        ({"vod_histology": True}, 1),
    ],
)
def test_each_way_and_each_limit(found, expected):
    assert met(**found) == (expected, expected)


@pytest.mark.parametrize("missing", [*CLEAN])
def test_each_missing_input(missing):
    found = {"ascites": True, "vod_imaging": True}
    if missing in ("hvpg", "vod_imaging"):
        found = dict(TWO)
    expected = (0, 0) if missing == "ascites" else (0, 1)
    assert met(**found, without=(missing,)) == expected
    assert met(before=None, ascites=True, vod_imaging=True) == (0, 1)


def test_it_applies_after_day_21_of_a_graft():
    full = {**TWO, "bilirubin": "2 mg/dL"}
    early = answer(VOD_LATE, patient(day=21, **full), 24.0 * 21 + 1)
    assert early.met is None
    assert early.sentence == ("not applicable: up to day 21 after the graft SOS is not late-onset")
    assert met(day=22, **full) == (1, 1)
    no_graft = answer(VOD_LATE, chart((600.0, CLEAN), product="axicabtagene"), 601.0)
    assert no_graft.sentence == "not applicable: no graft by this time"
