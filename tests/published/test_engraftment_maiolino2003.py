"""Engraftment syndrome, Maiolino 2003: fever without infection and one of three signs."""

import pytest
from charting import chart, interval

from equipoise.criteria import MAIOLINO

COUNTS = ("0.1 10*9/L", "0.5 10*9/L", "0.6 10*9/L")
FULL = {
    "temperature": "38.0 Cel", "infection": "excluded", "rash_area": "0 %",
    "pulmonary_infiltrates": False, "diarrhea": True,
}  # fmt: skip


def met(at=264.0, counts=COUNTS, without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    drawn = [(24.0 * (9 + n), {"neutrophils": c}) for n, c in enumerate(counts)]
    return interval(MAIOLINO, chart(*drawn, (at, entries)), at)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, 1),
        ({"at": 1000.0}, 1),
        ({"temperature": "37.9 Cel"}, 0),
        ({"temperature": "100.4 [degF]"}, 1),
        ({"temperature": "100.3 [degF]"}, 0),
        ({"infection": "proven"}, 0),
        ({"diarrhea": False}, 0),
        ({"diarrhea": False, "rash_area": "1 %"}, 1),
        ({"diarrhea": False, "pulmonary_infiltrates": True}, 1),
        ({"counts": ("0.1 10*9/L", "0.2 10*9/L", "0.3 10*9/L")}, 0),
    ],
)
def test_each_limit(found, expected):
    assert met(**found) == (expected, expected)


@pytest.mark.parametrize("name", ["temperature", "infection", "diarrhea"])
def test_each_missing_input(name):
    assert met(without=(name,)) == (0, 1)
    assert met(counts=()) == (0, 1)
    assert met(infection="suspected") == (0, 1)


@pytest.mark.parametrize("name", ["rash_area", "pulmonary_infiltrates"])
def test_each_other_missing_input(name):
    assert met(without=(name,)) == (1, 1)
    assert met(without=(name,), diarrhea=False) == (0, 1)
