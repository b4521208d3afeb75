"""OHI: both limits strict, as in the abstract."""

import pytest
from charting import chart, interval

from equipoise.criteria import OHI


@pytest.mark.parametrize(
    ("soluble", "ferritin", "expected"),
    [
        ("3901 U/mL", "1001 ng/mL", (1, 1)),
        ("3900 U/mL", "1001 ng/mL", (0, 0)),
        ("3901 U/mL", "1000 ng/mL", (0, 0)),
        ("3900 U/mL", "1000 ng/mL", (0, 0)),
        ("3901 U/mL", "1001 ug/L", (1, 1)),
        ("3901 U/mL", None, (0, 1)),
        (None, "1001 ng/mL", (0, 1)),
        (None, "1000 ng/mL", (0, 0)),
        ("3900 U/mL", None, (0, 0)),
        (">3900 U/mL", "1001 ng/mL", (1, 1)),
        (">3000 U/mL", "1001 ng/mL", (0, 1)),
    ],
)
def test_t30_and_its_neighbors(soluble, ferritin, expected):
    entries = {"soluble_il2r": soluble, "ferritin": ferritin}
    record = chart((10.0, {k: v for k, v in entries.items() if v is not None}))
    assert interval(OHI, record, 11.0) == expected


def test_a_mass_concentration_is_not_converted():
    record = chart((10.0, {"soluble_il2r_mass": "90000 pg/mL", "ferritin": "5000 ng/mL"}))
    assert interval(OHI, record, 11.0) == (0, 1)
