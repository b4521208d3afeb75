"""KDIGO 2012: creatinine, urine output and dialysis, both sides of every limit."""

from dataclasses import replace

import pytest
from charting import chart, each_missing, interval

from equipoise.criteria import AKI

NOW = {"creatinine": "0.8 mg/dL", "urine_output": "1.0 mL/kg/h", "dialysis": False}


def stage(now, before="0.8 mg/dL", hours=40.0, over=24.0, **more):
    """The stage at 101 h of a value at 100 h, with one `hours` before it."""
    entries = {**NOW, "creatinine": now, **more}
    if before is None:
        record = chart((100.0, entries))
    else:
        record = chart((100.0 - hours, {"creatinine": before}), (100.0, entries))
    events = tuple(replace(e, over=over) if e.key == "urine_output" else e for e in record.events)
    return interval(AKI, replace(record, events=events), 101.0)


@pytest.mark.parametrize(
    ("now", "before", "hours", "expected"),
    [
        ("0.8 mg/dL", "0.8 mg/dL", 40.0, 0),
        ("1.1 mg/dL", "0.8 mg/dL", 40.0, 1),
        ("1.2 mg/dL", "0.9 mg/dL", 40.0, 1),
        ("1.19 mg/dL", "0.9 mg/dL", 40.0, 0),
        ("106.5 umol/L", "80 umol/L", 40.0, 1),
        ("106.4 umol/L", "80 umol/L", 40.0, 0),
        ("1.6 mg/dL", "0.8 mg/dL", 40.0, 2),
        ("1.59 mg/dL", "0.8 mg/dL", 40.0, 1),
        ("3.0 mg/dL", "1.0 mg/dL", 40.0, 3),
        ("2.9 mg/dL", "1.0 mg/dL", 40.0, 2),
        ("4.0 mg/dL", "3.7 mg/dL", 40.0, 3),
        ("3.9 mg/dL", "3.6 mg/dL", 40.0, 1),
        ("4.1 mg/dL", "3.9 mg/dL", 40.0, 0),
        ("1.4 mg/dL", "2.0 mg/dL", 40.0, 0),
    ],
)
def test_t56d_creatinine(now, before, hours, expected):
    assert stage(now, before, hours) == (expected, expected)


def test_a_rise_over_more_than_48_h_counts_only_as_a_ratio():
    # No earlier value within 48 h: whether it rose in 48 h is not known.
    assert stage("1.1 mg/dL", "0.8 mg/dL", 50.0) == (0, 1)
    assert stage("1.2 mg/dL", "0.8 mg/dL", 50.0) == (1, 1)
    assert stage("1.2 mg/dL", "0.8 mg/dL", 169.0) == (1, 1), "the baseline before the infusion"


@pytest.mark.parametrize(
    ("output", "over", "expected"),
    [
        ("0.5 mL/kg/h", 12.0, (0, 0)),
        ("0.49 mL/kg/h", 5.9, (0, 0)),
        ("0.49 mL/kg/h", 6.0, (1, 1)),
        ("0.4 mL/kg/h", 11.9, (1, 1)),
        ("0.4 mL/kg/h", 12.0, (2, 2)),
        ("0.3 mL/kg/h", 24.0, (2, 2)),
        ("0.29 mL/kg/h", 24.0, (3, 3)),
        ("0.29 mL/kg/h", 23.0, (2, 2)),
        ("0 mL/kg/h", 12.0, (3, 3)),
        ("0 mL/kg/h", 11.0, (1, 1)),
        ("0.4 mL/kg/h", None, (0, 2)),
        ("0.2 mL/kg/h", None, (0, 3)),
        ("0.6 mL/kg/h", None, (0, 0)),
    ],
)
def test_urine_output(output, over, expected):
    assert stage("0.8 mg/dL", urine_output=output, over=over) == expected


def test_dialysis_is_stage_3():
    assert stage("0.8 mg/dL", dialysis=True) == (3, 3)


def test_each_missing_input():
    assert stage("0.8 mg/dL", None) == (0, 3), "no baseline"
    found = each_missing(AKI, NOW, 100.0, 101.0)
    assert {name: high for name, (_, high) in found.items()} == {
        "creatinine": 3, "urine_output": 3, "dialysis": 3,
    }  # fmt: skip
