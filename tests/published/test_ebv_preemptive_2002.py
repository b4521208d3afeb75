"""EBV DNA at or above the load at which rituximab was given."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import EBV_PREEMPTIVE


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        ("999 IU/mL", (0, 0)), ("1000 IU/mL", (1, 1)), ("<1000 IU/mL", (0, 0)),
        ("<2000 IU/mL", (0, 1)), (">1000 IU/mL", (1, 1)),
    ],
)  # fmt: skip
def test_each_limit(load, expected):
    assert interval(EBV_PREEMPTIVE, chart((500.0, {"ebv_dna": load})), 501.0) == expected


def test_without_a_recent_value_it_is_open():
    record = chart((500.0, {"ebv_dna": "10 IU/mL"}))
    late = answer(EBV_PREEMPTIVE, record, 501.0 + 14 * 24.0)
    assert (late.low, late.high, [m.name for m in late.missing]) == (0, 1, ["ebv_dna"])


def test_it_needs_donor_cells():
    assert answer(EBV_PREEMPTIVE, chart(product="axicabtagene"), 501.0).low is None
