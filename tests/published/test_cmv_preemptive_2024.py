"""CMV DNA: below, in and above the range of 2 to 3 log10 IU/mL."""

import pytest
from charting import answer, chart, interval

from equipoise.criteria import CMV_PREEMPTIVE


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        ("99 IU/mL", (0, 0)), ("100 IU/mL", (1, 1)), ("1000 IU/mL", (1, 1)),
        ("1001 IU/mL", (2, 2)), ("<50 IU/mL", (0, 0)), ("<137 IU/mL", (0, 1)),
        (">10000 IU/mL", (2, 2)),
    ],
)  # fmt: skip
def test_each_limit(load, expected):
    assert interval(CMV_PREEMPTIVE, chart((500.0, {"cmv_dna": load})), 501.0) == expected


def test_without_a_recent_value_it_is_open():
    record = chart((500.0, {"cmv_dna": "10 IU/mL"}))
    assert interval(CMV_PREEMPTIVE, record, 500.0 + 14 * 24.0) == (0, 0)
    late = answer(CMV_PREEMPTIVE, record, 501.0 + 14 * 24.0)
    assert (late.low, late.high) == (0, 2)
    assert [m.name for m in late.missing] == ["cmv_dna"]


def test_it_needs_donor_cells():
    assert answer(CMV_PREEMPTIVE, chart(product="axicabtagene"), 501.0).low is None
