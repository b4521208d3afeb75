"""Secondary graft failure: neutrophils low again after recovery, without another reason."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import GRAFT_FAILURE_SECONDARY

RECOVERED = ((10, "0.1"), (14, "0.5"), (15, "0.6"), (16, "0.9"))
NOW = {"neutrophils": "0.4 10*9/L", "progression": "excluded", "infection": "excluded"}
AT = 60 * 24.0


def failed(without=(), counts=RECOVERED, **found):
    entries = {k: v for k, v in (NOW | found).items() if k not in without}
    drawn = [(24.0 * d, {"neutrophils": f"{c} 10*9/L"}) for d, c in counts]
    return interval(GRAFT_FAILURE_SECONDARY, chart(*drawn, (AT, entries)), AT + 1.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, (1, 1)),
        ({"neutrophils": "0.49 10*9/L"}, (1, 1)),
        ({"neutrophils": "0.5 10*9/L"}, (0, 0)),
        ({"neutrophils": "499 /uL"}, (1, 1)),
        ({"neutrophils": "500 /uL"}, (0, 0)),
        ({"progression": "proven"}, (0, 0)),
        ({"progression": "suspected"}, (0, 1)),
        ({"relapse": True}, (0, 0)),
        ({"relapse": "molecular"}, (0, 0)),
        ({"infection": "proven"}, (0, 0)),
        ({"infection": "suspected"}, (0, 1)),
    ],
)
def test_each_limit(found, expected):
    assert failed(**found) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("neutrophils", (0, 1)), ("progression", (0, 1)), ("infection", (0, 1))],
)
def test_each_missing_input(name, expected):
    assert failed(without=(name,)) == expected


def test_relapse_that_is_excluded_stands_for_progression():
    assert failed(without=("progression",), relapse=False) == (1, 1)


def test_without_a_recovery_it_is_none():
    assert failed(counts=RECOVERED[:3]) == (0, 0)
    # Counts that are not known leave it open only while the last is not low.
    assert failed(counts=(), neutrophils="0.6 10*9/L") == (0, 0)


def test_it_needs_a_graft():
    found = answer(GRAFT_FAILURE_SECONDARY, chart(product="axicabtagene"), 100.0)
    assert found.sentence == "not applicable: no graft by this time"
